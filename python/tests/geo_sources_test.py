# SPDX-License-Identifier: Apache-2.0
"""raywave.geo: the files that it reads, what they say of heights and materials, and what it says of bad ones."""
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import raywave as rw
from geo_support import LAT, LON, UTM35, box, degrees, geojson, near, needs_geo, osm, read_folder, require_clean, turned, upright_area, volume

pytestmark = needs_geo


def build(source, tmp_path, **options):
    from raywave import geo
    built = geo.build(source, tmp_path / "scene", **options)
    folder = read_folder(built.scene_file)
    require_clean(folder)
    return built, folder


def refused(words, source, tmp_path, **options):
    """The build is refused with the words and leaves nothing."""
    from raywave import geo
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(rw.Error) as caught:
        geo.build(source, tmp_path / "scene", **options)
    for word in [words] if isinstance(words, str) else words:
        assert word in str(caught.value), str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    return str(caught.value)


# ---- OpenStreetMap -----------------------------------------------------------------------------------------------------

def village(tmp_path):
    ways = [(box(0, 0, 12, 8), {"building": "house", "height": "7.5 m", "building:material": "wood", "roof:material": "copper"}),
            (box(20, 0, 40, 20), {"building": "apartments", "building:levels": "5"}),
            (box(60, 0, 80, 10), {"building": "yes"}),
            (box(0, 30, 30, 60), {}), (box(10, 40, 20, 50), {}),  # rings of a relation
            (box(60, 30, 80, 50), {"building": "yes", "height": "30"}),
            (box(60, 30, 80, 50), {"building:part": "yes", "height": "6"}),
            (box(65, 35, 75, 45), {"building:part": "yes", "min_height": "6", "height": "30", "building:material": "glass"}),
            (box(90, 0, 120, 6), {"man_made": "bridge"}),
            (box(100, 30, 110, 40), {"building": "bridge"}),
            (box(100, 60, 110, 70), {"building": "yes", "location": "underground"}),
            (box(130, 0, 150, 20), {"natural": "wood"})]
    relations = [([(3, "outer"), (4, "inner")], {"building": "yes", "height": "10"})]
    return osm(tmp_path / "village.osm", ways, [((125, 40), {"natural": "tree", "height": "10"})], relations)


def test_openstreetmap_tags_become_shapes(tmp_path):
    built, folder = build(village(tmp_path), tmp_path, origin=(LON, LAT), tolerance_m=1e-3)
    names = {name for name in folder.triangles}
    assert {f"building_{i}-{role}" for i in ("w1", "w2", "w3", "w6", "r1") for role in ("walls", "roof")} <= names
    assert not any("tree" in name or "wood_" in name for name in names)
    assert folder.top("building_w1-roof") == 7.5
    assert folder.top("building_w2-roof") == 5 * 3.0  # levels times the rules' storey
    assert folder.top("building_w3-roof") == 9.0  # the rules' default
    assert folder.materials["building_w1-walls"] == "wood" and folder.materials["building_w1-roof"] == "metal"
    # OpenStreetMap's degrees have 7 digits: corners lie within 6 mm in x and y.
    assert volume(folder.all("building_r1")) == near((900 - 100) * 10, abs=0.006 * (120 + 40) * 10)
    assert volume(folder.all("building_w6")) == near(400 * 6 + 100 * 24, abs=0.006 * (80 * 6 + 40 * 24))
    glass = [name for name, material in folder.materials.items() if material == "glass"]
    assert glass and all(name.startswith("building_w6-walls") for name in glass)
    assert built.report.left_out == {"a bridge": 2, "a building under the ground": 1}
    assert built.report.heights == {"height": 4, "building:levels": 1, "kind": 1}
    assert built.report.walls["building:material"] == 2 and built.report.roofs["roof:material"] == 1
    assert "heights from: height 4" in str(built.report) and "a bridge 2" in str(built.report)


def test_vegetation_comes_when_asked_for(tmp_path):
    built, folder = build(village(tmp_path), tmp_path, vegetation=True)
    crown = folder.all("tree_n")
    assert crown[:, :, 2].min() == near(3) and crown[:, :, 2].max() == 10
    assert folder.materials["wood_w12-walls"] == "foliage"
    assert built.report.buildings == 5


