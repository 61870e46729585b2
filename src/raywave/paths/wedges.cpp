// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/wedges.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/paths/edge_surroundings.h"
#include "raywave/paths/stretch_ends.h"
#include "raywave/paths/wedge_cuts.h"
#include "raywave/paths/wedge_stretches.h"

namespace raywave::paths {
namespace {

constexpr double kFolded = 1e-6;  // rad from closed: an error
constexpr double kCuts = 0.02;    // rad of a wedge's outside that a facet must fill to cut it
constexpr double kSteep = 0.5;    // the least sine between facets of which one is closed to the other's plane

/// A facet goes on from the line at this azimuth.
struct HalfPlane {
  double angle;
  int32_t facet;
  bool ends_here;  // not one that the line runs over
  Vec3d toward;
};

class GroupSectors {
 public:
  GroupSectors(const std::vector<std::string>& object_names, const scene::FacetTable& table, double seam_tolerance_m,
               std::vector<WedgeStretch>& out, std::vector<scene::Strip>& strips, std::vector<Seam>& seams)
      : object_names_(object_names),
        table_(table),
        seam_tolerance_m_(seam_tolerance_m),
        out_(out),
        strips_(strips),
        seams_(seams),
        cuts_(table) {}

  void add(const EdgeGroup& group) {
    group_ = &group;
    const scene::Edge& first = table_.edges[group.edges[0]];
    origin_ = first.a;
    d_ = normalized(first.b - first.a);
    near_ = near_edge_m(table_, first, seam_tolerance_m_);
    rounding_ = near_edge_m(table_, first, 0);
    for (const SideBySide& l : group.links) close_flat(l);
    for (const Passage& p : group.passages) close_foot(p);
    ends_ = ends_of_stretches(table_, group, {origin_, d_, near_, rounding_});
    for (size_t i = 0; i + 1 < ends_.size(); ++i) {
      if (ends_[i + 1] - ends_[i] > near_ || is_whole_edge(ends_[i], ends_[i + 1])) interval(ends_[i], ends_[i + 1]);
    }
  }

 private:
  double along(const Vec3d& p) const { return dot(p - origin_, d_); }
  bool spans(const Vec3d& a, const Vec3d& b, double t) const { return (along(a) - t) * (along(b) - t) <= 0; }

  /// A stretch within the tolerance is no more than a crack's, unless an edge is that short.
  bool is_whole_edge(double lo, double hi) const {
    return std::any_of(group_->edges.begin(), group_->edges.end(), [&](uint32_t e) {
      const double s = along(table_.edges[e].a), t = along(table_.edges[e].b);
      return std::min(s, t) == lo && std::max(s, t) == hi && lo < hi;
    });
  }

  /// The edges of the group that are there at all, and of these the sets that are linked there.
  void interval(double lo, double hi) {
    const double middle = 0.5 * (lo + hi);
    std::vector<uint32_t> here;
    for (const uint32_t e : group_->edges) {
      if (spans(table_.edges[e].a, table_.edges[e].b, middle)) here.push_back(e);
    }
    while (!here.empty()) {
      std::vector<uint32_t> together{here[0]};
      here.erase(here.begin());
      for (size_t i = 0; i < together.size(); ++i) {
        for (const SideBySide& l : group_->links) {
          if (l.edge != together[i] && l.other != together[i]) continue;
          const auto other = std::find(here.begin(), here.end(), l.edge == together[i] ? l.other : l.edge);
          if (other == here.end() || !spans(l.from, l.to, middle)) continue;
          together.push_back(*other);
          here.erase(other);
        }
      }
      sectors(together, lo, hi);
    }
  }

  /// Over a seam an edge lies on the line of its longest mesh edge: whatever the order of the objects.
  uint32_t longest(const std::vector<uint32_t>& edges) const {
    const auto order = [&](uint32_t e) {
      const scene::Edge& edge = table_.edges[e];
      return longest_first(norm(edge.b - edge.a), near_, 0.5 * (edge.a + edge.b), e);
    };
    return *std::min_element(edges.begin(), edges.end(), [&](uint32_t e, uint32_t o) { return order(e) < order(o); });
  }

