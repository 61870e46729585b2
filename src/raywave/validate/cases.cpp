// SPDX-License-Identifier: Apache-2.0
// The cases of `raywave validate`. The expected values are written here from the formulas, with std::complex, apart
// from the code that is validated.
#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>

#include "raywave/core/constants.h"
#include "raywave/core/units.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/scene.h"
#include "raywave/scene/shapes.h"
#include "raywave/validate/rays_waves.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Cx = std::complex<double>;
using Rows = std::vector<ValidationRow>;
using scene::add_rectangle;
using scene::box;

constexpr double kEpsilon = 2.22e-16;
/// Relative: paths are some hundred operations on doubles.
constexpr double kRounding = 512 * kEpsilon;

scene::Device device(const char* name, const Vec3d& position_m, const char* polarization = "VH") {
  scene::Device d{name, position_m};
  d.array.slants_rad = em::slants_from_name(polarization);
  d.array.polarization = polarization;
  return d;
}

scene::Scene scene_with(const em::Material& material, scene::Mesh mesh, double frequency_hz) {
  scene::Scene s;
  s.frequency_hz = frequency_hz;
  s.add_material(material);
  s.add_object({"object", std::move(mesh), 0});
  scene::clean_meshes(s);
  return s;
}

paths::PathOptions path_options(int max_depth, int num_threads) {
  paths::PathOptions o;
  o.max_depth = max_depth;
  o.num_threads = num_threads;
  o.finder = paths::Finder::kExhaustive;
  return o;
}

/// ITU-R P.2040-4, eqs. (43) and (44), with the slab's eta at this frequency from table 3 (a, c, d given here; b = 0).
struct Slab {
  Cx r_te, r_tm, t_te, t_tm;
  Slab(double eps_r, double c, double d, double thickness_m, double frequency_hz, double cos_theta) {
    const double sigma = c * std::pow(frequency_hz / 1e9, d);
    const Cx eta(eps_r, -sigma / (2 * kPi * frequency_hz * kVacuumPermittivity));
    Cx root = std::sqrt(eta - (1 - cos_theta * cos_theta));
    if (root.imag() > 0) root = -root;
    const Cx q = 2 * kPi * thickness_m * frequency_hz / kSpeedOfLight * root, e = std::exp(Cx(0, -1) * q);
    const Cx te = (cos_theta - root) / (cos_theta + root), tm = (eta * cos_theta - root) / (eta * cos_theta + root);
    r_te = te * (1.0 - e * e) / (1.0 - te * te * e * e), r_tm = tm * (1.0 - e * e) / (1.0 - tm * tm * e * e);
    t_te = (1.0 - te * te) * e / (1.0 - te * te * e * e), t_tm = (1.0 - tm * tm) * e / (1.0 - tm * tm * e * e);
  }
};

Cx transfer(const paths::Paths& p, int64_t path, int entry) {
  const Complexd& t = p.transfer[size_t(4 * path + entry)];
  return {t.re, t.im};
}

Rows friis(int num_threads) {
  Rows rows;
  for (const double distance_m : {1.0, 100.0, 10000.0}) {
    scene::Scene s;
    s.add_transmitter(device("tx", {0, 0, 0}, "V"));
    s.add_receiver(device("rx", {0.6 * distance_m, 0.8 * distance_m, 0}, "V"));
    const auto p = solve_paths(s, path_options(0, num_threads));
    const double gain = p.num_paths() == 1 ? norm2(p.a[0]) : NAN, delay_s = p.num_paths() == 1 ? p.tau_s[0] : NAN;
    const double expected = 20 * std::log10(kSpeedOfLight / s.frequency_hz / (4 * kPi * distance_m));
    const std::string name = message("Friis, ", distance_m, " m, 3.5 GHz");
    rows.push_back({name, "path gain [dB]", expected, power_to_db(gain), kRounding * std::abs(expected)});
    rows.push_back({name, "delay [s]", distance_m / kSpeedOfLight, delay_s, kRounding * distance_m / kSpeedOfLight});
  }
  return rows;
}

