# SPDX-License-Identifier: Apache-2.0
"""Threads that solve the newest wish: one coarsely, at once, the other as the run file says. A newer wish ends the work on an older one; as a solver
hears of that only at the end of its tasks, which may take seconds, the coarse picture does not wait for it."""
from __future__ import annotations

import abc
import threading
import time
import warnings

from .. import _raywave
from .._raywave import Error, Receiver, Scene
from . import document as document_

# A coarse picture: rays and cells enough to steer by, shot anew at every move of the mouse within some 100 ms. Samples follow the time that the last
# one took. Edges cost seconds in a city: the coarse picture leaves diffraction out and says so.
_COARSE_CELLS = 32  # along the longer side
_COARSE_SECONDS = 0.06
_LEAST, _MOST = 2_000, 200_000


class Superseded(Exception):
    pass


# What a solver warns of is told by its own thread: catch_warnings would change what all threads hear.
_hearing = threading.local()
_show_else = warnings.showwarning


def _show(message, category, filename, lineno, file=None, line=None):
    heard = getattr(_hearing, "texts", None)
    if heard is None:
        _show_else(message, category, filename, lineno, file, line)
    elif str(message) not in heard:
        heard.append(str(message))


warnings.showwarning = _show
warnings.filterwarnings("always", module=r"raywave\.explore\.")


_QUIET_SECONDS = 0.15  # without a newer wish, before the refinement begins


class Threads(abc.ABC):
    """The threads, and what is done when. tell(message) is called from them: a dict, of a frame with its JSON under "data"."""

    def __init__(self, session, tell):
        self._session, self._tell = session, tell
        self._changed = threading.Condition()
        self._wish = 0
        self._coarse = None  # (revision, document, paths, map, begin): what is to be refined
        self._probes: list = []
        self._end = False
        self.finished = None  # (revision, document, paths, map) of the last one solved as the file says
        self._ended = 0  # the newest revision that is finished or has failed
        self.failure = ""  # why the last one that failed did
        self._threads = [threading.Thread(target=work, name=f"raywave-explore-{name}", daemon=True)
                         for name, work in (("coarse", self._run_coarse), ("refined", self._run_refined))]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wish(self) -> None:
        """What the session's document says now."""
        self._notify("_wish", self._session.revision)

    def probe(self, answer, position_m) -> None:
        """Calls answer(dict) with the gains at a place."""
        with self._changed:
            self._probes.append((answer, position_m))
            self._changed.notify_all()

    def close(self) -> None:
        """Returns when nothing is solved any more: a thread within a solver must not outlive the interpreter."""
        self._notify("_end", True)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def wait_for(self, revision, seconds) -> bool:
        """Until that revision, or a newer one, is solved as the file says; False: it is not, or cannot be."""
        with self._changed:
            self._changed.wait_for(lambda: self._end or self._ended >= revision, seconds)
            return self.finished is not None and self.finished[0] >= revision

    def _notify(self, name, value):
        with self._changed:
            setattr(self, name, value)
            self._changed.notify_all()

    def _run_coarse(self):
        done = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._end or self._wish > done or self._probes)
                if self._end:
                    return
                probes, self._probes = self._probes, []
            for answer, position in probes:
                answer(self._measure(position))
            if self._wish > done:
                revision, document = self._session.snapshot()
                done = revision
                self._guarded(revision, self._solve_coarse, revision, document)

    def _run_refined(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._end or self._coarse is not None)
                if not self._end:
                    self._changed.wait_for(lambda: self._end or self._wish > self._coarse[0], _QUIET_SECONDS)
                if self._end:
                    return
                wanted, self._coarse = self._coarse, None
            if self._wish <= wanted[0]:
                self._guarded(wanted[0], self._refine, *wanted)

    def _guarded(self, revision, work, *arguments):
        try:
            work(*arguments)
        except Superseded:
            return
        except (Error, TypeError, MemoryError) as error:
            self._failed(revision, str(error) or "out of memory")
        except Exception as error:  # the page is told, and the next wish is tried
            self._failed(revision, f"{type(error).__name__}: {error}")

    def _failed(self, revision, text):
        self.failure = text
        self._tell({"type": "error", "revision": revision, "text": text})
        self._notify("_ended", max(self._ended, revision))

    @abc.abstractmethod
    def _solve_coarse(self, revision, document) -> None:
        """Tells of a coarse picture and leaves (revision, document, its map, when it began) in _coarse."""

    @abc.abstractmethod
    def _refine(self, revision, document, radio_map, begin) -> None:
        """Tells of what the file says and calls _done."""

    @abc.abstractmethod
    def _measure(self, position) -> dict:
        """The answer to a probe."""

    def _done(self, revision, *results):
        with self._changed:
            self.finished, self._ended = (revision, *results), max(self._ended, revision)
            self._changed.notify_all()

    def _send(self, revision, stage, begin, said, data):
        if self._wish > revision and stage != "coarse":
            raise Superseded
        self._tell({"type": "frame", "revision": revision, "stage": stage, "seconds": round(time.perf_counter() - begin, 4), "warnings": said, "data": data})


