# SPDX-License-Identifier: Apache-2.0
"""raywave.campaigns: what is stored is what the solver says; bad input; files that are whole. Killing things: campaign_killed_test.py."""
import errno
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import raywave as rw
from campaign_support import CANYON, RECEIVERS, ROOT, content, needs_campaigns, program, words

pytestmark = needs_campaigns


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    campaign = rw.Campaign(tmp_path_factory.mktemp("campaign") / "out.zarr", **words(
        outputs=("path_gain", "mean_delay", "paths", "vertices", "cfr"), subcarriers_hz=[-1e6, 0.0, 2e6]))
    assert len(campaign.missing()) == len(campaign) == 36
    summary = campaign.run()
    assert (summary.done, summary.skipped, summary.failures) == (36, 0, [])
    return campaign


def solved(sample, frequency, transmitter, receiver, values):
    """One link by hand, on a scene of its own."""
    scene = rw.load_scene(CANYON)
    scene.frequency_hz = frequency
    for name in ("material/brick/relative_permittivity", "object/north_1/translation_m"):
        scene.set_parameter(name, values[name][sample])
    if transmitter == "mast":
        scene.add(rw.Transmitter("mast", [-30, 0, 10], array=rw.PlanarArray(num_cols=2)))
        scene.set_parameter("device/mast/position_m", values["device/mast/position_m"][sample])
    else:
        scene.add(rw.Transmitter("roof", [0, 4, 12], look_at=[0, 0, 1]))
    scene.add(rw.Receiver("rx", RECEIVERS[receiver]))
    return rw.PathSolver()(scene, max_depth=2, samples_per_src=2000, seed=int(values["solver/seed"][sample]))


def test_what_is_stored_is_what_the_solver_says_to_the_bit(done):
    data = done.dataset().load()
    values = {array.attrs["parameter"]: array.values for array in data.coords.values() if "parameter" in array.attrs}
    assert len(values) == 4
    for sample, f, transmitter, receiver in ((0, 0, 0, 0), (3, 1, 0, 9), (5, 0, 1, 4), (2, 1, 1, 7)):
        paths = solved(sample, float(data.frequency_hz[f]), str(data.transmitter.values[transmitter]), receiver, values)
        link = data.isel(scene=0, sample=sample, frequency_hz=f, transmitter=transmitter, receiver=receiver)
        ports = paths.a.shape[3]
        assert link.path_gain == paths.path_gain[0, 0] and link.mean_delay == paths.mean_delay[0, 0] and link.num_paths == len(paths)
        assert np.array_equal(link.cfr.values[:, :ports], paths.cfr([-1e6, 0.0, 2e6])[0, :, 0, :, 0]) and (link.cfr.values[:, ports:] == 0).all()
        power = (abs(paths.a[0, :, 0])**2).sum(axis=(0, 1))
        kept = sorted(sorted(range(len(power)), key=lambda i: -power[i])[:4])
        n = len(kept)
        assert n >= 2
        assert np.array_equal(link.a.values[:, :ports, :n], paths.a[0, :, 0][..., kept]) and (link.a.values[..., n:] == 0).all()
        for name, beyond in (("tau", -1), ("theta_t", 0), ("phi_t", 0), ("theta_r", 0), ("phi_r", 0), ("doppler", 0)):
            assert np.array_equal(link[name].values[:n], getattr(paths, name)[0, 0, kept]), name
            assert (link[name].values[n:] == beyond).all()
        for name in ("interactions", "objects", "vertices"):
            assert np.array_equal(np.moveaxis(link[name].values[:n], 1, 0), getattr(paths, name)[:, 0, 0, kept]), name
    assert json.loads(data.objects.attrs["object_names"])["canyon"] == list(rw.load_scene(CANYON).objects)


