// SPDX-License-Identifier: Apache-2.0
#include "raywave/signal/tones.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "raywave/core/random.h"
#include "raywave/runtime/parallel.h"
#include "raywave/signal/derivative_support.h"
#include "raywave/signal/phase_noise.h"
#include "raywave/signal/tone_links.h"

namespace raywave::signal {
namespace {

using namespace detail;
using paths::Link;
using paths::Paths;
using paths::PathsDerivative;

/// Real and imaginary parts apart, so that loops over samples run in vectors.
struct Split {
  std::vector<double> re, im;
  explicit Split(size_t n) : re(n), im(n) {}
  void set(size_t i, const Complexd& z) { re[i] = z.re, im[i] = z.im; }
};

/// Tones of a few paths of one link: over the samples, and over the times (with the carrier's phase).
struct ToneTables {
  size_t samples, times;
  Split fast;                  // [paths, samples]
  std::vector<Complexd> slow;  // [paths, times]

  ToneTables(const Paths& p, const ToneGrid& g, int64_t begin, int64_t end)
      : samples(size_t(g.num_samples)),
        times(g.times_s.size()),
        fast(size_t(end - begin) * samples),
        slow(size_t(end - begin) * times) {
    for (int64_t i = begin; i < end; ++i) {
      const auto row = size_t(i - begin);
      const double nu = p.doppler_hz[size_t(i)];
      const PathTurns turns = path_turns(g, p.frequency_hz, p.tau_s[size_t(i)], nu);
      for (size_t n = 0; n < samples; ++n) fast.set(row * samples + n, turn(double(n) * turns.step));
      const Complexd start = turn(turns.start);
      for (size_t m = 0; m < times; ++m) slow[row * times + m] = start * turn(nu * g.times_s[m]);
    }
  }
};

/// exp(j 2 pi m t c_port) where ports are told apart by their turning.
Complexd port_code(const ToneGrid& g, int port, size_t time) {
  const auto step = double(time % size_t(g.times_per_frame()));
  return g.port_cycles == 0 ? Complexd{1, 0} : turn(step * double(port) * g.port_cycles);
}

constexpr int64_t kPathsAtOnce = 64;  // whose tables fit the second level cache with a thousand samples

/// visit(link, first path, end, tables, pairs of ports, begins of their blocks) for groups of paths, in order.
template <class Visit>
void for_groups(const Paths& p, const ToneGrid& g, const ChannelShape& s, Visit&& visit) {
  for (const Link& l : p.links) {
    if (l.path_begin == l.path_end) continue;
    const std::vector<PortPair> pairs = port_pairs(p, s, g.sum_ports, l);
    const std::vector<size_t> begins = block_begins(pairs);
    for (int64_t begin = l.path_begin; begin < l.path_end; begin += kPathsAtOnce) {
      const int64_t end = std::min(begin + kPathsAtOnce, l.path_end);
      visit(begin, end, ToneTables(p, g, begin, end), pairs, begins);
    }
  }
}

/// The row y += c exp(j 2 pi n step) of one path.
void add_row(double* __restrict y_re, double* __restrict y_im, const double* __restrict re, const double* __restrict im,
             size_t count, const Complexd& c) {
  for (size_t n = 0; n < count; ++n) {
    y_re[n] += c.re * re[n] - c.im * im[n];
    y_im[n] += c.re * im[n] + c.im * re[n];
  }
}
/// The same with c0 + n c1 in place of c.
void add_linear_row(double* __restrict y_re, double* __restrict y_im, const double* __restrict re,
                    const double* __restrict im, size_t count, const Complexd& c0, const Complexd& c1) {
  for (size_t n = 0; n < count; ++n) {
    const double a = c0.re + double(n) * c1.re, b = c0.im + double(n) * c1.im;
    y_re[n] += a * re[n] - b * im[n];
    y_im[n] += a * im[n] + b * re[n];
  }
}

/// sum conj(tone) g and sum n conj(tone) g, in lanes so that the order of summation is fixed.
struct RowMoments {
  Complexd plain, by_sample;
};
RowMoments row_moments(const double* __restrict g_re, const double* __restrict g_im, const double* __restrict re,
                       const double* __restrict im, size_t count) {
  using Lanes [[gnu::vector_size(32)]] = double;
  constexpr size_t kLanes = 4;
  const auto load = [](const double* p) {
    Lanes v;
    std::memcpy(&v, p, sizeof v);
    return v;
  };
  Lanes x_sum{}, y_sum{}, nx_sum{}, ny_sum{}, index{0, 1, 2, 3};
  size_t n = 0;
  for (; n + kLanes <= count; n += kLanes, index += double(kLanes)) {
    const Lanes a = load(re + n), b = load(im + n), p = load(g_re + n), q = load(g_im + n);
    const Lanes x = a * p + b * q, y = a * q - b * p;
    x_sum += x, y_sum += y, nx_sum += index * x, ny_sum += index * y;
  }
  RowMoments out{};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    out.plain += Complexd{x_sum[lane], y_sum[lane]};
    out.by_sample += Complexd{nx_sum[lane], ny_sum[lane]};
  }
  for (; n < count; ++n) {
    const Complexd z{re[n] * g_re[n] + im[n] * g_im[n], re[n] * g_im[n] - im[n] * g_re[n]};
    out.plain += z;
    out.by_sample += double(n) * z;
  }
  return out;
}

/// Adds the rows of `coefficients(path, pair, time)` = (c0, c1) to every block.
template <class Coefficients>
void synthesise(const Paths& p, const ToneGrid& g, const ChannelShape& s, std::vector<Complexd>& out,
                Coefficients&& coefficients) {
  for_groups(p, g, s,
             [&](int64_t begin, int64_t end, const ToneTables& t, const std::vector<PortPair>& pairs,
                 const std::vector<size_t>& begins) {
               runtime::parallel_for(int64_t(begins.size()) - 1, 0, [&](int64_t task) {
                 std::vector<double> re(t.samples), im(t.samples);
                 for (size_t m = 0; m < t.times; ++m) {
                   std::fill(re.begin(), re.end(), 0.0);
                   std::fill(im.begin(), im.end(), 0.0);
                   for (size_t k = begins[size_t(task)]; k < begins[size_t(task) + 1]; ++k) {
                     const Complexd code = port_code(g, pairs[k].tx_port, m);
                     for (int64_t i = begin; i < end; ++i) {
                       const auto row = size_t(i - begin);
                       const double* tone_re = &t.fast.re[row * t.samples];
                       const double* tone_im = &t.fast.im[row * t.samples];
                       const auto [c0, c1] = coefficients(i, pairs[k], m);
                       const Complexd z = code * t.slow[row * t.times + m];
                       if (c1.re == 0 && c1.im == 0) {
                         add_row(re.data(), im.data(), tone_re, tone_im, t.samples, c0 * z);
                       } else {
                         add_linear_row(re.data(), im.data(), tone_re, tone_im, t.samples, c0 * z, c1 * z);
                       }
                     }
                   }
                   Complexd* y = &out[(pairs[begins[size_t(task)]].block * t.times + m) * t.samples];
                   for (size_t n = 0; n < t.samples; ++n) y[n] += Complexd{re[n], im[n]};
                 }
               });
             });
}

Complexd gain(const Paths& p, int64_t path, const PortPair& pair) {
  return p.a[size_t(p.a_begin[size_t(path)]) + pair.entry];
}
/// The gain with the phase that time multiplex gives its port.
Complexd port_phase(const Paths& p, const ToneGrid& g, int64_t path, const PortPair& pair) {
  return g.port_delay_s == 0 ? Complexd{1, 0}
                             : turn(p.doppler_hz[size_t(path)] * double(pair.tx_port) * g.port_delay_s);
}

std::vector<Complexd> with_phase_noise(const Paths& p, const ToneGrid& g, const ChannelShape& s,
                                       const PhaseNoise& noise) {
  std::vector<Complexd> out(num_antenna_pairs(s) * g.times_s.size() * size_t(g.num_samples));
  const double last = *std::max_element(g.times_s.begin(), g.times_s.end()) + g.sample_period_s * g.num_samples;
  // one interval for all links, so that an oscillator is the same one in each
  const double longest = p.tau_s.empty() ? 0 : *std::max_element(p.tau_s.begin(), p.tau_s.end());
  const double end_s = last + std::abs(g.port_delay_s) * p.max_tx_ants();
  for (const Link& l : p.links) {
    const BrownianPhase sender(noise.linewidth_hz, noise.seed, 2 * uint64_t(l.tx), -longest, end_s);
    const BrownianPhase own(noise.linewidth_hz, noise.seed, 2 * uint64_t(l.rx) + 1, -longest, end_s);
    const BrownianPhase& mixer = noise.shared_oscillator ? sender : own;
    for (const PortPair& pair : port_pairs(p, s, g.sum_ports, l)) {
      const double port_time = double(pair.tx_port) * g.port_delay_s;
      for (int64_t i = l.path_begin; i < l.path_end; ++i) {
        const double tau = p.tau_s[size_t(i)], nu = p.doppler_hz[size_t(i)];
        const PathTurns turns = path_turns(g, p.frequency_hz, tau, nu);
        const Complexd a = gain(p, i, pair) * turn(turns.start);
        for (size_t m = 0; m < g.times_s.size(); ++m) {
          const double t = g.times_s[m] + port_time;
          const Complexd c = a * turn(nu * t) * port_code(g, pair.tx_port, m);
          Complexd* y = &out[(pair.block * g.times_s.size() + m) * size_t(g.num_samples)];
          for (int n = 0; n < g.num_samples; ++n) {
            // RX conj(TX): the echo carries the sender's phase of a delay ago, less that of the mixer now
            const double now = t + n * g.sample_period_s, phase = sender.at(now - tau) - mixer.at(now);
            y[n] += c * turn(n * turns.step) * expj(phase);
          }
        }
      }
    }
  }
  return out;
}

}  // namespace

