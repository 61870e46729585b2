# SPDX-License-Identifier: Apache-2.0
"""Losses of radar echoes (values, adjoints, basins), physical optics from Python, fits: variables, optimisers, checkpoints, bad input."""
import numpy as np
import pytest
import raywave as rw
from raywave import inverse, signal

C = 299792458.0
RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 256 * 5e6, sampling_frequency_hz=5e6, num_samples=256)  # 4 GHz, bins of 3.75 cm
F = 77e9


def measured(ranges_m, a, noise=0.0, seed=1):
    return signal.Echoes(np.reshape(a, (1, 1, -1)), 2 * np.asarray(ranges_m) / C, np.zeros(len(ranges_m)), frequency_hz=F).samples(RADAR, noise_power=noise, seed=seed)


RANGES, GAINS = np.array([3.1, 5.013, 5.9]), np.array([1, 0.7j, -0.5 + 0.2j])
LOSSES = [("psf", dict(sigma_m=0.2)), ("psf", {}), ("psf", dict(sigma_m=0.1, amplitudes="common")), ("psf", dict(sigma_m=0.1, amplitudes="each")),
          ("cumulative", {}), ("assignment", {}), ("assignment", dict(temperature=0.5)), ("hann", {}), ("hann", dict(amplitudes="common")),
          ("dirichlet", {}), ("complex", {}), ("complex", dict(amplitudes="common")), ("complex", dict(amplitudes="each"))]


@pytest.mark.parametrize("word, words", LOSSES)
def test_losses_have_their_adjoints(word, words):
    loss = signal.Loss(word, RADAR, measured(RANGES, GAINS), **words)
    at, a = RANGES + [0.05, -0.03, 0.04], 1.1 * GAINS * [1, 1.2, 0.9]

    def value(r, gains):
        return loss.of_echoes((0, 0), gains, 2 * r / C, frequency_hz=F)[0]

    _, by_a, by_tau, by_doppler = loss.of_echoes((0, 0), a, 2 * at / C, frequency_hz=F)
    random = np.random.default_rng(0)
    d, da, dn = random.normal(size=3), random.normal(size=3) + 1j * random.normal(size=3), random.normal(size=3)
    step = 1e-7
    assert (by_tau * d).sum() * 2 / C == pytest.approx((value(at + step * d, a) - value(at - step * d, a)) / (2 * step), rel=1e-6)
    found = (value(at, a + 1e-6 * da) - value(at, a - 1e-6 * da)) / 2e-6
    assert (np.conj(by_a) * da).sum().real == pytest.approx(found, rel=1e-6, abs=1e-9)

    def turned(h):
        return loss.of_echoes((0, 0), a, 2 * at / C, h * dn, frequency_hz=F)[0]

    assert (by_doppler * dn).sum() == pytest.approx((turned(1.0) - turned(-1.0)) / 2, rel=1e-5)
    # a loss is least at the truth; assignment and psf see peaks that neighbours' side lobes move by a little
    assert loss.of_echoes((0, 0), GAINS, 2 * RANGES / C, frequency_hz=F)[0] < {"psf": 1e-3, "cumulative": 1e-3, "assignment": 1e-4}.get(word, 1e-20)


