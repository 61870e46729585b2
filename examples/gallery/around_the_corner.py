# SPDX-License-Identifier: Apache-2.0
"""The same streets with and without edge diffraction: shadows are not black."""
import sys

import matplotlib.pyplot as plt
import raywave as rw

scene = rw.load_scene("old_town")
scene.add(rw.Transmitter("lane", [10, -30, 8]))
figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
for ax, diffraction in zip(axes, (False, True)):
    radio_map = rw.RadioMapSolver()(scene, center_m=(10, -30, 1.5), size_m=150, cell_size_m=5, max_depth=1, diffraction=diffraction)
    radio_map.plot(ax=ax, min_db=-130, max_db=-50)
    ax.set_title("with edges" if diffraction else "reflections alone")
    print(f"{ax.get_title()}: {(radio_map.path_gain > 0).mean():.0%} reached")
figure.savefig(sys.argv[1], dpi=100)
