# SPDX-License-Identifier: Apache-2.0
"""The live page's server: on the loopback alone, behind a random token, for pages of its own address alone (tornado)."""
from __future__ import annotations

import asyncio
import atexit
import hmac
import json
import secrets
import socket
import threading
import warnings

from .._raywave import Error
from .._requirements import need

_SAVE_SECONDS = 0.3


class Server:
    """Serves a session from a thread of its own. kind: what is served, of three dimensions or in the plane: its Solver, page, export, EXPORTS.
    @raises Error where the port is taken"""

    def __init__(self, session, title, port, kind):
        need("tornado.web", "raywave explore")
        self.session, self.title, self.kind = session, title, kind
        self.token = secrets.token_urlsafe(18)
        self.socket = _bound(port)
        self.port = self.socket.getsockname()[1]
        self.clients: set = set()
        self.unsaved = ""  # why
        self.last_frame = None  # for a page that opens later
        self.solver = kind.Solver(session, self._tell)
        self._thread = threading.Thread(target=self._run, name="raywave-explore-server", daemon=True)
        self._ready, self._failure = threading.Event(), None
        self._closed = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{self.token}/"

    def hosts(self):
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise self._failure
        atexit.register(self._at_exit)
        self.solver.start()
        self.solver.wish()

    def close(self) -> None:
        """Saves and ends; may be called twice."""
        if self._closed.is_set():
            return
        atexit.unregister(self._at_exit)
        self.loop.call_soon_threadsafe(self._stop.set)  # first: the page is told, the file is written
        self._thread.join(10)
        self.solver.close()

    def _at_exit(self):
        self.close()
        try:
            self.session.save()
        except Exception as error:
            warnings.warn(f"the run is not saved: {error}", stacklevel=1)

    def wait(self) -> None:
        self._closed.wait()

    def _run(self):
        try:
            asyncio.run(self._serve())
        except Exception as error:
            self._failure = error
        finally:
            self._closed.set()
            self._ready.set()

    async def _serve(self):
        from .handlers import application
        from tornado.httpserver import HTTPServer
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = HTTPServer(application(self), max_buffer_size=1 << 20)
        server.add_sockets([self.socket])
        self._ready.set()
        saver = asyncio.create_task(self._save_on())
        await self._stop.wait()
        saver.cancel()
        self._save()
        server.stop()
        for client in list(self.clients):
            client.close(1001, "the server ends")
        await asyncio.wait_for(server.close_all_connections(), 5)

    async def _save_on(self):
        while True:
            self._save()
            await asyncio.sleep(_SAVE_SECONDS)

    def saved(self):
        return {"type": "saved", "revision": self.session.saved}

    def _save(self):
        before, self.unsaved = self.unsaved, ""
        try:
            if self.session.save():
                self.send(self.saved())
        except Exception as error:  # whatever it is: the next change is tried again
            self.unsaved = f"the run is not saved: {error}"
            if self.unsaved != before:
                self.send({"type": "error", "text": self.unsaved})

    # what the page is told

    def _tell(self, message) -> None:
        """From the solver's threads."""
        self.call(self.send, message)

    def call(self, function, *arguments) -> None:
        """In the server's thread, where it still runs."""
        try:
            self.loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # its loop is closed
            pass

    def send(self, message) -> None:
        data = message.pop("data", None)
        text = json.dumps(message)
        if data is not None:
            text = f"{text[:-1]}, \"data\": {data}}}"
        if message["type"] == "frame":
            self.last_frame = text
        for client in list(self.clients):
            client.put(text, message["type"] == "frame")

    def edit(self, client, command) -> None:
        """A client's wish: all of them are told what holds now, it alone why not."""
        try:
            if command.get("do") == "measure":
                self.solver.probe(lambda answer: self.call(client.put, json.dumps(answer)), command.get("position_m"))
                return
            self.session.edit(command)
        except (Error, TypeError, AttributeError) as error:
            client.put(json.dumps({"type": "state", **self.session.state()}))  # what it shows goes back to what holds
            client.put(json.dumps({"type": "error", "text": str(error)}))
            return
        self.solver.wish()
        self.send({"type": "state", **self.session.state()})

    # what the page is, and takes away

    def page(self) -> str:
        return self.kind.page(self, " ".join(f"ws://{host}" for host in self.hosts()))

    def export(self, name) -> tuple[str, bytes]:
        """(content type, bytes) of what is seen now, refined; called from a worker thread. @raises Error"""
        return self.kind.EXPORTS[name], self.kind.export(self, name)

    def solved(self, revision):
        """(document, *results) of a revision, or of a newer one, as the file says; waits for it. @raises Error where it cannot be solved"""
        self.solver.wait_for(revision, 600)
        found = self.solver.finished
        if found is None or found[0] < revision:
            raise Error(f"this run could not be solved: {self.solver.failure}")
        return found[1:]


def _bound(port):
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
        raise Error(f"port is a whole number from 0 (any free one) to 65535, got {port!r}")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(64)
    except OSError as error:
        listening.close()
        raise Error(f"port {port} of this machine cannot be used: {error.strerror}; name another, or 0 for any free one") from None
    listening.setblocking(False)
    return listening


def allowed(server, host, origin, needs_origin) -> bool:
    """Whether a request comes from this server's own page: other sites' pages reach the loopback too, by its name or by one that they let point to
    it, but cannot say that they are of this address."""
    if host not in server.hosts():
        return False
    if origin is None:
        return not needs_origin
    return origin in [f"http://{name}" for name in server.hosts()]


def same_token(server, given) -> bool:
    return hmac.compare_digest(given.encode(), server.token.encode())
