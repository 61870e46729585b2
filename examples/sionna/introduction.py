# SPDX-License-Identifier: Apache-2.0
"""The steps of Sionna RT's introduction - a scene, devices, paths, channels - in its words: the first line alone differs."""
from raywave import PathSolver, PlanarArray, Receiver, Transmitter, load_scene, subcarrier_frequencies

import pathlib

import numpy as np

FILE = str(pathlib.Path(__file__).resolve().parents[2] / "scenes/street_canyon/street_canyon.xml")

scene = load_scene(FILE, merge_shapes=False)
scene.frequency = 3.5e9
scene.tx_array = PlanarArray(num_rows=1, num_cols=2, vertical_spacing=0.5, horizontal_spacing=0.5, pattern="tr38901", polarization="V")
scene.rx_array = PlanarArray(num_rows=1, num_cols=1, vertical_spacing=0.5, horizontal_spacing=0.5, pattern="dipole", polarization="cross")
tx = Transmitter(name="tx", position=[-30, 0, 10], display_radius=2)
scene.add(tx)
rx = Receiver(name="rx", position=[30, 2, 1.5], display_radius=2)
scene.add(rx)
tx.look_at(rx)

paths = PathSolver()(scene=scene, max_depth=3, los=True, specular_reflection=True, diffuse_reflection=False, refraction=False,
                     synthetic_array=False, seed=41)
a, tau = paths.cir(normalize_delays=True, out_type="numpy")
print("a", a.shape, "tau", tau.shape)
frequencies = subcarrier_frequencies(num_subcarriers=256, subcarrier_spacing=30e3)
h = paths.cfr(frequencies=frequencies, normalize=True, normalize_delays=True, out_type="numpy")
print("cfr", h.shape, f"mean energy {np.mean(np.abs(h)**2):.3f}")
taps = paths.taps(bandwidth=100e6, l_min=-6, l_max=50, sampling_frequency=None, normalize=True, normalize_delays=True, out_type="numpy")
print("taps", taps.shape, "strongest", int(np.argmax(np.abs(taps[0, 0, 0, 0, 0]))) - 6)
