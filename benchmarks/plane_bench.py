# SPDX-License-Identifier: Apache-2.0
"""One row of the plane's table in a process of its own, as benchmarks/run.py and differt2d_bench.py have it.

    plane_bench.py WHAT RUNS   prints {"first": s, "seconds": [s of each warm call], ...} as JSON

WHAT: orders_2, orders_3, ris_15000, ris_90000, optimise, gradient, smoothed."""
import json
import sys
import time

import numpy as np

import raywave as rw

LINE = np.linspace(0, 1, 300)


def power_map(scene, columns=LINE, **words):
    x, y = np.meshgrid(columns, LINE)
    return lambda: scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, **words)


def with_surface():
    scene = rw.Scene2D.square_scene()
    scene.add_ris("ris", (0.5, 0.3), (0.5, 0.7), np.pi / 4)
    return scene


def optimise():
    """100 steps of Adam on the worst of two receivers, as examples/plane_optimisation.py explains them."""
    scene = rw.Scene2D.square_scene_with_obstacle(ratio=0.1)
    scene.receivers = {"rx_0": (0.3, 0.1), "rx_1": (0.5, 0.1)}
    at, mean, square = np.array([0.5, 0.7]), np.zeros(2), np.zeros(2)
    track = []
    for step, alpha in enumerate(np.logspace(0, 2, 100), start=1):
        scene.transmitters = {"tx": at}
        scene.alpha = alpha
        paths = scene.trace(max_order=0, approx=True, num_threads=1)
        worst = np.zeros(2)
        worst[(paths.valid * paths.power).argmin()] = 1
        g = -paths.vjp(valid=worst * paths.power, power=worst * paths.valid, wrt=["device/tx/position_m"])["device/tx/position_m"] / 100
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g ** 2
        at = at - 0.01 * (mean / (1 - 0.9 ** step)) / (np.sqrt(square / (1 - 0.999 ** step)) + 1e-8)
        track.append(at.tolist())
    return track


def gradient():
    """Of the mean of a smoothed map by the transmitter."""
    scene = rw.Scene2D.square_scene()
    scene.alpha = 50
    x, y = np.meshgrid(LINE, LINE)
    solution = scene.default_solver()(scene, max_order=1, approx=True)
    weights = np.full((1, x.size), 1 / x.size)
    return lambda: solution.map_vjp(x, y, weights, ["device/tx/position_m"])["device/tx/position_m"].tolist()


WHAT = {"orders_2": lambda: power_map(rw.Scene2D.square_scene(), max_order=2), "orders_3": lambda: power_map(rw.Scene2D.square_scene(), max_order=3),
        "ris_15000": lambda: power_map(with_surface(), LINE[::6], order=1, method="min-path"),
        "ris_90000": lambda: power_map(with_surface(), order=1, method="min-path"), "optimise": lambda: optimise, "gradient": gradient,
        "smoothed": lambda: power_map(rw.Scene2D.square_scene(), max_order=1, approx=True, alpha=50)}


def main(what, runs):
    solve, seconds, cpu = WHAT[what](), [], []
    for _ in range(runs + 1):
        begin, began = time.perf_counter(), time.process_time()
        result = solve()
        seconds.append(time.perf_counter() - begin), cpu.append(time.process_time() - began)
    out = {"first": seconds[0], "seconds": seconds[1:], "cpu": cpu[1:], "cpu_first": cpu[0]}
    if isinstance(result, list):
        out["result"] = result
    print(json.dumps(out))


main(sys.argv[1], int(sys.argv[2]))
