# SPDX-License-Identifier: Apache-2.0
"""Losses of radar echoes that an optimiser can descend, each with its adjoint, chosen by one word.

    loss = signal.Loss("psf", radar, cube, sigma_m=0.4)      # or "cumulative", "assignment", "hann", "dirichlet", "complex"
    value, gradient = loss(paths, ["object/car/translation_m"])

A loss compares, link by link, the echoes of paths with what was measured (samples of the same waveform). Distances are counted in
bins of range, c / 2B. With p the echoes' powers (mean over the ports) and x their bins:

| word | compares | wide enough for |
|---|---|---|
| psf | sum p g(k - x) with the measured power convolved by the same Gaussian; g: the main lobe (0.612 bins, Hann) widened by sigma_m | some sigma |
| cumulative | shares of power up to each bin (Cramer's distance) | the whole window; biased where echoes interfere |
| assignment | places of the echoes with those of measured peaks, matched one to one (temperature: softly) | the whole window |
| hann, dirichlet | magnitudes of the coherent transform, Hann or rectangular window, padded four times | 3 bins, 1 bin |
| complex | the samples themselves | a quarter of a wavelength |

Values are relative: to the measured energy (psf, hann, dirichlet, complex), to squared bins (cumulative: bins). A link without echoes has
the value of an empty model (assignment: the squared window) and no slope. Differentiable in: gains,
delays, Doppler shifts. Not in: which measured peaks there are. Formulas: docs/signals.md."""
from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .._lines import line
from .._raywave import Error, Paths
from .._requirements import need
from .waveforms import Echoes, Fmcw, Spectrum

WORDS = ("psf", "cumulative", "assignment", "hann", "dirichlet", "complex")
MAIN_LOBE_BINS = 0.612  # of a Gaussian with the -3 dB width of the Hann window's power
_PAD = 4  # bins of padded transforms a bin


def _gauss(d, s):
    return np.exp(-0.5 * (d / s) ** 2) / (math.sqrt(2 * math.pi) * s)


def _normal_cdf(x):
    ndtr = need("scipy.special", "signal.Loss").ndtr
    return ndtr(x)


class _Psf:
    """M_k = sum p_i g(k - x_i), unit area, on a grid that goes on beyond the window as far as the Gaussian does."""

    def __init__(self, data, sigma):
        self.s = math.hypot(MAIN_LOBE_BINS, sigma)
        self.step = max(1, int(self.s * _PAD / 2)) / _PAD  # two places a width say all of it
        beyond = 4 * self.s
        self.places = np.arange(-beyond, data.num_bins + beyond, self.step)
        self.wanted = data.blurred(self.places, sigma)
        self.scale = (self.wanted ** 2).sum()
        if not self.scale > 0:
            raise Error("nothing was measured above the noise floor: psf has nothing to compare with")

    def __call__(self, x, p, amplitudes):
        d = self.places[:, None] - x
        g, factor = _gauss(d, self.s), 1.0
        if amplitudes == "each":
            nnls = need("scipy.optimize", "signal.Loss").nnls
            p = nnls(g, self.wanted)[0]
        elif amplitudes == "common":
            model = g @ p
            norm = model @ model
            factor = max(model @ self.wanted, 0.0) / norm if norm > 0 else 0.0
            p = factor * p
        rest = g @ p - self.wanted
        by_place = p * ((rest[:, None] * g * d).sum(axis=0) / self.s ** 2) / self.scale
        # the loss is stationary in what is projected out, powers or their common factor
        by_power = np.zeros_like(p) if amplitudes == "each" else factor * (g.T @ rest) / self.scale
        return 0.5 * rest @ rest / self.scale, by_place, by_power

    def of_nothing(self):
        return 0.5


class _Cumulative:
    """F_k = sum p_i Phi(k - x_i) / sum p_i against the measured share."""

    def __init__(self, data, sigma):
        self.s = math.hypot(MAIN_LOBE_BINS, sigma)
        self.places = np.arange(-4 * self.s, data.num_bins + 4 * self.s, 0.25)
        density = data.blurred(self.places, sigma)
        total = np.cumsum(density)
        if not total[-1] > 0:
            raise Error("nothing was measured above the noise floor: cumulative has nothing to compare with")
        self.wanted = (total - 0.5 * density) / total[-1]

    def __call__(self, x, p, amplitudes):
        if amplitudes == "each":
            raise Error("cumulative compares shares of power: amplitudes must be 'known' or 'common'")
        total = p.sum()
        if not total > 0:
            return self.of_nothing(), np.zeros_like(x), np.zeros_like(p)
        d = (self.places[:, None] - x) / self.s
        phi = _normal_cdf(d)
        model = phi @ p / total
        rest = model - self.wanted
        by_place = -2 * 0.25 * (p / total) * (rest[:, None] * _gauss(d, 1.0)).sum(axis=0) / self.s
        by_power = 2 * 0.25 * ((phi - model[:, None]) * rest[:, None]).sum(axis=0) / total
        return 0.25 * rest @ rest, by_place, by_power

    def of_nothing(self):
        return 0.25 * self.wanted @ self.wanted


