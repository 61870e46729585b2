# SPDX-License-Identifier: Apache-2.0
"""A planar arrangement: rings and lines that share nodes wherever they meet, and the faces between them.

Topology is by node number: what two rings share they share exactly, whatever rounding does to coordinates. Three steps repeat until
nothing changes: nodes nearer to each other than the tolerance become one; a node nearer to a segment than that joins it (the node
moves onto the segment, so that a long wall stays straight where a neighbour's corner touches it); segments that cross get a node.
Tolerances are metres in the plan; a fixed node never moves.
"""
from __future__ import annotations

import dataclasses

import numpy as np
import shapely

from .._raywave import Error

_MAX_PASSES = 60  # each pass merges nodes or adds them to segments; maps need fewer than ten


@dataclasses.dataclass
class Chain:
    nodes: list[int]
    closed: bool

    def pairs(self) -> list[tuple[int, int]]:
        ahead = self.nodes[1:] + self.nodes[:1] if self.closed else self.nodes[1:]
        return list(zip(self.nodes, ahead))


@dataclasses.dataclass
class Face:
    """A bounded region: node numbers of its outline (counter-clockwise) and of its holes (clockwise), a point inside."""

    polygon: shapely.Polygon
    rings: list[list[int]]
    inside: tuple[float, float]

    def nodes(self) -> list[int]:
        return [n for ring in self.rings for n in ring]


