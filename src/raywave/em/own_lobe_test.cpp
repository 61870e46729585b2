// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/own_lobe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "raywave/ad/functions.h"
#include "raywave/ad/test_derivatives.h"
#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/em/lobes.h"

namespace raywave::em {
namespace {

/// von Mises and Fisher's shape, as a user would write it.
struct Fisher {
  double kappa;
  template <class T>
  T operator()(const Vec3<T>& u_i, const Vec3<T>& u_o) const {
    using std::exp;
    return exp(T(kappa) * (u_i.x * u_o.x + u_i.y * u_o.y - u_i.z * u_o.z - T(1)));
  }
};
/// Not reciprocal: wider where the wave comes from above.
struct Fan {
  template <class T>
  T operator()(const Vec3<T>& u_i, const Vec3<T>& u_o) const {
    using std::exp;
    return u_o.z * (T(1) + exp(T(8) * u_i.z * (u_i.x * u_o.x + u_i.y * u_o.y - u_i.z * u_o.z)));
  }
};
struct Lambert {
  template <class T>
  T operator()(const Vec3<T>&, const Vec3<T>& u_o) const {
    return u_o.z / T(kPi);
  }
  Vec3d draw(const Vec3d&, const std::array<double, 3>& r) const {
    const double s = std::sqrt(r[0]), phi = 2 * kPi * r[1];
    return {s * std::cos(phi), s * std::sin(phi), std::sqrt(1 - r[0])};
  }
  double density(const Vec3d&, const Vec3d& u_o) const { return u_o.z / kPi; }
};
/// Any function of plain numbers, where slopes do not matter.
struct Plain final : LobeFunction {
  double (*f)(const Vec3d&, const Vec3d&);
  explicit Plain(double (*function)(const Vec3d&, const Vec3d&)) : f(function) {}
  void evaluate(std::span<const LobeDirections> at, std::span<double> values,
                std::span<LobeDirections>) const override {
    for (size_t i = 0; i < at.size(); ++i) values[i] = f(at[i].u_i, at[i].u_o);
  }
};

Vec3d direction(double theta, double phi) {
  return {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
}
const Vec3d kNormal = direction(0.8, 2.1);
/// A direction at angles from that normal.
Vec3d off_normal(double theta, double phi) {
  const Vec3d x = normalized(cross(kNormal, {0, 0, 1})), y = cross(kNormal, x);
  return std::sin(theta) * std::cos(phi) * x + std::sin(theta) * std::sin(phi) * y + std::cos(theta) * kNormal;
}

struct Random {
  uint64_t state = 3;
  double operator()() {
    state = mix64(state);
    return double(state >> 11) * 0x1.0p-53;
  }
};

TEST(OwnLobes, OneThatIsBuiltInIsThatOne) {
  for (const double kappa : {2.0, 40.0, 400.0}) {
    make_lobe("fisher", Fisher{kappa});
    const Lobe own = lobe_from_text("fisher");
    Lobe known{LobeKind::kVonMisesFisher};
    known.kappa = kappa;
    for (const double theta : {0.0, 0.4, 1.1, 1.5}) {
      for (const double off : {-0.06, 0.0, 0.05}) {
        const Vec3d u_i = -off_normal(theta, 0.3), u_o = off_normal(theta + off, 0.3 + kPi + 2 * off);
        // the integral's polynomial: 1e-7, and as much again for what is between its places near the horizon
        const double f = evaluate(known, kNormal, u_i, u_o);
        EXPECT_NEAR(evaluate(own, kNormal, u_i, u_o), f, 1e-6 * f) << kappa << " " << theta;
        const double k = reciprocal_kernel(known, kNormal, u_i, u_o);
        EXPECT_NEAR(reciprocal_kernel(own, kNormal, u_i, u_o), k, 1e-6 * k) << kappa << " " << theta;
      }
    }
    EXPECT_NEAR(own.own->width_rad(), std::min(1.0, 1 / std::sqrt(kappa)), 0.4 / std::sqrt(kappa));
  }
}

TEST(OwnLobes, EnergyIsKeptAtEveryIncidence) {
  make_lobe("fan", Fan{});
  const Lobe own = lobe_from_text("fan");
  constexpr int kPlaces = 64;
  for (const double theta : {0.02, 0.3, 0.77, 1.2, 1.5}) {
    double sum = 0;  // the middles of cells even in cos(theta_o) and phi: twice the places quarter the error
    for (int i = 0; i < kPlaces; ++i) {
      for (int j = 0; j < kPlaces; ++j)
        sum += evaluate(own, kNormal, -off_normal(theta, 1),
                        off_normal(std::acos((i + 0.5) / kPlaces), 2 * kPi * (j + 0.5) / kPlaces));
    }
    EXPECT_NEAR(sum * 2 * kPi / (kPlaces * kPlaces), 1, 2e-3) << theta;
  }
  EXPECT_GT(own.own->reciprocity_error(), 0.05);  // it is told
  const Vec3d u_i = -off_normal(0.3, 0), u_o = off_normal(1.0, 2.5);
  EXPECT_NEAR(reciprocal_kernel(own, kNormal, u_i, u_o), reciprocal_kernel(own, kNormal, -u_o, -u_i), 1e-15);
}

TEST(OwnLobes, WhatIsGivenAsItIsMayAbsorbButNotRadiate) {
  const OwnLobe& dark =
      make_lobe("dark", [](const auto&, const auto& u_o) { return 0.25 * u_o.z; }, {.normalize = false});
  EXPECT_NEAR(dark.integral(0.4), 0.25 * kPi, 1e-7);
  EXPECT_NEAR(evaluate(lobe_from_text("dark"), kNormal, -off_normal(0.3, 0), off_normal(0.5, 1)), 0.25 * std::cos(0.5),
              1e-12);
  EXPECT_LT(dark.reciprocity_error(), 1e-12);
  try {
    make_lobe("bright", [](const auto&, const auto& u_o) { return 0.5 * u_o.z; }, {.normalize = false});
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("scatters 1.57"), std::string::npos) << e.what();
  }
}

TEST(OwnLobes, SamplesFollowTheirDensity) {
  make_lobe("fan", Fan{});
  make_lobe("fisher", Fisher{150});
  make_lobe("lambert", Lambert{});
  for (const char* name : {"fan", "fisher", "lambert"}) {
    const Lobe own = lobe_from_text(name);
    for (const double theta : {0.1, 0.9, 1.4}) {
      const Vec3d u_i = -off_normal(theta, 0.2);
      Random random;
      constexpr int kDraws = 20000;
      // of 1, and of a moment: the mean of h f / p is the integral of f h
      double sum = 0, square = 0;
      for (int i = 0; i < kDraws; ++i) {
        const auto u_o = sample(own, kNormal, u_i, {random(), random(), random()});
        if (!u_o) continue;
        const double w = evaluate(own, kNormal, u_i, *u_o) / density(own, kNormal, u_i, *u_o);
        sum += w, square += w * w;
      }
      const double mean = sum / kDraws, error = std::sqrt((square / kDraws - mean * mean) / kDraws);
      EXPECT_NEAR(mean, 1, 5 * error + 1e-6) << name << " " << theta;
      EXPECT_LT(error, 0.02) << name << " " << theta;  // it is worth drawing so
    }
  }
}

TEST(OwnLobes, DerivativesAreThoseOfDifferences) {
  make_lobe("fan", Fan{});
  make_lobe("fisher", Fisher{30});
  for (const char* name : {"fan", "fisher"}) {
    const Lobe own = lobe_from_text(name);
    for (const auto& [theta_i, theta_o, phi] :
         {std::array{0.0, 0.2, 0.4}, std::array{0.5, 0.7, 0.3}, std::array{1.4, 1.2, 2.0}}) {
      for (const bool reciprocal : {false, true}) {
        const std::vector<double> x{theta_i, 0.1, theta_o, phi, 0.02, 0.5};
        const auto f = [&]<class T>(const std::vector<T>& v) {
          using std::sin, std::cos;
          BasicLobe<T> l;
          l.kind = LobeKind::kOwn, l.own = own.own;
          const auto d = [](const T& theta, const T& azimuth) {
            return Vec3<T>{sin(theta) * cos(azimuth), sin(theta) * sin(azimuth), cos(theta)};
          };
          const Vec3<T> n = d(v[4], v[5]), in = d(v[0], v[1]), out = d(v[2], v[3]);
          const Vec3<T> u_i{in.x, in.y, -in.z};
          return reciprocal ? reciprocal_kernel(l, n, u_i, out) : evaluate(l, n, u_i, out);
        };
        // truncation: third derivatives are below 30^1.5 f; rounding: 1e-16 f / h
        ad::expect_derivatives(
            f, x, 1e-7, name + std::string(" at ") + std::to_string(theta_i) + (reciprocal ? " reciprocal" : ""));
      }
    }
  }
}

TEST(OwnLobes, AskedBeforehandIsTheSame) {
  make_lobe("fan", Fan{});
  const OwnLobe& own = *own_lobe("fan");
  std::vector<OwnLobe::Ask> asks;
  for (int i = 0; i < 20; ++i) asks.push_back({kNormal, -off_normal(0.05 * i, 0.1 * i), off_normal(0.4, i)});
  std::vector<double> plain;
  for (const auto& a : asks) plain.push_back(own.value(a.n, a.u_i, a.u_o));
  make_lobe("fan", Fan{});  // knows nothing yet
  const OwnLobe& again = *own_lobe("fan");
  again.prepare(asks, true);
  for (size_t i = 0; i < asks.size(); ++i) EXPECT_EQ(again.value(asks[i].n, asks[i].u_i, asks[i].u_o), plain[i]);
  EXPECT_EQ(own.value(asks[0].n, asks[0].u_i, asks[0].u_o), plain[0]);  // whose name another has is still there
}

TEST(OwnLobes, WhatIsNoLobeIsRefused) {
  const auto refused = [](const char* name, double (*f)(const Vec3d&, const Vec3d&), const char* word,
                          OwnLobeOptions o = {}) {
    try {
      make_lobe(name, std::make_shared<Plain>(f), o);
      ADD_FAILURE() << word;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  refused(
      "a", [](const Vec3d&, const Vec3d& o) { return o.z - 0.5; }, "must be finite and >= 0, got -");
  refused(
      "a", [](const Vec3d&, const Vec3d&) { return std::nan(""); }, "got nan");
  refused(
      "a", [](const Vec3d&, const Vec3d&) { return std::numeric_limits<double>::infinity(); }, "got inf");
  refused(
      "a", [](const Vec3d&, const Vec3d&) { return 0.0; }, "scatters nothing");
  refused(
      "a", [](const Vec3d&, const Vec3d& o) { return 1 + 0.1 * o.x; }, "no axis but its normal");
  refused(
      "a", [](const Vec3d&, const Vec3d& o) { return o.z > 0.99999 ? 1.0 : 0.0; }, "integral is not known");
  refused(
      "lambertian", [](const Vec3d&, const Vec3d& o) { return o.z; }, "is there already");
  refused(
      "my lobe", [](const Vec3d&, const Vec3d& o) { return o.z; }, "letters, digits");
  refused("a", [](const Vec3d&, const Vec3d& o) { return o.z; }, "width_rad must be > 0", {.width_rad = -1});
  EXPECT_EQ(own_lobe("a"), nullptr);
  try {
    (void)lobe_from_text("fann");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("the process that made it"), std::string::npos) << e.what();
  }
  make_lobe("fan", Fan{});
  EXPECT_THROW(lobe_from_text("fan(kappa=3)"), Error);
  EXPECT_EQ(lobe_text(lobe_from_text("fan")), "fan");
}

}  // namespace
}  // namespace raywave::em
