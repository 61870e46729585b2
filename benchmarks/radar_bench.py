# SPDX-License-Identifier: Apache-2.0
"""The row of radar spectra in a process of its own, as benchmarks/run.py has it.

    radar_bench.py WHAT RUNS   prints {"seconds": [s of each call], "value": [s of what it is measured against], ...} as JSON

WHAT: cube: range and Doppler of 256 samples, 128 chirps, 8 virtual channels, 50 echoes, by kernels of 4 and 8 bins, against numpy's rank-one products
summed by einsum and transformed; gradient: the samples' value and gradient, against the value."""
import json
import sys
import time

import numpy as np

import raywave as rw  # noqa: F401
from raywave import signal

RADAR = signal.Fmcw(slope_hz_per_s=30e12, sampling_frequency_hz=10e6, num_samples=256, num_chirps=128, chirp_period_s=40e-6)
FREQUENCY_HZ, ECHOES, PORTS = 77e9, 50, 8


def echoes():
    random = np.random.default_rng(0)
    a = random.normal(size=(PORTS, 1, ECHOES)) + 1j * random.normal(size=(PORTS, 1, ECHOES))
    delays = random.uniform(0.05, 0.9, ECHOES) * 2 * RADAR.unambiguous_range_m / signal.waveforms.SPEED_OF_LIGHT
    doppler = random.uniform(-0.4, 0.4, ECHOES) / RADAR.slow_period_s(1)
    return a, delays, doppler, signal.Echoes(a, delays, doppler, frequency_hz=FREQUENCY_HZ)


def by_numpy(a, delays, doppler):
    n, m = np.arange(RADAR.num_samples) / RADAR.sampling_frequency_hz, np.arange(RADAR.num_chirps) * RADAR.slow_period_s(1)
    fast = np.exp(2j * np.pi * np.outer(-RADAR.slope_hz_per_s * delays + doppler, n)) * np.exp(-2j * np.pi * FREQUENCY_HZ * delays)[:, None]
    slow = np.exp(2j * np.pi * np.outer(doppler, m))
    cube = np.einsum("pi,im,in->pmn", a[:, 0], slow, fast)
    windows = np.hanning(RADAR.num_chirps + 1)[:-1, None] * np.hanning(RADAR.num_samples + 1)[:-1]
    x = np.fft.fft(np.fft.ifft(cube * windows, axis=2) * RADAR.num_samples, axis=1)
    return x / windows.sum()


def seconds_of(function, runs):
    out = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        out.append(time.perf_counter() - begin)
    return out


def cube(runs):
    a, delays, doppler, held = echoes()
    whole = by_numpy(a, delays, doppler)
    facts = {}
    for bins in (4, 8):
        spectrum = signal.Spectrum(kernel_bins=bins)
        off = abs(held.spectrum(RADAR, spectrum)[0, :, 0, 0, 0] - whole).max() / abs(a).sum(axis=-1).max()
        facts[f"off_{bins}"] = float(off)
        facts[f"seconds_{bins}"] = seconds_of(lambda: held.spectrum(RADAR, spectrum), 5 * runs)
    return {"seconds": facts["seconds_8"], "value": seconds_of(lambda: by_numpy(a, delays, doppler), max(3, runs // 2)), **facts}


def gradient(runs):
    *_, held = echoes()
    y = held.samples(RADAR)
    return {"seconds": seconds_of(lambda: (held.samples(RADAR), held.samples_vjp(RADAR, y)), runs), "value": seconds_of(lambda: held.samples(RADAR), runs)}


if __name__ == "__main__":
    print(json.dumps({"cube": cube, "gradient": gradient}[sys.argv[1]](int(sys.argv[2]))))
