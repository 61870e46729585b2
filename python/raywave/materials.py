# SPDX-License-Identifier: Apache-2.0
"""Materials that vary over a surface: textures, functions of one's own, networks. They are asked where paths touch, all places in one batch.

    wall = rw.materials.Texture.over_face(values, corner_m=[0, 0, 0], across_m=[4, 0, 0], up_m=[0, 0, 3])
    paths = rw.PathSolver()(scene, max_depth=2, materials={"plaster": wall})
    gradient = paths.path_gain_vjp(cotangent, wrt=["material/plaster/texture"])

What is not said by a field stays as the scene's material has it. Where paths may go is decided by the scene's own materials."""
from __future__ import annotations

import copy
import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from . import _raywave
from ._files import new_file
from ._lines import line
from ._raywave import Error, Material, Object, Paths, Scene

NUMBERS = ("relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient")


@dataclasses.dataclass
class Places:
    """Where paths touch a material: point_m [n, 3], normal [n, 3] (either way), cos_incidence [n]; frequency_hz; base: the scene's numbers {name: value}."""

    point_m: np.ndarray
    normal: np.ndarray
    cos_incidence: np.ndarray
    frequency_hz: float
    base: dict

    def __len__(self):
        return len(self.point_m)

    def __repr__(self):
        return line(self, "point_m", "frequency_hz", "base")

    def moved(self, axis: int, step: float) -> Places:
        """The same, `step` metres along an axis."""
        point = self.point_m.copy()
        point[:, axis] += step
        return dataclasses.replace(self, point_m=point)


def _quantities(given):
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in NUMBERS:
            raise Error(f"a material has {', '.join(NUMBERS)}, got {name!r}")
    if not names or len(set(names)) < len(names):
        raise Error(f"quantities are names of a material's numbers, each once, got {given!r}")
    return names


class Field:
    """A material that varies. Of one's own: rw.materials.Own, or a subclass that has `quantities` (of NUMBERS), `parameters()` {word: array}, `with_parameters`,
    `values(places)` [n, quantities], `slopes(places)` [n, quantities, 3] by the place or None, `pull(places, word, cotangent)` and `push(places,
    word, change)` of values by a parameter."""

    quantities: tuple = ()

    def __repr__(self):
        return line(self, "quantities")

    def parameters(self) -> dict:
        return {}

    def with_parameters(self, **values: ArrayLike) -> Field:
        raise NotImplementedError

    def values(self, places: Places) -> np.ndarray:
        raise NotImplementedError

    def slopes(self, places: Places) -> np.ndarray | None:
        return None

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        raise NotImplementedError


@dataclasses.dataclass
class _FaceWeights:
    """Of points on a parallelogram: the four texture values beside each [n, 4], their weights, and these' slopes by the place [n, 4, 3]."""

    corner: np.ndarray
    inverse: np.ndarray
    rows: int
    columns: int

    def __call__(self, point):
        share = (point - self.corner) @ self.inverse  # [n, 2]
        index, weight, slope = [], [], []
        for s, count, along in ((share[:, 1], self.rows, self.inverse[:, 1]), (share[:, 0], self.columns, self.inverse[:, 0])):
            at = np.clip(s, 0, 1) * (count - 1)
            low = np.minimum(at.astype(int), max(count - 2, 0))
            t = at - low
            inside = ((s > 0) & (s < 1) & (count > 1))[:, None] * (count - 1) * along  # d t / d place
            index.append((low, np.minimum(low + 1, count - 1)))
            weight.append((1 - t, t))
            slope.append((-inside, inside))
        corners = [(i, j) for i in (0, 1) for j in (0, 1)]
        where = np.stack([index[0][i] * self.columns + index[1][j] for i, j in corners], axis=1)
        much = np.stack([weight[0][i] * weight[1][j] for i, j in corners], axis=1)
        by_place = np.stack([slope[0][i] * weight[1][j][:, None] + weight[0][i][:, None] * slope[1][j] for i, j in corners], axis=1)
        return where, much, by_place