@pytest.mark.parametrize("word, words", LOSSES)
@pytest.mark.parametrize("falling, multiplexing", [(False, "tdm"), (True, "tdm"), (False, "ddm"), (True, "ddm")])
def test_losses_are_least_at_the_truth_of_every_radar(word, words, falling, multiplexing):
    """Chirps that fall, ports in turns and at once: little at the truth, more elsewhere, with the adjoint of the gains."""
    radar = signal.Fmcw(slope_hz_per_s=-30e12 if falling else 30e12, sampling_frequency_hz=10e6, num_samples=128, num_chirps=8, multiplexing=multiplexing)
    a = np.ones((2, 4, 1)) * np.exp(0.7j * np.arange(8)).reshape(2, 4, 1)
    tau, doppler = np.array([1e-7]), np.array([300.0])
    loss = signal.Loss(word, radar, signal.Echoes(a, tau, doppler, frequency_hz=F).samples(radar), **words)

    def value(gains, t):
        return loss.of_echoes((0, 0), gains, t, doppler, frequency_hz=F)

    at_truth = value(a, tau)[0]
    assert at_truth < {"psf": 1e-3, "cumulative": 1e-3, "assignment": 1e-4}.get(word, 1e-20)
    assert value(a, tau + 4e-9)[0] > 3 * at_truth + 1e-6 and value(a, tau - 4e-9)[0] > 3 * at_truth + 1e-6
    random = np.random.default_rng(0)
    gains, da = a * random.uniform(0.5, 1.5, a.shape), random.normal(size=a.shape) + 1j * random.normal(size=a.shape)
    found = (value(gains + 1e-6 * da, tau + 1e-10)[0] - value(gains - 1e-6 * da, tau + 1e-10)[0]) / 2e-6
    assert (np.conj(value(gains, tau + 1e-10)[1]) * da).sum().real == pytest.approx(found, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("word, words", LOSSES)
def test_a_link_without_echoes_has_the_value_of_nothing(word, words):
    loss = signal.Loss(word, RADAR, measured(RANGES, GAINS), **words)
    value, by_a, by_tau, by_doppler = loss.of_echoes((0, 0), np.zeros((1, 1, 0)), np.zeros(0), frequency_hz=F)
    assert by_a.shape == (1, 1, 0) and by_tau.shape == by_doppler.shape == (0,)
    # as of one echo that is next to nothing; of places: worse than any match
    faint = loss.of_echoes((0, 0), [1e-9], [2 * 8.0 / C], frequency_hz=F)[0]
    if "each" in words.values() or words.get("amplitudes") == "common":
        assert value == 0.5
    elif word == "assignment":
        assert value == 256 ** 2 > faint
    elif word == "cumulative":
        assert value > faint
    else:
        assert value == pytest.approx(faint, rel=1e-6)


def basin_m(word, noise=0.0, step=0.004, **words):
    """How far from the truth the slope points back to it, to either side (from a bin on)."""
    loss = signal.Loss(word, RADAR, measured([5.013], [1.0], noise, seed=3), noise_power=noise, **words)
    out = []
    for direction in (-1, 1):
        last = 0.0
        for off in np.arange(0.008, 4.2, step):
            if loss.of_echoes((0, 0), [1.0], np.array([2 * (5.013 + direction * off) / C]), frequency_hz=F)[2][0] * direction <= 0:
                break
            last = off
        out.append(last)
    return min(out), max(out)


def test_basins_are_those_of_the_forms():
    assert basin_m("psf", sigma_m=0.05)[0] > 0.5
    assert basin_m("psf", sigma_m=0.2, noise=1.0, step=0.02)[0] > 1.0
    assert basin_m("cumulative", noise=1.0, step=0.05)[0] > 4.1  # the whole window
    assert basin_m("assignment", noise=1.0, step=0.05)[0] > 4.1
    narrow, wide = basin_m("hann")
    assert 0.15 < narrow <= wide < 0.5
    assert basin_m("dirichlet")[1] < 0.2
    # a quarter of the wavelength at the band's middle
    loss = signal.Loss("complex", RADAR, measured([5.013], [1.0]))
    slopes = [loss.of_echoes((0, 0), [1.0], np.array([2 * (5.013 + off) / C]), frequency_hz=F)[2][0] for off in (0.5e-3, 0.93e-3, 0.97e-3)]
    assert slopes[0] > 0 and slopes[1] > 0 > slopes[2]


def test_annealing_finds_a_point_from_three_radars():
    """2D position, 15 dB a sample: the recipe from 1.5 m away, to a millimetre; the complex loss alone to nowhere."""
    radars, truth = np.array([[0.0, 0], [5, 0], [0, 5]]), np.array([2.3, 2.9])
    cubes = [measured([np.hypot(*(truth - r))], [1.0], noise=10 ** -1.5, seed=i) for i, r in enumerate(radars)]
    losses = [signal.Loss("psf", RADAR, cube, noise_power=10 ** -1.5) for cube in cubes]

    def total(stage_losses):
        def f(x):
            value, gradient = 0.0, np.zeros(2)
            for r, loss in zip(radars, stage_losses):
                d = x - r
                v, _, by_tau, _ = loss.of_echoes((0, 0), [1.0], np.array([2 * np.hypot(*d) / C]), frequency_hz=F)
                value, gradient = value + v, gradient + by_tau[0] * 2 / C * d / np.hypot(*d)
            return value, gradient
        return f

    plan = signal.Annealing(start_m=1.6, end_m=0.05, steps=40, then=("hann", "complex"))
    assert plan.widths_m() == pytest.approx([1.6, 0.8, 0.4, 0.2, 0.1, 0.05, 0.0])
    for angle in np.arange(0, 6.28, 0.8):
        x = truth + 1.5 * np.array([np.cos(angle), np.sin(angle)])
        for stages in zip(*(plan.stages(loss) for loss in losses)):
            sigma = max(stages[0][1], RADAR.range_resolution_m) / 2
            x, _ = inverse.bfgs(total([s[2] for s in stages]), x, steps=40, cap=sigma if stages[0][0] != "complex" else C / F / 8)
        assert np.hypot(*(x - truth)) < 1e-4
        lost, _ = inverse.bfgs(total([loss.of_word("complex") for loss in losses]), truth + 0.02 * np.array([np.cos(angle), np.sin(angle)]), steps=40, cap=C / F / 8)
        assert np.hypot(*(lost - truth)) > 1e-3


def test_integer_cycles():
    loss = signal.Loss("complex", RADAR, measured([5.013], [1.0]))

    def f(x):
        value, _, by_tau, _ = loss.of_echoes((0, 0), [1.0], np.array([2 * x[0] / C]), frequency_hz=F)
        return value, by_tau * 2 / C

    half = C / (F + 2e9) / 2

    def refine(x):
        return inverse.bfgs(f, x, steps=30, cap=half / 8)[0]

    x, value = inverse.integer_cycles(lambda x: f(x)[0], np.array([5.013 + 2.1 * half]), [[half]], reach=3, refine=refine)
    assert x[0] == pytest.approx(5.013, abs=1e-7)
    for words, part in ((dict(moves=[[1.0, 0, 0]]), r"\[n, 2\]"), (dict(reach=-1), "reach must be >= 0"), (dict(reach=0.5), "reach"), (dict(f=lambda x: np.nan), "not finite")):
        with pytest.raises(rw.Error, match=part):
            inverse.integer_cycles(**{"f": lambda x: x @ x, "x": np.zeros(2), "moves": [[1.0, 0]], **words})


def wall_scene(x=6.0):
    scene = rw.Scene()
    scene.frequency_hz = F
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.box("wall", center_m=[x, 0.0, 1.0], size_m=[0.2, 3.0, 2.0], material="metal"))
    scene.add(rw.box("far", center_m=[9.0, 9.0, 1.0], size_m=[1.0, 1.0, 1.0], material="metal"))
    scene.add(rw.Transmitter("tx", [0.0, 0.05, 1.0]))
    scene.add(rw.Receiver("rx", [0.0, -0.05, 1.0]))
    return scene


