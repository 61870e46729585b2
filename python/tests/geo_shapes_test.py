# SPDX-License-Identifier: Apache-2.0
"""raywave.geo: laws of the solids. Volumes in closed form, walls that are shared, nothing open, whatever the footprints do."""
import math

import numpy as np
import pytest
from geo_support import UTM35, box, geojson, near, needs_geo, polygon_area, read_folder, require_clean, scene_check, turned, upright_area, volume

pytestmark = needs_geo

# The map's degrees have 15 digits; corners move by at most the tolerance of 0.1 mm that the tests take.
FINE = dict(tolerance_m=1e-4, origin=(25.0, 60.0))


def build(tmp_path, *buildings, **options):
    from raywave import geo
    built = geo.build(geojson(tmp_path / "map.geojson", *buildings), tmp_path / "scene", **{**FINE, **options})
    folder = read_folder(built.scene_file)
    require_clean(folder)
    return built, folder


def test_a_flat_house(tmp_path):
    _, folder = build(tmp_path, (box(0, 0, 12, 8), {"height": 6}))
    assert set(folder.triangles) == {"ground", "building_0-walls", "building_0-roof"}
    assert volume(folder.buildings()) == near(12 * 8 * 6, rel=1e-6)
    assert folder.top("roof") == 6
    assert upright_area(folder.all("walls"), x=12) == near(8 * 6, rel=1e-6)


WIDTH, LENGTH, HEIGHT, RISE = 8.0, 14.0, 9.0, 3.0
EAVES = WIDTH * LENGTH * (HEIGHT - RISE)
ROOFS = {
    "flat": WIDTH * LENGTH * HEIGHT - EAVES,
    "gabled": WIDTH * LENGTH * RISE / 2,
    "hipped": WIDTH * RISE * (3 * LENGTH - WIDTH) / 6,  # a prism and two half pyramids
    "pyramidal": WIDTH * LENGTH * RISE / 3,
    "skillion": WIDTH * LENGTH * RISE / 2,
    # Frusta at 0, 22.5, 45, 67.5 degrees of a quarter circle, then an apex.
    "dome": sum(WIDTH * LENGTH * RISE * (math.sin(b) - math.sin(a)) / 3 * (math.cos(a)**2 + math.cos(a) * math.cos(b) + math.cos(b)**2)
                for a, b in ((k * math.pi / 8, (k + 1) * math.pi / 8) for k in range(4))),
    "gambrel": LENGTH * RISE * WIDTH * (0.2 * 0.6 + 0.3 * 1.6),
}


@pytest.mark.parametrize("turn", [0, 33])
@pytest.mark.parametrize("shape", ROOFS)
def test_volumes_of_roofs(tmp_path, shape, turn):
    outline = turned(box(0, 0, LENGTH, WIDTH), turn, 5, -3)
    _, folder = build(tmp_path, (outline, {"height": HEIGHT, "roof:shape": shape, "roof:height": RISE}))
    assert volume(folder.buildings()) == near(EAVES + ROOFS[shape], rel=1e-4)  # corners within 0.1 mm of 8 m, twice
    assert folder.top("roof") == near(HEIGHT, abs=1e-3)


def test_a_roof_falls_the_way_it_is_told(tmp_path):
    for direction, axis, sign in ((0, 1, -1), (90, 0, -1), ("W", 0, 1)):
        _, folder = build(tmp_path, (box(0, 0, 10, 10), {"height": 8, "roof:shape": "skillion", "roof:height": 4, "roof:direction": direction}),
                          overwrite=True)
        corners = folder.all("roof").reshape(-1, 3)
        highest = corners[corners[:, 2] > 8 - 1e-3]
        assert np.ptp(highest[:, axis]) < 1e-3 and (highest[:, axis].mean() > 5) == (sign > 0), direction


def test_a_ridge_lies_along_the_longer_side_unless_across(tmp_path):
    tags = {"height": 8, "roof:shape": "gabled", "roof:height": 3}
    for more, length in (({}, 20), ({"roof:orientation": "across"}, 10)):
        _, folder = build(tmp_path, (box(0, 0, 20, 10), {**tags, **more}), overwrite=True)
        corners = folder.all("roof").reshape(-1, 3)
        ridge = corners[corners[:, 2] > 8 - 1e-3]
        assert np.ptp(ridge[:, :2], axis=0).max() == near(length, abs=1e-2)


