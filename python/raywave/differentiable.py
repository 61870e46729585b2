# SPDX-License-Identifier: Apache-2.0
"""What a solver gives as a function of a scene's parameters, with its derivative: beneath raywave.torch, raywave.jax, gradcheck."""
from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from . import _raywave
from ._raywave import Error

POSE = ("translation_m", "rotation_rad", "scale")


class Output:
    """An array (or a tuple of arrays) of a result, and the gradient by name of a loss of which it is told the cotangent.

    value(result, **arguments); vjp(result, cotangent, names, **arguments): cotangents are d/dRe + j d/dIm where complex.
    is_fixed: its shape is the same whatever the parameters' values are. takes_arguments: those of Function's `channel`."""

    def __init__(self, value: Callable, vjp: Callable, is_fixed: bool = True, takes_arguments: bool = False):
        self.value, self.vjp, self.is_fixed, self.takes_arguments = value, vjp, is_fixed, takes_arguments

    @classmethod
    def of_property(cls, name: str, is_fixed: bool = True) -> Output:
        """result.name, result.vjp(name=cotangent)"""
        return cls(lambda r: getattr(r, name), lambda r, cotangent, names: r.vjp(**{name: cotangent}, wrt=names), is_fixed)

    @classmethod
    def of_property_with_its_own(cls, name: str) -> Output:
        """result.name, result.name_vjp(cotangent)"""
        return cls(lambda r: getattr(r, name), lambda r, cotangent, names: getattr(r, name + "_vjp")(cotangent, wrt=names))

    @classmethod
    def of_method(cls, name: str) -> Output:
        """result.name(...), result.name_vjp(..., cotangent=)"""
        return cls(lambda r, **words: getattr(r, name)(**words),
                   lambda r, cotangent, names, **words: getattr(r, name + "_vjp")(cotangent=cotangent, wrt=names, **words),
                   takes_arguments=True)


class Problem(abc.ABC):
    """A solver as Function sees it; whatever is differentiated by raywave.torch, raywave.jax and gradcheck comes through here.

    A solver takes part by its attribute `problem`, a subclass of this: it says what there is (outputs), what the parameters are now
    (base), and solves for other values. Function asks nothing else of solver or scene."""

    outputs = {}  # {what `of` may be: Output}

    @classmethod
    def more_parameters(cls, options: Mapping[str, object]) -> Mapping:
        """Names of parameters that the solver's options hold, beside those of the scene."""
        return []

    @abc.abstractmethod
    def __init__(self, solver: object, scene: object, wrt: Sequence[str], options: Mapping[str, object]):
        """Keeps a copy of the scene and sets base, {name: array} for the names of wrt. Raises for what is not known or cannot be
        differentiated."""

    @abc.abstractmethod
    def step(self, name: str) -> float:
        """Of central differences by this parameter, in its unit."""

    @abc.abstractmethod
    def solve(self, values: Mapping[str, ArrayLike]) -> tuple:
        """values: {name: array} of all of wrt. (result, names, back): an Output's vjp of the result is asked for these names, and
        back turns what it answers into the gradient by wrt."""


def _of_object(name):
    """(object, quantity) of object/NAME/QUANTITY; (None, the last word) of other parameters."""
    group, _, rest = name.partition("/")
    middle, _, quantity = rest.rpartition("/")
    return (middle if group == "object" else None), quantity


def _rotation(angles):
    """R = Rz(yaw) Ry(pitch) Rx(roll) and its derivatives by the three angles, [3, 3] and [3, 3, 3]."""
    (ca, sa), (cb, sb), (cc, sc) = [(np.cos(x), np.sin(x)) for x in angles]
    z, y, x = [np.array(m) for m in ([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]], [[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]],
                                     [[1, 0, 0], [0, cc, -sc], [0, sc, cc]])]
    dz, dy, dx = [np.array(m) for m in ([[-sa, -ca, 0], [ca, -sa, 0], [0, 0, 0]], [[-sb, 0, cb], [0, 0, 0], [-cb, 0, -sb]],
                                        [[0, 0, 0], [0, -sc, -cc], [0, cc, -sc]])]
    return z @ y @ x, np.array([dz @ y @ x, z @ dy @ x, z @ y @ dx])


