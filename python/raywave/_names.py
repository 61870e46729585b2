# SPDX-License-Identifier: Apache-2.0
"""Options of solvers by name: those of Sionna RT that mean the same, what is asked for that is not there, the nearest name of what is unknown."""
import difflib

from ._raywave import Error
from ._values import option

# there: here
SAME = {"cell_size": "cell_size_m", "center": "center_m", "orientation": "orientation_rad", "size": "size_m"}
# What is always so here: the only value there that means it; any where a limit of memory is meant.
_ANY = object()
_ALWAYS = {"max_num_paths_per_src": _ANY, "diffraction_lit_region": True, "rr_depth": -1, "rr_prob": _ANY, "stop_threshold": None}


def _other(key, value, given):
    """An option that has no parameter of its own. @raises Error or TypeError where it asks for something."""
    if key == "edge_diffraction":
        if value and not given.get("diffraction"):
            raise Error("edge_diffraction=True: diffraction=True has the edges of walls and of free sheets alike")
    elif key in _ALWAYS:
        if _ALWAYS[key] is not _ANY and value != _ALWAYS[key]:
            raise Error(f"{key}={value!r} is not available in raywave, where it is always {_ALWAYS[key]!r}")
    elif key in ("precoding", "precoding_vec"):
        raise TypeError("precoding belongs to the transmitter: tx.precoding = [...] (one complex weight a port)")
    else:
        near = difflib.get_close_matches(key, given, 1)
        raise TypeError(f"unknown option '{key}'" + (f", did you mean '{near[0]}'?" if near else ""))


def options(defaults, words):
    """The solver's options from the local names of its __call__: `others` holds what has no parameter of its own."""
    return _checked(defaults, {key: words[key] for key in defaults}, words["others"])


def options_of(defaults, given):
    """The same from a dict of options, those that are not in it by default."""
    return _checked(defaults, {key: given.get(key, value) for key, value in defaults.items()}, {k: v for k, v in given.items() if k not in defaults})


def _checked(defaults, given, others):
    for key, value in others.items():
        if SAME.get(key) in defaults:
            own = SAME[key]
            if given[own] is not defaults[own]:
                raise TypeError(f"{key} and {own} are one option: give one of them")
            given[own] = value
        else:
            _other(key, value, given)
    return {key: value if value is defaults[key] else option(key, value) for key, value in given.items()}
