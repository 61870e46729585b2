# SPDX-License-Identifier: Apache-2.0
"""Copies have the same bits and nothing in common; what is pickled comes back so; a line says what a thing is."""
import copy
import pathlib
import pickle

import numpy as np
import pytest
import raywave as rw
from raywave import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANYON = ROOT / "scenes/street_canyon/street_canyon.xml"


def again(thing):
    return pickle.loads(pickle.dumps(thing))


WAYS = [copy.copy, copy.deepcopy]


def devices(scene):
    scene.add(rw.Transmitter("sender/ö", [-30, 0.1, 10], array=rw.PlanarArray(num_rows=2, pattern="tr38901", polarization="cross", polarization_model=1),
                             velocity_m_per_s=[1, 2, 3], look_at=[0, 0, 1], power_dbm=31.25))
    scene.add(rw.Receiver("rx", [30, 0, 1.5], array=rw.PlanarArray(num_cols=3, pattern="hw_dipole")))
    scene.transmitters["sender/ö"].array.element_positions_m = np.array([[0, 0, 0.1], [0.01, 0.02, 1 / 3]])
    return scene


def same_paths(one, other):
    return len(one) > 0 and all(getattr(one, n).tobytes() == getattr(other, n).tobytes() for n in ("a", "tau", "doppler", "vertices", "interactions"))


@pytest.mark.parametrize("way", WAYS)
def test_scenes_and_devices_are_copied_to_the_bit(way):
    scene = devices(rw.load_scene(CANYON, frequency_hz=28e9))
    before = rw.PathSolver()(scene, max_depth=2)
    copied = way(scene)
    assert same_paths(before, rw.PathSolver()(copied, max_depth=2))
    copied.get("rx").position_m = [0, 0, 2]
    copied.materials["concrete"].thickness_m = 9
    assert scene.get("rx").position_m == [30, 0, 1.5] and scene.materials["concrete"].thickness_m != 9
    other = rw.load_scene(CANYON, frequency_hz=28e9)
    for device in (*scene.transmitters.values(), *scene.receivers.values()):
        twin = way(device)
        assert twin is not device and twin.transmits == device.transmits
        other.add(twin)
    assert same_paths(before, rw.PathSolver()(other, max_depth=2))
    array = way(scene.transmitters["sender/ö"].array)
    lone = rw.Scene()
    for name, given in (("one", array), ("two", scene.transmitters["sender/ö"].array)):
        lone.add(rw.Transmitter(name, [0, 0, 0], array=given))
    lone.add(rw.Receiver("rx", [3, 4, 5], array=rw.PlanarArray(polarization="VH")))
    a = rw.PathSolver()(lone).a
    assert a[:, :, 0].tobytes() == a[:, :, 1].tobytes() and np.abs(a).min() > 0
    array.element_positions_m = np.zeros((1, 3))
    assert scene.transmitters["sender/ö"].array.num_elements == 2


@pytest.mark.parametrize("way", [*WAYS, again])
def test_materials_and_objects_come_back_to_the_bit(way):
    scene = rw.load_scene(CANYON)
    strange = rw.Material("ß/1", relative_permittivity=1 + 1 / 3, conductivity_s_per_m=0.1, thickness_m=1e-5, scattering_coefficient=0.3, xpd_coefficient=0.7)
    for material in (*scene.materials.values(), strange, rw.Material("m", perfect_conductor=True)):
        twin = way(material)
        assert twin is not material
        for key in ("name", "itu_name", "relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient",
                    "perfect_conductor", "scattering_pattern", "color"):
            assert getattr(twin, key) == getattr(material, key)
    scene.objects["ground"].velocity_m_per_s = [1, 0, 1 / 3]
    for item in (*scene.objects.values(), rw.Object("none", np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64), "m")):
        twin = way(item)
        assert twin is not item and (twin.name, twin.material, twin.velocity_m_per_s) == (item.name, item.material, item.velocity_m_per_s)
        assert twin.vertices_m.tobytes() == item.vertices_m.tobytes() and twin.triangles.tobytes() == item.triangles.tobytes()


