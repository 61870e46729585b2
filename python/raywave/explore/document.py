# SPDX-License-Identifier: Apache-2.0
"""The state of the live page: a run file (docs/cli.md), as the dict that TOML gives, its words checked.

What the file says is what `raywave paths --config FILE` and `raywave map --config FILE` solve, bit for bit."""
from __future__ import annotations

import difflib
import json
import math
import numbers
import os
import pathlib
import tomllib

from .. import _names, materials, PathSampler, PathSolver, PlanarArray, RadioMapSolver, Receiver, Transmitter
from .._raywave import Error, Scene
from .._values import integer, name_list, real_number, shown, switch, three_numbers, two_lengths

_INTERACTIONS = ("max_depth", "los", "specular_reflection", "refraction", "diffraction", "diffuse_reflection", "reflection", "lobe", "keep_specular", "keep_specular_m2",
                 "scattering_tolerance", "max_tiles", "max_diffractions", "seam_tolerance_m", "samples_per_tx")
_DEVICE = ("name", "position_m", "orientation_rad", "look_at_m", "velocity_m_per_s", "array")
_NUMBERS = ("relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient")
_ARRAY = {"num_rows": "num_rows", "num_cols": "num_cols", "vertical_spacing_wavelengths": "vertical_spacing", "polarization": "polarization",
          "horizontal_spacing_wavelengths": "horizontal_spacing", "pattern": "pattern", "polarization_model": "polarization_model"}
TABLES = {
    "transmitter": (*_DEVICE, "power_dbm"), "receiver": _DEVICE, "material": ("name", "itu_name", *_NUMBERS, "perfect_conductor", "scattering_pattern", "lobe", "texture", "network"),
    "object": ("name", "material", "velocity_m_per_s"), "paths": (*_INTERACTIONS, "finder", "sampler", "num_samples", "scattering_phases", "synthetic_array"),
    "map": (*_INTERACTIONS, "method", "points_per_cell", "coherent", "surface", "center_m", "orientation_rad", "size_m", "cell_size_m", "height_m", "objects", "max_bytes"),
    "output": ("paths", "map", "json", "report", "image")}
FIELDS = {"texture": "Texture", "network": "Network"}  # of a material that varies: the file of a class of rw.materials
LISTS = ("material", "object", "transmitter", "receiver")
SCALARS = ("scene", "frequency", "frequency_hz", "bandwidth_hz", "temperature_k", "seed", "threads")


def _refuse_unknown(given, known, where):
    for word in given:
        if word not in known:
            near = difflib.get_close_matches(str(word), known, 1)
            raise Error(f"{where}: unknown key '{word}'" + (f", did you mean '{near[0]}'?" if near else f". Known: {', '.join(known)}"))


def number(where, value):
    value = real_number(where, value)
    if not math.isfinite(value):
        raise Error(f"{where} must be a finite number, got {value!r}")
    return value


def triple(where, value):
    return [number(where, x) for x in three_numbers(where, value)]


