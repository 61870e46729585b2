// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/port_fields.h"

#include <cmath>

#include "raywave/ad/jet.h"
#include "raywave/core/constants.h"
#include "raywave/em/dipole.h"

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
  double gain = 0;  // of sin(theta)
  if (pattern.kind == em::PatternKind::kShortDipole) gain = std::sqrt(1.5);
  if (pattern.kind == em::PatternKind::kHalfWaveDipole) gain = std::sqrt(em::kHalfWaveDipoleDirectivity) * 0.25 * kPi;
  if (gain == 0) return {};
  const double cz = std::cos(slant_rad), sz = std::sin(slant_rad);
  // sin(theta) theta_hat = k_z k - z, sin(theta) phi_hat = z x k
  return T(gain) * Vec3<T>{T(cz) * k.z * k.x - T(sz) * k.y, T(cz) * k.z * k.y + T(sz) * k.x, T(0)};
}

/// An element's field towards a direction of its own frame, as a vector there: patterns are real.
template <class T>
Vec3<T> local_field(const em::AntennaPattern& pattern, double slant_rad, const Vec3<T>& local) {
  const bool on_axis = !(local.x * local.x + local.y * local.y > T(kOnAxis2));
  const Angles<T> angles = pattern_angles(local, on_axis);
  const JonesBasis<T> basis = jones_basis(angles);
  const em::BasicJonesVector<T> f = em::pattern_field(pattern, angles.theta, angles.phi, slant_rad);
  Vec3<T> e = f.theta.re * basis.theta_hat + f.phi.re * basis.phi_hat;
  if (on_axis) {
    const Vec3<T> near = field_near_axis(pattern, slant_rad, local);
    e += near - Vec3<T>(values_of(near));
  }
  return e;
}
/// On a tape by its slopes alone.
Vec3<ad::Var> local_field(const em::AntennaPattern& pattern, double slant_rad, const Vec3<ad::Var>& local) {
  using Jet = ad::Jet<3>;
  const Vec3<Jet> e = local_field(pattern, slant_rad, Vec3<Jet>{{local.x.v, 0}, {local.y.v, 1}, {local.z.v, 2}});
  const std::array<const ad::Var*, 3> by{&local.x, &local.y, &local.z};
  return {chained(e.x, by), chained(e.y, by), chained(e.z, by)};
}

}  // namespace

template <class T>
std::vector<Vec3<T>> slant_fields(const EndPoint<T>& end, const Vec3<T>& direction) {
  const em::AntennaArray& array = end.device->array;
  std::vector<Vec3<T>> fields;
  const Vec3<T> local = transposed(end.rotation) * direction;
  for (const double slant : array.slants_rad) {
    if (array.pattern.model == em::PolarizationModel::kTr38901Model1 && slant != 0) {
      // turns the element: an upright one in a frame of its own, which also knows its axis
      const Mat3<T> turned = end.rotation * rotation_from_euler(Vec3<T>{T(0), T(0), T(slant)});
      fields.push_back(turned * local_field(array.pattern, 0, transposed(turned) * direction));
    } else {
      fields.push_back(end.rotation * local_field(array.pattern, slant, local));
    }
  }
  return fields;
}

template <class T>
std::vector<Complex<T>> element_phases(const EndPoint<T>& end, const T& wavelength_m, const Vec3<T>& direction) {
  const Vec3<T> local = transposed(end.rotation) * direction;
  const T wavenumber = T(2 * kPi) / wavelength_m;
  std::vector<Complex<T>> phases;
  for (const Vec3<T>& offset : end.offsets_m) phases.push_back(expj(wavenumber * dot(local, offset)));
  return phases;
}

template <class T>
std::vector<em::BasicJonesVector<T>> port_fields(const EndPoint<T>& end, const T& wavelength_m,
                                                 const Vec3<T>& direction) {
  const JonesBasis<T> world = transfer_basis(direction);
  std::vector<Complex<T>> phases;
  if (end.element < 0) phases = element_phases(end, wavelength_m, direction);
  std::vector<em::BasicJonesVector<T>> ports;
  for (const Vec3<T>& e : slant_fields(end, direction)) {
    const em::BasicJonesVector<T> w{{dot(e, world.theta_hat), T(0)}, {dot(e, world.phi_hat), T(0)}};
    if (end.element >= 0) {
      ports.push_back(w);
      continue;
    }
    for (const Complex<T>& phase : phases) ports.push_back({phase * w.theta, phase * w.phi});
  }
  return ports;
}

EndPoint<double> end_point(const scene::Device& device, double wavelength_m, int element) {
  EndPoint<double> end{&device,
                       element,
                       device.position_m,
                       rotation_from_euler(device.orientation_rad),
                       device.velocity_m_per_s,
                       device.array.offsets_m(wavelength_m)};
  if (element >= 0) end.position_m += end.rotation * end.offsets_m[size_t(element)];
  return end;
}

template std::vector<Vec3<double>> slant_fields(const EndPoint<double>&, const Vec3<double>&);
template std::vector<Complex<double>> element_phases(const EndPoint<double>&, const double&, const Vec3<double>&);
template std::vector<em::BasicJonesVector<double>> port_fields(const EndPoint<double>&, const double&,
                                                               const Vec3<double>&);
template std::vector<Vec3<ad::Dual>> slant_fields(const EndPoint<ad::Dual>&, const Vec3<ad::Dual>&);
template std::vector<Complex<ad::Dual>> element_phases(const EndPoint<ad::Dual>&, const ad::Dual&,
                                                       const Vec3<ad::Dual>&);
template std::vector<em::BasicJonesVector<ad::Dual>> port_fields(const EndPoint<ad::Dual>&, const ad::Dual&,
                                                                 const Vec3<ad::Dual>&);
template std::vector<Vec3<ad::Var>> slant_fields(const EndPoint<ad::Var>&, const Vec3<ad::Var>&);
template std::vector<Complex<ad::Var>> element_phases(const EndPoint<ad::Var>&, const ad::Var&, const Vec3<ad::Var>&);
template std::vector<em::BasicJonesVector<ad::Var>> port_fields(const EndPoint<ad::Var>&, const ad::Var&,
                                                                const Vec3<ad::Var>&);

}  // namespace raywave::paths
