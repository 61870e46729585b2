# SPDX-License-Identifier: Apache-2.0
"""Roof shapes as pieces in the plan, each with its plane z = a x + b y + c (metres, z from the eaves).

Gabled, hipped and like roofs are the lowest of planes that rise from the footprint's sides: eaves are level along these sides and hips
start at its corners, though no map has a right angle. The sides are those of the footprint's hull that lie along the four sides of the
smallest rectangle about it, the rectangle's own where there is none; `roof:orientation=across` turns the ridge, `roof:direction` (the
way the roof falls, degrees from north) turns the rectangle. So any footprint, with courtyards too, has a roof without steps: where it
does not reach a side, its walls end at the roof's slope. Pyramids and domes follow the footprint where it is seen whole from its
centre, else its rectangle.
"""
from __future__ import annotations

import dataclasses
import math

import numpy as np
import shapely

Plane = tuple[float, float, float]

# What a tag's value is built as.
SHAPES = {"flat": "flat", "gabled": "gabled", "hipped": "hipped", "pyramidal": "pyramidal", "skillion": "skillion", "dome": "dome",
          "round": "round", "gambrel": "gambrel",
          "cone": "pyramidal", "onion": "dome", "half-hipped": "hipped", "half_hipped": "hipped", "mansard": "hipped",
          "lean_to": "skillion", "saltbox": "gabled", "pitched": "gabled", "side_hipped": "hipped"}
EXACT = {"flat", "gabled", "hipped", "pyramidal", "skillion", "dome", "round", "gambrel", "cone", "lean_to"}

# Heights from a side to the ridge: (fraction of the width, fraction of the roof's height), concave.
_PROFILES = {"gabled": [(0, 0), (0.5, 1)], "hipped": [(0, 0), (0.5, 1)], "gambrel": [(0, 0), (0.2, 0.6), (0.5, 1)],
             "round": [(0.5 - 0.5 * math.cos(math.pi * k / 6), math.sin(math.pi * k / 6)) for k in range(4)],
             "skillion": [(0, 0), (1, 1)]}
_DOME_RINGS = 4
_ALONG = math.cos(math.radians(15))  # a side of the hull that turns less lies along the rectangle's


@dataclasses.dataclass
class Roof:
    """Heights above the scene's zero; pieces may reach over the footprint."""

    pieces: list[tuple[shapely.Polygon, Plane]]

    def planes_at(self, points: np.ndarray) -> list[Plane]:
        """The plane of the piece that holds each point, [num_points, 2], else of the nearest."""
        if len(self.pieces) == 1:
            return [self.pieces[0][1]] * len(points)
        nearest = shapely.STRtree([p for p, _ in self.pieces]).nearest(shapely.points(points))
        return [self.pieces[i][1] for i in nearest]

    def lifted(self, height_m: float) -> Roof:
        return Roof([(polygon, (a, b, c + height_m)) for polygon, (a, b, c) in self.pieces])

    def range(self, footprint: shapely.Polygon) -> tuple[float, float]:
        """Lowest and highest over a footprint."""
        if len(self.pieces) == 1 and self.pieces[0][1][:2] == (0.0, 0.0):
            return (self.pieces[0][1][2],) * 2
        z = [a * x + b * y + c for polygon, (a, b, c) in self.pieces
             for x, y in shapely.get_coordinates(shapely.intersection(polygon, footprint)).tolist()]
        return (min(z), max(z)) if z else (self.pieces[0][1][2],) * 2


def flat(polygon: shapely.Polygon, height_m: float = 0.0) -> Roof:
    return Roof([(polygon, (0.0, 0.0, height_m))])


def creases(roof: Roof, footprint: shapely.Polygon) -> list[np.ndarray]:
    """The lines between pieces inside the footprint, each [2, 2]."""
    if len(roof.pieces) == 1:
        return []
    rings = shapely.get_rings([p for p, _ in roof.pieces])
    corners = [shapely.get_coordinates(r) for r in rings]
    segments = np.concatenate([np.stack([c[:-1], c[1:]], axis=1) for c in corners])
    lines = shapely.intersection(shapely.linestrings(segments), footprint)
    lines = shapely.get_parts(lines)
    lines = lines[(shapely.get_type_id(lines) == 1) & (shapely.length(lines) > 0)]
    return [shapely.get_coordinates(line) for line in lines]


