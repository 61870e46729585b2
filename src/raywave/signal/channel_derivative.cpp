// SPDX-License-Identifier: Apache-2.0
#include "raywave/signal/channel_derivative.h"

#include <algorithm>
#include <cmath>

#include "raywave/signal/derivative_support.h"
#include "raywave/signal/link_ports.h"

namespace raywave::signal {
namespace {

using namespace detail;
using paths::Link;
using paths::Paths;
using paths::PathsDerivative;

const Complexd kJ{0, 1};

/// What multiplies a path's gain at one time and bin, and its derivatives.
struct Response {
  Complexd value, by_delay, by_carrier, by_doppler;
};

/// z = w exp(-j 2 pi f tau) exp(j 2 pi f_D t), with the derivative w' of the real weight w by the delay.
Response response(double frequency_hz, double tau_s, double doppler_hz, double time_s, double weight, double slope) {
  const Complexd unit = delay_phase(frequency_hz, tau_s) * expj(2 * kPi * doppler_hz * time_s);
  const Complexd value = weight * unit;
  return {value, (-2 * kPi * frequency_hz) * (kJ * value) + slope * unit, (-2 * kPi * tau_s) * (kJ * value),
          (2 * kPi * time_s) * (kJ * value)};
}

/// d sinc(x) / dx; by its series where the closed form would cancel.
double sinc_slope(double x) {
  if (std::abs(x) > 0.1) return (std::cos(kPi * x) - sinc(x)) / x;
  const double y = kPi * kPi * x * x;  // below 0.1: six terms leave 1e-18
  double term = -kPi * kPi * x / 6, sum = 0;
  for (int k = 1; k <= 6; ++k) {
    sum += 2 * k * term;
    term *= -y / ((2 * k + 2) * (2 * k + 3));
  }
  return sum;
}

/// How a channel is made of paths: path number `slot` of its link adds its gain times response(...) at place(...).
struct CirTerms {
  const Paths& paths;
  double sampling_hz;
  size_t steps, bins, slots;
  Response response_at(double tau, double doppler, size_t step, size_t) const {
    return response(paths.frequency_hz, tau, doppler, double(step) / sampling_hz, 1, 0);
  }
  size_t place(size_t antenna, size_t slot, size_t step, size_t) const {
    return (antenna * slots + slot) * steps + step;
  }
};

struct CfrTerms {
  const Paths& paths;
  const std::vector<double>& frequencies_hz;
  double sampling_hz;
  size_t steps, bins;
  Response response_at(double tau, double doppler, size_t step, size_t bin) const {
    return response(paths.frequency_hz + frequencies_hz[bin], tau, doppler, double(step) / sampling_hz, 1, 0);
  }
  size_t place(size_t antenna, size_t, size_t step, size_t bin) const { return (antenna * steps + step) * bins + bin; }
};

struct TapsTerms {
  const Paths& paths;
  const TapsOptions& options;
  double sampling_hz;
  size_t steps, bins;
  Response response_at(double tau, double doppler, size_t step, size_t bin) const {
    const double x = options.l_min + double(bin) - options.bandwidth_hz * tau;
    return response(paths.frequency_hz, tau, doppler, double(step) / sampling_hz, sinc(x),
                    -options.bandwidth_hz * sinc_slope(x));
  }
  size_t place(size_t antenna, size_t, size_t step, size_t bin) const { return (antenna * steps + step) * bins + bin; }
};

/// visit(link, path, slot, reference path or -1, responses over [steps, bins]) for every path.
template <class Terms, class Visit>
void for_responses(const Terms& terms, bool normalize_delays, Visit&& visit) {
  const Paths& p = terms.paths;
  const std::vector<int64_t> reference = reference_paths(p, normalize_delays);
  std::vector<Response> responses(terms.steps * terms.bins);
  for (size_t li = 0; li < p.links.size(); ++li) {
    const Link& l = p.links[li];
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      const double tau = p.tau_s[size_t(i)] - (reference[li] < 0 ? 0 : p.tau_s[size_t(reference[li])]);
      for (size_t step = 0; step < terms.steps; ++step) {
        for (size_t bin = 0; bin < terms.bins; ++bin)
          responses[step * terms.bins + bin] = terms.response_at(tau, p.doppler_hz[size_t(i)], step, bin);
      }
      visit(l, i, size_t(i - l.path_begin), reference[li], responses);
    }
  }
}

template <class Terms>
PathsDerivative adjoint(const Terms& terms, bool normalize_delays, const std::vector<Complexd>& g) {
  const Paths& p = terms.paths;
  const ChannelShape s = shape_of(p);
  PathsDerivative out = zeros(p);
  for_responses(terms, normalize_delays,
                [&](const Link& l, int64_t i, size_t slot, int64_t reference, const std::vector<Response>& responses) {
                  double by_delay = 0;
                  for_port_indices(p, s, l, i, [&](size_t antenna, size_t k) {
                    for (size_t step = 0; step < terms.steps; ++step) {
                      for (size_t bin = 0; bin < terms.bins; ++bin) {
                        const Response& r = responses[step * terms.bins + bin];
                        const Complexd& c = g[terms.place(antenna, slot, step, bin)];
                        const Complexd moment = c * conj(p.a[k]);  // pairs with the response
                        out.a[k] += c * conj(r.value);
                        by_delay += pair(moment, r.by_delay);
                        out.frequency_hz += pair(moment, r.by_carrier);
                        out.doppler_hz[size_t(i)] += pair(moment, r.by_doppler);
                      }
                    }
                  });
                  out.tau_s[size_t(i)] += by_delay;
                  if (reference >= 0) out.tau_s[size_t(reference)] -= by_delay;
                });
  return out;
}

template <class Terms>
std::vector<Complexd> tangent_of(const Terms& terms, bool normalize_delays, const PathsDerivative& t, size_t size) {
  const Paths& p = terms.paths;
  check_tangent(p, t);
  const ChannelShape s = shape_of(p);
  std::vector<Complexd> out(size);
  for_responses(terms, normalize_delays,
                [&](const Link& l, int64_t i, size_t slot, int64_t reference, const std::vector<Response>& responses) {
                  const double tau = at(t.tau_s, i) - (reference < 0 ? 0 : at(t.tau_s, reference));
                  for_port_indices(p, s, l, i, [&](size_t antenna, size_t k) {
                    for (size_t step = 0; step < terms.steps; ++step) {
                      for (size_t bin = 0; bin < terms.bins; ++bin) {
                        const Response& r = responses[step * terms.bins + bin];
                        Complexd& z = out[terms.place(antenna, slot, step, bin)];
                        z += p.a[k] *
                             (tau * r.by_delay + t.frequency_hz * r.by_carrier + at(t.doppler_hz, i) * r.by_doppler);
                        if (!t.a.empty()) z += t.a[k] * r.value;
                      }
                    }
                  });
                });
  return out;
}

/// H = s h with s = sqrt(n / sum |h|^2) for each device pair: dH = s (dh - h <h, dh> / sum |h|^2). The map from dh to
/// dH is its own adjoint, so that it serves cotangents too.
void through_normalize(std::vector<Complexd>& d, const std::vector<Complexd>& h, const Paths& p, const ChannelShape& s,
                       size_t width, size_t entries) {
  for (int rx = 0; rx < s.num_rx; ++rx) {
    for (int tx = 0; tx < s.num_tx; ++tx) {
      double energy = 0, along = 0;
      const auto for_entries = [&](const auto& body) {
        for_pair_antennas(s, rx, tx, [&](size_t antenna) {
          for (size_t i = antenna * width; i < (antenna + 1) * width; ++i) body(i);
        });
      };
      for_entries([&](size_t i) {
        energy += norm2(h[i]);
        along += pair(h[i], d[i]);
      });
      const double scale = energy > 0 ? std::sqrt(normalized_energy(p, rx, tx, entries) / energy) : 0;
      for_entries([&](size_t i) { d[i] = energy > 0 ? scale * (d[i] - (along / energy) * h[i]) : Complexd{}; });
    }
  }
}

CirTerms cir_terms(const Paths& p, const CirOptions& o) {
  require_steps(o.num_time_steps, o.sampling_frequency_hz);
  size_t slots = 0;
  for (const Link& l : p.links) slots = std::max(slots, size_t(l.path_end - l.path_begin));
  return {p, o.sampling_frequency_hz, size_t(o.num_time_steps), 1, slots};
}

/// Where path `slot` of a link stands in Cir::tau_s, once or for each antenna pair.
template <class Visit>
void for_delay_places(const Paths& p, const ChannelShape& s, const Link& l, int64_t path, size_t slots, Visit&& visit) {
  const auto slot = size_t(path - l.path_begin);
  if (p.synthetic_array) return visit((size_t(l.rx) * size_t(s.num_tx) + size_t(l.tx)) * slots + slot);
  for_port_indices(p, s, l, path, [&](size_t antenna, size_t) { visit(antenna * slots + slot); });
}

size_t num_delays(const Paths& p, const ChannelShape& s, size_t slots) {
  return slots * (p.synthetic_array ? size_t(s.num_rx) * size_t(s.num_tx) : num_antenna_pairs(s));
}

CfrTerms cfr_terms(const Paths& p, const std::vector<double>& f, const CfrOptions& o) {
  require_steps(o.num_time_steps, o.sampling_frequency_hz);
  for (const double x : f) require_finite("frequencies_hz", x);
  return {p, f, o.sampling_frequency_hz, size_t(o.num_time_steps), f.size()};
}

TapsTerms taps_terms(const Paths& p, const TapsOptions& o) {
  return {p, o, taps_sampling_hz(o), size_t(o.num_time_steps), size_t(o.l_max - o.l_min + 1)};
}

size_t pair_index(const Paths& p, const Link& l) { return size_t(l.rx) * p.tx_names.size() + size_t(l.tx); }

}  // namespace

