// SPDX-License-Identifier: Apache-2.0
// One path in the plane over any scalar T (double, Dual, Var): places on objects, laws of interaction, conditions.
//
// A path holds when (a) each place is on its object, 0 <= t <= 1, (b) no stretch crosses another object, (c) the sum of
// the squared residuals of its laws (the loss) is below 1e-2. Each condition is a number, positive where it holds:
//   (a) t and 1 - t,
//   (b) for each stretch p q and object a b not at its ends, minus the smallest of u + e, 1 + e - u, w + e, 1 + e - w;
//       u and w are where the lines cross as shares of p q and of a b, and e = 0.005: both are taken a little longer,
//       in shares of their own length, so that a ray does not slip through the joint of two walls,
//   (c) 1e-2 - loss.
// The margin of a path is the least of them. Hard: it holds or not. Smoothed: validity = s(alpha margin), s the sigmoid
// 1 / (1 + exp(-z)) or the hard sigmoid min(max(z + 3, 0), 6) / 6. As both rise, this is what min, max and 1 - s of the
// single conditions give. Its slope is that of the least condition; where several are equally small, the mean of
// theirs, so that symmetric scenes have symmetric slopes. A path with a stretch of no length (two places at one corner)
// has no direction there, one along a wall that it touches no place on it: neither holds.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/plane/own_law.h"
#include "raywave/plane/scene2d.h"

namespace raywave::plane {

inline constexpr double kLossTolerance = 1e-2;    // of a sum of squares of differences of unit vectors
inline constexpr double kCrossTolerance = 0.005;  // share of a length
inline constexpr double kShortest = 1e-9;         // share of a path's length that a stretch must have to be one
inline constexpr double kParallel = 1e-13;        // of a cross product's two terms: some hundred roundings
/// Radians between a stretch and a wall that it runs along: above what rounding turns a metre by, a thousand kilometres
/// from the origin (1e-10), and a micrometre over a kilometre.
inline constexpr double kAlong = 1e-9;
inline constexpr int kMaxOrder = 15;

enum class Activation : uint8_t { kSigmoid, kHardSigmoid };

template <class T>
T activation(Activation function, const T& z) {
  using std::exp;
  if (function == Activation::kHardSigmoid) {
    if (!(z > T(-3))) return T(0);
    if (!(z < T(3))) return T(1);
    return (z + T(3)) / T(6);
  }
  if (z > T(0)) return T(1) / (T(1) + exp(-z));
  const T e = exp(z);
  return e / (T(1) + e);
}

/// An object's numbers over T.
template <class T>
struct ObjectOver {
  const Object* object;
  const T* n;

  Vec2<T> a() const { return {n[0], n[1]}; }
  Vec2<T> b() const { return {n[2], n[3]}; }
};

/// A scene's numbers over T.
template <class T>
struct SceneOver {
  const Scene2D* scene;
  const Layout* layout;
  const T* n;

