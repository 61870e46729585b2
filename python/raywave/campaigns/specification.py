# SPDX-License-Identifier: Apache-2.0
"""What a campaign is: all that its values depend on, checked, with defaults filled in, and named by a hash of it.

The document holds words, numbers and hashes and stands in the store's attributes; bulky tables (places, values of what is varied) are arrays
of the store, their hashes in the document. Scenes are named by the hash of what was read (meshes, materials), not by their file."""
from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import pathlib

import numpy as np

from .. import PathSolver, Scene, _raywave, load_scene
from .._names import options_of
from .._raywave import Error, __version__
from .._place import where
from . import draws, motion, outputs as outputs_
from .devices import Devices, parse as parse_devices

FORMAT = 1
_NOT_OF_THE_SOLVER = {"num_threads": "give it to run()", "progress": "give it to run()"}


@dataclasses.dataclass
class Varied:
    name: str  # a parameter's name, or solver/OPTION
    values: np.ndarray  # [samples, *shape]


@dataclasses.dataclass
class Specification:
    document: dict
    scene_files: dict[str, str]  # where each scene was read; no part of the document
    scene_places: dict[str, dict]  # where on the earth, {"crs", "origin_m"}, those that say it: no part of it either, as no value depends on it
    transmitters: Devices
    receivers: Devices
    varied: list[Varied]

    @property
    def hash(self) -> str:
        return hashlib.sha256(json.dumps(self.document, sort_keys=True).encode()).hexdigest()

    @property
    def scene_names(self):
        return [s["name"] for s in self.document["scenes"]]

    @property
    def variables(self):
        return outputs_.variables_of(self.document["outputs"])

    @property
    def sizes(self) -> dict[str, int]:
        """Of all axes."""
        d = self.document
        depth = max([d["solver"]["max_depth"], *(int(v.values.max()) for v in self.varied if v.name == "solver/max_depth")])
        return {"scene": len(d["scenes"]), "sample": d["samples"], "frequency_hz": len(d["frequencies_hz"]), "transmitter": len(self.transmitters),
                "receiver": len(self.receivers), "receiver_port": self.receivers.num_ports(), "transmitter_port": self.transmitters.num_ports(),
                "path": d["max_paths"], "bounce": max(depth, 1), "axis": 3, "subcarrier_hz": len(d["subcarriers_hz"])}


def scene_hash(scene) -> str:
    """Of the meshes and materials as they were read, in their order: what is solved, wherever it lies and however it is written."""
    digest = hashlib.sha256()
    for name, item in scene.objects.items():
        digest.update(json.dumps([name, item.material, list(map(float, item.velocity_m_per_s))]).encode())
        for array in (np.asarray(item.vertices_m, dtype="<f8"), np.asarray(item.triangles, dtype="<i8")):
            digest.update(str(array.shape).encode() + array.tobytes())
    for name, item in scene.materials.items():
        digest.update(json.dumps([name, item.itu_name, item.relative_permittivity, item.conductivity_s_per_m, item.thickness_m,
                                  item.scattering_coefficient, item.xpd_coefficient, item.perfect_conductor,
                                  *([item.scattering_pattern, item.lobe] if item.lobe or item.scattering_pattern != "lambertian" else [])]).encode())
    return digest.hexdigest()


def read_scene(name: str, file: str):
    """A scene without devices. @raises Error"""
    try:
        scene = load_scene(file)
    except Error as error:
        raise Error(f"scene '{name}': {error}") from None
    for device in [*scene.transmitters, *scene.receivers]:
        scene.remove(device)
    return scene