def test_scenes_with_devices_are_pickled_to_the_bit():
    scene = devices(rw.load_scene(CANYON, frequency_hz=28e9))
    scene.bandwidth_hz, scene.temperature_k = 2e8, 111.5
    scene.add(rw.box("crate", [5, 1, 1], 2, "wood"))
    scene.transmitters["sender/ö"].precoding = [1j / 3, 0.5, 0, 1]
    came = again(scene)
    assert (came.frequency_hz, came.bandwidth_hz, came.temperature_k) == (28e9, 2e8, 111.5)
    assert list(came.objects) == list(scene.objects) and list(came.materials) == list(scene.materials)
    options = dict(max_depth=2, diffraction=True)
    assert same_paths(rw.PathSolver()(scene, **options), rw.PathSolver()(came, **options))
    tx, twin = scene.transmitters["sender/ö"], came.transmitters["sender/ö"]
    assert np.array_equal(tx.precoding, twin.precoding) and tx.power_dbm == twin.power_dbm and twin.transmits
    assert (twin.array.pattern, twin.array.polarization) == ("tr38901", "cross")
    for way in (*WAYS, again):
        alone = way(tx)
        assert alone.transmits and list(alone.orientation_rad) == list(tx.orientation_rad) and way(tx.array).element_positions_m.tobytes() == tx.array.element_positions_m.tobytes()


def test_measured_patterns_are_pickled(tmp_path):
    (tmp_path / "sector.msi").write_text("NAME sector\nGAIN 15 dBi\nHORIZONTAL 360\n" + "".join(f"{a} {min(30, (min(a, 360 - a) / 32) ** 2 * 3):.2f}\n" for a in range(360)) +
                                         "VERTICAL 360\n" + "".join(f"{a} {min(30, (min(a, 360 - a) / 5) ** 2 * 3):.2f}\n" for a in range(360)))
    array = rw.PlanarArray(pattern=str(tmp_path / "sector.msi"), polarization="VH", num_cols=2)
    angles = np.linspace(0.1, 3, 20), np.linspace(-3, 3, 20)
    assert again(array).field(*angles).tobytes() == array.field(*angles).tobytes() and again(array).pattern == array.pattern


def test_maps_are_copied():
    scene = devices(rw.load_scene(CANYON))
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=20, max_depth=1)
    for way in WAYS:
        twin = way(radio_map)
        assert twin.path_gain.tobytes() == radio_map.path_gain.tobytes() and twin.rss.tobytes() == radio_map.rss.tobytes()
        before = radio_map.path_gain.copy()
        twin.path_gain[:] = 0
        assert np.array_equal(radio_map.path_gain, before) and before.max() > 0


def same(one, other, names):
    return all(np.asarray(getattr(one, n)).tobytes() == np.asarray(getattr(other, n)).tobytes() for n in names)


def same_gradients(one, other):
    return one.keys() == other.keys() and len(one) > 0 and all(np.asarray(one[k]).tobytes() == np.asarray(other[k]).tobytes() for k in one)


@pytest.mark.parametrize("options", [{"max_depth": 2, "diffraction": True, "refraction": True}, {"max_depth": 1, "synthetic_array": False}, {"los": False, "max_depth": 0}])
def test_paths_are_pickled_with_the_scene_that_they_were_found_in(options, tmp_path):
    scene = devices(rw.load_scene(CANYON, frequency_hz=28e9))
    scene.crs, scene.origin_m = "EPSG:25833", [385e3, 6.67e6, 1 / 3]
    paths = rw.PathSolver()(scene, **options)
    came = again(paths)
    assert came.crs == "EPSG:25833" and came.origin_m == paths.origin_m
    scene.get("rx").position_m = [0, 0, 2]  # what was pickled knows nothing of it
    assert len(came) == len(paths) and repr(came) == repr(paths) and came.to_json() == paths.to_json()
    assert same(came, paths, ("a", "tau", "doppler", "theta_t", "phi_r", "vertices", "interactions", "objects", "path_gain", "mean_delay"))
    assert came.cfr([0.0, 1e6]).tobytes() == paths.cfr([0.0, 1e6]).tobytes()
    if len(paths):
        tangent = {"material/concrete/thickness_m": 1.0, "frequency_hz": 1e6}
        assert same_gradients(came.vjp(a=np.ones_like(paths.a)), paths.vjp(a=np.ones_like(paths.a)))
        assert came.cfr_jvp([0.0], tangent).tobytes() == paths.cfr_jvp([0.0], tangent).tobytes()
    assert pickle.dumps(came) == pickle.dumps(paths)
    assert copy.copy(paths) is paths and copy.deepcopy({1: paths})[1] is paths


