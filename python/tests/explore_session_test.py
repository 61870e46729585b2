# SPDX-License-Identifier: Apache-2.0
"""The live page without its page: documents, undo, run files, scenes that Python gives."""
import json
import pathlib
import subprocess
import sys
import time
import tomllib

import numpy as np
import pytest
import raywave as rw
from raywave.explore import document, explore
from raywave.explore.session import Session

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANYON = str(ROOT / "scenes/street_canyon/street_canyon.xml")
MAST = {"name": "mast", "position_m": [-30.0, 0.0, 10.0]}


def session(tmp_path, **more):
    return Session(rw.load_scene(CANYON), {"scene": CANYON, "transmitter": [dict(MAST)], **more}, tmp_path / "run.toml")


def test_a_run_file_comes_back_to_the_bit(tmp_path):
    wild = {"scene": CANYON, "frequency_hz": 3.1e9 / 3, "seed": 2**53 + 1, "material": [{"name": "brick", "thickness_m": 0.1 + 0.2, "perfect_conductor": False}],
            "object": [{"name": "ground", "velocity_m_per_s": [1e-300, -0.0, 5e300]}],
            "transmitter": [{"name": "quote \" back \\ line \n tab \t del \x7f umlaut ü", "position_m": [1 / 3, -2.5, 1e-9],
                             "array": {"num_rows": 2, "pattern": "tr38901", "vertical_spacing_wavelengths": 0.7}}],
            "paths": {"los": True, "finder": "exhaustive"}, "map": {"cell_size_m": [2.5, 1 / 7], "objects": ["a", "b"]}}
    text = document.to_toml(wild, None, "two lines\nof notes")
    assert tomllib.loads(text) == wild
    (tmp_path / "wild.toml").write_text(text)
    assert document.read(tmp_path / "wild.toml") == wild


def test_a_scene_below_the_run_file_is_named_from_there(tmp_path):
    text = document.to_toml({"scene": str(tmp_path / "town/town.xml")}, tmp_path)
    assert text == 'scene = "town/town.xml"\n'


def test_undo_gives_back_each_state_and_a_drag_is_one(tmp_path):
    s = session(tmp_path)
    states = [s.document]
    for k in range(3):
        for j in range(4):
            s.edit({"do": "set", "kind": "device", "name": "mast", "to": {"position_m": [-30.0 + k, j, 10.0]}, "drag": f"drag {k}"})
        states.append(s.document)
    s.edit({"do": "set", "kind": "options", "to": {"diffraction": True}})
    assert s.document["paths"] == s.document["map"] == {"diffraction": True}
    for state in reversed(states):
        s.edit({"do": "undo"})
        assert {k: v for k, v in s.document.items() if v} == {k: v for k, v in state.items() if v}
    with pytest.raises(rw.Error, match="nothing to undo"):
        s.edit({"do": "undo"})
    for state in states[1:]:
        s.edit({"do": "redo"})
        assert s.document["transmitter"] == state["transmitter"]