@dataclasses.dataclass
class _MeshWeights:
    """Of points on a mesh: the corners of the nearest triangle, their weights, and these' slopes by the place."""

    vertices: np.ndarray
    triangles: np.ndarray

    def __call__(self, point):
        a, b, c = (self.vertices[self.triangles[:, i]] for i in range(3))
        frames = np.linalg.pinv(np.stack([b - a, c - a], axis=1))  # [t, 3, 2]
        normal = np.cross(b - a, c - a)
        size = np.sqrt(np.linalg.norm(normal, axis=1))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        which = np.empty(len(point), dtype=int)
        for part in np.array_split(np.arange(len(point)), max(1, len(point) * len(self.triangles) // 4_000_000)):
            from_a = point[part, None] - a
            uv = np.einsum("ntk,tkm->ntm", from_a, frames)
            outside = np.maximum(0, np.maximum(-uv.min(axis=2), uv.sum(axis=2) - 1))
            which[part] = np.argmin(np.abs(np.einsum("ntk,tk->nt", from_a, normal)) + outside * size, axis=1)
        d = frames[which]
        uv = np.einsum("nk,nkm->nm", point - a[which], d)
        return self.triangles[which], np.stack([1 - uv.sum(axis=1), uv[:, 0], uv[:, 1]], axis=1), np.stack([-d.sum(axis=2), d[:, :, 0], d[:, :, 1]], axis=1)


class Texture(Field):
    """Values at points of a grid or a mesh, linear between them: `texture`, [..., quantities] (the last axis is left out for one quantity).

    Texture.over_face(values [rows, columns], corner_m=, across_m=, up_m=): an image over a parallelogram, its first row at the corner, held at the rim beyond.
    Texture.at_vertices(object, values [num_vertices])."""

    def __init__(self, values: ArrayLike, quantities: str | Sequence[str], weights_of: Callable):
        self.quantities, self._weights_of = _quantities(quantities), weights_of
        self.texture = np.array(values, dtype=float)
        self._flat()

    def _flat(self):
        flat = self.texture.reshape(-1, len(self.quantities))
        if not np.isfinite(flat).all():
            raise Error("a texture holds values that are not finite")
        return flat

    @classmethod
    def over_face(cls, values: ArrayLike, *, corner_m: Sequence[float], across_m: Sequence[float], up_m: Sequence[float],
                  quantities: str | Sequence[str] = "relative_permittivity") -> Texture:
        corner, across, up = (np.asarray(v, dtype=float) for v in (corner_m, across_m, up_m))
        names = _quantities(quantities)
        values = np.asarray(values, dtype=float)
        if values.ndim != 2 + (len(names) > 1) or min(values.shape[:2]) < 1 or len(names) > 1 and values.shape[2] != len(names):
            raise Error(f"values over a face are [rows, columns{', ' + str(len(names)) if len(names) > 1 else ''}], got the shape {list(values.shape)}")
        frame = np.stack([across, up])
        if frame.shape != (2, 3) or corner.shape != (3,) or not np.isfinite([*frame, corner]).all() or np.linalg.matrix_rank(frame) < 2:
            raise Error("corner_m, across_m and up_m are three numbers each, across and up not along one line")
        return cls(values, names, _FaceWeights(corner, np.linalg.pinv(frame), values.shape[0], values.shape[1]))

    @classmethod
    def at_vertices(cls, item: Object, values: ArrayLike, *, quantities: str | Sequence[str] = "relative_permittivity") -> Texture:
        vertices, triangles = np.array(item.vertices_m), np.array(item.triangles).astype(int)
        names = _quantities(quantities)
        values = np.asarray(values, dtype=float)
        if values.shape != (len(vertices), *((len(names),) if len(names) > 1 else ())):
            raise Error(f"'{item.name}' has {len(vertices)} vertices, got values of the shape {list(values.shape)}")
        return cls(values, names, _MeshWeights(vertices, triangles))

    def __repr__(self):
        return line(self, "quantities", "texture")

    def parameters(self) -> dict:
        return {"texture": self.texture}

    def with_parameters(self, *, texture: ArrayLike) -> Texture:
        out = copy.copy(self)
        out.texture = np.array(texture, dtype=float).reshape(self.texture.shape)
        out._flat()
        return out

    def values(self, places: Places) -> np.ndarray:
        where, much, _ = self._weights_of(places.point_m)
        return np.einsum("nc,ncq->nq", much, self._flat()[where])

    def slopes(self, places: Places) -> np.ndarray | None:
        where, _, by_place = self._weights_of(places.point_m)
        return np.einsum("ncx,ncq->nqx", by_place, self._flat()[where])

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        where, much, _ = self._weights_of(places.point_m)
        out = np.zeros_like(self._flat())
        np.add.at(out, where, much[:, :, None] * cotangent[:, None, :])
        return out.reshape(self.texture.shape)

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        where, much, _ = self._weights_of(places.point_m)
        return np.einsum("nc,ncq->nq", much, np.asarray(change, dtype=float).reshape(-1, len(self.quantities))[where])


class Own(Field):
    """A function of one's own: function(places, **parameters) -> {quantity: [n]} for the quantities it is made with. parameters: {word: array};
    vjp(places, {quantity: cotangent}, **parameters) -> {word: gradient}; without it parameters have no derivative. By the place it is
    differenced, step_m; None: it does not change within a wavelength. Own.torch and Own.jax take functions of tensors and differentiate
    them by their own means."""

    def __init__(self, function: Callable, quantities: str | Sequence[str] = "relative_permittivity", parameters: Mapping[str, ArrayLike] | None = None, *,
                 vjp: Callable | None = None, step_m: float | None = 1e-4):
        self.quantities, self.function, self._vjp, self.step_m = _quantities(quantities), function, vjp, step_m
        self._parameters = {word: np.array(value, dtype=float) for word, value in (parameters or {}).items()}

    @classmethod
    def torch(cls, function: Callable, quantities: str | Sequence[str] = "relative_permittivity", parameters: Mapping[str, ArrayLike] | None = None) -> Field:
        """function(point_m [n, 3] tensor, cos_incidence [n] tensor, frequency_hz, **tensors) -> [n, quantities]."""
        return _TorchField(function, quantities, parameters)

    @classmethod
    def jax(cls, function: Callable, quantities: str | Sequence[str] = "relative_permittivity", parameters: Mapping[str, ArrayLike] | None = None) -> Field:
        """function(point_m [n, 3] array, cos_incidence [n] array, frequency_hz, **arrays) -> [n, quantities]."""
        return _JaxField(function, quantities, parameters)

    def __repr__(self):
        return f"{type(self).__name__}({getattr(self.function, '__name__', 'function')}, quantities={self.quantities})"

    def parameters(self) -> dict:
        return self._parameters

    def with_parameters(self, **values: ArrayLike) -> Field:
        out = copy.copy(self)
        out._parameters = {**self._parameters, **{word: np.array(v, dtype=float).reshape(self._parameters[word].shape) for word, v in values.items()}}
        return out

    def values(self, places: Places) -> np.ndarray:
        given = self.function(places, **self._parameters)
        if not isinstance(given, dict) or set(given) != set(self.quantities):
            raise Error(f"{self!r} gives {sorted(given) if isinstance(given, dict) else type(given).__name__}, wanted {{quantity: [n]}} of {', '.join(self.quantities)}")
        try:
            return np.stack([np.broadcast_to(np.asarray(given[q], dtype=float), len(places)) for q in self.quantities], axis=1)
        except ValueError:
            raise Error(f"{self!r} gives other than {len(places)} values") from None

    def slopes(self, places: Places) -> np.ndarray | None:
        if self.step_m is None:
            return None
        return np.stack([(self.values(places.moved(axis, self.step_m)) - self.values(places.moved(axis, -self.step_m))) / (2 * self.step_m) for axis in range(3)], axis=2)

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        if self._vjp is None:
            raise Error(f"{self!r} has no vjp: its parameter '{word}' has no derivative")
        return np.asarray(self._vjp(places, {q: cotangent[:, i] for i, q in enumerate(self.quantities)}, **self._parameters)[word], dtype=float)

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        """By the vjp, a row at a time would be slow: by differences of the function along the change."""
        step = 1e-5 * max(1.0, np.abs(self._parameters[word]).max()) / max(np.abs(change).max(), 1e-300)
        at = [self.with_parameters(**{word: self._parameters[word] + sign * step * np.asarray(change)}).values(places) for sign in (1, -1)]
        return (at[0] - at[1]) / (2 * step)


class _TensorField(Field):
    """Of a library of tensors: what it asks of it is in the methods below."""

    def __init__(self, function, quantities, parameters):
        self.quantities, self.function = _quantities(quantities), function
        self._parameters = {word: np.array(value, dtype=float) for word, value in (parameters or {}).items()}

    parameters, with_parameters, __repr__ = Own.parameters, Own.with_parameters, Own.__repr__

    def _checked(self, out, places):
        out = np.asarray(out, dtype=float)
        if out.shape == (len(places),) and len(self.quantities) == 1:
            out = out[:, None]
        if out.shape != (len(places), len(self.quantities)):
            raise Error(f"{self!r} gives the shape {list(out.shape)}, wanted [{len(places)}, {len(self.quantities)}]")
        return out


class _TorchField(_TensorField):
    def _call(self, places, point, parameters):
        import torch
        out = self.function(point, torch.as_tensor(places.cos_incidence), places.frequency_hz, **parameters)
        return out[:, None] if out.ndim == 1 else out

    def _tensors(self, places):
        import torch
        return torch.as_tensor(np.array(places.point_m)), {word: torch.as_tensor(v.copy()) for word, v in self._parameters.items()}

    def values(self, places: Places) -> np.ndarray:
        point, parameters = self._tensors(places)
        return self._checked(self._call(places, point, parameters).detach().cpu().numpy(), places)

    def slopes(self, places: Places) -> np.ndarray | None:
        import torch
        point, parameters = self._tensors(places)
        point.requires_grad_(True)
        out = self._call(places, point, parameters)
        return np.stack([torch.autograd.grad(out[:, q].sum(), point, retain_graph=True)[0].numpy() if out.requires_grad else np.zeros(point.shape)
                         for q in range(len(self.quantities))], axis=1)

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        import torch
        point, parameters = self._tensors(places)
        parameters[word].requires_grad_(True)
        return torch.autograd.grad(self._call(places, point, parameters), parameters[word], torch.as_tensor(np.array(cotangent)))[0].numpy()

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        import torch
        point, parameters = self._tensors(places)
        own = parameters[word]
        return torch.func.jvp(lambda v: self._call(places, point, {**parameters, word: v}), (own,), (torch.as_tensor(np.array(change, dtype=float)).reshape(own.shape),))[1].numpy()


class _JaxField(_TensorField):
    """In double precision whatever the session's default is."""

    def _function(self, places):
        def call(point, parameters):
            out = self.function(point, places.cos_incidence, places.frequency_hz, **parameters)
            return out[:, None] if out.ndim == 1 else out
        return call

    def _with_64(self, work):
        import jax
        double = getattr(jax, "enable_x64", None)
        if double is None:  # before JAX 0.8
            from jax.experimental import enable_x64 as double
        with double(True):
            return work(jax)

    def values(self, places: Places) -> np.ndarray:
        return self._checked(self._with_64(lambda jax: np.asarray(self._function(places)(jax.numpy.asarray(places.point_m), self._parameters))), places)

    def slopes(self, places: Places) -> np.ndarray | None:
        def work(jax):
            call = self._function(places)
            return np.stack([np.asarray(jax.grad(lambda point: call(point, self._parameters)[:, q].sum())(jax.numpy.asarray(places.point_m)))  # noqa: B023
                             for q in range(len(self.quantities))], axis=1)
        return self._with_64(work)

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        def work(jax):
            call = self._function(places)
            back = jax.vjp(lambda v: call(places.point_m, {**self._parameters, word: v}), jax.numpy.asarray(self._parameters[word]))[1]
            return np.asarray(back(jax.numpy.asarray(cotangent))[0])
        return self._with_64(work)

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        def work(jax):
            call, own = self._function(places), jax.numpy.asarray(self._parameters[word])
            return np.asarray(jax.jvp(lambda v: call(places.point_m, {**self._parameters, word: v}), (own,), (jax.numpy.asarray(change, dtype=float).reshape(own.shape),))[1])
        return self._with_64(work)


__all__ = ["Field", "NUMBERS", "Network", "Own", "Places", "Texture", "base_of", "colored", "require_fields", "revalued"]


# ------------------------------------------------------------------------------------------------------------------ networks

def _silu(x):
    s = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return x * s, s * (1 + x * (1 - s))


class Network(Field):
    """A network from place to material, `network`: all its weights in one run. It starts at the scene's material (its ITU row) everywhere.

    low_m, high_m: the box that it is told of. detail_m: nothing finer is to be learnt, one number or one an axis. encoding: "fourier" (sines of octaves
    down to twice detail_m), "grid" (a multiresolution grid whose finest cells are detail_m, features interpolated) or "both". hidden: sizes of layers.
    Within bounds by construction: permittivity 1 + softplus, conductivity and thickness exp, S and XPD a sigmoid."""

    def __init__(self, low_m: Sequence[float], high_m: Sequence[float], *, detail_m: float | Sequence[float], quantities: str | Sequence[str] = "relative_permittivity",
                 encoding: str = "fourier", hidden: Sequence[int] = (32, 32), base: Material | dict | None = None, seed: int = 1, frequency_hz: float = 3.5e9):
        self.quantities = _quantities(quantities)
        self.low, self.high = np.array(low_m, dtype=float), np.array(high_m, dtype=float)
        if self.low.shape != (3,) or self.high.shape != (3,) or not (self.high >= self.low).all() or not (self.high > self.low).any():
            raise Error("low_m and high_m are two corners of a box, three numbers each")
        self.detail = np.broadcast_to(np.asarray(detail_m, dtype=float), 3).copy()
        if not (np.isfinite(self.detail) & (self.detail > 0)).all():
            raise Error(f"detail_m must be > 0, got {detail_m}")
        if encoding not in ("fourier", "grid", "both"):
            raise Error(f"encoding is 'fourier', 'grid' or 'both', got {encoding!r}")
        self.encoding, self.hidden = encoding, tuple(int(h) for h in hidden)
        self._base = None
        if base is not None:
            self.set_base(base, frequency_hz)
        self._plan()
        self.network = self._start(np.random.default_rng(seed))

    # What the place is turned into: [n, features] and d features / d place [n, features, 3].

    def _plan(self):
        size = self.high - self.low
        self._waves = []
        if self.encoding in ("fourier", "both"):
            for axis in range(3):
                length = 2 * size[axis]
                while length >= 2 * self.detail[axis] and size[axis] > 0:
                    self._waves.append((axis, 2 * np.pi / length))
                    length /= 2
        self._levels = []
        if self.encoding in ("grid", "both"):
            cells = np.maximum(1, np.ceil(size / self.detail - 1e-9)).astype(int)
            while True:
                self._levels.append(np.where(size > 0, cells + 1, 1))
                if len(self._levels) > 8 or (cells <= 1).all():
                    break
                cells = np.maximum(1, (cells + 1) // 2)
        if sum(int(np.prod(level)) for level in self._levels) > 5_000_000:
            raise Error("the finest grid has more than 5 million points: a larger detail_m")
        self._grid_features = 2
        inputs = 3 + 2 * len(self._waves) + self._grid_features * len(self._levels)
        sizes = [inputs, *self.hidden, len(self.quantities)]
        self._shapes = [shape for a, b in zip(sizes[:-1], sizes[1:]) for shape in ((a, b), (b,))]
        self._grids = [(int(np.prod(level)), self._grid_features) for level in self._levels]

    def _start(self, random):
        parts = []
        for i, shape in enumerate(self._shapes):
            is_last = i >= len(self._shapes) - 2
            parts.append(np.zeros(shape) if is_last or len(shape) == 1 else random.normal(size=shape) / np.sqrt(shape[0]))
        parts += [0.1 * random.normal(size=shape) for shape in self._grids]
        return np.concatenate([p.ravel() for p in parts])

    def _parts(self, flat):
        out, at = [], 0
        for shape in (*self._shapes, *self._grids):
            count = int(np.prod(shape))
            out.append(flat[at:at + count].reshape(shape))
            at += count
        return out[:len(self._shapes)], out[len(self._shapes):]

    def _unit(self, point):
        size = np.where(self.high > self.low, self.high - self.low, 1.0)
        u = (point - self.low) / size
        inside = (u > 0) & (u < 1)
        return np.clip(u, 0, 1), np.where(inside & (self.high > self.low), 1 / size, 0.0)

    def _corners(self, u, by, level):
        """Indices [n, 8], weights [n, 8] and their slopes [n, 8, 3] of a grid."""
        index, weight, slope = np.zeros((len(u), 8), dtype=int), np.ones((len(u), 8)), np.zeros((len(u), 8, 3))
        at = u * (level - 1)
        low = np.minimum(at.astype(int), np.maximum(level - 2, 0))
        t = at - low
        stride = np.array([level[1] * level[2], level[2], 1])
        for k in range(8):
            bits = [(k >> axis) & 1 for axis in range(3)]
            own = np.stack([t[:, a] if bits[a] else 1 - t[:, a] for a in range(3)], axis=1)
            index[:, k] = sum(np.minimum(low[:, a] + bits[a], level[a] - 1) * stride[a] for a in range(3))
            weight[:, k] = own.prod(axis=1)
            for a in range(3):
                others = np.prod(np.delete(own, a, axis=1), axis=1)
                slope[:, k, a] = (1 if bits[a] else -1) * (level[a] - 1) * by[:, a] * others
        return index, weight, slope

    def _encode(self, point, grids):
        u, by = self._unit(point)
        size = self.high - self.low
        features, slopes = [2 * u - 1], [2 * by[:, :, None] * np.eye(3)]
        for axis, k in self._waves:
            phase = k * size[axis] * u[:, axis]
            row = np.zeros((len(point), 2, 3))
            row[:, 0, axis], row[:, 1, axis] = (k * size[axis] * f * by[:, axis] for f in (np.cos(phase), -np.sin(phase)))
            features.append(np.stack([np.sin(phase), np.cos(phase)], axis=1))
            slopes.append(row)
        corners = [self._corners(u, by, level) for level in self._levels]
        for grid, (index, weight, slope) in zip(grids, corners):
            features.append(np.einsum("nc,ncf->nf", weight, grid[index]))
            slopes.append(np.einsum("ncx,ncf->nfx", slope, grid[index]))
        return np.concatenate(features, axis=1), np.concatenate(slopes, axis=1), corners

    def _forward(self, point):
        layers, grids = self._parts(self.network)
        x, by_place, corners = self._encode(point, grids)
        tape = []
        for i in range(0, len(layers), 2):
            z = x @ layers[i] + layers[i + 1]
            last = i == len(layers) - 2
            y, slope = (z, np.ones_like(z)) if last else _silu(z)
            tape.append((x, slope))
            x = y
        return x, tape, by_place, corners

    # From the network's outputs to numbers: where it gives 0 they are the base's.

    def _numbers(self, raw, base):
        if not np.isfinite(raw).all():  # said by who asks, with the place
            return np.full_like(raw, np.nan), np.full_like(raw, np.nan)
        out, slope = np.empty_like(raw), np.empty_like(raw)
        for i, q in enumerate(self.quantities):
            b, o = base[q], raw[:, i]
            if q == "relative_permittivity":
                shift = np.log(np.expm1(max(b - 1, 1e-3)))
                out[:, i] = 1 + np.logaddexp(0, o + shift)
                slope[:, i] = 1 / (1 + np.exp(-np.clip(o + shift, -500, 500)))
            elif q in ("conductivity_s_per_m", "thickness_m"):
                out[:, i] = max(b, 1e-6) * np.exp(np.clip(o, -30, 30))
                slope[:, i] = out[:, i]
            else:
                share = min(max(b, 1e-2), 1 - 1e-2)
                s = 1 / (1 + np.exp(-np.clip(o + np.log(share / (1 - share)), -500, 500)))
                out[:, i], slope[:, i] = s, s * (1 - s)
        return out, slope

    def set_base(self, material: Material | dict, frequency_hz: float) -> None:
        """Where it starts; without it the scene's material."""
        self._base = material if isinstance(material, dict) else base_of(material, frequency_hz)

    def _base_at(self, places):
        return self._base if self._base is not None else places.base

    def __repr__(self):
        return f"Network({len(self.network)} weights, quantities={self.quantities}, encoding='{self.encoding}')"

    def parameters(self) -> dict:
        return {"network": self.network}

    def with_parameters(self, *, network: ArrayLike) -> Network:
        out = copy.copy(self)
        out.network = np.array(network, dtype=float).reshape(self.network.shape)
        return out

    def values(self, places: Places) -> np.ndarray:
        return self._numbers(self._forward(places.point_m)[0], self._base_at(places))[0]

    def slopes(self, places: Places) -> np.ndarray | None:
        raw, tape, by_place, _ = self._forward(places.point_m)
        layers, _ = self._parts(self.network)
        moved = by_place  # [n, features, 3]
        for i, (_, slope) in enumerate(tape):
            moved = np.einsum("nfx,fg->ngx", moved, layers[2 * i]) * slope[:, :, None]
        return moved * self._numbers(raw, self._base_at(places))[1][:, :, None]

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        raw, tape, _, corners = self._forward(places.point_m)
        layers, grids = self._parts(self.network)
        bar = cotangent * self._numbers(raw, self._base_at(places))[1]
        out = [None] * len(layers)
        for i in range(len(tape) - 1, -1, -1):
            x, slope = tape[i]
            bar = bar * slope
            out[2 * i], out[2 * i + 1] = x.T @ bar, bar.sum(axis=0)
            bar = bar @ layers[2 * i].T
        first = 3 + 2 * len(self._waves)
        by_grids = []
        for level, (grid, (index, weight, _)) in enumerate(zip(grids, corners)):
            g = np.zeros_like(grid)
            own = bar[:, first + level * self._grid_features:first + (level + 1) * self._grid_features]
            np.add.at(g, index, weight[:, :, None] * own[:, None, :])
            by_grids.append(g)
        return np.concatenate([g.ravel() for g in (*out, *by_grids)])

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        raw, tape, _, corners = self._forward(places.point_m)
        layers, _ = self._parts(self.network)
        d_layers, d_grids = self._parts(np.asarray(change, dtype=float).reshape(self.network.shape))
        x = tape[0][0]
        moved = np.zeros_like(x)
        first = 3 + 2 * len(self._waves)
        for level, (grid, (index, weight, _)) in enumerate(zip(d_grids, corners)):
            moved[:, first + level * self._grid_features:first + (level + 1) * self._grid_features] = np.einsum("nc,ncf->nf", weight, grid[index])
        for i, (x, slope) in enumerate(tape):
            moved = (moved @ layers[2 * i] + x @ d_layers[2 * i] + d_layers[2 * i + 1]) * slope
        return moved * self._numbers(raw, self._base_at(places))[1]

    def save(self, file: str | os.PathLike) -> pathlib.Path:
        """.npz"""
        with new_file(file, (".npz",), "a network") as place:
            base = {} if self._base is None else {"base": np.array([self._base[q] for q in NUMBERS])}
            with open(place, "wb") as out:
                np.savez(out, kind="raywave material network 1", low_m=self.low, high_m=self.high, detail_m=self.detail, quantities=np.array(self.quantities),
                         encoding=self.encoding, hidden=np.array(self.hidden), network=self.network, **base)
        return pathlib.Path(file)

    @classmethod
    def load(cls, file: str | os.PathLike) -> Network:
        """What save has written."""
        try:
            with np.load(file) as held:
                if "kind" not in held.files or str(held["kind"]) != "raywave material network 1":
                    raise Error(f"'{file}' holds no network of a material")
                out = cls(held["low_m"], held["high_m"], detail_m=held["detail_m"], quantities=[str(q) for q in held["quantities"]], encoding=str(held["encoding"]),
                          hidden=held["hidden"], base=dict(zip(NUMBERS, held["base"].tolist())) if "base" in held.files else None)
                if held["network"].shape != out.network.shape:
                    raise Error(f"'{file}' is damaged: {held['network'].size} weights, its layers have {out.network.size}")
                return out.with_parameters(network=held["network"])
        except (OSError, ValueError, KeyError, EOFError) as error:
            if isinstance(error, Error):
                raise
            raise Error(f"'{file}' cannot be read as a network: {error}") from None


# ------------------------------------------------------------------------------------------------------------------ paths

def base_of(material: Material, frequency_hz: float) -> dict:
    """A scene's material as numbers at a frequency."""
    scene = Scene()
    scene.frequency_hz = frequency_hz
    scene.add(material)
    parameters = scene.parameters()
    return {q: float(parameters[f"material/{material.name}/{q}"].value) for q in NUMBERS}


class _Fields:
    """Of the paths of one solve: fields by material, places, and how gradients by the touched numbers go to the fields' parameters."""

    def __init__(self, paths, scene, fields):
        touched = _raywave.touched_places(paths)
        names = list(scene.materials)
        self.parts, self.names, touch, numbers, slopes, begin = [], [], [], [], [], 0
        for name, field in fields.items():
            rows = np.flatnonzero(touched["material"] == names.index(name))
            places = Places(touched["point_m"][rows], touched["normal"][rows], touched["cos_incidence"][rows], scene.frequency_hz, base_of(scene.materials[name], scene.frequency_hz))
            columns = [NUMBERS.index(q) for q in field.quantities]
            own = np.tile([places.base[q] for q in NUMBERS], (len(rows), 1))
            by_place = np.zeros((len(rows), len(NUMBERS), 3))
            if len(rows):
                values = np.asarray(field.values(places), dtype=float)
                self._check(name, field, values, len(rows), places)
                own[:, columns] = values
                by = field.slopes(places)
                if by is not None:
                    by_place[:, columns] = by
                if not np.isfinite(by_place).all():
                    raise Error(f"the material '{name}' ({field!r}) has slopes by the place that are not finite")
            self.parts.append((name, field, places, columns, slice(begin, begin + len(rows))))
            self.names += [f"material/{name}/{word}" for word in field.parameters()]
            begin += len(rows)
            touch.append(touched["touch"][rows])
            numbers.append(own)
            slopes.append(by_place)
        self.touch = np.concatenate(touch).astype(float)
        self.numbers, self.slopes = np.concatenate(numbers), np.concatenate(slopes)

    @staticmethod
    def _check(name, field, values, count, places):
        if values.shape != (count, len(field.quantities)):
            raise Error(f"the material '{name}' ({field!r}) gives the shape {list(values.shape)}, wanted [{count}, {len(field.quantities)}]")
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            x, y, z = places.point_m[bad[0]]
            raise Error(f"the material '{name}' ({field!r}) is not finite at {x:.4g}, {y:.4g}, {z:.4g} m: {values[bad[0]].tolist()}")

    def pull(self, names, rows):
        out = {}
        for name, field, places, columns, part in self.parts:
            for word, value in field.parameters().items():
                full = f"material/{name}/{word}"
                if full in names:
                    out[full] = field.pull(places, word, rows[part][:, columns]) if len(places) else np.zeros_like(value)
        return out

    def push(self, changes):
        out = np.zeros_like(self.numbers)
        for name, field, places, columns, part in self.parts:
            for word, value in field.parameters().items():
                change = changes.get(f"material/{name}/{word}")
                if change is not None and len(places):
                    if np.shape(change) != value.shape:
                        raise Error(f"the tangent of material/{name}/{word} has the shape {list(np.shape(change))}, wanted {list(value.shape)}")
                    out[part, columns] += field.push(places, word, np.asarray(change, dtype=float))
        return out


def require_fields(scene: Scene, fields: Mapping[str, Field]) -> None:
    """@raises Error for materials that the scene does not have, or that cannot vary."""
    if not isinstance(fields, dict) or not all(isinstance(f, Field) for f in fields.values()):
        raise Error(f"materials takes {{name: a field of rw.materials}}, got {fields!r}"[:200])
    for name in fields:
        if name not in scene.materials:
            raise Error(f"materials: the scene has no material '{name}': {', '.join(scene.materials)}")
        if scene.materials[name].perfect_conductor:
            raise Error(f"materials: '{name}' is a perfect conductor, whose numbers do nothing")


def revalued(paths: Paths, scene: Scene, fields: Mapping[str, Field] | None) -> Paths:
    """The paths with the scene's materials as they are now, and these in their place where they vary."""
    if not fields:
        return _raywave.revalued_paths(paths, scene, np.zeros(0), np.zeros((0, len(NUMBERS))), None, None)
    require_fields(scene, fields)
    made = _Fields(paths, scene, fields)
    return _raywave.revalued_paths(paths, scene, made.touch, made.numbers, made.slopes, made)


def colored(scene: Scene, fields: dict, quantity: str = "relative_permittivity", *, cell_m: float = 0.25, low: float | None = None, high: float | None = None) -> Scene:
    """A scene for pictures: surfaces cut into cells of about cell_m, each in the colour of the quantity there (of materials that do not vary, their own number),
    from blue (low) over green to red (high), by default from the least to the largest. Its report's list of materials is the scale."""
    if quantity not in NUMBERS:
        raise Error(f"a material has {', '.join(NUMBERS)}, got {quantity!r}")
    require_fields(scene, fields)
    pieces, values = [], []
    for name, item in scene.objects.items():
        corners = _cut(np.array(item.vertices_m)[np.array(item.triangles).astype(int)], cell_m)
        field, base = fields.get(item.material), base_of(scene.materials[item.material], scene.frequency_hz)
        own = np.full(len(corners), base[quantity])
        if field is not None and quantity in field.quantities:
            normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            places = Places(corners.mean(axis=1), normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300), np.ones(len(corners)), scene.frequency_hz, base)
            own = field.values(places)[:, field.quantities.index(quantity)]
        pieces.append((name, corners))
        values.append(own)
    every = np.concatenate(values)
    low, high = float(every.min()) if low is None else low, float(every.max()) if high is None else high
    steps = 16
    out = Scene()
    out.frequency_hz = scene.frequency_hz
    for i in range(steps):
        t = i / (steps - 1)
        made = Material(f"{quantity} {low + (high - low) * t:.3g} ({i + 1})")
        made.color = [min(1.0, max(0.0, c)) for c in (2 * t - 0.5, 1 - abs(2 * t - 1), 1.5 - 2 * t)]
        out.add(made)
    names = list(out.materials)
    for (name, corners), own in zip(pieces, values):
        which = np.clip(np.round((own - low) / max(high - low, 1e-300) * (steps - 1)), 0, steps - 1).astype(int)
        for k in np.unique(which):
            part = corners[which == k]
            out.add(Object(f"{name} {k + 1}", part.reshape(-1, 3), np.arange(3 * len(part)).reshape(-1, 3), names[k]))
    for device in (*scene.transmitters.values(), *scene.receivers.values()):
        out.add(copy.copy(device))
    return out


def _cut(corners, cell_m):
    """Triangles [n, 3, 3] halved at their longest sides until these are at most cell_m; at most 200,000."""
    done = []
    while len(corners) and len(corners) < 200_000:
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
        longest = sides.argmax(axis=1)
        small = sides.max(axis=1) <= cell_m
        done.append(corners[small])
        rest, longest = corners[~small], longest[~small]
        i = np.arange(len(rest))
        a, b, c = rest[i, longest], rest[i, (longest + 1) % 3], rest[i, (longest + 2) % 3]
        middle = (a + b) / 2
        corners = np.concatenate([np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)])
    return np.concatenate([*done, corners]) if done else corners
