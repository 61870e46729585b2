# SPDX-License-Identifier: Apache-2.0
"""Lobes of one's own: functions of directions wherever a lobe is named."""
import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
import raywave as rw


def fisher(kappa):
    """von Mises and Fisher's shape as a user would write it, and its gradient."""
    mirrored = np.array([1.0, 1, -1])

    def shape(u_i, u_o):
        return np.exp(kappa * (np.einsum("nx,nx->n", u_i * mirrored, u_o) - 1))

    def gradient(u_i, u_o):
        f = kappa * shape(u_i, u_o)[:, None]
        return f * mirrored * u_o, f * mirrored * u_i

    return shape, gradient


def fan(u_i, u_o):
    """Not reciprocal."""
    return u_o[:, 2] * (1 + np.exp(-4 * u_i[:, 2] * np.einsum("nx,nx->n", u_i * [1, 1, -1], u_o)))


def wall(pattern="lambertian", lobe="", s=0.6):
    scene = rw.Scene()
    scene.frequency_hz = 5e9
    material = rw.Material("plaster", relative_permittivity=4.0, conductivity_s_per_m=0.02, scattering_coefficient=s, xpd_coefficient=0.1)
    material.scattering_pattern, material.lobe = pattern, lobe
    scene.add(material)
    scene.add(rw.Object("wall", [[-2, 0, -1.5], [2, 0, -1.5], [2, 0, 1.5], [-2, 0, 1.5]], [[0, 1, 2], [0, 2, 3]], "plaster"))
    scene.add(rw.Transmitter("tx", [-1.2, 2.0, 0.1]))
    scene.add(rw.Receiver("rx", [1.0, 1.5, -0.2]))
    return scene


def directions(random, count):
    u = random.normal(size=(count, 3))
    u[:, 2] = np.abs(u[:, 2]) + 0.05
    return u / np.linalg.norm(u, axis=1, keepdims=True)


@pytest.mark.parametrize("own_gradient", [True, False])
def test_one_that_is_built_in_gives_what_that_gives_wherever_it_is_named(own_gradient):
    shape, gradient = fisher(12.0)
    lobe = rw.materials.Lobe("mine", shape, gradient=gradient if own_gradient else None)
    known = "von_mises_fisher(kappa=12)"
    for names in (dict(pattern=lobe), dict(lobe=lobe))[:2 if own_gradient else 1]:
        one, other = wall(**names), wall(**{k: known for k in names})
        directional = {"reflection": "von_mises_fisher(kappa=30)"} if "lobe" in names else {}
        a, b = (rw.ScatteringSolver()(s, tolerance=0.2, **directional) for s in (one, other))
        assert a.gain == pytest.approx(b.gain, rel=2e-2)  # tiles are cut elsewhere: a tenth of the tolerance, which is an upper bound
        wrt = ["device/rx/position_m", "object/wall/vertices_m", "material/plaster/relative_permittivity", "material/plaster/scattering_coefficient"]
        ga, gb = (p.vjp(np.ones((1, 1)), wrt=wrt) for p in (a, b))
        for name in wrt:
            assert np.abs(ga[name] - gb[name]).max() < 6e-2 * np.abs(gb[name]).max(), name
        step = {"device/rx/position_m": [0.3, -0.2, 0.1], "material/plaster/relative_permittivity": 0.2}
        assert a.jvp(step)[0, 0] == pytest.approx(sum(np.sum(np.asarray(ga[k]) * v) for k, v in step.items()), rel=1e-10)
    given = dict(max_depth=1, diffuse_reflection=False, reflection="directional", scattering_tolerance=0.3)
    if not own_gradient:
        return
    for solve in (lambda s, **o: rw.PathSolver()(s, **given, **o).path_gain,
                  lambda s, **o: rw.RadioMapSolver()(s, center_m=[0, 2, 0], size_m=1, cell_size_m=1, **given, **o).path_gain):
        assert solve(wall(), lobe=lobe) == pytest.approx(solve(wall(), lobe=known), rel=3e-2)
        assert solve(wall(), lobe="mine") == pytest.approx(solve(wall(lobe=lobe)), rel=1e-12)


