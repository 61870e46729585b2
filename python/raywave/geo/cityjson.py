# SPDX-License-Identifier: Apache-2.0
"""CityJSON 1.0 to 2.0: roofs as they are, walls and floors from them.

Each building's roof surfaces (by their meaning, else those that face up) are taken in the plan with their planes, heights above the
building's own ground; walls are raised anew, so that neighbours share them. Overhanging eaves and what lies under other roofs is lost.
"""
from __future__ import annotations

import json
import re

import numpy as np
import shapely

from .._raywave import Error
from .features import Feature, Layer
from .frame import crs_of
from .roofs import plane_through

_CLOSING_M = 0.01  # gaps between roof surfaces in the plan, from coordinates rounded to millimetres
_UPRIGHT = 0.05  # |n_z| of a unit normal: flatter than 87 degrees is a roof, steeper a wall
_SOLIDS = {"Solid": 1, "MultiSurface": 0, "CompositeSurface": 0, "MultiSolid": 2, "CompositeSolid": 2}


def read_cityjson(path: str, source_crs=None) -> Layer:
    """@raises Error naming file and object for what is not CityJSON."""
    try:
        with open(path, encoding="utf-8") as file:
            model = json.load(file)
        if model.get("type") != "CityJSON":
            raise Error(f"'{path}': its type is '{model.get('type')}', not 'CityJSON'")
        objects, vertices = model["CityObjects"], np.array(model["vertices"], dtype=float).reshape(-1, 3)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Error(f"'{path}': cannot be read as CityJSON: {error}") from None
    transform = model.get("transform", {})
    vertices = vertices * transform.get("scale", [1, 1, 1]) + transform.get("translate", [0, 0, 0])
    layer = Layer([], crs_of(source_crs or _crs_text(model, path), f"'{path}'"), str(path))
    for name, item in objects.items():
        if item.get("type") == "Bridge":
            layer.left_out["a bridge"] += 1
        if item.get("type") not in ("Building", "BuildingPart") or not item.get("geometry"):
            continue
        try:
            _add_building(layer, _root(name, objects), name, item, vertices)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise Error(f"'{path}': object '{name}' cannot be read: {type(error).__name__}: {error}") from None
    return layer


def _crs_text(model: dict, path: str) -> str:
    text = str(model.get("metadata", {}).get("referenceSystem", ""))
    codes = re.findall(r"\d+", text)
    if not codes:
        raise Error(f"'{path}' says nothing about its CRS: give it as source_crs='EPSG:...'")
    return f"EPSG:{codes[-1]}"


def _root(name: str, objects: dict) -> str:
    """The building that a part belongs to."""
    while parents := objects[name].get("parents"):
        name = parents[0]
    return name


def _surfaces(geometry: dict) -> list[tuple[list, str | None]]:
    """(rings of vertex numbers, meaning) of every surface."""
    depth = _SOLIDS[geometry["type"]]
    semantics = geometry.get("semantics") or {}
    meanings = semantics.get("surfaces", [])

    def walk(boundaries, values, level):
        for k, item in enumerate(boundaries):
            value = values[k] if isinstance(values, list) and k < len(values) else None
            if level:
                yield from walk(item, value, level - 1)
            else:
                yield item, meanings[value]["type"] if isinstance(value, int) else None

    return list(walk(geometry["boundaries"], semantics.get("values"), depth))


def _normal(ring: np.ndarray) -> np.ndarray:
    """Newell's: the area vector of a ring, nearly plane or not."""
    ahead = np.roll(ring, -1, axis=0)
    return 0.5 * np.cross(ring - ring[0], ahead - ring[0]).sum(axis=0)


def _add_building(layer: Layer, root: str, name: str, item: dict, vertices: np.ndarray) -> None:
    known = [g for g in item["geometry"] if g.get("type") in _SOLIDS and str(g.get("lod", "1"))[0] != "0"]
    if not known:
        layer.left_out["a building without surfaces (level of detail 1 or more)"] += 1
        return
    surfaces = _surfaces(max(known, key=lambda g: str(g.get("lod", ""))))
    roofs, lowest = [], np.inf
    for rings, meaning in surfaces:
        points = vertices[rings[0]]
        lowest = min(lowest, points[:, 2].min())
        normal = _normal(points)
        steepness = normal[2] / max(np.linalg.norm(normal), 1e-12)
        if (meaning in ("RoofSurface", "OuterFloorSurface") and abs(steepness) > _UPRIGHT) or (meaning is None and steepness > _UPRIGHT):
            roofs.append((rings, normal))
    if not roofs:
        layer.left_out["a building without a roof"] += 1
        return
    pieces = []
    for rings, normal in roofs:
        points = vertices[rings[0]]
        a, b = -normal[0] / normal[2], -normal[1] / normal[2]
        middle = points.mean(axis=0)
        plane = (float(a), float(b), float(middle[2] - a * middle[0] - b * middle[1] - lowest))
        pieces.append((shapely.Polygon(points[:, :2], [vertices[r][:, :2] for r in rings[1:]]), plane))
    outline = shapely.union_all([shapely.make_valid(p) for p, _ in pieces])
    outline = outline.buffer(_CLOSING_M, join_style="mitre").buffer(-_CLOSING_M, join_style="mitre")
    tags = {k: str(v) for k, v in (item.get("attributes") or {}).items()}
    tags.setdefault("building", "yes")
    tags["ref:building"] = root
    parts = [p for p in shapely.get_parts(outline) if p.geom_type == "Polygon" and p.area > 0]
    for k, polygon in enumerate(parts):
        layer.features.append(Feature(f"building_{name}" + (f"_{k + 1}" if len(parts) > 1 else ""), "building", polygon, tags, pieces))


def moved_pieces(pieces, move) -> list:
    """Pieces in other coordinates of the plan: planes go through three of their moved corners."""
    out = []
    for polygon, (a, b, c) in pieces:
        old = shapely.get_coordinates(polygon.exterior)[:-1]
        middle = old.mean(axis=0)
        # Three places far apart about the piece, whatever its own corners are.
        reach = max(1.0, float(np.abs(old - middle).max()))
        places = middle + reach * np.array([[1, 0], [0, 1], [-1, -1]])
        moved = shapely.get_coordinates(move(shapely.points(places)))
        heights = a * places[:, 0] + b * places[:, 1] + c
        out.append((move(polygon), plane_through(*np.column_stack([moved, heights]))))
    return out
