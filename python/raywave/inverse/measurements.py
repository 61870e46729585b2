# SPDX-License-Identifier: Apache-2.0
"""What was measured: powers of links, channels, arrival maps; from arrays and from CSV, npz and HDF5 files.

A row of powers is one number in dB between a transmitter and a receiver of the scene, or a place (x_m, y_m, z_m) where a receiver is put. Links are
reciprocal: where a tag at many places sends to a few anchors, the anchors are the transmitters here."""
from __future__ import annotations

import os
from collections.abc import Sequence

import csv
import difflib
import itertools
import pathlib
import zipfile

import numpy as np
from numpy.typing import ArrayLike

from .._lines import line
from .._raywave import Error
from .._requirements import need

QUANTITIES = {"path_gain_db": "dB", "path_loss_db": "dB", "rss_dbm": "dBm"}
_TEXT = ("tx", "rx", "run")
_NUMBERS = ("x_m", "y_m", "z_m", "sigma_db", "censored", "held_out")
COLUMNS = (*_TEXT, *_NUMBERS, *QUANTITIES)


def _floats(name, values, kind=float):
    try:
        out = np.asarray(values)
        if out.dtype.kind not in "biufcO" or kind is float and out.dtype.kind == "c":
            raise ValueError
        return out.astype(kind)
    except (TypeError, ValueError):
        raise Error(f"{name} takes numbers, got {values!r}"[:200]) from None


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _texts(name, values):
    """An array of names; bytes are UTF-8, whole numbers their digits."""
    try:
        out = np.asarray(values)
    except ValueError:
        raise Error(f"{name} takes names, got {values!r}"[:200]) from None
    flat = out.ravel().tolist()
    if out.dtype.kind not in "USOiu" or not all(isinstance(value, (str, bytes, int)) and not isinstance(value, bool) for value in flat):
        raise Error(f"{name} takes names, got {values!r}"[:200])
    return np.array([_text(value) for value in flat], dtype=str).reshape(out.shape)


def _devices(name, names, count):
    """Names in the order of an axis, or None; one name is that of one device."""
    if names is None:
        return None
    found = np.atleast_1d(_texts(name, names))
    if found.shape != (count,):
        raise Error(f"{name} names {found.size} devices, the values have {count}")
    if len(set(found.tolist())) < count:
        raise Error(f"{name} names a device twice: {', '.join(found.tolist())}")
    return found.tolist()


def _one(name, value, fits=lambda v: True, wanted="a number"):
    """One finite number, or None."""
    if value is None:
        return None
    out = _floats(name, value)
    if out.size != 1 or isinstance(value, bool) or not np.isfinite(out).all() or not fits(out.item()):
        raise Error(f"{name} must be {wanted}, got {value!r}"[:200])
    return out.item()


def _column(name, values, size, kind):
    """One value for all rows, or one each."""
    out = _floats(name, values) if kind is float else _texts(name, values)
    if out.ndim == 0:
        return np.full(size, out[()])
    if out.shape != (size,):
        raise Error(f"{name} has the shape {list(out.shape)}, the measured values [{size}]")
    return out


def _flags(name, values):
    out = _floats(name, values)
    if not np.isin(out, (0, 1)).all():
        raise Error(f"{name} holds 0 and 1")
    return out.astype(bool)


def _mask(name, values, size):
    return _flags(name, _column(name, values, size, float))


