# SPDX-License-Identifier: Apache-2.0
"""fit: a scene's parameters by a loss of what a solver gives. Checkpoints, annealing, several starts, covariance."""
from __future__ import annotations

import dataclasses
import math
import os
import pathlib
import zipfile
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from .._files import new_file
from .._raywave import Error, Scene
from .._requirements import need
from .._values import shown
from ..ris import panels_at
from . import optimisers
from .variables import Variables

METHODS = ("bfgs", "lbfgs", "adam", "lm")


@dataclasses.dataclass
class Fit:
    """values: {name: array} at the best loss; history: rows of stage, step, loss and the vector; covariance of the vector's physical values
    (labels names them) where method "lm" has solved, in the unit of the residuals' variance; of numbers that the residuals do not tell, or only
    together, the variance is inf (their covariances: nan); scene: with the values set; panels: of the option panels=, with the values set; origin:
    what scene_at starts from."""

    values: dict
    loss: float
    history: list
    scene: Scene
    labels: list
    x: np.ndarray
    covariance: np.ndarray | None = None
    evaluations: int = 0

    def __repr__(self):
        found = ", ".join(f"{label} = {v:.6g}" for label, v in zip(self.labels, self.physical))
        return f"Fit(loss {self.loss:.6g} after {self.evaluations} evaluations: {found})"

    physical: np.ndarray = None
    origin: tuple = dataclasses.field(default=None, repr=False)
    panels: list = dataclasses.field(default_factory=list)

    def prediction_covariance(self, jacobian: ArrayLike) -> np.ndarray:
        """Of what depends on the physical values by `jacobian` [n, numbers]: J C J^T; inf for what depends on numbers that nothing tells."""
        if self.covariance is None:
            raise Error("the fit has no covariance: use method='lm'")
        jacobian = np.atleast_2d(np.asarray(jacobian, dtype=float))
        told = np.isfinite(np.diag(self.covariance))
        out = jacobian[:, told] @ self.covariance[np.ix_(told, told)] @ jacobian[:, told].T
        open_ = (jacobian[:, ~told] != 0).any(axis=1)
        out[open_, :] = out[:, open_] = np.nan
        out[open_, open_] = np.inf
        return out

    def scene_at(self, x: ArrayLike) -> Scene:
        """The scene where the vector is x, as the rows of history have it."""
        scene, variables = self.origin
        out = scene.copy()
        _set(out, variables.values(np.asarray(x)))
        return out

    def save_page(self, file: str | os.PathLike, title: str = "Course of a fit") -> None:
        """The course as a page on its own: the scene, the loss and the numbers, step by step. Of scenes of rays."""
        if not hasattr(self.scene, "bandwidth_hz"):
            raise Error(f"a page shows a rw.Scene, got {type(self.scene).__name__}: plot fit.history")
        from .course import page
        with new_file(file, (".html", ".htm"), "a page") as place:
            pathlib.Path(place).write_text(page(self, title), encoding="utf-8")
        return file


class FitStopped(Error):
    """The loss or its gradient turned NaN or infinite; `fit` is the last good state."""

    def __init__(self, message, fit):
        super().__init__(message)
        self.fit = fit


class _Enough(Exception):
    """progress has answered that the fit shall end."""


