# SPDX-License-Identifier: Apache-2.0
"""Scattered power from Python: against numpy's sum, gradients, what is refused. Its laws are tested in C++."""
import pathlib
import re

import numpy as np
import pytest

import raywave as rw
from noisy_walls import noisy_wall
from raywave._lobes import choose, facets
from raywave._mesh_noise import mesh_noise


def patch(scattering=0.7, pattern="lambertian"):
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    metal = rw.Material("metal", perfect_conductor=True, scattering_coefficient=scattering)
    metal.scattering_pattern = pattern
    scene.add(metal)
    corners = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]])
    scene.add(rw.Object("patch", corners, np.array([[0, 1, 2], [0, 2, 3]]), "metal"))
    both = rw.PlanarArray(polarization="VH")
    scene.add(rw.Transmitter("tx", [-1.3, 0.4, 1.7], array=both))
    scene.add(rw.Receiver("rx", [0.9, -0.7, 2.2], array=both))
    return scene


def test_a_lambertian_patch_is_its_integral():
    scene = patch()
    power = rw.ScatteringSolver()(scene)
    middle = (np.arange(400) + 0.5) / 400 - 0.5
    p = np.stack([*np.meshgrid(middle, middle, indexing="ij"), np.zeros((400, 400))], axis=-1)
    into, out = p - scene.transmitters["tx"].position_m, np.array(scene.receivers["rx"].position_m) - p
    r1, r2 = np.linalg.norm(into, axis=-1), np.linalg.norm(out, axis=-1)
    density = (-into[..., 2] / r1) * (out[..., 2] / r2) / np.pi / (r1 * r2) ** 2
    expected = 0.5 * 0.49 * (299792458.0 / 28e9 / (4 * np.pi)) ** 2 * density.mean()
    assert power.gain.shape == (1, 1) and power.num_tiles[0, 0] > 0
    np.testing.assert_allclose(power.gain, expected, rtol=2e-4)
    assert power.error[0, 0] <= 1e-4 * expected and power.shaded[0, 0] == 0


def test_gradients_are_those_of_differences():
    scene = patch(pattern="directive(alpha_r=4)")
    scene.materials["metal"].perfect_conductor = False
    scene.materials["metal"].relative_permittivity = 5
    names = ["device/tx/position_m", "device/rx/position_m", "material/metal/scattering_coefficient", "material/metal/xpd_coefficient",
             "material/metal/relative_permittivity", "object/patch/translation_m", "frequency_hz"]
    scene.materials["metal"].xpd_coefficient = 0.2
    check = rw.gradcheck(rw.ScatteringSolver(), scene, names, of="gain", tolerance=1e-4, reflection="von_mises_fisher(kappa=9)")
    assert check, check


@pytest.mark.parametrize("words, message", [
    (dict(diffuse=False), "diffuse or a lobe"), (dict(reflection="von_mises_fisher(kappa=-2)"), "kappa must be > 0"), (dict(tolerance=0), "tolerance must be > 0"),
    (dict(reflection="von_mises_fischer(kappa=2)"), "did you mean 'von_mises_fisher'"), (dict(reflection=3), "takes a lobe as text")])
def test_what_is_refused(words, message):
    with pytest.raises(rw.Error, match=message):
        rw.ScatteringSolver()(patch(), **words)


def test_sharp_lobes_on_large_grounds_stay_small():
    """Tiles are cut where the lobe is, however large the plane, and no more of them than are allowed."""
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    scene.add(rw.itu_material("concrete"))
    half = 500.0
    scene.add(rw.Object("ground", np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]]), np.array([[0, 1, 2], [0, 2, 3]]), "concrete"))
    scene.add(rw.Transmitter("tx", [-9, 0.3, 8]))
    scene.add(rw.Receiver("rx", [11, -0.2, 3]))
    mirror = rw.PathSolver()(scene, max_depth=1, los=False).path_gain[0, 0]
    for kappa, off in ((1e2, 0.2), (1e4, 0.005), (1e6, 0.001)):
        found = rw.ScatteringSolver()(scene, diffuse=False, reflection=f"von_mises_fisher(kappa={kappa})")
        assert found.num_tiles[0, 0] < 20000 and found.gain[0, 0] == pytest.approx(mirror, rel=off), kappa
    with pytest.warns(UserWarning, match="max_tiles"):
        few = rw.ScatteringSolver()(scene, diffuse=False, reflection="von_mises_fisher(kappa=100)", max_tiles=300)
    assert few.num_tiles[0, 0] <= 420 and few.error[0, 0] == np.inf
    with pytest.raises(rw.Error, match="slope must be"):
        rw.ScatteringSolver()(scene, reflection="half_vector(slope=1e-200)")


