# SPDX-License-Identifier: Apache-2.0
"""The live page of a scene in the plane: its state is the scene's file (docs/plane.md), with how it is traced in the table [trace].

What the page shows when it says "refined" is what `raywave plane FILE` says of that file."""
from __future__ import annotations

import base64
import copy
import io
import json
import math
import os
import pathlib
import time
import tomllib

import numpy as np

from .. import _pages, _raywave
from .._raywave import Error, Scene, Scene2D
from .._values import shown
from .._scene2d_files import TRACE, from_document, text_of, trace_options
from . import document as document_
from .session import Edited
from .solving import Stop, Threads

_HERE = pathlib.Path(__file__).parent
EXPORTS = {"scene.toml": "application/toml", "scene.py": "text/x-python", "paths.json": "application/json", "map.npz": "application/octet-stream"}
SIDES = ("transmitters", "receivers")
_SCENE = ("r_coef", "height_m", "alpha", "frequency_hz")
_WORDS = (*_SCENE, "trace", *SIDES, "materials", "objects")
_PLACES = ("a", "b")
_PREFIX = {"transmitter": "tx", "receiver": "rx", "wall": "wall"}
_NOTE = "# Written by raywave explore. The same from the command line: raywave plane FILE\n"
# The coarse picture: what is solved in some 50 ms, by the time that the last one took.
_COARSE_SECONDS = 0.05
_STRETCH_SECONDS = 0.04  # of a map, between two looks for a newer wish


# ------------------------------------------------------------------------------------------------------------- the file

def is_plane(file: pathlib.Path) -> bool:
    """Whether a file holds a scene in the plane, by its words. A run file, and what cannot be read, is none."""
    if file.suffix.lower() != ".toml":
        return False
    try:
        held = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return bool({*held} & {"objects", "materials", "trace", "r_coef", "height_m", "alpha", *SIDES}) and "scene" not in held


def read(file: pathlib.Path) -> dict:
    """@raises Error naming the file"""
    try:
        held = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Error(f"'{file}' cannot be read: {error}") from None
    for i, row in enumerate(held.get("objects", []) if isinstance(held.get("objects"), list) else []):
        if isinstance(row, dict):
            row.setdefault("kind", "wall")
    from_document(held, f"'{file}'")
    if held.get("trace", {}).get("sampler"):
        held["trace"]["sampler"] = str((file.parent / held["trace"]["sampler"]).absolute())
    return held


def read_text(text: str) -> dict:
    return tomllib.loads(text)


def document_of(scene: Scene2D) -> dict:
    """@raises Error for objects of a law of one's own, which no file holds"""
    return tomllib.loads(text_of(scene))


def to_toml(document: dict) -> str:
    out = [_NOTE]
    out += [f"{key} = {document_._value(float(document[key]))}\n" for key in _SCENE if key in document]
    for key in ("trace", *SIDES):
        if document.get(key) or key in SIDES:
            out.append(f"\n[{key}]\n")
            out += [f"{document_._value(name)} = {document_._value(value)}\n" for name, value in document.get(key, {}).items()]
    for key in ("materials", "objects"):
        for row in document.get(key, []):
            out.append(f"\n[[{key}]]\n")
            out += [f"{word} = {document_._value(value)}\n" for word, value in row.items()]
    return "".join(out)


# ----------------------------------------------------------------------------------------------------------- the session

