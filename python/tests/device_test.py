# SPDX-License-Identifier: Apache-2.0
"""Rays on a device: the option, its words, and the kernels of a device run on the CPU against the CPU's own code."""
import copy
import pickle

import numpy as np
import pytest
import raywave as rw



@pytest.fixture(scope="module")
def scene():
    s = rw.load_scene("street_canyon", frequency_hz=3.5e9)
    s.add(rw.Transmitter("tx", [-30, 0, 10]))
    s.add(rw.Receiver("rx", [30, 2, 1.5]))
    return s


def test_paths_of_a_device_are_the_cpus(scene):
    here, there = (rw.PathSolver()(scene, max_depth=3, samples_per_src=100_000, device=device) for device in ("cpu", "emulated"))
    assert here.valid.sum() > 5
    np.testing.assert_array_equal(there.a, here.a)
    np.testing.assert_array_equal(there.tau, here.tau)


def test_maps_of_a_device_are_the_cpus(scene):
    options = {"cell_size_m": 5, "method": "monte-carlo", "samples_per_tx": 300_000, "max_depth": 3, "refraction": True}
    here, there = (rw.RadioMapSolver()(scene, device=device, **options) for device in ("cpu", "emulated"))
    lit = here.path_gain > 0
    assert lit.mean() > 0.5
    # the two engines let a few rays pass a border on different sides
    assert np.mean(np.isclose(there.path_gain[lit], here.path_gain[lit], rtol=1e-4)) > 0.95
    assert there.path_gain.sum() == pytest.approx(here.path_gain.sum(), rel=1e-3)
    assert np.array_equal(there.path_gain, rw.RadioMapSolver()(scene, device="emulated", num_threads=1, **options).path_gain)


@pytest.mark.parametrize("words", [{"cell_size_m": 5}, {"terrain": ["ground"], "height_m": 1.5, "cell_size_m": 5}])
def test_maps_that_scatter_are_the_cpus(scene, words):
    rough = copy.deepcopy(scene)
    for material in rough.materials.values():
        material.scattering_coefficient, material.xpd_coefficient, material.scattering_pattern = 0.5, 0.2, "directive(alpha_r=5)"
    options = {"method": "monte-carlo", "samples_per_tx": 300_000, "max_depth": 3, "diffuse_reflection": True} | words
    here, there = (rw.RadioMapSolver()(rough, device=device, **options) for device in ("cpu", "emulated"))
    assert here.path_gain.sum() > 1.01 * rw.RadioMapSolver()(rough, **options | {"diffuse_reflection": False}).path_gain.sum()
    assert there.path_gain.sum() == pytest.approx(here.path_gain.sum(), rel=1e-3)
    error = np.hypot(here.standard_error, there.standard_error)
    assert (error > 0).mean() > 0.3 and np.mean(np.abs(there.path_gain - here.path_gain) <= error) > 0.99
    assert there.standard_error.sum() == pytest.approx(here.standard_error.sum(), rel=1e-2)


def test_results_keep_the_device(scene):
    found = rw.PathSolver()(scene, samples_per_src=20_000, device="emulated")
    for other in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        np.testing.assert_array_equal(other.a, found.a)


def test_a_device_that_is_not_there_is_said(scene):
    with pytest.raises(rw.Error, match="did you mean 'cuda'"):
        rw.PathSolver()(scene, device="cudda")
    with pytest.raises(rw.Error, match="device takes a word"):
        rw.PathSolver()(scene, device=0)
    own = copy.deepcopy(scene)
    own.materials["concrete"].scattering_coefficient = 0.3
    own.materials["concrete"].scattering_pattern = rw.materials.Lobe("all_over", lambda u_i, u_o: np.ones(len(u_o)))
    with pytest.raises(rw.Error, match="device emulated has no monte-carlo maps with a lobe of one's own: use device cpu"):
        rw.RadioMapSolver()(own, method="monte-carlo", diffuse_reflection=True, device="emulated")
    try:
        rw.PathSolver()(scene, samples_per_src=10_000, device="cuda")
    except rw.Error as error:
        assert str(error).startswith("device cuda: ") and "device cpu is always there" in str(error)