def specify(*, scenes, transmitters, receivers, frequencies_hz, tile, batch, solver, vary, samples, seed, times_s, trajectories, outputs, max_paths,
            subcarriers_hz,
            base: pathlib.Path) -> Specification:
    """@param base  the folder that names of files count from. @raises Error"""
    files = _scene_files(scenes, base)
    loaded = {name: read_scene(name, file) for name, file in files.items()}
    tx, rx = parse_devices("transmitter", transmitters, base), parse_devices("receiver", receivers, base)
    _check_names(loaded, tx, rx)
    frequencies = _positive_numbers("frequencies_hz", frequencies_hz)
    options = _solver_options(solver or {})
    seed = _whole("seed", seed, 0)
    vary, moving, times = dict(vary or {}), {}, None
    if times_s is not None:
        if samples is not None or any(isinstance(rule, dict) for rule in vary.values()):
            raise Error("times_s takes the place of samples: vary takes values then, one a time, and no draws")
        times, moving = motion.varied(times_s, trajectories, loaded, tx, rx, base)
        if both := {*moving} & {*vary}:
            raise Error(f"vary: '{sorted(both)[0]}' moves already")
        samples = len(times)
    elif trajectories is not None:
        raise Error("trajectories need times_s: the times that are solved")
    varied, rules, samples = _varied({**vary, **moving}, samples, seed, loaded, tx, rx, frequencies[0], options)
    outputs = _outputs(outputs, options, subcarriers_hz)
    document = {
        "format": FORMAT, "raywave_version": __version__, "scenes": [{"name": name, "hash": scene_hash(scene)} for name, scene in loaded.items()],
        "transmitters": tx.document(), "receivers": rx.document(), "frequencies_hz": frequencies, "solver": options, "vary": rules, "samples": samples,
        "seed": seed, "outputs": outputs, "tile": min(_whole("tile", tile, 1), len(rx)), "batch": min(_whole("batch", batch, 1), samples),
        "max_paths": _whole("max_paths", max_paths, 1), "subcarriers_hz": [float(f) for f in subcarriers_hz] if "cfr" in outputs else []}
    if times is not None:
        document["times_s"] = times
    specification = Specification(document, files, _places(loaded), tx, rx, varied)
    _try_solver(specification)
    return specification


def _places(scenes):
    return {name: where(scene) for name, scene in scenes.items() if scene.crs is not None}


def differences(stored: dict, given: dict, path="") -> list[str]:
    """In words, the store's value first."""
    out = []
    for key in sorted({*stored, *given}):
        a, b = stored.get(key), given.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            out += differences(a, b, f"{path}{key}.")
        elif a != b:
            out.append(f"{path}{key}: {_short(a)} in the store, {_short(b)} here")
    return out


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _scene_files(scenes, base):
    if scenes is None:
        raise Error("scenes= is missing: files, or a dict of names and files")
    if isinstance(scenes, (str, pathlib.Path)):
        scenes = [scenes]
    if isinstance(scenes, Scene) or not isinstance(scenes, dict) and any(isinstance(s, Scene) for s in scenes):
        raise Error("scenes: give files: workers on other machines read the scene themselves")
    if not isinstance(scenes, dict):
        named = {}
        for file in scenes:
            name = pathlib.Path(file).stem
            if name in named:
                raise Error(f"scenes: two files are called '{name}': give a dict of names and files")
            named[name] = file
        scenes = named
    if not scenes:
        raise Error("scenes: there is none")
    return {str(name): str((base / file).absolute()) for name, file in scenes.items()}


def _check_names(loaded, tx, rx):
    both = {*tx.names} & {*rx.names}
    if both:
        raise Error(f"the name '{sorted(both)[0]}' is given to a transmitter and a receiver")
    for name, scene in loaded.items():
        taken = {*tx.names, *rx.names} & {*scene.objects}
        if taken:
            raise Error(f"scene '{name}' has an object of the name of the device '{sorted(taken)[0]}'")


def _positive_numbers(word, given):
    try:
        numbers = [float(x) for x in np.atleast_1d(np.array(given, dtype=np.float64))]
    except (TypeError, ValueError):
        numbers = []
    if not numbers or not all(np.isfinite(x) and x > 0 for x in numbers):
        raise Error(f"{word}: finite numbers > 0 are wanted, got {given!r}")
    if len(set(numbers)) < len(numbers):
        raise Error(f"{word}: a value is given twice")
    return numbers


def _whole(word, value, least):
    if isinstance(value, (float, np.floating)) and np.isfinite(value) and value == int(value):
        value = int(value)  # 1e5
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least or value >= 2**63:
        raise Error(f"{word} is a whole number >= {least}, got {value!r}")
    return int(value)


def _solver_options(given):
    for word, why in _NOT_OF_THE_SOLVER.items():
        if word in given:
            raise Error(f"solver: {word} is no part of a campaign's specification: {why}")
    try:
        options = options_of(PathSolver._defaults, given)
    except TypeError as error:
        raise Error(f"solver: {error}") from None
    return {key: _plain(value) for key, value in options.items() if key not in _NOT_OF_THE_SOLVER}


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _outputs(given, options, subcarriers_hz):
    words = [given] if isinstance(given, str) else list(given)
    for word in words:
        if word not in outputs_.OUTPUTS:
            near = difflib.get_close_matches(str(word), outputs_.OUTPUTS, 1)
            raise Error(f"outputs: unknown '{word}'" + (f", did you mean '{near[0]}'?" if near else f": {', '.join(outputs_.OUTPUTS)} are known"))
    if ("cfr" in words) != (subcarriers_hz is not None):
        raise Error("the output cfr and subcarriers_hz= (offsets from the carrier) go together")
    if "cfr" in words and not (np.ndim(subcarriers_hz) == 1 and len(subcarriers_hz) and np.isfinite(np.array(subcarriers_hz, dtype=float)).all()):
        raise Error("subcarriers_hz: a list of finite offsets in Hz is wanted")
    if {"paths", "vertices"} & {*words} and not options["synthetic_array"]:
        raise Error("the outputs paths and vertices need synthetic_array=True: else each antenna pair has paths of its own")
    return list(dict.fromkeys(["path_gain", *words]))


