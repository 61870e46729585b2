# SPDX-License-Identifier: Apache-2.0
"""A campaign: 30 draws of bricks and of a mast's place in the street canyon, as one dataset; broken off, resumed, looked through."""
import pathlib
import sys
import tempfile

import numpy as np
import raywave as rw

out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="raywave-"))
words = dict(
    scenes=pathlib.Path(__file__).parents[1] / "scenes/street_canyon/street_canyon.xml", frequencies_hz=[3.5e9, 28e9],
    transmitters=[dict(name="mast", position_m=[-30, 0, 10])],
    receivers=dict(grid=dict(min_m=[-50, -4, 1.5], max_m=[50, 4, 1.5], spacing_m=[5, 4, 1])),
    vary={"material/brick/relative_permittivity": {"uniform": [3, 5]}, "device/mast/position_m": {"uniform": [[-35, -2, 8], [-25, 2, 12]]}},
    samples=30, tile=32, solver=dict(max_depth=2, samples_per_src=10_000), outputs=("path_gain", "paths"), max_paths=8)
campaign = rw.Campaign(out / "canyon.zarr", **words)


def stop(progress):
    if progress.done == 40:
        raise KeyboardInterrupt


try:
    campaign.run(progress=stop)
except KeyboardInterrupt:
    print(f"broken off: {len(campaign.missing())} of {len(campaign)} tasks are missing")
summary = campaign.run()  # with a Dask client: campaign.run(client)
print(f"resumed: {summary.done} tasks, {summary.skipped} of them found done; {campaign.verify()}")

data = campaign.dataset()
print(f"{data.sizes['sample']} samples x {data.sizes['frequency_hz']} frequencies x {data.sizes['receiver']} receivers")
gain_db = 10 * np.log10(data.path_gain.sel(scene="street_canyon", transmitter="mast").mean("receiver"))
permittivity = data.coords["material.brick.relative_permittivity"]
for f in data.frequency_hz.values:
    slope = np.polyfit(permittivity, gain_db.sel(frequency_hz=f), 1)[0]
    print(f"{f / 1e9:g} GHz: {float(gain_db.sel(frequency_hz=f).mean()):.1f} dB in the mean, {slope:+.2f} dB for each unit of the bricks' permittivity")
