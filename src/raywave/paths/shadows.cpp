// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/shadows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/paths/corners.h"

namespace raywave::paths {
namespace {

/// The triangle; the quadrilateral of two, where they are all of their facet and it is convex.
struct Outline {
  std::array<Vec3d, 4> corners;
  size_t size = 3;
};

bool same(const Vec3d& p, const Vec3d& q) { return p.x == q.x && p.y == q.y && p.z == q.z; }

bool is_convex(const Outline& o, const Vec3d& normal) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (size_t i = 0; i < o.size; ++i) {
    const Vec3d &p = o.corners[i], &q = o.corners[(i + 1) % o.size], &r = o.corners[(i + 2) % o.size];
    const double turn = dot(cross(q - p, r - q), normal) / (norm(q - p) * norm(r - q));
    least = std::min(least, turn), most = std::max(most, turn);
  }
  constexpr double kBent = 1e-6;  // no corner is straight on
  return least > kBent || most < -kBent;
}

/// Facets of two triangles go by the first one.
uint32_t first_of(const scene::FacetTable& table, uint32_t triangle) {
  const auto facet = size_t(table.triangles[triangle].facet);
  if (facet >= table.facets.size()) return triangle;
  const scene::Facet& f = table.facets[facet];
  return f.triangle_end - f.triangle_begin == 2 ? f.triangle_begin : triangle;
}

Outline outline_of(const scene::FacetTable& table, uint32_t triangle) {
  const scene::Triangle& t = table.triangles[triangle];
  const Outline alone{{t.a, t.b, t.c, {}}};
  if (size_t(t.facet) >= table.facets.size()) return alone;
  const scene::Facet& f = table.facets[size_t(t.facet)];
  if (f.triangle_end - f.triangle_begin != 2) return alone;
  const scene::Triangle& u = table.triangles[triangle == f.triangle_begin ? triangle + 1 : f.triangle_begin];
  const std::array<Vec3d, 3> own{t.a, t.b, t.c};
  for (size_t i = 0; i < 3; ++i) {  // the corner of t that u does not have goes first
    const Vec3d &p = own[(i + 1) % 3], &q = own[(i + 2) % 3];
    for (const auto& [from, to, other] :
         {std::array{u.a, u.b, u.c}, std::array{u.b, u.c, u.a}, std::array{u.c, u.a, u.b}}) {
      if (!(same(p, from) && same(q, to)) && !(same(p, to) && same(q, from))) continue;
      const Outline both{{own[i], p, other, q}, 4};
      return is_convex(both, f.normal) ? both : alone;
    }
  }
  return alone;
}

/// The cone's sides. @return false where the outline is seen too much from its edge, or does not look convex
bool set_sides(const Outline& outline, const Vec3d& image_m, Shadow& shadow) {
  for (size_t i = 0; i < outline.size; ++i) {
    const auto from_image = [&](size_t k) { return outline.corners[(i + k) % outline.size] - image_m; };
    const Vec3d p = from_image(0), q = from_image(1);
    Vec3d n = cross(p, q);
    const double size = norm(n);
    if (!(size > 1e-6 * norm(p) * norm(q))) return false;
    n = n / size;
    if (dot(n, from_image(2)) < 0) n = -n;
    if (outline.size == 4 && !(dot(n, from_image(2)) > 0 && dot(n, from_image(3)) > 0)) return false;
    shadow.sides[i + 1] = {Vec3f(n), 0};
  }
  return true;
}

}  // namespace

double looked_within_m(const Wedge& w) {
  double most = w.inset_m;
  for (const bool at_end : {false, true}) {
    const Vec3d corner = w.at(at_end ? w.length_m : 0);
    for (const Vec3d& p : about_corner(w, at_end)) most = std::max(most, norm(p - corner));
  }
  return most;
}

