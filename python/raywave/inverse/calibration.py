# SPDX-License-Identifier: Apache-2.0
"""calibrate: a scene's parameters from what was measured in it, what the data tell of them, and what they do not."""
from __future__ import annotations

import copy
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
from .fits import Fit, _covariance, _Objective, _set, fit
from ..ris import panels_at
from .measurements import Arrivals, Channels, Powers
from .observables import PowerObservable, observable, with_receivers
from .residuals import CalibrationLoss, Rows
from .told import Told, leverage, prediction_deviation, told

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
    tell; fit: the rw.Fit, its history and page; materials, panels: those that vary (rw.materials) and rw.Ris, as found; start, deviations: of `labels`, physical (inf: not told)."""

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
    panels: list = dataclasses.field(default_factory=list)
    _rows: list = dataclasses.field(default=None, repr=False)  # of each set; sets of powers of one quantity share theirs
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
        seen = set()  # sets of powers of one quantity share their offsets
        lines = [f"{label:<{wide}}  {was:.6g} -> {now:.6g}" + (f" +- {deviation:.2g}" if math.isfinite(deviation) else "") + ("" if self._is_told(label) else "  (not told by the data)")
                 for label, was, now, deviation in zip(self.labels, self.start, self.found, self.deviations)]
        for one in self.compared:
            told_of = one.figures()
            for which, word in (("used", "fitted"), ("held_out", "held out")):
                before, after = told_of["before"][which], told_of["after"][which]
                if after["count"]:
                    lines.append(f"{one.kind}, {word} ({after['count']}): RMSE {before['rmse']:.4g} -> {after['rmse']:.4g} {one.unit}, "
                                 f"mean abs {before['mean_abs']:.4g} -> {after['mean_abs']:.4g} {one.unit}".replace("  ", " "))
            offsets = [f"offset of {o['factor']} {o['name']}: {o['value']:.4g} +- {o['deviation']:.2g} {one.unit}" for o in one.offsets[:12] if not isinstance(o["value"], complex)]
            lines += [line for line in offsets if line not in seen]
            seen.update(offsets)
        return "\n".join([*lines, str(self.told)])

    def _require_set(self, number):
        if isinstance(number, bool) or not (isinstance(number, (int, np.integer)) and 0 <= number < len(self.compared)):
            raise Error(f"set_number is 0 to {len(self.compared) - 1}, got {number!r}")

    def predict(self, position_m: ArrayLike | None = None, *, tx: str | None = None, rx: str | None = None, run: str = "", set_number: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """(values, deviations) in dB of links that were not measured, with the offsets of their groups, as the set's quantity has them: at places [n, 3] (or named
        receivers), tx: names. Of offsets="rx" places and names that were measured alone. The deviation is that of the prediction, by parameters and offsets (Laplace), without the noise of one value."""
        self._require_set(set_number)
        rows = self._rows[set_number]
        if rows.o.unit != "dB" or not hasattr(rows.o, "sign"):
            raise Error("predictions are of sets of powers; solve calibration.scene for other results")
        n = len(position_m) if position_m is not None else len(np.atleast_1d(rx))
        quantity = rows.quantity
        fresh = Powers(**{quantity: np.zeros(n)}, tx=tx, rx=rx, position_m=position_m, run=run, held_out=True)
        x, objective_words, joint, each, places = self._at
        scene, spec, solver, options = objective_words
        if position_m is not None and "rx" in rows.offsets.factors:
            new = [point for point in map(tuple, fresh.position_m.tolist()) if point not in places]
            if new:
                raise Error(f"nothing fixes the offset of the place ({', '.join(f'{c:g}' for c in new[0])}): it was not measured")
        there, names = with_receivers(scene, [fresh], dict(places))
        view = observable(fresh, there, names[0])
        view.floor, view.fades = rows.o.floor, rows.o.fades
        objective = _Objective(there, spec, None, solver, options)
        if objective.variables.labels() != self.labels:
            raise Error("the parameters are of receivers at measured places: nothing is told of others")
        solved = objective.solve(x)
        result = solved[0]
        design = rows.offsets.of(view.groups, n) if rows.offsets.levels else np.zeros((n, 0))
        predicted = view.predict(result)
        columns = _columns(objective, x, solved, view)
        by = np.zeros((n, joint.shape[1]))
        by[:, :len(x)] = columns
        by[:, rows.place:rows.place + design.shape[1]] = design
        deviation = prediction_deviation(x, objective.variables, joint, each, rows.offsets.prior, by)
        return view.sign * (predicted + design @ rows.b), deviation

    def document(self) -> dict:
        """What save writes: JSON, with null for what is not finite."""
        return _finite(dict(
            parameters=[dict(name=label, start=a, value=b, deviation=c, told=self._is_told(label), at_bound=label in self.told.at_bound)
                        for label, a, b, c in zip(self.labels, self.start.tolist(), self.found.tolist(), self.deviations.tolist())],
            values={name: np.asarray(value).tolist() for name, value in self.values.items()}, loss=self.fit.loss, evaluations=self.fit.evaluations,
            sets=[dict(kind=one.kind, unit=one.unit, figures=one.figures(), offsets=[{**o, "value": str(o["value"]) if isinstance(o["value"], complex) else o["value"]} for o in one.offsets])
                  for one in self.compared],
            told=dict(noise=self.told.noise, noises=self.told.noises, noise_assumed=self.told.assumed, singular_values=self.told.singular_values.tolist(), unseen=self.told.unseen, together_only=self.told.together_only,
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
        self._require_set(set_number)
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
    # A link's values together, in all sets: neighbouring subcarriers, and the same link measured again, tell of each other.
    links = [[(str(tx), *place) for place, tx in zip(np.asarray(view.position_m).tolist(), view.groups["tx"])] for view in views]
    distinct = sorted(set().union(*links))
    drawn = dict(zip(distinct, np.random.default_rng(seed).random(len(distinct)) < wanted))
    for view, own in zip(views, links):
        view.held_out = view.held_out | np.array([drawn[link] for link in own])


def _gathered(sets, views):
    """[(observable, numbers of the sets in it)]: powers of one quantity are one set, however they lie in files."""
    together = {}
    for number, (one, view) in enumerate(zip(sets, views)):
        together.setdefault(("powers", one.quantity) if isinstance(one, Powers) else number, []).append((number, view))
    return [(PowerObservable.joined([v for _, v in own]) if len(own) > 1 else own[0][1], [number for number, _ in own]) for own in together.values()]


_FLOORS = (-1000.0, 100.0)  # dB: what a floor can be and still be a number that counts


def _check_words(offsets, delta_db, offset_sigma_db, sigma_db, floor_db, patience, seed):
    def is_number(value, kinds=(int, float, np.number)):
        return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)

    for name, value in (("delta_db", delta_db), ("offset_sigma_db", offset_sigma_db), ("sigma_db", sigma_db)):
        if value is not None and not (is_number(value) and value > 0):
            raise Error(f"{name} must be > 0, got {value!r}")
    if floor_db is not None and not (is_number(floor_db) and _FLOORS[0] <= floor_db <= _FLOORS[1]):
        raise Error(f"floor_db must be a number of dB, {_FLOORS[0]:g} to {_FLOORS[1]:g}, got {floor_db!r}")
    for name, value, least in (("patience", 1 if patience is None else patience, 1), ("seed", seed, 0)):
        if not (is_number(value, (int, np.integer)) and value >= least):
            raise Error(f"{name} must be a whole number >= {least}, got {value!r}")
    if not (isinstance(offsets, str) or isinstance(offsets, (list, tuple)) and all(isinstance(factor, str) for factor in offsets)):
        raise Error(f"offsets is a name or a list of names, got {offsets!r}")


def calibrate(scene: Scene, measurements: object, parameters: Mapping[str, object] | Sequence[str], *, offsets: str | Sequence[str] = (), offset_sigma_db: float | None = None, loss: str = "l2", delta_db: float = 3.0,
              floor_db: float | None = None, sigma_db: float | None = None, held_out: object = None, patience: int | None = None, solver: object = None, method: str = "lm",
              steps: int = 30, seed: int = 1, checkpoint: str | None = None, resume: bool = False, progress: Callable | None = None, **words: object) -> Calibration:
    """Parameters of a scene from measurements: rw.calibrate(scene, inverse.read_measurements("drive.csv"), {"material/*/relative_permittivity": dict(bounds=(1, 12))}).

    measurements: inverse.Powers, Channels, Arrivals, or a list of them. parameters: as rw.fit has them (patterns with components, bounds, prior, scale, transform,
    tie). offsets: "tx", "rx", "run" or several: unknown constants in dB of each device or run, eliminated in closed form; offset_sigma_db: their prior about 0.
    loss: "l2" or "huber" (linear beyond delta_db). floor_db: path gain that is added to predictions of powers, as the sensor's own; by default one 20 dB below the least value for links without paths, which leaves those that have power alone.
    sigma_db: of values that name none, by default 1 dB, and error bars scaled by what is left. held_out: a share of the links, or names of runs: predicted, not
    fitted. patience: ends after so many steps in which what is held out got no better, and keeps the best of it. solver, options: of paths (the
    default), ArrivalMapSolver, ScatteringSolver. method "lm", "lbfgs", "bfgs" or "adam"; steps, rate, starts, spread, checkpoint, resume, progress as in rw.fit.

    @raises Error for devices and runs that are not there, offsets that nothing fixes, parameters of which none is seen."""
    sets = list(measurements) if isinstance(measurements, (list, tuple)) else [measurements]
    if not sets or not all(isinstance(one, (Powers, Channels, Arrivals)) for one in sets):
        raise Error(f"measurements are inverse.Powers, Channels, Arrivals or a list of them, got {measurements!r}"[:200])
    if loss not in LOSSES:
        raise Error(f"loss is {' or '.join(repr(w) for w in LOSSES)}, got {loss!r}")
    _check_words(offsets, delta_db, offset_sigma_db, sigma_db, floor_db, patience, seed)
    # As all is now, for predictions.
    scene, places, sets, parameters = scene.copy(), {}, copy.deepcopy(sets), copy.deepcopy(parameters)
    there, names = with_receivers(scene, sets, places)
    views = [observable(one, there, own, list(scene.receivers)) for one, own in zip(sets, names)]
    _held_out(sets, views, held_out, seed)
    if patience is not None and not any((v.held_out & v.valid).any() for v in views):
        raise Error("patience needs values that are held out")
    if sigma_db is not None:
        for view in views:
            if view.sigma is None and view.unit == "dB":
                view.sigma = np.full(len(view.valid), float(sigma_db))
    factors = (offsets,) if isinstance(offsets, str) else tuple(offsets)
    sizes, says_sigma = [len(view.valid) for view in views], [view.sigma is not None for view in views]
    rows = []
    for view, numbers in _gathered(sets, views):
        row = Rows(view, factors, loss=loss, delta=delta_db, offset_sigma_db=offset_sigma_db)
        row.quantity = getattr(sets[numbers[0]], "quantity", sets[numbers[0]].kind)
        ends = np.cumsum([0, *(sizes[number] for number in numbers)])
        row.parts = [_Part(number, slice(a, b), says_sigma[number]) for number, a, b in zip(numbers, ends, ends[1:])]
        rows.append(row)
    solver_words = ("rate", "last_rate", "cap", "starts", "spread")
    fit_words = {key: words.pop(key) for key in solver_words if key in words}
    objective = _Objective(there, parameters, None, solver, words)
    first = objective.solve(objective.x0)[0]
    for row in rows:
        row.o.set_floor(first, floor_db)
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
    objective.loss = goal
    if patience is not None and goal.best_held_out[1] is not None:
        found = _moved(found, objective, scene, goal.best_held_out[1], method)
    return _finished(scene, objective, rows, before, found, (scene, parameters, solver, words), places)


@dataclasses.dataclass(frozen=True)
class _Part:
    """A set within its Rows: its number, its values, whether they say their sigma."""

    number: int
    values: slice
    says_sigma: bool


def _moved(found, objective, scene, x, method):
    """The fit at another vector: what is told of it is of that one."""
    v, covariance = objective.variables, None
    physical, slopes = v.physical(x)
    if method == "lm":
        r, jacobian = objective.residuals(x)
        loss, covariance = 0.5 * float(r @ r), _covariance(jacobian) * np.outer(slopes, slopes)
    else:
        loss = objective(x)[0]
    values, there = v.values(x), scene.copy()
    _set(there, values)
    return dataclasses.replace(found, values=values, loss=loss, scene=there, x=x, physical=physical, covariance=covariance, panels=panels_at(found.panels, values))


def _noise_of_sets(rows, rests, joint, priors):
    """(of each set, of each row of joint, sets that tell none). Values that say how sure they are set the scale of the error bars; of a set that does not it is what is left
    of its values over those that are not fitted away. Censored ones leave nothing."""
    follows = leverage(joint, priors)
    noises, assumed, each, place = {}, [], np.ones(len(joint)), 0
    for row, rest in zip(rows, rests):
        part_of, counted = np.empty(len(row.used), dtype=int), row.values_of(np.broadcast_to(~np.asarray(row.o.censored), row.used.shape))
        for part in row.parts:
            part_of[part.values] = part.number
        number_of, own = row.values_of(part_of), slice(place, place + len(counted))
        for part in row.parts:
            of_part = number_of == part.number
            mask = of_part & counted
            left = mask.sum() - follows[own][mask].sum()
            noise = 1.0
            if not part.says_sigma and left > 0.5:
                noise = max(math.sqrt((rest[:len(mask)][mask] ** 2).sum() / left), 1e-12)  # 1e-12: of data without noise
            elif not part.says_sigma and of_part.any():  # what is all held out has no part in it
                assumed.append(part.number)
            noises[part.number] = noise
            each[own][of_part] = noise
        place += len(counted)
    return [noises[number] for number in sorted(noises)], each, sorted(assumed)


def _finished(scene, objective, rows, before, found, objective_words, places):
    x, v, count = found.x, objective.variables, len(found.x)
    solved = objective.solve(x)
    result = solved[0]
    total = count + sum(row.width for row in rows)
    joint, everything, after, rests, place = [], [], [], [], count
    for row in rows:
        predicted, columns = row.o.predict(result), _columns(objective, x, solved, row.o)
        rests.append(row.residuals(predicted))
        after.append(row.modelled(predicted))
        row.place = place
        for every, out in ((False, joint), (True, everything)):
            own = row.joint(predicted, columns, every)
            wide = np.zeros((len(own), total), dtype=own.dtype)
            wide[:, :count], wide[:, place:place + row.width] = own[:, :count], own[:, count:]
            out.append(wide)
        place += row.width
    joint = np.concatenate(joint)
    prior = next((row.offsets.prior for row in rows if row.offsets.prior), None)
    of_numbers = v.prior_residuals(x)[1]
    priors = np.zeros((len(of_numbers) + (total - count if prior else 0), total))
    priors[:len(of_numbers), :count] = of_numbers
    if prior:
        priors[len(of_numbers):, count:] = np.eye(total - count) / prior
    noises, each, assumed = _noise_of_sets(rows, rests, joint, priors)
    known = told(x, v, joint, each, count, prior, noises, assumed)
    compared = {}
    for row, was, now, by in zip(rows, before, after, everything):
        compared.update(_compared(row, was, now, by, lambda wanted: prediction_deviation(x, v, joint, each, prior, wanted)))
    there = scene.copy()
    values = v.values(x)
    _set(there, values)
    fields = {}
    for name, field in (objective_words[3].get("materials") or {}).items():
        own = {word: values[f"material/{name}/{word}"] for word in field.parameters() if f"material/{name}/{word}" in values}
        fields[name] = field.with_parameters(**{**field.parameters(), **own}) if own else field
    rows_of = {part.number: row for row in rows for part in row.parts}
    return Calibration(there, values, v.labels(), v.physical(objective.x0)[0], v.physical(x)[0], known.deviation, [compared[i] for i in sorted(compared)], known, found, fields, panels_at(objective_words[3].get("panels"), values),
                       [rows_of[i] for i in sorted(rows_of)], (x, objective_words, joint, each, places))


def _compared(row, before, after, by, deviation_of):
    """{number of a set: Compared} of the sets in these rows."""
    o = row.o
    parts = (by,) if not np.iscomplexobj(by) else (by.real, by.imag)
    deviation = np.sqrt(sum(deviation_of(part) ** 2 for part in parts))
    one_each = np.zeros((row.width, by.shape[1]))
    one_each[np.arange(row.width), row.place + np.arange(row.width)] = 1.0
    of_offsets = deviation_of(one_each)
    of_offsets = np.hypot(*of_offsets.reshape(2, -1)) if o.is_complex else of_offsets
    sign, kind = getattr(o, "sign", 1.0), type(o).__name__.replace("Observable", "").lower()
    out = {}
    for part in row.parts:
        cut = part.values
        groups = {factor: names[cut] for factor, names in o.groups.items()}
        have = {(factor, str(name)) for factor in row.offsets.factors for name in np.unique(groups[factor])}
        offsets = [dict(factor=level[0], name=level[1], value=(sign * b).item(), deviation=float(d)) for level, b, d in zip(row.offsets.levels, row.b, of_offsets) if level in have]
        out[part.number] = Compared("arrival maps" if kind == "arrival" else kind + "s", o.unit, sign * o.values[cut], sign * before[cut], sign * after[cut], deviation[cut], row.used[cut],
                                    (o.held_out & o.valid)[cut], np.broadcast_to(o.censored, row.used.shape)[cut], groups, o.position_m[cut], offsets)
    return out
