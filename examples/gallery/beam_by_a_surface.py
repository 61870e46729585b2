# SPDX-License-Identifier: Apache-2.0
"""A surface on a wall sends a beam around a corner, to where nothing else arrives but what edges bend."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

scene = rw.Scene()
scene.frequency_hz = 5e9
scene.add(rw.itu_material("concrete", 0.3))
scene.add(rw.box("house", center_m=[-8, 8, 5], size_m=[16, 16, 10], material="concrete"))
scene.add(rw.Transmitter("tx", [-12, -4, 3]))
spot = np.array([6.0, 11.0, 1.5])
panel = rw.Ris("panel", [9, -3, 3], num_rows=16, num_cols=16, spacing_m=0.03, look_at=[0, 2, 2.5])
plane = dict(center_m=[2, 5, 1.5], size_m=[28, 24], cell_size_m=1.0, max_depth=1, diffraction=True)

figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
for ax, title in zip(axes, ("phases of 0: a mirror", "phases for the spot")):
    if ax is axes[1]:
        panel.steer(scene.get("tx"), spot, scene.frequency_hz)
    radio_map = rw.RisMapSolver()(scene, panel, **plane)
    with np.errstate(divide="ignore"):
        decibel = 10 * np.log10(radio_map.path_gain[0])
    image = ax.imshow(decibel, origin="lower", extent=[-12, 16, -7, 17], vmin=-120, vmax=-50)
    ax.plot(*spot[:2], "wx")
    ax.plot(*panel.position_m[:2], "rs")
    ax.plot(-12, -4, "w^")
    ax.set(title=title, xlabel="x in m", ylabel="y in m")
    scene.add(rw.Receiver("spot", spot.tolist(), array=rw.PlanarArray(polarization="VH")))
    gain = rw.RisSolver()(scene, panel, max_depth=1, diffraction=True).gain[0, 0]
    bare = rw.RisSolver()(scene, max_depth=1, diffraction=True).gain[0, 0]
    scene.remove("spot")
    print(f"{title}: {10 * np.log10(gain / bare):.1f} dB more at the spot than without the surface")
figure.colorbar(image, ax=axes, label="path gain in dB")
figure.savefig(sys.argv[1], dpi=100)
