// SPDX-License-Identifier: Apache-2.0
#include "raywave/signal/waveforms.h"

#include <algorithm>
#include <cmath>

#include "raywave/signal/link_ports.h"

namespace raywave::signal {
namespace {

using namespace detail;
using paths::Link;
using paths::Paths;

void require_count(const char* name, int n) {
  if (n < 1) throw Error(message(name, " must be >= 1, got ", n));
}

/// What is outside, of one link: power, the value that is, and whether there is one.
struct Worst {
  double power = 0, value = 0;
};

/// Says of each link the strongest path whose value is outside [lower, upper).
template <class Value, class Say>
void for_outside(const Paths& p, double lower, double upper, Value&& value, Say&& say) {
  constexpr double kUnseen = 1e-6;
  for (const Link& l : p.links) {
    double strongest = 0;
    Worst worst;
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      const double power = path_power(p, l, i), x = value(size_t(i));
      strongest = std::max(strongest, power);
      if ((x < lower || x >= upper) && power > worst.power) worst = {power, x};
    }
    if (worst.power > kUnseen * strongest) say(l, worst.value);
  }
}

std::string link_name(const Paths& p, const Link& l) {
  return message("from '", p.tx_names[size_t(l.tx)], "' to '", p.rx_names[size_t(l.rx)], "'");
}

}  // namespace

double FmcwWaveform::bandwidth_hz() const { return std::abs(slope_hz_per_s) * num_samples / sampling_frequency_hz; }

void FmcwWaveform::validate() const {
  require_finite("slope_hz_per_s", slope_hz_per_s);
  if (slope_hz_per_s == 0) throw Error("slope_hz_per_s must not be 0: a chirp without bandwidth has no range");
  require_positive("sampling_frequency_hz", sampling_frequency_hz);
  require_count("num_samples", num_samples);
  require_count("num_chirps", num_chirps);
  require_count("num_frames", num_frames);
  require_non_negative("adc_start_s", adc_start_s);
  require_non_negative("ramp_duration_s", ramp_duration_s);
  require_non_negative("chirp_period_s", chirp_period_s);
  require_non_negative("frame_period_s", frame_period_s);
  require_finite("first_frequency_offset_hz", first_frequency_offset_hz);
  const double last = adc_start_s + (num_samples - 1) / sampling_frequency_hz;
  if (ramp_duration_s > 0 && last > ramp_duration_s * (1 + 1e-12)) {
    throw Error(message("the samples end ", last, " s after the chirp's start, its ramp (ramp_duration_s) after ",
                        ramp_duration_s, " s: take fewer samples, sample faster or ramp longer"));
  }
  const double ramp = std::max(ramp_duration_s, last);
  if (chirp_period_s > 0 && ramp > chirp_period_s * (1 + 1e-12)) {
    throw Error(
        message("chirp_period_s must be at least the ", ramp, " s of the chirp and its samples, got ", chirp_period_s));
  }
}

double FmcwWaveform::slow_period_s(int num_tx_ports) const {
  const double ramp = std::max(ramp_duration_s, adc_start_s + num_samples / sampling_frequency_hz);
  const double chirp = chirp_period_s > 0 ? chirp_period_s : ramp;
  return multiplexing == Multiplexing::kTdm ? chirp * num_tx_ports : chirp;
}

ToneGrid FmcwWaveform::grid(int num_tx_ports) const {
  validate();
  require_count("the number of transmitting ports", num_tx_ports);
  ToneGrid g;
  g.first_offset_hz = first_frequency_offset_hz;
  g.step_hz = slope_hz_per_s / sampling_frequency_hz;
  g.sample_period_s = 1 / sampling_frequency_hz;
  g.num_samples = num_samples;
  g.num_frames = num_frames;
  const double period = slow_period_s(num_tx_ports), frame = period * num_chirps;
  if (frame_period_s > 0 && frame_period_s < frame * (1 - 1e-12))
    throw Error(message("frame_period_s must be at least the ", frame, " s of its chirps, got ", frame_period_s));
  g.times_s.clear();
  for (int f = 0; f < num_frames; ++f) {
    for (int m = 0; m < num_chirps; ++m)
      g.times_s.push_back(f * (frame_period_s > 0 ? frame_period_s : frame) + m * period);
  }
  g.residual_hz_per_s = residual_video_phase ? slope_hz_per_s : 0;
  if (multiplexing == Multiplexing::kTdm) {
    g.port_delay_s = period / num_tx_ports;
  } else {
    g.port_cycles = 1.0 / num_tx_ports;
    g.sum_ports = true;
  }
  return g;
}

void OfdmWaveform::validate() const {
  require_count("num_subcarriers", num_subcarriers);
  require_positive("subcarrier_spacing_hz", subcarrier_spacing_hz);
  require_count("num_symbols", num_symbols);
  require_non_negative("cyclic_prefix_s", cyclic_prefix_s);
  require_non_negative("long_prefix_extra_s", long_prefix_extra_s);
  if (long_every < 0) throw Error(message("long_every must be >= 0, got ", long_every));
}

std::vector<double> OfdmWaveform::times_s() const {
  std::vector<double> out{0};
  double now = 0;
  for (int s = 1; s < num_symbols; ++s) {
    now += 1 / subcarrier_spacing_hz + cyclic_prefix_s;
    if (long_every > 0 && s % long_every == 0) now += long_prefix_extra_s;
    out.push_back(now);
  }
  return out;
}

