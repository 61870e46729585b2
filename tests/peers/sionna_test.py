# SPDX-License-Identifier: Apache-2.0
"""Against Sionna RT 2.2 on its own scenes: every path it finds is found, with its values; maps agree within their noise.

It computes in single precision. At 28 GHz over 500 m a delay is then known to 2e-6 relative at worst, a field to 1e-4."""
import itertools
import json
import math
import os
import pathlib
import subprocess

import numpy as np
import pytest

PYTHON = os.environ.get("RAYWAVE_SIONNA_PYTHON", "")
pytestmark = pytest.mark.skipif(not os.access(PYTHON, os.X_OK), reason="Sionna RT is not installed: ./dev test --peers installs it")
TYPES = {1: "specular_reflection", 4: "refraction", 8: "diffraction"}


def path_cases():
    def case(scene, frequency, tx, rx, depth, refraction, polarization):
        return {"kind": "paths", "scene": scene, "frequency_hz": frequency, "tx": [tx], "rx": rx, "max_depth": depth,
                "refraction": refraction, "polarization": polarization}

    canyon, munich, etoile = [-33, 0, 20], [8.5, 21, 27], [-160, 70, 15]
    street = [[45, 90, 1.5], [-30, 30, 1.5], [20, -60, 1.5]]
    for frequency in (3.5e9, 28e9):
        yield case("simple_street_canyon", frequency, canyon, [[20, 0, 1.5], [25, -4, 1.5], [-10, 3, 2]], 5, False, "V")
        yield case("box", frequency, [-3.1, 1.2, 2.3], [[3.3, -1.4, 1.6]], 3, False, "cross")
        yield case("munich", frequency, munich, street, 5, False, "V")
        yield case("munich", frequency, munich, street[:1], 3, False, "cross")
        yield case("etoile", frequency, etoile, [[-100, 60, 1.5], [-60, 20, 1.5]], 4, False, "V")
    yield case("box_one_screen", 3.5e9, [-3, 1, 2.5], [[3, -1.5, 1.5]], 2, True, "VH")
    yield case("box_two_screens", 3.5e9, [-3, 1, 2.5], [[3, -1.5, 1.5]], 3, True, "V")
    yield case("floor_wall", 28e9, [-1, 0.5, 1.5], [[1, -0.5, 1], [1.5, -1.2, 0.7]], 3, True, "VH")
    yield case("munich", 3.5e9, munich, street[:1], 3, True, "V")


def scene_file(name):
    code = "import sionna.rt, os; print(os.path.dirname(sionna.rt.__file__))"
    folder = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return pathlib.Path(folder) / "scenes" / name / f"{name}.xml"


def run_peer(cases):
    script = pathlib.Path(__file__).with_name("sionna_paths.py")
    result = subprocess.run([PYTHON, str(script)], input=json.dumps(cases), capture_output=True, text=True, timeout=1500)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def peer_paths():
    cases = list(path_cases())
    return list(zip(cases, run_peer(cases)))


def our_paths(raywave, case, *options):
    devices = [x for i, p in enumerate(case["tx"]) for x in ("--tx", f"tx{i}={p[0]},{p[1]},{p[2]}")]
    devices += [x for i, p in enumerate(case["rx"]) for x in ("--rx", f"rx{i}={p[0]},{p[1]},{p[2]}")]
    array = f"pattern=iso,polarization={case['polarization']}"
    result = raywave("paths", scene_file(case["scene"]), "--frequency", case["frequency_hz"], *devices, "--max-depth", case["max_depth"],
                     "--refraction" if case["refraction"] else "--no-refraction",
                     *(["--diffraction"] if case.get("diffraction") else []), "--tx-array", array, "--rx-array", array, *options, "--json", "-")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)["paths"]


def gains(a):
    a = np.array(a, dtype=float)
    return (a if a.ndim == 3 else a.reshape(1, 1, 2)) @ np.array([1, 1j])


def angle(x):
    return abs(math.remainder(x, 2 * math.pi))


