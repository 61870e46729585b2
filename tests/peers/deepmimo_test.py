# SPDX-License-Identifier: Apache-2.0
"""Against DeepMIMO 4: channels that it computes from an exported scenario are those of cfr.

It computes them in single precision: amplitude, phase, and the responses of both arrays are off by a few 2^-24 each, and evenly spaced subcarriers
are a running product, off by 2^-24 more at each. Eight subcarriers over the band stay within 8 + 8 of them: 1e-6 of the sum of a link's
amplitudes."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

PYTHON = os.environ.get("RAYWAVE_DEEPMIMO_PYTHON", "")
pytestmark = pytest.mark.skipif(not os.access(PYTHON, os.X_OK), reason="DeepMIMO is not installed: ./dev test --peers installs it")
ROOT = pathlib.Path(__file__).resolve().parents[2]
SUBCARRIERS, BANDWIDTH = 64, 20e6
SELECTED = range(0, SUBCARRIERS, 8)
FREQUENCIES = np.array(SELECTED) * BANDWIDTH / SUBCARRIERS


def run_peer(folder, name, antennas, num_paths=100000):
    """DeepMIMO's channels [rx point, rx port, tx port, subcarrier] of each transmitter point, and what it loaded."""
    ofdm = {"subcarriers": SUBCARRIERS, "selected_subcarriers": list(SELECTED), "bandwidth": BANDWIDTH, "rx_filter": 0}
    case = {"scenario": name, "load": {"max_paths": num_paths},
            "channel": [{"bs_antenna": bs, "ue_antenna": ue, "freq_domain": 1, "num_paths": num_paths, "ofdm": ofdm} for bs, ue in antennas]}
    output = folder / "channels.npz"
    script = pathlib.Path(__file__).with_name("deepmimo_channels.py")
    result = subprocess.run([PYTHON, str(script), str(output)], input=json.dumps(case), capture_output=True, text=True, timeout=600, cwd=folder)
    assert result.returncode == 0, result.stderr[-3000:]
    return dict(np.load(output))


def canyon(rw, tx_array, rx_array, **turned):
    scene = rw.load_scene(ROOT / "scenes/street_canyon/street_canyon.xml", frequency_hz=28e9)
    scene.add(rw.Transmitter("tx", [-30, 0, 10], array=tx_array, **turned))
    scene.add(rw.Transmitter("näch/ster", [-20, 3, 8], array=tx_array, orientation_rad=[0.2, 0, 0]))
    scene.add(rw.Receiver("rx", [30, 0, 1.5], array=rx_array))
    scene.add(rw.Receiver("in the dark", [0, 0, -40], array=rx_array))
    scene.add(rw.Receiver("near", [10, 2, 1.5], array=rx_array))
    return scene


def grid_order(shape):
    """The place among ours (column by column from the top) of DeepMIMO's elements (y fastest, then z, from below)."""
    columns, rows = shape
    return [y * rows + (rows - 1 - z) for z in range(rows) for y in range(columns)]


def assert_same(theirs, ours, amplitudes, label):
    """theirs, ours [..., subcarrier]; amplitudes: sums of |a| of the same shape without the subcarriers."""
    error = (np.abs(theirs - ours) / np.maximum(amplitudes, 1e-300)[..., None])[amplitudes > 0].max()
    print(f"{label}: largest difference {error:.2e} of the sum of amplitudes, {np.abs(theirs - ours).max() / np.abs(ours).max():.2e} of the largest")
    assert error < 1e-6
    assert (theirs[amplitudes == 0] == 0).all()


