# SPDX-License-Identifier: Apache-2.0
"""A transmitter finds its way out of the shadow by the gradient of what its receiver gets.

It starts behind a tall wall at a street corner, where geometrical optics gives the receiver nothing, and nothing has no slope. With edge
diffraction the field around the wall's end says which way to go, exactly, and the power is a smooth function all the way round the
corner. Adam and L-BFGS start from the same places in the shadow. Usage: out_of_the_shadow.py [FOLDER] [STARTS]"""
import sys

import numpy as np

import raywave as rw

HEIGHT = 12.0  # of the transmitter; the receiver stands at 1.5 m
LOW, HIGH = np.array([-45.0, -30.0]), np.array([30.0, 45.0])  # where the transmitter may stand
BAND = np.linspace(-100e6, 100e6, 24)  # around 300 MHz: wide enough that echoes of the wall do not beat with the direct ray
FLOOR = 1e-13  # of the power's logarithm: far below the diffracted field, so that nothing is still a number


def street():
    """A metal wall along y = 0 that ends at the origin: around its end is the only way."""
    scene = rw.Scene()
    scene.frequency_hz = 0.3e9
    scene.add(rw.Material("metal sheet", perfect_conductor=True))
    v = np.array([[-2000.0, 0, -2000], [0, 0, -2000], [0, 0, 2000], [-2000, 0, 2000]])
    scene.add(rw.Object("wall", v, np.array([[0, 1, 2], [0, 2, 3]]), "metal sheet"))
    scene.add(rw.Transmitter("tx", [-10, 10, HEIGHT]))
    scene.add(rw.Receiver("rx", [-12, -11, 1.5]))
    return scene


class Problem:
    """The power over the band in decibels and its gradient in the transmitter's (x, y)."""

    def __init__(self, diffraction):
        self.scene, self.diffraction = street(), diffraction

    def __call__(self, place):
        self.scene.set_parameter("device/tx/position_m", [place[0], place[1], HEIGHT])
        paths = rw.PathSolver()(self.scene, max_depth=1, diffraction=self.diffraction, finder="exhaustive")
        h = np.asarray(paths.cfr(BAND))  # the sum over paths: continuous across every shadow boundary
        power = (np.abs(h) ** 2).mean() + FLOOR
        cotangent = 10 / np.log(10) / power * 2 * h / h.size
        slope = paths.cfr_vjp(BAND, cotangent, wrt=["device/tx/position_m"])["device/tx/position_m"]
        return 10 * np.log10(power), np.asarray(slope)[:2]


def clip(place):
    return np.clip(place, LOW, HIGH)


def free(place, g):
    """The gradient without what pushes out of the square."""
    return np.where(((place <= LOW) & (g < 0)) | ((place >= HIGH) & (g > 0)), 0, g)


def adam(problem, start, steps=300, rate=0.5):
    place, m, v, best = np.array(start), np.zeros(2), np.zeros(2), -np.inf
    for k in range(1, steps + 1):
        value, g = problem(place)
        g = free(place, g)
        best = max(best, value)
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        place = clip(place + rate * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.99**k)) + 1e-12))
    return place, max(best, problem(place)[0])


def lbfgs(problem, start, steps=100, memory=6):
    """Limited-memory BFGS (Nocedal and Wright, algorithm 7.4) with steps halved until the value rises."""
    place, pairs = np.array(start), []
    value, g = problem(place)
    for _ in range(steps):
        g = free(place, g)
        q, kept = g.copy(), []
        for s, y in reversed(pairs):
            a = s @ q / (y @ s)
            kept.append(a)
            q -= a * y
        if pairs:
            q *= pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1])
        for (s, y), a in zip(pairs, reversed(kept)):
            q += s * (a - y @ q / (y @ s))
        step = q if pairs and q @ g > 0 else 3 * g / max(np.linalg.norm(g), 1e-12)
        step = free(place, step * min(1, 6 / max(np.linalg.norm(step), 1e-12)))
        for _ in range(16):
            there = clip(place + step)
            new_value, new_g = problem(there)
            if new_value > value:
                break
            step = step / 2
        else:
            if not pairs:
                return place, value
            pairs = []  # the curvature is that of another shadow: begin again uphill
            continue
        s, y = there - place, g - new_g
        if s @ y > 1e-12:
            pairs = [*pairs[1 - memory:], (s, y)]
        place, value, g = there, new_value, new_g
    return place, value


def shadowed_starts(count, seed=7):
    """Places behind the wall from which no ray reaches the receiver."""
    rng, found, bare = np.random.default_rng(seed), [], Problem(False)
    while len(found) < count:
        place = rng.uniform([-30, 3], [-4, 28])
        if bare(place)[0] < 10 * np.log10(2 * FLOOR):
            found.append(place)
    return found


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    starts = shadowed_starts(count)
    with_edges, without = Problem(True), Problem(False)
    print(f"{count} starts in the wall's shadow, {10 * np.log10(FLOOR):.0f} dB without diffraction")
    for name, optimise in (("Adam", adam), ("L-BFGS", lbfgs)):
        ends = [optimise(with_edges, s) for s in starts]
        bare = [optimise(without, s)[1] for s in starts[:3]]
        best = max(value for _, value in ends)
        good = sum(value > best - 3 for _, value in ends)
        print(f"{name:7s} reaches within 3 dB of the best place ({best:.1f} dB at {np.round(max(ends, key=lambda e: e[1])[0], 1)}) from {good} of {count};"
              f" without diffraction it stays at {np.mean(bare):.0f} dB")


main()
