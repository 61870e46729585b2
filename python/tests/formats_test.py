# SPDX-License-Identifier: Apache-2.0
"""raywave.formats and to_xarray: numbers are those of the results, bit for bit where a format holds doubles, and files appear whole or not at all."""
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import raywave as rw
from raywave import formats, wave

h5py = pytest.importorskip("h5py")
rasterio = pytest.importorskip("rasterio")
scipy_io = pytest.importorskip("scipy.io")
sigmf = pytest.importorskip("sigmf")
xarray = pytest.importorskip("xarray")

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["süd/1", "nord 2"]


def canyon(**words):
    scene = rw.load_scene(ROOT / "scenes/street_canyon/street_canyon.xml", **words)
    scene.add(rw.Transmitter(NAMES[0], [-30, 0, 10], array=rw.PlanarArray(num_rows=2, num_cols=2), velocity_m_per_s=[1, 2, 0]))
    scene.add(rw.Transmitter(NAMES[1], [-20, 3, 12], power_dbm=30))
    scene.add(rw.Receiver("rx", [30, 0, 1.5], array=rw.PlanarArray(num_cols=2, polarization="VH")))
    scene.add(rw.Receiver("in the dark", [0, 40, 1.5]))
    return scene


@pytest.fixture(scope="module")
def scene():
    return canyon()


@pytest.fixture(scope="module")
def paths(scene):
    return rw.PathSolver()(scene, max_depth=2)


@pytest.fixture(scope="module")
def radio_map(scene):
    return rw.RadioMapSolver()(scene, cell_size_m=(4, 5), max_depth=1)


@pytest.fixture(scope="module")
def field():
    scene = wave.Scene(grid=wave.Grid(64, spacing_m=0.02), frequency_hz=5.8e9, z_end_m=0.5, sources=[wave.GaussianBeam("beam", waist_m=0.2)])
    return wave.simulate(scene, planes=3)


def empty_paths():
    scene = rw.Scene()
    scene.add(rw.Transmitter("tx", [0, 0, 0]))
    scene.add(rw.Receiver("rx", [5, 0, 0]))
    return scene, rw.PathSolver()(scene, los=False)


@pytest.mark.parametrize("synthetic", [True, False])
def test_paths_as_a_dataset(scene, synthetic):
    paths = rw.PathSolver()(scene, max_depth=2, synthetic_array=synthetic)
    data = paths.to_xarray(frequencies_hz=[0, 1e6], normalize_delays=False)
    ends = ("rx", "rx_ant", "tx", "tx_ant", "path")
    place = ("rx", "tx", "path") if synthetic else ends
    assert data.a.dims == ends and data.tau.dims == place and data.vertices.dims == ("interaction", *place, "axis")
    for name in ("a", "tau", "theta_t", "phi_t", "theta_r", "phi_r", "doppler", "valid", "interactions", "objects", "vertices"):
        assert data[name].values.tobytes() == getattr(paths, name).tobytes(), name
        assert data[name].attrs["units"] and data[name].attrs["long_name"]
    assert list(data.tx.values) == NAMES and list(data.rx.values) == ["rx", "in the dark"]
    assert data.tx_position.sel(tx=NAMES[1]).values.tolist() == [-20, 3, 12]
    assert data.rx_num_ant.values.tolist() == [4, 1]
    assert np.array_equal(data.cfr.values, paths.cfr([0, 1e6], normalize_delays=False)) and data.frequency.attrs["units"] == "Hz"
    assert data.attrs["frequency_hz"] == 3.5e9 and data.attrs["synthetic_array"] == synthetic
    first = data.sel(rx="rx", tx=NAMES[1]).isel(path=0, interaction=0)
    assert (first.valid if synthetic else first.valid.isel(rx_ant=0, tx_ant=0)).item()
    assert list(data.object_name.values) == paths.object_names
    with pytest.raises(TypeError, match="normalize.*frequencies_hz"):
        paths.to_xarray(normalize=True)


def test_no_path_is_a_dataset_too(tmp_path):
    scene, paths = empty_paths()
    data = paths.to_xarray()
    assert data.sizes["path"] == 0 and data.a.shape == paths.a.shape
    for version in ("5", "7.3"):
        file = formats.save_matlab(tmp_path / "none.mat", paths, version=version)
        held = scipy_io.loadmat(file) if version == "5" else {k: matlab_value(f, v) for f in [h5py.File(file)] for k, v in f.items() if k != "#refs#"}
        assert held["tau_s"].size == 0 and held["transfer"].size == 0 and len(held["object_names"]) == 0