@pytest.mark.parametrize("command, part", [
    ({"do": "set", "kind": "device", "name": "mst", "to": {"position_m": [0, 0, 1]}}, "no device called 'mst'"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"position_m": [0, 0]}}, "three numbers"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"position_m": [0, 0, float("nan")]}}, "finite"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"mass": 3}}, "'mass' cannot be set"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"name": ""}}, "a name is wanted"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"name": "ground"}}, "'ground' is used already"),
    ({"do": "set", "kind": "run", "to": {"frequency_hz": -1.0}}, "frequency_hz"),
    ({"do": "set", "kind": "material", "name": "brik", "to": {"thickness_m": 1}}, "did you mean 'brick'"),
    ({"do": "set", "kind": "material", "name": "brick", "to": {"itu_name": "brik"}}, "brik"),
    ({"do": "set", "kind": "material", "name": "brick", "to": {"thickness_m": -1}}, "thickness_m"),
    ({"do": "set", "kind": "object", "name": "grund", "to": {"material": "brick"}}, "did you mean 'ground'"),
    ({"do": "set", "kind": "map", "to": {"cell_size_m": "x"}}, "cell_size_m takes"), ({"do": "set", "kind": "options", "to": {"los": 7}}, "los takes True or False"),
    ({"do": "set", "kind": "paths", "to": {"max_depth": 1.5}}, "max_depth takes a whole number"), ({"do": "set", "kind": "map", "to": {"surface": "sphere"}}, "surface is plane"),
    ({"do": "set", "kind": "run", "to": {"seed": -1}}, "seed takes a whole number"), ({"do": "set", "kind": "device", "name": "mast", "to": {"power_dbm": "much"}}, "power_dbm"),
    ({"do": "add", "kind": "mast", "position_m": [0, 0, 0]}, "a transmitter or a receiver"), ({"do": "remove", "name": 7}, "no device called 7"),
    ({"do": "set", "kind": "run", "to": {"seed": 2**63}}, "seed takes a whole number"), ({"do": "set", "kind": "run", "to": {"seed": 10**5000}}, "too long to show"),
    ({"do": "set", "kind": "run", "to": {"temperature_k": 0}}, "temperature_k must be > 0"), ({"do": "set", "kind": "map", "to": {"height_m": float("nan")}}, "finite"),
    ({"do": "set", "kind": "map", "to": {"cell_size_m": [2, float("inf")]}}, "finite"), ({"do": "set", "kind": "map", "to": {"cell_size_m": 0}}, "cell_size_m must be > 0"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"position_m": [10**400, 0, 0]}}, "below 1.8e308"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"power_dbm": 10**400}}, "below 1.8e308"),
    ({"do": "set", "kind": "device", "name": "mast", "to": {"name": "\ud800"}}, "UTF-8"), ({"do": "set", "kind": "map", "to": {"objects": ["\ud800"]}}, "UTF-8"),
    ({"do": "set", "kind": "map", "to": {"center_m": [0, 0, 1], "height_m": 2}}, "not both"), ({"do": "set", "kind": "paths", "to": {"finder": "x"}}, "finder is shoot"),
    ({"do": "set", "kind": "paths", "to": {"samples_per_tx": 0}}, "from 1 to"), ({"do": "set", "kind": "material", "name": "brick", "to": {"perfect_conductor": 2}}, "True or False"),
    ({"do": "dance"}, "unknown command 'dance'"), ({}, "unknown command None"), ([], "a command is a table")])
def test_what_cannot_be_changes_nothing(tmp_path, command, part):
    s = session(tmp_path)
    before, revision = s.document, s.revision
    with pytest.raises(rw.Error, match=part):
        s.edit(command)
    assert s.document == before and s.revision == revision and not s.state()["can_undo"]
    s.edit({"do": "set", "kind": "run", "to": {"frequency_hz": 5e9}})  # and it goes on


def test_the_run_file_holds_what_the_program_reads(tmp_path):
    """Values as people write them, in the types that the program reads."""
    s = session(tmp_path)
    for kind, to in (("run", {"seed": 2.0}), ("options", {"los": 1, "max_depth": 2.0}), ("map", {"cell_size_m": 5, "size_m": (60, 40), "objects": "ground"}),
                     ("paths", {"samples_per_tx": 2e4}), ("material", {"perfect_conductor": 0})):
        s.edit({"do": "set", "kind": kind, "name": "brick", "to": to})
    s.save()
    held = tomllib.loads((tmp_path / "run.toml").read_text())
    assert held["seed"] == 2 and held["paths"] == {"los": True, "max_depth": 2, "samples_per_tx": 20000}
    assert held["map"] == {"los": True, "max_depth": 2, "cell_size_m": [5.0, 5.0], "size_m": [60.0, 40.0], "objects": ["ground"]}
    assert held["paths"]["los"] is True and held["material"][0]["perfect_conductor"] is False and isinstance(held["paths"]["samples_per_tx"], int)
    for text, part in (("scene = 5", "scene must be a string"), ("seed = 9223372036854775808", "seed"), ("frequency = '3GHz'\nfrequency_hz = 3e9", "not both")):
        (tmp_path / "bad.toml").write_text(text)
        with pytest.raises(rw.Error, match=part):
            explore(tmp_path / "bad.toml")


