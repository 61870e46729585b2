// SPDX-License-Identifier: Apache-2.0
// The scene as Python edits it: handles to devices, materials and objects, put together into a scene::Scene for a
// solve.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "raywave/paths/prepared_scene.h"
#include "raywave/scene/place.h"
#include "raywave/scene/scene.h"

namespace raywave::python {

/// A transmitter or receiver; edits reach the scenes that hold it.
struct PyDevice {
  scene::Device device;
  bool transmits = false;
  uint64_t array_revision = 0;  // changes when the device gets another array
};

/// An antenna array as Python holds it: a value, and the device whose array it is when it came from one.
struct PyArray {
  em::AntennaArray array;
  nanobind::object owner;  // a Device; not valid: none
  uint64_t array_revision = 0;
};

/// A mesh with the name of its material. `revision` changes with its geometry.
struct PyObject {
  scene::Object object;
  std::string material;
  Vec3d orientation_rad{0, 0, 0};  // how Python has turned it since it was made; in its vertices already
  uint64_t revision = 0;
  PyObject();
  void touch();
};

struct PyScene {
  double frequency_hz = 3.5e9, bandwidth_hz = 1e6, temperature_k = 293;
  scene::Place place;  // without a CRS: none
  std::vector<std::shared_ptr<em::Material>> materials;
  std::vector<std::shared_ptr<PyObject>> objects;
  std::vector<std::shared_ptr<PyDevice>> devices;
  std::unordered_set<std::string> names;  // of objects and devices, as require_new() last knew them
  uint64_t names_at_rename = 0;

  /// The scene and its prepared geometry as they are now, for a solver; the geometry is prepared again only after an
  /// edit.
  struct Snapshot {
    std::shared_ptr<scene::Scene> scene;
    mutable std::shared_ptr<const paths::PreparedScene> prepared;  // null in what was pickled, until it is asked for
    /// To be called with the GIL held.
    const paths::PreparedScene& geometry() const {
      if (!prepared) prepared = std::make_shared<const paths::PreparedScene>(*scene);
      return *prepared;
    }
    scene::Place place;
  };
  Snapshot snapshot();
  /// The scene as solvers see it, meshes cleaned, without preparing its geometry.
  scene::Scene cleaned();
  /// Takes over the values of an edited copy of cleaned(). Meshes that differ from it become the cleaned ones.
  void assign(const scene::Scene& edited);
  uint64_t times_prepared = 0;  // how often geometry was prepared

 private:
  using Revisions = std::vector<std::pair<const PyObject*, uint64_t>>;
  Revisions revisions() const;
  scene::Scene assemble(bool stale);

  Revisions prepared_of_;
  std::vector<scene::Object> clean_objects_;
  std::shared_ptr<const paths::PreparedScene> prepared_;
};

std::shared_ptr<PyScene> from_scene(scene::Scene&& scene);

/// A place as results keep it, and as Python shows it: None where there is no CRS.
inline std::optional<scene::Place> placed(const scene::Place& place) {
  return place.crs.empty() ? std::nullopt : std::optional(place);
}
inline std::optional<std::string> crs_of(const scene::Place& place) {
  return place.crs.empty() ? std::nullopt : std::optional(place.crs);
}
inline std::optional<std::array<double, 3>> origin_of(const scene::Place& place) {
  if (place.crs.empty()) return std::nullopt;
  return std::array<double, 3>{place.origin_m.x, place.origin_m.y, place.origin_m.z};
}

}  // namespace raywave::python
