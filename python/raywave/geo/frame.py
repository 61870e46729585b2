# SPDX-License-Identifier: Apache-2.0
"""Where a scene lies on the earth: local metres, x east, y north, z up, around a stated origin."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
import shapely

from .._raywave import Error
from .._requirements import need
from .._values import number_list

MAX_STRETCH = 0.005  # a scene that is half a percent too large moves a reflection's Doppler and delay by as much


def crs_of(text, what: str):
    """A coordinate reference system. @raises Error for what pyproj does not know."""
    if isinstance(text, bool) or not text:
        raise Error(f"{what}: a coordinate reference system is wanted, as 'EPSG:25833', got {text!r}")
    pyproj = need("pyproj", "raywave.geo")
    try:
        crs = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        raise Error(f"{what}: '{text}' is no coordinate reference system ({error})") from None
    return crs.sub_crs_list[0] if crs.is_compound else crs


def name_of(crs) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def require_degrees(crs, bounds, what: str) -> None:
    """A file in degrees holds degrees. @raises Error with what it holds."""
    west, south, east, north = bounds
    if crs.is_geographic and (west < -180.001 or east > 360.001 or south < -90.001 or north > 90.001):
        raise Error(f"{what}: its coordinates, from ({west:.6g}, {south:.6g}) to ({east:.6g}, {north:.6g}), are no degrees, but its CRS "
                    f"({name_of(crs)}) is in degrees: give the right one as source_crs='EPSG:...'")


@dataclasses.dataclass
class Frame:
    """crs: what the metres belong to; origin: (east, north) in it, and as longitude and latitude (WGS 84), degrees."""

    crs: object = dataclasses.field(repr=False)
    origin_m: tuple[float, float]
    origin_lon_lat_deg: tuple[float, float]
    name: str = ""  # of the CRS, for people and for pyproj
    origin_height_m: float = 0.0  # above the terrain's zero

    @staticmethod
    def at(lon: float, lat: float, crs: object = None) -> Frame:
        """Around a place: in a transverse Mercator projection of its own, true to 1e-7 within 3 km, or in a projected CRS."""
        if not (-180 <= lon <= 180 and -89 <= lat <= 89):
            raise Error(f"origin must be (longitude, latitude) in degrees, got ({lon:g}, {lat:g})")
        if crs is None:
            text = f"+proj=tmerc +lat_0={lat:.9g} +lon_0={lon:.9g} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"
            return Frame(crs_of(text, "the scene's frame"), (0.0, 0.0), (lon, lat), text)
        crs = crs_of(crs, "crs")
        if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
            raise Error(f"crs: {name_of(crs)} is not projected in metres: leave crs out for metres around the origin, or name a projected one")
        factors = need("pyproj", "raywave.geo").Proj(crs).get_factors(lon, lat)
        stretch = max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))
        if not stretch <= MAX_STRETCH:
            raise Error(f"crs: {name_of(crs)} stretches lengths by {factors.meridional_scale:.3g} at ({lon:g}, {lat:g}): its metres are none there")
        east, north = _transform("EPSG:4326", crs, np.array([lon]), np.array([lat]))
        return Frame(crs, (float(east[0]), float(north[0])), (lon, lat), name_of(crs) if crs.to_authority() else crs.to_wkt())

    def local(self, geometries: Sequence, source_crs: object) -> list:
        """Geometries of a CRS in local metres. @raises Error where the projection has no answer."""

        def move(points):
            x, y = _transform(source_crs, self.crs, *points.T)
            return np.column_stack([x, y]) - self.origin_m

        moved = shapely.transform(geometries, move)
        coordinates = shapely.get_coordinates(moved)
        if not np.isfinite(coordinates).all():
            raise Error(f"some coordinates cannot be taken from {name_of(source_crs)} to {name_of(self.crs)}: is source_crs right?")
        return moved

    def to(self, crs: object, xy: np.ndarray) -> np.ndarray:
        """Local metres, [num_points, 2], in another CRS."""
        return np.column_stack(_transform(self.crs, crs, *(xy + self.origin_m).T))

    def from_lon_lat(self, lon_deg: ArrayLike, lat_deg: ArrayLike) -> np.ndarray:
        """Local metres of places in degrees (WGS 84), [..., 2]."""
        lon, lat = np.broadcast_arrays(np.asarray(lon_deg, dtype=float), np.asarray(lat_deg, dtype=float))
        return np.stack(_transform("EPSG:4326", self.crs, lon, lat), axis=-1) - self.origin_m

    def describe(self) -> dict:
        return {"crs": self.name, "origin_east_m": self.origin_m[0],
                "origin_north_m": self.origin_m[1], "origin_height_m": self.origin_height_m,
                "origin_longitude_deg": self.origin_lon_lat_deg[0], "origin_latitude_deg": self.origin_lon_lat_deg[1]}


def _transform(source, target, x: np.ndarray, y: np.ndarray):
    return need("pyproj", "raywave.geo").Transformer.from_crs(source, target, always_xy=True).transform(x, y)


def lon_lat(geometries, crs):
    """Geometries of a CRS in degrees (WGS 84)."""
    return shapely.transform(geometries, lambda points: np.column_stack(_transform(crs, "EPSG:4326", *points.T)))


def area_polygon(area) -> shapely.Geometry:
    """A bounding box (west, south, east, north) in degrees, or a polygon (shapely, or GeoJSON as a dict) in degrees."""
    if area is None:
        return None
    if isinstance(area, dict):
        try:
            area = shapely.geometry.shape(area.get("geometry", area))
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
            raise Error(f"area: a polygon in GeoJSON is wanted, {error!r} in {str(area)[:60]}") from None
    if isinstance(area, shapely.Geometry):
        if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty or not area.is_valid:
            raise Error(f"area: a polygon that does not cross itself is needed, got {shapely.is_valid_reason(area)} {area.geom_type}")
        box = area.bounds
    else:
        box = tuple(number_list("area", area))
        if len(box) != 4:
            raise Error(f"area: four numbers (west, south, east, north) in degrees, or a polygon, got {len(box)} numbers")
        area = shapely.box(*box)
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Error(f"area: (west, south, east, north) in degrees, west < east, south < north, got ({west:g}, {south:g}, {east:g}, {north:g})")
    return area