def test_the_store_opens_as_a_dataset_that_says_what_it_is(done):
    import xarray
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = xarray.open_zarr(str(done.store), chunks=None)
    assert data.path_gain.dims == ("scene", "sample", "frequency_hz", "transmitter", "receiver") and data.path_gain.shape == (1, 6, 2, 2, 10)
    assert data.attrs["specification_hash"] == done.specification.hash and data.attrs["raywave_version"] == rw.__version__
    assert data.attrs["scene_hash"]["canyon"] == data.attrs["specification"]["scenes"][0]["hash"]
    assert data.attrs["processor_level"] and data.attrs["specification"]["solver"]["max_depth"] == 2
    assert np.array_equal(data.receiver_position_m, RECEIVERS) and list(data.transmitter.values) == ["mast", "roof"]
    low = data.coords["material.brick.relative_permittivity"]
    assert low.dims == ("sample",) and (low >= 3).all() and (low <= 5).all()
    assert float(data.path_gain.sel(transmitter="mast", receiver="rx3", frequency_hz=28e9, sample=4)[0]) > 0
    assert rw.Campaign(done.store).specification.document == done.specification.document  # opened from the store alone


def test_the_dataset_goes_into_netcdf(done, tmp_path):
    import xarray
    pytest.importorskip("scipy")
    data = done.dataset()[["path_gain", "mean_delay", "tau"]].load()
    data.to_netcdf(tmp_path / "out.nc", engine="scipy")
    with xarray.open_dataset(tmp_path / "out.nc", engine="scipy") as again:
        assert np.array_equal(again.path_gain, data.path_gain) and np.array_equal(again.tau, data.tau)
        assert json.loads(again.attrs["specification"]) == done.specification.document


def test_nothing_is_done_twice(done):
    before = content(done.store)
    summary = rw.Campaign(done.store).run()
    assert (summary.done, summary.skipped) == (36, 36) and content(done.store) == before
    assert done.missing() == [] and done.verify().ok


@pytest.mark.parametrize("changes", [{}, dict(vary={"solver/seed": {"integers": [0, 9]}})])
def test_the_order_of_tasks_does_not_matter(tmp_path, changes):
    """Each in a state that others left: frequencies, devices, materials, edges found at another wavelength."""
    from raywave.campaigns import tasks
    changes = dict(samples=4, solver=dict(max_depth=2, samples_per_src=2000, diffraction=True, refraction=True), outputs=("path_gain", "paths", "vertices"), **changes)
    stores = []
    for order in (1, 7, -5):  # coprime to the number of tasks
        campaign = rw.Campaign(tmp_path / f"out{order}.zarr", **words(**changes)).create()
        tasks._here.__dict__.clear()
        for k in range(len(campaign)):
            assert tasks.run_task(str(campaign.store), campaign.plan.hash, order * k % len(campaign)).state == "done"
        stores.append(content(campaign.store))
    assert len(campaign) == 24 and stores[0] == stores[1] == stores[2]


def test_what_is_missing_is_nan(tmp_path):
    campaign = rw.Campaign(tmp_path / "out.zarr", **words()).create()
    data = campaign.dataset()
    assert data.path_gain.isnull().all() and (data.num_paths == -1).all() and len(campaign.missing()) == 36
    assert campaign.create() is campaign  # again: nothing happens
    as_written = rw.Campaign(campaign.store, **words(tile=4.0, solver=dict(max_depth=2.0, samples_per_src=2e3)))
    assert as_written.specification.hash == campaign.specification.hash


@pytest.mark.parametrize("shape,limit", [((1, 4, 1, 1, 6, 2), 1 << 20), ((1, 6, 1, 1, 10, 5), 400), ((1, 5, 1, 1, 7, 3), 40), ((1, 1, 1, 1, 1), 1)])
@pytest.mark.parametrize("dtype", ["<f8", "<c16", "<i4", "|u1"])
def test_zarr_reads_the_shards_that_are_written_here(tmp_path, monkeypatch, shape, limit, dtype):
    import zarr
    from raywave.campaigns import shards
    monkeypatch.setattr(shards, "_CHUNK_BYTES", limit)
    chunk = shards.chunk_shape(shape, np.dtype(dtype).itemsize, (1, 4))
    assert all(n % c == 0 for n, c in zip(shape, chunk))
    array = zarr.create_array(str(tmp_path / "a"), shape=shape, shards=shape, chunks=chunk, dtype=dtype, fill_value=0,
                              compressors=zarr.codecs.ZstdCodec(level=shards.ZSTD_LEVEL), chunk_key_encoding={"name": "default", "separator": "."})
    block = np.random.default_rng(1).integers(0, 200, shape).astype(dtype)
    (tmp_path / "a" / ("c." + ".".join("0" * len(shape)))).write_bytes(shards.encode(block, chunk))
    assert np.array_equal(array[...], block)


