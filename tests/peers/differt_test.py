# SPDX-License-Identifier: Apache-2.0
"""Against DiffeRT 0.12: its exhaustive search of a street canyon, orders 0 to 3, finds as many paths as ours."""
import json
import os
import subprocess

import pytest
from sionna_test import PYTHON as SIONNA
from sionna_test import scene_file

PYTHON = os.environ.get("RAYWAVE_DIFFERT_PYTHON", "")
pytestmark = pytest.mark.skipif(not (os.access(PYTHON, os.X_OK) and os.access(SIONNA, os.X_OK)),
                                reason="DiffeRT or the scenes of Sionna RT are not installed: ./dev test --peers installs them")


def test_exhaustive_searches_agree(raywave, root):
    canyon = scene_file("simple_street_canyon")
    theirs = subprocess.run([PYTHON, root / "benchmarks/differt_bench.py", canyon, "0"], capture_output=True, text=True, timeout=600,
                            env={**os.environ, "JAX_PLATFORMS": "cpu"})
    assert theirs.returncode == 0, theirs.stderr[-2000:]
    ours = raywave("paths", canyon, "--tx=-33,11,32", "--rx", "20,0,1.5", "--finder", "exhaustive", "--json", "-")
    assert len(json.loads(ours.stdout)["paths"]) == json.loads(theirs.stdout.splitlines()[-1])["paths"]
