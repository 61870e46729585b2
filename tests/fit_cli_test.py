# SPDX-License-Identifier: Apache-2.0
"""raywave fit: a device found from a radar's cube, a wall's material from a map, checkpoints, the page, bad input."""
import json
import re
import subprocess

import numpy as np
import pytest

rw = pytest.importorskip("raywave")
pytest.importorskip("scipy")


@pytest.fixture
def folder(root, tmp_path):
    for name in ("fit.toml", "fit_measured.toml"):
        (tmp_path / name).write_text((root / "examples" / name).read_text().replace("../scenes", str(root / "scenes")))
    return tmp_path


def fit(raywave_bin, folder, *arguments):
    return subprocess.run([raywave_bin, "fit", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=300)


def test_a_device_is_found(raywave, raywave_bin, folder):
    assert raywave("radar", folder / "fit_measured.toml", "--output", folder / "cube.npz").returncode == 0
    done = fit(raywave_bin, folder, "fit.toml", "--page", "course.html", "--output", "found.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "found.json").read_text())
    # a fifth of a bin of range (0.39 m of half the way), which two echoes 0.4 m apart bend
    assert found["values"]["device/device/position_m"] == pytest.approx([12.4, 3.1, 1.5], abs=0.08)
    assert [n["name"] for n in found["numbers"]] == ["device/device/position_m[0]", "device/device/position_m[1]"]
    assert len(found["course"]) > 10 and "loss" in done.stdout
    page = (folder / "course.html").read_text()
    data = json.loads(re.search(r'id="course-data">(.*?)</script>', page, re.S)[1])
    frames = json.loads(re.search(r'id="course-frames">(.*?)</script>', page, re.S)[1])
    assert len(data["rows"]) == len(found["course"]) and len(frames) == len(data["steps"]) and data["labels"] == ["device/device/position_m[0]", "device/device/position_m[1]"]
    # the same run file is one of raywave radar's and paths'
    assert raywave("paths", "--config", folder / "fit.toml").returncode == 0


def test_a_map_gives_a_material(raywave, raywave_bin, root, tmp_path):
    head = f'scene = {json.dumps(str(root / "scenes/room/room.xml"))}\nfrequency = "3GHz"\n[[transmitter]]\nname = "tx"\nposition_m = [1, 1, 1.5]\n[map]\ncell_size_m = [0.5, 0.5]\nmax_depth = 1\n'
    scene = rw.load_scene("room")
    name = next(iter(scene.materials))
    (tmp_path / "truth.toml").write_text(head + f'[[material]]\nname = "{name}"\nrelative_permittivity = 4.0\nconductivity_s_per_m = 0.05\n')
    assert raywave("map", "--config", tmp_path / "truth.toml", "--output", tmp_path / "map.npz").returncode == 0
    (tmp_path / "run.toml").write_text(head + f'[[material]]\nname = "{name}"\nrelative_permittivity = 6.5\nconductivity_s_per_m = 0.05\n'
                                       '[fit]\nmeasured = "map.npz"\nmethod = "lm"\nsteps = 20\ncheckpoint = "state.npz"\n[fit.parameters]\n'
                                       f'"material/{name}/relative_permittivity" = {{ bounds = [1, 20] }}\n')
    done = fit(raywave_bin, tmp_path, "run.toml", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["numbers"][0]["value"] == pytest.approx(4.0, abs=1e-4) and found["numbers"][0]["deviation"] > 0
    assert (tmp_path / "state.npz").exists()
    again = fit(raywave_bin, tmp_path, "run.toml", "--json", "--resume")
    assert json.loads(again.stdout)["evaluations"] <= found["evaluations"]
    text = (tmp_path / "run.toml").read_text()
    for old, new, words in (("cell_size_m = [0.5, 0.5]", "cell_size_m = [0.5, 0.5]\nheight_m = 1.2", "cells of the run's map are not those"),
                            ('"3GHz"', '"3.1GHz"', "that of 'map.npz' is 3e"), ('name = "tx"', 'name = "other"', "those of 'map.npz' tx")):
        (tmp_path / "other.toml").write_text(text.replace(old, new, 1))
        done = fit(raywave_bin, tmp_path, "other.toml")
        assert done.returncode == 3 and re.search(words, done.stderr), done.stderr
    for file, words in (("state.npz", "not a checkpoint"), ("map.npz", "holds no arrays")):
        (tmp_path / file).write_bytes(b"no zip")
        done = fit(raywave_bin, tmp_path, "run.toml", "--resume")
        assert done.returncode == 3 and re.search(words, done.stderr), done.stderr


PANEL = """[[panel]]
name = "panel"
position_m = [0.3, 3.0, 1.4]
num_rows = 2
num_cols = 2
spacing_m = 0.05
phase_rad = [0.4, 2.0, 1.0, 3.0]
"""


def panel_run(root, folder, phases, more):
    text = (f'scene = {json.dumps(str(root / "scenes/room/room.xml"))}\nfrequency = "3GHz"\n[[transmitter]]\nname = "tx"\nposition_m = [2, 1, 1.5]\n'
            '[map]\ncenter_m = [3.5, 3, 1.5]\nsize_m = [2, 2]\ncell_size_m = [0.25, 0.25]\nmax_depth = 0\ncoherent = true\n'
            + PANEL.replace("[0.4, 2.0, 1.0, 3.0]", phases) + more)
    file = folder / "run.toml"
    file.write_text(text)
    return file


def test_a_map_gives_a_panels_phases_and_place(raywave, raywave_bin, root, tmp_path):
    assert raywave("map", "--config", panel_run(root, tmp_path, "[0.4, 2.0, 1.0, 3.0]", ""), "--output", tmp_path / "map.npz").returncode == 0
    fitted = ('[fit]\nmeasured = "map.npz"\nmethod = "lm"\nsteps = 30\n[fit.parameters]\n"ris/panel/phase_rad" = {}\n'
              '"ris/panel/position_m" = { components = [1] }\n')
    file = panel_run(root, tmp_path, "[0.3, 2.2, 0.9, 3.1]", fitted)
    file.write_text(file.read_text().replace("[0.3, 3.0, 1.4]", "[0.3, 3.002, 1.4]"))
    done = fit(raywave_bin, tmp_path, "run.toml", "--json", "--page", "course.html")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["values"]["ris/panel/phase_rad"] == [pytest.approx([0.4, 2.0], abs=1e-5), pytest.approx([1.0, 3.0], abs=1e-5)]
    assert found["values"]["ris/panel/position_m"] == pytest.approx([0.3, 3.0, 1.4], abs=1e-6)
    for old, new, words in (("num_rows = 2", "num_row = 2", "bad.toml:[0-9]+: .*unknown key 'num_row'"), ("ris/panel/phase_rad", "ris/panel/phase", "did you mean 'ris/panel/phase_rad'"),
                            ("coherent = true", "coherent = false", "coherent=true"), ('name = "panel"', 'name = "tx"', "tx"),
                            ('name = "panel"', 'name = "other"', "no parameter 'ris/panel/phase_rad', did you mean 'ris/other/phase_rad'")):
        (tmp_path / "bad.toml").write_text(file.read_text().replace(old, new, 1))
        done = fit(raywave_bin, tmp_path, "bad.toml")
        assert done.returncode == 3 and re.search(words, done.stderr) and "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("old, new, words", [
    ("[fit]\n", "[fitt]\n", "measured is missing"), ('loss = "psf"', 'loss = "pfs"', "unknown loss 'pfs', did you mean 'psf'"),
    ("amplitudes =", "amplitude =", "unknown key 'amplitude', did you mean 'amplitudes'"), ('measured = "cube.npz"', 'measured = "none.npz"', "none.npz' is not there"),
    ("device/device/position_m", "device/device/place_m", "no parameter 'device/device/place_m', did you mean"), ('loss = "psf"', 'loss = "map"', "is a cube"),
    ("start_m", "stat_m", "unknown key 'stat_m'"), ('loss = "psf"', 'floor = 1e-9', "word of losses of maps"), ("28GHz", "29GHz", "that of 'cube.npz' is 2.8e"),
    ('frequency = "28GHz"\n', "", "frequency_hz is 3.5e[+]09, that of 'cube.npz'"), ("steps = 20", 'steps = "a"', "steps takes a whole number"),
    ("end_m = 0.1, ", "", "end_m is missing"), ('then = ["hann"]', "then = 3", "then takes a list"), ("[fit]\n", "[fit]\ncheckpoint = 3\n", "checkpoint takes a word"),
    ("[fit]\n", '[fit]\nsigma_m = "a"\n', "sigma_m takes a number")])
def test_bad_runs_say_why(raywave, raywave_bin, folder, old, new, words):
    assert raywave("radar", folder / "fit_measured.toml", "--output", folder / "cube.npz").returncode == 0
    text = (folder / "fit.toml").read_text()
    assert old in text
    (folder / "fit.toml").write_text(text.replace(old, new, 1))
    done = fit(raywave_bin, folder, "fit.toml")
    assert done.returncode == 3 and re.search(words, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