def make(shape: str, footprint: shapely.Polygon, height_m: float, direction_deg: float | None = None, across: bool = False) -> Roof:
    """The roof of height_m from eaves to ridge over a footprint; `shape` is a value of SHAPES."""
    if shape == "flat" or not height_m > 0:
        return flat(footprint)
    if footprint.geom_type != "Polygon":  # in pieces: one roof over all
        footprint = footprint.convex_hull
    if shape in ("pyramidal", "dome"):
        outline = _star_outline(footprint)
        return _pyramid(outline, height_m) if shape == "pyramidal" else _dome(outline, height_m)
    low, end, high, other_end = _sides(footprint, direction_deg, across)
    if shape == "hipped":
        rising = _hull_sides(footprint) if _is_convex(footprint) else [low, end, high, other_end]
    else:
        rising = [low] if shape == "skillion" else [low, high]
    width_m = max(_distance(low, point) for point in shapely.get_coordinates(footprint))
    return _lowest_of(_rising_planes(rising, _PROFILES[shape], width_m), footprint, height_m) if width_m > 0 else flat(footprint)


# A side: a point on it and the unit normal into the footprint.
Side = tuple[np.ndarray, np.ndarray]


def _distance(side: Side, point: np.ndarray) -> float:
    return float((point - side[0]) @ side[1])


def _is_convex(polygon: shapely.Polygon) -> bool:
    return not shapely.get_num_interior_rings(polygon) and polygon.convex_hull.area - polygon.area < 1e-3 * polygon.area


def _hull_sides(footprint: shapely.Polygon) -> list[Side]:
    ring = shapely.get_coordinates(shapely.orient_polygons(footprint.convex_hull))[:-1]
    out = []
    for p, q in zip(ring, np.roll(ring, -1, axis=0)):
        length = math.hypot(*(q - p))
        if length > 1e-3:
            out.append((p, np.array([p[1] - q[1], q[0] - p[0]]) / length))
    return out


