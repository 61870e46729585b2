# SPDX-License-Identifier: Apache-2.0
"""A learned choice of facets as a finder of paths."""
import pathlib
import pickle

import numpy as np
import pytest

import raywave as rw

CANYON = pathlib.Path(__file__).parent.parent.parent / "scenes/street_canyon/street_canyon.xml"


def canyon():
    scene = rw.load_scene(CANYON)
    scene.add(rw.Transmitter("tx", [-30, 0, 10]))
    scene.add(rw.Receiver("rx", [30, 2, 1.5]))
    scene.add(rw.Receiver("other", [10, -3, 1.5]))
    return scene


def test_learned_paths_are_paths_whatever_other_devices_there_are_and_for_any_threads():
    scene, sampler = canyon(), rw.PathSampler(width=4, embedding=2, dimensions=3)
    solve = lambda s, **more: rw.PathSolver()(s, max_depth=2, finder="learned", sampler=sampler, **more)  # noqa: E731
    every = rw.PathSolver()(scene, max_depth=2, finder="exhaustive")
    many, few = solve(scene, num_samples=3000), solve(scene, num_samples=4, num_threads=1)
    assert np.array_equal(few.tau, solve(scene, num_samples=4, num_threads=3).tau)
    delays = lambda p: {t for t in np.ravel(p.tau[p.valid])}  # noqa: E731
    assert delays(few) <= delays(many) <= delays(every) and len(delays(many)) > 0.7 * len(delays(every))
    assert few.path_gain.shape == (2, 1) and np.isfinite(few.path_gain_vjp(np.ones((2, 1)))["device/tx/position_m"]).all()
    names = sampler.sample(scene, "tx", "rx", order=2, count=5)
    assert all(len(s) == 2 and set(s) <= {o.name for o in scene.objects.values()} for s in names)
    assert names == pickle.loads(pickle.dumps(sampler)).sample(scene, "tx", "rx", order=2, count=5)


def test_a_sampler_of_space_trains_and_comes_back(tmp_path):
    sampler = rw.PathSampler(width=8, embedding=4, dimensions=3)
    assert np.isfinite(sampler.train(episodes=8, max_order=2, num_threads=1)).all()
    sampler.save(tmp_path / "model.bin")
    back = rw.PathSampler.load(tmp_path / "model.bin")
    assert back.dimensions == 3 and repr(back) == "PathSampler(width=8, embedding=4, dimensions=3)" and back.num_numbers == sampler.num_numbers
    assert {r["method"] for r in back.evaluate(num_scenes=1, max_order=1)} == {"learned", "by chance", "by chance, masked", "visible", "shooting"}


@pytest.mark.parametrize("words, said", [
    (dict(), "needs a sampler"), (dict(sampler=rw.PathSampler(width=4, embedding=2)), "for scenes in 2 dimensions"), (dict(sampler=3), "sampler takes a"),
    (dict(sampler=True), "sampler takes a"), (dict(num_samples=0), "num_samples must be >= 1"), (dict(num_samples=1.5), "num_samples takes a whole number"),
    (dict(max_depth=9), "up to 8 reflections"), (dict(diffraction=True), "with diffraction"), (dict(diffuse_reflection=True), "with scattering"),
    (dict(reflection="directional"), "with scattering"), (dict(finder="lerned"), "did you mean 'learned'"), (dict(finder="exhaustive"), "for finder=\"learned\"")])
def test_what_the_learned_finder_cannot_do_is_said(words, said):
    given = {"finder": "learned", "sampler": rw.PathSampler(width=4, embedding=2, dimensions=3), **words}
    if not words:
        del given["sampler"]
    with pytest.raises(rw.Error, match=said):
        rw.PathSolver()(canyon(), **given)


def test_the_learned_finder_refuses_panels():
    panel = rw.Ris("panel", [0, 5, 6], num_rows=1, num_cols=2, spacing_m=0.04)
    with pytest.raises(rw.Error, match="with panels"):
        rw.PathSolver()(canyon(), finder="learned", sampler=rw.PathSampler(width=4, embedding=2, dimensions=3), panels=panel)
