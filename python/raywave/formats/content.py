# SPDX-License-Identifier: Apache-2.0
"""What a result holds, as named numpy arrays: those that its save() writes to an .npz (src/raywave/io/results.h lists them)."""
import pathlib
import tempfile

import numpy as np

from .._raywave import Error

SPEED_OF_LIGHT_M_PER_S = 299792458.0


def content(result):
    """The arrays by name. @raises Error for what is no result, and where the disk for temporary files is full."""
    if not hasattr(result, "save") or type(result).__module__ != "raywave._raywave":
        raise Error(f"a result of raywave is needed (paths, a radio map, a wave field), got {type(result).__name__}")
    with tempfile.TemporaryDirectory(prefix="raywave-") as folder:
        file = pathlib.Path(folder) / "result.npz"
        result.save(file)
        with np.load(file) as arrays:
            return {name: arrays[name] for name in arrays.files}


def names(array):
    return [str(name) for name in array]


def decibel(power):
    """10 log10, -inf where there is nothing."""
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power)


def require_memory(numbers, bytes_each, limit_bytes, what):
    """@raises Error before anything is allocated that takes more than the limit."""
    estimate = float(numbers) * bytes_each
    if estimate > limit_bytes:
        raise Error(f"{what} needs {estimate / 1e9:.3g} GB, more than max_bytes = {limit_bytes / 1e9:.3g} GB")


def only(listed, name, kind):
    """The index of a name; of the only one there is where no name is given. @raises Error naming those there are."""
    if name is None and len(listed) == 1:
        return 0
    if name is None or name not in listed:
        wanted = f"no {kind} is named '{name}'" if name is not None else f"give the {kind}'s name"
        known = ", ".join(f"'{n}'" for n in listed[:8]) + (", ..." if len(listed) > 8 else "")
        raise Error(f"{wanted}; there are {len(listed)}: {known}" if listed else f"{wanted}: there is no {kind}")
    return listed.index(name)
