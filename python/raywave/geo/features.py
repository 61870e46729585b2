# SPDX-License-Identifier: Apache-2.0
"""What a map says, before it means a shape: outlines with tags."""
from __future__ import annotations

import collections
import dataclasses
import re

import shapely

from .roofs import Plane


@dataclasses.dataclass
class Feature:
    """One outline. `kind`: "building", "part", "wood", "tree" (the outline is then its place, a point)."""

    name: str
    kind: str
    shape: shapely.Geometry  # of the layer's CRS; local metres later
    tags: dict[str, str]
    # Of models with surfaces (CityJSON): the roof's pieces with planes, heights above the building's own ground.
    pieces: list[tuple[shapely.Polygon, Plane]] | None = None


@dataclasses.dataclass
class Layer:
    features: list[Feature]
    crs: object
    source: str
    attribution: str = ""  # that the data's licence asks for
    # What was not taken, in words, and how often.
    left_out: collections.Counter = dataclasses.field(default_factory=collections.Counter)


_LENGTH = re.compile(r"^\s*(?P<value>[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?)\s*(?P<unit>m|metres?|meters?|ft|feet|'|)\s*((?P<inches>\d+(\.\d+)?)\s*(\"|''))?\s*$")


def length_m(text: str | None) -> float | None:
    """"12", "12.5 m", "12,5", "40 ft", "7'4\"" in metres; None where nothing of the kind stands there."""
    match = _LENGTH.match(text or "")
    if not match:
        return None
    value = float(match["value"].replace(",", "."))
    feet = match["unit"] in ("ft", "feet", "'")
    if match["inches"]:
        if not feet:
            return None
        value += float(match["inches"]) / 12
    return value * 0.3048 if feet else value


def number(text: str | None) -> float | None:
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e6 else None


_MOST_LEVELS = 300  # the tallest building has 163


def storeys(text: str | None) -> float | None:
    """A number of levels; None for what no building has."""
    value = number(text)
    return value if value is not None and 0 <= value <= _MOST_LEVELS else None


_COMPASS = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"]


def direction_deg(text: str | None) -> float | None:
    """Degrees from north, clockwise: "135" or "SE"."""
    if text and text.strip().upper() in _COMPASS:
        return 22.5 * _COMPASS.index(text.strip().upper())
    value = number(text)
    return value if value is not None and abs(value) <= 360 else None
