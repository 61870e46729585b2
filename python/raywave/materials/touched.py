# SPDX-License-Identifier: Apache-2.0
"""Materials that vary where paths touch them: asked in one batch, and back from the touched numbers to their parameters."""
from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping

import numpy as np

from .. import _raywave
from .._raywave import Error, Paths, RadioMap, ScatteredPower, Scene
from .fields import KAPPA, NUMBERS, Field, Places, base_of


_BOUNDS = ((1.0, np.inf), (0.0, np.inf), (0.0, np.inf), (0.0, 1.0), (0.0, 1.0), (0.0, 1e9))  # of NUMBERS


def _differenced(field, low, high, between):
    return (np.asarray(field.values(high), dtype=float) - np.asarray(field.values(low), dtype=float)) / between


def _by_base(field, places, quantity):
    """Of a field's values by one of the scene's numbers, [n, quantities], by differences (on one side at the number's bounds); 0 for those that do not look at it."""
    own, (least, most) = places.base[quantity], _BOUNDS[NUMBERS.index(quantity)]
    step = 1e-6 * max(abs(own), 1e-3)
    low, high = (dataclasses.replace(places, base={**places.base, quantity: min(max(own + d, least), most)}) for d in (-step, step))
    return _differenced(field, low, high, high.base[quantity] - low.base[quantity])


def _by_frequency(field, places):
    step = 1e-6 * places.frequency_hz
    return _differenced(field, dataclasses.replace(places, frequency_hz=places.frequency_hz - step), dataclasses.replace(places, frequency_hz=places.frequency_hz + step), 2 * step)


def _check(name, field, values, count, places):
    if values.shape != (count, len(field.quantities)):
        raise Error(f"the material '{name}' ({field!r}) gives the shape {list(values.shape)}, wanted [{count}, {len(field.quantities)}]")
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        x, y, z = places.point_m[bad[0]]
        raise Error(f"the material '{name}' ({field!r}) is not finite at {x:.4g}, {y:.4g}, {z:.4g} m: {values[bad[0]].tolist()}")
    if KAPPA in field.quantities and (least := values[:, field.quantities.index(KAPPA)].min(initial=np.inf)) <= 0:
        raise Error(f"a varying material's {KAPPA} must be > 0, got {least:.4g} of '{name}' ({field!r})")


def _warn_of_narrow_lobes(name, field, values, cut_for):
    """Tiles are cut for the lobe that the scene's material names."""
    most = values[:, field.quantities.index(KAPPA)].max()
    if most > 2 * cut_for:
        warnings.warn(f"the material '{name}' has {KAPPA} up to {most:.4g} where tiles were cut for {cut_for:.4g}, which may miss its lobe: "
                      f"name the narrowest, material.lobe = 'von_mises_fisher(kappa={most:.4g})'")


class _Fields:
    """Of the paths of one solve: fields by material, places, and how gradients by the touched numbers go to the fields' parameters."""

    def __init__(self, touched, scene, fields):
        names = list(scene.materials)
        self.materials = names
        self.parts, self.names, touch, numbers, slopes, begin = [], [], [], [], [], 0
        for name, field in fields.items():
            rows = np.flatnonzero(touched["material"] == names.index(name))
            places = Places(touched["point_m"][rows], touched["normal"][rows], touched["cos_incidence"][rows], scene.frequency_hz, base_of(scene.materials[name], scene.frequency_hz))
            columns = [NUMBERS.index(q) for q in field.quantities]
            own = np.tile([places.base[q] for q in NUMBERS], (len(rows), 1))
            by_place = np.zeros((len(rows), len(NUMBERS), 3))
            if len(rows):
                values = np.asarray(field.values(places), dtype=float)
                _check(name, field, values, len(rows), places)
                own[:, columns] = values
                if KAPPA in field.quantities:
                    _warn_of_narrow_lobes(name, field, values, places.base[KAPPA])
                by = field.slopes(places)
                if by is not None:
                    by_place[:, columns] = by
                if not np.isfinite(by_place).all():
                    raise Error(f"the material '{name}' ({field!r}) has slopes by the place that are not finite")
            self.parts.append((name, field, places, columns, slice(begin, begin + len(rows))))
            self.names += [f"material/{name}/{word}" for word in field.parameters()]
            begin += len(rows)
            touch.append(touched["touch"][rows])
            numbers.append(own)
            slopes.append(by_place)
        self.touch = np.concatenate(touch).astype(float)
        self.numbers, self.slopes = np.concatenate(numbers), np.concatenate(slopes)

    def pull(self, names, rows):
        out = {}
        for name, field, places, columns, part in self.parts:
            for word, value in field.parameters().items():
                full = f"material/{name}/{word}"
                if full in names:
                    out[full] = field.pull(places, word, rows[part][:, columns]) if len(places) else np.zeros_like(value)
        return out

    # The scene's own numbers where materials vary: what a field leaves is theirs, and a field may make its values of them and of the frequency.

    def pull_base(self, asked, rows):
        """([num_materials * NUMBERS], of the frequency): gradients by the scene's numbers and by what fields make of the frequency, of those asked for."""
        out, of_frequency = np.zeros((len(self.materials), len(NUMBERS))), 0.0
        for name, field, places, columns, part in self.parts:
            own, to = rows[part], out[self.materials.index(name)]
            kept = [k for k in range(len(NUMBERS)) if k not in columns]
            to[kept] += own[:, kept].sum(axis=0)
            if not len(places):
                continue
            whole = "frequency_hz" in asked  # which the scene's numbers may follow
            for k, q in enumerate(NUMBERS):
                if whole or f"material/{name}/{q}" in asked:
                    to[k] += float((own[:, columns] * _by_base(field, places, q)).sum())
            if whole:
                of_frequency += float((own[:, columns] * _by_frequency(field, places)).sum())
        return out.ravel().tolist(), of_frequency

    def push_base(self, change, by_frequency):
        """How rows move with the scene's numbers, `change` [num_materials, NUMBERS], and with the frequency."""
        out = np.zeros_like(self.numbers)
        for name, field, places, columns, part in self.parts:
            own = change[self.materials.index(name)]
            kept = [k for k in range(len(NUMBERS)) if k not in columns]
            out[part, kept] += own[kept]
            if not len(places):
                continue
            for k, q in enumerate(NUMBERS):
                if own[k] != 0:
                    out[part, columns] += own[k] * _by_base(field, places, q)
            if by_frequency != 0:
                out[part, columns] += by_frequency * _by_frequency(field, places)
        return out

    def push(self, changes):
        out = np.zeros_like(self.numbers)
        for name, field, places, columns, part in self.parts:
            for word, value in field.parameters().items():
                change = changes.get(f"material/{name}/{word}")
                if change is not None and len(places):
                    if np.shape(change) != value.shape:
                        raise Error(f"the tangent of material/{name}/{word} has the shape {list(np.shape(change))}, wanted {list(value.shape)}")
                    out[part, columns] += field.push(places, word, np.asarray(change, dtype=float))
        return out


