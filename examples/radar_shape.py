# SPDX-License-Identifier: Apache-2.0
"""Length, width and pose of a box from four 77 GHz radars around it, starts 30 % off; amplitudes of all links unknown, noise 15 dB a sample.

Each radar sees the flash of the face before it in four receiving antennas: its distance in range, the face's direction in the phases between antennas.
The shape enters as vertices: derivatives by vertices, which paths have, times how length, width and pose move them. The annealed point spread function
first, then the samples up to one complex factor a link. python examples/radar_shape.py [FOLDER] [STARTS]"""
import sys

import numpy as np
import raywave as rw
from raywave import inverse, signal

RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 256 * 5e6, sampling_frequency_hz=5e6, num_samples=256)
OPTIONS = dict(max_depth=1, los=False, finder="exhaustive")
TRUTH = np.array([4.2, 1.8, 0.21, -0.13, np.radians(4.0)])  # length, width, x, y, turned
UNITS = np.array([1.0, 1.0, 1.0, 1.0, 0.2])  # of the optimiser: metres and 0.2 rad
CORNERS = np.array([[sx, sy, z] for z in (0.0, 1.4) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
PLACES = {"west": (-5.5, 0.1), "east": (5.6, -0.2), "south": (0.2, -4.0), "north": (-0.1, 4.1)}


def vertices(shape):
    """[8, 3], and how they move with each of the five numbers, [5, 8, 3]."""
    length, width, x, y, turned = shape
    c, s = np.cos(turned), np.sin(turned)
    u, v = CORNERS[:, 0] * length / 2, CORNERS[:, 1] * width / 2
    place = np.stack([x + c * u - s * v, y + s * u + c * v, CORNERS[:, 2]], axis=-1)
    zero, one = np.zeros(8), np.ones(8)
    moves = [np.stack([c * CORNERS[:, 0] / 2, s * CORNERS[:, 0] / 2, zero], axis=-1), np.stack([-s * CORNERS[:, 1] / 2, c * CORNERS[:, 1] / 2, zero], axis=-1),
             np.stack([one, zero, zero], axis=-1), np.stack([zero, one, zero], axis=-1), np.stack([-s * u - c * v, c * u - s * v, zero], axis=-1)]
    return place, np.array(moves)


def scene_around():
    scene = rw.Scene()
    scene.frequency_hz = 77e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    quads = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    triangles = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]
    scene.add(rw.Object("box", vertices(TRUTH)[0], triangles, "metal"))
    for name, (x, y) in PLACES.items():
        side = np.array([-y, x]) / np.hypot(x, y) * 0.05  # across the way to the box
        scene.add(rw.Transmitter(f"{name} sends", [x + side[0], y + side[1], 0.7]))
        scene.add(rw.Receiver(f"{name} hears", [x - side[0], y - side[1], 0.7], look_at=[0, 0, 0.7], array=rw.PlanarArray(num_cols=4)))
    return scene


def objective(scene, loss):
    def value(x):
        place, moves = vertices(x * UNITS)
        scene.set_parameter("object/box/vertices_m", place)
        v, gradient = loss(rw.PathSolver()(scene, **OPTIONS), ["object/box/vertices_m"])
        return v, UNITS * np.einsum("kij,ij->k", moves, gradient["object/box/vertices_m"])

    return value


def lowered(start, loss):
    """(numbers by powers, numbers by samples, the samples' loss)"""
    scene, x = scene_around(), start / UNITS
    for _, sigma, one in signal.Annealing(1.6, 0.05, steps=25, then=()).stages(loss):
        x, _ = inverse.bfgs(objective(scene, one), x, steps=25, cap=max(sigma, 0.04) / 2)
    powers = x * UNITS
    x, value = inverse.bfgs(objective(scene, loss.of_word("complex")), x, steps=150, cap=0.1)
    return powers, x * UNITS, value


def measured(seed):
    paths, radars = rw.PathSolver()(scene_around(), **OPTIONS), range(len(PLACES))
    strongest = abs(paths.a).max(axis=-1)[radars, :, radars]
    noise = float(np.median(strongest) ** 2) / 10 ** 1.5
    cube = paths.samples(RADAR, noise_power=noise, seed=seed)
    return signal.Loss("psf", RADAR, cube, links=[(i, i) for i in radars], amplitudes="common", noise_power=noise)


def off(start, loss):
    """Of the numbers by powers and by samples. A face turned away sends no flash, and nothing says which way it turned: three starts, of which the
    samples tell the right one."""
    ends = [lowered(start + [0, 0, 0, 0, np.radians(t)], loss) for t in (0, -8, 8)]
    return [abs(found - TRUTH) for found in min(ends, key=lambda end: end[2])[:2]]


def main(starts):
    random, rows = np.random.default_rng(3), []
    for k in range(starts):
        turn = np.radians(random.uniform(-8, 8))
        start = TRUTH * [1 + 0.3 * random.choice([-1, 1]), 1 + 0.3 * random.choice([-1, 1]), 1, 1, 1] + [0, 0, *random.uniform(-0.3, 0.3, size=2), turn]
        rows.append(off(start, measured(k + 1)))
    rows = np.array(rows)
    print(f"{starts} starts 30 % and 30 cm and 8 degrees off: medians of what is off")
    for name, one in zip(("powers, annealed", "then samples up to a factor"), rows.transpose(1, 0, 2)):
        length, width, x, y, turned = np.median(one, axis=0)
        print(f"  {name:28} length {1e3 * length:.2f}, width {1e3 * width:.2f}, place {1e3 * x:.2f} and {1e3 * y:.2f} mm, {np.degrees(turned):.4f} degrees; "
              f"within 2 cm: {(one[:, :4] < 0.02).all(axis=1).mean():.0%}", flush=True)
    return rows


if __name__ == "__main__":
    main(int(sys.argv[2]) if len(sys.argv) > 2 else 3)
