# SPDX-License-Identifier: Apache-2.0
"""Where a scene lies on the earth is kept: in the scene, what is written of it, and every result."""
import copy
import json
import os
import pathlib
import pickle
import subprocess
import warnings

import numpy as np
import pytest
import raywave as rw
from campaign_support import needs_campaigns
from geo_support import needs_geo
from raywave import formats, wave

CRS, ORIGIN = "EPSG:32632", [565000.125, 5930000.1, 34.25]
DEVICES = (rw.Transmitter, "mast", [0, 0, 12]), (rw.Receiver, "car", [9, 1, 1.5])


@pytest.fixture
def scene():
    out = rw.Scene()
    out.add(rw.Material("m", relative_permittivity=5))
    out.add(rw.plane("ground", [0, 0, 0], [40, 30], "m"))
    for make, name, at in DEVICES:
        out.add(make(name, at))
    out.crs, out.origin_m = CRS, ORIGIN
    return out


def place_of(thing):
    return thing.crs, list(thing.origin_m)


def test_a_scene_lies_nowhere_until_it_is_told(scene):
    bare = rw.Scene()
    assert bare.crs is None and bare.origin_m == [0, 0, 0]
    for wrong in ("", " ", 7, b"EPSG:1"):
        with pytest.raises(rw.Error, match="crs takes"):
            bare.crs = wrong
    with pytest.raises(rw.Error, match="origin_m takes three numbers"):
        bare.origin_m = [1, 2]
    with pytest.raises(rw.Error, match="origin_m must be finite"):
        bare.origin_m = [1, 2, float("nan")]
    bare.add(rw.Transmitter("a", [0, 0, 0])), bare.add(rw.Receiver("b", [1, 0, 0]))
    paths = rw.PathSolver()(bare)
    assert paths.crs is None and paths.origin_m is None and "crs" not in paths.to_xarray().attrs and "crs" not in json.loads(paths.to_json())
    scene.crs = None
    assert rw.PathSolver()(scene).crs is None


def test_copies_and_files_of_a_scene_keep_it(scene, tmp_path):
    for again in (scene.copy(), copy.deepcopy(scene), pickle.loads(pickle.dumps(scene)), rw.load_scene(scene.save(tmp_path / "town")),
                  rw.load_scene(scene.save(tmp_path / "theirs", dialect="sionna"))):
        assert place_of(again) == (CRS, ORIGIN)
    scene.crs = "a$b"
    with pytest.raises(rw.Error, match="crs"):
        scene.save(tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_every_result_keeps_it(scene, tmp_path):
    paths, radio_map = rw.PathSolver()(scene), rw.RadioMapSolver()(scene, cell_size_m=5, max_depth=0)
    scene.crs = "EPSG:4978"  # what was solved lies where it lay
    for result in (paths, radio_map):
        assert place_of(result) == (CRS, ORIGIN) and (result.to_xarray().attrs["crs"], result.to_xarray().attrs["origin_m"]) == (CRS, ORIGIN)
        result.save(tmp_path / "held.npz"), result.save(tmp_path / "held.h5")
        with np.load(tmp_path / "held.npz") as held:
            assert str(held["crs"]) == CRS and held["origin_m"].tolist() == ORIGIN
    told = json.loads(paths.to_json())
    assert (told["crs"], told["origin_m"]) == (CRS, ORIGIN)
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "held.h5") as held:
        assert held["crs"][()].decode() == CRS and held["origin_m"][...].tolist() == ORIGIN
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(formats.save_geotiff(tmp_path / "map.tif", radio_map)) as raster:
        x, y = radio_map.cell_centers[0, 0, :2]
        assert raster.crs.to_epsg() == 32632 and raster.xy(raster.height - 1, 0) == pytest.approx((x + ORIGIN[0], y + ORIGIN[1]), abs=1e-9)
    with rasterio.open(formats.save_geotiff(tmp_path / "else.tif", radio_map, crs="EPSG:25833", origin_m=(1, 2))) as raster:
        assert raster.crs.to_epsg() == 25833  # what is asked for goes before


