# SPDX-License-Identifier: Apache-2.0
"""Reconfigurable surfaces in 3D: closed forms, the mirror's limit, reciprocity, gradients, maps, bad input."""
import pathlib
import re

import numpy as np
import pytest
import raywave as rw

C = 299792458.0


def free(tx=(3, 1, 0.3), rx=(2.5, -1.5, -0.4)):
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.Transmitter("tx", list(tx)))
    scene.add(rw.Receiver("rx", list(rx), array=rw.PlanarArray(polarization="VH")))
    return scene


def amplitudes(panel, scene):
    """A sqrt(cos cos) / (4 pi d d) of each element."""
    places, area = panel.element_positions_m, np.prod(panel.spacing_m)
    out = np.full(len(places), area / (4 * np.pi))
    for end in (scene.get("tx"), scene.get("rx")):
        way = np.array(end.position_m) - places
        d = np.linalg.norm(way, axis=-1)
        out *= np.sqrt(np.maximum(way @ panel.normal / d, 0)) / d
    return out


def test_an_element_reflects_by_its_area_and_angles():
    scene = free()
    panel = rw.Ris("panel", [0.1, 0.2, 0.3], [0.2, 0.1, 0.3], num_rows=1, num_cols=1, spacing_m=(0.04, 0.05), phase_rad=0.7)
    h = rw.RisSolver()(scene, panel, max_depth=0, direct=False).cfr([0.0, 1e7])[0, :, 0, 0]
    assert np.linalg.norm(h[:, 0]) == pytest.approx(amplitudes(panel, scene)[0], rel=1e-12)  # both polarisations of the receiver: all there is
    way = sum(np.linalg.norm(np.array(scene.get(n).position_m) - panel.position_m) for n in ("tx", "rx"))
    assert h[:, 1] / h[:, 0] == pytest.approx(np.exp(-2j * np.pi * 1e7 * way / C), rel=1e-9)
    panel.phase_rad = panel.phase_rad + 0.3
    turned = rw.RisSolver()(scene, panel, max_depth=0, direct=False).cfr([0.0, 1e7])[0, :, 0, 0]
    assert turned == pytest.approx(h * np.exp(0.3j), rel=1e-12)
    behind = rw.Ris("panel", [5, 0, 0], num_rows=2, num_cols=2, spacing_m=0.05)
    assert not rw.RisSolver()(scene, behind, max_depth=0, direct=False).cfr().any()


def off_the_mirror(count):
    """Relative difference of a panel whose amplitudes fall smoothly to 0 at the rim, which leaves the stationary point, and 1 / (k d) of its links."""
    size = count / 56
    scene = free(tx=np.array([1.3, 0.6, 0.2]) * size, rx=np.array([1.2, -0.5, -0.3]) * size)
    panel = rw.Ris("panel", [0, 0, 0], num_rows=count, num_cols=count, spacing_m=scene.wavelength_m / 2)
    y = abs(np.arange(count) - (count - 1) / 2) / (count / 2)
    rim = np.where(y < 0.4, 1, np.cos(np.pi / 1.2 * (y - 0.4)) ** 2)
    panel.amplitude = np.outer(rim, rim)
    h = rw.RisSolver()(scene, panel, max_depth=0, direct=False).cfr()[0, :, 0, 0, 0]
    scene.add(rw.box("wall", center_m=[-0.5, 0, 0], size_m=[1, 50, 50], material="metal"))
    mirror = rw.PathSolver()(scene, max_depth=1, los=False).cfr([0.0], normalize_delays=False)[0, :, 0, 0, 0, 0]
    return np.linalg.norm(h - mirror) / np.linalg.norm(mirror), scene.wavelength_m / (2 * np.pi * 1.4 * size)


def test_phases_of_zero_tend_to_a_mirror():
    """The integral over the panel is the mirror's field times 1 + O(1 / k d) with a factor of order one: below 2 / k d, and falling as it does."""
    (small, bound), (large, less) = off_the_mirror(28), off_the_mirror(44)
    assert small < 2 * bound and large < 2 * less
    assert large / small == pytest.approx(less / bound, rel=0.2)


def test_a_steered_beam_is_the_sum_of_amplitudes():
    scene = free(tx=(6, 3, 0), rx=(5, -4, 0))
    panel = rw.Ris("panel", [0, 0, 0], num_rows=12, num_cols=12, spacing_m=0.05).steer(scene.get("tx"), scene.get("rx"), scene.frequency_hz)
    result = rw.RisSolver()(scene, panel, max_depth=0, direct=False)
    best = amplitudes(panel, scene).sum() ** 2 / 2  # the mean over the receiver's two ports, one of which receives
    assert 10 * np.log10(result.gain[0, 0] / best) == pytest.approx(0, abs=0.1)
    coarse = rw.RisSolver()(scene, panel.copy().steer(scene.get("tx"), scene.get("rx"), 3e9, bits=1), max_depth=0, direct=False).gain[0, 0]
    assert 10 * np.log10(coarse / best) == pytest.approx(20 * np.log10(2 / np.pi), abs=1)  # two phases: sinc(1/2) of the amplitude
    a, tau = result.cir()
    assert abs(a[0, :, 0, 0, 0]) ** 2 == pytest.approx(abs(result.cfr()[0, :, 0, 0, 0]) ** 2, rel=1e-12)
    assert tau[0, 0, 0, 0, 0] * C == pytest.approx(np.hypot(6, 3) + np.hypot(5, 4), rel=1e-12)