def test_crs_and_origin_are_kept(tmp_path):
    built, folder = build(village(tmp_path), tmp_path, origin=(LON, LAT))
    frame = folder.record["frame"]
    assert frame["origin_longitude_deg"] == LON and frame["origin_latitude_deg"] == LAT and "+proj=tmerc" in frame["crs"]
    assert folder.defaults == {key: str(value) for key, value in frame.items()}
    assert folder.record["attribution"].startswith("© OpenStreetMap")
    assert folder.record["report"]["heights"] == built.report.heights
    lon, lat = degrees([(12, 8)])[0]
    assert built.to_local(lon, lat) == near(np.array([12, 8]), abs=1e-3)
    corners = folder.all("building_w1").reshape(-1, 3)
    assert corners[:, :2].max(axis=0) == near(np.array([12, 8]), abs=6e-3)  # OpenStreetMap's degrees have 7 digits


def test_an_area_keeps_buildings_whole(tmp_path):
    (west, south), (east, north) = degrees([(-5, -5), (25, 15)])
    for area in ((west, south, east, north), {"type": "Polygon", "coordinates": [degrees(box(-5, -5, 25, 15) + [(-5, -5)])]}):
        _, folder = build(village(tmp_path), tmp_path, area=area, overwrite=True)
        assert {name.split("-")[0] for name in folder.triangles} == {"ground", "building_w1", "building_w2"}
    refused(["no building lies in the area", "reaches from"], village(tmp_path), pathlib.Path(tmp_path), area=(1, 1, 2, 2), overwrite=True)


def test_units_and_odd_values(tmp_path):
    from raywave.geo.features import direction_deg, length_m
    assert [length_m(t) for t in ("12", "12.5 m", "12,5", "10 ft", "7'6\"", " 3m", "-2")] == near([12, 12.5, 12.5, 3.048, 2.286, 3, -2])
    assert [length_m(t) for t in (None, "", "high", "12 stone", "3 m 4", "3\"")] == [None] * 6
    assert [direction_deg(t) for t in ("SE", "90", "x", None, "999")] == [135, 90, None, None, None]
    source = osm(tmp_path / "odd.osm", [(box(0, 0, 9, 9), {"building": "yes", "height": "tall", "building:levels": "2.5", "roof:shape": "9.0",
                                                           "building:material": "cheese"})])
    built, folder = build(source, tmp_path)
    assert folder.top("roof") == 7.5
    assert set(built.report.notes) == {"roof:shape=9.0 is not built: flat", "building:material=cheese is not known", "height=tall is not understood"}