def test_fit_moves_a_wall_to_its_echo(tmp_path):
    target = rw.PathSolver()(wall_scene(6.4), max_depth=1, los=False)
    loss = signal.Loss("psf", RADAR, target.samples(RADAR), amplitudes="common")
    file = tmp_path / "state.npz"
    fit = rw.fit(wall_scene(), {"object/wall/translation_m": dict(components=[0], bounds=(-1, 1))}, loss,
                 annealing=signal.Annealing(0.5, 0.05, steps=20, then=("hann", "complex")), checkpoint=str(file), max_depth=1, los=False)
    # amplitudes (and the phase) are free: the envelope's precision
    assert fit.values["object/wall/translation_m"][0] == pytest.approx(0.4, abs=1e-4)
    assert fit.scene.get("wall").vertices_m[:, 0].min() == pytest.approx(6.3, abs=1e-4)
    assert len({row["stage"] for row in fit.history}) >= 2 and file.exists() and "translation_m[0]" in repr(fit)
    fit.save_page(tmp_path / "course.html")
    page = (tmp_path / "course.html").read_text()
    assert "Course of a fit" in page and page.count('"name":"wall"') <= page.count('"stage"') + 1 and "object/wall/translation_m" in page
    assert fit.scene_at(fit.x).get("wall").vertices_m == pytest.approx(fit.scene.get("wall").vertices_m, abs=1e-12)
    with pytest.raises(rw.Error, match="a page has the extension"):
        fit.save_page(tmp_path / "course.txt")


def test_what_nothing_depends_on_is_named():
    loss = signal.Loss("psf", RADAR, rw.PathSolver()(wall_scene(), max_depth=1, los=False).samples(RADAR), sigma_m=0.5)
    with pytest.raises(rw.Error, match="depends in no way on object/far/translation_m"):
        rw.fit(wall_scene(6.1), ["object/*/translation_m"], loss, max_depth=1, los=False)


def test_nan_stops_with_the_last_good_state(tmp_path):
    calls = []

    def loss(result, names):
        calls.append(1)
        gains = result.path_gain
        value = float(np.nan) if len(calls) > 4 else -1e9 * float(gains.sum())
        return value, result.path_gain_vjp(np.full(gains.shape, -1e9), wrt=names)

    file = tmp_path / "last.npz"
    with pytest.raises(inverse.FitStopped, match="nan") as stopped:
        rw.fit(wall_scene(), ["device/rx/position_m"], loss, method="adam", rate=0.01, steps=20, checkpoint=str(file), max_depth=1, los=False)
    assert np.isfinite(stopped.value.fit.loss) and np.isfinite(np.load(file)["x"]).all()


def test_fits_go_on_where_they_stopped(tmp_path):
    def loss(result, names):
        return -1e6 * float(result.path_gain.sum()), result.path_gain_vjp(np.full(result.path_gain.shape, -1e6), wrt=names)

    words = dict(method="adam", rate=0.01, max_depth=1, los=False)
    whole = rw.fit(wall_scene(), ["device/rx/position_m"], loss, steps=8, **words)
    file = str(tmp_path / "adam.npz")
    seen = []

    def stop(stage, step, value):
        seen.append(step)
        if step == 3 and len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rw.fit(wall_scene(), ["device/rx/position_m"], loss, steps=8, checkpoint=file, progress=stop, **words)
    resumed = rw.fit(wall_scene(), ["device/rx/position_m"], loss, steps=8, checkpoint=file, resume=True, progress=stop, **words)
    assert resumed.values["device/rx/position_m"] == pytest.approx(whole.values["device/rx/position_m"], abs=1e-12)
    assert seen[4] == 4


