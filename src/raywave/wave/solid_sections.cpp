// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/solid_sections.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "raywave/wave/pieces.h"

namespace raywave::wave::detail {

SolidSections::SolidSections(std::span<const double> xs, std::span<const double> ys, double z0, double z1,
                             std::vector<const Solid*> solids, std::vector<int> object_of, std::span<const int> rank_of,
                             OwnerGroups& groups)
    : xs_(xs),
      ys_(ys),
      z0_(z0),
      z1_(z1),
      same_(std::max(1e-12 * (z1 - z0), coincidence(std::max(std::abs(z0), std::abs(z1))))),
      solids_(std::move(solids)),
      object_of_(std::move(object_of)),
      rank_of_(rank_of),
      groups_(groups) {
  find_levels();
  // two nodes whatever the number of levels, so that a level that enters the slice changes nothing at once
  const double gauss = 0.5 / std::sqrt(3.0);
  for (size_t l = 0; l + 1 < levels_.size(); ++l)
    for (const double t : {0.5 - gauss, 0.5 + gauss}) {
      const double a = levels_[l].z, b = levels_[l + 1].z;
      Section s = section(a + t * (b - a), true, -1);
      s.level = l, s.t = t, s.share = 0.5 / (z1_ - z0_), s.weight = s.share * (b - a);
      sections_.push_back(std::move(s));
    }
}

void SolidSections::find_levels() {
  struct Entry {
    double z;
    int region;
    size_t vertex;
  };
  std::vector<Entry> all;
  bool begins = false, ends = false;
  for (size_t r = 0; r < solids_.size(); ++r)
    for (size_t v = 0; v < solids_[r]->vertices_m.size(); ++v) {
      const double z = solids_[r]->vertices_m[v].z;
      begins = begins || z <= z0_ + same_, ends = ends || z >= z1_ - same_;
      if (z >= z0_ - same_ && z <= z1_ + same_) all.push_back({z, int(r), v});
    }
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.z < b.z; });
  if (begins) levels_.push_back({z0_, true, false, {}});
  for (const Entry& e : all) {
    if (levels_.empty() || e.z - levels_.back().z > same_) levels_.push_back({e.z, false, false, {}});
    auto& at = levels_.back().vertices;
    auto own = std::find_if(at.begin(), at.end(), [&](const auto& p) { return p.first == e.region; });
    if (own == at.end()) own = at.insert(at.end(), {e.region, {}});
    own->second.push_back(e.vertex);
  }
  if (!ends) return;
  if (levels_.empty() || z1_ - levels_.back().z > same_) levels_.push_back({z1_, false, true, {}});
  levels_.back().z = z1_, levels_.back().last = true;
}

SolidSections::Section SolidSections::section(double z, bool above, int other) const {
  Section s;
  for (size_t r = 0; r < solids_.size(); ++r) add_segments(int(r), z, int(r) == other ? !above : above, s.segments);
  std::vector<Side> sides;
  for (const Segment& g : s.segments) sides.push_back({g.p.at, g.q.at, g.region, 0, 0});
  s.pieces = arrange(sides, object_of_, rank_of_, xs_.front(), xs_.back(), groups_);
  return s;
}

void SolidSections::add_segments(int region, double z, bool above, std::vector<Segment>& out) const {
  const Solid& m = *solids_[size_t(region)];
  const double limit = above ? z + same_ : z - same_;
  const auto under = [&](size_t v) { return m.vertices_m[v].z <= limit; };
  const auto end_at = [&](size_t a, size_t b) {
    // the same arithmetic from both faces of an edge
    if (b < a) std::swap(a, b);
    const Vec3d &p = m.vertices_m[a], &q = m.vertices_m[b];
    const double s = (z - p.z) / (q.z - p.z);
    return End{a, b, s, {p.y + s * (q.y - p.y), p.x + s * (q.x - p.x)}};
  };
  for (const auto& t : m.triangles) {
    End ends[3];
    int count = 0;
    for (int e = 0; e < 3; ++e) {
      const size_t a = t[size_t(e)], b = t[size_t((e + 1) % 3)];
      if (under(a) != under(b)) ends[count++] = end_at(a, b);
    }
    if (count != 2) continue;
    const Vec3d n = cross(m.vertices_m[t[1]] - m.vertices_m[t[0]], m.vertices_m[t[2]] - m.vertices_m[t[0]]);
    // the inside at the right: a left boundary (outward normal towards -y) runs towards +x
    const double along = (ends[1].at.y_m - ends[0].at.y_m) * n.x - (ends[1].at.z_m - ends[0].at.z_m) * n.y;
    if (along < 0) std::swap(ends[0], ends[1]);
    out.push_back({ends[0], ends[1], region});
  }
}

