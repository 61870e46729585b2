// SPDX-License-Identifier: Apache-2.0
#include "raywave/signal/channel.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/signal/test_support.h"

namespace raywave::signal {
namespace {

Complexd turn(double cycles) { return expj(-2 * kPi * cycles); }

TEST(Cfr, IsTheSumOfItsPathsAtEachFrequency) {
  const paths::Paths p = three_paths();
  ChannelShape s;
  CfrOptions o;
  o.normalize_delays = false;
  const std::vector<double> f{-3e6, 0, 7e6};
  const auto h = cfr(p, f, o, &s);
  ASSERT_EQ(h.size(), size_t(1 * 2 * 2 * 1 * 1 * 3));
  for (size_t rx = 0; rx < 2; ++rx) {
    for (size_t k = 0; k < 3; ++k) {
      const Complexd expected =
          p.a[rx] * turn((1e9 + f[k]) * p.tau_s[0]) + p.a[2 + rx] * turn((1e9 + f[k]) * p.tau_s[1]);
      EXPECT_LT(abs(h[(rx * 2 + 0) * 3 + k] - expected), 1e-15);  // 1e-3 times the rounding of a phase of 1500 radians
    }
  }
}

TEST(Cfr, NormalizedDelaysCountFromEachLinksFirst) {
  const paths::Paths p = three_paths();
  const auto h = cfr(p, {0.0}, {}, nullptr);
  EXPECT_LT(abs(h[0] - (p.a[0] + p.a[2] * turn(1e9 * (p.tau_s[1] - p.tau_s[0])))), 1e-15);
  EXPECT_LT(abs(h[1] - p.a[4]), 1e-18);  // the other link's only path comes at its own zero
}

TEST(Cfr, NormalizeGivesUnitMeanEnergyALink) {
  CfrOptions o;
  o.normalize = true;
  o.num_time_steps = 4;
  o.sampling_frequency_hz = 100;
  const auto h = cfr(three_paths(), {0.0, 1e6, 2e6}, o, nullptr);
  for (size_t tx = 0; tx < 2; ++tx) {
    double energy = 0;
    for (size_t rx = 0; rx < 2; ++rx) {
      for (size_t k = 0; k < 12; ++k) energy += norm2(h[(rx * 2 + tx) * 12 + k]);
    }
    EXPECT_NEAR(energy / 24, 1, 1e-12);
  }
}

TEST(Taps, NormalizeGivesUnitEnergyInAllTapsTogether) {
  TapsOptions o;
  o.normalize = true;
  o.num_time_steps = 3;
  o.sampling_frequency_hz = 100;
  for (const auto& [l_min, l_max] : {std::pair(0, 0), std::pair(-3, 7), std::pair(-10, 16)}) {
    o.l_min = l_min, o.l_max = l_max;
    const auto h = taps(three_paths(), o, nullptr);
    const auto width = size_t(3 * (l_max - l_min + 1));
    for (size_t tx = 0; tx < 2; ++tx) {
      double energy = 0;
      for (size_t rx = 0; rx < 2; ++rx) {
        for (size_t k = 0; k < width; ++k) energy += norm2(h[(rx * 2 + tx) * width + k]);
      }
      EXPECT_NEAR(energy / 6, 1, 1e-12) << l_min;  // two antennas, three times
    }
  }
}

TEST(Taps, PaddedAntennasHaveNoShareInTheMean) {
  paths::Paths p = three_paths();
  p.tx_num_elements = {2, 1};  // the second transmitter has one antenna, its row is padded
  p.a = {{1e-3, 0}, {0, 2e-3}, {5e-4, 1e-4}, {3e-4, 0}, {1e-4, 0},
         {0, 1e-4}, {1e-4, 0}, {2e-4, 0},    {1e-4, 0}, {0, 1e-4}};
  p.a_begin = {0, 4, 8, 10};
  TapsOptions o;
  o.normalize = true;
  const auto h = taps(p, o, nullptr);
  ASSERT_EQ(h.size(), size_t(2 * 2 * 2 * 17));
  for (size_t tx = 0; tx < 2; ++tx) {
    double energy = 0;
    for (size_t rx = 0; rx < 2; ++rx) {
      for (size_t k = 0; k < 2 * 17; ++k) energy += norm2(h[(rx * 2 + tx) * 2 * 17 + k]);
    }
    EXPECT_NEAR(energy / (tx == 0 ? 4 : 2), 1, 1e-12) << tx;
  }
}

TEST(Cir, TurnsWithDoppler) {
  const paths::Paths p = three_paths();
  CirOptions o;
  o.num_time_steps = 3;
  o.sampling_frequency_hz = 50;
  const Cir c = cir(p, o);
  ASSERT_EQ(c.num_paths, 2);
  const Complexd* first = c.a.data();  // rx element 0, tx a, path 0
  for (int t = 0; t < 3; ++t) EXPECT_LT(abs(first[t] - p.a[0] * expj(2 * kPi * 10 * t / 50.0)), 1e-16);
  EXPECT_EQ(c.tau_s[0], 0);
  EXPECT_NEAR(c.tau_s[1], 1.38e-7, 1e-20);
  EXPECT_EQ(c.tau_s[3], -1);  // the second link has one path
}

TEST(Cfr, IsTheFourierTransformOfTheCir) {
  const paths::Paths p = three_paths();
  const Cir c = cir(p, {50, 3});
  CfrOptions o;
  o.sampling_frequency_hz = 50;
  o.num_time_steps = 3;
  const std::vector<double> f{-3e6, 0, 7e6};
  const auto h = cfr(p, f, o, nullptr);
  for (size_t antenna = 0; antenna < 4; ++antenna) {  // [rx element, tx]
    const size_t tx = antenna % 2;
    for (size_t t = 0; t < 3; ++t) {
      for (size_t k = 0; k < 3; ++k) {
        Complexd sum;
        for (size_t i = 0; i < size_t(c.num_paths); ++i)
          sum += c.a[(antenna * size_t(c.num_paths) + i) * 3 + t] * turn(f[k] * c.tau_s[tx * size_t(c.num_paths) + i]);
        EXPECT_LT(abs(h[(antenna * 3 + t) * 3 + k] - sum), 1e-15);
      }
    }
  }
}

TEST(Cir, ExactArraysKeepTheDelayBetweenTheirElements) {
  paths::Paths p = three_paths();
  p.synthetic_array = false;
  p.links = {{0, 0, 0, 0, 0, 1}, {0, 1, 0, 0, 1, 2}, {0, 1, 1, 0, 2, 3}};
  p.a = {{1e-3, 0}, {0, 2e-3}, {3e-4, 0}};
  p.a_begin = {0, 1, 2, 3};
  const Cir c = cir(p, {});
  ASSERT_EQ(c.num_paths, 1);
  ASSERT_EQ(c.tau_s.size(), 4u);  // [rx element, tx]
  EXPECT_EQ(c.tau_s[0], 0);
  EXPECT_EQ(c.tau_s[1], -1);  // no path from the second transmitter to the first element
  EXPECT_NEAR(c.tau_s[2], 1.38e-7, 1e-20);
  EXPECT_EQ(c.tau_s[3], 0);
  EXPECT_LT(abs(c.a[2] - p.a[1] * turn(1e9 * c.tau_s[2])), 1e-15);
}

TEST(LinkStatistics, OfTheDirectPathAloneAndOfNoPath) {
  paths::Paths p = three_paths();
  p.links = {{0, -1, 0, -1, 0, 1}, {0, -1, 1, -1, 1, 1}};
  EXPECT_TRUE(std::isinf(link_statistics(p, p.links[0]).rice_factor));
  EXPECT_EQ(link_statistics(p, p.links[0]).rms_delay_spread_s, 0);
  const LinkStatistics none = link_statistics(p, p.links[1]);
  EXPECT_EQ(none.path_gain, 0);
  EXPECT_EQ(none.mean_delay_s, 0);
  EXPECT_EQ(none.rice_factor, 0);
}

TEST(Taps, AreSincSamplesOfTheImpulseResponse) {
  const paths::Paths p = three_paths();
  TapsOptions o;
  o.bandwidth_hz = 20e6;
  o.l_min = -2;
  o.l_max = 6;
  const auto h = taps(p, o, nullptr);
  const auto sinc = [](double x) { return x == 0 ? 1 : std::sin(kPi * x) / (kPi * x); };
  for (int l = -2; l <= 6; ++l) {
    const double tau = p.tau_s[1] - p.tau_s[0];
    const Complexd expected = sinc(l) * p.a[0] + sinc(l - 20e6 * tau) * (p.a[2] * turn(1e9 * tau));
    EXPECT_LT(abs(h[size_t(l + 2)] - expected), 1e-15);
  }
}

TEST(Taps, SumOfAllTapsIsTheResponseAtTheCarrier) {
  const paths::Paths p = three_paths();
  TapsOptions o;
  o.bandwidth_hz = 20e6;
  o.l_min = -20000;
  o.l_max = 20000;
  Complexd sum;
  const auto h = taps(p, o, nullptr);
  for (size_t l = 0; l <= 40000; ++l) sum += h[l];
  EXPECT_LT(abs(sum - cfr(p, {0.0}, {}, nullptr)[0]), 1e-3 / (kPi * 20000));  // the tail of the alternating series
}

TEST(LinkStatistics, AreMomentsOfThePowers) {
  const paths::Paths p = three_paths();
  const LinkStatistics s = link_statistics(p, p.links[0]);
  const double p0 = (1e-6 + 4e-6) / 2, p1 = (2.6e-7 + 9e-8) / 2;
  EXPECT_NEAR(s.path_gain, p0 + p1, 1e-20);
  EXPECT_NEAR(s.mean_delay_s, (p0 * 1.03e-7 + p1 * 2.41e-7) / (p0 + p1), 1e-20);
  EXPECT_NEAR(s.rms_delay_spread_s, 1.38e-7 * std::sqrt(p0 * p1) / (p0 + p1), 1e-18);
  EXPECT_NEAR(s.rms_doppler_spread_hz, 30 * std::sqrt(p0 * p1) / (p0 + p1), 1e-12);
  EXPECT_NEAR(s.rice_factor, p0 / p1, 1e-9);
  EXPECT_EQ(link_statistics(p, p.links[1]).rice_factor, 0);
}

TEST(Channel, BadOptionsAreNamed) {
  const paths::Paths p = three_paths();
  EXPECT_THROW(cir(p, {1.0, 0}), Error);
  EXPECT_THROW(cir(p, {-1.0, 2}), Error);
  EXPECT_THROW(cfr(p, {std::nan("")}, {}, nullptr), Error);
  TapsOptions o;
  o.l_min = 3;
  o.l_max = 2;
  EXPECT_THROW(taps(p, o, nullptr), Error);
}

}  // namespace
}  // namespace raywave::signal
