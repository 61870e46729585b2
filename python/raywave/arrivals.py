# SPDX-License-Identifier: Apache-2.0
"""Arrival maps: power over azimuth and elevation, as an array of virtual elements or a turned antenna sees a scene's paths.

    arrivals = rw.ArrivalMapSolver()(scene, aperture=rw.Aperture.planar(16, 16, spacing_m=0.005), max_depth=3)
    arrivals.peaks("rx", "tx")
    arrivals.plot(rx="rx", tx="tx")
    rw.ArrivalMapSolver()(scene, antenna=rw.Horn(azimuth_width_rad=0.17), azimuths=360)
"""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from . import _raywave, differentiable
from ._raywave import AntennaArray, ArrivalMap, Error, Paths, Scene
from ._values import real_number, shown, switch, three_numbers, whole_number

SPEED_OF_LIGHT_M_PER_S = 299792458.0


class Aperture:
    """Places of virtual elements in metres, x ahead and z up, and their complex weights (None: equal; scaled to a sum of magnitudes of 1).

    Aperture(positions_m [num_elements, 3], weights), Aperture.planar(...), Aperture.circular(...)."""

    def __init__(self, positions_m: Sequence[Sequence[float]], weights: Sequence[complex] | None = None):
        positions = np.asarray(positions_m, dtype=float)
        if positions.ndim != 2 or positions.shape[1] != 3:
            raise Error(f"positions_m has the shape [num_elements, 3], got {list(positions.shape)}")
        self._words = {"positions_m": positions.tolist(), "weights": None if weights is None else [complex(w) for w in weights]}

    @classmethod
    def planar(cls, num_y: int, num_z: int, spacing_m: float | Sequence[float], weights_y: Sequence[complex] | None = None,
               weights_z: Sequence[complex] | None = None) -> Aperture:
        """A grid in the y-z plane; spacing_m: one number, or those along y and z. Element m of weight weights_y[y] weights_z[z]."""
        spacing = [real_number("spacing_m", s) for s in (spacing_m if np.ndim(spacing_m) else (spacing_m, spacing_m))]
        if len(spacing) != 2:
            raise Error(f"spacing_m takes one number or two, got {len(spacing)}")
        new = cls.__new__(cls)
        new._words = {"num_y": whole_number("num_y", num_y), "num_z": whole_number("num_z", num_z), "spacing_y_m": spacing[0], "spacing_z_m": spacing[1],
                      **{k: None if w is None else [complex(x) for x in w] for k, w in (("weights_y", weights_y), ("weights_z", weights_z))}}
        return new

    @classmethod
    def circular(cls, num_elements: int, radius_m: float) -> Aperture:
        """A ring in the horizontal plane, the first element ahead."""
        count, radius = whole_number("num_elements", num_elements), real_number("radius_m", radius_m)
        if count < 1 or not radius > 0:
            raise Error(f"a circular aperture needs at least one element and a radius_m > 0, got {count} and {radius}")
        angle = 2 * np.pi * np.arange(count) / count
        return cls(np.stack([radius * np.cos(angle), radius * np.sin(angle), 0 * angle], axis=1))

    def __repr__(self):
        w = self._words
        weighted = ", weighted" if any(w.get(k) is not None for k in ("weights", "weights_y", "weights_z")) else ""
        if "positions_m" in w:
            return f"Aperture({len(w['positions_m'])} elements{weighted})"
        return f"Aperture({w['num_y']} x {w['num_z']} elements, spacing_m=({w['spacing_y_m']:.6g}, {w['spacing_z_m']:.6g}){weighted})"

    @property
    def positions_m(self) -> np.ndarray:
        """[num_elements, 3]"""
        w = self._words
        if "positions_m" in w:
            return np.array(w["positions_m"])
        y, z = np.meshgrid(*[(np.arange(w[f"num_{a}"]) - (w[f"num_{a}"] - 1) / 2) * w[f"spacing_{a}_m"] for a in "yz"], indexing="ij")
        return np.stack([0 * y, y, z], axis=-1).reshape(-1, 3)


class Horn:
    """An antenna that is turned over the grid: Gaussian of half-power widths in azimuth and elevation, von Mises-Fisher (of one width,
    round), or the pattern of a rw.PlanarArray's element, a measured one too. phase_center_m: from the axes of rotation, x ahead."""

    def __init__(self, azimuth_width_rad: float = math.radians(10), elevation_width_rad: float | None = None, *, kind: str = "gaussian",
                 pattern: AntennaArray | None = None, phase_center_m: Sequence[float] = (0, 0, 0)):
        if kind not in ("gaussian", "von_mises_fisher"):
            raise Error(f"kind must be 'gaussian' or 'von_mises_fisher', got {kind!r}")
        if pattern is not None and not isinstance(pattern, AntennaArray):
            raise Error(f"pattern takes a rw.PlanarArray(...), got {pattern!r}")
        if kind == "von_mises_fisher" and elevation_width_rad not in (None, azimuth_width_rad):
            raise Error("a von Mises-Fisher horn is round: elevation_width_rad would change nothing")
        self._words = {"is_gaussian": kind == "gaussian", "azimuth_width_rad": real_number("azimuth_width_rad", azimuth_width_rad),
                       "elevation_width_rad": real_number("elevation_width_rad", azimuth_width_rad if elevation_width_rad is None else elevation_width_rad),
                       "pattern": pattern, "phase_center_m": three_numbers("phase_center_m", phase_center_m)}

    def __repr__(self):
        w = self._words
        kind = w["pattern"].pattern if w["pattern"] is not None else "gaussian" if w["is_gaussian"] else "von_mises_fisher"
        return f"Horn({kind!r}, azimuth_width_rad={w['azimuth_width_rad']:.6g}, elevation_width_rad={w['elevation_width_rad']:.6g})"


