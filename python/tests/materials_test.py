# SPDX-License-Identifier: Apache-2.0
"""Materials that vary: textures, functions of one's own, networks; their derivatives; a wall painted in two halves; what cannot be is refused."""
import pickle

import numpy as np
import pytest

import raywave as rw
from raywave import materials

WORDS = dict(max_depth=2, refraction=True, diffraction=True, finder="exhaustive")


def scene_of(ceiling="plaster"):
    """A wall that varies, a floor that does not."""
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Material("plaster", relative_permittivity=4.0, conductivity_s_per_m=0.1, thickness_m=0.1, scattering_coefficient=0.2))
    scene.add(rw.itu_material("concrete", 0.2))
    scene.add(rw.Object("wall", [[0, 0, 0], [4, 0, 0], [4, 0, 3], [0, 0, 3]], [[0, 1, 2], [0, 2, 3]], ceiling))
    scene.add(rw.Object("floor", [[-2, -3, 0], [6, -3, 0], [6, 5, 0], [-2, 5, 0]], [[0, 1, 2], [0, 2, 3]], "concrete"))
    scene.add(rw.Transmitter("tx", [0.7, 1.6, 1.7]))
    scene.add(rw.Receiver("rx", [3.1, 1.2, 1.4]))
    scene.add(rw.Receiver("behind", [2.3, -1.1, 1.2]))
    return scene


FACE = dict(corner_m=[0, 0, 0], across_m=[4, 0, 0], up_m=[0, 0, 3])
RANDOM = np.random.default_rng(4)
IMAGE = 4 + RANDOM.uniform(-1, 1, (3, 5))


def stripes(places, *, height, width_m):
    return {"relative_permittivity": 4 + height * np.sin(places.point_m[:, 0] / width_m) + 0.5 * places.cos_incidence, "conductivity_s_per_m": np.full(len(places), 0.05)}


def stripes_vjp(places, cotangent, *, height, width_m):
    g, x = cotangent["relative_permittivity"], places.point_m[:, 0]
    return {"height": (g * np.sin(x / width_m)).sum(), "width_m": (g * height * np.cos(x / width_m) * -x / width_m ** 2).sum()}


def own():
    return materials.Own(stripes, ("relative_permittivity", "conductivity_s_per_m"), dict(height=0.8, width_m=0.7), vjp=stripes_vjp)


def network(encoding="fourier", seed=2, quantities=("relative_permittivity", "conductivity_s_per_m", "scattering_coefficient", "thickness_m")):
    made = materials.Network([0, 0, 0], [4, 0, 3], detail_m=0.7, encoding=encoding, hidden=(6, 5), quantities=quantities, seed=seed)
    return made.with_parameters(network=made.network + 0.2 * np.random.default_rng(seed).normal(size=made.network.shape))


def mesh_texture():
    return materials.Texture.at_vertices(scene_of().objects["wall"], np.stack([4 + RANDOM.uniform(-1, 1, 4), RANDOM.uniform(0.05, 0.2, 4)], axis=1),
                                         quantities=("relative_permittivity", "conductivity_s_per_m"))


def torch_field():
    torch = pytest.importorskip("torch")

    def function(point, cos_incidence, frequency_hz, *, height):
        return torch.stack([4 + height[0] * torch.sin(2 * point[:, 0]) + cos_incidence, 0.1 + 0 * point[:, 0]], dim=1)

    return materials.Own.torch(function, ("relative_permittivity", "conductivity_s_per_m"), dict(height=[0.7]))


def jax_field():
    jax = pytest.importorskip("jax")

    def function(point, cos_incidence, frequency_hz, *, height):
        return jax.numpy.stack([4 + height[0] * jax.numpy.sin(2 * point[:, 0]) + cos_incidence, 0.1 + 0 * point[:, 0]], axis=1)

    return materials.Own.jax(function, ("relative_permittivity", "conductivity_s_per_m"), dict(height=[0.7]))


FIELDS = {"image": lambda: materials.Texture.over_face(IMAGE, **FACE), "vertices": mesh_texture, "own": own, "fourier": network, "grid": lambda: network("grid"),
          "both": lambda: network("both"), "torch": torch_field, "jax": jax_field}


