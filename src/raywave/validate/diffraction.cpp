// SPDX-License-Identifier: Apache-2.0
// The diffraction cases of `raywave validate`: exact wedge, knife edge, steps of the total field, laws.
#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/em/utd.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/scene.h"
#include "raywave/scene/shapes.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Cx = std::complex<double>;
using Rows = std::vector<ValidationRow>;

em::Material conductor() {
  em::Material m{"conductor"};
  m.perfect_conductor = true;
  return m;
}

scene::Scene link_at(double frequency_hz, const em::Material& material, const scene::Mesh& mesh, const Vec3d& tx,
                     const Vec3d& rx) {
  scene::Scene s;
  s.frequency_hz = frequency_hz;
  s.add_material(material);
  s.add_object({"object", mesh, 0});
  scene::clean_meshes(s);
  for (const auto& [name, place] : {std::pair{"tx", tx}, std::pair{"rx", rx}}) {
    scene::Device d{name, place};
    d.array.slants_rad = em::slants_from_name("VH");
    d.array.polarization = "VH";
    name[0] == 't' ? s.add_transmitter(d) : s.add_receiver(d);
  }
  return s;
}

paths::PathOptions options(int max_depth, int max_diffractions, int num_threads) {
  paths::PathOptions o;
  o.max_depth = max_depth;
  o.diffraction = true;
  o.max_diffractions = max_diffractions;
  o.num_threads = num_threads;
  o.finder = paths::Finder::kExhaustive;
  return o;
}

/// The coherent sum over all paths, over the free-space field. [4]
std::vector<Cx> total(const scene::Scene& s, const paths::Paths& p) {
  std::vector<Cx> sum(4);
  for (size_t i = 0; i < p.tau_s.size(); ++i) {
    const Cx phase = std::exp(Cx(0, -2 * kPi * std::fmod(p.tau_s[i] * p.frequency_hz, 1.0)));
    for (size_t k = 0; k < 4; ++k)
      sum[k] += phase * Cx(p.a[size_t(p.a_begin[i]) + k].re, p.a[size_t(p.a_begin[i]) + k].im);
  }
  const double distance = norm(s.receivers[0].position_m - s.transmitters[0].position_m);
  for (Cx& c : sum) c *= 4 * kPi * distance / s.wavelength_m();
  return sum;
}

/// The line source at a conducting wedge: the eigenfunction series, and geometrical optics with the library's matrix.
struct LineSource {
  double n, kr_in, phi_in, kr;
  bool soft;
  static Cx hankel2(double order, double x) { return {std::cyl_bessel_j(order, x), -std::cyl_neumann(order, x)}; }
  Cx exact(double phi) const {
    Cx sum;
    const double lo = std::min(kr, kr_in), hi = std::max(kr, kr_in);
    for (int m = soft ? 1 : 0; m < 1000; ++m) {
      const double order = m / n;
      const Cx radial = std::cyl_bessel_j(order, lo) * hankel2(order, hi);
      sum +=
          (m == 0 ? 2.0 : 4.0) / n * radial *
          (soft ? std::sin(order * phi) * std::sin(order * phi_in) : std::cos(order * phi) * std::cos(order * phi_in));
      if (order > hi && std::abs(radial) < 1e-12) break;
    }
    return sum;
  }
  Cx uniform(double phi) const {
    const auto ray = [&](double angle) {
      return hankel2(0, std::sqrt(kr * kr + kr_in * kr_in - 2 * kr * kr_in * std::cos(angle)));
    };
    const double r = soft ? -1 : 1, sum = phi + phi_in, inf = std::numeric_limits<double>::infinity();
    em::MaterialProperties metal;
    metal.perfect_conductor = true;
    const em::WedgeRay<double> wedge{n * kPi, phi_in, phi, 1, 0, kr * kr_in / (kr + kr_in), -inf, inf};
    const auto m = em::diffraction_matrix(wedge, metal, metal, 1.0);
    Cx field = (soft ? Cx(m.qq.re, m.qq.im) : Cx(m.pp.re, m.pp.im)) * hankel2(0, kr + kr_in);
    if (std::abs(phi - phi_in) < kPi) field += ray(phi - phi_in);
    if (sum < kPi) field += r * ray(sum);
    if (2 * n * kPi - sum < kPi) field += r * ray(2 * n * kPi - sum);
    return field;
  }
};

Rows exact_wedge(int) {
  Rows rows;
  for (const double n : {1.25, 1.5, 2.0}) {
    for (const bool soft : {true, false}) {
      const LineSource source{n, 2 * kPi * 8, 50 * kPi / 180, 2 * kPi * 6, soft};
      double error = 0, norm = 0;
      for (int i = 0; i < 240; ++i) {
        const double phi = n * kPi * (i + 0.5) / 240;
        error += std::norm(source.uniform(phi) - source.exact(phi));
        norm += std::norm(source.exact(phi));
      }
      // the phase in the transition zones, (k L)^-1/2 wide, is right to 1 / (k L); the factor is of order 1e-2
      const double k_l = source.kr * source.kr_in / (source.kr + source.kr_in);
      rows.push_back(
          {message("diffraction: conducting wedge, n = ", n, soft ? ", soft" : ", hard", ", 8 and 6 wavelengths"),
           "relative L2 error against the eigenfunction series", 0, std::sqrt(error / norm),
           0.02 * std::pow(k_l, -1.25)});
    }
  }
  return rows;
}

