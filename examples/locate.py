# SPDX-License-Identifier: Apache-2.0
"""Where is the receiver, and how does the wall stand? Both from one channel, measured with 8 antennas on 64 subcarriers.

A street with a floor and a wall whose end stands in view, so that the wall's edge diffracts. The misfit has a valley every half
wavelength: from starts within a wavelength a coarse scan picks the valley, and Gauss-Newton steps with exact derivatives (jvp of the
frequency response, one parameter at a time) go down to its floor. Usage: locate.py [FOLDER] [TRIALS]"""
import itertools
import sys

import numpy as np

import raywave as rw

FREQUENCIES = np.linspace(-50e6, 50e6, 64)
SNR_DB = 30.0


def street():
    scene = rw.Scene()
    scene.frequency_hz = 2.4e9
    scene.add(rw.Material("concrete slab", relative_permittivity=5.24, conductivity_s_per_m=0.09, thickness_m=0.3))
    floor = np.array([[-60.0, -60, 0], [60, -60, 0], [60, 60, 0], [-60, 60, 0]])
    wall = np.array([[-15.0, 6, 0.2], [4, 6, 0.2], [4, 6, 9], [-15, 6, 9]])
    two = np.array([[0, 1, 2], [0, 2, 3]])
    scene.add(rw.Object("floor", floor, two, "concrete slab"))
    scene.add(rw.Object("wall", wall, two, "concrete slab"))
    array = rw.PlanarArray(num_rows=2, num_cols=4, pattern="iso", polarization="V")
    scene.add(rw.Transmitter("tx", [-8, -5, 5]))
    scene.add(rw.Receiver("rx", [6, -3, 1.6], array=array))
    return scene


def respond(scene):
    return rw.PathSolver()(scene, max_depth=2, diffraction=True, finder="exhaustive")


def channel(paths):
    return np.asarray(paths.cfr(FREQUENCIES, normalize_delays=False)).ravel()


def moved(scene, unknowns, step):
    """A copy with the steps, one number for each unknown component, added to its parameters."""
    trial, k = scene.copy(), 0
    for name, components in unknowns.items():
        value = np.array(trial.parameters()[name].value, float)
        value[list(components)] += step[k:k + len(components)]
        k += len(components)
        trial.set_parameter(name, value)
    return trial


def fit(scene, measured, unknowns, steps=25):
    """Levenberg-Marquardt over {parameter: which components}; edits the scene. The unknowns' units are metres and radians alike."""
    damping = 1e-2
    paths = respond(scene)
    miss = channel(paths) - measured
    for _ in range(steps):
        columns = []
        for name, components in unknowns.items():
            size = np.asarray(scene.parameters()[name].value).size
            for c in components:
                tangent = {name: np.eye(size)[c]}
                columns.append(np.asarray(paths.cfr_jvp(FREQUENCIES, tangent, normalize_delays=False)).ravel())
        j = np.stack(columns, axis=1)
        normal, slope = (j.conj().T @ j).real, (j.conj().T @ miss).real
        step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slope)
        trial = moved(scene, unknowns, step)
        new_paths = respond(trial)
        new_miss = channel(new_paths) - measured
        if np.linalg.norm(new_miss) < np.linalg.norm(miss):
            scene, paths, miss, damping = trial, new_paths, new_miss, damping / 5
        else:
            damping *= 4
        if np.abs(step).max() < 1e-7:
            break
    return scene


def scan(scene, measured, unknowns, offsets, keep=6):
    """The scenes moved by the offsets with the smallest misfits. offsets: one array of candidates for each unknown component."""
    found = []
    for candidate in itertools.product(*offsets):
        trial = moved(scene, unknowns, candidate)
        found.append((np.linalg.norm(channel(respond(trial)) - measured), len(found), trial))
    return [trial for _, _, trial in sorted(found, key=lambda f: f[:2])[:keep]]


def solve(scene, measured, unknowns, offsets):
    """Down from the best places of the scan; the lowest floor counts."""
    ends = [fit(s, measured, unknowns) for s in scan(scene, measured, unknowns, offsets)]
    return min(ends, key=lambda s: np.linalg.norm(channel(respond(s)) - measured))


def main():
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    rng, truth = np.random.default_rng(3), street()
    wavelength = truth.wavelength_m
    clean = channel(respond(truth))
    noise = np.sqrt(np.mean(np.abs(clean) ** 2) / 2) * 10 ** (-SNR_DB / 20)
    corner = np.asarray(truth.objects["wall"].vertices_m)
    worst = {"receiver": 0.0, "wall": 0.0}
    for _ in range(trials):
        measured = clean + noise * (rng.normal(size=clean.size) + 1j * rng.normal(size=clean.size))
        start = truth.copy()
        off = rng.normal(size=3)
        start.set_parameter("device/rx/position_m", np.array([6, -3, 1.6]) + 0.5 * wavelength * off / np.linalg.norm(off))
        unknowns = {"device/rx/position_m": (0, 1, 2)}
        around = wavelength * np.linspace(-0.5, 0.5, 6)
        found = solve(start, measured, unknowns, [around] * 3)
        error = np.linalg.norm(np.asarray(found.parameters()["device/rx/position_m"].value) - [6, -3, 1.6])
        worst["receiver"] = max(worst["receiver"], error / wavelength)

        start = truth.copy()
        start.set_parameter("object/wall/rotation_rad", [rng.uniform(-1, 1) * 0.002, 0, 0])
        start.set_parameter("object/wall/translation_m", [0, rng.uniform(-1, 1) * 0.5 * wavelength, 0])
        unknowns = {"object/wall/translation_m": (1,), "object/wall/rotation_rad": (0,)}
        found = solve(start, measured, unknowns, [wavelength * np.linspace(-0.6, 0.6, 9), np.linspace(-0.003, 0.003, 5)])
        error = np.linalg.norm(np.asarray(found.objects["wall"].vertices_m) - corner, axis=1).max()
        worst["wall"] = max(worst["wall"], error / wavelength)
    for what, error in worst.items():
        print(f"{what}: found to {error:.4f} wavelengths (worst of {trials}), {SNR_DB:.0f} dB of signal to noise")


main()
