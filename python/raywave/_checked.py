# SPDX-License-Identifier: Apache-2.0
"""Properties of the compiled classes take what people write - lists, numpy's numbers - and say what they want where they cannot."""
from __future__ import annotations

import math

from . import _raywave, _signatures
from ._methods import method

_signatures.sign_all()  # before others take them from there, and wrap them

from ._raywave import AntennaArray, Device, Error, Material, Object, Scene, Scene2D, itu_material, lobe_text
from ._values import lobe_name, real_number, three_numbers


def _checked(cls, name, kind, convert):
    """cls.name, whose new values pass convert(name, value)."""
    held = vars(cls)[name]

    def get(self):
        return held.__get__(self)

    def put(self, value, /):
        held.__set__(self, convert(_of(self, name), value))

    get.__doc__ = None if (held.__doc__ or "").startswith("(self)") else held.__doc__  # nanobind's, where there are no words
    takes = "Sequence[float]" if kind.startswith("list") else kind
    get.__annotations__, put.__annotations__ = {"return": kind}, {"value": takes, "return": None}
    method(cls, name)(property(get, put, doc=get.__doc__))


def _of(item, name):
    return f"{name} of '{item.name}'" if hasattr(item, "name") else name


def _between(low, high, low_too=True):
    def convert(what, value):
        number = real_number(what, value)
        if not (low <= number if low_too else low < number) or not number <= high:
            limits = f"{'>=' if low_too else '>'} {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
            raise Error(f"{what} must be {limits}, got {number:g}")
        return number

    return convert


def _switch(what, value):
    return value if isinstance(value, bool) else _refuse(what, "True or False", value)


def _text(what, value):
    return value if isinstance(value, str) else _refuse(what, "a word", value)


def _itu_name(what, value):
    _text(what, value)
    if value:
        itu_material(value)  # or the error that names the nearest
    return value


def _array(what, value):
    return value if isinstance(value, AntennaArray) else _refuse(what, "a rw.PlanarArray(...)", value)


def _crs(what, value):
    if value is None:
        return None
    if not _text(what, value).strip():
        raise Error(f"{what} takes a coordinate reference system, as 'EPSG:25833', or None, got {value!r}")
    return value


def _origin(what, value):
    numbers = three_numbers(what, value)
    if not all(map(math.isfinite, numbers)):
        raise Error(f"{what} must be finite, got {numbers}")
    return numbers


def _refuse(what, wanted, value):
    raise Error(f"{what} takes {wanted}, got {value!r}"[:300])


def _pattern(key, value):
    text = lobe_name(key, value)
    lobe_text(text)  # raises for none
    return text


def _own_lobe(key, value):
    return value if value == "" else _pattern(key, value)


_INFINITE = float("inf")
for _cls, _name, _kind, _convert in (
        (Device, "position_m", "list[float]", three_numbers), (Device, "orientation_rad", "list[float]", three_numbers),
        (Device, "velocity_m_per_s", "list[float]", three_numbers), (Device, "power_dbm", "float", real_number), (Device, "name", "str", _text),
        (Device, "array", "AntennaArray", _array), (Object, "velocity_m_per_s", "list[float]", three_numbers),
        (Scene, "frequency_hz", "float", real_number), (Scene, "crs", "str | None", _crs),
        (Scene, "origin_m", "list[float]", _origin), (Scene2D, "crs", "str | None", _crs), (Scene2D, "origin_m", "list[float]", _origin), (Scene, "bandwidth_hz", "float", real_number), (Scene, "temperature_k", "float", real_number),
        (Material, "itu_name", "str", _itu_name), (Material, "relative_permittivity", "float", _between(1, _INFINITE)),
        (Material, "conductivity_s_per_m", "float", _between(0, _INFINITE)), (Material, "thickness_m", "float", _between(0, _INFINITE, low_too=False)),
        (Material, "scattering_coefficient", "float", _between(0, 1)), (Material, "xpd_coefficient", "float", _between(0, 1)),
        (Material, "perfect_conductor", "bool", _switch), (Material, "scattering_pattern", "str", _pattern),
        (Material, "lobe", "str", _own_lobe)):
    _checked(_cls, _name, _kind, _convert)


_add = Scene.add


@method(Scene, "add")
def _add_item(self, item: Device | Object | Material) -> None:
    """Adds a Transmitter, Receiver, Object or Material; names are unique."""
    if not isinstance(item, (Device, Object, Material)):
        raise Error(f"scene.add takes a rw.Transmitter, rw.Receiver, rw.Object or rw.Material, got {type(item).__name__}")
    _add(self, item)

