# SPDX-License-Identifier: Apache-2.0
"""raywave scene build MAP FOLDER: raywave.geo.build by flags. Beside raywave.geo, whose packages --help does not need."""
from __future__ import annotations

import argparse
import contextlib
import json
import pathlib

from . import _files
from ._raywave import Error

_EXAMPLE = """examples:
  raywave scene build helsinki.osm.pbf helsinki --area 24.942,60.166,24.950,60.171
  raywave scene build houses.gpkg town --layer buildings --column height=HOEHE --terrain hills.tif
"""


def _numbers(count, what):
    """x,y,...: what one flag takes."""

    def read(text):
        try:
            values = tuple(float(part) for part in text.split(","))
        except ValueError:
            values = ()
        if len(values) != count:
            raise argparse.ArgumentTypeError(f"takes {what}, with commas and without blanks, got '{text}'")
        return values

    return read


def _column(text):
    tag, equals, column = text.partition("=")
    if not (tag and equals and column):
        raise argparse.ArgumentTypeError(f"takes TAG=COLUMN, as in height=HOEHE, got '{text}'")
    return tag, column


def _area(text):
    """(west, south, east, north), or what a GeoJSON file holds."""
    if pathlib.Path(text).suffix.lower() in (".geojson", ".json"):
        return pathlib.Path(text)
    return _numbers(4, "west,south,east,north in degrees, or a GeoJSON file")(text)


def _polygon(file):
    """The one polygon of a GeoJSON file. @raises Error naming the file."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        features = held.get("features", [held])
        if len(features) != 1:
            raise ValueError(f"it holds {len(features)} features, not one")
        if not isinstance(features[0].get("geometry", features[0]), dict):
            raise ValueError("it holds no geometry")
        return features[0]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise Error(f"--area '{file}': cannot be read as a polygon in GeoJSON: {error}") from None


def add_options(parser) -> None:
    parser.add_argument("source", metavar="MAP", help="OpenStreetMap (.osm.pbf, .osm), GeoJSON, GeoPackage, Shapefile, CityJSON")
    parser.add_argument("folder", metavar="FOLDER", help="of the scene: FOLDER/NAME.xml, meshes, geo.json")
    parser.add_argument("--area", type=_area, metavar="W,S,E,N", help="in degrees, or a GeoJSON file with a polygon; buildings that touch it are kept whole")
    parser.add_argument("--layer", help="of a GeoPackage and the like")
    parser.add_argument("--column", dest="columns", type=_column, action="append", metavar="TAG=COLUMN", help="a column that holds a tag, as height=HOEHE; repeatable")
    parser.add_argument("--source-crs", metavar="EPSG:N", help="of a map that names none, or a wrong one")
    parser.add_argument("--crs", metavar="EPSG:N", help="of the scene: projected, in metres (default: one of its own around the origin)")
    parser.add_argument("--origin", type=_numbers(2, "longitude,latitude in degrees"), metavar="LON,LAT", help="of the scene's metres (default: its middle)")
    parser.add_argument("--terrain", metavar="FILE", help="a raster of heights (GeoTIFF)")
    parser.add_argument("--terrain-crs", metavar="EPSG:N", help="of a raster that names none, or a wrong one")
    parser.add_argument("--ground-spacing", dest="ground_spacing_m", type=float, metavar="M", help="of points on the terrain (default: 10 or the raster's pixels)")
    parser.add_argument("--ground-tolerance", dest="ground_tolerance_m", type=float, metavar="M", help="how closely the ground follows the terrain (default 0.25)")
    parser.add_argument("--margin", dest="margin_m", type=float, metavar="M", help="of the ground around buildings and area (default 20)")
    parser.add_argument("--rules", metavar="FILE.toml", help="what is taken where the map is silent, over raywave's own")
    parser.add_argument("--vegetation", action="store_true", default=None, help="woods and trees of OpenStreetMap too")
    parser.add_argument("--tolerance", dest="tolerance_m", type=float, metavar="M", help="corners nearer than this are one (default 0.05)")
    parser.add_argument("--bad", choices=("error", "repair", "skip"), help="what to do with footprints that cross themselves and heights of zero (default error)")
    parser.add_argument("--overwrite", action="store_true", default=None, help="replace a folder that was built before")
    parser.add_argument("--json", metavar="FILE", help="report and place as JSON; - is standard output")


def parser():
    out = argparse.ArgumentParser(prog="raywave scene build", description="A scene folder from a map: buildings, ground, what was guessed.", epilog=_EXAMPLE,
                                  formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add_options(out)
    return out


def _joined(arguments):
    """--origin -3.7,40.4 as one word: argparse takes what begins with a minus for a flag."""
    out = []
    for word in arguments:
        if out and out[-1].startswith("--") and "=" not in out[-1] and word[:1] == "-" and word[1:2] in set("0123456789."):
            out[-1] += "=" + word
        else:
            out.append(word)
    return out


def main(arguments) -> int:
    if arguments[:1] != ["build"]:
        parser().error("what `python -m raywave scene` has is build; info and check are the program's")
    given = vars(parser().parse_args(_joined(arguments[1:])))
    file = given.pop("json")
    words = {key: value for key, value in given.items() if value is not None}
    if isinstance(words.get("area"), pathlib.Path):
        words["area"] = _polygon(words["area"])
    if "columns" in words:
        words["columns"] = dict(words["columns"])
    with _files.new_file(file, (".json",), "a report") if file not in (None, "-") else contextlib.nullcontext() as place:
        from . import geo
        built = geo.build(**words)
        document = json.dumps({"scene": str(built.scene_file), "frame": built.frame.describe(), "report": built.report.as_dict()}, indent=1, ensure_ascii=False)
        if place:
            pathlib.Path(place).write_text(document + "\n", encoding="utf-8")
    print(document if file == "-" else f"{built.scene_file}\n{built.report}")
    return 0
