# SPDX-License-Identifier: Apache-2.0
"""The live page: drag a mast, turn a panel, change a wall, and rays and coverage follow.

    raywave explore scenes/old_town/old_town.xml --tx mast=0,0,60       # from the command line
    explorer = scene.explore(); print(explorer.url)                     # from Python
    raywave explore examples/plane_room.toml                            # a scene in the plane

Its state is a run file. Needs the package of the extra: pip install 'raywave[explore]'."""
from __future__ import annotations

import os
import pathlib
import warnings
import webbrowser

from .. import scenes
from .._raywave import Error, Scene, Scene2D
from . import document as document_, plane, space
from .server import Server
from .session import Session

__all__ = ["Explorer", "explore"]


class Explorer:
    """A live page that is served: url, document (the run as a dict), scene() (as it is now), close()."""

    def __init__(self, session: Session, title: str, port: int, kind: object = space):
        self._session = session
        self._server = Server(session, title, port, kind)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def file(self) -> pathlib.Path:
        """The run file that holds the state."""
        return self._session.file

    @property
    def document(self) -> dict:
        return self._session.document

    def scene(self) -> Scene | Scene2D:
        """A scene of its own, as the page has it."""
        return self._session.scene()

    def edit(self, command: dict) -> None:
        """What the page sends, {"do": "set", "kind": "device", "name": "tx0", "to": {"position_m": [0, 0, 20]}} (docs/explore.md). @raises Error"""
        self._session.edit(command)
        self._server.solver.wish()
        self._server.call(self._server.send, {"type": "state", **self._session.state()})

    def wait_until_solved(self, seconds: float = 600.0) -> None:
        """Until what the page shows is refined. @raises Error why it cannot be, or where it is not by then"""
        solver, revision = self._server.solver, self._session.revision
        if not solver.wait_for(revision, seconds):
            raise Error(solver.failure or f"the run is not solved after {seconds:g} s")

    def wait(self) -> None:
        """Until close() or the end of the server."""
        self._server.wait()

    def close(self) -> None:
        """Saves and ends; may be called twice. @raises Error where the run file cannot be written"""
        self._server.close()
        self._session.save()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.close()
        except Error as error:
            if kind is None:
                raise
            warnings.warn(f"the run is not saved: {error}", stacklevel=2)

    def __repr__(self):
        return f"Explorer({self.url!r}, {str(self.file)!r})"


def explore(scene: Scene | Scene2D | str | os.PathLike, *, run: str | os.PathLike | None = None, port: int = 0, open_browser: bool = False,
            document: dict | None = None) -> Explorer:
    """Serves the live page of a scene: a file, one that comes with raywave by its name, a run file (.toml), a Scene; a Scene2D, or its file.

    run: the file that holds the state, read where it exists; by default NAME.explore.toml in the working folder, or the run file itself, or
    that of the scene in the plane.
    document: what the run starts with where there is no file yet. @raises Error for what cannot be read, and for a port that is taken"""
    if isinstance(scene, Scene2D) or not isinstance(scene, Scene) and plane.is_plane(pathlib.Path(scene)):
        return _explore_plane(scene, run, port, open_browser, document)
    if isinstance(scene, Scene):
        document = {**_devices_of(scene), **(document or {})}
        title, base = "raywave", scene.copy()
        file = pathlib.Path("scene.explore.toml" if run is None else run)
        _require_toml(file)
        if scene.objects:
            try:
                document["scene"] = str(scene.save(file.absolute().with_name(f"{file.stem}.scene"), overwrite=True))
            except Error as error:
                warnings.warn(f"the scene cannot be written beside the run file, which so names none: {error}", stacklevel=3)
    else:
        given = pathlib.Path(scene)
        if given.suffix.lower() == ".toml":
            if run is not None:
                raise Error("give a run file or a scene and run=, not both")
            file = given
            if not file.is_file():
                raise Error(f"there is no run file '{file}'")
        else:
            file = pathlib.Path(f"{given.stem}.explore.toml" if run is None else run)
            path = scenes.file(str(scene)) if str(scene) in scenes.names() and not os.path.lexists(scene) else given
            document = {"scene": str(path.absolute()), **(document or {})}
        title, base = given.name, None
    _require_toml(file)
    if file.is_file():
        stored = document_.read(file)
        wanted = (document or {}).get("scene")
        if wanted and stored.get("scene") and pathlib.Path(stored["scene"]).absolute() != pathlib.Path(wanted):
            raise Error(f"'{file}' is the run of another scene, '{stored['scene']}': name another with run=")
        document = {**(document or {}), **stored}
    if base is None:
        if not document.get("scene"):
            raise Error(f"'{file}' names no scene")
        base = scenes.load_scene(document["scene"], document.get("frequency_hz", 3.5e9))
    return _served(Explorer(Session(base, document, file), title, port), open_browser)


def _explore_plane(scene, run, port, open_browser, document):
    """Of a Scene2D, or of a file of one (docs/plane.md), which keeps its own state unless run= names another."""
    if isinstance(scene, Scene2D):
        given, file, title = plane.document_of(scene), pathlib.Path("plane.explore.toml" if run is None else run), "raywave"
    else:
        given, file, title = plane.read(pathlib.Path(scene)), pathlib.Path(scene if run is None else run), pathlib.Path(scene).name
    _require_toml(file)
    kept = file.is_file()
    held = plane.read(file) if kept else {**given, **(document or {})}
    if not kept:
        held |= {side: {**given.get(side, {}), **(document or {}).get(side, {})} for side in plane.SIDES}
    elif isinstance(scene, Scene2D) and plane.read_text(plane.to_toml(given)) != {key: value for key, value in held.items() if key != "trace"}:
        warnings.warn(f"what is shown is what '{file}' holds, which is not the scene that is given: name another file with run=", stacklevel=4)
    return _served(Explorer(plane.PlaneSession(held, file, kept), title, port, plane), open_browser)


def _served(explorer, open_browser):
    try:
        explorer._session.save()  # where it cannot be kept nothing is served
    except Error:
        explorer._server.socket.close()
        raise
    explorer._server.start()
    if open_browser:
        webbrowser.open(explorer.url)
    return explorer


def _require_toml(file):
    if file.suffix.lower() != ".toml":
        raise Error(f"'{file}': a run file has the extension .toml")


def _devices_of(scene) -> dict:
    out: dict = {"frequency_hz": scene.frequency_hz, "bandwidth_hz": scene.bandwidth_hz, "temperature_k": scene.temperature_k}
    for kind, devices in (("transmitter", scene.transmitters), ("receiver", scene.receivers)):
        for name, d in devices.items():
            row = {"name": name, "position_m": list(d.position_m)}
            row |= {word: list(getattr(d, word)) for word in ("orientation_rad", "velocity_m_per_s") if any(getattr(d, word))}
            if kind == "transmitter":
                row["power_dbm"] = d.power_dbm
            if words := document_.array_words(d.array):
                row["array"] = words
            out.setdefault(kind, []).append(row)
    return out
