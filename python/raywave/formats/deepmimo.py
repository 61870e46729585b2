# SPDX-License-Identifier: Apache-2.0
"""Paths as a scenario folder of DeepMIMO 4: params.json, one .npz for each quantity and transmitter, the scene's triangles.

What its loader expects was read off its behaviour: angles in degrees (elevation from the zenith), power 20 log10 |a| in dB, phase in degrees of
a exp(-j 2 pi f tau), delays in seconds, NaN where there is no path, the kinds of interactions as decimal digits (float64: 15 of them) from
the transmitter on, 0 for the direct path. A device's array is rebuilt by DeepMIMO from its element 0, of the least y and z in the device's
frame: the exported coefficients are that element's.
"""
from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib

import numpy as np

from .._geometry import rotation
from .._raywave import Error, Paths, Scene, __version__
from .content import content, names, require_memory
from .._place import where
from .._files import new_folder

_INVALID = '/\\:*?"\'<>|\n'
_DIGIT = {1: 1, 8: 2, 2: 3, 4: 4}  # specular reflection, diffraction, scattering, refraction
_MAX_DIGITS = 15  # whole numbers of a float64
_TX_SET, _RX_SET = 0, 1


@dataclasses.dataclass
class _Side:
    """The points of one end: devices, or with exact arrays their elements."""

    positions: np.ndarray  # [points, 3]
    device: np.ndarray  # [points]
    element: np.ndarray  # [points]: -1 for a whole device
    port: list  # a port of the device (synthetic: the element at DeepMIMO's origin)


@dataclasses.dataclass
class Exported:
    """folder; antennas: for each device that has a grid which DeepMIMO can rebuild {"shape", "spacing", "rotation"}, else None: the
    words of its bs_antenna and ue_antenna."""

    folder: pathlib.Path
    antennas: dict


def save_deepmimo(folder: str | os.PathLike, scene: Scene, paths: Paths, *, tx_slant: int = 0, rx_slant: int = 0, overwrite: bool = False,
                  max_bytes: float = 4e9) -> pathlib.Path:
    """Writes a scenario that deepmimo.load finds as deepmimo_scenarios/NAME below where it runs; NAME is in lower case.

    scene: the one that was solved. Set 0 has the transmitters, set 1 the receivers, in the order of paths; with synthetic_array=False each
    element is a point of its own, device by device. tx_slant, rx_slant: which of an array's polarisations. Paths of a link are sorted by
    power, strongest first; deepmimo.load reads 25 of them unless told max_paths. Doppler is computed by DeepMIMO from velocities
    that are given to it. Returns what was written and the words that rebuild arrays. @raises Error where it cannot be written whole."""
    if not isinstance(scene, Scene) or not isinstance(paths, Paths):
        raise Error(f"save_deepmimo takes the scene and its paths, got {type(scene).__name__} and {type(paths).__name__}")
    return write_scenario(folder, scene, content(paths), tx_slant=tx_slant, rx_slant=rx_slant, overwrite=overwrite, max_bytes=max_bytes)


def write_scenario(folder, scene, held, *, tx_slant=0, rx_slant=0, overwrite=False, max_bytes=4e9):
    """save_deepmimo of paths as the arrays that they save."""
    folder = pathlib.Path(folder).absolute()
    if folder.name != folder.name.lower() or any(c in _INVALID for c in folder.name) or not folder.name:
        raise Error(f"'{folder.name}': DeepMIMO reads names in lower case without any of {_INVALID!r}")
    if scene.frequency_hz != held["frequency_hz"]:
        raise Error(f"the paths were solved at {held['frequency_hz']:g} Hz, the scene is at {scene.frequency_hz:g} Hz: give save_deepmimo the scene as it was")
    elements = _elements(scene)
    sides = {end: _side(scene, held, elements, end, slant) for end, slant in (("tx", tx_slant), ("rx", rx_slant))}
    if not all(len(side.positions) for side in sides.values()):
        raise Error("a DeepMIMO scenario needs at least one transmitter and one receiver")
    table = _table(held, sides)
    most, depth = max(1, table["most"]), max(1, int(np.diff(held["interaction_begin"]).max(initial=0)))
    points = len(sides["rx"].positions)
    require_memory(points * most, 8 * (9 + 3 * depth), max_bytes, f"a scenario of {points} receivers with up to {most} paths each")
    with new_folder(folder, "params.json", "a DeepMIMO scenario", overwrite) as work:
        shape = _write_scene(work, scene)
        for i in range(len(sides["tx"].positions)):
            for key, values in _quantities(held, sides, table, i, most, depth).items():
                np.savez_compressed(work / f"{key}_t{_TX_SET:03}_tx{i:03}_r{_RX_SET:03}.npz", **{key: values})
        (work / "params.json").write_text(json.dumps(_params(scene, held, sides, table, shape), indent=1, ensure_ascii=True, allow_nan=False) + "\n",
                                          encoding="utf-8")
    return Exported(folder, {name: _antenna(scene, elements[name], name) for name in names(held["tx_names"]) + names(held["rx_names"])})


