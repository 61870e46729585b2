# SPDX-License-Identifier: Apache-2.0
"""From a layer of features to a scene: the order of the steps, each of which is a module of its own."""
from __future__ import annotations

import collections
import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
import shapely

from .._raywave import Error
from .._scene_folder import file_name
from .._values import number_list, real_number
from . import cityjson, osm, vector
from .arrangement import Arrangement
from .columns import build_columns
from .checks import sound
from .features import Layer
from .folder import SceneObject, require_place, write_scene
from .frame import Frame, area_polygon, crs_of, lon_lat, name_of, require_degrees
from .ground import ground_triangles
from .plan import Piece, join, pieces_of, seat
from .report import Report
from .._requirements import need
from .roofs import creases
from .rules import Rules
from .shapes import shape_of
from .surfaces import Key, build_surfaces, sheets
from .terrain import Flat, Terrain

_ROOF_TOLERANCE_M = 1e-3  # a ridge this near to a corner goes through it: symmetric footprints, their corners rounded to degrees
_MODEL_TOLERANCE_M = 0.02  # roofs that a file gives: coordinates rounded to a centimetre


@dataclasses.dataclass
class Built:
    """scene_file: for load_scene; report: what was guessed and left out; frame: CRS and origin."""

    scene_file: pathlib.Path
    report: Report
    frame: Frame

    def to_local(self, lon_deg: ArrayLike, lat_deg: ArrayLike) -> np.ndarray:
        """Places in degrees as (x, y) in the scene's metres, [..., 2]."""
        return self.frame.from_lon_lat(lon_deg, lat_deg)


def build(source: str | os.PathLike, folder: str | os.PathLike, *, area: object = None, layer: str | None = None,
          columns: Mapping[str, str] | None = None, source_crs: object = None, crs: object = None, origin: Sequence[float] | None = None,
          terrain: str | os.PathLike | None = None, terrain_crs: object = None,
          ground_spacing_m: float | None = None, ground_tolerance_m: float = 0.25, margin_m: float = 20.0, rules: object = None, vegetation: bool = False,
          tolerance_m: float = 0.05, bad: str = "error", overwrite: bool = False) -> Built:
    """Builds a scene folder from a map; load_scene(build(...).scene_file) reads it.

    source: OpenStreetMap (.osm.pbf, .osm), GeoJSON, GeoPackage, Shapefile, CityJSON. area: (west, south, east, north) or a polygon in
    degrees; buildings that touch it are kept whole. layer, columns: of GeoPackage and the like; columns maps tags to columns,
    {"height": "HOEHE"}. source_crs: where the file has none or a wrong one. crs, origin: of the scene, a projected CRS in metres and
    (longitude, latitude); by default a projection of the scene's own around its middle. terrain: a raster of heights. rules: a TOML
    file over rules.toml. vegetation: woods and trees of OpenStreetMap too. tolerance_m: corners nearer than this are one.
    bad: what to do with footprints that cross themselves and heights of zero: "error", "repair" (made valid; heights guessed), "skip".

    @raises raywave.Error for what cannot be read or makes no scene; nothing is written then."""
    need("shapely", "raywave.geo"), need("pyproj", "raywave.geo")
    _require("bad", bad, bad in ("error", "repair", "skip"), "'error', 'repair' or 'skip'")
    _number("tolerance_m", tolerance_m, lambda v: 1e-4 <= v <= 1, "from 1e-4 to 1 m")
    _number("margin_m", margin_m, lambda v: 1 <= v <= 1e5, "from 1 to 1e5 m")
    _number("ground_tolerance_m", ground_tolerance_m, lambda v: v > 0, "> 0")
    if ground_spacing_m is not None:
        _number("ground_spacing_m", ground_spacing_m, lambda v: v >= 2, ">= 2 m")
    source, folder, terrain, rules = (_path(name, given) for name, given in (("source", source), ("folder", folder), ("terrain", terrain), ("rules", rules)))
    _require("source", source, source is not None, "a file")
    _require("folder", folder, folder is not None, "the folder to make")
    _require("layer", layer, layer is None or isinstance(layer, str), "the name of a layer")
    _require("terrain_crs", terrain_crs, terrain_crs is None or terrain is not None, "given with terrain")
    _require("columns", columns, columns is None or isinstance(columns, Mapping) and all(isinstance(word, str) for pair in columns.items() for word in pair),
             "a dict of tags and columns, as {'height': 'HOEHE'}")
    for name, given in (("vegetation", vegetation), ("overwrite", overwrite)):
        _require(name, given, isinstance(given, (bool, np.bool_)), "True or False")
    if origin is not None:
        origin = tuple(number_list("origin", origin).tolist())
        _require("origin", origin, len(origin) == 2, "two numbers, longitude and latitude in degrees")
    require_place(folder, overwrite)
    table, report = Rules(rules), Report()
    map_layer = _read(source, layer, columns, source_crs, vegetation)
    frame = _localise(map_layer, area_polygon(area), crs, origin)
    report.left_out.update(map_layer.left_out)
    features = sound(map_layer, bad, report)
    names, pieces = pieces_of(features, table, report)
    bounds = _bounds(pieces, map_layer, frame, area_polygon(area), margin_m)
    surface = Flat()
    if terrain is not None:
        surface = Terrain(terrain, frame, bounds, terrain_crs)
        nearest = np.clip(np.zeros((1, 2)), bounds[:2], bounds[2:])  # to the origin, which may lie outside
        frame.origin_height_m = round(float(surface(nearest)[0]), 2)
    modelled = any(p.feature.pieces is not None for p in pieces)
    scene = _mesh(names, pieces, bounds, surface, table, report, tolerance_m, _MODEL_TOLERANCE_M if modelled else _ROOF_TOLERANCE_M,
                  ground_spacing_m or max(10.0, surface.spacing_m or 0.0), ground_tolerance_m)
    record = {"source": str(source), "attribution": map_layer.attribution, "terrain": terrain and str(terrain), "frame": frame.describe(),
              "report": report.as_dict()}
    used = {o.material: table.material(o.material) for o in scene[1]}
    return Built(write_scene(folder, *scene, used, record), report, frame)