class _Assignment:
    """sum |x_i - peak|^2 over matched pairs, the strongest peaks, as many as echoes."""

    def __init__(self, data, temperature):
        self.peaks, self.temperature, self.num_bins = data.peaks(), temperature, data.num_bins
        if not len(self.peaks):
            raise Error("no peak was measured above the noise floor: assignment has nothing to compare with")

    def __call__(self, x, p, amplitudes):
        strongest = np.argsort(-p, kind="stable")[:len(self.peaks)]
        peaks = self.peaks[:len(strongest)]
        d = x[strongest][:, None] - peaks
        if self.temperature > 0:
            share, value = _sinkhorn(d ** 2, self.temperature)
        else:
            linear_sum_assignment = need("scipy.optimize", "signal.Loss").linear_sum_assignment
            share = np.zeros_like(d)
            share[linear_sum_assignment(d ** 2)] = 1.0
            value = (share * d ** 2).sum()
        by_place = np.zeros_like(x)
        by_place[strongest] = 2 * (share * d).sum(axis=1)
        return value, by_place, np.zeros_like(p)

    def of_nothing(self):
        """The strongest peak stays without an echo: as far off as the window is long."""
        return float(self.num_bins ** 2)


def _sinkhorn(cost, temperature):
    """Doubly stochastic shares that minimise sum P C + T sum P ln P, and that minimum, whose derivative by the cost is P."""
    logsumexp = need("scipy.special", "signal.Loss").logsumexp
    f, g = np.zeros(cost.shape[0]), np.zeros(cost.shape[1])
    for _ in range(2000):
        f = -temperature * logsumexp((g - cost) / temperature, axis=1)
        step = -temperature * logsumexp((f[:, None] - cost) / temperature, axis=0)
        done, g = abs(step - g).max() < 1e-13 * max(1.0, abs(step).max()), step
        if done:
            break
    share = np.exp((f[:, None] + g - cost) / temperature)
    return share, (share * cost).sum() + temperature * (share * np.log(np.maximum(share, 1e-300))).sum()


class _Data:
    """What was measured on one link: power over range, averaged over ports, chirps and frames; the noise floor taken off. Bins count
    up with the delay, those of falling chirps are turned round."""

    def __init__(self, samples, noise_power, falling):
        self.samples = samples  # [rx_ant, tx_ant, frames, chirps, samples]
        self.num_bins = samples.shape[-1]
        x = Spectrum(range_bins=_PAD * self.num_bins, doppler_window="rectangular").of(samples[..., None, :])[..., 0, :]
        power = (abs(x) ** 2).mean(axis=tuple(range(x.ndim - 1)))
        if falling:
            power = np.roll(power[::-1], 1)
        if noise_power is None:
            # far from few echoes the median is that of noise, an exponential's (many averaged: its mean)
            averaged = x[..., 0].size
            floor = np.median(power) / max(1 - 1 / (3 * averaged), 0.5) ** 3
        else:
            floor = noise_power * 1.5 / self.num_bins  # sum w^2 / (sum w)^2 of the Hann window
        self.floor = floor
        self.power = power - floor

    def blurred(self, places, sigma):
        """Measured power as a density over bins: each padded bin's, widened by sigma."""
        density = self.power / (MAIN_LOBE_BINS * math.sqrt(2 * math.pi))  # a peak of power p holds p
        at = np.arange(_PAD * self.num_bins) / _PAD
        if sigma == 0:
            return np.interp(places, at, density, left=0.0, right=0.0)
        return _gauss(places[:, None] - at, sigma) @ density / _PAD

    def peaks(self):
        """Places of local maxima, strongest first, between padded bins by a parabola through the logarithm."""
        power = np.maximum(self.power, 0)
        before, after = np.roll(power, 1), np.roll(power, -1)
        found = np.flatnonzero((power > before) & (power >= after) & (power > max(10 * self.floor, 1e-4 * power.max())))
        left, middle, right = (np.log(np.maximum(v[found], 1e-300)) for v in (before, power, after))
        curve = left - 2 * middle + right
        place = (found + np.where(curve < 0, 0.5 * (left - right) / np.minimum(curve, -1e-300), 0.0)) / _PAD
        return place[np.argsort(-power[found], kind="stable")]


