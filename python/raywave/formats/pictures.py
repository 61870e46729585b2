# SPDX-License-Identifier: Apache-2.0
"""plot(ax=...) of paths, channels, maps, wave fields and antennas with matplotlib; without ax on new axes. Each gives its axes back."""
from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _raywave
from .._methods import method
from .._picture import picture
from .._raywave import AntennaArray, ArrivalMap, Device, Error, Paths, RadioMap, Scene, WaveResult
from .._requirements import need
from .content import content, decibel, names, only
from .labelled import _axis_aligned, _cell_axes

METRICS = ("path_gain", "rss", "sinr", "association")


def _axes(ax, projection=None):
    plt = need("matplotlib.pyplot", "plot")
    if ax is None:
        ax = plt.figure(layout="constrained").add_subplot(projection=projection)
    elif not hasattr(ax, "figure"):
        raise Error(f"ax takes matplotlib axes, got {ax!r}"[:200])
    elif projection == "3d" and not hasattr(ax, "get_zlim"):
        raise Error("this picture needs axes in 3D: figure.add_subplot(projection='3d')")
    elif projection == "polar" and ax.name != "polar":
        raise Error("this picture needs polar axes: figure.add_subplot(projection='polar')")
    elif projection is None and ax.name != "rectilinear":
        raise Error(f"this picture needs plain axes, got {ax.name} ones")
    return ax


def _colorbar(ax, shown, label):
    ax.figure.colorbar(shown, ax=ax, label=label)


def _powers(held):
    """|a|^2 of each path in the mean over its antenna pairs, [num_paths]."""
    square, begin = np.abs(held["a"]) ** 2, held["a_begin"]
    if not len(square):
        return np.zeros(len(begin) - 1)
    sums = np.concatenate([[0.0], np.cumsum(square)])
    count = np.diff(begin)
    return np.where(count > 0, (sums[begin[1:]] - sums[begin[:-1]]) / np.maximum(count, 1), 0.0)


def _links(held):
    """Receiver and transmitter of each path, [num_paths] each."""
    links = held["links"].reshape(-1, 6)
    count = links[:, 5] - links[:, 4]
    return np.repeat(links[:, 0], count), np.repeat(links[:, 2], count)


def _lines(held, chosen):
    """The corners of each chosen path from transmitter to receiver."""
    rx, tx = _links(held)
    begin = held["interaction_begin"]
    return [np.vstack([held["tx_positions_m"][tx[i]], held["vertices_m"][begin[i]:begin[i + 1]], held["rx_positions_m"][rx[i]]]) for i in chosen]


def _chosen(held, tx, rx, max_paths):
    """The strongest paths of the links that are asked for, weakest first so that the strong are drawn over them."""
    of_rx, of_tx = _links(held)
    power = _powers(held)
    keep = power > 0
    if tx is not None:
        keep &= of_tx == only(names(held["tx_names"]), tx, "transmitter")
    if rx is not None:
        keep &= of_rx == only(names(held["rx_names"]), rx, "receiver")
    found = np.flatnonzero(keep)
    order = found[np.argsort(power[found], kind="stable")]
    return order[-max_paths:] if max_paths else order, power


def _fit(ax, points, had_data):
    """The limits of axes in 3D take the points in."""
    if len(points):
        ax.auto_scale_xyz(*points.T, had_data=had_data)


def _draw_scene(ax, scene, flat):
    """The triangles of a scene, pale."""
    had = ax.has_data()
    meshes = [o.vertices_m[o.triangles] for o in scene.objects.values() if len(o.triangles)]
    if not meshes:
        return
    triangles = np.concatenate(meshes)
    if flat:
        collections = need("matplotlib.collections", "plot")
        ax.add_collection(collections.PolyCollection(triangles[..., :2], facecolor="0.9", edgecolor="0.75", linewidth=0.3, zorder=0), autolim=True)
    else:
        art = need("mpl_toolkits.mplot3d.art3d", "plot")
        ax.add_collection3d(art.Poly3DCollection(triangles, facecolor=(0.8, 0.8, 0.8, 0.25), edgecolor=(0.6, 0.6, 0.6, 0.4), linewidth=0.3))
    low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
    if flat:
        ax.update_datalim([low[:2], high[:2]])
    else:
        _fit(ax, np.stack([low, high]), had)


