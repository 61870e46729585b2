# SPDX-License-Identifier: Apache-2.0
"""Lobes in the mirror's place that are sharper than a noisy mesh allows: each way to solve says so, once, with the kappa that is safe."""
import os
import re
import subprocess
import warnings

import pytest

import raywave as rw
from noisy_walls import noisy_wall

TX, RX = (-1.0, 0.3, 2.0), (1.2, -0.4, 1.5)
PLANE = dict(center_m=[0, 0, 1.5], size_m=[1, 1], cell_size_m=0.5)
FAST = dict(max_depth=1, scattering_tolerance=1, max_tiles=2000)


def noisy(slope, **changes):
    return noisy_wall(slope, **(dict(leg=0.1, half=2.0) | changes))


def scene_of(mesh, lobe="", **numbers):
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    plaster = rw.Material("plaster", relative_permittivity=4, conductivity_s_per_m=0.1, thickness_m=0.2, **numbers)
    plaster.lobe = lobe
    scene.add(plaster)
    scene.add(rw.Object("scan", *mesh, "plaster"))
    scene.add(rw.Transmitter("tx", TX))
    scene.add(rw.Receiver("rx", RX))
    return scene


def of(kappa):
    return f"von_mises_fisher(kappa={kappa})"


def words_of(solve):
    """What was said of sharp lobes."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        solve()
    return [str(w.message) for w in said if "single facets" in str(w.message)]


def safe_of(words):
    return float(re.search(r"kappa <= (\S+) keeps", words)[1])


def allowed(scene):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scene.lobe_for("scan", largest_kappa=1e9).kappa


def directional(solver, **options):
    return lambda scene, lobe: solver(scene, reflection="directional", lobe=lobe, **options)


ENTRIES = {
    "paths": directional(rw.PathSolver(), **FAST),
    "tiles": lambda scene, lobe: rw.ScatteringSolver()(scene, diffuse=False, reflection=lobe, tolerance=1, max_tiles=2000),
    "sampled": lambda scene, lobe: rw.ScatteringSolver()(scene, diffuse=False, reflection=lobe, method="sampled", samples_per_tx=1000),
    "exact map": directional(rw.RadioMapSolver(), method="exact", **FAST, **PLANE),
    "panels": lambda scene, lobe: rw.RisSolver()(scene, rw.Ris("panel", [0, 0, 3], num_rows=1, num_cols=1, spacing_m=0.05), reflection="directional", lobe=lobe, **FAST),
    "Monte Carlo map": directional(rw.RadioMapSolver(), method="monte-carlo", max_depth=1, samples_per_tx=1000, **PLANE),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_way_to_solve_says_once_that_a_lobe_is_too_sharp(entry):
    scene = scene_of(noisy(0.06))
    words = words_of(lambda: ENTRIES[entry](scene, of(100000)))
    assert len(words) == 1 and "object 'scan': a lobe of kappa = 1e+05" in words[0], words
    safe = safe_of(words[0])
    assert safe == pytest.approx(allowed(scene), rel=1 / 3) and f"{safe:.3g} keeps that to 1 dB" in words[0]
    assert not words_of(lambda: ENTRIES[entry](scene, of(safe)))
    assert not words_of(lambda: ENTRIES[entry](scene_of(noisy(0)), of(1e9)))


@pytest.mark.parametrize("slope", [0.01, 0.03, 0.1, 0.3])
def test_the_safe_value_is_what_lobe_for_allows(slope):
    for seed in range(5):
        scene = scene_of(noisy(slope, leg=0.25, half=4, seed=seed))
        chosen = allowed(scene)
        words = words_of(lambda: ENTRIES["sampled"](scene, of(1e6)))
        leg = float(re.search(r"legs of (\S+) m", words[0])[1])
        there = scene.lobe_for("scan", largest_kappa=1e9, legs_m=(leg, leg)).kappa
        assert 3 <= leg < 4.5 and safe_of(words[0]) == pytest.approx(there, rel=1 / 3)
        assert not words_of(lambda: ENTRIES["sampled"](scene, of(min(chosen, there)))), chosen  # who asks lobe_for is never told off


def test_a_material_s_own_lobe_counts():
    sharp = scene_of(noisy(0.06), lobe=of(5000))
    words = words_of(lambda: ENTRIES["sampled"](sharp, of(50)))
    assert len(words) == 1 and "kappa = 5e+03" in words[0]
    assert not words_of(lambda: ENTRIES["sampled"](scene_of(noisy(0.06), lobe=of(60)), of(5000)))
    assert not words_of(lambda: ENTRIES["sampled"](scene_of(noisy(0.06), scattering_coefficient=1), of(5000)))  # nothing is left for a lobe
    assert not words_of(lambda: rw.PathSolver()(sharp, max_depth=0))  # mirrors


def test_of_several_objects_the_worst_is_named():
    scene = scene_of(noisy(0.02))
    vertices, triangles = noisy(0.2, leg=0.25)
    scene.add(rw.Object("rough", vertices + [0, 0, 4], triangles, "plaster"))
    scene.add(rw.Object("clean", *(lambda v, t: (v - [0, 0, 1], t))(*noisy(0)), "plaster"))
    words = words_of(lambda: ENTRIES["sampled"](scene, of(100000)))
    assert len(words) == 1 and words[0].startswith("object 'rough' (and 1 more): ")


def test_far_transmitters_allow_sharper_lobes():
    """A lobe lights (30 / 3)^2 as many facets from ten times the distance; slopes that are far wider than it give a power spread of their number alone."""
    vertices, triangles = noisy(0.3, leg=0.25, half=4)
    near, far = scene_of((vertices, triangles)), scene_of((vertices, triangles))
    far.get("tx").position_m = (0, 0, 30)
    near, far = (safe_of(words_of(lambda: ENTRIES["sampled"](s, of(1e7)))[0]) for s in (near, far))
    assert 50 < far / near < 110


@pytest.mark.skipif(not os.environ.get("RAYWAVE_BIN"), reason="RAYWAVE_BIN is not set: run the tests with ./dev test")
def test_the_program_says_it(tmp_path):
    file = scene_of(noisy(0.06)).save(tmp_path / "scan")
    for words in (["paths", file, "--tx", "-1,0.3,2", "--rx", "1.2,-0.4,1.5"], ["map", file, "--tx", "-1,0.3,2", "--cell-size", "1", "--samples", "1000"]):
        done = subprocess.run([os.environ["RAYWAVE_BIN"], *map(str, words), "--reflection", "directional", "--lobe", of(100000), "--max-depth", "1", "-o", tmp_path / "out.npz"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("resolves single facets") == 1 and "object 'scan'" in done.stderr and "kappa <= " in done.stderr, done.stderr
