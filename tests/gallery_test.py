# SPDX-License-Identifier: Apache-2.0
"""The gallery: every script draws its picture, and every script has its page."""
import os
import subprocess
import sys

import pytest

SCRIPTS = ["antennas", "around_the_corner", "arrivals", "beam_by_a_surface", "beams", "coverage", "doppler", "gradient", "impulse_and_frequency_response", "interference", "over_the_roofs",
           "paths_in_a_street", "town_from_footprints", "waves"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_draws_its_picture(root, tmp_path, name):
    matplotlib = pytest.importorskip("matplotlib.image")
    if name == "town_from_footprints":
        pytest.importorskip("pyogrio")
    done = subprocess.run([sys.executable, "-W", "error::UserWarning", root / f"examples/gallery/{name}.py", tmp_path / "picture.png"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=300, env={**os.environ, "MPLBACKEND": "agg"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    picture = matplotlib.imread(tmp_path / "picture.png")
    assert min(picture.shape[:2]) > 200 and picture[..., :3].std() > 0.02  # not blank


@pytest.mark.parametrize("name", SCRIPTS)
def test_page_has_picture_paragraph_and_script(root, name):
    page = (root / f"docs/gallery/{name}.md").read_text()
    assert f"](../images/gallery/{name}.png)" in page and f"../../examples/gallery/{name}.py" in page
    assert (root / f"docs/images/gallery/{name}.png").stat().st_size > 4000
    assert max(len(part) for part in page.split("\n\n")) > 150
    index = (root / "docs/gallery/index.md").read_text()
    assert f"\n{name}\n" in index and f"]({name}.md)" in index


def test_no_script_and_no_page_is_forgotten(root):
    assert {p.stem for p in (root / "examples/gallery").glob("*.py")} == set(SCRIPTS)
    assert {p.stem for p in (root / "docs/gallery").glob("*.md")} == {*SCRIPTS, "index"}
