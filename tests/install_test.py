# SPDX-License-Identifier: Apache-2.0
"""The installed tree serves a project outside the repository."""
import subprocess


def run(*command, **options):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=500, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_consumer_project_builds_against_the_installed_tree(root, build_dir, tmp_path):
    prefix = tmp_path / "prefix"
    run("cmake", "--install", build_dir, "--prefix", prefix, "--component", "sdk")
    exported = "".join(p.read_text() for p in prefix.rglob("*.cmake"))
    assert str(root) not in exported and str(build_dir) not in exported, "the package names the build tree"
    run("cmake", "-G", "Ninja", "-S", root / "tests/consumer", "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path / "build")
    # One free-space path over c x 1 us.
    assert run(tmp_path / "build/consumer").split() == ["1", "1000.000000", "1"]
    assert run(prefix / "bin/raywave", "--version").startswith("raywave ")
