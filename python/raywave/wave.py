# SPDX-License-Identifier: Apache-2.0
"""Full wave fields of 2D and 3D scenes by the angular spectrum: y (and x) across, z along the march, exp(+j 2 pi f t).

    scene = Scene(grid=Grid(1024, spacing_m=0.01), frequency_hz=5.8e9, z_end_m=6,
                  objects=[rectangle([-1.6, 2], [4, 0.12], "concrete", name="wall")],
                  sources=[PointSource(distance_m=1, power_w_per_m=1)])
    result = simulate(scene, backend="fft", planes=200)
    result.plot("field.png")
    gradient = result.vjp(result.field)     # of sum |u|^2 / 2, by parameter name
"""
from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _raywave, wave_parameters
from ._methods import method
from ._progress import reporter
from ._raywave import Error, Material, WaveResult, itu_material
from ._lines import line
from .wave_parameters import Parameter
from .wave_problem import WaveProblem

__all__ = ["ArraySource", "GaussianBeam", "Grid", "Object", "Parameter", "PlaneWave", "PointSource", "SampledSource", "Scene", "Solver", "WaveResult",
           "box", "cut", "disc", "grating", "half_plane", "lens", "mesh", "polygon", "rectangle", "simulate", "solids", "sphere"]


@dataclasses.dataclass
class Grid:
    """num_y points (0: as many as the scene needs) `spacing_m` apart around center_m; or points_m, increasing (backend "nufft"). With a num_x other than 1 a 3D scene; 0: as many as it needs."""

    num_y: int = 0
    spacing_m: float = 0.0
    center_m: float = 0.0
    points_m: object = None
    num_x: int = 1
    spacing_x_m: float = None
    center_x_m: float = 0.0

    __repr__ = line

    def _dict(self):
        points = np.ascontiguousarray([] if self.points_m is None else self.points_m, dtype=np.float64)
        return dict(num_y=self.num_y or len(points), spacing_m=float(self.spacing_m), center_m=float(self.center_m), points_m=points,
                    num_x=self.num_x, spacing_x_m=float(self.spacing_m if self.spacing_x_m is None else self.spacing_x_m),
                    center_x_m=float(self.center_x_m))


@dataclasses.dataclass
class _Source:
    name: str = ""
    position_m: float = 0.0
    amplitude: float = 1.0
    phase_rad: float = 0.0
    position_x_m: float = 0.0

    __repr__ = line

    def _dict(self, name, scene):
        out = dict(kind=self._kind, tilt_rad=0.0, tilt_x_rad=0.0, element_offsets_x_m=(), waist_m=0.0, focus_m=0.0, width_m=0.0, taper_m=0.0, distance_m=0.0,
                   element_offsets_m=(), weights=(), samples=())
        out.update({f.name: getattr(self, f.name) for f in dataclasses.fields(self)})
        out["name"] = self.name or name
        if out["taper_m"] is None:
            out["taper_m"] = -1.0
        for key in ("element_offsets_m", "element_offsets_x_m"):
            out[key] = np.ascontiguousarray(out[key], dtype=np.float64)
        if self._kind == "array" and out["weights"] is None:
            out["weights"] = np.ones(len(out["element_offsets_m"]))
        for key in ("weights", "samples"):
            out[key] = np.ascontiguousarray(np.ravel(out[key]), dtype=np.complex128)
        return out


@dataclasses.dataclass(repr=False)
class GaussianBeam(_Source):
    """exp(-(y/waist)^2) along tilt_rad; the waist lies focus_m ahead."""

    waist_m: float = 0.0
    tilt_rad: float = 0.0
    focus_m: float = 0.0
    tilt_x_rad: float = 0.0
    _kind = "gaussian"


@dataclasses.dataclass(repr=False)
class PlaneWave(_Source):
    """A flat part of width_m with raised-cosine rims of taper_m; None: 8 sqrt(wavelength * march), which ripple it by less than 0.5 %."""

    width_m: float = 0.0
    taper_m: float = None
    tilt_rad: float = 0.0
    tilt_x_rad: float = 0.0
    _kind = "plane"


