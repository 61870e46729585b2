# SPDX-License-Identifier: Apache-2.0
"""What is asked of results, simple shapes, scenes by name, devices that look at each other."""
import pathlib

import numpy as np
import pytest
import raywave as rw

ROOT = pathlib.Path(__file__).resolve().parents[2]


def canyon():
    scene = rw.load_scene(ROOT / "scenes/street_canyon/street_canyon.xml")
    scene.add(rw.Transmitter("a", [-60, 0, 10]))
    scene.add(rw.Transmitter("b", [60, 2, 12]))
    scene.add(rw.Receiver("rx", [30, 0, 1.5]))
    return scene


@pytest.fixture(scope="module")
def scene():
    return canyon()


@pytest.fixture(scope="module")
def radio_map(scene):
    return rw.RadioMapSolver()(scene, cell_size_m=(4, 3), max_depth=1)


def test_paths_by_number(scene):
    paths = rw.PathSolver()(scene, max_depth=1)
    listed = list(paths)
    assert paths[0]["delay_s"] == listed[0]["delay_s"] and paths[-1]["delay_s"] == listed[-1]["delay_s"]
    assert [p["delay_s"] for p in paths[1:3]] == [p["delay_s"] for p in listed[1:3]]
    with pytest.raises(IndexError):
        paths[len(paths)]


def test_channels_by_sionnas_words(scene):
    paths = rw.PathSolver()(scene, max_depth=1)
    f = rw.subcarrier_frequencies(8, 30e3)
    assert np.array_equal(paths.cfr(frequencies=f, sampling_frequency=1e3, num_time_steps=2, out_type="numpy"),
                          paths.cfr(list(f), sampling_frequency_hz=1e3, num_time_steps=2))
    assert np.array_equal(paths.taps(bandwidth=2e7, l_min=-2, l_max=3), paths.taps(2e7, -2, 3))
    assert np.array_equal(paths.cir(sampling_frequency=5.0, num_time_steps=2)[0], paths.cir(sampling_frequency_hz=5.0, num_time_steps=2)[0])
    for call, error, part in ((lambda: paths.cfr(), TypeError, "frequencies_hz is missing"), (lambda: paths.cfr(f, frequencies=f), TypeError, "are one"),
                              (lambda: paths.taps(2e7), TypeError, "l_min and l_max"), (lambda: paths.cir(out_type="tf"), rw.Error, "out_type='tf'")):
        with pytest.raises(error, match=part):
            call()


def test_frequencies_of_subcarriers():
    assert rw.subcarrier_frequencies(4, 15e3).tolist() == [-30e3, -15e3, 0, 15e3]
    assert rw.subcarrier_frequencies(5, subcarrier_spacing=1.0).tolist() == [-2, -1, 0, 1, 2]
    for words in ((0, 1.0), (3, 0.0), (3, float("nan"))):
        with pytest.raises(rw.Error, match="at least one subcarrier"):
            rw.subcarrier_frequencies(*words)
    with pytest.raises(TypeError):
        rw.subcarrier_frequencies(3)


def test_a_distribution_counts_dark_cells(radio_map):
    for metric, scale in (("path_gain", 1), ("rss", 1e3), ("sinr", 1)):
        held = getattr(radio_map, metric)
        for tx, values in ((None, held.max(axis=0)), ("b", held[1])):
            level, probability = radio_map.cdf(metric, tx)
            assert np.array_equal(level, 10 * np.log10(np.sort(values[values > 0]) * scale)) and probability[-1] == 1
            dark = (values == 0).mean()
            assert 0 < dark < 1 and probability[0] == pytest.approx(dark + 1 / values.size, rel=1e-12)
            median = np.median(values)
            if median > 0:
                assert level[np.searchsorted(probability, 0.5)] <= 10 * np.log10(median * scale) + 1e-9
    with pytest.raises(rw.Error, match="unknown metric"):
        radio_map.cdf("gain")


