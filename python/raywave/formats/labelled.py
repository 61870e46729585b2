# SPDX-License-Identifier: Apache-2.0
"""Results as xarray datasets: named dimensions, coordinates, units in attrs. Numbers are those of the result, bit for bit."""
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._methods import method
from .._raywave import ArrivalMap, Paths, RadioMap, WaveResult
from .._place import where
from .._requirements import need
from .content import content, names

XYZ = ["x", "y", "z"]
# of the padded arrays of Paths: unit, what
_OF_PATHS = {
    "tau": ("s", "delay; -1 where there is no path"),
    "theta_t": ("rad", "departure, zenith angle"),
    "phi_t": ("rad", "departure, azimuth"),
    "theta_r": ("rad", "where the wave comes from, zenith angle"),
    "phi_r": ("rad", "where the wave comes from, azimuth"),
    "doppler": ("Hz", "Doppler shift"),
    "valid": ("1", "whether there is a path"),
}


def _labelled(values, unit, what, **more):
    return np.asarray(values), {"units": unit, "long_name": what, **more}


def _text(listed):
    return np.array(names(listed), dtype=str) if len(listed) else np.array([], dtype="<U1")


def _variable(dims, labelled):
    values, attrs = labelled
    return dims, values, attrs


@method(Paths, "to_xarray")
def _paths_to_xarray(self, frequencies_hz: ArrayLike | None = None, **channel: object) -> Any:
    """An xarray.Dataset with the dimensions rx, rx_ant, tx, tx_ant, path, interaction, axis: a, tau, angles, doppler, valid,
    interactions, objects, vertices. With frequencies_hz the frequency response too, with the arguments of cfr."""
    xarray = need("xarray", "to_xarray")
    held = content(self)
    ends = ("rx", "rx_ant", "tx", "tx_ant", "path")
    place = ends if not held["synthetic_array"] else ("rx", "tx", "path")
    out = {"a": _variable(ends, _labelled(self.a, "1", "gain without propagation phase; 0 where there is no path"))}
    for name, (unit, what) in _OF_PATHS.items():
        out[name] = _variable(place, _labelled(getattr(self, name), unit, what))
    flags = {"flag_values": [0, 1, 4, 8], "flag_meanings": "none specular_reflection refraction diffraction"}
    out["interactions"] = _variable(("interaction", *place), _labelled(self.interactions, "1", "kind of interaction", **flags))
    out["objects"] = _variable(("interaction", *place), _labelled(self.objects, "1", "index into object_name; -1 none"))
    out["vertices"] = _variable(("interaction", *place, "axis"), _labelled(self.vertices, "m", "where it happens"))
    coords = {"rx": ("rx", _text(held["rx_names"])), "tx": ("tx", _text(held["tx_names"])), "axis": ("axis", XYZ),
              "object_name": ("object", _text(held["object_names"]))}
    for end in ("rx", "tx"):
        coords[f"{end}_position"] = _variable((end, "axis"), _labelled(held[f"{end}_positions_m"], "m", "position of the device"))
        ports = held[f"{end}_num_elements"] * held[f"{end}_num_slants"]
        coords[f"{end}_num_ant"] = _variable((end,), _labelled(ports, "1", "ports of the device; further ones are padding"))
    if frequencies_hz is not None:
        f = np.atleast_1d(np.asarray(frequencies_hz, dtype=np.float64))
        out["cfr"] = _variable((*ends[:-1], "time_step", "frequency"), _labelled(self.cfr(list(f), **channel), "1", "frequency response"))
        coords["frequency"] = _variable(("frequency",), _labelled(f, "Hz", "baseband frequency"))
    elif channel:
        raise TypeError(f"{', '.join(channel)}: of the frequency response, which needs frequencies_hz")
    attrs = {"title": "raywave paths", "frequency_hz": float(held["frequency_hz"]), "synthetic_array": int(held["synthetic_array"]),
             "convention": "exp(+j 2 pi f t); the baseband coefficient is a exp(-j 2 pi f tau)", **where(self)}
    return xarray.Dataset(out, coords, attrs)


def _axis_aligned(held):
    """Whether the cells' own x and y are the scene's."""
    return not np.any(held["orientation_rad"])


