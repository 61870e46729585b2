// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <map>

#include "raywave/core/constants.h"
#include "raywave/core/files.h"
#include "raywave/io/place.h"
#include "raywave/io/scene_files.h"
#include "raywave/runs/toml_table.h"
#include "raywave/runs/wave_files.h"

namespace raywave::runs {
namespace {

using detail::Table;
using wave::Complexc;
using wave::Point;

/// Where each named thing stands in the file, so that what the scene refuses is found there.
using Lines = std::map<std::string, size_t>;

void read_number(Table& t, const char* key, double& out) {
  std::optional<double> v;
  t.read(key, v);
  if (v) out = *v;
}

template <class Enum>
void read_enum(Table& t, const char* key, Enum& out, const std::vector<std::string>& names) {
  std::optional<Enum> v;
  t.read_choice(key, v, names);
  if (v) out = *v;
}

std::string read_text(Table& t, const char* key, const std::string& otherwise) {
  std::optional<std::string> v;
  t.read(key, v);
  return v.value_or(otherwise);
}

Point read_point(Table& t, const char* key) {
  const auto v = t.numbers(key, 2);
  if (!t.require(v.has_value(), message("this shape needs ", key, " = [y, z]"))) return {};
  return {(*v)[0], (*v)[1]};
}

double need(Table& t, const char* key) {
  std::optional<double> v;
  t.read(key, v);
  t.require(v.has_value(), message("this kind needs ", key));
  return v.value_or(0.0);
}

std::vector<Complexc> complex_list(Table& t, const char* key) {
  const auto v = t.pairs(key);
  std::vector<Complexc> out;
  if (!t.require(v.has_value(), message("this kind needs ", key, " = [[re, im], ...]"))) return out;
  for (const auto& p : *v) out.emplace_back(p[0], p[1]);
  return out;
}

void read_grid(Table& t, wave::Scene& s) {
  const auto points = t.numbers("points_m");
  std::optional<int> n;
  std::optional<double> spacing, wavelengths;
  t.read_integer("num_y", n, 4, 1 << 24);
  std::optional<int> n_x;
  std::optional<double> spacing_x;
  t.read_integer("num_x", n_x, 0, 1 << 20);
  t.read("spacing_x_m", spacing_x);
  read_number(t, "center_x_m", s.grid.center_x_m);
  t.read("spacing_m", spacing);
  t.read("spacing_wavelengths", wavelengths);
  read_number(t, "center_m", s.grid.center_m);
  t.finish();
  if (points) {
    s.grid.points_m = *points;
    s.grid.num_y = n.value_or(int(points->size()));
    return;
  }
  if (spacing && wavelengths) t.fail(t.raw(), "give spacing_m or spacing_wavelengths, not both");
  s.grid.num_y = n.value_or(0);  // 0: chosen when the scene is known
  s.grid.spacing_m = spacing ? *spacing : wavelengths.value_or(0.25) * s.wavelength_m();
  s.grid.num_x = n_x.value_or(1);
  if (n_x && *n_x > 0 && *n_x < 4) t.fail(t.raw(), message("num_x must be 0 (chosen) or >= 4, got ", *n_x));
  if (n_x) s.grid.spacing_x_m = spacing_x.value_or(s.grid.spacing_m);
  if (!n_x && spacing_x) t.fail(t.raw(), "spacing_x_m needs num_x");
}

void read_absorber(Table& t, wave::Absorber& a) {
  read_number(t, "width_m", a.width_m);
  read_number(t, "max_angle_rad", a.max_angle_rad);
  read_number(t, "nepers", a.nepers);
  std::optional<int> power;
  t.read_integer("power", power, 1, 20);
  a.power = power.value_or(a.power);
  t.finish();
}

wave::Source read_source(Table& t, size_t index, const wave::Scene& scene) {
  wave::Source s;
  s.name = read_text(t, "name", message("source", index));
  read_enum(t, "kind", s.kind, {"gaussian", "plane", "point", "array", "sampled"});
  for (const auto& [key, value] :
       {std::pair{"position_m", &s.position_m}, {"amplitude", &s.amplitude}, {"phase_rad", &s.phase_rad}})
    read_number(t, key, *value);
  const bool volume = scene.grid.volume();
  if (volume) read_number(t, "position_x_m", s.position_x_m);
  if (volume) read_number(t, "tilt_x_rad", s.tilt_x_rad);
  using enum wave::SourceKind;
  if (s.kind == kGaussian || s.kind == kPlane || s.kind == kArray) read_number(t, "tilt_rad", s.tilt_rad);
  if (s.kind != kPoint) read_number(t, "focus_m", s.focus_m);
  if (s.kind == kGaussian || s.kind == kArray) s.waist_m = need(t, "waist_m");
  if (s.kind == kPlane) {
    s.width_m = need(t, "width_m");
    read_number(t, "taper_m", s.taper_m);
  }
  if (s.kind == kPoint) {
    s.distance_m = need(t, "distance_m");
    std::optional<double> power;
    t.read(volume ? "power_w" : "power_w_per_m", power);
    if (power && t.raw().contains("amplitude")) t.fail(t.raw(), "give the amplitude or the power, not both");
    if (power)
      s.amplitude =
          volume ? wave::point_source_amplitude(*power) : wave::line_source_amplitude(*power, scene.frequency_hz);
  }
  if (s.kind == kArray) {
    const auto offsets = t.numbers("element_offsets_m");
    t.require(offsets.has_value(), "an array needs element_offsets_m");
    s.element_offsets_m = offsets.value_or(std::vector<double>{});
    if (volume) s.element_offsets_x_m = t.numbers("element_offsets_x_m").value_or(std::vector<double>{});
    s.weights = t.raw().contains("weights") ? complex_list(t, "weights")
                                            : std::vector<Complexc>(s.element_offsets_m.size(), 1.0);
  }
  if (s.kind == kSampled) s.samples = complex_list(t, "samples");
  t.finish();
  return s;
}

em::Material read_material(Table& t, const std::string& object) {
  std::optional<std::string> name;
  std::optional<double> eps, sigma;
  std::optional<bool> conductor;
  t.read("material", name);
  t.read("relative_permittivity", eps);
  t.read("conductivity_s_per_m", sigma);
  t.read("perfect_conductor", conductor);
  if (name && (eps || sigma || conductor)) t.fail(t.raw(), "give material or its constants, not both");
  t.require(name || eps || conductor, "an object needs material, relative_permittivity or perfect_conductor");
  try {
    if (name) return em::itu_material(*name);
  } catch (const Error& e) {
    t.fail(*t.raw().get("material"), e.what());
  }
  em::Material m;
  m.name = object + "_material";
  m.relative_permittivity = eps.value_or(1), m.conductivity_s_per_m = sigma.value_or(0);
  m.perfect_conductor = conductor.value_or(false);
  return m;
}

enum class Shape { kRectangle, kDisc, kPolygon, kHalfPlane, kGrating, kLens };

using Outlines = std::vector<wave::Outline>;

/// Nothing where the table lacks something, which its `finish` says.
Outlines read_outlines(Table& t, const wave::Scene& s) {
  Shape shape = Shape::kRectangle;
  if (!t.raw().contains("shape")) t.fail(t.raw(), "an object needs a shape");
  read_enum(t, "shape", shape, {"rectangle", "disc", "polygon", "half_plane", "grating", "lens"});
  if (shape == Shape::kRectangle) {
    const Point c = read_point(t, "center_m"), size = read_point(t, "size_m");
    return t.lacks_something() ? Outlines{} : Outlines{wave::rectangle(c, size.y_m, size.z_m)};
  }
  if (shape == Shape::kDisc) {
    const Point c = read_point(t, "center_m");
    const double radius = need(t, "radius_m");
    return t.lacks_something() ? Outlines{} : Outlines{wave::disc(c, radius)};
  }
  if (shape == Shape::kPolygon) {
    const auto v = t.pairs("vertices_m");
    if (!t.require(v.has_value(), "a polygon needs vertices_m = [[y, z], ...]")) return {};
    wave::Outline o;
    for (const auto& p : *v) o.push_back({p[0], p[1]});
    return {o};
  }
  if (shape == Shape::kHalfPlane) {
    const Point edge = read_point(t, "edge_m");
    std::optional<bool> below;
    t.read("below", below);
    if (s.grid.num_y == 0) t.fail(t.raw(), "a half plane has no width of its own: give num_y in [grid]");
    const auto cells = s.grid.cell_edges_m();
    const double extent = std::max(std::abs(cells.front()), std::abs(cells.back())) + s.grid.length_m();
    const double depth = need(t, "depth_m");
    return t.lacks_something() ? Outlines{} : Outlines{wave::half_plane(edge, below.value_or(true), depth, extent)};
  }
  const Point c = read_point(t, "center_m");
  if (shape == Shape::kGrating) {
    std::optional<int> bars;
    t.read_integer("num_bars", bars, 1, 100000);
    const double period = need(t, "period_m"), fill = need(t, "fill"), depth = need(t, "depth_m");
    return t.lacks_something() ? Outlines{} : wave::grating(c, period, fill, depth, bars.value_or(1));
  }
  double rim = 0;
  read_number(t, "edge_depth_m", rim);
  const double aperture = need(t, "aperture_m"), curvature = need(t, "radius_of_curvature_m");
  return t.lacks_something() ? Outlines{} : Outlines{wave::lens(c, aperture, curvature, rim)};
}

using Solids = std::vector<wave::Solid>;

/// The same.
Solids read_solids(Table& t) {
  std::optional<int> kind;
  t.read_choice("shape", kind, {"box", "sphere"});
  if (!kind) t.fail(t.raw(), "an object needs a shape");
  std::optional<Vec3d> center, size;
  t.read("center_m", center);
  t.require(center.has_value(), "this shape needs center_m = [x, y, z]");
  if (*kind == 1) {
    const double radius = need(t, "radius_m");
    return t.lacks_something() ? Solids{} : Solids{wave::sphere_solid(*center, radius)};
  }
  t.read("size_m", size);
  t.require(size.has_value(), "this shape needs size_m = [x, y, z]");
  return t.lacks_something() ? Solids{} : Solids{wave::box_solid(*center, *size)};
}

wave::Object read_object(Table& t, size_t index, const wave::Scene& s) {
  wave::Object o;
  o.name = read_text(t, "name", message("object", index));
  o.material = read_material(t, o.name);
  read_enum(t, "model", o.model, {"auto", "screen", "wpm", "slab"});
  read_number(t, "absorption_np_per_m", o.absorption_np_per_m);
  const size_t line = t.line();
  try {
    if (s.grid.volume()) {
      o.solids = read_solids(t);
    } else {
      o.outlines = read_outlines(t, s);
    }
  } catch (const Error& e) {
    const std::string text = e.what();
    // what the shapes refuse has no place yet
    if (text.find(t.file() + ":") == 0) throw;
    throw Error(message(t.file(), ":", line, ": object '", o.name, "': ", text));
  }
  t.finish();
  return o;
}

void read_output(Table& t, WaveConfig& out) {
  const auto z = t.numbers("z_m");
  std::optional<int> planes;
  t.read_integer("planes", planes, 1, 1000000);
  if (z && planes) t.fail(t.raw(), "give z_m or planes, not both");
  if (z) out.options.output_z_m = *z;
  out.planes = planes.value_or(0);
  if (out.scene.grid.volume()) {
    for (const auto& p : t.tuples<3>("points_m").value_or(std::vector<std::array<double, 3>>{}))
      out.points_m.push_back({p[0], p[1], p[2]});
  } else {
    for (const auto& p : t.pairs("points_m").value_or(std::vector<std::array<double, 2>>{}))
      out.points_m.push_back({0, p[0], p[1]});
  }
  out.field = read_text(t, "field", "");
  out.image = read_text(t, "image", "");
  out.json = read_text(t, "json", "");
  t.finish();
}

void read_options(Table& t, WaveConfig& out) {
  wave::BackendOptions& b = out.options.backend;
  if (const toml::node* node = t.find("backend")) {
    const auto name = node->value<std::string>();
    if (!node->is_string()) t.fail(*node, "backend must be a string");
    try {
      b.kind = wave::backend_from_name(*name);
    } catch (const Error& e) {
      t.fail(*node, e.what());
    }
  }
  read_enum(t, "device", out.options.device, {"cpu", "cuda", "emulated"});
  read_enum(t, "precision", b.precision, {"double", "float"});
  read_number(t, "tolerance", b.tolerance);
  std::optional<int> threads;
  t.read_integer("threads", threads, 0, 4096);
  out.options.num_threads = threads.value_or(0);
  std::optional<int> reflections;
  t.read_integer("num_reflections", reflections, 0, 1000);
  out.options.num_reflections = reflections.value_or(0);
  if (const toml::node* node = t.find("memory")) {
    try {
      if (!node->is_string()) throw Error("memory must be a string such as \"1GiB\"");
      out.options.memory_bytes = parse_bytes(*node->value<std::string>());
    } catch (const Error& e) {
      t.fail(*node, e.what());
    }
  }
}

/// The line of the thing that a message of the scene names.
size_t line_of(const std::string& text, const Lines& lines) {
  size_t best = 1, place = std::string::npos;
  for (const auto& [what, line] : lines) {
    const size_t at = text.find(what);
    if (at != std::string::npos && (place == std::string::npos || at < place)) place = at, best = line;
  }
  return best;
}

Lines key_lines(const Table& table) {
  Lines lines;
  for (const char* key : {"z_begin_m", "z_end_m", "step_m", "frequency_hz", "angle_filter_rad"})
    lines[key] = table.line(key);
  lines["grid."] = table.line("grid"), lines["absorber."] = table.line("absorber");
  lines["ground"] = table.line("boundary");
  return lines;
}

}  // namespace

int64_t parse_bytes(std::string_view text) {
  const std::string s(text);
  char* end = nullptr;
  const double value = std::strtod(s.c_str(), &end);
  std::string unit(end);
  unit.erase(0, unit.find_first_not_of(' '));
  double scale = 0;
  for (const auto& [name, factor] :
       {std::pair{"", 1.0}, {"B", 1.0}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}})
    if (unit == name) scale = factor;
  if (end == s.c_str() || scale == 0 || !(value * scale >= 1) || value * scale > 9e18)
    throw Error(message("memory must be a number of bytes such as \"1GiB\", \"512 MiB\", \"1e9\", got '", s, "'"));
  return int64_t(value * scale);
}

