// SPDX-License-Identifier: Apache-2.0
// What a device does for Monte Carlo maps: each ray sets out, is traced, carries its field over mirrors and through
// walls, is scattered, and adds to the cells that it crosses: the estimator of crossing_rays.h, a ray at a time. Sums
// are fixed-point (runtime/fixed_sum.h), the same bits whatever the order.
#pragma once

#include <cmath>
#include <cstdint>

#include "raywave/core/complex.h"
#include "raywave/maps/plane_frame.h"
#include "raywave/maps/quick_field.h"
#include "raywave/maps/roulette.h"
#include "raywave/paths/coefficient_entry.h"
#include "raywave/paths/ray_kernels.h"
#include "raywave/paths/scatter_choice.h"
#include "raywave/runtime/fixed_sum.h"
#include "raywave/scene/facet_view.h"

namespace raywave::maps {

/// E -> c_te (E . te) te + c_tm (E . tm) tm' with te along k x n and tm = k x te, as packet_surfaces.h has it.
/// @param turn  2 for a reflection, 0 for a transmission
RAYWAVE_HD inline CVec3<float> carried(const CVec3<float>& e, const Vec3f& k, const Vec3f& n,
                                       const paths::CoefficientEntry& c, float turn) {
  Vec3f w = cross(k, n);
  if (w.x * w.x + w.y * w.y + w.z * w.z < 1e-12f)  // at normal incidence any w across k will do
    w = k.z * k.z > 0.5f ? Vec3f{0, k.z, -k.y} : Vec3f{k.y, -k.x, 0};
  const float inv = 1 / dot(w, w);
  const Vec3f v = cross(k, w), out = k - (turn * dot(k, n)) * n, u = cross(out, w);
  const Complex<float> te = c.te * (inv * dot(e, w)), tm = c.tm * (inv * dot(e, v));
  return {te.re * w + tm.re * u, te.im * w + tm.im * u};
}

/// A triangle of cells that lie in no plane, as Cells has them.
struct CellTriangle {
  Vec3f normal;
  int32_t cell;
};
/// Cells on a mesh or terrain.
struct CellMesh {
  paths::RayTreeView tree;  // of the triangles as they are; null: the cells lie in a plane
  const CellTriangle* triangles = nullptr;
};

/// What a ray adds to a cell.
struct RayVisit {
  int32_t cell = -1;  // -1: no more follow
  float value = 0;
};

/// Element i: ray i of the tiles from scene.first_tile on.
struct CrossingsKernel {
  static constexpr paths::RayKernel kKind = paths::RayKernel::kCrossings;
  paths::ShotScene scene;
  const int32_t* material = nullptr;                      // [num_facets]
  const uint8_t* has_twins = nullptr;                     // [num_facets]; null: no facet's owner needs looking up
  scene::FacetView owners;                                // then
  const paths::CoefficientEntry* reflection = nullptr;    // [num_materials, kSamples + 1]
  const paths::CoefficientEntry* transmission = nullptr;  // the same
  QuickField quick;
  const CVec3<float>* launched = nullptr;  // [rays]: what each sets out with; null: quick's
  PlaneFrame plane{};
  int num_x = 0, num_y = 0;
  CellMesh mesh;
  float least_m = 0;  // images nearer than this to the cells' plane are left out
  bool los = true, specular_reflection = true;
  double units = 1;                                    // of a sum, in 1
  runtime::FixedSum* sums = nullptr;                   // [num_cells]; where rays scatter, VisitsKernel's
  int32_t* marks = nullptr;                            // [kNumMarks], set where something happens
  const paths::ScatterMaterial* scatterers = nullptr;  // [num_materials]; null: nothing scatters
  RayVisit* visits = nullptr;                          // then: [rays, visits_per_ray]
  int visits_per_ray = 0;

  /// An image is left out whose mirror lies in the cells' plane too; a ray visits more cells than there is room for.
  enum Mark { kEdgeOn, kNoRoom, kNumMarks };

