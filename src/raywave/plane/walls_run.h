// SPDX-License-Identifier: Apache-2.0
// Of walls_kernel.cpp alone: four points through one sequence, and the adjoint of that.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "raywave/core/constants.h"
#include "raywave/plane/walls_kernel.h"

namespace raywave::plane {
namespace lanes {

typedef double V __attribute__((vector_size(32)));
typedef int64_t M __attribute__((vector_size(32)));
constexpr size_t kLanes = 4;
#define RAYWAVE_INLINE [[gnu::always_inline]] inline

RAYWAVE_INLINE V all(double x) { return V{x, x, x, x}; }
RAYWAVE_INLINE V choose(const M& m, const V& a, const V& b) { return m ? a : b; }
RAYWAVE_INLINE V where(const M& m, const V& a) { return m ? a : all(0); }
RAYWAVE_INLINE V least(const V& a, const V& b) {
#ifdef __AVX__
  return __builtin_ia32_minpd256(b, a);  // b < a ? b : a
#else
  return choose(b < a, b, a);
#endif
}
RAYWAVE_INLINE V size(const V& a) { return choose(a < all(0), -a, a); }
RAYWAVE_INLINE bool any(const M& m) {
#ifdef __AVX__
  return __builtin_ia32_movmskpd256(V(m)) != 0;
#else
  return (m[0] | m[1] | m[2] | m[3]) != 0;
#endif
}
RAYWAVE_INLINE V root(const V& a) {
#ifdef __AVX__
  return __builtin_ia32_sqrtpd256(a);
#else
  return V{std::sqrt(a[0]), std::sqrt(a[1]), std::sqrt(a[2]), std::sqrt(a[3])};
#endif
}
RAYWAVE_INLINE V load(const double* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
RAYWAVE_INLINE void store(const V& v, double* p) { std::memcpy(p, &v, sizeof v); }
RAYWAVE_INLINE double sum(const V& a) { return (a[0] + a[1]) + (a[2] + a[3]); }

struct P {
  V x, y;
};
RAYWAVE_INLINE P operator+(const P& a, const P& b) { return {a.x + b.x, a.y + b.y}; }
RAYWAVE_INLINE P operator-(const P& a, const P& b) { return {a.x - b.x, a.y - b.y}; }
RAYWAVE_INLINE P operator*(const V& s, const P& a) { return {s * a.x, s * a.y}; }
RAYWAVE_INLINE V dot(const P& a, const P& b) { return a.x * b.x + a.y * b.y; }
RAYWAVE_INLINE P all(Vec2d p) { return {all(p.x), all(p.y)}; }

}  // namespace lanes
using namespace lanes;

/// One task: the arrays of a path, and the sums of its adjoints.
struct WallsRun {
  const WallsKernel& k;
  std::span<const int32_t> objects;  // of the candidate at hand, from the fixed end on
  const Vec2d* images;
  size_t n = 0;
  // the path
  std::array<P, kMaxOrder + 2> at{};
  std::array<V, kMaxOrder> t{}, step{}, un{};
  std::array<V, kMaxOrder + 1> stretch{};
  V length{}, square{}, margin{}, on{}, clear{}, lawful{};  // square of the length
  M alive{};
  // adjoints
  std::array<P, kMaxOrder + 2> at_bar{};
  std::array<P, kMaxOrder> image_bar{};
  std::vector<std::array<V, 4>> ends_bar;
  P fixed_bar{};
  V r_bar{}, h_bar{}, alpha_bar{};
  V weight{};  // of each point in those sums; at_bar has none

  bool values_alone = false;  // no derivative is asked for

  explicit WallsRun(const WallsKernel& kernel) : k(kernel), ends_bar(kernel.walls_.size()) {
    for (auto& e : ends_bar) e.fill(all(0));
    fixed_bar = {all(0), all(0)};
    r_bar = h_bar = alpha_bar = all(0);
  }

