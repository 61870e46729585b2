# SPDX-License-Identifier: Apache-2.0
"""Materials that vary where rays walk: Monte Carlo maps and sampled power, against the plain material, exact maps and tiles with the same field; the batches in which they are asked."""
import numpy as np
import pytest

import raywave as rw
from raywave import materials

WORDS = ("relative_permittivity", "conductivity_s_per_m", "thickness_m", "scattering_coefficient", "xpd_coefficient")
OTHER = (6.5, 0.3, 0.14, 0.5, 0.1)
WALL = dict(corner_m=[0, 0, 0], across_m=[4, 0, 0], up_m=[0, 0, 3])
MAP = dict(method="monte-carlo", center_m=[1.8, 1.4, 1.3], size_m=[2.0, 1.2], cell_size_m=0.4, samples_per_tx=40_000, los=False)


def scene_of(scattering=0.3):
    """A wall that varies, and a floor."""
    scene = rw.Scene()
    scene.frequency_hz = 3e9
    scene.add(rw.Material("plaster", relative_permittivity=4.0, conductivity_s_per_m=0.1, thickness_m=0.1, scattering_coefficient=scattering, xpd_coefficient=0.2))
    scene.add(rw.itu_material("concrete", 0.2))
    scene.add(rw.Object("wall", [[0, 0, 0], [4, 0, 0], [4, 0, 3], [0, 0, 3]], [[0, 1, 2], [0, 2, 3]], "plaster"))
    scene.add(rw.Object("floor", [[-2, -3, 0], [6, -3, 0], [6, 5, 0], [-2, 5, 0]], [[0, 1, 2], [0, 2, 3]], "concrete"))
    scene.add(rw.Transmitter("tx", [0.7, 1.6, 1.7]))
    scene.add(rw.Receiver("rx", [3.1, 1.2, 1.4]))
    scene.add(rw.Receiver("behind", [2.3, -1.1, 1.2]))
    return scene


def everywhere(values):
    return materials.Texture.over_face(np.broadcast_to(values, (2, 2, len(values))).copy(), quantities=WORDS[:len(values)], **WALL)


def other_scene():
    scene = scene_of()
    for word, value in zip(WORDS, OTHER):
        scene.set_parameter(f"material/plaster/{word}", value)
    return scene


def halves():
    """Left of the middle as the scene has it but for S, right of it another: a step of 4 cm."""
    image = np.empty((2, 102, 5))
    image[:, :51], image[:, 51:] = (4.0, 0.1, 0.1, 0.8, 0.2), (9.0, 0.5, 0.2, 0.2, 0.05)
    return materials.Texture.over_face(image, quantities=WORDS, **WALL)


MAPS = {"mirrors": dict(max_depth=2), "passes": dict(max_depth=2, refraction=True), "edges": dict(max_depth=2, diffraction=True), "scatters": dict(max_depth=2, diffuse_reflection=True),
        "lobes": dict(max_depth=2, diffuse_reflection=True, reflection="directional", lobe="von_mises_fisher(kappa=8)"),
        "edge-on": dict(max_depth=2, center_m=[1.8, 1.4, 1.7]), "mesh": dict(max_depth=1, measurement_surface="floor", center_m=None, size_m=None, diffuse_reflection=True)}


@pytest.mark.parametrize("kind", MAPS)
def test_a_map_with_a_texture_of_one_value_is_that_of_the_material(kind):
    words = {**MAP, **MAPS[kind]}
    field = {"plaster": everywhere(OTHER)}
    plain, wanted = (rw.RadioMapSolver()(s, **words).path_gain for s in (scene_of(), other_scene()))
    varied = rw.RadioMapSolver()(scene_of(), materials=field, **words).path_gain
    # coefficients are those of the place, not of a table: 1e-5; where chance is asked about them a ray in 1e5 goes another way
    assert np.abs(varied - wanted).sum() < 1e-3 * wanted.sum() and np.abs(plain - wanted).sum() > 0.02 * wanted.sum()
    if kind in ("mirrors", "edges", "edge-on"):
        assert np.abs(varied / wanted - 1).max() < 1e-4