def test_variables_pack_and_unpack():
    base = {"a/x": np.array([1.0, 2.0, 3.0]), "b/x": np.array([1.0, 2.0, 5.0]), "c": np.array(4.0)}
    v = inverse.Variables({"?/x": dict(components=[0, 1], tie=True, scale=2.0), "c": dict(transform="log", bounds=(1.0, 9.0), prior=(4.0, 0.5))}, list(base))
    x = v.start(base)
    assert x == pytest.approx([0.5, 1.0, np.log(4)]) and v.lower[2] == 0.0
    values = v.values(x + [0.5, 0, 0.1])
    assert values["a/x"].tolist() == [2.0, 2.0, 3.0] and values["b/x"].tolist() == [2.0, 2.0, 5.0] and values["c"] == pytest.approx(4 * np.exp(0.1))
    by_name = {"a/x": np.array([1.0, 2, 3]), "b/x": np.array([10.0, 20, 30]), "c": np.array(7.0)}
    assert v.gradient(x, by_name) == pytest.approx([22.0, 44.0, 28.0])
    moved = sum((by_name[n] * d).sum() for i in range(3) for n, d in v.direction(x, i).items())
    assert moved == pytest.approx(22 + 44 + 28)
    value, slope = v.prior(x + [0, 0, 0.1])
    step = 1e-6
    assert slope[2] == pytest.approx((v.prior(x + [0, 0, 0.1 + step])[0] - v.prior(x + [0, 0, 0.1 - step])[0]) / (2 * step), rel=1e-6)
    for spec, text in (({"d/*": {}}, "no parameter 'd/\\*'"), ({"c": dict(bound=1)}, "known: components"), ({"c": {}, "?": {}}, "named by both"),
                       ({"a/x": dict(components=[0.5])}, "whole numbers or a mask"), ({"a/x": dict(components=[True, False])}, "a mask of 2"),
                       ({"a/x": dict(components=[0, -3])}, "named twice"), ({"c": dict(prior=(4.0, 0.0))}, "sigma > 0"), ({"c": dict(prior=(np.nan, 1.0))}, "prior must be"),
                       ({"c": dict(prior=1.0)}, "prior must be"), ({"c": dict(bounds=3)}, "bounds must be"), ({"c": dict(bounds=(None, 1))}, "bounds must be"),
                       ({"c": dict(bounds=(0, 1, 2))}, "bounds must be"), ({"a/x": dict(bounds=([0, 0], [9, 9]))}, "one number, or so many"),
                       ({"c": dict(bounds=(-2, -1), transform="log")}, "upper bound must be > 0"),
                       ({"c": dict(bounds=(2, 1))}, "lower < upper"), ({"a/x": dict(components=[3])}, "got components"), ({"c": dict(bounds=(5, 6))}, "outside its bounds")):
        with pytest.raises(rw.Error, match=text):
            inverse.Variables(spec, list(base)).start(base)


def test_components_by_a_mask():
    base = {"a/x": np.array([1.0, 2.0, 3.0])}
    v = inverse.Variables({"a/x": dict(components=[True, False, True])}, list(base))
    assert v.start(base).tolist() == [1.0, 3.0] and v.labels() == ["a/x[0]", "a/x[2]"]


def quadratic(x):
    g = np.array([2.0, 20.0]) * (x - [1.0, -2.0])
    return 0.5 * float((x - [1.0, -2.0]) @ g), g


def test_optimisers_find_a_minimum():
    assert inverse.bfgs(quadratic, np.zeros(2), steps=60, cap=0.5)[0] == pytest.approx([1, -2], abs=1e-6)
    assert inverse.bfgs(quadratic, np.zeros(2), steps=60, lower=[-1, -1], upper=[0.5, 3])[0] == pytest.approx([0.5, -1], abs=1e-6)
    assert inverse.adam(quadratic, np.zeros(2), steps=600, rate=0.1, last_rate=1e-3)[0] == pytest.approx([1, -2], abs=1e-2)
    x, cost, _ = inverse.levenberg_marquardt(lambda x: (np.array([x[0] - 1, 3 * (x[1] ** 2 - 2)]), np.array([[1, 0], [0, 6 * x[1]]])), np.array([0.0, 1.0]))
    assert x == pytest.approx([1, 2 ** 0.5])


def map_scene(x, yaw=0.0):
    scene = rw.Scene()
    scene.frequency_hz = 1e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.box("cube", center_m=[x, 0.0, 2.0], size_m=[3, 3, 4], material="metal"))
    scene.add(rw.Transmitter("tx", [-5, 5, 1.5]))
    scene.set_parameter("object/cube/rotation_rad", [yaw, 0, 0])
    return scene


def test_pose_from_a_map_with_its_covariance():
    options = dict(center_m=[0, 0, 1.5], size_m=[16, 16], cell_size_m=(1, 1), max_depth=1, diffraction=True, coherent=True)
    target = rw.RadioMapSolver()(map_scene(0.05, 0.02), **options).path_gain
    # cells that the cube's faces pass over step from outside to inside: left out
    place = abs(np.arange(16) - 7.5)
    weights = (np.maximum.outer(place, place) > 2.2).astype(float)
    spec = {"object/cube/translation_m": dict(components=[0]), "object/cube/rotation_rad": dict(components=[0])}
    fit = rw.fit(map_scene(0.02, 0.01), spec, inverse.MapLoss(target, weights=weights), solver=rw.RadioMapSolver(), method="lm", steps=12, **options)
    assert fit.physical == pytest.approx([0.03, 0.01], abs=1e-5)  # from where it is
    assert fit.covariance.shape == (2, 2) and (np.linalg.eigvalsh(fit.covariance) > 0).all()
    assert fit.prediction_covariance([[1.0, 2.0]]).shape == (1, 1)


