// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/scene.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/core/units.h"
#include "raywave/runtime/parallel.h"

namespace raywave::scene {
namespace {

template <class T>
std::vector<std::string> names_of(const std::vector<T>& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

template <class T>
int find_by_name(const char* what, const std::vector<T>& items, std::string_view name) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].name == name) return int(i);
  }
  throw Error(message("no ", what, " is named '", name, "'", did_you_mean(name, names_of(items))));
}

void require_finite_vec(const std::string& where, const char* field, const Vec3d& v) {
  if (!is_finite(v)) throw Error(message(where, ": ", field, " must be finite, got (", v.x, ", ", v.y, ", ", v.z, ")"));
}

void validate_device(const char* kind, const Device& d) {
  if (d.name.empty()) throw Error(message("a ", kind, " needs a name"));
  const std::string where = message(kind, " '", d.name, "'");
  require_finite_vec(where, "position_m", d.position_m);
  require_finite_vec(where, "orientation_rad", d.orientation_rad);
  require_finite_vec(where, "velocity_m_per_s", d.velocity_m_per_s);
  require_finite(where + ": power_dbm", d.power_dbm);
  d.array.validate(where);
  (void)d.port_weights();
  for (const Complexd& w : d.precoding) {
    require_finite(where + ": precoding", w.re);
    require_finite(where + ": precoding", w.im);
  }
}

struct PositionHash {
  size_t operator()(const Vec3d& p) const {
    // + 0.0 makes -0 and 0 one position
    return mix64(mix64(mix64(std::bit_cast<uint64_t>(p.x + 0.0)) ^ std::bit_cast<uint64_t>(p.y + 0.0)) ^
                 std::bit_cast<uint64_t>(p.z + 0.0));
  }
};

using Face = std::array<uint32_t, 3>;
struct FaceHash {
  size_t operator()(const Face& f) const { return mix64(mix64(mix64(f[0]) ^ f[1]) ^ f[2]); }
};

void weld_vertices(Mesh& mesh) {
  std::unordered_map<Vec3d, uint32_t, PositionHash> index_of;
  index_of.reserve(mesh.vertices_m.size());
  std::vector<uint32_t> new_index(mesh.vertices_m.size());
  std::vector<Vec3d> kept;
  for (size_t i = 0; i < mesh.vertices_m.size(); ++i) {
    const auto [it, is_new] = index_of.try_emplace(mesh.vertices_m[i], uint32_t(kept.size()));
    if (is_new) kept.push_back(mesh.vertices_m[i]);
    new_index[i] = it->second;
  }
  mesh.vertices_m = std::move(kept);
  for (auto& t : mesh.triangles) {
    for (auto& v : t) v = new_index[v];
  }
}

bool has_no_area(const Mesh& mesh, const Face& t) {
  return is_degenerate(mesh.vertices_m[t[0]], mesh.vertices_m[t[1]], mesh.vertices_m[t[2]]);
}

void check_mesh(const Object& object) {
  const Mesh& mesh = object.mesh;
  for (size_t i = 0; i < mesh.vertices_m.size(); ++i) {
    if (is_finite(mesh.vertices_m[i])) continue;  // the message is dear
    require_finite_vec(message("object '", object.name, "', vertex ", i), "coordinates", mesh.vertices_m[i]);
  }
  for (size_t i = 0; i < mesh.triangles.size(); ++i) {
    for (const uint32_t v : mesh.triangles[i]) {
      if (v >= mesh.vertices_m.size()) {
        throw Error(message("object '", object.name, "', triangle ", i, ": vertex index ", v,
                            " is out of range, the mesh has ", mesh.vertices_m.size(), " vertices"));
      }
    }
  }
}

void remove_bad_faces(Mesh& mesh, MeshReport& report) {
  std::unordered_set<Face, FaceHash> seen;
  seen.reserve(mesh.triangles.size());
  std::unordered_map<uint64_t, int> faces_at_edge;
  faces_at_edge.reserve(mesh.triangles.size() * 2);
  std::vector<Face> kept;
  kept.reserve(mesh.triangles.size());
  for (const Face& t : mesh.triangles) {
    if (has_no_area(mesh, t)) {
      ++report.degenerate_faces;
      continue;
    }
    Face sorted = t;
    std::sort(sorted.begin(), sorted.end());
    if (!seen.insert(sorted).second) {
      ++report.duplicate_faces;
      continue;
    }
    kept.push_back(t);
    for (int k = 0; k < 3; ++k) {
      const uint64_t lo = std::min(t[k], t[(k + 1) % 3]), hi = std::max(t[k], t[(k + 1) % 3]);
      if (++faces_at_edge[lo << 32 | hi] == 3) ++report.non_manifold_edges;
    }
  }
  if (kept.size() < mesh.triangles.size()) mesh.given_triangles = std::move(mesh.triangles);
  mesh.triangles = std::move(kept);
}

}  // namespace

bool is_degenerate(const Vec3d& a, const Vec3d& b, const Vec3d& c) {
  return norm(cross(b - a, c - a)) <= 1e-12 * std::max({norm2(b - a), norm2(c - b), norm2(a - c)});
}

std::vector<Complexd> Device::port_weights() const {
  const auto n = size_t(array.num_ports());
  if (precoding.empty()) return std::vector<Complexd>(n, {1 / std::sqrt(double(n)), 0});
  if (precoding.size() != n) {
    throw Error(
        message("precoding of '", name, "' has ", precoding.size(), " weights, but its array has ", n, " ports"));
  }
  return precoding;
}

