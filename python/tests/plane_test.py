# SPDX-License-Identifier: Apache-2.0
"""Ray tracing in the plane from Python."""
import json
import math
import pickle

import numpy as np
import pytest

import raywave as rw


def test_paths_of_the_square_are_those_of_images():
    scene = rw.Scene2D.square_scene()
    paths = scene.trace(max_order=2)
    assert len(paths) == 1 + 4 + 8 and (paths.valid == 1).all()
    assert paths.objects(1) == ["south"]
    # the transmitter's image in the south wall is at (.2, -.2)
    assert paths.length_m[1] == pytest.approx(math.hypot(0.3, 0.8), abs=1e-15)
    assert paths.vertices(1)[1] == pytest.approx([0.275, 0.0])
    assert paths.power == pytest.approx(0.5 ** paths.order / (0.01 + paths.length_m ** 2))
    assert scene.num_path_candidates(0, 2) == 17


def test_maps_add_their_shares_and_take_any_function():
    scene = rw.Scene2D.square_scene_with_wall()
    x, y = np.meshgrid(np.linspace(0.03, 0.96, 9), np.linspace(0.02, 0.97, 7))
    assert x.shape == (7, 9) == scene.grid(9, 7)[0].shape
    options = dict(max_order=1, approx=True, alpha=20)
    total = scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, **options)
    candidates, shares = scene.accumulate_on_receivers_grid_over_paths(x, y, per_path=True, **options)
    assert candidates[:2] == [(), (0,)] and shares["tx"].shape == (6, 7, 9)
    assert shares["tx"].sum(axis=0) == pytest.approx(total)

    def power(paths):
        d = 0.01 + paths.length_m ** 2
        value = 0.5 ** paths.order / d
        steps = np.diff(paths.vertices, axis=1)
        units = steps / np.linalg.norm(steps, axis=2, keepdims=True)
        by_length = np.zeros_like(paths.vertices)
        by_length[:, 1:] += units
        by_length[:, :-1] -= units
        return value, (-2 * paths.length_m * value / d)[:, None, None] * by_length

    value, grad = scene.accumulate_on_receivers_grid_over_paths(x, y, power, reduce_all=True, value_and_grad=True, **options)
    want, want_grad = scene.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, value_and_grad=True, **options)
    assert value == pytest.approx(want, rel=1e-12)
    assert grad == pytest.approx(want_grad, rel=1e-9, abs=1e-9)
    swapped = scene.copy()
    swapped.transmitters, swapped.receivers = {}, {}
    swapped.receivers = {"rx": scene.transmitters["tx"]}
    back = swapped.accumulate_on_transmitters_grid_over_paths(x, y, **options)["rx"]
    assert back == pytest.approx(total)  # reciprocity


def test_gradients_by_name_are_those_of_differences():
    scene = rw.Scene2D.square_scene_with_wall()
    scene.transmitters = {"tx": (0.21, 0.43)}
    names = ["device/tx/position_m", "wall/middle/ends_m", "wall/south/ends_m", "r_coef", "height_m", "alpha"]
    for of, channel in (("received_power", {}), ("map", dict(x=[[0.3, 0.7]], y=[[0.4, 0.9]]))):
        for name in names:
            check = rw.gradcheck(scene.default_solver(), scene, name, of=of, channel=channel, max_order=2, approx=True, activation="sigmoid", alpha=15,
                                 tolerance=1e-6)
            assert check, check
    with pytest.raises(rw.Error, match="did you mean 'wall/middle/ends_m'"):
        rw.gradcheck(scene.default_solver(), scene, "wall/midle/ends_m", of="received_power")


def test_torch_and_jax_see_the_same_gradient():
    torch = pytest.importorskip("torch")
    scene = rw.Scene2D.square_scene_with_obstacle()
    options = dict(max_order=1, approx=True, alpha=30.0)
    f = rw.torch.function(scene, wrt=["device/tx/position_m"], of="received_power", **options)
    at = torch.tensor([0.2, 0.3], dtype=torch.float64, requires_grad=True)
    f(at).sum().backward()
    there = scene.copy()
    there.set_parameter("device/tx/position_m", [0.2, 0.3])
    there.alpha = 30.0
    paths = there.trace(max_order=1, approx=True)
    want = paths.vjp(valid=paths.power, power=paths.valid)["device/tx/position_m"]
    assert at.grad.numpy() == pytest.approx(want)
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    g = jax.grad(lambda p: rw.jax.function(scene, wrt=["device/tx/position_m"], of="received_power", **options)(p).sum())(np.array([0.2, 0.3]))
    assert np.asarray(g) == pytest.approx(want)


