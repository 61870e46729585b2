# SPDX-License-Identifier: Apache-2.0
"""rw.calibrate: materials found from noisy powers, channels and arrival maps; offsets, censored and held-out values, losses, exact Jacobians; what the data
cannot tell; bad input."""
import json
import math

import numpy as np
import pytest

import raywave as rw

pytest.importorskip("scipy")
from raywave import inverse  # noqa: E402
from raywave.inverse.fits import _Objective  # noqa: E402
from raywave.inverse.observables import observable, with_receivers  # noqa: E402
from raywave.inverse.residuals import CalibrationLoss, Rows  # noqa: E402

WORDS = dict(max_depth=1, los=False, finder="exhaustive")  # mirrors alone: every measured link is of the walls
A, B, C = (f"material/{name}/relative_permittivity" for name in ("left", "right", "far"))


def two_walls():
    """Two walls and a third that nothing is near enough to see: the transmitter's side of it is turned away."""
    scene = rw.Scene()
    scene.frequency_hz = 10e9
    for name in ("left", "right", "far"):
        scene.add(rw.Material(name, relative_permittivity=4.0, conductivity_s_per_m=0.1, thickness_m=5.0))  # what is behind is lost
    scene.add(rw.Object("left", [[-3, -10, 0], [-3, 10, 0], [-3, 10, 5], [-3, -10, 5]], [[0, 1, 2], [0, 2, 3]], "left"))
    scene.add(rw.Object("right", [[3, -10, 0], [3, 10, 0], [3, 10, 5], [3, -10, 5]], [[0, 1, 2], [0, 2, 3]], "right"))
    scene.add(rw.Object("far", [[-3.2, 30, 0], [-3.2, 31, 0], [-3.2, 31, 5], [-3.2, 30, 5]], [[0, 1, 2], [0, 2, 3]], "far"))
    scene.add(rw.Transmitter("tx", [-2, -4, 2], power_dbm=10))
    scene.add(rw.Transmitter("other", [2.2, -6, 1.5], power_dbm=10))
    return scene


def places(count=24, seed=3):
    random = np.random.default_rng(seed)
    return np.stack([random.uniform(-2.5, 2.5, count), random.uniform(-3, 8, count), np.full(count, 1.5)], axis=1)


def powers_of(scene, points, noise_db=0.0, seed=1, **words):
    """[num_tx, num_points] in dB, with noise."""
    there = scene.copy()
    for i, point in enumerate(points):
        there.add(rw.Receiver(f"p{i}", point.tolist()))
    gain = rw.PathSolver()(there, **{**WORDS, **words}).path_gain.T
    return 10 * np.log10(gain) + noise_db * np.random.default_rng(seed).normal(size=gain.shape)


def truth(scene, left=6.0, right=2.5):
    out = scene.copy()
    out.set_parameter(A, left)
    out.set_parameter(B, right)
    return out


def measured(scene, points, noise_db=0.5, offsets=(0.0, 0.0), **words):
    values = powers_of(truth(scene), points, noise_db) + np.array(offsets)[:, None]
    return inverse.Powers(path_gain_db=values.ravel(), tx=np.repeat(["tx", "other"], len(points)), position_m=np.tile(points, (2, 1)), **words)


PARAMETERS = {A: dict(bounds=(1.01, 12)), B: dict(bounds=(1.01, 12))}


@pytest.mark.parametrize("words", [{}, dict(offsets="tx")])
def test_values_without_noise_give_the_truth_back(words):
    """The floor that nobody gave leaves links with power alone."""
    scene = two_walls()
    found = rw.calibrate(scene, measured(scene, places(), 0.0), PARAMETERS, **words, **WORDS)
    assert dict(zip(found.labels, found.found)) == pytest.approx({A: 6.0, B: 2.5}, rel=1e-6)


def test_materials_and_offsets_are_found_with_their_error_bars():
    scene, points = two_walls(), places()
    found = rw.calibrate(scene, measured(scene, points, 0.3, (3.0, -5.0)), {**PARAMETERS, C: dict(bounds=(1.01, 12))}, offsets="tx", held_out=0.25, **WORDS)
    for label, value, right in zip(found.labels, found.found, (6.0, 2.5)):
        deviation = found.deviations[found.labels.index(label)]
        assert abs(value - right) < 4 * deviation and deviation < 1.5, (label, value, deviation)
    offsets = {o["name"]: o for o in found.compared[0].offsets}
    for name, right in (("tx", 3.0), ("other", -5.0)):
        assert abs(offsets[name]["value"] - right) < 4 * offsets[name]["deviation"] < 8
    told = found.figures()
    assert told["before"]["used"]["rmse"] > 1.5 * told["after"]["used"]["rmse"]
    assert told["after"]["held_out"]["count"] > 3 and told["after"]["held_out"]["rmse"] < 0.6
    assert 0.15 < found.told.noise < 0.5
    # the third wall is seen by no measurement: named, and it stays where it was
    assert found.told.unseen == [C] and math.isinf(found.deviations[2]) and found.found[2] == 4.0
    assert "no measurement sees: material/far/relative_permittivity" in str(found)
    assert list(found.scene.receivers) == []  # those at measured places are not the scene's
    assert found.scene.parameters()[A].value == pytest.approx(found.found[0])


def test_a_common_loss_and_an_offset_are_told_only_together():
    """Both walls tied, one reflection in each link at nearly one angle: an offset does what the reflection does."""
    scene = two_walls()
    points = np.array([[-2, y, 2.0] for y in np.linspace(3.0, 3.02, 8)])  # by the left wall: all at one angle
    values = powers_of(truth(scene), points, 0.1)[0]
    only = inverse.Powers(path_gain_db=values, tx="tx", position_m=points)
    scene.remove("right")
    alone = rw.calibrate(scene, inverse.Powers(path_gain_db=powers_of(truth(scene), points, 0.1)[0], tx="tx", position_m=points), {A: dict(bounds=(1.01, 12))}, **WORDS)
    assert alone.told.unseen == [] and alone.told.together_only == []
    with_offset = rw.calibrate(scene, only, {A: dict(bounds=(1.01, 12))}, offsets="tx", **WORDS)
    assert [*with_offset.told.unseen, *with_offset.told.together_only] == [A]


