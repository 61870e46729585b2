# SPDX-License-Identifier: Apache-2.0
"""Where a device or an object is over time, from arrays or CSV files.

Between two times positions are interpolated
- "linear": straight, at a constant velocity. At a given time the velocity is that of the stretch which begins there (at the last, which ends).
- "cubic": by the Hermite cubic whose velocity at a given time is the slope of the parabola through it and its two neighbours (at the ends,
  through the three nearest; two times: the straight line). Position and velocity are continuous.
Orientations (yaw, pitch, roll) turn at a constant rate the shorter way round (between opposite orientations: about any axis)."""
from __future__ import annotations

import csv
import difflib
import io
import math
import os
import pathlib

import numpy as np
from numpy.typing import ArrayLike

from .._geometry import rotation
from .._raywave import Error

INTERPOLATIONS = ("linear", "cubic")
OUTSIDE = ("error", "hold")
_PLACE, _TURN = ("x_m", "y_m", "z_m"), ("yaw_rad", "pitch_rad", "roll_rad")


def check_times(times_s, what) -> np.ndarray:
    """Increasing finite seconds, [n]. @raises Error naming the first that is not."""
    try:
        times = np.array(times_s, dtype=np.float64)
    except (TypeError, ValueError):
        raise Error(f"{what}: times are numbers of seconds, got {times_s!r}") from None
    if times.ndim != 1 or len(times) == 0:
        raise Error(f"{what}: times are a list of seconds, at least one; got an array of shape {list(times.shape)}")
    for i, t in enumerate(times):
        if not math.isfinite(t):
            raise Error(f"{what}: times_s[{i}] must be finite, got {t}")
        if i and t <= times[i - 1]:
            raise Error(f"{what}: times must increase: times_s[{i}] = {t:g} s follows {times[i - 1]:g} s")
    return times


def _triples(values, count, name, what):
    try:
        out = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        out = np.empty(0)
    if out.shape != (count, 3):
        raise Error(f"{what}: {name} is an array of shape [{count}, 3], three numbers a time; got {list(out.shape)}")
    bad = np.argwhere(~np.isfinite(out))
    if len(bad):
        raise Error(f"{what}: {name}[{bad[0][0]}] must be finite, got {out[bad[0][0]].tolist()}")
    return out


