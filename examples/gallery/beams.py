# SPDX-License-Identifier: Apache-2.0
"""Eight antennas, three beams: the weights of a transmitter's ports steer where its power goes."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

scene = rw.load_scene("street_canyon")
scene.frequency_hz = 10e9
scene.add(rw.Transmitter("mast", [0, -4, 8], orientation_rad=[np.pi / 2, 0, 0], array=rw.PlanarArray(num_cols=8)))
figure, axes = plt.subplots(3, 1, figsize=(7, 6), sharex=True, layout="constrained")
for ax, degrees in zip(axes, (-50, 0, 50)):
    # elements lie half a wavelength apart along the array's y, from the left (+y) on
    scene.transmitters["mast"].precoding = np.exp(1j * np.pi * np.arange(8) * np.sin(np.radians(degrees))) / np.sqrt(8)
    radio_map = rw.RadioMapSolver()(scene, center_m=(0, 0, 1.5), size_m=(90, 18), cell_size_m=1, max_depth=1)
    radio_map.plot(ax=ax, min_db=-110, max_db=-60)
    ax.set_title(f"steered to {degrees} degrees")
    row, column = np.unravel_index(radio_map.path_gain[0].argmax(), radio_map.path_gain[0].shape)
    print(f"{degrees:4d} degrees: strongest at x = {radio_map.cell_centers[row, column, 0]:.0f} m")
figure.savefig(sys.argv[1], dpi=100)
