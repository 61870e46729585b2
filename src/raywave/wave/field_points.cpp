// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/field_points.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "raywave/wave/nufft.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};
constexpr double kDecayed = 40;     // exp(-40) is nothing
constexpr size_t kPlaneGroup = 16;  // points of one plane that are worth a transform of their own
constexpr double kDirectTerm = 30;  // nanoseconds, of one exponential; measured, the choice is not delicate
constexpr double kSpreadTerm = 2;   // of one place of the kernel
constexpr double kGridTerm = 2;     // of one point and level of the fine grid's transform

}  // namespace

FieldPoints::FieldPoints(const Backend& backend, double k, std::vector<Vec3d> from_plane, Method method)
    : k_(k), kx_(backend.kx_rad_per_m()), ky_(backend.ky_rad_per_m()), points_(std::move(from_plane)) {
  const auto& kt = backend.transverse_rad_per_m();
  for (size_t m = 0; m < kt.size(); ++m) {
    const Complexc kz = std::sqrt(Complexc(k * k - kt[m] * kt[m]));
    kz_.push_back(kz.imag() > 0 ? -kz : kz);
    (kz_[m].imag() < 0 ? evanescent_ : propagating_).push_back(m);
  }
  std::sort(evanescent_.begin(), evanescent_.end(), [&](size_t a, size_t b) { return kz_[a].imag() > kz_[b].imag(); });
  sort_into_groups(method);
}

void FieldPoints::sort_into_groups(Method method) {
  std::map<double, Group> planes;
  for (size_t p = 0; p < points_.size(); ++p) planes[points_[p].z].points.push_back(p);
  Group others;
  for (auto& [z, plane] : planes) {
    if (method == Method::kDirect || (method == Method::kAuto && plane.points.size() < kPlaneGroup)) {
      others.points.insert(others.points.end(), plane.points.begin(), plane.points.end());
      continue;
    }
    plane.one_plane = true;
    plane.direct = method == Method::kAuto && !transform_is_quicker(plane);
    groups_.push_back(std::move(plane));
  }
  if (others.points.empty()) return;
  others.direct = method == Method::kDirect || !kx_.empty() || !transform_is_quicker(others);
  groups_.push_back(std::move(others));
}

bool FieldPoints::transform_is_quicker(const Group& g) const {
  const double width = nufft_kernel_width(kTolerance), bins = double(ky_.size()), points = double(g.points.size());
  const auto [y0, y1] = std::minmax_element(ky_.begin(), ky_.end());
  const auto range = [](const std::vector<double>& v) {
    const auto [lo, hi] = std::minmax_element(v.begin(), v.end());
    return *hi - *lo;
  };
  double grid = (*y1 - *y0) * range(transverse(g, false)) * 2 / 3.14 + 4 * width, spread = width;
  if (!kx_.empty() || !g.one_plane) {
    double other = 0;  // of the second axis: x, or dz
    if (!kx_.empty()) {
      other = range(kx_) * range(transverse(g, true));
    } else {
      std::vector<double> dz;
      for (const size_t p : g.points) dz.push_back(points_[p].z);
      other = k_ * range(dz);
    }
    grid *= other * 2 / 3.14 + 4 * width, spread *= width;
  }
  if (grid > kType3Points / 2) return false;
  return kSpreadTerm * spread * (bins + points) + kGridTerm * grid * std::log2(grid) < kDirectTerm * bins * points;
}

std::vector<double> FieldPoints::transverse(const Group& g, bool along_x) const {
  std::vector<double> out;
  for (const size_t p : g.points) out.push_back(along_x ? points_[p].x : points_[p].y);
  return out;
}

void FieldPoints::add_direct(const Group& g, bool evanescent_alone, const Field& s, std::vector<Complexc>& out) const {
  for (const size_t p : g.points) {
    const Vec3d& at = points_[p];
    const auto term = [&](size_t m) {
      return s[m] * std::exp(kJ * (ky_[m] * at.y + (kx_.empty() ? 0 : kx_[m] * at.x)) - kJ * kz_[m] * at.z);
    };
    Complexc sum;
    for (size_t i = 0; i < propagating_.size() && !evanescent_alone; ++i) sum += term(propagating_[i]);
    for (const size_t m : evanescent_) {
      if (-kz_[m].imag() * at.z > kDecayed) break;
      sum += term(m);
    }
    out[p] += sum;
  }
}

