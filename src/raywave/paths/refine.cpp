// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/refine.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/paths/edge_sight.h"
#include "raywave/paths/edge_surroundings.h"

namespace raywave::paths {
WedgeFrame<double> frame_of(const Wedge& w) {
  return {w.a, w.direction, w.t0, w.n0, 0.0, w.length_m, w.exterior_angle_rad};
}

bool Refiner::image_points(const SequenceTree& tree, int32_t node, const Vec3d& target_m) {
  const auto& nodes = tree.nodes();
  Vec3d next = target_m;
  bends_.resize(size_t(nodes[node].depth));
  for (int32_t n = node; n != 0; n = nodes[n].parent) {
    const SequenceNode& current = nodes[n];
    const scene::Facet& f = table_.facets[size_t(current.surface.index)];
    const double d_image = dot(f.normal, current.image_m) - f.offset, d_next = dot(f.normal, next) - f.offset;
    if (!(d_image * d_next < 0)) return false;
    const Vec3d p = current.image_m + (d_image / (d_image - d_next)) * (next - current.image_m);
    const int32_t owner = table_.owner(current.surface.index, p);
    if (owner < 0) return false;
    bends_[size_t(current.depth - 1)] = {Interaction::kSpecularReflection, SurfaceId::facet(owner), p};
    next = p;
  }
  return true;
}

void Refiner::set_shape(size_t i) {
  shapes_.resize(std::max(shapes_.size(), i + 1));
  points_.resize(std::max(points_.size(), i + 1));
  shapes_[i].is_edge = false;
  if (bends_[i].type == Interaction::kDiffraction) {
    shapes_[i].is_edge = true;
    shapes_[i].wedge = frame_of(scene_.wedges()[size_t(bends_[i].surface.index)]);
  } else {
    const scene::Facet& f = table_.facets[size_t(bends_[i].surface.index)];
    shapes_[i].normal = f.normal;
    shapes_[i].offset = f.offset;
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
    const SurfaceId surface = nodes[i].surface;
    bends_[at] = {surface.is_wedge() ? Interaction::kDiffraction : Interaction::kSpecularReflection, surface, {}};
    set_shape(at);
  }
  share_ends();
  if (!touching_points(source_m_, target_m, shapes_.data(), n, points_.data())) return false;
  for (size_t i = 0; i < n; ++i) bends_[i].point_m = points_[i];
  return in_reach(target_m);
}

/// Sets where the path is looked along and which facets it meets there. A place beyond an edge's end stands for what
/// the end radiates: it is there when the end is lit and seen, so mirrors are asked where the rays to and from the end
/// meet them, wherever along the edge's line the place lies. @return false when one of them is missed.
bool Refiner::set_looks(const Vec3d& target_m) {
  const size_t n = bends_.size();
  looks_.resize(n);
  const auto is_edge = [&](size_t i) { return shapes_[i].is_edge; };
  for (size_t i = 0; i < n; ++i)
    looks_[i] = is_edge(i) ? occlusion_point(i, past_ends_, Along::kNone, false) : points_[i];
  const bool beyond = beyond_an_end();
  for (size_t begin = 0, end; begin < n; begin = end) {
    end = begin + 1;
    if (is_edge(begin)) continue;
    while (end < n && !is_edge(end)) ++end;
    const Vec3d from = begin == 0 ? source_m_ : looks_[begin - 1], to = end == n ? target_m : looks_[end];
    if (beyond && !touching_points(from, to, shapes_.data() + begin, end - begin, looks_.data() + begin)) return false;
    for (size_t i = begin; i < end; ++i) {
      const int32_t owner = table_.owner(table_.facets[size_t(bends_[i].surface.index)].mirror, looks_[i]);
      if (owner < 0) return false;
      bends_[i].surface.index = owner;
    }
  }
  return true;
}

EndFacets Refiner::facets_at(const Step& s) const {
  if (s.type != Interaction::kDiffraction) return {s.surface.index};
  const Wedge& w = scene_.wedges()[size_t(s.surface.index)];
  return EndFacets::at_edge(w);
}

/// Where segments end: on the edge itself, a little inside its ends; for points beyond an end also a little outside,
/// where the faces that close the edge there are not in the way of what leaves its corner.
Vec3d Refiner::occlusion_point(size_t i, bool past_ends, Along along, bool leaves) const {
  if (bends_[i].type != Interaction::kDiffraction) return looks_[i];
  const Wedge& w = scene_.wedges()[size_t(bends_[i].surface.index)];
  const double inset = w.inset_m;
  const double t = dot(bends_[i].point_m - w.a, w.direction);
  if (is_past(along)) return w.at(bends_[i].edge.past_end[leaves ? 1 : 0] ? w.length_m + inset : -inset);
  // where a facet cuts the edge, what is beyond is another edge's
  if (past_ends && t < 0 && !w.is_cut(false)) return w.at(-inset);
  if (past_ends && t > w.length_m && !w.is_cut(true)) return w.at(w.length_m + inset);
  return w.at(std::clamp(t, inset, w.length_m - inset));
}

bool Refiner::beyond_an_end() const {
  return std::any_of(bends_.begin(), bends_.end(), [&](const Step& s) {
    if (s.type != Interaction::kDiffraction) return false;
    const Wedge& w = scene_.wedges()[size_t(s.surface.index)];
    const double t = dot(s.point_m - w.a, w.direction);
    return t < 0 || t > w.length_m;
  });
}

/// Between two edges of one face the ray runs on it, and between others it may run in the plane of a face of one of
/// them. It is looked along at this distance above the face: what lies in its plane or ends at it from inside is not in
/// the way, what stands on it by more than the seam tolerance is.
Refiner::AboveFace Refiner::above_face(size_t leg) const {
  if (leg == 0 || leg == bends_.size()) return {};
  const Step &from = bends_[leg - 1], &to = bends_[leg];
  if (from.type != Interaction::kDiffraction || to.type != Interaction::kDiffraction) return {};
  const double lift = std::max(scene_.seam_tolerance_m(), 4 * roundings_m(kAlongPlane, to.point_m));
  struct Face {
    int32_t facet;
    Vec3d into, normal;
  };
  const auto wedge_of = [&](const Step& s) -> const Wedge& { return scene_.wedges()[size_t(s.surface.index)]; };
  const auto faces = [&](const Step& s) {
    const Wedge& w = wedge_of(s);
    return std::array<Face, 2>{Face{w.facet0, w.t0, w.n0}, Face{w.facet_n, w.tn, w.nn}};
  };
  if (is_along_face(from.edge.leaves_along)) {
    const Face f = faces(from)[from.edge.leaves_on == OnFace::kFace0 ? 0 : 1];
    return {lift * f.normal, from.edge.leaves_along == Along::kSheet, f.facet};
  }
  const Vec3d d = normalized(to.point_m - from.point_m);
  for (const auto& [s, sign] : {std::pair{&from, 1.0}, std::pair{&to, -1.0}}) {
    for (const Face& f : faces(*s)) {
      if (std::abs(dot(d, f.normal)) > kOnFace || !(sign * dot(d, f.into) > 0)) continue;
      return {lift * f.normal, wedge_of(*s).facet0 == wedge_of(*s).facet_n, f.facet};
    }
  }
  return {};
}

/// Between two edges a ray may touch a third one (the noses of a stair): off their faces it is looked along a little
/// outside of both, so that it passes. @return by how much at its ends.
std::array<Vec3d, 2> Refiner::off_edges(size_t leg) const {
  std::array<Vec3d, 2> off{};
  const auto is_edge = [&](size_t i) { return bends_[i].type == Interaction::kDiffraction; };
  if (leg == 0 || leg == bends_.size() || !is_edge(leg - 1) || !is_edge(leg)) return off;
  for (size_t k = 0; k < 2; ++k) {
    const Step& s = bends_[leg - 1 + k];
    const Wedge& w = scene_.wedges()[size_t(s.surface.index)];
    off[k] = -4 * roundings_m(kAlongPlane, s.point_m) * normalized(w.facet0 == w.facet_n ? w.t0 : w.t0 + w.tn);
  }
  return off;
}

/// Does a leg along a face meet something lower than it is looked along at that is not closed as a part of the face: a
/// kerb, which goes through it, with the face on both its sides?
bool Refiner::meets_kerb(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b,
                         const AboveFace& above) {
  const double tolerance = scene_.seam_tolerance_m(), half = kKerb * tolerance;
  const Vec3d up = normalized(above.lift_m), low = 4 * roundings_m(kAlongPlane, b) * up, along = normalized(b - a);
  if (!scene_.queries().occluded(a + low, b + low, at_a, at_b)) return false;
  scene_.queries().crossings(a + low, b + low, at_a, at_b, other_crossings_);
  const int32_t mirror = table_.facets[size_t(above.facet)].mirror;
  return std::any_of(other_crossings_.begin(), other_crossings_.end(), [&](const Crossing& c) {
    if (options_.refraction && options_.opaque[size_t(c.facet)] == 0) return false;
    const scene::Facet& f = table_.facets[size_t(c.facet)];
    const Vec3d p = a + c.t * (b - a), in_plane = up - dot(up, f.normal) * f.normal;
    const double slope = norm2(in_plane);
    if (!(slope > 0)) return false;
    const auto spans = [&](double height) { return table_.owner(f.mirror, p + (height / slope) * in_plane) >= 0; };
    const auto on_face = [&](double by) { return table_.owner(mirror, p + by * along) >= 0; };
    return spans(half) && spans(-half) && on_face(2 * tolerance) && on_face(-2 * tolerance);
  });
}

/// A place a little beyond an edge's end, from where a leg is looked along: does it go on outside of what stands there?
/// On the wall between two houses, or its rim, both their insides are in view. So something free leads there from
/// beside the edge itself: with the leg's direction, or, where that lies inside the edge's own wedge (past a corner),
/// with a direction outside and from there on.
bool Refiner::is_open_beyond(size_t bend, const Vec3d& at, const Vec3d& towards) const {
  if (bends_[bend].type != Interaction::kDiffraction) return true;
  const Wedge& w = scene_.wedges()[size_t(bends_[bend].surface.index)];
  const double t = dot(at - w.a, w.direction);
  if (t >= 0 && t <= w.length_m) return true;
  const Vec3d beside = w.at(t < 0 ? w.inset_m : w.length_m - w.inset_m);
  const double by = 0.5 * w.inset_m;  // under a roof, however steep
  const auto is_free = [&](const Vec3d& a, const Vec3d& b) { return !scene_.queries().occluded(a, b, {}, {}); };
  const Vec3d d = towards - at, leg = by * normalized(d);
  constexpr double kOffFace = 0.02;  // rad: on a face it would touch the rim of what closes the edge
  const double angle = azimuth(w, w.a + d), outside = w.exterior_angle_rad;
  const auto towards_angle = [&](double phi) { return by * (std::cos(phi) * w.t0 + std::sin(phi) * w.n0); };
  if (angle <= outside + kOffFace || angle >= 2 * kPi - kOffFace) {
    const bool at_0 = angle >= 2 * kPi - kOffFace && angle > outside;
    const Vec3d out = towards_angle(std::clamp(at_0 ? 0 : angle, kOffFace, outside - kOffFace));
    return is_free(beside + out, at + out);
  }
  for (const double share : {0.5, 0.1, 0.9}) {
    const Vec3d out = towards_angle(share * outside);
    if (is_free(beside + out, at + out) && is_free(at + out, at + leg)) return true;
  }
  return false;
}

/// Where a leg is looked along from: `at`, and places about the corner where the path is looked at the end of an edge
/// whose corner facets miss.
std::vector<Refiner::LegEnd> Refiner::about_corner(size_t bend, const LegEnd& at, Along along) const {
  std::vector<LegEnd> places{at};
  if (bends_[bend].type != Interaction::kDiffraction || along != Along::kNone) return places;
  const Wedge& w = scene_.wedges()[size_t(bends_[bend].surface.index)];
  const double t = dot(bends_[bend].point_m - w.a, w.direction);
  if (t > w.inset_m && t < w.length_m - w.inset_m) return places;
  const bool at_end = t >= 0.5 * w.length_m;
  if (w.miss_m[at_end ? 1 : 0] == 0) return places;
  for (const Vec3d& p : paths::about_corner(w, at_end)) {
    if (is_this_side(scene_.queries(), w, at_end, p)) places.push_back({p, {w.facet0, w.facet_n}});
  }
  return places;
}

/// free(a, b) from a leg's ends and from about them, until one is.
template <class Try>
bool Refiner::any_about_corners(size_t leg, const LegEnd& a, const LegEnd& b, Try&& free) const {
  if (free(a, b)) return true;
  const auto from = leg == 0 ? std::vector<LegEnd>{a} : about_corner(leg - 1, a, bends_[leg - 1].edge.leaves_along),
             to = leg == bends_.size() ? std::vector<LegEnd>{b} : about_corner(leg, b, bends_[leg].edge.arrives_along);
  for (size_t i = 0; i < from.size(); ++i) {
    for (size_t j = i == 0 ? 1 : 0; j < to.size(); ++j) {
      if (free(from[i], to[j])) return true;
    }
  }
  return false;
}

/// Past a corner an end of the path is looked at over the face there, which ends farther on.
Vec3d Refiner::past_corner_end(size_t bend, bool leaves, const Vec3d& p) const {
  const EdgeFacts& e = bends_[bend].edge;
  if (bends_[bend].type != Interaction::kDiffraction || !is_past(leaves ? e.leaves_along : e.arrives_along)) return p;
  const OnFace face = leaves ? e.leaves_on : e.arrives_on;
  const bool at_end = e.past_end[leaves ? 1 : 0];
  const Wedge& w = scene_.wedges()[size_t(bends_[bend].surface.index)];
  const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
  const int32_t over = face == OnFace::kFace0 ? turns.over_0 : turns.over_n;
  return over < 0 ? p : lifted_over(table_, w, at_end, over, p);
}

/// A leg past a corner along both faces, whose ends are looked at over a facet each: where something is in the way over
/// one of them it goes along the other alone. @return whether it goes along any.
bool Refiner::keep_visible_face(size_t bend, bool leaves, const Vec3d& p) {
  EdgeFacts& e = bends_[bend].edge;
  Along& along = leaves ? e.leaves_along : e.arrives_along;
  OnFace& on = leaves ? e.leaves_on : e.arrives_on;
  if (bends_[bend].type != Interaction::kDiffraction || along != Along::kPastBoth) return true;
  const Vec3d at = occlusion_point(bend, past_ends_, along, leaves);
  std::array<bool, 2> seen{};
  for (const OnFace face : {OnFace::kFace0, OnFace::kFaceN}) {
    on = face;
    const Vec3d end = past_corner_end(bend, leaves, p);
    const bool open = is_open_beyond(bend, at, end) && (end == p || !scene_.queries().occluded(p, end, {}, {}));
    seen[face == OnFace::kFace0 ? 0 : 1] = open && !is_hidden(end, at, {}, facets_at(bends_[bend]));
  }
  on = seen[0] ? OnFace::kFace0 : OnFace::kFaceN;
  if (seen[0] != seen[1]) along = Along::kPast;
  return seen[0] || seen[1];
}

bool Refiner::unobstructed(const Vec3d& target_m, const EndFacets& target_facets, GeometricPath& out) {
  const size_t n = bends_.size();
  const RayQueries& queries = scene_.queries();
  for (size_t i = n + 1; i-- > 0;) {  // the last segment first: it is the one that most often fails
    const auto place = [&](size_t bend) {
      const EdgeFacts& e = bends_[bend].edge;
      const bool leaves = bend + 1 == i;
      const Along along = leaves ? e.leaves_along : e.arrives_along;
      // on a face: where the face is
      return is_along_face(along) ? occlusion_point(bend, false, Along::kNone, false)
                                  : occlusion_point(bend, past_ends_, along, leaves);
    };
    const auto end = [&](const Vec3d& p, bool leaves) {
      return n == 0 ? p : past_corner_end(leaves ? n - 1 : 0, leaves, p);
    };
    if (n > 0 && i == 0 && !keep_visible_face(0, false, source_m_)) return false;
    if (n > 0 && i == n && !keep_visible_face(n - 1, true, target_m)) return false;
    const Vec3d a = i == 0 ? end(source_m_, false) : place(i - 1), b = i == n ? end(target_m, true) : place(i);
    const EndFacets at_a = i == 0 ? EndFacets() : facets_at(bends_[i - 1]),
                    at_b = i == n ? target_facets : facets_at(bends_[i]);
    if (i > 0 && !is_open_beyond(i - 1, a, b)) return false;
    if (i < n && !is_open_beyond(i, b, a)) return false;
    const AboveFace above = above_face(i);
    const auto off = above.facet < 0 ? off_edges(i) : std::array<Vec3d, 2>{};
    const Vec3d lift_a = above.lift_m + off[0], lift_b = above.lift_m + off[1];
    if (above.facet >= 0 && !above.both_sides && meets_kerb(a, b, at_a, at_b, above)) return false;
    // an end inside the body is not outside above it
    if (i == 0 && a != source_m_ && queries.occluded(source_m_, a, {}, {})) return false;
    if (i == n && b != target_m && queries.occluded(target_m, b, target_facets, {})) return false;
    if (!options_.refraction) {
      const auto is_free = [&](const LegEnd& from, const LegEnd& to) {
        return !queries.occluded(from.place_m + lift_a, to.place_m + lift_b, from.facets, to.facets) ||
               (above.both_sides &&
                !queries.occluded(from.place_m - lift_a, to.place_m - lift_b, from.facets, to.facets));
      };
      if (!any_about_corners(i, {a, at_a}, {b, at_b}, is_free)) return false;
      continue;
    }
    queries.crossings(a + lift_a, b + lift_b, at_a, at_b, crossings_);
    if (!crossings_.empty()) {
      any_about_corners(i, {a, at_a}, {b, at_b}, [&](const LegEnd& from, const LegEnd& to) {
        queries.crossings(from.place_m + lift_a, to.place_m + lift_b, from.facets, to.facets, other_crossings_);
        if (other_crossings_.size() < crossings_.size()) crossings_ = other_crossings_;
        return crossings_.empty();
      });
    }
    if (above.both_sides) {  // by the side that lets more through
      queries.crossings(a - lift_a, b - lift_b, at_a, at_b, other_crossings_);
      const size_t over = num_opaque(crossings_), under = num_opaque(other_crossings_);
      if (under < over || (under == over && other_crossings_.size() < crossings_.size()))
        crossings_.swap(other_crossings_);
    }
    size_t transmissions = crossings_.size();
    for (const Step& s : out.steps) transmissions += !s.surface.is_none();
    if (transmissions + n > size_t(options_.max_depth)) return false;
    for (size_t c = crossings_.size(); c-- > 0;) {  // steps are collected from the end
      const int32_t facet = crossings_[c].facet;
      if (options_.opaque[size_t(facet)]) return false;
      // on the path itself, which over an edge's end is not the segment that was looked along
      const scene::Facet& f = table_.facets[facet];
      const Vec3d from = i == 0 ? source_m_ : bends_[i - 1].point_m, to = i == n ? target_m : bends_[i].point_m;
      const double da = dot(f.normal, from) - f.offset, db = dot(f.normal, to) - f.offset;
      const double t = da * db < 0 ? da / (da - db) : double(crossings_[c].t);
      out.steps.push_back({Interaction::kRefraction, SurfaceId::facet(facet), from + t * (to - from)});
    }
    if (i > 0) out.steps.push_back({});  // a place for the bend
  }
  keep_open_sides();
  return true;
}

size_t Refiner::num_opaque(const std::vector<Crossing>& crossings) const {
  return size_t(std::count_if(crossings.begin(), crossings.end(),
                              [&](const Crossing& c) { return options_.opaque[size_t(c.facet)] != 0; }));
}

/// Is something in the way that lets nothing through?
bool Refiner::is_hidden(const Vec3d& a, const Vec3d& b, const EndFacets& at_a, const EndFacets& at_b) {
  if (!options_.refraction) return scene_.queries().occluded(a, b, at_a, at_b);
  scene_.queries().crossings(a, b, at_a, at_b, other_crossings_);
  return num_opaque(other_crossings_) > 0;
}

/// Both faces of a sheet carry a leg between two of its edges, each its half: where something is in the way on one of
/// them, the other one alone does.
void Refiner::keep_open_sides() {
  for (size_t leg = 1; leg < bends_.size(); ++leg) {
    EdgeFacts &from = bends_[leg - 1].edge, &to = bends_[leg].edge;
    if (bends_[leg].type != Interaction::kDiffraction || from.leaves_along != Along::kSheet) continue;
    const Vec3d a = occlusion_point(leg - 1, false, Along::kNone, false),
                b = occlusion_point(leg, false, Along::kNone, false), lift = above_face(leg).lift_m;
    const auto open = [&](const Vec3d& by) {
      return !is_hidden(a + by, b + by, facets_at(bends_[leg - 1]), facets_at(bends_[leg]));
    };
    const bool above = open(lift), below = open(-lift);
    if (above == below) continue;
    from.leaves_along = to.arrives_along = Along::kFace;
    if (above) continue;
    from.leaves_on = path_field_detail::other_face(from.leaves_on);
    to.arrives_on = path_field_detail::other_face(to.arrives_on);
  }
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
  for (size_t i = 0; i < bends_.size(); ++i) set_shape(i);
  if (!touching_points(source_m, target_m, shapes_.data(), bends_.size(), points_.data(), true)) return;
  size_t next = 0;  // bend
  for (Step& s : steps) {
    if (s.type != Interaction::kRefraction) {
      s.point_m = points_[next++];
      continue;
    }
    const Vec3d a = next == 0 ? source_m : points_[next - 1], b = next == bends_.size() ? target_m : points_[next];
    const double da = table_.distance(s.surface.index, a), db = table_.distance(s.surface.index, b);
    if (da * db < 0) s.point_m = a + (da / (da - db)) * (b - a);
  }
}

bool Refiner::known_path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out) {
  if (options_.refraction) return path(tree, node, target_m, out);
  if (!bends(tree, node, target_m)) return false;
  if (tree.nodes()[node].num_wedges > 0) {
    past_ends_ = false;
    if (!set_looks(target_m)) {
      past_ends_ = true;
      if (!beyond_an_end() || !set_looks(target_m)) return false;
    }
    if (!set_faces(target_m)) return false;
    keep_open_sides();
    set_sides(target_m);
  }
  out.steps = bends_;
  return true;
}

bool Refiner::path(const SequenceTree& tree, int32_t node, const Vec3d& target_m, GeometricPath& out,
                   const EndFacets& target_facets) {
  out.steps.clear();
  if (!bends(tree, node, target_m)) return false;
  const bool diffracted = tree.nodes()[node].num_wedges > 0;
  if (!diffracted) {
    looks_.resize(bends_.size());
    for (size_t i = 0; i < bends_.size(); ++i) looks_[i] = bends_[i].point_m;
    if (!unobstructed(target_m, target_facets, out)) return false;
  } else {
    if (!set_faces(target_m)) return false;
    past_ends_ = false;
    if (!set_looks(target_m) || !unobstructed(target_m, target_facets, out)) {
      if (!beyond_an_end()) return false;
      past_ends_ = true;
      out.steps.clear();
      if (!set_looks(target_m) || !unobstructed(target_m, target_facets, out)) return false;
    }
    set_sides(target_m);
  }
  if (!options_.refraction) {
    out.steps = bends_;
    return true;
  }
  std::reverse(out.steps.begin(), out.steps.end());
  size_t b = 0;
  for (Step& s : out.steps) {
    if (s.surface.is_none()) s = bends_[b++];
  }
  return true;
}

}  // namespace raywave::paths
