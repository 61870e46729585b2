# SPDX-License-Identifier: Apache-2.0
"""Panels in the paths and maps of the solvers themselves: the same sums as RisSolver's, derivatives both ways, export, bad input."""
import json
import pickle
import re
import warnings

import numpy as np
import pytest
import raywave as rw

C = 299792458.0


def room(**words):
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.itu_material("concrete", 0.2))
    scene.add(rw.Transmitter("tx", [3, 1, 0.3], **words))
    scene.add(rw.Receiver("rx", [2.5, -1.5, -0.4], array=rw.PlanarArray(polarization="VH")))
    scene.add(rw.box("floor", center_m=[2, 0, -1.6], size_m=[12, 12, 0.2], material="concrete"))
    scene.add(rw.box("screen", center_m=[2.7, 0, 0.5], size_m=[1.0, 0.1, 1.0], material="metal"))
    return scene


def panel(**words):
    return rw.Ris("panel", [0, 0.2, 0.3], [0.2, 0.1, 0.3], num_rows=2, num_cols=3, spacing_m=(0.05, 0.04),
                  **{"phase_rad": np.arange(6).reshape(2, 3), "amplitude": 0.8, **words})


OPTIONS = dict(max_depth=1, diffraction=True, finder="exhaustive")
OTHER = rw.Ris("other", [0, -3, 0], [0.5, 0, 0], num_rows=2, num_cols=1, spacing_m=0.05)


def test_they_add_up_as_elements_do():
    for words in ({}, dict(array=rw.PlanarArray(num_cols=2, num_rows=2))):
        scene = room(**words)
        scene.add(rw.Receiver("far", [4, 2, 0.2]))
        paths = rw.PathSolver()(scene, panels=[panel(), OTHER], synthetic_array=False, **OPTIONS)
        sums = rw.RisSolver()(scene, [panel(), OTHER], **OPTIONS)
        h = paths.cfr([0.0, 2e7], normalize_delays=False)[..., 0, :]
        assert h == pytest.approx(sums.cfr([0.0, 2e7]), rel=1e-10, abs=1e-12 * abs(h).max())
    whole = rw.PathSolver()(scene, panels=[panel(), OTHER], **OPTIONS)  # arrays as plane waves, elements of panels on their own
    a, b = (p.cfr([0.0], normalize_delays=False) for p in (whole, paths))
    assert np.linalg.norm(a - b) < 0.1 * np.linalg.norm(b)  # an array of half a wavelength, ways of 3 m


def test_a_path_names_the_panel_and_its_element():
    scene, surface = room(), panel()
    paths = rw.PathSolver()(scene, panels=surface, **OPTIONS)
    bare = rw.PathSolver()(scene, **OPTIONS)
    by_panel = [p for p in paths if "panel" in p["interactions"]]
    assert len(paths) == len(bare) + len(by_panel) and by_panel
    seen = set()
    for p in by_panel:
        k = p["interactions"].index("panel")
        assert p["objects"][k] == "panel"
        element = np.linalg.norm(surface.element_positions_m - p["vertices_m"][k + 1], axis=1)
        assert element.min() < 1e-12
        seen.add(int(element.argmin()))
        way = np.linalg.norm(np.diff(p["vertices_m"], axis=0), axis=1).sum()
        assert p["delay_s"] * C == pytest.approx(way, rel=1e-9)
    assert seen == set(range(6))
    assert (paths.interactions == 32).any()
    delays = paths.tau[0, 0][paths.tau[0, 0] >= 0]
    assert (np.diff(delays) >= 0).all()


def test_what_is_behind_a_panel_has_no_path_by_it():
    scene = room()
    scene.get("rx").position_m = [-2.5, -1.5, -0.4]
    assert [p["interactions"] for p in rw.PathSolver()(scene, panels=panel(), max_depth=0)] == [[]]
    scene.get("rx").position_m = [2.5, -1.5, -0.4]  # behind the screen, in front of the panel
    assert [p["interactions"] for p in rw.PathSolver()(scene, panels=panel(), max_depth=0)] == [["panel"]] * 6


