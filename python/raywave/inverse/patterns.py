# SPDX-License-Identifier: Apache-2.0
"""Antennas whose patterns are not known: a gain in dB over direction for each device, beside the antenna that the scene gives it, as a parameter to calibrate.

    solver = inverse.PatternSolver(of="tx")
    rw.calibrate(scene, measured, {"device/*/pattern_db": dict(prior=(0, 3)), ...}, solver=solver, offsets="tx")

The gain is sum_i c_i Y_i(k) with k the direction in the device's frame and Y the real harmonics of degree 1 and 2: x, y, z, xy, yz, zx, x^2 - y^2, 3 z^2 - 1.
A constant is left out: it is the device's offset. The gain multiplies each path's power."""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .. import PathSolver, differentiable
from .._raywave import Error, Scene
from ..differentiable import Output, _rotation

_LN = np.log(10) / 10


def _basis(k, degree):
    """Y [..., n] and dY/dk [..., n, 3]."""
    x, y, z = k[..., 0], k[..., 1], k[..., 2]
    zero, one = np.zeros_like(x), np.ones_like(x)
    values, slopes = [x, y, z], [(one, zero, zero), (zero, one, zero), (zero, zero, one)]
    if degree == 2:
        values += [x * y, y * z, z * x, x * x - y * y, 3 * z * z - 1]
        slopes += [(y, x, zero), (zero, z, y), (z, zero, x), (2 * x, -2 * y, zero), (zero, zero, 6 * z)]
    return np.stack(values, axis=-1), np.stack([np.stack(s, axis=-1) for s in slopes], axis=-2)


def _direction(theta, phi):
    """Unit vector and its slopes by theta and phi."""
    st, ct, sp, cp = np.sin(theta), np.cos(theta), np.sin(phi), np.cos(phi)
    return (np.stack([st * cp, st * sp, ct], axis=-1), np.stack([ct * cp, ct * sp, -st], axis=-1), np.stack([-st * sp, st * cp, np.zeros_like(st)], axis=-1))


class PatternedPaths:
    """Paths with patterns: path_gain and its derivatives, by "device/NAME/pattern_db" too."""

    def __init__(self, paths, names, coefficients, rotations, degree, of, places_move=True):
        self.paths, self.names, self.coefficients, self._of = paths, names, coefficients, of
        theta, phi = (paths.theta_t, paths.phi_t) if of == "tx" else (paths.theta_r, paths.phi_r)
        if theta.ndim != 3:
            raise Error("patterns are of whole devices: synthetic_array=True")
        k, by_theta, by_phi = _direction(theta, phi)  # [num_rx, num_tx, num_paths, 3]
        turn = "rxpi,xij->rxpj" if of == "tx" else "rxpi,rij->rxpj"  # into each device's frame: k R
        k, by_theta, by_phi = (np.einsum(turn, v, rotations) for v in (k, by_theta, by_phi))
        self._y, slopes = _basis(k, degree)
        c = self._c = np.stack(coefficients)  # [devices, n]
        along = "rxpn,xn->rxp" if of == "tx" else "rxpn,rn->rxp"
        self._along = along
        gain = np.einsum(along, self._y, c)
        self._by_angles = [np.einsum(along, np.einsum("rxpni,rxpi->rxpn", slopes, v), c) for v in (by_theta, by_phi)] if places_move else None
        a = np.asarray(paths.a)  # [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        self._count = a.shape[1] * a.shape[3]
        self._weight = np.where(paths.valid, 10 ** (gain / 10), 0.0)
        self._power = (np.abs(a) ** 2).sum(axis=(1, 3)) / self._count  # [num_rx, num_tx, num_paths]
        self.path_gain = (self._weight * self._power).sum(axis=2)

    def __repr__(self):
        return f"PatternedPaths({len(self.paths)} paths, patterns of {len(self.names)} devices)"

    def _parts(self, names):
        own = [n for n in names if n in self.names]
        return own, [n for n in names if n not in self.names]

    def path_gain_vjp(self, cotangent, *, wrt):
        cotangent = np.asarray(cotangent, dtype=float)
        own, others = self._parts([wrt] if isinstance(wrt, str) else list(wrt))
        by_weight = cotangent[:, :, None] * self._power
        by_gain = by_weight * self._weight * _LN
        out = {}
        if own:
            summed = np.einsum("rxp,rxpn->xn" if self._of == "tx" else "rxp,rxpn->rn", by_gain, self._y)
            out = {name: summed[self.names.index(name)] for name in own}
        if others:
            a = np.asarray(self.paths.a)
            by_a = 2 * a * (cotangent[:, :, None] * self._weight)[:, None, :, None, :] / self._count
            suffix = "t" if self._of == "tx" else "r"
            angles = {f"{word}_{suffix}": by_gain * slope for word, slope in zip(("theta", "phi"), self._by_angles or ())}
            out.update(self.paths.vjp(a=by_a, **angles, wrt=others))
        return out

    def path_gain_jvp(self, tangent):
        own, others = self._parts(list(tangent))
        moved = np.zeros_like(self.path_gain)
        if own:
            change = np.zeros_like(self._c)
            for name in own:
                change[self.names.index(name)] = tangent[name]
            moved += (self._weight * self._power * _LN * np.einsum(self._along, self._y, change)).sum(axis=2)
        if others:
            d = self.paths.jvp({name: tangent[name] for name in others})
            suffix = "t" if self._of == "tx" else "r"
            power = 2 * (np.asarray(self.paths.a).conj() * d["a"]).real.sum(axis=(1, 3)) / self._count
            gain = sum(slope * d[f"{word}_{suffix}"] for word, slope in zip(("theta", "phi"), self._by_angles or ()))
            moved += (self._weight * (power + self._power * _LN * gain)).sum(axis=2)
        return moved


