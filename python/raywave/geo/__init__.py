# SPDX-License-Identifier: Apache-2.0
"""Scenes from the world: maps (OpenStreetMap, GeoJSON, GeoPackage, Shapefile, CityJSON) and terrain as scene folders.

    from raywave import geo
    built = geo.build("helsinki.osm.pbf", "scenes/helsinki", area=(24.940, 60.168, 24.946, 60.171))
    print(built.report)                     # what was guessed, how often
    scene = rw.load_scene(built.scene_file)

Needs the packages of the extra: pip install 'raywave[geo]'.
"""
from .._requirements import need

for _package in ("shapely", "pyproj"):  # the others are asked for where a file needs them
    need(_package, "raywave.geo", "geo")

from .builder import Built, build  # noqa: E402
from .frame import Frame  # noqa: E402
from .report import Report  # noqa: E402

__all__ = ["Built", "Frame", "Report", "build"]
