# SPDX-License-Identifier: Apache-2.0
"""Waveforms, what they sample of paths and of echoes given as arrays, and their spectra."""
from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from .. import _raywave
from .._methods import method
from .._raywave import Echoes, Error, Paths
from .._values import integer, real_number, shown, switch

SPEED_OF_LIGHT = 299792458.0
BOLTZMANN = 1.380649e-23


@dataclasses.dataclass(frozen=True)
class Fmcw:
    """Chirps of an FMCW radar: mixer output RX conj(TX), echoes at the beat frequency -slope * delay (signal.adc_frames conjugates, for
    tools of hardware whose mixer is TX conj(RX)). Spectra have delays at positive bins.

    multiplexing: "tdm" (a transmitter's ports send one after the other, chirp_period_s apart) or "ddm" (all at once, port t turned by
    t / num_ports a chirp; the axis num_tx_ant has length 1). Zero stands for: chirp_period_s as long as the ramp; frame_period_s frames
    without pause; ramp_duration_s until the last sample. first_frequency_offset_hz: frequency of the first sample from the scene's."""

    slope_hz_per_s: float
    sampling_frequency_hz: float
    num_samples: int
    num_chirps: int = 1
    num_frames: int = 1
    chirp_period_s: float = 0.0
    frame_period_s: float = 0.0
    adc_start_s: float = 0.0
    ramp_duration_s: float = 0.0
    first_frequency_offset_hz: float = 0.0
    residual_video_phase: bool = False
    complex_sampling: bool = True
    multiplexing: str = "tdm"

    def __post_init__(self):
        _raywave._check_waveform(self._words(), 1)

    def _words(self):
        return dataclasses.asdict(self)

    @property
    def bandwidth_hz(self) -> float:
        """Swept over the samples."""
        return abs(self.slope_hz_per_s) * self.num_samples / self.sampling_frequency_hz

    @property
    def range_resolution_m(self) -> float:
        """c / 2B: a bin of the unpadded range spectrum, for a radar whose ends are at one place."""
        return SPEED_OF_LIGHT / (2 * self.bandwidth_hz)

    @property
    def unambiguous_range_m(self) -> float:
        return self.range_resolution_m * self.num_samples / (1 if self.complex_sampling else 2)

    def delays_s(self, range_bins: int = 0) -> NDArray[np.float64]:
        """Of the range spectrum's bins. For a falling chirp bins count down."""
        bins = range_bins or self.num_samples
        order = np.arange(bins) if self.slope_hz_per_s > 0 else -np.arange(bins) % bins
        return order * (self.sampling_frequency_hz / abs(self.slope_hz_per_s) / bins)

    def ranges_m(self, range_bins: int = 0) -> NDArray[np.float64]:
        """Half the way there and back, of the range spectrum's bins."""
        return SPEED_OF_LIGHT / 2 * self.delays_s(range_bins)

    def slow_period_s(self, num_tx_ports: int = 1) -> float:
        """From chirp to chirp of one port."""
        return _raywave._check_waveform(self._words(), num_tx_ports)

    def doppler_hz(self, doppler_bins: int = 0, num_tx_ports: int = 1) -> NDArray[np.float64]:
        """Of the Doppler spectrum's bins, in their order: 0 first, negative ones in the second half."""
        return np.fft.fftfreq(doppler_bins or self.num_chirps, self.slow_period_s(num_tx_ports))