  void sectors(std::vector<uint32_t>& edges, double lo, double hi) {
    std::sort(edges.begin(), edges.end());
    const uint32_t base_edge = longest(edges);
    const scene::Edge& line = table_.edges[base_edge];
    Vec3d d = normalized(line.b - line.a);
    if (dot(d, d_) < 0) d = -d;
    const Vec3d u = inward(table_, line.facet0, d), v = cross(d, u);
    std::vector<HalfPlane> planes;
    const auto add = [&](int32_t facet, const Vec3d& toward, bool ends_here) {
      planes.push_back({std::atan2(dot(toward, v), dot(toward, u)), facet, ends_here, toward});
    };
    for (const uint32_t i : edges) {
      if (table_.edges[i].facet1 >= 0) refuse_folded(table_.edges[i]);
      for_facets(table_, table_.edges[i], [&](int32_t facet, const Vec3d& toward) { add(facet, toward, true); });
    }
    // of a facet in triangles one at least, though its middle is a corner of them
    const double middle = 0.5 * (lo + hi), slack = 0.25 * std::min(near_, hi - lo);
    for (const Passage& p : group_->passages) {
      if (!std::binary_search(edges.begin(), edges.end(), p.edge)) continue;
      if (spans(p.from, p.to, middle - slack) || spans(p.from, p.to, middle) || spans(p.from, p.to, middle + slack))
        add(p.facet, p.toward, false);
    }
    std::sort(planes.begin(), planes.end(), [](const HalfPlane& x, const HalfPlane& y) {
      return x.angle != y.angle ? x.angle < y.angle : x.facet < y.facet;
    });
    size_t widest = 0;
    double width = -1;
    for (size_t i = 0; i < planes.size(); ++i) {
      const double next = i + 1 < planes.size() ? planes[i + 1].angle : planes[0].angle + 2 * kPi;
      if (next - planes[i].angle > width) width = next - planes[i].angle, widest = i;
    }
    if (width <= kPi + kFlat) return;
    const HalfPlane* start = &bounding(planes, planes[widest].angle);
    const HalfPlane* end = &bounding(planes, planes[(widest + 1) % planes.size()].angle);
    const Vec3d base = line.a - dot(line.a - origin_, d) * d, p = base + lo * d, q = base + hi * d;
    // Face 0 is the line's first facet, a sheet's is the one in front.
    const bool sheet = start == end || turn(start->angle - end->angle) <= kSameDirection;
    const Vec3d& front = table_.facets[size_t(std::min(start->facet, end->facet))].normal;
    const bool backwards =
        sheet ? dot(cross(d, start->toward), front) < 0 : end->facet == line.facet0 && start->facet != line.facet0;
    if (backwards) {
      std::swap(start, end);
      d = -d;
    }
    Wedge w = wedge(*start, *end, d);
    w.a = backwards ? q : p;
    w.length_m = hi - lo;
    add_seams(w, edges);
    meet(w, edges);
    for (const HalfPlane& half : planes) {
      const double from_0 = turn(half.angle - start->angle), from_n = turn(half.angle - end->angle);
      w.walled = w.walled || (from_0 > kSameDirection && from_n > kSameDirection);
      w.facets.push_back(half.facet);
    }
    std::sort(w.facets.begin(), w.facets.end());
    w.facets.erase(std::unique(w.facets.begin(), w.facets.end()), w.facets.end());
    const double length = norm(line.b - line.a), sense = dot(line.b - line.a, d) > 0 ? 1 : -1;
    const double begin = sense * dot(w.a - line.a, d) / length;
    w.pieces.push_back(
        {0, w.length_m, int32_t(base_edge), begin, begin + sense * w.length_m / length, w.facet0, w.facet_n, -1, -1});
    cut(std::move(w), edges);
  }

  /// Where a facet ends at an edge of the group: the edge, and the direction into the facet.
  struct Border {
    uint32_t edge;
    Vec3d inward;
  };
  std::optional<Border> border_of(int32_t facet, const std::vector<uint32_t>& edges) const {
    std::optional<Border> border;
    for (const uint32_t e : edges) {
      for_facets(table_, table_.edges[e], [&](int32_t f, const Vec3d& inside) {
        if (f == facet && !border) border = Border{e, inside};
      });
    }
    return border;
  }
  Vec3d on_line(const scene::Edge& e, const Vec3d& p) const {
    const Vec3d d = normalized(e.b - e.a);
    return e.a + dot(p - e.a, d) * d;
  }

  /// Adds to a facet what lies between its border at `from` and `to` and that far beyond. Less than 0: takes it off, if
  /// that is to be.
  void extend(int32_t facet, int32_t up_to, uint32_t edge, const Vec3d& inside, const Vec3d& from, const Vec3d& to,
              double beyond_from, double beyond_to, bool take_off) {
    if (beyond_from * beyond_to < 0) {  // the border crosses the line that it goes on to
      const Vec3d middle = from + beyond_from / (beyond_from - beyond_to) * (to - from);
      extend(facet, up_to, edge, inside, from, middle, beyond_from, 0, take_off);
      extend(facet, up_to, edge, inside, middle, to, 0, beyond_to, take_off);
      return;
    }
    const bool shorter = std::min(beyond_from, beyond_to) < 0;
    if (std::max(std::abs(beyond_from), std::abs(beyond_to)) <= rounding_ || (shorter && !take_off)) return;
    strips_.push_back({facet, up_to, edge, from, to, to - beyond_to * inside, from - beyond_from * inside, shorter});
  }

