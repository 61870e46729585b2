// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/parameter_places.h"

#include <utility>

#include "raywave/core/error.h"

namespace raywave::scene {
namespace {

struct Suffix {
  Quantity quantity;
  std::string_view text;
};
constexpr Suffix kOfDevices[] = {{Quantity::kPosition, "position_m"},
                                 {Quantity::kOrientation, "orientation_rad"},
                                 {Quantity::kDeviceVelocity, "velocity_m_per_s"},
                                 {Quantity::kElements, "array/element_positions_m"},
                                 {Quantity::kPower, "power_dbm"},
                                 {Quantity::kPrecoding, "precoding"}};
constexpr Suffix kOfMaterials[] = {{Quantity::kPermittivity, "relative_permittivity"},
                                   {Quantity::kConductivity, "conductivity_s_per_m"},
                                   {Quantity::kThickness, "thickness_m"},
                                   {Quantity::kScattering, "scattering_coefficient"},
                                   {Quantity::kXpd, "xpd_coefficient"}};
constexpr Suffix kOfObjects[] = {{Quantity::kTranslation, "translation_m"},
                                 {Quantity::kRotation, "rotation_rad"},
                                 {Quantity::kScale, "scale"},
                                 {Quantity::kVertices, "vertices_m"},
                                 {Quantity::kObjectVelocity, "velocity_m_per_s"}};
constexpr std::string_view kFrequencyName = "frequency_hz";

bool is_of_transmitters(Quantity q) { return q == Quantity::kPower || q == Quantity::kPrecoding; }

template <class Items>
std::optional<size_t> index_of(const Items& items, std::string_view name) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].name == name) return i;
  }
  return std::nullopt;
}

/// `<group>/<item>/<suffix>` to a place; an item's name may hold slashes.
template <size_t N, class Find>
std::optional<Place> find_in(const Suffix (&suffixes)[N], std::string_view group, std::string_view name, Find find) {
  if (!name.starts_with(group)) return std::nullopt;
  for (const Suffix& s : suffixes) {
    const size_t around = group.size() + s.text.size() + 1;
    if (name.size() < around || !name.ends_with(s.text) || name[name.size() - s.text.size() - 1] != '/') continue;
    if (const auto place = find(s.quantity, name.substr(group.size(), name.size() - around))) return place;
  }
  return std::nullopt;
}

template <size_t N>
std::string_view suffix_of(const Suffix (&suffixes)[N], Quantity q) {
  for (const Suffix& s : suffixes) {
    if (s.quantity == q) return s.text;
  }
  return {};
}

std::span<const double> numbers(const double& x) { return {&x, 1}; }
std::span<const double> numbers(const Vec3d& v) { return {&v.x, 3}; }
std::span<const double> numbers(const std::vector<Vec3d>& v) {
  static_assert(sizeof(Vec3d) == 3 * sizeof(double));
  return {v.empty() ? nullptr : &v[0].x, 3 * v.size()};
}
std::span<const double> numbers(const std::vector<Complexd>& v) {
  static_assert(sizeof(Complexd) == 2 * sizeof(double));
  return {v.empty() ? nullptr : &v[0].re, 2 * v.size()};
}

void require_count(const char* what, std::string_view name, size_t got, size_t wanted) {
  if (got == wanted) return;
  throw Error(message("a scene's derivative: ", what, name.empty() ? "" : " of '", name, name.empty() ? "" : "'",
                      " must be ", wanted, " as in the scene, got ", got));
}

void require_device_shape(const Device& device, const DeviceDerivative& d, bool transmits) {
  require_count("element_positions_m", device.name, d.element_positions_m.size(), size_t(device.array.num_elements()));
  require_count("precoding", device.name, d.precoding.size(), transmits ? size_t(device.array.num_ports()) : 0);
}

}  // namespace

void for_each_place(const Scene& scene, const std::function<void(const Place&)>& visit) {
  visit({Quantity::kFrequency, 0, false});
  for (const bool transmits : {true, false}) {
    const auto& devices = transmits ? scene.transmitters : scene.receivers;
    for (size_t i = 0; i < devices.size(); ++i) {
      for (const Suffix& s : kOfDevices) {
        if (transmits || !is_of_transmitters(s.quantity)) visit({s.quantity, i, transmits});
      }
    }
  }
  for (size_t i = 0; i < scene.materials.size(); ++i) {
    for (const Suffix& s : kOfMaterials) visit({s.quantity, i, false});
  }
  for (size_t i = 0; i < scene.objects.size(); ++i) {
    for (const Suffix& s : kOfObjects) visit({s.quantity, i, false});
  }
}

