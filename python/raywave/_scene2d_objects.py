# SPDX-License-Identifier: Apache-2.0
"""What stands in a scene of the plane: walls and other objects, laws of one's own, transmitters and receivers."""
from __future__ import annotations

import atexit
import math
import weakref
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from . import _values
from ._methods import method
from ._raywave import Error, Scene2D


@method(Scene2D, "add_wall")
def _add_wall(self, name: str, a: Sequence[float], b: Sequence[float], material: str = "") -> None:
    """A wall from a to b."""
    self._add("wall", name, {"a": a, "b": b, "material": material})


@method(Scene2D, "add_ris")
def _add_ris(self, name: str, a: Sequence[float], b: Sequence[float], phi_rad: float = math.pi / 4) -> None:
    """A surface that sends what comes from anywhere at the angle phi_rad from its back normal; its normal is (t_y, -t_x)."""
    self._add("ris", name, {"a": a, "b": b, "phi_rad": float(phi_rad)})


@method(Scene2D, "add_panel")
def _add_panel(self, name: str, a: Sequence[float], b: Sequence[float], profile_m: Sequence[float]) -> None:
    """A surface with a phase profile: it adds the optical path sum_j profile_m[j] s^j at the distance s from a."""
    self._add("panel", name, {"a": a, "b": b, "profile_m": _values.number_list(f"panel '{name}': profile_m", profile_m)})


@method(Scene2D, "add_corner")
def _add_corner(self, name: str, at: Sequence[float]) -> None:
    """A point that rays may turn at."""
    self._add("corner", name, {"a": at})


@method(Scene2D, "add_arc")
def _add_arc(self, name: str, center: Sequence[float], radius_m: float, begin_rad: float, end_rad: float) -> None:
    """A reflecting arc, counter-clockwise from begin_rad to end_rad."""
    self._add("arc", name, {"a": center, "radius_m": float(radius_m), "begin_rad": float(begin_rad), "end_rad": float(end_rad)})


# A function sees the names of its module, and so its scene: a circle through compiled objects, which no collector opens
_laws = weakref.WeakSet()
atexit.register(lambda: [law.__dict__.clear() for law in _laws])


class _Law:
    """A residual in Python as the compiled side calls it: bounces [n, 10 + numbers] to residuals [n, 2] and slopes."""

    def __init__(self, name, residual, gradient):
        self.name, self.residual, self.gradient = name, residual, gradient
        _laws.add(self)

    def __setstate__(self, state):
        self.__dict__.update(state)
        _laws.add(self)

    @staticmethod
    def _split(x):
        x.flags.writeable = False
        return (*(x[:, 2 * i:2 * i + 2] for i in range(5)), x[:, 10:])

    def _numbers(self, what, given):
        given = np.asarray(given)
        if given.dtype.kind not in "buif":
            raise Error(f"own object '{self.name}': {what} must be real numbers, got {given.dtype}")
        return given.astype(np.float64)

    def _value(self, x):
        r = self._numbers("its residual", self.residual(*self._split(x)))
        if r.shape == (len(x),):
            r = np.stack([r, np.zeros_like(r)], axis=1)
        if r.shape != (len(x), 2):
            raise Error(f"own object '{self.name}': its residual must have the shape [{len(x)}] or [{len(x)}, 2], got {list(r.shape)}")
        return r

    def __call__(self, x, want_slopes):
        value = self._value(x)
        if not want_slopes:
            return value, None
        if self.gradient is not None:
            slopes = self._numbers("its gradient", self.gradient(*self._split(x)))
            if slopes.shape != (len(x), 2, x.shape[1]):
                raise Error(f"own object '{self.name}': its gradient must have the shape [{len(x)}, 2, {x.shape[1]}], got {list(slopes.shape)}")
            return value, np.ascontiguousarray(slopes)
        n, width = x.shape
        h = 1e-6 * np.maximum(1.0, np.abs(x))  # the differences are off by about 1e-10 of the residual's third derivatives
        moved = np.repeat(x[None], 2 * width, axis=0)
        for k in range(width):
            moved[k, :, k] += h[:, k]
            moved[width + k, :, k] -= h[:, k]
        r = self._value(moved.reshape(-1, width)).reshape(2, width, n, 2)
        return value, np.ascontiguousarray(np.moveaxis((r[0] - r[1]) / (2 * h.T[:, :, None]), 0, 2))