PathsDerivative cir_vjp(const Paths& p, const CirOptions& options, const CirDerivative& cotangent) {
  const CirTerms terms = cir_terms(p, options);
  const ChannelShape s = shape_of(p);
  PathsDerivative out = zeros(p);
  if (!cotangent.a.empty()) {
    check_cotangent("a", cotangent.a, num_antenna_pairs(s) * terms.slots * terms.steps);
    out = adjoint(terms, options.normalize_delays, cotangent.a);
  }
  if (cotangent.tau_s.empty()) return out;
  check_cotangent("tau_s", cotangent.tau_s, num_delays(p, s, terms.slots));
  const std::vector<int64_t> reference = reference_paths(p, options.normalize_delays);
  for (size_t li = 0; li < p.links.size(); ++li) {
    const Link& l = p.links[li];
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      for_delay_places(p, s, l, i, terms.slots, [&](size_t place) {
        out.tau_s[size_t(i)] += cotangent.tau_s[place];
        if (reference[li] >= 0) out.tau_s[size_t(reference[li])] -= cotangent.tau_s[place];
      });
    }
  }
  return out;
}

CirDerivative cir_jvp(const Paths& p, const CirOptions& options, const PathsDerivative& tangent) {
  const CirTerms terms = cir_terms(p, options);
  const ChannelShape s = shape_of(p);
  CirDerivative out;
  out.a = tangent_of(terms, options.normalize_delays, tangent, num_antenna_pairs(s) * terms.slots * terms.steps);
  out.tau_s.resize(num_delays(p, s, terms.slots));
  const std::vector<int64_t> reference = reference_paths(p, options.normalize_delays);
  for (size_t li = 0; li < p.links.size(); ++li) {
    const Link& l = p.links[li];
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      const double tau = at(tangent.tau_s, i) - (reference[li] < 0 ? 0 : at(tangent.tau_s, reference[li]));
      for_delay_places(p, s, l, i, terms.slots, [&](size_t place) { out.tau_s[place] = tau; });
    }
  }
  return out;
}