def test_a_courtyard_is_open(tmp_path):
    rings = [box(0, 0, 30, 20), box(10, 5, 20, 15)[::-1]]
    for shape, expected in (("flat", (600 - 100) * 10.0), ("gabled", None), ("hipped", None), ("dome", None)):
        _, folder = build(tmp_path, (rings, {"height": 10, "roof:shape": shape, "roof:height": 2}), overwrite=True)
        assert scene_check(tmp_path / "scene/scene.xml") == []
        over_yard = [t for t in folder.all("roof") if 10.01 < t[:, 0].mean() < 19.99 and 5.01 < t[:, 1].mean() < 14.99]
        assert not over_yard
        if expected:
            assert volume(folder.buildings()) == near(expected, rel=1e-5)


def test_neighbours_share_a_wall_once(tmp_path):
    _, folder = build(tmp_path, (box(0, 0, 10, 8), {"height": 6}), (box(10, 0, 20, 8), {"height": 9}), (box(20, 0, 30, 8), {"height": 9}))
    everything = folder.buildings()
    assert upright_area(everything, x=10) == near(8 * 9, rel=1e-5)
    assert upright_area(everything, x=20) == near(8 * 9, rel=1e-5)
    assert upright_area(folder.triangles["building_1-walls"], x=10) == near(8 * 9, rel=1e-5)  # the higher one's, in one
    assert upright_area(folder.triangles["building_0-walls"], x=10) == 0


@pytest.mark.parametrize("gap", [-0.04, -0.01, 0.0, 0.01, 0.04])
def test_walls_that_nearly_meet_are_one(tmp_path, gap):
    """A smaller house against the middle of a long wall, drawn some centimetres off."""
    _, folder = build(tmp_path, (box(0, 0, 30, 10), {"height": 10}), (box(10, 10 + gap, 20, 18), {"height": 5}), tolerance_m=0.05)
    assert upright_area(folder.buildings(), y=10) == near(30 * 10, rel=1e-5)  # and straight: the corners came to the wall
    assert upright_area(folder.triangles["building_1-walls"], y=10) == 0


def test_a_gap_wider_than_the_tolerance_stays(tmp_path):
    _, folder = build(tmp_path, (box(0, 0, 30, 10), {"height": 10}), (box(10, 10.2, 20, 18), {"height": 5}), tolerance_m=0.05)
    assert upright_area(folder.buildings(), y=10.2) == near(10 * 5, rel=1e-5)


def test_overlap_goes_to_the_higher_one(tmp_path):
    built, folder = build(tmp_path, (box(0, 0, 20, 10), {"height": 6}), (box(15, 0, 30, 10), {"height": 12}))
    assert volume(folder.all("roof")) == near(15 * 10 * 6 + 15 * 10 * 12, rel=1e-5)
    assert any("overlap" in note for note in built.report.notes)


def test_parts_replace_their_outline(tmp_path):
    part = {"building": "no", "building:part": "yes"}
    built, folder = build(tmp_path, (box(0, 0, 20, 20), {"height": 50}), (box(0, 0, 20, 20), {**part, "height": 8}),
                          (box(5, 5, 15, 15), {**part, "height": 30}))
    assert set(folder.triangles) == {"ground", "building_0-walls", "building_0-roof"}
    assert folder.top("roof") == 30
    assert volume(folder.buildings()) == near(400 * 8 + 100 * 22, rel=1e-5)
    assert built.report.buildings == 1 and built.report.parts == 2
    # Inside the building there is nothing.
    walls = folder.all("walls")
    tower = walls[(np.abs(walls[:, :, 0] - 5) < 1e-3).all(axis=1)]
    assert tower[:, :, 2].min() == near(8, abs=1e-9)


def test_what_parts_leave_keeps_the_outlines_height(tmp_path):
    part = {"building": "no", "building:part": "yes"}
    _, folder = build(tmp_path, (box(0, 0, 20, 10), {"height": 8}), (box(0, 0, 8, 10), {**part, "height": 15}))
    assert volume(folder.buildings()) == near(80 * 15 + 120 * 8, rel=1e-5)


def test_an_arch_is_open_below(tmp_path):
    part = {"building": "no", "building:part": "yes"}
    _, folder = build(tmp_path, (box(0, 0, 30, 10), {"height": 12}), (box(0, 0, 10, 10), {**part, "height": 12}),
                      (box(10, 0, 20, 10), {**part, "height": 12, "min_height": 5}), (box(20, 0, 30, 10), {**part, "height": 12}))
    assert volume(folder.buildings()) == near(300 * 12 - 100 * 5, rel=1e-5)
    assert upright_area(folder.buildings(), x=10) == near(10 * 5, rel=1e-5)


