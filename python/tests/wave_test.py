# SPDX-License-Identifier: Apache-2.0
"""raywave.wave: words, shapes, errors, gradients by name. The physics is tested in C++."""
import pathlib
import warnings

import numpy as np
import pytest
import raywave as rw

wave = rw.wave
LAMBDA = 299792458.0 / 28e9


def scene(**changes):
    options = dict(
        grid=wave.Grid(256, spacing_m=0.2503 * LAMBDA), frequency_hz=28e9, z_end_m=20 * LAMBDA, step_m=LAMBDA / 4,
        objects=[wave.disc([LAMBDA, 10 * LAMBDA], 3 * LAMBDA, 1.1, name="disc")],
        sources=[wave.GaussianBeam("beam", waist_m=4 * LAMBDA, tilt_rad=0.1)])
    return wave.Scene(**{**options, **changes})


def test_free_beam_keeps_its_power_and_has_the_documented_shapes():
    result = wave.simulate(scene(objects=[]), planes=5)
    assert result.field.shape == (5, 1, 256) and result.field.dtype == np.complex128
    assert result.z_m.shape == (5,) and result.y_m.shape == (256,) and result.power_w_per_m.shape == (5, 1)
    # what decays of the beam at launch is exp(-(k w (1 - sin))^2 / 2) of it: nothing
    assert result.power_w_per_m == pytest.approx(result.power_w_per_m[0, 0], rel=1e-12)
    y = result.y_m
    expected = np.exp(-((y / (4 * LAMBDA)) ** 2) - 2j * np.pi / LAMBDA * np.sin(0.1) * y)
    assert np.allclose(result.field[0, 0], expected, atol=1e-14)


@pytest.mark.parametrize("backend, tolerance", [("dense", 1e-12), ("nufft", 1e-10), ("gaussian_beams", 1e-4)])
def test_backends_agree(backend, tolerance):
    reference = wave.simulate(scene()).field
    other = wave.simulate(scene(), backend=backend).field
    assert np.linalg.norm(other - reference) < tolerance * np.linalg.norm(reference)


def test_points_are_those_of_the_grid():
    result = wave.simulate(scene())
    at = result.at(np.stack([result.y_m[100:110], np.full(10, 20 * LAMBDA)], axis=1))
    assert np.allclose(at, result.field[0, 0, 100:110], rtol=0, atol=1e-13)


def test_vjp_is_the_transpose_of_jvp_and_both_are_derivatives():
    sources = [wave.GaussianBeam("beam", waist_m=4 * LAMBDA, tilt_rad=0.1),
               wave.ArraySource("array", element_offsets_m=[-LAMBDA, LAMBDA], weights=[1, 0.5 + 0.2j], waist_m=LAMBDA)]
    result = wave.simulate(scene(sources=sources))
    gradient = result.vjp(result.field)
    assert {"source/beam/position_m", "source/array/weights", "object/disc/translation_m", "material/disc_material/relative_permittivity",
            "wavelength_m"} <= set(gradient)
    assert gradient["source/array/weights"].dtype == np.complex128 and gradient["object/disc/vertices_m"].shape[1] == 2
    generator = np.random.default_rng(1)
    for name, value in gradient.items():
        direction = generator.standard_normal(np.shape(value))
        if np.iscomplexobj(value):
            direction = direction + 1j * generator.standard_normal(np.shape(value))
        tangent = result.jvp({name: direction})
        forward = np.sum(np.conj(result.field) * tangent).real
        size = np.linalg.norm(result.field) * np.linalg.norm(tangent)
        assert abs(forward - np.sum(np.conj(direction) * value).real) < 1e-13 * size, name

    def energy(shift):
        moved = scene(sources=sources, objects=[wave.disc([LAMBDA + shift, 10 * LAMBDA], 3 * LAMBDA, 1.1, name="disc")])
        return 0.5 * np.sum(np.abs(wave.simulate(moved).field[0, :, :100]) ** 2)

    cotangent = result.field.copy()
    cotangent[:, :, 100:] = 0
    h = 1e-4 * LAMBDA
    expected = (8 * (energy(h) - energy(-h)) - (energy(2 * h) - energy(-2 * h))) / (12 * h)
    # rounding of the four sums over the step
    assert result.vjp(cotangent)["object/disc/translation_m"][0] == pytest.approx(expected, rel=1e-7, abs=1e-15 * energy(0) / h)