Rows two_ray_ground(int num_threads) {
  Rows rows;
  for (const double distance_m : {3.0, 50.0, 800.0}) {
    const double ht = 10, hr = 1.5, frequency_hz = 3.5e9, wavelength_m = kSpeedOfLight / frequency_hz;
    scene::Mesh ground;
    add_rectangle(ground, {-2000, -2000, 0}, {4000, 0, 0}, {0, 4000, 0});
    scene::Scene s = scene_with(em::itu_material("concrete", 0.3), ground, frequency_hz);
    s.add_transmitter(device("tx", {0, 0, ht}));
    s.add_receiver(device("rx", {distance_m, 0, hr}));
    const auto p = solve_paths(s, path_options(1, num_threads));
    const double direct = std::hypot(distance_m, ht - hr), reflected = std::hypot(distance_m, ht + hr);
    const Slab slab(5.24, 0.0462, 0.7822, 0.3, frequency_hz, (ht + hr) / reflected);
    const double k = 2 * kPi / wavelength_m;
    // horizontal: both fields along y; the sum with their propagation phases
    const Cx expected =
        wavelength_m / (4 * kPi) *
        (std::exp(Cx(0, -k * direct)) / direct + slab.r_te * std::exp(Cx(0, -k * reflected)) / reflected);
    Cx got = 0;
    for (int64_t i = 0; i < p.num_paths(); ++i)
      got -= transfer(p, i, 3) * std::exp(Cx(0, -k * kSpeedOfLight * p.tau_s[size_t(i)]));
    const std::string name = message("two-ray concrete ground, ", distance_m, " m");
    // the phase k d carries its rounding into the sum
    rows.push_back({name, "|H|, horizontal [1e-6]", 1e6 * std::abs(expected), 1e6 * std::abs(got),
                    1e6 * std::abs(expected) * (kRounding + 64 * k * direct * kEpsilon)});
    rows.push_back({name, "|ground, vertical| [1e-6]", 1e6 * wavelength_m / (4 * kPi * reflected) * std::abs(slab.r_tm),
                    p.num_paths() == 2 ? 1e6 * std::abs(transfer(p, 1, 0)) : NAN,
                    1e6 * kRounding * wavelength_m / reflected});
  }
  return rows;
}

Rows slabs(int num_threads) {
  struct Case {
    const char* name;
    double eps_r, c, d, thickness_m, frequency_hz;
  };
  Rows rows;
  for (const Case& c :
       {Case{"concrete", 5.24, 0.0462, 0.7822, 0.1, 3.5e9}, Case{"glass", 6.31, 0.0036, 1.3394, 0.006, 28e9},
        Case{"wood", 1.99, 0.0047, 1.0718, 0.03, 5e9}, Case{"plasterboard", 2.73, 0.0085, 0.9395, 0.0125, 60e9}}) {
    for (const double degrees : {0.0, 40.0, 80.0}) {
      const double theta = degrees * kPi / 180, length = 20;
      scene::Mesh wall;
      add_rectangle(wall, {0, -1000, -1000}, {0, 2000, 0}, {0, 0, 2000});
      scene::Scene s = scene_with(em::itu_material(c.name, c.thickness_m), wall, c.frequency_hz);
      const Vec3d leg = (length / 2) * Vec3d{std::cos(theta), std::sin(theta), 0};
      s.add_transmitter(device("tx", -leg));
      s.add_receiver(device("behind", leg));
      s.add_receiver(device("before", {-leg.x, leg.y + (degrees == 0 ? 1e-3 : 0), 0}));
      paths::PathOptions o = path_options(1, num_threads);
      o.refraction = true;
      const auto p = solve_paths(s, o);
      const double cos_before = degrees == 0 ? leg.x / std::hypot(leg.x, 0.5e-3) : std::cos(theta);
      const Slab through(c.eps_r, c.c, c.d, c.thickness_m, c.frequency_hz, std::cos(theta));
      const Slab mirrored(c.eps_r, c.c, c.d, c.thickness_m, c.frequency_hz, cos_before);
      const auto value = [&](size_t link, paths::Interaction type, int entry) {
        for (int64_t i = p.links[link].path_begin; i < p.links[link].path_end; ++i) {
          const auto first = size_t(p.interaction_begin[size_t(i)]);
          if (first == size_t(p.interaction_begin[size_t(i) + 1]) || p.interactions[first] != type) continue;
          return std::abs(transfer(p, i, entry)) * 4 * kPi * p.tau_s[size_t(i)] * c.frequency_hz;
        }
        return std::nan("");
      };
      const std::string name = message("slab of ", c.name, ", ", c.frequency_hz / 1e9, " GHz, ", degrees, " deg");
      // thick slabs turn rounding of the angle into phase: 2 k d
      const double tolerance = kRounding * (1 + 4 * kPi * c.thickness_m * c.frequency_hz / kSpeedOfLight);
      rows.push_back({name, "|T_TE|", std::abs(through.t_te), value(0, paths::Interaction::kRefraction, 0), tolerance});
      rows.push_back({name, "|T_TM|", std::abs(through.t_tm), value(0, paths::Interaction::kRefraction, 3), tolerance});
      rows.push_back(
          {name, "|R_TE|", std::abs(mirrored.r_te), value(1, paths::Interaction::kSpecularReflection, 0), tolerance});
      rows.push_back(
          {name, "|R_TM|", std::abs(mirrored.r_tm), value(1, paths::Interaction::kSpecularReflection, 3), tolerance});
    }
  }
  return rows;
}

