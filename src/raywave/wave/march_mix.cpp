// SPDX-License-Identifier: Apache-2.0
// Media side by side without gain. A slice is crossed as
//   u <- sum_q a_q(y) S (E_q o s),   s = A u - sum_q R_q o A a_q S (R_q o A u),
//   E_q = exp(-j kz_q dz) exp(kappa_q dz),   R_q^2 = 1 - exp(-kappa_q dz),
// with kappa_q(ky) = sqrt(max(0, ky^2 - Re(eta_q) k^2)), what is evanescent in the medium q. Brenner and Singer's wave
// propagation method leaves exp(-kappa_q dz) inside the sum. That stands for a(y) kappa(ky), which is no positive
// operator though a and kappa are: along faces parallel to the march it feeds waves that are evanescent in one medium
// and propagate in another, by up to a tenth a wavelength and without end. sqrt(kappa) a sqrt(kappa), its mirror image
// under one change of variables, is positive. Both agree where one medium fills the plane. Each medium adds its part,
// so that pieces of one medium are one body, what owns nothing changes nothing, and the order of media, or that two are
// alike, plays no part: the field and its derivatives are smooth in permittivities and places.
#include <algorithm>
#include <cmath>

#include "raywave/wave/march.h"
#include "raywave/wave/roots.h"

namespace raywave::wave {

using detail::kJ;
using detail::re_dot;

void March::cross(Complexc eta, double dz, bool derivatives, Branch& b) const {
  const auto& kt = backend_->transverse_rad_per_m();
  const size_t bins = kt.size();
  const double floor = k_ * std::sqrt(2.0 / double(bins)), square = eta.real() * k_ * k_;
  b.g.resize(bins), b.damping.resize(bins);
  if (derivatives) {
    for (Field* f : {&b.d_eta, &b.d_k, &b.d_square}) f->resize(bins);
    b.d_damping.resize(bins);
  }
  for (size_t m = 0; m < bins; ++m) {
    const Complexc kz = detail::root_lower(eta * k_ * k_ - kt[m] * kt[m]);
    const double kappa = std::sqrt(std::max(0.0, kt[m] * kt[m] - square));
    b.g[m] = std::exp(-kJ * kz * dz + kappa * dz);
    b.damping[m] = std::sqrt(-std::expm1(-kappa * dz));
    if (!derivatives) continue;
    const Complexc inverse = detail::bounded_inverse(kz, floor);
    b.d_eta[m] = -kJ * dz * k_ * k_ * 0.5 * inverse * b.g[m];
    b.d_k[m] = -kJ * dz * eta * k_ * inverse * b.g[m];
    if (kappa == 0) continue;
    const double bounded = detail::grazes(kappa, floor) ? floor : kappa;
    b.d_square[m] = -0.5 / bounded * dz * b.g[m];
    b.d_damping[m] = -0.25 * dz / bounded * std::exp(-kappa * dz) / std::sqrt(-std::expm1(-bounded * dz));
  }
  // nothing that the grid holds is evanescent there
  if (std::all_of(b.damping.begin(), b.damping.end(), [](double r) { return r == 0; }))
    b.damping.clear(), b.d_damping.clear(), b.d_square.clear();
}

double March::square_tangent(const Branch& b, const MediaTangent& t) const {
  if (b.object < 0) return 2 * k_ * t.wavenumber;
  const Medium& m = media_[size_t(b.object)];
  return k_ * k_ * (t.eta[size_t(b.object)] + m.d_eta_d_k * t.wavenumber).real() + 2 * k_ * m.eta.real() * t.wavenumber;
}

void March::square_cotangent(const Branch& b, double value, MediaTangent& bar) const {
  if (b.object >= 0) bar.eta[size_t(b.object)] += k_ * k_ * value;
  bar.wavenumber += 2 * k_ * (b.object < 0 ? 1.0 : media_[size_t(b.object)].eta.real()) * value;
}

void March::damp(const std::vector<Branch>& all, Field& s, Damped* kept) const {
  const size_t n = size_t(scene_.grid.num_points()), bins = s.size();
  const Field before = s;
  Field w(n), y(bins);
  for (const Branch& b : all) {
    if (kept) kept->field.emplace_back(), kept->spectrum.emplace_back();
    if (b.damping.empty() || (!kept && b.owns_nothing())) continue;
    for (size_t m = 0; m < bins; ++m) y[m] = b.damping[m] * before[m];
    backend_->synthesize(y.data(), w.data());
    if (kept) kept->field.back() = w;
    for (size_t j = 0; j < n; ++j) w[j] *= b.weight[j];
    backend_->analyze(w.data(), y.data());
    if (kept) kept->spectrum.back() = y;
    for (size_t m = 0; m < bins; ++m) s[m] -= b.damping[m] * y[m];
  }
}

void March::damp_jvp(const std::vector<Branch>& all, const StepChange& change, Field& s, Field& s_dot) const {
  const size_t n = size_t(scene_.grid.num_points()), bins = s.size();
  const Field before = s, before_dot = s_dot;
  Field w(n), w_dot(n), y(bins), y_dot(bins);
  for (size_t q = 0; q < all.size(); ++q) {
    if (all[q].damping.empty()) continue;
    const std::vector<double>&r = all[q].damping, &a = all[q].weight;
    const std::vector<double>&r_dot = change.damping[q], &a_dot = change.weight[q];
    for (size_t m = 0; m < bins; ++m) y[m] = r[m] * before[m], y_dot[m] = r[m] * before_dot[m] + r_dot[m] * before[m];
    backend_->synthesize(y.data(), w.data());
    backend_->synthesize(y_dot.data(), w_dot.data());
    for (size_t j = 0; j < n; ++j) w_dot[j] = a[j] * w_dot[j] + a_dot[j] * w[j], w[j] *= a[j];
    backend_->analyze(w.data(), y.data());
    backend_->analyze(w_dot.data(), y_dot.data());
    for (size_t m = 0; m < bins; ++m) s[m] -= r[m] * y[m], s_dot[m] -= r[m] * y_dot[m] + r_dot[m] * y[m];
  }
}

void March::damp_vjp(const std::vector<Branch>& all, const Field& before, const Damped& kept, Field& bar,
                     StepChange& change) const {
  const size_t n = size_t(scene_.grid.num_points()), bins = bar.size();
  const Field after_bar = bar;
  Field w_bar(n), y_bar(bins);
  for (size_t q = 0; q < all.size(); ++q) {
    const std::vector<double>&r = all[q].damping, &a = all[q].weight;
    std::vector<double>& r_bar = change.damping.emplace_back(r.size());
    if (r.empty()) continue;
    for (size_t m = 0; m < bins; ++m)
      r_bar[m] = -re_dot(after_bar[m], kept.spectrum[q][m]), y_bar[m] = -r[m] * after_bar[m];
    backend_->analyze_adjoint(y_bar.data(), w_bar.data());
    for (size_t j = 0; j < n; ++j) change.weight[q][j] += re_dot(w_bar[j], kept.field[q][j]), w_bar[j] *= a[j];
    backend_->synthesize_adjoint(w_bar.data(), y_bar.data());
    for (size_t m = 0; m < bins; ++m) r_bar[m] += re_dot(y_bar[m], before[m]), bar[m] += r[m] * y_bar[m];
  }
}

}  // namespace raywave::wave
