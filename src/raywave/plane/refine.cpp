// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/refine.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/random.h"

namespace raywave::plane {
namespace {

using ad::Dual;
constexpr int kN = kMaxOrder;

/// Solves a x = b in place for a symmetric positive semidefinite a [n, n] (row stride kN): pivots that vanish are taken
/// as no equation, so that their unknown stays.
void solve(int n, std::array<double, kN * kN>& a, std::array<double, kN>& b) {
  double trace = 0;
  for (int i = 0; i < n; ++i) trace += std::abs(a[size_t(i * kN + i)]);
  for (int i = 0; i < n; ++i) {
    const double pivot = a[size_t(i * kN + i)];
    if (!(pivot > 1e-14 * trace)) {
      b[size_t(i)] = 0;
      for (int j = 0; j < n; ++j) a[size_t(j * kN + i)] = a[size_t(i * kN + j)] = 0;
      a[size_t(i * kN + i)] = 1;
      continue;
    }
    for (int r = i + 1; r < n; ++r) {
      const double f = a[size_t(r * kN + i)] / pivot;
      for (int c = i; c < n; ++c) a[size_t(r * kN + c)] -= f * a[size_t(i * kN + c)];
      b[size_t(r)] -= f * b[size_t(i)];
    }
  }
  for (int i = n; i-- > 0;) {
    for (int c = i + 1; c < n; ++c) b[size_t(i)] -= a[size_t(i * kN + c)] * b[size_t(c)];
    b[size_t(i)] /= a[size_t(i * kN + i)];
  }
}

template <class T>
void set_places(const SceneOver<T>& s, std::span<const int32_t> objects, Places<T>& p) {
  for (size_t k = 0; k < objects.size(); ++k) {
    // by its coordinates: g++ 12.2 at -O2 drops the assignment of a whole point over Dual here
    const T t = p.t[k];
    const Vec2<T> at = place(s.object(objects[k]), t);
    p.at[k + 1].x = at.x, p.at[k + 1].y = at.y;
  }
}

template <class T>
Vec2<T> lift(const Vec2d& p) {
  return {T(p.x), T(p.y)};
}

// --- what vanishes at the solution: slopes of the length (fermat, one a place), residuals (min-path, two a place) ---

/// sqrt(|v|^2 + soft2) in place of lengths: no kink where two places meet.
template <class T>
Vec2<T> soft_unit(const Vec2<T>& v, double soft2) {
  using std::sqrt;
  if (soft2 == 0) return unit(v);
  const T l = sqrt(dot(v, v) + T(soft2));
  return {v.x / l, v.y / l};
}

template <class T>
T length_slope(const SceneOver<T>& s, std::span<const int32_t> objects, const Places<T>& p, size_t k,
               double soft2 = 0) {
  const auto o = s.object(objects[k]);
  if (o.object->kind == Kind::kCorner) return T(0);
  const Vec2<T> along = o.b() - o.a();
  T g = dot(along, soft_unit(p.at[k + 1] - p.at[k], soft2) - soft_unit(p.at[k + 2] - p.at[k + 1], soft2));
  if (o.object->kind == Kind::kPanel) g = g + length(along) * profile_slope(o, p.t[k]);
  return g;
}

template <class T>
Vec2<T> law_at(const SceneOver<T>& s, std::span<const int32_t> objects, const Places<T>& p, size_t k) {
  return residual(s.object(objects[k]), p.t[k], {p.at[k], p.at[k + 1], p.at[k + 2]});
}

/// Plain numbers of the scene over Dual, one a scene.
struct DualScene {
  std::vector<Dual> numbers;
  SceneOver<Dual> over;
  DualScene(const Scene2D& s, const Layout& l, std::span<const double> n)
      : numbers(n.begin(), n.end()), over{&s, &l, numbers.data()} {}
};

/// Rows of a system around the solution: values, and slopes by the places k - 1, k, k + 1.
struct Rows {
  int per_place = 1;
  std::array<double, 2 * kN> value{};
  std::array<std::array<double, 3>, 2 * kN> slope{};
};

Places<Dual> dual_places(const DualScene& d, std::span<const int32_t> objects, const Places<double>& p, size_t k,
                         size_t moved) {
  Places<Dual> out;
  out.order = p.order;
  for (size_t i = k; i <= k + 2; ++i) out.at[i] = lift<Dual>(p.at[i]);
  out.t[k] = p.t[k];
  if (moved != k) {
    const Dual t{p.t[moved], 1};
    out.at[moved + 1] = place(d.over.object(objects[moved]), t);
  } else {
    out.t[k].d = 1;
    out.at[k + 1] = place(d.over.object(objects[k]), out.t[k]);
  }
  return out;
}

Rows rows_of(const DualScene& d, Method method, std::span<const int32_t> objects, const Places<double>& p,
             double soft2 = 0) {
  Rows r;
  r.per_place = method == Method::kFermat ? 1 : 2;
  const size_t n = objects.size();
  for (size_t k = 0; k < n; ++k) {
    for (size_t which = 0; which < 3; ++which) {
      if (k + which < 1 || k + which > n) continue;
      const Places<Dual> moved = dual_places(d, objects, p, k, k + which - 1);
      if (r.per_place == 1) {
        const Dual g = length_slope(d.over, objects, moved, k, soft2);
        r.value[k] = g.v, r.slope[k][which] = g.d;
      } else {
        const Vec2<Dual> v = law_at(d.over, objects, moved, k);
        r.value[2 * k] = v.x.v, r.value[2 * k + 1] = v.y.v;
        r.slope[2 * k][which] = v.x.d, r.slope[2 * k + 1][which] = v.y.d;
      }
    }
  }
  return r;
}

/// The matrix and gradient of the step: of Newton (symmetric in exact arithmetic), or J^T J and J^T r.
void equations(const Rows& r, int n, std::array<double, kN * kN>& a, std::array<double, kN>& b) {
  a.fill(0), b.fill(0);
  const auto at = [&](int i, int j) -> double& { return a[size_t(i * kN + j)]; };
  for (int k = 0; k < n; ++k) {
    for (int c = 0; c < r.per_place; ++c) {
      const auto row = size_t(k * r.per_place + c);
      for (int i = std::max(k - 1, 0); i <= std::min(k + 1, n - 1); ++i) {
        const double si = r.slope[row][size_t(i - k + 1)];
        if (r.per_place == 1) {
          at(k, i) = si;
          continue;
        }
        b[size_t(i)] += si * r.value[row];
        for (int j = std::max(k - 1, 0); j <= std::min(k + 1, n - 1); ++j)
          at(i, j) += si * r.slope[row][size_t(j - k + 1)];
      }
      if (r.per_place == 1) b[size_t(k)] = r.value[row];
    }
  }
}

/// M of the step -M F: [place][row].
using StepMatrix = std::array<std::array<double, 2 * kN>, kN>;
StepMatrix step_matrix(const Rows& rows, int n) {
  StepMatrix m{};
  Rows one = rows;
  for (size_t row = 0; row < size_t(n * rows.per_place); ++row) {
    one.value.fill(0);
    one.value[row] = 1;
    std::array<double, kN * kN> a;
    std::array<double, kN> b;
    equations(one, n, a, b);
    solve(n, a, b);
    for (size_t k = 0; k < size_t(n); ++k) m[k][row] = b[k];
  }
  return m;
}

/// One more step over T, at the solution: t* - M F(t*, numbers), M plain.
template <class T>
void take_step(const StepMatrix& m, int per_place, const SceneOver<T>& s, std::span<const int32_t> objects,
               Places<T>& p) {
  const size_t n = objects.size();
  std::array<T, 2 * kN> moved{};
  for (size_t k = 0; k < n; ++k) {
    if (per_place == 1) {
      moved[k] = length_slope(s, objects, p, k);
    } else {
      const Vec2<T> v = law_at(s, objects, p, k);
      moved[2 * k] = v.x, moved[2 * k + 1] = v.y;
    }
  }
  for (size_t row = 0; row < n * size_t(per_place); ++row) {
    moved[row] = moved[row] - T(ad::value_of(moved[row]));  // the solution's own residual moves nothing
    for (size_t k = 0; k < n; ++k) p.t[k] = p.t[k] - T(m[k][row]) * moved[row];
  }
  set_places(s, objects, p);
}

class Base : public Refiner {
 public:
  Base(const Scene2D& s, const Layout& l, std::span<const double> numbers, const RefineOptions& options)
      : options_(options), plain_{&s, &l, numbers.data()}, dual_(s, l, numbers) {}

