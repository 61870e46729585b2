// SPDX-License-Identifier: Apache-2.0
// Tangents of channels against differences, adjoints against tangents.
#include "raywave/signal/channel_derivative.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/signal/test_support.h"

namespace raywave::signal {
namespace {

using paths::Paths;
using paths::PathsDerivative;

using Values = std::vector<double>;

Values reals(const std::vector<Complexd>& z) {
  Values out;
  for (const Complexd& x : z) out.insert(out.end(), {x.re, x.im});
  return out;
}
std::vector<Complexd> complexes(const Values& v) {
  std::vector<Complexd> out;
  for (size_t i = 0; i < v.size(); i += 2) out.push_back({v[i], v[i + 1]});
  return out;
}

/// In [-0.5, 0.5).
struct Draw {
  uint64_t state;
  double operator()() { return double((state = mix64(state + 1)) >> 11) * 0x1.0p-53 - 0.5; }
};

/// Phases that turn by about a radian, gains that change by their own size.
PathsDerivative direction(const Paths& p, uint64_t seed) {
  Draw draw{seed};
  PathsDerivative t;
  for (size_t i = 0; i < p.a.size(); ++i) t.a.push_back({1e-3 * draw(), 1e-3 * draw()});
  for (size_t i = 0; i < p.tau_s.size(); ++i) {
    t.tau_s.push_back(3e-10 * draw());
    t.doppler_hz.push_back(10 * draw());
  }
  t.frequency_hz = 1e6 * draw();
  return t;
}

double dot(const PathsDerivative& x, const PathsDerivative& y) {
  double sum = x.frequency_hz * y.frequency_hz;
  for (size_t i = 0; i < x.a.size(); ++i) sum += x.a[i].re * y.a[i].re + x.a[i].im * y.a[i].im;
  for (size_t i = 0; i < x.tau_s.size(); ++i) sum += x.tau_s[i] * y.tau_s[i] + x.doppler_hz[i] * y.doppler_hz[i];
  return sum;
}

double largest(const Values& v) {
  double out = 0;
  for (const double x : v) out = std::max(out, std::abs(x));
  return out;
}

/// A channel as a function of paths: its values, their tangent, the adjoint.
struct Channel {
  std::function<Values(const Paths&)> value;
  std::function<Values(const Paths&, const PathsDerivative&)> jvp;
  std::function<PathsDerivative(const Paths&, const Values&)> vjp;
};

void expect_exact(const Paths& p, const Channel& f) {
  for (const uint64_t seed : {1, 2, 3}) {
    const PathsDerivative t = direction(p, seed);
    const Values exact = f.jvp(p, t);
    const double h = 1e-3;
    const Values a = f.value(moved(p, t, h)), b = f.value(moved(p, t, -h)), a2 = f.value(moved(p, t, 2 * h)),
                 b2 = f.value(moved(p, t, -2 * h));
    ASSERT_EQ(exact.size(), a.size());
    ASSERT_GT(largest(exact), 0);
    // Fourth order: h^4 / 30 of the fifth derivative leaves below 1e-10; phases of 3000 radians are rounded to 4e-13,
    // which the difference divides by h.
    const double tolerance = 2e-9 * std::max(largest(exact), largest(a));
    for (size_t i = 0; i < exact.size(); ++i)
      EXPECT_NEAR(exact[i], (8 * (a[i] - b[i]) - (a2[i] - b2[i])) / (12 * h), tolerance) << i;
    Draw draw{seed + 100};
    Values cotangent;
    double forward = 0, size = 0;
    for (const double x : exact) {
      cotangent.push_back(draw());
      forward += cotangent.back() * x;
      size += std::abs(cotangent.back() * x);
    }
    // The terms that both sums are made of are larger than the derivatives where normalize takes a part away.
    const double terms = std::max(size, largest(a) * double(a.size()));
    EXPECT_NEAR(dot(f.vjp(p, cotangent), t), forward, 1e-13 * terms);
  }
}

Paths exact_array() {
  Paths p = three_paths();
  p.synthetic_array = false;
  p.links = {{0, 0, 0, 0, 0, 2}, {0, 1, 0, 0, 2, 3}};
  p.a = {{1e-3, 0}, {0, 2e-3}, {3e-4, -2e-4}};
  p.a_begin = {0, 1, 2, 3};
  return p;
}

TEST(ChannelDerivative, OfTheImpulseResponse) {
  for (const Paths& p : {three_paths(), exact_array()}) {
    for (const bool normalize_delays : {false, true}) {
      const CirOptions o{50, 3, normalize_delays};
      // delays in units that stand beside the gains
      const auto join = [](const std::vector<Complexd>& a, const Values& tau) {
        Values out = reals(a);
        for (const double x : tau) out.push_back(1e4 * x);
        return out;
      };
      const size_t num_a = 2 * cir(p, o).a.size();
      expect_exact(
          p,
          {[&](const Paths& q) {
             const Cir c = cir(q, o);
             return join(c.a, c.tau_s);
           },
           [&](const Paths& q, const PathsDerivative& t) {
             const CirDerivative c = cir_jvp(q, o, t);
             return join(c.a, c.tau_s);
           },
           [&](const Paths& q, const Values& g) {
             CirDerivative c{complexes({g.begin(), g.begin() + int64_t(num_a)}), {g.begin() + int64_t(num_a), g.end()}};
             for (double& x : c.tau_s) x *= 1e4;
             return cir_vjp(q, o, c);
           }});
    }
  }
}

TEST(ChannelDerivative, OfTheFrequencyResponse) {
  const Values f{-3e6, 0, 7e6};
  for (const Paths& p : {three_paths(), exact_array()}) {
    for (const bool normalize_delays : {false, true}) {
      for (const bool normalize : {false, true}) {
        const CfrOptions o{50, 2, normalize_delays, normalize};
        expect_exact(p, {[&](const Paths& q) { return reals(cfr(q, f, o, nullptr)); },
                         [&](const Paths& q, const PathsDerivative& t) { return reals(cfr_jvp(q, f, o, t)); },
                         [&](const Paths& q, const Values& g) { return cfr_vjp(q, f, o, complexes(g)); }});
      }
    }
  }
}

TEST(ChannelDerivative, OfTheTaps) {
  for (const Paths& p : {three_paths(), exact_array()}) {
    for (const bool normalize_delays : {false, true}) {
      for (const bool normalize : {false, true}) {
        // no delay is a whole number of samples: all taps but one would vanish
        const TapsOptions o{19e6, -2, 6, 0, 2, normalize_delays, normalize};
        expect_exact(p, {[&](const Paths& q) { return reals(taps(q, o, nullptr)); },
                         [&](const Paths& q, const PathsDerivative& t) { return reals(taps_jvp(q, o, t)); },
                         [&](const Paths& q, const Values& g) { return taps_vjp(q, o, complexes(g)); }});
      }
    }
  }
}

TEST(ChannelDerivative, OfGainAndMeanDelay) {
  for (const Paths& p : {three_paths(), exact_array()}) {
    expect_exact(p, {[](const Paths& q) { return path_gain(q); },
                     [](const Paths& q, const PathsDerivative& t) { return path_gain_jvp(q, t); },
                     [](const Paths& q, const Values& g) { return path_gain_vjp(q, g); }});
    expect_exact(p, {[](const Paths& q) { return mean_delay(q); },
                     [](const Paths& q, const PathsDerivative& t) { return mean_delay_jvp(q, t); },
                     [](const Paths& q, const Values& g) { return mean_delay_vjp(q, g); }});
  }
}

TEST(ChannelDerivative, ThePeakOfASincIsFlatAndItsNeighbourhoodSmooth) {
  Paths p = three_paths();
  p.links = {{0, -1, 0, -1, 0, 1}, {0, -1, 1, -1, 1, 1}};
  p.doppler_hz = {0, 0, 0};
  p.frequency_hz = 1e-3;  // next to no phase: what moves is the tap's weight
  PathsDerivative t;
  t.tau_s = {1 / 20e6, 0, 0};  // one tap
  TapsOptions o{20e6, 0, 0, 0, 1, false, false};
  for (const double x : {0.0, 1e-13, 1e-6, 0.0999999, 0.1000001, 0.5, 1.0}) {
    p.tau_s[0] = x / 20e6;
    // d sinc(-x) / dx = (cos(pi x) - sinc(x)) / x, to third order for small x
    const double series = -kPi * kPi * x / 3 * (1 - kPi * kPi * x * x / 10);
    const double expected = x < 0.01 ? series : (std::cos(kPi * x) - std::sin(kPi * x) / (kPi * x)) / x;
    EXPECT_NEAR(taps_jvp(p, o, t)[0].re / p.a[0].re, expected, 1e-14) << x;
  }
}

TEST(ChannelDerivative, TheFirstOfEqualDelaysIsTheOneThatIsSubtracted) {
  Paths p = three_paths();
  p.tau_s = {2e-7, 2e-7, 5e-7};
  CirDerivative g;
  g.tau_s = {0, 1, 0, 0};  // the second path of the first link
  const PathsDerivative c = cir_vjp(p, {}, g);
  EXPECT_EQ(c.tau_s, (Values{-1, 1, 0}));
}

TEST(ChannelDerivative, ALinkWithoutEnergyHasNoSlope) {
  Paths p = three_paths();
  for (Complexd& a : p.a) a = {};
  CfrOptions o;
  o.normalize = true;
  const PathsDerivative t = direction(p, 5);
  for (const Complexd& z : cfr_jvp(p, {0.0, 1e6}, o, t)) EXPECT_EQ(norm2(z), 0);
  const PathsDerivative c = cfr_vjp(p, {0.0, 1e6}, o, std::vector<Complexd>(8, {1, 1}));
  for (const Complexd& z : c.a) EXPECT_EQ(norm2(z), 0);
  EXPECT_EQ(mean_delay_jvp(p, t), (Values{0, 0}));
  EXPECT_EQ(mean_delay_vjp(p, {1, 1}).tau_s, (Values{0, 0, 0}));
}

TEST(ChannelDerivative, WrongShapesAndValuesAreNamed) {
  const Paths p = three_paths();
  const auto says = [](const std::function<void()>& f, const std::string& words) {
    try {
      f();
      ADD_FAILURE() << "no error: " << words;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
    }
  };
  says([&] { cfr_vjp(p, {0.0}, {}, std::vector<Complexd>(3)); }, "the cotangent of cfr has 3 numbers, cfr has 4");
  says([&] { cfr_vjp(p, {0.0}, {}, std::vector<Complexd>(4, {std::nan(""), 0})); }, "not finite");
  says([&] { taps_vjp(p, {}, std::vector<Complexd>(4)); }, "the cotangent of taps");
  says([&] { path_gain_vjp(p, {1, 2, 3}); }, "the cotangent of path_gain has 3");
  says([&] { cir_vjp(p, {}, {{}, {1}}); }, "the cotangent of tau_s");
  PathsDerivative t;
  t.tau_s = {1, 2};
  says([&] { cfr_jvp(p, {0.0}, {}, t); }, "the tangent of tau_s has 2 numbers, the paths have 3");
}

}  // namespace
}  // namespace raywave::signal
