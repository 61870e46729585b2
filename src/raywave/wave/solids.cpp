// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/solids.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/wave/pieces.h"

namespace raywave::wave {
namespace {

/// A level of z: an end of the slice (no vertices), or the vertices that share it.
struct Level {
  double z = 0;
  std::vector<size_t> vertices;
};

/// One end of a segment: on the mesh edge a -> b at share s.
struct End {
  size_t a = 0, b = 0;
  double s = 0;
  Point at;  // (y, x): x takes the part of z in the exact coverage of a row
};
struct Segment {
  End p, q;
};
/// One node of the rule between two levels: its weight is share (hi.z - lo.z) / (z1 - z0).
struct Section {
  size_t lo = 0, hi = 0;  // levels
  double t = 0, share = 0, weight = 0;
  std::vector<Segment> segments;
};
struct Cut {
  std::vector<Level> levels;
  std::vector<Section> sections;
};

std::vector<Level> levels_of(const Solid& m, double z0, double z1) {
  std::vector<std::pair<double, size_t>> inside;
  double lo = INFINITY, hi = -INFINITY;
  for (size_t v = 0; v < m.vertices_m.size(); ++v) {
    const double z = m.vertices_m[v].z;
    lo = std::min(lo, z), hi = std::max(hi, z);
    if (z > z0 && z < z1) inside.push_back({z, v});
  }
  std::sort(inside.begin(), inside.end());
  std::vector<Level> out;
  if (lo <= z0) out.push_back({z0, {}});
  for (const auto& [z, v] : inside) {
    if (out.empty() || z - out.back().z > 1e-12 * (z1 - z0) || out.back().vertices.empty()) out.push_back({z, {}});
    out.back().vertices.push_back(v);
  }
  if (hi >= z1) out.push_back({z1, {}});
  return out;
}

End end_at(const Solid& m, size_t a, size_t b, double z) {
  // the same arithmetic from both faces of an edge
  if (b < a) std::swap(a, b);
  const Vec3d &p = m.vertices_m[a], &q = m.vertices_m[b];
  const double s = (z - p.z) / (q.z - p.z);
  return {a, b, s, {p.y + s * (q.y - p.y), p.x + s * (q.x - p.x)}};
}

std::vector<Segment> segments_at(const Solid& m, double z) {
  std::vector<Segment> out;
  for (const auto& t : m.triangles) {
    End ends[3];
    int count = 0;
    for (int e = 0; e < 3; ++e) {
      const size_t a = t[size_t(e)], b = t[size_t((e + 1) % 3)];
      if ((m.vertices_m[a].z <= z) != (m.vertices_m[b].z <= z)) ends[count++] = end_at(m, a, b, z);
    }
    if (count != 2) continue;
    const Vec3d n = cross(m.vertices_m[t[1]] - m.vertices_m[t[0]], m.vertices_m[t[2]] - m.vertices_m[t[0]]);
    // left boundaries (outward normal towards -y) run towards +x
    const double along = (ends[1].at.y_m - ends[0].at.y_m) * n.x - (ends[1].at.z_m - ends[0].at.z_m) * n.y;
    if (along < 0) std::swap(ends[0], ends[1]);
    out.push_back({ends[0], ends[1]});
  }
  return out;
}

Cut cut_slice(const Solid& m, double z0, double z1) {
  Cut cut{levels_of(m, z0, z1), {}};
  const double gauss = 0.5 / std::sqrt(3.0);
  const bool two = cut.levels.size() <= 3;
  for (size_t l = 0; l + 1 < cut.levels.size(); ++l)
    for (const double t : two ? std::vector<double>{0.5 - gauss, 0.5 + gauss} : std::vector<double>{0.5}) {
      Section s{l, l + 1, t, two ? 0.5 : 1.0, 0, {}};
      const double a = cut.levels[l].z, b = cut.levels[l + 1].z;
      s.weight = s.share * (b - a) / (z1 - z0);
      s.segments = segments_at(m, a + t * (b - a));
      cut.sections.push_back(std::move(s));
    }
  return cut;
}

template <class Visit>  // visit(row, cell, s, e)
void for_each_cell(std::span<const double> xs, std::span<const double> ys, const Segment& g, Visit&& visit) {
  const double lo = std::min(g.p.at.z_m, g.q.at.z_m), hi = std::max(g.p.at.z_m, g.q.at.z_m);
  const int rows = int(xs.size()) - 1;
  int row = std::max(0, int(std::upper_bound(xs.begin(), xs.end(), lo) - xs.begin()) - 1);
  for (; row < rows && xs[size_t(row)] <= hi; ++row)
    detail::for_each_piece(ys, xs[size_t(row)], xs[size_t(row) + 1], g.p.at, g.q.at,
                           [&](int cell, double s, double e) { visit(row, cell, s, e); });
}

// Adds weight times the area shares of one section.
void add_section(std::span<const double> xs, std::span<const double> ys, const Section& section, double weight,
                 std::span<double> cover) {
  const int rows = int(xs.size()) - 1, cells = int(ys.size()) - 1;
  std::vector<double> step(size_t(rows) * size_t(cells + 1));
  for (const Segment& g : section.segments)
    for_each_cell(xs, ys, g, [&](int row, int cell, double s, double e) {
      const double dx = (e - s) * (g.q.at.z_m - g.p.at.z_m) / (xs[size_t(row) + 1] - xs[size_t(row)]) * weight;
      double* line = &step[size_t(row) * size_t(cells + 1)];
      if (cell < 0) {
        line[0] += dx;
      } else if (cell < cells) {
        const double y = g.p.at.y_m + 0.5 * (s + e) * (g.q.at.y_m - g.p.at.y_m);
        const double width = ys[size_t(cell) + 1] - ys[size_t(cell)];
        cover[size_t(row) * size_t(cells) + size_t(cell)] += dx * (ys[size_t(cell) + 1] - y) / width;
        line[cell + 1] += dx;
      }
    });
  for (int row = 0; row < rows; ++row) {
    double sum = 0;
    for (int cell = 0; cell < cells; ++cell) {
      sum += step[size_t(row) * size_t(cells + 1) + size_t(cell)];
      cover[size_t(row) * size_t(cells) + size_t(cell)] += sum;
    }
  }
}

double level_tangent(const Level& l, std::span<const Vec3d> dot) {
  double sum = 0;
  for (const size_t v : l.vertices) sum += dot[v].z / double(l.vertices.size());
  return sum;
}

// Motion of an end when its vertices and the plane z move.
Point end_tangent(const Solid& m, const End& end, double z_dot, std::span<const Vec3d> dot) {
  const Vec3d &a = m.vertices_m[end.a], &b = m.vertices_m[end.b], &da = dot[end.a], &db = dot[end.b];
  const double s_dot = (z_dot - (1 - end.s) * da.z - end.s * db.z) / (b.z - a.z);
  return {(1 - end.s) * da.y + end.s * db.y + (b.y - a.y) * s_dot,
          (1 - end.s) * da.x + end.s * db.x + (b.x - a.x) * s_dot};
}

/// Returns the cotangent of the plane's z.
double end_cotangent(const Solid& m, const End& end, const Point& bar, std::span<Vec3d> out) {
  const Vec3d &a = m.vertices_m[end.a], &b = m.vertices_m[end.b];
  const double s_bar = ((b.y - a.y) * bar.y_m + (b.x - a.x) * bar.z_m) / (b.z - a.z);
  for (const auto& [v, w] : {std::pair{end.a, 1 - end.s}, {end.b, end.s}}) {
    out[v].y += w * bar.y_m, out[v].x += w * bar.z_m;
    out[v].z -= w * s_bar;
  }
  return s_bar;
}

}  // namespace

Solid box_solid(const Vec3d& c, const Vec3d& size) {
  for (const double v : {size.x, size.y, size.z}) require_positive("size_m", v);
  Solid m;
  for (int i = 0; i < 8; ++i)
    m.vertices_m.push_back({c.x + (i & 1 ? 0.5 : -0.5) * size.x, c.y + (i & 2 ? 0.5 : -0.5) * size.y,
                            c.z + (i & 4 ? 0.5 : -0.5) * size.z});
  m.triangles = {{0, 2, 3}, {0, 3, 1}, {4, 5, 7}, {4, 7, 6}, {0, 1, 5}, {0, 5, 4},
                 {2, 6, 7}, {2, 7, 3}, {0, 4, 6}, {0, 6, 2}, {1, 3, 7}, {1, 7, 5}};
  return m;
}

Solid sphere_solid(const Vec3d& c, double radius, int rings) {
  require_positive("radius_m", radius);
  if (rings < 4) throw Error(message("num_rings of a sphere must be >= 4, got ", rings));
  Solid m;
  const uint32_t around = uint32_t(2 * rings);
  for (int i = 1; i < rings; ++i)
    for (uint32_t j = 0; j < around; ++j) {
      const double theta = kPi * i / rings, phi = 2 * kPi * j / around;
      m.vertices_m.push_back({std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)});
    }
  const auto at = [&](int i, uint32_t j) { return uint32_t(i - 1) * around + j % around; };
  const uint32_t north = uint32_t(m.vertices_m.size()), south = north + 1;
  m.vertices_m.push_back({0, 0, 1}), m.vertices_m.push_back({0, 0, -1});
  for (uint32_t j = 0; j < around; ++j) {
    m.triangles.push_back({north, at(1, j), at(1, j + 1)});
    m.triangles.push_back({south, at(rings - 1, j + 1), at(rings - 1, j)});
    for (int i = 1; i + 1 < rings; ++i) {
      m.triangles.push_back({at(i, j), at(i + 1, j), at(i + 1, j + 1)});
      m.triangles.push_back({at(i, j), at(i + 1, j + 1), at(i, j + 1)});
    }
  }
  const double scale = radius * std::cbrt(4 * kPi / 3 / signed_volume_m3(m));
  for (Vec3d& v : m.vertices_m) v = c + scale * v;
  return m;
}

