# SPDX-License-Identifier: Apache-2.0
"""raywave.campaigns on workers: the same bytes for any number of them, and when workers, clients and tasks are killed."""
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import raywave as rw
from campaign_support import ROOT, cluster, content, needs_campaigns, words

pytestmark = needs_campaigns


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """The bytes of a serial run."""
    campaign = rw.Campaign(tmp_path_factory.mktemp("serial") / "out.zarr", **words())
    campaign.run()
    return content(campaign.store)


def campaign_at(tmp_path, **changes):
    return rw.Campaign(tmp_path / "out.zarr", **words(**changes))


class Saboteur:
    """A worker's plugin: `act(number)` before a task is solved, in the worker."""

    name = "raywave-test-saboteur"

    def __init__(self, kind, folder):
        self.kind, self.folder = kind, str(folder)

    def setup(self, worker):
        from raywave.campaigns import tasks
        solve = getattr(tasks.World, "solve_undisturbed", tasks.World.solve)
        tasks.World.solve_undisturbed = solve

        def disturbed(world, task, num_threads):
            if self.kind == "dies at 7 always" and task.number == 7:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.kind == "dies once at some" and task.number % 11 == 3:
                try:
                    os.close(os.open(os.path.join(self.folder, str(task.number)), os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    return solve(world, task, num_threads)
                blocks = solve(world, task, num_threads)
                threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGKILL)).start()  # somewhere in what follows: the writing
                world.write(task, blocks, True)
                time.sleep(1)
            return solve(world, task, num_threads)

        tasks.World.solve = disturbed

    def teardown(self, worker):
        from raywave.campaigns import tasks
        if hasattr(tasks.World, "solve_undisturbed"):
            tasks.World.solve = tasks.World.solve_undisturbed


def sabotage(client, kind, folder):
    from distributed import WorkerPlugin
    plugin = type("Plugin", (Saboteur, WorkerPlugin), {})(kind, folder)
    client.register_plugin(plugin)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_bytes_are_those_of_the_serial_run(tmp_path, serial, workers):
    campaign = campaign_at(tmp_path)
    with cluster(workers) as dask, dask.get_client() as client:
        client.wait_for_workers(workers)
        summary = campaign.run(client, window=9)
    assert (summary.done, summary.skipped, summary.failures) == (36, 0, [])
    assert content(campaign.store) == serial


def test_threads_of_one_process_are_workers_too(tmp_path, serial):
    import distributed
    campaign = campaign_at(tmp_path)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=3, processes=False, dashboard_address=":0") as dask, dask.get_client() as client:
        campaign.run(client)
    assert content(campaign.store) == serial


def test_workers_of_another_level_are_refused(tmp_path, monkeypatch):
    import distributed
    from raywave.campaigns import tasks
    campaign = campaign_at(tmp_path)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as dask, dask.get_client() as client:
        levels = iter(["x86-64-v3", "x86-64-v4"] * 10)
        monkeypatch.setattr(tasks, "processor_level", lambda: next(levels))
        with pytest.raises(rw.Error, match="different processor levels .x86-64-v3, x86-64-v4.*mix_processor_levels"):
            campaign.run(client)
        assert not campaign.store.exists()
        monkeypatch.setattr(tasks, "processor_level", lambda: "x86-64-v2")
        campaign.create()  # at the level of this machine
        with pytest.raises(rw.Error, match="holds results of processor level .*, the workers are x86-64-v2"):
            campaign.run(client)
        assert len(campaign.missing()) == 36


def test_the_scheduler_knows_a_window_of_the_tasks(tmp_path):
    campaign, most = campaign_at(tmp_path), []
    with cluster(1) as dask, dask.get_client() as client:
        campaign.run(client, window=5, progress=lambda p: most.append(len(dask.scheduler.tasks)))
    assert max(most) <= 5 + 1 and len(most) == 37  # the one just finished may not be forgotten yet


def test_workers_killed_in_the_middle_of_tasks_leave_no_trace(tmp_path, serial):
    """SIGKILL while they solve or write; Dask starts them anew and gives the task to another."""
    campaign = campaign_at(tmp_path)
    (tmp_path / "killed").mkdir()
    with cluster(2) as dask, dask.get_client() as client:
        sabotage(client, "dies once at some", tmp_path / "killed")
        summary = campaign.run(client)
    assert len(list((tmp_path / "killed").iterdir())) == 3
    assert summary.done == 36 and summary.failures == [] and content(campaign.store) == serial


