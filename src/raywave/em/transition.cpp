// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/transition.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/em/faddeeva.h"
#include "raywave/em/gauss_rules.h"

namespace raywave::em {
namespace {

Complexd sqrt_principal(const Complexd& z) {
  const double modulus = abs(z), re = std::sqrt(0.5 * (modulus + z.re));
  return {re, z.im / (2 * re)};
}

/// A Laguerre rule in vectors; what fills the last one weighs nothing.
template <int N>
struct LaguerrePlaces {
  static constexpr size_t kVectors = (N + 3) / 4;
  std::array<double, 4 * kVectors> x{}, w{};
  LaguerrePlaces() {
    const GaussRule<N> rule = laguerre_rule<N>();
    std::copy(rule.x.begin(), rule.x.end(), x.begin());
    std::copy(rule.w.begin(), rule.w.end(), w.begin());
  }
};

/// The integrals from x to infinity for several v over the path on which exp(-j u^2) decays, u^2 = x^2 - j s: its
/// phase and the roots du / ds do not depend on v.
template <int N, size_t K>
std::array<Complexd, K> tails(const std::array<double, K>& v, double x) {
  static const LaguerrePlaces<N> rule;
  constexpr size_t kVectors = LaguerrePlaces<N>::kVectors;
  const double x2 = x * x;
  std::array<double, 4 * kVectors> re, im;  // of weight / root, apart from the sums, so that it runs in vectors
  for (size_t i = 0; i < re.size(); ++i) {
    const Complexd root = sqrt_principal({x2, -rule.x[i]});
    const double share = rule.w[i] / norm2(root);
    re[i] = share * root.re, im[i] = -share * root.im;
  }
  std::array<Lanes, kVectors> a, b, s;
  for (size_t i = 0; i < re.size(); ++i) a[i / 4][i % 4] = re[i], b[i / 4][i % 4] = im[i], s[i / 4][i % 4] = rule.x[i];
  const Complexd phase = expj(-x2);
  std::array<Complexd, K> out;
  for (size_t k = 0; k < K; ++k) {
    const double r2 = x2 + v[k] * v[k];
    Lanes sum_re{}, sum_im{};
    for (size_t i = 0; i < kVectors; ++i) {
      const Lanes share = 1 / (r2 * r2 + s[i] * s[i]);
      sum_re += share * (r2 * a[i] - s[i] * b[i]);
      sum_im += share * (r2 * b[i] + s[i] * a[i]);
    }
    const Complexd sum{sum_re[0] + sum_re[1] + sum_re[2] + sum_re[3], sum_im[0] + sum_im[1] + sum_im[2] + sum_im[3]};
    out[k] = phase * Complexd{0, -0.5 * v[k]} * sum;
  }
  return out;
}

/// Numbers at the 28 places of a rule, in vectors.
using Places = std::array<Lanes, 7>;

struct ComplexPlaces {
  Places re, im;
  /// The sum of weights times these.
  Complexd sum(const Places& weights) const {
    Lanes a{}, b{};
    for (size_t i = 0; i < weights.size(); ++i) a += weights[i] * re[i], b += weights[i] * im[i];
    return {a[0] + a[1] + a[2] + a[3], b[0] + b[1] + b[2] + b[3]};
  }
};

struct Places28 {
  Places x, w;
  explicit Places28(const GaussRule<28>& rule) {
    for (size_t i = 0; i < 28; ++i) x[i / 4][i % 4] = rule.x[i], w[i / 4][i % 4] = rule.w[i];
  }
};

/// A complex function as its Taylor polynomial about the middle of the interval on which it is asked for.
template <size_t Degree>
struct Series {
  double middle = 0;
  std::array<double, Degree + 1> re{}, im{};

