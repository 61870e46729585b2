# SPDX-License-Identifier: Apache-2.0
"""How many transmitters, and where: objectives of radio maps, and a choice among candidates by them.

    wanted = inverse.Coverage(-90.0)                    # the share of cells that get -90 dBm; inverse.SumRate(): bit/s/Hz
    placed = inverse.place_transmitters(scene, candidates, wanted, count=3, cell_size_m=2.0, max_depth=2)
    fit = rw.fit(placed.scene, {"device/*/position_m": dict(components=[0, 1])}, wanted, solver=rw.RadioMapSolver(), cell_size_m=2.0, max_depth=2)

The choice solves one map of all candidates; every set of them is then a sum over its rows. The greedy set is bettered by exchanges until none helps: the
greedy choice alone is within 1 - 1/e of the best coverage, which grows with diminishing returns; sums of rates, where transmitters disturb each other, have no
such bound. As losses both are smooth but where the best transmitter of a cell changes."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._lines import line
from .._raywave import Device, Error, RadioMap, Scene
from .._values import real_number, whole_number

BOLTZMANN_J_PER_K = 1.380649e-23


def _cell_weights(weights, shape):
    out = np.ones(shape) if weights is None else np.broadcast_to(np.asarray(weights, dtype=float), shape)
    if not (np.isfinite(out).all() and (out >= 0).all() and out.any()):
        raise Error("weights must be finite and >= 0, not 0 everywhere")
    return out / out.sum()


def _of_best(values, slopes):
    """Slopes of what each cell has of its strongest transmitter, zeros elsewhere."""
    out = np.zeros_like(values)
    best = values.argmax(axis=0)[None]
    np.put_along_axis(out, best, slopes[None], axis=0)
    return out


class Coverage:
    """The share of cells whose strongest transmitter arrives with at least threshold_dbm (`rss`); weights [num_y, num_x] of cells.

    As a loss of rw.fit: 1 - the share, with each cell's step made a logistic of width_db, so that it has a slope."""

    def __init__(self, threshold_dbm: float, *, width_db: float = 2.0, weights: ArrayLike | None = None):
        self.threshold_dbm, self.width_db, self.weights = real_number("threshold_dbm", threshold_dbm), real_number("width_db", width_db), weights
        if not np.isfinite(self.threshold_dbm):
            raise Error(f"threshold_dbm must be finite, got {threshold_dbm}")
        if not 0 < self.width_db < np.inf:
            raise Error(f"width_db must be > 0, got {width_db}")

    def __repr__(self):
        return line(self, "threshold_dbm", "width_db")

    def share(self, rss_w: NDArray, noise_w: float = 0.0) -> float:
        """Of powers [num_tx, num_y, num_x] in watt; the noise does not count."""
        covered = (rss_w >= 1e-3 * 10 ** (self.threshold_dbm / 10)).any(axis=0)
        return float((covered * _cell_weights(self.weights, covered.shape)).sum())

    def __call__(self, radio_map: RadioMap, names: Sequence[str] | None = None) -> tuple[float, dict]:
        rss = np.asarray(radio_map.rss)
        best = np.maximum(rss.max(axis=0), 1e-300)
        weights = _cell_weights(self.weights, best.shape)
        level = (10 * np.log10(best) + 30 - self.threshold_dbm) / self.width_db
        soft = 0.5 * (1 + np.tanh(0.5 * level))
        slope = -weights * soft * (1 - soft) / self.width_db * 10 / np.log(10) / best
        return 1 - float((weights * soft).sum()), radio_map.vjp(rss=_of_best(rss, slope), wrt=names)


