// SPDX-License-Identifier: Apache-2.0
#include "raywave/view/report_data.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/units.h"
#include "raywave/scene/facets.h"
#include "raywave/view/color_map.h"
#include "raywave/view/path_classes.h"

namespace raywave::view {
namespace {

using Json = nlohmann::ordered_json;
static_assert(std::endian::native == std::endian::little, "the page's arrays are little-endian");

std::string base64(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = uint32_t(bytes[i]) << 16;
    if (n > 1) group |= uint32_t(bytes[i + 1]) << 8;
    if (n > 2) group |= uint32_t(bytes[i + 2]);
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 63];
    out += n > 1 ? kDigits[group >> 6 & 63] : '=';
    out += n > 2 ? kDigits[group & 63] : '=';
  }
  return out;
}

template <class T>
Json blob(const char* type, const std::vector<T>& values) {
  return {{"type", type}, {"data", base64(std::as_bytes(std::span(values)))}};
}
Json floats(const std::vector<float>& v) { return blob("f32", v); }
Json doubles(const std::vector<double>& v) { return blob("f64", v); }
Json indices(const std::vector<uint32_t>& v) { return blob("u32", v); }

/// The plots' colours: a ramp of 256 and ten categories (r, g, b each), and the classes of paths.
Json color_tables() {
  std::vector<uint8_t> ramp, classes;
  const auto add = [](std::vector<uint8_t>& out, Rgb c) { out.insert(out.end(), {c.r, c.g, c.b}); };
  for (int i = 0; i < 256; ++i) add(ramp, sequential_color(i / 255.0));
  for (int i = 0; i < 10; ++i) add(classes, categorical_color(i));
  Json path_classes = Json::array();
  for (int i = 0; i < kNumPathClasses; ++i) {
    const Rgb c = path_class_color(PathClass(i));
    path_classes.push_back(
        {{"name", path_class_name(PathClass(i))}, {"color", {c.r / 255.0, c.g / 255.0, c.b / 255.0}}});
  }
  return {{"sequential", blob("u8", ramp)}, {"categorical", blob("u8", classes)}, {"path_classes", path_classes}};
}

Json triple(const Vec3d& v) { return {v.x, v.y, v.z}; }

void append(std::vector<float>& out, const Vec3d& p) { out.insert(out.end(), {float(p.x), float(p.y), float(p.z)}); }

void require_size(const char* what, size_t size, size_t expected) {
  if (size != expected) throw Error(message(what, " has ", size, " entries, expected ", expected));
}

Vec3d middle(const scene::Scene& scene) {
  if (scene.num_triangles() == 0) {
    if (!scene.transmitters.empty()) return scene.transmitters[0].position_m;
    return scene.receivers.empty() ? Vec3d{} : scene.receivers[0].position_m;
  }
  Vec3d lo, hi;
  scene.bounding_box(lo, hi);
  return 0.5 * (lo + hi);
}

/// Facet borders, without those where a curved surface was cut into flat pieces.
std::vector<float> edge_lines(const scene::Scene& scene, const Vec3d& origin) {
  constexpr double kSmoothRad = 20 * kPi / 180;
  scene::Scene cleaned;
  cleaned.materials = scene.materials;
  cleaned.objects = scene.objects;
  clean_meshes(cleaned);
  std::vector<float> out;
  for (const scene::Edge& edge : build_facets(cleaned).edges) {
    if (edge.facet1 >= 0 && std::fabs(edge.exterior_angle_rad - kPi) < kSmoothRad) continue;
    append(out, edge.a - origin);
    append(out, edge.b - origin);
  }
  return out;
}

Json mesh_json(const scene::Scene& scene, const Vec3d& origin) {
  std::vector<float> positions;
  std::vector<std::vector<uint32_t>> triangles(scene.materials.size());
  for (const scene::Object& object : scene.objects) {
    if (object.material < 0 || size_t(object.material) >= triangles.size()) {
      throw Error(message("object '", object.name, "' names material ", object.material, " of ", triangles.size()));
    }
    const auto base = uint32_t(positions.size() / 3);
    for (const Vec3d& v : object.mesh.vertices_m) append(positions, v - origin);
    auto& list = triangles[size_t(object.material)];
    for (const auto& t : object.mesh.triangles) list.insert(list.end(), {base + t[0], base + t[1], base + t[2]});
  }
  Json materials = Json::array();
  for (size_t m = 0; m < triangles.size(); ++m) {
    if (triangles[m].empty()) continue;
    const em::Material& material = scene.materials[m];
    materials.push_back(
        {{"name", material.name}, {"color", triple(material.color)}, {"triangles", indices(triangles[m])}});
  }
  return {{"positions", floats(positions)}, {"edges", floats(edge_lines(scene, origin))}, {"materials", materials}};
}

