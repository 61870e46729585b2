# SPDX-License-Identifier: Apache-2.0
"""What data tell of parameters: singular values of the Jacobian, parameters and combinations that no measurement sees, error bars.

Numbers are compared with what was known of them before: the width of their bounds, else their prior's sigma, else their size. A uniform variable of
width w has the deviation w / sqrt(12): where the data leave more than that they have told nothing."""
from __future__ import annotations

import dataclasses
import math

import numpy as np

NOTHING = 1 / math.sqrt(12)


@dataclasses.dataclass
class Told:
    """labels: of the numbers. deviation: physical, by data and priors, inf where neither tells. alone: what the data would leave of a number if all others were
    known, together: what they leave, both as parts of `width` (what was known before, physical). singular_values of the Jacobian in these widths over the
    noise: a direction's deviation is its reciprocal. directions [k, numbers]. unseen: numbers that no measurement sees; together_only: those that it
    sees only in combination; combinations: the directions that are not told, in words. noise: the deviation of the first set's residuals, noises: of each set's; assumed:
    numbers of the sets whose values are all used up by what was fitted, so that they tell no noise: 1 was taken."""

    labels: list
    deviation: np.ndarray
    alone: np.ndarray
    together: np.ndarray
    width: np.ndarray
    singular_values: np.ndarray
    directions: np.ndarray
    unseen: list
    together_only: list
    combinations: list
    noises: list
    assumed: list
    at_bound: list

    @property
    def noise(self) -> float:
        return self.noises[0]

    def __repr__(self):
        return f"Told({len(self.labels)} numbers, {len(self.unseen)} unseen, {len(self.together_only)} only together)"

    def __str__(self):
        lines = [f"{len(self.labels) - len(self.unseen) - len(self.together_only)} of {len(self.labels)} numbers are told by the data (residuals' deviation {', '.join(f'{n:.3g}' for n in self.noises)})"]
        if self.assumed:
            which = "" if len(self.noises) == 1 else f" of set {', '.join(map(str, self.assumed))}"
            lines.append(f"as much is fitted as there are values{which}: none is left over to tell the noise, their sigma is taken as it stands (1 dB where none is given)")
        if self.unseen:
            lines.append(f"no measurement sees: {', '.join(self.unseen)}")
        if self.together_only:
            lines.append(f"seen only together with others: {', '.join(self.together_only)}")
        lines += [f"not told: {text}" for text in self.combinations[:6]]
        if len(self.combinations) > 6:
            lines.append(f"and {len(self.combinations) - 6} more combinations")
        if self.at_bound:
            lines.append(f"at a bound: {', '.join(self.at_bound)}")
        return "\n".join(lines)


def _widths(x, variables, slopes):
    """Of the vector's numbers: bounds, prior, size."""
    prior = variables.sigma / np.maximum(np.abs(slopes), 1e-300)
    width = variables.upper - variables.lower
    return np.where(np.isfinite(width), width, np.where(np.isfinite(prior), prior / NOTHING, np.maximum(np.abs(x), 1.0)))


def _words(direction, labels):
    """The parts above a fifth of the largest."""
    order = np.argsort(-np.abs(direction))
    order = [i for i in order if abs(direction[i]) > 0.2 * np.abs(direction).max()][:6]
    sign = np.sign(direction[order[0]])
    return " ".join(f"{'-' if sign * direction[i] < 0 else '+'} {abs(direction[i]):.2f} {labels[i]}" for i in order).lstrip("+ ")