def _elements(scene):
    """Positions of each device's elements in its frame, in metres, by the device's name."""
    parameters = scene.parameters()
    return {name: np.asarray(parameters[f"device/{name}/array/element_positions_m"].value).reshape(-1, 3)
            for name in [*scene.transmitters, *scene.receivers]}


def _first(positions):
    """The element that stands where DeepMIMO's element 0 does: least z, then least y."""
    scale = max(np.ptp(positions), 1e-30) * 1e-9
    low = positions[:, 2] <= positions[:, 2].min() + scale
    return int(np.argmin(np.where(low, positions[:, 1], np.inf)))


def _side(scene, held, all_elements, end, slant):
    out = _Side(np.zeros((0, 3)), np.zeros(0, int), np.zeros(0, int), [])
    known = scene.transmitters if end == "tx" else scene.receivers
    for d, name in enumerate(names(held[f"{end}_names"])):
        at, count, slants = held[f"{end}_positions_m"][d], int(held[f"{end}_num_elements"][d]), int(held[f"{end}_num_slants"][d])
        if name not in known or list(known[name].position_m) != at.tolist() or known[name].array.num_ant != count * slants:
            raise Error(f"'{name}' is not in the scene as it was when the paths were solved: give save_deepmimo that scene")
        if not 0 <= slant < slants:
            raise Error(f"{end}_slant must be in 0 to {slants - 1}, of the polarisations of '{name}', got {slant}")
        elements = all_elements[name]
        if held["synthetic_array"]:
            rows, chosen, places = [-1], [slant * count + _first(elements)], at[None]
        else:
            rows, chosen = list(range(count)), [slant] * count
            places = at + elements @ rotation(*known[name].orientation_rad).T
        out.positions = np.vstack([out.positions, places])
        out.device = np.append(out.device, [d] * len(rows))
        out.element = np.append(out.element, rows)
        out.port += chosen
    return out


def _table(held, sides):
    """For each transmitter point the paths of each receiver point: coefficient, order, [(rx point, paths, a)]."""
    index = {end: {(int(d), int(e)): i for i, (d, e) in enumerate(zip(side.device, side.element))} for end, side in sides.items()}
    out = {"links": [[] for _ in sides["tx"].positions], "most": 0}
    for rx, rx_element, tx, tx_element, begin, stop in held["links"].reshape(-1, 6).tolist():
        t, r = index["tx"][tx, tx_element], index["rx"][rx, rx_element]
        chosen = np.arange(begin, stop)
        columns = int(held["tx_num_slants"][tx] * (held["tx_num_elements"][tx] if tx_element < 0 else 1))
        a = held["a"][held["a_begin"][chosen] + sides["rx"].port[r] * columns + sides["tx"].port[t]]
        order = np.argsort(-np.abs(a), kind="stable")
        order = order[np.abs(a[order]) > 0]
        out["links"][t].append((r, chosen[order], a[order]))
        out["most"] = max(out["most"], len(order))
    return out


def _codes(held, chosen):
    codes = []
    for i in chosen:
        kinds = held["interactions"][held["interaction_begin"][i]:held["interaction_begin"][i + 1]]
        if len(kinds) > _MAX_DIGITS:
            raise Error(f"DeepMIMO's codes hold {_MAX_DIGITS} interactions exactly, a path has {len(kinds)}")
        codes.append(float("".join(str(_DIGIT[int(k)]) for k in kinds) or "0"))
    return codes


def _quantities(held, sides, table, t, most, depth):
    points = len(sides["rx"].positions)
    out = {key: np.full((points, most), np.nan) for key in ("power", "phase", "delay", "aoa_az", "aoa_el", "aod_az", "aod_el", "inter")}
    out["inter_pos"] = np.full((points, most, depth, 3), np.nan)
    for r, chosen, a in table["links"][t]:
        row, tau = slice(0, len(chosen)), held["tau_s"][chosen]
        # cycles first: the phase of a long path keeps its digits
        cycles = np.remainder(held["frequency_hz"] * tau, 1.0)
        out["power"][r, row] = 20 * np.log10(np.abs(a))
        out["phase"][r, row] = np.degrees(np.angle(a * np.exp(-2j * np.pi * cycles)))
        out["delay"][r, row] = tau
        for key, name in (("aoa_az", "phi_r"), ("aoa_el", "theta_r"), ("aod_az", "phi_t"), ("aod_el", "theta_t")):
            out[key][r, row] = np.degrees(held[name][chosen])
        out["inter"][r, row] = _codes(held, chosen)
        for k, i in enumerate(chosen):
            vertices = held["vertices_m"][held["interaction_begin"][i]:held["interaction_begin"][i + 1]]
            out["inter_pos"][r, k, :len(vertices)] = vertices
    return {**out, "rx_pos": sides["rx"].positions, "tx_pos": sides["tx"].positions[t:t + 1]}