  /// A wedge's faces are each other's partners at their borders.
  void add_seams(const Wedge& w, const std::vector<uint32_t>& edges) {
    if (w.facet0 == w.facet_n) return;
    for (const auto& [facet, partner] : {std::pair{w.facet0, w.facet_n}, std::pair{w.facet_n, w.facet0}}) {
      const auto border = border_of(facet, edges);
      if (border) seams_.push_back({facet, partner, w.direction, {w.a, w.at(w.length_m)}});
    }
  }

  /// Faces that end short of each other, or cross, end at the line where their planes meet, and the wedge is there.
  void meet(Wedge& w, const std::vector<uint32_t>& edges) {
    if (edges.size() < 2 || w.facet0 == w.facet_n) return;
    const scene::Facet &f = table_.facets[size_t(w.facet0)], &g = table_.facets[size_t(w.facet_n)];
    if (norm(cross(f.normal, g.normal)) < kShallow) return;
    const auto meeting = [&](const Vec3d& p) { return meeting_point(p, f.normal, f.offset, g.normal, g.offset); };
    const Vec3d ends[2] = {w.a, w.at(w.length_m)}, to[2] = {meeting(ends[0]), meeting(ends[1])};
    const double moved = std::max(norm(to[0] - ends[0]), norm(to[1] - ends[1]));
    if (moved > 2 * near_) return;
    struct Side {
      int32_t facet;
      Border border;
      Vec3d from[2];
      double beyond[2];
    };
    std::vector<Side> sides;
    double most = moved;
    for (const int32_t facet : {w.facet0, w.facet_n}) {
      const auto border = border_of(facet, edges);
      if (!border) continue;  // the line runs over it
      Side s{facet, *border, {}, {}};
      for (size_t k = 0; k < 2; ++k) {
        s.from[k] = on_line(table_.edges[border->edge], ends[k]);
        s.beyond[k] = -dot(to[k] - s.from[k], border->inward);
        if (std::abs(s.beyond[k]) > 2 * near_) return;
        most = std::max(most, std::abs(s.beyond[k]));
      }
      sides.push_back(s);
    }
    if (most <= rounding_) return;
    for (const Side& s : sides)
      extend(s.facet, s.facet == w.facet0 ? w.facet_n : w.facet0, s.border.edge, s.border.inward, s.from[0], s.from[1],
             s.beyond[0], s.beyond[1], true);
    const Vec3d along = normalized(cross(f.normal, g.normal));
    w.a = to[0];
    w.direction = dot(along, w.direction) < 0 ? -along : along;
    w.length_m = dot(to[1] - to[0], w.direction);
    // the angle is the planes', measured across their own line
    const double s = std::sin(w.exterior_angle_rad), c = std::cos(w.exterior_angle_rad);
    const Vec3d was_nn = s * w.t0 - c * w.n0, nn = dot(g.normal, was_nn) < 0 ? -g.normal : g.normal;
    w.n0 = dot(f.normal, w.n0) < 0 ? -f.normal : f.normal;
    w.t0 = normalized(cross(w.n0, w.direction));
    w.exterior_angle_rad = std::atan2(dot(nn, w.t0), -dot(nn, w.n0));
    if (w.exterior_angle_rad < 0) w.exterior_angle_rad += 2 * kPi;
    w.where_faces_meet = true;
  }

  /// Facets of one plane with a crack between them: the one of the longer edge goes on to the other.
  void close_flat(const SideBySide& l) {
    const scene::Edge &e = table_.edges[l.edge], &o = table_.edges[l.other];
    const bool first = longest({l.edge, l.other}) == l.edge;
    for_facets(table_, e, [&](int32_t f, const Vec3d& inside) {
      for_facets(table_, o, [&](int32_t g, const Vec3d& other_inside) {
        if (f == g || dot(inside, other_inside) > -std::cos(kShallow)) return;
        const scene::Edge& from = first ? e : o;
        const Vec3d a = on_line(from, l.from), b = on_line(from, l.to), &into = first ? inside : other_inside;
        const auto beyond = [&](const Vec3d& p) { return -dot(on_line(first ? o : e, p) - p, into); };
        extend(first ? f : g, -1, first ? l.edge : l.other, into, a, b, beyond(a), beyond(b), false);
      });
    });
  }

