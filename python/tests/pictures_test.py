# SPDX-License-Identifier: Apache-2.0
"""plot(ax=...): what is drawn is what the result holds, on the axes that were given."""
import math
import pathlib

import numpy as np
import pytest
import raywave as rw
from raywave import wave

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def scene():
    scene = rw.load_scene(ROOT / "scenes/street_canyon/street_canyon.xml")
    scene.add(rw.Transmitter("a/b", [-30, 0, 10]))
    scene.add(rw.Transmitter("ö", [-20, 3, 12]))
    scene.add(rw.Receiver("rx", [30, 0, 1.5], array=rw.PlanarArray(num_cols=2)))
    scene.add(rw.Receiver("dark", [0, 40, 1.5]))
    return scene


@pytest.fixture(scope="module")
def paths(scene):
    return rw.PathSolver()(scene, max_depth=2)


def test_paths_from_above_and_in_3d(scene, paths):
    _, ax = plt.subplots()
    assert paths.plot(ax, scene=scene) is ax and ax.get_xlabel() == "x / m"
    lines = next(c for c in ax.collections if type(c).__name__ == "LineCollection")
    drawn = sorted(tuple(map(tuple, s)) for s in lines.get_segments())
    assert drawn == sorted(tuple(map(tuple, p["vertices_m"][:, :2])) for p in paths)
    gains = sorted(10 * np.log10(np.mean(np.abs(p["a"]) ** 2)) for p in paths)
    assert np.allclose(np.sort(lines.get_array()), gains, rtol=1e-12)
    low, high = ax.get_xlim()
    assert low <= -90 and high >= 90  # the scene is in sight
    one = paths.plot(tx="ö", max_paths=1)
    assert len(one.collections[0].get_segments()) == 1
    space = paths.plot(view="3d", scene=scene)
    assert space.name == "3d" and space.get_xlim()[0] <= -90 and space.get_zlim()[1] >= 12
    assert paths.plot(plt.figure().add_subplot(projection="3d"), view="3d").name == "3d"
    space.figure.canvas.draw()
    with pytest.raises(rw.Error, match="axes in 3D"):
        paths.plot(ax, view="3d")
    with pytest.raises(rw.Error, match="no transmitter is named 'c'; there are 2: 'a/b', 'ö'"):
        paths.plot(tx="c")


def test_channels(paths, tmp_path):
    ax = paths.plot_power_delay_profile(tx="a/b", rx="rx", ax=plt.subplots()[1])
    dots = ax.collections[1].get_offsets()
    mine = [p for p in paths if (p["tx"], p["rx"]) == ("a/b", "rx")]
    assert np.allclose(sorted(dots[:, 0]), sorted(p["delay_s"] * 1e9 for p in mine), rtol=1e-12)
    cir = paths.plot_cir(tx="ö", rx="rx", rx_ant=1)
    a = np.array([p["a"][1, 0] for p in paths if (p["tx"], p["rx"]) == ("ö", "rx")])
    assert np.allclose(np.sort(cir.collections[1].get_offsets()[:, 1]), np.sort(20 * np.log10(np.abs(a))), rtol=1e-12)
    paths.plot_power_delay_profile(tmp_path / "p.png", "a/b", "rx")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert len(paths.plot_cir(tx="ö", rx="dark").collections[1].get_offsets()) == len(paths.plot_power_delay_profile(tx="ö", rx="dark").collections[1].get_offsets()) == 0
    with pytest.raises(rw.Error, match="give the transmitter's name; there are 2"):
        paths.plot_cir(rx="rx")
    with pytest.raises(rw.Error, match="tx_ant must be in 0 to 0, got 1"):
        paths.plot_cir(tx="ö", rx="rx", tx_ant=1)
    with pytest.raises(rw.Error, match="a file or ax, not both"):
        paths.plot_power_delay_profile(tmp_path / "p.png", "a/b", "rx", ax=ax)


def test_no_paths_have_a_picture():
    scene = rw.Scene()
    scene.add(rw.Transmitter("tx", [0, 0, 0]))
    scene.add(rw.Receiver("rx", [5, 0, 0]))
    paths = rw.PathSolver()(scene, los=False)
    for ax in (paths.plot(), paths.plot(view="3d"), paths.plot_cir(), paths.plot_power_delay_profile(), scene.plot(), scene.plot(view="plan", paths=paths)):
        ax.figure.canvas.draw()


def test_maps(scene, tmp_path):
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=(10, 8), max_depth=1)
    scales = {"path_gain": 1, "rss": 1e3, "sinr": 1}
    for metric, scale in scales.items():
        for tx, values in ((None, getattr(radio_map, metric).max(axis=0)), ("ö", getattr(radio_map, metric)[1])):
            shown = radio_map.plot(ax=plt.subplots()[1], metric=metric, tx=tx).collections[0].get_array()
            assert np.array_equal(np.ma.getmaskarray(shown), values == 0)
            assert np.allclose(shown.compressed(), 10 * np.log10(values[values > 0] * scale), rtol=1e-12)
    best = radio_map.plot(metric="association")
    assert np.array_equal(best.collections[0].get_array().filled(-1), radio_map.tx_association())
    radio_map.plot(tmp_path / "m.svg", metric="rss", tx="ö")
    assert (tmp_path / "m.svg").stat().st_size
    x = radio_map.cell_centers[0, :, 0]
    assert best.get_xlim() == (x[0] - 5, x[-1] + 5)
    with pytest.raises(rw.Error, match="unknown metric 'gain'"):
        radio_map.plot(metric="gain")
    name = next(n for n in scene.objects if n != "ground")
    mesh = rw.RadioMapSolver()(scene, measurement_surface=[name], max_depth=0)
    ax = mesh.plot()
    assert ax.name == "3d" and len(ax.collections[0].get_array()) == len(scene.objects[name].triangles)
    ax.figure.canvas.draw()
    one = rw.RadioMapSolver()(scene, center_m=[0, 0, 2], size_m=[1, 1], cell_size_m=(1, 1), max_depth=0).plot()
    one.figure.canvas.draw()


