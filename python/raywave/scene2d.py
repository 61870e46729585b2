# SPDX-License-Identifier: Apache-2.0
"""Ray tracing in the plane.

    scene = raywave.Scene2D.square_scene()
    paths = scene.trace(max_order=2)                       # columns: valid, power, length_m, ...
    x, y = scene.grid(300)
    gain = scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, max_order=2)

docs/plane.md has the rules: what a path is, hard and smoothed conditions, the three methods, derivatives."""
from __future__ import annotations

import dataclasses
import functools
import importlib
import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _raywave, _scene2d_cuts, _scene2d_files, _scene2d_objects, _values  # noqa: F401: they give the class methods
from ._methods import method
from ._raywave import Error, Paths2D, PathSampler, Scene2D
from ._scene2d_pictures import Path2D  # noqa: F401: raywave.scene2d.Path2D
from .differentiable import Output, Problem

_OPTIONS = {"min_order": 0, "max_order": 1, "candidates": "all", "max_bytes": 1e9, "method": "image", "num_starts": 4, "max_steps": 50, "seed": 42,
            "sampler": None, "num_samples": 10, "approx": False, "activation": "hard_sigmoid", "keep_invalid": False, "num_threads": 0}
_NUMBERS = _scene2d_files.NUMBERS


@dataclasses.dataclass(frozen=True)
class Parameter2D:
    """A differentiable quantity of a scene in the plane, as it was when asked for."""

    name: str
    value: np.ndarray
    unit: str

    @property
    def shape(self):
        return self.value.shape


def _prepared(scene, order, filter_objects, words):
    """(scene, options): numbers such as alpha= are given to a copy."""
    numbers = {k: words.pop(k) for k in _NUMBERS if k in words}
    unknown = sorted(set(words) - set(_OPTIONS))
    if unknown:
        import difflib
        near = difflib.get_close_matches(unknown[0], [*_OPTIONS, *_NUMBERS, "order", "filter_objects"], 1)
        raise Error(f"unknown option '{unknown[0]}'" + (f", did you mean '{near[0]}'?" if near else ""))
    options = {**_OPTIONS, **words}
    if order is not None:
        options["min_order"] = options["max_order"] = order
    options["function"] = options.pop("activation")
    options["use"] = None if filter_objects is None else [int(bool(filter_objects(o))) for o in scene.objects]
    if numbers:
        scene = scene.copy()
        for name, value in numbers.items():
            setattr(scene, name, float(value))
    return scene, options


@method(Scene2D, "trace")
def _trace(self, *, order: int | None = None, filter_objects: Callable[[dict], bool] | None = None, **options: Any) -> Paths2D:
    """Paths between all transmitters and receivers. Options: min_order, max_order (or order), candidates ("all", "visible", or "sampled" by sampler=, a
    PathSampler, num_samples a link and order), max_bytes,
    filter_objects(object) (whether paths touch it; it blocks all the same), method ("image", "fermat", "min-path"), num_starts, max_steps,
    seed, approx, activation ("hard_sigmoid", "sigmoid"), keep_invalid, num_threads; r_coef, height_m, alpha in place of the scene's."""
    scene, options = _prepared(self, order, filter_objects, options)
    return scene._trace(options)


@method(Scene2D, "num_path_candidates")
def _num_path_candidates(self, min_order: int = 0, max_order: int = 1) -> float:
    """How many candidates there are in all: N (N - 1)^(n - 1) of order n."""
    return _raywave._plane_candidates(len(self.objects), min_order, max_order)


# --- places ---