void FieldPoints::add_direct_adjoint(const Group& g, bool evanescent_alone, const std::vector<Complexc>& v,
                                     Field& out) const {
  for (const size_t p : g.points) {
    const Vec3d& at = points_[p];
    const auto term = [&](size_t m) {
      const Complexc wave = std::exp(kJ * (ky_[m] * at.y + (kx_.empty() ? 0 : kx_[m] * at.x)) - kJ * kz_[m] * at.z);
      return std::conj(wave) * v[p];
    };
    for (size_t i = 0; i < propagating_.size() && !evanescent_alone; ++i) out[propagating_[i]] += term(propagating_[i]);
    for (const size_t m : evanescent_) {
      if (-kz_[m].imag() * at.z > kDecayed) break;
      out[m] += term(m);
    }
  }
}

void FieldPoints::add_transform(const Group& g, const Field& s, std::vector<Complexc>& out) const {
  const std::vector<double> y = transverse(g, false);
  std::vector<Complexc> got;
  if (g.one_plane) {
    Field there(s);
    for (size_t m = 0; m < s.size(); ++m) there[m] *= std::exp(-kJ * kz_[m] * points_[g.points[0]].z);
    got = kx_.empty() ? nufft_type3(ky_, there, y, 1, kTolerance)
                      : nufft_type3(Pairs{kx_, ky_}, there, Pairs{transverse(g, true), y}, 1, kTolerance);
  } else {
    Pairs from, to{y, {}};
    Field part;
    for (const size_t m : propagating_) from.a.push_back(ky_[m]), from.b.push_back(kz_[m].real()), part.push_back(s[m]);
    for (const size_t p : g.points) to.b.push_back(-points_[p].z);
    got = nufft_type3(from, part, to, 1, kTolerance);
    add_direct(g, true, s, out);
  }
  for (size_t i = 0; i < g.points.size(); ++i) out[g.points[i]] += got[i];
}

void FieldPoints::add_transform_adjoint(const Group& g, const std::vector<Complexc>& v, Field& out) const {
  const std::vector<double> y = transverse(g, false);
  std::vector<Complexc> given;
  for (const size_t p : g.points) given.push_back(v[p]);
  if (g.one_plane) {
    const Field got = kx_.empty() ? nufft_type3(y, given, ky_, -1, kTolerance)
                                  : nufft_type3(Pairs{transverse(g, true), y}, given, Pairs{kx_, ky_}, -1, kTolerance);
    for (size_t m = 0; m < got.size(); ++m)
      out[m] += std::conj(std::exp(-kJ * kz_[m] * points_[g.points[0]].z)) * got[m];
    return;
  }
  Pairs from{y, {}}, to;
  for (const size_t p : g.points) from.b.push_back(-points_[p].z);
  for (const size_t m : propagating_) to.a.push_back(ky_[m]), to.b.push_back(kz_[m].real());
  const Field got = nufft_type3(from, given, to, -1, kTolerance);
  for (size_t i = 0; i < got.size(); ++i) out[propagating_[i]] += got[i];
  add_direct_adjoint(g, true, v, out);
}

std::vector<Complexc> FieldPoints::values(const Field& spectrum) const {
  std::vector<Complexc> out(points_.size());
  for (const Group& g : groups_) g.direct ? add_direct(g, false, spectrum, out) : add_transform(g, spectrum, out);
  return out;
}

std::vector<Complexc> FieldPoints::values_dk(const Field& spectrum) const {
  const double floor = k_ * std::sqrt(2.0 / double(ky_.size()));
  Field slope(spectrum);
  for (size_t m = 0; m < slope.size(); ++m)
    slope[m] *= -kJ * k_ / (std::abs(kz_[m]) >= 1e-4 * floor ? kz_[m] : Complexc(floor));
  std::vector<Complexc> out = values(slope);
  for (size_t p = 0; p < out.size(); ++p) out[p] *= points_[p].z;
  return out;
}

Field FieldPoints::spectrum(const std::vector<Complexc>& v) const {
  Field out(ky_.size());
  for (const Group& g : groups_) g.direct ? add_direct_adjoint(g, false, v, out) : add_transform_adjoint(g, v, out);
  return out;
}

}  // namespace raywave::wave
