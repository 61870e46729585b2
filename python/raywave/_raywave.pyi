from collections.abc import Iterator, Mapping, Sequence
import os
import pathlib

import numpy

from raywave._scene2d_files import (
    _from_geojson as from_geojson,
    _load as load
)
from raywave._scene2d_objects import _from_walls as from_walls
from raywave.scene2d import Solver2D as default_solver


class Error(ValueError):
    pass

class AntennaArray:
    """Antenna elements of a device: positions, pattern, polarisation."""

    @property
    def num_elements(self) -> int: ...

    @property
    def num_ant(self) -> int:
        """Ports: elements times polarisations, polarisation-major."""

    @property
    def element_positions_m(self) -> NDArray[numpy.float64]:  # [num_elements, 3]
        """
        [num_elements, 3] in metres in the device's frame; empty when given in wavelengths.
        """

    @element_positions_m.setter
    def element_positions_m(self, arg: object, /) -> None: ...

    @property
    def pattern(self) -> str:
        """
        Of the elements: iso, dipole, hw_dipole, tr38901, or the name of a measured one.
        """

    @property
    def polarization(self) -> str:
        """V, H, VH or cross."""

    def __getstate__(self) -> tuple: ...

    def __setstate__(self, arg: tuple, /) -> None: ...

    def __copy__(self) -> AntennaArray: ...

    def __deepcopy__(self, memo: dict) -> AntennaArray: ...

    def __repr__(self) -> str: ...

    def field(self, theta_rad: ArrayLike, phi_rad: ArrayLike, frequency_hz: float = 3500000000.0) -> NDArray[numpy.complex128]:
        """
        The field patterns of all ports in directions of the device's frame, [..., num_ant, 2: theta, phi], phases of the elements' places
        included; |C|^2 is the gain over an isotropic antenna. Solved as a path in free space to receivers 1 km away in these directions.
        """

    def plot(self, ax: Any | str | None = None, *, cut: str = 'azimuth', port: int = 0, frequency_hz: float = 3500000000.0, range_db: float = 40.0, num_angles: int = 361) -> Any:
        """
        The gain of a port in dBi: cut "azimuth" (theta = 90 degrees) or "elevation" (phi = 0) on polar axes, or "3d". Returns the axes.
        """

def PlanarArray(*, num_rows: int = 1, num_cols: int = 1, vertical_spacing: float = 0.5, horizontal_spacing: float = 0.5, pattern: str = 'iso', polarization: str = 'V', polarization_model: int = 2) -> AntennaArray:
    """
    A grid in the y-z plane facing +x, spacings in wavelengths. pattern: iso, dipole, hw_dipole, tr38901; polarization: V, H, VH, cross.
    """

class Device:
    """A transmitter or receiver; edits reach the scene that holds it."""

    @property
    def name(self) -> str: ...

    @name.setter
    def name(self, value: str, /) -> None: ...

    @property
    def position_m(self) -> list[float]: ...

    @position_m.setter
    def position_m(self, value: Sequence[float], /) -> None: ...

    @property
    def orientation_rad(self) -> list[float]:
        """(yaw, pitch, roll)"""

    @orientation_rad.setter
    def orientation_rad(self, value: Sequence[float], /) -> None: ...

    @property
    def velocity_m_per_s(self) -> list[float]: ...

    @velocity_m_per_s.setter
    def velocity_m_per_s(self, value: Sequence[float], /) -> None: ...

    @property
    def array(self) -> AntennaArray: ...

    @array.setter
    def array(self, value: AntennaArray, /) -> None: ...

    @property
    def power_dbm(self) -> float: ...

    @power_dbm.setter
    def power_dbm(self, value: float, /) -> None: ...

    @property
    def precoding(self) -> object:
        """
        Of transmitters: the weight of each port in maps, linear amplitude, complex [num_ports]; None: 1 / sqrt(num_ports) each.
        """

    @precoding.setter
    def precoding(self, weights: ArrayLike | None, /) -> None: ...

    def look_at(self, target_m: Sequence[float] | Device | Object) -> None:
        """
        Turns +x to the target: a place, a device, or the middle of an object's bounding box.
        """

    @property
    def transmits(self) -> bool: ...

    @property
    def position(self) -> list[float]:
        """Sionna RT's name of position_m."""

    @position.setter
    def position(self, value: Sequence[float], /) -> None: ...

    @property
    def orientation(self) -> list[float]:
        """Sionna RT's name of orientation_rad."""

    @orientation.setter
    def orientation(self, value: Sequence[float], /) -> None: ...

    @property
    def velocity(self) -> list[float]:
        """Sionna RT's name of velocity_m_per_s."""

    @velocity.setter
    def velocity(self, value: Sequence[float], /) -> None: ...

    def __copy__(self) -> Device: ...

    def __deepcopy__(self, memo: dict) -> Device: ...

    def __repr__(self) -> str: ...

    def plot(self, ax: Any | str | None = None, *, cut: str = 'azimuth', port: int = 0, frequency_hz: float = 3500000000.0, range_db: float = 40.0, num_angles: int = 361) -> Any:
        """The pattern of its array in its own frame: AntennaArray.plot."""

def Transmitter(name: str, position_m: Sequence[float], orientation_rad: Sequence[float] = [0.0, 0.0, 0.0], velocity_m_per_s: Sequence[float] = [0.0, 0.0, 0.0], array: AntennaArray | None = None, power_dbm: float = 44.0, look_at: Sequence[float] | None = None) -> Device:
    """
    A transmitter at position_m (metres), turned by orientation_rad or toward look_at.
    """

def Receiver(name: str, position_m: Sequence[float], orientation_rad: Sequence[float] = [0.0, 0.0, 0.0], velocity_m_per_s: Sequence[float] = [0.0, 0.0, 0.0], array: AntennaArray | None = None, look_at: Sequence[float] | None = None) -> Device:
    """A receiver at position_m (metres)."""

class Material:
    """What surfaces are made of; edits reach the scene that holds it."""

    def __init__(self, name: str, *, relative_permittivity: float = 1.0, conductivity_s_per_m: float = 0.0, thickness_m: float = 0.1, scattering_coefficient: float = 0.0, xpd_coefficient: float = 0.0, perfect_conductor: bool = False) -> None: ...

    @property
    def name(self) -> str: ...

    @property
    def itu_name(self) -> str:
        """The ITU-R P.2040 row; empty: the constants below hold."""

    @itu_name.setter
    def itu_name(self, value: str, /) -> None: ...

    @property
    def relative_permittivity(self) -> float:
        """Used while itu_name is empty."""

    @relative_permittivity.setter
    def relative_permittivity(self, value: float, /) -> None: ...

    @property
    def conductivity_s_per_m(self) -> float:
        """Used while itu_name is empty."""

    @conductivity_s_per_m.setter
    def conductivity_s_per_m(self, value: float, /) -> None: ...

    @property
    def thickness_m(self) -> float: ...

    @thickness_m.setter
    def thickness_m(self, value: float, /) -> None: ...

    @property
    def scattering_coefficient(self) -> float: ...

    @scattering_coefficient.setter
    def scattering_coefficient(self, value: float, /) -> None: ...

    @property
    def xpd_coefficient(self) -> float: ...

    @xpd_coefficient.setter
    def xpd_coefficient(self, value: float, /) -> None: ...

    @property
    def perfect_conductor(self) -> bool: ...

    @perfect_conductor.setter
    def perfect_conductor(self, value: bool, /) -> None: ...

    @property
    def scattering_pattern(self) -> str:
        """Of diffuse scattering, by name."""

    @scattering_pattern.setter
    def scattering_pattern(self, value: str, /) -> None: ...

    @property
    def lobe(self) -> str:
        """
        In the mirror's place with reflection="directional", as "von_mises_fisher(kappa=60)"; empty: the solver's.
        """

    @lobe.setter
    def lobe(self, value: str, /) -> None: ...

    @property
    def color(self) -> list[float]:
        """For pictures: red, green, blue from 0 to 1."""

    @color.setter
    def color(self, arg: Sequence[float], /) -> None: ...

    def properties_at(self, frequency_hz: float) -> tuple:
        """(relative permittivity, conductivity in S/m) at a frequency."""

    def __copy__(self) -> Material: ...

    def __deepcopy__(self, memo: dict) -> Material: ...

    def __repr__(self) -> str: ...