def test_values_below_the_floor_tell_that_they_are():
    """A floor within the measured range: read as values they bend the fit, censored they do not."""
    scene, points = two_walls(), places(60)
    values = powers_of(truth(scene), points, 0.5).ravel()
    floor = np.median(values)
    words = dict(tx=np.repeat(["tx", "other"], len(points)), position_m=np.tile(points, (2, 1)), sigma_db=0.5)
    below = values < floor
    as_values = rw.calibrate(scene, inverse.Powers(path_gain_db=np.maximum(values, floor), **words), PARAMETERS, **WORDS)
    censored = rw.calibrate(scene, inverse.Powers(path_gain_db=np.maximum(values, floor), censored=below, **words), PARAMETERS, **WORDS)
    off = [np.abs(c.found - [6.0, 2.5]) / censored.deviations for c in (as_values, censored)]
    assert off[1].max() < 3 and off[0].max() > 5, off


def test_missing_values_are_as_if_they_were_not_there():
    scene, points = two_walls(), places()
    full = measured(scene, points)
    keep = np.arange(len(full)) % 3 != 0
    holes = measured(scene, points)
    holes.values[~keep] = np.nan
    one, other = (rw.calibrate(scene, m, PARAMETERS, **WORDS) for m in (full.subset(keep), holes))
    assert np.allclose(one.found, other.found, rtol=1e-6)


def test_huber_does_not_follow_outliers():
    scene, points = two_walls(), places(40)
    bad = measured(scene, points, 0.2)
    bad.values[::10] += 25
    l2, huber = (rw.calibrate(scene, bad, PARAMETERS, loss=loss, delta_db=1.0, **WORDS) for loss in ("l2", "huber"))
    off = [np.abs(c.found - [6.0, 2.5]).max() for c in (l2, huber)]
    assert off[1] < 0.7 < off[0]


@pytest.mark.parametrize("method", ["lm", "lbfgs", "bfgs", "adam"])
def test_all_methods_find_the_same(method):
    scene, points = two_walls(), places(10)
    words = dict(rate=0.2, last_rate=0.001, steps=150) if method == "adam" else dict(steps=60)
    found = rw.calibrate(scene, measured(scene, points, 0.2), PARAMETERS, method=method, **words, **WORDS)
    best = rw.calibrate(scene, measured(scene, points, 0.2), PARAMETERS, method="lm", **WORDS)
    assert best.fit.loss * (1 - 1e-9) <= found.fit.loss < 1.01 * best.fit.loss


# ------------------------------------------------------------------------------------------- derivatives

def objective_of(scene, sets, solver=None, factors=("tx",), loss="l2", offset_sigma_db=None, words=WORDS):
    there, names = with_receivers(scene, sets)
    rows = [Rows(observable(one, there, own), factors, loss=loss, delta=1.0, offset_sigma_db=offset_sigma_db) for one, own in zip(sets, names)]
    objective = _Objective(there, PARAMETERS, CalibrationLoss(rows), solver, words)
    for row in rows:
        row.o.set_floor(objective.solve(objective.x0)[0], None)
    return objective


def check_derivatives(objective, tolerance=2e-5):
    """Residuals' Jacobian and the gradient of half their squares against central differences."""
    x = np.array([5.0, 3.0])
    r, jacobian = objective.residuals(x)
    value, gradient = objective(x)
    assert value == pytest.approx(0.5 * r @ r, rel=1e-9)
    step = 1e-5
    for i in range(len(x)):
        moved = [objective.residuals(x + sign * step * np.eye(2)[i])[0] for sign in (1, -1)]
        difference = (moved[0] - moved[1]) / (2 * step)
        assert np.abs(jacobian[:, i] - difference).max() < tolerance * np.abs(difference).max()
    assert np.allclose(gradient, jacobian.T @ r, rtol=1e-6, atol=1e-9 * np.abs(gradient).max())


@pytest.mark.parametrize("loss", ["l2", "huber"])
@pytest.mark.parametrize("factors", [(), ("tx",), ("tx", "run")])
def test_the_jacobian_with_eliminated_offsets_is_exact(loss, factors):
    scene, points = two_walls(), places(12)
    one = measured(scene, points, 1.5, (2.0, -1.0), run=np.tile(["a", "b", "b"], 8), censored=np.arange(24) % 7 == 0)
    check_derivatives(objective_of(scene, [one], factors=factors, loss=loss))


def test_the_jacobian_with_a_prior_of_offsets_is_exact():
    scene, points = two_walls(), places(12)
    check_derivatives(objective_of(scene, [measured(scene, points, 1.5, (2.0, -1.0))], factors=("tx",), offset_sigma_db=2.0))


def with_devices(scene):
    out = scene.copy()
    for i, point in enumerate(places(5)):
        out.add(rw.Receiver(f"rx{i}", point.tolist()))
    return out


