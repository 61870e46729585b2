# SPDX-License-Identifier: Apache-2.0
"""Power and its gradient over a room with a wall, hard and smoothed; rays behind it, and the field of waves at the same places.

Rebuilds published figures of two-dimensional ray tracing. Usage: plane_maps.py [FOLDER] [POINTS along a side]"""
import pathlib
import sys

import numpy as np

import raywave as rw

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
points = int(sys.argv[2]) if len(sys.argv) > 2 else 150

scene = rw.Scene2D.square_scene_with_wall()
x, y = scene.grid(points)
hard = scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, max_order=1)
smooth, gradient = scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, max_order=1, approx=True, alpha=50, value_and_grad=True)
_, by_hard = scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, max_order=1, value_and_grad=True)

# hard conditions have no slope: a map that is to be climbed gets one at its boundaries from smoothed ones
beyond = x > 0.55
steepest = [np.percentile(np.linalg.norm(g[beyond], axis=-1), 98) for g in (by_hard, gradient)]
print(f"{100 * (hard > 0).mean():.1f} % of the room has a path of at most one reflection")
print(f"slope beyond the wall that two of a hundred points exceed: {steepest[0]:.2g} a metre hard, {steepest[1]:.2g} smoothed (alpha 50)")

# the same room, 30 wavelengths wide, with phase and edges: waves go behind the wall
waves = scene.copy()
waves.frequency_hz = 30 * 299792458.0
field = waves.field(x + 1e-6, y + 1e-6, max_order=1)[0]
behind = (hard == 0) & (x > 0.52)
print(f"behind the wall, where no ray goes, the field is down to {20 * np.log10(np.abs(field[behind]).mean() / np.abs(field[~behind]).mean()):.1f} dB of elsewhere")

try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
except ImportError:
    print("without matplotlib there is no picture")
else:
    figure, rows = plt.subplots(2, 3, figsize=(16, 9), layout="constrained")
    decibels = lambda p: 10 * np.log10(np.maximum(p, 1e-7) / 100)  # noqa: E731
    slope = lambda g: np.log10(np.maximum(np.linalg.norm(g, axis=-1), 1e-3))  # noqa: E731
    for axes, values, name, limits in zip(rows.flat, [decibels(hard), decibels(smooth), 20 * np.log10(np.maximum(np.abs(field), 1e-4)),
                                                      slope(by_hard), slope(gradient)],
                                          ["power, hard (dB)", "power, alpha 50 (dB)", "field of waves (dB)", "slope, hard (log10)", "slope, alpha 50 (log10)"],
                                          [(-40, 5), (-40, 5), (-40, 5), (-1, 4), (-1, 4)]):
        shown = axes.pcolormesh(x, y, values, vmin=limits[0], vmax=limits[1])
        figure.colorbar(shown, ax=axes)
        scene.plot(axes, names=False)
        axes.set_title(name)
    scene.trace(max_order=1).plot(scene.plot(rows[1, 2]))
    rows[1, 2].set_title("rays to the receiver")
    figure.savefig(folder / "plane_maps.png")
    print(f"wrote {folder / 'plane_maps.png'}")