def _require(name: str, value, holds: bool, limit: str) -> None:
    if not holds:
        raise Error(f"{name} must be {limit}, got {value!r}")


def _number(name: str, value, holds, limit: str) -> None:
    _require(name, value, not isinstance(value, bool) and holds(real_number(name, value)), limit)


def _path(name: str, value) -> pathlib.Path | None:
    if value is None:
        return None
    if not isinstance(value, (str, os.PathLike)) or not str(value) or "\0" in str(value):
        raise Error(f"{name} must be the name of a file or folder, got {value!r}")
    return pathlib.Path(value)


def _read(source, layer, columns, source_crs, vegetation: bool) -> Layer:
    path = pathlib.Path(source)
    if not path.exists():
        raise Error(f"'{source}': there is no such file")
    name = path.name.lower()
    if name.endswith(osm.ENDINGS):
        if layer or columns or source_crs:
            raise Error("OpenStreetMap has its own tags and CRS: layer, columns and source_crs are for other files")
        return osm.read_osm(str(path), vegetation)
    if not name.endswith(vector.ENDINGS):
        raise Error(f"'{source}': maps end in {', '.join((*osm.ENDINGS, *vector.ENDINGS))}")
    if name.endswith(".json"):
        with open(path, "rb") as file:
            if b'"CityJSON"' in file.read(4096) or name.endswith(".city.json"):
                return cityjson.read_cityjson(str(path), source_crs)
    return vector.read_vector(str(path), layer, columns, source_crs)


def _localise(layer: Layer, area, crs, origin) -> Frame:
    """Takes the layer's features into local metres, those outside the area away."""
    if not layer.features:
        raise Error(f"'{layer.source}' holds no buildings" + _why(layer))
    shapes = np.array([f.shape for f in layer.features], dtype=object)
    coordinates = shapely.get_coordinates(shapes)
    if not np.isfinite(coordinates).all():
        raise Error(f"'{layer.source}' has coordinates that are no numbers")
    require_degrees(layer.crs, shapely.total_bounds(shapes), f"'{layer.source}'")
    degrees = lon_lat(shapes, layer.crs)
    if not np.isfinite(shapely.get_coordinates(degrees)).all():
        raise Error(f"'{layer.source}': coordinates lie outside what {name_of(layer.crs)} can hold: give the right one as source_crs='EPSG:...'")
    if area is not None:
        shapely.prepare(area)
        kept = _within(area, layer, degrees)
        if not kept.any():
            w, s, e, n = shapely.total_bounds(degrees)
            raise Error(f"no building lies in the area {tuple(round(v, 6) for v in area.bounds)}: '{layer.source}' reaches from ({w:.6f}, {s:.6f}) to "
                        f"({e:.6f}, {n:.6f}) (longitude, latitude)")
        layer.features = [f for f, keep in zip(layer.features, kept) if keep]
        shapes, degrees = shapes[kept], degrees[kept]
    if origin is None:
        w, s, e, n = area.bounds if area is not None else shapely.total_bounds(degrees)
        origin = (round((w + e) / 2, 7), round((s + n) / 2, 7))
    frame = Frame.at(float(origin[0]), float(origin[1]), crs)

    def move(geometry):
        return frame.local(geometry, layer.crs)

    for feature, shape in zip(layer.features, move(shapes)):
        feature.shape = shape
        if feature.pieces is not None:
            feature.pieces = cityjson.moved_pieces(feature.pieces, move)
    extent = np.abs(shapely.get_coordinates([f.shape for f in layer.features])).max()
    if extent > 50e3:
        raise Error(f"the scene would reach {extent / 1e3:.0f} km from its origin {frame.origin_lon_lat_deg}: "
                    "take a smaller area, or an origin nearer to it; 50 km is the limit")
    return frame