  RAYWAVE_HD void operator()(int64_t i) const {
    Visits visited{visits + (scatterers ? i * visits_per_ray : 0)};
    follow(i, visited);
    if (scatterers && visited.count < visits_per_ray) visited.of_ray[visited.count].cell = -1;
  }

 private:
  struct Visits {
    RayVisit* of_ray;
    int count = 0;
  };

  RAYWAVE_HD void follow(int64_t i, Visits& visited) const {
    const paths::Shot& shot = scene.shot;
    uint64_t random = 0;
    const Vec2<float> place = paths::place_in_square(shot, scene.first_tile + i / paths::Shot::kTileRays,
                                                     int(i % paths::Shot::kTileRays), random);
    Vec3f o = shot.origin_m, d = paths::square_to_sphere(place.x, place.y), scattered;
    CVec3<float> field = launched ? launched[i] : quick(d);
    const float power = norm2(field.re) + norm2(field.im);
    float length = 0;
    for (int depth = 0; depth <= shot.max_depth; ++depth) {
      const paths::RayHit hit = closest_hit(scene.tree, o, d);
      if (depth > 0 || los) cross(o, d, hit.t, length, field, visited);
      if (depth == shot.max_depth || hit.facet < 0) return;
      paths::Event event = paths::event_at(shot, scene.is_mirror(hit.facet), random);
      if (event == paths::Event::kEnd) return;
      if (scatterers) {
        if (!choose(o, d, hit, event, scattered, random, field) || !survives(power, random, field)) return;
        if (event == paths::Event::kScatter) length = kAnew;
      } else if (!interact(o, d, hit, event, random, field)) {
        return;
      }
      length += hit.t;
      paths::go_on(scene.facets[hit.facet], hit.t, event, scattered, o, d);
      if (depth + 1 == shot.max_depth && !mesh.tree.nodes && !may_cross(o, d)) return;
    }
  }

  /// Could the ray cross the cells, or come so near to their plane that an image is edge-on?
  RAYWAVE_HD bool may_cross(const Vec3f& o, const Vec3f& d) const {
    const float dn = dot(plane.normal, d), above = plane.offset - dot(plane.normal, o);
    if (std::fabs(above) < least_m) return true;
    const float t = above / dn;
    return t > 0 && cell_at(o, d, t) >= 0;
  }

  /// The cell there, -1: none.
  RAYWAVE_HD int64_t cell_at(const Vec3f& o, const Vec3f& d, float t) const {
    const Vec3f p{o.x + t * d.x, o.y + t * d.y, o.z + t * d.z};
    const float x = dot(plane.axis_x, p) - plane.x0, y = dot(plane.axis_y, p) - plane.y0;
    if (!(x >= 0 && x < float(num_x) && y >= 0 && y < float(num_y))) return -1;
    return int64_t(y) * num_x + int64_t(x);
  }

  /// @param end  where the segment ends; infinity: nowhere. @param length  of the ray up to its origin
  RAYWAVE_HD void cross(const Vec3f& o, const Vec3f& d, float end, float length, const CVec3<float>& field,
                        Visits& visited) const {
    if (mesh.tree.nodes) return cross_mesh(o, d, end, length, field, visited);
    const float dn = dot(plane.normal, d), above = plane.offset - dot(plane.normal, o), t = above / dn;
    if (std::fabs(above + length * dn) < least_m) {
      if (std::fabs(above) < least_m) mark(kEdgeOn);
      return;
    }
    if (!(t > 0 && t < end)) return;
    const int64_t cell = cell_at(o, d, t);
    if (cell >= 0) visit(int32_t(cell), 1 / std::fabs(dn) * (norm2(field.re) + norm2(field.im)), visited);
  }

