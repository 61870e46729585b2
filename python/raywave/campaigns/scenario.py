# SPDX-License-Identifier: Apache-2.0
"""One scene, sample and frequency of a campaign as what a solver had and found there: the scene with all its devices, and the paths' arrays by the
names that Paths.save writes (src/raywave/runs/results.h)."""
from __future__ import annotations

import numpy as np

from .._raywave import Error
from .specification import read_scene


def solved(campaign, scene_name, sample, frequency_hz):
    """(scene, {name: array}). @raises Error for what is not there or not solved"""
    specification = campaign.specification
    d = specification.document
    if not {"paths", "vertices"} <= {*d["outputs"]}:
        raise Error("a scenario needs the outputs 'paths' and 'vertices'")
    scene_name = _only("scene", specification.scene_names, scene_name)
    frequency_hz = _only("frequency_hz", d["frequencies_hz"], frequency_hz)
    if isinstance(sample, bool) or not isinstance(sample, (int, np.integer)) or not 0 <= sample < d["samples"]:
        raise Error(f"sample is a number from 0 to {d['samples'] - 1}, got {sample!r}")
    data = campaign.dataset().sel(scene=scene_name, frequency_hz=frequency_hz)
    data = data.isel({"time" if "time" in data.dims else "sample": int(sample)})
    return _scene(specification, scene_name, int(sample), frequency_hz), _held(data, d["max_paths"], frequency_hz)


def _only(word, known, given):
    if given is None and len(known) == 1:
        return known[0]
    if given not in known:
        raise Error(f"{word}: one of {', '.join(map(str, known))} is wanted, got {given!r}")
    return given


def _scene(specification, name, sample, frequency_hz):
    scene = read_scene(name, specification.scene_files[name])
    scene.frequency_hz = frequency_hz
    for devices in (specification.transmitters, specification.receivers):
        for i in range(len(devices)):
            scene.add(devices.make(i))
    for varied in specification.varied:
        if not varied.name.startswith("solver/"):
            scene.set_parameter(varied.name, varied.values[sample])
    return scene


def _held(data, max_paths, frequency_hz):
    count = data.num_paths.transpose("receiver", "transmitter").values
    if (count < 0).any():
        raise Error(f"{int((count < 0).sum())} links are not solved yet: campaign.run()")
    kept = np.minimum(count, max_paths)
    there = np.arange(max_paths) < kept[..., None]  # [receiver, transmitter, path]

    def of(name, *axes):
        return data[name].transpose("receiver", "transmitter", "path", *axes).values[there]

    kinds = of("interactions", "bounce")
    bounced = kinds > 0
    begin = np.concatenate([[0], np.cumsum(kept.ravel())])
    links = [[r, -1, t, -1, begin[k], begin[k + 1]] for k, (r, t) in enumerate(np.ndindex(*kept.shape))]
    return {"frequency_hz": np.float64(frequency_hz), "synthetic_array": np.uint8(1), "links": np.array(links, dtype=np.int64), "tau_s": of("tau"),
            **{name: of(name) for name in ("theta_t", "phi_t", "theta_r", "phi_r")}, "doppler_hz": of("doppler"), "interactions": kinds[bounced],
            "interaction_begin": np.concatenate([[0], np.cumsum(bounced.sum(axis=1))]), "vertices_m": of("vertices", "bounce", "axis")[bounced],
            "gains": of("a", "receiver_port", "transmitter_port")}


def with_devices(held, scene):
    """Adds the devices' arrays, and the gains by each link's own ports."""
    out = dict(held)
    for end, devices in (("tx", scene.transmitters), ("rx", scene.receivers)):
        arrays = [d.array for d in devices.values()]
        out[f"{end}_names"] = np.array(list(devices))
        out[f"{end}_positions_m"] = np.array([d.position_m for d in devices.values()]).reshape(-1, 3)
        out[f"{end}_num_elements"] = np.array([a.num_elements for a in arrays])
        out[f"{end}_num_slants"] = np.array([a.num_ant // a.num_elements for a in arrays])
    ports = {end: out[f"{end}_num_elements"] * out[f"{end}_num_slants"] for end in ("tx", "rx")}
    gains, a, begin = out.pop("gains"), [], [0]
    for rx, _, tx, _, first, last in out["links"]:
        own = gains[first:last, :ports["rx"][rx], :ports["tx"][tx]].reshape(last - first, -1)
        a.append(own.ravel())
        begin += [begin[-1] + (i + 1) * own.shape[1] for i in range(last - first)]
    out["a"], out["a_begin"] = np.concatenate([*a, np.zeros(0, complex)]), np.array(begin)
    return out