@pytest.mark.parametrize("options", [{"max_depth": 1}, {"measurement_surface": "ground", "max_depth": 1, "method": "monte-carlo", "samples_per_tx": 2000}])
def test_maps_are_pickled_with_what_was_written_into_them(options, tmp_path):
    scene = devices(rw.load_scene(CANYON))
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=20, **options)
    came = again(radio_map)
    assert same(came, radio_map, ("path_gain", "rss", "sinr", "cell_centers", "center_m", "size_m")) and came.tx_names == radio_map.tx_names
    if "measurement_surface" not in options:  # maps on meshes have no derivatives and no picture
        ones = np.ones_like(radio_map.path_gain)
        assert same_gradients(came.vjp(path_gain=ones), radio_map.vjp(path_gain=ones))
        came.plot(tmp_path / "map.png")
    radio_map.path_gain[:] = 0.25
    assert (again(radio_map).path_gain == 0.25).all() and not (came.path_gain == 0.25).any()


def test_wave_fields_are_pickled_with_their_march():
    field = wave.Scene(grid=wave.Grid(64, spacing_m=0.02), frequency_hz=5.8e9, z_end_m=0.5, sources=[wave.GaussianBeam(waist_m=0.2), wave.PointSource("p", distance_m=0.3)],
                       objects=[wave.rectangle([0, 0.2], [0.3, 0.05], rw.itu_material("concrete")), wave.rectangle([0, 0.4], [0.2, 0.02], "pec")])
    for result in (wave.simulate(field, output_z_m=[0.3, 0.5]), wave.simulate(field, num_reflections=1)):
        came = again(result)
        assert same(came, result, ("field", "x_m", "y_m", "z_m", "power_w_per_m"))
        assert came.choices == result.choices and came.warnings == result.warnings and came.cones == result.cones
        points = np.array([[0.01, 0.51], [0.02, 0.6]])
        assert came.at(points, source=1).tobytes() == result.at(points, source=1).tobytes()
    assert came.backward.tobytes() == result.backward.tobytes()
    once = wave.simulate(field)
    assert same_gradients(again(once).vjp(np.ones_like(once.field)), once.vjp(np.ones_like(once.field)))
    assert copy.deepcopy(once) is once


def mirror(before, at, after, a, b, numbers):
    """Equal angles with the wall a to b, as a law in Python."""
    t = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)

    def along(p):
        d = p - at
        return (d * t).sum(axis=1) / np.linalg.norm(d, axis=1)

    return along(before) + along(after)


def test_the_plane_is_pickled_laws_and_all():
    scene = rw.Scene2D.square_scene_with_wall()
    scene.add_own("mirror", [0.2, 0.9], [0.8, 0.95], mirror)
    scene.add_material(rw.itu_material("brick"))
    scene.add_wall("brick", [0.3, 0.3], [0.35, 0.3], material="brick")
    paths = scene.trace(max_order=1, method="min-path")
    for came in (again(scene), copy.copy(scene), copy.deepcopy(scene)):
        assert came is not scene and came.objects == scene.objects and came.transmitters == scene.transmitters
        assert same(came.trace(max_order=1, method="min-path"), paths, ("valid", "power", "length_m", "vertices_flat"))
    came = again(paths)
    columns = ("tx", "rx", "order", "valid", "power", "length_m", "loss", "departure_rad", "arrival_rad", "vertices_flat")
    assert len(paths) > 0 and same(came, paths, columns) and [came.objects(i) for i in range(len(came))] == [paths.objects(i) for i in range(len(paths))]
    assert same_gradients(came.vjp(power=paths.valid), paths.vjp(power=paths.valid))
    assert copy.deepcopy(paths) is paths and repr(paths) == f"Paths2D({len(paths)} path{'s' * (len(paths) != 1)})" and repr(scene).startswith("Scene2D(")
    with pytest.raises((pickle.PicklingError, AttributeError)):  # a law that has no name cannot go elsewhere
        scene.add_own("unnamed", [0.1, 0.1], [0.15, 0.1], lambda *given: given[0][:, 0])
        pickle.dumps(scene)


