# SPDX-License-Identifier: Apache-2.0
"""A scene's folder: NAME.xml (Mitsuba XML) and meshes/*.ply, coordinates in double precision, numbers so that they read back to the bit."""
from __future__ import annotations

import pathlib
import re

import numpy as np

from ._raywave import Error

RECORD = "geo.json"  # of raywave.geo: sources, frame, what was guessed
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold, or readers of names do not keep


def ply(vertices: np.ndarray, triangles: np.ndarray, comment: str) -> bytes:
    """vertices [num_vertices, 3], triangles [num_triangles, 3]."""
    header = (f"ply\nformat binary_little_endian 1.0\ncomment {comment}\nelement vertex {len(vertices)}\nproperty double x\nproperty double y\n"
              f"property double z\nelement face {len(triangles)}\nproperty list uchar int vertex_indices\nend_header\n")
    rows = np.zeros(len(triangles), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    rows["count"], rows["corners"] = 3, triangles
    return header.encode() + np.asarray(vertices, dtype="<f8").tobytes() + rows.tobytes()


def file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


class FileNames:
    """A name for each object's file: short, of plain letters, different in a file system that knows no case too."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        stem = file_name(name)[:80].strip(".") or "mesh"
        out, k = stem, 1
        while out.lower() in self._taken:
            k += 1
            out = f"{stem}_{k}"
        self._taken.add(out.lower())
        return out


def _attribute(text: str) -> str:
    from xml.sax.saxutils import quoteattr  # takes a tenth of the time of `import raywave`: only where it is needed
    return quoteattr(text)


def quoted(text: str, what: str) -> str:
    """As an attribute. @raises Error for characters that XML, or Mitsuba's, has no place for."""
    if "$" in text:
        raise Error(f"{what} {text!r}: '$' cannot be written, as Mitsuba XML takes $NAME for a parameter")
    if _CONTROL.search(text):
        raise Error(f"{what} {text!r}: control characters cannot be written to XML")
    return _attribute(text)


def entry(kind: str, key: str, value) -> str:
    text = ("true" if value else "false") if kind == "boolean" else repr(float(value)) if kind == "float" else str(value)
    return f'    <{kind} name="{key}" value={quoted(text, key)}/>'


def shape(name: str, file: str, material: str, more: list[str] | None = None) -> list[str]:
    """`material` is the id of a bsdf."""
    return [f'  <shape type="ply" id={quoted("mesh-" + name, "object")}>', f'    <string name="filename" value="meshes/{file}.ply"/>',
            '    <boolean name="face_normals" value="true"/>', *(more or []), f'    <ref id={quoted(material, "material")} name="bsdf"/>', "  </shape>"]


def document(comment: str, defaults: dict, body: list[str]) -> str:
    out = ['<?xml version="1.0" encoding="utf-8"?>', f"<!-- {comment} -->", '<scene version="2.1.0">']
    out += [f"  <default name={_attribute(key)} value={_attribute(str(value))}/>" for key, value in defaults.items()]
    return "\n".join(out + body + ["</scene>", ""])


def xml_in(folder: pathlib.Path) -> pathlib.Path:
    """The scene's file in a folder: NAME.xml as the folder is called, else the only one. @raises Error naming what there is."""
    own = folder / f"{folder.resolve().name}.xml"
    if own.is_file():
        return own
    found = sorted(folder.glob("*.xml"))
    if len(found) != 1:
        raise Error(f"'{folder}' is a folder with {', '.join(f.name for f in found) if found else 'no .xml'} in it: name the scene's file")
    return found[0]


def require_ours(folder: pathlib.Path, xml: str) -> None:
    """Where a scene's folder is written anew nothing else is lost. @raises Error naming what it holds beside a scene and the meshes that its file names."""
    if not folder.is_dir():
        return
    named = set(re.findall(r'"meshes/([^"/]+)"', (folder / xml).read_text(encoding="utf-8", errors="replace"))) if (folder / xml).is_file() else set()
    others = sorted(f.name for f in folder.iterdir() if f.name not in (xml, "meshes", RECORD))
    others += sorted(f"meshes/{f.name}" for f in folder.glob("meshes/*") if f.name not in named)
    if others:
        raise Error(f"'{folder}' holds {', '.join(others[:3])} beside a scene: it is not overwritten")
