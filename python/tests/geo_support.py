# SPDX-License-Identifier: Apache-2.0
"""What the tests of raywave.geo share: maps drawn in metres, and a reader of scene folders that shares no code with the writer."""
import collections
import dataclasses
import importlib.util
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

import numpy as np
import pytest

PACKAGES = ("shapely", "pyproj", "osmium", "pyogrio", "rasterio")
missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
needs_geo = pytest.mark.skipif(bool(missing), reason=f"the extra raywave[geo] is missing: {', '.join(missing)}")

LON, LAT = 25.0, 60.0  # of the authored maps' origin
UTM35 = "EPSG:32635"  # 25 E lies near its central meridian: a scale of 0.9996


def data_file(package, *path):
    """A file of a package that is installed for its data alone (tools/requirements-geo-data.txt), else a skip with a word."""
    for folder in (pathlib.Path(os.environ.get("RAYWAVE_GEO_DATA", sys.prefix + "/geo-data")), *map(pathlib.Path, sys.path)):
        if (folder / package / pathlib.Path(*path)).is_file():
            return folder / package / pathlib.Path(*path)
    pytest.skip(f"the data of the package {package} is missing: pip install --no-deps --target .venv/geo-data {package}")


def degrees(points):
    """Metres around (LON, LAT) as longitude and latitude, by the frame that raywave.geo takes there."""
    import pyproj
    own = pyproj.CRS(f"+proj=tmerc +lat_0={LAT} +lon_0={LON} +k=1 +datum=WGS84")
    x, y = np.array(points, dtype=float).T
    return np.column_stack(pyproj.Transformer.from_crs(own, "EPSG:4326", always_xy=True).transform(x, y)).tolist()


def box(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def geojson(path, *buildings):
    """Buildings: (rings in metres, tags)."""
    features = []
    for rings, tags in buildings:
        rings = [rings] if isinstance(rings[0][0], (int, float)) else rings
        coordinates = [degrees(ring + ring[:1]) for ring in rings]
        features.append({"type": "Feature", "properties": {"building": "yes", **tags}, "geometry": {"type": "Polygon", "coordinates": coordinates}})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def osm(path, ways=(), nodes=(), relations=()):
    """ways: (points in metres, tags); nodes: (point, tags); relations: ([(way's index, role)], tags)."""
    lines, number = ['<?xml version="1.0"?>', '<osm version="0.6">'], 0
    bodies = []

    def tags_of(tags):
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())

    for k, (points, tags) in enumerate(ways):
        refs = []
        for lon, lat in degrees(points):
            number += 1
            lines.append(f'<node id="{number}" lon="{lon:.9f}" lat="{lat:.9f}"/>')
            refs.append(number)
        refs.append(refs[0])
        bodies.append(f'<way id="{k + 1}">' + "".join(f'<nd ref="{r}"/>' for r in refs) + tags_of(tags) + "</way>")
    for (point, tags) in nodes:
        number += 1
        (lon, lat), = degrees([point])
        lines.append(f'<node id="{number}" lon="{lon:.9f}" lat="{lat:.9f}">{tags_of(tags)}</node>')
    for k, (members, tags) in enumerate(relations):
        bodies.append(f'<relation id="{k + 1}">' + "".join(f'<member type="way" ref="{way + 1}" role="{role}"/>' for way, role in members)
                      + tags_of({"type": "multipolygon", **tags}) + "</relation>")
    path.write_text("\n".join([*lines, *bodies, "</osm>"]))
    return path


@dataclasses.dataclass
class Folder:
    """A scene folder as it lies on disk: triangles, [num_triangles, 3, 3], by object's name; materials; the XML's <default>s."""

    triangles: dict
    materials: dict
    defaults: dict
    record: dict

    def all(self, *words):
        """The triangles of the objects in whose names all the words are."""
        found = [t for name, t in self.triangles.items() if all(word in name for word in words)]
        return np.concatenate(found) if found else np.zeros((0, 3, 3))

    def buildings(self):
        return np.concatenate([t for name, t in self.triangles.items() if name != "ground"])

    def top(self, *words):
        return self.all(*words)[:, :, 2].max()


