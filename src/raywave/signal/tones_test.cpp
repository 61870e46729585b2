// SPDX-License-Identifier: Apache-2.0
// Sampled tones against sums written out, spectra in closed form against transforms of samples, tangents against
// differences, adjoints against tangents.
#include "raywave/signal/tones.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/core/test_errors.h"
#include "raywave/signal/test_support.h"
#include "raywave/signal/waveforms.h"

namespace raywave::signal {
namespace {

using paths::Paths;
using paths::PathsDerivative;

/// In [-0.5, 0.5).
struct Draw {
  uint64_t state;
  double operator()() { return double((state = mix64(state + 1)) >> 11) * 0x1.0p-53 - 0.5; }
};

/// One transmitter with two ports, a receiver with two, five paths at 77 GHz.
Paths radar_paths() {
  Paths p;
  p.frequency_hz = 77e9;
  p.tx_names = {"t"};
  p.rx_names = {"r"};
  p.tx_num_elements = {2};
  p.tx_num_slants = {1};
  p.rx_num_elements = {2};
  p.rx_num_slants = {1};
  p.links = {{0, -1, 0, -1, 0, 5}};
  Draw draw{5};
  for (int i = 0; i < 5; ++i) {
    p.tau_s.push_back(1e-9 + 5e-8 * (draw() + 0.5));
    p.doppler_hz.push_back(8e3 * draw());
    for (int k = 0; k < 4; ++k) p.a.push_back({1e-4 * draw(), 1e-4 * draw()});
    p.a_begin.push_back(4 * (i + 1));
    p.interaction_begin.push_back(0);
  }
  return p;
}

FmcwWaveform radar(Multiplexing multiplexing) {
  FmcwWaveform w;
  w.slope_hz_per_s = 80e12;
  w.sampling_frequency_hz = 5e6;
  w.num_samples = 60;
  w.num_chirps = 13;
  w.num_frames = 2;
  w.chirp_period_s = 30e-6;
  w.frame_period_s = 2e-3;
  w.first_frequency_offset_hz = -1e8;
  w.residual_video_phase = true;
  w.multiplexing = multiplexing;
  return w;
}

double largest(const std::vector<Complexd>& v) {
  double out = 0;
  for (const Complexd& z : v) out = std::max(out, abs(z));
  return out;
}
double largest_difference(const std::vector<Complexd>& a, const std::vector<Complexd>& b) {
  EXPECT_EQ(a.size(), b.size());
  double out = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) out = std::max(out, abs(a[i] - b[i]));
  return out;
}

/// The mixer's output as it is written down for one sample, from phases of the transmitted and the received chirp.
Complexd written_out(const Paths& p, const FmcwWaveform& w, int r, int t, int frame, int chirp, int n) {
  const bool tdm = w.multiplexing == Multiplexing::kTdm;
  Complexd sum{};
  for (int port = tdm ? t : 0; port < (tdm ? t + 1 : 2); ++port) {
    for (size_t i = 0; i < p.tau_s.size(); ++i) {
      const double tau = p.tau_s[i], nu = p.doppler_hz[i], fast = n / w.sampling_frequency_hz;
      const double slow = frame * w.frame_period_s + (tdm ? 2 * chirp + port : chirp) * w.chirp_period_s;
      const double f0 = p.frequency_hz + w.first_frequency_offset_hz, mu = w.slope_hz_per_s;
      double turns = -f0 * tau - mu * tau * fast + nu * (slow + fast) + 0.5 * mu * tau * tau;
      if (!tdm) turns += 0.5 * port * chirp;
      sum += p.a[i * 4 + size_t(2 * r + port)] * expj(2 * kPi * (turns - std::floor(turns)));
    }
  }
  return sum;
}

TEST(Fmcw, IsTheMixersOutput) {
  const Paths p = radar_paths();
  for (const Multiplexing multiplexing : {Multiplexing::kTdm, Multiplexing::kDdm}) {
    const FmcwWaveform w = radar(multiplexing);
    const int streams = multiplexing == Multiplexing::kTdm ? 2 : 1;
    const std::vector<Complexd> cube = tones(p, w.grid(2));
    ASSERT_EQ(cube.size(), size_t(2 * streams * 2 * 13 * 60));
    // phases of 4000 turns are rounded to 1e-12 of a turn
    const double tolerance = 1e-11 * largest(cube);
    size_t k = 0;
    for (int r = 0; r < 2; ++r) {
      for (int t = 0; t < streams; ++t) {
        for (int f = 0; f < 2; ++f) {
          for (int m = 0; m < 13; ++m) {
            for (int n = 0; n < 60; ++n, ++k) {
              const Complexd wanted = written_out(p, w, r, t, f, m, n);
              ASSERT_LT(abs(cube[k] - wanted), tolerance) << r << t << f << m << n;
            }
          }
        }
      }
    }
  }
}

TEST(Fmcw, WithoutResidualPhaseIsTheFrequencyResponse) {
  const Paths p = three_paths();
  FmcwWaveform w;
  w.slope_hz_per_s = 50e12;
  w.sampling_frequency_hz = 20e6;
  w.num_samples = 32;
  ToneGrid g = w.grid(1);
  g.sample_period_s = 0;  // Doppler within a chirp aside
  std::vector<double> frequencies;
  for (int n = 0; n < 32; ++n) frequencies.push_back(n * g.step_hz);
  const std::vector<Complexd> h = cfr(p, frequencies, {1.0, 1, false, false}, nullptr);
  EXPECT_LT(largest_difference(tones(p, g), h), 1e-13 * largest(h));
}

TEST(Fmcw, RangeIsBiasedByDoppler) {
  Paths p = radar_paths();
  p.links[0].path_end = 1;  // one path
  FmcwWaveform w = radar(Multiplexing::kTdm);
  w.num_frames = 1;
  w.num_samples = 256;
  w.chirp_period_s = 60e-6;
  SpectrumOptions o;
  o.range_bins = 1 << 15;
  const auto peak = [&](double nu) {
    p.doppler_hz[0] = nu;
    const std::vector<Complexd> x = tone_spectrum(p, w.grid(2), o);
    size_t best = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      if (norm2(x[i]) > norm2(x[best])) best = i;
    }
    return double(best % size_t(o.range_bins)) * w.sampling_frequency_hz / o.range_bins / w.slope_hz_per_s;
  };
  const double nu = 8e3;
  // two-way range bias -c nu / mu, to a bin of the padded transform
  EXPECT_NEAR((peak(nu) - peak(0)) * kSpeedOfLight, -kSpeedOfLight * nu / w.slope_hz_per_s,
              1.01 * kSpeedOfLight * w.sampling_frequency_hz / w.slope_hz_per_s / o.range_bins);
}

