# SPDX-License-Identifier: Apache-2.0
"""A scene's folder: NAME.xml (Mitsuba), meshes/*.ply, geo.json. Written beside its place and moved there whole."""
from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import shutil
import tempfile
from xml.sax.saxutils import quoteattr

import numpy as np

from .._raywave import Error

Triangles = list[tuple[int, int, int]]
RECORD = "geo.json"


@dataclasses.dataclass
class SceneObject:
    name: str
    material: str
    triangles: Triangles


def require_place(folder: pathlib.Path, overwrite: bool) -> None:
    """@raises Error where something is that is not to be replaced."""
    if folder.exists() and not folder.is_dir():
        raise Error(f"'{folder}' is a file: name a folder for the scene")
    if folder.is_dir() and any(folder.iterdir()):
        if not overwrite:
            raise Error(f"'{folder}' is there already and not empty: name another, or give overwrite=True")
        if not (folder / RECORD).is_file():
            raise Error(f"'{folder}' holds something else than a scene built by raywave.geo (no {RECORD}): it is not overwritten")


def file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def write_scene(folder: pathlib.Path, points: np.ndarray, objects: list[SceneObject], materials: dict[str, dict], record: dict) -> pathlib.Path:
    """The scene file's path. Nothing is left behind where it fails. @raises Error naming the folder."""
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise Error(f"'{folder}': cannot be written: {error}") from None
    try:
        (work / "meshes").mkdir()
        for item in objects:
            (work / "meshes" / f"{item.name}.ply").write_bytes(_ply(points, item.triangles))
        xml = f"{folder.name}.xml"
        (work / xml).write_text(_xml(objects, materials, record["frame"]), encoding="utf-8")
        (work / RECORD).write_text(json.dumps({"scene": xml, **record}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.chmod(work, 0o755)
        _move(work, folder)
    except OSError as error:
        raise Error(f"'{folder}': cannot be written: {error}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder / xml


def _move(work: pathlib.Path, folder: pathlib.Path) -> None:
    if not folder.exists():
        os.replace(work, folder)
        return
    old = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
    os.replace(folder, old / "scene")
    try:
        os.replace(work, folder)
    except OSError:
        os.replace(old / "scene", folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


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