def test_jvp_is_the_transpose_of_vjp():
    scene = rw.Scene2D.square_scene_with_wall()
    paths = scene.trace(max_order=2, approx=True, alpha=25)
    rng = np.random.default_rng(1)
    tangent = {name: rng.normal(size=p.shape) for name, p in scene.parameters().items()}
    moved = paths.jvp(tangent)
    weights = {name: rng.normal(size=len(paths)) for name in ("valid", "power", "length_m", "loss")}
    gradient = paths.vjp(**weights)
    forward = sum(float(weights[k] @ moved[k]) for k in weights)
    backward = sum(float((gradient[k] * tangent[k]).sum()) for k in gradient)
    assert forward == pytest.approx(backward, rel=1e-10)


def test_an_own_law_in_python_finds_what_the_panel_of_the_same_slope_finds():
    scene = rw.Scene2D()
    scene.transmitters, scene.receivers = {"tx": (-1.0, 1.0)}, {"rx": (0.7, 2.0)}

    def law(before, at, after, a, b, numbers):
        def unit(v):
            return v / np.linalg.norm(v, axis=1, keepdims=True)
        return ((unit(after - at) - unit(at - before)) * unit(b - a)).sum(axis=1) - numbers[:, 0]

    scene.add_own("law", (-2, 0), (2, 0), law, numbers=[0.3])
    own = scene.trace(order=1, method="min-path")
    slope = own.vjp(length_m=[1.0], wrt=["own/law/numbers"])["own/law/numbers"]
    scene.remove("law")
    scene.add_panel("panel", (-2, 0), (2, 0), [0.0, 0.3])
    for name in ("min-path", "fermat"):
        panel = scene.trace(order=1, method=name)
        assert panel.vertices(0) == pytest.approx(own.vertices(0), abs=1e-8)
    by_profile = panel.vjp(length_m=[1.0], wrt=["panel/panel/profile_m"])["panel/panel/profile_m"]
    assert slope == pytest.approx([by_profile[1]], rel=1e-6)  # the slopes of the law are differences
    scene.remove("panel")
    scene.add_own("bad", (-2, 0), (2, 0), lambda *points: np.full(len(points[0]), np.nan))
    with pytest.raises(rw.Error, match="own object 'bad': its residual is not finite"):
        scene.trace(order=1, method="min-path")


def test_a_file_comes_back_to_the_bit(tmp_path):
    scene = rw.Scene2D.square_scene()
    scene.add_ris("ris", (0.5, 0.3), (0.5, 0.7), 1 / 3)
    scene.add_arc("bow", (0.2, 0.8), 0.1, 0.5, 2)
    scene.add_corner("tip", (0.5, 0.3))
    scene.add_panel("panel", (0.6, 0.1), (0.7, 0.1), [0, 0.1])
    scene.r_coef = 1 / 7
    scene.add_material(rw.itu_material("brick", 0.07))
    scene.add_wall("bricks", (0.1, 0.9), (0.3, 0.9), material="brick")
    scene.save(tmp_path / "scene.toml")
    back = rw.Scene2D.load(tmp_path / "scene.toml")
    assert back.objects == scene.objects and back.r_coef == scene.r_coef and back.receivers == scene.receivers
    assert [(m.name, m.itu_name, m.thickness_m) for m in back.materials] == [("brick", "brick", 0.07)]
    (tmp_path / "bad.toml").write_text("[[objects]]\nkind = 'wal'\n")
    with pytest.raises(rw.Error, match="unknown kind 'wal'"):
        rw.Scene2D.load(tmp_path / "bad.toml")


