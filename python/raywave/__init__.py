# SPDX-License-Identifier: Apache-2.0
"""Radio propagation by rays: scenes, paths between devices, channels, radio maps.

    scene = load_scene("city.xml")
    scene.add(Transmitter("tx", position_m=[8.5, 21, 27]))
    scene.add(Receiver("rx", position_m=[45, 90, 1.5]))
    paths = PathSolver()(scene, max_depth=5)
    radio_map = RadioMapSolver()(scene, cell_size_m=(5, 5))
"""
from __future__ import annotations

import html
import importlib
import importlib.util
import inspect
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable, Sequence

from . import _fonts, _levels  # noqa: F401: before all that needs the compiled module
from . import _checked, _files, _names, _progress, _raywave, differentiable, materials as materials_, ris, wave  # _checked first: what it wraps, others give by other names
from ._methods import method
from ._raywave import (AntennaArray, ArrivalMap, Device, Error, Material, Object, Parameter, Paths, RadioMap, ScatteredPower, Scene, __version__,
                       itu_material)
from .arrivals import Aperture, ArrivalMapSolver, Horn
from ._sionna import ITURadioMaterial, RadioMaterial
from .devices import PlanarArray, Receiver, Transmitter
from .gradients import GradCheck, gradcheck
from .ris import Ris, RisMap, RisMapSolver, RisPaths, RisSolver
from ._lobes import LobeChoice
from .scattering import ScatteringSolver
from .scene2d import Paths2D, PathSampler, Scene2D
from .scenes import load_scene
from .shapes import box, plane, sphere

__all__ = ["AntennaArray", "Aperture", "ArrivalMap", "ArrivalMapSolver", "Device", "Error", "GradCheck", "Horn", "ITURadioMaterial", "LobeChoice",
           "Material",
           "Object", "Parameter", "PathSampler", "PathSolver", "Paths", "Paths2D", "PlanarArray", "RadioMap", "RadioMapSolver", "RadioMaterial", "Receiver",
           "Report", "Ris", "RisMap", "RisMapSolver", "RisPaths", "RisSolver", "ScatteredPower", "ScatteringSolver", "Scene", "Scene2D",
           "Simulation", "Trajectory", "Transmitter", "__version__", "box", "differentiable", "formats", "gradcheck", "itu_material", "load_scene", "materials",
           "motion", "plane", "read_trajectories", "scenes", "shapes", "signal", "simulate", "sphere", "subcarrier_frequencies", "wave"]


def _find_cufft():
    """Tells the library where the Python package nvidia-cufft keeps cuFFT, should a device be asked for."""
    package = importlib.util.find_spec("nvidia")
    for place in (package.submodule_search_locations or []) if package else []:
        for library in sorted(pathlib.Path(place).glob("*/lib/libcufft.so.*")):
            os.environ.setdefault("RAYWAVE_CUFFT_DIR", str(library.parent))
            return


_find_cufft()


def _defaults(call):
    """The options of a solver: its keyword parameters with their defaults."""
    return {p.name: p.default for p in inspect.signature(call).parameters.values() if p.kind is p.KEYWORD_ONLY}


