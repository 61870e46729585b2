# SPDX-License-Identifier: Apache-2.0
"""rw.simulate: a scene solved at one time after the other while its devices and objects move."""
from __future__ import annotations

import difflib
import os
import pathlib
import types
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import PathSolver, RadioMapSolver, _progress
from .._geometry import rotation
from .._raywave import Error, Paths, RadioMap, Scene
from .tracks import Tracks, follow, surfaces_of
from .trajectory import Trajectory, check_times, read_trajectories


class _Body:
    """A device or object of the scene and where it is at each time."""

    def __init__(self, item, trajectory, times_s):
        self.name, self.is_object = item.name, hasattr(item, "vertices_m")
        if self.is_object:
            self.vertices = np.array(item.vertices_m)
            self.middle = np.array(item.position_m)
        start = np.array(item.position_m)
        if trajectory is None:  # straight on with its own velocity, from where it stands at time 0
            self.velocities = np.repeat([item.velocity_m_per_s], len(times_s), axis=0).astype(float)
            self.positions = start + np.asarray(times_s)[:, None] * self.velocities
            self.orientations = None
        else:
            self.positions, self.velocities, self.orientations = trajectory.at(times_s)
        if self.orientations is None and not self.is_object:
            self.orientations = np.repeat([item.orientation_rad], len(times_s), axis=0).astype(float)

    @property
    def turns(self):
        return self.orientations is not None and len(self.orientations) > 1 and np.ptp(self.orientations, axis=0).any()

    def turn(self, step):
        return np.eye(3) if self.orientations is None else rotation(*self.orientations[step])

    def put(self, item, step):
        item.velocity_m_per_s = self.velocities[step].tolist()
        if self.is_object:
            item.vertices_m = np.ascontiguousarray((self.vertices - self.middle) @ self.turn(step).T + self.positions[step])
        else:
            item.position_m = self.positions[step].tolist()
            item.orientation_rad = self.orientations[step].tolist()

    def to_rest(self, step):
        turn = self.turn(step).T
        return turn, self.positions[step] - self.turn(step) @ self.middle


def _trajectories(scene, given, times_s) -> dict[str, Trajectory]:
    if given is None:
        return {}
    if isinstance(given, (str, os.PathLike)):
        given = read_trajectories(given)
    if not isinstance(given, Mapping):
        raise Error("trajectories: a dict of names and trajectories is wanted, or a CSV file with the column name")
    names = [*scene.transmitters, *scene.receivers, *scene.objects]
    out = {}
    for name, value in given.items():
        if name not in names:
            near = difflib.get_close_matches(str(name), names, 1)
            raise Error(f"trajectories: the scene has no device or object named '{name}'" + (f", did you mean '{near[0]}'?" if near else ""))
        what = f"trajectory of '{name}'"
        if isinstance(value, (str, os.PathLike)):
            value = Trajectory.read_csv(value)
        if not isinstance(value, Trajectory):
            value = Trajectory(times_s, value, what=what)
        if value.what == "trajectory":
            value = Trajectory(value.times_s, value.positions_m, value.orientations_rad, interpolation=value.interpolation, outside=value.outside, what=what)
        out[name] = value
    return out


def _bodies(scene, trajectories, times_s) -> dict[str, _Body]:
    """Those that move: with a trajectory, or a velocity of their own."""
    out = {}
    for items in (scene.transmitters, scene.receivers, scene.objects):
        for name, item in items.items():
            if name in trajectories or any(item.velocity_m_per_s):
                out[name] = _Body(item, trajectories.get(name), times_s)
    for body in out.values():
        if body.is_object and body.turns:
            warnings.warn(f"object '{body.name}' turns: Doppler shifts count the velocity of its middle, not that of its points about it", stacklevel=4)
    return out


def simulate(scene: Scene, times_s: ArrayLike, trajectories: Mapping[str, object] | str | os.PathLike | None = None, *,
             paths: Mapping[str, object] | bool = True, radio_map: Mapping[str, object] | bool = False,
             progress: Callable[[int, int], object] | bool | None = None) -> Simulation:
    """Solves the scene at each of times_s (increasing seconds) with its devices and objects where their trajectories say; the scene stays as it is.

    trajectories: {name of a device or object: Trajectory, positions [num_times, 3] at times_s, or a CSV file}, or a CSV file with the column name.
    What has a velocity_m_per_s and no trajectory moves straight on, from where it stands at time 0; all else stands still. Devices and objects
    get the velocities of their trajectories, by which paths have their Doppler shifts.
    paths, radio_map: options of PathSolver and RadioMapSolver, or True for their defaults (a map alone where there is no receiver). progress: as theirs, counting snapshots.
    @raises Error for times that do not increase, names that the scene does not have, times outside of a trajectory."""
    times = check_times(times_s, "simulate")
    options = {}
    for word, given, solver in (("paths", paths, PathSolver), ("radio_map", radio_map, RadioMapSolver)):
        if not isinstance(given, (bool, Mapping)) and given is not None:
            raise Error(f"simulate: {word} takes True, False or a dict of the options of {solver.__name__}, got {given!r}")
        options[word] = None if given is None or given is False else {} if given is True else dict(given)
    if paths is True and options["radio_map"] is not None and not scene.receivers:
        options["paths"] = None
    if options["paths"] is None and options["radio_map"] is None:
        raise Error("simulate: nothing is asked for: give paths or radio_map")
    if options["paths"] is not None and not options["paths"].get("synthetic_array", True):
        raise Error("simulate follows paths between devices: synthetic_array=False, which gives each pair of elements paths of its own, is not available")
    work = scene.copy()
    bodies = _bodies(work, _trajectories(work, trajectories, times), times)
    surfaces = surfaces_of(work)
    found_paths, found_maps = [], []
    with _progress.reporter(progress, "snapshots") as report:
        for step in range(len(times)):
            for name, body in bodies.items():
                body.put(work.get(name), step)
            try:
                if options["paths"] is not None:
                    found_paths.append(_Snapshot(PathSolver()(work, **options["paths"]), work))
                if options["radio_map"] is not None:
                    found_maps.append(RadioMapSolver()(work, **options["radio_map"]))
            except Error as error:
                raise Error(f"at {times[step]:g} s: {error}") from None
            if report:
                report(step + 1, len(times))
    return Simulation(times, work, bodies, surfaces, found_paths, found_maps)


