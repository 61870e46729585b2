# SPDX-License-Identifier: Apache-2.0
"""The store of a campaign: a Zarr 3 group whose arrays are written shard by shard by tasks, and the receipts of the tasks.

    out.zarr/zarr.json                  the specification, scene hashes, version, processor's level (attributes); consolidated metadata
    out.zarr/path_gain/c.0.17.0.0.3     a shard: the file of one task
    out.zarr/receipts/4f/4f02...        a task's receipt, written last: names, sizes and hashes of its shards

A task whose receipt is there and whole is done; nothing else decides that."""
from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import tempfile
import warnings

import numpy as np

from .._raywave import Error
from . import files, outputs, shards
from .devices import Devices
from .._requirements import need
from .specification import Specification, Varied

ATTRIBUTE = "raywave_campaign"
MIXED = "mixed"


def attributes(store: pathlib.Path) -> dict:
    """@raises Error where no campaign's store is."""
    try:
        found = json.loads((store / "zarr.json").read_text())["attributes"]
    except FileNotFoundError:
        raise Error(f"'{store}' is no store of a campaign: there is no zarr.json") from None
    except (OSError, ValueError, KeyError) as error:
        raise Error(f"'{store}' cannot be read: {error!r}") from None
    if ATTRIBUTE not in found:
        raise Error(f"'{store}' holds something else than a campaign")
    return found


def set_attributes(store: pathlib.Path, **changes) -> None:
    """In one step: readers see the old ones or the new ones."""
    document = json.loads((store / "zarr.json").read_text())
    document["attributes"].update(changes)
    files.write_whole(store, {"zarr.json": json.dumps(document, indent=1).encode()})


def create(store: pathlib.Path, specification: Specification, level: str) -> bool:
    """Made beside its place and moved there whole; False: another was faster. @raises Error"""
    store = store.absolute()
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=f".{store.name}.", dir=store.parent))
    except OSError as error:
        raise files.said(error, store) from None
    try:
        _fill(work / "store", specification, level)
        for place in [*work.rglob("*")]:
            if place.is_file():
                files._flush(place)
        os.rename(work / "store", store)  # refused where something is
        return True
    except FileExistsError:
        return False
    except OSError as error:
        if store.exists():
            return False
        raise files.said(error, store) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def shard_shapes(specification: Specification) -> dict[str, tuple[tuple, tuple]]:
    """Of each variable: the shard, which is a task's, and its chunks."""
    d, sizes, out = specification.document, specification.sizes, {}
    for v in specification.variables:
        shard = (1, d["batch"], 1, 1, d["tile"], *(sizes[axis] for axis in v.trailing))
        out[v.name] = shard, shards.chunk_shape(shard, np.dtype(v.dtype).itemsize, (1, 4))
    return out