@pytest.mark.parametrize("compare", ["db", "complex"])
@pytest.mark.parametrize("quantity", ["cfr", "taps"])
def test_channels_are_fitted_with_exact_derivatives(compare, quantity):
    scene = with_devices(two_walls())
    paths = rw.PathSolver()(truth(scene), **WORDS)
    f = np.linspace(-5e7, 5e7, 8)
    if quantity == "cfr":
        one = inverse.Channels(paths.cfr(f, normalize_delays=False)[..., 0, :] * 2j, frequencies_hz=f, compare=compare)
    else:
        one = inverse.Channels(paths.taps(1e8, 0, 7, normalize_delays=False)[..., 0, :] * 2j, bandwidth_hz=1e8, compare=compare)
    one.values[0, 0, 0, 0, 2] = np.nan
    noisy = inverse.Channels(one.values * np.exp(0.2 * np.random.default_rng(2).normal(size=one.values.shape)), frequencies_hz=one.frequencies_hz,
                             bandwidth_hz=one.bandwidth_hz, compare=compare)
    check_derivatives(objective_of(scene, [noisy], factors=("tx",)))
    found = rw.calibrate(scene, one, PARAMETERS, offsets="tx", **WORDS)
    assert found.found == pytest.approx([6.0, 2.5], abs=1e-2 if compare == "db" else 1e-3)  # 0.0004 dB at the floor
    if compare == "complex":
        assert all(abs(o["value"] - 2j) < 1e-3 for o in found.compared[0].offsets)


@pytest.mark.parametrize("compare", ["db", "distribution"])
def test_arrival_maps_are_fitted_with_exact_derivatives(compare):
    scene = with_devices(two_walls())
    gain = rw.ArrivalMapSolver()(truth(scene), **WORDS).gain
    # without noise: what is censored is below the floor for certain, and sigma says so
    one = inverse.Arrivals(gain * (1.0 if compare == "db" else 7.0), compare=compare, sigma=0.02 if compare == "db" else None)
    check_derivatives(objective_of(scene, [inverse.Arrivals(gain * np.exp(0.3 * np.random.default_rng(2).normal(size=gain.shape)), compare=compare)],
                                   solver=rw.ArrivalMapSolver(), factors=("tx",)))
    found = rw.calibrate(scene, one, PARAMETERS, solver=rw.ArrivalMapSolver(), **WORDS)
    assert found.found == pytest.approx([6.0, 2.5], abs=1e-2 if compare == "db" else 1e-3)


# ------------------------------------------------------------------------------------------- course, predictions, files

def test_predictions_of_other_places_come_with_their_deviation():
    scene, points, fresh = two_walls(), places(), places(200, seed=8)
    found = rw.calibrate(scene, measured(scene, points, 0.5, (3.0, -5.0)), PARAMETERS, offsets="tx", **WORDS)
    values, deviation = found.predict(fresh, tx="other")
    right = powers_of(truth(scene), fresh)[1] - 5.0
    z = (values - right) / deviation
    assert np.sqrt((z ** 2).mean()) < 3 and (deviation < 0.6).all() and (deviation > 0.01).all()
    with pytest.raises(rw.Error, match="nothing fixes the offset"):
        rw.calibrate(scene, measured(scene, points), PARAMETERS, offsets="run", **WORDS).predict(fresh, tx="other", run="new")


def test_patience_ends_and_keeps_the_best_of_what_is_held_out():
    scene, points = two_walls(), places(8)
    steps = []
    found = rw.calibrate(scene, measured(scene, points, 2.0), PARAMETERS, held_out=0.5, patience=3, method="adam", rate=0.5, steps=200,
                         progress=lambda stage, step, loss: steps.append(step) and None, **WORDS)
    assert 3 < len(steps) < 200
    other = rw.calibrate(scene, measured(scene, points, 2.0), PARAMETERS, held_out=0.5, method="adam", rate=0.5, steps=200, **WORDS)
    assert found.figures()["after"]["held_out"]["rmse"] <= other.figures()["after"]["held_out"]["rmse"] + 1e-6


def test_it_goes_on_from_its_checkpoint(tmp_path):
    scene, points = two_walls(), places(8)
    state = str(tmp_path / "state.npz")
    stopped = rw.calibrate(scene, measured(scene, points), PARAMETERS, checkpoint=state, progress=lambda stage, step, loss: step >= 1, **WORDS)
    whole = rw.calibrate(scene, measured(scene, points), PARAMETERS, checkpoint=state, resume=True, **WORDS)
    assert stopped.fit.loss > whole.fit.loss
    assert np.allclose(whole.found, rw.calibrate(scene, measured(scene, points), PARAMETERS, **WORDS).found, rtol=1e-4)


def test_a_checkpoint_of_another_problem_is_refused(tmp_path):
    scene, points = two_walls(), places(8)
    state = str(tmp_path / "state.npz")
    rw.calibrate(scene, measured(scene, points), PARAMETERS, checkpoint=state, progress=lambda stage, step, loss: True, **WORDS)
    other = scene.copy()
    other.materials["far"].conductivity_s_per_m = 3.0  # no path touches it: the same problem
    rw.calibrate(other, measured(scene, points), PARAMETERS, checkpoint=state, resume=True, progress=lambda stage, step, loss: True, **WORDS)
    moved = scene.copy()
    moved.materials["left"].conductivity_s_per_m = 1.0
    for there, one, parameters, words in ((scene, measured(scene, points, offsets=(4.0, -4.0)), PARAMETERS, "other data"), (moved, measured(scene, points), PARAMETERS, "another scene"),
                                          (scene, measured(scene, points), {B: PARAMETERS[B], A: PARAMETERS[A]}, "other parameters: .*left.*, here .*right"),
                                          (scene, measured(scene, points), {**PARAMETERS, A: dict(bounds=(2, 12))}, "other bounds"),
                                          (scene, measured(scene, points), {**PARAMETERS, A: dict(bounds=(1.01, 12), prior=(4, 1))}, "other priors")):
        with pytest.raises(rw.Error, match=words):
            rw.calibrate(there, one, parameters, checkpoint=state, resume=True, **WORDS)


