// SPDX-License-Identifier: Apache-2.0
// The scene: objects (triangle meshes with a material), devices, frequency. Plain values: copy, edit, pass to a solver.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/error.h"
#include "raywave/core/vec.h"
#include "raywave/em/antenna.h"
#include "raywave/em/material.h"

namespace raywave::scene {

/// Triangles over shared vertices, in world coordinates (metres, z up).
struct Mesh {
  std::vector<Vec3d> vertices_m;
  std::vector<std::array<uint32_t, 3>> triangles;
  /// All triangles as they were given, in their order, when cleaning took some of them out of `triangles`; else empty.
  /// Map cells over the object follow these.
  std::vector<std::array<uint32_t, 3>> given_triangles;

  const std::vector<std::array<uint32_t, 3>>& all_triangles() const {
    return given_triangles.empty() ? triangles : given_triangles;
  }
};
/// Has a triangle no area (twice the area against the longest side squared: below rounding its normal means nothing)?
bool is_degenerate(const Vec3d& a, const Vec3d& b, const Vec3d& c);

struct Object {
  std::string name;
  Mesh mesh;
  int material = 0;  // index into Scene::materials
  Vec3d velocity_m_per_s{0, 0, 0};
};

struct Device {
  std::string name;
  Vec3d position_m{0, 0, 0};
  Vec3d orientation_rad{0, 0, 0};  // (yaw, pitch, roll): R = Rz Ry Rx
  Vec3d velocity_m_per_s{0, 0, 0};
  em::AntennaArray array;
  double power_dbm = 44.0;  // of transmitters
  /// Of transmitters: the weights that maps give its ports, [num_ports]; empty: 1 / sqrt(num_ports) each.
  std::vector<Complexd> precoding;

  /// precoding, or what stands for it when it is empty. @throws Error when it is of an array of other ports.
  std::vector<Complexd> port_weights() const;

  /// Turns the device so that its +x axis points at target_m.
  void look_at(const Vec3d& target_m);
};

struct Scene {
  double frequency_hz = 3.5e9;
  double bandwidth_hz = 1e6;  // for thermal noise in SINR
  double temperature_k = 293.0;
  std::vector<em::Material> materials;
  std::vector<Object> objects;
  std::vector<Device> transmitters;
  std::vector<Device> receivers;

  double wavelength_m() const;
  /// Thermal noise k T B in watt.
  double noise_power_w() const;
  /// Corners of the axis-aligned box around all meshes. @throws Error for a scene without triangles.
  void bounding_box(Vec3d& min_m, Vec3d& max_m) const;
  size_t num_triangles() const;

  /// Index of the material with that name, adding it when new. @throws Error if the name exists with other values.
  int add_material(const em::Material& material);
  /// @throws Error when the name exists already among transmitters, receivers or objects, or a value is not finite.
  void add_transmitter(Device device);
  void add_receiver(Device device);
  void add_object(Object object);
  /// Indices by name. @throws Error naming the nearest known name.
  int find_object(std::string_view name) const;
  int find_material(std::string_view name) const;
  int find_transmitter(std::string_view name) const;
  int find_receiver(std::string_view name) const;

  /// Everything a solver relies on: finite numbers, indices in range, positive frequency, devices not at one point.
  /// @throws Error naming what is wrong and where.
  void validate() const;
};

/// What cleaning a scene's meshes found and repaired; see clean_meshes.
struct MeshReport {
  size_t degenerate_faces = 0;    // zero area: removed
  size_t duplicate_faces = 0;     // same three vertices as an earlier face of the object: removed
  size_t non_manifold_edges = 0;  // more than two faces at an edge: kept
  bool clean() const { return degenerate_faces + duplicate_faces + non_manifold_edges == 0; }
};

/// Welds vertices that coincide, removes degenerate and duplicate faces (Mesh::given_triangles keeps them), counts
/// non-manifold edges; in place. What was cleaned before is cleaned anew from what was given.
/// @throws Error naming object and vertex for NaN or infinite coordinates and for indices out of range.
MeshReport clean_meshes(Scene& scene);

}  // namespace raywave::scene
