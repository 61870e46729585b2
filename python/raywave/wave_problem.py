# SPDX-License-Identifier: Apache-2.0
"""Wave scenes as raywave.torch, raywave.jax and gradcheck take them: see raywave.differentiable.Problem."""
import numpy as np

from ._raywave import Error
from .differentiable import Output, Problem


def _power(result):
    return result.power_w_per_m if len(result.x_m) == 1 else result.power_w


def _power_gradient(result, cotangent, names):
    total = {}
    for plane, source in zip(*np.nonzero(cotangent)):
        for name, value in result.power_gradient(int(plane), int(source)).items():
            total[name] = total.get(name, 0) + cotangent[plane, source] * value
    return total


class WaveProblem(Problem):
    """field [planes, sources, num_y] (3D: [..., num_x, num_y]); power through each plane, [planes, sources]; at: the field of `source`
    at points_m [n, 2: y, z] (3D: [n, 3: x, y, z]), which are the arguments. Options are those of wave.simulate. A window that is chosen, the
    step and amplitudes that powers stand for are those of the scene as it is given. An object is scaled, then moved."""

    outputs = {"field": Output(lambda r: r.field, lambda r, cotangent, names: r.vjp(np.ascontiguousarray(cotangent, dtype=np.complex128))),
               "power": Output(_power, _power_gradient),
               "at": Output(lambda r, points_m, source=0: r.at(points_m, source),
                            lambda r, cotangent, names, points_m, source=0: r.points_gradient(points_m, cotangent, source), takes_arguments=True)}

    def __init__(self, solver, scene, wrt, options):
        self.solver, self.wrt, self.options, self.scene = solver, wrt, options, scene.copy()
        self.scene.hold_amplitudes()
        self.scene.step_m = self.scene.step_m or self.scene.wavelength_m / 4
        self.parameters = self.scene.parameters()
        for name in wrt:
            if name not in self.parameters:
                self.scene.set_parameter(name, 0.0)  # raises, naming the nearest
        self.base = {name: self.parameters[name].value for name in wrt}
        for name in wrt:
            owner = name.rpartition("/")[0]
            if name.startswith("object/") and f"{owner}/vertices_m" in wrt and sum(n.startswith(owner + "/") for n in wrt) > 1:
                raise Error(f"{owner}: differentiate by its vertices or by its pose, not by both")
        grid = self.scene.grid
        if grid.points_m is None and (grid.num_y == 0 or grid.num_x == 0):
            result = solver(self.scene, **options)
            grid.num_y, grid.num_x = len(result.y_m), len(result.x_m)

    def step(self, name):
        """A millionth of the value; of what may be 0 of a wavelength, a radian or a one."""
        unit = {"m": self.scene.wavelength_m}.get(self.parameters[name].unit, 1.0)
        largest = np.abs(self.base[name]).max() if name in self.base else 0.0
        return 1e-6 * (largest if name == "wavelength_m" else max(largest, unit))

    def solve(self, values):
        scene = self.scene.copy()
        # materials are made constants at the new frequency; a scale is about the mean of the vertices before they move
        order = {"wavelength_m": 0, "scale": 1}
        for name in sorted(values, key=lambda n: order.get(n.rpartition("/")[2], 2)):
            scene.set_parameter(name, values[name])

        def back(gradient):
            out = {}
            for name in self.wrt:
                value = np.reshape(gradient.get(name, 0.0 * self.base[name]), self.base[name].shape)
                # the gradient is by a further scale
                out[name] = value / values[name] if name.startswith("object/") and name.endswith("/scale") else value
            return out

        return self.solver(scene, **self.options), list(self.wrt), back
