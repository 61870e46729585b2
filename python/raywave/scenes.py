# SPDX-License-Identifier: Apache-2.0
"""The scenes that come with raywave, by name: load_scene("street_canyon"), scenes.names()."""
from __future__ import annotations

import os
import pathlib

from . import _raywave
from ._raywave import Error, Scene

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


def load_scene(path: str | os.PathLike, frequency_hz: float = 3500000000.0) -> Scene:
    """Reads Mitsuba XML, PLY, OBJ, glTF, GLB or STL; or a scene that comes with raywave, by its name (scenes.names() lists them), where no
    file or folder is called so."""
    if isinstance(path, str) and path in names() and not os.path.lexists(path):
        path = file(path)
    return _raywave.load_scene(path, frequency_hz)
