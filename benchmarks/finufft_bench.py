# SPDX-License-Identifier: Apache-2.0
"""Nonuniform transforms of FINUFFT at a tolerance of 1e-12, one thread, as nufft_bench.cpp has them. Prints one JSON line of seconds.
usage: finufft_bench.py RUNS"""
import json
import sys
import time

import finufft
import numpy as np

TOLERANCE, MODES = 1e-12, 50000
rng = np.random.default_rng(1)


def uniform(n, half):
    return rng.uniform(-half, half, n)


def timed(body):
    seconds = []
    for _ in range(int(sys.argv[1]) + 1):  # the first one warms up
        begin = time.perf_counter()
        body()
        seconds.append(time.perf_counter() - begin)
    return seconds[1:]


def plan(kind, points):
    made = finufft.Plan(kind, (MODES,), eps=TOLERANCE, isign=-1 if kind == 1 else 1, nthreads=1)
    made.setpts(points)
    return made


x, s = uniform(100000, 3.14), uniform(100000, 20000)
c, f = np.full(100000, 0.6 - 0.8j), np.full(MODES, 0.6 - 0.8j)
first, second = plan(1, x), plan(2, x)
rows = {"plan": timed(lambda: plan(1, x)), "type1": timed(lambda: first.execute(c)), "type2": timed(lambda: second.execute(f)),
        "type3": timed(lambda: finufft.nufft1d3(x, c, s, eps=TOLERANCE, nthreads=1))}
for name, half in (("plane_type3", 100), ("plane_type3_wide", 400)):
    a, b, to_a, to_b = uniform(40000, 1), uniform(40000, 1), uniform(40000, half), uniform(40000, half)
    rows[name] = timed(lambda: finufft.nufft2d3(a, b, c[:40000], to_a, to_b, eps=TOLERANCE, nthreads=1))
print(json.dumps(rows))