def room():
    scene = rw.Scene()
    scene.frequency_hz = 10e9
    scene.add(rw.itu_material("concrete", thickness_m=0.2))
    scene.materials["concrete"].scattering_coefficient = 0.5
    scene.add(rw.Object("floor", np.array([[-3, -3, 0], [3, -3, 0], [3, 3, 0], [-3, 3, 0.0]]), np.array([[0, 1, 2], [0, 2, 3]]), "concrete"))
    scene.add(rw.Transmitter("tx", [-1.5, 0.4, 2.5]))
    scene.add(rw.Receiver("rx", [1.2, -0.7, 1.3], array=rw.PlanarArray(polarization="VH")))
    return scene


def test_paths_and_maps_scatter():
    scene = room()
    words = dict(max_depth=1, finder="exhaustive")
    clean, rough = rw.PathSolver()(scene, **words), rw.PathSolver()(scene, diffuse_reflection=True, scattering_tolerance=1e-3, **words)
    kinds = [path["interactions"] for path in rough]
    assert ["diffuse_reflection"] in kinds and ["specular_reflection"] in kinds and len(rough) > len(clean) + 20
    power = rw.ScatteringSolver()(scene).gain[0, 0]
    total = np.sum(np.abs(rough.a) ** 2) - np.sum(np.abs(clean.a) ** 2)
    assert total == pytest.approx(2 * power, rel=1e-3)  # a mean over two pairs of ports
    area = dict(center_m=[1.2, -0.7, 1.3], size_m=[0.2, 0.2], cell_size_m=0.2, max_depth=1, diffuse_reflection=True)
    tiles = rw.RadioMapSolver()(scene, scattering_tolerance=1e-3, **area)
    assert not tiles.standard_error.any()
    assert tiles.path_gain[0, 0, 0] == pytest.approx(np.sum(np.abs(rough.a) ** 2), rel=1e-3)
    samples = rw.RadioMapSolver()(scene, method="monte-carlo", samples_per_tx=4_000_000, **area)
    assert abs(samples.path_gain - tiles.path_gain)[0, 0, 0] < 3.5 * samples.standard_error[0, 0, 0] < 0.2 * tiles.path_gain[0, 0, 0]
    walks = rw.ScatteringSolver()(scene, method="sampled", samples_per_tx=100_000)
    assert abs(walks.gain[0, 0] - power) < 3.5 * walks.error[0, 0] < 0.1 * power


def test_gradients_of_scattered_paths():
    scene = room()
    check = rw.gradcheck(rw.PathSolver(), scene, ["device/tx/position_m", "material/concrete/scattering_coefficient", "material/concrete/relative_permittivity"],
                         of="path_gain", tolerance=1e-3, max_depth=1, finder="exhaustive", diffuse_reflection=True, scattering_tolerance=1e-6)
    assert check, check
    samples = rw.RadioMapSolver()(scene, method="monte-carlo", max_depth=1, diffuse_reflection=True, samples_per_tx=1000, cell_size_m=1)
    with pytest.raises(rw.Error, match="scattering have no derivative"):
        samples.vjp(path_gain=np.ones_like(samples.path_gain))
    walks = rw.ScatteringSolver()(scene, method="sampled", samples_per_tx=1000)
    with pytest.raises(rw.Error, match="use tiles"):
        walks.vjp(np.ones((1, 1)))


