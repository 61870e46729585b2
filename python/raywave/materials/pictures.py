# SPDX-License-Identifier: Apache-2.0
"""Scenes in the colours of what their materials are."""
from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np

from .._raywave import Error, Material, Object, Scene
from .fields import NUMBERS, Field, Places, base_of
from .touched import require_fields


def colored(scene: Scene, fields: Mapping[str, Field], quantity: str = "relative_permittivity", *, cell_m: float = 0.25, low: float | None = None, high: float | None = None) -> Scene:
    """A scene for pictures: surfaces cut into cells of about cell_m, each in the colour of the quantity there (of materials that do not vary, their own number),
    from blue (low) over green to red (high), by default from the least to the largest. Its report's list of materials is the scale."""
    if quantity not in NUMBERS:
        raise Error(f"a material has {', '.join(NUMBERS)}, got {quantity!r}")
    require_fields(scene, fields)
    pieces, values = [], []
    for name, item in scene.objects.items():
        corners = _cut(np.array(item.vertices_m)[np.array(item.triangles).astype(int)], cell_m)
        field, base = fields.get(item.material), base_of(scene.materials[item.material], scene.frequency_hz)
        own = np.full(len(corners), base[quantity])
        if field is not None and quantity in field.quantities:
            normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            places = Places(corners.mean(axis=1), normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300), np.ones(len(corners)), scene.frequency_hz, base)
            own = field.values(places)[:, field.quantities.index(quantity)]
        pieces.append((name, corners))
        values.append(own)
    every = np.concatenate(values)
    low, high = float(every.min()) if low is None else low, float(every.max()) if high is None else high
    steps = 16
    out = Scene()
    out.frequency_hz = scene.frequency_hz
    for i in range(steps):
        t = i / (steps - 1)
        made = Material(f"{quantity} {low + (high - low) * t:.3g} ({i + 1})")
        made.color = [min(1.0, max(0.0, c)) for c in (2 * t - 0.5, 1 - abs(2 * t - 1), 1.5 - 2 * t)]
        out.add(made)
    names = list(out.materials)
    for (name, corners), own in zip(pieces, values):
        which = np.clip(np.round((own - low) / max(high - low, 1e-300) * (steps - 1)), 0, steps - 1).astype(int)
        for k in np.unique(which):
            part = corners[which == k]
            out.add(Object(f"{name} {k + 1}", part.reshape(-1, 3), np.arange(3 * len(part)).reshape(-1, 3), names[k]))
    for device in (*scene.transmitters.values(), *scene.receivers.values()):
        out.add(copy.copy(device))
    return out


def _cut(corners, cell_m):
    """Triangles [n, 3, 3] halved at their longest sides until these are at most cell_m; at most 200,000."""
    done = []
    while len(corners) and len(corners) < 200_000:
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
        longest = sides.argmax(axis=1)
        small = sides.max(axis=1) <= cell_m
        done.append(corners[small])
        rest, longest = corners[~small], longest[~small]
        i = np.arange(len(rest))
        a, b, c = rest[i, longest], rest[i, (longest + 1) % 3], rest[i, (longest + 2) % 3]
        middle = (a + b) / 2
        corners = np.concatenate([np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)])
    return np.concatenate([*done, corners]) if done else corners
