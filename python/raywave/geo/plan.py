# SPDX-License-Identifier: Apache-2.0
"""The plan of a scene: which footprints there are, joined with their neighbours, and at which height each stands."""
from __future__ import annotations

import collections
import dataclasses

import numpy as np
import shapely

from .arrangement import Arrangement
from .columns import Volume
from .features import Feature
from .report import Report
from .rules import Rules
from .shapes import Shape, crown

_CLEAR_M = 1.0  # eaves over the highest ground at a building's walls
_HOVER_M = 0.1  # a floor that is not this far above the ground stands on it
_REST_M = 0.5  # what parts leave of an outline is kept where it is wider


@dataclasses.dataclass
class Piece:
    """A footprint of a building: what the map says of it, where it lies once it is joined with its neighbours, what is built on it."""

    building: int
    feature: Feature
    outline: dict[str, str]  # the tags of the building that a part belongs to
    footprint: shapely.Polygon
    rings: list[int] = dataclasses.field(default_factory=list)  # of the arrangement
    polygon: shapely.Geometry | None = None  # joined; None: collapsed
    shape: Shape | None = None


def pieces_of(features: list[Feature], rules: Rules, report: Report) -> tuple[list[str], list[Piece]]:
    """(names of buildings, pieces). Parts replace their outline where they stand."""
    outlines = [f for f in features if f.kind != "part"]
    parts = [f for f in features if f.kind == "part"]
    names = [f.name for f in outlines]
    members: dict[int, list[Feature]] = collections.defaultdict(list)
    for part, building in zip(parts, _homes(outlines, parts)):
        if building < 0:
            names.append(part.name)
            building = len(names) - 1
            report.notes["a part without an outline: a building of its own"] += 1
        members[building].append(part)
    pieces: list[Piece] = []
    roots: dict[str, int] = {}  # objects of a model that are one building
    for index, feature in enumerate(outlines):
        root = roots.setdefault(feature.tags.get("ref:building", feature.name), index)
        footprints = [crown(feature, rules) if feature.kind == "tree" else feature.shape]
        if index in members:
            footprints = _rest(feature.shape, [p.shape for p in members[index]])
            report.notes["an outline that parts replace" if not footprints else "an outline that parts replace in places"] += 1
        pieces += [Piece(root, feature, {}, footprint) for footprint in footprints]
    for building, found in members.items():
        tags = outlines[building].tags if building < len(outlines) else {}
        pieces += [Piece(building, part, tags, part.shape) for part in found]
    report.parts = len(parts)
    _count_overlaps(pieces, report)
    return names, pieces


def _homes(outlines: list[Feature], parts: list[Feature]) -> list[int]:
    """The smallest outline that holds a point of each part; -1: none."""
    candidates = [(i, f.shape) for i, f in enumerate(outlines) if f.kind == "building"]
    if not candidates or not parts:
        return [-1] * len(parts)
    tree_of = shapely.STRtree([s for _, s in candidates])
    points = shapely.point_on_surface([p.shape for p in parts])
    home = [-1] * len(parts)
    best = [np.inf] * len(parts)
    for part, k in zip(*tree_of.query(points, predicate="within")):
        index, shape = candidates[k]
        if shape.area < best[part]:
            best[part], home[part] = shape.area, index
    return home


def _rest(outline: shapely.Polygon, parts: list[shapely.Polygon]) -> list[shapely.Polygon]:
    rest = shapely.difference(outline, shapely.union_all(parts))
    wide = rest.buffer(-_REST_M / 2, join_style="mitre").buffer(_REST_M / 2, join_style="mitre")
    return [p for p in shapely.get_parts(shapely.intersection(rest, shapely.make_valid(wide))) if p.geom_type == "Polygon" and not p.buffer(-_REST_M / 2).is_empty]


def _count_overlaps(pieces: list[Piece], report: Report) -> None:
    shapes = [p.footprint for p in pieces]
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    apart = np.array([pieces[a].building != pieces[b].building for a, b in zip(i, j)], dtype=bool)
    if apart.any():
        area = shapely.area(shapely.intersection(np.array(shapes)[i[apart]], np.array(shapes)[j[apart]]))
        if count := int((area > 1.0).sum()):
            report.notes["footprints of two buildings that overlap by more than 1 m2: the higher one has the place"] += count


def join(arrangement: Arrangement, pieces: list[Piece], tolerance_m: float, report: Report) -> None:
    rings, owner = [], []
    for k, piece in enumerate(pieces):
        for ring in shapely.get_rings(shapely.orient_polygons(piece.footprint)):
            rings.append(shapely.get_coordinates(ring)[:-1])
            owner.append(k)
    for k, ring in zip(owner, arrangement.add_all(rings, closed=True)):
        pieces[k].rings.append(ring)
    arrangement.resolve(tolerance_m)
    for piece in pieces:
        piece.polygon = _valid(arrangement.polygon(piece.rings))
        if piece.polygon is None:
            report.left_out[f"a footprint narrower than tolerance_m = {tolerance_m:g}"] += 1


def _valid(polygon: shapely.Polygon | None) -> shapely.Geometry | None:
    """A footprint that touches itself once its corners are joined, as the polygons that it consists of."""
    if polygon is None or polygon.is_valid:
        return polygon
    parts = [p for p in shapely.get_parts(shapely.make_valid(polygon)) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else None


def seat(arrangement: Arrangement, pieces: list[Piece], terrain, report: Report) -> list[Volume]:
    """Volumes at their height above the scene's zero: a building stands on the lowest ground at its walls."""
    heights = terrain(arrangement.xy)
    ground = {id(p): heights[[n for r in p.rings for n in arrangement.chain(r)]] for p in pieces}
    by_building: dict[int, list[Piece]] = collections.defaultdict(list)
    for piece in pieces:
        by_building[piece.building].append(piece)
    volumes = []
    for building, members in by_building.items():
        low = min(ground[id(p)].min() for p in members)
        lift = max([0.0] + [ground[id(p)].max() - low + _CLEAR_M - p.shape.eaves_m for p in members if p.shape.floor_m is None
                            and np.ptp(ground[id(p)]) > 0])
        if lift > 0:
            report.notes["a building raised, for the ground rises above its eaves"] += 1
        base = round(low + lift, 2)
        top = max(p.shape.roof.range(p.polygon)[1] for p in members) + base
        for p in members:
            floor = None if p.shape.floor_m is None else p.shape.floor_m + base
            if floor is not None and floor < ground[id(p)].max() + _HOVER_M:
                floor = None
            rank = (int(p.feature.kind in ("wood", "tree")), -top, building)
            volumes.append(Volume(building, p.polygon, floor, p.shape.roof.lifted(base), p.shape.walls, p.shape.covering, rank))
    return volumes
