# SPDX-License-Identifier: Apache-2.0
"""python -m raywave scene build: what raywave.geo.build does, by flags."""
import json
import subprocess
import sys

import pytest
from geo_support import box, degrees, geojson, needs_geo, read_folder, require_clean

pytestmark = needs_geo


def run(*words, code=0):
    done = subprocess.run([sys.executable, "-m", "raywave", "scene", *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def town(tmp_path):
    return geojson(tmp_path / "town.geojson", (box(0, 0, 12, 8), {"HOEHE": 6}), (box(30, 0, 40, 8), {"HOEHE": 9}), (box(300, 0, 310, 8), {"HOEHE": 9}))


def test_a_folder_and_a_report(town, tmp_path):
    done = run("build", town, tmp_path / "scene", "--column", "height=HOEHE", "--json", tmp_path / "report.json")
    assert done.stdout.splitlines()[0] == str(tmp_path / "scene/scene.xml") and "heights from: height 3" in done.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["report"]["buildings"] == 3 and report["scene"] == str(tmp_path / "scene/scene.xml")
    folder = read_folder(report["scene"])
    require_clean(folder)
    assert folder.top("building_0-roof") == 6


def test_every_option_reaches_the_builder(town, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("[default]\nheight_m = 4.5\n")
    west, south, east, north = *degrees([(-5, -5)])[0], *degrees([(50, 20)])[0]
    done = run("build", town, tmp_path / "a", "--area", f"{west},{south},{east},{north}", "--origin", f"{west},{south}", "--margin", 7, "--rules", rules,
               "--tolerance", 0.01, "--bad", "repair", "--source-crs", "EPSG:4326", "--crs", "EPSG:32635", "--json", "-")
    report = json.loads(done.stdout)
    assert report["report"]["buildings"] == 2 and report["report"]["heights"] == {"kind": 2} and report["frame"]["crs"] == "EPSG:32635"
    assert read_folder(report["scene"]).top("roof") == 4.5
    run("build", town, tmp_path / "a", code=3)
    run("build", town, tmp_path / "a", "--overwrite")
    polygon = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [degrees([(-5, -5), (20, -5), (20, 20), (-5, -5)])]}}
    (tmp_path / "area.geojson").write_text(json.dumps(polygon))
    assert json.loads(run("build", town, tmp_path / "b", "--area", tmp_path / "area.geojson", "--json", "-").stdout)["report"]["buildings"] == 1


@pytest.mark.parametrize("words, code, said", [
    (("--area", "1,2"), 2, "--area: takes west,south,east,north"), (("--area", "x.geojson"), 3, "cannot be read as a polygon"),
    (("--area", "-4,-3,-2,-1"), 3, "no building lies in the area"), (("--column", "HOEHE"), 2, "TAG=COLUMN"), (("--bad", "guess"), 2, "invalid choice"),
    (("--json", "no/where.json"), 3, "cannot be written"), (("--marginn", "3"), 2, "unrecognized")])
def test_bad_words_are_said_and_nothing_is_written(town, tmp_path, words, code, said):
    assert said in run("build", town, tmp_path / "scene", *words, code=code).stderr
    assert not (tmp_path / "scene").exists()


def test_help_needs_no_package():
    code = "import sys; sys.modules['shapely'] = None; from raywave.__main__ import main; main(['scene', 'build', '--help'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "--terrain" in done.stdout