/// Sums of samples with windows and phases, divided by the sums of windows.
std::vector<Complexd> transformed(const std::vector<Complexd>& y, const ToneGrid& g, const SpectrumOptions& o) {
  const int chirps = g.times_per_frame(), samples = g.num_samples;
  const int bins = o.range_bins ? o.range_bins : samples, dopplers = o.doppler_bins ? o.doppler_bins : chirps;
  const auto range = window_values(o.range_window, samples), doppler = window_values(o.doppler_window, chirps);
  const double scale = 1 / (window_sum(o.range_window, samples) * window_sum(o.doppler_window, chirps));
  const size_t frames = y.size() / size_t(chirps * samples);
  std::vector<Complexd> out;
  for (size_t f = 0; f < frames; ++f) {
    for (int l = 0; l < dopplers; ++l) {
      for (int k = 0; k < bins; ++k) {
        Complexd sum{};
        for (int m = 0; m < chirps; ++m) {
          for (int n = 0; n < samples; ++n) {
            const double turns =
                double((int64_t(k) * n) % bins) / bins - double((int64_t(l) * m) % dopplers) / dopplers;
            sum += (range[size_t(n)] * doppler[size_t(m)]) *
                   (y[(f * size_t(chirps) + size_t(m)) * size_t(samples) + size_t(n)] * expj(2 * kPi * turns));
          }
        }
        out.push_back(scale * sum);
      }
    }
  }
  return out;
}

TEST(ToneSpectrum, EqualsTheTransformOfSamples) {
  const Paths p = radar_paths();
  for (const Multiplexing multiplexing : {Multiplexing::kTdm, Multiplexing::kDdm}) {
    FmcwWaveform w = radar(multiplexing);
    w.num_samples = 32;
    w.num_chirps = 10;
    for (const Window window : {Window::kRectangular, Window::kHann, Window::kHamming, Window::kBlackman}) {
      const SpectrumOptions o{window, Window::kHann, window == Window::kHann ? 45 : 0, 16, 0};
      const ToneGrid g = w.grid(2);
      const std::vector<Complexd> wanted = transformed(tones(p, g), g, o), got = tone_spectrum(p, g, o);
      EXPECT_LT(largest_difference(got, wanted), 1e-11 * largest(wanted)) << int(window);
    }
  }
}

