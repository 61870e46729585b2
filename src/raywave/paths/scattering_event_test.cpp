// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scattering_event.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/random.h"

namespace raywave::paths {
namespace {

struct Random {
  uint64_t state = 5;
  double operator()() {
    state = mix64(state);
    return 2 * (double(state >> 11) * 0x1.0p-53) - 1;
  }
  Vec3d direction() { return normalized(Vec3d{(*this)(), (*this)(), (*this)()}); }
  /// On the side of n or the other.
  Vec3d beside(const Vec3d& n, double side) {
    const Vec3d u = direction();
    return side * dot(u, n) > 0 ? u : -u;
  }
};

const Complexd kTe{-0.6, 0.2}, kTm{0.3, -0.1};

TEST(ScatterDyads, TheWayBackIsTheTransposed) {
  Random random;
  for (int i = 0; i < 100; ++i) {
    const Vec3d n = random.direction(), u_i = random.beside(n, -1), u_o = random.beside(n, 1);
    const Vec3d a = normalized(cross(u_i, random.direction())), b = normalized(cross(u_o, random.direction()));
    for (const auto& [there, back] :
         {std::pair{Turned::kNot, Turned::kNot}, std::pair{Turned::kBefore, Turned::kBehind}}) {
      const Complexd one = dot(dyads_beside(n, kTe, kTm, there, u_i, u_o)({a, {}}), b);
      const Complexd other = dot(dyads_beside(n, kTe, kTm, back, -u_o, -u_i)({b, {}}), a);
      // the turned field has a sign, which no power shows: u x e seen from behind is -u x e
      EXPECT_NEAR(norm2(one), norm2(other), 1e-12) << i;
    }
  }
}

TEST(ScatterDyads, InTheMirrorDirectionItIsTheMirror) {
  Random random;
  for (int i = 0; i < 100; ++i) {
    const Vec3d n = random.direction(), u_i = i == 0 ? -n : random.beside(n, -1);
    CVec3<double> e{normalized(cross(u_i, random.direction())), 0.3 * normalized(cross(u_i, random.direction()))};
    const Vec3d u_r = u_i - 2 * dot(u_i, n) * n;
    const CVec3<double> s = dyads_beside(n, kTe, i == 0 ? -kTe : kTm, Turned::kNot, u_i, u_r)(e);
    Vec3d k = u_i;
    reflect(n, em::SlabCoefficients<double>{kTe, i == 0 ? -kTe : kTm, {}, {}}, 1.0, k, e);
    EXPECT_LT(norm2(s.re - e.re) + norm2(s.im - e.im), 1e-24) << i;
  }
}

TEST(ScatterDyads, MetalKeepsPowerAndFieldsStayAcross) {
  Random random;
  for (int i = 0; i < 100; ++i) {
    const Vec3d n = random.direction(), u_i = random.beside(n, -1), u_o = random.beside(n, 1);
    const Vec3d e = normalized(cross(u_i, random.direction()));
    for (const Turned turned : {Turned::kNot, Turned::kBefore, Turned::kBehind}) {
      const CVec3<double> s = dyads_beside(n, {-1, 0}, {1, 0}, turned, u_i, u_o)({e, {}});
      EXPECT_NEAR(norm2(s.re) + norm2(s.im), 1, 1e-12);
      EXPECT_NEAR(dot(s.re, u_o), 0, 1e-12);
    }
  }
}

/// Beside the mirror's direction, in the plane of incidence and across it, a mirror's own field is turned as little as
/// the direction is: no twist about it.
TEST(ScatterDyads, BesideTheMirrorDirectionTheFieldTurnsWithIt) {
  const Vec3d n{0, 0, 1}, u_i{std::sin(0.7), 0, -std::cos(0.7)}, u_r{std::sin(0.7), 0, std::cos(0.7)};
  const Vec3d p{std::cos(0.7), 0, -std::sin(0.7)};  // across u_r in the plane of incidence, as metal's mirror has it
  for (const Vec3d& to : {Vec3d{0, 0.3, 0}, Vec3d{0.2, 0, -0.2}, Vec3d{0.1, -0.2, 0}}) {
    const Vec3d u_o = normalized(u_r + to);
    const CVec3<double> s =
        dyads_beside(n, {-1, 0}, {1, 0}, Turned::kNot, u_i, u_o)({{std::cos(0.7), 0, std::sin(0.7)}, {}});
    // the least turn from u_r to u_o of what the mirror gives in u_r
    const Vec3d least = p - (dot(p, u_o) / (1 + dot(u_r, u_o))) * (u_r + u_o);
    const double along = dot(s.re, least);
    EXPECT_NEAR(std::abs(along), 1, 1e-12);
  }
}

}  // namespace
}  // namespace raywave::paths