def test_ways_to_the_elements_are_no_line_of_sight():
    scene = room()
    paths, bare = (rw.PathSolver()(scene, los=False, **OPTIONS, **words) for words in (dict(panels=panel(), synthetic_array=False), dict(synthetic_array=False)))
    assert len([p for p in paths if p["interactions"] == ["panel"]]) == 6 and not any(p["interactions"] == [] for p in paths)
    sums = rw.RisSolver()(scene, panel(), los=False, **OPTIONS)
    assert paths.cfr([0.0], normalize_delays=False)[..., 0, :] == pytest.approx(sums.cfr([0.0]), rel=1e-10)
    assert len(bare) < len(paths)


def test_what_there_is_to_say_is_said_of_the_whole():
    """By way of a panel there are paths where none is direct; without any that is said once."""
    scene = room()
    scene.get("rx").position_m = [2.5, -1.5, -0.4]  # behind the screen
    for position in ([0, 0.2, 0.3], [0, 0.2, 0.5]):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            paths = rw.PathSolver()(scene, panels=rw.Ris("panel", position, num_rows=1, num_cols=2, spacing_m=0.05), max_depth=0)
        assert len(paths) == 2 and not told
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        paths = rw.PathSolver()(scene, panels=rw.Ris("panel", [0, 0.2, 0.3], [np.pi, 0, 0], num_rows=1, num_cols=2, spacing_m=0.05), max_depth=0)
    assert len(paths) == 0 and len(told) == 1 and "no path was found" in str(told[0].message)


def test_their_parameters_are_listed_with_the_scenes():
    scene, surface = room(), panel()
    bare, rows = scene.parameters(), scene.parameters(panels=[surface, OTHER])
    assert set(rows) - set(bare) == {f"ris/{p}/{word}" for p in ("panel", "other") for word in ("phase_rad", "amplitude", "position_m", "orientation_rad")}
    for word, unit in (("phase_rad", "rad"), ("amplitude", ""), ("position_m", "m"), ("orientation_rad", "rad")):
        row = rows[f"ris/panel/{word}"]
        assert row.unit == unit and row.shape == np.shape(getattr(surface, word)) and (row.value == getattr(surface, word)).all()
        assert {"paths", "exact map"} == set(row.solvers)
    assert (rows["ris/panel/amplitude"].lower, rows["ris/panel/amplitude"].upper) == (0, 1)
    paths = rw.PathSolver()(scene, panels=[surface, OTHER], **OPTIONS)
    assert set(paths.vjp(a=paths.a, wrt=sorted(set(rows) - set(bare)))) == set(rows) - set(bare)
    with pytest.raises(rw.Error, match="panels takes rw.Ris"):
        scene.parameters(panels=3)


def test_they_leave_as_other_paths_do(tmp_path):
    scene = room()
    paths = rw.PathSolver()(scene, panels=panel(), **OPTIONS)
    found = json.loads(paths.to_json())
    assert any("panel" in p["interactions"] for p in found["paths"])
    paths.save(tmp_path / "paths.npz")
    held = np.load(tmp_path / "paths.npz")
    assert "panel" in held["object_names"] and (held["interactions"] == 32).any()
    again = pickle.loads(pickle.dumps(paths))
    names = ["ris/panel/phase_rad", "device/rx/position_m"]
    one, other = (p.path_gain_vjp([[1.0]], wrt=names) for p in (paths, again))
    for name in names:
        assert one[name] == pytest.approx(other[name], rel=1e-14)
    a, tau = paths.cir()
    assert a.shape[-2] == paths.tau.shape[-1] and tau.shape == paths.tau.shape
    radar = rw.signal.Fmcw(slope_hz_per_s=30e12, sampling_frequency_hz=10e6, num_samples=32, num_chirps=2, chirp_period_s=40e-6)
    cube = paths.samples(radar)
    bare = rw.PathSolver()(scene, **OPTIONS).samples(radar)
    assert cube.shape == bare.shape and abs(cube - bare).max() > 1e-3 * abs(bare).max()


