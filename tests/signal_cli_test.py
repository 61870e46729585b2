# SPDX-License-Identifier: Apache-2.0
"""raywave radar and raywave ofdm: samples as Python gives them, peaks where the echoes are, bad input."""
import numpy as np
import pytest


def edited(root, folder, name, *changes):
    """The example with lines changed, beside its scene."""
    text = (root / "examples" / name).read_text().replace("../scenes", str(root / "scenes"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / name
    file.write_text(text)
    return file


def test_cube_is_pythons(raywave, root, tmp_path):
    rw = pytest.importorskip("raywave")
    file = edited(root, tmp_path, "radar.toml", ("noise_figure_db = 12\n", ""))
    for ending in (".npz", ".h5"):
        output = tmp_path / f"cube{ending}"
        result = raywave("radar", file, "--output", output)
        assert result.returncode == 0, result.stderr
        samples, waveform, frequency = rw.signal.load_cube(output)
        scene = rw.load_scene(root / "scenes/street_canyon/street_canyon.xml", frequency_hz=77e9)
        words = dict(num_rows=1, pattern="iso", polarization="V")
        scene.add(rw.Transmitter("radar_tx", [-30, 0.03, 1.5], array=rw.PlanarArray(num_cols=2, horizontal_spacing=2.0, **words)))
        scene.add(rw.Receiver("radar_rx", [-30, -0.03, 1.5], array=rw.PlanarArray(num_cols=4, **words)))
        paths = rw.PathSolver()(scene, max_depth=1, los=False)
        assert frequency == 77e9 and waveform.num_chirps == 32
        assert abs(samples - paths.samples(waveform)).max() <= 1e-12 * abs(samples).max()
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith("radar_tx")]
    nearest = paths.tau[0, 0][abs(paths.a[0, 0, 0, 0]).argmax()] * 1e9
    assert abs(float(rows[0][2]) - nearest) < 1e9 / waveform.bandwidth_hz


def test_noise_is_drawn_by_seed(raywave, root, tmp_path):
    cubes = []
    for seed in (1, 1, 2):
        output = tmp_path / "cube.npz"
        assert raywave("radar", root / "examples/radar.toml", "--output", output, "--seed", seed, cwd=root).returncode == 0
        cubes.append(np.load(output)["samples"])
    assert (cubes[0] == cubes[1]).all() and (cubes[0] != cubes[2]).any()


def test_grid(raywave, root, tmp_path):
    result = raywave("ofdm", root / "examples/ofdm.toml", "--output", tmp_path / "grid.npz", cwd=root)
    assert result.returncode == 0, result.stderr
    assert np.load(tmp_path / "grid.npz")["samples"].shape == (1, 1, 1, 1, 1, 14, 288)


@pytest.mark.parametrize("name, old, new, words", [
    ("radar.toml", "slope_hz_per_s = 15e12", "slope_hz_per_s = 0", "slope_hz_per_s must not be 0"),
    ("radar.toml", "chirp_period_s = 30e-6", "chirp_period_s = 3e-6", "chirp_period_s must be at least"),
    ("radar.toml", "num_chirps", "num_chrips", "unknown key 'num_chrips' in [radar], did you mean 'num_chirps'?"),
    ("radar.toml", "[radar]", "[ofdm]", "no table [radar]"),
    ("ofdm.toml", '"mu1"', '"mu9"', "ofdm.toml:18: [ofdm] unknown numerology 'mu9'"),
    ("ofdm.toml", "num_resource_blocks = 24", "", "ofdm.toml:18: [ofdm] num_resource_blocks must be >= 1"),
    ("radar.toml", "[radar]", "[radar]\nrange_bins = 10", "radar.toml: [radar] range_bins must be >= 256"),
    ("radar.toml", "[radar]", "[radar]\nnum_frames = 2\nframe_period_s = 1e-6", "radar.toml: [radar] frame_period_s must be at least"),
    ("radar.toml", "[radar]", "[radar]\nfirst_frequency_offset_hz = -77e9", "radar.toml: [radar] the waveform reaches down to 0 Hz"),
])
def test_bad_runs_are_named(raywave, root, tmp_path, name, old, new, words):
    result = raywave(name.split(".")[0], edited(root, tmp_path, name, (old, new)))
    assert result.returncode == 3 and words in result.stderr, result.stderr


def test_what_is_ambiguous_is_said(raywave, root, tmp_path):
    result = raywave("radar", edited(root, tmp_path, "radar.toml", ("slope_hz_per_s = 15e12", "slope_hz_per_s = 600e12")))
    assert result.returncode == 0 and "beyond the unambiguous" in result.stderr


def test_wall_is_found_from_every_start(root, tmp_path):
    pytest.importorskip("scipy")
    import importlib.util
    spec = importlib.util.spec_from_file_location("radar_wall", root / "examples/radar_wall.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    found = example.main(tmp_path, 6)
    annealed, _, samples = (abs(np.array(rows)) for rows in found.values())
    assert (annealed < [5e-3, np.radians(0.1)]).all()
    assert not (samples < [5e-3, np.radians(0.1)]).all(axis=1).any()
    assert (tmp_path / "radar_wall.html").exists()
