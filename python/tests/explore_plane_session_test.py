# SPDX-License-Identifier: Apache-2.0
"""The live page of a scene in the plane, without its page: the document, its file, wrong commands."""
import json
import pathlib
import random
import tomllib

import pytest
import raywave as rw
from raywave.explore import plane

ROOM = pathlib.Path(__file__).resolve().parents[2] / "examples/plane_room.toml"


def session(tmp_path, document=None):
    return plane.PlaneSession(plane.read(ROOM) if document is None else document, tmp_path / "room.toml", False)


def test_a_file_comes_back_to_the_bit(tmp_path):
    scene = rw.Scene2D.square_scene()
    scene.add_ris("ris", (0.5, 0.3), (0.5, 0.7), 1 / 3), scene.add_arc("bow", (0.2, 0.8), 0.1, 0.5, 2), scene.add_corner("tip.of \"it\"", (0.5, 1 / 7))
    scene.add_panel("panel", (0.6, 0.1), (0.7, 0.1), [0, 0.1])
    scene.add_material(rw.itu_material("brick", 0.07)), scene.add_wall("bricks", (0.1, 0.9), (0.3, 0.9), material="brick")
    document = {**plane.document_of(scene), "trace": {"max_order": 2, "smoothed": "sigmoid"}}
    assert tomllib.loads(plane.to_toml(document)) == document
    one = session(tmp_path, document)
    one.save()
    back = rw.Scene2D.load(one.file)
    assert back.objects == scene.objects == one.scene().objects and plane.read(one.file) == document
    own = rw.Scene2D()
    own.add_own("law", (0, 0), (1, 0), lambda *_: 0)
    with pytest.raises(rw.Error, match="own object 'law' can't be saved"):
        plane.document_of(own)


@pytest.mark.parametrize("command, part", [
    ({"do": "move", "ends": [["screen", "c"]], "to": [1, 1]}, "'screen' has no end 'c'"), ({"do": "move", "ends": [["scren", "a"]], "to": [1, 1]}, "called 'scren'"),
    ({"do": "move", "ends": [], "to": [1, 1]}, "move takes ends"), ({"do": "move", "ends": [["screen", "a"]], "to": [1]}, "to takes two numbers"),
    ({"do": "move", "ends": [["screen", "a"]], "to": [float("nan"), 0]}, "finite"), ({"do": "move", "ends": [["screen", "b"]], "to": [4, 0]}, "zero length"),
    ({"do": "add", "kind": "wall", "a": [4, 3], "b": [4, 0]}, "have the same ends"), ({"do": "add", "kind": "house"}, "a transmitter, a receiver or a wall"),
    ({"do": "add", "kind": "receiver", "name": "desk", "position_m": [1, 1]}, "'desk' is used already"), ({"do": "add", "kind": "receiver", "name": 3, "position_m": [1, 1]}, "a name is wanted"),
    ({"do": "set", "kind": "object", "name": "south", "to": {"name": "desk"}}, "'desk' is used already"), ({"do": "set", "kind": "object", "name": "desk", "to": {"a": [0, 0]}}, "is no object"),
    ({"do": "set", "kind": "object", "name": "south", "to": {"radius_m": 1}}, "'radius_m' cannot be set"), ({"do": "set", "kind": "object", "name": "south", "to": {"material": "tin"}}, "tin"),
    ({"do": "set", "kind": "scene", "to": {"r_coef": 2}}, "r_coef"), ({"do": "set", "kind": "trace", "to": {"points": 1}}, "points takes a whole number from 2"),
    ({"do": "set", "kind": "trace", "to": {"method": "mirror"}}, "method is one of"), ({"do": "undo"}, "nothing to undo"), ({"do": "fly"}, "unknown command"), ([], "a command is a table"),
])
def test_a_wrong_command_changes_nothing(tmp_path, command, part):
    one = session(tmp_path)
    before = one.document
    with pytest.raises(rw.Error, match=part):
        one.edit(command)
    assert one.document == before and one.revision == 1 and one.scene().objects == rw.Scene2D.load(ROOM).objects


def test_whatever_is_sent_the_file_can_be_read(tmp_path):
    values = [None, 0, -1, 1.5, "x", "", [], {}, [1], [1, 2], ["a", 2], float("inf"), True, 10**30, {"a": 1}, "desk", "screen", "a", [0, 0], [8, 5], "visible", "fermat", "sigmoid", 15]
    names, drawn, taken = ["desk", "access_point", "south", "screen", "nope", None, 3, []], random.Random(1), 0
    for trial in range(40):
        one = session(tmp_path)
        for _ in range(12):
            words = {w: drawn.choice(values) for w in drawn.sample(["name", "a", "position_m", "material", "max_order", "candidates", "smoothed", "points", "r_coef", "kind"], 1)}
            command = {"do": drawn.choice(["add", "remove", "move", "set", "undo", "redo"]), "kind": drawn.choice(["device", "object", "scene", "trace", "receiver", "wall", None, 3]),
                       "name": drawn.choice(names), "to": drawn.choice([words, drawn.choice(values)]), "ends": drawn.choice([[["screen", "b"]], [["desk", "a"]], drawn.choice(values)]),
                       "a": drawn.choice(values), "b": drawn.choice(values), "position_m": drawn.choice(values), "drag": drawn.choice([None, "one"])}
            try:
                one.edit(command)
                taken += 1
            except rw.Error:
                pass
            json.dumps(one.state(), allow_nan=False)
        one.saved = 0
        one.save()
        assert plane.read(one.file) is not None and rw.Scene2D.load(one.file).objects == one.scene().objects
    assert taken > 50


def test_undo_gives_back_each_state_and_a_drag_is_one(tmp_path):
    one = session(tmp_path)
    states = [one.document]
    for k in range(3):
        for j in range(4):
            one.edit({"do": "move", "ends": [["east", "b"], ["north", "a"]], "to": [8 + k, 5 + 0.1 * j], "drag": f"drag {k}"})
        states.append(one.document)
    for state in reversed(states[:-1]):
        one.edit({"do": "undo"})
        assert one.document == state
    for state in states[1:]:
        one.edit({"do": "redo"})
        assert one.document == state


def test_a_scene_of_python_is_explored_and_kept(tmp_path, monkeypatch):
    pytest.importorskip("tornado")
    monkeypatch.chdir(tmp_path)
    scene = rw.Scene2D.square_scene_with_wall()
    with scene.explore() as explorer:
        explorer.edit({"do": "set", "kind": "trace", "to": {"max_order": 2, "points": 40}})
        explorer.edit({"do": "move", "ends": [["tx", "a"]], "to": [0.25, 0.5]})
        explorer.wait_until_solved(60)
        assert explorer.file.name == "plane.explore.toml" and explorer.scene().transmitters == {"tx": [0.25, 0.5]}
    assert plane.read(tmp_path / "plane.explore.toml")["trace"] == {"max_order": 2, "points": 40} and scene.transmitters["tx"] != [0.25, 0.5]
    with pytest.warns(UserWarning, match="which is not the scene that is given"), scene.explore() as explorer:
        assert explorer.scene().transmitters == {"tx": [0.25, 0.5]}
    with explorer.scene().explore() as again:  # the same: no word
        assert again.document["trace"]["points"] == 40


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    import os
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    file = tmp_path / "room.toml"
    file.write_text(ROOM.read_text())
    file.chmod(0o400)
    with pytest.raises(rw.Error, match="cannot be written"):
        rw.explore.explore(file)