def test_a_texture_of_one_value_is_the_material():
    scene, other = scene_of(), scene_of()
    other.set_parameter("material/plaster/relative_permittivity", 6.5)
    wanted = rw.PathSolver()(other, **WORDS)
    paths = rw.PathSolver()(scene, materials={"plaster": materials.Texture.over_face(np.full((2, 2), 6.5), **FACE)}, **WORDS)
    assert {1, 4, 8} <= set(np.unique(paths.interactions))  # mirrors, transmissions, edges
    assert np.abs(paths.a - wanted.a).max() < 1e-13 * np.abs(wanted.a).max()
    assert np.abs(paths.a - rw.PathSolver()(scene, **WORDS).a).max() > 1e-3 * np.abs(wanted.a).max()


@pytest.mark.parametrize("kind", FIELDS)
def test_derivatives_by_parameters_and_through_the_place(kind):
    field, scene = FIELDS[kind](), scene_of()
    names = [f"material/plaster/{word}" for word in field.parameters()]
    scene.objects["wall"].vertices_m = scene.objects["wall"].vertices_m  # touched once more: prepared anew
    words = dict(materials={"plaster": field}, **WORDS)
    # The function's own angle does not move with the devices: without it where places move.
    moving = ["device/rx/position_m", "device/tx/position_m"] if kind not in ("own", "torch", "jax") else []
    assert rw.gradcheck(rw.PathSolver(), scene, [*names, "material/concrete/relative_permittivity", *moving], of="path_gain", tolerance=2e-5, **words)


def from_the_base(places, *, more):
    return {"conductivity_s_per_m": np.full(len(places), places.base["conductivity_s_per_m"] * float(more) * (places.frequency_hz / 3e9) ** 0.5)}


BESIDE = {"texture": lambda: materials.Texture.over_face(IMAGE, **FACE), "of S": lambda: materials.Texture.over_face(np.array([[0.2, 0.5], [0.4, 0.3]]), **FACE, quantities="scattering_coefficient"),
          "network": lambda: network(quantities=("conductivity_s_per_m", "thickness_m")), "own": lambda: materials.Own(from_the_base, "conductivity_s_per_m", dict(more=1.5))}
SOLVERS = {"paths": (rw.PathSolver, dict(of="path_gain", max_depth=1, finder="exhaustive", diffuse_reflection=True, scattering_tolerance=0.05)),
           "power": (rw.ScatteringSolver, dict(of="gain", max_depth=1)),
           "map": (rw.RadioMapSolver, dict(of="path_gain", max_depth=1, diffuse_reflection=True, scattering_tolerance=0.05, center_m=[2, 1.5, 1.2], size_m=[1, 1], cell_size_m=1.0))}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("kind", BESIDE)
def test_numbers_that_stay_the_scenes_keep_their_slopes_beside_a_field(kind, solver):
    """Those that the field leaves, and those that it makes its own of; the frequency through a table's row and through the field."""
    scene, (make, words) = scene_of(), SOLVERS[solver]
    row = rw.itu_material("plasterboard", 0.1)
    row.scattering_coefficient, row.xpd_coefficient = 0.3, 0.2
    scene.add(row)
    scene.objects["wall"].material = "plasterboard"
    names = ["frequency_hz"] + [f"material/plasterboard/{q}" for q in ("relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient")]
    assert rw.gradcheck(make(), scene, names, materials={"plasterboard": BESIDE[kind]()}, tolerance=2e-5, **words)


def test_both_modes_agree_on_numbers_beside_a_field():
    scene = scene_of()
    paths = rw.PathSolver()(scene, materials={"plaster": BESIDE["network"]()}, **WORDS)
    tangent = {"frequency_hz": np.array(1e7), "material/plaster/conductivity_s_per_m": np.array(0.02), "material/plaster/relative_permittivity": np.array(-0.4)}
    moved = paths.cfr_jvp([0.0], tangent)
    back = paths.cfr_vjp([0.0], moved, wrt=list(tangent))
    assert (np.abs(moved) ** 2).sum() == pytest.approx(sum((np.asarray(back[n]) * t).sum() for n, t in tangent.items()), rel=1e-9)


@pytest.mark.parametrize("kind", FIELDS)
def test_both_modes_are_one_anothers_adjoint(kind):
    field, scene = FIELDS[kind](), scene_of()
    paths = rw.PathSolver()(scene, materials={"plaster": field}, **WORDS)
    f, random = [-1e7, 0.0, 2e7], np.random.default_rng(1)
    tangent = {f"material/plaster/{word}": random.normal(size=np.shape(v)) for word, v in field.parameters().items()}
    tangent["device/rx/position_m"] = random.normal(size=3)
    moved = paths.cfr_jvp(f, tangent)
    cotangent = random.normal(size=moved.shape) + 1j * random.normal(size=moved.shape)
    back = paths.cfr_vjp(f, cotangent, wrt=list(tangent))
    left, right = (cotangent.conj() * moved).real.sum(), sum((np.asarray(back[n]) * t).sum() for n, t in tangent.items())
    assert left == pytest.approx(right, rel=1e-5 if kind == "own" else 1e-9)