def test_rules_are_the_users(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('storey_height_m = 4.0\n[kinds.yes]\nheight_m = 20.0\nwalls = "lead"\n[materials.lead]\nrelative_permittivity = 1.0\n'
                     'conductivity_s_per_m = 5e6\nthickness_m = 0.02\n')
    _, folder = build(village(tmp_path), tmp_path, rules=rules)
    assert folder.top("building_w2-roof") == 20 and folder.top("building_w3-roof") == 20
    scene = rw.load_scene(tmp_path / "scene/scene.xml")
    assert folder.materials["building_w3-walls"] == "lead" and len(scene.objects) == len(folder.triangles)
    for text, words in (('storey_hight_m = 3', "did you mean 'storey_height_m'"), ('storey_height_m = 0', "must be a number > 0, got 0"),
                        ('[kinds.yes]\nwalls = "brik"', "did you mean 'brick'"), ('[materials.x]\nthickness_m = 1', "either itu or"),
                        ('[materials.x]\nthickness_m = 1\nitu = "jelly"', "unknown ITU-R P.2040 material"), ('a = [', "cannot be read as TOML")):
        rules.write_text(text)
        refused([str(rules), words], village(tmp_path), tmp_path, rules=rules, overwrite=True)


# ---- GeoJSON, GeoPackage, Shapefile ------------------------------------------------------------------------------------

def write_vector(path, layer, shapes, columns, crs=UTM35):
    import pyogrio
    import shapely
    names = list(columns)
    pyogrio.raw.write(path, shapely.to_wkb(np.array(shapes, dtype=object)), [np.array(columns[n], dtype=object if isinstance(columns[n][0], str) else float) for n in names],
                      names, layer=layer, geometry_type="Polygon", crs=crs, append=pathlib.Path(path).exists())


@pytest.mark.parametrize("name", ["houses.gpkg", "houses.shp", "houses.geojson"])
def test_columns_are_tags(tmp_path, name):
    import shapely
    crs = "EPSG:4326" if name.endswith("geojson") else UTM35
    place = (lambda points: degrees(points)) if crs == "EPSG:4326" else (lambda points: [(388000 + x, 6653000 + y) for x, y in points])
    shapes = [shapely.Polygon(place(box(0, 0, 10, 8))), shapely.Polygon(place(box(10, 0, 20, 8)))]
    write_vector(tmp_path / name, "houses", shapes, {"HOEHE": [6.5, float("nan")], "STOFF": ["brick", "concrete"]}, crs)
    source = tmp_path / name
    _, folder = build(source, tmp_path, columns={"height": "HOEHE", "building:material": "STOFF"})
    first, second = sorted({n.split("-")[0] for n in folder.triangles} - {"ground"})
    assert folder.top(first, "roof") == 6.5 and folder.top(second, "roof") == 9.0  # nothing there: the rules
    assert folder.materials[f"{first}-walls"] == "brick"
    refused(["has no column 'HEIGHT'", "HOEHE, STOFF"], source, tmp_path, columns={"height": "HEIGHT"}, overwrite=True)


def test_layers_are_named(tmp_path):
    import shapely
    for layer in ("trees", "houses"):
        write_vector(tmp_path / "two.gpkg", layer, [shapely.box(388000, 6653000, 388010, 6653010)], {"height": [5.0]})
    refused(["has the layers trees, houses", "layer="], tmp_path / "two.gpkg", tmp_path)
    refused("has no layer 'house'", tmp_path / "two.gpkg", tmp_path, layer="house")
    _, folder = build(tmp_path / "two.gpkg", tmp_path, layer="houses")
    assert folder.top("roof") == 5


# ---- CityJSON ----------------------------------------------------------------------------------------------------------

def twin_houses(tmp_path, **changes):
    """A gabled house with meanings and a box without, wall to wall; their ground at 1 m."""
    gabled = {"type": "Solid", "lod": "2.2",
              "boundaries": [[[[0, 3, 2, 1]], [[0, 1, 5, 8, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 9, 6]], [[3, 0, 4, 7]], [[4, 8, 9, 7]], [[8, 5, 6, 9]]]],
              "semantics": {"surfaces": [{"type": "GroundSurface"}, {"type": "WallSurface"}, {"type": "RoofSurface"}], "values": [[0, 1, 1, 1, 1, 2, 2]]}}
    plain = {"type": "Solid", "lod": "1.2",
             "boundaries": [[[[1, 2, 11, 10]], [[1, 10, 14, 12]], [[10, 11, 15, 14]], [[11, 2, 13, 15]], [[2, 1, 12, 13]], [[12, 14, 15, 13]]]]}
    vertices = [[0, 0, 1], [8, 0, 1], [8, 10, 1], [0, 10, 1], [0, 0, 7], [8, 0, 7], [8, 10, 7], [0, 10, 7], [4, 0, 10], [4, 10, 10],
                [16, 0, 1], [16, 10, 1], [8, 0, 5], [8, 10, 5], [16, 0, 5], [16, 10, 5]]
    model = {"type": "CityJSON", "version": "2.0", "transform": {"scale": [0.001] * 3, "translate": [85000, 447000, 0]},
             "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
             "CityObjects": {"a": {"type": "Building", "geometry": [gabled]}, "b": {"type": "Building", "geometry": [plain]},
                             "c": {"type": "Bridge", "geometry": [plain]}},
             "vertices": [[1000 * v for v in p] for p in vertices], **changes}
    path = tmp_path / "twins.city.json"
    path.write_text(json.dumps(model))
    return path


def test_cityjson_roofs_stand_on_shared_walls(tmp_path):
    built, folder = build(twin_houses(tmp_path), tmp_path)
    assert volume(folder.all("roof")) == near(80 * 7.5 + 80 * 4, rel=1e-3)  # 28992's scale there is 0.99998; eaves 6, ridge 9; the box 4
    assert folder.top("building_a-roof") == near(9, abs=1e-6) and folder.top("building_b-roof") == near(4, abs=1e-6)
    assert len(folder.all("building_a-roof")) >= 4
    walls = folder.all("walls")
    shared = {round(float(t[:, 0].mean()), 1) for t in folder.triangles["building_b-walls"]}
    assert len(walls) and len(shared) > 1
    assert built.report.left_out == {"a bridge": 1} and built.report.heights == {"roof surfaces": 2}


def test_cityjson_in_its_own_metres(tmp_path):
    _, folder = build(twin_houses(tmp_path), tmp_path, crs="EPSG:28992")
    corners = folder.buildings().reshape(-1, 3)
    assert np.ptp(corners[:, 0]) == near(16, abs=1e-6) and np.ptp(corners[:, 1]) == near(10, abs=1e-6)
    middle = corners[:, 0].min() + 8
    assert upright_area(folder.buildings(), x=middle) == near(10 * 6, abs=0.1)  # once, up to the higher eaves


def test_bad_cityjson(tmp_path):
    refused("says nothing about its CRS", twin_houses(tmp_path, metadata={}), tmp_path)
    refused("type is 'CityJSOM'", twin_houses(tmp_path, type="CityJSOM"), tmp_path)
    refused("object 'a' cannot be read: IndexError", twin_houses(tmp_path, vertices=[[0, 0, 0]]), tmp_path)
    refused("cannot be read as CityJSON", twin_houses(tmp_path, vertices=None), tmp_path)


# ---- Terrain -----------------------------------------------------------------------------------------------------------

def hill(path, nodata=False, crs=UTM35, size=60):
    """A slope with a bump, pixels of 10 m around (LON, LAT)."""
    import rasterio
    x0, y1 = 388447.0 - 300, 6653097.0 + 300
    column, row = np.meshgrid(np.arange(size), np.arange(size))
    z = 100 + 0.1 * column * 10 + 15 * np.exp(-((column - 28)**2 + (row - 30)**2) / 20)
    if nodata:
        z[25:35, 25:35] = -9999
    with rasterio.open(path, "w", driver="GTiff", width=size, height=size, count=1, dtype="float64", crs=crs, nodata=-9999,
                       transform=rasterio.transform.from_origin(x0, y1, 10, 10)) as file:
        file.write(z, 1)
    return path


def hill_town(tmp_path):
    places = [(-80, -60, 0), (-20, -5, 20), (0, 0, 45), (40, 30, 70), (90, -70, 10)]
    return geojson(tmp_path / "town.geojson", *((turned(box(0, 0, 14, 9), a, x, y), {"height": 8, "roof:shape": "gabled", "roof:height": 2})
                                                for x, y, a in places))


def test_buildings_sit_on_the_terrain(tmp_path):
    import pyproj
    built, folder = build(hill_town(tmp_path), tmp_path, terrain=hill(tmp_path / "hill.tif"), margin_m=50, origin=(LON, LAT))
    ground = folder.triangles["ground"].reshape(-1, 3)
    east, north = pyproj.Transformer.from_crs(built.frame.crs, UTM35).transform(*ground[:, :2].T)
    column, row = (east - (388447.0 - 300)) / 10 - 0.5, (6653097.0 + 300 - north) / 10 - 0.5
    z = 100 + 0.1 * column * 10 + 15 * np.exp(-((column - 28)**2 + (row - 30)**2) / 20) - built.frame.origin_height_m
    assert np.abs(ground[:, 2] - z).max() < 0.375  # bilinear between pixels: an eighth of each curvature, 1.5 m a pixel squared
    assert len(ground) > 500  # it follows the bump
    for index in range(5):
        walls, roof = folder.all(f"building_{index}-walls"), folder.all(f"building_{index}-roof")
        foot = np.array([p for p in walls.reshape(-1, 3)])
        assert roof[:, :, 2].max() >= foot[:, 2].min() + 8 - 0.01  # at least its height above its lowest ground
        assert roof[:, :, 2].min() > max(p[2] for p in foot if tuple(p) in {tuple(g) for g in ground})  # eaves clear of the ground


def test_a_real_hillside(tmp_path):
    """The elevation data that matplotlib ships (Jacksboro fault), as GeoTIFF in degrees."""
    import rasterio
    from geo_support import data_file
    dem = np.load(data_file("matplotlib", "mpl-data", "sample_data", "jacksboro_fault_dem.npz"))
    z = dem["elevation"].astype("float32")
    west, east, south, north = (float(dem[k]) for k in ("xmin", "xmax", "ymax", "ymin"))
    with rasterio.open(tmp_path / "dem.tif", "w", driver="GTiff", width=z.shape[1], height=z.shape[0], count=1, dtype="float32", crs="EPSG:4326",
                       transform=rasterio.transform.from_bounds(west, south, east, north, z.shape[1], z.shape[0])) as file:
        file.write(z, 1)
    lon, lat = -84.25, 36.6
    step = 4e-4
    houses = [{"type": "Feature", "properties": {"building": "house", "height": 6 + i, "roof:shape": ["hipped", "flat", "gabled"][(i + j) % 3]},
               "geometry": {"type": "Polygon", "coordinates": [[[lon + i * step + dx, lat + j * step + dy] for dx, dy in
                                                                ((0, 0), (1.5e-4, 0), (1.5e-4, 1e-4), (0, 1e-4), (0, 0))]]}} for i in range(5) for j in range(5)]
    (tmp_path / "houses.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": houses}))
    built, folder = build(tmp_path / "houses.geojson", tmp_path, terrain=tmp_path / "dem.tif", margin_m=500)
    ground = folder.triangles["ground"][:, :, 2]
    assert 250 < built.frame.origin_height_m < 1000 and np.ptp(ground) > 50
    from geo_support import scene_check
    assert scene_check(built.scene_file) == []