_AZIMUTHS, _ELEVATIONS = 180, 91


def _grid(azimuths, elevations, sines):
    if sines is not None:
        if np.ndim(sines) != 1 or len(sines) != 2:
            raise Error("sines takes two counts: of rows (sin el) and of columns (cos el sin az)")
        for name, value, default in (("azimuths", azimuths, _AZIMUTHS), ("elevations", elevations, _ELEVATIONS)):
            if np.ndim(value) or value != default:
                raise Error(f"sines are a grid of their own: {name} would change nothing")
        rows, columns = [(2 * np.arange(n) + 1) / n - 1 for n in (whole_number("sines", s) for s in sines)]
    else:
        columns = -np.pi + 2 * np.pi * np.arange(whole_number("azimuths", azimuths)) / max(1, azimuths) if np.ndim(azimuths) == 0 else azimuths
        rows = np.linspace(-np.pi / 2, np.pi / 2, whole_number("elevations", elevations)) if np.ndim(elevations) == 0 else elevations
    for name, values in (("azimuths", columns), ("elevations", rows)):
        if np.ndim(values) != 1:
            raise Error(f"{name} takes a count or values in a row, got {shown(values)}")
    return {"sines": sines is not None, "rows": np.asarray(rows, dtype=float).tolist(), "columns": np.asarray(columns, dtype=float).tolist()}


class ArrivalMapSolver:
    """Power over azimuth and elevation at receivers: ArrivalMapSolver()(scene, aperture=..., max_depth=3, ...) solves for the paths
    (options of PathSolver) and maps them; ArrivalMapSolver()(paths, ...) maps those that are there.

    aperture: an Aperture (default: 8 by 8, half a wavelength apart) or antenna: a Horn. Grid: azimuths and elevations, counts over all
    directions or values in radians; or sines=(rows, columns), evenly spaced in sin(el) and cos(el) sin(az) ahead. coherent: fields with their
    phases; else the mean over these. side: "arrival" or "departure". near_field: spherical waves over the aperture. orientation_rad:
    (yaw, pitch, roll) of grid and aperture in the world. rx_port, tx_port: whose gains. delays_s with bandwidth_hz: the angle-delay spectrum."""

    problem = differentiable.ArrivalProblem

    def __call__(self, scene: Scene | Paths, *, aperture: Aperture | None = None, antenna: Horn | None = None, azimuths: int | Sequence[float] = _AZIMUTHS,
                 elevations: int | Sequence[float] = _ELEVATIONS, sines: tuple[int, int] | None = None, coherent: bool = False, side: str = "arrival",
                 near_field: bool = False, orientation_rad: Sequence[float] = (0, 0, 0), rx_port: int = 0, tx_port: int = 0,
                 delays_s: Sequence[float] = (), bandwidth_hz: float = 0.0, num_threads: int = 0, **path_options: object) -> ArrivalMap:
        from . import PathSolver
        if side not in ("arrival", "departure"):
            raise Error(f"side must be 'arrival' or 'departure', got {side!r}")
        if aperture is not None and antenna is not None:
            raise Error("a map is seen by an aperture or by a turned antenna: give one of them")
        if np.ndim(delays_s) != 1:
            raise Error(f"delays_s takes a row of delays, got {shown(delays_s)}")
        if not len(delays_s) and bandwidth_hz:
            raise Error("bandwidth_hz is that of the delays: without delays_s it would change nothing")
        if isinstance(scene, Paths):
            if path_options:
                raise TypeError(f"the paths are solved already: {', '.join(path_options)} would change nothing")
            paths = scene
        else:
            paths = PathSolver()(scene, num_threads=num_threads, **path_options)
        if aperture is None and antenna is None:
            aperture = self.default_aperture(paths.frequency_hz)
        for name, value, kind in (("aperture", aperture, Aperture), ("antenna", antenna, Horn)):
            if value is not None and not isinstance(value, kind):
                raise Error(f"{name} takes a rw.{kind.__name__}, got {value!r}")
        return _raywave.arrival_map(paths, {
            **_grid(azimuths, elevations, sines), "aperture": aperture and aperture._words, "antenna": antenna and antenna._words,
            "coherent": switch("coherent", coherent), "departures": side == "departure", "near_field": switch("near_field", near_field),
            "orientation_rad": three_numbers("orientation_rad", orientation_rad), "rx_port": whole_number("rx_port", rx_port),
            "tx_port": whole_number("tx_port", tx_port), "delays_s": [real_number("delays_s", t) for t in delays_s],
            "bandwidth_hz": real_number("bandwidth_hz", bandwidth_hz), "num_threads": whole_number("num_threads", num_threads)})

    @staticmethod
    def default_aperture(frequency_hz: float) -> Aperture:
        return Aperture.planar(8, 8, SPEED_OF_LIGHT_M_PER_S / frequency_hz / 2)

    def __repr__(self):
        return "ArrivalMapSolver()"
