# SPDX-License-Identifier: Apache-2.0
"""Meshes of the columns: every border between air and a volume, or between two buildings, is there once; all meet at shared vertices.

A wall stands on each side of the plan where the owners left and right of it differ; between two buildings it belongs to the higher
one, so that a wall that goes on above its neighbour's roof is one. Surfaces inside one building are left out.
"""
from __future__ import annotations

import collections
import dataclasses

import numpy as np
import shapely

from .arrangement import Arrangement, Face
from .columns import Slab, height
from .triangulate import triangulate

Triangles = list[tuple[int, int, int]]
# building (-1: the ground), "walls" or "roof", material
Key = tuple[int, str, str]


@dataclasses.dataclass
class Group:
    """The triangles of one surface over one face or on one side of the plan."""

    key: Key
    face: int
    triangles: Triangles


class Vertices:
    """Points over nodes of the plan; heights within same_m of each other are one."""

    def __init__(self, xy: np.ndarray, same_m: float) -> None:
        self._xy = xy
        self._same_m = same_m
        self._levels: dict[int, list[tuple[float, int]]] = collections.defaultdict(list)
        self.points: list[tuple[float, float, float]] = []

    def at(self, node: int, z: float) -> int:
        for known, index in self._levels[node]:
            if abs(known - z) <= self._same_m:
                return index
        self._levels[node].append((z, len(self.points)))
        self.points.append((*self._xy[node].tolist(), z))
        return len(self.points) - 1

    def z(self, index: int) -> float:
        return self.points[index][2]

    def between(self, node: int, low: int, high: int) -> list[int]:
        """All vertices over a node from one to another, both included."""
        lo, hi = self.z(low), self.z(high)
        return [i for z, i in sorted(self._levels[node]) if lo <= z <= hi]


def build_surfaces(arrangement: Arrangement, faces: list[Face], stacks: list[list[Slab]], ground, same_m: float):
    """(points [num_vertices, 3], groups). `ground(xy)` gives the ground's height at nodes, [num_points, 2] -> [num_points];
    the ground's own triangles are those over faces without terrain between their nodes."""
    _split_crossed_sides(arrangement, faces, stacks, same_m)
    xy = arrangement.xy
    floor = ground(xy)
    vertices = Vertices(xy, same_m)
    base = [vertices.at(n, float(floor[n])) for n in range(len(xy))]
    number = {tuple(p): i for i, p in enumerate(xy.tolist())}
    tilings = triangulate([f.polygon for f in faces], [f.rings for f in faces], number, xy)
    # Heights of every slab at its nodes, before any wall is cut: walls take in all vertices over their ends.
    # Level surfaces first: where a slope meets one within same_m it is the slope that gives way.
    for face, stack in zip(faces, stacks):
        for a, b, c in (s for slab in stack for s in (slab.low, slab.high) if s is not None):
            if a == 0 and b == 0:
                for n in face.nodes():
                    vertices.at(n, c)
    bounds = [[_bounds(slab, face.nodes(), xy, base, vertices) for slab in stack] for face, stack in zip(faces, stacks)]
    groups = []
    for index, (stack, bound, tiling) in enumerate(zip(stacks, bounds, tilings)):
        groups += _level_surfaces(index, stack, bound, tiling)
    groups += _walls(faces, stacks, bounds, vertices)
    return vertices, base, tilings, groups


Bounds = tuple[dict[int, int], dict[int, int]]  # vertices of the lower and the upper surface by node


def _bounds(slab: Slab, nodes: list[int], xy: np.ndarray, base: list[int], vertices: Vertices) -> Bounds:
    def over(surface):
        if surface is None:
            return {n: base[n] for n in nodes}
        return {n: vertices.at(n, z) for n, z in zip(nodes, height(surface, *xy[nodes].T).tolist())}

    return over(slab.low), over(slab.high)


def _level_surfaces(face: int, stack: list[Slab], bounds: list[Bounds], tiling: Triangles) -> list[Group]:
    """Roofs, and undersides of what does not stand on the ground."""
    groups = []
    for k, (slab, (low, high)) in enumerate(zip(stack, bounds)):
        volume = slab.volume
        touched = k + 1 < len(stack) and bounds[k + 1][0] == high
        if not touched or stack[k + 1].volume.building != volume.building:
            groups.append(Group((volume.building, "roof", volume.covering), face, [(high[a], high[b], high[c]) for a, b, c in tiling]))
        if slab.low is not None and not (k > 0 and bounds[k - 1][1] == low):
            groups.append(Group((volume.building, "walls", volume.walls), face, [(low[a], low[c], low[b]) for a, b, c in tiling]))
    return groups


