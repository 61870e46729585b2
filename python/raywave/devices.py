# SPDX-License-Identifier: Apache-2.0
"""Transmitters and receivers, what they look at, and the names of Sionna RT for what devices, objects and scenes have."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from . import _raywave
from ._geometry import rotation
from ._methods import method
from ._raywave import AntennaArray, Device, Error, Object, Scene
from ._sionna import note_bare
from ._values import real_number, three_numbers, whole_number


def _place(target):
    """Metres of a device, of the middle of an object's bounding box, or as given."""
    if isinstance(target, Device):
        return target.position_m
    if isinstance(target, Object):
        return _middle(target).tolist()
    return three_numbers("look_at", target)


def _middle(item):
    vertices = item.vertices_m
    if not len(vertices):
        raise Error(f"object '{item.name}' has no vertex, so that it is nowhere")
    return (vertices.min(axis=0) + vertices.max(axis=0)) / 2


def _one(given, own, other, there, default):
    """The value of an option that goes by two names."""
    if other is None:
        return default if given is None else given
    if given is not None:
        raise TypeError(f"{there} and {own} are one: give one of them")
    return other


_ZEROS = (0.0, 0.0, 0.0)


def _words(name, position_m, orientation_rad, velocity_m_per_s, array, look_at, position, orientation, velocity):
    place = _one(position_m, "position_m", position, "position", None)
    if place is None:
        raise TypeError(f"'{name}' needs position_m, three numbers in metres")
    turned = _one(orientation_rad, "orientation_rad", orientation, "orientation", _ZEROS)
    moving = _one(velocity_m_per_s, "velocity_m_per_s", velocity, "velocity", _ZEROS)
    if not isinstance(name, str):
        raise Error(f"name takes a word, got {name!r}")
    if array is not None and not isinstance(array, AntennaArray):
        raise Error(f"array of '{name}' takes a rw.PlanarArray(...), got {array!r}")
    words = dict(name=name, position_m=three_numbers("position_m", place), orientation_rad=three_numbers("orientation_rad", turned),
                 velocity_m_per_s=three_numbers("velocity_m_per_s", moving), array=array)
    return {**words, "look_at": _place(look_at)} if look_at is not None else words


def Transmitter(name: str, position_m: Sequence[float] | None = None, orientation_rad: Sequence[float] | None = None,
                velocity_m_per_s: Sequence[float] | None = None, array: AntennaArray | None = None, power_dbm: float = 44.0,
                look_at: Sequence[float] | Device | Object | None = None, *, position: Sequence[float] | None = None,
                orientation: Sequence[float] | None = None, velocity: Sequence[float] | None = None, color: object = None,
                display_radius: object = None) -> Device:
    """A transmitter at position_m (metres), turned by orientation_rad (yaw, pitch, roll; default none) or toward look_at: a place, a
    device or an object. position, orientation, velocity are Sionna RT's names; color and display_radius, for its pictures, change nothing."""
    words = _words(name, position_m, orientation_rad, velocity_m_per_s, array, look_at, position, orientation, velocity)
    out = _raywave.Transmitter(power_dbm=real_number("power_dbm", power_dbm), **words)
    return note_bare(out) if array is None else out


def Receiver(name: str, position_m: Sequence[float] | None = None, orientation_rad: Sequence[float] | None = None,
             velocity_m_per_s: Sequence[float] | None = None, array: AntennaArray | None = None,
             look_at: Sequence[float] | Device | Object | None = None, *, position: Sequence[float] | None = None,
             orientation: Sequence[float] | None = None, velocity: Sequence[float] | None = None, color: object = None,
             display_radius: object = None) -> Device:
    """A receiver at position_m (metres), as Transmitter without power."""
    out = _raywave.Receiver(**_words(name, position_m, orientation_rad, velocity_m_per_s, array, look_at, position, orientation, velocity))
    return note_bare(out) if array is None else out


