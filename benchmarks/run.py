# SPDX-License-Identifier: Apache-2.0
"""The benchmark table, measured in one run: ours and the peers in turn on this machine. `./dev bench [--quick] [--json FILE]`

Ratios are medians over medians; spreads are (max - min) / median. A whole-process time includes everything from start to exit."""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = pathlib.Path(os.environ["RAYWAVE_BUILD_DIR"]) / "benchmarks" / "rays_bench"
RAYWAVE = os.environ["RAYWAVE_BIN"]
SIONNA, DIFFERT = (os.environ.get(f"RAYWAVE_{peer}_PYTHON") for peer in ("SIONNA", "DIFFERT"))  # not with --only plane
DIFFERT2D = os.environ.get("RAYWAVE_DIFFERT2D_PYTHON")  # not with --only radar


def run(command):
    """Runs to the end; returns (seconds, peak MB, last line of output as JSON or None)."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env={**os.environ, "JAX_PLATFORMS": "cpu"})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))} failed:\n{err.read()[-2000:]}")
        lines = [line for line in out.read().splitlines() if line.startswith("{")]
    return seconds, usage.ru_maxrss / 1024, json.loads(lines[-1]) if lines else None


def sionna_scene(name):
    code = "import sionna.rt, os; print(os.path.dirname(sionna.rt.__file__))"
    folder = subprocess.run([SIONNA, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return pathlib.Path(folder) / "scenes" / name / f"{name}.xml"


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, ours, theirs, target, note="", ours_mb=None, theirs_mb=None):
        def figures(seconds):
            middle = statistics.median(seconds)
            return {"median_s": middle, "spread": (max(seconds) - min(seconds)) / middle, "runs": len(seconds)}

        row = {"what": what, "ours": figures(ours), "theirs": figures(theirs), "target": target, "note": note, "ours_mb": ours_mb, "theirs_mb": theirs_mb}
        row["ratio"] = row["theirs"]["median_s"] / row["ours"]["median_s"]
        self.rows.append(row)
        print(f"  {what}: {row['ours']['median_s']:.4f} s against {row['theirs']['median_s']:.4f} s, {row['ratio']:.1f} times", file=sys.stderr, flush=True)

    def markdown(self):
        lines = ["| what | raywave | peer | ratio | wanted | peak memory, MB | notes |", "|---|---|---|---|---|---|---|"]
        for r in self.rows:
            cell = lambda f: f"{f['median_s']:.3g} s (spread {100 * f['spread']:.0f} %, {f['runs']} runs)"  # noqa: E731
            memory = f"{r['ours_mb']:.0f} against {r['theirs_mb']:.0f}" if r["ours_mb"] and r["theirs_mb"] else ""
            lines.append(f"| {r['what']} | {cell(r['ours'])} | {cell(r['theirs'])} | {r['ratio']:.1f} | {r['target']} | {memory} | {r['note']} |")
        return "\n".join(lines)


def whole_process(table, munich, runs):
    ours, theirs, ours_mb, theirs_mb = [], [], 0, 0
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            seconds, mb, _ = run([RAYWAVE, "paths", munich, "--tx", "8.5,21,27", "--rx", "45,90,1.5", "--max-depth", 5, "--json", f"{folder}/p.json"])
            found = len(json.loads(pathlib.Path(folder, "p.json").read_text())["paths"])
        ours.append(seconds)
        ours_mb = max(ours_mb, mb)
        seconds, mb, result = run([SIONNA, ROOT / "benchmarks/sionna_bench.py", "process", 1])
        theirs.append(seconds)
        theirs_mb = max(theirs_mb, mb)
    table.add("process start to JSON, munich, depth 5, one link", ours, theirs, ">= 12", f"{found} paths against {result['paths']}", ours_mb, theirs_mb)


def in_process(table, what, item, peer_item, scene, runs, target, facts):
    _, mb, ours = run([BENCH, item, scene, runs])
    _, peer_mb, theirs = run([SIONNA, ROOT / "benchmarks/sionna_bench.py", peer_item, max(3, runs // 2)])
    table.add(what, ours["seconds"], theirs["seconds"], target, facts(ours, theirs), mb, peer_mb)
    return ours, theirs


def maps(table, munich, runs, quick):
    _, _, bare = run([BENCH, "bare_trace", munich, runs])
    ours, _ = in_process(table, "monte-carlo map, munich, 1e7 rays, depth 5, 5 m cells", "monte_carlo", "monte_carlo", munich, runs, ">= 2",
                         lambda a, b: f"{a['covered']} cells against {b['covered']}")
    ratio = statistics.median(ours["seconds"]) / statistics.median(bare["seconds"])
    table.rows[-1]["note"] += f"; {ratio:.2f} times the bare packet trace of the same rays (wanted <= 1.4)"
    ours, theirs = in_process(table, "the same with an antenna of TR 38.901", "monte_carlo_sector", "monte_carlo_sector", munich, runs, ">= 2",
                              lambda a, b: f"{a['covered']} cells against {b['covered']}, sums {a['sum'] / b['sum']:.4f}")
    table.rows[-1]["note"] += f"; processor time {statistics.median(theirs['cpu_seconds']) / statistics.median(ours['cpu_seconds']):.1f} times"
    with tempfile.TemporaryDirectory() as folder:
        _, mb, exact = run([BENCH, "exact", munich, runs, f"{folder}/exact.npz"])
        _, peer_mb, theirs = run([SIONNA, ROOT / "benchmarks/sionna_bench.py", "map_1e7", 3])
        note = f"{exact['covered']} cells against {theirs['covered']} (1e7 rays)"
        if not quick:
            import numpy as np
            run([SIONNA, ROOT / "benchmarks/sionna_bench.py", "map_1e8", 0, f"{folder}/peer.npy"])
            gain, peer = np.load(f"{folder}/exact.npz")["path_gain"][0], np.load(f"{folder}/peer.npy")
            missing, more = int(((peer > 0) & (gain == 0)).sum()), int(((peer == 0) & (gain > 0)).sum())
            share = peer[(peer > 0) & (gain == 0)].sum() / peer.sum()
            note += f"; of {int((peer > 0).sum())} cells of the peer's 1e8 rays {missing} are missing (wanted 0; {100 * share:.4f} % of the power), {more} others found"
        table.add("exact map, munich, depth 3, 5 m cells (peer: 1e7 rays)", exact["seconds"], theirs["seconds"], "> 1", note, mb, peer_mb)


def deviations(ours, theirs):
    """How the cells of two maps with standard errors differ: median |z| (0.67 of a normal one), share beyond 3, ratio of the sums, of cells that
    both know to 20 %."""
    import numpy as np
    (gain, error), (peer, peer_error) = ours, theirs
    known = (gain > 0) & (peer > 0) & (error < 0.2 * gain) & (peer_error < 0.2 * peer)
    z = np.abs(gain - peer)[known] / np.hypot(error, peer_error)[known]
    return f"{known.sum()} cells: median |z| {np.median(z):.2f}, {100 * (z > 3).mean():.1f} % beyond 3, sums {gain[known].sum() / peer[known].sum():.3f}"


def diffuse(table, munich, runs):
    """Seconds of the lossy city; cells beside each other where both models are one, of metal."""
    import numpy as np
    with tempfile.TemporaryDirectory() as folder:
        notes = []
        for item in ("diffuse_map", "diffuse_metal"):
            _, mb, ours = run([BENCH, item, munich, runs if item == "diffuse_map" else 1, f"{folder}/{item}.npz"])
            _, peer_mb, theirs = run([SIONNA, ROOT / "benchmarks/sionna_bench.py", item, max(3, runs // 2) if item == "diffuse_map" else 1, f"{folder}/{item}.npy"])
            own = np.load(f"{folder}/{item}.npz")
            notes.append(("metal: " if "metal" in item else "") + deviations((own["path_gain"][0], own["standard_error"][0]), np.load(f"{folder}/{item}.npy")))
            if item == "diffuse_map":
                seconds = ours["seconds"], theirs["seconds"], mb, peer_mb
                busy = statistics.median(ours["cpu_seconds"]), statistics.median(theirs["cpu_seconds"])
                notes.insert(0, f"processor time {busy[0]:.2f} against {busy[1]:.2f} s: {busy[1] / busy[0]:.1f} times")
    table.add("diffuse monte-carlo map, munich, 1e7 rays, depth 5, S = 0.4", seconds[0], seconds[1], ">= 3", "; ".join(notes), *seconds[2:])


def edges(table, munich, runs, quick):
    paths = lambda a, b: f"{a['paths']} paths against {b['paths']}"  # noqa: E731
    in_process(table, "one link with edge diffraction, munich, depth 3, warm", "edges", "edges", munich, runs, ">= 5", paths)
    if not quick:
        in_process(table, "1,000 receivers with edge diffraction, munich, depth 3, 1e6 rays", "many_edges", "many_edges", munich, 3, ">= 40", paths)
    covered = lambda a, b: f"{a['covered']} cells against {b['covered']}"  # noqa: E731
    in_process(table, "monte-carlo map with diffraction, munich, 1e7 rays, depth 3, 5 m cells", "edges_monte_carlo", "edges_map", munich,
               3, "> 1", covered)
    in_process(table, "exact map with diffraction, munich, depth 3, 5 m cells", "edges_map", "edges_map", munich, 3, "", covered)


def gradients(table, munich, canyon, runs):
    """The value alone stands in the peer's column: a ratio of 0.33 is 3 times its cost."""
    for what, item, scene in (("paths: value and gradient against the value, munich link, depth 3, diffraction", "paths_gradient", munich),
                              ("exact map: value and gradient against the value, munich, depth 2, diffraction", "map_gradient", munich),
                              ("the same, street canyon, 1e6 cells, no diffraction", "million", canyon),
                              ("arrival map, walls that scatter: value and gradient with the paths against the value", "walls_arrivals", canyon),
                              ("the same, coherent", "walls_arrivals_coherent", canyon),
                              ("arrival map, street canyon, two edges: the same", "arrivals", canyon),
                              ("the same, coherent", "arrivals_coherent", canyon)):
        _, mb, ours = run([BENCH, item, scene, 3 if "map" in item or item == "million" else runs])
        table.add(what, ours["seconds"], ours["value"], ">= 0.33", f"peak memory {mb:.0f} MB (1e6 cells: wanted < 1024)")


