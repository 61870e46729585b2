# SPDX-License-Identifier: Apache-2.0
"""raywave campaign create | run | status | verify FILE.toml: a campaign from a file, whose words are those of rw.Campaign."""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import pathlib
import sys
import time
import tomllib

from .._raywave import Error
from .campaign import Campaign, Summary
from .devices import refuse_unknown
from .._requirements import need

WORDS = ("store", "scenes", "transmitters", "receivers", "frequencies_hz", "tile", "batch", "solver", "vary", "samples", "seed", "times_s", "trajectories", "outputs", "max_paths",
         "subcarriers_hz", "processor_level", "mix_processor_levels")
_FAILURES_SHOWN = 20


def from_file(file, store=None, **more) -> Campaign:
    """Names of files count from the file's folder. @raises Error"""
    file = pathlib.Path(file)
    try:
        words = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Error(f"'{file}' cannot be read: {error}") from None
    refuse_unknown(words, WORDS, f"'{file}'")
    place = words.pop("store", None)
    if store is None and place is None:
        raise Error(f"'{file}': store is missing: the place of the Zarr store")
    return Campaign(store if store is not None else file.parent / place, base=file.parent, **{**words, **more})


def _parser():
    parser = argparse.ArgumentParser(prog="raywave campaign", description="Very many runs into one Zarr store, resumed where they were left.")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in (("create", "makes the store"), ("run", "solves what is missing"), ("status", "says what is done and missing"),
                       ("verify", "compares all that is stored with its receipts")):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("file", metavar="FILE.toml")
        action.add_argument("--store", help="another place than the file names")
        action.add_argument("--json", action="store_true", help="the result as JSON on standard output")
        if name in ("create", "run"):
            action.add_argument("--mix-processor-levels", action="store_true", help="allow results that differ in rounding from machine to machine")
        if name == "verify":
            action.add_argument("--repair", action="store_true", help="forget broken tasks, so that run solves them again")
        if name == "run":
            where = action.add_mutually_exclusive_group()
            where.add_argument("--scheduler-file", metavar="S.json", help="of a Dask scheduler whose workers take the tasks")
            where.add_argument("--scheduler", metavar="ADDRESS", help="tcp://host:8786, of such a scheduler")
            where.add_argument("--workers", type=int, metavar="N", help="N worker processes of this machine")
            action.add_argument("--threads", type=int, default=1, help="of a task (1; 0: all)")
            action.add_argument("--wait-s", type=float, default=600, help="for the scheduler and the first worker (600)")
            action.add_argument("--no-flush", action="store_true", help="leave flushing to the system: unsafe against power cuts, faster")
    return parser


def main(arguments) -> int:
    given = _parser().parse_args(arguments)
    more = {"mix_processor_levels": True} if getattr(given, "mix_processor_levels", False) else {}
    campaign = from_file(given.file, given.store, **more)
    return {"create": _create, "run": _run, "status": _status, "verify": _verify}[given.action](campaign, given)


def _say(given, text, document):
    print(json.dumps(document, indent=1) if given.json else text)


def _create(campaign, given):
    campaign.create()
    _say(given, f"{campaign.store}: {len(campaign)} tasks", {"store": str(campaign.store), "tasks": len(campaign)})
    return 0


def _status(campaign, given):
    missing = campaign.missing()
    text = f"{len(campaign) - len(missing)} of {len(campaign)} tasks done"
    _say(given, text, {"store": str(campaign.store), "tasks": len(campaign), "done": len(campaign) - len(missing), "missing": [t.name for t in missing]})
    return 0


def _verify(campaign, given):
    found = campaign.verify(repair=given.repair)
    _say(given, str(found), {"tasks": found.total, "missing": [str(t) for t in found.missing], "broken": [{"task": str(t), "why": why} for t, why in found.broken],
                             "processor_levels": dict(found.processor_levels)})
    return 0 if not found.broken else 4


def _run(campaign, given):
    with _client(given) as client:
        summary = campaign.run(client, num_threads=given.threads, durable=not given.no_flush, progress=_Teller())
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for text, count in list(summary.warnings.items())[:_FAILURES_SHOWN]:
        print(f"raywave: warning: {text} ({count} task{'s' if count > 1 else ''})", file=sys.stderr)
    for failure in summary.failures[:_FAILURES_SHOWN]:
        print(f"raywave: {failure}", file=sys.stderr)
    if len(summary.failures) > _FAILURES_SHOWN:
        print(f"raywave: and {len(summary.failures) - _FAILURES_SHOWN} more", file=sys.stderr)
    failures = [{"task": f.task.name, "scene": f.scene, "sample": f.sample, "frequency_hz": f.frequency_hz, "transmitter": f.transmitter,
                 "receivers": f.receivers, "error": f.error} for f in summary.failures]
    numbers = {key: value for key, value in dataclasses.asdict(dataclasses.replace(summary, failures=[])).items() if key != "failures"}
    _say(given, str(summary), {"store": str(campaign.store), **numbers, "failures": failures})
    return 3 if summary.failures else 0


@contextlib.contextmanager
def _client(given):
    if not (given.scheduler_file or given.scheduler or given.workers is not None):
        yield None
        return
    distributed = need("distributed", "--workers, --scheduler and --scheduler-file")
    if given.workers is not None:
        if given.workers < 1:
            raise Error(f"--workers is at least 1, got {given.workers}")
        with distributed.LocalCluster(n_workers=given.workers, threads_per_worker=1, dashboard_address=":0") as cluster, cluster.get_client() as client:
            yield client
        return
    where = {"address": given.scheduler} if given.scheduler else {"scheduler_file": _wait_for(given.scheduler_file, given.wait_s)}
    try:
        client = distributed.Client(**where, timeout=given.wait_s)
        client.wait_for_workers(1, timeout=given.wait_s)
    except (OSError, TimeoutError, ValueError) as error:
        raise Error(f"no Dask scheduler with a worker answers at {given.scheduler or given.scheduler_file}: {error}") from None
    with client:
        yield client


def _wait_for(file, seconds):
    """A scheduler that starts beside this writes its file some seconds later."""
    end = time.monotonic() + seconds
    while not pathlib.Path(file).exists():
        if time.monotonic() > end:
            raise Error(f"there is no scheduler's file '{file}' after {seconds:g} s")
        time.sleep(min(1.0, seconds))
    return file


class _Teller:
    """One line on standard error, rewritten on a terminal, else anew from time to time."""

    def __init__(self):
        self.terminal, self.last = sys.stderr.isatty(), 0.0

    def __call__(self, progress: Summary):
        now = time.monotonic()
        end = progress.done + len(progress.failures) == progress.total
        if now - self.last < (0.2 if self.terminal else 10.0) and not end:
            return
        self.last = now
        print(f"\r\x1b[K{progress}" if self.terminal else f"{progress}\n", end="", file=sys.stderr, flush=True)