def test_files_of_all_kinds_read_the_same(tmp_path):
    scene, points = two_walls(), places(6)
    one = measured(scene, points, run="r1", sigma_db=2.0)
    one.values[3] = np.nan
    text = ["# drive", "tx,x_m,y_m,z_m,path_gain_db,sigma_db,run,held_out"]
    text += [f"{t},{p[0]!r},{p[1]!r},{p[2]!r},{'' if np.isnan(v) else repr(v)},2,r1,0" for t, p, v in zip(one.tx, one.position_m.tolist(), one.values.tolist())]
    (tmp_path / "a.csv").write_text("\n".join(text) + "\n")
    arrays = dict(tx=one.tx, path_gain_db=one.values, sigma_db=one.sigma_db, run=one.run, **{f"{k}_m": one.position_m[:, i] for i, k in enumerate("xyz")})
    np.savez(tmp_path / "a.npz", **arrays)
    files = ["a.csv", "a.npz"]
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as out:
        for name, values in arrays.items():
            out[name] = values.astype(h5py.string_dtype()) if values.dtype.kind == "U" else values
    files.append("a.h5")
    for name in files:
        read = inverse.read_measurements(tmp_path / name)
        for word in ("values", "position_m", "sigma_db", "censored", "held_out"):
            assert np.array_equal(getattr(read, word), getattr(one, word), equal_nan=word == "values"), (name, word)
        assert list(read.tx) == list(one.tx) and list(read.run) == list(one.run)
    found = rw.calibrate(scene, inverse.read_measurements(tmp_path / "a.csv"), PARAMETERS, **WORDS)
    document = json.loads(found.save(tmp_path / "found.json").read_text())
    assert [p["name"] for p in document["parameters"]] == [A, B]
    with np.load(found.save(tmp_path / "found.npz")) as held:
        assert held["after"].shape == (12,) and np.isnan(held["measured"][3])
    page = found.save_page(tmp_path / "page.html").read_text()
    for words in ("What the data cannot tell", "Singular values", "RMSE", "material/left/relative_permittivity"):
        assert words in page
    pytest.importorskip("matplotlib").use("Agg")
    assert found.plot().get_xlabel() == "x [m]"


# ------------------------------------------------------------------------------------------- error bars, sets beside each other

def offsets_of(found, number=0):
    return {o["name"]: o["value"] for o in found.compared[number].offsets}


def test_what_was_known_of_offsets_is_in_the_error_bars():
    """A sharp prior is as if there were no offsets, a wide one as if there were no prior."""
    scene, one = two_walls(), measured(two_walls(), places(), 0.3, sigma_db=0.3)
    none, sharp, wide, free = (rw.calibrate(scene, one, PARAMETERS, **words, **WORDS) for words in (
        {}, dict(offsets="tx", offset_sigma_db=1e-6), dict(offsets="tx", offset_sigma_db=1e4), dict(offsets="tx")))
    assert np.allclose(none.deviations, sharp.deviations, rtol=1e-3) and np.allclose(wide.deviations, free.deviations, rtol=1e-3)
    assert np.allclose(none.told.singular_values, sharp.told.singular_values, rtol=1e-3) and (free.deviations > 1.2 * none.deviations).all()


def test_censored_values_leave_no_noise_and_each_set_has_its_own():
    scene, points = two_walls(), places()
    values, other = powers_of(truth(scene), points, 0.5).ravel(), np.arange(48) % 2 == 0
    words = dict(tx=np.repeat(["tx", "other"], 24), position_m=np.tile(points, (2, 1)))
    missing = rw.calibrate(scene, inverse.Powers(path_gain_db=np.where(other, np.nan, values), **words), PARAMETERS, **WORDS)
    below = rw.calibrate(scene, inverse.Powers(path_gain_db=np.where(other, values + 40, values), censored=other, **words), PARAMETERS, **WORDS)
    assert below.told.noise == pytest.approx(missing.told.noise, rel=0.02) and np.allclose(below.deviations, missing.deviations, rtol=0.05)
    loud = inverse.Powers(path_gain_db=values, sigma_db=0.5, **words)
    quiet = inverse.Powers(path_gain_db=powers_of(truth(scene), points, 0.05).ravel(), **words)
    both = rw.calibrate(scene, [loud, quiet], PARAMETERS, **WORDS)
    assert both.told.noises[0] == 1.0 and 0.03 < both.told.noises[1] < 0.3
    assert (both.deviations < rw.calibrate(scene, loud, PARAMETERS, **WORDS).deviations).all()


def test_error_bars_hold_where_one_set_says_its_noise_and_another_does_not():
    """The quiet set is fitted as if its sigma were 1 dB: what is found scatters by that, not by what the best weights would have left."""
    scene, points = two_walls(), places(12)
    words = dict(tx=np.repeat(["tx", "other"], 12), position_m=np.tile(points, (2, 1)))
    z = []
    for seed in range(12):
        loud = inverse.Powers(path_gain_db=powers_of(truth(scene), points, 0.5, seed=seed).ravel(), sigma_db=0.5, **words)
        quiet = inverse.Powers(path_gain_db=powers_of(truth(scene), points, 0.02, seed=seed + 100).ravel(), **words)
        found = rw.calibrate(scene, [loud, quiet], PARAMETERS, **WORDS)
        z.append((found.found - [6.0, 2.5]) / found.deviations)
    assert 0.5 < np.sqrt(np.mean(np.square(z))) < 1.6


def test_as_many_numbers_as_values_are_not_certain():
    scene, points = two_walls(), places(1)
    scene.remove("right")
    values = powers_of(truth(scene), points, 0.5)[0]
    found = rw.calibrate(scene, inverse.Powers(path_gain_db=values, tx="tx", position_m=points), {A: dict(bounds=(1.01, 12))}, **WORDS)
    assert found.told.noise == 1.0 and found.told.assumed == [0] and found.deviations[0] > 0.3
    with pytest.raises(rw.Error, match="set_number is 0 to 0, got 5"):
        found.plot(set_number=5)
    one = measured(two_walls(), places())
    beside = rw.calibrate(two_walls(), [measured(two_walls(), places(), held_out=True), one], PARAMETERS, **WORDS)
    assert beside.told.assumed == [] and beside.compared[0].figures()["after"]["held_out"]["count"] == 48
    assert "none is left over to tell the noise" in str(found) and found.document()["told"]["noise_assumed"] == [0]