def test_wave_fields():
    scene = wave.Scene(grid=wave.Grid(64, spacing_m=0.02), frequency_hz=5.8e9, z_end_m=0.5,
                       sources=[wave.GaussianBeam(waist_m=0.2), wave.GaussianBeam(waist_m=0.3)])
    field = wave.simulate(scene, planes=3)
    one = field.plot(ax=plt.subplots()[1], source=1).collections[0].get_array()
    axes = field.plot(ax=plt.subplots()[1])
    sides = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
    assert axes.get_aspect() == (1.0 if max(sides) < 6 * min(sides) else "auto")  # a metre is a metre along both axes
    assert np.allclose(one, 20 * np.log10(np.abs(field.field[:, 1].T)), rtol=1e-12)
    both = field.plot(source=-1).collections[0].get_array()
    assert np.allclose(both, 10 * np.log10((np.abs(field.field) ** 2).sum(axis=1).T), rtol=1e-9)
    assert np.array_equal(field.plot(phase=True).collections[0].get_array(), np.angle(field.field[:, 0].T))
    with pytest.raises(rw.Error, match="no phase"):
        field.plot(source=-1, phase=True)
    volume = wave.Scene(grid=wave.Grid(16, spacing_m=0.05, num_x=8), frequency_hz=1e9, z_end_m=0.5, sources=[wave.GaussianBeam(waist_m=0.2)])
    with pytest.warns(UserWarning):
        result = wave.simulate(volume)
    middle = int(np.argmin(np.abs(result.x_m)))
    assert np.allclose(result.plot().collections[0].get_array(), 20 * np.log10(np.abs(result.field[:, 0, middle].T)), rtol=1e-12)


def test_antenna_patterns_are_what_the_solver_takes():
    """Closed forms: TR 38.901 table 7.3-1 and the short dipole 1.5 sin^2 theta; slants of model 2 turn the field."""
    theta, phi = np.meshgrid(np.linspace(0.1, 3, 7), np.linspace(-3, 3, 9), indexing="ij")
    dipole = rw.PlanarArray(pattern="dipole").field(theta, phi)
    assert dipole.shape == (7, 9, 1, 2)
    assert np.allclose(np.abs(dipole[..., 0, 0]) ** 2, 1.5 * np.sin(theta) ** 2, rtol=1e-9) and np.abs(dipole[..., 1]).max() < 1e-9
    sector = (np.abs(rw.PlanarArray(pattern="tr38901").field(theta, phi)[..., 0, :]) ** 2).sum(axis=-1)
    upright, around = np.minimum(12 * (np.degrees(theta - np.pi / 2) / 65) ** 2, 30), np.minimum(12 * (np.degrees(phi) / 65) ** 2, 30)
    assert np.allclose(10 * np.log10(sector), 8 - np.minimum(upright + around, 30), atol=1e-9)
    cross = rw.PlanarArray(pattern="iso", polarization="cross").field(theta, phi)
    # TR 38.901, eq. (7.3-4) and (7.3-5): F cos zeta, F sin zeta
    assert np.allclose(cross[..., 0, :], [math.sqrt(0.5), -math.sqrt(0.5)], atol=1e-9) and np.allclose(cross[..., 1, :], math.sqrt(0.5), atol=1e-9)
    assert np.allclose(rw.PlanarArray().field([0, 0, math.pi], [0.3, 2, 1])[:, 0], [1, 0], atol=1e-9)  # where directions have no azimuth
    pair = rw.PlanarArray(num_cols=2).field(np.pi / 2, 0.4, frequency_hz=2e9)[:, 0]
    assert np.angle(pair[1] / pair[0]) == pytest.approx(np.pi * np.sin(0.4), rel=1e-12)  # half a wavelength apart
    for cut in ("azimuth", "elevation", "3d"):
        ax = rw.PlanarArray(pattern="tr38901").plot(cut=cut)
        ax.figure.canvas.draw()
    line = rw.PlanarArray(pattern="tr38901").plot(num_angles=5).lines[0]
    assert line.get_ydata().max() == pytest.approx(8, abs=1e-9)
    tx = rw.Transmitter("tx", [1, 2, 3], array=rw.PlanarArray(pattern="hw_dipole"))
    assert tx.plot(plt.figure().add_subplot(projection="polar"), cut="elevation").name == "polar"
    assert tx.array.field(np.zeros((0, 3)), 0).shape == (0, 3, 1, 2)
    with pytest.raises(rw.Error, match="polar axes"):
        tx.plot(plt.subplots()[1])
    with pytest.raises(rw.Error, match="port must be in 0 to 0"):
        tx.plot(port=1)


def test_a_scene_with_its_results(scene, paths):
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=(10, 8), max_depth=0)
    ax = scene.plot(view="plan", paths=paths, radio_map=radio_map)
    kinds = {type(c).__name__ for c in ax.collections}
    assert {"PolyCollection", "QuadMesh", "LineCollection"} <= kinds
    space = scene.plot(paths=paths)
    assert space.get_xlim()[0] <= -90 and space.get_zlim()[1] > 15
    with pytest.raises(rw.Error, match="view='plan'"):
        scene.plot(radio_map=radio_map)