class PlaneSession(Edited):
    """A scene in the plane and its file. kept: the file holds it already."""

    def __init__(self, document, file: pathlib.Path, kept: bool):
        super().__init__(copy.deepcopy(document), file, saved=1 if kept else 0)
        if kept and not (os.access(file, os.W_OK) and os.access(file.absolute().parent, os.W_OK)):
            raise Error(f"'{file}': what is changed could not be kept: it cannot be written")
        self._check(self._document)

    def _check(self, document):
        self._scene, self.trace = from_document(document, f"'{self.file}'")

    def _text(self, document):
        return to_toml(document)

    def scene(self) -> Scene2D:
        """A scene of its own, as the page has it."""
        with self._lock:
            return self._scene.copy()

    def solvable(self):
        """(revision, document, scene, how it is traced), that belong together."""
        with self._lock:
            return self.revision, copy.deepcopy(self._document), self._scene.copy(), dict(self.trace)

    def _effective(self):
        return {**{word: getattr(self._scene, word) for word in _SCENE}, "trace": {**TRACE, **self.trace}}

    def _change(self, changed, what, command):
        if what == "add":
            self._add(changed, command)
        elif what == "remove":
            rows, at = self._found(changed, command.get("name"))
            del rows[at]
        elif what == "move":
            self._move(changed, command.get("ends"), command.get("to"))
        elif what == "set":
            self._set(changed, command.get("kind"), command.get("name"), command.get("to"))
        else:
            raise Error(f"unknown command {what!r}")

    def _add(self, changed, command):
        kind, name = command.get("kind"), command.get("name")
        if not isinstance(kind, str) or kind not in _PREFIX:
            raise Error(f"what is added is a transmitter, a receiver or a wall, got {kind!r}")
        if name is not None and not isinstance(name, str):
            raise Error(f"a name is wanted, got {shown(name)}")
        if not name:
            taken = self._names(changed)
            name = next(n for n in (f"{_PREFIX[kind]}{i}" for i in range(len(taken) + 1)) if n not in taken)
        if name in self._names(changed):
            raise Error(f"the name {shown(name)} is used already")
        if kind == "wall":
            ends = {key: _pair(key, command.get(key)) for key in _PLACES}
            changed.setdefault("objects", []).append({"kind": "wall", "name": name, **ends})
        else:
            changed.setdefault(f"{kind}s", {})[name] = _pair("position_m", command.get("position_m"))

    @staticmethod
    def _names(changed):
        return {*(name for side in SIDES for name in changed.get(side, {})), *(row["name"] for row in changed.get("objects", []))}

    @staticmethod
    def _found(changed, name):
        """(the table or list that holds it, its key or number there)"""
        for side in SIDES:
            if isinstance(name, str) and name in changed.get(side, {}):
                return changed[side], name
        for i, row in enumerate(changed.get("objects", [])):
            if row["name"] == name:
                return changed["objects"], i
        raise Error(f"there is no device or object called {shown(name)}")

    def _move(self, changed, ends, to):
        """Several ends at one place go together: a corner stays one."""
        to = _pair("to", to)
        if not isinstance(ends, list) or not ends or not all(isinstance(end, list) and len(end) == 2 for end in ends):
            raise Error("move takes ends, [[name, \"a\" or \"b\"], ...], and to")
        for name, key in ends:
            rows, at = self._found(changed, name)
            if isinstance(rows, dict):
                rows[at] = to
            elif key in _PLACES and key in rows[at]:
                rows[at][key] = to
            else:
                raise Error(f"'{name}' has no end {shown(key)}")

    def _set(self, changed, kind, name, to):
        if kind not in ("device", "object", "scene", "trace") or not isinstance(to, dict):
            raise Error(f"set takes a kind (device, object, scene, trace) and a table of what to set, got {shown(kind)}")
        if kind in ("scene", "trace"):
            row, known = (changed, _SCENE) if kind == "scene" else (changed.setdefault("trace", {}), tuple(TRACE))
        else:
            rows, at = self._found(changed, name)
            if isinstance(rows, dict) != (kind == "device"):
                raise Error(f"'{name}' is no {kind}")
            if "name" in to:
                self._rename(changed, rows, at, to)
                return
            if kind == "device":
                row, known = {"position_m": rows[at]}, ("position_m",)
            else:
                row, known = rows[at], tuple(word for word in rows[at] if word != "kind") + (("material",) if rows[at].get("kind", "wall") == "wall" else ())
        for word, value in to.items():
            if word not in known:
                raise Error(f"{shown(word)} cannot be set of {kind}: {', '.join(known)} can")
            if value is None:
                row.pop(word, None)
            else:
                row[word] = value
        if kind == "device":
            rows[at] = row.get("position_m")

    def _rename(self, changed, rows, at, to):
        name = to["name"]
        if not isinstance(name, str) or not name or len(to) > 1:
            raise Error(f"a name is wanted, alone, got {shown(name)}")
        old = at if isinstance(rows, dict) else rows[at]["name"]
        if name != old and name in self._names(changed):
            raise Error(f"the name '{name}' is used already")
        if isinstance(rows, dict):
            side = next(side for side in SIDES if changed.get(side) is rows)
            changed[side] = {name if key == at else key: value for key, value in rows.items()}  # at its place
        else:
            rows[at]["name"] = name


