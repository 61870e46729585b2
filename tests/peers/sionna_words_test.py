# SPDX-License-Identifier: Apache-2.0
"""Scripts in Sionna RT's words run there as they run here, and say the same; scenes that were saved in its dialect are read there."""
import os
import re
import subprocess
import sys

import pytest
import raywave as rw

PYTHON = os.environ.get("RAYWAVE_SIONNA_PYTHON", "")
pytestmark = pytest.mark.skipif(not os.access(PYTHON, os.X_OK), reason="Sionna RT is not installed: ./dev test --peers installs it")


def said(python, script):
    done = subprocess.run([python, script], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line.strip()]


@pytest.mark.parametrize("name, decibels", [("introduction", None), ("radio_maps", 1.0), ("mobility", None), ("scene_editing", 0.1)])
def test_the_same_script_here_and_there(root, tmp_path, name, decibels):
    """decibels: of its gains, within the noise of 1e6 rays where they are of a map."""
    text = (root / f"examples/sionna/{name}.py").read_text().replace("pathlib.Path(__file__).resolve().parents[2]", f"pathlib.Path({str(root)!r})")
    (tmp_path / "there.py").write_text(text.replace("\nfrom raywave import", "\nfrom sionna.rt import"))
    here, there = said(sys.executable, root / f"examples/sionna/{name}.py"), said(PYTHON, tmp_path / "there.py")
    assert len(here) == len(there)
    for a, b in zip(here, there):
        if decibels is None:
            assert a == b
        gains = [[float(x) for x in re.findall(r"(-?\d+\.\d+) dB", line)] for line in (a, b)]
        assert len(gains[0]) == len(gains[1]) and all(abs(x - y) <= decibels for x, y in zip(*gains)), (a, b)


def test_saved_scenes_are_read(tmp_path):
    scene = rw.load_scene("street_canyon")
    scene.add(rw.Material("my wall", relative_permittivity=4.2, conductivity_s_per_m=0.03, thickness_m=0.3, scattering_coefficient=0.2, xpd_coefficient=0.1))
    scene.objects["north_1"].material = "my wall"
    file = scene.save(tmp_path / "s", dialect="sionna")
    code = (f"from sionna.rt import load_scene; s = load_scene({str(file)!r}, merge_shapes=False); m = s.radio_materials['my wall']; "
            "print(sorted(s.objects)); print([float(x[0]) for x in (m.relative_permittivity, m.conductivity, m.thickness, m.scattering_coefficient, m.xpd_coefficient)])")
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    objects, numbers = done.stdout.splitlines()[-2:]
    assert objects == str(sorted(scene.objects)) and eval(numbers) == pytest.approx([4.2, 0.03, 0.3, 0.2, 0.1], rel=1e-6)