@pytest.mark.parametrize("slants", [(0, 0), (1, 0)])
def test_single_ports_and_polarisations(tmp_path, slants):
    import raywave as rw
    scene = canyon(rw, rw.PlanarArray(polarization="VH", pattern="tr38901"), rw.PlanarArray(), look_at=[20, 0, 1.5])
    paths = rw.PathSolver()(scene, max_depth=4, diffraction=True, refraction=True)
    exported = rw.formats.save_deepmimo(tmp_path / "deepmimo_scenarios/canyon", scene, paths, tx_slant=slants[0], rx_slant=slants[1])
    single = {"shape": [1, 1], "spacing": 0.5}
    loaded = run_peer(tmp_path, exported.folder.name, [(single, single)])
    ours = paths.cfr(list(FREQUENCIES), normalize_delays=False)
    for t in range(2):
        theirs = loaded[f"channel_{t}"] * np.sqrt(SUBCARRIERS)
        assert_same(theirs[:, 0, 0], ours[:, slants[1], t, slants[0], 0], np.abs(paths.a[:, slants[1], t, slants[0]]).sum(axis=-1), f"transmitter {t}")
    valid = np.isfinite(loaded["delay_0"])
    # a path that carries nothing in this polarisation is none
    assert valid.sum(axis=1).tolist() == (np.abs(paths.a[:, slants[1], 0, slants[0]]) > 0).sum(axis=-1).tolist()
    assert valid.sum() > 20
    words = {1: "1", 4: "4", 8: "2"}
    codes = sorted(int("".join(words[k] for k in paths.interactions[:, r, 0, p] if k) or "0") for r in range(3)
                   for p in range(paths.tau.shape[-1]) if abs(paths.a[r, slants[1], 0, slants[0], p]) > 0)
    assert codes == sorted(int(c) for c in loaded["inter_0"][valid])
    assert list(loaded["objects"]) == list(scene.objects) and list(loaded["materials"]) == list(scene.materials)
    assert np.array_equal(loaded["rx_pos_0"], [d.position_m for d in scene.receivers.values()])


def test_arrays_are_rebuilt_from_their_first_element(tmp_path):
    import raywave as rw
    scene = canyon(rw, rw.PlanarArray(num_rows=2, num_cols=3, pattern="tr38901", polarization="cross"), rw.PlanarArray(num_cols=2),
                   orientation_rad=[0.3, -0.2, 0.1])
    paths = rw.PathSolver()(scene, max_depth=3)
    exported = rw.formats.save_deepmimo(tmp_path / "deepmimo_scenarios/arrays", scene, paths, tx_slant=1)
    tx_words = [exported.antennas[name] for name in scene.transmitters]
    rx_words = exported.antennas["rx"]
    assert tx_words[0]["shape"] == [3, 2] and rx_words["shape"] == [2, 1]
    loaded = run_peer(tmp_path, "arrays", [(tx_words[0], rx_words), (tx_words[1], rx_words)])
    ours = paths.cfr(list(FREQUENCIES), normalize_delays=False)
    tx_ports, rx_ports = 6 + np.array(grid_order((3, 2))), grid_order((2, 1))
    for t in range(2):
        theirs = loaded[f"channel_{t}"] * np.sqrt(SUBCARRIERS)
        wanted = ours[:, :, t, :, 0][:, rx_ports][:, :, tx_ports]
        assert_same(theirs, wanted, np.abs(paths.a[:, :, t])[:, rx_ports][:, :, tx_ports].sum(axis=-1), f"transmitter {t}")


def test_exact_arrays_are_points_of_their_own(tmp_path):
    import raywave as rw
    scene = canyon(rw, rw.PlanarArray(num_rows=2), rw.PlanarArray(num_cols=2, polarization="VH"), orientation_rad=[0.3, -0.2, 0.1])
    paths = rw.PathSolver()(scene, max_depth=2, synthetic_array=False)
    rw.formats.save_deepmimo(tmp_path / "deepmimo_scenarios/exact", scene, paths, rx_slant=1)
    single = {"shape": [1, 1], "spacing": 0.5}
    loaded = run_peer(tmp_path, "exact", [(single, single)])
    ours = paths.cfr(list(FREQUENCIES), normalize_delays=False)
    for t in range(2):
        for element in range(2):
            theirs = (loaded[f"channel_{2 * t + element}"] * np.sqrt(SUBCARRIERS)).reshape(3, 2, len(SELECTED))
            wanted = ours[:, 2:, t, element, 0]
            assert_same(theirs, wanted, np.abs(paths.a[:, 2:, t, element]).sum(axis=-1), f"transmitter {t} element {element}")
    apart = loaded["rx_pos_0"].reshape(3, 2, 3)
    assert np.allclose(np.linalg.norm(apart[:, 1] - apart[:, 0], axis=-1), scene.wavelength_m / 2, rtol=1e-12, atol=0)


def test_a_scene_where_nothing_arrives_loads(tmp_path):
    import raywave as rw
    scene = rw.Scene()
    scene.add(rw.Transmitter("tx", [0, 0, 1]))
    scene.add(rw.Receiver("rx", [5, 0, 1]))
    paths = rw.PathSolver()(scene, los=False)
    rw.formats.save_deepmimo(tmp_path / "deepmimo_scenarios/nothing", scene, paths)
    single = {"shape": [1, 1], "spacing": 0.5}
    assert (run_peer(tmp_path, "nothing", [(single, single)])["channel_0"] == 0).all()