def test_paths_found_once_are_those_found_anew():
    scene = scene_of()
    names = ["material/plaster/relative_permittivity", "material/concrete/conductivity_s_per_m", "material/plaster/thickness_m"]
    problem = rw.PathSolver.problem(rw.PathSolver(), scene, names, WORDS)
    for values in ((3.0, 0.01, 0.2), (9.0, 2.0, 0.05), (5.0, 1e4, 0.5)):
        by_name = dict(zip(names, map(np.array, values)))
        there = scene.copy()
        for name, value in by_name.items():
            there.set_parameter(name, value)
        a, wanted = problem.solve(by_name)[0].a, rw.PathSolver()(there, **WORDS).a
        assert a.shape == wanted.shape and np.abs(a - wanted).max() < 1e-12 * np.abs(wanted).max()
    assert len(problem._found) == 2  # conductivity 1e4 S/m lets nothing through


def test_a_network_starts_at_the_row_and_keeps_its_bounds(tmp_path):
    scene = scene_of("concrete")
    field = materials.Network([0, 0, 0], [4, 0, 3], detail_m=0.5, quantities=materials.NUMBERS[:5])
    base = materials.base_of(scene.materials["concrete"], scene.frequency_hz)
    point = RANDOM.uniform(0, 3, (50, 3))
    places = materials.Places(point, np.zeros((50, 3)), np.ones(50), scene.frequency_hz, base)
    wanted = [base["relative_permittivity"], base["conductivity_s_per_m"], base["thickness_m"], 0.01, 0.01]  # S and XPD begin near 0, where the sigmoid has a slope
    assert np.allclose(field.values(places), wanted, rtol=1e-12)
    paths = rw.PathSolver()(scene, materials={"concrete": materials.Network([0, 0, 0], [4, 5, 3], detail_m=0.5)}, **WORDS)
    assert np.abs(paths.a - rw.PathSolver()(scene, **WORDS).a).max() < 1e-12 * np.abs(paths.a).max()
    wild = field.with_parameters(network=30 * RANDOM.normal(size=field.network.shape))
    values = wild.values(places)
    assert (values[:, 0] >= 1).all() and (values[:, 1:3] > 0).all() and ((values[:, 3:] >= 0) & (values[:, 3:] <= 1)).all() and np.isfinite(values).all()
    loaded = materials.Network.load(wild.save(tmp_path / "wall.npz"))
    assert np.array_equal(loaded.values(places), values)
    (tmp_path / "bad.npz").write_bytes(b"no")
    with pytest.raises(rw.Error, match="cannot be read as a network"):
        materials.Network.load(tmp_path / "bad.npz")


def painted(points, sources, noise_db):
    """A wall of 8 x 3 m, left of x = 4.3 m of permittivity 2.5, right 9: powers of its mirror, for each source and point."""
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    scene.add(rw.Material("paint", relative_permittivity=4.5, conductivity_s_per_m=1.0, thickness_m=1.0))
    scene.add(rw.Object("wall", [[0, 0, 0], [8, 0, 0], [8, 0, 3], [0, 0, 3]], [[0, 1, 2], [0, 2, 3]], "paint"))
    for i, place in enumerate(sources):
        scene.add(rw.Transmitter(f"tx{i}", place))
    there = scene.copy()
    for i, place in enumerate(points):
        there.add(rw.Receiver(f"p{i}", place))

    def halves(places):
        return {"relative_permittivity": np.where(places.point_m[:, 0] < 4.3, 2.5, 9.0)}

    gain = rw.PathSolver()(there, max_depth=1, los=False, materials={"paint": materials.Own(halves, step_m=None)}).path_gain.T
    return scene, 10 * np.log10(gain) + noise_db * np.random.default_rng(5).normal(size=gain.shape)


