# SPDX-License-Identifier: Apache-2.0
"""Which build of the module a wheel loads on which processor; the command that comes with the module."""
import os
import subprocess
import sys

import pytest
from raywave import _levels

V2 = set("cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 fpu sse2".split())
V3 = V2 | set("avx avx2 bmi1 bmi2 f16c fma abm movbe xsave".split())
V4 = V3 | set("avx512f avx512bw avx512cd avx512dq avx512vl".split())
ALL = {"x86-64-v2", "x86-64-v3", "x86-64-v4"}


@pytest.mark.parametrize("there, has, level", [
    (ALL, V2, "x86-64-v2"), (ALL, V3, "x86-64-v3"), (ALL, V4, "x86-64-v4"), (ALL, V3 - {"fma"}, "x86-64-v2"), (ALL, V4 - {"avx512vl"}, "x86-64-v3"),
    (ALL, V4 - {"bmi2"}, "x86-64-v2"),  # a level stands on those below it
    (ALL - {"x86-64-v4"}, V4, "x86-64-v3"), ({"x86-64-v2"}, V4, "x86-64-v2"), (ALL, None, "x86-64-v2")])
def test_the_highest_level_that_the_processor_has_is_loaded(there, has, level):
    assert _levels.choose(there, has) == level


@pytest.mark.parametrize("named", ["v2", "x86-64-v2"])
def test_a_level_can_be_pinned(named):
    assert _levels.choose(ALL, V4, named) == "x86-64-v2"


@pytest.mark.parametrize("there, has, named, words", [
    (ALL, V3, "v4", "lacks avx512bw avx512cd avx512dq avx512f avx512vl"), (ALL, V4, "v5", "has x86-64-v2, x86-64-v3, x86-64-v4"),
    ({"x86-64-v2"}, V4, "v3", "has x86-64-v2$"), (ALL, V2 - {"popcnt", "sse4_2"}, "", "lacks popcnt sse4_2"), (ALL, V2 - {"ssse3"}, "v2", "lacks ssse3")])
def test_what_cannot_be_is_said(there, has, named, words):
    with pytest.raises(ImportError, match=words):
        _levels.choose(there, has, named)


def test_without_a_list_of_instructions_a_named_level_is_believed():
    assert _levels.choose(ALL, None, "v3") == "x86-64-v3"


@pytest.mark.skipif(_levels.LEVEL is None, reason="one build alone: not a wheel")
def test_the_variable_pins_the_level_of_this_wheel():
    lowest = min(p.name for p in _levels._PLACE.iterdir())
    said = subprocess.run([sys.executable, "-c", "import raywave; from raywave import _levels; print(_levels.LEVEL)"], capture_output=True, text=True,
                          env={**os.environ, "RAYWAVE_CPU_LEVEL": lowest})
    assert said.stdout.strip() == lowest, said.stderr


def run(*words):
    return subprocess.run([sys.executable, "-m", "raywave", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_the_module_is_the_program_too(tmp_path):
    said = run("doctor")
    assert said.returncode == 0 and "self-check" in said.stdout and "passed" in said.stdout, said.stderr
    said = run("paths", "no_such.xml")
    assert said.returncode == 3 and said.stderr.startswith("raywave: ") and "no_such.xml" in said.stderr
    said = run("pathss")
    assert said.returncode == 2 and "did you mean 'paths'?" in said.stderr
    assert run().returncode == 2
    said = run("new", str(tmp_path / "project"))
    assert said.returncode == 0 and list((tmp_path / "project").iterdir()), said.stderr