def test_transfers_are_those_of_the_gains(tmp_path):
    """The polarised transfer times the antennas' patterns is the gain: with isotropic ends along theta the first number itself."""
    scene = room()
    scene.get("rx").array = rw.PlanarArray()
    paths = rw.PathSolver()(scene, panels=panel(), **OPTIONS)
    paths.save(tmp_path / "paths.npz")
    held = np.load(tmp_path / "paths.npz")
    assert held["transfer"][:, 0, 0] == pytest.approx(held["a"].ravel(), rel=1e-9, abs=1e-15)


NAMES = ["ris/panel/phase_rad", "ris/panel/amplitude", "ris/panel/position_m", "ris/panel/orientation_rad", "ris/other/phase_rad", "device/tx/position_m",
         "device/rx/position_m", "frequency_hz", "object/floor/translation_m", "material/concrete/relative_permittivity"]


@pytest.mark.parametrize("of, channel", [("cfr", dict(frequencies_hz=[0.0, 2e7], normalize_delays=False)), ("path_gain", None)])
def test_gradients_are_those_of_differences(of, channel):
    words = {} if channel is None else dict(channel=channel)
    check = rw.gradcheck(rw.PathSolver(), room(), NAMES, of=of, panels=[panel(), OTHER], **words, **OPTIONS)
    assert check.passed, check


def test_tangents_are_the_gradients():
    scene, random = room(array=rw.PlanarArray(num_cols=2)), np.random.default_rng(0)
    scene.get("rx").velocity_m_per_s = [3, 1, 0]
    for exact in (False, True):
        paths = rw.PathSolver()(scene, panels=[panel(), OTHER], synthetic_array=not exact, **OPTIONS)
        shapes = {**{n: p.value.shape for n, p in scene.parameters().items()}, "ris/panel/phase_rad": (2, 3), "ris/panel/amplitude": (2, 3),
                  "ris/panel/position_m": (3,), "ris/panel/orientation_rad": (3,), "ris/other/phase_rad": (2, 1)}
        names = [*NAMES, "device/rx/velocity_m_per_s", "device/tx/orientation_rad", "device/tx/array/element_positions_m"]
        tangent = {n: random.normal(size=shapes[n]) * (1e9 if n == "frequency_hz" else 1) for n in names}
        moved = paths.jvp(tangent)
        cotangents = {word: random.normal(size=moved[word].shape) / max(abs(moved[word]).max(), 1e-30) for word in moved}
        cotangents["a"] = cotangents["a"] * np.exp(1j * random.uniform(0, 6, cotangents["a"].shape))
        gradient = paths.vjp(**cotangents, wrt=names)
        ahead = sum((np.conj(cotangents[w]) * moved[w]).real.sum() for w in moved)
        back = sum((gradient[n] * tangent[n]).sum() for n in names)
        assert ahead == pytest.approx(back, rel=1e-9, abs=1e-9 * sum(abs((gradient[n] * tangent[n]).sum()) for n in names))


FLOOR = dict(corner_m=[-5, -7, -1.5], across_m=[14, 0, 0], up_m=[0, 14, 0])  # beyond the floor: at its own rim a texture has a kink


def painted():
    """The floor's concrete, which varies from place to place."""
    return rw.materials.Texture.over_face(4 + np.random.default_rng(3).uniform(-1, 1, (3, 4)), **FLOOR)


def test_a_varying_material_of_one_value_is_the_material():
    """Where paths touch it on the ways to the elements, on from them and beside them; another scene's materials likewise."""
    scene, other = room(), room()
    other.set_parameter("material/concrete/relative_permittivity", 6.5)
    words = dict(panels=[panel(), OTHER], **OPTIONS)
    wanted = rw.PathSolver()(other, **words)
    got = rw.PathSolver()(scene, materials={"concrete": rw.materials.Texture.over_face([[6.5]], **FLOOR)}, **words)
    assert got.a == pytest.approx(wanted.a, rel=1e-9) and (got.tau == wanted.tau).all() and (got.interactions == wanted.interactions).all()
    h = [p.cfr([0.0, 2e7], normalize_delays=False) for p in (got, wanted, rw.PathSolver()(scene, **words))]
    assert h[0] == pytest.approx(h[1], rel=1e-9) and np.linalg.norm(h[0] - h[2]) > 1e-3 * np.linalg.norm(h[2])
    sums = rw.RisSolver()(scene, [panel(), OTHER], materials={"concrete": painted()}, **OPTIONS)
    paths = rw.PathSolver()(scene, materials={"concrete": painted()}, synthetic_array=False, **words)
    assert paths.cfr([0.0, 2e7], normalize_delays=False)[..., 0, :] == pytest.approx(sums.cfr([0.0, 2e7]), rel=1e-9, abs=1e-12 * abs(h[0]).max())