def test_maps_as_datasets(scene, radio_map):
    data = radio_map.to_xarray()
    assert data.path_gain.dims == ("tx", "y", "x")
    for name in ("path_gain", "rss", "sinr"):
        assert data[name].values.tobytes() == getattr(radio_map, name).tobytes()
    assert data.rss.attrs["units"] == "W" and data.tx_power.values.tolist() == pytest.approx([10**1.4, 1.0], rel=1e-12)
    assert np.array_equal(data.x.values, radio_map.cell_centers[0, :, 0]) and np.array_equal(data.y.values, radio_map.cell_centers[:, 0, 1])
    assert np.array_equal(data.association.values, radio_map.tx_association())
    row, column = np.abs(data.y.values - 1).argmin(), np.abs(data.x.values + 29).argmin()
    assert data.path_gain.sel(tx=NAMES[1]).sel(x=-29, y=1, method="nearest").item() == radio_map.path_gain[1, row, column] > 0
    turned = rw.RadioMapSolver()(scene, center_m=[3, 1, 2], size_m=[41, 20], orientation_rad=[0.3, 0.1, 0], cell_size_m=(5, 4), max_depth=0)
    data = turned.to_xarray()
    yaw, pitch = 0.3, 0.1
    x_axis = np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), -np.sin(pitch)])
    there = [3, 1, 2] + data.x.values[:, None] * x_axis + data.y.values[0] * np.array([-np.sin(yaw), np.cos(yaw), 0])
    assert np.allclose(there, turned.cell_centers[0], rtol=0, atol=1e-12)


def test_maps_over_meshes_and_ground(scene):
    name = next(n for n in scene.objects if n != "ground")
    mesh = rw.RadioMapSolver()(scene, measurement_surface=[name], max_depth=0)
    data = mesh.to_xarray()
    assert data.path_gain.dims == ("tx", "cell") and data.sizes["cell"] == len(scene.objects[name].triangles)
    assert np.allclose(data.cell_corners.mean("corner"), data.cell_center)
    ground = rw.RadioMapSolver()(scene, terrain=["ground"], cell_size_m=(10, 10), max_depth=0)
    assert ground.to_xarray().path_gain.dims == ("tx", "y", "x")
    with pytest.raises(rw.Error, match="triangles of a mesh, which no raster holds"):
        formats.save_geotiff("never.tif", mesh)


def test_wave_fields_as_datasets(field):
    data = field.to_xarray()
    assert data.field.dims == ("z", "source", "y") and data.field.values.tobytes() == field.field.tobytes()
    assert list(data.source.values) == ["beam"] and np.array_equal(data.z, field.z_m) and np.array_equal(data.y, field.y_m)
    assert data.power.attrs["units"] == "W m-1" and np.array_equal(data.power, field.power_w_per_m)
    volume = wave.Scene(grid=wave.Grid(16, spacing_m=0.05, num_x=8), frequency_hz=1e9, z_end_m=0.5, sources=[wave.GaussianBeam(waist_m=0.2)])
    result = wave.simulate(volume)
    assert result.to_xarray().field.dims == ("z", "source", "x", "y") and result.to_xarray().power.attrs["units"] == "W"


@pytest.mark.parametrize("yaw", [0.0, 0.4])
@pytest.mark.parametrize("db", [True, False])
def test_geotiffs_hold_the_map_where_it_is(tmp_path, scene, yaw, db):
    radio_map = rw.RadioMapSolver()(scene, center_m=[10, 0, 2], size_m=[60, 31], orientation_rad=[yaw, 0, 0], cell_size_m=(4, 5), max_depth=0)
    file = formats.save_geotiff(tmp_path / "gäin.tif", radio_map, db=db, crs="EPSG:25832", origin_m=(565000, 5930000))
    gain = radio_map.path_gain
    assert (gain == 0).any() and (gain > 0).any()
    with rasterio.open(file) as raster:
        assert raster.count == 2 and raster.descriptions == tuple(NAMES) and raster.crs.to_epsg() == 25832
        assert raster.units == (("dB", "dB") if db else ("1", "1"))
        for row, column in np.ndindex(gain.shape[1:]):
            x, y = radio_map.cell_centers[row, column, :2]
            at = raster.index(x + 565000, y + 5930000)
            assert at == (gain.shape[1] - 1 - row, column)
        bands = raster.read(masked=True)[:, ::-1]
        assert np.array_equal(np.ma.getmaskarray(bands), gain == 0)
        held = gain[gain > 0]
        assert np.array_equal(bands.compressed(), 10 * np.log10(held) if db else held)


