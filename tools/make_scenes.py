#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the scenes that ship with raywave: scenes/NAME/NAME.xml and scenes/NAME/meshes/*.ply.

    tools/make_scenes.py [--output FOLDER] [NAME ...]

Standard library only. The bytes are the same on every machine: only +, -, *, / and sqrt (which IEEE 754 rounds
correctly) touch a coordinate, and random numbers come from random.Random(seed).random().
Metres, z up. Faces are counter-clockwise seen from outside. Every building is closed: walls, floor and roof share their
vertices; it reaches half a metre into the ground, so that no face lies in the ground's plane.
"""
import argparse
import math
import random
import struct
import sys
from pathlib import Path

BASEMENT = -0.5
WELD = 1e-6


class Vertices:
    """Points of one building, welded, so that its walls and its roof meet exactly."""

    def __init__(self):
        self.points = []

    def index(self, p):
        for i, q in enumerate(self.points):
            if max(abs(p[0] - q[0]), abs(p[1] - q[1]), abs(p[2] - q[2])) < WELD:
                return i
        self.points.append(tuple(float(c) for c in p))
        return len(self.points) - 1


class Mesh:
    def __init__(self, vertices=None):
        self.vertices = vertices or Vertices()
        self.triangles = []

    def face(self, *corners):
        """Adds a convex polygon as a fan."""
        ids = []
        for p in corners:
            i = self.vertices.index(p)
            if i not in ids:
                ids.append(i)
        for k in range(1, len(ids) - 1):
            self.triangles.append((ids[0], ids[k], ids[k + 1]))

    def ply(self):
        used = sorted({i for t in self.triangles for i in t})
        new = {old: i for i, old in enumerate(used)}
        out = ["ply", "format binary_little_endian 1.0", "comment raywave tools/make_scenes.py",
               f"element vertex {len(used)}", "property double x", "property double y", "property double z",
               f"element face {len(self.triangles)}", "property list uchar int vertex_indices", "end_header", ""]
        data = "\n".join(out).encode()
        data += b"".join(struct.pack("<3d", *self.vertices.points[i]) for i in used)
        return data + b"".join(struct.pack("<B3i", 3, *(new[i] for i in t)) for t in self.triangles)


class Scene:
    def __init__(self, name, about):
        self.name, self.about = name, about
        self.objects = []  # (name, material, mesh)
        self.thickness = {}

    def add(self, name, material, mesh, thickness=0.1):
        assert self.thickness.setdefault(material, thickness) == thickness
        assert name not in [o[0] for o in self.objects], name
        self.objects.append((name, material, mesh))
        return mesh

    def plate(self, name, material, *corners, thickness=0.1):
        self.add(name, material, Mesh(), thickness).face(*corners)

    def box(self, name, material, lo, hi, thickness=0.1):
        (x0, y0, z0), (x1, y1, z1) = lo, hi
        m = self.add(name, material, Mesh(), thickness)
        m.face((x0, y0, z0), (x0, y1, z0), (x1, y1, z0), (x1, y0, z0))
        m.face((x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1))
        m.face((x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1))
        m.face((x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1))
        m.face((x1, y1, z0), (x0, y1, z0), (x0, y1, z1), (x1, y1, z1))
        m.face((x0, y1, z0), (x0, y0, z0), (x0, y0, z1), (x0, y1, z1))

    def write(self, root):
        folder = root / self.name
        (folder / "meshes").mkdir(parents=True, exist_ok=True)
        xml = ["<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<!-- SPDX-License-Identifier: Apache-2.0 -->",
               f"<!-- {self.about} Written by tools/make_scenes.py. -->", "<scene version=\"2.1.0\">"]
        for material, thickness in sorted(self.thickness.items()):
            xml += [f"  <bsdf type=\"itu-radio-material\" id=\"{material}\">",
                    f"    <string name=\"type\" value=\"{material}\"/>",
                    f"    <float name=\"thickness\" value=\"{thickness}\"/>", "  </bsdf>"]
        for name, material, mesh in self.objects:
            (folder / "meshes" / f"{name}.ply").write_bytes(mesh.ply())
            xml += [f"  <shape type=\"ply\" id=\"mesh-{name}\">",
                    f"    <string name=\"filename\" value=\"meshes/{name}.ply\"/>",
                    "    <boolean name=\"face_normals\" value=\"true\"/>",
                    f"    <ref id=\"{material}\" name=\"bsdf\"/>", "  </shape>"]
        (folder / f"{self.name}.xml").write_text("\n".join(xml + ["</scene>", ""]))


# ---- plane geometry: polygons are lists of (x, y), counter-clockwise -------------------------------------------------

def lerp(a, b, t):
    return tuple(x + t * (y - x) for x, y in zip(a, b))


def inward_lines(poly):
    """(nx, ny, c) a side: nx x + ny y - c is the distance to its line, positive inside."""
    lines = []
    for (x0, y0), (x1, y1) in zip(poly, poly[1:] + poly[:1]):
        dx, dy = x1 - x0, y1 - y0
        length = math.sqrt(dx * dx + dy * dy)
        nx, ny = -dy / length, dx / length
        lines.append((nx, ny, nx * x0 + ny * y0))
    return lines


def distance(line, p):
    return line[0] * p[0] + line[1] * p[1] - line[2]


def clip(poly, line):
    """The part of a convex polygon where distance(line, p) >= 0, to rounding."""
    out = []
    for p, q in zip(poly, poly[1:] + poly[:1]):
        dp, dq = distance(line, p), distance(line, q)
        if dp >= -WELD:
            out.append(p)
        if (dp > WELD and dq < -WELD) or (dp < -WELD and dq > WELD):
            out.append(lerp(p, q, dp / (dp - dq)))
    return out


def inset(poly, depth):
    """Each side of a convex polygon moved inwards; depth is a number or one a side."""
    depths = depth if isinstance(depth, list) else [depth] * len(poly)
    lines = [(n[0], n[1], n[2] + d) for n, d in zip(inward_lines(poly), depths)]
    out = []
    for a, b in zip(lines[-1:] + lines[:-1], lines):
        det = a[0] * b[1] - a[1] * b[0]
        out.append(((a[2] * b[1] - a[1] * b[2]) / det, (a[0] * b[2] - a[2] * b[0]) / det))
    return out


def area(poly):
    return 0.5 * sum(p[0] * q[1] - p[1] * q[0] for p, q in zip(poly, poly[1:] + poly[:1]))


def placed(points, origin, axis):
    """Points of a local frame at origin whose x axis points along `axis` (any length)."""
    length = math.sqrt(axis[0] * axis[0] + axis[1] * axis[1])
    c, s = axis[0] / length, axis[1] / length
    return [(origin[0] + c * x - s * y, origin[1] + s * x + c * y) for x, y in points]


# ---- buildings ------------------------------------------------------------------------------------------------------

def house(scene, name, poly, height, wall, roof, kind="flat", slope=0.8, eaves=None):
    """A convex footprint under a flat, gabled or hipped roof.

    The roof over p is height + slope * (least distance to an eave's line): every plane rises from one eave. All sides are
    eaves of a hipped roof; of a gabled roof those in `eaves`.
    """
    lines = inward_lines(poly)
    if kind == "flat":
        rises, parts = [], [poly]
    else:
        rises = lines if kind == "hipped" else [lines[i] for i in (eaves or (0, 2))]
        parts = []
        for own in rises:
            part = poly
            for other in rises:
                if other is not own and part:
                    part = clip(part, (other[0] - own[0], other[1] - own[1], other[2] - own[2]))
            parts.append(part)

    def top(p):
        return (p[0], p[1], height + slope * max(0.0, min(distance(r, p) for r in rises)) if rises else height)

    vertices = Vertices()
    walls, cover = Mesh(vertices), Mesh(vertices)
    corners = {vertices.index(top(p)) for p in poly}
    for part in parts:
        cover.face(*[top(p) for p in part])
    for line, p, q in zip(lines, poly, poly[1:] + poly[:1]):
        along = [r for part in parts for r in part
                 if abs(distance(line, r)) < WELD and vertices.index(top(r)) not in corners]
        along.sort(key=lambda r: -((r[0] - p[0]) * (q[0] - p[0]) + (r[1] - p[1]) * (q[1] - p[1])))
        walls.face((*p, BASEMENT), (*q, BASEMENT), top(q), *[top(r) for r in along], top(p))
    walls.face(*[(*p, BASEMENT) for p in reversed(poly)])
    scene.add(f"{name}-walls", wall, walls)
    scene.add(f"{name}-roof", roof, cover)


def strip_building(scene, name, outer, inner, ridge, height, rise, wall, roof, closed):
    """A wing of constant depth along a bent line under a ridge: `outer`, `ridge` and `inner` run side by side. An open
    strip (an L or a U) ends in gables; a closed one (a courtyard) has none."""
    vertices = Vertices()
    walls, cover = Mesh(vertices), Mesh(vertices)
    n = len(outer)

    def at(p, z):
        return (p[0], p[1], z)

    for i in range(n if closed else n - 1):
        j = (i + 1) % n
        walls.face(at(outer[i], BASEMENT), at(outer[j], BASEMENT), at(outer[j], height), at(outer[i], height))
        walls.face(at(inner[j], BASEMENT), at(inner[i], BASEMENT), at(inner[i], height), at(inner[j], height))
        walls.face(at(outer[j], BASEMENT), at(outer[i], BASEMENT), at(inner[i], BASEMENT), at(inner[j], BASEMENT))
        cover.face(at(outer[i], height), at(outer[j], height), at(ridge[j], height + rise), at(ridge[i], height + rise))
        cover.face(at(inner[j], height), at(inner[i], height), at(ridge[i], height + rise), at(ridge[j], height + rise))
    if not closed:
        for i, flip in ((0, True), (n - 1, False)):
            gable = [at(outer[i], BASEMENT), at(inner[i], BASEMENT), at(inner[i], height), at(ridge[i], height + rise),
                     at(outer[i], height)]
            walls.face(*(reversed(gable) if flip else gable))
    scene.add(f"{name}-walls", wall, walls)
    scene.add(f"{name}-roof", roof, cover)


def ell(scene, name, origin, axis, length_x, length_y, depth, height, rise, wall, roof):
    d, m = depth, depth / 2
    strip_building(scene, name, placed([(0, length_y), (0, 0), (length_x, 0)], origin, axis),
                   placed([(d, length_y), (d, d), (length_x, d)], origin, axis),
                   placed([(m, length_y), (m, m), (length_x, m)], origin, axis), height, rise, wall, roof, False)


def courtyard(scene, name, origin, axis, size_x, size_y, depth, height, rise, wall, roof):
    def ring(d):
        return placed([(d, d), (size_x - d, d), (size_x - d, size_y - d), (d, size_y - d)], origin, axis)
    strip_building(scene, name, ring(0), ring(depth), ring(depth / 2), height, rise, wall, roof, True)


def rectangle(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def octagon(radius):
    k = math.sqrt(0.5) * radius
    return [(radius, 0), (k, k), (0, radius), (-k, k), (-radius, 0), (-k, -k), (0, -radius), (k, -k)]


# ---- the small scenes -----------------------------------------------------------------------------------------------

def square(scene, name, material, half_x, half_y, z=0.0):
    scene.plate(name, material, (-half_x, -half_y, z), (half_x, -half_y, z), (half_x, half_y, z), (-half_x, half_y, z))


def two_ray_floor():
    s = Scene("two_ray_floor", "A concrete floor of 1 km by 1 km at z = 0.")
    square(s, "floor", "concrete", 500, 500)
    return s


def street_canyon():
    s = Scene("street_canyon", "A street along x, 18 m wide, between two rows of houses.")
    square(s, "ground", "concrete", 90, 55)
    rows = [("north", 9, [(-78, -46, 22, 19, "brick"), (-42, -14, 20, 24, "glass"), (-8, 24, 24, 16, "marble"),
                          (30, 74, 21, 21, "concrete")]),
            ("south", -9, [(-72, -30, 20, 17, "marble"), (-25, 3, 23, 26, "concrete"), (9, 39, 21, 14, "wood"),
                           (44, 76, 24, 22, "brick")])]
    for row, y, houses in rows:
        for k, (x0, x1, depth, height, material) in enumerate(houses):
            y0, y1 = (y, y + depth) if y > 0 else (y - depth, y)
            s.box(f"{row}_{k + 1}", material, (x0, y0, BASEMENT), (x1, y1, height))
    return s


def corridor():
    s = Scene("corridor", "A corridor along x, 40 m long, 2.4 m wide, 3 m high, open at both ends.")
    l, w, h = 20.0, 1.2, 3.0
    s.plate("floor", "concrete", (-l, -w, 0), (l, -w, 0), (l, w, 0), (-l, w, 0))
    s.plate("ceiling", "ceiling_board", (-l, -w, h), (-l, w, h), (l, w, h), (l, -w, h), thickness=0.02)
    s.plate("wall_left", "plasterboard", (-l, w, 0), (l, w, 0), (l, w, h), (-l, w, h), thickness=0.025)
    s.plate("wall_right", "plasterboard", (l, -w, 0), (-l, -w, 0), (-l, -w, h), (l, -w, h), thickness=0.025)
    return s


def opened_wall(m, p, q, height, lo, hi, sill, lintel):
    """A wall from p to q (seen from inside, left to right) with an opening; returns the opening's corners."""
    def at(t, z):
        return (*lerp(p, q, t), z)
    ts, zs = (0.0, lo, hi, 1.0), sorted({0.0, sill, lintel, height})
    for a, b in zip(ts, ts[1:]):
        for z0, z1 in zip(zs, zs[1:]):
            if not (a == lo and z0 >= sill and z1 <= lintel):
                m.face(at(a, z0), at(b, z0), at(b, z1), at(a, z1))
    return [at(lo, sill), at(hi, sill), at(hi, lintel), at(lo, lintel)]


def room():
    s = Scene("room", "A furnished room of 8 m by 6 m by 3 m with a door and a window; origin in a lower corner.")
    x, y, h = 8.0, 6.0, 3.0
    s.plate("floor", "chipboard", (0, 0, 0), (x, 0, 0), (x, y, 0), (0, y, 0), thickness=0.02)
    s.plate("ceiling", "concrete", (0, 0, h), (0, y, h), (x, y, h), (x, 0, h), thickness=0.2)
    corners = [(0.0, 0.0), (0.0, y), (x, y), (x, 0.0)]
    names = ["west", "north", "east", "south"]
    openings = {"south": ("door", "wood", 0.15, 0.275, 0.0, 2.1), "north": ("window", "glass", 0.25, 0.75, 0.9, 2.3)}
    thickness = {"wood": 0.04, "glass": 0.012}
    for name, p, q in zip(names, corners, corners[1:] + corners[:1]):
        m = s.add(f"wall_{name}", "brick", Mesh(), 0.15)
        if name in openings:
            part, material, lo, hi, sill, lintel = openings[name]
            s.plate(part, material, *opened_wall(m, p, q, h, lo, hi, sill, lintel), thickness=thickness[material])
        else:
            m.face((*p, 0), (*q, 0), (*q, h), (*p, h))
    wood = thickness["wood"]
    s.box("table_top", "wood", (3.0, 2.5, 0.72), (4.8, 3.4, 0.76), wood)
    s.box("table_side_1", "wood", (3.1, 2.6, 0.005), (3.14, 3.3, 0.71), wood)
    s.box("table_side_2", "wood", (4.66, 2.6, 0.005), (4.7, 3.3, 0.71), wood)
    s.box("bench", "wood", (3.2, 1.7, 0.4), (4.6, 2.1, 0.45), wood)
    s.box("cupboard", "metal", (6.9, 4.2, 0.01), (7.4, 5.8, 2.0), 0.002)
    s.box("shelf", "chipboard", (0.02, 3.2, 0.01), (0.4, 5.2, 1.8), 0.02)
    s.plate("screen", "glass", (5.6, 0.6, 0.3), (5.6, 2.4, 0.3), (5.6, 2.4, 1.9), (5.6, 0.6, 1.9), thickness=0.012)
    return s


def wedge():
    s = Scene("wedge", "A metal wedge filling x > 0, y < 0: its edge is the z axis from -20 m to 20 m, its faces are 40 m deep.")
    m = s.add("wedge", "metal", Mesh())
    h, d = 20.0, 40.0
    m.face((0, 0, -h), (0, 0, h), (d, 0, h), (d, 0, -h))
    m.face((0, 0, h), (0, 0, -h), (0, -d, -h), (0, -d, h))
    return s


def screen(scene, name, material, x, half_width, height):
    scene.plate(name, material, (x, half_width, 0), (x, -half_width, 0), (x, -half_width, height),
                (x, half_width, height))


def one_screen():
    s = Scene("one_screen", "A metal screen across x = 0, 120 m wide and 10 m high, on a concrete ground.")
    square(s, "ground", "concrete", 100, 60)
    screen(s, "screen", "metal", 0, 60, 10)
    return s


def two_screens():
    s = Scene("two_screens", "Two metal screens across x = -20 m and x = 20 m, 8 m and 12 m high, on a concrete ground.")
    square(s, "ground", "concrete", 100, 60)
    screen(s, "screen_1", "metal", -20, 60, 8)
    screen(s, "screen_2", "metal", 20, 60, 12)
    return s


# ---- the old town ---------------------------------------------------------------------------------------------------

class OldTown:
    """Blocks between the crooked lines of a distorted grid. A block is a ring of houses around a yard; special blocks hold
    the market, the church, palaces with courtyards, and the bank of glass."""
    BLOCKS = 5
    PITCH = 114.0
    SPECIAL = {(2, 2): "market", (1, 3): "church", (3, 1): "palace", (4, 3): "palace", (0, 1): "ells", (3, 4): "ells",
               (2, 0): "offices"}

    def __init__(self):
        self.scene = Scene("old_town", "An old-town district of 600 m by 600 m; no real place.")
        self.random = random.Random(1158)
        self.houses = 0
        square(self.scene, "ground", "concrete", 300, 300)
        n = self.BLOCKS
        nodes = [[self.node(i, j) for j in range(n + 1)] for i in range(n + 1)]
        for i in range(n):
            for j in range(n):
                outline = [nodes[i][j], nodes[i + 1][j], nodes[i + 1][j + 1], nodes[i][j + 1]]
                streets = [self.uniform(3.5, 6.0) for _ in outline]
                getattr(self, self.SPECIAL.get((i, j), "ring"))(inset(outline, streets))

    def uniform(self, lo, hi):
        return lo + (hi - lo) * self.random.random()

    def choice(self, weighted):
        pick = self.random.random() * sum(w for _, w in weighted)
        for value, weight in weighted:
            pick -= weight
            if pick < 0:
                return value
        return weighted[-1][0]

    def node(self, i, j):
        half = self.BLOCKS / 2
        jitter = 0.6 if i in (0, self.BLOCKS) or j in (0, self.BLOCKS) else 1.0
        return ((i - half) * self.PITCH + jitter * self.uniform(-14, 14), (j - half) * self.PITCH + jitter * self.uniform(-14, 14))

    def add_house(self, poly, front_is_eave=True):
        self.houses += 1
        wall = self.choice([("brick", 5), ("marble", 3), ("concrete", 3), ("wood", 2)])
        kind = self.choice([("gabled", 6), ("hipped", 3), ("flat", 1)])
        roof = "concrete" if kind == "flat" else self.choice([("brick", 6), ("metal", 2), ("wood", 1)])
        eaves = (0, 2) if front_is_eave or len(poly) != 4 else (1, 3)
        house(self.scene, f"house_{self.houses:03d}", poly, self.uniform(7.0, 15.0), wall, roof, kind,
              self.uniform(0.6, 1.1), eaves)

    def ring(self, block, yard_house=True):
        """Houses along the streets, one row deep, with alleys of 0.8 m between them; sometimes one in the yard."""
        depth = self.uniform(11.0, 14.0)
        yard = inset(block, depth)
        for k in range(4):
            a, b, c, d = block[k], block[(k + 1) % 4], yard[(k + 1) % 4], yard[k]
            count = 3 if self.random.random() < 0.4 else 2
            cuts = [0.0] + [(m + self.uniform(-0.12, 0.12)) / count for m in range(1, count)] + [1.0]
            for t0, t1 in zip(cuts, cuts[1:]):
                lot = [lerp(a, b, t0), lerp(a, b, t1), lerp(d, c, t1), lerp(d, c, t0)]
                lot = inset(lot, [self.uniform(0.0, 1.2), 0.4, self.uniform(0.0, 1.5), 0.4])
                self.add_house(self.cut_corner(lot, t0 == 0.0), self.random.random() < 0.7)
        if yard_house and self.random.random() < 0.5:
            centre = lerp(lerp(yard[0], yard[2], 0.5), lerp(yard[1], yard[3], 0.5), 0.5)
            axis = (block[1][0] - block[0][0], block[1][1] - block[0][1])
            self.add_house(placed(rectangle(-8, -5, 8, 5), centre, axis))

    def cut_corner(self, lot, at_corner):
        """Some houses at a crossing have a slanted corner: five sides."""
        if not at_corner or self.random.random() < 0.5:
            return lot
        a, b = lerp(lot[0], lot[1], 0.15), lerp(lot[0], lot[3], 0.3)
        return [a, lot[1], lot[2], lot[3], b]

    def frame(self, block):
        centre = lerp(lerp(block[0], block[2], 0.5), lerp(block[1], block[3], 0.5), 0.5)
        return centre, (block[1][0] - block[0][0], block[1][1] - block[0][1])

    def local(self, block, points):
        return placed(points, *self.frame(block))

    def market(self, block):
        """An open square: town hall with a tower, market hall, fountain, kiosks."""
        house(self.scene, "town_hall", self.local(block, rectangle(-18, 24, 18, 38)), 14, "marble", "metal", "hipped", 0.9)
        house(self.scene, "town_hall_tower", self.local(block, rectangle(19, 26, 27, 34)), 32, "marble", "metal", "hipped", 2.2)
        house(self.scene, "market_hall", self.local(block, rectangle(-32, -30, -8, -18)), 6, "wood", "brick", "gabled", 0.7)
        house(self.scene, "fountain", self.local(block, octagon(4.0)), 1.2, "marble", "marble")
        for k, x in enumerate((6.0, 14.0, 22.0)):
            house(self.scene, f"kiosk_{k + 1}", self.local(block, rectangle(x, -26, x + 4, -22)), 2.8, "wood", "metal", "hipped", 0.5)

    def church(self, block):
        """Nave with a steep gable, aisles, a tower with a spire, an eight-cornered chapel."""
        s = self.scene
        house(s, "church_nave", self.local(block, rectangle(-20, -7, 22, 7)), 17, "brick", "metal", "gabled", 1.4)
        house(s, "church_aisle_north", self.local(block, rectangle(-19, 7.3, 18, 12)), 8, "brick", "metal", "gabled", 0.5)
        house(s, "church_aisle_south", self.local(block, rectangle(-19, -12, 18, -7.3)), 8, "brick", "metal", "gabled", 0.5)
        house(s, "church_tower", self.local(block, rectangle(-30, -4.8, -20.4, 4.8)), 40, "brick", "metal", "hipped", 5.0)
        house(s, "church_choir", self.local(block, [(22.3, -6), (28, -6), (31, -3), (31, 3), (28, 6), (22.3, 6)]), 13,
              "brick", "metal", "hipped", 1.2)
        house(s, "church_chapel", self.local(block, [(x + 2, y + 24) for x, y in octagon(6.0)]), 7, "marble", "metal", "hipped", 0.9)
        house(s, "rectory", self.local(block, rectangle(-24, -36, -6, -25)), 8, "brick", "brick", "hipped", 0.9)

    def palace(self, block):
        centre, axis = self.frame(block)
        name = f"palace_{1 + sum(o[0].startswith('palace') for o in self.scene.objects) // 4}"
        corner = placed([(-34, -33)], centre, axis)[0]
        courtyard(self.scene, name, corner, axis, 68, 44, 13, 17, 5, "marble", "metal")
        house(self.scene, f"{name}_stables", self.local(block, rectangle(-30, 17, 30, 28)), 7, "brick", "wood", "gabled", 0.8)

    def ells(self, block):
        """Four L-shaped buildings around a common yard."""
        names = sum("_ell_" in o[0] for o in self.scene.objects) // 8
        for k, (x, y) in enumerate(((-34, -34), (34, -34), (34, 34), (-34, 34))):
            centre, axis = self.frame(block)
            for _ in range(k):
                axis = (-axis[1], axis[0])
            origin = placed([(x, y)], *self.frame(block))[0]
            ell(self.scene, f"court_{names + 1}_ell_{k + 1}", origin, axis, self.uniform(24, 28), self.uniform(24, 28), 11,
                self.uniform(9, 14), self.uniform(4, 6), self.choice([("brick", 1), ("concrete", 1), ("wood", 1)]), "brick")

    def offices(self, block):
        """What was built later: glass and concrete under flat metal roofs."""
        plans = [rectangle(-33, -30, -8, 0), rectangle(-2, -32, 30, -14), [(-2, -8), (22, -8), (30, 2), (30, 20), (6, 20), (-2, 12)],
                 rectangle(-32, 8, -10, 30)]
        for k, (plan, height) in enumerate(zip(plans, (21, 15, 26, 18))):
            house(self.scene, f"offices_{k + 1}", self.local(block, plan), height, "concrete" if k == 1 else "glass", "metal")


SCENES = {"two_ray_floor": two_ray_floor, "street_canyon": street_canyon, "corridor": corridor, "room": room, "wedge": wedge,
          "one_screen": one_screen, "two_screens": two_screens, "old_town": lambda: OldTown().scene}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SCENES))
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent.parent / "scenes")
    args = parser.parse_args()
    for name in args.names or SCENES:
        if name not in SCENES:
            sys.exit(f"make_scenes: no scene '{name}'; there are {', '.join(SCENES)}")
        SCENES[name]().write(args.output)


if __name__ == "__main__":
    main()
