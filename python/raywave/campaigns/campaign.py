# SPDX-License-Identifier: Apache-2.0
"""rw.Campaign: a store and its specification; its tasks run here, one after the other, or on the workers of a Dask cluster."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

import asyncio
import collections
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import time

from .._raywave import Error, __version__
from . import files, scenario, store as store_
from .plan import Plan, Task
from .processor import processor_level
from .._requirements import need
from .specification import differences, specify
from .tasks import Failure, Result, facts, require_level, run_task

_WARNINGS_KEPT = 200


@dataclasses.dataclass
class Progress:
    """done counts what has been found done too; the rate is that of this run."""

    total: int
    done: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: list[Failure] = dataclasses.field(default_factory=list)
    warnings: dict[str, int] = dataclasses.field(default_factory=dict)  # in how many tasks; at most some hundred of them

    @property
    def rate_per_s(self) -> float:
        return (self.done - self.skipped + len(self.failures)) / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float:
        left = self.total - self.done - len(self.failures)
        return left / self.rate_per_s if self.rate_per_s else float("inf" if left else 0)

    def __str__(self):
        left = self.seconds_left
        when = "" if left == 0 else ", no time left known" if left == float("inf") else f", {_duration(left)} left"
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return f"{self.done} of {self.total} tasks, {self.rate_per_s:.3g} a second{when}{failed}"


class Summary(Progress):
    """How a run ended: done, skipped (of these, found done), failures by name."""


@dataclasses.dataclass
class Verification:
    """missing: no receipt; broken: a receipt whose shards are not what it says, with the reason."""

    total: int
    missing: list[Task]
    broken: list[tuple[Task, str]]
    processor_levels: dict[str, int]

    @property
    def ok(self) -> bool:
        return not self.missing and not self.broken

    def __str__(self):
        levels = ", ".join(f"{count} on {level}" for level, count in sorted(self.processor_levels.items()))
        lines = [f"{self.total - len(self.missing) - len(self.broken)} of {self.total} tasks are sound, {len(self.missing)} missing, {len(self.broken)} broken"
                 + (f"; {levels}" if levels else "")]
        return "\n".join(lines + [f"{task}: {why}" for task, why in self.broken])


class Campaign:
    """Campaign("out.zarr", scenes=, transmitters=, receivers=, frequencies_hz=, ...); Campaign("out.zarr") opens what is there.

    scenes: files, or a dict of names and files. transmitters, receivers: places [n, 3] in metres; a list of dicts (name, position_m,
    orientation_rad or look_at, velocity_m_per_s, power_dbm, array); or a dict with positions_m, grid (min_m, max_m, spacing_m) or file and what
    all share. array: the words of rw.PlanarArray as a dict.
    vary: {parameter's name, or solver/OPTION: values, one a sample, or {"uniform": [low, high]}, {"normal": [mean, deviation]},
    {"integers": [low, high)}, {"choice": [...]}}, samples of them drawn with seed.
    outputs: of path_gain (always), mean_delay, num_paths, paths (the max_paths strongest), vertices, cfr (at subcarriers_hz).
    times_s, trajectories: of rw.simulate; the axis of samples is then the time.
    A task is one scene, frequency and transmitter, `tile` receivers and `batch` samples."""

    def __init__(self, store: str | os.PathLike, *, scenes: object = None, transmitters: object = None, receivers: object = None,
                 frequencies_hz: Sequence[float] | None = None, tile: int = 256, batch: int = 1, solver: Mapping[str, object] | None = None,
                 vary: Mapping[str, object] | None = None,
                 samples: int | None = None, seed: int = 0, times_s: ArrayLike | None = None, trajectories: object = None,
                 outputs: Sequence[str] = ("path_gain",), max_paths: int = 32, subcarriers_hz: Sequence[float] | None = None,
                 processor_level: str | None = None,
                 mix_processor_levels: bool = False, base: str | os.PathLike = "."):
        self.store = pathlib.Path(store).absolute()
        self._level, self._mix = processor_level, mix_processor_levels
        if scenes is None and transmitters is None and receivers is None and frequencies_hz is None:
            self.specification = store_.read_specification(self.store)
        else:
            self.specification = specify(scenes=scenes, transmitters=transmitters, receivers=receivers, frequencies_hz=frequencies_hz, tile=tile,
                                         batch=batch, solver=solver, vary=vary, samples=samples, seed=seed, times_s=times_s, trajectories=trajectories, outputs=outputs, max_paths=max_paths,
                                         subcarriers_hz=subcarriers_hz, base=pathlib.Path(base))
        self.plan = Plan(self.specification)

    def __repr__(self):
        return f"Campaign('{self.store}', {len(self)} tasks)"

    def __len__(self) -> int:
        """The number of tasks."""
        return len(self.plan)

    def create(self) -> Campaign:
        """Makes the store; where it is already and of this specification nothing happens. @raises Error where it is something else"""
        self._create(processor_level())
        return self

    def _create(self, level):
        try:
            if not self.store.exists():
                store_.create(self.store, self.specification, store_.MIXED if self._mix else self._level or level)
            found = self._require_ours()
            if self._mix and found["processor_level"] != store_.MIXED:
                store_.set_attributes(self.store, processor_level=store_.MIXED)
            for word in ("scene_files", "scene_places"):
                if found.get(word) != getattr(self.specification, word):  # the same scenes, elsewhere
                    store_.set_attributes(self.store, **{word: getattr(self.specification, word)})
        except OSError as error:
            raise files.said(error, self.store) from None

    def _require_ours(self) -> dict:
        found = store_.attributes(self.store)
        if found["specification_hash"] != self.plan.hash:
            other = differences(found["specification"], self.specification.document)
            raise Error(f"'{self.store}' is the store of another specification ({'; '.join(other[:4])}): name another store")
        return found

    def run(self, client: object = None, *, num_threads: int = 1, durable: bool = True, window: int | None = None,
            progress: Callable[[Progress], object] | None = None) -> Summary:
        """Solves what is missing, here or by a dask.distributed.Client's workers. Failures of tasks are part of the summary.

        num_threads: of each task. durable=False leaves flushing to the system: safe against killed processes, not against a power cut (verify()
        finds what that broke). window: how many tasks the scheduler knows at a time. progress: called with a Progress after every task.
        @raises Error where no task can go on: a full disk, another specification, another processor level."""
        if isinstance(num_threads, bool) or not isinstance(num_threads, int) or num_threads < 0:
            raise Error(f"num_threads is a whole number >= 0 (0: all), got {num_threads!r}")
        if client is None:
            self._create(processor_level())
            require_level(self.store, store_.attributes(self.store)["processor_level"], processor_level())
        else:
            need("distributed", "run(client)")
            self._create_with(client)
        files.clean(self.store)
        missing = self._missing_numbers()
        summary = Summary(len(self), len(self) - len(missing), len(self) - len(missing))
        run = _Run(self, summary, progress)
        if progress:
            progress(summary)
        arguments = (str(self.store), self.plan.hash)
        try:
            if client is None:
                for number in missing:
                    run.take(run_task(*arguments, number, num_threads, durable))
            elif missing:
                _Dask(client, self.plan, arguments, (num_threads, durable)).run(missing, run, window)
        finally:
            files.clean(self.store)
        return summary

    def _create_with(self, client) -> None:
        """create(), at the level of the workers that are there. @raises Error where they do not fit each other, this version or the store's place"""
        if client.asynchronous:
            raise Error("run(client) takes a client that waits: Client(..., asynchronous=False)")
        client.wait_for_workers(1)
        levels = sorted({worker["processor_level"] for worker in self._facts(client).values()})
        mixed = self._mix or self.store.exists() and store_.attributes(self.store)["processor_level"] == store_.MIXED
        if len(levels) > 1 and not mixed:
            raise Error(f"the workers are of different processor levels ({', '.join(levels)}): results would differ in rounding; take workers of one "
                        "level, or allow it with mix_processor_levels=True")
        self._create(levels[0])
        require_level(self.store, store_.attributes(self.store)["processor_level"], levels[0], "the workers are")
        for address, worker in self._facts(client, wait_s=20.0).items():
            if not worker["sees_store"]:
                raise Error(f"worker {address} on {worker['host']} does not see '{self.store}': name a place that all machines share")

    def _facts(self, client, wait_s=0.0) -> dict:
        try:
            workers = client.run(facts, str(self.store), wait_s)
        except ImportError as error:
            raise Error(f"the workers cannot import raywave.campaigns ({error}): install raywave[campaigns] for them") from None
        for address, worker in workers.items():
            if worker["version"] != __version__:
                raise Error(f"worker {address} has raywave {worker['version']}, this is {__version__}")
        return workers

    def _missing_numbers(self) -> list[int]:
        there = set()
        for folder in _entries(self.store / "receipts"):
            there.update(_entries(self.store / "receipts" / folder))
        out = []
        for number in range(len(self)):
            name = self.plan.name(number)
            if name not in there or store_.read_receipt(self.store, name) is None:
                out.append(number)
        return out

    def missing(self) -> list[Task]:
        """Tasks without a whole receipt, all where the store is not yet made. @raises Error where it is another's"""
        if self.store.exists():
            self._require_ours()
        return [self.plan.task(number) for number in self._missing_numbers()]

    def verify(self, *, repair: bool = False) -> Verification:
        """Compares all shards with what their receipts say; repair: takes the receipts of broken ones away, so that run() solves them again."""
        self._require_ours()
        out = Verification(len(self), [], [], collections.Counter())
        for number in range(len(self)):
            task = self.plan.task(number)
            receipt = store_.read_receipt(self.store, task.name)
            if receipt is None:
                out.missing.append(task)
                continue
            why = self._broken(task, receipt)
            if why is None:
                out.processor_levels[receipt.processor_level] += 1
                continue
            out.broken.append((task, why))
            if repair:
                (self.store / store_.receipt_file(task.name)).unlink(missing_ok=True)
        return out

    def _broken(self, task, receipt):
        shapes = store_.shard_shapes(self.specification)
        wanted = {store_.shard_file(name, task.place, len(shard)) for name, (shard, _) in shapes.items()}
        if wanted != {*receipt.shards}:
            return "its receipt names other files"
        for name, (size, digest) in receipt.shards.items():
            try:
                content = (self.store / name).read_bytes()
            except OSError as error:
                return f"'{name}' cannot be read: {error.strerror}"
            if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
                return f"'{name}' is not what was written ({len(content)} bytes of {size})"
        return None

    def dataset(self, chunks: object = None) -> Any:
        """The store as one xarray dataset, read when asked for; chunks={}: as Dask arrays. NaN (num_paths: -1) is what is missing. Nested
        attributes are JSON text, so that it can be written to files of other kinds."""
        xarray = need("xarray", "dataset()", "campaigns")
        self._require_ours()
        out = xarray.open_zarr(str(self.store), chunks=chunks, consolidated=True)
        times = self.specification.document.get("times_s")
        if times is not None:
            out = out.drop_vars("sample", errors="ignore").rename(sample="time").assign_coords(time=("time", times, {"units": "s", "long_name": "time"}))
        places = list(self.specification.scene_places.values())
        if len(places) == out.sizes["scene"] and all(place == places[0] for place in places):
            out.attrs |= places[0]
        for part in (out, *out.data_vars.values()):
            part.attrs = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in part.attrs.items()}
        return out


    def save_deepmimo(self, folder: str | os.PathLike, *, scene: str | None = None, sample: int = 0, frequency_hz: float | None = None,
                      tx_slant: int = 0, rx_slant: int = 0, overwrite: bool = False, max_bytes: float = 4e9) -> pathlib.Path:
        """One scene, sample and frequency as a DeepMIMO 4 scenario, as formats.save_deepmimo writes one (of each link the max_paths strongest paths).
        Needs the outputs paths and vertices. @raises Error where some of its links are not solved"""
        from ..formats.deepmimo import write_scenario
        self._require_ours()
        world, held = scenario.solved(self, scene, sample, frequency_hz)
        return write_scenario(folder, world, scenario.with_devices(held, world), tx_slant=tx_slant, rx_slant=rx_slant, overwrite=overwrite, max_bytes=max_bytes)


