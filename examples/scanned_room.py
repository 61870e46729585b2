# SPDX-License-Identifier: Apache-2.0
"""Rooms as a depth camera sees them: an authored furnished room and a conference hall are seen from many places with the sensor's noise, holes and clutter,
the images fused into a signed distance, and its zero level is the mesh that a scan gives. True and reconstructed scenes are written as folders.

    python examples/scanned_room.py OUT [--noise 0.02] [--voxel 0.05] [--hall]

Needs scikit-image for marching cubes: pip install 'raywave[scan]'."""
import argparse
import pathlib

import numpy as np

import raywave as rw
from raywave._requirements import need


def room():
    """7 x 5 x 2.8 m: a wardrobe that hides a corner, a screen, a table, shelves; all closed bodies."""
    scene = shell([7.0, 5.0, 2.8], dict(walls="plasterboard", floor="wood", ceiling="concrete"))
    for name, low, high, material in (
            ("wardrobe", [0.05, 3.2, 0.05], [0.65, 4.9, 2.1], "wood"), ("partition", [3.0, 0.02, 0.05], [3.15, 3.0, 2.75], "brick"), ("table", [4.4, 1.6, 0.70], [6.0, 2.6, 0.78], "wood"),
            ("cabinet", [6.3, 3.4, 0.05], [6.95, 4.9, 1.3], "metal"), ("sofa", [0.8, 0.2, 0.08], [2.6, 1.0, 0.75], "chipboard"), ("shelf", [4.2, 4.6, 0.05], [5.6, 4.95, 1.9], "chipboard")):
        scene.add(block(name, low, high, material))
    return scene


def hall():
    """16 x 11 x 4.5 m: rows of benches, a stage, pillars, a control booth that hides a corner."""
    scene = shell([16.0, 11.0, 4.5], dict(walls="concrete", floor="wood", ceiling="plasterboard"))
    for name, low, high, material in (
            ("stage", [0.05, 2.0, 0.02], [2.5, 9.0, 0.6], "wood"), ("booth", [12.5, 7.5, 0.02], [15.9, 7.7, 3.0], "brick"), ("booth_side", [12.3, 7.5, 0.02], [12.5, 10.9, 3.0], "brick"),
            ("pillar_1", [5.0, 3.3, 0.02], [5.5, 3.8, 4.4], "concrete"), ("pillar_2", [10.0, 7.2, 0.02], [10.5, 7.7, 4.4], "concrete"), ("screen", [2.55, 3.5, 1.2], [2.65, 7.5, 3.4], "glass"),
            *((f"bench_{k}", [6.2 + 1.4 * k, 1.2, 0.35], [6.7 + 1.4 * k, 6.6, 0.85], "wood") for k in range(5))):
        scene.add(block(name, low, high, material))
    return scene


def shell(size, names):
    scene = rw.Scene()
    scene.frequency_hz = 28e9
    for name in ("plasterboard", "wood", "concrete", "brick", "metal", "chipboard", "glass"):
        material = rw.itu_material(name, 0.3 if name in ("concrete", "brick") else 0.03)
        if name != "metal":
            material.scattering_coefficient = 0.2
        scene.add(material)
    x, y, z = size
    for name, corners, material in (("floor", [[0, 0, 0], [x, 0, 0], [x, y, 0], [0, y, 0]], names["floor"]), ("ceiling", [[0, 0, z], [x, 0, z], [x, y, z], [0, y, z]], names["ceiling"]),
                                    ("south", [[0, 0, 0], [x, 0, 0], [x, 0, z], [0, 0, z]], names["walls"]), ("north", [[0, y, 0], [x, y, 0], [x, y, z], [0, y, z]], names["walls"]),
                                    ("west", [[0, 0, 0], [0, y, 0], [0, y, z], [0, 0, z]], names["walls"]), ("east", [[x, 0, 0], [x, y, 0], [x, y, z], [x, 0, z]], names["walls"])):
        scene.add(rw.Object(name, corners, [[0, 1, 2], [0, 2, 3]], material))
    return scene


def block(name, low, high, material):
    low, high = np.array(low), np.array(high)
    return rw.box(name, center_m=list((low + high) / 2), size_m=list(high - low), material=material)


# ------------------------------------------------------------------------------------------------------------------ the camera

def triangles_of(scene):
    """Corners [n, 3, 3] and the material of each."""
    corners, labels, names = [], [], list(scene.materials)
    for item in scene.objects.values():
        own = np.array(item.vertices_m)[np.array(item.triangles).astype(int)]
        corners.append(own)
        labels += [names.index(item.material)] * len(own)
    return np.concatenate(corners), np.array(labels)


def cast(corners, origin, directions):
    """Distance to the nearest triangle along each direction (inf where none) and its index."""
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    best, which = np.full(len(directions), np.inf), np.full(len(directions), -1)
    s = origin - a
    q = np.cross(s, e1)
    for k in range(len(corners)):
        p = np.cross(directions, e2[k])
        det = p @ e1[k]
        with np.errstate(divide="ignore", invalid="ignore"):
            u, v, t = (p @ s[k]) / det, (directions @ q[k]) / det, (q[k] @ e2[k]) / det
        hit = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-6) & (t < best)
        best[hit], which[hit] = t[hit], k
    return best, which


