# SPDX-License-Identifier: Apache-2.0
"""A scene's folder: NAME.xml (Mitsuba), meshes/*.ply, geo.json. Written beside its place and moved there whole."""
from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from xml.sax.saxutils import quoteattr

import numpy as np

from .. import _files

Triangles = list[tuple[int, int, int]]
RECORD = "geo.json"
WHAT = "a scene built by raywave.geo"


@dataclasses.dataclass
class SceneObject:
    name: str
    material: str
    triangles: Triangles


def require_place(folder: pathlib.Path, overwrite: bool) -> None:
    """@raises Error where something is that is not to be replaced."""
    _files.require_place(folder, RECORD, WHAT, overwrite)


def file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def write_scene(folder: pathlib.Path, points: np.ndarray, objects: list[SceneObject], materials: dict[str, dict], record: dict) -> pathlib.Path:
    """The scene file's path. Nothing is left behind where it fails. @raises Error naming the folder."""
    folder = folder.absolute()
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
    header = (f"ply\nformat binary_little_endian 1.0\ncomment raywave.geo\nelement vertex {len(used)}\nproperty double x\nproperty double y\n"
              f"property double z\nelement face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n")
    rows = np.zeros(len(faces), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    rows["count"], rows["corners"] = 3, numbers.reshape(-1, 3)
    return header.encode() + points[used].astype("<f8").tobytes() + rows.tobytes()


def _xml(objects: list[SceneObject], materials: dict[str, dict], frame: dict) -> str:
    out = ['<?xml version="1.0" encoding="utf-8"?>', "<!-- Written by raywave.geo: metres, x east, y north, z up, from the origin below. -->",
           '<scene version="2.1.0">']
    out += [f"  <default name={quoteattr(key)} value={quoteattr(str(value))}/>" for key, value in frame.items()]
    for name in sorted({o.material for o in objects}):
        entry = materials[name]
        out.append(f'  <bsdf type="{"itu-radio-material" if "itu" in entry else "radio-material"}" id={quoteattr(name)}>')
        if "itu" in entry:
            out.append(f'    <string name="type" value={quoteattr(entry["itu"])}/>')
        else:
            out.append(f'    <float name="relative_permittivity" value="{entry["relative_permittivity"]}"/>')
            out.append(f'    <float name="conductivity" value="{entry.get("conductivity_s_per_m", 0.0)}"/>')
        out += [f'    <float name="thickness" value="{entry["thickness_m"]}"/>', "  </bsdf>"]
    for item in objects:
        out += [f'  <shape type="ply" id="mesh-{item.name}">', f'    <string name="filename" value="meshes/{item.name}.ply"/>',
                '    <boolean name="face_normals" value="true"/>', f'    <ref id={quoteattr(item.material)} name="bsdf"/>', "  </shape>"]
    return "\n".join(out + ["</scene>", ""])
