# SPDX-License-Identifier: Apache-2.0
"""tornado's handlers: the page, its socket, its exports."""
from __future__ import annotations

import asyncio
import json

from tornado.web import Application, HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from .._raywave import Error
from .server import allowed, same_token


class _Guarded(RequestHandler):
    def initialize(self, server):
        self.server = server

    needs_origin = False

    def prepare(self):
        headers = self.request.headers
        if not allowed(self.server, headers.get("Host", ""), headers.get("Origin"), self.needs_origin):
            raise HTTPError(403)
        if not same_token(self.server, self.path_args[0] if self.path_args else ""):
            raise HTTPError(404)

    def set_default_headers(self):
        for name, value in (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"),
                            ("X-Frame-Options", "DENY"), ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin")):
            self.set_header(name, value)
        self.clear_header("Server")

    def write_error(self, status_code, **more):
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish({403: "refused: not the address of this server", 404: "not found: the address holds a token, printed by raywave explore"}.get(
            status_code, f"error {status_code}"))


class _Nothing(_Guarded):
    def get(self, *_):
        raise HTTPError(404)


class _Page(_Guarded):
    async def get(self, token):
        text = await asyncio.to_thread(self.server.page)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(text)


class _Export(_Guarded):
    async def get(self, token, name):
        if name not in self.server.kind.EXPORTS:
            raise HTTPError(404)
        try:
            kind, body = await asyncio.to_thread(self.server.export, name)
        except Error as error:
            self.set_status(409)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(str(error))
            return
        self.set_header("Content-Type", kind)
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(body)


class _Live(_Guarded, WebSocketHandler):
    """Frames are sent one at a time: a page that is slow gets the newest when it has shown the one before."""

    needs_origin = True

    def check_origin(self, origin):
        return allowed(self.server, self.request.headers.get("Host", ""), origin, True)

    def open(self, *_):
        self.unseen, self.next = False, None
        self.server.clients.add(self)
        self.put(json.dumps({"type": "state", **self.server.session.state()}))
        self.put(json.dumps(self.server.saved()))
        if self.server.unsaved:
            self.put(json.dumps({"type": "error", "text": self.server.unsaved}))
        if self.server.last_frame:
            self.put(self.server.last_frame, True)

    def on_message(self, text):
        try:
            command = json.loads(text)
        except (ValueError, RecursionError):
            command = None
        if not isinstance(command, dict):
            self.put(json.dumps({"type": "error", "text": "a command is a JSON table"}))
        elif command.get("do") == "shown":
            self.unseen = False
            if self.next is not None:
                text, self.next = self.next, None
                self.put(text, True)
        else:
            self.server.edit(self, command)

    def on_close(self):
        self.server.clients.discard(self)

    def put(self, text, is_frame=False):
        if is_frame and self.unseen:
            self.next = text
            return
        self.unseen |= is_frame
        try:
            self.write_message(text)
        except WebSocketClosedError:
            self.server.clients.discard(self)


def application(server) -> Application:
    given = {"server": server}
    return Application([(r"/([^/]+)/", _Page, given), (r"/([^/]+)/live", _Live, given), (r"/([^/]+)/export/([^/]+)", _Export, given), (r"/.*", _Nothing, given)],
                       websocket_max_message_size=1 << 18, log_function=lambda handler: None)
