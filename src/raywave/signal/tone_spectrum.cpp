// SPDX-License-Identifier: Apache-2.0
// Windowed transforms of tones in closed form: each path adds the product of a kernel over delays and one over Doppler
// shifts, whole or cut around its peak. Values, tangents and adjoints share the kernels' tables.
#include <algorithm>
#include <cmath>

#include "raywave/runtime/parallel.h"
#include "raywave/signal/derivative_support.h"
#include "raywave/signal/tone_links.h"
#include "raywave/signal/tones.h"

namespace raywave::signal {
namespace {

using namespace detail;
using paths::Link;
using paths::Paths;
using paths::PathsDerivative;

/// W(x)/sum(w) on some consecutive bins (modulo their number), and its derivative by x in cycles a sample.
struct CutKernel {
  int first = 0;
  std::vector<Complexd> value, slope;
};

/// One axis: bins k / num_bins against the tone at `place` cycles a sample; W((k/num_bins - place) sign).
struct Axis {
  Window window;
  int num_samples, num_bins, kernel_bins;
  double sign, scale;

  Axis(Window w, int samples, int bins, int kernel_bins_, double sign_)
      : window(w),
        num_samples(samples),
        num_bins(bins == 0 ? samples : bins),
        kernel_bins(kernel_bins_),
        sign(sign_),
        scale(1 / window_sum(w, samples)) {}