def test_array_and_precoding_go_with_their_device(tmp_path):
    """Renamed, undone and with another one of the old name."""
    scene = rw.Scene()
    array = rw.PlanarArray(num_cols=2)
    array.element_positions_m = np.array([[0.0, 0.0, 0.0], [0.0, 0.01, 0.003]])  # which no run file has words for
    scene.add(rw.Transmitter("tx", [0, 0, 10], array=array))
    scene.get("tx").precoding = [1, -1]
    scene.add(rw.Receiver("rx", [30, 0, 1.5]))
    with scene.explore(run=tmp_path / "run.toml") as explorer:
        def held(name):
            tx = explorer.scene().transmitters[name]
            return tx.array.num_ant, None if tx.precoding is None else tx.precoding.tolist()

        explorer.edit({"do": "set", "kind": "device", "name": "tx", "to": {"name": "mast"}})
        assert held("mast") == (2, [1, -1])
        explorer.edit({"do": "add", "kind": "transmitter", "name": "tx", "position_m": [1, 1, 3]})
        assert held("mast") == (2, [1, -1]) and held("tx") == (1, [1])
        explorer.edit({"do": "remove", "name": "mast"})
        for _ in range(3):
            explorer.edit({"do": "undo"})
        assert held("tx") == (2, [1, -1])


def test_what_cannot_be_saved_is_said(tmp_path, monkeypatch):
    document_ = {"transmitter": [MAST]}
    with pytest.raises(rw.Error, match="cannot be written"):
        explore(CANYON, run=tmp_path / "no/such.toml", document=document_)
    (tmp_path / "there").mkdir()
    explorer = explore(CANYON, run=tmp_path / "there/run.toml", document=document_)
    told = []
    explorer._server.send = told.append
    (tmp_path / "there/run.toml").unlink()
    (tmp_path / "there").rmdir()
    explorer.edit({"do": "set", "kind": "run", "to": {"seed": 5}})
    end = time.monotonic() + 20
    while not any("not saved" in m.get("text", "") for m in told) and time.monotonic() < end:
        time.sleep(0.05)
    assert len([m for m in told if "not saved" in m.get("text", "")]) == 1
    with pytest.raises(rw.Error, match="cannot be written"):
        explorer.close()
    (tmp_path / "there").mkdir()
    explorer.close()
    assert "seed = 5" in (tmp_path / "there/run.toml").read_text()


def test_a_stage_is_the_scene_that_the_run_says_whatever_was_there_before(tmp_path):
    stage = document.Stage(rw.load_scene(CANYON))
    plain = {"transmitter": [MAST], "receiver": [{"name": "car", "position_m": [30, 0, 1.5]}]}
    first = document.solve_paths(stage.put(plain), plain).a
    changed = {**plain, "frequency_hz": 28e9, "material": [{"name": "brick", "relative_permittivity": 7.5}], "object": [{"name": "ground", "material": "brick"}]}
    scene = stage.put(changed)
    brick = scene.materials["brick"]
    assert brick.itu_name == "" and brick.relative_permittivity == 7.5 and scene.objects["ground"].material == "brick"
    # the row's other number at the run's frequency, as the library's own setter has it
    other = rw.load_scene(CANYON, 28e9)
    other.set_parameter("material/brick/relative_permittivity", 7.5)
    assert brick.conductivity_s_per_m == other.materials["brick"].conductivity_s_per_m
    assert not np.array_equal(document.solve_paths(scene, changed).a, first)
    assert np.array_equal(document.solve_paths(stage.put(plain), plain).a, first)
    before = stage.scene.times_prepared  # devices, frequency and materials leave the geometry as it is prepared
    moved = {"transmitter": [{**MAST, "position_m": [-20, 0, 9]}], "receiver": plain["receiver"], "frequency_hz": 5e9, "material": changed["material"]}
    document.solve_paths(stage.put(moved), moved)
    assert stage.scene.times_prepared == before


