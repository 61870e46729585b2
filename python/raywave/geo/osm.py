# SPDX-License-Identifier: Apache-2.0
"""OpenStreetMap (.osm.pbf, .osm, .osm.bz2, .osm.gz): buildings, their parts, woods and trees, in degrees (WGS 84)."""
from __future__ import annotations

import shapely

from .._raywave import Error
from .features import Feature, Layer
from .frame import crs_of
from .._requirements import need

_LACKING = "a building whose outline makes no polygon (open, or not all in the file)"
ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz")


def read_osm(path: str, vegetation: bool = False) -> Layer:
    """@raises Error naming the file where it cannot be read."""
    osmium = need("osmium", "reading OpenStreetMap")
    layer = Layer([], crs_of("EPSG:4326", "OpenStreetMap"), str(path), "© OpenStreetMap contributors, ODbL 1.0")
    keys = ["building", "building:part", "man_made"] + (["natural", "landuse"] if vegetation else [])
    wkb = osmium.geom.WKBFactory()
    ways: dict[int, Feature | None] = {}  # outlines as they are drawn, for those of which osmium makes no area
    relations: set[int] = set()
    try:
        wanted = osmium.filter.KeyFilter(*keys)
        for item in osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(osmium.filter.KeyFilter(*keys)):
            if item.is_area():
                if not item.num_rings()[0]:  # crosses itself: no polygon
                    continue
                if item.from_way():
                    ways.pop(item.orig_id(), None)
                else:
                    relations.discard(item.orig_id())
                _add_area(layer, item, wkb)
            elif item.is_node() and vegetation and item.tags.get("natural") == "tree":
                layer.features.append(Feature(f"tree_n{item.id}", "tree", shapely.Point(item.location.lon, item.location.lat), _tags(item)))
            elif item.is_way() and (kind := _kind(_tags(item))) in ("building", "part"):
                ways[item.id] = _drawn(item, kind)
            elif item.is_relation() and item.tags.get("type") == "multipolygon" and _kind(_tags(item)) in ("building", "part"):
                relations.add(item.id)
    except RuntimeError as error:
        raise Error(f"'{path}': cannot be read as OpenStreetMap: {error}") from None
    layer.features += [feature for feature in ways.values() if feature is not None]
    if lacking := len(relations) + sum(feature is None for feature in ways.values()):
        layer.left_out[_LACKING] += lacking
    return layer


def _tags(item) -> dict[str, str]:
    return {tag.k: tag.v for tag in item.tags}


def _drawn(way, kind: str) -> Feature | None:
    if not way.is_closed() or len(way.nodes) < 4 or not all(n.location.valid() for n in way.nodes):
        return None
    return Feature(f"{kind}_w{way.id}", kind, shapely.Polygon([(n.lon, n.lat) for n in way.nodes]), _tags(way))


def _add_area(layer: Layer, area, wkb) -> None:
    tags = _tags(area)
    kind = _kind(tags)
    if kind is None:
        return
    if kind in ("a bridge", "a building under the ground"):
        layer.left_out[kind] += 1
        return
    parts = shapely.get_parts(shapely.from_wkb(wkb.create_multipolygon(area)))
    name = f"{kind}_{'w' if area.from_way() else 'r'}{area.orig_id()}"
    for k, polygon in enumerate(parts):
        layer.features.append(Feature(name if len(parts) == 1 else f"{name}_{k + 1}", kind, polygon, tags))


def _kind(tags: dict[str, str]) -> str | None:
    """A Feature's kind, or what is left out in words; None: nothing of ours."""
    building, part = tags.get("building", "no"), tags.get("building:part", "no")
    is_building = building != "no" or part != "no"
    if tags.get("man_made") == "bridge" or (is_building and ("bridge" in (building, part) or tags.get("bridge", "no") != "no")):
        return "a bridge"
    if not is_building:
        return "wood" if tags.get("natural") == "wood" or tags.get("landuse") == "forest" else None
    if tags.get("location") in ("underground", "indoor") or tags.get("tunnel") == "yes":
        return "a building under the ground"
    return "building" if building != "no" else "part"
