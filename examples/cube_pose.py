# SPDX-License-Identifier: Apache-2.0
"""The pose of a metal cube from the field around it: side 4 m, 1 GHz, receivers over 16 m, one reflection and edges, mean square of dB.

The field's fringes make a minimum every few centimetres. Three steps lead to the right one. Powers without phase, in which there are no fringes,
against the measured power smoothed over its own: on lattices of poses about the start, 8 x 8 receivers, the finest at 16 x 16. Then the field itself, in
which the right place is a hole of 5 cm and 1.5 degrees: on a lattice fine enough to hit it, whose best are followed along exact derivatives by
Levenberg-Marquardt, at 8 x 8 receivers and, where little is left, at 16 x 16, until one ends at nothing; if none does, about the next place that the
powers name. Last 32 x 32 receivers.
python examples/cube_pose.py [FOLDER] [STARTS]; without STARTS one near start is tried."""
import itertools
import sys
import time

import numpy as np
import raywave as rw
from scipy.ndimage import gaussian_filter

SIDE_M, COUNT, TRUTH = 16.0, 256, np.array([3.0, -2.5, np.radians(36)])
OPTIONS = dict(max_depth=1, diffraction=True, finder="exhaustive")
NOTHING = 0.05  # dB^2: elsewhere minima are 50 times as deep and more, the right one has none
SPEC = {"object/cube/translation_m": dict(components=[0, 1]), "object/cube/rotation_rad": dict(components=[0], scale=0.4)}


def receivers(every):
    """Those of the 256 x 256 that a coarser square grid has, as indices."""
    return np.arange(every // 2, COUNT, every)


def scene_at(pose, every):
    scene = rw.Scene()
    scene.frequency_hz = 1e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.box("cube", center_m=[0, 0, 2], size_m=[4, 4, 4], material="metal"))
    scene.add(rw.Transmitter("tx", [-5, 5, 1.5]))
    at = (np.arange(COUNT) + 0.5) * SIDE_M / COUNT - SIDE_M / 2
    for row, column in itertools.product(receivers(every), repeat=2):
        scene.add(rw.Receiver(f"{row}-{column}", [at[column], at[row], 1.5]))
    scene.set_parameter("object/cube/translation_m", [pose[0], pose[1], 0.0])
    scene.set_parameter("object/cube/rotation_rad", [pose[2], 0, 0])
    return scene


class FieldLoss:
    """Mean square of 20 log10 |E|, with a floor so that the nulls of interference do not rule."""

    def __init__(self, power, seen, floor):
        self.wanted, self.floor = 10 * np.log10(power + floor), floor
        self.scale = np.where(seen, np.sqrt(2 / seen.sum()), 0.0)

    def of_power(self, power):
        return self.scale * (10 * np.log10(power + self.floor) - self.wanted)

    def residuals(self, paths):
        return self.of_power(abs(paths.cfr([0.0], normalize_delays=False).ravel()) ** 2)

    def residuals_jvp(self, paths, tangent):
        h, moved = (x.ravel() for x in (paths.cfr([0.0], normalize_delays=False), paths.cfr_jvp([0.0], tangent, normalize_delays=False)))
        return self.scale * 10 / np.log(10) * 2 * (np.conj(h) * moved).real / (abs(h) ** 2 + self.floor)

    def __call__(self, paths, names=None):
        h = paths.cfr([0.0], normalize_delays=False)
        r = self.residuals(paths)
        by = r * self.scale * 10 / np.log(10) / (abs(h.ravel()) ** 2 + self.floor)
        return 0.5 * float(r @ r), paths.cfr_vjp([0.0], 2 * by.reshape(h.shape) * h, normalize_delays=False, wrt=names)


class Measured:
    def __init__(self):
        self.power = abs(rw.PathSolver()(scene_at(TRUTH, 1), **OPTIONS).cfr([0.0], normalize_delays=False).reshape(COUNT, COUNT)) ** 2
        self.seen = self.power > 0  # inside the cube nothing is received
        self.floor = 1e-3 * np.median(self.power[self.seen])
        width = 0.15 / (SIDE_M / COUNT)  # a fringe is half a wavelength and more: 0.15 m
        self.smooth = gaussian_filter(self.power, width) / np.maximum(gaussian_filter(1.0 * self.seen, width), 1e-9)

    def loss(self, every, coherent):
        at = np.ix_(receivers(every), receivers(every))
        return FieldLoss((self.power if coherent else self.smooth)[at].ravel(), self.seen[at].ravel(), self.floor)


