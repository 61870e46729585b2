// SPDX-License-Identifier: Apache-2.0
// The cases of `raywave validate` for lobes in the place of one, two and three mirrors in a row.
#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/paths/scattered_power.h"
#include "raywave/validate/mirror_chain.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Rows = std::vector<ValidationRow>;

struct Geometry {
  const char* name;
  std::vector<Vec3d> corners;  // of three bounces; of fewer the first ones
  MirrorChain chain(int bounces) const { return MirrorChain({corners.begin(), corners.begin() + bounces + 2}); }
};
const std::vector<Geometry>& geometries() {
  static const std::vector<Geometry> all{
      {"turns of 90 degrees", {{0, 0, 0}, {4, 0, 0}, {4, 3, 0}, {4, 3, 5}, {0, 3, 5}}},
      {"wide turns", {{0, 0, 0}, {3, 0.5, 0.2}, {3.8, 5, 1.5}, {2, 5.5, 3.4}, {-1, 4, 5}}},
      {"turns of 60 degrees", {{0, 0, 0}, {3, 0, 0}, {4.5, 2.6, 0.3}, {4, 5, 2}, {1.5, 5, 4.5}}}};
  return all;
}

em::Lobe von_mises_fisher(double kappa) { return {.kind = em::LobeKind::kVonMisesFisher, .kappa = kappa}; }
/// That of the same width.
em::Lobe directive(double kappa) { return {.kind = em::LobeKind::kDirective, .alpha_r = 2 * kappa}; }

/// What the ratio to the image method tends to as the lobe narrows, and its slope in 1 / kappa there: the straight line
/// and the parabola in 1 / kappa are taken off (Richardson).
struct Limit {
  double value, slope;
};
Limit limit_of(const MirrorChain& chain, em::Lobe (*lobe)(double)) {
  constexpr double kKappa = 4000;
  // 5 nodes a dimension are exact to the 9th power; what they leave falls as 1 / kappa^2, and is taken off too
  const double wide = chain.over_image(lobe(kKappa), 5), middle = chain.over_image(lobe(2 * kKappa), 5),
               narrow = chain.over_image(lobe(4 * kKappa), 5);
  return {(wide - 6 * middle + 8 * narrow) / 3, kKappa * (8 * (narrow - 1) - 2 * (middle - 1))};
}

/// The slope of one mirror (docs/theory.md, Lobes): (s1^2 - 4 s1 s2 + s2^2) / (2 d^2 cos^2 theta)
/// - tan^2 theta / 8.
double first_order(const MirrorChain& chain) {
  const MirrorChain::Mirror& m = chain.mirrors()[0];
  const double s1 = norm(m.at - chain.from_m()), s2 = norm(chain.to_m() - m.at), d = s1 + s2;
  const double cosine = dot(chain.from_m() - m.at, m.normal) / s1, tangent2 = 1 / (cosine * cosine) - 1;
  return (s1 * s1 - 4 * s1 * s2 + s2 * s2) / (2 * d * d * cosine * cosine) - tangent2 / 8;
}

Rows limits(const std::string& filter) {
  Rows rows;
  for (const Geometry& g : geometries()) {
    for (int bounces = 1; bounces <= 3; ++bounces) {
      const MirrorChain chain = g.chain(bounces);
      const std::string name =
          message("scattering, lobes for ", bounces, bounces == 1 ? " mirror, " : " mirrors, ", g.name);
      if (name.find(filter) == std::string::npos) continue;
      const Limit got = limit_of(chain, von_mises_fisher);
      rows.push_back({name, "limit of the gain over the images' [dB]", 0, 10 * std::log10(got.value), 0.005});
      // of more mirrors: what a narrow lobe does to first order is a matter of its width alone
      const double slope = bounces == 1 ? first_order(chain) : limit_of(chain, directive).slope;
      rows.push_back({name,
                      bounces == 1 ? "slope in 1 / kappa" : "slope in 1 / kappa, beside that of another lobe as wide",
                      slope, got.slope, 1e-3 * std::abs(slope)});
    }
  }
  return rows;
}

