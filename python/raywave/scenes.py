# SPDX-License-Identifier: Apache-2.0
"""Scenes read and written: load_scene(file), load_scene("street_canyon") of those that come with raywave, scene.save(folder)."""
from __future__ import annotations

import difflib
import os
import pathlib

import numpy as np

from . import _files, _raywave, _scene_folder
from ._methods import method
from ._raywave import Error, Material, Scene
from ._values import real_number

_PLACE = pathlib.Path(__file__).parent / "scenes"


def names() -> list[str]:
    """Of the scenes that load_scene finds by name."""
    return sorted(folder.name for folder in _PLACE.glob("*") if (folder / f"{folder.name}.xml").is_file()) if _PLACE.is_dir() else []


def file(name: str) -> pathlib.Path:
    """The scene's XML file. @raises Error naming the scenes there are."""
    found = _PLACE / name / f"{name}.xml"
    if name not in names():
        raise Error(f"no scene named '{name}' comes with raywave" + (f": {', '.join(names())}" if names() else ""))
    return found


def load_scene(path: str | os.PathLike | None = None, frequency_hz: float = 3500000000.0, *, merge_shapes: bool = False) -> Scene:
    """Reads Mitsuba XML, PLY, OBJ, glTF, GLB or STL; a folder with one XML in it, as Scene.save makes; or a scene that comes with raywave, by
    its name (scenes.names() lists them), where no file or folder is called so. None: an empty scene. merge_shapes, Sionna RT's, changes nothing:
    objects keep their names, and as faces that continue each other are one, merging gains nothing."""
    frequency_hz = real_number("frequency_hz", frequency_hz)
    if path is None:
        out = Scene()
        out.frequency_hz = frequency_hz
        return out
    if isinstance(path, str) and path in names() and not os.path.lexists(path):
        path = file(path)
    elif isinstance(path, str) and not os.path.lexists(path) and not pathlib.Path(path).suffix:
        near = difflib.get_close_matches(path, names(), 1)
        raise Error(f"'{path}' is no file, no folder, and no scene that comes with raywave ({', '.join(names())})" + (f", did you mean '{near[0]}'?" if near else ""))
    elif os.path.isdir(path):
        path = _scene_folder.xml_in(pathlib.Path(os.fsdecode(path)))
    return _raywave.load_scene(path, frequency_hz)


_DIALECTS = ("raywave", "sionna")
_GREY = [0.6, 0.6, 0.6]  # a material's colour unless told


@method(Scene, "save")
def _save(self, folder: str | os.PathLike, *, dialect: str = "raywave", overwrite: bool = False) -> pathlib.Path:
    """Writes materials and objects as FOLDER/NAME.xml (Mitsuba XML, whose path is returned) and FOLDER/meshes/*.ply; read again they are the same,
    to the bit, as is where the scene lies (crs, origin_m). Devices and the frequency are not part of a scene's file.

    dialect "sionna": with the words that Sionna RT reads too. The folder appears whole or not at all; of one that holds such a scene and nothing
    else the content is replaced with overwrite=True, but for the record of raywave.geo (geo.json). @raises Error for what has no words: of the dialect, or in XML."""
    if dialect not in _DIALECTS:
        raise Error(f"dialect must be one of {', '.join(_DIALECTS)}, got {dialect!r}")
    folder = _files.place(folder)
    xml = f"{folder.name}.xml"
    body = [line for m in self.materials.values() for line in _material_lines(m, dialect)]
    meshes, taken = {}, _scene_folder.FileNames()
    for item in self.objects.values():
        if item.material not in self.materials:
            raise Error(f"object '{item.name}' is of the material '{item.material}', which the scene does not hold: scene.add(rw.Material(...))")
        if len(item.vertices_m) and not len(item.triangles):
            raise Error(f"object '{item.name}' has points and no face, which a scene's file cannot say: scene.remove('{item.name}')")
        meshes[taken.of(item.name)] = item
    for name, item in meshes.items():
        body += _scene_folder.shape(item.name, name, "mat-" + item.material, _motion_lines(item, dialect))
    text = _scene_folder.document("Written by raywave: lengths in metres, z up.", _place_words(self), body)
    if overwrite:
        _scene_folder.require_ours(folder, xml)
    with _files.new_folder(folder, xml, "a scene", overwrite, keep=(_scene_folder.RECORD,)) as work:
        (work / "meshes").mkdir()
        for name, item in meshes.items():
            (work / "meshes" / f"{name}.ply").write_bytes(_scene_folder.ply(item.vertices_m, np.asarray(item.triangles), "raywave"))
        (work / xml).write_text(text, encoding="utf-8")
    return folder / xml