def test_bad_terrain(tmp_path):
    town = hill_town(tmp_path)
    refused(["does not cover the scene", "EPSG:32635"], town, tmp_path, terrain=hill(tmp_path / "small.tif", size=20))
    refused(["has no height at", "longitude"], town, tmp_path, terrain=hill(tmp_path / "holes.tif", nodata=True))
    refused("says nothing about its CRS", town, tmp_path, terrain=hill(tmp_path / "none.tif", crs=None))
    refused("cannot be read", town, tmp_path, terrain=town)
    refused("does not cover the scene", town, tmp_path, terrain=hill(tmp_path / "wrong.tif", crs="EPSG:32636"))


# ---- Bad maps ----------------------------------------------------------------------------------------------------------

BOW = [(0, 0), (10, 10), (10, 0), (0, 10)]


def test_footprints_that_cross_themselves(tmp_path):
    good = (box(30, 0, 40, 10), {"height": 5})
    for source in (geojson(tmp_path / "bow.geojson", (BOW, {"height": 7}), good),
                   osm(tmp_path / "bow.osm", [(BOW, {"building": "yes", "height": "7"}), (good[0], {"building": "yes"})])):
        said = refused(["crosses itself", "bad='repair'"], source, tmp_path)
        assert "building_0" in said or "building_w1" in said
        built, folder = build(source, tmp_path, bad="repair", overwrite=True)
        assert sum(built.report.repaired.values()) == 1 and folder.top("roof") >= 7
        built, folder = build(source, tmp_path, bad="skip", overwrite=True)
        assert built.report.left_out["a footprint that crosses itself"] == 1 and built.report.buildings == 1
        shutil.rmtree(tmp_path / "scene")


