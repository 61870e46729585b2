# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that a test steers by the DevTools protocol: opens pages, evaluates scripts, moves the mouse."""
import asyncio
import json
import pathlib
import shutil
import subprocess
import time
import urllib.request

from tornado.websocket import websocket_connect

CHROMIUM = ["chromium", "--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1280,800", "--remote-debugging-port=0", "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader", "--no-first-run", "about:blank"]


class Browser:
    """One page of one browser. Give it a folder for its profile and call close()."""

    def __init__(self, profile):
        if not shutil.which("chromium"):
            raise RuntimeError("chromium is missing: install the packages of tools/apt-packages.txt")
        self.errors = []
        self._number = 0
        self._loop = asyncio.new_event_loop()
        self._process = subprocess.Popen([*CHROMIUM[:-1], f"--user-data-dir={profile}", CHROMIUM[-1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self._until(lambda: self._port(pathlib.Path(profile) / "DevToolsActivePort"), 60)
        target = self._until(lambda: self._page(port), 30)
        self._socket = self._run(self._connect(target))
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    @staticmethod
    async def _connect(target):
        return await websocket_connect(target, max_message_size=1 << 28)

    @staticmethod
    def _port(file):
        try:
            return int(file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    @staticmethod
    def _page(port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
                return next((t["webSocketDebuggerUrl"] for t in json.load(answer) if t["type"] == "page"), None)
        except OSError:
            return None

    @staticmethod
    def _until(found, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = found()
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError(f"not there after {seconds} s")

    def _run(self, coroutine):
        return self._loop.run_until_complete(asyncio.wait_for(coroutine, 120))

    def call(self, method, **parameters):
        self._number += 1
        number = self._number

        async def ask():
            await self._socket.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
            while True:
                message = json.loads(await self._socket.read_message())
                if message.get("method") == "Runtime.exceptionThrown":
                    self.errors.append(json.dumps(message["params"]["exceptionDetails"])[:2000])
                if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                    self.errors.append(json.dumps(message["params"]["entry"])[:2000])
                if message.get("id") == number:
                    return message

        answer = self._run(ask())
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, url):
        self.call("Page.navigate", url=str(url))
        self.wait_for("document.readyState === 'complete' && document.body.dataset.ready !== undefined")

    def value(self, script):
        """Of an expression in the page, as JSON gives it."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails'].get('exception', {}).get('description', result['exceptionDetails'])}")
        return result["result"].get("value")

    def wait_for(self, script, seconds=60):
        end = time.monotonic() + seconds
        while not self.value(script):
            if time.monotonic() > end:
                raise TimeoutError(f"{script} is not true after {seconds} s; {self.errors}; {self.value('JSON.stringify(document.body.dataset)')}")
            time.sleep(0.02)

    def mouse(self, kind, x, y, buttons=0, modifiers=0):
        """kind: Pressed, Moved or Released, at a place of the window."""
        self.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, button="left" if kind != "Moved" else "none", buttons=buttons, clickCount=int(kind != "Moved"),
                  modifiers=modifiers)

    def click(self, x, y):
        self.mouse("Pressed", x, y, 1)
        self.mouse("Released", x, y)

    def close(self):
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
