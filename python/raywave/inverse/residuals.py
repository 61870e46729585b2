# SPDX-License-Identifier: Apache-2.0
"""Residuals of measurements: squared or Huber's, censored ones by the normal distribution's tail, unknown offsets eliminated.

With u = (y - prediction - Z b) / sigma a row costs rho(u): u^2 / 2; Huber's, linear beyond delta; of a censored row -log Phi(u): how likely the value
fell below the floor y (Tobin, 1958). Offsets b minimise the sum: where rho is u^2 / 2 the weighted mean, else Newton's steps on a convex function.
r = sign sqrt(2 rho) is what Levenberg-Marquardt sees. Derivatives of b by the predictions: implicit function theorem; they make the Jacobian exact."""
from __future__ import annotations

import numpy as np

from .._raywave import Error
from .._requirements import need

GROUPS = ("tx", "rx", "run")


class Offsets:
    """Design Z [n, num_offsets] over all rows: one column a group of each factor, for each name that the used rows have. levels: their names."""

    def __init__(self, groups, factors, used, prior_db=None):
        self.factors, self.prior = tuple(factors), prior_db
        for i, factor in enumerate(self.factors):
            if factor not in GROUPS:
                raise Error(f"offsets are of {', '.join(GROUPS)}, got {factor!r}")
            if factor in self.factors[:i]:
                raise Error(f"offsets name '{factor}' twice")
        self.levels = [(factor, str(name)) for factor in self.factors for name in np.unique(groups[factor])]
        if len(self.levels) * len(used) > 2e8:
            raise Error(f"{len(self.levels)} offsets of {len(used)} values are too many")
        self.design = self._design(groups, len(used))
        if not self.levels:
            return
        if prior_db is None:
            self._require_fixed(groups, used)

    def _design(self, groups, n):
        z = np.zeros((n, len(self.levels)))
        for k, (factor, name) in enumerate(self.levels):
            z[np.asarray(groups[factor]).astype(str) == name, k] = 1.0
        return z

    def _require_fixed(self, groups, used):
        """A value's offset must be a combination of those that used values have."""
        z = self.design
        _, s, v = np.linalg.svd(np.unique(z[used], axis=0), full_matrices=False)
        v = v[s > 1e-9 * max(s.max(initial=0), 1)]
        distinct, first = np.unique(z, axis=0, return_index=True)
        rest = distinct - distinct @ v.T @ v
        bad = np.flatnonzero(np.abs(rest).max(axis=1) > 1e-9)
        if len(bad):
            row = first[bad[0]]
            names = " and ".join(f"{factor} '{np.asarray(groups[factor])[row]}'" for factor in self.factors)
            raise Error(f"nothing fixes the offset of {names}: no value that is neither missing, censored nor held out has it "
                        "(leave these values out, or give offset_sigma_db)")

    def of(self, groups, n):
        """Z of other values. @raises Error for a name that none of the fit's values had"""
        known = set(self.levels)
        for factor in self.factors:
            for name in np.unique(np.asarray(groups[factor]).astype(str)):
                if (factor, name) not in known:
                    raise Error(f"nothing fixes the offset of {factor} '{name}': it was not measured")
        return self._design(groups, n)