def test_a_task_at_which_every_worker_dies_is_named_and_the_rest_is_done(tmp_path):
    import dask as dask_
    campaign = campaign_at(tmp_path)
    with dask_.config.set({"distributed.scheduler.allowed-failures": 1}), cluster(2) as dask, dask.get_client() as client:
        sabotage(client, "dies at 7 always", tmp_path)
        summary = campaign.run(client)
    assert summary.done == 35 and [f.task.number for f in summary.failures] == [7]
    failure = summary.failures[0]
    assert "every worker that took it died" in str(failure) and "scene 'canyon'" in str(failure) and failure.receivers[0] in str(failure)
    assert [t.number for t in campaign.missing()] == [7]


CLIENT = """
import sys
sys.path.insert(0, {tests!r})
from campaign_support import cluster, words
import raywave as rw
if __name__ == "__main__":
    campaign = rw.Campaign(sys.argv[1], **words())
    tell = lambda p: print(p.done, flush=True)
    if sys.argv[2] == "0":
        campaign.run(progress=tell)
    else:
        from distributed import Client
        with Client(sys.argv[3]) as client:
            campaign.run(client, progress=tell, window=4)
"""


def killed_after(count, arguments, tmp_path):
    """A client in a process of its own, killed when it tells of so many tasks."""
    (tmp_path / "client.py").write_text(CLIENT.format(tests=str(ROOT / "python/tests")))
    process = subprocess.Popen([sys.executable, tmp_path / "client.py", *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if int(line) >= count:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_a_serial_run_killed_and_resumed(tmp_path, serial):
    campaign = campaign_at(tmp_path)
    for count in (1, 9, 20):
        killed_after(count, (campaign.store, 0), tmp_path)
    missing = len(campaign.missing())
    assert 0 < missing <= 16
    summary = campaign.run()
    assert summary.skipped == 36 - missing and content(campaign.store) == serial


def test_a_client_killed_and_resumed_by_another(tmp_path, serial):
    campaign = campaign_at(tmp_path)
    with cluster(2) as dask:
        for count in (3, 12):
            killed_after(count, (campaign.store, 1, dask.scheduler_address), tmp_path)
        with dask.get_client() as client:
            summary = campaign.run(client)
    assert summary.skipped >= 12 and summary.failures == [] and content(campaign.store) == serial


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path, serial):
    campaign = campaign_at(tmp_path)
    (tmp_path / "client.py").write_text(CLIENT.format(tests=str(ROOT / "python/tests")))
    both = [subprocess.Popen([sys.executable, tmp_path / "client.py", str(campaign.store), "0"], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert content(campaign.store) == serial


def test_the_slurm_script_runs_a_campaign(tmp_path):
    """Three jobs of its array as processes here, the first worker before the scheduler."""
    (tmp_path / "bin").mkdir()
    for name, text in (("scancel", "#!/bin/sh\necho cancelled\n"), ("python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'),
                       ("dask", f'#!/bin/sh\nexec "{sys.executable}" -m dask "$@"\n')):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    folder = ROOT / "examples/campaign"
    text = (folder / "canyon.toml").read_text().replace("../../scenes", str(ROOT / "scenes")).replace("samples = 100", "samples = 10")
    (tmp_path / "canyon.toml").write_text(text)
    jobs = [subprocess.Popen(["bash", folder / "slurm.sh", "canyon.toml"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "SLURM_ARRAY_JOB_ID": "77", "SLURM_CPUS_PER_TASK": "1",
                                  "SLURM_ARRAY_TASK_ID": str(job)}) for job in (1, 0, 2)]
    said = [job.communicate(timeout=180)[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0, 0], said
    assert "of 40 tasks" in said[1] and "cancelled" in said[1]
    assert rw.Campaign(tmp_path / "canyon.zarr").verify().ok


def test_the_kubernetes_file_names_what_exists():
    import yaml
    job = yaml.safe_load((ROOT / "examples/campaign/kubernetes.yaml").read_text())
    cluster_ = job["spec"]["cluster"]["spec"]
    assert job["kind"] == "DaskJob" and cluster_["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == job["metadata"]["name"]
    for pod in (job["spec"]["job"]["spec"], cluster_["worker"]["spec"]):
        assert {m["name"] for m in pod["containers"][0]["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    words_ = job["spec"]["job"]["spec"]["containers"][0]["command"][-1]
    assert words_.startswith("exec python -m raywave campaign run ") and "--scheduler " in words_