def test_the_script_solves_the_same(tmp_path):
    run = {"scene": CANYON, "frequency_hz": 6e9, "transmitter": [{**MAST, "look_at_m": [0, 0, 1], "array": {"num_cols": 2, "pattern": "tr38901"}}],
           "receiver": [{"name": "car", "position_m": [30.0, 0, 1.5]}], "material": [{"name": "brick", "conductivity_s_per_m": 0.2}],
           "object": [{"name": "ground", "material": "brick"}], "paths": {"max_depth": 2, "samples_per_tx": 20000},
           "map": {"cell_size_m": [10.0, 10.0], "method": "monte-carlo", "samples_per_tx": 20000}, "seed": 7}
    scope: dict = {}
    exec(document.to_script(run), scope)
    stage = document.Stage(rw.load_scene(CANYON))
    scene = stage.put(run)
    assert np.array_equal(scope["paths"].a, document.solve_paths(scene, run).a)
    assert np.array_equal(scope["radio_map"].path_gain, document.solve_map(scene, run).path_gain)


def test_a_scene_of_python_is_explored_and_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene = rw.load_scene(CANYON)
    scene.add(rw.Transmitter("mast", [-30, 0, 10], array=rw.PlanarArray(num_cols=2, pattern="tr38901")))
    scene.add(rw.Receiver("car", [30, 0, 1.5]))
    scene.get("mast").precoding = [1, 0.5j]
    wanted = rw.PathSolver()(scene).a
    with scene.explore() as explorer:
        assert "http://127.0.0.1:" in repr(explorer) and explorer.file.name == "scene.explore.toml"
        explorer.wait_until_solved(120)
        assert np.array_equal(rw.PathSolver()(explorer.scene()).a, wanted)  # its array came along
        assert explorer.scene().get("mast").precoding.tolist() == [1, 0.5j]
        explorer.edit({"do": "set", "kind": "device", "name": "car", "to": {"position_m": [20.0, 1.0, 1.5]}})
        explorer.wait_until_solved(120)
        assert explorer.scene().get("car").position_m == [20, 1, 1.5] and scene.get("car").position_m == [30, 0, 1.5]
    held = document.read(tmp_path / "scene.explore.toml")
    assert held["transmitter"][0]["array"]["num_cols"] == 2 and held["transmitter"][0]["array"]["pattern"] == "tr38901"
    assert held["receiver"][0]["position_m"] == [20, 1, 1.5] and pathlib.Path(held["scene"]).is_file()
    explorer.close()  # twice is no more than once
    with explore(tmp_path / "scene.explore.toml") as again:  # its scene was written beside it
        assert again.document["receiver"] == held["receiver"] and len(again.scene().objects) == len(scene.objects)


def test_newer_wishes_end_the_work_on_older_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with explore("old_town", document={"transmitter": [{"name": "mast", "position_m": [0, 0, 60]}], "map": {"cell_size_m": [2.0, 2.0]}}) as explorer:
        told = []
        explorer._server.send = told.append
        for k in range(8):
            explorer.edit({"do": "set", "kind": "device", "name": "mast", "to": {"position_m": [2.0 * k, 0, 60]}, "drag": "d"})
            time.sleep(0.3)
        explorer.edit({"do": "set", "kind": "map", "to": {"cell_size_m": [30.0, 30.0]}})
        explorer.wait_until_solved(120)
        last = explorer._session.revision
        end = time.monotonic() + 20  # it is told by another thread
        while not any(m.get("stage") == "refined" for m in told) and time.monotonic() < end:
            time.sleep(0.05)
        frames = [m for m in told if m["type"] == "frame"]
        assert {m["revision"] for m in frames if m["stage"] == "refined"} == {last}  # a map of 90000 cells takes tens of seconds
        assert len([m for m in frames if m["stage"] == "coarse"]) >= 4
        assert json.loads(json.dumps(explorer.document)) == explorer.document


def test_a_program_that_ends_in_the_middle_of_a_solve_ends_well(tmp_path):
    """Without close(): the file is written, nothing is aborted."""
    program = ("import time\nfrom raywave.explore import explore\n"
               "e = explore('old_town', document={'transmitter': [{'name': 'm', 'position_m': [0, 0, 60]}], 'map': {'cell_size_m': [4.0, 4.0]}})\n"
               "time.sleep(1)\ne.edit({'do': 'set', 'kind': 'run', 'to': {'seed': 5}})\ntime.sleep(0.4)\n")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert "seed = 5" in (tmp_path / "old_town.explore.toml").read_text()


