# SPDX-License-Identifier: Apache-2.0
"""raywave calibrate: the example's walls, its page and files, the calibrated scene, bad runs."""
import json
import re
import subprocess

import numpy as np
import pytest

rw = pytest.importorskip("raywave")
pytest.importorskip("scipy")


@pytest.fixture
def folder(root, tmp_path):
    (tmp_path / "calibrate.toml").write_text((root / "examples/calibrate.toml").read_text().replace("../scenes", str(root / "scenes")))
    (tmp_path / "calibrate_measured.csv").write_text((root / "examples/calibrate_measured.csv").read_text())
    return tmp_path


def calibrate(raywave_bin, folder, *arguments):
    return subprocess.run([raywave_bin, "calibrate", "calibrate.toml", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=300)


def test_the_example_finds_its_walls(raywave_bin, folder):
    done = calibrate(raywave_bin, folder, "--page", "page.html", "--output", "found.json", "--scene", "calibrated")
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "found.json").read_text())
    brick = next(p for p in found["parameters"] if "brick" in p["name"])
    assert brick["told"] and abs(brick["value"] - 0.7) < 3 * brick["deviation"] < 0.3
    offsets = {o["name"]: o for o in found["sets"][0]["offsets"]}
    for name, right in (("west", 1.4), ("east", -3.2)):
        assert abs(offsets[name]["value"] - right) < 3 * offsets[name]["deviation"]
    figures = found["sets"][0]["figures"]
    assert figures["after"]["held_out"]["rmse"] < figures["before"]["held_out"]["rmse"] and figures["after"]["used"]["rmse"] == pytest.approx(0.3, abs=0.06)
    assert "no measurement sees" in done.stdout and "+-" in done.stdout
    page = (folder / "page.html").read_text()
    data = json.loads(re.search(r'id="calibration-data">(.*?)</script>', page, re.S)[1])
    assert data["html"].count("<circle") > 300 and "What the data cannot tell" in data["html"]
    scene = rw.load_scene(next((folder / "calibrated").glob("*.xml")), 6e9)
    assert scene.materials["brick"].scattering_coefficient == pytest.approx(brick["value"])


def test_a_panels_amplitude_is_found(raywave_bin, folder):
    panel = rw.Ris("panel", [0.3, 3.0, 1.4], num_rows=1, num_cols=1, spacing_m=0.025, amplitude=0.7)
    scene = rw.load_scene("room", 6e9)
    scene.add(rw.Transmitter("west", [2.1, 2.1, 1.3]))
    places = np.stack([np.linspace(2, 5, 8), np.linspace(4.5, 3, 8), np.full(8, 1.2)], axis=1)
    for k, place in enumerate(places):
        scene.add(rw.Receiver(f"p{k}", place))
    gain = rw.PathSolver()(scene, panels=panel, max_depth=0, los=False).path_gain[:, 0]
    (folder / "drive.csv").write_text("tx,x_m,y_m,z_m,path_gain_db\n" + "".join(f"west,{x},{y},{z},{10 * np.log10(g)}\n" for (x, y, z), g in zip(places, gain)))
    head = (folder / "calibrate.toml").read_text().split("[[transmitter]]")[0]
    (folder / "calibrate.toml").write_text(head + '''[[transmitter]]
name = "west"
position_m = [2.1, 2.1, 1.3]
[[panel]]
name = "panel"
position_m = [0.3, 3.0, 1.4]
num_rows = 1
num_cols = 1
spacing_m = 0.025
amplitude = 0.3
[paths]
max_depth = 0
los = false
[calibrate]
measurements = "drive.csv"
floor_db = -200
[calibrate.parameters]
"ris/panel/amplitude" = { bounds = [0, 1] }
''')
    done = calibrate(raywave_bin, folder, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["values"]["ris/panel/amplitude"] == [[pytest.approx(0.7, abs=1e-4)]]


def test_values_as_arrays_and_as_json(raywave_bin, folder):
    done = calibrate(raywave_bin, folder, "--output", "found.npz", "--json")
    assert done.returncode == 0, done.stderr
    with np.load(folder / "found.npz") as held:
        assert held["measured"].shape == held["after"].shape == (len(json.loads(done.stdout)["course"]) and held["before"].shape[0],)


@pytest.mark.parametrize("old, new, words", [
    ("[calibrate]\n", "[calibrat]\n", "measurements is missing"), ("offsets =", "ofsets =", "unknown key 'ofsets', did you mean 'offsets'"),
    ('"calibrate_measured.csv"', '"none.csv"', "none.csv' is not there"), ("held_out = 0.2", "held_out = 2.0", "held_out is a share"),
    ("sigma_db = 0.3", 'sigma_db = "a"', "sigma_db takes a number"), ("scattering_coefficient\" = {", "scattering\" = {", "no parameter 'material/"),
    ('offsets = "tx"', 'offsets = "mast"', "offsets are of tx, rx, run"), ('offsets = "tx"', "offsets = 3", "offsets takes a name"),
    ('name = "west"', 'name = "south"', "transmitter 'west', which the scene does not have"), ("bounds = [0.01, 0.99]", "bounds = [0.99, 0.01]", "lower < upper"),
    ('offsets = "tx"', "seed = -1", "seed takes a whole number >= 0"), ('offsets = "tx"', 'seed = "a"', "seed takes a whole"), ('offsets = "tx"', "seed = 1.5", "seed takes a whole"),
    ('offsets = "tx"', "floor_db = nan", "floor_db must be"), ('offsets = "tx"', "floor_db = 1e4", "floor_db must be"), ('offsets = "tx"', 'floor_db = "a"', "floor_db takes a number"),
    ('offsets = "tx"', "patience = true", "patience must be"), ("sigma_db = 0.3", "sigma_db = true", "sigma_db takes a number"), ('offsets = "tx"', "rate = -1", "rate must be"),
    ('offsets = "tx"', "spread = -1", "spread must be"), ("bounds = [0.01, 0.99]", 'scale = "a"', "scale must be"), ('offsets = "tx"', 'compare = "complex"', "compare: of channels and arrival maps"),
    ('offsets = "tx"', "normalize_delays = 1", "normalize_delays is true or false"), ('offsets = "tx"', 'offsets = ["tx", "tx"]', "offsets name 'tx' twice")])
def test_bad_runs_say_why(raywave_bin, folder, old, new, words):
    text = (folder / "calibrate.toml").read_text()
    assert old in text
    (folder / "calibrate.toml").write_text(text.replace(old, new, 1))
    done = calibrate(raywave_bin, folder)
    assert done.returncode == 3 and re.search(words, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_column_and_resuming_without_a_checkpoint(raywave_bin, folder):
    done = calibrate(raywave_bin, folder, "--resume")
    assert done.returncode == 3 and "--resume needs a checkpoint" in done.stderr
    text = (folder / "calibrate_measured.csv").read_text()
    (folder / "calibrate_measured.csv").write_text(text.replace("rss_dbm\n", "rss_db\n", 1))
    done = calibrate(raywave_bin, folder)
    assert done.returncode == 3 and "unknown column 'rss_db', did you mean 'rss_dbm'" in done.stderr
