# SPDX-License-Identifier: Apache-2.0
"""Inverse problems of the examples in small: what they promise holds from a few starts (docs/signals.md has the figures of many)."""
import importlib.util

import numpy as np
import pytest

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
    shapes, poses = example("radar_shape").main(1)
    assert (shapes[:, 1, :4] < 0.02).all()
    assert (poses[:, 1, :4] < 5e-3).all() and (np.degrees(poses[:, 1, 4]) < 0.1).all()


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