def read_folder(scene_file):
    scene_file = pathlib.Path(scene_file)
    root = xml.etree.ElementTree.parse(scene_file).getroot()
    triangles, materials = {}, {}
    for shape in root.findall("shape"):
        name = shape.get("id").removeprefix("mesh-")
        triangles[name] = _ply(scene_file.parent / shape.find("string").get("value"))
        materials[name] = shape.find("ref").get("id")
    defaults = {d.get("name"): d.get("value") for d in root.findall("default")}
    return Folder(triangles, materials, defaults, json.loads((scene_file.parent / "geo.json").read_text()))


def _ply(path):
    header, _, body = path.read_bytes().partition(b"end_header\n")
    num_vertices = int(re.search(rb"element vertex (\d+)", header)[1])
    vertices = np.frombuffer(body, "<f8", num_vertices * 3).reshape(-1, 3)
    faces = np.frombuffer(body[num_vertices * 24:], np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    return vertices[faces["corners"]]


def require_clean(folder):
    """Watertight: every side of every triangle has a second one, but for the ground's rim; no triangle is there twice or has no area; no
    object has a side with more than two."""
    everything = np.concatenate(list(folder.triangles.values()))
    low, high = everything[..., :2].min(axis=(0, 1)), everything[..., :2].max(axis=(0, 1))
    count, seen = collections.Counter(), collections.Counter()
    for name, triangles in folder.triangles.items():
        own = collections.Counter()
        a, b, c = triangles.transpose(1, 0, 2)
        area2 = np.linalg.norm(np.cross(b - a, c - a), axis=1)
        longest2 = np.max([((p - q)**2).sum(axis=1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
        assert (area2 > 1e-9 * longest2).all(), name  # the program calls 1e-12 degenerate
        for corners in triangles.tolist():
            p, q, r = map(tuple, corners)
            seen[tuple(sorted((p, q, r)))] += 1
            own.update(tuple(sorted(side)) for side in ((p, q), (q, r), (r, p)))
        assert max(own.values()) <= 2, name
        count.update(own)
    assert max(seen.values()) == 1
    free = [side for side, n in count.items() if n == 1]
    inner = [side for side in free if not any(all(p[k] == bound[k] for p in side) for k in range(2) for bound in (low, high))]
    assert not inner, inner[:3]


def volume(triangles):
    """Under upward and over downward faces, m3: of closed bodies (their floors are the ground at z = 0)."""
    a, b, c = triangles.transpose(1, 0, 2)
    normal = 0.5 * np.cross(b - a, c - a)
    return float((normal[:, 2] * (a + b + c)[:, 2] / 3).sum())


def upright_area(triangles, x=None, y=None):
    """Of the triangles in the plane of constant x or y, m2."""
    axis, value = (0, x) if x is not None else (1, y)
    inside = (np.abs(triangles[:, :, axis] - value) < 1e-3).all(axis=1)
    a, b, c = triangles[inside].transpose(1, 0, 2)
    return float(0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())


def scene_check(scene_file):
    """What `raywave scene check` says: its warnings."""
    program = os.environ.get("RAYWAVE_BIN")
    if not program:
        pytest.fail("RAYWAVE_BIN is not set: run the tests with ./dev test")
    done = subprocess.run([program, "scene", "check", str(scene_file), "--json", "-"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["warnings"]


def near(value, **tolerance):
    return pytest.approx(value, **tolerance)


def polygon_area(points):
    return 0.5 * abs(sum(p[0] * q[1] - p[1] * q[0] for p, q in zip(points, points[1:] + points[:1])))


def turned(points, degrees_ccw, x=0.0, y=0.0):
    c, s = math.cos(math.radians(degrees_ccw)), math.sin(math.radians(degrees_ccw))
    return [(x + c * p - s * q, y + s * p + c * q) for p, q in points]
