# SPDX-License-Identifier: Apache-2.0
"""Every example runs and says what it found; the demo writes its four files."""
import os
import subprocess
import sys

import pytest

EXAMPLES = ["street_canyon_channel.py", "old_town_coverage.py", "porting_from_sionna.py", "gradient_images.py", "locate.py",
            "out_of_the_shadow.py", "plane_optimisation.py", "plane_maps.py", "plane_sampling.py",
            "rays_and_waves.py", "scene_from_a_map.py", "many_runs.py", "drive.py", "radar_drive.py", "radar_wall.py",
            "radar_one.py", "radar_targets.py", "radar_shape.py", "radar_box.py", "mapping.py", "cube_pose.py", "networks_in_the_loop.py", "flat_calibration.py", "painted_wall.py"]
SCANS = ["scanned_room.py", "scanned_power.py", "scanned_materials.py"]  # need scikit-image


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_runs(root, tmp_path, name):
    result = subprocess.run([sys.executable, root / "examples" / name, tmp_path], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) >= 2


def test_example_of_scans_runs(root, tmp_path):
    pytest.importorskip("skimage")
    result = subprocess.run([sys.executable, root / "examples/scanned_room.py", tmp_path, "--places", "2", "--voxel", "0.12"], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "triangles" in result.stdout and (tmp_path / "scan").is_dir()


def test_materials_of_a_scan_are_calibrated_and_metal_is_named(root, tmp_path):
    pytest.importorskip("skimage")
    result = subprocess.run([sys.executable, root / "examples/scanned_materials.py", tmp_path, "--voxel", "0.14", "--camera-places", "2", "--links", "12", "--held-out", "4",
                             "--rays", "300", "--steps", "2"], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "held out:" in result.stdout and (tmp_path / "scanned_materials.html").stat().st_size > 1000
    unseen = next(line for line in result.stdout.splitlines() if line.startswith("no measurement sees"))
    assert "material/metal/relative_permittivity" in unseen, result.stdout


def test_lobes_on_a_scan_find_what_mirrors_lose(root, tmp_path):
    """A small form of the study in the documents."""
    pytest.importorskip("skimage")
    result = subprocess.run([sys.executable, root / "examples/scanned_power.py", tmp_path, "--noise", "0.03", "--frequency", "28e9", "--receivers", "24", "--rays", "800",
                             "--voxel", "0.1", "--places", "5", "--kappa", "30"], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    errors = {words[0]: float(words[-4]) for words in map(str.split, result.stdout.splitlines()) if words[0] in ("mirrors", "kappa")}
    assert errors["kappa"] < 4 and errors["kappa"] < errors["mirrors"], result.stdout
    assert (tmp_path / "room_30mm.png").stat().st_size > 1000


SIONNA = ["introduction.py", "mobility.py", "radio_maps.py", "scene_editing.py"]


@pytest.mark.parametrize("name", SIONNA)
def test_tutorials_in_sionnas_words_run(root, tmp_path, name):
    script = root / "examples/sionna" / name
    assert "\nfrom raywave import" in script.read_text() and script.read_text().count("raywave") == 1
    result = subprocess.run([sys.executable, "-W", "error::UserWarning", script], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) >= 3


def test_demo_writes_what_it_promises(root, tmp_path, raywave_bin):
    result = subprocess.run([sys.executable, root / "examples/demo.py", tmp_path], capture_output=True, text=True, timeout=300,
                            env={**os.environ, "RAYWAVE_BIN": raywave_bin})
    assert result.returncode == 0, result.stderr
    for name in ("report.html", "map.png", "paths.npz", "map.npz"):
        assert (tmp_path / name).stat().st_size > 1000, name
        assert name in result.stdout
    table = [float(line.split()[2]) for line in result.stdout.splitlines() if line.startswith(("church", "roof")) and len(line.split()) == 5]
    assert len(table) == 2 and min(table) > 60  # per cent of the cells: edges light the streets around corners


def test_no_example_is_forgotten(root):
    assert {p.name for p in (root / "examples").glob("*.py")} == {*EXAMPLES, *SCANS, "demo.py"}
    assert {p.name for p in (root / "examples/sionna").glob("*.py")} == set(SIONNA)