class Trajectory:
    """Trajectory(times_s [n], positions_m [n, 3], orientations_rad [n, 3] or None): of a device its place and (yaw, pitch, roll); of an
    object the place of the middle of its bounding box and how it is turned, about that middle, from how it stands in the scene.

    interpolation: "linear" or "cubic"; outside: before the first and after the last time "error", or "hold": it stands still there."""

    def __init__(self, times_s: ArrayLike, positions_m: ArrayLike, orientations_rad: ArrayLike | None = None, *, interpolation: str = "linear",
                 outside: str = "error", what: str = "trajectory"):
        for word, given, known in (("interpolation", interpolation, INTERPOLATIONS), ("outside", outside, OUTSIDE)):
            if given not in known:
                raise Error(f"{what}: {word} is one of {', '.join(known)}, got {given!r}")
        self.times_s = check_times(times_s, what)
        n = len(self.times_s)
        self.positions_m = _triples(positions_m, n, "positions_m", what)
        self.orientations_rad = None if orientations_rad is None else _triples(orientations_rad, n, "orientations_rad", what)
        self.interpolation, self.outside, self.what = interpolation, outside, what

    def __len__(self) -> int:
        return len(self.times_s)

    def __repr__(self):
        turned = "" if self.orientations_rad is None else ", orientations"
        return f"Trajectory({len(self)} times from {self.times_s[0]:g} to {self.times_s[-1]:g} s{turned}, {self.interpolation!r})"

    @classmethod
    def read_csv(cls, file: str | os.PathLike, **more: object) -> Trajectory:
        """Of a file with one body. @raises Error naming file and line."""
        found = read_trajectories(file, **more)
        if len(found) != 1:
            raise Error(f"'{file}' holds the trajectories of {len(found)} bodies ({', '.join(map(repr, list(found)[:4]))}): read_trajectories gives them by name")
        return next(iter(found.values()))

    def at(self, times_s: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """(positions_m, velocities_m_per_s, orientations_rad or None), [n, 3] each. @raises Error for times outside."""
        try:
            t = np.atleast_1d(np.asarray(times_s, dtype=np.float64))
        except (TypeError, ValueError):
            raise Error(f"{self.what}: times are numbers of seconds, got {times_s!r}") from None
        if t.ndim != 1 or not np.isfinite(t).all():
            raise Error(f"{self.what}: times are a list of finite seconds, got {t.tolist()}"[:300])
        first, last = self.times_s[0], self.times_s[-1]
        beyond = (t < first) | (t > last)
        if beyond.any() and self.outside == "error":
            raise Error(f"{self.what}: {t[beyond][0]:g} s lies outside of its times, {first:g} to {last:g} s (outside=\"hold\" lets it stand still there)")
        inside = np.clip(t, first, last)
        k = np.clip(np.searchsorted(self.times_s, inside, side="right") - 1, 0, max(len(self) - 2, 0))
        if len(self) == 1:
            position, velocity = np.repeat(self.positions_m, len(t), axis=0), np.zeros((len(t), 3))
        else:
            position, velocity = self._place(k, inside)
        velocity[beyond] = 0
        return position, velocity, None if self.orientations_rad is None else self._turned(k, inside)

    def _place(self, k, t):
        h = (self.times_s[k + 1] - self.times_s[k])[:, None]
        s = (t - self.times_s[k])[:, None] / h
        a, b = self.positions_m[k], self.positions_m[k + 1]
        if self.interpolation == "linear":
            return np.where(s < 1, a + s * (b - a), b), (b - a) / h
        slope = self._slopes()
        u, v = slope[k] * h, slope[k + 1] * h
        position = (2 * s**3 - 3 * s**2 + 1) * a + (s**3 - 2 * s**2 + s) * u + (3 * s**2 - 2 * s**3) * b + (s**3 - s**2) * v
        velocity = ((6 * s**2 - 6 * s) * a + (3 * s**2 - 4 * s + 1) * u + (6 * s - 6 * s**2) * b + (3 * s**2 - 2 * s) * v) / h
        return position, velocity

    def _slopes(self):
        h = np.diff(self.times_s)[:, None]
        d = np.diff(self.positions_m, axis=0) / h
        if len(d) == 1:
            return np.concatenate([d, d])
        inner = (h[1:] * d[:-1] + h[:-1] * d[1:]) / (h[:-1] + h[1:])  # of the parabola through three points
        return np.concatenate([2 * d[:1] - inner[:1], inner, 2 * d[-1:] - inner[-1:]])

    def _turned(self, k, t):
        out = []
        for i, time in zip(k, t):
            a = self.orientations_rad[i]
            b = self.orientations_rad[min(i + 1, len(self) - 1)]
            h = self.times_s[min(i + 1, len(self) - 1)] - self.times_s[i]
            s = (time - self.times_s[i]) / h if h else 0.0
            out.append(a if s == 0 else b if s == 1 else _between(a, b, s))
        return np.array(out)


def _between(a, b, s):
    """From a to b by the shorter way at a constant rate: R(s) = R_a exp(s log(R_a^T R_b)), as (yaw, pitch, roll)."""
    ra = rotation(*a)
    step = ra.T @ rotation(*b)
    sine = np.array([step[2, 1] - step[1, 2], step[0, 2] - step[2, 0], step[1, 0] - step[0, 1]]) / 2
    angle = math.atan2(np.linalg.norm(sine), (np.trace(step) - 1) / 2)
    if angle < 1e-12:
        return a + s * (b - a) if np.allclose(a, b, atol=1e-9) else a
    if math.pi - angle < 1e-6:  # the axis is the eigenvector of 1: (step + 1) / 2 = axis axis^T
        outer = (step + np.eye(3)) / 2
        axis = outer[:, np.argmax(np.diag(outer))]
        if axis @ sine < 0:
            axis = -axis
    else:
        axis = sine
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    r = ra @ (np.eye(3) + math.sin(s * angle) * cross + (1 - math.cos(s * angle)) * cross @ cross)
    return np.array([math.atan2(r[1, 0], r[0, 0]), math.atan2(-r[2, 0], math.hypot(r[0, 0], r[1, 0])), math.atan2(r[2, 1], r[2, 2])])


def read_trajectories(file: str | os.PathLike, **more: object) -> dict[str, Trajectory]:
    """{name: Trajectory} of a CSV file with the columns name, time_s, x_m, y_m, z_m and, all or none, yaw_rad, pitch_rad, roll_rad, in any order.
    Without the column name the file holds one body, called as the file. Bodies may be mixed; each one's times increase. more: interpolation, outside.

    @raises Error naming file and line."""
    file = pathlib.Path(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Error(f"'{file}' cannot be read: {error}") from None
    rows = _rows(file, text)
    header = [word.strip() for word in next(rows, (1, []))[1]]
    _check_header(file, header)
    turned = _TURN[0] in header
    wanted = ("time_s", *_PLACE, *(_TURN if turned else ()))
    bodies: dict[str, list] = {}
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        where = f"'{file}', line {line}"
        if len(row) != len(header):
            raise Error(f"{where}: {len(row)} fields, the header has {len(header)}")
        cells = dict(zip(header, (cell.strip() for cell in row)))
        name = cells.get("name", file.stem)
        if not name:
            raise Error(f"{where}: the name is empty")
        numbers = [_number(where, column, cells[column]) for column in wanted]
        body = bodies.setdefault(name, [])
        if body and numbers[0] <= body[-1][0]:
            raise Error(f"{where}: times of '{name}' must increase: {numbers[0]:g} s follows {body[-1][0]:g} s")
        body.append(numbers)
    if not bodies:
        raise Error(f"'{file}' holds no row")
    out = {}
    for name, body in bodies.items():
        table = np.array(body)
        out[name] = Trajectory(table[:, 0], table[:, 1:4], table[:, 4:] if turned else None, what=f"trajectory of '{name}'", **more)
    return out


def _rows(file, text):
    """(number of its last line, cells) of each row: what is quoted may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise Error(f"'{file}', line {reader.line_num}: {error}") from None


def _check_header(file, header):
    known = ("name", "time_s", *_PLACE, *_TURN)
    for word in header:
        if word not in known:
            near = [name for name in known if word and name.startswith(word)] or difflib.get_close_matches(word, known, 1)
            raise Error(f"'{file}', line 1: unknown column '{word}'" + (f", did you mean '{near[0]}'?" if near else "") + f" Known: {', '.join(known)}")
        if header.count(word) > 1:
            raise Error(f"'{file}', line 1: the column {word} is there twice")
    missing = [word for word in ("time_s", *_PLACE) if word not in header]
    turn = [word for word in _TURN if word in header]
    if turn:
        missing += [word for word in _TURN if word not in header]
    if missing:
        raise Error(f"'{file}', line 1: column{'s' if len(missing) > 1 else ''} {', '.join(missing)} missing")


def _number(where, column, text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Error(f"{where}: {column} must be a finite number, got '{text}'")
    return value