class Search:
    def __init__(self, measured):
        self.measured = measured
        self.scenes = {every: scene_at(np.zeros(3), every) for every in (16, 32)}
        self.mesh = self.scenes[16].get("cube").vertices_m.copy()
        self.losses = {every: [measured.loss(every, coherent) for coherent in (False, True)] for every in self.scenes}
        self.known = {}

    def values(self, pose, every):
        """Losses of powers and of the field at 16 x 16 or 8 x 8 receivers."""
        key = (every, *np.round(pose, 6))
        if key not in self.known:
            (c, s), middle = (np.cos(pose[2]), np.sin(pose[2])), [0, 0, 2]
            turned = (self.mesh - middle) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + middle + [pose[0], pose[1], 0]
            self.scenes[every].set_parameter("object/cube/vertices_m", turned)
            paths = rw.PathSolver()(self.scenes[every], **OPTIONS)
            powers, h = (abs(paths.a) ** 2).sum(axis=-1).ravel(), paths.cfr([0.0], normalize_delays=False).ravel()
            of_powers, of_field = self.losses[every]
            self.known[key] = [0.5 * (r @ r) for r in (of_powers.of_power(powers), of_field.of_power(abs(h) ** 2))]
        return self.known[key]

    def best(self, poses, coherent, count, every=16):
        """The best poses; those in which the cube stands on the transmitter are left out."""
        allowed = [p for p in poses if np.hypot(p[0] + 5, p[1] - 5) > 3.2]
        return sorted(allowed, key=lambda p: self.values(p, every)[coherent])[:count]

    def refined(self, pose, every, steps):
        fit = rw.fit(scene_at(pose, every), SPEC, self.measured.loss(every, True), method="lm", steps=steps, **OPTIONS)
        return fit.loss, np.asarray(pose) + fit.physical

    def pose_from(self, start, say=lambda *_: None):
        """By the places that the powers name, best first, until the field is met at nothing."""
        ends = []
        for near in self.by_powers(start, say):
            ends.append(self.end(near, 0.35, say))
            if ends[-1][0] < NOTHING:
                break
        return min(ends, key=lambda row: row[0])[1]

    def by_powers(self, start, say=lambda *_: None):
        """Up to five places apart from each other. Few receivers are enough for the coarse steps."""
        found, reach = [start], 3.2
        for step, turn, every, count in ((0.8, 30, 32, 4), (0.4, 15, 32, 4), (0.2, 7.5, 16, 60)):
            poses = {tuple(p): p for f in found for p in lattice(f, reach, step, [-1, 0, 1], np.radians(turn)) if np.hypot(*(p[:2] - f[:2])) <= 3.6}
            found, reach = self.best(poses.values(), False, count, every), step / 2
            say(f"powers, {step} m", found[0])
        apart = []
        for pose in found:
            if len(apart) < 5 and all(np.hypot(*(pose[:2] - p[:2])) > 0.3 or abs(pose[2] - p[2]) > np.radians(8) for p in apart):
                apart.append(pose)
        return apart

    def end(self, near, reach, say):
        """(loss, pose) by the field from within `reach` metres, and 7.5 degrees for 0.35 m."""
        turns, ends = range(-int(8.6 * reach), int(8.6 * reach) + 1), []
        for place in self.best(lattice(near, reach, 0.07, turns, np.radians(2.5)), True, 24, every=32):
            ends.append(self.refined(place, 32, 5))
            if ends[-1][0] < 20 * NOTHING:
                ends[-1] = self.refined(ends[-1][1], 16, 8)
                if ends[-1][0] < NOTHING:
                    break
        loss, pose = min(ends, key=lambda row: row[0])
        say(f"field, {len(ends)} places tried, {loss:.2g} dB^2", pose)
        return self.refined(pose, 8, 3) if loss < NOTHING else (loss, pose)


def lattice(centre, reach, step, turns, turn):
    steps = np.arange(-reach, reach + step / 2, step)
    return [np.asarray(centre) + [dx, dy, k * turn] for dx in steps for dy in steps for k in turns]


def off(pose):
    """Metres and degrees, but for the cube's symmetry."""
    return np.hypot(*(pose[:2] - TRUTH[:2])), abs((np.degrees(pose[2] - TRUTH[2]) + 45) % 90 - 45)


def main(starts):
    began = time.perf_counter()
    measured, random, rows = Measured(), np.random.default_rng(0), []
    print(f"256 x 256 receivers measured in {time.perf_counter() - began:.0f} s")
    for k in range(starts):
        angle, far = random.uniform(0, 2 * np.pi), 3 * np.sqrt(random.uniform())
        start = np.zeros(3) if k == 0 else TRUTH + [far * np.cos(angle), far * np.sin(angle), np.radians(random.uniform(-45, 45))]
        began, spent = time.perf_counter(), time.process_time()
        tell = (lambda *words: print("   ", words[0], "off by {:.3f} m, {:.2f} degrees".format(*off(words[1])), flush=True)) if k == 0 else (lambda *_: None)
        rows.append(off(Search(measured).pose_from(start, tell)))
        print(f"start ({start[0]:.2f}, {start[1]:.2f}) m, {np.degrees(start[2]):.0f} degrees: off by {1e3 * rows[-1][0]:.3f} mm and {rows[-1][1]:.5f} degrees "
              f"after {time.perf_counter() - began:.0f} s ({time.process_time() - spent:.0f} s of processors)", flush=True)
    if not starts:
        rows.append(off(Search(measured).end(TRUTH + [0.1, -0.08, np.radians(2)], 0.14, lambda *_: None)[1]))
        print(f"start 13 cm and 2 degrees off: {1e3 * rows[-1][0]:.3f} mm and {rows[-1][1]:.5f} degrees off after the field alone")
    print(f"{sum(a < 0.01 and b < 0.1 for a, b in rows)} of {len(rows)} within 1 cm and 0.1 degrees")


if __name__ == "__main__":
    main(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