  double inverse_square(size_t step_) const { return wall(step_).inverse_square; }
  P a(size_t step_) const { return all(Vec2d{wall(step_).ax, wall(step_).ay}); }
  const WallsKernel::Wall& wall(size_t step_) const { return k.walls_[size_t(objects[step_])]; }
  P along(size_t step_) const { return all(Vec2d{wall(step_).bx - wall(step_).ax, wall(step_).by - wall(step_).ay}); }

  /// The places; false where no point can have a share.
  RAYWAVE_INLINE bool places(const P& moving) {
    at[0] = all(k.fixed_), at[n + 1] = moving;
    on = all(1e300);
    for (size_t i = n; i-- > 0;) {
      const P o = a(i), d = along(i), normal{d.y, -d.x}, next = at[i + 2], u = next - all(images[i]);
      un[i] = dot(u, normal);
      step[i] = where(un[i] != all(0), dot(o - next, normal) / un[i]);
      at[i + 1] = next + step[i] * u;
      t[i] = dot(at[i + 1] - o, d) * all(inverse_square(i));
      on = least(on, least(t[i], all(1) - t[i]));
      if (!any(on >= all(k.cut_))) return false;
    }
    // A mirror's law holds, or the ray passes through instead and is off by (2 cos)^2 summed to 4.
    V loss = all(0);
    for (size_t i = 0; i < n; ++i) {
      const P d = along(i), normal{d.y, -d.x};
      const V in = dot(at[i + 1] - at[i], normal), out = dot(at[i + 2] - at[i + 1], normal);
      // one along the wall has no place on it
      const P before = at[i + 1] - at[i], after = at[i + 2] - at[i + 1];
      const V along_wall = all(kAlong * kAlong / inverse_square(i));
      const M turns = (in * in > along_wall * dot(before, before)) & (out * out > along_wall * dot(after, after));
      loss = loss + where(~((in * out < all(0)) & turns), all(4));
    }
    lawful = all(kLossTolerance) - loss;
    alive = (lawful > all(k.cut_)) & (on >= all(k.cut_));
    return any(alive);
  }

  /// Lengths, and paths with a stretch of none.
  RAYWAVE_INLINE void lengths() {
    if (values_alone && !k.options_.trace.approx) {
      // what still holds runs straight from the last image
      const P whole = at[n + 1] - all(n == 0 ? k.fixed_ : images[n - 1]);
      square = dot(whole, whole);
      if (needs_length()) length = root(square);
      const V shortest = all(kShortest * kShortest) * square;
      for (size_t i = 0; n > 0 && i <= n; ++i) {
        const P s = at[i + 1] - at[i];
        alive &= dot(s, s) > shortest;
      }
      return;
    }
    length = all(0);
    for (size_t i = 0; i <= n; ++i) {
      const P s = at[i + 1] - at[i] + P{all(kStretchOffset), all(kStretchOffset)};
      stretch[i] = root(dot(s, s));
      length = length + stretch[i];
    }
    square = length * length;
    const V shortest = all(kShortest) * length;
    for (size_t i = 0; n > 0 && i <= n; ++i) lawful = choose(stretch[i] > shortest, lawful, all(kLossTolerance - 4));
  }

  struct Crossing {
    P along, back, from;
    V inverse, u, w, c;
    M parallel;
  };
  RAYWAVE_INLINE Crossing cross(size_t i, const WallsKernel::Wall& w) const {
    Crossing r;
    r.along = at[i + 1] - at[i];
    r.back = all(Vec2d{w.ax - w.bx, w.ay - w.by});
    r.from = at[i] - all(Vec2d{w.ax, w.ay});
    const V d = r.along.y * r.back.x - r.along.x * r.back.y, e = all(kCrossTolerance), one = all(1);
    r.parallel = d * d <= all(kAlong * kAlong) * dot(r.along, r.along) * dot(r.back, r.back);
    r.inverse = one / d;
    r.u = (r.back.y * r.from.x - r.back.x * r.from.y) * r.inverse;
    r.w = (r.along.x * r.from.y - r.along.y * r.from.x) * r.inverse;
    r.c = least(least(r.u + e, one + e - r.u), least(r.w + e, one + e - r.w));
    r.c = choose(r.parallel, all(-1e300), r.c);
    return r;
  }

