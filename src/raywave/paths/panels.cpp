// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/panels.h"

#include <cmath>
#include <utility>

#include "raywave/core/constants.h"

namespace raywave::paths {

std::vector<Vec3d> Panel::offsets_m() const {
  std::vector<Vec3d> out;
  for (int row = 0; row < num_rows; ++row) {
    for (int col = 0; col < num_cols; ++col) {
      out.push_back(
          {0, (col - 0.5 * (num_cols - 1)) * horizontal_spacing_m, (0.5 * (num_rows - 1) - row) * vertical_spacing_m});
    }
  }
  return out;
}

void Panel::steer(const Vec3d& from_m, const Vec3d& to_m, double wavelength_m, int bits) {
  if (bits < 0 || bits > 32)
    throw Error(message("bits of '", name, "' must be 0 (phases as they are) to 32, got ", bits));
  const Mat3d turn = rotation_from_euler(orientation_rad);
  phase_rad.clear();
  for (const Vec3d& offset : offsets_m()) {
    const Vec3d at = position_m + turn * offset;
    phase_rad.push_back(norm(at - from_m) + norm(at - to_m));
  }
  double mean = 0;
  for (const double way : phase_rad) mean += way / num_elements();
  for (double& phase : phase_rad) {
    phase = 2 * kPi / wavelength_m * (phase - mean);
    if (bits > 0) {
      const double step = 2 * kPi / std::ldexp(1.0, bits);
      phase = step * std::round(phase / step);
    }
    phase -= 2 * kPi * std::floor(phase / (2 * kPi));
  }
}

void Panel::validate() const {
  if (name.empty() || name.find('/') != std::string::npos)
    throw Error(message("name of a panel takes a word without '/', got '", name, "'"));
  const auto of = [&](const char* word) { return message(word, " of panel '", name, "'"); };
  for (const auto& [word, count] : {std::pair{"num_rows", num_rows}, std::pair{"num_cols", num_cols}}) {
    if (count < 1 || count > 4096) throw Error(message(of(word), " must be from 1 to 4096, got ", count));
  }
  for (const auto& [word, spacing] :
       {std::pair{"vertical_spacing_m", vertical_spacing_m}, std::pair{"horizontal_spacing_m", horizontal_spacing_m}}) {
    if (!(spacing > 0) || !std::isfinite(spacing)) throw Error(message(of(word), " must be > 0, got ", spacing));
  }
  if (!is_finite(position_m)) throw Error(of("position_m") + " must be finite");
  if (!is_finite(orientation_rad)) throw Error(of("orientation_rad") + " must be finite");
  for (const auto& [word, values] :
       {std::pair<const char*, const std::vector<double>*>{"phase_rad", &phase_rad}, {"amplitude", &amplitude}}) {
    if (!values->empty() && values->size() != size_t(num_elements()))
      throw Error(message(of(word), " must be ", num_elements(), " numbers, got ", values->size()));
    for (const double x : *values) require_finite(of(word), x);
  }
}

PanelsDerivative::PanelsDerivative(const scene::Scene& s, const std::vector<Panel>& of) : scene(s) {
  for (const Panel& p : of) {
    const std::vector<double> zeros(size_t(p.num_elements()));
    panels.push_back({zeros, zeros, {}, {}});
  }
}

PanelsDerivative& PanelsDerivative::operator+=(const PanelsDerivative& other) {
  scene += other.scene;
  for (size_t k = 0; k < panels.size(); ++k) {
    PanelDerivative& own = panels[k];
    const PanelDerivative& more = other.panels.at(k);
    for (size_t n = 0; n < own.phase_rad.size(); ++n) {
      own.phase_rad[n] += more.phase_rad[n];
      own.amplitude[n] += more.amplitude[n];
    }
    own.position_m += more.position_m;
    own.orientation_rad += more.orientation_rad;
  }
  return *this;
}

}  // namespace raywave::paths
