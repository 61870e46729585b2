# SPDX-License-Identifier: Apache-2.0
"""Materials of a room that was scanned, from 60 noisy powers: truth is the authored room with its mirrors, edges and scattering; the model has lobes in the mirrors' place on the
reconstruction, several bounces by samples. Held-out links, error bars, and what the data cannot tell.

    python examples/scanned_materials.py OUT [--noise 0.02] [--links 60] [--held-out 20] [--rays 3000] [--kappa 30] [--voxel 0.06] [--steps 8]

Samples have no derivatives, but a material changes no direction that a ray takes: differences between two solves with the same rays are slopes without their noise.
Needs scikit-image: pip install 'raywave[scan,inverse]'."""
import argparse
import pathlib

import numpy as np

import raywave as rw
import scanned_power as powers
import scanned_room as scans
from raywave import inverse

NOISE_DB = 1.0
TRANSMITTERS = {"west": [1.9, 2.2, 2.3], "east": [6.2, 2.9, 2.4], "north": [3.7, 4.0, 1.9], "south": [3.6, 0.5, 2.2]}
#: What the materials truly are, in place of their rows in P.2040; metal is metal.
PERMITTIVITY = {"plasterboard": 3.4, "wood": 2.6, "concrete": 6.6, "brick": 3.0, "metal": 1.0, "chipboard": 3.3}


class ByLobes:
    """The direct path and what lobes give, as a solver that rw.calibrate takes."""

    problem = rw.differentiable.ScatteringProblem

    def __call__(self, scene, **options):
        return LinkPowers(scene.copy(), options)


class LinkPowers:
    """gain [num_rx, num_tx], with its slopes by materials."""

    def __init__(self, scene, options):
        self.scene, self.options, self.known = scene, options, {}
        self.gain = self.at({})

    def at(self, change):
        scene = self.scene.copy()
        for name, by in change.items():
            scene.set_parameter(name, np.asarray(scene.parameters()[name].value) + by)
        direct = rw.PathSolver()(scene, max_depth=0).path_gain
        return direct + rw.ScatteringSolver()(scene, method="sampled", **self.options).gain

    def path_gain_jvp(self, tangent):
        step = 1e-4  # one-sided: a permittivity may be at its bound
        return (self.at({name: step * np.asarray(by) for name, by in tangent.items()}) - self.gain) / step

    def path_gain_vjp(self, cotangent, wrt):
        for name in set(wrt) - set(self.known):
            self.known[name] = self.path_gain_jvp({name: 1.0})
        return {name: np.sum(cotangent * self.known[name]) for name in wrt}


def thick(scene):
    """Walls and furniture so thick that nothing comes back from behind: thin ones echo within, and have several best permittivities."""
    for material in scene.materials.values():
        material.thickness_m = 0.5
    return scene


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--noise", type=float, default=0.02)
    parser.add_argument("--links", type=int, default=60)
    parser.add_argument("--held-out", type=int, default=20)
    parser.add_argument("--rays", type=int, default=3000)
    parser.add_argument("--kappa", type=float, default=30.0)
    parser.add_argument("--voxel", type=float, default=0.06)
    parser.add_argument("--camera-places", type=int, default=9)
    parser.add_argument("--steps", type=int, default=8)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    truth = thick(scans.room())
    for name, value in PERMITTIVITY.items():
        truth.set_parameter(f"material/{name}/relative_permittivity", value)
    scan, _ = scans.scanned(truth, noise_m=given.noise, voxel_m=given.voxel, places=given.camera_places)
    start = thick(scans.room())  # the rows of P.2040
    for name in PERMITTIVITY:
        own = scan.materials[name]
        own.itu_name, own.relative_permittivity, own.conductivity_s_per_m = "", *(start.parameters()[f"material/{name}/{w}"].value for w in ("relative_permittivity", "conductivity_s_per_m"))

    random = np.random.default_rng(11)
    count = given.links + given.held_out
    places, tx = powers.receivers(truth, count, seed=9), random.choice(list(TRANSMITTERS), count)
    gain = np.empty(count)
    for name, at in TRANSMITTERS.items():
        own = np.flatnonzero(tx == name)
        gain[own] = powers.true_power(powers.with_devices(truth, at, places[own], truth.frequency_hz), 3, given.rays // 4)
    measured = inverse.Powers(path_gain_db=10 * np.log10(gain) + NOISE_DB * random.normal(size=count), tx=list(tx), position_m=places, sigma_db=NOISE_DB, held_out=np.arange(count) >= given.links)
    for name, at in TRANSMITTERS.items():
        scan.add(rw.Transmitter(name, at))

    names = [f"material/{name}/relative_permittivity" for name in PERMITTIVITY]
    found = rw.calibrate(scan, measured, {name: dict(bounds=(1.0, 12.0)) for name in names}, solver=ByLobes(), steps=given.steps, loss="huber",
                         reflection=f"von_mises_fisher(kappa={given.kappa:g})", max_depth=3, samples_per_tx=given.rays)
    print(found)
    print(f"{given.links} links, noise {NOISE_DB:g} dB; permittivity, truth and found:")
    for name, label, deviation in zip(names, found.told.labels, found.told.deviation):
        short = name.split("/")[1]
        doubt = "  not told by the data" if label in found.told.unseen + found.told.together_only else ""
        print(f"  {short:13s} {PERMITTIVITY[short]:5.2f} {float(found.values[name]):5.2f} +- {deviation:.2g}{doubt}")
    residual = found.compared[0].measured - found.compared[0].after
    out = np.asarray(found.compared[0].held_out)
    for title, which in (("fitted", ~out), ("held out", out)):
        if which.any():
            print(f"{title}: {np.sqrt(np.mean(residual[which] ** 2)):.2f} dB rms, {np.abs(residual[which]).mean():.2f} dB mean absolute, {np.median(np.abs(residual[which])):.2f} median")
    found.save_page(given.out / "scanned_materials.html")


if __name__ == "__main__":
    main()