def _text(where, value):
    if not isinstance(value, str):
        raise Error(f"{where} must be a string, got {shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Error(f"{where}: a run file, which is UTF-8, cannot hold {shown(value)}") from None
    return value


def _positive(where, value):
    value = number(where, value)
    if not value > 0:
        raise Error(f"{where} must be > 0, got {value:g}")
    return value


def _not_negative(where, value):
    value = number(where, value)
    if value < 0:
        raise Error(f"{where} must be >= 0, got {value:g}")
    return value


def _whole(least, most):
    def read(where, value):
        value = integer(where, value)
        if not least <= value <= most:
            raise Error(f"{where} takes a whole number from {least} to {most}, got {shown(value)}")
        return value
    return read


def _word(*words):
    def read(where, value):
        if value not in words:
            raise Error(f"{where} is {', '.join(words[:-1])} or {words[-1]}, got {shown(value)}")
        return value
    return read


def _two_lengths(where, value):
    return [_positive(where, x) for x in two_lengths(where, value)]


def _names_of(where, value):
    return [_text(where, name) for name in name_list(where, value)]


def _array_table(where, value):
    if not isinstance(value, dict):
        raise Error(f"{where} takes {{ num_rows = ..., pattern = ... }}, got {shown(value)}")
    _refuse_unknown(value, _ARRAY, where)
    return _read_words(where, value)


# What a word's value is, in the type that a run file holds: as src/raywave/runs/run_config.cpp reads it, and one length for a square, 1 for true.
_READ = {
    "scene": _text, "frequency_hz": _positive, "bandwidth_hz": _positive, "temperature_k": _positive, "seed": _whole(0, 2**63 - 1), "threads": _whole(0, 4096),
    "name": _text, "position_m": triple, "orientation_rad": triple, "look_at_m": triple, "velocity_m_per_s": triple, "power_dbm": number, "array": _array_table,
    "num_rows": _whole(1, 4096), "num_cols": _whole(1, 4096), "polarization_model": _whole(1, 2), "vertical_spacing_wavelengths": number,
    "horizontal_spacing_wavelengths": number, "pattern": _text, "polarization": _text, "itu_name": _text, **dict.fromkeys(_NUMBERS, number), "perfect_conductor": switch,
    "material": _text, "max_depth": _whole(0, 2**31 - 1), "max_diffractions": _whole(1, 3), "seam_tolerance_m": _not_negative, "samples_per_tx": _whole(1, 2**53),
    "texture": _text, "network": _text, **dict.fromkeys(("los", "specular_reflection", "refraction", "diffraction", "diffuse_reflection", "keep_specular", "synthetic_array", "coherent"), switch),
    "reflection": _word("mirror", "directional"), "lobe": _text, "scattering_tolerance": _positive, "keep_specular_m2": _positive, "scattering_pattern": _text, "max_tiles": _whole(1, 2**40),
    "scattering_phases": _word("none", "random"), "finder": _word("shoot-and-bounce", "exhaustive", "learned"), "sampler": _text, "num_samples": _whole(1, 2**31 - 1), "method": _word("exact", "monte-carlo"), "points_per_cell": _whole(1, 2**31 - 1),
    "surface": _word("plane", "mesh", "terrain"), "center_m": triple, "size_m": _two_lengths, "cell_size_m": _two_lengths, "height_m": number, "objects": _names_of,
    "max_bytes": _positive, **dict.fromkeys(("paths", "map", "json", "report", "image"), _text)}


def _read_words(where, table):
    """The table's values as a run file holds them; None is as if it were not there."""
    for word in [word for word, value in table.items() if value is None]:
        del table[word]
    for word, value in table.items():
        table[word] = _READ[word](f"{where}{'' if where.endswith(': ') else ', '}{word}", value)
    return table


def check(document, where="run") -> None:
    """Brings values to the type that a run file holds. @raises Error for words that a run file does not have, values that the program would not read,
    and for devices without a name, a place, or of a name that is taken"""
    if not isinstance(document, dict):
        raise Error(f"{where}: a table is wanted")
    _refuse_unknown(document, (*SCALARS, *TABLES), where)
    if document.get("frequency") is not None:
        if document.get("frequency_hz") is not None:
            raise Error(f"{where}: give frequency or frequency_hz, not both")
        document["frequency_hz"] = hertz(where, document["frequency"])
    document.pop("frequency", None)
    for word, value in _read_words(f"{where}: ", {word: document[word] for word in SCALARS if word in document}).items():
        document[word] = value
    for name, known in TABLES.items():
        value = document.get(name, [] if name in LISTS else {})
        if not isinstance(value, list if name in LISTS else dict) or name in LISTS and not all(isinstance(row, dict) for row in value):
            raise Error(f"{where}: {name} must be {'tables, [[' + name + ']]' if name in LISTS else 'a table'}")
        for row in value if name in LISTS else [value]:
            _refuse_unknown(row, known, f"{where}, [{name}]")
            if name in LISTS and not (isinstance(row.get("name"), str) and row["name"]):
                raise Error(f"{where}, [[{name}]]: a name is wanted, got {shown(row.get('name'))}")
            _read_words(f"{where}, '{row['name']}': " if name in LISTS else f"{where}, [{name}]: ", row)
    if {"center_m", "height_m"} <= document.get("map", {}).keys() and document["map"].get("surface", "plane") == "plane":
        raise Error(f"{where}, [map]: the z of center_m is the map's level: give center_m or height_m, not both")
    for row in document.get("material", []):
        if "texture" in row and "network" in row:
            raise Error(f"{where}, '{row['name']}': give texture or network, not both")
    taken = set()
    for row in [*document.get("transmitter", []), *document.get("receiver", [])]:
        if row["name"] in taken:
            raise Error(f"{where}: two devices are called '{row['name']}'")
        taken.add(row["name"])
        if "position_m" not in row:
            raise Error(f"{where}, '{row['name']}': position_m takes three numbers, got none")
        if "orientation_rad" in row and "look_at_m" in row:
            raise Error(f"{where}, '{row['name']}': give orientation_rad or look_at_m, not both")


def read(file: pathlib.Path, beside: tuple[str, ...] = ()) -> dict:
    """With names for devices that have none and the scene's file as it is found from here; without the tables `beside`, which others read. @raises Error"""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Error(f"'{file}' cannot be read: {error}") from None
    document = {word: value for word, value in document.items() if word not in beside}
    for kind, prefix in (("transmitter", "tx"), ("receiver", "rx")):
        if isinstance(document.get(kind), list):
            for i, row in enumerate(document[kind]):
                if isinstance(row, dict):
                    row.setdefault("name", f"{prefix}{i}")
    check(document, f"'{file}'")
    if "scene" in document:
        document["scene"] = str((file.parent / document["scene"]).absolute())
    for row in document.get("material", []):
        for word in FIELDS:
            if word in row:
                row[word] = str((file.parent / row[word]).absolute())
    if document.get("paths", {}).get("sampler"):
        document["paths"]["sampler"] = str((file.parent / document["paths"]["sampler"]).absolute())
    return document


def hertz(where, given):
    """ "3.5GHz", or a number of hertz of at least 1e6."""
    units = {"ghz": 1e9, "mhz": 1e6, "khz": 1e3, "hz": 1.0}
    text = str(given).strip()
    for unit, scale in units.items():
        if text.lower().endswith(unit):
            text = text[:-len(unit)]
            break
    else:
        unit, scale = "", 1.0
    try:
        value = float(text) * scale
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0) or not unit and value < 1e6:
        raise Error(f"{where}: frequency is like \"3.5GHz\" or 3.5e9, got {given!r}")
    return value