  CutKernel kernel(double place) const {
    CutKernel out;
    int count = num_bins;
    if (kernel_bins > 0 && 2 * kernel_bins + 1 < num_samples) {
      // less than kernel_bins + 1 unpadded bins from the one nearest to the peak: what is left out is kernel_bins + 1/2
      // from the peak or more
      const double pad = double(num_bins) / num_samples, nearest = std::round(place * num_samples);
      out.first = int(std::floor((nearest - kernel_bins - 1) * pad)) + 1;
      count = std::min(num_bins, int(std::ceil((nearest + kernel_bins + 1) * pad)) - out.first);
    }
    out.value.resize(size_t(count));
    out.slope.resize(size_t(count));
    for (int k = 0; k < count; ++k) {
      const KernelValue w = window_kernel(window, num_samples, sign * (double(out.first + k) / num_bins - place));
      out.value[size_t(k)] = scale * w.value;
      out.slope[size_t(k)] = (-sign * scale) * w.slope;  // by place
    }
    out.first = ((out.first % num_bins) + num_bins) % num_bins;
    return out;
  }
};

struct Axes {
  Axis range, doppler;
  double period_s;
  size_t frame_size() const { return size_t(range.num_bins) * size_t(doppler.num_bins); }
};

/// The spacing of times within a frame. @throws Error where they are not even.
double even_period(const ToneGrid& g) {
  const auto count = size_t(g.times_per_frame());
  if (count < 2) return 0;
  const double period = (g.times_s[count - 1] - g.times_s[0]) / double(count - 1);
  for (size_t m = 0; m < g.times_s.size(); ++m) {
    const size_t frame = m / count;
    const double even = g.times_s[frame * count] + double(m % count) * period;
    // A millionth of the spacing turns a Doppler shift at the edge of the spectrum by half a millionth of a turn.
    if (!(std::abs(g.times_s[m] - even) <= 1e-6 * std::abs(period))) {
      throw Error(message("a Doppler spectrum needs evenly spaced times: time ", m, " is ", g.times_s[m], " s, not ",
                          even, " s"));
    }
  }
  return period;
}

Axes axes_of(const ToneGrid& g, const SpectrumOptions& o) {
  g.validate();
  const auto check = [](const char* name, int bins, int samples) {
    if (bins != 0 && bins < samples) throw Error(message(name, " must be >= ", samples, " samples, or 0, got ", bins));
  };
  check("range_bins", o.range_bins, g.num_samples);
  check("doppler_bins", o.doppler_bins, g.times_per_frame());
  if (o.kernel_bins != 0 && o.kernel_bins < 3)
    throw Error(message("kernel_bins must be >= 3, or 0 for whole kernels, got ", o.kernel_bins));
  // Over samples the transform is exp(+j 2 pi k n / K) of tones exp(j 2 pi n step): W(k/K + step).
  return {{o.range_window, g.num_samples, o.range_bins, o.kernel_bins, 1},
          {o.doppler_window, g.times_per_frame(), o.doppler_bins, o.kernel_bins, -1},
          even_period(g)};
}

/// What a path adds to the blocks of its link: both kernels; the Doppler one for each code of the transmitter's ports.
struct PathKernels {
  CutKernel range;
  std::vector<CutKernel> doppler;  // [ports or 1]
};

PathKernels kernels_of(const Paths& p, const ToneGrid& g, const Axes& axes, int64_t path, int num_ports) {
  const double nu = p.doppler_hz[size_t(path)];
  PathKernels out;
  out.range = axes.range.kernel(-path_turns(g, p.frequency_hz, p.tau_s[size_t(path)], nu).step);
  for (int port = 0; port < (g.port_cycles == 0 ? 1 : num_ports); ++port)
    out.doppler.push_back(axes.doppler.kernel(nu * axes.period_s + port * g.port_cycles));
  return out;
}

/// visit(first path, kernels of paths, pairs, begins of their blocks) for each link.
template <class Visit>
void for_links(const Paths& p, const ToneGrid& g, const ChannelShape& s, const Axes& axes, Visit&& visit) {
  constexpr int64_t kPathsAtOnce = 256;
  for (const Link& l : p.links) {
    if (l.path_begin == l.path_end) continue;
    const std::vector<PortPair> pairs = port_pairs(p, s, g.sum_ports, l);
    const std::vector<size_t> begins = block_begins(pairs);
    for (int64_t begin = l.path_begin; begin < l.path_end; begin += kPathsAtOnce) {
      const int64_t end = std::min(begin + kPathsAtOnce, l.path_end);
      std::vector<PathKernels> kernels;
      for (int64_t i = begin; i < end; ++i) kernels.push_back(kernels_of(p, g, axes, i, p.max_tx_ants()));
      visit(begin, kernels, pairs, begins);
    }
  }
}

/// Phase of a path at sample 0 of the first time of a frame, without its gain.
Complexd start_phase(const Paths& p, const ToneGrid& g, int64_t path, const PortPair& pair, int frame) {
  const double nu = p.doppler_hz[size_t(path)];
  const double time = g.times_s[size_t(frame * g.times_per_frame())] + pair.tx_port * g.port_delay_s;
  return turn(path_turns(g, p.frequency_hz, p.tau_s[size_t(path)], nu).start) * turn(nu * time);
}

/// y[l, k] += d[l] (r[k] + ...) over the cut bins, both modulo the spectrum's size.
void add_product(Complexd* frame, const Axes& axes, const CutKernel& d, const std::vector<Complexd>& doppler,
                 const CutKernel& r, const std::vector<Complexd>& range) {
  const auto bins = size_t(axes.range.num_bins);
  const size_t before_end = std::min(range.size(), bins - size_t(r.first));
  for (size_t l = 0; l < doppler.size(); ++l) {
    Complexd* row = frame + ((size_t(d.first) + l) % size_t(axes.doppler.num_bins)) * bins;
    const Complexd c = doppler[l];
    for (size_t k = 0; k < before_end; ++k) row[size_t(r.first) + k] += c * range[k];
    for (size_t k = before_end; k < range.size(); ++k) row[k - before_end] += c * range[k];
  }
}

/// sum conj(d[l] r[k]) g[l, k] for the kernels themselves and with either one's slope.
struct ProductMoments {
  Complexd plain, range_slope, doppler_slope;
};
ProductMoments product_moments(const Complexd* frame, const Axes& axes, const CutKernel& d, const CutKernel& r) {
  const auto bins = size_t(axes.range.num_bins);
  ProductMoments out{};
  for (size_t l = 0; l < d.value.size(); ++l) {
    const Complexd* row = frame + ((size_t(d.first) + l) % size_t(axes.doppler.num_bins)) * bins;
    Complexd along{}, slope{};
    for (size_t k = 0; k < r.value.size(); ++k) {
      const size_t place = size_t(r.first) + k;
      const Complexd& g = row[place < bins ? place : place - bins];
      along += conj(r.value[k]) * g;
      slope += conj(r.slope[k]) * g;
    }
    out.plain += conj(d.value[l]) * along;
    out.doppler_slope += conj(d.slope[l]) * along;
    out.range_slope += conj(d.value[l]) * slope;
  }
  return out;
}

std::vector<Complexd> scaled(const std::vector<Complexd>& v, const Complexd& c) {
  std::vector<Complexd> out(v.size());
  for (size_t i = 0; i < v.size(); ++i) out[i] = c * v[i];
  return out;
}

const CutKernel& doppler_of(const PathKernels& k, const PortPair& pair) {
  return k.doppler[k.doppler.size() == 1 ? 0 : size_t(pair.tx_port)];
}

/// Runs add(path, its kernels, pair, frame, values of the frame) for all blocks, in parallel over blocks.
template <class Add>
std::vector<Complexd> summed(const Paths& p, const ToneGrid& g, const Axes& axes, const ChannelShape& s, Add&& add) {
  std::vector<Complexd> out(num_antenna_pairs(s) * size_t(g.num_frames) * axes.frame_size());
  for_links(p, g, s, axes,
            [&](int64_t begin, const std::vector<PathKernels>& kernels, const std::vector<PortPair>& pairs,
                const std::vector<size_t>& begins) {
              runtime::parallel_for(int64_t(begins.size()) - 1, 0, [&](int64_t task) {
                for (size_t k = begins[size_t(task)]; k < begins[size_t(task) + 1]; ++k) {
                  for (int frame = 0; frame < g.num_frames; ++frame) {
                    Complexd* y = &out[(pairs[k].block * size_t(g.num_frames) + size_t(frame)) * axes.frame_size()];
                    for (size_t i = 0; i < kernels.size(); ++i) add(begin + int64_t(i), kernels[i], pairs[k], frame, y);
                  }
                }
              });
            });
  return out;
}

Complexd gain(const Paths& p, int64_t path, const PortPair& pair) {
  return p.a[size_t(p.a_begin[size_t(path)]) + pair.entry];
}

}  // namespace

std::vector<Complexd> tone_spectrum(const Paths& p, const ToneGrid& g, const SpectrumOptions& options,
                                    ChannelShape* shape) {
  check_finite_paths(p);
  const Axes axes = axes_of(g, options);
  const ChannelShape s = tone_shape(p, g);
  if (shape) *shape = s;
  return summed(p, g, axes, s,
                [&](int64_t i, const PathKernels& kernels, const PortPair& pair, int frame, Complexd* y) {
                  const CutKernel& d = doppler_of(kernels, pair);
                  add_product(y, axes, d, scaled(d.value, gain(p, i, pair) * start_phase(p, g, i, pair, frame)),
                              kernels.range, kernels.range.value);
                });
}

std::vector<Complexd> tone_spectrum_jvp(const Paths& p, const ToneGrid& g, const SpectrumOptions& options,
                                        const PathsDerivative& tangent) {
  check_finite_paths(p);
  check_tangent(p, tangent);
  const Axes axes = axes_of(g, options);
  return summed(p, g, axes, tone_shape(p, g),
                [&](int64_t i, const PathKernels& kernels, const PortPair& pair, int frame, Complexd* y) {
                  const double time = g.times_s[size_t(frame * g.times_per_frame())] + pair.tx_port * g.port_delay_s;
                  const TurnMoments t = turn_tangent(g, p, i, time, at(tangent.tau_s, i), at(tangent.doppler_hz, i),
                                                     tangent.frequency_hz);
                  const Complexd phase = start_phase(p, g, i, pair, frame), a = gain(p, i, pair) * phase;
                  Complexd c = (2 * kPi * t.constant) * (Complexd{0, 1} * a);
                  if (!tangent.a.empty()) c += phase * tangent.a[size_t(p.a_begin[size_t(i)]) + pair.entry];
                  const CutKernel& d = doppler_of(kernels, pair);
                  std::vector<Complexd> doppler(d.value.size());
                  for (size_t l = 0; l < doppler.size(); ++l)
                    doppler[l] = c * d.value[l] + (t.by_time_s * axes.period_s) * (a * d.slope[l]);
                  add_product(y, axes, d, doppler, kernels.range, kernels.range.value);
                  // the range kernel's place is -step
                  add_product(y, axes, d, scaled(d.value, -t.by_sample * a), kernels.range, kernels.range.slope);
                });
}

PathsDerivative tone_spectrum_vjp(const Paths& p, const ToneGrid& g, const SpectrumOptions& options,
                                  const std::vector<Complexd>& cotangent) {
  check_finite_paths(p);
  const Axes axes = axes_of(g, options);
  const ChannelShape s = tone_shape(p, g);
  check_cotangent("the spectrum", cotangent, num_antenna_pairs(s) * size_t(g.num_frames) * axes.frame_size());
  PathsDerivative out = zeros(p);
  for_links(p, g, s, axes,
            [&](int64_t begin, const std::vector<PathKernels>& kernels, const std::vector<PortPair>& pairs,
                const std::vector<size_t>& begins) {
              const size_t frames = size_t(g.num_frames), count = kernels.size();
              std::vector<ProductMoments> sums(pairs.size() * frames * count);
              runtime::parallel_for(int64_t(begins.size()) - 1, 0, [&](int64_t task) {
                for (size_t k = begins[size_t(task)]; k < begins[size_t(task) + 1]; ++k) {
                  for (size_t f = 0; f < frames; ++f) {
                    const Complexd* y = &cotangent[(pairs[k].block * frames + f) * axes.frame_size()];
                    for (size_t i = 0; i < count; ++i) {
                      sums[(k * frames + f) * count + i] =
                          product_moments(y, axes, doppler_of(kernels[i], pairs[k]), kernels[i].range);
                    }
                  }
                }
              });
              for (size_t k = 0; k < pairs.size(); ++k) {
                for (size_t f = 0; f < frames; ++f) {
                  const double time = g.times_s[f * size_t(g.times_per_frame())] + pairs[k].tx_port * g.port_delay_s;
                  for (size_t i = 0; i < count; ++i) {
                    const int64_t path = begin + int64_t(i);
                    const Complexd phase = conj(start_phase(p, g, path, pairs[k], int(f)));
                    const Complexd back = phase * conj(gain(p, path, pairs[k]));
                    const ProductMoments& m = sums[(k * frames + f) * count + i];
                    out.a[size_t(p.a_begin[size_t(path)]) + pairs[k].entry] += phase * m.plain;
                    add_turn_moments(out, g, p, path, time,
                                     {2 * kPi * (back * m.plain).im, -(back * m.range_slope).re,
                                      axes.period_s * (back * m.doppler_slope).re});
                  }
                }
              }
            });
  return out;
}

}  // namespace raywave::signal
