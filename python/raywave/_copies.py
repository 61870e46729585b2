# SPDX-License-Identifier: Apache-2.0
"""copy, deepcopy, pickle and repr of the compiled classes.

Materials, objects, devices and scenes are pickled by their properties; a scene and its devices are copied by Scene.copy, which keeps every
bit. Arrays, paths, maps, fields, echoes and scenes in the plane are pickled by the compiled side with all that they are, results with the
scene that they were solved in. Paths, wave fields, arrival maps and scattered power cannot be changed: a copy is the thing itself.
"""
import copyreg

import numpy as np

from . import _raywave
from ._methods import method
from ._raywave import (AntennaArray, ArrivalMap, Device, Echoes, Material, Object, Parameter, Paths, Paths2D, RadioMap, ScatteredPower, Scene, Scene2D,
                       WaveResult)

_MATERIAL = ("itu_name", "relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient",
             "perfect_conductor", "scattering_pattern", "lobe", "color")


def _material(name, values):
    out = Material(name)
    for key, value in values.items():
        setattr(out, key, value)
    return out


def _object(name, vertices, triangles, material, velocity, turned=(0, 0, 0)):
    out = Object(name, vertices, triangles, material)
    out.velocity_m_per_s, out._turned_rad = velocity, turned
    return out


def _device(transmits, values, power_dbm, precoding):
    if not transmits:
        return _raywave.Receiver(**values)
    out = _raywave.Transmitter(power_dbm=power_dbm, **values)
    out.precoding = precoding
    return out


def _scene(numbers, place, items):
    out = Scene()
    out.frequency_hz, out.bandwidth_hz, out.temperature_k = numbers
    out.crs, out.origin_m = place
    for item in items:
        out.add(item)
    return out


def _reduce_material(m):
    return _material, (m.name, {key: getattr(m, key) for key in _MATERIAL})


def _reduce_object(o):
    return _object, (o.name, np.array(o.vertices_m), np.array(o.triangles, dtype=np.int64), o.material, list(o.velocity_m_per_s), tuple(o._turned_rad))


def _reduce_device(d):
    values = {key: list(getattr(d, key)) for key in ("position_m", "orientation_rad", "velocity_m_per_s")}
    power, weights = (d.power_dbm, np.array(d.precoding)) if d.transmits else (None, None)
    return _device, (d.transmits, {"name": d.name, **values, "array": d.array}, power, weights)


def _reduce_scene(s):
    items = [*s.materials.values(), *s.objects.values(), *s.transmitters.values(), *s.receivers.values()]
    return _scene, ((s.frequency_hz, s.bandwidth_hz, s.temperature_k), (s.crs, list(s.origin_m)), items)


for _cls, _reduce in ((Material, _reduce_material), (Object, _reduce_object), (Device, _reduce_device), (Scene, _reduce_scene)):
    copyreg.pickle(_cls, _reduce)


def _copied(item):
    """Another device or material with the same numbers, by a scene of its own."""
    scene = Scene()
    scene.add(item)
    return scene.copy().get(item.name)


def _copied_array(array):
    return _copied(_raywave.Receiver("array", [0.0, 0.0, 0.0], array=array)).array


def _put_copies(cls, make):
    def copy(self):
        return make(self)

    def deepcopy(self, memo: dict):
        return make(self)

    copy.__annotations__["return"] = deepcopy.__annotations__["return"] = cls.__name__
    method(cls, "__copy__")(copy)
    method(cls, "__deepcopy__")(deepcopy)


_put_copies(Scene, lambda scene: scene.copy())
_put_copies(Device, _copied)
_put_copies(Material, _copied)
_put_copies(AntennaArray, _copied_array)
_put_copies(Scene2D, lambda scene: scene.copy())
for _cls in (ArrivalMap, Paths, WaveResult, Parameter, Paths2D, Echoes, ScatteredPower):
    _put_copies(_cls, lambda item: item)


