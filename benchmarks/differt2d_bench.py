# SPDX-License-Identifier: Apache-2.0
"""Runs inside the environment of DiffeRT2d: rows of benchmarks/plane_bench.py. Usage: differt2d_bench.py RUNS"""
import json
import sys
import time

import jax
import jax.numpy as jnp
from differt2d.geometry import RIS, MinPath
from differt2d.scene import Scene
from differt2d.utils import received_power


def timed(solve, runs):
    seconds = []
    for _ in range(runs + 1):
        begin, cpu = time.perf_counter(), time.process_time()
        jax.block_until_ready(solve())
        seconds.append((time.perf_counter() - begin, time.process_time() - cpu))
    return {"first": seconds[0], "warm": sorted(seconds[1:])[runs // 2] if runs else None}


def main(runs):
    scene = Scene.square_scene()
    x, y = jnp.meshgrid(jnp.linspace(0, 1, 300), jnp.linspace(0, 1, 300))

    def power_map(scene=scene, x=x, y=y, **words):
        return scene.accumulate_on_receivers_grid_over_paths(x, y, fun=received_power, reduce_all=True, **words)

    out = {f"orders 0 to {order}": timed(lambda order=order: power_map(max_order=order), runs) for order in (2, 3)}
    ris = scene.add_objects(RIS(xys=jnp.array([[0.5, 0.3], [0.5, 0.7]]), phi=jnp.array(jnp.pi / 4)))
    key = jax.random.PRNGKey(1234)
    out["ris 15000"] = timed(lambda: power_map(ris, x[:, ::6], y[:, ::6], order=1, path_cls=MinPath, path_cls_kwargs={"steps": 1000}, key=key), 0)
    print(json.dumps(out))


main(int(sys.argv[1]))