@pytest.mark.parametrize("reflection", (None, "von_mises_fisher(kappa=8)"))
def test_power_with_a_texture_of_one_value_is_that_of_the_material(reflection):
    words = dict(method="sampled", max_depth=3, refraction=True, samples_per_tx=20_000, reflection=reflection)
    wanted, varied = rw.ScatteringSolver()(other_scene(), **words), rw.ScatteringSolver()(scene_of(), materials={"plaster": everywhere(OTHER)}, **words)
    assert varied.gain == pytest.approx(wanted.gain, rel=1e-3) and varied.error == pytest.approx(wanted.error, rel=1e-2)


def within(sampled, error, wanted, of_wanted):
    return np.abs(sampled - wanted) / np.hypot(error, of_wanted * wanted)


def test_a_monte_carlo_map_agrees_with_the_exact_map_of_the_same_field():
    scene, field = scene_of(), {"plaster": halves()}
    scene.remove("floor")
    words = {**MAP, "center_m": [2.0, 1.2, 1.3], "size_m": [1.6, 0.8], "cell_size_m": 0.8, "samples_per_tx": 1_000_000, "max_depth": 1, "diffuse_reflection": True, "materials": field}
    walks = rw.RadioMapSolver()(scene, **words)
    # where the paint changes the mirrors' power does, too: a mean over 64 places a cell
    fine = rw.RadioMapSolver()(scene, **{**words, "method": "exact", "scattering_tolerance": 1e-2, "cell_size_m": 0.1}).path_gain
    exact = fine.reshape(1, 1, 8, 2, 8).mean(axis=(2, 4))
    assert (walks.standard_error < 0.07 * walks.path_gain).all() and within(walks.path_gain, walks.standard_error, exact, 1e-2).max() < 3
    own = rw.RadioMapSolver()(scene, **{**words, "materials": None})
    assert within(own.path_gain, own.standard_error, exact, 1e-2).max() > 5  # and not with the scene's material


@pytest.mark.parametrize("words", (dict(diffuse=True), dict(diffuse=True, reflection="von_mises_fisher(kappa=10)")))
def test_sampled_power_agrees_with_tiles_of_the_same_field(words):
    scene, field = scene_of(), {"plaster": halves()}
    scene.remove("behind")
    walks = rw.ScatteringSolver()(scene, method="sampled", max_depth=1, samples_per_tx=400_000, materials=field, **words)
    tiles = rw.ScatteringSolver()(scene, max_depth=1, tolerance=1e-3, materials=field, **words)
    own = rw.ScatteringSolver()(scene, max_depth=1, tolerance=1e-3, **words)
    assert walks.error.max() < 0.02 * walks.gain.min()
    assert within(walks.gain, walks.error, tiles.gain, 2e-3).max() < 3.5 < within(walks.gain, walks.error, own.gain, 2e-3).max()


def test_mirrors_behind_a_place_vary_too():
    """The floor scatters towards receivers over the wall's mirror, which varies."""
    scene = scene_of(scattering=0.0)
    scene.materials["concrete"].scattering_coefficient = 0.6
    scene.remove("behind")
    field = {"plaster": materials.Texture.over_face(np.array([[2.0, 12.0], [2.0, 12.0]]), **WALL)}
    walks = rw.ScatteringSolver()(scene, method="sampled", max_depth=2, samples_per_tx=400_000, materials=field)
    tiles, own = (rw.ScatteringSolver()(scene, max_depth=2, tolerance=1e-3, materials=f) for f in (field, None))
    assert within(walks.gain, walks.error, tiles.gain, 2e-3).max() < 3.5 < within(walks.gain, walks.error, own.gain, 2e-3).max()


class Counted(materials.Field):
    """Asks another, and remembers how many places there were."""

    quantities = ("relative_permittivity",)

    def __init__(self):
        self.batches = []

    def values(self, places):
        self.batches.append(len(places))
        return 4 + np.sin(3 * places.point_m[:, :1]) + 0.5 * places.cos_incidence[:, None]


