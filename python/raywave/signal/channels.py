# SPDX-License-Identifier: Apache-2.0
"""What links make of frequency responses: pilots and their estimate, capacity, beamforming; with gradients."""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._raywave import Error


def pilot_mask(num_symbols: int, num_subcarriers: int, *, every_symbol: int = 1, every_subcarrier: int = 1, first_symbol: int = 0,
               first_subcarrier: int = 0) -> NDArray[np.bool_]:
    """[num_symbols, num_subcarriers], true where pilots are."""
    for name, step in (("every_symbol", every_symbol), ("every_subcarrier", every_subcarrier)):
        if step < 1:
            raise Error(f"{name} must be >= 1, got {step}")
    mask = np.zeros((num_symbols, num_subcarriers), dtype=bool)
    mask[first_symbol::every_symbol, first_subcarrier::every_subcarrier] = True
    return mask


def _lines(values, at, everywhere):
    """Linear between `at`, the nearest line's value beyond, along the last axis."""
    if len(at) == 1:
        return np.repeat(values, len(everywhere), axis=-1)
    right = np.clip(np.searchsorted(at, everywhere), 1, len(at) - 1)
    left = right - 1
    share = np.clip((everywhere - at[left]) / (at[right] - at[left]), 0.0, 1.0)
    return values[..., left] * (1 - share) + values[..., right] * share


def ls_estimate(received: NDArray, pilots: NDArray, mask: NDArray) -> NDArray[np.complex128]:
    """Least squares at the pilots, received / pilots, linear between them over subcarriers and symbols, constant beyond.

    received [..., num_symbols, num_subcarriers]; pilots, what was sent, and mask broadcast to its last two axes. The mask is a lattice: the same
    subcarriers in each symbol that has any."""
    received, mask = np.asarray(received), np.asarray(mask, dtype=bool)
    if mask.shape != received.shape[-2:]:
        raise Error(f"mask has the shape {list(received.shape[-2:])}, got {list(mask.shape)}")
    symbols, carriers = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(symbols):
        raise Error("mask has no pilot")
    if not mask[np.ix_(symbols, carriers)].all():
        raise Error("pilots must form a lattice: the same subcarriers in each symbol that has any")
    sent = np.broadcast_to(np.asarray(pilots, dtype=complex), mask.shape)
    if not (sent[mask] != 0).all():
        raise Error("a pilot of 0 says nothing about the channel")
    at = (received[..., symbols[:, None], carriers] / sent[np.ix_(symbols, carriers)])
    across = _lines(at, carriers, np.arange(mask.shape[1]))
    return np.moveaxis(_lines(np.moveaxis(across, -2, -1), symbols, np.arange(mask.shape[0])), -1, -2)


def _matrices(h):
    h = np.asarray(h)
    if h.ndim < 2:
        raise Error("h has the shape [..., num_rx_ant, num_tx_ant]")
    return h


def capacity(h: NDArray, snr: float, *, known_at_tx: bool = False) -> NDArray[np.float64]:
    """log2 det(1 + snr / num_tx_ant H H^H) of [..., num_rx_ant, num_tx_ant], bit/s/Hz; known_at_tx: power poured over the singular values.

    snr: power sent over noise. Differentiable in h (capacity_gradient) without known_at_tx."""
    h = _matrices(h)
    if not snr >= 0:
        raise Error(f"snr must be >= 0, got {snr}")
    if not known_at_tx:
        gram = np.eye(h.shape[-2]) + snr / h.shape[-1] * h @ h.conj().swapaxes(-1, -2)
        return np.linalg.slogdet(gram)[1] / np.log(2)
    gains = np.linalg.svd(h, compute_uv=False) ** 2
    inverse = 1 / np.maximum(gains, 1e-300)  # descending gains: ascending depths of the vessel
    counts = np.arange(1, gains.shape[-1] + 1)
    levels = (snr + np.cumsum(inverse, axis=-1)) / counts
    used = (levels > inverse).sum(axis=-1, keepdims=True)  # water stands above the used depths alone
    level = np.take_along_axis(levels, np.maximum(used - 1, 0), axis=-1)
    power = np.maximum(level - inverse, 0.0)
    return np.log2(1 + power * gains).sum(axis=-1)