@dataclasses.dataclass(repr=False)
class PointSource(_Source):
    """A line source (3D: a point) distance_m before the first plane; with power_w_per_m (3D: power_w), u is in V/m."""

    distance_m: float = 0.0
    power_w_per_m: float = None
    power_w: float = None
    _kind = "point"

    def _dict(self, name, scene):
        out = super()._dict(name, scene)
        line, point = out.pop("power_w_per_m"), out.pop("power_w")
        volume = scene.grid.num_x != 1
        if (line if volume else point) is not None:
            raise Error("a 3D scene has power_w" if volume else "a 2D scene has power_w_per_m")
        if line is not None:
            out["amplitude"] = _raywave.wave_line_source_amplitude(line, scene.frequency_hz)
        if point is not None:
            out["amplitude"] = _raywave.wave_point_source_amplitude(point)
        return out


@dataclasses.dataclass(repr=False)
class ArraySource(_Source):
    """Gaussian patches of radius waist_m at element_offsets_m, complex weights, steered to tilt_rad."""

    element_offsets_m: object = ()
    weights: object = None
    waist_m: float = 0.0
    tilt_rad: float = 0.0
    tilt_x_rad: float = 0.0
    element_offsets_x_m: object = ()
    _kind = "array"


@dataclasses.dataclass(repr=False)
class SampledSource(_Source):
    """Any field on the grid."""

    samples: object = ()
    _kind = "sampled"


@dataclasses.dataclass
class Object:
    """Outlines [vertices, 2: y, z] (3D: solids, pairs of vertices and triangles) filled with a material: an ITU name, a raywave.Material, a relative permittivity, or "pec".
    model: "auto", "screen", "wpm", "slab". place: (crs, origin_m) of the raywave.Scene that it was cut from, where that has one."""

    outlines: list
    material: object
    name: str = ""
    model: str = "auto"
    absorption_np_per_m: float = 0.0
    solids: list = ()
    place: tuple = None

    __repr__ = line

    def _dict(self, name):
        name = self.name or name
        solids = [(np.ascontiguousarray(v, dtype=np.float64), np.ascontiguousarray(t, dtype=np.uint32)) for v, t in self.solids]
        return dict(name=name, outlines=[np.ascontiguousarray(o, dtype=np.float64) for o in self.outlines], model=self.model,
                    solids=solids, material=_material(self.material, name), absorption_np_per_m=float(self.absorption_np_per_m))


def _material(given, name):
    if isinstance(given, Material):
        return given
    if given == "pec":
        return Material(f"{name}_material", perfect_conductor=True)
    if isinstance(given, str):
        return itu_material(given)
    return Material(f"{name}_material", relative_permittivity=float(given))


def rectangle(center_m: Sequence[float], size_m: Sequence[float], material: str | float | Material, **options: object) -> Object:
    """Sides along y and z, size_m = (y, z)."""
    return Object(_raywave.wave_rectangle(center_m, size_m), material, **options)


def disc(center_m: Sequence[float], radius_m: float, material: str | float | Material, **options: object) -> Object:
    return Object(_raywave.wave_disc(center_m, radius_m), material, **options)


def polygon(vertices_m: ArrayLike, material: str | float | Material, **options: object) -> Object:
    return Object([vertices_m], material, **options)


def lens(center_m: Sequence[float], aperture_m: float, radius_of_curvature_m: float, material: str | float | Material, edge_depth_m: float = 0.0,
         **options: object) -> Object:
    """Biconvex: two circular arcs over an aperture in y."""
    return Object(_raywave.wave_lens(center_m, aperture_m, radius_of_curvature_m, edge_depth_m), material, **options)


