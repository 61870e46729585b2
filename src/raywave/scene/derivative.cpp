// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/derivative.h"

#include <cmath>

#include "raywave/core/error.h"
#include "raywave/scene/parameter_places.h"

namespace raywave::scene {
namespace {

DeviceDerivative zeros(const Device& device, bool transmits) {
  DeviceDerivative d;
  d.element_positions_m.resize(size_t(device.array.num_elements()));
  if (transmits) d.precoding.resize(size_t(device.array.num_ports()));
  return d;
}

void require_same(size_t a, size_t b) {
  if (a != b) throw Error(message("two derivatives are of scenes of other shapes: ", a, " against ", b, " entries"));
}

template <class A, class B, class F>
void zip(A& a, B& b, const F& f) {
  require_same(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) f(a[i], b[i]);
}

/// Calls f(number of a, number of b) for all places.
template <class A, class B, class F>
void for_each_pair(A& a, B& b, const F& f) {
  const auto vec = [&](auto& x, auto& y) { f(x.x, y.x), f(x.y, y.y), f(x.z, y.z); };
  const auto device = [&](auto& x, auto& y) {
    vec(x.position_m, y.position_m);
    vec(x.orientation_rad, y.orientation_rad);
    vec(x.velocity_m_per_s, y.velocity_m_per_s);
    f(x.power_dbm, y.power_dbm);
    zip(x.element_positions_m, y.element_positions_m, vec);
    zip(x.precoding, y.precoding, [&](auto& v, auto& w) { f(v.re, w.re), f(v.im, w.im); });
  };
  f(a.frequency_hz, b.frequency_hz);
  zip(a.transmitters, b.transmitters, device);
  zip(a.receivers, b.receivers, device);
  zip(a.materials, b.materials, [&](auto& x, auto& y) {
    f(x.relative_permittivity, y.relative_permittivity);
    f(x.conductivity_s_per_m, y.conductivity_s_per_m);
    f(x.thickness_m, y.thickness_m);
    f(x.scattering_coefficient, y.scattering_coefficient);
    f(x.xpd_coefficient, y.xpd_coefficient);
  });
  zip(a.objects, b.objects, [&](auto& x, auto& y) {
    zip(x.vertices_m, y.vertices_m, vec);
    vec(x.velocity_m_per_s, y.velocity_m_per_s);
  });
}

}  // namespace

SceneDerivative::SceneDerivative(const Scene& scene) : materials(scene.materials.size()) {
  for (const Device& d : scene.transmitters) transmitters.push_back(zeros(d, true));
  for (const Device& d : scene.receivers) receivers.push_back(zeros(d, false));
  for (const Object& o : scene.objects) {
    objects.emplace_back();
    objects.back().vertices_m.resize(o.mesh.vertices_m.size());
  }
}

SceneDerivative& SceneDerivative::operator+=(const SceneDerivative& other) {
  for_each_pair(*this, other, [](double& x, const double& y) { x += y; });
  return *this;
}

SceneDerivative& SceneDerivative::operator*=(double factor) {
  for_each_pair(*this, *this, [factor](double& x, const double&) { x *= factor; });
  return *this;
}

void SceneDerivative::check_finite(const Scene& scene) const {
  require_shape(scene, *this);
  for_each_place(scene, [&](const Place& place) {
    if (is_transform(place.quantity)) return;
    const auto numbers = numbers_at(*this, place);
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (!std::isfinite(numbers[i]))
        throw Error(message("the derivative with respect to ", name_of(scene, place), "[", i,
                            "] must be a finite number, got ", numbers[i]));
    }
  });
}

double dot(const SceneDerivative& a, const SceneDerivative& b) {
  double sum = 0;
  for_each_pair(a, b, [&sum](const double& x, const double& y) { sum += x * y; });
  return sum;
}

}  // namespace raywave::scene