def find_match(theirs, ours):
    """The path of ours with the same kinds of interactions, delay and directions; their single precision sets the windows."""
    best, smallest = None, math.inf
    for path in ours:
        if path["interactions"] != [TYPES[t] for t in theirs["interactions"]]:
            continue
        if path["rx"] != f"rx{theirs['rx']}" or abs(path["delay_s"] - theirs["tau"]) > 1e-12 + 2e-6 * theirs["tau"]:
            continue
        sine = max(math.sin(path["departure"]["theta_rad"]), 1e-3)
        off = abs(path["departure"]["theta_rad"] - theirs["theta_t"]) + sine * angle(path["departure"]["phi_rad"] - theirs["phi_t"])
        if off < smallest:
            best, smallest = path, off
    return best


def compare(theirs, path, label, problems):
    for ours_end, end in (("departure", "t"), ("arrival", "r")):
        theta, phi = path[ours_end]["theta_rad"], path[ours_end]["phi_rad"]
        if abs(theta - theirs[f"theta_{end}"]) > 1e-4 or math.sin(theta) * angle(phi - theirs[f"phi_{end}"]) > 1e-4:
            problems.append(f"{label}: angles differ at {theirs['tau']}")
    a, b = gains(path["a"]), gains(theirs["a"])
    strong = abs(b) > 1e-3 * abs(b).max()  # below: cross-polar residue of single precision
    if (abs(20 * np.log10(abs(a[strong]) / abs(b[strong]))) > 0.05).any():
        problems.append(f"{label}: |a| differs at {theirs['tau']}: {abs(a)} against {abs(b)}")
    if (abs(np.angle(a[strong] / b[strong])) > 0.05).any():
        problems.append(f"{label}: phase differs at {theirs['tau']}: {np.angle(a)} against {np.angle(b)}")


def test_every_path_is_found_with_its_values(raywave, peer_paths):
    missing, problems, total = [], [], 0
    for case, theirs in peer_paths:
        label = f"{case['scene']} {case['frequency_hz'] / 1e9} GHz depth {case['max_depth']}"
        ours = our_paths(raywave, case)
        for path in theirs:
            if max(abs(gains(path["a"])).ravel()) == 0:
                continue  # a path through metal: it carries nothing
            total += 1
            match = find_match(path, ours)
            if match is None:
                missing.append(f"{label}: {path['tau'] * 1e9:.4f} ns {path['interactions']}")
            else:
                compare(path, match, label, problems)
        print(f"{label}: {len(theirs)} paths there, {len(ours)} here")
    print(f"{total} paths compared, {len(missing)} missing, {len(problems)} differ")
    assert not missing, "\n".join(missing)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("scene, tx, rx", [
    ("simple_street_canyon", [-33, 0, 32], [[20, 0, 1.5], [25, -4, 1.5], [-45, 3, 2]]),
    ("munich", [8.5, 21, 27], [[45, 90, 1.5]]),
])
def test_every_diffracted_path_is_found(raywave, scene, tx, rx):
    """Kinds, objects, delays and directions; the fields differ where its coefficient does, see docs/validation.md.

    It takes every house by itself: where two share an edge it counts two wedges of about 90 degrees, here it is one,
    of what remains outside, and none where that is less than 180 degrees."""
    case = {"kind": "paths", "scene": scene, "frequency_hz": 3.5e9, "tx": [tx], "rx": rx, "max_depth": 3, "refraction": False,
            "polarization": "V", "diffraction": True}
    theirs, ours = run_peer([case])[0], our_paths(raywave, case, "--samples", 10000000)
    diffracted = [p for p in theirs if 8 in p["interactions"]]
    assert len(diffracted) > 100
    joints = shared_edges(diffracted)
    missing, excused = [], 0
    for path in diffracted:
        same_objects = [p for p in ours if [n.removeprefix("mesh-") for n in p["objects"]] == path["objects"]]
        if find_match(path, same_objects) is not None:
            continue
        match = find_match(path, ours)
        if match is not None and goes_over_the_neighbours(path, match):
            continue
        shared = any(math.dist(place(path)[:2], joint[:2]) < 0.02 for joint in joints)
        if match is not None and shared:
            continue
        if shared:
            excused += 1
        else:
            missing.append(f"rx{path['rx']} {path['tau'] * 1e9:.4f} ns {path['interactions']} {path['objects']}: {match and match['objects']}")
    print(f"{scene}: {len(diffracted)} diffracted paths there, {sum('diffraction' in p['interactions'] for p in ours)} here, "
          f"{excused} of theirs at edges between houses that are none")
    assert not missing, "\n".join(missing)
    assert excused < len(diffracted) / 5