class _Objective:
    """Value and gradient, residuals and Jacobian of the vector; remembers the best that was seen."""

    def __init__(self, scene, spec, loss, solver, options):
        from .. import PathSolver
        self.solver = solver if solver is not None else getattr(scene, "default_solver", PathSolver)()
        rows = scene.parameters(panels=options["panels"]) if options.get("panels") else scene.parameters()
        more = [*self.solver.problem.more_parameters(options), *getattr(self.solver, "parameter_names", lambda scene: [])(scene)]
        known = {**dict.fromkeys(more), **rows}
        self.variables = Variables(spec, known)
        self.problem = self.solver.problem(self.solver, scene, self.variables.names, options)
        self.x0 = self.variables.start(self.problem.base)
        self.scene, self.loss, self.evaluations, self.best = scene, loss, 0, (math.inf, self.x0)

    def solve(self, x):
        self.evaluations += 1
        return self.problem.solve(self.variables.values(x))

    def by_name(self, x):
        result, names, back = self.solve(x)
        value, gradient = _told(self.loss(result, names))
        missing = [n for n in names if n not in gradient]
        if missing:
            raise Error(f"the loss gives no gradient by {', '.join(missing)}")
        for name, base in self.variables.base.items():
            if name in gradient and np.size(gradient[name]) != base.size:
                raise Error(f"the gradient by {name} has the shape {list(np.shape(gradient[name]))}, the parameter {list(base.shape)}")
        return float(value), back({n: np.asarray(g) for n, g in gradient.items()})

    def __call__(self, x):
        value, gradient = self.by_name(x)
        g = self.variables.gradient(x, gradient)
        more, slope = self.variables.prior(x)
        value, g = value + more, g + slope
        self._tell_loss(x)
        if not (math.isfinite(value) and np.isfinite(g).all()):
            raise FloatingPointError(f"the loss is {value}" if not math.isfinite(value) else "the loss's gradient is not finite")
        if value < self.best[0]:
            self.best = (value, x.copy())
        return value, g

    def residuals(self, x):
        result, _, _ = self.solve(x)
        r = self.loss.residuals(result)
        tangents = [self.problem.tangent(self.variables.values(x), self.variables.direction(x, i)) for i in range(len(x))]
        if hasattr(self.loss, "residuals_jacobian"):
            columns = self.loss.residuals_jacobian(result, tangents)
        else:
            columns = np.stack([self.loss.residuals_jvp(result, tangent) for tangent in tangents], axis=1)
        more, rows = self.variables.prior_residuals(x)
        r, jacobian = np.concatenate([r, more]), np.concatenate([columns, rows])
        self._tell_loss(x)
        if not (np.isfinite(r).all() and np.isfinite(jacobian).all()):
            raise FloatingPointError("residuals or their Jacobian are not finite")
        if 0.5 * r @ r < self.best[0]:
            self.best = (float(0.5 * r @ r), x.copy())
        return r, jacobian

    def _tell_loss(self, x):
        if hasattr(self.loss, "evaluated_at"):
            self.loss.evaluated_at(x)

    def unseen(self, x):
        """Names of parameters by which the loss does not change, here and a step away."""
        still = set(self.variables.names)
        offset = np.clip(x + 1e-3, self.variables.lower, self.variables.upper)
        for at in (x, offset):
            value, gradient = self.by_name(at)
            if not math.isfinite(value):
                return set()  # said by the first step
            for names, free, _, _ in self.variables._parts:  # tied ones move together: one that matters is enough
                if any(np.asarray(gradient[name]).ravel()[free].any() for name in names):
                    still -= set(names)
            if not still:
                break
        return still

    def require_dependence(self, x, some_may_be_unseen):
        """@raises Error naming them; with some_may_be_unseen only where they are all."""
        still = self.unseen(x)
        if not still or some_may_be_unseen and still != set(self.variables.names):
            return
        raise Error(f"the loss depends in no way on {', '.join(sorted(still))}: no path or cell that it counts touches "
                    f"{'them' if len(still) > 1 else 'it'}, or offsets take what it would change")


def _told(answer):
    """(value, {name: gradient}) of a loss. @raises Error for anything else"""
    if not (isinstance(answer, (tuple, list)) and len(answer) == 2 and isinstance(answer[1], Mapping) and np.ndim(answer[0]) == 0 and np.isrealobj(answer[0])
            and not isinstance(answer[0], (str, type(None)))):
        raise Error(f"a loss gives (value, {{name: gradient}}), a number and a dict; got {shown(answer)}")
    return answer


def _problem_of(objective, loss):
    """What a checkpoint's vector is of: names, bounds, priors, units, and the loss at the start, which the scene, the data and the options are in."""
    v = objective.variables
    units = [f"{words.scale:g} {words.transform or ''}" for _, free, words, _ in v._parts for _ in free]
    return dict(labels=np.array(v.labels()), lower=v.lower, upper=v.upper, prior_mean=v._mean, prior_sigma=v.sigma, units=np.array(units), start_loss=loss)


