# SPDX-License-Identifier: Apache-2.0
"""Ray tracing in the plane against DiffeRT2d 0.4.1, which stands in an environment of its own:

    python -m venv .peers/differt2d && .peers/differt2d/bin/pip install -r tools/requirements-differt2d.txt
    ./dev python benchmarks/plane_bench.py .peers/differt2d/bin/python [RUNS]

Seconds on the clock and of the processor (which a busy machine hardly changes), medians of the warm calls."""
import json
import subprocess
import sys
import time

import numpy as np

import raywave as rw

from pathlib import Path


def timed(solve, runs):
    seconds = []
    for _ in range(runs + 1):
        begin, cpu = time.perf_counter(), time.process_time()
        solve()
        seconds.append((time.perf_counter() - begin, time.process_time() - cpu))
    return {"first": seconds[0], "warm": sorted(seconds[1:])[runs // 2]}


def ours(runs):
    x, y = np.meshgrid(np.linspace(0, 1, 300), np.linspace(0, 1, 300))
    scene, ris = rw.Scene2D.square_scene(), rw.Scene2D.square_scene()
    ris.add_ris("ris", (0.5, 0.3), (0.5, 0.7), np.pi / 4)

    def power_map(scene=scene, x=x, y=y, **words):
        return scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, **words)

    out = {f"orders 0 to {order}": timed(lambda: power_map(max_order=order), runs) for order in (2, 3)}
    out["ris 15000"] = timed(lambda: power_map(ris, x[:, ::6], y[:, ::6], order=1, method="min-path"), runs)
    out["ris 90000"] = timed(lambda: power_map(ris, order=1, method="min-path"), runs)
    words = dict(max_order=1, approx=True, alpha=50)
    out["smoothed map"] = timed(lambda: power_map(**words), runs)
    words.pop("alpha")
    smooth = scene.copy()
    smooth.alpha = 50
    solve = smooth.default_solver()
    weights = np.full((1, x.size), 1 / x.size)
    out["gradient of its mean"] = timed(lambda: solve(smooth, **words).map_vjp(x, y, weights, ["device/tx/position_m"]), runs)
    return out


def main(peer, runs):
    mine = ours(runs)
    theirs = json.loads(subprocess.run([peer, Path(__file__).parent / "differt2d_bench.py", str(runs)], check=True, capture_output=True,
                                       text=True).stdout.splitlines()[-1]) if peer else {}
    for what, row in mine.items():
        line = f"{what}: warm {row['warm'][0]:.4f} s ({row['warm'][1]:.4f} s of processor)"
        if what in theirs:
            other = theirs[what]
            if other["warm"]:
                line += f"; DiffeRT2d {other['warm'][0]:.3f} s ({other['warm'][1]:.3f}): {other['warm'][0] / row['warm'][0]:.1f} times"
            line += f"; first {other['first'][0]:.2f} s against {row['first'][0]:.4f} s: {other['first'][0] / row['first'][0]:.0f} times"
        print(line)


main(sys.argv[1] if len(sys.argv) > 1 else None, int(sys.argv[2]) if len(sys.argv) > 2 else 5)
