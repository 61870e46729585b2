// SPDX-License-Identifier: Apache-2.0
// What a triangle, or the facet that it is half of, surely hides from a place or from an image behind a mirror: the
// part behind it of the cone from there through it, as half-spaces, so that many places are asked at once. By more than
// whatever rounding, seams and places beside edges' ends could change.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/wedges.h"

namespace raywave::paths {

/// Seen from there a place p is in the shadow, as is all within off_m of it, where normal . p >= least_m + off_m for
/// all sides, to single precision.
struct Shadow {
  struct Side {
    Vec3f normal;  // of length 1
    float least_m;
  };
  std::array<Side, 5> sides;
  uint32_t triangle;   // of it
  uint32_t times = 0;  // it hid something
};

/// The shadow on the side of a mirror on which its image is not. Nothing where the triangle does not stand clear.
/// @param mirror  -1: none, the image is a place itself
std::optional<Shadow> shadow_of(const PreparedScene& scene, uint32_t triangle, const Vec3d& image_m, int32_t mirror);

/// How far from a place on an edge, or from its end, the Refiner looks.
double looked_within_m(const Wedge& w);

/// Triangles that hid something behind each mirror, from any of its images (in large scenes some mirrors share a list).
/// From several threads; what is remembered never changes what is hidden.
class KnownObstacles {
 public:
  static constexpr size_t kMost = 16;
  KnownObstacles() : lists_(kLists) {}

  /// Their shadows, those that hid most first. @param mirror  -1: none
  void shadows(const PreparedScene& scene, const Vec3d& image_m, int32_t mirror, std::vector<Shadow>& out) const;
  /// Remembers what was found, the last one first, then what hid most.
  void keep(const PreparedScene& scene, int32_t mirror, std::span<const uint32_t> found, std::vector<Shadow>& used);

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr size_t kLists = 4096;  // 256 KiB
  struct List {
    std::array<std::atomic<uint32_t>, kMost> triangles;
    List() {
      for (auto& t : triangles) t.store(kNone, std::memory_order_relaxed);
    }
  };
  static size_t place(int32_t mirror) { return size_t(mirror + 1) % kLists; }
  std::vector<List> lists_;
};

}  // namespace raywave::paths