_DIFFERS = dict(labels="parameters", lower="bounds", upper="bounds", prior_mean="priors", prior_sigma="priors", units="scales or transforms")


def _require_same_problem(file, held, objective, loss_at_start):
    """@raises Error for a checkpoint of other parameters, or of a loss with another value at the start"""
    own = _problem_of(objective, loss_at_start())
    for name, word in _DIFFERS.items():
        if name not in held.files:
            raise Error(f"{file}: not a checkpoint of this version: begin anew")
        if not np.array_equal(held[name], own[name]):
            raise Error(f"{file}: the checkpoint is of other {word}: {', '.join(map(str, held[name].tolist()))}, here {', '.join(map(str, own[name].tolist()))}")

    def near(a, b):  # sums of threads end in other last digits
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-300) or math.isnan(a) and math.isnan(b)

    then = float(held["start_loss"])
    if not near(then, own["start_loss"]) and near(own["start_loss"], loss_at_start()):  # a loss that is random by itself tells nothing
        raise Error(f"{file}: the checkpoint is of another scene, other data or other options: the loss at the start is {own['start_loss']:.9g}, it was {then:.9g}")


def _checkpoint(file, problem, start, stage, step, x, loss, state, best):
    with new_file(file, (".npz",), "a checkpoint") as place:
        words = {f"adam_{key}": value for key, value in (state or {}).items()}
        if best is not None:  # of the starts before this one
            words.update(best_x=best[0], best_loss=best[1])
        with open(place, "wb") as out:
            np.savez(out, **problem, start=start, stage=stage, step=step, x=x, loss=loss, **words)


@dataclasses.dataclass
class _Resumed:
    """Where a fit goes on: which start and stage, its vector and Adam's state, the best (x, loss) of the starts before."""

    start: int = 0
    stage: int = 0
    x: np.ndarray | None = None
    state: dict | None = None
    best: tuple | None = None