@picture(Paths)
def _plot_paths(self, ax: Any | str | None = None, *, view: str = "plan", scene: Scene | None = None, tx: str | None = None, rx: str | None = None,
                range_db: float = 40.0, max_paths: int = 1000) -> Any:
    """The paths coloured by their gains, from above (view "plan") or in 3D (view "3d"), over the scene where one is given. tx, rx: names,
    all where not given; the strongest max_paths are drawn, of which colours span range_db. Returns the axes."""
    if view not in ("plan", "3d"):
        raise Error(f"view must be 'plan' or '3d', got '{view}'")
    flat = view == "plan"
    ax = _axes(ax, None if flat else "3d")
    held = content(self)
    chosen, power = _chosen(held, tx, rx, max_paths)
    if scene is not None:
        _draw_scene(ax, scene, flat)
    if len(chosen):
        level = decibel(power[chosen])
        lines = _lines(held, chosen)
        words = dict(cmap="viridis", clim=(level.max() - range_db, level.max()), linewidth=1)
        if flat:
            collection = need("matplotlib.collections", "plot").LineCollection([line[:, :2] for line in lines], array=level, **words)
            ax.add_collection(collection, autolim=True)
        else:
            collection, had = need("mpl_toolkits.mplot3d.art3d", "plot").Line3DCollection(lines, array=level, **words), ax.has_data()
            ax.add_collection3d(collection)
            _fit(ax, np.concatenate(lines), had)
        _colorbar(ax, collection, "path gain / dB")
    for end, marker, wanted in (("tx", "^", tx), ("rx", "o", rx)):
        at = held[f"{end}_positions_m"]
        if wanted is not None:
            at = at[[names(held[f"{end}_names"]).index(wanted)]]
        ax.plot(*(at[:, :2] if flat else at).T, linestyle="", marker=marker, color="black", label=end)
    ax.set(xlabel="x / m", ylabel="y / m", **({} if flat else {"zlabel": "z / m"}))
    ax.set_aspect("equal")
    if flat:
        ax.autoscale_view()
    return ax


_save_profile = Paths.plot_power_delay_profile


@method(Paths, "plot_power_delay_profile")
def _plot_profile(self, path: object | None = None, tx: str | None = None, rx: str | None = None, *, ax: Any | None = None) -> Any:
    """The gains of a link's paths over their delays: to the file `path`, .png or .svg, else on matplotlib axes, which are returned.
    tx, rx: names, needed where there are several."""
    held = content(self)
    t, r = only(names(held["tx_names"]), tx, "transmitter"), only(names(held["rx_names"]), rx, "receiver")
    if path is not None:
        if ax is not None:
            raise Error("give a file or ax, not both")
        return _save_profile(self, path, names(held["tx_names"])[t], names(held["rx_names"])[r])
    ax = _axes(ax)
    of_rx, of_tx = _links(held)
    power = _powers(held)
    mine = np.flatnonzero((of_rx == r) & (of_tx == t) & (power > 0))
    _stems(ax, held["tau_s"][mine] * 1e9, decibel(power[mine]))
    ax.set(xlabel="delay / ns", ylabel="path gain / dB", title=f"{names(held['tx_names'])[t]} to {names(held['rx_names'])[r]}")
    return ax


def _stems(ax, x, y, **words):
    floor = y.min() - 10 if len(y) else -1.0
    ax.vlines(x, floor, y, linewidth=1)
    return ax.scatter(x, y, s=18, zorder=3, **words)


