# SPDX-License-Identifier: Apache-2.0
"""Triangles of polygons with holes over the nodes of their rings, nodes in the middle of straight sides included (no T-junctions),
and Delaunay insertion of points into such a triangulation."""
from __future__ import annotations

import math

import numpy as np
import shapely

Triangle = tuple[int, int, int]

# Twice the area against the longest side squared. A scene's check calls 1e-12 degenerate; rounding of coordinates of some km is 1e-13.
_SLIVER = 1e-9


def triangulate(polygons: list[shapely.Polygon], outlines: list[list[list[int]]], number: dict[tuple[float, float], int],
                xy: np.ndarray) -> list[list[Triangle]]:
    """Counter-clockwise triangles of each polygon by the numbers of their corners. `outlines`: the polygons' rings by number, their
    inside to the left; each of their sides is a side of a triangle."""
    collections = shapely.constrained_delaunay_triangles(np.array(polygons, dtype=object))
    parts, owner = shapely.get_parts(collections, return_index=True)
    corners = shapely.get_coordinates(parts).reshape(-1, 4, 2)[:, :3].tolist()
    out: list[list[Triangle]] = [[] for _ in polygons]
    for triangle, polygon in zip(corners, owner):
        i, j, k = (number[tuple(p)] for p in triangle)
        out[polygon].append((i, j, k) if _area2(xy, i, j, k) > 0 else (i, k, j))
    return [_with_sides(without_slivers(triangles, xy), rings) for triangles, rings in zip(out, outlines)]


def _with_sides(triangles: list[Triangle], rings: list[list[int]]) -> list[Triangle]:
    """A triangle whose side passes over nodes of the outline (in line but for rounding) takes them in."""
    have = {side: t for t in triangles for side in _sides(t)}
    outline = [side for ring in rings for side in zip(ring, ring[1:] + ring[:1])]
    missing = {a: b for a, b in outline if (a, b) not in have}
    if not missing:
        return triangles
    known = set(outline)
    split: dict[Triangle, dict[tuple[int, int], list[int]]] = {}
    for (a, b), t in have.items():
        if (b, a) in have or (a, b) in known:
            continue
        chain, at = [], a
        while at != b and at in missing and len(chain) <= len(missing):
            at = missing[at]
            chain.append(at)
        if at == b:
            split.setdefault(t, {})[(a, b)] = chain[:-1]
    out = [t for t in triangles if t not in split]
    for t, inner in split.items():
        out += _fan(t, inner)
    return out


def _fan(t: Triangle, inner: dict[tuple[int, int], list[int]]) -> list[Triangle]:
    """A triangle with nodes on its sides, side by side."""
    for a, b, c in (t, t[1:] + t[:1], t[2:] + t[:2]):
        if (a, b) in inner:
            rest = {side: nodes for side, nodes in inner.items() if side != (a, b)}
            chain = [a, *inner[(a, b)], b]
            return [piece for p, q in zip(chain, chain[1:]) for piece in _fan((p, q, c), rest)]
    return [t]


def _area2(xy: np.ndarray, i: int, j: int, k: int) -> float:
    (ax, ay), (bx, by), (cx, cy) = xy[i], xy[j], xy[k]
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


def _thinness(xy: np.ndarray, t: Triangle) -> float:
    longest = max((xy[a][0] - xy[b][0]) ** 2 + (xy[a][1] - xy[b][1]) ** 2 for a, b in zip(t, t[1:] + t[:1]))
    return abs(_area2(xy, *t)) / longest if longest > 0 else 0.0


def without_slivers(triangles: list[Triangle], xy: np.ndarray) -> list[Triangle]:
    """Three nodes in line make no triangle: the neighbour over the longest side takes the middle node in."""
    if not triangles:
        return triangles
    corners = xy[np.array(triangles)]
    sides = corners - np.roll(corners, -1, axis=1)
    areas = sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]
    if (areas > 2 * _SLIVER * (sides**2).sum(axis=2).max(axis=1)).all():
        return triangles
    for _ in range(len(triangles)):
        thin = next((t for t in triangles if _thinness(xy, t) <= _SLIVER), None)
        if thin is None:
            break
        length = [math.hypot(*(xy[thin[k]] - xy[thin[(k + 1) % 3]])) for k in range(3)]
        k = int(np.argmax(length))
        a, b, c = thin[k], thin[(k + 1) % 3], thin[(k + 2) % 3]  # a b is the longest, c lies on it
        triangles = [t for t in triangles if t != thin]
        other = next((t for t in triangles if a in t and b in t), None)
        if other is None:
            continue  # on the outline: nothing is lost but area of rounding's size
        d = next(n for n in other if n not in (a, b))
        triangles = [t for t in triangles if t != other] + [(b, d, c), (d, a, c)]
    return triangles


class Delaunay:
    """A triangulation that takes points in; sides without a neighbour (outlines, holes) stay."""

    def __init__(self, triangles: list[Triangle], xy: list[tuple[float, float]]) -> None:
        self.xy = xy
        self._by_side = {side: t for t in triangles for side in _sides(t)}

    def triangles(self) -> list[Triangle]:
        return list(dict.fromkeys(self._by_side.values()))

    def insert(self, node: int, holder: Triangle) -> set[Triangle] | None:
        """Puts a node that lies in the triangle `holder` in; the triangles that it replaced. None (and no change) where it lies on an
        outline, or so near to a side that a triangle would be flat."""
        cavity, front = {holder: None}, [holder]
        while front:
            for a, b in _sides(front.pop()):
                beyond = self._by_side.get((b, a))
                if beyond is not None and beyond not in cavity and self._in_circle(beyond, node):
                    cavity[beyond] = None
                    front.append(beyond)
        sides = {side for t in cavity for side in _sides(t)}
        new = [(a, b, node) for a, b in sorted(sides) if (b, a) not in sides]
        if any(_area2(self.xy, *t) <= 1e-6 for t in new):  # m2: flatter triangles say nothing about ground
            return None
        for side in sides:
            del self._by_side[side]
        for t in new:
            self._by_side.update((side, t) for side in _sides(t))
        return set(cavity)

    def _in_circle(self, t: Triangle, node: int) -> bool:
        x, y = self.xy[node]
        (ax, ay), (bx, by), (cx, cy) = ((self.xy[n][0] - x, self.xy[n][1] - y) for n in t)
        aa, bb, cc = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
        det = ax * (by * cc - bb * cy) - ay * (bx * cc - bb * cx) + aa * (bx * cy - by * cx)
        return det > 1e-12 * (aa + bb + cc) ** 2


def _sides(t: Triangle) -> tuple[tuple[int, int], ...]:
    return (t[0], t[1]), (t[1], t[2]), (t[2], t[0])
