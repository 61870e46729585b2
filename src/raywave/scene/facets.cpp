// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/facets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include "raywave/core/constants.h"
#include "raywave/runtime/parallel.h"

namespace raywave::scene {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// A triangle's side, keyed by its two vertices.
struct Side {
  uint64_t key;  // lower vertex << 32 | higher vertex
  uint32_t triangle;
  uint8_t corner;  // the side runs from this corner to the next
  bool operator<(const Side& o) const { return key != o.key ? key < o.key : triangle < o.triangle; }
};

/// Works on one object's mesh and appends to the table.
class ObjectFacets {
 public:
  ObjectFacets(const Scene& scene, int object, double tolerance_m, FacetTable& table)
      : mesh_(scene.objects[object].mesh),
        object_(object),
        material_(scene.objects[object].material),
        tolerance_m_(tolerance_m),
        table_(table),
        facet_of_(mesh_.triangles.size(), -1),
        flipped_(mesh_.triangles.size(), 0) {}

  void build() {
    measure_triangles();
    collect_sides();
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
    find_edges();
  }

 private:
  const Vec3d& vertex(uint32_t triangle, int corner) const {
    return mesh_.vertices_m[mesh_.triangles[triangle][corner % 3]];
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

  void collect_sides() {
    sides_.reserve(mesh_.triangles.size() * 3);
    for (uint32_t t = 0; t < mesh_.triangles.size(); ++t) {
      for (uint8_t k = 0; k < 3; ++k) {
        const uint64_t a = mesh_.triangles[t][k], b = mesh_.triangles[t][(k + 1) % 3];
        sides_.push_back({std::min(a, b) << 32 | std::max(a, b), t, k});
      }
    }
    std::sort(sides_.begin(), sides_.end());
    first_side_.assign(mesh_.triangles.size() * 3, 0);
    for (size_t i = 0, begin = 0; i < sides_.size(); ++i) {
      if (sides_[i].key != sides_[begin].key) begin = i;
      first_side_[sides_[i].triangle * 3 + sides_[i].corner] = uint32_t(begin);
    }
  }

  bool in_plane(uint32_t t, const Vec3d& normal, double offset) const {
    if (std::abs(dot(normal_[t], normal)) < 0.99) return false;
    for (int k = 0; k < 3; ++k) {
      if (std::abs(dot(normal, vertex(t, k)) - offset) > tolerance_m_) return false;
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
    std::vector<uint32_t> front{seed};
    while (!front.empty()) {
      const uint32_t t = front.back();
      front.pop_back();
      for (int k = 0; k < 3; ++k) {
        const uint32_t begin = first_side_[t * 3 + k];
        for (size_t i = begin; i < sides_.size() && sides_[i].key == sides_[begin].key; ++i) {
          const uint32_t other = sides_[i].triangle;
          if (facet_of_[other] >= 0 || !in_plane(other, f.normal, f.offset)) continue;
          facet_of_[other] = id;
          flipped_[other] = dot(normal_[other], f.normal) < 0;
          front.push_back(other);
        }
      }
    }
  }

  void finish(int id, const std::vector<uint32_t>& members) {
    Facet& f = table_.facets[id];
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
        if (!is_inner(t, k, id)) {
          const Vec2d q = table_.to_uv(f, vertex(t, k + 1));
          table_.boundary.push_back(flipped_[t] ? BoundarySegment{q, p} : BoundarySegment{p, q});
        }
      }
      table_.triangles.push_back({vertex(t, 0), vertex(t, 1), vertex(t, 2), id, t});
    }
    f.triangle_end = uint32_t(table_.triangles.size());
    f.boundary_end = uint32_t(table_.boundary.size());
  }

  /// Does the side separate two triangles of one facet (an even number of them: their boundaries cancel)?
  bool is_inner(uint32_t t, int k, int facet) const {
    const uint32_t begin = first_side_[t * 3 + k];
    int count = 0;
    for (size_t i = begin; i < sides_.size() && sides_[i].key == sides_[begin].key; ++i)
      count += facet_of_[sides_[i].triangle] == facet;
    return count % 2 == 0;
  }

  void find_edges() {
    using Piece = std::vector<uint32_t>;  // vertices along the edge
    std::map<std::tuple<int, int, bool>, std::vector<Piece>>
        pieces;  // by facet pair and whether their windings disagree
    for (size_t begin = 0, end; begin < sides_.size(); begin = end) {
      for (end = begin; end < sides_.size() && sides_[end].key == sides_[begin].key; ++end) {
      }
      std::vector<const Side*> distinct;  // one side a facet; sides inside a facet are no edge
      for (size_t i = begin; i < end; ++i) {
        if (!is_inner(sides_[i].triangle, sides_[i].corner, facet_of_[sides_[i].triangle]))
          distinct.push_back(&sides_[i]);
      }
      const auto directed = [&](const Side& s) {
        Piece p{mesh_.triangles[s.triangle][s.corner], mesh_.triangles[s.triangle][(s.corner + 1) % 3]};
        if (flipped_[s.triangle]) std::swap(p[0], p[1]);
        return p;
      };
      if (distinct.size() == 1) {
        pieces[{facet_of_[distinct[0]->triangle], -1, false}].push_back(directed(*distinct[0]));
      }
      for (size_t i = 0; i + 1 < distinct.size(); ++i) {
        const Piece p = directed(*distinct[i]), q = directed(*distinct[i + 1]);
        pieces[{facet_of_[distinct[i]->triangle], facet_of_[distinct[i + 1]->triangle], p[0] == q[0]}].push_back(p);
      }
    }
    for (auto& [key, list] : pieces) {
      const auto [facet0, facet1, disagree] = key;
      join_collinear(list);
      for (const Piece& p : list) add_edge(facet0, facet1, disagree, p);
    }
  }

