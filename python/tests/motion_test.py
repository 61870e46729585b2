# SPDX-License-Identifier: Apache-2.0
"""Things that move: trajectories, paths followed over time, Doppler against delays, the dataset."""
import pathlib

import numpy as np
import pytest
import raywave as rw

C = 299792458.0
F = 3.5e9


def street():
    """Two walls and the ground of perfect conductors, a box that can move."""
    scene = rw.Scene()
    scene.frequency_hz = F
    scene.add(rw.Material("m", perfect_conductor=True))
    scene.add(rw.box("west", [-20, 0, 5], [2, 60, 10], "m"))
    scene.add(rw.box("east", [20, 0, 5], [2, 60, 10], "m"))
    scene.add(rw.plane("ground", [0, 0, 0], [100, 100], "m"))
    scene.add(rw.box("truck", [5, 0, 1.6], [2.5, 8, 3], "m"))
    scene.add(rw.Transmitter("mast", [-10, -25, 8]))
    scene.add(rw.Receiver("car", [0, 0, 1.5]))
    return scene


def test_linear_trajectories_are_straight_and_their_velocity_is_that_of_the_stretch_that_begins():
    way = rw.Trajectory([0, 1, 3], [[0, 0, 0], [2, 0, 0], [2, 6, 0]])
    position, velocity, turned = way.at([0, 0.5, 1, 2, 3])
    assert position.tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0], [2, 3, 0], [2, 6, 0]]
    assert velocity.tolist() == [[2, 0, 0], [2, 0, 0], [0, 3, 0], [0, 3, 0], [0, 3, 0]]
    assert turned is None


def test_cubic_trajectories_hold_parabolas_and_have_their_own_derivative():
    times = np.array([0, 1, 2.5, 4, 4.5])
    parabola = np.stack([1 + 2 * times - 0.5 * times**2, 3 * times, 0 * times], axis=1)
    way = rw.Trajectory(times, parabola, interpolation="cubic")
    t = np.linspace(0, 4.5, 37)
    position, velocity, _ = way.at(t)
    # a polynomial of degree 2 is its own Hermite interpolation: roundings only
    assert np.abs(position[:, 0] - (1 + 2 * t - 0.5 * t**2)).max() < 1e-13 and np.abs(velocity[:, 0] - (2 - t)).max() < 1e-13
    crooked = rw.Trajectory(times, np.random.default_rng(3).random((5, 3)), interpolation="cubic")
    t, h = np.linspace(0.01, 4.4, 23), 1e-6
    difference = (crooked.at(t + h)[0] - crooked.at(t - h)[0]) / (2 * h)
    # third derivatives of some 10 / s^3: h^2 / 6 of that, and roundings of 1 m over 2 h
    assert np.abs(difference - crooked.at(t)[1]).max() < 1e-9


def test_orientations_turn_the_shorter_way_at_a_constant_rate():
    way = rw.Trajectory([0, 1], np.zeros((2, 3)), [[3.0, 0, 0], [-3.0, 0, 0]])  # through pi: 0.283 rad, not 6
    yaw = way.at([0.25, 0.5, 0.75])[2][:, 0]
    step = 2 * np.pi - 6
    assert np.abs((yaw - (3 + step * np.array([0.25, 0.5, 0.75])) + np.pi) % (2 * np.pi) - np.pi).max() < 1e-12
    assert way.at([0, 1])[2].tolist() == [[3, 0, 0], [-3, 0, 0]]
    half = rw.Trajectory([0, 1], np.zeros((2, 3)), [[0, 0, 0], [np.pi, 0, 0]]).at([0.5])[2][0]
    assert abs(abs(half[0]) - np.pi / 2) < 1e-12 and np.abs(half[1:]).max() < 1e-12


def test_a_trajectory_ends_with_an_error_or_stands_still():
    with pytest.raises(rw.Error, match="12 s lies outside of its times, 0 to 10 s"):
        rw.Trajectory([0, 10], np.zeros((2, 3))).at([12])
    position, velocity, _ = rw.Trajectory([0, 10], [[0, 0, 0], [10, 0, 0]], outside="hold").at([-5, 5, 12])
    assert position[:, 0].tolist() == [0, 5, 10] and velocity[:, 0].tolist() == [0, 1, 0]


