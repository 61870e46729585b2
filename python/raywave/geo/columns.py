# SPDX-License-Identifier: Apache-2.0
"""What stands over each face of the plan: slabs from a lower to an upper surface, owned by one volume each, none overlapping.

A surface is a plane z = a x + b y + c, or None: the ground. Where two volumes want the same place the higher one has it. Roofs that
cross over a face cut it along their common line, so that over every face surfaces are in one order. Nodes are where the map has them but for
`tolerance_m`; heights that differ by what the steepest surface makes of that (`slack_m`) are one.
"""
from __future__ import annotations

import dataclasses
import math

import numpy as np
import shapely

from .arrangement import Arrangement, Face
from .roofs import Plane, Roof

_MAX_CUTS = 3


@dataclasses.dataclass
class Volume:
    """A part of a building (or a tree): from floor_m (None: the ground) to its roof, metres above the scene's zero."""

    building: int
    footprint: shapely.Polygon
    floor_m: float | None
    roof: Roof
    walls: str  # names of materials
    covering: str
    rank: tuple  # lower: owns what is shared


@dataclasses.dataclass
class Slab:
    low: Plane | None
    high: Plane
    volume: Volume


def height(surface: Plane, x, y):
    a, b, c = surface
    return a * x + b * y + c


def slack_m(planes, tolerance_m: float) -> float:
    """How far apart the heights of surfaces that meet may be at a node that was moved by tolerance_m: each by its slope times that, and no
    less than for slopes of 45 degrees."""
    return 2 * tolerance_m * max([1.0] + [math.hypot(a, b) for a, b, _ in planes])


def build_columns(arrangement: Arrangement, volumes: list[Volume], tolerance_m: float) -> tuple[list[Face], list[list[Slab]]]:
    """Faces and the slabs over each, from below. Adds the lines where roofs cross to the arrangement."""
    for attempt in range(_MAX_CUTS + 1):
        faces = arrangement.faces()
        over = _planes_over(faces, volumes)
        corners = [arrangement.xy[face.nodes()] for face in faces]
        cuts = [cut for face, xy, found in zip(faces, corners, over) if len(found) > 1 for cut in _crossings(face, xy, found, tolerance_m)]
        if not cuts or attempt == _MAX_CUTS:
            break
        arrangement.fix()
        arrangement.add_all(cuts, closed=False)
        arrangement.resolve(tolerance_m)
    return faces, [_stack(xy, found, tolerance_m) for xy, found in zip(corners, over)]


def _planes_over(faces: list[Face], volumes: list[Volume]) -> list[list[tuple[Volume, Plane]]]:
    over: list[list[tuple[Volume, Plane]]] = [[] for _ in faces]
    points = np.array([f.inside for f in faces])
    tree = shapely.STRtree(shapely.points(points))
    which, at = tree.query([v.footprint for v in volumes], predicate="contains")
    for i in np.unique(which):
        inside = at[which == i]
        for face, plane in zip(inside, volumes[i].roof.planes_at(points[inside])):
            over[face].append((volumes[i], plane))
    return over


def _crossings(face: Face, xy: np.ndarray, found: list[tuple[Volume, Plane]], tolerance_m: float) -> list[np.ndarray]:
    """Lines inside the face where an upper surface meets another surface, each [2, 2]."""
    surfaces = [plane for _, plane in found] + [(0.0, 0.0, v.floor_m) for v, _ in found if v.floor_m is not None]
    out = []
    for i in range(len(found)):
        for j in range(i + 1, len(surfaces)):
            plane = tuple(np.subtract(surfaces[i], surfaces[j]))
            z, same_m = height(plane, *xy.T), slack_m((surfaces[i], surfaces[j]), tolerance_m)
            if z.min() > -same_m or z.max() < same_m:
                continue
            slope = math.hypot(*plane[:2])
            middle = xy.mean(axis=0)
            n = np.array(plane[:2]) / slope
            foot = middle - height(plane, *middle) / slope * n
            reach = np.hypot(*(xy - foot).T).max() + 1
            along = reach * np.array([-n[1], n[0]])
            parts = shapely.get_parts(shapely.intersection(shapely.LineString([foot - along, foot + along]), face.polygon))
            out += [shapely.get_coordinates(p) for p in parts if p.geom_type == "LineString" and p.length > 0]
    return out


def _stack(xy: np.ndarray, found: list[tuple[Volume, Plane]], tolerance_m: float) -> list[Slab]:
    if not found:
        return []
    x, y = xy.T
    same_m = slack_m([plane for _, plane in found], tolerance_m)

    def level(surface: Plane | None) -> float:
        return -math.inf if surface is None else float(np.mean(height(surface, x, y)))

    def free(low, high, slabs: list[Slab]):
        """What of the interval no slab has taken."""
        pieces = [(low, high)]
        for slab in slabs:
            left = []
            for p, q in pieces:
                if level(p) < level(slab.low) - same_m:
                    left.append((p, min(q, slab.low, key=level)))
                if level(slab.high) < level(q) - same_m:
                    left.append((max(p, slab.high, key=level), q))
            pieces = left
        return [(p, q) for p, q in pieces if level(q) - level(p) > same_m]

    slabs: list[Slab] = []
    order = sorted(found, key=lambda item: (item[0].rank[0], -level(item[1]), item[0].rank))
    for volume, plane in order:
        low = None if volume.floor_m is None else (0.0, 0.0, volume.floor_m)
        slabs += [Slab(p, q, volume) for p, q in free(low, plane, slabs)]
    return sorted(slabs, key=lambda s: level(s.high))
