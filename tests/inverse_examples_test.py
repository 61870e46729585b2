# SPDX-License-Identifier: Apache-2.0
"""Inverse problems of the examples in small: what they promise holds from a few starts (docs/signals.md has the figures of many)."""
import importlib.util

import numpy as np
import pytest
import raywave as rw

pytest.importorskip("scipy")


@pytest.fixture
def example(root):
    def load(name):
        spec = importlib.util.spec_from_file_location(name, root / f"examples/{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_one_radar_places_a_wall_at_its_bound(example):
    rows, bound = example("radar_one").main(2)
    annealed, searched, hann, dirichlet, samples = (np.array(off) for off in rows.values())
    assert (annealed < 5 * bound).all()  # 5 sigma: of two starts; three hold in 99 % of them
    assert (searched[:, 0] < 299792458.0 / 79e9 / 20).all() and (searched[:, 0] < annealed[:, 0]).all()
    for off in (hann, dirichlet, samples):
        assert not (off < 5 * bound).all(axis=1).any()


def test_targets_within_a_bin_are_placed_by_samples(example):
    rows = example("radar_targets").main(2)
    assert (rows[:, 1] < 10).all() and (rows[:, 1] < rows[:, 0] / 2).all()  # mm


def test_a_box_has_its_shape_from_four_radars(example):
    shapes = example("radar_shape").main(1)
    assert (shapes[:, 1, :4] < 0.02).all()


def test_a_box_is_placed_at_its_bound(example):
    radar_box = example("radar_box")
    three = radar_box.Measured(list(radar_box.PLACES), 1, 3)
    start = radar_box.TRUTH + [0.7, -0.4, np.radians(-11)]
    pose = three.by_samples(start)
    assert (abs(pose - radar_box.TRUTH) < 5 * three.bound()).all()  # 5 sigma
    known = three.cycles_searched(pose + [radar_box.WAVELENGTH / 2, 0, 0], three.known.of_word("complex"))
    assert (abs(known - radar_box.TRUTH) < 5 * three.bound(True)).all()
    for word in ("hann", "complex"):
        assert abs(three.found(start, three.free.of_word(word), steps=15, cap=0.02)[0] - radar_box.TRUTH).max() > 0.05


def test_one_radar_slides_a_box_home(example):
    """From 4 cm along its face, on the wrong side of the flash: the fit's covariance is the bound's."""
    radar_box = example("radar_box")
    one = radar_box.Measured(["west"], 64, 3)
    samples = one.free.of_word("complex")
    pose = one.slid(radar_box.TRUTH + [-0.003, 0.04, 0], samples, reach_m=0.05)
    assert (abs(pose - radar_box.TRUTH) < 5 * one.bound()).all()
    fit = rw.fit(radar_box.scene_with_box(pose, ["west"]), radar_box.SPEC, samples, method="lm", steps=5, **radar_box.OPTIONS)
    variance = one.noise / 2 / (abs(samples.measured) ** 2).sum()  # of a residual
    np.testing.assert_allclose(np.sqrt(variance * np.diag(fit.covariance)), one.bound(), rtol=0.02)


def test_a_device_and_walls_are_placed_together(example):
    mapping, random = example("mapping"), np.random.default_rng(0)
    start, loss = mapping.start_near(random), mapping.measured(1)
    by_powers, by_samples, deviations = mapping.placed(start, loss)
    assert mapping.off(start)[0] > 0.3 and max(mapping.off(by_powers)[:2]) < 0.02
    assert (abs(by_samples - mapping.TRUTH) < 5 * deviations).all() and (deviations < 1e-3).all()


def test_a_network_adapts_without_labels(example):
    rows = example("networks_in_the_loop").adaptation(1, np.random.default_rng(0))
    assert (rows[:, 1] <= rows[:, 0] / 2).all()


def test_a_prior_fills_in_the_unseen_side(example):
    rows = example("networks_in_the_loop").prior(1, np.random.default_rng(1))
    assert (rows[:, 2] <= rows[:, 1] / 2).all()


def test_networks_have_their_derivatives(example):
    random = np.random.default_rng(0)
    network = example("networks_in_the_loop").Network([3, 5, 2], random)
    x, w, dx = random.normal(size=(4, 3)), random.normal(size=(4, 2)), random.normal(size=(4, 3))
    network(x)
    by_x, by_parameters = network.back(w)

    def value(h):
        return (w * network(x + h * dx)).sum()

    assert (by_x * dx).sum() == pytest.approx((value(1e-6) - value(-1e-6)) / 2e-6, rel=1e-7)
    for p, g in zip(network.parameters(), by_parameters):
        d, kept = random.normal(size=p.shape), p.copy()
        p[...] = kept + 1e-6 * d
        up = value(0)
        p[...] = kept - 1e-6 * d
        assert (g * d).sum() == pytest.approx((up - value(0)) / 2e-6, rel=1e-6)
        p[...] = kept
