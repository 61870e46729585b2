# SPDX-License-Identifier: Apache-2.0
"""Which way to move a mast: the exact derivative of the power that reaches a yard, at many places of the mast."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

scene = rw.load_scene("street_canyon")
scene.frequency_hz = 1e9
scene.add(rw.Transmitter("mast", [0, 0, 10]))
scene.add(rw.Receiver("yard", [40, 50, 1.5]))
places = [(x, y) for x in range(-40, 81, 10) for y in (-6, 0, 6)]
arrows = []
for x, y in places:
    scene.transmitters["mast"].position_m = [x, y, 10]
    paths = rw.PathSolver()(scene, max_depth=2, diffraction=True, samples_per_src=2e4)
    gain = paths.path_gain
    slope = paths.path_gain_vjp(10 / np.log(10) / np.maximum(gain, 1e-30), wrt=["device/mast/position_m"])["device/mast/position_m"]
    arrows.append((10 * np.log10(max(gain[0, 0], 1e-20)), *slope[:2]))
level, dx, dy = np.array(arrows).T
length = np.hypot(dx, dy) + 1e-12
print(f"gains from {level.min():.0f} to {level.max():.0f} dB, slopes up to {length.max():.1f} dB a metre")
ax = scene.plot(view="plan")
x, y = np.array(places).T
picture = ax.quiver(x, y, dx / length, dy / length, level, pivot="mid", scale=30)
ax.figure.colorbar(picture, label="path gain [dB]", shrink=0.6)
ax.figure.savefig(sys.argv[1], dpi=110, bbox_inches="tight")
