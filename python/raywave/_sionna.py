# SPDX-License-Identifier: Apache-2.0
"""What scripts for Sionna RT say of scenes and materials and means the same here: arrays of all transmitters and receivers, radio materials,
edits. Names of options stand in _names.py, those of devices in devices.py."""
from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

from ._methods import method
from ._raywave import AntennaArray, Device, Error, Material, Object, Scene, itu_material
from ._values import real_number

_ARRAYS: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()  # of a scene: {transmits: array}
_BARE: weakref.WeakSet = weakref.WeakSet()  # devices that were made without an array of their own


def note_bare(device: Device) -> Device:
    """A device that takes its scene's array."""
    _BARE.add(device)
    return device


def _put_array(name, transmits):
    kind = "transmitters" if transmits else "receivers"

    def get(self) -> AntennaArray | None:
        return _ARRAYS.get(self, {}).get(transmits)

    def put(self, value: AntennaArray | None, /) -> None:
        if value is not None and not isinstance(value, AntennaArray):
            raise Error(f"{name} takes a rw.PlanarArray(...), got {value!r}")
        _ARRAYS.setdefault(self, {})[transmits] = value
        for device in getattr(self, kind).values():
            _dress(self, device)

    doc = f"Sionna RT's: the array of all {kind} that were made without one of their own, those that come later too. Each gets a copy."
    method(Scene, name)(property(get, put, doc=doc))


def _dress(scene, device):
    array = _ARRAYS.get(scene, {}).get(device.transmits)
    if array is not None and device in _BARE:
        _held_array.__set__(device, array)


_held_array = vars(Device)["array"]


def _set_array(self, value: AntennaArray, /) -> None:
    _held_array.__set__(self, value)
    _BARE.discard(self)


def _get_array(self) -> AntennaArray:
    return _held_array.__get__(self)


method(Device, "array")(property(_get_array, _set_array, doc=_held_array.__doc__))
for _name, _transmits in (("tx_array", True), ("rx_array", False)):
    _put_array(_name, _transmits)

_add, _copy, _remove = Scene.add, Scene.copy, Scene.remove


@method(Scene, "add")
def _add_item(self, item: Device | Object | Material) -> None:
    """Adds a Transmitter, Receiver, Object or Material; names are unique."""
    _add(self, item)
    if isinstance(item, Device):
        _dress(self, item)


@method(Scene, "copy")
def _copy_scene(self) -> Scene:
    """Another scene with the same numbers: devices, materials and cleaned meshes of its own."""
    out = _copy(self)
    if self in _ARRAYS:
        _ARRAYS[out] = dict(_ARRAYS[self])
    return out


@method(Scene, "edit")
def _edit(self, add: object = None, remove: object = None) -> None:
    """Sionna RT's: removes objects (themselves or by name), then adds some: one or several of each."""
    for item in _several(remove):
        _remove(self, item if isinstance(item, str) else item.name)
    for item in _several(add):
        self.add(item)


def _several(items):
    return [] if items is None else [items] if isinstance(items, (str, Object, Device, Material)) else list(items)


def _materials(self) -> Mapping[str, Material]:
    return self.materials


method(Scene, "radio_materials")(property(_materials, doc="Sionna RT's name of materials."))


def _material_of(self) -> str:
    return self.material


def _set_material_of(self, value: str | Material, /) -> None:
    self.material = value


method(Object, "radio_material")(property(_material_of, _set_material_of, doc="Sionna RT's name of material."))


def RadioMaterial(name: str, thickness: float = 0.1, relative_permittivity: float = 1.0, conductivity: float = 0.0, scattering_coefficient: float = 0.0,
                  xpd_coefficient: float = 0.0, scattering_pattern: str = "lambertian", color: Sequence[float] | None = None, **numbers: float) -> Material:
    """Material in Sionna RT's words; numbers: those of the scattering pattern (alpha_r, alpha_i, lambda_)."""
    out = Material(name, relative_permittivity=relative_permittivity, conductivity_s_per_m=conductivity, thickness_m=thickness,
                   scattering_coefficient=scattering_coefficient, xpd_coefficient=xpd_coefficient)
    return _painted(out, scattering_pattern, color, numbers)


def ITURadioMaterial(name: str, itu_type: str, thickness: float = 0.1, scattering_coefficient: float = 0.0, xpd_coefficient: float = 0.0,
                     scattering_pattern: str = "lambertian", color: Sequence[float] | None = None, **numbers: float) -> Material:
    """itu_material in Sionna RT's words; numbers: those of the scattering pattern (alpha_r, alpha_i, lambda_)."""
    out = Material(name, thickness_m=thickness, scattering_coefficient=scattering_coefficient, xpd_coefficient=xpd_coefficient)
    out.itu_name = itu_material(itu_type).itu_name
    return _painted(out, scattering_pattern, color, numbers)


def _painted(material, scattering_pattern, color, numbers):
    listed = ", ".join(f"{key}={real_number(key, value)!r}" for key, value in numbers.items())
    material.scattering_pattern = f"{scattering_pattern}({listed})" if listed else scattering_pattern
    if color is not None:
        material.color = color
    return material