  static void horner(const std::array<double, Degree + 1>& c, const Places& d, Places& sum) {
    sum.fill(c[Degree] - Lanes{});
    for (size_t n = Degree; n-- > 0;) {
      for (size_t i = 0; i < sum.size(); ++i) sum[i] = sum[i] * d[i] + c[n];
    }
  }
  /// The function at places t.
  ComplexPlaces at(const Places& t) const {
    Places d;
    ComplexPlaces f;
    for (size_t i = 0; i < t.size(); ++i) d[i] = t[i] - middle;
    horner(re, d, f.re);
    horner(im, d, f.im);
    return f;
  }
};

/// exp(-j t) on [0, 4], to 1e-16.
Series<24> phase_series() {
  Series<24> s{2, {}, {}};
  Complexd c = expj(-s.middle);
  for (size_t n = 0; n <= 24; ++n, c = (1.0 / double(n)) * (Complexd{0, -1} * c)) s.re[n] = c.re, s.im[n] = c.im;
  return s;
}

/// (exp(-j t) - 1) / t on [0, 9], to 1e-15: its derivatives follow from those of t times it.
Series<32> phase_over_series() {
  Series<32> s{4.5, {}, {}};
  Complexd phase = expj(-s.middle), c = (1 / s.middle) * (phase - Complexd{1, 0});
  for (size_t n = 0;; c = (1 / s.middle) * (phase - c)) {
    s.re[n] = c.re, s.im[n] = c.im;
    if (++n > 32) break;
    phase = (1.0 / double(n)) * (Complexd{0, -1} * phase);
  }
  return s;
}

bool far_out(double v, double x) { return x > 2 && x * x + v * v > 9; }
template <size_t K>
std::array<Complexd, K> far_tails(const std::array<double, K>& v, double x) {
  return x > 8 ? tails<10>(v, x) : x > 4 ? tails<16>(v, x) : tails<40>(v, x);
}

/// The integral from 0 to x but for its pole's exp(j v^2) atan(x / v), times exp(-j v^2): with w = u^2 + v^2,
/// exp(-j u^2) = exp(j v^2) (1 + (exp(-j w) - 1)), and (exp(-j w) - 1) / w is entire. For v^2 + x^2 < 9.
Complexd without_pole(double v, double x) {
  static const Places28 rule(legendre_rule<28>());
  static const Series<32> series = phase_over_series();
  Places w;
  for (size_t i = 0; i < w.size(); ++i) w[i] = (x * x) * (rule.x[i] * rule.x[i]) + v * v;
  return (x * v) * series.at(w).sum(rule.w);
}

/// The integrals from 0 to x for several v: so often (pi / 2) G(v), and the rest.
template <size_t K>
struct Integrals {
  std::array<double, K> of_g{};
  std::array<Complexd, K> rest{};
};

/// v, x >= 0. What depends on x alone is found once.
template <size_t K>
Integrals<K> integrals(const std::array<double, K>& v, double x) {
  static const Places28 rule(legendre_rule<28>());
  static const Series<24> series = phase_series();
  Integrals<K> out;
  if (std::isinf(x)) {
    out.of_g.fill(1);
    return out;
  }
  enum class Way { kNear, kFarOut, kFarPole };  // the last: the pole is far away and x <= 2
  std::array<Way, K> way;
  for (size_t k = 0; k < K; ++k)
    way[k] = far_out(v[k], x) ? Way::kFarOut : x * x + v[k] * v[k] > 9 ? Way::kFarPole : Way::kNear;
  const auto any = [&](Way w) { return std::find(way.begin(), way.end(), w) != way.end(); };
  if (any(Way::kFarOut)) out.rest = far_tails(v, x);
  Places u2;
  ComplexPlaces phases;
  if (any(Way::kFarPole)) {
    for (size_t i = 0; i < u2.size(); ++i) u2[i] = (x * x) * (rule.x[i] * rule.x[i]);
    phases = series.at(u2);
  }
  for (size_t k = 0; k < K; ++k) {
    const double v2 = v[k] * v[k];
    if (way[k] == Way::kFarOut) {
      out.of_g[k] = 1;
      out.rest[k] = -out.rest[k];
    } else if (way[k] == Way::kNear) {
      out.rest[k] = expj(v2) * (Complexd{std::atan2(x, v[k]), 0} + without_pole(v[k], x));
    } else {
      Places weights;
      for (size_t i = 0; i < u2.size(); ++i) weights[i] = rule.w[i] * (x * v[k]) / (u2[i] + v2);
      out.rest[k] = phases.sum(weights);
    }
  }
  return out;
}

double sign_of(double x) { return x < 0 ? -1 : 1; }

/// What is left of exp(j x^2) tail(v; x) without its pole's exp(j (v^2 + x^2)) atan(v / x).
Complexd tail_without_pole(double v, double x) {
  const double sign = sign_of(v) * sign_of(x);
  v = std::abs(v);
  x = std::abs(x);
  const Complexd pole = expj(v * v);
  return (-sign * expj(x * x)) * (pole * without_pole(v, x) + 0.5 * kPi * (pole - transition(v)));
}

/// exp(j x^2) tail(v; x) where v^2 + x^2 > 9.
Complexd phased_tail(double v, double x) {
  const double sign = sign_of(v) * sign_of(x);
  v = std::abs(v);
  x = std::abs(x);
  const Complexd rest =
      far_out(v, x) ? far_tails<1>({v}, x)[0] : 0.5 * kPi * transition(v) - integrals<1>({v}, x).rest[0];
  return sign * (expj(x * x) * rest);
}

/// erfcx(z) exp(-x^2), z = y exp(j pi / 4) - x, with its slope in z; bounded for all x.
struct DampedErfcx {
  Complexd value, slope;
};
DampedErfcx damped_erfcx(double y, double x) {
  const double turned = std::sqrt(0.5) * y, damping = std::exp(-x * x);
  const Complexd z{turned - x, turned};
  DampedErfcx e;
  if (z.re >= 0) {
    e.value = damping * faddeeva()({-z.im, z.re});
  } else {  // erfcx(z) = 2 exp(z^2) - erfcx(-z)
    e.value = 2 * std::exp(-2 * turned * x) * expj(2 * z.re * z.im) - damping * faddeeva()({z.im, -z.re});
  }
  e.slope = 2.0 * (z * e.value) - Complexd{2 / std::sqrt(kPi) * damping, 0};
  return e;
}

/// W3 for all combinations of n arguments an edge, by a rule over panels that double from the scale on which the
/// integrand changes up to where it has decayed. @param signs  see triple_edge_transitions. @param out  [n, n, n]
template <bool kSlopes>
void triple(size_t n, const Arguments& x, const std::array<double, 2>& rho, const SignTable& signs,
            TripleTransition* out) {
  static const GaussRule<16> rule = legendre_rule<16>();
  const Complexd turn = std::sqrt(0.5) * Complexd{1, 1};
  const double root2 = std::sqrt(2.0), d = 1 - rho[0] * rho[0] - rho[1] * rho[1];
  Arguments y{};
  double finest = 1, slowest = std::abs(x[1][0]);
  for (size_t b = 0; b < n; ++b) {
    for (size_t i = 0; i < 3; ++i) y[i][b] = std::abs(x[i][b]);
    slowest = std::min(slowest, y[1][b]);
  }
  for (size_t i = 0; i < 3; ++i) {
    const double share = i == 1 ? 1 : std::abs(rho[i / 2]);
    finest += share * *std::max_element(y[i].begin(), y[i].begin() + long(n));
  }
  std::fill(out, out + n * n * n, TripleTransition{});
  double from = 0, width = 0.5 / finest;
  for (int panel = 0; panel < 60; ++panel, from += width, width *= 2) {
    for (size_t node = 0; node < rule.x.size(); ++node) {
      const double s = from + width * rule.x[node];
      std::array<std::array<DampedErfcx, 2>, 4> g, h;  // by the sign of the correlation: +, -
      std::array<Complexd, 4> w;
      for (size_t b = 0; b < n; ++b) {
        for (size_t k = 0; k < 2; ++k) {
          g[b][k] = damped_erfcx(y[0][b], (k == 0 ? s : -s) * rho[0]);
          h[b][k] = damped_erfcx(y[2][b], (k == 0 ? s : -s) * rho[1]);
        }
        w[b] = (width * rule.w[node] * std::exp(-d * s * s - root2 * y[1][b] * s)) * expj(-root2 * y[1][b] * s);
      }
      for (size_t i = 0; i < n; ++i) {
        for (size_t j = 0; j < n; ++j) {
          const DampedErfcx& gi = g[i][signs[i][j] * sign_of(x[0][i]) * sign_of(x[1][j]) < 0];
          const Complexd wg = w[j] * gi.value, wg_slope = kSlopes ? w[j] * gi.slope : Complexd{};
          for (size_t k = 0; k < n; ++k) {
            const DampedErfcx& hk = h[k][signs[j][k] * sign_of(x[1][j]) * sign_of(x[2][k]) < 0];
            TripleTransition& t = out[(i * n + j) * n + k];
            const Complexd product = wg * hk.value;
            t.value += product;
            if constexpr (kSlopes) {
              const Complexd of_g = wg_slope * hk.value, of_h = wg * hk.slope;
              t.d_x[0] += of_g;
              t.d_x[1] += s * product;
              t.d_x[2] += of_h;
              t.d_rho[0] += s * of_g;
              t.d_rho[1] += s * of_h;
            }
          }
        }
      }
    }
    const double end = from + width;
    if (-d * end * end - root2 * slowest * end < -30) break;
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < n; ++k) {
        TripleTransition& t = out[(i * n + j) * n + k];
        const std::array<double, 3> sign{sign_of(x[0][i]), sign_of(x[1][j]), sign_of(x[2][k])};
        const double factor = sign[0] * sign[1] * sign[2] * 2 * std::sqrt(d / kPi);
        t.value = factor * t.value;
        if constexpr (!kSlopes) continue;
        t.d_x[0] = (sign[0] * factor) * (turn * t.d_x[0]);
        t.d_x[1] = (sign[1] * factor) * (-2.0 * (turn * t.d_x[1]));
        t.d_x[2] = (sign[2] * factor) * (turn * t.d_x[2]);
        // in the correlations with their own signs
        t.d_rho[0] = -(signs[i][j] * rho[0] / d) * t.value - (sign[0] * sign[1] * factor) * t.d_rho[0];
        t.d_rho[1] = -(signs[j][k] * rho[1] / d) * t.value - (sign[1] * sign[2] * factor) * t.d_rho[1];
      }
    }
  }
}

}  // namespace

