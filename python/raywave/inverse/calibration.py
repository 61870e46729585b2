# SPDX-License-Identifier: Apache-2.0
"""calibrate: a scene's parameters from what was measured in it, what the data tell of them, and what they do not."""
from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._files import new_file
from .._raywave import Error, Scene
from .fits import Fit, _Objective, _set, fit
from .measurements import Arrivals, Channels, Powers
from .observables import observable, with_receivers
from .residuals import CalibrationLoss, Rows
from .told import Told, prediction_deviation, told

LOSSES = ("l2", "huber")


def figures(measured, predicted, rows) -> dict:
    """count, rmse, mean_abs, median_abs, bias of measured - predicted over rows (a mask), in the values' unit."""
    rest = (measured - predicted)[rows]
    if not rest.size:
        return dict(count=0, rmse=math.nan, mean_abs=math.nan, median_abs=math.nan, bias=math.nan)
    size = np.abs(rest)
    return dict(count=int(rest.size), rmse=float(np.sqrt((size ** 2).mean())), mean_abs=float(size.mean()), median_abs=float(np.median(size)),
                bias=float(np.real(rest.mean())))


@dataclasses.dataclass
class Compared:
    """One set of measurements beside its predictions: measured, before, after, deviation (of the prediction, Laplace) [n], with the offsets in; used, held_out,
    censored masks; groups of names; position_m of the receivers; offsets: rows of factor, name, value, deviation."""

    kind: str
    unit: str
    measured: np.ndarray
    before: np.ndarray
    after: np.ndarray
    deviation: np.ndarray
    used: np.ndarray
    held_out: np.ndarray
    censored: np.ndarray
    groups: dict
    position_m: np.ndarray
    offsets: list

    def __repr__(self):
        return f"Compared({self.kind}, {int(self.used.sum())} used, {int(self.held_out.sum())} held out)"

    def figures(self) -> dict:
        """{"before", "after"}: {"used", "held_out"}: count, rmse, mean_abs, median_abs, bias; censored ones do not count."""
        masks = {"used": self.used & ~self.censored, "held_out": self.held_out & ~self.censored & np.isfinite(self.measured)}
        return {when: {which: figures(self.measured, values, mask) for which, mask in masks.items()}
                for when, values in (("before", self.before), ("after", self.after))}

    def by(self, factor) -> dict:
        """{name: figures after} of the values of each transmitter, receiver or run, used and held out alike."""
        there = np.isfinite(self.measured) & ~self.censored
        return {str(name): figures(self.measured, self.after, there & (self.groups[factor] == name)) for name in np.unique(self.groups[factor])}