def test_predictions_have_the_offset_of_their_own_place():
    scene, points = two_walls(), places()
    one = measured(scene, points, 0.3)
    one.values[[0, 24]] += 20
    found = rw.calibrate(scene, one, PARAMETERS, offsets="rx", **WORDS)
    assert np.allclose(found.predict(points[[5, 0, 7]], tx="tx")[0], found.compared[0].after[[5, 0, 7]], atol=1e-9)
    with pytest.raises(rw.Error, match=r"the place \(1, 1, 1\): it was not measured"):
        found.predict([[1, 1, 1]], tx="tx")


def test_predictions_of_a_set_behind_a_complex_one_and_of_the_scene_as_it_was():
    scene, points = with_devices(two_walls()), places()
    f = np.linspace(-5e7, 5e7, 4)
    h = rw.PathSolver()(truth(scene), **WORDS).cfr(f, normalize_delays=False)[..., 0, :]
    channels = inverse.Channels(h, frequencies_hz=f, compare="complex", sigma=1e-7)  # of the scene's receivers, not those at measured places
    one = inverse.Powers(path_loss_db=3 - powers_of(truth(scene), points, 0.3).ravel(), tx=np.repeat(["tx", "other"], 29), sigma_db=0.3,
                         position_m=np.tile(np.concatenate([places(5), points]), (2, 1)))
    found = rw.calibrate(scene, [channels, one], PARAMETERS, offsets="tx", **WORDS)
    values, deviation = found.predict(points[:4], tx="tx", set_number=1)
    assert np.allclose(deviation, found.compared[1].deviation[5:9], rtol=1e-6) and np.allclose(values, found.compared[1].after[5:9], atol=1e-9)
    # measured - predicted, in the sign of what was measured
    assert offsets_of(found, 1) == pytest.approx({"tx": 3.0, "other": 3.0}, abs=0.3)
    scene.materials["right"].conductivity_s_per_m = 50.0
    assert np.array_equal(found.predict(points[:4], tx="tx", set_number=1)[0], values)
    assert found.fit.scene_at(found.fit.x).materials["right"].conductivity_s_per_m == 0.1


def test_it_does_not_matter_how_powers_lie_in_files():
    scene, one = two_walls(), measured(two_walls(), places(), 0.3, (3.0, -5.0))
    first = np.arange(48) % 4 != 0
    whole, split = (rw.calibrate(scene, sets, PARAMETERS, offsets="tx", held_out=0.3, **WORDS) for sets in (one, [one.subset(first), one.subset(~first)]))
    assert np.allclose(whole.found, split.found, rtol=1e-6) and np.allclose(whole.deviations, split.deviations, rtol=0.3)
    assert offsets_of(whole) == pytest.approx(offsets_of(split, 1), abs=1e-6)
    assert np.array_equal(whole.compared[0].held_out[~first], split.compared[1].held_out)
    twice = rw.calibrate(scene, [one, measured(scene, places(), 0.3, (3.0, -5.0))], PARAMETERS, held_out=0.3, **WORDS)
    assert not (twice.compared[0].held_out & twice.compared[1].used).any()


def test_the_loss_is_that_of_the_vector_that_is_kept():
    scene, one = two_walls(), measured(two_walls(), places(), 2.0)
    found = rw.calibrate(scene, one, PARAMETERS, held_out=0.4, patience=1, **WORDS)
    rest = found.compared[0]
    assert found.document()["loss"] == pytest.approx(0.5 * ((rest.measured - rest.after)[rest.used] ** 2).sum(), rel=1e-9)
    assert np.array_equal(found.fit.physical, found.found)


def test_what_is_edited_later_changes_no_prediction():
    scene, one, parameters = two_walls(), measured(two_walls(), places(), 0.3), {A: dict(bounds=[1.01, 12]), B: dict(bounds=[1.01, 12])}
    found = rw.calibrate(scene, one, parameters, offsets="tx", **WORDS)
    before, report = found.predict(places(3, seed=5), tx="tx"), str(found)
    scene.frequency_hz = 3e9
    one.values[:], one.censored[:], parameters[A]["bounds"][:] = 0, True, [5.9, 6.0]
    assert np.array_equal(before, found.predict(places(3, seed=5), tx="tx")) and str(found) == report


def test_channels_are_of_the_scenes_antennas_and_count_delays_as_they_say():
    scene, f = with_devices(two_walls()), np.linspace(-5e7, 5e7, 8)
    paths = rw.PathSolver()(truth(scene), **WORDS)
    h = paths.cfr(f)[..., 0, :]
    found = rw.calibrate(scene, inverse.Channels(h, frequencies_hz=f, compare="complex", normalize_delays=True), PARAMETERS, **WORDS)
    assert found.found == pytest.approx([6.0, 2.5], abs=1e-3)
    scene.rx_array = rw.PlanarArray(1, 2)
    for values in (h, np.concatenate([h, h, h], axis=1)):
        with pytest.raises(rw.Error, match=f"have {values.shape[1]} receiving and 1 transmitting antennas a device, the scene's arrays have 2 and 1"):
            rw.calibrate(scene, inverse.Channels(values, frequencies_hz=f), PARAMETERS, **WORDS)


# ------------------------------------------------------------------------------------------- bad input