Json devices_json(const scene::Scene& scene) {
  Json out = Json::array();
  for (const scene::Device& d : scene.transmitters) {
    out.push_back({{"name", d.name}, {"kind", "tx"}, {"position", triple(d.position_m)}, {"power_dbm", d.power_dbm}});
  }
  for (const scene::Device& d : scene.receivers) {
    out.push_back({{"name", d.name}, {"kind", "rx"}, {"position", triple(d.position_m)}});
  }
  return out;
}

/// |a|^2 averaged over the pairs of ports, in dB.
float path_gain_db(const paths::Paths& p, int64_t path) {
  const int64_t begin = p.a_begin[size_t(path)], end = p.a_begin[size_t(path) + 1];
  double sum = 0;
  for (int64_t i = begin; i < end; ++i) sum += norm2(p.a[size_t(i)]);
  return float(power_to_db(end > begin ? sum / double(end - begin) : 0.0));
}

void check_sizes(const paths::Paths& p) {
  const auto n = size_t(p.num_paths());
  require_size("paths.a_begin", p.a_begin.size(), n + 1);
  require_size("paths.interaction_begin", p.interaction_begin.size(), n + 1);
  const auto steps = size_t(p.interaction_begin.back());
  require_size("paths.interactions", p.interactions.size(), steps);
  require_size("paths.objects", p.objects.size(), steps);
  require_size("paths.vertices_m", p.vertices_m.size(), steps);
  require_size("paths.a", p.a.size(), size_t(p.a_begin.back()));
  require_size("paths.tx_positions_m", p.tx_positions_m.size(), p.tx_names.size());
  require_size("paths.rx_positions_m", p.rx_positions_m.size(), p.rx_names.size());
}

Json paths_json(const paths::Paths& p, const Vec3d& origin) {
  check_sizes(p);
  const auto n = size_t(p.num_paths());
  std::vector<uint32_t> tx(n), rx(n), begin(n + 1);
  for (const paths::Link& link : p.links) {
    for (int64_t i = link.path_begin; i < link.path_end; ++i) {
      tx[size_t(i)] = uint32_t(link.tx);
      rx[size_t(i)] = uint32_t(link.rx);
    }
  }
  std::vector<float> gain(n), vertices, ends_t, ends_r;
  std::vector<double> delay(n);
  std::vector<uint8_t> classes(n);
  for (size_t i = 0; i < n; ++i) {
    gain[i] = path_gain_db(p, int64_t(i));
    delay[i] = 1e9 * p.tau_s[i];
    classes[i] = uint8_t(path_class(p, int64_t(i)));
  }
  std::copy(p.interaction_begin.begin(), p.interaction_begin.end(), begin.begin());
  std::vector<uint8_t> kinds(p.interactions.size());
  std::transform(p.interactions.begin(), p.interactions.end(), kinds.begin(),
                 [](paths::Interaction i) { return uint8_t(i); });
  for (const Vec3d& v : p.vertices_m) append(vertices, v - origin);
  for (const Vec3d& v : p.tx_positions_m) append(ends_t, v - origin);
  for (const Vec3d& v : p.rx_positions_m) append(ends_r, v - origin);
  return {{"count", n},
          {"tx_names", p.tx_names},
          {"rx_names", p.rx_names},
          {"object_names", p.object_names},
          {"tx_positions", floats(ends_t)},
          {"rx_positions", floats(ends_r)},
          {"tx", indices(tx)},
          {"rx", indices(rx)},
          {"gain_db", floats(gain)},
          {"delay_ns", doubles(delay)},
          {"classes", blob("u8", classes)},
          {"begin", indices(begin)},
          {"kinds", blob("u8", kinds)},
          {"objects", blob("i32", p.objects)},
          {"vertices", floats(vertices)}};
}

const char* metric_name(MapMetric metric) {
  switch (metric) {
    case MapMetric::kPathGain:
      return "path_gain";
    case MapMetric::kRss:
      return "rss";
    case MapMetric::kSinr:
      return "sinr";
    case MapMetric::kAssociation:
      return "association";
  }
  return "path_gain";
}

void check_sizes(const maps::RadioMap& map) {
  const auto cells = size_t(map.num_cells());
  require_size("map.path_gain", map.path_gain.size(), cells * size_t(map.num_tx));
  require_size("map.cell_centers_m", map.cell_centers_m.size(), cells);
  require_size("map.tx_names", map.tx_names.size(), size_t(map.num_tx));
  require_size("map.tx_power_w", map.tx_power_w.size(), size_t(map.num_tx));
  if (map.surface.kind == maps::Surface::Kind::kMesh)
    require_size("map.cell_corners_m", map.cell_corners_m.size(), 3 * cells);
}

