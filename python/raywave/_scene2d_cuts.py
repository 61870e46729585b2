# SPDX-License-Identifier: Apache-2.0
"""From a scene in space to one in the plane, and from there to waves."""
from __future__ import annotations

from typing import Any

import numpy as np

from . import _raywave
from ._methods import method
from ._raywave import Error, Scene2D
from ._values import real_number


def _cut_segments(vertices, triangles, height):
    """Segments [n, 2, 2] where triangles cross the level; one that lies in it has none (its neighbours do). A vertex on the level counts as above."""
    z = vertices[:, 2] - height
    corners, above = vertices[triangles], (z >= 0)[triangles]
    cut = np.flatnonzero(above.any(axis=1) & ~above.all(axis=1))
    ends = []
    for t in cut:
        points = []
        for i in range(3):
            p, q = corners[t, i], corners[t, (i + 1) % 3]
            if above[t, i] != above[t, (i + 1) % 3]:
                u = (height - p[2]) / (q[2] - p[2])
                points.append(p[:2] + u * (q[:2] - p[:2]))
        ends.append(points)
    return np.asarray(ends, dtype=np.float64).reshape(-1, 2, 2)


def _merged(segments):
    """Segments of one line that touch or overlap become one. Tolerances: a billionth of the longest of them, in direction a millionth."""
    if len(segments) == 0:
        return segments
    along = segments[:, 1] - segments[:, 0]
    length = np.linalg.norm(along, axis=1)
    longest = length.max(initial=0.0)
    keep = length > 1e-9 * longest
    segments, along, length = segments[keep], along[keep], length[keep]
    unit = along / length[:, None]
    unit[(unit[:, 0] < -1e-12) | ((np.abs(unit[:, 0]) <= 1e-12) & (unit[:, 1] < 0))] *= -1
    origin = segments.mean(axis=(0, 1))
    left, out = np.ones(len(segments), dtype=bool), []
    for i in range(len(segments)):
        if not left[i]:
            continue
        normal = np.array([-unit[i, 1], unit[i, 0]])
        off = np.abs((segments - segments[i, 0]) @ normal).max(axis=1)
        line = np.flatnonzero(left & (off <= 1e-6 * np.maximum(length, length[i])) & (np.abs(unit @ normal) <= 1e-6))
        left[line] = False
        spans = np.sort(((segments[line] - origin) @ unit[i]), axis=1)
        spans = spans[np.argsort(spans[:, 0])]
        base = origin + ((segments[i, 0] - origin) @ normal) * normal
        begin, end = spans[0]
        for lo, hi in spans[1:]:
            if lo > end + 1e-9 * longest:
                out.append((base + begin * unit[i], base + end * unit[i]))
                begin, end = lo, hi
            end = max(end, hi)
        out.append((base + begin * unit[i], base + end * unit[i]))
    return np.asarray(out)


def _slice(self, height_m: float, devices: bool = True) -> Scene2D:
    """The horizontal cut through a scene at a height: walls NAME_0, ... of each object with its material, at the scene's frequency; devices
    by their x and y. Parts of one line that touch are one wall."""
    height_m = real_number("height_m", height_m)
    if not np.isfinite(height_m):
        raise Error(f"height_m must be a finite number, got {height_m}")
    scene = Scene2D()
    scene.frequency_hz = float(self.frequency_hz)
    if self.crs is not None:
        east, north, height = self.origin_m
        scene.crs, scene.origin_m = self.crs, [east, north, height + float(height_m)]
    known, seen = set(), set()
    for name, thing in self.objects.items():
        material = self.materials[thing.material]
        for i, (a, b) in enumerate(_merged(_cut_segments(np.asarray(thing.vertices_m), np.asarray(thing.triangles), float(height_m)))):
            key = frozenset((tuple(a), tuple(b)))
            if key in seen:
                continue  # of two objects that share a face the first has it
            seen.add(key)
            if material.name not in known:
                known.add(material.name)
                scene.add_material(material)
            scene.add_wall(f"{name}_{i}".replace("/", "_"), a, b, material=material.name)
    if devices:
        scene.transmitters = {d.name: tuple(d.position_m)[:2] for d in self.transmitters.values()}
        scene.receivers = {d.name: tuple(d.position_m)[:2] for d in self.receivers.values()}
    return scene


method(_raywave.Scene, "slice")(_slice)


@method(Scene2D, "to_wave")
def _to_wave(self, grid: Any, z_end_m: float, z_begin_m: float = 0.0, thickness_m: float = 0.01, **options: Any) -> Any:
    """A raywave.wave.Scene of the same walls: x becomes z, y stays, as wave.cut has it. A wall is as thick as its material says, a perfect
    conductor thickness_m, around its line. Transmitters, which must lie before z_begin_m, become line sources that radiate 1 W per metre."""
    from . import wave
    materials = {m.name: m for m in self.materials}
    things, sources = [], []
    for o in self.objects:
        if o["kind"] == "corner":
            continue
        if o["kind"] != "wall":
            raise Error(f"object '{o['name']}': waves know walls alone")
        material = materials.get(o.get("material"))
        a, b = np.asarray(o["a"]), np.asarray(o["b"])
        across = np.array([a[1] - b[1], b[0] - a[0]]) / np.linalg.norm(b - a) * (material.thickness_m if material else thickness_m) / 2
        outline = np.array([a - across, b - across, b + across, a + across])[:, ::-1]
        things.append(wave.Object([outline], material if material else "pec", name=o["name"]))
    for name, (x, y) in self.transmitters.items():
        if x > z_begin_m:
            raise Error(f"transmitter '{name}' at x = {x} m lies behind z_begin_m = {z_begin_m} m, where the march begins")
        sources.append(wave.PointSource(name, position_m=y, distance_m=z_begin_m - x, power_w_per_m=1.0))
    if self.crs is not None:
        options.setdefault("place", (self.crs, tuple(self.origin_m)))
    return wave.Scene(grid=grid, objects=things, sources=sources, frequency_hz=self.frequency_hz, z_begin_m=z_begin_m, z_end_m=z_end_m, **options)