class _Coherent:
    """Sums of echoes: their samples, or magnitudes of their transforms. Gains may be projected out."""

    def __init__(self, word, waveform, data):
        self.word, self.waveform = word, waveform
        self.spectrum = None if word == "complex" else Spectrum("hann" if word == "hann" else "rectangular", "rectangular", range_bins=_PAD * data.num_bins)
        self.wanted = data.samples if word == "complex" else abs(self.spectrum.of(data.samples))
        self.scale = (abs(self.wanted) ** 2).sum()
        if not self.scale > 0:
            raise Error("the samples that were measured are all 0")

    def __call__(self, a, tau, doppler, frequency_hz, amplitudes):
        a, factor = self._projected(a, tau, doppler, frequency_hz, amplitudes)
        echoes = Echoes(a, tau, doppler, frequency_hz=frequency_hz)
        if self.word == "complex":
            rest = echoes.samples(self.waveform)[0, :, 0] - self.wanted
            value, cotangent = 0.5 * (abs(rest) ** 2).sum() / self.scale, rest / self.scale
            gradient = echoes.samples_vjp(self.waveform, cotangent[None, :, None])
        else:
            x = echoes.spectrum(self.waveform, self.spectrum)[0, :, 0]
            size = abs(x)
            rest = size - self.wanted
            value = 0.5 * (rest ** 2).sum() / self.scale
            cotangent = rest * np.where(size > 0, x / np.where(size > 0, size, 1), 0) / self.scale
            gradient = echoes.spectrum_vjp(self.waveform, cotangent[None, :, None], self.spectrum)
        by_gain = np.zeros_like(a) if amplitudes == "each" else gradient["a"] * np.conj(factor)  # stationary in what is projected out
        return value, by_gain, gradient["tau"], gradient["doppler"]

    def of_nothing(self):
        return 0.5

    def _projected(self, a, tau, doppler, frequency_hz, amplitudes):
        """Gains by least squares: one complex factor of all, or each on its own; for magnitudes one real factor."""
        if amplitudes == "known":
            return a, 1.0
        if self.word != "complex":
            if amplitudes == "each":
                raise Error(f"{self.word} compares magnitudes: amplitudes must be 'known' or 'common'")
            model = abs(Echoes(a, tau, doppler, frequency_hz=frequency_hz).spectrum(self.waveform, self.spectrum)[0, :, 0])
        elif amplitudes == "common":
            model = Echoes(a, tau, doppler, frequency_hz=frequency_hz).samples(self.waveform)[0, :, 0]
        if amplitudes == "common":
            energy = np.vdot(model, model).real
            factor = np.vdot(model, self.wanted) / energy if energy > 0 else 1.0
            return a * factor, factor
        (num_rx, num_tx, count), out = a.shape, np.zeros_like(a)
        blocks = self.wanted.shape[1]  # one holds the ports that send at once: they are solved for together
        for block in range(blocks):
            ports = [block] if blocks == num_tx else list(range(num_tx))
            columns = []
            for t in ports:
                for i in range(count):
                    one = np.zeros((1, num_tx, 1), dtype=complex)
                    one[0, t] = 1
                    columns.append(Echoes(one, tau[i:i + 1], doppler[i:i + 1], frequency_hz=frequency_hz).samples(self.waveform)[0, 0, 0, block].ravel())
            found = np.linalg.lstsq(np.array(columns).T, self.wanted[:, block].reshape(num_rx, -1).T, rcond=None)[0]
            out[:, ports] = found.T.reshape(num_rx, len(ports), count)
        return out, 0.0


def _links(links, measured):
    out = [tuple(link) if np.ndim(link) else (link,) for link in links]
    if not out:
        raise Error("links names no link: there is nothing to compare")
    for link in out:
        if len(link) != 2 or not all(isinstance(i, (int, np.integer)) for i in link):
            raise Error(f"links are pairs (rx, tx) of indices, got {link}")
        if not (0 <= link[0] < measured.shape[0] and 0 <= link[1] < measured.shape[2]):
            raise Error(f"link {link} is out of range: {measured.shape[0]} receivers and {measured.shape[2]} transmitters were measured")
    if len(set(out)) < len(out):
        raise Error(f"links names a link twice: {out}")
    return out