def test_crc32c_is_the_standards():
    from raywave.campaigns.shards import crc32c
    assert crc32c(bytes(32)) == 0x8A9136AA and crc32c(b"\xff" * 32) == 0x62A8AB43  # RFC 3720, appendix B.4


def test_draws_are_the_librarys_generator_and_keep_their_values():
    from raywave.campaigns import draws
    assert int(draws.mix64(np.uint64(0))) == 0xE220A8397B1DCDAF  # SplitMix64's first output from 0
    assert [int(draws.mix64(np.uint64(k * 0x9E3779B97F4A7C15 % 2**64))) for k in (1, 2)] == [0x6E789E6AA1B965F4, 0x06C45D188009454F]  # its second, third
    few, many = draws.values("a/b", {"uniform": [2, 4]}, 3, 5, (3,)), draws.values("a/b", {"uniform": [2, 4]}, 3, 9, (3,))
    assert np.array_equal(few, many[:5]) and not np.array_equal(few, draws.values("a/c", {"uniform": [2, 4]}, 3, 5, (3,)))
    assert not np.array_equal(few, draws.values("a/b", {"uniform": [2, 4]}, 4, 5, (3,)))
    n = 20000
    for rule, mean, deviation in (({"uniform": [2, 4]}, 3, 2 / 12**0.5), ({"normal": [1, 0.5]}, 1, 0.5), ({"integers": [0, 4]}, 1.5, 1.25**0.5),
                                  ({"choice": [0, 1]}, 0.5, 0.5)):
        x = draws.values("p", rule, 1, n, ())
        assert abs(x.mean() - mean) < 4 * deviation / n**0.5, rule  # 4 standard errors: 6e-5 a comparison
        assert abs(x.std() / deviation - 1) < 4 / n**0.5, rule  # the error of a deviation is at most deviation / sqrt(2 n) for these shapes and the normal
    assert set(draws.values("p", {"integers": [0, 4]}, 1, n, ())) == {0, 1, 2, 3}


def test_given_values_and_products_of_axes(tmp_path):
    campaign = rw.Campaign(tmp_path / "out.zarr", **words(vary={"material/brick/relative_permittivity": [3.0, 4.0, 5.0]}, samples=None, batch=1))
    assert len(campaign) == 3 * 2 * 2 * 3
    campaign.run()
    assert list(campaign.dataset().coords["material.brick.relative_permittivity"].values) == [3, 4, 5]


def test_a_task_that_always_fails_is_named_and_the_rest_is_done(tmp_path):
    receivers = [dict(name=f"r{i}", position_m=p) for i, p in enumerate(RECEIVERS)]
    receivers[6]["position_m"] = [0, 4, 12]  # where transmitter 'roof' stands
    seen = []
    campaign = rw.Campaign(tmp_path / "out.zarr", **words(receivers=receivers, frequencies_hz=[3.5e9]))
    summary = campaign.run(progress=lambda p: seen.append((p.done, len(p.failures), p.rate_per_s, p.seconds_left, str(p))))
    assert (summary.done, len(summary.failures)) == (15, 3)  # the tile of r6, of one transmitter, in three batches of samples
    for failure in summary.failures:
        assert (failure.scene, failure.transmitter, failure.receivers) == ("canyon", "roof", ("r6",))
        assert "same point" in failure.error and "receiver 'r6'" in str(failure) and "scene 'canyon'" in str(failure)
    assert len(campaign.missing()) == 3 and int(campaign.dataset().path_gain.isnull().sum()) == 3 * 2 * 4
    assert seen[0][:2] == (0, 0) and seen[-1][:2] == (15, 3) and seen[-1][2] > 0 and seen[-1][3] == 0 and "3 failed" in seen[-1][4]


def test_warnings_are_counted_not_repeated(tmp_path):
    campaign = rw.Campaign(tmp_path / "out.zarr", **words(receivers=[[0, 0, -5.0], [5, 0, 1.5]], frequencies_hz=[3.5e9]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = campaign.run()
    assert summary.failures == [] and len(summary.warnings) >= 1
    text, count = next(iter(summary.warnings.items()))
    assert "rx0" in text and count >= 3  # of 6 tasks


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:len(b) // 2], lambda b: b[:-1], lambda b: bytes(len(b)), lambda b: b + b"x",
                                    lambda b: b.replace(b"shards", b"shard_", 1)])