def _sides(footprint: shapely.Polygon, direction_deg: float | None, across: bool) -> tuple[Side, Side, Side, Side]:
    """The side at which the roof is lowest, then the others in turn; the ridge lies along the first and third."""
    if direction_deg is not None:
        angle = math.radians(direction_deg)
        inward = -np.array([math.sin(angle), math.cos(angle)])
    else:
        corners = shapely.get_coordinates(shapely.oriented_envelope(footprint))[:3]
        sides = np.diff(corners, axis=0)
        length = np.hypot(*sides.T)
        inward = sides[0 if (length[0] < length[1]) != across else 1]
        inward = inward / np.hypot(*inward)
        inward = -inward if (inward[1], inward[0]) < (0, 0) else inward  # lowest in the south unless told
    points = shapely.get_coordinates(footprint)
    hull = _hull_sides(footprint)
    out = []
    for k in range(4):
        normal = inward * (1, -1)[k // 2] if k % 2 == 0 else np.array([-inward[1], inward[0]]) * (1, -1)[k // 2]
        own = (points[np.argmin(points @ normal)], normal)
        near = [side for side in hull if side[1] @ normal > _ALONG and _distance(own, side[0]) < 0.1 * np.ptp(points @ normal)]
        out.append(max(near, key=lambda side: float(side[1] @ normal)) if near else own)
    return tuple(out)


def _rising_planes(sides: list[Side], profile: list[tuple[float, float]], width_m: float) -> list[Plane]:
    """Planes of height 1 at a profile's end: one a side and stretch of the profile."""
    out = []
    for point, normal in sides:
        for (t0, z0), (t1, z1) in zip(profile, profile[1:]):
            slope = (z1 - z0) / ((t1 - t0) * width_m)
            a, b = slope * normal
            out.append((a, b, z0 - slope * t0 * width_m - a * point[0] - b * point[1]))
    return out


def _lowest_of(planes: list[Plane], footprint: shapely.Polygon, height_m: float) -> Roof:
    x0, y0, x1, y1 = footprint.bounds
    domain = np.array([(x0 - 1, y0 - 1), (x1 + 1, y0 - 1), (x1 + 1, y1 + 1), (x0 - 1, y1 + 1)])
    pieces = []
    for plane in planes:
        piece = domain
        for other in planes:
            if other is not plane and len(piece):
                piece = _clipped(piece, tuple(np.subtract(other, plane)))
        if len(piece) > 2 and (polygon := shapely.Polygon(piece)).area > 1e-9:
            pieces.append((polygon, plane))
    scale = height_m / Roof(pieces).range(footprint)[1]
    return Roof([(polygon, (float(scale * a), float(scale * b), float(scale * c))) for polygon, (a, b, c) in pieces])


def _clipped(polygon: np.ndarray, plane: Plane) -> np.ndarray:
    """The part of a convex polygon where the plane is >= 0."""
    z = polygon @ plane[:2] + plane[2]
    out = []
    for k in range(len(polygon)):
        p, q, zp, zq = polygon[k], polygon[(k + 1) % len(polygon)], z[k], z[(k + 1) % len(polygon)]
        if zp >= 0:
            out.append(p)
        if (zp > 0 > zq) or (zp < 0 < zq):
            out.append(p + zp / (zp - zq) * (q - p))
    return np.array(out)


def plane_through(p, q, r) -> Plane:
    (ux, uy, uz), (vx, vy, vz) = np.subtract(q, p), np.subtract(r, p)
    n = (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)
    a, b = -n[0] / n[2], -n[1] / n[2]
    return (float(a), float(b), float(p[2] - a * p[0] - b * p[1]))


def _star_outline(footprint: shapely.Polygon) -> tuple[np.ndarray, np.ndarray]:
    """Corners (counter-clockwise) and a centre from which all sides are seen: the footprint's, else its rectangle's."""
    for polygon in (footprint, shapely.oriented_envelope(footprint)):
        if shapely.get_num_interior_rings(polygon):
            continue
        ring = shapely.get_coordinates(shapely.orient_polygons(polygon).exterior)[:-1]
        centre = shapely.get_coordinates(shapely.centroid(polygon))[0]
        p, q = ring - centre, np.roll(ring, -1, axis=0) - centre
        sides = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
        length = np.hypot(*(q - p).T)
        if (sides > 0.02 * length * np.sqrt(polygon.area)).all():  # no side points at the centre, nearly
            return ring, centre
    return ring, centre


def _rings(outline: tuple[np.ndarray, np.ndarray], levels: list[tuple[float, float]]) -> Roof:
    """Frusta: (scale about the centre, height), from the outline inwards; a last scale of 0 is an apex."""
    ring, centre = outline
    pieces = []
    for (scale, low), (smaller, high) in zip(levels, levels[1:]):
        for p, q in zip(ring - centre, np.roll(ring, -1, axis=0) - centre):
            corners = [(*(centre + scale * p), low), (*(centre + scale * q), low)]
            corners += [(*(centre + smaller * q), high), (*(centre + smaller * p), high)] if smaller else [(*centre, high)]
            pieces.append((shapely.Polygon([c[:2] for c in corners]), plane_through(*corners[:3])))
    return Roof(pieces)


def _pyramid(outline: tuple[np.ndarray, np.ndarray], height_m: float) -> Roof:
    return _rings(outline, [(1.0, 0.0), (0.0, height_m)])


def _dome(outline: tuple[np.ndarray, np.ndarray], height_m: float) -> Roof:
    angles = [math.pi / 2 * k / _DOME_RINGS for k in range(_DOME_RINGS)]
    return _rings(outline, [(math.cos(t), height_m * math.sin(t)) for t in angles] + [(0.0, height_m)])
