# SPDX-License-Identifier: Apache-2.0
"""Footprints with heights, as a GeoJSON file has them: a watertight town with roofs, and what it covers. Needs raywave[geo]."""
import json
import pathlib
import sys
import tempfile

import matplotlib.pyplot as plt
import raywave as rw
from raywave import geo

houses = [((0, 0, 25, 12), {"height": 15}), ((25, 0, 60, 12), {"height": 18, "roof:shape": "gabled"}), ((0, 20, 12, 50), {"building:levels": 4}),
          ((48, 12, 60, 50), {"height": 25}), ((20, 60, 34, 74), {"height": 30, "roof:shape": "pyramidal", "roof:height": 12})]
features = [{"type": "Feature", "properties": {"building": "yes", **tags}, "geometry": {"type": "Polygon", "coordinates": [
    [[25 + x / 55800, 60 + y / 111400] for x, y in ((a, b), (c, b), (c, d), (a, d), (a, b))]]}} for (a, b, c, d), tags in houses]
folder = pathlib.Path(tempfile.mkdtemp(prefix="raywave-"))
(folder / "houses.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
built = geo.build(folder / "houses.geojson", folder / "town", origin=(25, 60), margin_m=30)
print(built.report)
scene = rw.load_scene(built.scene_file)
scene.add(rw.Transmitter("roof", [54, 30, 27]))
radio_map = rw.RadioMapSolver()(scene, cell_size_m=4, max_depth=2, diffraction=True)
figure = plt.figure(figsize=(11, 4.5), layout="constrained")
scene.plot(figure.add_subplot(1, 2, 1, projection="3d"))
radio_map.plot(ax=figure.add_subplot(1, 2, 2))
figure.savefig(sys.argv[1], dpi=100)