def _walls(faces: list[Face], stacks: list[list[Slab]], bounds: list[list[Bounds]], vertices: Vertices) -> list[Group]:
    left = {(a, b): i for i, face in enumerate(faces) for ring in face.rings for a, b in zip(ring, ring[1:] + ring[:1])}
    groups = []
    for (u, v), face in left.items():
        other = left.get((v, u), -1)
        if (u > v and other >= 0) or (not stacks[face] and (other < 0 or not stacks[other])):
            continue
        here = _intervals(stacks[face], bounds[face], u, v)
        there = _intervals(stacks[other], bounds[other], u, v) if other >= 0 else []
        for volume, outward, (u0, v0, u1, v1) in _differences(here, there, vertices):
            triangles = _strip(vertices.between(u, u0, u1), vertices.between(v, v0, v1), vertices)
            if not outward:
                triangles = [(a, c, b) for a, b, c in triangles]
            groups.append(Group((volume.building, "walls", volume.walls), face if outward else other, triangles))
    return groups


def _intervals(stack: list[Slab], bounds: list[Bounds], u: int, v: int):
    return [((low[u], low[v]), (high[u], high[v]), slab.volume) for slab, (low, high) in zip(stack, bounds)]


def _differences(here, there, vertices: Vertices):
    """(owner, whether it lies left, corners) of the pieces of a side where left and right belong to different buildings. Pieces end
    where any surface ends at the side: a neighbour's roof has an edge of the wall to meet."""

    def level(bound):
        return vertices.z(bound[0]) + vertices.z(bound[1])

    def owner(intervals, middle):
        return next((volume for low, high, volume in intervals if level(low) < middle < level(high)), None)

    levels = sorted({bound for low, high, _ in [*here, *there] for bound in (low, high)}, key=level)
    out = []
    for low, high in zip(levels, levels[1:]):
        middle = 0.5 * (level(low) + level(high))
        a, b = owner(here, middle), owner(there, middle)
        if (a and a.building) == (b and b.building) or level(high) <= level(low):
            continue
        outward = b is None or (a is not None and a.rank < b.rank)
        volume = a if outward else b
        out.append((volume, outward, (*low, *high)))
    return out


def _strip(left: list[int], right: list[int], vertices: Vertices) -> Triangles:
    """Triangles between two upright chains; counter-clockwise with `left` on the left."""
    out, i, j = [], 0, 0
    while i + 1 < len(left) or j + 1 < len(right):
        if j + 1 < len(right) and (i + 1 == len(left) or vertices.z(right[j + 1]) <= vertices.z(left[i + 1])):
            out.append((left[i], right[j], right[j + 1]))
            j += 1
        else:
            out.append((left[i], right[j], left[i + 1]))
            i += 1
    return out


def _split_crossed_sides(arrangement: Arrangement, faces: list[Face], stacks: list[list[Slab]], same_m: float) -> None:
    """A node wherever surfaces left and right of a side cross over it."""
    left = {(a, b): i for i, face in enumerate(faces) for ring in face.rings for a, b in zip(ring, ring[1:] + ring[:1])}
    new: list[np.ndarray] = []
    inner: dict[tuple[int, int], list[int]] = {}
    for (u, v), face in left.items():
        other = left.get((v, u), -1)
        if u > v or other < 0:
            continue
        planes = {s for slab in stacks[face] + stacks[other] for s in (slab.low, slab.high) if s is not None}
        if all(a == 0 and b == 0 for a, b, _ in planes):
            continue
        p, q = arrangement.xy[u], arrangement.xy[v]
        ends = [(float(height(s, *p)), float(height(s, *q))) for s in planes]
        places = set()
        for k, (a, b) in enumerate(ends):
            for c, d in ends[:k]:
                if (a - c) * (b - d) < 0 and min(abs(a - c), abs(b - d)) > same_m:
                    places.add((a - c) / ((a - c) - (b - d)))
        if not places:
            continue
        gap = same_m / np.hypot(*(q - p))
        kept = [t for k, t in enumerate(sorted(places)) if gap < t < 1 - gap and (k == 0 or t - sorted(places)[k - 1] > gap)]
        nodes = list(range(len(arrangement.xy) + len(new), len(arrangement.xy) + len(new) + len(kept)))
        new += [p + t * (q - p) for t in kept]
        inner[(u, v)], inner[(v, u)] = nodes, nodes[::-1]
    if not new:
        return
    arrangement.xy = np.vstack([arrangement.xy, new])
    for face in faces:
        if not any(side in inner for ring in face.rings for side in zip(ring, ring[1:] + ring[:1])):
            continue
        face.rings = [[n for a, b in zip(ring, ring[1:] + ring[:1]) for n in (a, *inner.get((a, b), ()))] for ring in face.rings]
        shells = [arrangement.xy[ring] for ring in face.rings]
        face.polygon = shapely.Polygon(shells[0], shells[1:])


def sheets(triangles_of: list[Group]) -> list[list[Group]]:
    """The groups of one object, parted so that no side of a triangle has more than two faces: volumes that touch along a line only."""
    layers: list[tuple[list[Group], collections.Counter]] = []
    for group in sorted(triangles_of, key=lambda g: g.face):
        sides = collections.Counter((min(p), max(p)) for a, b, c in group.triangles for p in ((a, b), (b, c), (c, a)))
        for groups, count in layers:
            if all(count[side] + n <= 2 for side, n in sides.items()):
                groups.append(group)
                count.update(sides)
                break
        else:
            layers.append(([group], sides))
    return [groups for groups, _ in layers]
