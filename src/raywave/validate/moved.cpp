// SPDX-License-Identifier: Apache-2.0
// The cases of `raywave validate` that move, turn, scale, re-order and re-cut a scene whose devices stand at symmetric
// places: nothing may change.
#include <algorithm>
#include <cmath>
#include <functional>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/scene.h"
#include "raywave/scene/shapes.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Rows = std::vector<ValidationRow>;

scene::Device device(const std::string& name, const Vec3d& p) {
  scene::Device d{name, p};
  d.array.slants_rad = em::slants_from_name("VH");
  d.array.polarization = "VH";
  return d;
}

/// A hall on its axes with a table and a board; the transmitter on the axis, receivers on it, on the floor, on the
/// table and on a wall.
scene::Scene hall() {
  scene::Scene s;
  s.frequency_hz = 2.4e9;
  em::Material concrete{"concrete"};
  concrete.relative_permittivity = 5.24;
  concrete.conductivity_s_per_m = 0.09;
  concrete.thickness_m = 0.2;
  s.add_material(concrete);
  s.add_object({"hall", scene::box({0, 0, 0}, {6, 4, 3}), 0});
  s.add_object({"table", scene::box({4, 2.5, 0}, {1, 1, 0.75}), 0});
  scene::Mesh board;
  scene::add_rectangle(board, {2, 0, 1}, {2, 0, 0}, {0, 0, 1});
  s.add_object({"board", board, 0});
  s.add_transmitter(device("tx", {1, 2, 1.5}));
  for (const Vec3d& p : {Vec3d{5, 2, 1.5}, Vec3d{2, 1, 0}, Vec3d{4.25, 2.75, 0.75}, Vec3d{3, 0, 1.5}}) {
    s.add_receiver(device(message("rx", s.receivers.size()), p));
  }
  return s;
}

scene::Scene mapped(scene::Scene s, const std::function<Vec3d(const Vec3d&)>& map) {
  for (auto& o : s.objects) {
    for (Vec3d& v : o.mesh.vertices_m) v = map(v);
  }
  for (auto* devices : {&s.transmitters, &s.receivers}) {
    for (auto& d : *devices) d.position_m = map(d.position_m);
  }
  return s;
}

/// All rectangles given once more, cut along the other diagonal; objects in reverse order.
scene::Scene recut(scene::Scene s) {
  std::reverse(s.objects.begin(), s.objects.end());
  for (auto& o : s.objects) {
    auto& t = o.mesh.triangles;
    for (size_t i = 0, n = t.size(); i + 1 < n; i += 2) {
      const auto a = t[i], b = t[i + 1];
      if (a[0] != b[0] || a[2] != b[1]) continue;
      t.push_back({a[1], a[2], b[2]});
      t.push_back({a[1], b[2], a[0]});
    }
  }
  return s;
}

struct Result {
  int64_t paths = 0;
  std::vector<double> gains;  // [num_rx], both ports
};
Result solve(const scene::Scene& s, int num_threads) {
  paths::PathOptions o;
  o.finder = paths::Finder::kExhaustive;
  o.num_threads = num_threads;
  const paths::Paths p = solve_paths(s, o);
  Result r{p.num_paths(), {}};
  for (const auto& link : p.links) {
    double gain = 0;
    for (int64_t i = p.a_begin[size_t(link.path_begin)]; i < p.a_begin[size_t(link.path_end)]; ++i)
      gain += norm2(p.a[size_t(i)]);
    r.gains.push_back(gain);
  }
  return r;
}

}  // namespace

std::vector<ValidationRow> moved_validation_rows(const std::string& filter, int num_threads) {
  const std::string prefix = "moved, turned and scaled scenes: ";
  Rows rows;
  const scene::Scene s = hall();
  Result here = solve(s, num_threads);
  const auto compare = [&](const std::string& what, const scene::Scene& other, double tolerance) {
    const std::string name = prefix + what;
    if (name.find(filter) == std::string::npos) return;
    const Result there = solve(other, num_threads);
    rows.push_back({name, "paths", double(here.paths), double(there.paths), 0});
    double worst = 0;
    for (size_t i = 0; i < here.gains.size(); ++i)
      worst = std::max(worst, std::abs(there.gains[i] / here.gains[i] - 1));
    rows.push_back({name, "largest relative change of a receiver's gain", 0, worst, tolerance});
  };
  compare("by (5e5, 5e6, 400) m", mapped(s, [](const Vec3d& v) { return v + Vec3d{5e5, 5e6, 400}; }), 1e-9);
  compare("by (1e7, -1e7, 1e7) m", mapped(s, [](const Vec3d& v) { return v + Vec3d{1e7, -1e7, 1e7}; }), 1e-9);
  // What is left is the rounding of coordinates, 2e-9 m. About the vertical, so that the ports turn with the scene. Of
  // metal and without the table: turned, rays into the line of two walls may meet them in the other order, which lossy
  // walls tell apart, and rays that graze a rim exactly may be decided from its other side.
  scene::Scene metal = s;
  metal.materials[0].perfect_conductor = true;
  metal.objects.erase(metal.objects.begin() + 1);
  const Mat3d turn = rotation_from_euler(Vec3d{0.7, 0, 0});
  const double wavenumber = 2 * kPi / s.wavelength_m();
  here = solve(metal, num_threads);
  compare("metal walls, turned by 40 degrees, by (1e7, -1e7, 1e7) m",
          mapped(metal,
                 [&](const Vec3d& v) {
                   return turn * v + Vec3d{1e7, -1e7, 1e7};
                 }),
          10 * wavenumber * 2e-9);
  here = solve(s, num_threads);
  for (const double k : {1e-6, 1e-3, 1e3}) {
    scene::Scene scaled = mapped(s, [&](const Vec3d& v) { return k * v; });
    scaled.frequency_hz /= k;
    scaled.materials[0].thickness_m *= k;
    scaled.materials[0].conductivity_s_per_m /= k;
    compare(message("times ", k, " with the wavelength"), scaled, 1e-9);
  }
  compare("faces given twice, cut along both diagonals, objects in reverse order", recut(s), 1e-12);
  return rows;
}

}  // namespace raywave::validate