Rows corridor_images(int num_threads) {
  em::Material conductor{"conductor"};
  conductor.perfect_conductor = true;
  scene::Mesh plates;
  add_rectangle(plates, {-500, 0, -500}, {1000, 0, 0}, {0, 0, 1000});
  add_rectangle(plates, {-500, 4, -500}, {0, 0, 1000}, {1000, 0, 0});
  scene::Scene s = scene_with(conductor, plates, 3.5e9);
  s.add_transmitter(device("tx", {0, 1, 0}, "V"));
  s.add_receiver(device("rx", {20, 2.5, 0}, "V"));
  const auto p = solve_paths(s, path_options(8, num_threads));
  std::vector<double> lengths;
  for (int order = 0; order <= 8; ++order) {
    for (int side = 0; side < (order == 0 ? 1 : 2); ++side) {
      double y = 1;
      for (int k = 0; k < order; ++k) y = (k + side) % 2 == 0 ? -y : 8 - y;
      lengths.push_back(std::hypot(20, 2.5 - y));
    }
  }
  std::sort(lengths.begin(), lengths.end());
  double worst_length = 0, worst_gain = 0;
  for (size_t i = 0; i < lengths.size() && lengths.size() == p.tau_s.size(); ++i) {
    worst_length = std::max(worst_length, std::abs(p.tau_s[i] * kSpeedOfLight / lengths[i] - 1));
    worst_gain = std::max(worst_gain, std::abs(abs(p.a[i]) * 4 * kPi * lengths[i] / s.wavelength_m() - 1));
  }
  return {{"parallel plates, order 8", "paths", 17, double(p.num_paths()), 0},
          {"parallel plates, order 8", "largest relative error of length", 0, worst_length, kRounding},
          {"parallel plates, order 8", "largest relative error of gain", 0, worst_gain, kRounding}};
}

/// A furnished room: the scene of the laws below.
scene::Scene room(int n) {
  scene::Scene s;
  s.add_material(em::itu_material("concrete", 0.2));
  s.add_material(em::itu_material("wood", 0.03));
  s.add_object({"room", box({0, 0, 0}, {10, 7, 3}, n), 0});
  s.add_object({"cupboard", box({4, 2, 0}, {1, 1, 2}, n), 1});
  scene::clean_meshes(s);
  return s;
}

paths::Paths room_paths(int n, const Vec3d& from, const Vec3d& to, int num_threads) {
  scene::Scene s = room(n);
  s.add_transmitter(device("tx", from));
  s.add_receiver(device("rx", to));
  paths::PathOptions o = path_options(3, num_threads);
  o.refraction = true;
  return solve_paths(s, o);
}

