# SPDX-License-Identifier: Apache-2.0
"""What the tests of live pages share: the server as a process, a browser, and the moment when the page shows what its file says."""
import signal
import subprocess
import sys

import pytest
from devtools import Browser


@pytest.fixture
def explore(root, tmp_path):
    """Starts raywave explore in an empty folder; gives (url, process)."""
    started = []

    def start(*arguments, cwd=tmp_path):
        process = subprocess.Popen([sys.executable, "-m", "raywave", "explore", *map(str, arguments)], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url + process.stderr.read()
        return url, process

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@pytest.fixture
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


def refined(browser, after=0):
    """Waits until the page shows its newest state as the run file says; gives its revision."""
    data = "document.body.dataset"
    browser.wait_for(f"{data}.stage === 'refined' && {data}.shown === {data}.revision && Number({data}.shown) > {after} && {data}.saved === {data}.revision", 120)
    return int(browser.value("document.body.dataset.revision"))
