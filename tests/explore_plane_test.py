# SPDX-License-Identifier: Apache-2.0
"""The live page of a scene in the plane, in Chromium: what is dragged and typed reaches the scene's file, and what the page shows is what
`raywave plane` says of that file."""
import base64
import json
import shutil
import signal
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
from explore_support import browser, explore, refined  # noqa: F401: fixtures


@pytest.fixture
def room(root, tmp_path):
    return shutil.copy(root / "examples/plane_room.toml", tmp_path / "room.toml")


def pixel(browser, x, y):
    return browser.value(f"(() => {{ const p = Plane.pixel([{x}, {y}]), box = document.getElementById('view').getBoundingClientRect(); return [p[0] + box.left, p[1] + box.top]; }})()")


def drag(browser, start, end):
    (x, y), (u, v) = pixel(browser, *start), pixel(browser, *end)
    browser.mouse("Pressed", x, y, 1)
    for k in range(1, 5):
        browser.mouse("Moved", x + k * (u - x) / 4, y + k * (v - y) / 4, 1)
    browser.mouse("Released", u, v)


def put(browser, field, value, event="change"):
    browser.value(f"{{const n = document.getElementById('{field}'); n.value = {json.dumps(value)}; n.dispatchEvent(new Event('{event}'))}}")


def same_as_the_command_line(browser, raywave, file, tmp_path):
    page = json.loads(browser.value("JSON.stringify({paths: Plane.frame.paths, map: {...Plane.frame.map, power: Array.from(Plane.frame.map.power)}, document: Plane.state.document})"))
    told = raywave("plane", file, "--json", "-", "--map", tmp_path / "map.npz")
    assert told.returncode == 0, told.stderr
    paths = json.loads(told.stdout)["paths"]
    assert paths and page["paths"] == paths  # every bit: JSON's numbers are doubles on both sides
    with np.load(tmp_path / "map.npz") as held:
        assert [held["x_m"][0], held["x_m"][-1], held["y_m"][0], held["y_m"][-1]] == [*page["map"]["x"], *page["map"]["y"]]
        assert list(held["tx_names"]) == page["map"]["tx_names"]
        assert np.array_equal(np.float32(held["power"]).ravel(), np.array(page["map"]["power"], dtype=np.float32)) and (held["power"] > 0).mean() > 0.3
    return page


def test_what_the_page_shows_is_what_the_command_line_says(explore, browser, raywave, room, tmp_path):  # noqa: F811
    before = room.read_text()
    url, process = explore("room.toml")
    browser.open(url)
    first = refined(browser)
    same_as_the_command_line(browser, raywave, room, tmp_path)
    assert room.read_text() == before  # looking changes nothing

    # a drag of a device, in one step of undo
    drag(browser, (1.2, 0.8), (2.5, 3.5))
    moved = refined(browser, first)
    place = same_as_the_command_line(browser, raywave, room, tmp_path)["document"]["transmitters"]["access_point"]
    assert place == pytest.approx([2.5, 3.5], abs=0.02)

    # a corner of two walls goes as one, with the rays and the map
    drag(browser, (8, 5), (7.2, 5.3))
    cornered = refined(browser, moved)
    objects = {o["name"]: o for o in same_as_the_command_line(browser, raywave, room, tmp_path)["document"]["objects"]}
    assert objects["east"]["b"] == objects["north"]["a"] == pytest.approx([7.2, 5.3], abs=0.02)

    # how it is traced is part of the file
    put(browser, "max_order", 3)
    put(browser, "points", 90)
    put(browser, "candidates", "visible")
    traced = refined(browser, cornered + 2)
    page = same_as_the_command_line(browser, raywave, room, tmp_path)
    assert page["document"]["trace"] == {"max_order": 3, "points": 90, "candidates": "visible"} and max(len(p["objects"]) for p in page["paths"]) == 3
    put(browser, "smoothed", "sigmoid")
    put(browser, "alpha", 50)
    smooth = refined(browser, traced + 1)
    page = same_as_the_command_line(browser, raywave, room, tmp_path)
    assert any(0 < p["valid"] < 1 for p in page["paths"])

    # the gain at a click is that of a receiver there
    browser.click(*pixel(browser, 3, 1.5))
    browser.wait_for("document.body.dataset.gain !== undefined")
    gain = json.loads(browser.value("document.body.dataset.gain"))
    probe = tmp_path / "probe.toml"
    probe.write_text(room.read_text().replace("[receivers]", f"[receivers]\nprobe = {gain['position_m']}"))
    found = [p for p in json.loads(raywave("plane", probe, "--json", "-").stdout)["paths"] if p["rx"] == "probe"]
    assert gain["path_gain"]["access_point"] == pytest.approx(sum(p["valid"] * p["power"] for p in found), rel=1e-12) and found

    # a wrong value is said, and nothing changes
    put(browser, "max_order", 99)
    browser.wait_for("document.getElementById('live-error').textContent.includes('max_order takes a whole number')")
    kept = room.read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0 and room.read_text() == kept

    # opened again all is there, and undo of a new session begins anew
    url, _ = explore("room.toml")
    browser.open(url)
    refined(browser)
    assert same_as_the_command_line(browser, raywave, room, tmp_path) == page and smooth
    assert not [e for e in browser.errors if "WebSocket" not in e and "ERR_" not in e], browser.errors


