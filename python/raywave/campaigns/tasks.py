# SPDX-License-Identifier: Apache-2.0
"""What a worker does with a task: skip it where its receipt is, solve it, write its shards, write the receipt.

A worker is told the store's place, the specification's hash and the task's number. It keeps what it has prepared, by thread: the specification
by its hash, scenes by theirs."""
from __future__ import annotations

import collections
import dataclasses
import hashlib
import pathlib
import socket
import threading
import time
import warnings

import numpy as np

from .. import PathSolver
from .._raywave import Error, __version__
from . import files, outputs, store as store_
from .plan import Plan, Task
from .processor import processor_level
from .specification import read_scene, scene_hash

_KEPT_SCENES = 8
_WARNINGS_KEPT = 4
_here = threading.local()


@dataclasses.dataclass(frozen=True)
class Failure:
    """receivers: the names of those that fail; sample: the first that does."""

    task: Task
    scene: str
    sample: int | None
    frequency_hz: float
    transmitter: str
    receivers: tuple[str, ...]
    error: str

    def __str__(self):
        who = f"receiver '{self.receivers[0]}'" if len(self.receivers) == 1 else f"receivers '{self.receivers[0]}' to '{self.receivers[-1]}'"
        sample = "" if self.sample is None else f", sample {self.sample}"
        return f"scene '{self.scene}'{sample}, {self.frequency_hz:g} Hz, transmitter '{self.transmitter}', {who}: {self.error}"


@dataclasses.dataclass
class Result:
    """state: done, skipped, failed, or stop where no further task can fare better."""

    number: int
    state: str
    error: str = ""
    sample: int | None = None
    receivers: tuple[int, int] | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()  # the different ones, the first few


class _SolveError(Exception):
    def __init__(self, sample, receivers, error):
        super().__init__(str(error))
        self.sample, self.receivers, self.error = sample, receivers, error


def facts(place: str, wait_s: float = 0.0) -> dict:
    """Of a worker, for its client: whether the two fit. wait_s: network file systems show a new store after some seconds."""
    end, file = time.monotonic() + wait_s, pathlib.Path(place) / "zarr.json"
    while not file.is_file() and time.monotonic() < end:
        time.sleep(0.2)
    return {"version": __version__, "processor_level": processor_level(), "host": socket.gethostname(), "sees_store": file.is_file()}