def test_gradients_beside_a_varying_material():
    names = ["material/concrete/texture", "ris/panel/phase_rad", "ris/panel/position_m", "ris/other/orientation_rad", "device/rx/position_m",
             "object/floor/translation_m"]
    words = dict(panels=[panel(), OTHER], materials={"concrete": painted()}, **OPTIONS)
    channel = dict(frequencies_hz=[0.0, 2e7], normalize_delays=False)
    for wrt in (names, names[:1]):  # of materials alone paths are found once
        check = rw.gradcheck(rw.PathSolver(), room(), wrt, of="cfr", channel=channel, **words)
        assert check.passed, check
    paths, random = rw.PathSolver()(room(), **words), np.random.default_rng(5)
    f = channel["frequencies_hz"]
    tangent = {n: random.normal(size=np.shape(g)) for n, g in paths.cfr_vjp(f, paths.cfr(f), wrt=names).items()}
    moved = paths.cfr_jvp(f, tangent)
    cotangent = random.normal(size=moved.shape) + 1j * random.normal(size=moved.shape)
    back = paths.cfr_vjp(f, cotangent, wrt=names)
    assert (np.conj(cotangent) * moved).real.sum() == pytest.approx(sum((back[n] * t).sum() for n, t in tangent.items()), rel=1e-9)
    with pytest.raises(rw.Error, match="ris/panel/phase_rad"):
        paths.cfr_vjp(f, cotangent, wrt="ris/panel/phase")


CELLS = dict(center_m=[2.75, -2, 0.2], size_m=[1.5, 1], cell_size_m=0.5)
PLANE = dict(max_depth=1, samples_per_tx=20_000, **CELLS)


def test_maps_are_those_of_the_sums():
    scene = room(array=rw.PlanarArray(num_cols=2), power_dbm=30)
    scene.get("tx").precoding = [0.6, 0.8j]
    scene.add(rw.Transmitter("second", [2, 2, 1]))
    found = rw.RadioMapSolver()(scene, coherent=True, panels=panel(), **PLANE)
    sums = rw.RisMapSolver()(scene, panel(), max_depth=1, finder="exhaustive", **CELLS)
    assert found.path_gain == pytest.approx(sums.path_gain, rel=0.05)  # the transmitter's array as plane waves there, exact here
    scene.get("tx").array, scene.get("tx").precoding = rw.PlanarArray(), [1.0]
    found, sums = rw.RadioMapSolver()(scene, coherent=True, panels=panel(), **PLANE), rw.RisMapSolver()(scene, panel(), max_depth=1, finder="exhaustive", **CELLS)
    assert found.path_gain == pytest.approx(sums.path_gain, rel=1e-9)
    assert found.sinr.shape == found.path_gain.shape and found.cell_centers == pytest.approx(sums.cell_centers)
    bare = rw.RadioMapSolver()(scene, coherent=True, **PLANE)
    assert abs(found.path_gain / bare.path_gain - 1).max() > 1e-3
    again = pickle.loads(pickle.dumps(found))
    cotangent = np.ones(found.sinr.shape)
    names = ["ris/panel/phase_rad", "device/tx/power_dbm", "device/tx/precoding"]
    one, other = (m.vjp(sinr=cotangent, wrt=names) for m in (found, again))
    for name in names:
        assert one[name] == pytest.approx(other[name], rel=1e-12)