@pytest.mark.parametrize("arguments, part", [
    (([0, 0], np.zeros((2, 3))), r"times must increase: times_s\[1\] = 0 s follows 0 s"), (([0, np.nan], np.zeros((2, 3))), r"times_s\[1\] must be finite"),
    (([], np.zeros((0, 3))), "at least one"), (([0, 1], np.zeros((3, 3))), r"shape \[2, 3\]"), (([0, 1], [[0, 0, 0], [0, np.inf, 0]]), r"positions_m\[1\] must be finite"),
    (([0, 1], np.zeros((2, 3)), np.zeros((2, 2))), "orientations_rad"), (("soon", np.zeros((1, 3))), "numbers of seconds")])
def test_bad_trajectories_are_refused(arguments, part):
    with pytest.raises(rw.Error, match=part):
        rw.Trajectory(*arguments)


def test_trajectories_of_a_csv_file(tmp_path):
    file = tmp_path / "drive.csv"
    file.write_text("name, time_s,x_m,y_m,z_m\ncar,0,0,0,1.5\ntruck,0,5,0,1.6\n\ncar,2,20,0,1.5\ntruck,1,5,8,1.6\n")
    found = rw.read_trajectories(file, interpolation="cubic")
    assert list(found) == ["car", "truck"] and found["truck"].positions_m[1].tolist() == [5, 8, 1.6] and found["car"].interpolation == "cubic"
    alone = tmp_path / "walk.csv"
    alone.write_text("x_m,y_m,z_m,yaw_rad,pitch_rad,roll_rad,time_s\n1,2,3,0.1,0,0,0\n2,2,3,0.2,0,0,1\n")
    way = rw.Trajectory.read_csv(alone)
    assert way.times_s.tolist() == [0, 1] and way.orientations_rad[1].tolist() == [0.2, 0, 0]
    with pytest.raises(rw.Error, match="trajectories of 2 bodies"):
        rw.Trajectory.read_csv(file)


def test_quoted_names_of_a_csv_file_may_hold_anything(tmp_path):
    file = tmp_path / "way.csv"
    file.write_text('name,time_s,x_m,y_m,z_m\n"a\nb, c",0,1,2,3\n"a\nb, c",1,2,3,4\n"say ""d""",0,1,2,3\n')
    assert {name: len(way) for name, way in rw.read_trajectories(file).items()} == {"a\nb, c": 2, 'say "d"': 1}
    file.write_text('name,time_s,x_m,y_m,z_m\n"a\nb",0,1,2,3\n"a\nb",1,2,x,4\n')
    with pytest.raises(rw.Error, match="line 5: y_m must be a finite number"):
        rw.read_trajectories(file)
    file.write_text('name,time_s,x_m,y_m,z_m\n"a,0,1,2,3\n' + "x" * 200_000)
    with pytest.raises(rw.Error, match="way.csv', line"):
        rw.read_trajectories(file)


@pytest.mark.parametrize("times", [[float("nan")], [0.5, float("inf")], "x", [[0, 1]], [None, "a"]])
def test_places_are_asked_for_at_finite_times(times):
    for outside in ("error", "hold"):
        with pytest.raises(rw.Error, match="trajectory: times are"):
            rw.Trajectory([0, 1], [[0, 0, 0], [1, 0, 0]], outside=outside).at(times)


@pytest.mark.parametrize("text, part", [
    ("time_s,x_m,y_m,z\n0,1,2,3\n", "line 1: unknown column 'z', did you mean 'z_m'"), ("time_s,x_m,y_m\n0,1,2\n", "line 1: column z_m missing"),
    ("time_s,x_m,y_m,z_m,yaw_rad\n0,1,2,3,0\n", "columns pitch_rad, roll_rad missing"), ("time_s,x_m,y_m,z_m\n0,1,2\n", "line 2: 3 fields"),
    ("time_s,x_m,y_m,z_m\n0,1,2,three\n", "line 2: z_m must be a finite number, got 'three'"),
    ("time_s,x_m,y_m,z_m\n0,1,2,3\n1,1,2,3\n1,1,2,3\n", "line 4: times of 'way' must increase: 1 s follows 1 s"),
    ("time_s,x_m,y_m,z_m\n", "holds no row"), ("", "columns time_s, x_m, y_m, z_m missing"), ("time_s,x_m,y_m,z_m,x_m\n0,1,2,3,4\n", "x_m is there twice"),
    ("name,time_s,x_m,y_m,z_m\n,0,1,2,3\n", "line 2: the name is empty")])
