# SPDX-License-Identifier: Apache-2.0
"""Everything public: calls have signatures with types, things are pickled, copied and show themselves in a line. What is added later is asked too."""
import copy
import importlib
import inspect
import pathlib
import pickle
import re

import numpy as np
import pytest
import raywave as rw
from raywave import differentiable, formats, signal, wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANYON = ROOT / "scenes/street_canyon/street_canyon.xml"
MODULES = ["raywave", *(f"raywave.{name}" for name in ("wave", "signal", "formats", "motion", "geo", "campaigns", "inverse", "explore", "differentiable", "materials",
                                                       "shapes", "scenes", "jax", "torch"))]


def public():
    """(where, thing) of all that the modules show; those whose libraries are missing are left out."""
    seen = set()
    for module in MODULES:
        try:
            held = importlib.import_module(module)
        except (rw.Error, ImportError):
            continue
        own = [n for n, v in vars(held).items() if not n.startswith("_") and getattr(v, "__module__", None) == module]
        for name in getattr(held, "__all__", own):
            thing = getattr(held, name)
            if id(thing) not in seen and not inspect.ismodule(thing):
                seen.add(id(thing))
                yield f"{module}.{name}", thing


THINGS = list(public())
CLASSES = {where: thing for where, thing in THINGS if inspect.isclass(thing) and not issubclass(thing, BaseException)}


def calls():
    for where, thing in THINGS:
        if where not in CLASSES:
            if callable(thing) and not inspect.isclass(thing):
                yield where, thing
            continue
        for name in dir(thing):
            held = inspect.getattr_static(thing, name)
            if name.startswith("_") and name not in ("__init__", "__call__") or isinstance(held, (property, type)) or not callable(getattr(thing, name)):
                continue
            if name == "__init__" and type(held).__name__ in ("wrapper_descriptor", "nb_method"):
                continue  # object's, or one of a compiled class that Python makes by another name
            yield f"{where}.{name}", getattr(thing, name)


