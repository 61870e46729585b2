// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/lobes.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <vector>

#include "raywave/ad/jet.h"
#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/em/lobe_sampling.h"
#include "raywave/em/own_lobe.h"

namespace raywave::em {
namespace {

using ad::Dual;
using ad::Var;

constexpr std::array kNames = {"lambertian", "directive", "backscattering", "von_mises_fisher", "half_vector", "own"};
constexpr size_t kNamed = kNames.size() - 1;  // kOwn goes by its own name

double expm1_of(double x) { return std::expm1(x); }
template <ad::Scalar S>
S expm1_of(const S& x) {
  const double e = std::expm1(x.v);
  return chain(e, ad::Partial<S>{e + 1, x});
}
double log1p_of(double x) { return std::log1p(x); }
template <ad::Scalar S>
S log1p_of(const S& x) {
  return chain(std::log1p(x.v), ad::Partial<S>{1 / (1 + x.v), x});
}

/// A place of the integrals over beta below: beta = atan(w tan a), a in the middle of a step.
template <class S>
struct Place {
  S sin2, cos2;  // of beta
  S weight;      // d beta / d a
};
constexpr int kPlaces = 32;  // of half a turn: on the other half sines and cosines have the same squares
/// @param width  below which the integrand changes about beta = 0
template <class S>
Place<S> place(int i, const S& width) {
  static const auto squares = [] {
    std::array<std::array<double, 2>, kPlaces> all{};
    for (int k = 0; k < kPlaces; ++k) {
      const double a = (k + 0.5) * 0.5 * kPi / kPlaces;
      all[size_t(k)] = {std::sin(a) * std::sin(a), std::cos(a) * std::cos(a)};
    }
    return all;
  }();
  const auto [s2, c2] = squares[size_t(i)];
  const S w2 = width * width, sum = S(c2) + w2 * S(s2);
  return {w2 * S(s2) / sum, S(c2) / sum, width / sum};
}

/// A lobe g(cos psi) about a direction at the cosine c from the normal has the share above the horizon
///   F = 1/2 + c/2 mean over beta of (1 - G(x) - G(-x)) / (1 - x^2),  x = sin(theta) cos(beta),
/// G(x) the integral of g from -1 to x over that to 1: the lobe cut into half great circles from the two places where
/// the horizon is nearest and farthest. The mean's integrand is even in x, smooth, and periodic in beta.
/// @param numerator  1 - G(x) - G(-x) by y = (1 - x) / 2 in (0, 1/2]
/// @param width2  of the lobe, squared, to scale
template <class S, class Numerator>
S zonal_share(const S& cosine, double width2, const Numerator& numerator) {
  using std::sqrt;
  const S c2 = cosine * cosine;
  S width = sqrt(c2 + S(width2));
  if (width > S(1)) width = S(1);
  S sum(0);
  for (int i = 0; i < kPlaces; ++i) {
    const Place<S> p = place(i, width);
    const S s = c2 + (S(1) - c2) * p.sin2;  // 1 - x^2
    S x2 = (S(1) - c2) * p.cos2;
    // even in x: a root that is near 0 without being it keeps the slope
    if (x2 < S(1e-12)) x2 = x2 + S(1e-12);
    const S y = s / (S(2) * (S(1) + sqrt(x2)));
    sum = sum + p.weight * numerator(y) / (S(4) * y * (S(1) - y));
  }
  return S(0.5) + S(0.5 / kPlaces) * cosine * sum;
}

/// Nothing that double precision shows is below the horizon: G(sin theta), which is more than that, is below this.
constexpr double kNothing = 1e-17;
double sine_of(double cosine) { return std::sqrt(std::max(0.0, 1 - cosine * cosine)); }

template <class S>
S directive_share_over(const S& alpha, const S& cosine) {
  using std::exp, std::log;
  const S q = alpha + S(1);
  const double sine = sine_of(ad::value_of(cosine)), whole = ad::value_of(q);
  if (std::pow(0.5 * (1 + sine), whole) * whole < kNothing) return S(1);
  return zonal_share(cosine, 2 / whole, [&](const S& y) { return -expm1_of(q * log1p_of(-y)) - exp(q * log(y)); });
}

template <class S>
S von_mises_fisher_share_over(const S& kappa, const S& cosine) {
  const double sine = sine_of(ad::value_of(cosine)), k = ad::value_of(kappa);
  if (std::exp(-k * (1 - sine)) * k < kNothing) return S(1);
  const S whole = expm1_of(S(-2) * kappa);
  return zonal_share(cosine, 2 / (k + 1), [&](const S& y) {
    return -(expm1_of(S(-2) * kappa * y) * expm1_of(S(-2) * kappa * (S(1) - y))) / whole;
  });
}

/// Facets of slopes (p, q), normal with standard deviation s, mirror above the horizon where
/// (p - tan theta)^2 + q^2 < 1 / cos^2 theta: a circle about the origin's surroundings whose rim is rho(phi) away, so
/// that M = 1 - mean of exp(-rho^2 / (2 s^2)). phi is counted from the directions at which rho is 1, the two halves of
/// the circle (behind: rho below 1) together.
template <class S>
S half_vector_share_over(const S& slope, const S& cosine) {
  using std::sqrt, std::exp;
  const S c2 = cosine * cosine, sine = sqrt(S(1) - c2);
  S width = cosine * (S(1) + S(0.5) / slope);
  if (width > S(1)) width = S(1);
  if (!(width > S(1e-12))) return S(0.5);
  const S scale = S(0.5) / (slope * slope);
  S sum(0);
  for (int i = 0; i < kPlaces; ++i) {
    const Place<S> p = place(i, width);
    const S root = sqrt(c2 * p.cos2 + p.sin2), ahead = sqrt(p.sin2) * sine;
    const S behind = cosine / (root + ahead), front = (root + ahead) / cosine;
    sum = sum - p.weight * (expm1_of(-(scale * behind * behind)) + exp(-(scale * front * front)));
  }
  return S(0.5) + S(0.5 / kPlaces) * sum;
}

using Jet2 = ad::Jet<2>;
/// A function of two numbers over any scalar: on a tape by its two derivatives alone.
template <class T, class Function>
T lifted(const T& a, const T& b, const Function& f) {
  if constexpr (std::is_same_v<T, Var>) {
    const Jet2 both = f(Jet2(a.v, 0), Jet2(b.v, 1));
    return ad::chain(both.v, ad::Partial<Var>{both.d[0], a}, ad::Partial<Var>{both.d[1], b});
  } else {
    return f(a, b);
  }
}

/// Of ((1 + cos psi) / 2)^alpha with y = (1 - cos psi) / 2.
template <class T>
T directive_shape(const T& alpha, const T& y) {
  using std::exp, std::log;
  const T base = T(1) - y;
  if (!(base > T(1e-300))) return alpha == T(0) ? T(1) : T(0);
  return exp(alpha * log(base));
}

using lobe_detail::directive_sphere;

/// The lobe before it is divided by its integral over the hemisphere: the same for the way back, u_i' = -u_o.
template <class T>
T shape(const BasicLobe<T>& lobe, const Vec3<T>& n, const Vec3<T>& u_i, const Vec3<T>& u_o, const T& cos_i,
        const T& cos_o) {
  using std::exp;
  const T quarter(0.25);
  const auto from_mirror = [&] { return quarter * norm2(u_i + T(2) * cos_i * n - u_o); };
  switch (lobe.kind) {
    case LobeKind::kLambertian:
      return cos_o;
    case LobeKind::kDirective:
      return directive_shape(lobe.alpha_r, from_mirror());
    case LobeKind::kBackscattering:
      return lobe.lambda * directive_shape(lobe.alpha_r, from_mirror()) +
             (T(1) - lobe.lambda) * directive_shape(lobe.alpha_i, quarter * norm2(u_i + u_o));
    case LobeKind::kVonMisesFisher:
      return exp(T(-2) * lobe.kappa * from_mirror());
    case LobeKind::kHalfVector: {
      // with q = u_o - u_i: cos_theta_h = q_n / |q|, u_o . h = |q| / 2
      const Vec3<T> q = u_o - u_i;
      const T q_n = cos_i + cos_o, s2 = lobe.slope * lobe.slope;
      const T tan2 = norm2(q - q_n * n) / (q_n * q_n);
      return exp(-(tan2 / (T(2) * s2))) * norm2(q) / (T(4 * kPi) * s2 * q_n * q_n * q_n);
    }
    case LobeKind::kOwn:
      break;  // not the same for the way back: own_value()
  }
  return T(0);
}

template <class T>
T von_mises_fisher_sphere(const T& kappa) {
  using std::exp;
  if constexpr (std::is_same_v<T, double>) {
    return -2 * kPi * std::expm1(-2 * kappa) / kappa;
  } else {
    const double k = ad::value_of(kappa), whole = -std::expm1(-2 * k);
    return ad::chain(2 * kPi * whole / k, ad::Partial<T>{2 * kPi * (2 * (1 - whole) - whole / k) / k, kappa});
  }
}

template <class T>
T integral_anew(const BasicLobe<T>& lobe, const T& cos_i) {
  switch (lobe.kind) {
    case LobeKind::kLambertian:
      return T(kPi);
    case LobeKind::kDirective:
      return directive_sphere(lobe.alpha_r) * directive_share(lobe.alpha_r, cos_i);
    case LobeKind::kBackscattering:
      return lobe.lambda * directive_sphere(lobe.alpha_r) * directive_share(lobe.alpha_r, cos_i) +
             (T(1) - lobe.lambda) * directive_sphere(lobe.alpha_i) * directive_share(lobe.alpha_i, cos_i);
    case LobeKind::kVonMisesFisher:
      return von_mises_fisher_sphere(lobe.kappa) * von_mises_fisher_share(lobe.kappa, cos_i);
    case LobeKind::kHalfVector:
      return half_vector_share(lobe.slope, cos_i);
    case LobeKind::kOwn:
      break;
  }
  return T(1);
}

/// The integral of shape() over the hemisphere. What scatters asks for the same ones in turn, for each turn of the
/// polarisation, so that the last are kept.
template <class T>
T integral(const BasicLobe<T>& lobe, const T& cos_i) {
  if constexpr (!std::is_same_v<T, double>) {
    return integral_anew(lobe, cos_i);
  } else {
    struct Known {
      Lobe lobe;
      double cos_i = -1, value = 0;
    };
    thread_local std::array<Known, 4> known;
    thread_local size_t next = 0;
    for (const Known& k : known) {
      if (k.cos_i == cos_i && k.lobe.kind == lobe.kind && k.lobe.alpha_r == lobe.alpha_r &&
          k.lobe.alpha_i == lobe.alpha_i && k.lobe.lambda == lobe.lambda && k.lobe.kappa == lobe.kappa &&
          k.lobe.slope == lobe.slope)
        return k.value;
    }
    Known& own = known[next++ % known.size()];
    own = {lobe, cos_i, integral_anew(lobe, cos_i)};
    return own.value;
  }
}

/// The same over all that sample() proposes.
double proposals(const Lobe& lobe) {
  switch (lobe.kind) {
    case LobeKind::kLambertian:
      return kPi;
    case LobeKind::kDirective:
      return directive_sphere(lobe.alpha_r);
    case LobeKind::kBackscattering:
      return lobe.lambda * directive_sphere(lobe.alpha_r) + (1 - lobe.lambda) * directive_sphere(lobe.alpha_i);
    case LobeKind::kVonMisesFisher:
      return von_mises_fisher_sphere(lobe.kappa);
    case LobeKind::kHalfVector:
    case LobeKind::kOwn:
      return 1;
  }
  return 1;
}

}  // namespace

bool is_lobe_kind(std::string_view name) { return std::find(kNames.begin(), kNames.end(), name) != kNames.end(); }
const char* lobe_name(LobeKind kind) { return kNames[size_t(kind)]; }

namespace {

std::string_view without_blanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

/// A lobe of this name with its default numbers.
Lobe named_lobe(std::string_view name) {
  for (size_t i = 0; i < kNamed; ++i) {
    if (name == kNames[i]) return {.kind = LobeKind(i)};
  }
  if (const OwnLobe* own = own_lobe(name)) return {.kind = LobeKind::kOwn, .own = own};
  std::vector<std::string> known(kNames.begin(), kNames.begin() + kNamed);
  for (std::string& own : own_lobe_names()) known.push_back(std::move(own));
  const std::string meant = did_you_mean(name, known);
  throw Error(message("unknown lobe '", name, "'", meant, meant.empty() ? "." : "",
                      " A lobe of one's own is known to the process that made it"));
}

/// "alpha_r=20"
void set_number(Lobe& lobe, std::string_view text, std::string_view whole) {
  const size_t equals = text.find('=');
  const std::string_view name = without_blanks(text.substr(0, equals));
  std::vector<std::string> known;
  for (const LobeNumberInfo& n : kLobeNumbers) {
    if (!uses(lobe.kind, n)) continue;
    known.emplace_back(n.name);
    if (name != n.name) continue;
    const std::string_view digits = equals == std::string_view::npos ? "" : without_blanks(text.substr(equals + 1));
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), lobe.*n.member);
    if (error != std::errc{} || end != digits.data() + digits.size())
      throw Error(message("'", whole, "': ", name, " must be a number, got '", digits, "'"));
    return;
  }
  if (known.empty())
    throw Error(message("'", whole, "': ", without_blanks(whole.substr(0, whole.find('('))), " has no numbers"));
  throw Error(message("'", whole, "': ", lobe_name(lobe.kind), " has no '", name, "'", did_you_mean(name, known)));
}

}  // namespace