  void refine(std::span<const int32_t> objects, std::span<const Vec2d> from, std::span<const Vec2d> to,
              std::span<Places<double>> out) const override {
    for (size_t i = 0; i < out.size(); ++i)
      one(objects, from[from.size() == 1 ? 0 : i], to[to.size() == 1 ? 0 : i], out[i]);
  }
  Places<Dual> over(const SceneOver<Dual>& s, const Vec2<Dual>& tx, const Vec2<Dual>& rx,
                    std::span<const int32_t> objects, const Places<double>& at) const override {
    return moved(s, tx, rx, objects, at);
  }
  Places<ad::Var> over(const SceneOver<ad::Var>& s, const Vec2<ad::Var>& tx, const Vec2<ad::Var>& rx,
                       std::span<const int32_t> objects, const Places<double>& at) const override {
    return moved(s, tx, rx, objects, at);
  }

 protected:
  virtual void one(std::span<const int32_t> objects, Vec2d tx, Vec2d rx, Places<double>& out) const = 0;
  template <class T>
  Places<T> moved(const SceneOver<T>& s, const Vec2<T>& tx, const Vec2<T>& rx, std::span<const int32_t> objects,
                  const Places<double>& at) const {
    if (options_.method == Method::kImage) return image_places(s, tx, rx, objects);
    Places<T> p{};
    p.order = at.order;
    p.at[0] = tx, p.at[objects.size() + 1] = rx;
    for (size_t k = 0; k < objects.size(); ++k) p.t[k] = T(at.t[k]);
    set_places(s, objects, p);
    const Rows rows = rows_of(dual_, options_.method, objects, at);
    take_step(step_matrix(rows, at.order), rows.per_place, s, objects, p);
    return p;
  }

