# SPDX-License-Identifier: Apache-2.0
"""Reports drawn by a browser: the page says that it is ready, and the picture shows what it should."""
import collections
import pathlib
import re
import shutil
import struct
import subprocess
import zlib

import pytest

CHROMIUM = ["chromium", "--headless=new", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=8000",
            "--window-size=1280,800"]
SOFTWARE_GL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    if not shutil.which("chromium"):
        pytest.fail("chromium is missing: install the packages of tools/apt-packages.txt")

    def run(page, *arguments, gl=SOFTWARE_GL):
        profile = tmp_path_factory.mktemp("profile")
        return subprocess.run([*CHROMIUM, *gl, f"--user-data-dir={profile}", *arguments, pathlib.Path(page).as_uri()],
                              capture_output=True, text=True, timeout=180)

    return run


def unfiltered(kind, line, above, bpp):
    """One row of a PNG, its filter undone (ISO/IEC 15948, clause 9)."""
    for i in range(len(line)):
        a = line[i - bpp] if i >= bpp else 0
        b = above[i]
        c = above[i - bpp] if i >= bpp else 0
        if kind == 1:
            line[i] = line[i] + a & 255
        elif kind == 2:
            line[i] = line[i] + b & 255
        elif kind == 3:
            line[i] = line[i] + (a + b) // 2 & 255
        elif kind == 4:
            p = a + b - c
            distance, predictor = min((abs(p - a), 0), (abs(p - b), 1), (abs(p - c), 2))
            line[i] = line[i] + (a, b, c)[predictor] & 255
    return line


def read_png(path):
    """(width, height, rows of (r, g, b)) of an 8-bit RGB or RGBA picture."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    bpp = {2: 3, 6: 4}[color]
    assert depth == 8
    raw = zlib.decompress(packed)
    rows, above = [], bytearray(width * bpp)
    for y in range(height):
        begin = y * (width * bpp + 1)
        above = unfiltered(raw[begin], bytearray(raw[begin + 1:begin + 1 + width * bpp]), above, bpp)
        rows.append([tuple(above[i:i + 3]) for i in range(0, width * bpp, bpp)])
    return width, height, rows


def screenshot(browse, page, out):
    result = browse(page, f"--screenshot={out}")
    assert out.exists(), result.stderr
    width, height, rows = read_png(out)
    # right of the side panel, above the table, left of the colour bar: the canvas
    return [c for row in rows[60:int(0.65 * height)] for c in row[280:width - 130]]


def attributes(browse, page, **more):
    dom = browse(page, "--dump-dom", **more).stdout
    body = re.search(r"<body([^>]*)>", dom)
    assert body, dom[-2000:]
    return dict(re.findall(r'data-([a-z]+)="([^"]*)"', body.group(1))), dom


@pytest.fixture(scope="module")
def old_town(raywave, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    scene = root / "scenes/old_town/old_town.xml"
    devices = ["--tx", "mast=0,0,60", "--rx", "square=60,20,1.5", "--rx", "lane=-80,60,1.5"]
    pages = {}
    for name, more in {"plain": [], "full": [*devices, "--map", "--cell-size", "5", "--max-depth", "2", "--samples", "200000"]}.items():
        pages[name] = folder / f"{name}.html"
        result = raywave("view", scene, "--html", pages[name], *more)
        assert result.returncode == 0, result.stderr
    return pages


def test_the_page_counts_what_it_shows(browse, old_town):
    found, dom = attributes(browse, old_town["full"])
    assert found["ready"] == "true", dom[-2000:]
    assert int(found["triangles"]) > 1000
    assert found["devices"] == "3"
    assert int(found["rays"]) > 0
    assert int(found["cells"]) >= 120 * 120
    rows = len(re.findall(r"<tr[^>]*data-path=", dom))  # those in sight; seven fit
    assert min(7, int(found["rays"])) <= rows <= int(found["rays"])


def test_the_picture_shows_city_and_map(browse, old_town, tmp_path):
    full = collections.Counter(screenshot(browse, old_town["full"], tmp_path / "full.png"))
    plain = collections.Counter(screenshot(browse, old_town["plain"], tmp_path / "plain.png"))
    pixels = sum(full.values())
    # a blank canvas has one colour, its background's gradient a few dozen
    assert len(plain) > 500 and len(full) > 2000
    assert full.most_common(1)[0][1] < 0.5 * pixels

    def green(colors):
        return sum(n for (r, g, _), n in colors.items() if g > r + 40)

    # the middle of the map's ramp is green, no material of the city is
    assert green(plain) < 0.001 * pixels
    assert green(full) > 0.03 * pixels


def test_rays_occur_in_their_colours(browse, raywave, canyon, tmp_path):
    page = tmp_path / "canyon.html"
    args = ["view", canyon, "--tx", "-30,0,10", "--rx", "30,0,1.5", "--html", page]
    result = raywave(*args)
    assert result.returncode == 0, result.stderr
    found, _ = attributes(browse, page)
    assert found["ready"] == "true" and int(found["rays"]) > 1
    with_rays = screenshot(browse, page, tmp_path / "rays.png")
    text = page.read_text()
    page.write_text(re.sub(r'"count":\d+,"tx_names"', '"count":0,"tx_names"', text))
    without = screenshot(browse, page, tmp_path / "none.png")

    assert len(with_rays) == len(without)
    changed = [(a, b) for a, b in zip(with_rays, without) if a != b]
    # the same picture but for thin lines
    assert 300 < len(changed) < 0.1 * len(without)
    # reflections are blue, the direct path is green: both take red away
    assert sum(b[0] - a[0] > 20 for a, b in changed) > 300


@pytest.mark.parametrize("surface, objects", [("terrain", ["ground"]), ("mesh", ["ground", "south_2", "north_3"])])
def test_maps_on_other_surfaces_are_drawn(browse, raywave, canyon, tmp_path, surface, objects):
    page = tmp_path / "map.html"
    chosen = [flag for name in objects for flag in ("--object", name)]
    result = raywave("map", canyon, "--tx", "-30,0,40", "--surface", surface, *chosen, "--cell-size", "3", "--max-depth", "1",
                     "--samples", "100000", "--html", page)
    assert result.returncode == 0, result.stderr
    shown = browse(page, "--enable-logging=stderr", f"--screenshot={tmp_path / 'map.png'}")
    assert "CONSOLE" not in shown.stderr, shown.stderr
    colors = collections.Counter(screenshot(browse, page, tmp_path / "map.png"))
    page.write_text(page.read_text().replace("this.opacity = 0.85;", "this.opacity = 0;"))
    bare = collections.Counter(screenshot(browse, page, tmp_path / "bare.png"))
    assert sum((colors - bare).values()) > 0.02 * sum(colors.values())


def test_without_webgl_the_page_says_so(browse, old_town):
    found, dom = attributes(browse, old_town["full"], gl=["--disable-gpu", "--disable-3d-apis"])
    assert found["ready"] == "no-webgl"
    assert "The 3D view needs WebGL" in dom
    assert re.search(r"<tr[^>]*data-path=", dom)
