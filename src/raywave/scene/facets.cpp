// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/facets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/runtime/parallel.h"
#include "raywave/scene/mesh_sides.h"
#include "raywave/scene/mirrors.h"

namespace raywave::scene {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double dot(const Vec2d& a, const Vec2d& b) { return a.x * b.x + a.y * b.y; }

/// Works on one object's mesh and appends to the table.
class ObjectFacets {
 public:
  ObjectFacets(const Scene& scene, int object, FacetTable& table)
      : mesh_(scene.objects[object].mesh),
        object_(object),
        material_(scene.objects[object].material),
        table_(table),
        sides_(mesh_, kSamePlane * std::numeric_limits<double>::epsilon() *
                          (FacetTable::largest(table.origin_m) + 2 * table.reach_m)),
        facet_of_(mesh_.triangles.size(), -1),
        flipped_(mesh_.triangles.size(), 0) {}

  void build() {
    measure_triangles();
    // Largest first: its plane is the best known.
    std::vector<uint32_t> order(mesh_.triangles.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return area_[a] > area_[b]; });
    const int first_facet = int(table_.facets.size());
    for (const uint32_t seed : order) {
      if (facet_of_[seed] < 0) grow(seed);
    }
    std::vector<std::vector<uint32_t>> members(table_.facets.size() - first_facet);
    for (uint32_t t = 0; t < mesh_.triangles.size(); ++t) members[facet_of_[t] - first_facet].push_back(t);
    for (size_t i = 0; i < members.size(); ++i) finish(first_facet + int(i), members[i]);
    std::sort(outline_.begin(), outline_.end());
    find_edges();
  }

 private:
  Vec3d position(uint32_t v) const { return mesh_.vertices_m[v] - table_.origin_m; }
  Vec3d vertex(uint32_t triangle, int corner) const { return position(mesh_.triangles[triangle][corner % 3]); }
  /// How far the points of a straight or plane thing of this length may lie off it.
  double flatness_m(double length_m, const Vec3d& near) const {
    return std::max(kCoplanarShare * length_m, kSamePlane * table_.rounding_m(near));
  }

  void measure_triangles() {
    const size_t n = mesh_.triangles.size();
    normal_.resize(n);
    area_.resize(n);
    for (uint32_t t = 0; t < n; ++t) {
      const Vec3d c = cross(vertex(t, 1) - vertex(t, 0), vertex(t, 2) - vertex(t, 0));
      const double length = norm(c);
      normal_[t] = c / length;
      area_[t] = 0.5 * length;
    }
  }

  bool in_plane(uint32_t t, const Vec3d& normal, double offset, double tolerance_m) const {
    if (std::abs(dot(normal_[t], normal)) < 0.99) return false;
    for (int k = 0; k < 3; ++k) {
      if (std::abs(dot(normal, vertex(t, k)) - offset) > tolerance_m) return false;
    }
    return true;
  }

  void grow(uint32_t seed) {
    const int id = int(table_.facets.size());
    Facet f;
    f.normal = normal_[seed];
    f.offset = dot(f.normal, vertex(seed, 0));
    f.object = object_;
    f.material = material_;
    table_.facets.push_back(f);
    facet_of_[seed] = id;
    const double longest = std::max({norm(vertex(seed, 1) - vertex(seed, 0)), norm(vertex(seed, 2) - vertex(seed, 1)),
                                     norm(vertex(seed, 0) - vertex(seed, 2))});
    const double tolerance_m = flatness_m(longest, vertex(seed, 0));
    std::vector<uint32_t> front{seed};
    while (!front.empty()) {
      const uint32_t t = front.back();
      front.pop_back();
      for (const SidePiece& own : sides_.of_triangle(t)) {
        const auto there = sides_.at(own);
        for (const SidePiece& side : there) {
          const uint32_t other = side.triangle;
          if (facet_of_[other] >= 0 || !in_plane(other, f.normal, f.offset, tolerance_m)) continue;
          if (lies_on_another(side, there, f.normal, id)) continue;
          facet_of_[other] = id;
          flipped_[other] = dot(normal_[other], f.normal) < 0;
          front.push_back(other);
        }
      }
    }
  }

