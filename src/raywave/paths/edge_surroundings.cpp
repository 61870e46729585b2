// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/edge_surroundings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "raywave/core/box_tree.h"
#include "raywave/paths/edge_contacts.h"

namespace raywave::paths {
namespace {

class DisjointSets {
 public:
  explicit DisjointSets(size_t n) : root_(n) { std::iota(root_.begin(), root_.end(), 0u); }
  uint32_t find(uint32_t i) {
    while (root_[i] != i) i = root_[i] = root_[root_[i]];
    return i;
  }
  void unite(uint32_t i, uint32_t j) {
    i = find(i), j = find(j);
    root_[std::max(i, j)] = std::min(i, j);
  }

 private:
  std::vector<uint32_t> root_;
};

/// Where surfaces go on from facet to facet: over edges of one object, and over borders that lie on each other.
class Joints {
 public:
  Joints(const scene::FacetTable& table, const std::vector<EdgeContact>& contacts)
      : table_(table), tree_(boxes(contacts)) {}

  /// Is it one surface that goes on from the contact's edge to the other edge or facet, close by? Then they are a small
  /// detail of it (the two sides of a thin plate's rim), not a crack.
  bool connect(const EdgeContact& c) const {
    const scene::Edge& e = table_.edges[c.edge];
    const Vec3d middle = 0.5 * (c.from + c.to);
    const double reach = 2 * c.distance_m;
    Box around;
    around.add(middle);
    std::vector<std::array<int32_t, 2>> near;
    tree_.overlapping(around.grown(reach), [&](uint32_t i) {
      const Joint& j = joints_[i];
      const Vec3d d = j.to - j.from;
      const Vec3d p = j.from + std::clamp(dot(middle - j.from, d) / dot(d, d), 0.0, 1.0) * d;
      if (norm(p - middle) <= reach) near.push_back(j.facets);
    });
    std::vector<int32_t> reached{e.facet0};
    if (e.facet1 >= 0) reached.push_back(e.facet1);
    const auto is_in = [&](int32_t f) { return std::find(reached.begin(), reached.end(), f) != reached.end(); };
    for (bool more = true; more;) {
      more = false;
      for (const auto& [f, g] : near) {
        if (is_in(f) == is_in(g)) continue;
        reached.push_back(is_in(f) ? g : f);
        more = true;
      }
    }
    if (c.with_facet) return is_in(int32_t(c.other));
    const scene::Edge& o = table_.edges[c.other];
    return is_in(o.facet0) || (o.facet1 >= 0 && is_in(o.facet1));
  }

 private:
  struct Joint {
    std::array<int32_t, 2> facets;
    Vec3d from, to;
  };
  std::vector<Box> boxes(const std::vector<EdgeContact>& contacts) {
    for (const scene::Edge& e : table_.edges) {
      if (e.facet1 >= 0) joints_.push_back({{e.facet0, e.facet1}, e.a, e.b});
    }
    for (const EdgeContact& c : contacts) {
      if (c.with_facet || c.distance_m > edge_rounding_m(table_, table_.edges[c.edge])) continue;
      joints_.push_back({{table_.edges[c.edge].facet0, table_.edges[c.other].facet0}, c.from, c.to});
    }
    std::vector<Box> out(joints_.size());
    for (size_t i = 0; i < out.size(); ++i) {
      out[i].add(joints_[i].from);
      out[i].add(joints_[i].to);
    }
    return out;
  }

  const scene::FacetTable& table_;
  std::vector<Joint> joints_;
  const BoxTree tree_;
};

/// Decides which contacts hold.
class Grouping {
 public:
  Grouping(const scene::FacetTable& table, double seam_tolerance_m, const std::vector<EdgeContact>& contacts)
      : table_(table),
        seam_tolerance_m_(seam_tolerance_m),
        joints_(table, contacts),
        faces_(table.facets.size()),
        groups_(table.edges.size()),
        facets_(table.edges.size()),
        meetings_(table.facets.size()) {
    for (uint32_t i = 0; i < table.edges.size(); ++i) {
      const scene::Edge& e = table.edges[i];
      facets_[i].push_back({e.facet0, i});
      if (e.facet1 < 0) continue;
      facets_[i].push_back({e.facet1, i});
      add_meeting(e.facet0, e.facet1, i);
    }
  }

  bool accept(const EdgeContact& c) {
    const scene::Edge& e = table_.edges[c.edge];
    const bool coincident = c.distance_m <= edge_rounding_m(table_, e);
    if (c.with_facet) {
      const std::vector<Side> over{{int32_t(c.other), c.edge}};
      const auto& own = facets_[groups_.find(c.edge)];
      if (std::any_of(own.begin(), own.end(), [&](const Side& s) { return s.facet == over[0].facet; })) return true;
      if (!coincident && is_there(own, over[0].facet, c)) return false;
      if (!coincident && (joints_.connect(c) || crosses(c, own) || meet_elsewhere(c, own, over))) return false;
      add_meetings(c.edge, own, over);
      return true;
    }
    const uint32_t x = groups_.find(c.edge), y = groups_.find(c.other);
    if (!coincident) {
      if (joints_.connect(c)) return false;
      if (x != y && meet_elsewhere(c, facets_[x], facets_[y])) return false;
    }
    join_faces(c);
    if (x == y) return true;
    add_meetings(c.edge, facets_[x], facets_[y]);
    groups_.unite(x, y);
    auto &into = facets_[std::min(x, y)], &from = facets_[std::max(x, y)];
    into.insert(into.end(), from.begin(), from.end());
    from.clear();
    return true;
  }
  uint32_t group(uint32_t edge) { return groups_.find(edge); }

