# SPDX-License-Identifier: Apache-2.0
"""What is asked of results: one path by its number, the distribution of a map's values, places drawn from a map, frequencies of subcarriers."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ._geometry import rotation
from ._methods import method
from ._raywave import Error, Paths, RadioMap, Scene
from ._values import number_list, whole_number
from .formats.content import content, decibel, names, only


@method(Paths, "__getitem__")
def _path(self, index: int | slice) -> dict | list[dict]:
    """A path, or a list of those of a slice, as iterating gives them."""
    return list(self)[index]


def _one(own, given, there, other):
    """The value of what goes by two names."""
    if given is not None and other is not None:
        raise TypeError(f"{there} and {own} are one: give one of them")
    if given is None and other is None:
        raise TypeError(f"{own} is missing")
    return given if other is None else other


_cir, _cfr, _taps = Paths.cir, Paths.cfr, Paths.taps


def _require_numpy(out_type):
    if out_type != "numpy":
        raise Error(f"out_type={out_type!r} is not available in raywave: 'numpy', and torch.from_numpy or jax.numpy.asarray of what comes")


@method(Paths, "cir")
def _cir_of(self, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1, normalize_delays: bool = True,
            sampling_frequency: float | None = None, out_type: str = "numpy") -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """(a [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths, num_time_steps], tau in seconds); a holds the carrier's phase.
    sampling_frequency and out_type are Sionna RT's."""
    _require_numpy(out_type)
    rate = sampling_frequency_hz if sampling_frequency is None else sampling_frequency
    return _cir(self, sampling_frequency_hz=rate, num_time_steps=num_time_steps, normalize_delays=normalize_delays)


@method(Paths, "cfr")
def _cfr_of(self, frequencies_hz: Sequence[float] | None = None, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1,
            normalize_delays: bool = True, normalize: bool = False, frequencies: Sequence[float] | None = None,
            sampling_frequency: float | None = None, out_type: str = "numpy") -> NDArray[np.complex128]:
    """[num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, num_frequencies] at baseband frequencies; normalize: energies are 1 in the
    mean over each link's antennas, times and frequencies. frequencies, sampling_frequency and out_type are Sionna RT's."""
    _require_numpy(out_type)
    rate = sampling_frequency_hz if sampling_frequency is None else sampling_frequency
    return _cfr(self, number_list("frequencies_hz", _one("frequencies_hz", frequencies_hz, "frequencies", frequencies)), sampling_frequency_hz=rate, num_time_steps=num_time_steps,
                normalize_delays=normalize_delays, normalize=normalize)


@method(Paths, "taps")
def _taps_of(self, bandwidth_hz: float | None = None, l_min: int | None = None, l_max: int | None = None, *, sampling_frequency_hz: float = 0.0,
             num_time_steps: int = 1, normalize_delays: bool = True, normalize: bool = False, bandwidth: float | None = None,
             sampling_frequency: float | None = None, out_type: str = "numpy") -> NDArray[np.complex128]:
    """[num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, l_max - l_min + 1]; normalize: the taps' energies sum to 1, in the mean over
    each link's antennas and times. bandwidth, sampling_frequency and out_type are Sionna RT's."""
    _require_numpy(out_type)
    if l_min is None or l_max is None:
        raise TypeError("taps needs l_min and l_max")
    rate = sampling_frequency_hz if sampling_frequency is None else sampling_frequency
    return _taps(self, _one("bandwidth_hz", bandwidth_hz, "bandwidth", bandwidth), l_min, l_max, sampling_frequency_hz=rate,
                 num_time_steps=num_time_steps, normalize_delays=normalize_delays, normalize=normalize)


_SCALES = {"path_gain": 1.0, "rss": 1e3, "sinr": 1.0}


def _levels(radio_map, metric):
    """In dB (rss: dBm), -inf where nothing arrives, [num_tx, num_y, num_x]."""
    if metric not in _SCALES:
        raise Error(f"unknown metric '{metric}'. Known: {', '.join(_SCALES)}")
    return decibel(getattr(radio_map, metric) * _SCALES[metric])


