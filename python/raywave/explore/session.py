# SPDX-License-Identifier: Apache-2.0
"""What the live page changes: a document, its history, its file. Knows no server and no solver's progress."""
from __future__ import annotations

import abc
import copy
import pathlib
import threading

from .._files import new_file
from .._raywave import Error
from . import document as document_

_KEPT = 200  # steps of undo
_PREFIX = {"transmitter": "tx", "receiver": "rx"}
_NOTE = "Written by raywave explore. The same from the command line: raywave paths --config FILE, raywave map --config FILE."
# What may be changed of each kind; null takes the word away, so that its default holds.
_SETTABLE = {"device": ("name", "position_m", "orientation_rad", "power_dbm", "velocity_m_per_s"), "run": ("frequency_hz", "bandwidth_hz", "temperature_k", "seed"),
             "options": ("max_depth", "los", "specular_reflection", "refraction", "diffraction", "max_diffractions"),
             "paths": document_.TABLES["paths"], "map": document_.TABLES["map"], "material": document_.TABLES["material"][1:], "object": document_.TABLES["object"][1:]}


class Edited(abc.ABC):
    """A document that is edited, its history and its file. Methods may be called from any thread. What it is of: _check, _change, _text."""

    def __init__(self, document, file: pathlib.Path, saved=0):
        self.file = file
        self._lock = threading.RLock()
        self._document = document
        self._undo: list[dict] = []
        self._redo: list[dict] = []
        self._drag = None  # one hold of the mouse is one step of undo
        self.revision = 1
        self.saved = saved  # the revision that the file holds

    @abc.abstractmethod
    def _check(self, document) -> None:
        """Takes the document as what holds now. @raises Error, TypeError for what is wrong with it"""

    @abc.abstractmethod
    def _change(self, changed, what, command) -> None:
        """Applies a command. @raises Error"""

    @abc.abstractmethod
    def _text(self, document) -> str:
        """The file's. @raises Error"""

    @abc.abstractmethod
    def _effective(self) -> dict:
        """What holds where the document says nothing, for the page."""

    @property
    def document(self) -> dict:
        with self._lock:
            return copy.deepcopy(self._document)

    def snapshot(self) -> tuple[int, dict]:
        with self._lock:
            return self.revision, copy.deepcopy(self._document)

    def state(self) -> dict:
        """For the page."""
        with self._lock:
            return {"revision": self.revision, "document": copy.deepcopy(self._document), "can_undo": bool(self._undo), "can_redo": bool(self._redo),
                    "file": str(self.file), "effective": self._effective()}

    def edit(self, command: dict) -> None:
        """@raises Error, and then nothing has changed"""
        with self._lock:
            if not isinstance(command, dict):
                raise Error("a command is a table with the key do")
            what = command.get("do")
            if what in ("undo", "redo"):
                self._step_back(*((self._undo, self._redo) if what == "undo" else (self._redo, self._undo)), what)
                return
            changed = copy.deepcopy(self._document)
            self._change(changed, what, command)
            self._take(changed)
            drag = command.get("drag")
            if drag is None or drag != self._drag:
                self._undo = (self._undo + [self._before])[-_KEPT:]
            self._redo = []
            self._drag = drag

    def _take(self, changed):
        try:
            self._check(changed)
        except (Error, TypeError) as error:
            self._check(self._document)
            raise Error(str(error)) from None
        self._before, self._document = self._document, changed
        self.revision += 1

    def _step_back(self, source, target, what):
        if not source:
            raise Error(f"nothing to {what}")
        now = self._document
        self._take(source[-1])
        source.pop()
        target.append(now)
        self._drag = None

    def save(self) -> bool:
        """Writes the file where something is new; it appears whole or not at all. @raises Error"""
        with self._lock:
            revision, document = self.revision, self._document
            if revision == self.saved:
                return False
            text = self._text(document)
        with new_file(self.file, (".toml",), "a run file") as name:
            pathlib.Path(name).write_text(text, encoding="utf-8")
        self.saved = revision
        return True


