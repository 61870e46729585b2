# SPDX-License-Identifier: Apache-2.0
"""Derivatives from Python: shapes, names, conventions, gradcheck, PyTorch and JAX. Their laws are tested in C++."""
import pathlib
import subprocess
import sys
import warnings

import numpy as np
import pytest
import raywave as rw

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPTIONS = dict(max_depth=2, diffraction=True, finder="exhaustive")
FREQUENCIES = [-5e6, 0.0, 7e6]
PARAMETERS = ["device/tx/position_m", "material/concrete/relative_permittivity", "object/block/translation_m"]


def block_scene():
    """A box on open ground, a transmitter with two ports, a receiver in its shadow and one in sight."""
    scene = rw.Scene()
    scene.frequency_hz = 1.1e9
    scene.bandwidth_hz = 20e6
    scene.add(rw.itu_material("concrete", 0.2))
    x, y, z = np.meshgrid([-2.0, 2.0], [-2.0, 2.0], [0.0, 6.0], indexing="ij")
    corners = np.ascontiguousarray(np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1))
    faces = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    triangles = np.array([t for a, b, c, d in faces for t in ([a, b, c], [a, c, d])], dtype=np.int64)
    scene.add(rw.Object("block", corners, triangles, "concrete"))
    scene.add(rw.Transmitter("tx", [-7.1, 3.2, 2.5], array=rw.PlanarArray(num_cols=2, polarization="V")))
    scene.add(rw.Receiver("shadow", [5.3, -2.2, 1.5], velocity_m_per_s=[3, 1, 0]))
    scene.add(rw.Receiver("lit", [-4.3, -6.2, 1.7], array=rw.PlanarArray(polarization="VH")))
    return scene


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def random_complex(shape, seed=0):
    return random(shape, seed) + 1j * random(shape, seed + 1000)


def directions(scene, names):
    return {name: random(scene.parameters()[name].shape, seed) for seed, name in enumerate(names)}


def paired(gradient, direction):
    return sum(float((gradient[name] * direction[name]).sum()) for name in direction)


def real_product(cotangent, tangent):
    """Re sum conj(cotangent) tangent: what d/dRe + j d/dIm pairs to."""
    return float((np.conj(cotangent) * tangent).sum().real)


@pytest.fixture(scope="module")
def scene():
    return block_scene()


@pytest.fixture(scope="module", params=[True, False], ids=["synthetic", "exact arrays"])
def paths(request, scene):
    found = rw.PathSolver()(scene, synthetic_array=request.param, **OPTIONS)
    assert len(found) > 4 and 8 in found.interactions
    return found


def agree(forward, reverse, size):
    """To rounding: a few thousand products of numbers whose sum of magnitudes is below `size`."""
    assert abs(forward - reverse) <= 1e-10 * size, (forward, reverse)


def test_both_modes_agree_over_all_outputs(scene, paths):
    direction = directions(scene, PARAMETERS + ["device/lit/orientation_rad", "device/shadow/velocity_m_per_s", "frequency_hz"])
    direction["frequency_hz"] *= 1e6
    tangent = paths.jvp(direction)
    scales = dict(a=1e3, tau=1e8, theta_t=1, phi_t=1, theta_r=1, phi_r=1, doppler=1)
    assert set(tangent) == set(scales)
    cotangent = {name: scale * (random_complex if name == "a" else random)(getattr(paths, name).shape, i)
                 for i, (name, scale) in enumerate(scales.items())}
    forward, size = 0.0, 0.0
    for name, t in tangent.items():
        assert t.shape == getattr(paths, name).shape and np.all(t[~paths.valid] == 0 if t.shape == paths.valid.shape else True)
        forward += real_product(cotangent[name], t)
        size += abs(np.conj(cotangent[name]) * t).sum()
    gradient = paths.vjp(**cotangent)
    agree(forward, paired(gradient, direction), size)
    solvable = {name for name, p in scene.parameters().items() if "paths" in p.solvers}
    assert set(gradient) == solvable
    assert all(gradient[name].shape == scene.parameters()[name].shape for name in gradient)


