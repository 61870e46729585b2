# SPDX-License-Identifier: Apache-2.0
"""Runs inside the environment of DiffeRT: the exhaustive search of one link, orders 0 to 3. Usage: differt_bench.py SCENE.xml RUNS"""
import dataclasses
import json
import resource
import sys
import time

import jax.numpy as jnp
import numpy as np
from differt import Scene


def main(file, runs):
    scene = Scene.load_xml(file)
    scene = dataclasses.replace(scene, transmitters=jnp.array([-33.0, 11.0, 32.0]), receivers=jnp.array([20.0, 0.0, 1.5]))

    def solve():
        return sum(int(np.asarray(scene.trace_paths(order=order, solver="exhaustive").mask).sum()) for order in range(4))

    seconds, paths = [], 0
    for _ in range(runs + 1):
        begin = time.perf_counter()
        paths = solve()
        seconds.append(time.perf_counter() - begin)
    print(json.dumps({"first": seconds[0], "seconds": seconds[1:], "paths": paths,
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


main(sys.argv[1], int(sys.argv[2]))
