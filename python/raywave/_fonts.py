# SPDX-License-Identifier: Apache-2.0
"""Letters in pictures: a wheel brings a font for machines that have none. Where the system has fonts set up, they are used."""
import os
import pathlib

_OWN = pathlib.Path(__file__).parent / "fonts/fonts.conf"
if _OWN.exists() and not pathlib.Path("/etc/fonts/fonts.conf").exists():
    os.environ.setdefault("FONTCONFIG_FILE", str(_OWN))
