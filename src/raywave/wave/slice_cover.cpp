// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/slice_cover.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "raywave/wave/pieces.h"

namespace raywave::wave {
namespace {

using detail::Piece, detail::Side;
using Region = std::pair<int, int>;
using Rows = std::vector<std::vector<double>>;

bool touch(const Extent& a, const Extent& b) {
  const auto meet = [](double a0, double a1, double b0, double b1) {
    const double t = detail::coincidence(std::max({std::abs(a0), std::abs(a1), std::abs(b0), std::abs(b1)}));
    return a0 <= b1 + t && b0 <= a1 + t;
  };
  return meet(a.x0, a.x1, b.x0, b.x1) && meet(a.y0, a.y1, b.y0, b.y1) && meet(a.z0, a.z1, b.z0, b.z1);
}

// Sets of regions whose boxes hang together.
std::vector<std::vector<Region>> hanging_together(const std::vector<Region>& regions,
                                                  const std::vector<std::vector<Extent>>& extents) {
  std::vector<size_t> root(regions.size());
  std::iota(root.begin(), root.end(), size_t(0));
  const auto find = [&](size_t i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  const auto box = [&](size_t i) -> const Extent& {
    return extents[size_t(regions[i].first)][size_t(regions[i].second)];
  };
  for (size_t i = 0; i < regions.size(); ++i)
    for (size_t j = i + 1; j < regions.size(); ++j)
      if (touch(box(i), box(j))) root[find(j)] = find(i);
  std::vector<std::vector<Region>> out;
  std::vector<size_t> place(regions.size(), regions.size());
  for (size_t i = 0; i < regions.size(); ++i) {
    size_t& at = place[find(i)];
    if (at == regions.size()) at = out.size(), out.emplace_back();
    out[at].push_back(regions[i]);
  }
  return out;
}

/// Rows of numbers to which `rest` adds from a cell to the end of its line.
struct Sums {
  Rows value, step;
  size_t line;
  Sums(size_t rows, size_t cells, size_t line_length)
      : value(rows, std::vector<double>(cells)), step(rows), line(line_length) {}
  void add(size_t row, size_t cell, double v, bool rest) {
    if (!rest) {
      value[row][cell] += v;
      return;
    }
    if (step[row].empty()) step[row].resize(value[row].size());
    step[row][cell] += v;
  }
  Rows finish() {
    for (size_t r = 0; r < value.size(); ++r) {
      double sum = 0;
      for (size_t j = 0; j < step[r].size(); ++j) {
        if (j % line == 0) sum = 0;
        value[r][j] += sum += step[r][j];
      }
    }
    return std::move(value);
  }
};

// What the owners at the right of a side gain and those at its left lose, added to sums with a row for each object.
auto adder_to(Sums& sums, const detail::OwnerGroups& groups, const std::vector<int>& position) {
  return [&](int left, int right, size_t cell, double v, bool rest) {
    for (const int o : groups.members(right))
      sums.add(size_t(position[size_t(o)]), cell, v * groups.share(right, o), rest);
    for (const int o : groups.members(left))
      sums.add(size_t(position[size_t(o)]), cell, -v * groups.share(left, o), rest);
  };
}

}  // namespace

SliceCover::SliceCover(const Place& place, const std::vector<int>& objects, double z0, double z1)
    : place_(place), z0_(z0), z1_(z1), objects_(objects), position_(place.scene->objects.size(), -1) {
  std::vector<Region> regions;
  const double same = detail::coincidence(std::max(std::abs(z0), std::abs(z1)));
  for (size_t i = 0; i < objects.size(); ++i) {
    position_[size_t(objects[i])] = int(i);
    const auto& boxes = (*place.extents)[size_t(objects[i])];
    for (size_t p = 0; p < boxes.size(); ++p)
      if (boxes[p].z1 >= z0 - same && boxes[p].z0 <= z1 + same) regions.push_back({objects[i], int(p)});
  }
  for (const auto& c : hanging_together(regions, *place.extents)) add_cluster(c);
}

void SliceCover::add_cluster(const std::vector<Region>& regions) {
  Cluster& c = clusters_.emplace_back();
  c.regions = regions;
  for (const Region& r : regions) c.object_of.push_back(r.first);
  if (place_.scene->grid.volume()) {
    std::vector<const Solid*> solids;
    for (const auto& [object, part] : regions)
      solids.push_back(&place_.scene->objects[size_t(object)].solids[size_t(part)]);
    c.sections = std::make_unique<detail::SolidSections>(place_.x_edges, place_.y_edges, z0_, z1_, std::move(solids),
                                                         c.object_of, *place_.ranks, groups_);
    return;
  }
  for (size_t r = 0; r < regions.size(); ++r) add_outlines(c, r);
  c.pieces = detail::arrange(c.sides, c.object_of, *place_.ranks, z0_, z1_, groups_);
}

void SliceCover::add_outlines(Cluster& c, size_t region) const {
  const auto [object, part] = c.regions[region];
  const Outline& o = place_.scene->objects[size_t(object)].outlines[size_t(part)];
  const bool turn = signed_area_m2(o) > 0;  // clockwise outlines have their inside at the right
  const double same = detail::coincidence(std::max(std::abs(z0_), std::abs(z1_)));
  for (size_t i = 0; i < o.size(); ++i) {
    size_t a = i, b = (i + 1) % o.size();
    if (turn) std::swap(a, b);
    const double lo = std::min(o[a].z_m, o[b].z_m), hi = std::max(o[a].z_m, o[b].z_m);
    if (hi < z0_ - same || lo > z1_ + same) continue;
    c.sides.push_back({o[a], o[b], int(region), int(a), int(b)});
  }
}

// visit(piece, cell, weights, p, q): how a cell's share goes with the motion of a side's ends, whose tangents or
// cotangents are p and q of `vertices`. A slab's faces bound the step itself: see the thickness and the jumps beside
// it.
template <class Vertices, class Visit>
void SliceCover::for_each_motion(const Cluster& c, Vertices& vertices, bool flat, Visit&& visit) const {
  for (const Piece& piece : c.pieces) {
    if (piece.slope == 0) continue;
    const Side& side = c.sides[size_t(piece.side)];
    const auto [object, part] = c.regions[size_t(side.region)];
    auto& outline = vertices[size_t(object)][size_t(part)];
    detail::for_each_moved(
        place_.y_edges, side.p, side.q, piece.s, piece.e, piece.toward, [&](int cell, double s, double e, double w) {
          if (cell < 0 || cell >= int(row_length())) return;
          const double width = place_.y_edges[size_t(cell) + 1] - place_.y_edges[size_t(cell)];
          auto by = detail::piece_weights(side.p, side.q, s, e, w * piece.slope / (width * (z1_ - z0_)));
          if (flat) by.pz = by.qz = 0;
          visit(piece, size_t(cell), by, outline[size_t(side.a)], outline[size_t(side.b)]);
        });
  }
}

std::vector<std::vector<double>> SliceCover::values() const {
  const size_t cells = row_length();
  Sums sums(objects_.size(), num_cells(), cells);
  const auto add = adder_to(sums, groups_, position_);
  const auto& ys = place_.y_edges;
  for (const Cluster& c : clusters_) {
    if (c.sections) c.sections->values(add);
    for (const Piece& piece : c.pieces) {
      if (piece.value == 0) continue;
      const Side& side = c.sides[size_t(piece.side)];
      detail::for_each_piece_of(ys, side.p, side.q, piece.s, piece.e, [&](int cell, double s, double e) {
        const double dz = (e - s) * (side.q.z_m - side.p.z_m) / (z1_ - z0_);
        if (cell >= 0 && cell < int(cells)) {
          const double y = side.p.y_m + 0.5 * (s + e) * (side.q.y_m - side.p.y_m);
          const double width = ys[size_t(cell) + 1] - ys[size_t(cell)];
          add(piece.left, piece.right, size_t(cell), dz * (ys[size_t(cell) + 1] - y) / width, false);
        }
        if (cell + 1 < int(cells)) add(piece.left, piece.right, size_t(cell + 1), dz, true);
      });
    }
  }
  Rows out = sums.finish();
  // what sums to nothing is nothing: an object owns no cell beyond its box
  for (size_t i = 0; i < out.size(); ++i) {
    double y0 = INFINITY, y1 = -INFINITY, x0 = INFINITY, x1 = -INFINITY;
    for (const Extent& e : (*place_.extents)[size_t(objects_[i])])
      y0 = std::min(y0, e.y0), y1 = std::max(y1, e.y1), x0 = std::min(x0, e.x0), x1 = std::max(x1, e.x1);
    for (size_t j = 0; j < out[i].size(); ++j) {
      const size_t row = j / cells, cell = j % cells;
      const bool beyond = ys[cell] >= y1 || ys[cell + 1] <= y0 ||
                          (place_.scene->grid.volume() && (place_.x_edges[row] >= x1 || place_.x_edges[row + 1] <= x0));
      out[i][j] = beyond ? 0 : std::clamp(out[i][j], 0.0, 1.0);
    }
  }
  return out;
}

std::vector<std::vector<double>> SliceCover::tangents(const MediaTangent& t, bool flat) const {
  const size_t cells = row_length();
  Sums sums(objects_.size(), num_cells(), cells);
  const auto add = adder_to(sums, groups_, position_);
  for (const Cluster& c : clusters_) {
    if (c.sections) {
      std::vector<std::vector<Vec3d>> dots;
      for (const auto& [object, part] : c.regions) {
        dots.push_back(t.solids[size_t(object)][size_t(part)]);
        if (flat)
          for (Vec3d& v : dots.back()) v.z = 0;
      }
      c.sections->tangents([&](int r) { return std::span<const Vec3d>(dots[size_t(r)]); }, add);
    }
    for_each_motion(
        c, t.vertices, flat, [&](const Piece& piece, size_t cell, const auto& by, const Point& p, const Point& q) {
          add(piece.left, piece.right, cell, by.py * p.y_m + by.qy * q.y_m + by.pz * p.z_m + by.qz * q.z_m, false);
        });
  }
  return sums.finish();
}

void SliceCover::cotangents(const std::vector<std::vector<double>>& bar, bool flat, MediaTangent& out) const {
  const size_t cells = row_length();
  Rows rest(bar.size());  // sums from a cell to the end of its line
  for (size_t i = 0; i < bar.size() && place_.scene->grid.volume(); ++i) {
    rest[i] = bar[i];
    for (size_t j = rest[i].size(); j-- > 1;)
      if (j % cells != 0) rest[i][j - 1] += rest[i][j];
  }
  const auto of_group = [&](int group, size_t cell, const Rows& rows) {
    double sum = 0;
    for (const int o : groups_.members(group)) {
      const auto& row = rows[size_t(position_[size_t(o)])];
      if (!row.empty()) sum += groups_.share(group, o) * row[cell];
    }
    return sum;
  };
  const auto jump = [&](int left, int right, size_t cell, bool to_end) {
    const Rows& rows = to_end ? rest : bar;
    return of_group(right, cell, rows) - of_group(left, cell, rows);
  };
  for (const Cluster& c : clusters_) {
    if (c.sections) {
      std::vector<std::vector<Vec3d>> bars;
      for (const auto& [object, part] : c.regions) bars.emplace_back(out.solids[size_t(object)][size_t(part)].size());
      c.sections->cotangents(jump, [&](int r) { return std::span<Vec3d>(bars[size_t(r)]); });
      for (size_t r = 0; r < bars.size(); ++r)
        for (size_t v = 0; v < bars[r].size(); ++v) {
          if (flat) bars[r][v].z = 0;
          out.solids[size_t(c.regions[r].first)][size_t(c.regions[r].second)][v] += bars[r][v];
        }
    }
    for_each_motion(c, out.vertices, flat, [&](const Piece& piece, size_t cell, const auto& by, Point& p, Point& q) {
      const double v = jump(piece.left, piece.right, cell, false);
      p.y_m += v * by.py, q.y_m += v * by.qy, p.z_m += v * by.pz, q.z_m += v * by.qz;
    });
  }
}

}  // namespace raywave::wave