@pytest.mark.parametrize("normalize", [False, True])
def test_both_modes_agree_over_channels(scene, paths, normalize):
    direction = directions(scene, PARAMETERS)
    words = dict(num_time_steps=2, sampling_frequency_hz=100.0)
    h = paths.cfr(FREQUENCIES, normalize=normalize, **words)
    w = random_complex(h.shape)
    t = paths.cfr_jvp(FREQUENCIES, direction, normalize=normalize, **words)
    assert t.shape == h.shape
    size = abs(w * t).sum() + abs(w * h).sum()
    agree(real_product(w, t), paired(paths.cfr_vjp(FREQUENCIES, w, normalize=normalize, **words), direction), 10 * size)
    h = paths.taps(20e6, -1, 3, normalize=normalize)
    w = random_complex(h.shape)
    t = paths.taps_jvp(20e6, -1, 3, direction, normalize=normalize)
    size = abs(w * t).sum() + abs(w * h).sum()
    agree(real_product(w, t), paired(paths.taps_vjp(20e6, -1, 3, w, normalize=normalize), direction), 10 * size)


def test_both_modes_agree_over_the_impulse_response_and_sums(scene, paths):
    direction = directions(scene, PARAMETERS)
    a, tau = paths.cir(num_time_steps=2)
    wa, wt = random_complex(a.shape), 1e6 * random(tau.shape)
    ta, tt = paths.cir_jvp(direction, num_time_steps=2)
    size = abs(wa * ta).sum() + abs(wt * tt).sum() + abs(wa * a).sum()
    agree(real_product(wa, ta) + (wt * tt).sum(), paired(paths.cir_vjp(wa, wt, num_time_steps=2), direction), 10 * size)
    for name in ("path_gain", "mean_delay"):
        value = getattr(paths, name)
        assert value.shape == (2, 1)
        w = random(value.shape)
        t = getattr(paths, name + "_jvp")(direction)
        agree((w * t).sum(), paired(getattr(paths, name + "_vjp")(w), direction), abs(w * t).sum() + abs(w * value).sum())


def test_the_padded_views_sums_are_the_gains(paths):
    ports = np.array([1, 2]) * 2  # of the two receivers, times the transmitter's
    assert paths.path_gain[:, 0] == pytest.approx((abs(paths.a) ** 2).sum(axis=(1, 2, 3, 4)) / ports, rel=1e-13)


@pytest.mark.parametrize("of, channel", [("path_gain", None), ("mean_delay", None), ("cfr", dict(frequencies_hz=FREQUENCIES)),
                                         ("taps", dict(bandwidth_hz=20e6, l_min=0, l_max=3)),
                                         ("cir", dict(num_time_steps=2, sampling_frequency_hz=1e3))])
def test_gradcheck_of_paths(scene, of, channel):
    check = rw.gradcheck(rw.PathSolver(), scene, PARAMETERS + ["object/block/rotation_rad", "object/block/scale"], of, channel=channel, **OPTIONS)
    assert check.passed and bool(check), check
    assert len(check.rows) == 3 + 1 + 3 + 3 + 1
    assert max(abs(row["exact"]) for row in check.rows) > 0
    assert "device/tx/position_m[2]" in str(check) and "\n" not in repr(check)


MAP = dict(center_m=np.array([0.03, 0.07, 1.5]), size_m=[16, 16], cell_size_m=(2, 2), max_depth=1, diffraction=True, coherent=True)


@pytest.mark.parametrize("height_m", [0.0, 1e-3, -1e-3])
@pytest.mark.parametrize("name", ["block", "ground"])
def test_the_foot_of_a_house_stays_on_the_ground(height_m, name):
    """Whether it touches, is a little sunk or a little above: where its walls' edges end is the ground's."""
    scene = block_scene()
    scene.objects["block"].vertices_m = np.asarray(scene.objects["block"].vertices_m) + [0, 0, height_m]
    scene.add(rw.plane("ground", [0, 0, 0], [40, 40], "concrete"))
    name = f"object/{name}/translation_m"
    assert rw.gradcheck(rw.PathSolver(), scene, name, "path_gain", **OPTIONS).passed


