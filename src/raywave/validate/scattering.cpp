// SPDX-License-Identifier: Apache-2.0
// The cases of `raywave validate` for scattering: a metal patch against its surface's integral, lobes in the mirror's
// place against the first order of their error, mirrors before and behind a patch against images of the ends.
#include <algorithm>
#include <cmath>
#include <functional>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/units.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/scattered_power.h"
#include "raywave/scene/shapes.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Rows = std::vector<ValidationRow>;

scene::Device device(const char* name, const Vec3d& p, const char* polarization) {
  scene::Device d{name, p};
  d.array.slants_rad = em::slants_from_name(polarization);
  d.array.polarization = polarization;
  return d;
}

em::Material metal(const char* name, double scattering, const char* pattern) {
  em::Material m{name};
  m.perfect_conductor = true;
  m.scattering_coefficient = scattering;
  m.scattering_pattern = pattern;
  return m;
}

scene::Scene patch(double scattering, const char* pattern) {
  scene::Scene s;
  s.frequency_hz = 28e9;
  s.add_material(metal("rough", scattering, pattern));
  scene::Mesh mesh;
  scene::add_rectangle(mesh, {-0.5, -0.5, 0}, {1, 0, 0}, {0, 1, 0});
  s.add_object({"patch", mesh, 0});
  s.add_transmitter(device("tx", {-1.3, 0.4, 1.7}, "VH"));
  s.add_receiver(device("rx", {0.9, -0.7, 2.2}, "VH"));
  return s;
}

/// The integral of ((1 + cos psi) / 2)^alpha over the hemisphere, psi from a direction at this cosine from the normal:
/// the binomial sum of whole powers.
double hemisphere(int alpha, double cosine) {
  double sum = 0, binomial = 1;
  for (int j = 0; j <= alpha; ++j) {
    double odd = 0, central = 1;
    for (int w = 0; w <= (j - 1) / 2; ++w) {
      odd += central * std::pow((1 - cosine * cosine) / 4, w);
      central *= 2.0 * (2 * w + 1) / (w + 1);
    }
    sum += binomial * 2 * kPi / (j + 1) * (j % 2 == 0 ? 1 : cosine * odd);
    binomial *= double(alpha - j) / (j + 1);
  }
  return sum * std::pow(0.5, alpha);
}

struct Pattern {
  const char* text;
  int alpha_r, alpha_i;
  double lambda;  // below 0: Lambert's
};

/// cos_theta_i f in its reciprocal form over a surface z = 0.
double kernel(const Pattern& p, const Vec3d& u_i, const Vec3d& u_o) {
  const double ci = -u_i.z, co = u_o.z;
  if (p.lambda < 0) return ci * co / kPi;
  const auto power = [](double cosine, int alpha) { return std::pow(0.5 * (1 + cosine), alpha); };
  const double shape = p.lambda * power(u_i.x * u_o.x + u_i.y * u_o.y - u_i.z * u_o.z, p.alpha_r) +
                       (1 - p.lambda) * power(-dot(u_i, u_o), p.alpha_i);
  const auto whole = [&](double c) {
    return p.lambda * hemisphere(p.alpha_r, c) + (1 - p.lambda) * hemisphere(p.alpha_i, c);
  };
  return shape * std::sqrt(ci * co / (whole(ci) * whole(co)));
}

/// The power that scattered paths bring, over all pairs of ports.
double scattered(const scene::Scene& s, paths::PathOptions o) {
  o.los = o.specular_reflection = false;
  double sum = 0;
  for (const Complexd& a : solve_paths(s, o).a) sum += norm2(a);
  return sum;
}

Rows patches(int num_threads) {
  Rows rows;
  for (const Pattern& p : {Pattern{"lambertian", 0, 0, -1}, Pattern{"directive(alpha_r=10)", 10, 0, 1},
                           Pattern{"backscattering(alpha_r=20, alpha_i=30, lambda_=0.7)", 20, 30, 0.7},
                           Pattern{"backscattering(alpha_r=1, alpha_i=1, lambda_=0.5)", 1, 1, 0.5}}) {
    const scene::Scene s = patch(0.7, p.text);
    constexpr int kSteps = 200;  // within 3e-6 of the integral
    double sum = 0;
    for (int i = 0; i < kSteps; ++i) {
      for (int j = 0; j < kSteps; ++j) {
        const Vec3d at{(i + 0.5) / kSteps - 0.5, (j + 0.5) / kSteps - 0.5, 0};
        const Vec3d in = at - s.transmitters[0].position_m, out = s.receivers[0].position_m - at;
        sum += kernel(p, normalized(in), normalized(out)) / (norm2(in) * norm2(out)) / (kSteps * kSteps);
      }
    }
    const double scale = s.wavelength_m() / (4 * kPi);
    paths::PathOptions o;
    o.max_depth = 1, o.diffuse_reflection = true, o.scattering_tolerance = 1e-4, o.num_threads = num_threads;
    // of two ports at either end, between which power is neither lost nor won
    rows.push_back({message("scattering, metal patch 1 x 1 m, S = 0.7, ", p.text), "diffuse gain [dB]",
                    10 * std::log10(2 * 0.49 * scale * scale * sum), 10 * std::log10(scattered(s, o)),
                    10 * std::log10(1.001)});
  }
  return rows;
}

