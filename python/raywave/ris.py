# SPDX-License-Identifier: Apache-2.0
"""Reconfigurable surfaces in 3D: panels whose elements each reflect with a phase of their own.

    panel = rw.Ris("panel", [5, 10, 3], [-1.57, 0, 0], num_rows=20, num_cols=20, spacing_m=0.04)
    panel.steer(tx.position_m, rx.position_m, scene.frequency_hz)
    result = rw.RisSolver()(scene, panel, max_depth=1)  # result.cfr, result.gain, result.cir
    radio_map = rw.RisMapSolver()(scene, panel, cell_size_m=1.0, center_m=[0, 0, 1.5], size_m=[40, 40])

The model. An element of area A takes in what arrives and sends it out again: the link by way of it has the amplitude A sqrt(cos theta_i cos theta_o)
/ (4 pi d_1 d_2), angles from the panel's normal (its own +x, as arrays face). So it is an antenna of gain 4 pi A cos theta / lambda^2 for two
polarisations, each closed by a load that reflects with -j amplitude exp(j phase). The polarisations are the panel's own y and z, turned by the
least rotation from the normal to the ray's direction. With phases of 0 the sum over the elements tends to a perfectly conducting mirror,
polarisation included, where the spacing is at most half a wavelength.

Ways to a panel and on from it are paths of the scene, with what stands between, reflections and edges, solved for every element (no plane wave is
assumed over a panel). All links add up coherently. Not modelled: the back (it sends nothing), coupling of elements, ways over two panels, the
panel as an obstacle, Doppler. Differentiable in: phases, amplitudes and poses of panels, and what paths are. Not in: path topology."""
from __future__ import annotations

import contextlib
import copy
import dataclasses
import os
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _raywave, differentiable
from ._raywave import Device, Error, Paths, Scene
from ._ris_legs import SPEED_OF_LIGHT, Leg
from ._values import shown, three_numbers, whole_number
from .devices import PlanarArray, Receiver, Transmitter

_POSE = ("position_m", "orientation_rad")
_DIPOLES_RAD = ([0, 0, 0], [0, np.pi / 2, 0], [0, 0, np.pi / 2])  # along z, x, y
_DIPOLE_GAIN = 1.5
_OWN = ("phase_rad", "amplitude", *_POSE)