class PathSolver:
    """Paths between all transmitters and receivers of a scene: PathSolver()(scene, max_depth=5, refraction=True, ...).

    Options: max_depth, los, specular_reflection, refraction, diffraction, max_diffractions (edges in one path: 1 to 3),
    seam_tolerance_m (cracks up to this width are closed at edges; None: a tenth of the wavelength),
    diffuse_reflection (scattering by each material's pattern), reflection ("mirror" or "directional": by a lobe, like
    "von_mises_fisher(kappa=60)" where a material has none of its own), keep_specular (planes of keep_specular_m2 or more stay mirrors),
    scattering_tolerance and max_tiles (of each link), scattering_phases ("none" or "random"),
    samples_per_src, synthetic_array, seed, finder ("shoot-and-bounce", "exhaustive", or "learned" by sampler=, a PathSampler of
    3 dimensions, num_samples a link and order), num_threads (0: all), device (where shot rays are traced: "cpu"; "cuda", where it is built in and one answers),
    materials ({name: field}: materials that vary, see raywave.materials),
    panels (rw.Ris or a list: by way of each element that both ends see there are paths of its own, with the interaction 32),
    progress (True: a bar by tqdm; or what is called with done, total). Of Sionna RT, names that mean the same are understood too."""

    problem = differentiable.PathProblem

    def __init__(self, *, deterministic: bool = True):
        if not deterministic:
            raise Error("deterministic=False is not available in raywave, where it is always True")

    def __call__(self, scene: Scene, *, max_depth: int = 3, los: bool = True, specular_reflection: bool = True, refraction: bool = False,
                 diffraction: bool = False, max_diffractions: int = 1, diffuse_reflection: bool = False, reflection: str = "mirror",
                 lobe: str | None = None, keep_specular: bool = False, keep_specular_m2: float = 1.0, scattering_tolerance: float = 1e-2, max_tiles: int = 20_000, scattering_phases: str = "none",
                 seam_tolerance_m: float | None = None, samples_per_src: int = 1_000_000,
                 synthetic_array: bool = True, seed: int = 42, finder: str = "shoot-and-bounce", sampler: PathSampler | None = None, num_samples: int = 10,
                 num_threads: int = 0, device: str = "cpu", materials: dict | None = None, panels: Ris | Sequence[Ris] | None = None,
                 progress: Callable[[int, int], object] | bool | None = None, **others: object) -> Paths:
        panels = ris.panel_list(panels)
        if materials is not None:
            materials_.require_fields(scene, materials)
        with _progress.reporter(progress, "paths") as progress:
            paths = _raywave.solve_paths(scene, _names.options(self._defaults, locals()))
        return materials_.revalued(paths, scene, materials) if materials else paths

    _defaults = _defaults(__call__)

    def __repr__(self):
        return "PathSolver()"


class RadioMapSolver:
    """A radio map of a scene: RadioMapSolver()(scene, cell_size_m=(5, 5), height_m=1.5, max_depth=5, ...).

    The surface: a level plane over the whole scene at height_m (default 1.5); a plane given by size_m, orientation_rad and
    center_m (its z is the level) or else height_m, then over the middle of the scene; the triangles of the objects named in
    measurement_surface; or the ground objects named in terrain, followed at height_m.
    Options: method ("exact" or "monte-carlo"), max_depth, los, specular_reflection, refraction, diffraction, max_diffractions
    (1 to 3), diffuse_reflection, reflection, lobe, keep_specular, keep_specular_m2, scattering_tolerance and max_tiles (of each sample point, exact maps), seam_tolerance_m, samples_per_tx, points_per_cell (1, 4, 9), coherent, keep_arrivals (exact maps keep what their
    derivatives replay, some 100 bytes an arrival; else each derivative solves again), seed, num_threads,
    device ("cpu"; "cuda": rays are traced there, and monte-carlo maps on planes made there),
    materials ({name: field}: materials that vary, see raywave.materials; exact maps keep their arrivals then, monte-carlo maps have no derivative),
    panels (rw.Ris or a list; of exact maps with coherent=True), max_bytes, progress (True: a bar by tqdm; or what is called with done, total). Of Sionna RT, names that mean the same are understood too."""

    problem = differentiable.MapProblem

    def __call__(self, scene: Scene, *, cell_size_m: float | Sequence[float] = (10, 10), height_m: float | None = None,
                 center_m: Sequence[float] | None = None, size_m: float | Sequence[float] | None = None, orientation_rad: Sequence[float] | None = None,
                 measurement_surface: str | Object | Sequence[str | Object] | None = None, terrain: str | Object | Sequence[str | Object] | None = None,
                 method: str = "exact", max_depth: int = 3, los: bool = True, specular_reflection: bool = True, refraction: bool = False,
                 diffraction: bool = False, max_diffractions: int = 1, diffuse_reflection: bool = False, reflection: str = "mirror",
                 lobe: str | None = None, keep_specular: bool = False, keep_specular_m2: float = 1.0, scattering_tolerance: float = 1e-2, max_tiles: int = 20_000,
                 seam_tolerance_m: float | None = None, samples_per_tx: int = 1_000_000,
                 points_per_cell: int = 1, coherent: bool = False, keep_arrivals: bool = False, seed: int = 42,
                 num_threads: int = 0, device: str = "cpu", max_bytes: float = 4e9, materials: dict | None = None, panels: Ris | Sequence[Ris] | None = None,
                 progress: Callable[[int, int], object] | bool | None = None, **others: object) -> RadioMap:
        panels = ris.panel_list(panels)
        if materials:
            materials_.require_fields(scene, materials)
            if panels:
                raise Error("materials= and panels=: the places that the ways to a panel's elements touch are not kept; give one of the two")
            keep_arrivals = method == "exact"
        asked = materials_.touched.Asked(scene, materials) if materials and method != "exact" else None
        with _progress.reporter(progress, "radio map") as progress:
            found = _raywave.solve_radio_map(scene, _names.options(self._defaults, locals()), asked)
        return materials_.varied_map(found, scene, materials) if materials and asked is None else found

    _defaults = _defaults(__call__)

    def __repr__(self):
        return "RadioMapSolver()"