class Rows:
    """The rows of one Observable in a loss."""

    def __init__(self, observable, factors, *, loss, delta, offset_sigma_db):
        o = self.o = observable
        self.used = o.valid & ~o.held_out
        if not self.used.any():
            raise Error("all values are missing or held out: there is nothing to fit")
        self.sigma = np.full(len(o.valid), getattr(o, "scale", 1.0)) if o.sigma is None else o.sigma
        self.delta = np.inf if loss == "l2" else delta / self.sigma
        if o.is_complex and loss != "l2":
            raise Error("complex channels are compared by squares: loss='l2'")
        if not o.additive:
            factors = ()  # shares have no offsets
        self.offsets = Offsets(o.groups, factors, self.used & ~np.asarray(o.censored), offset_sigma_db)
        self.b = np.zeros(len(self.offsets.levels), dtype=complex if o.is_complex else float)
        if o.is_complex and offset_sigma_db is not None:
            raise Error("offset_sigma_db is of powers in dB")

    # --- one row -----------------------------------------------------------------------------------------------------

    def _cost(self, u):
        """rho, its slope and curvature, [n]."""
        delta = np.broadcast_to(self.delta, u.shape)
        inside = np.abs(u) <= delta
        with np.errstate(invalid="ignore"):
            rho = np.where(inside, 0.5 * u * u, delta * (np.abs(u) - 0.5 * delta))
            slope, curvature = np.where(inside, u, delta * np.sign(u)), np.where(inside, 1.0, 0.0)
        c = np.asarray(self.o.censored)
        if c.any():
            special = need("scipy.special", "censored measurements")
            tail = special.log_ndtr(u[c])
            ratio = np.exp(-0.5 * u[c] ** 2 - 0.5 * np.log(2 * np.pi) - tail)  # phi / Phi
            rho[c], slope[c], curvature[c] = -tail, -ratio, ratio * (ratio + u[c])
        return rho, slope, curvature

    def _u(self, predicted, b):
        with np.errstate(invalid="ignore"):
            u = (self.o.values - predicted - self.offsets.design @ b) / self.sigma
        return np.where(self.used, u, 0.0)

    def _total(self, predicted, b):
        rho = self._cost(self._u(predicted, b))[0][self.used].sum()
        return rho + (0.5 * b @ b / self.offsets.prior ** 2 if self.offsets.prior else 0.0)

    # --- offsets -----------------------------------------------------------------------------------------------------

    def _normal(self, weights):
        z = self.offsets.design[self.used]
        h = z.T @ (weights[self.used, None] * z)
        return h + np.eye(len(h)) / self.offsets.prior ** 2 if self.offsets.prior else h

    def solve_offsets(self, predicted):
        """The b of these predictions; remembered."""
        if not len(self.b):
            return self.b
        if self.o.is_complex:
            self.b = self._complex_factors(predicted)
            return self.b
        b, z = np.array(self.b), self.offsets.design
        for _ in range(200):
            u = self._u(predicted, b)
            _, slope, curvature = self._cost(u)
            back = -z[self.used].T @ (slope / self.sigma)[self.used] + (b / self.offsets.prior ** 2 if self.offsets.prior else 0.0)
            scale = z[self.used].T @ (np.abs(slope) / self.sigma)[self.used] + 1e-300
            if (np.abs(back) <= 1e-13 * np.maximum(scale, 1.0)).all():
                break
            now, moved = self._total(predicted, b), False
            # Newton's step where it lowers the sum; else with curvature 1, which bounds that of every row
            for weights in (curvature / self.sigma ** 2, 1 / self.sigma ** 2):
                h = self._normal(weights)
                step = -np.linalg.lstsq(h, back, rcond=1e-12)[0]
                if self._total(predicted, b + step) < now:
                    b, moved = b + step, True
                    break
            if not moved:
                break
        self.b = b
        return b

    def _complex_factors(self, predicted):
        """Each group's least squares: b = <prediction, value> / <prediction, prediction>. Of several factors the first."""
        if len(self.offsets.factors) > 1:
            raise Error("complex factors are of one kind of group: tx, rx or run")
        w = np.where(self.used, 1 / self.sigma ** 2, 0.0)
        z = self.offsets.design
        top = z.T @ (w * predicted.conj() * np.where(self.used, self.o.values, 0))
        under = z.T @ (w * np.abs(predicted) ** 2)
        return top / np.where(under > 0, under, 1.0)

    def modelled(self, predicted, b=None, design=None):
        """Predictions with their offsets."""
        b = self.b if b is None else b
        z = self.offsets.design if design is None else design
        if self.o.is_complex:
            return predicted * (z @ b) if len(b) else predicted
        return predicted + z @ b if len(b) else predicted

    # --- residuals ---------------------------------------------------------------------------------------------------

    def residuals(self, predicted):
        """r [num_used] (twice as many where complex) with the offsets solved for, and what carries slopes on."""
        self.solve_offsets(predicted)
        if self.o.is_complex:
            r = ((self.o.values - self.modelled(predicted)) / self.sigma)[self.used]
            return np.concatenate([r.real, r.imag])
        rho, slope, _ = self._cost(self._u(predicted, self.b))
        r = np.where(np.asarray(self.o.censored), -1.0, np.sign(slope)) * np.sqrt(2 * rho)
        more = self.b / self.offsets.prior if self.offsets.prior else []
        return np.concatenate([r[self.used], more])

    def cotangent(self, predicted):
        """Of half the sum of squares by the predictions: at its minimum the offsets' own motion adds nothing."""
        if self.o.is_complex:
            factor = self.offsets.design @ self.b if len(self.b) else 1.0
            rest = np.where(self.used, self.o.values - self.modelled(predicted), 0) / self.sigma ** 2
            return -np.conj(factor) * rest
        _, slope, _ = self._cost(self._u(predicted, self.b))
        return np.where(self.used, -slope / self.sigma, 0.0)

    def jacobian(self, predicted, columns):
        """Of residuals(), from d prediction / d number, [n, numbers]."""
        if self.o.is_complex:
            return self._complex_jacobian(predicted, columns)
        rho, slope, curvature = self._cost(self._u(predicted, self.b))
        r = np.where(np.asarray(self.o.censored), -1.0, np.sign(slope)) * np.sqrt(2 * rho)
        # dr/du = rho' / r; where r is 0 it is 1, of a censored row, far below its floor, 0
        by_u = np.divide(slope, r, out=np.where(np.asarray(self.o.censored), 0.0, 1.0), where=np.abs(r) > 1e-150)
        moved = np.array(columns)
        if len(self.b):
            weights = curvature / self.sigma ** 2
            z = self.offsets.design
            right = z[self.used].T @ (weights[self.used, None] * columns[self.used])
            by_b = -np.linalg.lstsq(self._normal(weights), right, rcond=1e-12)[0]
            moved = moved + z @ by_b
        out = (-(by_u / self.sigma)[:, None] * moved)[self.used]
        return np.concatenate([out, by_b / self.offsets.prior]) if self.offsets.prior and len(self.b) else out

    def _complex_jacobian(self, predicted, columns):
        if len(self.b):
            z, w = self.offsets.design, np.where(self.used, 1 / self.sigma ** 2, 0.0)
            values = np.where(self.used, self.o.values, 0)
            under = z.T @ (w * np.abs(predicted) ** 2)
            under = np.where(under > 0, under, 1.0)
            by_b = (z.T @ ((w * values)[:, None] * columns.conj())
                    - self.b[:, None] * 2 * (z.T @ (w[:, None] * (predicted.conj()[:, None] * columns).real))) / under[:, None]
            moved = (z @ self.b)[:, None] * columns + predicted[:, None] * (z @ by_b)
        else:
            moved = columns
        out = -(moved / self.sigma[:, None])[self.used]
        return np.concatenate([out.real, out.imag])

    @property
    def width(self):
        """Columns of joint() that are of offsets."""
        return self.b.size * (2 if self.o.is_complex else 1)

    def values_of(self, slots):
        """`slots` of all values, for each row of joint()."""
        return np.tile(slots[self.used], 2 if self.o.is_complex else 1)

    # --- what the data tell ------------------------------------------------------------------------------------------

    def joint(self, predicted, columns, every=False, design=None):
        """d modelled / d (numbers, offsets), [rows, numbers + offsets], over sigma and weighted by the curvature of the used rows; every: of all rows, in
        their unit. Complex: real and imaginary parts one after the other, two columns an offset."""
        z = self.offsets.design if design is None else design
        if self.o.is_complex:
            factor = z @ self.b if len(self.b) else np.ones(len(predicted))
            by = np.concatenate([factor[:, None] * columns, predicted[:, None] * z, 1j * predicted[:, None] * z], axis=1)
            if every:
                return by
            by = (by / self.sigma[:, None])[self.used]
            return np.concatenate([by.real, by.imag])
        by = np.concatenate([columns, z], axis=1)
        if every:
            return by
        curvature = self._cost(self._u(predicted, self.b))[2]
        return (np.sqrt(np.maximum(curvature, 0)) / self.sigma)[self.used, None] * by[self.used]


