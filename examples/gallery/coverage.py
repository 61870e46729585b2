# SPDX-License-Identifier: Apache-2.0
"""How well a square of an old town is served by a mast on its church: path gain at head height, without sampling noise."""
import sys

import numpy as np
import raywave as rw

scene = rw.load_scene("old_town")
scene.add(rw.Transmitter("church", [-20, 10, 35]))
radio_map = rw.RadioMapSolver()(scene, center_m=(0, 0, 1.5), size_m=250, cell_size_m=5, max_depth=2)
gain = radio_map.path_gain[0]
print(f"{(gain > 0).mean():.0%} of the cells are reached, the median of these at {10 * np.log10(np.median(gain[gain > 0])):.0f} dB")
radio_map.plot(ax=None).figure.savefig(sys.argv[1], dpi=110, bbox_inches="tight")