def test_gradients_of_maps():
    scene = room()
    scene.add(rw.Transmitter("second", [2, 2, 1], array=rw.PlanarArray(num_cols=2)))
    names = ["ris/panel/phase_rad", "ris/panel/position_m", "device/tx/position_m", "device/second/precoding", "device/second/power_dbm"]
    plane = {**PLANE, "cell_size_m": 0.75}
    check = rw.gradcheck(rw.RadioMapSolver(), scene, names, of="sinr", panels=panel(), coherent=True, **plane)
    assert check.passed, check
    found = rw.RadioMapSolver()(scene, coherent=True, panels=panel(), **plane)
    random = np.random.default_rng(1)
    shapes = {"ris/panel/phase_rad": (2, 3), "ris/panel/position_m": (3,), "device/tx/position_m": (3,), "device/second/precoding": (2, 2),
              "device/second/power_dbm": ()}
    tangent = {n: random.normal(size=s) for n, s in shapes.items()}
    moved = found.jvp(tangent)
    for word in ("path_gain", "rss", "sinr"):
        cotangent = random.normal(size=moved[word].shape) / abs(moved[word]).max()
        gradient = found.vjp(**{word: cotangent}, wrt=names)
        assert (cotangent * moved[word]).sum() == pytest.approx(sum((gradient[n] * tangent[n]).sum() for n in names), rel=1e-9, abs=1e-9)


def test_phases_are_found_by_fit():
    scene = room()
    scene.remove("screen")
    start = rw.Ris("panel", [0, 0, 0], num_rows=4, num_cols=4, spacing_m=0.05, phase_rad=np.random.default_rng(1).uniform(0, 6, (4, 4)))

    def loss(paths, names):
        h = paths.cfr([0.0], normalize_delays=False)
        power = (abs(h) ** 2).sum()
        return float(-10 * np.log10(power)), paths.cfr_vjp([0.0], -20 / np.log(10) / power * h, normalize_delays=False, wrt=names)

    found = rw.fit(scene, ["ris/panel/phase_rad"], loss, method="lbfgs", steps=30, panels=start, max_depth=0)
    best = rw.RisSolver()(scene, start.copy().steer(scene.get("tx"), scene.get("rx"), 3e9), max_depth=0)
    direct = abs(rw.PathSolver()(scene, max_depth=0).a).max()
    assert 10 ** (-found.loss / 20) > 0.999 * np.sqrt((abs(best.cfr()) ** 2).sum()) and direct > 0
    assert [p.name for p in found.panels] == ["panel"] and (found.panels[0].phase_rad == found.values["ris/panel/phase_rad"]).all()
    assert (start.phase_rad != found.panels[0].phase_rad).any()


@pytest.mark.parametrize("words, said", [
    (dict(panels=3), "panels takes rw.Ris"),
    (dict(panels=[OTHER, OTHER]), "two panels have one name"),
    (dict(panels=rw.Ris("tx", [0, 0, 0], num_rows=1, num_cols=1, spacing_m=0.1)), "tx"),
    (dict(panels=OTHER, diffuse_reflection=True), "synthetic_array=false"),
])
def test_bad_panels_are_named(words, said):
    with pytest.raises(rw.Error, match=re.escape(said)):
        rw.PathSolver()(room(), **words)


@pytest.mark.parametrize("words, said", [
    (dict(coherent=False), "coherent=true"), (dict(method="monte-carlo"), "monte-carlo"), (dict(coherent=True, points_per_cell=4), "points_per_cell")])
def test_maps_that_add_powers_refuse_panels(words, said):
    with pytest.raises(rw.Error, match=said):
        rw.RadioMapSolver()(room(), panels=OTHER, **PLANE, **words)


def test_names_that_are_not_there():
    paths = rw.PathSolver()(room(), panels=panel(), max_depth=0)
    with pytest.raises(rw.Error, match="ris/panel/phase_rad"):
        paths.path_gain_vjp([[1.0]], wrt=["ris/panel/phase"])
    with pytest.raises(rw.Error, match="ris/panle"):
        paths.jvp({"ris/panle/phase_rad": np.zeros((2, 3))})
    with pytest.raises(rw.Error, match="those of panels: none"):
        rw.gradcheck(rw.PathSolver(), room(), ["ris/panel/phase_rad"], max_depth=0)
    empty = rw.PathSolver()(room(), panels=[], max_depth=0)
    assert len(empty) == len(rw.PathSolver()(room(), max_depth=0))
