// SPDX-License-Identifier: Apache-2.0
// Powers of a field and their derivatives: through a plane and into a receiver.
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/wave/simulate.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};
const double kEta0 = std::sqrt(kVacuumPermeability / kVacuumPermittivity);

Complexc kz_of(double k, double kt) {
  const Complexc kz = std::sqrt(Complexc(k * k - kt * kt));
  return kz.imag() > 0 ? -kz : kz;
}

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

Gradient Simulation::vjp_at(int plane, int source, const Field& cotangent, double wavenumber) const {
  Planes w(output_z_m_.size(), std::vector<Field>(scene_->sources.size(), Field(cotangent.size())));
  w[size_t(plane)][size_t(source)] = cotangent;
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
  Field s(kt.size()), u_bar(size_t(g.num_points()));
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
  backend.analyze_adjoint(s.data(), u_bar.data());
  return vjp_at(plane, source, u_bar, wavenumber);
}

Gradient Simulation::received_power_gradient(const Result& result, const Vec3d& p, int source) const {
  const Backend& backend = march_->backend();
  const auto &kx = backend.kx_rad_per_m(), &ky = backend.ky_rad_per_m(), &kt = backend.transverse_rad_per_m();
  const double k = scene_->wavenumber_rad_per_m(), n = double(kt.size());
  const auto [area, area_dk] = aperture(k, scene_->grid.volume());
  result.received_power(p, source);  // refuses what it must
  const size_t plane = result.plane_before(p.z);
  const double dz = p.z - result.z_m[plane];
  Field s(kt.size()), wave(kt.size()), u_bar(size_t(scene_->grid.num_points()));
  backend.analyze(result.field[plane][size_t(source)].data(), s.data());
  Complexc u, u_dk;
  for (size_t m = 0; m < kt.size(); ++m) {
    const Complexc kz = kz_of(k, kt[m]);
    const double across = ky[m] * (p.y - result.y_m[0]) + (kx.empty() ? 0 : kx[m] * (p.x - result.x_m[0]));
    wave[m] = std::exp(kJ * across - kJ * kz * dz) / n;
    u += s[m] * wave[m];
    if (dz != 0 && kz != 0.0) u_dk += s[m] * wave[m] * (-kJ * dz * k / kz);
  }
  const Complexc u_cotangent = area / kEta0 * u;
  for (size_t m = 0; m < kt.size(); ++m) s[m] = u_cotangent * std::conj(wave[m]);
  backend.analyze_adjoint(s.data(), u_bar.data());
  const double wavenumber = (std::conj(u_cotangent) * u_dk).real() + std::norm(u) / (2 * kEta0) * area_dk;
  return vjp_at(int(plane), source, u_bar, wavenumber);
}

}  // namespace raywave::wave
