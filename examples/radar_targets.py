# SPDX-License-Identifier: Apache-2.0
"""Targets that interfere within one bin of range, placed by three 77 GHz radars; amplitudes and phases of all echoes unknown, noise 15 dB a sample, 64 chirps.

Three points within 4 cm of each other, where a bin is 3.75 cm: their echoes add up by phase, and sums of powers, which the annealed point spread
function is, are biased by centimetres. The samples with every echo's amplitude projected out are not: places are what is left to explain, to a small part of
a bin, if there is enough signal: with one chirp the best fit itself is 3 cm off. They have no fringes, as each amplitude takes its carrier's phase along.
python examples/radar_targets.py [FOLDER] [STARTS]"""
import itertools
import sys

import numpy as np
from raywave import inverse, signal

RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 256 * 5e6, sampling_frequency_hz=5e6, num_samples=256)
FREQUENCY_HZ, C = 77e9, 299792458.0
NOISE = 10 ** -1.5 / 64  # of the mean over a frame's 64 chirps
RADARS = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
TARGETS = np.array([[2.30, 2.90], [2.335, 2.91], [2.31, 2.935]])


def ranges(points, radar):
    return np.linalg.norm(points - radar, axis=-1)


def measured(random):
    """Samples of each radar: echoes of unit strength and random phases."""
    cubes = []
    for i, radar in enumerate(RADARS):
        a = np.exp(2j * np.pi * random.uniform(size=len(TARGETS)))
        echoes = signal.Echoes(a[None, None], 2 * ranges(TARGETS, radar) / C, np.zeros(len(TARGETS)), frequency_hz=FREQUENCY_HZ)
        cubes.append(echoes.samples(RADAR, noise_power=NOISE, seed=int(random.integers(1 << 30))))
    return cubes


def objective(losses):
    """Mean over radars as a function of all places, [x0, y0, x1, ...]."""

    def value(x):
        points, total, slope = x.reshape(-1, 2), 0.0, np.zeros((len(x) // 2, 2))
        for loss, radar in zip(losses, RADARS):
            r = ranges(points, radar)
            v, _, by_tau, _ = loss.of_echoes((0, 0), np.ones(len(points), dtype=complex), 2 * r / C, frequency_hz=FREQUENCY_HZ)
            total += v / len(RADARS)
            slope += (2 / C * by_tau / len(RADARS))[:, None] * (points - radar) / r[:, None]
        return total, slope.ravel()

    return value


def off(points):
    """The largest error of a place, for the order of the targets that fits best."""
    return min(np.linalg.norm(points[list(order)] - TARGETS, axis=-1).max() for order in itertools.permutations(range(len(TARGETS))))


def places(start, cubes, random):
    """(by powers, by samples): the first annealed from one cloud about the start, the second from several clouds about the first's middle."""
    power, samples = ([signal.Loss(word, RADAR, cube, amplitudes=amplitudes, noise_power=NOISE) for cube in cubes]
                      for word, amplitudes in (("psf", "common"), ("complex", "each")))
    x = (start + random.normal(scale=0.02, size=TARGETS.shape)).ravel()
    for sigma in (0.8, 0.4, 0.2, 0.1, 0.05, 0.0):
        x, _ = inverse.bfgs(objective([loss.with_sigma(sigma) for loss in power]), x, steps=25, cap=max(sigma, 0.04) / 2)
    coherent, middle, ends = objective(samples), x.reshape(-1, 2).mean(axis=0), []
    for _ in range(8):
        cloud = (middle + random.normal(scale=0.025, size=TARGETS.shape)).ravel()
        ends.append(inverse.bfgs(coherent, cloud, steps=80, cap=0.01))
    return x.reshape(-1, 2), min(ends, key=lambda end: end[1])[0].reshape(-1, 2)


def main(starts):
    random, rows = np.random.default_rng(2), []
    for _ in range(starts):
        angle = random.uniform(0, 2 * np.pi)
        found = places(TARGETS.mean(axis=0) + 0.3 * np.array([np.cos(angle), np.sin(angle)]), measured(random), random)
        rows.append([off(points) for points in found])
    rows = 1e3 * np.array(rows)
    print(f"three targets within 4 cm, {starts} starts 30 cm off, phases and noise drawn anew; the worst place of the three")
    for name, one in zip(("sums of powers, annealed", "samples, amplitudes projected out"), rows.T):
        print(f"{name:34} median {np.median(one):6.2f} mm, 90 % within {np.quantile(one, 0.9):6.2f} mm, {(one < 10).mean():4.0%} below 1 cm")
    return rows


if __name__ == "__main__":
    main(int(sys.argv[2]) if len(sys.argv) > 2 else 4)
