# SPDX-License-Identifier: Apache-2.0
"""One scene by two solvers: a wall of concrete with an opening, by rays that turn at corners and by the march of the angular spectrum.

Phases and all, and their derivatives: how the power behind the wall moves with the source, and with one half of the wall.
Usage: rays_and_waves.py [FOLDER]. `raywave validate --rays-vs-waves` has the table for more scenes."""
import pathlib
import sys

import numpy as np

import raywave as rw

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
wavelength = 0.1
far, half, at = 400.0, 1.4, 2.0  # m: of the walls, of the opening, of the wall from where the march begins

scene = rw.Scene2D()
scene.frequency_hz = 299792458.0 / wavelength
scene.add_material(rw.itu_material("concrete", 0.1))
scene.add_wall("low", (at, -far), (at, -half), material="concrete")
scene.add_wall("high", (at, half), (at, far), material="concrete")
scene.transmitters = {"tx": (-8.0, 0.4)}

# --- the field by both; the wave solver's is E in V/m of the same 1 W per metre ---
end, behind = 16.0, 16.0
grid = rw.wave.Grid(8192, spacing_m=0.1253 * wavelength)
waves = scene.to_wave(grid, z_end_m=end, step_m=wavelength / 8, absorber_width_m=60 * wavelength)
result = rw.wave.simulate(waves, output_z_m=np.linspace(at + 0.1, end, 280))
to_rays = np.exp(0.25j * np.pi) / np.sqrt(2 * 376.730313668)  # sqrt(2 eta0), and the phase of the Hankel function
inside = np.abs(result.y_m) < 5
y, z = result.y_m[inside], result.z_m
by_waves = to_rays * result.field[:, 0, inside]  # [planes, y]
by_rays = scene.field(z[:, None], y[None, :], max_order=0)[0]


def over_a_wavelength(x):
    """Means of 8 neighbours, which are a wavelength."""
    return np.apply_along_axis(lambda row: np.convolve(row, np.full(8, 1 / 8), "valid"), -1, x)


in_wavelength = over_a_wavelength(np.stack([np.abs(by_rays) ** 2, np.abs(by_waves) ** 2]))
difference = np.abs(10 * np.log10(in_wavelength[0] / in_wavelength[1]))
far_enough = z > at + 3
print(f"rms over a wavelength, rays against waves: {difference[far_enough].mean():.2f} dB in the mean, "
      f"{np.percentile(difference[far_enough], 95):.2f} dB for 95 % of the places")

# --- derivatives of the power over one wavelength at the end, in parts of the free field's a metre ---
simulated = {"source's shift": ("source/tx/position_m", [1.0]), "lower wall's shift": ("object/low/translation_m", [1.0, 0.0])}
of_scene = {"source's shift": "device/tx/position_m", "lower wall's shift": "wall/low/ends_m"}
windows = [slice(i, i + 8) for i in range(0, len(y) - 8, 4)]
middle = np.array([y[w].mean() for w in windows])
free = 1 / (2 * np.pi * np.hypot(end + 8.0, middle))
slopes = {}
for name, (parameter, direction) in simulated.items():
    moved = to_rays * result.jvp({parameter: direction})[-1, 0, inside]
    march = np.array([2 * (by_waves[-1, w].conj() * moved[w]).real.mean() for w in windows]) / free
    rays = []
    for w in windows:
        u = by_rays[-1, w]
        gradient = scene.field_vjp(np.full(8, end), y[w], 2 * u / 8, wrt=[of_scene[name]], max_order=0)[of_scene[name]]
        rays.append(gradient[..., 1].sum())
    slopes[name] = (np.array(rays) / free, march)
    print(f"derivative by the {name}: {100 * np.linalg.norm(slopes[name][0] - march) / np.linalg.norm(march):.1f} % apart")

try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
except ImportError:
    print("without matplotlib there is no picture")
else:
    figure = plt.figure(figsize=(12, 8.2), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[1.25, 1])
    axes = top.subplots(1, 2, sharey=True)
    for ax, field, title in zip(axes, (by_rays, by_waves), ("rays: direct, through the wall, and round its two corners", "waves: the march of the angular spectrum")):
        shown = ax.pcolormesh(z, y, 20 * np.log10(np.abs(field.T) + 1e-9), vmin=-40, vmax=-14, cmap="magma", rasterized=True)
        for side in (-1, 1):
            ax.plot([at, at], [side * half, side * 5], color="0.6", lw=3)
        ax.set_title(title), ax.set_xlabel("x (m)")
        ax.set_xlim(at - 0.3, end)
    axes[0].set_ylabel("y (m)")
    top.colorbar(shown, ax=axes, label="|u|² of 1 W per metre (dB W/m²)")
    cut, *others = bottom.subplots(1, 3)
    cut.plot(y[4:-3], 10 * np.log10(in_wavelength[0][-1]), "C0", label="rays")
    cut.plot(y[4:-3], 10 * np.log10(in_wavelength[1][-1]), "C1--", label="waves")
    cut.set_title(f"|u|² over one wavelength, x = {end:.0f} m"), cut.set_ylabel("dB W/m²"), cut.legend()
    for ax, (name, (rays, march)) in zip(others, slopes.items()):
        ax.plot(middle, rays, "C0", label="rays, adjoint")
        ax.plot(middle, march, "C1--", label="waves, tangent")
        ax.set_title(f"its derivative by the {name}"), ax.set_ylabel("of the free field's power, 1/m"), ax.legend()
    for ax in (cut, *others):
        ax.set_xlabel("y (m)"), ax.grid(alpha=0.3)
    figure.savefig(folder / "rays_and_waves.png", dpi=110)
    print(f"wrote {folder / 'rays_and_waves.png'}")