def test_cells_grounds_and_nonuniform_points():
    cells = dict(z_begin_m=4 * LAMBDA, z_end_m=6 * LAMBDA, index_minus_one=np.full((8, 256), 0.01))
    result = wave.simulate(scene(objects=[], cells=cells))
    assert result.vjp(result.field)["cells/index_minus_one"].shape == (8, 256)
    assert wave.simulate(scene(boundary="neumann", objects=[])).field.shape == (1, 1, 256)
    points = np.sort(32 * LAMBDA * np.sin(np.linspace(-1.2, 1.2, 256)))
    with pytest.raises(rw.Error, match="nufft"):
        wave.simulate(scene(grid=wave.Grid(points_m=points), objects=[]))


def test_cut_through_a_scene_with_meshes(tmp_path):
    canyon = rw.load_scene(pathlib.Path(__file__).resolve().parents[2] / "scenes/street_canyon/street_canyon.xml")
    grid = wave.Grid(4096, spacing_m=0.02)
    objects = wave.cut(canyon, 1.5, grid, z_end_m=20, z_begin_m=-20)
    assert objects and all(o.outlines for o in objects)
    beam = wave.GaussianBeam(waist_m=2, tilt_rad=0.6)
    result = wave.simulate(wave.Scene(grid, objects, [beam], frequency_hz=3.5e9, z_begin_m=-20, z_end_m=20, absorber_width_m=3), planes=4)
    assert np.isfinite(result.field).all()
    assert result.power_w_per_m[-1, 0] < 0.9 * result.power_w_per_m[0, 0]  # into a building


def test_files_and_pictures(tmp_path):
    result = wave.simulate(scene(), planes=30)
    result.save(tmp_path / "field.npz")
    with np.load(tmp_path / "field.npz") as arrays:
        assert np.array_equal(arrays["field"], result.field) and np.array_equal(arrays["z_m"], result.z_m)
    result.plot(tmp_path / "field.png")
    result.plot(tmp_path / "phase.svg", phase=True)
    assert (tmp_path / "field.png").read_bytes().startswith(b"\x89PNG") and "<svg" in (tmp_path / "phase.svg").read_text()


@pytest.mark.parametrize("change, word", [
    (dict(frequency_hz=0), "frequency_hz"), (dict(z_end_m=0), "z_end_m"), (dict(step_m=-1), "step_m"), (dict(sources=[]), "sources"),
    (dict(boundary="dirichelt"), "dirichlet"), (dict(sources=[wave.GaussianBeam(waist_m=-1)]), "waist_m"),
    (dict(objects=[wave.disc([9, 10 * LAMBDA], LAMBDA, 2)]), "outside the grid"),
    (dict(objects=[wave.rectangle([0, LAMBDA], [LAMBDA, 2 * LAMBDA], "pec")]), "inside the conductor"),
])
def test_bad_scenes_are_refused_by_name(change, word):
    with pytest.raises(rw.Error, match=word):
        wave.simulate(scene(**change))


def test_bad_options_are_refused_by_name():
    with pytest.raises(rw.Error, match="nufft"):
        wave.simulate(scene(), backend="nuft")
    with pytest.raises(rw.Error, match="memory limit"):
        wave.simulate(scene(), memory_bytes=100)
    with pytest.raises(rw.Error, match="object/disc/translation_m"):
        wave.simulate(scene()).jvp({"object/disc/translate_m": [1, 0]})
    with pytest.raises(rw.Error, match=r"\[1, 1, 256\]"):
        wave.simulate(scene()).vjp(np.zeros((1, 256), complex))
    with pytest.raises(rw.Error, match="did you mean 'cuda'"):
        wave.simulate(scene(), device="cudda")
    with pytest.raises(rw.Error, match="fft alone, not dense"):
        wave.simulate(scene(), backend="dense", device="emulated")