class Powers:
    """Powers of links in dB, one a row: path_gain_db, path_loss_db or rss_dbm, with tx (a name, may be left out where the scene has one), rx (a name) or
    position_m [n, 3] (a receiver is put there). NaN: missing. censored: below the noise floor, the value is the floor. sigma_db: of a value,
    None: estimated from what is left. run: names, for offsets of each. held_out: not used, but predicted."""

    kind = "powers"

    def __init__(self, *, path_gain_db: ArrayLike | None = None, path_loss_db: ArrayLike | None = None, rss_dbm: ArrayLike | None = None, tx: str | Sequence[str] | None = None, rx: str | Sequence[str] | None = None, position_m: ArrayLike | None = None, sigma_db: ArrayLike | None = None, censored: ArrayLike = False,
                 run: str | Sequence[str] = "", held_out: ArrayLike = False):
        given = {k: v for k, v in (("path_gain_db", path_gain_db), ("path_loss_db", path_loss_db), ("rss_dbm", rss_dbm)) if v is not None}
        if len(given) != 1:
            raise Error(f"give one of {', '.join(QUANTITIES)}, got {', '.join(given) or 'none'}")
        (self.quantity, values), = given.items()
        self.values = np.atleast_1d(_floats(self.quantity, values))
        if self.values.ndim != 1 or not self.values.size:
            raise Error(f"{self.quantity} takes a list of numbers, got the shape {list(self.values.shape)}")
        if np.isinf(self.values).any():
            raise Error(f"{self.quantity} holds infinite numbers: what is missing is NaN, what is below the floor is censored")
        n = len(self.values)
        self.tx = None if tx is None else _column("tx", tx, n, str)
        self.rx = None if rx is None else _column("rx", rx, n, str)
        if position_m is not None:
            position_m = _floats("position_m", position_m)
            if position_m.shape != (n, 3) or not np.isfinite(position_m).all():
                raise Error(f"position_m takes finite numbers [{n}, 3], got the shape {list(position_m.shape)}")
        self.position_m = position_m
        if (self.rx is None) == (position_m is None):
            raise Error("give rx (names of receivers) or position_m (where they are), one of them")
        self.sigma_db = None if sigma_db is None else _column("sigma_db", sigma_db, n, float)
        if self.sigma_db is not None and not (np.isfinite(self.sigma_db) & (self.sigma_db > 0)).all():
            raise Error("sigma_db must be finite and > 0")
        self.censored, self.held_out = _mask("censored", censored, n), _mask("held_out", held_out, n)
        self.run = _column("run", run, n, str)
        if not np.isfinite(self.values).any():
            raise Error(f"{self.quantity} holds no value that is not missing")

    def __len__(self):
        return len(self.values)

    def __repr__(self):
        return line(self, "kind", "quantity", "values")

    def subset(self, rows: ArrayLike) -> Powers:
        """These rows alone (a mask or indices)."""
        pick = lambda a: None if a is None else a[rows]  # noqa: E731
        return Powers(**{self.quantity: self.values[rows]}, tx=pick(self.tx), rx=pick(self.rx), position_m=pick(self.position_m),
                      sigma_db=pick(self.sigma_db), censored=self.censored[rows], run=self.run[rows], held_out=self.held_out[rows])


class Channels:
    """Complex channels as paths.cfr or paths.taps give them: values [num_rx, num_rx_ant, num_tx, num_tx_ant, n] with frequencies_hz (relative to the
    carrier) or bandwidth_hz and l_min (of the first tap, 0 where not told: that of paths.taps is below). rx, tx: names in the order of the axes, by default the scene's. NaN: missing. compare: "db" (the power
    of each number; below `floor`, linear, by default a thousandth of the median power, they are censored) or "complex" (one unknown complex factor
    for each group of the offsets; without offsets none). sigma: of dB, or of a complex value. normalize_delays: the values count delays from each link's first path, as
    paths.cfr and paths.taps do where not told otherwise; False (here the default): from the transmitter, as measured channels do."""

    kind = "channels"

    def __init__(self, values: ArrayLike, *, frequencies_hz: ArrayLike | None = None, bandwidth_hz: float | None = None, l_min: int | None = None, rx: str | Sequence[str] | None = None, tx: str | Sequence[str] | None = None, compare: str = "db", floor: float | None = None, sigma: ArrayLike | None = None,
                 run: str | Sequence[str] = "", held_out: ArrayLike = False, normalize_delays: bool = False):
        self.values = _floats("values", values, complex)
        if self.values.ndim != 5:
            raise Error(f"channels have the axes num_rx, num_rx_ant, num_tx, num_tx_ant, n, got the shape {list(self.values.shape)}")
        if (frequencies_hz is None) == (bandwidth_hz is None):
            raise Error("give frequencies_hz (of a frequency response) or bandwidth_hz (of taps), one of them")
        if frequencies_hz is not None:
            frequencies_hz = _floats("frequencies_hz", frequencies_hz)
            if frequencies_hz.shape != self.values.shape[-1:] or not np.isfinite(frequencies_hz).all():
                raise Error(f"frequencies_hz takes {self.values.shape[-1]} finite numbers, got the shape {list(frequencies_hz.shape)}")
        self.frequencies_hz, self.bandwidth_hz = frequencies_hz, _one("bandwidth_hz", bandwidth_hz, lambda v: v > 0, "one number > 0")
        self.l_min = int(_one("l_min", 0 if l_min is None else l_min, lambda v: v == int(v), "one whole number"))
        if compare not in ("db", "complex"):
            raise Error(f"compare is 'db' or 'complex', got {compare!r}")
        if not isinstance(normalize_delays, (bool, np.bool_)):
            raise Error(f"normalize_delays is True or False, got {normalize_delays!r}")
        self.compare, self.run, self.held_out_links, self.normalize_delays = compare, _texts("run", run), _flags("held_out", held_out), bool(normalize_delays)
        self.rx, self.tx = _devices("rx", rx, self.values.shape[0]), _devices("tx", tx, self.values.shape[2])
        power = np.abs(self.values[np.isfinite(self.values)]) ** 2
        if not power.any():
            raise Error("the channels are missing or 0 everywhere")
        self.floor = 1e-3 * float(np.median(power[power > 0])) if floor is None else _one("floor", floor, lambda v: v > 0, "one number > 0")
        self.sigma = _one("sigma", sigma, lambda v: v > 0, "one number > 0")

    def __len__(self):
        return self.values.size

    def __repr__(self):
        return line(self, "kind", "values", "compare")