def test_random_walks_draw_them():
    shape, _ = fisher(12.0)
    lobe = rw.materials.Lobe("mine", shape)
    scene = wall(lobe, lobe)
    exact = rw.ScatteringSolver()(scene, reflection=lobe, tolerance=1e-2)
    chance = rw.ScatteringSolver()(scene, reflection=lobe, method="sampled", samples_per_tx=1000)
    assert abs(chance.gain - exact.gain).max() < 4 * chance.error.max() + 1e-2 * exact.gain.max()
    words = dict(method="monte-carlo", center_m=[0, 2, 0], size_m=[2, 1], cell_size_m=1, max_depth=1, reflection="directional", samples_per_tx=4_000)
    a, b = (rw.RadioMapSolver()(scene, lobe=given, **words) for given in (lobe, "von_mises_fisher(kappa=12)"))
    apart = (a.path_gain - rw.RadioMapSolver()(wall("von_mises_fisher(kappa=12)", "von_mises_fisher(kappa=12)"), **words).path_gain)
    assert np.abs(apart).max() < 5 * np.sqrt(2) * np.nanmax(a.standard_error) and b.path_gain.max() > 0


def test_gradients_of_one_without_a_gradient_are_those_of_differences():
    lobe = rw.materials.Lobe("fan", fan)
    scene, step = wall(lobe), np.array([0.01, -0.006, 0.004])

    def gain(shift):
        moved = wall(lobe)
        moved.get("rx").position_m = list(np.array(scene.get("rx").position_m) + shift)
        return rw.ScatteringSolver()(moved, tolerance=2e-3)

    exact = gain(0 * step).vjp(np.ones((1, 1)), wrt="device/rx/position_m")["device/rx/position_m"] @ step
    assert exact == pytest.approx((gain(step).gain - gain(-step).gain)[0, 0] / 2, rel=2e-2)  # tiles are cut anew: a fraction of their tolerance, over a step of 0.4 %


def test_energy_reciprocity_samples_and_density_are_told():
    lobe = rw.materials.Lobe("fan", fan)
    random = np.random.default_rng(3)
    u_o = directions(random, 20000)
    for cosine in (0.1, 0.5, 0.98):
        u_i = np.array([np.sqrt(1 - cosine**2), 0, -cosine])
        phi, z = 2 * np.pi * random.random(20000), random.random(20000)
        even = np.stack([np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z], axis=1)
        values = 2 * np.pi * lobe.values(u_i, even)
        assert values.mean() == pytest.approx(1, abs=5 * values.std() / np.sqrt(20000))
        drawn = lobe.sample(np.tile(u_i, (5000, 1)), random.random((5000, 3)))
        weight = lobe.values(u_i, drawn) / lobe.density(u_i, drawn)
        assert weight.mean() == pytest.approx(1, abs=5 * weight.std() / np.sqrt(5000))
    assert lobe.reciprocity_error > 0.05 and lobe.integral_error < 1e-6
    u_i = -directions(random, 50)
    assert lobe.kernel(u_i, u_o[:50]) == pytest.approx(lobe.kernel(-u_o[:50], -u_i), rel=1e-12)
    a, b = wall(lobe), wall(lobe)
    b.get("tx").position_m, b.get("rx").position_m = a.get("rx").position_m, a.get("tx").position_m
    one, other = (rw.ScatteringSolver()(s, tolerance=1e-2).gain for s in (a, b))
    assert one == pytest.approx(other, rel=1e-9)
    half = rw.materials.Lobe("half", lambda u_i, u_o: 0.5 * u_o[:, 2] / np.pi, normalize=False)
    assert half.integral([0.2, 0.9]) == pytest.approx([0.5, 0.5], rel=1e-6)
    assert rw.ScatteringSolver()(wall(half)).gain == pytest.approx(0.5 * rw.ScatteringSolver()(wall()).gain, rel=1e-3)


def test_one_that_draws_for_itself():
    def draw(u_i, r):
        s, phi = np.sqrt(r[:, 0]), 2 * np.pi * r[:, 1]
        return np.stack([s * np.cos(phi), s * np.sin(phi), np.sqrt(1 - r[:, 0])], axis=1)

    lobe = rw.materials.Lobe("drawn", lambda u_i, u_o: u_o[:, 2], draw=draw, density=lambda u_i, u_o: u_o[:, 2] / np.pi)
    random = np.random.default_rng(1).random((10, 3))
    u_i = np.tile([0.6, 0, -0.8], (10, 1))
    assert lobe.density(u_i, lobe.sample(u_i, random)) == pytest.approx(lobe.values(u_i, lobe.sample(u_i, random)), rel=1e-6)