def test_places_drawn_from_a_map_are_as_asked_for(scene, radio_map):
    positions, cells = radio_map.sample_positions(500, metric="rss", min_val_db=-40, max_val_db=-10, min_dist=20, max_dist=60, scene=scene, seed=3)
    assert positions.shape == (2, 500, 3) and cells.shape == (2, 500, 2)
    best, rss = radio_map.tx_association("rss"), 10 * np.log10(radio_map.rss * 1e3 + 1e-300)
    for t in range(2):
        rows, columns = cells[t].T
        assert (best[rows, columns] == t).all() and (rss[t, rows, columns] >= -40).all() and (rss[t, rows, columns] <= -10).all()
        center = radio_map.cell_centers[rows, columns]
        distance = np.linalg.norm(center - scene.get("ab"[t]).position_m, axis=1)
        assert (distance >= 20).all() and (distance <= 60).all()
        off = np.abs(positions[t] - center)
        assert (off <= [2, 1.5, 0]).all() and off[:, 0].max() > 1.9 and off[:, 1].max() > 1.4
    again = radio_map.sample_positions(500, metric="rss", min_val_db=-40, max_val_db=-10, min_dist=20, max_dist=60, scene=scene, seed=3)[0]
    assert np.array_equal(positions, again)
    middle, cells = radio_map.sample_positions(3, center_pos=True, tx_association=False)
    assert np.array_equal(middle, radio_map.cell_centers[cells[..., 0], cells[..., 1]])
    assert radio_map.sample_positions(0)[0].shape == (2, 0, 3)
    with pytest.raises(rw.Error, match="no cell of transmitter 'a'"):
        radio_map.sample_positions(3, min_val_db=100)
    with pytest.raises(rw.Error, match="scene="):
        radio_map.sample_positions(3, min_dist=1)
    with pytest.raises(rw.Error, match="num_pos takes a whole number, got 2.5"):
        radio_map.sample_positions(2.5)


def test_places_on_turned_planes_and_meshes(scene):
    turned = rw.RadioMapSolver()(scene, center_m=[0, 0, 3], size_m=[40, 10], orientation_rad=[0.3, 0.2, 0.1], cell_size_m=(4, 5), max_depth=0)
    normal = np.cross(turned.cell_centers[0, 1] - turned.cell_centers[0, 0], turned.cell_centers[1, 0] - turned.cell_centers[0, 0])
    places = turned.sample_positions(50, tx_association=False)[0].reshape(-1, 3)
    assert np.abs((places - [0, 0, 3]) @ (normal / np.linalg.norm(normal))).max() < 1e-12
    scene = canyon()
    scene.add(rw.Object("floor", np.array([[0, 0, 0], [6, 0, 0], [0, 6, 0], [-2.0, 0, 0]]), np.array([[0, 1, 2], [0, 2, 3]]), "concrete"))
    scene.objects["floor"].position = [0, 0, 1.0]
    mesh = rw.RadioMapSolver()(scene, measurement_surface=["floor"], max_depth=0)
    places, cells = mesh.sample_positions(4000, tx_association=False, seed=5)
    areas = np.bincount(cells[0, :, 1]) / 4000
    # areas 18 and 6: the share of one is 3 / 4 within four standard deviations of 4000 draws
    assert abs(areas[0] - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 4000)
    assert np.abs(places[..., 2] - 1).max() < 1e-12


def closed(item):
    """Whether each edge is passed once in each direction, and the volume that faces which look outwards give."""
    edges = [tuple(e) for t in item.triangles.tolist() for e in zip(t, t[1:] + t[:1])]
    assert len(edges) == len(set(edges)) and all(e[::-1] in set(edges) for e in edges)
    a, b, c = np.moveaxis(item.vertices_m[item.triangles], 1, 0)
    return np.einsum("ij,ij->", a, np.cross(b, c)) / 6