void ToneGrid::validate() const {
  const auto whole = [](const char* name, int n) {
    if (n < 1) throw Error(message(name, " must be >= 1, got ", n));
  };
  whole("num_samples", num_samples);
  whole("num_frames", num_frames);
  for (const auto& [name, x] :
       {std::pair{"first_offset_hz", first_offset_hz}, std::pair{"step_hz", step_hz},
        std::pair{"sample_period_s", sample_period_s}, std::pair{"residual_hz_per_s", residual_hz_per_s},
        std::pair{"port_delay_s", port_delay_s}, std::pair{"port_cycles", port_cycles}})
    require_finite(name, x);
  if (times_s.empty() || times_s.size() % size_t(num_frames) != 0) {
    throw Error(message("times_s must hold as many times for each of the ", num_frames, " frames, got ", times_s.size(),
                        " in all"));
  }
  for (const double t : times_s) require_finite("times_s", t);
}

std::vector<Complexd> tones(const Paths& p, const ToneGrid& g, ChannelShape* shape, const PhaseNoise& noise) {
  g.validate();
  check_finite_paths(p);
  const ChannelShape s = tone_shape(p, g);
  if (shape) *shape = s;
  if (!(noise.linewidth_hz >= 0)) throw Error(message("linewidth_hz must be >= 0, got ", noise.linewidth_hz));
  if (noise.linewidth_hz > 0) return with_phase_noise(p, g, s, noise);
  std::vector<Complexd> out(num_antenna_pairs(s) * g.times_s.size() * size_t(g.num_samples));
  synthesise(p, g, s, out, [&](int64_t i, const PortPair& pair, size_t) {
    return std::pair<Complexd, Complexd>{gain(p, i, pair) * port_phase(p, g, i, pair), {}};
  });
  return out;
}

