# SPDX-License-Identifier: Apache-2.0
"""Results as MATLAB files: level 5 by scipy while every array fits, else version 7.3, which is HDF5 behind MATLAB's header.

In a 7.3 file an array lies transposed, as MATLAB counts columns first; complex numbers are pairs (real, imag), words are 16-bit units, a list of
words is a cell array of references. Both hold the same variables, those of paths.save() and radio_map.save().
"""
from __future__ import annotations

import datetime
import os
import pathlib

import numpy as np

from .._raywave import Error
from .._requirements import need
from . import campaign_data
from .content import content
from .._files import new_file

LEVEL_5_BYTES = 2**31 - 1  # of one array; the whole file may have 4 GiB
_HEADER_BYTES = 512


def save_matlab(file: str | os.PathLike, result: object, *, version: str | None = None) -> pathlib.Path:
    """Writes all arrays of a result, of a campaign's dataset, or of a dict {name: array, number, text or list of texts}, to a .mat file.

    version: "5", "7.3", or None for 5 where everything fits and 7.3 beyond. Returns the path. @raises Error for names that MATLAB does
    not take and where the file cannot be written."""
    if version not in (None, "5", "7.3"):
        raise Error(f"version must be '5', '7.3' or None, got {version!r}")
    if campaign_data.is_dataset(result):
        result = campaign_data.arrays(result)
    held = {key: _plain(key, value) for key, value in (result.items() if isinstance(result, dict) else content(result).items())}
    for key in held:
        if not (key.isascii() and key.isidentifier() and not key.startswith("_") and len(key) < 64):
            raise Error(f"'{key}' is no name of a MATLAB variable: letters, digits and underscores, at most 63")
    sizes = [a.nbytes if isinstance(a, np.ndarray) else 0 for a in held.values()]
    fits = max(sizes, default=0) <= LEVEL_5_BYTES and sum(sizes) <= 2 * LEVEL_5_BYTES
    if version == "5" and not fits:
        raise Error(f"{sum(sizes) / 1e9:.3g} GB do not fit a MATLAB file of level 5 (2 GiB an array): version='7.3'")
    with new_file(file, (".mat",), "a MATLAB file") as name:
        if version == "7.3" or not fits:
            _write_hdf5(name, held)
        else:
            _write_level_5(name, held)
    return pathlib.Path(file)


def _plain(key, value):
    """A text, a list of texts, or an array of numbers."""
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.dtype.kind == "U":
        return str(array) if array.ndim == 0 else [str(text) for text in array.ravel()]
    if array.dtype.kind not in "biufc":
        raise Error(f"'{key}' holds {array.dtype}, which MATLAB has no type for")
    kind = array.dtype.kind + str(array.dtype.itemsize)
    if array.dtype.kind in "fc" and kind not in _CLASSES:  # half and long double
        array = array.astype(np.float64 if array.dtype.kind == "f" else np.complex128)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _write_level_5(name, held):
    io = need("scipy.io", "save_matlab", "formats")
    out = {}
    for key, value in held.items():
        if isinstance(value, list):
            cells = np.empty((len(value), 1), dtype=object)
            cells[:, 0] = value
            value = cells
        out[key] = value
    io.savemat(name, out, format="5", do_compression=True, oned_as="column")


_CLASSES = {"f8": "double", "f4": "single", "b1": "logical", "c16": "double", "c8": "single"}


def _write_hdf5(name, held):
    h5py = need("h5py", "save_matlab")
    try:
        with h5py.File(name, "w", userblock_size=_HEADER_BYTES, libver=("earliest", "v110")) as out:
            for key, value in held.items():
                if isinstance(value, list):
                    _cells(h5py, out, key, value)
                elif isinstance(value, str):
                    _word(out, key, value)
                else:
                    _numbers(out, key, value)
    except RuntimeError as error:  # what HDF5 says when it cannot close a file on a full disk
        raise OSError(str(error)) from None
    stamp = datetime.datetime.now().strftime("%a %b %d %H:%M:%S %Y")
    text = f"MATLAB 7.3 MAT-file, Platform: raywave, Created on: {stamp} HDF5 schema 1.00 .".encode("ascii")
    with open(name, "r+b") as out:
        # text, eight bytes for a subsystem that is not there, the version 0x0200 and the mark of little endian
        out.write(text.ljust(116) + b"\0" * 8 + b"\x00\x02IM")


def _mark(dataset, matlab_class):
    dataset.attrs["MATLAB_class"] = np.bytes_(matlab_class)


def _empty(out, key, shape, matlab_class):
    dataset = out.create_dataset(key, data=np.array(shape, dtype="<u8"))
    dataset.attrs["MATLAB_empty"] = np.uint8(1)
    _mark(dataset, matlab_class)
    return dataset


def _numbers(out, key, array):
    code = array.dtype.kind + str(array.dtype.itemsize)
    matlab_class = _CLASSES.get(code) or ("uint" if array.dtype.kind == "u" else "int") + str(8 * array.dtype.itemsize)
    shape = array.shape if array.ndim > 1 else (array.size, 1)
    if array.size == 0:
        return _empty(out, key, shape, matlab_class)
    values = array.reshape(shape).T
    if array.dtype.kind == "c":
        part = f"<f{array.dtype.itemsize // 2}"
        dataset = out.create_dataset(key, shape=values.shape, dtype=[("real", part), ("imag", part)])
        # by parts of the first axis: the file is written without a second copy of a large array
        for i in range(values.shape[0]):
            row = np.empty(values.shape[1:], dtype=dataset.dtype)
            row["real"], row["imag"] = values[i].real, values[i].imag
            dataset[i] = row
    elif array.dtype.kind == "b":
        dataset = out.create_dataset(key, data=values.astype(np.uint8))
        dataset.attrs["MATLAB_int_decode"] = np.int32(1)
    else:
        dataset = out.create_dataset(key, data=values)
    _mark(dataset, matlab_class)
    return dataset


def _word(out, key, text):
    units = np.frombuffer(text.encode("utf-16-le"), dtype="<u2")
    if not len(units):
        dataset = _empty(out, key, (0, 0), "char")
    else:
        dataset = out.create_dataset(key, data=units.reshape(-1, 1))
        _mark(dataset, "char")
    dataset.attrs["MATLAB_int_decode"] = np.int32(2)
    return dataset


def _cells(h5py, out, key, words):
    if not words:
        return _empty(out, key, (0, 1), "cell")
    store = out.require_group("#refs#")
    places = [_word(store, f"{key}_{i}", word).ref for i, word in enumerate(words)]
    dataset = out.create_dataset(key, shape=(1, len(words)), dtype=h5py.ref_dtype)
    dataset[0] = places
    _mark(dataset, "cell")
    return dataset