TEST(ToneSpectrum, CutKernelsAreOffByTheirTailAtMost) {
  const Paths p = radar_paths();
  FmcwWaveform w = radar(Multiplexing::kTdm);
  w.num_samples = 128;
  w.num_chirps = 64;
  w.frame_period_s = 5e-3;
  const ToneGrid g = w.grid(2);
  for (const Window window : {Window::kRectangular, Window::kHann, Window::kHamming, Window::kBlackman}) {
    for (const int bins : {4, 8}) {
      SpectrumOptions o{window, window, 200, 64, bins};
      const std::vector<Complexd> cut = tone_spectrum(p, g, o);
      o.kernel_bins = 0;
      const std::vector<Complexd> whole = tone_spectrum(p, g, o);
      const double tail = std::max(kernel_tail(window, 128, bins), kernel_tail(window, 64, bins));
      double gains = 0, one = 0;
      for (int k = 0; k < 4; ++k) {
        double sum = 0;
        for (size_t i = 0; i < 5; ++i)
          sum += abs(p.a[4 * i + size_t(k)]), one = std::max(one, abs(p.a[4 * i + size_t(k)]));
        gains = std::max(gains, sum);
      }
      const double off = largest_difference(cut, whole);
      EXPECT_LE(off, tail * gains) << int(window) << ' ' << bins;
      EXPECT_GT(off, 0.1 * tail * one) << int(window) << ' ' << bins;  // the bound is no empty word
    }
  }
  // the Hann window's side lobes: 1 / (pi p (p^2 - 1)) at p = 4.5 and 8.5
  for (const auto& [bins, p_bins] : {std::pair{4, 4.5}, std::pair{8, 8.5}})
    EXPECT_NEAR(kernel_tail(Window::kHann, 100000, bins) * kPi * p_bins * (p_bins * p_bins - 1), 1, 1e-4);
}

TEST(Kernels, TailsAreBounds) {
  for (const Window window : {Window::kRectangular, Window::kHann, Window::kHamming, Window::kBlackman}) {
    for (const int n : {16, 64, 257}) {
      const double peak = window_sum(window, n);
      for (int bins = 3; 2 * bins + 1 < n; bins += bins < 8 ? 1 : 7) {
        double largest = 0;
        for (double x = bins + 0.5; x <= 0.5 * n; x += 0.01)
          largest = std::max(largest, abs(window_kernel(window, n, x / n).value) / peak);
        const double tail = kernel_tail(window, n, bins);
        EXPECT_LE(largest, tail + 1e-14) << int(window) << ' ' << n << ' ' << bins;
        EXPECT_LT(tail, 1.5 * largest) << int(window) << ' ' << n << ' ' << bins;  // and no larger than it must
      }
    }
  }
}

TEST(Kernels, OfOneSampleAreOne) {
  for (const Window window : {Window::kRectangular, Window::kHann, Window::kHamming, Window::kBlackman}) {
    EXPECT_EQ(window_values(window, 1), std::vector<double>{1.0});
    EXPECT_EQ(window_kernel(window, 1, 0.3).value.re, 1);
  }
  Paths p = radar_paths();
  ToneGrid g = radar(Multiplexing::kTdm).grid(2);
  g.times_s = {0}, g.num_frames = 1;
  SpectrumOptions o;
  o.range_window = o.doppler_window = Window::kBlackman;
  for (const Complexd& z : tone_spectrum(p, g, o)) ASSERT_TRUE(std::isfinite(z.re) && std::isfinite(z.im));
}

TEST(Kernels, SlopesAreThoseOfDifferences) {
  for (const Window window : {Window::kRectangular, Window::kHann, Window::kHamming, Window::kBlackman}) {
    for (const int n : {1, 2, 7, 64}) {
      for (const double bins :
           {0.0, 1e-9, 1e-3, 0.2, 0.2499, 0.2501, 0.5, 1.0, 1.7, 2.0, 3.3, 0.4999 * n, 0.5 * n, n + 0.3}) {
        const double x = bins / n, h = 1e-4 / n;
        const auto at = [&](double y) { return window_kernel(window, n, y).value; };
        const Complexd difference = (1 / (12 * h)) * (8.0 * (at(x + h) - at(x - h)) - (at(x + 2 * h) - at(x - 2 * h)));
        // values of size n rounded to 1e-16, divided by h = 1e-4 / n; phases of up to pi n bins
        EXPECT_LT(abs(window_kernel(window, n, x).slope - difference), 1e-10 * n * n)
            << int(window) << ' ' << n << ' ' << bins;
        Complexd sum{};
        const std::vector<double> w = window_values(window, n);
        for (int k = 0; k < n; ++k) sum += w[size_t(k)] * expj(2 * kPi * x * k);
        EXPECT_LT(abs(at(x) - sum), 1e-12 * n) << int(window) << ' ' << n << ' ' << bins;
      }
    }
  }
}

