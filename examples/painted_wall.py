# SPDX-License-Identifier: Apache-2.0
"""A wall of two paints, learnt by a network from 100 powers of its mirror: permittivity on the mesh, as a page and a picture.

    python examples/painted_wall.py OUT"""
import pathlib
import shutil
import sys

import numpy as np

import raywave as rw
from raywave import inverse

FREQUENCY_HZ, NOISE_DB, BORDER_M = 28e9, 0.5, 4.3
OPTIONS = dict(max_depth=1, los=False)  # antennas that look at the wall


def wall():
    scene = rw.Scene()
    scene.frequency_hz = FREQUENCY_HZ
    scene.add(rw.Material("paint", relative_permittivity=4.5, conductivity_s_per_m=1.0, thickness_m=1.0))
    scene.add(rw.Object("wall", [[0, 0, 0], [8, 0, 0], [8, 0, 3], [0, 0, 3]], [[0, 1, 2], [0, 2, 3]], "paint"))
    for name, x in (("left", 3.2), ("right", 5.4)):
        scene.add(rw.Transmitter(name, [x, 2.0, 1.5]))
    return scene


def two_paints(places):
    """What the wall truly is: 2.5 left of the border, 9 right of it."""
    return {"relative_permittivity": np.where(places.point_m[:, 0] < BORDER_M, 2.5, 9.0)}


def reflectivity_db(permittivity):
    """At normal incidence."""
    root = np.sqrt(permittivity)
    return 20 * np.log10((root - 1) / (root + 1))


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    random, scene = np.random.default_rng(7), wall()
    places = np.stack([random.uniform(0.5, 7.5, 50), random.uniform(1.5, 2.5, 50), random.uniform(1, 2, 50)], axis=1)
    truth = scene.copy()
    for i, place in enumerate(places):
        truth.add(rw.Receiver(f"p{i}", place))
    gain = rw.PathSolver()(truth, materials={"paint": rw.materials.Own(two_paints, step_m=None)}, **OPTIONS).path_gain.T
    values = 10 * np.log10(gain) + NOISE_DB * random.normal(size=gain.shape)
    measured = inverse.Powers(path_gain_db=values.ravel(), tx=np.repeat(list(scene.transmitters), len(places)), position_m=np.tile(places, (2, 1)), sigma_db=NOISE_DB,
                              held_out=np.arange(values.size) % 10 == 0)
    network = rw.materials.Network([0, 0, 0], [8, 0, 3], detail_m=[0.2, 1, 3], hidden=(24, 24))
    found = rw.calibrate(scene, measured, {"material/paint/network": dict(prior=(0, 1))}, method="lbfgs", steps=150, materials={"paint": network}, **OPTIONS)
    learnt = found.materials["paint"]

    x = np.linspace(1.5, 6.8, 300)
    line = rw.materials.Places(np.stack([x, 0 * x, 1.5 + 0 * x], axis=1), np.tile([0.0, 1.0, 0.0], (300, 1)), np.ones(300), FREQUENCY_HZ,
                               rw.materials.base_of(scene.materials["paint"], FREQUENCY_HZ))
    db = reflectivity_db(learnt.values(line)[:, 0])
    for name, half, true in (("left", x < BORDER_M - 0.2, 2.5), ("right", x > BORDER_M + 0.2, 9.0)):
        print(f"{name} of the border: reflectivity {db[half].mean():.2f} dB, truly {reflectivity_db(true):.2f} dB")
    middle = (reflectivity_db(2.5) + reflectivity_db(9.0)) / 2
    crossing = x[:-1][np.diff(np.sign(db - middle)) != 0]
    print(f"border at {crossing[np.abs(crossing - BORDER_M).argmin()]:.2f} m, truly {BORDER_M} m")
    print(f"held out: {found.figures()['after']['held_out']['rmse']:.2f} dB of noise {NOISE_DB} dB, {len(network.network)} weights")
    learnt.save(out / "paint.npz")
    shown = rw.materials.colored(scene, {"paint": learnt}, cell_m=0.15)
    shutil.move(shown.preview(title="Learnt permittivity"), out / "painted_wall.html")
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
        figure, ax = pyplot.subplots(figsize=(7, 3), layout="constrained")
        ax.plot(x, learnt.values(line)[:, 0], label="learnt")
        ax.plot(x, np.where(x < BORDER_M, 2.5, 9.0), "k--", linewidth=1, label="truth")
        ax.set_xlabel("x [m]")
        ax.set_ylabel("relative permittivity")
        ax.legend()
        figure.savefig(out / "painted_wall.png", dpi=110)
    except ImportError:
        pass


if __name__ == "__main__":
    main()