def test_a_wall_painted_in_two_halves_is_learnt_from_100_measurements():
    """Both reflectivities within 1 dB, the border within the footprint of a lobe of kappa = 100 over the wall: s1 s2 / d / sqrt(kappa) = 0.1 m for legs of 2 m."""
    pytest.importorskip("scipy")
    from raywave import inverse
    random = np.random.default_rng(7)
    points = np.stack([random.uniform(0.5, 7.5, 50), random.uniform(1.5, 2.5, 50), random.uniform(1, 2, 50)], axis=1)
    scene, values = painted(points, [[3.2, 2.0, 1.5], [5.4, 2.0, 1.5]], noise_db=0.5)
    field = materials.Network([0, 0, 0], [8, 0, 3], detail_m=[0.2, 1, 3], hidden=(24, 24))
    measured = inverse.Powers(path_gain_db=values.ravel(), tx=np.repeat(["tx0", "tx1"], 50), position_m=np.tile(points, (2, 1)), sigma_db=0.5, held_out=np.arange(100) % 10 == 0)
    found = rw.calibrate(scene, measured, {"material/paint/network": dict(prior=(0, 1))}, method="lbfgs", steps=150, materials={"paint": field}, max_depth=1, los=False)
    learnt = found.materials["paint"]
    x = np.linspace(1.5, 6.8, 300)
    places = materials.Places(np.stack([x, 0 * x, 1.5 + 0 * x], axis=1), np.tile([0, 1.0, 0], (300, 1)), np.ones(300), 28e9, materials.base_of(scene.materials["paint"], 28e9))
    permittivity = learnt.values(places)[:, 0]

    def reflectivity(e):
        return 20 * np.log10((np.sqrt(e) - 1) / (np.sqrt(e) + 1))

    left, right = (reflectivity(permittivity[half]).mean() for half in (x < 4.1, x > 4.5))
    assert left == pytest.approx(reflectivity(2.5), abs=1.0) and right == pytest.approx(reflectivity(9.0), abs=1.0)
    middle = (reflectivity(2.5) + reflectivity(9.0)) / 2
    crossing = x[np.flatnonzero(np.diff(np.sign(reflectivity(permittivity) - middle)))]
    assert np.abs(crossing - 4.3).min() < 0.1 and len(crossing) == 1
    assert found.figures()["after"]["held_out"]["rmse"] < 1.2


def test_varied_paths_are_pickled_and_mapped():
    scene = scene_of()
    paths = rw.PathSolver()(scene, materials={"plaster": own()}, **WORDS)
    again = pickle.loads(pickle.dumps(paths))
    assert np.array_equal(again.a, paths.a)
    one = np.ones((2, 1))
    name = "material/concrete/relative_permittivity"
    assert again.path_gain_vjp(one, wrt=[name])[name] == paths.path_gain_vjp(one, wrt=[name])[name]
    with pytest.raises(rw.Error, match="material/plaster/height"):
        again.path_gain_vjp(one, wrt=["material/plaster/height"])
    arrivals = rw.ArrivalMapSolver()(paths)
    height = arrivals.vjp(np.ones_like(arrivals.gain), wrt=["material/plaster/height"])["material/plaster/height"]
    assert np.isfinite(height) and height != 0


def test_a_picture_has_the_colours_of_the_field():
    scene = scene_of()
    shown = materials.colored(scene, {"plaster": materials.Texture.over_face(IMAGE, **FACE)}, cell_m=0.3)
    assert len({o.material for o in shown.objects.values()}) > 6
    area = sum(np.linalg.norm(np.cross(v[t[:, 1]] - v[t[:, 0]], v[t[:, 2]] - v[t[:, 0]]), axis=1).sum() / 2
               for v, t in ((np.array(o.vertices_m), np.array(o.triangles).astype(int)) for o in shown.objects.values()))
    assert area == pytest.approx(12 + 64)


