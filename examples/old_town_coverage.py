# SPDX-License-Identifier: Apache-2.0
"""Coverage of two transmitters in the old town: shares of the area by SINR, the map as a picture and as arrays."""
import pathlib
import sys
import tempfile

import numpy as np
import raywave as rw

out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="raywave-"))
scene = rw.load_scene(pathlib.Path(__file__).parents[1] / "scenes/old_town/old_town.xml")
scene.bandwidth_hz = 20e6
scene.add(rw.Transmitter("church", [-20, 10, 35], power_dbm=40))
scene.add(rw.Transmitter("roof", [120, -60, 30], power_dbm=40))

radio_map = rw.RadioMapSolver()(scene, cell_size_m=(5, 5), height_m=1.5, max_depth=3)
covered = (radio_map.path_gain > 0).any(axis=0)
best_db = 10 * np.log10(radio_map.sinr.max(axis=0)[covered])
print(f"{100 * covered.mean():.1f} % of the cells are reached")
for threshold in (0, 10, 20):
    print(f"SINR above {threshold:2d} dB in {100 * (best_db > threshold).mean():.1f} % of them")
radio_map.plot(out / "sinr.png", metric="sinr", title="Old town, SINR of the better transmitter")
radio_map.save(out / "map.npz")
print(f"written to {out}")