def test_a_torn_receipt_is_none(tmp_path, damage):
    campaign = rw.Campaign(tmp_path / "out.zarr", **words(samples=2, frequencies_hz=[3.5e9]))
    campaign.run()
    before = content(campaign.store)
    for place in [name for name in before if name.startswith("receipts/")][:3]:
        (campaign.store / place).write_bytes(damage((campaign.store / place).read_bytes()))
    assert len(campaign.missing()) == 3
    assert campaign.run().skipped == 3 and content(campaign.store) == before


def test_verify_finds_what_is_not_as_written(tmp_path):
    campaign = rw.Campaign(tmp_path / "out.zarr", **words(samples=2, frequencies_hz=[3.5e9]))
    campaign.run()
    before = content(campaign.store)
    shards = [name for name in before if name.startswith("path_gain/c.")]
    (campaign.store / shards[0]).unlink()
    (campaign.store / shards[1]).write_bytes((campaign.store / shards[1]).read_bytes()[:-1])
    flipped = bytearray((campaign.store / shards[2]).read_bytes())
    flipped[5] ^= 1
    (campaign.store / shards[2]).write_bytes(flipped)
    found = campaign.verify()
    assert len(found.broken) == 3 and not found.missing and all("path_gain/c." in why for _, why in found.broken)
    campaign.verify(repair=True)
    assert len(campaign.missing()) == 3
    campaign.run()
    assert content(campaign.store) == before and campaign.verify().ok


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    whole = rw.Campaign(tmp_path / "whole.zarr", **words())
    whole.run()
    campaign = rw.Campaign(tmp_path / "out.zarr", **words()).create()
    write, left = os.write, [40_000]

    def short(descriptor, data):  # writes what there is room for, as the kernel does
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = write(descriptor, data[:left[0]])
        left[0] -= count
        return count

    monkeypatch.setattr("raywave.campaigns.files.os.write", short)
    with pytest.raises(rw.Error, match="No space left on device.*make room and run again"):
        campaign.run()
    monkeypatch.undo()
    assert not (campaign.store / ".tmp").exists() and 0 < len(campaign.missing()) < 36
    assert not campaign.verify().broken
    done = content(campaign.store)
    assert done.items() <= content(whole.store).items()
    campaign.run()
    assert content(campaign.store) == content(whole.store)


def test_a_store_that_cannot_be_made_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(rw.Error, match="cannot be"):
        rw.Campaign(tmp_path / "file/out.zarr", **words()).create()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("raywave.campaigns.files.os.fsync", full)
    with pytest.raises(rw.Error, match="No space left"):
        rw.Campaign(tmp_path / "out.zarr", **words()).create()
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_another_specification_is_refused(tmp_path):
    campaign = rw.Campaign(tmp_path / "out.zarr", **words()).create()
    for changes, said in ((dict(tile=5), "tile: 4 in the store, 5 here"), (dict(solver=dict(max_depth=1, samples_per_src=2000)), "solver.max_depth: 2 in the store, 1 here"),
                          (dict(receivers=RECEIVERS[::-1]), "receivers.sha256"), (dict(seed=8), "seed: 7")):
        other = rw.Campaign(campaign.store, **words(**changes))
        for use in (other.create, other.run, other.missing, other.verify, other.dataset):
            with pytest.raises(rw.Error, match="store of another specification.*" + said):
                use()
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    for place in (tmp_path / "plain", tmp_path / "none"):
        with pytest.raises(rw.Error, match="no store of a campaign|something else"):
            rw.Campaign(place)
    with pytest.raises(rw.Error, match="something else"):
        rw.Campaign(tmp_path / "plain", **words()).create()