@pytest.mark.parametrize("head, row, words", [
    ("tx,rx,path_gain_db,colour", "tx,rx,-70,red", "unknown column 'colour'"), ("tx,rx,path_gain_d", "tx,rx,-70", "did you mean 'path_gain_db'"),
    ("tx,rx,path_gain_db", "tx,rx,loud", "'loud' is not a number"), ("tx,x_m,y_m,path_gain_db", "tx,1,2,-70", "x_m, y_m and z_m"),
    ("tx,rx,path_gain_db", "tx,rx", "has 2 values, there are 3 columns"), ("tx,rx", "tx,rx", "give one of path_gain_db"),
    ("tx,rx,path_gain_db,rss_dbm", "tx,rx,-70,-60", "give one of"), ("tx,path_gain_db", "tx,-70", "give rx"),
    ("tx,rx,path_gain_db,censored", "tx,rx,-70,2", "censored holds 0 and 1"), ("tx,rx,path_gain_db,sigma_db", "tx,rx,-70,0", "sigma_db must be"),
    ("tx,rx,path_gain_db", "tx,rx,", "no value that is not missing"), ("tx,rx,path_gain_db", "tx,rx,-inf", "infinite")])
def test_bad_files_say_why(tmp_path, head, row, words):
    (tmp_path / "bad.csv").write_text(f"{head}\n{row}\n")
    with pytest.raises(rw.Error, match=words):
        inverse.read_measurements(tmp_path / "bad.csv")


def test_names_in_files_are_whole_and_comments_stand_before_the_head(tmp_path):
    gain, x = np.array([-70.0, -71.0]), dict(x_m=[0.0, 1.0], y_m=[1.0, 1.0])
    for tx in ("mast", b"mast", ["mast", "mast"], [b"mast", b"mast"]):
        np.savez(tmp_path / "a.npz", path_gain_db=gain, tx=tx, z_m=1.5, **x)
        read = inverse.read_measurements(tmp_path / "a.npz")
        assert list(read.tx) == ["mast", "mast"] and read.position_m.tolist() == [[0, 1, 1.5], [1, 1, 1.5]]
    for names in ("ant", b"ant", ["ant"], [b"ant"]):
        np.savez(tmp_path / "c.npz", cfr=np.ones((1, 1, 1, 1, 2), dtype=complex), frequencies_hz=[0, 1e6], tx_names=names, rx_names=names)
        read = inverse.read_measurements(tmp_path / "c.npz")
        assert read.rx == read.tx == ["ant"]
    (tmp_path / "a.csv").write_text("# of a drive\n\ntx,rx,path_gain_db\n#1,a,-70\n\nb,a,-71\n#1,a,-72\n")
    assert list(inverse.read_measurements(tmp_path / "a.csv").tx) == ["#1", "b", "#1"]
    (tmp_path / "b.csv").write_text("tx,rx,path_gain_db,path_gain_db\na,b,-70,-99\n")
    with pytest.raises(rw.Error, match="two columns are called 'path_gain_db'"):
        inverse.read_measurements(tmp_path / "b.csv")


def test_words_win_over_the_file_and_delays_are_as_it_says(tmp_path):
    np.savez(tmp_path / "c.npz", cfr=np.ones((1, 1, 1, 1, 2), dtype=complex), frequencies_hz=[0, 1e6], run="a", normalize_delays=True)
    assert inverse.read_measurements(tmp_path / "c.npz").normalize_delays
    other = inverse.read_measurements(tmp_path / "c.npz", run="b", normalize_delays=False)
    assert str(other.run) == "b" and not other.normalize_delays


@pytest.mark.parametrize("arrays, words", [
    (dict(path_gain_db=["loud", "-70"], rx="a"), "path_gain_db takes numbers"), (dict(path_gain_db=[-70.0], rx=1.5), "rx takes names"),
    (dict(path_gain_db=[-70.0, -71], x_m=[1.0, 2, 3], y_m=[1.0, 2], z_m=1.0), "y_m has the shape"), (dict(path_gain_db=[-70.0], rx="a", sigma_db="b"), "sigma_db takes numbers"),
    (dict(cfr=np.full((1, 1, 1, 1, 2), "a"), frequencies_hz=[0, 1]), "values takes numbers"), (dict(cfr=np.ones((1, 1, 1, 1, 2)), frequencies_hz=["a", "b"]), "frequencies_hz takes numbers"),
    (dict(cfr=np.ones((2, 1, 1, 1, 2)), frequencies_hz=[0, 1], rx_names="ab"), "rx names 1 devices, the values have 2"),
    (dict(taps=np.ones((1, 1, 1, 1, 2)), bandwidth_hz=[1e6, 2e6]), "bandwidth_hz must be one"), (dict(taps=np.ones((1, 1, 1, 1, 2)), bandwidth_hz=1e6, l_min=0.5), "l_min must be one whole"),
    (dict(taps=np.ones((1, 1, 1, 1, 2)), bandwidth_hz=1e6, frequency_hz=[1e9, 2e9]), "frequency_hz must be one"), (dict(gain=np.full((1, 1, 2, 2), "a")), "gain takes numbers"),
    (dict(gain=np.ones((1, 1, 2, 2)), held_out="a"), "held_out takes numbers")])
def test_bad_arrays_say_why(tmp_path, arrays, words):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(rw.Error, match=words):
        inverse.read_measurements(tmp_path / "bad.npz")


@pytest.mark.parametrize("words, text", [(dict(sigma="a"), "sigma must be|sigma takes"), (dict(floor="a"), "floor"), (dict(floor=-1), "floor must be"), (dict(normalize_delays=1), "normalize_delays is"),
                                         (dict(rx="abc"), "rx names 1 devices, the values have 3"), (dict(rx=["a", "b", "a"]), "rx names a device twice"), (dict(held_out=2), "held_out holds 0 and 1")])
def test_bad_channels_say_why(words, text):
    with pytest.raises(rw.Error, match=text):
        inverse.Channels(np.ones((3, 1, 1, 1, 2)), frequencies_hz=[0, 1e6], **words)