class Ris:
    """A panel of num_rows x num_cols elements in the y-z plane of its own frame, facing +x; rows from the top, columns along +y. spacing_m: one
    length, or (vertical, horizontal); an element's area is their product. phase_rad, amplitude: [num_rows, num_cols] or one number (amplitude 0 to 1)."""

    def __init__(self, name: str, position_m: Sequence[float], orientation_rad: Sequence[float] = (0.0, 0.0, 0.0), *, num_rows: int, num_cols: int,
                 spacing_m: float | Sequence[float], phase_rad: ArrayLike = 0.0, amplitude: ArrayLike = 1.0,
                 look_at: Sequence[float] | Device | None = None):
        if not isinstance(name, str) or not name or "/" in name:
            raise Error(f"name of a panel takes a word without '/', got {name!r}")
        self.name = name
        self._shape = tuple(whole_number(key, n) for key, n in (("num_rows", num_rows), ("num_cols", num_cols)))
        if min(self._shape) < 1:
            raise Error(f"num_rows and num_cols of '{name}' must be >= 1, got {self._shape[0]} and {self._shape[1]}")
        spacing = _finite(f"spacing_m of '{name}'", spacing_m)
        if spacing.shape not in ((), (2,)) or not (np.isfinite(spacing).all() and (spacing > 0).all()):
            raise Error(f"spacing_m of '{name}' must be > 0, one length or (vertical, horizontal), got {spacing_m!r}")
        self._spacing = tuple(float(s) for s in np.broadcast_to(spacing, 2))
        self.position_m, self.orientation_rad = position_m, orientation_rad
        if look_at is not None:
            probe = Receiver(name, list(self.position_m), look_at=look_at)
            self.orientation_rad = probe.orientation_rad
        self.phase_rad, self.amplitude = phase_rad, amplitude

    def __repr__(self):
        rows, cols = self._shape
        return f"Ris('{self.name}', {rows} x {cols} elements of {self._spacing[0]:g} x {self._spacing[1]:g} m)"

    @property
    def position_m(self) -> NDArray:
        """Of its middle."""
        return self._position.copy()

    @position_m.setter
    def position_m(self, value):
        self._position = _finite(f"position_m of '{self.name}'", three_numbers("position_m", value))

    @property
    def orientation_rad(self) -> NDArray:
        """(yaw, pitch, roll), as of devices."""
        return self._orientation.copy()

    @orientation_rad.setter
    def orientation_rad(self, value):
        self._orientation = _finite(f"orientation_rad of '{self.name}'", three_numbers("orientation_rad", value))

    @property
    def spacing_m(self) -> tuple[float, float]:
        """(vertical, horizontal)"""
        return self._spacing

    @property
    def phase_rad(self) -> NDArray:
        """[num_rows, num_cols]; assign to set it."""
        return self._phase.copy()

    @phase_rad.setter
    def phase_rad(self, value):
        self._phase = self._profile("phase_rad", value)

    @property
    def amplitude(self) -> NDArray:
        """[num_rows, num_cols], of what an element sends on: 0 to 1."""
        return self._amplitude.copy()

    @amplitude.setter
    def amplitude(self, value):
        profile = self._profile("amplitude", value)
        if profile.min() < 0 or profile.max() > 1:
            raise Error(f"amplitude of '{self.name}' must be from 0 to 1, got {profile.min():g} to {profile.max():g}")
        self._amplitude = profile

    def _profile(self, key, value):
        value = _finite(f"{key} of '{self.name}'", value)
        if value.shape not in ((), self._shape):
            raise Error(f"{key} of '{self.name}' has the shape {list(self._shape)}, got {list(value.shape)}")
        return np.array(np.broadcast_to(value, self._shape))

    @property
    def element_positions_m(self) -> NDArray:
        """[num_rows * num_cols, 3] in the scene, row by row."""
        return self._position + self._own_places() @ differentiable._rotation(self._orientation)[0].T

    @property
    def normal(self) -> NDArray:
        """The way it faces."""
        return differentiable._rotation(self._orientation)[0][:, 0]

    def _own_places(self):
        rows, cols = self._shape
        z = ((rows - 1) / 2 - np.arange(rows)) * self._spacing[0]
        y = (np.arange(cols) - (cols - 1) / 2) * self._spacing[1]
        return np.stack([np.zeros(rows * cols), np.tile(y, rows), np.repeat(z, cols)], axis=-1)

    def _set(self, word, value):
        """Fields are linear in amplitudes: differences and a fit's trials may pass 1."""
        if word == "amplitude":
            self._amplitude = self._profile(word, value)
        else:
            setattr(self, word, value)

    def copy(self) -> Ris:
        out = copy.copy(self)
        out._phase, out._amplitude = self._phase.copy(), self._amplitude.copy()
        return out

    def steer(self, from_m: Sequence[float] | Device, to_m: Sequence[float] | Device, frequency_hz: float, *, bits: int = 0) -> Ris:
        """Phases by which all elements add up at to_m, of what comes from from_m in free space; bits: rounded to 2^bits steps (a codebook's word).
        Returns the panel."""
        if not frequency_hz > 0:
            raise Error(f"frequency_hz must be > 0, got {frequency_hz}")
        ends = [end.position_m if isinstance(end, Device) else three_numbers("place", end) for end in (from_m, to_m)]
        places = self.element_positions_m
        way = sum(np.linalg.norm(places - np.asarray(end), axis=-1) for end in ends)
        phase = 2 * np.pi * frequency_hz / SPEED_OF_LIGHT * (way - way.mean())
        if not 0 <= whole_number("bits", bits) <= 32:
            raise Error(f"bits must be 0 (phases as they are) to 32, got {bits}")
        step = 2 * np.pi / 2 ** bits if bits else 0.0
        phase = step * np.round(phase / step) if bits else phase
        self.phase_rad = np.mod(phase, 2 * np.pi).reshape(self._shape)
        return self

    def codebook(self, from_m: Sequence[float] | Device, to_m: ArrayLike, frequency_hz: float, *, bits: int = 0) -> NDArray[np.float64]:
        """Phases [words, num_rows, num_cols]: a word for each place of to_m [words, 3], as steer gives it; bits: of 2^bits steps. The panel stays as it is."""
        places = _finite("to_m", np.atleast_2d(np.asarray(to_m, dtype=float)))
        if places.ndim != 2 or places.shape[1] != 3 or not len(places):
            raise Error(f"to_m has the shape [words, 3], got {list(places.shape)}")
        panel = self.copy()
        return np.array([panel.steer(from_m, place, frequency_hz, bits=bits).phase_rad for place in places])

    def _coefficients(self):
        return -1j * (self._amplitude * np.exp(1j * self._phase)).ravel()

    def _device(self, kind):
        array = PlanarArray(num_cols=self._phase.size, polarization="VH")
        array.element_positions_m = self._own_places()
        return kind(self.name, self._position.tolist(), self._orientation.tolist(), array=array)


