# SPDX-License-Identifier: Apache-2.0
"""Runs inside the environment of Sionna RT: one item a process, as rays_bench does. Usage: sionna_bench.py ITEM RUNS [SAVE.npy]"""
import json
import resource
import sys
import time

BEGIN = time.perf_counter()
import numpy as np  # noqa: E402
import sionna.rt as srt  # noqa: E402
from sionna.rt import PathSolver, PlanarArray, RadioMapSolver, Receiver, Transmitter, load_scene  # noqa: E402

IMPORTED = time.perf_counter()


def munich(pattern="iso"):
    scene = load_scene(srt.scene.munich)
    scene.frequency = 3.5e9
    scene.tx_array = PlanarArray(num_rows=1, num_cols=1, pattern=pattern, polarization="V")
    scene.rx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
    scene.add(Transmitter("tx", position=[8.5, 21, 27]))
    return scene


def solve(scene, depth, diffraction=False):
    paths = PathSolver()(scene, max_depth=depth, samples_per_src=1000000, los=True, specular_reflection=True, diffuse_reflection=False,
                         refraction=False, diffraction=diffraction)
    return int(np.array(paths.valid).sum()), np.array(paths.tau)


def radio_map(scene, depth, samples, diffraction=False, diffuse=False, seed=42):
    found = RadioMapSolver()(scene, max_depth=depth, cell_size=(5, 5), samples_per_tx=samples, los=True, specular_reflection=True,
                             diffuse_reflection=diffuse, refraction=False, diffraction=diffraction, seed=seed)
    return np.array(found.path_gain)[0]


def timed(runs, body):
    """The first call compiles: it is kept apart."""
    seconds, cpu = [], []
    for _ in range(runs + 1):
        begin, busy = time.perf_counter(), time.process_time()
        value = body()
        seconds.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - busy)
    return {"first": seconds[0], "seconds": seconds[1:], "cpu_seconds": cpu[1:]}, value


def main(item, runs, save=None):
    result = {"import": IMPORTED - BEGIN}
    if item == "load":
        result["seconds"] = timed(runs, lambda: load_scene(srt.scene.munich))[0]["seconds"]
    elif item == "process":
        scene = munich()
        scene.add(Receiver("rx", position=[45, 90, 1.5]))
        result["paths"] = solve(scene, 5)[0]
    elif item in ("link", "edges", "hundred", "many_edges"):
        scene = munich()
        if item == "hundred":
            for i in range(100):
                scene.add(Receiver(f"rx{i}", position=[-49.7 + 10 * (i % 10), -49.3 + 20 * (i // 10), 1.5]))
        elif item == "many_edges":
            for i in range(1000):
                scene.add(Receiver(f"rx{i}", position=[-249.7 + 12.5 * (i % 40), -249.3 + 20 * (i // 40), 1.5]))
        else:
            scene.add(Receiver("rx", position=[45, 90, 1.5]))
        times, (paths, _) = timed(runs, lambda: solve(scene, 5 if item == "link" else 3, "edges" in item))
        result.update(times, paths=paths)
    elif item in ("diffuse_map", "diffuse_metal"):  # the mean and the spread over seeds; of metal, whose reflectivity has no angle
        scene = munich()
        for material in scene.radio_materials.values():
            material.scattering_coefficient = 0.4
            if item == "diffuse_metal":
                material.conductivity, material.relative_permittivity, material.thickness = 1e7, 1.0, 0.1
        times, _ = timed(runs, lambda: radio_map(scene, 5, 10**7, diffuse=True))
        all_maps = np.array([radio_map(scene, 5, 10**7, diffuse=True, seed=s) for s in range(5)], dtype=np.float64)
        gain = all_maps.mean(axis=0)
        result.update(times, covered=int((gain > 0).sum()), cells=gain.size, sum=float(gain.sum()))
        if save:
            np.save(save, np.stack([gain, all_maps.std(axis=0, ddof=1) / np.sqrt(len(all_maps))]))
    else:
        depth, samples = {"monte_carlo": (5, 10**7), "monte_carlo_sector": (5, 10**7), "map_1e7": (3, 10**7), "map_1e8": (3, 10**8), "edges_map": (3, 10**7)}[item]
        scene = munich("tr38901" if item == "monte_carlo_sector" else "iso")
        times, gain = timed(runs, lambda: radio_map(scene, depth, samples, item == "edges_map"))
        result.update(times, covered=int((gain > 0).sum()), cells=gain.size, sum=float(gain.sum()))
        if save:
            np.save(save, gain)
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
