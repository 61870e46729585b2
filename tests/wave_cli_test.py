# SPDX-License-Identifier: Apache-2.0
"""raywave wave: runs, refusals with file and line, the comparison."""
import json
import re
import subprocess
import sys
import xml.etree.ElementTree

import numpy as np
import pytest

RUN = """frequency = "28GHz"
z_end_m = 0.2
[grid]
num_y = 256
spacing_m = 0.0027
[[source]]
name = "beam"
kind = "gaussian"
waist_m = 0.04
[[object]]
name = "wall"
shape = "rectangle"
center_m = [0, 0.1]
size_m = [0.3, 0.02]
material = "glass"
[output]
planes = 11
points_m = [[0, 0.19]]
"""


def run_file(folder, text=RUN):
    path = folder / "run.toml"
    path.write_text(text)
    return path


def test_run_writes_field_picture_and_json(raywave, tmp_path):
    result = raywave("wave", run_file(tmp_path), "-o", tmp_path / "f.npz", "--png", tmp_path / "f.png", "--json", "-")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    with np.load(tmp_path / "f.npz") as arrays:
        field, z, power = arrays["field"], arrays["z_m"], arrays["power_w_per_m"]
    # the plane in the middle of the wall is left out: no field is known there
    assert field.shape == (10, 1, 256) and 0.1 not in z
    assert "exact slab" in document["choices"][0]
    assert [p["power_w_per_m"]["beam"] for p in document["planes"]] == power[:, 0].tolist()
    assert np.ptp(power[:5]) < 1e-9 * power[0] and power[-1, 0] < power[0, 0]
    assert len(document["points"]) == 1 and document["points"][0]["z_m"] == 0.19
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def test_backends_and_precision_by_flag(raywave, tmp_path):
    fields = []
    for flags in (["--backend", "fft"], ["--backend", "dense"], ["--precision", "float"]):
        assert raywave("wave", run_file(tmp_path), *flags, "-o", tmp_path / "f.npz").returncode == 0
        with np.load(tmp_path / "f.npz") as arrays:
            fields.append(arrays["field"])
    norm = np.linalg.norm(fields[0])
    assert np.linalg.norm(fields[1] - fields[0]) < 1e-12 * norm
    assert 0 < np.linalg.norm(fields[2] - fields[0]) < 1e-6 * len(fields[0]) * norm


@pytest.mark.parametrize("old, new, line, words", [
    ("waist_m", "waste_m", 9, ["unknown key 'waste_m'", "did you mean 'waist_m'"]),
    ("waist_m = 0.04\n", "", 6, ["needs waist_m"]),
    ("center_m = [0, 0.1]\n", "", 10, ["this shape needs center_m"]),
    ("size_m = [0.3", "siz_m = [0.3", 14, ["unknown key 'siz_m'", "did you mean 'size_m'"]),
    ('kind = "gaussian"', 'kind = "gausian"', 8, ["gausian", "did you mean 'gaussian'"]),
    ("planes", "plains", 17, ["unknown key 'plains'", "did you mean 'planes'"]),
    ("spacing_m = 0.0027", "spacing_m = 0", 3, ["grid.spacing_m must be > 0"]),
    ("waist_m = 0.04", "waist_m = -0.04", 6, ["beam", "waist_m must be > 0, got -0.04"]),
    ("size_m = [0.3, 0.02]", "size_m = [-0.3, 0.02]", 10, ["wall", "must be > 0, got -0.3"]),
    ("center_m = [0, 0.1]", "center_m = [9, 0.1]", 10, ["wall", "outside the grid"]),
    ('material = "glass"', 'material = "glas"', 15, ["did you mean 'glass'"]),
    ("z_end_m = 0.2", "z_end_m = 0.2\nstep_m = 0", 3, ["step_m must be > 0"]),
    ('material = "glass"', "perfect_conductor = true\nmaterial = 'glass'", 10, ["not both"]),
    ("center_m = [0, 0.1]\nsize_m = [0.3, 0.02]\nmaterial = \"glass\"", "center_m = [0, 0.01]\nsize_m = [0.3, 0.02]\nperfect_conductor = true", 6,
     ["beam", "inside the conductor 'wall'"]),
    ("z_end_m = 0.2", "z_end_m = ", 2, []),
    ('num_y = 256\nspacing_m = 0.0027\n', 'spacing_m = 1e-9\n', 1, ["more than 4194304"]),
])
def test_bad_runs_are_refused_with_file_and_line(raywave, tmp_path, old, new, line, words):
    assert old in RUN
    path = run_file(tmp_path, RUN.replace(old, new, 1))
    result = raywave("wave", path)
    assert result.returncode == 3 and not result.stdout
    assert f"{path}:{line}: " in result.stderr, result.stderr
    for word in words:
        assert word in result.stderr


