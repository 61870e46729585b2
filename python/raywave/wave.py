# SPDX-License-Identifier: Apache-2.0
"""Full wave fields of 2D scenes by the angular spectrum: y across, z along the march, exp(+j 2 pi f t).

    scene = Scene(grid=Grid(1024, spacing_m=0.01), frequency_hz=5.8e9, z_end_m=6,
                  objects=[rectangle([-1.6, 2], [4, 0.12], "concrete", name="wall")],
                  sources=[PointSource(distance_m=1, power_w_per_m=1)])
    result = simulate(scene, backend="fft", planes=200)
    result.plot("field.png")
    gradient = result.vjp(result.field)     # of sum |u|^2 / 2, by parameter name
"""
import dataclasses
import math

import numpy as np

from . import _raywave
from ._raywave import Error, Material, WaveResult, itu_material

__all__ = ["ArraySource", "GaussianBeam", "Grid", "Object", "PlaneWave", "PointSource", "SampledSource", "Scene", "WaveResult",
           "cut", "disc", "grating", "half_plane", "lens", "polygon", "rectangle", "simulate"]


@dataclasses.dataclass
class Grid:
    """num_y points `spacing_m` apart around center_m; or points_m, increasing (backend "nufft")."""

    num_y: int = 0
    spacing_m: float = 0.0
    center_m: float = 0.0
    points_m: object = None

    def _dict(self):
        points = np.ascontiguousarray([] if self.points_m is None else self.points_m, dtype=np.float64)
        return dict(num_y=self.num_y or len(points), spacing_m=float(self.spacing_m), center_m=float(self.center_m), points_m=points)


@dataclasses.dataclass
class _Source:
    name: str = ""
    position_m: float = 0.0
    amplitude: float = 1.0
    phase_rad: float = 0.0

    def _dict(self, name, frequency_hz):
        out = dict(kind=self._kind, tilt_rad=0.0, waist_m=0.0, focus_m=0.0, width_m=0.0, taper_m=0.0, distance_m=0.0,
                   element_offsets_m=(), weights=(), samples=())
        out.update({f.name: getattr(self, f.name) for f in dataclasses.fields(self)})
        out["name"] = self.name or name
        out["element_offsets_m"] = np.ascontiguousarray(out["element_offsets_m"], dtype=np.float64)
        if self._kind == "array" and out["weights"] is None:
            out["weights"] = np.ones(len(out["element_offsets_m"]))
        for key in ("weights", "samples"):
            out[key] = np.ascontiguousarray(out[key], dtype=np.complex128)
        return out


@dataclasses.dataclass
class GaussianBeam(_Source):
    """exp(-(y/waist)^2) along tilt_rad; the waist lies focus_m ahead."""

    waist_m: float = 0.0
    tilt_rad: float = 0.0
    focus_m: float = 0.0
    _kind = "gaussian"


@dataclasses.dataclass
class PlaneWave(_Source):
    """A flat part of width_m with raised-cosine rims of taper_m."""

    width_m: float = 0.0
    taper_m: float = 0.0
    tilt_rad: float = 0.0
    _kind = "plane"


@dataclasses.dataclass
class PointSource(_Source):
    """A line source distance_m before the first plane; with power_w_per_m, u is E_x in V/m."""

    distance_m: float = 0.0
    power_w_per_m: float = None
    _kind = "point"

    def _dict(self, name, frequency_hz):
        out = super()._dict(name, frequency_hz)
        power = out.pop("power_w_per_m")
        if power is not None:
            out["amplitude"] = _raywave.wave_line_source_amplitude(power, frequency_hz)
        return out


@dataclasses.dataclass
class ArraySource(_Source):
    """Gaussian patches of radius waist_m at element_offsets_m, complex weights, steered to tilt_rad."""

    element_offsets_m: object = ()
    weights: object = None
    waist_m: float = 0.0
    tilt_rad: float = 0.0
    _kind = "array"


@dataclasses.dataclass
class SampledSource(_Source):
    """Any field on the grid."""

    samples: object = ()
    _kind = "sampled"


@dataclasses.dataclass
class Object:
    """Outlines [vertices, 2: y, z] filled with a material: an ITU name, a raywave.Material, a relative permittivity, or "pec".
    model: "auto", "screen", "wpm", "slab"."""

    outlines: list
    material: object
    name: str = ""
    model: str = "auto"
    absorption_np_per_m: float = 0.0

    def _dict(self, name):
        name = self.name or name
        return dict(name=name, outlines=[np.ascontiguousarray(o, dtype=np.float64) for o in self.outlines], model=self.model,
                    material=_material(self.material, name), absorption_np_per_m=float(self.absorption_np_per_m))


