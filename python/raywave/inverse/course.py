# SPDX-License-Identifier: Apache-2.0
"""The course of a fit as a page: the scene step by step under a slider, loss and numbers as curves beside it."""
from __future__ import annotations

import json
import pathlib

import numpy as np

from .. import _pages, _raywave
from ..motion.animation import _frame_scene

_HERE = pathlib.Path(__file__).parent
_FRAMES = 150  # of longer courses evenly chosen ones, the last among them


def page(fit, title) -> str:
    """Of scenes of rays; what moves is drawn anew each step, what stands still once."""
    steps = np.unique(np.linspace(0, len(fit.history) - 1, min(_FRAMES, len(fit.history))).round().astype(int)) if fit.history else np.array([], dtype=int)
    moving = sorted({name.split("/")[1] for name in fit.values if name.startswith("object/") and not name.endswith("velocity_m_per_s")})
    frames = [_raywave.report_data(_frame_scene(fit.scene_at(fit.history[i]["x"]), moving), None, None, "path_gain") for i in steps]
    still = fit.scene.copy()
    for name in moving:
        still.remove(name)
    base = _raywave.report_html(still, None, None, title, "path_gain")
    rows = [dict(stage=h["stage"], step=h["step"], start=h["start"], loss=_number(h["loss"]), x=[_number(v) for v in h["physical"]]) for h in fit.history]
    data = json.dumps(dict(labels=fit.labels, rows=rows, steps=steps.tolist()))
    return _pages.extended(base, style=(_HERE / "course.css").read_text(encoding="utf-8"), script=(_HERE / "course.js").read_text(encoding="utf-8"),
                           data={"course-data": data, "course-frames": f"[{', '.join(frames)}]"})


def _number(value):
    """JSON has no infinity."""
    value = float(value)
    return value if np.isfinite(value) else None