def test_it_is_the_same_both_ways():
    scene = free()
    panel = rw.Ris("panel", [0, 0.5, 0], [0.2, 0.1, 0.3], num_rows=3, num_cols=4, spacing_m=0.05, phase_rad=np.arange(12).reshape(3, 4))
    there = rw.RisSolver()(scene, panel, max_depth=0).cfr()[0, :, 0, 0, 0]
    back = rw.Scene()
    back.frequency_hz = 3e9
    back.add(rw.Transmitter("tx", scene.get("rx").position_m, array=rw.PlanarArray(polarization="VH")))
    back.add(rw.Receiver("rx", scene.get("tx").position_m))
    assert rw.RisSolver()(back, panel, max_depth=0).cfr()[0, 0, 0, :, 0] == pytest.approx(there, rel=1e-10)


def room():
    scene = free()
    scene.add(rw.itu_material("concrete", 0.2))
    scene.add(rw.box("floor", center_m=[2, 0, -1.6], size_m=[12, 12, 0.2], material="concrete"))
    scene.add(rw.box("screen", center_m=[2.7, 0, 0.5], size_m=[1.0, 0.1, 1.0], material="metal"))
    return scene


def test_gradients_are_those_of_differences():
    scene = room()
    panel = rw.Ris("panel", [0, 0.2, 0.3], [0.2, 0.1, 0.3], num_rows=2, num_cols=3, spacing_m=0.05, phase_rad=np.arange(6).reshape(2, 3), amplitude=0.8)
    words = dict(panels=[panel, rw.Ris("other", [0, -3, 0], [0.5, 0, 0], num_rows=2, num_cols=1, spacing_m=0.05)], max_depth=1, diffraction=True, finder="exhaustive")
    names = ["ris/panel/phase_rad", "ris/panel/amplitude", "ris/panel/position_m", "ris/panel/orientation_rad", "ris/other/phase_rad", "device/tx/position_m",
             "device/rx/position_m", "frequency_hz", "object/floor/translation_m", "material/concrete/relative_permittivity"]
    check = rw.gradcheck(rw.RisSolver(), scene, names, of="cfr", channel=dict(frequencies_hz=[0.0, 2e7]), **words)
    assert check.passed, check
    result = rw.RisSolver()(scene, **words)
    everything = result.gain_vjp(np.ones((1, 1)))
    assert set(names[:5]) <= set(everything) and "device/panel/position_m" not in everything
    assert everything["ris/panel/phase_rad"] == pytest.approx(result.gain_vjp(np.ones((1, 1)), wrt="ris/panel/phase_rad")["ris/panel/phase_rad"], rel=1e-12)


def test_what_stands_between_counts():
    scene = free()
    panel = rw.Ris("panel", [0, 0, 0], num_rows=4, num_cols=4, spacing_m=0.05)
    assert rw.RisSolver()(scene, panel, max_depth=0, direct=False).gain[0, 0] > 0
    scene.add(rw.box("screen", center_m=[1.5, 0.5, 0], size_m=[0.1, 1.0, 3.0], material="metal"))
    assert rw.RisSolver()(scene, panel, max_depth=0, direct=False).gain[0, 0] == 0
    assert rw.RisSolver()(scene, panel, max_depth=0).gain[0, 0] > 0


def test_maps_add_up_what_paths_do():
    scene = room()
    plane = dict(center_m=[2.75, -2, 0.2], size_m=[1.5, 1], cell_size_m=0.5, max_depth=1)  # cells that no shadow's boundary cuts
    scene.add(rw.box("ground", center_m=[0, 0, -2], size_m=[30, 30, 1], material="concrete"))  # waves from below and from ahead add as vectors
    bare = rw.RadioMapSolver()(scene, coherent=True, **plane)
    assert rw.RisMapSolver()(scene, **plane).path_gain == pytest.approx(bare.path_gain, rel=1e-9)
    scene.get("tx").array = rw.PlanarArray(num_cols=2)
    scene.get("tx").precoding = [0.6, 0.8j]
    panel = rw.Ris("panel", [0, 0.2, 0.3], num_rows=3, num_cols=3, spacing_m=0.05)
    found = rw.RisMapSolver()(scene, panel, **plane)
    row, column = 1, 2
    scene.remove("rx")
    for i, turned in enumerate(([0.1, 0.2, 0], [0.1, 0.2 + np.pi / 2, 0], [0.1, 0, np.pi / 2])):  # z, x and y of a frame that is turned
        scene.add(rw.Receiver(f"rx{i}", found.cell_centers[row, column].tolist(), turned, array=rw.PlanarArray(pattern="dipole")))
    h = rw.RisSolver()(scene, panel, max_depth=1).cfr()[:, 0, 0, :, 0]
    assert found.path_gain[0, row, column] == pytest.approx((abs(h @ [0.6, 0.8j]) ** 2).sum() / 1.5, rel=1e-9)
    check = rw.gradcheck(rw.RisMapSolver(), scene, ["ris/panel/phase_rad", "ris/panel/position_m", "device/tx/position_m"], of="path_gain", panels=panel, **plane)
    assert check.passed, check


