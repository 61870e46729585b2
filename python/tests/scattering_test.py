# SPDX-License-Identifier: Apache-2.0
"""Scattered power from Python: against numpy's sum, gradients, what is refused. Its laws are tested in C++."""
import numpy as np
import pytest

import raywave as rw


def patch(scattering=0.7, pattern="lambertian"):
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    metal = rw.Material("metal", perfect_conductor=True, scattering_coefficient=scattering)
    metal.scattering_pattern = pattern
    scene.add(metal)
    corners = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]])
    scene.add(rw.Object("patch", corners, np.array([[0, 1, 2], [0, 2, 3]]), "metal"))
    both = rw.PlanarArray(polarization="VH")
    scene.add(rw.Transmitter("tx", [-1.3, 0.4, 1.7], array=both))
    scene.add(rw.Receiver("rx", [0.9, -0.7, 2.2], array=both))
    return scene


def test_a_lambertian_patch_is_its_integral():
    scene = patch()
    power = rw.ScatteringSolver()(scene)
    middle = (np.arange(400) + 0.5) / 400 - 0.5
    p = np.stack([*np.meshgrid(middle, middle, indexing="ij"), np.zeros((400, 400))], axis=-1)
    into, out = p - scene.transmitters["tx"].position_m, np.array(scene.receivers["rx"].position_m) - p
    r1, r2 = np.linalg.norm(into, axis=-1), np.linalg.norm(out, axis=-1)
    density = (-into[..., 2] / r1) * (out[..., 2] / r2) / np.pi / (r1 * r2) ** 2
    expected = 0.5 * 0.49 * (299792458.0 / 28e9 / (4 * np.pi)) ** 2 * density.mean()
    assert power.gain.shape == (1, 1) and power.num_tiles[0, 0] > 0
    np.testing.assert_allclose(power.gain, expected, rtol=2e-4)
    assert power.error[0, 0] <= 1e-4 * expected and power.shaded[0, 0] == 0


def test_gradients_are_those_of_differences():
    scene = patch(pattern="directive(alpha_r=4)")
    scene.materials["metal"].perfect_conductor = False
    scene.materials["metal"].relative_permittivity = 5
    names = ["device/tx/position_m", "device/rx/position_m", "material/metal/scattering_coefficient", "material/metal/xpd_coefficient",
             "material/metal/relative_permittivity", "object/patch/translation_m", "frequency_hz"]
    scene.materials["metal"].xpd_coefficient = 0.2
    check = rw.gradcheck(rw.ScatteringSolver(), scene, names, of="gain", tolerance=1e-4, reflection="von_mises_fisher(kappa=9)")
    assert check, check


@pytest.mark.parametrize("words, message", [
    (dict(diffuse=False), "diffuse or a lobe"), (dict(reflection="von_mises_fisher(kappa=-2)"), "kappa must be > 0"), (dict(tolerance=0), "tolerance must be > 0"),
    (dict(reflection="von_mises_fischer(kappa=2)"), "did you mean 'von_mises_fisher'"), (dict(reflection=3), "takes a lobe as text")])
def test_what_is_refused(words, message):
    with pytest.raises(rw.Error, match=message):
        rw.ScatteringSolver()(patch(), **words)


def test_sharp_lobes_on_large_grounds_stay_small():
    """Tiles are cut where the lobe is, however large the plane, and no more of them than are allowed."""
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    scene.add(rw.itu_material("concrete"))
    half = 500.0
    scene.add(rw.Object("ground", np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]]), np.array([[0, 1, 2], [0, 2, 3]]), "concrete"))
    scene.add(rw.Transmitter("tx", [-9, 0.3, 8]))
    scene.add(rw.Receiver("rx", [11, -0.2, 3]))
    mirror = rw.PathSolver()(scene, max_depth=1, los=False).path_gain[0, 0]
    for kappa, off in ((1e2, 0.2), (1e4, 0.005), (1e6, 0.001)):
        found = rw.ScatteringSolver()(scene, diffuse=False, reflection=f"von_mises_fisher(kappa={kappa})")
        assert found.num_tiles[0, 0] < 20000 and found.gain[0, 0] == pytest.approx(mirror, rel=off), kappa
    with pytest.warns(UserWarning, match="max_tiles"):
        few = rw.ScatteringSolver()(scene, diffuse=False, reflection="von_mises_fisher(kappa=100)", max_tiles=300)
    assert few.num_tiles[0, 0] <= 420 and few.error[0, 0] == np.inf
    with pytest.raises(rw.Error, match="slope must be"):
        rw.ScatteringSolver()(scene, reflection="half_vector(slope=1e-200)")
