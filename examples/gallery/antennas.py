# SPDX-License-Identifier: Apache-2.0
"""Antenna patterns in their own frame: a dipole, the element of TR 38.901, and four by four of these."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

arrays = {"half-wave dipole": rw.PlanarArray(pattern="hw_dipole"), "TR 38.901 element": rw.PlanarArray(pattern="tr38901")}
angles = np.radians(np.linspace(-180, 180, 721))
figure, axes = plt.subplots(1, 3, figsize=(11, 4), subplot_kw={"projection": "polar"}, layout="constrained")
for ax, (name, array) in zip(axes, arrays.items()):
    array.plot(ax, cut="elevation")
    ax.set_title(name)
grid = rw.PlanarArray(num_rows=4, num_cols=4, pattern="tr38901")
field = grid.field(np.full_like(angles, np.pi / 2), angles)[..., 0].sum(axis=-1) / 4  # equal weights of unit power
axes[2].plot(angles, np.maximum(20 * np.log10(abs(field) + 1e-9), -20))
axes[2].set_title("4 x 4, azimuth")
print(f"4 x 4 elements: {20 * np.log10(abs(field).max()):.1f} dBi ahead")
figure.savefig(sys.argv[1], dpi=100)
