# SPDX-License-Identifier: Apache-2.0
"""The module raywave: words, shapes, errors, edits. The physics is tested in C++."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import raywave as rw

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANYON = ROOT / "scenes/street_canyon/street_canyon.xml"
SPEED_OF_LIGHT = 299792458.0


def canyon():
    scene = rw.load_scene(ROOT / "scenes/street_canyon/street_canyon.xml")
    scene.add(rw.Transmitter("tx", [-30, 0, 10]))
    scene.add(rw.Receiver("rx", [30, 0, 1.5], array=rw.PlanarArray(num_cols=2, polarization="VH")))
    return scene


def test_what_others_hold_at_the_end_is_no_leak():
    """PyTorch holds a loss with its graph until Python is gone."""
    code = "import ctypes, raywave as rw; scene = rw.Scene(); ctypes.pythonapi.Py_IncRef(ctypes.py_object(scene))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_free_space_is_friis():
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    scene.add(rw.Transmitter("tx", [0, 0, 0]))
    scene.add(rw.Receiver("rx", [3, 4, 0]))
    paths = rw.PathSolver()(scene)
    assert len(paths) == 1
    assert paths.a.shape == (1, 1, 1, 1, 1) and paths.a.dtype == np.complex128
    assert paths.tau[0, 0, 0] == pytest.approx(5 / SPEED_OF_LIGHT, rel=1e-15)
    assert abs(paths.a[0, 0, 0, 0, 0]) == pytest.approx(scene.wavelength_m / (4 * np.pi * 5), rel=1e-14)


def test_arrays_have_the_documented_shapes():
    paths = rw.PathSolver()(canyon(), max_depth=2)
    n = len(paths)
    assert paths.a.shape == (1, 4, 1, 1, n)
    for name in ("tau", "theta_t", "phi_t", "theta_r", "phi_r", "doppler", "valid"):
        assert getattr(paths, name).shape == (1, 1, n), name
    assert paths.interactions.shape == paths.objects.shape == (2, 1, 1, n)
    assert paths.vertices.shape == (2, 1, 1, n, 3)
    assert paths.a is paths.a  # made once
    exact = rw.PathSolver()(canyon(), max_depth=1, synthetic_array=False)
    assert exact.tau.shape == exact.a.shape


def test_iteration_is_ragged_and_agrees_with_the_json():
    paths = rw.PathSolver()(canyon(), max_depth=2)
    listed = list(paths)
    document = json.loads(paths.to_json())["paths"]
    assert len(listed) == len(document) == len(paths)
    for path, row in zip(listed, document):
        assert path["delay_s"] == row["delay_s"] and path["interactions"] == row["interactions"]
        assert path["vertices_m"].tolist() == row["vertices_m"]


def test_edges_bend_waves_round_a_screen():
    """Behind the middle of a tall conducting sheet, with nothing else there: a path over each upright edge and the top."""
    scene = rw.Scene()
    scene.add(rw.Material("mirror", perfect_conductor=True))
    sheet = np.array([[0, -2, 0], [0, 2, 0], [0, 2, 6], [0, -2, 6]], dtype=float)
    scene.add(rw.Object("sheet", sheet, np.array([[0, 1, 2], [0, 2, 3]]), "mirror"))
    scene.add(rw.Transmitter("tx", [-5, 0, 3]))
    scene.add(rw.Receiver("rx", [5, 0, 3]))
    assert len(rw.PathSolver()(scene)) == 0
    paths = rw.PathSolver()(scene, diffraction=True, max_diffractions=1)
    assert set(paths.interactions[paths.interactions > 0].tolist()) == {8}
    assert {"diffraction"} == {word for path in paths for word in path["interactions"]}
    assert paths.tau.min() * SPEED_OF_LIGHT == pytest.approx(2 * np.hypot(5, 2), rel=1e-14)
    assert {path["objects"][0] for path in paths} == {"sheet"}
    dark = dict(center_m=[5, 0, 3], size_m=[1, 1], cell_size_m=(1, 1))
    assert rw.RadioMapSolver()(scene, **dark).path_gain.max() == 0
    gain = rw.RadioMapSolver()(scene, **dark, diffraction=True).path_gain
    assert gain[0, 0, 0] > 0


def test_channels_follow_from_the_paths():
    paths = rw.PathSolver()(canyon(), max_depth=2)
    frequencies = [0.0, 1e6, -2.5e6]
    h = paths.cfr(frequencies, normalize_delays=False)
    assert h.shape == (1, 4, 1, 1, 1, 3)
    f = 3.5e9 + np.array(frequencies)
    expected = (paths.a[0, :, 0, 0, :, None] * np.exp(-2j * np.pi * f * paths.tau[0, 0, :, None])).sum(axis=1)
    assert np.allclose(h[0, :, 0, 0, 0], expected, rtol=0, atol=1e-9 * abs(expected).max())
    a, tau = paths.cir(num_time_steps=2, sampling_frequency_hz=1e3)
    assert a.shape == (1, 4, 1, 1, len(paths), 2) and tau.shape == (1, 1, len(paths)) and tau.min() == 0
    assert paths.taps(20e6, -2, 7).shape == (1, 4, 1, 1, 1, 10)
    assert paths.link_statistics("tx", "rx")["path_gain"] > 0


def test_map_shares_its_memory_and_saves(tmp_path):
    scene = canyon()
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=(4, 4), max_depth=1)
    assert radio_map.path_gain.shape == radio_map.sinr.shape == (1, *radio_map.cell_centers.shape[:2])
    assert np.shares_memory(radio_map.path_gain, radio_map.path_gain)
    gain = radio_map.path_gain
    del radio_map
    assert gain.max() > 0  # the array keeps the map alive
    again = rw.RadioMapSolver()(scene, cell_size_m=(4, 4), max_depth=1)
    again.save(tmp_path / "map.npz")
    assert (np.load(tmp_path / "map.npz")["path_gain"] == gain).all()
    again.plot(tmp_path / "map.png")
    again.plot(tmp_path / "best.svg", metric="association")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_maps_over_other_surfaces():
    scene = canyon()
    tilted = rw.RadioMapSolver()(scene, center_m=[0, 0, 5], size_m=[20, 10], orientation_rad=[0, 0.1, 0], cell_size_m=(2, 2), max_depth=0)
    assert tilted.path_gain.shape == (1, 5, 10)
    name = next(n for n in scene.objects if n != "ground")
    faces = rw.RadioMapSolver()(scene, measurement_surface=[name], max_depth=0)
    assert faces.path_gain.shape == (1, 1, len(scene.objects[name].triangles))
    ground = rw.RadioMapSolver()(scene, terrain=["ground"], cell_size_m=(5, 5), max_depth=0)
    assert np.allclose(ground.cell_centers[..., 2], 1.5)


def test_edits_reach_the_next_solve_and_geometry_is_prepared_once():
    scene = canyon()
    solve = rw.PathSolver()
    first = solve(scene, max_depth=1)
    scene.transmitters["tx"].position_m = [-20, 1, 12]
    scene.materials["concrete"].thickness_m = 0.3
    second = solve(scene, max_depth=1)
    assert scene.times_prepared == 1
    assert second.tau.min() < first.tau.min()
    name = next(n for n in scene.objects if n != "ground")
    scene.objects[name].vertices_m = scene.objects[name].vertices_m + [0, 0, 1.0]
    solve(scene, max_depth=1)
    assert scene.times_prepared == 2
    scene.remove(name)
    assert name not in scene.objects
    solve(scene, max_depth=1)
    assert scene.times_prepared == 3


def test_an_edit_that_fails_leaves_the_scene_whole():
    scene = canyon()
    before = rw.PathSolver()(scene, max_depth=2)
    wall = np.array([[0, -50, 0], [0, 50, 0], [0, 50, 50], [0, -50, 50]], dtype=float)
    scene.add(rw.Object("wall", wall, np.array([[0, 1, 2], [0, 2, 3]]), "unheard_of"))
    with pytest.raises(rw.Error, match="unheard_of"):
        rw.PathSolver()(scene, max_depth=2)
    scene.remove("wall")
    after = rw.PathSolver()(scene, max_depth=2)
    assert scene.times_prepared == 1
    assert after.object_names == before.object_names
    assert np.array_equal(after.tau, before.tau) and np.array_equal(after.a, before.a)


def test_a_change_that_would_be_lost_is_refused_with_what_to_do():
    scene = rw.load_scene(CANYON)
    tx = rw.Transmitter("tx", [8.5, 0, 10], velocity_m_per_s=[1, 2, 3])
    scene.add(tx)
    scene.add(rw.Receiver("rx", [30, 0, 1.5]))
    wall = next(iter(scene.objects.values()))
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=(20, 20), max_depth=0)
    paths = rw.PathSolver()(scene, max_depth=1)
    lists = [(tx.position_m, "tx.position_m = [x, y, z]"), (tx.orientation_rad, "tx.orientation_rad ="), (tx.velocity_m_per_s, "velocity"),
             (wall.velocity_m_per_s, "velocity"), (radio_map.center_m, "copy"), (radio_map.size_m, "copy")]
    for values, hint in lists:
        before = list(values)
        with pytest.raises(TypeError, match="would be lost.*") as refused:
            values[0] = 50
        assert hint in str(refused.value) and values == before
        with pytest.raises(TypeError):
            values += [1, 2, 3]
    names = ["a", "tau", "theta_t", "phi_t", "theta_r", "phi_r", "doppler", "valid", "interactions", "objects", "vertices", "path_gain", "mean_delay"]
    arrays = [(wall.vertices_m, "obj.vertices_m"), (wall.triangles, "new rw.Object"), (radio_map.rss, "copy"), (radio_map.sinr, "copy"),
              (radio_map.cell_centers, "copy"), (scene.parameters()["device/tx/position_m"].value, "set_parameter"),
              (tx.array.element_positions_m, "element_positions_m =")] + [(getattr(paths, n), "copy") for n in names]
    for values, hint in arrays:
        for place in (0, slice(None), (..., 0), -1):
            if len(values) or not isinstance(place, int):
                with pytest.raises(TypeError, match="would be lost") as refused:
                    values[place] = 0
                assert hint in str(refused.value)
        with pytest.raises(ValueError):
            values.fill(0)
    assert type(wall.vertices_m + 1) is np.ndarray and type(np.array(paths.a)) is np.ndarray
    free = wall.vertices_m.copy()
    free[0] += 1
    free *= 2
    assert np.array_equal(free[1:], 2 * wall.vertices_m[1:]) and np.array_equal(free[0], 2 * wall.vertices_m[0] + 2)
    assert json.loads(json.dumps(tx.position_m)) == [8.5, 0, 10] == tx.position_m


def test_changes_by_operators_take_effect():
    scene = rw.load_scene(CANYON)
    wall = next(iter(scene.objects.values()))
    before = wall.vertices_m
    wall.vertices_m += [1.0, 0.0, 0.0]
    assert np.array_equal(wall.vertices_m, before + [1, 0, 0]) and not np.array_equal(wall.vertices_m, before)
    wall.vertices_m = before
    assert np.array_equal(wall.vertices_m, before)
    tx = rw.Transmitter("tx", [8.5, 0, 10], array=rw.PlanarArray(num_cols=2))
    first = tx.array
    tx.array.element_positions_m = np.array([[0, 0, 0], [0, 0.3, 0], [0, 0.6, 0]])
    assert tx.array.num_elements == 3 and first.num_elements == 2
    second = tx.array
    tx.array = rw.PlanarArray()
    second.element_positions_m = np.zeros((4, 3))  # no longer tx's
    assert tx.array.num_elements == 1 and second.num_elements == 4
    tx.array = first
    assert tx.array.num_elements == 2


def test_a_map_of_a_size_lies_at_its_height():
    scene = rw.load_scene(CANYON)
    scene.add(rw.Transmitter("tx", [0, 0, 10]))
    solve = rw.RadioMapSolver()
    for words, level in [({}, 1.5), (dict(height_m=4), 4)]:
        radio_map = solve(scene, size_m=(20, 10), cell_size_m=(5, 5), max_depth=0, **words)
        assert radio_map.center_m[2] == level and np.all(radio_map.cell_centers[..., 2] == level)
    assert solve(scene, center_m=[0, 0, 3], size_m=(20, 10), max_depth=0).center_m == [0, 0, 3]
    with pytest.raises(rw.Error, match="center_m or height_m, not both"):
        solve(scene, center_m=[0, 0, 3], height_m=2, size_m=(20, 10), max_depth=0)


def test_what_a_result_cannot_be_is_said():
    scene = rw.load_scene(CANYON)
    tx = rw.Transmitter("tx", [0, 0, -5])
    scene.add(tx)
    with pytest.warns(UserWarning, match="'tx' at z = -5 m lies under 'ground'.*covers no cell"):
        rw.RadioMapSolver()(scene, cell_size_m=(20, 20), max_depth=0)
    scene.add(rw.Receiver("rx", [0.001, 0, 10]))
    tx.position_m = [0, 0, 10]
    with pytest.warns(UserWarning, match="no passive channel brings more.*wavelengths apart"):
        rw.PathSolver()(scene, max_depth=0)
    scene.get("rx").position_m = [0, 0, -5]
    with pytest.warns(UserWarning, match="receiver 'rx' at z = -5 m lies under 'ground'"):
        rw.PathSolver()(scene, max_depth=0)


def plate(name, lo, hi, z=3.0):
    corners = np.array([[lo, -4, z], [hi, -4, z], [hi, 4, z], [lo, 4, z]], float)
    return rw.Object(name, corners, np.array([[0, 1, 2], [0, 2, 3]]), "metal")


def test_a_roof_alone_is_no_ground():
    """Devices under a canopy are heard past its rim; under a ground nothing is, and that is said."""
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.itu_material("metal"))
    scene.add(plate("sheet", -6, 6))
    scene.add(rw.Transmitter("tx", [-1, 0.5, 8]))
    scene.add(rw.Receiver("rx", [2, -0.5, 0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(rw.PathSolver()(scene, max_depth=1, diffraction=True)) > 0
        rw.RadioMapSolver()(scene, size_m=(4, 4), height_m=1, cell_size_m=(2, 2), max_depth=1, diffraction=True)
    with pytest.warns(UserWarning, match="receiver 'rx' at z = 0 m lies under 'sheet'"):
        rw.PathSolver()(scene, max_depth=1)


def test_seam_tolerance_closes_cracks():
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.itu_material("metal"))
    scene.add(plate("left", -6, 0))
    scene.add(plate("right", 0.005, 6))
    scene.add(rw.Transmitter("tx", [-1, 0.5, 8]))
    scene.add(rw.Receiver("rx", [2, -0.5, 0]))
    over_edges = lambda **words: sum("diffraction" in p["interactions"] for p in rw.PathSolver()(scene, max_depth=1, diffraction=True, **words))
    assert over_edges() == over_edges(seam_tolerance_m=0.006) == 4
    assert over_edges(seam_tolerance_m=0.004) == 6 and over_edges(seam_tolerance_m=0) >= 6  # long sides are cut in two, or joined at their ends
    cells = dict(center_m=[2, -0.5, 0], size_m=(1, 1), cell_size_m=(1, 1), max_depth=1, diffraction=True)
    gain = lambda **words: rw.RadioMapSolver()(scene, **cells, **words).path_gain.item()
    assert gain() == gain(seam_tolerance_m=0.006) < gain(seam_tolerance_m=0.004)
    for solve, words in ((rw.PathSolver(), {}), (rw.RadioMapSolver(), cells)):
        with pytest.raises(rw.Error, match="seam_tolerance_m must be >= 0, got -1"):
            solve(scene, seam_tolerance_m=-1, **words)


def test_taps_are_normalised_to_unit_energy():
    scene = rw.load_scene(CANYON)
    scene.add(rw.Transmitter("tx", [-30, 0, 10], array=rw.PlanarArray(num_cols=2)))
    scene.add(rw.Receiver("rx", [30, 0, 1.5]))
    h = rw.PathSolver()(scene, max_depth=2).taps(20e6, -6, 20, normalize=True)
    assert (np.abs(h) ** 2).sum(axis=-1).mean() == pytest.approx(1, rel=1e-12)


def test_names_lead_to_what_the_scene_holds():
    scene = canyon()
    assert scene.get("concrete") is scene.materials["concrete"]
    assert scene.get("tx") is scene.transmitters["tx"]
    with pytest.raises(TypeError):
        scene.transmitters["other"] = rw.Transmitter("other", [0, 0, 3])
    with pytest.raises(rw.Error, match="no device or object named 'concrete'"):
        scene.remove("concrete")


def test_a_scene_made_by_hand():
    scene = rw.Scene()
    scene.add(rw.Material("mirror", perfect_conductor=True))
    scene.add(rw.Object("floor", np.array([[-50, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]], dtype=float),
                        np.array([[0, 1, 2], [0, 2, 3]]), "mirror"))
    scene.add(rw.Transmitter("tx", [0, 0, 10], look_at=[10, 0, 0]))
    scene.add(rw.Receiver("rx", [20, 0, 10]))
    paths = rw.PathSolver()(scene, finder="exhaustive")
    assert len(paths) == 2
    assert paths.tau[0, 0, 1] * SPEED_OF_LIGHT == pytest.approx(np.hypot(20, 20), rel=1e-14)


@pytest.mark.parametrize("edit, part", [
    (lambda s: rw.PathSolver()(s, max_depth=-1), "max_depth must be >= 0"),
    (lambda s: rw.PathSolver()(s, finder="exhaustiv"), "did you mean 'exhaustive'"),
    (lambda s: rw.PathSolver()(s, diffuse_reflection=True, scattering_tolerance=0), "scattering_tolerance must be > 0"),
    (lambda s: rw.PathSolver()(s, reflection="directionl"), "did you mean 'directional'"),
    (lambda s: rw.PathSolver()(s, lobe="von_mises_fisher(kappa=3)"), "lobe: it needs reflection='directional'"),
    (lambda s: rw.PathSolver()(s, reflection="directional", lobe="von_mises_fisher(kappa=-3)"), "kappa must be > 0"),
    (lambda s: rw.PathSolver()(s, reflection="directional", lobe=3), "lobe takes a lobe as text"),
    (lambda s: rw.PathSolver()(s, edge_diffraction=True), "edge_diffraction=True: diffraction=True has"),
    (lambda s: rw.PathSolver()(s, diffraction=True, max_diffractions=4), "max_diffractions"),
    (lambda s: setattr(s, "frequency_hz", -1.0), "frequency_hz must be > 0"),
    (lambda s: s.add(rw.Receiver("tx", [0, 0, 0])), "the name 'tx' is used already"),
    (lambda s: s.get("ty"), "did you mean 'tx'"),
    (lambda s: rw.Transmitter("t", [0, 0, float("nan")]), "position_m must be finite"),
    (lambda s: rw.PlanarArray(pattern="is"), "did you mean 'iso'"),
    (lambda s: rw.itu_material("concret"), "did you mean 'concrete'"),
    (lambda s: setattr(s.objects["ground"], "vertices_m", np.zeros((4, 2))), r"numbers of the shape \[num_vertices, 3\], got the shape \(4, 2\)"),
    (lambda s: setattr(s.objects["ground"], "vertices_m", [["a", "b", "c"]] * 4), "vertices_m takes numbers"),
    (lambda s: rw.Object("o", [[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 1.5]], "brick"), "triangles takes whole numbers"),
    (lambda s: rw.Object("o", [[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1], [2]], "brick"), "triangles takes whole numbers"),
    (lambda s: rw.Object("o", [[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], 5), "material takes a rw.Material or its name, got int"),
    (lambda s: setattr(s, "frequency_hz", "3GHz"), "frequency_hz takes a number, got '3GHz'"),
    (lambda s: s.add(3), "scene.add takes a rw.Transmitter"),
    (lambda s: setattr(s.transmitters["tx"], "position_m", [1, 2]), "position_m of 'tx' takes three numbers"),
    (lambda s: setattr(s.transmitters["tx"], "power_dbm", "x"), "power_dbm of 'tx' takes a number"),
    (lambda s: setattr(s.transmitters["tx"], "array", 3), "array of 'tx' takes a rw.PlanarArray"),
    (lambda s: setattr(s.objects["ground"], "velocity_m_per_s", 1), "velocity_m_per_s of 'ground' takes three numbers"),
    (lambda s: setattr(s.materials["brick"], "relative_permittivity", 0.5), "relative_permittivity of 'brick' must be >= 1, got 0.5"),
    (lambda s: setattr(s.materials["brick"], "thickness_m", 0), "thickness_m of 'brick' must be > 0, got 0"),
    (lambda s: setattr(s.materials["brick"], "conductivity_s_per_m", float("nan")), "takes|must be >= 0"),
    (lambda s: setattr(s.materials["brick"], "scattering_coefficient", 1.5), "must be from 0 to 1, got 1.5"),
    (lambda s: setattr(s.materials["brick"], "itu_name", "concret"), "did you mean 'concrete'"),
    (lambda s: setattr(s.materials["brick"], "color", [0, 0, 2]), "from 0 to 1"),
    (lambda s: rw.PlanarArray(num_rows=1.5), "num_rows takes a whole number, got 1.5"),
    (lambda s: rw.PathSolver()(s, max_depth=0).cfr("fast"), "frequencies_hz takes a list of numbers"),
    (lambda s: rw.PathSolver()(s, max_depth=0).cfr(np.zeros((2, 2))), "frequencies_hz takes a list of numbers"),
    (lambda s: setattr(s.objects["ground"], "vertices_m", np.full((4, 3), np.nan)), "not finite"),
    (lambda s: rw.RadioMapSolver()(s, cell_size_m=(0, 1)), "cell_size_m.x must be > 0"),
    (lambda s: rw.RadioMapSolver()(s, cell_size_m=(1e-4, 1e-4)), "GB"),
    (lambda s: rw.RadioMapSolver()(s, measurement_surface=["ground"], terrain=["ground"]), "not both"),
    (lambda s: rw.load_scene("no/such/scene.xml"), "no/such/scene.xml"),
])
def test_bad_input_is_named(edit, part):
    with pytest.raises(rw.Error, match=part.replace(".", r"\.")):
        edit(canyon())


def test_unknown_options_name_the_nearest():
    with pytest.raises(TypeError, match="max_depth"):
        rw.PathSolver()(canyon(), max_deph=3)


def test_warnings_are_pythons():
    scene = canyon()
    scene.frequency_hz = 923e6
    with pytest.warns(UserWarning, match="concrete"):
        rw.PathSolver()(scene, max_depth=1)


def test_progress_is_reported_and_its_exceptions_end_the_run():
    scene = rw.load_scene(ROOT / "scenes/old_town/old_town.xml")
    scene.add(rw.Transmitter("tx", [-20, 10, 35]))

    def stop(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        rw.RadioMapSolver()(scene, method="monte-carlo", samples_per_tx=200_000_000, progress=stop)


def test_progress_comes_to_its_end():
    calls = []
    rw.RadioMapSolver()(canyon(), method="monte-carlo", samples_per_tx=10_000, progress=lambda *call: calls.append(call))
    done, total = calls[-1]
    assert done == total > 0


def test_interrupt_ends_a_long_run():
    code = """
