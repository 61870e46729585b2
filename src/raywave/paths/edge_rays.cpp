// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_rays.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/random.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {

namespace {

/// What the source lights of each edge itself; of those that it sees by reflections: all.
std::vector<LitPart> lit_parts(const PreparedScene& scene, const SequenceTree& tree, const std::vector<LitWedge>& lit,
                               int max_depth) {
  constexpr size_t kBlock = 64;
  std::vector<LitPart> parts(lit.size());
  runtime::parallel_for(int64_t((lit.size() + kBlock - 1) / kBlock), 0, [&](int64_t block) {
    EdgeSight sight(scene, tree, max_depth, nullptr);
    sight.look_along(0);
    const size_t begin = size_t(block) * kBlock;
    for (size_t i = begin; i < std::min(lit.size(), begin + kBlock); ++i) {
      const Wedge& w = scene.wedges()[size_t(lit[i].wedge)];
      parts[i] = {0, w.length_m};
      if (lit[i].node == 0) parts[i] = sight.lit(w).value_or(parts[i]);
    }
  });
  return parts;
}

}  // namespace

EdgeRayOptions edge_ray_options(const RayOptions& options) {
  EdgeRayOptions rays;
  rays.max_depth = options.max_depth;
  rays.reflection = options.specular_reflection;
  rays.max_diffractions = options.max_diffractions;
  rays.seed = options.seed;
  return rays;
}

EdgeShooter::EdgeShooter(const PreparedScene& scene, const SequenceTree& tree, const RefineOptions& refine,
                         const EdgeRayOptions& options)
    : scene_(scene), tree_(tree), options_(options) {
  EdgeOptions edges;
  edges.max_depth = refine.max_depth;
  edges.reflection = options.reflection;
  edges.wavelength_m = refine.wavelength_m;
  const WedgesOfFacets of = wedges_of_facets(scene);
  const std::vector<LitWedge> lit = lit_wedges(scene, tree, edges);
  const std::vector<LitPart> parts = lit_parts(scene, tree, lit, edges.max_depth);
  for (const LitWedge& l : lit) {
    lit_.push_back({l.node, l.wedge, l.wedge, parts[size_t(&l - lit.data())]});
    if (options.max_diffractions < 2 || tree.nodes()[size_t(l.node)].depth + 2 > options.max_depth) continue;
    const Wedge& w = scene.wedges()[size_t(l.wedge)];
    for (const int32_t face : {w.facet0, w.facet_n}) {
      const int32_t facet = scene.facets().facets[size_t(face)].mirror;
      for (uint32_t k = of.begin[size_t(facet)]; k < of.begin[size_t(facet) + 1]; ++k) {
        const int32_t second = of.wedges[k];
        if (second != l.wedge) {
          lit_.push_back({l.node, l.wedge, second, {0, scene.wedges()[size_t(second)].length_m}});
        }
      }
      if (w.facet_n == w.facet0) break;
    }
  }
}

void EdgeShooter::share_rays(int64_t num_rays) {
  if (lit_.empty()) return;
  const double each = double(num_rays) / double(lit_.size());
  options_.places = options_.directions = std::max(8, int(std::ceil(std::sqrt(each))));
  options_.by_angle = false;  // sums vary less: most of their power lies beside edges
}

double EdgeShooter::jitter(int64_t index, int place, int direction, int which) const {
  const Lit& l = lit_[size_t(index)];
  uint64_t key = mix64(options_.seed ^ (uint64_t(uint32_t(l.last)) << 32 | uint32_t(l.node)));
  key = mix64(key ^ uint64_t(uint32_t(l.first)));
  key = mix64(key ^ (uint64_t(place) << 40 | uint64_t(direction) << 8 | uint64_t(which)));
  return double(key >> 11) * 0x1.0p-53;
}

/// A place on the edge's lit part. Every other one may lie there by the angle that the source sees, for what is far
/// behind the edge: a source near it lights all that from a short part. The length that it stands for is the reciprocal
/// of both densities' sum (the balance heuristic of Veach 1997).
EdgeShooter::PlaceOnEdge EdgeShooter::place_at(int64_t index, int place) const {
  const Lit& l = lit_[size_t(index)];
  const Wedge& w = scene_.wedges()[size_t(l.last)];
  const Vec3d& image = tree_.nodes()[size_t(l.node)].image_m;
  const double length = l.part.hi - l.part.lo, foot = dot(image - w.a, w.direction);
  const double distance = std::max(norm(image - w.at(foot)), 1e-3 * length);
  const double from = std::atan((l.part.lo - foot) / distance), angle = std::atan((l.part.hi - foot) / distance) - from;
  const int by_angle = options_.by_angle ? options_.places / 2 : 0, by_length = options_.places - by_angle;
  const bool is_by_length = by_angle == 0 || place % 2 == 0;
  const double k = (by_angle == 0 ? place : place / 2) + jitter(index, place, 0, 0);
  const double t =
      is_by_length ? l.part.lo + length * k / by_length : foot + distance * std::tan(from + angle * k / by_angle);
  const double off = t - foot;
  return {t, 1 / (by_length / length + by_angle * distance / ((distance * distance + off * off) * angle))};
}