  /// A stretch of the candidate at hand and an object that may cross it. `above`: s = normal . (p - a), its sign so
  /// that the stretch's beginning (of an inner one both ends) is at s > 0, between lo and hi.
  struct Job {
    size_t stretch;
    Vec2d a, back, normal;
    double lo, hi;
    bool
        apart;  // inner: cannot be crossed while the places are well on their walls; last: the beginning is on one side
    int32_t object;
  };
  std::vector<Job> jobs;
  bool started = false;

  // While the places are this far from the ends of their walls, as shares of them,
  static constexpr double kWellOn = 0.05;
  // and a stretch made longer by this at both ends does not reach the object's line, its crossing condition is above
  // 1e-2, so never the least: that of the loss is not above it.
  static constexpr double kReach = 0.016;
  static_assert(kReach > kCrossTolerance + kLossTolerance);

  /// The points that stretch ends at: those of a wall well on it, or the fixed end.
  std::array<Vec2d, 2> ends_of(size_t vertex) const {
    if (vertex == 0) return {k.fixed_, k.fixed_};
    const auto& w = wall(vertex - 1);
    const Vec2d p{w.ax, w.ay}, q{w.bx, w.by};
    return {p + kWellOn * (q - p), q - kWellOn * (q - p)};
  }

  Job job_of(size_t i, int32_t j) const {
    const auto& w = k.walls_[size_t(j)];
    Job job{i, {w.ax, w.ay}, {w.ax - w.bx, w.ay - w.by}, {w.by - w.ay, w.ax - w.bx}, 0, 0, false, j};
    const auto side = [&](Vec2d p) { return job.normal.x * (p.x - job.a.x) + job.normal.y * (p.y - job.a.y); };
    if (side(ends_of(i)[0]) < 0) job.normal = {-job.normal.x, -job.normal.y};
    job.lo = std::min(side(ends_of(i)[0]), side(ends_of(i)[1]));
    job.hi = std::max(side(ends_of(i)[0]), side(ends_of(i)[1]));
    job.apart = job.lo > 0;
    for (const Vec2d q : i < n ? ends_of(i + 1) : ends_of(i)) {
      const double s = side(q);
      if (i < n) job.apart = job.apart && (1 + kReach) * s > kReach * job.hi && (1 + kReach) * job.lo > kReach * s;
    }
    return job;
  }

  void take(std::span<const int32_t> sequence, const Vec2d* image) {
    objects = sequence, n = sequence.size(), images = image;
    started = false;
  }
  /// What whole paths need, made when the first one is looked at.
  void start() {
    if (started) return;
    started = true;
    jobs.clear();
    for (size_t i = 0; i <= n; ++i) {
      for (const int32_t j : k.blocking_)
        if (!touches(objects, i, j)) jobs.push_back(job_of(i, j));
    }
  }

  /// Is the job's condition never the least one, at any point that is still alive?
  RAYWAVE_INLINE bool idle(const Job& job, bool well_on) const {
    if (!job.apart || !well_on) return false;
    if (job.stretch < n) return true;
    const P q = at[n + 1] - all(job.a);
    const V s = all(job.normal.x) * q.x + all(job.normal.y) * q.y, reach = all(1 + kReach);
    return !any(alive & ((reach * s <= all(kReach * job.hi)) | (all((1 + kReach) * job.lo) <= all(kReach) * s)));
  }

  /// Is the stretch crossed? The same as cross(...).c >= 0 without its division.
  RAYWAVE_INLINE M crossed(const P& from_, const P& along_, V along_square, const Job& job) const {
    const P back = all(job.back), from = from_ - all(job.a);
    const V dx = along_.y * back.x, dy = along_.x * back.y, d = dx - dy, reach = all(1 + 2 * kCrossTolerance) * size(d);
    const V nu = back.y * from.x - back.x * from.y, nw = along_.x * from.y - along_.y * from.x;
    return (size(nu + nu - d) <= reach) & (size(nw + nw - d) <= reach) &
           (d * d > along_square * all(kAlong * kAlong * dot(job.back, job.back)));
  }

