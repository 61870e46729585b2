# SPDX-License-Identifier: Apache-2.0
"""How noisy a reconstructed mesh is: the slopes of its facets from the surface that they mean, and how they go together over distance.

What a Gaussian lobe of variance 1 / kappa gives over noisy facets is a sum over places, and its variance a sum over pairs of places, of slopes s_i and s_j:
    Var = kappa / 4 pi  integral of  E[exp(-kappa' |s_i - s_j|^2)] - E[... of places far apart]  dA,   kappa' = kappa cos(theta),
dA in units of the lobe's angle. The expectations are means over pairs of the mesh's own facets in rings of distance, so that nothing is assumed of how slopes are
distributed or go together: triangles of one flat facet count as one, and facets of fused depth images go together over some voxels, however small they are."""
from __future__ import annotations

import dataclasses
import math

import numpy as np

_FOLD = math.cos(math.radians(50))  # neighbours that turn by more belong to another surface
_PROBES = 1500  # facets from which the others are looked at
_PAIRS = 1_000_000  # looked at once
_RINGS = 24
_FAR = 18  # rings from here on are what is far
_KEPT = 100_000  # pairs whose slopes are compared
_RADII = 4  # the neighbourhood, in radii of the correlated area
_SETTLED = 1.1  # and the last step of it, by one and a half, changes neither slope nor area by more
_KAPPAS = np.logspace(-3, 9, 49)


@dataclasses.dataclass(frozen=True)
class MeshNoise:
    slope: float  # standard deviation about each axis
    facet_area_m2: float  # the median
    areas_m2: np.ndarray  # the integral above for kappa' of _KAPPAS

    def area(self, kappa):
        """The integral for kappa' in m^2."""
        return float(np.interp(math.log(kappa), np.log(_KAPPAS), self.areas_m2))

    @property
    def correlated_area_m2(self):
        """Over which slopes go together: the integral for lobes as wide as slopes deflect, over what it is of a m^2 of equal slopes (a half)."""
        return 2 * self.area(1 / (4 * max(self.slope, 1e-6) ** 2))


class _Grid:
    """Facets near places, by cells as large as the radius."""

    def __init__(self, centers, radius):
        self.centers, self.radius = centers, radius
        self.cells = ((centers - centers.min(axis=0)) / radius).astype(np.int64) + 1
        self.shape = self.cells.max(axis=0) + 2
        keys = self._key(self.cells)
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]

    def _key(self, cells):
        return (cells[..., 0] * self.shape[1] + cells[..., 1]) * self.shape[2] + cells[..., 2]

    def ranges(self, probes):
        """(first, count) [num_probes, 27] of the order, of the cells about each."""
        steps = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)])
        wanted = self._key(self.cells[probes][:, None, :] + steps)
        first = np.searchsorted(self.keys, wanted)
        return first, np.searchsorted(self.keys, wanted, side="right") - first

    def pairs(self, probes):
        """(index into the probes, facet) of all facets within the radius."""
        first, count = self.ranges(probes)
        at, flat = np.cumsum(count.ravel()) - count.ravel(), count.ravel()
        facet = self.order[np.arange(flat.sum()) + np.repeat(first.ravel() - at, flat)]
        probe = np.repeat(np.arange(len(probes)), count.sum(axis=1))
        near = ((self.centers[facet] - self.centers[probes[probe]]) ** 2).sum(axis=1) <= self.radius**2
        return probe[near], facet[near]


def _slopes(normals, about):
    """Of normals (either way) from the plane of `about`, as vectors in it."""
    along = (normals * about).sum(axis=1, keepdims=True)
    return normals / along - about