@contextlib.contextmanager
def _quiet():
    """Without the warnings that nothing was found, and those that are told of the whole."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no path was found")
        warnings.filterwarnings("ignore", ".* covers no cell")
        warnings.filterwarnings("ignore", ".* resolves single facets")
        yield


def _finite(what, value):
    try:
        if np.iscomplexobj(value):
            raise TypeError
        value = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Error(f"{what} takes numbers, got {shown(value)}") from None
    if not np.isfinite(value).all():
        raise Error(f"{what} must be finite, got {value.tolist()}"[:200])
    return value


def panel_list(panels: Ris | Sequence[Ris] | None) -> list[Ris]:
    """Of one or several; their names differ."""
    return _panels(() if panels is None else panels)


def parameter_names(panels: Ris | Sequence[Ris] | None) -> list[str]:
    """Those of panels: ris/NAME/phase_rad, amplitude, position_m, orientation_rad."""
    return [f"ris/{p.name}/{word}" for p in panel_list(panels) for word in _OWN]


def panels_at(panels: Ris | Sequence[Ris] | None, values: Mapping[str, ArrayLike]) -> list[Ris]:
    """Copies with these values of their parameters, {name: value}; names of others are passed over."""
    found = [p.copy() for p in panel_list(panels)]
    for panel in found:
        for word in _OWN:
            if f"ris/{panel.name}/{word}" in values:
                panel._set(word, values[f"ris/{panel.name}/{word}"])
    return found


def read_panels(file: str | os.PathLike, frequency_hz: float) -> list[Ris]:
    """Those of a run file's tables [[panel]], as the program reads them; steered at this frequency."""
    return [Ris(**words) for words in _raywave.read_panels(os.fspath(file), SPEED_OF_LIGHT / frequency_hz)]


def _panels(panels):
    if not isinstance(panels, (Ris, Sequence)):
        raise Error(f"panels takes rw.Ris or a list of them, got {shown(panels)}")
    panels = [panels] if isinstance(panels, Ris) else list(panels)
    names = [p.name if isinstance(p, Ris) else None for p in panels]
    if None in names:
        raise Error(f"panels takes rw.Ris, got {type(panels[names.index(None)]).__name__}")
    if len(set(names)) < len(names):
        raise Error("two panels have one name")
    return panels