@pytest.mark.parametrize("share, name", [(0.0, "xpd_coefficient"), (1.0, "xpd_coefficient"), (0.3, "scattering_coefficient")])
def test_shares_at_their_bounds_have_no_slope_and_say_so(share, name):
    scene = patch(scattering=1.0 if name == "scattering_coefficient" else 0.7)
    scene.set_parameter("material/metal/xpd_coefficient", share)
    at_bound, other = f"material/metal/{name}", {"xpd_coefficient": "scattering_coefficient", "scattering_coefficient": "xpd_coefficient"}[name]
    for result, words in ((rw.PathSolver()(scene, max_depth=1, diffuse_reflection=True, scattering_tolerance=0.1), "a"),
                          (rw.RadioMapSolver()(scene, max_depth=1, diffuse_reflection=True, scattering_tolerance=0.1, center=[0, 0, 1],
                                               size=[1, 1], cell_size=[1, 1]), "path_gain")):
        cotangent = {words: np.ones_like(result.a if words == "a" else result.path_gain)}
        gradient = result.vjp(**cotangent)
        assert at_bound not in gradient and f"material/metal/{other}" in gradient
        with pytest.raises(rw.Error, match=f"{at_bound} is [01], a bound"):
            result.vjp(**cotangent, wrt=at_bound)
        with pytest.raises(rw.Error, match=f"{at_bound} is [01], a bound"):
            result.jvp({at_bound: 1.0})
    mirrors = rw.PathSolver()(scene, max_depth=1)
    assert "material/metal/xpd_coefficient" in mirrors.vjp(a=np.ones_like(mirrors.a))


@pytest.mark.parametrize("slope", [0.03, 0.11, 0.3])
def test_a_noisy_wall_says_its_lobe(slope):
    scene = rw.Scene()
    scene.add(rw.itu_material("concrete"))
    scene.add(rw.Object("wall", *noisy_wall(slope), "concrete"))
    chosen = scene.lobe_for("wall", spread_db=1.0, legs_m=(4.06, 2.71), angle_rad=np.radians(42.3))
    assert chosen.slope == pytest.approx(slope, rel=0.08)
    assert chosen.facet_area_m2 == pytest.approx(0.25**2 / 2, rel=0.2)
    assert chosen.spread_db == pytest.approx(1.0, rel=1e-3) or chosen.kappa == 1000
    assert f"kappa={chosen.kappa:.6g}" in chosen.lobe and "expected spread" in str(chosen)
    with pytest.raises(rw.Error, match="spread_db"):
        scene.lobe_for("wall", spread_db=0)
    with pytest.raises(rw.Error, match="two lengths"):
        scene.lobe_for("wall", legs_m=3)
    with pytest.raises(rw.Error, match="no object is named 'wal', did you mean 'wall'"):
        scene.lobe_for("wal")


@pytest.mark.parametrize("leg, height, kappa, measured_db", [(0.25, 0.01, 300, 2.14), (0.25, 0.02, 100, 1.15), (0.25, 0.05, 30, 0.61), (0.10, 0.01, 100, 0.52), (0.10, 0.02, 300, 0.91)])
def test_the_spread_that_is_expected_is_that_of_many_meshes(leg, height, kappa, measured_db):
    """Measured over 100 meshes of vertices moved by `height`, metres, summed over facets on a 2 cm grid by a program of its own: good to 1 / sqrt(200) of itself;
    the formula is of second order in the slopes' correlation, by rings. Spreads in dB of sqrt(variance) / mean, as they were measured."""
    wall = rw.Object("wall", *noisy_wall(np.sqrt(2) * height / leg, leg), "concrete")
    _, _, spread = choose(mesh_noise(*facets(wall)), 1.0, (4.06, 2.71), np.radians(42.3))
    relative = 10 ** (spread(kappa) / 10) - 1
    assert 10 / np.log(10) * relative == pytest.approx(measured_db, rel=0.2)


