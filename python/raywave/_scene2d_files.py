# SPDX-License-Identifier: Apache-2.0
"""Scenes in the plane from GeoJSON, from TOML files and into them."""
from __future__ import annotations

import json
import math
import pathlib
from typing import Any

import numpy as np

from . import _raywave
from ._files import new_file
from ._methods import method
from ._raywave import Error, Scene2D
from ._requirements import need

NUMBERS = ("r_coef", "height_m", "alpha", "frequency_hz")


def _list_in(thing, key, number):
    """The list under a key of an object of GeoJSON."""
    if not isinstance(thing, dict) or not isinstance(thing.get(key), (list, tuple)):
        raise Error(f"feature {number}: {key!r} must be a list, got {repr(thing.get(key) if isinstance(thing, dict) else thing)[:80]}")
    return thing[key]


def _line(positions, number):
    """[n, 2] of positions [x, y, ...]."""
    def is_position(p):
        return isinstance(p, (list, tuple)) and len(p) >= 2 and all(isinstance(c, (int, float)) and math.isfinite(c) for c in p[:2])
    if not isinstance(positions, (list, tuple)) or not all(map(is_position, positions)):
        bad = next((p for p in positions if not is_position(p)), None) if isinstance(positions, (list, tuple)) else positions
        raise Error(f"feature {number}: a line must be a list of positions [x, y] of finite numbers, got {repr(bad)[:80]}")
    return np.array([p[:2] for p in positions], dtype=np.float64).reshape(-1, 2)


def _lines_of(geometry, number):
    """Lines [n, 2] of a geometry, of polygons every ring; of null, a feature without a place, none."""
    if geometry is None:
        return []
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        return [line for g in _list_in(geometry, "geometries", number) for line in _lines_of(g, number)]
    depths = {"Polygon": 1, "MultiPolygon": 2, "LineString": 0, "MultiLineString": 1}
    if kind not in depths:
        raise Error(f"feature {number}: a geometry of kind {kind!r} has no walls; known: {', '.join(depths)}, GeometryCollection")
    lines = [_list_in(geometry, "coordinates", number)]
    for _ in range(depths[kind]):
        lines = [line for group in lines for line in _list_in({"coordinates": group}, "coordinates", number)]
    return [_line(line, number) for line in lines]


def _on_the_tangent_plane(line, lon, lat):
    """Metres [n, 2] east and north of degrees, as seen along the normal of WGS 84's ellipsoid at (lon, lat): its orthographic projection."""
    a, e2 = 6378137.0, 6.69437999014133e-3
    (x, y), (x0, y0) = np.radians(line).T, np.radians([lon, lat])
    n, n0 = (a / np.sqrt(1 - e2 * np.sin(v) ** 2) for v in (y, y0))
    east = n * np.cos(y) * np.sin(x - x0)
    # cos(x - x0) = 1 - 2 sin^2: what remains of the difference is of the district's size, not the earth's
    north = n * (np.sin(y - y0) + 2 * np.cos(y) * np.sin(y0) * np.sin((x - x0) / 2) ** 2) + e2 * (n0 * np.sin(y0) - n * np.sin(y)) * np.cos(y0)
    return np.stack([east, north], axis=1)


def _from_geojson(source: Any, *, project: bool | None = None) -> Scene2D:
    """Walls of the polygons (holes too) and lines of a GeoJSON file, text or dict. project: longitude and latitude to metres on the
    plane that touches the earth in the middle of the data, which the scene's crs says (None: yes, unless some number is out of their range); a wall that two polygons share is taken once."""
    if isinstance(source, (str, pathlib.Path)) and not str(source).lstrip().startswith("{"):
        try:
            source = pathlib.Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise Error(f"'{source}' cannot be read: {e}") from None
    try:
        data = json.loads(source) if isinstance(source, (str, bytes)) else source
    except json.JSONDecodeError as e:
        raise Error(f"the GeoJSON is not JSON: {e}") from None
    kind = data.get("type") if isinstance(data, dict) else None
    features = _list_in(data, "features", 0) if kind == "FeatureCollection" else [data] if kind == "Feature" else [{"geometry": data}]
    for i, f in enumerate(features):
        if not isinstance(f, dict) or "geometry" not in f:
            raise Error(f"feature {i}: it has no geometry")
    lines = [line for i, f in enumerate(features) for line in _lines_of(f["geometry"], i) if len(line) > 1]
    if not lines:
        raise Error("the GeoJSON has no walls")
    every = np.concatenate(lines)
    if project is None:
        project = bool((np.abs(every[:, 0]) <= 180).all() and (np.abs(every[:, 1]) <= 90).all())
    if project:
        lon, lat = ((every.min(axis=0) + every.max(axis=0)) / 2).tolist()
        lines = [_on_the_tangent_plane(line, lon, lat) for line in lines]
    scene, seen = Scene2D(), {}
    if project:
        scene.crs = f"+proj=ortho +lat_0={lat!r} +lon_0={lon!r} +datum=WGS84 +units=m +no_defs +type=crs"
    for line in lines:
        for a, b in zip(line[:-1], line[1:]):
            key = frozenset((tuple(a), tuple(b)))
            if len(key) == 2:
                seen.setdefault(key, {"a": a, "b": b})
    scene._add_all([("wall", f"wall_{i}", ends) for i, ends in enumerate(seen.values())])
    return scene


