# SPDX-License-Identifier: Apache-2.0
"""Objects of simple shape. Faces look outwards. A sphere is made of flat triangles: its edges diffract, as those of any mesh."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._geometry import rotation
from ._raywave import Error, Material, Object
from ._values import option, whole_number


def _object(name, vertices, triangles, material, center_m, orientation_rad):
    if not isinstance(material, (str, Material)):
        raise Error(f"material of '{name}' must be a rw.Material or the name of one, got {type(material).__name__}")
    center, angles = option("center_m", center_m), option("orientation_rad", orientation_rad)
    if not np.isfinite([*center, *angles]).all():
        raise Error(f"center_m and orientation_rad of '{name}' must be finite")
    turned = vertices @ rotation(*angles).T if any(angles) else vertices
    return Object(name, np.ascontiguousarray(turned + center), np.array(triangles, dtype=np.int64),
                  material.name if isinstance(material, Material) else material)


def _sizes(name, given, count):
    values = np.asarray(given, dtype=np.float64)
    values = np.full(count, values) if values.ndim == 0 else values
    if values.shape != (count,) or not (np.isfinite(values).all() and (values > 0).all()):
        raise Error(f"size_m of '{name}' must be {count} lengths > 0, got {given}")
    return values


def box(name: str, center_m: Sequence[float], size_m: float | Sequence[float], material: str | Material,
        orientation_rad: Sequence[float] = (0.0, 0.0, 0.0)) -> Object:
    """A closed box of sides size_m along x, y, z (one number: a cube), turned about its centre by (yaw, pitch, roll)."""
    corners = np.array([[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)]) * _sizes(name, size_m, 3)
    triangles = [(0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4), (2, 6, 7), (2, 7, 3), (0, 4, 6), (0, 6, 2), (1, 3, 7), (1, 7, 5)]
    return _object(name, corners, triangles, material, center_m, orientation_rad)


def plane(name: str, center_m: Sequence[float], size_m: float | Sequence[float], material: str | Material,
          orientation_rad: Sequence[float] = (0.0, 0.0, 0.0)) -> Object:
    """A rectangle of sides size_m along x and y (one number: a square) that looks up, turned about its centre by (yaw, pitch, roll)."""
    x, y = _sizes(name, size_m, 2) / 2
    corners = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]])
    return _object(name, corners, [(0, 1, 2), (0, 2, 3)], material, center_m, orientation_rad)


def sphere(name: str, center_m: Sequence[float], radius_m: float, material: str | Material, subdivisions: int = 3) -> Object:
    """A sphere of 20 * 4^subdivisions triangles with corners at radius_m: an icosahedron whose triangles are cut in four, 0 to 7 times."""
    subdivisions = whole_number("subdivisions", subdivisions)
    if not 0 <= subdivisions <= 7:
        raise Error(f"subdivisions of '{name}' must be in 0 to 7, got {subdivisions}")
    (radius,) = _sizes(name, [radius_m], 1)
    golden = (1 + 5**0.5) / 2
    points = [np.array(p) for a in (-1, 1) for b in (-golden, golden) for p in ((0, a, b), (a, b, 0), (b, 0, a))]
    points = [p / np.linalg.norm(p) for p in points]
    triangles = _icosahedron(np.array(points))
    for _ in range(subdivisions):
        middle, finer = {}, []
        for i, j, k in triangles:
            ij, jk, ki = (_halved(points, middle, *edge) for edge in ((i, j), (j, k), (k, i)))
            finer += [(i, ij, ki), (j, jk, ij), (k, ki, jk), (ij, jk, ki)]
        triangles = finer
    return _object(name, np.array(points) * radius, triangles, material, center_m, (0.0, 0.0, 0.0))


def _icosahedron(points):
    """Triples of corners that are neighbours of each other, seen from outside in the order of a right-handed turn."""
    side = 2 / (10 + 2 * 5**0.5)**0.5 * 2
    near = np.abs(np.linalg.norm(points[:, None] - points[None], axis=-1) - side) < 1e-9
    out = []
    for i in range(12):
        for j in range(i + 1, 12):
            for k in range(j + 1, 12):
                if near[i, j] and near[j, k] and near[i, k]:
                    outward = np.linalg.det(points[[i, j, k]]) > 0
                    out.append((i, j, k) if outward else (i, k, j))
    return out


def _halved(points, middle, i, j):
    key = (min(i, j), max(i, j))
    if key not in middle:
        half = points[i] + points[j]
        points.append(half / np.linalg.norm(half))
        middle[key] = len(points) - 1
    return middle[key]