Complexd transition(double v) {
  const double r = v * std::sqrt(0.5);
  return faddeeva()({-r, r});  // erfcx(z) = w(j z)
}

namespace {

/// G at several places at once: the same bits as one by one.
template <size_t N>
std::array<Complexd, 4 * N> transitions(const std::array<double, 4 * N>& v) {
  std::array<Lanes, N> r, re, im;
  for (size_t i = 0; i < 4 * N; ++i) r[i / 4][i % 4] = v[i] * std::sqrt(0.5);
  faddeeva().on_diagonal(r, re, im);
  std::array<Complexd, 4 * N> out;
  for (size_t i = 0; i < 4 * N; ++i) out[i] = {re[i / 4][i % 4], im[i / 4][i % 4]};
  return out;
}

/// What the slopes of all functions up to x have in common.
struct UpTo {
  double x, sign;
  Complexd phase, fresnel;  // exp(-j x^2) and its integral from 0
  /// @param g  of |x|
  UpTo(double at, const Complexd& g) : x(std::abs(at)), sign(sign_of(at)) {
    if (std::isinf(x)) return;
    phase = expj(-x * x);
    fresnel = std::sqrt(kPi / 8) * Complexd{1, -1} * (Complexd{1, 0} - phase * g);
  }
};

/// @param g  of |v|. @param i  the integral of |v| up to |x|
IncompleteTransition with_slopes(double v, const UpTo& to, const Complexd& g, const Complexd& i) {
  const double sv = sign_of(v), sx = to.sign, sign = sv * sx, x = to.x;
  v = std::abs(v);
  const double r2 = v * v + x * x;
  if (r2 == 0) return {};
  const Complexd two_j{0, 2};
  if (std::isinf(x)) {
    // G' = 2 j v G - 2 exp(j pi / 4) / sqrt(pi)
    const Complexd slope = two_j * (v * g) - std::sqrt(2 / kPi) * Complexd{1, 1};
    return {sign * i, sx * 0.5 * kPi * slope, {}};
  }
  return {sign * i, sx * (two_j * (v * i) - (x / r2) * to.phase - two_j * to.fresnel), sv * ((v / r2) * to.phase)};
}

template <size_t K>
std::array<double, K> absolute(const std::array<double, K>& v) {
  std::array<double, K> at;
  for (size_t k = 0; k < K; ++k) at[k] = std::abs(v[k]);
  return at;
}

/// The values alone. @param g_of  G of several |v|, asked where it does not cancel
template <size_t K, class Transitions>
std::array<Complexd, K> between(const std::array<double, K>& v, double a, double b, Transitions&& g_of) {
  const std::array<double, K> at = absolute(v);
  const Integrals<K> to_a = integrals(at, std::abs(a)), to_b = integrals(at, std::abs(b));
  std::array<double, K> of_g;
  std::array<Complexd, K> out;
  for (size_t k = 0; k < K; ++k) {
    const double sign = sign_of(v[k]), sign_a = sign * sign_of(a), sign_b = sign * sign_of(b);
    of_g[k] = sign_b * to_b.of_g[k] - sign_a * to_a.of_g[k];
    out[k] = sign_b * to_b.rest[k] - sign_a * to_a.rest[k];
  }
  if (std::all_of(of_g.begin(), of_g.end(), [](double x) { return x == 0; })) return out;
  const std::array<Complexd, K> g = g_of(at);
  for (size_t k = 0; k < K; ++k) out[k] += (0.5 * kPi * of_g[k]) * g[k];
  return out;
}

Complexd transition_or_zero(double x) { return std::isinf(x) ? Complexd{} : transition(std::abs(x)); }

}  // namespace