class Report:
    """One self-contained page with the 3D scene. Shows itself in a notebook; save(path) writes it."""

    def __init__(self, page: str):
        self.html = page

    def save(self, path: str | os.PathLike) -> str | os.PathLike:
        """Writes the page; returns the path."""
        with _files.new_file(path, (".html", ".htm"), "a page") as place:
            pathlib.Path(place).write_text(self.html, encoding="utf-8")
        return path

    def __repr__(self):
        return f"Report({len(self.html) / 1e6:.3g} MB of HTML)"

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
def _preview(self, paths: Paths | None = None, radio_map: RadioMap | None = None, title: str = "raywave", metric: str = "path_gain") -> object:
    """The scene with its devices, paths and map as a page: shown in a notebook, else written to a file whose path is returned."""
    return _present(Report(_raywave.report_html(self, paths, radio_map, title, metric)))


@method(Scene, "explore")
def _explore(self, run: str | os.PathLike | None = None, port: int = 0, open_browser: bool = False) -> object:
    """Serves the live page of this scene: drag devices, change materials and switches, rays and coverage follow. Returns an Explorer with url, document,
    scene() and close(). run: the file that keeps its state (scene.explore.toml). Needs the extra raywave[explore]."""
    return importlib.import_module(".explore", __name__).explore(self, run=run, port=port, open_browser=open_browser)


@method(RadioMap, "show")
def _show(self, metric: str = "path_gain", title: str = "raywave") -> object:
    """The map draped over its scene: shown in a notebook, else written to a file whose path is returned."""
    return _present(Report(_raywave.report_html(None, None, self, title, metric)))


def __getattr__(name):
    """raywave.torch, raywave.jax, raywave.geo, raywave.campaigns, raywave.inverse and raywave.explore, which import their libraries, only when they are
    asked for."""
    if name in ("torch", "jax", "geo", "campaigns", "inverse", "explore"):
        return importlib.import_module(f".{name}", __name__)
    if name == "Campaign":
        return importlib.import_module(".campaigns", __name__).Campaign
    if name in ("calibrate", "fit"):
        return getattr(importlib.import_module(".inverse", __name__), name)
    raise AttributeError(f"module 'raywave' has no attribute '{name}'")


def __dir__():
    return sorted({*__all__, "Campaign", "calibrate", "campaigns", "explore", "fit", "geo", "inverse", "jax", "torch"})


from . import _copies, formats, materials, scenes, shapes, signal  # noqa: E402, F401
from .formats import labelled as _labelled, pictures as _pictures  # noqa: E402, F401: to_xarray and plot of the classes
from .results import subcarrier_frequencies  # noqa: E402
from . import motion  # noqa: E402
from .motion import Simulation, Trajectory, read_trajectories, simulate  # noqa: E402
