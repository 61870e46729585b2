# SPDX-License-Identifier: Apache-2.0
"""Arrival maps from Python: numpy's sum, derivatives, files, pictures, and what is refused."""
import math

import numpy as np
import pytest

import raywave as rw
from raywave import box, itu_material


def street(frequency_hz=28e9):
    scene = rw.Scene()
    scene.frequency_hz = frequency_hz
    scene.add(itu_material("concrete"))
    scene.add(box("ground", [0, 0, -0.5], [100, 100, 1], "concrete"))
    scene.add(box("house", [0, 13, 6], [40, 10, 12], "concrete"))
    scene.add(rw.Transmitter("tx", position_m=[-12.3, 1.1, 6.2]))
    scene.add(rw.Receiver("rx", position_m=[9.7, -2.4, 1.7]))
    return scene


def numpy_map(paths, aperture, arrivals, coherent):
    """The formula of maps/arrival_map.h in one matrix product."""
    q, wavelength = aperture.positions_m, 299792458.0 / paths.frequency_hz
    a, tau = paths.a[0, 0, 0, 0], paths.tau[0, 0]
    theta, phi = paths.theta_r[0, 0], paths.phi_r[0, 0]
    k = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    az, el = arrivals.azimuth_rad, arrivals.elevation_rad
    look = np.stack([np.cos(el) * np.cos(az), np.cos(el) * np.sin(az), np.sin(el)], axis=-1)
    steer = np.exp(-2j * np.pi / wavelength * (look @ q.T)) / len(q)
    response = steer @ np.exp(2j * np.pi / wavelength * (q @ k.T))
    if coherent:
        return np.abs(response @ (a * np.exp(-2j * np.pi * (paths.frequency_hz * tau % 1)))) ** 2
    return (np.abs(response) ** 2) @ (np.abs(a) ** 2)


@pytest.mark.parametrize("coherent", [False, True])
@pytest.mark.parametrize("aperture", [rw.Aperture.planar(7, 5, 0.005), rw.Aperture.circular(12, 0.02)])
def test_maps_are_numpys_sum(coherent, aperture):
    paths = rw.PathSolver()(street(), max_depth=2)
    arrivals = rw.ArrivalMapSolver()(paths, aperture=aperture, coherent=coherent, azimuths=24, elevations=np.linspace(-1, 1, 9))
    wanted = numpy_map(paths, aperture, arrivals, coherent)
    assert arrivals.gain.shape == (1, 1, 9, 24)
    np.testing.assert_allclose(arrivals.gain[0, 0], wanted, rtol=0, atol=1e-10 * wanted.max())  # phases of 10^4 rad


def test_the_strongest_peak_is_the_direct_path():
    arrivals = rw.ArrivalMapSolver()(street(), antenna=rw.Horn(math.radians(6)), azimuths=360, elevations=181, max_depth=2)
    peak = arrivals.peaks()[0]
    towards = np.array([-12.3, 1.1, 6.2]) - [9.7, -2.4, 1.7]
    assert abs(peak["azimuth_rad"] - math.atan2(towards[1], towards[0])) < math.radians(1)
    assert abs(peak["elevation_rad"] - math.asin(towards[2] / np.linalg.norm(towards))) < math.radians(1)
    spread = arrivals.spread("rx", "tx")
    assert 0 < spread["azimuth_spread_rad"] < 1


@pytest.mark.parametrize("words", [
    dict(aperture=rw.Aperture.planar(4, 3, 0.005)), dict(aperture=rw.Aperture.planar(4, 3, 0.005), coherent=True), dict(antenna=rw.Horn(0.3, 0.2)),
    dict(aperture=rw.Aperture.circular(6, 0.01), coherent=True, near_field=True), dict(antenna=rw.Horn(pattern=rw.PlanarArray(pattern="tr38901"))),
    dict(side="departure", delays_s=[8e-8, 9e-8], bandwidth_hz=1e8)])
def test_gradients_are_those_of_differences(words):
    scene = street(5e9)
    grid = dict(azimuths=[0.4, 2.2, 2.9], elevations=[-0.1, 0.2], max_depth=2, finder="exhaustive")
    names = ["device/tx/position_m", "device/rx/position_m", "material/concrete/relative_permittivity", "frequency_hz"]
    check = rw.gradcheck(rw.ArrivalMapSolver(), scene, names, of="gain", tolerance=2e-4 if words.get("coherent") else 1e-5, **grid, **words)
    assert check, check


def test_jvp_is_the_adjoint_of_vjp():
    arrivals = rw.ArrivalMapSolver()(street(), azimuths=12, elevations=5, max_depth=2)
    weights = np.sin(np.arange(60.0)).reshape(1, 1, 5, 12)
    gradient = arrivals.vjp(weights, wrt=["device/rx/position_m"])["device/rx/position_m"]
    moved = arrivals.jvp({"device/rx/position_m": [0.3, -0.2, 0.1]})
    assert moved.shape == weights.shape
    np.testing.assert_allclose((moved * weights).sum(), gradient @ [0.3, -0.2, 0.1], rtol=1e-9)