Rows lobes(int num_threads) {
  struct Geometry {
    double s1, s2, theta;
  };
  Rows rows;
  for (const Geometry& g : {Geometry{4, 3, 0.7}, Geometry{2, 5, 0.3}, Geometry{3, 3, 1.0}}) {
    scene::Scene s;
    s.frequency_hz = 28e9;
    s.add_material(metal("metal", 0, "lambertian"));
    scene::Mesh mesh;
    scene::add_rectangle(mesh, {-8, -8, 0}, {16, 0, 0}, {0, 16, 0});
    s.add_object({"plane", mesh, 0});
    const double sine = std::sin(g.theta), cosine = std::cos(g.theta), d = g.s1 + g.s2;
    s.add_transmitter(device("tx", {-g.s1 * sine, 0, g.s1 * cosine}, "VH"));
    s.add_receiver(device("rx", {g.s2 * sine, 0, g.s2 * cosine}, "VH"));
    constexpr double kKappa = 1000;
    paths::ScatterOptions o;
    o.diffuse = false, o.reflection = em::Lobe{.kind = em::LobeKind::kVonMisesFisher, .kappa = kKappa};
    o.tolerance = 1e-6, o.num_threads = num_threads;
    const double image = std::pow(s.wavelength_m() / (4 * kPi * d), 2) / 2;  // the mean over the pairs of ports
    const double got = (scattered_power(s, paths::PreparedScene(s), o).gain[0] / image - 1) * kKappa / 2;
    const double tangent = std::tan(g.theta);
    const double expected =
        (g.s1 * g.s1 - 4 * g.s1 * g.s2 + g.s2 * g.s2) / (4 * d * d * cosine * cosine) - tangent * tangent / 16;
    rows.push_back(
        {message("scattering, a lobe in the mirror's place, legs ", g.s1, " and ", g.s2, " m, ", g.theta, " rad"),
         "error from the mirror's, times kappa / 2", expected, got, 0.03 * std::abs(expected)});
  }
  return rows;
}

Rows images(int num_threads) {
  const char* pattern = "directive(alpha_r=3)";
  scene::Scene s = patch(0.7, pattern);
  s.add_material(metal("clean", 0, "lambertian"));
  scene::Mesh mesh;
  scene::add_rectangle(mesh, {-3, 2, -1}, {6, 0, 0}, {0, 0, 9});  // y = 2
  s.add_object({"mirror", mesh, 1});
  paths::PathOptions o;
  o.finder = paths::Finder::kExhaustive;
  o.max_depth = 2, o.los = false, o.diffuse_reflection = true, o.scattering_tolerance = 1e-4;
  o.num_threads = num_threads;
  double with_mirror = 0;
  const paths::Paths p = solve_paths(s, o);
  for (int64_t i = 0; i < p.num_paths(); ++i) {
    const auto begin = size_t(p.interaction_begin[size_t(i)]), end = size_t(p.interaction_begin[size_t(i) + 1]);
    const bool counts = end - begin == 2 && std::any_of(p.interactions.begin() + long(begin),
                                                        p.interactions.begin() + long(end), paths::scatters);
    for (int64_t k = p.a_begin[size_t(i)]; counts && k < p.a_begin[size_t(i) + 1]; ++k)
      with_mirror += norm2(p.a[size_t(k)]);
  }
  double expected = 0;
  o.max_depth = 1;
  for (const bool of_tx : {true, false}) {
    scene::Scene image = patch(0.7, pattern);
    Vec3d& at = (of_tx ? image.transmitters : image.receivers)[0].position_m;
    at.y = 4 - at.y;
    expected += scattered(image, o);
  }
  return {{"scattering, a mirror before the patch and behind it", "gain of both [dB]", 10 * std::log10(expected),
           10 * std::log10(with_mirror), 10 * std::log10(1 + 4e-4)}};
}

}  // namespace

std::vector<ValidationRow> scattering_validation_rows(const std::string& filter, int num_threads) {
  Rows rows;
  for (const auto& run : {patches, lobes, images}) {
    for (ValidationRow& row : run(num_threads)) {
      if (row.name.find(filter) != std::string::npos) rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace raywave::validate