/// The ray to a place on the edge. @return false when that lies in the dark.
bool EdgeShooter::light(int64_t index, int place, Refiner& refiner, SequenceTree& part, Shot& shot) const {
  const Lit& l = lit_[size_t(index)];
  const Wedge& w = scene_.wedges()[size_t(l.last)];
  const PlaceOnEdge at = place_at(index, place);
  shot.point_m = w.at(at.along_m);
  shot.width_m = at.width_m;
  const auto& nodes = tree_.nodes();
  std::vector<SurfaceId> chain;
  for (int32_t n = l.node; n != 0; n = nodes[size_t(n)].parent) chain.push_back(nodes[size_t(n)].surface);
  shot.node = 0;
  for (size_t i = chain.size(); i-- > 0;) shot.node = part.child(shot.node, chain[i], scene_.facets());
  if (l.first != l.last) shot.node = part.child(shot.node, SurfaceId::wedge(l.first), scene_.facets());
  if (!refiner.path(part, shot.node, shot.point_m, shot.path, EndFacets::at_edge(w))) return false;
  shot.node = part.child(shot.node, SurfaceId::wedge(l.last), scene_.facets());
  Vec3d last = nodes[0].image_m;
  shot.before_m = 0;
  for (const Step& s : shot.path.steps) {
    shot.before_m += norm(s.point_m - last);
    last = s.point_m;
  }
  shot.before_m += norm(shot.point_m - last);
  if (!(norm(shot.point_m - last) > 0)) return false;
  shot.k_in = normalized(shot.point_m - last);
  return norm(cross(shot.k_in, w.direction)) > 1e-3;
}

EdgeRaySegment EdgeShooter::launch(int64_t index, int place, int direction, Shot& shot) const {
  const Lit& l = lit_[size_t(index)];
  const Wedge& w = scene_.wedges()[size_t(l.last)];
  const double phi = w.exterior_angle_rad * (direction + jitter(index, place, direction, 1)) / options_.directions;
  const double cos_beta = dot(shot.k_in, w.direction), sin_beta = std::sqrt(1 - cos_beta * cos_beta);
  const Vec3d radial = std::cos(phi) * w.t0 + std::sin(phi) * w.n0;
  shot.steps = shot.path.steps;
  shot.steps.push_back({Interaction::kDiffraction, SurfaceId::wedge(l.last), shot.point_m});
  EdgeRaySegment s;
  s.node = shot.node;
  s.steps = &shot.steps;
  s.origin_m = shot.point_m;
  s.direction = cos_beta * w.direction + sin_beta * radial;
  s.before_m = shot.before_m;
  s.behind_m = 0;
  s.spread_m = shot.width_m * (w.exterior_angle_rad / options_.directions) * sin_beta * sin_beta;
  return s;
}

void EdgeShooter::trace(EdgeRaySegment& s, Shot& shot) const {
  const Step& last = s.steps->back();
  const int32_t at_surface = last.surface.index;
  const EndFacets at =
      last.surface.is_wedge() ? EndFacets::at_edge(scene_.wedges()[size_t(at_surface)]) : EndFacets(at_surface);
  shot.hit = scene_.queries().closest_hit(s.origin_m, s.direction, s.length_m, at);
}

bool EdgeShooter::bounce(EdgeRaySegment& s, SequenceTree& part, Shot& shot) const {
  if (shot.hit < 0 || !may_go_on(shot) || !scene_.is_mirror(shot.hit)) return false;
  const Vec3d point = s.origin_m + s.length_m * s.direction;
  const int32_t facet = scene_.facets().canonical(shot.hit, point);
  const scene::Facet& f = scene_.facets().facets[size_t(facet)];
  s.node = part.child(s.node, SurfaceId::facet(f.mirror), scene_.facets());
  shot.steps.push_back({Interaction::kSpecularReflection, SurfaceId::facet(facet), point});
  s.behind_m += s.length_m;
  const double cosine = dot(s.direction, f.normal);
  s.direction = s.direction - 2 * cosine * f.normal;
  s.origin_m = point;
  return true;
}

}  // namespace raywave::paths