  RefineOptions options_;
  SceneOver<double> plain_;
  DualScene dual_;
};

class ImageRefiner final : public Base {
 public:
  using Base::Base;
  void one(std::span<const int32_t> objects, Vec2d tx, Vec2d rx, Places<double>& out) const override {
    out = image_places(plain_, tx, rx, objects);
  }
};

class FermatRefiner final : public Base {
 public:
  using Base::Base;
  /// Newton's method may stop at a kink, where two places meet (walls that touch or cross), though the least length is
  /// elsewhere: then the lengths are softened, less and less.
  void one(std::span<const int32_t> objects, Vec2d tx, Vec2d rx, Places<double>& out) const override {
    const size_t n = objects.size();
    out.order = int(n);
    out.at[0] = tx, out.at[n + 1] = rx;
    if (n == 0) return;
    const auto restart = [&] {
      for (size_t k = 0; k < n; ++k) out.t[k] = 0.5;
      set_places(plain_, objects, out);
    };
    restart();
    if (newton(objects, out, 0) || n == 1) return;
    restart();
    const double scale = length_of(out);
    for (double soft = 0.1; soft > 1e-8; soft *= 0.1) newton(objects, out, soft * soft * scale * scale);
    newton(objects, out, 0);
  }

 private:
  // Steps so short, in shares of objects, are taken though the length may not show it: far from the origin its rounding
  // (1e-10 m at 1000 km) hides what they gain (their square).
  static constexpr double kNewtonAlone = 1e-4;
  /// @return whether the slopes vanish.
  bool newton(std::span<const int32_t> objects, Places<double>& out, double soft2) const {
    const int n = out.order;
    double best = optical_length(objects, out, soft2);
    std::array<double, kN * kN> a;
    std::array<double, kN> b;
    for (int step = 0; step < options_.max_steps; ++step) {
      equations(rows_of(dual_, Method::kFermat, objects, out, soft2), n, a, b);
      double slope = 0, most = 0;
      const std::array<double, kN> g = b;
      solve(n, a, b);
      for (size_t k = 0; k < size_t(n); ++k) slope += g[k] * b[k], most = std::max(most, std::abs(b[k]));
      if (!(slope > 0) || most < 1e-15) return most < 1e-9;
      Places<double> next = out;
      double share = 1, length = 0;
      for (; share > 1e-10; share *= 0.5) {
        for (size_t k = 0; k < size_t(n); ++k) next.t[k] = out.t[k] - share * b[k];
        set_places(plain_, objects, next);
        length = optical_length(objects, next, soft2);
        if (length <= best - 1e-4 * share * slope || (share == 1 && most < kNewtonAlone)) break;
      }
      if (!(share > 1e-10)) return false;
      out = next, best = length;
      if (share == 1 && most < 1e-12) return true;
    }
    return false;
  }

