// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/wedges.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/runtime/parallel.h"

namespace raywave::paths {
namespace {

constexpr double kFlat = 1e-4;    // rad from a plane: no edge
constexpr double kFolded = 1e-6;  // rad from closed: an error

/// The unit vector across the edge that points into a facet: the facet lies to the left of its boundary.
Vec3d inward(const scene::FacetTable& table, int facet, const Vec3d& along) {
  return cross(table.facets[size_t(facet)].normal, along);
}

/// Orients a wedge between two facets so that its outside is the larger sector.
Wedge wedge_between(const scene::FacetTable& table, const Vec3d& a, const Vec3d& b, int facet0, int facet_n,
                    const Vec3d& tangent0, const Vec3d& tangent_n) {
  Wedge w;
  w.length_m = norm(b - a);
  w.facet0 = facet0;
  w.facet_n = facet_n;
  w.t0 = tangent0;
  const Vec3d along = (b - a) / w.length_m;
  w.n0 = cross(along, tangent0);  // direction = t0 x n0 = along
  w.exterior_angle_rad = std::atan2(dot(tangent_n, w.n0), dot(tangent_n, tangent0));
  if (w.exterior_angle_rad < 0) w.exterior_angle_rad += 2 * kPi;
  w.a = a;
  w.direction = along;
  if (w.exterior_angle_rad < kPi) {
    w.exterior_angle_rad = 2 * kPi - w.exterior_angle_rad;
    w.n0 = -w.n0;
    w.a = b;
    w.direction = -along;
    std::swap(w.begin, w.end);
  }
  const double angle = w.exterior_angle_rad;
  w.normal0_sign = dot(w.n0, table.facets[size_t(facet0)].normal) < 0 ? -1 : 1;
  const Vec3d outward_n = std::sin(angle) * w.t0 - std::cos(angle) * w.n0;
  w.normal_n_sign = dot(outward_n, table.facets[size_t(facet_n)].normal) < 0 ? -1 : 1;
  return w;
}

/// A screen's end: both faces are the one facet.
Wedge screen_end(const scene::FacetTable& table, const scene::Edge& e) {
  Wedge w;
  w.length_m = norm(e.b - e.a);
  w.a = e.a;
  w.direction = (e.b - e.a) / w.length_m;
  w.facet0 = w.facet_n = e.facet0;
  w.t0 = inward(table, e.facet0, w.direction);
  w.n0 = table.facets[size_t(e.facet0)].normal;
  w.exterior_angle_rad = 2 * kPi;
  w.normal_n_sign = -1;
  return w;
}

/// Edges that lie on one line, cut where any of them begins or ends.
class LineJoiner {
 public:
  LineJoiner(const std::vector<std::string>& object_names, const scene::FacetTable& table, double tolerance_m)
      : object_names_(object_names), table_(table), tolerance_m_(tolerance_m) {}

  std::vector<Wedge> run() {
    const auto& edges = table_.edges;
    std::vector<double> key(edges.size());
    std::vector<uint32_t> order, root(edges.size());
    std::iota(root.begin(), root.end(), 0u);
    for (uint32_t i = 0; i < edges.size(); ++i) {
      if (norm(edges[i].b - edges[i].a) <= tolerance_m_) continue;
      order.push_back(i);
      const Vec3d d = line_direction(edges[i]);
      const Vec3d foot = edges[i].a - dot(edges[i].a, d) * d;
      key[i] = dot(foot, Vec3d{0.5773, 0.6124, 0.5401});  // any direction that scenes are not aligned with
    }
    std::sort(order.begin(), order.end(),
              [&](uint32_t x, uint32_t y) { return key[x] != key[y] ? key[x] < key[y] : x < y; });
    const auto find = [&](uint32_t i) {
      while (root[i] != i) i = root[i] = root[root[i]];
      return i;
    };
    for (size_t i = 0; i < order.size(); ++i) {
      for (size_t j = i + 1; j < order.size() && key[order[j]] - key[order[i]] <= 2 * tolerance_m_; ++j) {
        if (!overlap(edges[order[i]], edges[order[j]])) continue;
        const uint32_t a = find(order[i]), b = find(order[j]);
        root[std::max(a, b)] = std::min(a, b);
      }
    }
    std::vector<std::vector<uint32_t>> groups(edges.size());
    for (const uint32_t i : order) groups[find(i)].push_back(i);
    for (auto& g : groups) {
      std::sort(g.begin(), g.end());
      if (g.size() == 1) {
        add_whole(g[0]);
      } else if (!g.empty()) {
        cut(g);
      }
    }
    return std::move(wedges_);
  }