@method(RadioMap, "cdf")
def _cdf(self, metric: str = "path_gain", tx: str | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(values, probability): the share of cells that have at most each value, in dB (rss: dBm), ascending. Of one transmitter, else of the
    best in each cell. Cells where nothing arrives count, so that the first probability is above their share."""
    levels = _levels(self, metric)
    levels = levels.max(axis=0) if tx is None else levels[only(list(self.tx_names), tx, "transmitter")]
    values = np.sort(levels, axis=None)
    there = np.isfinite(values)
    return values[there], (np.arange(1, len(values) + 1) / max(len(values), 1))[there]


def _weights(held):
    """Areas of the cells, relative, [num_y * num_x]."""
    if str(held["surface"]) != "mesh":
        return np.ones(held["path_gain"].shape[1] * held["path_gain"].shape[2])
    a, b, c = np.moveaxis(held["cell_corners_m"], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=-1)


def _within(held, cells, random):
    """A place in each of the cells, evenly spread over it."""
    if str(held["surface"]) == "mesh":
        u, v = random.random((2, len(cells), 1))
        fold = u + v > 1
        u, v = np.where(fold, 1 - u, u), np.where(fold, 1 - v, v)
        a, b, c = np.moveaxis(held["cell_corners_m"][cells], 1, 0)
        return a + u * (b - a) + v * (c - a)
    own = np.zeros((len(cells), 3))
    own[:, :2] = (random.random((len(cells), 2)) - 0.5) * held["cell_size_m"]
    return held["cell_centers_m"].reshape(-1, 3)[cells] + own @ rotation(*held["orientation_rad"]).T


@method(RadioMap, "sample_positions")
def _sample_positions(self, num_pos: int, metric: str = "path_gain", min_val_db: float | None = None, max_val_db: float | None = None,
                      min_dist: float | None = None, max_dist: float | None = None, tx_association: bool = True, center_pos: bool = False,
                      seed: int = 1, *, scene: Scene | None = None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(positions [num_tx, num_pos, 3] in metres, cells [num_tx, num_pos, 2: row, column]), drawn evenly over the area where each transmitter
    arrives.

    Of cells between min_val_db and max_val_db (rss: dBm), whose centre is between min_dist and max_dist metres from the transmitter (which
    needs the scene), and with tx_association where no other is stronger. Places are spread over their cells (on ground: at the height
    of the centre), or with center_pos at their centres. @raises Error naming a transmitter that has no such cell."""
    num_pos, seed = whole_number("num_pos", num_pos), whole_number("seed", seed)
    if num_pos < 0:
        raise Error(f"num_pos must be >= 0, got {num_pos}")
    held = content(self)
    levels, weights = _levels(self, metric), _weights(held)
    best = self.tx_association(metric)
    centers = held["cell_centers_m"].reshape(-1, 3)
    random = np.random.default_rng(seed)
    positions, cells = [], []
    for t, name in enumerate(names(held["tx_names"])):
        fits = np.isfinite(levels[t]) & ((best == t) | (not tx_association))
        fits &= (levels[t] >= (-np.inf if min_val_db is None else min_val_db)) & (levels[t] <= (np.inf if max_val_db is None else max_val_db))
        fits = fits.ravel()
        if min_dist is not None or max_dist is not None:
            if scene is None or name not in scene.transmitters:
                raise Error(f"min_dist and max_dist need the scene with the transmitter '{name}': scene=")
            distance = np.linalg.norm(centers - scene.transmitters[name].position_m, axis=1)
            fits &= (distance >= (min_dist or 0)) & (distance <= (np.inf if max_dist is None else max_dist))
        share = np.where(fits, weights, 0.0)
        if not share.sum() > 0:
            raise Error(f"no cell of transmitter '{name}' is as asked for: {metric} and distances within the limits" +
                        (", and no other stronger" if tx_association else ""))
        chosen = random.choice(len(share), num_pos, p=share / share.sum())
        positions.append(centers[chosen] if center_pos else _within(held, chosen, random))
        cells.append(np.stack(np.unravel_index(chosen, levels.shape[1:]), axis=-1))
    return np.array(positions).reshape(len(positions), num_pos, 3), np.array(cells, dtype=np.int64).reshape(len(cells), num_pos, 2)


def subcarrier_frequencies(num_subcarriers: int, subcarrier_spacing_hz: float | None = None, *,
                           subcarrier_spacing: float | None = None) -> NDArray[np.float64]:
    """Baseband frequencies of an OFDM symbol in hertz, ascending: multiples of the spacing from -floor(n / 2) on, 0 among them."""
    if (subcarrier_spacing_hz is None) == (subcarrier_spacing is None):
        raise TypeError("subcarrier_frequencies takes num_subcarriers and subcarrier_spacing_hz (Sionna RT's name: subcarrier_spacing)")
    spacing = subcarrier_spacing if subcarrier_spacing_hz is None else subcarrier_spacing_hz
    count = whole_number("num_subcarriers", num_subcarriers)
    if count < 1 or not (np.isfinite(spacing) and spacing > 0):
        raise Error(f"subcarrier_frequencies needs at least one subcarrier and a spacing > 0, got {count} and {spacing}")
    return (np.arange(count) - count // 2) * float(spacing)