Lobe lobe_from_text(std::string_view text) {
  const size_t open = text.find('(');
  Lobe lobe = named_lobe(without_blanks(text.substr(0, open)));
  if (open != std::string_view::npos) {
    const std::string_view rest = without_blanks(text.substr(open + 1));
    if (rest.empty() || rest.back() != ')') throw Error(message("'", text, "' has no ')' at its end"));
    std::string_view inner = rest.substr(0, rest.size() - 1);
    std::vector<std::string_view> given;
    while (!without_blanks(inner).empty()) {
      const size_t comma = inner.find(',');
      const std::string_view name = without_blanks(inner.substr(0, std::min(comma, inner.find('='))));
      if (std::find(given.begin(), given.end(), name) != given.end())
        throw Error(message("'", text, "' gives ", name, " twice"));
      given.push_back(name);
      set_number(lobe, inner.substr(0, comma), text);
      inner = comma == std::string_view::npos ? std::string_view() : inner.substr(comma + 1);
    }
  }
  validate(lobe, "");
  return lobe;
}

std::string lobe_text(const Lobe& lobe) {
  if (lobe.kind == LobeKind::kOwn) return lobe.own->name();
  std::string numbers;
  for (const LobeNumberInfo& n : kLobeNumbers) {
    if (!uses(lobe.kind, n)) continue;
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), lobe.*n.member).ptr;
    numbers += (numbers.empty() ? "" : ", ") + std::string(n.name) + "=" + std::string(digits.data(), end);
  }
  return numbers.empty() ? lobe_name(lobe.kind) : message(lobe_name(lobe.kind), "(", numbers, ")");
}