ToneGrid OfdmWaveform::grid() const {
  validate();
  ToneGrid g;
  const int below = num_subcarriers / 2;  // the middle one is the carrier
  g.first_offset_hz = -below * subcarrier_spacing_hz;
  g.step_hz = subcarrier_spacing_hz;
  g.num_samples = num_subcarriers;
  g.times_s = times_s();
  return g;
}

OfdmWaveform numerology(const std::string& name, int num_resource_blocks, int num_symbols) {
  static constexpr std::pair<const char*, int> kNames[] = {{"mu0", 0}, {"mu1", 1}, {"mu2", 2},
                                                           {"mu3", 3}, {"mu4", 4}, {"mu2-extended", 2}};
  const int mu = value_named(kNames, "numerology", name);
  require_count("num_resource_blocks", num_resource_blocks);
  constexpr double kUnit_s = 1 / (15e3 * 2048);  // kappa T_c of TS 38.211, section 4.1
  const double shorter = std::pow(2.0, -mu);
  OfdmWaveform w;
  w.num_subcarriers = 12 * num_resource_blocks;
  w.subcarrier_spacing_hz = 15e3 * std::pow(2.0, mu);
  w.num_symbols = num_symbols;
  if (name == "mu2-extended") {
    w.cyclic_prefix_s = 512 * shorter * kUnit_s;
  } else {
    w.cyclic_prefix_s = 144 * shorter * kUnit_s;
    w.long_prefix_extra_s = 16 * kUnit_s;
    w.long_every = 7 << mu;
  }
  w.validate();
  return w;
}

std::vector<std::string> doubts(const Paths& p, const FmcwWaveform& w) {
  std::vector<std::string> out;
  const double step = std::abs(w.slope_hz_per_s) / w.sampling_frequency_hz;
  const double longest = (w.complex_sampling ? 1 : 0.5) / step;
  for_outside(
      p, 0, longest, [&](size_t i) { return p.tau_s[i]; },
      [&](const Link& l, double tau) {
        out.push_back(message("a path ", link_name(p, l), " of ", tau * kSpeedOfLight, " m is beyond the unambiguous ",
                              longest * kSpeedOfLight, " m (there and back) and appears nearer"));
      });
  // Ports that send at once share the Doppler interval by their codes, those that take turns lengthen the period.
  const int shared = w.multiplexing == Multiplexing::kDdm ? std::max(1, p.max_tx_ants()) : 1;
  const double fastest = 0.5 / (w.slow_period_s(p.max_tx_ants()) * shared);
  for_outside(
      p, w.num_chirps > 1 ? -fastest : -INFINITY, w.num_chirps > 1 ? fastest : INFINITY,
      [&](size_t i) { return p.doppler_hz[i]; },
      [&](const Link& l, double nu) {
        out.push_back(message("a path ", link_name(p, l), " with a Doppler shift of ", nu,
                              " Hz is beyond the unambiguous +-", fastest, " Hz and appears folded"));
      });
  return out;
}

std::vector<std::string> doubts(const Paths& p, const OfdmWaveform& w) {
  std::vector<std::string> out;
  std::vector<double> first(p.rx_names.size(), INFINITY);  // a receiver aligns to what comes first
  for (const Link& l : p.links) {
    for (int64_t i = l.path_begin; i < l.path_end; ++i)
      first[size_t(l.rx)] = std::min(first[size_t(l.rx)], p.tau_s[size_t(i)]);
  }
  std::vector<int> rx_of(p.tau_s.size());
  for (const Link& l : p.links) {
    for (int64_t i = l.path_begin; i < l.path_end; ++i) rx_of[size_t(i)] = l.rx;
  }
  if (w.cyclic_prefix_s > 0) {
    for_outside(
        p, 0, w.cyclic_prefix_s, [&](size_t i) { return p.tau_s[i] - first[size_t(rx_of[i])]; },
        [&](const Link& l, double late) {
          out.push_back(message("a path ", link_name(p, l), " comes ", late,
                                " s after the first one, beyond the cyclic prefix of ", w.cyclic_prefix_s,
                                " s: the interference of symbols is not in the grid"));
        });
  } else {
    const double longest = 1 / w.subcarrier_spacing_hz;
    for_outside(
        p, 0, longest, [&](size_t i) { return p.tau_s[i]; },
        [&](const Link& l, double tau) {
          out.push_back(message("a path ", link_name(p, l), " of ", tau, " s is beyond the unambiguous ", longest,
                                " s of the subcarriers' spacing and appears nearer"));
        });
  }
  // Carriers leak as (nu T)^2 pi^2 / 3 of their power: 0.3 % at a thirtieth of the spacing
  const double fastest = w.subcarrier_spacing_hz / 30;
  for_outside(
      p, -fastest, fastest, [&](size_t i) { return p.doppler_hz[i]; },
      [&](const Link& l, double nu) {
        out.push_back(message("a path ", link_name(p, l), " with a Doppler shift of ", nu,
                              " Hz is above a thirtieth of the subcarriers' spacing: the interference of "
                              "carriers is not in the grid"));
      });
  return out;
}

}  // namespace raywave::signal