PathsDerivative cfr_vjp(const Paths& p, const std::vector<double>& frequencies_hz, const CfrOptions& options,
                        const std::vector<Complexd>& cotangent) {
  const CfrTerms terms = cfr_terms(p, frequencies_hz, options);
  const ChannelShape s = shape_of(p);
  const size_t width = terms.steps * terms.bins;
  check_cotangent("cfr", cotangent, num_antenna_pairs(s) * width);
  if (!options.normalize) return adjoint(terms, options.normalize_delays, cotangent);
  CfrOptions plain = options;
  plain.normalize = false;
  std::vector<Complexd> g = cotangent;
  through_normalize(g, cfr(p, frequencies_hz, plain, nullptr), p, s, width, width);
  return adjoint(terms, options.normalize_delays, g);
}

std::vector<Complexd> cfr_jvp(const Paths& p, const std::vector<double>& frequencies_hz, const CfrOptions& options,
                              const PathsDerivative& tangent) {
  const CfrTerms terms = cfr_terms(p, frequencies_hz, options);
  const ChannelShape s = shape_of(p);
  const size_t width = terms.steps * terms.bins;
  std::vector<Complexd> d = tangent_of(terms, options.normalize_delays, tangent, num_antenna_pairs(s) * width);
  if (!options.normalize) return d;
  CfrOptions plain = options;
  plain.normalize = false;
  through_normalize(d, cfr(p, frequencies_hz, plain, nullptr), p, s, width, width);
  return d;
}