  RAYWAVE_HD void cross_mesh(const Vec3f& o, const Vec3f& d, float end, float length, const CVec3<float>& field,
                             Visits& visited) const {
    constexpr float kLeastCosine = 1e-6f;
    const float power = norm2(field.re) + norm2(field.im);
    all_hits(mesh.tree, o, d, end, [&](float t, int32_t triangle) {
      const CellTriangle& there = mesh.triangles[triangle];
      const float cosine = std::fabs(dot(d, there.normal));
      if (cosine > kLeastCosine && (length + t) * cosine >= least_m) visit(there.cell, power / cosine, visited);
    });
  }

  RAYWAVE_HD void visit(int32_t cell, float value, Visits& visited) const {
    if (!scatterers) {
      sums[cell].add(units * double(value));
    } else if (visited.count < visits_per_ray) {
      visited.of_ray[visited.count++] = {cell, value};
    } else {
      mark(kNoRoom);
    }
  }

  RAYWAVE_HD void mark(Mark which) const {
#ifdef __CUDA_ARCH__
    marks[which] = 1;
#else
    __atomic_store_n(marks + which, 1, __ATOMIC_RELAXED);
#endif
  }

  /// Where a ray hits: the material that counts there.
  RAYWAVE_HD int32_t owner(const Vec3f& o, const Vec3f& d, const paths::RayHit& hit) const {
    if (!has_twins || !has_twins[hit.facet]) return hit.facet;
    const double t = double(hit.t);
    return owners.canonical(hit.facet, {o.x + t * d.x, o.y + t * d.y, o.z + t * d.z});
  }

  /// Chance decides what becomes of the ray, and the field with it. @return whether it goes on.
  RAYWAVE_HD bool choose(const Vec3f& o, const Vec3f& d, const paths::RayHit& hit, paths::Event& event,
                         Vec3f& scattered, uint64_t& random, CVec3<float>& field) const {
    const int32_t facet = owner(o, d, hit);
    const Vec3f n = scene.facets[hit.facet].normal;
    const paths::CoefficientEntry* back = reflection + table_of(facet);
    const float cos_theta = std::fabs(dot(d, n));
    const paths::CoefficientEntry mirror = paths::coefficients_at(back, cos_theta);
    paths::CoefficientEntry through{};
    if (scene.shot.refraction) through = paths::coefficients_at(transmission + table_of(facet), cos_theta);
    const paths::ScatterMaterial& m = scatterers[material[facet]];
    const paths::ScatterDecision decision = paths::decide(m.shares, scene.is_mirror(facet), mirror, through, random);
    event = decision.event;
    if (event == paths::Event::kEnd) return false;
    if (event == paths::Event::kScatter) {
      const auto reflected = [&](float cosine) { return paths::coefficients_at(back, cosine); };
      const paths::ScatterChoice c = paths::scatter(reflected, m, decision, n, d, random);
      if (c.event == paths::Event::kEnd) return false;
      field = c.scattered(d, field);
      scattered = c.direction;
      return true;
    }
    const paths::CoefficientEntry& c = event == paths::Event::kPass ? through : mirror;
    field = carried(field, d, n, {decision.scale * c.te, decision.scale * c.tm},
                    event == paths::Event::kReflect ? 2.0f : 0.0f);
    return true;
  }

  /// @param launched_power  what the ray set out with
  RAYWAVE_HD static bool survives(float launched_power, uint64_t& random, CVec3<float>& field) {
    const float chance = roulette_chance(norm2(field.re) + norm2(field.im), launched_power);
    if (!(chance < 1)) return true;
    if (float(paths::next_uniform(random)) >= chance) return false;
    const float scale = 1 / std::sqrt(chance);
    field = {scale * field.re, scale * field.im};
    return true;
  }

  RAYWAVE_HD int64_t table_of(int32_t facet) const {
    return int64_t(material[facet]) * (paths::CoefficientEntry::kSamples + 1);
  }