def _place_words(scene):
    if scene.crs is None:
        return {}
    _scene_folder.quoted(scene.crs, "crs")  # or why it cannot be written
    return {"crs": scene.crs, **{f"origin_{word}_m": value for word, value in zip(("east", "north", "height"), scene.origin_m)}}


def _material_lines(m: Material, dialect: str) -> list[str]:
    entry = _scene_folder.entry
    if not m.name:
        raise Error("a material without a name cannot be written")
    if m.perfect_conductor and dialect == "sionna":
        raise Error(f"material '{m.name}' is a perfect conductor, for which Sionna RT has no word: give it a conductivity, as 1e7 S/m")
    out = [f'  <bsdf type="{"itu-radio-material" if m.itu_name else "radio-material"}" id={_scene_folder.quoted("mat-" + m.name, "material")}>']
    conductor = [entry("boolean", "perfect_conductor", True)] if m.perfect_conductor else []
    if m.itu_name:
        if conductor:
            raise Error(f"material '{m.name}' has a row of P.2040 and is a perfect conductor: it can be written as one of them only")
        out.append(entry("string", "type", m.itu_name))
    else:
        out += [entry("float", "relative_permittivity", m.relative_permittivity), entry("float", "conductivity", m.conductivity_s_per_m), *conductor]
    out += _pattern_lines(m, dialect)
    if m.lobe and dialect == "sionna":
        raise Error(f"material '{m.name}' has a lobe in the mirror's place, for which Sionna RT has no word")
    if m.lobe:
        out.append(entry("string", "lobe", m.lobe))
    if list(m.color) != _GREY:
        out.append(entry("rgb", "color", _numbers(m.color)))
    return out + [entry("float", "thickness", m.thickness_m), entry("float", "scattering_coefficient", m.scattering_coefficient),
                  entry("float", "xpd_coefficient", m.xpd_coefficient), "  </bsdf>"]


_PEERS_PATTERNS = ("lambertian", "directive", "backscattering")


def _pattern_lines(m, dialect):
    """The pattern's word and its numbers, each in an entry of its own."""
    word, _, numbers = m.scattering_pattern.partition("(")
    word, entry = word.strip(), _scene_folder.entry
    if dialect == "sionna" and word not in _PEERS_PATTERNS:
        raise Error(f"material '{m.name}' scatters by the pattern '{word}', for which Sionna RT has no word: it has {', '.join(_PEERS_PATTERNS)}")
    if word == "lambertian":
        return []
    out = [entry("string", "scattering_pattern", word)]
    for item in filter(None, map(str.strip, numbers.strip().rstrip(")").split(","))):
        key, _, value = (part.strip() for part in item.partition("="))
        whole = float(value).is_integer()
        if dialect == "sionna" and key.startswith("alpha") and not whole:
            raise Error(f"material '{m.name}': {key} must be a whole number in Sionna RT, got {value}")
        out.append(entry("integer", key, int(float(value))) if whole and key.startswith("alpha") else entry("float", key, float(value)))
    return out


def _motion_lines(item, dialect):
    if not any(item.velocity_m_per_s):
        return []
    if dialect == "sionna":
        raise Error(f"object '{item.name}' moves, for which Sionna RT's files have no word: set its velocity there")
    return [_scene_folder.entry("vector", "velocity_m_per_s", _numbers(item.velocity_m_per_s))]


def _numbers(values):
    return ", ".join(repr(float(v)) for v in values)