def _hertz(f):
    for unit, scale in (("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3)):
        if f >= scale:
            return f"{f / scale:.6g} {unit}"
    return f"{f:.6g} Hz"


def _count(n, word):
    return f"{n} {word}{'' if n == 1 else 's'}"


def _numbers(values):
    return "[" + ", ".join(f"{v:.6g}" for v in values) + "]"


def _show_scene(s):
    parts = [_count(len(s.objects), "object"), _count(len(s.materials), "material"), _count(len(s.transmitters), "transmitter"),
             _count(len(s.receivers), "receiver"), _hertz(s.frequency_hz)]
    return f"Scene({', '.join(parts)})"


def _show_device(d):
    kind = "Transmitter" if d.transmits else "Receiver"
    parts = [repr(d.name), _numbers(d.position_m)]
    parts += [f"{key}={_numbers(getattr(d, key))}" for key in ("orientation_rad", "velocity_m_per_s") if any(getattr(d, key))]
    parts += [f"{_count(d.array.num_ant, 'port')}"] + ([f"power_dbm={d.power_dbm:.6g}"] if d.transmits else [])
    return f"{kind}({', '.join(parts)})"


def _show_material(m):
    if m.perfect_conductor:
        return f"Material({m.name!r}, perfect_conductor=True)"
    what = f"itu_name={m.itu_name!r}" if m.itu_name else f"relative_permittivity={m.relative_permittivity:.6g}, conductivity_s_per_m={m.conductivity_s_per_m:.6g}"
    return f"Material({m.name!r}, {what}, thickness_m={m.thickness_m:.6g})"


def _show_map(r):
    tx, rows, columns = r.path_gain.shape
    cells = f"{columns} x {rows} cells" if rows > 1 else _count(columns, "cell")
    return f"RadioMap({cells}, {_count(tx, 'transmitter')}: {', '.join(map(repr, r.tx_names[:4]))}{', ...' if tx > 4 else ''})"


def _show_paths(p):
    rx, tx = p.path_gain.shape
    return f"Paths({_count(len(p), 'path')}, {_count(tx, 'transmitter')}, {_count(rx, 'receiver')}, {_hertz(p.frequency_hz)})"


def _show_field(w):
    across = f"{len(w.x_m)} x {len(w.y_m)}" if len(w.x_m) > 1 else f"{len(w.y_m)}"
    return f"WaveResult({_count(len(w.z_m), 'plane')} of {across} points, z = {w.z_m[0]:.6g} to {w.z_m[-1]:.6g} m)"


def _links(tx_names, rx_names):
    return f"{_count(len(tx_names), 'transmitter')}, {_count(len(rx_names), 'receiver')}"


def _show_arrivals(a):
    rows, columns = a.gain.shape[-2:]
    delays = f"{_count(len(a.delays_s), 'delay')}, " if len(a.delays_s) else ""
    return f"ArrivalMap({rows} x {columns} directions, {delays}{_links(a.tx_names, a.rx_names)}, {_hertz(a.frequency_hz)})"


def _show_scene2d(s):
    parts = [_count(len(s.objects), "object"), _count(len(s.transmitters), "transmitter"), _count(len(s.receivers), "receiver")]
    return f"Scene2D({', '.join(parts)})"


_LINES = {Scene: _show_scene, Device: _show_device, Material: _show_material, RadioMap: _show_map, Paths: _show_paths, WaveResult: _show_field,
          ArrivalMap: _show_arrivals, ScatteredPower: lambda p: f"ScatteredPower({_links(p.tx_names, p.rx_names)})", Scene2D: _show_scene2d, Paths2D: lambda p: f"Paths2D({_count(len(p), 'path')})",
          Echoes: lambda e: f"Echoes({_count(len(e), 'path')}, {_hertz(e.frequency_hz)})",
          Object: lambda o: f"Object({o.name!r}, {_count(len(o.triangles), 'triangle')}, material={o.material!r})",
          AntennaArray: lambda a: f"AntennaArray({_count(a.num_elements, 'element')}, {_count(a.num_ant, 'port')})"}


def _put_line(cls, line):
    def show(self) -> str:
        return line(self)

    method(cls, "__repr__")(show)


for _cls, _line in _LINES.items():
    _put_line(_cls, _line)
