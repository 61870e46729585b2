# SPDX-License-Identifier: Apache-2.0
"""Heights of the ground from a raster (GeoTIFF and what else rasterio reads), between pixel centres by bilinear interpolation."""
from __future__ import annotations

import os

import numpy as np

from .._raywave import Error
from .frame import Frame, crs_of, name_of
from .._requirements import need


class Flat:
    """No terrain: the ground lies at 0."""

    spacing_m = None

    def __call__(self, xy: np.ndarray) -> np.ndarray:
        return np.zeros(len(xy))


class Terrain:
    """Heights, metres above the frame's origin_height_m, at places in local metres."""

    def __init__(self, path: str, frame: Frame, bounds: tuple[float, float, float, float], crs=None) -> None:
        """Reads what lies under `bounds` (min x, min y, max x, max y; local metres).

        @raises Error for a file that cannot be read, has no CRS, does not cover the bounds."""
        rasterio = need("rasterio", f"reading the terrain '{os.path.basename(path)}'", "geo")
        self._path, self._frame = str(path), frame
        try:
            with rasterio.open(path) as data:
                if crs is None and data.crs is None:
                    raise Error(f"terrain '{path}' says nothing about its CRS: give it as terrain_crs='EPSG:...'")
                self._crs = crs_of(data.crs.to_wkt() if crs is None else crs, f"terrain '{path}'")
                self._to_pixel = ~data.transform
                self._read_window(rasterio, data, bounds)
        except rasterio.errors.RasterioError as error:
            raise Error(f"terrain '{path}': cannot be read: {error}") from None

    def _read_window(self, rasterio, data, bounds) -> None:
        x0, y0, x1, y1 = bounds
        t = np.linspace(0, 1, 9)
        rim = np.concatenate([np.column_stack([x0 + t * (x1 - x0), np.full(9, y)]) for y in (y0, y1)]
                             + [np.column_stack([np.full(9, x), y0 + t * (y1 - y0)]) for x in (x0, x1)])
        columns, rows = self._pixels(rim)
        if not (columns.min() >= -0.5 and rows.min() >= -0.5 and columns.max() <= data.width - 0.5 and rows.max() <= data.height - 0.5):
            west, south, east, north = data.bounds
            place = self._frame.to(self._crs, rim)
            raise Error(f"terrain '{self._path}' does not cover the scene: it reaches from ({west:.7g}, {south:.7g}) to ({east:.7g}, {north:.7g}) "
                        f"in {name_of(self._crs)}, the scene from ({place[:, 0].min():.7g}, {place[:, 1].min():.7g}) to "
                        f"({place[:, 0].max():.7g}, {place[:, 1].max():.7g})")
        self._column0, self._row0 = max(0, int(columns.min()) - 1), max(0, int(rows.min()) - 1)
        width = min(data.width, int(columns.max()) + 3) - self._column0
        height = min(data.height, int(rows.max()) + 3) - self._row0
        band = data.read(1, window=rasterio.windows.Window(self._column0, self._row0, width, height), masked=True)
        self._heights = band.astype(float).filled(np.nan)
        across = np.hypot(x1 - x0, y1 - y0) / max(1e-9, np.hypot(np.ptp(columns), np.ptp(rows)))
        self.spacing_m = float(across)

    def _pixels(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows, counted from the centre of the first pixel."""
        east, north = self._frame.to(self._crs, xy).T
        a, b, c, d, e, f = tuple(self._to_pixel)[:6]
        return a * east + b * north + c - 0.5, d * east + e * north + f - 0.5

    def __call__(self, xy: np.ndarray) -> np.ndarray:
        if not len(xy):
            return np.zeros(0)
        columns, rows = self._pixels(xy)
        h, (num_rows, num_columns) = self._heights, self._heights.shape
        c = np.clip(columns - self._column0, 0, num_columns - 1)
        r = np.clip(rows - self._row0, 0, num_rows - 1)
        i, j = np.minimum(r.astype(int), max(0, num_rows - 2)), np.minimum(c.astype(int), max(0, num_columns - 2))
        u, v, k, m = c - j, r - i, np.minimum(j + 1, num_columns - 1), np.minimum(i + 1, num_rows - 1)
        z = (1 - v) * ((1 - u) * h[i, j] + u * h[i, k]) + v * ((1 - u) * h[m, j] + u * h[m, k])
        if np.isnan(z).any():
            lon, lat = self._frame.to("EPSG:4326", xy[np.isnan(z)][:1])[0]
            raise Error(f"terrain '{self._path}' has no height at {lon:.6f}, {lat:.6f} (longitude, latitude): fill its gaps, or take a smaller area")
        return z - self._frame.origin_height_m
