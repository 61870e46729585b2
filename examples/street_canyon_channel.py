# SPDX-License-Identifier: Apache-2.0
"""The channel of a link in a street canyon: paths, delay spread, a frequency response over 100 MHz."""
import pathlib

import numpy as np
import raywave as rw

scene = rw.load_scene(pathlib.Path(__file__).parents[1] / "scenes/street_canyon/street_canyon.xml")
scene.frequency_hz = 3.5e9
scene.add(rw.Transmitter("mast", [-30, 0, 10], array=rw.PlanarArray(num_rows=4, num_cols=4, pattern="tr38901", polarization="cross"),
                         look_at=[30, 0, 1.5]))
scene.add(rw.Receiver("phone", [30, 0, 1.5], array=rw.PlanarArray(polarization="VH")))

paths = rw.PathSolver()(scene, max_depth=4, refraction=True)
for path in paths:
    gain_db = 20 * np.log10(np.abs(path["a"]).max())
    print(f"{path['delay_s'] * 1e9:8.2f} ns  {gain_db:7.1f} dB  {' '.join(path['interactions']) or 'direct'}")
statistics = paths.link_statistics("mast", "phone")
print(f"delay spread {statistics['rms_delay_spread_s'] * 1e9:.1f} ns, path gain {10 * np.log10(statistics['path_gain']):.1f} dB")

frequencies = np.linspace(-50e6, 50e6, 201)
response = paths.cfr(frequencies.tolist())[0, 0, 0, :, 0]  # [tx antennas, frequencies]
print(f"over 100 MHz the strongest port varies by {np.ptp(20 * np.log10(np.abs(response).max(axis=0))):.1f} dB")
