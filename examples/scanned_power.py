# SPDX-License-Identifier: Apache-2.0
"""Power in a room that was scanned: mirrors alone and lobes in the mirrors' place on the reconstruction, against the true geometry with its mirrors, edges and
scattering, at many receivers with and without line of sight. A table, the values, and a picture.

    python examples/scanned_power.py OUT [--hall] [--noise 0.01 0.02 0.03] [--frequency 28e9 60e9] [--receivers 500]

Errors are of the average received power (powers of paths add) in dB, down to a floor where a method finds nothing. Needs scikit-image and matplotlib."""
import argparse
import pathlib
import time

import numpy as np

import raywave as rw
import scanned_room as scans
from raywave._requirements import need

TRANSMITTER = {"room": [1.9, 2.2, 2.3], "hall": [4.0, 9.0, 3.2]}


def within_body(corners, point):
    """Odd numbers of surfaces above, the ceiling not counted."""
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    direction, s = np.array([0.0123, 0.0217, 1.0]), point - corners[:, 0]
    p, q = np.cross(direction, e2), np.cross(s, e1)
    with np.errstate(divide="ignore", invalid="ignore"):
        det = (p * e1).sum(axis=1)
        u, v, t = (p * s).sum(axis=1) / det, (q @ direction) / det, (q * e2).sum(axis=1) / det
    return ((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)).sum() % 2 == 0


def receivers(truth, count, seed=5):
    """Places in the air, 0.5 to 1.8 m high, at least 0.15 m off the surfaces that fourteen rays meet."""
    random, (corners, _) = np.random.default_rng(seed), scans.triangles_of(truth)
    size = corners.reshape(-1, 3).max(axis=0)
    around = random.normal(size=(14, 3))
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    out = []
    while len(out) < count:
        point = random.uniform([0.3, 0.3, 0.5], [size[0] - 0.3, size[1] - 0.3, 1.8])
        if not within_body(corners, point) and scans.cast(corners, point, around)[0].min() > 0.15:
            out.append(point)
    return np.array(out)


def with_devices(scene, transmitter, places, frequency_hz):
    scene = scene.copy()
    scene.frequency_hz = frequency_hz
    scene.add(rw.Transmitter("tx", transmitter))
    for k, place in enumerate(places):
        scene.add(rw.Receiver(f"rx{k}", place))
    return scene


def direct(scene):
    return rw.PathSolver()(scene, max_depth=0).path_gain[:, 0]


def true_power(scene, depth, rays):
    """Mirrors to this depth, edges in paths of up to two interactions, scattering in paths of up to two."""
    solve = rw.PathSolver()
    mirrors = solve(scene, max_depth=depth, samples_per_src=50_000).path_gain[:, 0]
    edges = sum(sign * solve(scene, max_depth=2, diffraction=on, samples_per_src=50_000).path_gain[:, 0] for sign, on in ((1, True), (-1, False)))
    scattered = rw.ScatteringSolver()(scene, method="sampled", max_depth=2, samples_per_tx=rays)
    return mirrors + np.maximum(edges, 0) + scattered.gain[:, 0]


def mirrors_alone(scene, depth):
    return rw.PathSolver()(scene, max_depth=depth, samples_per_src=300_000).path_gain[:, 0]


def directional(scene, kappa, depth, rays):
    """The direct path and what lobes in the mirrors' place give, with the scattering of the materials; and the sampled part's standard error."""
    power = rw.ScatteringSolver()(scene, method="sampled", reflection=f"von_mises_fisher(kappa={kappa:.6g})", max_depth=depth, samples_per_tx=rays)
    return direct(scene) + power.gain[:, 0], power.error[:, 0]


def error_db(power, true, floor_db=-130.0):
    floor = 10 ** (floor_db / 10)
    return 10 * np.log10(np.maximum(power, floor) / np.maximum(true, floor))


def chosen_kappa(scan, spread_db=1.0):
    """What the facets of the largest object allow, at most 1000."""
    return scan.lobe_for(max(scan.objects, key=lambda name: len(scan.objects[name].triangles)), spread_db=spread_db).kappa


def rays_for(kappa, rays):
    """The samples' relative error goes as sqrt(kappa / rays): as many rays more as a lobe is narrower than that of kappa 30, so that all have one error."""
    return max(1, round(rays * kappa / 30))