class Asked:
    """Of samples: fields as rays ask for them, a batch at a time."""

    def __init__(self, scene: Scene, fields: Mapping[str, Field]):
        names = list(scene.materials)
        self._frequency_hz = scene.frequency_hz
        self._of = {names.index(name): (name, field, base_of(scene.materials[name], scene.frequency_hz)) for name, field in fields.items()}
        self.indices = list(self._of)

    def answer(self, touched: Mapping[str, np.ndarray]) -> np.ndarray:
        """The numbers at touched places, [n, NUMBERS]."""
        out = np.empty((len(touched["material"]), len(NUMBERS)))
        for index, (name, field, base) in self._of.items():
            rows = np.flatnonzero(touched["material"] == index)
            if not len(rows):
                continue
            places = Places(touched["point_m"][rows], touched["normal"][rows], touched["cos_incidence"][rows], self._frequency_hz, base)
            values = np.asarray(field.values(places), dtype=float)
            _check(name, field, values, len(rows), places)
            own = np.tile([base[q] for q in NUMBERS], (len(rows), 1))
            own[:, [NUMBERS.index(q) for q in field.quantities]] = values
            out[rows] = own
        return out


def require_fields(scene: Scene, fields: Mapping[str, Field]) -> None:
    """@raises Error for materials that the scene does not have, or that cannot vary."""
    if not isinstance(fields, dict) or not all(isinstance(f, Field) for f in fields.values()):
        raise Error(f"materials takes {{name: a field of rw.materials}}, got {fields!r}"[:200])
    for name, field in fields.items():
        if name not in scene.materials:
            raise Error(f"materials: the scene has no material '{name}': {', '.join(scene.materials)}")
        if scene.materials[name].perfect_conductor:
            raise Error(f"materials: '{name}' is a perfect conductor, whose numbers do nothing")
        if KAPPA in field.quantities and not base_of(scene.materials[name], scene.frequency_hz)[KAPPA]:
            raise Error(f"materials: '{name}' has no von Mises-Fisher lobe whose kappa could vary: name one, material.lobe = 'von_mises_fisher(kappa=60)'")


def revalued(paths: Paths, scene: Scene, fields: Mapping[str, Field] | None) -> Paths:
    """The paths with the scene's materials as they are now, and these in their place where they vary."""
    if not fields:
        return _raywave.revalued_paths(paths, scene, np.zeros(0), np.zeros((0, len(NUMBERS))), None, None)
    require_fields(scene, fields)
    made = _Fields(_raywave.touched_places(paths), scene, fields)
    return _raywave.revalued_paths(paths, scene, made.touch, made.numbers, made.slopes, made)


def varied_map(radio_map: RadioMap, scene: Scene, fields: Mapping[str, Field]) -> RadioMap:
    """An exact map that kept its arrivals, with these in the place of the scene's materials."""
    touched = _raywave.touched_places_of_map(radio_map)
    made = _Fields(touched, scene, fields)
    return _raywave.varied_map(radio_map, touched["num_interactions"], made.touch, made.numbers, made.slopes, made)


def varied_power(power: ScatteredPower, scene: Scene, fields: Mapping[str, Field]) -> ScatteredPower:
    """Scattered power over the same tiles, with these in the place of the scene's materials."""
    touched = _raywave.touched_places_of_power(power)
    made = _Fields(touched, scene, fields)
    return _raywave.varied_power(power, touched["num_interactions"], made.touch, made.numbers, made.slopes, made)