// --- derivatives ---

using Values = std::vector<Complexd>;
struct Sampled {
  std::function<Values(const Paths&)> value;
  std::function<Values(const Paths&, const PathsDerivative&)> jvp;
  std::function<PathsDerivative(const Paths&, const Values&)> vjp;
};

PathsDerivative direction(const Paths& p, uint64_t seed) {
  Draw draw{seed};
  PathsDerivative t;
  for (size_t i = 0; i < p.a.size(); ++i) t.a.push_back({1e-4 * draw(), 1e-4 * draw()});
  for (size_t i = 0; i < p.tau_s.size(); ++i) {
    t.tau_s.push_back(4e-12 * draw());  // two radians
    t.doppler_hz.push_back(500 * draw());
  }
  t.frequency_hz = 1e7 * draw();
  return t;
}

void expect_exact(const Paths& p, const Sampled& f) {
  for (const uint64_t seed : {1, 2}) {
    const PathsDerivative t = direction(p, seed);
    const Values exact = f.jvp(p, t);
    const double h = 1e-3;
    const Values a = f.value(moved(p, t, h)), b = f.value(moved(p, t, -h)), a2 = f.value(moved(p, t, 2 * h)),
                 b2 = f.value(moved(p, t, -2 * h));
    ASSERT_EQ(exact.size(), a.size());
    const double scale = std::max(largest(exact), largest(a));
    ASSERT_GT(largest(exact), 0);
    // h^4 / 30 of the fifth derivative, some radians to the fifth; phases of 4000 turns rounded to 5e-13, divided by h
    for (size_t i = 0; i < exact.size(); ++i)
      ASSERT_LT(abs(exact[i] - (1 / (12 * h)) * (8.0 * (a[i] - b[i]) - (a2[i] - b2[i]))), 1e-8 * scale) << i;
    Draw draw{seed + 100};
    Values cotangent;
    double forward = 0, back = 0;
    for (const Complexd& x : exact) {
      cotangent.push_back({draw(), draw()});
      forward += cotangent.back().re * x.re + cotangent.back().im * x.im;
    }
    const PathsDerivative g = f.vjp(p, cotangent);
    back += g.frequency_hz * t.frequency_hz;
    for (size_t i = 0; i < g.a.size(); ++i) back += g.a[i].re * t.a[i].re + g.a[i].im * t.a[i].im;
    for (size_t i = 0; i < g.tau_s.size(); ++i) back += g.tau_s[i] * t.tau_s[i] + g.doppler_hz[i] * t.doppler_hz[i];
    EXPECT_NEAR(back, forward, 1e-13 * scale * double(exact.size()));
  }
}

TEST(TonesDerivative, OfSamples) {
  for (const Multiplexing multiplexing : {Multiplexing::kTdm, Multiplexing::kDdm}) {
    const ToneGrid g = radar(multiplexing).grid(2);
    expect_exact(radar_paths(), {[&](const Paths& p) { return tones(p, g); },
                                 [&](const Paths& p, const PathsDerivative& t) { return tones_jvp(p, g, t); },
                                 [&](const Paths& p, const Values& c) { return tones_vjp(p, g, c); }});
  }
}

TEST(TonesDerivative, OfSpectra) {
  for (const Multiplexing multiplexing : {Multiplexing::kTdm, Multiplexing::kDdm}) {
    for (const int bins : {0, 5}) {
      const ToneGrid g = radar(multiplexing).grid(2);
      const SpectrumOptions o{Window::kHann, Window::kHamming, 70, 0, bins};
      expect_exact(radar_paths(),
                   {[&](const Paths& p) { return tone_spectrum(p, g, o); },
                    [&](const Paths& p, const PathsDerivative& t) { return tone_spectrum_jvp(p, g, o, t); },
                    [&](const Paths& p, const Values& c) { return tone_spectrum_vjp(p, g, o, c); }});
    }
  }
}

