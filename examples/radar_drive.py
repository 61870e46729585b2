# SPDX-License-Identifier: Apache-2.0
"""A 77 GHz radar drives past a parked car: the strongest echo's range and Doppler shift, frame by frame, beside what geometry says, and a page with a slider.
Usage: radar_drive.py [FOLDER]"""
import pathlib
import sys

import numpy as np
import raywave as rw
from raywave import signal

out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
SPEED = 10.0  # m/s along +x
scene = rw.Scene()
scene.frequency_hz = 77e9
scene.add(rw.Material("metal", perfect_conductor=True))
scene.add(rw.box("car", center_m=[20, 3.5, 0.75], size_m=[4.2, 1.8, 1.5], material="metal"))
radar = signal.Fmcw(slope_hz_per_s=15e12, sampling_frequency_hz=10e6, num_samples=256, num_chirps=128, chirp_period_s=40e-6)
times = np.linspace(0, 2.4, 13)
ways = {}
for name, y in (("radar_tx", 0.02), ("radar_rx", -0.02)):
    scene.add((rw.Transmitter if name == "radar_tx" else rw.Receiver)(name, [0, y, 0.6]))
    ways[name] = rw.Trajectory([0, 2.4], [[0, y, 0.6], [24, y, 0.6]])
page = rw.simulate(scene, times, ways, paths=dict(max_depth=1, diffraction=True, los=False, finder="exhaustive")).save_html(out / "radar_drive.html")

worst = 0.0
print(" x [m]   range [m]   wanted   Doppler [Hz]   wanted")
for t in times:
    here = scene.copy()
    for name in ways:
        device = here.get(name)
        device.position_m = [SPEED * t, device.position_m[1], 0.6]
        device.velocity_m_per_s = [SPEED, 0, 0]
    power = (abs(rw.PathSolver()(here, max_depth=1, diffraction=True, los=False, finder="exhaustive").spectrum(radar)) ** 2).sum(axis=(0, 1, 2, 3, 4))
    row, column = np.unravel_index(power.argmax(), power.shape)
    # the point of the car's outline that is nearest is its corner, or the foot of the perpendicular on its side
    at = np.array([np.clip(SPEED * t, 17.9, 22.1), 2.6])
    way = at - [SPEED * t, 0]
    distance = np.linalg.norm(way)
    shift = 2 * SPEED * way[0] / distance * 77e9 / 299792458.0
    got = radar.ranges_m()[column], radar.doppler_hz()[row]
    worst = max(worst, abs(got[0] - distance))
    print(f"{SPEED * t:6.1f} {got[0]:10.2f} {distance:9.2f} {got[1]:13.0f} {shift:9.0f}")
print(f"ranges within {worst:.2f} m of the nearest point, a bin being {radar.range_resolution_m:.2f} m")
print(page)
