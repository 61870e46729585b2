# SPDX-License-Identifier: Apache-2.0
"""Scenes of the plane by chance against a twin in numpy that shares no code: brute force over all sequences, closed forms."""
import itertools
import math

import numpy as np
import pytest

import raywave as rw


def ends(o):
    return np.array(o["a"], float), np.array(o["b"], float)


def normal(o):
    a, b = ends(o)
    return np.array([(b - a)[1], -(b - a)[0]]) / math.dist(a, b)


def mirrored(p, o):
    return p - 2 * np.dot(p - ends(o)[0], normal(o)) * normal(o)


def met(p, along, o):
    """Where the line through p meets that of o."""
    across = np.dot(along, normal(o))
    return p if across == 0 else p + np.dot(ends(o)[0] - p, normal(o)) / across * along


def by_images(source, target, walls):
    images = [source]
    for w in walls:
        images.append(mirrored(images[-1], w))
    places = []
    for w, image in zip(walls[::-1], images[::-1]):
        places.insert(0, met(target, target - image, w))
        target = places[0]
    return places


def places_of(tx, rx, objects):
    """Walls between places that stand: a corner's own, and that which sends a surface's one direction to what comes after."""
    target, last, out = rx, len(objects), []
    for k in reversed(range(len(objects))):
        o = objects[k]
        if o["kind"] == "wall":
            continue
        at = np.array(o["a"], float)
        if o["kind"] == "ris":
            image = target
            for w in reversed(objects[k + 1:last]):
                image = mirrored(image, w)
            c, s, n = math.cos(o["phi_rad"]), math.sin(o["phi_rad"]), normal(o)
            at = met(image, -np.array([c * n[0] + s * n[1], c * n[1] - s * n[0]]), o)
        out = [at, *by_images(at, target, objects[k + 1:last]), *out]
        target, last = at, k
    return [tx, *by_images(tx, target, objects[:last]), *out, rx]


def loss_of(points, objects):
    total = 0.0
    for (a, b, c), o in zip(zip(points, points[1:], points[2:]), objects):
        if o["kind"] == "corner":
            continue
        i, r, n = (b - a) / math.dist(a, b), (c - b) / math.dist(b, c), normal(o)
        wanted = i - 2 * np.dot(i, n) * n
        if o["kind"] == "ris":
            c, s = math.cos(o["phi_rad"]), math.sin(o["phi_rad"])
            wanted = -np.array([c * n[0] + s * n[1], c * n[1] - s * n[0]])
        total += float(((r - wanted) ** 2).sum())
    return total


def margin_of(points, sequence, objects):
    """Least of all conditions, as docs/plane.md says them."""
    margin = 0.01 - loss_of(points, [objects[i] for i in sequence])
    for p, i in zip(points[1:], sequence):
        if objects[i]["kind"] != "corner":
            a, b = ends(objects[i])
            t = np.dot(p - a, b - a) / np.dot(b - a, b - a)
            margin = min(margin, t, 1 - t)
    for k, (p, q) in enumerate(zip(points, points[1:])):
        for j, o in enumerate(objects):
            if o["kind"] == "corner" or j in sequence[max(k - 1, 0):k + 1]:
                continue
            a, b = ends(o)
            system = np.column_stack([q - p, a - b])
            if np.linalg.det(system) != 0:
                u, w = np.linalg.solve(system, a - p)
                margin = min(margin, -min(u + 0.005, 1.005 - u, w + 0.005, 1.005 - w))
    return margin


def scene_by_chance(rng, kinds):
    scene = rw.Scene2D()
    for i in range(rng.integers(2, 6)):
        kind = rng.choice(kinds)
        a, b = rng.uniform(0, 1, (2, 2))
        if kind == "corner":
            scene.add_corner(f"o{i}", a)
        elif kind == "ris":
            scene.add_ris(f"o{i}", a, b, rng.uniform(-1.5, 1.5))
        else:
            scene.add_wall(f"o{i}", a, b)
    scene.transmitters = {"tx": rng.uniform(0, 1, 2)}
    scene.receivers = {"rx": rng.uniform(0, 1, 2)}
    return scene


