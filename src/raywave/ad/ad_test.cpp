// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "raywave/ad/jet.h"
#include "raywave/ad/test_derivatives.h"

namespace raywave::ad {
namespace {

/// Every operation once; the derivatives are tested as one.
template <class T>
T everything(const T& x, const T& y) {
  using std::abs;
  using std::atan2;
  using std::cos;
  using std::exp;
  using std::log;
  using std::pow;
  using std::sin;
  using std::sqrt;
  using std::tan;
  T s = x * y - x / y + sqrt(x) * exp(-y) + log(x + y) * sin(x) * cos(y) + tan(T(0.1) * x);
  s += atan2(y, x) * abs(-y);
  s -= pow(x, 1.7);
  s *= T(0.5) + y;
  return s;
}

struct Slopes {
  double value, dx, dy;
};
Slopes by_tape(double x, double y) {
  Tape tape;
  const Recording recording(tape);
  const Var vx = tape.input(x), vy = tape.input(y);
  const Var out = everything(vx, vy);
  tape.seed(out, 1);
  tape.sweep();
  return {out.v, tape.adjoint(vx), tape.adjoint(vy)};
}

TEST(Ad, BothModesGiveTheCentralDifference) {
  const double x = 1.3, y = 0.7, h = 1e-5;
  const Slopes s = by_tape(x, y);
  // the third derivatives are of order 10: error 10 h^2 / 6, rounding 1e-15 / h
  const double tolerance = 10 * h * h + 1e-15 / h;
  EXPECT_DOUBLE_EQ(s.value, everything(x, y));
  EXPECT_NEAR(s.dx, (everything(x + h, y) - everything(x - h, y)) / (2 * h), tolerance);
  EXPECT_NEAR(s.dy, (everything(x, y + h) - everything(x, y - h)) / (2 * h), tolerance);
  EXPECT_NEAR(everything(Dual(x, 1), Dual(y)).d, s.dx, 1e-13);
  EXPECT_NEAR(everything(Dual(x), Dual(y, 1)).d, s.dy, 1e-13);
}

TEST(Ad, ADotTestHolds) {
  const Slopes s = by_tape(0.4, 2.1);
  EXPECT_NEAR(everything(Dual(0.4, 0.3), Dual(2.1, -0.8)).d, 0.3 * s.dx - 0.8 * s.dy, 1e-13);
}

TEST(Ad, SingularPointsAreFinite) {
  Tape tape;
  const Recording recording(tape);
  const Var zero = tape.input(0);
  const Var out = sqrt(zero) + atan2(zero, zero) + abs(zero);
  tape.seed(out, 1);
  tape.sweep();
  EXPECT_EQ(tape.adjoint(zero), 1);  // |x|; the others have no slope there
  EXPECT_EQ(sqrt(Dual(0, 1)).d, 0);
  EXPECT_EQ(atan2(Dual(0, 1), Dual(0, 1)).d, 0);
}

TEST(Ad, ASharedBeginningGathersTheWeightsOfAllThatFollows) {
  Tape tape;
  const Recording recording(tape);
  const Var x = tape.input(2);
  const Var shared = x * x;
  tape.mark();
  double direct = 0;
  for (const double factor : {3.0, 5.0}) {
    const Var y = tape.input(factor);
    tape.seed(shared * y, 1);
    tape.sweep();
    direct += tape.adjoint(y);
    tape.back_to_mark();
  }
  tape.finish();
  EXPECT_EQ(direct, 8);            // x^2 each
  EXPECT_EQ(tape.adjoint(x), 32);  // 2 x (3 + 5)
}

TEST(Ad, ConstantsRecordNothingAndTapesNest) {
  Tape outer, inner;
  const Recording recording(outer);
  const Var x = outer.input(2);
  {
    const Recording nested(inner);
    const Var y = inner.input(3);
    inner.seed(y * y, 1);
    inner.sweep();
    EXPECT_EQ(inner.adjoint(y), 6);
  }
  const Var constant = Var(2) * Var(5) + Var(1);
  EXPECT_EQ(constant.id, -1);
  EXPECT_EQ(outer.size(), 1u);
  outer.seed(x * x * constant, 1);
  outer.sweep();
  EXPECT_EQ(outer.adjoint(x), 44);
}

/// What var.h has for vectors and complex numbers, by everything and with constants among the arguments.
TEST(Ad, VectorsAndComplexNumbersHaveTheDerivativesOfTheirParts) {
  const auto f = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    const Vec3<T> a{x[0], x[1], x[2]}, b{x[3], x[4], x[5]}, mixed{x[1], T(0.3), x[4]}, constant{T(1), T(-2), T(0.5)};
    const Complex<T> z{x[0], x[3]}, w{x[2], x[5]}, half{x[1], T(0.7)};
    const CVec3<T> e{cross(a, b), cross(mixed, constant)};
    const CVec3<T> turned = (z * w / half) * e;
    const T sum = dot(a, b) + dot(mixed, a) + dot(a, constant) + dot(constant, b) + norm2(a) * norm2(z / w);
    return sum + dot(turned.re, normalized(b)) + norm2(turned.im) + norm2(exp(z) * half);
  };
  expect_derivatives(f, {0.4, -1.1, 0.7, 0.9, 0.2, -0.6}, 1e-7, "vectors");
}

TEST(Ad, JetsHaveTheDerivativesOfDualNumbers) {
  const auto at = everything(Jet<2>(1.3, 0), Jet<2>(0.7, 1));
  EXPECT_DOUBLE_EQ(at.v, everything(1.3, 0.7));
  EXPECT_NEAR(at.d[0], everything(Dual(1.3, 1), Dual(0.7)).d, 1e-13);
  EXPECT_NEAR(at.d[1], everything(Dual(1.3), Dual(0.7, 1)).d, 1e-13);
  Tape tape;
  const Recording recording(tape);
  const Var x = tape.input(1.3), constant(0.7);
  const Var y = chained(at, {&x, &constant});
  tape.seed(y, 2);
  tape.sweep();
  EXPECT_EQ(tape.adjoint(x), 2 * at.d[0]);
}

}  // namespace
}  // namespace raywave::ad
