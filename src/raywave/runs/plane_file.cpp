// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/plane_file.h"

#include <filesystem>
#include <limits>

#include "raywave/core/files.h"
#include "raywave/plane/laws.h"
#include "raywave/runs/toml_table.h"

namespace raywave::runs {
namespace {

using detail::Table;

std::vector<plane::Device> read_devices(const toml::table& root, const char* key, const std::string& file) {
  std::vector<plane::Device> out;
  const toml::node* node = root.get(key);
  if (!node) return out;
  const toml::table* table = node->as_table();
  if (!table)
    throw Error(message(file, ":", node->source().begin.line, ": ", key, " must be a table of name = [x, y]"));
  for (const auto& [name, at] : *table) {
    const std::string word(name.str());
    Table row(*table, file, key);
    const auto p = row.numbers(word.c_str(), 2);
    out.push_back({word, {(*p)[0], (*p)[1]}});
  }
  return out;
}

em::Material read_material(Table table) {
  em::Material m;
  std::optional<std::string> name, itu;
  std::optional<bool> conductor;
  table.read("name", name), table.read("itu_name", itu), table.read("perfect_conductor", conductor);
  table.require(name.has_value(), "a material needs a name");
  m.name = name.value_or(""), m.itu_name = itu.value_or(""), m.perfect_conductor = conductor.value_or(false);
  const std::pair<const char*, double*> numbers[] = {{"relative_permittivity", &m.relative_permittivity},
                                                     {"conductivity_s_per_m", &m.conductivity_s_per_m},
                                                     {"thickness_m", &m.thickness_m}};
  for (const auto& [key, to] : numbers) {
    std::optional<double> value;
    table.read(key, value);
    if (value) *to = *value;
  }
  table.finish();
  return m;
}

plane::Object read_object(Table table) {
  using plane::Kind;
  static constexpr std::pair<const char*, Kind> kKinds[] = {{"wall", Kind::kWall},
                                                            {"ris", Kind::kRis},
                                                            {"panel", Kind::kPanel},
                                                            {"corner", Kind::kCorner},
                                                            {"arc", Kind::kArc}};
  plane::Object o;
  std::optional<std::string> kind, name, material;
  std::optional<Vec2d> a, b;
  table.read("kind", kind), table.read("name", name), table.read("a", a), table.read("material", material);
  try {
    o.kind = value_named(kKinds, "kind of object", kind.value_or("wall"));
  } catch (const Error& e) {
    table.fail(table.raw(), e.what());
  }
  table.require(name && a, message("an object needs ", name ? "a = [x, y]" : "a name"));
  o.name = name.value_or(""), o.a = a.value_or(Vec2d{}), o.material = material.value_or("");
  const auto number = [&](const char* key, double& to) {
    std::optional<double> value;
    table.read(key, value);
    if (table.require(value.has_value(), message("'", o.name, "' needs ", key))) to = *value;
  };
  if (o.kind == Kind::kArc) {
    number("radius_m", o.radius_m), number("begin_rad", o.begin_rad), number("end_rad", o.end_rad);
  } else if (o.kind != Kind::kCorner) {
    table.read("b", b);
    if (table.require(b.has_value(), message("'", o.name, "' needs b = [x, y]"))) o.b = *b;
  }
  if (o.kind == Kind::kRis) number("phi_rad", o.phi_rad);
  if (o.kind == Kind::kPanel) o.profile_m = table.numbers("profile_m").value_or(std::vector<double>{});
  table.finish();
  return o;
}

PlaneTrace read_trace(Table table) {
  PlaneTrace out;
  table.read_integer("min_order", out.min_order, 0, plane::kMaxOrder);
  table.read_integer("max_order", out.max_order, 0, plane::kMaxOrder);
  table.read_integer("points", out.points, 2, 4096);
  table.read("candidates", out.candidates), table.read("method", out.method), table.read("smoothed", out.smoothed);
  table.read_integer("seed", out.seed, 0, std::numeric_limits<int64_t>::max());
  table.read("sampler", out.sampling.sampler);
  table.read_integer("num_samples", out.sampling.num_samples, 1);
  table.finish();
  return out;
}

}  // namespace

void PlaneTrace::take(const PlaneTrace& other) {
  const auto put = [](auto& mine, const auto& theirs) {
    if (theirs) mine = theirs;
  };
  put(min_order, other.min_order), put(max_order, other.max_order), put(points, other.points);
  put(candidates, other.candidates), put(method, other.method), put(smoothed, other.smoothed), put(seed, other.seed);
  sampling.take(other.sampling);
}

PlaneRun parse_plane_run(const std::string& text, const std::string& name) {
  const toml::table root = detail::parse_toml(text, name);
  Table table(root, name, "");
  PlaneRun out;
  plane::Scene2D& s = out.scene;
  const std::pair<const char*, double*> numbers[] = {
      {"r_coef", &s.r_coef}, {"height_m", &s.height_m}, {"alpha", &s.alpha}, {"frequency_hz", &s.frequency_hz}};
  for (const auto& [key, to] : numbers) {
    std::optional<double> value;
    table.read(key, value);
    if (value) *to = *value;
  }
  std::optional<std::string> crs;
  std::optional<Vec3d> origin;
  table.read("crs", crs), table.read("origin_m", origin);
  if (origin && !crs) table.fail(root, "origin_m is a place in a crs: give it too");
  s.place = {crs.value_or(""), origin.value_or(Vec3d{0, 0, 0})};
  table.find("transmitters"), table.find("receivers");
  s.transmitters = read_devices(root, "transmitters", name), s.receivers = read_devices(root, "receivers", name);
  for (const Table& item : table.tables("materials")) s.materials.push_back(read_material(item));
  for (const Table& item : table.tables("objects")) s.objects.push_back(read_object(item));
  if (const auto trace = table.sub_table("trace")) out.trace = read_trace(*trace);
  table.finish();
  try {
    s.validate_distinct();
  } catch (const Error& e) {
    throw Error(message(name, ": ", e.what()));
  }
  return out;
}

PlaneRun load_plane_run(const std::string& path) {
  PlaneRun out = parse_plane_run(read_file(path), path);
  if (auto& sampler = out.trace.sampling.sampler; sampler && !sampler->empty())
    sampler = path_in(std::filesystem::path(path).parent_path().string(), *sampler);
  return out;
}

}  // namespace raywave::runs
