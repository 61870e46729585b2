# SPDX-License-Identifier: Apache-2.0
"""Radio propagation by rays: scenes, paths between devices, channels, radio maps.

    scene = load_scene("city.xml")
    scene.add(Transmitter("tx", position_m=[8.5, 21, 27]))
    scene.add(Receiver("rx", position_m=[45, 90, 1.5]))
    paths = PathSolver()(scene, max_depth=5)
    radio_map = RadioMapSolver()(scene, cell_size_m=(5, 5))
"""
import difflib
import html
import importlib
import importlib.util
import os
import pathlib
import sys
import tempfile

from . import _raywave, differentiable, wave
from ._values import option
from ._raywave import (AntennaArray, Device, Error, Material, Object, Parameter, Paths, PlanarArray, RadioMap, Receiver, Scene,
                       Transmitter, __version__, itu_material, load_scene)
from ._methods import method
from .gradients import GradCheck, gradcheck

__all__ = ["AntennaArray", "Device", "Error", "GradCheck", "Material", "Object", "Parameter", "PathSolver", "Paths", "PlanarArray", "RadioMap",
           "RadioMapSolver", "Receiver", "Report", "Scene", "Transmitter", "__version__", "differentiable", "formats", "gradcheck", "itu_material", "load_scene", "wave"]

_NOT_YET = ("diffuse_reflection",)


def _find_cufft():
    """Tells the library where the Python package nvidia-cufft keeps cuFFT, should a device be asked for."""
    package = importlib.util.find_spec("nvidia")
    for place in (package.submodule_search_locations or []) if package else []:
        for library in sorted(pathlib.Path(place).glob("*/lib/libcufft.so.*")):
            os.environ.setdefault("RAYWAVE_CUFFT_DIR", str(library.parent))
            return


_find_cufft()


def _options(defaults, given):
    for key, value in given.items():
        if key in _NOT_YET:
            if value:
                raise Error(f"{key}=True is not available in this version of raywave")
        elif key == "edge_diffraction":
            if value and not given.get("diffraction"):
                raise Error("edge_diffraction=True: diffraction=True has the edges of walls and of free sheets alike")
        elif key not in defaults:
            near = difflib.get_close_matches(key, defaults, 1)
            raise TypeError(f"unknown option '{key}'" + (f", did you mean '{near[0]}'?" if near else ""))
    return {key: option(key, given[key]) if key in given else value for key, value in defaults.items()}


class PathSolver:
    """Paths between all transmitters and receivers of a scene: PathSolver()(scene, max_depth=5, refraction=True, ...).

    Options: max_depth, los, specular_reflection, refraction, diffraction, max_diffractions (edges in one path: 1 to 3),
    seam_tolerance_m (cracks up to this width are closed at edges; None: a tenth of the wavelength),
    samples_per_src, synthetic_array, seed, finder ("shoot-and-bounce" or "exhaustive"), num_threads (0: all), progress (called with done, total)."""

    _defaults = dict(max_depth=3, los=True, specular_reflection=True, refraction=False, diffraction=False, max_diffractions=1,
                     seam_tolerance_m=None, samples_per_src=1_000_000, synthetic_array=True, seed=42, finder="shoot-and-bounce", num_threads=0, progress=None)

    def __call__(self, scene, **options):
        return _raywave.solve_paths(scene, _options(self._defaults, options))


class RadioMapSolver:
    """A radio map of a scene: RadioMapSolver()(scene, cell_size_m=(5, 5), height_m=1.5, max_depth=5, ...).

    The surface: a level plane over the whole scene at height_m (default 1.5); a plane given by size_m, orientation_rad and
    center_m (its z is the level) or else height_m, then over the middle of the scene; the triangles of the objects named in
    measurement_surface; or the ground objects named in terrain, followed at height_m.
    Options: method ("exact" or "monte-carlo"), max_depth, los, specular_reflection, refraction, diffraction, max_diffractions
    (1 to 3), seam_tolerance_m, samples_per_tx, points_per_cell (1, 4, 9), coherent, precoding (one complex weight a port), seed, num_threads, max_bytes, progress."""

    _defaults = dict(cell_size_m=(10, 10), height_m=None, center_m=None, size_m=None, orientation_rad=None, measurement_surface=None,
                     terrain=None, method="exact", max_depth=3, los=True, specular_reflection=True, refraction=False,
                     diffraction=False, max_diffractions=1, seam_tolerance_m=None, samples_per_tx=1_000_000, points_per_cell=1, coherent=False, precoding=None,
                     seed=42, num_threads=0, max_bytes=4e9, progress=None)

    def __call__(self, scene, **options):
        return _raywave.solve_radio_map(scene, _options(self._defaults, options))


class Report:
    """One self-contained page with the 3D scene. Shows itself in a notebook; save(path) writes it."""

    def __init__(self, page):
        self.html = page

    def save(self, path):
        pathlib.Path(path).write_text(self.html, encoding="utf-8")
        return path

    def _repr_html_(self):
        return f'<iframe srcdoc="{html.escape(self.html)}" width="100%" height="640" style="border:0"></iframe>'


def _in_notebook():
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def _present(report):
    """In a notebook the report itself; elsewhere the path of a file that holds it."""
    if _in_notebook():
        return report
    with tempfile.NamedTemporaryFile("w", suffix=".html", prefix="raywave-", delete=False, encoding="utf-8") as file:
        file.write(report.html)
    return file.name


@method(Scene, "preview")
def _preview(self, paths=None, radio_map=None, title="raywave", metric="path_gain"):
    """The scene with its devices, paths and map as a page: shown in a notebook, else written to a file whose path is returned."""
    return _present(Report(_raywave.report_html(self, paths, radio_map, title, metric)))


@method(RadioMap, "show")
def _show(self, metric="path_gain", title="raywave"):
    """The map draped over its scene: shown in a notebook, else written to a file whose path is returned."""
    return _present(Report(_raywave.report_html(None, None, self, title, metric)))


def __getattr__(name):
    """raywave.torch, raywave.jax, raywave.geo and raywave.campaigns, which import their libraries, only when they are asked for."""
    if name in ("torch", "jax", "geo", "campaigns"):
        return importlib.import_module(f".{name}", __name__)
    if name == "Campaign":
        return importlib.import_module(".campaigns", __name__).Campaign
    raise AttributeError(f"module 'raywave' has no attribute '{name}'")


from . import formats  # noqa: E402
from .formats import labelled as _labelled, pictures as _pictures  # noqa: E402, F401: to_xarray and plot of the classes
