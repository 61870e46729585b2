# SPDX-License-Identifier: Apache-2.0
"""The example of docs/formats.md runs as it stands."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for _package in ("xarray", "matplotlib", "rasterio", "scipy.io"):
    pytest.importorskip(_package)


def test_the_example_of_the_page(tmp_path):
    os.symlink(ROOT / "scenes", tmp_path / "scenes")
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs/formats.md").read_text(), flags=re.S):
        result = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "MPLBACKEND": "agg"})
        assert result.returncode == 0, result.stderr
    assert {"paths.png", "gain.tif", "paths.mat", "deepmimo_scenarios"} <= {p.name for p in tmp_path.iterdir()}