  /// A facet whose edge's line runs over another one within the tolerance goes on to that one's plane.
  void close_foot(const Passage& p) {
    const scene::Facet& over = table_.facets[size_t(p.facet)];
    const scene::Edge& e = table_.edges[p.edge];
    if (p.facet == e.facet0 || p.facet == e.facet1) return;
    for_facets(table_, e, [&](int32_t f, const Vec3d& inside) {
      const double slope = -dot(over.normal, inside);
      if (std::abs(slope) < kSteep) return;
      const auto down = [&](const Vec3d& q) { return -table_.distance(p.facet, q) / slope; };
      extend(f, p.facet, p.edge, inside, p.from, p.to, down(p.from), down(p.to), false);
    });
  }

  static double turn(double angle) {
    const double a = std::abs(angle);
    return std::min(a, 2 * kPi - a);
  }

  /// Of facets that lie on each other: one that ends here, the lowest-numbered one.
  static const HalfPlane& bounding(const std::vector<HalfPlane>& planes, double angle) {
    const HalfPlane* best = nullptr;
    for (const HalfPlane& p : planes) {
      if (turn(p.angle - angle) > kSameDirection) continue;
      if (!best || (p.ends_here != best->ends_here ? p.ends_here : p.facet < best->facet)) best = &p;
    }
    return *best;
  }

  /// The wedge whose outside runs counter-clockwise about d from one facet to another.
  Wedge wedge(const HalfPlane& start, const HalfPlane& end, const Vec3d& d) const {
    Wedge w;
    w.direction = d;
    w.facet0 = start.facet;
    w.facet_n = end.facet;
    w.n0 = normalized(cross(d, start.toward));
    w.t0 = cross(w.n0, d);
    if (&start == &end || turn(start.angle - end.angle) <= kSameDirection) {
      w.facet0 = w.facet_n = std::min(w.facet0, w.facet_n);
      w.exterior_angle_rad = 2 * kPi;
      return w;
    }
    w.exterior_angle_rad = std::atan2(dot(end.toward, w.n0), dot(end.toward, w.t0));
    if (w.exterior_angle_rad < 0) w.exterior_angle_rad += 2 * kPi;
    return w;
  }

  void refuse_folded(const scene::Edge& e) const {
    if (e.exterior_angle_rad > kFolded && e.exterior_angle_rad < 2 * kPi - kFolded) return;
    const Vec3d m = 0.5 * (e.a + e.b) + table_.origin_m;
    throw Error(message(
        "object '", object_names_[size_t(table_.facets[size_t(e.facet0)].object)], "': the wedge at (", m.x, ", ", m.y,
        ", ", m.z, ") m is folded onto itself: its two faces lie on each other, diffraction has no meaning there"));
  }

  /// Do edges go on from a stretch's end to about another end, as far as a point beyond it?
  bool goes_on(const std::vector<uint32_t>& edges, double end, double point) const {
    const double beyond = std::abs(point - end);
    if (beyond <= rounding_) return false;
    return std::any_of(ends_.begin(), ends_.end(), [&](double next) {
      if ((next - end) * (point - end) <= 0 || !(std::abs(next - point) < beyond)) return false;
      return std::any_of(edges.begin(), edges.end(),
                         [&](uint32_t e) { return spans(table_.edges[e].a, table_.edges[e].b, 0.5 * (end + next)); });
    });
  }

