# SPDX-License-Identifier: Apache-2.0
"""The pose of a metal box from 77 GHz radars, starts to 1 m and 12 degrees away, noise 15 dB a sample, amplitudes and phases of the echoes unknown.

Before each radar a face of the box flashes: its distance is in range, its direction in the phases between four receiving antennas. Where along its
face the box stands only the echoes of its edges say, 30 dB below. The point spread function whose width is annealed leads near, the samples up to one
complex factor a link lead home. With one radar that stands 64 chirps long, the edges' phases against the flash's repeat every few millimetres along the
face: all neighbours are tried, and of known phases those half a wavelength apart in range (inverse.integer_cycles). How good it can be the Cramer-Rao bound says, from the paths' derivatives. Beside it what losses without a
surrogate make of the same starts. python examples/radar_box.py [FOLDER] [STARTS]"""
import sys

import numpy as np
import raywave as rw
from raywave import inverse, signal

RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 256 * 5e6, sampling_frequency_hz=5e6, num_samples=256)
WAVELENGTH = 299792458.0 / 79e9  # in the middle of the band that is swept
OPTIONS = dict(max_depth=1, los=False, diffraction=True, finder="exhaustive")
SPEC = {"object/box/translation_m": dict(components=[0, 1]), "object/box/rotation_rad": dict(components=[0], scale=0.2)}
TRUTH = np.array([0.21, -0.13, np.radians(4.0)])
PLACES = {"west": (-5.5, 0.1), "south": (0.2, -4.0), "east": (5.6, -0.2)}


def scene_with_box(pose, radars):
    scene = rw.Scene()
    scene.frequency_hz = 77e9
    scene.add(rw.Material("metal", perfect_conductor=True))
    scene.add(rw.box("box", center_m=[0, 0, 0.7], size_m=[4.2, 1.8, 1.4], material="metal"))
    for name in radars:
        x, y = PLACES[name]
        side = np.array([-y, x]) / np.hypot(x, y) * 0.05  # across the way to the box
        scene.add(rw.Transmitter(f"{name} sends", [x + side[0], y + side[1], 0.7]))
        scene.add(rw.Receiver(f"{name} hears", [x - side[0], y - side[1], 0.7], look_at=[0, 0, 0.7], array=rw.PlanarArray(num_cols=4)))
    scene.set_parameter("object/box/translation_m", [*pose[:2], 0])
    scene.set_parameter("object/box/rotation_rad", [pose[2], 0, 0])
    return scene