@pytest.mark.parametrize("changes,said", [
    (dict(scenes=None), "scenes= is missing"), (dict(scenes="nowhere.xml"), "nowhere"), (dict(scenes=[]), "there is none"),
    (dict(scenes=[CANYON, CANYON]), "two files are called 'street_canyon'"), (dict(transmitters=None), "transmitters= is missing"),
    (dict(receivers=[[0, 0]]), r"places of the shape \[n, 3\]"), (dict(receivers=[[0, 0, np.nan]]), "place 0 is not finite"),
    (dict(receivers=[dict(nam="r")]), "unknown 'nam', did you mean 'name'"), (dict(receivers=[dict(name="r")]), "'r': position_m takes three finite numbers"),
    (dict(receivers=[dict(name="r", position_m=[0, 0, 1])] * 2), "'r' is given 2 times"), (dict(receivers=[dict(name="mast", position_m=[0, 0, 1])]), "transmitter and a receiver"),
    (dict(receivers=[dict(name="ground", position_m=[0, 0, 1])]), "object of the name"), (dict(receivers=dict(grid=dict(min_m=[0, 0, 0], max_m=[1, 1, 1], spacing_m=0))), "spacing_m > 0"),
    (dict(receivers=dict(positions_m=RECEIVERS, names=["a"])), "1 names for 10 places"), (dict(receivers=dict(file="none.csv")), "cannot be read"),
    (dict(receivers=[dict(position_m=[0, 0, 1], power_dbm=3)]), "power_dbm belongs to transmitters"),
    (dict(transmitters=[dict(position_m=[0, 0, 1], array=dict(num_row=2))]), "did you mean 'num_rows'"), (dict(transmitters=[dict(position_m=[0, 0, 1], array=dict(pattern="no.csv"))]), "no.csv"),
    (dict(frequencies_hz=[0]), "frequencies_hz"), (dict(frequencies_hz=[1e9, 1e9]), "twice"), (dict(frequencies_hz=[]), "frequencies_hz"),
    (dict(tile=float("nan")), "tile is a whole"), (dict(tile=0), "tile is a whole number >= 1"), (dict(batch=1.5), "batch"), (dict(max_paths=-1), "max_paths"), (dict(samples=0), "samples"), (dict(seed=-1), "seed"),
    (dict(solver=dict(max_dept=2)), "did you mean 'max_depth'"), (dict(solver=dict(max_depth=-1)), "solver: max_depth"), (dict(solver=dict(num_threads=2)), r"give it to run\(\)"),
    (dict(outputs=["path_gains"]), "did you mean 'path_gain'"), (dict(outputs=["cfr"]), "subcarriers_hz"), (dict(subcarriers_hz=[0.0]), "go together"),
    (dict(solver=dict(synthetic_array=False)), "synthetic_array=True"),
    (dict(vary={"material/brik/relative_permittivity": {"uniform": [3, 5]}}), "did you mean 'material/brick/relative_permittivity'"),
    (dict(vary={"device/mast/position": {"uniform": [3, 5]}}), "did you mean 'device/mast/position_m'"), (dict(vary={"frequency_hz": {"uniform": [3, 5]}}), "axis of its own"),
    (dict(vary={"solver/sed": {"integers": [0, 5]}}), "did you mean 'solver/seed'"), (dict(vary={"solver/seed": {"uniform": [0, 5]}}), "whole numbers"),
    (dict(vary={"material/brick/relative_permittivity": {"uniform": [0.5, 0.9]}}), r"lies outside of \[1, inf\]"),
    (dict(vary={"material/brick/relative_permittivity": {"unifrm": [3, 5]}}), "one of uniform, normal"), (dict(vary={"material/brick/relative_permittivity": {"uniform": [5, 3]}}), "low < high"),
    (dict(vary={"material/brick/relative_permittivity": [3.0, 4.0]}), "2 values, but there are 6 samples"),
    (dict(vary={"material/brick/relative_permittivity": [[3.0]] * 6}), "of the shape"), (dict(samples=None), "samples= is missing")])
def test_bad_input_is_said_at_once(tmp_path, changes, said):
    with pytest.raises(rw.Error, match=said):
        rw.Campaign(tmp_path / "out.zarr", **words(**changes))
    assert list(tmp_path.iterdir()) == []


