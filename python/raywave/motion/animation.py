# SPDX-License-Identifier: Apache-2.0
"""The report's page with a slider over time: what stands still is drawn once, devices, objects that move, paths and maps come frame by frame."""
from __future__ import annotations

import pathlib

from .. import _pages, _raywave
from .._raywave import Scene

_HERE = pathlib.Path(__file__).parent


def page(simulation, title, metric) -> str:
    moving = [name for name, body in simulation._bodies.items() if body.is_object]
    frames = []
    for step in range(len(simulation)):
        scene = _frame_scene(simulation.at(step), moving)
        paths = simulation.paths[step] if simulation.paths else None
        radio_map = simulation.radio_maps[step] if simulation.radio_maps else None
        frames.append(_raywave.report_data(scene, paths, radio_map, metric))
    still = simulation.at(0)
    for name in moving:
        still.remove(name)
    base = _raywave.report_html(still, None, None, title, metric)
    times = ", ".join(repr(float(t)) for t in simulation.times_s)
    return _pages.extended(base, style=(_HERE / "animation.css").read_text(encoding="utf-8"), script=(_HERE / "animation.js").read_text(encoding="utf-8"),
                           data={"motion-data": f'{{"times_s": [{times}], "frames": [{", ".join(frames)}]}}'})


def _frame_scene(whole, moving):
    """Devices and what moves, without the rest of the scene."""
    out = Scene()
    out.frequency_hz = whole.frequency_hz
    for name in moving:
        item = whole.objects[name]
        if item.material not in out.materials:
            out.add(whole.materials[item.material])
        out.add(item)
    for device in (*whole.transmitters.values(), *whole.receivers.values()):
        out.add(device)
    return out