  /// A side that two triangles of a facet would run along the same way: they lie on each other (a face given twice),
  /// and each layer is a facet.
  bool lies_on_another(const SidePiece& side, std::span<const SidePiece> there, const Vec3d& normal, int facet) const {
    const auto forward = [&](const SidePiece& s) { return (s.from < s.to) == (dot(normal_[s.triangle], normal) > 0); };
    return std::any_of(there.begin(), there.end(), [&](const SidePiece& s) {
      return facet_of_[s.triangle] == facet && forward(s) == forward(side);
    });
  }

  /// A facet that is flat but for more than roundings lies in the mean of its triangles' planes: a plane that each
  /// vertex moves smoothly, whichever triangle the facet grew from.
  void level(Facet& f, const std::vector<uint32_t>& members) const {
    Vec3d area, moment;
    double total = 0;
    bool flat = true;
    for (const uint32_t t : members) {
      area += (flipped_[t] ? -area_[t] : area_[t]) * normal_[t];
      moment += area_[t] / 3 * (vertex(t, 0) + vertex(t, 1) + vertex(t, 2));
      total += area_[t];
      for (int k = 0; k < 3; ++k) {
        const Vec3d v = vertex(t, k);
        flat = flat && std::abs(dot(f.normal, v) - f.offset) <= kSamePlane * table_.rounding_m(v);
      }
    }
    if (flat) return;
    f.normal = normalized(area);
    f.offset = dot(f.normal, moment / total);
  }

  void finish(int id, const std::vector<uint32_t>& members) {
    Facet& f = table_.facets[id];
    level(f, members);
    // Same plane, same frame, whichever way the facet faces.
    const double lead = f.normal.x != 0 ? f.normal.x : f.normal.y != 0 ? f.normal.y : f.normal.z;
    const Vec3d n = lead < 0 ? -f.normal : f.normal;
    f.origin = f.offset * f.normal;
    const Vec3d helper = std::abs(n.z) < 0.9 ? Vec3d{0, 0, 1} : Vec3d{1, 0, 0};
    f.axis_u = normalized(cross(helper, n));
    f.axis_v = cross(n, f.axis_u);
    f.min_uv = {kInf, kInf};
    f.max_uv = {-kInf, -kInf};
    f.triangle_begin = uint32_t(table_.triangles.size());
    f.boundary_begin = uint32_t(table_.boundary.size());
    for (const uint32_t t : members) {
      for (int k = 0; k < 3; ++k) {
        const Vec2d p = table_.to_uv(f, vertex(t, k));
        f.min_uv = {std::min(f.min_uv.x, p.x), std::min(f.min_uv.y, p.y)};
        f.max_uv = {std::max(f.max_uv.x, p.x), std::max(f.max_uv.y, p.y)};
      }
      table_.triangles.push_back({vertex(t, 0), vertex(t, 1), vertex(t, 2), id, t});
    }
    for (const uint32_t t : members) {
      for (const SidePiece& side : sides_.of_triangle(t)) {
        if (is_inner(side, id)) continue;
        const Outline o = directed(side);
        table_.boundary.push_back({table_.to_uv(f, position(o.from)), table_.to_uv(f, position(o.to))});
        outline_.push_back(o);
      }
    }
    f.triangle_end = uint32_t(table_.triangles.size());
    f.boundary_end = uint32_t(table_.boundary.size());
  }

  /// A piece of a facet's outline, the facet to its left.
  struct Outline {
    uint64_t key;
    uint32_t triangle;
    int facet;
    uint32_t from, to;
    bool operator<(const Outline& o) const {
      return key != o.key ? key < o.key : triangle != o.triangle ? triangle < o.triangle : facet < o.facet;
    }
  };

  /// Does the side separate two triangles of one facet?
  bool is_inner(const SidePiece& side, int facet) const {
    const auto there = sides_.at(side);
    const auto of_facet = [&](const SidePiece& s) { return facet_of_[s.triangle] == facet; };
    return std::count_if(there.begin(), there.end(), of_facet) % 2 == 0;
  }

  Outline directed(const SidePiece& s) const {
    Outline o{s.key, s.triangle, facet_of_[s.triangle], s.from, s.to};
    if (flipped_[s.triangle]) std::swap(o.from, o.to);
    return o;
  }