import signal
import raywave as rw
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell starts its programs with SIGINT ignored
scene = rw.load_scene("scenes/old_town/old_town.xml")
scene.add(rw.Transmitter("tx", [-20, 10, 35]))
print("running", flush=True)
rw.RadioMapSolver()(scene, method="monte-carlo", samples_per_tx=2_000_000_000)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "running\n"
    threading.Timer(1.0, process.send_signal, [2]).start()
    begin = time.monotonic()
    _, errors = process.communicate(timeout=120)
    assert "KeyboardInterrupt" in errors
    assert process.returncode != 0 and time.monotonic() - begin < 110


def test_preview_outside_a_notebook_writes_a_page():
    scene = canyon()
    paths = rw.PathSolver()(scene, max_depth=1)
    page = pathlib.Path(scene.preview(paths))
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    page.unlink()


def test_the_stub_is_what_the_module_says(tmp_path):
    kept = ROOT / "python/raywave/_raywave.pyi"
    if not kept.exists():
        pytest.skip("the module's source and what makes stubs are elsewhere: an installed wheel")
    made = tmp_path / "_raywave.pyi"
    subprocess.run([sys.executable, ROOT / "tools/make_stub.py", str(made)], check=True)
    assert made.read_text() == kept.read_text(), "make it anew: ./dev python tools/make_stub.py"


