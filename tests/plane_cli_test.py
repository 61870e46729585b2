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


@pytest.mark.parametrize("text, words", [
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
