// SPDX-License-Identifier: Apache-2.0
// The slab over dual numbers: derivatives at the places where textbook forms give NaN or a silent zero, against central
// differences of the same function over doubles.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/em/fresnel.h"

namespace raywave::em {
namespace {

using ad::Dual;

/// (cos theta, Re eta, Im eta, thickness); the wavelength is 0.0857 m.
struct Point {
  double c, eta_re, eta_im, thickness;
  Point moved(int axis, double h) const {
    Point p = *this;
    (axis == 0 ? p.c : axis == 1 ? p.eta_re : axis == 2 ? p.eta_im : p.thickness) += h;
    return p;
  }
};

template <class T>
std::vector<Complex<T>> evaluate(const T& c, const Complex<T>& eta, const T& thickness) {
  const auto s = slab_coefficients(c, eta, thickness, T(0.0857));
  Complex<T> r_te, r_tm;
  interface_reflection(c, eta, r_te, r_tm);
  BasicMaterialProperties<T> m;
  m.eta = eta, m.thickness_m = thickness;
  const ReflectedPowers<T> p = reflected_powers(c, m, T(0.0857));
  return {s.r_te, s.r_tm, s.t_te, s.t_tm, r_te, r_tm, {p.te, p.tm}, {p.both, T(0)}};
}
std::vector<Complex<double>> evaluate(const Point& p) {
  return evaluate(p.c, Complex<double>{p.eta_re, p.eta_im}, p.thickness);
}
std::vector<Complex<Dual>> evaluate_dual(const Point& p, int axis) {
  return evaluate(Dual(p.c, axis == 0), Complex<Dual>{{p.eta_re, double(axis == 1)}, {p.eta_im, double(axis == 2)}},
                  Dual(p.thickness, axis == 3));
}

/// The slab on a tape is another piece of code.
void expect_the_tape_agrees(const Point& p, int axis, const std::vector<Complex<Dual>>& dual) {
  ad::Tape tape;
  for (size_t i = 0; i < dual.size(); ++i) {
    for (const bool imaginary : {false, true}) {
      const ad::Recording recording(tape);
      const std::array<ad::Var, 4> in{tape.input(p.c), tape.input(p.eta_re), tape.input(p.eta_im),
                                      tape.input(p.thickness)};
      const Complex<ad::Var> out = evaluate(in[0], Complex<ad::Var>{in[1], in[2]}, in[3])[i];
      tape.seed(imaginary ? out.im : out.re, 1);
      tape.sweep();
      const double slope = imaginary ? dual[i].im.d : dual[i].re.d;
      EXPECT_NEAR(tape.adjoint(in[size_t(axis)]), slope, 1e-9 * (1 + std::abs(slope))) << axis << " " << i;
    }
  }
}

void expect_derivatives(const Point& p, const std::string& label) {
  for (int axis = 0; axis < 4; ++axis) {
    // Fourth-order central differences of functions that vary as exp(j rate x): error h^4 rate^5 / 30, rounding 1e-15 /
    // h. The phase 2 k d q turns by at most 4 pi sqrt(5) / 0.0857 = 330 a metre of thickness, and by 33 a unit of c or
    // eta; ten times that leaves room for the resonances of the slab. The formulas hold on both sides of zero loss,
    // grazing and normal incidence.
    const double rate = axis == 3 ? 3300 : 330, h = 0.005 / rate;
    const double tolerance = std::pow(h, 4) * std::pow(rate, 5) / 30 + 1e-15 / h;
    const auto up = evaluate(p.moved(axis, h)), down = evaluate(p.moved(axis, -h));
    const auto up2 = evaluate(p.moved(axis, 2 * h)), down2 = evaluate(p.moved(axis, -2 * h));
    const auto dual = evaluate_dual(p, axis);
    expect_the_tape_agrees(p, axis, dual);
    for (size_t i = 0; i < dual.size(); ++i) {
      const Complex<double> slope = (8.0 * (up[i] - down[i]) - (up2[i] - down2[i])) * (1 / (12 * h));
      EXPECT_NEAR(dual[i].re.d, slope.re, tolerance) << label << " " << axis << " " << i;
      EXPECT_NEAR(dual[i].im.d, slope.im, tolerance) << label << " " << axis << " " << i;
    }
  }
}

TEST(SlabDerivatives, HoldAtZeroLossGrazingAndNormalIncidence) {
  expect_derivatives({0.6, 5, -0.3, 0.1}, "ordinary");
  expect_derivatives({0.6, 5, 0, 0.1}, "zero loss");
  expect_derivatives({1, 5, -0.3, 0.1}, "normal");
  expect_derivatives({0, 5, -0.3, 0.1}, "grazing");
  expect_derivatives({0, 5, 0, 0.1}, "grazing without loss");
  expect_derivatives({0.6, 5, -0.3, 0}, "no thickness");
  expect_derivatives({0.6, 5, -0.3, 1e-4}, "thin");
}

TEST(SlabDerivatives, AreNotLostAtThePermittivityOfVacuum) {
  expect_derivatives({0.6, 1, 0, 0.1}, "vacuum");
  EXPECT_NE(evaluate_dual({0.6, 1, 0, 0.1}, 1)[0].re.d, 0);
  // the interface: r_TE = (1 - eta) / (c + q)^2 has the slope -1 / (4 c^2)
  EXPECT_NEAR(evaluate_dual({0.6, 1, 0, 0.1}, 1)[4].re.d, -1 / (4 * 0.36), 1e-14);
}

TEST(SlabDerivatives, AreNumbersWhereNoLimitExists) {
  for (const Point& p : {Point{0, 1, 0, 0.1}, Point{0, 5, 0, 0}, Point{0, 1, 0, 0}, Point{0.4, 1, -5e7, 1}}) {
    for (int axis = 0; axis < 4; ++axis) {
      for (const auto& z : evaluate_dual(p, axis)) {
        EXPECT_TRUE(std::isfinite(z.re.v) && std::isfinite(z.im.v) && std::isfinite(z.re.d) && std::isfinite(z.im.d))
            << p.c << " " << p.eta_re << " " << p.eta_im << " " << p.thickness << " " << axis;
      }
    }
  }
}

}  // namespace
}  // namespace raywave::em