void validate(const Lobe& lobe, std::string_view owner) {
  for (const LobeNumberInfo& n : kLobeNumbers) {
    if (uses(lobe.kind, n)) require_within(message(owner, n.name), lobe.*n.member, n.lower, n.upper, n.zero_is_refused);
  }
}

template <class T>
T directive_share(const T& alpha, const T& cosine) {
  return lifted(alpha, cosine, [](const auto& a, const auto& b) { return directive_share_over(a, b); });
}
template <class T>
T von_mises_fisher_share(const T& kappa, const T& cosine) {
  return lifted(kappa, cosine, [](const auto& a, const auto& b) { return von_mises_fisher_share_over(a, b); });
}
template <class T>
T half_vector_share(const T& slope, const T& cosine) {
  return lifted(slope, cosine, [](const auto& a, const auto& b) { return half_vector_share_over(a, b); });
}

namespace {

/// f of a lobe of one's own, which knows its slopes.
template <class T>
T own_value(const OwnLobe& own, const Vec3<T>& n, const Vec3<T>& u_i, const Vec3<T>& u_o) {
  if constexpr (std::is_same_v<T, double>) {
    return own.value(n, u_i, u_o);
  } else {
    const auto plain = [](const Vec3<T>& v) { return Vec3d{ad::value_of(v.x), ad::value_of(v.y), ad::value_of(v.z)}; };
    OwnLobe::Slopes s;
    T out(own.value(plain(n), plain(u_i), plain(u_o), &s));
    const auto add = [&](const Vec3d& by, const Vec3<T>& v) {
      const T moved = ad::chain(0.0, ad::Partial<T>{by.x, v.x}, ad::Partial<T>{by.y, v.y}, ad::Partial<T>{by.z, v.z});
      out = out + moved;
    };
    add(s.n, n), add(s.u_i, u_i), add(s.u_o, u_o);
    return out;
  }
}

}  // namespace

