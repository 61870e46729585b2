# SPDX-License-Identifier: Apache-2.0
"""The full wave field of a beam that meets a wall of concrete with an opening."""
import sys

import raywave as rw

wave = rw.wave
scene = wave.Scene(grid=wave.Grid(1280, spacing_m=0.0027), frequency_hz=28e9, z_end_m=1.0, absorber_width_m=0.4,
                   objects=[wave.rectangle([y, 0.3], [1.2, 0.04], "concrete", name=name) for name, y in (("left", -0.64), ("right", 0.64))],
                   sources=[wave.GaussianBeam("beam", waist_m=0.06)])
result = wave.simulate(scene, planes=250)
flux = result.power_w_per_m[:, 0]
print(f"{flux[-1] / flux[0]:.0%} of the power passes the opening")
axes = result.plot(ax=None)
axes.set_ylim(-0.6, 0.6)
axes.figure.savefig(sys.argv[1], dpi=110, bbox_inches="tight")
