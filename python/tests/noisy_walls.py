# SPDX-License-Identifier: Apache-2.0
"""Walls whose facets are noise, for the tests of lobes."""
import numpy as np


def noisy_wall(slope, leg=0.25, half=5.0, seed=1):
    """A plane of right triangles whose vertices are moved along its normal so that facets have these slopes about each axis."""
    n = int(round(2 * half / leg))
    x, y = np.meshgrid(np.linspace(-half, half, n + 1), np.linspace(-half, half, n + 1), indexing="ij")
    z = np.random.default_rng(seed).normal(0, slope * leg / np.sqrt(2), x.shape)
    index = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    a, b, c, d = index[:-1, :-1].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel(), index[:-1, 1:].ravel()
    return np.stack([x, y, z], axis=-1).reshape(-1, 3), np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
