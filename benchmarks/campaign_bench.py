# SPDX-License-Identifier: Apache-2.0
"""What a campaign costs beyond the solver, and how many small tasks two workers do: ./dev python benchmarks/campaign_bench.py [--tasks N] [--json]

A task here is one link of the street canyon without reflections (10 receivers, some 0.3 ms); one array is stored. 1e5 tasks are extrapolated from
the rate of N: it does not depend on how many there are (the last third against the first is printed), but for the look at the store at the start,
which is timed apart."""
import argparse
import json
import os
import pathlib
import resource
import statistics
import sys
import tempfile
import time

import raywave as rw
from raywave.campaigns import tasks

CANYON = pathlib.Path(__file__).resolve().parents[1] / "scenes/street_canyon/street_canyon.xml"
OUTPUTS = {"path_gain": ("path_gain",), "paths": ("path_gain", "paths")}


def campaign(place, samples, outputs="path_gain"):
    return rw.Campaign(place, scenes=CANYON, transmitters=[[-30, 0, 10]], receivers=[[x, 0, 1.5] for x in range(10)], frequencies_hz=[3.5e9],
                       vary={"solver/seed": {"integers": [0, 1000]}}, samples=samples, solver=dict(max_depth=0, samples_per_src=100), outputs=OUTPUTS[outputs])


def beyond_the_solve(folder, samples, durable, outputs):
    """(milliseconds a task beyond the solver: median of 10 stretches, their spread)"""
    one = campaign(folder / f"serial-{durable}-{outputs}.zarr", samples, outputs).create()
    solver, spent = tasks.PathSolver, [0.0]

    class Timed(solver):
        def __call__(self, *arguments, **options):
            begin = time.perf_counter()
            try:
                return super().__call__(*arguments, **options)
            finally:
                spent[0] += time.perf_counter() - begin

    tasks.PathSolver, marks = Timed, []
    try:
        one.run(durable=durable, progress=lambda p: marks.append((time.perf_counter(), spent[0])))
    finally:
        tasks.PathSolver = solver
    step = len(marks) // 10
    costs = [((marks[i + step][0] - marks[i][0]) - (marks[i + step][1] - marks[i][1])) / step * 1e3 for i in range(1, len(marks) - step, step)]
    return statistics.median(costs), (max(costs) - min(costs)) / statistics.median(costs)


def by_workers(folder, samples, workers, durable):
    import distributed
    one, marks = campaign(folder / "workers.zarr", samples), []
    with distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster, cluster.get_client() as client:
        client.wait_for_workers(workers)
        one.run(client, durable=durable, progress=lambda p: marks.append(time.perf_counter()))
    third = len(marks) // 3
    first, last = third / (marks[third] - marks[0]), (third - 1) / (marks[-1] - marks[-third])
    begin = time.perf_counter()
    assert one.missing() == []
    return dict(tasks=samples, seconds=marks[-1] - marks[0], rate_per_s=samples / (marks[-1] - marks[0]), first_third_per_s=first, last_third_per_s=last,
                look_us_per_task=(time.perf_counter() - begin) / samples * 1e6, client_and_scheduler_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--no-flush", action="store_true", help="of the workers' run")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="raywave-bench-") as name:
        folder = pathlib.Path(name)
        out = {f"beyond_the_solve_ms, {outputs}, {'flushed' if durable else 'not flushed'}": beyond_the_solve(folder, max(100, given.tasks // 10), durable, outputs)
               for outputs in OUTPUTS for durable in (True, False)}
        out["two workers"] = by_workers(folder, given.tasks, 2, not given.no_flush)
    if given.json:
        print(json.dumps(out, indent=1))
        return
    for key, value in out.items():
        if isinstance(value, tuple):
            print(f"{key}: {value[0]:.2f} (spread {100 * value[1]:.0f} %)")
        else:
            print(f"{key}: " + ", ".join(f"{k} {v:.4g}" for k, v in value.items()))
    rate = out["two workers"]["rate_per_s"]
    print(f"1e5 tasks at this rate: {1e5 / rate / 60:.0f} min; load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    sys.exit(main())