def _pair(where, value):
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise Error(f"{where} takes two numbers, got {shown(value)}")
    return [document_.number(where, x) for x in value]


# ------------------------------------------------------------------------------------------------------------- solving

class Solver(Threads):
    def __init__(self, session, tell):
        super().__init__(session, tell)
        self._places = 1e6  # candidates times places that the coarse map may look at

    def _solve_coarse(self, revision, document):
        begin = time.perf_counter()
        revision, document, scene, trace = self._session.solvable()
        coarse, said = dict(trace), []
        while coarse["max_order"] > 0 and _candidates(scene, coarse) * len(scene.transmitters) * max(len(scene.receivers), 1) > self._places / 10:
            coarse["max_order"] -= 1
            coarse["min_order"] = min(coarse["min_order"], coarse["max_order"])
        if coarse["max_order"] < trace["max_order"]:
            said = [f"up to order {coarse['max_order']} so far"]
        points = math.sqrt(self._places / max(1.0, _candidates(scene, coarse) * max(len(scene.transmitters), 1)))
        coarse["points"] = int(min(trace["points"], max(8, points)))
        stop = Stop(self, revision)
        paths, radio_map = _paths(scene, coarse), _map(scene, coarse, stop)
        spent = time.perf_counter() - begin
        self._places = min(1e9, max(1e3, self._places * min(2.0, max(0.2, _COARSE_SECONDS / spent))))
        self._send(revision, "coarse", begin, said, _frame(scene, paths, radio_map))
        self._notify("_coarse", (revision, document, (scene, trace), begin))

    def _refine(self, revision, document, held, begin):
        scene, trace = held
        stop = Stop(self, revision)
        paths = _paths(scene, trace)
        stop(0, 1)
        radio_map = _map(scene, trace, stop)
        self._send(revision, "refined", begin, [], _frame(scene, paths, radio_map))
        self._done(revision, document, scene, paths, radio_map)

    def _measure(self, position):
        """What arrives at a place from every transmitter."""
        revision, _, scene, trace = self._session.solvable()
        try:
            position = _pair("position_m", position)
            if not scene.transmitters:
                raise Error("there is no transmitter")
            scene.receivers = {"probe": position}
            paths = _paths(scene, trace)
            share, names = paths.valid * paths.power, list(scene.transmitters)
            return {"type": "gain", "revision": revision, "position_m": position,
                    "path_gain": {name: float(share[paths.tx == t].sum()) for t, name in enumerate(names)},
                    "num_paths": {name: int((share[paths.tx == t] > 0).sum()) for t, name in enumerate(names)}}
        except (Error, TypeError) as error:
            return {"type": "error", "revision": revision, "text": str(error)}


def _candidates(scene, trace):
    return scene.num_path_candidates(trace["min_order"], trace["max_order"])


def _paths(scene, trace):
    return scene.trace(**trace_options(trace)) if scene.transmitters and scene.receivers else None


def _map(scene, trace, stop):
    """(x, y, power [transmitters, y, x]) over the box of all objects' ends and devices, as `raywave plane --map` writes it; none without a transmitter
    or where all lies at one place. In stretches of rows: a value does not depend on what is asked for beside it."""
    if not scene.transmitters:
        return None
    low, high = _box(scene)
    u = np.arange(trace["points"]) / (trace["points"] - 1)
    x, y = (low[k] + u * (high[k] - low[k]) for k in range(2))
    words, parts, row = trace_options(trace), [], 0
    # pruned smoothed sums, and those of drawn candidates, depend on which candidates the whole map has
    rows = len(y) if words["candidates"] == "sampled" or words["approx"] and words["candidates"] == "visible" else 1
    while row < len(y):
        begin = time.perf_counter()
        parts.append(np.stack(list(scene.accumulate_on_receivers_grid_over_paths(*np.meshgrid(x, y[row:row + rows]), **words).values())))
        row += rows
        spent = time.perf_counter() - begin
        rows = max(1, min(4 * rows, int(rows * _STRETCH_SECONDS / max(spent, 1e-6))))
        stop(row, len(y))
    return x, y, np.concatenate(parts, axis=1)