@picture(Paths, "plot_cir")
def _plot_cir(self, ax: Any | str | None = None, *, tx: str | None = None, rx: str | None = None, tx_ant: int = 0, rx_ant: int = 0) -> Any:
    """The impulse response between two ports: magnitudes over delays, coloured by phase. Returns the axes."""
    held = content(self)
    t, r = only(names(held["tx_names"]), tx, "transmitter"), only(names(held["rx_names"]), rx, "receiver")
    for word, given, limit in (("rx_ant", rx_ant, self.a.shape[1]), ("tx_ant", tx_ant, self.a.shape[3])):
        if not 0 <= given < limit:
            raise Error(f"{word} must be in 0 to {limit - 1}, got {given}")
    ax = _axes(ax)
    a, tau = self.cir(normalize_delays=False)
    a = a[r, rx_ant, t, tx_ant, :, 0]
    tau = tau[r, t] if tau.ndim == 3 else tau[r, rx_ant, t, tx_ant]
    mine = np.abs(a) > 0
    dots = _stems(ax, tau[mine] * 1e9, 2 * decibel(np.abs(a[mine])), c=np.angle(a[mine]), cmap="twilight", vmin=-math.pi, vmax=math.pi)
    _colorbar(ax, dots, "phase / rad")
    ax.set(xlabel="delay / ns", ylabel="|a| / dB")
    return ax


_save_map = RadioMap.plot


@method(RadioMap, "plot")
def _plot_map(self, path: object | None = None, metric: str = "path_gain", tx: str | None = None, min_db: float = 0.0, max_db: float = 0.0,
              title: str = "", *, ax: Any | None = None) -> Any:
    """A map of path_gain (dB), rss (dBm), sinr (dB) or association: to the file `path`, .png or .svg, else on matplotlib axes, which are
    returned. tx: one transmitter, else the best of all. min_db, max_db: limits of the colours, where they differ."""
    if path is not None:
        if ax is not None:
            raise Error("give a file or ax, not both")
        return _save_map(self, path, metric, tx, min_db, max_db, title)
    if metric not in METRICS:
        raise Error(f"unknown metric '{metric}'. Known: {', '.join(METRICS)}")
    held = content(self)
    values, label = _map_values(self, held, metric, tx)
    mesh = str(held["surface"]) == "mesh"
    ax = _axes(ax, "3d" if mesh else None)
    words = _map_colours(values, metric, held, min_db, max_db)
    if mesh:
        art = need("mpl_toolkits.mplot3d.art3d", "plot")
        shown = art.Poly3DCollection(held["cell_corners_m"], **{"cmap": words["cmap"], "norm": words.get("norm")})
        shown.set_array(values.ravel())
        if "vmin" in words:
            shown.set_clim(words["vmin"], words["vmax"])
        had = ax.has_data()
        ax.add_collection3d(shown)
        _fit(ax, held["cell_corners_m"].reshape(-1, 3), had)
        ax.set(zlabel="z / m")
    else:
        x, y, whose = _cell_axes(held)
        shown = ax.pcolormesh(_rims(x, held["cell_size_m"][0]), _rims(y, held["cell_size_m"][1]), values, **words)
    ax.set_aspect("equal")
    own = "" if mesh or _axis_aligned(held) else ", along the map"
    ax.set(xlabel=f"x / m{own}", ylabel=f"y / m{own}", title=title)
    bar = ax.figure.colorbar(shown, ax=ax, label=label)
    if metric == "association":
        bar.set_ticks(range(len(held["tx_names"])), labels=names(held["tx_names"]))
    return ax


def _map_values(radio_map, held, metric, tx):
    if metric == "association":
        best = np.ma.masked_less(radio_map.tx_association(), 0)
        return best, "strongest transmitter"
    values = getattr(radio_map, metric)
    values = values.max(axis=0) if tx is None else values[only(names(held["tx_names"]), tx, "transmitter")]
    scale, label = {"path_gain": (1, "path gain / dB"), "rss": (1e3, "received power / dBm"), "sinr": (1, "SINR / dB")}[metric]
    return np.ma.masked_invalid(decibel(values * scale)), label


