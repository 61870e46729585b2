# SPDX-License-Identifier: Apache-2.0
"""[[panel]] in run files: what raywave paths and raywave map give is Python's; bad tables are named by file and line."""
import json

import numpy as np
import pytest

RUN = """scene = "SCENE"
frequency_hz = 5e9
[[transmitter]]
name = "tx"
position_m = [-30, 3, 6]
[[receiver]]
name = "rx"
position_m = [-10, -2, 1.5]
[[panel]]
name = "wall"
position_m = [-18, 4, 4]
look_at_m = [-18, -4, 3]
num_rows = 2
num_cols = 3
spacing_m = [0.03, 0.025]
steer = { from_m = [-30, 3, 6], to_m = [-10, -2, 1.5] }
amplitude = 0.9
[paths]
max_depth = 1
[map]
max_depth = 0
coherent = true
center_m = [-12, -1, 1.5]
size_m = [4, 4]
cell_size_m = [2, 2]
"""


def run_file(root, folder, *changes):
    text = RUN.replace("SCENE", str(root / "scenes/street_canyon/street_canyon.xml"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "run.toml"
    file.write_text(text)
    return file


def test_the_program_gives_what_python_gives(raywave, root, tmp_path):
    rw = pytest.importorskip("raywave")
    file = run_file(root, tmp_path)
    result = raywave("paths", "--config", file, "--json", tmp_path / "p.json", "--output", tmp_path / "p.npz")
    assert result.returncode == 0, result.stderr
    assert "panel" in (tmp_path / "p.json").read_text()
    scene = rw.load_scene(root / "scenes/street_canyon/street_canyon.xml", frequency_hz=5e9)
    tx, rx = rw.Transmitter("tx", [-30, 3, 6]), rw.Receiver("rx", [-10, -2, 1.5])
    scene.add(tx)
    scene.add(rx)
    panel = rw.Ris("wall", [-18, 4, 4], num_rows=2, num_cols=3, spacing_m=(0.03, 0.025), look_at=[-18, -4, 3], amplitude=0.9).steer(tx, rx, 5e9)
    paths = rw.PathSolver()(scene, max_depth=1, panels=panel)
    held = np.load(tmp_path / "p.npz")
    assert (held["interactions"] == 32).sum() >= 6
    assert held["tau_s"] == pytest.approx(np.array([p["delay_s"] for p in paths]), rel=1e-12)
    assert held["a"] == pytest.approx(np.array([p["a"][0, 0] for p in paths]), rel=1e-9)
    result = raywave("map", "--config", file, "--output", tmp_path / "map.npz", "--json", "-")
    assert result.returncode == 0, result.stderr
    json.loads(result.stdout)
    radio_map = rw.RadioMapSolver()(scene, max_depth=0, coherent=True, center_m=[-12, -1, 1.5], size_m=[4, 4], cell_size_m=[2, 2], panels=panel)
    assert np.load(tmp_path / "map.npz")["path_gain"] == pytest.approx(radio_map.path_gain, rel=1e-9)
    assert raywave("view", "--config", file, "--html", tmp_path / "page.html").returncode == 0


@pytest.mark.parametrize("command, old, new, words", [
    ("paths", "num_rows = 2", "num_row = 2", "unknown key 'num_row'"),
    ("paths", "num_rows = 2", "", "a panel needs num_rows"),
    ("paths", "spacing_m = [0.03, 0.025]", "spacing = 0.03", "unknown key 'spacing'"),
    ("paths", "spacing_m = [0.03, 0.025]", "", "a panel needs spacing_m"),
    ("paths", "spacing_m = [0.03, 0.025]", "spacing_m = 0.0", "must be > 0"),
    ("paths", "amplitude = 0.9", "amplitude = 1.5", "amplitude must be from 0 to 1"),
    ("paths", "amplitude = 0.9", "amplitude = [1, 1]", "must be an array of 6 numbers"),
    ("paths", "position_m = [-18, 4, 4]", "", "a panel needs position_m"),
    ("paths", "amplitude = 0.9", "phase_rad = 0.0", "give phase_rad or steer"),
    ("paths", 'name = "wall"', 'name = "tx"', "tx"),
    ("map", "coherent = true", "coherent = false", "coherent=true"),
    ("map", "coherent = true", 'method = "monte-carlo"', "monte-carlo"),
    ("paths", "amplitude = 0.9", "amplitud = 0.9", "unknown key 'amplitud'"),
])
def test_bad_tables_are_named(raywave, root, tmp_path, command, old, new, words):
    result = raywave(command, "--config", run_file(root, tmp_path, (old, new)))
    assert result.returncode != 0 and words in result.stderr, result.stderr


def test_commands_without_panels_say_so(raywave, root, tmp_path):
    result = raywave("gradcheck", "--config", run_file(root, tmp_path), "--wrt", "frequency_hz")
    assert result.returncode != 0 and "has no panels" in result.stderr
