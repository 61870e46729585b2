# SPDX-License-Identifier: Apache-2.0
"""Where a scene lies on the earth, as results and their files keep it."""


def where(thing) -> dict:
    """{"crs", "origin_m"} of a scene, or of what was solved in it; nothing where it lies nowhere or is None."""
    return {} if thing is None or thing.crs is None else {"crs": thing.crs, "origin_m": [float(x) for x in thing.origin_m]}
