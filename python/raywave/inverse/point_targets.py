# SPDX-License-Identifier: Apache-2.0
"""A point target from range profiles taken along a path of the radar: coherent sums over the profiles, on a lattice and then by their slope.

A profile's coherent sum at a place is sum_s A_s(|place - position_s| + offset) with A the analytic signal; its coherence |sum| / sum |A| is 1 for a point
that stands there alone. Everything is for a radar whose ends are at one place."""
from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from .._lines import line
from .._raywave import Error
from .._requirements import need
from .optimisers import bfgs


@dataclasses.dataclass(frozen=True)
class PointTarget:
    """position_m [3]; offset_m of the ranges; coherence (0 to 1) and amplitude of the sum there."""

    position_m: np.ndarray
    offset_m: float
    coherence: float
    amplitude: float


class RangeProfiles:
    """profiles [num_scans, num_bins] (real waveforms or analytic signals), range_m [num_bins] evenly spaced, position_m [num_scans, 3].

    Scans that stand still with the ones before are left out (they would weigh one place more), and the mean over scans, which does not move with
    the radar, is taken off. nearest_m: nearer bins are antenna coupling."""

    def __init__(self, profiles: NDArray, range_m: NDArray, position_m: NDArray, *, nearest_m: float = 0.0, standing_m: float = 0.05,
                 subtract_mean: bool = True):
        profiles, self.range_m, position = np.asarray(profiles), np.asarray(range_m, dtype=float), np.asarray(position_m, dtype=float)
        if profiles.ndim != 2 or self.range_m.shape != profiles.shape[1:] or position.shape != (len(profiles), 3):
            raise Error(f"profiles [scans, bins], range_m [bins] and position_m [scans, 3] do not fit: {list(profiles.shape)}, {list(self.range_m.shape)}, {list(position.shape)}")
        if not (np.isfinite(profiles).all() and np.isfinite(position).all()):
            raise Error("profiles or positions hold numbers that are not finite")
        if len(self.range_m) < 2:
            raise Error(f"a profile needs at least 2 bins, got {len(self.range_m)}")
        self.step_m = float(self.range_m[1] - self.range_m[0])
        if not (self.step_m > 0 and np.allclose(np.diff(self.range_m), self.step_m, rtol=1e-6)):
            raise Error("range_m must be evenly spaced and grow")
        moving = (np.linalg.norm(position - position[0], axis=1) > standing_m) & (np.linalg.norm(position - position[-1], axis=1) > standing_m)
        if moving.sum() < 3:
            raise Error("the radar stands still: a place needs profiles from different positions")
        self.position_m, moved = position[moving], profiles[moving]
        if subtract_mean:
            moved = moved - moved.mean(axis=0)
        hilbert = need("scipy.signal", "inverse.RangeProfiles").hilbert
        self.analytic = moved if np.iscomplexobj(moved) else hilbert(moved, axis=1)
        self.analytic[:, self.range_m < nearest_m] = 0
        # by frequency: what the lattice reads between bins, and its slope, exactly
        spectrum = np.fft.fft(self.analytic, axis=1) / self.analytic.shape[1]
        strength = (abs(spectrum) ** 2).sum(axis=0)
        order = np.argsort(-strength)
        held = np.sort(order[:np.searchsorted(np.cumsum(strength[order]), 0.999 * strength.sum()) + 1])
        self._spectrum = spectrum[:, held]
        self._wavenumber = 2 * np.pi * held / (self.analytic.shape[1] * self.step_m)  # of one-way range

    def __repr__(self):
        return line(self, "analytic", "step_m")

    def _sums(self, places, offset, every):
        """(sum, sum of magnitudes) over scans by linear interpolation, [...]."""
        flat = places.reshape(-1, 3)
        rows = np.arange(0, len(self.position_m), every)
        total, size = np.zeros(len(flat), dtype=complex), np.zeros(len(flat))
        for begin in range(0, len(flat), 4096):
            part = flat[begin:begin + 4096]
            k = (np.linalg.norm(part - self.position_m[rows, None], axis=-1) + offset - self.range_m[0]) / self.step_m
            inside = (k >= 0) & (k < len(self.range_m) - 1)
            i = np.where(inside, k, 0).astype(int)
            f = k - i
            a = self.analytic[rows]
            value = np.where(inside, np.take_along_axis(a, i, 1) * (1 - f) + np.take_along_axis(a, i + 1, 1) * f, 0)
            total[begin:begin + 4096], size[begin:begin + 4096] = value.sum(axis=0), abs(value).sum(axis=0)
        return total.reshape(places.shape[:-1]), size.reshape(places.shape[:-1])

    def coherent_sum(self, place: NDArray, offset_m: float = 0.0, every: int = 1) -> tuple[complex, NDArray, complex]:
        """(sum, d sum / d place [3], d sum / d offset) over every so many scans, the analytic signal between bins by its spectrum."""
        d = np.asarray(place, dtype=float) - self.position_m[::every]
        r = np.linalg.norm(d, axis=1)
        terms = self._spectrum[::every] * np.exp(1j * np.outer(r + offset_m - self.range_m[0], self._wavenumber))
        slope = (1j * self._wavenumber * terms).sum(axis=1)
        return terms.sum(), slope @ (d / r[:, None]), slope.sum()

    def image(self, x_m: NDArray, y_m: NDArray, z_m: float, offset_m: float = 0.0, every: int = 1) -> tuple[NDArray, NDArray]:
        """(|mean|, coherence) over the plane, [len(x), len(y)]."""
        places = np.stack([*np.meshgrid(x_m, y_m, indexing="ij"), np.full((len(x_m), len(y_m)), z_m)], axis=-1)
        total, size = self._sums(places, offset_m, every)
        count = len(range(0, len(self.position_m), every))
        return abs(total) / count, np.where(size > 0, abs(total) / np.maximum(size, 1e-300), 0)

    def locate(self, start_m: NDArray, *, radius_m: float = 2.0, offset_m: float = 0.0, offset_range_m: float = 0.0, spacing_m: float = 0.03,
               coherence: float = 0.92, within_db: float = 10.0) -> PointTarget:
        """The point target nearest to start_m in its plane z, within radius_m: of the lattice's maxima those with at least the share `coherence` of the
        highest coherence, and an amplitude times range squared within_db of the strongest's, are targets; the nearest one is refined along the slope. offset_range_m > 0: the offset is unknown by so much to
        either side. It is one for all targets: that at which those within three radii are together the strongest (its derivative and
        that of the range are nearly one: expect some centimetres of x)."""
        start = np.asarray(start_m, dtype=float)
        if start.shape != (3,) or not np.isfinite(start).all():
            raise Error(f"start_m takes three finite numbers, got {start_m!r}")
        if not 0 <= coherence <= 1:
            raise Error(f"coherence must be from 0 to 1, got {coherence!r}")
        if not within_db >= 0:
            raise Error(f"within_db must be >= 0, got {within_db!r}")
        for name, value, least in (("radius_m", radius_m, 1e-9), ("spacing_m", spacing_m, 1e-9), ("offset_range_m", offset_range_m, 0.0)):
            if not (np.isfinite(value) and value >= least):
                raise Error(f"{name} must be {'>=' if least == 0 else '>'} 0, got {value!r}")
        if offset_range_m:
            offset_m = self._common_offset(start, 3 * radius_m, offset_m, offset_range_m, 2 * spacing_m, coherence)
        reach = radius_m + 0.2 * offset_range_m  # places are off by what the offset is
        good = self._strong(self._targets(start, reach, [offset_m], spacing_m, coherence, moves_offset=False), start[2], within_db)
        v, share, amplitude = min(good, key=lambda row: np.hypot(row[0][0] - start[0], row[0][1] - start[1]))
        return PointTarget(np.array([v[0], v[1], start[2]]), float(v[2]), share, amplitude)

    def _strong(self, found, z, within_db):
        """Echoes fall with the square of the range: without it a weak target nearby is as good as a strong one."""
        ranges = [np.linalg.norm([*v[:2], z] - self.position_m, axis=1).mean() for v, _, _ in found]
        own = np.array([amplitude for _, _, amplitude in found]) * np.square(ranges)
        return [row for row, size in zip(found, own) if size >= 10 ** (-within_db / 20) * own.max()]

    def _common_offset(self, start, radius, offset, reach, spacing, coherence):
        """The power of a target falls with the square of what its offset is off, in the same measure for all: their mean, weighed by power, is
        where the sum is the greatest."""
        found = self._targets(start, radius, offset + np.linspace(-reach, reach, 5), spacing, coherence, moves_offset=True)
        apart = []
        for row in sorted((r for r in found if abs(r[0][2] - offset) <= reach), key=lambda r: -r[2]):
            if all(np.hypot(*(row[0][:2] - other[0][:2])) > 0.3 for other in apart):
                apart.append(row)
        if not apart:
            raise Error(f"no target is in focus at an offset within {reach:g} m: a larger offset_range_m may hold it")
        return float(np.average([row[0][2] for row in apart], weights=[row[2] ** 2 for row in apart]))

    def _targets(self, start, radius_m, offsets, spacing_m, coherence, moves_offset):
        """((x, y, offset), coherence, amplitude) of the strongest maxima of the lattice, refined, of which the coherence is near the highest."""
        maximum_filter = need("scipy.ndimage", "inverse.RangeProfiles").maximum_filter
        x, y = (start[i] + np.arange(-radius_m, radius_m + spacing_m, spacing_m) for i in (0, 1))
        within = np.hypot(*np.meshgrid(x - start[0], y - start[1], indexing="ij")) <= radius_m
        found = []
        for offset in offsets:
            amplitude, share = self.image(x, y, start[2], offset, every=max(1, len(self.position_m) // 128))
            peak = (amplitude == maximum_filter(amplitude, size=5)) & (amplitude > 0) & within
            found += sorted(((amplitude[i, j] * share[i, j], x[i], y[j], offset) for i, j in np.argwhere(peak)), reverse=True)[:8 if len(offsets) == 1 else 4]
        if not found:
            raise Error("no echo within the radius: nothing was measured there")
        # a lattice cuts peaks of different size off at different heights: coherences are compared at their tops
        tops = [self._top(np.array([px, py, offset]), start[2], moves_offset, 0.5 * spacing_m) for _, px, py, offset in found]
        best = max(share for _, share, _ in tops)
        return [row for row in tops if row[1] >= coherence * best]

    def _top(self, v, z, moves_offset, cap):
        """(x, y, offset) of the maximum of the coherent sum near v, its coherence and amplitude."""
        every = max(1, len(self.position_m) // 128)
        scale = max(abs(self.coherent_sum([v[0], v[1], z], v[2], every)[0]), 1e-300)

        def f(u):
            total, by_place, by_offset = self.coherent_sum([u[0], u[1], z], u[2] if moves_offset else v[2], every)
            slope = np.array([by_place[0], by_place[1], by_offset])[:len(u)]
            return -abs(total) ** 2 / scale ** 2, -2 * (np.conj(total) * slope).real / scale ** 2

        u, _ = bfgs(f, v if moves_offset else v[:2], steps=40, cap=cap, tolerance=1e-9)
        top = np.array([u[0], u[1], u[2] if moves_offset else v[2]])
        total, size = self._sums(np.array([[top[0], top[1], z]]), top[2], 1)
        return top, float(abs(total[0]) / max(size[0], 1e-300)), float(abs(total[0]) / len(self.position_m))
