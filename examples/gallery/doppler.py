# SPDX-License-Identifier: Apache-2.0
"""A phone that drives along the street at 50 km/h: fading over time and frequency."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

scene = rw.load_scene("street_canyon")
scene.add(rw.Transmitter("mast", [-30, 0, 10]))
scene.add(rw.Receiver("phone", [20, 3, 1.5], velocity_m_per_s=[50 / 3.6, 0, 0]))
paths = rw.PathSolver()(scene, max_depth=4)
frequencies = rw.subcarrier_frequencies(128, 1e6)
response = paths.cfr(frequencies, sampling_frequency_hz=1e3, num_time_steps=200)[0, 0, 0, 0]
print(f"Doppler shifts from {paths.doppler.min():.0f} to {paths.doppler.max():.0f} Hz, "
      f"fades of {np.ptp(20 * np.log10(abs(response))):.0f} dB")
figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
picture = ax.pcolormesh(frequencies / 1e6, np.arange(200) / 1e3, 20 * np.log10(abs(response)))
ax.set(xlabel="frequency from the carrier [MHz]", ylabel="time [s]")
figure.colorbar(picture, label="gain [dB]")
figure.savefig(sys.argv[1], dpi=110)
