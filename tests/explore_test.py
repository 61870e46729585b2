# SPDX-License-Identifier: Apache-2.0
"""The live page in Chromium: what is done with the mouse reaches the run file, and what the page shows is what the command line says of that file."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
from explore_support import browser, explore, refined  # noqa: F401: fixtures

DEVICES = ["--tx", "mast=-30,0,10", "--rx", "car=30,0,1.5"]


def page_place(browser, name):
    """The pixel of a device, or of a place in metres, in the window."""
    place = f"view.places[view.data.devices.findIndex((d) => d.name === '{name}')]"
    if not isinstance(name, str):
        place = f"new THREE.Vector3(...{list(name)}.map((x, i) => x - view.data.origin[i]))"
    return browser.value(f"""(() => {{
        const view = Raywave.page.view, p = view.pixel({place}), box = view.renderer.domElement.getBoundingClientRect();
        return [p[0] + box.left, p[1] + box.top];
    }})()""")


def shown(browser):
    """Paths and map as the page has them."""
    return json.loads(browser.value("""JSON.stringify((() => {
        const d = Raywave.page.view.data, numbers = (a) => Array.from(a, (x) => Number.isFinite(x) ? x : null);
        return {devices: d.devices, delay_ns: numbers(d.paths.delay_ns), gain_db: numbers(d.paths.gain_db), map_db: numbers(d.map.gain_db),
                shape: [d.map.num_y, d.map.num_x]};
    })())"""))


def same_as_the_command_line(browser, raywave, run, tmp_path):
    page = shown(browser)
    told = raywave("paths", "--config", run, "--json", "-")
    assert told.returncode == 0, told.stderr
    paths = json.loads(told.stdout)["paths"]
    # the page's delays are doubles in nanoseconds: one rounding more
    assert np.allclose(sorted(page["delay_ns"]), sorted(1e9 * p["delay_s"] for p in paths), rtol=4e-16, atol=0)
    gains = [10 * np.log10(np.mean(np.sum(np.asarray(p["a"], dtype=float) ** 2, axis=-1))) for p in paths]
    assert np.abs(np.sort(page["gain_db"]) - np.sort(gains)).max() < 2e-5  # single precision of some 100 dB
    result = raywave("map", "--config", run, "-o", tmp_path / "map.npz")
    assert result.returncode == 0, result.stderr
    gain = np.load(tmp_path / "map.npz")["path_gain"]
    assert gain.shape[1:] == tuple(page["shape"])
    with np.errstate(divide="ignore"):
        wanted = np.float32(10 * np.log10(gain)).ravel()
    on_page = np.array([np.nan if x is None else x for x in page["map_db"]], dtype=np.float32)
    assert np.array_equal(np.isfinite(wanted), np.isfinite(on_page))
    there = np.isfinite(wanted)
    assert there.sum() > 50 and np.abs(wanted - on_page)[there].max() < 2e-5
    return page


def test_what_the_page_shows_is_what_the_command_line_says(explore, browser, raywave, canyon, tmp_path):
    url, _ = explore(canyon, "--run", "street.toml", *DEVICES)
    run = tmp_path / "street.toml"
    browser.open(url)
    assert browser.value("document.body.dataset.ready") == "true"
    first = refined(browser)
    same_as_the_command_line(browser, raywave, run, tmp_path)

    # drag the mast: pressed, moved in steps, released; one step of undo
    x, y = page_place(browser, "mast")
    browser.mouse("Pressed", x, y, 1)
    to_x, to_y = page_place(browser, (-20, 2, 10))
    for k in range(1, 6):
        browser.mouse("Moved", x + (to_x - x) * k / 5, y + (to_y - y) * k / 5, 1)
    browser.mouse("Released", to_x, to_y)
    dragged = refined(browser, first)
    page = same_as_the_command_line(browser, raywave, run, tmp_path)
    mast = next(d for d in page["devices"] if d["name"] == "mast")
    # the mouse knows whole pixels, of less than half a metre here
    assert np.abs(np.array(mast["position"]) - [-20, 2, 10]).max() < 0.5 and mast["position"][2] == 10

    # switches, material, frequency, depth; then all of it again from the command line
    browser.value("document.getElementById('switch-diffraction').click()")
    for script in ("let n = document.getElementById('depth'); n.value = 2; n.dispatchEvent(new Event('change'))",
                   "let n = document.getElementById('frequency'); n.value = 28; n.dispatchEvent(new Event('change'))",
                   "let n = document.getElementById('itu'); n.value = 'metal'; n.dispatchEvent(new Event('change'))",
                   "let n = document.getElementById('cell'); n.value = 8; n.dispatchEvent(new Event('change'))"):
        browser.value("{" + script + "}")
    changed = refined(browser, dragged + 4)
    text = run.read_text()
    assert "diffraction = true" in text and "frequency_hz = 28000000000" in text and 'itu_name = "metal"' in text and "max_depth = 2" in text
    same_as_the_command_line(browser, raywave, run, tmp_path)

    # undo all: five changes and the drag
    for _ in range(6):
        browser.value("document.getElementById('undo').click()")
    refined(browser, changed + 5)
    assert browser.value("document.getElementById('undo').disabled")
    mast = next(d for d in shown(browser)["devices"] if d["name"] == "mast")
    assert mast["position"] == [-30, 0, 10] and "28000000000" not in run.read_text()
    assert not browser.errors, browser.errors


def test_devices_are_added_named_turned_and_removed_and_gains_measured(explore, browser, raywave, canyon, tmp_path):
    url, process = explore(canyon, "--run", "street.toml", "--tx", "mast=-30,0,10")
    run = tmp_path / "street.toml"
    browser.open(url)
    first = refined(browser)
    browser.value("Raywave.page.view.preset('top'); Raywave.page.view.drawNow()")  # no house before the street
    browser.value("document.getElementById('add-receiver').click()")
    browser.click(*page_place(browser, (20, 1, 1.5)))
    added = refined(browser, first)
    assert [d["name"] for d in shown(browser)["devices"]] == ["mast", "rx0"]
    browser.value("document.querySelectorAll('#devices .device')[1].click()")
    browser.value("{let n = document.getElementById('name'); n.value = 'market'; n.dispatchEvent(new Event('change'))}")
    named = refined(browser, added)
    browser.value("document.querySelectorAll('#devices .device')[0].click()")
    browser.value("{let n = document.getElementById('yaw'); n.value = 90; n.dispatchEvent(new Event('input'))}")
    turned = refined(browser, named)
    text = run.read_text()
    assert 'name = "market"' in text and "orientation_rad = [1.57" in text
    same_as_the_command_line(browser, raywave, run, tmp_path)

    # the gain at a click is that of a receiver there
    browser.click(*page_place(browser, (5, -2, 1.5)))
    browser.wait_for("document.body.dataset.gain !== undefined")
    gain = json.loads(browser.value("document.body.dataset.gain"))
    place = ",".join(map(repr, gain["position_m"]))
    told = raywave("paths", "--config", run, f"--rx=probe={place}", "--json", "-")
    total = sum(np.mean(np.sum(np.asarray(p["a"], dtype=float) ** 2, axis=-1)) for p in json.loads(told.stdout)["paths"] if p["rx"] == "probe")
    assert gain["path_gain"]["mast"] == pytest.approx(total, rel=1e-12) and total > 0

    # a wrong value is said, and nothing changes
    before = run.read_text()
    browser.value("{let n = document.getElementById('frequency'); n.value = -1; n.dispatchEvent(new Event('change'))}")
    browser.wait_for("document.getElementById('live-error').textContent.includes('frequency')")
    browser.value("{let n = document.getElementById('itu'); n.value = 'bric'; n.dispatchEvent(new Event('change'))}")
    browser.wait_for("document.getElementById('live-error').textContent.includes('bric')")

    # closed and opened again: the state is that of the file
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    browser.wait_for("document.body.dataset.connected === 'false'")
    assert run.read_text() == before
    url, _ = explore(run)
    browser.open(url)
    refined(browser)
    assert [d["name"] for d in shown(browser)["devices"]] == ["mast", "market"]
    browser.value("document.querySelectorAll('#devices .device')[1].click()")
    browser.value("document.getElementById('remove').click()")
    browser.wait_for("Raywave.page.view.data.devices.length === 1")
    assert turned and not [e for e in browser.errors if "WebSocket" not in e and "ERR_" not in e], browser.errors


def test_exports_are_what_is_seen(explore, browser, raywave, canyon, root, tmp_path):
    url, _ = explore(canyon, "--run", "street.toml", *DEVICES)
    browser.open(url)
    refined(browser)
    links = browser.value("Array.from(document.querySelectorAll('#live a'), (a) => a.getAttribute('href'))")
    assert links == [f"export/{name}" for name in ("run.toml", "run.py", "paths.npz", "map.npz", "map.png", "report.html")]
    held = {link: urllib.request.urlopen(url + link, timeout=120).read() for link in links}
    (tmp_path / "taken.toml").write_bytes(held["export/run.toml"])
    result = raywave("map", "--config", tmp_path / "taken.toml", "-o", tmp_path / "cli.npz")
    assert result.returncode == 0, result.stderr
    (tmp_path / "page.npz").write_bytes(held["export/map.npz"])
    assert np.array_equal(np.load(tmp_path / "cli.npz")["path_gain"], np.load(tmp_path / "page.npz")["path_gain"])
    (tmp_path / "taken.py").write_bytes(held["export/run.py"] + b"radio_map.save('script.npz')\n")
    script = subprocess.run([sys.executable, "taken.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert script.returncode == 0, script.stderr
    assert np.array_equal(np.load(tmp_path / "script.npz")["path_gain"], np.load(tmp_path / "page.npz")["path_gain"])
    assert held["export/map.png"].startswith(b"\x89PNG") and b"report-data" in held["export/report.html"]


def test_coarse_coverage_comes_at_once(explore, browser, root, tmp_path):
    """The old town: a coarse map within 100 ms of a machine with nothing else to do; the limit here leaves room for a busy one."""
    url, _ = explore("old_town", "--run", "town.toml", "--tx", "mast=0,0,60", "--rx", "square=60,20,1.5")
    browser.open(url)
    browser.wait_for("document.body.dataset.shown !== undefined")
    spent = []
    for k in range(12):
        x, y = page_place(browser, "mast")
        seen = int(browser.value("document.body.dataset.revision"))
        browser.mouse("Pressed", x, y, 1)
        browser.mouse("Moved", x + 3, y, 1)
        browser.mouse("Released", x + 3, y)
        browser.wait_for(f"Number(document.body.dataset.shown) > {seen}")
        spent.append(float(browser.value("document.body.dataset.coarse")))
    print("coarse, s:", spent)
    assert np.median(spent) < 0.5
    # a newer wish has ended the refinement of the older: none of those was shown, and the last is
    browser.wait_for("document.body.dataset.stage === 'refined' && document.body.dataset.shown === document.body.dataset.revision", 180)


def ask(url, path="", **headers):
    """(status, body) of a plain request, with headers as given."""
    address = re.match(r"http://127.0.0.1:(\d+)(/.*)", url)
    with socket.create_connection(("127.0.0.1", int(address[1])), timeout=20) as connection:
        lines = {"Host": f"127.0.0.1:{address[1]}", "Connection": "close", **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection.sendall(f"GET {address[2] if not path.startswith('/') else ''}{path} HTTP/1.1\r\n".encode() + "".join(f"{k}: {v}\r\n" for k, v in lines.items()).encode() + b"\r\n")
        answer = b""
        while part := connection.recv(1 << 16):
            answer += part
            if b"\r\n\r\n" in answer:
                break
    return int(answer.split()[1]), answer


def test_only_the_page_of_this_address_is_served(explore, canyon):
    url, _ = explore(canyon, *DEVICES)
    port = re.match(r"http://127.0.0.1:(\d+)/", url)[1]
    assert ask(url)[0] == 200
    assert ask(url, Host=f"localhost:{port}")[0] == 200
    assert ask(url, Host="evil.example")[0] == ask(url, Host=f"evil.example:{port}")[0] == ask(url, Host="127.0.0.1")[0] == 403
    assert ask(url, Origin="http://evil.example")[0] == ask(url, Origin="null")[0] == 403
    assert ask(url, "/wrong/")[0] == ask(url, "/")[0] == ask(url, "export/passwd")[0] == ask(url, "../run.toml")[0] == 404
    upgrade = dict(Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13", Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==")
    assert ask(url, "live", **upgrade, Origin=f"http://127.0.0.1:{port}")[0] == 101
    assert ask(url, "live", **upgrade)[0] == ask(url, "live", **upgrade, Origin="http://evil.example")[0] == 403
    assert ask(url, "live", **upgrade, Origin=f"https://127.0.0.1:{port}")[0] == ask(url, "live", **upgrade, Origin=f"http://127.0.0.1:{int(port) ^ 1}")[0] == 403
    assert ask(url, "/wrong/live", **upgrade, Origin=f"http://127.0.0.1:{port}")[0] == 404
    with socket.socket() as other:  # the loopback alone: no other address of this machine answers
        other.settimeout(5)
        name = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
        if name and not name[0].startswith("127."):
            assert other.connect_ex((name[0], int(port))) != 0


def test_bad_input_is_said(root, canyon, tmp_path):
    def fails(*arguments, code=3):
        done = subprocess.run([sys.executable, "-m", "raywave", "explore", *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} of this machine cannot be used" in fails(canyon, "--port", port)
    assert "port is a whole number" in fails(canyon, "--port", 70000)
    assert "old_tow" in fails("old_tow")
    assert "--tx takes x,y,z" in fails(canyon, "--tx", "1,2")
    assert "frequency" in fails(canyon, "--frequency", "3.5")
    for text, part in (("frequncy = 1", "unknown key 'frequncy', did you mean 'frequency'"), ("[map]\nheight = 1", "unknown key 'height', did you mean 'height_m'"),
                       ("scene = ", "cannot be read"), ("[[transmitter]]\nname = 'a'\n", "position_m takes three numbers"), ("[paths]\n", "names no scene"),
                       (f"scene = {json.dumps(str(canyon))}\n[[material]]\nname = 'bric'\n", "no material named 'bric', did you mean 'brick'")):
        run = tmp_path / "bad.toml"
        run.write_text(text)
        assert part in fails(run)
        assert run.read_text() == text
    other = tmp_path / "other.toml"
    other.write_text(f"scene = {json.dumps(str(root / 'scenes/room/room.xml'))}\n")
    assert "is the run of another scene" in fails(canyon, "--run", other)
    assert "there is no run file" in fails(tmp_path / "none.toml")


def test_a_missing_package_is_named_with_the_pip_line(canyon, tmp_path):
    (tmp_path / "tornado.py").write_text("raise ImportError('not here')\n")
    done = subprocess.run([sys.executable, "-m", "raywave", "explore", str(canyon)], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}"})
    assert done.returncode == 3 and "pip install 'raywave[explore]'" in done.stderr, done.stderr


def test_an_animation_shows_the_frame_that_is_asked_for(browser, tmp_path):
    import raywave as rw
    scene = rw.Scene()
    scene.add(rw.Material("m", perfect_conductor=True))
    scene.add(rw.plane("ground", [0, 0, 0], [60, 60], "m"))
    scene.add(rw.box("truck", [0, 5, 1.6], [8, 2.5, 3], "m"))
    scene.add(rw.Transmitter("mast", [-20, 0, 10]))
    scene.add(rw.Receiver("car", [0, 0, 1.5]))
    ways = {"car": rw.Trajectory([0, 2], [[0, 0, 1.5], [20, 0, 1.5]]), "truck": rw.Trajectory([0, 2], [[0, 5, 1.6], [-12, 5, 1.6]])}
    simulation = rw.simulate(scene, [0, 1, 2], ways, paths=dict(max_depth=1), radio_map=dict(cell_size_m=5, max_depth=1))
    file = simulation.save_html(tmp_path / "drive.html")
    browser.open(pathlib.Path(file).as_uri() + "#step=1")
    for step in (1, 2, 0, 2):  # back too: a frame is as it was
        browser.value(f"{{const s = document.querySelector('#motion input'); s.value = {step}; s.dispatchEvent(new Event('input'))}}")
        assert browser.value("document.body.dataset.step") == str(step)
        page = shown(browser)
        car = next(d for d in page["devices"] if d["name"] == "car")
        assert car["position"] == [10.0 * step, 0, 1.5]
        paths = simulation.paths[step]
        assert np.allclose(sorted(page["delay_ns"]), sorted(1e9 * paths.tau[paths.valid]), rtol=4e-16, atol=0)
        truck = browser.value("""(() => { const m = Raywave.page.view.moving.children[0].geometry.attributes.position.array, o = Raywave.page.view.data.origin;
            return Math.min(...m.filter((_, i) => i % 3 === 0)) + o[0]; })()""")
        assert truck == pytest.approx(-4 - 6 * step, abs=1e-4)
    browser.value("document.querySelector('#motion button').click()")
    browser.wait_for("document.body.dataset.step === '1'")
    assert not browser.errors, browser.errors
