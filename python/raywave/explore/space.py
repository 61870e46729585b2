# SPDX-License-Identifier: Apache-2.0
"""The live page of a scene of three dimensions: the report's page, and what is taken away from it."""
from __future__ import annotations

import json
import pathlib
import tempfile

from .. import _pages, _raywave
from .._raywave import Error, Scene
from . import document as document_
from .solving import Solver  # noqa: F401: the server's

_HERE = pathlib.Path(__file__).parent
EXPORTS = {"run.toml": "application/toml", "run.py": "text/x-python", "paths.npz": "application/octet-stream", "map.npz": "application/octet-stream",
           "map.png": "image/png", "report.html": "text/html; charset=utf-8"}


def page(server, connect) -> str:
    """The report's page of the scene as it is in its file, with what makes it live."""
    session = server.session
    with session._lock:
        base = _raywave.report_html(_without_devices(session._check_stage.scene), None, None, server.title, "path_gain")
        about = {"exports": list(EXPORTS), "objects": {name: material for name, (material, _) in session._check_stage.objects.items()}}
    return _pages.extended(base, style=(_HERE / "explore.css").read_text(encoding="utf-8"), script=_pages.joined(_HERE / "live.js", _HERE / "explore.js"),
                           data={"explore-data": json.dumps(about)}, connect=connect)


def export(server, name) -> bytes:
    """@raises Error"""
    session = server.session
    revision, document = session.snapshot()
    if name == "run.toml":
        return document_.to_toml(document, session.file.absolute().parent, "Written by raywave explore.").encode()
    if name == "run.py":
        return document_.to_script(document).encode()
    _, paths, radio_map = server.solved(revision)
    if name == "report.html":
        return _raywave.report_html(None if radio_map is not None else session._check_stage.scene, paths, radio_map, server.title, "path_gain").encode()
    result = paths if name.startswith("paths") else radio_map
    if result is None:
        raise Error("there are no paths: add a transmitter and a receiver" if name.startswith("paths") else "there is no map: add a transmitter")
    with tempfile.TemporaryDirectory(prefix="raywave-") as folder:
        file = pathlib.Path(folder) / name
        if name.endswith(".png"):
            result.plot(str(file))
        else:
            result.save(str(file))
        return file.read_bytes()


def _without_devices(scene):
    out = Scene()
    out.frequency_hz = scene.frequency_hz
    out.crs, out.origin_m = scene.crs, list(scene.origin_m)
    for item in (*scene.materials.values(), *scene.objects.values()):
        out.add(item)
    return out
