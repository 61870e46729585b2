// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/march.h"

#include <algorithm>
#include <cmath>

#include "raywave/ad/dual.h"
#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/wave/roots.h"
#include "raywave/wave/row_transform.h"
#include "raywave/wave/slice_cover.h"

namespace raywave::wave {
namespace {

using detail::bounded_inverse;
using detail::kJ;
using detail::root_lower;

Complexd root(const Complexd& z, double) {
  const Complexc s = root_lower({z.re, z.im});
  return {s.real(), s.imag()};
}
Complex<ad::Dual> root(const Complex<ad::Dual>& z, double floor) {
  const Complexc s = root_lower({z.re.v, z.im.v});
  const Complexc slope = 0.5 * Complexc(z.re.d, z.im.d) * bounded_inverse(s, floor);
  return {{s.real(), slope.real()}, {s.imag(), slope.imag()}};
}

// Transmission through a slab in vacuum, fields referred to its two faces; waves as in fresnel.h, in the variables of
// the march: t = (1 - r^2) e / (1 - r^2 e^2), r = (kz0 - g kz1) / (kz0 + g kz1), e = exp(-j kz1 d), g = 1 (TE) or 1/eta
// (TM).
template <class T>
Complex<T> slab_transmission(const Complex<T>& eta, const T& d, const T& k, double ky, bool tm, double floor) {
  const Complex<T> one{T(1), T(0)}, ky2{T(ky * ky), T(0)}, k2{k * k, T(0)};
  const Complex<T> kz0 = root(k2 - ky2, floor), kz1 = root(eta * k2 - ky2, floor);
  const Complex<T> gkz1 = tm ? kz1 / eta : kz1;
  const Complex<T> r = (kz0 - gkz1) / (kz0 + gkz1), e = exp(Complex<T>{kz1.im * d, -(kz1.re * d)}), r2 = r * r;
  return (one - r2) * e / (one - r2 * e * e);
}

Complexc slab_value(Complexc eta, double d, double k, double ky, bool tm) {
  const Complexd t = slab_transmission<double>({eta.real(), eta.imag()}, d, k, ky, tm, 0);
  return {t.re, t.im};
}

// Its derivatives to eta, the thickness and k, one dual number each.
void slab_slopes(Complexc eta, double d, double k, const std::vector<double>& ky, bool tm, Branch& b) {
  const double floor = k * std::sqrt(2.0 / double(ky.size()));
  for (Field* f : {&b.d_eta, &b.d_k, &b.d_dz}) f->resize(ky.size());
  for (size_t m = 0; m < ky.size(); ++m) {
    const auto along = [&](double by_eta, double by_d, double by_k) {
      const auto t =
          slab_transmission<ad::Dual>({{eta.real(), by_eta}, {eta.imag(), 0}}, {d, by_d}, {k, by_k}, ky[m], tm, floor);
      return Complexc(t.re.d, t.im.d);
    };
    b.d_eta[m] = along(1, 0, 0), b.d_dz[m] = along(0, 1, 0), b.d_k[m] = along(0, 0, 1);
  }
}

}  // namespace

Field March::jump(double dz) const {
  const auto& ky = backend_->transverse_rad_per_m();
  Field g(ky.size());
  for (size_t m = 0; m < ky.size(); ++m) g[m] = std::exp(-kJ * dz * root_lower(k_ * k_ - ky[m] * ky[m]));
  return g;
}

Field March::jump_dk(double dz) const {
  const auto& ky = backend_->transverse_rad_per_m();
  const double floor = k_ * std::sqrt(2.0 / double(ky.size()));
  Field g(ky.size());
  for (size_t m = 0; m < ky.size(); ++m) {
    const Complexc kz = root_lower(k_ * k_ - ky[m] * ky[m]);
    g[m] = -kJ * dz * k_ * bounded_inverse(kz, floor) * std::exp(-kJ * dz * kz);
  }
  return g;
}

const Backend::Gain& March::cached_jump(double dz) const { return jumps_.at(dz); }

const Field& March::screen_of(const Step& step, Field& scratch) const {
  if (!keeps_screen(step)) return scratch = screen(step);
  const Field& kept = screens_[size_t(step.id)];
  if (!in_lanes_) return kept;
  scratch.resize(kept.size());
  backend_->row_transform()->from_lanes(kept.data(), scratch.data());
  return scratch;
}

Field March::slab_reflection(const Medium& medium, double d) const {
  const auto& kt = backend_->transverse_rad_per_m();
  const Complexc g = scene_.polarization == Polarization::kTm ? 1.0 / medium.eta : 1.0;
  Field out(kt.size());
  for (size_t m = 0; m < kt.size(); ++m) {
    const Complexc kz0 = root_lower(k_ * k_ - kt[m] * kt[m]), kz1 = root_lower(medium.eta * k_ * k_ - kt[m] * kt[m]);
    const Complexc r = (kz0 - g * kz1) / (kz0 + g * kz1), e2 = std::exp(-2.0 * kJ * kz1 * d);
    out[m] = r * (1.0 - e2) / (1.0 - r * r * e2);
  }
  return out;
}

bool March::reflects(const Step& step) const {
  if (step.slab) return true;
  return step.kind == Step::Kind::kScreen &&
         std::any_of(step.objects.begin(), step.objects.end(), [&](int i) { return media_[size_t(i)].opaque; });
}

void March::reflect(const Step& step, const Field& incident, bool forward, Field& back) const {
  if (!step.slab) return reflect_conductors(step, incident, forward, back);
  Field w;
  const auto owned = cover(step).values();
  for (size_t p = 0; p < step.present.size(); ++p) {
    w = incident;
    backend_->apply(slab_reflection(media_[size_t(step.present[p])], step.dz_m), w);
    for (size_t j = 0; j < w.size(); ++j) back[j] += owned[p][j] * w[j];
  }
}

// From the screen's place to the face and back; what is evanescent cannot be traced back to a face that lies behind.
void March::reflect_conductors(const Step& step, const Field& incident, bool forward, Field& back) const {
  const double r = scene_.polarization == Polarization::kTe ? -1 : 1;
  const double place = step.masks_only ? step.z1_m : 0.5 * (step.z0_m + step.z1_m);
  const auto& kt = backend_->transverse_rad_per_m();
  const auto owned = cover(step).values();
  for (size_t p = 0; p < step.present.size(); ++p) {
    const int i = step.present[p];
    if (!media_[size_t(i)].opaque) continue;
    double face = forward ? step.z1_m : step.z0_m;
    for (const Extent& e : extents_[size_t(i)])
      if (e.z0 < step.z1_m && e.z1 > step.z0_m)
        face = forward ? std::min(face, std::max(e.z0, step.z0_m)) : std::max(face, std::min(e.z1, step.z1_m));
    const double ahead = forward ? face - place : place - face;
    Field g = jump(std::abs(ahead));
    if (ahead < 0)
      for (size_t m = 0; m < g.size(); ++m) g[m] = std::abs(kt[m]) < k_ ? std::conj(g[m]) : Complexc{};
    Field w = incident;
    backend_->apply(g, w);
    for (size_t j = 0; j < w.size(); ++j) w[j] *= r * owned[p][j];
    backend_->apply(g, w);
    for (size_t j = 0; j < w.size(); ++j) back[j] += w[j];
  }
}

Field March::slab(const Medium& medium, double d) const {
  const auto& ky = backend_->transverse_rad_per_m();
  Field g(ky.size());
  for (size_t m = 0; m < ky.size(); ++m)
    g[m] = slab_value(medium.eta, d, k_, ky[m], scene_.polarization == Polarization::kTm);
  return g;
}

SliceCover March::cover(const Step& step) const {
  return SliceCover({&scene_, &extents_, &ranks_, x_edges_, edges_}, step.present, step.z0_m, step.z1_m);
}

std::vector<double> March::open_share(const Step& step, const std::vector<std::vector<double>>& owned) const {
  std::vector<double> open(size_t(scene_.grid.num_points()), 1.0);
  for (size_t p = 0; p < step.present.size(); ++p)
    if (media_[size_t(step.present[p])].opaque)
      for (size_t j = 0; j < open.size(); ++j) open[j] -= owned[p][j];
  // what is left of one after several shares is a rounding
  for (double& v : open) v = v < 1e-15 ? 0 : v;
  return open;
}

std::vector<Branch> March::branches(const Step& step, bool derivatives) const {
  const auto& ky = backend_->transverse_rad_per_m();
  const double dz = step.dz_m;
  const bool mix = !step.objects.empty() && !step.slab;
  std::vector<Branch> out(1);
  Branch& air = out[0];
  if (mix) {
    cross(1, dz, derivatives, air);
  } else {
    air.g = jump(dz);
    if (derivatives) {
      air.d_k = jump_dk(dz);
      air.d_dz.resize(ky.size());
      for (size_t m = 0; m < ky.size(); ++m) air.d_dz[m] = -kJ * root_lower(k_ * k_ - ky[m] * ky[m]) * air.g[m];
    }
  }
  if (step.objects.empty()) return out;
  air.weight.assign(size_t(scene_.grid.num_points()), 1.0);
  auto owned = cover(step).values();
  for (size_t p = 0; p < step.present.size(); ++p) {
    const int i = step.present[p];
    const Medium& medium = media_[size_t(i)];
    if (medium.opaque) continue;  // air, until the mask behind the mix
    Branch b;
    b.object = i;
    b.weight = std::move(owned[p]);
    for (size_t j = 0; j < b.weight.size(); ++j) out[0].weight[j] -= b.weight[j];
    if (mix) {
      cross(medium.eta, dz, derivatives, b);
    } else {
      b.g = slab(medium, dz);
      if (derivatives) slab_slopes(medium.eta, dz, k_, ky, scene_.polarization == Polarization::kTm, b);
    }
    out.push_back(std::move(b));
  }
  return out;
}

double March::extinction(int j, double length) const { return window_[size_t(j)] * length; }

Field March::screen(const Step& step) const {
  const int n = scene_.grid.num_points();
  Field exponent(static_cast<size_t>(n));
  std::vector<double> open;
  if (step.absorber_m > 0)
    for (int j = 0; j < n; ++j) exponent[size_t(j)] = -extinction(j, step.absorber_m);
  if (!step.present.empty()) {
    const auto owned = cover(step).values();
    open = open_share(step, owned);
    for (size_t p = 0; p < step.present.size(); ++p) {
      const Medium& m = media_[size_t(step.present[p])];
      if (m.opaque) continue;
      Complexc rate = -scene_.objects[size_t(step.present[p])].absorption_np_per_m * step.dz_m;
      if (!step.masks_only) rate += -kJ * k_ * step.dz_m * (m.index - 1.0);
      for (size_t j = 0; j < size_t(n); ++j) exponent[j] += owned[p][j] * rate;
    }
  }
  if (open.empty()) open.assign(size_t(n), 1.0);
  if (step.cell_slice >= 0) {
    const Complexc* cell = &scene_.cells[0].index_minus_one[size_t(step.cell_slice) * size_t(n)];
    for (size_t j = 0; j < size_t(n); ++j) exponent[j] += -kJ * k_ * step.dz_m * cell[j];
  }
  for (size_t j = 0; j < size_t(n); ++j)
    exponent[j] = exponent[j] == 0.0 ? Complexc(open[j]) : open[j] * std::exp(exponent[j]);
  return exponent;
}

void March::apply(const Step& step, Field& u) const {
  if (step.kind == Step::Kind::kOutput) return;
  if (step.kind == Step::Kind::kScreen) {
    Field scratch;
    const Field& t = screen_of(step, scratch);
    multiply(u, t.data());
    return;
  }
  if (step.objects.empty()) return backend_->apply(cached_jump(step.dz_m), u);
  Field s(backend_->transverse_rad_per_m().size()), gs(s.size()), w(u.size()), sum(u.size());
  backend_->analyze(u.data(), s.data());
  const std::vector<Branch> all = branches(step, false);
  damp(all, s);
  for (const Branch& b : all) {
    if (b.owns_nothing()) continue;
    for (size_t m = 0; m < s.size(); ++m) gs[m] = b.g[m] * s[m];
    backend_->synthesize(gs.data(), w.data());
    for (size_t j = 0; j < u.size(); ++j) sum[j] += b.weight[j] * w[j];
  }
  u = sum;
}

bool March::reversible(const Step& step) const {
  if (step.kind == Step::Kind::kOutput) return true;
  if (step.kind == Step::Kind::kSpectral) return step.objects.empty() && all_propagate_;
  if (step.absorber_m > 0) return false;
  for (const int i : step.objects) {
    const Medium& m = media_[size_t(i)];
    if (m.opaque || m.index.imag() != 0 || scene_.objects[size_t(i)].absorption_np_per_m != 0) return false;
  }
  if (step.cell_slice < 0) return true;
  const size_t n = size_t(scene_.grid.num_points());
  const auto row = scene_.cells[0].index_minus_one.begin() + long(size_t(step.cell_slice) * n);
  return std::all_of(row, row + long(n), [](Complexc c) { return c.imag() == 0; });
}

void March::undo(const Step& step, Field& u) const {
  if (step.kind == Step::Kind::kSpectral) return backend_->apply_adjoint(cached_jump(step.dz_m), u);
  if (step.kind != Step::Kind::kScreen) return;
  Field scratch;
  const Field& t = screen_of(step, scratch);
  for (size_t j = 0; j < u.size(); ++j) u[j] *= std::conj(t[j]);
}

bool March::diagonal() const {
  return std::all_of(steps_.begin(), steps_.end(), [&](const Step& s) {
    if (s.kind == Step::Kind::kScreen) return keeps_screen(s);
    return s.kind == Step::Kind::kOutput || s.objects.empty();
  });
}

bool March::needs_field(const Step& step, bool with_wavenumber) {
  if (step.kind == Step::Kind::kOutput) return false;
  if (step.kind == Step::Kind::kScreen) return !step.objects.empty() || step.cell_slice >= 0;
  return !step.objects.empty() || with_wavenumber || step.wall_after >= 0 || step.wall_before >= 0;
}

}  // namespace raywave::wave