/// Where the cells are: corners of triangles, or a grid with its corner, steps and (terrain) heights of the cells'
/// centres.
void add_geometry(const maps::RadioMap& map, const Vec3d& origin, Json& out) {
  using Kind = maps::Surface::Kind;
  if (map.surface.kind == Kind::kMesh) {
    std::vector<float> corners;
    for (const Vec3d& v : map.cell_corners_m) append(corners, v - origin);
    out["corners"] = floats(corners);
    return;
  }
  const bool terrain = map.surface.kind == Kind::kTerrain;
  const Mat3d rotation = rotation_from_euler(map.surface.orientation_rad);
  const Vec3d step_x = map.surface.cell_size_m.x * (rotation * Vec3d{1, 0, 0});
  const Vec3d step_y = map.surface.cell_size_m.y * (rotation * Vec3d{0, 1, 0});
  if (map.num_cells() == 0) return;
  const Vec3d corner = map.cell_centers_m[0] - 0.5 * step_x - 0.5 * step_y - origin;
  out["corner"] = triple(terrain ? Vec3d{corner.x, corner.y, 0} : corner);
  out["step_x"] = triple(step_x);
  out["step_y"] = triple(step_y);
  if (!terrain) return;
  std::vector<float> heights;
  for (const Vec3d& c : map.cell_centers_m) heights.push_back(float(c.z - origin.z));
  out["heights"] = floats(heights);
}

Json map_json(const maps::RadioMap& map, const MapPlotOptions& options, const Vec3d& origin) {
  check_sizes(map);
  if (options.tx < -1 || options.tx >= map.num_tx) {
    throw Error(message("map.tx must be -1 (best) or below ", map.num_tx, ", got ", options.tx));
  }
  std::vector<float> gain_db;
  gain_db.reserve(map.path_gain.size());
  for (const double g : map.path_gain) gain_db.push_back(g > 0 ? float(power_to_db(g)) : std::nanf(""));
  std::vector<double> power_dbm;
  for (const double p : map.tx_power_w) power_dbm.push_back(watt_to_dbm(p));
  Json out{{"num_x", map.num_x},
           {"num_y", map.num_y},
           {"tx_names", map.tx_names},
           {"tx_power_dbm", doubles(power_dbm)},
           {"noise_w", map.noise_power_w},
           {"gain_db", floats(gain_db)},
           {"metric", metric_name(options.metric)},
           {"tx", options.tx}};
  if (options.max_db > options.min_db) out["range"] = {options.min_db, options.max_db};
  add_geometry(map, origin, out);
  return out;
}

/// The coordinate reference system and what the scene's (0, 0, 0) is in it, as a line.
std::string place_text(const scene::Place& place) {
  char origin[100];
  std::snprintf(origin, sizeof origin, "%.10g, %.10g, %.10g", place.origin_m.x, place.origin_m.y, place.origin_m.z);
  return message("(0, 0, 0) is ", origin, " m of ", place.crs);
}

std::string ascii_json(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace); }

}  // namespace

std::string report_data(const scene::Scene& scene, const paths::Paths* paths, const maps::RadioMap* map,
                        const ReportOptions& options) {
  const Vec3d origin = middle(scene);
  Json out{{"title", options.title}, {"frequency_hz", scene.frequency_hz}, {"origin", triple(origin)}};
  out["facts"] = Json::array();
  for (const auto& [name, value] : options.facts) out["facts"].push_back({name, value});
  if (options.place) {
    out["crs"] = options.place->crs, out["origin_m"] = triple(options.place->origin_m);
    out["facts"].push_back({"place", place_text(*options.place)});
  }
  out["colors"] = color_tables();
  out["mesh"] = mesh_json(scene, origin);
  out["devices"] = devices_json(scene);
  out["paths"] = paths ? paths_json(*paths, origin) : Json();
  out["map"] = map ? map_json(*map, options.map, origin) : Json();
  const std::string text = ascii_json(out);
  // "</script>" and "<!--" in a name would end the element: no '<' outside strings in JSON, \u003c is the same inside
  // them.
  std::string safe;
  safe.reserve(text.size() + 64);
  for (const char c : text) c == '<' ? safe += "\\u003c" : safe += c;
  return safe;
}

std::string escape_html(const std::string& text) {
  const std::string clean = Json::parse(ascii_json(Json(text))).get<std::string>();
  std::string out;
  for (const char c : clean) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace raywave::view
