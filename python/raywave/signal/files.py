# SPDX-License-Identifier: Apache-2.0
"""Cubes and grids as files: npz and HDF5 with the waveform beside the samples; SigMF of the raw samples one after the other."""
from __future__ import annotations

import dataclasses
import io
import json
import pathlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._files import new_file
from .._place import where
from .._raywave import Error
from .waveforms import Fmcw, Ofdm

_KINDS = {"fmcw": Fmcw, "ofdm": Ofdm}
AXES = ("num_rx", "num_rx_ant", "num_tx", "num_tx_ant", "num_frames", "num_chirps", "num_samples")


def _described(waveform):
    kind = next(name for name, cls in _KINDS.items() if isinstance(waveform, cls))
    return json.dumps({"kind": kind, **dataclasses.asdict(waveform)})


def save_cube(file: str, samples: ArrayLike, waveform: Fmcw | Ofdm, *, frequency_hz: float, place: object = None) -> pathlib.Path:
    """.npz or .h5: samples with named axes, waveform (JSON), frequency_hz; .sigmf-meta: one channel a port pair, chirp after chirp. place: the scene or
    the paths that they are of, whose crs and origin_m are kept where they have them."""
    file, samples = pathlib.Path(file), np.asarray(samples)
    if samples.ndim != 7:
        raise Error(f"samples have the axes {', '.join(AXES)}, got the shape {list(samples.shape)}")
    lies = where(place)
    if file.suffix == ".npz":
        with new_file(file, (".npz",), "a cube") as place:
            with open(place, "wb") as out:
                np.savez_compressed(out, samples=samples, axes=np.array(AXES), waveform=_described(waveform), frequency_hz=frequency_hz, **lies)
    elif file.suffix in (".h5", ".hdf5"):
        import h5py
        with new_file(file, (".h5", ".hdf5"), "a cube") as place:
            held = io.BytesIO()  # HDF5 crashes where it cannot close a file on a full disk
            with h5py.File(held, "w") as out:
                out["samples"] = samples
                out["axes"], out["waveform"], out["frequency_hz"] = list(AXES), _described(waveform), frequency_hz
                for key, value in lies.items():
                    out[key] = value
            pathlib.Path(place).write_bytes(held.getbuffer())
    elif file.suffix in (".sigmf-meta", ".sigmf-data", ".sigmf"):
        from ..formats import save_sigmf
        if not isinstance(waveform, Fmcw):
            raise Error("a SigMF recording holds samples in time: an OFDM grid goes to .npz or .h5")
        rate = waveform.sampling_frequency_hz
        return save_sigmf(file, samples.reshape(int(np.prod(samples.shape[:4])), -1), sample_rate_hz=rate, frequency_hz=frequency_hz,
                          description=_described(waveform) + " " + json.dumps(dict(zip(AXES, samples.shape))), place=place)
    else:
        raise Error(f"a cube is saved as .npz, .h5 or .sigmf-meta, got '{file.name}'")
    return file


def load_cube(file: str) -> tuple[np.ndarray, Fmcw | Ofdm, float]:
    """(samples, waveform, frequency_hz) of an .npz or .h5 that save_cube has written."""
    file = pathlib.Path(file)
    if file.suffix == ".npz":
        with np.load(file) as held:
            missing = {"samples", "waveform", "frequency_hz"} - set(held.files)
            if missing:
                raise Error(f"{file}: no {', '.join(sorted(missing))}: not a cube")
            samples, text, frequency = held["samples"], str(held["waveform"]), float(held["frequency_hz"])
    elif file.suffix in (".h5", ".hdf5"):
        import h5py
        with h5py.File(file, "r") as held:
            missing = {"samples", "waveform", "frequency_hz"} - set(held)
            if missing:
                raise Error(f"{file}: no {', '.join(sorted(missing))}: not a cube")
            samples, text, frequency = held["samples"][()], held["waveform"].asstr()[()], float(held["frequency_hz"][()])
    else:
        raise Error(f"a cube is read from .npz or .h5, got '{file.name}'")
    words = json.loads(text)
    return samples, _KINDS[words.pop("kind")](**words), frequency


def adc_frames(samples: ArrayLike, link: Sequence[int] = (0, 0)) -> np.ndarray:
    """A link's samples as radars and their tools hold them: [num_frames, num_chirps * num_tx_ant, num_rx_ant, num_samples], transmitters
    taking turns, complex conjugated: their mixers give TX conj(RX), so that an FFT finds delays at positive bins and approaching targets at
    negative Doppler. Of real samples the conjugate is the same."""
    samples = np.asarray(samples)
    if samples.ndim != 7:
        raise Error(f"samples have the axes {', '.join(AXES)}, got the shape {list(samples.shape)}")
    y = samples[link[0], :, link[1]]  # rx, tx, frame, chirp, sample
    rx, tx, frames, chirps, count = y.shape
    return np.ascontiguousarray(np.conj(y).transpose(2, 3, 1, 0, 4).reshape(frames, chirps * tx, rx, count))
