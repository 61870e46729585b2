# SPDX-License-Identifier: Apache-2.0
"""Paths followed from snapshot to snapshot: one track is one sequence of surfaces that the paths of a link touch.

Several paths of one snapshot may touch the same in the same way (two points of one edge; an edge that another surface cuts in two). They are
told apart by continuity: each goes on from the one whose delay, moved on at its Doppler shift, and then whose gain it is nearest to."""
from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from .surfaces import Surfaces

KINDS = {1: "specular_reflection", 2: "diffuse_reflection", 4: "refraction", 8: "diffraction", 16: "directional_reflection"}


@dataclasses.dataclass(frozen=True)
class Track:
    """tx, rx: names. interactions: (kind, object, place in its mesh): (surface,) by its lowest triangle; of a diffraction (surface, the other that meets it
    there or -1, number of the edge)."""

    tx: str
    rx: str
    interactions: tuple[tuple[str, str, tuple[int, ...]], ...]
    number: int  # among those that touch the same

    def __str__(self):
        steps = [f"{kind} at '{name}' {place[0]}" + (f" edge {place[-1]}" if len(place) > 1 else "") for kind, name, place in self.interactions]
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

    def __repr__(self):
        return f"Tracks({len(self)} tracks, {len(self.times_s)} times from {self.times_s[0]:g} to {self.times_s[-1]:g} s)"

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
    last: dict[tuple, dict] = {}  # of what is touched, by number: (time, delay, Doppler shift, gain) when it was there last
    rows = []  # (step, track, rx, tx, path)
    for step, paths in enumerate(snapshots):
        listed = list(_by_delay(paths))
        touched = _interactions(paths, listed, surfaces, lambda name: to_rest(step, name))
        same: dict[tuple, list] = {}
        for (rx, tx, path), interactions in zip(listed, touched):
            gain = float(np.sum(np.abs(paths.a[rx, :, tx, :, path]) ** 2))
            moment = (float(times_s[step]), float(paths.tau[rx, tx, path]), float(paths.arrays["doppler"][rx, tx, path]), gain)
            same.setdefault((paths.tx_names[tx], paths.rx_names[rx], interactions), []).append((moment, rx, tx, path))
        for key, group in same.items():
            for number, (moment, rx, tx, path) in zip(_numbers(group, last.setdefault(key, {}), frequency_hz), group):
                last[key][number] = moment
                rows.append((step, found.setdefault(Track(*key, number), len(found)), rx, tx, path))
    return _filled(times_s, frequency_hz, list(found), rows, snapshots)


def _numbers(group, before, frequency_hz):
    """Those of the paths of one snapshot that touch the same."""
    def apart(moment, then):
        moved = then[1] - then[2] / frequency_hz * (moment[0] - then[0])
        # in wavelengths; below a thousandth gains tell
        return round(abs(moment[1] - moved) * frequency_hz, 3), abs(np.log((moment[3] + 1e-300) / (then[3] + 1e-300)))

    out: dict[int, int] = {}
    pairs = sorted((apart(moment, then), i, number) for i, (moment, *_) in enumerate(group) for number, then in before.items())
    for _, i, number in pairs:
        if i not in out and number not in out.values():
            out[i] = number
    fresh = (number for number in range(len(group) + len(before)) if number not in before)
    for i in sorted(range(len(group)), key=lambda i: -group[i][0][3]):  # the strongest first
        if i not in out:
            out[i] = next(fresh)
    return [out[i] for i in range(len(group))]


def _by_delay(paths):
    for rx in range(paths.valid.shape[0]):
        for tx in range(paths.valid.shape[1]):
            there = np.flatnonzero(paths.valid[rx, tx])
            for path in there[np.argsort(paths.tau[rx, tx, there], kind="stable")]:
                yield rx, tx, int(path)


def _interactions(paths, listed, surfaces, to_rest):
    """Of each path of a snapshot (kind, object, surfaces) of each step; looked for object by object."""
    out: list[list] = []
    of_object: dict[int, list] = {}  # (path's place, step, kind, point, bisector)
    for i, (rx, tx, path) in enumerate(listed):
        kinds = paths.interactions[:, rx, tx, path]
        count = int(np.count_nonzero(kinds))
        corners = np.concatenate([paths.tx_positions[None, tx], paths.vertices[:count, rx, tx, path], paths.rx_positions[None, rx]])
        ways = np.diff(corners, axis=0)
        length = np.linalg.norm(ways, axis=1, keepdims=True)
        ways = np.divide(ways, length, out=np.zeros_like(ways), where=length > 0)
        out.append([None] * count)
        for k, item in enumerate(paths.objects[:count, rx, tx, path].tolist()):
            of_object.setdefault(item, []).append((i, k, int(kinds[k]), corners[k + 1], ways[k + 1] - ways[k]))
    for item, steps in of_object.items():
        name = paths.object_names[item]
        turn, shift = to_rest(name)
        _, _, kinds, points, bisectors = zip(*steps)
        bisectors = np.array(bisectors) @ turn.T
        length = np.linalg.norm(bisectors, axis=1, keepdims=True)
        bisectors = np.divide(bisectors, length, out=np.zeros_like(bisectors), where=length > 0)
        for (i, k, kind, *_), there in zip(steps, surfaces[name].touched((np.array(points) - shift) @ turn.T, kinds, bisectors)):
            out[i][k] = (KINDS.get(kind, str(kind)), name, there)
    return [tuple(steps) for steps in out]


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
