# SPDX-License-Identifier: Apache-2.0
"""A network from place to material: dense layers over sines and grids, with their derivatives."""
from __future__ import annotations

import copy
import os
import pathlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._files import new_file
from .._raywave import Error, Material
from .fields import KAPPA, NUMBERS, Field, Places, _quantities, base_of, real_array


def _silu(x):
    s = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return x * s, s * (1 + x * (1 - s))


class Network(Field):
    """A network from place to material, `network`: all its weights in one run. It starts at the scene's material (its ITU row) everywhere.

    low_m, high_m: the box that it is told of. detail_m: nothing finer is to be learnt, one number or one an axis. encoding: "fourier" (sines of octaves
    down to twice detail_m), "grid" (a multiresolution grid whose finest cells are detail_m, features interpolated) or "both". hidden: sizes of layers.
    Within bounds by construction: permittivity 1 + softplus, conductivity, thickness and lobe/kappa exp, S and XPD a sigmoid."""

    def __init__(self, low_m: Sequence[float], high_m: Sequence[float], *, detail_m: float | Sequence[float], quantities: str | Sequence[str] = "relative_permittivity",
                 encoding: str = "fourier", hidden: Sequence[int] = (32, 32), base: Material | dict | None = None, seed: int = 1, frequency_hz: float = 3.5e9):
        self.quantities = _quantities(quantities)
        self.low, self.high = real_array("low_m", low_m), real_array("high_m", high_m)
        if self.low.shape != (3,) or self.high.shape != (3,) or not np.isfinite([self.low, self.high]).all() or not (self.high >= self.low).all() or not (self.high > self.low).any():
            raise Error("low_m and high_m are two corners of a box, three numbers each")
        self.detail = real_array("detail_m", detail_m)
        if self.detail.shape not in ((), (1,), (3,)):
            raise Error(f"detail_m is one number or one an axis, got the shape {list(self.detail.shape)}")
        self.detail = np.broadcast_to(self.detail, 3).copy()
        if not (np.isfinite(self.detail) & (self.detail > 0)).all():
            raise Error(f"detail_m must be > 0, got {detail_m}")
        if encoding not in ("fourier", "grid", "both"):
            raise Error(f"encoding is 'fourier', 'grid' or 'both', got {encoding!r}")
        self.encoding, self.hidden = encoding, tuple(int(h) for h in hidden)
        self._base = None
        if base is not None:
            self.set_base(base, frequency_hz)
        self._plan()
        self.network = self._start(np.random.default_rng(seed))

    # What the place is turned into: [n, features] and d features / d place [n, features, 3].

    def _plan(self):
        size = self.high - self.low
        self._waves = []
        if self.encoding in ("fourier", "both"):
            for axis in range(3):
                length = 2 * size[axis]
                while length >= 2 * self.detail[axis] and size[axis] > 0:
                    self._waves.append((axis, 2 * np.pi / length))
                    length /= 2
        self._levels = []
        if self.encoding in ("grid", "both"):
            cells = np.maximum(1, np.ceil(size / self.detail - 1e-9)).astype(int)
            while True:
                self._levels.append(np.where(size > 0, cells + 1, 1))
                if len(self._levels) > 8 or (cells <= 1).all():
                    break
                cells = np.maximum(1, (cells + 1) // 2)
        if sum(int(np.prod(level)) for level in self._levels) > 5_000_000:
            raise Error("the finest grid has more than 5 million points: a larger detail_m")
        self._grid_features = 2
        inputs = 3 + 2 * len(self._waves) + self._grid_features * len(self._levels)
        sizes = [inputs, *self.hidden, len(self.quantities)]
        self._shapes = [shape for a, b in zip(sizes[:-1], sizes[1:]) for shape in ((a, b), (b,))]
        self._grids = [(int(np.prod(level)), self._grid_features) for level in self._levels]

    def _start(self, random):
        parts = []
        for i, shape in enumerate(self._shapes):
            is_last = i >= len(self._shapes) - 2
            parts.append(np.zeros(shape) if is_last or len(shape) == 1 else random.normal(size=shape) / np.sqrt(shape[0]))
        parts += [0.1 * random.normal(size=shape) for shape in self._grids]
        return np.concatenate([p.ravel() for p in parts])

    def _parts(self, flat):
        out, at = [], 0
        for shape in (*self._shapes, *self._grids):
            count = int(np.prod(shape))
            out.append(flat[at:at + count].reshape(shape))
            at += count
        return out[:len(self._shapes)], out[len(self._shapes):]

    def _unit(self, point):
        size = np.where(self.high > self.low, self.high - self.low, 1.0)
        u = (point - self.low) / size
        inside = (u > 0) & (u < 1)
        return np.clip(u, 0, 1), np.where(inside & (self.high > self.low), 1 / size, 0.0)

    def _corners(self, u, by, level):
        """Indices [n, 8], weights [n, 8] and their slopes [n, 8, 3] of a grid."""
        index, weight, slope = np.zeros((len(u), 8), dtype=int), np.ones((len(u), 8)), np.zeros((len(u), 8, 3))
        at = u * (level - 1)
        low = np.minimum(at.astype(int), np.maximum(level - 2, 0))
        t = at - low
        stride = np.array([level[1] * level[2], level[2], 1])
        for k in range(8):
            bits = [(k >> axis) & 1 for axis in range(3)]
            own = np.stack([t[:, a] if bits[a] else 1 - t[:, a] for a in range(3)], axis=1)
            index[:, k] = sum(np.minimum(low[:, a] + bits[a], level[a] - 1) * stride[a] for a in range(3))
            weight[:, k] = own.prod(axis=1)
            for a in range(3):
                others = np.prod(np.delete(own, a, axis=1), axis=1)
                slope[:, k, a] = (1 if bits[a] else -1) * (level[a] - 1) * by[:, a] * others
        return index, weight, slope

    def _encode(self, point, grids):
        u, by = self._unit(point)
        size = self.high - self.low
        features, slopes = [2 * u - 1], [2 * by[:, :, None] * np.eye(3)]
        for axis, k in self._waves:
            phase = k * size[axis] * u[:, axis]
            row = np.zeros((len(point), 2, 3))
            row[:, 0, axis], row[:, 1, axis] = (k * size[axis] * f * by[:, axis] for f in (np.cos(phase), -np.sin(phase)))
            features.append(np.stack([np.sin(phase), np.cos(phase)], axis=1))
            slopes.append(row)
        corners = [self._corners(u, by, level) for level in self._levels]
        for grid, (index, weight, slope) in zip(grids, corners):
            features.append(np.einsum("nc,ncf->nf", weight, grid[index]))
            slopes.append(np.einsum("ncx,ncf->nfx", slope, grid[index]))
        return np.concatenate(features, axis=1), np.concatenate(slopes, axis=1), corners

    def _forward(self, point):
        layers, grids = self._parts(self.network)
        x, by_place, corners = self._encode(point, grids)
        tape = []
        for i in range(0, len(layers), 2):
            z = x @ layers[i] + layers[i + 1]
            last = i == len(layers) - 2
            y, slope = (z, np.ones_like(z)) if last else _silu(z)
            tape.append((x, slope))
            x = y
        return x, tape, by_place, corners

    # From the network's outputs to numbers: where it gives 0 they are the base's.

    def _numbers(self, raw, base):
        if not np.isfinite(raw).all():  # said by who asks, with the place
            return np.full_like(raw, np.nan), np.full_like(raw, np.nan)
        out, slope = np.empty_like(raw), np.empty_like(raw)
        for i, q in enumerate(self.quantities):
            b, o = base[q], raw[:, i]
            if q == "relative_permittivity":
                shift = np.log(np.expm1(max(b - 1, 1e-3)))
                out[:, i] = 1 + np.logaddexp(0, o + shift)
                slope[:, i] = 1 / (1 + np.exp(-np.clip(o + shift, -500, 500)))
            elif q in ("conductivity_s_per_m", "thickness_m", KAPPA):
                out[:, i] = max(b, 1e-6) * np.exp(np.clip(o, -30, 30))
                slope[:, i] = out[:, i]
            else:
                share = min(max(b, 1e-2), 1 - 1e-2)
                s = 1 / (1 + np.exp(-np.clip(o + np.log(share / (1 - share)), -500, 500)))
                out[:, i], slope[:, i] = s, s * (1 - s)
        return out, slope

    def set_base(self, material: Material | dict, frequency_hz: float) -> None:
        """Where it starts; without it the scene's material."""
        self._base = material if isinstance(material, dict) else base_of(material, frequency_hz)
        if KAPPA in self.quantities and not self._base.get(KAPPA):
            raise Error("the base names no von Mises-Fisher lobe whose kappa a network could start at: base.lobe = 'von_mises_fisher(kappa=60)'")

    def _base_at(self, places):
        return self._base if self._base is not None else places.base

    def __repr__(self):
        return f"Network({len(self.network)} weights, quantities={self.quantities}, encoding='{self.encoding}')"

    def parameters(self) -> dict:
        return {"network": self.network}

    def with_parameters(self, *, network: ArrayLike) -> Network:
        out = copy.copy(self)
        out.network = real_array("network", network, self.network.shape)
        return out

    def values(self, places: Places) -> np.ndarray:
        return self._numbers(self._forward(places.point_m)[0], self._base_at(places))[0]

    def slopes(self, places: Places) -> np.ndarray | None:
        raw, tape, by_place, _ = self._forward(places.point_m)
        layers, _ = self._parts(self.network)
        moved = by_place  # [n, features, 3]
        for i, (_, slope) in enumerate(tape):
            moved = np.einsum("nfx,fg->ngx", moved, layers[2 * i]) * slope[:, :, None]
        return moved * self._numbers(raw, self._base_at(places))[1][:, :, None]

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        raw, tape, _, corners = self._forward(places.point_m)
        layers, grids = self._parts(self.network)
        bar = cotangent * self._numbers(raw, self._base_at(places))[1]
        out = [None] * len(layers)
        for i in range(len(tape) - 1, -1, -1):
            x, slope = tape[i]
            bar = bar * slope
            out[2 * i], out[2 * i + 1] = x.T @ bar, bar.sum(axis=0)
            bar = bar @ layers[2 * i].T
        first = 3 + 2 * len(self._waves)
        by_grids = []
        for level, (grid, (index, weight, _)) in enumerate(zip(grids, corners)):
            g = np.zeros_like(grid)
            own = bar[:, first + level * self._grid_features:first + (level + 1) * self._grid_features]
            np.add.at(g, index, weight[:, :, None] * own[:, None, :])
            by_grids.append(g)
        return np.concatenate([g.ravel() for g in (*out, *by_grids)])

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        raw, tape, _, corners = self._forward(places.point_m)
        layers, _ = self._parts(self.network)
        d_layers, d_grids = self._parts(np.asarray(change, dtype=float).reshape(self.network.shape))
        x = tape[0][0]
        moved = np.zeros_like(x)
        first = 3 + 2 * len(self._waves)
        for level, (grid, (index, weight, _)) in enumerate(zip(d_grids, corners)):
            moved[:, first + level * self._grid_features:first + (level + 1) * self._grid_features] = np.einsum("nc,ncf->nf", weight, grid[index])
        for i, (x, slope) in enumerate(tape):
            moved = (moved @ layers[2 * i] + x @ d_layers[2 * i] + d_layers[2 * i + 1]) * slope
        return moved * self._numbers(raw, self._base_at(places))[1]

    def save(self, file: str | os.PathLike) -> pathlib.Path:
        """.npz"""
        with new_file(file, (".npz",), "a network") as place:
            base = {} if self._base is None else {"base": np.array([self._base.get(q, 0.0) for q in NUMBERS])}
            with open(place, "wb") as out:
                np.savez(out, kind="raywave material network 1", low_m=self.low, high_m=self.high, detail_m=self.detail, quantities=np.array(self.quantities),
                         encoding=self.encoding, hidden=np.array(self.hidden), network=self.network, **base)
        return pathlib.Path(file)

    @classmethod
    def load(cls, file: str | os.PathLike) -> Network:
        """What save has written."""
        try:
            with np.load(file) as held:
                if "kind" not in held.files or str(held["kind"]) != "raywave material network 1":
                    raise Error(f"'{file}' holds no network of a material")
                out = cls(held["low_m"], held["high_m"], detail_m=held["detail_m"], quantities=[str(q) for q in held["quantities"]], encoding=str(held["encoding"]),
                          hidden=held["hidden"], base=dict(zip(NUMBERS, held["base"].tolist())) if "base" in held.files else None)
                if held["network"].shape != out.network.shape:
                    raise Error(f"'{file}' is damaged: {held['network'].size} weights, its layers have {out.network.size}")
                return out.with_parameters(network=held["network"])
        except (OSError, ValueError, KeyError, EOFError) as error:
            if isinstance(error, Error):
                raise
            raise Error(f"'{file}' cannot be read as a network: {error}") from None
