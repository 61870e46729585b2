# SPDX-License-Identifier: Apache-2.0
"""The free numbers of a problem, as one vector: parameters by name pattern, their components, bounds, priors, ties, transforms."""
from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
import fnmatch

import numpy as np
from numpy.typing import ArrayLike

from .._raywave import Error, Scene

_TRANSFORMS = {None: (lambda v: v, lambda x: x, lambda x: np.ones_like(x)), "log": (np.log, np.exp, np.exp)}


@dataclasses.dataclass(frozen=True)
class _Words:
    """components: indices of the (flattened) parameter that are free, None: all; bounds (lower, upper) in its unit, None: those that it has by nature; prior (mean, sigma); scale:
    how far one unit of the vector goes; transform None or "log"; tie: the parameters that the pattern names share their numbers."""

    components: object = None
    bounds: tuple | None = None
    prior: tuple | None = None
    scale: float = 1.0
    transform: str | None = None
    tie: bool = False


def matching(pattern, known):
    """Names that a pattern with * and ? means. @raises Error for none, naming the nearest."""
    found = [name for name in known if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        near = difflib.get_close_matches(pattern, known, 1, 0.0)
        raise Error(f"no parameter '{pattern}'" + (f", did you mean '{near[0]}'?" if near else ""))
    return found


def _pair(pattern, name, wanted, given):
    try:
        first, second = (np.asarray(part, dtype=float) for part in given)
        if np.isnan(first).any() or np.isnan(second).any():
            raise ValueError
        np.broadcast_shapes(first.shape, second.shape)
    except (TypeError, ValueError):
        raise Error(f"'{pattern}': {name} must be {wanted}, got {given!r}") from None
    return first, second


def _check_bounds(pattern, words):
    if words.bounds is None:
        return
    lower, upper = _pair(pattern, "bounds", "(lower, upper), numbers or infinite", words.bounds)
    if not (lower < upper).all():
        raise Error(f"'{pattern}': bounds must be (lower, upper) with lower < upper, got {words.bounds}")
    if words.transform == "log" and not (upper > 0).all():
        raise Error(f"'{pattern}': the upper bound must be > 0 for the transform 'log', got {words.bounds}")


def _check_prior(pattern, prior):
    if prior is None:
        return
    mean, sigma = _pair(pattern, "prior", "(mean, sigma)", prior)
    if not (np.isfinite(mean).all() and (sigma > 0).all()):
        raise Error(f"'{pattern}': prior must be (mean, sigma) with a finite mean and sigma > 0, got {prior!r}")


def _free(name, components, shape):
    """Indices into the flattened parameter: of all, those of a mask of its shape, or those that are listed."""
    size = int(np.prod(shape, dtype=int))
    if components is None:
        return np.arange(size)
    given = np.atleast_1d(np.asarray(components))
    if given.dtype == bool:
        if given.size != size:
            raise Error(f"{name} has {size} components, got a mask of {given.size}")
        given = np.flatnonzero(given)
    if given.size and not np.issubdtype(given.dtype, np.integer):
        raise Error(f"components of {name} must be whole numbers or a mask, got components {components}")
    if given.ndim != 1 or given.size == 0 or given.min() < -size or given.max() >= size:
        raise Error(f"{name} has {size} components, got components {components}")
    free = given % size
    if len(np.unique(free)) < len(free):
        raise Error(f"a component of {name} is named twice: components {components}")
    return free


class Variables:
    """spec: {pattern: words}, known: the names that there are, or {name: parameter with lower and upper}. names: of all parameters that are free; start(base) the vector of their values."""

    def __init__(self, spec: Mapping[str, object], known: Mapping[str, object]):
        if not isinstance(spec, Mapping):
            if not isinstance(spec, Iterable):
                raise Error(f"parameters are {{name pattern: words}} or names, got {spec!r}")
            names = [spec] if isinstance(spec, str) else list(spec)
            if not all(isinstance(name, str) for name in names):
                raise Error(f"parameters are {{name pattern: words}} or names, got {spec!r}")
            spec = dict.fromkeys(names, {})
        self.groups, owner = [], {}
        rows = known.items() if isinstance(known, Mapping) else ()
        self._limits = {name: (row.lower, row.upper) for name, row in rows if row is not None}
        for pattern, words in spec.items():
            if not isinstance(pattern, str):
                raise Error(f"parameters are named by words, got {pattern!r}")
            if words is not None and not isinstance(words, Mapping):
                raise Error(f"'{pattern}' takes a table of words ({', '.join(f.name for f in dataclasses.fields(_Words))}), got {words!r}")
            try:
                words = _Words(**(words or {}))
            except TypeError as error:
                raise Error(f"'{pattern}': {str(error).split('__init__() ')[-1]}; known: {', '.join(f.name for f in dataclasses.fields(_Words))}") from None
            if not (words.transform is None or isinstance(words.transform, str) and words.transform in _TRANSFORMS):
                raise Error(f"'{pattern}': transform must be None or 'log', got {words.transform!r}")
            if isinstance(words.scale, bool) or not isinstance(words.scale, (int, float, np.number)) or not 0 < words.scale < np.inf:
                raise Error(f"'{pattern}': scale must be a finite number > 0, got {words.scale!r}")
            if not isinstance(words.tie, (bool, np.bool_)):
                raise Error(f"'{pattern}': tie is True or False, got {words.tie!r}")
            _check_bounds(pattern, words)
            _check_prior(pattern, words.prior)
            names = matching(pattern, known)
            for name in names:
                if name in owner:
                    raise Error(f"'{name}' is named by both '{owner[name]}' and '{pattern}'")
                owner[name] = pattern
            self.groups.append((names, words))
        self.names = list(owner)
        if not self.names:
            raise Error("there is no parameter to fit")

    def start(self, base: Scene) -> np.ndarray:
        """The vector at the values `base`, which stay those of components that are not free."""
        self.base = {name: np.array(base[name], dtype=float) for name in self.names}
        self._parts, lower, upper, mean, sigma, vector = [], [], [], [], [], []
        for names, words in self.groups:
            forward = _TRANSFORMS[words.transform][0]
            for names_of_one in ([names] if words.tie else [[n] for n in names]):
                first = self.base[names_of_one[0]]
                if any(self.base[n].shape != first.shape for n in names_of_one):
                    raise Error(f"tied parameters have different shapes: {', '.join(names_of_one)}")
                free = _free(names_of_one[0], words.components, first.shape)
                values = first.ravel()[free]
                if words.transform == "log" and not (values > 0).all():
                    raise Error(f"{names_of_one[0]} must be > 0 for the transform 'log', got {values.tolist()}")
                self._parts.append((names_of_one, free, words, slice(len(vector), len(vector) + len(free))))

                bounds = words.bounds or self._limits.get(names_of_one[0], (-np.inf, np.inf))

                def spread(x):
                    if np.shape(x) not in ((), (1,), free.shape):
                        raise Error(f"{names_of_one[0]} has {len(free)} free components: bounds and priors are one number, or so many; got {np.size(x)}")
                    return np.broadcast_to(np.asarray(x, dtype=float), free.shape)

                with np.errstate(divide="ignore", invalid="ignore"):
                    low, high = (forward(spread(b)) / words.scale for b in bounds)
                low = np.where(np.isnan(low), -np.inf, low)
                x = forward(values) / words.scale
                outside = (x < low - 1e-12) | (x > high + 1e-12)
                if outside.any():
                    raise Error(f"{names_of_one[0]} starts at {values[outside].tolist()}, outside its bounds {bounds}")
                vector += x.tolist()
                lower += low.tolist()
                upper += high.tolist()
                mean += (spread(words.prior[0]) if words.prior else np.zeros(len(free))).tolist()
                sigma += (spread(words.prior[1]) if words.prior else np.full(len(free), np.inf)).tolist()
        self.lower, self.upper = np.array(lower), np.array(upper)
        self._mean, self.sigma = np.array(mean), np.array(sigma)
        return np.array(vector)

    def __repr__(self):
        return f"Variables({', '.join(self.names)})"

    def labels(self) -> list[str]:
        """name[component] of each number of the vector."""
        return [f"{'='.join(names)}[{i}]" if self.base[names[0]].size > 1 else "=".join(names) for names, free, _, _ in self._parts for i in free]

    def values(self, x: ArrayLike) -> dict:
        """{name: value} for a vector."""
        out = {name: value.copy() for name, value in self.base.items()}
        for names, free, words, place in self._parts:
            for name in names:
                out[name].reshape(-1)[free] = _TRANSFORMS[words.transform][1](words.scale * x[place])
        return out

    def _slopes(self, x):
        return [words.scale * _TRANSFORMS[words.transform][2](words.scale * x[place]) for _, _, words, place in self._parts]

    def gradient(self, x: ArrayLike, by_name: Mapping[str, ArrayLike]) -> np.ndarray:
        """By the vector, from {name: gradient}."""
        out = np.zeros_like(x)
        for (names, free, _, place), slope in zip(self._parts, self._slopes(x)):
            out[place] = slope * sum(np.asarray(by_name[name], dtype=float).ravel()[free] for name in names)
        return out

    def direction(self, x: ArrayLike, number: int) -> dict:
        """{name: how the values move} with one number of the vector."""
        out = {}
        for (names, free, _, place), slope in zip(self._parts, self._slopes(x)):
            if place.start <= number < place.stop:
                for name in names:
                    moved = np.zeros(self.base[name].size)
                    moved[free[number - place.start]] = slope[number - place.start]
                    out[name] = moved.reshape(self.base[name].shape)
        return out

    def physical(self, x: ArrayLike) -> np.ndarray:
        """Values and their slopes by the vector, [n] each."""
        values = np.concatenate([_TRANSFORMS[words.transform][1](words.scale * x[place]) for _, _, words, place in self._parts])
        return values, np.concatenate(self._slopes(x))

    def prior(self, x: ArrayLike) -> tuple:
        """sum ((v - mean) / sigma)^2 / 2 and its gradient by the vector."""
        values, slopes = self.physical(x)
        z = (values - self._mean) / self.sigma
        return 0.5 * z @ z, z / self.sigma * slopes

    def prior_residuals(self, x: ArrayLike) -> tuple:
        """(v - mean) / sigma of the numbers that have a prior, and their Jacobian."""
        held = np.isfinite(self.sigma)
        values, slopes = self.physical(x)
        return ((values - self._mean) / self.sigma)[held], np.diag(slopes / self.sigma)[held]