def place(path):
    return path["vertices"][path["interactions"].index(8)]


def goes_over_the_neighbours(theirs, ours):
    """Is it the same path over the same place of an edge that two houses share, named by the other one?"""
    at = theirs["interactions"].index(8)
    others = [n.removeprefix("mesh-") for i, n in enumerate(ours["objects"]) if i != at]
    return (others == [n for i, n in enumerate(theirs["objects"]) if i != at]
            and math.dist(place(theirs), ours["vertices_m"][1 + at]) < 0.02)


def shared_edges(paths):
    """Where two of the paths differ in nothing but the house that the edge belongs to; their single precision sets the windows."""
    return [place(one) for one, other in itertools.combinations(paths, 2)
            if one["rx"] == other["rx"] and one["interactions"] == other["interactions"]
            and abs(one["tau"] - other["tau"]) < 1e-12 + 2e-6 * one["tau"] and math.dist(place(one), place(other)) < 0.02]


@pytest.mark.parametrize("scene, center, size, cell, tx, depth", [
    ("simple_street_canyon", [0, 0, 1.5], [100, 60], 2.5, [-33, 0, 20], 3),
    ("munich", [0, 0, 1.5], [300, 300], 5, [8.5, 21, 27], 3),
])
def test_radio_maps_agree_cell_by_cell(raywave, tmp_path, scene, center, size, cell, tx, depth):
    runs = 8
    case = {"kind": "map", "scene": scene, "frequency_hz": 3.5e9, "tx": [tx], "polarization": "V", "max_depth": depth, "refraction": False,
            "center": center, "size": size, "cell_size": [cell, cell], "samples": 4000000, "runs": runs}
    theirs = np.array(run_peer([case])[0])[:, 0]
    output = tmp_path / "map.npz"
    result = raywave("map", scene_file(scene), "--frequency", "3.5GHz", "--tx", ",".join(map(str, tx)), "--max-depth", depth, "--method",
                     "monte-carlo", "--samples", 32000000, "--cell-size", cell, f"--center={','.join(map(str, center))}", "--size",
                     ",".join(map(str, size)), "-o", output)
    assert result.returncode == 0, result.stderr
    ours = np.load(output)["path_gain"][0]
    assert ours.shape == theirs.shape[1:]
    mean, spread = theirs.mean(axis=0), theirs.std(axis=0, ddof=1)
    both = (mean > 0) & (ours > 0)
    # Ours has as many rays as their runs together, so the same variance of the mean; t-distribution with 7 degrees of freedom,
    # corrected for the number of cells. Stratified rays make spreads of few runs too small: at least a ray a cell counts.
    ray = (299792458.0 / 3.5e9 / (4 * np.pi)) ** 2 * 4 * np.pi / (runs * case["samples"]) / cell**2
    z = (ours - mean)[both] / np.sqrt(2 * spread[both] ** 2 / runs + ray**2)
    limit = 20  # two-sided t with 7 degrees of freedom at 1e-3 over 2400 cells: 17
    print(f"{scene}: {both.sum()} cells, largest |z| {abs(z).max():.2f}, rms {np.sqrt((z**2).mean()):.2f}, sums {ours.sum() / mean.sum():.6f}")
    assert (abs(z) < limit).mean() > 0.999
    assert abs(ours.sum() / mean.sum() - 1) < 2e-3