def run_task(place: str, specification_hash: str, number: int, num_threads: int = 1, durable: bool = True) -> Result:
    """Raises nothing that a task can cause: errors and warnings are part of the result."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = _run_task(place, specification_hash, number, num_threads, durable)
    result.warnings = tuple(dict.fromkeys(str(w.message) for w in said))[:_WARNINGS_KEPT]
    return result


def _run_task(place, specification_hash, number, num_threads, durable) -> Result:
    begin = time.perf_counter()
    try:
        world = _world(place, specification_hash)
    except (Error, OSError) as error:
        return Result(number, "stop", f"{socket.gethostname()}: {error}")
    try:
        task = world.plan.task(number)
        if store_.read_receipt(world.store, task.name):
            return Result(number, "skipped")
        blocks = world.solve(task, num_threads)
        world.write(task, blocks, durable)
        return Result(number, "done", seconds=time.perf_counter() - begin)
    except _SolveError as error:
        return Result(number, "failed", error.args[0], error.sample, error.receivers)
    except OSError as error:
        return Result(number, "stop" if error.errno in files.FULL else "failed", f"{socket.gethostname()}: {files.said(error, place)}")
    except Exception as error:  # whatever it is, the other tasks go on
        return Result(number, "failed", str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}")


def _world(place, specification_hash):
    worlds = _here.__dict__.setdefault("worlds", collections.OrderedDict())
    key = (place, specification_hash)
    if key not in worlds or not worlds[key].holds():
        worlds.pop(key, None)
        worlds[key] = World(pathlib.Path(place), specification_hash)
        while len(worlds) > 4:
            worlds.popitem(last=False)
    return worlds[key]


class World:
    """One store, as one thread of a worker has it before it."""

    def __init__(self, store: pathlib.Path, specification_hash: str):
        self.store = store
        self._stamp = self._stat()
        found = store_.attributes(store)
        if found["specification_hash"] != specification_hash:
            raise Error(f"'{store}' is the store of another specification by now")
        if found["raywave_version"] != __version__:
            raise Error(f"'{store}' is of raywave {found['raywave_version']}, this is {__version__}")
        self.level = processor_level()
        require_level(store, found["processor_level"], self.level)
        self.specification = store_.read_specification(store)
        self.plan = Plan(self.specification)
        self.shapes = store_.shard_shapes(self.specification)
        kinds = [v.name.split("/")[0] for v in self.specification.varied]
        self._edits_scene = bool({"material", "object"} & {*kinds})
        self._variant: tuple | None = None  # (key, scene): the last one, for the tasks beside it

    def _stat(self):
        stat = (self.store / "zarr.json").stat()
        return stat.st_ino, stat.st_mtime_ns

    def holds(self) -> bool:
        """Whether the store is still the one that was read."""
        try:
            return self._stat() == self._stamp
        except OSError:
            return False

    def solve(self, task: Task, num_threads: int) -> dict[str, np.ndarray]:
        """{variable: its shard}. @raises _SolveError, Error"""
        sizes, variables = self.specification.sizes, self.specification.variables
        blocks = {v.name: np.full(self.shapes[v.name][0], v.fill, dtype=v.dtype) for v in variables}
        for sample in range(*task.samples):
            self._scene(task, sample)  # what fails here is no receiver's fault
            try:
                values = self._links(task, sample, task.receivers, num_threads)
            except Error as error:
                first, text = self._first_to_fail(task, sample, num_threads, str(error))
                raise _SolveError(sample, first, text) from None
            for name, part in values.items():
                blocks[name][0, sample - task.samples[0], 0, 0, :len(part)] = part
        return blocks

    def _links(self, task, sample, receivers, num_threads):
        scene = self._scene(task, sample)
        for device in [*scene.transmitters, *scene.receivers]:
            scene.remove(device)
        tx = self.specification.transmitters
        names = {task.transmitter, *self.specification.receivers.names[receivers[0]:receivers[1]]}
        scene.add(tx.make(task.place[3]))
        for i in range(*receivers):
            scene.add(self.specification.receivers.make(i))
        options = {**self.specification.document["solver"], "num_threads": num_threads}
        for varied in self.specification.varied:
            kind, _, rest = varied.name.partition("/")
            if kind == "solver":
                value = varied.values[sample].item()
                options[rest] = type(options[rest])(value) if options[rest] is not None else value
            elif kind == "device" and rest.rpartition("/")[0].removesuffix("/array") in names:
                scene.set_parameter(varied.name, varied.values[sample])
        paths = PathSolver()(scene, **options)
        return outputs.extract(paths, self.specification.variables, self.specification.sizes, self.specification.document["subcarriers_hz"])

    def _first_to_fail(self, task, sample, num_threads, text):
        """The first receiver that fails of itself, by halves; all of them where each alone does not."""
        low, high = task.receivers
        while high - low > 1:
            middle = (low + high) // 2
            for half in ((low, middle), (middle, high)):
                try:
                    self._links(task, sample, half, num_threads)
                except Error as error:
                    (low, high), text = half, str(error)
                    break
            else:
                break
        return (low, high), text

    def _scene(self, task, sample):
        """At its frequency, with its materials and objects as varied; devices are the caller's."""
        if not self._edits_scene:  # shared with other stores, which may have set another frequency
            scene = prepared(self.specification, task.scene)
            scene.frequency_hz = task.frequency_hz
            return scene
        key = (task.scene, sample, task.frequency_hz)
        if self._variant and self._variant[0] == key:
            return self._variant[1]
        scene = prepared(self.specification, task.scene).copy()
        scene.frequency_hz = task.frequency_hz
        for varied in self.specification.varied:
            if varied.name.split("/")[0] in ("material", "object"):
                scene.set_parameter(varied.name, varied.values[sample])
        self._variant = (key, scene)
        return scene

    def write(self, task: Task, blocks: dict[str, np.ndarray], durable: bool) -> None:
        """The shards and, renamed last, the receipt. @raises OSError"""
        from .shards import encode
        contents = {store_.shard_file(name, task.place, block.ndim): encode(block, self.shapes[name][1]) for name, block in blocks.items()}
        receipt = store_.Receipt(task.name, self.level, {name: [len(c), hashlib.sha256(c).hexdigest()] for name, c in contents.items()})
        files.write_whole(self.store, {**contents, store_.receipt_file(task.name): receipt.bytes()}, durable)


def require_level(store, stored: str, level: str, who="this machine is") -> None:
    if stored not in (level, store_.MIXED):
        raise Error(f"'{store}' holds results of processor level {stored}, {who} {level}: results would differ in rounding from place to "
                    "place; run on machines of one level, or allow it with mix_processor_levels=True")


def prepared(specification, name: str):
    """The scene of that name without devices, read once a thread: known by its hash. @raises Error where the file holds another scene by now"""
    scenes = _here.__dict__.setdefault("scenes", collections.OrderedDict())
    wanted = next(s["hash"] for s in specification.document["scenes"] if s["name"] == name)
    if wanted not in scenes:
        scene = read_scene(name, specification.scene_files[name])
        if scene_hash(scene) != wanted:
            raise Error(f"scene '{name}': '{specification.scene_files[name]}' is not the scene that the campaign was made with")
        scenes[wanted] = scene
        while len(scenes) > _KEPT_SCENES:
            scenes.popitem(last=False)
    scenes.move_to_end(wanted)
    return scenes[wanted]
