# SPDX-License-Identifier: Apache-2.0
"""A car drives down the street canyon: delays and Doppler shifts of its paths over time, its coverage, a page with a slider.
Usage: drive.py [FOLDER]"""
import pathlib
import sys

import numpy as np
import raywave as rw

out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
scene = rw.load_scene("street_canyon")
scene.add(rw.Transmitter("mast", position_m=[-30, 0, 10]))
scene.add(rw.Receiver("car", position_m=[-20, -2, 1.5]))
way = rw.Trajectory([0, 2, 5], [[-20, -2, 1.5], [0, -2, 1.5], [40, -2, 1.5]], interpolation="cubic")
simulation = rw.simulate(scene, np.linspace(0, 5, 26), {"car": way}, paths=dict(max_depth=2, diffraction=True, samples_per_src=100_000))

tracks = simulation.tracks
sight = next(k for k, track in enumerate(tracks.tracks) if not track.interactions)
print(f"{len(tracks)} tracks over {len(simulation)} snapshots, {int(tracks.valid.all(axis=0).sum())} of them all the way")
print(f"line of sight: {tracks.doppler_hz[0, sight]:.0f} Hz at the start, {tracks.doppler_hz[-1, sight]:.0f} Hz at the end")
print(f"the carrier's phase turned {np.ptp(tracks.phase_rad[:, sight, 0, 0]) / (2 * np.pi):.1f} times")
page = simulation.save_html(out / "drive.html")
print(page)