class Arrangement:
    def __init__(self) -> None:
        self.xy = np.zeros((0, 2))  # [num_nodes, 2], metres
        self._fixed = np.zeros(0, dtype=bool)
        self._placed = np.zeros(0, dtype=bool)  # has been moved onto a segment: stays there
        self._chains: list[Chain] = []

    def add(self, coordinates: np.ndarray, closed: bool) -> int:
        """A ring (without its first point repeated) or a line; the number under which chain() knows it."""
        first = len(self.xy)
        self.xy = np.vstack([self.xy, coordinates])
        self._fixed = np.append(self._fixed, np.zeros(len(coordinates), dtype=bool))
        self._placed = np.append(self._placed, np.zeros(len(coordinates), dtype=bool))
        self._chains.append(Chain(list(range(first, first + len(coordinates))), closed))
        return len(self._chains) - 1

    def add_all(self, coordinates: list[np.ndarray], closed: bool) -> list[int]:
        """As add, for many at once."""
        if not coordinates:
            return []
        first = len(self.xy)
        count = sum(map(len, coordinates))
        self.xy = np.vstack([self.xy, *coordinates])
        self._fixed = np.append(self._fixed, np.zeros(count, dtype=bool))
        self._placed = np.append(self._placed, np.zeros(count, dtype=bool))
        out = []
        for points in coordinates:
            self._chains.append(Chain(list(range(first, first + len(points))), closed))
            out.append(len(self._chains) - 1)
            first += len(points)
        return out

    def chain(self, index: int) -> list[int]:
        """The nodes of a ring or line as it is now; empty where it has collapsed."""
        return self._chains[index].nodes

    def fix(self) -> None:
        """No node that is there now will move."""
        self._fixed[:] = True

    def resolve(self, tolerance_m: float) -> None:
        for _ in range(_MAX_PASSES):
            changed = self._weld(tolerance_m)
            self._tidy()
            changed |= self._join_nodes_to_segments(tolerance_m)
            if changed:
                continue
            if not self._cross_segments():
                return
        raise Error(f"the footprints do not come apart with tolerance_m = {tolerance_m}: try a smaller one")

    def faces(self) -> list[Face]:
        segments = self._segments()
        lines = shapely.linestrings(self.xy[segments])
        polygons = shapely.get_parts(shapely.polygonize(lines))
        polygons = shapely.orient_polygons(polygons)
        number = {tuple(p): i for i, p in enumerate(self.xy.tolist())}
        inside = shapely.get_coordinates(shapely.point_on_surface(polygons))
        out = []
        for polygon, point in zip(polygons, inside):
            rings = [[number[tuple(p)] for p in shapely.get_coordinates(ring)[:-1].tolist()] for ring in shapely.get_rings(polygon)]
            out.append(Face(polygon, rings, tuple(point)))
        return out

    def polygon(self, rings: list[int]) -> shapely.Polygon | None:
        """The polygon of these rings (outline first) as they are now; None where its outline has collapsed."""
        shells = [self.xy[self.chain(r)] for r in rings if len(self.chain(r)) > 2]
        if not shells or len(self.chain(rings[0])) < 3:
            return None
        return shapely.Polygon(shells[0], shells[1:])

    # ---- the steps -----------------------------------------------------------------------------------------------------

    def _used(self) -> np.ndarray:
        return np.unique(np.concatenate([c.nodes for c in self._chains if c.nodes])).astype(int)

    def _segments(self) -> np.ndarray:
        """[num_segments, 2]: each once, the lower node first."""
        pairs = np.array([p for c in self._chains for p in c.pairs()], dtype=int).reshape(-1, 2)
        pairs = np.unique(np.sort(pairs, axis=1), axis=0)
        return pairs[pairs[:, 0] != pairs[:, 1]]

    def _weld(self, tolerance_m: float) -> bool:
        used = self._used()
        points = shapely.points(self.xy[used])
        near = shapely.STRtree(points).query(points, predicate="dwithin", distance=tolerance_m)
        high, low = used[near[0]], used[near[1]]
        keep = (low < high) & ~(self._fixed[low] & self._fixed[high])
        high, low = high[keep], low[keep]
        if not len(high):
            return False
        distance = np.hypot(*(self.xy[high] - self.xy[low]).T)
        root = np.arange(len(self.xy))
        # To the nearest earlier node that is itself kept: no chain of merges carries a node farther than the tolerance.
        for i in np.lexsort((low, distance, high)):
            if root[high[i]] == high[i] and root[low[i]] == low[i]:
                root[high[i]] = low[i]
        for c in self._chains:
            c.nodes = root[c.nodes].tolist()
        return True

    def _tidy(self) -> None:
        """Removes repeated nodes and spikes (a b a) from the chains."""
        for c in self._chains:
            out: list[int] = []
            for n in c.nodes:
                if out and out[-1] == n:
                    continue
                if c.closed and len(out) > 1 and out[-2] == n:
                    out.pop()
                    continue
                out.append(n)
            while c.closed and len(out) > 1 and (out[0] == out[-1] or (len(out) > 2 and (out[1] == out[-1] or out[0] == out[-2]))):
                if out[0] == out[-1] or out[0] == out[-2]:
                    out.pop()
                else:
                    out.pop(0)
            c.nodes = out if len(out) > (2 if c.closed else 1) else []

    def _join_nodes_to_segments(self, tolerance_m: float) -> bool:
        segments, used = self._segments(), self._used()
        tree = shapely.STRtree(shapely.linestrings(self.xy[segments]))
        hit_node, hit_segment = tree.query(shapely.points(self.xy[used]), predicate="dwithin", distance=tolerance_m)
        node, segment = used[hit_node], hit_segment
        a, b = segments[segment].T
        keep = (node != a) & (node != b)
        node, segment, a, b = node[keep], segment[keep], a[keep], b[keep]
        if not len(node):
            return False
        along, fraction, distance = _projected(self.xy[node], self.xy[a], self.xy[b])
        splits: dict[tuple[int, int], list[tuple[float, int]]] = {}
        for i in np.lexsort((distance, node)):
            n = int(node[i])
            if not 0 < fraction[i] < 1 or self._is_short_side(int(a[i]), int(b[i]), n):
                continue
            if not self._fixed[n] and not self._placed[n]:
                self.xy[n] = along[i]
                self._placed[n] = True
            splits.setdefault((int(a[i]), int(b[i])), []).append((fraction[i], n))
        return self._split(splits)

    def _is_short_side(self, a: int, b: int, n: int) -> bool:
        """Of a flat triangle a b n only the longest side takes the third node in: others would change places with it for ever."""

        def length(p: int, q: int) -> tuple[float, int, int]:
            return (float(np.hypot(*(self.xy[p] - self.xy[q]))), min(p, q), max(p, q))

        return length(a, b) < max(length(a, n), length(b, n))

    def _cross_segments(self) -> bool:
        segments = self._segments()
        lines = shapely.linestrings(self.xy[segments])
        i, j = shapely.STRtree(lines).query(lines, predicate="crosses")
        i, j = i[i < j], j[i < j]
        (a, b), (c, d) = segments[i].T, segments[j].T
        apart = (a != c) & (a != d) & (b != c) & (b != d)
        i, j, a, b, c, d = i[apart], j[apart], a[apart], b[apart], c[apart], d[apart]
        splits: dict[tuple[int, int], list[tuple[float, int]]] = {}
        new = []
        for k in range(len(i)):
            p, r, q, s = self.xy[a[k]], self.xy[b[k]] - self.xy[a[k]], self.xy[c[k]], self.xy[d[k]] - self.xy[c[k]]
            det = r[0] * s[1] - r[1] * s[0]
            if det == 0:
                continue
            t, u = ((q - p)[0] * s[1] - (q - p)[1] * s[0]) / det, ((q - p)[0] * r[1] - (q - p)[1] * r[0]) / det
            if not (0 < t < 1 and 0 < u < 1):
                continue
            number = len(self.xy) + len(new)
            new.append(p + t * r)
            splits.setdefault((int(a[k]), int(b[k])), []).append((t, number))
            splits.setdefault((int(c[k]), int(d[k])), []).append((u, number))
        if not new:
            return False
        self.xy = np.vstack([self.xy, new])
        self._fixed = np.append(self._fixed, np.zeros(len(new), dtype=bool))
        self._placed = np.append(self._placed, np.ones(len(new), dtype=bool))
        return self._split(splits)

    def _split(self, splits: dict[tuple[int, int], list[tuple[float, int]]]) -> bool:
        if not splits:
            return False
        inner = {}
        for (a, b), nodes in splits.items():
            order = [n for _, n in sorted(nodes)]
            inner[(a, b)], inner[(b, a)] = order, order[::-1]
        for c in self._chains:
            if not any(pair in inner for pair in c.pairs()):
                continue
            nodes = []
            for a, b in c.pairs():
                nodes += [a, *inner.get((a, b), [])]
            c.nodes = nodes if c.closed else nodes + c.nodes[-1:]
        return True


def _projected(p: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Feet of p on the lines a b, their fractions from a to b, distances."""
    d = b - a
    fraction = ((p - a) * d).sum(axis=1) / (d * d).sum(axis=1)
    foot = a + fraction[:, None] * d
    return foot, fraction, np.hypot(*(p - foot).T)