def test_map_cells_on_a_mesh_are_its_own_triangles():
    """Faces without area and faces given twice keep their place."""
    scene = rw.Scene()
    scene.add(rw.itu_material("concrete"))
    vertices = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]], dtype=float)
    triangles = np.array([[0, 1, 1], [0, 1, 2], [0, 2, 3], [0, 1, 2]])
    scene.add(rw.Object("floor", vertices, triangles, "concrete"))
    scene.add(rw.Transmitter("tx", [1, 1, 3]))
    radio_map = rw.RadioMapSolver()(scene, measurement_surface=["floor"], max_depth=0)
    floor = scene.objects["floor"]
    assert (floor.triangles == triangles).all()
    assert np.allclose(radio_map.cell_centers[0], floor.vertices_m[triangles].mean(axis=1))
    assert (radio_map.path_gain[0, 0] > 0).tolist() == [False, True, True, True]


def test_a_map_with_a_size_alone_lies_at_its_height():
    radio_map = rw.RadioMapSolver()(canyon(), size_m=[40, 10], height_m=2.5, max_depth=0)
    assert radio_map.center_m[2] == 2.5 and (radio_map.cell_centers[..., 2] == 2.5).all()


def test_values_are_taken_as_they_are_written():
    scene = canyon()
    corners, sides = [[0, 0, 50], [1, 0, 50], [0, 1, 50]], [[0, 1, 2]]
    lists = rw.Object("lists", corners, sides, scene.materials["brick"])
    arrays = rw.Object("arrays", np.array(corners, np.float32), np.array(sides, np.uint8), "brick")
    assert lists.material == "brick" and np.array_equal(lists.vertices_m, arrays.vertices_m) and np.array_equal(lists.triangles, arrays.triangles)
    lists.vertices_m = np.asfortranarray(np.array(corners) + 1)
    assert np.array_equal(lists.vertices_m, np.array(corners) + 1)
    lists.material = scene.materials["concrete"]
    assert lists.material == "concrete"
    scene.frequency_hz = np.float32(2e9)
    assert scene.frequency_hz == 2e9 and rw.PlanarArray(2.0, np.int32(3), polarization_model="tr38901_1").num_ant == 6
    paths = rw.PathSolver()(scene, max_depth=0)
    assert paths.cfr(0).shape == (*paths.a.shape[:4], 1, 1) and paths.cfr((0, 1)).shape[-1] == 2