def finer(vertices, triangles):
    """Every triangle cut in four, in its plane."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    corners = np.stack([a, (a + b) / 2, (c + a) / 2, (a + b) / 2, b, (b + c) / 2, (c + a) / 2, (b + c) / 2, c, (a + b) / 2, (b + c) / 2, (c + a) / 2], axis=1).reshape(-1, 3)
    return corners, np.arange(len(corners)).reshape(-1, 3)


def test_finer_triangles_of_the_same_surface_choose_the_same_lobe():
    """A scan's facets are much smaller than what its noise goes together over."""
    scene = rw.Scene()
    scene.add(rw.itu_material("concrete"))
    wall = noisy_wall(0.1)
    for name in ("coarse", "finer", "finest"):
        scene.add(rw.Object(name, *wall, "concrete"))
        wall = finer(*wall)
    coarse, *others = (scene.lobe_for(name, legs_m=(4.06, 2.71), angle_rad=np.radians(42.3)) for name in ("coarse", "finer", "finest"))
    for other in others:
        assert other.kappa == pytest.approx(coarse.kappa, rel=0.2) and other.slope == pytest.approx(coarse.slope, rel=0.1), (coarse, other)


def test_a_lobe_is_the_same_wherever_the_mesh_lies_and_however_it_is_turned():
    vertices, triangles = noisy_wall(0.1)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    scene = rw.Scene()
    scene.add(rw.itu_material("concrete"))
    scene.add(rw.Object("here", vertices, triangles, "concrete"))
    order = np.random.default_rng(4).permutation(len(triangles))
    scene.add(rw.Object("there", vertices @ turn.T + [3e4, -2e4, 500], triangles[order][:, [1, 0, 2]], "concrete"))  # seen from the other side, too
    here, there = scene.lobe_for("here"), scene.lobe_for("there")
    assert there.kappa == pytest.approx(here.kappa, rel=0.2)  # other facets are looked at, each draw good to a tenth


@pytest.mark.parametrize("triangles", [[[0, 1, 2]], [[0, 1, 2], [0, 2, 3]], [[0, 1, 2], [0, 1, 2]], [[0, 1, 2], [0, 1, 4], [0, 2, 4]]])
def test_meshes_of_few_facets_are_clean(triangles):
    scene = rw.Scene()
    scene.add(rw.itu_material("concrete"))
    scene.add(rw.Object("few", [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], triangles, "concrete"))
    assert scene.lobe_for("few").kappa == 1000


def test_clean_walls_may_have_sharp_lobes():
    scene = room()
    assert scene.lobe_for("floor").kappa == 1000 and scene.lobe_for("floor").slope == 0


def test_the_chosen_lobe_keeps_the_spread_it_says():
    """Meshes of one wall, drawn anew: the power over them spreads as was said."""
    gains = []
    for seed in range(12):
        scene = rw.Scene()
        scene.frequency_hz = 28e9
        scene.add(rw.Material("metal", perfect_conductor=True))
        scene.add(rw.Object("wall", *noisy_wall(0.1, seed=seed), "metal"))
        scene.add(rw.Transmitter("tx", [-2, 0.3, 3]))
        scene.add(rw.Receiver("rx", [2.5, -0.4, 2]))
        lobe = scene.lobe_for("wall", spread_db=1.0, legs_m=(4.06, 2.71), angle_rad=np.radians(42.3))
        gains.append(rw.ScatteringSolver()(scene, diffuse=False, reflection=lobe.lobe, tolerance=0.02, max_tiles=30000).gain[0, 0])
    image = (299792458.0 / 28e9 / (4 * np.pi) / np.linalg.norm([4.5, 0.7, 5.0])) ** 2
    error = 10 * np.log10(np.array(gains) / image)
    # lobe and slopes together are as wide as a lobe of kappa = 1 / (1 / 98 + 4 * 0.1^2) = 20, whose bias on the clean wall is -0.9 dB
    assert abs(error.mean() + 0.9) < 3 * error.std() / np.sqrt(12) and 0.3 < error.std() < 1.8, error