class PatternProblem(differentiable.PathProblem):
    outputs = {"path_gain": Output.of_property_with_its_own("path_gain")}

    def __init__(self, solver, scene, wrt, options):
        self.degree, self.of = solver.degree, solver.of
        devices = scene.transmitters if self.of == "tx" else scene.receivers
        self._patterns = [f"device/{name}/pattern_db" for name in devices]
        size = 3 if self.degree == 1 else 8
        if any(name.endswith("/orientation_rad") and name.split("/")[1] in devices for name in wrt):
            raise Error("a device's pattern turns with it: calibrate its orientation_rad or its pattern_db")
        self._rotations = np.stack([_rotation(d.orientation_rad)[0] for d in devices.values()])
        super().__init__(PathSolver(), scene, [name for name in wrt if name not in self._patterns], options)
        own = {name: np.zeros(size) for name in self._patterns}
        self.base, self.wrt = {name: own[name] if name in own else self.base[name] for name in wrt}, list(wrt)
        self._zeros = np.zeros(size)

    def step(self, name):
        return 1e-4 if name in self._patterns else super().step(name)

    def solve(self, values):
        asked, self.wrt = self.wrt, [name for name in self.wrt if name not in self._patterns]
        try:
            paths, names, back = super().solve({name: value for name, value in values.items() if name not in self._patterns})
        finally:
            self.wrt = asked
        own = [name for name in asked if name in self._patterns]
        result = PatternedPaths(paths, self._patterns, [values.get(name, self._zeros) for name in self._patterns], self._rotations, self.degree, self.of, not self._stays)

        def all_back(gradient):
            of_scene = back({name: gradient[name] for name in names}) if names else {}
            return {**of_scene, **{name: gradient[name] for name in own}}

        return result, [*names, *own], all_back

    def tangent(self, values, direction):
        own = {name: moved for name, moved in direction.items() if name in self._patterns}
        rest = super().tangent({n: v for n, v in values.items() if n not in self._patterns}, {n: v for n, v in direction.items() if n not in own})
        return {**own, **rest}


class PatternSolver:
    """Paths whose devices have a gain over direction that is a parameter, "device/NAME/pattern_db". of: "tx" or "rx"; degree 1 (3 numbers) or 2 (8). Options: those of
    PathSolver. For rw.calibrate and rw.fit; calling it gives PatternedPaths with patterns of 0 dB, or those of `patterns` {name: numbers}."""

    problem = PatternProblem

    def __init__(self, of: str = "tx", degree: int = 2):
        if of not in ("tx", "rx") or degree not in (1, 2):
            raise Error(f"patterns are of 'tx' or 'rx' and of degree 1 or 2, got {of!r} and {degree!r}")
        self.of, self.degree = of, degree

    def parameter_names(self, scene: Scene) -> list[str]:
        """Of this scene's devices."""
        return [f"device/{name}/pattern_db" for name in (scene.transmitters if self.of == "tx" else scene.receivers)]

    def __call__(self, scene: Scene, *, patterns: Mapping[str, ArrayLike] | None = None, **options: object) -> PatternedPaths:
        problem = PatternProblem(self, scene, self.parameter_names(scene), options)
        given = {f"device/{name}/pattern_db": np.asarray(value, dtype=float) for name, value in (patterns or {}).items()}
        unknown = [name for name in given if name not in problem.base]
        if unknown:
            raise Error(f"patterns: the scene has no such device: {unknown[0].split('/')[1]}")
        return problem.solve({**problem.base, **given})[0]

    def __repr__(self):
        return f"PatternSolver(of='{self.of}', degree={self.degree})"