def exhaustive(table, canyon, runs):
    _, mb, ours = run([BENCH, "exhaustive", canyon, 20 * runs])
    _, peer_mb, theirs = run([DIFFERT, ROOT / "benchmarks/differt_bench.py", canyon, max(3, runs // 2)])
    table.add("exhaustive finder, street canyon, orders 0 to 3, warm (DiffeRT)", ours["seconds"], theirs["seconds"], ">= 100",
              f"{ours['paths']} paths against {theirs['paths']}", mb, peer_mb)
    ours_process, theirs_process = [], []
    for _ in range(max(3, runs // 2)):
        ours_process.append(run([RAYWAVE, "paths", canyon, "--tx=-33,11,32", "--rx", "20,0,1.5", "--finder", "exhaustive", "--json", os.devnull])[0])
        theirs_process.append(run([DIFFERT, ROOT / "benchmarks/differt_bench.py", canyon, 0])[0])
    table.add("the same, whole process (DiffeRT)", ours_process, theirs_process, ">= 50")


def waves(table, runs):
    """Seconds a source-step at N = 4096, one thread; the peer is FFTW's forward and inverse transform alone, then JAX."""
    _, mb, ours = run([BENCH.parent / "wave_bench"])
    for name, what, target in (("double", "wave march, complex double, 64 sources, a step (bare FFTW pair)", ">= 1.33"),
                               ("float", "wave march, complex float, 64 sources, a step (bare FFTW pair)", ">= 1.18"),
                               ("one", "wave march, one source, double, a step (bare FFTW pair)", ">= 0.8")):
        table.add(what, ours[f"march_{name}"], ours[f"fftw_{name}"], target)
    _, peer_mb, theirs = run([DIFFERT, ROOT / "benchmarks/wave_jax_bench.py", runs])
    table.add("wave gradient to every cell's index, one source, 400 steps, a step (JAX)", ours["gradient_one"], theirs["gradient"], ">= 6", "", mb, peer_mb)
    transforms(table, runs)


def transforms(table, runs):
    """Nonuniform transforms at 1e-12, one thread."""
    _, mb, ours = run([BENCH.parent / "nufft_bench", runs])
    _, peer_mb, theirs = run([DIFFERT, ROOT / "benchmarks/finufft_bench.py", runs])
    for name, what in (("plan", "plan, 100,000 points, 50,000 modes"), ("type1", "type 1 with it"), ("type2", "type 2 with it"),
                       ("type3", "type 3, 100,000 points and targets"), ("plane_type3", "type 3 of the plane, 40,000 points and targets, 64 x 64 half waves"),
                       ("plane_type3_wide", "the same, 255 x 255 half waves")):
        table.add(f"nonuniform transforms at 1e-12: {what} (FINUFFT)", ours[name], theirs[name], ">= 0.67", "", mb, peer_mb)


SURFACE = """
[transmitters]
tx = [0.2, 0.2]
[receivers]
rx = [0.5, 0.6]
""" + "".join(f"[[objects]]\nkind = 'wall'\nname = 'wall_{i}'\na = {a}\nb = {b}\n" for i, (a, b) in enumerate(
    [([0.0, 0.0], [1.0, 0.0]), ([1.0, 0.0], [1.0, 1.0]), ([1.0, 1.0], [0.0, 1.0]), ([0.0, 1.0], [0.0, 0.0])])) + """
[[objects]]
kind = 'ris'
name = 'ris'
a = [0.5, 0.3]
b = [0.5, 0.7]
phi_rad = 0.7853981633974483
"""


def plane(table, runs):
    """Ray tracing in the plane beside DiffeRT2d: each row in a process of its own, so that its first call and its memory are its own."""
    def both(what, ours_runs, peer_runs):
        ours = run([sys.executable, ROOT / "benchmarks/plane_bench.py", what, ours_runs])
        theirs = run([DIFFERT2D, ROOT / "benchmarks/differt2d_bench.py", what, peer_runs])
        return ours, theirs

    def processor(a, b):
        return f"{statistics.median(b['cpu']) / statistics.median(a['cpu']):.0f} times in seconds of the processor"

    for what, title, target, first in (("orders_2", "plane, 300x300 receivers, square scene, orders 0 to 2", ">= 20", ">= 200"),
                                       ("orders_3", "plane, the same, orders 0 to 3", ">= 20", ""),
                                       ("optimise", "plane, 100 steps of Adam round an obstacle", ">= 100", ">= 100")):
        (_, mb, ours), (_, peer_mb, theirs) = both(what, 5 * runs, max(3, runs // 2))
        table.add(f"{title}, warm (DiffeRT2d)", ours["seconds"], theirs["seconds"], target, processor(ours, theirs), mb, peer_mb)
        table.add(f"{title}, first call (DiffeRT2d)", [ours["first"]], [theirs["first"]], first)
    for what, points, side in (("ris_15000", "15,000", 123), ("ris_90000", "90,000", 300)):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "room.toml").write_text(SURFACE)
            program = [run([RAYWAVE, "plane", f"{folder}/room.toml", "--method", "min-path", "--min-order", 1, "--points", side, "--map", f"{folder}/m.npz"])
                       for _ in range(runs)]
        python_seconds, python_mb, _ = run([sys.executable, ROOT / "benchmarks/plane_bench.py", what, 0])
        peer_seconds, peer_mb, _ = run([DIFFERT2D, ROOT / "benchmarks/differt2d_bench.py", what, 0])
        table.add(f"plane, surface by min-path, {points} receivers, `raywave plane` from start to file (DiffeRT2d's script)", [p[0] for p in program],
                  [peer_seconds], ">= 100", f"{side} x {side} points; from Python {python_seconds:.2f} s, {python_mb:.0f} MB, {peer_seconds / python_seconds:.0f} times",
                  max(p[1] for p in program), peer_mb)
    (_, mb, ours), (_, peer_mb, theirs) = both("gradient", 5 * runs, 1)
    _, _, value = run([sys.executable, ROOT / "benchmarks/plane_bench.py", "smoothed", 5 * runs])
    note = f"ours {ours['result']}, DiffeRT2d {theirs['result']}; processor {statistics.median(ours['cpu']) / statistics.median(value['cpu']):.2f} times the map's"
    table.add("plane, gradient of the mean of a smoothed map (DiffeRT2d)", ours["seconds"], theirs["seconds"], "", note, mb, peer_mb)
    table.add("plane, the same, first call (DiffeRT2d)", [ours["first"]], [theirs["first"]], "")
    table.add("plane, the same against its map (ours in both columns)", ours["seconds"], value["seconds"], ">= 0.33")


def radar(table, runs):
    """Range and Doppler of echoes by truncated kernels beside numpy, and what a gradient costs."""
    script = ROOT / "benchmarks/radar_bench.py"
    _, mb, cube = run([sys.executable, script, "cube", runs])
    for bins in (8, 4):
        table.add(f"radar, 256 x 128 x 8 channels, 50 echoes, kernels of {bins} bins (numpy: einsum and FFT)", cube[f"seconds_{bins}"], cube["value"], ">= 50",
                  f"the same cube to {cube[f'off_{bins}']:.0e} of all gains", mb)
    _, mb, ours = run([sys.executable, script, "gradient", runs])
    table.add("radar, samples of the same: value and gradient against the value", ours["seconds"], ours["value"], ">= 0.33", "", mb)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 runs, and without the peer's map of 1e8 rays")
    parser.add_argument("--json", help="the table as JSON")
    parser.add_argument("--only", choices=["plane", "radar"], help="these rows alone")
    arguments = parser.parse_args()
    runs = 3 if arguments.quick else 7
    table = Table()
    if not arguments.only:
        in_space(table, runs, arguments.quick)
    if arguments.only != "radar":
        plane(table, runs)
    if arguments.only != "plane":
        radar(table, runs)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    print(table.markdown())
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(table.rows, indent=1))


def in_space(table, runs, quick):
    munich, canyon = sionna_scene("munich"), sionna_scene("simple_street_canyon")
    whole_process(table, munich, runs)
    paths = lambda a, b: f"{a['paths']} paths against {b['paths']}"  # noqa: E731
    in_process(table, "the same, scene loaded and warm", "link", "link", munich, runs, ">= 6", paths)
    in_process(table, "100 receivers, one transmitter, depth 3, 1e6 rays", "hundred", "hundred", munich, runs, ">= 40", paths)
    in_process(table, "munich loads (XML and 2,367 meshes)", "load", "load", munich, runs, ">= 5", lambda a, b: f"{a['triangles']} triangles")
    maps(table, munich, runs, quick)
    exhaustive(table, canyon, runs)
    diffuse(table, munich, runs)
    edges(table, munich, runs, quick)
    gradients(table, munich, canyon, runs)
    waves(table, runs)


main()