def grating(center_m: Sequence[float], period_m: float, fill: float, depth_m: float, num_bars: int, material: str | float | Material,
            **options: object) -> Object:
    """Bars of width fill * period_m along y."""
    return Object(_raywave.wave_grating(center_m, period_m, fill, depth_m, num_bars), material, **options)


def half_plane(edge_m: Sequence[float], material: str | float | Material, below: bool = True, depth_m: float = 0.01, extent_m: float = 1e3,
               **options: object) -> Object:
    """All y below (or above) the edge, depth_m thick."""
    return Object(_raywave.wave_half_plane(edge_m, below, depth_m, extent_m), material, **options)


def box(center_m: Sequence[float], size_m: Sequence[float], material: str | float | Material, **options: object) -> Object:
    """In 3D: sides along x, y and z."""
    return Object([], material, solids=[_raywave.wave_box(center_m, size_m)], **options)


def sphere(center_m: Sequence[float], radius_m: float, material: str | float | Material, **options: object) -> Object:
    """In 3D, of triangles, with the ball's volume."""
    return Object([], material, solids=[_raywave.wave_sphere(center_m, radius_m)], **options)


def mesh(vertices_m: ArrayLike, triangles: ArrayLike, material: str | float | Material, **options: object) -> Object:
    """In 3D: a closed mesh, faces looking outwards."""
    return Object([], material, solids=[(vertices_m, triangles)], **options)


@dataclasses.dataclass
class Scene(wave_parameters.Scene):
    """What is marched from z_begin_m to z_end_m. boundary: "periodic", or the ground "dirichlet" or "neumann" at the lower rim;
    cells: dict(z_begin_m, z_end_m, index_minus_one [num_z, num_y]). angle_filter_rad: launched directions beyond it are taken out; 0: chosen for
    what the window or the absorber holds (see the result's cones), pi/2: none. place: (crs, origin_m) of the raywave.Scene that it was cut from,
    which results keep; None: that of its objects."""

    grid: Grid
    objects: list = dataclasses.field(default_factory=list)
    sources: list = dataclasses.field(default_factory=list)
    frequency_hz: float = 28e9
    z_end_m: float = 0.0
    z_begin_m: float = 0.0
    step_m: float = 0.0
    absorber_width_m: float = 0.0
    absorber_max_angle_rad: float = math.radians(75)
    absorber_nepers: float = 7.0
    absorber_power: int = 3
    angle_filter_rad: float = 0.0
    boundary: str = "periodic"
    polarization: str = "te"
    cells: dict = None
    place: tuple = None

    __repr__ = line

    @property
    def wavelength_m(self):
        return 299792458.0 / self.frequency_hz

    def _place(self):
        places = [self.place] if self.place else [o.place for o in self.objects if o.place]
        places = [(str(crs), [float(x) for x in origin]) for crs, origin in places]
        if any(p != places[0] for p in places):
            raise Error(f"the objects are of scenes that lie elsewhere: (0, 0, 0) is {places[0][1]} m of {places[0][0]}, and "
                        f"{next(p for p in places if p != places[0])}; place= says which it is")
        return places[0] if places else None

    def _dict(self):
        cells = self.cells and dict(self.cells, index_minus_one=np.ascontiguousarray(self.cells["index_minus_one"], dtype=np.complex128))
        return dict(grid=self.grid._dict(), frequency_hz=float(self.frequency_hz), z_begin_m=float(self.z_begin_m), z_end_m=float(self.z_end_m),
                    step_m=float(self.step_m), angle_filter_rad=float(self.angle_filter_rad), boundary=self.boundary,
                    polarization=self.polarization, cells=cells, place=self._place(),
                    absorber=dict(width_m=self.absorber_width_m, max_angle_rad=self.absorber_max_angle_rad,
                                  nepers=self.absorber_nepers, power=self.absorber_power),
                    sources=[s._dict(f"source{i}", self) for i, s in enumerate(self.sources)],
                    objects=[o._dict(f"object{i}") for i, o in enumerate(self.objects)])


