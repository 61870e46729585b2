# SPDX-License-Identifier: Apache-2.0
"""Inverse problems: parameters of a scene from what was measured, or for what is wanted.

    fit = rw.fit(scene, {"object/car/translation_m": dict(components=[0, 1], bounds=(-3, 3))}, loss, max_depth=1)
    fit.values, fit.loss, fit.history, fit.scene

A loss is a function (result, names) -> (value, {name: gradient}) of a solver's result: signal.Loss of radar cubes, inverse.MapLoss of
radio maps, or one of your own. Needs SciPy (pip install 'raywave[inverse]')."""
from .calibration import Calibration, calibrate
from .fits import Fit, FitStopped, fit
from .losses import MapLoss, Sum
from .measurements import Arrivals, Channels, Powers, read_measurements
from .optimisers import adam, bfgs, integer_cycles, levenberg_marquardt
from .patterns import PatternSolver
from .placement import Coverage, Placement, SumRate, place_transmitters
from .point_targets import PointTarget, RangeProfiles
from .told import Told
from .variables import Variables

__all__ = ["Arrivals", "Calibration", "Channels", "Coverage", "Fit", "FitStopped", "MapLoss", "PatternSolver", "Placement", "PointTarget", "Powers", "RangeProfiles", "Sum", "SumRate", "Told", "Variables", "adam", "bfgs",
           "calibrate", "fit", "integer_cycles", "levenberg_marquardt", "place_transmitters", "read_measurements"]
