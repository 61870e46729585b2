# SPDX-License-Identifier: Apache-2.0
"""gradcheck: exact derivatives beside central differences."""
from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from . import _raywave
from ._raywave import Error
from .differentiable import Function


class GradCheck:
    """Rows of name, component, exact, difference, relative_error, passed, jumps (paths or covered cells came or went within the step of one of the
    parameter's components); `passed`, `largest_error`, `value`; print() shows a table."""

    def __init__(self, value: object, rows: list, tolerance: float):
        self.value, self.rows, self.tolerance = value, rows, tolerance
        self.largest_error = max((row["relative_error"] for row in rows), default=0.0)
        self.passed = all(row["passed"] for row in rows)

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return f"GradCheck({len(self.rows)} rows, largest_error={self.largest_error:.2g}, {'passed' if self.passed else 'FAILED'})"

    def __str__(self):
        lines = [f"value {self.value:.10g}"]
        for row in self.rows:
            index = f"[{', '.join(map(str, row['component']))}]" if row["component"] else ""
            lines.append(f"{row['name']}{index}: exact {row['exact']:.10g}, difference {row['difference']:.10g}, "
                         f"relative error {row['relative_error']:.2g}{', jumps' if row['jumps'] else ''}")
        return "\n".join(lines + ["passed" if self.passed else f"FAILED: above {self.tolerance:g}"])


def _of_solver(function):
    """(loss, gradient) of a Function: the sum of its output, or the sum of its squared magnitudes where it is complex."""

    def both(value):
        output, pullback = function.evaluate([value])
        parts = output if isinstance(output, tuple) else (output,)
        losses = [float((np.abs(p) ** 2).sum() if np.iscomplexobj(p) else p.sum()) for p in parts]
        cotangents = tuple(2 * p if np.iscomplexobj(p) else np.ones_like(p) for p in parts)
        return sum(losses), lambda: pullback(cotangents if isinstance(output, tuple) else cotangents[0])[0]

    return both


def _of_callable(function, scene, name):
    """(loss, gradient) of a function of scenes that gives its value and its gradient by name."""

    def both(value, there=scene):
        copy = there.copy()
        copy.set_parameter(name, value)
        result, gradient = function(copy)
        if name not in gradient:
            raise Error(f"the function's gradient has no {name}")
        return float(result), lambda: np.asarray(gradient[name], dtype=np.float64)

    return both


def gradcheck(function: Callable, scene: object, wrt: str | Sequence[str], of: str = "path_gain", step: float | None = None, tolerance: float = 1e-5,
              channel: Mapping[str, object] | None = None, **options: object) -> GradCheck:
    """Compares exact derivatives with central differences, component by component.

    function: a solver (PathSolver, RadioMapSolver) with its options, of: its output (raywave.differentiable.Function lists them), summed, or
    its squared magnitudes summed where it is complex; or a callable that takes a scene and returns (value, {parameter name: gradient}).
    wrt: names of parameters; step: of the differences in the parameter's unit, by default by the parameter's kind; tolerance: on the
    relative error, where components below a thousandth of the largest count as that and what rounding of the values explains is
    let pass. The scene is left as it is."""
    value, rows = None, []
    for name in [wrt] if isinstance(wrt, str) else wrt:
        if hasattr(function, "problem"):
            solve = Function(scene, [name], of, function, channel, **options)
            both, at, h, found_there = _of_solver(solve), solve.base[name], solve.problem.step(name), lambda: solve._count
        else:
            h = scene.difference_step(name)  # raises, naming the nearest
            both, at, found_there = _of_callable(function, scene, name), scene.parameters()[name].value, lambda: None
        if np.iscomplexobj(at):
            raise Error(f"{name} is complex; gradcheck moves real parameters")
        h = h if step is None else step
        exact = np.asarray(both(at)[1]())
        counts = {found_there()}

        def moved(x):
            there = both(np.reshape(x, at.shape))[0]
            counts.add(found_there())
            return there

        value, found = _raywave.check_gradient(moved, at.ravel().tolist(), exact.ravel().tolist(), h, tolerance)
        jumps = len(counts) > 1
        if jumps:
            warnings.warn(f"{name}: paths or covered cells appear or end within the step, and the difference sees them jump", stacklevel=2)
        for component, (e, d, error, passed) in zip(np.ndindex(at.shape), found):
            rows.append(dict(name=name, component=component, exact=e, difference=d, relative_error=error, passed=passed, jumps=jumps))
    if value is None:
        raise Error("wrt names no parameter")
    return GradCheck(value, rows, tolerance)