def told(x, variables, joint, each, count, offset_prior, noises, assumed):
    """joint: [rows, numbers + offsets], over the sigma that they were fitted with; each: the noise of a row in it; count: of the numbers; offset_prior: sigma of offsets
    about 0, or None."""
    labels = variables.labels()
    whole, joint = joint, joint / each[:, None]
    _, slopes = variables.physical(x)
    width = _widths(x, variables, slopes)
    by_number, by_offset = joint[:, :count], joint[:, count:]
    if offset_prior:  # what was known of offsets is a row each
        by_number = np.concatenate([by_number, np.zeros((by_offset.shape[1], count))])
        by_offset = np.concatenate([by_offset, np.eye(by_offset.shape[1]) / offset_prior])
    if by_offset.shape[1]:  # what offsets could do as well
        q, s, _ = np.linalg.svd(by_offset, full_matrices=False)
        q = q[:, s > 1e-10 * max(s.max(initial=0), 1e-300)]
        projected = by_number - q @ (q.T @ by_number)
    else:
        projected = by_number
    size = np.linalg.norm(by_number, axis=0)
    # What is left of a column after the projection is rounding below 1e-9 of it.
    projected = np.where(np.linalg.norm(projected, axis=0) > 1e-9 * size, projected, 0.0)
    scaled = projected * width
    _, singular, directions = np.linalg.svd(scaled, full_matrices=count > len(scaled))
    singular = np.concatenate([singular, np.zeros(count - len(singular))])
    largest = max(singular.max(initial=0), 1e-300)
    real = singular > 1e-10 * largest
    variance = np.where(real[:, None], (directions / np.where(real, singular, 1.0)[:, None]) ** 2, np.where(np.abs(directions) > 1e-6, np.inf, 0.0)).sum(axis=0)
    together = np.sqrt(variance)
    lengths = np.linalg.norm(scaled, axis=0)
    with np.errstate(divide="ignore"):
        alone = np.where(lengths > 0, 1 / lengths, np.inf)
    unseen = [label for label, a in zip(labels, alone) if a > NOTHING]
    only = [label for label, a, t in zip(labels, alone, together) if a <= NOTHING < t]
    with np.errstate(divide="ignore"):
        open_ = [i for i in range(count) if singular[i] < 1 / NOTHING]
    names_alone = set(unseen)
    combinations = []
    for i in open_:
        weight = np.where([label in names_alone for label in labels], 0.0, directions[i])
        if np.abs(weight).max(initial=0) > 0.2:  # more than unseen numbers by themselves
            left = "without limit" if singular[i] <= 1e-10 * largest else f"{1 / singular[i]:.2g} of the width known before"
            combinations.append(f"{_words(directions[i], labels)} ({left})")
    _, rows = variables.prior_residuals(x)
    if np.ptp(each) == 0:
        from .fits import _covariance
        deviation = np.sqrt(np.diag(_covariance(np.concatenate([projected, rows]))))
    else:
        known = np.zeros((len(rows) + (whole.shape[1] - count if offset_prior else 0), whole.shape[1]))
        known[:len(rows), :count] = rows
        if offset_prior:
            known[len(rows):, count:] = np.eye(whole.shape[1] - count) / offset_prior
        deviation = _deviation(whole, each, known, np.eye(count, whole.shape[1]))
    at_bound = [label for label, v, lo, hi in zip(labels, x, variables.lower, variables.upper)
                if v - lo <= 1e-6 * (hi - lo if np.isfinite(hi - lo) else 1) or hi - v <= 1e-6 * (hi - lo if np.isfinite(hi - lo) else 1)]
    return Told(labels, deviation * np.abs(slopes), alone, together, width * np.abs(slopes), singular, directions, unseen, only, combinations,
                noises, assumed, at_bound)


def leverage(joint, priors):
    """Of each row of joint: how much of its own value the fit follows, 0 to 1, priors beside. Their sum is the count of numbers that the rows fix."""
    stacked = np.concatenate([joint, priors])
    size = np.linalg.norm(stacked, axis=0)
    u, s, _ = np.linalg.svd(stacked / np.where(size > 0, size, 1.0), full_matrices=False)
    return (u[:len(joint), s > 1e-10 * max(s.max(initial=0), 1e-300)] ** 2).sum(axis=1)


def _deviation(joint, each, known, rows):
    """Of what depends on numbers and offsets by `rows`, where rows of joint have the noise `each`, of known 1; inf for what they do not tell. Rows of one noise are
    weighted by it; of several they were fitted as if it were one, and that spreads: A^-1 J^T C J A^-1 with A = J^T J."""
    if np.ptp(each) == 0:
        joint, each = joint / each[:1, None], np.ones(len(each))
    stacked, noise = np.concatenate([joint, known]), np.concatenate([each, np.ones(len(known))])
    size = np.linalg.norm(stacked, axis=0)
    scale = np.where(size > 0, size, 1.0)
    u, s, v = np.linalg.svd(stacked / scale, full_matrices=False)
    real = s > 1e-10 * max(s.max(initial=0), 1e-300)
    turned = (rows / scale) @ v.T
    root = np.linalg.qr(noise[:, None] * u[:, real], mode="r")
    out = np.linalg.norm((turned[:, real] / s[real]) @ root.T, axis=1)
    length = np.linalg.norm(rows / scale, axis=1)
    # What v has no rows for, where there are fewer rows than numbers, is not told either.
    rest = np.sqrt(np.maximum(length ** 2 - (turned[:, real] ** 2).sum(axis=1), 0.0))
    return np.where(rest > 1e-6 * length, np.inf, out)


def prediction_deviation(x, variables, joint, each, offset_prior, rows):
    """Of predictions that depend on numbers and offsets by `rows`: data, priors and bounds (as a uniform variable's variance) together; inf for
    what none of them tells."""
    count = len(x)
    _, slopes = variables.physical(x)
    width = variables.upper - variables.lower
    known = np.where(np.isfinite(width), 1 / (NOTHING * np.where(np.isfinite(width), width, 1)), 0.0)
    known = np.hypot(known, np.where(np.isfinite(variables.sigma), np.abs(slopes) / variables.sigma, 0.0))
    known = np.concatenate([known, np.full(joint.shape[1] - count, 0.0 if not offset_prior else 1 / offset_prior)])
    return _deviation(joint, each, np.diag(known), rows)