def test_bad_csv_files_are_refused_with_their_line(tmp_path, text, part):
    file = tmp_path / "way.csv"
    file.write_text(text)
    with pytest.raises(rw.Error, match=part):
        rw.read_trajectories(file)
    with pytest.raises(rw.Error, match="cannot be read"):
        rw.read_trajectories(tmp_path / "none.csv")


def drive(times, **more):
    ways = {"mast": rw.Trajectory([0, 1], [[-10, -25, 8], [-7, -25, 8]]), "car": rw.Trajectory([0, 1], [[0, 0, 1.5], [2, 15, 1.5]]),
            "truck": rw.Trajectory([0, 1], [[5, 0, 1.6], [5, -20, 1.6]])}
    return rw.simulate(street(), times, ways, paths=dict(max_depth=2, diffraction=True, samples_per_src=100_000), **more)


def test_doppler_shifts_are_the_differences_of_delays():
    h = 1e-4
    simulation = drive([0.5 - h, 0.5, 0.5 + h])
    tracks = simulation.tracks
    through = np.flatnonzero(tracks.valid.all(axis=0))
    kinds = {step[:2] for k in through for step in tracks.tracks[k].interactions}
    assert {("specular_reflection", "truck"), ("diffraction", "truck"), ("specular_reflection", "west"), ("diffraction", "west")} <= kinds
    assert len(through) > 30
    difference = -F * (tracks.tau_s[2] - tracks.tau_s[0]) / (2 * h)
    # of the central difference: h^2 / 6 of the third derivative, of some f / c v^3 / d^2 with v = 40 m/s and d = 2 m or more, and roundings
    # of a delay of 1e-6 s over 2 h
    limit = F / C * 40**3 / 2**2 * h**2 / 6 * 100 + F * 1e-6 * 2.3e-16 * 8 / (2 * h)
    assert np.abs(difference - tracks.doppler_hz[1])[through].max() < limit < 0.1
    assert np.abs(tracks.doppler_hz[1, through]).max() > 200


def test_phases_are_continuous_and_advance_with_the_doppler_shift():
    times = np.linspace(0, 1, 11)
    scene = rw.Scene()  # one path: the channel is its phasor
    scene.frequency_hz = F
    scene.add(rw.Transmitter("mast", [0, 0, 8]))
    scene.add(rw.Receiver("car", [3, 0, 1.5], velocity_m_per_s=[20, 0, 0]))
    simulation = rw.simulate(scene, times)
    tracks = simulation.tracks
    assert len(tracks) == 1 and tracks.valid.all()
    phase = tracks.phase_rad[:, 0, 0, 0]
    x = 3 + 20 * times
    length = np.hypot(x, 6.5)
    # 40 wavelengths and more a step, which no unwrapping of samples would find
    assert np.abs(np.diff(phase) + 2 * np.pi * F / C * np.diff(length)).max() < 1e-6 and np.abs(np.diff(phase)).min() > 8 * np.pi
    assert np.abs(tracks.doppler_hz[:, 0] + F / C * 20 * x / length).max() < 1e-9
    channel = simulation.cfr([0.0])[:, 0, 0, 0, 0, 0]
    assert np.abs(np.exp(1j * phase) - channel / np.abs(channel)).max() < 1e-6


def test_tracks_are_named_by_surfaces_that_stay_the_same_while_objects_pass_each_other():
    """The truck drives along the wall and turns: the wall's reflection is one track, the roof's too."""
    scene = street()
    scene.get("mast").position_m = [0, -10, 9]
    scene.get("car").position_m = [4, 12, 8]
    ways = {"truck": rw.Trajectory([0, 1], [[2, 0, 1.6], [2, 2, 1.6]], [[0, 0, 0], [0.4, 0, 0]])}
    with pytest.warns(UserWarning, match="object 'truck' turns"):
        simulation = rw.simulate(scene, np.linspace(0, 1, 7), ways, paths=dict(max_depth=1, samples_per_src=50_000))
    tracks = simulation.tracks
    for name in ("west", "east", "truck"):
        found = [k for k, t in enumerate(tracks.tracks) if [s[1] for s in t.interactions] == [name]]
        longest = max(found, key=lambda k: tracks.valid[:, k].sum())
        assert tracks.valid[:, longest].all(), name
        assert len({t for t in np.array(tracks.tracks, dtype=object)[found]}) == len(found)
    # each snapshot's paths are all there
    assert tracks.valid.sum(axis=1).tolist() == [int(p.valid.sum()) for p in simulation.paths]


