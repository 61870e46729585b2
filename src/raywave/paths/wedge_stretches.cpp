// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/wedge_stretches.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "raywave/paths/edge_surroundings.h"

namespace raywave::paths {
namespace {

/// The same wedge seen the other way round.
void turn_round(Wedge& w) {
  const double angle = w.exterior_angle_rad;
  const Vec3d tangent = std::cos(angle) * w.t0 + std::sin(angle) * w.n0;
  const Vec3d normal = std::sin(angle) * w.t0 - std::cos(angle) * w.n0;
  w.a = w.at(w.length_m);
  w.direction = -w.direction;
  w.t0 = tangent;
  w.n0 = normal;
  std::swap(w.facet0, w.facet_n);
  std::reverse(w.pieces.begin(), w.pieces.end());
  for (WedgePiece& p : w.pieces) {
    const double lo = p.lo;
    p.lo = w.length_m - p.hi;
    p.hi = w.length_m - lo;
    std::swap(p.begin, p.end);
    std::swap(p.facet0, p.facet_n);
    std::swap(p.cut_lo, p.cut_hi);
    std::swap(p.closed_lo, p.closed_hi);
  }
}

/// Joins stretches end to end.
class Joiner {
 public:
  Joiner(const scene::FacetTable& table, std::vector<WedgeStretch> stretches)
      : table_(table), stretches_(std::move(stretches)), next_(2 * stretches_.size(), -1) {}