# ------------------------------------------------------------------------------------------------------------------ text

def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(x)}" for key, x in value.items()) + " }"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    return repr(float(value))  # every bit comes back


def to_toml(document, folder: pathlib.Path | None = None, note: str = "") -> str:
    """@param folder  where the file will lie: a scene below it is named from there"""
    out = [f"# {line}\n" for line in note.splitlines()]
    for key in SCALARS:
        if key not in document:
            continue
        value = document[key]
        if key == "scene" and folder is not None:
            path = pathlib.Path(value)
            value = os.path.relpath(path, folder) if path.is_relative_to(folder) else str(path)
        out.append(f"{key} = {_value(value)}\n")
    for key in TABLES:
        rows = document.get(key)
        for row in rows if key in LISTS and rows else [rows] if rows else []:
            out.append(f"\n[[{key}]]\n" if key in LISTS else f"\n[{key}]\n")
            out += [f"{word} = {_value(value)}\n" for word, value in row.items()]
    return "".join(out)


# ----------------------------------------------------------------------------------------------------------------- solving

def fields_of(document) -> dict:
    """{"materials": those that vary, read from their files}, or nothing."""
    made = {row["name"]: getattr(materials, FIELDS[word]).load(row[word]) for row in document.get("material", []) for word in FIELDS if word in row}
    return {"materials": made} if made else {}


def path_options(document) -> dict:
    """Of PathSolver. A model beside another finder is not read, as in the program."""
    out = {{"samples_per_tx": "samples_per_src"}.get(key, key): value for key, value in document.get("paths", {}).items()}
    sampler = out.pop("sampler", None)
    if sampler and out.get("finder") == "learned":
        out["sampler"] = PathSampler.load(sampler)
    return {**out, **fields_of(document), **({"seed": document["seed"]} if "seed" in document else {}), "num_threads": document.get("threads", 0)}


def map_options(document) -> dict:
    """Of RadioMapSolver."""
    out = dict(document.get("map", {}))
    surface, objects = out.pop("surface", "plane"), out.pop("objects", None)
    if surface != "plane":
        out["measurement_surface" if surface == "mesh" else "terrain"] = objects or []
    return {**out, **fields_of(document), **({"seed": document["seed"]} if "seed" in document else {}), "num_threads": document.get("threads", 0)}


def check_options(document) -> None:
    """@raises Error, TypeError for options of a kind that the solvers do not read; what they make of the values they say themselves"""
    for solver, options in ((PathSolver, path_options(document)), (RadioMapSolver, map_options(document))):
        _names.options_of(solver._defaults, options)


def _array(row):
    words = row.get("array")
    if words is None:
        return None
    return PlanarArray(**{_ARRAY[key]: value for key, value in words.items()})


