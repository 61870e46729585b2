# SPDX-License-Identifier: Apache-2.0
"""raywave calibrate RUN.toml: parameters of a run's scene from measurements. The run file's other tables are those of every run (docs/cli.md).

    [calibrate]
    measurements = "drive.csv"            # or a list: .csv, .npz, .h5 beside this file
    offsets = "tx"                        # and rw.calibrate's words: loss, delta_db, floor_db, sigma_db, held_out, patience, method, steps, ...
    held_out = 0.2

    [calibrate.parameters]
    "material/*/relative_permittivity" = { bounds = [1, 12] }"""
from __future__ import annotations

import json
import pathlib
import sys
import tomllib

from .. import ArrivalMapSolver, PathSolver
from .._raywave import Error
from ..explore import document as run_files
from .calibration import calibrate
from .command import BESIDE, _refuse_types, _refuse_unknown, _teller, opened, run_parser
from .fits import FitStopped
from .measurements import Arrivals, read_all

_OF_CHANNELS = ("compare", "floor", "sigma", "normalize_delays")
_WORDS = ("measurements", *_OF_CHANNELS, "offsets", "offset_sigma_db", "loss", "delta_db", "floor_db", "sigma_db", "held_out", "patience", "method", "steps",
          "rate", "last_rate", "starts", "spread", "seed", "checkpoint", "parameters")
_CALIBRATE = _WORDS[5:-2]


def _read(file):
    """(document, the table [calibrate])"""
    try:
        words = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Error(f"'{file}' cannot be read: {error}") from None
    if "calibrate" not in words:
        raise Error(f"'{file}': no table [calibrate]")
    table, where = words["calibrate"], f"'{file}', [calibrate]"
    _refuse_unknown(table, _WORDS, where)
    for word in ("measurements", "parameters"):
        if not table.get(word):
            raise Error(f"{where}: {word} is missing")
    _refuse_types(table, where)
    for word, value in table.items():
        if word == "normalize_delays" and not isinstance(value, bool):
            raise Error(f"{where}: {word} is true or false, got {value!r}")
        if word in ("measurements", "offsets") and not (isinstance(value, str) or isinstance(value, list) and value and all(isinstance(v, str) for v in value)):
            raise Error(f"{where}: {word} takes a name or a list of names, got {value!r}")
        if word in ("compare", "loss") and not isinstance(value, str):
            raise Error(f"{where}: {word} takes a word, got {value!r}")
        if word in ("offset_sigma_db", "delta_db", "floor_db", "sigma_db", "floor", "sigma") and not (isinstance(value, (int, float)) and not isinstance(value, bool)):
            raise Error(f"{where}: {word} takes a number, got {value!r}")
    return run_files.read(file, beside=BESIDE), table


def _parser():
    parser = run_parser("calibrate", "Parameters of a scene from measurements of powers, channels or arrival maps in it.",
                        "Example: raywave calibrate examples/calibrate.toml --page calibration.html", "scene, residual maps and tables as a page")
    parser.add_argument("-o", "--output", metavar="FILE", help=".json: parameters, figures, what the data tell; .npz: measured and predicted values")
    parser.add_argument("--scene", metavar="FOLDER", help="the calibrated scene as a folder; with materials that vary as NAME.npz")
    return parser


def main(arguments) -> int:
    given = _parser().parse_args(arguments)
    run, document, table, scene, panels = opened("calibrate", given, _read)
    files = [table["measurements"]] if isinstance(table["measurements"], str) else table["measurements"]
    more = {word: table[word] for word in _OF_CHANNELS if word in table}
    sets = read_all([run.parent / name for name in files], **more)
    solver = ArrivalMapSolver() if any(isinstance(one, Arrivals) for one in sets) else PathSolver()
    words = {word: table[word] for word in _CALIBRATE if word in table}
    try:
        found = calibrate(scene, sets, table["parameters"], solver=solver, resume=given.resume, progress=_teller(), **words, **run_files.path_options(document), **panels)
    except FitStopped as stopped:
        print(f"raywave: {stopped}", file=sys.stderr)
        return 4
    finally:
        if sys.stderr.isatty():
            print(file=sys.stderr)
    if given.output:
        found.save(given.output)
    if given.page:
        found.save_page(given.page, title=run.stem)
    if given.scene:
        found.scene.save(given.scene)
        for name, field in found.materials.items():
            field.save(pathlib.Path(given.scene) / f"{name.replace('/', '_')}.npz")
    print(json.dumps(found.document(), indent=1) if given.json else found.report())
    return 0
