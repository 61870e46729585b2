# SPDX-License-Identifier: Apache-2.0
"""Options as people write them - 1e6 for a count, numpy's numbers, one length for a square - and errors that say what is wanted."""
import math
import numbers

import numpy as np

from ._raywave import Error, Object

_COUNTS = {"max_depth", "max_diffractions", "samples_per_src", "samples_per_tx", "max_tiles", "points_per_cell", "seed", "num_threads", "num_samples"}
_SWITCHES = {"los", "specular_reflection", "refraction", "diffraction", "diffuse_reflection", "keep_specular", "synthetic_array", "coherent", "keep_arrivals"}
_NUMBERS = {"height_m", "keep_specular_m2", "seam_tolerance_m", "scattering_tolerance", "max_bytes"}
_SIZES = {"cell_size_m", "size_m"}
_TRIPLES = {"center_m", "orientation_rad"}
_NAMES = {"measurement_surface", "terrain"}
_WORDS = {"method", "finder", "reflection", "scattering_phases", "device"}


def shown(value):
    """As an error shows it."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists within lists
        return f"what is too long to show ({type(value).__name__})"
    return text if len(text) <= 60 else text[:57] + "..."


def _refuse(key, wanted, value):
    raise Error(f"{key} takes {wanted}, got {shown(value)}")


def _float(key, wanted, value):
    try:
        return float(value)
    except OverflowError:
        return _refuse(key, f"{wanted} below 1.8e308", value)


def _is_real(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool) or getattr(value, "dtype", None) is not None and value.ndim == 0 and value.dtype.kind in "fiu"


def integer(key, value):
    """A whole number of any size. Raises Error for anything else."""
    if not _is_real(value) or not isinstance(value, numbers.Integral) and (not math.isfinite(value) or value != int(value)):
        _refuse(key, "a whole number", value)
    return int(value)


def whole_number(key, value):
    value = integer(key, value)
    largest = 2**64 if key == "seed" else 2**63 if key.startswith("samples") else 2**31
    if not -largest < value < largest:
        _refuse(key, f"a whole number below {largest}", value)
    if key == "seed" and value < 0:
        _refuse(key, "a whole number >= 0", value)
    return value


def switch(key, value):
    """True or False, or 1 or 0. Raises Error for anything else."""
    if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "") == "b" and value.ndim == 0 or _is_real(value) and value in (0, 1):
        return bool(value)
    return _refuse(key, "True or False", value)


def _number(key, value):
    return _float(key, "a number", value) if _is_real(value) else _refuse(key, "a number", value)


def _numbers(key, value, count, wanted):
    if type(value) in (list, tuple) and len(value) == count and all(isinstance(v, float) for v in value):
        return tuple(value)  # what most are
    try:
        values = [] if isinstance(value, (str, bytes, dict)) else list(value)
    except TypeError:
        values = []
    if len(values) != count or not all(map(_is_real, values)):
        _refuse(key, wanted, value)
    return tuple(_float(key, wanted, v) for v in values)


def name_list(key, value):
    """Names of objects. Raises Error for anything else."""
    if isinstance(value, (str, Object)):
        value = [value]
    try:
        names = [item.name if isinstance(item, Object) else item for item in value]
    except TypeError:
        names = [None]
    return names if names and all(isinstance(name, str) for name in names) else _refuse(key, "the name of an object or a list of names", value)


def real_number(key, value):
    """A number as float. Raises Error for anything else."""
    return _number(key, value)


def number_list(key, value):
    """An array of numbers, [n]; one number is one of them. Raises Error for anything else."""
    try:
        held = np.asarray(value)
    except ValueError:  # lists of different lengths
        held = np.zeros(0, dtype=object)
    if held.dtype.kind not in "iuf" and held.size or held.ndim > 1:
        _refuse(key, "a list of numbers", value)
    return np.atleast_1d(held).astype(float)


def two_lengths(key, value):
    """One length for a square, or two. Raises Error for anything else."""
    return _numbers(key, (value, value) if _is_real(value) else value, 2, "a length or two")


def three_numbers(key, value):
    """A list of three numbers. Raises Error for anything else."""
    return list(_numbers(key, value, 3, "three numbers"))


def lobe_name(key, value):
    """A lobe as text, or what stands for one: rw.materials.Lobe, rw.LobeChoice. Raises Error for anything else."""
    value = value.lobe if getattr(type(value), "_is_lobe", False) else value
    return value if isinstance(value, str) else _refuse(key, "a lobe as text, like 'von_mises_fisher(kappa=60)', or a rw.materials.Lobe", value)


def option(key, value):
    """The value of a solver's option in the type that the solver reads. Raises Error for one that cannot be it."""
    if key in _COUNTS:
        return whole_number(key, value)
    if key in _SWITCHES:
        return switch(key, value)
    if value is None and key not in _WORDS and key not in ("cell_size_m", "max_bytes"):
        return None
    if key in _NUMBERS:
        return _number(key, value)
    if key in _SIZES:
        return two_lengths(key, value)
    if key in _TRIPLES:
        return _numbers(key, value, 3, "three numbers")
    if key in _NAMES:
        return name_list(key, value)
    if key in _WORDS and not isinstance(value, str):
        return _refuse(key, "a word", value)
    if key == "lobe":
        return lobe_name(key, value)
    if key == "progress" and not callable(value):
        return _refuse(key, "a function of (done, total)", value)
    return value