  void find_edges() {
    using Piece = std::vector<uint32_t>;  // vertices along the edge
    std::map<std::tuple<int, int, bool>, std::vector<Piece>>
        pieces;                            // by facet pair and whether their windings disagree
    std::vector<const Outline*> distinct;  // one of the facets that lie on each other at a piece
    for (size_t begin = 0, end; begin < outline_.size(); begin = end) {
      for (end = begin; end < outline_.size() && outline_[end].key == outline_[begin].key; ++end) {
      }
      distinct.clear();
      for (size_t i = begin; i < end; ++i) {
        const auto layer = std::find_if(distinct.begin(), distinct.end(),
                                        [&](const Outline* o) { return are_layers(*o, outline_[i]); });
        if (layer == distinct.end()) {
          distinct.push_back(&outline_[i]);
        } else if ((*layer)->facet != outline_[i].facet) {
          table_.layers.push_back({(*layer)->facet, outline_[i].facet});
        }
      }
      if (distinct.size() == 1) pieces[{distinct[0]->facet, -1, false}].push_back({distinct[0]->from, distinct[0]->to});
      for (size_t i = 0; i + 1 < distinct.size(); ++i) {
        const Outline &p = *distinct[i], &q = *distinct[i + 1];
        pieces[{p.facet, q.facet, p.from == q.from}].push_back({p.from, p.to});
      }
    }
    for (auto& [key, list] : pieces) {
      const auto [facet0, facet1, disagree] = key;
      join_collinear(list);
      for (const Piece& p : list) add_edge(facet0, facet1, disagree, p);
    }
  }

  /// Do two facets lie on each other beside a side that they share?
  bool are_layers(const Outline& x, const Outline& y) const {
    if (x.facet == y.facet) return true;
    constexpr double kFolded = 1e-5;  // rad: below it a fold is the end of one sheet
    const auto inward = [&](const Outline& o) {
      return cross(table_.facets[size_t(o.facet)].normal, normalized(position(o.to) - position(o.from)));
    };
    const Vec3d a = inward(x), b = inward(y);
    return dot(a, b) > 0 && norm(cross(a, b)) < kFolded;
  }

  void join_collinear(std::vector<std::vector<uint32_t>>& list) const {
    if (list.size() < 2) return;
    std::multimap<uint32_t, size_t> by_front;
    for (size_t i = 0; i < list.size(); ++i) by_front.insert({list[i].front(), i});
    const auto goes_on = [&](const std::vector<uint32_t>& x, const std::vector<uint32_t>& y) {
      if (y.empty() || &x == &y || x.front() == y.back()) return false;
      const Vec3d a = position(x.front()), b = position(x.back()), c = position(y.back());
      const double length = norm(c - a);
      return norm(cross(b - a, c - a)) <= flatness_m(length, a) * length && dot(b - a, c - b) > 0;
    };
    for (bool joined = true; joined;) {
      joined = false;
      for (std::vector<uint32_t>& x : list) {
        while (!x.empty()) {
          const auto [begin, end] = by_front.equal_range(x.back());
          const auto next = std::find_if(begin, end, [&](const auto& y) { return goes_on(x, list[y.second]); });
          if (next == end) break;
          x.insert(x.end(), list[next->second].begin() + 1, list[next->second].end());
          list[next->second].clear();
          by_front.erase(next);
          joined = true;
        }
      }
    }
    std::erase_if(list, [](const auto& x) { return x.empty(); });
  }

  void add_edge(int facet0, int facet1, bool windings_disagree, const std::vector<uint32_t>& vertices) {
    Edge e{position(vertices.front()),
           position(vertices.back()),
           facet0,
           facet1,
           2 * kPi,
           windings_disagree,
           uint32_t(table_.edge_vertices.size()),
           uint32_t(table_.edge_vertices.size() + vertices.size())};
    table_.edge_vertices.insert(table_.edge_vertices.end(), vertices.begin(), vertices.end());
    if (facet1 >= 0) {
      const Vec3d n0 = table_.facets[facet0].normal;
      const Vec3d n1 = windings_disagree ? -table_.facets[facet1].normal : table_.facets[facet1].normal;
      const Vec3d along = normalized(e.b - e.a);
      // The facet lies to the left of its boundary: facet 0 turns about the edge into facet 1 by this signed angle.
      const double turn = std::atan2(dot(cross(n0, n1), along), dot(n0, n1));
      e.exterior_angle_rad = kPi + turn;
    }
    table_.edges.push_back(e);
  }

