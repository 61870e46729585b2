// SPDX-License-Identifier: Apache-2.0
#include "raywave/signal/channel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/signal/link_ports.h"

namespace raywave::signal {
namespace {

using paths::Link;
using paths::Paths;

using namespace detail;

/// visit(antenna index, gain) for all port pairs of a path.
template <class Visit>
void for_ports(const Paths& p, const ChannelShape& s, const Link& l, int64_t path, Visit&& visit) {
  for_port_indices(p, s, l, path, [&](size_t antenna, size_t k) { visit(antenna, p.a[k]); });
}

/// Scales each device pair to its normalized_energy.
void normalize_energy(std::vector<Complexd>& h, const Paths& p, const ChannelShape& s, size_t per_antenna_pair,
                      size_t entries) {
  for (int rx = 0; rx < s.num_rx; ++rx) {
    for (int tx = 0; tx < s.num_tx; ++tx) {
      double energy = 0;
      const auto for_link = [&](const auto& body) {
        for_pair_antennas(s, rx, tx, [&](size_t antenna) {
          const size_t begin = antenna * per_antenna_pair;
          for (size_t i = begin; i < begin + per_antenna_pair; ++i) body(h[i]);
        });
      };
      for_link([&](const Complexd& z) { energy += norm2(z); });
      if (energy == 0) continue;
      const double scale = std::sqrt(normalized_energy(p, rx, tx, entries) / energy);
      for_link([&](Complexd& z) { z = scale * z; });
    }
  }
}

}  // namespace

Cir cir(const Paths& p, const CirOptions& options) {
  require_steps(options.num_time_steps, options.sampling_frequency_hz);
  Cir out;
  out.shape = shape_of(p);
  out.num_time_steps = options.num_time_steps;
  for (const Link& l : p.links) out.num_paths = std::max(out.num_paths, int(l.path_end - l.path_begin));
  const auto n = size_t(out.num_paths), steps = size_t(options.num_time_steps);
  const size_t pairs =
      p.synthetic_array ? size_t(out.shape.num_rx) * size_t(out.shape.num_tx) : num_antenna_pairs(out.shape);
  out.a.assign(num_antenna_pairs(out.shape) * n * steps, {});
  out.tau_s.assign(pairs * n, -1);
  const std::vector<double> reference = reference_delays(p, options.normalize_delays);
  for (size_t li = 0; li < p.links.size(); ++li) {
    const Link& l = p.links[li];
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      const auto k = size_t(i - l.path_begin);
      const double tau = p.tau_s[size_t(i)] - reference[li];
      const Complexd phase = delay_phase(p.frequency_hz, tau);
      for_ports(p, out.shape, l, i, [&](size_t antenna, const Complexd& a) {
        for (size_t step = 0; step < steps; ++step) {
          out.a[(antenna * n + k) * steps + step] =
              a * phase * expj(2 * kPi * p.doppler_hz[size_t(i)] * double(step) / options.sampling_frequency_hz);
        }
        out.tau_s[(p.synthetic_array ? size_t(l.rx) * size_t(out.shape.num_tx) + size_t(l.tx) : antenna) * n + k] = tau;
      });
    }
  }
  return out;
}

std::vector<Complexd> cfr(const Paths& p, const std::vector<double>& frequencies_hz, const CfrOptions& options,
                          ChannelShape* shape) {
  require_steps(options.num_time_steps, options.sampling_frequency_hz);
  for (const double f : frequencies_hz) require_finite("frequencies_hz", f);
  const ChannelShape s = shape_of(p);
  if (shape) *shape = s;
  const size_t bins = frequencies_hz.size(), steps = size_t(options.num_time_steps);
  std::vector<Complexd> h(num_antenna_pairs(s) * steps * bins);
  const std::vector<double> reference = reference_delays(p, options.normalize_delays);
  std::vector<Complexd> response(steps * bins);
  for (size_t li = 0; li < p.links.size(); ++li) {
    const Link& l = p.links[li];
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      const double tau = p.tau_s[size_t(i)] - reference[li];
      for (size_t step = 0; step < steps; ++step) {
        const Complexd time = expj(2 * kPi * p.doppler_hz[size_t(i)] * double(step) / options.sampling_frequency_hz);
        for (size_t b = 0; b < bins; ++b)
          response[step * bins + b] = time * delay_phase(p.frequency_hz + frequencies_hz[b], tau);
      }
      for_ports(p, s, l, i, [&](size_t antenna, const Complexd& a) {
        for (size_t k = 0; k < response.size(); ++k) h[antenna * response.size() + k] += a * response[k];
      });
    }
  }
  if (options.normalize) normalize_energy(h, p, s, steps * bins, steps * bins);
  return h;
}

