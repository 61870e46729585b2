# SPDX-License-Identifier: Apache-2.0
"""Losses of results: of radio maps in decibels, sums of others. Those of radar cubes are signal.Loss."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._lines import line
from .._raywave import Error
from .._requirements import need


class MapLoss:
    """Mean square of the difference in dB, 10 log10(gain + floor), over cells; target: path gains [num_tx, num_y, num_x].

    floor: linear; by default a thousandth of the target's median, so that the nulls of interference do not rule. smooth_cells: both maps are
    convolved with a Gaussian of this width first (powers, a coherent map's speckle is taken off). Differentiable where the map is."""

    def __init__(self, target: ArrayLike, *, floor: float | None = None, smooth_cells: float = 0.0, weights: ArrayLike | None = None):
        self.target = np.asarray(target, dtype=float)
        if not np.isfinite(self.target).all() or (self.target < 0).any():
            raise Error("target holds gains that are negative or not finite")
        positive = self.target[self.target > 0]
        if not positive.size:
            raise Error("target is 0 everywhere")
        self.floor = 1e-3 * float(np.median(positive)) if floor is None else float(floor)
        if not (np.isfinite(self.floor) and self.floor > 0):
            raise Error(f"floor must be > 0, got {floor}")
        if not (np.isfinite(smooth_cells) and smooth_cells >= 0):
            raise Error(f"smooth_cells must be >= 0, got {smooth_cells}")
        self.smooth_cells = smooth_cells
        self.weights = np.ones_like(self.target) if weights is None else np.broadcast_to(np.asarray(weights, dtype=float), self.target.shape)
        if not (np.isfinite(self.weights).all() and (self.weights >= 0).all() and self.weights.any()):
            raise Error("weights must be finite and >= 0, not 0 everywhere")
        self._roots = np.sqrt(2 * self.weights / self.weights.sum())
        self._wanted = self._decibel(self._smooth(self.target))

    def __repr__(self):
        return line(self, "target", "floor", "smooth_cells")

    def _smooth(self, gain):
        if not self.smooth_cells:
            return gain
        gaussian_filter = need("scipy.ndimage", "inverse.losses").gaussian_filter
        # zeros beyond the rim: the filter is its own adjoint
        return gaussian_filter(gain, [0, self.smooth_cells, self.smooth_cells], mode="constant", truncate=3.0)

    def _decibel(self, gain):
        return 10 * np.log10(gain + self.floor)

    def residuals(self, result: object) -> np.ndarray:
        """sqrt(2 weight / number) times the difference, so that half their sum of squares is the loss."""
        if result.path_gain.shape != self.target.shape:
            raise Error(f"target has the shape {list(self.target.shape)}, the map {list(result.path_gain.shape)}")
        return (self._roots * (self._decibel(self._smooth(result.path_gain)) - self._wanted)).ravel()

    def _slopes(self, result):
        """Of the residuals by the smoothed gains."""
        return self._roots * (10 / np.log(10)) / (self._smooth(result.path_gain) + self.floor)

    def residuals_jvp(self, result: object, tangent: Mapping[str, ArrayLike]) -> np.ndarray:
        return (self._slopes(result) * self._smooth(result.jvp(tangent)["path_gain"])).ravel()

    def __call__(self, result: object, names: Sequence[str] | None = None) -> tuple[float, dict]:
        rest = self.residuals(result)
        by_gain = self._smooth(self._slopes(result) * rest.reshape(self.target.shape))
        return 0.5 * float(rest @ rest), result.vjp(path_gain=by_gain, wrt=names)


class Sum:
    """Weighted sum of losses of one result: Sum((1.0, first), (0.1, second))."""

    def __init__(self, *terms: Callable):
        self.terms = terms

    def __repr__(self):
        return f"Sum({', '.join(f'({weight:g}, {loss!r})' for weight, loss in self.terms)})"

    def __call__(self, result: object, names: Sequence[str] | None = None) -> tuple[float, dict]:
        total, gradient = 0.0, {}
        for weight, loss in self.terms:
            value, by_name = loss(result, names)
            total += weight * value
            for name, g in by_name.items():
                gradient[name] = gradient.get(name, 0) + weight * g
        return total, gradient