def _map_colours(values, metric, held, min_db, max_db):
    if metric == "association":
        colors = need("matplotlib.colors", "plot")
        count = len(held["tx_names"])
        return dict(cmap=need("matplotlib", "plot").colormaps["tab10" if count <= 10 else "viridis"].resampled(count),
                    norm=colors.BoundaryNorm(np.arange(count + 1) - 0.5, count))
    if min_db != max_db:
        return dict(cmap="viridis", vmin=min_db, vmax=max_db)
    top = float(values.max()) if values.count() else 0.0
    return dict(cmap="viridis", vmin=max(float(values.min()), top - 100) if values.count() else -1.0, vmax=top)


def _rims(centres, width):
    return np.append(centres - width / 2, centres[-1] + width / 2)


@picture(ArrivalMap)
def _plot_arrivals(self, ax: Any | str | None = None, *, rx: str | None = None, tx: str | None = None, delay: int = 0, view: str = "map",
                   range_db: float = 40.0) -> Any:
    """A link's power over directions in dB: filled contours over azimuth and elevation (view "map"; of a grid of sines over cos(el) sin(az) and
    sin(el)), or the strongest of all elevations over azimuth, as a line ("line") or around a pole ("polar"). rx, tx: names, needed where there are
    several; delay: which of delays_s; range_db: below the strongest. Returns the axes."""
    if view not in ("map", "line", "polar"):
        raise Error(f"view must be 'map', 'line' or 'polar', got '{view}'")
    held = content(self)
    r, t = only(names(held["rx_names"]), rx, "receiver"), only(names(held["tx_names"]), tx, "transmitter")
    if not 0 <= delay < held["gain"].shape[2]:
        raise Error(f"delay must be in 0 to {held['gain'].shape[2] - 1}, got {delay}")
    level = decibel(held["gain"][r, t, delay])
    azimuth, elevation = held["azimuth_rad"], held["elevation_rad"]
    sines = str(held["grid"]) == "sines"
    if sines and view != "map":
        raise Error("a line over azimuth needs a grid of angles: azimuths= and elevations=")
    ax = _axes(ax, "polar" if view == "polar" else None)
    top = float(level.max()) if np.isfinite(level).any() else 0.0
    title = f"{names(held['tx_names'])[t]} to {names(held['rx_names'])[r]}"
    if view == "map":
        level = np.ma.masked_where(np.isnan(azimuth), np.maximum(level, top - range_db))
        if sines:
            across, up = np.cos(elevation) * np.sin(azimuth), np.sin(elevation)
            rows, columns = np.nanmean(up, axis=1), np.nanmean(across, axis=0)
            keep = np.ix_(np.isfinite(rows), np.isfinite(columns))
            shown = ax.pcolormesh(columns[np.isfinite(columns)], rows[np.isfinite(rows)], level[keep], shading="nearest", cmap="viridis",
                                  vmin=top - range_db, vmax=top)
            ax.set(xlabel="cos(el) sin(az)", ylabel="sin(el)", title=title)
            ax.set_aspect("equal")
        else:
            shown = ax.contourf(np.degrees(azimuth[0]), np.degrees(elevation[:, 0]), level, levels=np.linspace(top - range_db, top, 33), cmap="viridis")
            ax.set(xlabel="azimuth / deg", ylabel="elevation / deg", title=title)
        _colorbar(ax, shown, "gain / dB")
        return ax
    line = np.maximum(level.max(axis=0), top - range_db)
    if view == "polar":
        ax.plot(np.append(azimuth[0], azimuth[0][:1]), np.append(line, line[:1]))
        ax.set(rmin=top - range_db, rmax=top, title=title)
    else:
        ax.plot(np.degrees(azimuth[0]), line)
        ax.set(xlabel="azimuth / deg", ylabel="gain / dB", title=title)
    return ax


_save_field = WaveResult.plot


_LONGEST_PICTURE = 6  # sides of a field that is longer are drawn at scales of their own: a strip would show nothing