class Session(Edited):
    """One scene and its run file. Its methods may be called from any thread."""

    def __init__(self, scene, document, file: pathlib.Path):
        document = copy.deepcopy(document)
        super().__init__(document, file)
        self._check_stage = document_.Stage(scene)
        # each of one thread of the solver
        self.coarse_stage, self.refined_stage = document_.Stage(scene.copy()), document_.Stage(scene.copy())
        for stage in (self.coarse_stage, self.refined_stage):
            stage.arrays, stage.precoding = self._check_stage.arrays, self._check_stage.precoding
        document_.check(document, f"'{file}'")
        self._check_stage.mark(document)
        try:
            self._check(document)
        except (Error, TypeError) as error:
            raise Error(f"'{file}': {error}") from None

    def _check(self, document):
        document_.check(document)
        document_.check_options(document)
        self._check_stage.put(document)

    def _text(self, document):
        return document_.to_toml(document, self.file.absolute().parent, _NOTE)

    def scene(self):
        """A scene of its own, as the page has it."""
        with self._lock:
            return self._check_stage.put(self._document).copy()

    def _effective(self):
        scene = self._check_stage.scene
        return {"frequency_hz": scene.frequency_hz,
                "materials": {name: {word: getattr(m, word) for word in document_.TABLES["material"][1:] if word not in document_.FIELDS} for name, m in scene.materials.items()},
                "devices": {d.name: {"orientation_rad": list(d.orientation_rad)} for d in (*scene.transmitters.values(), *scene.receivers.values())}}

    def _change(self, changed, what, command):
        if what == "add":
            self._add(changed, command)
        elif what == "remove":
            kind, row = self._device(changed, command.get("name"))
            changed[kind].remove(row)
        elif what == "set":
            self._set(changed, command.get("kind"), command.get("name"), command.get("to"))
        else:
            raise Error(f"unknown command {what!r}")

    def _add(self, changed, command):
        kind = command.get("kind")
        if not isinstance(kind, str) or kind not in _PREFIX:
            raise Error(f"a device is a transmitter or a receiver, got {kind!r}")
        name = command.get("name")
        if not name:
            scene = self._check_stage.scene
            taken = {*scene.objects, *scene.transmitters, *scene.receivers}
            name = next(n for n in (f"{_PREFIX[kind]}{i}" for i in range(len(taken) + 1)) if n not in taken)
        changed.setdefault(kind, []).append({"name": name, "position_m": document_.triple("position_m", command.get("position_m"))})

    @staticmethod
    def _device(changed, name):
        for kind in _PREFIX:
            for row in changed.get(kind, []):
                if row["name"] == name:
                    return kind, row
        raise Error(f"there is no device called {name!r}")

    def _set(self, changed, kind, name, to):
        if not isinstance(kind, str) or kind not in _SETTABLE or not isinstance(to, dict):
            raise Error(f"set takes a kind ({', '.join(_SETTABLE)}) and a table of what to set, got {kind!r}")
        for word in to:
            if word not in _SETTABLE[kind]:
                raise Error(f"{word!r} cannot be set of {kind}: {', '.join(_SETTABLE[kind])} can")
        if kind == "device":
            _, row = self._device(changed, name)
            if "orientation_rad" in to:
                row.pop("look_at_m", None)
            rows = [row]
        elif kind in ("material", "object"):
            rows = [self._row(changed, kind, name)]
            if kind == "material":
                self._one_way(rows[0], to)
        elif kind == "options":
            rows = [changed.setdefault("paths", {}), changed.setdefault("map", {})]
        else:
            rows = [changed if kind == "run" else changed.setdefault(kind, {})]
        for row in rows:
            for word, value in to.items():
                if value is None:
                    row.pop(word, None)
                else:
                    row[word] = value
        for table in ("material", "object"):
            changed[table] = [row for row in changed.get(table, []) if len(row) > 1]

    @staticmethod
    def _row(changed, kind, name):
        for row in changed.setdefault(kind, []):
            if row["name"] == name:
                return row
        changed[kind].append({"name": str(name)})
        return changed[kind][-1]

    @staticmethod
    def _one_way(row, to):
        """A row of ITU-R P.2040 takes the place of constants, and they that of the row."""
        if to.get("itu_name") is not None:
            row.pop("relative_permittivity", None), row.pop("conductivity_s_per_m", None)
        elif to.get("relative_permittivity") is not None or to.get("conductivity_s_per_m") is not None:
            row.pop("itu_name", None)