def test_options_take_numbers_as_they_are_written():
    scene = canyon()
    assert len(rw.PathSolver()(scene, max_depth=2.0, samples_per_src=1e4, seed=np.float64(3), los=1, diffraction=np.bool_(False))) > 0
    a = rw.RadioMapSolver()(scene, cell_size_m=20, size_m=80.0, max_depth=np.int32(1), orientation_rad=np.zeros(3, np.float32))
    b = rw.RadioMapSolver()(scene, cell_size_m=(20, 20), size_m=(80, 80), max_depth=1)
    assert a.path_gain.shape == b.path_gain.shape and (a.path_gain == b.path_gain).all()
    by_name = rw.RadioMapSolver()(scene, measurement_surface="ground", max_depth=0)
    by_object = rw.RadioMapSolver()(scene, measurement_surface=scene.objects["ground"], max_depth=0)
    assert (by_name.path_gain == by_object.path_gain).all()


@pytest.mark.parametrize("key, value, part", [
    ("max_depth", 2.5, "max_depth takes a whole number, got 2.5"), ("max_depth", "2", "max_depth takes a whole number, got '2'"),
    ("max_depth", None, "max_depth takes a whole number, got None"), ("max_depth", 1e12, "max_depth takes a whole number below"),
    ("max_depth", True, "max_depth takes a whole number, got True"), ("seed", -1, "seed takes a whole number >= 0"),
    ("los", "yes", "los takes True or False, got 'yes'"), ("diffraction", 2, "diffraction takes True or False, got 2"),
    ("cell_size_m", (5, 5, 5), "cell_size_m takes a length or two"), ("cell_size_m", "5", "cell_size_m takes a length or two, got '5'"),
    ("center_m", (0, 0), "center_m takes three numbers, got"), ("height_m", "2", "height_m takes a number, got '2'"),
    ("orientation_rad", 0.1, "orientation_rad takes three numbers, got 0.1"), ("measurement_surface", 3, "the name of an object or a list of names"),
    ("method", 1, "method takes a word, got 1"), ("progress", 1, "progress takes a function"), ("cell_size_m", 0, "cell_size_m.x must be > 0"),
    ("samples_per_tx", float("inf"), "samples_per_tx takes a whole number"),
])
def test_values_that_an_option_cannot_have_are_named(key, value, part):
    with pytest.raises(rw.Error, match=part.replace(".", r"\.")):
        rw.RadioMapSolver()(canyon(), **{key: value})