  double optical_length(std::span<const int32_t> objects, const Places<double>& p, double soft2) const {
    double sum = 0;
    for (size_t k = 0; k <= objects.size(); ++k) {
      const Vec2d v = p.at[k + 1] - p.at[k];
      sum += std::sqrt(dot(v, v) + soft2);
    }
    for (size_t k = 0; k < objects.size(); ++k) {
      const auto o = plain_.object(objects[k]);
      if (o.object->kind == Kind::kPanel) sum += profile(o, p.t[k]);
    }
    return sum;
  }
};

class MinPathRefiner final : public Base {
 public:
  using Base::Base;

  void one(std::span<const int32_t> objects, Vec2d tx, Vec2d rx, Places<double>& out) const override {
    out.order = int(objects.size());
    out.at[0] = tx, out.at[objects.size() + 1] = rx;
    if (closed_form(objects, tx, rx, out)) return;
    // several solutions may exist on curved objects and under own laws
    double best_loss = 0, best_margin = 0;
    Places<double> p = out;
    for (int start = 1; start <= options_.num_starts; ++start) {
      for (size_t k = 0; k < objects.size(); ++k)
        p.t[k] = start == 1 ? 0.5 : random_uniform(options_.seed, uint64_t(start), uint64_t(k), 0);
      set_places(plain_, objects, p);
      const double loss = descend(objects, p), margin = judge(plain_, objects, p, loss, false).margin();
      if (start == 1 || better(loss, margin, best_loss, best_margin)) out = p, best_loss = loss, best_margin = margin;
      if (best_loss < 1e-20 && best_margin > kLossTolerance - 1e-12) return;  // none holds better
    }
  }

 private:
  /// The least loss; of several solutions, and of losses that rounding alone tells apart (a start in the middle of a
  /// symmetric object goes either way), that which holds best: whether a path holds does not depend on where the scene
  /// lies.
  static bool better(double loss, double margin, double than_loss, double than_margin) {
    const bool solved = loss < 1e-12, other = than_loss < 1e-12;
    if (solved != other) return solved;
    if (!solved && std::abs(loss - than_loss) > 1e-4 * than_loss) return loss < than_loss;
    return margin > than_margin;
  }

  /// Walls, Ris and corners: a Ris or a corner has its place whatever comes before it, and walls between two places are
  /// images. Where no ray goes so (behind a Ris, through a wall) their lines are met all the same, and the loss says
  /// it. False with other objects.
  bool closed_form(std::span<const int32_t> objects, Vec2d tx, Vec2d rx, Places<double>& p) const {
    for (const int32_t i : objects) {
      const Kind kind = plain_.object(i).object->kind;
      if (kind != Kind::kWall && kind != Kind::kRis && kind != Kind::kCorner) return false;
    }
    Vec2d target = rx;
    size_t end = objects.size();
    const auto walls = [&](Vec2d from, size_t begin) {
      const auto between = image_places(plain_, from, target, objects.subspan(begin, end - begin));
      for (size_t k = begin; k < end; ++k) p.t[k] = between.t[k - begin], p.at[k + 1] = between.at[k - begin + 1];
    };
    for (size_t k = end; k-- > 0;) {
      const auto o = plain_.object(objects[k]);
      if (o.object->kind == Kind::kWall) continue;
      Vec2d at = o.a();
      if (o.object->kind == Kind::kRis) {
        Vec2d image = target;
        for (size_t i = end; i-- > k + 1;) image = mirrored(plain_.object(objects[i]), image);
        at = ris_place(o, image);
      }
      walls(at, k + 1);
      p.t[k] = o.object->kind == Kind::kRis ? share(o, at) : 0, p.at[k + 1] = at;
      target = at, end = k;
    }
    walls(tx, 0);
    return true;
  }
  /// Where the ray through a point in a Ris's direction meets its line.
  static Vec2d ris_place(const ObjectOver<double>& o, Vec2d to) {
    const Vec2d along = unit(o.b() - o.a()), normal{along.y, -along.x}, turned{-normal.y, normal.x};
    const Vec2d out = std::sin(o.n[4]) * turned - std::cos(o.n[4]) * normal;
    const double across = dot(out, normal);
    return across == 0 ? to : to - dot(to - o.a(), normal) / across * out;
  }

