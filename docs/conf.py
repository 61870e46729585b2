# SPDX-License-Identifier: Apache-2.0
project = "raywave"
author = "The raywave authors"
release = "0.1.0"
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 2
html_theme = "alabaster"
exclude_patterns = ["decisions/*"]