 private:
  static Vec3d line_direction(const scene::Edge& e) {
    const Vec3d d = normalized(e.b - e.a);
    const double lead = std::abs(d.x) > 1e-6 ? d.x : std::abs(d.y) > 1e-6 ? d.y : d.z;
    return lead < 0 ? -d : d;
  }

  bool overlap(const scene::Edge& x, const scene::Edge& y) const {
    const Vec3d d = normalized(x.b - x.a);
    const auto off_line = [&](const Vec3d& p) { return norm(cross(p - x.a, d)); };
    if (off_line(y.a) > tolerance_m_ || off_line(y.b) > tolerance_m_) return false;
    const double length = norm(x.b - x.a), s = dot(y.a - x.a, d), t = dot(y.b - x.a, d);
    return std::min(s, t) < length - tolerance_m_ && std::max(s, t) > tolerance_m_;
  }

  void refuse_folded(double angle, const scene::Edge& e) const {
    if (angle > kFolded && angle < 2 * kPi - kFolded) return;
    const Vec3d m = 0.5 * (e.a + e.b);
    throw Error(message(
        "object '", object_names_[size_t(table_.facets[size_t(e.facet0)].object)], "': the wedge at (", m.x, ", ", m.y,
        ", ", m.z, ") m is folded onto itself: its two faces lie on each other, diffraction has no meaning there"));
  }

  void add_whole(uint32_t index) {
    const scene::Edge& e = table_.edges[index];
    Wedge w;
    if (e.facet1 < 0) {
      w = screen_end(table_, e);
    } else {
      refuse_folded(e.exterior_angle_rad, e);
      const Vec3d along = normalized(e.b - e.a);
      const double turn = e.windings_disagree ? 1 : -1;
      w = wedge_between(table_, e.a, e.b, e.facet0, e.facet1, inward(table_, e.facet0, along),
                        turn * inward(table_, e.facet1, along));
    }
    add(w, index);
  }

  void add(Wedge w, uint32_t edge) {
    if (std::abs(w.exterior_angle_rad - kPi) < kFlat) return;
    w.edge = int32_t(edge);
    wedges_.push_back(w);
  }

  struct Part {
    uint32_t edge;
    double lo, hi;  // along the group's line
  };

  void cut(const std::vector<uint32_t>& group) {
    const scene::Edge& first = table_.edges[group[0]];
    const Vec3d origin = first.a, d = normalized(first.b - first.a);
    std::vector<Part> parts;
    std::vector<double> ends;
    for (const uint32_t i : group) {
      const double s = dot(table_.edges[i].a - origin, d), t = dot(table_.edges[i].b - origin, d);
      parts.push_back({i, std::min(s, t), std::max(s, t)});
      ends.push_back(s);
      ends.push_back(t);
    }
    std::sort(ends.begin(), ends.end());
    std::vector<uint32_t> before, here;
    double begin = 0, end = 0;
    for (size_t i = 0; i + 1 < ends.size(); ++i) {
      if (ends[i + 1] - ends[i] <= tolerance_m_) continue;
      const double middle = 0.5 * (ends[i] + ends[i + 1]);
      here.clear();
      for (const Part& p : parts) {
        if (p.lo < middle && p.hi > middle) here.push_back(p.edge);
      }
      if (here != before) {
        join(before, origin, d, begin, end);
        before = here;
        begin = ends[i];
      }
      end = ends[i + 1];
    }
    join(before, origin, d, begin, end);
  }