def test_bad_losses_are_named():
    with pytest.raises(rw.Error, match="did you mean 'hann'"):
        signal.Loss("han", RADAR, measured([3.0], [1.0]))
    with pytest.raises(rw.Error, match="not finite"):
        signal.Loss("psf", RADAR, np.nan * measured([3.0], [1.0]))
    with pytest.raises(rw.Error, match="7 axes"):
        signal.Loss("psf", RADAR, np.zeros(256))
    with pytest.raises(rw.Error, match="nothing was measured"):
        signal.Loss("psf", RADAR, 0 * measured([3.0], [1.0]))
    cube = measured([3.0], [1.0])
    for words, text in ((dict(links=[]), "links names no link"), (dict(links=[(0, 1)]), "out of range"), (dict(links=[(0, 0), (0, 0)]), "twice"),
                        (dict(links=[3]), "pairs"), (dict(noise_power=-1.0), "noise_power must be >= 0"), (dict(temperature=-1.0), "temperature must be >= 0")):
        with pytest.raises(rw.Error, match=text):
            signal.Loss("psf", RADAR, cube, **words)
    with pytest.raises(rw.Error, match="got Ofdm"):
        signal.Loss("psf", signal.Ofdm(256, 30e3), cube)
    with pytest.raises(rw.Error, match=r"1, 2, 256\]; got \[1, 1, 1, 1, 1, 1, 256\]"):
        signal.Loss("psf", signal.Fmcw(**{**RADAR._words(), "num_chirps": 2}), cube)
    with pytest.raises(rw.Error, match="2 x 1 ports do not fit"):
        signal.Loss("hann", RADAR, cube).of_echoes((0, 0), np.ones((2, 1, 1)), [1e-8], frequency_hz=F)
    with pytest.raises(rw.Error, match="unknown loss 'nope'"):
        signal.Annealing(1.0, 0.5, word="nope")
    for words, text in ((dict(floor=0.0), "floor must be > 0"), (dict(weights=0.0), "weights must be"), (dict(smooth_cells=-1), "smooth_cells")):
        with pytest.raises(rw.Error, match=text):
            inverse.MapLoss(np.ones((1, 3, 3)), **words)


class Map:
    """A result that only has gains."""

    def __init__(self, gain):
        self.path_gain = gain

    def vjp(self, path_gain, wrt=None):
        return {"gain": path_gain}

    def jvp(self, tangent):
        return dict(path_gain=tangent)


def test_map_loss_is_half_its_residuals_squares():
    random = np.random.default_rng(0)
    loss = inverse.MapLoss(random.uniform(1, 2, (1, 4, 5)), smooth_cells=0.7, weights=random.uniform(0, 1, (1, 4, 5)))
    result, d = Map(random.uniform(1, 2, (1, 4, 5))), random.normal(size=(1, 4, 5))
    value, gradient = loss(result)
    r = loss.residuals(result)
    assert value == pytest.approx(0.5 * r @ r)
    assert (gradient["gain"] * d).sum() == pytest.approx(r @ loss.residuals_jvp(result, d))
    assert (gradient["gain"] * d).sum() == pytest.approx((loss(Map(result.path_gain + 1e-6 * d))[0] - loss(Map(result.path_gain - 1e-6 * d))[0]) / 2e-6, rel=1e-6)
    with pytest.raises(rw.Error, match=r"target has the shape \[1, 4, 5\], the map \[1, 1, 5\]"):
        loss(Map(np.ones((1, 1, 5))))


class Delay:
    """Residuals: the first path's delay in nanoseconds. Told by where along x the wall's face is, by nothing else."""

    def __init__(self, tau_s):
        self.tau_s = tau_s

    def __call__(self, paths, names=None):
        rest = np.zeros_like(paths.tau)
        rest[0, 0, 0] = 1e9 * (paths.tau[0, 0, 0] - self.tau_s)
        return 0.5 * rest[0, 0, 0] ** 2, paths.vjp(tau=1e9 * rest, wrt=names)

    def residuals(self, paths):
        return 1e9 * (paths.tau[0, 0, :1] - self.tau_s)

    def residuals_jvp(self, paths, tangent):
        return 1e9 * paths.jvp(tangent)["tau"][0, 0, :1]


def echo_delay(x):
    return rw.PathSolver()(wall_scene(x), max_depth=1, los=False).tau[0, 0, 0]


def test_what_residuals_do_not_tell_has_no_finite_variance():
    name, words = "object/wall/translation_m", dict(method="lm", steps=8, max_depth=1, los=False)
    fit = rw.fit(wall_scene(), {name: {}}, Delay(echo_delay(6.3)), **words)
    d = np.diag(fit.covariance)
    assert d[0] == pytest.approx((C / 2e9) ** 2, rel=1e-3) and np.isinf(d[1:]).all() and np.isnan(fit.covariance[1, 2])
    assert fit.prediction_covariance([2.0, 0, 0])[0, 0] == pytest.approx(4 * d[0]) and np.isinf(fit.prediction_covariance([1.0, 1.0, 0])[0, 0])
    # the wall and the radar as a whole: only their distance is told
    fit = rw.fit(wall_scene(), {name: dict(components=[0]), "device/tx/position_m": dict(components=[0])}, Delay(echo_delay(6.3)), **words)
    assert np.isinf(np.diag(fit.covariance)).all()
    fit = rw.fit(wall_scene(), {name: dict(components=[0]), "device/tx/position_m": dict(components=[0], prior=(0.0, 0.1))}, Delay(echo_delay(6.3)), **words)
    assert np.isfinite(fit.covariance).all() and fit.covariance[1, 1] == pytest.approx(0.01, rel=1e-3)


def test_starts_go_on_where_they_stopped(tmp_path):
    name = "object/wall/translation_m"
    words = dict(method="adam", rate=0.02, steps=6, starts=3, spread=0.5, max_depth=1, los=False)

    def run(**more):
        return rw.fit(wall_scene(), {name: dict(components=[0], bounds=(-1, 1))}, Delay(echo_delay(6.3)), **words, **more)

    whole = run()
    file, seen = str(tmp_path / "starts.npz"), []

    def stop(stage, step, value):
        seen.append(step)
        if len(seen) == 9:  # in the second start
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(checkpoint=file, progress=stop)
    assert int(np.load(file)["start"]) == 1 and "best_x" in np.load(file).files
    resumed = run(checkpoint=file, resume=True)
    assert resumed.x == pytest.approx(whole.x, abs=1e-12) and resumed.loss == pytest.approx(whole.loss, rel=1e-9)
    left = [(h["start"], h["step"]) for h in whole.history][9:]
    assert [(h["start"], h["step"]) for h in resumed.history] == left
    assert [h["loss"] for h in resumed.history] == pytest.approx([h["loss"] for h in whole.history[9:]], rel=1e-9)
    with pytest.raises(rw.Error, match="the checkpoint is in start 2, this fit has 1"):
        rw.fit(wall_scene(), {name: dict(components=[0])}, Delay(1e-8), **{**words, "starts": 1}, checkpoint=file, resume=True)


