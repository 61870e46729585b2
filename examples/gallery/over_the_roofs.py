# SPDX-License-Identifier: Apache-2.0
"""A phone behind a house: what comes over roofs and around walls, in three dimensions."""
import sys

import raywave as rw

scene = rw.load_scene("street_canyon")
scene.add(rw.Transmitter("mast", [-40, 0, 30]))
scene.add(rw.Receiver("yard", [30, 50, 1.5]))
paths = rw.PathSolver()(scene, max_depth=2, diffraction=True, max_diffractions=2, samples_per_src=1e5)
edges = [sum(word == "diffraction" for word in path["interactions"]) for path in paths]
print(f"{len(paths)} paths, {edges.count(1)} over one edge, {edges.count(2)} over two; none without")
axes = scene.plot(view="3d", paths=paths)
axes.figure.savefig(sys.argv[1], dpi=110, bbox_inches="tight")