def test_files_datasets_and_pictures(tmp_path):
    xarray, matplotlib = pytest.importorskip("xarray"), pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    arrivals = rw.ArrivalMapSolver()(street(), delays_s=[8e-8, 9e-8], bandwidth_hz=1e8, azimuths=36, elevations=19)
    arrivals.save(tmp_path / "arrivals.npz")
    with np.load(tmp_path / "arrivals.npz") as held:
        np.testing.assert_array_equal(held["gain"], arrivals.gain)
        np.testing.assert_array_equal(held["azimuth_rad"], arrivals.azimuth_rad)
        assert list(held["delays_s"]) == [8e-8, 9e-8] and str(held["grid"]) == "angles"
    dataset = arrivals.to_xarray()
    assert isinstance(dataset, xarray.Dataset) and dataset.gain.dims == ("rx", "tx", "delay", "row", "column")
    np.testing.assert_array_equal(dataset.gain, arrivals.gain)
    for view in ("map", "line", "polar"):
        assert arrivals.plot(view=view, delay=1).figure.axes
    sines = rw.ArrivalMapSolver()(arrivals.paths, sines=(8, 10))
    assert np.isnan(sines.azimuth_rad).any() and sines.gain[0, 0, 0, 0] == 0
    assert sines.plot().get_xlabel() == "cos(el) sin(az)"


@pytest.mark.parametrize("words, message", [
    (dict(side="left"), "side must be 'arrival' or 'departure'"),
    (dict(antenna=rw.Horn(-0.1)), "azimuth_width_rad must be in"),
    (dict(aperture=rw.Aperture.planar(2, 2, 0.01), antenna=rw.Horn()), "give one of them"),
    (dict(delays_s=[1e-9]), "bandwidth_hz must be > 0"),
    (dict(elevations=[2.0]), "grid.rows"),
    (dict(sines=(8, 8), azimuths=5), "azimuths would change nothing"), (dict(sines=(8, 8), elevations=[0.1]), "elevations would change nothing"),
    (dict(aperture=3), "aperture takes a rw.Aperture"),
    (dict(rx_port=4), "rx_port must be below the 1 ports of 'rx'")])
def test_what_is_refused(words, message):
    paths = rw.PathSolver()(street(), max_depth=0)
    with pytest.raises(rw.Error, match=message.replace("(", "\\(")):
        rw.ArrivalMapSolver()(paths, **words)
    with pytest.raises(TypeError, match="max_depth"):
        rw.ArrivalMapSolver()(paths, max_depth=3)
    with pytest.raises(rw.Error, match="round: elevation_width_rad would change nothing"):
        rw.Horn(0.2, 0.4, kind="von_mises_fisher")


def _one_path():
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Transmitter("tx", [-40, 0, 0]))
    scene.add(rw.Receiver("rx", [0, 0, 0]))
    return rw.PathSolver()(scene, max_depth=0)


def test_weights_are_those_of_the_sum():
    paths, k = _one_path(), 2 * np.pi * 3e9 / 299792458.0
    places = np.random.default_rng(1).uniform(-0.2, 0.2, (6, 3))
    weights = np.random.default_rng(2).normal(size=6) + 1j * np.random.default_rng(3).normal(size=6)
    found = rw.ArrivalMapSolver()(paths, aperture=rw.Aperture(places, weights=weights), azimuths=[0.3, -2.9], elevations=[0.2])
    w = weights / abs(weights).sum()
    for column, azimuth in enumerate((0.3, -2.9)):
        look = np.array([np.cos(0.2) * np.cos(azimuth), np.cos(0.2) * np.sin(azimuth), np.sin(0.2)])
        response = np.conj(w) @ np.exp(1j * k * places @ (np.array([-1, 0, 0]) - look))
        assert found.gain[0, 0, 0, column] == pytest.approx(abs(response) ** 2 * paths.path_gain[0, 0], rel=1e-9)
    tapered = rw.ArrivalMapSolver()(paths, aperture=rw.Aperture.planar(2, 2, 0.02, weights_y=[1, 0], weights_z=[0, 1j]), azimuths=[0.3], elevations=[0.2])
    assert tapered.gain[0, 0, 0, 0] == pytest.approx(paths.path_gain[0, 0], rel=1e-9)  # one element sees all directions alike


@pytest.mark.parametrize("azimuths", [36, np.linspace(-np.pi, np.pi, 37), np.linspace(np.pi, -np.pi, 37), np.linspace(np.pi, -np.pi, 36, endpoint=False)])
def test_a_seam_is_no_border(azimuths):
    found = rw.ArrivalMapSolver()(_one_path(), antenna=rw.Horn(0.3), azimuths=azimuths, elevations=[0.0])
    assert len(found.peaks("rx", "tx")) == 1
    assert found.spread("rx", "tx")["azimuth_spread_rad"] == pytest.approx(0.1273, abs=2e-4)


def test_what_maps_cannot_be_is_named():
    for words, what in ((dict(azimuths=[[0.1]]), "azimuths takes"), (dict(delays_s=1e-8), "delays_s takes"), (dict(bandwidth_hz=1e6), "would change nothing"),
                        (dict(antenna=lambda: rw.Horn(1e-200)), "width_rad")):
        with pytest.raises(rw.Error, match=what):
            rw.ArrivalMapSolver()(_one_path(), **{k: v() if callable(v) else v for k, v in words.items()})
