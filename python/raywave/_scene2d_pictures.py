# SPDX-License-Identifier: Apache-2.0
"""Scenes and paths of the plane on matplotlib axes; one of many paths."""
from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from ._methods import method
from ._picture import in_file, picture
from ._raywave import Paths2D, Scene2D
from ._requirements import need


@dataclasses.dataclass(frozen=True, eq=False)
class Path2D:
    """One of Paths2D: paths[i]."""

    tx: str
    rx: str
    order: int
    objects: list[str]  # from the transmitter on
    vertices: np.ndarray  # [order + 2, 2], m
    valid: float
    power: float
    length_m: float
    loss: float
    departure_rad: float
    arrival_rad: float

    def plot(self, ax: Any | str | None = None, **line: Any) -> Any:
        """The ray on matplotlib axes, which are given back; smoothed ones as strong as they are valid."""
        return _draw_path(self, ax, line)


def _one_path(paths, names, columns, i):
    tx, rx, order, *numbers = columns
    return Path2D(names[0][tx[i]], names[1][rx[i]], int(order[i]), paths.objects(i), paths.vertices(i), *(float(column[i]) for column in numbers))


_COLUMNS = ("tx", "rx", "order", "valid", "power", "length_m", "loss", "departure_rad", "arrival_rad")


@method(Paths2D, "__getitem__")
def _path(self, path: int) -> Any:
    """One path, a raywave.scene2d.Path2D."""
    count, i = len(self), operator.index(path)
    if not -count <= i < count:
        raise IndexError(f"path {i} of {count}")
    return _one_path(self, self._device_names(), [getattr(self, name) for name in _COLUMNS], i)


@method(Paths2D, "__iter__")
def _all_paths(self) -> Iterator[Any]:
    """One after the other."""
    names, columns = self._device_names(), [getattr(self, name) for name in _COLUMNS]
    return (_one_path(self, names, columns, i) for i in range(len(self)))


# --- pictures ---


def _draw_path(path, ax, line):
    def draw(ax):
        ax = ax if ax is not None else need("matplotlib.pyplot", "plot").figure(layout="constrained").add_subplot()
        if path.valid > 0:
            ax.plot(*path.vertices.T, **{"color": f"C{path.order}", "lw": 0.8, "alpha": float(path.valid), **line})
        return ax

    return in_file(ax, draw)


@picture(Scene2D)
def _plot(self, ax: Any | str | None = None, names: bool = True) -> Any:
    """Objects and devices on matplotlib axes, which are given back."""
    ax = ax if ax is not None else need("matplotlib.pyplot", "plot").figure(layout="constrained").add_subplot()
    styles = {"wall": ("k", 1.5), "ris": ("C2", 3), "panel": ("C4", 3), "own": ("C5", 3)}
    for o in self.objects:
        if o["kind"] == "corner":
            ax.plot(*o["a"], "k.", ms=6)
        elif o["kind"] == "arc":
            angles = np.linspace(o["begin_rad"], o["end_rad"], 129)
            ax.plot(o["a"][0] + o["radius_m"] * np.cos(angles), o["a"][1] + o["radius_m"] * np.sin(angles), "k", lw=1.5)
        else:
            color, width = styles[o["kind"]]
            ax.plot([o["a"][0], o["b"][0]], [o["a"][1], o["b"][1]], color=color, lw=width)
    for devices, color in ((self.transmitters, "C3"), (self.receivers, "C0")):
        for name, at in devices.items():
            ax.plot(*at, "o", color=color)
            if names:
                ax.annotate(name, at, textcoords="offset points", xytext=(5, 5), color=color)
    ax.set_aspect("equal")
    ax.set_xlabel("x (m)"), ax.set_ylabel("y (m)")
    return ax


@picture(Paths2D)
def _plot_paths(self, ax: Any | str | None = None, **line: Any) -> Any:
    """Rays on matplotlib axes, which are given back; smoothed ones as strong as they are valid."""
    ax = ax if ax is not None else need("matplotlib.pyplot", "plot").figure(layout="constrained").add_subplot()
    for path in self:
        path.plot(ax, **line)
    return ax
