// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/parameters.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/error.h"
#include "raywave/scene/parameter_places.h"

namespace raywave::scene {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Place require_place(const Scene& scene, std::string_view name) {
  if (const auto place = find_place(scene, name)) return *place;
  std::vector<std::string> names;
  for_each_place(scene, [&](const Place& place) { names.push_back(name_of(scene, place)); });
  throw Error(message("the scene has no parameter '", name, "'", did_you_mean(name, names)));
}

struct Traits {
  const char* unit;
  double lower, upper;
  bool zero_is_refused = false;
};
Traits traits_of(Quantity q) {
  switch (q) {
    case Quantity::kFrequency:
      return {"Hz", 0, kInfinity, true};
    case Quantity::kPosition:
    case Quantity::kElements:
    case Quantity::kTranslation:
    case Quantity::kVertices:
      return {"m", -kInfinity, kInfinity};
    case Quantity::kOrientation:
    case Quantity::kRotation:
      return {"rad", -kInfinity, kInfinity};
    case Quantity::kDeviceVelocity:
    case Quantity::kObjectVelocity:
      return {"m/s", -kInfinity, kInfinity};
    case Quantity::kPower:
      return {"dBm", -kInfinity, kInfinity};
    case Quantity::kPrecoding:
      return {"", -kInfinity, kInfinity};
    case Quantity::kPermittivity:
      return {"", 1, kInfinity};
    case Quantity::kConductivity:
      return {"S/m", 0, kInfinity};
    case Quantity::kThickness:
      return {"m", 0, kInfinity, true};
    case Quantity::kScattering:
    case Quantity::kXpd:
      return {"", 0, 1};
    case Quantity::kScale:
      return {"", 0, kInfinity, true};
  }
  throw InternalError("unknown Quantity");
}

std::vector<std::string> solvers_of(const Place& place) {
  const std::vector<std::string> all{kPathsSolver, kExactMapSolver, kMonteCarloMapSolver};
  switch (place.quantity) {
    case Quantity::kPosition:
    case Quantity::kOrientation:
    case Quantity::kElements:
      // the receivers of a map are its cells
      return place.transmits ? all : std::vector<std::string>{kPathsSolver};
    case Quantity::kDeviceVelocity:
    case Quantity::kObjectVelocity:
      return {kPathsSolver};
    case Quantity::kPower:
    case Quantity::kPrecoding:
      return {kExactMapSolver, kMonteCarloMapSolver};
    case Quantity::kXpd:
      return {};
    default:
      return all;
  }
}

std::vector<int64_t> shape_of(const Scene& scene, const Place& place) {
  const auto device = [&]() -> const em::AntennaArray& {
    return (place.transmits ? scene.transmitters : scene.receivers)[place.index].array;
  };
  switch (place.quantity) {
    case Quantity::kPosition:
    case Quantity::kOrientation:
    case Quantity::kDeviceVelocity:
    case Quantity::kTranslation:
    case Quantity::kRotation:
    case Quantity::kObjectVelocity:
      return {3};
    case Quantity::kElements:
      return {device().num_elements(), 3};
    case Quantity::kPrecoding:
      return {device().num_ports(), 2};
    case Quantity::kVertices:
      return {int64_t(scene.objects[place.index].mesh.vertices_m.size()), 3};
    default:
      return {};
  }
}

size_t count_of(const Scene& scene, const Place& place) {
  size_t count = 1;
  for (const int64_t n : shape_of(scene, place)) count *= size_t(n);
  return count;
}

std::vector<double> flat(const Vec3d& v) { return {v.x, v.y, v.z}; }
std::vector<double> flat(const std::vector<Vec3d>& points) {
  std::vector<double> out;
  out.reserve(3 * points.size());
  for (const Vec3d& p : points) out.insert(out.end(), {p.x, p.y, p.z});
  return out;
}
Vec3d vec_of(const std::vector<double>& v, size_t i = 0) { return {v[3 * i], v[3 * i + 1], v[3 * i + 2]}; }
std::vector<Vec3d> points_of(const std::vector<double>& v) {
  std::vector<Vec3d> out(v.size() / 3);
  for (size_t i = 0; i < out.size(); ++i) out[i] = vec_of(v, i);
  return out;
}

double permittivity(const em::Material& m, double frequency_hz) {
  if (m.itu_name.empty()) return m.relative_permittivity;
  return em::relative_permittivity_of(em::itu_row_at(m.itu_name, frequency_hz), frequency_hz);
}
double conductivity(const em::Material& m, double frequency_hz) {
  if (m.itu_name.empty()) return m.conductivity_s_per_m;
  return em::conductivity_of(em::itu_row_at(m.itu_name, frequency_hz), frequency_hz);
}

std::vector<double> uniform_weights(int num_ports) {
  std::vector<double> out(2 * size_t(num_ports), 0.0);
  for (size_t i = 0; i < out.size(); i += 2) out[i] = 1 / std::sqrt(double(num_ports));
  return out;
}

std::vector<double> value_at(const Scene& scene, const Place& place) {
  const auto device = [&]() -> const Device& {
    return (place.transmits ? scene.transmitters : scene.receivers)[place.index];
  };
  const auto material = [&]() -> const em::Material& { return scene.materials[place.index]; };
  const auto object = [&]() -> const Object& { return scene.objects[place.index]; };
  switch (place.quantity) {
    case Quantity::kFrequency:
      return {scene.frequency_hz};
    case Quantity::kPosition:
      return flat(device().position_m);
    case Quantity::kOrientation:
      return flat(device().orientation_rad);
    case Quantity::kDeviceVelocity:
      return flat(device().velocity_m_per_s);
    case Quantity::kElements:
      return flat(device().array.offsets_m(scene.wavelength_m()));
    case Quantity::kPower:
      return {device().power_dbm};
    case Quantity::kPrecoding:
      return uniform_weights(device().array.num_ports());
    case Quantity::kPermittivity:
      return {permittivity(material(), scene.frequency_hz)};
    case Quantity::kConductivity:
      return {conductivity(material(), scene.frequency_hz)};
    case Quantity::kThickness:
      return {material().thickness_m};
    case Quantity::kScattering:
      return {material().scattering_coefficient};
    case Quantity::kXpd:
      return {material().xpd_coefficient};
    case Quantity::kTranslation:
    case Quantity::kRotation:
      return {0, 0, 0};
    case Quantity::kScale:
      return {1};
    case Quantity::kVertices:
      return flat(object().mesh.vertices_m);
    case Quantity::kObjectVelocity:
      return flat(object().velocity_m_per_s);
  }
  throw InternalError("unknown Quantity");
}

Parameter parameter_at(const Scene& scene, const Place& place) {
  const Traits t = traits_of(place.quantity);
  return {name_of(scene, place), shape_of(scene, place), t.unit, value_at(scene, place), t.lower, t.upper,
          solvers_of(place)};
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

void require_values(const Scene& scene, const Place& place, std::string_view name, const std::vector<double>& values) {
  const size_t wanted = count_of(scene, place);
  if (values.size() != wanted)
    throw Error(message(name, " has the shape ", shape_text(shape_of(scene, place)), ", ", wanted,
                        wanted == 1 ? " number" : " numbers", ", got ", values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    require_finite(wanted == 1 ? std::string(name) : message(name, "[", i, "]"), values[i]);
}

void require_bounds(const Place& place, std::string_view name, const std::vector<double>& values) {
  const Traits t = traits_of(place.quantity);
  for (const double v : values) {
    if (t.zero_is_refused) require_positive(name, v);
    if (v >= t.lower && v <= t.upper) continue;
    if (t.upper == kInfinity) throw Error(message(name, " must be >= ", t.lower, ", got ", v));
    require_in_range(name, v, t.lower, t.upper);
  }
}

Vec3d centre_of(const Mesh& mesh) {
  if (mesh.vertices_m.empty()) return {};
  Vec3d lo = mesh.vertices_m[0], hi = lo;
  for (const Vec3d& v : mesh.vertices_m) {
    lo = {std::min(lo.x, v.x), std::min(lo.y, v.y), std::min(lo.z, v.z)};
    hi = {std::max(hi.x, v.x), std::max(hi.y, v.y), std::max(hi.z, v.z)};
  }
  return 0.5 * (lo + hi);
}

void move_mesh(Mesh& mesh, const Place& place, const std::vector<double>& value) {
  const Vec3d centre = centre_of(mesh);
  if (place.quantity == Quantity::kTranslation) {
    for (Vec3d& v : mesh.vertices_m) v += vec_of(value);
  } else if (place.quantity == Quantity::kRotation) {
    const Mat3d r = rotation_from_euler(vec_of(value));
    for (Vec3d& v : mesh.vertices_m) v = centre + r * (v - centre);
  } else {
    for (Vec3d& v : mesh.vertices_m) v = centre + value[0] * (v - centre);
  }
}

void set_material(em::Material& m, Quantity q, double value, double frequency_hz) {
  switch (q) {
    case Quantity::kThickness:
      m.thickness_m = value;
      return;
    case Quantity::kScattering:
      m.scattering_coefficient = value;
      return;
    case Quantity::kXpd:
      m.xpd_coefficient = value;
      return;
    default:
      break;
  }
  const double eps_r = permittivity(m, frequency_hz), sigma = conductivity(m, frequency_hz);
  m.relative_permittivity = q == Quantity::kPermittivity ? value : eps_r;
  m.conductivity_s_per_m = q == Quantity::kConductivity ? value : sigma;
  m.itu_name.clear();
}

void set_device(Device& device, Quantity q, const std::vector<double>& value) {
  if (q == Quantity::kPosition) device.position_m = vec_of(value);
  if (q == Quantity::kOrientation) device.orientation_rad = vec_of(value);
  if (q == Quantity::kDeviceVelocity) device.velocity_m_per_s = vec_of(value);
  if (q == Quantity::kPower) device.power_dbm = value[0];
  if (q == Quantity::kElements) device.array.element_positions_m = points_of(value);
}

/// Adds the motion of an object's vertices under translation, rotation or scale; or, transposed, reads the derivative
/// with respect to them from that of the vertices.
void move_vertices(const Mesh& mesh, Quantity q, const std::vector<double>& d, std::vector<Vec3d>& vertices) {
  const Vec3d centre = centre_of(mesh);
  // dR = yaw z x + pitch y x + roll x x at R = 1
  const Vec3d turn = q == Quantity::kRotation ? Vec3d{d[2], d[1], d[0]} : Vec3d{};
  for (size_t i = 0; i < vertices.size(); ++i) {
    const Vec3d r = mesh.vertices_m[i] - centre;
    if (q == Quantity::kTranslation) vertices[i] += vec_of(d);
    if (q == Quantity::kRotation) vertices[i] += cross(turn, r);
    if (q == Quantity::kScale) vertices[i] += d[0] * r;
  }
}
std::vector<double> gather_vertices(const Mesh& mesh, Quantity q, const std::vector<Vec3d>& vertices) {
  const Vec3d centre = centre_of(mesh);
  Vec3d force, torque;
  double stretch = 0;
  for (size_t i = 0; i < vertices.size(); ++i) {
    const Vec3d r = mesh.vertices_m[i] - centre;
    force += vertices[i];
    torque += cross(r, vertices[i]);
    stretch += dot(r, vertices[i]);
  }
  if (q == Quantity::kTranslation) return flat(force);
  if (q == Quantity::kRotation) return {torque.z, torque.y, torque.x};
  return {stretch};
}

}  // namespace

std::vector<Parameter> parameters(const Scene& scene) {
  std::vector<Parameter> out;
  for_each_place(scene, [&](const Place& place) { out.push_back(parameter_at(scene, place)); });
  return out;
}

Parameter parameter(const Scene& scene, std::string_view name) {
  return parameter_at(scene, require_place(scene, name));
}

void set_parameter(Scene& scene, std::string_view name, const std::vector<double>& value) {
  const Place place = require_place(scene, name);
  require_values(scene, place, name, value);
  require_bounds(place, name, value);
  switch (place.quantity) {
    case Quantity::kFrequency:
      scene.frequency_hz = value[0];
      return;
    case Quantity::kPrecoding:
      throw Error(message(name, " is not of the scene: give it to the map's options"));
    case Quantity::kPermittivity:
    case Quantity::kConductivity:
    case Quantity::kThickness:
    case Quantity::kScattering:
    case Quantity::kXpd:
      return set_material(scene.materials[place.index], place.quantity, value[0], scene.frequency_hz);
    case Quantity::kTranslation:
    case Quantity::kRotation:
    case Quantity::kScale:
      return move_mesh(scene.objects[place.index].mesh, place, value);
    case Quantity::kVertices:
      scene.objects[place.index].mesh.vertices_m = points_of(value);
      return;
    case Quantity::kObjectVelocity:
      scene.objects[place.index].velocity_m_per_s = vec_of(value);
      return;
    default:
      return set_device((place.transmits ? scene.transmitters : scene.receivers)[place.index], place.quantity, value);
  }
}

ParameterTree gradient_tree(const Scene& scene, const SceneDerivative& gradient) {
  require_shape(scene, gradient);
  ParameterTree tree;
  for_each_place(scene, [&](const Place& place) {
    std::vector<double>& values = tree[name_of(scene, place)];
    if (is_transform(place.quantity)) {
      values =
          gather_vertices(scene.objects[place.index].mesh, place.quantity, gradient.objects[place.index].vertices_m);
    } else {
      const auto numbers = numbers_at(gradient, place);
      values.assign(numbers.begin(), numbers.end());
    }
  });
  return tree;
}

SceneDerivative tangent(const Scene& scene, const ParameterTree& by_name) {
  SceneDerivative out(scene);
  for (const auto& [name, values] : by_name) {
    const Place place = require_place(scene, name);
    require_values(scene, place, name, values);
    if (is_transform(place.quantity)) {
      move_vertices(scene.objects[place.index].mesh, place.quantity, values, out.objects[place.index].vertices_m);
    } else {
      const auto numbers = numbers_at(out, place);
      for (size_t i = 0; i < values.size(); ++i) numbers[i] += values[i];
    }
  }
  return out;
}

void require_differentiable(const Scene& scene, std::string_view name, std::string_view solver) {
  const std::vector<std::string> solvers = solvers_of(require_place(scene, name));
  if (std::find(solvers.begin(), solvers.end(), solver) != solvers.end()) return;
  std::string who;
  for (const std::string& s : solvers) who += (who.empty() ? "; those that can: " : ", ") + s;
  throw Error(
      message("'", solver, "' has no derivative with respect to ", name, solvers.empty() ? "; no solver has" : who));
}

}  // namespace raywave::scene