def test_simple_shapes():
    box = rw.box("crate", [1, 2, 3], [1, 2, 3], "wood", orientation_rad=[0.3, 0.1, 0.2])
    assert closed(box) == pytest.approx(6, rel=1e-12) and np.allclose(box.position_m, [1, 2, 3], atol=1e-12)
    assert np.array_equal(rw.box("c", [0, 0, 0], [2, 4, 6], "wood").vertices_m.max(axis=0), [1, 2, 3])
    steel = rw.Material("steel", perfect_conductor=True)
    ball = rw.sphere("ball", [1, 0, 0], 2, steel, subdivisions=4)
    assert ball.material == "steel" and np.allclose(np.linalg.norm(ball.vertices_m - [1, 0, 0], axis=1), 2, rtol=1e-12)
    volume = 4 / 3 * np.pi * 8
    assert len(ball.triangles) == 20 * 4**4 and 0.99 * volume < closed(ball) < volume
    assert len(rw.sphere("s", [0, 0, 0], 1, "wood", 0).triangles) == 20
    floor = rw.plane("floor", [0, 0, 0], 20, "steel")
    a, b, c = floor.vertices_m[floor.triangles[0]]
    assert np.cross(b - a, c - a)[2] > 0
    scene = rw.Scene()
    scene.add(steel)
    scene.add(floor)
    scene.add(rw.Transmitter("tx", [0, 0, 3]))
    scene.add(rw.Receiver("rx", [4, 0, 3]))
    paths = rw.PathSolver()(scene)
    assert paths.tau[0, 0, 1] * 299792458.0 == pytest.approx(np.hypot(4, 6), rel=1e-14)
    for bad in (lambda: rw.box("b", [0, 0, 0], [1, 2], "wood"), lambda: rw.box("b", [0, 0, 0], -1, "wood"), lambda: rw.sphere("b", [0, 0, 0], 0, "wood"),
                lambda: rw.sphere("b", [0, 0, 0], 1, "wood", 9), lambda: rw.plane("b", [0, 0], 1, "wood"), lambda: rw.plane("b", [0, 0, np.nan], 1, "wood")):
        with pytest.raises(rw.Error, match="'b'|center_m"):
            bad()


def test_looking_at_devices_and_objects(scene):
    scene = canyon()
    tx, rx = scene.get("a"), scene.get("rx")
    for target, place in ((rx, rx.position_m), (scene.objects["ground"], scene.objects["ground"].position), ([1, 2, 3], [1, 2, 3])):
        tx.look_at(target)
        seen = tx.orientation_rad
        tx.look_at(place)
        assert tx.orientation_rad == seen
        assert rw.Transmitter("t", tx.position, look_at=target).orientation == seen == rw.Receiver("r", tx.position, look_at=target).orientation


def test_sionnas_names_of_devices_and_scenes():
    tx = rw.Transmitter("tx", position=[1, 2, 3], orientation=[0.1, 0.2, 0.3], velocity=[4, 5, 6], power_dbm=20, color=(1, 0, 0), display_radius=2)
    assert (tx.position_m, tx.orientation_rad, tx.velocity_m_per_s) == ([1, 2, 3], [0.1, 0.2, 0.3], [4, 5, 6]) and tx.power_dbm == 20
    tx.position, tx.velocity = [7, 8, 9], [0, 0, 1]
    assert tx.position_m == tx.position == [7, 8, 9] and tx.velocity_m_per_s == [0, 0, 1]
    scene = rw.Scene()
    scene.frequency, scene.bandwidth, scene.temperature = 28e9, 2e8, 100
    assert (scene.frequency_hz, scene.bandwidth_hz, scene.temperature_k) == (28e9, 2e8, 100) and scene.wavelength == scene.wavelength_m
    item = rw.box("b", [0, 0, 0], 2, "wood")
    item.position = [1, 2, 3]
    item.velocity = [1, 0, 0]
    assert item.position_m == [1, 2, 3] and item.velocity_m_per_s == [1, 0, 0]
    for words, error, part in ((dict(position_m=[0, 0, 0], position=[0, 0, 0]), TypeError, "position and position_m are one"), ({}, TypeError, "'t' needs position_m")):
        with pytest.raises(error, match=part):
            rw.Transmitter("t", **words)
    for bad in (lambda: setattr(item, "position", [1, 2]), lambda: rw.Transmitter("t", "abc"), lambda: rw.Receiver("t", [1, 2]),
                lambda: rw.Transmitter("t", [0, 0, 0], orientation=0.1), lambda: tx.look_at("rx"), lambda: rw.Transmitter("t", [0, 0, 0], look_at=[1])):
        with pytest.raises(rw.Error, match="takes three numbers, got"):
            bad()


@pytest.mark.skipif(not rw.scenes.names(), reason="the scenes are not beside this module")
def test_scenes_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert {"street_canyon", "old_town", "room"} <= set(rw.scenes.names())
    scene = rw.load_scene("street_canyon", frequency_hz=28e9)
    assert scene.frequency_hz == 28e9 and list(scene.objects) == list(rw.load_scene(rw.scenes.file("street_canyon")).objects)
    with pytest.raises(rw.Error, match="street_canyon"):
        rw.scenes.file("../street_canyon")
    with pytest.raises(rw.Error):
        rw.load_scene("street_cannon")