def test_a_scene_that_changed_is_refused_and_one_that_moved_is_not(tmp_path):
    import shutil
    from raywave.campaigns import tasks
    shutil.copytree(CANYON.parent, tmp_path / "here")
    here = rw.Campaign(tmp_path / "out.zarr", **words(scenes={"canyon": tmp_path / "here/street_canyon.xml"}))
    here.create()
    os.rename(tmp_path / "here", tmp_path / "there")
    tasks._here.__dict__.clear()  # as another process, which has not read it yet
    summary = rw.Campaign(here.store).run()  # its scene is gone: each task says so
    assert len(summary.failures) == 36 and "here/street_canyon.xml" in summary.failures[0].error
    there = rw.Campaign(here.store, **words(scenes={"canyon": tmp_path / "there/street_canyon.xml"}))
    assert there.run().failures == []
    xml = tmp_path / "there/street_canyon.xml"
    xml.write_text(xml.read_text().replace('value="brick"', 'value="wood"', 1))
    changed = rw.Campaign(here.store, **words(scenes={"canyon": xml}))
    with pytest.raises(rw.Error, match="another specification.*scenes"):
        changed.run()


def test_processor_levels_are_not_mixed_unless_told(tmp_path, monkeypatch):
    from raywave.campaigns import campaign as campaign_, tasks
    from raywave.campaigns.processor import level_of

    def pretend(level):
        for module in (campaign_, tasks):
            monkeypatch.setattr(module, "processor_level", lambda: level)

    v2 = {"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"}
    v3 = v2 | {"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}
    assert [level_of(f) for f in (set(), v2, v3, v3 - {"ssse3"}, v3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})] == [
        "x86-64-v1", "x86-64-v2", "x86-64-v3", "x86-64-v1", "x86-64-v4"]
    pretend("x86-64-v2")
    campaign = rw.Campaign(tmp_path / "out.zarr", **words(samples=2, frequencies_hz=[3.5e9])).create()
    tasks.run_task(str(campaign.store), campaign.plan.hash, 0)
    pretend("x86-64-v4")
    tasks._here.__dict__.clear()  # another process
    with pytest.raises(rw.Error, match="x86-64-v2, this machine is x86-64-v4.*mix_processor_levels"):
        campaign.run()
    assert len(campaign.missing()) == 5
    rw.Campaign(campaign.store, **words(samples=2, frequencies_hz=[3.5e9]), mix_processor_levels=True).run()
    assert campaign.verify().processor_levels == {"x86-64-v2": 1, "x86-64-v4": 5}
    assert campaign.dataset().attrs["processor_level"] == "mixed"