def capacity_gradient(h: NDArray, snr: float) -> NDArray[np.complex128]:
    """d capacity / d Re h + j d / d Im h: 2 snr / (num_tx_ant ln 2) (1 + snr / num_tx_ant H H^H)^-1 H."""
    h = _matrices(h)
    scale = snr / h.shape[-1]
    return 2 * scale / np.log(2) * np.linalg.solve(np.eye(h.shape[-2]) + scale * h @ h.conj().swapaxes(-1, -2), h)


def dft_codebook(num_rows: int, num_cols: int, *, oversampling: int = 1) -> NDArray[np.complex128]:
    """Beams of a PlanarArray of one polarisation, [words, num_rows * num_cols] of norm 1 in the order of its ports: phases that grow evenly over rows and over
    columns, num_rows * num_cols * oversampling^2 of them (oversampled along axes with more than one element). With oversampling 1 they are orthogonal."""
    for name, count in (("num_rows", num_rows), ("num_cols", num_cols), ("oversampling", oversampling)):
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise Error(f"{name} must be a whole number >= 1, got {count!r}")

    def beams(count):
        words = count * oversampling if count > 1 else 1
        return np.exp(2j * np.pi * np.outer(np.arange(words), np.arange(count)) / words)

    # ports go column by column from the top left
    return np.einsum("ac,br->abcr", beams(num_cols), beams(num_rows)).reshape(-1, num_rows * num_cols) / np.sqrt(num_rows * num_cols)


def best_beam(h: NDArray, codebook: NDArray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(index, gain) of the transmitter's word that is best for each of [..., num_rx_ant, num_tx_ant]; the receiver combines as it can."""
    h, codebook = _matrices(h), np.asarray(codebook, dtype=complex)
    if codebook.ndim != 2 or codebook.shape[1] != h.shape[-1]:
        raise Error(f"codebook has the shape [words, {h.shape[-1]}], got {list(codebook.shape)}")
    if not (np.linalg.norm(codebook, axis=1) > 0).all():
        raise Error("a word of the codebook is 0")
    words = codebook / np.linalg.norm(codebook, axis=1, keepdims=True)
    gains = (abs(h @ words.T) ** 2).sum(axis=-2)
    return gains.argmax(axis=-1), gains.max(axis=-1)


def beamforming_gain(h: NDArray, tx_weights: NDArray | None = None, rx_weights: NDArray | None = None) -> NDArray[np.float64]:
    """|w_rx^H H w_tx|^2 of [..., num_rx_ant, num_tx_ant] for weights of norm 1; those that are not given are the best ones (both: the
    largest singular value squared)."""
    h = _matrices(h)

    def unit(w, what, count):
        w = np.asarray(w, dtype=complex)
        if w.shape[-1] != count or not (np.linalg.norm(w, axis=-1) > 0).all():
            raise Error(f"{what} has {count} weights, not all 0")
        return w / np.linalg.norm(w, axis=-1, keepdims=True)

    if tx_weights is None and rx_weights is None:
        return np.linalg.svd(h, compute_uv=False)[..., 0] ** 2
    if tx_weights is not None:
        h = (h @ unit(tx_weights, "tx_weights", h.shape[-1])[..., None])[..., 0]
        if rx_weights is None:
            return (abs(h) ** 2).sum(axis=-1)
        return abs((unit(rx_weights, "rx_weights", h.shape[-1]).conj() * h).sum(axis=-1)) ** 2
    left = unit(rx_weights, "rx_weights", h.shape[-2]).conj()
    return (abs((left[..., None, :] @ h)[..., 0, :]) ** 2).sum(axis=-1)
