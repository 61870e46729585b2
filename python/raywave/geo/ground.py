# SPDX-License-Identifier: Apache-2.0
"""The ground: a height field through the nodes of the plan, and between them as many points of the terrain as its shape needs."""
from __future__ import annotations

import numpy as np
import shapely

from .arrangement import Face
from .surfaces import Triangles, Vertices
from .triangulate import Delaunay

CLEAR_M = 1.0  # of the terrain's points from walls and from each other's triangles' sides
_MAX_ROUNDS = 40


def ground_triangles(faces: list[Face], stacks, tilings: list[Triangles], vertices: Vertices, base: list[int], xy: np.ndarray, terrain,
                     spacing_m: float, tolerance_m: float) -> Triangles:
    """Under buildings the ground spans its nodes; elsewhere it follows the terrain to tolerance_m at points spacing_m apart."""
    out: Triangles = []
    for face, stack, tiling in zip(faces, stacks, tilings):
        if stack or terrain.spacing_m is None:
            out += [(base[a], base[b], base[c]) for a, b, c in tiling]
        else:
            out += _refined(face, tiling, vertices, base, xy, terrain, spacing_m, tolerance_m)
    return out


def _refined(face: Face, tiling: Triangles, vertices: Vertices, base: list[int], xy: np.ndarray, terrain, spacing_m, tolerance_m) -> Triangles:
    points = _points(face.polygon, spacing_m)
    z = terrain(points)
    plan = [tuple(p) for p in xy.tolist()]
    heights = [vertices.z(i) for i in base]
    mesh = Delaunay(tiling, plan)
    new: dict[int, int] = {}  # node -> vertex
    left = np.arange(len(points))
    for _ in range(_MAX_ROUNDS):
        triangles = mesh.triangles()
        corners = np.array([[plan[n] for n in t] for t in triangles])
        at, holder = shapely.STRtree(shapely.polygons(corners)).query(shapely.points(points[left]), predicate="intersects")
        error = np.abs(_interpolated(corners[holder], np.array([[heights[n] for n in t] for t in triangles])[holder], points[left[at]]) - z[left[at]])
        worst: dict[int, int] = {}  # the worst point of each triangle
        for k in np.lexsort((at, -error)):
            if error[k] <= tolerance_m:
                break
            worst.setdefault(int(holder[k]), int(left[at[k]]))
        done, known = [], set(triangles)
        for t, point in worst.items():
            if triangles[t] not in known:  # taken by a neighbour's point in this round
                continue
            if point in done:
                continue
            node = len(plan)
            plan.append(tuple(points[point].tolist()))
            heights.append(float(z[point]))
            before = mesh.insert(node, triangles[t])
            done.append(point)
            if before is None:
                plan.pop()
                heights.pop()
                continue
            known -= before
            new[node] = len(vertices.points)
            vertices.points.append((*plan[node], heights[node]))
        if not done:
            break
        left = np.setdiff1d(left, done)
    index = {**{n: base[n] for n in face.nodes()}, **new}
    return [(index[a], index[b], index[c]) for a, b, c in mesh.triangles()]


def _points(polygon: shapely.Polygon, spacing_m: float) -> np.ndarray:
    """A grid inside, clear of the outline. Every second row is shifted: no four on a circle."""
    x0, y0, x1, y1 = polygon.bounds
    rows = np.arange(y0 + spacing_m / 2, y1, spacing_m)
    grid = np.concatenate([np.column_stack([np.arange(x0 + spacing_m * (0.25 + 0.5 * (k % 2)), x1, spacing_m), np.full(
        len(np.arange(x0 + spacing_m * (0.25 + 0.5 * (k % 2)), x1, spacing_m)), y)]) for k, y in enumerate(rows)] or [np.zeros((0, 2))])
    places = shapely.points(grid)
    inside = shapely.STRtree(places).query(polygon, predicate="contains")
    near = shapely.STRtree(places[inside]).query(polygon.boundary, predicate="dwithin", distance=CLEAR_M)
    return np.delete(grid[inside], near, axis=0)


def _interpolated(corners: np.ndarray, z: np.ndarray, p: np.ndarray) -> np.ndarray:
    """The heights of triangles, [n, 3, 2] and [n, 3], at points over them, [n, 2]."""
    a, u, v = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    w = p - a
    det = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    s = (w[:, 0] * v[:, 1] - w[:, 1] * v[:, 0]) / det
    t = (u[:, 0] * w[:, 1] - u[:, 1] * w[:, 0]) / det
    return z[:, 0] + s * (z[:, 1] - z[:, 0]) + t * (z[:, 2] - z[:, 0])