  std::vector<Wedge> run() {
    pair_ends();
    std::vector<std::pair<size_t, Wedge>> found;  // with its first stretch
    std::vector<uint8_t> done(stretches_.size(), 0);
    for (const size_t i : in_order()) {
      if (done[i]) continue;
      Wedge w = std::move(stretches_[i].wedge);
      done[i] = 1;
      size_t first = i;
      bool more_than_remainders = !stretches_[i].is_remainder;
      for (const bool forward : {true, false}) {
        for (int32_t end = next_[2 * i + forward]; end >= 0 && !done[size_t(end / 2)]; end = next_[size_t(end ^ 1)]) {
          Wedge& more = stretches_[size_t(end / 2)].wedge;
          if (!on_line(w, more, stretches_[i].near_m)) break;
          done[size_t(end / 2)] = 1;
          first = std::min(first, size_t(end / 2));
          more_than_remainders = more_than_remainders || !stretches_[size_t(end / 2)].is_remainder;
          if (dot(more.direction, w.direction) < 0) turn_round(more);
          append(w, more, forward);
        }
      }
      if (more_than_remainders) found.push_back({first, std::move(w)});
    }
    std::sort(found.begin(), found.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
    std::vector<Wedge> wedges;
    for (auto& [first, w] : found) wedges.push_back(std::move(w));
    return wedges;
  }

 private:
  Vec3d end_point(int32_t end) const {
    const Wedge& w = stretches_[size_t(end / 2)].wedge;
    return end % 2 ? w.at(w.length_m) : w.a;
  }

  /// An edge lies on the line of its longest stretch, of equal ones the one that comes first in space: whatever the
  /// order of the objects.
  std::vector<size_t> in_order() const {
    std::vector<std::array<double, 3>> order;
    for (size_t i = 0; i < stretches_.size(); ++i) {
      const Wedge& w = stretches_[i].wedge;
      order.push_back(longest_first(w.length_m, stretches_[i].near_m, w.at(0.5 * w.length_m), i));
    }
    std::sort(order.begin(), order.end());
    std::vector<size_t> out;
    for (const auto& o : order) out.push_back(size_t(o[2]));
    return out;
  }

  static bool on_line(const Wedge& w, const Wedge& more, double near) {
    return norm(cross(more.a - w.a, w.direction)) <= near &&
           norm(cross(more.at(more.length_m) - w.a, w.direction)) <= near;
  }

  /// Ends are numbered 2 stretch + (0: its beginning, 1: its end).
  void pair_ends() {
    std::vector<std::pair<double, int32_t>> order;
    for (int32_t i = 0; i < int32_t(stretches_.size()); ++i) {
      for (const bool hi : {false, true}) {
        if (hi ? stretches_[size_t(i)].cut_hi : stretches_[size_t(i)].cut_lo) continue;
        order.push_back({along_no_axis(end_point(2 * i + hi)), 2 * i + hi});
      }
    }
    std::sort(order.begin(), order.end());
    for (size_t i = 0; i < order.size(); ++i) {
      const int32_t x = order[i].second;
      const double near = 2 * stretches_[size_t(x / 2)].near_m;
      for (size_t j = i + 1; next_[size_t(x)] < 0 && j < order.size() && order[j].first - order[i].first <= near; ++j) {
        const int32_t y = order[j].second;
        if (next_[size_t(y)] >= 0 || x / 2 == y / 2 || !go_on(x, y, near)) continue;
        next_[size_t(x)] = y;
        next_[size_t(y)] = x;
      }
    }
  }

  bool go_on(int32_t x, int32_t y, double near) const {
    if (norm(end_point(x) - end_point(y)) > near) return false;
    const Wedge &w = stretches_[size_t(x / 2)].wedge, &v = stretches_[size_t(y / 2)].wedge;
    // away from the common end they run opposite ways
    const bool same_way = x % 2 != y % 2;
    if (dot(w.direction, v.direction) * (same_way ? 1 : -1) <= 0) return false;
    const Vec3d far_x = end_point(x ^ 1), far_y = end_point(y ^ 1);
    if (norm(cross(far_y - w.a, w.direction)) > 0.5 * near || norm(cross(far_x - v.a, v.direction)) > 0.5 * near)
      return false;
    if (std::abs(w.exterior_angle_rad - v.exterior_angle_rad) > kFlat) return false;
    const double angle = v.exterior_angle_rad;
    const Vec3d t0 = same_way ? v.t0 : std::cos(angle) * v.t0 + std::sin(angle) * v.n0;
    const Vec3d n0 = same_way ? v.n0 : std::sin(angle) * v.t0 - std::cos(angle) * v.n0;
    if (norm(t0 - w.t0) > kFlat || norm(n0 - w.n0) > kFlat) return false;
    const auto material = [&](int32_t facet) { return table_.facets[size_t(facet)].material; };
    return material(w.facet0) == material(same_way ? v.facet0 : v.facet_n) &&
           material(w.facet_n) == material(same_way ? v.facet_n : v.facet0) &&
           (w.facet0 == w.facet_n) == (v.facet0 == v.facet_n);
  }

  /// Adds what goes on behind a wedge's end, or before its beginning.
  static void append(Wedge& w, const Wedge& more, bool behind) {
    const double from = dot(more.a - w.a, w.direction), to = from + more.length_m;
    for (WedgePiece p : more.pieces) {
      p.lo += from;
      p.hi += from;
      w.pieces.push_back(p);
    }
    if (!behind) std::rotate(w.pieces.begin(), w.pieces.end() - long(more.pieces.size()), w.pieces.end());
    const double lo = std::min(0.0, from), hi = std::max(w.length_m, to);
    std::vector<WedgePiece> pieces;
    for (WedgePiece& p : w.pieces) {
      p.lo -= lo, p.hi -= lo;
      WedgePiece* last = pieces.empty() ? nullptr : &pieces.back();
      if (last && last->edge == p.edge && last->facet0 == p.facet0 && last->facet_n == p.facet_n) {
        last->hi = p.hi;
        last->end = p.end;
        last->cut_hi = p.cut_hi;
        last->closed_hi = p.closed_hi;
      } else {
        pieces.push_back(p);
      }
    }
    w.pieces = std::move(pieces);
    w.a = w.at(lo);
    w.length_m = hi - lo;
    w.facet0 = w.pieces[0].facet0;
    w.facet_n = w.pieces[0].facet_n;
    w.walled = w.walled || more.walled;
    w.facets.insert(w.facets.end(), more.facets.begin(), more.facets.end());
    std::sort(w.facets.begin(), w.facets.end());
    w.facets.erase(std::unique(w.facets.begin(), w.facets.end()), w.facets.end());
  }

  const scene::FacetTable& table_;
  std::vector<WedgeStretch> stretches_;
  std::vector<int32_t> next_;  // the end that goes on from each end; -1: none
};

}  // namespace

std::vector<Wedge> join(const scene::FacetTable& table, std::vector<WedgeStretch> stretches) {
  return Joiner(table, std::move(stretches)).run();
}

namespace {

constexpr double kAcross = 0.1;     // sine from which on a border runs across another one
constexpr double kCornerReach = 4;  // tolerances: how far apart borders that cross may have a corner

/// Moves the ends of wedges and of the strips along them to where faces that are closed over cracks end.
class Corners {
 public:
  Corners(const scene::FacetTable& table, double seam_tolerance_m, const std::vector<Seam>& seams, Edges& edges)
      : table_(table), seam_tolerance_m_(seam_tolerance_m), seams_(seams), edges_(edges), found_(edges.strips) {
    for (size_t i = 0; i < found_.size(); ++i) strips_of_[found_[i].facet].push_back(i);
    for (size_t i = 0; i < seams_.size(); ++i) {
      if (strips_of_.count(seams_[i].facet) > 0) seams_of_[seams_[i].facet].push_back(i);
    }
  }

