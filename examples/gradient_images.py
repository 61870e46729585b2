# SPDX-License-Identifier: Apache-2.0
"""Gradient images: how the received power over a plane changes when an object moves, turns, or the transmitter moves.

Exact derivatives beside central differences, with edge diffraction and without: a pillar, a box with its corners in view, and a
street corner of the old town. The experiment follows RFDT (arXiv 2603.18026): a metal block of 4 m, 1 GHz, a plane of 16 m. Without
diffraction the shadows' edges are steps, whose motion no derivative sees: the integral of the derivative along a motion is then not
the change that the motion makes. Usage: gradient_images.py [FOLDER] [CELLS A SIDE]"""
import pathlib
import struct
import sys
import zlib

import numpy as np

import raywave as rw

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEP = 1e-3


def block(low, high):
    scene = rw.Scene()
    scene.frequency_hz = 1e9
    scene.add(rw.Material("metal sheet", perfect_conductor=True))
    x = [-2.0, 2.0]
    vertices = [[a, b, c] for c in (low, high) for b in x for a in x]
    faces = [[0, 2, 3], [0, 3, 1], [4, 5, 7], [4, 7, 6], [0, 1, 5], [0, 5, 4], [2, 6, 7], [2, 7, 3], [0, 4, 6], [0, 6, 2], [1, 3, 7], [1, 7, 5]]
    scene.add(rw.Object("block", np.array(vertices), np.array(faces), "metal sheet"))
    return scene


def pillar():
    scene = block(-20, 20)
    scene.add(rw.Transmitter("tx", [-5.03, 5.07, 0]))
    return scene, ["block"], dict(center_m=(0, 0, 0), size_m=(16, 16), max_depth=1)


def box():
    scene = block(-2, 1.7)
    scene.add(rw.Transmitter("tx", [-5.03, 5.07, 2.5]))
    return scene, ["block"], dict(center_m=(0, 0, 0), size_m=(16, 16), max_depth=2, max_diffractions=2)


def street_corner():
    """The market hall's corner: what stands within 30 m of it."""
    scene = rw.load_scene(ROOT / "scenes/old_town/old_town.xml")
    scene.frequency_hz = 1e9
    corner = np.array([-8.2, -10.9])
    for name in list(scene.objects):
        ground = np.asarray(scene.objects[name].vertices_m)[:, :2]
        low, high = ground.min(axis=0), ground.max(axis=0)
        if np.linalg.norm(np.maximum(0, np.maximum(low - corner, corner - high))) > 30:
            scene.remove(name)
    scene.add(rw.Transmitter("tx", [-20.1, -5.2, 4]))
    return scene, ["market_hall-walls", "market_hall-roof"], dict(center_m=(0, -11.5, 1.5), size_m=(16, 16), max_depth=2)


def solve(scene, plane, cells, diffraction):
    return rw.RadioMapSolver()(scene, cell_size_m=(16 / cells, 16 / cells), diffraction=diffraction, coherent=True, **plane)


def moved(scene, motion, by):
    """The scene with each parameter of the motion, {name: direction}, moved by that much."""
    other, parameters = scene.copy(), scene.parameters()
    for name, direction in motion.items():
        other.set_parameter(name, np.asarray(parameters[name].value) + by * np.asarray(direction, float))
    return other


def images(scene, motion, plane, cells, diffraction):
    """The exact derivative of the power in each cell, the central difference, and where both have a meaning: not where the solid
    sweeps over a cell."""
    exact = solve(scene, plane, cells, diffraction).jvp(motion)["path_gain"][0]
    gains = [solve(moved(scene, motion, s * STEP), plane, cells, diffraction).path_gain[0] for s in (-1, 1)]
    inside = (gains[0] == 0) != (gains[1] == 0)
    return exact, (gains[1] - gains[0]) / (2 * STEP), ~inside


def psnr(exact, difference, valid):
    limit = np.quantile(np.abs(difference[valid]), 0.999)
    error = np.clip(exact, -limit, limit) - np.clip(difference, -limit, limit)
    return 10 * np.log10(limit**2 / max(np.mean(error[valid] ** 2), 1e-300)), limit


