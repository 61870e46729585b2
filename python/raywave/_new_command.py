# SPDX-License-Identifier: Apache-2.0
"""raywave new FOLDER: a small project to begin with - a scene, a run as a TOML file, a script."""
from __future__ import annotations

import argparse
import os
import pathlib
import shlex

from . import _files
from ._raywave import Scene, itu_material
from .shapes import box, plane

_RUN = """# A run: raywave paths --config run.toml, raywave map --config run.toml, raywave view --config run.toml.
# Flags of the command line take precedence. Every key is optional; unknown ones are refused.
scene = "scene/scene.xml"            # relative to this file
frequency = "3.5GHz"                 # or frequency_hz = 3.5e9
bandwidth_hz = 20e6                  # of the noise in SINR
temperature_k = 293
seed = 42
threads = 0                          # 0: all

[[transmitter]]
name = "mast"
position_m = [-41.3, 0, 12]
look_at_m = [40, 0, 1.5]             # or orientation_rad = [yaw, pitch, roll]
power_dbm = 40
array = { num_rows = 4, num_cols = 4, pattern = "tr38901", polarization = "V" }

[[receiver]]
name = "street"
position_m = [40, 2, 1.5]
velocity_m_per_s = [1.4, 0, 0]

[[receiver]]
name = "yard"                        # in the shadow of a house
position_m = [-5, 30, 1.5]

[paths]
max_depth = 3
diffraction = true
max_diffractions = 1
samples_per_tx = 100_000

[map]
cell_size_m = [4, 4]
height_m = 1.5
max_depth = 2
diffraction = true
method = "exact"                     # or "monte-carlo"

[output]                             # relative to where the command is called
paths = "paths.npz"
map = "map.npz"
image = "map.png"
report = "report.html"
"""

_SCRIPT = '''"""The run of run.toml in Python, as a place to start from: python run.py."""
import pathlib

import numpy as np
import raywave as rw

here = pathlib.Path(__file__).parent
scene = rw.load_scene(here / "scene", frequency_hz=3.5e9)
scene.bandwidth_hz = 20e6
scene.add(rw.Transmitter("mast", [-41.3, 0, 12], look_at=[40, 0, 1.5], power_dbm=40,
                         array=rw.PlanarArray(num_rows=4, num_cols=4, pattern="tr38901", polarization="V")))
scene.add(rw.Receiver("street", [40, 2, 1.5], velocity_m_per_s=[1.4, 0, 0]))
scene.add(rw.Receiver("yard", [-5, 30, 1.5]))

paths = rw.PathSolver()(scene, max_depth=3, diffraction=True, samples_per_src=100_000)
for name in scene.receivers:
    link = paths.link_statistics("mast", name)
    print(f"{name}: path gain {10 * np.log10(link['path_gain']):.1f} dB, delay spread {1e9 * link['rms_delay_spread_s']:.1f} ns")

radio_map = rw.RadioMapSolver()(scene, cell_size_m=4, max_depth=2, diffraction=True)
print(f"{(radio_map.path_gain > 0).mean():.0%} of the cells are reached")
radio_map.plot(here / "map.png")
print(scene.preview(paths=paths, radio_map=radio_map, title="first steps"))
'''

_README = """# First steps with raywave

- `scene/scene.xml`, `scene/meshes/*.ply`: four houses on a street. Lengths are metres, z is up.
- `run.toml`: devices, options and outputs of a run.
- `run.py`: the same in Python.

    raywave scene check scene
    raywave paths --config run.toml
    raywave map --config run.toml
    raywave view --config run.toml --map
    python run.py
"""


def _scene() -> Scene:
    scene = Scene()
    for name, thickness_m in (("concrete", 0.2), ("brick", 0.25), ("glass", 0.01)):
        scene.add(itu_material(name, thickness_m))
    scene.add(plane("ground", (0, 0, 0), (140, 100), "concrete"))
    for name, x, y, height_m, material in (("north_west", -25, 17, 15, "brick"), ("north_east", 15, 17, 18, "concrete"),
                                           ("south_west", -25, -17, 12, "brick"), ("south_east", 15, -17, 20, "glass")):
        scene.add(box(name, (x, y, (height_m - 0.5) / 2), (30, 18, height_m + 0.5), material))  # half a metre into the ground
    return scene


def create(folder) -> pathlib.Path:
    """Writes the project; the folder, which must not be there or be empty. @raises Error else."""
    folder = _files.place(folder)
    with _files.new_folder(folder, "run.toml", "a project", overwrite=False) as work:
        _scene().save(work / "scene")
        for name, text in (("run.toml", _RUN), ("run.py", _SCRIPT), ("README.md", _README)):
            (work / name).write_text(text, encoding="utf-8")
    return folder


def main(arguments) -> int:
    parser = argparse.ArgumentParser(prog="raywave new", description="A small project to begin with: a scene, a run as a TOML file, a script.",
                                     allow_abbrev=False)
    parser.add_argument("folder", metavar="FOLDER", help="that is not there yet, or empty")
    folder = create(parser.parse_args(arguments).folder)
    print(f"{folder}: scene/scene.xml, run.toml, run.py\nraywave map --config {shlex.quote(os.path.relpath(folder / 'run.toml'))}")
    return 0
