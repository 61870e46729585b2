# SPDX-License-Identifier: Apache-2.0
"""Optimisers of functions of a vector. f(x) gives (value, gradient); after_step(step, x, value) is told of each step."""
from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .._raywave import Error
from .._requirements import need
from .._values import whole_number


def _inside(x, lower, upper):
    return np.clip(x, lower, upper)


def adam(f: Callable, x: ArrayLike, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf, steps: int = 200, rate: float = 0.01,
         last_rate: float | None = None, state: object = None, after_step: Callable | None = None) -> tuple:
    """Adam (Kingma and Ba, 2015) with a cosine from rate to last_rate; state: dict(m, v, step) of a run to go on with. Returns the best (x, value)."""
    last_rate = rate if last_rate is None else last_rate
    state = dict(m=np.zeros_like(x), v=np.zeros_like(x), step=0) if state is None else state
    m, v = np.array(state["m"], dtype=float), np.array(state["v"], dtype=float)
    best = (math.inf, x)
    for step in range(int(state["step"]), steps):
        value, gradient = f(x)
        if value < best[0]:
            best = (value, x.copy())
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient ** 2
        now = last_rate + 0.5 * (rate - last_rate) * (1 + math.cos(math.pi * step / steps))
        move = (m / (1 - 0.9 ** (step + 1))) / (np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-300)
        x = _inside(x - now * move, lower, upper)
        if after_step:
            after_step(step, x, value, dict(m=m, v=v, step=step + 1))
    value, _ = f(x)
    return (x, value) if value < best[0] else (best[1], best[0])


def bfgs(f: Callable, x: ArrayLike, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf, steps: int = 50, cap: float = math.inf,
         tolerance: float = 1e-12, after_step: Callable | None = None) -> tuple:
    """Quasi-Newton (BFGS) for few numbers; no number moves by more than cap in a step, and a step that does not lower the value is
    halved. Ends where steps lower it by less than tolerance of it. Returns (x, value)."""
    lower, upper = np.broadcast_to(lower, x.shape), np.broadcast_to(upper, x.shape)
    value, gradient = f(x)
    inverse = None
    for step in range(steps):
        held = ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))
        free = np.where(held, 0.0, gradient)
        if not free.any():
            break
        move = -free if inverse is None else -np.where(held, 0.0, inverse @ free)
        if move @ free >= 0:
            inverse, move = None, -free
        largest = abs(move).max()
        first = min(cap, 1.0) if inverse is None and math.isinf(cap) else cap
        if inverse is None or largest > cap:
            move = move * (min(first, 1.0 if math.isinf(first) else first) / largest)
        share, found = 1.0, None
        for _ in range(40):
            trial = _inside(x + share * move, lower, upper)
            new_value, new_gradient = f(trial)
            if new_value <= value + 1e-4 * (trial - x) @ gradient:
                found = trial
                break
            share *= 0.5
        if found is None:
            if inverse is None:
                break
            inverse = None  # what was learned misleads: once more along the gradient
            continue
        s, y = found - x, new_gradient - gradient
        if s @ y > 1e-12 * np.linalg.norm(s) * np.linalg.norm(y):
            n = len(x)
            if inverse is None:
                inverse = np.eye(n) * (s @ y) / (y @ y)
            left = np.eye(n) - np.outer(s, y) / (s @ y)
            inverse = left @ inverse @ left.T + np.outer(s, s) / (s @ y)
        lowered = value - new_value
        x, value, gradient = found, new_value, new_gradient
        if after_step:
            after_step(step, x, value, None)
        if lowered <= tolerance * abs(value):
            break
    return x, value


def levenberg_marquardt(residuals: Callable, x: ArrayLike, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf, steps: int = 30,
                        tolerance: float = 1e-14, after_step: Callable | None = None) -> tuple:
    """Least squares by SciPy's trust region (bounds held). residuals(x) gives (r, Jacobian). Returns (x, half the sum of squares, Jacobian)."""
    least_squares = need("scipy.optimize", "Levenberg-Marquardt").least_squares
    memo = {}

    def both(at):
        key = at.tobytes()
        if key not in memo:
            memo.clear()
            memo[key] = residuals(at)
        return memo[key]

    count = itertools.count()

    def value(at):
        r = both(at)[0]
        if after_step:
            after_step(next(count), at.copy(), 0.5 * float(r @ r), None)
        return r

    lower, upper = np.broadcast_to(lower, x.shape), np.broadcast_to(upper, x.shape)
    inside = np.clip(x, np.nextafter(lower, np.inf), np.nextafter(upper, -np.inf))  # SciPy wants the start within
    done = least_squares(value, inside, jac=lambda at: both(at)[1], bounds=(lower, upper), xtol=tolerance, ftol=tolerance, gtol=tolerance, max_nfev=steps)
    return done.x, float(done.cost), done.jac


def integer_cycles(f: Callable, x: ArrayLike, moves: ArrayLike, *, reach: int = 2, refine: Callable | None = None) -> tuple:
    """Minima that stand evenly apart: f at x + sum_i n_i moves[i] for whole n_i from -reach to reach, each refined (refine(x) -> x; None: not),
    the best one kept. moves: [n, len(x)], as from Jacobian rows of phases: half a wavelength of one radar's range each. f(x) is a value."""
    x, moves = np.asarray(x, dtype=float), np.atleast_2d(np.asarray(moves, dtype=float))
    if x.ndim != 1 or moves.shape[1:] != x.shape or not np.isfinite(moves).all():
        raise Error(f"moves takes finite numbers [n, {x.size}], one row a direction, got the shape {list(moves.shape)}")
    reach = whole_number("reach", reach)
    if reach < 0:
        raise Error(f"reach must be >= 0, got {reach}")
    best = (math.inf, None)
    for whole in itertools.product(range(-reach, reach + 1), repeat=len(moves)):
        at = x + np.asarray(whole, dtype=float) @ moves
        at = at if refine is None else refine(at)
        value = f(at)
        if value < best[0]:
            best = (value, at)
    if best[1] is None:
        raise Error(f"f is not finite at any of the {(2 * reach + 1) ** len(moves)} places")
    return best[1], best[0]