std::vector<Complexd> taps(const Paths& p, const TapsOptions& options, ChannelShape* shape) {
  const double sampling = taps_sampling_hz(options);
  const ChannelShape s = shape_of(p);
  if (shape) *shape = s;
  const auto bins = size_t(options.l_max - options.l_min + 1), steps = size_t(options.num_time_steps);
  std::vector<Complexd> h(num_antenna_pairs(s) * steps * bins);
  const std::vector<double> reference = reference_delays(p, options.normalize_delays);
  for (size_t li = 0; li < p.links.size(); ++li) {
    const Link& l = p.links[li];
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      const double tau = p.tau_s[size_t(i)] - reference[li];
      const Complexd phase = delay_phase(p.frequency_hz, tau);
      for_ports(p, s, l, i, [&](size_t antenna, const Complexd& a) {
        for (size_t step = 0; step < steps; ++step) {
          const Complexd b = a * phase * expj(2 * kPi * p.doppler_hz[size_t(i)] * double(step) / sampling);
          for (size_t k = 0; k < bins; ++k) {
            h[(antenna * steps + step) * bins + k] += sinc(options.l_min + double(k) - options.bandwidth_hz * tau) * b;
          }
        }
      });
    }
  }
  if (options.normalize) normalize_energy(h, p, s, steps * bins, steps);
  return h;
}

std::vector<double> path_gain(const Paths& p) {
  std::vector<double> out(p.rx_names.size() * p.tx_names.size());
  for (const Link& l : p.links) {
    const auto pair = size_t(l.rx) * p.tx_names.size() + size_t(l.tx);
    for (auto k = size_t(p.a_begin[size_t(l.path_begin)]); k < size_t(p.a_begin[size_t(l.path_end)]); ++k)
      out[pair] += norm2(p.a[k]) / num_port_pairs(p, l);
  }
  return out;
}

std::vector<double> mean_delay(const Paths& p) {
  std::vector<double> out(p.rx_names.size() * p.tx_names.size());
  const std::vector<double> gain = path_gain(p);
  for (const Link& l : p.links) {
    const auto pair = size_t(l.rx) * p.tx_names.size() + size_t(l.tx);
    for (int64_t i = l.path_begin; i < l.path_end && gain[pair] > 0; ++i)
      out[pair] += path_power(p, l, i) / gain[pair] * p.tau_s[size_t(i)];
  }
  return out;
}

LinkStatistics link_statistics(const Paths& p, const Link& l) {
  LinkStatistics out;
  const double pairs = double(p.num_rx_ports(l)) * p.num_tx_ports(l);
  double direct = 0, delay2 = 0, doppler = 0, doppler2 = 0;
  for (int64_t i = l.path_begin; i < l.path_end; ++i) {
    double power = 0;
    for (int64_t k = p.a_begin[size_t(i)]; k < p.a_begin[size_t(i) + 1]; ++k) power += norm2(p.a[size_t(k)]) / pairs;
    out.path_gain += power;
    out.mean_delay_s += power * p.tau_s[size_t(i)];
    doppler += power * p.doppler_hz[size_t(i)];
    if (p.interaction_begin[size_t(i)] == p.interaction_begin[size_t(i) + 1]) direct += power;
  }
  if (out.path_gain == 0) return out;
  out.mean_delay_s /= out.path_gain;
  doppler /= out.path_gain;
  for (int64_t i = l.path_begin; i < l.path_end; ++i) {
    double power = 0;
    for (int64_t k = p.a_begin[size_t(i)]; k < p.a_begin[size_t(i) + 1]; ++k) power += norm2(p.a[size_t(k)]) / pairs;
    const double dt = p.tau_s[size_t(i)] - out.mean_delay_s, df = p.doppler_hz[size_t(i)] - doppler;
    delay2 += power * dt * dt;
    doppler2 += power * df * df;
  }
  out.rms_delay_spread_s = std::sqrt(delay2 / out.path_gain);
  out.rms_doppler_spread_hz = std::sqrt(doppler2 / out.path_gain);
  if (direct > 0) {
    out.rice_factor =
        out.path_gain > direct ? direct / (out.path_gain - direct) : std::numeric_limits<double>::infinity();
  }
  return out;
}

}  // namespace raywave::signal