@method(RadioMap, "to_xarray")
def _map_to_xarray(self) -> Any:
    """An xarray.Dataset: path_gain, rss, sinr [tx, y, x] and association [y, x]. x and y are the scene's, or where the map is turned
    those of its plane from its centre. Of a mesh: [tx, cell] with the cells' corners."""
    xarray = need("xarray", "to_xarray")
    held = content(self)
    mesh = str(held["surface"]) == "mesh"
    cells = ("cell",) if mesh else ("y", "x")
    centers = held["cell_centers_m"]

    def shaped(values):
        return values[..., 0, :] if mesh else values

    out = {name: _variable(("tx", *cells), _labelled(shaped(getattr(self, name)), unit, what)) for name, unit, what in (
        ("path_gain", "1", "path gain, linear"), ("rss", "W", "received signal strength"), ("sinr", "1", "signal to interference and noise, linear"))}
    out["association"] = _variable(cells, _labelled(shaped(self.tx_association()), "1", "index of the strongest transmitter; -1 none"))
    coords = {"tx": ("tx", _text(held["tx_names"])), "axis": ("axis", XYZ),
              "tx_power": _variable(("tx",), _labelled(held["tx_power_w"], "W", "power of the transmitter"))}
    coords["cell_center"] = _variable((*cells, "axis"), _labelled(centers[0] if mesh else centers, "m", "centre of the cell"))
    if mesh:
        coords["cell_corners"] = _variable(("cell", "corner", "axis"), _labelled(held["cell_corners_m"], "m", "corners of the triangle"))
    else:
        x, y, whose = _cell_axes(held)
        coords["x"] = _variable(("x",), _labelled(x, "m", f"x {whose}"))
        coords["y"] = _variable(("y",), _labelled(y, "m", f"y {whose}"))
    attrs = {"title": "raywave radio map", "frequency_hz": float(held["frequency_hz"]), "noise_power_w": float(held["noise_power_w"]),
             "surface": str(held["surface"]), "orientation_rad": held["orientation_rad"].tolist(), **where(self)}
    return xarray.Dataset(out, coords, attrs)


def _cell_axes(held):
    """Centres of columns and rows, and whose axes they are along."""
    centers = held["cell_centers_m"]
    if _axis_aligned(held):
        return centers[0, :, 0], centers[:, 0, 1], "of the scene"
    rows, columns = centers.shape[:2]
    cell = held["cell_size_m"]
    return (np.arange(columns) - (columns - 1) / 2) * cell[0], (np.arange(rows) - (rows - 1) / 2) * cell[1], "of the map's plane, from its centre"


@method(ArrivalMap, "to_xarray")
def _arrivals_to_xarray(self) -> Any:
    """An xarray.Dataset: gain [rx, tx, row, column], with delays_s [rx, tx, delay, row, column], over azimuth and elevation [row, column]
    in radians in the aperture's frame."""
    xarray = need("xarray", "to_xarray")
    held = content(self)
    delays = held["delays_s"]
    dims = ("rx", "tx", *(("delay",) if len(delays) else ()), "row", "column")
    coords = {end: (end, _text(held[f"{end}_names"])) for end in ("rx", "tx")}
    for name, what in (("azimuth", "azimuth looked at, from x towards y"), ("elevation", "elevation looked at")):
        coords[name] = _variable(("row", "column"), _labelled(held[f"{name}_rad"], "rad", what))
    if len(delays):
        coords["delay"] = _variable(("delay",), _labelled(delays, "s", "delay"))
    attrs = {"title": "raywave arrival map", "frequency_hz": float(held["frequency_hz"]), "side": "departure" if held["departures"] else "arrival",
             "grid": str(held["grid"]), **where(self)}
    return xarray.Dataset({"gain": _variable(dims, _labelled(self.gain, "1", "power gain in this direction, linear"))}, coords, attrs)


@method(WaveResult, "to_xarray")
def _wave_to_xarray(self) -> Any:
    """An xarray.Dataset: field [plane, source, y] (3D: [plane, source, x, y]), with reflections backward too, and the power through each
    plane. z, y and x in metres."""
    xarray = need("xarray", "to_xarray")
    held = content(self)
    volume = held["field"].ndim == 4
    dims = ("z", "source", "x", "y") if volume else ("z", "source", "y")
    unit = "V/m where the source's power is given, else the source's amplitude"
    out = {"field": _variable(dims, _labelled(held["field"], "V m-1", "field that travels along +z", comment=unit))}
    if "backward" in held:
        out["backward"] = _variable(dims, _labelled(held["backward"], "V m-1", "field that travels along -z", comment=unit))
    power, per = ("power_w", "W") if volume else ("power_w_per_m", "W m-1")
    out["power"] = _variable(("z", "source"), _labelled(getattr(self, power), per, "flux through the plane"))
    coords = {"source": ("source", _text(held["source_names"])), "z": _variable(("z",), _labelled(self.z_m, "m", "along the march")),
              "y": _variable(("y",), _labelled(self.y_m, "m", "across"))}
    if volume:
        coords["x"] = _variable(("x",), _labelled(self.x_m, "m", "across"))
    attrs = {"title": "raywave wave field", "frequency_hz": float(held["frequency_hz"]), "convention": "exp(+j 2 pi f t)",
             "warnings": "\n".join(self.warnings), **where(self)}
    return xarray.Dataset(out, coords, attrs)

