# SPDX-License-Identifier: Apache-2.0
project = "raywave"
author = "The raywave authors"
release = "0.1.0"
extensions = ["myst_nb"]
nb_execution_mode = "off"  # the tests run them; what they gave is kept with them
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 2
suppress_warnings = ["ref.python"]  # names that two modules have, in signatures
html_theme = "alabaster"
exclude_patterns = ["decisions/*"]
html_css_files = ["tables.css"]
html_static_path = ["_static"]


def setup(app):
    """The API reference is written from the sources before they are read."""
    import pathlib
    import subprocess
    import sys
    subprocess.run([sys.executable, str(pathlib.Path(__file__).parents[1] / "tools/make_api.py")], check=True)