Rows room_laws(int num_threads) {
  const Vec3d a{1.2, 1.7, 2.2}, b{8.3, 5.1, 1.1};
  const auto forth = room_paths(1, a, b, num_threads), back = room_paths(1, b, a, num_threads),
             fine = room_paths(10, a, b, num_threads);
  double largest_gain = 0, not_reciprocal = 0, changed = 0, strongest = 0;
  for (int64_t i = 0; i < forth.num_paths(); ++i) {
    for (int k = 0; k < 4; ++k) strongest = std::max(strongest, std::abs(transfer(forth, i, k)));
  }
  const bool same_count = forth.num_paths() == back.num_paths() && forth.num_paths() == fine.num_paths();
  for (int64_t i = 0; i < forth.num_paths(); ++i) {
    // largest singular value of the path's matrix without its spreading: power out over power in
    double squares = 0;
    for (int k = 0; k < 4; ++k) squares += std::norm(transfer(forth, i, k));
    const double det =
        std::abs(transfer(forth, i, 0) * transfer(forth, i, 3) - transfer(forth, i, 1) * transfer(forth, i, 2));
    const double gain = 0.5 * (squares + std::sqrt(std::max(0.0, squares * squares - 4 * det * det)));
    largest_gain = std::max(largest_gain, gain * std::pow(4 * kPi * forth.tau_s[size_t(i)] * forth.frequency_hz, 2));
    for (int k = 0; k < 4 && same_count; ++k) {
      not_reciprocal = std::max(not_reciprocal,
                                std::abs(transfer(forth, i, k) - transfer(back, i, (k % 2) * 2 + k / 2)) / strongest);
      changed = std::max(changed, std::abs(transfer(forth, i, k) - transfer(fine, i, k)) / strongest);
    }
  }
  return {
      {"passivity, furnished room", "largest power gain of a path's interactions, above 1", 0,
       std::max(0.0, largest_gain - 1), kRounding},
      {"reciprocity, furnished room", "paths, ends swapped", double(forth.num_paths()), double(back.num_paths()), 0},
      {"reciprocity, furnished room", "largest difference, relative to the strongest path", 0,
       same_count ? not_reciprocal : NAN, 16 * kRounding},
      {"faces split tenfold, furnished room", "paths", double(forth.num_paths()), double(fine.num_paths()), 0},
      {"faces split tenfold, furnished room", "largest difference, relative to the strongest path", 0,
       same_count ? changed : NAN, 1e-9}};
}

Rows exact_map(int num_threads) {
  scene::Scene s = room(1);
  s.add_transmitter(device("tx", {1.2, 1.7, 2.2}, "V"));
  maps::Surface surface;
  surface.center_m = {5, 3.5, 1};
  surface.size_m = {9.8, 6.8};
  surface.cell_size_m = {0.7, 0.68};
  maps::RadioMapOptions o;
  o.num_threads = num_threads;
  const auto map = solve_radio_map(s, surface, o);
  for (size_t i = 0; i < map.path_gain.size(); ++i)
    s.add_receiver(device(message("rx", i).c_str(), map.cell_centers_m[i]));
  const auto p = solve_paths(s, path_options(3, num_threads));
  double worst = 0, dark = 0;
  for (const auto& link : p.links) {
    double power = 0;
    for (int64_t k = p.a_begin[size_t(link.path_begin)]; k < p.a_begin[size_t(link.path_end)]; ++k)
      power += norm2(p.a[size_t(k)]);
    if (power == 0) continue;
    const double gain = map.path_gain[size_t(link.rx)];
    if (gain == 0) ++dark;
    worst = std::max(worst, std::abs(gain / power - 1));
  }
  return {{"exact map, furnished room", "cells missing against the exhaustive finder", 0, dark, 0},
          {"exact map, furnished room", "largest relative error of a cell", 0, worst, 64 * kRounding}};
}

}  // namespace

std::vector<ValidationRow> mirror_validation_rows(const std::string& filter, int num_threads) {
  const std::vector<std::function<Rows(int)>> cases{friis,           two_ray_ground, slabs,
                                                    corridor_images, room_laws,      exact_map};
  Rows rows;
  for (const auto& run : cases) {
    for (auto& row : run(num_threads)) {
      if (row.name.find(filter) != std::string::npos) rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<ValidationRow> validation_rows(const std::string& filter, int num_threads) {
  Rows rows = mirror_validation_rows(filter, num_threads);
  for (auto& row : diffraction_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : moved_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : scattering_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : lobe_chain_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : signal_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : surface_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : strip_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : wave_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  for (auto& row : rays_waves_validation_rows(filter, num_threads)) rows.push_back(std::move(row));
  return rows;
}

}  // namespace raywave::validate