def test_the_window_is_chosen_when_it_is_not_given(raywave, tmp_path):
    result = raywave("wave", run_file(tmp_path, RUN.replace("num_y = 256\n", "")), "--json", "-")
    assert result.returncode == 0, result.stderr
    # the wall reaches to 0.15 m, what it diffracts 0.2 tan(30 deg) farther: 196 points
    assert json.loads(result.stdout)["grid"]["num_y"] == 256


VOLUME = """frequency = "28GHz"
z_end_m = 0.1
[grid]
num_y = 32
num_x = 24
spacing_m = 0.004
[[source]]
kind = "point"
distance_m = 0.05
power_w = 1
[[object]]
name = "ball"
shape = "sphere"
center_m = [0, 0.01, 0.04]
radius_m = 0.015
relative_permittivity = 1.2
[output]
planes = 5
points_m = [[0, 0, 0.095]]
"""


def test_a_volume_runs(raywave, tmp_path):
    result = raywave("wave", run_file(tmp_path, VOLUME), "-o", tmp_path / "f.npz", "--png", tmp_path / "f.png", "--json", "-")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["points"][0]["x_m"] == 0 and 0 < document["planes"][-1]["power_w"]["source0"] < 1
    with np.load(tmp_path / "f.npz") as arrays:
        assert arrays["field"].shape == (5, 1, 24, 32)
    path = run_file(tmp_path, VOLUME.replace('"sphere"', '"disc"'))
    result = raywave("wave", path)
    assert result.returncode == 3 and f"{path}:13: " in result.stderr


def test_memory_and_device_are_refused_in_words(raywave, tmp_path):
    result = raywave("wave", run_file(tmp_path), "--memory", "1KiB")
    assert result.returncode == 3 and "the memory limit is" in result.stderr
    assert raywave("wave", run_file(tmp_path), "--memory", "lots").returncode == 3
    assert raywave("wave", run_file(tmp_path), "--device", "gpu").returncode == 2
    assert raywave("wave").returncode == 2
    assert raywave("wave", run_file(tmp_path), "--backend", "ftt").returncode == 3
    path = run_file(tmp_path, RUN.replace("[grid]", 'device = "cudda"\n[grid]', 1))
    assert "'cuda'" in raywave("wave", path).stderr
    dense = raywave("wave", run_file(tmp_path), "--device", "emulated", "--backend", "dense")
    assert dense.returncode == 3 and "device emulated has the backend fft alone, not dense" in dense.stderr
    doctor = raywave("doctor").stdout
    result = raywave("wave", run_file(tmp_path), "--device", "cuda")
    missing = "not built in" in doctor or "no CUDA device" in doctor or "cannot be loaded" in doctor
    assert result.returncode == (3 if missing else 0) and ("device cuda" in result.stderr) == missing


def test_the_devices_march_is_the_cpus(raywave, tmp_path):
    for device in ["cpu", "emulated"]:
        assert raywave("wave", run_file(tmp_path), "--device", device, "-o", tmp_path / f"{device}.npz").returncode == 0
    with np.load(tmp_path / "cpu.npz") as a, np.load(tmp_path / "emulated.npz") as b:
        assert np.linalg.norm(a["field"] - b["field"]) < 1e-12 * np.linalg.norm(a["field"])