def test_a_tie_matters_where_one_of_its_names_does():
    fit = rw.fit(wall_scene(), {"object/*/translation_m": dict(components=[0], tie=True)}, Delay(echo_delay(6.3)), max_depth=1, los=False)
    assert fit.values["object/far/translation_m"][0] == fit.values["object/wall/translation_m"][0] == pytest.approx(0.3, abs=1e-4)
    for words, text in ((dict(steps=0), "steps must be a whole number >= 1, got 0"), (dict(steps=2.5), "steps must be a whole"), (dict(starts=0), "starts must be")):
        with pytest.raises(rw.Error, match=text):
            rw.fit(wall_scene(), ["object/wall/translation_m"], Delay(1e-8), **words)


def test_cross_section_of_a_box_and_its_gradient():
    box = rw.box("plate", center_m=[0, 0, 0], size_m=[0.3, 0.2, 0.01], material="metal")
    sigma = signal.cross_section_db(box, 10e9, [[0.0, 0, 1]])
    lam = C / 10e9
    assert sigma[0] == pytest.approx(10 * np.log10(4 * np.pi * (0.06 / lam) ** 2), abs=1e-6)
    angles = np.radians([5.0, 20.0, 40.0])
    d = np.stack([np.sin(angles), 0.2 * np.sin(angles), np.cos(angles)], axis=-1)
    d /= np.linalg.norm(d, axis=-1, keepdims=True)
    s = signal.scattering(box, 10e9, d)
    assert s.shape == (3, 2, 2)
    gradient = signal.scattering_vjp(box, 10e9, d, 2 * s)
    vertices, triangles = box.vertices_m, box.triangles
    direction = np.random.default_rng(0).normal(size=vertices.shape)
    h = 1e-6

    def power(v):
        return (abs(signal.scattering((v, triangles), 10e9, d)) ** 2).sum()

    assert (gradient * direction).sum() == pytest.approx((power(vertices + h * direction) - power(vertices - h * direction)) / (2 * h), rel=1e-5)


def test_moving_cubes_keep_the_ports_codes():
    a = np.array([[[1.0], [0.5], [0.2j]]])
    for multiplexing in ("tdm", "ddm"):
        radar = signal.Fmcw(slope_hz_per_s=30e12, sampling_frequency_hz=10e6, num_samples=16, num_chirps=8, num_frames=2, multiplexing=multiplexing)
        whole = signal.Echoes(a, [1e-7], [500.0], frequency_hz=F).samples(radar)
        for every in (1, 2, 3, 8):
            cube = signal.moving_cube(lambda t: signal.Echoes(a * np.exp(2j * np.pi * 500 * t), [1e-7], [500.0], frequency_hz=F), radar, num_tx_ports=3, every=every)
            assert abs(cube - whole).max() < 1e-12
        with pytest.raises(rw.Error, match="num_tx_ports is 2, the echoes have 3"):
            signal.moving_cube(lambda t: signal.Echoes(a, [1e-7], [0.0], frequency_hz=F), radar, num_tx_ports=2)


def test_rotating_points_have_their_micro_doppler():
    """Two points on a rotor of 0.5 m at 10 turns a second: the spectrogram's rim is 2 v / lambda."""
    radar = signal.Fmcw(slope_hz_per_s=20e12, sampling_frequency_hz=20e6, num_samples=64, num_chirps=256, chirp_period_s=1e-4)
    frequency, omega, arm = 10e9, 2 * np.pi * 10, 0.5
    centre = np.array([8.0, 0, 0])

    def echoes(t):
        place = arm * np.array([np.cos(omega * t), np.sin(omega * t), 0])
        v = arm * omega * np.array([-np.sin(omega * t), np.cos(omega * t), 0])
        return signal.point_echoes([centre + place, centre - place], [1.0, 1.0], [0, 0, 0], frequency_hz=frequency, velocities_m_per_s=[v, -v])

    cube = signal.moving_cube(echoes, radar)
    assert cube.shape == (1, 1, 1, 1, 1, 256, 64)
    # short windows over a quarter turn: Doppler from 0 to the rim
    rim = 2 * arm * omega * frequency / C
    found = []
    for start in range(0, 256 - 32, 8):
        x = abs(signal.Spectrum(doppler_bins=512).of(cube[..., start:start + 32, :])[0, 0, 0, 0, 0]).max(axis=-1)
        found.append(abs(np.fft.fftfreq(512, 1e-4)[x.argmax()]))
    times = (np.arange(0, 224, 8) + 16) * 1e-4
    # either point: v is across the arm, so that v . r is v . centre
    wanted = [abs(rim * np.sin(omega * times)) * 8 / np.hypot(8 + sign * arm * np.cos(omega * times), arm * np.sin(omega * times)) for sign in (1, -1)]
    off = np.min([abs(np.array(found) - w) for w in wanted], axis=0)
    assert np.median(off) < 31  # a tenth of a window's 312 Hz
    assert max(found) == pytest.approx(rim, rel=0.03)


