// SPDX-License-Identifier: Apache-2.0
// The solvers' options from Python's keyword arguments.
#pragma once

#include "convert.h"
#include "raywave/runs/options.h"

namespace raywave::python {

/// @param samples  what the solver calls its number of rays: Python keeps the names that users of the field know
inline runs::InteractionOptions interactions_from(const nb::dict& d, const char* samples) {
  runs::InteractionOptions o;
  o.max_depth = nb::cast<int>(d["max_depth"]);
  for (size_t i = 0; i < o.switches.size(); ++i) o.switches[i] = nb::cast<bool>(d[paths::kSwitches[i].name]);
  o.max_diffractions = nb::cast<int>(d["max_diffractions"]);
  if (!d["seam_tolerance_m"].is_none()) o.seam_tolerance_m = nb::cast<double>(d["seam_tolerance_m"]);
  o.samples_per_tx = nb::cast<int64_t>(d[samples]);
  o.reflection = runs::choice_from_word<paths::Reflection>("reflection", nb::cast<std::string>(d["reflection"]));
  if (!d["lobe"].is_none()) {
    if (*o.reflection != paths::Reflection::kDirectional) throw Error("lobe: it needs reflection='directional'");
    o.lobe = em::lobe_from_text(nb::cast<std::string>(d["lobe"]));
  }
  o.device = runs::choice_from_word<runtime::Device>("device", nb::cast<std::string>(d["device"]));
  o.scattering_tolerance = nb::cast<double>(d["scattering_tolerance"]);
  o.max_tiles = nb::cast<int64_t>(d["max_tiles"]);
  o.keep_specular_m2 = nb::cast<double>(d["keep_specular_m2"]);
  return o;
}

}  // namespace raywave::python