def ssim(exact, difference, valid, limit, window=8):
    """Mean structural similarity (Wang et al. 2004) over windows without swept cells; the range is that of psnr."""
    a, b = (np.clip(np.where(valid, x, 0), -limit, limit) for x in (exact, difference))
    n = a.shape[0] // window * window
    tiles = lambda x: x[:n, :n].reshape(n // window, window, -1, window).swapaxes(1, 2).reshape(-1, window * window)  # noqa: E731
    whole = tiles(valid.astype(float)).min(axis=1) > 0
    p, q = tiles(a)[whole], tiles(b)[whole]
    c1, c2 = (0.01 * limit) ** 2, (0.03 * limit) ** 2
    mp, mq = p.mean(axis=1), q.mean(axis=1)
    cov = ((p - mp[:, None]) * (q - mq[:, None])).mean(axis=1)
    return float(np.mean((2 * mp * mq + c1) * (2 * cov + c2) / ((mp**2 + mq**2 + c1) * (p.var(axis=1) + q.var(axis=1) + c2))))


def integral_test(scene, motion, length, plane, cells, diffraction, nodes=48):
    """The derivative of the total power integrated along a motion against the change of the total power, relative. The plane's cells
    that the solid sweeps over are left out."""
    ends = [solve(moved(scene, motion, s), plane, cells, diffraction).path_gain[0] for s in (0.0, length)]
    x, w = np.polynomial.legendre.leggauss(nodes)
    along = [solve(moved(scene, motion, length * (1 + t) / 2), plane, cells, diffraction) for t in x]
    lit = np.min([m.path_gain[0] > 0 for m in along] + [e > 0 for e in ends], axis=0) if diffraction else np.ones_like(ends[0], bool)
    slope = sum(w_i * length / 2 * m.jvp(motion)["path_gain"][0][lit].sum() for w_i, m in zip(w, along))
    change = (ends[1] - ends[0])[lit].sum()
    return abs(slope - change) / abs(change)


def write_png(path, rows):
    """Signed images, each to its own limit: blue below zero, red above."""
    panels = []
    for image, limit in rows:
        v = np.sign(image) * np.sqrt(np.clip(np.abs(image) / limit, 0, 1))
        v = np.kron(v, np.ones((max(1, 192 // v.shape[0]),) * 2))
        rgb = np.stack([1 + np.minimum(v, 0), 1 - np.abs(v), 1 - np.maximum(v, 0)], axis=-1)
        panels.append(np.pad((255 * rgb[::-1]).astype(np.uint8), ((2, 2), (2, 2), (0, 0)), constant_values=40))
    picture = np.concatenate(panels, axis=1)
    raw = b"".join(b"\0" + line.tobytes() for line in picture)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # noqa: E731
    header = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8, 2, 0, 0, 0)
    pathlib.Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    folder.mkdir(parents=True, exist_ok=True)
    cells = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    print(f"{cells} x {cells} cells, central differences over {STEP:g}; without diffraction in brackets")
    for make in (pillar, box, street_corner):
        scene, things, plane = make()
        motions = {"moves": {f"object/{t}/translation_m": [1, 0, 0] for t in things},
                   "turns": {f"object/{t}/rotation_rad": [1, 0, 0] for t in things},
                   "transmitter": {"device/tx/position_m": [1, 0, 0]}}
        for what, motion in motions.items():
            shown, figures = [], []
            for diffraction in (True, False):
                exact, difference, valid = images(scene, motion, plane, cells, diffraction)
                decibels, limit = psnr(exact, difference, valid)
                figures.append((decibels, ssim(exact, difference, valid, limit)))
                shown += [(exact, limit), (difference, limit)]
            write_png(folder / f"gradient_{make.__name__}_{what}.png", shown)
            print(f"{make.__name__:14s} {what:12s} PSNR {figures[0][0]:6.1f} dB ({figures[1][0]:.1f})  SSIM {figures[0][1]:.7f} ({figures[1][1]:.4f})")
    scene, _, plane = pillar()
    for what, parameter, length in (("moves 0.2 m", "translation_m", 0.2), ("turns 0.1 rad", "rotation_rad", 0.1)):
        errors = [integral_test(scene, {f"object/block/{parameter}": [1, 0, 0]}, length, plane, min(cells, 32), d) for d in (True, False)]
        print(f"pillar {what}: the integral of the derivative misses the change by {100 * errors[0]:.4f} % ({100 * errors[1]:.1f} %)")


main()