class _Run:
    """Counts results, tells of progress, knows when to stop."""

    def __init__(self, campaign, summary, progress):
        self.plan, self.specification, self.summary, self.progress = campaign.plan, campaign.specification, summary, progress
        self.begin = time.perf_counter()

    def take(self, result: Result) -> None:
        if result.state == "stop":
            raise Error(result.error)
        for text in result.warnings:
            if text in self.summary.warnings or len(self.summary.warnings) < _WARNINGS_KEPT:
                self.summary.warnings[text] = self.summary.warnings.get(text, 0) + 1
        if result.state == "failed":
            self.summary.failures.append(self.failure(result))
        else:
            self.summary.done += 1
        self.summary.seconds = time.perf_counter() - self.begin
        if self.progress:
            self.progress(self.summary)

    def failure(self, result: Result) -> Failure:
        task = self.plan.task(result.number)
        names = tuple(self.specification.receivers.names[slice(*(result.receivers or task.receivers))])
        return Failure(task, task.scene, result.sample, task.frequency_hz, task.transmitter, names, result.error)


class _Dask:
    """Submission in windows: a task costs the scheduler some kilobytes, so that it never knows all of them.

    A task at which workers die is given up by Dask after some (distributed.scheduler.allowed-failures); tasks that lay beside it on those workers
    may be given up too. So all of them are tried once more at the end, one at a time: then the guilty one is named and the others are done."""

    def __init__(self, client, plan, arguments, words):
        self.client, self.plan, self.arguments, self.words = client, plan, arguments, words

    def run(self, numbers, run, window=None):
        killed = self._submit(numbers, run, window or self._window(), last=False)
        if killed:
            self._submit(killed, run, 1, last=True)

    def _window(self):
        """Enough that no worker waits for the client: some tasks a thread."""
        return max(64, 16 * sum(self.client.nthreads().values()))

    def _submit(self, numbers, run, window, last) -> list[int]:
        distributed = need("distributed", "run(client)")
        waiting, alive, killed = iter(numbers), {}, []

        def submit(count):
            numbers = [number for _, number in zip(range(count), waiting)]
            if not numbers:
                return []
            keys = [f"raywave-{self.plan.name(number)}" + ("-alone" if last else "") for number in numbers]
            shared = [[word] * len(numbers) for word in (*self.arguments, *self.words)]
            futures = self.client.map(run_task, *shared[:2], numbers, *shared[2:], key=keys, pure=False)
            alive.update({future.key: (number, future) for number, future in zip(numbers, futures)})
            return futures

        try:
            finished = distributed.as_completed(submit(window), with_results=True, raise_errors=False)
            for batch in finished.batches():  # results come side by side: one after the other each would wait for its worker
                for future, answer in batch:
                    number, _ = alive.pop(future.key)
                    result = self._result(answer, number)
                    if result is None and not last:
                        killed.append(number)
                    else:
                        run.take(result or Result(number, "failed", "every worker that took it died"))
                finished.update(submit(len(batch)))
        except BaseException:
            self.client.cancel([future for _, future in alive.values()])
            raise
        return killed

    @staticmethod
    def _result(answer, number) -> Result | None:
        """None: its workers died. A result that died with its worker before it was fetched has been waited for: the task, done anew, is skipped."""
        if isinstance(answer, Result):
            return answer
        error = answer[1] if isinstance(answer, tuple) else answer
        if isinstance(error, need("distributed", "run(client)").scheduler.KilledWorker):
            return None
        if isinstance(error, concurrent.futures.CancelledError | asyncio.CancelledError):
            raise Error(f"the Dask scheduler is gone or has dropped the tasks ({error}): run again, what is done stays done")
        return Result(number, "failed", f"{type(error).__name__}: {error}")  # Dask's own: the task's are part of its result


def _entries(place):
    try:
        return os.listdir(place)
    except OSError:
        return []


def _duration(seconds):
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