@method(WaveResult, "plot")
def _plot_field(self, path: object | None = None, source: int = 0, phase: bool = False, range_db: float = 50.0, x_m: float = 0.0, title: str = "",
                *, ax: Any | None = None) -> Any:
    """The field over y and z: to the file `path`, .png or .svg, else on matplotlib axes, which are returned. source -1: the incoherent
    sum; phase: the phase instead of the magnitude; x_m: the slice of a 3D field."""
    if path is not None:
        if ax is not None:
            raise Error("give a file or ax, not both")
        return _save_field(self, path, source, phase, range_db, x_m, title)
    ax = _axes(ax)
    field = self.field
    if not -1 <= source < field.shape[1]:
        raise Error(f"source must be in -1 to {field.shape[1] - 1}, got {source}")
    if field.ndim == 4:
        field = field[:, :, int(np.argmin(np.abs(self.x_m - x_m)))]
    if phase and source < 0:
        raise Error("an incoherent sum has no phase: give a source")
    if phase:
        values, words, label = np.angle(field[:, source]), dict(cmap="twilight", vmin=-math.pi, vmax=math.pi), "phase / rad"
    else:
        power = (np.abs(field) ** 2).sum(axis=1) if source < 0 else np.abs(field[:, source]) ** 2
        values = np.ma.masked_invalid(decibel(power))
        top = float(values.max()) if values.count() else 0.0
        words, label = dict(cmap="viridis", vmin=top - range_db, vmax=top), "|u| / dB"
    shown = ax.pcolormesh(_between(self.z_m), _between(self.y_m), values.T, **words)
    _colorbar(ax, shown, label)
    ax.set(xlabel="z / m", ylabel="y / m", title=title)
    z, y = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    if max(z, y) < _LONGEST_PICTURE * min(z, y):
        ax.set_aspect("equal")
    return ax


