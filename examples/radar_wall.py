# SPDX-License-Identifier: Apache-2.0
"""A wall found by three radars: distance and tilt from 77 GHz chirps, noise 15 dB a sample, echoes of unknown amplitude and phase.

Starts up to 1 m and 12 degrees away. The samples themselves, or their magnitudes, lead nowhere from there; the point spread function whose
width is annealed leads home. Writes the course of a fit as a page. python examples/radar_wall.py [FOLDER] [STARTS]"""
import pathlib
import sys

import numpy as np
import raywave as rw
from raywave import signal

RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 256 * 5e6, sampling_frequency_hz=5e6, num_samples=256)
RADARS = [(0.0, -2.0), (0.0, 0.0), (0.5, 2.0)]
OPTIONS = dict(max_depth=1, los=False, finder="exhaustive")
SPEC = {"object/wall/translation_m": dict(components=[0]), "object/wall/rotation_rad": dict(components=[0], scale=0.2)}


def scene_with_wall(offset_m, tilt_rad):
    scene = rw.Scene()
    scene.frequency_hz = 77e9
    scene.add(rw.itu_material("concrete", 0.2))
    scene.add(rw.box("wall", center_m=[6.0, 0.0, 1.25], size_m=[0.2, 10.0, 2.5], material="concrete"))
    for i, (x, y) in enumerate(RADARS):
        scene.add(rw.Transmitter(f"tx{i}", [x, y + 0.03, 1.2]))
        scene.add(rw.Receiver(f"rx{i}", [x, y - 0.03, 1.2]))
    scene.set_parameter("object/wall/translation_m", [offset_m, 0, 0])
    scene.set_parameter("object/wall/rotation_rad", [tilt_rad, 0, 0])
    return scene


def main(folder, starts):
    truth = np.array([0.137, np.radians(3.3)])
    paths = rw.PathSolver()(scene_with_wall(*truth), **OPTIONS)
    noise = abs(paths.a).max() ** 2 / 10 ** 1.5
    cube = paths.samples(RADAR, noise_power=noise, seed=4)
    loss = signal.Loss("psf", RADAR, cube, links=[(i, i) for i in range(3)], amplitudes="common", noise_power=noise)
    random, found = np.random.default_rng(1), {"annealed, then magnitudes": [], "magnitudes (hann)": [], "samples (complex)": []}
    for k in range(starts):
        start = truth + [random.uniform(-1, 1), np.radians(random.uniform(-12, 12))]
        scene = scene_with_wall(*start)
        fits = [rw.fit(scene, SPEC, loss, annealing=signal.Annealing(1.6, 0.05, steps=25, then=("hann",)), **OPTIONS),
                rw.fit(scene, SPEC, loss.of_word("hann"), steps=60, cap=0.02, **OPTIONS),
                rw.fit(scene, SPEC, loss.of_word("complex"), steps=60, cap=0.02, **OPTIONS)]
        for rows, fit in zip(found.values(), fits):
            rows.append(start + fit.physical - truth)
        if k == 0:
            fits[0].save_page(pathlib.Path(folder) / "radar_wall.html")
    print(f"{starts} starts to 1 m and 12 degrees; home: within 5 mm and 0.1 degrees")
    for name, rows in found.items():
        off = abs(np.array(rows)) * [1e3, np.degrees(1)]
        print(f"{name:28} home {(off < [5, 0.1]).all(axis=1).mean():4.0%}, median {np.median(off[:, 0]):.2f} mm, {np.median(off[:, 1]):.3f} degrees")
    return found


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".", int(sys.argv[2]) if len(sys.argv) > 2 else 8)