def itu_material(name: str, thickness_m: float = 0.1) -> Material:
    """A material of ITU-R P.2040 by name."""

class Object:
    """A triangle mesh of one material."""

    def __init__(self, name: str, vertices_m: ArrayLike, triangles: ArrayLike, material: str | Material) -> None:
        """
        vertices_m [num_vertices, 3], triangles [num_triangles, 3] by the numbers of their vertices, a material or its name.
        """

    @property
    def name(self) -> str: ...

    @property
    def material(self) -> str:
        """The name; a material is taken, too."""

    @material.setter
    def material(self, material: str | Material, /) -> None: ...

    @property
    def velocity_m_per_s(self) -> list[float]: ...

    @velocity_m_per_s.setter
    def velocity_m_per_s(self, value: Sequence[float], /) -> None: ...

    @property
    def vertices_m(self) -> NDArray[numpy.float64]:  # [num_vertices, 3]
        """A copy, [num_vertices, 3]; assign to move the object."""

    @vertices_m.setter
    def vertices_m(self, arg: object, /) -> None: ...

    @property
    def triangles(self) -> NDArray[numpy.uint32]: ...  # [num_triangles, 3]

    @property
    def radio_material(self) -> str: ...

    @radio_material.setter
    def radio_material(self, value: str | Material, /) -> None: ...

    @property
    def velocity(self) -> list[float]:
        """Sionna RT's name of velocity_m_per_s."""

    @velocity.setter
    def velocity(self, value: Sequence[float], /) -> None: ...

    @property
    def position_m(self) -> list[float]:
        """
        The middle of its bounding box in metres; assign to move the object there.
        """

    @position_m.setter
    def position_m(self, place: Sequence[float], /) -> None: ...

    @property
    def position(self) -> list[float]:
        """Sionna RT's name of position_m."""

    @position.setter
    def position(self, value: Sequence[float], /) -> None: ...

    @property
    def orientation_rad(self) -> list[float]:
        """
        (yaw, pitch, roll) from how it was made or read; assign to turn it about the middle of its bounding box.
        """

    @orientation_rad.setter
    def orientation_rad(self, angles: Sequence[float], /) -> None: ...

    @property
    def orientation(self) -> list[float]:
        """Sionna RT's name of orientation_rad."""

    @orientation.setter
    def orientation(self, value: Sequence[float], /) -> None: ...

    def look_at(self, target_m: Sequence[float] | Device | Object) -> None:
        """
        Turns its +x, as it was made or read, to the target: a place, a device, or the middle of an object's bounding box.
        """

    def __repr__(self) -> str: ...

class Scene:
    """Objects, materials, devices and the frequency."""

    def __init__(self) -> None: ...

    @property
    def frequency_hz(self) -> float: ...

    @frequency_hz.setter
    def frequency_hz(self, value: float, /) -> None: ...

    @property
    def bandwidth_hz(self) -> float: ...

    @bandwidth_hz.setter
    def bandwidth_hz(self, value: float, /) -> None: ...

    @property
    def temperature_k(self) -> float: ...

    @temperature_k.setter
    def temperature_k(self, value: float, /) -> None: ...

    @property
    def crs(self) -> str | None:
        """
        What the scene's metres belong to, as pyproj and GDAL read it; None: nowhere. Kept in results.
        """

    @crs.setter
    def crs(self, value: str | None, /) -> None: ...

    @property
    def origin_m(self) -> list[float]:
        """
        What (0, 0, 0) is in crs: east, north, height above the terrain's zero.
        """

    @origin_m.setter
    def origin_m(self, value: Sequence[float], /) -> None: ...

    @property
    def wavelength_m(self) -> float: ...

    @property
    def transmitters(self) -> Mapping[str, Device]:
        """Name to transmitter."""

    @property
    def receivers(self) -> Mapping[str, Device]:
        """Name to receiver."""

    @property
    def objects(self) -> Mapping[str, Object]:
        """Name to object."""

    @property
    def materials(self) -> Mapping[str, Material]:
        """Name to material."""

    def add(self, item: Device | Object | Material) -> None:
        """Adds a Transmitter, Receiver, Object or Material; names are unique."""

    def get(self, name: str) -> object:
        """The device, object or material of that name, sought in this order."""

    def remove(self, name: str) -> None:
        """Removes the device or object of that name."""

    def copy(self) -> Scene:
        """
        Another scene with the same numbers: devices, materials and cleaned meshes of its own.
        """

    @property
    def times_prepared(self) -> int:
        """How often its geometry was prepared for solving."""

    def difference_step(self, name: str) -> float:
        """A step for central differences by that parameter."""

    def parameters(self, *, panels: object = None) -> dict[str, Parameter]:
        """
        Everything that derivatives are taken with respect to, by name. Vertices are those of the cleaned meshes. panels: rw.Ris or a list, which solvers are given beside the scene: theirs too.
        """

    def set_parameter(self, name: str, value: ArrayLike) -> None:
        """
        Gives a parameter a value of its shape; translation, rotation and scale move the object's present mesh.
        """

    @property
    def tx_array(self) -> AntennaArray | None: ...

    @tx_array.setter
    def tx_array(self, value: AntennaArray | None, /) -> None: ...

    @property
    def rx_array(self) -> AntennaArray | None: ...

    @rx_array.setter
    def rx_array(self, value: AntennaArray | None, /) -> None: ...

    def edit(self, add: object = None, remove: object = None) -> None:
        """
        Sionna RT's: removes objects (themselves or by name), then adds some: one or several of each.
        """

    @property
    def radio_materials(self) -> Mapping[str, Material]: ...

    @property
    def frequency(self) -> float:
        """Sionna RT's name of frequency_hz."""

    @frequency.setter
    def frequency(self, value: float, /) -> None: ...

    @property
    def bandwidth(self) -> float:
        """Sionna RT's name of bandwidth_hz."""

    @bandwidth.setter
    def bandwidth(self, value: float, /) -> None: ...

    @property
    def temperature(self) -> float:
        """Sionna RT's name of temperature_k."""

    @temperature.setter
    def temperature(self, value: float, /) -> None: ...

    @property
    def wavelength(self) -> float:
        """Sionna RT's name of wavelength_m."""

    def lobe_for(self, object: str | Object, *, spread_db: float = 1.0, legs_m: tuple[float, float] = (3.0, 3.0), angle_rad: float = 0.7853981633974483, largest_kappa: float = 1000.0) -> LobeChoice:
        """
        The von Mises-Fisher lobe for reflection="directional" on an object whose facets are noisy, from its own mesh.

        The slopes' standard deviation and the area over which they go together are measured; kappa is then the sharpest lobe for which the power received over a wall like
        this one spreads by at most spread_db from mesh to mesh, with legs of legs_m before and behind the wall at angle_rad from its normal, and at most
        largest_kappa, for meshes that are clean. Warns where the facets allow none that keeps its own bias below 0.1 dB. @returns a LobeChoice; its `lobe` is
        what options take.
        """

    def slice(self, height_m: float, devices: bool = True) -> Scene2D:
        """
        The horizontal cut through a scene at a height: walls NAME_0, ... of each object with its material, at the scene's frequency; devices
        by their x and y. Parts of one line that touch are one wall.
        """

    def save(self, folder: str | os.PathLike, *, dialect: str = 'raywave', overwrite: bool = False) -> pathlib.Path:
        """
        Writes materials and objects as FOLDER/NAME.xml (Mitsuba XML, whose path is returned) and FOLDER/meshes/*.ply; read again they are the same,
        to the bit, as is where the scene lies (crs, origin_m). Devices and the frequency are not part of a scene's file.

        dialect "sionna": with the words that Sionna RT reads too. The folder appears whole or not at all; of one that holds such a scene and nothing
        else the content is replaced with overwrite=True, but for the record of raywave.geo (geo.json). @raises Error for what has no words: of the dialect, or in XML.
        """

    def preview(self, paths: Paths | None = None, radio_map: RadioMap | None = None, title: str = 'raywave', metric: str = 'path_gain') -> object:
        """
        The scene with its devices, paths and map as a page: shown in a notebook, else written to a file whose path is returned.
        """

    def explore(self, run: str | os.PathLike | None = None, port: int = 0, open_browser: bool = False) -> object:
        """
        Serves the live page of this scene: drag devices, change materials and switches, rays and coverage follow. Returns an Explorer with url, document,
        scene() and close(). run: the file that keeps its state (scene.explore.toml). Needs the extra raywave[explore].
        """

    def __copy__(self) -> Scene: ...

    def __deepcopy__(self, memo: dict) -> Scene: ...

    def __repr__(self) -> str: ...

    def plot(self, ax: Any | str | None = None, *, view: str = '3d', paths: Paths | None = None, radio_map: RadioMap | None = None, metric: str = 'path_gain') -> Any:
        """
        The scene with its devices in 3D or from above (view "plan"), with paths and, from above, a map. Returns the axes.
        """