def test_a_scene_that_cannot_be_written_is_explored_with_a_warning(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scene.explore.scene").mkdir()
    (tmp_path / "scene.explore.scene/letters.txt").write_text("not a scene")
    scene = rw.Scene()
    scene.add(rw.Material("ideal", perfect_conductor=True))
    scene.add(rw.box("house $1", [0, 0, 5], [10, 10, 10], "ideal"))  # Mitsuba XML takes $NAME for a parameter
    scene.add(rw.Transmitter("mast", [-30, 0, 10]))
    with pytest.warns(UserWarning, match="cannot be written beside the run file"), scene.explore() as explorer:
        explorer.wait_until_solved(120)
        assert "scene" not in explorer.document
    assert (tmp_path / "scene.explore.scene/letters.txt").read_text() == "not a scene"
    empty = rw.Scene()
    empty.add(rw.Transmitter("a", [0, 0, 10]))
    empty.add(rw.Receiver("b", [30, 0, 1.5]))
    with empty.explore(run="empty.toml") as explorer:  # free space: a map needs something to lie over, and says so; paths are there
        explorer.edit({"do": "set", "kind": "map", "to": {"center_m": [0, 0, 1.5], "size_m": [50.0, 50.0]}})
        explorer.wait_until_solved(120)


def test_a_run_that_cannot_be_solved_says_why_and_the_next_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with explore(CANYON, document={"transmitter": [MAST], "receiver": [{"name": "car", "position_m": [30, 0, 1.5]}]}) as explorer:
        explorer.edit({"do": "set", "kind": "device", "name": "car", "to": {"position_m": MAST["position_m"]}})  # both at one point
        with pytest.raises(rw.Error, match="car"):
            explorer.wait_until_solved(120)
        explorer.edit({"do": "undo"})
        explorer.wait_until_solved(120)


@pytest.mark.parametrize("words", [dict(num_rows=3, num_cols=2, vertical_spacing=0.7, horizontal_spacing=1 / 3, pattern="tr38901", polarization="VH"),
                                   dict(num_cols=5, horizontal_spacing=0.37), dict(num_rows=4), dict(pattern="dipole", polarization="cross", polarization_model=1)])
def test_arrays_of_python_have_words_in_a_run_file(words):
    found = document.array_words(rw.PlanarArray(**words))
    row = {"name": "a", "position_m": [0.0, 0.0, 0.0], "array": tomllib.loads(document.to_toml({"transmitter": [{"name": "a", "array": found}]}))["transmitter"][0]["array"]}
    assert document._device(row, "transmitter", {}).array.__getstate__() == rw.PlanarArray(**words).__getstate__()


def test_arrays_without_words_have_none():
    array = rw.Transmitter("a", [0, 0, 0], array=rw.PlanarArray(num_cols=2)).array
    assert document.array_words(rw.PlanarArray()) is None
    array.element_positions_m = np.array([[0.0, 0.0, 0.0], [0.0, 0.01, 0.003]])
    assert document.array_words(array) is None


def test_a_solver_is_ended_between_its_reports():
    """What a newer wish ends may be at a phase that reports nothing."""
    class Ended(Exception):
        pass

    class Wish:
        asked = reported = 0

        def poll(self):
            self.asked += 1
            if self.asked == 2:
                raise Ended

        def __call__(self, done, total):
            self.reported += 1

    scene = rw.load_scene("old_town")
    scene.add(rw.Transmitter("mast", [0, 0, 60]))
    wish = Wish()
    with pytest.raises(Ended):
        rw.RadioMapSolver()(scene, cell_size_m=2, diffraction=True, progress=wish)  # many seconds, asked every 50 ms
    assert wish.asked == 2
    assert rw.RadioMapSolver()(scene, cell_size_m=50, max_depth=0).path_gain.max() > 0  # and nothing of it is left