def _fill(place, specification, level):
    zarr = need("zarr", "raywave.campaigns")
    d, sizes = specification.document, specification.sizes
    coordinates, object_names = _coordinates(specification), None
    if "vertices" in d["outputs"]:
        from .specification import read_scene
        object_names = {name: list(read_scene(name, file).objects) for name, file in specification.scene_files.items()}
    group = zarr.create_group(str(place), zarr_format=3, attributes={
        ATTRIBUTE: d["format"], "specification": d, "specification_hash": specification.hash,
        "scene_hash": {s["name"]: s["hash"] for s in d["scenes"]}, "scene_files": specification.scene_files,
        "scene_places": specification.scene_places, "raywave_version": d["raywave_version"],
        "processor_level": level, "coordinates": " ".join(name for name, (axes, *_) in coordinates.items() if (name,) != axes)})
    codec = zarr.codecs.ZstdCodec(level=shards.ZSTD_LEVEL, checksum=False)
    for v in specification.variables:
        axes = (*outputs.LINK, *v.trailing)
        shard, chunk = shard_shapes(specification)[v.name]
        attributes_ = {"units": v.units, "long_name": v.what, **({"object_names": object_names} if v.name == "objects" else {})}
        group.create_array(v.name, shape=tuple(sizes[axis] for axis in axes), shards=shard, chunks=chunk, dtype=v.dtype, fill_value=v.fill,
                           dimension_names=axes, chunk_key_encoding={"name": "default", "separator": "."}, compressors=codec, attributes=attributes_)
    for name, (axes, values, words) in coordinates.items():
        group.create_array(name, data=values, chunks=tuple(max(n, 1) for n in values.shape), dimension_names=axes, compressors=codec, attributes=words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that consolidated metadata is a convention of zarr-python and xarray
        zarr.consolidate_metadata(str(place), zarr_format=3)
    (place / "receipts").mkdir()


def _coordinates(specification) -> dict[str, tuple]:
    """{array's name: (axes, values, attributes)}"""
    d = specification.document

    def words(names):
        return np.array(names, dtype=np.dtypes.StringDType())

    out = {"scene": (("scene",), words(specification.scene_names), {}), "sample": (("sample",), np.arange(d["samples"]), {}),
           "frequency_hz": (("frequency_hz",), np.array(d["frequencies_hz"]), {"units": "Hz"}),
           "transmitter": (("transmitter",), words(specification.transmitters.names), {}),
           "receiver": (("receiver",), words(specification.receivers.names), {})}
    if d["subcarriers_hz"]:
        out["subcarrier_hz"] = (("subcarrier_hz",), np.array(d["subcarriers_hz"]), {"units": "Hz"})
    for devices in (specification.transmitters, specification.receivers):
        for name, table in devices.tables().items():
            out[f"{devices.kind}_{name}"] = ((devices.kind, *(("axis",) if table.ndim == 2 else ())), table, {"units": _unit(name)})
    for array, varied in zip(varied_names(specification), specification.varied):
        axes = ("sample", *(f"{array}_{k}" if k or varied.values.ndim > 2 or varied.values.shape[1] != 3 else "axis" for k in range(varied.values.ndim - 1)))
        out[array] = (axes, varied.values, {"parameter": varied.name, "units": _unit(varied.name)})
    return out


def varied_names(specification) -> list[str]:
    """Of the arrays that hold what is varied: no slash, which would be a group, and no space, which xarray's list of coordinates has not."""
    out = []
    for item in specification.document["vary"]:
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", item["name"].replace("/", "."))
        while name in out:
            name += "_"
        out.append(name)
    return out


def _unit(name):
    for ending, unit in (("_m_per_s", "m/s"), ("_s_per_m", "S/m"), ("_m", "m"), ("_rad", "rad"), ("_dbm", "dBm")):
        if name.endswith(ending):
            return unit
    return "1"


def read_specification(store: pathlib.Path) -> Specification:
    """As it stands in a store. @raises Error"""
    zarr = need("zarr", "raywave.campaigns")
    found = attributes(store)
    try:
        d, group = found["specification"], zarr.open_group(str(store), mode="r", zarr_format=3)
        if d["format"] != 1:
            raise Error(f"'{store}' is of format {d['format']}, which this version of raywave does not know")

        def devices(kind):
            tables = {name: group[f"{kind}_{name}"][...] for name in ("position_m", "orientation_rad", "velocity_m_per_s", "array_index")}
            names = [str(name) for name in group[kind][...]]
            power = group["transmitter_power_dbm"][...] if kind == "transmitter" else np.zeros(len(names))
            return Devices(kind, names, arrays=d[f"{kind}s"]["arrays"], power_dbm=power, **tables)

        out = Specification(d, found["scene_files"], found.get("scene_places", {}), devices("transmitter"), devices("receiver"), [])
        out.varied = [Varied(item["name"], group[array][...]) for item, array in zip(d["vary"], varied_names(out))]
    except (KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, Error):
            raise
        raise Error(f"'{store}' is damaged: {error!r}") from None
    bad = [kind for kind, part in (("transmitters", out.transmitters), ("receivers", out.receivers)) if part.document() != d[kind]]
    bad += [v.name for v, item in zip(out.varied, d["vary"]) if hashlib.sha256(v.values.astype("<f8").tobytes()).hexdigest() != item["sha256"]]
    if bad or out.hash != found["specification_hash"]:
        raise Error(f"'{store}' is damaged: {', '.join(bad) or 'the specification'} is not what its hash says")
    return out


@dataclasses.dataclass
class Receipt:
    task: str
    processor_level: str
    shards: dict[str, list]  # file within the store: [bytes, sha256]

    def bytes(self) -> bytes:
        body = json.dumps({"task": self.task, "processor_level": self.processor_level, "shards": self.shards}, sort_keys=True)
        return f"{body}\n{hashlib.sha256(body.encode()).hexdigest()}\n".encode()


def receipt_file(task: str) -> str:
    return f"receipts/{task[:2]}/{task}"


def read_receipt(store: pathlib.Path, task: str) -> Receipt | None:
    """None: there is none, or it is torn."""
    try:
        content = (store / receipt_file(task)).read_bytes()
        body, digest, rest = content.split(b"\n")
        if rest or hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        found = json.loads(body)
        return Receipt(found["task"], found["processor_level"], found["shards"]) if found["task"] == task else None
    except (OSError, ValueError, KeyError):
        return None


def shard_file(variable: str, place: tuple, rank: int) -> str:
    return f"{variable}/c." + ".".join(map(str, (*place, *(0,) * (rank - len(place)))))
