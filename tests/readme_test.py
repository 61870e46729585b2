# SPDX-License-Identifier: Apache-2.0
"""The README's examples run as they stand."""
import os
import re
import shlex
import subprocess
import sys

import pytest


def blocks(root, language):
    found = re.findall(rf"```{language}\n(.*?)```", (root / "README.md").read_text(), flags=re.S)
    assert found
    return found


@pytest.fixture
def folder(root, tmp_path):
    os.symlink(root / "scenes", tmp_path / "scenes")
    return tmp_path


def test_command_line(root, raywave, folder):
    lines = [line for block in blocks(root, "sh") for line in block.splitlines() if line.strip()]
    for line in lines:
        words = shlex.split(line)
        assert words[:2] == ["./dev", "raywave"]
        result = raywave(*words[2:], cwd=folder)
        assert result.returncode == 0, f"{line}\n{result.stderr}"
    assert {"paths.json", "map.png", "map.npz"} <= {p.name for p in folder.iterdir()}


def test_python(root, folder):
    for block in blocks(root, "python"):
        result = subprocess.run([sys.executable, "-c", block], cwd=folder, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stderr
        assert "(1, 1, 1, 8," in result.stdout


def test_cpp(root, build_dir, folder):
    (source,) = blocks(root, "cpp")
    project = folder / "project"
    project.mkdir()
    (project / "main.cpp").write_text(source)
    (project / "CMakeLists.txt").write_text((root / "tests/consumer/CMakeLists.txt").read_text())
    for command in (["cmake", "--install", build_dir, "--prefix", folder / "prefix", "--component", "sdk"],
                    ["cmake", "-G", "Ninja", "-S", project, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}"],
                    ["cmake", "--build", folder / "build"]):
        result = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=500)
        assert result.returncode == 0, result.stdout + result.stderr
    result = subprocess.run([folder / "build/consumer"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and result.stdout.count(" ns\n") > 3, result.stdout + result.stderr