def test_echoes_and_parameters_are_pickled():
    echoes = rw.signal.Echoes(np.full((1, 2, 3), 1 / 3 + 1j), np.arange(3) * 1e-8, [0.0, 1.0, 2.0], frequency_hz=77e9)
    waveform = rw.signal.Fmcw(slope_hz_per_s=1e13, sampling_frequency_hz=1e7, num_samples=64, num_chirps=4)
    came = again(echoes)
    assert repr(came) == repr(echoes) == "Echoes(3 paths, 77 GHz)"
    assert came.samples(waveform).tobytes() == echoes.samples(waveform).tobytes()
    for name, parameter in devices(rw.load_scene(CANYON)).parameters().items():
        twin = again(parameter)
        assert (twin.name, twin.shape, twin.unit, twin.lower, twin.upper, twin.solvers) == (name, parameter.shape, parameter.unit, parameter.lower, parameter.upper, parameter.solvers)
        assert twin.value.tobytes() == parameter.value.tobytes() and repr(twin) == repr(parameter)


def test_damaged_and_foreign_pickles_are_refused():
    scene = devices(rw.load_scene(CANYON))
    paths = rw.PathSolver()(scene, max_depth=1)
    state = paths.__getstate__()
    version = rw.__version__.encode()
    assert state.count(version) >= 1
    for bad, why in ((state[:-1], "damaged"), (state[:40], "damaged"), (state + b"x", "damaged"), (b"", "ends early"),
                     (state.replace(version, b"9.9.9", 1), "9.9.9")):
        with pytest.raises(rw.Error, match=why):
            type(paths).__new__(type(paths)).__setstate__(bad)
    for place in np.random.default_rng(1).integers(state.index(version) + len(version), len(state), 300):  # one bit of a number, wherever it is
        bad = bytearray(state)
        bad[place] ^= 1 << int(place) % 8
        with pytest.raises(rw.Error, match="damaged"):
            type(paths).__new__(type(paths)).__setstate__(bytes(bad))


def test_the_rest_is_pickled_and_copied():
    for way in (*WAYS, again):
        assert repr(way(rw.PathSolver())) == "PathSolver()" and repr(way(rw.RadioMapSolver())) == "RadioMapSolver()"
    scene = devices(rw.load_scene(CANYON))
    paths = rw.PathSolver()(scene, max_depth=1)
    for way in (again, copy.deepcopy):
        for array in (paths.a, paths.vertices, scene.objects["ground"].vertices_m):
            assert type(way(array)) is np.ndarray and way(array).flags.writeable and way(array).tobytes() == array.tobytes()
        assert way(scene.get("rx").position_m) == [30, 0, 1.5] and type(way(scene.get("rx").position_m)) is list
        field = wave.Scene(grid=wave.Grid(64, spacing_m=0.02), frequency_hz=5.8e9, z_end_m=0.5, sources=[wave.GaussianBeam(waist_m=0.2)],
                           objects=[wave.rectangle([0, 0.2], [0.3, 0.05], rw.itu_material("concrete"))])
        assert wave.simulate(way(field)).field.tobytes() == wave.simulate(field).field.tobytes()


def test_a_line_says_what_a_thing_is():
    scene = devices(rw.load_scene(CANYON, frequency_hz=28e9))
    paths = rw.PathSolver()(scene, max_depth=0)
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=20, max_depth=0)
    lines = {scene: "Scene(9 objects, 5 materials, 1 transmitter, 1 receiver, 28 GHz)", scene.get("rx"): "Receiver('rx', [30, 0, 1.5], 3 ports)",
             scene.objects["ground"]: "Object('ground', 2 triangles, material='concrete')", paths: "Paths(1 path, 1 transmitter, 1 receiver, 28 GHz)",
             scene.materials["glass"]: f"Material('glass', itu_name='glass', thickness_m={scene.materials['glass'].thickness_m:.6g})",
             rw.Material("m", perfect_conductor=True): "Material('m', perfect_conductor=True)", rw.PlanarArray(num_cols=2, polarization="VH"): "AntennaArray(2 elements, 4 ports)",
             radio_map: "RadioMap(9 x 6 cells, 1 transmitter: 'sender/ö')"}
    for thing, line in lines.items():
        assert repr(thing) == line
    assert repr(scene.get("sender/ö")).startswith("Transmitter('sender/ö', [-30, 0.1, 10], orientation_rad=[") and "\n" not in repr(scene.get("sender/ö"))
    assert repr(rw.PathSolver()(scene, los=False, max_depth=0)).startswith("Paths(0 paths")