def test_geotiffs_of_scenes_built_from_maps_lie_on_the_earth(tmp_path, radio_map):
    frame = {"crs": "EPSG:32632", "origin_east_m": 500000.5, "origin_north_m": 5.3e6}
    (tmp_path / "geo.json").write_text(json.dumps({"scene": "s.xml", "frame": frame}))
    for place in (tmp_path, tmp_path / "geo.json"):
        with rasterio.open(formats.save_geotiff(tmp_path / "m.tif", radio_map, place=place, metric="rss")) as raster:
            assert raster.crs.to_epsg() == 32632 and raster.units == ("dBm", "dBm")
            x, y = radio_map.cell_centers[0, 0, :2]
            assert raster.xy(raster.height - 1, 0) == pytest.approx((x + 500000.5, y + 5.3e6), abs=1e-9)
    with rasterio.open(formats.save_geotiff(tmp_path / "best.tif", radio_map, metric="association")) as raster:
        assert raster.nodata == -1 and np.array_equal(raster.read(1)[::-1], radio_map.tx_association())
        assert raster.bounds.left == radio_map.cell_centers[0, 0, 0] - 2  # metres of the scene
    with pytest.raises(rw.Error, match="does not say where a scene lies"):
        formats.save_geotiff(tmp_path / "m.tif", radio_map, place=tmp_path / "elsewhere")
    with pytest.raises(rw.Error, match="no coordinate reference system"):
        formats.save_geotiff(tmp_path / "m.tif", radio_map, crs="EPSG:nothing")
    with pytest.raises(rw.Error, match="give it too"):
        formats.save_geotiff(tmp_path / "m.tif", radio_map, origin_m=(1, 2))
    with pytest.raises(rw.Error, match="unknown metric 'gain'"):
        formats.save_geotiff(tmp_path / "m.tif", radio_map, metric="gain")


def test_a_tilted_map_is_no_raster(tmp_path, scene):
    tilted = rw.RadioMapSolver()(scene, center_m=[0, 0, 5], size_m=[20, 10], orientation_rad=[0, 0.1, 0], cell_size_m=(5, 5), max_depth=0)
    with pytest.raises(rw.Error, match="tilted"):
        formats.save_geotiff(tmp_path / "m.tif", tilted)
    assert not list(tmp_path.iterdir())


def matlab_value(file, item):
    """As MATLAB reads a 7.3 file."""
    kind = item.attrs["MATLAB_class"].decode()
    if "MATLAB_empty" in item.attrs:
        shape = tuple(int(n) for n in item[()])
        return {"char": "", "cell": []}.get(kind, np.zeros(shape))
    if kind == "cell":
        return [matlab_value(file, file[ref]) for ref in item[()].ravel()]
    value = item[()].T
    if kind == "char":
        return value.astype("<u2").tobytes().decode("utf-16-le")
    return np.ascontiguousarray(value).view(f"c{value.dtype.itemsize}") if value.dtype.names else value  # (real, imag) as it lies


def test_matlab_files_hold_what_results_hold(tmp_path, paths, radio_map, field):
    for name, result in (("paths", paths), ("map", radio_map), ("field", field)):
        result.save(tmp_path / "r.npz")
        held = dict(np.load(tmp_path / "r.npz"))
        old = scipy_io.loadmat(formats.save_matlab(tmp_path / f"{name}.mat", result))
        new_file = formats.save_matlab(tmp_path / f"{name} 7.3.mat", result, version="7.3")
        header = new_file.read_bytes()[:128]
        assert header.startswith(b"MATLAB 7.3 MAT-file") and header.endswith(b"\x00\x02IM")
        with h5py.File(new_file) as new:
            for key, value in held.items():
                if value.dtype.kind == "U":
                    texts = [str(t) for t in value.ravel()]
                    again = matlab_value(new, new[key])
                    assert ([again] if isinstance(again, str) else again) == texts
                    cells = old[key].ravel()
                    assert [str(np.ravel(c)[0]) for c in cells] == texts
                    continue
                shape = value.shape if value.ndim > 1 else (value.size, 1)
                for again in (old[key], matlab_value(new, new[key])):
                    assert again.shape == shape or value.size in (0, 1), (name, key)
                    assert np.asarray(again).astype(value.dtype).tobytes() == np.ascontiguousarray(value.reshape(shape)).tobytes(), (name, key)


