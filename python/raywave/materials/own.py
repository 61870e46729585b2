# SPDX-License-Identifier: Apache-2.0
"""Functions of one's own: numpy's, torch's, jax's."""
from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._raywave import Error
from .fields import Field, Places, _quantities, real_array


class Own(Field):
    """A function of one's own: function(places, **parameters) -> {quantity: [n]} for the quantities it is made with. parameters: {word: array};
    vjp(places, {quantity: cotangent}, **parameters) -> {word: gradient}; without it parameters have no derivative. By the place it is
    differenced, step_m; None: it does not change within a wavelength. Own.torch and Own.jax take functions of tensors and differentiate
    them by their own means."""

    def __init__(self, function: Callable, quantities: str | Sequence[str] = "relative_permittivity", parameters: Mapping[str, ArrayLike] | None = None, *,
                 vjp: Callable | None = None, step_m: float | None = 1e-4):
        self.quantities, self.function, self._vjp, self.step_m = _quantities(quantities), function, vjp, step_m
        self._parameters = {word: real_array(word, value) for word, value in (parameters or {}).items()}

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
        for word in values:
            if word not in self._parameters:
                raise Error(f"{self!r} has no parameter {word!r}: {', '.join(self._parameters) or 'none'}")
        out._parameters = {**self._parameters, **{word: real_array(word, v, self._parameters[word].shape) for word, v in values.items()}}
        return out

    def values(self, places: Places) -> np.ndarray:
        given = self.function(places, **self._parameters)
        if not isinstance(given, dict) or set(given) != set(self.quantities):
            raise Error(f"{self!r} gives {sorted(given) if isinstance(given, dict) else type(given).__name__}, wanted {{quantity: [n]}} of {', '.join(self.quantities)}")
        arrays = [real_array(f"{self!r}, {q}", given[q]) for q in self.quantities]
        try:
            return np.stack([np.broadcast_to(array, len(places)) for array in arrays], axis=1)
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
        self._parameters = {word: real_array(word, value) for word, value in (parameters or {}).items()}

    parameters, with_parameters, __repr__ = Own.parameters, Own.with_parameters, Own.__repr__

    def _checked(self, out, places):
        out = real_array(repr(self), out)
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