def test_a_body_with_a_velocity_goes_on_straight_and_the_scene_stays():
    scene = street()
    scene.get("car").velocity_m_per_s = [0, 10, 0]
    scene.get("truck").velocity_m_per_s = [0, -5, 0]
    before = np.array(scene.get("truck").vertices_m)
    simulation = rw.simulate(scene, [0, 1.5], paths=dict(max_depth=0))
    assert simulation.poses["car"].positions_m.tolist() == [[0, 0, 1.5], [0, 15, 1.5]]
    assert np.array_equal(scene.get("truck").vertices_m, before) and scene.get("car").position_m == [0, 0, 1.5]
    there = simulation.at(1)
    assert there.get("car").position_m == [0, 15, 1.5] and np.abs(there.get("truck").vertices_m - before - [0, -7.5, 0]).max() < 1e-14


def test_each_snapshot_is_what_the_solvers_say_of_a_scene_that_stands_there():
    simulation = drive([0, 0.4, 1], radio_map=dict(cell_size_m=10, max_depth=1, samples_per_tx=20_000))
    scene = simulation.at(1)
    assert np.array_equal(rw.RadioMapSolver()(scene, cell_size_m=10, max_depth=1, samples_per_tx=20_000).path_gain, simulation.radio_maps[1].path_gain)
    paths = rw.PathSolver()(scene, max_depth=2, diffraction=True, samples_per_src=100_000)
    assert np.array_equal(paths.a, simulation.paths[1].a)
    data = simulation.to_xarray(frequencies_hz=[0, 1e6])
    assert data.sizes["time"] == 3 and data.time.attrs["units"] == "s"
    assert np.array_equal(data.map_path_gain.sel(time=0.4).values, simulation.radio_maps[1].path_gain)
    assert np.array_equal(data.cfr.sel(time=0.4).values, paths.cfr([0.0, 1e6], normalize_delays=False)[..., 0, :])
    assert data.rx_position.sel(time=1, rx="car").values.tolist() == [2, 15, 1.5]
    assert sorted(data.tau.sel(time=0.4).values[data.valid.sel(time=0.4).values]) == sorted(paths.tau[paths.valid])


@pytest.mark.parametrize("arguments, words, part", [
    (([0, 1], {"cra": [[0, 0, 1], [0, 1, 1]]}), {}, "no device or object named 'cra', did you mean 'car'"), (([1, 0],), {}, "times must increase"),
    (([0, 1], {"car": [[0, 0, 1]]}), {}, r"trajectory of 'car': positions_m is an array of shape \[2, 3\]"), (([0, 1],), dict(paths=False), "nothing is asked for"),
    (([0, 5], {"car": rw.Trajectory([0, 1], np.zeros((2, 3)))}), {}, "trajectory of 'car': 5 s lies outside"), (([0],), dict(paths=3), "paths takes True, False or a dict"),
    (([0],), dict(paths=dict(synthetic_array=False)), "synthetic_array=False"), (([0, 1], [1, 2]), {}, "a dict of names"),
    (([0, 1], {"car": [[-10, -25, 8], [0, 1, 1]]}), {}, "at 0 s: ")])
def test_what_cannot_be_simulated_is_said(arguments, words, part):
    with pytest.raises(rw.Error, match=part):
        rw.simulate(street(), *arguments, **words)


def test_a_scene_without_receivers_has_a_map_over_time():
    scene = street()
    scene.remove("car")
    simulation = rw.simulate(scene, [0, 1], {"mast": [[-10, -25, 8], [-5, -25, 8]]}, radio_map=dict(cell_size_m=10, max_depth=0))
    assert not simulation.paths and simulation.to_xarray().map_path_gain.sizes["time"] == 2
    with pytest.raises(rw.Error, match="no paths were asked for"):
        simulation.tracks
    with pytest.raises(rw.Error, match="at 0 s: the scene has no receiver"):
        rw.simulate(scene, [0, 1])


def test_links_without_a_path_are_no_track():
    scene = street()
    scene.get("car").position_m = [80, 0, -5]  # below the ground
    with pytest.warns(UserWarning, match="no path was found"):
        simulation = rw.simulate(scene, [0, 1], paths=dict(max_depth=0))
    assert len(simulation.tracks) == 0 and simulation.to_xarray().sizes["track"] == 0