def _box(scene):
    points = [*scene.transmitters.values(), *scene.receivers.values()]
    for item in scene.objects:
        if item["kind"] == "arc":
            points += [np.subtract(item["a"], item["radius_m"]), np.add(item["a"], item["radius_m"])]
        else:
            points += [item[key] for key in _PLACES if key in item]
    points = np.array(points, dtype=float)
    return points.min(axis=0), points.max(axis=0)


def paths_json(scene, paths) -> list:
    """As `raywave plane --json` has them."""
    if paths is None:
        return []
    tx, rx = list(scene.transmitters), list(scene.receivers)
    return [{"tx": tx[paths.tx[i]], "rx": rx[paths.rx[i]], "objects": paths.objects(i), "valid": float(paths.valid[i]), "power": float(paths.power[i]),
             "length_m": float(paths.length_m[i]), "vertices_m": np.asarray(paths.vertices(i)).tolist()} for i in range(len(paths.tx))]


def _frame(scene, paths, radio_map):
    held = None
    if radio_map is not None:
        x, y, power = radio_map
        data = base64.b64encode(np.ascontiguousarray(power, dtype="<f4")).decode()
        held = {"x": [x[0], x[-1]], "y": [y[0], y[-1]], "num_x": len(x), "num_y": len(y), "tx_names": list(scene.transmitters), "power": data}
    return json.dumps({"paths": paths_json(scene, paths), "map": held})


# --------------------------------------------------------------------------------------------------------- page, exports

def page(server, connect) -> str:
    """In the style of the report's page, with its colours."""
    report = _raywave.report_html(Scene(), None, None, server.title, "path_gain")
    return _pages.in_its_style(report, server.title, style=(_HERE / "explore.css").read_text(encoding="utf-8") + (_HERE / "plane.css").read_text(encoding="utf-8"),
                               script=_pages.joined(_HERE / "live.js", _HERE / "plane.js"), connect=connect,
                               data={"explore-data": json.dumps({"exports": list(EXPORTS), "colors": _pages.data_of(report)["colors"]})})


def export(server, name) -> bytes:
    """@raises Error"""
    session = server.session
    revision, document = session.snapshot()
    if name == "scene.toml":
        return to_toml(document).encode()
    if name == "scene.py":
        return _script(document).encode()
    _, scene, paths, radio_map = server.solved(revision)
    if name == "paths.json":
        return (json.dumps({"paths": paths_json(scene, paths)}, indent=1) + "\n").encode()
    if radio_map is None:
        raise Error("there is no map: add a transmitter")
    x, y, power = radio_map
    file = io.BytesIO()
    np.savez(file, power=power, x_m=x, y_m=y, tx_names=np.array(list(scene.transmitters)))
    return file.getvalue()


def _script(document) -> str:
    """The same in Python, alone."""
    options = trace_options({**TRACE, **document.get("trace", {})})
    if "sampler" in options:
        options["sampler"] = document_.Code(f"rw.PathSampler.load({document['trace']['sampler']!r})")
    words = "".join(f", {key}={value!r}" for key, value in options.items())
    held = {key: value for key, value in document.items() if key != "trace"}
    text = to_toml(held).removeprefix(_NOTE).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return (f'# Written by raywave explore.\nimport pathlib\nimport tempfile\n\nimport raywave as rw\n\nSCENE = """{text}"""\n'
            "with tempfile.TemporaryDirectory() as folder:\n    file = pathlib.Path(folder) / \"scene.toml\"\n    file.write_text(SCENE, encoding=\"utf-8\")\n"
            f"    scene = rw.Scene2D.load(file)\npaths = scene.trace(**dict({words[2:]}))\nprint(len(paths.valid), \"paths\")\n")