class Arrivals:
    """Power over directions, as ArrivalMapSolver gives it: gain [num_rx, num_tx, num_rows, num_columns] on the same grid. compare: "db" (below `floor`,
    linear, by default a hundredth of the mean, powers are censored) or "distribution": each map's shares of its own power, so that gains need not be known; twice the difference
    of the roots of the shares (half its square is the Kullback-Leibler divergence to second order). sigma: of dB, or of 2 sqrt(share)."""

    kind = "arrivals"

    def __init__(self, gain: ArrayLike, *, rx: str | Sequence[str] | None = None, tx: str | Sequence[str] | None = None, compare: str = "db", floor: float | None = None, sigma: ArrayLike | None = None, run: str | Sequence[str] = "", held_out: ArrayLike = False):
        self.values = _floats("gain", gain)
        if self.values.ndim == 5 and self.values.shape[2] == 1:
            self.values = self.values[:, :, 0]
        if self.values.ndim != 4:
            raise Error(f"arrival maps have the axes num_rx, num_tx, num_rows, num_columns, got the shape {list(self.values.shape)}")
        there = self.values[np.isfinite(self.values)]
        if (there < 0).any() or not there.any():
            raise Error("arrival maps hold powers >= 0, not 0 everywhere")
        if compare not in ("db", "distribution"):
            raise Error(f"compare is 'db' or 'distribution', got {compare!r}")
        if compare == "distribution" and not np.isfinite(self.values).all():
            raise Error("shares of a map's power need the whole map: compare='db' where directions are missing")
        self.compare, self.run, self.held_out_links = compare, _texts("run", run), _flags("held_out", held_out)
        self.rx, self.tx = _devices("rx", rx, self.values.shape[0]), _devices("tx", tx, self.values.shape[1])
        self.floor = 1e-2 * float(there.mean()) if floor is None else _one("floor", floor, lambda v: v > 0, "one number > 0")
        self.sigma = _one("sigma", sigma, lambda v: v > 0, "one number > 0")

    def __len__(self):
        return self.values.size

    def __repr__(self):
        return line(self, "kind", "values", "compare")


# ------------------------------------------------------------------------------------------------------------------ files

def _table(file):
    """{column: list of texts} of a CSV file. Lines before the head that begin with # are comments."""
    try:
        with open(file, newline="", encoding="utf-8-sig") as text:
            lines = itertools.dropwhile(lambda line: not line.strip() or line.lstrip().startswith("#"), text)  # comments are before the head alone
            rows = [row for row in csv.reader(lines) if any(value.strip() for value in row) or len(row) > 1]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Error(f"'{file}' cannot be read: {error}") from None
    if len(rows) < 2:
        raise Error(f"'{file}' holds no measurements: a line of column names, then one a line")
    head = [name.strip() for name in rows[0]]
    for i, name in enumerate(head):
        if name in head[:i]:
            raise Error(f"'{file}': two columns are called '{name}'")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(head):
            raise Error(f"'{file}': measurement {number - 1} has {len(row)} values, there are {len(head)} columns")
    return {name: [row[i].strip() for row in rows[1:]] for i, name in enumerate(head)}


def _arrays(file):
    """{name: array} of an .npz or an HDF5 file."""
    if file.suffix.lower() == ".npz":
        try:
            with np.load(file) as held:
                return {name: held[name] for name in held.files}
        except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile):
            raise Error(f"'{file}' holds no arrays as .npz has them") from None
    h5py = need("h5py", "measurements from HDF5", "formats")
    try:
        with h5py.File(file, "r") as held:
            return {name: (item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()]) for name, item in held.items() if hasattr(item, "dtype")}
    except OSError as error:
        raise Error(f"'{file}' cannot be read as HDF5: {error}") from None


def _refuse_unknown(file, names, known, what="column"):
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise Error(f"'{file}': unknown {what} '{name}'" + (f", did you mean '{near[0]}'?" if near else f". Known: {', '.join(known)}"))


def _numbers(file, name, values):
    if not isinstance(values, list):
        try:
            return _floats(name, values)
        except Error as error:
            raise Error(f"'{file}': {error}") from None
    out = np.empty(len(values))
    for i, text in enumerate(values):
        try:
            out[i] = np.nan if text == "" else float(text)
        except ValueError:
            raise Error(f"'{file}', {name}: '{text}' is not a number (measurement {i + 1})") from None
    return out