def test_heights_of_zero(tmp_path):
    for tags, words in (({"height": 1e-3}, "from 0.1 to 1000 m"), ({"height": 3e5}, "from 0.1 to 1000 m"), ({"height": 0}, "height = 0"),
                        ({"height": -3}, "must be > 0 m"), ({"height": 5, "min_height": 6}, "not below height")):
        source = geojson(tmp_path / "zero.geojson", (box(0, 0, 10, 10), tags), (box(30, 0, 40, 10), {"height": 5}))
        refused([words, "building_0", "bad='repair'"], source, tmp_path)
    built, folder = build(source, tmp_path, bad="repair")
    assert folder.top("building_0-roof") == 9 and sum(built.report.repaired.values()) == 1
    built, folder = build(source, tmp_path, bad="skip", overwrite=True)
    assert built.report.buildings == 1


@pytest.mark.parametrize("key, value", [("height", "12 storeys"), ("height", "5;7"), ("height", "inf"), ("building:levels", "1e5"), ("building:levels", "-3"),
                                        ("roof:height", "steep"), ("min_height", "?")])
def test_what_is_not_understood_is_said(tmp_path, key, value):
    built, folder = build(geojson(tmp_path / "t.geojson", (box(0, 0, 9, 9), {key: value, "roof:shape": "gabled"})), tmp_path)
    assert built.report.notes[f"{key}={value} is not understood"] == 1 and built.report.heights == {"kind": 1} and folder.top() == 9