  /// All conditions; false where no point can have a share.
  RAYWAVE_INLINE bool conditions() {
    clear = all(1e300);
    size_t stretch_ = 0;
    P from = at[0], along_ = at[1] - at[0];
    V along_square = dot(along_, along_);
    const bool well_on = n == 0 || !any(alive & (on < all(kWellOn)));
    for (const Job& job : jobs) {
      if (job.stretch != stretch_) {
        if (!any(alive)) return false;
        stretch_ = job.stretch, from = at[stretch_], along_ = at[stretch_ + 1] - from;
        along_square = dot(along_, along_);
      }
      if (idle(job, well_on)) continue;
      if (!k.options_.trace.approx) {
        alive &= ~crossed(from, along_, along_square, job);
      } else {
        clear = least(clear, -cross(job.stretch, k.walls_[size_t(job.object)]).c);
      }
    }
    if (k.options_.trace.approx) alive &= clear >= all(k.cut_);
    if (!any(alive)) return false;
    lengths();
    margin = least(on, least(clear, lawful));
    return true;
  }

  RAYWAVE_INLINE V validity(V& slope) const {
    const TraceOptions& o = k.options_.trace;
    slope = all(0);
    if (!o.approx) return where(alive & (lawful > all(0)), all(1));
    const V z = all(k.alpha_) * margin;
    if (o.function == Activation::kHardSigmoid) {
      const M high = z<all(3), low = z> all(-3);
      slope = where(high & low, all(1.0 / 6));
      return choose(low, choose(high, (z + all(3)) / all(6), all(1)), all(0));
    }
    V s{};
    for (size_t i = 0; i < kLanes; ++i) s[i] = activation(Activation::kSigmoid, z[i]);
    slope = s * (all(1) - s);
    return s;
  }

  bool needs_length() const {
    return k.options_.function == PathFunction::kLength || k.options_.function == PathFunction::kDelay;
  }

  /// f of points where the path surely holds.
  RAYWAVE_INLINE V sure(const P& moving) {
    const P whole = moving - all(n == 0 ? k.fixed_ : images[n - 1]);
    square = dot(whole, whole);
    if (needs_length()) length = root(square);
    V slope;
    return function(slope);
  }

  /// f and its slope by the length.
  RAYWAVE_INLINE V function(V& slope) const {
    slope = all(0);
    switch (k.options_.function) {
      case PathFunction::kLength:
        slope = all(1);
        return length;
      case PathFunction::kDelay:
        slope = all(1 / kSpeedOfLight);
        return length / all(kSpeedOfLight);
      case PathFunction::kReceivedPower: {
        double p = 1;
        for (size_t i = 0; i < n; ++i) p = p * k.r_coef_;
        const V d = all(k.height_ * k.height_) + square, f = all(p) / d;
        slope = all(-2) * length * f / d;
        return f;
      }
      default:
        return all(1);
    }
  }

  RAYWAVE_INLINE void add_end(size_t object, size_t end, const P& bar) {
    ends_bar[object][2 * end] += weight * bar.x, ends_bar[object][2 * end + 1] += weight * bar.y;
  }