@pytest.mark.parametrize("kind", ("mirrors", "edges", "lobes"))
def test_the_bits_and_the_batches_are_the_same_for_any_number_of_threads(kind):
    scene, first, second = scene_of(), Counted(), Counted()
    one, three = (rw.RadioMapSolver()(scene, materials={"plaster": f}, num_threads=n, **{**MAP, **MAPS[kind]}) for f, n in ((first, 1), (second, 3)))
    assert np.array_equal(one.path_gain, three.path_gain) and np.array_equal(one.standard_error, three.standard_error, equal_nan=True)
    assert sorted(first.batches) == sorted(second.batches)
    words = dict(method="sampled", max_depth=2, samples_per_tx=20_000)
    one, three = (rw.ScatteringSolver()(scene, materials={"plaster": f}, num_threads=n, **words) for f, n in ((first, 1), (second, 3)))
    assert np.array_equal(one.gain, three.gain) and np.array_equal(one.error, three.error)


def test_a_function_is_asked_in_batches():
    scene, field = scene_of(), Counted()
    rw.RadioMapSolver()(scene, materials={"plaster": field}, **{**MAP, "samples_per_tx": 300_000}, max_depth=2, diffuse_reflection=True)
    assert len(field.batches) <= 3 * 128 and sum(field.batches) > 50_000  # 64 parts of up to two blocks, three depths; a fifth of all rays
    field.batches.clear()
    rw.ScatteringSolver()(scene, materials={"plaster": field}, method="sampled", max_depth=2, samples_per_tx=300_000)
    assert len(field.batches) <= 3 * 128 and sum(field.batches) > 50_000


def test_a_field_that_scatters_where_the_scene_does_not():
    """Rays need no tiles: they scatter where the field says so."""
    scene = scene_of(scattering=0.0)
    scene.materials["plaster"].xpd_coefficient = 0.0
    field = {"plaster": materials.Texture.over_face(np.full((2, 2), 0.5), quantities="scattering_coefficient", **WALL)}
    other = scene_of(scattering=0.5)
    other.materials["plaster"].xpd_coefficient = 0.0
    words = {**MAP, "max_depth": 1, "diffuse_reflection": True}
    varied, wanted = rw.RadioMapSolver()(scene, materials=field, **words), rw.RadioMapSolver()(other, **words)
    assert np.abs(varied.path_gain - wanted.path_gain).sum() < 1e-3 * wanted.path_gain.sum() and (varied.standard_error > 0).all()


def test_errors_of_fields_reach_the_caller():
    scene = scene_of()
    for function, words in ((lambda at: {"relative_permittivity": np.full(len(at), np.nan)}, "plaster.*not finite"), (lambda at: {"relative_permittivity": np.full(len(at), 0.5)}, "relative_permittivity must be >= 1"),
                            (lambda at: {"relative_permittivity": np.ones(3)}, "gives other than"), (lambda at: 1 / 0, "division")):
        field = {"plaster": materials.Own(function, "relative_permittivity")}
        with pytest.raises((rw.Error, ZeroDivisionError), match=words):
            rw.RadioMapSolver()(scene, materials=field, max_depth=1, **MAP)
        with pytest.raises((rw.Error, ZeroDivisionError), match=words):
            rw.ScatteringSolver()(scene, materials=field, method="sampled", samples_per_tx=1000)


def test_what_samples_with_fields_cannot_do_is_said():
    scene, field = scene_of(), {"plaster": everywhere(OTHER)}
    radio_map = rw.RadioMapSolver()(scene, materials=field, max_depth=1, **MAP)
    with pytest.raises(rw.Error, match="materials vary have no derivative"):
        radio_map.vjp(path_gain=np.ones_like(radio_map.path_gain))
    power = rw.ScatteringSolver()(scene, materials=field, method="sampled", samples_per_tx=1000)
    with pytest.raises(rw.Error, match="no derivative"):
        power.vjp(np.ones((2, 1)))