def test_matlab_files_beyond_level_5_are_hdf5(tmp_path, monkeypatch):
    monkeypatch.setattr(formats.matlab, "LEVEL_5_BYTES", 1000)
    large = np.arange(4000.0).reshape(4, 10, 100)
    file = formats.save_matlab(tmp_path / "large.mat", {"large": large, "name": "ä€😀", "yes": np.array([True, False]), "none": ""})
    with h5py.File(file) as held:
        assert np.array_equal(matlab_value(held, held["large"]), large)
        assert matlab_value(held, held["name"]) == "ä€😀" and held["yes"].attrs["MATLAB_class"] == b"logical" and matlab_value(held, held["none"]) == ""
    with pytest.raises(rw.Error, match="do not fit a MATLAB file of level 5"):
        formats.save_matlab(file, {"large": large}, version="5")
    odd = {"half": np.float16([1.5, 2]), "big": np.arange(3, dtype=">i2"), "one": 2.5 + 1j, "long": np.longdouble([1, 2])}
    for version in ("5", "7.3"):
        formats.save_matlab(tmp_path / "odd.mat", odd, version=version)
        held = scipy_io.loadmat(tmp_path / "odd.mat") if version == "5" else {k: matlab_value(f, v) for f in [h5py.File(tmp_path / "odd.mat")] for k, v in f.items()}
        for key, value in odd.items():
            assert np.array_equal(np.ravel(held[key]), np.ravel(value)) and held[key].dtype.kind == np.asarray(value).dtype.kind, (version, key)
    for name in ("_x", "1x", "größe", "x" * 64):
        with pytest.raises(rw.Error, match="no name of a MATLAB variable"):
            formats.save_matlab(file, {name: large})


def test_sigmf_recordings_are_read_by_its_package(tmp_path):
    rng = np.random.default_rng(7)
    for dtype in (np.complex64, np.complex128, np.float32, np.float64):
        samples = rng.normal(size=(2, 50)) + (1j * rng.normal(size=(2, 50)) if np.issubdtype(dtype, np.complexfloating) else 0)
        samples = samples.astype(dtype)
        meta = formats.save_sigmf(tmp_path / f"s.1 {dtype.__name__}", samples, sample_rate_hz=1e6, frequency_hz=3.5e9, description="zwei Kanäle",
                                  annotations=[{"sample_start": 30, "sample_count": 5}, {"sample_start": 3, "sample_count": 2, "label": "ä"}],
                                  time=datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc))
        recording = sigmf.sigmffile.fromfile(str(meta))
        recording.validate()
        assert recording.get_global_info()["core:num_channels"] == 2 and recording.get_capture_info(0)["core:frequency"] == 3.5e9
        assert [a["core:sample_start"] for a in recording.get_annotations()] == [3, 30]
        raw = np.fromfile(meta.with_suffix(".sigmf-data"), dtype)
        assert np.array_equal(raw.reshape(-1, 2).T, samples)
        assert recording.get_global_info()["core:sha512"] == hashlib.sha512(raw.tobytes()).hexdigest()
    with pytest.raises(rw.Error, match="within the 100 samples"):
        formats.save_sigmf(tmp_path / "x", np.zeros(100), sample_rate_hz=1, annotations=[{"sample_start": 99, "sample_count": 2}])
    with pytest.raises(rw.Error, match="got int64"):
        formats.save_sigmf(tmp_path / "x", np.zeros(100, int), sample_rate_hz=1)
    for rate in (float("nan"), 0, "1"):
        with pytest.raises(rw.Error, match="sample_rate_hz must be > 0"):
            formats.save_sigmf(tmp_path / "x", np.zeros(100), sample_rate_hz=rate)