  void settle(Wedge& w) {
    WedgePiece &first = w.pieces.front(), &last = w.pieces.back();
    if (!has_strips(first) && !has_strips(last)) return;
    int32_t up_to_lo = -1, up_to_hi = -1;
    const double behind = beyond(w, first, false, up_to_lo), ahead = beyond(w, last, true, up_to_hi);
    if (behind == 0 && ahead == 0 && up_to_lo < 0 && up_to_hi < 0) return;
    if (up_to_lo >= 0) first.cut_lo = up_to_lo, first.closed_lo = true;
    if (up_to_hi >= 0) last.cut_hi = up_to_hi, last.closed_hi = true;
    first.begin -= (first.end - first.begin) / (first.hi - first.lo) * behind;
    last.end += (last.end - last.begin) / (last.hi - last.lo) * ahead;
    first.lo -= behind;
    last.hi += ahead;
    for (WedgePiece& p : w.pieces) p.lo += behind, p.hi += behind;
    w.a = w.at(-behind);
    w.length_m += behind + ahead;
  }

 private:
  bool has_strips(const WedgePiece& piece) const {
    return strips_of_.count(piece.facet0) > 0 || strips_of_.count(piece.facet_n) > 0;
  }
  double near_m(const WedgePiece& piece) const {
    return near_edge_m(table_, table_.edges[size_t(piece.edge)], seam_tolerance_m_);
  }
  static bool runs_across(const Vec3d& direction, const Wedge& w) {
    return norm(cross(direction, w.direction)) > kAcross * norm(direction);
  }
  /// What makes an edge that much shorter belongs to its other end, which of a short edge is as near.
  static bool is_other_end(const Wedge& w, double by) { return by <= -0.5 * w.length_m; }
  /// The strips of a piece's faces with a corner at an end: visit(index, is it `to`).
  template <class Visit>
  void at_end(const WedgePiece& piece, const Vec3d& end, double near, Visit&& visit) const {
    for (const int32_t facet : {piece.facet0, piece.facet_n}) {
      const auto of_facet = strips_of_.find(facet);
      if (of_facet == strips_of_.end()) continue;
      for (const size_t i : of_facet->second) {
        if (norm(found_[i].from - end) <= near) visit(i, false);
        if (norm(found_[i].to - end) <= near) visit(i, true);
      }
      if (piece.facet0 == piece.facet_n) break;
    }
  }

  /// How far the wedge goes on (less than 0: is shorter) at an end, and up to which facet's plane (-1: none).
  double beyond(const Wedge& w, const WedgePiece& piece, bool ahead, int32_t& up_to) {
    const double sign = ahead ? 1 : -1, rounding = near_edge_m(table_, table_.edges[size_t(piece.edge)], 0);
    const Vec3d end = w.at(ahead ? w.length_m : 0);
    double most = 0;
    const bool at_corner = third_plane(w, piece, end, sign, most, up_to);
    // What cuts it goes on, unless it is the third face of the corner, which sticks out up to there.
    if (w.is_cut(ahead) && !(at_corner && up_to == (ahead ? piece.cut_hi : piece.cut_lo))) {
      up_to = -1;
      return 0;
    }
    if (at_corner) {
      mitre(w, piece, end, sign * most, up_to);
      if (std::abs(most) <= rounding && !w.is_cut(ahead)) up_to = -1;
      return std::abs(most) <= rounding ? 0 : most;
    }
    at_end(piece, end, 2 * near_m(piece), [&](size_t i, bool to) {
      const scene::Strip& s = found_[i];
      const double by = sign * dot(to ? s.beyond_to - s.to : s.beyond_from - s.from, w.direction);
      if (std::abs(by) > std::abs(most) && !is_other_end(w, by)) most = by;
    });
    if (!(std::abs(most) > rounding)) return 0;
    at_end(piece, end, 2 * near_m(piece), [&](size_t i, bool to) {
      scene::Strip& s = edges_.strips[i];
      if (runs_across(s.to - s.from, w)) return;
      (to ? s.to : s.from) += sign * most * w.direction;
      (to ? s.beyond_to : s.beyond_from) += sign * most * w.direction;
    });
    return most;
  }

