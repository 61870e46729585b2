# SPDX-License-Identifier: Apache-2.0
"""Paths followed from snapshot to snapshot: one track is one sequence of surfaces that the paths of a link touch.

Two paths of one snapshot that touch the same surfaces in the same way (two points of one edge) are told apart by the order of their delays."""
from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from .surfaces import Surfaces

KINDS = {1: "specular_reflection", 2: "diffuse_reflection", 4: "refraction", 8: "diffraction"}


@dataclasses.dataclass(frozen=True)
class Track:
    """tx, rx: names. interactions: (kind, object, surfaces of its mesh by their lowest triangle: one, at an edge those that meet)."""

    tx: str
    rx: str
    interactions: tuple[tuple[str, str, tuple[int, ...]], ...]
    number: int  # among those that touch the same, by delay

    def __str__(self):
        steps = [f"{kind} at '{name}' {'/'.join(map(str, surfaces))}" for kind, name, surfaces in self.interactions]
        return f"{self.tx} to {self.rx}: " + (", ".join(steps) if steps else "line of sight")


@dataclasses.dataclass
class Tracks:
    """Arrays [time, track]; NaN (a: 0) where a track has no path. Tracks stand in the order of their first snapshot, link and delay."""

    times_s: NDArray[np.float64]
    frequency_hz: float
    tracks: list[Track]
    valid: NDArray[np.bool_]
    tau_s: NDArray[np.float64]
    doppler_hz: NDArray[np.float64]
    theta_t: NDArray[np.float64]
    phi_t: NDArray[np.float64]
    theta_r: NDArray[np.float64]
    phi_r: NDArray[np.float64]
    a: NDArray[np.complex128]  # [time, track, rx_ant, tx_ant], as Paths.a: without the carrier's phase over the delay
    vertices: NDArray[np.float64]  # [time, track, interaction, 3] in metres

    def __len__(self):
        return len(self.tracks)

    @property
    def phase_rad(self) -> NDArray[np.float64]:
        """[time, track, rx_ant, tx_ant]: of the received wave at the carrier, arg a - 2 pi f tau, continuous over the time that a track is there.
        It is not unwrapped from samples: the delay's part is exact however far the snapshots are apart; arg a, which moves slowly, is taken on
        the branch nearest to the snapshot before."""
        out = np.broadcast_to(-2 * np.pi * self.frequency_hz * self.tau_s[:, :, None, None], self.a.shape).copy()
        for k in range(len(self)):
            there = self.valid[:, k]
            out[there, k] += np.unwrap(np.angle(self.a[there, k]), axis=0)
        return out

    def find(self, tx: str | None = None, rx: str | None = None) -> list[int]:
        """The numbers of a link's tracks, of all where no name is given."""
        return [k for k, track in enumerate(self.tracks) if tx in (None, track.tx) and rx in (None, track.rx)]


def surfaces_of(scene) -> dict[str, Surfaces]:
    """Those of a scene's objects as they stand, made when asked for."""
    return _Lazy(scene)


class _Lazy(dict):
    def __init__(self, scene):
        super().__init__()
        self.meshes = {name: (np.array(item.vertices_m), np.array(item.triangles, dtype=np.int64)) for name, item in scene.objects.items()}

    def __missing__(self, name):
        self[name] = Surfaces(*self.meshes[name])
        return self[name]


def follow(times_s, frequency_hz, snapshots, surfaces, to_rest) -> Tracks:
    """@param snapshots  Paths, one a time, all of the same devices; to_rest(step, object) gives (R, shift): at rest p is R (p - shift)."""
    found: dict[Track, int] = {}
    rows = []  # (step, track, rx, tx, path)
    for step, paths in enumerate(snapshots):
        seen: dict[tuple, int] = {}
        for rx, tx, path in _by_delay(paths):
            key = (*_ends(paths, tx, rx), _interactions(paths, rx, tx, path, surfaces, lambda name: to_rest(step, name)))
            number = seen[key] = seen.get(key, -1) + 1
            rows.append((step, found.setdefault(Track(*key, number), len(found)), rx, tx, path))
    return _filled(times_s, frequency_hz, list(found), rows, snapshots)


def _by_delay(paths):
    valid, tau = np.asarray(paths.valid), np.asarray(paths.tau)
    for rx in range(valid.shape[0]):
        for tx in range(valid.shape[1]):
            there = np.flatnonzero(valid[rx, tx])
            for path in there[np.argsort(tau[rx, tx, there], kind="stable")]:
                yield rx, tx, int(path)


def _ends(paths, tx, rx):
    return paths.tx_names[tx], paths.rx_names[rx]


def _interactions(paths, rx, tx, path, surfaces, to_rest):
    kinds = paths.interactions[:, rx, tx, path]
    count = int(np.count_nonzero(kinds))
    points = [paths.tx_positions[tx], *paths.vertices[:count, rx, tx, path], paths.rx_positions[rx]]
    out = []
    for k in range(count):
        name = paths.object_names[int(paths.objects[k, rx, tx, path])]
        turn, shift = to_rest(name)
        point = turn @ (points[k + 1] - shift)
        way_in, way_out = points[k + 1] - points[k], points[k + 2] - points[k + 1]
        bisector = turn @ _unit(_unit(way_out) - _unit(way_in))
        out.append((KINDS.get(int(kinds[k]), str(int(kinds[k]))), name, surfaces[name].touched(point, int(kinds[k]), bisector)))
    return tuple(out)


def _unit(v):
    length = np.linalg.norm(v)
    return v / length if length > 0 else v


def _filled(times_s, frequency_hz, tracks, rows, snapshots):
    steps, count = len(snapshots), len(tracks)
    ports = max((np.shape(p.a)[1] for p in snapshots), default=1), max((np.shape(p.a)[3] for p in snapshots), default=1)
    depth = max((len(t.interactions) for t in tracks), default=0)
    numbers = {name: np.full((steps, count), np.nan) for name in ("tau", "doppler", "theta_t", "phi_t", "theta_r", "phi_r")}
    valid = np.zeros((steps, count), dtype=bool)
    a = np.zeros((steps, count, *ports), dtype=np.complex128)
    vertices = np.full((steps, count, depth, 3), np.nan)
    for step, k, rx, tx, path in rows:
        p, n = snapshots[step], len(tracks[k].interactions)
        valid[step, k] = True
        for name, values in numbers.items():
            values[step, k] = p.arrays[name][rx, tx, path]
        a[step, k] = p.a[rx, :, tx, :, path]
        vertices[step, k, :n] = p.vertices[:n, rx, tx, path]
    return Tracks(np.array(times_s), frequency_hz, tracks, valid, numbers.pop("tau"), numbers.pop("doppler"), **numbers, a=a, vertices=vertices)