@pytest.mark.parametrize("function, words, options", [
    (lambda u_i, u_o: u_o[:, 2] - 0.5, "must be finite and >= 0", {}),
    (lambda u_i, u_o: np.where(u_o[:, 2] > 0.5, np.nan, 1), "got nan", {}),
    (lambda u_i, u_o: u_o, r"gives the shape \[\d+, 3\]", {}),
    (lambda u_i, u_o: 1.0, r"gives the shape \[\]", {}),
    (lambda u_i, u_o: "much", "wanted real numbers", {}),
    (lambda u_i, u_o: 1 / np.zeros(3)[5], "IndexError: index 5", {}),
    (lambda u_i, u_o: u_o[:, 2], "scatters 3.14.* of what it gets", dict(normalize=False)),
    (lambda u_i, u_o: 0 * u_o[:, 2], "scatters nothing", {}),
    (lambda u_i, u_o: 1 + 0.1 * u_o[:, 0], "no axis but its normal", {}),
    (lambda u_i, u_o: u_o[:, 2], "width_rad must be > 0", dict(width_rad=0)),
    (lambda u_i, u_o: u_o[:, 2], "both draw and density", dict(draw=fan)),
    (3, "is called with directions", {}),
])
def test_what_is_no_lobe_is_refused(function, words, options):
    with pytest.raises(rw.Error, match=words):
        rw.materials.Lobe("bad", function, **options)
    with pytest.raises(rw.Error, match="unknown lobe 'bad'"):
        wall("bad")


def test_names_are_words_and_not_those_of_others():
    for name, words in (("lambertian", "is there already"), ("my lobe", "letters, digits"), ("", "letters, digits"), (3, "is a word")):
        with pytest.raises(rw.Error, match=words):
            rw.materials.Lobe(name, fan)


def test_a_gradient_of_another_shape_is_said_when_it_is_asked():
    lobe = rw.materials.Lobe("odd", fan, gradient=lambda u_i, u_o: u_i)
    power = rw.ScatteringSolver()(wall(lobe), tolerance=0.1)
    with pytest.raises(rw.Error, match="the gradient of the lobe 'odd' gives ndarray, wanted two arrays"):
        power.vjp(np.ones((1, 1)))


def test_one_that_fails_later_says_so_and_nothing_hangs():
    calls = []

    def tired(u_i, u_o):
        calls.append(len(u_i))
        if len(calls) > at:
            raise ValueError("no more")
        return u_o[:, 2]

    at = 10**9
    lobe = rw.materials.Lobe("tired", tired)
    at = len(calls)
    with pytest.raises(rw.Error, match="ValueError: no more"):
        rw.ScatteringSolver()(wall(lobe))


def test_results_and_lobes_are_pickled_and_files_have_the_name(tmp_path):
    lobe = rw.materials.Lobe("fan", fan)
    assert copy.copy(lobe) is copy.deepcopy(lobe) is pickle.loads(pickle.dumps(lobe)) is lobe
    power = rw.ScatteringSolver()(wall(lobe), reflection=lobe, tolerance=0.1)
    again = pickle.loads(pickle.dumps(power))
    assert again.vjp(np.ones((1, 1)))["device/rx/position_m"].tobytes() == power.vjp(np.ones((1, 1)))["device/rx/position_m"].tobytes()
    written = str(wall(lobe).save(tmp_path / "own"))
    assert rw.load_scene(written).materials["plaster"].scattering_pattern == "fan"
    elsewhere = subprocess.run([sys.executable, "-c", f"import raywave as rw; rw.load_scene({written!r})"], capture_output=True, text=True)
    assert "A lobe of one's own is known to the process that made it" in elsewhere.stderr
    rw.materials.Lobe("fan", fan, normalize=True)  # another of the name
    with pytest.raises(rw.Error, match="another lobe has taken the name 'fan'"):
        lobe.values([0, 0, -1], [0, 0, 1])