def test_gradcheck_of_maps(scene):
    for of, names in (("path_gain", PARAMETERS + ["device/tx/precoding"]), ("sinr", ["device/tx/power_dbm"]), ("rss", PARAMETERS[:1])):
        scene.get("tx").precoding = [0.6 + 0.1j, 0.2 - 0.7j]
        for name in names:
            check = rw.gradcheck(rw.RadioMapSolver(), scene, name, of, **MAP)
            assert check.passed, check


def test_cells_over_the_whole_scene_stay_where_they_are(scene):
    """The box of the scene is the block's: it moves with the block, the cells do not."""
    check = rw.gradcheck(rw.RadioMapSolver(), scene, ["object/block/translation_m"], height_m=6.7, cell_size_m=(1, 1), max_depth=1,
                         coherent=True, diffraction=True)
    assert check.passed and max(abs(row["exact"]) for row in check.rows) > 0, check


def test_gradcheck_of_single_vertices(scene):
    check = rw.gradcheck(rw.PathSolver(), scene, "object/block/vertices_m", **OPTIONS)
    assert check.passed and len(check.rows) == 24, check


def test_both_modes_agree_over_maps(scene):
    radio_map = rw.RadioMapSolver()(scene, **MAP)
    direction = directions(scene, PARAMETERS + ["device/tx/power_dbm"])
    tangent = radio_map.jvp(direction)
    cotangent = {name: random(value.shape) / abs(value).max() for name, value in tangent.items()}
    forward = sum((cotangent[name] * tangent[name]).sum() for name in tangent)
    assert set(tangent) == {"path_gain", "rss", "sinr"}
    agree(forward, paired(radio_map.vjp(**cotangent), direction), sum(abs(cotangent[n] * tangent[n]).sum() for n in tangent))


def test_gradcheck_takes_functions_and_fails_on_wrong_ones(scene):
    def of(factor):
        def loss(there):
            paths = rw.PathSolver()(there, **OPTIONS)
            gain = paths.path_gain
            return np.log(gain).sum(), {k: factor * v for k, v in paths.path_gain_vjp(1 / gain).items()}
        return loss

    before = scene.get("tx").position_m
    assert rw.gradcheck(of(1), scene, "device/tx/position_m")
    wrong = rw.gradcheck(of(1.001), scene, "device/tx/position_m")
    assert not wrong and wrong.largest_error == pytest.approx(1e-3, rel=0.01) and "FAILED" in repr(wrong)
    assert scene.get("tx").position_m == before


@pytest.mark.parametrize("ask, part", [
    (lambda s, p: p.vjp(a=p.a, wrt=["device/tx/power_dbm"]), "'paths' has no derivative with respect to device/tx/power_dbm"),
    (lambda s, p: p.vjp(a=p.a, wrt="device/tx/positon_m"), "did you mean 'device/tx/position_m'"),
    (lambda s, p: p.jvp({"device/tx/power_dbm": 1.0}), "no derivative with respect to device/tx/power_dbm"),
    (lambda s, p: p.jvp({"device/tx/position_m": [1.0, 2.0]}), r"the tangent of device/tx/position_m has the shape \[3\], got \[2\]"),
    (lambda s, p: p.vjp(tau=np.zeros(3)), "the cotangent of tau has the shape"),
    (lambda s, p: p.vjp(tau=1j * p.tau), "the cotangent of tau takes real numbers"),
    (lambda s, p: p.vjp(a=p.a * np.nan), "the cotangent of a holds a number that is not finite"),
    (lambda s, p: p.vjp(), "vjp takes the cotangent of at least one of a, tau"),
    (lambda s, p: rw.RadioMapSolver()(s, **MAP).vjp(), "vjp takes the cotangent of at least one of path_gain, rss, sinr"),
    (lambda s, p: p.cfr_vjp([0.0], np.zeros(3)), "the cotangent of cfr has the shape"),
    (lambda s, p: rw.RadioMapSolver()(s, **MAP).vjp(path_gain=np.zeros(3)), "the cotangent of path_gain has the shape"),
    (lambda s, p: rw.RadioMapSolver()(s, **MAP).vjp(sinr=np.ones((1, 8, 8)), wrt="device/lit/position_m"), "'exact map' has no derivative with respect to device/lit"),
    (lambda s, p: rw.gradcheck(rw.PathSolver(), s, "device/tx/power_dbm"), "'paths' has no derivative with respect to device/tx/power_dbm"),
    (lambda s, p: rw.gradcheck(rw.PathSolver(), s, "device/tx/position_m", of="cfrs"), "of must be one of"),
    (lambda s, p: rw.gradcheck(rw.PathSolver(), s, []), "wrt names no parameter"),
    (lambda s, p: rw.gradcheck(rw.PathSolver(), s, "device/tx/position_m", step=-1), "step must be > 0"),
])
def test_bad_input_is_named(scene, ask, part):
    with pytest.raises(rw.Error, match=part):
        ask(scene, rw.PathSolver()(scene, **OPTIONS))