def _material(given, name):
    if isinstance(given, Material):
        return given
    if given == "pec":
        return Material(f"{name}_material", perfect_conductor=True)
    if isinstance(given, str):
        return itu_material(given)
    return Material(f"{name}_material", relative_permittivity=float(given))


def rectangle(center_m, size_m, material, **options):
    """Sides along y and z, size_m = (y, z)."""
    return Object(_raywave.wave_rectangle(center_m, size_m), material, **options)


def disc(center_m, radius_m, material, **options):
    return Object(_raywave.wave_disc(center_m, radius_m), material, **options)


def polygon(vertices_m, material, **options):
    return Object([vertices_m], material, **options)


def lens(center_m, aperture_m, radius_of_curvature_m, material, edge_depth_m=0.0, **options):
    """Biconvex: two circular arcs over an aperture in y."""
    return Object(_raywave.wave_lens(center_m, aperture_m, radius_of_curvature_m, edge_depth_m), material, **options)


def grating(center_m, period_m, fill, depth_m, num_bars, material, **options):
    """Bars of width fill * period_m along y."""
    return Object(_raywave.wave_grating(center_m, period_m, fill, depth_m, num_bars), material, **options)


def half_plane(edge_m, material, below=True, depth_m=0.01, extent_m=1e3, **options):
    """All y below (or above) the edge, depth_m thick."""
    return Object(_raywave.wave_half_plane(edge_m, below, depth_m, extent_m), material, **options)


@dataclasses.dataclass
class Scene:
    """What is marched from z_begin_m to z_end_m. boundary: "periodic", or the ground "dirichlet" or "neumann" at the lower rim;
    cells: dict(z_begin_m, z_end_m, index_minus_one [num_z, num_y])."""

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

    @property
    def wavelength_m(self):
        return 299792458.0 / self.frequency_hz

    def _dict(self):
        cells = self.cells and dict(self.cells, index_minus_one=np.ascontiguousarray(self.cells["index_minus_one"], dtype=np.complex128))
        return dict(grid=self.grid._dict(), frequency_hz=float(self.frequency_hz), z_begin_m=float(self.z_begin_m), z_end_m=float(self.z_end_m),
                    step_m=float(self.step_m), angle_filter_rad=float(self.angle_filter_rad), boundary=self.boundary,
                    polarization=self.polarization, cells=cells,
                    absorber=dict(width_m=self.absorber_width_m, max_angle_rad=self.absorber_max_angle_rad,
                                  nepers=self.absorber_nepers, power=self.absorber_power),
                    sources=[s._dict(f"source{i}", self.frequency_hz) for i, s in enumerate(self.sources)],
                    objects=[o._dict(f"object{i}") for i, o in enumerate(self.objects)])


def cut(scene, height_m, grid, z_end_m, z_begin_m=0.0):
    """The objects of a horizontal cut through a raywave.Scene: its x becomes z, its y stays; what lies outside is cut off."""
    window = dict(grid._dict(), z_begin_m=float(z_begin_m), z_end_m=float(z_end_m))
    return [Object(list(outlines), material, name=name) for name, material, outlines in _raywave.wave_cut(scene, height_m, window)]


def simulate(scene, backend="fft", *, output_z_m=None, planes=0, precision="double", tolerance=1e-12, memory_bytes=2**30, num_threads=0,
             device="cpu"):
    """Marches the scene's sources; the result holds the field on output_z_m, on `planes` evenly spaced planes, or at the end.

    backend: "fft", "dense", "nufft", "gaussian_beams". memory_bytes limits fields and the checkpoints of vjp."""
    if device != "cpu":
        raise Error(f"device '{device}': this build marches on the cpu alone")
    if output_z_m is not None and planes:
        raise Error("give output_z_m or planes, not both")
    z = np.ascontiguousarray(np.atleast_1d([] if output_z_m is None else output_z_m), dtype=np.float64)
    return _raywave.wave_simulate(scene._dict(), dict(backend=backend, precision=precision, tolerance=tolerance, planes=planes, output_z_m=z,
                                                      memory_bytes=float(memory_bytes), num_threads=num_threads))
