# SPDX-License-Identifier: Apache-2.0
"""Values of what is varied, one row a sample: given ones or draws of a counter-based generator, the library's own (core/random.h).

A draw is a pure function of (seed, parameter's name, sample, component), so that more samples or more parameters leave the others as they
are. Draws are made once, when a store is created, and stand in it: workers read them."""
import hashlib
import statistics

import numpy as np

from .._raywave import Error

RULES = ("uniform", "normal", "integers", "choice")


def mix64(z: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64, as raywave::mix64."""
    with np.errstate(over="ignore"):
        z = np.asarray(z, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(seed: int, name: str, samples: int, components: int) -> np.ndarray:
    """[samples, components] in [0, 1): raywave::random_uniform of (seed, the name's hash, sample, component)."""
    source = np.uint64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little"))
    key = mix64(mix64(np.uint64(seed)) ^ source)
    key = mix64(key ^ np.arange(samples, dtype=np.uint64))
    bits = mix64(key[:, None] ^ np.arange(components, dtype=np.uint64)[None, :])
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def values(name: str, rule, seed: int, samples: int, shape: tuple) -> np.ndarray:
    """[samples, *shape] of one parameter. @raises Error naming it."""
    if not isinstance(rule, dict):
        return _given(name, rule, samples, shape)
    if len(rule) != 1 or next(iter(rule)) not in RULES:
        raise Error(f"vary '{name}': give values, one a sample, or one of {', '.join(RULES)} as {{rule: [...]}}, got {rule!r}")
    (kind, arguments), = rule.items()
    components = int(np.prod(shape, dtype=int))
    u = uniform(seed, name, samples, 1 if kind == "choice" else components)
    if kind == "choice":
        choices = _given(name, arguments, None, shape)
        return choices[(u[:, 0] * len(choices)).astype(int)]
    if not isinstance(arguments, (list, tuple, np.ndarray)) or len(arguments) != 2:
        raise Error(f"vary '{name}': {kind} takes [a, b], got {arguments!r}")
    a, b = (_one(name, x, shape).reshape(components) for x in arguments)
    if kind == "normal":
        if (b < 0).any():
            raise Error(f"vary '{name}': normal takes [mean, standard deviation >= 0], got {arguments!r}")
        inverse = statistics.NormalDist().inv_cdf
        return (a + b * np.array([[inverse(x + 2.0**-54) for x in row] for row in u])).reshape(samples, *shape)
    if not (a < b).all():
        raise Error(f"vary '{name}': {kind} takes [low, high] with low < high, got {arguments!r}")
    if kind == "integers":
        if (a != np.floor(a)).any() or (b != np.floor(b)).any():
            raise Error(f"vary '{name}': integers takes whole numbers, got {arguments!r}")
        return (a + np.floor(u * (b - a))).reshape(samples, *shape)
    return (a + (b - a) * u).reshape(samples, *shape)


def _numbers(name, given):
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise Error(f"vary '{name}': numbers are wanted, got {given!r}") from None
    if not np.isfinite(array).all():
        raise Error(f"vary '{name}': a value is not finite")
    return array


def _one(name, given, shape):
    array = _numbers(name, given)
    if array.shape not in ((), shape):
        raise Error(f"vary '{name}': its shape is {list(shape)}, got {given!r}")
    return np.broadcast_to(array, shape)


def _given(name, given, samples, shape):
    array = _numbers(name, given)
    if array.ndim != 1 + len(shape) or array.shape[1:] != shape or not len(array):
        raise Error(f"vary '{name}': values of the shape [samples, {', '.join(map(str, shape))}] are wanted, got {list(array.shape)}".replace(", ]", "]"))
    if samples is not None and len(array) != samples:
        raise Error(f"vary '{name}': {len(array)} values, but there are {samples} samples")
    return array