Scene2D.from_geojson = staticmethod(_from_geojson)

# --- files ---


def _toml(value):
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(float(value))


def text_of(self: Scene2D) -> str:
    """Its file. @raises Error for own objects"""
    lines = [f"{name} = {_toml(getattr(self, name))}" for name in NUMBERS]
    if self.crs is not None:
        lines += [f"crs = {_toml(self.crs)}", f"origin_m = {_toml(self.origin_m)}"]
    for group, devices in (("transmitters", self.transmitters), ("receivers", self.receivers)):
        lines += ["", f"[{group}]"] + [f"{json.dumps(name)} = {_toml(at)}" for name, at in devices.items()]
    for m in self.materials:
        lines += ["", "[[materials]]", f"name = {_toml(m.name)}", f"thickness_m = {_toml(m.thickness_m)}"]
        if m.perfect_conductor:
            lines.append("perfect_conductor = true")
        elif m.itu_name:
            lines.append(f"itu_name = {_toml(m.itu_name)}")
        else:
            lines += [f"{key} = {_toml(getattr(m, key))}" for key in ("relative_permittivity", "conductivity_s_per_m")]
    for o in self.objects:
        if o["kind"] == "own":
            raise Error(f"own object '{o['name']}' can't be saved: its law is a program")
        lines += ["", "[[objects]]"] + [f"{key} = {_toml(value)}" for key, value in o.items()]
    return "\n".join(lines) + "\n"


@method(Scene2D, "save")
def _save(self, path: str | pathlib.Path) -> None:
    """A TOML file that Scene2D.load reads back to the bit. Own objects, whose law is a program, can't be saved."""
    text = text_of(self)
    with new_file(path, (".toml",), "a scene in the plane") as place:
        pathlib.Path(place).write_text(text, encoding="utf-8")


# [trace]: how `raywave plane` and the live page trace the scene of a file; what it leaves out
TRACE = {"min_order": 0, "max_order": 1, "candidates": "all", "method": "image", "smoothed": "", "points": 300, "seed": 42, "sampler": "", "num_samples": 10}
_TRACE_WORDS = {"candidates": ("all", "visible", "sampled"), "method": ("image", "fermat", "min-path"), "smoothed": ("", "sigmoid", "hard_sigmoid")}
_TRACE_LIMITS = {"min_order": (0, 15), "max_order": (0, 15), "points": (2, 4096), "seed": (0, 2**63 - 1), "num_samples": (1, 2**31 - 1)}


def trace_options(trace: dict) -> dict:
    """Of a whole table [trace], as Scene2D.trace takes them."""
    words = {word: trace[word] for word in ("min_order", "max_order", "candidates", "method", "seed", "num_samples")}
    if trace["candidates"] == "sampled":
        words["sampler"] = _raywave.PathSampler.load(trace["sampler"])
    return {**words, "approx": bool(trace["smoothed"]), "activation": trace["smoothed"] or "hard_sigmoid"}


def _trace_of(data, where):
    held = data.get("trace", {})
    if not isinstance(held, dict):
        raise Error(f"{where}: trace must be a table")
    for key, value in held.items():
        if key not in TRACE:
            raise Error(f"{where}: [trace]: unknown key '{key}'; known: {', '.join(TRACE)}")
        if key in _TRACE_WORDS and value not in _TRACE_WORDS[key]:
            raise Error(f"{where}: [trace]: {key} is one of {', '.join(filter(None, _TRACE_WORDS[key]))}, got {value!r}")
        low, high = _TRACE_LIMITS.get(key, (0, 0))
        if key in _TRACE_LIMITS and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            raise Error(f"{where}: [trace]: {key} takes a whole number from {low} to {high}, got {value!r}")
        if key == "sampler" and not isinstance(value, str):
            raise Error(f"{where}: [trace]: sampler is the file of a model, got {value!r}")
    trace = {**TRACE, **held}
    if trace["candidates"] == "sampled" and not trace["sampler"]:
        raise Error(f"{where}: [trace]: candidates \"sampled\" needs a model: sampler = \"FILE\"")
    if trace["min_order"] > trace["max_order"]:
        raise Error(f"{where}: [trace]: min_order {trace['min_order']} is above max_order {trace['max_order']}")
    return trace


