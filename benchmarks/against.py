# SPDX-License-Identifier: Apache-2.0
"""This code against an earlier commit, pair by pair on this machine. `./dev bench --against REV [--pairs N] [--only WORD] [--json FILE]`

Each row runs both builds in turn, N times; the ratio of a row is the median over its pairs of (that time / this time), so that a machine
that slows down slows both. Below 1: this code is slower. Exits with 1 when a row is slower by more than a tenth and its pairs agree on that."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RAYS = {  # item of rays_bench: (scene, what)
    "load": ("munich", "scene loads"),
    "link": ("munich", "one link, depth 5"),
    "hundred": ("munich", "100 receivers, depth 3"),
    "exhaustive": ("canyon", "exhaustive finder, street canyon, orders 0 to 3"),
    "edges": ("munich", "one link with diffraction, depth 3"),
    "paths_gradient": ("munich", "paths: value and gradient, diffraction"),
    "bare_trace": ("munich", "bare packet trace, 1e7 rays, depth 5"),
    "monte_carlo": ("munich", "Monte Carlo map, 1e7 rays, depth 5"),
    "edges_monte_carlo": ("munich", "Monte Carlo map with diffraction, 1e7 rays, depth 3"),
    "exact": ("munich", "exact map, depth 3"),
    "edges_map": ("munich", "exact map with diffraction, depth 3"),
    "map_gradient": ("munich", "exact map: value and gradient, depth 2, diffraction"),
}
WAVES = {
    "march_double": "wave march, double, 64 sources, a step",
    "march_float": "wave march, float, 64 sources, a step",
    "march_one": "wave march, double, one source, a step",
    "gradient_one": "wave gradient to every cell, one source, a step",
}
SLOWER = 1 / 1.1


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode == 2 and "unknown item" in done.stderr:
        return None
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    return json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


def seconds_of(result, key):
    value = result.get(key) if result else None
    return None if value is None else statistics.median(value) if isinstance(value, list) else value


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, pairs, megabytes):
        ratios = sorted(that / this for this, that in pairs)
        slower = statistics.median(ratios) < SLOWER and all(r < 1 for r in ratios)
        row = {"what": what, "this_s": statistics.median(p[0] for p in pairs), "that_s": statistics.median(p[1] for p in pairs),
               "ratio": statistics.median(ratios), "least": ratios[0], "most": ratios[-1], "pairs": len(pairs), "megabytes": megabytes,
               "slower": slower}
        self.rows.append(row)
        print(f"  {what}: {row['ratio']:.2f} ({row['least']:.2f} to {row['most']:.2f}){' SLOWER' if slower else ''}", file=sys.stderr, flush=True)

    def markdown(self):
        lines = ["| what | this | that | that / this (least to most) | pairs | peak memory, MB | |", "|---|---|---|---|---|---|---|"]
        for r in self.rows:
            memory = " against ".join(f"{m:.0f}" for m in r["megabytes"]) if all(r["megabytes"]) else ""
            lines.append(f"| {r['what']} | {r['this_s']:.3g} s | {r['that_s']:.3g} s | {r['ratio']:.2f} ({r['least']:.2f} to {r['most']:.2f}) "
                         f"| {r['pairs']} | {memory} | {'slower' if r['slower'] else ''} |")
        return "\n".join(lines)


def rays(table, this, that, scenes, pairs, only):
    for item, (scene, what) in RAYS.items():
        if only and only not in f"{item} {what}":
            continue
        measured, megabytes = [], [0, 0]
        for pair in range(pairs):
            results = [None, None]
            for side in (0, 1) if pair % 2 == 0 else (1, 0):
                results[side] = run([(this, that)[side] / "benchmarks/rays_bench", item, scenes[scene], 1 if item != "exhaustive" else 20])
            if not all(results):
                break
            measured.append(tuple(seconds_of(r, "seconds") for r in results))
            megabytes = [max(m, r["peak_mb"]) for m, r in zip(megabytes, results)]
        if measured:
            table.add(what, measured, megabytes)
        else:
            print(f"  {what}: one of the two has no such row", file=sys.stderr, flush=True)


def waves(table, this, that, pairs, only):
    wanted = {key: what for key, what in WAVES.items() if not only or only in f"{key} {what}"}
    if not wanted:
        return
    measured = {key: [] for key in wanted}
    for pair in range(pairs):
        results = [None, None]
        for side in (0, 1) if pair % 2 == 0 else (1, 0):
            results[side] = run([(this, that)[side] / "benchmarks/wave_bench"])
        for key in wanted:
            times = tuple(seconds_of(r, key) for r in results)
            if all(times):
                measured[key].append(times)
    for key, what in wanted.items():
        if measured[key]:
            table.add(what, measured[key], [0, 0])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rev", help="the commit's name")
    parser.add_argument("build", type=pathlib.Path, help="its build folder")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each row (5)")
    parser.add_argument("--only", default="", help="rows whose name holds this word")
    parser.add_argument("--json", help="the table as JSON")
    arguments = parser.parse_args()
    if arguments.pairs < 1:
        parser.error("--pairs must be at least 1")
    code = "import sionna.rt, os; print(os.path.dirname(sionna.rt.__file__))"
    folder = subprocess.run([os.environ["RAYWAVE_SIONNA_PYTHON"], "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    scenes = {"munich": f"{folder}/scenes/munich/munich.xml", "canyon": ROOT / "scenes/street_canyon/street_canyon.xml"}
    this, that = pathlib.Path(os.environ["RAYWAVE_BUILD_DIR"]), arguments.build
    table = Table()
    rays(table, this, that, scenes, arguments.pairs, arguments.only)
    waves(table, this, that, arguments.pairs, arguments.only)
    if not table.rows:
        parser.error(f"no row holds '{arguments.only}'")
    print(f"this code against {arguments.rev}, {os.cpu_count()} cores\n\n{table.markdown()}")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(table.rows, indent=1))
    sys.exit(any(row["slower"] for row in table.rows))


main()