WaveConfig parse_wave_config(std::string_view text, const std::string& name, const std::string& folder,
                             const LogSink& log) {
  const toml::table parsed = detail::parse_toml(text, name);
  Table table(parsed, name, "");
  WaveConfig out;
  wave::Scene& s = out.scene;
  std::optional<double> frequency;
  table.read_frequency(frequency);
  if (!frequency) throw Error(message(name, ":1: a wave run needs frequency = \"28GHz\" or frequency_hz"));
  s.frequency_hz = *frequency;
  read_options(table, out);
  read_enum(table, "polarization", s.polarization, {"te", "tm"});
  read_enum(table, "boundary", s.boundary, {"periodic", "dirichlet", "neumann"});
  read_number(table, "z_begin_m", s.z_begin_m);
  read_number(table, "z_end_m", s.z_end_m);
  if (const toml::node* node = table.find("step_m")) {
    s.step_m = table.as_number(*node, "step_m");
    if (!(s.step_m > 0)) table.fail(*node, message("step_m must be > 0, got ", s.step_m));
  }
  read_number(table, "angle_filter_rad", s.angle_filter_rad);
  Lines lines = key_lines(table);
  auto grid = table.sub_table("grid");
  if (!grid) throw Error(message(name, ":1: a wave run needs a [grid]"));
  read_grid(*grid, s);
  if (auto t = table.sub_table("absorber")) read_absorber(*t, s.absorber);
  for (Table& t : table.tables("source")) {
    s.sources.push_back(read_source(t, s.sources.size(), s));
    lines["source '" + s.sources.back().name + "'"] = t.line();
  }
  for (Table& t : table.tables("object")) {
    s.objects.push_back(read_object(t, s.objects.size(), s));
    lines["object '" + s.objects.back().name + "'"] = t.line();
    lines["conductor '" + s.objects.back().name + "'"] = t.line();
  }
  if (auto t = table.sub_table("cut")) {
    const std::string file = read_text(*t, "scene", "");
    double height = 0;
    if (!s.grid.volume()) height = need(*t, "height_m");
    t->finish();
    if (file.empty()) t->fail(t->raw(), "[cut] needs scene");
    if (s.grid.num_y == 0) t->fail(t->raw(), "[cut] needs num_y in [grid]");
    if (s.grid.num_x == 0) t->fail(t->raw(), "[cut] needs num_x in [grid]");
    io::LoadOptions load;
    load.log = log;
    load.frequency_hz = s.frequency_hz;
    const scene::Scene loaded = io::load_scene(path_in(folder, file), load);
    out.place = io::read_place(path_in(folder, file));
    const auto found =
        s.grid.volume() ? wave::solids_of(loaded, s, log) : wave::clipped_to(s, wave::cut(loaded, height));
    s.objects.insert(s.objects.end(), found.begin(), found.end());
  }
  if (auto t = table.sub_table("output")) read_output(*t, out);
  table.finish();
  try {
    wave::choose_window(s);
    s.validate();
  } catch (const Error& e) {
    throw Error(message(name, ":", line_of(e.what(), lines), ": ", e.what()));
  }
  return out;
}

WaveConfig read_wave_config(const std::string& path, const LogSink& log) {
  return parse_wave_config(read_file(path), path, std::filesystem::path(path).parent_path().string(), log);
}

}  // namespace raywave::runs
