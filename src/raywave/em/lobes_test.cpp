// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/lobes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/ad/test_derivatives.h"
#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/em/lobe_sampling.h"

namespace raywave::em {
namespace {

const Vec3d kUp{0, 0, 1};

Vec3d towards(double theta, double phi) {
  return {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
}
Vec3d falling(double theta) { return {std::sin(theta), 0, -std::cos(theta)}; }

/// One of each kind, wide and narrow.
std::vector<Lobe> all_lobes() {
  std::vector<Lobe> lobes;
  lobes.push_back({LobeKind::kLambertian});
  for (const double alpha : {0.7, 4.0, 33.5}) {
    lobes.push_back({LobeKind::kDirective});
    lobes.back().alpha_r = alpha;
    lobes.push_back({LobeKind::kBackscattering});
    lobes.back().alpha_r = alpha, lobes.back().alpha_i = 12, lobes.back().lambda = 0.3;
  }
  for (const double kappa : {0.5, 10.0, 30.0}) {
    lobes.push_back({LobeKind::kVonMisesFisher});
    lobes.back().kappa = kappa;
  }
  for (const double slope : {0.1, 0.4, 1.5}) {
    lobes.push_back({LobeKind::kHalfVector});
    lobes.back().slope = slope;
  }
  return lobes;
}

std::string named(const Lobe& l) {
  return message(lobe_name(l.kind), " alpha ", l.alpha_r, " kappa ", l.kappa, " slope ", l.slope);
}

/// Gauss and Legendre's places and weights on [0, 1].
void gauss(int n, std::vector<double>& x, std::vector<double>& w) {
  x.resize(size_t(n)), w.resize(size_t(n));
  for (int i = 0; i < n; ++i) {
    double t = std::cos(kPi * (i + 0.75) / (n + 0.5)), slope = 1;
    for (int step = 0; step < 50; ++step) {
      double p0 = 1, p1 = t;
      for (int k = 2; k <= n; ++k) {
        const double p2 = ((2 * k - 1) * t * p1 - (k - 1) * p0) / k;
        p0 = p1, p1 = p2;
      }
      slope = n * (t * p1 - p0) / (t * t - 1);
      t -= p1 / slope;
    }
    x[size_t(i)] = 0.5 * (1 + t), w[size_t(i)] = 1 / ((1 - t * t) * slope * slope);
  }
}

/// The integral of h over the hemisphere: Gauss in cos(theta) and in equal steps of phi, on which a periodic function's
/// sum converges as fast.
template <class F>
double over_hemisphere(const F& h, int places = 64) {
  std::vector<double> x, w;
  gauss(places, x, w);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    for (int j = 0; j < places; ++j) sum += w[i] * h(towards(std::acos(x[i]), 2 * kPi * (j + 0.5) / places));
  }
  return sum * 2 * kPi / places;
}

// Values of Sionna RT 2.2.0 (Apache-2.0), whose lobes these are, in single precision.
TEST(Lobes, ValuesAreThoseOfThePeer) {
  struct Row {
    LobeKind kind;
    double alpha_r, alpha_i, lambda, theta_i_deg, theta_o_deg, phi_o_deg, f;
  };
  const std::vector<Row> rows = {
      {LobeKind::kLambertian, 1, 1, 1, 0, 30, 0, 0.2756644},
      {LobeKind::kLambertian, 1, 1, 1, 0, 80, 0, 0.05527393},
      {LobeKind::kLambertian, 1, 1, 1, 30, 60, 0, 0.1591549},
      {LobeKind::kLambertian, 1, 1, 1, 60, 30, 0, 0.2756644},
      {LobeKind::kLambertian, 1, 1, 1, 60, 80, 0, 0.05527393},
      {LobeKind::kLambertian, 1, 1, 1, 80, 60, 0, 0.1591549},
      {LobeKind::kDirective, 10, 1, 1, 0, 30, 0, 0.4377947},
      {LobeKind::kDirective, 10, 1, 1, 0, 80, 0, 0.004241056},
      {LobeKind::kDirective, 10, 1, 1, 30, 60, 0, 0.4418011},
      {LobeKind::kDirective, 10, 1, 1, 60, 30, 0, 0.4988769},
      {LobeKind::kDirective, 10, 1, 1, 60, 80, 0, 0.7347625},
      {LobeKind::kDirective, 10, 1, 1, 80, 60, 0, 0.9913603},
      {LobeKind::kBackscattering, 20, 30, 0.7, 0, 0, 0, 1.850177},
      {LobeKind::kBackscattering, 20, 30, 0.7, 0, 30, 0, 0.3929766},
      {LobeKind::kBackscattering, 20, 30, 0.7, 0, 80, 0, 3.043476e-05},
      {LobeKind::kBackscattering, 20, 30, 0.7, 30, 60, 0, 0.3237415},
      {LobeKind::kBackscattering, 20, 30, 0.7, 60, 30, 0, 0.3381225},
      {LobeKind::kBackscattering, 20, 30, 0.7, 60, 80, 0, 0.7334681},
      {LobeKind::kBackscattering, 20, 30, 0.7, 80, 60, 0, 0.9781855},
      {LobeKind::kBackscattering, 1, 1, 0.5, 0, 30, 0, 0.1979914},
      {LobeKind::kBackscattering, 1, 1, 0.5, 0, 80, 0, 0.1245279},
      {LobeKind::kBackscattering, 1, 1, 0.5, 30, 60, 0, 0.1591549},
      {LobeKind::kBackscattering, 1, 1, 0.5, 60, 30, 0, 0.1824569},
      {LobeKind::kBackscattering, 1, 1, 0.5, 60, 80, 0, 0.1383788},
      {LobeKind::kBackscattering, 1, 1, 0.5, 80, 60, 0, 0.159155},
  };
  for (const Row& r : rows) {
    Lobe lobe{r.kind};
    lobe.alpha_r = r.alpha_r, lobe.alpha_i = r.alpha_i, lobe.lambda = r.lambda;
    const double f = evaluate(lobe, kUp, falling(r.theta_i_deg * kPi / 180),
                              towards(r.theta_o_deg * kPi / 180, r.phi_o_deg * kPi / 180));
    // (1 + cos psi) / 2 in single precision, to a power up to 30
    EXPECT_NEAR(f, r.f, 1e-5 * r.f + 30 * 6e-8 * r.f) << named(lobe) << " " << r.theta_i_deg << " " << r.theta_o_deg;
  }
}

TEST(Lobes, EnergyIsKept) {
  for (const Lobe& lobe : all_lobes()) {
    for (const double theta : {0.0, 0.4, 1.0, 1.4}) {
      // narrower in phi than steps of the sum
      if (lobe.kind == LobeKind::kHalfVector && lobe.slope < 0.2 && theta > 1) continue;
      // rough facets send steep lobes along the surface
      const int places = lobe.kind == LobeKind::kHalfVector ? 200 : 64;
      const double energy =
          over_hemisphere([&](const Vec3d& u) { return evaluate(lobe, kUp, falling(theta), u); }, places);
      // powers that are no whole numbers have no further derivatives opposite to their direction
      EXPECT_NEAR(energy, 1, lobe.alpha_r == 0.7 ? 1e-6 : 1e-9) << named(lobe) << " at " << theta;
    }
  }
}

TEST(Lobes, SharesAboveTheHorizonHaveTheirClosedForms) {
  for (const double kappa : {1e-3, 2.0, 30.0, 1e4}) {
    EXPECT_NEAR(von_mises_fisher_share(kappa, 1.0), 1 / (1 + std::exp(-kappa)), 1e-12) << kappa;
    EXPECT_NEAR(von_mises_fisher_share(kappa, 0.0), 0.5, 1e-12) << kappa;
  }
  // dF / dtheta = -kappa I_1(kappa sin theta) / (2 sinh kappa), integrated by Simpson's rule from the normal to 1 rad
  const double kappa = 5;
  const int n = 200;
  double slope = 0;
  for (int i = 0; i <= n; ++i) {
    slope += (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) * std::cyl_bessel_i(1, kappa * std::sin(double(i) / n));
  }
  EXPECT_NEAR(von_mises_fisher_share(kappa, std::cos(1.0)),
              1 / (1 + std::exp(-kappa)) - kappa / (2 * std::sinh(kappa)) * slope / (3 * n), 1e-10);
  // whole powers: 2^-a sum of C(a, j) I_j over 4 pi / (a + 1) (Degli-Esposti et al., 2007, eq. (9))
  for (const int alpha : {1, 4, 30}) {
    for (const double theta : {0.0, 0.8, 1.5}) {
      double sum = 0, binomial = 1;
      for (int j = 0; j <= alpha; ++j) {
        double term = 1;
        if (j % 2 == 1) {
          double power = 1, central = 1, inner = 0;
          for (int w = 0; w <= (j - 1) / 2; ++w) {
            inner += central * power;
            power *= std::sin(theta) * std::sin(theta) / 4;
            central *= (2.0 * w + 2) * (2 * w + 1) / ((w + 1.0) * (w + 1));
          }
          term = std::cos(theta) * inner;
        }
        sum += binomial * term * 2 * kPi / (j + 1);
        binomial *= double(alpha - j) / (j + 1);
      }
      const double share = sum * std::pow(2, -alpha) * (alpha + 1) / (4 * kPi);
      EXPECT_NEAR(directive_share(double(alpha), std::cos(theta)), share, 1e-9) << alpha << " " << theta;
    }
  }
  // At the normal half-vector lobes lose the slopes above 1: exp(-1 / (2 s^2)).
  EXPECT_NEAR(half_vector_share(0.7, 1.0), 1 - std::exp(-1 / (2 * 0.49)), 1e-12);
  EXPECT_NEAR(half_vector_share(0.3, 0.0), 0.5, 1e-12);
}

TEST(Lobes, SharesOfNarrowLobesAreThoseOfTheirTangentPlane) {
  // F = erfc(-sqrt(2 kappa) sin(e / 2)) / 2 for the elevation e of the mirror direction, to O(1 / kappa); the next term
  // is below sqrt(1 / (2 pi kappa)) / 8 of it at e ~ 1 / sqrt(kappa)
  for (const double kappa : {1e4, 1e6, 1e8}) {
    for (const double e : {0.0, 0.5 / std::sqrt(kappa), 2 / std::sqrt(kappa)}) {
      const double expected = 0.5 * std::erfc(-std::sqrt(2 * kappa) * std::sin(e / 2));
      EXPECT_NEAR(von_mises_fisher_share(kappa, std::sin(e)), expected, 0.1 / std::sqrt(kappa)) << kappa << " " << e;
      EXPECT_NEAR(directive_share(2 * kappa, std::sin(e)), expected, 0.1 / std::sqrt(kappa)) << kappa << " " << e;
    }
  }
}

TEST(Lobes, SamplesFollowTheirDensity) {
  constexpr uint64_t kSamples = 20000;
  uint64_t source = 0;
  for (const Lobe& lobe : all_lobes()) {
    for (const double theta : {0.0, 0.7, 1.3}) {
      if (lobe.kind == LobeKind::kHalfVector && lobe.slope < 0.2 && theta > 1) continue;
      const Vec3d u_i = falling(theta);
      ++source;
      // how many there are, their mean height and heading, against quadrature
      const auto tests = [](const Vec3d& u) { return std::array<double, 3>{1, u.z, u.x}; };
      std::array<double, 3> sum{}, sum2{}, expected{};
      Vec3d last;
      for (uint64_t i = 0; i < kSamples; ++i) {
        const auto u =
            sample(lobe, kUp, u_i,
                   {random_uniform(7, source, i, 0), random_uniform(7, source, i, 1), random_uniform(7, source, i, 2)});
        if (!u) continue;
        EXPECT_NEAR(norm2(*u), 1, 1e-12);
        last = *u;
        const auto v = tests(*u);
        for (size_t k = 0; k < 3; ++k) sum[k] += v[k], sum2[k] += v[k] * v[k];
      }
      for (size_t k = 0; k < 3; ++k) {
        expected[k] = over_hemisphere([&](const Vec3d& u) { return density(lobe, kUp, u_i, u) * tests(u)[k]; });
        const double mean = sum[k] / kSamples;
        const double error = std::sqrt(std::max(0.0, sum2[k] / kSamples - mean * mean) / kSamples);
        // 13 lobes, 3 angles, 3 tests: 4.2 standard errors are passed by chance in one run of 300; those below the
        // horizon may be too few to show in the samples' own spread
        const double rare = std::sqrt(std::abs(1 - expected[0]) / kSamples);
        EXPECT_NEAR(mean, expected[k], 4.2 * (error + rare) + 1e-6) << named(lobe) << " at " << theta << " test " << k;
      }
      // what is above the horizon, over its share, is the lobe
      const double f = evaluate(lobe, kUp, u_i, last);
      EXPECT_NEAR(density(lobe, kUp, u_i, last) / expected[0], f, 1e-6 * f) << named(lobe);
    }
  }
}

// What Monte Carlo rays weigh: the kernel over the density of what is drawn, of the shape itself free.
TEST(Lobes, DrawnDirectionsWeighTheKernelOverTheirDensity) {
  std::vector<Lobe> lobes = all_lobes();
  for (const double narrow : {1e3, 1e6}) {
    lobes.push_back({LobeKind::kDirective}), lobes.back().alpha_r = narrow;
    lobes.push_back({LobeKind::kVonMisesFisher}), lobes.back().kappa = narrow;
    lobes.push_back({LobeKind::kBackscattering}), lobes.back().alpha_r = narrow, lobes.back().alpha_i = 0.5;
    lobes.push_back({LobeKind::kHalfVector}), lobes.back().slope = 1 / std::sqrt(narrow);
  }
  int drawn = 0;
  for (const Lobe& lobe : lobes) {
    const LobeShares shares(lobe);
    const LobeShareRow row = shares.row(shares.samples().empty() ? nullptr : shares.samples().data());
    for (uint64_t i = 0; i < 400; ++i) {
      const auto uniform = [&](uint64_t draw) { return random_uniform(5, 0, i, draw); };
      const Vec3d u_i = falling(0.5 * kPi * (1 - std::pow(uniform(0), 3)));  // many near the horizon
      Vec3d u_o;
      if (!draw(lobe, kUp, u_i, {uniform(1), uniform(2), uniform(3)}, u_o)) continue;
      const double cos_i = -dot(u_i, kUp), cos_o = dot(u_o, kUp), p = density(lobe, kUp, u_i, u_o);
      if (!(p > 1e-200)) continue;
      ++drawn;
      const double weight = reciprocal_kernel(lobe, kUp, u_i, u_o) / (cos_i * p);
      EXPECT_NEAR(drawn_weight(row, cos_i, cos_o), weight, 1e-5 * weight)
          << named(lobe) << " " << cos_i << " " << cos_o;
    }
  }
  EXPECT_GT(drawn, 200 * int(lobes.size()));
}

TEST(Lobes, TheReciprocalKernelIsTheSameBothWays) {
  for (const Lobe& lobe : all_lobes()) {
    for (const auto& [theta_i, theta_o, phi] :
         {std::array{0.3, 1.2, 0.4}, std::array{1.5, 0.1, 2.0}, std::array{0.9, 0.9, 0.01}}) {
      const Vec3d u_i = falling(theta_i), u_o = towards(theta_o, phi);
      const double there = reciprocal_kernel(lobe, kUp, u_i, u_o), back = reciprocal_kernel(lobe, kUp, -u_o, -u_i);
      EXPECT_GT(there, 0);
      EXPECT_NEAR(there, back, 1e-13 * there) << named(lobe);
      if (lobe.kind == LobeKind::kLambertian) {
        EXPECT_NEAR(there, std::cos(theta_i) * evaluate(lobe, kUp, u_i, u_o), 1e-15);
      } else {  // the geometric mean
        const double mean = std::sqrt(std::cos(theta_i) * evaluate(lobe, kUp, u_i, u_o) * std::cos(theta_o) *
                                      evaluate(lobe, kUp, -u_o, -u_i));
        EXPECT_NEAR(there, mean, 1e-12 * mean) << named(lobe);
      }
    }
  }
}

// The surface integral of the kernel over 1 / (r1^2 r2^2) is 1 / (s1 + s2)^2, what the image method gives, and
//   [s1^2 - 4 s1 s2 + s2^2] / (4 d^2 cos^2 theta) - tan^2 theta / 16
// is the first coefficient of its error by the lobe's mean squared angle 2 / kappa.
TEST(Lobes, NarrowLobesBecomeTheMirror) {
  for (const auto& [s1, s2, theta] :
       {std::array{4.0, 3.0, 0.7}, std::array{2.0, 5.0, 0.3}, std::array{3.0, 3.0, 1.0}}) {
    const Vec3d source{-s1 * std::sin(theta), 0, s1 * std::cos(theta)},
        target{s2 * std::sin(theta), 0, s2 * std::cos(theta)};
    const double d = s1 + s2, cosine = std::cos(theta), tangent = std::tan(theta);
    const double expected = (s1 * s1 - 4 * s1 * s2 + s2 * s2) / (4 * d * d * cosine * cosine) - tangent * tangent / 16;
    for (const LobeKind kind : {LobeKind::kVonMisesFisher, LobeKind::kDirective}) {
      Lobe lobe{kind};
      lobe.kappa = 3000, lobe.alpha_r = 6000;
      const double radius = 7 * s1 * s2 / d / std::sqrt(lobe.kappa);
      constexpr int kSteps = 120;
      double sum = 0;
      for (int i = 0; i < kSteps; ++i) {
        for (int j = 0; j < kSteps; ++j) {
          const Vec3d p{radius / cosine * (2 * (i + 0.5) / kSteps - 1), radius * (2 * (j + 0.5) / kSteps - 1), 0};
          const Vec3d in = p - source, out = target - p;
          sum += reciprocal_kernel(lobe, kUp, normalized(in), normalized(out)) / (norm2(in) * norm2(out));
        }
      }
      sum *= 4 * radius * radius / cosine / (kSteps * kSteps);
      // the next term is of the order of the first times 10 / kappa
      EXPECT_NEAR((sum * d * d - 1) * lobe.kappa / 2, expected, 0.01 * std::abs(expected)) << lobe_name(kind);
    }
  }
}

TEST(Lobes, DerivativesAreThoseOfDifferences) {
  for (const Lobe& lobe : all_lobes()) {
    for (const auto& [theta_i, theta_o, phi] :
         {std::array{0.0, 0.2, 0.4}, std::array{0.5, 0.7, 0.3}, std::array{1.5, 1.2, 2.0}}) {
      for (const bool reciprocal : {false, true}) {
        // five numbers, two angles of u_i and of u_o, a tilt of the normal
        const std::vector<double> x{lobe.alpha_r, lobe.alpha_i, lobe.lambda, lobe.kappa, lobe.slope,
                                    theta_i,      0.1,          theta_o,     phi,        0.02};
        const auto f = [&]<class T>(const std::vector<T>& v) {
          using std::sin, std::cos;
          BasicLobe<T> l{lobe.kind, v[0], v[1], v[2], v[3], v[4]};
          const auto direction = [](const T& theta, const T& azimuth) {
            return Vec3<T>{sin(theta) * cos(azimuth), sin(theta) * sin(azimuth), cos(theta)};
          };
          const Vec3<T> n = direction(v[9], T(0.5)), in = direction(v[5], v[6]), out = direction(v[7], v[8]);
          const Vec3<T> u_i{in.x, in.y, -in.z};
          return reciprocal ? reciprocal_kernel(l, n, u_i, out) : evaluate(l, n, u_i, out);
        };
        // truncation: the lobes' third derivatives are below 60^1.5 f; rounding: 1e-16 f / h
        ad::expect_derivatives(
            f, x, 1e-6,
            named(lobe) + std::string(" at ") + std::to_string(theta_i) + (reciprocal ? " reciprocal" : ""));
      }
    }
  }
}

TEST(Lobes, XpdIsTheShareOfPowerThatChangesPolarisation) {
  for (const double xpd : {0.0, 0.2, 1.0}) {
    const auto out = cross_polarized(xpd, {Complexd{0.6, 0.8}, Complexd{0, 0}});
    EXPECT_NEAR(norm2(out[0]), 1 - xpd, 1e-15);
    EXPECT_NEAR(norm2(out[1]), xpd, 1e-15);
    const auto both = cross_polarized(xpd, {Complexd{0.6, 0.8}, Complexd{-0.3, 2}});
    EXPECT_NEAR(norm2(both[0]) + norm2(both[1]), 1 + 4.09, 1e-13);
  }
}

TEST(Lobes, TextsNameThem) {
  const Lobe l = lobe_from_text(" backscattering( alpha_r=20 ,alpha_i = 3e1, lambda_=0.7)");
  EXPECT_EQ(l.kind, LobeKind::kBackscattering);
  EXPECT_EQ(l.alpha_r, 20);
  EXPECT_EQ(l.alpha_i, 30);
  EXPECT_EQ(l.lambda, 0.7);
  EXPECT_EQ(lobe_text(l), "backscattering(alpha_r=20, alpha_i=30, lambda_=0.7)");
  EXPECT_EQ(lobe_text(lobe_from_text("lambertian")), "lambertian");
  EXPECT_EQ(lobe_from_text("von_mises_fisher").kappa, Lobe{}.kappa);
  Lobe odd{LobeKind::kDirective};
  odd.alpha_r = 0.1 + 0.2;
  EXPECT_EQ(lobe_from_text(lobe_text(odd)).alpha_r, odd.alpha_r);
  for (const auto& [text, word] :
       std::vector<std::pair<const char*, const char*>>{{"lambertain", "'lambertian'"},
                                                        {"directive(alpha_t=3)", "'alpha_r'"},
                                                        {"directive(kappa=3)", "has no 'kappa'"},
                                                        {"lambertian(alpha_r=3)", "has no numbers"},
                                                        {"directive(alpha_r=4", "')'"},
                                                        {"directive(alpha_r)", "must be a number"},
                                                        {"directive(alpha_r=4x)", "must be a number"},
                                                        {"directive(alpha_r=-4)", "alpha_r must be"},
                                                        {"directive(alpha_r=4, alpha_r=2)", "gives alpha_r twice"},
                                                        {"", "unknown lobe ''. A lobe"},
                                                        {"lambertain", "'lambertian'? A lobe"}}) {
    try {
      lobe_from_text(text);
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  }
}

TEST(Lobes, BadOnesAreRefused) {
  const auto refused = [](const Lobe& lobe, const char* word) {
    try {
      validate(lobe, "material 'wall': ");
      ADD_FAILURE() << word;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  Lobe lobe{LobeKind::kVonMisesFisher};
  lobe.kappa = -1;
  refused(lobe, "kappa must be > 0");
  lobe.kind = LobeKind::kDirective;
  validate(lobe, "");  // it has no kappa
  lobe.alpha_r = std::nan("");
  refused(lobe, "alpha_r");
}

}  // namespace
}  // namespace raywave::em