  const Mesh& mesh_;
  const int object_, material_;
  FacetTable& table_;
  const MeshSides sides_;
  std::vector<int> facet_of_;
  std::vector<uint8_t> flipped_;
  std::vector<Vec3d> normal_;
  std::vector<double> area_;
  std::vector<Outline> outline_;
};

/// Room for all parts: what grows in steps is touched again and again.
void reserve(FacetTable& table, const std::vector<FacetTable>& parts) {
  const auto make_room = [&](auto member) {
    size_t size = 0;
    for (const FacetTable& part : parts) size += (part.*member).size();
    (table.*member).reserve(size);
  };
  make_room(&FacetTable::facets), make_room(&FacetTable::boundary), make_room(&FacetTable::triangles);
  make_room(&FacetTable::edges), make_room(&FacetTable::edge_vertices), make_room(&FacetTable::layers);
}

/// Adds a part's facets behind those that are there.
void append(FacetTable& table, const FacetTable& part) {
  const auto facets = int32_t(table.facets.size());
  const auto boundary = uint32_t(table.boundary.size()), triangles = uint32_t(table.triangles.size()),
             vertices = uint32_t(table.edge_vertices.size());
  for (Facet f : part.facets) {
    f.boundary_begin += boundary, f.boundary_end += boundary;
    f.triangle_begin += triangles, f.triangle_end += triangles;
    table.facets.push_back(f);
  }
  table.boundary.insert(table.boundary.end(), part.boundary.begin(), part.boundary.end());
  for (Triangle t : part.triangles) {
    t.facet += facets;
    table.triangles.push_back(t);
  }
  for (Edge e : part.edges) {
    e.facet0 += facets;
    if (e.facet1 >= 0) e.facet1 += facets;
    e.vertex_begin += vertices, e.vertex_end += vertices;
    table.edges.push_back(e);
  }
  table.edge_vertices.insert(table.edge_vertices.end(), part.edge_vertices.begin(), part.edge_vertices.end());
  for (const auto& [i, j] : part.layers) table.layers.push_back({i + facets, j + facets});
}

}  // namespace

bool FacetTable::touches(int facet, const Vec3d& point, double tolerance_m) const {
  if (contains(facet, point)) return true;
  const Facet& f = facets[facet];
  const Vec2d p = to_uv(f, point);
  for (uint32_t i = f.boundary_begin; i < f.boundary_end; ++i) {
    const Vec2d a = boundary[i].a, d = boundary[i].b - a;
    const double along = std::clamp(dot(p - a, d) / dot(d, d), 0.0, 1.0);
    const Vec2d off = p - a - along * d;
    if (dot(off, off) <= tolerance_m * tolerance_m) return true;
  }
  return false;
}

FacetTable build_facets(const Scene& scene, const Vec3d& origin_m) {
  FacetTable table;
  table.origin_m = origin_m;
  for (const auto& o : scene.objects) {
    for (const Vec3d& v : o.mesh.vertices_m) table.reach_m = std::max(table.reach_m, table.largest(v - origin_m));
  }
  // Objects are independent: chunks of them are built side by side and joined in order.
  const auto num_objects = int64_t(scene.objects.size()), num_chunks = std::min<int64_t>(64, num_objects);
  std::vector<FacetTable> parts(static_cast<size_t>(num_chunks));
  runtime::parallel_for(num_chunks, 0, [&](int64_t chunk) {
    parts[size_t(chunk)].origin_m = origin_m;
    parts[size_t(chunk)].reach_m = table.reach_m;
    for (int64_t i = num_objects * chunk / num_chunks; i < num_objects * (chunk + 1) / num_chunks; ++i) {
      ObjectFacets(scene, int(i), parts[size_t(chunk)]).build();
    }
  });
  reserve(table, parts);
  for (FacetTable& part : parts) append(table, std::exchange(part, {}));
  find_mirrors(table);
  return table;
}

}  // namespace raywave::scene