std::optional<Shadow> shadow_of(const PreparedScene& scene, uint32_t triangle, const Vec3d& image_m, int32_t mirror) {
  const scene::FacetTable& table = scene.facets();
  Outline outline = outline_of(table, triangle);
  auto& corners = outline.corners;
  double largest_m = norm(image_m), around_m = 0;
  for (size_t i = 0; i < outline.size; ++i)
    largest_m = std::max(largest_m, norm(corners[i])), around_m = std::max(around_m, norm(corners[i] - corners[0]));
  if (!(norm(cross(corners[1] - corners[0], corners[2] - corners[0])) > 1e-6 * around_m * around_m))
    return std::nullopt;
  // facets at an edge lie within the seam tolerance of it: they do not hide it
  double clear_m = 2 * scene.seam_tolerance_m() + 1e-6 * largest_m;
  Shadow shadow{{}, triangle};
  // Rays cross a facet in its plane, which its corners may be off by a little.
  const scene::Triangle& t = table.triangles[triangle];
  Vec3d normal = normalized(cross(t.b - t.a, t.c - t.a));
  double height_m = dot(normal, image_m - t.a);
  if (size_t(t.facet) < table.facets.size()) {
    const scene::Facet& f = table.facets[size_t(t.facet)];
    const Vec2d size = f.max_uv - f.min_uv;
    clear_m += 2 * scene::kCoplanarShare * std::hypot(size.x, size.y);
    normal = f.normal, height_m = table.distance(t.facet, image_m);
  }
  if (!(std::abs(height_m) > clear_m)) return std::nullopt;
  shadow.sides[0] = {Vec3f(height_m > 0 ? -normal : normal), float(std::abs(height_m) + clear_m)};
  if (mirror >= 0) {  // the ray meets the mirror first, and that is another one
    const double behind = table.distance(mirror, image_m), side = behind > 0 ? -1 : 1;
    if (!(std::abs(behind) > clear_m)) return std::nullopt;
    double most_m = 0;
    for (size_t i = 0; i < outline.size; ++i) {
      const double in_front = side * table.distance(mirror, corners[i]);
      if (in_front < -1e-12 * largest_m) return std::nullopt;
      most_m = std::max(most_m, in_front);
    }
    if (!(most_m > clear_m)) return std::nullopt;
  }
  if (!set_sides(outline, image_m, shadow)) {  // a quadrilateral may not be convex as seen from there
    if (outline.size == 3) return std::nullopt;
    outline = {{t.a, t.b, t.c, {}}};
    if (!set_sides(outline, image_m, shadow)) return std::nullopt;
  }
  if (outline.size == 3) shadow.sides[4] = shadow.sides[0];
  return shadow;
}

void KnownObstacles::shadows(const PreparedScene& scene, const Vec3d& image_m, int32_t mirror,
                             std::vector<Shadow>& out) const {
  out.clear();
  for (const auto& known : lists_[place(mirror)].triangles) {
    const uint32_t triangle = known.load(std::memory_order_relaxed);
    if (triangle == kNone) return;
    if (const auto s = shadow_of(scene, triangle, image_m, mirror)) out.push_back(*s);
  }
}

void KnownObstacles::keep(const PreparedScene& scene, int32_t mirror, std::span<const uint32_t> found,
                          std::vector<Shadow>& used) {
  std::stable_sort(used.begin(), used.end(), [](const Shadow& x, const Shadow& y) { return x.times > y.times; });
  std::array<uint32_t, kMost> kept;
  size_t n = 0;
  const auto add = [&](uint32_t triangle, size_t most) {
    if (n < most && std::find(kept.begin(), kept.begin() + long(n), triangle) == kept.begin() + long(n))
      kept[n++] = triangle;
  };
  for (size_t i = found.size(); i-- > 0;) add(first_of(scene.facets(), found[i]), kMost / 2);
  for (const Shadow& s : used) add(s.triangle, kMost);
  List& list = lists_[place(mirror)];
  for (size_t i = 0; i < n; ++i) list.triangles[i].store(kept[i], std::memory_order_relaxed);
}

}  // namespace raywave::paths