def test_bad_calls_say_why(tmp_path):
    scene, points = two_walls(), places(6)
    good = measured(scene, points)
    names = inverse.Powers(path_gain_db=[-70.0], tx="tx", rx="rx9")
    with pytest.raises(rw.Error, match="name the receiver 'rx9', which the scene does not have, did you mean 'rx'"):
        there = scene.copy()
        there.add(rw.Receiver("rx", [0, 0, 1]))
        rw.calibrate(there, names, PARAMETERS, **WORDS)
    for measurement, parameters, more, words in (
            (inverse.Powers(path_gain_db=good.values, tx="txx", position_m=good.position_m), PARAMETERS, {}, "transmitter 'txx'.* did you mean 'tx'"),
            (inverse.Powers(path_gain_db=good.values, position_m=good.position_m), PARAMETERS, {}, "name no tx, and the scene has 2"),
            (good, {C: {}}, {}, "depends in no way on material/far"), (good, PARAMETERS, dict(offsets="antenna"), "offsets are of tx, rx, run"),
            (good, PARAMETERS, dict(offsets=("tx", "tx")), "offsets name 'tx' twice"),
            (good, PARAMETERS, dict(loss="l1"), "loss is 'l2' or 'huber'"), (good, PARAMETERS, dict(held_out="monday"), "run 'monday'"),
            (good, PARAMETERS, dict(held_out=1.5), "held_out is a share"), (good, PARAMETERS, dict(patience=3), "patience needs values"),
            (good, PARAMETERS, dict(sigma_db=-1), "sigma_db must be > 0"), (good, {"material/*/permittivity": {}}, {}, "no parameter"),
            ([], PARAMETERS, {}, "measurements are"), (good, PARAMETERS, dict(solver=rw.ArrivalMapSolver()), "gains \\[num_rx, num_tx\\]")):
        with pytest.raises(rw.Error, match=words):
            rw.calibrate(scene, measurement, parameters, **more, **WORDS)


@pytest.mark.parametrize("word, values", [
    ("seed", (-1, "a", 1.5, True)), ("floor_db", ("a", math.nan, math.inf, 1e4, -1e4, True)), ("patience", (True, 0, 1.5)), ("sigma_db", (True, "a", 0)), ("rate", (-1, 0, "a")),
    ("last_rate", (-1,)), ("spread", (-1, math.nan, "a")), ("steps", (True, 0)), ("offsets", (3, [1])), ("delta_db", (True,))])
def test_bad_words_are_named(word, values):
    one = measured(two_walls(), places(2), held_out=np.arange(4) == 1)
    for value in values:
        with pytest.raises(rw.Error, match=f"^{word} "):
            rw.calibrate(two_walls(), one, PARAMETERS, **{word: value}, **WORDS)


@pytest.mark.parametrize("parameters, words", [(3, "names, got 3"), ([3], "names, got"), ({A: 3}, "left.* takes a table of words"), ({A: dict(scale="a")}, "scale must be"),
                                               ({A: dict(scale=True)}, "scale must be"), ({A: dict(tie="a")}, "tie is"), ({A: dict(transform=["log"])}, "transform must be"), ({3: {}}, "named by words")])
def test_bad_parameters_are_named(parameters, words):
    with pytest.raises(rw.Error, match=words):
        rw.calibrate(two_walls(), measured(two_walls(), places(2)), parameters, **WORDS)


@pytest.mark.parametrize("how", ["censored", "held_out", "missing"])
def test_offsets_that_nothing_fixes_are_named(how):
    scene, points = two_walls(), places(6)
    other = np.arange(12) >= 6
    one = measured(scene, points, **({how: other} if how != "missing" else {}))
    if how == "missing":
        one.values[other] = np.nan
    with pytest.raises(rw.Error, match="nothing fixes the offset of tx 'other'"):
        rw.calibrate(scene, one, PARAMETERS, offsets="tx", **WORDS)
    # a prior fixes it
    rw.calibrate(scene, one, PARAMETERS, offsets="tx", offset_sigma_db=3.0, **WORDS)


# ------------------------------------------------------------------------------------------- patterns that are not known

def test_patterns_have_exact_derivatives():
    scene = two_walls()
    scene.get("tx").orientation_rad = [0.4, 0.2, 0.1]
    for i, point in enumerate(places(3)):
        scene.add(rw.Receiver(f"rx{i}", point.tolist()))
    coefficients = np.random.default_rng(4).normal(size=(2, 8))
    for of, device in (("tx", "tx"), ("rx", "rx1")):
        solver = inverse.PatternSolver(of=of)
        name = f"device/{device}/pattern_db"
        names = [name, A, "device/rx0/position_m", "device/other/position_m"]
        problem = solver.problem(solver, scene, names, WORDS)
        values = {**problem.base, name: coefficients[0]}
        result, wrt, back = problem.solve(values)
        cotangent = np.random.default_rng(5).normal(size=result.path_gain.shape)
        gradient = back(result.path_gain_vjp(cotangent, wrt=wrt))
        for n, step in ((name, 1e-4), (A, 1e-4), ("device/rx0/position_m", 1e-6), ("device/other/position_m", 1e-6)):
            for i in np.ndindex(np.shape(values[n])):
                moved = []
                for sign in (1, -1):
                    v = np.array(values[n], dtype=float)
                    v[i] += sign * step
                    moved.append((cotangent * problem.solve({**values, n: v})[0].path_gain).sum())
                assert gradient[n][i] == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=2e-5, abs=1e-6 * np.abs(gradient[n]).max()), (n, i)
        direction = {n: np.random.default_rng(6).normal(size=np.shape(values[n])) for n in names}
        left = (cotangent * result.path_gain_jvp(problem.tangent(values, direction))).sum()
        assert left == pytest.approx(sum((np.asarray(gradient[n]) * d).sum() for n, d in direction.items()), rel=1e-9)