double signed_volume_m3(const Solid& m) {
  double six = 0;
  if (m.vertices_m.empty()) return 0;
  const Vec3d o = m.vertices_m[0];
  for (const auto& t : m.triangles)
    six += dot(m.vertices_m[t[0]] - o, cross(m.vertices_m[t[1]] - o, m.vertices_m[t[2]] - o));
  return six / 6;
}

bool is_closed(const Solid& m) {
  using Key = std::tuple<double, double, double>;
  std::map<std::pair<Key, Key>, int> edges;
  const auto key = [&](uint32_t v) { return Key{m.vertices_m[v].x, m.vertices_m[v].y, m.vertices_m[v].z}; };
  for (const auto& t : m.triangles)
    for (size_t e = 0; e < 3; ++e) {
      const Key a = key(t[e]), b = key(t[(e + 1) % 3]);
      edges[std::minmax(a, b)] += a < b ? 1 : -1;
    }
  return !edges.empty() && std::all_of(edges.begin(), edges.end(), [](const auto& e) { return e.second == 0; });
}

bool is_prism(const Solid& m) {
  if (m.vertices_m.empty()) return false;
  const auto [lo, hi] = std::minmax_element(m.vertices_m.begin(), m.vertices_m.end(),
                                            [](const Vec3d& a, const Vec3d& b) { return a.z < b.z; });
  std::map<std::pair<double, double>, int> seen;
  for (const Vec3d& v : m.vertices_m) {
    if (v.z != lo->z && v.z != hi->z) return false;
    seen[{v.x, v.y}] |= v.z == lo->z ? 1 : 2;
  }
  return std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s.second == 3; });
}