  /// The plane that the wedge's line meets at a corner: that of a third facet, which one of its faces meets there.
  bool third_plane(const Wedge& w, const WedgePiece& piece, const Vec3d& end, double sign, double& most,
                   int32_t& up_to) const {
    const double near = kCornerReach * near_m(piece);
    // the line: of the faces' planes over a crack, else the mesh's
    const scene::Edge& e = table_.edges[size_t(piece.edge)];
    const Vec3d on = w.where_faces_meet ? w.a : e.a, along = w.where_faces_meet ? w.direction : normalized(e.b - e.a);
    bool found = false;
    const auto ask = [&](int32_t facet, const Vec3d& border) {
      if (facet < 0 || facet == piece.facet0 || facet == piece.facet_n || !runs_across(border, w)) return;
      const double slope = dot(table_.facets[size_t(facet)].normal, along);
      if (std::abs(slope) <= kShallow) return;
      const double by = sign * dot(on - (table_.distance(facet, on) / slope) * along - end, w.direction);
      if (std::abs(by) > near || is_other_end(w, by) || (found && std::abs(by) <= std::abs(most))) return;
      found = true;
      most = by;
      up_to = facet;
    };
    for (const int32_t facet : {piece.facet0, piece.facet_n}) {
      const auto of_facet = seams_of_.find(facet);
      if (of_facet == seams_of_.end()) continue;
      for (const size_t i : of_facet->second) {
        const Seam& s = seams_[i];
        if (std::min(norm(s.ends[0] - end), norm(s.ends[1] - end)) <= near) ask(s.partner, s.direction);
      }
    }
    at_end(piece, end, near, [&](size_t i, bool) { ask(found_[i].up_to, found_[i].to - found_[i].from); });
    return found;
  }

  /// The strips along the wedge, and those up to the third plane, end at the wedge's end and at the corner of their
  /// facet's own border.
  void mitre(const Wedge& w, const WedgePiece& piece, const Vec3d& end, double by, int32_t third) {
    const double near = kCornerReach * near_m(piece);
    const Vec3d corner = end + by * w.direction;
    at_end(piece, end, near, [&](size_t i, bool to) {
      scene::Strip& s = edges_.strips[i];
      const scene::Strip& was = found_[i];
      const int32_t partner = s.facet == piece.facet0 ? piece.facet_n : piece.facet0;
      if (s.up_to != (runs_across(was.to - was.from, w) ? third : partner)) return;
      // a short one's other end
      if (norm((to ? was.from : was.to) - end) < norm((to ? was.to : was.from) - end)) return;
      Vec3d &at = to ? s.to : s.from, &beyond = to ? s.beyond_to : s.beyond_from;
      if (at == beyond) return;  // where borders cross, as found or as another wedge at this corner has left it
      const scene::Edge& e = table_.edges[s.edge];
      const Vec3d own = norm(e.a - at) < norm(e.b - at) ? e.a : e.b;
      const double here = table_.distance(s.up_to, at), there = table_.distance(s.up_to, own);
      if (norm(own - at) > near) {
        beyond = corner;
      } else if (here * there >= 0) {
        at = own;
        beyond = corner;
      } else {  // its border crosses the other face's plane before the corner
        at = beyond = at + here / (here - there) * (own - at);
        edges_.strips.push_back({s.facet, s.up_to, s.edge, at, own, corner, at, !s.taken_off});
      }
    });
  }

  const scene::FacetTable& table_;
  const double seam_tolerance_m_;
  const std::vector<Seam>& seams_;
  Edges& edges_;
  const std::vector<scene::Strip> found_;  // as they were
  std::unordered_map<int32_t, std::vector<size_t>> strips_of_, seams_of_;
};

}  // namespace

void lengthen_over_seams(const scene::FacetTable& table, double seam_tolerance_m, const std::vector<Seam>& seams,
                         Edges& edges) {
  if (edges.strips.empty()) return;
  Corners corners(table, seam_tolerance_m, seams, edges);
  for (Wedge& w : edges.wedges) corners.settle(w);
}

}  // namespace raywave::paths