  ObjectOver<T> object(int i) const { return {&scene->objects[size_t(i)], n + layout->object_begin[size_t(i)]}; }
  Vec2<T> transmitter(size_t i) const { return {n[layout->tx_begin + 2 * i], n[layout->tx_begin + 2 * i + 1]}; }
  Vec2<T> receiver(size_t i) const { return {n[layout->rx_begin + 2 * i], n[layout->rx_begin + 2 * i + 1]}; }
};

/// The place t of an object.
template <class T>
Vec2<T> place(const ObjectOver<T>& o, const T& t) {
  using std::cos;
  using std::sin;
  if (o.object->kind == Kind::kCorner) return o.a();
  if (o.object->kind == Kind::kArc) {
    const T angle = o.n[3] + t * (o.n[4] - o.n[3]);
    return {o.n[0] + o.n[2] * cos(angle), o.n[1] + o.n[2] * sin(angle)};
  }
  return {o.n[0] + t * (o.n[2] - o.n[0]), o.n[1] + t * (o.n[3] - o.n[1])};
}

/// The share t of a place on a straight object.
template <class T>
T share(const ObjectOver<T>& o, const Vec2<T>& at) {
  const Vec2<T> along = o.b() - o.a();
  return dot(at - o.a(), along) / dot(along, along);
}

/// p mirrored by the line through a straight object. Not divided by the normal's length: exact for walls on axes.
template <class T>
Vec2<T> mirrored(const ObjectOver<T>& o, const Vec2<T>& p) {
  const Vec2<T> t = o.b() - o.a(), normal{t.y, -t.x};
  const T k = T(2) * dot(p - o.a(), normal) / dot(normal, normal);
  return p - k * normal;
}

/// d/ds of a panel's profile at the place t.
template <class T>
T profile_slope(const ObjectOver<T>& o, const T& t) {
  const T s = t * length(o.b() - o.a());
  T sum(0);
  for (size_t j = o.object->profile_m.size(); j-- > 1;) sum = sum * s + T(double(j)) * o.n[4 + j];
  return sum;
}
template <class T>
T profile(const ObjectOver<T>& o, const T& t) {
  const T s = t * length(o.b() - o.a());
  T sum(0);
  for (size_t j = o.object->profile_m.size(); j-- > 0;) sum = sum * s + o.n[4 + j];
  return sum;
}

namespace laws_detail {

template <class T>
Vec2<T> mirror_residual(const Vec2<T>& in, const Vec2<T>& out, const Vec2<T>& normal) {
  const T k = T(2) * dot(in, normal);
  return {out.x - (in.x - k * normal.x), out.y - (in.y - k * normal.y)};
}

/// A bounce with a leg of no length (a device on the object) has no direction: laws are not asked, and it is as far off
/// as a ray that turns back.
template <class T>
bool has_no_leg(const std::array<Vec2<T>, 3>& p) {
  const auto same = [](const Vec2<T>& a, const Vec2<T>& b) {
    return ad::value_of(a.x) == ad::value_of(b.x) && ad::value_of(a.y) == ad::value_of(b.y);
  };
  return same(p[0], p[1]) || same(p[1], p[2]);
}

/// From the slopes that a law gives, by the chain rule.
inline Vec2d own_residual(const ObjectOver<double>& o, const std::array<Vec2d, 3>& p) {
  const Object& object = *o.object;
  if (has_no_leg(p)) return {2, 0};
  std::array<double, 64> x{};
  const size_t width = 10 + object.own.size();
  if (width > x.size()) throw Error(message("own object '", object.name, "' has more than 54 numbers"));
  for (size_t i = 0; i < 3; ++i) x[2 * i] = p[i].x, x[2 * i + 1] = p[i].y;
  for (size_t i = 6; i < width; ++i) x[i] = o.n[i - 6];
  Vec2d r;
  object.law->evaluate(1, x.data(), &r.x, nullptr);
  if (!std::isfinite(r.x) || !std::isfinite(r.y))
    throw Error(
        message("own object '", object.name, "': its residual is not finite at (", p[1].x, ", ", p[1].y, ") m"));
  return r;
}
template <class T>
Vec2<T> own_residual(const ObjectOver<T>& o, const std::array<Vec2<T>, 3>& p) {
  const Object& object = *o.object;
  if (has_no_leg(p)) return {T(2), T(0)};
  const size_t width = 10 + object.own.size();
  std::array<T, 64> x;
  std::array<double, 64> at{};
  std::array<double, 128> slopes{};
  if (width > x.size()) throw Error(message("own object '", object.name, "' has more than 54 numbers"));
  for (size_t i = 0; i < 3; ++i) x[2 * i] = p[i].x, x[2 * i + 1] = p[i].y;
  for (size_t i = 6; i < width; ++i) x[i] = o.n[i - 6];
  for (size_t i = 0; i < width; ++i) at[i] = ad::value_of(x[i]);
  double r[2];
  object.law->evaluate(1, at.data(), r, slopes.data());
  Vec2<T> out{T(r[0]), T(r[1])};
  for (size_t i = 0; i < width; ++i) {
    if (!std::isfinite(slopes[i]) || !std::isfinite(slopes[width + i]))
      throw Error(message("own object '", object.name, "': the slopes of its residual are not finite"));
    const T moved = x[i] - T(at[i]);  // 0, with the slope of x
    out.x = out.x + T(slopes[i]) * moved, out.y = out.y + T(slopes[width + i]) * moved;
  }
  return out;
}

}  // namespace laws_detail

/// What vanishes where the object's law holds for a ray from p[0] by p[1], its place t, to p[2].
template <class T>
Vec2<T> residual(const ObjectOver<T>& o, const T& t, const std::array<Vec2<T>, 3>& p) {
  using std::cos;
  using std::sin;
  const Vec2<T> in = unit(p[1] - p[0]), out = unit(p[2] - p[1]);
  switch (o.object->kind) {
    case Kind::kCorner:
      return {T(0), T(0)};
    case Kind::kArc: {
      const T angle = o.n[3] + t * (o.n[4] - o.n[3]);
      return laws_detail::mirror_residual(in, out, {cos(angle), sin(angle)});
    }
    case Kind::kOwn:
      return laws_detail::own_residual(o, p);
    default:
      break;
  }
  const Vec2<T> along = unit(o.b() - o.a()), normal{along.y, -along.x};
  if (o.object->kind == Kind::kWall) return laws_detail::mirror_residual(in, out, normal);
  if (o.object->kind == Kind::kRis) return {cross(normal, out) - sin(o.n[4]), -dot(out, normal) - cos(o.n[4])};
  // panel: the optical path, lengths and profile, is stationary in t; and the ray stays on its side
  const T sides = dot(in, normal) * dot(out, normal);
  return {dot(in - out, along) + profile_slope(o, t), sides > T(0) ? dot(out, normal) : T(0)};
}

/// The crossing condition (b) of the stretch p q and an object, before its sign: the four numbers for a straight one.
template <class T>
std::array<T, 4> crossing_terms(const ObjectOver<T>& o, const Vec2<T>& p, const Vec2<T>& q) {
  const Vec2<T> along = q - p, back = o.a() - o.b(), from = p - o.a();
  const T d = along.y * back.x - along.x * back.y, e(kCrossTolerance), inverse = T(1) / d;
  const T u = (back.y * from.x - back.x * from.y) * inverse, w = (along.x * from.y - along.y * from.x) * inverse;
  return {u + e, T(1) + e - u, w + e, T(1) + e - w};
}
/// The same for an arc, where its line crosses the circle the first (root 0) or second time; false: it does not.
template <class T>
bool arc_terms(const ObjectOver<T>& o, const Vec2<T>& p, const Vec2<T>& q, int root, std::array<T, 4>& terms) {
  using std::atan2;
  using std::sqrt;
  const Vec2<T> along = q - p, from = p - o.a();
  const T aa = dot(along, along), ab = dot(along, from), disc = ab * ab - aa * (dot(from, from) - o.n[2] * o.n[2]);
  if (!(disc > T(0)) || !(aa > T(0))) return false;
  const T u = (root == 0 ? -ab - sqrt(disc) : sqrt(disc) - ab) / aa, e(kCrossTolerance);
  const Vec2<T> at = from + u * along;
  const T turn = o.n[4] - o.n[3];
  T angle = atan2(at.y, at.x) - o.n[3];
  // next to the arc's middle, by whole turns
  const double half = 0.5 * ad::value_of(turn), whole = 2 * kPi;
  angle = angle - T(whole * std::round((ad::value_of(angle) - half) / whole));
  const T w = angle / turn;
  terms = {u + e, T(1) + e - u, w + e, T(1) + e - w};
  return true;
}

/// Do these vectors point the same way or opposite ones, within the rounding of their product?
inline bool parallel(Vec2d p, Vec2d q) {
  const double x = p.x * q.y, y = p.y * q.x;
  return std::abs(x - y) <= kParallel * (std::abs(x) + std::abs(y));
}

/// Does a stretch run along a line? It then does not cross it, and has no place on it.
inline bool runs_along(Vec2d stretch, Vec2d line) {
  const double turn = cross(stretch, line);
  return turn * turn <= kAlong * kAlong * dot(stretch, stretch) * dot(line, line);
}

/// How deep a stretch crosses an object: the smallest of the four, -infinity for parallel ones.
inline double crossing(const ObjectOver<double>& o, Vec2d p, Vec2d q) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const auto least = [](const std::array<double, 4>& t) {
    return std::min(std::min(t[0], t[1]), std::min(t[2], t[3]));
  };
  if (o.object->kind == Kind::kCorner) return kNever;
  if (o.object->kind == Kind::kArc) {
    double most = kNever;
    for (int root = 0; root < 2; ++root) {
      std::array<double, 4> t;
      if (arc_terms(o, p, q, root, t)) most = std::max(most, least(t));
    }
    return most;
  }
  if (runs_along(q - p, o.a() - o.b())) return kNever;
  return least(crossing_terms(o, p, q));
}

