// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/solids.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/wave/solid_sections.h"

namespace raywave::wave {
namespace {

// One solid, alone: object 0.
struct Alone {
  detail::OwnerGroups groups;
  std::vector<int> rank{0};
  detail::SolidSections sections;
  Alone(std::span<const double> xs, std::span<const double> ys, double z0, double z1, const Solid& m)
      : sections(xs, ys, z0, z1, {&m}, {0}, rank, groups) {}
  double sign(int left, int right) const { return groups.share(right, 0) - groups.share(left, 0); }
  detail::SolidSections::Add add_to(std::span<double> out, size_t cells) const {
    return [this, out, cells](int left, int right, size_t cell, double value, bool rest) {
      const size_t end = rest ? (cell / cells + 1) * cells : cell + 1;
      for (size_t j = cell; j < end; ++j) out[j] += sign(left, right) * value;
    };
  }
};

}  // namespace

Solid box_solid(const Vec3d& c, const Vec3d& size) {
  for (const double v : {size.x, size.y, size.z}) require_positive("size_m", v);
  Solid m;
  for (int i = 0; i < 8; ++i)
    m.vertices_m.push_back({c.x + (i & 1 ? 0.5 : -0.5) * size.x, c.y + (i & 2 ? 0.5 : -0.5) * size.y,
                            c.z + (i & 4 ? 0.5 : -0.5) * size.z});
  m.triangles = {{0, 2, 3}, {0, 3, 1}, {4, 5, 7}, {4, 7, 6}, {0, 1, 5}, {0, 5, 4},
                 {2, 6, 7}, {2, 7, 3}, {0, 4, 6}, {0, 6, 2}, {1, 3, 7}, {1, 7, 5}};
  return m;
}

Solid sphere_solid(const Vec3d& c, double radius, int rings) {
  require_positive("radius_m", radius);
  if (rings < 4) throw Error(message("num_rings of a sphere must be >= 4, got ", rings));
  Solid m;
  const uint32_t around = uint32_t(2 * rings);
  for (int i = 1; i < rings; ++i)
    for (uint32_t j = 0; j < around; ++j) {
      const double theta = kPi * i / rings, phi = 2 * kPi * j / around;
      m.vertices_m.push_back({std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)});
    }
  const auto at = [&](int i, uint32_t j) { return uint32_t(i - 1) * around + j % around; };
  const uint32_t north = uint32_t(m.vertices_m.size()), south = north + 1;
  m.vertices_m.push_back({0, 0, 1}), m.vertices_m.push_back({0, 0, -1});
  for (uint32_t j = 0; j < around; ++j) {
    m.triangles.push_back({north, at(1, j), at(1, j + 1)});
    m.triangles.push_back({south, at(rings - 1, j + 1), at(rings - 1, j)});
    for (int i = 1; i + 1 < rings; ++i) {
      m.triangles.push_back({at(i, j), at(i + 1, j), at(i + 1, j + 1)});
      m.triangles.push_back({at(i, j), at(i + 1, j + 1), at(i, j + 1)});
    }
  }
  const double scale = radius * std::cbrt(4 * kPi / 3 / signed_volume_m3(m));
  for (Vec3d& v : m.vertices_m) v = c + scale * v;
  return m;
}

double signed_volume_m3(const Solid& m) {
  double six = 0;
  if (m.vertices_m.empty()) return 0;
  const Vec3d o = m.vertices_m[0];
  for (const auto& t : m.triangles)
    six += dot(m.vertices_m[t[0]] - o, cross(m.vertices_m[t[1]] - o, m.vertices_m[t[2]] - o));
  return six / 6;
}

bool is_closed(const Solid& m) {
  using Key = std::tuple<double, double, double>;
  std::map<std::pair<Key, Key>, int> edges;
  const auto key = [&](uint32_t v) { return Key{m.vertices_m[v].x, m.vertices_m[v].y, m.vertices_m[v].z}; };
  for (const auto& t : m.triangles)
    for (size_t e = 0; e < 3; ++e) {
      const Key a = key(t[e]), b = key(t[(e + 1) % 3]);
      edges[std::minmax(a, b)] += a < b ? 1 : -1;
    }
  return !edges.empty() && std::all_of(edges.begin(), edges.end(), [](const auto& e) { return e.second == 0; });
}

bool is_prism(const Solid& m) {
  if (m.vertices_m.empty()) return false;
  const auto [lo, hi] = std::minmax_element(m.vertices_m.begin(), m.vertices_m.end(),
                                            [](const Vec3d& a, const Vec3d& b) { return a.z < b.z; });
  std::map<std::pair<double, double>, int> seen;
  for (const Vec3d& v : m.vertices_m) {
    if (v.z != lo->z && v.z != hi->z) return false;
    seen[{v.x, v.y}] |= v.z == lo->z ? 1 : 2;
  }
  return std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s.second == 3; });
}

void add_solid_coverage(std::span<const double> xs, std::span<const double> ys, double z0, double z1, const Solid& m,
                        std::span<double> cover) {
  const Alone alone(xs, ys, z0, z1, m);
  alone.sections.values(alone.add_to(cover, ys.size() - 1));
}

void add_solid_coverage_jvp(std::span<const double> xs, std::span<const double> ys, double z0, double z1,
                            const Solid& m, std::span<const Vec3d> vertex_dot, std::span<double> cover_dot) {
  const Alone alone(xs, ys, z0, z1, m);
  alone.sections.tangents([&](int) { return vertex_dot; }, alone.add_to(cover_dot, ys.size() - 1));
}

void solid_coverage_vjp(std::span<const double> xs, std::span<const double> ys, double z0, double z1, const Solid& m,
                        std::span<const double> bar, std::span<Vec3d> out) {
  const Alone alone(xs, ys, z0, z1, m);
  const size_t cells = ys.size() - 1;
  alone.sections.cotangents(
      [&](int left, int right, size_t cell, bool rest) {
        double sum = 0;
        for (size_t j = cell; j < (rest ? (cell / cells + 1) * cells : cell + 1); ++j) sum += bar[j];
        return alone.sign(left, right) * sum;
      },
      [&](int) { return out; });
}

}  // namespace raywave::wave
