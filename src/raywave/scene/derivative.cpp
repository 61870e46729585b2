// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/derivative.h"

#include <cmath>

#include "raywave/core/error.h"
#include "raywave/scene/parameter_table.h"

namespace raywave::scene {
namespace {

DeviceDerivative zeros(const Device& device, bool transmits) {
  DeviceDerivative d;
  d.element_positions_m.resize(size_t(device.array.num_elements()));
  if (transmits) d.precoding.resize(size_t(device.array.num_ports()));
  return d;
}

/// Calls f(number of a, number of b) for all places. @throws Error for two of scenes of other shapes.
template <class F>
void for_each_pair(const SceneDerivative& a, const SceneDerivative& b, const F& f) {
  const auto require_same = [](size_t m, size_t n) {
    if (m != n) throw Error(message("two derivatives are of scenes of other shapes: ", m, " against ", n, " entries"));
  };
  for (const ParameterRow& row : parameter_table()) {
    if (!row.has_numbers()) continue;
    require_same(count_of(row.owner, a), count_of(row.owner, b));
    for (size_t i = 0; i < count_of(row.owner, a); ++i) {
      const auto x = row.numbers(a, i), y = row.numbers(b, i);
      require_same(x.size(), y.size());
      for (size_t k = 0; k < x.size(); ++k) f(x[k], y[k]);
    }
  }
}
/// The numbers of what may be written.
double& writable(const double& x) { return const_cast<double&>(x); }

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
  for_each_pair(*this, other, [](const double& x, const double& y) { writable(x) += y; });
  return *this;
}

SceneDerivative& SceneDerivative::operator*=(double factor) {
  for_each_pair(*this, *this, [factor](const double& x, const double&) { writable(x) *= factor; });
  return *this;
}

void SceneDerivative::check_finite(const Scene& scene) const {
  require_shape(scene, *this);
  for_each_place(scene, [&](const ParameterPlace& place) {
    if (!place.row->has_numbers()) return;
    const auto numbers = place.row->numbers(*this, place.index);
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