def test_a_floor_above_the_height_stands_on_the_ground(tmp_path):
    built, folder = build(geojson(tmp_path / "t.geojson", (box(0, 0, 9, 9), {"height": 10, "building:min_level": 30})), tmp_path)
    assert folder.top() == 10 and folder.all("walls")[..., 2].min() == 0 and any("min_level" in note for note in built.report.notes)


def test_a_wrong_crs_is_said(tmp_path):
    import shapely
    metres = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[388000 + x, 6653000 + y] for x, y in box(0, 0, 9, 9) + [(0, 0)]]]}}
    (tmp_path / "m.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [metres]}))
    refused(["are no degrees", "source_crs"], tmp_path / "m.geojson", tmp_path)
    _, folder = build(tmp_path / "m.geojson", tmp_path, source_crs=UTM35)
    assert volume(folder.buildings()) == near(81 * 9, rel=2e-3)
    write_vector(tmp_path / "bare.shp", "bare", [shapely.box(0, 0, 9, 9)], {"height": [5.0]}, crs=None)
    refused("says nothing about its CRS", tmp_path / "bare.shp", tmp_path, overwrite=True)
    town = geojson(tmp_path / "t.geojson", (box(0, 0, 9, 9), {}))
    refused("is no coordinate reference system", town, tmp_path, source_crs="EPSG:nonsense", overwrite=True)
    refused("not projected in metres", town, tmp_path, crs="EPSG:4326", overwrite=True)
    refused("stretches lengths by 2", town, tmp_path, crs="EPSG:3857", overwrite=True)
    refused("km from its origin", town, tmp_path, origin=(20, 50), overwrite=True)


@pytest.mark.parametrize("options, words", [
    (dict(area=(1, 2, 3)), "four numbers"), (dict(area=(25, 60, 24, 61)), "west < east"), (dict(area=(388000, 6653000, 389000, 6654000)), "in degrees"),
    (dict(bad="ignore"), "'error', 'repair' or 'skip'"), (dict(tolerance_m=0), "from 1e-4 to 1 m"), (dict(margin_m=-1), "margin_m"),
    (dict(origin=(25, 95)), "origin must be"), (dict(terrain="nowhere.tif"), "cannot be read")])
def test_bad_options(tmp_path, options, words):
    refused(words, geojson(tmp_path / "t.geojson", (box(0, 0, 9, 9), {})), tmp_path, **options)


def test_bad_files(tmp_path):
    refused("there is no such file", tmp_path / "none.osm.pbf", tmp_path)
    for name, words in (("x.osm.pbf", "cannot be read as OpenStreetMap"), ("x.osm", "cannot be read as OpenStreetMap"), ("x.gpkg", "cannot be read"),
                        ("x.geojson", "cannot be read"), ("x.city.json", "cannot be read as CityJSON"), ("x.dwg", "maps end in")):
        (tmp_path / name).write_text("no map")
        refused([name, words], tmp_path / name, tmp_path)
    refused("holds no buildings", osm(tmp_path / "empty.osm", [(box(0, 0, 9, 9), {"landuse": "grass"})]), tmp_path)


def test_folders_are_not_overwritten(tmp_path):
    from raywave import geo
    town = geojson(tmp_path / "t.geojson", (box(0, 0, 9, 9), {"height": 4}))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    for options, words in ((dict(), "not empty"), (dict(overwrite=True), "something else")):
        with pytest.raises(rw.Error, match=words):
            geo.build(town, tmp_path / "mine", **options)
    with pytest.raises(rw.Error, match="is a file"):
        geo.build(town, town)
    assert (tmp_path / "mine/letter.txt").read_text() == "dear"
    first = geo.build(town, tmp_path / "deep/er/scene").scene_file.read_bytes()
    assert geo.build(town, tmp_path / "deep/er/scene", overwrite=True).scene_file.read_bytes() == first  # and the same bytes again
    assert sorted(p.name for p in (tmp_path / "deep/er").iterdir()) == ["scene"]
    rw.load_scene(tmp_path / "deep/er/scene").save(tmp_path / "deep/er/scene", overwrite=True)
    geo.build(town, tmp_path / "deep/er/scene", overwrite=True)  # edited and written back it is a built folder still
    for place in ("run.toml", "meshes/mine.txt"):
        (tmp_path / "deep/er/scene" / place).write_text("dear")
        with pytest.raises(rw.Error, match=place):
            geo.build(town, tmp_path / "deep/er/scene", overwrite=True)
        assert (tmp_path / "deep/er/scene" / place).read_text() == "dear"
        (tmp_path / "deep/er/scene" / place).unlink()


@pytest.mark.parametrize("words, part", [
    (dict(area="x"), "area takes a list of numbers"), (dict(area=5), "area: four numbers"), (dict(area=[1, 2, 3, "a"]), "area takes"), (dict(area={}), "area: a polygon in GeoJSON"),
    (dict(area={"type": "Polygon"}), "area: a polygon in GeoJSON"), (dict(origin=3), "origin must be two numbers"), (dict(origin=("a", "b")), "origin takes"),
    (dict(origin=(25, 60, 0)), "origin must be two numbers"), (dict(margin_m="20"), "margin_m takes a number"), (dict(margin_m=None), "margin_m takes a number"),
    (dict(tolerance_m=True), "tolerance_m must be"), (dict(ground_spacing_m="a"), "ground_spacing_m takes a number"), (dict(ground_tolerance_m=float("nan")), "ground_tolerance_m must"),
    (dict(vegetation="yes"), "vegetation must be True or False"), (dict(overwrite=1), "overwrite must be True or False"), (dict(columns="height"), "columns must be a dict"),
    (dict(columns={"height": 3}), "columns must be a dict"), (dict(layer=3), "layer must be the name"), (dict(source_crs=""), "a coordinate reference system is wanted"),
    (dict(crs=0), "a coordinate reference system is wanted"), (dict(crs=object()), "no coordinate reference system"), (dict(rules={"a": 1}), "rules must be the name of a file"),
    (dict(terrain=3), "terrain must be the name of a file"), (dict(terrain_crs="EPSG:4326"), "terrain_crs must be given with terrain"), (dict(bad=["skip"]), "bad must be"),
])
def test_arguments_of_other_kinds_are_named(tmp_path, words, part):
    from raywave import geo
    town = geojson(tmp_path / "t.geojson", (box(0, 0, 9, 9), {"height": 4}))
    with pytest.raises(rw.Error, match=part):
        geo.build(town, tmp_path / "town", **words)
    for places in ((None, tmp_path / "town"), (3, tmp_path / "town"), (town, None), (town, ""), (f"{town}\0", tmp_path / "town")):
        with pytest.raises(rw.Error, match="source must|folder must"):
            geo.build(*places)
    assert not (tmp_path / "town").exists()


def test_missing_packages_are_named():
    for module, reader in (("shapely", "from raywave import geo"), ("osmium", "from raywave.geo.osm import read_osm; read_osm('x')"),
                           ("pyogrio", "from raywave.geo.vector import read_vector; read_vector('x.gpkg')")):
        code = f"import sys; sys.modules['{module}'] = None; {reader}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        assert f"needs the package '{module}'" in done.stderr and "pip install 'raywave[geo]'" in done.stderr, done.stderr