@pytest.mark.parametrize("make, words", [
    (lambda: materials.Own(lambda p: {"relative_permittivity": np.full(len(p), np.nan)}), "is not finite at"),
    (lambda: materials.Own(lambda p: {"relative_permittivity": np.full(len(p), 0.5)}), "relative_permittivity must be >= 1"),
    (lambda: materials.Own(lambda p: {"conductivity_s_per_m": 1.0}), "wanted {quantity"),
    (lambda: materials.Own(lambda p: {"relative_permittivity": np.ones(len(p) + 1)}), "gives other than"),
    (lambda: materials.Own(lambda p: {"scattering_coefficient": 1.5}, "scattering_coefficient"), "scattering_coefficient must be >= 0 and <= 1"),
    (lambda: materials.Own(lambda p: {}, "colour"), "a material has"),
    (lambda: materials.Texture.over_face([[1, np.nan]], **FACE), "not finite"),
    (lambda: materials.Texture.over_face([1.0, 2.0], **FACE), "rows, columns"),
    (lambda: materials.Texture.over_face(IMAGE, corner_m=[0, 0, 0], across_m=[1, 0, 0], up_m=[2, 0, 0]), "not along one line"),
    (lambda: materials.Texture.at_vertices(scene_of().objects["wall"], [1.0, 2.0]), "has 4 vertices"),
    (lambda: materials.Network([0, 0, 0], [0, 0, 0], detail_m=1), "two corners"), (lambda: materials.Network([0, 0, 0], [1, 1, 1], detail_m=0), "detail_m must be > 0"),
    (lambda: network().with_parameters(network=np.full(network().network.shape, np.nan)), "is not finite at")])
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(rw.Error, match=words):
        rw.PathSolver()(scene_of(), materials={"plaster": make()}, **WORDS)


def test_names_that_are_not_there():
    field = materials.Texture.over_face(IMAGE, **FACE)
    with pytest.raises(rw.Error, match="no material 'plster'"):
        rw.PathSolver()(scene_of(), materials={"plster": field})
    with pytest.raises(rw.Error, match="a field of rw.materials"):
        rw.PathSolver()(scene_of(), materials={"plaster": 4.0})
    scene = scene_of()
    scene.materials["plaster"].perfect_conductor = True
    with pytest.raises(rw.Error, match="perfect conductor"):
        rw.PathSolver()(scene, materials={"plaster": field})


@pytest.mark.parametrize("make, message", [
    (lambda: rw.materials.Texture.over_face([[3 + 1j]], **FACE), "a texture: wanted real numbers"),  # an imaginary part was dropped
    (lambda: rw.materials.Texture.over_face(np.full((2, 2), 4 - 0.1j), **FACE), "a texture: wanted real numbers"),
    (lambda: rw.materials.Texture.over_face([["a"]], **FACE), "a texture: wanted real numbers"),
    (lambda: rw.materials.Texture.over_face([[1.0], [1.0, 2.0]], **FACE), "a texture: wanted real numbers"),
    (lambda: rw.materials.Texture.over_face([[3.0]], **{**FACE, "up_m": "up"}), "wanted real numbers"),
    (lambda: rw.materials.Texture.over_face([[3.0, 4.0]], **FACE).with_parameters(texture=[1.0, 2.0, 3.0]), r"texture: wanted the shape \[1, 2\]"),
    (lambda: rw.materials.Own(lambda places, bias: None, parameters={"bias": 1j}), "bias: wanted real numbers"),
    (lambda: rw.materials.Own(lambda places, bias: None, parameters={"bias": 1.0}).with_parameters(gain=2.0), "no parameter 'gain': bias"),
    (lambda: rw.materials.Network([0, 0, 0], [4, 0, np.inf], detail_m=1), "two corners of a box"),
    (lambda: rw.materials.Network([0, 0, 0], [4, 0, 3], detail_m=[1, 2]), "one number or one an axis"),
    (lambda: rw.materials.Network([0, 0, 0], [4, 0, 3], detail_m=1).with_parameters(network=[1.0]), "network: wanted the shape"),
])
def test_what_is_no_array_of_real_numbers_is_refused_by_name(make, message):
    with pytest.raises(rw.Error, match=message):
        make()


def test_a_function_that_gives_complex_permittivities_is_refused():
    places = rw.materials.Places(np.zeros((2, 3)), np.tile([0, 0, 1.0], (2, 1)), np.ones(2), 28e9, {})
    with pytest.raises(rw.Error, match="relative_permittivity: wanted real numbers"):
        rw.materials.Own(lambda at: {"relative_permittivity": np.full(len(at), 4 - 0.3j)}).values(places)
    assert rw.materials.Own(lambda at: {"relative_permittivity": 4}).values(places).tolist() == [[4.0], [4.0]]


MAP = dict(los=False, center_m=[1.8, 1.4, 1.3], size_m=[2.0, 1.2], cell_size_m=0.4, points_per_cell=4)
FEW = {**MAP, "size_m": [0.8, 0.4], "points_per_cell": 1}
EVERYTHING = ("relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient")