  /// Weight of the margin to what attains it, equal shares.
  RAYWAVE_INLINE void margin_adjoint(const V& bar) {
    V count = where(margin == lawful, all(1));
    for (size_t i = 0; i < n; ++i)
      count = count + where(margin == t[i], all(1)) + where(margin == all(1) - t[i], all(1));
    const M by_crossing = margin == clear;
    const bool crossed = any(by_crossing);
    const V e = all(kCrossTolerance), one = all(1);
    const auto each_crossing = [&](const auto& visit) {
      for (size_t i = 0; crossed && i <= n; ++i) {
        for (const int32_t j : k.blocking_) {
          if (touches(objects, i, j)) continue;
          const Crossing r = cross(i, k.walls_[size_t(j)]);
          const M here = -r.c == margin;
          if (any(here)) visit(i, j, r, here);
        }
      }
    };
    each_crossing([&](size_t, int32_t, const Crossing& r, const M& here) {
      for (const V& term : {r.u + e, one + e - r.u, r.w + e, one + e - r.w})
        count = count + where(here & (term == r.c), one);
    });
    const V part = bar / count;
    for (size_t i = 0; i < n; ++i) {
      const V t_bar = where(margin == t[i], part) - where(margin == one - t[i], part);
      const P d = along(i);
      const V dd = dot(d, d), scaled = t_bar / dd;
      const P x_bar = scaled * d;
      const P d_bar = scaled * (at[i + 1] - a(i)) - (all(2) * scaled * t[i]) * d;
      at_bar[i + 1] = at_bar[i + 1] + x_bar;
      add_end(size_t(objects[i]), 0, P{-x_bar.x - d_bar.x, -x_bar.y - d_bar.y});
      add_end(size_t(objects[i]), 1, d_bar);
    }
    each_crossing([&](size_t i, int32_t j, const Crossing& r, const M& here) {
      // the margin is minus the terms
      const V u_bar = where(here & (one + e - r.u == r.c), part) - where(here & (r.u + e == r.c), part);
      const V w_bar = where(here & (one + e - r.w == r.c), part) - where(here & (r.w + e == r.c), part);
      const V nu = where(here, u_bar * r.inverse), nw = where(here, w_bar * r.inverse);
      const V d = where(here, -(u_bar * r.u + w_bar * r.w) * r.inverse);
      const P back{d * r.along.y - nu * r.from.y, nu * r.from.x - d * r.along.x};
      const P from{nu * r.back.y - nw * r.along.y, nw * r.along.x - nu * r.back.x};
      const P direction{nw * r.from.y - d * r.back.y, d * r.back.x - nw * r.from.x};
      at_bar[i + 1] = at_bar[i + 1] + direction;
      at_bar[i] = at_bar[i] + (from - direction);
      add_end(size_t(j), 0, back - from);
      add_end(size_t(j), 1, P{-back.x, -back.y});
    });
  }

  /// From the adjoints of length and margin to those of both ends, walls, images.
  RAYWAVE_INLINE void adjoint(const V& length_bar, const V& margin_bar) {
    for (size_t i = 0; i <= n + 1; ++i) at_bar[i] = {all(0), all(0)};
    for (size_t i = 0; i <= n; ++i) {
      const V s = where(stretch[i] > all(0), length_bar / stretch[i]);
      const P e = s * (at[i + 1] - at[i] + P{all(kStretchOffset), all(kStretchOffset)});
      at_bar[i + 1] = at_bar[i + 1] + e, at_bar[i] = at_bar[i] - e;
    }
    if (any(margin_bar != all(0))) margin_adjoint(margin_bar);
    for (size_t i = 0; i < n; ++i) {
      const P bar = at_bar[i + 1], o = a(i), d = along(i), normal{d.y, -d.x}, next = at[i + 2],
              u = next - all(images[i]);
      const V inverse = where(un[i] != all(0), all(1) / un[i]);
      const V s_bar = dot(bar, u), nn = s_bar * inverse, un_bar = -s_bar * step[i] * inverse;
      const P u_bar = step[i] * bar + un_bar * normal, normal_bar = un_bar * u + nn * (o - next);
      const P d_bar{-normal_bar.y, normal_bar.x}, o_bar = nn * normal;
      at_bar[i + 2] = at_bar[i + 2] + bar + u_bar - o_bar;
      image_bar[i] = image_bar[i] - weight * u_bar;
      add_end(size_t(objects[i]), 0, o_bar - d_bar);
      add_end(size_t(objects[i]), 1, d_bar);
    }
    fixed_bar = fixed_bar + weight * at_bar[0];
  }
};

}  // namespace raywave::plane
