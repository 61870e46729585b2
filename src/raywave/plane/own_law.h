// SPDX-License-Identifier: Apache-2.0
// Laws of interaction that a user writes. A struct with one template is enough:
//
//   struct Grating {  // sin(out) = sin(in) + numbers[0]
//     template <class T>
//     Vec2<T> residual(const plane::Bounce<T>& b) const {
//       const Vec2<T> along = plane::unit(b.b - b.a);
//       return {plane::dot(plane::unit(b.after - b.at) - plane::unit(b.at - b.before), along) - b.numbers[0], T(0)};
//     }
//   };
//   scene.objects.push_back(plane::own("grating", {0, 0}, {1, 0}, Grating{}, {0.3}));
//
// The residual, two numbers of order one, vanishes where the law holds: min-path searches its zeros, and a path is
// lawful while the sum of squares over its interactions is below 1e-2. Differentiable in all that it is given.
#pragma once

#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/plane/scene2d.h"

namespace raywave::plane {

template <class T>
T dot(const Vec2<T>& p, const Vec2<T>& q) {
  return p.x * q.x + p.y * q.y;
}
template <class T>
T length(const Vec2<T>& p) {
  using std::sqrt;
  return sqrt(dot(p, p));
}
/// The unit vector along p; the zero vector, which has none, stays zero.
template <class T>
Vec2<T> unit(const Vec2<T>& p) {
  const T l = length(p);
  if (!(l > T(0))) return {T(0), T(0)};
  return {p.x / l, p.y / l};
}

/// What a law sees: the points before, at and after the interaction, the object's ends, its own numbers. Both legs have
/// a length.
template <class T>
struct Bounce {
  Vec2<T> before, at, after, a, b;
  std::span<const T> numbers;
};

/// Asked once for many bounces. A bounce is given as 10 coordinates (before, at, after, a, b; x then y) and the law's
/// own numbers.
class OwnLaw {
 public:
  virtual ~OwnLaw() = default;
  virtual size_t num_numbers() const = 0;
  /// @param bounces    [count, 10 + num_numbers()]
  /// @param residuals  [count, 2]
  /// @param slopes     [count, 2, 10 + num_numbers()], or nothing when they are not asked for
  virtual void evaluate(size_t count, const double* bounces, double* residuals, double* slopes) const = 0;
};

/// The law of a struct as in the example. What its residual throws, a trace throws.
template <class Law>
class LawOf final : public OwnLaw {
 public:
  LawOf(Law law, size_t num_numbers) : law_(std::move(law)), num_numbers_(num_numbers) {}
  size_t num_numbers() const override { return num_numbers_; }
  void evaluate(size_t count, const double* bounces, double* residuals, double* slopes) const override {
    const size_t width = 10 + num_numbers_;
    std::vector<ad::Dual> x(width);
    for (size_t i = 0; i < count; ++i) {
      const double* at = bounces + i * width;
      const Vec2d r = law_.residual(bounce<double>(at));
      residuals[2 * i] = r.x, residuals[2 * i + 1] = r.y;
      if (!slopes) continue;
      for (size_t k = 0; k < width; ++k) x[k] = at[k];
      for (size_t k = 0; k < width; ++k) {
        x[k].d = 1;
        const Vec2<ad::Dual> moved = law_.residual(bounce<ad::Dual>(x.data()));
        slopes[2 * i * width + k] = moved.x.d, slopes[(2 * i + 1) * width + k] = moved.y.d;
        x[k].d = 0;
      }
    }
  }

 private:
  template <class T>
  Bounce<T> bounce(const T* x) const {
    return {{x[0], x[1]}, {x[2], x[3]}, {x[4], x[5]}, {x[6], x[7]}, {x[8], x[9]}, {x + 10, num_numbers_}};
  }
  Law law_;
  size_t num_numbers_;
};

/// An object from a to b (m) of this law, for Method::kMinPath alone. The law sees each interaction by itself, is
/// copied, and is asked by several threads at once. Its numbers are those that a Bounce shows, and parameters of the
/// scene.
/// @throws Error (as it is traced) where the residual or its slopes are not finite, and for another method.
template <class Law>
Object own(std::string name, Vec2d a, Vec2d b, Law law, std::vector<double> numbers = {}) {
  Object o = wall(std::move(name), a, b);
  o.kind = Kind::kOwn;
  o.law = std::make_shared<LawOf<Law>>(std::move(law), numbers.size());
  o.own = std::move(numbers);
  return o;
}

}  // namespace raywave::plane