def test_points_gradient_of_one_point_is_received_powers():
    result = wave.simulate(scene())
    point = [[0.3 * LAMBDA, result.z_m[-1] + LAMBDA]]
    u, power = result.at(point), result.received_power(point[0])
    a, b = result.points_gradient(point, 2 * u), result.received_power_gradient(point[0])  # of |u|^2
    name = "source/" + result_source(a) + "/amplitude"
    assert abs(a[name] * power / abs(u[0]) ** 2 - b[name]) < 1e-12 * abs(b[name])
    with pytest.raises(rw.Error, match="2 values for 1 points"):
        result.points_gradient(point, [1, 2])


def result_source(gradient):
    return next(name.split("/")[1] for name in gradient if name.startswith("source/"))


def test_a_device_gives_the_same_field_and_gradient():
    cpu, device = wave.simulate(scene()), wave.simulate(scene(), device="emulated")
    assert np.linalg.norm(device.field - cpu.field) < 1e-12 * np.linalg.norm(cpu.field)
    w = (1 + 0.5j) * cpu.field * np.linspace(0, 1, cpu.field.shape[-1])  # J does not keep still when a phase turns
    a, b = cpu.vjp(w), device.vjp(w)
    assert a.keys() == b.keys()
    for name in a:
        assert np.linalg.norm(b[name] - a[name]) <= 1e-9 * np.linalg.norm(a[name]), name


def test_volumes_have_their_shapes_gradients_and_slices(tmp_path):
    grid = wave.Grid(32, spacing_m=0.4 * LAMBDA, num_x=24)
    objects = [wave.sphere([0, LAMBDA, 4 * LAMBDA], 1.5 * LAMBDA, 1.2, name="ball"), wave.box([LAMBDA, -LAMBDA, 8 * LAMBDA], [LAMBDA, LAMBDA, LAMBDA], "pec")]
    volume = wave.Scene(grid, objects, [wave.GaussianBeam("beam", waist_m=3 * LAMBDA, tilt_x_rad=0.1)], frequency_hz=28e9, z_end_m=12 * LAMBDA)
    result = wave.simulate(volume, planes=4)
    assert result.field.shape == (4, 1, 24, 32) and result.x_m.shape == (24,) and result.power_w.shape == (4, 1)
    with pytest.raises(rw.Error, match="power_w"):
        result.power_w_per_m
    at = result.at([[result.x_m[5], result.y_m[7], 12 * LAMBDA]])
    assert at[0] == pytest.approx(result.field[-1, 0, 5, 7], abs=1e-13)
    assert np.array_equal(result.slice(z_m=99), result.field[-1, 0]) and result.slice(x_m=0).shape == (4, 32) and result.slice(y_m=0).shape == (4, 24)
    gradient = result.vjp(result.field)
    assert gradient["object/ball/translation_m"].shape == (3,) and gradient["object/ball/vertices_m"].shape[1] == 3
    tangent = result.jvp({"object/ball/translation_m": [1, 0, 0]})
    forward = np.sum(np.conj(result.field) * tangent).real
    assert forward == pytest.approx(gradient["object/ball/translation_m"][0], abs=1e-13 * np.linalg.norm(result.field) * np.linalg.norm(tangent))
    result.save(tmp_path / "volume.npz")
    with np.load(tmp_path / "volume.npz") as arrays:
        assert np.array_equal(arrays["field"], result.field)
    result.plot(tmp_path / "volume.png", x_m=LAMBDA)


def test_meshes_of_a_scene_in_a_volume():
    canyon = rw.load_scene(pathlib.Path(__file__).resolve().parents[2] / "scenes/street_canyon/street_canyon.xml")
    grid = wave.Grid(128, spacing_m=1.0, num_x=64)
    low, high = -200.0, 200.0
    with pytest.warns(UserWarning):  # the ground is a sheet
        found = wave.solids(canyon, grid, z_end_m=high, z_begin_m=low)
    assert found and all(len(o.solids) == 1 for o in found)
    beam = wave.GaussianBeam(waist_m=8)
    result = wave.simulate(wave.Scene(grid, found, [beam], frequency_hz=1.5e8, z_begin_m=low, z_end_m=high, step_m=4), planes=3)
    assert np.isfinite(result.field).all() and result.power_w[-1, 0] < result.power_w[0, 0]