def scattering_scene():
    scene = scene_of()
    scene.objects["wall"].material = "plaster"
    for name in ("plaster", "concrete"):
        scene.materials[name].scattering_coefficient, scene.materials[name].xpd_coefficient = 0.3, 0.2
    return scene


def all_five(values):
    return materials.Texture.over_face(np.broadcast_to(values, (2, 2, 5)).copy(), quantities=EVERYTHING, **FACE)


@pytest.mark.parametrize("words", (dict(max_depth=2, refraction=True, diffraction=True), dict(max_depth=2, coherent=True),
                                   dict(max_depth=1, diffuse_reflection=True, scattering_tolerance=0.2)))
def test_a_map_with_a_texture_of_one_value_is_that_of_the_material(words):
    scene, other = scattering_scene(), scattering_scene()
    where = FEW if "scattering_tolerance" in words else MAP
    values = [6.5, 0.3, 0.14, 0.5, 0.1]
    for word, value in zip(EVERYTHING, values):
        other.set_parameter(f"material/plaster/{word}", value)
    plain, wanted = (rw.RadioMapSolver()(s, **where, **words).path_gain for s in (scene, other))
    varied = rw.RadioMapSolver()(scene, materials={"plaster": all_five(values)}, **where, **words).path_gain
    # tiles are those of the scene's own material: of both within their tolerance
    assert np.abs(varied / wanted - 1).max() < (2 * words["scattering_tolerance"] if "scattering_tolerance" in words else 1e-12)
    assert np.abs(varied / plain - 1).max() > 0.02
    same = rw.RadioMapSolver()(scene, materials={"plaster": all_five([scene.parameters()[f"material/plaster/{w}"].value for w in EVERYTHING])}, **where, **words).path_gain
    assert np.abs(same / plain - 1).max() < 1e-12


DIRECTIONAL = dict(reflection="directional", lobe="von_mises_fisher(kappa=3)", scattering_tolerance=0.5, max_tiles=64)


@pytest.mark.parametrize("words", (dict(max_depth=2, refraction=True, diffraction=True, coherent=True), dict(max_depth=1, diffuse_reflection=True, scattering_tolerance=0.2),
                                   dict(max_depth=1, **DIRECTIONAL)))
@pytest.mark.parametrize("kind", ("image", "own"))
def test_derivatives_of_maps_by_what_varies(kind, words):
    field, scene = FIELDS[kind]() if kind == "own" else all_five([5, 0.2, 0.12, 0.4, 0.15]), scattering_scene()
    names = [f"material/plaster/{word}" for word in field.parameters()]
    moving = ["device/tx/position_m"] if kind != "own" else []  # a function's own angle is held still
    assert rw.gradcheck(rw.RadioMapSolver(), scene, [*names, *moving], of="path_gain", tolerance=2e-5, materials={"plaster": field}, **FEW, **words)


@pytest.mark.parametrize("words", (dict(max_depth=2, coherent=True), dict(max_depth=1, diffuse_reflection=True, scattering_tolerance=0.2), dict(max_depth=1, **DIRECTIONAL)))
def test_both_modes_of_maps_are_one_anothers_adjoint(words):
    field, scene = network(quantities=EVERYTHING), scattering_scene()
    radio_map = rw.RadioMapSolver()(scene, materials={"plaster": field}, **FEW, **words)
    random, name = np.random.default_rng(1), "material/plaster/network"
    tangent = random.normal(size=field.network.shape)
    moved = radio_map.jvp({name: tangent})["path_gain"]
    cotangent = random.normal(size=moved.shape)
    back = radio_map.vjp(path_gain=cotangent, wrt=name)[name]
    assert np.abs(moved).max() > 0
    assert (cotangent * moved).sum() == pytest.approx((np.asarray(back) * tangent).sum(), rel=1e-9)


def test_paths_that_scatter_have_the_shares_of_the_place():
    scene, other = scattering_scene(), scattering_scene()
    other.set_parameter("material/plaster/scattering_coefficient", 0.6)
    words = dict(max_depth=1, diffuse_reflection=True, scattering_tolerance=0.02, finder="exhaustive")
    field = materials.Texture.over_face(np.full((2, 2), 0.6), quantities="scattering_coefficient", **FACE)
    varied, wanted = rw.PathSolver()(scene, materials={"plaster": field}, **words).path_gain, rw.PathSolver()(other, **words).path_gain
    assert np.abs(varied[0] / wanted[0] - 1).max() < 0.04


