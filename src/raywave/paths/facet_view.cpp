// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/facet_view.h"

#include <algorithm>
#include <cmath>

#include "raywave/paths/sequence_tree.h"

namespace raywave::paths {
namespace {

constexpr double kSlack = 1e-9;   // rad
constexpr double kEdgeOn = 1e-9;  // sine between two edges of a pyramid below which they span no plane

double distance(const scene::Facet& f, const Vec3d& p) { return dot(f.normal, p) - f.offset; }
double squash(double x) { return x / (1 + std::abs(x)); }
double sharp(double x) { return std::clamp(8 * x, -1.0, 1.0); }
void add(double x, std::vector<float>& out) { out.push_back(float(x)); }
void add_margin(double m, std::vector<float>& out) { add(m, out), add(sharp(m), out); }

Vec3d unit(const Vec3d& v) {
  const double n = norm(v);
  return n > 0 ? (1 / n) * v : Vec3d{0, 0, 0};
}

/// Of the plane through an apex and two points, towards a third one; zero where they span none.
Vec3d side_normal(const Vec3d& apex, const Vec3d& a, const Vec3d& b, const Vec3d& inside) {
  const Vec3d n = cross(a - apex, b - apex);
  const double size = norm(n);
  if (!(size > kEdgeOn * norm(a - apex) * norm(b - apex))) return {0, 0, 0};
  return (dot(n, inside - apex) < 0 ? -1 / size : 1 / size) * n;
}

Sides sides_of(const Vec3d& apex, const std::array<Vec3d, 4>& c) {
  const Vec3d center = 0.5 * (c[0] + c[2]);
  Sides out;
  for (size_t i = 0; i < 4; ++i) out[i] = side_normal(apex, c[i], c[(i + 1) % 4], center);
  return out;
}

std::array<Vec3d, 4> rectangle(const scene::Facet& f, const Outline& o, const Vec3d& toward) {
  Vec3d u = o.axis, v = cross(f.normal, o.axis);
  if (std::abs(dot(toward, v)) > std::abs(dot(toward, u))) std::swap(u, v);
  if (dot(toward, u) < 0) u = -u;
  if (dot(toward, v) < 0) v = -v;
  double lo_u = 1e300, hi_u = -1e300, lo_v = 1e300, hi_v = -1e300;
  for (size_t i = 0; i < o.n; ++i) {
    const double pu = dot(o.corner[i] - o.center, u), pv = dot(o.corner[i] - o.center, v);
    lo_u = std::min(lo_u, pu), hi_u = std::max(hi_u, pu), lo_v = std::min(lo_v, pv), hi_v = std::max(hi_v, pv);
  }
  const auto at = [&](double pu, double pv) { return o.center + pu * u + pv * v; };
  return {at(lo_u, lo_v), at(hi_u, lo_v), at(hi_u, hi_v), at(lo_u, hi_v)};
}

/// Least and greatest sine of an outline's corners against each side of a pyramid: 8 numbers.
void add_extents(const Vec3d& apex, const Sides& sides, const Outline& o, std::vector<float>& out) {
  double lo[4] = {1, 1, 1, 1}, hi[4] = {-1, -1, -1, -1};
  for (size_t c = 0; c < o.n; ++c) {
    const Vec3d d = unit(o.corner[c] - apex);
    for (size_t i = 0; i < 4; ++i) {
      const double s = dot(sides[i], d);
      lo[i] = std::min(lo[i], s), hi[i] = std::max(hi[i], s);
    }
  }
  for (size_t i = 0; i < 4; ++i) add(lo[i], out), add(hi[i], out);
}

/// Least and greatest distance of an outline from a plane: 2 numbers.
void add_reach(const scene::Facet& plane, double sign, double length, const Outline& o, std::vector<float>& out) {
  double lo = 1e300, hi = -1e300;
  for (size_t c = 0; c < o.n; ++c) {
    const double d = sign * distance(plane, o.corner[c]) / length;
    lo = std::min(lo, d), hi = std::max(hi, d);
  }
  add(squash(lo), out), add(squash(hi), out);
}

/// Where a plane cuts the way from a (0) to b (1); -1: nowhere.
double cut(const scene::Facet& plane, const Vec3d& a, const Vec3d& b) {
  const double da = distance(plane, a), db = distance(plane, b);
  return da * db < 0 ? da / (da - db) : -1;
}

bool clip(const Outline& in, const Vec3d& normal, const Vec3d& at, Outline& out) {
  out.n = 0;
  std::array<double, Outline::kMost> d;
  for (size_t i = 0; i < in.n; ++i) d[i] = dot(normal, in.corner[i] - at) + kSlack * norm(in.corner[i] - at);
  for (size_t i = 0; i < in.n; ++i) {
    const size_t k = (i + 1) % in.n;
    if (d[i] >= 0) out.add(in.corner[i]);
    if ((d[i] >= 0) != (d[k] >= 0)) out.add(in.corner[i] + (d[i] / (d[i] - d[k])) * (in.corner[k] - in.corner[i]));
  }
  return out.n > 0;
}

}  // namespace

void Outline::settle() {
  center = {0, 0, 0};
  for (size_t i = 0; i < n; ++i) center += (1 / double(n)) * corner[i];
  radius = 0;
  Vec3d twice{0, 0, 0};
  for (size_t i = 0; i < n; ++i) {
    radius = std::max(radius, norm(corner[i] - center));
    twice += cross(corner[i] - center, corner[(i + 1) % n] - center);
  }
  area = 0.5 * norm(twice);
}

bool clip_to_beam(const Vec3d& apex, const Window& window, const Outline& outline, Outline& lit) {
  lit = outline;
  if (!window.facet) return true;
  const scene::Facet& f = *window.facet;
  const double side = distance(f, apex);
  if (!(std::abs(side) > kSlack * (norm(apex - window.lit.center) + window.lit.radius))) return true;  // edge on
  Outline next;
  // beyond the window, seen from the apex
  if (!clip(lit, side > 0 ? -f.normal : f.normal, f.offset * f.normal, next)) return false;
  lit = next;
  for (size_t i = 0; i < window.lit.n; ++i) {
    if (lit.n + 2 > Outline::kMost) break;  // a part that is too large is right, too
    const Vec3d normal =
        side_normal(apex, window.lit.corner[i], window.lit.corner[(i + 1) % window.lit.n], window.lit.center);
    if (norm2(normal) == 0) continue;
    if (!clip(lit, normal, apex, next)) return false;
    lit = next;
  }
  lit.axis = outline.axis;
  lit.settle();
  return true;
}

double margin(const Vec3d& apex, const Outline& o, const Vec3d& direction) {
  const Vec3d d = unit(direction);
  double least = 1;
  for (size_t i = 0; i < o.n; ++i) {
    const Vec3d n = side_normal(apex, o.corner[i], o.corner[(i + 1) % o.n], o.center);
    if (norm2(n) == 0) continue;
    least = std::min(least, dot(n, d));
  }
  // the pyramid, not the one behind the apex
  return least == 1 || dot(d, o.center - apex) <= 0 ? std::min(least, -least) : least;
}

double FacetSight::length() const {
  const double l = norm(target - source);
  return l > 0 ? l : 1;
}

void FacetSight::add(std::vector<float>& out) const {
  if (!window) {
    out.insert(out.end(), size_t(kNumbers), 0.0F);
    return;
  }
  const Vec3d to = target - source, c = window->lit.center;
  const double l = length();
  out.push_back(1);
  paths::add(1 / (1 + norm(c - source) / l), out), paths::add(1 / (1 + norm(c - target) / l), out);
  paths::add(std::abs(dot(window->facet->normal, unit(c - source))), out);
  paths::add(squash(window->lit.area / std::max(norm2(c - source), 1e-300)), out);
  add_margin(margin(source, window->lit, to), out);
  for (const Vec3d& n : sides_of(source, rectangle(*window->facet, window->lit, to))) paths::add(dot(n, unit(to)), out);
  paths::add(squash(distance(*window->facet, target) / l) * (distance(*window->facet, source) > 0 ? 1 : -1), out);
}

FacetLook::FacetLook(const FacetSight& sight, const scene::Facet& facet, const Outline& lit, double area)
    : sight_(sight),
      facet_(facet),
      lit_(lit),
      area_(area),
      length_(sight.length()),
      image_(mirror(sight.source, facet)) {
  const double at = cut(facet, image_, sight.target);
  proper_ = at >= 0;
  touch_ = proper_ ? image_ + at * (sight.target - image_) : lit.center;
  source_side_ = distance(facet, sight.source) < 0 ? -1 : 1;
  const auto r = rectangle(facet, lit, sight.target - sight.source);
  from_source_ = sides_of(sight.source, r), from_image_ = sides_of(image_, r);
  if (sight.window) to_window_ = std::max(0.0, cut(*sight.window->facet, sight.source, touch_));
}

void FacetLook::add_next(std::vector<float>& out) const {
  const Vec3d &s = sight_.source, &r = sight_.target;
  add(proper_ ? 1 : 0, out);
  add_margin(margin(image_, lit_, r - image_), out);
  for (const Vec3d& n : from_image_) add(dot(n, unit(r - image_)), out);
  add(1 / (1 + norm(touch_ - s) / length_), out), add(1 / (1 + norm(touch_ - r) / length_), out);
  add(squash(norm(r - image_) / length_), out);
  add(std::abs(dot(facet_.normal, unit(touch_ - s))), out), add(std::abs(dot(facet_.normal, unit(touch_ - r))), out);
  add(std::abs(dot(facet_.normal, unit(r - s))), out);
  add(area_ > 0 ? lit_.area / area_ : 0, out);
  add(squash(lit_.area / std::max(norm2(lit_.center - s), 1e-300)), out);
  add(squash(lit_.area / std::max(norm2(lit_.center - r), 1e-300)), out);
  add(squash(source_side_ * distance(facet_, s) / length_), out);
  add(squash(source_side_ * distance(facet_, r) / length_), out);
  if (!sight_.window) {
    out.insert(out.end(), 5, 0.0F);
    return;
  }
  add(margin(s, sight_.window->lit, touch_ - s), out);
  for (const Vec3d& n : sides_of(s, rectangle(*sight_.window->facet, sight_.window->lit, r - s)))
    add(dot(n, unit(touch_ - s)), out);
}

void FacetLook::add_pair(const scene::Facet& plane, const Outline& o, std::vector<float>& out) const {
  const Vec3d &s = sight_.source, &r = sight_.target;
  // in the way from the source, behind the window
  add_margin(margin(s, o, touch_ - s), out);
  const double before = cut(plane, s, touch_);
  add(before < 0 ? -1 : sharp(std::min(before - to_window_, 1 - before)), out);
  add_extents(s, from_source_, o, out);
  add_reach(facet_, source_side_, length_, o, out);
  if (sight_.window) {
    add_reach(*sight_.window->facet, distance(*sight_.window->facet, s) < 0 ? 1 : -1, length_, o, out);
  } else {
    out.insert(out.end(), 2, 0.0F);
  }
  // in the way to the target
  add_margin(margin(r, o, touch_ - r), out);
  const double after = cut(plane, r, touch_);
  add(after < 0 ? -1 : sharp(std::min(after, 1 - after)), out);
  // as the one after this
  add_extents(image_, from_image_, o, out);
  const double side = distance(plane, image_) < 0 ? -1 : 1;
  add(squash(side * distance(plane, image_) / length_), out), add(squash(side * distance(plane, r) / length_), out);
  const Vec3d image = mirror(image_, plane);
  add_margin(margin(image, o, r - image), out);
  const double at = cut(plane, image, r);
  const Vec3d touch = at >= 0 ? image + at * (r - image) : o.center;
  add_margin(margin(image_, lit_, touch - image_), out);
  add(1 / (1 + norm(o.center - lit_.center) / length_), out);
  for (const int n : {1, 2, 3}) out.push_back(sight_.remaining == n || (n == 3 && sight_.remaining > n) ? 1.0F : 0.0F);
}

}  // namespace raywave::paths
