# SPDX-License-Identifier: Apache-2.0
"""Every way from a mast to a phone in a street canyon, drawn over the scene and coloured by gain."""
import sys

import raywave as rw

scene = rw.load_scene("street_canyon")
scene.add(rw.Transmitter("mast", [-50, 3, 12]))
scene.add(rw.Receiver("phone", [45, -4, 1.5]))
paths = rw.PathSolver()(scene, max_depth=4)
print(f"{len(paths)} paths, from {paths.tau.min() * 1e9:.0f} to {paths.tau.max() * 1e9:.0f} ns")
axes = paths.plot(scene=scene)
axes.figure.savefig(sys.argv[1], dpi=110, bbox_inches="tight")
