# SPDX-License-Identifier: Apache-2.0
"""Values at points of a grid or a mesh, linear between them."""
from __future__ import annotations

import copy
import dataclasses
import os
import pathlib
import zipfile
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._files import new_file
from .._lines import line
from .._raywave import Error, Object
from .fields import Field, Places, _quantities, real_array


_KIND = "raywave material texture 1"


@dataclasses.dataclass
class _FaceWeights:
    """Of points on a parallelogram: the four texture values beside each [n, 4], their weights, and these' slopes by the place [n, 4, 3]."""

    corner: np.ndarray
    across: np.ndarray
    up: np.ndarray
    rows: int
    columns: int

    def __post_init__(self):
        self.inverse = np.linalg.pinv(np.stack([self.across, self.up]))

    def arrays(self):
        return dict(corner_m=self.corner, across_m=self.across, up_m=self.up)

    def __call__(self, point):
        share = (point - self.corner) @ self.inverse  # [n, 2]
        index, weight, slope = [], [], []
        for s, count, along in ((share[:, 1], self.rows, self.inverse[:, 1]), (share[:, 0], self.columns, self.inverse[:, 0])):
            at = np.clip(s, 0, 1) * (count - 1)
            low = np.minimum(at.astype(int), max(count - 2, 0))
            t = at - low
            inside = ((s > 0) & (s < 1) & (count > 1))[:, None] * (count - 1) * along  # d t / d place
            index.append((low, np.minimum(low + 1, count - 1)))
            weight.append((1 - t, t))
            slope.append((-inside, inside))
        corners = [(i, j) for i in (0, 1) for j in (0, 1)]
        where = np.stack([index[0][i] * self.columns + index[1][j] for i, j in corners], axis=1)
        much = np.stack([weight[0][i] * weight[1][j] for i, j in corners], axis=1)
        by_place = np.stack([slope[0][i] * weight[1][j][:, None] + weight[0][i][:, None] * slope[1][j] for i, j in corners], axis=1)
        return where, much, by_place


