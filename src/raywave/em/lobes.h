// SPDX-License-Identifier: Apache-2.0
// Lobes: how power that a surface scatters is spread over directions, f(u_o; u_i) in 1/sr with the integral of f over
// the hemisphere equal to 1. The cosine of a projected area is in f already: nothing multiplies it by cos_theta_o.
//
// u_i is the unit direction of travel before the surface, u_o after it, n the unit normal towards the incident side,
// cos_theta_i = -u_i . n, cos_theta_o = u_o . n, u_r = u_i + 2 cos_theta_i n the mirror direction, psi_r the angle
// between u_o and u_r, psi_i that between u_o and -u_i.
//   Lambertian        cos_theta_o / pi
//   directive         ((1 + cos psi_r) / 2)^alpha_r, any real alpha_r (Degli-Esposti et al., 2007): for diffuse
//                     scattering and, with a large alpha_r, in place of the mirror
//   backscattering    lambda ((1 + cos psi_r) / 2)^alpha_r + (1 - lambda) ((1 + cos psi_i) / 2)^alpha_i
//   von Mises-Fisher  exp(kappa (cos psi_r - 1))
//   half-vector       D(h) (n . h) / (4 u_o . h), h along u_o - u_i, slopes of h normal with standard deviation
//                     `slope` about each axis: a rough surface's facets
//   own               a function that a user writes (own_lobe.h)
// each over its own integral over the hemisphere, which has no closed form but a smooth periodic integral: the sum over
// 64 places in lobes.cpp is within 1e-10 of it, for powers alpha below 2 that are no whole numbers within 2e-8.
//
// Limits: one bounce off a facet; no shadowing between facets. Below the horizon on either side f is 0.
// Differentiable in: directions, normal, all numbers of the lobe. Not in: its kind; not where u_o passes the horizon.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "raywave/core/complex.h"
#include "raywave/core/vec.h"

namespace raywave::em {

class OwnLobe;

enum class LobeKind : uint8_t { kLambertian, kDirective, kBackscattering, kVonMisesFisher, kHalfVector, kOwn };
/// "lambertian", "directive", "backscattering", "von_mises_fisher", "half_vector".
bool is_lobe_kind(std::string_view name);
const char* lobe_name(LobeKind kind);

/// A lobe's numbers over a scalar; each kind uses those that its formula above names.
template <class T>
struct BasicLobe {
  LobeKind kind = LobeKind::kLambertian;
  T alpha_r = T(4), alpha_i = T(4), lambda = T(0.5);
  T kappa = T(100);
  T slope = T(0.1);
  const OwnLobe* own = nullptr;  // of kOwn; stays as long as the process

  bool operator==(const BasicLobe&) const = default;
};
using Lobe = BasicLobe<double>;

/// One number of a lobe: its name in files and parameters, its bounds, the kinds that use it.
struct LobeNumberInfo {
  const char* name;
  double lower, upper;  // 0 itself is refused where zero_is_refused
  bool zero_is_refused;
  double Lobe::*member;
  std::array<LobeKind, 2> kinds;
};
inline constexpr std::array kLobeNumbers = {
    LobeNumberInfo{"alpha_r", 0, 1e9, false, &Lobe::alpha_r, {LobeKind::kDirective, LobeKind::kBackscattering}},
    LobeNumberInfo{"alpha_i", 0, 1e9, false, &Lobe::alpha_i, {LobeKind::kBackscattering, LobeKind::kBackscattering}},
    LobeNumberInfo{"lambda_", 0, 1, false, &Lobe::lambda, {LobeKind::kBackscattering, LobeKind::kBackscattering}},
    LobeNumberInfo{"kappa", 0, 1e9, true, &Lobe::kappa, {LobeKind::kVonMisesFisher, LobeKind::kVonMisesFisher}},
    LobeNumberInfo{"slope", 1e-5, 10, false, &Lobe::slope, {LobeKind::kHalfVector, LobeKind::kHalfVector}}};
inline bool uses(LobeKind kind, const LobeNumberInfo& number) {
  return number.kinds[0] == kind || number.kinds[1] == kind;
}
/// A lobe as materials name it: "directive", or with its numbers "backscattering(alpha_r=20, alpha_i=30, lambda_=0.7)";
/// those that are not given are the defaults above; or a lobe of one's own by its name.
/// @throws Error naming the nearest word or number, for a number that the kind has not, and as validate().
Lobe lobe_from_text(std::string_view text);
/// All numbers of its kind, so that lobe_from_text() gives the same lobe, bit for bit.
std::string lobe_text(const Lobe& lobe);
/// @throws Error naming the number, its value and its bounds, of those that the kind uses.
void validate(const Lobe& lobe, std::string_view owner);

/// f(u_o; u_i) in 1/sr. Instantiated for double, ad::Dual and ad::Var, as what follows.
template <class T>
T evaluate(const BasicLobe<T>& lobe, const Vec3<T>& n, const Vec3<T>& u_i, const Vec3<T>& u_o);

/// What stands for cos_theta_i f where both ends of a path must see the same: sqrt(cos_theta_i cos_theta_o) times the
/// geometric mean of f(u_o; u_i) / cos and f(-u_i; -u_o) / cos, with the same limit for narrow lobes. Lambertian:
/// cos_theta_i cos_theta_o / pi, which is cos_theta_i f. Others keep energy only in that limit.
template <class T>
T reciprocal_kernel(const BasicLobe<T>& lobe, const Vec3<T>& n, const Vec3<T>& u_i, const Vec3<T>& u_o);

/// A direction u_o from three numbers in [0, 1), or nothing: proposals below the horizon are none. Then the estimate of
/// an integral of f h is the mean of h evaluate() / density() over all proposals, those without a direction as 0.
std::optional<Vec3d> sample(const Lobe& lobe, const Vec3d& n, const Vec3d& u_i, const std::array<double, 3>& random);
/// The probability density of what sample() gives, in 1/sr; its integral over the hemisphere is the share of proposals
/// that are above the horizon.
double density(const Lobe& lobe, const Vec3d& n, const Vec3d& u_i, const Vec3d& u_o);

/// The share of a lobe about a direction at this cosine from the normal that is above the horizon, of
/// ((1 + cos psi) / 2)^alpha, of exp(kappa (cos psi - 1)), of the half-vector lobe: what their integrals need.
template <class T>
T directive_share(const T& alpha, const T& cosine);
template <class T>
T von_mises_fisher_share(const T& kappa, const T& cosine);
template <class T>
T half_vector_share(const T& slope, const T& cosine);

/// Moves the share K_x of the power to the other polarisation: [[sqrt(1 - K), -sqrt(K)], [sqrt(K), sqrt(1 - K)]] on
/// (theta, phi) components. The slope by K, which is infinite at K = 0 and 1, is 0 there.
template <class T>
std::array<Complex<T>, 2> cross_polarized(const T& xpd, const std::array<Complex<T>, 2>& jones) {
  using std::sqrt;
  const T kept = sqrt(T(1) - xpd), crossed = sqrt(xpd);
  return {kept * jones[0] - crossed * jones[1], crossed * jones[0] + kept * jones[1]};
}

}  // namespace raywave::em