def test_texts_of_files_that_are_no_utf8(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/Geb\xe4ude.obj")
    with open(path, "wb") as file:
        file.write(b"v 0 0 0\nv 1 0 0\nv 0 1 0\no Geb\xe4ude\nusemtl Putz\xdf\nf 1 2 3\n")
    with pytest.warns(UserWarning, match="Putzß"):
        assert list(rw.load_scene(path).objects) == ["Gebäude"]
    with open(path, "ab") as file:
        file.write(b"w\xe4nde 1\n")
    with pytest.raises(rw.Error, match="obj:7: unknown statement 'wände'"):
        rw.load_scene(path)
    with pytest.raises(TypeError, match="float"):
        rw.load_scene(2.5)


def test_a_material_that_is_missing_is_named_with_its_object():
    scene = rw.Scene()
    scene.add(rw.itu_material("brick"))
    scene.add(rw.plane("wall", [0, 0, 0], [1, 1], "brik"))
    scene.add(rw.Transmitter("tx", [0, 0, 3]))
    scene.add(rw.Receiver("rx", [1, 0, 3]))
    with pytest.raises(rw.Error, match=r"object 'wall': no material is named 'brik', did you mean 'brick'\? \(scene.add\(rw.itu_material"):
        rw.PathSolver()(scene)