_KEYS = {"wall": ("a", "b"), "ris": ("a", "b", "phi_rad"), "panel": ("a", "b", "profile_m"), "corner": ("a",),
         "arc": ("a", "radius_m", "begin_rad", "end_rad")}


def _load(path: str | pathlib.Path) -> Scene2D:
    """Reads what save writes."""
    try:
        import tomllib
    except ImportError:
        tomllib = need("tomli", "Scene2D.load")
    try:
        data = tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise Error(f"'{path}' cannot be read: {e}") from None
    return from_document(data, path)[0]


def _number(where, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Error(f"{where} must be a finite number, got {value!r}")
    return float(value)


def _place(where, value):
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise Error(f"{where} must be two numbers, got {value!r}")
    return [_number(where, x) for x in value]


def _rows(data, key, where):
    rows = data.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Error(f"{where}: {key} must be tables, [[{key}]]")
    return enumerate(rows)


def _require_name(where, row):
    if not isinstance(row.get("name"), str):
        raise Error(f"{where} needs a name")


def from_document(data: dict, where: object) -> tuple[Scene2D, dict]:
    """(the scene, the table [trace] with its defaults) of what a file holds. @raises Error naming where"""
    known = {*NUMBERS, "crs", "origin_m", "transmitters", "receivers", "objects", "materials", "trace"}
    for key in data:
        if key not in known:
            raise Error(f"{where}: unknown key '{key}'; known: {', '.join(sorted(known))}")
    scene = Scene2D()
    for name in NUMBERS:
        if name in data:
            setattr(scene, name, _number(f"{where}: {name}", data[name]))
    if "origin_m" in data and "crs" not in data:
        raise Error(f"{where}: origin_m is a place in a crs: give it too")
    for name in ("crs", "origin_m"):
        if name in data:
            try:
                setattr(scene, name, data[name])
            except Error as e:
                raise Error(f"{where}: {e}") from None
    for i, m in _rows(data, "materials", where):
        fields = ("name", "itu_name", "relative_permittivity", "conductivity_s_per_m", "thickness_m", "perfect_conductor")
        for key in (k for k in m if k not in fields):
            raise Error(f"{where}: material {i}: unknown key '{key}'; known: {', '.join(fields)}")
        _require_name(f"{where}: material {i}", m)
        material = _raywave.Material(m["name"])
        for key in fields[1:]:
            if key in m:
                setattr(material, key, m[key])
        scene.add_material(material)
    found, ends = [], {}
    for i, o in _rows(data, "objects", where):
        kind = o.get("kind", "wall")
        if kind not in _KEYS:
            raise Error(f"{where}: object {i}: unknown kind '{kind}'; known: {', '.join(_KEYS)}")
        wanted = {"kind", "name", *_KEYS[kind]}
        for key in (*(wanted - set(o) - {"kind"}), *(set(o) - wanted - {"material"})):
            raise Error(f"{where}: object {i}: {'missing' if key in wanted else 'unknown'} key '{key}'")
        _require_name(f"{where}: object {i}", o)
        read = {"a": _place, "b": _place, "material": lambda _, text: text, "profile_m": lambda _, values: values}
        words = {k: read.get(k, _number)(f"{where}: '{o['name']}': {k}", o[k]) for k in (*_KEYS[kind], "material") if k in o}
        found.append((kind, o["name"], words))
        if "b" in words:
            other = ends.setdefault(frozenset((tuple(words["a"]), tuple(words["b"]))), o["name"])
            if other != o["name"]:
                raise Error(f"{where}: objects '{other}' and '{o['name']}' have the same ends: each would hide the other and all paths over them; remove one")
    scene._add_all(found)
    sides = [data.get(side, {}) for side in ("transmitters", "receivers")]
    if not all(isinstance(side, dict) for side in sides):
        raise Error(f"{where}: transmitters and receivers are tables of name = [x, y]")
    scene.transmitters, scene.receivers = ({name: _place(f"{where}: '{name}'", at) for name, at in side.items()} for side in sides)
    return scene, _trace_of(data, where)


Scene2D.load = staticmethod(_load)
