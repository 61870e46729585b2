# SPDX-License-Identifier: Apache-2.0
"""What the exports take of a campaign's dataset (Campaign.dataset(), or a part of it that isel and sel gave): a map where its receivers are a
level grid, and its impulse responses."""
from __future__ import annotations

import numpy as np

from .._raywave import Error

_LINKS = ("scene", "sample", "time", "frequency_hz")


def is_dataset(thing) -> bool:
    return hasattr(thing, "data_vars") and hasattr(thing, "isel")


def arrays(data) -> dict:
    """{name: array} of variables and coordinates, in letters, digits and underscores."""
    out = {}
    for name, values in {**data.coords, **data.data_vars}.items():
        held = np.asarray(values.values)
        out[str(name).replace(".", "_").replace("-", "_")] = [str(x) for x in held.ravel()] if held.dtype.kind in "OUT" else held
    for name, value in data.attrs.items():
        out.setdefault(str(name), value if isinstance(value, str) else np.asarray(value))
    return out


class Grid:
    """A map as save_geotiff reads it: path_gain [transmitter, y, x] at receivers on a level grid. @raises Error for other receivers, and for more
    than one scene, sample or frequency"""

    def __init__(self, data, what):
        if "path_gain" not in data or "receiver_position_m" not in data.coords:
            raise Error(f"{what}: the dataset of a campaign is wanted, with path_gain and receiver_position_m")
        for axis in _LINKS:
            if data.sizes.get(axis, 1) > 1:
                raise Error(f"{what}: one {axis} at a time: data.isel({axis}=0)")
        data = data.squeeze([axis for axis in _LINKS if axis in data.dims])
        gain = data.path_gain.expand_dims([axis for axis in ("transmitter", "receiver") if axis not in data.path_gain.dims]).transpose("transmitter", "receiver").values
        places = np.atleast_2d(data.receiver_position_m.values)
        x, y = (np.unique(places[:, k]) for k in range(2))
        columns, rows = np.searchsorted(x, places[:, 0]), np.searchsorted(y, places[:, 1])
        level = np.ptp(places[:, 2]) == 0 and len(places) == len(x) * len(y) == len({*zip(rows.tolist(), columns.tolist())})
        even = all(len(u) > 1 and np.ptp(np.diff(u)) <= 1e-6 * (u[1] - u[0]) for u in (x, y))
        if not (level and even):
            raise Error(f"{what}: receivers on a level grid of even spacing are wanted, at least two along x and y (receivers=dict(grid=...))")
        if np.isnan(gain).any():
            raise Error(f"{what}: {int(np.isnan(gain).sum())} links are not solved yet: campaign.run()")
        self.path_gain = np.empty((len(gain), len(y), len(x)))
        self.path_gain[:, rows, columns] = gain
        centers = np.stack(np.broadcast_arrays(x[None, :], y[:, None], places[0, 2]), axis=-1)
        self.held = {"surface": "plane", "orientation_rad": (0.0, 0.0, 0.0), "cell_centers_m": centers, "cell_size_m": (x[1] - x[0], y[1] - y[0]),
                     "tx_names": np.atleast_1d(data.transmitter.values).tolist(), "frequency_hz": float(data.frequency_hz)}
        self.crs, self.origin_m = data.attrs.get("crs"), data.attrs.get("origin_m")

    def tx_association(self):
        best = self.path_gain.argmax(axis=0).astype(np.int32)
        return np.where(self.path_gain.max(axis=0) > 0, best, -1)


def impulse_responses(data, sampling_frequency_hz, num_time_steps, normalize_delays) -> list:
    """[(a [rx, rx_ant, tx, tx_ant, path, time step], tau [rx, tx, path])], as Paths.cir gives them, one a scene, sample (or time) and frequency."""
    for name in ("a", "tau", "doppler"):
        if name not in data:
            raise Error("cir_generator: a campaign with the output 'paths' is wanted")
    axes = [axis for axis in _LINKS if axis in data.a.dims]
    out = []
    for index in np.ndindex(*(data.sizes[axis] for axis in axes)):
        one = data.isel(dict(zip(axes, index)))
        whole = [axis for axis in ("receiver", "transmitter") if axis not in one.a.dims]
        a = one.a.expand_dims(whole).transpose("receiver", "receiver_port", "transmitter", "transmitter_port", "path").values
        tau, doppler = (one[name].expand_dims(whole).transpose("receiver", "transmitter", "path").values for name in ("tau", "doppler"))
        if np.isnan(tau).any():
            raise Error("cir_generator: some links are not solved yet: campaign.run()")
        there = tau >= 0
        if normalize_delays:
            tau = np.where(there, tau - np.where(there, tau, np.inf).min(axis=-1, keepdims=True, initial=np.inf), tau)
        turn = np.exp(-2j * np.pi * np.where(there, np.remainder(float(one.frequency_hz) * tau, 1.0), 0.0))
        steps = np.exp(2j * np.pi * doppler[..., None] * np.arange(num_time_steps) / sampling_frequency_hz)
        out.append((a[..., None] * (turn[..., None] * steps)[:, None, :, None], tau))
    return out