class Loss:
    """See the module. measured: samples as paths.samples gives them; links: pairs (rx, tx) that are compared (default: all);
    sigma_m: of psf and cumulative, in metres of range; amplitudes: "known", "common" (one factor a link is free) or "each" (every
    echo's is free; psf, complex); noise_power a sample, or None: the floor is the median of the measured power; weights of the links
    "equal", or "energy": as the measured energies, so that links which hold little but noise count little (psf, hann, dirichlet, complex).

    loss(paths, names) is (value, {name: gradient}), the (weighted) mean over links; loss.of_echoes(...) the same for arrays."""

    def __init__(self, word: str, waveform: Fmcw, measured: NDArray, *, links: Sequence[tuple[int, int]] | None = None, sigma_m: float = 0.0,
                 amplitudes: str = "known", noise_power: float | None = 0.0, temperature: float = 0.0,
                 weights: str = "equal"):
        measured = np.asarray(measured)
        if word not in WORDS:
            import difflib
            near = difflib.get_close_matches(str(word), WORDS, 1)
            raise Error(f"unknown loss '{word}'{f', did you mean {near[0]!r}?' if near else ''}; known: {', '.join(WORDS)}")
        if amplitudes not in ("known", "common", "each"):
            raise Error(f"amplitudes must be 'known', 'common' or 'each', got '{amplitudes}'")
        if weights not in ("equal", "energy"):
            raise Error(f"weights must be 'equal' or 'energy', got '{weights}'")
        if measured.ndim != 7:
            raise Error(f"measured samples have 7 axes, as paths.samples gives them; got the shape {list(measured.shape)}")
        if not np.isfinite(measured).all():
            raise Error("measured samples hold numbers that are not finite")
        if not isinstance(waveform, Fmcw):
            raise Error(f"losses compare cubes of a signal.Fmcw, got {type(waveform).__name__}")
        ends = (waveform.num_frames, waveform.num_chirps, waveform.num_samples)
        if measured.shape[4:] != ends or (waveform.multiplexing == "ddm" and measured.shape[3] != 1):
            ports = "1" if waveform.multiplexing == "ddm" else "num_tx_ant"
            raise Error(f"measured samples of this waveform have the shape [num_rx, num_rx_ant, num_tx, {ports}, {', '.join(map(str, ends))}]; "
                        f"got {list(measured.shape)}")
        if not waveform.complex_sampling:
            raise Error("losses compare complex samples; of real ones take the analytic signal first (scipy.signal.hilbert along samples)")
        if not (math.isfinite(sigma_m) and sigma_m >= 0):
            raise Error(f"sigma_m must be >= 0, got {sigma_m}")
        if not (math.isfinite(temperature) and temperature >= 0):
            raise Error(f"temperature must be >= 0, got {temperature}")
        if noise_power is not None and not (math.isfinite(noise_power) and noise_power >= 0):
            raise Error(f"noise_power must be >= 0, or None, got {noise_power}")
        self.word, self.waveform, self.measured, self.amplitudes = word, waveform, measured, amplitudes
        self.links = [(r, t) for r in range(measured.shape[0]) for t in range(measured.shape[2])] if links is None else _links(links, measured)
        self.noise_power, self.temperature, self.sigma_m = noise_power, temperature, sigma_m
        self._parts = {}
        for link in self.links:
            data = _Data(measured[link[0], :, link[1]], noise_power, waveform.slope_hz_per_s < 0)
            self._parts[link] = self._part(data)
        self.weights = weights
        scales = np.array([getattr(self._parts[link], "scale", 1.0) if weights == "energy" else 1.0 for link in self.links])
        self._shares = dict(zip(self.links, scales / scales.sum()))

    def _part(self, data):
        sigma = self.sigma_m / self.waveform.range_resolution_m
        if self.word == "psf":
            return _Psf(data, sigma)
        if self.word == "cumulative":
            return _Cumulative(data, sigma)
        if self.word == "assignment":
            return _Assignment(data, self.temperature)
        return _Coherent(self.word, self.waveform, data)

    def __repr__(self):
        return line(self, "word", "measured", "links", "sigma_m", "amplitudes", "weights")

    def with_sigma(self, sigma_m: float) -> Loss:
        """The same loss of another width."""
        return self.of_word(self.word, sigma_m)

    def of_word(self, word: str, sigma_m: float = 0.0) -> Loss:
        """Another loss of the same measurement."""
        amplitudes = "common" if self.amplitudes == "each" and word in ("cumulative", "hann", "dirichlet") else self.amplitudes
        return Loss(word, self.waveform, self.measured, links=self.links, sigma_m=sigma_m, amplitudes=amplitudes, noise_power=self.noise_power,
                    temperature=self.temperature, weights=self.weights)

    def of_echoes(self, link: tuple[int, int], a: NDArray, tau: NDArray, doppler: NDArray | None = None, *, frequency_hz: float) -> tuple[float, NDArray, NDArray, NDArray]:
        """(value, d by a, d by tau, d by doppler) of one link; a [num_rx_ant, num_tx_ant, num_paths] or [num_paths]."""
        a, tau = np.asarray(a, dtype=complex), np.asarray(tau, dtype=float)
        doppler = np.zeros_like(tau) if doppler is None else np.asarray(doppler, dtype=float)
        if a.ndim not in (1, 3) or tau.shape != a.shape[-1:] or doppler.shape != tau.shape:
            raise Error(f"a takes [num_rx_ant, num_tx_ant, num_paths] or [num_paths], tau and doppler [num_paths], got {list(a.shape)}, {list(tau.shape)}, "
                        f"{list(doppler.shape)}")
        for name, values in (("a", a), ("tau", tau), ("doppler", doppler)):
            if not np.isfinite(values).all():
                raise Error(f"{name} of link {tuple(link)} holds a number that is not finite")
        full = a.reshape(1, 1, -1) if a.ndim == 1 else a
        if tuple(link) not in self._parts:
            raise Error(f"link {tuple(link)} is not among those that are compared: {', '.join(map(str, self.links))}")
        part, w = self._parts[tuple(link)], self.waveform
        if full.shape[2] == 0:
            return part.of_nothing(), np.zeros_like(a), np.zeros_like(tau), np.zeros_like(tau)
        if isinstance(part, _Coherent):
            self._require_ports(full.shape[:2])
            value, by_a, by_tau, by_doppler = part(full, tau, doppler, frequency_hz, self.amplitudes)
            return value, by_a.reshape(a.shape), by_tau, by_doppler
        per_second = abs(w.slope_hz_per_s) * w.num_samples / w.sampling_frequency_hz
        per_hertz = -math.copysign(w.num_samples / w.sampling_frequency_hz, w.slope_hz_per_s)
        mixed = np.einsum("rti,tu->rui", full, self._mixing(full.shape[1])) / full.shape[0]
        p = (np.conj(full) * mixed).real.sum(axis=(0, 1))
        value, by_place, by_power = part(tau * per_second + doppler * per_hertz, p, self.amplitudes)
        by_a = 2 * mixed * by_power
        return value, by_a.reshape(a.shape), by_place * per_second, by_place * per_hertz

    def _mixing(self, num_tx):
        """Of the mean power over blocks and chirps, as a form of a port's gains, [num_tx_ant, num_tx_ant]: in turns each on its own; at once
        what their codes have in common over the chirps."""
        if self.waveform.multiplexing == "tdm":
            return np.eye(num_tx) / num_tx
        codes = np.exp(2j * np.pi / num_tx * np.outer(np.arange(num_tx), np.arange(self.waveform.num_chirps)))
        return codes @ codes.conj().T / self.waveform.num_chirps

    def _require_ports(self, ports):
        rx, tx = self.measured.shape[1], self.measured.shape[3]
        if ports[0] != rx or (self.waveform.multiplexing == "tdm" and ports[1] != tx):
            raise Error(f"gains of {ports[0]} x {ports[1]} ports do not fit the measured samples, which have {rx} x {tx}")

    def __call__(self, paths: Paths, names: Sequence[str] | None = None) -> tuple[float, dict]:
        """(value, {name: gradient}), the mean over links. names: as wrt of paths.vjp."""
        a, tau, doppler, valid = paths.a, paths.tau, paths.doppler, paths.valid
        if tau.ndim != 3:
            raise Error("losses take paths of synthetic arrays (synthetic_array=True)")
        if tau.shape[0] != self.measured.shape[0] or tau.shape[1] != self.measured.shape[2]:
            raise Error(f"paths of {tau.shape[0]} receivers and {tau.shape[1]} transmitters do not fit the measured samples, which have "
                        f"{self.measured.shape[0]} and {self.measured.shape[2]}")
        self._require_ports((a.shape[1], a.shape[3]))
        total, by_a, by_tau, by_doppler = 0.0, np.zeros_like(a), np.zeros_like(tau), np.zeros_like(doppler)
        for r, t in self.links:
            there = valid[r, t]
            value, ga, gt, gd = self.of_echoes((r, t), a[r, :, t][:, :, there], tau[r, t][there], doppler[r, t][there], frequency_hz=paths.frequency_hz)
            share = self._shares[r, t]
            total += share * value
            by_a[r, :, t, :, there] = share * np.moveaxis(ga, -1, 0)
            by_tau[r, t, there], by_doppler[r, t, there] = share * gt, share * gd
        return total, paths.vjp(a=by_a, tau=by_tau, doppler=by_doppler, wrt=names)

    def residuals(self, paths: Paths) -> NDArray:
        """Of complex samples, real numbers whose half sum of squares is the loss: for method="lm", which ends in some steps and tells the covariance. A
        residual's variance is half the noise power over the link's measured energy times the number of links (or, of weights "energy", over that of all)."""
        return np.concatenate([_as_reals(rest) for rest, _, _ in self._rests(paths)])

    def residuals_jacobian(self, paths: Paths, tangents: Sequence[dict]) -> NDArray:
        """[residuals, tangents]; what a link's free factor takes is projected out."""
        slopes = [paths.samples_jvp(self.waveform, tangent) for tangent in tangents]
        rows = []
        for (r, t), (_, model, factor) in zip(self.links, self._rests(paths)):
            columns = np.stack([factor * slope[r, :, t].ravel() for slope in slopes], axis=1)
            energy = np.vdot(model, model).real
            if self.amplitudes == "common" and energy > 0:
                columns -= np.outer(model, np.conj(model) @ columns) / energy
            rows.append(_as_reals(columns))
        return np.concatenate(rows)

    def _rests(self, paths):
        """(what is left, the model, the factor of a slope) of each link, weighed."""
        if self.word != "complex" or self.amplitudes == "each":
            raise Error(f"residuals are those of 'complex' with amplitudes 'known' or 'common', this loss is '{self.word}' with '{self.amplitudes}'")
        if paths.tau.ndim != 3 or paths.tau.shape[0] != self.measured.shape[0] or paths.tau.shape[1] != self.measured.shape[2]:
            raise Error("paths do not fit the measured samples: synthetic arrays, as many receivers and transmitters")
        self._require_ports((paths.a.shape[1], paths.a.shape[3]))
        samples = paths.samples(self.waveform)
        for r, t in self.links:
            part, model = self._parts[r, t], samples[r, :, t].ravel()
            wanted, energy = part.wanted.ravel(), np.vdot(model, model).real
            factor = np.vdot(model, wanted) / energy if self.amplitudes == "common" and energy > 0 else 1.0
            weight = math.sqrt(self._shares[r, t] / part.scale)
            yield weight * (factor * model - wanted), model, weight * factor