class _Pose:
    """x = c + scale R (x0 - c) + translation about the centre c of the bounding box of the mesh at hand."""

    def __init__(self, vertices, values):
        self.lever = vertices - (vertices.min(axis=0) + vertices.max(axis=0)) / 2
        self.scale = float(values.get("scale", 1.0))
        self.rotation, self.turned = _rotation(values.get("rotation_rad", np.zeros(3)))
        self.vertices = vertices - self.lever + self.scale * self.lever @ self.rotation.T + values.get("translation_m", np.zeros(3))

    def gradient(self, quantity, by_vertices):
        if quantity == "translation_m":
            return by_vertices.sum(axis=0)
        if quantity == "scale":
            return np.array((by_vertices * (self.lever @ self.rotation.T)).sum())
        return np.array([self.scale * (by_vertices * (self.lever @ d.T)).sum() for d in self.turned])

    def tangent(self, quantity, direction):
        """How the vertices move."""
        if quantity == "translation_m":
            return np.broadcast_to(direction, self.vertices.shape)
        if quantity == "scale":
            return float(direction) * self.lever @ self.rotation.T
        return self.scale * sum(w * self.lever @ d.T for w, d in zip(direction, self.turned))


class _RayProblem(Problem):
    """Scenes of rays: parameters by their names, poses of objects about their own mesh; panels (rw.Ris), which are an option of the solver, by theirs."""

    @classmethod
    def more_parameters(cls, options: Mapping[str, object]) -> Sequence[str]:
        from .ris import parameter_names
        return parameter_names(options.get("panels"))

    def __init__(self, solver: object, scene: object, wrt: Sequence[str], options: Mapping[str, object]):
        self.of_panels = [name for name in wrt if name.startswith("ris/")]
        if options.get("panels"):
            from .ris import panel_list
            options = {**options, "panels": [p.copy() for p in panel_list(options["panels"])]}
        for name in self.of_panels:
            if name not in (known := _RayProblem.more_parameters(options)):
                raise Error(f"no parameter '{name}'; those of panels: {', '.join(known) or 'none'}")
        self._init_scene(solver, scene, [name for name in wrt if name not in self.of_panels], options)
        for name in self.of_panels:
            panel, word = self._panel(name)
            self.base[name] = np.array(getattr(panel, word), dtype=float)

    def _panel(self, name):
        _, panel, word = name.split("/")
        return next(p for p in self.options["panels"] if p.name == panel), word

    def _set_panels(self, values):
        """The options' panels become new ones with these values."""
        if self.of_panels:
            from .ris import panels_at
            self.options = {**self.options, "panels": panels_at(self.options["panels"], values)}

    def _init_scene(self, solver, scene, wrt, options):
        self.solver, self.wrt, self.options, self.scene = solver, wrt, options, scene.copy()
        parameters = self.scene.parameters()
        self.base = {name: self._known(parameters, name) for name in wrt}
        posed = {owner for owner, quantity in map(_of_object, wrt) if owner and quantity in POSE}
        self._meshes = {owner: parameters[f"object/{owner}/vertices_m"].value for owner in posed}
        for owner in posed:
            if f"object/{owner}/vertices_m" in wrt:
                raise Error(f"object/{owner}: differentiate by its vertices or by its pose, not by both")

    def _known(self, parameters, name):
        if name not in parameters:
            self.scene.difference_step(name)  # raises, naming the nearest
        solvers, solver = parameters[name].solvers, self.solver_name()
        if solver not in solvers:
            able = f"; those that can: {', '.join(solvers)}" if solvers else "; no solver has"
            raise Error(f"'{solver}' has no derivative with respect to {name}{able}")
        return parameters[name].value

    def step(self, name: str) -> float:
        if name.startswith("ris/"):
            return 1e-4 * self.scene.wavelength_m if name.endswith("position_m") else 1e-5
        return self.scene.difference_step(name)

    def solve(self, values: Mapping[str, ArrayLike]) -> tuple:
        self._set_panels(values)
        scene, poses = self.scene.copy(), {}
        beside = {*self.of_panels, *getattr(self, "_of_fields", ())}
        for name in sorted((n for n in values if n not in beside), key=lambda n: n != "frequency_hz"):  # materials are made constants at the new frequency
            owner, quantity = _of_object(name)
            if owner and quantity in POSE:
                poses.setdefault(owner, {})[quantity] = values[name]
            else:
                scene.set_parameter(name, values[name])
        placed = {owner: _Pose(self._meshes[owner], pose) for owner, pose in poses.items()}
        for owner, pose in placed.items():
            scene.set_parameter(f"object/{owner}/vertices_m", pose.vertices)
        # Derivatives are those of the scene as it is solved: poses are in its vertices already.
        at, wrt = {}, [*(n for n in self.wrt if n not in self.of_panels), *self.of_panels]
        for name in wrt:
            owner, quantity = _of_object(name)
            at[name] = f"object/{owner}/vertices_m" if owner in placed and quantity in POSE else name

        def back(gradient):
            return {name: gradient[name] if at[name] == name else placed[_of_object(name)[0]].gradient(_of_object(name)[1], gradient[at[name]])
                    for name in wrt}

        return self.solver(scene, **self.options), sorted(set(at.values())), back

    def tangent(self, values: Mapping[str, ArrayLike], direction: Mapping[str, ArrayLike]) -> dict:
        """How the parameters of the scene that solve() solves move, for jvp of its result, when those of wrt move along `direction`."""
        out, poses = {}, {}
        for name, value in values.items():
            owner, quantity = _of_object(name)
            if owner in self._meshes and quantity in POSE:
                poses.setdefault(owner, {})[quantity] = value
        placed = {owner: _Pose(self._meshes[owner], pose) for owner, pose in poses.items()}
        for name, moved in direction.items():
            owner, quantity = _of_object(name)
            if owner in placed and quantity in POSE:
                key = f"object/{owner}/vertices_m"
                out[key] = out.get(key, 0.0) + placed[owner].tangent(quantity, moved)
            else:
                out[name] = moved
        return out


