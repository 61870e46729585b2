# SPDX-License-Identifier: Apache-2.0
"""A scene's parameters from Python: names, shapes, values set and read back. Their laws are tested in C++."""
import pathlib
import re

import numpy as np
import pytest
import raywave as rw

ROOT = pathlib.Path(__file__).resolve().parents[2]


def example():
    scene = rw.Scene()
    scene.add(rw.itu_material("concrete"))
    # the last vertex repeats the first: cleaning welds them
    vertices = np.array([[0, 0, 0], [10, 0, 0], [10, 0, 8], [0, 0, 8], [0, 0, 0]], dtype=np.float64)
    scene.add(rw.Object("wall", vertices, np.array([[0, 1, 2], [4, 2, 3]]), "concrete"))
    scene.add(rw.Transmitter("tx", [2, 5, 3], array=rw.PlanarArray(num_rows=2, polarization="VH")))
    scene.add(rw.Receiver("rx", [8, 6, 1.5]))
    return scene


def test_they_have_values_of_their_shapes():
    scene = example()
    parameters = scene.parameters()
    for name, p in parameters.items():
        assert p.name == name
        assert p.value.dtype == np.float64 and p.value.shape == p.shape, name
        assert np.all(p.value >= p.lower) and np.all(p.value <= p.upper), name
        assert set(p.solvers) <= {"paths", "exact map", "monte-carlo map", "scattered power"}, name
    assert parameters["frequency_hz"].value == scene.frequency_hz and parameters["frequency_hz"].unit == "Hz"
    assert parameters["device/tx/position_m"].value.tolist() == [2, 5, 3]
    assert parameters["device/tx/array/element_positions_m"].shape == (2, 3)
    assert parameters["device/tx/precoding"].shape == (4, 2)
    assert parameters["object/wall/vertices_m"].shape == (4, 3)
    assert parameters["material/concrete/xpd_coefficient"].solvers == ["paths", "exact map", "scattered power"]
    assert "device/rx/power_dbm" not in parameters
    assert repr(parameters["object/wall/translation_m"]) == "Parameter('object/wall/translation_m', shape [3], m)"


def test_what_is_set_is_read_back():
    scene = example()
    moves = ("translation_m", "rotation_rad", "scale")
    for name, p in scene.parameters().items():
        value = p.value * 0.9 + 0.1 if p.upper == 1 or p.lower == 1 else p.value * 1.25 + 0.01
        scene.set_parameter(name, value)
        if not name.endswith(moves):
            assert scene.parameters()[name].value.tolist() == value.tolist(), name
        else:
            assert scene.parameters()[name].value.tolist() == p.value.tolist(), name
    assert scene.get("tx").power_dbm == 44 * 1.25 + 0.01
    assert scene.get("concrete").itu_name == ""
    assert scene.get("concrete").relative_permittivity == 5.24 * 0.9 + 0.1


def test_weights_of_ports_are_the_transmitters():
    scene = example()
    tx = scene.get("tx")
    assert tx.precoding.tolist() == [0.5] * 4
    solve = lambda: rw.RadioMapSolver()(scene, max_depth=0, center_m=[5, 5, 1], size_m=[6, 6], cell_size_m=(2, 2)).path_gain
    first, second = (solve() for tx.precoding in ([1, 0, 0, 0], [0, 0, 2j, 0]))
    assert np.all(first >= 0) and np.any(first != second)
    tx.precoding = [0, 0, 1, 0]
    assert solve() == pytest.approx(second / 4, rel=1e-13)
    tx.array = rw.PlanarArray()  # the weights are still those of four ports
    for ask in (lambda: tx.precoding, scene.parameters, solve):
        with pytest.raises(rw.Error, match="precoding of 'tx' has 4 weights, but its array has 1 ports"):
            ask()
    tx.precoding = None
    assert tx.precoding.tolist() == [1]


