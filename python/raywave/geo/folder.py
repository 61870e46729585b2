# SPDX-License-Identifier: Apache-2.0
"""A scene's folder: NAME.xml (Mitsuba), meshes/*.ply, geo.json. Written beside its place and moved there whole."""
from __future__ import annotations

import dataclasses
import json
import pathlib

import numpy as np

from .. import _files, _scene_folder
from .._scene_folder import RECORD

Triangles = list[tuple[int, int, int]]
WHAT = "a scene built by raywave.geo"


@dataclasses.dataclass
class SceneObject:
    name: str
    material: str
    triangles: Triangles


def require_place(folder: pathlib.Path, overwrite: bool) -> None:
    """@raises Error where something is that is not to be replaced."""
    folder = _files.place(folder)
    _files.require_place(folder, RECORD, WHAT, overwrite)
    if overwrite:
        _scene_folder.require_ours(folder, f"{folder.name}.xml")


def write_scene(folder: pathlib.Path, points: np.ndarray, objects: list[SceneObject], materials: dict[str, dict], record: dict) -> pathlib.Path:
    """The scene file's path. Nothing is left behind where it fails. @raises Error naming the folder."""
    folder = _files.place(folder)
    require_place(folder, overwrite=True)  # again: building takes a while
    xml = f"{folder.name}.xml"
    with _files.new_folder(folder, RECORD, WHAT, overwrite=True) as work:
        (work / "meshes").mkdir()
        for item in objects:
            (work / "meshes" / f"{item.name}.ply").write_bytes(_ply(points, item.triangles))
        (work / xml).write_text(_xml(objects, materials, record["frame"]), encoding="utf-8")
        (work / RECORD).write_text(json.dumps({"scene": xml, **record}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder / xml


def _ply(points: np.ndarray, triangles: Triangles) -> bytes:
    faces = np.asarray(triangles, dtype=np.int64)
    used, numbers = np.unique(faces, return_inverse=True)
    return _scene_folder.ply(points[used], numbers.reshape(-1, 3), "raywave.geo")


def _xml(objects: list[SceneObject], materials: dict[str, dict], frame: dict) -> str:
    entry, quoted = _scene_folder.entry, _scene_folder.quoted
    body = []
    for name in sorted({o.material for o in objects}):
        held = materials[name]
        body.append(f'  <bsdf type="{"itu-radio-material" if "itu" in held else "radio-material"}" id={quoted(name, "material")}>')
        if "itu" in held:
            body.append(entry("string", "type", held["itu"]))
        else:
            body += [entry("float", "relative_permittivity", held["relative_permittivity"]), entry("float", "conductivity", held.get("conductivity_s_per_m", 0.0))]
        body += [entry("float", "thickness", held["thickness_m"]), "  </bsdf>"]
    for item in objects:
        body += _scene_folder.shape(item.name, item.name, item.material)
    return _scene_folder.document("Written by raywave.geo: metres, x east, y north, z up, from the origin below.", frame, body)
