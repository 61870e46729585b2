// SPDX-License-Identifier: Apache-2.0
// Powers of a field and their derivatives: through a plane and into a receiver.
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/wave/field_points.h"
#include "raywave/wave/simulate.h"

namespace raywave::wave {
namespace {

const double kEta0 = std::sqrt(kVacuumPermeability / kVacuumPermittivity);

// Of the isotropic receiver, with its derivative to k.
std::pair<double, double> aperture(double k, bool volume) {
  return volume ? std::pair{kPi / (k * k), -2 * kPi / (k * k * k)} : std::pair{1 / k, -1 / (k * k)};
}

}  // namespace

double Result::power_w_per_m(int plane, int source) const {
  const Backend& backend = march_->backend();
  const auto& kt = backend.transverse_rad_per_m();
  const double k = scene_->wavenumber_rad_per_m();
  Field s(kt.size());
  backend.analyze(field.at(size_t(plane)).at(size_t(source)).data(), s.data());
  double sum = 0;
  for (size_t m = 0; m < kt.size(); ++m)
    if (std::abs(kt[m]) < k) sum += std::sqrt(k * k - kt[m] * kt[m]) * std::norm(s[m]);
  // the mirrored window holds the image's power as well, on twice the length
  const Grid& g = scene_->grid;
  const double n = double(kt.size());
  const double flux = sum * g.length_m() * (g.volume() ? g.length_x_m() : 1) / (n * n);
  return scene_->polarization == Polarization::kTe ? flux / (2 * k * kEta0) : flux * kEta0 / (2 * k);
}

double Result::received_power(const Vec3d& point, int source) const {
  if (scene_->polarization != Polarization::kTe)
    throw Error("received power needs the electric field: polarization te");
  const double k = scene_->wavenumber_rad_per_m();
  return std::norm(at(std::vector<Vec3d>{point}, source)[0]) / (2 * kEta0) * aperture(k, scene_->grid.volume()).first;
}

Planes Simulation::zero_planes() const {
  const Field zero(size_t(scene_->grid.num_points()));
  return Planes(output_z_m_.size(), std::vector<Field>(scene_->sources.size(), zero));
}

Gradient Simulation::vjp_with(const Planes& w, double wavenumber) const {
  Gradient out = vjp(w);
  const double k = scene_->wavenumber_rad_per_m();
  if (options_.wavelength_gradient) out.at("wavelength_m")[0] += -k * k / (2 * kPi) * wavenumber;
  return out;
}

Gradient Simulation::power_gradient(const Result& result, int plane, int source) const {
  const Backend& backend = march_->backend();
  const auto& kt = backend.transverse_rad_per_m();
  const double k = scene_->wavenumber_rad_per_m(), n = double(kt.size());
  const Grid& g = scene_->grid;
  const double scale = g.length_m() * (g.volume() ? g.length_x_m() : 1) / (n * n) *
                       (scene_->polarization == Polarization::kTe ? 0.5 / kEta0 : 0.5 * kEta0);
  Planes w = zero_planes();
  Field s(kt.size());
  backend.analyze(result.field.at(size_t(plane)).at(size_t(source)).data(), s.data());
  double wavenumber = 0;
  for (size_t m = 0; m < kt.size(); ++m) {
    if (std::abs(kt[m]) >= k) {
      s[m] = 0;
      continue;
    }
    const double kz = std::sqrt(k * k - kt[m] * kt[m]);
    wavenumber += scale * (1 / kz - kz / (k * k)) * std::norm(s[m]);  // d(kz/k)/dk
    s[m] *= 2 * scale * kz / k;
  }
  backend.analyze_adjoint(s.data(), w[size_t(plane)][size_t(source)].data());
  return vjp_with(w, wavenumber);
}

double Simulation::points_cotangent(const Result& result, const std::vector<Vec3d>& points,
                                    const std::vector<Complexc>& cotangent, int source, Planes& w) const {
  const Backend& backend = march_->backend();
  const double n = double(backend.ky_rad_per_m().size());
  double wavenumber = 0;
  for (const auto& [plane, part] : result.points_by_plane(points)) {
    const FieldPoints sampler(backend, scene_->wavenumber_rad_per_m(), part.from_plane);
    Field s(backend.ky_rad_per_m().size());
    backend.analyze(result.field[plane][size_t(source)].data(), s.data());
    std::vector<Complexc> given;
    for (const size_t i : part.index) given.push_back(cotangent[i] / n);
    const std::vector<Complexc> slope = sampler.values_dk(s);
    for (size_t i = 0; i < given.size(); ++i) wavenumber += (std::conj(given[i]) * slope[i]).real();
    backend.analyze_adjoint(sampler.spectrum(given).data(), w[plane][size_t(source)].data());
  }
  return wavenumber;
}

Gradient Simulation::points_gradient(const Result& result, const std::vector<Vec3d>& points,
                                     const std::vector<Complexc>& cotangent, int source) const {
  if (cotangent.size() != points.size())
    throw Error(message("the cotangent has ", cotangent.size(), " values for ", points.size(), " points"));
  if (source < 0 || size_t(source) >= scene_->sources.size())
    throw Error(message("source must be in [0, ", scene_->sources.size(), "), got ", source));
  Planes w = zero_planes();
  const double wavenumber = points_cotangent(result, points, cotangent, source, w);
  return vjp_with(w, wavenumber);
}

Gradient Simulation::received_power_gradient(const Result& result, const Vec3d& p, int source) const {
  const auto [area, area_dk] = aperture(scene_->wavenumber_rad_per_m(), scene_->grid.volume());
  result.received_power(p, source);  // refuses what it must
  const std::vector<Vec3d> point{p};
  const Complexc u = result.at(point, source)[0];
  Planes w = zero_planes();
  const double wavenumber = points_cotangent(result, point, {area / kEta0 * u}, source, w);
  return vjp_with(w, wavenumber + std::norm(u) / (2 * kEta0) * area_dk);
}

}  // namespace raywave::wave
