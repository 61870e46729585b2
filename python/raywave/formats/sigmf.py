# SPDX-License-Identifier: Apache-2.0
"""Signals as SigMF recordings: NAME.sigmf-meta (JSON) and NAME.sigmf-data. Source: the SigMF specification, version 1.2."""
from __future__ import annotations

import datetime
import hashlib
import json
import numbers
import os
import pathlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._raywave import Error, __version__
from .._files import new_file
from .._place import where

# numpy's kind and size: the name of the datatype. Samples are written little endian.
_DATATYPES = {("c", 8): "cf32_le", ("c", 16): "cf64_le", ("f", 4): "rf32_le", ("f", 8): "rf64_le"}


def save_sigmf(file: str | os.PathLike, samples: ArrayLike, *, sample_rate_hz: float, frequency_hz: float | None = None, description: str = "",
               annotations: Sequence[dict] = (), time: datetime.datetime | None = None, place: object = None) -> pathlib.Path:
    """Writes NAME.sigmf-meta and NAME.sigmf-data for the name `file`, with or without one of these endings.

    samples: [num_samples] or [num_channels, num_samples], float32, float64, complex64 or complex128: written as they are.
    annotations: dicts with sample_start, sample_count and, as wanted, label, comment, freq_lower_edge, freq_upper_edge. time: a
    datetime of the first sample. place: the scene or the paths that they are of, whose crs and origin_m become raywave:crs and raywave:origin_m.
    Returns the path of the metadata. @raises Error for other types and where it cannot be written."""
    file = pathlib.Path(file)
    base = file.with_suffix("") if file.suffix in (".sigmf-meta", ".sigmf-data", ".sigmf") else file
    samples = np.asarray(samples)
    datatype = _DATATYPES.get((samples.dtype.kind, samples.dtype.itemsize))
    if datatype is None:
        raise Error(f"samples must be float32, float64, complex64 or complex128, got {samples.dtype}")
    if samples.ndim not in (1, 2) or samples.ndim == 2 and samples.shape[0] == 0:
        raise Error(f"samples must be of shape [num_samples] or [num_channels, num_samples], got {list(samples.shape)}")
    for key, value in (("sample_rate_hz", sample_rate_hz), ("frequency_hz", frequency_hz)):
        if value is not None and not (isinstance(value, numbers.Real) and np.isfinite(value) and (value > 0 or key == "frequency_hz")):
            raise Error(f"{key} must be {'> 0' if key == 'sample_rate_hz' else 'finite'}, got {value!r}")
    interleaved = np.ascontiguousarray(samples.T if samples.ndim == 2 else samples).astype(samples.dtype.newbyteorder("<"), copy=False)
    data = interleaved.tobytes()
    described = {"core:datatype": datatype, "core:sample_rate": float(sample_rate_hz), "core:version": "1.2.0",
                 "core:num_channels": samples.shape[0] if samples.ndim == 2 else 1, "core:sha512": hashlib.sha512(data).hexdigest(),
                 "core:recorder": f"raywave {__version__}"}
    if description:
        described["core:description"] = description
    lies = where(place)
    if lies:
        described["core:extensions"] = [{"name": "raywave", "version": "1.0.0", "optional": True}]
        described |= {f"raywave:{key}": value for key, value in lies.items()}
    capture = {"core:sample_start": 0}
    if frequency_hz is not None:
        capture["core:frequency"] = float(frequency_hz)
    if time is not None:
        capture["core:datetime"] = time.astimezone(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
    marks = [{f"core:{key}": value for key, value in note.items()} for note in annotations]
    for mark in marks:
        start, count = mark.get("core:sample_start", -1), mark.get("core:sample_count", 0)
        if not 0 <= start <= start + count <= samples.shape[-1]:
            raise Error(f"an annotation must lie within the {samples.shape[-1]} samples, got sample_start {start}, sample_count {count}")
    marks.sort(key=lambda mark: mark["core:sample_start"])
    document = {"global": described, "captures": [capture], "annotations": marks}
    _write_pair(base, data, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return pathlib.Path(f"{base}.sigmf-meta")


def _write_pair(base, data, text):
    """Both files or none: the data take their place last but one, and are taken away again where the metadata cannot be written."""
    meta, held = f"{base}.sigmf-meta", f"{base}.sigmf-data"
    with new_file(meta, (".sigmf-meta",), "a SigMF recording") as name:
        with open(name, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        with new_file(held, (".sigmf-data",), "a SigMF recording") as other, open(other, "wb") as out:
            out.write(data)