TEST(Ofdm, IsTheFrequencyResponseOverTime) {
  const Paths p = radar_paths();
  const OfdmWaveform w = numerology("mu3", 2, 15);
  std::vector<double> frequencies;
  for (int k = -12; k < 12; ++k) frequencies.push_back(k * 120e3);
  const std::vector<Complexd> grid = tones(p, w.grid());
  // symbol by symbol: the response of paths whose Doppler has turned them until then
  const std::vector<double> times = w.times_s();
  for (size_t s = 0; s < times.size(); ++s) {
    Paths later = p;
    for (size_t i = 0; i < p.tau_s.size(); ++i) {
      for (size_t k = 4 * i; k < 4 * i + 4; ++k) later.a[k] = later.a[k] * expj(2 * kPi * p.doppler_hz[i] * times[s]);
    }
    const std::vector<Complexd> h = cfr(later, frequencies, {1.0, 1, false, false}, nullptr);
    for (size_t pair = 0; pair < 4; ++pair) {
      for (size_t k = 0; k < 24; ++k)
        EXPECT_LT(abs(grid[(pair * times.size() + s) * 24 + k] - h[pair * 24 + k]), 1e-11 * largest(h));
    }
  }
}

TEST(Ofdm, NumerologiesFillTheMillisecond) {
  for (int mu = 0; mu < 5; ++mu) {
    const std::string name = "mu" + std::to_string(mu);
    const OfdmWaveform w = numerology(name, 1, (14 << mu) + 1);
    EXPECT_EQ(w.subcarrier_spacing_hz, 15e3 * (1 << mu));
    EXPECT_NEAR(w.times_s().back(), 1e-3, 1e-12);
  }
  EXPECT_NEAR(numerology("mu2-extended", 1, 49).times_s().back(), 1e-3, 1e-12);
  EXPECT_NEAR(numerology("mu0", 1, 1).cyclic_prefix_s, 4.6875e-6, 1e-12);
  expect_error([&] { (void)numerology("mu7", 1, 1); }, "unknown numerology 'mu7'");
}

TEST(Noise, HasItsPowerAndIsCircular) {
  std::vector<Complexd> z(200000), again(1000);
  add_noise(z, 2.5, 7, 3);
  add_noise(again, 2.5, 7, 3);
  for (size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i].re, z[i].re);
  double power = 0, fourth = 0;
  Complexd square{};
  for (const Complexd& x : z) power += norm2(x), fourth += norm2(x) * norm2(x), square += x * x;
  const double n = double(z.size());
  // |z|^2 is exponential: standard deviations of the means, five of them
  EXPECT_NEAR(power / n, 2.5, 5 * 2.5 / std::sqrt(n));
  EXPECT_NEAR(fourth / n, 2 * 2.5 * 2.5, 5 * std::sqrt(20.0) * 2.5 * 2.5 / std::sqrt(n));
  EXPECT_LT(abs(square) / n, 5 * 2.5 * std::sqrt(2 / n));
}

TEST(Noise, OfASharedOscillatorCancelsForNearEchoes) {
  // One path: arg y is B(t - tau) - B(t), of variance 2 pi linewidth tau; independent where samples are tau apart.
  for (const double tau : {2e-8, 2e-7}) {
    Paths p = three_paths();
    p.links.resize(1);
    p.links[0].path_end = 1;
    p.tau_s[0] = tau;
    p.doppler_hz[0] = 0;
    ToneGrid g;
    g.num_samples = 2000;
    g.sample_period_s = 1e-6;
    const PhaseNoise noise{3e4, true, 11};
    const std::vector<Complexd> y = tones(p, g, nullptr, noise), clean = tones(p, g);
    double square = 0;
    for (size_t n = 0; n < 2000; ++n) {
      const double phase = arg(y[n] * conj(clean[n]));
      square += phase * phase;
    }
    const double wanted = 2 * kPi * noise.linewidth_hz * tau;
    EXPECT_NEAR(square / 2000 / wanted, 1, 5 * std::sqrt(2.0 / 2000)) << tau;
  }
}