def test_geojson_walls_are_in_metres_with_holes_and_shared_walls_once():
    square = [[0, 0], [1e-3, 0], [1e-3, 1e-3], [0, 1e-3], [0, 0]]
    hole = [[4e-4, 4e-4], [6e-4, 4e-4], [6e-4, 6e-4], [4e-4, 4e-4]]
    beside = [[1e-3, 0], [2e-3, 0], [2e-3, 1e-3], [1e-3, 1e-3], [1e-3, 0]]
    data = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [square, hole]}},
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [beside]}},
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[0, 0], [-1e-3, 0]]}}]}
    scene = rw.Scene2D.from_geojson(json.dumps(data))
    assert len(scene.objects) == 4 + 3 + 3 + 1
    (x0, y0), (x1, y1) = scene.bounding_box()
    assert x1 - x0 == pytest.approx(3e-3 * 111319.49, rel=1e-6)  # a degree of longitude at the equator
    assert y1 - y0 == pytest.approx(1e-3 * 110574.39, rel=1e-5)  # one of latitude
    with pytest.raises(rw.Error, match="feature 0: a geometry of kind 'Point' has no walls"):
        rw.Scene2D.from_geojson({"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}})


def test_geojson_that_is_none_is_named():
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    bad = {
        '{"type": ': "the GeoJSON is not JSON",
        '{"type": "FeatureCollection"}': "feature 0: 'features' must be a list, got None",
        '{"type": "FeatureCollection", "features": [null]}': "feature 0: it has no geometry",
        '{"type": "Feature"}': "feature 0: it has no geometry",
        '{"type": "GeometryCollection"}': "feature 0: 'geometries' must be a list",
        '{"type": "Polygon"}': "feature 0: 'coordinates' must be a list",
        '{"type": "Polygon", "coordinates": [[]]}': "the GeoJSON has no walls",
        '{"type": "Polygon", "coordinates": [3]}': "feature 0: a line must be a list of positions .* got 3",
        '{"type": "LineString", "coordinates": [[0, 0]]}': "the GeoJSON has no walls",
        '{"type": "LineString", "coordinates": [0, 1]}': "feature 0: a line must be a list of positions .* got 0",
        '{"type": "LineString", "coordinates": [[0, 0], ["a", 1]]}': "feature 0: a line must be a list of positions",
        '{"type": "LineString", "coordinates": [[0, 0], [NaN, 1]]}': "feature 0: a line must be a list of positions",
        '{"type": "LineString", "coordinates": [[0], [1]]}': "feature 0: a line must be a list of positions",
        '{"type": "LineString", "coordinates": [[0, 0], null]}': "feature 0: a line must be a list of positions .* got None",
    }
    for text, what in bad.items():
        with pytest.raises(rw.Error, match=what):
            rw.Scene2D.from_geojson(text)
    with pytest.raises(rw.Error, match="feature 1: a line must be"):
        features = [{"type": "Feature", "geometry": g} for g in (line, {**line, "coordinates": [[0, 0], [1, "2"]]})]
        rw.Scene2D.from_geojson({"type": "FeatureCollection", "features": features})
    nothing_and_a_line = {"type": "GeometryCollection", "geometries": [None, line]}
    assert len(rw.Scene2D.from_geojson(nothing_and_a_line).objects) == 1


def test_kept_paths_count_against_max_bytes():
    scene = rw.Scene2D.random_uniform_scene(1, 12, 50)
    assert len(scene.trace(max_order=2, max_bytes=1e6)) > 0
    for words in (dict(keep_invalid=True), dict(approx=True)):
        with pytest.raises(rw.Error, match="keeping all 7250 paths needs 0.0022"):
            scene.trace(max_order=2, max_bytes=1e6, **words)
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 8), np.linspace(0.1, 0.9, 8))
    options = dict(max_order=2, approx=True, reduce_all=True)
    few = scene.accumulate_on_receivers_grid_over_paths(x, y, lambda p: p.length_m, max_bytes=1e6, **options)
    assert few == pytest.approx(scene.accumulate_on_receivers_grid_over_paths(x, y, "length", **options))


def test_a_field_at_no_points_has_none():
    scene = rw.Scene2D.square_scene()
    assert scene.field([], []).shape == (1, 0)
    assert scene.field(np.zeros((3, 0)), np.zeros((3, 0))).shape == (1, 3, 0)
    assert set(scene.field_vjp([0.3], [0.3], [[1.0]])) == set(scene.parameters())