std::string name_of(const Scene& scene, const Place& place) {
  const Quantity q = place.quantity;
  if (q == Quantity::kFrequency) return std::string(kFrequencyName);
  if (const auto suffix = suffix_of(kOfDevices, q); !suffix.empty()) {
    const auto& devices = place.transmits ? scene.transmitters : scene.receivers;
    return message("device/", devices[place.index].name, "/", suffix);
  }
  if (const auto suffix = suffix_of(kOfMaterials, q); !suffix.empty())
    return message("material/", scene.materials[place.index].name, "/", suffix);
  return message("object/", scene.objects[place.index].name, "/", suffix_of(kOfObjects, q));
}

std::optional<Place> find_place(const Scene& scene, std::string_view name) {
  if (name == kFrequencyName) return Place{};
  const auto device = [&](Quantity q, std::string_view item) -> std::optional<Place> {
    if (const auto i = index_of(scene.transmitters, item)) return Place{q, *i, true};
    const auto i = is_of_transmitters(q) ? std::nullopt : index_of(scene.receivers, item);
    return i ? std::optional(Place{q, *i, false}) : std::nullopt;
  };
  const auto material = [&](Quantity q, std::string_view item) -> std::optional<Place> {
    const auto i = index_of(scene.materials, item);
    return i ? std::optional(Place{q, *i, false}) : std::nullopt;
  };
  const auto object = [&](Quantity q, std::string_view item) -> std::optional<Place> {
    const auto i = index_of(scene.objects, item);
    return i ? std::optional(Place{q, *i, false}) : std::nullopt;
  };
  if (const auto place = find_in(kOfDevices, "device/", name, device)) return place;
  if (const auto place = find_in(kOfMaterials, "material/", name, material)) return place;
  return find_in(kOfObjects, "object/", name, object);
}

std::span<const double> numbers_at(const SceneDerivative& derivative, const Place& place) {
  const auto& devices = place.transmits ? derivative.transmitters : derivative.receivers;
  const size_t i = place.index;
  switch (place.quantity) {
    case Quantity::kFrequency:
      return numbers(derivative.frequency_hz);
    case Quantity::kPosition:
      return numbers(devices[i].position_m);
    case Quantity::kOrientation:
      return numbers(devices[i].orientation_rad);
    case Quantity::kDeviceVelocity:
      return numbers(devices[i].velocity_m_per_s);
    case Quantity::kElements:
      return numbers(devices[i].element_positions_m);
    case Quantity::kPower:
      return numbers(devices[i].power_dbm);
    case Quantity::kPrecoding:
      return numbers(devices[i].precoding);
    case Quantity::kPermittivity:
      return numbers(derivative.materials[i].relative_permittivity);
    case Quantity::kConductivity:
      return numbers(derivative.materials[i].conductivity_s_per_m);
    case Quantity::kThickness:
      return numbers(derivative.materials[i].thickness_m);
    case Quantity::kScattering:
      return numbers(derivative.materials[i].scattering_coefficient);
    case Quantity::kXpd:
      return numbers(derivative.materials[i].xpd_coefficient);
    case Quantity::kVertices:
      return numbers(derivative.objects[i].vertices_m);
    case Quantity::kObjectVelocity:
      return numbers(derivative.objects[i].velocity_m_per_s);
    case Quantity::kTranslation:
    case Quantity::kRotation:
    case Quantity::kScale:
      break;
  }
  throw InternalError("a transform has no numbers of its own");
}

std::span<double> numbers_at(SceneDerivative& derivative, const Place& place) {
  const std::span<const double> s = numbers_at(std::as_const(derivative), place);
  return {const_cast<double*>(s.data()), s.size()};
}

void require_shape(const Scene& scene, const SceneDerivative& derivative) {
  require_count("the number of transmitters", "", derivative.transmitters.size(), scene.transmitters.size());
  require_count("the number of receivers", "", derivative.receivers.size(), scene.receivers.size());
  require_count("the number of materials", "", derivative.materials.size(), scene.materials.size());
  require_count("the number of objects", "", derivative.objects.size(), scene.objects.size());
  for (size_t i = 0; i < scene.transmitters.size(); ++i)
    require_device_shape(scene.transmitters[i], derivative.transmitters[i], true);
  for (size_t i = 0; i < scene.receivers.size(); ++i)
    require_device_shape(scene.receivers[i], derivative.receivers[i], false);
  for (size_t i = 0; i < scene.objects.size(); ++i)
    require_count("vertices_m", scene.objects[i].name, derivative.objects[i].vertices_m.size(),
                  scene.objects[i].mesh.vertices_m.size());
}

}  // namespace raywave::scene