void add_solid_coverage(std::span<const double> xs, std::span<const double> ys, double z0, double z1, const Solid& m,
                        std::span<double> cover) {
  const Cut cut = cut_slice(m, z0, z1);
  for (const Section& s : cut.sections) add_section(xs, ys, s, s.weight, cover);
}

void add_solid_coverage_jvp(std::span<const double> xs, std::span<const double> ys, double z0, double z1,
                            const Solid& m, std::span<const Vec3d> vertex_dot, std::span<double> cover_dot) {
  const size_t cells = ys.size() - 1;
  const Cut cut = cut_slice(m, z0, z1);
  for (const Section& section : cut.sections) {
    const double lo = level_tangent(cut.levels[section.lo], vertex_dot);
    const double hi = level_tangent(cut.levels[section.hi], vertex_dot);
    if (hi != lo) add_section(xs, ys, section, section.share * (hi - lo) / (z1 - z0), cover_dot);
    const double z_dot = (1 - section.t) * lo + section.t * hi;
    for (const Segment& g : section.segments) {
      const Point p = end_tangent(m, g.p, z_dot, vertex_dot), q = end_tangent(m, g.q, z_dot, vertex_dot);
      for_each_cell(xs, ys, g, [&](int row, int cell, double s, double e) {
        if (cell < 0 || cell >= int(cells)) return;
        const double area = (xs[size_t(row) + 1] - xs[size_t(row)]) * (ys[size_t(cell) + 1] - ys[size_t(cell)]);
        const auto w = detail::piece_weights(g.p.at, g.q.at, s, e, section.weight / area);
        cover_dot[size_t(row) * cells + size_t(cell)] += w.py * p.y_m + w.pz * p.z_m + w.qy * q.y_m + w.qz * q.z_m;
      });
    }
  }
}

