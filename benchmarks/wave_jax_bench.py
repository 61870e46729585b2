# SPDX-License-Identifier: Apache-2.0
"""The wave march and its gradient to every cell's index in JAX, as wave_bench.cpp has them: one source, double, N = 4096, 400 steps.
Prints one JSON line. usage: wave_jax_bench.py RUNS"""
import json
import resource
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
N, STEPS = 4096, 400
wavelength = 0.01
k = 2 * np.pi / wavelength
ky = 2 * np.pi * np.fft.fftfreq(N, 0.2503 * wavelength)
dz = 200 * wavelength / STEPS
kz = np.sqrt(k * k - ky * ky + 0j)
jump = jnp.asarray(np.exp(-1j * np.where(kz.imag > 0, kz.conj(), kz) * dz))
y = (np.arange(N) - N // 2) * 0.2503 * wavelength
launch = jnp.asarray(np.exp(-((y / (10 * wavelength)) ** 2)).astype(complex))
cells = jnp.asarray(0.01 * np.random.default_rng(1).random((STEPS, N)))


def march(cells):
    def step(u, n):
        return jnp.fft.ifft(jnp.fft.fft(u) * jump) * jnp.exp(-1j * k * dz * n), None

    return jax.lax.scan(step, launch, cells)[0]


def timed(function):
    function(cells).block_until_ready()
    seconds = []
    for _ in range(int(sys.argv[1])):
        begin = time.perf_counter()
        function(cells).block_until_ready()
        seconds.append((time.perf_counter() - begin) / STEPS)
    return seconds


print(json.dumps({"march": timed(jax.jit(march)), "gradient": timed(jax.jit(jax.grad(lambda c: jnp.sum(march(c)).real))),
                  "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