def test_the_examples_in_the_documents_run(monkeypatch):
    root = pathlib.Path(__file__).resolve().parents[2]
    monkeypatch.chdir(root)
    space = {}
    for block in re.findall(r"```python\n(.*?)```", (root / "docs/scattering.md").read_text(encoding="utf-8"), flags=re.S):
        exec(block, space)
    assert len(space["paths"]) > 0 and len(space["noisy"]) > 0 and space["relative"].max() > 0


def corner():
    """A floor and a wall whose lobes are their materials'."""
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    for name, lobe in (("floor", "von_mises_fisher(kappa=30)"), ("wall", "")):
        scene.add(rw.Material(name, perfect_conductor=True))
        scene.materials[name].lobe = lobe
    scene.add(rw.Object("floor", [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], [[0, 1, 2], [0, 2, 3]], "floor"))
    scene.add(rw.Object("wall", [[-1, 1.5, 0], [1, 1.5, 0], [1, 1.5, 2], [-1, 1.5, 2]], [[0, 1, 2], [0, 2, 3]], "wall"))
    scene.add(rw.Transmitter("tx", [-0.7, 0.2, 1.1]))
    return scene


DIRECTIONAL = dict(max_depth=1, los=False, reflection="directional", lobe="von_mises_fisher(kappa=12)", scattering_tolerance=0.02, finder="exhaustive")


def test_lobes_of_materials_are_parameters_and_are_calibrated():
    pytest.importorskip("scipy")
    scene = corner()
    name = "material/floor/lobe/kappa"
    assert name in scene.parameters() and "material/wall/lobe/kappa" not in scene.parameters()
    points, words = np.array([[-0.2, -0.4, 1.2], [0.6, 0.1, 1.0]]), {**DIRECTIONAL, "scattering_tolerance": 0.2}
    there = scene.copy()
    for i, point in enumerate(points):
        there.add(rw.Receiver(f"p{i}", point.tolist()))
    gain = rw.PathSolver()(there, **words).path_gain
    measured = rw.inverse.Powers(path_gain_db=10 * np.log10(gain.ravel()), tx=["tx"] * 2, position_m=points)
    scene.set_parameter(name, 18.0)
    assert scene.materials["floor"].lobe == "von_mises_fisher(kappa=18)"
    found = rw.calibrate(scene, measured, {name: dict(bounds=(10, 60), transform="log")}, **words)
    assert abs(found.found[0] - 30) < 3, found.found  # tiles of a tolerance of 20 %
    with pytest.raises(rw.Error, match="'wall' names no lobe"):
        scene.set_parameter("material/wall/lobe/kappa", 3.0)
    with pytest.raises(rw.Error, match="kapa"):
        scene.materials["wall"].lobe = "von_mises_fisher(kapa=3)"


def test_lobes_of_materials_are_kept_in_files(tmp_path):
    scene = corner()
    scene.save(tmp_path / "corner.xml")
    assert {m.name: m.lobe for m in rw.load_scene(str(tmp_path / "corner.xml")).materials.values()} == {"floor": "von_mises_fisher(kappa=30)", "wall": ""}
    with pytest.raises(rw.Error, match="no word"):
        scene.save(tmp_path / "theirs.xml", dialect="sionna")


def test_large_planes_keep_their_mirrors():
    scene = corner()
    scene.add(rw.Receiver("rx", [0.6, -0.3, 1.4]))
    mirrors = rw.PathSolver()(scene, max_depth=1, los=False, finder="exhaustive")
    kept = rw.PathSolver()(scene, **DIRECTIONAL, keep_specular=True)  # 4 m^2 each: all of both
    np.testing.assert_array_equal(kept.a, mirrors.a)
    assert rw.PathSolver()(scene, **DIRECTIONAL, keep_specular=True, keep_specular_m2=5).a.shape[-1] > 100
    with pytest.raises(rw.Error, match="keep_specular needs"):
        rw.PathSolver()(scene, keep_specular=True)
    with pytest.raises(rw.Error, match=r"unknown reflection 'x'\. Known: mirror, directional"):
        rw.PathSolver()(scene, reflection="x")
