# SPDX-License-Identifier: Apache-2.0
"""From tags to heights, roofs and materials, by the order: what the map says, what its levels say, what the rules say of the kind."""
from __future__ import annotations

import dataclasses
import math

import shapely

from .features import Feature, direction_deg, length_m, storeys
from .report import Report
from .roofs import EXACT, SHAPES, Roof, flat, make
from .rules import Rules

CANOPIES = ("roof", "canopy", "carport")
_MIN_WALL_M = 1.0  # under the eaves of what stands on the ground
_LOWEST_M, _TALLEST_M = 0.1, 1000.0  # of buildings: what is lower is a slip of units or none, and the tallest has 828 m
_STEEPEST = 20.0  # rise by run of a roof, 87 degrees: what is steeper is a footprint of no width


@dataclasses.dataclass
class Shape:
    """Of one volume; heights above its building's ground."""

    floor_m: float | None  # None: stands on the ground
    eaves_m: float
    roof: Roof
    walls: str
    covering: str


def kind_of(feature: Feature, outline: dict[str, str]) -> str:
    for value in (feature.tags.get("building:part"), feature.tags.get("building"), outline.get("building")):
        if value and value not in ("yes", "no"):
            return value
    return "yes"


def problem_of(feature: Feature) -> str | None:
    """What is wrong with the heights that a map gives, in words."""
    height = length_m(feature.tags.get("height"))
    floor = length_m(feature.tags.get("min_height"))
    if height is not None and not _LOWEST_M <= height <= _TALLEST_M:
        limit = "> 0 m" if height <= 0 else f"from {_LOWEST_M:g} to {_TALLEST_M:g} m"
        return f"height = {feature.tags['height']}: must be {limit}"
    if height is not None and floor is not None and floor >= height:
        return f"min_height = {feature.tags['min_height']} is not below height = {feature.tags['height']}"
    return None


def without_heights(feature: Feature) -> Feature:
    """The feature without the heights that problem_of found fault with."""
    return dataclasses.replace(feature, tags={k: v for k, v in feature.tags.items() if k not in ("height", "min_height")})


def shape_of(feature: Feature, footprint: shapely.Geometry, outline: dict[str, str], rules: Rules, report: Report) -> Shape:
    """The shape over a footprint (local metres). `outline`: the tags of the building that a part belongs to."""
    if feature.kind in ("wood", "tree"):
        return _plant(feature, footprint, rules, report)
    tags, kind = feature.tags, kind_of(feature, outline)
    walls = _material(tags, outline, ("building:material", "building:facade:material", "building:cladding"), kind, "walls", rules, report)
    covering = _material(tags, outline, ("roof:material",), kind, "roof", rules, report)
    if feature.pieces is not None:
        report.heights["roof surfaces"] += 1
        report.roof_shapes["as modelled"] += 1
        roof = Roof(feature.pieces)
        lowest = min(a * x + b * y + c for p, (a, b, c) in feature.pieces for x, y in shapely.get_coordinates(p))
        return Shape(None, lowest, roof, walls, covering)
    _note_unread(tags, report)
    floor = _floor(tags, rules)
    shape = _roof_shape(tags, report)
    roof_height = _roof_height(tags, shape, footprint, rules)
    top, source = _top(tags, kind, floor, roof_height, rules)
    if floor is not None and top <= floor and source == "height":
        report.notes["building:min_level not below height: stands on the ground"] += 1
        floor = None
    if floor is not None and top <= floor:
        report.notes["building:levels not above building:min_level: one storey taken"] += 1
        top = floor + rules.storey_height_m
    if kind in CANOPIES and floor is None:
        floor = max(0.0, top - roof_height - rules.canopy_thickness_m) or None
    report.heights[source] += 1
    room = top - floor if floor is not None else max(top - _MIN_WALL_M, 0.5 * top)
    roof_height = min(roof_height, room)
    turn = direction_deg(tags.get("roof:direction")), tags.get("roof:orientation") == "across"
    roof = make(shape, footprint, roof_height, *turn)
    if (steepest := max(math.hypot(a, b) for _, (a, b, _) in roof.pieces)) > _STEEPEST:
        report.notes["a roof steeper than 87 degrees: lowered"] += 1
        roof_height *= _STEEPEST / steepest
        roof = make(shape, footprint, roof_height, *turn)
    return Shape(floor, top - roof_height, roof.lifted(top - roof_height), walls, covering)