def _resumed(file, objective, starts, stages, loss_at_start):
    size = len(objective.x0)
    if not pathlib.Path(file).exists():
        return _Resumed()
    try:
        held = np.load(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise Error(f"{file}: not a checkpoint of a fit") from None
    with held:
        if "x" not in held.files or held["x"].shape != (size,):
            raise Error(f"{file}: not a checkpoint of this fit (numbers: {held['x'].shape if 'x' in held.files else 'none'}, here {size})")
        start, stage = int(held["start"]) if "start" in held.files else 0, int(held["stage"])
        for name, at, count in (("start", start, starts), ("stage", stage, stages)):
            if at >= count:
                raise Error(f"{file}: the checkpoint is in {name} {at}, this fit has {count} (counted from 0)")
        _require_same_problem(file, held, objective, loss_at_start)
        state = {key[5:]: held[key] for key in held.files if key.startswith("adam_")} or None
        best = (held["best_x"], float(held["best_loss"])) if "best_x" in held.files else None
        return _Resumed(start, stage, held["x"], state, best)


def _covariance(jacobian):
    """(J^T J)^-1; numbers that share in a direction by which no residual changes have the variance inf and covariances nan."""
    size = np.linalg.norm(jacobian, axis=0)  # columns of one length: units do not decide what is told
    scale = np.where(size > 0, size, 1.0)
    _, values, directions = np.linalg.svd(jacobian / scale, full_matrices=len(jacobian) < len(size))
    told = np.zeros(len(size), dtype=bool)
    # A direction that moves the residuals by 1e-10 of what its numbers do alone is rounding in derivatives of 1e-12.
    told[:len(values)] = values > 1e-10 * max(values.max(initial=0.0), 1e-300)
    inverse = directions[told] / values[told[:len(values)], None]
    out = inverse.T @ inverse / np.outer(scale, scale)
    free = np.linalg.norm(directions[~told], axis=0) > 1e-6
    out[free, :] = out[:, free] = np.nan
    out[free, free] = np.inf
    return out


def fit(scene: Scene, parameters: Mapping[str, object], loss: Callable, *, solver: object = None, method: str = "bfgs", steps: int = 50,
        rate: float = 0.01, last_rate: float | None = None, cap: float = math.inf, annealing: object = None, starts: int = 1, spread: object = 1.0,
        seed: int = 1, checkpoint: str | None = None, resume: bool = False, progress: Callable | None = None, unseen: str = "refuse",
        **options: object) -> Fit:
    """Lowers loss(result, names) over the parameters of a copy of the scene.

    parameters: {name pattern: dict(components=, bounds= (by default those that a parameter has by nature), prior=(mean, sigma), scale=, transform="log", tie=)} or names. loss: signal.Loss,
    inverse.MapLoss, or a function (result, names) -> (value, {name: gradient}); a list of losses runs one after the other. method:
    "bfgs" (few numbers, steps capped at `cap` units of the vector), "lbfgs" (SciPy's L-BFGS-B), "adam" (rate, last_rate), "lm" (Levenberg-
    Marquardt by SciPy, losses with residuals; gives the covariance). annealing: a signal.Annealing of a signal.Loss: widths that halve, each with
    steps capped at half the width. starts: from so many places, the first as given, the others within `spread` units, the best kept.
    checkpoint: .npz of the last step; resume: go on from it (refused where parameters, bounds or the loss at the start differ). progress(stage, step, loss): where it answers True the fit ends with its best.
    unseen: "refuse" or "keep" parameters that the loss does not depend on. options: the solver's.

    @raises Error for parameters that nothing depends on, before the first step; FitStopped where the loss turns NaN: its `fit` (and the
    checkpoint) is the last good state."""
    if method not in METHODS:
        raise Error(f"unknown method '{method}'. Known: {', '.join(METHODS)}")
    for name, count, least in (("starts", starts, 1), ("steps", steps, 1), ("seed", seed, 0)):
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < least:
            raise Error(f"{name} must be a whole number >= {least}, got {count!r}")
    for name, number, fits, wanted in (("rate", rate, lambda v: 0 < v < math.inf, "a number > 0"), ("last_rate", last_rate, lambda v: 0 <= v < math.inf, "a number >= 0"),
                                       ("cap", cap, lambda v: v > 0, "a number > 0")):
        if number is not None and (isinstance(number, bool) or not isinstance(number, (int, float, np.number)) or not fits(number)):
            raise Error(f"{name} must be {wanted}, got {number!r}")
    try:
        spread = np.asarray(spread, dtype=float)
    except (TypeError, ValueError):
        raise Error(f"spread takes numbers, got {spread!r}") from None
    if not (np.isfinite(spread) & (spread >= 0)).all():
        raise Error(f"spread must be finite and >= 0, got {spread.tolist()}")
    if unseen not in ("refuse", "keep"):
        raise Error(f"unseen is 'refuse' or 'keep', got {unseen!r}")
    if isinstance(loss, (list, tuple)) and not loss:
        raise Error("there is no loss to lower")
    if annealing is not None:
        if not hasattr(loss, "of_word"):
            raise Error(f"annealing is of a signal.Loss, got {shown(loss)}")
        plan = [(word, one, annealing.steps, max(sigma, one.waveform.range_resolution_m if hasattr(one, 'waveform') else 0) / 2)
                for word, sigma, one in annealing.stages(loss)]
    else:
        plan = [(f"stage {i}", one, steps, cap) for i, one in enumerate(loss if isinstance(loss, (list, tuple)) else [loss])]
    objective = _Objective(scene, parameters, plan[0][1], solver, options)
    v = objective.variables
    origin = scene.copy()  # as it is now, whatever becomes of it
    history, random = [], np.random.default_rng(seed)
    places = [objective.x0 if i == 0 else np.clip(objective.x0 + spread * random.uniform(-1, 1, len(objective.x0)), v.lower, v.upper) for i in range(starts)]

    def loss_at_start():
        objective.loss = plan[0][1]
        try:
            return objective.by_name(objective.x0)[0]
        except FloatingPointError:
            return math.nan

    held = _resumed(checkpoint, objective, starts, len(plan), loss_at_start) if resume and checkpoint else _Resumed()
    problem = _problem_of(objective, loss_at_start()) if checkpoint else None
    best = None if held.best is None else (*held.best, None)
    objective.require_dependence(objective.x0 if held.x is None else held.x, unseen == "keep")

    def finished(x, value, jacobian=None):
        values = v.values(x)
        there = origin.copy()
        _set(there, values)
        physical, slopes = v.physical(x)
        covariance = None
        if jacobian is not None:
            covariance = _covariance(jacobian) * np.outer(slopes, slopes)
        return Fit(values, value, history, there, v.labels(), x, covariance, objective.evaluations, physical, (origin, v), panels_at(options.get("panels"), values))

    for number in range(held.start, starts):
        going_on = number == held.start and held.x is not None
        x = held.x if going_on else places[number]
        value, jacobian, ended = None, None, False
        for stage, (word, one, count, limit) in enumerate(plan):
            if going_on and stage < held.stage:
                continue
            objective.loss, objective.best = one, (math.inf, x)

            def after_step(step, at, current, kept):
                history.append(dict(start=number, stage=word, step=step, loss=float(current), x=np.array(at), physical=v.physical(at)[0]))
                if checkpoint:
                    _checkpoint(checkpoint, problem, number, stage, step, at, current, kept, best)
                if progress and progress(word, step, float(current)) is True:
                    raise _Enough

            words = dict(lower=v.lower, upper=v.upper, after_step=after_step)
            try:
                if method == "adam":
                    x, value = optimisers.adam(objective, x, steps=count, rate=rate if annealing is None else limit / 3, last_rate=last_rate,
                                               state=held.state if going_on and stage == held.stage else None, **words)
                elif method == "lbfgs":
                    x, value = _lbfgs(objective, x, v, count, after_step)
                elif method == "lm":
                    if not hasattr(one, "residuals"):
                        raise Error("method 'lm' needs a loss with residuals (inverse.MapLoss)")
                    x, value, jacobian = optimisers.levenberg_marquardt(objective.residuals, x, steps=count, **words)
                else:
                    x, value = optimisers.bfgs(objective, x, steps=count, cap=limit, **words)
            except _Enough:
                value, x = objective.best
                jacobian, ended = None, True
                break
            except FloatingPointError as error:
                good_value, good = objective.best
                if checkpoint:
                    _checkpoint(checkpoint, problem, number, stage, -1, good, good_value, None, best)
                raise FitStopped(f"{error} in {word}: stopped at the last good state"
                                 + (f", saved as {checkpoint}" if checkpoint else ""), finished(good, good_value)) from None
        if best is None or value < best[1]:
            best = (x, value, jacobian)
        if ended:
            break
    if method == "lm" and best[2] is None:  # found before the checkpoint, or ended by progress
        objective.loss = plan[-1][1]
        best = (*best[:2], objective.residuals(best[0])[1])
    return finished(*best)


def _lbfgs(objective, x, v, steps, after_step):
    minimize = need("scipy.optimize", "rw.fit").minimize
    count = [0]

    def told(intermediate_result):
        after_step(count[0], intermediate_result.x, intermediate_result.fun, None)
        count[0] += 1

    bounds = [(None if math.isinf(a) else a, None if math.isinf(b) else b) for a, b in zip(v.lower, v.upper)]
    done = minimize(objective, x, jac=True, method="L-BFGS-B", bounds=bounds, callback=told, options=dict(maxiter=steps, ftol=1e-14, gtol=1e-12))
    return done.x, float(done.fun)


def _set(scene, values):
    """Poses about the mesh as it is: scaled, turned, moved, as raywave.differentiable has them."""
    from ..differentiable import POSE, _of_object, _Pose
    poses = {}
    known = scene.parameters()
    for name in sorted((n for n in values if n in known), key=lambda n: n != "frequency_hz"):  # others are the solver's options
        owner, quantity = _of_object(name)
        if owner and quantity in POSE and hasattr(scene, "bandwidth_hz"):
            poses.setdefault(owner, {})[quantity] = values[name]
        else:
            scene.set_parameter(name, values[name])
    for owner, pose in poses.items():
        vertices = scene.parameters()[f"object/{owner}/vertices_m"].value
        scene.set_parameter(f"object/{owner}/vertices_m", _Pose(vertices, pose).vertices)
