# SPDX-License-Identifier: Apache-2.0
"""The paths of a link are the same whichever other receivers there are: for many, more is asked beforehand."""

import numpy as np
import pytest

import raywave as rw


def scene_of(meshes, frequency_hz, tx, rxs):
    scene = rw.Scene()
    scene.frequency_hz = frequency_hz
    scene.add(rw.Material("metal", perfect_conductor=True))
    for name, (vertices, triangles) in meshes.items():
        scene.add(rw.Object(name, np.array(vertices, float), np.array(triangles), "metal"))
    scene.add(rw.Transmitter("tx", tx))
    for i, rx in enumerate(rxs):
        scene.add(rw.Receiver(f"rx{i}", rx))
    return scene


def num_paths(meshes, frequency_hz, tx, rxs, finder="shoot-and-bounce", max_depth=1):
    """[num_rx]"""
    scene = scene_of(meshes, frequency_hz, tx, rxs)
    paths = rw.PathSolver()(scene, max_depth=max_depth, diffraction=True, finder=finder, num_threads=1)
    return np.asarray(paths.valid).reshape(len(rxs), -1).sum(1).tolist()


def house(width, depth, height):
    """A house under a roof that lies 4 mm lower than the tops of its walls, within the seam tolerance."""
    x, y, ridge, eave = width, depth, height + 0.78, 0.22
    low = height - 0.78 / x * eave
    walls = [[-x, -y, 0], [x, -y, 0], [x, -y, height], [0, -y, ridge], [-x, -y, height]]
    walls += [[p[0], y, p[2]] for p in walls]
    triangles = []
    for first in (0, 5):  # the gables
        triangles += [[first, first + k, first + k + 1] for k in (1, 2, 3)]
    for a, b in ((0, 1), (1, 2), (4, 0)):
        triangles += [[a, b, b + 5], [a, b + 5, a + 5]]
    roof = [[-x - eave, -y, low], [0, -y, ridge], [0, y, ridge], [-x - eave, y, low]]
    roof += [[x + eave, -y, low], [x + eave, y, low]]
    roof = [[p[0], p[1], p[2] - 0.0043] for p in roof]
    return {"house": (walls, triangles), "roof": (roof, [[0, 1, 2], [0, 2, 3], [1, 4, 5], [1, 5, 2]])}


def test_corners_in_the_plane_of_both_devices_are_looked_at_for_many_receivers_as_for_one():
    one, many = [], []
    for seed in range(12):
        x, y, h = np.random.default_rng(seed).uniform([1, 1, 1], [2, 2.5, 2])
        tx, rx = [0.7 * x, -y, 0.2], [1.3 * x, -y, h + 1.1]  # rounding says on which side of the corner they are
        one += num_paths(house(x, y, h), 3.5e9, tx, [rx])
        many += num_paths(house(x, y, h), 3.5e9, tx, 4 * [rx])[:1]
    assert one == many
    assert min(one) > 2


@pytest.mark.parametrize("off", [-1e-4, 1e-4])
def test_a_wall_of_two_triangles_that_is_not_quite_plane_hides_nothing_before_it(off):
    """A corner lies a tenth of a millimetre beside the middle of the wall's side, as in files in single precision."""
    wall = ([[-25, 0, 30], [25, 0, 30], [0, 0, 0], [0, off, 30 + 1e-4]], [[0, 2, 3], [2, 1, 3]])
    plate = ([[-1, -2, 8], [1, -2, 8], [1, -2, 14], [-1, -2, 14]], [[0, 1, 2], [0, 2, 3]])
    meshes = {"wall": wall, "plate": plate}
    for i in range(5):  # behind the wall, seen over it by the transmitter
        x = i - 3
        behind = [[x, 4, 12], [x + 0.4, 4, 12], [x + 0.4, 4, 15], [x, 4, 15]]
        meshes[f"behind {i}"] = (behind, [[0, 1, 2], [0, 2, 3]])
    rng = np.random.default_rng(0)
    rxs = rng.uniform([-2, -12, 24], [2, -9, 26], (8, 3)).tolist()
    rxs += rng.uniform([-2, -6, 5], [2, -3, 12], (8, 3)).tolist()
    found = num_paths(meshes, 1e9, [3, -5, 60], rxs)
    assert found == num_paths(meshes, 1e9, [3, -5, 60], rxs, "exhaustive")
    assert min(found) > 4


@pytest.mark.parametrize("off", [-4e-5, 4e-5])
def test_no_ray_comes_through_a_wall_that_is_not_quite_plane(off):
    """Mirrored twice in one face it would be where it was."""
    wall = ([[0, -2, 0], [0, 2, 0], [0, 2, 3], [off, -2, 3]], [[0, 1, 2], [0, 2, 3]])
    rxs = [[-2, 0.1 * i, 1.2] for i in range(5)]
    scene = scene_of({"wall": wall}, 1e9, [2.5, 0.3, 1.7], rxs)
    assert len(rw.PathSolver()(scene, max_depth=2, num_threads=1, samples_per_src=65536)) == 0


@pytest.mark.parametrize("at", [[0, 0, 4], [0, 0, 1.7], [1.3, 0, 4], [1.3, 0, 1.7], [1.3, 1.1, 4]])
def test_a_wall_that_the_transmitter_stands_on_reflects_towards_edges_of_which_it_sees_no_end(at):
    """In a house without a floor: at a corner, on edges, on a wall, under the roof."""
    house = rw.box("house", center_m=[2, 1.5, 2], size_m=[4, 3, 4], material="metal")
    vertices, triangles = np.array(house.vertices_m), np.array(house.triangles)
    meshes = {"house": (vertices, triangles[vertices[triangles][:, :, 2].max(axis=1) > 0])}
    rxs = [[1, 1, 1], [3, 2, 0.5], [5.4, -0.9, 1.5], [2, -2, -1]]
    found, all_of_them = (num_paths(meshes, 2e9, at, rxs, finder, max_depth=2) for finder in ("shoot-and-bounce", "exhaustive"))
    assert found == all_of_them
    assert found == [num_paths(meshes, 2e9, rx, [at], max_depth=2)[0] for rx in rxs]
    assert max(found) > 40