void Device::look_at(const Vec3d& target_m) {
  const Vec3d d = target_m - position_m;
  const double length = norm(d);
  if (!(length > 0)) throw Error(message("device '", name, "': look_at needs a target other than its own position"));
  orientation_rad = {std::atan2(d.y, d.x), -std::asin(d.z / length), 0.0};
}

double Scene::wavelength_m() const { return kSpeedOfLight / frequency_hz; }
double Scene::noise_power_w() const { return kBoltzmann * temperature_k * bandwidth_hz; }

void Scene::bounding_box(Vec3d& min_m, Vec3d& max_m) const {
  constexpr double inf = std::numeric_limits<double>::infinity();
  min_m = {inf, inf, inf};
  max_m = {-inf, -inf, -inf};
  for (const auto& o : objects) {
    for (const auto& v : o.mesh.vertices_m) {
      min_m = {std::min(min_m.x, v.x), std::min(min_m.y, v.y), std::min(min_m.z, v.z)};
      max_m = {std::max(max_m.x, v.x), std::max(max_m.y, v.y), std::max(max_m.z, v.z)};
    }
  }
  if (min_m.x > max_m.x) throw Error("the scene has no triangles, so it has no bounding box");
}

size_t Scene::num_triangles() const {
  size_t n = 0;
  for (const auto& o : objects) n += o.mesh.triangles.size();
  return n;
}

int Scene::add_material(const em::Material& material) {
  material.validate();
  for (const auto& m : materials) {
    if (m.name == material.name) throw Error(message("a material named '", material.name, "' exists already"));
  }
  materials.push_back(material);
  return int(materials.size()) - 1;
}

static void require_new_name(const Scene& s, const std::string& name) {
  const auto taken = [&](const auto& items) {
    return std::any_of(items.begin(), items.end(), [&](const auto& i) { return i.name == name; });
  };
  if (taken(s.transmitters) || taken(s.receivers) || taken(s.objects)) {
    throw Error(message("the name '", name, "' is used already in this scene"));
  }
}

void Scene::add_transmitter(Device device) {
  validate_device("transmitter", device);
  require_new_name(*this, device.name);
  transmitters.push_back(std::move(device));
}
void Scene::add_receiver(Device device) {
  validate_device("receiver", device);
  require_new_name(*this, device.name);
  receivers.push_back(std::move(device));
}
void Scene::add_object(Object object) {
  check_mesh(object);
  require_new_name(*this, object.name);
  if (object.material < 0 || size_t(object.material) >= materials.size()) {
    throw Error(message("object '", object.name, "': material index ", object.material, " is out of range"));
  }
  objects.push_back(std::move(object));
}

int Scene::find_object(std::string_view name) const { return find_by_name("object", objects, name); }
int Scene::find_material(std::string_view name) const { return find_by_name("material", materials, name); }
int Scene::find_transmitter(std::string_view name) const { return find_by_name("transmitter", transmitters, name); }
int Scene::find_receiver(std::string_view name) const { return find_by_name("receiver", receivers, name); }

void Scene::validate() const {
  require_positive("frequency_hz", frequency_hz);
  require_positive("bandwidth_hz", bandwidth_hz);
  require_non_negative("temperature_k", temperature_k);
  for (const auto& m : materials) m.validate();
  for (const auto& o : objects) {
    check_mesh(o);
    if (!is_finite(o.velocity_m_per_s))
      require_finite_vec(message("object '", o.name, "'"), "velocity_m_per_s", o.velocity_m_per_s);
    if (o.material < 0 || size_t(o.material) >= materials.size()) {
      throw Error(message("object '", o.name, "': material index ", o.material, " is out of range"));
    }
  }
  for (const auto& d : transmitters) validate_device("transmitter", d);
  for (const auto& d : receivers) validate_device("receiver", d);
  for (const auto& t : transmitters) {
    for (const auto& r : receivers) {
      if (t.position_m == r.position_m) {
        throw Error(message("transmitter '", t.name, "' and receiver '", r.name, "' are at the same point (",
                            t.position_m.x, ", ", t.position_m.y, ", ", t.position_m.z, ") m"));
      }
    }
  }
}

MeshReport clean_meshes(Scene& scene) {
  // Objects are independent; their reports are added in order.
  const auto num_objects = int64_t(scene.objects.size()), num_chunks = std::min<int64_t>(64, num_objects);
  std::vector<MeshReport> reports(static_cast<size_t>(num_chunks));
  runtime::parallel_for(num_chunks, 0, [&](int64_t chunk) {
    for (int64_t i = num_objects * chunk / num_chunks; i < num_objects * (chunk + 1) / num_chunks; ++i) {
      Object& o = scene.objects[size_t(i)];
      if (!o.mesh.given_triangles.empty()) o.mesh.triangles = std::exchange(o.mesh.given_triangles, {});
      check_mesh(o);
      weld_vertices(o.mesh);
      remove_bad_faces(o.mesh, reports[size_t(chunk)]);
    }
  });
  MeshReport total;
  for (const MeshReport& r : reports) {
    total.degenerate_faces += r.degenerate_faces;
    total.duplicate_faces += r.duplicate_faces;
    total.non_manifold_edges += r.non_manifold_edges;
  }
  return total;
}

}  // namespace raywave::scene