def test_wings_whose_roofs_cross(tmp_path):
    """Two gabled wings of one height: the ridges meet, valleys between them, no wall inside."""
    tags = {"building": "no", "building:part": "yes", "height": 10, "roof:shape": "gabled", "roof:height": 4}
    _, folder = build(tmp_path, (box(0, 0, 30, 10), {**tags, "building": "yes", "building:part": "no"}), (box(0, 0, 30, 10), tags), (box(10, -8, 18, 18), tags))
    x, y = np.meshgrid(np.arange(0.05, 30, 0.1), np.arange(-7.95, 18, 0.1))
    long_wing = np.where((y > 0) & (y < 10), 10 - 4 * np.abs(y - 5) / 5, 0)
    cross_wing = np.where((x > 10) & (x < 18), 10 - 4 * np.abs(x - 14) / 4, 0)
    assert volume(folder.buildings()) == near(float(np.maximum(long_wing, cross_wing).sum() * 0.01), rel=2e-3)  # of the sum: cells of 0.1 m


def test_two_houses_that_touch_at_a_corner(tmp_path):
    _, folder = build(tmp_path, (box(0, 0, 10, 10), {"height": 6}), (box(10, 10, 20, 20), {"height": 6}))
    assert volume(folder.buildings()) == near(2 * 600, rel=1e-5)
    assert scene_check(tmp_path / "scene/scene.xml") == []


def test_a_building_that_touches_itself_at_a_corner(tmp_path):
    part = {"building": "no", "building:part": "yes"}
    _, folder = build(tmp_path, (box(-1, -1, 21, 21), {"height": 3}), (box(0, 0, 10, 10), {**part, "height": 6}), (box(10, 10, 20, 20), {**part, "height": 6}))
    assert scene_check(tmp_path / "scene/scene.xml") == []


def test_the_origin_moves_nothing_but_coordinates(tmp_path):
    """A scene in UTM around an origin 4 km away has the same volume, but for the projection's scale: two degrees from its central
    meridian, at 60 degrees north, 0.9996 (1 + (2 pi / 180 cos 60)^2 / 2)."""
    house = (turned(box(0, 0, 14, 8), 20), {"height": 9, "roof:shape": "hipped", "roof:height": 3})
    _, near_by = build(tmp_path, house)
    _, far = build(tmp_path, house, crs=UTM35, origin=(25.05, 60.03), overwrite=True)
    assert volume(far.buildings()) == near(volume(near_by.buildings()) * (0.9996 * (1 + math.radians(1.0)**2 / 2))**2, rel=2e-5)
    assert far.defaults["crs"] == UTM35 and far.record["frame"]["crs"] == UTM35
    assert math.hypot(*far.buildings().reshape(-1, 3)[:, :2].mean(axis=0)) == near(math.hypot(0.05 * 55.8e3, 0.03 * 111.4e3), rel=1e-2)


def flat_city(seed):
    """Boxes of different heights that overlap, touch and cross in every way."""
    random = np.random.default_rng(seed)
    out = []
    for _ in range(int(random.integers(5, 25))):
        x, y, w, h = np.round(random.uniform((0, 0, 4, 4), (60, 60, 30, 30)), 0 if seed % 2 else 3)
        out.append((turned(box(0, 0, w, h), float(random.choice([0, 0, 30, 45])), x, y), {"height": round(float(random.uniform(3, 20)), 1)}))
    return out


@pytest.mark.parametrize("seed", range(8))
def test_cities_of_boxes_hold_the_volume_of_their_union(tmp_path, seed):
    shapely = pytest.importorskip("shapely")
    city = flat_city(seed)
    _, folder = build(tmp_path, *city)
    assert scene_check(tmp_path / "scene/scene.xml") == []
    taken, expected = shapely.Polygon(), 0.0
    for outline, tags in sorted(city, key=lambda item: -item[1]["height"]):
        shape = shapely.Polygon(outline)
        expected += shape.difference(taken).area * tags["height"]
        taken = taken.union(shape)
    # Each side may have moved by 0.1 mm, over at most 20 m of height.
    assert volume(folder.all("roof")) == near(expected, abs=1e-4 * 20 * sum(shapely.Polygon(o).length for o, _ in city))


@pytest.mark.parametrize("seed", range(12))
def test_cities_of_all_roofs_are_watertight(tmp_path, seed):
    random = np.random.default_rng(100 + seed)
    shapes = ["flat", "gabled", "hipped", "pyramidal", "skillion", "dome", "round", "gambrel"]
    city = []
    for _ in range(int(random.integers(4, 25))):
        x, y, w, h = random.uniform((0, 0, 4, 4), (50, 50, 30, 30))
        outline = box(0, 0, w, h) if random.random() < 0.6 else [(0, 0), (w, 0), (w, h / 2), (w / 2, h / 2), (w / 2, h), (0, h)]
        tags = {"height": round(float(random.uniform(4, 20)), 1), "roof:shape": str(random.choice(shapes))}
        if random.random() < 0.2:
            tags["min_height"] = round(float(random.uniform(0.5, 3)), 1)
        if random.random() < 0.3:
            tags.update({"building": "no", "building:part": "yes"})
        city.append((turned(outline, float(random.choice([0, 20, random.uniform(0, 90)])), x, y), tags))
    build(tmp_path, *city, tolerance_m=0.05)
    assert scene_check(tmp_path / "scene/scene.xml") == []