/// ITU-R P.526-15, eq. (29), as amplitude; Simpson's rule.
double knife_edge(double nu) {
  Cx sum;
  const int n = 20000;
  const double h = nu / n;
  for (int i = 0; i <= n; ++i)
    sum += (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) * std::exp(Cx(0, kPi * i * h * i * h / 2));
  sum *= h / 3;
  return 0.5 * std::hypot(1 - sum.real() - sum.imag(), sum.real() - sum.imag());
}

Rows knife_edges(int num_threads) {
  Rows rows;
  const double frequency_hz = 3.5e9, wavelength = kSpeedOfLight / frequency_hz, d1 = 120, d2 = 75;
  scene::Mesh screen;
  scene::add_rectangle(screen, {0, -4000, -4000}, {0, 8000, 0}, {0, 0, 4000});
  for (const double nu : {-0.7, 0.4, 1.0, 2.4}) {
    const double h = nu * std::sqrt(wavelength * d1 * d2 / (2 * (d1 + d2)));
    const scene::Scene s = link_at(frequency_hz, conductor(), screen, {-d1, 0, -h}, {d2, 0, -h});
    const auto field = total(s, solve_paths(s, options(1, 1, num_threads)));
    // The screen's terms of the reflection boundary cancel in the mean of the polarisations to first order; second
    // order of 1 / sqrt(2 pi k L) and of the bend; the screen's far sides: 1e-3.
    const double bend = std::abs(h) * (1 / d1 + 1 / d2), k_l = 2 * kPi / wavelength * d1 * d2 / (d1 + d2);
    rows.push_back({message("diffraction: knife edge of ITU-R P.526, nu = ", nu, ", 3.5 GHz"),
                    "amplitude over free space, mean of V and H", knife_edge(nu),
                    0.5 * (std::abs(field[0]) + std::abs(field[3])), 1 / (2 * kPi * k_l) + 0.5 * bend * bend + 1e-3});
  }
  return rows;
}

/// Two edges in each other's transition zones: a box 1 cm thick against the screen.
Rows thin_box(int num_threads) {
  Rows rows;
  scene::Mesh screen;
  scene::add_rectangle(screen, {0, -400, -400}, {0, 800, 0}, {0, 0, 400});
  const scene::Mesh box = scene::box({-0.005, -400, -400}, {0.01, 800, 400});
  for (const double h : {-1.0, 0.0, 2.0, 10.0}) {
    const auto behind = [&](const scene::Mesh& mesh, int max_diffractions) {
      const scene::Scene s = link_at(1e9, conductor(), mesh, {-60, 0, -h}, {40, 0, -h});
      return total(s, solve_paths(s, options(max_diffractions, max_diffractions, num_threads)));
    };
    const auto knife = behind(screen, 1), thin = behind(box, 2);
    // the reflection from the box's top, 1 / 30 of a wavelength wide, and the far boundaries of its right angles
    for (const size_t k : {0, 3}) {
      rows.push_back({message("diffraction: box 1 cm thick, top ", h == 0 ? 0 : -h, " m above the ends' line, 1 GHz"),
                      message("against the screen, ", k == 0 ? "V" : "H", ", amplitude over free space"),
                      std::abs(knife[k]), std::abs(thin[k]), 7e-3});
    }
  }
  return rows;
}

/// The largest step of the total field where the set of paths changes along a line.
double largest_step(scene::Scene s, const std::function<Vec3d(double)>& at, const paths::PathOptions& o) {
  const paths::PreparedScene prepared(s);
  using Sample = std::pair<std::vector<int32_t>, std::vector<Cx>>;
  const auto sample = [&](double t) {
    s.receivers[0].position_m = at(t);
    const auto p = solve_paths(s, prepared, o);
    std::vector<int32_t> names;
    std::vector<std::vector<int32_t>> each;
    for (size_t i = 0; i < p.tau_s.size(); ++i) {
      each.push_back({});
      for (auto k = size_t(p.interaction_begin[i]); k < size_t(p.interaction_begin[i + 1]); ++k) {
        each.back().push_back(int32_t(p.interactions[k]));
        each.back().push_back(p.surfaces[k].index);
      }
      each.back().push_back(-1);
    }
    std::sort(each.begin(), each.end());
    for (const auto& e : each) names.insert(names.end(), e.begin(), e.end());
    return Sample{names, total(s, p)};
  };
  const auto distance = [](const Sample& a, const Sample& b) {
    double d = 0;
    for (size_t k = 0; k < 4; ++k) d = std::max(d, std::abs(a.second[k] - b.second[k]));
    return d;
  };
  double worst = 0;
  const int n = 60;
  Sample a = sample(0);
  for (int i = 0; i < n; ++i) {
    const Sample end = sample(double(i + 1) / n);
    double from = double(i) / n;
    for (int guard = 0; guard < 12 && a.first != end.first; ++guard) {
      double lo = from, hi = double(i + 1) / n;
      Sample x = a, y = end;
      while (norm(at(hi) - at(lo)) > 2e-9) {
        const double middle = 0.5 * (lo + hi);
        const Sample m = sample(middle);
        (m.first == x.first ? lo : hi) = middle;
        (m.first == x.first ? x : y) = m;
      }
      worst = std::max(worst, distance(x, y));
      from = hi;
      a = y;
    }
    a = end;
  }
  return worst;
}