  /// The wedges of a stretch that these edges share.
  void join(const std::vector<uint32_t>& edges, const Vec3d& origin, const Vec3d& d, double lo, double hi) {
    std::vector<uint32_t> free, solid;
    for (const uint32_t i : edges) (table_.edges[i].facet1 < 0 ? free : solid).push_back(i);
    if (solid.size() > 1) {
      join_solids(solid, origin, d, lo, hi);
    } else if (!solid.empty()) {
      add_whole(solid[0]);
      if (!wedges_.empty() && wedges_.back().edge == int32_t(solid[0])) {  // not flat
        shorten(wedges_.back(), origin + lo * d, origin + hi * d);
      }
    }
    if (free.size() == 2) {
      const scene::Edge &e = table_.edges[free[0]], &f = table_.edges[free[1]];
      const Vec3d te = inward(table_, e.facet0, normalized(e.b - e.a)),
                  tf = inward(table_, f.facet0, normalized(f.b - f.a));
      if (dot(te, tf) < 1 - 1e-10) {
        add(wedge_between(table_, e.a, e.b, e.facet0, f.facet0, te, tf), free[0]);
        if (!wedges_.empty() && wedges_.back().edge == int32_t(free[0])) {
          shorten(wedges_.back(), origin + lo * d, origin + hi * d);
        }
        return;
      }
      free.pop_back();  // two plates on each other: one screen
    }
    for (const uint32_t i : free) {
      add_whole(i);
      shorten(wedges_.back(), origin + lo * d, origin + hi * d);
    }
  }

  /// A solid about a line: counter-clockwise from a face at `start` over `width` to its other face.
  struct Sector {
    double start, width;
    int facet_start, facet_end;
    uint32_t edge;
  };

  Sector sector(uint32_t index, const Vec3d& d, const Vec3d& u, const Vec3d& v) const {
    const scene::Edge& e = table_.edges[index];
    const Vec3d along = normalized(e.b - e.a);
    const Vec3d t0 = inward(table_, e.facet0, along);
    const Vec3d t1 = (e.windings_disagree ? 1.0 : -1.0) * inward(table_, e.facet1, along);
    double width = std::atan2(dot(cross(t0, t1), d), dot(t0, t1));
    const bool forward = width > 0;
    const Vec3d& first = forward ? t0 : t1;
    double start = std::atan2(dot(first, v), dot(first, u));
    if (start < 0) start += 2 * kPi;
    return {start, std::abs(width), forward ? e.facet0 : e.facet1, forward ? e.facet1 : e.facet0, index};
  }

  /// Solids that share a line, two houses with a common wall: one wedge between the faces that remain outside.
  void join_solids(const std::vector<uint32_t>& solid, const Vec3d& origin, const Vec3d& d, double lo, double hi) {
    const Vec3d u = inward(table_, table_.edges[solid[0]].facet0, d), v = cross(d, u);
    std::vector<Sector> sectors;
    for (const uint32_t i : solid) {
      refuse_folded(table_.edges[i].exterior_angle_rad, table_.edges[i]);
      sectors.push_back(sector(i, d, u, v));
    }
    std::sort(sectors.begin(), sectors.end(), [](const Sector& x, const Sector& y) {
      return x.start != y.start ? x.start < y.start : x.width > y.width;
    });
    // Once round, from the first sector's start: the far end of what is covered so far.
    const Sector* last = &sectors[0];
    double end = last->start + last->width;
    for (size_t i = 1; i <= sectors.size(); ++i) {
      const Sector& next = sectors[i % sectors.size()];
      const double start = next.start + (i == sectors.size() ? 2 * kPi : 0);
      if (start - end > kPi + kFlat) {
        const scene::Edge& e = table_.edges[last->edge];
        const auto tangent = [&](double angle) { return std::cos(angle) * u + std::sin(angle) * v; };
        Wedge w = wedge_between(table_, e.a, e.b, last->facet_end, next.facet_start, tangent(end), tangent(start));
        w.inner0 = last->facet_start;
        w.inner_n = next.facet_end;
        add(w, last->edge);
        shorten(wedges_.back(), origin + lo * d, origin + hi * d);
      }
      if (start + next.width > end) {
        end = start + next.width;
        last = &next;
      }
    }
  }

