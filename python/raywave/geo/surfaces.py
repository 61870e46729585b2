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
from .columns import Slab, height, slack_m
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
    """Points over nodes of the plan. Heights that a chain of steps of at most slack_m joins are one, so that surfaces that meet share their
    vertices and have one order over every node."""

    def __init__(self, xy: np.ndarray, heights: list[list[tuple[int, float]]], slack_m: np.ndarray) -> None:
        """heights: of each node, (rank, z); of those that are one the lowest rank's stays, among equals the lowest."""
        self.points: list[tuple[float, float, float]] = []
        self._levels: list[list[tuple[float, int]]] = []  # of each node, ascending
        self._index: list[dict[float, int]] = []
        for (x, y), wanted, slack in zip(xy.tolist(), heights, slack_m.tolist()):
            levels, index = [], {}
            ascending = sorted({z for _, z in wanted})
            rank = {}
            for r, z in wanted:
                rank[z] = min(r, rank.get(z, r))
            starts = [k for k in range(len(ascending)) if k == 0 or ascending[k] - ascending[k - 1] > slack]
            for first, end in zip(starts, starts[1:] + [len(ascending)]):
                z = min(ascending[first:end], key=lambda value: (rank[value], value))
                index.update((one, len(self.points)) for one in ascending[first:end])
                levels.append((z, len(self.points)))
                self.points.append((x, y, z))
            self._levels.append(levels)
            self._index.append(index)

    def at(self, node: int, z: float) -> int:
        """z is one of the node's heights."""
        return self._index[node][z]

    def z(self, index: int) -> float:
        return self.points[index][2]

    def between(self, node: int, low: int, high: int) -> list[int]:
        """All vertices over a node from one to another, both included."""
        lo, hi = self.z(low), self.z(high)
        return [i for z, i in self._levels[node] if lo <= z <= hi]


def build_surfaces(arrangement: Arrangement, faces: list[Face], stacks: list[list[Slab]], ground, tolerance_m: float):
    """(points [num_vertices, 3], groups). `ground(xy)` gives the ground's height at nodes, [num_points, 2] -> [num_points];
    the ground's own triangles are those over faces without terrain between their nodes. tolerance_m: what nodes may have been moved by."""
    _split_crossed_sides(arrangement, faces, stacks, tolerance_m)
    xy = arrangement.xy
    floor = ground(xy).tolist()
    number = {tuple(p): i for i, p in enumerate(xy.tolist())}
    tilings = triangulate([f.polygon for f in faces], [f.rings for f in faces], number, xy)
    # Heights of every slab at its nodes, before any wall is cut: walls take in all vertices over their ends. Where surfaces meet within
    # what nodes were moved by, the ground stays, then what is level: it is the slope that gives way.
    wanted: list[list[tuple[int, float]]] = [[(0, z)] for z in floor]
    heights = []
    for face, stack in zip(faces, stacks):
        nodes = face.nodes()
        heights.append([[_heights(surface, nodes, xy, floor, wanted) for surface in (slab.low, slab.high)] for slab in stack])
    vertices = Vertices(xy, wanted, _slacks(faces, stacks, len(xy), tolerance_m))
    base = [vertices.at(n, z) for n, z in enumerate(floor)]
    bounds = [_bounds(face.nodes(), held, base, vertices) for face, held in zip(faces, heights)]
    groups = []
    for index, (stack, bound, tiling) in enumerate(zip(stacks, bounds, tilings)):
        groups += _level_surfaces(index, stack, bound, tiling, base)
    groups += _walls(faces, stacks, bounds, vertices)
    return vertices, base, tilings, groups


def _slacks(faces: list[Face], stacks: list[list[Slab]], num_nodes: int, tolerance_m: float) -> np.ndarray:
    """Heights that are one, by node: what its surfaces' slopes make of tolerance_m."""
    out = np.full(num_nodes, slack_m((), tolerance_m))
    for face, stack in zip(faces, stacks):
        if stack:
            nodes = face.nodes()
            out[nodes] = np.maximum(out[nodes], slack_m([s.high for s in stack] + [s.low for s in stack if s.low is not None], tolerance_m))
    return out


def _heights(surface, nodes: list[int], xy: np.ndarray, floor: list[float], wanted: list[list[tuple[int, float]]]) -> list[float]:
    if surface is None:
        return [floor[n] for n in nodes]
    z = height(surface, *xy[nodes].T).tolist() if surface[0] or surface[1] else [surface[2]] * len(nodes)
    rank = 2 if surface[0] or surface[1] else 1
    for n, value in zip(nodes, z):
        wanted[n].append((rank, value))
    return z


Bounds = tuple[dict[int, int], dict[int, int]]  # vertices of the lower and the upper surface by node


def _bounds(nodes: list[int], heights: list[list[list[float]]], base: list[int], vertices: Vertices) -> list[Bounds]:
    """From below, none under the one before it: where a cut was too short to be made, the surfaces meet."""
    out: list[Bounds] = []
    last = {n: base[n] for n in nodes}
    for slab in heights:
        found = []
        for z in slab:
            last = {n: max(last[n], vertices.at(n, one), key=vertices.z) for n, one in zip(nodes, z)}
            found.append(last)
        out.append((found[0], found[1]))
    return out


def _level_surfaces(face: int, stack: list[Slab], bounds: list[Bounds], tiling: Triangles, base: list[int]) -> list[Group]:
    """Roofs, and undersides of what does not stand on the ground. Triangle by triangle: a slab may end in a wedge."""
    roofs: list[Triangles] = [[] for _ in stack]
    undersides: list[Triangles] = [[] for _ in stack]
    for a, b, c in tiling if stack else ():
        there = [(k, (low[a], low[b], low[c]), (high[a], high[b], high[c])) for k, (low, high) in enumerate(bounds)]
        there = [item for item in there if item[1] != item[2]]
        below = (base[a], base[b], base[c])  # the highest surface so far
        for i, (k, low, high) in enumerate(there):
            if low != below:
                undersides[k].append((low[0], low[2], low[1]))
            above = there[i + 1] if i + 1 < len(there) else None
            if above is None or above[1] != high or stack[above[0]].volume.building != stack[k].volume.building:
                roofs[k].append(high)
            below = high
    groups = []
    for slab, roof, underside in zip(stack, roofs, undersides):
        volume = slab.volume
        if roof:
            groups.append(Group((volume.building, "roof", volume.covering), face, roof))
        if underside:
            groups.append(Group((volume.building, "walls", volume.walls), face, underside))
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


def _split_crossed_sides(arrangement: Arrangement, faces: list[Face], stacks: list[list[Slab]], tolerance_m: float) -> None:
    """A node wherever surfaces left and right of a side cross over it."""
    left = {(a, b): i for i, face in enumerate(faces) for ring in face.rings for a, b in zip(ring, ring[1:] + ring[:1])}
    slack = _slacks(faces, stacks, len(arrangement.xy), tolerance_m)
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
                if (a - c) * (b - d) < 0 and abs(a - c) > slack[u] and abs(b - d) > slack[v]:
                    places.add((a - c) / ((a - c) - (b - d)))
        if not places:
            continue
        gap = tolerance_m / np.hypot(*(q - p))
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
