// SPDX-License-Identifier: Apache-2.0
// For tests: the ray tracer's slow, obvious twin, over all triangles, and random scenes to try both in.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "raywave/core/random.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/sequence_tree.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths::test {

/// Numbers in [0, 1) from a seed, one after another.
class Draws {
 public:
  explicit Draws(uint64_t seed) : seed_(seed) {}
  double operator()(double lo = 0, double hi = 1) { return lo + (hi - lo) * random_uniform(seed_, 1, 2, next_++); }
  Vec3d in_box(const Vec3d& lo, const Vec3d& hi) {
    const double x = (*this)(lo.x, hi.x), y = (*this)(lo.y, hi.y), z = (*this)(lo.z, hi.z);
    return {x, y, z};
  }
  Vec3d direction() {
    const double z = (*this)(-1, 1), phi = (*this)(0, 2 * kPi), rho = std::sqrt(1 - z * z);
    return {rho * std::cos(phi), rho * std::sin(phi), z};
  }

 private:
  uint64_t seed_, next_ = 0;
};

/// A room of 10 x 8 x 6 m with turned boxes and plates in it.
inline scene::Scene furnished_room(uint64_t seed, int num_things = 6) {
  Draws draw(seed);
  scene::Scene s;
  s.add_material(em::itu_material("concrete"));
  s.add_object({"room", scene::box({-5, -4, -3}, {10, 8, 6}), 0});
  for (int i = 0; i < num_things; ++i) {
    const Vec3d size = draw.in_box({0.3, 0.3, 0.3}, {2, 2, 2});
    scene::Mesh mesh;
    if (i % 3 == 2) {
      scene::add_rectangle(mesh, -0.5 * size, {size.x, 0, 0}, {0, size.y, 0});
    } else {
      mesh = scene::box(-0.5 * size, size);
    }
    const Mat3d turn = rotation_from_euler(draw.in_box({-3, -3, -3}, {3, 3, 3}));
    const Vec3d at = draw.in_box({-3, -2, -1}, {3, 2, 1});
    for (Vec3d& v : mesh.vertices_m) v = at + turn * v;
    s.add_object({"thing " + std::to_string(i), mesh, 0});
  }
  scene::clean_meshes(s);
  return s;
}

struct Hit {
  double t;
  int32_t facet;
  double margin_m;  // from the triangle's nearest side: below some roundings it is a tie
};

/// Where the line a + t d meets each triangle's plane inside it (or nearer to it than `beside_m`), t in (t0, t1), in
/// order.
inline std::vector<Hit> all_hits(const scene::FacetTable& table, const Vec3d& a, const Vec3d& d, double t0, double t1,
                                 double beside_m = 0) {
  std::vector<Hit> hits;
  for (const scene::Triangle& t : table.triangles) {
    const Vec3d n = cross(t.b - t.a, t.c - t.a);
    const double speed = dot(n, d);
    if (speed == 0) continue;
    const double at = dot(n, t.a - a) / speed;
    if (!(at > t0 && at < t1)) continue;
    const Vec3d p = a + at * d;
    double margin = std::numeric_limits<double>::infinity();
    const Vec3d corners[] = {t.a, t.b, t.c, t.a};
    for (int i = 0; i < 3; ++i) {
      const Vec3d side = corners[i + 1] - corners[i];
      margin = std::min(margin, dot(cross(n, side), p - corners[i]) / (norm(n) * norm(side)));
    }
    if (margin >= -beside_m) hits.push_back({at, t.facet, margin});
  }
  std::sort(hits.begin(), hits.end(), [](const Hit& x, const Hit& y) { return x.t < y.t; });
  return hits;
}

/// Every ray against every triangle: stands in for the ray engine.
class BruteForceTracer : public RayTracer {
 public:
  explicit BruteForceTracer(const scene::FacetTable& table) : table_(table) {}
  void closest_hits(std::span<RayPacket> packets) const override {
    for (RayPacket& p : packets) {
      for (int i = 0; i < RayPacket::kSize; ++i) {
        p.t[i] = std::numeric_limits<float>::infinity();
        p.facet[i] = -1;
        if (!p.active[i]) continue;
        const auto hits = all_hits(table_, {p.ox[i], p.oy[i], p.oz[i]}, {p.dx[i], p.dy[i], p.dz[i]}, 0,
                                   std::numeric_limits<double>::infinity());
        if (hits.empty()) continue;
        p.t[i] = float(hits[0].t);
        p.facet[i] = hits[0].facet;
      }
    }
  }
  static std::unique_ptr<RayTracer> make(const scene::FacetTable& table) {
    return std::make_unique<BruteForceTracer>(table);
  }

 private:
  const scene::FacetTable& table_;
};

/// The surfaces of a node's sequence, in order.
using Sequence = std::vector<SurfaceId>;
inline Sequence sequence_of(const SequenceTree& tree, int32_t node) {
  Sequence s;
  for (int32_t n = node; n != 0; n = tree.nodes()[size_t(n)].parent)
    s.insert(s.begin(), tree.nodes()[size_t(n)].surface);
  return s;
}

}  // namespace raywave::paths::test
