// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/geometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"

namespace raywave::wave {
namespace {

std::vector<double> edges(double lo, double hi, int n) {
  std::vector<double> e;
  for (int i = 0; i <= n; ++i) e.push_back(lo + (hi - lo) * i / n);
  return e;
}

double covered_area(const Outline& o, const std::vector<double>& e, double z0, double z1, int slices) {
  double area = 0;
  for (int s = 0; s < slices; ++s) {
    const double a = z0 + (z1 - z0) * s / slices, b = z0 + (z1 - z0) * (s + 1) / slices;
    const Coverage c = coverage(e, a, b, o);
    for (size_t j = 0; j < c.fraction.size(); ++j)
      area += c.fraction[j] * (e[size_t(c.first) + j + 1] - e[size_t(c.first) + j]) * (b - a);
  }
  return area;
}

TEST(Coverage, SumsToTheAreaOfTheOutline) {
  const auto e = edges(-3, 3, 37);
  EXPECT_NEAR(covered_area(disc({0.1, 0.2}, 1.5), e, -2, 2, 23), kPi * 2.25, 1e-12);
  EXPECT_NEAR(covered_area(rectangle({0.3, 0}, 1.1, 0.7), e, -2, 2, 23), 0.77, 1e-13);
  const Outline l = lens({0, 0}, 2, 3, 0.1);
  EXPECT_NEAR(covered_area(l, e, -2, 2, 23), std::abs(signed_area_m2(l)), 1e-12);
  Outline reversed(l.rbegin(), l.rend());
  EXPECT_NEAR(covered_area(reversed, e, -2, 2, 23), std::abs(signed_area_m2(l)), 1e-12);
}

TEST(Coverage, ClipsWhatLiesOutsideTheGrid) {
  const auto e = edges(0, 1, 10);
  EXPECT_NEAR(covered_area(rectangle({0, 0.5}, 1, 1), e, 0, 1, 3), 0.5, 1e-14);
  EXPECT_NEAR(covered_area(rectangle({1, 0.5}, 1, 1), e, 0, 1, 3), 0.5, 1e-14);
  EXPECT_NEAR(covered_area(rectangle({0.5, 0.5}, 9, 1), e, 0, 1, 3), 1.0, 1e-14);
  EXPECT_NEAR(covered_area(rectangle({5, 0.5}, 1, 1), e, 0, 1, 3), 0.0, 1e-14);
}

TEST(Coverage, DerivativesEqualFiniteDifferencesAndEachOther) {
  const auto e = edges(-2, 2, 23);
  Outline o{{-1.03, 0.07}, {-0.41, 0.93}, {0.77, 0.61}, {1.21, 0.13}, {0.2, -0.4}};
  const double z0 = 0.1, z1 = 0.5, h = 1e-6;
  const Coverage base = coverage(e, z0, z1, o);
  std::vector<double> w(base.fraction.size());
  for (size_t j = 0; j < w.size(); ++j) w[j] = std::sin(1.0 + double(j));
  std::vector<Point> bar(o.size());
  coverage_vjp(e, z0, z1, o, base.first, w, bar);
  const auto value = [&](const Outline& at) {
    const Coverage c = coverage(e, z0, z1, at);
    double sum = 0;
    for (size_t j = 0; j < c.fraction.size(); ++j) sum += c.fraction[j] * w.at(j + size_t(c.first - base.first));
    return sum;
  };
  for (size_t i = 0; i < o.size(); ++i)
    for (int axis = 0; axis < 2; ++axis) {
      Outline p = o, m = o;
      std::vector<Point> dot(o.size());
      (axis ? p[i].z_m : p[i].y_m) += h;
      (axis ? m[i].z_m : m[i].y_m) -= h;
      (axis ? dot[i].z_m : dot[i].y_m) = 1;
      const double adjoint = axis ? bar[i].z_m : bar[i].y_m;
      EXPECT_NEAR(adjoint, (value(p) - value(m)) / (2 * h), 1e-8) << i << axis;
      Coverage t;
      coverage_jvp(e, z0, z1, o, dot, t);
      EXPECT_NEAR(std::inner_product(t.fraction.begin(), t.fraction.end(), w.begin(), 0.0), adjoint, 1e-13);
    }
}

TEST(Outlines, RefuseImpossibleSizes) {
  EXPECT_THROW(rectangle({}, -1, 1), Error);
  EXPECT_THROW(disc({}, 0), Error);
  EXPECT_THROW(lens({}, 3, 1), Error);
  EXPECT_THROW(grating({}, 1, 1.5, 1, 3), Error);
  EXPECT_THROW(half_plane({5, 0}, true, 1, -6), Error);
}

}  // namespace
}  // namespace raywave::wave