def test_bad_input_is_named():
    scene = rw.Scene2D.square_scene()
    with pytest.raises(rw.Error, match="zero length"):
        scene.add_wall("flat", (0, 0), (0, 0))
    assert len(scene.objects) == 4
    with pytest.raises(rw.Error, match="did you mean 'max_order'"):
        scene.trace(max_orde=1)
    with pytest.raises(rw.Error, match="candidates=\"visible\""):
        rw.Scene2D.random_uniform_scene(1, 200, 1).trace(max_order=5)
    with pytest.raises(rw.Error, match="unknown method"):
        scene.trace(method="fermt")
    scene.add_wall("again", (1, 0), (0, 0))
    with pytest.raises(rw.Error, match="have the same ends"):
        scene.trace()


def test_pictures_have_what_the_scene_has():
    pytest.importorskip("matplotlib").use("Agg")
    scene = rw.Scene2D.square_scene_with_obstacle()
    paths = scene.trace(max_order=1)
    ax = scene.plot()
    assert len(ax.lines) == 8 + 2
    paths.plot(ax)
    assert len(ax.lines) == 10 + len(paths)


def test_fields_are_cylindrical_waves_and_differentiable():
    scene = rw.Scene2D()
    scene.frequency_hz = 3e9
    scene.transmitters = {"tx": (-1.3, 0.7)}
    free = scene.field([0.7], [0.7])[0, 0]
    k = 2 * np.pi * 3e9 / 299792458.0
    assert free == pytest.approx(np.exp(-2j * k) / math.sqrt(4 * math.pi))
    scene.add_material(rw.itu_material("brick", 0.08))
    scene.add_wall("screen", (0, -4), (0, 0.5), material="brick")
    scene.add_wall("metal", (1, 2), (3, 2.5))
    x, y = np.array([2.1, 1.7]), np.array([-0.3, 0.9])
    assert np.isfinite(scene.field(x, y, max_order=2)).all()
    for name in ("device/tx/position_m", "wall/screen/ends_m", "material/brick/thickness_m"):
        check = rw.gradcheck(scene.default_solver(), scene, name, of="field", channel=dict(x=x, y=y), step=1e-7, tolerance=1e-5)
        assert check, check


def test_a_slice_has_one_wall_a_face_with_its_material():
    scene = rw.load_scene("street_canyon")
    scene.add(rw.Transmitter("tx", [-30, 0, 10]))
    flat = scene.slice(1.5)
    assert flat.transmitters == {"tx": [-30.0, 0.0]} and len(flat.materials) >= 1
    names = {o["name"].rpartition("_")[0] for o in flat.objects}
    assert "ground" not in names  # level
    for o in flat.objects:
        thing = scene.objects[o["name"].rpartition("_")[0]]
        assert o["material"] == scene.materials[thing.material].name
        lo, hi = np.asarray(thing.vertices_m).min(axis=0)[:2], np.asarray(thing.vertices_m).max(axis=0)[:2]
        assert (np.array([o["a"], o["b"]]) >= lo - 1e-9).all() and (np.array([o["a"], o["b"]]) <= hi + 1e-9).all()
    boxes = {name: sum(o["name"].startswith(name + "_") for o in flat.objects) for name in names}
    assert set(boxes.values()) == {4}, boxes  # buildings are boxes


def test_waves_and_rays_agree_behind_a_half_plane():
    scene = rw.Scene2D()
    scene.frequency_hz = 5e9
    scene.transmitters = {"tx": (-2.0, 0.0)}
    free = scene.copy()
    scene.add_wall("screen", (2.0, -60.0), (2.0, 0.1))
    grid = rw.wave.Grid(2048, spacing_m=0.01, center_m=0.0)
    fields = []
    for s in (scene, free):
        march = s.to_wave(grid, z_end_m=8.0, absorber_width_m=3.0, step_m=0.005)
        result = rw.wave.simulate(march)
        y = np.linspace(-2.5, 3.0, 40)
        wave = result.at(np.stack([y, np.full_like(y, 8.0)], axis=1), 0)
        fields.append((wave, s.field(np.full_like(y, 8.0), y)[0]))
    (wave, ray), (wave_free, ray_free) = fields
    # a thin absorbing screen of the march, a perfect conductor of the rays: they differ in the deep shadow by the reflected shadow's term
    lit = y > 0.3
    difference = 20 * np.log10(np.abs(wave / wave_free)) - 20 * np.log10(np.abs(ray / ray_free))
    assert np.abs(difference[lit]).max() < 0.5 and np.abs(difference).max() < 1.5, difference