/// Plates that hold the lobe's footprints.
scene::Scene plates(const MirrorChain& chain, double kappa) {
  constexpr double kDeviations = 4.5;
  scene::Scene s;
  s.frequency_hz = 28e9;
  em::Material metal{"metal"};
  metal.perfect_conductor = true;
  s.add_material(metal);
  const auto footprint = chain.footprint_m(kappa);
  for (size_t k = 0; k < footprint.size(); ++k) {
    const MirrorChain::Mirror& m = chain.mirrors()[k];
    const Vec3d a = (kDeviations * footprint[k][0]) * m.across, b = (kDeviations * footprint[k][1]) * m.up;
    scene::Mesh mesh;
    mesh.vertices_m = {m.at - a - b, m.at + a - b, m.at + a + b, m.at - a + b};
    mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
    s.add_object({message("plate ", k), mesh, 0});
  }
  const auto device = [](const char* name, const Vec3d& at) {
    scene::Device d{name, at};
    d.array.slants_rad = em::slants_from_name("VH");
    d.array.polarization = "VH";
    return d;
  };
  s.add_transmitter(device("tx", chain.from_m()));
  s.add_receiver(device("rx", chain.to_m()));
  return s;
}

/// The solver's walks beside the integral, at widths where these find the path and plates do not meet. Places at the
/// rims of plates reach the end with fewer bounces: the same rays at one depth less are taken off. Other orders of the
/// plates, from rim to rim, bring nothing at these kappa (2 % at 100, as much as the path itself at 40).
Rows walks(const std::string& filter, int num_threads) {
  Rows rows;
  const std::vector<Vec3d> corners{{0, 0, 0}, {4, 0, 0}, {4, 4, 0}, {4, 4, 4}, {0, 4, 4}};
  for (const auto& [bounces, kappa] : {std::pair{1, 30.0}, {2, 200.0}, {2, 300.0}, {3, 200.0}}) {
    const std::string name =
        message("scattering, walks over ", bounces, bounces == 1 ? " lobe" : " lobes", ", kappa = ", kappa);
    if (name.find(filter) == std::string::npos) continue;
    const MirrorChain chain({corners.begin(), corners.begin() + bounces + 2});
    const scene::Scene s = plates(chain, kappa);
    paths::ScatterOptions o;
    o.method = paths::ScatterMethod::kSampled, o.diffuse = false, o.reflection = von_mises_fisher(kappa);
    o.max_depth = bounces, o.samples_per_tx = 4000000, o.num_threads = num_threads;
    const paths::PreparedScene prepared(s);
    const paths::ScatteredPower p = scattered_power(s, prepared, o);
    o.max_depth = bounces - 1;
    const paths::ScatteredPower fewer = scattered_power(s, prepared, o);
    const double gain = p.gain[0] - fewer.gain[0], error = std::hypot(p.error[0], fewer.error[0]) / gain;
    // the mean over pairs of ports
    const double image = std::pow(s.wavelength_m() / (4 * kPi * chain.length_m()), 2) / 2;
    const double expected = chain.over_image(von_mises_fisher(kappa), bounces < 3 ? 9 : 7);
    rows.push_back({name, "gain over the image's [dB]", 10 * std::log10(expected), 10 * std::log10(gain / image),
                    10 * std::log10(1 + 3 * error + 1e-4)});  // what passes the plates is 1e-5
  }
  return rows;
}

}  // namespace

std::vector<ValidationRow> lobe_chain_validation_rows(const std::string& filter, int num_threads) {
  Rows rows = limits(filter);
  for (ValidationRow& row : walks(filter, num_threads)) rows.push_back(std::move(row));
  return rows;
}

}  // namespace raywave::validate
