# SPDX-License-Identifier: Apache-2.0
"""Radio maps as GeoTIFF: one band a transmitter, north up where the map is, nodata where nothing arrives, the CRS of a scene built from a map."""
from __future__ import annotations

import json
import math
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from .._raywave import Error, RadioMap
from .._requirements import need
from . import campaign_data
from .content import content, decibel, names
from .._files import new_file

# A frame that lies nowhere: metres of the scene.
_LOCAL = 'LOCAL_CS["raywave scene, metres",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
_UNITS = {"path_gain": ("dB", 1.0), "rss": ("dBm", 1e3), "sinr": ("dB", 1.0)}


def save_geotiff(file: str | os.PathLike, radio_map: RadioMap, *, metric: str = "path_gain", db: bool = True, place: object = None, crs: object = None,
                 origin_m: Sequence[float] | None = None) -> pathlib.Path:
    """Writes a map over a plane or ground, or a campaign's dataset whose receivers are a level grid, to a .tif file of float64.

    metric: path_gain, rss or sinr, a band for each transmitter; association: one band of int32, -1 where none reaches. db: in dB (rss: dBm)
    with NaN as nodata where nothing arrives, else linear (rss: watt) with 0 there. Where the scene lies is the map's own crs and origin_m. Or
    place: what raywave.geo.build gave, or the folder (or its geo.json) that it wrote. Or crs and origin_m: any CRS of pyproj or GDAL and what
    (x, y) = (0, 0) is in it. A map that lies nowhere is written in metres of the scene. Returns the path. @raises Error for meshes and planes that are tilted."""
    if campaign_data.is_dataset(radio_map):
        radio_map = campaign_data.Grid(radio_map, "save_geotiff")
        if metric not in ("path_gain", "association"):
            raise Error(f"save_geotiff: a campaign has path_gain and association, got {metric!r}")
    elif not isinstance(radio_map, RadioMap):
        raise Error(f"save_geotiff takes a radio map, or the dataset of a campaign, got {type(radio_map).__name__}")
    if metric not in (*_UNITS, "association"):
        raise Error(f"unknown metric '{metric}'. Known: {', '.join(_UNITS)}, association")
    rasterio = need("rasterio", "save_geotiff")
    held = radio_map.held if isinstance(radio_map, campaign_data.Grid) else content(radio_map)
    if place is None and crs is None and origin_m is None and radio_map.crs is not None:
        crs, origin_m = radio_map.crs, radio_map.origin_m[:2]
    transform = _transform(held, rasterio, *_origin(place, crs, origin_m))
    frame = _frame(place, crs)
    if metric == "association":
        bands, described, nodata, unit = radio_map.tx_association()[None], ["strongest transmitter"], -1, ""
    else:
        unit, scale = _UNITS[metric]
        values = getattr(radio_map, metric)
        bands = decibel(values * scale) if db else np.array(values)
        if db:
            bands[~np.isfinite(bands)] = np.nan
        unit = unit if db else {"rss": "W"}.get(metric, "1")
        described, nodata = names(held["tx_names"]), math.nan if db else 0.0
    tags = {"TIFFTAG_SOFTWARE": "raywave", "raywave_metric": metric, "raywave_frequency_hz": repr(float(held["frequency_hz"])),
            "raywave_transmitters": json.dumps(names(held["tx_names"]), ensure_ascii=False)}
    with new_file(file, (".tif", ".tiff"), "a GeoTIFF") as name:
        _write(rasterio, name, bands[:, ::-1], described, nodata, unit, transform, frame, tags)
    return pathlib.Path(file)


def _write(rasterio, name, bands, described, nodata, unit, transform, frame, tags):
    count, height, width = bands.shape
    if not count:
        raise Error("a map without transmitters has no band to write")
    try:
        crs = rasterio.crs.CRS.from_user_input(frame) if frame is not None else rasterio.crs.CRS.from_wkt(_LOCAL)
    except (rasterio.errors.CRSError, ValueError) as error:
        raise Error(f"crs: '{frame}' is no coordinate reference system ({error})") from None
    try:
        with rasterio.open(name, "w", driver="GTiff", width=width, height=height, count=count, dtype=bands.dtype, nodata=nodata, crs=crs,
                           transform=transform, bigtiff="IF_SAFER", compress="deflate", predictor=3 if bands.dtype.kind == "f" else 2,
                           tiled=width >= 256 and height >= 256) as out:
            out.write(np.ascontiguousarray(bands))
            for i, text in enumerate(described, 1):
                out.set_band_description(i, text)
            if unit:
                out.units = [unit] * count
            out.update_tags(**tags)
        with rasterio.open(name) as back:  # GDAL does not always say that a disk was full
            back.read(count)
    except (rasterio.errors.RasterioError, rasterio.errors.RasterioIOError) as error:
        raise OSError(f"{error}") from None


def _record(place):
    """The frame of a folder that raywave.geo wrote, or of what it gave."""
    scene_file = getattr(place, "scene_file", None)
    path = pathlib.Path(scene_file).parent if scene_file is not None else pathlib.Path(place)
    path = path / "geo.json" if path.is_dir() else path
    try:
        return json.loads(path.read_text(encoding="utf-8"))["frame"]
    except (OSError, ValueError, KeyError) as error:
        raise Error(f"place: '{path}' does not say where a scene lies ({error}): a folder that raywave.geo built, or its geo.json") from None


def _origin(place, crs, origin_m):
    if place is not None and (crs is not None or origin_m is not None):
        raise Error("give place, or crs and origin_m, not both")
    if origin_m is not None and crs is None:
        raise Error("origin_m is a place in a crs: give it too")
    if place is not None:
        frame = _record(place)
        return float(frame["origin_east_m"]), float(frame["origin_north_m"])
    east, north = (0.0, 0.0) if origin_m is None else map(float, origin_m)
    return east, north


def _frame(place, crs):
    if place is not None:
        return _record(place)["crs"]
    return crs.to_wkt() if hasattr(crs, "to_wkt") else crs


def _transform(held, rasterio, east, north):
    """Column and row, from the top left, to metres."""
    if str(held["surface"]) == "mesh":
        raise Error("save_geotiff: the cells of this map are the triangles of a mesh, which no raster holds; to_xarray() and save_matlab() have them")
    yaw, pitch, roll = held["orientation_rad"]
    if pitch or roll:
        raise Error(f"save_geotiff: this map is tilted (pitch {pitch:g}, roll {roll:g} rad), a raster is seen from above")
    rows, _ = held["cell_centers_m"].shape[:2]
    width, height = held["cell_size_m"]
    along, up = np.array([math.cos(yaw), math.sin(yaw)]), np.array([-math.sin(yaw), math.cos(yaw)])
    top_left = held["cell_centers_m"][rows - 1, 0, :2] - along * width / 2 + up * height / 2 + [east, north]
    return rasterio.Affine(along[0] * width, -up[0] * height, top_left[0], along[1] * width, -up[1] * height, top_left[1])