/// The places of a path: both ends and between them what it touches.
template <class T>
struct Places {
  int order = 0;
  std::array<Vec2<T>, kMaxOrder + 2> at;
  std::array<T, kMaxOrder> t;  // on each object
};

inline const Vec2d& plain(const Vec2d& p) { return p; }
template <class T>
Vec2d plain(const Vec2<T>& p) {
  return {ad::value_of(p.x), ad::value_of(p.y)};
}

/// By images: straight objects mirror. Objects whose law is another keep the place that a mirror would give, and the
/// loss says so.
template <class T>
Places<T> image_places(const SceneOver<T>& s, const Vec2<T>& tx, const Vec2<T>& rx, std::span<const int32_t> objects) {
  Places<T> out;
  out.order = int(objects.size());
  std::array<Vec2<T>, kMaxOrder + 1> image;
  image[0] = tx;
  for (size_t k = 0; k < objects.size(); ++k) {
    const auto o = s.object(objects[k]);
    image[k + 1] = o.object->kind == Kind::kCorner ? o.a() : mirrored(o, image[k]);
  }
  out.at[0] = tx, out.at[objects.size() + 1] = rx;
  for (size_t k = objects.size(); k-- > 0;) {
    const auto o = s.object(objects[k]);
    const Vec2<T> next = out.at[k + 2], u = next - image[k + 1], t = o.b() - o.a(), normal{t.y, -t.x};
    const T un = dot(u, normal);
    const T step = un == T(0) ? T(0) : dot(o.a() - next, normal) / un;
    out.at[k + 1] = next + step * u;
    out.t[k] = share(o, out.at[k + 1]);
  }
  return out;
}

