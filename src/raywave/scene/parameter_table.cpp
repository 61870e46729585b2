// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/parameter_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "raywave/core/error.h"
#include "raywave/em/lobes.h"

namespace raywave::scene {
namespace {

using Values = std::vector<double>;
using em::kNoBound;

template <class S>
auto& device_of(S& s, Owner owner, size_t i) {  // of a Scene or a SceneDerivative
  return owner == Owner::kTransmitter ? s.transmitters[i] : s.receivers[i];
}

Values flat(const Vec3d& v) { return {v.x, v.y, v.z}; }
Values flat(const std::vector<Vec3d>& points) {
  Values out;
  out.reserve(3 * points.size());
  for (const Vec3d& p : points) out.insert(out.end(), {p.x, p.y, p.z});
  return out;
}
Vec3d vec_of(const Values& v, size_t i = 0) { return {v[3 * i], v[3 * i + 1], v[3 * i + 2]}; }
std::vector<Vec3d> points_of(const Values& v) {
  std::vector<Vec3d> out(v.size() / 3);
  for (size_t i = 0; i < out.size(); ++i) out[i] = vec_of(v, i);
  return out;
}

std::span<const double> span_of(const double& x) { return {&x, 1}; }
std::span<const double> span_of(const Vec3d& v) { return {&v.x, 3}; }
std::span<const double> span_of(const std::vector<Vec3d>& v) {
  static_assert(sizeof(Vec3d) == 3 * sizeof(double));
  return {v.empty() ? nullptr : &v[0].x, 3 * v.size()};
}
std::span<const double> span_of(const std::vector<Complexd>& v) {
  static_assert(sizeof(Complexd) == 2 * sizeof(double));
  return {v.empty() ? nullptr : &v[0].re, 2 * v.size()};
}

std::vector<int64_t> one_number(const Scene&, size_t) { return {}; }
std::vector<int64_t> three_numbers(const Scene&, size_t) { return {3}; }

/// Steps of differences. A ten-thousandth of the wavelength leaves a field's phase linear to 1e-7.
double length_step(const Scene& s, size_t, double) { return 1e-4 * s.wavelength_m(); }
auto constant_step(double step) {
  return [step](const Scene&, size_t, double) { return step; };
}

ParameterRow frequency_row() {
  ParameterRow r{Owner::kScene, "frequency_hz", "Hz", 0, kNoBound, true};
  r.shape = one_number;
  r.value = [](const Scene& s, size_t) { return Values{s.frequency_hz}; };
  r.set = [](Scene& s, size_t, const Values& v) { s.frequency_hz = v[0]; };
  r.step = [](const Scene&, size_t, double largest) { return 1e-7 * largest; };
  r.numbers = [](const SceneDerivative& d, size_t) { return span_of(d.frequency_hz); };
  return r;
}

/// A vector of devices. @param Of  in Device. @param In  in DeviceDerivative.
template <auto Of, auto In>
ParameterRow device_vector(Owner owner, const char* name, const char* unit) {
  ParameterRow r{owner, name, unit, -kNoBound, kNoBound};
  r.shape = three_numbers;
  r.value = [owner](const Scene& s, size_t i) { return flat(device_of(s, owner, i).*Of); };
  r.set = [owner](Scene& s, size_t i, const Values& v) { device_of(s, owner, i).*Of = vec_of(v); };
  r.numbers = [owner](const SceneDerivative& d, size_t i) { return span_of(device_of(d, owner, i).*In); };
  return r;
}

ParameterRow elements_row(Owner owner) {
  ParameterRow r{owner, "array/element_positions_m", "m", -kNoBound, kNoBound};
  r.shape = [owner](const Scene& s, size_t i) {
    return std::vector<int64_t>{device_of(s, owner, i).array.num_elements(), 3};
  };
  r.value = [owner](const Scene& s, size_t i) {
    return flat(device_of(s, owner, i).array.offsets_m(s.wavelength_m()));
  };
  r.set = [owner](Scene& s, size_t i, const Values& v) {
    device_of(s, owner, i).array.element_positions_m = points_of(v);
  };
  r.step = length_step;
  r.numbers = [owner](const SceneDerivative& d, size_t i) {
    return span_of(device_of(d, owner, i).element_positions_m);
  };
  return r;
}

void add_device_rows(Owner owner, std::vector<ParameterRow>& rows) {
  using D = DeviceDerivative;
  rows.push_back(device_vector<&Device::position_m, &D::position_m>(owner, "position_m", "m"));
  rows.back().step = length_step;
  rows.push_back(device_vector<&Device::orientation_rad, &D::orientation_rad>(owner, "orientation_rad", "rad"));
  rows.back().step = constant_step(1e-5);
  rows.push_back(device_vector<&Device::velocity_m_per_s, &D::velocity_m_per_s>(owner, "velocity_m_per_s", "m/s"));
  rows.back().step = constant_step(1e-4);
  rows.push_back(elements_row(owner));
}

ParameterRow power_row() {
  ParameterRow r{Owner::kTransmitter, "power_dbm", "dBm", -kNoBound, kNoBound};
  r.shape = one_number;
  r.value = [](const Scene& s, size_t i) { return Values{s.transmitters[i].power_dbm}; };
  r.set = [](Scene& s, size_t i, const Values& v) { s.transmitters[i].power_dbm = v[0]; };
  r.step = constant_step(1e-4);
  r.numbers = [](const SceneDerivative& d, size_t i) { return span_of(d.transmitters[i].power_dbm); };
  return r;
}

ParameterRow precoding_row() {
  ParameterRow r{Owner::kTransmitter, "precoding", "", -kNoBound, kNoBound};
  r.shape = [](const Scene& s, size_t i) { return std::vector<int64_t>{s.transmitters[i].array.num_ports(), 2}; };
  r.value = [](const Scene& s, size_t i) {
    Values out;
    for (const Complexd& w : s.transmitters[i].port_weights()) out.insert(out.end(), {w.re, w.im});
    return out;
  };
  r.set = [](Scene& s, size_t i, const Values& v) {
    auto& weights = s.transmitters[i].precoding;
    weights.resize(v.size() / 2);
    for (size_t k = 0; k < weights.size(); ++k) weights[k] = {v[2 * k], v[2 * k + 1]};
  };
  r.step = constant_step(1e-4);
  r.numbers = [](const SceneDerivative& d, size_t i) { return span_of(d.transmitters[i].precoding); };
  return r;
}

ParameterRow material_row(size_t number) {
  const em::MaterialNumberInfo& info = em::kMaterialNumbers[number];
  ParameterRow r{Owner::kMaterial, info.name, info.unit, info.lower, info.upper, info.zero_is_refused};
  r.shape = one_number;
  r.value = [number](const Scene& s, size_t i) {
    return Values{em::numbers_of(s.materials[i], s.frequency_hz, s.frequency_hz).numbers[number]};
  };
  r.set = [number](Scene& s, size_t i, const Values& v) {
    em::set_number(s.materials[i], number, v[0], s.frequency_hz);
  };
  r.step = [unit = r.unit](const Scene& s, size_t i, double largest) {
    if (unit == "m") return length_step(s, i, largest);
    return 1e-5 * (unit.empty() || largest == 0 ? 1 : largest);
  };
  r.numbers = [number](const SceneDerivative& d, size_t i) { return span_of(d.materials[i].numbers[number]); };
  return r;
}

/// The text of one of a material's two lobes, its number in derivatives beside it.
struct LobeOf {
  const char* group;
  std::string em::Material::*text;
  std::array<double, em::kNumLobeNumbers> MaterialDerivative::*slopes;
};
static_assert(em::kLobeNumbers.size() == em::kNumLobeNumbers);
constexpr std::array kLobesOf = {
    LobeOf{"scattering_pattern", &em::Material::scattering_pattern, &MaterialDerivative::pattern},
    LobeOf{"lobe", &em::Material::lobe, &MaterialDerivative::lobe}};

/// There where the material's lobe is of a kind that uses the number.
ParameterRow lobe_row(const LobeOf& of, size_t number) {
  const em::LobeNumberInfo& info = em::kLobeNumbers[number];
  ParameterRow r{Owner::kMaterial, message(of.group, "/", info.name), "", info.lower, info.upper, info.zero_is_refused};
  const auto lobe = [of](const Scene& s, size_t i) { return em::lobe_from_text(s.materials[i].*of.text); };
  r.is_there = [of, number](const Scene& s, size_t i) {
    const std::string& text = s.materials[i].*of.text;
    return !text.empty() && em::uses(em::lobe_from_text(text).kind, em::kLobeNumbers[number]);
  };
  r.shape = one_number;
  r.value = [lobe, number](const Scene& s, size_t i) { return Values{lobe(s, i).*em::kLobeNumbers[number].member}; };
  r.set = [of, lobe, number](Scene& s, size_t i, const Values& v) {
    em::Lobe changed = lobe(s, i);
    changed.*em::kLobeNumbers[number].member = v[0];
    s.materials[i].*of.text = em::lobe_text(changed);
  };
  r.step = [](const Scene&, size_t, double largest) { return 1e-5 * (largest > 0 ? largest : 1.0); };
  r.numbers = [of, number](const SceneDerivative& d, size_t i) { return span_of((d.materials[i].*of.slopes)[number]); };
  return r;
}

// --- objects ---

Vec3d centre_of(const Mesh& mesh) {
  if (mesh.vertices_m.empty()) return {};
  Vec3d lo = mesh.vertices_m[0], hi = lo;
  for (const Vec3d& v : mesh.vertices_m) {
    lo = {std::min(lo.x, v.x), std::min(lo.y, v.y), std::min(lo.z, v.z)};
    hi = {std::max(hi.x, v.x), std::max(hi.y, v.y), std::max(hi.z, v.z)};
  }
  return 0.5 * (lo + hi);
}

/// What is a wavelength's part at the object's far end.
double turning_step(const Scene& s, size_t i, double) {
  const auto& vertices = s.objects[i].mesh.vertices_m;
  double span = 0;
  for (const Vec3d& v : vertices) span = std::max(span, norm(v - vertices[0]));
  return 1e-4 * std::min(0.1, s.wavelength_m() / std::max(span, s.wavelength_m()));
}

/// A motion about the mesh's centre. @param still  the value that leaves it as it is.
/// @param moved  (value, r, centre) -> the place of the vertex at centre + r.
/// @param slope  (change of the value, r) -> that of the vertex. @param force  (r, of the vertex) -> of the value.
template <class Moved, class Slope, class Force>
ParameterRow motion(const char* name, const char* unit, Values still, Moved moved, Slope slope, Force force) {
  ParameterRow r{Owner::kObject, name, unit, -kNoBound, kNoBound};
  r.shape = still.size() == 1 ? one_number : three_numbers;
  r.value = [still](const Scene&, size_t) { return still; };
  r.set = [moved](Scene& s, size_t i, const Values& value) {
    Mesh& mesh = s.objects[i].mesh;
    const Vec3d centre = centre_of(mesh);
    for (Vec3d& v : mesh.vertices_m) v = moved(value, v - centre, centre, v);
  };
  r.step = turning_step;
  r.gather = [force, still](const Scene& s, size_t i, const SceneDerivative& d) {
    const Mesh& mesh = s.objects[i].mesh;
    const Vec3d centre = centre_of(mesh);
    Values sum(still.size(), 0.0);
    for (size_t k = 0; k < mesh.vertices_m.size(); ++k) {
      const Values part = force(mesh.vertices_m[k] - centre, d.objects[i].vertices_m[k]);
      for (size_t n = 0; n < sum.size(); ++n) sum[n] += part[n];
    }
    return sum;
  };
  r.spread = [slope](const Scene& s, size_t i, const Values& change, SceneDerivative& d) {
    const Mesh& mesh = s.objects[i].mesh;
    const Vec3d centre = centre_of(mesh);
    for (size_t k = 0; k < mesh.vertices_m.size(); ++k)
      d.objects[i].vertices_m[k] += slope(change, mesh.vertices_m[k] - centre);
  };
  return r;
}

ParameterRow translation_row() {
  ParameterRow r = motion(
      "translation_m", "m", {0, 0, 0},
      [](const Values& t, const Vec3d&, const Vec3d&, const Vec3d& v) { return v + vec_of(t); },
      [](const Values& t, const Vec3d&) { return vec_of(t); }, [](const Vec3d&, const Vec3d& f) { return flat(f); });
  r.step = length_step;
  return r;
}

ParameterRow rotation_row() {
  return motion(
      "rotation_rad", "rad", {0, 0, 0},
      [](const Values& a, const Vec3d& r, const Vec3d& centre, const Vec3d&) {
        return centre + rotation_from_euler(vec_of(a)) * r;
      },
      // dR = yaw z x + pitch y x + roll x x at R = 1
      [](const Values& a, const Vec3d& r) {
        return cross(Vec3d{a[2], a[1], a[0]}, r);
      },
      [](const Vec3d& r, const Vec3d& f) {
        const Vec3d torque = cross(r, f);
        return Values{torque.z, torque.y, torque.x};
      });
}

ParameterRow scale_row() {
  ParameterRow row = motion(
      "scale", "", {1},
      [](const Values& s, const Vec3d& r, const Vec3d& centre, const Vec3d&) { return centre + s[0] * r; },
      [](const Values& s, const Vec3d& r) { return s[0] * r; },
      [](const Vec3d& r, const Vec3d& f) { return Values{dot(r, f)}; });
  row.lower = 0;
  row.zero_is_refused = true;
  return row;
}

ParameterRow vertices_row() {
  ParameterRow r{Owner::kObject, "vertices_m", "m", -kNoBound, kNoBound};
  r.shape = [](const Scene& s, size_t i) {
    return std::vector<int64_t>{int64_t(s.objects[i].mesh.vertices_m.size()), 3};
  };
  r.value = [](const Scene& s, size_t i) { return flat(s.objects[i].mesh.vertices_m); };
  r.set = [](Scene& s, size_t i, const Values& v) { s.objects[i].mesh.vertices_m = points_of(v); };
  r.step = length_step;
  r.numbers = [](const SceneDerivative& d, size_t i) { return span_of(d.objects[i].vertices_m); };
  return r;
}

ParameterRow object_velocity_row() {
  ParameterRow r{Owner::kObject, "velocity_m_per_s", "m/s", -kNoBound, kNoBound};
  r.shape = three_numbers;
  r.value = [](const Scene& s, size_t i) { return flat(s.objects[i].velocity_m_per_s); };
  r.set = [](Scene& s, size_t i, const Values& v) { s.objects[i].velocity_m_per_s = vec_of(v); };
  r.step = constant_step(1e-4);
  r.numbers = [](const SceneDerivative& d, size_t i) { return span_of(d.objects[i].velocity_m_per_s); };
  return r;
}

/// What stored numbers need of gathering and spreading.
void complete(ParameterRow& row) {
  if (!row.has_numbers()) return;
  row.gather = [numbers = row.numbers](const Scene&, size_t i, const SceneDerivative& d) {
    const auto n = numbers(d, i);
    return Values(n.begin(), n.end());
  };
  row.spread = [numbers = row.numbers](const Scene&, size_t i, const Values& change, SceneDerivative& d) {
    const auto n = numbers(d, i);
    for (size_t k = 0; k < n.size(); ++k) const_cast<double&>(n[k]) += change[k];
  };
}

std::vector<ParameterRow> make_table() {
  std::vector<ParameterRow> rows{frequency_row()};
  add_device_rows(Owner::kTransmitter, rows);
  rows.push_back(power_row());
  rows.push_back(precoding_row());
  add_device_rows(Owner::kReceiver, rows);
  for (size_t n = 0; n < em::kMaterialNumbers.size(); ++n) rows.push_back(material_row(n));
  for (const LobeOf& of : kLobesOf) {
    for (size_t n = 0; n < em::kLobeNumbers.size(); ++n) rows.push_back(lobe_row(of, n));
  }
  for (auto row : {&translation_row, &rotation_row, &scale_row, &vertices_row, &object_velocity_row})
    rows.push_back(row());
  for (ParameterRow& row : rows) complete(row);
  return rows;
}

// --- names ---

const char* group_of(Owner owner) {
  switch (owner) {
    case Owner::kScene:
      return "";
    case Owner::kTransmitter:
    case Owner::kReceiver:
      return "device/";
    case Owner::kMaterial:
      return "material/";
    case Owner::kObject:
      return "object/";
  }
  return "";
}

/// visit(name, index) of all things of a kind.
template <class Visit>
void for_each_owner(const Scene& scene, Owner owner, Visit&& visit) {
  const auto each = [&](const auto& items) {
    for (size_t i = 0; i < items.size(); ++i) visit(items[i].name, i);
  };
  if (owner == Owner::kScene) visit(std::string(), size_t(0));
  if (owner == Owner::kTransmitter) each(scene.transmitters);
  if (owner == Owner::kReceiver) each(scene.receivers);
  if (owner == Owner::kMaterial) each(scene.materials);
  if (owner == Owner::kObject) each(scene.objects);
}

void require_count(const char* what, std::string_view name, size_t got, size_t wanted) {
  if (got == wanted) return;
  throw Error(message("a scene's derivative: ", what, name.empty() ? "" : " of '", name, name.empty() ? "" : "'",
                      " must be ", wanted, " as in the scene, got ", got));
}

}  // namespace

const std::vector<ParameterRow>& parameter_table() {
  static const std::vector<ParameterRow> table = make_table();
  return table;
}

void for_each_place(const Scene& scene, const std::function<void(const ParameterPlace&)>& visit) {
  const auto& table = parameter_table();
  for (auto begin = table.begin(); begin != table.end();) {
    auto end = begin;
    while (end != table.end() && end->owner == begin->owner) ++end;
    for_each_owner(scene, begin->owner, [&](const std::string&, size_t i) {
      for (auto row = begin; row != end; ++row) {
        if (row->is_of(scene, i)) visit({&*row, i});
      }
    });
    begin = end;
  }
}

std::string name_of(const Scene& scene, const ParameterPlace& place) {
  const ParameterRow& row = *place.row;
  const size_t i = place.index;
  const auto full = [&](const std::string& of) { return message(group_of(row.owner), of, "/", row.name); };
  switch (row.owner) {
    case Owner::kScene:
      break;
    case Owner::kTransmitter:
      return full(scene.transmitters[i].name);
    case Owner::kReceiver:
      return full(scene.receivers[i].name);
    case Owner::kMaterial:
      return full(scene.materials[i].name);
    case Owner::kObject:
      return full(scene.objects[i].name);
  }
  return row.name;
}

std::optional<ParameterPlace> find_place(const Scene& scene, std::string_view name) {
  for (const ParameterRow& row : parameter_table()) {
    std::string_view item = name;  // may hold slashes
    if (row.owner == Owner::kScene) {
      if (name == row.name) return ParameterPlace{&row, 0};
      continue;
    }
    const std::string_view group = group_of(row.owner);
    if (!name.starts_with(group) || !name.ends_with(row.name)) continue;
    item.remove_prefix(group.size());
    if (item.size() < row.name.size() + 1 || item[item.size() - row.name.size() - 1] != '/') continue;
    item.remove_suffix(row.name.size() + 1);
    std::optional<ParameterPlace> found;
    for_each_owner(scene, row.owner, [&](const std::string& of, size_t i) {
      if (!found && of == item && row.is_of(scene, i)) found = ParameterPlace{&row, i};
    });
    if (found) return found;
  }
  return std::nullopt;
}

size_t count_of(Owner owner, const SceneDerivative& d) {
  switch (owner) {
    case Owner::kScene:
      return 1;
    case Owner::kTransmitter:
      return d.transmitters.size();
    case Owner::kReceiver:
      return d.receivers.size();
    case Owner::kMaterial:
      return d.materials.size();
    case Owner::kObject:
      return d.objects.size();
  }
  return 0;
}

void require_shape(const Scene& scene, const SceneDerivative& derivative) {
  require_count("the number of transmitters", "", derivative.transmitters.size(), scene.transmitters.size());
  require_count("the number of receivers", "", derivative.receivers.size(), scene.receivers.size());
  require_count("the number of materials", "", derivative.materials.size(), scene.materials.size());
  require_count("the number of objects", "", derivative.objects.size(), scene.objects.size());
  for (const ParameterRow& row : parameter_table()) {
    if (!row.has_numbers()) continue;
    for_each_owner(scene, row.owner, [&](const std::string& of, size_t i) {
      size_t wanted = 1;
      for (const int64_t n : row.shape(scene, i)) wanted *= size_t(n);
      require_count(row.name.c_str(), of, row.numbers(derivative, i).size(), wanted);
    });
  }
}

}  // namespace raywave::scene
