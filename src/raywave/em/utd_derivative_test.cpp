// SPDX-License-Identifier: Apache-2.0
// The wedge's matrix over Dual and Var: against differences in every input, one-sided where a side is fixed, also on
// the boundaries, on the faces, at grazing, and between outside and inside.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "raywave/ad/functions.h"
#include "raywave/em/utd.h"

namespace raywave::em {
namespace {

constexpr double kRounding = 1e-12;  // the transition's 1e-13 and some hundred operations

constexpr size_t kInputs = 12;
using Inputs = std::array<double, kInputs>;
using Sides = std::array<int8_t, 3>;

template <class T>
std::array<T, 8> outputs(const std::array<T, kInputs>& x, const Sides& sides, bool transmits) {
  WedgeRay<T> r{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], transmits, sides};
  BasicMaterialProperties<T> face_0, face_n;
  face_0.eta = {x[8], x[9]};
  face_0.thickness_m = x[10];
  face_n.eta = {T(6.3), T(-0.2)};
  face_n.thickness_m = T(0.02);
  const EdgeMatrix<T> m = diffraction_matrix(r, face_0, face_n, x[11]);
  return {m.qq.re, m.qq.im, m.qp.re, m.qp.im, m.pq.re, m.pq.im, m.pp.re, m.pp.im};
}

/// @param step_sign  0: central differences; else one-sided ones for the inputs in `one_sided`.
void expect_derivatives(const Inputs& at, const Sides& sides, bool transmits, const std::array<int, 3>& directions,
                        const std::string& label) {
  ad::Tape tape;
  const ad::Recording recording(tape);
  for (size_t i = 0; i < kInputs; ++i) {
    std::array<ad::Dual, kInputs> x;
    for (size_t j = 0; j < kInputs; ++j) x[j] = ad::Dual(at[j], i == j);
    const auto dual = outputs(x, sides, transmits);
    // Inputs 0 to 2, the azimuths, may only be moved to one side on a boundary or a face.
    const int direction = i < 3 ? directions[i] : 0;
    const double h = 1e-5 * (i == 10 || i == 11 ? 0.05 : 1);
    const auto moved = [&](double steps) {
      Inputs y = at;
      y[i] += steps * h;
      return outputs(y, sides, transmits);
    };
    std::array<double, 8> slope{}, third{};
    const double d = direction;
    const auto f0 = moved(0), f1 = moved(direction ? d : 1), f2 = moved(direction ? 2 * d : -1),
               f3 = moved(direction ? 3 * d : 2), f4 = moved(direction ? 4 * d : -2);
    for (size_t k = 0; k < 8; ++k) {
      // fourth order: five points on one side, or two on each
      slope[k] = direction ? d * (-25 * f0[k] + 48 * f1[k] - 36 * f2[k] + 16 * f3[k] - 3 * f4[k]) / (12 * h)
                           : (8 * (f1[k] - f2[k]) - (f3[k] - f4[k])) / (12 * h);
      third[k] = std::abs(slope[k]);
    }
    for (size_t k = 0; k < 8; ++k) {
      // rounding of the values (1e-13, times the sum of the weights) over h; the formula's own error is h^4 and below
      EXPECT_NEAR(dual[k].d, slope[k], 3e-12 / h + 1e-8 * third[k]) << label << ", input " << i << ", output " << k;
    }
  }
  // reverse: the same numbers
  std::array<ad::Var, kInputs> v;
  for (size_t j = 0; j < kInputs; ++j) v[j] = tape.input(at[j]);
  const auto out = outputs(v, sides, transmits);
  const std::array<double, 8> weights{0.3, -1.1, 0.7, 0.2, -0.5, 0.9, 1.3, -0.4};
  for (size_t k = 0; k < 8; ++k) tape.seed(out[k], weights[k]);
  tape.sweep();
  for (size_t i = 0; i < kInputs; ++i) {
    std::array<ad::Dual, kInputs> x;
    for (size_t j = 0; j < kInputs; ++j) x[j] = ad::Dual(at[j], i == j);
    const auto dual = outputs(x, sides, transmits);
    double sum = 0, magnitude = 0;
    for (size_t k = 0; k < 8; ++k) sum += weights[k] * dual[k].d, magnitude += std::abs(weights[k] * dual[k].d);
    EXPECT_TRUE(std::isfinite(tape.adjoint(v[i])));
    EXPECT_NEAR(tape.adjoint(v[i]), sum, kRounding * (1 + magnitude)) << label << ", input " << i;
  }
}

TEST(UtdDerivatives, HoldEverywhereAndOnTheBoundaries) {
  const double n_pi = 1.5 * kPi, b = 0.6, sb = 0.8;
  //                    n pi  in   out  sin beta cos beta k L  ends      eta         thickness wavelength
  const auto inputs = [&](double in, double out) {
    return Inputs{n_pi, in, out, sb, b, 9.0, -1.3, 2.4, 5.2, -0.4, 0.1, 0.0857};
  };
  for (const bool transmits : {false, true}) {
    expect_derivatives(inputs(0.8, 2.0), {}, transmits, {}, "ordinary");
    expect_derivatives(inputs(1.9, 2.1), {}, transmits, {}, "between up and down");
    expect_derivatives(inputs(1.9, 1.9), {}, transmits, {}, "equal azimuths");
    expect_derivatives(inputs(0.2, 0.35), {}, transmits, {}, "between up and down, next to a face");
    expect_derivatives(inputs(1.95, 4.1), {}, transmits, {}, "azimuths that saturate");
    expect_derivatives(inputs(0.8, 4.6), {}, transmits, {}, "shadow");
    expect_derivatives(inputs(3.9, 0.6), {}, transmits, {}, "shadow, from face n");
    // an azimuth moved towards the lit or the dark side, which the side fixes
    expect_derivatives(inputs(0.8, 0.8 + kPi), {-1, 0, 0}, transmits, {0, -1, 1}, "incidence boundary, dark");
    expect_derivatives(inputs(0.8, 0.8 + kPi), {1, 0, 0}, transmits, {0, 1, -1}, "incidence boundary, lit");
    expect_derivatives(inputs(0.8, kPi - 0.8), {0, 1, 0}, transmits, {0, -1, -1}, "reflection boundary, lit");
    expect_derivatives(inputs(0.8, kPi - 0.8), {0, -1, 0}, transmits, {0, 1, 1}, "reflection boundary, dark");
    expect_derivatives(inputs(3.9, 2 * n_pi - kPi - 3.9), {0, 0, 1}, transmits, {-1, 1, 1}, "boundary of face n, lit");
    expect_derivatives(inputs(3.9, 2 * n_pi - kPi - 3.9), {0, 0, -1}, transmits, {1, -1, -1},
                       "boundary of face n, dark");
    expect_derivatives(inputs(0, 2.0), {}, transmits, {0, 1, 0}, "source on face 0");
    expect_derivatives(inputs(n_pi, 2.0), {}, transmits, {1, -1, 0}, "source on face n");
    expect_derivatives(inputs(0.8, 0), {}, transmits, {0, 0, 1}, "observer on face 0");
    expect_derivatives(inputs(1e-7, 2.0), {}, transmits, {0, 1, 0}, "grazing");
  }
  for (const double outer : {0.7, 2.3, 3.9}) {
    for (const double inner : {4.7, 5.9}) {
      expect_derivatives(inputs(outer, inner), {}, true, {}, "from outside in");
      expect_derivatives(inputs(inner, outer), {}, true, {}, "from inside out");
    }
  }
  // where a good conductor's face carries its field
  const auto conductor = [&](double in, double out) {
    Inputs x = inputs(in, out);
    x[8] = 3;
    x[9] = -2e3;
    return x;
  };
  expect_derivatives(conductor(0.8, 0.05), {}, false, {}, "next to a conductor's face");
  expect_derivatives(conductor(0.03, 3.3), {}, false, {}, "source next to a conductor's face");
  expect_derivatives(conductor(0.8, 0), {}, false, {0, 0, 1}, "on a conductor's face");
  expect_derivatives(conductor(kPi - 0.1, 0.1), {0, 1, 0}, false, {0, -1, -1}, "a conductor's grazing boundary, lit");
  Inputs normal = inputs(kPi / 2, kPi / 2);
  normal[0] = 1.4 * kPi;
  normal[3] = 1;
  normal[4] = 0;
  for (const bool transmits : {false, true}) {
    expect_derivatives(normal, {0, 1, 0}, transmits, {0, -1, -1}, "normal incidence, reflection boundary");
  }
}

}  // namespace
}  // namespace raywave::em