@method(Scene2D, "add_own")
def _add_own(self, name: str, a: Sequence[float], b: Sequence[float], residual: Callable, numbers: Sequence[float] = (),
             gradient: Callable | None = None) -> None:
    """An object of your own law, for method="min-path": residual(before, at, after, a, b, numbers) takes points [n, 2] and numbers [n, k]
    and gives [n] or [n, 2], zero where the law holds. gradient: the same arguments, [n, 2, 10 + k] in their order; without it differences."""
    for what, given in (("residual", residual), ("gradient", gradient)):
        if not (callable(given) or given is None and what == "gradient"):
            raise Error(f"own object '{name}': {what} must be a function, got {given!r}")
    self._add("own", name, {"a": a, "b": b, "numbers": _values.number_list(f"own object '{name}': numbers", numbers), "law": _Law(name, residual, gradient)})


def _from_walls(walls: ArrayLike) -> Scene2D:
    """A scene of walls [n, 2 ends, 2: x, y], named wall_0, ..."""
    try:
        walls = np.asarray(walls, dtype=np.float64)
    except (TypeError, ValueError):
        raise Error(f"walls must be numbers [n, 2, 2], got {_values.shown(walls)}") from None
    if walls.ndim != 3 or walls.shape[1:] != (2, 2):
        raise Error(f"walls must have the shape [n, 2, 2], got {list(walls.shape)}")
    scene = Scene2D()
    scene._add_all([("wall", f"wall_{i}", {"a": a, "b": b}) for i, (a, b) in enumerate(walls)])
    return scene


Scene2D.from_walls = staticmethod(_from_walls)


# --- devices ---


class _Devices(dict):
    """{name: (x, y)} of a scene: what is changed here changes the scene."""

    def __init__(self, scene, side):
        super().__init__(getattr(scene, side))
        self._scene, self._side = scene, side

    def _change(self, change):
        now = dict(getattr(self._scene, self._side))
        given = change(now)
        setattr(self._scene, self._side, now)  # raises Error for a place that is none, and nothing has changed
        super().clear()
        super().update(getattr(self._scene, self._side))
        return given

    def __setitem__(self, name, place):
        self._change(lambda now: now.__setitem__(name, place))

    def __delitem__(self, name):
        self._change(lambda now: now.__delitem__(name))

    def __ior__(self, other):
        self.update(other)
        return self

    def update(self, *others, **places):
        self._change(lambda now: now.update(*others, **places))

    def setdefault(self, name, place=None):
        return self._change(lambda now: now.setdefault(name, place))

    def pop(self, *name_and_default):
        return self._change(lambda now: now.pop(*name_and_default))

    def popitem(self):
        return self._change(lambda now: now.popitem())

    def clear(self):
        self._change(lambda now: now.clear())

    def copy(self):
        return dict(self)

    def __reduce__(self):
        return dict, (dict(self),)


def _live(side):
    def get(self) -> dict[str, list[float]]:
        return _Devices(self, "_" + side)

    def put(self, places: dict[str, Sequence[float]]) -> None:
        try:
            places = dict(places)
        except (TypeError, ValueError):
            raise Error(f"{side} takes {{name: (x, y)}}, got {_values.shown(places)}") from None
        for name in places:
            if not isinstance(name, str):
                raise Error(f"{side}: a name is text, got {_values.shown(name)}")
        setattr(self, "_" + side, places)

    get.__doc__ = "{name: [x, y]}; what is changed in it changes the scene."
    return property(get, put)


method(Scene2D, "transmitters")(_live("transmitters"))
method(Scene2D, "receivers")(_live("receivers"))