def test_a_pattern_and_a_wall_are_found_together():
    scene, points = two_walls(), places(60)
    words = {**WORDS, "los": True}
    solver, true = inverse.PatternSolver(), np.array([4.0, -2.0, 1.0])
    there = truth(scene)
    for i, point in enumerate(points):
        there.add(rw.Receiver(f"p{i}", point.tolist()))
    gain = inverse.PatternSolver(degree=1)(there, patterns={"tx": true}, **words).path_gain
    values = 10 * np.log10(gain.T) + 0.1 * np.random.default_rng(3).normal(size=gain.T.shape)
    one = inverse.Powers(path_gain_db=values.ravel(), tx=np.repeat(["tx", "other"], 60), position_m=np.tile(points, (2, 1)), sigma_db=0.1)
    found = rw.calibrate(scene, one, {**PARAMETERS, "device/*/pattern_db": dict(prior=(0, 5))}, solver=solver, offsets="tx", **words)
    fresh = places(40, seed=11)
    predicted = found.predict(fresh, tx="tx")[0]
    other = there.copy()
    for i in range(60):
        other.remove(f"p{i}")
    for i, point in enumerate(fresh):
        other.add(rw.Receiver(f"q{i}", point.tolist()))
    right = 10 * np.log10(inverse.PatternSolver(degree=1)(other, patterns={"tx": true}, **words).path_gain[:, 0])
    assert np.sqrt(((predicted - right) ** 2).mean()) < 0.3
    with pytest.raises(rw.Error, match="orientation_rad or its pattern_db"):
        rw.calibrate(scene, one, {"device/tx/orientation_rad": {}, "device/tx/pattern_db": {}}, solver=solver, **words)


# ------------------------------------------------------------------------------------------- a room of six materials

SIX = {"walls": 5.0, "floor": 3.0, "ceiling": 7.0, "partition": 4.0, "table": 2.2, "picture": 6.0}


def six_materials():
    """A room at 28 GHz whose surfaces let nothing through; the picture hangs where no mirror of a measured link is."""
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    for name in SIX:
        scene.add(rw.Material(name, relative_permittivity=4.5, conductivity_s_per_m=1.0, thickness_m=1.0))
    x, y, z = 7.0, 5.0, 2.8
    for name, corners in (("floor", [[0, 0, 0], [x, 0, 0], [x, y, 0], [0, y, 0]]), ("ceiling", [[0, 0, z], [x, 0, z], [x, y, z], [0, y, z]])):
        scene.add(rw.Object(name, corners, [[0, 1, 2], [0, 2, 3]], name))
    for i, (p, q) in enumerate((((0, 0), (x, 0)), ((x, 0), (x, y)), ((x, y), (0, y)), ((0, y), (0, 0)))):
        scene.add(rw.Object(f"wall {i}", [[*p, 0], [*q, 0], [*q, z], [*p, z]], [[0, 1, 2], [0, 2, 3]], "walls"))
    scene.add(rw.box("partition", center_m=[3.1, 1.6, 1.4], size_m=[0.15, 3.0, 2.6], material="partition"))
    scene.add(rw.box("table", center_m=[5.2, 2.4, 0.75], size_m=[1.6, 1.2, 0.06], material="table"))
    scene.add(rw.box("picture", center_m=[0.05, 4.9, 0.2], size_m=[0.06, 0.06, 0.06], material="picture"))
    for i, place in enumerate(([0.8, 0.9, 2.1], [6.2, 4.1, 2.2], [1.2, 4.2, 1.9])):
        scene.add(rw.Transmitter(f"tx{i}", place))
    return scene


def test_six_materials_from_60_noisy_measurements():
    scene, words = six_materials(), dict(max_depth=2, samples_per_src=30_000)
    true = scene.copy()
    for name, value in SIX.items():
        true.set_parameter(f"material/{name}/relative_permittivity", value)
    random = np.random.default_rng(21)
    points = np.stack([random.uniform(0.4, 6.6, 60), random.uniform(0.4, 4.6, 60), random.uniform(0.9, 1.7, 60)], axis=1)

    def powers(there, which, **more):
        there = there.copy()
        for i, point in enumerate(points):
            there.add(rw.Receiver(f"p{i}", point.tolist()))
        return 10 * np.log10(rw.PathSolver()(there, **{**words, **more}).path_gain.T[which] + 1e-14)

    links = (np.repeat([0, 1, 2], 20), np.arange(60))  # each point is measured from one transmitter
    values = powers(true, links) + random.normal(size=60)
    one = inverse.Powers(path_gain_db=values, tx=[f"tx{t}" for t in links[0]], position_m=points, sigma_db=1.0)
    names = [f"material/{name}/relative_permittivity" for name in SIX]
    bounds = (1.2, 12.0)
    found = rw.calibrate(scene, one, {name: dict(bounds=bounds) for name in names}, **words)
    others = (np.concatenate([np.delete(np.arange(3), t) for t in links[0]]), np.repeat(np.arange(60), 2))  # the links that were not
    predicted, _ = found.predict(points[others[1]], tx=[f"tx{t}" for t in others[0]])
    right = powers(true, others)
    lit = right > right.min() + 1
    assert np.sqrt(((predicted - right)[lit] ** 2).mean()) < 1.5
    # What a number does to the measured values over its bounds, all else as it truly is: below sqrt(12) of the noise it is not to be seen.
    not_told = set(found.told.unseen) | set(found.told.together_only)
    assert "material/picture/relative_permittivity" in not_told and len(not_told) <= 3
    for name in names:
        ends = []
        for value in bounds:
            there = true.copy()
            there.set_parameter(name, value)
            ends.append(powers(there, links))
        swing = np.linalg.norm(ends[1] - ends[0])
        # within a factor of two: what is told is told of the slope where it was found
        assert (swing < 2 * 12 ** 0.5) if name in found.told.unseen else (swing > 12 ** 0.5 / 2), (name, swing)