template <class T>
T loss_of(const SceneOver<T>& s, std::span<const int32_t> objects, const Places<T>& p) {
  T sum(0);
  for (size_t k = 0; k < objects.size(); ++k) {
    const Vec2<T> r = residual(s.object(objects[k]), p.t[k], {p.at[k], p.at[k + 1], p.at[k + 2]});
    sum = sum + dot(r, r);
  }
  return sum;
}

/// Added to both coordinates of every stretch, as DiffeRT2d does, so that lengths of 0 have a slope. It is what a
/// symmetric start of an optimisation goes by: its published path depends on it.
inline constexpr double kStretchOffset = 0x1p-52;

template <class T>
T length_of(const Places<T>& p) {
  const T offset(kStretchOffset);
  T sum(0);
  for (size_t k = 0; k <= size_t(p.order); ++k) {
    const Vec2<T> v = p.at[k + 1] - p.at[k];
    sum = sum + length(Vec2<T>{v.x + offset, v.y + offset});
  }
  return sum;
}

/// Has it a stretch of no length, or one along a wall that it touches, and so no place there?
inline bool degenerate(const SceneOver<double>& s, std::span<const int32_t> objects, const Places<double>& p) {
  if (p.order == 0) return false;  // a receiver at its transmitter
  for (size_t k = 0; k < objects.size(); ++k) {
    const auto o = s.object(objects[k]);
    if (o.object->kind != Kind::kWall) continue;
    const Vec2d line = o.b() - o.a();
    if (runs_along(p.at[k + 1] - p.at[k], line) || runs_along(p.at[k + 2] - p.at[k + 1], line)) return true;
  }
  const double whole = length_of(p);
  for (size_t k = 0; k <= size_t(p.order); ++k)
    if (!(length(p.at[k + 1] - p.at[k]) > kShortest * whole)) return true;
  return false;
}

/// A condition of a path.
struct Condition {
  enum Kind : uint8_t { kBegin, kEnd, kCross, kLoss } kind = kLoss;
  int16_t step = 0;            // of a place or a stretch
  int16_t term = 0, root = 0;  // of a crossing
  int32_t object = -1;
};

/// What the conditions of a path come to.
struct Verdict {
  double on = 1e300;             // least of (a); must be >= 0
  double clear = 1e300;          // least of (b); must be > 0
  double lawful = 0;             // (c); must be > 0
  std::vector<Condition> least;  // those that are equal to the margin, when asked for
  double margin() const { return std::min(on, std::min(clear, lawful)); }
  bool holds() const { return on >= 0 && clear > 0 && lawful > 0; }
};

inline bool touches(std::span<const int32_t> objects, size_t stretch, int32_t object) {
  return (stretch > 0 && objects[stretch - 1] == object) || (stretch < objects.size() && objects[stretch] == object);
}

Verdict judge(const SceneOver<double>& s, std::span<const int32_t> objects, const Places<double>& p, double loss,
              bool want_least);

/// One condition over T.
template <class T>
T condition(const SceneOver<T>& s, const Condition& c, const Places<T>& p, const T& loss) {
  const auto k = size_t(c.step);
  switch (c.kind) {
    case Condition::kBegin:
      return p.t[k];
    case Condition::kEnd:
      return T(1) - p.t[k];
    case Condition::kLoss:
      return T(kLossTolerance) - loss;
    case Condition::kCross:
      break;
  }
  const auto o = s.object(c.object);
  std::array<T, 4> terms;
  if (o.object->kind == plane::Kind::kArc) {
    if (!arc_terms(o, p.at[k], p.at[k + 1], c.root, terms)) return T(0);
  } else {
    terms = crossing_terms(o, p.at[k], p.at[k + 1]);
  }
  return -terms[size_t(c.term)];
}

/// The margin over T, given which conditions are least.
template <class T>
T margin_of(const SceneOver<T>& s, const Verdict& v, const Places<T>& p, const T& loss) {
  T sum(0);
  if (v.least.empty()) return T(v.margin());
  for (const Condition& c : v.least) sum = sum + condition(s, c, p, loss);
  return sum / T(double(v.least.size()));
}

/// r_coef^order / (height^2 + length^2)
template <class T>
T rough_power(const SceneOver<T>& s, int order, const T& length) {
  T p(1);
  for (int i = 0; i < order; ++i) p = p * s.n[Layout::kRCoef];
  return p / (s.n[Layout::kHeight] * s.n[Layout::kHeight] + length * length);
}

}  // namespace raywave::plane
