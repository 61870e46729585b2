# SPDX-License-Identifier: Apache-2.0
"""raywave fit RUN.toml: parameters of a run's scene from what was measured. The run file's other tables are those of every run (docs/cli.md).

    [fit]
    measured = "cube.npz"                 # of raywave radar, or a map of raywave map as .npz; relative to this file
    loss = "psf"                          # of cubes: signal.Loss's words; of maps: "map"
    amplitudes = "common"                 # signal.Loss's and inverse.MapLoss's words: sigma_m, noise_power, weights, links; floor, smooth_cells
    method = "bfgs"                       # and rw.fit's words: steps, rate, last_rate, cap, starts, spread, seed, checkpoint
    annealing = { start_m = 1.0, end_m = 0.1, steps = 20, then = ["hann"] }

    [fit.parameters]
    "object/wall/translation_m" = { components = [0], bounds = [-2, 2] }"""
from __future__ import annotations

import argparse
import difflib
import json
import math
import pathlib
import sys
import tomllib
import warnings
import zipfile

import numpy as np

from .. import PathSolver, RadioMapSolver, load_scene, signal
from .._files import new_file
from .._raywave import Error, Scene
from ..explore import document as run_files
from ..ris import read_panels
from .fits import FitStopped, fit
from .losses import MapLoss

_LOSS = ("sigma_m", "amplitudes", "noise_power", "temperature", "weights", "links")
_MAP_LOSS = ("floor", "smooth_cells")
_FIT = ("method", "steps", "rate", "last_rate", "cap", "starts", "spread", "seed", "checkpoint")
_ANNEALING = ("start_m", "end_m", "steps", "then")
_NUMBERS = ("sigma_m", "noise_power", "temperature", "floor", "smooth_cells", "rate", "last_rate", "cap", "spread", "start_m", "end_m")
_WHOLE = ("steps", "starts", "seed")
_TEXT = ("loss", "amplitudes", "method", "checkpoint")
BESIDE = ("calibrate", "fit", "panel", "radar", "ofdm")  # tables of a run file that others read
_WORDS = ("measured", "loss", *_LOSS, *_MAP_LOSS, *_FIT, "annealing", "parameters")


def _refuse_unknown(given, known, where):
    if not isinstance(given, dict):
        raise Error(f"{where} must be a table")
    for word in given:
        if word not in known:
            near = difflib.get_close_matches(str(word), known, 1)
            raise Error(f"{where}: unknown key '{word}'" + (f", did you mean '{near[0]}'?" if near else f". Known: {', '.join(known)}"))


def _refuse_types(table, where):
    for word, value in table.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        for kind, words, fits in (("a number", _NUMBERS, number), ("a whole number >= 0", _WHOLE, number and isinstance(value, int) and value >= 0),
                                  ("a word", _TEXT, isinstance(value, str))):
            if word in words and not fits:
                raise Error(f"{where}: {word} takes {kind}, got {value!r}")


def _annealing(table, where):
    _refuse_unknown(table, _ANNEALING, where)
    _refuse_types(table, where)
    for word in ("start_m", "end_m"):
        if word not in table:
            raise Error(f"{where}: {word} is missing")
    then = table.get("then", ())
    then = (then,) if isinstance(then, str) else then
    if not isinstance(then, (list, tuple)) or not all(isinstance(word, str) for word in then):
        raise Error(f"{where}: then takes a list of words, got {then!r}")
    return signal.Annealing(**{**table, "then": tuple(then)}) if "then" in table else signal.Annealing(**table)


def _arrays(file):
    """{name: array} of an .npz."""
    try:
        with np.load(file) as held:
            return {name: held[name] for name in held.files}
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile):
        raise Error(f"'{file}' holds no arrays as .npz has them") from None


def _read(file):
    """(document, the table [fit])"""
    try:
        words = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Error(f"'{file}' cannot be read: {error}") from None
    if "fit" not in words:
        raise Error(f"'{file}': no table [fit]")
    table = words["fit"]
    _refuse_unknown(table, _WORDS, f"'{file}', [fit]")
    for word in ("measured", "parameters"):
        if not table.get(word):
            raise Error(f"'{file}', [fit]: {word} is missing")
    if not isinstance(table["measured"], str):
        raise Error(f"'{file}', [fit]: measured takes the name of a file")
    _refuse_types(table, f"'{file}', [fit]")
    return run_files.read(file, beside=BESIDE), table


def _measured_map(file, scene, options):
    """Path gains, of the frequency, the transmitters and the cells that the run has too."""
    held = _arrays(file)
    if "path_gain" not in held:
        raise Error(f"'{file}' holds no samples of a radar and no path_gain of a map")
    if "frequency_hz" in held and not math.isclose(float(held["frequency_hz"]), scene.frequency_hz, rel_tol=1e-12):
        raise Error(f"frequency_hz of the run is {scene.frequency_hz:g}, that of '{file.name}' is {float(held['frequency_hz']):g}")
    names = [str(name) for name in held.get("tx_names", ())]
    if names and names != list(scene.transmitters):
        raise Error(f"the transmitters of the run are {', '.join(scene.transmitters)}, those of '{file.name}' {', '.join(names)}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* covers no cell")
        surface = ("surface", "center_m", "orientation_rad", "size_m", "cell_size_m", "height_m", "measurement_surface", "terrain")
        cells = RadioMapSolver()(scene, **{k: v for k, v in options.items() if k in surface}, max_depth=0, los=False).cell_centers
    if "cell_centers_m" in held:
        there = held["cell_centers_m"].reshape(-1, 3)
        if there.shape != cells.reshape(-1, 3).shape or np.abs(there - cells.reshape(-1, 3)).max() > 1e-6 * max(1.0, np.abs(cells).max()):
            raise Error(f"the cells of the run's map are not those of '{file.name}': give [map] the surface that it has")
    return held["path_gain"]