class SumRate:
    """The mean over cells of log2(1 + SINR) of the transmitter that is best there, bit/s/Hz: all send at once. weights [num_y, num_x] of cells: where people are.

    As a loss of rw.fit: minus the rate."""

    def __init__(self, *, weights: ArrayLike | None = None):
        self.weights = weights

    def __repr__(self):
        return "SumRate()" if self.weights is None else "SumRate(weights=...)"

    def share(self, rss_w: NDArray, noise_w: float = 0.0) -> float:
        """Of powers [num_tx, num_y, num_x] and noise in watt."""
        sinr = (rss_w / (rss_w.sum(axis=0) - rss_w + noise_w)).max(axis=0)
        return float((np.log2(1 + sinr) * _cell_weights(self.weights, sinr.shape)).sum())

    def __call__(self, radio_map: RadioMap, names: Sequence[str] | None = None) -> tuple[float, dict]:
        sinr = np.asarray(radio_map.sinr)
        best = sinr.max(axis=0)
        weights = _cell_weights(self.weights, best.shape)
        return -float((weights * np.log2(1 + best)).sum()), radio_map.vjp(sinr=_of_best(sinr, -weights / np.log(2) / (1 + best)), wrt=names)


@dataclasses.dataclass
class Placement:
    """names of the chosen candidates; value of the objective; course: (names, value) with one transmitter more each; scene: with them, and those it had."""

    names: list
    value: float
    course: list
    scene: Scene

    def __repr__(self):
        return f"Placement({', '.join(self.names)}: {self.value:.4g})"


def place_transmitters(scene: Scene, candidates: Sequence[Device], objective: object, *, count: int | None = None, target: float | None = None,
                       exchanges: int = 100, solver: object = None, **options: object) -> Placement:
    """Chooses `count` of the candidates (rw.Transmitter), or the fewest that reach `target`, for the highest value of the objective (Coverage, SumRate, or what has
    share(rss_w, noise_w)). Transmitters of the scene stay and count. options: the map's. exchanges: at most so many improvements by one for another, each time
    that one was added.

    @raises Error where no number of them reaches the target, with the best that there is."""
    from .. import RadioMapSolver
    if (count is None) == (target is None):
        raise Error("place_transmitters takes count= or target=, one of them")
    candidates = list(candidates)
    if not candidates:
        raise Error("there are no candidates")
    if count is not None and not 1 <= whole_number("count", count) <= len(candidates):
        raise Error(f"count must be from 1 to {len(candidates)}, the candidates, got {count}")
    if target is not None and not np.isfinite(real_number("target", target)):
        raise Error(f"target must be finite, got {target}")
    everyone, kept = scene.copy(), len(scene.transmitters)
    for device in candidates:
        everyone.add(device)
    rss = np.asarray((solver or RadioMapSolver())(everyone, **options).rss)
    noise_w = BOLTZMANN_J_PER_K * scene.temperature_k * scene.bandwidth_hz

    def value(chosen):
        return objective.share(rss[[*range(kept), *(kept + c for c in chosen)]], noise_w)

    chosen, course = [], []
    for _ in range(len(candidates) if count is None else count):
        chosen.append(max((c for c in range(len(candidates)) if c not in chosen), key=lambda c: value([*chosen, c])))
        chosen = _exchanged(chosen, value, len(candidates), exchanges)
        course.append(([candidates[c].name for c in chosen], value(chosen)))
        if target is not None and course[-1][1] >= target:
            break
    best = max(course, key=lambda row: row[1])
    if target is not None and course[-1][1] < target:
        raise Error(f"no number of the {len(candidates)} candidates reaches {target:g}: the best is {best[1]:.4g} by {', '.join(best[0])}")
    placed = scene.copy()
    for c in chosen:
        placed.add(candidates[c])
    return Placement([candidates[c].name for c in chosen], course[-1][1], course, placed)


def _exchanged(chosen, value, count, most):
    """The set bettered by one for another, the best exchange each time, until none helps."""
    now = value(chosen)
    for _ in range(most):
        trials = [[*chosen[:i], c, *chosen[i + 1:]] for i in range(len(chosen)) for c in range(count) if c not in chosen]
        best = max(trials, key=value, default=chosen)
        if not value(best) > now * (1 + 1e-12) + 1e-300:
            return chosen
        chosen, now = best, value(best)
    return chosen
