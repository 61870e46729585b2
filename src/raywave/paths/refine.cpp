// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/refine.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"

namespace raywave::paths {
namespace {

/// Roundings within which points are one: corners of edges, a ray and the boundary it runs along. Above kAside (places
/// are decided beside themselves) and what images after several mirrors are off by; ten times less and the side of a
/// boundary and the ray that it belongs to could be decided apart, ten times more changes nothing above 1e-10 m.
constexpr double kSamePoint = 4096;
constexpr double kAlongEdge = 1e-4;  // sin(beta) below which a ray runs along the edge: no Keller cone

Bend<double> facet_bend(const scene::Facet& f) {
  Bend<double> b;
  b.normal = f.normal;
  b.offset = f.offset;
  return b;
}

}  // namespace

WedgeFrame<double> frame_of(const Wedge& w) {
  return {w.a, w.direction, w.t0, w.n0, 0.0, w.length_m, w.exterior_angle_rad};
}

bool Refiner::image_points(const SequenceTree& tree, int32_t node, const Vec3d& target_m) {
  const auto& nodes = tree.nodes();
  Vec3d next = target_m;
  bends_.resize(size_t(nodes[node].depth));
  for (int32_t n = node; n != 0; n = nodes[n].parent) {
    const SequenceNode& current = nodes[n];
    const scene::Facet& f = table_.facets[current.facet];
    const double d_image = dot(f.normal, current.image_m) - f.offset, d_next = dot(f.normal, next) - f.offset;
    if (!(d_image * d_next < 0)) return false;
    const Vec3d p = current.image_m + (d_image / (d_image - d_next)) * (next - current.image_m);
    const int32_t owner = table_.owner(current.facet, p);
    if (owner < 0) return false;
    bends_[size_t(current.depth - 1)] = {Interaction::kSpecularReflection, owner, p};
    next = p;
  }
  return true;
}

void Refiner::set_shape(size_t i) {
  if (bends_[i].type == Interaction::kDiffraction) {
    shapes_[i].is_edge = true;
    shapes_[i].wedge = frame_of(scene_.wedges()[size_t(bends_[i].facet)]);
  } else {
    shapes_[i] = facet_bend(table_.facets[size_t(bends_[i].facet)]);
  }
}

void Refiner::annotate(const Vec3d& source_m, const Vec3d& target_m, std::vector<Step>& steps) {
  const auto is_edge = [](const Step& s) { return s.type == Interaction::kDiffraction; };
  if (std::none_of(steps.begin(), steps.end(), is_edge)) return;
  source_m_ = source_m;
  bends_.clear();
  for (const Step& s : steps) {
    if (s.type != Interaction::kRefraction) bends_.push_back(s);
  }
  for (size_t i = 0; i < bends_.size(); ++i) {
    set_shape(i);
    points_[i] = bends_[i].point_m;
  }
  share_ends();
  set_faces(target_m);
  set_sides(target_m);
  size_t b = 0;
  for (Step& s : steps) {
    if (s.type != Interaction::kRefraction) s = bends_[b++];
  }
}

bool Refiner::edge_points(const SequenceTree& tree, int32_t node, const Vec3d& target_m) {
  const auto& nodes = tree.nodes();
  const auto n = size_t(nodes[node].depth);
  bends_.resize(n);
  for (int32_t i = node; i != 0; i = nodes[i].parent) {
    const auto at = size_t(nodes[i].depth - 1);
    const int32_t surface = nodes[i].facet;
    bends_[at] = is_wedge(surface) ? Step{Interaction::kDiffraction, wedge_of(surface), {}}
                                   : Step{Interaction::kSpecularReflection, surface, {}};
    set_shape(at);
  }
  share_ends();
  if (!touching_points(source_m_, target_m, shapes_.data(), n, points_.data())) return false;
  for (size_t i = 0; i < n; ++i) {
    bends_[i].point_m = points_[i];
    if (shapes_[i].is_edge) continue;
    bends_[i].facet = table_.owner(bends_[i].facet, points_[i]);
    if (bends_[i].facet < 0) return false;
  }
  return in_reach(target_m) && set_faces(target_m);
}

/// Two edges of one path that meet in a corner: which ends?
void Refiner::share_ends() {
  Step* first = nullptr;
  for (Step& s : bends_) {
    if (s.type != Interaction::kDiffraction) continue;
    if (first) {
      const Wedge &v = scene_.wedges()[size_t(first->facet)], &w = scene_.wedges()[size_t(s.facet)];
      for (const int8_t i : {-1, 1}) {
        for (const int8_t j : {-1, 1}) {
          const Vec3d p = v.at(i < 0 ? 0 : v.length_m), q = w.at(j < 0 ? 0 : w.length_m);
          if (norm(p - q) <= roundings_m(kSamePoint, p)) first->shared_end = i, s.shared_end = j;
        }
      }
    }
    first = &s;
  }
}

/// Are the diffraction points on their edges, or near enough to an end?
bool Refiner::in_reach(const Vec3d& target_m) const {
  for (size_t i = 0; i < bends_.size(); ++i) {
    if (bends_[i].type != Interaction::kDiffraction) continue;
    const WedgeFrame<double>& w = shapes_[i].wedge;
    const double t = dot(points_[i] - w.origin, w.direction);
    if (t >= w.lo && t <= w.hi) continue;
    if ((t < w.lo && bends_[i].shared_end < 0) || (t > w.hi && bends_[i].shared_end > 0)) return false;
    // between skew edges the curvature is larger and the field fades out earlier
    double before = 0, after = 0;
    for (size_t j = 0; j <= i; ++j) before += norm(points_[j] - (j == 0 ? source_m_ : points_[j - 1]));
    for (size_t j = i; j < bends_.size(); ++j)
      after += norm((j + 1 < bends_.size() ? points_[j + 1] : target_m) - points_[j]);
    const Vec3d k = points_[i] - (i == 0 ? source_m_ : points_[i - 1]);
    const double along = t < w.lo ? w.lo - t : w.hi - t;
    const double excess = excess_length(before, after, dot(k, w.direction) / norm(k), along) * along * along;
    if (!(2 * kPi / options_.wavelength_m * excess < kEdgeReach * kEdgeReach)) return false;
  }
  return true;
}

/// Do two wedges that follow each other share a face?
bool Refiner::faces_meet(const Wedge& w, const Wedge& next, OnFace& leaves, OnFace& arrives) const {
  const auto same = [&](int32_t f, int32_t g) { return f == g || scene_.queries().same_plane(f, g); };
  for (const auto& [f, on_f] : {std::pair{w.facet0, OnFace::kFace0}, std::pair{w.facet_n, OnFace::kFaceN}}) {
    for (const auto& [g, on_g] : {std::pair{next.facet0, OnFace::kFace0}, std::pair{next.facet_n, OnFace::kFaceN}}) {
      if (!same(f, g)) continue;
      leaves = on_f;
      arrives = on_g;
      return true;
    }
  }
  return false;
}

/// Do the rays run outside of the wedges, and on which faces?
bool Refiner::set_faces(const Vec3d& target_m) {
  for (size_t i = 0; i < bends_.size(); ++i) {
    if (bends_[i].type != Interaction::kDiffraction) continue;
    const Wedge& w = scene_.wedges()[size_t(bends_[i].facet)];
    const Vec3d before = i == 0 ? source_m_ : points_[i - 1];
    const Vec3d after = i + 1 < bends_.size() ? points_[i + 1] : target_m;
    const double length = norm(before - points_[i]);
    const double least = roundings_m(kSamePoint, points_[i]);  // a device on the edge
    if (!(length > least) || !(norm(after - points_[i]) > least)) return false;
    if (norm(cross(points_[i] - before, w.direction)) < kAlongEdge * length) return false;
    if (i + 1 < bends_.size() && bends_[i + 1].type == Interaction::kDiffraction) {
      faces_meet(w, scene_.wedges()[size_t(bends_[i + 1].facet)], bends_[i].leaves_on, bends_[i + 1].arrives_on);
    }
    const bool through = options_.refraction && has_inside(w, options_.opaque);
    const auto outside = [&](const Vec3d& v) {
      if (through) return true;
      double phi = std::atan2(dot(v, w.n0), dot(v, w.t0));
      if (phi < 0) phi += 2 * kPi;
      return phi <= w.exterior_angle_rad + kOnFace || phi >= 2 * kPi - kOnFace;
    };
    if (bends_[i].arrives_on == OnFace::kNone && !outside(before - points_[i])) return false;
    if (bends_[i].leaves_on == OnFace::kNone && !outside(after - points_[i])) return false;
  }
  return true;
}

/// Within rounding of a shadow boundary the side is what geometrical optics decides for the path without the edge.
void Refiner::set_sides(const Vec3d& target_m) {
  for (size_t i = 0; i < bends_.size(); ++i) {
    Step& s = bends_[i];
    if (s.type != Interaction::kDiffraction) continue;
    const Wedge& w = scene_.wedges()[size_t(s.facet)];
    const Vec3d before = (i == 0 ? source_m_ : points_[i - 1]) - points_[i];
    const Vec3d after = (i + 1 < bends_.size() ? points_[i + 1] : target_m) - points_[i];
    const auto phi = [&](const Vec3d& v, OnFace face) {
      return path_field_detail::azimuth_on(face, v, shapes_[i].wedge, options_.refraction);
    };
    const double in = phi(before, s.arrives_on), out = phi(after, s.leaves_on), n_pi = w.exterior_angle_rad;
    const double near = roundings_m(kSamePoint, points_[i]) / std::min(norm(before), norm(after));
    const auto side = [](bool lit) { return int8_t(lit ? 1 : -1); };
    const bool on_0 = s.arrives_on == OnFace::kFace0 || s.leaves_on == OnFace::kFace0;
    const bool on_n = s.arrives_on == OnFace::kFaceN || s.leaves_on == OnFace::kFaceN;
    if (std::abs(kPi - std::abs(out - in)) < near) {
      // from outside in: through face n on the lit side, through face 0 on the other
      const bool through = std::max(in, out) > n_pi;
      s.sides[0] = side(passes(i, target_m, through ? w.facet0 : -1));
      // along a face the incident field and its reflection are one
      if (on_0) s.sides[1] = s.sides[0];
      if (on_n) s.sides[2] = s.sides[0];
    }
    if (!on_0 && std::abs(kPi - in - out) < near) s.sides[1] = reflection_side(i, w.facet0, target_m);
    if (!on_n && std::abs(kPi - (n_pi - in) - (n_pi - out)) < near)
      s.sides[2] = reflection_side(i, w.facet_n, target_m);
  }
}

/// Does the path without this edge miss the wedge's faces, or this one of them?
bool Refiner::passes(size_t edge, const Vec3d& target_m, int32_t face) {
  std::array<Bend<double>, kMostBends> shapes;
  std::array<Vec3d, kMostBends> points;
  size_t n = 0;
  for (size_t i = 0; i < bends_.size(); ++i) {
    if (i != edge) shapes[n++] = shapes_[i];
  }
  if (!touching_points(source_m_, target_m, shapes.data(), n, points.data())) return false;
  const Vec3d a = edge == 0 ? source_m_ : points[edge - 1], b = edge == n ? target_m : points[edge];
  const EndFacets at_a = edge == 0 ? EndFacets() : facets_at(bends_[edge - 1]),
                  at_b = edge == n ? EndFacets() : facets_at(bends_[edge + 1]);
  scene_.queries().crossings(a, b, at_a, at_b, crossings_);
  const Wedge& w = scene_.wedges()[size_t(bends_[edge].facet)];
  return std::none_of(crossings_.begin(), crossings_.end(), [&](const Crossing& c) {
    if (face >= 0) return scene_.queries().same_plane(c.facet, face);
    return scene_.queries().same_plane(c.facet, w.facet0) || scene_.queries().same_plane(c.facet, w.facet_n);
  });
}

/// Is there a reflection on this face in place of the diffraction: 1, or does it end at this edge: -1?
int8_t Refiner::reflection_side(size_t edge, int32_t facet, const Vec3d& target_m) {
  std::array<Bend<double>, kMostBends> shapes = shapes_;
  std::array<Vec3d, kMostBends> points;
  shapes[edge] = facet_bend(table_.facets[size_t(facet)]);
  const size_t n = bends_.size();
  if (!touching_points(source_m_, target_m, shapes.data(), n, points.data())) return -1;
  const Wedge& w = scene_.wedges()[size_t(bends_[edge].facet)];
  // Far from the edge, as at grazing: on the face's side of it or beyond.
  if (norm(cross(points[edge] - w.a, w.direction)) > roundings_m(4 * kSamePoint, points[edge])) {
    const double angle = facet == w.facet0 ? 0 : w.exterior_angle_rad;
    return dot(points[edge] - w.a, std::cos(angle) * w.t0 + std::sin(angle) * w.n0) > 0 ? 1 : -1;
  }
  if (table_.owner(table_.facets[size_t(facet)].mirror, points[edge]) < 0) return -1;
  // beside the edge rounding may let the other face hide the reflection
  const EndFacets before = edge == 0 ? EndFacets() : facets_at(bends_[edge - 1]),
                  after = edge + 1 == n ? EndFacets() : facets_at(bends_[edge + 1]);
  const bool seen = !scene_.queries().occluded(edge == 0 ? source_m_ : points[edge - 1], points[edge], before, facet) &&
                    !scene_.queries().occluded(points[edge], edge + 1 == n ? target_m : points[edge + 1], facet, after);
  return seen ? 1 : -1;
}

EndFacets Refiner::facets_at(const Step& s) const {
  if (s.type != Interaction::kDiffraction) return {s.facet};
  const Wedge& w = scene_.wedges()[size_t(s.facet)];
  return EndFacets::at_edge(w);
}

/// Where segments end: on the edge itself, a little inside its ends; for points beyond an end also a little outside,
/// where the faces that close the edge there are not in the way of what leaves its corner.
Vec3d Refiner::occlusion_point(size_t i) const {
  if (bends_[i].type != Interaction::kDiffraction) return bends_[i].point_m;
  const Wedge& w = scene_.wedges()[size_t(bends_[i].facet)];
  const double inset = 1e-4 * w.length_m;
  const double t = dot(bends_[i].point_m - w.a, w.direction);
  if (past_ends_ && t < 0) return w.at(-inset);
  if (past_ends_ && t > w.length_m) return w.at(w.length_m + inset);
  return w.at(std::clamp(t, inset, w.length_m - inset));
}

bool Refiner::beyond_an_end() const {
  return std::any_of(bends_.begin(), bends_.end(), [&](const Step& s) {
    if (s.type != Interaction::kDiffraction) return false;
    const Wedge& w = scene_.wedges()[size_t(s.facet)];
    const double t = dot(s.point_m - w.a, w.direction);
    return t < 0 || t > w.length_m;
  });
}

bool Refiner::unobstructed(const Vec3d& target_m, const EndFacets& target_facets, GeometricPath& out) {
  const size_t n = bends_.size();
  const RayQueries& queries = scene_.queries();
  for (size_t i = n + 1; i-- > 0;) {  // the last segment first: it is the one that most often fails
    const Vec3d a = i == 0 ? source_m_ : occlusion_point(i - 1), b = i == n ? target_m : occlusion_point(i);
    const EndFacets at_a = i == 0 ? EndFacets() : facets_at(bends_[i - 1]),
                    at_b = i == n ? target_facets : facets_at(bends_[i]);
    if (!options_.refraction) {
      if (queries.occluded(a, b, at_a, at_b)) return false;
      continue;
    }
    queries.crossings(a, b, at_a, at_b, crossings_);
    size_t transmissions = crossings_.size();
    for (const Step& s : out.steps) transmissions += s.facet >= 0;
    if (transmissions + n > size_t(options_.max_depth)) return false;
    for (size_t c = crossings_.size(); c-- > 0;) {  // steps are collected from the end
      const int32_t facet = crossings_[c].facet;
      if (options_.opaque[size_t(facet)]) return false;
      // on the path itself, which over an edge's end is not the segment that was looked along
      const scene::Facet& f = table_.facets[facet];
      const Vec3d from = i == 0 ? source_m_ : bends_[i - 1].point_m, to = i == n ? target_m : bends_[i].point_m;
      const double da = dot(f.normal, from) - f.offset, db = dot(f.normal, to) - f.offset;
      const double t = da * db < 0 ? da / (da - db) : double(crossings_[c].t);
      out.steps.push_back({Interaction::kRefraction, facet, from + t * (to - from)});
    }
    if (i > 0) out.steps.push_back({});  // a place for the bend
  }
  return true;
}

bool Refiner::bends(const SequenceTree& tree, int32_t node, const Vec3d& target_m) {
  source_m_ = tree.nodes()[0].image_m;
  const bool diffracted = tree.nodes()[node].num_wedges > 0;
  return diffracted ? edge_points(tree, node, target_m) : image_points(tree, node, target_m);
}

void Refiner::settle(const Vec3d& source_m, const Vec3d& target_m, std::vector<Step>& steps) {
  source_m_ = source_m;
  bends_.clear();
  for (const Step& s : steps) {
    if (s.type != Interaction::kRefraction) bends_.push_back(s);
  }
  if (bends_.size() > kMostBends) return;  // long sequences stay aside, some roundings off
  for (size_t i = 0; i < bends_.size(); ++i) set_shape(i);
  if (!touching_points(source_m, target_m, shapes_.data(), bends_.size(), points_.data(), true)) return;
  size_t next = 0;  // bend
  for (Step& s : steps) {
    if (s.type != Interaction::kRefraction) {
      s.point_m = points_[next++];
      continue;
    }
    const Vec3d a = next == 0 ? source_m : points_[next - 1], b = next == bends_.size() ? target_m : points_[next];
    const double da = table_.distance(s.facet, a), db = table_.distance(s.facet, b);
    if (da * db < 0) s.point_m = a + (da / (da - db)) * (b - a);
  }
}

bool Refiner::known_path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out) {
  if (options_.refraction) return path(tree, node, target_m, out);
  if (!bends(tree, node, target_m)) return false;
  if (tree.nodes()[node].num_wedges > 0) set_sides(target_m);
  out.steps = bends_;
  return true;
}

bool Refiner::path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out,
                   const EndFacets& target_facets) {
  out.steps.clear();
  if (!bends(tree, node, target_m)) return false;
  const bool diffracted = tree.nodes()[node].num_wedges > 0;
  past_ends_ = false;
  if (!unobstructed(target_m, target_facets, out)) {
    if (!diffracted || !beyond_an_end()) return false;
    past_ends_ = true;
    out.steps.clear();
    if (!unobstructed(target_m, target_facets, out)) return false;
  }
  if (diffracted) set_sides(target_m);
  if (!options_.refraction) {
    out.steps = bends_;
    return true;
  }
  std::reverse(out.steps.begin(), out.steps.end());
  size_t b = 0;
  for (Step& s : out.steps) {
    if (s.facet < 0) s = bends_[b++];
  }
  return true;
}

}  // namespace raywave::paths