class Solver(Threads):
    """Of scenes of three dimensions."""

    def __init__(self, session, tell):
        super().__init__(session, tell)
        self._samples = 20_000
        self._extent_m = _extent(session.coarse_stage.scene)

    def _solve_coarse(self, revision, document):
        begin = time.perf_counter()
        scene = self._session.coarse_stage.put(document)
        stop = Stop(self, revision)
        _hearing.texts = []
        paths = radio_map = None
        if scene.transmitters and scene.receivers:
            paths = document_.solve_paths(scene, document, samples_per_src=self._samples, diffraction=False, progress=stop)
        if scene.transmitters:
            radio_map = self._coarse_map(scene, document, stop)
        spent = time.perf_counter() - begin
        self._samples = int(min(_MOST, max(_LEAST, self._samples * min(2.0, max(0.3, _COARSE_SECONDS / spent)))))
        without = any(document.get(table, {}).get("diffraction") for table in ("paths", "map"))
        self._frame(revision, "coarse", begin, scene, paths, radio_map, ["without diffraction so far"] if without else [])
        self._notify("_coarse", (revision, document, radio_map, begin))

    def _refine(self, revision, document, radio_map, begin):
        scene = self._session.refined_stage.put(document)
        stop = Stop(self, revision)
        paths = None
        heard = _hearing.texts = []
        if scene.transmitters and scene.receivers:
            paths = document_.solve_paths(scene, document, progress=stop)
            self._frame(revision, "paths", begin, scene, paths, radio_map, [])
        if scene.transmitters:
            radio_map = document_.solve_map(scene, document, progress=stop)
        self._frame(revision, "refined", begin, scene, paths, radio_map, heard)
        self._done(revision, document, paths, radio_map)

    def _coarse_map(self, scene, document, stop):
        options = document_.map_options(document)
        size = options.get("size_m") or self._extent_m
        cell = max(max(size) / _COARSE_CELLS, *options.get("cell_size_m", (10.0, 10.0)))
        options |= {"method": "monte-carlo", "cell_size_m": (cell, cell), "samples_per_tx": self._samples, "diffraction": False, "progress": stop}
        for word in ("coherent", "points_per_cell", "materials"):  # those that vary: in the refined map
            options.pop(word, None)
        return document_.solve_map(scene, {}, **options)

    def _frame(self, revision, stage, begin, scene, paths, radio_map, said):
        bare = Scene()
        bare.frequency_hz = scene.frequency_hz
        for device in (*scene.transmitters.values(), *scene.receivers.values()):
            bare.add(device)
        self._send(revision, stage, begin, said, _raywave.report_data(bare, paths, radio_map))

    def _measure(self, position):
        """Gains at a place from every transmitter, by the run's paths."""
        revision, document = self._session.snapshot()
        try:
            position = document_.triple("position_m", position)
            scene = self._session.coarse_stage.put({**document, "receiver": []})
            if not scene.transmitters:
                raise Error("there is no transmitter")
            name = "probe"
            while name in scene.objects or name in scene.transmitters:
                name += "_"
            scene.add(Receiver(name, position))
            _hearing.texts = []
            paths = document_.solve_paths(scene, document)
            gains = {tx: float(g) for tx, g in zip(scene.transmitters, paths.path_gain[0])}
            counts = {tx: int(n) for tx, n in zip(scene.transmitters, paths.valid[0].sum(axis=-1))} if paths.valid.ndim == 3 else {}
            return {"type": "gain", "revision": revision, "position_m": position, "path_gain": gains, "num_paths": counts}
        except (Error, TypeError) as error:
            return {"type": "error", "revision": revision, "text": str(error)}


class Stop:
    """A progress that ends what a newer wish has overtaken; poll() is asked between reports, in phases of a solver that have none."""

    def __init__(self, solver, revision):
        self.solver, self.revision = solver, revision

    def __call__(self, done, total):
        self.poll()

    def poll(self):
        if self.solver._end or self.solver._wish > self.revision:
            raise Superseded


def _extent(scene):
    corners = [item.vertices_m for item in scene.objects.values() if len(item.vertices_m)]
    if not corners:
        return 100.0, 100.0
    low, high = min(c[:, 0].min() for c in corners), max(c[:, 0].max() for c in corners)
    south, north = min(c[:, 1].min() for c in corners), max(c[:, 1].max() for c in corners)
    return float(high - low), float(north - south)