def array_words(array) -> dict | None:
    """The words of an array that a run file has words for; None: it has not, or the array is the default. Tried out: they give the same array."""
    wavelengths, metres, pattern, model, _, _, polarization = array.__getstate__()
    if metres or not wavelengths or array.__getstate__() == PlanarArray().__getstate__():
        return None
    ys, zs = (sorted({place[k] for place in wavelengths}) for k in (1, 2))
    words = {"num_rows": len(zs), "num_cols": len(ys), "pattern": pattern, "polarization": polarization, "polarization_model": model}
    for digits in (9, None):  # spacings as people write them, else as they come
        for key, places in (("vertical_spacing_wavelengths", zs), ("horizontal_spacing_wavelengths", ys)):
            if len(places) > 1:
                spacing = (places[-1] - places[0]) / (len(places) - 1)
                words[key] = spacing if digits is None else round(spacing, digits)
        try:
            if PlanarArray(**{_ARRAY[key]: value for key, value in words.items()}).__getstate__() == array.__getstate__():
                return words
        except (Error, TypeError):
            return None
    return None


class Given(dict):
    """A row of a device that Python gave: `given` is its name there, by which its array and precoding are found however it is called since."""

    given = ""


def _device(row, kind, arrays):
    array = _array(row)
    if array is None:
        array = arrays.get(getattr(row, "given", None))
    words = {"name": row["name"], "position_m": row["position_m"], "orientation_rad": row.get("orientation_rad"), "array": array,
             "velocity_m_per_s": row.get("velocity_m_per_s"), "look_at": row.get("look_at_m")}
    if kind == "receiver":
        return Receiver(**words)
    return Transmitter(**words, **({"power_dbm": row["power_dbm"]} if "power_dbm" in row else {}))


