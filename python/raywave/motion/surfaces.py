# SPDX-License-Identifier: Apache-2.0
"""Which of an object's own surfaces a path touches, by a number that stays the same wherever the object is.

The solvers' numbers of facets and edges are those of one scene; where an object moves past another they may change. Here a surface is found again in
the object's mesh as it stood before it moved: coplanar neighbouring triangles are one surface, an edge is the two that meet there."""
from __future__ import annotations

import numpy as np

REFLECTION, DIFFRACTION = 1, 8
# Points of paths lie on their surfaces to some roundings of their coordinates (1e-9 m at 10^6 m). Ten times more would take a point a tenth of
# a millimetre beside an edge for one on it; ten times less would miss edges in map coordinates.
_TOUCH_M = 1e-5
# As for the solvers' facets: files in single precision turn the pieces of one wall by some 1e-5 rad.
_SAME_PLANE_RAD = 2e-5


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
        _, welded = np.unique(vertices, axis=0, return_inverse=True)
        triangles = np.asarray(welded).reshape(-1)[triangles]
        root = np.arange(len(triangles))

        def find(i):
            while root[i] != i:
                root[i] = root[root[i]]
                i = root[i]
            return i

        by_edge: dict[tuple, int] = {}
        for i, corners in enumerate(triangles):
            for k in range(3):
                edge = tuple(sorted((corners[k], corners[(k + 1) % 3])))
                j = by_edge.setdefault(edge, i)
                if j != i and np.linalg.norm(np.cross(self.normals[i], self.normals[j])) < _SAME_PLANE_RAD:
                    a, b = sorted((find(i), find(j)))
                    root[b] = a
        return np.array([find(i) for i in range(len(triangles))], dtype=np.int64)

    def touched(self, point, kind, bisector) -> tuple:
        """The surface of a reflection or transmission, the surfaces that meet at a diffraction's edge. Point and bisector (of the way in and the way
        out, along the normal of a mirror) are those of the object at rest."""
        near = np.flatnonzero(np.abs(self.normals @ point - self.offsets) < 100 * _TOUCH_M)
        if len(near) == 0:
            near = np.arange(len(self.corners))
        if len(near) == 0:
            return ()
        distance = _distances(point, self.corners[near])
        close = near[distance <= distance.min() + _TOUCH_M]
        if kind == DIFFRACTION:
            return tuple(sorted({*self.surface[close].tolist()})[:2])
        if kind == REFLECTION and len(close) > 1:
            along = np.abs(self.normals[close] @ bisector)
            close = close[along >= along.max() - 1e-6]
        return (int(self.surface[close].min()),)


def _distances(p, corners):
    """Of a point from triangles, [n]: over the inside the plane's, else that of the nearest side."""
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