def test_a_copy_stands_alone(scene):
    copy = scene.copy()
    assert {n: p.value.tolist() for n, p in copy.parameters().items()} == {n: p.value.tolist() for n, p in scene.parameters().items()}
    copy.get("tx").position_m = [0, 9, 9]
    copy.set_parameter("object/block/translation_m", [1, 0, 0])
    assert scene.get("tx").position_m == [-7.1, 3.2, 2.5] and scene.get("block").vertices_m.max() == 6


def test_a_gradient_keeps_the_scene_of_its_solve():
    scene = block_scene()
    paths = rw.PathSolver()(scene, **OPTIONS)
    before = paths.path_gain_vjp(np.ones((2, 1)))["device/tx/position_m"]
    scene.get("tx").position_m = [-9, 5, 3]
    scene.remove("block")
    assert np.array_equal(paths.path_gain_vjp(np.ones((2, 1)))["device/tx/position_m"], before)


def test_a_link_without_paths_has_a_gradient_of_zeros(scene):
    paths = rw.PathSolver()(scene, max_depth=0, los=False)
    assert len(paths) == 0 and paths.a.shape == (2, 2, 1, 2, 0)
    assert not paths.vjp(a=paths.a, wrt="device/tx/position_m")["device/tx/position_m"].any()
    assert not paths.cfr_vjp([0.0], random_complex((2, 2, 1, 2, 1, 1)), normalize=True)["device/tx/position_m"].any()
    assert paths.jvp({"device/tx/position_m": [1, 0, 0]})["a"].shape == paths.a.shape


def pose_differences(function, values, loss, h):
    """Central differences of loss(function(values)) by every number, as a list of arrays."""
    out = []
    for i, value in enumerate(values):
        gradient = np.zeros(np.shape(value))
        for index in np.ndindex(gradient.shape):
            def at(by):
                moved = [np.array(v, dtype=float) for v in values]
                moved[i][index] += by
                return loss(function.evaluate(moved)[0])
            gradient[index] = (at(h) - at(-h)) / (2 * h)
        out.append(gradient)
    return out


def test_functions_are_differentiated_away_from_the_scenes_own_pose(scene):
    names = ["object/block/translation_m", "object/block/rotation_rad", "object/block/scale", "device/tx/position_m"]
    function = rw.differentiable.Function(scene, names, "cfr", channel=dict(frequencies_hz=FREQUENCIES), **OPTIONS)
    values = [np.array([0.2, -0.1, 0.05]), np.array([0.03, -0.02, 0.01]), np.array(1.05), np.array([-7.0, 3.3, 2.4])]
    h, pullback = function.evaluate(values)
    gradients = pullback(2 * h)
    differences = pose_differences(function, values, lambda z: (abs(z) ** 2).sum(), 1e-6)
    for name, exact, difference in zip(names, gradients, differences):
        assert exact.shape == difference.shape
        # second order: (k h)^2 with k below 40 per unit, and rounding 1e-13 / h of the loss
        assert np.abs(exact - difference).max() <= 1e-6 * max(np.abs(exact).max(), (abs(h) ** 2).sum()), name
    with pytest.raises(rw.Error, match="by its vertices or by its pose"):
        rw.differentiable.Function(scene, ["object/block/vertices_m", "object/block/scale"], "cfr")