TEST(Noise, OfTwoOscillatorsIsThatOfBoth) {
  // At no delay a shared one cancels; of two each adds 2 pi linewidth dt to the step from sample to sample.
  Paths p = three_paths();
  p.links.resize(1);
  p.links[0].path_end = 1;
  p.tau_s[0] = 0;
  p.doppler_hz[0] = 0;
  ToneGrid g;
  g.num_samples = 4000;
  g.sample_period_s = 1e-7;
  const std::vector<Complexd> clean = tones(p, g);
  for (const bool shared : {true, false}) {
    const PhaseNoise noise{3e4, shared, 11};
    const std::vector<Complexd> y = tones(p, g, nullptr, noise);
    double square = 0;
    for (size_t n = 1; n < 4000; ++n) {
      const double step = arg(y[n] * conj(y[n - 1]) * clean[n - 1] * conj(clean[n]));
      square += step * step;
    }
    const double wanted = shared ? 0 : 2 * 2 * kPi * noise.linewidth_hz * g.sample_period_s;
    EXPECT_NEAR(square / 3999, wanted, shared ? 1e-20 : 5 * std::sqrt(2.0 / 3999) * wanted) << shared;
  }
}

TEST(Waveforms, SayWhatIsWrong) {
  FmcwWaveform w = radar(Multiplexing::kTdm);
  w.slope_hz_per_s = 0;
  expect_error([&] { (void)w.validate(); }, "slope_hz_per_s must not be 0");
  w = radar(Multiplexing::kTdm);
  w.ramp_duration_s = 10e-6;
  expect_error([&] { (void)w.validate(); }, "ramp_duration_s");
  w.ramp_duration_s = 40e-6;
  expect_error([&] { (void)w.validate(); }, "chirp_period_s must be at least");
  w = radar(Multiplexing::kTdm);
  w.frame_period_s = 1e-6;
  expect_error([&] { (void)w.grid(2); }, "frame_period_s must be at least");
  OfdmWaveform o;
  o.num_subcarriers = 64;
  expect_error([&] { (void)o.validate(); }, "subcarrier_spacing_hz");
  ToneGrid uneven = numerology("mu1", 1, 20).grid();
  expect_error([&] { (void)tone_spectrum(radar_paths(), uneven, {}); }, "evenly spaced");
  const ToneGrid g = radar(Multiplexing::kTdm).grid(2);
  Paths p = radar_paths();
  p.tau_s[3] = NAN;
  expect_error([&] { (void)tone_spectrum(p, g, {}); }, "path 3 has a delay");
  p = radar_paths();
  p.a[5].im = INFINITY;
  expect_error([&] { (void)tones(p, g); }, "path 1 has a gain");
  expect_error([&] { (void)tone_spectrum_jvp(p, g, {}, {}); }, "path 1 has a gain");
  expect_error([&] { (void)tone_spectrum_vjp(p, g, {}, {}); }, "path 1 has a gain");
}

TEST(Waveforms, NameWhatIsAmbiguous) {
  Paths p = radar_paths();
  FmcwWaveform w = radar(Multiplexing::kTdm);
  EXPECT_TRUE(doubts(p, w).empty());
  p.tau_s[1] = 7e-8;  // 1 / df = 6.25e-8
  ASSERT_EQ(doubts(p, w).size(), 1u);
  EXPECT_NE(doubts(p, w)[0].find("from 't' to 'r'"), std::string::npos);
  p.tau_s[1] = 4e-8;
  w.complex_sampling = false;
  EXPECT_EQ(doubts(p, w).size(), 1u);
  w.complex_sampling = true;
  p.doppler_hz[0] = 9e3;  // 1 / (2 * 60 us) = 8333
  ASSERT_EQ(doubts(p, w).size(), 1u);
  EXPECT_NE(doubts(p, w)[0].find("Doppler"), std::string::npos);
  // codes of two ports leave each of them half the interval, 1 / (2 * 30 us) / 2 = 8333 as well
  w.multiplexing = Multiplexing::kDdm;
  EXPECT_EQ(doubts(p, w).size(), 1u);
  p.doppler_hz[0] = 8e3;
  EXPECT_TRUE(doubts(p, w).empty());
  // without a prefix: what comes a period of the spacing later looks the same
  OfdmWaveform o;
  o.num_subcarriers = 64;
  o.subcarrier_spacing_hz = 1e6;
  EXPECT_TRUE(doubts(p, o).empty());
  p.tau_s[1] = 1.1e-6;
  ASSERT_EQ(doubts(p, o).size(), 1u);
  EXPECT_NE(doubts(p, o)[0].find("unambiguous 1e-06 s"), std::string::npos);
}

}  // namespace
}  // namespace raywave::signal