Rows steps(int num_threads) {
  Rows rows;
  const Vec3d tx{-1.3, -4.1, 0.4};
  const auto behind = [](double t) { return Vec3d{-2.0 + 4.5 * t, 3.0, -1.5 + 3.1 * t}; };
  const auto before = [](double t) { return Vec3d{-3.0 + 6.0 * t, -3.5, -2.0 + 3.7 * t}; };
  scene::Mesh plate;
  scene::add_rectangle(plate, {-1, 0, -0.8}, {2, 0, 0}, {0, 0, 1.6});
  struct Case {
    const char* name;
    em::Material material;
    scene::Mesh mesh;
    bool refraction;
  };
  for (const Case& c :
       {Case{"metal plate and its corners", conductor(), plate, false},
        Case{"concrete plate and its corners", em::itu_material("concrete", 0.1), plate, false},
        Case{"glass screen that transmits", em::itu_material("glass", 0.01), plate, true},
        Case{"concrete box", em::itu_material("concrete", 0.1), scene::box({-1, -0.7, -0.8}, {2, 1.4, 1.6}), false}}) {
    paths::PathOptions o = options(c.refraction ? 2 : 1, 1, num_threads);
    o.refraction = c.refraction;
    const scene::Scene s = link_at(3e9, c.material, c.mesh, tx, {3, 3, 0});
    const std::string name = message("diffraction: ", c.name, ", 3 GHz");
    // the field changes by 1e-7 over the 2e-9 m to which boundaries are bisected
    rows.push_back(
        {name, "largest step of the total field behind it, over free space", 0, largest_step(s, behind, o), 4e-7});
    rows.push_back(
        {name, "largest step of the total field before it, over free space", 0, largest_step(s, before, o), 4e-7});
  }
  // From inside a body of walls that transmit: the straight ray leaves one wall for another.
  paths::PathOptions o = options(3, 1, num_threads);
  o.refraction = true;
  o.specular_reflection = false;
  const scene::Scene s = link_at(3e9, em::itu_material("concrete", 0.1), scene::box({-1, -0.7, -0.8}, {2, 1.4, 1.6}),
                                 {0.31, -0.12, 0.2}, {3, 3, 0});
  rows.push_back({"diffraction: concrete box around the source, 3 GHz, without reflections",
                  "largest step of the total field outside, over free space", 0, largest_step(s, behind, o), 4e-7});
  return rows;
}

Rows laws(int num_threads) {
  const Vec3d a{-1.3, -4.1, 0.4}, b{1.9, 3.1, 0.9};
  const auto solve = [&](const Vec3d& from, const Vec3d& to, int n) {
    const auto s =
        link_at(3e9, em::itu_material("concrete", 0.1), scene::box({-1, -0.7, -0.8}, {2, 1.4, 1.6}, n), from, to);
    const auto p = solve_paths(s, options(2, 2, num_threads));
    return std::pair{total(s, p), double(p.num_paths())};
  };
  const auto forth = solve(a, b, 1), back = solve(b, a, 1), fine = solve(a, b, 10);
  double not_reciprocal = 0, changed = 0;
  for (size_t k = 0; k < 4; ++k) {
    not_reciprocal = std::max(not_reciprocal, std::abs(forth.first[k] - back.first[(k % 2) * 2 + k / 2]));
    changed = std::max(changed, std::abs(forth.first[k] - fine.first[k]));
  }
  const std::string name = "diffraction: concrete box, two edges, 3 GHz";
  return {{name, "paths, ends swapped", forth.second, back.second, 0},
          // two edges' points are found to 1e-9 of the length's slope
          {name, "largest difference of the total, ends swapped", 0, not_reciprocal, 1e-8},
          {name, "paths, faces split into 100 squares", forth.second, fine.second, 0},
          {name, "largest difference of the total, faces split", 0, changed, 1e-9}};
}

}  // namespace

std::vector<ValidationRow> diffraction_validation_rows(const std::string& filter, int num_threads) {
  const std::vector<std::function<Rows(int)>> cases{
      exact_wedge, [](int) { return wedge_validation_rows(); }, knife_edges, thin_box, steps, laws};
  Rows rows;
  for (const auto& run : cases) {
    for (auto& row : run(num_threads)) {
      if (row.name.find(filter) != std::string::npos) rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace raywave::validate