  void shorten(Wedge& w, const Vec3d& p, const Vec3d& q) const {
    const double s = dot(p - w.a, w.direction), t = dot(q - w.a, w.direction), old = w.length_m;
    const double lo = std::max(0.0, std::min(s, t)), hi = std::min(old, std::max(s, t));
    const double slope = (w.end - w.begin) / old, begin = w.begin;
    w.a = w.at(lo);
    w.begin = begin + slope * lo;
    w.end = begin + slope * hi;
    w.length_m = hi - lo;
  }

  const std::vector<std::string>& object_names_;
  const scene::FacetTable& table_;
  const double tolerance_m_;
  std::vector<Wedge> wedges_;
};

bool same_sector(const Wedge& x, const Wedge& y) {
  if (norm(x.at(0.5 * x.length_m) - y.at(0.5 * y.length_m)) > 1e-6 * (1 + x.length_m)) return false;
  const bool same = dot(x.t0, y.t0) > 1 - 1e-9 && dot(x.n0, y.n0) > 1 - 1e-9;
  const bool mirrored =
      dot(x.t0, std::cos(y.exterior_angle_rad) * y.t0 + std::sin(y.exterior_angle_rad) * y.n0) > 1 - 1e-9;
  return std::abs(x.exterior_angle_rad - y.exterior_angle_rad) < 1e-6 && (same || mirrored);
}

/// Is there a surface in the outside of the wedge, right at its edge? Walked along an arc at a small radius.
bool outside_is_filled(const Wedge& w, const RayQueries& queries) {
  const double radius = std::min(100 * double(queries.offset_m()), 0.25 * w.length_m);
  const double margin = 0.06, span = w.exterior_angle_rad - 2 * margin;
  const int pieces = int(std::ceil(span / 0.6));
  const Vec3d middle = w.at(0.5 * w.length_m);
  const auto point = [&](int i) {
    const double phi = margin + span * i / pieces;
    return middle + radius * (std::cos(phi) * w.t0 + std::sin(phi) * w.n0);
  };
  for (int i = 0; i < pieces; ++i) {
    if (queries.occluded(point(i), point(i + 1), -1, -1)) return true;
  }
  return false;
}

}  // namespace

double azimuth(const Wedge& w, const Vec3d& point) {
  const Vec3d v = point - w.a;
  const double phi = std::atan2(dot(v, w.n0), dot(v, w.t0));
  return phi < 0 ? phi + 2 * kPi : phi;
}

std::vector<Wedge> find_wedges(const std::vector<std::string>& object_names, const scene::FacetTable& table,
                               const RayQueries& queries) {
  double extent = 0;
  for (const auto& t : table.triangles) {
    for (const Vec3d& v : {t.a, t.b, t.c}) extent = std::max({extent, std::abs(v.x), std::abs(v.y), std::abs(v.z)});
  }
  std::vector<Wedge> all = LineJoiner(object_names, table, 4e-7 * extent).run();
  const auto count = int64_t(all.size()), num_chunks = std::min<int64_t>(64, count);
  std::vector<uint8_t> keep(all.size(), 0);
  runtime::parallel_for(num_chunks, 0, [&](int64_t chunk) {
    for (auto i = size_t(count * chunk / num_chunks); i < size_t(count * (chunk + 1) / num_chunks); ++i) {
      bool twice = false;  // the same stretch of two objects that lie on each other: neighbours in the list
      for (size_t j = i; j-- > 0 && i - j <= 4 && !twice;) twice = same_sector(all[i], all[j]);
      keep[i] = !twice && !outside_is_filled(all[i], queries);
    }
  });
  std::vector<Wedge> wedges;
  for (size_t i = 0; i < all.size(); ++i) {
    if (keep[i]) wedges.push_back(all[i]);
  }
  return wedges;
}

}  // namespace raywave::paths