def test_comparison_writes_pictures_page_and_numbers(raywave, tmp_path):
    result = raywave("wave", "compare", "--planes", 41, "--png", tmp_path / "c.png", "--svg", tmp_path / "c.svg", "--html", tmp_path / "c.html",
                     "--json", tmp_path / "c.json")
    assert result.returncode == 0, result.stderr
    document = json.loads((tmp_path / "c.json").read_text())
    solvers = {s["solver"]: s for s in document["solvers"]}
    assert set(solvers) == {"fft", "dense", "gaussian_beams", "nufft", "green"}
    assert solvers["dense"]["error_to_fft"] < 1e-12 and solvers["nufft"]["error_to_fft"] < 1e-10
    assert solvers["gaussian_beams"]["error_to_fft"] < 1e-2 and solvers["fft"]["error_to_green"] < 0.2
    # the difference of two marches each side: truncation (1e-3)^4, rounding 1e-13 over the step
    assert document["source_shift"]["tangent_error"] < 1e-9 and document["source_shift"]["sensitivity_error"] < 1e-9
    assert document["source_shift"]["adjoint_error"] < 1e-13
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    xml.etree.ElementTree.fromstring((tmp_path / "c.svg").read_text())
    page = (tmp_path / "c.html").read_text()
    assert "<svg" in page and "<table>" in page and "src=" not in page
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.html", "c.json", "c.png", "c.svg"]


def test_comparison_says_what_a_solver_cannot_do(raywave, tmp_path):
    result = raywave("wave", "compare", run_file(tmp_path), "--png", tmp_path / "c.png")
    assert result.returncode == 0, result.stderr
    assert "green: the reference knows opaque strips alone, not the medium of object 'wall'" in result.stdout


def test_the_runs_of_documents_and_examples(raywave, root, tmp_path):
    (block,) = re.findall(r"```toml\n(.*?)```", (root / "docs/waves.md").read_text(), flags=re.S)
    result = raywave("wave", run_file(tmp_path, block), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "field.npz").exists()
    result = raywave("wave", root / "examples/wave_walls.toml", "--json", "-")
    assert result.returncode == 0 and len(json.loads(result.stdout)["points"]) == 2


def test_the_python_of_the_documents(root, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (root / "docs/waves.md").read_text(), flags=re.S)
    assert len(blocks) == 2
    for block in blocks:
        result = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "field.png").exists()


def test_help_shows_flags_with_an_example(raywave):
    for words in (["wave"], ["wave", "compare"]):
        result = raywave(*words, "--help")
        assert result.returncode == 0 and "Example:" in result.stdout and "--memory" in result.stdout


def test_the_cone_is_told_and_what_leaves_the_window(raywave, tmp_path):
    text = RUN.replace('kind = "gaussian"\nwaist_m = 0.04', 'kind = "point"\ndistance_m = 0.02').replace("num_y = 256\n", "")
    result = raywave("wave", run_file(tmp_path, text), "--json", tmp_path / "out.json", "-o", tmp_path / "f.npz")
    assert result.returncode == 0 and "holds within" in result.stdout, result.stderr
    document = json.loads((tmp_path / "out.json").read_text())
    with np.load(tmp_path / "f.npz") as arrays:
        assert arrays["cone_half_angle_rad"].tolist() == [document["cones"]["beam"]["half_angle_rad"]]
    assert document["cones"]["beam"]["half_angle_rad"] > 0.9
    away = RUN.replace("waist_m = 0.04", "waist_m = 0.04\ntilt_rad = 1.2").replace("z_end_m = 0.2", "z_end_m = 2")
    result = raywave("wave", run_file(tmp_path, away))
    assert result.returncode == 0 and "comes back at the other" in result.stderr
