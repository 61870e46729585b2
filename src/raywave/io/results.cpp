// SPDX-License-Identifier: Apache-2.0
#include "raywave/io/results.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

#include "raywave/core/files.h"
#include "raywave/io/npz.h"
#include "raywave/io/scene_parts.h"

namespace raywave::io {
namespace {

using Type = NamedArray::Type;

template <class T>
NamedArray array_of(const std::string& name, std::vector<size_t> shape, Type type, const T* data, size_t count) {
  NamedArray a{name, std::move(shape), type, {}};
  a.bytes.resize(count * sizeof(T));
  if (count > 0) std::memcpy(a.bytes.data(), data, a.bytes.size());
  return a;
}

template <class T>
NamedArray array_of(const std::string& name, std::vector<size_t> shape, Type type, const std::vector<T>& data) {
  return array_of(name, std::move(shape), type, data.data(), data.size());
}

NamedArray scalar(const std::string& name, double value) { return array_of(name, {}, Type::kFloat64, &value, 1); }

NamedArray texts(const std::string& name, const std::vector<std::string>& values) {
  NamedArray a{name, {values.size()}, Type::kText, {}};
  for (const std::string& v : values) {
    a.bytes.insert(a.bytes.end(), v.begin(), v.end());
    a.bytes.push_back('\0');
  }
  return a;
}

NamedArray text(const std::string& name, const std::string& value) {
  return {name, {}, Type::kText, std::vector<char>(value.begin(), value.end())};
}

NamedArray points(const std::string& name, const std::vector<Vec3d>& values, std::vector<size_t> shape) {
  shape.push_back(3);
  return array_of(name, std::move(shape), Type::kFloat64, values);
}

NamedArray links_array(const paths::Paths& p) {
  std::vector<int64_t> rows;
  for (const paths::Link& l : p.links) {
    rows.insert(rows.end(), {l.rx, l.rx_element, l.tx, l.tx_element, l.path_begin, l.path_end});
  }
  return array_of("links", {p.links.size(), 6}, Type::kInt64, rows);
}

}  // namespace

void write_arrays(const std::string& path, const std::vector<NamedArray>& arrays) {
  std::set<std::string> names;
  for (const NamedArray& a : arrays) {
    if (!names.insert(a.name).second) throw Error(message("two arrays are called '", a.name, "'"));
    if (a.type != Type::kText && a.bytes.size() != detail::num_elements(a) * detail::element_size(a.type)) {
      throw Error(message("array '", a.name, "': ", a.bytes.size(), " bytes do not fit its shape"));
    }
  }
  const std::string ext = detail::extension_of(path);
  if (ext == ".npz") {
    write_file(path, detail::npz_bytes(arrays));
    return;
  }
  if (ext != ".h5" && ext != ".hdf5") {
    throw Error(message("cannot write '", path, "': results end in .npz, .h5 or .hdf5",
                        did_you_mean(ext, {".npz", ".h5", ".hdf5"})));
  }
  const std::string part = partial_path(path);
  try {
    detail::write_hdf5(part, arrays);
  } catch (...) {
    std::remove(part.c_str());
    throw;
  }
  finish_file(path);
}

void save_paths(const std::string& path, const paths::Paths& p) {
  const auto n = size_t(p.num_paths()), num_interactions = p.interactions.size();
  const auto synthetic = uint8_t(p.synthetic_array);
  const auto per_path = [&](const char* name, const std::vector<double>& v) {
    return array_of(name, {n}, Type::kFloat64, v);
  };
  write_arrays(path, {scalar("frequency_hz", p.frequency_hz),
                      array_of("synthetic_array", {}, Type::kUint8, &synthetic, 1),
                      texts("tx_names", p.tx_names),
                      texts("rx_names", p.rx_names),
                      texts("object_names", p.object_names),
                      points("tx_positions_m", p.tx_positions_m, {p.tx_positions_m.size()}),
                      points("rx_positions_m", p.rx_positions_m, {p.rx_positions_m.size()}),
                      array_of("tx_num_elements", {p.tx_num_elements.size()}, Type::kInt32, p.tx_num_elements),
                      array_of("tx_num_slants", {p.tx_num_slants.size()}, Type::kInt32, p.tx_num_slants),
                      array_of("rx_num_elements", {p.rx_num_elements.size()}, Type::kInt32, p.rx_num_elements),
                      array_of("rx_num_slants", {p.rx_num_slants.size()}, Type::kInt32, p.rx_num_slants),
                      links_array(p),
                      per_path("tau_s", p.tau_s),
                      per_path("theta_t", p.theta_t),
                      per_path("phi_t", p.phi_t),
                      per_path("theta_r", p.theta_r),
                      per_path("phi_r", p.phi_r),
                      per_path("doppler_hz", p.doppler_hz),
                      array_of("transfer", {n, 2, 2}, Type::kComplex128, p.transfer),
                      array_of("interaction_begin", {p.interaction_begin.size()}, Type::kInt64, p.interaction_begin),
                      array_of("interactions", {num_interactions}, Type::kUint8, p.interactions),
                      array_of("objects", {num_interactions}, Type::kInt32, p.objects),
                      array_of("facets", {num_interactions}, Type::kInt32, p.facets),
                      points("vertices_m", p.vertices_m, {num_interactions}),
                      array_of("a_begin", {p.a_begin.size()}, Type::kInt64, p.a_begin),
                      array_of("a", {p.a.size()}, Type::kComplex128, p.a)});
}

void save_radio_map(const std::string& path, const maps::RadioMap& map) {
  const size_t nt = size_t(map.num_tx), ny = size_t(map.num_y), nx = size_t(map.num_x);
  static constexpr const char* kinds[] = {"plane", "mesh", "terrain"};
  const maps::Surface& s = map.surface;
  std::vector<NamedArray> arrays{
      scalar("frequency_hz", map.frequency_hz),
      scalar("noise_power_w", map.noise_power_w),
      texts("tx_names", map.tx_names),
      array_of("tx_power_w", {nt}, Type::kFloat64, map.tx_power_w),
      array_of("path_gain", {nt, ny, nx}, Type::kFloat64, map.path_gain),
      array_of("rss_w", {nt, ny, nx}, Type::kFloat64, map.rss_w()),
      array_of("sinr", {nt, ny, nx}, Type::kFloat64, map.sinr()),
      array_of("tx_association", {ny, nx}, Type::kInt32, map.tx_association()),
      points("cell_centers_m", map.cell_centers_m, {ny, nx}),
      text("surface", kinds[int(s.kind)]),
      points("center_m", {s.center_m}, {}),
      points("orientation_rad", {s.orientation_rad}, {}),
      array_of("size_m", {2}, Type::kFloat64, std::vector<double>{s.size_m.x, s.size_m.y}),
      array_of("cell_size_m", {2}, Type::kFloat64, std::vector<double>{s.cell_size_m.x, s.cell_size_m.y}),
      scalar("height_m", s.height_m)};
  if (!map.cell_corners_m.empty()) arrays.push_back(points("cell_corners_m", map.cell_corners_m, {nx, 3}));
  write_arrays(path, arrays);
}

}  // namespace raywave::io
