# SPDX-License-Identifier: Apache-2.0
"""A wall by one 77 GHz radar: distance and tilt from four receiving antennas, noise 15 dB a sample, amplitude and phase of the echo unknown.

The point spread function, whose width is annealed, finds the distance; the samples up to one complex factor, which keep the phases between antennas,
find the tilt. How good that can be at best the Cramer-Rao bound says, computed here from the paths' derivatives. Where the echo's phase is known the
distance is known to a small part of the wavelength, once the whole number of half waves is: inverse.integer_cycles tries its neighbours. Beside it
what losses without a surrogate make of the same starts. python examples/radar_one.py [FOLDER] [STARTS]"""
import sys

import numpy as np
import raywave as rw
from raywave import inverse, signal

RADAR = signal.Fmcw(slope_hz_per_s=4e9 / 256 * 5e6, sampling_frequency_hz=5e6, num_samples=256)
OPTIONS = dict(max_depth=1, los=False, finder="exhaustive")
SPEC = {"object/wall/translation_m": dict(components=[0]), "object/wall/rotation_rad": dict(components=[0], scale=0.2)}
TRUTH = np.array([0.137, np.radians(3.3)])


def scene_with_wall(offset_m, tilt_rad):
    scene = rw.Scene()
    scene.frequency_hz = 77e9
    scene.add(rw.itu_material("concrete", 0.2))
    scene.add(rw.box("wall", center_m=[6.0, 0.0, 1.25], size_m=[0.2, 10.0, 2.5], material="concrete"))
    scene.add(rw.Transmitter("tx", [0, 0.05, 1.2]))
    scene.add(rw.Receiver("rx", [0, -0.05, 1.2], array=rw.PlanarArray(num_cols=4)))
    scene.set_parameter("object/wall/translation_m", [offset_m, 0, 0])
    scene.set_parameter("object/wall/rotation_rad", [tilt_rad, 0, 0])
    return scene


def bound(noise, phase_is_known):
    """Cramer-Rao: standard deviations of distance and tilt. The complex amplitude, where it is not known, is projected out of the derivatives."""
    paths = rw.PathSolver()(scene_with_wall(*TRUTH), **OPTIONS)
    y = paths.samples(RADAR).ravel()
    step = [{"object/wall/translation_m": np.array([1.0, 0, 0])}, {"object/wall/rotation_rad": np.array([1.0, 0, 0])}]
    slopes = np.stack([paths.samples_jvp(RADAR, s).ravel() for s in step], axis=1)
    if not phase_is_known:
        slopes = slopes - np.outer(y, (np.conj(y) @ slopes) / (np.conj(y) @ y))
    covariance = np.linalg.inv(2 / noise * (np.conj(slopes).T @ slopes).real)
    turn = np.stack([(measures(TRUTH + h) - measures(TRUTH - h)) / 2e-6 for h in 1e-6 * np.eye(2)], axis=1)
    return np.sqrt(np.diag(turn @ covariance @ turn.T))


def measures(pose):
    """Distance of the radar from the wall along its normal, and tilt: offset and tilt move both, and the distance is what a radar sees."""
    return np.array([(6.0 + pose[0]) * np.cos(pose[1]) - 0.1, pose[1]])


def found(start, loss, **words):
    """(offset, tilt) and the loss there; a start is an offset and a tilt."""
    fit = rw.fit(scene_with_wall(*start), SPEC, loss, **words, **OPTIONS)
    return start + fit.physical, fit.loss


def cycles_searched(pose, known):
    """Of the minima half a wavelength apart about a pose the one that the samples, phase and all, fit best."""
    half = 299792458.0 / RADAR_CENTRE_HZ / 2 / np.cos(pose[1])

    def refine(x):
        return found(x, known, steps=10, cap=half / 16)[0]

    return inverse.integer_cycles(lambda x: found(x, known, steps=1, cap=1e-9)[1], pose, [[half, 0.0]], reach=2, refine=refine)[0]


def main(starts):
    paths = rw.PathSolver()(scene_with_wall(*TRUTH), **OPTIONS)
    noise = abs(paths.a).max() ** 2 / 10 ** 1.5
    free, fixed = bound(noise, False), bound(noise, True)
    print(f"Cramer-Rao bound: {1e3 * free[0]:.3f} mm and {np.degrees(free[1]):.4f} degrees; with the phase known {1e6 * fixed[0]:.1f} um")
    random = np.random.default_rng(1)
    rows = {name: [] for name in ("annealed, then samples up to a factor", "the same, cycles searched", "magnitudes (hann)", "magnitudes (dirichlet)", "samples (complex)")}
    for k in range(starts):
        cube = paths.samples(RADAR, noise_power=noise, seed=10 + k)
        loss, known = (signal.Loss("psf", RADAR, cube, amplitudes=a, noise_power=noise) for a in ("common", "known"))
        start = TRUTH + [random.uniform(-1, 1), np.radians(random.uniform(-12, 12))]
        pose, _ = found(start, loss, annealing=signal.Annealing(1.6, 0.05, steps=25))
        pose, _ = found(pose, loss.of_word("complex"), steps=150, cap=0.1)  # along the valley of one distance to the right tilt
        poses = [pose, cycles_searched(pose, known.of_word("complex")),
                 *(found(start, which.of_word(word), steps=60, cap=0.02)[0] for which, word in ((loss, "hann"), (loss, "dirichlet"), (known, "complex")))]
        for name, p in zip(rows, poses):
            rows[name].append(abs(measures(p) - measures(TRUTH)))
    wavelength = 299792458.0 / RADAR_CENTRE_HZ
    print(f"{starts} starts to 1 m and 12 degrees, each with noise of its own; off by (median), within three times the bound, within a twentieth of a wavelength")
    for name, off in rows.items():
        off = np.array(off)
        print(f"{name:38} {1e3 * np.median(off[:, 0]):9.4f} mm {np.degrees(np.median(off[:, 1])):8.4f} degrees {(off < 3 * free).all(axis=1).mean():5.0%} "
              f"{(off[:, 0] < wavelength / 20).mean():5.0%}", flush=True)
    return rows, free


RADAR_CENTRE_HZ = 79e9  # of the band that is swept

if __name__ == "__main__":
    main(int(sys.argv[2]) if len(sys.argv) > 2 else 3)
