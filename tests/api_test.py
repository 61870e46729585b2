# SPDX-License-Identifier: Apache-2.0
"""The API reference has every public name of the module."""
import re
import subprocess
import sys

import raywave as rw

# Packages and modules, whose contents are listed; the kinds of what simulate gives stand under their own name.
MODULES = {"differentiable", "formats", "materials", "scenes", "shapes", "wave", "signal", "motion", "__version__"}


def test_every_public_name_is_in_the_reference(root, tmp_path):
    subprocess.run([sys.executable, root / "tools/make_api.py", tmp_path / "api.rst"], check=True)
    page = (tmp_path / "api.rst").read_text()
    named = set(re.findall(r"^\.\. py:(?:class|function):: (\w+)", page, flags=re.M))
    assert set(rw.__all__) - MODULES - named == set()
    assert set(rw.formats.__all__) <= named
    for cls in (rw.Scene, rw.Paths, rw.RadioMap, rw.Device, rw.Material, rw.Object):
        public = {name for name in vars(cls) if not name.startswith("_")}
        assert public <= set(re.findall(r"^   \.\. py:(?:method|property):: (\w+)", page, flags=re.M)), cls
