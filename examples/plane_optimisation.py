# SPDX-License-Identifier: Apache-2.0
"""A transmitter climbs round an obstacle: smoothed conditions, sharper at every step, and the map that it climbs on at four of them. Then the
coverage of a reflecting surface.

Rebuilds published figures of two-dimensional ray tracing. Usage: plane_optimisation.py [FOLDER]"""
import pathlib
import sys

import numpy as np

import raywave as rw

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")

# --- 100 steps of Adam on the worst of two receivers ---
scene = rw.Scene2D.square_scene_with_obstacle(ratio=0.1)
scene.receivers = {"rx_0": (0.3, 0.1), "rx_1": (0.5, 0.1)}
at, mean, square = np.array([0.5, 0.7]), np.zeros(2), np.zeros(2)
track, shown_at = [at.copy()], {}
for step, alpha in enumerate(np.logspace(0, 2, 100), start=1):
    scene.transmitters = {"tx": at}
    scene.alpha = alpha
    paths = scene.trace(max_order=0, approx=True)
    received = paths.valid * paths.power
    worst = np.zeros(2)
    worst[received.argmin()] = 1
    gradient = -paths.vjp(valid=worst * paths.power, power=worst * paths.valid)["device/tx/position_m"] / 100  # P0 = 1 / height^2
    mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient ** 2
    at = at - 0.01 * (mean / (1 - 0.9 ** step)) / (np.sqrt(square / (1 - 0.999 ** step)) + 1e-8)
    track.append(at.copy())
    if step % 20 == 0 and step < 100:
        shown_at[step] = (alpha, at.copy())
print(f"the transmitter went from (0.5, 0.7) to ({at[0]:.3f}, {at[1]:.3f})")

# --- a surface that reflects at 45 degrees whatever comes in ---
room = rw.Scene2D.square_scene()
room.add_ris("ris", (0.5, 0.3), (0.5, 0.7), np.pi / 4)
x, y = room.grid(120)
power = room.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, order=1, method="min-path")
lit = room.accumulate_on_receivers_grid_over_paths(x, y, "count", reduce_all=True, order=1, method="min-path",
                                                   filter_objects=lambda o: o["kind"] == "ris")
print(f"the surface reaches {100 * (lit > 0).mean():.1f} % of the room")

try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
except ImportError:
    print("without matplotlib there is no picture")
else:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    scene.plot(left)
    left.plot(*np.array(track).T, "C3-", lw=1)
    shown = right.pcolormesh(x, y, 10 * np.log10(np.maximum(power, 1e-7) / 100), vmin=-50, vmax=5)
    figure.colorbar(shown, ax=right, label="P / P0 (dB)")
    room.plot(right)
    figure.savefig(folder / "plane.png")
    # what the transmitter would give the worst receiver from anywhere, as sharp as it was at four of the steps
    figure, row = plt.subplots(1, 4, figsize=(18, 4.5), layout="constrained")
    x, y = scene.grid(120)
    for axes, (step, (alpha, there)) in zip(row, shown_at.items()):
        by_receiver = scene.accumulate_on_transmitters_grid_over_paths(x, y, max_order=0, approx=True, alpha=alpha)
        worst = np.minimum.reduce(list(by_receiver.values()))
        shown = axes.pcolormesh(x, y, 10 * np.log10(np.maximum(worst, 1e-7) / 100), vmin=-50, vmax=5)
        scene.plot(axes, names=False)
        axes.plot(*np.array(track[:step + 1]).T, "C3-", lw=1)
        axes.plot(*there, "w*", ms=10)
        axes.set_title(f"step {step}, alpha {alpha:.3g}")
    figure.colorbar(shown, ax=row, label="P / P0 of the worst receiver (dB)")
    figure.savefig(folder / "plane_steps.png")
    print(f"wrote {folder / 'plane.png'} and {folder / 'plane_steps.png'}")