def test_the_command_line(tmp_path):
    (tmp_path / "run.toml").write_text(f"""
store = "out.zarr"
scenes = ["{CANYON}"]
frequencies_hz = [3.5e9]
samples = 2
transmitters = [{{ name = "mast", position_m = [-30, 0, 10] }}]
receivers = {{ file = "places.csv" }}
tile = 4
[solver]
max_depth = 1
samples_per_src = 2000
[vary]
"material/brick/relative_permittivity" = {{ uniform = [3, 5] }}
""")
    (tmp_path / "places.csv").write_text("# x,y,z\n" + "".join(f"{x},{y},{z}\n" for x, y, z in RECEIVERS))

    def run(*arguments):
        return subprocess.run(program(*arguments), capture_output=True, text=True, timeout=120, cwd=ROOT)

    assert json.loads(run("status", tmp_path / "run.toml", "--json").stdout)["done"] == 0
    done = run("run", tmp_path / "run.toml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["done"] == 6 and "6 of 6 tasks" in done.stderr
    assert "6 of 6 tasks are sound" in run("verify", tmp_path / "run.toml").stdout
    assert run("create", tmp_path / "run.toml").returncode == 0
    next((tmp_path / "out.zarr/path_gain").glob("c.*")).unlink()
    assert run("verify", tmp_path / "run.toml").returncode == 4
    bad = run("run", tmp_path / "run.toml", "--scheduler-file", tmp_path / "none.json", "--wait-s", "0.1")
    assert bad.returncode == 3 and "none.json" in bad.stderr
    (tmp_path / "run.toml").write_text((tmp_path / "run.toml").read_text().replace("tile =", "tiel ="))
    bad = run("run", tmp_path / "run.toml")
    assert bad.returncode == 3 and "unknown 'tiel', did you mean 'tile'" in bad.stderr
    assert run().returncode == 2 and subprocess.run([sys.executable, "-m", "raywave"], capture_output=True).returncode == 2


@pytest.mark.parametrize("package,use", [("zarr", "rw.Campaign"), ("distributed", "c.run(object())"), ("xarray", "c.create().dataset()")])
def test_a_missing_extra_is_named_with_its_pip_line(tmp_path, package, use):
    code = f"""
import sys; sys.modules[{package!r}] = None
import raywave as rw
try:
    {"c = rw.Campaign(sys.argv[1], scenes=sys.argv[2], transmitters=[[0, 0, 9]], receivers=[[5, 0, 1]], frequencies_hz=[1e9], solver=dict(samples_per_src=100))"
     if use.startswith("c.") else "pass"}
    {use}
except rw.Error as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", code, tmp_path / "o.zarr", CANYON], capture_output=True, text=True, timeout=120)
    assert f"'{package}'" in said.stdout and "pip install 'raywave[campaigns]'" in said.stdout, said.stderr


def test_the_documents_example_runs(tmp_path, monkeypatch):
    import re
    text = (ROOT / "docs/campaigns.md").read_text()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").symlink_to(ROOT / "scenes")
    spoken = {}
    exec(re.search(r"```python\n(.*?)```", text, re.S)[1], spoken)
    assert spoken["summary"].done == 40 and "# 40 of 40 tasks" in text
    from raywave.campaigns.command import from_file
    assert len(from_file(ROOT / "examples/campaign/canyon.toml", tmp_path / "x.zarr")) == 400


def test_a_dataset_exports_to_the_formats_of_others(tmp_path):
    """GeoTIFF of a grid of receivers, MATLAB, impulse responses for Sionna PHY: what the solver's own results give."""
    rasterio, scipy_io = pytest.importorskip("rasterio"), pytest.importorskip("scipy.io")
    from raywave import formats
    words = dict(scenes=CANYON, transmitters=[dict(name="mast", position_m=[-30, 0, 10], array=dict(num_cols=2)), dict(name="roof", position_m=[0, 2, 14])],
                 receivers=dict(grid=dict(min_m=[-10, -3, 1.5], max_m=[10, 3, 1.5], spacing_m=2)), frequencies_hz=[3.5e9, 28e9], outputs=["path_gain", "paths"],
                 solver=dict(max_depth=1, samples_per_src=20_000), max_paths=6)
    campaign = rw.Campaign(tmp_path / "grid.zarr", **words)
    with pytest.raises(rw.Error, match="links are not solved yet"):
        formats.save_geotiff(tmp_path / "early.tif", campaign.create().dataset().isel(frequency_hz=0))
    with pytest.raises(rw.Error, match="not solved yet"):
        formats.cir_generator(campaign.dataset())
    campaign.run()
    data = campaign.dataset()
    with pytest.raises(rw.Error, match="one frequency_hz at a time"):
        formats.save_geotiff(tmp_path / "both.tif", data)
    with rasterio.open(formats.save_geotiff(tmp_path / "gain.tif", data.sel(frequency_hz=28e9))) as raster:
        assert raster.descriptions == ("mast", "roof") and raster.shape == (4, 11)
        for r, (x, y, _) in enumerate(data.receiver_position_m.values):
            value = raster.read(2)[raster.index(x, y)]
            gain = data.path_gain.sel(frequency_hz=28e9, transmitter="roof").values.ravel()[r]
            assert value == pytest.approx(10 * np.log10(gain), abs=1e-12) if gain else np.isnan(value)
    with rasterio.open(formats.save_geotiff(tmp_path / "best.tif", data.isel(frequency_hz=0), metric="association")) as raster:
        assert {*np.unique(raster.read(1))} <= {-1, 0, 1}
    with pytest.raises(rw.Error, match="level grid"):
        formats.save_geotiff(tmp_path / "part.tif", data.isel(frequency_hz=0, receiver=slice(0, 13)))
    held = scipy_io.loadmat(formats.save_matlab(tmp_path / "all.mat", data))
    assert np.array_equal(held["path_gain"], data.path_gain.values) and [str(n[0]) for n in held["transmitter"].ravel()] == ["mast", "roof"]

    scene = rw.load_scene(CANYON, 28e9)
    scene.add(rw.Transmitter("mast", [-30, 0, 10], array=rw.PlanarArray(num_cols=2))), scene.add(rw.Transmitter("roof", [0, 2, 14]))
    for i, at in enumerate(data.receiver_position_m.values):
        scene.add(rw.Receiver(f"rx{i}", at.tolist()))
    for normalize in (True, False):
        generator = formats.cir_generator(data, double=True, normalize_delays=normalize, sampling_frequency_hz=1e4, num_time_steps=2)
        assert len(generator) == 2 and generator.shape["num_rx"] == 44 and generator.shape["num_paths"] == 6
        a, tau = list(generator())[1]
        for t, name in enumerate(("mast", "roof")):  # a campaign solves one transmitter at a time
            alone = scene.copy()
            alone.remove("roof" if t == 0 else "mast")
            paths = rw.PathSolver()(alone, max_depth=1, samples_per_src=20_000)
            (b, delays), = formats.cir_generator(paths, double=True, normalize_delays=normalize, sampling_frequency_hz=1e4, num_time_steps=2, num_paths=6)()
            ports = b.shape[3]
            assert np.allclose(tau[:, t], delays[:, 0], rtol=0, atol=1e-18)
            assert np.abs(a[:, :, t, :ports] - b[:, :, 0]).max() <= 1e-9 * np.abs(b).max() and np.abs(a[:, :, t, ports:]).max(initial=0) == 0


def test_a_scenario_of_a_campaign_is_that_of_the_solvers_paths(tmp_path):
    from raywave import formats
    words = dict(scenes=CANYON, transmitters=[dict(name="mast", position_m=[-30, 0, 10], array=dict(num_cols=2, polarization="VH"))], frequencies_hz=[3.5e9, 28e9],
                 receivers=[dict(name="car", position_m=[20, 0, 1.5]), dict(name="bus", position_m=[-5, 2, 3], array=dict(num_rows=2))], samples=2, seed=3,
                 vary={"device/mast/position_m": {"uniform": [[-31, -1, 8], [-29, 1, 12]]}, "material/brick/relative_permittivity": {"uniform": [3, 5]}},
                 outputs=["paths", "vertices"], solver=dict(max_depth=2, samples_per_src=20_000), max_paths=30)
    campaign = rw.Campaign(tmp_path / "out.zarr", **words).create()
    with pytest.raises(rw.Error, match="links are not solved yet"):
        campaign.save_deepmimo(tmp_path / "early", frequency_hz=28e9)
    campaign.run()
    for wrong, part in ((dict(), "frequency_hz: one of"), (dict(frequency_hz=28e9, sample=2), "sample is a number from 0 to 1"), (dict(frequency_hz=28e9, scene="x"), "scene: one of")):
        with pytest.raises(rw.Error, match=part):
            campaign.save_deepmimo(tmp_path / "never", **wrong)
    campaign.save_deepmimo(tmp_path / "ours", frequency_hz=28e9, sample=1, tx_slant=1)
    data = campaign.dataset()
    scene = rw.load_scene(CANYON, 28e9)
    scene.add(rw.Transmitter("mast", data["device.mast.position_m"].values[1].tolist(), array=rw.PlanarArray(num_cols=2, polarization="VH")))
    scene.add(rw.Receiver("car", [20, 0, 1.5])), scene.add(rw.Receiver("bus", [-5, 2, 3], array=rw.PlanarArray(num_rows=2)))
    scene.materials["brick"].itu_name, conductivity = "", scene.materials["brick"].properties_at(28e9)[1]
    scene.materials["brick"].relative_permittivity = float(data["material.brick.relative_permittivity"].values[1])
    scene.materials["brick"].conductivity_s_per_m = conductivity
    paths = rw.PathSolver()(scene, max_depth=2, samples_per_src=20_000)
    formats.save_deepmimo(tmp_path / "theirs", scene, paths, tx_slant=1)
    assert sorted(p.name for p in (tmp_path / "ours").iterdir()) == sorted(p.name for p in (tmp_path / "theirs").iterdir())
    for file in (tmp_path / "theirs").glob("*.npz"):
        with np.load(file) as wanted, np.load(tmp_path / "ours" / file.name) as found:
            for name in wanted.files:
                assert np.allclose(found[name], wanted[name], rtol=1e-9, atol=1e-9, equal_nan=True), (file.name, name)
    assert json.loads((tmp_path / "ours/params.json").read_text())["txrx_sets"] == json.loads((tmp_path / "theirs/params.json").read_text())["txrx_sets"]
