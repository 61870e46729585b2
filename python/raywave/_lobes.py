# SPDX-License-Identifier: Apache-2.0
"""The lobe that stands in the mirror's place on a noisy mesh, chosen from the mesh itself: as sharp as its facets allow."""
from __future__ import annotations

import dataclasses
import math
import warnings

import numpy as np

from ._methods import method
from ._raywave import Error, Object, Scene
from ._values import real_number

_CORRELATION = 1.3  # facets that share vertices are not independent: of meshes of right triangles, measured 0.8 to 1.7
_BIAS_DB = 0.1
_FOLD = math.cos(math.radians(50))  # neighbours that turn by more belong to another surface


@dataclasses.dataclass(frozen=True)
class LobeChoice:
    """What Scene.lobe_for() chose and from what; str() of it is the lobe as text, print() says how."""

    kappa: float
    slope: float  # standard deviation of the facets' slopes about each axis, of their neighbourhood's mean
    facet_area_m2: float  # the median
    spread_db: float  # expected of one mesh, of the received power
    largest_kappa: float  # beyond it single facets are resolved
    least_kappa: float  # below it the lobe's own bias exceeds 0.1 dB

    @property
    def lobe(self) -> str:
        """As options take it."""
        return f"von_mises_fisher(kappa={self.kappa:.6g})"

    def __str__(self):
        return (f"{self.lobe}: slopes of {self.slope:.3g} about each axis on facets of {self.facet_area_m2:.3g} m^2; expected spread {self.spread_db:.2g} dB; "
                f"facets allow kappa <= {self.largest_kappa:.3g}, the lobe's bias wants >= {self.least_kappa:.3g}")


def _facets(obj):
    vertices, triangles = np.asarray(obj.vertices_m, dtype=float), np.asarray(obj.triangles, dtype=int)
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    twice = np.cross(b - a, c - a)
    size = np.linalg.norm(twice, axis=1)
    used = size > 0
    if not used.any():
        raise Error(f"the object '{obj.name}' has no triangle with an area")
    return (a + b + c)[used] / 3, twice[used] / size[used, None], size[used] / 2


def _slope(centers, normals, areas):
    """The slopes' standard deviation about each axis, from the mean plane of each facet's neighbourhood of 5 facets across."""
    radius = 2.5 * math.sqrt(2 * float(np.median(areas)))
    cells = np.floor(centers / radius).astype(np.int64)
    boxes = {}
    for i, key in enumerate(map(tuple, cells)):
        boxes.setdefault(key, []).append(i)
    total, weight = 0.0, 0.0
    offsets = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)]
    for key, own in boxes.items():
        near = np.array([i for o in offsets for i in boxes.get((key[0] + o[0], key[1] + o[1], key[2] + o[2]), ())])
        for i in own:
            among = near[np.linalg.norm(centers[near] - centers[i], axis=1) <= radius]
            cosine = normals[among] @ normals[i]
            among, cosine = among[np.abs(cosine) > _FOLD], cosine[np.abs(cosine) > _FOLD]
            if len(among) < 4:
                continue
            sides = np.sign(cosine)[:, None] * normals[among]
            mean = (areas[among, None] * sides).sum(axis=0)
            mean /= np.linalg.norm(mean)
            along = normals[i] @ mean
            tangent2 = max(0.0, 1 / max(along * along, 1e-12) - 1)
            # the facet itself is one of the mean
            total += areas[i] * tangent2 / 2 / (1 - 1 / len(among))
            weight += areas[i]
    return math.sqrt(total / weight) if weight > 0 else 0.0


def choose(slope, facet_area_m2, spread_db, legs_m, angle_rad):
    """The formula by itself: the kappa at which the spread of one mesh is spread_db, and the least whose bias is below 0.1 dB."""
    s1, s2 = legs_m
    d, cosine = s1 + s2, math.cos(angle_rad)
    share = _CORRELATION * facet_area_m2 * cosine * (d / (s1 * s2)) ** 2 / (4 * math.pi)  # a facet's part of the lobe's solid angle
    deflection2 = 4 * slope**2 * cosine
    wanted2 = (10 ** (spread_db / 10) - 1) ** 2
    # of slopes below 1e-6 nothing is left to spread
    largest = wanted2 / (2 * share) * (1 + math.sqrt(1 + 4 * share / (wanted2 * deflection2))) if slope > 1e-6 else math.inf
    bias = abs((s1**2 - 4 * s1 * s2 + s2**2) / (4 * d**2 * cosine**2) - math.tan(angle_rad) ** 2 / 16)
    least = 20 / math.log(10) * bias / _BIAS_DB
    return largest, least, share, deflection2


@method(Scene, "lobe_for")
def lobe_for(self, object: str | Object, *, spread_db: float = 1.0, legs_m: tuple[float, float] = (3.0, 3.0), angle_rad: float = math.pi / 4,
             largest_kappa: float = 1000.0) -> LobeChoice:
    """The von Mises-Fisher lobe for reflection="directional" on an object whose facets are noisy, from its own mesh.

    The slopes' standard deviation and the facets' size are measured; kappa is then the sharpest lobe for which the power received over a wall like
    this one spreads by at most spread_db from mesh to mesh, with legs of legs_m before and behind the wall at angle_rad from its normal, and at most
    largest_kappa, for meshes that are clean. Warns where the facets allow none that keeps its own bias below 0.1 dB. @returns a LobeChoice; its `lobe` is
    what options take."""
    obj = object if isinstance(object, Object) else self.objects[object]
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
    centers, normals, areas = _facets(obj)
    slope, area = _slope(centers, normals, areas), float(np.median(areas))
    allowed, least, share, deflection2 = choose(slope, area, spread, legs, angle)
    kappa = min(allowed, most)
    width2 = 1 / kappa
    expected = 10 * math.log10(1 + math.sqrt(share * deflection2 / (width2 * (width2 + deflection2))))
    if kappa < least:
        warnings.warn(f"object '{obj.name}': its facets allow kappa <= {allowed:.3g}, whose own bias is above {_BIAS_DB} dB (wanted >= {least:.3g}); "
                      "smooth the mesh, or allow more spread", UserWarning, stacklevel=2)
    return LobeChoice(kappa, slope, area, expected, allowed, least)