  /// Carries the field on; with refraction, chance decides between the two ways. @return whether the ray goes on.
  RAYWAVE_HD bool interact(const Vec3f& o, const Vec3f& d, const paths::RayHit& hit, paths::Event& event,
                           uint64_t& random, CVec3<float>& field) const {
    const Vec3f n = scene.facets[hit.facet].normal;
    const int64_t table = table_of(owner(o, d, hit));
    const float cos_theta = std::fabs(dot(d, n));
    paths::CoefficientEntry c = paths::coefficients_at(reflection + table, cos_theta);
    if (scene.shot.refraction) {
      const paths::CoefficientEntry through = paths::coefficients_at(transmission + table, cos_theta);
      const float back = specular_reflection ? norm2(c.te) + norm2(c.tm) : 0.0f;
      const float on = norm2(through.te) + norm2(through.tm);
      random = mix64(random);
      if (!(back + on > 0)) return false;
      const bool reflects = float(random >> 40) * 0x1.0p-24f * (back + on) < back;
      event = reflects ? paths::Event::kReflect : paths::Event::kPass;
      const float scale = std::sqrt((back + on) / (reflects ? back : on));
      c.te = scale * (reflects ? c.te : through.te);
      c.tm = scale * (reflects ? c.tm : through.tm);
    }
    field = carried(field, d, n, c, event == paths::Event::kReflect ? 2.0f : 0.0f);
    return true;
  }
};

/// Element i: block i of the rays (Shot::block_of), where they scatter: what they add to the cells that they visit, and
/// for each cell the square of what they add there with their signs, as RayVisits.
struct VisitsKernel {
  static constexpr paths::RayKernel kKind = paths::RayKernel::kVisits;
  const RayVisit* visits = nullptr;  // [rays, per_ray]
  int per_ray = 0;
  double units = 1, square_units = 1;    // of a sum, in 1
  runtime::FixedSum* sums = nullptr;     // [num_cells]
  runtime::FixedSum* squares = nullptr;  // the same

  RAYWAVE_HD void operator()(int64_t i) const {
    for (int which = 0; which < paths::Shot::kBlockRays; ++which) {
      const RayVisit* own = visits_of(i, which);
      for (int k = 0; k < per_ray && own[k].cell >= 0; ++k) {
        sums[own[k].cell].add(units * double(own[k].value));
        bool is_first = true;
        const double difference = difference_at(i, own[k].cell, own + k, is_first);
        if (is_first) squares[own[k].cell].add(square_units * difference * difference);
      }
    }
  }

 private:
  RAYWAVE_HD int64_t ray_of(int64_t block, int which) const {
    return block / paths::Shot::kBlocks * paths::Shot::kTileRays +
           paths::Shot::ray_of(int(block % paths::Shot::kBlocks), which);
  }
  RAYWAVE_HD const RayVisit* visits_of(int64_t block, int which) const {
    return visits + ray_of(block, which) * per_ray;
  }
  /// @param is_first  set false where a visit of the cell comes before this one
  RAYWAVE_HD double difference_at(int64_t block, int32_t cell, const RayVisit* from, bool& is_first) const {
    double sum = 0;
    bool before = true;
    for (int which = 0; which < paths::Shot::kBlockRays; ++which) {
      const RayVisit* own = visits_of(block, which);
      const int sign = paths::Shot::sign_of(int(ray_of(block, which) % paths::Shot::kTileRays));
      for (int k = 0; k < per_ray && own[k].cell >= 0; ++k) {
        if (own + k == from) before = false;
        if (own[k].cell != cell) continue;
        is_first = is_first && !before;
        sum += sign * double(own[k].value);
      }
    }
    return sum;
  }
};

/// Element i: a sum makes room for more terms.
struct CarryKernel {
  static constexpr paths::RayKernel kKind = paths::RayKernel::kCarry;
  runtime::FixedSum* sums = nullptr;
  RAYWAVE_HD void operator()(int64_t i) const { sums[i].carry(); }
};

}  // namespace raywave::maps
