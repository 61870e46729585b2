# SPDX-License-Identifier: Apache-2.0
"""What the page's tooltips say of a map's cell, by its own script without a browser."""
import json
import shutil
import subprocess

import pytest

STAND_IN = """
class Any { constructor() { this.children = []; this.attributes = {color: {}}; this.userData = {}; } add() {} setAttribute() {} setIndex() {} }
const THREE = {Group: Any, BufferGeometry: Any, BufferAttribute: Any, Mesh: Any, MeshBasicMaterial: Any, DataTexture: Any};
globalThis.window = globalThis; globalThis.THREE = THREE;
"""


@pytest.fixture
def describe(root):
    node = shutil.which("node")
    if not node:
        pytest.skip("node is missing")

    def run(data, cell, tx=-1):
        view = root / "src/raywave/view"
        code = STAND_IN + "\n".join((view / name).read_text() for name in ("report_data.js", "report_map.js"))
        shown = {**data, "metric": "path_gain", "tx": tx, "tx_power_dbm": [30, 30], "noise_w": 1e-12}
        code += f"\nRaywave.sequential = Raywave.categorical = () => [0, 0, 0]; const data = {json.dumps(shown)}; data.gain_db = data.gain_db.map((g) => g === null ? NaN : g);"
        code += f"\nconsole.log(JSON.stringify(new Raywave.RadioMap(data).describe({cell})));"
        done = subprocess.run([node, "-e", code], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        return said and [line.replace(chr(0x2212), "-") for line in said]

    return run


def test_a_cell_names_transmitter_and_place(describe):
    grid = dict(num_x=2, num_y=2, tx_names=["church", "roof"], corner=[-10, 0, 1.5], step_x=[5, 0, 0], step_y=[0, 4, 0], gain_db=[-80, -90, None, -70, -85, -60, -75, None])
    assert describe(grid, 1) == ["Path gain -60.0 dB", "from roof, the best here", "at (-2.50, 2.00, 1.50) m"]
    assert describe(grid, 2) == ["Path gain -75.0 dB", "from roof, the best here", "at (-7.50, 6.00, 1.50) m"]
    assert describe(grid, 1, tx=0) == ["Path gain -90.0 dB", "from church", "at (-2.50, 2.00, 1.50) m"]
    assert describe(grid, 2, tx=0) is None
    assert describe({**grid, "heights": [0, 1, 2, 3]}, 3)[2] == "at (-2.50, 6.00, 3.00) m"
    mesh = dict(num_x=1, num_y=1, tx_names=["church"], corners=[0, 0, 0, 3, 0, 0, 0, 3, 6], gain_db=[-80])
    assert describe(mesh, 0) == ["Path gain -80.0 dB", "from church", "at (1.00, 1.00, 2.00) m"]