// visit(row, cell, s, e, weight); `moved`: what runs along the border of two rows or cells belongs to both by halves.
template <class Visit>
void SolidSections::for_each_cell(const Segment& g, const Piece& piece, bool moved, Visit&& visit) const {
  const Point &p = g.p.at, &q = g.q.at;
  const int rows = int(xs_.size()) - 1;
  const double dx = q.z_m - p.z_m, x_a = p.z_m + piece.s * dx, x_b = p.z_m + piece.e * dx;
  const double lo = std::min(x_a, x_b), hi = std::max(x_a, x_b), tolerance = coincidence(std::abs(lo));
  if (hi - lo <= tolerance) {
    if (!moved) return;
    const auto next = std::lower_bound(xs_.begin(), xs_.end(), lo - tolerance);
    const int row = int(next - xs_.begin()) - 1;
    const bool on = next != xs_.end() && *next <= lo + tolerance;
    for (int r = row; r <= row + (on ? 1 : 0); ++r) {
      if (r < 0 || r >= rows || (on && piece.toward == (r == row ? 1 : -1))) continue;
      const double share = on && piece.toward == 0 ? 0.5 : 1;
      for_each_moved(ys_, p, q, piece.s, piece.e, 0,
                     [&](int cell, double s, double e, double w) { visit(r, cell, s, e, share * w); });
    }
    return;
  }
  int row = std::max(0, int(std::upper_bound(xs_.begin(), xs_.end(), lo) - xs_.begin()) - 1);
  for (; row < rows && xs_[size_t(row)] <= hi; ++row) {
    const double a = (xs_[size_t(row)] - p.z_m) / dx, b = (xs_[size_t(row) + 1] - p.z_m) / dx;
    const double from = std::max(piece.s, std::min(a, b)), to = std::min(piece.e, std::max(a, b));
    if (moved) {
      if (from < to)
        for_each_moved(ys_, p, q, from, to, piece.toward,
                       [&](int cell, double s, double e, double w) { visit(row, cell, s, e, w); });
    } else {
      for_each_piece_of(ys_, p, q, from, to, [&](int cell, double s, double e) { visit(row, cell, s, e, 1.0); });
    }
  }
}

// Adds weight times the area shares of one section.
void SolidSections::add_section(const Section& section, double weight, const Add& add) const {
  const int cells = int(ys_.size()) - 1;
  for (const Piece& piece : section.pieces) {
    if (piece.value == 0) continue;
    const Segment& g = section.segments[size_t(piece.side)];
    for_each_cell(g, piece, false, [&](int row, int cell, double s, double e, double) {
      const double dx = (e - s) * (g.q.at.z_m - g.p.at.z_m) / (xs_[size_t(row) + 1] - xs_[size_t(row)]) * weight;
      const size_t line = size_t(row) * size_t(cells);
      if (cell >= 0 && cell < cells) {
        const double y = g.p.at.y_m + 0.5 * (s + e) * (g.q.at.y_m - g.p.at.y_m);
        const double width = ys_[size_t(cell) + 1] - ys_[size_t(cell)];
        add(piece.left, piece.right, line + size_t(cell), dx * (ys_[size_t(cell) + 1] - y) / width, false);
      }
      if (cell + 1 < cells) add(piece.left, piece.right, line + size_t(cell + 1), dx, true);
    });
  }
}

void SolidSections::values(const Add& add) const {
  for (const Section& s : sections_) add_section(s, s.weight, add);
}

namespace {

double mean_z(const std::vector<size_t>& vertices, std::span<const Vec3d> dot) {
  double sum = 0;
  for (const size_t v : vertices) sum += dot[v].z / double(vertices.size());
  return sum;
}

}  // namespace

double SolidSections::level_dot(const Level& level, const Dots& vertex_dot) const {
  double sum = 0;
  for (const auto& [region, vertices] : level.vertices) sum += mean_z(vertices, vertex_dot(region));
  return level.tied() ? 0.5 * sum : sum;
}

template <class Visit>
void SolidSections::for_each_tie(Visit&& visit) const {
  for (const Level& level : levels_) {
    if (!level.tied()) continue;
    for (const auto& [region, vertices] : level.vertices) {
      // up: the others stand as above the level; down: as below
      if (!level.last) visit(region, vertices, section(level.z, true, region), 0.5 / (z1_ - z0_));
      if (!level.first) visit(region, vertices, section(level.z, false, region), -0.5 / (z1_ - z0_));
    }
  }
}

