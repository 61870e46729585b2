# SPDX-License-Identifier: Apache-2.0
"""Power that surfaces scatter once between devices, by tiles: no noise, exact derivatives.

    scene.materials["concrete"].scattering_coefficient = 0.4
    scene.materials["concrete"].scattering_pattern = "directive(alpha_r=6)"
    power = rw.ScatteringSolver()(scene)
    power = rw.ScatteringSolver()(scene, reflection="von_mises_fisher(kappa=60)")
"""
from __future__ import annotations

from . import _raywave, differentiable
from ._raywave import Error, ScatteredPower, Scene
from ._values import real_number, switch, whole_number


class ScatteringSolver:
    """The part of the path gain that one scattering surface gives each link: ScatteringSolver()(scene, diffuse=True, reflection=None, ...).

    diffuse: S^2 of the reflected power by each material's scattering_pattern. reflection: 1 - S^2 of it by this lobe, in the mirror's place, as
    "von_mises_fisher(kappa=60)" or "directive(alpha_r=120)": for surfaces whose facets are noisy; do not add mirrors to it.
    tolerance: of each link's power; max_tiles: of each link; num_threads (0: all)."""

    problem = differentiable.ScatteringProblem

    def __call__(self, scene: Scene, *, diffuse: bool = True, reflection: str | None = None, tolerance: float = 1e-4, max_tiles: int = 200_000,
                 num_threads: int = 0) -> ScatteredPower:
        if reflection is not None and not isinstance(reflection, str):
            raise Error(f"reflection takes a lobe as text, like 'von_mises_fisher(kappa=60)', got {reflection!r}")
        return _raywave.scattered_power(scene, {"diffuse": switch("diffuse", diffuse), "reflection": reflection, "tolerance": real_number("tolerance", tolerance),
                                                "max_tiles": whole_number("max_tiles", max_tiles), "num_threads": whole_number("num_threads", num_threads)})

    def __repr__(self):
        return "ScatteringSolver()"
