# SPDX-License-Identifier: Apache-2.0
"""--threads is how many threads are at work, whatever the run does. Threads of the pool stay until the program ends, so that looking
now and then sees them all."""
import os
import subprocess

import pytest

SCENE = ["scenes/old_town/old_town.xml", "--tx", "-20,10,30", "--diffraction"]
RUNS = {
    "paths": ["paths", *SCENE, "--rx", "30,0,1.5", "--rx", "10,40,1.5", "--samples", "200000"],
    "exhaustive paths": ["paths", *SCENE, "--rx", "30,0,1.5", "--finder", "exhaustive", "--max-depth", "1"],
    "exact map": ["map", *SCENE, "--max-depth", "2", "--cell-size", "10", "--samples", "100000"],
    "Monte Carlo map": ["map", *SCENE, "--max-depth", "2", "--cell-size", "10", "--method", "monte-carlo", "--samples", "200000"],
    "gradient": ["gradcheck", *SCENE, "--max-depth", "2", "--rx", "30,0,1.5", "--wrt", "device/tx0/position_m", "--samples", "100000"],
}


def most_threads(root, *arguments):
    program = subprocess.Popen([os.environ["RAYWAVE_BIN"], *arguments], cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    most = 0
    while True:
        try:
            program.wait(0.002)
            break
        except subprocess.TimeoutExpired:
            try:
                most = max(most, len(os.listdir(f"/proc/{program.pid}/task")))
            except FileNotFoundError:
                pass
    assert program.returncode in (0, 4), program.stderr.read()  # 4: a difference across a shadow boundary
    assert most > 0, "over before it was looked at"
    return most


@pytest.mark.parametrize("run", RUNS)
def test_one_thread_is_one_thread(root, run):
    assert most_threads(root, *RUNS[run], "--threads", "1") == 1


def test_all_threads_are_seen(root):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor")
    assert most_threads(root, *RUNS["exact map"]) > 1