PathsDerivative taps_vjp(const Paths& p, const TapsOptions& options, const std::vector<Complexd>& cotangent) {
  const TapsTerms terms = taps_terms(p, options);
  const ChannelShape s = shape_of(p);
  const size_t width = terms.steps * terms.bins;
  check_cotangent("taps", cotangent, num_antenna_pairs(s) * width);
  if (!options.normalize) return adjoint(terms, options.normalize_delays, cotangent);
  TapsOptions plain = options;
  plain.normalize = false;
  std::vector<Complexd> g = cotangent;
  through_normalize(g, taps(p, plain, nullptr), p, s, width, terms.steps);
  return adjoint(terms, options.normalize_delays, g);
}

std::vector<Complexd> taps_jvp(const Paths& p, const TapsOptions& options, const PathsDerivative& tangent) {
  const TapsTerms terms = taps_terms(p, options);
  const ChannelShape s = shape_of(p);
  const size_t width = terms.steps * terms.bins;
  std::vector<Complexd> d = tangent_of(terms, options.normalize_delays, tangent, num_antenna_pairs(s) * width);
  if (!options.normalize) return d;
  TapsOptions plain = options;
  plain.normalize = false;
  through_normalize(d, taps(p, plain, nullptr), p, s, width, terms.steps);
  return d;
}

PathsDerivative path_gain_vjp(const Paths& p, const std::vector<double>& cotangent) {
  check_cotangent("path_gain", cotangent, p.rx_names.size() * p.tx_names.size());
  PathsDerivative out = zeros(p);
  for (const Link& l : p.links) {
    const double factor = 2 * cotangent[pair_index(p, l)] / num_port_pairs(p, l);
    for (auto k = size_t(p.a_begin[size_t(l.path_begin)]); k < size_t(p.a_begin[size_t(l.path_end)]); ++k)
      out.a[k] = factor * p.a[k];
  }
  return out;
}

std::vector<double> path_gain_jvp(const Paths& p, const PathsDerivative& tangent) {
  check_tangent(p, tangent);
  std::vector<double> out(p.rx_names.size() * p.tx_names.size());
  if (tangent.a.empty()) return out;
  for (const Link& l : p.links) {
    for (auto k = size_t(p.a_begin[size_t(l.path_begin)]); k < size_t(p.a_begin[size_t(l.path_end)]); ++k)
      out[pair_index(p, l)] += 2 * pair(p.a[k], tangent.a[k]) / num_port_pairs(p, l);
  }
  return out;
}

// m = sum p tau / sum p, dm = sum (p dtau + (tau - m) dp) / sum p
PathsDerivative mean_delay_vjp(const Paths& p, const std::vector<double>& cotangent) {
  check_cotangent("mean_delay", cotangent, p.rx_names.size() * p.tx_names.size());
  const std::vector<double> gain = path_gain(p), mean = mean_delay(p);
  PathsDerivative out = zeros(p);
  for (const Link& l : p.links) {
    const size_t link_pair = pair_index(p, l);
    if (gain[link_pair] == 0) continue;
    const double c = cotangent[link_pair] / gain[link_pair];
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      out.tau_s[size_t(i)] = c * path_power(p, l, i);
      const double factor = 2 * c * (p.tau_s[size_t(i)] - mean[link_pair]) / num_port_pairs(p, l);
      for (auto k = size_t(p.a_begin[size_t(i)]); k < size_t(p.a_begin[size_t(i) + 1]); ++k) out.a[k] = factor * p.a[k];
    }
  }
  return out;
}

std::vector<double> mean_delay_jvp(const Paths& p, const PathsDerivative& tangent) {
  check_tangent(p, tangent);
  const std::vector<double> gain = path_gain(p), mean = mean_delay(p);
  std::vector<double> out(p.rx_names.size() * p.tx_names.size());
  for (const Link& l : p.links) {
    const size_t link_pair = pair_index(p, l);
    if (gain[link_pair] == 0) continue;
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      double sum = path_power(p, l, i) * at(tangent.tau_s, i);
      const double factor = 2 * (p.tau_s[size_t(i)] - mean[link_pair]) / num_port_pairs(p, l);
      for (auto k = size_t(p.a_begin[size_t(i)]); k < size_t(p.a_begin[size_t(i) + 1]) && !tangent.a.empty(); ++k)
        sum += factor * pair(p.a[k], tangent.a[k]);
      out[link_pair] += sum / gain[link_pair];
    }
  }
  return out;
}

}  // namespace raywave::signal