void solid_coverage_vjp(std::span<const double> xs, std::span<const double> ys, double z0, double z1, const Solid& m,
                        std::span<const double> bar, std::span<Vec3d> out) {
  const size_t cells = ys.size() - 1;
  const Cut cut = cut_slice(m, z0, z1);
  std::vector<double> cover(bar.size());
  for (const Section& section : cut.sections) {
    double z_bar = 0;
    for (const Segment& g : section.segments) {
      Point p, q;
      for_each_cell(xs, ys, g, [&](int row, int cell, double s, double e) {
        if (cell < 0 || cell >= int(cells)) return;
        const double area = (xs[size_t(row) + 1] - xs[size_t(row)]) * (ys[size_t(cell) + 1] - ys[size_t(cell)]);
        const auto w = detail::piece_weights(g.p.at, g.q.at, s, e, section.weight / area);
        const double c = bar[size_t(row) * cells + size_t(cell)];
        p.y_m += c * w.py, p.z_m += c * w.pz, q.y_m += c * w.qy, q.z_m += c * w.qz;
      });
      z_bar += end_cotangent(m, g.p, p, out) + end_cotangent(m, g.q, q, out);
    }
    const Level &lo = cut.levels[section.lo], &hi = cut.levels[section.hi];
    double weight_bar = 0;
    if (!lo.vertices.empty() || !hi.vertices.empty()) {
      std::fill(cover.begin(), cover.end(), 0.0);
      add_section(xs, ys, section, section.share / (z1 - z0), cover);
      for (size_t j = 0; j < bar.size(); ++j) weight_bar += bar[j] * cover[j];
    }
    for (const size_t v : lo.vertices) out[v].z += ((1 - section.t) * z_bar - weight_bar) / double(lo.vertices.size());
    for (const size_t v : hi.vertices) out[v].z += (section.t * z_bar + weight_bar) / double(hi.vertices.size());
  }
}

}  // namespace raywave::wave