 private:
  /// A facet, by one of its edges.
  struct Side {
    int32_t facet;
    uint32_t edge;
  };
  /// Does a face that ends at the contact's line go on through the contact's facet, by more than what is closed as a
  /// part of it (kKerb)? What stands in another body and out of it is a kerb on it: they meet where they cross.
  bool crosses(const EdgeContact& c, const std::vector<Side>& own) const {
    constexpr double kLeast = 0.1;  // sine of the angle between them
    const Vec3d middle = 0.5 * (c.from + c.to);
    const Vec3d& normal = table_.facets[size_t(c.other)].normal;
    const double height = table_.distance(int32_t(c.other), middle), least = kKerb * seam_tolerance_m_;
    if (!(std::abs(height) > least)) return false;
    const auto contains = [&](int32_t facet, const Vec3d& p) {
      bool any = false;
      table_.for_members(table_.facets[size_t(facet)].mirror, [&](int32_t f) { any = any || table_.contains(f, p); });
      return any;
    };
    return std::any_of(own.begin(), own.end(), [&](const Side& s) {
      const Vec3d in = into_facet(table_, table_.edges[s.edge], s.facet);
      const double slope = dot(normal, in);
      if (std::abs(slope) < kLeast) return false;
      const auto at = [&](double above) { return middle + ((above - height) / slope) * in; };
      return contains(s.facet, at(height > 0 ? -least : least)) && contains(int32_t(c.other), at(0));
    });
  }
  bool is_one_face(int32_t f, int32_t g) { return f == g || faces_.find(uint32_t(f)) == faces_.find(uint32_t(g)); }
  /// Is a facet a piece of a face that ends at the line all along the contact?
  bool is_there(const std::vector<Side>& own, int32_t facet, const EdgeContact& c) {
    const auto ends_at = [&](const Vec3d& p) {
      return std::any_of(own.begin(), own.end(), [&](const Side& s) {
        const scene::Edge& e = table_.edges[s.edge];
        const double t = dot(p - e.a, e.b - e.a), rounding = edge_rounding_m(table_, e) * norm(e.b - e.a);
        return t >= -rounding && t <= norm2(e.b - e.a) + rounding && is_one_face(s.facet, facet);
      });
    };
    return ends_at(c.from) && ends_at(0.5 * (c.from + c.to)) && ends_at(c.to);
  }
  /// Do facets of one plane lie on either side of a line?
  bool go_on(const Side& f, const Side& g) const {
    constexpr double kFlat = 1e-5;  // rad
    const Vec3d &m = table_.facets[size_t(f.facet)].normal, &n = table_.facets[size_t(g.facet)].normal;
    return norm(cross(m, n)) <= kFlat && dot(into_facet(table_, table_.edges[f.edge], f.facet),
                                             into_facet(table_, table_.edges[g.edge], g.facet)) < -0.5;
  }
  /// Those are one face, cut in two by how its triangles meet, where neither goes on in another one already: plates on
  /// each other are two.
  void join_faces(const EdgeContact& c) {
    const auto sides_of = [&](uint32_t edge) {
      std::vector<Side> sides{{table_.edges[edge].facet0, edge}};
      if (table_.edges[edge].facet1 >= 0) sides.push_back({table_.edges[edge].facet1, edge});
      return sides;
    };
    const auto ends = [&](const Side& f) {
      const auto& there = facets_[groups_.find(f.edge)];
      return std::none_of(there.begin(), there.end(), [&](const Side& g) { return go_on(f, g); });
    };
    for (const Side& f : sides_of(c.edge)) {
      for (const Side& g : sides_of(c.other)) {
        if (go_on(f, g) && ends(f) && ends(g)) make_one_face(uint32_t(f.facet), uint32_t(g.facet));
      }
    }
  }
  void make_one_face(uint32_t f, uint32_t g) {
    f = faces_.find(f), g = faces_.find(g);
    if (f == g) return;
    faces_.unite(f, g);
    std::vector<FaceMeeting>&into = meetings_[std::min(f, g)], &from = meetings_[std::max(f, g)];
    into.insert(into.end(), from.begin(), from.end());
    from.clear();
  }
  /// The edge along which two faces meet, or -1.
  int64_t meeting(int32_t f, int32_t g) {
    uint32_t face = faces_.find(uint32_t(f)), other = faces_.find(uint32_t(g));
    if (meetings_[face].size() > meetings_[other].size()) std::swap(face, other);
    for (const FaceMeeting& m : meetings_[face]) {
      if (faces_.find(m.other) == other) return m.edge;
    }
    return -1;
  }
  void add_meeting(int32_t f, int32_t g, uint32_t edge) {
    if (meeting(f, g) >= 0) return;
    meetings_[faces_.find(uint32_t(f))].push_back({uint32_t(g), edge});
    meetings_[faces_.find(uint32_t(g))].push_back({uint32_t(f), edge});
  }
  /// Facets that run along each other may touch along many lines: plates on each other, all of whose sides are closed.
  bool are_layers(int32_t f, int32_t g) const {
    return norm(cross(table_.facets[size_t(f)].normal, table_.facets[size_t(g)].normal)) <= kRunsAlong;
  }
  /// Along a line farther away than a part of the contact's width, or by two sides of one facet?
  bool meet_elsewhere(const EdgeContact& c, const std::vector<Side>& x, const std::vector<Side>& y) {
    const auto off_line = [&](const Vec3d& p, uint32_t edge) {
      const scene::Edge& e = table_.edges[edge];
      return norm(cross(p - e.a, normalized(e.b - e.a))) > 0.25 * c.distance_m;
    };
    for (const Side& f : x) {
      for (const Side& g : y) {
        if (is_one_face(f.facet, g.facet)) {
          const scene::Edge& e = table_.edges[f.edge];  // one end may be common to both
          if (off_line(e.a, g.edge) || off_line(e.b, g.edge)) return true;
          continue;
        }
        if (are_layers(f.facet, g.facet)) continue;
        const int64_t m = meeting(f.facet, g.facet);
        // What is together already is one line. A border that comes near a facet which its face meets at another border
        // may begin there.
        const auto is_off = [&](uint32_t edge) {
          const scene::Edge& e = table_.edges[edge];
          return off_line(e.a, uint32_t(m)) || (c.with_facet && off_line(e.b, uint32_t(m)));
        };
        if (m >= 0 && groups_.find(uint32_t(m)) != groups_.find(c.edge) && is_off(f.edge) && is_off(g.edge)) {
          return true;
        }
      }
    }
    return false;
  }
  void add_meetings(uint32_t edge, const std::vector<Side>& x, const std::vector<Side>& y) {
    for (const Side& f : x) {
      for (const Side& g : y) {
        if (!is_one_face(f.facet, g.facet)) add_meeting(f.facet, g.facet, edge);
      }
    }
  }

