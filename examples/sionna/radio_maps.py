# SPDX-License-Identifier: Apache-2.0
"""The steps of Sionna RT's tutorial on radio maps, in its words: the first line alone differs."""
from raywave import PlanarArray, RadioMapSolver, Transmitter, load_scene

import pathlib

import numpy as np

FILE = str(pathlib.Path(__file__).resolve().parents[2] / "scenes/street_canyon/street_canyon.xml")

scene = load_scene(FILE)
scene.bandwidth = 100e6
scene.tx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
scene.rx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
scene.add(Transmitter("west", position=[-40, 0, 12], power_dbm=23))
scene.add(Transmitter("east", position=[45, 3, 9], power_dbm=23))

rm = RadioMapSolver()(scene, max_depth=2, refraction=False, samples_per_tx=10**6, cell_size=(4, 4), center=[0, 0, 1.5], size=[150, 100],
                      orientation=[0, 0, 0])
for name in ("path_gain", "rss", "sinr"):
    values = np.array(getattr(rm, name))
    print(name, values.shape, f"median of what is reached {10 * np.log10(np.median(values[values > 0])):.1f} dB")
association = np.array(rm.tx_association("sinr"))
print("served by", [int((association == t).sum()) for t in range(2)])
positions = rm.sample_positions(num_pos=20, metric="sinr", min_val_db=0, tx_association=True, seed=3)[0]
print("positions", np.array(positions).shape)