IncompleteTransition incomplete_transition(double v, double x) {
  const Complexd g = transition(std::abs(v));
  const Integrals<1> i = integrals<1>({std::abs(v)}, std::abs(x));
  return with_slopes(v, UpTo(x, transition_or_zero(x)), g, (0.5 * kPi * i.of_g[0]) * g + i.rest[0]);
}

Complexd incomplete_transition_between(double v, double a, double b) {
  return between<1>({v}, a, b, [](const std::array<double, 1>& at) { return std::array{transition(at[0])}; })[0];
}

std::array<Complexd, 4> edge_transitions(const std::array<double, 4>& v, double a, double b) {
  std::array<Complexd, 4> out = between(v, a, b, transitions<1>);
  for (Complexd& w : out) w = (1 / kPi) * w;
  return out;
}

std::array<EdgeTransition, 4> edge_transitions_with_slopes(const std::array<double, 4>& v, double a, double b) {
  const auto finite = [](double x) { return std::isinf(x) ? 0.0 : std::abs(x); };
  const std::array<double, 4> at = absolute(v);
  const auto g = transitions<2>({at[0], at[1], at[2], at[3], finite(a), finite(b), 0.0, 0.0});
  const UpTo to_a(a, g[4]), to_b(b, g[5]);
  const Integrals<4> of_a = integrals(at, std::abs(a)), of_b = integrals(at, std::abs(b));
  std::array<EdgeTransition, 4> out;
  for (size_t i = 0; i < 4; ++i) {
    const auto whole = [&](const Integrals<4>& of) { return (0.5 * kPi * of.of_g[i]) * g[i] + of.rest[i]; };
    const IncompleteTransition at_b = with_slopes(v[i], to_b, g[i], whole(of_b)),
                               at_a = with_slopes(v[i], to_a, g[i], whole(of_a));
    const double scale = 1 / kPi;
    out[i] = {scale * (at_b.value - at_a.value), scale * (at_b.d_v - at_a.d_v), -scale * at_a.d_x, scale * at_b.d_x};
  }
  return out;
}

