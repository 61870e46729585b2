# SPDX-License-Identifier: Apache-2.0
"""One channel twice: as echoes in time, and as what 100 MHz of spectrum see of them."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import raywave as rw

scene = rw.load_scene("street_canyon")
scene.add(rw.Transmitter("mast", [-30, 0, 10]))
scene.add(rw.Receiver("phone", [30, 2, 1.5]))
paths = rw.PathSolver()(scene, max_depth=5)
frequencies = rw.subcarrier_frequencies(1024, 100e6 / 1024)
response = paths.cfr(frequencies)[0, 0, 0, 0, 0]
spread = paths.link_statistics("mast", "phone")["rms_delay_spread_s"]
print(f"delay spread {spread * 1e9:.1f} ns; the response varies by {np.ptp(20 * np.log10(abs(response))):.0f} dB over 100 MHz")
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
paths.plot_cir(left)
right.plot(frequencies / 1e6, 20 * np.log10(abs(response)))
right.set(xlabel="frequency from the carrier [MHz]", ylabel="gain [dB]")
figure.savefig(sys.argv[1], dpi=110)