def street():
    scene = rw.Scene2D.from_walls([[(x, y), (x + 8, y)] for x in (0, 10, 20) for y in (-5, 5)])
    scene.transmitters, scene.receivers = {"tx": (1.0, 0.5)}, {"rx": (25.0, -1.0)}
    return scene


def test_a_sampler_trains_samples_comes_back_and_is_a_choice_of_candidates(tmp_path):
    scene, sampler = street(), rw.PathSampler(width=16, embedding=8)
    before = sampler.sample(scene, "tx", "rx", order=2, count=5)
    assert 0 < len(before) <= 5 and all(len(walls) == 2 and set(walls) <= {o["name"] for o in scene.objects} for walls in before)
    losses = sampler.train(episodes=40, max_order=2, num_threads=1)
    assert 0 < len(losses) <= 10 and np.isfinite(losses).all()  # fewer where episodes are few
    sampler.save(tmp_path / "sampler.bin")
    back = rw.PathSampler.load(tmp_path / "sampler.bin")
    assert back.num_numbers == sampler.num_numbers and back.sample(scene, "tx", "rx", 2, 20, seed=3) == sampler.sample(scene, "tx", "rx", 2, 20, seed=3)
    rows = sampler.evaluate(num_scenes=2, max_order=1)
    assert {r["method"] for r in rows} == {"learned", "by chance", "by chance, masked", "visible", "shooting"}
    every, drawn = scene.trace(max_order=2), scene.trace(max_order=2, candidates="sampled", sampler=back, num_samples=500)
    names = lambda p: {tuple(p.objects(i)) for i in range(len(p))}  # noqa: E731
    assert names(drawn) <= names(every) and len(drawn) >= 0.8 * len(every)
    assert np.isfinite(drawn.vjp(power=np.ones(len(drawn)))["device/tx/position_m"]).all()
    only = scene.trace(max_order=1, candidates="sampled", sampler=back, num_samples=100, filter_objects=lambda o: o["name"] == "wall_0")
    assert names(only) <= {(), ("wall_0",)}


@pytest.mark.parametrize("side", ["receivers", "transmitters"])
def test_maps_of_what_a_sampler_draws_are_maps_of_paths_that_hold(side):
    scene, sampler = street(), rw.PathSampler(width=4, embedding=2)
    x, y = np.meshgrid(np.linspace(0.5, 27, 9), np.linspace(-4, 4, 3))
    accumulate = getattr(scene, f"accumulate_on_{side}_grid_over_paths")
    every = accumulate(x, y, reduce_all=True, max_order=2, candidates="visible")
    drawn = accumulate(x, y, reduce_all=True, max_order=2, candidates="sampled", sampler=sampler, num_samples=200)
    few = accumulate(x, y, reduce_all=True, max_order=2, candidates="sampled", sampler=sampler, num_samples=1, num_threads=1)
    assert np.allclose(drawn, every, rtol=1e-9)  # an untrained one draws nearly all that there is
    assert (few <= every * (1 + 1e-9)).all() and (few > 0).any()
    assert np.array_equal(few, accumulate(x, y, reduce_all=True, max_order=2, candidates="sampled", sampler=sampler, num_samples=1, num_threads=3))


@pytest.mark.parametrize("words, said", [
    (dict(candidates="sampled"), "needs sampler="), (dict(candidates="sampled", sampler=3), "sampler has a value of the wrong type"),
    (dict(candidates="smpled"), "sampled"), (dict(num_samples=0), "num_samples must be >= 1")])
def test_what_is_wrong_with_a_choice_of_candidates_is_said(words, said):
    with pytest.raises(rw.Error, match=said):
        street().trace(**words)


def test_what_is_wrong_with_a_sampler_is_said(tmp_path):
    scene, sampler = street(), rw.PathSampler(width=4, embedding=2)
    with pytest.raises(rw.Error, match="did you mean 'tx'"):
        sampler.sample(scene, "tz", "rx", 1)
    with pytest.raises(rw.Error, match="order must be 0 to"):
        sampler.sample(scene, "tx", "rx", 99)
    with pytest.raises(rw.Error, match="for scenes in 3 dimensions"):
        scene.trace(candidates="sampled", sampler=rw.PathSampler(width=4, embedding=2, dimensions=3))
    with pytest.raises(rw.Error, match="dimensions must be 2 or 3"):
        rw.PathSampler(dimensions=4)
    (tmp_path / "bad.bin").write_bytes(b"no model")
    with pytest.raises(rw.Error, match="bad.bin"):
        rw.PathSampler.load(tmp_path / "bad.bin")


