// SPDX-License-Identifier: Apache-2.0
// raywave._raywave: converts between Python and the rooms, releases the GIL, holds no physics.
#include "bind.h"
#include "raywave/core/error.h"

NB_MODULE(_raywave, m) {
  m.attr("__version__") = RAYWAVE_VERSION;
  nanobind::exception<raywave::Error>(m, "Error", PyExc_ValueError);
  raywave::python::bind_scene(m);
  raywave::python::bind_paths(m);
  raywave::python::bind_maps(m);
  raywave::python::bind_wave(m);
}
