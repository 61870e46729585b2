# SPDX-License-Identifier: Apache-2.0
"""A transmitter finds its way out of the shadow by the gradient of what its receiver gets.

It starts behind a tall wall at a street corner, where geometrical optics gives the receiver nothing, and nothing has no slope. With edge
diffraction the field around the wall's end says which way to go, exactly, and the power is a smooth function all the way round the
corner. Adam and L-BFGS start from the same places in the shadow. Usage: out_of_the_shadow.py [FOLDER] [STARTS]"""
import sys

import nlopt
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


def lbfgs(problem, start, rounds=12):
    """NLopt's limited-memory BFGS in the square, begun again from its best place with a fresh curvature while that helps.

    Between the shadow and the lit street the curvature changes its sign: there one run's line search ends."""
    best = [problem(start)[0], np.array(start)]

    def objective(x, slope):
        value, g = problem(x)
        if slope.size:
            slope[:] = g
        if value > best[0]:
            best[:] = value, x.copy()
        return value

    for _ in range(rounds):
        optimiser = nlopt.opt(nlopt.LD_LBFGS, 2)
        optimiser.set_lower_bounds(LOW)
        optimiser.set_upper_bounds(HIGH)
        optimiser.set_max_objective(objective)
        optimiser.set_maxeval(60)
        before = best[0]
        try:
            optimiser.optimize(best[1])
        except (nlopt.runtime_error, nlopt.RoundoffLimited):
            pass  # the line search found nothing better: the best place stands
        if best[0] < before + 0.01:
            break
    return best[1], best[0]


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
