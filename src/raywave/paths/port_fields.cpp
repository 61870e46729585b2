// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/port_fields.h"

#include <cmath>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/paths/evaluate.h"

namespace raywave::paths {
namespace {

using ad::value_of;

template <class T>
Vec3d values_of(const Vec3<T>& v) {
  return {value_of(v.x), value_of(v.y), value_of(v.z)};
}

/// Below this sine of the angle to the axis angles are constants: derivatives through them lose eps / sin, the fields
/// on the axis err by sin.
constexpr double kOnAxis2 = 1e-16;

template <class T>
Angles<T> pattern_angles(const Vec3<T>& local, bool on_axis) {
  if (!on_axis) return angles_of(local);
  const Angles<double> a = angles_of(values_of(local));
  return {T(a.theta), T(a.phi)};
}

/// Near the z axis of the antenna: its field as a vector that is smooth in k. Zero where the field has no slope.
template <class T>
Vec3<T> field_near_axis(const em::AntennaPattern& pattern, double slant_rad, const Vec3<T>& k) {
  const double cz = std::cos(slant_rad), sz = std::sin(slant_rad);
  const bool model_1 = pattern.model == em::PolarizationModel::kTr38901Model1;
  if (pattern.kind == em::PatternKind::kShortDipole || pattern.kind == em::PatternKind::kHalfWaveDipole) {
    // model 1 turns a slanted element's direction but keeps |sin(theta)|: a cone
    if (model_1 && std::abs(sz) > 1e-12) return {};
    const T gain(pattern.kind == em::PatternKind::kShortDipole ? std::sqrt(1.5) : std::sqrt(1.643) * 0.25 * kPi);
    // sin(theta) theta_hat = k_z k - z, sin(theta) phi_hat = z x k
    return gain * Vec3<T>{T(cz) * k.z * k.x - T(sz) * k.y, T(cz) * k.z * k.y + T(sz) * k.x, T(0)};
  }
  if (pattern.kind != em::PatternKind::kIsotropic || !model_1) return {};
  // the part across k of the turned element's own axis
  const Vec3<T> axis{T(0), T(sz), T(-cz)};
  const Vec3<T> across = axis - dot(axis, k) * k;
  return norm2(across) < T(1e-4) ? Vec3<T>{} : normalized(across);
}

}  // namespace

template <class T>
std::vector<em::BasicJonesVector<T>> port_fields(const scene::Device& device, const Vec3<T>& orientation_rad,
                                                 const std::vector<Vec3<T>>& element_offsets_m, const T& wavelength_m,
                                                 const Vec3<T>& direction, int element) {
  const em::AntennaArray& array = device.array;
  const Mat3<T> rotation = rotation_from_euler(orientation_rad);
  const Vec3<T> local = transposed(rotation) * direction;
  const bool on_axis = !(local.x * local.x + local.y * local.y > T(kOnAxis2));
  const Angles<T> local_angles = pattern_angles(local, on_axis);
  const JonesBasis<T> local_basis = jones_basis(local_angles), world_basis = transfer_basis(direction);
  const Vec3<T> theta_hat = rotation * local_basis.theta_hat, phi_hat = rotation * local_basis.phi_hat;
  std::vector<Complex<T>> phases;
  if (element < 0) {
    const T wavenumber = T(2 * kPi) / wavelength_m;
    for (const Vec3<T>& offset : element_offsets_m) phases.push_back(expj(wavenumber * dot(local, offset)));
  }
  std::vector<em::BasicJonesVector<T>> ports;
  for (const double slant : array.slants_rad) {
    const em::BasicJonesVector<T> f = em::pattern_field(array.pattern, local_angles.theta, local_angles.phi, slant);
    em::BasicJonesVector<T> w{
        dot(theta_hat, world_basis.theta_hat) * f.theta + dot(phi_hat, world_basis.theta_hat) * f.phi,
        dot(theta_hat, world_basis.phi_hat) * f.theta + dot(phi_hat, world_basis.phi_hat) * f.phi};
    if (on_axis) {
      const Vec3<T> field = field_near_axis(array.pattern, slant, local);
      const Vec3<T> slope = rotation * (field - Vec3<T>(values_of(field)));
      w.theta.re += dot(slope, world_basis.theta_hat);
      w.phi.re += dot(slope, world_basis.phi_hat);
    }
    if (element >= 0) {
      ports.push_back(w);
      continue;
    }
    for (const Complex<T>& phase : phases) ports.push_back({phase * w.theta, phase * w.phi});
  }
  return ports;
}

std::vector<em::JonesVector> port_fields(const scene::Device& device, double wavelength_m, const Vec3d& direction,
                                         int element) {
  return port_fields(device, device.orientation_rad, device.array.offsets_m(wavelength_m), wavelength_m, direction,
                     element);
}

#define RAYWAVE_INSTANTIATE(T)                               \
  template std::vector<em::BasicJonesVector<T>> port_fields( \
      const scene::Device&, const Vec3<T>&, const std::vector<Vec3<T>>&, const T&, const Vec3<T>&, int);
RAYWAVE_INSTANTIATE(double)
RAYWAVE_INSTANTIATE(ad::Dual)
RAYWAVE_INSTANTIATE(ad::Var)
#undef RAYWAVE_INSTANTIATE

}  // namespace raywave::paths