def test_plate_moved_between_frames_has_the_doppler_of_its_delays():
    """Doppler of paths against delays differenced over scenes in which the plate has moved."""
    from_doppler = rw.PathSolver()(moving_plate(0.0), max_depth=1, los=False)
    h = 1e-4
    ahead, behind = (rw.PathSolver()(moving_plate(t), max_depth=1, los=False) for t in (h, -h))
    difference = -F * (ahead.tau - behind.tau) / (2 * h)
    assert from_doppler.doppler.ravel() == pytest.approx(difference.ravel(), rel=1e-6)


def moving_plate(t):
    scene = rw.Scene()
    scene.frequency_hz = F
    scene.add(rw.Material("metal", perfect_conductor=True))
    v = np.array([-5.0, 1.0, 0.0])
    scene.add(rw.box("plate", center_m=np.array([9.0, 0.4, 1.0]) + t * v, size_m=[0.2, 3.0, 2.0], material="metal"))
    scene.get("plate").velocity_m_per_s = v.tolist()
    scene.add(rw.Transmitter("tx", [0.0, 0.05, 1.0]))
    scene.add(rw.Receiver("rx", [0.0, -0.05, 1.0]))
    return scene


def test_numbers_keep_the_bounds_that_they_have_by_nature():
    """A map that asks for more than the elements can send on, and one that asks for a permittivity below 1."""
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Material("wall", relative_permittivity=1.3, conductivity_s_per_m=0.01, thickness_m=0.3))
    scene.add(rw.box("wall", center_m=[0, 4, 1], size_m=[8, 0.3, 3], material="wall"))
    scene.add(rw.Transmitter("tx", [0, 1, 1.2]))
    words = dict(max_depth=0, cell_size_m=0.5, center_m=[0, 0, 1], size_m=[4, 4], coherent=True)
    panel = rw.Ris("panel", [-3, 1, 1.2], num_rows=1, num_cols=2, spacing_m=0.05, amplitude=0.8)
    bare = rw.RadioMapSolver()(scene, **words).path_gain
    wanted = bare + 1.5 * (rw.RadioMapSolver()(scene, panels=rw.Ris("panel", [-3, 1, 1.2], num_rows=1, num_cols=2, spacing_m=0.05), **words).path_gain - bare)
    for method in ("lm", "bfgs", "adam"):
        found = rw.fit(scene, ["ris/panel/amplitude"], inverse.MapLoss(wanted), solver=rw.RadioMapSolver(), method=method, rate=0.1, steps=30, panels=panel, **words)
        assert found.panels[0].amplitude == pytest.approx(np.ones((1, 2)), abs=1e-3) and found.panels[0].amplitude.max() <= 1
    words["max_depth"] = 1
    less = 0.97 * rw.RadioMapSolver()(with_number(scene, "material/wall/relative_permittivity", 1.0), **words).path_gain
    found = rw.fit(scene, ["material/wall/relative_permittivity"], inverse.MapLoss(less), solver=rw.RadioMapSolver(), method="adam", rate=0.3, steps=20, **words)
    assert found.physical[0] >= 1
    wider = rw.fit(scene, {"ris/panel/amplitude": dict(bounds=(0, 2))}, inverse.MapLoss(wanted), solver=rw.RadioMapSolver(), method="lm", panels=panel, **words)
    assert wider.physical.max() > 1.2  # as asked


def with_number(scene, name, value):
    out = scene.copy()
    out.set_parameter(name, value)
    return out


@pytest.mark.parametrize("loss, said", [
    (lambda r, n: None, "a loss gives .value, .name: gradient.*got None"), (lambda r, n: ("a", {}), "a number and a dict"), (lambda r, n: (1.0, [1.0]), "a number and a dict"),
    (lambda r, n: (1j, {}), "a number and a dict"), (lambda r, n: (1.0, {}), "gives no gradient by device/rx/position_m"),
    (lambda r, n: (1.0, {k: np.ones(2) for k in n}), r"gradient by device/rx/position_m has the shape \[2\], the parameter \[3\]")])
def test_losses_that_give_something_else_say_so(loss, said):
    scene = wall_scene(6.1)
    with pytest.raises(rw.Error, match=said):
        rw.fit(scene, ["device/rx/position_m"], loss, max_depth=1)
    with pytest.raises(rw.Error, match="annealing is of a signal.Loss"):
        rw.fit(scene, ["device/rx/position_m"], loss, annealing=signal.Annealing(1.0, 0.1), max_depth=1)


def rail_scan(targets, noise=0.02):
    """Pulses of 3.1 to 4.8 GHz from a rail of 3.4 m along y, as real waveforms over range; targets: (place, amplitude)."""
    position = np.stack([np.full(100, -5.2), np.linspace(0.1, 3.5, 100), np.full(100, 1.8)], axis=1)
    bins = 3.4 + 0.00915 * np.arange(420)
    frequencies = np.linspace(3.3e9, 4.6e9, 60)
    profiles = noise * np.random.default_rng(0).normal(size=(100, 420))
    for place, amplitude in targets:
        r = np.linalg.norm(np.asarray(place) - position, axis=1)
        phase = 4 * np.pi / C * (bins[None, :, None] - r[:, None, None]) * frequencies
        profiles += amplitude * np.cos(phase).mean(axis=-1)
    return inverse.RangeProfiles(profiles, bins, position, standing_m=0.0), bins


