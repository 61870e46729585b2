# SPDX-License-Identifier: Apache-2.0
"""Radio propagation by rays: scenes, paths between devices, radio maps."""

import difflib

from . import _raywave
from ._raywave import Error, PlanarArray, RadioMap, Scene, __version__, load_scene

__all__ = ["Error", "Paths", "PathSolver", "PlanarArray", "RadioMap", "RadioMapSolver", "Receiver", "Scene",
           "Transmitter", "add", "load_scene", "__version__"]

_ABSENT = ("diffuse_reflection", "diffraction", "edge_diffraction")


def _options(defaults, given):
    for key, value in given.items():
        if key in _ABSENT:
            if value:
                raise Error(f"{key}=True is not available in this version of raywave")
        elif key not in defaults:
            near = difflib.get_close_matches(key, defaults, 1)
            raise TypeError(f"unknown option '{key}'" + (f", did you mean '{near[0]}'?" if near else ""))
    return [given.get(key, value) for key, value in defaults.items()]


class Receiver:
    def __init__(self, name, position_m, *, orientation_rad=(0, 0, 0), velocity_m_per_s=(0, 0, 0), array=None):
        self.name = name
        self.position_m = position_m
        self.orientation_rad = orientation_rad
        self.velocity_m_per_s = velocity_m_per_s
        self.array = array if array is not None else PlanarArray()

    def _add_to(self, scene):
        scene.add_receiver(self.name, self.position_m, self.orientation_rad, self.velocity_m_per_s, self.array)


class Transmitter(Receiver):
    def __init__(self, name, position_m, *, power_dbm=44.0, **kwargs):
        super().__init__(name, position_m, **kwargs)
        self.power_dbm = power_dbm

    def _add_to(self, scene):
        scene.add_transmitter(self.name, self.position_m, self.orientation_rad, self.velocity_m_per_s, self.array,
                              self.power_dbm)


def _add(scene, item):
    """Adds a Transmitter or Receiver. Later edits of the item do not reach the scene."""
    item._add_to(scene)


Scene.add = _add
__all__.remove("add")


class Paths:
    """Padded arrays as attributes: a, tau, theta_t, phi_t, theta_r, phi_r, doppler, valid, interactions, objects,
    vertices; made at the first use of one."""

    def __init__(self, raw):
        self._raw = raw
        self._padded = None

    def __len__(self):
        return len(self._raw)

    def __getattr__(self, key):
        if key.startswith("_"):
            raise AttributeError(key)
        if self._padded is None:
            self._padded = self._raw.padded()
        if key not in self._padded:
            raise AttributeError(f"Paths has no attribute '{key}'")
        return self._padded[key]

    def save(self, path):
        self._raw.save(str(path))

    def to_json(self):
        return self._raw.to_json()


class PathSolver:
    _defaults = dict(max_depth=3, los=True, specular_reflection=True, refraction=False, samples_per_src=1_000_000,
                     synthetic_array=True, seed=42, finder="shoot-and-bounce", num_threads=0)

    def __call__(self, scene, **options):
        return Paths(_raywave.solve_paths(scene, *_options(self._defaults, options)))


class RadioMapSolver:
    _defaults = dict(cell_size_m=(10, 10), height_m=1.5, max_depth=3, los=True, specular_reflection=True,
                     refraction=False, samples_per_tx=1_000_000, method="exact", seed=42, num_threads=0)

    def __call__(self, scene, **options):
        return _raywave.solve_radio_map(scene, *_options(self._defaults, options))
