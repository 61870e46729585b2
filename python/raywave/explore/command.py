# SPDX-License-Identifier: Apache-2.0
"""raywave explore SCENE: serves the live page until Ctrl-C."""
from __future__ import annotations

import argparse
import signal
import sys

from . import document as document_
from .. import explore


def _parser():
    parser = argparse.ArgumentParser(prog="raywave explore", description="A live page of a scene: drag a mast, turn a panel, change a wall, and rays and coverage follow. "
                                     "Its state is a run file; nothing is lost when the page or the program is closed.",
                                     epilog="Example: raywave explore scenes/old_town/old_town.xml --tx mast=0,0,60 --rx square=60,20,1.5")
    parser.add_argument("scene", metavar="SCENE", help="a scene file, a scene that comes with raywave by its name, or a run file (.toml)")
    parser.add_argument("--run", metavar="FILE.toml", help="keeps the state, read where it exists (NAME.explore.toml)")
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1 (any free one)")
    parser.add_argument("--tx", action="append", default=[], metavar="[NAME=]X,Y,Z", help="a transmitter, where there is no run file yet; repeatable")
    parser.add_argument("--rx", action="append", default=[], metavar="[NAME=]X,Y,Z", help="a receiver, where there is no run file yet; repeatable")
    parser.add_argument("--frequency", help="like 3.5GHz, where there is no run file yet")
    parser.add_argument("--open", action="store_true", help="in the browser")
    return parser


def _devices(flag, kind, prefix, given, document):
    for i, text in enumerate(given):
        name, equals, place = text.rpartition("=")
        try:
            position = [float(x) for x in place.split(",")]
        except ValueError:
            position = []
        if len(position) != 3 or equals and not name:
            raise document_.Error(f"{flag} takes x,y,z or name=x,y,z, got '{text}'")
        document.setdefault(kind, []).append({"name": name or f"{prefix}{i}", "position_m": position})


def main(arguments) -> int:
    given = _parser().parse_args(arguments)
    document: dict = {}
    _devices("--tx", "transmitter", "tx", given.tx, document)
    _devices("--rx", "receiver", "rx", given.rx, document)
    if given.frequency is not None:
        document["frequency_hz"] = document_.hertz("--frequency", given.frequency)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: the file is written
    with explore.explore(given.scene, run=given.run, port=given.port, open_browser=given.open, document=document) as explorer:
        print(explorer.url, flush=True)
        print(f"The state is kept in {explorer.file}; Ctrl-C ends.", file=sys.stderr, flush=True)
        try:
            explorer.wait()
        except KeyboardInterrupt:
            pass
    return 0
