# SPDX-License-Identifier: Apache-2.0
"""Transmitters and receivers of a campaign as tables: names, places, arrays. Given as [n, 3] places, as a list of dicts, or as one dict."""
from __future__ import annotations

import collections
import dataclasses
import difflib
import hashlib
import json
import pathlib

import numpy as np

from .. import _raywave
from .._raywave import Error

_KEYS = ("name", "position_m", "orientation_rad", "look_at", "velocity_m_per_s", "power_dbm", "array")
_BULK_KEYS = ("positions_m", "grid", "file", "names", "orientation_rad", "velocity_m_per_s", "power_dbm", "array")
DEFAULT_POWER_DBM = 44.0


def refuse_unknown(given: dict, known, where: str) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            raise Error(f"{where}: unknown '{key}'" + (f", did you mean '{near[0]}'?" if near else f": {', '.join(known)} are known"))


@dataclasses.dataclass
class Devices:
    """kind: transmitter or receiver. Arrays of the antennas are words of rw.PlanarArray; a pattern's file stands with its hash."""

    kind: str
    names: list[str]
    position_m: np.ndarray  # [n, 3]
    orientation_rad: np.ndarray  # [n, 3]
    velocity_m_per_s: np.ndarray  # [n, 3]
    power_dbm: np.ndarray  # [n]
    arrays: list[dict]  # the different ones
    array_index: np.ndarray  # [n] into arrays

    def __len__(self):
        return len(self.names)

    def tables(self) -> dict[str, np.ndarray]:
        out = {"position_m": self.position_m, "orientation_rad": self.orientation_rad, "velocity_m_per_s": self.velocity_m_per_s,
               "array_index": self.array_index}
        return {**out, "power_dbm": self.power_dbm} if self.kind == "transmitter" else out

    def document(self) -> dict:
        digest = hashlib.sha256(json.dumps(self.names).encode())
        for name, table in sorted(self.tables().items()):
            digest.update(name.encode() + np.ascontiguousarray(table).tobytes())
        return {"count": len(self), "arrays": self.arrays, "sha256": digest.hexdigest()}

    def make(self, i: int):
        """A device of its own. @raises Error"""
        words = dict(name=self.names[i], position_m=self.position_m[i].tolist(), orientation_rad=self.orientation_rad[i].tolist(),
                     velocity_m_per_s=self.velocity_m_per_s[i].tolist(), array=make_array(self.arrays[self.array_index[i]]))
        if self.kind == "transmitter":
            return _raywave.Transmitter(**words, power_dbm=float(self.power_dbm[i]))
        return _raywave.Receiver(**words)

    def num_ports(self) -> int:
        return max(make_array(words).num_ant for words in self.arrays)


def make_array(words: dict):
    words = dict(words)
    content = words.pop("pattern_sha256", None)
    if content is not None and file_hash(words["pattern"]) != content:
        raise Error(f"the antenna pattern '{words['pattern']}' is not the one that the campaign was made with")
    return _raywave.PlanarArray(**words)


def file_hash(path) -> str:
    try:
        return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise Error(f"'{path}' cannot be read: {error}") from None


def parse(kind: str, given, base: pathlib.Path) -> Devices:
    """@param base  the folder that names of files count from. @raises Error"""
    where = f"{kind}s"
    if given is None:
        raise Error(f"{where}= is missing: places [n, 3] in metres, a list of dicts, or a dict with positions_m, grid or file")
    if isinstance(given, dict):
        rows = _bulk(kind, given, base)
    elif isinstance(given, (list, tuple)) and given and all(isinstance(item, dict) for item in given):
        rows = [dict(item) for item in given]
    elif isinstance(given, (list, tuple)) and any(isinstance(item, _raywave.Device) for item in given):
        raise Error(f"{where}: give dicts of the same words as rw.{kind.capitalize()} (name=, position_m=, array=dict(num_rows=...)): workers on "
                    "other machines receive names and numbers only")
    else:
        rows = [{"position_m": p} for p in _places(where, given)]
    if not rows:
        raise Error(f"{where}: there is none")
    prefix = "tx" if kind == "transmitter" else "rx"
    names, arrays, index = [], [], []
    for i, row in enumerate(rows):
        refuse_unknown(row, _KEYS, f"{where}[{i}]")
        names.append(str(row.get("name", f"{prefix}{i}")))
        array = _array_words(row.get("array"), base, f"{where}[{i}]")
        if array not in arrays:
            arrays.append(array)
        index.append(arrays.index(array))
    name, count = collections.Counter(names).most_common(1)[0]
    if count > 1:
        raise Error(f"{where}: the name '{name}' is given {count} times")
    position = np.array([_vector(where, name, "position_m", row.get("position_m")) for name, row in zip(names, rows)])
    velocity = np.array([_vector(where, name, "velocity_m_per_s", row.get("velocity_m_per_s", (0, 0, 0))) for name, row in zip(names, rows)])
    orientation = np.array([_orientation(where, name, row, p) for name, row, p in zip(names, rows, position)])
    if kind == "receiver" and any("power_dbm" in row for row in rows):
        raise Error("receivers: power_dbm belongs to transmitters")
    power = np.array([float(row.get("power_dbm", DEFAULT_POWER_DBM)) for row in rows])
    return Devices(kind, names, position, orientation, velocity, power, arrays, np.array(index, dtype=np.int64))