  void join_collinear(std::vector<std::vector<uint32_t>>& list) const {
    for (bool joined = true; joined;) {
      joined = false;
      for (size_t i = 0; i < list.size() && !joined; ++i) {
        for (size_t j = 0; j < list.size() && !joined; ++j) {
          if (i == j || list[i].back() != list[j].front() || list[i].front() == list[j].back()) continue;
          const Vec3d a = mesh_.vertices_m[list[i].front()], b = mesh_.vertices_m[list[i].back()],
                      c = mesh_.vertices_m[list[j].back()];
          if (norm(cross(b - a, c - a)) > tolerance_m_ * norm(c - a) || dot(b - a, c - b) <= 0) continue;
          list[i].insert(list[i].end(), list[j].begin() + 1, list[j].end());
          list.erase(list.begin() + long(j));
          joined = true;
        }
      }
    }
  }

  void add_edge(int facet0, int facet1, bool windings_disagree, const std::vector<uint32_t>& vertices) {
    Edge e{mesh_.vertices_m[vertices.front()],
           mesh_.vertices_m[vertices.back()],
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
  const double tolerance_m_;
  FacetTable& table_;
  std::vector<int> facet_of_;
  std::vector<uint8_t> flipped_;
  std::vector<Vec3d> normal_;
  std::vector<double> area_;
  std::vector<Side> sides_;
  std::vector<uint32_t> first_side_;
};

/// Facets of one plane that overlap: sorted by plane offset, only near neighbours are compared.
void find_twins(FacetTable& table, double tolerance_m) {
  struct Plane {
    Vec3d normal;  // sign fixed
    double offset;
    int facet;
  };
  std::vector<Plane> planes;
  planes.reserve(table.facets.size());
  for (size_t i = 0; i < table.facets.size(); ++i) {
    const Facet& f = table.facets[i];
    const double sign = dot(cross(f.axis_u, f.axis_v), f.normal) < 0 ? -1 : 1;
    planes.push_back({sign * f.normal, sign * f.offset, int(i)});
  }
  std::sort(planes.begin(), planes.end(), [](const Plane& a, const Plane& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.facet < b.facet;
  });
  std::vector<std::pair<int, int>> pairs;  // (higher facet, lower facet)
  for (size_t i = 0; i < planes.size(); ++i) {
    for (size_t j = i + 1; j < planes.size() && planes[j].offset - planes[i].offset <= tolerance_m; ++j) {
      if (dot(planes[i].normal, planes[j].normal) < 1 - 1e-10) continue;
      const Facet &a = table.facets[planes[i].facet], &b = table.facets[planes[j].facet];
      if (a.min_uv.x > b.max_uv.x || b.min_uv.x > a.max_uv.x || a.min_uv.y > b.max_uv.y || b.min_uv.y > a.max_uv.y)
        continue;
      pairs.push_back({std::max(planes[i].facet, planes[j].facet), std::min(planes[i].facet, planes[j].facet)});
    }
  }
  std::sort(pairs.begin(), pairs.end());
  for (size_t i = 0, f = 0; f < table.facets.size(); ++f) {
    table.facets[f].twin_begin = uint32_t(table.twins.size());
    for (; i < pairs.size() && pairs[i].first == int(f); ++i) table.twins.push_back(pairs[i].second);
    table.facets[f].twin_end = uint32_t(table.twins.size());
  }
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
}

}  // namespace

bool FacetTable::contains(int facet, const Vec3d& point) const {
  const Facet& f = facets[facet];
  const Vec2d p = to_uv(f, point);
  if (p.x < f.min_uv.x || p.x > f.max_uv.x || p.y < f.min_uv.y || p.y > f.max_uv.y) return false;
  int winding = 0;
  for (uint32_t i = f.boundary_begin; i < f.boundary_end; ++i) {
    const Vec2d a = boundary[i].a, b = boundary[i].b;
    const bool up = a.y <= p.y && b.y > p.y, down = b.y <= p.y && a.y > p.y;
    if (!up && !down) continue;
    // The same expression for both directions of a shared segment, so that its two facets never both hold a point.
    const Vec2d lo = up ? a : b, hi = up ? b : a;
    if (cross(hi - lo, p - lo) > 0) winding += up ? 1 : -1;
  }
  return winding != 0;
}

int FacetTable::canonical(int facet, const Vec3d& point) const {
  const Facet& f = facets[facet];
  for (uint32_t i = f.twin_begin; i < f.twin_end; ++i) {
    if (contains(twins[i], point)) return twins[i];
  }
  return facet;
}

FacetTable build_facets(const Scene& scene) {
  FacetTable table;
  double extent = 0;
  for (const auto& o : scene.objects) {
    for (const auto& v : o.mesh.vertices_m) extent = std::max({extent, std::abs(v.x), std::abs(v.y), std::abs(v.z)});
  }
  // Meshes come in single precision: a few of its units at the scene's largest coordinate count as the same plane.
  const double tolerance_m = 4e-7 * extent;
  // Objects are independent: chunks of them are built side by side and joined in order.
  const auto num_objects = int64_t(scene.objects.size()), num_chunks = std::min<int64_t>(64, num_objects);
  std::vector<FacetTable> parts(static_cast<size_t>(num_chunks));
  runtime::parallel_for(num_chunks, 0, [&](int64_t chunk) {
    for (int64_t i = num_objects * chunk / num_chunks; i < num_objects * (chunk + 1) / num_chunks; ++i) {
      ObjectFacets(scene, int(i), tolerance_m, parts[size_t(chunk)]).build();
    }
  });
  table.triangles.reserve(scene.num_triangles());
  for (FacetTable& part : parts) append(table, part);
  find_twins(table, tolerance_m);
  return table;
}

}  // namespace raywave::scene