  /// Cuts a wedge where facets cross its outside. What is left beside an end within the tolerance goes on in the next
  /// stretch, or is dropped with that end (join()).
  void cut(Wedge w, const std::vector<uint32_t>& edges) {
    std::vector<WedgeCuts::Place> places;
    WedgeStretch s;
    s.near_m = near_;
    const double least = std::min(near_edge_m(table_, table_.edges[group_->edges[0]], 0), 0.5 * w.length_m);
    bool cut_hi = false;
    std::vector<WedgeCuts::Place> at_lo, at_hi;  // where the wedge ends anyway: its end moves with them all the same
    for (const Cut& c : group_->cuts) {
      const double t = dot(c.point - w.a, w.direction);
      if (t < -2 * near_ || t > w.length_m + 2 * near_ || !fills_outside(c, w)) continue;
      if (goes_on(edges, along(w.at(std::clamp(t, 0.0, w.length_m))), along(c.point))) continue;  // it cuts that
      if (t < least) {
        s.cut_lo = true;
        if (t > -least) at_lo.push_back(cuts_.place(t, c.facet, w.length_m, std::max(rounding_, 1e-3 * near_)));
      } else if (t > w.length_m - least) {
        cut_hi = true;
        if (t < w.length_m + least)
          at_hi.push_back(cuts_.place(t, c.facet, w.length_m, std::max(rounding_, 1e-3 * near_)));
      } else {
        places.push_back(cuts_.place(t, c.facet, w.length_m, std::max(rounding_, 1e-3 * near_)));
      }
    }
    for (std::vector<WedgeCuts::Place>* some : {&places, &at_lo, &at_hi}) WedgeCuts::keep_apart(*some, near_);
    double lo = 0;
    int32_t facet_lo = at_lo.empty() ? -1 : at_lo[0].facet;
    const auto add = [&](double hi, int32_t facet_hi, bool is_cut) {
      s.wedge = part(w, lo, hi);
      s.wedge.pieces[0].cut_lo = facet_lo;
      s.wedge.pieces[0].cut_hi = facet_hi;
      s.wedge.pieces[0].closed_lo = lo == 0 && facet_lo >= 0;
      s.wedge.pieces[0].closed_hi = hi == w.length_m && facet_hi >= 0;
      s.cut_hi = is_cut;
      s.is_remainder = hi - lo < w.length_m && hi - lo <= near_;
      out_.push_back(s);
    };
    for (const WedgeCuts::Place& p : places) {
      add(p.t, p.facet, true);
      s.cut_lo = true;
      lo = p.t;
      facet_lo = p.facet;
    }
    add(w.length_m, at_hi.empty() ? -1 : at_hi[0].facet, cut_hi);
  }

  /// Of a wedge of one piece.
  static Wedge part(Wedge w, double lo, double hi) {
    WedgePiece& p = w.pieces[0];
    const double slope = (p.end - p.begin) / w.length_m, begin = p.begin;
    p.begin = begin + slope * lo;
    p.end = begin + slope * hi;
    p.hi = w.length_m = hi - lo;
    w.a = w.at(lo);
    return w;
  }

  bool fills_outside(const Cut& c, const Wedge& w) const {
    if (c.around) return true;
    const scene::Edge& e = table_.edges[c.edge];
    const bool forward = dot(e.b - e.a, w.direction) > 0;
    const auto angle = [&](const Vec3d& x) { return std::atan2(dot(x, w.n0), dot(x, w.t0)); };
    double from = angle(forward ? c.first : c.second), width = angle(forward ? c.second : c.first) - from;
    if (from < 0) from += 2 * kPi;
    if (width < 0) width += 2 * kPi;
    const double outside = w.exterior_angle_rad, to = from + width;
    const double filled = std::max(0.0, std::min(to, outside) - from) + std::max(0.0, std::min(to - 2 * kPi, outside));
    return filled > kCuts;
  }

  const std::vector<std::string>& object_names_;
  const scene::FacetTable& table_;
  const double seam_tolerance_m_;
  std::vector<WedgeStretch>& out_;
  std::vector<scene::Strip>& strips_;
  std::vector<Seam>& seams_;
  const WedgeCuts cuts_;
  const EdgeGroup* group_ = nullptr;
  std::vector<double> ends_;  // of its stretches
  Vec3d origin_, d_;
  double near_ = 0, rounding_ = 0;
};

}  // namespace

const WedgePiece& Wedge::piece_at(const Vec3d& point) const {
  const double t = dot(point - a, direction);
  size_t i = 0;
  while (i + 1 < pieces.size() && t > pieces[i].hi) ++i;
  return pieces[i];
}

double azimuth(const Wedge& w, const Vec3d& point) {
  const Vec3d v = point - w.a;
  const double phi = std::atan2(dot(v, w.n0), dot(v, w.t0));
  return phi < 0 ? phi + 2 * kPi : phi;
}

Edges find_edges(const std::vector<std::string>& object_names, const scene::FacetTable& table,
                 double seam_tolerance_m) {
  Edges edges;
  std::vector<WedgeStretch> stretches;
  std::vector<Seam> seams;
  GroupSectors sectors(object_names, table, seam_tolerance_m, stretches, edges.strips, seams);
  for (const EdgeGroup& g : group_edges(table, seam_tolerance_m)) sectors.add(g);
  edges.wedges = join(table, std::move(stretches));
  for (Wedge& w : edges.wedges) {
    const double c = std::cos(w.exterior_angle_rad), s = std::sin(w.exterior_angle_rad);
    w.tn = c * w.t0 + s * w.n0;
    w.nn = s * w.t0 - c * w.n0;
  }
  lengthen_over_seams(table, seam_tolerance_m, seams, edges);
  return edges;
}

}  // namespace raywave::paths