def _between(places):
    """Rims of cells around places that may be spaced unevenly."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])


@method(AntennaArray, "field")
def _antenna_field(self, theta_rad: ArrayLike, phi_rad: ArrayLike, frequency_hz: float = 3.5e9) -> NDArray[np.complex128]:
    """The field patterns of all ports in directions of the device's frame, [..., num_ant, 2: theta, phi], phases of the elements' places
    included; |C|^2 is the gain over an isotropic antenna. Solved as a path in free space to receivers 1 km away in these directions."""
    theta, phi = np.broadcast_arrays(np.asarray(theta_rad, dtype=np.float64), np.asarray(phi_rad, dtype=np.float64))
    if not (np.isfinite(theta).all() and np.isfinite(phi).all()):
        raise Error("theta_rad and phi_rad must be finite")
    if theta.size == 0:
        return np.zeros((*theta.shape, self.num_ant, 2), dtype=np.complex128)
    distance = 1000.0
    scene = Scene()
    scene.frequency_hz = frequency_hz
    scene.add(_raywave.Transmitter("tx", [0.0, 0.0, 0.0], array=self))
    both = _raywave.PlanarArray(polarization="VH")
    for i, (t, p) in enumerate(zip(theta.ravel(), phi.ravel())):
        t = t or 1e-9  # straight up a direction has no azimuth
        at = [distance * math.sin(t) * math.cos(p), distance * math.sin(t) * math.sin(p), distance * math.cos(t)]
        scene.add(_raywave.Receiver(f"rx{i}", at, array=both))
    from .. import PathSolver
    found = PathSolver()(scene, max_depth=0)
    spread = scene.wavelength_m / (4 * math.pi * distance)
    c = found.a[:, :, 0, :, 0] / spread
    c[:, 1] *= -1  # the receiver counts phi about the direction back to the antenna
    return np.swapaxes(c, 1, 2).reshape(*theta.shape, self.num_ant, 2)


@picture(AntennaArray)
def _plot_antenna(self, ax: Any | str | None = None, *, cut: str = "azimuth", port: int = 0, frequency_hz: float = 3.5e9, range_db: float = 40.0,
                  num_angles: int = 361) -> Any:
    """The gain of a port in dBi: cut "azimuth" (theta = 90 degrees) or "elevation" (phi = 0) on polar axes, or "3d". Returns the axes."""
    if cut not in ("azimuth", "elevation", "3d"):
        raise Error(f"cut must be 'azimuth', 'elevation' or '3d', got '{cut}'")
    if not 0 <= port < self.num_ant:
        raise Error(f"port must be in 0 to {self.num_ant - 1}, got {port}")
    ax = _axes(ax, "3d" if cut == "3d" else "polar")
    if cut == "3d":
        theta, phi = np.meshgrid(np.linspace(0, math.pi, 46), np.linspace(-math.pi, math.pi, 91), indexing="ij")
        level = self._gain_db(theta, phi, port, frequency_hz)
        radius = np.maximum(level - level.max() + range_db, 0)
        colors = need("matplotlib", "plot").colormaps["viridis"](radius / range_db)
        ax.plot_surface(radius * np.sin(theta) * np.cos(phi), radius * np.sin(theta) * np.sin(phi), radius * np.cos(theta), facecolors=colors,
                        rstride=1, cstride=1)
        ax.set(xlabel="x", ylabel="y", zlabel="z", title=f"up to {level.max():.1f} dBi, {range_db:g} dB from the middle")
        ax.set_aspect("equal")
        return ax
    angle = np.linspace(-math.pi, math.pi, num_angles)
    theta, phi = (math.pi / 2, angle) if cut == "azimuth" else (math.pi / 2 - angle, 0.0)
    level = self._gain_db(theta, phi, port, frequency_hz)
    ax.plot(angle, np.maximum(level, level.max() - range_db))
    ax.set(rmin=level.max() - range_db, rmax=level.max(), title=f"gain over {cut} / dBi")
    return ax


def _gain_db(self, theta, phi, port, frequency_hz):
    return decibel((np.abs(self.field(theta, phi, frequency_hz)[..., port, :]) ** 2).sum(axis=-1))


AntennaArray._gain_db = _gain_db


@picture(Scene)
def _plot_scene(self, ax: Any | str | None = None, *, view: str = "3d", paths: Paths | None = None, radio_map: RadioMap | None = None,
                metric: str = "path_gain") -> Any:
    """The scene with its devices in 3D or from above (view "plan"), with paths and, from above, a map. Returns the axes."""
    if view not in ("plan", "3d"):
        raise Error(f"view must be 'plan' or '3d', got '{view}'")
    if radio_map is not None and view == "3d":
        raise Error("a map is drawn from above: view='plan'; scene.preview() drapes it over the scene in a page")
    flat = view == "plan"
    ax = _axes(ax, None if flat else "3d")
    _draw_scene(ax, self, flat)
    if radio_map is not None:
        radio_map.plot(ax=ax, metric=metric)
    if paths is not None:
        paths.plot(ax, view=view)
    for devices, marker, label in ((self.transmitters, "^", "tx"), (self.receivers, "o", "rx")):
        at = np.array([d.position_m for d in devices.values()]).reshape(-1, 3)
        ax.plot(*(at[:, :2] if flat else at).T, linestyle="", marker=marker, color="black", label=label)
    ax.set(xlabel="x / m", ylabel="y / m", **({} if flat else {"zlabel": "z / m"}))
    ax.set_aspect("equal")
    if flat:
        ax.autoscale_view()
    return ax


@picture(Device)
def _plot_device(self, ax: Any | str | None = None, *, cut: str = "azimuth", port: int = 0, frequency_hz: float = 3.5e9, range_db: float = 40.0,
                 num_angles: int = 361) -> Any:
    """The pattern of its array in its own frame: AntennaArray.plot."""
    return self.array.plot(ax, cut=cut, port=port, frequency_hz=frequency_hz, range_db=range_db, num_angles=num_angles)
