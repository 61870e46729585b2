# SPDX-License-Identifier: Apache-2.0
"""Things that move: trajectories of devices and objects, and what the solvers find along them.

    car = rw.Trajectory([0, 10], [[0, 0, 1.5], [100, 0, 1.5]])
    simulation = rw.simulate(scene, np.linspace(0, 10, 101), {"car": car}, paths=dict(max_depth=3), radio_map=dict(cell_size_m=5))
    simulation.tracks.tau_s          # [time, track]
    simulation.to_xarray()           # with the axis time
    simulation.save_html("drive.html")
"""
from .simulation import Simulation, simulate
from .tracks import Tracks
from .trajectory import Trajectory, read_trajectories

__all__ = ["Simulation", "Tracks", "Trajectory", "read_trajectories", "simulate"]
