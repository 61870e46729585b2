# SPDX-License-Identifier: Apache-2.0
"""A simulation as an xarray dataset."""
from __future__ import annotations

import numpy as np

from .._requirements import need
from .._place import where

_OF_TRACKS = {"tau_s": ("tau", "s", "delay"), "doppler_hz": ("doppler", "Hz", "Doppler shift"), "theta_t": ("theta_t", "rad", "departure, zenith angle"),
              "phi_t": ("phi_t", "rad", "departure, azimuth"), "theta_r": ("theta_r", "rad", "where the wave comes from, zenith angle"),
              "phi_r": ("phi_r", "rad", "where the wave comes from, azimuth")}


def dataset(simulation, frequencies_hz):
    xarray = need("xarray", "to_xarray")
    out, coords = {}, {"time": ("time", simulation.times_s, {"units": "s", "long_name": "time"}), "axis": ("axis", ["x", "y", "z"])}
    for end in ("tx", "rx"):
        devices = simulation._scene.transmitters if end == "tx" else simulation._scene.receivers
        coords[end] = (end, np.array(list(devices), dtype=str) if devices else np.array([], dtype="<U1"))
        coords[f"{end}_position"] = (("time", end, "axis"), _positions(simulation, devices), {"units": "m"})
    moving = [name for name, body in simulation._bodies.items() if body.is_object]
    if moving:
        coords["moving_object"] = ("moving_object", np.array(moving, dtype=str))
        coords["object_position"] = (("time", "moving_object", "axis"), _positions(simulation, moving), {"units": "m", "long_name": "middle of its box, at rest"})
    if simulation.paths:
        out |= _of_tracks(simulation.tracks, coords)
        out["link_path_gain"] = (("time", "rx", "tx"), np.stack([p.path_gain for p in simulation.paths]), {"units": "1"})
        if frequencies_hz is not None:
            f = np.atleast_1d(np.asarray(frequencies_hz, dtype=np.float64))
            coords["frequency"] = ("frequency", f, {"units": "Hz", "long_name": "baseband frequency"})
            out["cfr"] = (("time", "rx", "rx_ant", "tx", "tx_ant", "frequency"), simulation.cfr(f), {"units": "1"})
    if simulation.radio_maps:
        out |= _of_maps(simulation, coords, xarray)
    attrs = {"title": "raywave simulation", "frequency_hz": simulation._scene.frequency_hz,
             "convention": "exp(+j 2 pi f t); the baseband coefficient is a exp(-j 2 pi f tau), of phase `phase`", **where(simulation._scene)}
    return xarray.Dataset(out, coords, attrs)


def _positions(simulation, names):
    rows = [simulation._bodies[name].positions if name in simulation._bodies
            else np.repeat([simulation._scene.get(name).position_m], len(simulation), axis=0) for name in names]
    return np.stack(rows, axis=1) if rows else np.zeros((len(simulation), 0, 3))


def _of_tracks(tracks, coords):
    texts = {"track": [str(t) for t in tracks.tracks], "track_tx": [t.tx for t in tracks.tracks], "track_rx": [t.rx for t in tracks.tracks]}
    for name, values in texts.items():
        coords[name] = ("track", np.array(values, dtype=str) if values else np.array([], dtype="<U1"))
    out = {"valid": (("time", "track"), tracks.valid, {"long_name": "whether the track has a path"})}
    for name, (there, unit, what) in _OF_TRACKS.items():
        out[there] = (("time", "track"), getattr(tracks, name), {"units": unit, "long_name": what})
    ports = ("time", "track", "rx_ant", "tx_ant")
    out["a"] = (ports, tracks.a, {"units": "1", "long_name": "gain without propagation phase"})
    out["phase"] = (ports, tracks.phase_rad, {"units": "rad", "long_name": "phase at the carrier, continuous over time"})
    out["vertices"] = (("time", "track", "interaction", "axis"), tracks.vertices, {"units": "m"})
    return out


def _of_maps(simulation, coords, xarray):
    first = simulation.radio_maps[0].to_xarray()
    shapes = {m.path_gain.shape for m in simulation.radio_maps}
    if len(shapes) > 1:
        from .._raywave import Error
        raise Error(f"to_xarray: the maps have different numbers of cells ({', '.join(map(str, sorted(shapes)))}), as their surface moves: give center_m and size_m")
    dims = first.path_gain.dims
    for name in ("x", "y", "cell_center"):
        if name in first.coords:
            coords[name] = first.coords[name].variable
    out = {}
    for name in ("path_gain", "rss", "sinr"):
        held = np.stack([getattr(m, name) for m in simulation.radio_maps])
        out[f"map_{name}"] = (("time", *dims), held if "cell" not in dims else held[:, :, 0, :], first[name].attrs)
    return out
