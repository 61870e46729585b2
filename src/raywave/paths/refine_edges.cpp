// SPDX-License-Identifier: Apache-2.0
// What refining decides at edges: on which faces legs run, which ends they go past, what stands on either side.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "raywave/core/constants.h"
#include "raywave/paths/refine.h"

namespace raywave::paths {
namespace {

Bend<double> facet_bend(const scene::Facet& f) {
  Bend<double> b;
  b.normal = f.normal;
  b.offset = f.offset;
  return b;
}

}  // namespace

/// Edges of one path that follow each other and meet in a corner: which ends?
void Refiner::share_ends() {
  Step* last = nullptr;
  for (Step& s : bends_) {
    if (s.type != Interaction::kDiffraction) continue;
    s.edge.shares_begin = s.edge.shares_end = false;
    if (last) {
      const Wedge &v = scene_.wedges()[size_t(last->surface.index)], &w = scene_.wedges()[size_t(s.surface.index)];
      double least = std::numeric_limits<double>::infinity();
      bool end = false, next_end = false;
      for (const bool i : {false, true}) {
        for (const bool j : {false, true}) {
          const double apart = norm(v.at(i ? v.length_m : 0) - w.at(j ? w.length_m : 0));
          if (apart < least) least = apart, end = i, next_end = j;
        }
      }
      const Vec3d p = v.at(end ? v.length_m : 0);
      if (least <= roundings_m(kSamePoint, p) ||
          (least <= corner_reach_m(table_, scene_.seam_tolerance_m(), p) &&
           turn_on_a_face(table_, scene_.queries(), scene_.seam_tolerance_m(), v, w))) {
        (end ? last->edge.shares_end : last->edge.shares_begin) = true;
        (next_end ? s.edge.shares_end : s.edge.shares_begin) = true;
      }
    }
    last = &s;
  }
}

/// A point beyond an edge's end stands for what the end radiates. A mirror in whose plane that end lies, or that hides
/// the edge from the point, has no image of it.
bool Refiner::mirrors_see_edge(size_t edge) const {
  const Wedge& w = scene_.wedges()[size_t(bends_[edge].surface.index)];
  const bool at_end = dot(points_[edge] - w.a, w.direction) > 0.5 * w.length_m;
  const Vec3d end = w.at(at_end ? w.length_m - w.inset_m : w.inset_m);  // the one that radiates
  const auto sees = [&](size_t i) {
    if (bends_[i].type != Interaction::kSpecularReflection) return true;
    return table_.distance(bends_[i].surface.index, points_[edge]) * table_.distance(bends_[i].surface.index, end) > 0;
  };
  return (edge == 0 || sees(edge - 1)) && (edge + 1 == bends_.size() || sees(edge + 1));
}

/// The path's lengths before and behind a bend.
void Refiner::lengths_about(size_t i, const Vec3d& target_m, double& before, double& after) const {
  before = after = 0;
  for (size_t j = 0; j <= i; ++j) before += norm(points_[j] - (j == 0 ? source_m_ : points_[j - 1]));
  for (size_t j = i; j < bends_.size(); ++j)
    after += norm((j + 1 < bends_.size() ? points_[j + 1] : target_m) - points_[j]);
}

/// Are the diffraction points on their edges, or near enough to an end?
bool Refiner::in_reach(const Vec3d& target_m) const {
  for (size_t i = 0; i < bends_.size(); ++i) {
    if (bends_[i].type != Interaction::kDiffraction) continue;
    const WedgeFrame<double>& w = shapes_[i].wedge;
    const double t = dot(points_[i] - w.origin, w.direction);
    if (t >= w.lo && t <= w.hi) continue;
    if (t < w.lo ? bends_[i].edge.shares_begin : bends_[i].edge.shares_end) return false;
    if (!mirrors_see_edge(i)) return false;
    // between skew edges the curvature is larger and the field fades out earlier
    double before = 0, after = 0;
    lengths_about(i, target_m, before, after);
    const Vec3d k = points_[i] - (i == 0 ? source_m_ : points_[i - 1]);
    const double along = t < w.lo ? w.lo - t : w.hi - t;
    const double excess = excess_length(before, after, dot(k, w.direction) / norm(k), along) * along * along;
    if (!(2 * kPi / options_.wavelength_m * excess < kEdgeReach * kEdgeReach)) return false;
  }
  return true;
}

/// Does the leg from edge i to the next one run along faces of both? In one plane, on the same side of it, from the one
/// edge into its face and out of the other's; two matches: a sheet.
void Refiner::meet_on_faces(size_t i) {
  EdgeFacts &from = bends_[i].edge, &to = bends_[i + 1].edge;
  const Wedge &w = scene_.wedges()[size_t(bends_[i].surface.index)],
              &next = scene_.wedges()[size_t(bends_[i + 1].surface.index)];
  const Vec3d leg = points_[i + 1] - points_[i];
  struct Face {
    OnFace name;
    int32_t facet;
    Vec3d into, normal;
  };
  const auto faces = [](const Wedge& of) {
    return std::array<Face, 2>{Face{OnFace::kFace0, of.facet0, of.t0, of.n0},
                               Face{OnFace::kFaceN, of.facet_n, of.tn, of.nn}};
  };
  const auto lies_on = [&](const Wedge& edge, int32_t facet) {  // a face of two pieces, over a seam
    const scene::Facet& f = table_.facets[size_t(facet)];
    const auto near = [&](const Vec3d& p) {
      return std::abs(dot(f.normal, p) - f.offset) <= scene_.seam_tolerance_m();
    };
    return near(edge.a) && near(edge.at(edge.length_m));
  };
  int matches = 0;
  for (const Face& f : faces(w)) {
    if (!(dot(leg, f.into) > 0)) continue;
    for (const Face& g : faces(next)) {
      if (!(dot(leg, g.into) < 0) || !(dot(f.normal, g.normal) > kOnePlane)) continue;
      if (f.facet != g.facet && !scene_.queries().same_plane(f.facet, g.facet) &&
          !(lies_on(next, f.facet) && lies_on(w, g.facet))) {
        continue;
      }
      if (++matches > 1) continue;
      from.leaves_on = f.name;
      to.arrives_on = g.name;
    }
  }
  if (matches > 0) from.leaves_along = to.arrives_along = matches > 1 ? Along::kSheet : Along::kFace;
}

/// Does the leg from edge i to the next one run on the outside of a face of the one and on the inside of the same face
/// of the other? (From outside to the convex corner of a room.) Through the face, that is.
bool Refiner::is_on_both_sides(size_t i) const {
  if (bends_[i].edge.leaves_along != Along::kNone) return false;
  const Wedge &w = scene_.wedges()[size_t(bends_[i].surface.index)],
              &next = scene_.wedges()[size_t(bends_[i + 1].surface.index)];
  if (w.facet0 == w.facet_n || next.facet0 == next.facet_n) return false;
  const Vec3d leg = points_[i + 1] - points_[i];
  const double off = kOnFace * norm(leg);
  for (const auto& [f, f_into, f_normal] : {std::tuple{w.facet0, w.t0, w.n0}, std::tuple{w.facet_n, w.tn, w.nn}}) {
    if (!(dot(leg, f_into) > 0) || std::abs(dot(leg, f_normal)) > off) continue;
    if (options_.refraction && options_.opaque[size_t(f)] == 0) continue;
    for (const auto& [g, g_into, g_normal] :
         {std::tuple{next.facet0, next.t0, next.n0}, std::tuple{next.facet_n, next.tn, next.nn}}) {
      if (dot(leg, g_into) < 0 && dot(f_normal, g_normal) < 0 && scene_.queries().same_plane(f, g)) return true;
    }
  }
  return false;
}

/// Is an edge's point so near to one of its ends, or beyond it, that it stands for the corner there as well? Near both
/// of them: for the one that the leg runs to.
/// @param leg  from the edge's point to an end of the path.
bool Refiner::at_corner(const Vec3d& target_m, size_t i, const Vec3d& leg, bool& at_end) const {
  const WedgeFrame<double>& w = shapes_[i].wedge;
  const double t = dot(points_[i] - w.origin, w.direction);
  at_end = t - w.lo > w.hi - t;
  double before = 0, after = 0;
  lengths_about(i, target_m, before, after);
  const Vec3d k = points_[i] - (i == 0 ? source_m_ : points_[i - 1]);
  const double cosine = dot(k, w.direction) / norm(k);
  const auto near = [&](double along) {
    const double excess = excess_length(before, after, cosine, along) * along * along;
    // between edges that are skew to each other the unit is shorter: the field decides, it is 0 there
    return 2 * kPi / options_.wavelength_m * excess < kEdgeFade * kEdgeFade;
  };
  // how far beyond an end in_reach() has seen
  const bool near_end = t > w.hi || near(w.hi - t), near_begin = t < w.lo || near(w.lo - t);
  if (near_end && near_begin) at_end = dot(leg, w.direction) > 0;
  return at_end ? near_end : near_begin;
}

/// A leg that runs on a face of the wedge runs on its outside: a mirror on which it ends has to be there too, beside
/// the face's plane. (The end of a body has its rim in that plane; from within it reflects nothing.)
bool Refiner::mirror_is_outside(size_t edge, size_t mirror) const {
  if (bends_[mirror].type != Interaction::kSpecularReflection) return true;
  const Wedge& w = scene_.wedges()[size_t(bends_[edge].surface.index)];
  const Vec3d leg = points_[mirror] - points_[edge];
  const auto on_face = [&](const Vec3d& into, const Vec3d& normal) {
    if (!(dot(leg, into) > 0) || std::abs(dot(leg, normal)) > kOnFace * norm(leg)) return false;
    const Vec3d beside = points_[mirror] + roundings_m(4 * kSamePoint, points_[mirror]) * normal;
    return table_.owner(table_.facets[size_t(bends_[mirror].surface.index)].mirror, beside) < 0;
  };
  return !on_face(w.t0, w.n0) && !on_face(w.tn, w.nn);
}

/// Where a leg goes past a corner along a face: on which side of the face's plane does the other leg run?
void Refiner::set_in_front(size_t i, const Vec3d& before_m, const Vec3d& after_m) {
  EdgeFacts& e = bends_[i].edge;
  e.in_front = {};
  const bool arrives = is_past(e.arrives_along);
  if (!arrives && !is_past(e.leaves_along)) return;
  const Wedge& w = scene_.wedges()[size_t(bends_[i].surface.index)];
  const Vec3d other = (arrives ? after_m : before_m) - points_[i];
  const bool along = is_along_face(arrives ? e.leaves_along : e.arrives_along);
  const OnFace on = arrives ? e.leaves_on : e.arrives_on;
  e.in_front[0] = along ? on == OnFace::kFace0 : dot(other, w.n0) >= 0;
  e.in_front[1] = along ? on == OnFace::kFaceN : dot(other, w.nn) >= 0;
}

size_t Refiner::num_edges() const {
  return size_t(
      std::count_if(bends_.begin(), bends_.end(), [](const Step& s) { return s.type == Interaction::kDiffraction; }));
}

/// k times an edge's distance parameter, of the path that ends at its neighbours.
double Refiner::wavenumber_distance(size_t edge, const Vec3d& target_m) const {
  const Vec3d before = points_[edge] - unfolded_before(edge), after = unfolded_after(edge, target_m) - points_[edge];
  const Vec3d& e = shapes_[edge].wedge.direction;
  const double r0 = norm(before), r1 = norm(after);
  return 2 * kPi / options_.wavelength_m * norm(cross(before, e)) * norm(cross(after, e)) / (r0 + r1);
}

/// The leg to an end of the path runs inside the wedge's sector: past a corner? See Along::kPast.
bool Refiner::go_past_corner(size_t i, const Vec3d& target_m, bool leaves) {
  const Wedge& w = scene_.wedges()[size_t(bends_[i].surface.index)];
  EdgeFacts& e = bends_[i].edge;
  bool at_end;
  const Vec3d leg = leaves ? (i + 1 < bends_.size() ? points_[i + 1] : target_m) - points_[i]
                           : (i == 0 ? source_m_ : points_[i - 1]) - points_[i];
  const bool through = options_.refraction && has_inside(w, options_.opaque);
  if (w.facet0 == w.facet_n || through || !at_corner(target_m, i, leg, at_end)) return false;
  const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
  if (!turns.face_0 && !turns.face_n) return false;
  const Vec3d end = leaves ? target_m : source_m_, corner = w.at(at_end ? w.length_m : 0);
  const auto is_near = [&](int32_t over) {
    if (over < 0) return true;
    const double height = height_over(table_, w, at_end, over, end);
    const double distance = norm(end - corner), wavenumber = 2 * kPi / options_.wavelength_m;
    if (path_field_detail::over_height(wavenumber * distance, height, distance) < -kMostOver) return false;
    const double x = path_field_detail::over_height(wavenumber_distance(i, target_m), height, distance);
    // between edges the distance parameter is another one, within a factor of 4: the field decides, it is 0 there
    return x >= -(num_edges() > 1 ? 2 : 1) * kOverReach;
  };
  const bool past_0 = turns.face_0 && is_near(turns.over_0), past_n = turns.face_n && is_near(turns.over_n);
  if (!past_0 && !past_n) return false;
  (leaves ? e.leaves_along : e.arrives_along) = past_0 && past_n ? Along::kPastBoth : Along::kPast;
  (leaves ? e.leaves_on : e.arrives_on) = past_0 ? OnFace::kFace0 : OnFace::kFaceN;
  e.past_end[leaves ? 1 : 0] = at_end;
  return true;
}

/// Where the ray to an edge's point comes from, and where the one from it goes to, straight on behind mirrors: the end
/// of the path or another edge. Farther away than the mirrors, so that which side it is on is known better.
Vec3d Refiner::unfolded_before(size_t edge) const {
  size_t from = edge;
  while (from > 0 && !shapes_[from - 1].is_edge) --from;
  Vec3d p = from == 0 ? source_m_ : points_[from - 1];
  for (size_t i = from; i < edge; ++i) p = mirror(p, table_.facets[size_t(bends_[i].surface.index)]);
  return p;
}
Vec3d Refiner::unfolded_after(size_t edge, const Vec3d& target_m) const {
  size_t to = edge + 1;
  while (to < bends_.size() && !shapes_[to].is_edge) ++to;
  Vec3d p = to == bends_.size() ? target_m : points_[to];
  for (size_t i = to; i-- > edge + 1;) p = mirror(p, table_.facets[size_t(bends_[i].surface.index)]);
  return p;
}

/// Do the rays run outside of the wedges, and on which faces?
bool Refiner::set_faces(const Vec3d& target_m) {
  for (size_t i = 0; i < bends_.size(); ++i) {
    if (bends_[i].type != Interaction::kDiffraction) continue;
    const Wedge& w = scene_.wedges()[size_t(bends_[i].surface.index)];
    const Vec3d before = i == 0 ? source_m_ : points_[i - 1];
    const Vec3d after = i + 1 < bends_.size() ? points_[i + 1] : target_m;
    const double length = norm(before - points_[i]);
    const double least = roundings_m(kSamePoint, points_[i]);  // a device on the edge
    if (!(length > least) || !(norm(after - points_[i]) > least)) return false;
    if (norm(cross(points_[i] - before, w.direction)) < kAlongEdge * length) return false;
    // a device on the edge's line, whose foot the point is
    const auto off_line = [&](const Vec3d& v) { return norm(cross(v, w.direction)); };
    if (!(std::min(off_line(before - points_[i]), off_line(after - points_[i])) > least)) return false;
    if (i > 0 && !mirror_is_outside(i, i - 1)) return false;
    if (i + 1 < bends_.size()) {
      if (!mirror_is_outside(i, i + 1)) return false;
      if (bends_[i + 1].type == Interaction::kDiffraction) {
        meet_on_faces(i);
        if (is_on_both_sides(i)) return false;
      }
    }
    const bool through = options_.refraction && has_inside(w, options_.opaque);
    // In roundings, not as an angle: a device 1e-6 m behind a wall is behind it, seen from however far.
    const auto outside = [&](const Vec3d& v) {
      const double on_m =
          std::max(roundings_m(scene::kSamePlane, points_[i]), roundings_m(scene::kSamePlane, points_[i] + v));
      return through || std::max(dot(v, w.n0), dot(v, w.nn)) >= -on_m;
    };
    // An end in a face's plane that the face hides from its edge (which rounding decides) is behind it.
    const auto hidden = [&](const Vec3d& end) {
      const Vec3d v = normalized(end - points_[i]);
      const double off_0 = dot(v, w.n0), off_n = dot(v, w.nn);
      if (std::min(std::abs(off_0), std::abs(off_n)) > kOnFace) return false;
      return !through &&
             scene_.queries().occluded(occlusion_point(i, false, Along::kNone, false), end, EndFacets::at_edge(w), -1);
    };
    EdgeFacts& e = bends_[i].edge;
    if (!is_along_face(e.arrives_along)) {
      const bool is_out = outside(unfolded_before(i) - points_[i]);
      if ((!is_out || (i == 0 && hidden(before))) && !(i == 0 && go_past_corner(i, target_m, false)) && !is_out) {
        return false;
      }
    }
    if (!is_along_face(e.leaves_along)) {
      const bool is_out = outside(unfolded_after(i, target_m) - points_[i]), last = i + 1 == bends_.size();
      if ((!is_out || (last && hidden(after))) && !(last && go_past_corner(i, target_m, true)) && !is_out) {
        return false;
      }
    }
    set_in_front(i, before, after);
  }
  return true;
}

/// Is the point in front of a sheet's face 0? In its plane a device counts as on the side of the path's other end;
/// where both are there, on one side for all edges and pieces of the plane, whatever rounding and windings say.
bool Refiner::in_front(const Wedge& w, const Vec3d& p, const Vec3d& other_end_m) const {
  const scene::Facet& plane = table_.facets[size_t(table_.facets[size_t(w.facet0)].mirror)];
  const bool same = dot(w.n0, plane.normal) >= 0;
  for (const Vec3d& q : {p, other_end_m}) {
    const double height = dot(plane.normal, q) - plane.offset;
    if (std::abs(height) > roundings_m(scene::kSamePlane, q)) return same == (height > 0);
  }
  return same == (along_no_axis(plane.normal) > 0);
}

/// At a sheet's end: on which face runs a leg that comes along the sheet from afar? (From another edge's point in the
/// plane: on either, and OnFace names one.) And where a leg to another edge of the sheet continues the ray straight on:
/// is the face that EdgeFacts names the lit one? @return false: not that leg.
bool Refiner::set_side_of_sheet(size_t i, const Vec3d& target_m) {
  const Wedge& w = scene_.wedges()[size_t(bends_[i].surface.index)];
  if (w.facet0 != w.facet_n) return false;
  EdgeFacts& e = bends_[i].edge;
  const Vec3d before_m = i == 0 ? source_m_ : points_[i - 1],
              after_m = i + 1 < bends_.size() ? points_[i + 1] : target_m;
  const auto in_plane = [&](const Vec3d& p) {
    return std::abs(dot(p - points_[i], w.n0)) < kOnFace * norm(p - points_[i]);
  };
  const auto over_face = [&](const Vec3d& p) { return in_plane(p) && dot(p - points_[i], w.t0) > 0; };
  const auto face = [&](bool leaves) {
    const bool front = leaves ? in_front(w, after_m, source_m_) : in_front(w, before_m, target_m);
    return front ? OnFace::kFace0 : OnFace::kFaceN;
  };
  const bool comes = e.arrives_along == Along::kSheet, goes = e.leaves_along == Along::kSheet,
             arrives = is_beside_faces(e.arrives_along) && over_face(before_m),
             leaves = is_beside_faces(e.leaves_along) && over_face(after_m);
  if (arrives) e.arrives_on = face(false);
  if (leaves) e.leaves_on = face(true);
  const auto is_edge_in_plane = [&](size_t j, const Vec3d& p) {
    return j < bends_.size() && bends_[j].type == Interaction::kDiffraction &&
           std::abs(dot(p - points_[i], w.n0)) <= roundings_m(scene::kSamePlane, p);
  };
  if (arrives && is_edge_in_plane(i - 1, before_m)) e.arrives_along = Along::kOver;
  if (leaves && is_edge_in_plane(i + 1, after_m)) e.leaves_along = Along::kOver;
  if (comes == goes && !arrives && !leaves) return comes;
  // The straight ray along the sheet crosses its plane on this edge's face or beyond the edge: the angles tell, but
  // where both ends are in the plane within rounding.
  const OnFace in = comes || arrives ? e.arrives_on : face(false), out = goes || leaves ? e.leaves_on : face(true);
  const bool both = in_plane(before_m) && in_plane(after_m);
  if (both && (arrives || leaves || dot((comes ? after_m : before_m) - points_[i], w.t0) < 0))
    e.sides.fill(in == out ? 1 : -1);
  return true;
}

/// Sets EdgeFacts::vertex, and the sides there.
void Refiner::set_vertex(size_t i, const Vec3d& target_m) {
  EdgeFacts& e = bends_[i].edge;
  const Wedge& w = scene_.wedges()[size_t(bends_[i].surface.index)];
  const double t = dot(points_[i] - w.a, w.direction), near = roundings_m(4 * kSamePoint, points_[i]);
  const bool at_begin = std::abs(t) <= near, at_end = std::abs(t - w.length_m) <= near;
  if (at_begin == at_end) return;
  const Vec3d corner = w.at(at_end ? w.length_m : 0), s = unfolded_before(i), p = unfolded_after(i, target_m);
  const WedgePiece& piece = w.piece_at(points_[i]);
  double largest = 0;
  bool known = false;
  for (size_t b = 0; b < 3; ++b) {
    if (e.sides[b] == 0) continue;
    const Vec3d end = b == 0 ? p : mirror(p, table_.facets[size_t(b == 1 ? piece.facet0 : piece.facet_n)]);
    const Vec3d k = normalized(end - s), across = normalized(w.direction - dot(w.direction, k) * k);
    const Vec3d r = corner - s - dot(corner - s, k) * k;
    if (!known) e.vertex.along = dot(r, across);
    known = true;
    // Beside a corner the path without the edge may be there though it lies on the dark side of the edge's own line.
    const Vec3d side = cross(k, across);
    const double angle = b == 0 ? 0.5 * w.exterior_angle_rad : b == 1 ? 0 : w.exterior_angle_rad;
    const Vec3d lit = std::cos(angle) * w.t0 + std::sin(angle) * w.n0;  // away from the body; on the face
    e.sides[b] = dot(r, side) * dot(lit, side) > 0 ? -1 : 1;
    e.vertex.beside[b] = std::abs(dot(r, side));
    largest = std::max({largest, std::abs(e.vertex.along), e.vertex.beside[b]});
  }
  if (!(largest > 0)) return;
  e.vertex.end = at_end ? 1 : -1;
  const double scale = 0.01 * kVertex / largest;
  e.vertex.along *= scale;
  for (double& v : e.vertex.beside) v *= scale;
}

/// Within rounding of a shadow boundary the side is what geometrical optics decides for the path without the edge.
void Refiner::set_sides(const Vec3d& target_m) {
  for (size_t i = 0; i < bends_.size(); ++i) {
    Step& s = bends_[i];
    if (s.type != Interaction::kDiffraction) continue;
    const Wedge& w = scene_.wedges()[size_t(s.surface.index)];
    const Vec3d before_m = i == 0 ? source_m_ : points_[i - 1];
    const Vec3d after_m = i + 1 < bends_.size() ? points_[i + 1] : target_m;
    EdgeFacts& e = s.edge;
    e.sides.fill(0);
    e.vertex = {};
    if (is_past(e.arrives_along) || is_past(e.leaves_along) || set_side_of_sheet(i, target_m)) continue;
    const Vec3d before = before_m - points_[i], after = after_m - points_[i];
    const auto phi = [&](const Vec3d& v, OnFace face, Along along) {
      return path_field_detail::azimuth_on(face, along, v, shapes_[i].wedge, options_.refraction);
    };
    const WedgePiece& piece = w.piece_at(points_[i]);
    const double in = phi(before, e.arrives_on, e.arrives_along), out = phi(after, e.leaves_on, e.leaves_along),
                 n_pi = w.exterior_angle_rad;
    // ends are moved aside by roundings of their own coordinates, other edges' points are not
    const auto near_in = [&](size_t j, const Vec3d& p) {
      const bool is_edge = j < bends_.size() && bends_[j].type == Interaction::kDiffraction;
      const double least = roundings_m(is_edge ? scene::kSamePlane : kSamePoint, p);
      return std::max(least, roundings_m(scene::kSamePlane, points_[i])) / norm(cross(p - points_[i], w.direction));
    };
    const double near = std::max(near_in(i - 1, before_m), near_in(i + 1, after_m));
    const auto side = [](bool lit) { return int8_t(lit ? 1 : -1); };
    const auto on = [&](OnFace face) {
      return (is_along_face(e.arrives_along) && e.arrives_on == face) ||
             (is_along_face(e.leaves_along) && e.leaves_on == face);
    };
    const bool on_0 = on(OnFace::kFace0), on_n = on(OnFace::kFaceN);
    if (std::abs(kPi - std::abs(out - in)) < near) {
      // from outside in: through face n on the lit side, through face 0 on the other
      const bool through = std::max(in, out) > n_pi;
      e.sides[0] = side(passes(i, target_m, through ? piece.facet0 : -1));
      // along a face the incident field and its reflection are one
      if (on_0) e.sides[1] = e.sides[0];
      if (on_n) e.sides[2] = e.sides[0];
    }
    if (!on_0 && std::abs(kPi - in - out) < near) e.sides[1] = reflection_side(i, piece.facet0, target_m);
    if (!on_n && std::abs(kPi - (n_pi - in) - (n_pi - out)) < near)
      e.sides[2] = reflection_side(i, piece.facet_n, target_m);
    set_vertex(i, target_m);
  }
}

/// Does the path without this edge miss the wedge's faces, or this one of them?
bool Refiner::passes(size_t edge, const Vec3d& target_m, int32_t face) {
  auto& points = other_points_;
  other_shapes_.assign(shapes_.begin(), shapes_.begin() + long(bends_.size()));
  other_shapes_.erase(other_shapes_.begin() + long(edge));
  const size_t n = other_shapes_.size();
  points.resize(n + 1);
  if (!touching_points(source_m_, target_m, other_shapes_.data(), n, points.data())) return false;
  const Vec3d a = edge == 0 ? source_m_ : points[edge - 1], b = edge == n ? target_m : points[edge];
  const EndFacets at_a = edge == 0 ? EndFacets() : facets_at(bends_[edge - 1]),
                  at_b = edge == n ? EndFacets() : facets_at(bends_[edge + 1]);
  scene_.queries().crossings(a, b, at_a, at_b, crossings_);
  const Wedge& w = scene_.wedges()[size_t(bends_[edge].surface.index)];
  return std::none_of(crossings_.begin(), crossings_.end(), [&](const Crossing& c) {
    if (face >= 0) return scene_.queries().same_plane(c.facet, face);
    return scene_.queries().same_plane(c.facet, w.facet0) || scene_.queries().same_plane(c.facet, w.facet_n);
  });
}

/// Is there a reflection on this face in place of the diffraction: 1, or does it end at this edge: -1?
int8_t Refiner::reflection_side(size_t edge, int32_t facet, const Vec3d& target_m) {
  const size_t n = bends_.size();
  auto& points = other_points_;
  points.resize(n);
  other_shapes_.assign(shapes_.begin(), shapes_.begin() + long(n));
  other_shapes_[edge] = facet_bend(table_.facets[size_t(facet)]);
  if (!touching_points(source_m_, target_m, other_shapes_.data(), n, points.data())) return -1;
  const Wedge& w = scene_.wedges()[size_t(bends_[edge].surface.index)];
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

}  // namespace raywave::paths
