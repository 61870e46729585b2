# SPDX-License-Identifier: Apache-2.0
"""Where is a device, and where are the walls? Both from channels alone: a device hears two stations from three places that it does not know, in a hall
of which two walls stand elsewhere than in the plan.

4 GHz, 128 tones over 1 GHz, stations with four antennas, 15 dB a tone; amplitude and phase of every link unknown. Starts: places up to 1 m off, walls
up to 0.5 m and 5 degrees. The point spread function, whose width is annealed, leads the echoes of direct paths and walls to the measured ones; the
samples up to one complex factor a link place all ten numbers by Levenberg-Marquardt, which also says how well; where more is left than noise, starts
beside it and walls half a wavelength aside are tried. python examples/mapping.py [FOLDER] [STARTS]"""
import itertools
import pathlib
import sys

import numpy as np
import raywave as rw
from raywave import signal

TONES = signal.Fmcw(slope_hz_per_s=1e9 / 128 * 5e6, sampling_frequency_hz=5e6, num_samples=128)  # a sounder's sweep: samples are tones
OPTIONS = dict(max_depth=2, finder="exhaustive")
PLACES = np.array([[-1.0, 0.5], [1.5, -1.0], [3.0, 1.5]])
WALLS = np.array([0.35, np.radians(2.0), -0.22, np.radians(-3.0)])  # north: moved, turned; east: moved, turned
TRUTH = np.concatenate([PLACES.ravel(), WALLS])
SPEC = {**{f"device/rx{i}/position_m": dict(components=[0, 1]) for i in range(3)},
        "object/north/translation_m": dict(components=[1]), "object/north/rotation_rad": dict(components=[0], scale=0.1),
        "object/east/translation_m": dict(components=[0]), "object/east/rotation_rad": dict(components=[0], scale=0.1)}


def hall(numbers):
    scene = rw.Scene()
    scene.frequency_hz = 4e9
    scene.add(rw.itu_material("concrete", 0.2))
    scene.add(rw.box("north", center_m=[0, 6.1, 2], size_m=[14, 0.2, 4], material="concrete"))
    scene.add(rw.box("east", center_m=[8.1, 0, 2], size_m=[0.2, 10, 4], material="concrete"))
    for i, at in enumerate(([-5, -4, 1.5], [5, -4.5, 1.5])):
        scene.add(rw.Transmitter(f"tx{i}", at, look_at=[1, 0, 1.5], array=rw.PlanarArray(num_cols=4)))
    for i in range(3):
        scene.add(rw.Receiver(f"rx{i}", [*numbers[2 * i:2 * i + 2], 1.5]))
    north, east = numbers[6:8], numbers[8:]
    scene.set_parameter("object/north/translation_m", [0, north[0], 0])
    scene.set_parameter("object/north/rotation_rad", [north[1], 0, 0])
    scene.set_parameter("object/east/translation_m", [east[0], 0, 0])
    scene.set_parameter("object/east/rotation_rad", [east[1], 0, 0])
    return scene


def measured(seed):
    paths = rw.PathSolver()(hall(TRUTH), **OPTIONS)
    noise = float(np.median(abs(paths.a).max(axis=-1))) ** 2 / 10 ** 1.5
    return signal.Loss("psf", TONES, paths.samples(TONES, noise_power=noise, seed=seed), amplitudes="common", noise_power=noise)


def start_near(random):
    out = TRUTH.copy()
    for i in range(3):
        angle, far = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform())
        out[2 * i:2 * i + 2] += far * np.cos(angle), far * np.sin(angle)
    return out + np.concatenate([np.zeros(6), random.uniform(-1, 1, 4) * [0.5, np.radians(5), 0.5, np.radians(5)]])


def placed(start, loss, folder=None):
    """(numbers by powers, numbers by samples, their standard deviations)"""
    fit = rw.fit(hall(start), SPEC, loss, annealing=signal.Annealing(0.8, 0.1, steps=40, then=("hann",)), **OPTIONS)
    if folder:
        fit.save_page(pathlib.Path(folder) / "mapping.html", title="A device and two walls")
    by_powers, samples = numbers_of(start, fit), loss.of_word("complex")
    energies = np.array([(abs(loss.measured[r, :, t]) ** 2).sum() for r, t in loss.links])
    of_noise = 0.5 * np.mean(loss.noise_power * loss.measured[0, :, 0].size / energies)  # what is left of the loss where all is right
    half, random, ends = 299792458.0 / 4e9 / 2, np.random.default_rng(0), []

    def attempt(near):
        """Is no more left than noise?"""
        fit = rw.fit(hall(near), SPEC, samples, method="lm", steps=20, **OPTIONS)
        ends.append((fit.loss, numbers_of(near, fit), fit.covariance))
        return fit.loss < 1.2 * of_noise

    def attempts():
        yield by_powers
        for _ in range(5):
            yield by_powers + random.normal(size=10) * ([0.02] * 6 + [0.01, 0.003] * 2)
        best = min(ends, key=lambda end: end[0])[1]
        for north, east in itertools.product((-1, 0, 1), repeat=2):  # echoes of a wall that stands half a wavelength aside are alike
            yield best + half * np.array([0] * 6 + [north, 0, east, 0])

    any(attempt(near) for near in attempts())
    _, numbers, covariance = min(ends, key=lambda end: end[0])
    return by_powers, numbers, np.sqrt(np.diag(covariance) * loss.noise_power / 2 * np.mean(1 / energies) / len(energies))


def numbers_of(start, fit):
    """Places are in the scene's frame, walls from where they stood."""
    return np.concatenate([fit.physical[:6], start[6:] + fit.physical[6:]])


def off(numbers):
    """The worst place in metres, the worst wall in metres (its face, over the 4 m about its middle) and in degrees."""
    d = numbers - TRUTH
    return max(np.hypot(*d[:6].reshape(3, 2).T)), max(abs(d[[6, 8]]) + 2 * abs(np.sin(d[[7, 9]]))), np.degrees(max(abs(d[[7, 9]])))


def main(folder, starts):
    random, rows = np.random.default_rng(0), []
    for k in range(starts):
        start, loss = start_near(random), measured(k + 1)
        by_powers, by_samples, _ = placed(start, loss, folder if k == 0 else None)
        rows.append([off(start), off(by_powers), off(by_samples)])
    rows = np.array(rows)
    print(f"{starts} starts: worst of three places, worst of two walls, its tilt (medians); places within 1 cm and walls within 1 cm")
    for name, one in zip(("starts", "powers, annealed, magnitudes", "then samples up to factors"), rows.transpose(1, 0, 2)):
        place, wall, tilt = np.median(one, axis=0)
        print(f"{name:30} {1e3 * place:9.2f} mm {1e3 * wall:9.2f} mm {tilt:7.4f} degrees {(one[:, :2] < 0.01).all(axis=1).mean():5.0%}", flush=True)
    return rows


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".", int(sys.argv[2]) if len(sys.argv) > 2 else 1)