class Springs:
    """No solver of rays: u = stiffness * (x + j x^2), and its energy |u|^2 summed. What another solver needs to take part, whole."""

    class problem(rw.differentiable.Problem):
        outputs = {"u": rw.differentiable.Output.of_property("u"), "energy": rw.differentiable.Output.of_property("energy"),
                   "both": rw.differentiable.Output(lambda r: (r.u, r.energy), lambda r, c, names: r.vjp(u=c[0], energy=c[1], wrt=names))}

        def __init__(self, solver, scene, wrt, options):
            self.solver, self.base = solver, {name: np.array(scene[name], dtype=float) for name in wrt}
            self.scene, self.options = dict(scene), options

        def step(self, name):
            return 1e-5

        def solve(self, values):
            return self.solver({**self.scene, **values}, **self.options), list(values), lambda gradient: gradient

    class Result:
        def __init__(self, scene, stiffness):
            self.x, self.k = np.asarray(scene["x"], dtype=float), float(scene["gain"]) * stiffness
            self.stiffness, self.u = stiffness, self.k * (self.x + 1j * self.x**2)
            self.energy = np.array((abs(self.u) ** 2).sum())

        def vjp(self, u=0.0, energy=0.0, wrt=()):
            u = u + 2 * energy * self.u
            by = dict(x=(np.conj(u) * self.k * (1 + 2j * self.x)).real, gain=np.array((np.conj(u) * self.u / self.k).real.sum() * self.stiffness))
            return {name: by[name] for name in wrt}

    def __call__(self, scene, stiffness=1.0):
        return self.Result(scene, stiffness)


SPRINGS = dict(x=[0.3, -1.2, 0.7], gain=1.7)


def test_another_solver_takes_part_by_its_problem():
    for of in Springs.problem.outputs:
        # second differences of quartics: 1e-10 of values of order ten
        assert rw.gradcheck(Springs(), SPRINGS, ["x", "gain"], of=of, stiffness=0.9, tolerance=1e-8), of
    f = rw.differentiable.Function(SPRINGS, ["gain", "x"], "energy", solver=Springs(), stiffness=0.9)
    energy, pullback = f.evaluate([2.0, [1.0, 0.0, 0.0]])
    assert energy == pytest.approx(2 * (2 * 0.9) ** 2, rel=1e-15) and pullback(1.0)[0] == pytest.approx(2 * energy / 2, rel=1e-15)
    with pytest.raises(rw.Error, match="of must be one of u, energy, both, got 'a'"):
        rw.differentiable.Function(SPRINGS, ["x"], "a", solver=Springs())


def test_another_solver_in_jax():
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    jax.config.update("jax_enable_x64", True)
    f = rw.jax.function(SPRINGS, ["x"], "u", solver=Springs())
    x = np.array(SPRINGS["x"])
    slope = jax.grad(lambda v: (f(v).real * f(v).imag).sum())(x)
    np.testing.assert_allclose(slope, 3 * SPRINGS["gain"] ** 2 * x**2, rtol=1e-14)  # of k^2 x^3


def test_another_solver_in_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here: its wheel is too large for the tests")
    x = torch.tensor(SPRINGS["x"], dtype=torch.float64, requires_grad=True)
    u, energy = rw.torch.function(SPRINGS, ["x"], "both", solver=Springs())(x)
    ((u.real * u.imag).sum() + 0.5 * energy).backward()
    k, v = SPRINGS["gain"], np.array(SPRINGS["x"])
    np.testing.assert_allclose(x.grad.numpy(), 3 * (k * v) ** 2 + k**2 * (v + 2 * v**3), rtol=1e-14)