def _array_words(words, base, where) -> dict:
    known = ("num_rows", "num_cols", "vertical_spacing", "horizontal_spacing", "pattern", "polarization", "polarization_model")
    if words is None:
        words = {}
    if not isinstance(words, dict):
        raise Error(f"{where}: array takes the words of rw.PlanarArray as a dict, got {type(words).__name__}")
    refuse_unknown(words, known, f"{where}: array")
    words = dict(words)
    pattern = str(words.get("pattern", ""))
    if "." in pattern:
        words["pattern"] = str((base / pattern).absolute())
        words["pattern_sha256"] = file_hash(words["pattern"])
    make_array(words)
    return words


def _vector(where, name, word, value):
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.zeros(0)
    if array.shape != (3,) or not np.isfinite(array).all():
        raise Error(f"{where}: '{name}': {word} takes three finite numbers, got {value!r}")
    return array


def _orientation(where, name, row, position):
    if "look_at" not in row:
        return _vector(where, name, "orientation_rad", row.get("orientation_rad", (0, 0, 0)))
    if "orientation_rad" in row:
        raise Error(f"{where}: '{name}': give orientation_rad or look_at, not both")
    target = _vector(where, name, "look_at", row["look_at"])
    return np.array(_raywave.Receiver("r", position.tolist(), look_at=target.tolist()).orientation_rad)


def _places(where, given):
    try:
        places = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        places = np.zeros(0)
    if places.ndim != 2 or places.shape[1] != 3 or not len(places):
        raise Error(f"{where}: places of the shape [n, 3] in metres are wanted, got {given if np.ndim(given) == 0 else list(np.shape(places))!r}")
    if not np.isfinite(places).all():
        raise Error(f"{where}: place {int(np.argwhere(~np.isfinite(places))[0, 0])} is not finite")
    return places


def _bulk(kind, given, base):
    where = f"{kind}s"
    refuse_unknown(given, _BULK_KEYS, where)
    sources = [key for key in ("positions_m", "grid", "file") if key in given]
    if len(sources) != 1:
        raise Error(f"{where}: give one of positions_m, grid, file; got {sources or 'none'}")
    if "grid" in given:
        places = _grid(where, given["grid"])
    elif "file" in given:
        places = _places(where, _from_file(where, base / given["file"]))
    else:
        places = _places(where, given["positions_m"])
    names = given.get("names")
    if names is not None and len(names) != len(places):
        raise Error(f"{where}: {len(names)} names for {len(places)} places")
    shared = {key: given[key] for key in ("orientation_rad", "velocity_m_per_s", "power_dbm", "array") if key in given}
    return [{"position_m": p, **shared, **({"name": names[i]} if names is not None else {})} for i, p in enumerate(places)]


def _grid(where, grid):
    """min_m, min_m + spacing_m, ... up to max_m, x fastest; half a millionth of a step past max_m still counts, for sums such as 0.1 + 0.2."""
    if not isinstance(grid, dict):
        raise Error(f"{where}: grid takes min_m, max_m, spacing_m")
    refuse_unknown(grid, ("min_m", "max_m", "spacing_m"), f"{where}: grid")
    low, high = (_vector(where, "grid", key, grid.get(key)) for key in ("min_m", "max_m"))
    step = np.broadcast_to(np.array(grid.get("spacing_m", np.nan), dtype=np.float64), (3,))
    if not (step > 0).all() or (high < low).any():
        raise Error(f"{where}: grid takes spacing_m > 0 and max_m >= min_m, got {grid!r}")
    axes = [a + np.arange(int(np.floor((b - a) / d + 5e-7)) + 1) * d for a, b, d in zip(low, high, step)]
    z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    return np.column_stack([x.ravel(), y.ravel(), z.ravel()])


def _from_file(where, path):
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        return np.loadtxt(path, delimiter=",", ndmin=2, comments="#")
    except (OSError, ValueError) as error:
        raise Error(f"{where}: '{path}' (.npy of [n, 3], or lines x,y,z) cannot be read: {error}") from None
