# SPDX-License-Identifier: Apache-2.0
"""raywave new: what it writes runs, as it stands, by the program and by Python."""
import pathlib
import subprocess
import sys

import pytest


def new(folder, code=0):
    done = subprocess.run([sys.executable, "-m", "raywave", "new", folder], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new") / "first"
    assert "run.toml" in new(folder).stdout
    return folder


def test_the_scene_is_clean(raywave, project):
    done = raywave("scene", "check", "scene/scene.xml", cwd=project)
    assert "0 warnings" in done.stdout


@pytest.mark.parametrize("command, written", [("paths", ["paths.npz"]), ("map", ["map.npz", "map.png", "report.html"]), ("view", ["report.html"])])
def test_the_run_file_runs(raywave, project, tmp_path, command, written):
    done = raywave(command, "--config", project / "run.toml", cwd=tmp_path)
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(written)


def test_the_script_says_what_the_program_says(raywave, project, tmp_path):
    done = subprocess.run([sys.executable, "-W", "error", project / "run.py"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    pathlib.Path(done.stdout.splitlines()[-1]).unlink()  # the page
    table = raywave("paths", "--config", project / "run.toml", cwd=tmp_path).stdout
    for name in ("street", "yard"):
        said = next(line for line in done.stdout.splitlines() if line.startswith(name))
        gain = said.split("path gain ")[1].split(" dB")[0]
        assert any(name in line.split() and gain in line.split() for line in table.splitlines()), (said, table)


def test_the_working_folder_is_filled_not_replaced(tmp_path):
    """raywave new . leaves the shell in the folder that it was in."""
    done = subprocess.run(f"'{sys.executable}' -m raywave new . && ls", shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[1:] == ["raywave map --config run.toml", "README.md", "run.py", "run.toml", "scene"], done.stderr


def test_nothing_is_overwritten(project):
    before = (project / "run.toml").read_text()
    (project / "run.toml").write_text(before + "# mine\n")
    assert "not empty" in new(project, code=3).stderr
    assert (project / "run.toml").read_text().endswith("# mine\n")
    (project / "run.toml").write_text(before)
    assert "is a file" in new(project / "run.py", code=3).stderr


def test_the_documents_have_the_run_file(root, project):
    assert f"```toml\n{(project / 'run.toml').read_text()}```" in (root / "docs/cli.md").read_text()