def _as_reals(x):
    return np.concatenate([x.real, x.imag])


@dataclasses.dataclass(frozen=True)
class Annealing:
    """Widths that halve from start_m to end_m (and 0: the window's own main lobe), then the words of `then`: a schedule of losses.

    start_m: the error expected; steps: of the optimiser a stage."""

    start_m: float
    end_m: float
    steps: int = 30
    word: str = "psf"
    then: tuple[str, ...] = ("hann",)

    def __post_init__(self):
        if not 0 < self.end_m <= self.start_m:
            raise Error(f"annealing goes from start_m down to end_m > 0, got {self.start_m} and {self.end_m}")
        if not math.isfinite(self.start_m):
            raise Error(f"start_m must be finite, got {self.start_m}")
        if self.steps < 1:
            raise Error(f"steps must be >= 1, got {self.steps}")
        for word in (self.word, *self.then):
            if word not in WORDS:
                raise Error(f"unknown loss '{word}'; known: {', '.join(WORDS)}")

    def widths_m(self) -> list[float]:
        count = math.ceil(math.log2(self.start_m / self.end_m)) + 1
        return [self.start_m / 2 ** j for j in range(count)] + [0.0]

    def stages(self, loss: Loss) -> Iterator[tuple[str, float, Loss]]:
        """(word, width in metres, loss) one after the other."""
        for sigma in self.widths_m():
            yield self.word, sigma, loss.of_word(self.word, sigma)
        for word in self.then:
            yield word, 0.0, loss.of_word(word)