class Parameter:
    """A differentiable quantity of a scene, as it was when asked for."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def unit(self) -> str: ...

    @property
    def value(self) -> NDArray[numpy.float64]:  # shape
        """A copy, float64."""

    @property
    def lower(self) -> float:
        """Each number's lower bound."""

    @property
    def upper(self) -> float:
        """Each number's upper bound."""

    @property
    def solvers(self) -> list[str]:
        """Those that have a derivative with respect to it."""

    def __getstate__(self) -> bytes: ...

    def __setstate__(self, arg: bytes, /) -> None: ...

    def __repr__(self) -> str: ...

    def __copy__(self) -> Parameter: ...

    def __deepcopy__(self, memo: dict) -> Parameter: ...

def check_gradient(function: object, point: Sequence[float], exact: Sequence[float], step: float, tolerance: float) -> tuple:
    """
    (value, [(exact, difference, relative_error, passed)]) of a function of a list of numbers.
    """

def load_scene(path: str | os.PathLike, frequency_hz: float = 3500000000.0) -> Scene:
    """Reads Mitsuba XML, PLY, OBJ, glTF, GLB or STL."""

class Paths:
    """
    Paths between devices: padded arrays as attributes, ragged by iteration.
    """

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator:
        """Each path as a dict in the words of the JSON."""

    @property
    def frequency_hz(self) -> float: ...

    @property
    def object_names(self) -> list[str]: ...

    def save(self, path: str | os.PathLike) -> None:
        """.npz or .h5"""

    def to_json(self) -> str: ...

    def link_statistics(self, tx: str, rx: str) -> dict:
        """
        path_gain (linear), mean_delay_s, rms_delay_spread_s, rms_doppler_spread_hz, rice_factor of a link.
        """

    def plot_power_delay_profile(self, path: object | None = None, tx: str | None = None, rx: str | None = None, *, ax: Any | None = None) -> Any:
        """
        The gains of a link's paths over their delays: to the file `path`, .png or .svg, else on matplotlib axes, which are returned.
        tx, rx: names, needed where there are several.
        """

    def cir(self, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1, normalize_delays: bool = True, sampling_frequency: float | None = None, out_type: str = 'numpy') -> tuple[NDArray[numpy.complex128], NDArray[numpy.float64]]:
        """
        (a [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths, num_time_steps], tau in seconds); a holds the carrier's phase.
        sampling_frequency and out_type are Sionna RT's.
        """

    def cfr(self, frequencies_hz: Sequence[float] | None = None, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1, normalize_delays: bool = True, normalize: bool = False, frequencies: Sequence[float] | None = None, sampling_frequency: float | None = None, out_type: str = 'numpy') -> NDArray[numpy.complex128]:
        """
        [num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, num_frequencies] at baseband frequencies; normalize: energies are 1 in the
        mean over each link's antennas, times and frequencies. frequencies, sampling_frequency and out_type are Sionna RT's.
        """

    def taps(self, bandwidth_hz: float | None = None, l_min: int | None = None, l_max: int | None = None, *, sampling_frequency_hz: float = 0.0, num_time_steps: int = 1, normalize_delays: bool = True, normalize: bool = False, bandwidth: float | None = None, sampling_frequency: float | None = None, out_type: str = 'numpy') -> NDArray[numpy.complex128]:
        """
        [num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, l_max - l_min + 1]; normalize: the taps' energies sum to 1, in the mean over
        each link's antennas and times. bandwidth, sampling_frequency and out_type are Sionna RT's.
        """

    @property
    def path_gain(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """
        Powers of all paths, averaged over the antenna pairs, linear, [num_rx, num_tx].
        """

    @property
    def mean_delay(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """
        Delays weighted by powers, in seconds, [num_rx, num_tx]; 0 where nothing arrives.
        """

    @property
    def a(self) -> NDArray[numpy.complex128]:  # [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """
        Gains without propagation phase, [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]; 0 where there is no path.
        """

    @property
    def tau(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """
        Delays in seconds, [num_rx, num_tx, num_paths] or the shape of a; -1 where there is no path.
        """

    @property
    def theta_t(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """Departure, zenith angle in radians, shape of tau."""

    @property
    def phi_t(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """Departure, azimuth in radians, shape of tau."""

    @property
    def theta_r(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """Where the wave comes from, zenith angle, shape of tau."""

    @property
    def phi_r(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """Where the wave comes from, azimuth, shape of tau."""

    @property
    def doppler(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """Doppler shifts in hertz, shape of tau."""

    @property
    def valid(self) -> NDArray[numpy.bool_]:  # [num_rx, num_tx, num_paths] | [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]
        """Whether there is a path, shape of tau."""

    @property
    def interactions(self) -> NDArray[numpy.uint32]:  # [max_depth, shape of tau]
        """
        [max_depth, shape of tau]: 1 specular reflection, 4 refraction, 8 diffraction, 32 panel, 0 none.
        """

    @property
    def objects(self) -> NDArray[numpy.int32]:  # [max_depth, shape of tau]
        """[max_depth, shape of tau]: index into object_names, -1 none."""

    @property
    def vertices(self) -> NDArray[numpy.float64]:  # [max_depth, shape of tau, 3]
        """[max_depth, shape of tau, 3] in metres."""

    def __getstate__(self) -> bytes: ...

    def __setstate__(self, arg: bytes, /) -> None: ...

    @property
    def crs(self) -> str | None:
        """Of the scene; None: it lies nowhere."""

    @property
    def origin_m(self) -> list[float] | None:
        """Of the scene, in crs."""

    def vjp(self, *, a: ArrayLike | None = None, tau: ArrayLike | None = None, theta_t: ArrayLike | None = None, phi_t: ArrayLike | None = None, theta_r: ArrayLike | None = None, phi_r: ArrayLike | None = None, doppler: ArrayLike | None = None, wrt: str | Sequence[str] | None = None) -> dict:
        """
        Gradient by name (all parameters that paths have a derivative by, or those of wrt) of a loss whose derivatives by these arrays are given; complex ones as d/dRe + j d/dIm.
        """

    def jvp(self, tangent: dict) -> dict:
        """
        How a, tau, theta_t, phi_t, theta_r, phi_r and doppler move with {parameter name: change}.
        """

    def path_gain_vjp(self, cotangent: ArrayLike, *, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name for a cotangent of path_gain."""

    def path_gain_jvp(self, tangent: dict) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """How path_gain moves."""

    def mean_delay_vjp(self, cotangent: ArrayLike, *, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name for a cotangent of mean_delay."""

    def mean_delay_jvp(self, tangent: dict) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """How mean_delay moves."""

    def cir_vjp(self, a: ArrayLike | None = None, tau: ArrayLike | None = None, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1, normalize_delays: bool = True, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name for cotangents of both arrays of cir."""

    def cir_jvp(self, tangent: dict, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1, normalize_delays: bool = True) -> tuple:
        """How both arrays of cir move."""

    def cfr_vjp(self, frequencies_hz: Sequence[float], cotangent: ArrayLike, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1, normalize_delays: bool = True, normalize: bool = False, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name for a cotangent of cfr."""

    def cfr_jvp(self, frequencies_hz: Sequence[float], tangent: dict, *, sampling_frequency_hz: float = 1.0, num_time_steps: int = 1, normalize_delays: bool = True, normalize: bool = False) -> NDArray[numpy.complex128]:  # [num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, num_frequencies]
        """How cfr moves."""

    def taps_vjp(self, bandwidth_hz: float, l_min: int, l_max: int, cotangent: ArrayLike, *, sampling_frequency_hz: float = 0.0, num_time_steps: int = 1, normalize_delays: bool = True, normalize: bool = False, wrt: str | Sequence[str] | None = None) -> dict:
        """Gradient by name for a cotangent of taps."""

    def taps_jvp(self, bandwidth_hz: float, l_min: int, l_max: int, tangent: dict, *, sampling_frequency_hz: float = 0.0, num_time_steps: int = 1, normalize_delays: bool = True, normalize: bool = False) -> NDArray[numpy.complex128]:  # [num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, l_max - l_min + 1]
        """How taps move."""

    def __copy__(self) -> Paths: ...

    def __deepcopy__(self, memo: dict) -> Paths: ...

    def __repr__(self) -> str: ...

    def samples(self, waveform: Fmcw | Ofdm, *, noise_power: float = 0.0, linewidth_hz: float = 0.0, shared_oscillator: bool = True, seed: int = 1) -> NDArray:
        """
        [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, num_chirps or num_symbols, num_samples or num_subcarriers], linear
        amplitude, with the carrier's phase; real where the waveform samples so.

        noise_power: mean |noise|^2 a (complex) sample; linewidth_hz: of the oscillators' phase noise, one for transmitter and receiver
        or (shared_oscillator=False) one each. Warns of paths beyond the unambiguous range, Doppler interval or cyclic prefix.
        """

    def samples_vjp(self, waveform: Fmcw | Ofdm, cotangent: NDArray, *, wrt: str | list[str] | None = None) -> dict:
        """
        Gradient by name for a cotangent of samples (without phase noise); of Echoes by a, tau, doppler, frequency_hz.
        """

    def samples_jvp(self, waveform: Fmcw | Ofdm, tangent: dict) -> NDArray:
        """How samples move."""

    def spectrum(self, waveform: Fmcw | Ofdm, spectrum: Spectrum | None = None, **words: object) -> NDArray[numpy.complex128]:
        """
        [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, doppler_bins, range_bins], as Spectrum.of the samples, in closed form per
        path. A Spectrum, or its words.
        """

    def spectrum_vjp(self, waveform: Fmcw | Ofdm, cotangent: NDArray, spectrum: Spectrum | None = None, *, wrt: str | list[str] | None = None, **words: object) -> dict:
        """
        Gradient by name for a cotangent of spectrum; of Echoes by a, tau, doppler, frequency_hz.
        """

    def spectrum_jvp(self, waveform: Fmcw | Ofdm, tangent: dict, spectrum: Spectrum | None = None, **words: object) -> NDArray[numpy.complex128]:
        """How the spectrum moves."""

    def to_xarray(self, frequencies_hz: ArrayLike | None = None, **channel: object) -> Any:
        """
        An xarray.Dataset with the dimensions rx, rx_ant, tx, tx_ant, path, interaction, axis: a, tau, angles, doppler, valid,
        interactions, objects, vertices. With frequencies_hz the frequency response too, with the arguments of cfr.
        """

    def plot(self, ax: Any | str | None = None, *, view: str = 'plan', scene: Scene | None = None, tx: str | None = None, rx: str | None = None, range_db: float = 40.0, max_paths: int = 1000) -> Any:
        """
        The paths coloured by their gains, from above (view "plan") or in 3D (view "3d"), over the scene where one is given. tx, rx: names,
        all where not given; the strongest max_paths are drawn, of which colours span range_db. Returns the axes.
        """

    def plot_cir(self, ax: Any | str | None = None, *, tx: str | None = None, rx: str | None = None, tx_ant: int = 0, rx_ant: int = 0) -> Any:
        """
        The impulse response between two ports: magnitudes over delays, coloured by phase. Returns the axes.
        """

    def __getitem__(self, index: int | slice) -> dict | list[dict]:
        """A path, or a list of those of a slice, as iterating gives them."""

class Echoes:
    """Echoes of one radar given as arrays, sampled as those of paths are."""

    def __init__(self, a: object, tau: object, doppler: object, *, frequency_hz: float) -> None:
        """
        a: gains without the carrier's phase, [num_rx_ant, num_tx_ant, num_paths]; tau in seconds and doppler in hertz, [num_paths].
        """

    @property
    def frequency_hz(self) -> float: ...

    @property
    def a(self) -> NDArray[numpy.complex128]:  # [num_rx_ant, num_tx_ant, num_paths]
        """[num_rx_ant, num_tx_ant, num_paths]"""

    @property
    def tau(self) -> NDArray[numpy.float64]:  # [num_paths]
        """seconds, [num_paths]"""

    @property
    def doppler(self) -> NDArray[numpy.float64]:  # [num_paths]
        """hertz, [num_paths]"""

    def __len__(self) -> int: ...

    def __getstate__(self) -> bytes: ...

    def __setstate__(self, arg: bytes, /) -> None: ...

    def __copy__(self) -> Echoes: ...

    def __deepcopy__(self, memo: dict) -> Echoes: ...

    def __repr__(self) -> str: ...

    def samples(self, waveform: Fmcw | Ofdm, *, noise_power: float = 0.0, linewidth_hz: float = 0.0, shared_oscillator: bool = True, seed: int = 1) -> NDArray:
        """
        [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, num_chirps or num_symbols, num_samples or num_subcarriers], linear
        amplitude, with the carrier's phase; real where the waveform samples so.

        noise_power: mean |noise|^2 a (complex) sample; linewidth_hz: of the oscillators' phase noise, one for transmitter and receiver
        or (shared_oscillator=False) one each. Warns of paths beyond the unambiguous range, Doppler interval or cyclic prefix.
        """

    def samples_vjp(self, waveform: Fmcw | Ofdm, cotangent: NDArray, *, wrt: str | list[str] | None = None) -> dict:
        """
        Gradient by name for a cotangent of samples (without phase noise); of Echoes by a, tau, doppler, frequency_hz.
        """

    def samples_jvp(self, waveform: Fmcw | Ofdm, tangent: dict) -> NDArray:
        """How samples move."""

    def spectrum(self, waveform: Fmcw | Ofdm, spectrum: Spectrum | None = None, **words: object) -> NDArray[numpy.complex128]:
        """
        [num_rx, num_rx_ant, num_tx, num_tx_ant, num_frames, doppler_bins, range_bins], as Spectrum.of the samples, in closed form per
        path. A Spectrum, or its words.
        """

    def spectrum_vjp(self, waveform: Fmcw | Ofdm, cotangent: NDArray, spectrum: Spectrum | None = None, *, wrt: str | list[str] | None = None, **words: object) -> dict:
        """
        Gradient by name for a cotangent of spectrum; of Echoes by a, tau, doppler, frequency_hz.
        """

    def spectrum_jvp(self, waveform: Fmcw | Ofdm, tangent: dict, spectrum: Spectrum | None = None, **words: object) -> NDArray[numpy.complex128]:
        """How the spectrum moves."""

def solve_paths(scene: Scene, options: dict) -> Paths: ...

def read_panels(file: str, wavelength_m: float) -> list:
    """Panels of a run file, as the arguments of raywave.Ris."""

def opaque_materials(scene: Scene) -> list[bool]:
    """Of each material: do rays that pass through walls end at it?"""

def touched_places(paths: Paths) -> dict:
    """
    Faces that the paths touch: touch [n], object, material (indices of the scene's), point_m [n, 3], normal, cos_incidence.
    """

def revalued_paths(paths: Paths, scene: ArrayLike | None, touch: ArrayLike, numbers: ArrayLike, slopes: ArrayLike | None, fields: ArrayLike | None) -> Paths:
    """
    These paths with the scene's materials as they are now, or (scene None) as they were, and numbers [n, 5] at the faces touch [n]; slopes [n, 5, 3] by the place or None.
    """

class RadioMap:
    """Path gains in the cells of a surface, from every transmitter."""

    def __copy__(self) -> RadioMap: ...

    def __deepcopy__(self, memo: dict) -> RadioMap: ...

    @property
    def path_gain(self) -> NDArray[numpy.float64]:  # [num_tx, num_y, num_x]
        """Linear, [num_tx, num_y, num_x]; shares the map's memory."""

    @property
    def standard_error(self) -> NDArray[numpy.float64]:  # [num_tx, num_y, num_x]
        """
        Of path_gain, where rays scatter; 0 in exact maps, NaN where it is not known: Monte Carlo maps without scattering. [num_tx, num_y, num_x]
        """

    @property
    def rss(self) -> NDArray[numpy.float64]:  # [num_tx, num_y, num_x]
        """Received signal strength in watt, [num_tx, num_y, num_x]."""

    @property
    def sinr(self) -> NDArray[numpy.float64]:  # [num_tx, num_y, num_x]
        """Linear, [num_tx, num_y, num_x]."""

    @property
    def cell_centers(self) -> NDArray[numpy.float64]:  # [num_y, num_x, 3]
        """In metres, [num_y, num_x, 3]."""

    @property
    def center_m(self) -> list[float]:
        """Of the plane, as it was solved."""

    @property
    def size_m(self) -> list[float]:
        """Of the plane along its own x and y, as it was solved."""

    @property
    def tx_names(self) -> list[str]: ...

    def tx_association(self, metric: str = 'path_gain') -> NDArray[numpy.int32]:  # [num_y, num_x]
        """Index of the best transmitter, -1 where none reaches, [num_y, num_x]."""

    def save(self, path: str | os.PathLike) -> None:
        """.npz or .h5"""

    def plot(self, path: object | None = None, metric: str = 'path_gain', tx: str | None = None, min_db: float = 0.0, max_db: float = 0.0, title: str = '', *, ax: Any | None = None) -> Any:
        """
        A map of path_gain (dB), rss (dBm), sinr (dB) or association: to the file `path`, .png or .svg, else on matplotlib axes, which are
        returned. tx: one transmitter, else the best of all. min_db, max_db: limits of the colours, where they differ.
        """

    def __getstate__(self) -> bytes: ...

    def __setstate__(self, arg: bytes, /) -> None: ...

    @property
    def crs(self) -> str | None:
        """Of the scene; None: it lies nowhere."""

    @property
    def origin_m(self) -> list[float] | None:
        """Of the scene, in crs."""

    def vjp(self, *, path_gain: ArrayLike | None = None, rss: ArrayLike | None = None, sinr: ArrayLike | None = None, wrt: str | Sequence[str] | None = None) -> dict:
        """
        Gradient by name (all parameters that the map has a derivative by, or those of wrt) of a loss whose derivatives by these arrays are given.
        """

    def jvp(self, tangent: dict) -> dict:
        """How path_gain, rss and sinr move with {parameter name: change}."""

    def show(self, metric: str = 'path_gain', title: str = 'raywave') -> object:
        """
        The map draped over its scene: shown in a notebook, else written to a file whose path is returned.
        """

    def __repr__(self) -> str: ...

    def to_xarray(self) -> Any:
        """
        An xarray.Dataset: path_gain, rss, sinr [tx, y, x] and association [y, x]. x and y are the scene's, or where the map is turned
        those of its plane from its centre. Of a mesh: [tx, cell] with the cells' corners.
        """

    def cdf(self, metric: str = 'path_gain', tx: str | None = None) -> tuple[NDArray[numpy.float64], NDArray[numpy.float64]]:
        """
        (values, probability): the share of cells that have at most each value, in dB (rss: dBm), ascending. Of one transmitter, else of the
        best in each cell. Cells where nothing arrives count, so that the first probability is above their share.
        """

    def sample_positions(self, num_pos: int, metric: str = 'path_gain', min_val_db: float | None = None, max_val_db: float | None = None, min_dist: float | None = None, max_dist: float | None = None, tx_association: bool = True, center_pos: bool = False, seed: int = 1, *, scene: Scene | None = None) -> tuple[NDArray[numpy.float64], NDArray[numpy.int64]]:
        """
        (positions [num_tx, num_pos, 3] in metres, cells [num_tx, num_pos, 2: row, column]), drawn evenly over the area where each transmitter
        arrives.

        Of cells between min_val_db and max_val_db (rss: dBm), whose centre is between min_dist and max_dist metres from the transmitter (which
        needs the scene), and with tx_association where no other is stronger. Places are spread over their cells (on ground: at the height
        of the centre), or with center_pos at their centres. @raises Error naming a transmitter that has no such cell.
        """

def solve_radio_map(scene: Scene, options: dict, fields: ArrayLike | None = None) -> RadioMap:
    """fields: materials that vary, of a monte-carlo map."""

def touched_places_of_map(map: RadioMap) -> dict:
    """
    Where the paths of a map that kept its arrivals touch faces, as touched_places; num_interactions.
    """

def varied_map(map: RadioMap, num_interactions: int, touch: ArrayLike, numbers: ArrayLike, slopes: ArrayLike | None, fields: ArrayLike | None) -> RadioMap:
    """The map with other materials at touched places."""

def report_data(scene: Scene | None, paths: Paths | None, radio_map: RadioMap | None, metric: str = 'path_gain') -> str:
    """What a page shows, as JSON, without the page."""

def report_html(scene: Scene | None, paths: Paths | None, radio_map: RadioMap | None, title: str, metric: str) -> str: ...

class ArrivalMap:
    """
    Power over azimuth and elevation at receivers (or transmitters), from paths.
    """

    @property
    def gain(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_rows, num_columns] | [num_rx, num_tx, num_delays, num_rows, num_columns]
        """
        Linear, [num_rx, num_tx, num_rows, num_columns]; with delays_s [num_rx, num_tx, num_delays, ...].
        """

    @property
    def azimuth_rad(self) -> NDArray[numpy.float64]:  # [num_rows, num_columns]
        """
        [num_rows, num_columns], the aperture's frame; NaN where a grid of sines has no direction.
        """

    @property
    def elevation_rad(self) -> NDArray[numpy.float64]:  # [num_rows, num_columns]
        """[num_rows, num_columns]"""

    @property
    def delays_s(self) -> NDArray[numpy.float64]:  # [num_delays]
        """[num_delays]; empty where all paths are together."""

    def __getstate__(self) -> bytes: ...

    def __setstate__(self, arg: bytes, /) -> None: ...

    @property
    def crs(self) -> str | None:
        """Of the scene; None: it lies nowhere."""

    @property
    def origin_m(self) -> list[float] | None:
        """Of the scene, in crs."""

    @property
    def frequency_hz(self) -> float: ...

    @property
    def departures(self) -> bool: ...

    @property
    def tx_names(self) -> list[str]: ...

    @property
    def rx_names(self) -> list[str]: ...

    @property
    def paths(self) -> Paths:
        """Those that it was made of."""

    def peaks(self, rx: str | None = None, tx: str | None = None, *, delay: int = 0, at_most: int = 10, within_db: float = 30.0) -> list:
        """
        Directions that none of their neighbours exceeds, strongest first: dicts of azimuth_rad, elevation_rad, gain.
        """

    def spread(self, rx: str | None = None, tx: str | None = None, *, delay: int = 0) -> dict:
        """
        mean_azimuth_rad, azimuth_spread_rad (circular), mean_elevation_rad, elevation_spread_rad, weighted by power and solid angle; NaN where nothing arrives.
        """

    def save(self, path: str | os.PathLike) -> None:
        """.npz or .h5"""

    def vjp(self, gain: ArrayLike, *, wrt: str | Sequence[str] | None = None) -> dict:
        """
        Gradient by name (all parameters that paths have a derivative by, or those of wrt) for a cotangent of gain.
        """

    def jvp(self, tangent: dict) -> NDArray[numpy.float64]:  # [num_rx, num_tx, num_rows, num_columns] | [num_rx, num_tx, num_delays, num_rows, num_columns]
        """How gain moves with {parameter name: change}."""

    def __copy__(self) -> ArrivalMap: ...

    def __deepcopy__(self, memo: dict) -> ArrivalMap: ...

    def __repr__(self) -> str: ...

    def to_xarray(self) -> Any:
        """
        An xarray.Dataset: gain [rx, tx, row, column], with delays_s [rx, tx, delay, row, column], over azimuth and elevation [row, column]
        in radians in the aperture's frame.
        """

    def plot(self, ax: Any | str | None = None, *, rx: str | None = None, tx: str | None = None, delay: int = 0, view: str = 'map', range_db: float = 40.0) -> Any:
        """
        A link's power over directions in dB: filled contours over azimuth and elevation (view "map"; of a grid of sines over cos(el) sin(az) and
        sin(el)), or the strongest of all elevations over azimuth, as a line ("line") or around a pole ("polar"). rx, tx: names, needed where there are
        several; delay: which of delays_s; range_db: below the strongest. Returns the axes.
        """

def arrival_map(paths: Paths, options: dict) -> ArrivalMap: ...

class ScatteredPower:
    """Power that surfaces scatter between devices."""

    def __getstate__(self) -> bytes: ...

    def __setstate__(self, arg: bytes, /) -> None: ...

    @property
    def crs(self) -> str | None:
        """Of the scene; None: it lies nowhere."""

    @property
    def origin_m(self) -> list[float] | None:
        """Of the scene, in crs."""

    @property
    def gain(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """Linear, the mean over the port pairs, [num_rx, num_tx]."""

    @property
    def error(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """
        As gain: tiles, the estimated error of the surface integral; sampled, the standard error. [num_rx, num_tx]
        """

    @property
    def shaded(self) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """
        Share of the gain from tiles that a shadow's border crosses, which derivatives hold still, [num_rx, num_tx].
        """

    @property
    def num_tiles(self) -> NDArray[numpy.int64]:  # [num_rx, num_tx]
        """[num_rx, num_tx]"""

    @property
    def tx_names(self) -> list[str]: ...

    @property
    def rx_names(self) -> list[str]: ...

    def vjp(self, gain: ArrayLike, *, wrt: str | Sequence[str] | None = None) -> dict:
        """
        Gradient by name (all parameters that scattered power has a derivative by, or those of wrt) for a cotangent of gain.
        """

    def jvp(self, tangent: dict) -> NDArray[numpy.float64]:  # [num_rx, num_tx]
        """How gain moves with {parameter name: change}."""

    def __copy__(self) -> ScatteredPower: ...

    def __deepcopy__(self, memo: dict) -> ScatteredPower: ...

    def __repr__(self) -> str: ...

def lobe_text(text: str) -> str:
    """A scattering pattern with all its numbers; raises for none."""

def scattered_power(scene: Scene, options: dict, fields: ArrayLike | None = None) -> ScatteredPower:
    """fields: materials that vary, of samples."""

def touched_places_of_power(power: ScatteredPower) -> dict:
    """
    Where the paths over the tiles touch faces, as touched_places; num_interactions.
    """

def varied_power(power: ScatteredPower, num_interactions: int, touch: ArrayLike, numbers: ArrayLike, slopes: ArrayLike | None, fields: ArrayLike | None) -> ScatteredPower:
    """The power with other materials at touched places."""

def release_lobes() -> None: ...

def make_lobe(name: str, law: ArrayLike, normalize: bool, width_rad: float | None) -> dict: ...

def lobe_values(text: str, what: str, normal: ArrayLike, u_i: ArrayLike, u_o: ArrayLike) -> object: ...

def lobe_integrals(text: str, cos_incidence: ArrayLike) -> object: ...

def lobe_samples(text: str, normal: ArrayLike, u_i: ArrayLike, random: ArrayLike) -> object: ...

class WaveResult:
    """Fields of a wave scene on planes across the march."""

    def __getstate__(self) -> bytes: ...

    def __setstate__(self, arg: bytes, /) -> None: ...

    @property
    def field(self) -> NDArray[numpy.complex128]:  # [num_planes, num_sources, num_y] | [num_planes, num_sources, num_x, num_y]
        """
        Complex, [planes, sources, num_y]; in 3D [planes, sources, num_x, num_y].
        """

    @property
    def backward(self) -> NDArray[numpy.complex128]:  # [num_planes, num_sources, num_y] | [num_planes, num_sources, num_x, num_y]
        """
        The part that travels towards -z, with num_reflections > 0; the whole field is field + backward.
        """

    @property
    def z_m(self) -> NDArray[numpy.float64]:  # [num_planes]
        """[planes]"""

    @property
    def y_m(self) -> NDArray[numpy.float64]:  # [num_y]
        """[num_y]"""

    @property
    def x_m(self) -> NDArray[numpy.float64]:  # [num_x]
        """[num_x] of a 3D scene, else one 0."""

    @property
    def power_w_per_m(self) -> NDArray[numpy.float64]:  # [num_planes, num_sources]
        """Flux through each plane of a 2D scene, [planes, sources]."""

    @property
    def power_w(self) -> NDArray[numpy.float64]:  # [num_planes, num_sources]
        """Flux through each plane of a 3D scene, [planes, sources]."""

    @property
    def choices(self) -> list[str]:
        """Which model crossed which object, why."""

    @property
    def warnings(self) -> list[str]: ...

    @property
    def crs(self) -> str | None:
        """Of the scene that it was cut from; None: it lies nowhere."""

    @property
    def origin_m(self) -> list[float] | None:
        """What that scene's (0, 0, 0) is in crs; its x is z here, its height x."""

    @property
    def cones(self) -> list:
        """
        [sources]: where the field is the scene's, from 20 wavelengths on. Apex, tilt and half angle of the cone (a plane wave: half width), and the window that is clear of the absorber.
        """

    def holds(self, points_m: ArrayLike, source: int = 0) -> NDArray[numpy.bool_]:  # [num_points]
        """
        Which points [n, 2: y, z] (3D: [n, 3: x, y, z]) lie in the cone of a source.
        """

    def coherent_sum(self, plane: int = 0) -> NDArray[numpy.complex128]:  # [num_y] | [num_x, num_y]
        """Sum of the sources' fields on a plane, [num_y]."""

    def incoherent_sum(self, plane: int = 0) -> NDArray[numpy.float64]:  # [num_y] | [num_x, num_y]
        """Sum of |u|^2 over the sources, [num_y]."""

    def at(self, points_m: ArrayLike, source: int = 0) -> NDArray[numpy.complex128]:  # [num_points]
        """
        The field at points [n, 2: y, z] (3D: [n, 3: x, y, z]) behind the last plane before each.
        """

    def points_gradient(self, points_m: ArrayLike, cotangent: ArrayLike, source: int = 0) -> dict:
        """
        {parameter name: derivative} of J with dJ = Re sum conj(cotangent) d at(points_m).
        """

    def received_power(self, point_m: ArrayLike, source: int = 0) -> float:
        """Of an isotropic receiver: watt a metre, in 3D watt."""

    def power_gradient(self, plane: int = 0, source: int = 0) -> dict:
        """{parameter name: derivative} of the flux through a plane."""

    def received_power_gradient(self, point_m: ArrayLike, source: int = 0) -> dict:
        """{parameter name: derivative} of received_power."""

    def jvp(self, tangent: dict) -> NDArray[numpy.complex128]:  # [num_planes, num_sources, num_y] | [num_planes, num_sources, num_x, num_y]
        """
        Tangent of the field for {parameter name: change}, [planes, sources, num_y].
        """

    def vjp(self, cotangent: NDArray[numpy.complex128]) -> dict:
        """
        {parameter name: derivative} of J with dJ = Re sum conj(cotangent) d field.
        """

    def save(self, path: str | os.PathLike) -> None:
        """.npz or .h5"""

    def plot(self, path: object | None = None, source: int = 0, phase: bool = False, range_db: float = 50.0, x_m: float = 0.0, title: str = '', *, ax: Any | None = None) -> Any:
        """
        The field over y and z: to the file `path`, .png or .svg, else on matplotlib axes, which are returned. source -1: the incoherent
        sum; phase: the phase instead of the magnitude; x_m: the slice of a 3D field.
        """

    def slice(self, *, x_m: float | None = None, y_m: float | None = None, z_m: float | None = None, source: int = 0) -> NDArray[numpy.complex128]:
        """
        The field where one coordinate is nearest to what is given: axes in the order (z, x, y) without that one.
        """

    def __copy__(self) -> WaveResult: ...

    def __deepcopy__(self, memo: dict) -> WaveResult: ...

    def __repr__(self) -> str: ...

    def to_xarray(self) -> Any:
        """
        An xarray.Dataset: field [plane, source, y] (3D: [plane, source, x, y]), with reflections backward too, and the power through each
        plane. z, y and x in metres.
        """

def wave_simulate(scene: dict, options: dict) -> WaveResult: ...

def wave_parameters(scene: dict) -> list: ...

def wave_cut(scene: Scene, height_m: float, window: dict) -> list: ...

def wave_line_source_amplitude(power_w_per_m: float, frequency_hz: float) -> float: ...

def wave_solids(scene: Scene, window: dict) -> list: ...

def wave_point_source_amplitude(power_w: float) -> float: ...

def wave_box(arg0: Sequence[float], arg1: Sequence[float], /) -> tuple: ...

def wave_sphere(arg0: Sequence[float], arg1: float, /) -> tuple: ...

def wave_rectangle(arg0: Sequence[float], arg1: Sequence[float], /) -> list: ...

def wave_disc(arg0: Sequence[float], arg1: float, /) -> list: ...

def wave_lens(arg0: Sequence[float], arg1: float, arg2: float, arg3: float, /) -> list: ...

def wave_grating(arg0: Sequence[float], arg1: float, arg2: float, arg3: float, arg4: int, /) -> list: ...

def wave_half_plane(arg0: Sequence[float], arg1: bool, arg2: float, arg3: float, /) -> list: ...

class Paths2D:
    """
    Paths in the plane, one row each, ordered by transmitter, receiver, candidate.
    """

    def __len__(self) -> int: ...

    def __getstate__(self) -> tuple: ...

    def __setstate__(self, arg: tuple, /) -> None: ...

    @property
    def tx(self) -> NDArray[numpy.int32]:  # [num_paths]
        """Index of the transmitter, [paths]."""

    @property
    def rx(self) -> NDArray[numpy.int32]:  # [num_paths]
        """Index of the receiver, [paths]."""

    @property
    def order(self) -> NDArray[numpy.int32]:  # [num_paths]
        """Number of interactions, [paths]."""

    @property
    def valid(self) -> NDArray[numpy.float64]:  # [num_paths]
        """0 or 1; smoothed: between, [paths]."""

    @property
    def power(self) -> NDArray[numpy.float64]:  # [num_paths]
        """r_coef^order / (height_m^2 + length_m^2), without validity, [paths]."""

    @property
    def length_m(self) -> NDArray[numpy.float64]:  # [num_paths]
        """[paths]"""

    @property
    def loss(self) -> NDArray[numpy.float64]:  # [num_paths]
        """Sum of squared residuals, [paths]."""

    @property
    def departure_rad(self) -> NDArray[numpy.float64]:  # [num_paths]
        """[paths]"""

    @property
    def arrival_rad(self) -> NDArray[numpy.float64]:  # [num_paths]
        """[paths]"""

    @property
    def vertices_flat(self) -> NDArray[numpy.float64]:  # [num_vertices, 2]
        """All vertices one after the other, [sum of order + 2, 2]."""

    def vertices(self, path: int) -> object:
        """Places of one path from the transmitter on, [order + 2, 2], m."""

    def objects(self, path: int) -> list[str]:
        """Names of what one path touches, from the transmitter on."""

    @property
    def crs(self) -> str | None:
        """Of the scene; None: it lies nowhere."""

    @property
    def origin_m(self) -> list[float] | None:
        """Of the scene, in crs."""

    def vjp(self, *, valid: ArrayLike | None = None, power: ArrayLike | None = None, length_m: ArrayLike | None = None, loss: ArrayLike | None = None, vertices_flat: ArrayLike | None = None, wrt: str | Sequence[str] | None = None) -> dict:
        """
        Gradient by name of a loss whose derivatives by these columns are given.
        """

    def jvp(self, tangent: dict) -> dict:
        """How the columns move with {parameter name: change}."""

    def __getitem__(self, path: int) -> Any:
        """One path, a raywave.scene2d.Path2D."""

    def __iter__(self) -> Iterator[Any]:
        """One after the other."""

    def plot(self, ax: Any | str | None = None, **line: Any) -> Any:
        """
        Rays on matplotlib axes, which are given back; smoothed ones as strong as they are valid.
        """

    def __copy__(self) -> Paths2D: ...

    def __deepcopy__(self, memo: dict) -> Paths2D: ...

    def __repr__(self) -> str: ...

class Scene2D:
    """
    A scene in the plane: transmitters, receivers, objects. Metres, radians.
    """

    def __init__(self) -> None: ...

    @staticmethod
    def square_scene() -> Scene2D: ...

    @staticmethod
    def square_scene_with_wall(ratio: float = 0.6) -> Scene2D: ...

    @staticmethod
    def square_scene_with_obstacle(ratio: float = 0.1) -> Scene2D: ...

    @staticmethod
    def basic_scene() -> Scene2D: ...

    @staticmethod
    def random_uniform_scene(n_transmitters: int = 1, n_walls: int = 1, n_receivers: int = 1, seed: int = 1234) -> Scene2D: ...

    @property
    def r_coef(self) -> float: ...

    @r_coef.setter
    def r_coef(self, arg: float, /) -> None: ...

    @property
    def height_m(self) -> float: ...

    @height_m.setter
    def height_m(self, arg: float, /) -> None: ...

    @property
    def alpha(self) -> float: ...

    @alpha.setter
    def alpha(self, arg: float, /) -> None: ...

    @property
    def frequency_hz(self) -> float: ...

    @frequency_hz.setter
    def frequency_hz(self, arg: float, /) -> None: ...

    @property
    def crs(self) -> str | None:
        """
        The coordinate reference system that the scene lies in, as pyproj reads it; None: nowhere.
        """

    @crs.setter
    def crs(self, value: str | None, /) -> None: ...

    @property
    def origin_m(self) -> list[float]:
        """
        What (0, 0) is in crs: east, north, height of the plane above the terrain's zero.
        """

    @origin_m.setter
    def origin_m(self, value: Sequence[float], /) -> None: ...

    @property
    def objects(self) -> list:
        """Dicts of kind, name, places and numbers; copies."""

    def remove(self, name: str) -> None: ...

    def add_material(self, material: Material) -> None:
        """A material that walls may name."""

    @property
    def materials(self) -> list[Material]:
        """A copy of the list."""

    def copy(self) -> Scene2D: ...

    def __getstate__(self) -> tuple: ...

    def __setstate__(self, arg: tuple, /) -> None: ...

    def set_parameter(self, name: str, value: ArrayLike) -> None:
        """Gives a parameter a value, e.g. "wall/south/ends_m"."""

    def to_wave(self, grid: Any, z_end_m: float, z_begin_m: float = 0.0, thickness_m: float = 0.01, **options: Any) -> Any:
        """
        A raywave.wave.Scene of the same walls: x becomes z, y stays, as wave.cut has it. A wall is as thick as its material says, a perfect
        conductor thickness_m, around its line. Transmitters, which must lie before z_begin_m, become line sources that radiate 1 W per metre.
        """

    def save(self, path: str | pathlib.Path) -> None:
        """
        A TOML file that Scene2D.load reads back to the bit. Own objects, whose law is a program, can't be saved.
        """

    def add_wall(self, name: str, a: Sequence[float], b: Sequence[float], material: str = '') -> None:
        """A wall from a to b."""

    def add_ris(self, name: str, a: Sequence[float], b: Sequence[float], phi_rad: float = 0.7853981633974483) -> None:
        """
        A surface that sends what comes from anywhere at the angle phi_rad from its back normal; its normal is (t_y, -t_x).
        """

    def add_panel(self, name: str, a: Sequence[float], b: Sequence[float], profile_m: Sequence[float]) -> None:
        """
        A surface with a phase profile: it adds the optical path sum_j profile_m[j] s^j at the distance s from a.
        """

    def add_corner(self, name: str, at: Sequence[float]) -> None:
        """A point that rays may turn at."""

    def add_arc(self, name: str, center: Sequence[float], radius_m: float, begin_rad: float, end_rad: float) -> None:
        """A reflecting arc, counter-clockwise from begin_rad to end_rad."""

    def add_own(self, name: str, a: Sequence[float], b: Sequence[float], residual: Callable, numbers: Sequence[float] = (), gradient: Callable | None = None) -> None:
        """
        An object of your own law, for method="min-path": residual(before, at, after, a, b, numbers) takes points [n, 2] and numbers [n, k]
        and gives [n] or [n, 2], zero where the law holds. gradient: the same arguments, [n, 2, 10 + k] in their order; without it differences.
        """

    @property
    def transmitters(self) -> dict[str, list[float]]:
        """{name: [x, y]}; what is changed in it changes the scene."""

    @transmitters.setter
    def transmitters(self, places: dict[str, Sequence[float]]) -> None: ...

    @property
    def receivers(self) -> dict[str, list[float]]:
        """{name: [x, y]}; what is changed in it changes the scene."""

    @receivers.setter
    def receivers(self, places: dict[str, Sequence[float]]) -> None: ...

    def plot(self, ax: Any | str | None = None, names: bool = True) -> Any:
        """Objects and devices on matplotlib axes, which are given back."""

    def trace(self, *, order: int | None = None, filter_objects: Callable[[dict], bool] | None = None, **options: Any) -> Paths2D:
        """
        Paths between all transmitters and receivers. Options: min_order, max_order (or order), candidates ("all", "visible", or "sampled" by sampler=, a
        PathSampler, num_samples a link and order), max_bytes,
        filter_objects(object) (whether paths touch it; it blocks all the same), method ("image", "fermat", "min-path"), num_starts, max_steps,
        seed, approx, activation ("hard_sigmoid", "sigmoid"), keep_invalid, num_threads; r_coef, height_m, alpha in place of the scene's.
        """

    def num_path_candidates(self, min_order: int = 0, max_order: int = 1) -> float:
        """How many candidates there are in all: N (N - 1)^(n - 1) of order n."""

    def bounding_box(self) -> NDArray[numpy.float64]:
        """[[x_min, y_min], [x_max, y_max]] of objects and devices."""

    def grid(self, m: int = 50, n: int | None = None) -> tuple[NDArray[numpy.float64], NDArray[numpy.float64]]:
        """x and y [n, m] over the bounding box, ends included; n: m."""

    def get_location(self, where: str = 'C') -> tuple[float, float]:
        """
        A place of the bounding box: C, its middle, N, E, S, W, the middles of its sides, NE, NW, SE, SW, its corners.
        """

    def get_closest_transmitter(self, to: Sequence[float]) -> tuple[str, float]:
        """(its name, its distance in metres)."""

    def get_closest_receiver(self, to: Sequence[float]) -> tuple[str, float]:
        """(its name, its distance in metres)."""

    def parameters(self) -> dict[str, Parameter2D]:
        """{name: value, unit, shape} of everything that has a derivative."""

    def accumulate_on_receivers_grid_over_paths(self, x: ArrayLike, y: ArrayLike, fun: str | Callable = 'received_power', *, reduce_all: bool = False, grad: bool = False, value_and_grad: bool = False, per_path: bool = False, order: int | None = None, filter_objects: Callable[[dict], bool] | None = None, **options: Any) -> Any:
        """
        The sum over paths of validity times fun for receivers at x, y (any shape): {transmitter: array}, or with reduce_all one array.
        grad: by each point, [..., 2]; value_and_grad: both; per_path: (candidates, {transmitter: [candidates, ...]}). fun: "received_power",
        "length", "delay", "count", "departure_angle", "arrival_angle", or fun(PathBatch) -> [n] (with its slope by vertices for grad).
        Options as trace takes them.
        """

    def accumulate_on_transmitters_grid_over_paths(self, x: ArrayLike, y: ArrayLike, fun: str | Callable = 'received_power', *, reduce_all: bool = False, grad: bool = False, value_and_grad: bool = False, per_path: bool = False, order: int | None = None, filter_objects: Callable[[dict], bool] | None = None, **options: Any) -> Any:
        """The same for transmitters at x, y."""

    def field(self, x: ArrayLike, y: ArrayLike, **options: Any) -> NDArray[numpy.complex128]:
        """
        The field of each transmitter at x, y (any shape), [transmitters, ...], complex: cylindrical waves exp(-j k r) / sqrt(2 pi r) with what
        walls of material reflect and pass and what their edges diffract; |u|^2 in W/m^2 for 1 W per metre. Options: max_order, polarization
        ("te": E_z, "tm": eta H_z), diffraction, transmission, max_bytes, num_threads.
        """

    def field_vjp(self, x: ArrayLike, y: ArrayLike, cotangent: ArrayLike, wrt: Sequence[str] | None = None, **options: Any) -> dict[str, np.ndarray]:
        """
        Gradient by name of a loss whose derivatives by the field are given, d/dRe + j d/dIm.
        """

    def explore(self, run: str | os.PathLike | None = None, port: int = 0, open_browser: bool = False) -> object:
        """
        Serves the live page of this scene: drag devices and the ends of walls, rays and map follow. Returns an Explorer with url, document, scene() and
        close(). run: the file that keeps its state (plane.explore.toml). Needs the extra raywave[explore].
        """

    def __copy__(self) -> Scene2D: ...

    def __deepcopy__(self, memo: dict) -> Scene2D: ...

    def __repr__(self) -> str: ...

class PathSampler:
    """
    A learned choice of sequences of walls (dimensions=2, docs/plane.md) or facets (3, docs/learned.md): a generative flow network. Untrained, or with load what save or `raywave sampler train` wrote.
    """

    def __init__(self, width: int = 64, embedding: int = 16, seed: int = 1, dimensions: int = 2) -> None: ...

    @staticmethod
    def load(path: str | os.PathLike) -> PathSampler: ...

    def save(self, path: str | os.PathLike) -> None: ...

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple: ...

    def __setstate__(self, arg: tuple, /) -> None: ...

    @property
    def num_numbers(self) -> int:
        """Of the network."""

    @property
    def dimensions(self) -> int:
        """2: scenes in the plane; 3: finder "learned" of PathSolver."""

    def sample(self, scene: ArrayLike, tx: str, rx: str, order: int, count: int = 10, seed: int = 42) -> list:
        """
        Sequences of names of walls (of a Scene2D) or of the objects whose facets reflect (of a Scene), with repetitions, drawn in proportion to the learned flows; a function of the seed.
        """

    def train(self, *, episodes: int = 50000, max_order: int = 3, trajectories: int = 4, explore: float = 0.1, replay: float = 0.4, batch: int = 8, rate: float = 0.001, seed: int = 7, num_threads: int = 0, progress: ArrayLike | None = None) -> list[float]:
        """
        On streets with walls (or houses) left out by chance, from where it stands; the loss of each tenth. Deterministic.
        """

    def evaluate(self, *, num_scenes: int = 1000, max_order: int = 3, num_samples: int = 10, seed: int = 1234567, num_walls: int = 0) -> list:
        """
        Accuracy and hit rate over held-out streets, or towns of num_walls walls (facets), beside other ways to choose: a dict a row.
        """
