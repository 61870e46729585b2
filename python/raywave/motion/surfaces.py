# SPDX-License-Identifier: Apache-2.0
"""Which of an object's own surfaces a path touches, by a number that stays the same wherever the object is.

The solvers' numbers of facets and edges are those of one scene; where an object moves past another they may change. Here a surface is found again in
the object's mesh as it stood before it moved: coplanar neighbouring triangles are one surface, an edge is the line where surfaces meet or one ends."""
from __future__ import annotations

import numpy as np

REFLECTION, DIFFRACTION = 1, 8
# Points of paths lie on their surfaces to some roundings of their coordinates (1e-9 m at 10^6 m). Ten times more would take a point a tenth of
# a millimetre beside an edge for one on it; ten times less would miss edges in map coordinates.
_TOUCH_M = 1e-5
# As for the solvers' facets: files in single precision turn the pieces of one wall by some 1e-5 rad.
_SAME_PLANE_RAD = 2e-5
_MATRIX = 2_000_000  # points times triangles that are looked at at once


class Surfaces:
    """Of one object, at rest."""

    def __init__(self, vertices, triangles):
        self.corners = vertices[triangles]  # [n, 3, 3]
        u, v = self.corners[:, 1] - self.corners[:, 0], self.corners[:, 2] - self.corners[:, 0]
        normal = np.cross(u, v)
        area = np.linalg.norm(normal, axis=1)
        keep = area > 0
        self.corners, normal, area = self.corners[keep], normal[keep], area[keep]
        self.normals = normal / area[:, None]
        self.offsets = np.einsum("ij,ij->i", self.normals, self.corners[:, 0])
        self.surface = self._join(vertices, triangles[keep])

    def _join(self, vertices, triangles):
        """The lowest triangle of each one's surface."""
        places, welded = np.unique(vertices, axis=0, return_inverse=True)
        triangles = np.asarray(welded).reshape(-1)[triangles]
        root = np.arange(len(triangles))

        def find(i):
            while root[i] != i:
                root[i] = root[root[i]]
                i = root[i]
            return i

        by_edge: dict[tuple, list[int]] = {}
        for i, corners in enumerate(triangles.tolist()):
            for k in range(3):
                sides = by_edge.setdefault(tuple(sorted((corners[k], corners[(k + 1) % 3]))), [])
                sides.append(i)
                j = sides[0]
                if j != i and np.linalg.norm(np.cross(self.normals[i], self.normals[j])) < _SAME_PLANE_RAD:
                    a, b = sorted((find(i), find(j)))
                    root[b] = a
        surface = np.array([find(i) for i in range(len(triangles))], dtype=np.int64)
        edges = {edge: {int(surface[i]) for i in sides} for edge, sides in by_edge.items()}
        edges = {edge: found for edge, found in edges.items() if len(by_edge[edge]) == 1 or len(found) > 1}
        self.meeting = list(edges.values())  # the surfaces that each edge is a side of
        self._find_lines(places, list(edges))
        return surface

    def _find_lines(self, places, edges):
        """Sides of triangles that are sides of surfaces; those that go straight on into each other are one line, named by the first."""
        self.starts, self.ends = (places[[edge[k] for edge in edges]].reshape(-1, 3) for k in (0, 1))
        root = list(range(len(edges)))

        def find(i):
            while root[i] != i:
                i = root[i]
            return i

        at: dict[int, list] = {}
        for i, (start, end) in enumerate(edges):
            way = (self.ends[i] - self.starts[i]) / np.linalg.norm(self.ends[i] - self.starts[i])
            for vertex in (start, end):
                for j, other in at.setdefault(vertex, []):
                    if np.linalg.norm(np.cross(way, other)) < _SAME_PLANE_RAD:
                        a, b = sorted((find(i), find(j)))
                        root[b] = a
                at[vertex].append((i, way))
        self.line = np.array([find(i) for i in range(len(edges))], dtype=np.int64)
        self.ways = self.ends - self.starts
        self.ways /= np.linalg.norm(self.ways, axis=1, keepdims=True)

    def touched(self, points, kinds, bisectors) -> list[tuple]:
        """Of each point [n, 3] the surface of its reflection or transmission (surface,), or of its diffraction (surface, the other or -1, edge). Points and bisectors (of the
        way in and the way out, along the normal of a mirror) are those of the object at rest."""
        if len(self.corners) == 0:
            return [()] * len(points)
        at_once = max(1, _MATRIX // len(self.corners))
        return [found for k in range(0, len(points), at_once)
                for found in self._touched(points[k:k + at_once], kinds[k:k + at_once], bisectors[k:k + at_once])]

    def _touched(self, points, kinds, bisectors):
        near = np.abs(points @ self.normals.T - self.offsets) < 100 * _TOUCH_M
        near[~near.any(axis=1)] = True
        which, triangle = np.nonzero(near)  # ascending in both
        distance = _distances(points[which], self.corners[triangle])
        least = np.full(len(points), np.inf)
        np.minimum.at(least, which, distance)
        close = distance <= least[which] + _TOUCH_M
        along = np.abs(np.einsum("ij,ij->i", self.normals[triangle], bisectors[which]))
        begin = np.searchsorted(which, np.arange(len(points) + 1))
        out = []
        for i, kind in enumerate(kinds):
            part = slice(begin[i], begin[i + 1])
            mine = np.flatnonzero(close[part])
            surfaces = self.surface[triangle[part][mine]]
            if kind == DIFFRACTION:
                out.append(self._edge_at(points[i], bisectors[i]))
                continue
            if kind == REFLECTION and len(mine) > 1:
                aligned = along[part][mine]
                surfaces = surfaces[aligned >= aligned.max() - 1e-6]
            out.append((int(surfaces.min()),))
        return out

    def _edge_at(self, point, bisector):
        """(surface, the other or -1, edge). Paths run by an edge's line beyond its end too, where other edges may be nearer: the line has to hold the point,
        and is at a right angle to the bisector, as by Keller's law both ways have one angle to it."""
        if len(self.line) == 0:
            return -1, -1, -1
        distance = _from_side(point, self.starts, self.ends)
        from_start = point - self.starts
        aside = np.linalg.norm(from_start - np.sum(from_start * self.ways, axis=1)[:, None] * self.ways, axis=1)
        mine = np.flatnonzero(aside <= _TOUCH_M + _SAME_PLANE_RAD * distance)  # beyond its end a piece may be turned against the edge
        if len(mine) == 0:
            mine = np.arange(len(self.line))
        askew = np.abs(self.ways[mine] @ bisector)
        mine = mine[askew <= askew.min() + 2 * _SAME_PLANE_RAD]
        mine = mine[distance[mine] <= distance[mine].min() + _TOUCH_M]
        return *[*sorted(set().union(*(self.meeting[k] for k in mine))), -1][:2], int(self.line[mine].min())


def _distances(p, corners):
    """Of points from triangles, one each, [n]: over the inside the plane's, else that of the nearest side."""
    a, b, c = np.moveaxis(corners, 1, 0)
    u, v, w = b - a, c - a, p - a
    uu, uv, vv, wu, wv = (np.einsum("ij,ij->i", x, y) for x, y in ((u, u), (u, v), (v, v), (w, u), (w, v)))
    det = uu * vv - uv * uv
    s, t = (vv * wu - uv * wv) / det, (uu * wv - uv * wu) / det
    inside = (s >= 0) & (t >= 0) & (s + t <= 1)
    plane = np.linalg.norm(w - s[:, None] * u - t[:, None] * v, axis=1)
    sides = np.minimum.reduce([_from_side(p, x, y) for x, y in ((a, b), (b, c), (c, a))])
    return np.where(inside, plane, sides)


def _from_side(p, a, b):
    d = b - a
    s = np.clip(np.einsum("ij,ij->i", p - a, d) / np.einsum("ij,ij->i", d, d), 0, 1)
    return np.linalg.norm(p - a - s[:, None] * d, axis=1)
