# SPDX-License-Identifier: Apache-2.0
"""Lobes of one's own: how what a surface scatters is spread over directions."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .. import _raywave
from .._raywave import Error
from .._values import real_number, switch
from .fields import real_array


class _Law:
    """The functions as the solvers call them: for many pairs of directions, rows of u_i and u_o."""

    def __init__(self, name, function, gradient, draw, density):
        self.name, self.function, self.gradient, self._draw, self._density = name, function, gradient, draw, density
        self.draws, self.width = draw is not None, 1.0

    def _values(self, function, rows, what="the lobe"):
        out = real_array(f"{what} '{self.name}'", function(rows[:, :3].copy(), rows[:, 3:].copy()))
        if out.shape != (len(rows),):
            raise Error(f"{what} '{self.name}' gives the shape {list(out.shape)} for {len(rows)} pairs of directions, wanted [{len(rows)}]")
        return out

    def __call__(self, rows, with_slopes):
        rows = np.asarray(rows)
        if not with_slopes:
            return self._values(self.function, rows), None
        if self.gradient is None:
            return self._differences(rows)
        given = self.gradient(rows[:, :3].copy(), rows[:, 3:].copy())
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise Error(f"the gradient of the lobe '{self.name}' gives {type(given).__name__}, wanted two arrays: by u_i and by u_o")
        parts = [real_array(f"the gradient of the lobe '{self.name}'", part) for part in given]
        if any(part.shape != (len(rows), 3) for part in parts):
            raise Error(f"the gradient of the lobe '{self.name}' gives the shapes {[list(p.shape) for p in parts]}, wanted twice [{len(rows)}, 3]")
        return self._values(self.function, rows), np.concatenate(parts, axis=1)

    def _differences(self, rows):
        """Central differences along two tangents of each direction, all in one call; one-sided where a step would cross the horizon."""
        step, count = 2e-5 * min(1.0, self.width), len(rows)
        asked, along, length = [rows], [], []
        for part in (slice(0, 3), slice(3, 6)):
            u = rows[:, part]
            helper = np.where(np.abs(u[:, 2:]) < 0.7, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
            first = np.cross(helper, u)
            first /= np.linalg.norm(first, axis=1, keepdims=True)
            for tangent in (first, np.cross(u, first)):
                steps = np.full((2, count), step)
                for k, sign in enumerate((1, -1)):
                    moved = u + sign * step * tangent
                    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
                    across = moved[:, 2] * u[:, 2] <= 0
                    moved[across], steps[k, across] = u[across], 0
                    row = rows.copy()
                    row[:, part] = moved
                    asked.append(row)
                along.append((part, tangent))
                length.append(np.maximum(steps.sum(axis=0), 1e-300))
        values = self._values(self.function, np.concatenate(asked)).reshape(len(asked), count)
        slopes = np.zeros((count, 6))
        for i, (part, tangent) in enumerate(along):
            slopes[:, part] += ((values[2 * i + 1] - values[2 * i + 2]) / length[i])[:, None] * tangent
        return values[0], slopes

    def draw(self, u_i, random):
        return real_array(f"what the lobe '{self.name}' draws", self._draw(np.asarray(u_i)[None], np.asarray(random)[None]), (1, 3))[0]

    def density(self, rows):
        return self._values(self._density, np.asarray(rows), "the density of the lobe")


_known: dict[str, Lobe] = {}


class Lobe:
    """A lobe of one's own, known by its name wherever a lobe is named: material.scattering_pattern, material.lobe, `lobe` and `reflection` of solvers.

        snow = rw.materials.Lobe("snow", lambda u_i, u_o: u_o[:, 2] * np.exp(3 * u_o[:, 2]))
        material.scattering_pattern = snow

    function(u_i, u_o) -> [n] >= 0, for unit directions of travel before and behind the surface, [n, 3] each, in axes whose z is the normal on the side where the wave comes
    from (u_i[:, 2] < 0 < u_o[:, 2]); turning both about z must not change it. It is a shape, which is divided by its integral over the hemisphere;
    normalize=False: it is in 1/sr as it is, and refused where it gives more than it gets. gradient(u_i, u_o) -> (by u_i, by u_o), [n, 3] each; without it the function is
    differenced. width_rad: over which it changes, for how finely surfaces are cut; default: from its peak. draw(u_i [n, 3], random [n, 3]) -> directions [n, 3] and
    density(u_i, u_o) -> [n] in 1/sr draw directions for random walks; without them a table of its values does.

    It is known to this process, from when it is made until another of its name is. width_rad, reciprocity_error (the largest difference between there and back, over the
    largest value: paths use the geometric mean of both), integral_error."""

    _is_lobe = True

    def __init__(self, name: str, function: Callable, *, gradient: Callable | None = None, normalize: bool = True, width_rad: float | None = None,
                 draw: Callable | None = None, density: Callable | None = None):
        if not isinstance(name, str):
            raise Error(f"a lobe's name is a word, got {name!r}")
        for what, given in (("function", function), ("gradient", gradient), ("draw", draw), ("density", density)):
            if not callable(given) and (given is not None or what == "function"):
                raise Error(f"the {what} of the lobe '{name}' is called with directions, got {given!r}"[:200])
        if (draw is None) != (density is None):
            raise Error(f"the lobe '{name}' needs both draw and density, or neither")
        self.name, self.is_normalized = name, switch("normalize", normalize)
        law = _Law(name, function, gradient, draw, density)
        width = None if width_rad is None else real_number("width_rad", width_rad)
        told = _raywave.make_lobe(name, law, self.is_normalized, width)
        law.width = self.width_rad = told["width_rad"]
        self.reciprocity_error, self.integral_error = told["reciprocity_error"], told["integral_error"]
        self._made = (name, function, dict(gradient=gradient, normalize=self.is_normalized, width_rad=width, draw=draw, density=density))
        _known[name] = self

    @property
    def lobe(self) -> str:
        """As files and options take it."""
        return self.name

    def __str__(self):
        return self.name

    def __repr__(self):
        kind = "a shape, normalised" if self.is_normalized else "in 1/sr as it is"
        return f"Lobe('{self.name}', {kind}, {self.width_rad:.3g} rad wide, there and back {self.reciprocity_error:.2g} apart)"

    def __reduce__(self):
        return _again, self._made

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def _ask(self, what, u_i, u_o):
        if _known.get(self.name) is not self:
            raise Error(f"another lobe has taken the name '{self.name}'")
        u_i, u_o = np.broadcast_arrays(*(real_array("u_i and u_o", u) for u in (u_i, u_o)))
        if u_i.shape[-1:] != (3,):
            raise Error(f"u_i and u_o are directions, [..., 3], got the shape {list(u_i.shape)}")
        rows = [np.ascontiguousarray(u.reshape(-1, 3)) for u in (u_i, u_o)]
        return _raywave.lobe_values(self.name, what, np.tile([0.0, 0.0, 1.0], (len(rows[0]), 1)), *rows).reshape(u_i.shape[:-1])

    def values(self, u_i: ArrayLike, u_o: ArrayLike) -> np.ndarray:
        """f(u_o; u_i) in 1/sr, for directions [..., 3] in the function's axes."""
        return self._ask("value", u_i, u_o)

    def kernel(self, u_i: ArrayLike, u_o: ArrayLike) -> np.ndarray:
        """What paths use, the same both ways: sqrt(cos_i f(u_o; u_i) cos_o f(-u_i; -u_o))."""
        return self._ask("kernel", u_i, u_o)

    def density(self, u_i: ArrayLike, u_o: ArrayLike) -> np.ndarray:
        """Of the directions that random walks draw, in 1/sr."""
        return self._ask("density", u_i, u_o)

    def integral(self, cos_incidence: ArrayLike) -> np.ndarray:
        """Of the function over the hemisphere: what it is divided by, or (normalize=False) the share of the power that it gives back."""
        cosines = real_array("cos_incidence", cos_incidence)
        if not ((cosines >= 0) & (cosines <= 1)).all():
            raise Error("cos_incidence is from 0 to 1")
        return _raywave.lobe_integrals(self.name, cosines.ravel()).reshape(cosines.shape)

    def sample(self, u_i: ArrayLike, random: ArrayLike) -> np.ndarray:
        """Directions [n, 3] for u_i [n, 3] from numbers in [0, 1), [n, 3]; zeros: none."""
        u_i, random = np.broadcast_arrays(real_array("u_i", u_i), real_array("random", random))
        if u_i.ndim != 2 or u_i.shape[1] != 3:
            raise Error(f"u_i and random are [n, 3], got the shape {list(u_i.shape)}")
        if not ((random >= 0) & (random < 1)).all():
            raise Error("random numbers are in [0, 1)")
        return _raywave.lobe_samples(self.name, np.tile([0.0, 0.0, 1.0], (len(u_i), 1)), np.ascontiguousarray(u_i), np.ascontiguousarray(random))


def _again(name, function, words):
    """Of a pickle: the lobe of this process if it is that one."""
    known = _known.get(name)
    return known if known is not None and known._made == (name, function, words) else Lobe(name, function, **words)
