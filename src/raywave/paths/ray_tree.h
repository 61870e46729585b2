// SPDX-License-Identifier: Apache-2.0
// A tree of boxes, four children a node, over the triangles that rays are traced in, and the closest hit in it: plain
// arrays and one function, for the CPU and for devices. Built on the host (build_ray_tree).
//
// Boxes are met where they may be: the interval of a ray in one is larger by its roundings. A triangle is hit by the
// signs of the volumes between the ray and its sides, taken from the ray's origin, so that neighbours agree about the
// side that they share; triangles are larger by their rounding besides (search_corners). Of hits at one distance the
// lowest facet's counts, whatever the order.
#pragma once

#include <cmath>
#include <cstdint>

#include "raywave/core/hd.h"
#include "raywave/core/vec.h"

namespace raywave::paths {

struct RayTreeNode {
  static constexpr int kWide = 4;
  float low[3][kWide], high[3][kWide];  // of the children; none: from +infinity to -infinity
  int32_t first[kWide];                 // a node, or a leaf's first triangle
  int32_t count[kWide];                 // triangles of a leaf; 0: a node
};

struct RayTreeTriangle {
  Vec3f a, b, c;
  int32_t facet;
};

struct RayTreeView {
  const RayTreeNode* nodes = nullptr;  // the root first; null: nothing to hit
  const RayTreeTriangle* triangles = nullptr;
};

struct RayHit {
  float t = INFINITY;  // in units of |d|; infinity without a hit
  int32_t facet = -1;
};

/// Levels of the tree, at most; three children wait at each.
inline constexpr int kRayTreeDepth = 32;

namespace ray_tree {

constexpr float kRounding = 1.2e-7f;  // 2^-23

/// Where the ray meets the triangle, t > 0; infinity: nowhere.
RAYWAVE_HD inline float meets(const RayTreeTriangle& triangle, const Vec3f& o, const Vec3f& d) {
  const Vec3f a = triangle.a - o, b = triangle.b - o, c = triangle.c - o;
  const float u = dot(cross(c - a, c + a), d), v = dot(cross(a - b, a + b), d), w = dot(cross(b - c, b + c), d);
  const float slack = kRounding * std::fabs(u + v + w);
  const bool inside = (u >= -slack && v >= -slack && w >= -slack) || (u <= slack && v <= slack && w <= slack);
  const Vec3f n = cross(b - a, c - a);
  const float speed = dot(n, d);
  if (!inside || speed == 0) return INFINITY;
  const float t = dot(n, a) / speed;
  return t > 0 ? t : INFINITY;
}

/// Keeps the nearer hit.
RAYWAVE_HD inline void meet(const RayTreeTriangle& triangle, const Vec3f& o, const Vec3f& d, RayHit& hit) {
  const float t = meets(triangle, o, d);
  if (t == INFINITY || t > hit.t || (t == hit.t && triangle.facet > hit.facet)) return;
  hit.t = t;
  hit.facet = triangle.facet;
}

RAYWAVE_HD inline float inverse(float x) {
  constexpr float kLeast = 1e-18f;  // keeps products finite
  return 1 / (std::fabs(x) < kLeast ? std::copysign(kLeast, x) : x);
}

/// Where the ray enters a child's box; infinity where it passes it by, or enters behind the nearest hit.
RAYWAVE_HD inline float entry(const RayTreeNode& node, int child, const float (&o)[3], const float (&inverse_d)[3],
                              float nearest) {
  float begin = 0, end = nearest;
  for (int k = 0; k < 3; ++k) {
    const bool back = inverse_d[k] < 0;
    const float near = ((back ? node.high : node.low)[k][child] - o[k]) * inverse_d[k];
    const float far = ((back ? node.low : node.high)[k][child] - o[k]) * inverse_d[k];
    begin = near > begin ? near : begin;
    end = far < end ? far : end;
  }
  return begin * (1 - 3 * kRounding) <= end * (1 + 3 * kRounding) ? begin : INFINITY;
}

}  // namespace ray_tree

/// The closest hit of the ray o + t d, t > 0.
RAYWAVE_HD inline RayHit closest_hit(const RayTreeView& tree, const Vec3f& o, const Vec3f& d) {
  RayHit hit;
  if (!tree.nodes) return hit;
  const float origin[3] = {o.x, o.y, o.z};
  const float inverse_d[3] = {ray_tree::inverse(d.x), ray_tree::inverse(d.y), ray_tree::inverse(d.z)};
  int32_t waiting[(RayTreeNode::kWide - 1) * kRayTreeDepth + 1];
  float entries[(RayTreeNode::kWide - 1) * kRayTreeDepth + 1];
  int size = 0;
  waiting[size] = 0, entries[size++] = 0;
  while (size > 0) {
    --size;
    if (entries[size] * (1 - 3 * ray_tree::kRounding) > hit.t) continue;
    const RayTreeNode& node = tree.nodes[waiting[size]];
    const int bottom = size;
    for (int child = 0; child < RayTreeNode::kWide; ++child) {
      const float at = ray_tree::entry(node, child, origin, inverse_d, hit.t);
      if (at == INFINITY) continue;
      if (node.count[child] > 0) {
        for (int32_t i = node.first[child]; i < node.first[child] + node.count[child]; ++i)
          ray_tree::meet(tree.triangles[i], o, d, hit);
        continue;
      }
      int place = size++;  // the nearest comes last: it is looked at first
      for (; place > bottom && entries[place - 1] < at; --place)
        waiting[place] = waiting[place - 1], entries[place] = entries[place - 1];
      waiting[place] = node.first[child], entries[place] = at;
    }
  }
  return hit;
}

/// visit(t, facet) for all triangles that the ray o + t d meets, 0 < t < end, in the tree's order.
template <class Visit>
RAYWAVE_HD void all_hits(const RayTreeView& tree, const Vec3f& o, const Vec3f& d, float end, Visit&& visit) {
  if (!tree.nodes) return;
  const float origin[3] = {o.x, o.y, o.z};
  const float inverse_d[3] = {ray_tree::inverse(d.x), ray_tree::inverse(d.y), ray_tree::inverse(d.z)};
  int32_t waiting[(RayTreeNode::kWide - 1) * kRayTreeDepth + 1];
  int size = 0;
  waiting[size++] = 0;
  while (size > 0) {
    const RayTreeNode& node = tree.nodes[waiting[--size]];
    for (int child = 0; child < RayTreeNode::kWide; ++child) {
      if (ray_tree::entry(node, child, origin, inverse_d, end) == INFINITY) continue;
      if (node.count[child] == 0) {
        waiting[size++] = node.first[child];
        continue;
      }
      for (int32_t i = node.first[child]; i < node.first[child] + node.count[child]; ++i) {
        const float t = ray_tree::meets(tree.triangles[i], o, d);
        if (t < end) visit(t, tree.triangles[i].facet);
      }
    }
  }
}

}  // namespace raywave::paths