def test_a_spire_on_a_wall_of_no_width(tmp_path):
    """A pyramid over 2 cm is no roof: it is lowered, and said; what crosses it near its corners still meets it."""
    needle = [(18.4, -15), (18.4, 11.3), (17.4, -1.9)]
    built, _ = build(tmp_path, (needle, {}), (box(0, 0, 23.85, 0.02), {"height": 11, "roof:shape": "cone", "roof:height": 3.6}), tolerance_m=0.01)
    assert any("steeper" in note for note in built.report.notes) and scene_check(built.scene_file) == []


def test_a_roof_that_ends_in_a_wedge_under_a_canopy(tmp_path):
    """Over a corner of some millimetres the roof and the canopy's underside are one: such a triangle is there once."""
    round_house = [(38, 16), (34, 22), (28, 26), (21, 28), (15, 27), (8, 24), (4, 19), (1, 13), (0, 6), (2, 0), (6, -6), (11, -10), (18, -11), (25, -11),
                   (31, -8), (36, -3), (39, 3), (39, 10)]
    for shift in (0.0, 0.003, 0.05):
        canopy = box(15 + shift, 9, 26 + shift, 36)
        build(tmp_path, (round_house, {"height": 18.24, "roof:shape": "mansard", "roof:direction": 276}), (canopy, {"building": "roof", "height": 17.6}),
              overwrite=True, tolerance_m=0.05)
        assert scene_check(tmp_path / "scene/scene.xml") == []


def odd_footprint(random):
    """Stars, discs of many corners, repeated and nearly straight corners, strips and needles of no width; holes that touch the outline."""
    w, h = random.uniform(2, 30, 2)
    angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 30)))
    star = [(r * math.cos(t), r * math.sin(t)) for r, t in zip(random.uniform(2, 15, len(angles)), angles)]
    doubled = [(0, 0), (w / 3, 0), (w / 2, 1e-9), (w, 0), (w, h), (w, h), (w / 2, h + 1e-7), (0, h), (0, h / 2)]
    ring = [star, doubled, box(0, 0, w, float(random.choice([0.02, 0.06, 0.3]))), [(0, 0), (w, 0), (w / 2, float(random.choice([0.03, 1, 5])))],
            box(0, 0, w, h)][random.integers(0, 5)]
    rings = [ring]
    if len(ring) == 4 and h > 3 and w > 3 and random.random() < 0.5:
        rings += [[(0, 0), (w / 3, h / 4), (w / 4, h / 3)], box(0.8 * w, 0.8 * h, 0.8 * w + 0.03, 0.8 * h + 0.03)]
    turn, x, y = float(random.choice([0, 45, random.uniform(0, 360)])), *random.uniform(0, 60, 2)
    return [turned(r, turn, x, y) for r in rings]


@pytest.mark.parametrize("seed", range(10))
def test_odd_footprints_are_watertight(tmp_path, seed):
    random = np.random.default_rng(500 + seed)
    city, last = [], None
    for _ in range(int(random.integers(3, 20))):
        rings = last if last and random.random() < 0.15 else odd_footprint(random)  # the same one twice
        if last and random.random() < 0.15:
            step = float(random.choice([0.01, 0.04, 0.06, 1.0]))
            rings = [[(x + step, y - step / 3) for x, y in ring] for ring in last]
        tags = {"height": round(float(random.uniform(2, 25)), 1), "roof:shape": str(random.choice(["flat", "gabled", "hipped", "cone", "dome", "skillion"]))}
        if random.random() < 0.2:
            tags["min_height"] = round(float(random.uniform(0.05, 1.5)), 2)
        city.append((rings, tags))
        last = rings
    build(tmp_path, *city, tolerance_m=float([0.05, 0.01, 0.2][seed % 3]), bad="repair")
    assert scene_check(tmp_path / "scene/scene.xml") == []


def test_area_of_the_ground_is_the_plans(tmp_path):
    _, folder = build(tmp_path, (box(0, 0, 12, 8), {"height": 6}), margin_m=10)
    a, b, c = folder.triangles["ground"].transpose(1, 0, 2)
    assert 0.5 * np.cross(b - a, c - a)[:, 2].sum() == near(polygon_area(box(-10, -10, 22, 18)), rel=1e-6)