def test_a_simulation_counts_its_snapshots():
    seen = []
    rw.simulate(street(), [0, 1, 2], paths=dict(max_depth=0), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_page_holds_every_snapshot(tmp_path):
    simulation = drive([0, 1], radio_map=dict(cell_size_m=10, max_depth=0))
    text = simulation.save_html(tmp_path / "drive.html").read_text()
    assert text.count('"tx_positions"') == 2 and '"times_s": [0.0, 1.0]' in text and 'data-live="true"' in text
    with pytest.raises(rw.Error, match="'.*drive.txt': a page has the extension"):
        simulation.save_html(tmp_path / "drive.txt")


def test_a_campaign_has_the_axis_time_and_the_numbers_of_simulate(tmp_path):
    scene = street()
    for name in ("mast", "car"):
        scene.remove(name)
    scene.materials["m"].perfect_conductor, scene.materials["m"].itu_name = False, "metal"  # a file has a word for it
    file = scene.save(tmp_path / "street")
    times, options = [0.0, 0.3, 1.0], dict(max_depth=2, samples_per_src=20_000)
    ways = {"car": rw.Trajectory([0, 1], [[0, 0, 1.5], [2, 15, 1.5]], [[0, 0, 0], [1, 0, 0]]), "truck": rw.Trajectory([0, 1], [[5, 0, 1.6], [5, -20, 1.6]])}
    campaign = rw.Campaign(tmp_path / "out.zarr", scenes=[file], transmitters=[dict(name="mast", position_m=[-10, -25, 8], velocity_m_per_s=[3, 0, 0])],
                           receivers=[dict(name="car", position_m=[0, 0, 1.5])], frequencies_hz=[F], times_s=times, trajectories=ways, solver=options,
                           outputs=["path_gain", "paths"], max_paths=40)
    assert not campaign.run().failures
    data = rw.Campaign(tmp_path / "out.zarr").dataset()
    assert data.time.values.tolist() == times and data.time.attrs["units"] == "s"
    whole = rw.load_scene(file, F)
    whole.add(rw.Transmitter("mast", [-10, -25, 8], velocity_m_per_s=[3, 0, 0]))
    whole.add(rw.Receiver("car", [0, 0, 1.5]))
    simulation = rw.simulate(whole, times, ways, paths=options)
    gains = np.stack([p.path_gain[0, 0] for p in simulation.paths])
    assert np.allclose(data.path_gain.squeeze().values, gains, rtol=1e-12) and len(set(gains)) == 3
    doppler = data.doppler.squeeze().values
    assert np.nanmax(np.abs(np.sort(doppler[1][: simulation.tracks.valid[1].sum()]) - np.sort(simulation.tracks.doppler_hz[1, simulation.tracks.valid[1]]))) < 1e-6
    words = dict(scenes=[file], transmitters=[[0, 0, 5]], receivers=[[0, 5, 5]], frequencies_hz=[F])
    for more, part in ((dict(trajectories=ways), "trajectories need times_s"), (dict(times_s=times, samples=3), "takes the place of samples"),
                       (dict(times_s=times, trajectories={"bus": ways["car"]}), "no device or object named 'bus'"), (dict(times_s=[1, 0]), "times must increase"),
                       (dict(times_s=times, trajectories=3), "a dict of names and trajectories"), (dict(times_s=times, trajectories=tmp_path / "none.csv"), "cannot be read"),
                       (dict(times_s=times, trajectories={"rx0": pathlib.Path("none.csv")}), "none.csv' cannot be read")):
        with pytest.raises(rw.Error, match=part):
            rw.Campaign(tmp_path / "other.zarr", **words, **more)


def test_surfaces_are_those_of_the_solver():
    """Where nothing moves, the solver's own numbers of facets and edges name the same places: one to one."""
    from raywave.formats.content import content
    scene = rw.load_scene("street_canyon")
    scene.add(rw.Transmitter("mast", [-30, 0, 10]))
    scene.add(rw.Receiver("car", [11, -2, 1.5]))
    simulation = rw.simulate(scene, [0], paths=dict(max_depth=2, diffraction=True, samples_per_src=100_000))
    held = content(simulation.paths[0])
    tracks = simulation.tracks
    by_delay = np.argsort(held["tau_s"], kind="stable")
    assert np.array_equal(tracks.tau_s[0], held["tau_s"][by_delay])
    ours, theirs = {}, {}
    for k, path in enumerate(by_delay):
        steps = slice(held["interaction_begin"][path], held["interaction_begin"][path + 1])
        assert np.array_equal(tracks.vertices[0, k, :steps.stop - steps.start], held["vertices_m"][steps])
        for (kind, name, surfaces), number, edge in zip(tracks.tracks[k].interactions, held["facets"][steps], held["interactions"][steps] == 8):
            assert (kind == "diffraction") == edge
            here, there = (bool(edge), name, surfaces), (bool(edge), int(number))
            assert theirs.setdefault(there, here) == here
            assert edge or ours.setdefault(here, there) == there  # an edge that the ground cuts is two for the solver
            ours.setdefault(here, there)
    assert len(ours) > 15 and any(edge for edge, *_ in ours)


def test_paths_that_touch_the_same_go_on_from_the_nearest():
    from raywave.motion.tracks import _numbers
    f = 3e9
    group = [((1.0, 20e-9, 0.0, 1e-6), 0, 0, 0), ((1.0, 10e-9, 0.0, 1e-9), 0, 0, 1)]
    assert _numbers(group, {}, f) == [0, 1]  # the strongest first
    before = {0: (0.9, 10e-9 - 100e-12, -3e9 * 1e-9, 1e-9), 1: (0.9, 20e-9, 0.0, 1e-6)}
    assert _numbers(group, before, f) == [1, 0]
    assert _numbers(group[:1], before, f) == [1] and _numbers(group[1:], before, f) == [0]  # the other is away
    same = {0: (0.9, 20e-9, 0.0, 1e-12), 1: (0.9, 20e-9, 0.0, 1e-6)}  # one place, two edges
    assert _numbers([group[0], ((1.0, 20e-9, 0.0, 2e-12), 0, 0, 1)], same, f) == [1, 0]
    assert _numbers([*group, ((1.0, 90e-9, 0.0, 1e-3), 0, 0, 2)], before, f) == [1, 0, 2]


def test_tracks_of_edges_lie_on_their_edges_beyond_the_ends_too():
    """Points beyond the end of an edge are on its line, and on the planes of its surfaces, however near another edge is."""
    scene = rw.Scene()
    scene.frequency_hz = 1e9
    scene.add(rw.Material("m", perfect_conductor=True))
    scene.add(rw.box("house", (0, 0, 5), (10, 8, 10), "m"))
    scene.add(rw.Transmitter("tx", [-20, 3, 8]))
    scene.add(rw.Receiver("rx", [8, -9, 2]))
    simulation = rw.simulate(scene, np.linspace(0, 4, 21), {"rx": rw.Trajectory([0, 4], [[8, -9, 4], [8, -9, 20]])}, paths=dict(max_depth=1, diffraction=True))
    tracks, mesh = simulation.tracks, simulation._surfaces["house"]
    beyond = 0
    for k, track in enumerate(tracks.tracks):
        if not track.interactions or track.interactions[0][0] != "diffraction":
            continue
        *surfaces, edge = track.interactions[0][2]
        points = tracks.vertices[tracks.valid[:, k], k, 0]
        start, way = mesh.starts[edge], mesh.ends[edge] - mesh.starts[edge]
        assert np.linalg.norm(np.cross(points - start, way / np.linalg.norm(way)), axis=1).max() < 1e-6, track
        for surface in surfaces:
            assert surface >= 0 and np.abs(points @ mesh.normals[surface] - mesh.offsets[surface]).max() < 1e-6, track
        along = (points - start) @ way / (way @ way)
        beyond += np.count_nonzero((along < 0) | (along > 1))
    assert beyond > 50 and len({t.interactions for t in tracks.tracks}) == len(tracks.tracks)


def test_the_ends_of_one_screen_are_edges_of_their_own():
    """A free edge has one surface: the four of a screen differ by their line, however its triangles are cut."""
    scene = rw.Scene()
    scene.add(rw.Material("m", perfect_conductor=True))
    corners = [[0, y, z] for z in (0.0, 2.0, 4.0) for y in (-2.0, 0.0, 2.0)]
    quads = [(0, 1, 4, 3), (1, 2, 5, 4), (3, 4, 7, 6), (4, 5, 8, 7)]
    scene.add(rw.Object("screen", np.array(corners), np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], dtype=np.int64), "m"))
    scene.add(rw.Transmitter("a", [-10, 0.3, 2.2]))
    scene.add(rw.Receiver("b", [10, -0.2, 1.9]))
    tracks = rw.simulate(scene, [0], paths=dict(max_depth=1, los=True, diffraction=True)).tracks
    edges = [t.interactions[0][2] for t in tracks.tracks if t.interactions]
    assert len(edges) == len(set(edges)) == 4 and {e[:2] for e in edges} == {(0, -1)} and {t.number for t in tracks.tracks} == {0}