def _place_of(scene):
    return None if scene.crs is None else (scene.crs, tuple(scene.origin_m))


def cut(scene: _raywave.Scene, height_m: float, grid: Grid, z_end_m: float, z_begin_m: float = 0.0) -> list[Object]:
    """The objects of a horizontal cut through a raywave.Scene: its x becomes z, its y stays; what lies outside is cut off."""
    window = dict(grid._dict(), z_begin_m=float(z_begin_m), z_end_m=float(z_end_m))
    return [Object(list(outlines), material, name=name, place=_place_of(scene)) for name, material, outlines in _raywave.wave_cut(scene, height_m, window)]


def solids(scene: _raywave.Scene, grid: Grid, z_end_m: float, z_begin_m: float = 0.0) -> list[Object]:
    """The closed meshes of a raywave.Scene for a 3D march: its x becomes z, its y stays, its height becomes x."""
    window = dict(grid._dict(), z_begin_m=float(z_begin_m), z_end_m=float(z_end_m))
    return [Object([], material, name=name, solids=[solid], place=_place_of(scene)) for name, material, solid in _raywave.wave_solids(scene, window)]


@method(WaveResult, "slice")
def _slice(self, *, x_m: float | None = None, y_m: float | None = None, z_m: float | None = None, source: int = 0) -> NDArray[np.complex128]:
    """The field where one coordinate is nearest to what is given: axes in the order (z, x, y) without that one."""
    given = [(name, value) for name, value in (("z_m", z_m), ("x_m", x_m), ("y_m", y_m)) if value is not None]
    if len(given) != 1:
        raise Error("a slice needs one of x_m, y_m, z_m")
    name, value = given[0]
    index = int(np.argmin(np.abs(getattr(self, name) - value)))
    field = self.field[:, source]
    if name == "z_m":
        return field[index]
    if name == "y_m":
        return field[..., index]
    if field.ndim == 2:
        raise Error("a 2D scene has no slice at x_m")
    return field[:, index]


def simulate(scene: Scene, backend: str = "fft", *, output_z_m: float | Sequence[float] | None = None, planes: int = 0, precision: str = "double",
             tolerance: float = 1e-12, memory_bytes: float = 2**30, num_threads: int = 0,
             num_reflections: int = 0, device: str = "cpu", progress: Callable[[int, int], object] | bool | None = None) -> WaveResult:
    """Marches the scene's sources; the result holds the field on output_z_m, on `planes` evenly spaced planes, or at the end.

    backend: "fft", "dense", "nufft", "gaussian_beams". num_reflections: sweeps back and forth between exact slabs (no jvp, no vjp).
    memory_bytes limits fields and the checkpoints of vjp. device: "cpu"; "cuda", where it is built in and a device answers (backend fft;
    memory_bytes is the device's then); "emulated": what "cuda" does, as loops on the CPU, for tests. progress: True for a bar, or a callable (done, total) of steps.
    Ctrl-C ends a march, forward and back."""
    if output_z_m is not None and planes:
        raise Error("give output_z_m or planes, not both")
    z = np.ascontiguousarray(np.atleast_1d([] if output_z_m is None else output_z_m), dtype=np.float64)
    with reporter(progress, "wave") as report:
        return _raywave.wave_simulate(scene._dict(), dict(backend=backend, precision=precision, tolerance=tolerance, planes=planes, output_z_m=z,
                                                          memory_bytes=float(memory_bytes), num_threads=num_threads,
                                                          num_reflections=num_reflections, device=device, progress=report))


class Solver:
    """simulate as a solver: for raywave.torch, raywave.jax and gradcheck, which take it by themselves where the scene is one of waves."""

    problem = WaveProblem

    def __repr__(self):
        return "Solver()"

    def __call__(self, scene: Scene, **options: object) -> WaveResult:
        return simulate(scene, **options)


Scene.default_solver = Solver