std::vector<Complexd> tones_jvp(const Paths& p, const ToneGrid& g, const PathsDerivative& tangent) {
  g.validate();
  check_finite_paths(p);
  check_tangent(p, tangent);
  const ChannelShape s = tone_shape(p, g);
  std::vector<Complexd> out(num_antenna_pairs(s) * g.times_s.size() * size_t(g.num_samples));
  synthesise(p, g, s, out, [&](int64_t i, const PortPair& pair, size_t m) {
    const TurnMoments d = turn_tangent(g, p, i, double(pair.tx_port) * g.port_delay_s, at(tangent.tau_s, i),
                                       at(tangent.doppler_hz, i), tangent.frequency_hz);
    const Complexd phase = port_phase(p, g, i, pair), ja = Complexd{0, 2 * kPi} * gain(p, i, pair) * phase;
    Complexd c0 = (d.constant + d.by_time_s * g.times_s[m]) * ja;
    if (!tangent.a.empty()) c0 += phase * tangent.a[size_t(p.a_begin[size_t(i)]) + pair.entry];
    return std::pair<Complexd, Complexd>{c0, d.by_sample * ja};
  });
  return out;
}

PathsDerivative tones_vjp(const Paths& p, const ToneGrid& g, const std::vector<Complexd>& cotangent) {
  g.validate();
  check_finite_paths(p);
  const ChannelShape s = tone_shape(p, g);
  check_cotangent("the samples", cotangent, num_antenna_pairs(s) * g.times_s.size() * size_t(g.num_samples));
  PathsDerivative out = zeros(p);
  // sum conj(y_i) g over the samples of one path and pair, and the same weighted by n and by t
  struct Sums {
    Complexd plain, by_sample, by_time;
  };
  for_groups(p, g, s,
             [&](int64_t begin, int64_t end, const ToneTables& t, const std::vector<PortPair>& pairs,
                 const std::vector<size_t>& begins) {
               const auto count = size_t(end - begin);
               std::vector<Sums> sums(pairs.size() * count);
               runtime::parallel_for(int64_t(begins.size()) - 1, 0, [&](int64_t task) {
                 Split row(t.samples);
                 for (size_t m = 0; m < t.times; ++m) {
                   const Complexd* y = &cotangent[(pairs[begins[size_t(task)]].block * t.times + m) * t.samples];
                   for (size_t n = 0; n < t.samples; ++n) row.set(n, y[n]);
                   for (size_t i = 0; i < count; ++i) {
                     const RowMoments z = row_moments(row.re.data(), row.im.data(), &t.fast.re[i * t.samples],
                                                      &t.fast.im[i * t.samples], t.samples);
                     for (size_t k = begins[size_t(task)]; k < begins[size_t(task) + 1]; ++k) {
                       const Complexd w = conj(t.slow[i * t.times + m] * port_code(g, pairs[k].tx_port, m));
                       Sums& sum = sums[k * count + i];
                       sum.plain += w * z.plain;
                       sum.by_sample += w * z.by_sample;
                       sum.by_time += g.times_s[m] * (w * z.plain);
                     }
                   }
                 }
               });
               for (size_t k = 0; k < pairs.size(); ++k) {
                 for (size_t i = 0; i < count; ++i) {
                   const int64_t path = begin + int64_t(i);
                   const Complexd phase = conj(port_phase(p, g, path, pairs[k]));
                   const Complexd back = phase * conj(gain(p, path, pairs[k]));
                   const Sums& sum = sums[k * count + i];
                   out.a[size_t(p.a_begin[size_t(path)]) + pairs[k].entry] += phase * sum.plain;
                   // Re(conj(g) j y) = Im(conj(y) g)
                   add_turn_moments(out, g, p, path, double(pairs[k].tx_port) * g.port_delay_s,
                                    {2 * kPi * (back * sum.plain).im, 2 * kPi * (back * sum.by_sample).im,
                                     2 * kPi * (back * sum.by_time).im});
                 }
               }
             });
  return out;
}

void add_noise(std::vector<Complexd>& samples, double power, uint64_t seed, uint64_t stream) {
  if (!(power >= 0) || !std::isfinite(power)) throw Error(message("noise_power must be >= 0, got ", power));
  if (power == 0) return;
  constexpr int64_t kAtOnce = 1 << 16;
  const auto count = int64_t(samples.size());
  runtime::parallel_for((count + kAtOnce - 1) / kAtOnce, 0, [&](int64_t task) {
    for (int64_t i = task * kAtOnce; i < std::min(count, (task + 1) * kAtOnce); ++i) {
      // Box and Muller: |z|^2 is exponential, the phase even
      const double u = 1 - random_uniform(seed, stream, uint64_t(i), 0);
      samples[size_t(i)] +=
          std::sqrt(-power * std::log(u)) * expj(2 * kPi * random_uniform(seed, stream, uint64_t(i), 1));
    }
  });
}

}  // namespace raywave::signal
