# SPDX-License-Identifier: Apache-2.0
"""The types of arrays that the stub names are those of the arrays that come."""
import ast
import importlib.util
import pathlib

import numpy as np
import pytest
import raywave as rw
import raywave.signal
from raywave import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("make_stub", ROOT / "tools/make_stub.py")
make_stub = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_stub)


@pytest.fixture(scope="module")
def things():
    scene = rw.load_scene(ROOT / "scenes/street_canyon/street_canyon.xml")
    scene.add(rw.Transmitter("tx", [-30, 0, 10]))
    scene.add(rw.Receiver("rx", [30, 0, 1.5]))
    field = wave.Scene(grid=wave.Grid(64, spacing_m=0.02), frequency_hz=5.8e9, z_end_m=0.5, sources=[wave.GaussianBeam(waist_m=0.2)],
                       objects=[wave.rectangle([0, 0.2], [3, 0.05], "concrete")])
    return {"Material": scene.materials["brick"], "AntennaArray": rw.PlanarArray(), "Object": scene.objects["ground"], "Parameter": scene.parameters()["device/tx/position_m"],
            "Paths": rw.PathSolver()(scene, max_depth=1), "RadioMap": rw.RadioMapSolver()(scene, cell_size_m=(20, 20), max_depth=0),
            "Paths2D": rw.Scene2D.square_scene().trace(), "WaveResult": wave.simulate(field, num_reflections=1), "Device": scene.get("tx"),
            "Echoes": rw.signal.Echoes([[[1.0]]], [1e-8], [0.0], frequency_hz=1e9),
            "ArrivalMap": rw.ArrivalMapSolver()(scene, azimuths=8, elevations=3, max_depth=0),
            "ScatteredPower": rw.ScatteringSolver()(scene, tolerance=0.1, max_tiles=50)}


CALLS = {"tx_association": (), "coherent_sum": (), "incoherent_sum": (), "holds": (np.array([[0.0, 0.3]]),),
         "at": (np.array([[0.0, 0.5]]),), "path_gain_jvp": ({"frequency_hz": 1.0},), "mean_delay_jvp": ({"frequency_hz": 1.0},),
         "cfr_jvp": ([0.0], {"frequency_hz": 1.0}), "taps_jvp": (20e6, 0, 3, {"frequency_hz": 1.0}), "jvp": ({"frequency_hz": 1.0},)}
ROWS = [(owner, name, kind) for owner, names in make_stub.ARRAYS.items() for name, (kind, _) in names.items()]


@pytest.mark.parametrize("owner, name, kind", [row for row in ROWS if row != ("WaveResult", "power_w", "float64") and row[:2] != ("WaveResult", "jvp")])
def test_arrays_are_of_their_type(things, owner, name, kind):
    value = getattr(things[owner], name)
    value = value(*CALLS[name]) if callable(value) else value
    assert isinstance(value, np.ndarray) and value.dtype == np.dtype(kind)


@pytest.mark.parametrize("owner, name", [(owner, name) for owner, names in make_stub.LISTS.items() for name in names])
def test_lists_are_lists_of_numbers(things, owner, name):
    value = getattr(things[owner], name)
    assert isinstance(value, list) and all(isinstance(x, float) for x in value)


STUB = ROOT / "python/raywave/_raywave.pyi"


@pytest.mark.skipif(not STUB.exists(), reason="the module's source is elsewhere: an installed wheel")
def test_the_stub_is_python():
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    classes = {node.name: {n.name for n in node.body if isinstance(n, ast.FunctionDef)} for node in tree.body if isinstance(node, ast.ClassDef)}
    assert {"plot", "to_xarray", "plot_cir"} <= classes["Paths"] and {"preview", "plot"} <= classes["Scene"] and "show" in classes["RadioMap"]
