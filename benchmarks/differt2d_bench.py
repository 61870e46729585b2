# SPDX-License-Identifier: Apache-2.0
"""Runs inside the environment of DiffeRT2d: rows of benchmarks/plane_bench.py, the same usage and output."""
import json
import sys
import time

import jax
import jax.numpy as jnp
import optax
from differt2d.geometry import RIS, ImagePath, MinPath, Point
from differt2d.scene import Scene
from differt2d.utils import P0, received_power

LINE = jnp.linspace(0, 1, 300)


def power_map(scene, columns=LINE, **words):
    x, y = jnp.meshgrid(columns, LINE)
    return lambda: scene.accumulate_on_receivers_grid_over_paths(x, y, fun=received_power, reduce_all=True, **words)


def with_surface():
    return Scene.square_scene().add_objects(RIS(xys=jnp.array([[0.5, 0.3], [0.5, 0.7]]), phi=jnp.array(jnp.pi / 4)))


MIN_PATH = dict(order=1, path_cls=MinPath, path_cls_kwargs={"steps": 1000}, key=jax.random.PRNGKey(1234))


def optimise():
    """100 steps of Adam on the worst of two receivers."""
    scene = Scene.square_scene_with_obstacle(ratio=0.1).with_receivers(rx_0=Point(xy=jnp.array([0.3, 0.1])), rx_1=Point(xy=jnp.array([0.5, 0.1])))

    def loss(at, alpha):
        there = scene.with_transmitters(tx=Point(xy=at))
        powers = [p / P0 for _, _, p in there.accumulate_over_paths(fun=received_power, max_order=0, approx=True, alpha=alpha)]
        return -jnp.min(jnp.stack(powers))

    step = jax.value_and_grad(loss)
    adam = optax.chain(optax.adam(0.01), optax.zero_nans())

    def solve():
        at = jnp.array([0.5, 0.7])
        state = adam.init(at)
        track = []
        for alpha in jnp.logspace(0, 2, 100):
            _, gradient = step(at, alpha)
            change, state = adam.update(gradient, state)
            at = optax.apply_updates(at, change)
            track.append(at.tolist())
        return track

    return solve


def gradient():
    scene = Scene.square_scene()
    x, y = jnp.meshgrid(LINE, LINE)

    def mean(at):
        there = scene.with_transmitters(tx=Point(xy=at))
        return there.accumulate_on_receivers_grid_over_paths(x, y, fun=received_power, reduce_all=True, max_order=1, approx=True, alpha=50.0,
                                                             path_cls=ImagePath).mean()

    slope = jax.grad(mean)
    return lambda: slope(jnp.array([0.2, 0.2])).tolist()


WHAT = {"orders_2": lambda: power_map(Scene.square_scene(), max_order=2), "orders_3": lambda: power_map(Scene.square_scene(), max_order=3),
        "ris_15000": lambda: power_map(with_surface(), LINE[::6], **MIN_PATH), "ris_90000": lambda: power_map(with_surface(), **MIN_PATH),
        "optimise": optimise, "gradient": gradient, "smoothed": lambda: power_map(Scene.square_scene(), max_order=1, approx=True, alpha=50.0)}


def main(what, runs):
    solve, seconds, cpu = WHAT[what](), [], []
    for _ in range(runs + 1):
        begin, began = time.perf_counter(), time.process_time()
        result = solve()
        if not isinstance(result, list):
            jax.block_until_ready(result)
        seconds.append(time.perf_counter() - begin), cpu.append(time.process_time() - began)
    out = {"first": seconds[0], "seconds": seconds[1:], "cpu": cpu[1:], "cpu_first": cpu[0]}
    if isinstance(result, list):
        out["result"] = result
    print(json.dumps(out))


main(sys.argv[1], int(sys.argv[2]))