def test_walls_and_devices_are_added_named_and_removed_and_undone(explore, browser, raywave, room, tmp_path):  # noqa: F811
    url, _ = explore("room.toml", "--run", "mine.toml", "--tx", "far=7,4")
    browser.open(url)
    first = refined(browser)
    run = tmp_path / "mine.toml"
    browser.value("document.getElementById('add-wall').click()")
    browser.click(*pixel(browser, 5, 1)), browser.click(*pixel(browser, 7, 2))
    browser.value("document.getElementById('add-receiver').click()")
    browser.click(*pixel(browser, 2, 4))
    refined(browser, first + 1)
    page = same_as_the_command_line(browser, raywave, run, tmp_path)
    wall = next(o for o in page["document"]["objects"] if o["name"] == "wall0")
    assert wall["a"] == pytest.approx([5, 1], abs=0.02) and wall["b"] == pytest.approx([7, 2], abs=0.02)
    assert list(page["document"]["transmitters"]) == ["access_point", "far"] and "rx0" in page["document"]["receivers"]
    browser.value("Array.from(document.querySelectorAll('#objects .device')).find((n) => n.textContent.startsWith('wall0')).click()")
    put(browser, "name", "partition")
    browser.wait_for("Plane.state.document.objects.some((o) => o.name === 'partition')")
    put(browser, "b-x", 6.5)
    browser.wait_for("Plane.state.document.objects.some((o) => o.name === 'partition' && o.b[0] === 6.5)")
    browser.value("document.getElementById('remove').click()")
    browser.wait_for("!Plane.state.document.objects.some((o) => o.name === 'partition')")
    for _ in range(5):
        browser.value("document.getElementById('undo').click()")
    browser.wait_for("document.getElementById('undo').disabled")
    refined(browser)
    assert "wall0" not in run.read_text() and "rx0" not in run.read_text()
    drag(browser, (4, 3), (4, 2))  # an end alone
    browser.wait_for("Plane.state.document.objects.find((o) => o.name === 'screen').b[1] < 2.1")
    assert not browser.errors, browser.errors


def test_exports_are_what_is_seen(explore, browser, raywave, room, tmp_path):  # noqa: F811
    url, _ = explore("room.toml")
    browser.open(url)
    refined(browser)
    links = browser.value("Array.from(document.querySelectorAll('#live a'), (a) => a.getAttribute('href'))")
    assert links == [f"export/{name}" for name in ("scene.toml", "scene.py", "paths.json", "map.npz")]
    for link in links:
        (tmp_path / f"taken.{link.rpartition('.')[2]}").write_bytes(urllib.request.urlopen(url + link, timeout=60).read())
    told = json.loads(raywave("plane", tmp_path / "taken.toml", "--json", "-", "--map", tmp_path / "cli.npz").stdout)
    assert json.loads((tmp_path / "taken.json").read_text()) == told
    with np.load(tmp_path / "cli.npz") as mine, np.load(tmp_path / "taken.npz") as theirs:
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine.files)
    script = subprocess.run([sys.executable, "taken.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert script.returncode == 0 and script.stdout == f"{len(told['paths'])} paths\n", script.stderr
    picture = browser.value("document.getElementById('view').toDataURL('image/png')")
    assert base64.b64decode(picture.partition(",")[2]).startswith(b"\x89PNG")


def test_a_newer_wish_is_not_kept_waiting_by_a_long_map(explore, browser, tmp_path):  # noqa: F811
    """60 walls to order 2 over a fine grid take seconds; a drag in between is shown long before that map would have been."""
    import raywave as rw
    random = np.random.default_rng(1)
    scene = rw.Scene2D()
    for i, (x, y, angle) in enumerate(random.uniform([0, 0, 0], [100, 60, 6.3], (60, 3))):
        scene.add_wall(f"wall_{i}", [x, y], [x + 6 * np.cos(angle), y + 6 * np.sin(angle)])
    scene.transmitters, scene.receivers = {"tx": [50, 30]}, {"rx": [20, 20]}
    scene.save(tmp_path / "maze.toml")
    text = (tmp_path / "maze.toml").read_text()
    (tmp_path / "maze.toml").write_text(text + "\n[trace]\nmax_order = 2\npoints = 500\n")
    url, _ = explore("maze.toml")
    browser.open(url)
    browser.wait_for("document.body.dataset.stage === 'coarse'")
    spent = []
    for k in range(8):
        seen = int(browser.value("document.body.dataset.revision"))
        start = json.loads(browser.value("JSON.stringify(Plane.state.document.transmitters.tx)"))
        drag(browser, start, (start[0] + 1, start[1]))
        browser.wait_for(f"Number(document.body.dataset.shown) > {seen}")
        spent.append(float(browser.value("document.body.dataset.coarse")))
    print("coarse, s:", spent)
    assert np.median(spent) < 0.5  # some 0.05 s of a machine with nothing else to do


@pytest.mark.parametrize("text, part", [
    ("[trace]\nmax_ordr = 1\n", "unknown key 'max_ordr'"), ("[trace]\nmax_order = 1.5\n", "max_order takes a whole number"), ("[trace]\nmethod = 'imge'\n", "method is one of image"),
    ("[trace]\nmin_order = 2\n", "min_order 2 is above max_order 1"), ("[[objects]]\nname = 'w'\na = [0, 0]\n", "missing key 'b'"), ("objects = 3\n", "objects must be tables"),
    ("[transmitters]\ntx = [0, 'x']\n", "must be a finite number"), ("[transmitters]\ntx = [0, 1, 2]\n", "must be two numbers"), ("r_coef = nan\n[transmitters]\n", "must be a finite number"),
])
def test_bad_files_are_refused_and_kept(tmp_path, text, part):
    (tmp_path / "bad.toml").write_text(text)
    done = subprocess.run([sys.executable, "-m", "raywave", "explore", "bad.toml"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3 and part in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert (tmp_path / "bad.toml").read_text() == text