class _WithFields(_RayProblem):
    """Whose solver takes materials that vary."""

    def __init__(self, solver: object, scene: object, wrt: Sequence[str], options: Mapping[str, object]):
        self.fields = dict(options.get("materials") or {})
        words = {f"material/{name}/{word}": np.array(value) for name, field in self.fields.items() for word, value in field.parameters().items()}
        super().__init__(solver, scene, [name for name in wrt if name not in words], options)
        self.base = {name: words[name] if name in words else self.base[name] for name in wrt}
        self.wrt, self._of_fields = list(wrt), [name for name in wrt if name in words]

    @classmethod
    def more_parameters(cls, options: Mapping[str, object]) -> Sequence[str]:
        return [*_RayProblem.more_parameters(options),
                *(f"material/{name}/{word}" for name, field in (options.get("materials") or {}).items() for word in field.parameters())]

    def step(self, name: str) -> float:
        return 1e-4 if name in self._of_fields else super().step(name)

    def fields_at(self, values: Mapping[str, ArrayLike]) -> dict:
        """The fields with these values of theirs."""
        fields = dict(self.fields)
        for name in self._of_fields:
            of, _, word = name.removeprefix("material/").rpartition("/")
            fields[of] = fields[of].with_parameters(**{word: values[name]})
        return fields

    def solve(self, values: Mapping[str, ArrayLike]) -> tuple:
        self.options = {**self.options, "materials": self.fields_at(values) or None}
        return super().solve(values)

    def tangent(self, values: Mapping[str, ArrayLike], direction: Mapping[str, ArrayLike]) -> dict:
        own = {name: moved for name, moved in direction.items() if name in self._of_fields}
        return {**own, **super().tangent(values, {name: moved for name, moved in direction.items() if name not in own})}


class PathProblem(_WithFields):
    outputs = {**{name: Output.of_property(name, is_fixed=False) for name in ("a", "tau", "theta_t", "phi_t", "theta_r", "phi_r", "doppler")},
               "path_gain": Output.of_property_with_its_own("path_gain"), "mean_delay": Output.of_property_with_its_own("mean_delay"),
               "cir": Output(lambda r, **words: r.cir(**words),
                             lambda r, cotangent, names, **words: r.cir_vjp(*cotangent, wrt=names, **words), is_fixed=False, takes_arguments=True),
               **{name: Output.of_method(name) for name in ("cfr", "taps", "samples", "spectrum")}}

    def __init__(self, solver: object, scene: object, wrt: Sequence[str], options: Mapping[str, object]):
        super().__init__(solver, scene, wrt, options)
        # Where only materials change, paths stay: they are found once, and once more where another material lets rays pass. The places of
        # tiles follow lobes, and there are none on what does not scatter.
        self._stays = all(name.startswith("material/") and "/lobe/" not in name and "/scattering_pattern/" not in name
                          and not (name.endswith("/scattering_coefficient") and self.base[name] in (0, 1)) for name in wrt)
        self._found = {}

    def solve(self, values: Mapping[str, ArrayLike]) -> tuple:
        from . import materials
        if not self._stays:
            return super().solve(values)
        scene = self.scene.copy()
        for name, value in values.items():
            if name not in self._of_fields:
                scene.set_parameter(name, value)
        key = tuple(_raywave.opaque_materials(scene))
        if key not in self._found:
            self._found[key] = self.solver(scene, **{**self.options, "materials": None})
        wrt = list(self.wrt)
        return materials.revalued(self._found[key], scene, self.fields_at(values)), wrt, lambda gradient: {name: gradient[name] for name in wrt}

    def solver_name(self) -> str:
        return "paths"


class ArrivalProblem(_WithFields):
    outputs = {"gain": Output.of_property("gain")}

    def __init__(self, solver: object, scene: object, wrt: Sequence[str], options: Mapping[str, object]):
        super().__init__(solver, scene, wrt, options)
        # The default aperture is in wavelengths; derivatives hold it still in metres.
        if options.get("aperture") is None and options.get("antenna") is None:
            self.options = {**options, "aperture": solver.default_aperture(self.scene.frequency_hz)}

    def solver_name(self) -> str:
        return "paths"


