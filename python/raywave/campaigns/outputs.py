# SPDX-License-Identifier: Apache-2.0
"""What a campaign stores of each link, as arrays of equal shape for all links: what is missing in a link is padded."""
from __future__ import annotations

import dataclasses

import numpy as np

from .._raywave import Error

LINK = ("scene", "sample", "frequency_hz", "transmitter", "receiver")
PORTS = ("receiver_port", "transmitter_port")
NAN = float("nan")


@dataclasses.dataclass(frozen=True)
class Variable:
    """fill: where nothing has been solved yet; pad: beyond the paths of a link."""

    name: str
    dtype: str
    fill: object
    trailing: tuple[str, ...] = ()
    pad: object = 0
    units: str = "1"
    what: str = ""


_PATHS = (Variable("a", "<c16", complex(NAN, NAN), (*PORTS, "path"), 0, "1", "path gains without propagation phase"),
          Variable("tau", "<f8", NAN, ("path",), -1, "s", "delays"),
          *(Variable(name, "<f8", NAN, ("path",), 0, "rad", what) for name, what in
            (("theta_t", "departure, from the zenith"), ("phi_t", "departure, azimuth"), ("theta_r", "arrival, from the zenith"), ("phi_r", "arrival, azimuth"))),
          Variable("doppler", "<f8", NAN, ("path",), 0, "Hz", "Doppler shifts"),
          Variable("interactions", "|u1", 255, ("path", "bounce"), 0, "1", "1 specular reflection, 4 refraction, 8 diffraction, 0 none"))
_NUM_PATHS = Variable("num_paths", "<i4", -1, (), 0, "1", "paths found; where more than max_paths the strongest of them are stored")

# The words of outputs= and the arrays that each brings.
OUTPUTS = {
    "path_gain": (Variable("path_gain", "<f8", NAN, what="powers of all paths, mean over the antenna pairs, linear"),),
    "mean_delay": (Variable("mean_delay", "<f8", NAN, units="s", what="delays weighted by powers; 0 where nothing arrives"),),
    "num_paths": (_NUM_PATHS,),
    "cfr": (Variable("cfr", "<c16", complex(NAN, NAN), (*PORTS, "subcarrier_hz"), 0, "1", "channel at the subcarriers' offsets from the carrier"),),
    "paths": (_NUM_PATHS, *_PATHS),
    "vertices": (_NUM_PATHS, Variable("vertices", "<f8", NAN, ("path", "bounce", "axis"), 0, "m", "points of the bounces"),
                 Variable("objects", "<i4", -2, ("path", "bounce"), -1, "1", "index into the scene's objects (attribute object_names), -1 none")),
}


def variables_of(outputs) -> list[Variable]:
    """Without doubles, path_gain first."""
    out = []
    for word in outputs:
        out += [v for v in OUTPUTS[word] if v not in out]
    return out


def block(variable: Variable, links: tuple, sizes: dict) -> np.ndarray:
    """A block of unsolved links."""
    return np.full(links + tuple(sizes[axis] for axis in variable.trailing), variable.fill, dtype=variable.dtype)


def extract(paths, variables: list[Variable], sizes: dict, subcarriers_hz) -> dict[str, np.ndarray]:
    """The variables of all receivers of one transmitter's paths, [num_rx, *trailing]."""
    num_rx, num_ports = paths.a.shape[0], (paths.a.shape[1], paths.a.shape[3])
    out = {v.name: np.full((num_rx, *(sizes[axis] for axis in v.trailing)), v.pad, dtype=v.dtype) for v in variables}
    kept = None
    for v in variables:
        target = out[v.name]
        if v.name in ("path_gain", "mean_delay"):
            target[:] = getattr(paths, v.name)[:, 0]
        elif v.name == "num_paths":
            target[:] = paths.valid[:, 0].sum(axis=-1)
        elif v.name == "cfr":
            target[:, :num_ports[0], :num_ports[1]] = paths.cfr(subcarriers_hz)[:, :, 0, :, 0]
        else:
            kept = _strongest(paths, sizes["path"]) if kept is None else kept
            _take_paths(target, v, paths, kept)
    return out


def _strongest(paths, max_paths) -> np.ndarray:
    """Numbers of the paths to keep, [num_rx, <= max_paths], in the solver's order; -1 beyond. Of equal powers the first is kept."""
    valid = paths.valid[:, 0]
    power = np.where(valid, (np.abs(paths.a[:, :, 0])**2).sum(axis=(1, 2)), -1.0)
    order = np.argsort(-power, axis=-1, kind="stable")[:, :max_paths]
    last = np.iinfo(np.int64).max
    order = np.sort(np.where(np.take_along_axis(valid, order, axis=-1), order, last), axis=-1)
    return np.where(order == last, -1, order)


def _take_paths(target, variable, paths, kept):
    there = kept >= 0
    index = np.where(there, kept, 0)
    count = kept.shape[1]
    if not paths.a.shape[-1]:
        return
    if variable.name == "a":
        taken = np.take_along_axis(paths.a[:, :, 0], index[:, None, None, :], axis=-1)
        target[:, :taken.shape[1], :taken.shape[2], :count] = np.where(there[:, None, None, :], taken, variable.pad)
        return
    source = getattr(paths, variable.name)
    if "bounce" not in variable.trailing:
        target[:, :count] = np.where(there, np.take_along_axis(source[:, 0], index, axis=-1), variable.pad)
        return
    if source.shape[0] > target.shape[2]:
        raise Error(f"{variable.name}: {source.shape[0]} bounces, but the store holds {target.shape[2]}")  # a guard: max_depth bounds them
    for bounce in range(source.shape[0]):
        one = source[bounce, :, 0]
        pick = index if one.ndim == 2 else index[..., None]
        mask = there if one.ndim == 2 else there[..., None]
        target[:, :count, bounce] = np.where(mask, np.take_along_axis(one, pick, axis=1), variable.pad)