def held_place(file):
    with np.load(file) as held:
        return str(held["crs"]), held["origin_m"].tolist()


def test_arrivals_and_scattered_power_keep_it(scene, tmp_path):
    arrivals = rw.ArrivalMapSolver()(scene, azimuths=8, elevations=3, max_depth=0)
    scene.materials["m"].scattering_coefficient = 0.3
    power = rw.ScatteringSolver()(scene, tolerance=0.1)
    scene.crs = "EPSG:4978"
    assert place_of(arrivals) == place_of(power) == (CRS, ORIGIN) and arrivals.to_xarray().attrs["crs"] == CRS
    arrivals.save(tmp_path / "a.npz")
    assert held_place(tmp_path / "a.npz") == (CRS, ORIGIN)


def wall(name="wall"):
    return rw.box(name, [10, 0, 2], [1, 6, 4], "m")


@pytest.mark.parametrize("objects", [lambda scene, grid: wave.cut(scene, 1.5, grid, z_end_m=12, z_begin_m=8),
                                     lambda scene, grid: wave.solids(scene, grid, z_end_m=12, z_begin_m=8)])
def test_waves_through_what_was_cut_keep_it(scene, tmp_path, objects):
    scene.add(wall())
    volume = objects.__code__.co_names[-1] == "solids"
    grid = wave.Grid(32, spacing_m=0.5, **(dict(num_x=8, center_x_m=1.5) if volume else {}))
    found = objects(scene, grid)
    field = wave.Scene(grid=grid, objects=found, frequency_hz=3e8, z_begin_m=8, z_end_m=12, sources=[wave.PointSource(distance_m=3)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = wave.simulate(field)
        bare = wave.simulate(wave.Scene(grid=grid, objects=[], frequency_hz=3e8, z_begin_m=8, z_end_m=12, sources=[wave.PointSource(distance_m=3)]))
    for thing in (result, pickle.loads(pickle.dumps(result))):
        assert found and place_of(thing) == (CRS, ORIGIN) and thing.to_xarray().attrs["origin_m"] == ORIGIN
    result.save(tmp_path / "field.npz")
    assert held_place(tmp_path / "field.npz") == (CRS, ORIGIN)
    assert bare.crs is None and bare.origin_m is None
    found[0].place = (CRS, (0, 0, 0))
    field.objects = [*found, wave.Object(found[0].outlines, "wood", "other", solids=found[0].solids, place=("EPSG:25833", (0, 0, 0)))]
    with pytest.raises(rw.Error, match="of scenes that lie elsewhere"):
        wave.simulate(field)
    field.place = ("EPSG:25833", (1, 2, 3))
    assert field._dict()["place"] == ("EPSG:25833", [1.0, 2.0, 3.0])


def test_scenes_in_the_plane_keep_it(scene, tmp_path):
    scene.add(wall())
    plane = scene.slice(1.5)
    east, north, height = ORIGIN
    lies = CRS, [east, north, height + 1.5]
    plane.save(tmp_path / "plane.toml")
    for thing in (plane, plane.copy(), pickle.loads(pickle.dumps(plane)), rw.Scene2D.load(tmp_path / "plane.toml"), plane.trace(max_order=1)):
        assert place_of(thing) == lies
    assert rw.Scene2D().crs is None and rw.Scene2D().trace().origin_m is None
    for key, value in (("crs", ""), ("origin_m", [1, 2])):
        with pytest.raises(rw.Error, match=key):
            setattr(plane, key, value)
    assert plane.to_wave(wave.Grid(32, spacing_m=0.5), z_end_m=12, z_begin_m=1).place == (CRS, tuple(lies[1]))
    (tmp_path / "bad.toml").write_text("origin_m = [1, 2, 3]")
    with pytest.raises(rw.Error, match="origin_m is a place in a crs"):
        rw.Scene2D.load(tmp_path / "bad.toml")
    if os.environ.get("RAYWAVE_BIN"):
        done = subprocess.run([os.environ["RAYWAVE_BIN"], "plane", tmp_path / "plane.toml", "--json", "-", "--map", tmp_path / "map.npz", "--points", "4"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["crs"], told["origin_m"]) == held_place(tmp_path / "map.npz") == lies
        done = subprocess.run([os.environ["RAYWAVE_BIN"], "plane", tmp_path / "bad.toml"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 3 and "origin_m is a place in a crs" in done.stderr


def test_footprints_in_degrees_say_which_plane_they_came_to():
    corners = [[24.94, 60.168], [24.946, 60.168], [24.946, 60.171], [24.94, 60.171], [24.94, 60.168]]
    scene = rw.Scene2D.from_geojson({"type": "Polygon", "coordinates": [corners]})
    pyproj = pytest.importorskip("pyproj")
    there = pyproj.Transformer.from_crs("EPSG:4326", scene.crs, always_xy=True)
    for wall_, (lon, lat) in zip(scene.objects, corners):  # 1e-6 m: roundings of degrees and of the earth's radius
        assert np.allclose(wall_["a"], there.transform(lon, lat), atol=1e-6)
    assert rw.Scene2D.from_geojson({"type": "LineString", "coordinates": [[500, 0], [510, 0]]}).crs is None


def test_pages_and_signals_keep_it(scene, tmp_path):
    told = json.loads(rw._raywave.report_data(scene, None, None))
    assert (told["crs"], told["origin_m"]) == (CRS, ORIGIN) and ["place", f"(0, 0, 0) is 565000.125, 5930000.1, 34.25 m of {CRS}"] in told["facts"]
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=10, max_depth=0)
    assert CRS in rw._raywave.report_html(None, None, radio_map, "a", "path_gain")
    samples, radar = np.zeros((1, 1, 1, 1, 1, 2, 16), complex), rw.signal.Fmcw(slope_hz_per_s=1e13, sampling_frequency_hz=1e7, num_samples=16, num_chirps=2)
    rw.signal.save_cube(tmp_path / "cube.npz", samples, radar, frequency_hz=77e9, place=rw.PathSolver()(scene))
    assert held_place(tmp_path / "cube.npz") == (CRS, ORIGIN)
    rw.signal.save_cube(tmp_path / "bare.npz", samples, radar, frequency_hz=77e9)
    with np.load(tmp_path / "bare.npz") as held:
        assert "crs" not in held.files
    meta = json.loads(pathlib.Path(rw.signal.save_cube(tmp_path / "cube.sigmf-meta", samples, radar, frequency_hz=77e9, place=scene)).read_text())["global"]
    assert (meta["raywave:crs"], meta["raywave:origin_m"]) == (CRS, ORIGIN) and meta["core:extensions"][0]["name"] == "raywave"
    h5py = pytest.importorskip("h5py")
    rw.signal.save_cube(tmp_path / "cube.h5", samples, radar, frequency_hz=77e9, place=scene)
    with h5py.File(tmp_path / "cube.h5") as held:
        assert held["crs"][()].decode() == CRS and held["origin_m"][...].tolist() == ORIGIN
    rw.signal.load_cube(tmp_path / "cube.h5"), rw.signal.load_cube(tmp_path / "cube.npz")


def test_results_with_panels_keep_it(scene):
    panel = rw.Ris("panel", [5, 5, 3], num_rows=1, num_cols=2, spacing_m=0.04)
    assert place_of(rw.RisSolver()(scene, [panel])) == (CRS, ORIGIN)
    assert place_of(rw.RisMapSolver()(scene, [panel], center_m=[0, 0, 2], size_m=4, cell_size_m=2)) == (CRS, ORIGIN)


def test_a_scenario_for_deepmimo_keeps_it(scene, tmp_path):
    formats.save_deepmimo(tmp_path / "town", scene, rw.PathSolver()(scene))
    assert json.loads((tmp_path / "town/params.json").read_text())["rt_params"]["raw_params"] == {"crs": CRS, "origin_m": ORIGIN}


def test_a_simulation_keeps_it(scene):
    pytest.importorskip("xarray")
    data = rw.simulate(scene, [0, 1], {"car": [[9, 1, 1.5], [8, 1, 1.5]]}, radio_map=dict(cell_size_m=10, max_depth=0)).to_xarray()
    assert (data.attrs["crs"], data.attrs["origin_m"]) == (CRS, ORIGIN)


@needs_campaigns
def test_a_campaign_keeps_it(scene, tmp_path):
    words = dict(transmitters=[[0, 0, 12]], receivers=[[9, 1, 1.5]], frequencies_hz=[3.5e9], solver=dict(max_depth=0, samples_per_src=100))
    file = scene.save(tmp_path / "town")
    campaign = rw.Campaign(tmp_path / "one.zarr", scenes=file, **words)
    campaign.run()
    data = rw.Campaign(tmp_path / "one.zarr").dataset()
    assert (data.attrs["crs"], data.attrs["origin_m"]) == (CRS, ORIGIN)
    # the same meshes elsewhere are the same campaign, whose values they do not change
    scene.crs = "EPSG:25833"
    rw.Campaign(tmp_path / "one.zarr", scenes={"town": scene.save(tmp_path / "moved")}, **words).create()
    assert rw.Campaign(tmp_path / "one.zarr").dataset().attrs["crs"] == "EPSG:25833"
    scene.crs = None
    two = rw.Campaign(tmp_path / "two.zarr", scenes={"town": file, "nowhere": scene.save(tmp_path / "nowhere")}, **words).create().dataset()
    assert "crs" not in two.attrs and json.loads(two.attrs["scene_places"]) == {"town": {"crs": CRS, "origin_m": ORIGIN}}


@pytest.mark.skipif(not os.environ.get("RAYWAVE_BIN"), reason="RAYWAVE_BIN is not set: run the tests with ./dev test")
def test_results_of_the_program_keep_it(scene, tmp_path):
    file = scene.save(tmp_path / "town")
    for words in (["paths", file, "--tx", "0,0,12", "--rx", "9,1,1.5"], ["map", file.parent, "--tx", "0,0,12", "--cell-size", "10", "--max-depth", "0"]):
        done = subprocess.run([os.environ["RAYWAVE_BIN"], *map(str, words), "-o", tmp_path / "out.npz", "--json", "-"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["crs"], told["origin_m"]) == (CRS, ORIGIN)
        with np.load(tmp_path / "out.npz") as held:
            assert str(held["crs"]) == CRS and held["origin_m"].tolist() == ORIGIN
    run = tmp_path / "radar.toml"
    run.write_text(f"scene = {json.dumps(str(file))}\n[[transmitter]]\nname = 'a'\nposition_m = [0, 0, 3]\n[[receiver]]\nname = 'b'\nposition_m = [0.1, 0, 3]\n"
                   "[radar]\nslope_hz_per_s = 30e12\nsampling_frequency_hz = 10e6\nnum_samples = 16\n")
    done = subprocess.run([os.environ["RAYWAVE_BIN"], "radar", run, "-o", tmp_path / "cube.npz"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "cube.npz") as held:
        assert str(held["crs"]) == CRS and held["origin_m"].tolist() == ORIGIN
    assert rw.signal.load_cube(tmp_path / "cube.npz")[0].shape[-1] == 16


@needs_geo
def test_a_scene_from_a_map_says_where_it_lies(tmp_path):
    from geo_support import box, geojson
    from raywave import geo
    source = geojson(tmp_path / "houses.geojson", (box(0, 0, 10, 8), {"height": "6"}))
    for crs in (None, "EPSG:32635"):
        built = geo.build(source, tmp_path / "town", crs=crs, overwrite=True)
        scene, frame = rw.load_scene(built.scene_file), built.frame.describe()
        assert place_of(scene) == (frame["crs"], [frame["origin_east_m"], frame["origin_north_m"], frame["origin_height_m"]])
        assert pathlib.Path(built.scene_file).parent.joinpath("geo.json").is_file()
