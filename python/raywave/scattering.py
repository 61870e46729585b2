# SPDX-License-Identifier: Apache-2.0
"""Power that surfaces scatter between devices: by tiles, without noise and with exact derivatives, or by samples with a standard error.

    scene.materials["concrete"].scattering_coefficient = 0.4
    scene.materials["concrete"].scattering_pattern = "directive(alpha_r=6)"
    power = rw.ScatteringSolver()(scene)
    power = rw.ScatteringSolver()(scene, reflection="von_mises_fisher(kappa=60)")
    power = rw.ScatteringSolver()(scene, method="sampled", max_depth=5)
"""
from __future__ import annotations

from . import _raywave, differentiable
from ._lobes import LobeChoice
from ._raywave import Error, ScatteredPower, Scene
from ._values import lobe_name, real_number, switch, whole_number
from .materials import require_fields, varied_power
from .materials.touched import Asked
from .materials.lobes import Lobe


class ScatteringSolver:
    """The part of the path gain that scattering surfaces give each link: ScatteringSolver()(scene, diffuse=True, reflection=None, ...).

    diffuse: S^2 of the reflected power by each material's scattering_pattern. reflection: 1 - S^2 of it by this lobe, in the mirror's place, as
    "von_mises_fisher(kappa=60)" or "directive(alpha_r=120)": for surfaces whose facets are noisy; do not add mirrors to it.
    max_depth: interactions of a path, with specular_reflection and refraction mirrors and transmissions before and behind. method: "tiles" (one place
    that scatters in a path; tolerance of each link's power, max_tiles of each link) or "sampled" (as many as max_depth; samples_per_tx rays, seed;
    `error` is the standard error). num_threads (0: all). materials ({name: field}: materials that vary; see raywave.materials)."""

    problem = differentiable.ScatteringProblem

    def __call__(self, scene: Scene, *, diffuse: bool = True, reflection: str | Lobe | LobeChoice | None = None, method: str = "tiles", max_depth: int = 1,
                 specular_reflection: bool = True, refraction: bool = False, tolerance: float = 1e-4, max_tiles: int = 200_000,
                 samples_per_tx: int = 1_000_000, seed: int = 42, num_threads: int = 0, materials: dict | None = None) -> ScatteredPower:
        if reflection is not None:
            reflection = lobe_name("reflection", reflection)
        if not isinstance(method, str):
            raise Error(f"method takes a word, got {method!r}")
        if materials:
            require_fields(scene, materials)
        found = _raywave.scattered_power(scene, {
            "diffuse": switch("diffuse", diffuse), "reflection": reflection, "method": method, "max_depth": whole_number("max_depth", max_depth),
            "specular_reflection": switch("specular_reflection", specular_reflection), "refraction": switch("refraction", refraction),
            "tolerance": real_number("tolerance", tolerance), "max_tiles": whole_number("max_tiles", max_tiles),
            "samples_per_tx": whole_number("samples_per_tx", samples_per_tx), "seed": whole_number("seed", seed),
            "num_threads": whole_number("num_threads", num_threads)}, Asked(scene, materials) if materials and method == "sampled" else None)
        return varied_power(found, scene, materials) if materials and method != "sampled" else found

    def __repr__(self):
        return "ScatteringSolver()"
