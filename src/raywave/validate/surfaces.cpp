// SPDX-License-Identifier: Apache-2.0
// The rows of `raywave validate` for reconfigurable surfaces: a steered beam against the sum of its elements'
// amplitudes, a panel of equal phases against the mirror that it tends to.
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/units.h"
#include "raywave/paths/panels.h"
#include "raywave/scene/shapes.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Rows = std::vector<ValidationRow>;

scene::Device device(const char* name, const Vec3d& at_m, const char* polarization) {
  scene::Device d;
  d.name = name;
  d.position_m = at_m;
  d.array.polarization = polarization;
  d.array.slants_rad = em::slants_from_name(polarization);
  return d;
}

paths::Panel panel(int count, double spacing_m) {
  paths::Panel p;
  p.name = "panel";
  p.num_rows = p.num_cols = count;
  p.vertical_spacing_m = p.horizontal_spacing_m = spacing_m;
  return p;
}

/// The sum of a link's paths at the carrier, a number a port of the receiver.
std::vector<Complexd> sum_of(const paths::Paths& p) {
  std::vector<Complexd> out(size_t(p.num_rx_ports(p.links[0])));
  for (size_t i = 0; i < p.tau_s.size(); ++i) {
    for (size_t r = 0; r < out.size(); ++r)
      out[r] += expj(-2 * kPi * p.frequency_hz * p.tau_s[i]) * p.a[size_t(p.a_begin[i]) + r];
  }
  return out;
}

double power_of(const std::vector<Complexd>& h) {
  double sum = 0;
  for (const Complexd& z : h) sum += norm2(z);
  return sum;
}

Rows steered_beam(int num_threads) {
  scene::Scene s;
  s.frequency_hz = 5e9;
  s.add_transmitter(device("tx", {6, 3, 0.5}, "V"));
  s.add_receiver(device("rx", {5, -4, -0.5}, "VH"));
  const Vec3d from = s.transmitters[0].position_m, to = s.receivers[0].position_m;
  paths::Panel p = panel(16, 0.03);
  p.steer(from, to, s.wavelength_m());
  double best = 0;
  for (const Vec3d& at : p.offsets_m()) {
    const double d1 = norm(from - at), d2 = norm(to - at), cosines = from.x / d1 * (to.x / d2);
    best += p.vertical_spacing_m * p.horizontal_spacing_m * std::sqrt(cosines) / (4 * kPi * d1 * d2);
  }
  paths::PathOptions o;
  o.max_depth = 0, o.num_threads = num_threads;
  const auto got = sum_of(solve_panel_paths(s, paths::PreparedScene(s), o, {p}, false).paths);
  return {{"surface, 16 x 16 elements at 5 GHz, beam towards a receiver", "path gain [dB]", 2 * 10 * std::log10(best),
           power_to_db(power_of(got)), 0.1}};
}

/// Amplitudes fall smoothly to 0 at the rim, which leaves the field of the stationary point; what is left of the sum is
/// of the order 1 / (k d).
Rows mirror(int num_threads) {
  constexpr int kCount = 48;
  const double size = kCount / 56.0;
  scene::Scene s;
  s.frequency_hz = 3e9;
  s.add_transmitter(device("tx", {1.3 * size, 0.6 * size, 0.2 * size}, "V"));
  s.add_receiver(device("rx", {1.2 * size, -0.5 * size, -0.3 * size}, "VH"));
  paths::Panel p = panel(kCount, s.wavelength_m() / 2);
  for (int i = 0; i < kCount * kCount; ++i) {
    const auto rim = [](int n) {
      const double y = std::abs(n - 0.5 * (kCount - 1)) / (0.5 * kCount);
      return y < 0.4 ? 1.0 : std::pow(std::cos(kPi / 1.2 * (y - 0.4)), 2);
    };
    p.amplitude.push_back(rim(i / kCount) * rim(i % kCount));
  }
  paths::PathOptions o;
  o.max_depth = 0, o.num_threads = num_threads;
  const auto got = sum_of(solve_panel_paths(s, paths::PreparedScene(s), o, {p}, false).paths);
  em::Material metal;
  metal.name = "metal", metal.perfect_conductor = true;
  s.add_material(metal);
  scene::Mesh wall;
  scene::add_rectangle(wall, {0, -50, -50}, {0, 100, 0}, {0, 0, 100});
  s.add_object({"wall", wall, 0});
  o.max_depth = 1, o.los = false;
  auto off = sum_of(solve_paths(s, paths::PreparedScene(s), o));
  const double scale = power_of(off);
  for (size_t r = 0; r < off.size(); ++r) off[r] -= got[r];
  return {{"surface, 48 x 48 elements of half a wavelength, phases of 0", "field off a mirror's, relative", 0,
           std::sqrt(power_of(off) / scale), 2 * s.wavelength_m() / (2 * kPi * 1.4 * size)}};
}

}  // namespace

std::vector<ValidationRow> surface_validation_rows(const std::string& filter, int num_threads) {
  Rows rows;
  for (const auto& run : {steered_beam, mirror}) {
    for (ValidationRow& row : run(num_threads)) {
      if (row.name.find(filter) != std::string::npos) rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace raywave::validate
