# SPDX-License-Identifier: Apache-2.0
"""Angles from arrays: a port at q has exp(+j 2 pi / lambda k.q) for echoes from the direction k, so that steering takes that away."""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import _raywave
from .._raywave import Error


def virtual_array(rx_positions_m: NDArray, tx_positions_m: NDArray) -> NDArray[np.float64]:
    """Sums of element positions, [num_rx_ant * num_tx_ant, 3]: where a radar's port pairs stand for far targets."""
    rx, tx = (np.atleast_2d(np.asarray(p, dtype=float)) for p in (rx_positions_m, tx_positions_m))
    return (rx[:, None, :] + tx[None, :, :]).reshape(-1, 3)


def _weights(window, positions):
    """Over the ports in the order of their place along the array's longest extent; for evenly spaced lines the DFT's own window."""
    if window == "rectangular":
        return np.ones(len(positions))
    centred = positions - positions.mean(axis=0)
    axis = np.linalg.svd(centred)[2][0]
    place = centred @ axis
    steps = np.unique(np.round((place - place.min()) / max(np.ptp(place), 1e-300) * 4096)).size
    slot = np.round((place - place.min()) / max(np.ptp(place), 1e-300) * (steps - 1)).astype(int)
    return _raywave._window(window, steps)[slot]


def angle_spectrum(values: NDArray, positions_m: NDArray, directions: NDArray, wavelength_m: float, *, axis: int = 0,
                   window: str = "rectangular") -> NDArray[np.complex128]:
    """Values along `axis`, one a port at positions_m [num_ports, 3], steered to unit vectors `directions` [..., 3]: the axis becomes the axes of
    the directions, in front. Divided by the window's sum: one echo of amplitude a has a in its direction.

    The adjoint of a cotangent of the result is angle_spectrum's own matrix, conjugate and transposed: steering is linear."""
    positions, directions = np.asarray(positions_m, dtype=float), np.asarray(directions, dtype=float)
    values = np.moveaxis(np.asarray(values), axis, 0)
    if positions.shape != (values.shape[0], 3):
        raise Error(f"positions_m has the shape [{values.shape[0]}, 3] for so many ports, got {list(positions.shape)}")
    if not wavelength_m > 0:
        raise Error(f"wavelength_m must be > 0, got {wavelength_m}")
    weights = _weights(window, positions)
    steering = np.exp(-2j * np.pi / wavelength_m * (directions @ positions.T)) * (weights / weights.sum())
    return np.tensordot(steering, values, axes=(-1, 0))


def delay_angle(grid: NDArray, positions_m: NDArray, directions: NDArray, wavelength_m: float, *, delay_bins: int = 0,
                window: str = "hann") -> NDArray[np.complex128]:
    """Of a link's frequency responses [num_ports, num_subcarriers] (evenly spaced): [..., delay_bins], angles in front."""
    grid = np.asarray(grid)
    weights = _raywave._window(window, grid.shape[-1])
    bins = delay_bins or grid.shape[-1]
    delays = np.fft.ifft(grid * weights, bins, axis=-1) * (bins / weights.sum())
    return angle_spectrum(delays, positions_m, directions, wavelength_m)