def test_received_power_and_its_derivatives():
    def at(shift):
        return wave.simulate(scene(sources=[wave.GaussianBeam("beam", waist_m=4 * LAMBDA, tilt_rad=0.1, position_m=shift)]))

    result, h, point = at(0), 1e-4 * LAMBDA, [LAMBDA, 20 * LAMBDA]
    gradient = result.received_power_gradient(point)
    expected = (at(h).received_power(point) - at(-h).received_power(point)) / (2 * h)
    # (h / waist)^2 of truncation, 1e-16 / 1e-4 of rounding
    assert gradient["source/beam/position_m"] == pytest.approx(expected, rel=1e-7)
    u = result.at([point])[0]
    assert result.received_power(point) == pytest.approx(abs(u) ** 2 / (2 * 376.730313668) * LAMBDA / (2 * np.pi), rel=1e-9)
    assert abs(result.power_gradient()["source/beam/phase_rad"]) < 1e-12 * result.power_w_per_m[0, 0]
    with pytest.raises(rw.Error, match="plane"):
        result.power_gradient(plane=3)


def test_a_wall_reflects_with_sweeps_both_ways():
    wall = wave.rectangle([0, 10 * LAMBDA], [200 * LAMBDA, LAMBDA], "concrete", name="wall")
    result = wave.simulate(scene(objects=[wall]), output_z_m=[5 * LAMBDA, 20 * LAMBDA], num_reflections=1)
    there, back = (np.linalg.norm(f) for f in (result.field[0], result.backward[0]))
    assert 0.2 * there < back < 0.6 * there  # |r| of concrete is 0.39 at normal incidence
    assert not result.backward[1].any()
    with pytest.raises(rw.Error, match="num_reflections"):
        result.vjp(result.field)
    with pytest.raises(rw.Error, match="backward"):
        wave.simulate(scene()).backward


def test_media_that_overlap_are_one_body():
    def run(*parts):
        objects = [wave.rectangle([y * LAMBDA, 10 * LAMBDA], [w * LAMBDA, 6 * LAMBDA], eps, name=f"part{i}") for i, (y, w, eps) in enumerate(parts)]
        return wave.simulate(scene(objects=objects, absorber_width_m=12 * LAMBDA), output_z_m=[0, 20 * LAMBDA])

    whole, parts = run((-0.5, 5, 2.0)), run((-1.5, 3, 2.0), (0.5, 3, 2.0))
    assert np.linalg.norm(parts.field - whole.field) < 1e-12 * np.linalg.norm(whole.field)
    assert parts.power_w_per_m[1, 0] <= parts.power_w_per_m[0, 0] and not parts.warnings
    denser = run((-0.5, 5, 2.0), (0.3, 2, 3.0)), run((0.3, 2, 3.0), (-0.5, 5, 2.0))
    assert np.linalg.norm(denser[0].field - denser[1].field) < 1e-12 * np.linalg.norm(denser[0].field)


@pytest.mark.parametrize("options", [dict(grid=wave.Grid(4096, spacing_m=1000.3 / 4096 * LAMBDA), absorber_width_m=100 * LAMBDA),
                                     dict(grid=wave.Grid(spacing_m=0.4003 * LAMBDA))])
def test_a_line_source_at_its_defaults_holds_in_its_cone(options):
    source = wave.PointSource(distance_m=LAMBDA, position_m=2.5 * LAMBDA, power_w_per_m=1.0)
    result = wave.simulate(scene(objects=[], sources=[source], z_end_m=100 * LAMBDA, **options), output_z_m=[20 * LAMBDA, 100 * LAMBDA])
    assert not result.warnings and result.cones[0]["half_angle_rad"] > np.radians(56)
    for plane, z in enumerate(result.z_m):
        points = np.stack([result.y_m, np.full(len(result.y_m), z)], axis=1)
        inside = result.holds(points)
        rho = np.hypot(result.y_m - source.position_m, z + LAMBDA)[inside]
        density = np.abs(result.field[plane, 0][inside]) ** 2 / (2 * 376.730313668) * 2 * np.pi * rho
        assert inside.sum() > 100 and np.sqrt(np.mean((np.sqrt(density) - 1) ** 2)) < 0.005


