# SPDX-License-Identifier: Apache-2.0
"""A script as one writes it for Sionna RT, in raywave's words. What changes: units are in the names, each device has its array."""
import pathlib

import numpy as np
import raywave as rw

scene = rw.load_scene(pathlib.Path(__file__).parents[1] / "scenes/street_canyon/street_canyon.xml")
scene.frequency_hz = 3.5e9                                       # scene.frequency = 3.5e9
array = rw.PlanarArray(num_rows=1, num_cols=2, pattern="iso", polarization="V")
scene.add(rw.Transmitter("tx", position_m=[-30, 0, 10], array=array))  # scene.tx_array = array; Transmitter("tx", position=...)
scene.add(rw.Receiver("rx", position_m=[30, 0, 1.5]))

paths = rw.PathSolver()(scene, max_depth=3, los=True, specular_reflection=True, refraction=False)
a, tau = paths.cir(normalize_delays=True)                        # the same shapes, complex128
print("a", a.shape, "tau", tau.shape, "valid", int(paths.valid.sum()))

radio_map = rw.RadioMapSolver()(scene, cell_size_m=(2, 2), max_depth=3, method="monte-carlo")
print("path gain", radio_map.path_gain.shape, f"best {10 * np.log10(radio_map.path_gain.max()):.1f} dB")
