# SPDX-License-Identifier: Apache-2.0
"""Transmitters chosen among candidates, objectives as losses, codebooks of arrays and of panels."""
import itertools
import re

import numpy as np
import pytest
import raywave as rw
from raywave import inverse, signal

MAP = dict(center_m=[0, 0, 1.5], size_m=[40, 20], cell_size_m=4.0, max_depth=0)


def hall():
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.box("wall", center_m=[0, 0, 2], size_m=[0.2, 14, 4], material="metal"))
    return scene


def candidates():
    return [rw.Transmitter(f"c{i}", [x, y, 2.5], power_dbm=0.0) for i, (x, y) in enumerate(itertools.product((-15, -5, 5, 15), (-6, 6)))]


@pytest.mark.parametrize("objective", [inverse.Coverage(-62.0), inverse.SumRate()])
def test_the_choice_is_the_best_of_all_sets(objective):
    placed = inverse.place_transmitters(hall(), candidates(), objective, count=2, **MAP)

    def value(names):
        scene = hall()
        for device in candidates():
            if device.name in names:
                scene.add(device)
        found = rw.RadioMapSolver()(scene, **MAP)
        return objective.share(found.rss, inverse.placement.BOLTZMANN_J_PER_K * scene.temperature_k * scene.bandwidth_hz)

    best = max(value(pair) for pair in itertools.combinations([c.name for c in candidates()], 2))
    assert placed.value == pytest.approx(value(placed.names), rel=1e-9) == pytest.approx(best, rel=1e-9)
    assert sorted(placed.scene.transmitters) == sorted(placed.names) and [len(names) for names, _ in placed.course] == [1, 2]


def test_the_rate_is_the_maps():
    scene = hall()
    for device in candidates()[:3]:
        scene.add(device)
    found = rw.RadioMapSolver()(scene, **MAP)
    noise = inverse.placement.BOLTZMANN_J_PER_K * scene.temperature_k * scene.bandwidth_hz
    assert inverse.SumRate().share(found.rss, noise) == pytest.approx(-inverse.SumRate()(found)[0], rel=1e-9)
    soft, _ = inverse.Coverage(-62.0, width_db=1e-3)(found)
    assert 1 - soft == pytest.approx(inverse.Coverage(-62.0).share(found.rss), abs=1e-6)


def test_the_fewest_that_reach_a_target():
    goal = inverse.Coverage(-62.0)
    all_of_them = inverse.place_transmitters(hall(), candidates(), goal, count=8, **MAP)
    few = inverse.place_transmitters(hall(), candidates(), goal, target=0.9 * all_of_them.value, **MAP)
    assert few.value >= 0.9 * all_of_them.value and all(value < 0.9 * all_of_them.value for _, value in few.course[:-1])
    with pytest.raises(rw.Error, match="reaches 1.5: the best is"):
        inverse.place_transmitters(hall(), candidates(), goal, target=1.5, **MAP)


@pytest.mark.parametrize("loss", [inverse.Coverage(-62.0, width_db=4.0), inverse.SumRate()])
def test_losses_have_the_slopes_of_differences(loss):
    scene = hall()
    for device in candidates()[:2]:
        scene.add(device)
    scene.get("c1").power_dbm = 1.7  # no cell stands between two that are as strong
    names = ["device/c0/position_m", "device/c1/power_dbm"]
    value, gradient = loss(rw.RadioMapSolver()(scene, **MAP), names)
    for name, step in ((names[0], np.array([1e-4, 0, 0])), (names[1], np.array(1e-3))):
        ends = []
        for sign in (1, -1):
            moved = scene.copy()
            moved.set_parameter(name, moved.parameters()[name].value + sign * step)
            ends.append(loss(rw.RadioMapSolver()(moved, **MAP))[0])
        assert (ends[0] - ends[1]) / 2 == pytest.approx((gradient[name] * step).sum(), rel=1e-4)
    fit = rw.fit(scene, {"device/c0/position_m": dict(components=[0, 1], bounds=(-19, 19))}, loss, solver=rw.RadioMapSolver(), steps=4, cap=1.0, **MAP)
    assert fit.loss < value


@pytest.mark.parametrize("words, said", [
    (dict(), "count= or target="), (dict(count=0), "count must be from 1 to 8"), (dict(count=9), "count must be from 1 to 8"),
    (dict(target=np.nan), "target"), (dict(count=1, exchanges=1, cell_size=-1), "cell")])
def test_bad_choices_are_named(words, said):
    with pytest.raises(rw.Error, match=re.escape(said)):
        inverse.place_transmitters(hall(), candidates(), inverse.Coverage(-62.0), **{**{k: v for k, v in MAP.items() if k != "cell_size_m" or "cell_size" not in words}, **words})
    for bad in (dict(threshold_dbm=np.nan), dict(threshold_dbm=-60, width_db=0)):
        with pytest.raises(rw.Error):
            inverse.Coverage(**bad)


def test_a_codebook_of_an_array_holds_its_beams():
    book = signal.dft_codebook(3, 4)
    assert book.shape == (12, 12) and book @ book.conj().T == pytest.approx(np.eye(12), abs=1e-12)
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Transmitter("tx", [0, 0, 0], array=rw.PlanarArray(num_rows=3, num_cols=4)))
    scene.add(rw.Receiver("rx", [300, 0, 0]))
    h = rw.PathSolver()(scene, max_depth=0).cfr([0.0], normalize_delays=False)[0, :, 0, :, 0, 0]
    index, gain = signal.best_beam(h, book)
    assert gain == pytest.approx(signal.beamforming_gain(h), rel=1e-9) and index == 0  # broadside
    for k, towards in enumerate(([260, 150, 0], [299, 0, -120])):  # half a wavelength apart: sin = 1/2 is a beam of four columns
        moved = scene.copy()
        moved.get("rx").position_m = [300 * v / np.linalg.norm(towards) for v in towards]
        h = rw.PathSolver()(moved, max_depth=0).cfr([0.0], normalize_delays=False)[0, :, 0, :, 0, 0]
        fine = signal.best_beam(h, signal.dft_codebook(3, 4, oversampling=8))[1]
        assert 0.97 < fine / signal.beamforming_gain(h) <= 1 + 1e-12
    with pytest.raises(rw.Error, match="codebook has the shape"):
        signal.best_beam(h, book[:, :3])


def test_a_codebook_of_a_panel_without_solving_anew():
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Transmitter("tx", [6, 3, 0]))
    for i, y in enumerate((-4, -1, 2)):
        scene.add(rw.Receiver(f"rx{i}", [5, y, 0.3 * i]))
    panel = rw.Ris("panel", [0, 0, 0], num_rows=6, num_cols=8, spacing_m=0.05, amplitude=0.9)
    book = panel.codebook(scene.get("tx"), [d.position_m for d in scene.receivers.values()], 3e9, bits=2)
    result = rw.RisSolver()(scene, panel, max_depth=0)
    gains = result.gains_of("panel", book)
    assert gains.shape == (3, 3, 1)
    for k, word in enumerate(book):
        own = panel.copy()
        own.phase_rad = word
        assert gains[k] == pytest.approx(rw.RisSolver()(scene, own, max_depth=0).gain, rel=1e-9)
    without = rw.RisSolver()(scene, panel, max_depth=0, direct=False).gains_of("panel", book)[..., 0]
    assert (without.argmax(axis=0) == [0, 1, 2]).all()
    with pytest.raises(rw.Error, match="no panel is named 'wall'"):
        result.gains_of("wall", book)
