# SPDX-License-Identifier: Apache-2.0
"""A block of houses around a courtyard, drawn here as OpenStreetMap would have it: as a scene, and what of its streets is covered."""
import json
import pathlib
import sys
import tempfile

import raywave as rw
from raywave import geo

out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="raywave-"))
# Corners in metres east and north of a place; no real block.
LON, LAT = 24.9500, 60.1700
houses = [([(0, 0), (25, 0), (25, 12), (12, 12), (12, 25), (0, 25)], {"building": "apartments", "building:levels": "5"}),
          ([(25, 0), (60, 0), (60, 12), (25, 12)], {"building": "apartments", "height": "18", "roof:shape": "gabled", "building:material": "brick"}),
          ([(0, 25), (12, 25), (12, 50), (0, 50)], {"building": "yes"}),
          ([(48, 12), (60, 12), (60, 50), (48, 50)], {"building": "office", "height": "25"}),
          ([(20, 60), (32, 60), (32, 75), (20, 75)], {"building": "church", "roof:shape": "pyramidal", "height": "30", "roof:height": "12"})]


def degrees(x_m, y_m):
    return LON + x_m / 55_500, LAT + y_m / 111_400  # of longitude and latitude, at 60 degrees north


features = [{"type": "Feature", "properties": tags, "geometry": {"type": "Polygon", "coordinates": [[degrees(*p) for p in corners + corners[:1]]]}}
            for corners, tags in houses]
(out / "block.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))

built = geo.build(out / "block.geojson", out / "block", origin=(LON, LAT), margin_m=40, overwrite=True)
print(built.report)
scene = rw.load_scene(built.scene_file)
x, y = built.to_local(*degrees(54, 30))
scene.add(rw.Transmitter("mast", [x, y, 28]))
radio_map = rw.RadioMapSolver()(scene, cell_size_m=(5, 5), max_depth=2, diffraction=True)
print(f"{100 * (radio_map.path_gain > 0).mean():.0f} % of the ground is reached; the scene is {built.scene_file}")