def test_what_leaves_the_window_is_said():
    with pytest.warns(UserWarning, match="comes back at the other"):
        result = wave.simulate(scene(objects=[], sources=[wave.GaussianBeam("beam", waist_m=4 * LAMBDA, tilt_rad=0.9)], z_end_m=60 * LAMBDA))
    assert any("% of its power" in w for w in result.warnings)


def parametric(**changes):
    sources = [wave.GaussianBeam("beam", waist_m=2 * LAMBDA, tilt_rad=0.1, focus_m=3 * LAMBDA),
               wave.PointSource("line", distance_m=2 * LAMBDA, power_w_per_m=1.0),
               wave.ArraySource(element_offsets_m=[-LAMBDA, LAMBDA], weights=[1, 0.5 + 0.2j], waist_m=LAMBDA)]
    objects = [wave.disc([LAMBDA, 10 * LAMBDA], 3 * LAMBDA, 1.1, name="disc"), wave.rectangle([-4.03 * LAMBDA, 9.04 * LAMBDA], [3.02 * LAMBDA, 4.93 * LAMBDA], "glass")]
    return scene(sources=sources, objects=objects, **changes)


def test_parameters_have_values_bounds_and_setters():
    s = parametric()
    known = s.parameters()
    result = wave.simulate(s)
    gradient = result.vjp(result.field)
    assert set(known) == set(gradient)
    for name, parameter in known.items():
        assert np.shape(gradient[name]) == parameter.shape, name
        assert parameter.value.dtype.kind == ("c" if np.iscomplexobj(gradient[name]) else "f"), name
    assert known["source/beam/waist_m"].unit == "m" and known["source/beam/waist_m"].lower == 0
    assert known["material/glass/relative_permittivity"].value == pytest.approx(6.31, rel=1e-3)
    moved = s.copy()
    for name, parameter in known.items():
        moved.set_parameter(name, parameter.value)  # the value that it has changes nothing
    assert np.allclose(wave.simulate(moved).field, result.field, rtol=1e-9, atol=1e-9 * np.abs(result.field).max())
    moved.set_parameter("object/disc/translation_m", [LAMBDA, 0])
    assert np.allclose(moved.objects[0].outlines[0], np.asarray(s.objects[0].outlines[0]) + [LAMBDA, 0])
    assert s.parameters()["object/disc/vertices_m"].value[0, 0] != moved.parameters()["object/disc/vertices_m"].value[0, 0]
    for name, value, word in [("source/beam/wait_m", 1.0, "did you mean 'source/beam/waist_m'"), ("source/beam/waist_m", [1.0, 2.0], "shape"),
                              ("source/beam/waist_m", -1.0, "must be in"), ("material/glass/relative_permittivity", 0.5, "must be in"),
                              ("source/beam/tilt_rad", np.nan, "finite")]:
        with pytest.raises(rw.Error, match=word):
            s.set_parameter(name, value)


WRT = ["source/beam/tilt_rad", "source/beam/focus_m", "source/line/position_m", "source/line/amplitude", "source/source2/weights",
       "material/disc_material/relative_permittivity", "material/glass/conductivity_s_per_m", "object/disc/translation_m", "object/disc/scale",
       "object/object1/vertices_m", "wavelength_m"]


@pytest.mark.parametrize("of, words", [("field", {}), ("power", {}), ("at", dict(channel=dict(points_m=[[0.0, 18 * LAMBDA], [2 * LAMBDA, 19 * LAMBDA]], source=1)))])
def test_waves_are_functions_of_their_parameters(of, words):
    planes = [0.0, 17 * LAMBDA, 20 * LAMBDA]
    f = rw.differentiable.Function(parametric(), WRT, of, output_z_m=planes, **words)
    values = [f.base[name].copy() for name in WRT]
    values[8] = np.array(1.02)
    output, pullback = f.evaluate(values)
    assert output.shape == {"field": (3, 3, 256), "power": (3, 3), "at": (2,)}[of]
    generator = np.random.default_rng(4)
    weight = generator.standard_normal(output.shape)
    if np.iscomplexobj(output):
        weight = weight + 1j * generator.standard_normal(output.shape)
    for i, (name, gradient) in enumerate(zip(WRT, pullback(weight))):
        direction = generator.standard_normal(f.base[name].shape)
        if np.iscomplexobj(f.base[name]):
            direction = direction + 1j * generator.standard_normal(direction.shape)
        size = 1e-6 * (np.abs(values[i]).max() or LAMBDA) if name != "wavelength_m" else 1e-7 * LAMBDA

        def at(t):
            return np.sum(np.conj(weight) * f.evaluate([v + t * size * direction if k == i else v for k, v in enumerate(values)])[0]).real

        expected = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * size)
        assert np.sum(np.conj(gradient) * direction).real == pytest.approx(expected, rel=2e-5, abs=1e-9 * np.abs(weight).sum() * np.abs(output).max() / LAMBDA), name


