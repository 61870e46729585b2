# SPDX-License-Identifier: Apache-2.0
"""Footprints from GeoJSON, GeoPackage and Shapefile: any polygon layer that GDAL reads, its columns as tags."""
from __future__ import annotations

import math
import os

import numpy as np
import shapely

from .._raywave import Error
from .features import Feature, Layer
from .frame import crs_of
from .._requirements import need

ENDINGS = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".gml")


def read_vector(path: str, layer: str | None = None, columns: dict[str, str] | None = None, source_crs=None) -> Layer:
    """Polygons of a layer; `columns` maps tags to the file's columns ({"height": "HOEHE"}), the others keep their names.

    @raises Error for a file that cannot be read, a layer or column that is not there, a missing CRS."""
    pyogrio = need("pyogrio", f"reading '{os.path.basename(path)}'")
    try:
        layers = [str(row[0]) for row in pyogrio.list_layers(path)]
        name = _layer_name(path, layer, layers)
        meta, fids, wkb, fields = pyogrio.raw.read(path, layer=name, return_fids=True, force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise Error(f"'{path}': cannot be read: {error}") from None
    crs = meta["crs"] if source_crs is None else source_crs
    if crs is None:
        raise Error(f"'{path}' says nothing about its CRS: give it as source_crs='EPSG:...'")
    known = [str(f) for f in meta["fields"]]
    for tag, column in (columns or {}).items():
        if column not in known:
            raise Error(f"'{path}': layer '{name}' has no column '{column}' (for '{tag}'); it has {', '.join(known) or 'none'}")
    renamed = {column: tag for tag, column in (columns or {}).items()}
    tags = [renamed.get(f, f) for f in known]
    out = Layer([], crs_of(crs, f"'{path}'"), str(path))
    shapes = shapely.from_wkb(wkb, on_invalid="fix")  # rings that are not closed are
    for k, (fid, shape) in enumerate(zip(fids, shapes)):
        if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon"):
            out.left_out["a row without a polygon"] += 1
            continue
        row = {tag: text for tag, values in zip(tags, fields) if (text := _text(values[k])) is not None}
        kind = "part" if row.get("building:part", "no") not in ("no", "False") else "building"
        if "bridge" in (row.get("building"), row.get("man_made")):
            out.left_out["a bridge"] += 1
            continue
        parts = shapely.get_parts(shape)
        for i, polygon in enumerate(parts):
            out.features.append(Feature(f"{kind}_{fid}" + (f"_{i + 1}" if len(parts) > 1 else ""), kind, polygon, row))
    return out


def _layer_name(path: str, wanted: str | None, layers: list[str]) -> str:
    if wanted is None and len(layers) > 1:
        wanted = "buildings" if "buildings" in layers else None
        if wanted is None:
            raise Error(f"'{path}' has the layers {', '.join(layers)}: name one with layer=")
    if wanted is not None and wanted not in layers:
        raise Error(f"'{path}' has no layer '{wanted}'; it has {', '.join(layers)}")
    return wanted or layers[0]


def _text(value) -> str | None:
    """As a map's tag; None for a missing value."""
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return None
    if isinstance(value, (float, np.floating)):
        return f"{value:.12g}"
    return str(value)