def test_importing_raywave_imports_neither():
    code = "import raywave, sys; assert 'jax' not in sys.modules and 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_jax(scene):
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    jax.config.update("jax_enable_x64", True)
    names = ["device/tx/position_m", "material/concrete/relative_permittivity"]
    f = rw.jax.function(scene, names, "cfr", channel=dict(frequencies_hz=FREQUENCIES), **OPTIONS)
    values = [scene.parameters()[n].value for n in names]
    paths = rw.PathSolver()(scene, **OPTIONS)
    h = np.asarray(f(*values))
    assert np.array_equal(h, paths.cfr(FREQUENCIES))
    w = random_complex(h.shape)

    def loss(*v):  # not symmetric in Re and Im, so that a conjugate too many would show
        z = f(*v)
        return jax.numpy.sum(jax.numpy.real(jax.numpy.conj(w) * z)) * 1e3 + 1e6 * jax.numpy.sum(jax.numpy.abs(z) ** 2 * w.real)

    cotangent = 1e3 * w + 2e6 * h * w.real
    expected = paths.cfr_vjp(FREQUENCIES, cotangent, wrt=names)
    for got in (jax.grad(loss, argnums=(0, 1))(*values), jax.jit(jax.grad(loss, argnums=(0, 1)))(*values)):
        for name, g in zip(names, got):
            np.testing.assert_allclose(np.asarray(g), expected[name], rtol=1e-11, atol=1e-11 * np.abs(expected[name]).max())
    with pytest.raises(rw.Error, match="fixed shapes"):
        rw.jax.function(scene, names, "a")
    gain = rw.jax.function(scene, ["device/tx/position_m"], "path_gain", solver=rw.RadioMapSolver(), **MAP)
    slope = jax.grad(lambda p: gain(p).sum())(values[0])
    radio_map = rw.RadioMapSolver()(scene, **MAP)
    assert np.allclose(slope, radio_map.vjp(path_gain=np.ones(radio_map.path_gain.shape))["device/tx/position_m"], rtol=1e-12)


def test_torch(scene):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here: its wheel is too large for the tests")
    names = ["device/tx/position_m", "material/concrete/relative_permittivity"]
    f = rw.torch.function(scene, names, "cfr", channel=dict(frequencies_hz=FREQUENCIES), **OPTIONS)
    values = [torch.tensor(scene.parameters()[n].value, requires_grad=True) for n in names]
    paths = rw.PathSolver()(scene, **OPTIONS)
    h = f(*values)
    assert np.array_equal(h.detach().numpy(), paths.cfr(FREQUENCIES))
    w = torch.from_numpy(random_complex(h.shape))
    (torch.sum(torch.real(torch.conj(w) * h)) * 1e3 + 1e6 * torch.sum(torch.abs(h) ** 2 * w.real)).backward()
    cotangent = 1e3 * w.numpy() + 2e6 * h.detach().numpy() * w.real.numpy()
    expected = paths.cfr_vjp(FREQUENCIES, cotangent, wrt=names)
    for name, value in zip(names, values):
        np.testing.assert_allclose(value.grad.numpy(), expected[name], rtol=1e-11, atol=1e-11 * np.abs(expected[name]).max())
    # two arrays at once, of a pair; and a map
    move = torch.tensor(scene.parameters()[names[0]].value, requires_grad=True)
    a, tau = rw.torch.function(scene, names[0], "cir", **OPTIONS)(move)
    w, v = random_complex(a.shape), random(tau.shape)
    (torch.sum(torch.real(torch.conj(torch.from_numpy(w)) * a)) + 1e6 * torch.sum(torch.from_numpy(v) * tau)).backward()
    np.testing.assert_allclose(move.grad.numpy(), paths.cir_vjp(w, 1e6 * v, wrt=names[0])[names[0]], rtol=1e-12)
    move.grad = None
    rw.torch.function(scene, names[0], "path_gain", solver=rw.RadioMapSolver(), **MAP)(move).sum().backward()
    radio_map = rw.RadioMapSolver()(scene, **MAP)
    expected = radio_map.vjp(path_gain=np.ones(radio_map.path_gain.shape), wrt=names[0])[names[0]]
    np.testing.assert_allclose(move.grad.numpy(), expected, rtol=1e-12)


def test_gradcheck_says_where_paths_come_and_go():
    """A device on a face that passes nothing: a step into it loses all paths, which is no fault of the derivative."""
    scene = rw.Scene()
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.plane("floor", [0, 0, 0], [10, 10], "metal"))
    scene.add(rw.Transmitter("tx", [0, 0, 0]))
    scene.add(rw.Receiver("rx", [3, 1, 2]))
    with pytest.warns(UserWarning, match="device/tx/position_m: paths or covered cells appear or end within the step"):
        check = rw.gradcheck(rw.PathSolver(), scene, ["device/tx/position_m", "device/rx/position_m"], max_depth=1)
    assert [row["jumps"] for row in check.rows] == [True] * 3 + [False] * 3
    assert "position_m[2]" in str(check) and ", jumps" in str(check)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rw.gradcheck(rw.PathSolver(), scene, "device/rx/position_m", max_depth=1)