@pytest.mark.parametrize("fun, said", [
    (lambda p: np.zeros(3), r"must have the shape \[36\], got \[3\]"), (lambda p: "power", "must be numbers"),
    (lambda p: np.where(np.arange(len(p.length_m)) == 2, np.nan, 1), "not finite at path 2"),
    (lambda p: (p.length_m, np.zeros((2, 2))), "slope by vertices")])
def test_what_is_wrong_with_a_function_of_paths_is_said(fun, said):
    scene = rw.Scene2D.square_scene()
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 6), np.linspace(0.1, 0.9, 6))
    with pytest.raises(rw.Error, match=said):
        scene.accumulate_on_receivers_grid_over_paths(x, y, fun, order=0)


def test_places_and_nearest_devices():
    scene = rw.Scene2D.square_scene()
    assert scene.get_location() == (0.5, 0.5) and scene.get_location("NE") == (1, 1) and scene.get_location("S") == (0.5, 0)
    scene.receivers = {"a": (0.1, 0.1), "b": (0.9, 0.9)}
    assert scene.get_closest_receiver((0.9, 0.8)) == ("b", pytest.approx(0.1)) and scene.get_closest_transmitter((0.2, 0.3))[0] == "tx"
    with pytest.raises(rw.Error, match="C, N, E"):
        scene.get_location("middle")
    scene.receivers = {}
    with pytest.raises(rw.Error, match="no receivers"):
        scene.get_closest_receiver((0, 0))


def test_devices_are_changed_in_place():
    scene = rw.Scene2D.square_scene()
    scene.receivers.update(far=(0.9, 0.8))
    scene.receivers["near"] = (0.3, 0.4)
    assert set(scene.receivers) == {"rx", "far", "near"} and len(scene.trace(order=0)) == 3
    held = scene.receivers
    scene.receivers = {"rx": (0.5, 0.5)}
    held["other"] = (0.1, 0.1)  # what the scene has now, and one more
    assert scene.receivers == {"rx": [0.5, 0.5], "other": [0.1, 0.1]} == held
    assert held.pop("other") == [0.1, 0.1] and set(scene.receivers) == {"rx"}
    scene.transmitters |= {"second": (0.2, 0.9)}
    assert set(scene.transmitters) == {"tx", "second"}
    with pytest.raises(rw.Error):
        scene.receivers["bad"] = (float("nan"), 0)
    with pytest.raises(rw.Error):
        scene.receivers.update(bad="here")
    with pytest.raises(KeyError):
        del scene.receivers["none"]
    assert scene.receivers == {"rx": [0.5, 0.5]} and pickle.loads(pickle.dumps(scene.receivers)) == scene.receivers
    scene.receivers.clear()
    assert not scene.receivers