  const scene::FacetTable& table_;
  const double seam_tolerance_m_;
  const Joints joints_;
  DisjointSets faces_;                     // of facets
  DisjointSets groups_;                    // of edges
  std::vector<std::vector<Side>> facets_;  // of each group's edges
  /// Of a face: another one, by a facet, and the edge along which they meet.
  struct FaceMeeting {
    uint32_t other, edge;
  };
  std::vector<std::vector<FaceMeeting>> meetings_;  // by face
};

}  // namespace

double near_edge_m(const scene::FacetTable& table, const scene::Edge& e, double seam_tolerance_m) {
  return std::max(seam_tolerance_m, edge_rounding_m(table, e));
}

std::vector<EdgeGroup> group_edges(const scene::FacetTable& table, double seam_tolerance_m) {
  std::vector<AroundEdge> found = look_around(table, seam_tolerance_m);
  std::vector<EdgeContact> contacts;
  for (AroundEdge& f : found) {
    contacts.insert(contacts.end(), f.contacts.begin(), f.contacts.end());
    f.contacts = {};  // frees its memory
  }
  std::sort(contacts.begin(), contacts.end());
  Grouping grouping(table, seam_tolerance_m, contacts);
  std::erase_if(contacts, [&](const EdgeContact& c) { return !grouping.accept(c); });
  std::vector<std::vector<int32_t>> over(table.edges.size());  // facets that each edge's line runs over
  for (const EdgeContact& c : contacts) {
    if (c.with_facet) over[c.edge].push_back(int32_t(c.other));
  }
  std::vector<EdgeGroup> groups(table.edges.size());
  for (uint32_t i = 0; i < table.edges.size(); ++i) {
    const scene::Edge& e = table.edges[i];
    if (is_too_short(table, e)) continue;
    EdgeGroup& g = groups[grouping.group(i)];
    g.edges.push_back(i);
    for (const Passage& p : found[i].passages) {
      if (std::find(over[i].begin(), over[i].end(), p.facet) != over[i].end()) g.passages.push_back(p);
    }
    g.cuts.insert(g.cuts.end(), found[i].cuts.begin(), found[i].cuts.end());
    found[i] = {};
  }
  for (const EdgeContact& c : contacts) {
    if (!c.with_facet) groups[grouping.group(c.edge)].links.push_back({c.edge, c.other, c.from, c.to});
  }
  std::erase_if(groups, [](const EdgeGroup& g) { return g.edges.empty(); });
  return groups;
}

}  // namespace raywave::paths