def _problem(run, document, table, scene):
    """(loss, solver, options)"""
    file = run.parent / table["measured"]
    if not file.is_file():
        raise Error(f"'{run}', [fit]: measured: '{file}' is not there")
    is_map = file.suffix == ".npz" and "path_gain" in _arrays(file)
    word = table.get("loss", "map" if is_map else "psf")
    known, other = (_MAP_LOSS, _LOSS) if is_map else (_LOSS, _MAP_LOSS)
    if is_map != (word == "map"):
        raise Error(f"'{run}', [fit]: '{file.name}' is a {'map' if is_map else 'cube'}: loss is {'map' if is_map else ', '.join(signal.surrogates.WORDS)}, got '{word}'")
    for key in other:
        if key in table:
            raise Error(f"'{run}', [fit]: {key} is a word of losses of {'cubes' if is_map else 'maps'}")
    words = {key: table[key] for key in known if key in table}
    if is_map:
        options = run_files.map_options(document)
        return MapLoss(_measured_map(file, scene, options), **words), RadioMapSolver(), options
    samples, waveform, frequency = signal.load_cube(file)
    if not math.isclose(scene.frequency_hz, frequency, rel_tol=1e-12):
        raise Error(f"'{run}': frequency_hz is {scene.frequency_hz:g}, that of '{file.name}' is {frequency:g}")
    return signal.Loss(word, waveform, samples, **words), PathSolver(), run_files.path_options(document)


def run_parser(word, description, epilog, page):
    """The arguments that `raywave fit` and `raywave calibrate` share."""
    parser = argparse.ArgumentParser(prog=f"raywave {word}", description=description, epilog=epilog)
    parser.add_argument("run", metavar="RUN.toml", help=f"a run file with the tables [{word}] and [{word}.parameters]")
    parser.add_argument("--page", metavar="FILE.html", help=page)
    parser.add_argument("--json", action="store_true", help="what was found as JSON on standard output")
    parser.add_argument("--resume", action="store_true", help=f"go on from the checkpoint that [{word}] names")
    return parser


def opened(word, given, read):
    """(the run file's place, its document, its table [word], its scene, its panels as a solver's options), the checkpoint's name beside the file."""
    run = pathlib.Path(given.run)
    document, table = read(run)
    scene = run_files.Stage(load_scene(document["scene"]) if "scene" in document else Scene()).put(document)
    if "checkpoint" in table:
        table = {**table, "checkpoint": str(run.parent / table["checkpoint"])}
    elif given.resume:
        raise Error(f"'{run}', [{word}]: --resume needs a checkpoint")
    panels = read_panels(run, scene.frequency_hz)
    return run, document, table, scene, {"panels": panels} if panels else {}


def _parser():
    parser = run_parser("fit", "Parameters of a scene from what was measured: a radar's cube or a radio map.",
                        "Example: raywave fit examples/fit.toml --page course.html", "the course as a page")
    parser.add_argument("-o", "--output", metavar="FILE.json", help="what was found: values, loss, standard deviations, the course")
    return parser


def main(arguments) -> int:
    given = _parser().parse_args(arguments)
    run, document, table, scene, panels = opened("fit", given, _read)
    loss, solver, options = _problem(run, document, table, scene)
    words = {key: table[key] for key in _FIT if key in table}
    if "annealing" in table:
        words["annealing"] = _annealing(table["annealing"], f"'{run}', [fit], annealing")
    status = 0
    try:
        found = fit(scene, table["parameters"], loss, solver=solver, resume=given.resume, progress=_teller(), **words, **options, **panels)
    except FitStopped as stopped:
        print(f"raywave: {stopped}", file=sys.stderr)
        found, status = stopped.fit, 4
    if sys.stderr.isatty():
        print(file=sys.stderr)
    result = _document(found)
    if given.output:
        with new_file(given.output, (".json",), "a fit") as place:
            pathlib.Path(place).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if given.page:
        found.save_page(given.page, title=run.stem)
    print(json.dumps(result, indent=1) if given.json else _table(found))
    return status


def _teller():
    def tell(stage, step, loss):
        if sys.stderr.isatty():
            print(f"\r{stage}, step {step}: loss {loss:.6g}   ", end="", file=sys.stderr, flush=True)
    return tell


def _deviations(found):
    return [None] * len(found.labels) if found.covariance is None else np.sqrt(np.diag(found.covariance)).tolist()


def _finite(value):
    return value if value is None or math.isfinite(value) else None


def _document(found):
    """deviation: with method "lm", of residuals of unit variance, scaled by none."""
    numbers = [dict(name=label, value=float(value), deviation=_finite(deviation))
               for label, value, deviation in zip(found.labels, found.physical, _deviations(found))]
    return dict(loss=_finite(found.loss), evaluations=found.evaluations, numbers=numbers, values={name: value.tolist() for name, value in found.values.items()},
                course=[dict(start=h["start"], stage=h["stage"], step=h["step"], loss=_finite(h["loss"]), x=h["physical"].tolist()) for h in found.history])


def _table(found):
    wide = max(len(label) for label in found.labels)
    lines = [f"{label:<{wide}}  {value:.9g}" + (f" +- {deviation:.2g}" if deviation is not None else "")
             for label, value, deviation in zip(found.labels, found.physical, _deviations(found))]
    return "\n".join([*lines, f"loss {found.loss:.6g} after {found.evaluations} solutions"])