def _write_scene(work, scene):
    """The triangles of all objects over one pool of vertices."""
    material = {name: i for i, name in enumerate(scene.materials)}
    vertices, faces, kinds, objects, begin = [np.zeros((0, 3))], {}, {}, [], 0
    for i, (name, item) in enumerate(scene.objects.items()):
        faces[str(i)] = np.asarray(item.triangles, dtype=np.int64) + begin
        kinds[str(i)] = np.full(len(item.triangles), material[item.material], dtype=np.int64)
        objects.append({"name": name, "label": "objects", "id": i, "mesh_key": str(i)})
        vertices.append(np.asarray(item.vertices_m))
        begin += len(item.vertices_m)
    pool = np.concatenate(vertices)
    np.savez_compressed(work / "vertices.npz", vertices=pool)
    np.savez_compressed(work / "faces.npz", **faces)
    np.savez_compressed(work / "materials.npz", **kinds)
    (work / "objects.json").write_text(json.dumps(objects, indent=1) + "\n", encoding="utf-8")
    triangles = sum(len(f) for f in faces.values())
    return {"num_scenes": 1, "n_objects": len(objects), "n_vertices": len(pool), "n_faces": triangles, "n_triangular_faces": triangles,
            "representation": "mesh"}


def _params(scene, held, sides, table, shape):
    kinds = held["interactions"]
    most = {kind: _most(held, kinds == kind) for kind in _DIGIT}
    rt = {"raytracer_name": "raywave", "raytracer_version": __version__, "frequency": float(held["frequency_hz"]),
          "max_path_depth": int(np.diff(held["interaction_begin"]).max(initial=0)), "max_reflections": most[1], "max_diffractions": most[8],
          "max_scattering": most[2], "max_transmissions": most[4], "synthetic_array": bool(held["synthetic_array"]), "raw_params": where(scene)}
    active = {r for links in table["links"] for r, chosen, _ in links if len(chosen)}
    sets = {}
    for number, end in ((_TX_SET, "tx"), (_RX_SET, "rx")):
        side = sides[end]
        sets[f"txrx_set_{number}"] = {
            "name": "transmitters" if end == "tx" else "receivers", "id_orig": number, "id": number, "is_tx": end == "tx", "is_rx": end == "rx",
            "num_points": len(side.positions), "num_active_points": len(side.positions) if end == "tx" else len(active), "num_ant": 1,
            "dual_pol": False, "ant_rel_positions": [[0, 0, 0]], "array_orientation": [0, 0, 0],
            "point_names": [names(held[f"{end}_names"])[d] + (f" element {e}" if e >= 0 else "") for d, e in zip(side.device, side.element)]}
    materials = {}
    for i, material in enumerate(scene.materials.values()):
        permittivity, conductivity = material.properties_at(float(held["frequency_hz"]))
        materials[f"material_{i}"] = {
            "id": i, "name": material.name, "permittivity": permittivity, "conductivity": conductivity if math.isfinite(conductivity) else 1e12,
            "scattering_model": "lambertian" if material.scattering_coefficient else "none",
            "scattering_coefficient": material.scattering_coefficient, "cross_polarization_coefficient": material.xpd_coefficient,
            "thickness": material.thickness_m}
    return {"version": "4.0.0", "rt_params": rt, "txrx_sets": sets, "materials": materials, "scene": shape}


def _most(held, mask):
    """How many interactions of a kind the path with the most of them has."""
    sums = np.concatenate([[0], np.cumsum(mask)])
    begin = held["interaction_begin"]
    return int((sums[begin[1:]] - sums[begin[:-1]]).max(initial=0))


def _antenna(scene, elements, name):
    """The words that rebuild a device's array in DeepMIMO, None where it is no grid of equal spacing in its y-z plane."""
    wavelength = scene.wavelength_m
    rotation = np.degrees(scene.get(name).orientation_rad[::-1]).tolist()
    ys, zs = (np.unique(np.round(elements[:, axis] / wavelength, 9)) for axis in (1, 2))
    steps = np.concatenate([np.diff(ys), np.diff(zs)])
    spacing = float(steps[0]) if len(steps) else 0.5
    full = len(ys) * len(zs) == len(elements) == len(np.unique(np.round(elements / wavelength, 9), axis=0))
    if np.ptp(elements[:, 0]) > 1e-9 * wavelength or not full or np.abs(steps - spacing).max(initial=0) > 1e-8:
        return None
    return {"shape": [len(ys), len(zs)], "spacing": spacing, "rotation": rotation}
