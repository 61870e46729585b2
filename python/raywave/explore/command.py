# SPDX-License-Identifier: Apache-2.0
"""raywave explore SCENE: serves the live page until Ctrl-C."""
from __future__ import annotations

import argparse
import pathlib
import signal
import sys

from . import document as document_, plane
from .. import explore


def _parser():
    parser = argparse.ArgumentParser(prog="raywave explore", description="A live page of a scene: drag a mast, turn a panel, change a wall, and rays and coverage follow. "
                                     "Its state is a run file; nothing is lost when the page or the program is closed.",
                                     epilog="Example: raywave explore scenes/old_town/old_town.xml --tx mast=0,0,60 --rx square=60,20,1.5")
    parser.add_argument("scene", metavar="SCENE", help="a scene file, a scene that comes with raywave by its name, a run file (.toml), or a scene in the plane (.toml)")
    parser.add_argument("--run", metavar="FILE.toml", help="keeps the state, read where it exists (NAME.explore.toml)")
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1 (any free one)")
    parser.add_argument("--tx", action="append", default=[], metavar="[NAME=]X,Y,Z", help="a transmitter, where there is no run file yet (in the plane X,Y); repeatable")
    parser.add_argument("--rx", action="append", default=[], metavar="[NAME=]X,Y,Z", help="a receiver, where there is no run file yet; repeatable")
    parser.add_argument("--frequency", help="like 3.5GHz, where there is no run file yet")
    parser.add_argument("--open", action="store_true", help="in the browser")
    return parser


def _places(flag, prefix, given, axes="x,y,z"):
    """(name, place) of each."""
    for i, text in enumerate(given):
        name, equals, place = text.rpartition("=")
        try:
            position = [float(x) for x in place.split(",")]
        except ValueError:
            position = []
        if len(position) != len(axes.split(",")) or equals and not name:
            raise document_.Error(f"{flag} takes {axes} or name={axes}, got '{text}'")
        yield name or f"{prefix}{i}", position


def main(arguments) -> int:
    given = _parser().parse_args(arguments)
    document: dict = {}
    flat = plane.is_plane(pathlib.Path(given.scene))
    for kind, prefix, places in (("transmitter", "tx", given.tx), ("receiver", "rx", given.rx)):
        found = list(_places(f"--{prefix}", prefix, places, "x,y" if flat else "x,y,z"))
        if found:
            document |= {f"{kind}s": dict(found)} if flat else {kind: [{"name": name, "position_m": place} for name, place in found]}
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
