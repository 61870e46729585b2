# SPDX-License-Identifier: Apache-2.0
"""Campaigns: very many runs over scenes, draws of parameters, frequencies, transmitters and receivers, into one Zarr store.

    campaign = rw.Campaign("out.zarr", scenes=["canyon.xml"], transmitters=[dict(name="mast", position_m=[-30, 0, 10])],
                           receivers=dict(grid=dict(min_m=[-50, -5, 1.5], max_m=[50, 5, 1.5], spacing_m=5)), frequencies_hz=[3.5e9],
                           vary={"material/brick/relative_permittivity": {"uniform": [3, 5]}}, samples=1000, solver=dict(max_depth=2))
    campaign.run()                 # or run(client) with a dask.distributed.Client
    dataset = campaign.dataset()   # xarray

Needs the packages of the extra: pip install 'raywave[campaigns]'; dask and distributed only for run(client).
"""
from .._requirements import need

for _package in ("zarr", "numcodecs"):  # the others are asked for where they are used
    need(_package, "raywave.campaigns", "campaigns")

from .campaign import Campaign, Progress, Summary, Verification  # noqa: E402
from .plan import Task  # noqa: E402
from .tasks import Failure  # noqa: E402

__all__ = ["Campaign", "Failure", "Progress", "Summary", "Task", "Verification"]