def test_one_path_is_an_object_that_draws_itself(tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    paths = rw.Scene2D.square_scene().trace(max_order=1)
    one = paths[-1]
    assert (one.tx, one.rx, one.order) == ("tx", "rx", 1) and one.objects == paths.objects(len(paths) - 1)
    assert [p.length_m for p in paths] == list(paths.length_m)
    ax = pyplot.figure().add_subplot()
    assert one.plot(ax, color="k") is ax and np.array_equal(ax.lines[0].get_xydata(), one.vertices)
    assert one.plot(tmp_path / "one.png") == tmp_path / "one.png" and (tmp_path / "one.png").stat().st_size > 1000
    with pytest.raises(IndexError):
        paths[len(paths)]
    pyplot.close("all")


def test_fermat_refuses_laws_of_your_own_by_name():
    scene = rw.Scene2D.square_scene()
    scene.add_own("mine", (0.4, 0.4), (0.6, 0.4), lambda *points: np.zeros((len(points[0]), 2)))
    with pytest.raises(rw.Error, match="'mine'.*min-path"):
        scene.trace(max_order=1, method="fermat")
    assert len(scene.trace(max_order=1, method="fermat", filter_objects=lambda o: o["name"] != "mine")) > 0


def mirror_law(before, at, after, a, b, numbers):
    """As people write it: 0 / 0 for a leg of no length."""
    unit = lambda v: v / np.linalg.norm(v, axis=1, keepdims=True)  # noqa: E731
    normal = unit(b - a)[:, ::-1] * [1, -1]
    come, go = unit(at - before), unit(after - at)
    return go - (come - 2 * (come * normal).sum(axis=1, keepdims=True) * normal)


def with_own(residual, **words):
    scene = rw.Scene2D()
    scene.add_wall("wall", (0, 0), (1, 0)), scene.add_own("mine", (0, 1), (1, 1), residual, **words)
    scene.transmitters, scene.receivers = {"tx": (0.2, 0.3)}, {"rx": (0.7, 0.4)}
    return scene


def test_a_mirror_of_ones_own_is_a_wall_on_the_whole_map():
    mine = with_own(mirror_law)
    wall = rw.Scene2D.from_walls([[[0, 0], [1, 0]], [[0, 1], [1, 1]]])
    wall.transmitters = mine.transmitters
    x, y = mine.grid(5)  # points on the object, at its middle and at its ends
    maps = [s.accumulate_on_receivers_grid_over_paths(x, y, reduce_all=True, max_order=1, method="min-path") for s in (mine, wall)]
    assert maps[0] == pytest.approx(maps[1], rel=1e-6)


@pytest.mark.parametrize("residual, words, said", [
    (lambda *x: np.full(len(x[0]), np.nan), {}, "'mine': its residual is not finite"), (lambda *x: mirror_law(*x) * 1j, {}, "'mine': its residual must be real numbers, got complex128"),
    (lambda *x: None, {}, "'mine': its residual must be real numbers"), (lambda *x: 0.0, {}, "'mine': its residual must have the shape"), (3, {}, "'mine': residual must be a function, got 3"),
    (mirror_law, {"gradient": 3}, "'mine': gradient must be a function"), (mirror_law, {"gradient": lambda *x: np.zeros((1, 2, 3))}, r"its gradient must have the shape \[1, 2, 10\]"),
    (mirror_law, {"numbers": "ab"}, "'mine': numbers takes a list of numbers"), (mirror_law, {"numbers": [math.nan]}, "finite")])
def test_what_is_wrong_with_a_law_is_said_with_its_object(residual, words, said):
    with pytest.raises(rw.Error, match=said):
        with_own(residual, **words).trace(max_order=1, method="min-path")


def test_what_a_law_raises_a_trace_raises_and_nothing_can_be_written_to():
    def stubborn(before, *rest):
        before[:] = 0

    with pytest.raises(ValueError, match="read-only"):
        with_own(stubborn).trace(max_order=1, method="min-path")
    with pytest.raises(ZeroDivisionError):
        with_own(lambda *_: 1 / 0).trace(max_order=1, method="min-path")


def test_a_script_with_a_law_ends_without_a_word(tmp_path):
    import subprocess
    import sys
    script = "import numpy as np\nimport raywave as rw\nscene = rw.Scene2D()\nscene.add_own('o', (0, 0), (1, 0), lambda *x: np.zeros(len(x[0])))\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr


@pytest.mark.parametrize("wrong, said", [
    (lambda s: setattr(s, "transmitters", [(0, 0)]), "transmitters: a name is text, got 0"), (lambda s: setattr(s, "receivers", 3), "receivers takes {name"),
    (lambda s: s.grid(0), "at least 1 point"), (lambda s: s.grid(2.5), "takes a whole number"), (lambda s: rw.Scene2D.from_walls([[[0, 0], [1, 1]], [[0]]]), "walls must be numbers"),
    (lambda s: rw.Scene2D.load("none.toml"), "'none.toml' cannot be read"), (lambda s: rw.Scene2D.from_geojson("none.geojson"), "'none.geojson' cannot be read"),
    (lambda s: (s.add_corner("a", (0, 0)), s.add_corner("b", (0, 0)), s.trace(method="fermat")), "'a' and 'b' are one corner given twice")])
def test_what_a_newcomer_may_give_is_refused_by_name(wrong, said):
    with pytest.raises(rw.Error, match=said):
        wrong(rw.Scene2D.square_scene())


def test_a_cut_at_no_height_is_refused():
    with pytest.raises(rw.Error, match="height_m must be a finite number"):
        rw.Scene().slice(math.nan)
