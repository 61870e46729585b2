# SPDX-License-Identifier: Apache-2.0
"""`pip install .` into an environment of its own: minutes, so only with RAYWAVE_SLOW=1. Needs the build's requirements here."""
import os
import pathlib
import subprocess
import sys
import sysconfig

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.skipif(os.environ.get("RAYWAVE_SLOW") != "1", reason="minutes: set RAYWAVE_SLOW=1")
def test_pip_install_gives_the_module(tmp_path):
    place = tmp_path / "site"
    scripts = sysconfig.get_path("scripts")
    subprocess.run([sys.executable, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "--target", place, ROOT], check=True,
                   env={**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]})
    code = "import raywave as rw; print(rw.__file__, rw.__version__, rw.itu_material('concrete').properties_at(1e9)[0])"
    result = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(place)}, capture_output=True, text=True,
                            cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    file, version, permittivity = result.stdout.split()
    assert pathlib.Path(file).is_relative_to(place)
    assert f"project(raywave VERSION {version} " in (ROOT / "CMakeLists.txt").read_text()
    assert float(permittivity) == 5.24  # concrete at 1 GHz, ITU-R P.2040, table 3: a f^0
    assert (place / "raywave/_raywave.pyi").exists() and (place / "raywave/py.typed").exists()