def _varied(vary, samples, seed, loaded, tx, rx, frequency, options):
    """What is varied, its rules for the document, and how many samples there are."""
    shapes = {name: _parameter_of(name, loaded, tx, rx, frequency, options) for name in vary}
    if samples is None:
        counts = {len(rule) for rule in vary.values() if not isinstance(rule, dict) and np.ndim(rule) > 0}
        if not counts and vary:
            raise Error("samples= is missing: how many draws there are")
        samples = counts.pop() if counts else 1
    samples = _whole("samples", samples, 1)
    varied, rules = [], []
    for name, rule in vary.items():
        shape, lower, upper = shapes[name]
        values = draws.values(name, rule, seed, samples, shape)
        if (values < lower).any() or (values > upper).any():
            bad = values[(values < lower) | (values > upper)][0]
            raise Error(f"vary '{name}': {bad:g} lies outside of [{lower:g}, {upper:g}]")
        if name.startswith("solver/") and (values != np.floor(values)).any() and name != "solver/seam_tolerance_m":
            raise Error(f"vary '{name}': whole numbers are wanted ({{'integers': [low, high]}})")
        varied.append(Varied(name, values))
        rules.append({"name": name, "rule": _plain_rule(rule), "sha256": hashlib.sha256(values.astype("<f8").tobytes()).hexdigest()})
    return varied, rules, samples


def _plain_rule(rule):
    if isinstance(rule, dict):
        (kind, arguments), = rule.items()
        return {kind: np.array(arguments).tolist()}
    return "values"


def _parameter_of(name, loaded, tx, rx, frequency, options):
    """(shape, lower, upper) of a parameter in all scenes. @raises Error naming near ones."""
    if name == "frequency_hz":
        raise Error("vary: frequency_hz is an axis of its own, frequencies_hz=")
    if name.startswith("solver/"):
        return _solver_parameter(name, options)
    found = None
    for scene_name, scene in loaded.items():
        scene = scene.copy()
        scene.frequency_hz = frequency
        kind, _, rest = name.partition("/")
        for devices in (tx, rx):  # the one that is named, or the first for the list of near names
            wanted = rest.rpartition("/")[0] if rest.rpartition("/")[0] in devices.names else rest.partition("/")[0]
            scene.add(devices.make(devices.names.index(wanted) if kind == "device" and wanted in devices.names else 0))
        parameters = scene.parameters()
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, 1)
            raise Error(f"vary: scene '{scene_name}' has no parameter '{name}'" + (f", did you mean '{near[0]}'?" if near else ""))
        one = parameters[name]
        this = (tuple(one.shape), float(one.lower), float(one.upper))
        if found is not None and this[0] != found[0]:
            raise Error(f"vary '{name}': its shape is {list(found[0])} in one scene and {list(this[0])} in '{scene_name}'")
        found = this
    return found


def _solver_parameter(name, options):
    option = name.removeprefix("solver/")
    numeric = [key for key, value in options.items() if isinstance(value, (int, float)) or key == "seam_tolerance_m"]
    if option not in numeric:
        near = difflib.get_close_matches(option, numeric, 1)
        raise Error(f"vary: '{name}' is no option of numbers" + (f", did you mean 'solver/{near[0]}'?" if near else f": {', '.join(numeric)} are"))
    return (), 0.0, 1.0 if isinstance(options[option], bool) else np.inf


def _try_solver(specification):
    """All that the solver says to its options is said here rather than by every task: one link in free space."""
    scene = _raywave.Scene()
    scene.add(_raywave.Transmitter("tx", [0, 0, 0]))
    scene.add(_raywave.Receiver("rx", [1, 0, 0]))
    try:
        PathSolver()(scene, **{**specification.document["solver"], "num_threads": 1, "samples_per_src": min(1000, specification.document["solver"]["samples_per_src"])})
    except (Error, TypeError) as error:
        raise Error(f"solver: {error}") from None