def test_phases_are_found_by_fit():
    scene = free(tx=(6, 3, 0), rx=(5, -4, 0))
    panel = rw.Ris("panel", [0, 0, 0], num_rows=4, num_cols=4, spacing_m=0.05, phase_rad=np.random.default_rng(1).uniform(0, 6, (4, 4)))

    def loss(result, names):
        gain = result.gain
        return float(-10 * np.log10(gain[0, 0])), result.gain_vjp(-10 / np.log(10) / gain, wrt=names)

    fit = rw.fit(scene, ["ris/panel/phase_rad"], loss, solver=rw.RisSolver(), method="lbfgs", steps=60, panels=panel, max_depth=0, direct=False)
    assert -fit.loss == pytest.approx(10 * np.log10(amplitudes(panel, scene).sum() ** 2 / 2), abs=0.1)
    panel.phase_rad = fit.values["ris/panel/phase_rad"]
    assert rw.RisSolver()(scene, panel, max_depth=0, direct=False).gain[0, 0] == pytest.approx(10 ** (-fit.loss / 10), rel=1e-9)


@pytest.mark.parametrize("words, message", [
    (dict(num_rows=0), "num_rows and num_cols"), (dict(spacing_m=-1), "spacing_m"), (dict(spacing_m=[1, 2, 3]), "spacing_m"), (dict(phase_rad=[1, 2, 3]), "shape"),
    (dict(phase_rad=np.nan), "finite"), (dict(amplitude=1.5), "amplitude"), (dict(name="a/b"), "name"), (dict(position_m=[0, np.inf, 0]), "finite")])
def test_bad_panels_say_why(words, message):
    with pytest.raises(rw.Error, match=message):
        rw.Ris(**{**dict(name="panel", position_m=[0, 0, 0], num_rows=2, num_cols=2, spacing_m=0.05), **words})


def test_bad_questions_say_why():
    scene, panel = free(), rw.Ris("panel", [0, 0, 0], num_rows=2, num_cols=2, spacing_m=0.05)
    result = rw.RisSolver()(scene, panel, max_depth=0)
    with pytest.raises(rw.Error, match="those of panels: ris/panel/phase_rad"):
        result.gain_vjp(np.ones((1, 1)), wrt="ris/panel/phases")
    with pytest.raises(rw.Error, match="device/tx/position_m"):
        result.gain_vjp(np.ones((1, 1)), wrt="device/tx/positoin_m")
    with pytest.raises(rw.Error, match="shape"):
        result.cfr_vjp([0.0], np.ones((1, 1)))
    with pytest.raises(rw.Error, match="two panels"):
        rw.RisSolver()(scene, [panel, panel])
    with pytest.raises(rw.Error, match="takes rw.Ris"):
        rw.RisSolver()(scene, [scene])
    with pytest.raises(rw.Error, match="ris/panel/phase_rad"):
        rw.fit(scene, ["ris/panel/phas"], lambda result, names: (0.0, {}), solver=rw.RisSolver(), panels=panel)
    with pytest.raises(TypeError, match="exact"):
        rw.RisSolver()(scene, panel, synthetic_array=True)


def test_the_page_runs():
    page = pathlib.Path(__file__).resolve().parents[2] / "docs/ris.md"
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.S):
        exec(block, {})


def test_what_panels_cannot_be_is_named():
    scene, panel = free(), rw.Ris("panel", [0, 0, 0], num_rows=2, num_cols=2, spacing_m=0.05)
    for call, what in ((lambda: panel.steer([1, 0, 0], [1, 1, 0], 3e9, bits=-1), "bits must be"), (lambda: rw.Ris("p", [0, 0, 0], num_rows=1, num_cols=1, spacing_m="a"), "spacing_m"),
                       (lambda: setattr(panel, "phase_rad", 1j), "phase_rad"), (lambda: rw.RisSolver()(scene, None), "panels takes"),
                       (lambda: rw.RisSolver()(scene, [], direct=False), "nothing is left"),
                       (lambda: rw.RisMapSolver()(scene, panel, center_m=[2, 1, 0], size_m=1, max_depth=0).vjp(np.ones((1, 1, 1)), wrt="device/ cell0z/position_m"), "no devices")):
        with pytest.raises(rw.Error, match=what):
            call()
    assert rw.gradcheck(rw.RisSolver(), scene, ["ris/panel/amplitude"], of="gain", panels=panel, max_depth=0).passed  # at 1, its bound