class Measured:
    """Samples of some radars, as means over chirps, and losses of them: echoes up to a factor a link, and known."""

    def __init__(self, radars, chirps, seed):
        self.radars = radars
        paths = rw.PathSolver()(scene_with_box(TRUTH, radars), **OPTIONS)
        links = [(i, i) for i in range(len(radars))]
        flashes = [abs(paths.a[i, :, i]).max() for i, _ in links]
        self.noise = float(np.median(flashes) ** 2) / 10 ** 1.5 / chirps
        cube = paths.samples(RADAR, noise_power=self.noise, seed=seed)
        self.free, self.known = (signal.Loss("psf", RADAR, cube, links=links, amplitudes=a, noise_power=self.noise) for a in ("common", "known"))

    def found(self, start, loss, **words):
        """(pose, loss)"""
        fit = rw.fit(scene_with_box(start, self.radars), SPEC, loss, **words, **OPTIONS)
        return start + fit.physical, fit.loss

    def refined(self, pose, loss, steps=20):
        return self.found(pose, loss, method="lm", steps=steps)

    def by_samples(self, start):
        """A face turned away sends no flash, and nothing says which way it turned: three starts, of which the samples tell the right one."""
        ends, samples = [], self.free.of_word("complex")
        for turn in (0, -8, 8):
            pose, _ = self.found(start + [0, 0, np.radians(turn)], self.free, annealing=signal.Annealing(1.6, 0.05, steps=25, then=()))
            ends.append(self.refined(pose, samples))
        pose = min(ends, key=lambda end: end[1])[0]
        return pose if len(self.radars) > 1 else self.slid(pose, samples)

    def slid(self, pose, loss, reach_m=0.3, step_m=0.005):
        """The best place along the face that flashes: the edges' phases against the flash have a minimum every few millimetres, and hardly anything
        says on which side of the flash the nearer edge is."""
        along = np.array([-np.sin(pose[2]), np.cos(pose[2]), 0])
        aside = along[:2] @ (np.array(PLACES[self.radars[0]]) - pose[:2])  # the flash, from the face's middle
        steps = range(-round(reach_m / step_m), round(reach_m / step_m) + 1)
        ends = [self.refined(pose + (side + k * step_m) * along, loss, 6) for side in (0.0, 2 * aside) for k in steps]
        return self.refined(min(ends, key=lambda end: end[1])[0], loss)[0]

    def cycles_searched(self, pose, loss):
        """Of the minima half a wavelength apart along the way from the first radar the one that the samples, phase and all, fit best."""
        half = WAVELENGTH / 2 * np.array([np.cos(pose[2]), np.sin(pose[2]), 0])
        return inverse.integer_cycles(lambda x: self.refined(x, loss, 1)[1], pose, half, refine=lambda x: self.refined(x, loss)[0])[0]

    def bound(self, phase_is_known=False):
        """Cramer-Rao: standard deviations of the pose. A link's complex factor, where it is not known, is projected out of the derivatives."""
        paths = rw.PathSolver()(scene_with_box(TRUTH, self.radars), **OPTIONS)
        steps = [{"object/box/translation_m": [1.0, 0, 0]}, {"object/box/translation_m": [0, 1.0, 0]}, {"object/box/rotation_rad": [1.0, 0, 0]}]
        samples, slopes = paths.samples(RADAR), [paths.samples_jvp(RADAR, {k: np.array(v) for k, v in s.items()}) for s in steps]
        information = np.zeros((3, 3))
        for i in range(len(self.radars)):
            y, j = samples[i, :, i].ravel(), np.stack([s[i, :, i].ravel() for s in slopes], axis=1)
            if not phase_is_known:
                j = j - np.outer(y, (np.conj(y) @ j) / (np.conj(y) @ y))
            information += 2 / self.noise * (np.conj(j).T @ j).real
        return np.sqrt(np.diag(np.linalg.inv(information)))


def start_near(random):
    angle, far = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform())
    return TRUTH + [far * np.cos(angle), far * np.sin(angle), np.radians(random.uniform(-12, 12))]


def of_start(start, seed):
    """{what was done: (pose, bound)}"""
    rows = {}
    for name, radars, chirps in (("three radars", list(PLACES), 1), ("one radar, 64 chirps", ["west"], 64)):
        m = Measured(radars, chirps, seed)
        pose = m.by_samples(start)
        rows[f"{name}: samples up to factors"] = pose, m.bound()
        rows[f"{name}: phases known, cycles searched"] = m.cycles_searched(pose, m.known.of_word("complex")), m.bound(True)
        if len(radars) > 1:
            for word in ("hann", "dirichlet", "complex"):
                rows[f"{name}: {word} alone"] = m.found(start, m.free.of_word(word), steps=60, cap=0.02)[0], m.bound()
    return rows


def distance(pose):
    """Of the face from the radar before it."""
    normal = np.array([np.cos(pose[2]), np.sin(pose[2])])
    return normal @ (pose[:2] - PLACES["west"]) - 2.1


def main(starts):
    random, found = np.random.default_rng(1), {}
    for k in range(starts):
        for name, row in of_start(start_near(random), 10 + k).items():
            found.setdefault(name, []).append(row)
    print(f"{starts} starts to 1 m and 12 degrees, each with noise of its own; off by (median), the Cramer-Rao bound; within 5 mm and 0.1 degrees, within "
          "three bounds, the face's distance within a twentieth of a wavelength")
    for name, rows in found.items():
        poses, bound = np.array([r[0] for r in rows]), rows[0][1]
        off, range_off = abs(poses - TRUTH), abs(np.array([distance(p) for p in poses]) - distance(TRUTH))
        shown = ["{:.4f} mm {:.4f} degrees".format(1e3 * np.hypot(*x[:2]), np.degrees(x[2])) for x in (np.median(off, axis=0), bound)]
        home = (off[:, :2] < 5e-3).all(axis=1) & (np.degrees(off[:, 2]) < 0.1)
        print(f"{name:52} {shown[0]:28} {shown[1]:28} {home.mean():5.0%} {(off < 3 * bound).all(axis=1).mean():5.0%} {(range_off < WAVELENGTH / 20).mean():5.0%}",
              flush=True)
    return found


if __name__ == "__main__":
    main(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