def test_an_edit_reaches_the_next_solve():
    scene = example()
    solver = rw.PathSolver()
    before = solver(scene, max_depth=1)
    scene.set_parameter("material/concrete/relative_permittivity", 9)
    scene.set_parameter("device/rx/position_m", [8, 6, 1.5])
    assert solver(scene, max_depth=1).tau.tolist() == before.tau.tolist()
    assert scene.times_prepared == 1  # no geometry was touched
    scene.set_parameter("object/wall/translation_m", (0, -1, 0))
    after = solver(scene, max_depth=1)
    assert scene.times_prepared == 2
    # the image of the transmitter moves by 2 m
    length = np.linalg.norm(np.array([8, 6, 1.5]) - [2, -7, 3])
    assert after.tau.max() == pytest.approx(length / 299792458.0, rel=1e-14)
    assert scene.get("wall").vertices_m.tolist() == [[0, -1, 0], [10, -1, 0], [10, -1, 8], [0, -1, 8]]


def test_bad_values_are_named():
    scene = example()
    with pytest.raises(rw.Error, match="did you mean 'device/tx/position_m'"):
        scene.set_parameter("device/tx/positon_m", [0, 0, 0])
    with pytest.raises(rw.Error, match=re.escape("object/wall/vertices_m has the shape [4, 3], got [5, 3]")):
        scene.set_parameter("object/wall/vertices_m", scene.get("wall").vertices_m)
    with pytest.raises(rw.Error, match=re.escape("frequency_hz has the shape [], got [1]")):
        scene.set_parameter("frequency_hz", [1e9])
    with pytest.raises(rw.Error, match="device/tx/position_m.*finite"):
        scene.set_parameter("device/tx/position_m", [0, 0, float("nan")])
    with pytest.raises(rw.Error, match="frequency_hz takes real numbers"):
        scene.set_parameter("frequency_hz", 1e9 + 1j)
    with pytest.raises(rw.Error, match="must be >= 1"):
        scene.set_parameter("material/concrete/relative_permittivity", 0.2)
    with pytest.raises(rw.Error, match="precoding has the shape \\[4\\]"):
        scene.get("tx").precoding = [1, 0]
    with pytest.raises(rw.Error, match="is a receiver"):
        scene.get("rx").precoding = [1]
    with pytest.raises(TypeError, match="belongs to the transmitter"):
        rw.RadioMapSolver()(scene, precoding=[1, 0, 0, 0])
    assert scene.get("concrete").itu_name == "concrete"


def refuses_zero(name):
    try:
        example().set_parameter(name, 0)
    except rw.Error:
        return True
    return False


def bounds_of(p):
    if p.lower == -np.inf:
        return "any"
    if p.lower == 0 and p.upper == np.inf:
        return "> 0" if refuses_zero(p.name) else ">= 0"
    return f"[{p.lower:g}, inf)" if p.upper == np.inf else f"[{p.lower:g}, {p.upper:g}]"


def test_the_table_in_the_documents_is_what_scenes_say():
    text = (ROOT / "docs/gradients.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")]
    documented = {row[0].strip("`"): row for row in rows if len(row) == 9}  # the table of every scene
    found = set()
    for p in example().parameters().values():
        group, *rest = p.name.split("/")
        general = "/".join([group, "NAME", *rest[1:]]) if rest else group
        found.add(general)
        _, shape, unit, bounds, paths, exact, monte_carlo, scattered, _ = documented[general]
        assert len([n for n in shape.strip("[]").split(",") if n]) == len(p.shape), general
        assert unit == p.unit and bounds == bounds_of(p), general
        words = {"yes"} if p.name.startswith("device/rx") else {"yes", "transmitters"}
        columns = {"paths": paths, "exact map": exact, "monte-carlo map": monte_carlo, "scattered power": scattered}
        assert set(p.solvers) == {solver for solver, word in columns.items() if word in words}, p.name
    assert found == set(documented)


def test_the_examples_in_the_documents_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/gradients.md").read_text(encoding="utf-8"), flags=re.S)
    assert blocks
    names = {}
    for block in blocks:
        exec(block, names)
    assert names["scene"].get("tx").position_m == [-30, 1, 10] and names["parameters"]["device/tx/position_m"].value[1] == 0
