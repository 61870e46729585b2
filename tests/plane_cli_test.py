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


def test_sampled_candidates_by_flags_by_file_and_by_python(raywave, root, tmp_path):
    model = root / "models/plane_sampler.bin"
    (tmp_path / "model.bin").write_bytes(model.read_bytes())
    text = (root / ROOM).read_text()
    (tmp_path / "room.toml").write_text(text + '\n[trace]\nmax_order = 3\ncandidates = "sampled"\nsampler = "model.bin"\nnum_samples = 2\nseed = 5\n')

    def told(file, *more):
        result = raywave("plane", file, "--json", "-", "--map", tmp_path / "map.npz", "--points", 9, *more)
        assert result.returncode == 0, result.stderr
        with np.load(tmp_path / "map.npz") as arrays:
            return [(p["tx"], p["rx"], p["objects"]) for p in json.loads(result.stdout)["paths"]], arrays["power"].tolist()

    flags = ["--max-order", 3, "--candidates", "sampled", "--sampler", model]
    drawn = told(tmp_path / "room.toml")
    assert drawn == told(root / ROOM, *flags, "--num-samples", 2, "--seed", 5)
    every, many = told(root / ROOM, "--max-order", 3), told(root / ROOM, *flags, "--num-samples", 3000)
    paths = lambda held: {(tx, rx, *by) for tx, rx, by in held[0]}  # noqa: E731
    assert paths(drawn) < paths(many) <= paths(every) and len(paths(many)) > 0.8 * len(paths(every))
    rw = pytest.importorskip("raywave")
    scene, words = rw.Scene2D.load(root / ROOM), dict(max_order=3, candidates="sampled", sampler=rw.PathSampler.load(model), num_samples=2, seed=5)
    found = scene.trace(**words)
    assert sorted((p.tx, p.rx, *p.objects) for p in found) == sorted(paths(drawn))
    from raywave._scene2d_files import trace_options
    from raywave.explore import plane
    held = plane.read(tmp_path / "room.toml")
    assert held["trace"]["sampler"] == str(tmp_path / "model.bin")
    session = plane.PlaneSession(held, tmp_path / "kept.toml", False)
    again = session.scene().trace(**trace_options(session.trace))
    assert (again.length_m == found.length_m).all()
    with np.load(tmp_path / "map.npz") as arrays:
        x, y = np.meshgrid(arrays["x_m"], arrays["y_m"])
    assert np.array_equal(list(scene.accumulate_on_receivers_grid_over_paths(x, y, **words).values()), drawn[1])
    page = plane._map(session.scene(), {**session.trace, "points": 9}, lambda *_: None)  # the live page's, in stretches of rows
    assert np.array_equal(page[2], drawn[1])


@pytest.mark.parametrize("words, code, said", [
    ([], 3, "candidates 'sampled' needs a model: --sampler FILE"), (["--sampler", "models/facet_sampler.bin"], 3, "for scenes in 3 dimensions; this scene has 2"),
    (["--sampler", "none.bin"], 3, "cannot read none.bin"), (["--sampler", "README.md"], 3, "README.md: is no model"),
    (["--sampler", "models/plane_sampler.bin", "--max-order", 9], 3, "a sampled order must be 0 to 8, got 9"),
    (["--sampler", "models/plane_sampler.bin", "--num-samples", 0], 3, "num_samples must be >= 1, got 0"),
    (["--sampler", "models/plane_sampler.bin", "--seed", -1], 2, "--seed")])
def test_what_sampled_candidates_lack_is_said(raywave, words, code, said):
    result = raywave("plane", ROOM, "--candidates", "sampled", *words)
    assert result.returncode == code and said in result.stderr and result.stdout == "", result.stderr


@pytest.mark.parametrize("text, words", [
    ("[trace]\nmax_ordr = 1\n", "unknown key 'max_ordr' in [trace], did you mean 'max_order'"),
    ("[trace]\npoints = 1\n", "bad.toml:2: points must be in [2, 4096], got 1"),
    ("[trace]\nnum_samples = 0\n", "bad.toml:2: num_samples must be in [1,"),
    ("[trace]\ncandidates = 'sampled'\nsampler = 'none.bin'\n[transmitters]\na = [0, 0]\n", "cannot read"),
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
