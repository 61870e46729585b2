// SPDX-License-Identifier: Apache-2.0
// The tables of transition functions, one plain struct: computed here once, copied to a device that asks them.
#pragma once

#include <algorithm>
#include <array>

#include "raywave/core/complex.h"
#include "raywave/core/hd.h"
#include "raywave/em/faddeeva.h"
#include "raywave/em/gauss_rules.h"
#include "raywave/em/lanes.h"

namespace raywave::em {

/// A Laguerre rule in vectors; what fills the last one weighs nothing.
template <int N>
struct LaguerrePlaces {
  static constexpr size_t kVectors = (N + 3) / 4;
  std::array<double, 4 * kVectors> x, w;
  static LaguerrePlaces make() {
    const GaussRule<N> rule = laguerre_rule<N>();
    LaguerrePlaces p{};
    std::copy(rule.x.begin(), rule.x.end(), p.x.begin());
    std::copy(rule.w.begin(), rule.w.end(), p.w.begin());
    return p;
  }
};

/// Numbers at the 28 places of a rule, in vectors.
using Places = std::array<Lanes, 7>;

struct ComplexPlaces {
  Places re, im;
  /// The sum of weights times these.
  RAYWAVE_HD Complexd sum(const Places& weights) const {
    Lanes a{}, b{};
    for (size_t i = 0; i < weights.size(); ++i) a += weights[i] * re[i], b += weights[i] * im[i];
    return {a[0] + a[1] + a[2] + a[3], b[0] + b[1] + b[2] + b[3]};
  }
};

struct Places28 {
  Places x, w;
  static Places28 make() {
    const GaussRule<28> rule = legendre_rule<28>();
    Places28 p{};
    for (size_t i = 0; i < 28; ++i) p.x[i / 4][i % 4] = rule.x[i], p.w[i / 4][i % 4] = rule.w[i];
    return p;
  }
};

/// A complex function as its Taylor polynomial about the middle of the interval on which it is asked for.
template <size_t Degree>
struct Series {
  double middle;
  std::array<double, Degree + 1> re, im;

  RAYWAVE_HD static void horner(const std::array<double, Degree + 1>& c, const Places& d, Places& sum) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] = c[Degree] - Lanes{};
    for (size_t n = Degree; n-- > 0;) {
      for (size_t i = 0; i < sum.size(); ++i) sum[i] = sum[i] * d[i] + c[n];
    }
  }
  /// The function at places t.
  RAYWAVE_HD_CALL ComplexPlaces at(const Places& t) const {
    Places d;
    ComplexPlaces f;
    for (size_t i = 0; i < t.size(); ++i) d[i] = t[i] - middle;
    horner(re, d, f.re);
    horner(im, d, f.im);
    return f;
  }
};

/// exp(-j t) on [0, 4], to 1e-16.
inline Series<24> phase_series() {
  Series<24> s{2, {}, {}};
  Complexd c = expj(-s.middle);
  for (size_t n = 0; n <= 24; ++n, c = (1.0 / double(n)) * (Complexd{0, -1} * c)) s.re[n] = c.re, s.im[n] = c.im;
  return s;
}

/// (exp(-j t) - 1) / t on [0, 9], to 1e-15: its derivatives follow from those of t times it.
inline Series<32> phase_over_series() {
  Series<32> s{4.5, {}, {}};
  Complexd phase = expj(-s.middle), c = (1 / s.middle) * (phase - Complexd{1, 0});
  for (size_t n = 0;; c = (1 / s.middle) * (phase - c)) {
    s.re[n] = c.re, s.im[n] = c.im;
    if (++n > 32) break;
    phase = (1.0 / double(n)) * (Complexd{0, -1} * phase);
  }
  return s;
}

struct TransitionTables {
  Faddeeva faddeeva;
  LaguerrePlaces<10> laguerre_10;
  LaguerrePlaces<16> laguerre_16;
  LaguerrePlaces<40> laguerre_40;
  Places28 legendre;
  Series<24> phase;
  Series<32> phase_over;

  static TransitionTables make() {
    return {Faddeeva::make(),           LaguerrePlaces<10>::make(), LaguerrePlaces<16>::make(),
            LaguerrePlaces<40>::make(), Places28::make(),           phase_series(),
            phase_over_series()};
  }
  template <int N>
  RAYWAVE_HD const LaguerrePlaces<N>& laguerre() const {
    if constexpr (N == 10) {
      return laguerre_10;
    } else if constexpr (N == 16) {
      return laguerre_16;
    } else {
      static_assert(N == 40);
      return laguerre_40;
    }
  }
};

#ifdef __CUDACC__
/// Whoever launches kernels fills it first.
static __constant__ TransitionTables device_transition_tables;
#endif

RAYWAVE_HD inline const TransitionTables& transition_tables() {
#ifdef __CUDA_ARCH__
  return device_transition_tables;
#else
  static const TransitionTables tables = TransitionTables::make();
  return tables;
#endif
}

}  // namespace raywave::em
