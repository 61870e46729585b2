# SPDX-License-Identifier: Apache-2.0
"""Which build of the compiled module runs. A wheel has one for each level of the x86-64 instruction set in levels/LEVEL; the highest that
the machine has is taken, or that which RAYWAVE_CPU_LEVEL names. Elsewhere there is one build, and nothing to choose.

Results of two levels may differ in their last bits: where there are fused multiply-adds some sums are rounded once instead of twice."""
import importlib.util
import os
import pathlib
import sys

# What Linux calls the instructions that a level has beyond the one before it (x86-64 psABI).
_WORDS = {
    "x86-64-v2": "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3",
    "x86-64-v3": "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
    "x86-64-v4": "avx512f avx512bw avx512cd avx512dq avx512vl",
}
_PLACE = pathlib.Path(__file__).parent / "levels"


def _has():
    """The words of this machine's processor, or None where they cannot be read."""
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("flags"):
                return set(line.partition(":")[2].split())
    except OSError:
        pass
    return None


def choose(there, has, named=""):
    """The level to load. there: those that the wheel has; has: the processor's words (None: not known, the first level is taken for
    granted); named: what the user asks for. @raises ImportError naming what is missing."""
    missing, best = {}, None
    for level, words in _WORDS.items():
        lacks = sorted(set(words.split()) - has) if has is not None else [] if level == "x86-64-v2" else ["(not known: no /proc/cpuinfo)"]
        missing[level] = lacks + [w for before in list(missing)[-1:] for w in missing[before]]
        if level in there and not missing[level]:
            best = level
    if named:
        level = named if named.startswith("x86-64-") else f"x86-64-{named}"
        if level not in there:
            raise ImportError(f"RAYWAVE_CPU_LEVEL={named}: this wheel has {', '.join(sorted(there))}")
        best = level
    if best is None:
        raise ImportError(f"this wheel of raywave needs a processor of {' or '.join(sorted(there)[:1])}, and this one lacks "
                          f"{' '.join(missing['x86-64-v2'])}: build raywave from its source here")
    if missing[best] and has is not None:
        raise ImportError(f"RAYWAVE_CPU_LEVEL={named}: this processor lacks {' '.join(missing[best])}")
    return best


def _load():
    there = {p.name for p in _PLACE.iterdir() if p.name in _WORDS}
    level = choose(there, _has(), os.environ.get("RAYWAVE_CPU_LEVEL", ""))
    file, = (_PLACE / level).glob("_raywave.*")
    name = f"{__package__}._raywave"
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    sys.modules[__package__]._raywave = module
    return level


LEVEL = _load() if _PLACE.is_dir() else None  # of the build that was loaded; None: there is one build alone