def _within(centers, normals, areas, probes, radius):
    """(variance about each axis, the integrals) from the mean planes of neighbourhoods of this radius; None where there are too few facets."""
    grid = _Grid(centers, radius)
    most = max(20, int(_PAIRS // max(1.0, grid.ranges(probes)[1].sum(axis=1).mean())))
    probes = probes[:most]
    probe, facet = grid.pairs(probes)
    n, mean = len(probes), normals[probes]
    for _ in range(2):  # what turns away from the probe, then from the mean: a probe of a large slope is one of its surface
        cosine = (normals[facet] * mean[probe]).sum(axis=1)
        same = np.abs(cosine) > _FOLD
        weight = np.where(same, areas[facet] * np.sign(cosine), 0.0)
        sums = np.stack([np.bincount(probe, weight * normals[facet, a], n) for a in range(3)], axis=1)
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        mean = np.where(length > 0, sums / np.maximum(length, 1e-300), mean)
    same = np.abs((normals[facet] * mean[probe]).sum(axis=1)) > _FOLD
    used = (np.bincount(probe, same, n) >= 5) & (np.abs((normals[probes] * mean).sum(axis=1)) > _FOLD)
    same &= used[probe]
    if not same.any():
        return None
    index = np.cumsum(used) - 1
    probe, facet, probes, mean, n = index[probe[same]], facet[same], probes[used], mean[used], int(used.sum())
    own, other = _slopes(normals[probes], mean)[probe], _slopes(normals[facet], mean[probe])
    itself, weight = facet == probes[probe], areas[facet]
    variance = float((own[itself] ** 2).sum(axis=1).mean()) / 2
    if variance < 1e-12:
        return 0.0, np.zeros(len(_KAPPAS))
    distance = np.linalg.norm(centers[facet] - centers[probes[probe]], axis=1)
    ring = np.where(itself, 0, 1 + np.minimum((distance / radius * _RINGS).astype(int), _RINGS - 1))
    area = np.bincount(ring, weight, _RINGS + 1) / n
    apart2 = ((own - other) ** 2).sum(axis=1)
    if len(ring) > _KEPT:  # as many of each ring, where there are
        rank = np.empty(len(ring), dtype=np.int64)
        order = np.lexsort((np.random.default_rng(2).random(len(ring)), ring))
        count = np.bincount(ring, minlength=_RINGS + 1)
        rank[order] = np.arange(len(ring)) - np.repeat(np.cumsum(count) - count, count)
        few = rank < _KEPT // _RINGS
        ring, weight, apart2 = ring[few], weight[few], apart2[few]
    total, squared = np.maximum(np.bincount(ring, weight, _RINGS + 1), 1e-300), np.bincount(ring, weight**2, _RINGS + 1)
    far, out = ring >= _FAR, np.zeros(len(_KAPPAS))
    for k, kappa in enumerate(_KAPPAS):
        alike = np.exp(-np.minimum(kappa * apart2, 700.0))
        base = (alike[far] * weight[far]).sum() / max(weight[far].sum(), 1e-300)
        excess = np.bincount(ring, weight * (alike - base), _RINGS + 1) / total
        noise = np.sqrt(np.maximum(0, np.bincount(ring, weight * (alike - base) ** 2, _RINGS + 1) / total) * squared) / total
        noise[0] = 0
        out[k] = (area * np.sign(excess) * np.maximum(np.abs(excess) - noise, 0))[:_FAR].sum()  # what the estimate's own noise makes is none
    return variance, np.maximum(out, 0)


def mesh_noise(centers, normals, areas) -> MeshNoise:
    """@param centers, normals [n, 3] (normals either way), areas [n] of facets that have an area."""
    random = np.random.default_rng(1)
    probes = np.unique(random.choice(len(areas), size=min(len(areas), _PROBES), p=areas / areas.sum()))
    random.shuffle(probes)
    median = float(np.median(areas))
    radius = 2.5 * math.sqrt(2 * float((areas**2).sum() / areas.sum()))
    largest = max(radius, 0.25 * float(np.linalg.norm(centers.max(axis=0) - centers.min(axis=0))))
    best = MeshNoise(0.0, median, np.zeros(len(_KAPPAS)))
    while True:
        found = _within(centers, normals, areas, probes, radius)
        if found is None:
            return best
        variance, integrals = found
        before, best = best, MeshNoise(0.0, median, integrals)
        if variance == 0:
            return best
        best = dataclasses.replace(best, slope=math.sqrt(variance))
        taken = min(0.5, best.correlated_area_m2 / (math.pi * radius**2))  # of the variance, by the neighbourhood's own mean
        best = dataclasses.replace(best, slope=math.sqrt(variance / (1 - taken)))
        settled = best.slope < _SETTLED * before.slope and best.correlated_area_m2 < _SETTLED * before.correlated_area_m2
        if radius >= largest or (settled and radius >= _RADII * math.sqrt(best.correlated_area_m2 / math.pi)):
            return best
        radius = min(1.5 * radius, largest)