def test_impulse_responses_for_sionna(scene, paths):
    generator = formats.cir_generator(paths, sampling_frequency_hz=1e3, num_time_steps=3, normalize_delays=False, double=True)
    a, tau = next(generator())
    wanted = paths.cir(sampling_frequency_hz=1e3, num_time_steps=3, normalize_delays=False)
    assert np.array_equal(a, wanted[0]) and np.array_equal(tau, np.maximum(wanted[1], 0))
    assert generator.shape == dict(num_rx=2, num_rx_ant=4, num_tx=2, num_tx_ant=4, num_paths=paths.tau.shape[-1], num_time_steps=3)
    # the channel that Sionna sums up from them is cfr
    h = (a[..., 0] * np.exp(-2j * np.pi * 5e6 * tau)[:, None, :, None]).sum(axis=-1)
    ours = paths.cfr([5e6], normalize_delays=False)[..., 0, 0]
    assert np.abs(h - ours).max() < 1e-12 * np.abs(ours).max()
    each = formats.cir_generator(paths, per_receiver=True, num_paths=2)
    first, second = list(each())
    assert first[0].shape == (1, 4, 2, 4, 2, 1) and first[0].dtype == np.complex64 and first[1].dtype == np.float32 and len(each) == 2
    assert (second[0] == 0).all() and (second[1] == 0).all()  # in the dark
    strongest = np.sort(np.abs(paths.cir()[0][0, 0, 1, 0, :, 0]))[-2:]
    assert np.allclose(np.sort(np.abs(first[0][0, 0, 1, 0, :, 0])), strongest, rtol=1e-6)
    endless = formats.cir_generator([paths, paths], repeat=True)()
    assert len([next(endless) for _ in range(7)]) == 7
    assert next(formats.cir_generator(empty_paths()[1])())[0].shape == (1, 1, 1, 1, 1, 1)
    with pytest.raises(rw.Error, match="synthetic_array=True"):
        formats.cir_generator(rw.PathSolver()(scene, max_depth=0, synthetic_array=False))
    with pytest.raises(rw.Error, match="one shape"):
        formats.cir_generator([paths, empty_paths()[1]])
    with pytest.raises(rw.Error, match="at least one"):
        formats.cir_generator([])
    with pytest.raises(rw.Error, match="num_paths takes a whole number, got 2.5"):
        formats.cir_generator(paths, num_paths=2.5)


def test_deepmimo_folders(tmp_path, scene, paths):
    folder = tmp_path / "deepmimo_scenarios" / "straße"
    exported = formats.save_deepmimo(folder, scene, paths)
    params = json.loads((folder / "params.json").read_text())
    assert params["txrx_sets"]["txrx_set_0"]["point_names"] == NAMES and params["txrx_sets"]["txrx_set_1"]["num_active_points"] == 1
    assert exported.antennas[NAMES[0]] == {"shape": [2, 2], "spacing": 0.5, "rotation": [0, 0, 0]}
    power = np.load(folder / "power_t000_tx001_r001.npz")["power"]
    # the least y and z of "rx": its first element, polarisation 0
    a = paths.a[0, 0, 1, 0]
    wanted = np.sort(np.abs(a[a != 0]))[::-1]
    assert np.allclose(10 ** (power[0, :len(wanted)] / 20), wanted, rtol=1e-12) and np.isnan(power[0, len(wanted):]).all() and np.isnan(power[1]).all()
    with pytest.raises(rw.Error, match="not empty"):
        formats.save_deepmimo(folder, scene, paths)
    formats.save_deepmimo(folder, scene, paths, overwrite=True)
    (folder / "params.json").unlink()
    with pytest.raises(rw.Error, match="not overwritten"):
        formats.save_deepmimo(folder, scene, paths, overwrite=True)
    with pytest.raises(rw.Error, match="lower case"):
        formats.save_deepmimo(tmp_path / "City", scene, paths)
    with pytest.raises(rw.Error, match="not in the scene as it was"):
        formats.save_deepmimo(tmp_path / "other", empty_paths()[0], paths)
    with pytest.raises(rw.Error, match="solved at 3.5e[+]09 Hz, the scene is at 2.8e[+]10 Hz"):
        formats.save_deepmimo(tmp_path / "other", canyon(frequency_hz=28e9), paths)
    with pytest.raises(rw.Error, match="tx_slant must be in 0 to 0"):
        formats.save_deepmimo(tmp_path / "other", scene, paths, tx_slant=1)
    with pytest.raises(rw.Error, match="2 receivers.* GB, more than max_bytes"):
        formats.save_deepmimo(tmp_path / "other", scene, paths, max_bytes=100)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deepmimo_scenarios"]