Complexd double_edge_transition(double x1, double x2, double rho) {
  const double a = std::sqrt((1 - rho) * (1 + rho)), h = (x1 + rho * x2) / a, k = (x2 + rho * x1) / a;
  const double radius2 = h * h + x2 * x2;  // = k^2 + x1^2
  if (radius2 > 9) return (2 / kPi) * (phased_tail(h, x2) + phased_tail(k, x1));
  // The poles' two angles add up to one that the signs and rho alone decide.
  const double angle = std::asin(rho) + 0.5 * kPi * sign_of(x1) * sign_of(x2);
  return (2 / kPi) * (angle * expj(radius2) + tail_without_pole(h, x2) + tail_without_pole(k, x1));
}

DoubleTransition double_edge_transition_with_slopes(double x1, double x2, double rho) {
  const double a = std::sqrt((1 - rho) * (1 + rho)), h = (x1 + rho * x2) / a, k = (x2 + rho * x1) / a;
  const Complexd value = double_edge_transition(x1, x2, rho);
  // (2 / pi) exp(j x^2) times the Fresnel integral from x to sgn(x) inf
  const auto fresnel = [](double x) {
    return (sign_of(x) / std::sqrt(2 * kPi)) * (Complexd{1, -1} * transition(std::abs(x)));
  };
  const Complexd g1 = fresnel(x1), g2 = fresnel(x2), two_j{0, 2};
  return {value, (1 / a) * (two_j * (h * value - g2 - rho * g1)), (1 / a) * (two_j * (k * value - g1 - rho * g2)),
          (1 / (a * a)) * (two_j * (h * k * value - k * g2 - h * g1) + Complexd{2 * a / kPi, 0})};
}

Complexd triple_edge_transition(double x1, double x2, double x3, double rho12, double rho23) {
  TripleTransition t;
  triple<false>(1, {{{x1}, {x2}, {x3}}}, {rho12, rho23}, {{{1}}}, &t);
  return t.value;
}

TripleTransition triple_edge_transition_with_slopes(const std::array<double, 3>& x, const std::array<double, 2>& rho) {
  TripleTransition t;
  triple<true>(1, {{{x[0]}, {x[1]}, {x[2]}}}, rho, {{{1}}}, &t);
  return t;
}

void triple_edge_transitions(const Arguments& x, const std::array<double, 2>& rho, const SignTable& sign,
                             std::array<Complexd, 64>& values) {
  std::array<TripleTransition, 64> all;
  triple<false>(4, x, rho, sign, all.data());
  for (size_t i = 0; i < 64; ++i) values[i] = all[i].value;
}

void triple_edge_transitions(const Arguments& x, const std::array<double, 2>& rho, const SignTable& sign,
                             std::array<TripleTransition, 64>& values) {
  triple<true>(4, x, rho, sign, values.data());
}

}  // namespace raywave::em
