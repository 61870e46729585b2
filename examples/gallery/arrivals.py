# SPDX-License-Identifier: Apache-2.0
"""Where a mast's power comes from in the street, at 28 GHz: a turned horn, and an array of 16 by 16 virtual elements."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

scene = rw.load_scene("street_canyon")
scene.frequency_hz = 28e9
scene.add(rw.Transmitter("mast", [-30, 0, 10]))
scene.add(rw.Receiver("phone", [20, 3, 1.5]))
paths = rw.PathSolver()(scene, max_depth=4, diffraction=True)
solver = rw.ArrivalMapSolver()
horn = solver(paths, antenna=rw.Horn(np.radians(8)), azimuths=np.radians(np.arange(60, 300)), elevations=np.radians(np.arange(-40, 41)))
turned = [np.pi, 0, 0]  # the array looks up the street, towards the mast
array = solver(paths, aperture=rw.Aperture.planar(16, 16, spacing_m=0.00535), sines=(128, 128), orientation_rad=turned)
peak, spread = horn.peaks()[0], horn.spread()
print(f"strongest {10 * np.log10(peak['gain']):.1f} dB at azimuth {np.degrees(peak['azimuth_rad']):.0f}, elevation {np.degrees(peak['elevation_rad']):.0f} degrees; "
      f"azimuth spread {np.degrees(spread['azimuth_spread_rad']):.0f} degrees")
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained", width_ratios=[3, 2])
horn.plot(left)
left.set_title("a horn of 8 degrees, turned")
array.plot(right)
right.set_title("16 by 16 elements, from the array")
figure.savefig(sys.argv[1], dpi=110)