  /// Levenberg and Marquardt from p. @return the loss.
  double descend(std::span<const int32_t> objects, Places<double>& p) const {
    const int n = p.order;
    double loss = loss_of(plain_, objects, p), damping = 1e-6;
    std::array<double, kN * kN> a;
    std::array<double, kN> b;
    for (int step = 0; step < options_.max_steps && loss > 1e-26; ++step) {
      equations(rows_of(dual_, Method::kMinPath, objects, p), n, a, b);
      bool better = false;
      double most = 0;
      while (!better && damping < 1e8) {
        auto damped = a;
        auto delta = b;
        for (int i = 0; i < n; ++i) damped[size_t(i * kN + i)] += damping * (a[size_t(i * kN + i)] + 1e-12);
        solve(n, damped, delta);
        Places<double> next = p;
        most = 0;
        for (size_t k = 0; k < size_t(n); ++k) next.t[k] -= delta[k], most = std::max(most, std::abs(delta[k]));
        set_places(plain_, objects, next);
        const double at = loss_of(plain_, objects, next);
        better = at < loss;
        if (better) p = next, loss = at, damping = std::max(damping * 0.1, 1e-14);
        if (!better) damping *= 10;
        if (most < 1e-14) return loss;
      }
      if (!better || std::abs(p.t[0]) > 1e6) break;
    }
    return loss;
  }
};

}  // namespace

Method method_from_name(std::string_view name) {
  static constexpr std::pair<const char*, Method> kMethods[] = {
      {"image", Method::kImage}, {"fermat", Method::kFermat}, {"min-path", Method::kMinPath}};
  return value_named(kMethods, "method", name);
}

std::unique_ptr<Refiner> Refiner::make(const Scene2D& s, const Layout& l, std::span<const double> numbers,
                                       const RefineOptions& o) {
  if (o.num_starts < 1) throw Error(message("num_starts must be at least 1, got ", o.num_starts));
  if (o.max_steps < 1) throw Error(message("max_steps must be at least 1, got ", o.max_steps));
  if (o.method == Method::kMinPath) return std::make_unique<MinPathRefiner>(s, l, numbers, o);
  for (size_t i = 0; i < s.objects.size(); ++i) {
    if (!o.use.empty() && !o.use[i]) continue;
    const Object& object = s.objects[i];
    if (o.method == Method::kFermat && object.kind == Kind::kOwn)
      throw Error(message("object '", object.name,
                          "': a law of your own need not make paths shortest; use method=\"min-path\""));
    const bool bent = object.kind == Kind::kArc;
    const bool off = o.method == Method::kImage && object.kind == Kind::kCorner;
    if (bent || off)
      throw Error(message("object '", object.name, "': ", bent ? "an arc" : "a corner", " has no ",
                          o.method == Method::kImage ? "image" : "convex length", "; use method=\"",
                          bent ? "min-path" : "fermat", "\""));
  }
  if (o.method == Method::kImage) return std::make_unique<ImageRefiner>(s, l, numbers, o);
  return std::make_unique<FermatRefiner>(s, l, numbers, o);
}

}  // namespace raywave::plane
