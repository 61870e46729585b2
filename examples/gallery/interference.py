# SPDX-License-Identifier: Apache-2.0
"""Two masts on one frequency: which serves where, and how much better it is than the other."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

scene = rw.load_scene("old_town")
scene.bandwidth_hz = 20e6
scene.add(rw.Transmitter("church", [-20, 10, 35], power_dbm=40))
scene.add(rw.Transmitter("roof", [120, -60, 30], power_dbm=40))
radio_map = rw.RadioMapSolver()(scene, center_m=(50, -25, 1.5), size_m=250, cell_size_m=5, max_depth=2)
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
radio_map.plot(ax=left, metric="sinr", min_db=-10, max_db=40)
left.set_title("SINR of the better one")
for name in radio_map.tx_names:
    right.plot(*radio_map.cdf("sinr", tx=name), label=name)
right.plot(*radio_map.cdf("sinr"), label="the better one")
right.set(xlabel="SINR [dB]", ylabel="share of the cells", xlim=(-40, 60))
right.legend()
values, share = radio_map.cdf("sinr")
print(f"SINR above 10 dB in {1 - np.interp(10, values, share):.0%} of the cells")
figure.savefig(sys.argv[1], dpi=100)