class Stage:
    """The scene that is solved: that of the file, kept with its prepared geometry, changed as a document says each time."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self.arrays = {d.name: d.array for d in (*scene.transmitters.values(), *scene.receivers.values())}  # of devices that Python gave
        self.precoding = {d.name: d.precoding for d in scene.transmitters.values() if d.precoding is not None}
        for name in [*scene.transmitters, *scene.receivers]:
            scene.remove(name)
        self.frequency_hz, self.bandwidth_hz, self.temperature_k = scene.frequency_hz, scene.bandwidth_hz, scene.temperature_k
        words = ("itu_name", *_NUMBERS, "perfect_conductor", "scattering_pattern", "lobe")
        self.materials = {name: {word: getattr(m, word) for word in words} for name, m in scene.materials.items()}
        self.objects = {name: (o.material, list(o.velocity_m_per_s)) for name, o in scene.objects.items()}
        self._changed_objects: list[str] = []

    def mark(self, document) -> None:
        """Which rows are the devices that Python gave, while they are still called so."""
        for kind in ("transmitter", "receiver"):
            for k, row in enumerate(document.get(kind, [])):
                if row["name"] in self.arrays:
                    document[kind][k] = Given(row)
                    document[kind][k].given = row["name"]

    def put(self, document) -> Scene:
        """@raises Error for what the scene does not have or cannot be; the scene is then to be put anew"""
        scene = self.scene
        scene.frequency_hz = number("frequency_hz", document.get("frequency_hz", self.frequency_hz))
        scene.bandwidth_hz = number("bandwidth_hz", document.get("bandwidth_hz", self.bandwidth_hz))
        scene.temperature_k = number("temperature_k", document.get("temperature_k", self.temperature_k))
        materials, objects = scene.materials, scene.objects  # each is made anew when asked for
        for name, values in self.materials.items():
            for word, value in values.items():
                setattr(materials[name], word, value)
        for row in document.get("material", []):
            self._change_material(materials[self._known(row["name"], materials, "material")], row, scene.frequency_hz)
        for name in self._changed_objects:
            objects[name].material, objects[name].velocity_m_per_s = self.objects[name]
        self._changed_objects = [row["name"] for row in document.get("object", []) if row["name"] in objects]
        for row in document.get("object", []):
            item = objects[self._known(row["name"], objects, "object")]
            if "material" in row:
                item.material = self._known(row["material"], materials, "material")
            if "velocity_m_per_s" in row:
                item.velocity_m_per_s = triple("velocity_m_per_s", row["velocity_m_per_s"])
        for name in [*scene.transmitters, *scene.receivers]:
            scene.remove(name)
        for kind in ("transmitter", "receiver"):
            for row in document.get(kind, []):
                device = _device(row, kind, self.arrays)
                if kind == "transmitter" and (given := getattr(row, "given", None)) in self.precoding:
                    device.precoding = self.precoding[given]
                scene.add(device)
        return scene

    @staticmethod
    def _known(name, there, what):
        if name not in there:
            near = difflib.get_close_matches(str(name), list(there), 1)
            raise Error(f"the scene has no {what} named '{name}'" + (f", did you mean '{near[0]}'?" if near else ""))
        return name

    @staticmethod
    def _change_material(material, row, frequency_hz):
        constants = [word for word in _NUMBERS[:2] if word in row]
        if "itu_name" in row and constants:
            raise Error(f"material '{row['name']}': give itu_name, or relative_permittivity and conductivity_s_per_m, not both")
        if "itu_name" in row:
            material.itu_name = row["itu_name"]
        if constants and material.itu_name:  # the row's other number, at the run's frequency, stays as a constant
            material.relative_permittivity, material.conductivity_s_per_m = material.properties_at(frequency_hz)
            material.itu_name = ""
        for word in _NUMBERS:
            if word in row:
                setattr(material, word, number(f"material '{row['name']}': {word}", row[word]))
        if "perfect_conductor" in row:
            material.perfect_conductor = row["perfect_conductor"]
        for word in ("scattering_pattern", "lobe"):
            if word in row:
                setattr(material, word, row[word])
        material.properties_at(frequency_hz)  # refuses rows that there are not


class Code(str):
    """Words of a program, as they are."""

    __repr__ = str.__str__


def to_script(document) -> str:
    """A Python program that solves the same."""
    lines = ["# Written by raywave explore.", "import raywave as rw", ""]
    scene = document.get("scene")
    frequency = f", frequency_hz={document['frequency_hz']!r}" if "frequency_hz" in document else ""
    lines.append(f"scene = rw.load_scene({scene!r}{frequency})" if scene else "scene = rw.load_scene(...)  # the scene was given by Python")
    lines += [f"scene.{word} = {document[word]!r}" for word in ("bandwidth_hz", "temperature_k") if word in document]
    for row in document.get("material", []):
        lines.append(f"material = scene.materials[{row['name']!r}]")
        if any(word in row for word in _NUMBERS[:2]):
            lines += ["if material.itu_name:", "    material.relative_permittivity, material.conductivity_s_per_m = material.properties_at(scene.frequency_hz)",
                      "    material.itu_name = ''"]
        lines += [f"material.{word} = {value!r}" for word, value in row.items() if word != "name" and word not in FIELDS]
    for row in document.get("object", []):
        lines += [f"scene.objects[{row['name']!r}].{word} = {value!r}" for word, value in row.items() if word != "name"]
    for kind, make in (("transmitter", "Transmitter"), ("receiver", "Receiver")):
        for row in document.get(kind, []):
            words = {{"look_at_m": "look_at"}.get(key, key): value for key, value in row.items() if key not in ("name", "array")}
            shown = "".join(f", {key}={value!r}" for key, value in words.items())
            if "array" in row:
                shown += ", array=rw.PlanarArray(" + ", ".join(f"{_ARRAY[key]}={value!r}" for key, value in row["array"].items()) + ")"
            lines.append(f"scene.add(rw.{make}({row['name']!r}{shown}))")
    for name, options, solver in (("paths", path_options(document), "PathSolver"), ("radio_map", map_options(document), "RadioMapSolver")):
        if name == "paths" and not (document.get("transmitter") and document.get("receiver")) or not document.get("transmitter"):
            continue
        if "sampler" in options:
            options["sampler"] = Code(f"rw.PathSampler.load({document['paths']['sampler']!r})")
        if "materials" in options:
            made = (f"{row['name']!r}: rw.materials.{FIELDS[word]}.load({row[word]!r})" for row in document["material"] for word in FIELDS if word in row)
            options["materials"] = Code("{" + ", ".join(made) + "}")
        words = "".join(f", {key}={value!r}" for key, value in options.items())
        lines.append(f"{name} = rw.{solver}()(scene{words})")
        lines.append(f"print({name})")
    return "\n".join(lines) + "\n"


def solve_paths(scene, document, **more):
    return PathSolver()(scene, **{**path_options(document), **more})


def solve_map(scene, document, **more):
    return RadioMapSolver()(scene, **{**map_options(document), **more})