@dataclasses.dataclass
class Calibration:
    """scene: calibrated, without the receivers that were put at measured places. values {name: array}; compared: one Compared a set; told: what the data
    tell; fit: the rw.Fit, its history and page; materials: those that vary (rw.materials), as found; start, deviations: of `labels`, physical (inf: not told)."""

    scene: Scene
    values: dict
    labels: list
    start: np.ndarray
    found: np.ndarray
    deviations: np.ndarray
    compared: list
    told: Told
    fit: Fit
    materials: dict = dataclasses.field(default_factory=dict)
    _rows: list = dataclasses.field(default=None, repr=False)
    _at: tuple = dataclasses.field(default=None, repr=False)

    def __repr__(self):
        return f"Calibration({len(self.labels)} numbers, {len(self.compared)} sets of measurements)"

    def __str__(self):
        return str(self.report())

    def _is_told(self, label):
        return label not in (*self.told.unseen, *self.told.together_only)

    def figures(self) -> dict:
        """Those of the first set; see Compared.figures."""
        return self.compared[0].figures()

    def report(self) -> str:
        """Parameters with their error bars, figures before and after, what the data cannot tell."""
        wide = max(map(len, self.labels))
        lines = [f"{label:<{wide}}  {was:.6g} -> {now:.6g}" + (f" +- {deviation:.2g}" if math.isfinite(deviation) else "") + ("" if self._is_told(label) else "  (not told by the data)")
                 for label, was, now, deviation in zip(self.labels, self.start, self.found, self.deviations)]
        for one in self.compared:
            told_of = one.figures()
            for which, word in (("used", "fitted"), ("held_out", "held out")):
                before, after = told_of["before"][which], told_of["after"][which]
                if after["count"]:
                    lines.append(f"{one.kind}, {word} ({after['count']}): RMSE {before['rmse']:.4g} -> {after['rmse']:.4g} {one.unit}, "
                                 f"mean abs {before['mean_abs']:.4g} -> {after['mean_abs']:.4g} {one.unit}".replace("  ", " "))
            lines += [f"offset of {o['factor']} {o['name']}: {o['value']:.4g} +- {o['deviation']:.2g} {one.unit}" for o in one.offsets[:12] if not isinstance(o["value"], complex)]
        return "\n".join([*lines, str(self.told)])

    def predict(self, position_m: ArrayLike | None = None, *, tx: str | None = None, rx: str | None = None, run: str = "", set_number: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """(values, deviations) in dB of links that were not measured, with the offsets of their groups, as the set's quantity has them: at places [n, 3] (or named
        receivers), tx: names. The deviation is that of the prediction, by parameters and offsets (Laplace), without the noise of one value."""
        rows = self._rows[set_number]
        if rows.o.unit != "dB" or not hasattr(rows.o, "sign"):
            raise Error("predictions are of sets of powers; solve calibration.scene for other results")
        n = len(position_m) if position_m is not None else len(np.atleast_1d(rx))
        quantity = rows.quantity
        fresh = Powers(**{quantity: np.zeros(n)}, tx=tx, rx=rx, position_m=position_m, run=run, held_out=True)
        x, objective_words, joint, noise = self._at
        scene, spec, solver, options = objective_words
        there, names = with_receivers(scene, [fresh])
        view = observable(fresh, there, names[0])
        view.floor = rows.o.floor
        objective = _Objective(there, spec, None, solver, options)
        solved = objective.solve(x)
        result = solved[0]
        design = rows.offsets.of(view.groups, n) if rows.offsets.levels else np.zeros((n, 0))
        predicted = view.predict(result)
        columns = _columns(objective, x, solved, view)
        by = np.zeros((n, joint.shape[1]))
        by[:, :len(x)] = columns
        first = len(x) + sum(len(r.b) for r in self._rows[:set_number])
        by[:, first:first + design.shape[1]] = design
        deviation = prediction_deviation(x, objective.variables, joint, noise, rows.offsets.prior, by)
        return view.sign * (predicted + design @ rows.b), deviation

    def document(self) -> dict:
        """What save writes: JSON, with null for what is not finite."""
        return _finite(dict(
            parameters=[dict(name=label, start=a, value=b, deviation=c, told=self._is_told(label), at_bound=label in self.told.at_bound)
                        for label, a, b, c in zip(self.labels, self.start.tolist(), self.found.tolist(), self.deviations.tolist())],
            values={name: np.asarray(value).tolist() for name, value in self.values.items()}, loss=self.fit.loss, evaluations=self.fit.evaluations,
            sets=[dict(kind=one.kind, unit=one.unit, figures=one.figures(), offsets=[{**o, "value": str(o["value"]) if isinstance(o["value"], complex) else o["value"]} for o in one.offsets])
                  for one in self.compared],
            told=dict(noise=self.told.noise, singular_values=self.told.singular_values.tolist(), unseen=self.told.unseen, together_only=self.told.together_only,
                      combinations=self.told.combinations),
            course=[dict(step=h["step"], loss=h["loss"], x=h["physical"].tolist()) for h in self.fit.history]))

    def save(self, file: str | os.PathLike) -> pathlib.Path:
        """.json: parameters, figures, what is told; .npz: measured and predicted values, one array a set and word."""
        file = pathlib.Path(file)
        with new_file(file, (".json", ".npz"), "a calibration") as place:
            if file.suffix.lower() == ".json":
                pathlib.Path(place).write_text(json.dumps(self.document(), indent=1) + "\n", encoding="utf-8")
            else:
                words = ("measured", "before", "after", "deviation", "used", "held_out", "censored", "position_m")
                arrays = {(word if len(self.compared) == 1 else f"set{i}_{word}"): getattr(one, word) for i, one in enumerate(self.compared) for word in words}
                with open(place, "wb") as out:
                    np.savez_compressed(out, labels=np.array(self.labels), found=self.found, deviations=self.deviations, **arrays)
        return file

    def save_page(self, file: str | os.PathLike, title: str = "Calibration") -> pathlib.Path:
        """One page: the calibrated scene, parameters with error bars, figures before and after, residuals on the plan, what the data cannot tell."""
        from .calibration_page import page
        with new_file(file, (".html", ".htm"), "a page") as place:
            pathlib.Path(place).write_text(page(self, title), encoding="utf-8")
        return file

    def plot(self, ax: Any | None = None, *, when: str = "after", set_number: int = 0, tx: str | None = None) -> Any:
        """measured - predicted over the plan, with matplotlib; the mean of each place. when: "before" or "after". Gives the axes back."""
        from ..formats.pictures import _axes, _colorbar
        one = self.compared[set_number]
        if when not in ("before", "after"):
            raise Error(f"when is 'before' or 'after', got {when!r}")
        there = np.isfinite(one.measured) & ~one.censored & ((one.groups["tx"] == tx) if tx is not None else True)
        if not there.any():
            raise Error(f"nothing was measured from the transmitter '{tx}'")
        ax = _axes(ax)
        places, rest = _place_means(one, when, there)
        limit = max(np.percentile(np.abs(rest), 95), 1e-9)
        shown = ax.scatter(places[:, 0], places[:, 1], c=rest, s=9, cmap="RdBu_r", vmin=-limit, vmax=limit)
        _colorbar(ax, shown, f"measured - predicted [{one.unit}]")
        ax.set_aspect("equal")
        ax.set_xlabel("x [m]")
        ax.set_ylabel("y [m]")
        return ax


def _place_means(one, when, there):
    """Places [k, 3] and the mean residual of each."""
    rest = np.real(one.measured - getattr(one, when))[there]
    places, index = np.unique(one.position_m[there], axis=0, return_inverse=True)
    index = index.ravel()
    return places, np.bincount(index, rest) / np.bincount(index)


def _finite(value):
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _columns(objective, x, solved, view):
    """d prediction / d number, [n, numbers]: by tangents, or, of more numbers than values (networks), by cotangents."""
    result, names, back = solved
    v, n = objective.variables, len(view.valid)
    if view.is_complex or len(x) <= n:
        return np.stack([view.jvp(result, objective.problem.tangent(v.values(x), v.direction(x, i))) for i in range(len(x))], axis=1)
    return np.stack([v.gradient(x, back({name: np.asarray(g) for name, g in view.vjp(result, row, names).items()})) for row in np.eye(n)])


def _held_out(sets, views, wanted, seed):
    """Marks values: a share at random, or the runs of these names."""
    if wanted is None:
        return
    if isinstance(wanted, (str, list, tuple)):
        runs = {str(r) for r in ([wanted] if isinstance(wanted, str) else wanted)}
        known = {str(r) for view in views for r in np.unique(view.groups["run"])}
        missing = sorted(runs - known)
        if missing:
            raise Error(f"held_out names the run '{missing[0]}', which the measurements do not have: {', '.join(sorted(known)) or 'none'}")
        for view in views:
            view.held_out = view.held_out | np.isin(view.groups["run"].astype(str), list(runs))
        return
    if not (isinstance(wanted, (int, float)) and not isinstance(wanted, bool) and 0 < wanted < 1):
        raise Error(f"held_out is a share between 0 and 1, or names of runs, got {wanted!r}")
    random = np.random.default_rng(seed)
    for view in views:
        # a link's values together: neighbouring subcarriers tell of each other
        links = np.unique(np.stack([view.groups["rx"], view.groups["tx"]]), axis=1, return_inverse=True)[1].ravel()
        view.held_out = view.held_out | (random.random(links.max() + 1) < wanted)[links]


def calibrate(scene: Scene, measurements: object, parameters: Mapping[str, object] | Sequence[str], *, offsets: str | Sequence[str] = (), offset_sigma_db: float | None = None, loss: str = "l2", delta_db: float = 3.0,
              floor_db: float | None = None, sigma_db: float | None = None, held_out: object = None, patience: int | None = None, solver: object = None, method: str = "lm",
              steps: int = 30, seed: int = 1, checkpoint: str | None = None, resume: bool = False, progress: Callable | None = None, **words: object) -> Calibration:
    """Parameters of a scene from measurements: rw.calibrate(scene, inverse.read_measurements("drive.csv"), {"material/*/relative_permittivity": dict(bounds=(1, 12))}).

    measurements: inverse.Powers, Channels, Arrivals, or a list of them. parameters: as rw.fit has them (patterns with components, bounds, prior, scale, transform,
    tie). offsets: "tx", "rx", "run" or several: unknown constants in dB of each device or run, eliminated in closed form; offset_sigma_db: their prior about 0.
    loss: "l2" or "huber" (linear beyond delta_db). floor_db: path gain that is added to predictions of powers, by default 20 dB below the least value.
    sigma_db: of values that name none, by default 1 dB, and error bars scaled by what is left. held_out: a share of the links, or names of runs: predicted, not
    fitted. patience: ends after so many steps in which what is held out got no better, and keeps the best of it. solver, options: of paths (the
    default), ArrivalMapSolver, ScatteringSolver. method "lm", "lbfgs", "bfgs" or "adam"; steps, rate, starts, spread, checkpoint, resume, progress as in rw.fit.

    @raises Error for devices and runs that are not there, offsets that nothing fixes, parameters of which none is seen."""
    sets = list(measurements) if isinstance(measurements, (list, tuple)) else [measurements]
    if not sets or not all(isinstance(one, (Powers, Channels, Arrivals)) for one in sets):
        raise Error(f"measurements are inverse.Powers, Channels, Arrivals or a list of them, got {measurements!r}"[:200])
    if loss not in LOSSES:
        raise Error(f"loss is {' or '.join(repr(w) for w in LOSSES)}, got {loss!r}")
    for name, value in (("delta_db", delta_db), ("offset_sigma_db", offset_sigma_db), ("sigma_db", sigma_db)):
        if value is not None and not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
            raise Error(f"{name} must be > 0, got {value!r}")
    if patience is not None and not (isinstance(patience, int) and patience >= 1):
        raise Error(f"patience must be a whole number >= 1, got {patience!r}")
    there, names = with_receivers(scene, sets)
    views = [observable(one, there, own) for one, own in zip(sets, names)]
    _held_out(sets, views, held_out, seed)
    if patience is not None and not any((v.held_out & v.valid).any() for v in views):
        raise Error("patience needs values that are held out")
    if sigma_db is not None:
        for view in views:
            if view.sigma is None and view.unit == "dB":
                view.sigma = np.full(len(view.valid), float(sigma_db))
    factors = (offsets,) if isinstance(offsets, str) else tuple(offsets)
    rows = [Rows(view, factors, loss=loss, delta=delta_db, offset_sigma_db=offset_sigma_db) for view in views]
    for one, row in zip(sets, rows):
        row.quantity = getattr(one, "quantity", one.kind)
    solver_words = ("rate", "last_rate", "cap", "starts", "spread")
    fit_words = {key: words.pop(key) for key in solver_words if key in words}
    objective = _Objective(there, parameters, None, solver, words)
    first = objective.solve(objective.x0)[0]
    for view in views:
        view.set_floor(first, floor_db)
    before = []
    for row in rows:
        predicted = row.o.predict(first)
        row.solve_offsets(predicted)
        before.append(row.modelled(predicted))
    goal = CalibrationLoss(rows)

    def tell(stage, step, value):
        goal.steps_since += 1
        answer = progress(stage, step, value) if progress else None
        return True if patience is not None and goal.steps_since > patience else answer

    found = fit(there, parameters, goal, solver=solver, method=method, steps=steps, seed=seed, checkpoint=checkpoint, resume=resume, progress=tell, unseen="keep",
                **fit_words, **words)
    x = found.x if patience is None or goal.best_held_out[1] is None else goal.best_held_out[1]
    return _finished(scene, objective, rows, before, x, found, (scene, parameters, solver, words))


def _finished(scene, objective, rows, before, x, found, objective_words):
    v, count = objective.variables, len(x)
    solved = objective.solve(x)
    result = solved[0]
    total = count + sum(row.b.size * (2 if row.o.is_complex else 1) for row in rows)
    joint, everything, place, square, values = [], [], count, 0.0, 0
    for row in rows:
        predicted, columns = row.o.predict(result), _columns(objective, x, solved, row.o)
        rest = row.residuals(predicted)
        square, values = square + float(rest @ rest), values + len(rest)
        width = row.b.size * (2 if row.o.is_complex else 1)
        for every, out in ((False, joint), (True, everything)):
            own = row.joint(predicted, columns, every)
            wide = np.zeros((len(own), total), dtype=own.dtype)
            wide[:, :count], wide[:, place:place + width] = own[:, :count], own[:, count:]
            out.append(wide)
        place += width
    joint = np.concatenate(joint)
    # Values that say how sure they are set the scale of the error bars; else it is what is left of them.
    if all(row.o.sigma is not None for row in rows):
        noise = 1.0
    else:
        noise = math.sqrt(square / max(1, values - np.linalg.matrix_rank(joint)))
    noise = max(noise, 1e-12)  # of data without noise
    known = told(x, v, joint, count, noise)
    prior = next((row.offsets.prior for row in rows if row.offsets.prior), None)
    compared, place = [], count
    for row, was, by in zip(rows, before, everything):
        o, width = row.o, row.b.size * (2 if row.o.is_complex else 1)
        parts = (by,) if not np.iscomplexobj(by) else (by.real, by.imag)
        deviation = np.sqrt(sum(prediction_deviation(x, v, joint, noise, prior, part) ** 2 for part in parts))
        one_each = np.zeros((width, total))
        one_each[np.arange(width), place + np.arange(width)] = 1.0
        deviations = prediction_deviation(x, v, joint, noise, prior, one_each)
        deviations = np.hypot(*deviations.reshape(2, -1)) if row.o.is_complex else deviations
        offsets = [dict(factor=factor, name=name, value=b.item(), deviation=float(d)) for (factor, name), b, d in zip(row.offsets.levels, row.b, deviations)]
        sign = getattr(o, "sign", 1.0)
        compared.append(Compared(type(o).__name__.replace("Observable", "").lower() + ("s" if not type(o).__name__.startswith("Arrival") else " maps"), o.unit,
                                 sign * o.values, sign * was, sign * row.modelled(o.predict(result)), deviation, row.used, o.held_out & o.valid,
                                 np.asarray(o.censored), o.groups, o.position_m, offsets))
        place += width
    there = scene.copy()
    values = v.values(x)
    _set(there, values)
    fields = {}
    for name, field in (objective_words[3].get("materials") or {}).items():
        own = {word: values[f"material/{name}/{word}"] for word in field.parameters() if f"material/{name}/{word}" in values}
        fields[name] = field.with_parameters(**{**field.parameters(), **own}) if own else field
    return Calibration(there, values, v.labels(), v.physical(objective.x0)[0], v.physical(x)[0], known.deviation, compared, known, found, fields, rows,
                       (x, objective_words, joint, noise))
