# SPDX-License-Identifier: Apache-2.0
"""A generative flow network that proposes paths: trained for a moment, beside chance, and the model that is shipped in one street.

Usage: plane_sampling.py [FOLDER] [EPISODES of training]"""
import pathlib
import sys

import numpy as np

import raywave as rw

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
episodes = int(sys.argv[2]) if len(sys.argv) > 2 else 300

# --- training ---
sampler = rw.PathSampler()
losses = sampler.train(episodes=episodes, rate=2e-3)
print(f"{episodes} streets, {sampler.num_numbers} numbers: the loss went from {losses[0]:.2f} to {losses[-1]:.2f}")
sampler.save(folder / "sampler.bin")
assert rw.PathSampler.load(folder / "sampler.bin").num_numbers == sampler.num_numbers
rows = {(r["method"], r["order"]): r for r in sampler.evaluate(num_scenes=30, max_order=2)}
for order in (1, 2):
    print(f"order {order}: hit rate {100 * rows['learned', order]['hit_rate']:.0f} %, by chance {100 * rows['by chance', order]['hit_rate']:.0f} %")

# --- the shipped model in a street between two rows of houses ---
shipped = pathlib.Path(__file__).resolve().parent.parent / "models/plane_sampler.bin"
model = rw.PathSampler.load(shipped)
street = rw.Scene2D()
for i, x in enumerate(np.arange(0, 75, 18)):
    for side, name in ((1, "north"), (-1, "south")):
        a, b, c, d = (x, side * 10), (x + 15, side * 10), (x + 15, side * 22), (x, side * 22)
        for k, (p, q) in enumerate(((a, b), (b, c), (c, d), (d, a))):
            street.add_wall(f"{name} {i} {k}", p, q)
street.transmitters, street.receivers = {"tx": (8.0, 3.0)}, {"rx": (62.0, -4.0)}
every = street.trace(max_order=3, candidates="visible")
counts = [1, 3, 10, 30, 100]
found = [len(street.trace(max_order=3, candidates="sampled", sampler=model, num_samples=m)) for m in counts]
print(f"{len(every)} paths of at most 3 reflections; found with", ", ".join(f"{m} samples an order: {n}" for m, n in zip(counts, found)))

try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
except ImportError:
    print("without matplotlib there is no picture")
else:
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained", width_ratios=[2, 1])
    street.trace(max_order=3, candidates="sampled", sampler=model).plot(street.plot(left))
    left.set_title("what 10 samples an order find")
    right.semilogx(counts, np.array(found) / len(every), "o-")
    right.set_xlabel("samples an order"), right.set_ylabel("share of all paths that is found")
    right.set_ylim(0, 1.02)
    figure.savefig(folder / "plane_sampling.png")
    print(f"wrote {folder / 'plane_sampling.png'}")