@dataclasses.dataclass
class _MeshWeights:
    """Of points on a mesh: the corners of the nearest triangle, their weights, and these' slopes by the place."""

    vertices: np.ndarray
    triangles: np.ndarray

    def arrays(self):
        return dict(vertices_m=self.vertices, triangles=self.triangles.astype("<i8"))

    def __call__(self, point):
        a, b, c = (self.vertices[self.triangles[:, i]] for i in range(3))
        frames = np.linalg.pinv(np.stack([b - a, c - a], axis=1))  # [t, 3, 2]
        normal = np.cross(b - a, c - a)
        size = np.sqrt(np.linalg.norm(normal, axis=1))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        which = np.empty(len(point), dtype=int)
        for part in np.array_split(np.arange(len(point)), max(1, len(point) * len(self.triangles) // 4_000_000)):
            from_a = point[part, None] - a
            uv = np.einsum("ntk,tkm->ntm", from_a, frames)
            outside = np.maximum(0, np.maximum(-uv.min(axis=2), uv.sum(axis=2) - 1))
            which[part] = np.argmin(np.abs(np.einsum("ntk,tk->nt", from_a, normal)) + outside * size, axis=1)
        d = frames[which]
        uv = np.einsum("nk,nkm->nm", point - a[which], d)
        return self.triangles[which], np.stack([1 - uv.sum(axis=1), uv[:, 0], uv[:, 1]], axis=1), np.stack([-d.sum(axis=2), d[:, :, 0], d[:, :, 1]], axis=1)


class Texture(Field):
    """Values at points of a grid or a mesh, linear between them: `texture`, [..., quantities] (the last axis is left out for one quantity).

    Texture.over_face(values [rows, columns], corner_m=, across_m=, up_m=): an image over a parallelogram, its first row at the corner, held at the rim beyond.
    Texture.at_vertices(object, values [num_vertices])."""

    def __init__(self, values: ArrayLike, quantities: str | Sequence[str], weights_of: Callable):
        self.quantities, self._weights_of = _quantities(quantities), weights_of
        self.texture = real_array("a texture", values)
        self._flat()

    def _flat(self):
        flat = self.texture.reshape(-1, len(self.quantities))
        if not np.isfinite(flat).all():
            raise Error("a texture holds values that are not finite")
        return flat

    @classmethod
    def over_face(cls, values: ArrayLike, *, corner_m: Sequence[float], across_m: Sequence[float], up_m: Sequence[float],
                  quantities: str | Sequence[str] = "relative_permittivity") -> Texture:
        corner, across, up = (real_array("corner_m, across_m and up_m", v) for v in (corner_m, across_m, up_m))
        names = _quantities(quantities)
        values = real_array("a texture", values)
        if values.ndim != 2 + (len(names) > 1) or min(values.shape[:2]) < 1 or len(names) > 1 and values.shape[2] != len(names):
            raise Error(f"values over a face are [rows, columns{', ' + str(len(names)) if len(names) > 1 else ''}], got the shape {list(values.shape)}")
        frame = np.stack([across, up])
        if frame.shape != (2, 3) or corner.shape != (3,) or not np.isfinite([*frame, corner]).all() or np.linalg.matrix_rank(frame) < 2:
            raise Error("corner_m, across_m and up_m are three numbers each, across and up not along one line")
        return cls(values, names, _FaceWeights(corner, across, up, values.shape[0], values.shape[1]))

    @classmethod
    def at_vertices(cls, item: Object, values: ArrayLike, *, quantities: str | Sequence[str] = "relative_permittivity") -> Texture:
        vertices, triangles = np.array(item.vertices_m), np.array(item.triangles).astype(int)
        names = _quantities(quantities)
        values = real_array("a texture", values)
        if values.shape != (len(vertices), *((len(names),) if len(names) > 1 else ())):
            raise Error(f"'{item.name}' has {len(vertices)} vertices, got values of the shape {list(values.shape)}")
        return cls(values, names, _MeshWeights(vertices, triangles))

    def __repr__(self):
        return line(self, "quantities", "texture")

    def parameters(self) -> dict:
        return {"texture": self.texture}

    def with_parameters(self, *, texture: ArrayLike) -> Texture:
        out = copy.copy(self)
        out.texture = real_array("texture", texture, self.texture.shape)
        out._flat()
        return out

    def values(self, places: Places) -> np.ndarray:
        where, much, _ = self._weights_of(places.point_m)
        return np.einsum("nc,ncq->nq", much, self._flat()[where])

    def slopes(self, places: Places) -> np.ndarray | None:
        where, _, by_place = self._weights_of(places.point_m)
        return np.einsum("ncx,ncq->nqx", by_place, self._flat()[where])

    def pull(self, places: Places, word: str, cotangent: np.ndarray) -> np.ndarray:
        where, much, _ = self._weights_of(places.point_m)
        out = np.zeros_like(self._flat())
        np.add.at(out, where, much[:, :, None] * cotangent[:, None, :])
        return out.reshape(self.texture.shape)

    def push(self, places: Places, word: str, change: np.ndarray) -> np.ndarray:
        where, much, _ = self._weights_of(places.point_m)
        return np.einsum("nc,ncq->nq", much, np.asarray(change, dtype=float).reshape(-1, len(self.quantities))[where])

    def save(self, file: str | os.PathLike) -> pathlib.Path:
        """.npz, also for `texture` in [[material]] of a run file."""
        with new_file(file, (".npz",), "a texture") as place, open(place, "wb") as out:
            np.savez(out, kind=_KIND, quantities=np.array(self.quantities), texture=self.texture, **self._weights_of.arrays())
        return pathlib.Path(file)

    @classmethod
    def load(cls, file: str | os.PathLike) -> Texture:
        """What save has written."""
        try:
            with np.load(file) as held:
                if "kind" not in held.files or str(held["kind"]) != _KIND:
                    raise Error(f"'{file}' holds no texture")
                values, names = held["texture"], [str(q) for q in held["quantities"]]
                if "triangles" in held.files:
                    made = cls(values, names, _MeshWeights(held["vertices_m"], held["triangles"].astype(int)))
                    fits = len(made._flat()) == len(held["vertices_m"]) and (held["triangles"] >= 0).all() and (held["triangles"] < len(held["vertices_m"])).all()
                    if not fits:
                        raise Error(f"'{file}' is damaged: its mesh is of another size than its values")
                    return made
                return cls.over_face(values, **{word: held[word] for word in ("corner_m", "across_m", "up_m")}, quantities=names)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            if isinstance(error, Error):
                raise
            raise Error(f"'{file}' cannot be read as a texture: {error}") from None