class CalibrationLoss:
    """Half the sum of squares of all sets' residuals: a loss of rw.fit."""

    def __init__(self, rows):
        self.rows = rows
        self.held_out_rms, self.best_held_out, self.steps_since = np.nan, (np.inf, None), 0

    def __repr__(self):
        return f"CalibrationLoss({sum(int(r.used.sum()) for r in self.rows)} values)"

    def residuals(self, result):
        out = [r.residuals(r.o.predict(result)) for r in self.rows]
        self.held_out_rms = self._held_out(result)
        return np.concatenate(out)

    def residuals_jacobian(self, result, tangents):
        """[residuals, tangents]"""
        out = []
        for r in self.rows:
            predicted = r.o.predict(result)
            r.solve_offsets(predicted)
            out.append(r.jacobian(predicted, np.stack([r.o.jvp(result, tangent) for tangent in tangents], axis=1)))
        return np.concatenate(out)

    def evaluated_at(self, x):
        """rw.fit says where the last evaluation was."""
        if self.held_out_rms < self.best_held_out[0]:
            self.best_held_out = (self.held_out_rms, np.array(x))
            self.steps_since = 0

    def __call__(self, result, names=None):
        value, total = 0.0, {}
        for r in self.rows:
            predicted = r.o.predict(result)
            rest = r.residuals(predicted)
            value += 0.5 * float(rest @ rest)
            for name, g in r.o.vjp(result, r.cotangent(predicted), names).items():
                total[name] = total.get(name, 0.0) + np.asarray(g)
        self.held_out_rms = self._held_out(result)
        return value, total

    def _held_out(self, result):
        """Root of the mean square over sigma of what is held out; NaN for nothing."""
        square, count = 0.0, 0
        for r in self.rows:
            rows = r.o.valid & r.o.held_out & ~np.asarray(r.o.censored)
            if rows.any():
                rest = (r.o.values - r.modelled(r.o.predict(result)))[rows] / r.sigma[rows]
                square, count = square + float((np.abs(rest) ** 2).sum()), count + rows.sum()
        return np.sqrt(square / count) if count else np.nan