def test_bad_functions_of_waves_are_refused_by_name():
    for wrt, of, words, word in [("source/beam/tilt", "field", {}, "did you mean"), ("source/beam/tilt_rad", "cfr", {}, "of must be one of"),
                                 ("source/beam/tilt_rad", "field", dict(channel=dict(points_m=[[0, 1]])), "channel"),
                                 (["object/disc/vertices_m", "object/disc/scale"], "field", {}, "not by both"),
                                 ("source/beam/tilt_rad", "a", {}, "field, power, at")]:
        with pytest.raises(rw.Error, match=word):
            rw.differentiable.Function(parametric(), wrt, of, **words)


def test_jax_takes_waves():
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    jax.config.update("jax_enable_x64", True)
    names = ["source/source2/weights", "object/disc/translation_m"]
    words = dict(channel=dict(points_m=[[0.0, 19 * LAMBDA]], source=2), output_z_m=[17 * LAMBDA])
    f = rw.jax.function(parametric(), names, "at", **words)
    own = rw.differentiable.Function(parametric(), names, "at", **words)
    values = [own.base[name] for name in names]
    u, pullback = own.evaluate(values)
    expected = pullback(2 * u)
    for loss in (lambda w, t: (abs(f(w, t)) ** 2).sum(), jax.jit(lambda w, t: (abs(f(w, t)) ** 2).sum())):
        weights, translation = jax.grad(loss, argnums=(0, 1))(*map(jax.numpy.asarray, values))
        # of a complex argument JAX's gradient is the conjugate of d/dRe + j d/dIm
        assert np.allclose(np.conj(weights), expected[0], rtol=1e-9) and np.allclose(translation, expected[1], rtol=1e-9)


def test_torch_takes_waves():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here: its wheel is too large for the tests")
    f = rw.torch.function(parametric(), ["source/source2/weights"], "power", output_z_m=[20 * LAMBDA])
    weights = torch.tensor([1, 0.5 + 0.2j], dtype=torch.complex128, requires_grad=True)
    f(weights).sum().backward()
    assert weights.grad.dtype == torch.complex128 and float(weights.grad.abs().max()) > 0


def test_gradcheck_takes_waves():
    report = rw.gradcheck(wave.Solver(), parametric(), ["source/beam/tilt_rad", "object/disc/translation_m"], "power", output_z_m=[20 * LAMBDA])
    assert report.passed
    with pytest.raises(rw.Error, match="complex"):
        rw.gradcheck(wave.Solver(), parametric(), "source/source2/weights", "power")


def test_marches_tell_their_progress_and_stop():
    told = []
    wave.simulate(parametric(), progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wave.simulate(scene(z_end_m=4000 * LAMBDA,
                            objects=[wave.rectangle([0, 2000 * LAMBDA], [3 * LAMBDA, 3990 * LAMBDA], 2.0, name="pane")]), progress=stop)


def test_both_sides_of_a_window_of_a_volume_are_chosen():
    s = wave.Scene(grid=wave.Grid(spacing_m=0.4503 * LAMBDA, num_x=0), frequency_hz=299792458.0 / LAMBDA, z_end_m=10 * LAMBDA,
                   sources=[wave.GaussianBeam(waist_m=3 * LAMBDA, position_m=15 * LAMBDA)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = wave.simulate(s)
    assert len(result.y_m) > len(result.x_m) >= 64
