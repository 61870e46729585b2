# SPDX-License-Identifier: Apache-2.0
"""A measured flat: walls' materials and anchors' antennas from Bluetooth signal strengths, a later walk predicted.

    python examples/flat_calibration.py OUT [--data FOLDER] [--depth 3]

A robot carried a tag through a flat, past six anchors on walls (M. Kolakowski, doi 10.5281/zenodo.5457591, CC BY 4.0). Nothing is known of materials, powers and
antennas. The last quarter of each run is held out and judged by the means over cells of 0.5 m, where fading averages out. Without --data the small
extract in tests/data/ble_flat is used, which is too thin for the figures in docs/calibration.md."""
import argparse
import pathlib

import numpy as np

import raywave as rw
from raywave import inverse

HEIGHT_M, TAG_M = 2.7, 1.3
# Middles of inner walls, inner faces of outer ones, from the source's layout; x_m, y_m.
INNER = [((2.64, 2.125), (2.64, 7.1)), ((1.985, 0), (1.985, 0.64)), ((3.965, 0), (3.965, 0.6)), ((3.965, 1.42), (3.965, 2.12)), ((3.965, 2.025), (6.245, 2.025)),
         ((6.32, 4.19), (6.32, 4.82)), ((0, 2.125), (0.73, 2.125)), ((1.52, 2.125), (2.64, 2.125))]
OUTER = [((0, 0), (1.93, 0)), ((2.04, 0), (3.88, 0)), ((4.05, 0), (6.22, 0)), ((6.22, 0), (6.22, 1.93)), ((6.27, 2.12), (6.27, 4.19)), ((6.37, 4.19), (9.07, 4.19)),
         ((9.07, 4.19), (9.07, 7.1)), ((2.7, 7.1), (9.07, 7.1)), ((0, 7.1), (2.58, 7.1)), ((0, 0), (0, 2.07)), ((0, 2.18), (0, 7.1))]


def walls(name, lines, material):
    """Upright faces over lines of the plan."""
    vertices = [[*p, z] for a, b in lines for p, z in ((a, 0), (b, 0), (b, HEIGHT_M), (a, HEIGHT_M))]
    return rw.Object(name, vertices, [t for i in range(0, len(vertices), 4) for t in ([i, i + 1, i + 2], [i, i + 2, i + 3])], material)


def flat(anchors):
    scene = rw.Scene()
    scene.frequency_hz = 2.44e9
    for name, thickness in (("inner", 0.12), ("outer", 0.3), ("floor", 0.25), ("ceiling", 0.25), ("pillar", 0.2)):
        scene.add(rw.Material(name, relative_permittivity=4.0, conductivity_s_per_m=0.05, thickness_m=thickness))
    scene.add(walls("inner", INNER, "inner"))
    scene.add(walls("outer", OUTER, "outer"))
    scene.add(rw.box("pillar", center_m=[1.83, 1.905, HEIGHT_M / 2], size_m=[0.44, 0.33, HEIGHT_M - 0.002], material="pillar"))
    for name, z in (("floor", 0.0), ("ceiling", HEIGHT_M)):
        scene.add(rw.Object(name, [[-0.3, -0.3, z], [9.4, -0.3, z], [9.4, 7.4, z], [-0.3, 7.4, z]], [[0, 1, 2], [0, 2, 3]], name))
    for number, x, y, z in anchors:
        scene.add(rw.Transmitter(f"anchor {int(number)}", [x, y, z], power_dbm=0))  # links are reciprocal: the tag sends
    return scene


def measured(file):
    """(places [n, 3], values [n, 6], held out [n])"""
    table = np.genfromtxt(file, delimiter=",", names=True)
    places = np.stack([table["x_m"], table["y_m"], np.full(len(table), TAG_M)], axis=1)
    values = np.stack([table[f"rssi_dbm_{a}"] for a in range(1, 7)], axis=1)
    held_out = np.zeros(len(table), dtype=bool)
    for run in np.unique(table["run"]):
        own = table["run"] == run
        held_out |= own & (table["t_s"] > np.quantile(table["t_s"][own], 0.75))
    return places, values, held_out


def cell_means(places, values, predicted, rows, least):
    """RMSE and mean absolute difference of the means over cells of 0.5 m with at least so many values."""
    cells = np.unique(np.floor(places[:, :2] / 0.5).astype(int), axis=0, return_inverse=True)[1].ravel()
    off = []
    for cell in np.unique(cells[rows]):
        for a in range(values.shape[1]):
            own = rows & (cells == cell) & np.isfinite(values[:, a])
            if own.sum() >= least:
                off.append(values[own, a].mean() - predicted[own, a].mean())
    off = np.array(off)
    return np.sqrt((off ** 2).mean()), np.abs(off).mean(), len(off)


def log_distance(scene, places, values, train):
    """-10 n log10(d) + c, the plainest model."""
    anchors = np.array([d.position_m for d in scene.transmitters.values()])
    x = np.log10(np.linalg.norm(places[:, None] - anchors, axis=2))
    use = np.isfinite(values) & train[:, None]
    fit = np.linalg.lstsq(np.stack([np.ones(use.sum()), x[use]], axis=1), values[use], rcond=None)[0]
    return fit[0] + fit[1] * x


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent / "tests/data/ble_flat", help="a folder with calibration.csv and anchors.csv")
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="of Levenberg-Marquardt")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    scene = flat(np.loadtxt(given.data / "anchors.csv", delimiter=",", skiprows=1))
    places, values, held_out = measured(given.data / "calibration.csv")
    n, names = len(places), list(scene.transmitters)
    rows = inverse.Powers(rss_dbm=values.T.ravel(), tx=np.repeat(names, n), position_m=np.tile(places, (len(names), 1)), held_out=np.tile(held_out, len(names)))
    parameters = {"device/*/pattern_db": dict(prior=(0, 3))}
    for material in scene.materials:
        parameters[f"material/{material}/relative_permittivity"] = dict(bounds=(1.01, 12))
        parameters[f"material/{material}/conductivity_s_per_m"] = dict(bounds=(1e-4, 3), transform="log")
    found = rw.calibrate(scene, rows, parameters, offsets="tx", loss="huber", delta_db=8.0, sigma_db=5.0, solver=inverse.PatternSolver(), method="lm", steps=given.steps if n > 1000 else 3,
                         max_depth=given.depth, refraction=True, samples_per_src=50_000)
    least = 3 if n > 1000 else 1
    print(f"{n} places, {int(held_out.sum())} of them held out; means over cells of 0.5 m with at least {least} values:")
    one = found.compared[0]
    for word, predicted in (("log-distance", log_distance(scene, places, values, ~held_out)), ("before", one.before.reshape(len(names), n).T), ("calibrated", one.after.reshape(len(names), n).T)):
        rmse, mean, count = cell_means(places, values, predicted, held_out, least)
        print(f"{word:>13}: held out RMSE {rmse:.2f} dB, mean absolute {mean:.2f} dB ({count} means)")
    print(found)
    found.save_page(given.out / "flat.html", title="A measured flat")
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
        figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
        for ax, when in zip(axes, ("before", "after")):
            found.plot(ax, when=when)
            for (a, b), width in [(line, 2.0) for line in INNER] + [(line, 1.0) for line in OUTER]:
                ax.plot([a[0], b[0]], [a[1], b[1]], color="0.3", linewidth=width)
            ax.set_title(when)
        figure.savefig(given.out / "flat.png", dpi=110)
    except ImportError:
        pass


if __name__ == "__main__":
    main()