def test_maps_that_cannot_vary_say_so():
    scene, field = scene_of(), materials.Texture.over_face(IMAGE, **FACE)
    with pytest.raises(rw.Error, match="no material 'putty'"):
        rw.RadioMapSolver()(scene, materials={"putty": field}, **MAP)
    radio_map = pickle.loads(pickle.dumps(rw.RadioMapSolver()(scene, materials={"plaster": field}, **MAP)))
    with pytest.raises(rw.Error, match="materials vary"):
        radio_map.vjp(path_gain=np.ones_like(radio_map.path_gain))


POWER = dict(max_depth=2, tolerance=0.1)


def placed(scene):
    scene.remove("behind")
    return scene


@pytest.mark.parametrize("words", (dict(POWER), dict(POWER, reflection="von_mises_fisher(kappa=12)")))
def test_scattered_power_with_a_texture_of_one_value_is_that_of_the_material(words):
    scene, other = placed(scattering_scene()), placed(scattering_scene())
    values = [6.5, 0.3, 0.14, 0.5, 0.1]
    for word, value in zip(EVERYTHING, values):
        other.set_parameter(f"material/plaster/{word}", value)
    plain, wanted = (rw.ScatteringSolver()(s, **words).gain for s in (scene, other))
    varied = rw.ScatteringSolver()(scene, materials={"plaster": all_five(values)}, **words).gain
    assert abs(varied / wanted - 1) < 2 * words["tolerance"] and abs(varied / plain - 1) > 3 * words["tolerance"]
    same = rw.ScatteringSolver()(scene, materials={"plaster": all_five([scene.parameters()[f"material/plaster/{w}"].value for w in EVERYTHING])}, **words).gain
    assert abs(same / plain - 1) < 1e-12


@pytest.mark.parametrize("words", (dict(max_depth=2, max_tiles=100), dict(max_depth=1, max_tiles=100, reflection="von_mises_fisher(kappa=5)")))
def test_derivatives_of_scattered_power_by_what_varies(words):
    scene, field = placed(scattering_scene()), all_five([5, 0.2, 0.12, 0.4, 0.15])
    names = ["material/plaster/texture", "device/tx/position_m", "material/concrete/scattering_coefficient"]
    assert rw.gradcheck(rw.ScatteringSolver(), scene, names, of="gain", tolerance=1e-4, materials={"plaster": field}, **words)
    power = rw.ScatteringSolver()(scene, materials={"plaster": field}, **words)
    tangent = np.random.default_rng(1).normal(size=field.texture.shape)
    moved = power.jvp({names[0]: tangent})
    assert moved.sum() == pytest.approx((power.vjp(np.ones((1, 1)), wrt=names[0])[names[0]] * tangent).sum(), rel=1e-9)


def test_a_place_that_turns_nothing_has_a_gradient():
    """K_x = 0 of a field where the scene's own is above: its square root has no slope there."""
    scene, field = placed(scattering_scene()), all_five([5, 0.2, 0.12, 0.4, 0.0])
    power = rw.ScatteringSolver()(scene, materials={"plaster": field}, **POWER)
    wanted = rw.ScatteringSolver()(scene, materials={"plaster": all_five([5, 0.2, 0.12, 0.4, 1e-9])}, **POWER)
    slopes, close = (p.vjp(np.ones((1, 1)), wrt="material/plaster/texture")["material/plaster/texture"] for p in (power, wanted))
    assert np.isfinite(slopes).all() and slopes[..., :4] == pytest.approx(close[..., :4], rel=1e-6)


def test_arrival_maps_are_differentiated_by_what_varies():
    scene, field = scene_of(), materials.Texture.over_face(IMAGE, **FACE)
    assert rw.gradcheck(rw.ArrivalMapSolver(), scene, ["material/plaster/texture"], of="gain", tolerance=2e-5, azimuths=4, elevations=3, max_depth=1, finder="exhaustive", materials={"plaster": field})


KAPPA = "lobe/kappa"


def lobes_scene(kappa=9):
    scene = placed(scattering_scene())
    for name in ("plaster", "concrete"):
        scene.materials[name].lobe = f"von_mises_fisher(kappa={kappa})"
    return scene


def narrower(values):
    return materials.Texture.over_face(np.asarray(values, dtype=float), quantities=KAPPA, **FACE)