def compare(truth, scan, transmitter, places, frequency_hz, kappas, *, depth=3, rays=5000, true=None):
    """{method: power}, with "true", "in sight" and the kappas' standard errors. rays: of a lobe of kappa 30."""
    clean, noisy = (with_devices(s, transmitter, places, frequency_hz) for s in (truth, scan))
    out = {"in sight": direct(clean) > 0, "true": true_power(clean, depth, rays // 4) if true is None else true, "mirrors": mirrors_alone(noisy, depth)}
    for kappa in kappas:
        out[f"kappa {kappa:.3g}"], out[f"error {kappa:.3g}"] = directional(noisy, kappa, depth, rays_for(kappa, rays))
    return out


def rows(values):
    """(method, mean absolute error without sight to -130 and to -110 dB, its bias, with sight) of each."""
    hidden = ~values["in sight"]
    for name in values:
        if name == "mirrors" or name.startswith("kappa"):
            error = error_db(values[name], values["true"])
            yield (name, np.abs(error[hidden]).mean(), np.abs(error_db(values[name], values["true"], -110.0))[hidden].mean(), error[hidden].mean(),
                   np.abs(error[~hidden]).mean())


def picture(path, truth, transmitter, places, values, method):
    plt = need("matplotlib.pyplot", "the picture", "formats")
    corners, _ = scans.triangles_of(truth)
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), sharey=True)
    for ax, (name, title) in zip(axes, (("mirrors", "mirrors on the scan"), (method, f"lobes on the scan, {method}"), ("true", "true geometry"))):
        ax.set_facecolor("0.93")
        level = 10 * np.log10(np.maximum(values[name], 1e-13))
        drawn = ax.scatter(places[:, 0], places[:, 1], c=level, s=16, vmin=-105, vmax=-70, cmap="viridis")
        for triangle in corners[np.ptp(corners[:, :, 2], axis=1) > 0.3]:
            ax.plot(*triangle[[0, 1, 2, 0], :2].T, color="0.35", linewidth=0.6)
        ax.plot(*transmitter[:2], "r^")
        ax.set(title=title, aspect="equal", xlabel="x [m]")
    axes[0].set_ylabel("y [m]")
    figure.colorbar(drawn, ax=axes, label="path gain [dB]", extend="both", fraction=0.02)
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--hall", action="store_true")
    parser.add_argument("--noise", type=float, nargs="+", default=[0.01, 0.02, 0.03], help="of a depth of 3 m, metres")
    parser.add_argument("--frequency", type=float, nargs="+", default=[28e9, 60e9], help="hertz")
    parser.add_argument("--receivers", type=int, default=500)
    parser.add_argument("--kappa", type=float, nargs="+", help="lobes; default: what the mesh allows, a tenth and ten times of it")
    parser.add_argument("--voxel", type=float, help="metres; default: 0.06, in the hall 0.1")
    parser.add_argument("--places", type=int, help="of the camera; default: 9, in the hall 16")
    parser.add_argument("--rays", type=int, default=5000, help="of a lobe of kappa 30; others have as many more as they are narrower")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    name = "hall" if given.hall else "room"
    truth = scans.hall() if given.hall else scans.room()
    places, transmitter, true = receivers(truth, given.receivers), TRANSMITTER[name], {}
    print(f"{name}, {len(places)} receivers; mean absolute error in dB without line of sight (floor -130, -110; bias), with it")
    for noise in given.noise:
        start = time.process_time()
        scan, _ = scans.scanned(truth, noise_m=noise, voxel_m=given.voxel or (0.1 if given.hall else 0.06), places=given.places or (16 if given.hall else 9))
        best = chosen_kappa(scan)
        kappas = given.kappa or [best, best / 10, best * 10]
        print(f"noise {1e3 * noise:.0f} mm: {sum(len(o.triangles) for o in scan.objects.values())} triangles, the largest object allows kappa {best:.0f}; {time.process_time() - start:.0f} s", flush=True)
        for frequency in given.frequency:
            values = compare(truth, scan, transmitter, places, frequency, kappas, rays=given.rays, true=true.get(frequency))
            true[frequency] = values["true"]
            np.savez(given.out / f"{name}_{1e3 * noise:.0f}mm_{frequency / 1e9:.0f}GHz.npz", places_m=places, **{key.replace(" ", "_"): v for key, v in values.items()})
            hidden = ~values["in sight"]
            sight = (direct(with_devices(scan, transmitter, places, frequency)) > 0)
            print(f"  {frequency / 1e9:.0f} GHz: {hidden.sum()} without sight, {(sight & hidden).sum()} of them see through the scan; mirrors find nothing at {(values['mirrors'][hidden] == 0).sum()}")
            for method, a, b, bias, c in rows(values):
                print(f"    {method:12s} {a:6.2f} {b:6.2f} {bias:+6.2f} {c:6.2f}", flush=True)
            print("    samples' standard errors without sight, median:", *(f"{key.removeprefix('error ')}: {100 * np.median(v[hidden] / values['kappa ' + key.removeprefix('error ')][hidden]):.1f} %"
                                                                            for key, v in values.items() if key.startswith("error ")), flush=True)
        picture(given.out / f"{name}_{1e3 * noise:.0f}mm.png", truth, transmitter, places, values, f"kappa {kappas[0]:.3g}")


if __name__ == "__main__":
    main()