class RisPaths:
    """direct: the paths that touch no panel (rw.Paths), None where they are left out; panels. Links are those of the scene's receivers and transmitters, arrays
    exact (every element on its own)."""

    def __init__(self, scene: Scene, panels: Sequence[Ris], solver: object, options: Mapping[str, object], direct: Paths):
        self._scene, self.panels = scene, panels
        words = {**options, "synthetic_array": False}
        self.direct = solver(scene, **words) if direct else None
        self.frequency_hz, (self.crs, self.origin_m) = scene.frequency_hz, _place(scene)
        self.tx_names, self.rx_names = list(scene.transmitters), list(scene.receivers)
        self._scenes = [_with_panels(scene, panels, Receiver), _with_panels(scene, panels, Transmitter)] if panels else []
        with _quiet():  # a panel that is in the shadow is no fault of the whole
            paths = [solver(there, **{**words, "los": True}) for there in self._scenes]  # los is said of the devices
        self._legs = [(Leg(paths[0], _index(self._scenes[0].receivers, p), p, True), Leg(paths[1], _index(self._scenes[1].transmitters, p), p, False)) for p in panels]

    def __repr__(self):
        return f"RisPaths({len(self.rx_names)} receivers, {len(self.tx_names)} transmitters, {', '.join(map(repr, self.panels)) or 'no panel'})"

    def _panel_channels(self, frequencies):
        """What comes by way of each panel, [rx, rx_ant, tx, tx_ant, frequency]."""
        return [np.einsum("qnrpf,n,qntsf->rptsf", out.channel(frequencies), p._coefficients(), into.channel(frequencies), optimize=True)
                for p, (into, out) in zip(self.panels, self._legs)]

    def cfr(self, frequencies_hz: ArrayLike = (0.0,)) -> NDArray[np.complex128]:
        """[num_rx, num_rx_ant, num_tx, num_tx_ant, num_frequencies] at baseband frequencies, with the carrier's phase: direct paths and panels."""
        frequencies = _frequencies(frequencies_hz)
        parts = self._panel_channels(frequencies)
        if self.direct is not None:
            parts.append(self.direct.cfr(frequencies.tolist(), normalize_delays=False)[..., 0, :])
        return sum(parts)

    def cfr_vjp(self, frequencies_hz: ArrayLike = (0.0,), cotangent: ArrayLike | None = None, *, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name for a cotangent d / d Re + j d / d Im of cfr; without wrt by all that there is."""
        frequencies = _frequencies(frequencies_hz)
        shape = (len(self.rx_names), self._ports(self._scene.receivers), len(self.tx_names), self._ports(self._scene.transmitters), len(frequencies))
        cotangent = np.asarray(cotangent, dtype=complex)
        if cotangent.shape != shape:
            raise Error(f"the cotangent has the shape {list(shape)}, got {list(cotangent.shape)}")
        own, scene_names = self._names(wrt)
        gradient = {name: np.zeros(v.shape) for name, v in scene_names.items()}
        if self.direct is not None and scene_names:
            _add(gradient, self.direct.cfr_vjp(frequencies.tolist(), cotangent[..., None, :], normalize_delays=False, wrt=list(scene_names)))
        for panel, (into, out) in zip(self.panels, self._legs):
            ways, on, load = into.channel(frequencies), out.channel(frequencies), panel._coefficients()
            by_load = np.einsum("qnrpf,qntsf,rptsf->n", np.conj(on), np.conj(ways), cotangent, optimize=True)
            turn = np.exp(1j * panel._phase)
            by_load = by_load.reshape(panel._shape)
            found = {"phase_rad": (np.conj(by_load) * panel._amplitude * turn).real, "amplitude": (np.conj(by_load) * -1j * turn).real}
            pose = [f"device/{panel.name}/{word}" for word in _POSE]
            asked = set(scene_names) | {p for p, word in zip(pose, _POSE) if f"ris/{panel.name}/{word}" in own}
            if asked:
                by_in = np.einsum("qnrpf,n,rptsf->qntsf", np.conj(on), np.conj(load), cotangent, optimize=True)
                by_out = np.einsum("qntsf,n,rptsf->qnrpf", np.conj(ways), np.conj(load), cotangent, optimize=True)
                for leg, by, there in ((into, by_in, self._scenes[0]), (out, by_out, self._scenes[1])):
                    known = [n for n in asked if n in _differentiable(there)]
                    part, turned, by_frequency = leg.vjp(frequencies, by, known)
                    for word, name in zip(_POSE, pose):
                        if name in part:
                            found[word] = found.get(word, 0.0) + part.pop(name) + (turned if word == "orientation_rad" else 0.0)
                    if "frequency_hz" in part:
                        part["frequency_hz"] = part["frequency_hz"] + by_frequency
                    _add(gradient, part)
            gradient.update({f"ris/{panel.name}/{word}": found[word] for word in _OWN if f"ris/{panel.name}/{word}" in own})
        return gradient

    def gains_of(self, name: str, phases_rad: ArrayLike) -> NDArray[np.float64]:
        """gain for each word [words, num_rows, num_cols] of a codebook of the panel called so, [words, num_rx, num_tx], without solving anew: the channel is linear in
        what its elements send on. argmax over the first axis is each link's best word."""
        index = next((i for i, p in enumerate(self.panels) if p.name == name), None)
        if index is None:
            raise Error(f"no panel is named '{name}'; there are: {', '.join(p.name for p in self.panels) or 'none'}")
        panel, (into, out) = self.panels[index], self._legs[index]
        words = _finite("phases_rad", phases_rad)
        if words.ndim != 3 or words.shape[1:] != panel._shape:
            raise Error(f"phases_rad has the shape [words, {panel._shape[0]}, {panel._shape[1]}], got {list(words.shape)}")
        ways, on = into.channel(np.zeros(1)), out.channel(np.zeros(1))
        own = np.einsum("qnrpf,qntsf->nrpts", on, ways, optimize=True)
        rest = self.cfr()[..., 0] - np.einsum("n,nrpts->rpts", panel._coefficients(), own)
        loads = -1j * panel._amplitude.ravel() * np.exp(1j * words.reshape(len(words), -1))
        h = rest + np.einsum("wn,nrpts->wrpts", loads, own)
        return (abs(h) ** 2).sum(axis=(2, 4)) / self._pairs()

    @property
    def gain(self) -> NDArray[np.float64]:
        """|sum of all that arrives|^2 at the carrier, averaged over antenna pairs, linear, [num_rx, num_tx]."""
        return (abs(self.cfr()) ** 2)[..., 0].sum(axis=(1, 3)) / self._pairs()

    def gain_vjp(self, cotangent: ArrayLike, *, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name for a cotangent of gain."""
        by = np.asarray(cotangent, dtype=float) / self._pairs()
        return self.cfr_vjp((0.0,), 2 * by[:, None, :, None, None] * self.cfr(), wrt=wrt)

    def cir(self) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
        """(a [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths + num_panels], tau in the same shape): the direct paths, and each panel as one path, the sum of
        its elements at the carrier, with the delay of the free way over its middle; a holds the carrier's phase. Where there is no path: 0 and -1."""
        parts = self._panel_channels(np.zeros(1))
        ends = [np.array([d.position_m for d in many.values()]).reshape(-1, 3) for many in (self._scene.receivers, self._scene.transmitters)]
        a, tau = [], []
        for panel, part in zip(self.panels, parts):
            rx, tx = (np.linalg.norm(e - panel._position, axis=-1) for e in ends)
            way = (rx[:, None, None, None] + tx[:, None]) / SPEED_OF_LIGHT
            a.append(part)
            tau.append(np.where(part[..., 0] != 0, way, -1.0)[..., None])
        if self.direct is not None:
            direct, delays = self.direct.cir(normalize_delays=False)
            a.insert(0, direct[..., 0])
            tau.insert(0, np.broadcast_to(delays, direct.shape[:-1]))
        return np.concatenate(a, axis=-1), np.concatenate(tau, axis=-1)

    @staticmethod
    def _ports(many):
        return max((d.array.num_ant for d in many.values()), default=0)

    def _pairs(self):
        rx, tx = ([d.array.num_ant for d in many.values()] for many in (self._scene.receivers, self._scene.transmitters))
        return np.outer(rx, tx)

    def _names(self, wrt):
        """Names of panels' own parameters, {name: parameter} of the scene's."""
        own = [f"ris/{p.name}/{word}" for p in self.panels for word in _OWN]
        known = _differentiable(self._scene)
        if wrt is None:
            return own, known
        wrt = [wrt] if isinstance(wrt, str) else list(wrt)
        mine = [name for name in wrt if name in own]
        for name in wrt:
            if name not in own and name not in known:
                _refuse(self._scene, name, own)
        return mine, {name: known[name] for name in wrt if name not in own}


def _refuse(scene, name, own):
    if name.startswith("ris/"):
        raise Error(f"no parameter '{name}'; those of panels: {', '.join(own) or 'none'}")
    scene.difference_step(name)  # raises for what is not known
    raise Error(f"paths have no derivative with respect to {name}")


def _add(gradient, more):
    for name, g in more.items():
        gradient[name] = gradient.get(name, 0.0) + g


def _frequencies(given):
    return _finite("frequencies_hz", np.atleast_1d(np.asarray(given, dtype=float)))


def _differentiable(scene):
    return {name: p for name, p in scene.parameters().items() if "paths" in p.solvers}


def _index(devices, panel):
    return list(devices).index(panel.name)


def _with_panels(scene, panels, kind):
    """A copy where the panels stand for all receivers (kind Receiver) or transmitters."""
    out = scene.copy()
    for name in list(out.receivers if kind is Receiver else out.transmitters):
        out.remove(name)
    for panel in panels:
        out.add(panel._device(kind))
    return out


class RisProblem(differentiable._RayProblem):
    """RisSolver for rw.fit, rw.torch, rw.jax and gradcheck; panels are an option of the solver."""

    outputs = {"cfr": differentiable.Output.of_method("cfr"), "gain": differentiable.Output.of_property_with_its_own("gain")}

    def solver_name(self) -> str:
        return "paths"


class RisSolver:
    """Links of a scene with panels: RisSolver()(scene, panels, max_depth=1, diffraction=True, direct=True). The options are PathSolver's, for each of the ways:
    between devices, to the panels, on from them; direct=False leaves out what touches no panel."""

    problem = RisProblem

    def __call__(self, scene: Scene, panels: Ris | Sequence[Ris] = (), *, direct: bool = True, **options: object) -> RisPaths:
        from . import PathSolver
        if not direct and not _panels(panels):
            raise Error("nothing is left: no panels, and direct=False leaves out what touches none")
        if "synthetic_array" in options:
            raise TypeError("synthetic_array: panels and the arrays of their links are always exact")
        return RisPaths(scene.copy(), [p.copy() for p in _panels(panels)], PathSolver(), options, direct)

    def __repr__(self):
        return "RisSolver()"


class RisMap:
    """path_gain [num_tx, num_y, num_x], linear: of the field's coherent sum at cells' centres, |E|^2, as in exact maps with coherent=True: what three short
    dipoles at right angles receive. cell_centers [num_y, num_x, 3] in metres."""

    def __init__(self, solve: Callable, cell_centers: np.ndarray, scene: Scene, chunk: int):
        self._solve, self.cell_centers, self._chunk = solve, cell_centers, chunk
        self._weights = [_precoding(d) for d in scene.transmitters.values()]
        self.tx_names, (self.crs, self.origin_m) = list(scene.transmitters), _place(scene)
        self.path_gain = np.empty((len(self.tx_names), *cell_centers.shape[:2]))
        flat = self.path_gain.reshape(len(self.tx_names), -1)
        for begin, end, result in self._parts():
            flat[:, begin:end] = (abs(self._fields(result.cfr())) ** 2).sum(axis=1).T / _DIPOLE_GAIN

    def _parts(self):
        places = self.cell_centers.reshape(-1, 3)
        for begin in range(0, len(places), self._chunk):
            end = min(begin + self._chunk, len(places))
            yield begin, end, self._solve(places[begin:end])

    def _fields(self, h):
        """[cell, dipole, tx] from a response at one frequency."""
        fields = np.stack([h[:, 0, t, :len(w), 0] @ w for t, w in enumerate(self._weights)], axis=-1)
        return fields.reshape(-1, len(_DIPOLES_RAD), len(self._weights))

    def vjp(self, path_gain: ArrayLike, *, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name of a loss whose derivative by path_gain is given."""
        cotangent = np.asarray(path_gain, dtype=float)
        if cotangent.shape != self.path_gain.shape:
            raise Error(f"the cotangent has the shape {list(self.path_gain.shape)}, got {list(cotangent.shape)}")
        for name in [wrt] if isinstance(wrt, str) else wrt or ():
            if name.startswith("device/ cell"):
                raise Error(f"no parameter '{name}': cells are no devices")
        flat, gradient = cotangent.reshape(len(self.tx_names), -1) / _DIPOLE_GAIN, {}
        for begin, end, result in self._parts():
            h = result.cfr()
            by_field = 2 * flat[:, begin:end].T[:, None, :] * self._fields(h)
            by_h = np.zeros_like(h)
            for t, w in enumerate(self._weights):
                by_h[:, 0, t, :len(w), 0] = by_field[..., t].reshape(-1, 1) * np.conj(w)
            found = result.cfr_vjp((0.0,), by_h, wrt=wrt)
            _add(gradient, {n: g for n, g in found.items() if not n.startswith("device/ cell")})
        return gradient

    def __repr__(self):
        return f"RisMap({len(self.tx_names)} transmitters, {self.cell_centers.shape[0]} x {self.cell_centers.shape[1]} cells)"


def _place(scene):
    """Where what is solved lies on the earth, as results of other solvers say it."""
    return (None, None) if scene.crs is None else (scene.crs, list(scene.origin_m))


def _precoding(device):
    weights = device.precoding
    count = device.array.num_ant
    return np.full(count, count ** -0.5, dtype=complex) if weights is None else np.asarray(weights, dtype=complex)


class RisMapProblem(RisProblem):
    """RisMapSolver for rw.fit, rw.torch, rw.jax and gradcheck."""

    outputs = {"path_gain": differentiable.Output.of_property("path_gain")}


@dataclasses.dataclass
class _Cells:
    """Solves for cells as receivers, three dipoles at each."""

    base: Scene
    panels: list[Ris]
    options: dict

    def __call__(self, places):
        there = self.base.copy()
        for i, place in enumerate(places):
            for axis, turned in zip("zxy", _DIPOLES_RAD):
                there.add(Receiver(f" cell{i}{axis}", place.tolist(), turned, array=PlanarArray(pattern="dipole")))
        return RisSolver()(there, self.panels, **self.options)


class RisMapSolver:
    """A coherent map of a scene with panels: RisMapSolver()(scene, panels, cell_size_m=1.0, center_m=[0, 0, 1.5], size_m=[40, 40], orientation_rad=[0, 0, 0],
    max_depth=1, ...). The plane is RadioMapSolver's; the other options are RisSolver's. Every cell's centre is a receiver to which each element has its paths."""

    problem = RisMapProblem

    def __call__(self, scene: Scene, panels: Ris | Sequence[Ris] = (), *, center_m: Sequence[float], size_m: float | Sequence[float],
                 cell_size_m: float | Sequence[float] = 1.0, orientation_rad: Sequence[float] = (0.0, 0.0, 0.0), **options: object) -> RisMap:
        from . import RadioMapSolver
        if not scene.transmitters:
            raise Error("a map needs a transmitter")
        panels = [p.copy() for p in _panels(panels)]
        with _quiet():
            plane = RadioMapSolver()(scene, center_m=center_m, size_m=size_m, cell_size_m=cell_size_m, orientation_rad=orientation_rad, max_depth=0, los=False)
        base = scene.copy()
        for name in list(base.receivers):
            base.remove(name)

        elements = sum(p._phase.size for p in panels)
        return RisMap(_Cells(base, panels, options), np.array(plane.cell_centers), base, max(1, 200_000 // max(1, elements)))

    def __repr__(self):
        return "RisMapSolver()"