class _Snapshot:
    """Paths with their arrays taken out once: each access of Paths would copy."""

    def __init__(self, paths, scene):
        self.paths = paths
        self.tx_names, self.rx_names = list(scene.transmitters), list(scene.receivers)
        self.tx_positions = np.array([d.position_m for d in scene.transmitters.values()]).reshape(-1, 3)
        self.rx_positions = np.array([d.position_m for d in scene.receivers.values()]).reshape(-1, 3)
        self.object_names = list(paths.object_names)
        self.a, self.vertices, self.interactions = np.asarray(paths.a), np.asarray(paths.vertices), np.asarray(paths.interactions)
        self.objects, self.valid = np.asarray(paths.objects), np.asarray(paths.valid)
        self.arrays = {name: np.asarray(getattr(paths, name)) for name in ("tau", "doppler", "theta_t", "phi_t", "theta_r", "phi_r")}
        self.tau = self.arrays["tau"]


class Simulation:
    """What simulate found: paths and radio_maps, one a time; tracks; poses of what moves. Made by simulate."""

    def __init__(self, times_s: np.ndarray, scene: Scene, bodies: dict, surfaces: object, snapshots: list, maps: list):
        self.times_s: NDArray[np.float64] = times_s
        self._scene, self._bodies, self._surfaces, self._snapshots = scene, bodies, surfaces, snapshots
        self.paths: list[Paths] = [s.paths for s in snapshots]
        self.radio_maps: list[RadioMap] = maps
        self._tracks: Tracks | None = None

    @property
    def poses(self) -> Mapping[str, types.SimpleNamespace]:
        """positions_m, velocities_m_per_s, orientations_rad at each time of what moves, by name."""
        return types.MappingProxyType({name: types.SimpleNamespace(positions_m=b.positions, velocities_m_per_s=b.velocities, orientations_rad=b.orientations)
                                       for name, b in self._bodies.items()})

    def __len__(self) -> int:
        return len(self.times_s)

    def __repr__(self):
        parts = [f"{len(self)} times from {self.times_s[0]:g} to {self.times_s[-1]:g} s", f"{len(self._bodies)} moving"]
        parts += [f"{sum(map(len, self.paths))} paths"] if self.paths else []
        return f"Simulation({', '.join(parts)}{', radio maps' if self.radio_maps else ''})"

    @property
    def tracks(self) -> Tracks:
        """The paths followed over time, by the surfaces that they touch."""
        if not self.paths:
            raise Error("tracks: no paths were asked for (paths=True)")
        if self._tracks is None:
            still = np.eye(3), np.zeros(3)
            self._tracks = follow(self.times_s, self._scene.frequency_hz, self._snapshots, self._surfaces,
                                  lambda step, name: self._bodies[name].to_rest(step) if name in self._bodies else still)
        return self._tracks

    def cfr(self, frequencies_hz: ArrayLike, **more: object) -> NDArray[np.complex128]:
        """[time, rx, rx_ant, tx, tx_ant, frequency] at baseband frequencies. Delays count from the transmitter (normalize_delays=False), so that phases
        are continuous over time; with normalize_delays=True each snapshot's count from its first path."""
        if not self.paths:
            raise Error("cfr: no paths were asked for (paths=True)")
        more = {"normalize_delays": False, **more}
        return np.stack([p.cfr(list(np.atleast_1d(frequencies_hz)), **more)[..., 0, :] for p in self.paths])

    def at(self, step: int) -> Scene:
        """A scene of its own with everything where it is at times_s[step]."""
        step = range(len(self))[step]
        out = self._scene.copy()
        for name, body in self._bodies.items():
            body.put(out.get(name), step)
        return out

    def to_xarray(self, frequencies_hz: ArrayLike | None = None) -> Any:
        """An xarray.Dataset with the axis time: of tracks delays, Doppler shifts, gains, phases, angles and vertices [time, track, ...], positions of
        devices and of objects that move, and of maps map_path_gain, map_rss, map_sinr [time, tx, y, x]. With frequencies_hz the frequency response."""
        from .labelled import dataset
        return dataset(self, frequencies_hz)

    def to_html(self, title: str = "raywave", metric: str = "path_gain") -> str:
        """One self-contained page: the report's, with a slider over time."""
        from .animation import page
        return page(self, title, metric)

    def save_html(self, file: str | os.PathLike, title: str | None = None, metric: str = "path_gain") -> pathlib.Path:
        """Writes to_html(); the file appears whole or not at all. @raises Error"""
        from .._files import new_file
        file = pathlib.Path(file)
        with new_file(file, (".html", ".htm"), "a page") as name:
            pathlib.Path(name).write_text(self.to_html(file.stem if title is None else title, metric), encoding="utf-8")
        return file

    def show(self, title: str = "raywave", metric: str = "path_gain") -> Any:
        """The page in a notebook, else the path of a file that holds it."""
        from .. import Report, _present
        return _present(Report(self.to_html(title, metric)))