def _powers(file, columns):
    _refuse_unknown(file, columns, COLUMNS)
    numbers = {name: _numbers(file, name, columns[name]) for name in columns if name not in _TEXT}
    words = {name: numbers[name] for name in (*QUANTITIES, "sigma_db") if name in numbers}
    for name in ("censored", "held_out"):
        if name in numbers:
            words[name] = np.nan_to_num(numbers[name])
    words.update({name: columns[name] for name in _TEXT if name in columns})
    place = [name for name in ("x_m", "y_m", "z_m") if name in numbers]
    if place and len(place) < 3:
        raise Error(f"'{file}': a place has x_m, y_m and z_m, got {', '.join(place)}")
    if place:
        size = max([numbers[name].size for name in (*place, *QUANTITIES) if name in numbers])
        try:
            words["position_m"] = np.stack([_column(name, numbers[name], size, float) for name in place], axis=1)
        except Error as error:
            raise Error(f"'{file}': {error}") from None
    try:
        return Powers(**words)
    except Error as error:
        raise Error(f"'{file}': {error}") from None


_CHANNEL = ("cfr", "taps", "frequencies_hz", "bandwidth_hz", "l_min", "rx_names", "tx_names", "frequency_hz", "run", "held_out", "normalize_delays")
_ARRIVALS = ("gain", "azimuth_rad", "elevation_rad", "delays_s", "tx_names", "rx_names", "frequency_hz", "departures", "grid", "run", "held_out")


def read_measurements(file: str | os.PathLike, **words: object) -> object:
    """Powers from .csv, powers, channels (cfr with frequencies_hz, or taps with bandwidth_hz) and arrival maps (as ArrivalMap.save writes them) from .npz and
    .h5. words: those of Channels and Arrivals that a file does not hold (compare, floor, sigma, normalize_delays). @raises Error naming the file and the column."""
    return _read(file, words, refuse=True)


def read_all(files: Sequence[str | os.PathLike], **words: object) -> list:
    """Several files; words are those of their channels and maps. @raises Error as read_measurements, and for words where all files hold powers"""
    found = [_read(file, words, refuse=False) for file in files]
    if words and all(isinstance(one, Powers) for one in found):
        raise Error(f"{', '.join(words)}: of channels and arrival maps, and the files hold powers alone")
    return found


def _read(file, words, refuse):
    file = pathlib.Path(file)
    if not file.is_file():
        raise Error(f"'{file}' is not there")
    suffix = file.suffix.lower()
    if suffix not in (".csv", ".npz", ".h5", ".hdf5"):
        raise Error(f"measurements are read from .csv, .npz or .h5, got '{file.name}'")
    held = _table(file) if suffix == ".csv" else _arrays(file)
    if any(name in held for name in QUANTITIES) or suffix == ".csv":
        if words and refuse:
            raise Error(f"'{file}' holds powers, which take no {', '.join(words)}")
        return _powers(file, held)
    try:
        names = {key: held[f"{key}_names"] for key in ("rx", "tx") if f"{key}_names" in held}
        more = {**{key: held[key] for key in ("run", "held_out") if key in held}, **words}
        if "normalize_delays" in held and "normalize_delays" not in more:
            more["normalize_delays"] = bool(_one("normalize_delays", held["normalize_delays"], lambda v: v in (0, 1), "0 or 1"))
        if "cfr" in held or "taps" in held:
            _refuse_unknown(file, held, _CHANNEL, "array")
            if "cfr" in held and "taps" in held:
                raise Error("holds cfr and taps: one of them")
            if "cfr" in held:
                found = Channels(held["cfr"], frequencies_hz=held.get("frequencies_hz"), **{**names, **more})
            else:
                found = Channels(held["taps"], bandwidth_hz=held.get("bandwidth_hz"), l_min=held.get("l_min"), **{**names, **more})
        elif "gain" in held:
            _refuse_unknown(file, held, _ARRIVALS, "array")
            if "departures" in held and np.any(held["departures"]):
                raise Error("is a map of departures")
            found = Arrivals(held["gain"], **{**names, **more})
            found.grid = tuple(held[name] for name in ("azimuth_rad", "elevation_rad")) if "azimuth_rad" in held and "elevation_rad" in held else None
            if found.grid is not None:
                found.grid = tuple(_floats(name, values) for name, values in zip(("azimuth_rad", "elevation_rad"), found.grid))
        else:
            raise Error(f"holds none of {', '.join((*QUANTITIES, 'cfr', 'taps', 'gain'))}")
        if "frequency_hz" in held:
            found.frequency_hz = _one("frequency_hz", held["frequency_hz"], lambda v: v > 0, "one number > 0")
    except Error as error:
        raise Error(str(error) if str(error).startswith(f"'{file}'") else f"'{file}': {error}") from None
    return found