def _note_unread(tags: dict[str, str], report: Report) -> None:
    """What stands in the place of a height and is none is said; it counts as not there."""
    for keys, read in ((("height", "min_height", "roof:height"), length_m), (("building:levels", "building:min_level", "roof:levels"), storeys)):
        for key in keys:
            if tags.get(key, "").strip() and read(tags[key]) is None:
                report.notes[f"{key}={tags[key]} is not understood"] += 1


def crown(tree: Feature, rules: Rules) -> shapely.Polygon:
    """A tree's crown in the plan: eight sides."""
    radius = (length_m(tree.tags.get("diameter_crown")) or rules.of("tree", "crown_diameter_m")) / 2
    turn = [(2 * k + 1) * math.pi / 8 for k in range(8)]
    return shapely.Polygon([(tree.shape.x + radius * math.cos(t), tree.shape.y + radius * math.sin(t)) for t in turn])


def _plant(feature: Feature, footprint: shapely.Geometry, rules: Rules, report: Report) -> Shape:
    """A wood from the ground, a tree's crown over a bare trunk (which is left out)."""
    height = length_m(feature.tags.get("height"))
    report.heights["height" if height else "kind"] += 1
    height = height or rules.of(feature.kind, "height_m")
    floor = 0.3 * height if feature.kind == "tree" else None
    return Shape(floor, height, flat(footprint, height), rules.of(feature.kind, "walls"), rules.of(feature.kind, "roof"))


def _floor(tags: dict[str, str], rules: Rules) -> float | None:
    floor = length_m(tags.get("min_height"))
    if floor is None:
        level = storeys(tags.get("building:min_level"))
        floor = None if level is None else level * rules.storey_height_m
    return floor if floor is not None and floor > 0 else None


def _roof_shape(tags: dict[str, str], report: Report) -> str:
    told = tags.get("roof:shape", "flat").lower()
    shape = SHAPES.get(told)
    if shape is None:
        report.notes[f"roof:shape={told} is not built: flat"] += 1
    elif told not in EXACT:
        report.notes[f"roof:shape={told} is built as {shape}"] += 1
    report.roof_shapes[shape or "flat"] += 1
    return shape or "flat"


def _roof_height(tags: dict[str, str], shape: str, footprint: shapely.Polygon, rules: Rules) -> float:
    if shape == "flat":
        return 0.0
    height = length_m(tags.get("roof:height"))
    if height is None:
        levels = storeys(tags.get("roof:levels"))
        height = levels * rules.storey_height_m if levels else None
    if height is not None:
        return max(0.0, height)
    corners = shapely.get_coordinates(shapely.oriented_envelope(footprint))
    sides = [math.dist(corners[k], corners[k + 1]) for k in range(2)]
    run = min(sides) * (1.0 if shape == "skillion" else 0.5)
    return run if shape == "dome" else run * math.tan(math.radians(rules.roof_slope_deg))


def _top(tags: dict[str, str], kind: str, floor: float | None, roof_height: float, rules: Rules) -> tuple[float, str]:
    """The highest point and what said so."""
    height = length_m(tags.get("height"))
    if height is not None:
        return height, "height"
    levels = storeys(tags.get("building:levels"))
    if levels is not None and levels > 0:
        return levels * rules.storey_height_m + roof_height, "building:levels"
    if levels == 0 and roof_height > 0:
        return (floor or 0.0) + roof_height + _MIN_WALL_M * (floor is None), "building:levels"
    height = rules.of(kind, "height_m")
    if floor is not None and height <= floor + rules.canopy_thickness_m:
        height = floor + rules.storey_height_m
    return height, "kind"


def _material(tags, outline, keys, kind, role, rules: Rules, report: Report) -> str:
    counts = report.walls if role == "walls" else report.roofs
    for table in (tags, outline):
        for key in keys:
            value = table.get(key)
            if value is None:
                continue
            name = rules.values.get(value.lower().replace(" ", "_"))
            if name is not None:
                counts[key] += 1
                return name
            report.notes[f"{key}={value} is not known"] += 1
    counts["kind"] += 1
    return rules.of(kind, role)