class ScatteringProblem(_WithFields):
    outputs = {"gain": Output.of_property("gain")}

    def solver_name(self) -> str:
        return "scattered power"


class MapProblem(_WithFields):
    outputs = {name: Output.of_property(name) for name in ("path_gain", "rss", "sinr")}

    def __init__(self, solver: object, scene: object, wrt: Sequence[str], options: Mapping[str, object]):
        super().__init__(solver, scene, wrt, options)
        # Cells over the whole scene would move with it; those over the scene as it is now are kept.
        options = self.options
        if all(options.get(word) is None for word in ("center_m", "measurement_surface", "terrain")):
            words = {k: v for k, v in options.items() if k in ("cell_size_m", "height_m", "orientation_rad")}
            plane = solver(self.scene, max_depth=0, los=False, **words)
            self.options = {**options, "center_m": plane.center_m, "size_m": plane.size_m, "height_m": None}

        if self.options.get("method", "exact") == "exact":
            self.options = {"keep_arrivals": True, **self.options}  # for the gradients

    def solver_name(self) -> str:
        return "monte-carlo map" if self.options.get("method") == "monte-carlo" else "exact map"


def _count(result):
    """How many paths each link has, or how many cells are covered; None of other results."""
    if isinstance(result, _raywave.Paths):
        return tuple(np.count_nonzero(result.valid, axis=-1).ravel().tolist())
    if isinstance(result, _raywave.RadioMap):
        return int(np.count_nonzero(result.path_gain))
    return None


class Function:
    """of(values of the parameters wrt): the scene is copied, given the values, solved.

    of: of a PathSolver (the default solver) a, tau, theta_t, phi_t, theta_r, phi_r, doppler, path_gain, mean_delay, cir, cfr, taps, samples,
    spectrum (the last five with their arguments in the dict `channel`; cir is the pair (a, tau)); of a RadioMapSolver path_gain, rss, sinr; of an ArrivalMapSolver and a ScatteringSolver gain; of a
    raywave.wave.Scene, whose solver is raywave.wave.Solver, field, power, at (with points_m and source in `channel`).
    Translation, rotation and scale are about the centre of the scene's own mesh, in this order: scaled, turned, moved."""

    def __init__(self, scene: object, wrt: str | Sequence[str], of: str, solver: object = None, channel: Mapping[str, object] | None = None,
                 **options: object):
        from . import PathSolver
        solver = solver if solver is not None else getattr(scene, "default_solver", PathSolver)()
        self.of, self.channel = of, dict(channel or {})
        self.wrt = [wrt] if isinstance(wrt, str) else list(wrt)
        if len(set(self.wrt)) != len(self.wrt):
            raise Error("wrt names a parameter twice")
        outputs = solver.problem.outputs
        if of not in outputs:
            raise Error(f"of must be one of {', '.join(outputs)}, got '{of}'")
        self.output = outputs[of]
        if self.channel and not self.output.takes_arguments:
            raise Error(f"channel= has the arguments of {', '.join(n for n in outputs if outputs[n].takes_arguments)}, not of {of}")
        self.problem = solver.problem(solver, scene, self.wrt, options)
        self.base = self.problem.base
        self._memo = None

    def __repr__(self):
        return f"Function({self.of} by {', '.join(self.wrt)})"

    def __getstate__(self):  # without what are functions: they are made anew
        return {key: value for key, value in self.__dict__.items() if key not in ("output", "_memo")}

    def __setstate__(self, state):
        self.__dict__.update(state, output=state["problem"].outputs[state["of"]], _memo=None)

    def evaluate(self, values: Mapping[str, ArrayLike]) -> tuple:
        """(output, pullback): pullback(cotangent, d/dRe + j d/dIm where complex) is the list of gradients by wrt. The last one is kept."""
        if len(values) != len(self.wrt):
            raise Error(f"{len(self.wrt)} parameters are named in wrt, {len(values)} values given")
        values = [np.array(v, dtype=self.base[name].dtype) for name, v in zip(self.wrt, values)]
        key = tuple(v.tobytes() for v in values)
        if self._memo and self._memo[0] == key:
            return self._memo[1:]
        for name, value in zip(self.wrt, values):
            if value.shape != self.base[name].shape:
                raise Error(f"{name} has the shape {list(self.base[name].shape)}, got {list(value.shape)}")
        result, names, back = self.problem.solve(dict(zip(self.wrt, values)))
        self._count = _count(result)

        def pullback(cotangent):
            gradient = back(self.output.vjp(result, cotangent, names, **self.channel))
            return [gradient[name] for name in self.wrt]

        self._memo = (key, self.output.value(result, **self.channel), pullback)
        return self._memo[1:]