@method(Scene2D, "bounding_box")
def _bounding_box(self) -> NDArray[np.float64]:
    """[[x_min, y_min], [x_max, y_max]] of objects and devices."""
    points = [*self.transmitters.values(), *self.receivers.values()]
    for o in self.objects:
        points += [o[k] for k in ("a", "b") if k in o and o["kind"] != "arc"]
        if o["kind"] == "arc":
            angles = np.linspace(o["begin_rad"], o["end_rad"], 65)
            points += list(np.stack([o["a"][0] + o["radius_m"] * np.cos(angles), o["a"][1] + o["radius_m"] * np.sin(angles)], axis=1))
    if not points:
        raise Error("an empty scene has no bounding box")
    points = np.asarray(points, dtype=np.float64)
    return np.array([points.min(axis=0), points.max(axis=0)])


@method(Scene2D, "grid")
def _grid(self, m: int = 50, n: int | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y [n, m] over the bounding box, ends included; n: m."""
    for count in (m, m if n is None else n):
        if _values.integer("a grid's number of points", count) < 1:
            raise Error(f"a grid has at least 1 point a side, got {count}")
    (x0, y0), (x1, y1) = self.bounding_box()
    x, y = np.meshgrid(np.linspace(x0, x1, m), np.linspace(y0, y1, m if n is None else n))
    return x, y


@method(Scene2D, "get_location")
def _get_location(self, where: str = "C") -> tuple[float, float]:
    """A place of the bounding box: C, its middle, N, E, S, W, the middles of its sides, NE, NW, SE, SW, its corners."""
    if where not in ("C", "N", "E", "S", "W", "NE", "NW", "SE", "SW"):
        raise Error(f"a location is one of C, N, E, S, W, NE, NW, SE, SW, got {where!r}")
    (x0, y0), (x1, y1) = self.bounding_box()
    return (float(x1 if "E" in where else x0 if "W" in where else (x0 + x1) / 2), float(y1 if "N" in where else y0 if "S" in where else (y0 + y1) / 2))


def _closest(devices, what, to):
    if not devices:
        raise Error(f"the scene has no {what}")
    name = min(devices, key=lambda n: math.dist(devices[n], to))
    return name, math.dist(devices[name], to)


@method(Scene2D, "get_closest_transmitter")
def _closest_tx(self, to: Sequence[float]) -> tuple[str, float]:
    """(its name, its distance in metres)."""
    return _closest(self.transmitters, "transmitters", to)


@method(Scene2D, "get_closest_receiver")
def _closest_rx(self, to: Sequence[float]) -> tuple[str, float]:
    """(its name, its distance in metres)."""
    return _closest(self.receivers, "receivers", to)


@method(Scene2D, "parameters")
def _parameters(self) -> dict[str, Parameter2D]:
    """{name: value, unit, shape} of everything that has a derivative."""
    return {name: Parameter2D(name, value, unit) for name, unit, value in self._parameters()}


# --- maps ---


@dataclasses.dataclass(frozen=True)
class PathBatch:
    """Paths of one order as a function of paths sees them."""

    order: int
    vertices: np.ndarray  # [n, order + 2, 2]
    length_m: np.ndarray  # [n]
    departure_rad: np.ndarray
    arrival_rad: np.ndarray


def _of_paths(what, given, shape):
    """What a function of paths gave, as an array of this shape; one number stands for all."""
    try:
        out = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise Error(f"{what} of a function of paths must be numbers [{', '.join(map(str, shape))}], got {type(given).__name__}") from None
    if out.shape not in (shape, ()):
        raise Error(f"{what} of a function of paths must have the shape {list(shape)}, got {list(out.shape)}")
    if not np.isfinite(out).all():
        raise Error(f"{what} of a function of paths is not finite at path {int(np.argwhere(~np.isfinite(out))[0, 0]) if out.shape else 0} of its order")
    return out


def _apply(fun, paths):
    """(value [paths], slope by all vertices or None) of a function in Python."""
    order, flat = paths.order, paths.vertices_flat
    begin = np.concatenate([[0], np.cumsum(order + 2)])[:-1]
    value, slope = np.zeros(len(order)), None
    for n in np.unique(order):
        rows = np.flatnonzero(order == n)
        places = begin[rows, None] + np.arange(n + 2)
        out = fun(PathBatch(int(n), flat[places], paths.length_m[rows], paths.departure_rad[rows], paths.arrival_rad[rows]))
        if isinstance(out, tuple):
            out, by_vertices = out
            slope = np.zeros_like(flat) if slope is None else slope
            slope[places] = _of_paths("the slope by vertices", by_vertices, (len(rows), n + 2, 2))
        value[rows] = _of_paths("the value", out, (len(rows),))
    return value, slope


def _map_in_python(scene, options, x, y, fun, over_transmitters, want_grad):
    """(value [devices, points], gradient or None): chunks of points become devices."""
    chunk = 4096
    if options["approx"]:  # keeps every candidate: as many points as max_bytes has room for
        touched = len(scene.objects) if options["use"] is None else sum(options["use"])
        row = 400 + 60 * options["max_order"]  # bytes a path, as trace counts them and more
        per_point = row * max(1.0, _raywave._plane_candidates(touched, options["min_order"], options["max_order"]))
        chunk = int(max(1, min(chunk, options["max_bytes"] // per_point)))
    fixed = scene.receivers if over_transmitters else scene.transmitters
    values, gradients = np.zeros((len(fixed), len(x))), np.zeros((len(fixed), len(x), 2)) if want_grad else None
    if "fixed" not in options:
        options = {**options, "keep_invalid": False}
    for begin in range(0, len(x), chunk):
        count = min(chunk, len(x) - begin)
        points = {f"point {i}": (x[begin + i], y[begin + i]) for i in range(count)}
        for d, (name, at) in enumerate(fixed.items()):
            there = scene.copy()
            there.transmitters, there.receivers = {}, {}
            fixed_one = {"fixed " + name: at}
            there.transmitters, there.receivers = (points, fixed_one) if over_transmitters else (fixed_one, points)
            paths = there._trace(options)
            value, slope = _apply(fun, paths)
            at_point = paths.tx if over_transmitters else paths.rx
            values[d, begin:begin + count] = np.bincount(at_point, weights=paths.valid * value, minlength=count)
            if want_grad:
                if slope is None:
                    raise Error("grad of a function in Python: let it return (value [n], slope by vertices [n, order + 2, 2])")
                g = paths.vjp(valid=value, vertices_flat=np.repeat(paths.valid, paths.order + 2)[:, None] * slope,
                              wrt=[f"device/{p}/position_m" for p in points])
                gradients[d, begin:begin + count] = np.stack([g[f"device/{p}/position_m"] for p in points])
    return values, gradients


def _accumulate(scene, x, y, fun, over_transmitters, reduce_all, grad, value_and_grad, per_path, order, filter_objects, words):
    scene, options = _prepared(scene, order, filter_objects, words)
    x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    names = list(scene.receivers if over_transmitters else scene.transmitters)
    flat_x, flat_y = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(y).reshape(-1)
    want_grad = grad or value_and_grad
    if callable(fun):
        if per_path:
            raise Error("per_path takes one of the built-in functions by its name")
        value, gradient = _map_in_python(scene, options, flat_x, flat_y, fun, over_transmitters, want_grad)
        result = {}
    else:
        result = scene._map(flat_x, flat_y, {**options, "path_function": fun, "over_transmitters": over_transmitters, "per_path": per_path,
                                             "gradient": want_grad})
        value, gradient = result["value"], result.get("gradient")
    if per_path:
        shares = result["shares"]
        return result["candidates"], {name: shares[i].reshape(shares.shape[1], *x.shape) for i, name in enumerate(names)}
    value = value.reshape(len(names), *x.shape)
    gradient = None if gradient is None else gradient.reshape(len(names), *x.shape, 2)
    if reduce_all:
        value, gradient = value.sum(axis=0), None if gradient is None else gradient.sum(axis=0)
        return (value, gradient) if value_and_grad else gradient if grad else value
    return {name: (value[i], gradient[i]) if value_and_grad else gradient[i] if grad else value[i] for i, name in enumerate(names)}


@method(Scene2D, "accumulate_on_receivers_grid_over_paths")
def _accumulate_rx(self, x: ArrayLike, y: ArrayLike, fun: str | Callable = "received_power", *, reduce_all: bool = False, grad: bool = False,
                   value_and_grad: bool = False, per_path: bool = False, order: int | None = None,
                   filter_objects: Callable[[dict], bool] | None = None, **options: Any) -> Any:
    """The sum over paths of validity times fun for receivers at x, y (any shape): {transmitter: array}, or with reduce_all one array.
    grad: by each point, [..., 2]; value_and_grad: both; per_path: (candidates, {transmitter: [candidates, ...]}). fun: "received_power",
    "length", "delay", "count", "departure_angle", "arrival_angle", or fun(PathBatch) -> [n] (with its slope by vertices for grad).
    Options as trace takes them."""
    return _accumulate(self, x, y, fun, False, reduce_all, grad, value_and_grad, per_path, order, filter_objects, options)


@method(Scene2D, "accumulate_on_transmitters_grid_over_paths")
def _accumulate_tx(self, x: ArrayLike, y: ArrayLike, fun: str | Callable = "received_power", *, reduce_all: bool = False, grad: bool = False,
                   value_and_grad: bool = False, per_path: bool = False, order: int | None = None,
                   filter_objects: Callable[[dict], bool] | None = None, **options: Any) -> Any:
    """The same for transmitters at x, y."""
    return _accumulate(self, x, y, fun, True, reduce_all, grad, value_and_grad, per_path, order, filter_objects, options)


# --- fields ---

_FIELD = {"max_order": 1, "polarization": "te", "diffraction": True, "transmission": True, "max_bytes": 1e9, "num_threads": 0}


def _field_options(words):
    unknown = sorted(set(words) - set(_FIELD))
    if unknown:
        raise Error(f"unknown option '{unknown[0]}' of fields; known: {', '.join(_FIELD)}")
    return {**_FIELD, **words}


@method(Scene2D, "field")
def _field(self, x: ArrayLike, y: ArrayLike, **options: Any) -> NDArray[np.complex128]:
    """The field of each transmitter at x, y (any shape), [transmitters, ...], complex: cylindrical waves exp(-j k r) / sqrt(2 pi r) with what
    walls of material reflect and pass and what their edges diffract; |u|^2 in W/m^2 for 1 W per metre. Options: max_order, polarization
    ("te": E_z, "tm": eta H_z), diffraction, transmission, max_bytes, num_threads."""
    x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    flat = [np.ascontiguousarray(a).reshape(-1) for a in (x, y)]
    return self._field(*flat, _field_options(options)).reshape(len(self.transmitters), *x.shape)


@method(Scene2D, "field_vjp")
def _field_vjp(self, x: ArrayLike, y: ArrayLike, cotangent: ArrayLike, wrt: Sequence[str] | None = None, **options: Any) -> dict[str, np.ndarray]:
    """Gradient by name of a loss whose derivatives by the field are given, d/dRe + j d/dIm."""
    x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    flat = [np.ascontiguousarray(a).reshape(-1) for a in (x, y)]
    cotangent = np.ascontiguousarray(cotangent, dtype=np.complex128).reshape(len(self.transmitters), -1)
    return self._field_vjp(*flat, _field_options(options), cotangent, wrt)


# --- derivatives by raywave.torch, raywave.jax, gradcheck ---


class Solver2D:
    """Paths of a Scene2D as raywave.differentiable sees a solver."""

    def __call__(self, scene, **options):
        return Result2D(scene, options)


class Result2D:
    def __init__(self, scene, options):
        self.field_options = {k: v for k, v in options.items() if k in _FIELD}
        options = {k: v for k, v in options.items() if k not in _FIELD or k in _OPTIONS}
        order, filter_objects, words = options.get("order"), options.get("filter_objects"), dict(options)
        words.pop("order", None), words.pop("filter_objects", None)
        self.scene, self.options = _prepared(scene, order, filter_objects, words)

    @functools.cached_property
    def paths(self):
        return self.scene._trace(self.options)

    @property
    def received_power(self):
        p, shape = self.paths, (len(self.scene.receivers), len(self.scene.transmitters))
        return np.bincount(p.rx * shape[1] + p.tx, weights=p.valid * p.power, minlength=shape[0] * shape[1]).reshape(shape)

    def received_power_vjp(self, cotangent, wrt):
        p, w = self.paths, np.asarray(cotangent, dtype=np.float64)[self.paths.rx, self.paths.tx]
        return p.vjp(valid=w * p.power, power=w * p.valid, wrt=wrt)

    def _map(self, x, y, fun, over_transmitters, cotangent=None, wrt=None):
        x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        words = {**self.options, "path_function": fun, "over_transmitters": over_transmitters, "per_path": False, "gradient": False}
        flat = [np.ascontiguousarray(a).reshape(-1) for a in (x, y)]
        if cotangent is None:
            return self.scene._map(*flat, words)["value"].reshape(-1, *x.shape)
        return self.scene._map(*flat, words, np.asarray(cotangent, dtype=np.float64).reshape(-1, x.size), wrt)["by_name"]

    def field(self, x, y):
        return self.scene.field(x, y, **self.field_options)

    def field_vjp(self, x, y, cotangent, wrt):
        return self.scene.field_vjp(x, y, cotangent, wrt, **self.field_options)

    def map(self, x, y, fun="received_power", over_transmitters=False):
        return self._map(x, y, fun, over_transmitters)

    def map_vjp(self, x, y, cotangent, wrt, fun="received_power", over_transmitters=False):
        return self._map(x, y, fun, over_transmitters, cotangent, wrt)


class PlaneProblem(Problem):
    """received_power [num_rx, num_tx]; map [devices, ...] and field [transmitters, ...], whose arguments are the `channel`: x, y; of map fun
    and over_transmitters too."""

    outputs = {"received_power": Output.of_property_with_its_own("received_power"), "map": Output.of_method("map"), "field": Output.of_method("field")}

    def __init__(self, solver, scene, wrt, options):
        self.solver, self.wrt, self.options, self.scene = solver, wrt, dict(options), scene.copy()
        for name in _NUMBERS:
            if name in self.options:
                setattr(self.scene, name, float(self.options.pop(name)))
        known = self.scene.parameters()
        for name in wrt:
            if name not in known:
                self.scene.set_parameter(name, 0.0)  # raises, naming the nearest
        self.base = {name: known[name].value for name in wrt}

    def step(self, name):
        return 1e-6 * max(1.0, float(np.abs(self.base[name]).max()))

    def solve(self, values):
        scene = self.scene.copy()
        for name, value in values.items():
            scene.set_parameter(name, value)
        return self.solver(scene, **self.options), list(self.wrt), lambda gradient: gradient


Solver2D.problem = PlaneProblem
Scene2D.default_solver = Solver2D

# --- the live page ---


@method(Scene2D, "explore")
def _explore(self, run: str | os.PathLike | None = None, port: int = 0, open_browser: bool = False) -> object:
    """Serves the live page of this scene: drag devices and the ends of walls, rays and map follow. Returns an Explorer with url, document, scene() and
    close(). run: the file that keeps its state (plane.explore.toml). Needs the extra raywave[explore]."""
    return importlib.import_module(".explore", __package__).explore(self, run=run, port=port, open_browser=open_browser)


__all__ = ["Parameter2D", "Path2D", "PathBatch", "PathSampler", "Paths2D", "Scene2D"]
