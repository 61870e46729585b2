# SPDX-License-Identifier: Apache-2.0
"""The processor's level: which instructions compiled code and the ray engine may choose here, so that results may differ in rounding."""
import functools
import pathlib
import platform

# What each level of the x86-64 psABI adds, in the words of /proc/cpuinfo; the first of a level stand for the rest of it.
_LEVELS = (("x86-64-v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}), ("x86-64-v3", {"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}),
           ("x86-64-v2", {"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"}))


def level_of(flags: set) -> str:
    have = set()
    for number in range(len(_LEVELS)):
        name, _ = _LEVELS[number]
        have = set().union(*(needed for _, needed in _LEVELS[number:]))
        if have <= flags:
            return name
    return "x86-64-v1"


@functools.cache
def processor_level() -> str:
    """x86-64-v1 to v4; elsewhere the name of the machine (aarch64, arm64)."""
    machine = platform.machine()
    if machine.lower() not in ("x86_64", "amd64"):
        return machine
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # no Linux: the instruction set is not told
        return machine
    return level_of(next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), set()))