class Camera:
    """A pinhole of so many columns and rows and a horizontal field of view."""

    def __init__(self, columns=128, rows=96, view_rad=1.4):
        self.columns, self.rows, self.focal = columns, rows, columns / 2 / np.tan(view_rad / 2)

    def rays(self, yaw, pitch):
        """Directions [rows, columns, 3] whose component along the axis is 1, and the axes (forward, right, up)."""
        forward = np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)])
        right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
        up = np.cross(right, forward)
        x = (np.arange(self.columns) + 0.5 - self.columns / 2) / self.focal
        y = (np.arange(self.rows) + 0.5 - self.rows / 2) / self.focal
        return forward + x[None, :, None] * right + -y[:, None, None] * up, (forward, right, up)


def depth_images(scene, camera, places, *, noise_m, holes=0.04, clutter=0.01, seed=1):
    """[(place, axes, depth [rows, columns], label)]: depth along the axis with noise that grows with its square (noise_m at 3 m, and half of that as an error common
    to patches of 8 x 8 pixels), missing at grazing incidence, beyond 8 m and in patches; clutter: patches in front of what is there."""
    random, (corners, labels) = np.random.default_rng(seed), triangles_of(scene)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    images = []
    for place, yaw, pitch in places:
        rays, axes = camera.rays(yaw, pitch)
        flat = rays.reshape(-1, 3)
        depth, which = cast(corners, np.array(place), flat)
        cosine = np.abs((normals[which] * flat).sum(axis=1)) / np.linalg.norm(flat, axis=1)
        depth, label = depth.reshape(rays.shape[:2]), labels[which].reshape(rays.shape[:2])
        patches = random.normal(size=((camera.rows + 7) // 8, (camera.columns + 7) // 8)).repeat(8, axis=0).repeat(8, axis=1)[:camera.rows, :camera.columns]
        depth = depth + noise_m * (depth / 3) ** 2 * (random.normal(size=depth.shape) + 0.5 * patches)
        depth[(cosine.reshape(depth.shape) < 0.12) | (depth > 8.0)] = np.nan
        for count, what in ((holes, "hole"), (clutter, "clutter")):
            for _ in range(random.poisson(count * depth.size / 64)):
                r, c = random.integers(camera.rows), random.integers(camera.columns)
                part = (slice(r, r + 8), slice(c, c + 8))
                depth[part] = np.nan if what == "hole" else depth[part] * random.uniform(0.4, 0.9)
        images.append((np.array(place), axes, depth, label))
    return images


def walk(size, count, seed=2):
    """Places at the height of a hand, each looked around from."""
    random, places = np.random.default_rng(seed), []
    for k in range(count):
        place = [random.uniform(0.15, 0.85) * size[0], random.uniform(0.15, 0.85) * size[1], random.uniform(1.2, 1.9)]
        places += [(place, yaw + random.uniform(-0.3, 0.3), pitch) for yaw in np.arange(5) * 2 * np.pi / 5 for pitch in (-0.6, 0.1, 0.7)]
    return places


def outside(scene, places):
    """Places that are not within a body."""
    corners, _ = triangles_of(scene)
    return [p for p in places if cast(corners, np.array(p[0]), np.array([[0.31, 0.21, 0.93], [-0.31, 0.27, -0.91], [0.93, 0.1, 0.2], [-0.95, 0.1, -0.1]]))[0].min() > 0.15]


# ------------------------------------------------------------------------------------------------------------------ the fusion

def fuse(images, camera, low, high, voxel_m, num_labels):
    """Signed distance (positive in front), told to two voxels behind what is seen and truncated at four before it: the mean over all images that see a voxel; how many these are; the label seen most often."""
    counts = np.ceil((np.array(high) - low) / voxel_m).astype(int) + 1
    axes = [low[a] + voxel_m * np.arange(counts[a]) for a in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    total, weight, images_of, votes = np.zeros(len(points)), np.zeros(len(points)), np.zeros(len(points), dtype=np.uint16), np.zeros((len(points), num_labels), dtype=np.uint16)
    far = 4 * voxel_m
    for place, (forward, right, up), depth, label in images:
        rest = points - place
        z = rest @ forward
        near = np.flatnonzero((z > 0.2) & (z < 8.2))
        column = np.floor(rest[near] @ right / z[near] * camera.focal + camera.columns / 2).astype(int)
        row = np.floor(-(rest[near] @ up) / z[near] * camera.focal + camera.rows / 2).astype(int)
        seen = (column >= 0) & (column < camera.columns) & (row >= 0) & (row < camera.rows)
        near, row, column = near[seen], row[seen], column[seen]
        d = depth[row, column] - z[near]
        use = np.isfinite(d) & (d > -2 * voxel_m)
        near, d, row, column = near[use], d[use], row[use], column[use]
        own = 1 / (1 + (z[near] / 3) ** 4)  # the noise's variance goes with the fourth power
        total[near] += own * np.minimum(d, far)
        weight[near] += own
        images_of[near] += 1
        close = np.abs(d) < 2 * voxel_m
        votes[near[close], label[row[close], column[close]]] += 1
    distance = np.where(weight > 0, total / np.maximum(weight, 1e-12), np.nan)
    return distance.reshape(counts), images_of.reshape(counts), votes.argmax(axis=1).reshape(counts), axes


def reconstruct(scene, images, camera, voxel_m):
    """The scene that a scan gives: the zero level of the fused distance as a mesh, by material."""
    measure = need("skimage.measure", "marching cubes", "scan")
    corners, _ = triangles_of(scene)
    low, high = corners.reshape(-1, 3).min(axis=0) - 4 * voxel_m, corners.reshape(-1, 3).max(axis=0) + 4 * voxel_m
    names = list(scene.materials)
    distance, seen, labels, _ = fuse(images, camera, low, high, voxel_m, len(names))
    known = seen >= 2  # one image alone may be clutter; far ones weigh little, but a wall that is only seen from afar is there
    vertices, faces, _, _ = measure.marching_cubes(np.where(known, distance, 4 * voxel_m), level=0.0, spacing=(voxel_m,) * 3)
    # A vertex lies between two grid points: where one of them was not seen, there is no surface but the end of what is known.
    ends = [np.clip(f(vertices / voxel_m + shift).astype(int), 0, np.array(known.shape) - 1) for f, shift in ((np.floor, 1e-4), (np.ceil, -1e-4))]
    faces = faces[(known[tuple(ends[0].T)] & known[tuple(ends[1].T)])[faces].all(axis=1)]
    vertices = vertices + low
    cell = np.clip(((vertices[faces].mean(axis=1) - low) / voxel_m).round().astype(int), 0, np.array(labels.shape) - 1)
    of = labels[tuple(cell.T)]
    out = rw.Scene()
    out.frequency_hz = scene.frequency_hz
    for material in scene.materials.values():
        out.add(material)
    for k, name in enumerate(names):
        own = faces[of == k]
        if len(own):
            used, index = np.unique(own, return_inverse=True)
            out.add(rw.Object(f"scan {name}", vertices[used], index.reshape(-1, 3), name))
    return out


def off_surface(scan, truth, count=4000, seed=3):
    """Distances of points of the scan to the true surface, metres."""
    random, (corners, _), (true, _) = np.random.default_rng(seed), triangles_of(scan), triangles_of(truth)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    which = random.choice(len(corners), count, p=area / area.sum())
    u, v = np.sqrt(random.random((count, 1))), random.random((count, 1))
    points = corners[which, 0] * (1 - u) + corners[which, 1] * u * (1 - v) + corners[which, 2] * u * v
    best = np.full(count, np.inf)
    for a, b, c in true:
        n = np.cross(b - a, c - a)
        n /= np.linalg.norm(n)
        height = (points - a) @ n
        foot = points - height[:, None] * n
        frame = np.linalg.pinv(np.stack([b - a, c - a]))
        s = (foot - a) @ frame
        inside = (s.min(axis=1) > -0.02) & (s.sum(axis=1) < 1.02)
        best = np.where(inside, np.minimum(best, np.abs(height)), best)
    return best


def scanned(truth, *, noise_m, voxel_m=0.05, places=8, seed=1):
    """(scan, images): the reconstruction of a true scene."""
    corners, _ = triangles_of(truth)
    size = corners.reshape(-1, 3).max(axis=0)
    camera = Camera()
    images = depth_images(truth, camera, outside(truth, walk(size, places, seed + 1)), noise_m=noise_m, seed=seed)
    return reconstruct(truth, images, camera, voxel_m), images


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--noise", type=float, default=0.02, help="of a depth of 3 m, metres")
    parser.add_argument("--voxel", type=float, default=0.06, help="metres")
    parser.add_argument("--places", type=int, default=5)
    parser.add_argument("--hall", action="store_true")
    given = parser.parse_args()
    truth = hall() if given.hall else room()
    scan, images = scanned(truth, noise_m=given.noise, voxel_m=given.voxel, places=given.places)
    off = off_surface(scan, truth)
    triangles = sum(len(np.array(o.triangles)) for o in scan.objects.values())
    missing = np.mean([np.isnan(depth).mean() for _, _, depth, _ in images])
    print(f"{len(images)} depth images, noise {1e3 * given.noise:.0f} mm at 3 m, {100 * missing:.0f} % missing; voxels of {1e3 * given.voxel:.0f} mm: {triangles} triangles")
    print(f"off the true surface: median {1e3 * np.median(off):.0f} mm, 90 % within {1e3 * np.percentile(off, 90):.0f} mm")
    for name, scene in (("true", truth), ("scan", scan)):
        scene.save(given.out / name, overwrite=True)
        print(f"{given.out / name}: {len(scene.objects)} objects")


if __name__ == "__main__":
    main()