def PlanarArray(num_rows: int = 1, num_cols: int = 1, vertical_spacing: float = 0.5, horizontal_spacing: float = 0.5, pattern: str = "iso",
                polarization: str = "V", polarization_model: int | str = 2) -> AntennaArray:
    """A grid in the y-z plane facing +x, spacings in wavelengths. pattern: iso, dipole, hw_dipole, tr38901, or a file (.csv, .msi, .pln);
    polarization: V, H, VH, cross; polarization_model: 1 or 2 of TR 38.901 (Sionna RT's words: "tr38901_1", "tr38901_2")."""
    model = {"tr38901_1": 1, "tr38901_2": 2}.get(polarization_model, polarization_model)
    for key, word in (("pattern", pattern), ("polarization", polarization)):
        if not isinstance(word, str):
            raise Error(f"{key} takes a word, got {word!r}")
    return _raywave.PlanarArray(num_rows=whole_number("num_rows", num_rows), num_cols=whole_number("num_cols", num_cols),
                                vertical_spacing=real_number("vertical_spacing", vertical_spacing),
                                horizontal_spacing=real_number("horizontal_spacing", horizontal_spacing), pattern=pattern, polarization=polarization,
                                polarization_model=whole_number("polarization_model", model))


_look_at = Device.look_at


@method(Device, "look_at")
def _device_look_at(self, target_m: Sequence[float] | Device | Object) -> None:
    """Turns +x to the target: a place, a device, or the middle of an object's bounding box."""
    _look_at(self, _place(target_m))


def _alias(cls, own, there, kind, settable=True):
    """The property cls.own by another name."""
    held = getattr(cls, own)

    def get(self):
        return held.__get__(self)

    def put(self, value, /):
        held.__set__(self, value)

    get.__doc__ = f"Sionna RT's name of {own}."
    get.__annotations__, put.__annotations__ = {"return": kind}, {"value": "Sequence[float]" if kind.startswith("list") else kind, "return": None}
    method(cls, there)(property(get, put if settable else None, doc=get.__doc__))


for _cls, _own, _there in ((Device, "position_m", "position"), (Device, "orientation_rad", "orientation"), (Device, "velocity_m_per_s", "velocity"),
                           (Object, "velocity_m_per_s", "velocity")):
    _alias(_cls, _own, _there, "list[float]")
for _own, _there in (("frequency_hz", "frequency"), ("bandwidth_hz", "bandwidth"), ("temperature_k", "temperature"), ("wavelength_m", "wavelength")):
    _alias(Scene, _own, _there, "float", settable=_there != "wavelength")


def _object_position(self) -> list[float]:
    """The middle of its bounding box in metres; assign to move the object there."""
    return _middle(self).tolist()


def _move_object(self, place: Sequence[float], /) -> None:
    place = np.array(three_numbers("position_m", place))
    if not np.isfinite(place).all():
        raise Error(f"position_m of '{self.name}' must be finite, got {place.tolist()}")
    self.vertices_m = self.vertices_m + (place - _middle(self))


method(Object, "position_m")(property(_object_position, _move_object, doc=_object_position.__doc__))
_alias(Object, "position_m", "position", "list[float]")


def _object_orientation(self) -> list[float]:
    """(yaw, pitch, roll) from how it was made or read; assign to turn it about the middle of its bounding box."""
    return list(self._turned_rad)


def _turn_object(self, angles: Sequence[float], /) -> None:
    angles = three_numbers("orientation_rad", angles)
    if not np.isfinite(angles).all():
        raise Error(f"orientation_rad of '{self.name}' must be finite, got {angles}")
    turn, middle = rotation(*angles) @ rotation(*self._turned_rad).T, _middle(self)
    self.vertices_m = middle + (self.vertices_m - middle) @ turn.T
    self._turned_rad = angles


method(Object, "orientation_rad")(property(_object_orientation, _turn_object, doc=_object_orientation.__doc__))
_alias(Object, "orientation_rad", "orientation", "list[float]")


@method(Object, "look_at")
def _object_look_at(self, target_m: Sequence[float] | Device | Object) -> None:
    """Turns its +x, as it was made or read, to the target: a place, a device, or the middle of an object's bounding box."""
    way = np.array(_place(target_m)) - _middle(self)
    if not np.linalg.norm(way) > 0:
        raise Error(f"'{self.name}' cannot look at its own place {_middle(self).tolist()}")
    self.orientation_rad = [math.atan2(way[1], way[0]), -math.atan2(way[2], math.hypot(way[0], way[1])), 0.0]
