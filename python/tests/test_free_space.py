# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import raywave as rw


@pytest.fixture
def scene():
    s = rw.Scene()
    s.frequency_hz = 3.5e9
    s.add(rw.Transmitter("tx", [0, 0, 10]))
    s.add(rw.Receiver("rx", [100, 0, 10]))
    return s


def test_friis(scene):
    paths = rw.PathSolver()(scene)
    assert len(paths) == 1
    assert paths.a.shape == (1, 1, 1, 1, 1) and paths.a.dtype == np.complex128
    expected = 299792458 / 3.5e9 / (4 * np.pi * 100)
    assert abs(paths.a.item()) == pytest.approx(expected, rel=1e-12)  # a few roundings of 1e-16
    assert paths.tau.item() == pytest.approx(100 / 299792458, rel=1e-12)


def test_second_solve_is_warm(scene):
    assert not scene.prepared
    rw.PathSolver()(scene)
    assert scene.prepared


def test_arrays_outlive_their_paths(scene):
    a = rw.PathSolver()(scene).a
    assert not a.flags.owndata and np.isfinite(a).all()


def test_errors_name_the_thing(scene):
    with pytest.raises(TypeError, match="did you mean 'max_depth'"):
        rw.PathSolver()(scene, max_dept=2)
    with pytest.raises(rw.Error, match="diffraction"):
        rw.PathSolver()(scene, diffraction=True)
    with pytest.raises(ValueError, match="frequency_hz"):
        scene.frequency_hz = float("nan")


def test_saved_paths_read_back(scene, tmp_path):
    paths = rw.PathSolver()(scene)
    paths.save(tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz") as saved:
        assert saved["tau_s"][0] == paths.tau.item()
