# SPDX-License-Identifier: Apache-2.0
"""What the tests of raywave.campaigns share: a small campaign, its bytes, clusters."""
import hashlib
import importlib.util
import pathlib
import sys

import pytest

PACKAGES = ("zarr", "numcodecs", "xarray", "dask", "distributed")
missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
needs_campaigns = pytest.mark.skipif(bool(missing), reason=f"the extra raywave[campaigns] is missing: {', '.join(missing)}")

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANYON = ROOT / "scenes/street_canyon/street_canyon.xml"
RECEIVERS = [[x, y, 1.5] for x in (-20, -5, 10, 25, 40) for y in (-3, 2)]


def words(**changes):
    """10 receivers in tiles of 4, 6 samples in batches of 2, 2 frequencies, 2 transmitters: 36 tasks, with edges in both tilings."""
    out = dict(scenes={"canyon": CANYON}, frequencies_hz=[3.5e9, 28e9], receivers=RECEIVERS, tile=4, batch=2, samples=6, seed=7,
               transmitters=[dict(name="mast", position_m=[-30, 0, 10], array=dict(num_cols=2)), dict(name="roof", position_m=[0, 4, 12], look_at=[0, 0, 1])],
               vary={"material/brick/relative_permittivity": {"uniform": [3, 5]}, "object/north_1/translation_m": {"normal": [0, 0.01]},
                     "device/mast/position_m": {"uniform": [[-31, -1, 8], [-29, 1, 12]]}, "solver/seed": {"integers": [0, 1000]}},
               solver=dict(max_depth=2, samples_per_src=2000), outputs=("path_gain", "paths"), max_paths=4)
    out.update(changes)
    return out


def content(store):
    """{file: hash} of all that a store is."""
    store = pathlib.Path(store)
    return {str(p.relative_to(store)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(store.rglob("*")) if p.is_file()}


def cluster(workers):
    import distributed
    return distributed.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=None, silence_logs=50)


def program(*arguments):
    return [sys.executable, "-m", "raywave", "campaign", *map(str, arguments)]
