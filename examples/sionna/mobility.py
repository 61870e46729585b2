# SPDX-License-Identifier: Apache-2.0
"""The steps of Sionna RT's tutorial on mobility - velocities of devices and objects, Doppler shifts, a channel that evolves - in its words: the first
line alone differs."""
from raywave import PathSolver, PlanarArray, Receiver, Transmitter, load_scene

import pathlib

import numpy as np

FILE = str(pathlib.Path(__file__).resolve().parents[2] / "scenes/street_canyon/street_canyon.xml")

scene = load_scene(FILE, merge_shapes=False)
scene.frequency = 3.5e9
scene.tx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
scene.rx_array = scene.tx_array
scene.add(Transmitter("tx", position=[-30, 0, 10]))
scene.add(Receiver("rx", position=[30, 2, 1.5], velocity=[20, 0, 0]))
scene.get("rx").velocity = [25, 0, 0]
scene.get("north_1").velocity = [5, 0, 0]

paths = PathSolver()(scene=scene, max_depth=3, refraction=False)
doppler = np.array(paths.doppler)[np.array(paths.valid)]
print(f"Doppler shifts from {doppler.min():.1f} to {doppler.max():.1f} Hz")
a, tau = paths.cir(sampling_frequency=1e4, num_time_steps=100, normalize_delays=True, out_type="numpy")
h = a.sum(axis=-2)[0, 0, 0, 0]  # narrow band: all paths at one delay
spectrum = np.abs(np.fft.fftshift(np.fft.fft(h)))**2
shifts = np.fft.fftshift(np.fft.fftfreq(100, 1e-4))
print(f"Doppler spectrum: strongest at {shifts[spectrum.argmax()]:.0f} Hz")
for step in range(3):
    scene.get("rx").position = [30 + step, 2, 1.5]
    moved = PathSolver()(scene=scene, max_depth=3, refraction=False)
    print(f"x = {30 + step} m: first arrival after {np.array(moved.tau)[np.array(moved.valid)].min() * 1e9:.2f} ns")
