# SPDX-License-Identifier: Apache-2.0
"""The named parameters of a wave scene: values, units, bounds, and how they are set. The names are those of the result's jvp and vjp."""
from __future__ import annotations

import copy
import dataclasses
import difflib
import math

import numpy as np
from numpy.typing import ArrayLike

from . import _raywave
from ._raywave import Error, Material

C = 299792458.0


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A differentiable quantity of a wave scene, as it was when asked for; complex for weights, samples and cells."""

    name: str
    value: np.ndarray
    unit: str
    lower: float = -math.inf
    upper: float = math.inf

    @property
    def shape(self):
        return self.value.shape


def _named(items, word):
    return {item.name or f"{word}{i}": item for i, item in enumerate(items)}


def vertices_of(thing):
    """All vertices of an object, [vertices, 2: y, z] or [vertices, 3: x, y, z], and the lengths of its outlines or solids."""
    parts = [np.asarray(v, dtype=np.float64) for v in thing.outlines] or [np.asarray(v, dtype=np.float64) for v, _ in thing.solids]
    return np.concatenate(parts), [len(p) for p in parts]


def _set_vertices(thing, vertices):
    _, lengths = vertices_of(thing)
    parts = np.split(np.asarray(vertices, dtype=np.float64), np.cumsum(lengths)[:-1])
    if len(thing.outlines):
        thing.outlines = parts
    else:
        thing.solids = [(p, t) for p, (_, t) in zip(parts, thing.solids)]


class Scene:
    """What raywave.wave.Scene has of it."""

    def _materials(self):
        """{material's name: [objects]} of what is no conductor; the objects' materials become raywave.Material."""
        from .wave import _material
        out = {}
        for name, thing in _named(self.objects, "object").items():
            thing.material = _material(thing.material, name)
            if not thing.material.perfect_conductor:
                out.setdefault(thing.material.name, []).append(thing)
        return out

    def copy(self) -> Scene:
        """A copy whose parameters can be set without this one's changing."""
        out = dataclasses.replace(self, grid=dataclasses.replace(self.grid), sources=[copy.copy(s) for s in self.sources],
                                  objects=[copy.copy(o) for o in self.objects])
        out.cells = self.cells and dict(self.cells)
        return out

    def parameters(self) -> dict[str, Parameter]:
        """{name: Parameter} of what the field's derivative can be taken by."""
        return {name: Parameter(name, np.array(value), unit, lower, upper)
                for name, unit, lower, upper, value in _raywave.wave_parameters(self._dict())}

    def set_parameter(self, name: str, value: ArrayLike) -> None:
        """Gives a parameter a value. A translation moves what is there; a scale is about the mean of the vertices that are there."""
        known = self.parameters()
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise Error(f"unknown parameter '{name}'" + (f", did you mean '{near[0]}'?" if near else ""))
        parameter = known[name]
        value = np.array(value, dtype=parameter.value.dtype)
        if value.shape != parameter.shape:
            raise Error(f"{name} has the shape {list(parameter.shape)}, got {list(value.shape)}")
        if not np.all(np.isfinite(value)):
            raise Error(f"{name} must be finite")
        if value.dtype.kind == "f" and np.any((value < parameter.lower) | (value > parameter.upper)):
            raise Error(f"{name} must be in [{parameter.lower:g}, {parameter.upper:g}], got {value.min():g} to {value.max():g}")
        group, _, rest = name.partition("/")
        owner, _, quantity = rest.rpartition("/")
        if name == "wavelength_m":
            self.hold_amplitudes()
            self.frequency_hz = C / float(value)
        elif name == "cells/index_minus_one":
            self.cells = dict(self.cells, index_minus_one=value)
        elif group == "material":
            self._set_material(owner, quantity, float(value))
        elif group == "object":
            thing = _named(self.objects, "object")[owner]
            vertices, _ = vertices_of(thing)
            middle = vertices.mean(axis=0)
            _set_vertices(thing, value if quantity == "vertices_m" else vertices + value if quantity == "translation_m"
                          else middle + value * (vertices - middle))
        else:
            self._set_source(_named(self.sources, "source")[owner], quantity, value)

    def _set_material(self, name, quantity, value):
        for thing in self._materials()[name]:
            permittivity, conductivity = thing.material.properties_at(self.frequency_hz)
            constants = dict(relative_permittivity=permittivity, conductivity_s_per_m=conductivity)
            thing.material = Material(name, **{**constants, quantity: value})

    def hold_amplitudes(self) -> None:
        """A power given becomes the amplitude that it stands for: what derivatives by the wavelength hold."""
        for name, source in _named(self.sources, "source").items():
            if getattr(source, "power_w_per_m", None) is not None or getattr(source, "power_w", None) is not None:
                self._set_source(source, "amplitude", np.array(source._dict(name, self)["amplitude"]))

    def _set_source(self, source, quantity, value):
        if quantity == "amplitude" and source._kind == "point":  # which a power would set anew
            source.power_w_per_m = source.power_w = None
        setattr(source, quantity, value if value.ndim else float(value))