@pytest.mark.parametrize("kinds, method", [(["wall"], "image"), (["wall"], "min-path"), (["wall", "ris", "corner"], "min-path")])
def test_hard_and_smoothed_paths_are_those_of_the_twin(kinds, method):
    for seed in range(40):
        scene = scene_by_chance(np.random.default_rng(seed), kinds)
        objects, names = scene.objects, [o["name"] for o in scene.objects]
        words = dict(max_order=2, method=method, keep_invalid=True)
        hard = {tuple(map(names.index, p.objects)): p for p in scene.trace(**words)}
        soft = {tuple(map(names.index, p.objects)): p for p in scene.trace(approx=True, activation="sigmoid", alpha=30, **words)}
        for order in range(3):
            for sequence in itertools.product(range(len(objects)), repeat=order):
                if any(i == j for i, j in zip(sequence, sequence[1:])):
                    continue
                points = places_of(np.array(scene.transmitters["tx"]), np.array(scene.receivers["rx"]), [objects[i] for i in sequence])
                margin = margin_of(points, sequence, objects)
                length = sum(map(math.dist, points, points[1:]))
                path = hard[sequence]
                assert abs(margin) < 1e-9 or path.valid == (margin > 0), (seed, sequence, margin)
                if margin > 0:
                    assert path.length_m == pytest.approx(length, rel=1e-12) and path.power == pytest.approx(0.5 ** order / (0.01 + length ** 2), rel=1e-12)
                    assert soft[sequence].valid == pytest.approx(1 / (1 + math.exp(-30 * margin)), abs=1e-9)


def moved(scene, place, size):
    there = rw.Scene2D()
    for o in scene.objects:
        there._add(o["kind"], o["name"], {k: place(np.array(v)) if k in ("a", "b") else v for k, v in o.items() if k not in ("kind", "name")})
    there.transmitters, there.receivers = ({n: place(np.array(at)) for n, at in side.items()} for side in (scene.transmitters, scene.receivers))
    there.height_m = size * scene.height_m
    return there


@pytest.mark.parametrize("where, size", [((1e6, -1e6), 1), ((1e3, 7), 1), ((0, 0), 1e-3), ((0, 0), 1e3), ((-3e5, 2e5), 30)])
def test_a_path_holds_wherever_the_scene_lies_and_however_large_it_is(where, size):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        scene = scene_by_chance(rng, ["wall", "ris", "corner"])
        turn = rng.uniform(0, 7)
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        there = moved(scene, lambda p, r=rotation: size * (r @ p) + where, size)
        words = dict(max_order=2, method="min-path", approx=True, activation="sigmoid", alpha=20)
        here, other = scene.trace(**words), there.trace(**words)
        rounding = 1e-9 + 1e-14 * np.abs(where).max() / size
        # places of a smoothed path that does not hold may lie far away
        assert other.valid == pytest.approx(here.valid, abs=1e5 * rounding)
        kept = here.valid > 0.51
        assert other.length_m[kept] / size == pytest.approx(here.length_m[kept], abs=1e3 * rounding)
        assert other.power[kept] * size ** 2 == pytest.approx(here.power[kept], rel=1e4 * rounding)


def test_walls_in_pieces_have_the_same_paths_but_at_their_joints():
    for seed in range(15):
        rng = np.random.default_rng(seed)
        walls, tx, points = rng.uniform(0, 1, (3, 2, 2)), rng.uniform(0, 1, 2), rng.uniform(0, 1, (30, 2))
        shares = [0, 0.37, 0.61, 1]
        pieces = [[a + s * (b - a), a + t * (b - a)] for a, b in walls for s, t in zip(shares, shares[1:])]
        joints = [(a + s * (b - a), math.dist(a, b)) for a, b in walls for s in shares]
        found = []
        for ends_of_walls in (walls, pieces):
            scene = rw.Scene2D.from_walls(ends_of_walls)
            scene.transmitters, scene.receivers = {"tx": tx}, {f"rx{i}": p for i, p in enumerate(points)}
            found.append([[] for _ in points])
            for path in scene.trace(max_order=2):
                found[-1][int(path.rx[2:])].append(path)
        for whole, cut in zip(*found):
            if sorted(round(p.length_m, 9) for p in whole) == sorted(round(p.length_m, 9) for p in cut):
                continue
            # stretches and walls count as 0.5 % longer at either end, so pieces end elsewhere
            stretches = [(q, r - q) for p in whole + cut for q, r in zip(p.vertices, p.vertices[1:])]
            away = [(math.dist(j, q + np.clip(np.dot(j - q, d) / np.dot(d, d), 0, 1) * d), max(size, math.hypot(*d))) for q, d in stretches for j, size in joints]
            assert min(distance / size for distance, size in away) < 0.012, seed
