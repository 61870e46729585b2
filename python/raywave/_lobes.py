# SPDX-License-Identifier: Apache-2.0
"""The lobe that stands in the mirror's place on a noisy mesh, chosen from the mesh itself: as sharp as its facets allow."""
from __future__ import annotations

import dataclasses
import difflib
import math
import warnings
from typing import ClassVar

import numpy as np

from ._mesh_noise import mesh_noise
from ._methods import method
from ._raywave import Error, Object, Scene
from ._values import real_number

_BIAS_DB = 0.1


@dataclasses.dataclass(frozen=True)
class LobeChoice:
    """What Scene.lobe_for() chose and from what; str() of it is the lobe as text, print() says how."""

    _is_lobe: ClassVar[bool] = True
    kappa: float
    slope: float  # standard deviation of the facets' slopes about each axis, of their neighbourhood's mean
    facet_area_m2: float  # the median
    correlated_area_m2: float  # over which slopes go together
    spread_db: float  # expected of one mesh, of the received power
    largest_kappa: float  # beyond it single facets are resolved
    least_kappa: float  # below it the lobe's own bias exceeds 0.1 dB

    @property
    def lobe(self) -> str:
        """As options take it."""
        return f"von_mises_fisher(kappa={self.kappa:.6g})"

    def __str__(self):
        return (f"{self.lobe}: slopes of {self.slope:.3g} about each axis on facets of {self.facet_area_m2:.3g} m^2, alike over {self.correlated_area_m2:.3g} m^2; expected spread {self.spread_db:.2g} dB; "
                f"they allow kappa <= {self.largest_kappa:.3g}, the lobe's bias wants >= {self.least_kappa:.3g}")


def facets(obj):
    vertices, triangles = np.asarray(obj.vertices_m, dtype=float), np.asarray(obj.triangles, dtype=int)
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    twice = np.cross(b - a, c - a)
    size = np.linalg.norm(twice, axis=1)
    used = size > 0
    if not used.any():
        raise Error(f"the object '{obj.name}' has no triangle with an area")
    return (a + b + c)[used] / 3, twice[used] / size[used, None], size[used] / 2


def choose(noise, spread_db, legs_m, angle_rad):
    """The formula by itself: the kappa at which the spread of one mesh is spread_db (the sharpest of 1e-3 to 1e9), the least whose bias is below 0.1 dB, and the
    spread in dB at any."""
    s1, s2 = legs_m
    d, cosine = s1 + s2, math.cos(angle_rad)
    per_area = cosine * (d / (s1 * s2)) ** 2 / (4 * math.pi)  # of the lobe's solid angle

    def spread(kappa):
        return 10 * math.log10(1 + math.sqrt(per_area * kappa * noise.area(kappa * cosine)))

    low, high = math.log(1e-3), math.log(1e9)
    if noise.slope < 1e-6 or spread(math.exp(high)) <= spread_db:
        low = math.inf  # nothing is left to spread
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if spread(math.exp(middle)) <= spread_db else (low, middle)
    bias = abs((s1**2 - 4 * s1 * s2 + s2**2) / (4 * d**2 * cosine**2) - math.tan(angle_rad) ** 2 / 16)
    return math.exp(low), 20 / math.log(10) * bias / _BIAS_DB, spread


@method(Scene, "lobe_for")
def lobe_for(self, object: str | Object, *, spread_db: float = 1.0, legs_m: tuple[float, float] = (3.0, 3.0), angle_rad: float = math.pi / 4,
             largest_kappa: float = 1000.0) -> LobeChoice:
    """The von Mises-Fisher lobe for reflection="directional" on an object whose facets are noisy, from its own mesh.

    The slopes' standard deviation and the area over which they go together are measured; kappa is then the sharpest lobe for which the power received over a wall like
    this one spreads by at most spread_db from mesh to mesh, with legs of legs_m before and behind the wall at angle_rad from its normal, and at most
    largest_kappa, for meshes that are clean. Warns where the facets allow none that keeps its own bias below 0.1 dB. @returns a LobeChoice; its `lobe` is
    what options take."""
    obj = object if isinstance(object, Object) else self.objects.get(object)
    if obj is None:
        near = difflib.get_close_matches(str(object), list(self.objects), 1)
        raise Error(f"no object is named {object!r}" + (f", did you mean '{near[0]}'?" if near else ""))
    spread, angle, most = real_number("spread_db", spread_db), real_number("angle_rad", angle_rad), real_number("largest_kappa", largest_kappa)
    legs = tuple(real_number("legs_m", v) for v in (legs_m if np.iterable(legs_m) else [legs_m]))
    if not 0 < spread < 20:
        raise Error(f"spread_db must be in (0, 20), got {spread}")
    if len(legs) != 2 or not all(0 < v < math.inf for v in legs):
        raise Error(f"legs_m takes two lengths > 0, got {legs_m}")
    if not 0 <= angle < math.pi / 2:
        raise Error(f"angle_rad must be in [0, pi / 2), got {angle}")
    if not 0 < most <= 1e9:
        raise Error(f"largest_kappa must be in (0, 1e9], got {most}")
    noise = mesh_noise(*facets(obj))
    allowed, least, expected = choose(noise, spread, legs, angle)
    kappa = min(allowed, most)
    if kappa < least:
        warnings.warn(f"object '{obj.name}': its facets allow kappa <= {allowed:.3g}, whose own bias is above {_BIAS_DB} dB (wanted >= {least:.3g}); "
                      "smooth the mesh, or allow more spread", UserWarning, stacklevel=2)
    return LobeChoice(kappa, noise.slope, noise.facet_area_m2, noise.correlated_area_m2, expected(kappa), allowed, least)
