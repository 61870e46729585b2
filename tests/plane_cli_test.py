# SPDX-License-Identifier: Apache-2.0
"""raywave plane: tables, JSON, maps, and what is wrong with a file."""
import json
import re
import shlex

import numpy as np
import pytest

ROOM = "examples/plane_room.toml"


def test_the_example_in_its_help_works(raywave, root, tmp_path):
    example = re.search(r"Example:\n\s+raywave (.*)", raywave("plane", "--help").stdout)
    (tmp_path / "examples").symlink_to(root / "examples")
    result = raywave(*shlex.split(example[1]), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "access_point" in result.stdout and (tmp_path / "room.npz").exists()


def test_paths_and_map_are_those_of_python(raywave, root, tmp_path):
    rw = pytest.importorskip("raywave")
    result = raywave("plane", root / ROOM, "--max-order", 2, "--json", "-", "--map", tmp_path / "map.npz", "--points", 20)
    assert result.returncode == 0, result.stderr
    paths = json.loads(result.stdout)["paths"]
    scene = rw.Scene2D.load(root / ROOM)
    want = scene.trace(max_order=2)
    assert sorted(p["length_m"] for p in paths) == sorted(want.length_m)
    with np.load(tmp_path / "map.npz") as arrays:
        x, y = np.meshgrid(arrays["x_m"], arrays["y_m"])
        assert (arrays["power"][0] == scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, max_order=2)).all()


def test_pictures_have_rays_devices_and_a_scale(raywave, root, tmp_path):
    result = raywave("plane", root / ROOM, "--max-order", 2, "--points", 40, "--png", tmp_path / "room.png", "--svg", tmp_path / "room.svg")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "room.png").read_bytes()[:4] == b"\x89PNG" and (tmp_path / "room.png").stat().st_size > 10_000
    drawing = (tmp_path / "room.svg").read_text()
    few = tmp_path / "few.svg"
    assert raywave("plane", root / ROOM, "--max-order", 0, "--points", 40, "--svg", few).returncode == 0
    assert drawing.count("<path") > few.read_text().count("<path") > 10  # rays of higher orders
    wrong = raywave("plane", root / ROOM, "--png", tmp_path / "room.jpg")
    assert wrong.returncode == 2 and ".png" in wrong.stderr


def test_a_file_says_how_it_is_traced_and_flags_go_before(raywave, root, tmp_path):
    text = (root / ROOM).read_text()
    (tmp_path / "room.toml").write_text(text + '\n[trace]\nmax_order = 2\nmin_order = 1\ncandidates = "visible"\nmethod = "fermat"\nsmoothed = "sigmoid"\npoints = 7\n')
    (tmp_path / "bare.toml").write_text(text)
    flags = ["--max-order", 2, "--min-order", 1, "--candidates", "visible", "--method", "fermat", "--smoothed", "sigmoid", "--points", 7]

    def told(name, *more):
        result = raywave("plane", tmp_path / name, "--json", "-", "--map", tmp_path / "map.npz", *more)
        assert result.returncode == 0, result.stderr
        with np.load(tmp_path / "map.npz") as arrays:
            return json.loads(result.stdout)["paths"], arrays["power"].tolist()

    assert told("room.toml") == told("bare.toml", *flags) != told("bare.toml")
    paths, power = told("room.toml", "--max-order", 1, "--points", 5)
    assert {len(p["objects"]) for p in paths} == {1} and np.shape(power) == (1, 5, 5)
    rw = pytest.importorskip("raywave")
    assert rw.Scene2D.load(tmp_path / "room.toml").parameters().keys() == rw.Scene2D.load(tmp_path / "bare.toml").parameters().keys()


@pytest.mark.parametrize("text, words", [
    ("[trace]\nmax_ordr = 1\n", "unknown key 'max_ordr' in [trace], did you mean 'max_order'"),
    ("[trace]\npoints = 1\n", "bad.toml:2: points must be in [2, 4096], got 1"),
    ("[trace]\nmethod = 'imge'\n[transmitters]\na = [0, 0]\n", "did you mean 'image'"),
    ("[[objects]]\nname = 'w'\na = [0, 0]\n", "bad.toml:1: 'w' needs b = [x, y]"),
    ("[[objects]]\nname = 'w'\nkind = 'wal'\na = [0, 0]\n", "did you mean 'wall'"),
    ("[[objects]]\nname = 'w'\na = [0, 0]\nb = [0, 0]\n", "object 'w' has zero length"),
    ("r_coeff = 1\n", "unknown key 'r_coeff', did you mean 'r_coef'"),
    ("[receivers]\nrx = [1]\n", "rx must be an array of 2 numbers"),
    ("[receivers]\nrx = [1, 2\n", "bad.toml:"),
])
def test_what_is_wrong_with_a_file_is_said(raywave, tmp_path, text, words):
    (tmp_path / "bad.toml").write_text(text)
    result = raywave("plane", tmp_path / "bad.toml")
    assert result.returncode == 3 and words in result.stderr, result.stderr
