# SPDX-License-Identifier: Apache-2.0
"""What a material that varies is, and where it is asked."""
from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._lines import line
from .._raywave import Error, Material, Scene
from .._values import shown

KAPPA = "lobe/kappa"  # of the von Mises-Fisher lobe that a material has in the mirror's place
NUMBERS = ("relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient", KAPPA)


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


def real_array(what, given, shape=None):
    """`given` as an array of doubles of its own. @raises Error naming `what` for what is no array of real numbers, or not of this shape: an imaginary part is
    not dropped (losses are conductivity_s_per_m)."""
    try:
        plain = np.asarray(given)
        if plain.dtype.kind not in "biuf" and not (plain.dtype.kind == "O" and all(isinstance(v, numbers.Real) for v in plain.ravel())):
            raise ValueError
        out = np.array(plain, dtype=float)
    except (ValueError, TypeError, RuntimeError):  # the last: of tensors that need a gradient
        raise Error(f"{what}: wanted real numbers, got {shown(given)}") from None
    if shape is not None and out.shape != shape:
        if out.size != math.prod(shape):
            raise Error(f"{what}: wanted the shape {list(shape)}, got {list(out.shape)}")
        out = out.reshape(shape)
    return out


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
        raise NotImplementedError(f"{type(self).__name__} has no with_parameters()")

    def values(self, places: Places) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} has no values()")

    def slopes(self, places: Places) -> np.ndarray | None:
        return None

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} has no pull()")

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} has no push()")


def base_of(material: Material, frequency_hz: float) -> dict:
    """A scene's material as numbers at a frequency; lobe/kappa is 0 where it names no von Mises-Fisher lobe."""
    scene = Scene()
    scene.frequency_hz = frequency_hz
    scene.add(material)
    parameters = scene.parameters()
    return {q: float(parameters[name].value) if (name := f"material/{material.name}/{q}") in parameters else 0.0 for q in NUMBERS}  # 0: no such lobe