void SolidSections::tangents(const Dots& vertex_dot, const Add& add) const {
  const size_t cells = ys_.size() - 1;
  for (const Section& section : sections_) {
    const double lo = level_dot(levels_[section.level], vertex_dot),
                 hi = level_dot(levels_[section.level + 1], vertex_dot);
    if (hi != lo) add_section(section, section.share * (hi - lo), add);
    const double z_dot = (1 - section.t) * lo + section.t * hi;
    // motion of an end when its vertices and the plane z move
    const auto moved = [&](const Segment& g, const End& end) {
      const auto dot = vertex_dot(g.region);
      const Solid& m = *solids_[size_t(g.region)];
      const Vec3d &a = m.vertices_m[end.a], &b = m.vertices_m[end.b], &da = dot[end.a], &db = dot[end.b];
      const double s_dot = (z_dot - (1 - end.s) * da.z - end.s * db.z) / (b.z - a.z);
      return Point{(1 - end.s) * da.y + end.s * db.y + (b.y - a.y) * s_dot,
                   (1 - end.s) * da.x + end.s * db.x + (b.x - a.x) * s_dot};
    };
    for (const Piece& piece : section.pieces) {
      if (piece.slope == 0) continue;
      const Segment& g = section.segments[size_t(piece.side)];
      const Point p = moved(g, g.p), q = moved(g, g.q);
      for_each_cell(g, piece, true, [&](int row, int cell, double s, double e, double share) {
        if (cell < 0 || cell >= int(cells)) return;
        const auto w = piece_weights(g.p.at, g.q.at, s, e, share * piece.slope * section.weight / area(row, cell));
        add(piece.left, piece.right, size_t(row) * cells + size_t(cell),
            w.py * p.y_m + w.pz * p.z_m + w.qy * q.y_m + w.qz * q.z_m, false);
      });
    }
  }
  for_each_tie([&](int region, const std::vector<size_t>& vertices, const Section& section, double weight) {
    add_section(section, weight * mean_z(vertices, vertex_dot(region)), add);
  });
}

double SolidSections::section_jump(const Section& section, double weight, const Jump& jump) const {
  double sum = 0;
  add_section(section, weight,
              [&](int left, int right, size_t cell, double v, bool rest) { sum += v * jump(left, right, cell, rest); });
  return sum;
}

void SolidSections::cotangents(const Jump& jump, const Bars& vertex_bar) const {
  const size_t cells = ys_.size() - 1;
  const auto spread = [&](int region, const std::vector<size_t>& vertices, double value) {
    for (const size_t v : vertices) vertex_bar(region)[v].z += value / double(vertices.size());
  };
  const auto spread_level = [&](const Level& level, double value) {
    for (const auto& [region, vertices] : level.vertices) spread(region, vertices, level.tied() ? 0.5 * value : value);
  };
  for (const Section& section : sections_) {
    double z_bar = 0;
    const auto end_cotangent = [&](const Segment& g, const End& end, const Point& bar) {
      const auto out = vertex_bar(g.region);
      const Solid& m = *solids_[size_t(g.region)];
      const Vec3d &a = m.vertices_m[end.a], &b = m.vertices_m[end.b];
      const double s_bar = ((b.y - a.y) * bar.y_m + (b.x - a.x) * bar.z_m) / (b.z - a.z);
      for (const auto& [v, w] : {std::pair{end.a, 1 - end.s}, {end.b, end.s}}) {
        out[v].y += w * bar.y_m, out[v].x += w * bar.z_m;
        out[v].z -= w * s_bar;
      }
      z_bar += s_bar;
    };
    for (const Piece& piece : section.pieces) {
      if (piece.slope == 0) continue;
      const Segment& g = section.segments[size_t(piece.side)];
      Point p, q;
      for_each_cell(g, piece, true, [&](int row, int cell, double s, double e, double share) {
        if (cell < 0 || cell >= int(cells)) return;
        const auto w = piece_weights(g.p.at, g.q.at, s, e, share * piece.slope * section.weight / area(row, cell));
        const double v = jump(piece.left, piece.right, size_t(row) * cells + size_t(cell), false);
        p.y_m += v * w.py, p.z_m += v * w.pz, q.y_m += v * w.qy, q.z_m += v * w.qz;
      });
      end_cotangent(g, g.p, p), end_cotangent(g, g.q, q);
    }
    const Level &lo = levels_[section.level], &hi = levels_[section.level + 1];
    if (lo.vertices.empty() && hi.vertices.empty()) continue;
    const double weight_bar = section_jump(section, section.share, jump);
    spread_level(lo, (1 - section.t) * z_bar - weight_bar), spread_level(hi, section.t * z_bar + weight_bar);
  }
  for_each_tie([&](int region, const std::vector<size_t>& vertices, const Section& section, double weight) {
    spread(region, vertices, section_jump(section, weight, jump));
  });
}

}  // namespace raywave::wave::detail
