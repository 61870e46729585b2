# SPDX-License-Identifier: Apache-2.0
"""What a map holds that cannot be built: footprints that cross themselves, heights of zero. Said, repaired or skipped."""
from __future__ import annotations

import dataclasses

import shapely

from .._raywave import Error
from .features import Feature, Layer
from .report import Report
from .shapes import problem_of, without_heights

_LISTED = 10


def sound(layer: Layer, bad: str, report: Report) -> list[Feature]:
    """The features that can be built. @raises Error listing the others with bad="error"."""
    out, problems = [], []
    for feature in layer.features:
        if feature.kind == "tree":
            out.append(feature)
            continue
        crossed = not feature.shape.is_valid
        heights = problem_of(feature)
        if not crossed and not heights:
            out.append(feature)
            continue
        if crossed:
            x, y = _place(feature.shape)
            reason = shapely.is_valid_reason(feature.shape).split("[")[0].strip().lower()
            problems.append(f"{feature.name}: its footprint crosses itself ({reason}) at ({x:.1f}, {y:.1f}) m from the origin")
        if heights:
            problems.append(f"{feature.name}: {heights}")
        if bad == "skip":
            report.left_out["a footprint that crosses itself" if crossed else "a height of zero or below its floor"] += 1
        elif bad == "repair":
            out += _repaired(feature, crossed, heights is not None, report)
    if problems and bad == "error":
        listed = "".join(f"\n  {problem}" for problem in problems[:_LISTED])
        more = f"\n  and {len(problems) - _LISTED} more" if len(problems) > _LISTED else ""
        raise Error(f"'{layer.source}' holds what cannot be built:{listed}{more}\n"
                    "give bad='repair' (made valid, heights guessed) or bad='skip' to go on")
    if not out:
        raise Error(f"'{layer.source}' holds no buildings that can be built")
    return out


def _place(shape: shapely.Polygon) -> tuple[float, float]:
    words = shapely.is_valid_reason(shape).partition("[")[2].rstrip("]").split()
    return (float(words[0]), float(words[1])) if len(words) >= 2 else shape.centroid.coords[0]


def _repaired(feature: Feature, crossed: bool, heights: bool, report: Report) -> list[Feature]:
    if heights:
        report.repaired["a height of zero or below its floor: guessed"] += 1
        feature = without_heights(feature)
    if not crossed:
        return [feature]
    parts = [p for p in shapely.get_parts(shapely.make_valid(feature.shape)) if p.geom_type == "Polygon"]
    report.repaired["a footprint that crosses itself: made valid"] += 1
    return [dataclasses.replace(feature, shape=p, name=feature.name if len(parts) == 1 else f"{feature.name}_{k + 1}") for k, p in enumerate(parts)]