def _within(area, layer: Layer, degrees: np.ndarray) -> np.ndarray:
    """Which features touch the area, and the parts of the buildings that do."""
    kept = shapely.intersects(area, degrees)
    whole = degrees[[k and f.kind == "building" for k, f in zip(kept, layer.features)]]
    parts = np.flatnonzero([not k and f.kind == "part" for k, f in zip(kept, layer.features)])
    if len(whole) and len(parts):
        found, _ = shapely.STRtree(whole).query(shapely.point_on_surface(degrees[parts]), predicate="within")
        kept[parts[found]] = True
    return kept


def _why(layer: Layer) -> str:
    return f" (left out: {', '.join(f'{what} {count}' for what, count in layer.left_out.items())})" if layer.left_out else ""


def _bounds(pieces: list[Piece], layer: Layer, frame: Frame, area, margin_m: float) -> tuple[float, float, float, float]:
    """The ground: all footprints and the area, with a margin."""
    shapes = [p.footprint for p in pieces]
    if area is not None:
        shapes.append(frame.local(area, crs_of("EPSG:4326", "area")))
    x0, y0, x1, y1 = shapely.total_bounds(shapes)
    return (x0 - margin_m, y0 - margin_m, x1 + margin_m, y1 + margin_m)


def _mesh(names, pieces, bounds, terrain, rules, report, tolerance_m, roof_tolerance_m, spacing_m, ground_tolerance_m):
    """(points, objects) of the scene."""
    arrangement = Arrangement()
    arrangement.add(_rim(bounds, None if terrain.spacing_m is None else spacing_m), closed=True)
    arrangement.fix()
    join(arrangement, pieces, tolerance_m, report)
    pieces = [p for p in pieces if p.polygon is not None]
    if not pieces:
        raise Error(f"no footprint is wider than tolerance_m = {tolerance_m:g}: nothing can be built")
    for piece in pieces:
        piece.shape = shape_of(piece.feature, piece.polygon, piece.outline, rules, report)
    volumes = seat(arrangement, pieces, terrain, report)
    arrangement.fix()
    arrangement.add_all([line for v in volumes for line in creases(v.roof, v.footprint)], closed=False)
    arrangement.resolve(roof_tolerance_m)
    faces, stacks = build_columns(arrangement, volumes, roof_tolerance_m)
    vertices, base, tilings, groups = build_surfaces(arrangement, faces, stacks, terrain, roof_tolerance_m)
    ground = ground_triangles(faces, stacks, tilings, vertices, base, arrangement.xy, terrain, spacing_m, ground_tolerance_m)
    objects = [SceneObject("ground", rules.ground, ground)]
    by_key: dict[Key, list] = collections.defaultdict(list)
    for group in groups:
        by_key[group.key].append(group)
    taken = {"ground"}
    for (building, role, material), members in sorted(by_key.items(), key=lambda item: item[0]):
        for sheet in sheets(members):
            stem = name = f"{file_name(names[building])}-{role}"
            if name in taken:
                stem = name = f"{stem}-{material}"
            k = 2
            while name in taken:
                name, k = f"{stem}-{k}", k + 1
            taken.add(name)
            objects.append(SceneObject(name, material, [t for g in sheet for t in g.triangles]))
    report.buildings = len({p.building for p in pieces if p.feature.kind in ("building", "part")})
    report.triangles = sum(len(o.triangles) for o in objects)
    return np.array(vertices.points), objects


def _rim(bounds: tuple[float, float, float, float], spacing_m: float | None) -> np.ndarray:
    """The ground's outline; with terrain, a node every spacing_m."""
    corners = np.array([bounds[:2], (bounds[2], bounds[1]), bounds[2:], (bounds[0], bounds[3])])
    if spacing_m is None:
        return corners
    sides = [(p, q, max(1, round(float(np.hypot(*(q - p))) / spacing_m))) for p, q in zip(corners, np.roll(corners, -1, axis=0))]
    return np.concatenate([p + (q - p) * (np.arange(n) / n)[:, None] for p, q, n in sides])