@pytest.mark.parametrize("where, call", list(calls()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_call_has_a_signature_with_types(where, call):
    signature = inspect.signature(call)
    for parameter in signature.parameters.values():
        if parameter.name not in ("self", "cls"):
            assert parameter.annotation is not parameter.empty, f"{where}: {parameter.name} has no type"
            assert not re.fullmatch(r"arg\d*", parameter.name), f"{where}: {parameter.name} has no name"
    if not where.endswith(".__init__"):
        assert signature.return_annotation is not signature.empty, f"{where}: nothing says what it returns"


def test_an_argument_of_another_type_is_answered_in_the_words_of_the_signature():
    with pytest.raises(TypeError, match=re.escape("Scene2D.add_material(self, material: 'Material') -> 'None' cannot take these: Scene2D(0 objects, 0 transmitters, 0 receivers), 3")):
        rw.Scene2D().add_material(3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'pat'"):
        rw.Scene2D().remove(pat=3)


# --- copies ---


def canyon():
    scene = rw.load_scene(CANYON)
    scene.add(rw.Transmitter("tx", [-30, 0, 10]))
    scene.add(rw.Receiver("rx", [30, 0, 1.5]))
    return scene


def field():
    return wave.Scene(grid=wave.Grid(64, spacing_m=0.02), frequency_hz=5.8e9, z_end_m=0.5, sources=[wave.GaussianBeam(waist_m=0.2)],
                      objects=[wave.rectangle([0, 0.2], [3, 0.05], "concrete")])


def paths(**options):
    return rw.PathSolver()(canyon(), max_depth=1, **options)


def panel():
    return rw.Ris("panel", [0, 5, 6], num_rows=1, num_cols=2, spacing_m=0.04)


def in_the_field():
    return wave.simulate(field())


RADAR = dict(slope_hz_per_s=80e12, sampling_frequency_hz=5e6, num_samples=16, num_chirps=2)
MAKE = {
    "raywave.PathSampler": lambda: rw.PathSampler(width=8, embedding=4),
    "raywave.LobeChoice": lambda: rw.LobeChoice(60.0, 0.1, 0.03, 0.1, 1.0, 98.0, 22.0),
    "raywave.AntennaArray": rw.PlanarArray, "raywave.Aperture": lambda: rw.Aperture.planar(2, 3, 0.05), "raywave.ArrivalMapSolver": rw.ArrivalMapSolver,
    "raywave.ArrivalMap": lambda: rw.ArrivalMapSolver()(canyon(), azimuths=8, elevations=3, max_depth=1),
    "raywave.Device": lambda: canyon().get("tx"), "raywave.GradCheck": lambda: rw.gradcheck(rw.PathSolver(), canyon(), ["device/rx/position_m"], max_depth=0),
    "raywave.Horn": rw.Horn, "raywave.Material": lambda: rw.itu_material("brick"), "raywave.Object": lambda: rw.box("b", [0, 0, 0], 1, "brick"),
    "raywave.Parameter": lambda: canyon().parameters()["device/tx/position_m"], "raywave.PathSolver": rw.PathSolver, "raywave.Paths": paths,
    "raywave.Paths2D": lambda: rw.Scene2D.square_scene().trace(), "raywave.RadioMap": lambda: rw.RadioMapSolver()(canyon(), cell_size_m=20, max_depth=0),
    "raywave.RadioMapSolver": rw.RadioMapSolver, "raywave.Report": lambda: rw.Report("<html></html>"), "raywave.Ris": panel,
    "raywave.RisSolver": rw.RisSolver, "raywave.RisMapSolver": rw.RisMapSolver, "raywave.RisPaths": lambda: rw.RisSolver()(canyon(), [panel()], max_depth=0),
    "raywave.RisMap": lambda: rw.RisMapSolver()(canyon(), [panel()], center_m=[0, 0, 2], size_m=4, cell_size_m=2, max_depth=0),
    "raywave.ScatteredPower": lambda: rw.ScatteringSolver()(canyon(), tolerance=0.1, max_tiles=50), "raywave.ScatteringSolver": rw.ScatteringSolver,
    "raywave.Scene": canyon, "raywave.Scene2D": rw.Scene2D.square_scene,
    "raywave.Simulation": lambda: rw.simulate(canyon(), [0, 1], {"rx": [[30, 0, 1.5], [29, 0, 1.5]]}, paths=dict(max_depth=1)),
    "raywave.Trajectory": lambda: rw.Trajectory([0, 1], [[0, 0, 0], [1, 2, 3]]),
    "raywave.wave.Grid": lambda: wave.Grid(64, spacing_m=0.02), "raywave.wave.Object": lambda: wave.disc([0, 1], 0.2, "pec"), "raywave.wave.Scene": field,
    "raywave.wave.Parameter": lambda: next(iter(field().parameters().values())), "raywave.wave.Solver": wave.Solver, "raywave.wave.WaveResult": in_the_field,
    **{f"raywave.wave.{name}": getattr(wave, name) for name in ("ArraySource", "GaussianBeam", "PlaneWave", "PointSource", "SampledSource")},
    "raywave.signal.Annealing": lambda: signal.Annealing(0.1, 0.01), "raywave.signal.Fmcw": lambda: signal.Fmcw(**RADAR),
    "raywave.signal.Echoes": lambda: signal.Echoes([[[1.0]]], [1e-8], [0.0], frequency_hz=1e9), "raywave.signal.Ofdm": lambda: signal.ofdm("mu1", num_resource_blocks=1, num_symbols=1),
    "raywave.signal.Loss": lambda: signal.Loss("psf", signal.Fmcw(**RADAR), paths().samples(signal.Fmcw(**RADAR)), sigma_m=1.0),
    "raywave.signal.Spectrum": lambda: signal.Spectrum(), "raywave.formats.CirGenerator": lambda: formats.cir_generator([paths()]),
    "raywave.motion.Tracks": lambda: MAKE["raywave.Simulation"]().tracks,
    "raywave.differentiable.Function": lambda: differentiable.Function(canyon(), ["device/rx/position_m"], "path_gain", max_depth=0),
}




def map_loss():
    return rw.inverse.MapLoss(np.full((1, 2, 2), 1e-9))


def fit():
    scene, options = canyon(), dict(cell_size_m=20, max_depth=0)
    loss = rw.inverse.MapLoss(1.1 * rw.RadioMapSolver()(scene, **options).path_gain)
    return rw.fit(scene, {"device/tx/position_m": dict(components=[0])}, loss, solver=rw.RadioMapSolver(), steps=1, **options)


def powers():
    return rw.inverse.Powers(path_gain_db=[-80.0, -85.0, -90.0, -95.0], tx="tx", position_m=[[x, 1, 1.5] for x in (-20, -5, 10, 25)])


def as_wide_as_it_can(u_i, u_o):
    return u_o[:, 2]


def as_it_is(places):
    return {"relative_permittivity": places.base["relative_permittivity"]}


def places():
    return rw.materials.Places(np.zeros((1, 3)), np.array([[0, 0, 1.0]]), np.ones(1), 1e9, rw.materials.base_of(rw.itu_material("wood"), 1e9))


def calibration():
    return rw.calibrate(canyon(), powers(), {"material/concrete/relative_permittivity": dict(bounds=(1.5, 12))}, steps=2, max_depth=1)


def profiles():
    places = np.stack([np.arange(8.0), np.zeros(8), np.zeros(8)], axis=1)
    return rw.inverse.RangeProfiles(np.random.default_rng(1).normal(size=(8, 32)), np.arange(32) * 0.1, places)


def built(folder):
    from geo_support import box, geojson
    return rw.geo.build(geojson(folder / "houses.geojson", (box(0, 0, 10, 8), {"height": "6"})), folder / "town")


def campaign(folder):
    return rw.Campaign(folder / "one.zarr", scenes=CANYON, transmitters=[[-30, 0, 10]], receivers=[[30, 0, 1.5]], frequencies_hz=[3.5e9],
                       solver=dict(max_depth=0, samples_per_src=100)).create()


# of the rooms whose libraries are extras; those that are given a folder
MAKE |= {
    "raywave.inverse.MapLoss": map_loss, "raywave.inverse.Sum": lambda: rw.inverse.Sum((1, map_loss()), (2, map_loss())), "raywave.inverse.Fit": fit,
    "raywave.inverse.PointTarget": lambda: rw.inverse.PointTarget(np.zeros(3), 0.0, 1.0, 1.0), "raywave.inverse.RangeProfiles": profiles,
    "raywave.inverse.Variables": lambda: rw.inverse.Variables(["device/rx/position_m"], canyon().parameters()),
    "raywave.inverse.Powers": powers, "raywave.inverse.Channels": lambda: rw.inverse.Channels(np.ones((1, 1, 1, 1, 2)), frequencies_hz=[0.0, 1e6]),
    "raywave.inverse.Arrivals": lambda: rw.inverse.Arrivals(np.ones((1, 1, 4, 8))), "raywave.inverse.Calibration": calibration,
    "raywave.inverse.Coverage": lambda: rw.inverse.Coverage(-90.0), "raywave.inverse.SumRate": rw.inverse.SumRate,
    "raywave.inverse.Placement": lambda: rw.inverse.place_transmitters(canyon(), [rw.Transmitter("more", [0, 0, 8])], rw.inverse.SumRate(), count=1, cell_size_m=20, max_depth=0),
    "raywave.inverse.PatternSolver": lambda: rw.inverse.PatternSolver(degree=1),
    "raywave.materials.Lobe": lambda: rw.materials.Lobe("public", as_wide_as_it_can), "raywave.materials.Field": rw.materials.Field, "raywave.materials.Places": lambda: places(), "raywave.materials.Own": lambda: rw.materials.Own(as_it_is),
    "raywave.materials.Texture": lambda: rw.materials.Texture.over_face([[3.0, 4.0]], corner_m=[0, 0, 0], across_m=[1, 0, 0], up_m=[0, 0, 1]),
    "raywave.materials.Network": lambda: rw.materials.Network([0, 0, 0], [1, 1, 1], detail_m=0.5),
    "raywave.inverse.Told": lambda: calibration().told,
    "raywave.geo.Built": built, "raywave.geo.Frame": lambda folder: built(folder).frame, "raywave.geo.Report": lambda folder: built(folder).report,
    "raywave.campaigns.Campaign": campaign, "raywave.campaigns.Task": lambda folder: campaign(folder).missing()[0], "raywave.campaigns.Progress": lambda: rw.campaigns.Progress(5),
    "raywave.campaigns.Summary": lambda folder: campaign(folder).run(), "raywave.campaigns.Verification": lambda folder: campaign(folder).verify(),
    "raywave.campaigns.Failure": lambda folder: rw.campaigns.Failure(campaign(folder).missing()[0], "canyon", 0, 3.5e9, "tx0", ("rx0",), "too dark"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    held = {}

    def make(where):
        if where not in held:
            needs_folder = "folder" in inspect.signature(MAKE[where]).parameters
            held[where] = MAKE[where](*([tmp_path_factory.mktemp("made")] if needs_folder else []))
        return held[where]

    return make


# what is not a thing of its own to carry elsewhere, and why
ELSEWHERE = {
    "raywave.explore.Explorer": "a server at work", "raywave.differentiable.Output": "how a solver's derivatives are called: functions",
    **{f"raywave.differentiable.{name}": "the inside of Function" for name in ("Problem", "PathProblem", "ArrivalProblem", "ScatteringProblem", "MapProblem")},
}


@pytest.mark.parametrize("where", sorted(set(CLASSES) - set(ELSEWHERE)))
def test_everything_is_pickled_copied_and_says_what_it_is(where, made):
    assert where in MAKE, f"{where} is new: say in MAKE how one is made"
    thing = made(where)
    assert isinstance(thing, CLASSES[where])
    line = repr(thing)
    assert "\n" not in line and " at 0x" not in line and line.startswith(type(thing).__name__) or where == "raywave.Device"
    for way in (lambda x: pickle.loads(pickle.dumps(x)), copy.copy, copy.deepcopy):
        other = way(thing)
        assert type(other) is type(thing) and repr(other) == line


def test_arrival_maps_and_scattered_power_come_back_to_the_bit():
    scene = canyon()
    scene.materials["concrete"].scattering_coefficient = 0.4
    scene.crs, scene.origin_m = "EPSG:25833", [1, 2, 1 / 3]
    horn = rw.Horn(0.3, pattern=rw.PlanarArray(pattern="tr38901"))
    arrivals = [rw.ArrivalMapSolver()(scene, azimuths=8, elevations=5, max_depth=1, **words) for words in
                (dict(aperture=rw.Aperture.planar(3, 2, 0.04)), dict(antenna=horn), dict(aperture=rw.Aperture.circular(5, 0.1), delays_s=[1e-7, 2e-7], bandwidth_hz=1e8))]
    power = rw.ScatteringSolver()(scene, tolerance=0.1, max_tiles=50)
    for result in (*arrivals, power):
        came = pickle.loads(pickle.dumps(result))
        assert came.gain.tobytes() == result.gain.tobytes() and result.gain.max() > 0
        assert (came.crs, came.origin_m) == (scene.crs, tuple(scene.origin_m)) or list(came.origin_m) == list(scene.origin_m)
        one, other = (r.vjp(np.ones_like(r.gain)) for r in (result, came))
        assert one.keys() == other.keys() and all(np.asarray(one[k]).tobytes() == np.asarray(other[k]).tobytes() for k in one)
        tangent = {"device/rx/position_m": [0.1, 0, 0]}
        assert came.jvp(tangent).tobytes() == result.jvp(tangent).tobytes()
        assert pickle.dumps(came) == pickle.dumps(result) and copy.deepcopy(result) is result
        state = bytearray(result.__getstate__())
        state[len(state) // 2] ^= 1
        with pytest.raises(rw.Error, match="damaged"):
            type(result).__new__(type(result)).__setstate__(bytes(state))
    assert pickle.loads(pickle.dumps(arrivals[0])).peaks() == arrivals[0].peaks() and len(arrivals[0].paths) > 0
    assert repr(arrivals[0]) == "ArrivalMap(5 x 8 directions, 1 transmitter, 1 receiver, 3.5 GHz)"