template <class T>
T evaluate(const BasicLobe<T>& lobe, const Vec3<T>& n, const Vec3<T>& u_i, const Vec3<T>& u_o) {
  const T cos_i = -dot(u_i, n), cos_o = dot(u_o, n);
  if (!(cos_i > T(0)) || !(cos_o > T(0))) return T(0);
  if (lobe.kind == LobeKind::kOwn) return own_value(*lobe.own, n, u_i, u_o);
  return shape(lobe, n, u_i, u_o, cos_i, cos_o) / integral(lobe, cos_i);
}

template <class T>
T reciprocal_kernel(const BasicLobe<T>& lobe, const Vec3<T>& n, const Vec3<T>& u_i, const Vec3<T>& u_o) {
  using std::sqrt;
  const T cos_i = -dot(u_i, n), cos_o = dot(u_o, n);
  if (!(cos_i > T(0)) || !(cos_o > T(0))) return T(0);
  if (lobe.kind == LobeKind::kLambertian) return cos_i * cos_o / T(kPi);
  if (lobe.kind == LobeKind::kOwn) {
    const T there = own_value(*lobe.own, n, u_i, u_o), back = own_value(*lobe.own, n, -u_o, -u_i);
    if (!(there > T(0)) || !(back > T(0))) return T(0);
    return sqrt(cos_i * cos_o * there * back);
  }
  return shape(lobe, n, u_i, u_o, cos_i, cos_o) * sqrt(cos_i * cos_o / (integral(lobe, cos_i) * integral(lobe, cos_o)));
}