def test_point_target_from_a_rail():
    truth = np.array([-1.0, 1.15, 0.07])
    scan, _ = rail_scan([(truth, 1.0), ([-0.1, 4.4, 0.07], 1.6), ([0.6, 0.4, 0.07], 0.4)])
    for off in ([0.9, -1.0, 0], [-1.2, 0.5, 0], [0.3, 1.2, 0]):
        found = scan.locate(truth + off)
        assert np.linalg.norm(found.position_m - truth) < 0.01 and found.coherence > 0.8
    # a weak one that stands out as well is passed over, unless asked for
    weak = np.array([-1.8, 2.4, 0.07])
    scan, _ = rail_scan([(truth, 1.0), (weak, 0.4)], noise=0.002)
    start = weak + [-0.1, -0.2, 0]
    assert np.linalg.norm(scan.locate(start).position_m - truth) < 0.01 and np.linalg.norm(scan.locate(start, within_db=np.inf).position_m - weak) < 0.01
    # d sum / d place against differences
    place, d, h = truth + [0.02, -0.01, 0], np.array([0.3, -0.5, 0.1]), 1e-6
    total, slope, by_offset = scan.coherent_sum(place)
    assert slope @ d == pytest.approx((scan.coherent_sum(place + h * d)[0] - scan.coherent_sum(place - h * d)[0]) / (2 * h), rel=1e-6)
    assert by_offset == pytest.approx((scan.coherent_sum(place, h)[0] - scan.coherent_sum(place, -h)[0]) / (2 * h), rel=1e-6)


def test_point_target_with_its_offset_unknown():
    truth = np.array([-1.0, 1.15, 0.07])
    scan, bins = rail_scan([(truth, 1.0)])
    scan.range_m = scan.range_m + 0.3  # the ranges are said to be 30 cm more
    found = scan.locate(truth + [0.2, -0.3, 0], radius_m=0.7, offset_range_m=0.4, spacing_m=0.06)
    assert abs(found.position_m[1] - truth[1]) < 0.02 and abs(found.position_m[0] - truth[0]) < 0.08
    assert found.offset_m == pytest.approx(0.3, abs=0.08)
    # one offset for all: a stronger target beside it, out of the radius, tells it too
    both, _ = rail_scan([(truth, 1.0), ([-0.1, 3.2, 0.07], 3.0)], noise=0.3)
    both.range_m = both.range_m + 0.3
    again = both.locate(truth + [0.2, -0.3, 0], radius_m=0.7, offset_range_m=0.4, spacing_m=0.06)
    assert abs(again.position_m[1] - truth[1]) < 0.02 and abs(again.position_m[0] - truth[0]) < 0.08 and again.offset_m == pytest.approx(0.3, abs=0.06)
    with pytest.raises(rw.Error, match="no echo within the radius"):
        scan.locate([200, 1, 0])
    for words, part in ((dict(start_m=[0, 0]), "three finite numbers"), (dict(radius_m=0), "radius_m must be > 0"), (dict(spacing_m=np.nan), "spacing_m"),
                        (dict(offset_range_m=-1), "offset_range_m must be >= 0"), (dict(within_db=-1), "within_db must be >= 0"), (dict(coherence=2), "coherence must be from 0 to 1")):
        with pytest.raises(rw.Error, match=part):
            scan.locate(**{"start_m": truth, **words})
    with pytest.raises(rw.Error, match="no target is in focus"):
        scan.locate(truth, radius_m=0.7, offset_range_m=0.05, spacing_m=0.06)
    for ranges, part in ((np.arange(10.0)[::-1], "grow"), (np.zeros(10), "grow"), (np.arange(1.0), "at least 2")):
        with pytest.raises(rw.Error, match=part):
            inverse.RangeProfiles(np.zeros((5, len(ranges))), ranges, np.random.default_rng(0).normal(size=(5, 3)))
    with pytest.raises(rw.Error, match="stands still"):
        inverse.RangeProfiles(np.zeros((5, 10)), np.arange(10.0), np.zeros((5, 3)))


def test_gradient_through_paths_with_links_weighted():
    """Of psf and hann over both links of a scene, against differences of the scene."""
    scene = wall_scene(6.1)
    scene.add(rw.Receiver("side", [1.0, 1.2, 1.0]))
    cube = rw.PathSolver()(wall_with_side(6.4), max_depth=1, los=False).samples(RADAR)
    name = "object/wall/translation_m"
    for word, sigma in (("psf", 0.3), ("hann", 0.0)):
        for weights in ("equal", "energy"):
            loss = signal.Loss(word, RADAR, cube, sigma_m=sigma, weights=weights)

            def value(off):
                there = scene.copy()
                there.set_parameter(name, [off, 0, 0])
                return loss(rw.PathSolver()(there, max_depth=1, los=False), [name])

            _, gradient = value(0.0)
            h = 1e-6
            assert gradient[name][0] == pytest.approx((value(h)[0] - value(-h)[0]) / (2 * h), rel=1e-4)
    energies = (abs(cube) ** 2).sum(axis=(1, 2, 3, 4, 5, 6))
    assert signal.Loss("complex", RADAR, cube, weights="energy")._shares[1, 0] == pytest.approx(energies[1] / energies.sum())


def wall_with_side(x):
    scene = wall_scene(x)
    scene.add(rw.Receiver("side", [1.0, 1.2, 1.0]))
    return scene