@dataclasses.dataclass(frozen=True)
class Ofdm:
    """A grid of subcarriers k = -K/2 ... K/2 - 1 about the scene's frequency, and symbols. long_every symbols the prefix is
    long_prefix_extra_s longer. Delays within the prefix, Doppler shifts small against the spacing: no interference is modelled."""

    num_subcarriers: int
    subcarrier_spacing_hz: float
    num_symbols: int = 1
    cyclic_prefix_s: float = 0.0
    long_prefix_extra_s: float = 0.0
    long_every: int = 0

    def __post_init__(self):
        _raywave._check_waveform(self._words(), 1)

    def _words(self):
        return dataclasses.asdict(self)

    @property
    def complex_sampling(self) -> bool:
        return True

    @property
    def bandwidth_hz(self) -> float:
        return self.num_subcarriers * self.subcarrier_spacing_hz

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        return (np.arange(self.num_subcarriers) - self.num_subcarriers // 2) * self.subcarrier_spacing_hz

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Starts of the symbols' useful parts."""
        symbols = np.arange(self.num_symbols)
        extra = symbols // self.long_every * self.long_prefix_extra_s if self.long_every else 0.0
        return symbols * (1 / self.subcarrier_spacing_hz + self.cyclic_prefix_s) + extra

    def delays_s(self, range_bins: int = 0) -> NDArray[np.float64]:
        bins = range_bins or self.num_subcarriers
        return np.arange(bins) / (bins * self.subcarrier_spacing_hz)

    def doppler_hz(self, doppler_bins: int = 0) -> NDArray[np.float64]:
        return np.fft.fftfreq(doppler_bins or self.num_symbols, 1 / self.subcarrier_spacing_hz + self.cyclic_prefix_s)


def ofdm(numerology: str, *, num_resource_blocks: int, num_symbols: int = 14) -> Ofdm:
    """5G's grid by name: "mu0" (15 kHz) ... "mu4" (240 kHz), "mu2-extended" (TS 38.211, section 4.2)."""
    return Ofdm(**_raywave._numerology(numerology, num_resource_blocks, num_symbols))


def thermal_noise_power(bandwidth_hz: float, *, power_dbm: float, noise_figure_db: float = 0.0, temperature_k: float = 293.0) -> float:
    """Noise k T B F over the power sent: noise_power of samples, whose gains are those of the channel. B: the sampling frequency of
    an FMCW mixer, the spacing of OFDM's subcarriers (with the power of one subcarrier)."""
    for name, x in (("bandwidth_hz", bandwidth_hz), ("noise_figure_db", noise_figure_db), ("temperature_k", temperature_k)):
        if not x >= 0:
            raise Error(f"{name} must be >= 0, got {x}")
    return BOLTZMANN * temperature_k * bandwidth_hz * 10 ** (noise_figure_db / 10) / (1e-3 * 10 ** (power_dbm / 10))


def kernel_tail(window: str, num_samples: int, bins: int) -> float:
    """What a path's kernel is off by, relative to its peak, where it is cut after so many bins on either side."""
    return _raywave._kernel_tail(window, num_samples, bins)


@dataclasses.dataclass(frozen=True)
class Spectrum:
    """How samples become range and Doppler: windows ("rectangular", "hann", "hamming", "blackman"; periodic), bins (0: as many as samples;
    more: zero padding), and for the closed form kernel_bins: kernels cut after so many bins on either side (0: whole). Divided by the
    windows' sums: a path on a bin has its gain there."""

    range_window: str = "hann"
    doppler_window: str = "hann"
    range_bins: int = 0
    doppler_bins: int = 0
    kernel_bins: int = 0

    def _words(self):
        return dataclasses.asdict(self)

    def of(self, samples: NDArray) -> NDArray[np.complex128]:
        """By FFT, of [..., num_chirps, num_samples]: samples that were measured, or hold noise."""
        samples = np.asarray(samples)
        chirps, count = samples.shape[-2:]
        for name, given, least in (("range_bins", self.range_bins, count), ("doppler_bins", self.doppler_bins, chirps)):
            if given and given < least:
                raise Error(f"{name} must be >= {least} samples, or 0, got {given}")
        fast, slow = _raywave._window(self.range_window, count), _raywave._window(self.doppler_window, chirps)
        bins = self.range_bins or count
        x = np.fft.ifft(samples * fast, bins, axis=-1) * (bins / fast.sum())
        return np.fft.fft(x * slow[:, None], self.doppler_bins or chirps, axis=-2) / slow.sum()


def _image(x):
    """Of the real part: half the spectrum and half its mirror image, conjugate. Its own adjoint."""
    mirrored = np.roll(x[..., ::-1, ::-1], 1, axis=(-2, -1))
    return (x + mirrored.conj()) / 2


def _waveform(given):
    if not isinstance(given, (Fmcw, Ofdm)):
        raise Error(f"waveform takes a signal.Fmcw or a signal.Ofdm, got {shown(given)}")
    return given


def _chosen(spectrum, words):
    if spectrum is not None and words:
        raise TypeError("give a Spectrum or its words, not both")
    if spectrum is not None and not isinstance(spectrum, Spectrum):
        raise Error(f"spectrum takes a signal.Spectrum, got {shown(spectrum)}")
    return Spectrum(**words) if spectrum is None else spectrum


def _put(cls):
    def samples(self, waveform: Fmcw | Ofdm, *, noise_power: float = 0.0, linewidth_hz: float = 0.0, shared_oscillator: bool = True,
                seed: int = 1) -> NDArray:
        """[num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, num_chirps or num_symbols, num_samples or num_subcarriers], linear
        amplitude, with the carrier's phase; real where the waveform samples so.

        noise_power: mean |noise|^2 a (complex) sample; linewidth_hz: of the oscillators' phase noise, one for transmitter and receiver
        or (shared_oscillator=False) one each. Warns of paths beyond the unambiguous range, Doppler interval or cyclic prefix."""
        noise = dict(noise_power=real_number("noise_power", noise_power), linewidth_hz=real_number("linewidth_hz", linewidth_hz),
                     shared_oscillator=switch("shared_oscillator", shared_oscillator), seed=integer("seed", seed))
        y = self._tones(_waveform(waveform)._words(), noise)
        return y if waveform.complex_sampling else y.real.copy()

    def samples_vjp(self, waveform: Fmcw | Ofdm, cotangent: NDArray, *, wrt: str | list[str] | None = None) -> dict:
        """Gradient by name for a cotangent of samples (without phase noise); of Echoes by a, tau, doppler, frequency_hz."""
        if not _waveform(waveform).complex_sampling and np.iscomplexobj(cotangent):
            raise Error("the cotangent of real samples is real")
        return self._tones_vjp(_waveform(waveform)._words(), cotangent, wrt)

    def samples_jvp(self, waveform: Fmcw | Ofdm, tangent: dict) -> NDArray:
        """How samples move."""
        d = self._tones_jvp(_waveform(waveform)._words(), tangent)
        return d if waveform.complex_sampling else d.real.copy()

    def spectrum(self, waveform: Fmcw | Ofdm, spectrum: Spectrum | None = None, **words: object) -> NDArray[np.complex128]:
        """[num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, doppler_bins, range_bins], as Spectrum.of the samples, in closed form per
        path. A Spectrum, or its words."""
        x = self._spectrum(_waveform(waveform)._words(), _chosen(spectrum, words)._words())
        return x if waveform.complex_sampling else _image(x)

    def spectrum_vjp(self, waveform: Fmcw | Ofdm, cotangent: NDArray, spectrum: Spectrum | None = None, *, wrt: str | list[str] | None = None,
                     **words: object) -> dict:
        """Gradient by name for a cotangent of spectrum; of Echoes by a, tau, doppler, frequency_hz."""
        cotangent = np.asarray(cotangent)
        return self._spectrum_vjp(_waveform(waveform)._words(), _chosen(spectrum, words)._words(), cotangent if waveform.complex_sampling else _image(cotangent), wrt)

    def spectrum_jvp(self, waveform: Fmcw | Ofdm, tangent: dict, spectrum: Spectrum | None = None, **words: object) -> NDArray[np.complex128]:
        """How the spectrum moves."""
        d = self._spectrum_jvp(_waveform(waveform)._words(), _chosen(spectrum, words)._words(), tangent)
        return d if waveform.complex_sampling else _image(d)

    for function in (samples, samples_vjp, samples_jvp, spectrum, spectrum_vjp, spectrum_jvp):
        method(cls, function.__name__)(function)


_put(Paths)
_put(Echoes)