std::optional<Vec3d> sample(const Lobe& lobe, const Vec3d& n, const Vec3d& u_i, const std::array<double, 3>& random) {
  if (lobe.kind == LobeKind::kOwn) return -dot(u_i, n) > 0 ? lobe.own->sample(n, u_i, random) : std::nullopt;
  Vec3d u_o;
  return draw(lobe, n, u_i, {random[0], random[1], random[2]}, u_o) ? std::optional(u_o) : std::nullopt;
}

double density(const Lobe& lobe, const Vec3d& n, const Vec3d& u_i, const Vec3d& u_o) {
  const double cos_i = -dot(u_i, n), cos_o = dot(u_o, n);
  if (!(cos_i > 0) || !(cos_o > 0)) return 0;
  if (lobe.kind == LobeKind::kOwn) return lobe.own->density(n, u_i, u_o);
  return shape(lobe, n, u_i, u_o, cos_i, cos_o) / proposals(lobe);
}

namespace {

/// Of the cosine between -u_i and the normal, below which the share that is above the horizon changes.
double narrowest(const Lobe& lobe) {
  switch (lobe.kind) {
    case LobeKind::kDirective:
      return std::sqrt(2 / (lobe.alpha_r + 1));
    case LobeKind::kBackscattering:
      return std::sqrt(2 / (std::max(lobe.alpha_r, lobe.alpha_i) + 1));
    case LobeKind::kVonMisesFisher:
      return std::sqrt(1 / (lobe.kappa + 1));
    case LobeKind::kHalfVector:
      return lobe.slope;
    case LobeKind::kLambertian:
    case LobeKind::kOwn:
      break;
  }
  return 1;
}

}  // namespace

LobeShares::LobeShares(const Lobe& lobe) {
  if (lobe.kind == LobeKind::kLambertian || lobe.kind == LobeKind::kOwn) return;
  constexpr int kSamples = LobeShareRow::kSamples;
  const double width = std::min(narrowest(lobe), 1.0), whole = std::log1p(1 / width);
  inverse_width_ = float(1 / width), scale_ = float(kSamples / whole);
  for (int i = 0; i <= kSamples; ++i) {
    const double cosine = std::min(1.0, width * std::expm1(whole * i / kSamples));
    samples_.push_back(float(integral_anew(lobe, cosine) / proposals(lobe)));
  }
}

#define RAYWAVE_INSTANTIATE(T)                                                              \
  template T directive_share(const T&, const T&);                                           \
  template T von_mises_fisher_share(const T&, const T&);                                    \
  template T half_vector_share(const T&, const T&);                                         \
  template T evaluate(const BasicLobe<T>&, const Vec3<T>&, const Vec3<T>&, const Vec3<T>&); \
  template T reciprocal_kernel(const BasicLobe<T>&, const Vec3<T>&, const Vec3<T>&, const Vec3<T>&);
RAYWAVE_INSTANTIATE(double)
RAYWAVE_INSTANTIATE(Dual)
RAYWAVE_INSTANTIATE(Var)
#undef RAYWAVE_INSTANTIATE

}  // namespace raywave::em