def test_other_extensions_and_places_are_refused(tmp_path, paths, radio_map):
    with pytest.raises(rw.Error, match=r"a GeoTIFF has the extension \.tif"):
        formats.save_geotiff(tmp_path / "m.png", radio_map)
    with pytest.raises(rw.Error, match=r"a MATLAB file has the extension \.mat"):
        formats.save_matlab(tmp_path / "m", paths)
    with pytest.raises(rw.Error, match="cannot be written"):
        formats.save_matlab(tmp_path / "no/such/m.mat", paths)
    with pytest.raises(rw.Error, match="takes a radio map"):
        formats.save_geotiff(tmp_path / "m.tif", paths)
    with pytest.raises(rw.Error, match="a result of raywave is needed"):
        formats.save_matlab(tmp_path / "m.mat", 3)


FULL = """
import pathlib, resource, sys
import numpy as np
import raywave as rw
from raywave import formats
sys.path.insert(0, sys.argv[2])
from formats_test import canyon
place = pathlib.Path(sys.argv[1])
scene = canyon()
paths = rw.PathSolver()(scene, max_depth=1)
radio_map = rw.RadioMapSolver()(scene, cell_size_m=(1, 1), max_depth=0)
held = {id(r): formats.content.content(r) for r in (paths, radio_map)}
for module in (formats.matlab, formats.geotiff, formats.deepmimo):
    module.content = lambda result: held[id(result)]
radar = rw.signal.Fmcw(slope_hz_per_s=1e13, sampling_frequency_hz=1e7, num_samples=160, num_chirps=20)
cube = np.random.default_rng(1).normal(size=(1, 1, 1, 1, 1, 20, 160))
big = {"noise": np.random.default_rng(1).normal(size=100000)}
writers = {"5": lambda: formats.save_matlab(place / "big.mat", big, version="5"), "7.3": lambda: formats.save_matlab(place / "big.mat", big, version="7.3"),
           "tif": lambda: formats.save_geotiff(place / "m.tif", radio_map), "sigmf": lambda: formats.save_sigmf(place / "s", big["noise"], sample_rate_hz=1.0),
           "deepmimo": lambda: formats.save_deepmimo(place / "scenario", scene, paths), "page": lambda: rw.Report("x" * 5000).save(place / "r.html"),
           "plane": lambda: rw.Scene2D.random_uniform_scene(1, 60, 1).save(place / "p.toml"), "cube": lambda: rw.signal.save_cube(place / "c.h5", cube, radar, frequency_hz=77e9),
           "png": lambda: radio_map.plot(place / "m.png"), "svg": lambda: radio_map.plot(place / "m.svg"), "axes": lambda: scene.plot(place / "s.png")}
for writer in writers.values():
    writer()
import shutil
for item in place.iterdir():
    shutil.rmtree(item) if item.is_dir() else item.unlink()
resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
for name, writer in writers.items():
    try:
        writer()
        print(name, "written")
    except rw.Error as error:
        print(name, "refused" if "cannot be written" in str(error) or "cannot write" in str(error) else error)
"""


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    result = subprocess.run([sys.executable, "-c", FULL, str(tmp_path), str(pathlib.Path(__file__).parent)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    assert [line for line in result.stdout.splitlines() if line] == ["5 refused", "7.3 refused", "tif refused", "sigmf refused", "deepmimo refused", "page refused",
                                                                           "plane refused", "cube refused", "png refused", "svg refused", "axes refused"]
    assert not list(tmp_path.iterdir())


def test_missing_packages_are_named_with_the_pip_line(monkeypatch, tmp_path, paths, radio_map):
    for module in ("xarray", "h5py", "rasterio", "scipy.io", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, module, None)
    for call in (paths.to_xarray, lambda: formats.save_matlab(tmp_path / "p.mat", paths, version="7.3"), paths.plot,
                 lambda: formats.save_matlab(tmp_path / "p.mat", paths), lambda: formats.save_geotiff(tmp_path / "m.tif", radio_map)):
        with pytest.raises(rw.Error, match=r"needs the package '.*pip install 'raywave\[formats\]'"):
            call()
    assert not list(tmp_path.iterdir())
