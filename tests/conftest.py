# SPDX-License-Identifier: Apache-2.0
"""What every test may ask for: the repository, the program, a way to run it. `./dev test` sets the environment."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def build_dir():
    named = os.environ.get("RAYWAVE_BUILD_DIR")
    if not named:
        pytest.fail("RAYWAVE_BUILD_DIR is not set: run the tests with ./dev test")
    return pathlib.Path(named)


@pytest.fixture(scope="session")
def raywave_bin():
    named = os.environ.get("RAYWAVE_BIN")
    if not named or not os.access(named, os.X_OK):
        pytest.fail(f"RAYWAVE_BIN is not a program ({named!r}): run the tests with ./dev test")
    return named


@pytest.fixture(scope="session")
def raywave(raywave_bin):
    """Runs the program; returns what subprocess.run returns, as text."""

    def run(*arguments, cwd=ROOT, timeout=120):
        command = [raywave_bin, *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)

    return run


@pytest.fixture(scope="session")
def canyon(root):
    return root / "scenes/street_canyon/street_canyon.xml"
