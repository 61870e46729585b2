# SPDX-License-Identifier: Apache-2.0
"""Turning by yaw, pitch and roll."""
import math

import numpy as np


def rotation(yaw, pitch, roll):
    """R = Rz(yaw) Ry(pitch) Rx(roll), 3GPP TR 38.901, eq. (7.1-4), [3, 3]."""
    (ca, sa), (cb, sb), (cc, sc) = [(math.cos(x), math.sin(x)) for x in (yaw, pitch, roll)]
    turns = [[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]], [[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]], [[1, 0, 0], [0, cc, -sc], [0, sc, cc]]
    return np.linalg.multi_dot([np.array(m) for m in turns])
