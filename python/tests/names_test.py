# SPDX-License-Identifier: Apache-2.0
"""What helps people at the first hour: signatures, bars, names of Sionna RT."""
import inspect
import io
import pathlib
import pydoc
import sys

import numpy as np
import pytest
import raywave as rw

ROOT = pathlib.Path(__file__).resolve().parents[2]


def canyon():
    scene = rw.load_scene(ROOT / "scenes/street_canyon/street_canyon.xml")
    scene.add(rw.Transmitter("tx", [-30, 0, 10]))
    scene.add(rw.Receiver("rx", [30, 0, 1.5]))
    return scene


def test_help_lists_the_options_with_types_and_defaults():
    text = pydoc.render_doc(rw.PathSolver.__call__, renderer=pydoc.plaintext)
    for part in ("max_depth", "int", "= 3", "refraction", "bool", "finder", "'shoot-and-bounce'", "progress"):
        assert part in text
    for solver in (rw.PathSolver, rw.RadioMapSolver):
        parameters = inspect.signature(solver.__call__).parameters
        named = {n: p.default for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY}
        assert named == solver._defaults and len(named) > 10
        assert all(p.annotation is not p.empty for n, p in parameters.items() if n != "self")


@pytest.mark.parametrize("solver, there, here", [
    (rw.RadioMapSolver, dict(cell_size=(5, 4), center=[0, 1, 2], size=[20, 30], orientation=[0.1, 0, 0]),
     dict(cell_size_m=(5, 4), center_m=[0, 1, 2], size_m=[20, 30], orientation_rad=[0.1, 0, 0])),
    (rw.RadioMapSolver, dict(rr_depth=-1, stop_threshold=None, diffraction_lit_region=True), {}),
    (rw.PathSolver, dict(max_num_paths_per_src=1000, diffuse_reflection=False, diffraction_lit_region=True), {}),
])
def test_names_of_sionna_mean_the_same(solver, there, here):
    scene = canyon()
    one, other = solver()(scene, max_depth=1, **there), solver()(scene, max_depth=1, **here)
    name = "a" if solver is rw.PathSolver else "path_gain"
    assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("words, error, part", [
    (dict(cell_size=3, cell_size_m=4), TypeError, "cell_size and cell_size_m are one option"), (dict(cell_size="x"), rw.Error, "cell_size_m takes"),
    (dict(rr_depth=3), rw.Error, "rr_depth=3 is not available"), (dict(celsize=3), TypeError, "did you mean 'cell_size_m'"),
    (dict(diffraction_lit_region=False), rw.Error, "always True"),
])
def test_names_that_mean_something_else_are_refused(words, error, part):
    with pytest.raises(error, match=part):
        rw.RadioMapSolver()(canyon(), **words)


def test_a_solver_that_is_not_deterministic_is_none_of_ours():
    assert repr(rw.PathSolver(deterministic=True)) == "PathSolver()"
    with pytest.raises(rw.Error, match="always True"):
        rw.PathSolver(deterministic=False)


def test_progress_is_a_bar_where_tqdm_is(monkeypatch):
    pytest.importorskip("tqdm")
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    rw.RadioMapSolver()(canyon(), method="monte-carlo", samples_per_tx=10_000, progress=True)
    assert "radio map: 100%" in shown.getvalue()
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(rw.Error, match="pip install tqdm"):
        rw.PathSolver()(canyon(), progress=True)
    rw.PathSolver()(canyon(), max_depth=0, progress=False)


def test_completion_lists_what_there_is_and_nothing_else():
    assert {"PathSolver", "load_scene", "Campaign", "geo", "torch", "wave", "box"} <= set(dir(rw))
    assert not {"os", "html", "inspect", "method", "annotations"} & set(dir(rw)) and not [n for n in dir(rw) if n.startswith("_") and n != "__version__"]
    for name in set(dir(rw)) - {"torch", "jax", "geo", "campaigns", "Campaign"}:
        assert getattr(rw, name) is not None


def test_arrays_of_a_scene_are_those_of_devices_without_one():
    scene = rw.load_scene("street_canyon")
    pair, own = rw.PlanarArray(num_cols=2), rw.PlanarArray(num_rows=3)
    scene.add(rw.Transmitter("bare", [0, 0, 9]))
    scene.add(rw.Transmitter("own", [1, 0, 9], array=own))
    scene.add(rw.Receiver("rx", [9, 0, 2]))
    assert scene.tx_array is None
    scene.tx_array = pair
    scene.add(rw.Transmitter("late", [2, 0, 9]))
    assert [scene.get(n).array.num_ant for n in ("bare", "own", "late", "rx")] == [2, 3, 2, 1]
    scene.get("bare").array = own  # its own from now on
    scene.tx_array = rw.PlanarArray(polarization="cross")
    assert [scene.get(n).array.num_ant for n in ("bare", "own", "late")] == [3, 3, 2] and scene.get("late").array.polarization == "cross"
    twin = scene.copy()
    twin.add(rw.Transmitter("later", [3, 0, 9]))
    assert twin.get("later").array.polarization == "cross" and "later" not in scene.transmitters
    other = rw.Scene()
    other.add(rw.Transmitter("elsewhere", [0, 0, 0]))
    assert other.get("elsewhere").array.num_ant == 1
    with pytest.raises(rw.Error, match="rx_array takes a rw.PlanarArray"):
        scene.rx_array = 4


def test_materials_and_edits_by_their_other_names():
    scene = rw.load_scene("street_canyon")
    sheet = rw.ITURadioMaterial("sheet", "metal", thickness=0.01, color=(1, 0, 0))
    assert (sheet.name, sheet.itu_name, sheet.thickness_m, list(sheet.color)) == ("sheet", "metal", 0.01, [1, 0, 0])
    assert rw.RadioMaterial("shiny", scattering_pattern="directive", alpha_r=10).scattering_pattern == "directive(alpha_r=10.0)"
    wall = rw.RadioMaterial("wall", 0.2, relative_permittivity=4, conductivity=0.5)
    assert (wall.relative_permittivity, wall.conductivity_s_per_m, wall.thickness_m) == (4, 0.5, 0.2)
    scene.edit(add=[wall, sheet], remove=["north_1", scene.objects["north_2"]])
    assert "north_1" not in scene.objects and "north_2" not in scene.objects and set(scene.radio_materials) >= {"wall", "sheet"}
    scene.get("north_3").radio_material = sheet
    assert scene.get("north_3").radio_material == scene.get("north_3").material == "sheet"
    with pytest.raises(rw.Error, match="did you mean 'metal'"):
        rw.ITURadioMaterial("x", "metall")
    assert len(rw.load_scene(None).objects) == 0
