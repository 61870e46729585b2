// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/mesh_sides.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "raywave/core/box_tree.h"

namespace raywave::scene {
namespace {

SidePiece piece(uint32_t triangle, uint32_t from, uint32_t to) {
  return {uint64_t(std::min(from, to)) << 32 | std::max(from, to), triangle, from, to};
}

/// May the segment from a along d come that near to what is in the box?
bool passes(const Box& box, const Vec3d& a, const Vec3d& d, double near_m) {
  double t0 = 0, t1 = 1;
  const double o[3] = {a.x, a.y, a.z}, v[3] = {d.x, d.y, d.z};
  const double lo[3] = {box.lo.x, box.lo.y, box.lo.z}, hi[3] = {box.hi.x, box.hi.y, box.hi.z};
  for (int k = 0; k < 3; ++k) {
    const double low = lo[k] - near_m - o[k], high = hi[k] + near_m - o[k];
    if (v[k] == 0) {
      if (low > 0 || high < 0) return false;
      continue;
    }
    t0 = std::max(t0, std::min(low / v[k], high / v[k]));
    t1 = std::min(t1, std::max(low / v[k], high / v[k]));
  }
  return t0 <= t1;
}

}  // namespace

MeshSides::MeshSides(const Mesh& mesh, double tolerance_m) {
  const auto n = uint32_t(mesh.triangles.size());
  const auto whole = [&](uint32_t side) {
    const auto& t = mesh.triangles[side / 3];
    return piece(side / 3, t[side % 3], t[(side + 1) % 3]);
  };
  pieces_.reserve(3 * size_t(n));
  for (uint32_t side = 0; side < 3 * n; ++side) pieces_.push_back(whole(side));
  first_of_.resize(n + 1);
  for (uint32_t t = 0; t <= n; ++t) first_of_[t] = 3 * t;
  sort();
  const std::vector<OnSide> on = vertices_on_open_sides(mesh, tolerance_m);
  if (on.empty()) return;
  pieces_.clear();
  size_t next = 0;
  for (uint32_t side = 0; side < 3 * n; ++side) {
    if (side % 3 == 0) first_of_[side / 3] = uint32_t(pieces_.size());
    const SidePiece all = whole(side);
    uint32_t from = all.from;
    for (; next < on.size() && on[next].side == side; ++next) {
      pieces_.push_back(piece(all.triangle, from, on[next].vertex));
      from = on[next].vertex;
    }
    pieces_.push_back(piece(all.triangle, from, all.to));
  }
  first_of_[n] = uint32_t(pieces_.size());
  sort();
}

void MeshSides::sort() {
  std::vector<uint32_t> order(pieces_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t i, uint32_t j) {
    return pieces_[i].key != pieces_[j].key ? pieces_[i].key < pieces_[j].key : i < j;
  });
  sorted_.clear();
  sorted_.reserve(pieces_.size());
  begin_.resize(pieces_.size());
  for (uint32_t i = 0, begin = 0; i < order.size(); ++i) {
    sorted_.push_back(pieces_[order[i]]);
    if (sorted_[i].key != sorted_[begin].key) begin = i;
    begin_[order[i]] = begin;
  }
}

std::span<const SidePiece> MeshSides::at(const SidePiece& piece) const {
  const size_t begin = begin_[size_t(&piece - pieces_.data())];
  size_t end = begin;
  while (end < sorted_.size() && sorted_[end].key == piece.key) ++end;
  return {sorted_.data() + begin, sorted_.data() + end};
}

/// By side, and along each.
std::vector<MeshSides::OnSide> MeshSides::vertices_on_open_sides(const Mesh& mesh, double tolerance_m) const {
  std::vector<uint32_t> open, vertices;
  for (uint32_t side = 0; side < pieces_.size(); ++side) {
    const SidePiece& s = pieces_[side];
    if (at(s).size() != 1) continue;
    open.push_back(side);
    vertices.push_back(s.from), vertices.push_back(s.to);
  }
  if (open.empty()) return {};
  std::sort(vertices.begin(), vertices.end());
  vertices.erase(std::unique(vertices.begin(), vertices.end()), vertices.end());
  std::vector<Box> points(vertices.size());
  for (size_t i = 0; i < vertices.size(); ++i) points[i].add(mesh.vertices_m[vertices[i]]);
  const BoxTree tree(std::move(points));
  std::vector<OnSide> on;
  for (const uint32_t side : open) {
    const auto& t = mesh.triangles[side / 3];
    const Vec3d a = mesh.vertices_m[pieces_[side].from], d = mesh.vertices_m[pieces_[side].to] - a;
    const double length = norm(d), least = 2 * tolerance_m / length;
    const auto first = std::ptrdiff_t(on.size());
    tree.visit([&](const Box& box) { return passes(box, a, d, tolerance_m); },
               [&](uint32_t i) {
                 const uint32_t v = vertices[i];
                 if (v == t[0] || v == t[1] || v == t[2]) return;
                 const double along = dot(mesh.vertices_m[v] - a, d) / (length * length);
                 if (!(along > least && along < 1 - least)) return;
                 if (norm(mesh.vertices_m[v] - a - along * d) <= tolerance_m) on.push_back({side, along, v});
               });
    std::sort(on.begin() + first, on.end(), [](const OnSide& x, const OnSide& y) {
      return x.along != y.along ? x.along < y.along : x.vertex < y.vertex;
    });
    // of vertices in one place but for rounding, one
    on.erase(std::unique(on.begin() + first, on.end(),
                         [&](const OnSide& x, const OnSide& y) { return y.along - x.along <= least; }),
             on.end());
  }
  return on;
}

}  // namespace raywave::scene
