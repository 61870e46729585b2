# SPDX-License-Identifier: Apache-2.0
"""Runs inside the environment of Sionna RT: reads cases as JSON from standard input, prints its paths and maps as JSON."""
import json
import sys

import numpy as np
from sionna.rt import PathSolver, PlanarArray, RadioMapSolver, Receiver, Transmitter, load_scene
import sionna.rt as srt


def complex_list(x):
    return [[float(v.real), float(v.imag)] for v in x]


def prepare(case):
    scene = load_scene(getattr(srt.scene, case["scene"]), merge_shapes=False)
    scene.frequency = case["frequency_hz"]
    array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization=case["polarization"])
    scene.tx_array = array
    scene.rx_array = array
    for i, position in enumerate(case["tx"]):
        scene.add(Transmitter(f"tx{i}", position=position))
    for i, position in enumerate(case.get("rx", [])):
        scene.add(Receiver(f"rx{i}", position=position))
    return scene


def solve_paths(case):
    scene = prepare(case)
    paths = PathSolver(deterministic=True)(
        scene, max_depth=case["max_depth"], samples_per_src=case.get("samples", 1000000), los=True, specular_reflection=True,
        diffuse_reflection=False, refraction=case["refraction"], diffraction=case.get("diffraction", False), synthetic_array=True)
    real, imag = (np.array(part) for part in paths.a)
    a = real + 1j * imag  # [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
    columns = {name: np.array(getattr(paths, name)) for name in ("tau", "theta_t", "phi_t", "theta_r", "phi_r", "valid")}
    interactions, objects = np.array(paths.interactions), np.array(paths.objects)
    names = {o.object_id: name for name, o in scene.objects.items()}
    found = []
    for rx in range(a.shape[0]):
        for tx in range(a.shape[2]):
            for p in range(a.shape[4]):
                if not columns["valid"][rx, tx, p]:
                    continue
                types = [int(t) for t in interactions[:, rx, tx, p] if t != 0]
                touched = [names.get(int(o), "") for o in objects[:len(types), rx, tx, p]]
                places = np.array(paths.vertices)[:len(types), rx, tx, p].astype(float).tolist()
                found.append({"tx": tx, "rx": rx, "interactions": types, "objects": touched, "vertices": places,
                              "a": [complex_list(row) for row in a[rx, :, tx, :, p]],
                              **{k: float(columns[k][rx, tx, p]) for k in ("tau", "theta_t", "phi_t", "theta_r", "phi_r")}})
    return found


def solve_map(case):
    maps = []
    scene = prepare(case)
    for seed in range(case["runs"]):
        # the directions do not depend on the seed; another number of rays is another sample of them
        radio_map = RadioMapSolver()(scene, max_depth=case["max_depth"], cell_size=case["cell_size"], center=case["center"], orientation=[0, 0, 0],
                                     size=case["size"], samples_per_tx=case["samples"] + 9973 * seed, los=True, specular_reflection=True,
                                     diffuse_reflection=False, refraction=case["refraction"], seed=seed + 1)
        maps.append(np.array(radio_map.path_gain).astype(float).tolist())
    return maps


print(json.dumps([solve_map(c) if c["kind"] == "map" else solve_paths(c) for c in json.load(sys.stdin)]))
