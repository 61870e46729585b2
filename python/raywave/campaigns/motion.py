# SPDX-License-Identifier: Apache-2.0
"""Campaigns over time: the samples are the times, what moves is varied: one value of its pose and velocity a time."""
from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from .._raywave import Error
from ..motion.simulation import _Body
from ..motion.trajectory import Trajectory, check_times, read_trajectories


def varied(times_s, trajectories, loaded, tx, rx, base) -> tuple[list[float], dict]:
    """(times, {parameter's name: its values, one a time}), as rw.simulate moves things: by trajectories, else straight on by a velocity. @raises Error"""
    times = check_times(times_s, "times_s")
    scene = next(iter(loaded.values())).copy()
    for devices in (tx, rx):
        for i in range(len(devices)):
            scene.add(devices.make(i))
    given = {} if trajectories is None else trajectories
    if isinstance(given, (str, os.PathLike)):
        given = read_trajectories(base / given)
    if not isinstance(given, Mapping):
        raise Error("trajectories: a dict of names and trajectories is wanted, or a CSV file with the column name")
    known = {**scene.transmitters, **scene.receivers, **scene.objects}
    for name in given:
        if name not in known:
            raise Error(f"trajectories: there is no device or object named '{name}'")
    out: dict = {}
    for name, item in known.items():
        way = given.get(name)
        if way is None and not any(item.velocity_m_per_s):
            continue
        if isinstance(way, (str, os.PathLike)):
            way = Trajectory.read_csv(base / way)
        elif way is not None and not isinstance(way, Trajectory):
            way = Trajectory(times, way, what=f"trajectory of '{name}'")
        body = _Body(item, way, times)
        if body.is_object and len(loaded) > 1:
            raise Error(f"trajectories: the object '{name}' moves, which takes a campaign of one scene")
        out[f"{'object' if body.is_object else 'device'}/{name}/velocity_m_per_s"] = body.velocities
        if body.is_object:
            rest = scene.parameters()[f"object/{name}/vertices_m"].value - body.middle  # of the cleaned mesh, which set_parameter takes
            out[f"object/{name}/vertices_m"] = np.stack([rest @ body.turn(k).T + body.positions[k] for k in range(len(times))])
        else:
            out[f"device/{name}/position_m"] = body.positions
            if way is not None and way.orientations_rad is not None:
                out[f"device/{name}/orientation_rad"] = body.orientations
    return times.tolist(), out