BY_LOBES = {"paths": (rw.PathSolver, dict(of="path_gain", max_depth=1, finder="exhaustive", reflection="directional", scattering_tolerance=0.05)),
            "power": (rw.ScatteringSolver, dict(of="gain", max_depth=1, reflection="von_mises_fisher(kappa=20)", max_tiles=100)),
            "map": (rw.RadioMapSolver, dict(of="path_gain", max_depth=1, reflection="directional", scattering_tolerance=0.05, center_m=[2, 1.5, 1.2], size_m=[1, 1], cell_size_m=1.0))}


@pytest.mark.parametrize("solver", BY_LOBES)
@pytest.mark.parametrize("kind", ("texture", "network"))
def test_the_lobes_width_varies_with_exact_derivatives(kind, solver):
    make, words = BY_LOBES[solver]
    field = narrower([[6.0, 9.0, 14.0], [8.0, 7.0, 11.0]]) if kind == "texture" else network(quantities=(KAPPA, "relative_permittivity"))
    assert rw.gradcheck(make(), lobes_scene(), [f"material/plaster/{kind}", "device/tx/position_m", "material/concrete/lobe/kappa"], materials={"plaster": field}, tolerance=1e-4, **words)


def test_a_network_beside_the_lobes_own_width():
    """What starts at the material's kappa moves with it; what leaves it has its derivative."""
    make, words = BY_LOBES["power"]
    for quantities in ((KAPPA, "relative_permittivity"), ("relative_permittivity",)):
        assert rw.gradcheck(make(), lobes_scene(), ["material/plaster/lobe/kappa"], materials={"plaster": network(quantities=quantities)}, tolerance=1e-4, **words)


@pytest.mark.parametrize("method", ("tiles", "sampled"))
def test_a_lobe_of_one_width_is_the_materials(method):
    words = dict(method=method, max_depth=1, reflection="von_mises_fisher(kappa=20)", tolerance=2e-3, samples_per_tx=50_000)
    scene, other = lobes_scene(), lobes_scene()
    other.materials["plaster"].lobe = "von_mises_fisher(kappa=12)"
    plain, wanted, varied = (rw.ScatteringSolver()(s, materials=m, **words).gain[0, 0] for s, m in ((scene, None), (other, None), (scene, {"plaster": narrower(np.full((2, 2), 12.0))})))
    assert varied == pytest.approx(wanted, rel=5e-3) and abs(plain / wanted - 1) > 0.01


def test_samples_and_tiles_agree_on_lobes_whose_width_varies():
    scene, field = lobes_scene(25), {"plaster": narrower([[25.0, 4.0], [25.0, 4.0]])}
    words = dict(max_depth=1, diffuse=False, reflection="von_mises_fisher(kappa=20)", materials=field)
    tiles, walks = rw.ScatteringSolver()(scene, tolerance=1e-3, **words), rw.ScatteringSolver()(scene, method="sampled", samples_per_tx=400_000, **words)
    own = rw.ScatteringSolver()(scene, tolerance=1e-3, **{**words, "materials": None})
    error = np.hypot(walks.error, 2e-3 * tiles.gain)
    assert (np.abs(walks.gain - tiles.gain) < 3.5 * error).all() and (np.abs(walks.gain - own.gain) > 3.5 * error).any()


def test_a_lobe_that_is_not_there_cannot_vary():
    scene = placed(scattering_scene())
    with pytest.raises(rw.Error, match="'plaster' has no von Mises-Fisher lobe.*material.lobe"):
        rw.ScatteringSolver()(scene, reflection="von_mises_fisher(kappa=20)", materials={"plaster": narrower(np.full((2, 2), 12.0))})
    with pytest.raises(rw.Error, match="base names no von Mises-Fisher lobe"):
        materials.Network([0, 0, 0], [4, 0, 3], detail_m=1, quantities=KAPPA, base=scene.materials["plaster"])
    for method in ("tiles", "sampled"):
        for bad in (-1.0, 0.0):  # 0 is no lobe, as where a material names one
            with pytest.raises(rw.Error, match="lobe/kappa must be > 0, got"):
                rw.ScatteringSolver()(lobes_scene(), reflection="von_mises_fisher(kappa=20)", method=method, materials={"plaster": narrower(np.full((2, 2), bad))})
    with pytest.warns(UserWarning, match="up to 50 where tiles were cut for 9, which may miss its lobe"):
        rw.ScatteringSolver()(lobes_scene(), reflection="von_mises_fisher(kappa=20)", max_tiles=100, materials={"plaster": narrower(np.full((2, 2), 50.0))})
