// SPDX-License-Identifier: Apache-2.0
#include "bind.h"
#include "convert.h"
#include "raywave/core/constants.h"
#include "raywave/runs/wave_files.h"
#include "raywave/view/wave_figure.h"
#include "raywave/wave/parameter_table.h"
#include "scene.h"
#include "wave_state.h"

namespace raywave::python {
namespace {

using wave::Complexc;
using ComplexArray = nb::ndarray<const std::complex<double>, nb::c_contig, nb::device::cpu>;
using RealArray = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;

struct PyWaveResult {
  std::shared_ptr<const wave::Simulation> simulation;
  wave::Result result;
  wave::SimulateOptions options;
  scene::Place place;  // of the scene that it was cut from; without a CRS: none
};

/// The march of what was pickled is made again, on the CPU: the device may be another machine's.
PyWaveResult result_from(const nb::bytes& bytes) {
  wave::Scene scene;
  PyWaveResult r;
  wave::Planes field, backward;
  std::vector<std::string> warnings;
  read_state(bytes, scene, r.options, field, backward, warnings, r.place);
  r.options.device = wave::Device::kCpu;
  r.simulation = std::make_shared<wave::Simulation>(std::move(scene), r.options);
  r.result = r.simulation->result_of(std::move(field), std::move(backward), std::move(warnings));
  return r;
}

double number(const nb::dict& d, const char* key) { return nb::cast<double>(d[key]); }

std::vector<double> reals(const nb::handle& h) {
  const auto a = nb::cast<RealArray>(h);
  return {a.data(), a.data() + a.size()};
}

std::vector<Complexc> complexes(const nb::handle& h) {
  const auto a = nb::cast<ComplexArray>(h);
  return {a.data(), a.data() + a.size()};
}

template <class Enum>
Enum choice(const nb::dict& d, const char* key, const std::vector<std::string>& names) {
  const auto word = nb::cast<std::string>(d[key]);
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == word) return Enum(i);
  throw Error(message("unknown ", key, " '", word, "'", did_you_mean(word, names)));
}

wave::Source source_from(const nb::dict& d) {
  wave::Source s;
  s.name = nb::cast<std::string>(d["name"]);
  s.kind = choice<wave::SourceKind>(d, "kind", {"gaussian", "plane", "point", "array", "sampled"});
  s.position_m = number(d, "position_m"), s.amplitude = number(d, "amplitude"), s.phase_rad = number(d, "phase_rad");
  s.tilt_rad = number(d, "tilt_rad"), s.waist_m = number(d, "waist_m"), s.focus_m = number(d, "focus_m");
  s.width_m = number(d, "width_m"), s.taper_m = number(d, "taper_m"), s.distance_m = number(d, "distance_m");
  s.position_x_m = number(d, "position_x_m"), s.tilt_x_rad = number(d, "tilt_x_rad");
  s.element_offsets_m = reals(d["element_offsets_m"]);
  s.element_offsets_x_m = reals(d["element_offsets_x_m"]);
  s.weights = complexes(d["weights"]), s.samples = complexes(d["samples"]);
  return s;
}

wave::Outline outline_from(const nb::handle& h) {
  const auto a = nb::cast<RealArray>(h);
  if (a.ndim() != 2 || a.shape(1) != 2) throw Error("an outline must be an array [vertices, 2: y, z]");
  wave::Outline o;
  for (size_t i = 0; i < a.shape(0); ++i) o.push_back({a.data()[2 * i], a.data()[2 * i + 1]});
  return o;
}

nb::list outline_arrays(const std::vector<wave::Outline>& outlines) {
  nb::list out;
  for (const wave::Outline& o : outlines) out.append(array<double>(wave::Outline(o), {o.size(), 2}));
  return out;
}

Vec3d vec3(const double* v) { return {v[0], v[1], v[2]}; }

wave::Solid solid_from(const nb::handle& h) {
  const auto pair = nb::cast<nb::tuple>(h);
  const auto vertices = nb::cast<RealArray>(pair[0]);
  const auto triangles = nb::cast<nb::ndarray<const uint32_t, nb::c_contig, nb::device::cpu>>(pair[1]);
  if (vertices.ndim() != 2 || vertices.shape(1) != 3) throw Error("vertices must be an array [vertices, 3: x, y, z]");
  if (triangles.ndim() != 2 || triangles.shape(1) != 3) throw Error("triangles must be an array [triangles, 3]");
  wave::Solid s;
  for (size_t i = 0; i < vertices.shape(0); ++i) s.vertices_m.push_back(vec3(vertices.data() + 3 * i));
  for (size_t i = 0; i < triangles.shape(0); ++i) {
    const uint32_t* t = triangles.data() + 3 * i;
    s.triangles.push_back({t[0], t[1], t[2]});
  }
  return s;
}

nb::tuple solid_arrays(const wave::Solid& s) {
  return nb::make_tuple(array<double>(std::vector<Vec3d>(s.vertices_m), {s.vertices_m.size(), 3}),
                        array<uint32_t>(std::vector(s.triangles), {s.triangles.size(), 3}));
}

wave::Object object_from(const nb::dict& d) {
  wave::Object o;
  o.name = nb::cast<std::string>(d["name"]);
  o.material = nb::cast<const em::Material&>(d["material"]);
  for (const nb::handle h : nb::cast<nb::list>(d["outlines"])) o.outlines.push_back(outline_from(h));
  for (const nb::handle h : nb::cast<nb::list>(d["solids"])) o.solids.push_back(solid_from(h));
  o.model = choice<wave::MediaModel>(d, "model", {"auto", "screen", "wpm", "slab"});
  o.absorption_np_per_m = number(d, "absorption_np_per_m");
  return o;
}

wave::Grid grid_from(const nb::dict& d) {
  wave::Grid g;
  g.num_y = nb::cast<int>(d["num_y"]), g.num_x = nb::cast<int>(d["num_x"]);
  g.spacing_m = number(d, "spacing_m"), g.center_m = number(d, "center_m");
  g.spacing_x_m = number(d, "spacing_x_m"), g.center_x_m = number(d, "center_x_m");
  g.points_m = reals(d["points_m"]);
  return g;
}

/// @param choose  the window, where it is not given.
wave::Scene wave_scene_from(const nb::dict& d, bool choose = true) {
  wave::Scene s;
  s.grid = grid_from(nb::cast<nb::dict>(d["grid"]));
  s.frequency_hz = number(d, "frequency_hz");
  s.z_begin_m = number(d, "z_begin_m"), s.z_end_m = number(d, "z_end_m"), s.step_m = number(d, "step_m");
  for (const nb::handle h : nb::cast<nb::list>(d["sources"])) s.sources.push_back(source_from(nb::cast<nb::dict>(h)));
  for (const nb::handle h : nb::cast<nb::list>(d["objects"])) s.objects.push_back(object_from(nb::cast<nb::dict>(h)));
  const auto absorber = nb::cast<nb::dict>(d["absorber"]);
  s.absorber.width_m = number(absorber, "width_m"), s.absorber.max_angle_rad = number(absorber, "max_angle_rad");
  s.absorber.nepers = number(absorber, "nepers"), s.absorber.power = nb::cast<int>(absorber["power"]);
  s.angle_filter_rad = number(d, "angle_filter_rad");
  s.boundary = choice<wave::Boundary>(d, "boundary", {"periodic", "dirichlet", "neumann"});
  s.polarization = choice<wave::Polarization>(d, "polarization", {"te", "tm"});
  if (choose) wave::choose_window(s);
  if (!d["cells"].is_none()) {
    const auto c = nb::cast<nb::dict>(d["cells"]);
    const auto n = nb::cast<ComplexArray>(c["index_minus_one"]);
    const size_t points = size_t(s.grid.num_points());
    if (n.ndim() != (s.grid.volume() ? 3u : 2u) || n.size() != n.shape(0) * points)
      throw Error(message("cells: index_minus_one must be [num_z, ", s.grid.volume() ? "num_x, num_y" : "num_y",
                          "] with ", points, " points a layer"));
    s.cells.push_back({number(c, "z_begin_m"), number(c, "z_end_m"), int(n.shape(0)), {n.data(), n.data() + n.size()}});
  }
  return s;
}

std::shared_ptr<PyWaveResult> simulate(const nb::dict& scene, const nb::dict& d) {
  wave::Scene s = wave_scene_from(scene);
  wave::SimulateOptions o;
  o.backend.kind = wave::backend_from_name(nb::cast<std::string>(d["backend"]));
  o.backend.precision = choice<wave::Precision>(d, "precision", {"double", "float"});
  o.backend.tolerance = number(d, "tolerance");
  o.memory_bytes = int64_t(number(d, "memory_bytes"));
  o.num_threads = nb::cast<int>(d["num_threads"]);
  o.num_reflections = nb::cast<int>(d["num_reflections"]);
  o.device = wave::device_from_name(nb::cast<std::string>(d["device"]));
  o.output_z_m = reals(d["output_z_m"]);
  const int planes = nb::cast<int>(d["planes"]);
  Warnings warnings;
  o.log = warnings.sink();
  auto out = std::make_shared<PyWaveResult>();
  run_interruptibly(d["progress"], [&](const runtime::Progress& progress) {
    if (planes > 0) s.validate(), o.output_z_m = wave::even_planes_m(s, planes);
    out->simulation = std::make_shared<wave::Simulation>(std::move(s), o);
    out->result = out->simulation->with_progress(progress).run();
  });
  out->options = o;
  out->options.log = nullptr;  // ends with this call
  if (!scene["place"].is_none()) {
    const auto place = nb::cast<nb::tuple>(scene["place"]);
    out->place = {nb::cast<std::string>(place[0]), vec(nb::cast<Triple>(place[1]))};
  }
  warnings.emit();
  return out;
}

size_t num_sources(const PyWaveResult& r) { return r.result.scene().sources.size(); }

Vec3d point_from(const PyWaveResult& r, const nb::object& point) {
  const auto p = nb::cast<std::vector<double>>(point);
  const bool volume = r.result.scene().grid.volume();
  if (p.size() != (volume ? 3u : 2u)) throw Error(volume ? "point_m must be (x, y, z)" : "point_m must be (y, z)");
  return volume ? vec3(p.data()) : Vec3d{0, p[0], p[1]};
}

void plane_and_source(const PyWaveResult& r, int plane, int source) {
  const int planes = int(r.result.z_m.size()), sources = int(num_sources(r));
  if (plane < 0 || plane >= planes) throw Error(message("plane must be in [0, ", planes, "), got ", plane));
  if (source < 0 || source >= sources) throw Error(message("source must be in [0, ", sources, "), got ", source));
}

std::vector<size_t> plane_shape(const PyWaveResult& r) {
  if (r.result.scene().grid.volume()) return {r.result.x_m.size(), r.result.y_m.size()};
  return {r.result.y_m.size()};
}

nb::object stacked(const PyWaveResult& r, const wave::Planes& planes) {
  std::vector<Complexc> all;
  for (const auto& plane : planes)
    for (const wave::Field& f : plane) all.insert(all.end(), f.begin(), f.end());
  std::vector<size_t> shape{planes.size(), num_sources(r), r.result.y_m.size()};
  if (r.result.scene().grid.volume()) shape.insert(shape.begin() + 2, r.result.x_m.size());
  return array<Complexc>(std::move(all), shape);
}

/// A parameter's numbers in its shape: a float where it is one.
nb::object shaped(const wave::Parameter& p, std::vector<double>&& values) {
  if (p.is_complex) {
    std::vector<Complexc> z(values.size() / 2);
    for (size_t i = 0; i < z.size(); ++i) z[i] = {values[2 * i], values[2 * i + 1]};
    return array<Complexc>(std::move(z), p.shape);
  }
  if (p.shape.empty()) return nb::float_(values.at(0));
  return array<double>(std::move(values), p.shape);
}

nb::dict gradient_dict(const PyWaveResult& r, wave::Gradient gradient) {
  nb::dict out;
  for (const wave::Parameter& p : wave::parameters(r.result.scene()))
    if (const auto it = gradient.find(p.name); it != gradient.end())
      out[p.name.c_str()] = shaped(p, std::move(it->second));
  return out;
}

/// (name, unit, lower, upper, value) of each.
nb::list parameters(const nb::dict& scene) {
  const wave::Scene s = wave_scene_from(scene, !scene["cells"].is_none());
  nb::list out;
  for (const wave::Parameter& p : wave::parameters(s))
    out.append(nb::make_tuple(p.name, p.unit, p.lower, p.upper, shaped(p, wave::value_of(s, p))));
  return out;
}

nb::object jvp(const PyWaveResult& r, const nb::dict& tangent) {
  wave::Gradient t;
  for (const auto& [key, value] : tangent) {
    const wave::Parameter p = wave::parameter_at(r.result.scene(), nb::cast<std::string>(key));
    const nb::object flat = nb::module_::import_("numpy").attr("ascontiguousarray")(
        value, p.is_complex ? nb::str("complex128") : nb::str("float64"));
    if (p.is_complex) {
      for (const Complexc z : complexes(flat)) t[p.name].push_back(z.real()), t[p.name].push_back(z.imag());
    } else {
      t[p.name] = reals(flat);
    }
  }
  wave::Planes out;
  run_interruptibly(nb::none(),
                    [&](const runtime::Progress& progress) { out = r.simulation->with_progress(progress).jvp(t); });
  return stacked(r, out);
}

nb::dict vjp(const PyWaveResult& r, const ComplexArray& cotangent) {
  const wave::Grid& grid = r.result.scene().grid;
  const size_t planes = r.result.z_m.size(), sources = num_sources(r), n = size_t(grid.num_points());
  std::vector<size_t> shape{planes, sources, size_t(grid.num_y)};
  if (grid.volume()) shape.insert(shape.begin() + 2, size_t(grid.num_x));
  bool same = cotangent.ndim() == shape.size();
  std::string wanted;
  for (size_t i = 0; i < shape.size(); ++i) {
    same = same && cotangent.shape(i) == shape[i];
    wanted += (i ? ", " : "") + std::to_string(shape[i]);
  }
  if (!same) throw Error("the cotangent must have the field's shape [" + wanted + "]");
  wave::Planes w(planes, std::vector<wave::Field>(sources));
  for (size_t p = 0; p < planes; ++p)
    for (size_t s = 0; s < sources; ++s) {
      const Complexc* row = cotangent.data() + (p * sources + s) * n;
      w[p][s].assign(row, row + n);
    }
  wave::Gradient out;
  run_interruptibly(nb::none(),
                    [&](const runtime::Progress& progress) { out = r.simulation->with_progress(progress).vjp(w); });
  return gradient_dict(r, std::move(out));
}

std::vector<Vec3d> points_from(const PyWaveResult& r, const nb::object& given) {
  const nb::object kept = nb::module_::import_("numpy").attr("ascontiguousarray")(given, "float64");
  const auto points = nb::cast<RealArray>(kept);
  const bool volume = r.result.scene().grid.volume();
  const size_t axes = volume ? 3 : 2;
  if (points.ndim() != 2 || points.shape(1) != axes)
    throw Error(message("points_m must be an array [points, ", volume ? "3: x, y, z]" : "2: y, z]"));
  std::vector<Vec3d> p;
  for (size_t i = 0; i < points.shape(0); ++i) {
    const double* v = points.data() + axes * i;
    p.push_back(volume ? vec3(v) : Vec3d{0, v[0], v[1]});
  }
  return p;
}

nb::list cones(const PyWaveResult& r) {
  nb::list out;
  for (const wave::Cone& c : r.result.cones) {
    nb::dict d;
    d["apex_y_m"] = c.apex_y_m, d["apex_z_m"] = c.apex_z_m, d["tilt_rad"] = c.tilt_rad;
    d["half_angle_rad"] = c.half_angle_rad, d["half_width_m"] = c.half_width_m;
    d["y_min_m"] = c.y_min_m, d["y_max_m"] = c.y_max_m;
    if (!std::isnan(c.ground_y_m)) d["ground_y_m"] = c.ground_y_m;
    if (c.volume) {
      d["apex_x_m"] = c.apex_x_m, d["tilt_x_rad"] = c.tilt_x_rad;
      d["x_min_m"] = c.x_min_m, d["x_max_m"] = c.x_max_m;
    }
    out.append(d);
  }
  return out;
}

nb::object at(const PyWaveResult& r, const nb::object& given, int source) {
  const std::vector<Vec3d> p = points_from(r, given);
  return array<Complexc>(r.result.at(p, source), {p.size()});
}

nb::dict points_gradient(const PyWaveResult& r, const nb::object& given, const nb::object& cotangent, int source) {
  const std::vector<Vec3d> p = points_from(r, given);
  const std::vector<Complexc> w =
      complexes(nb::module_::import_("numpy").attr("ascontiguousarray")(cotangent, "complex128"));
  wave::Gradient out;
  run_interruptibly(nb::none(), [&](const runtime::Progress& progress) {
    out = r.simulation->with_progress(progress).points_gradient(r.result, p, w, source);
  });
  return gradient_dict(r, std::move(out));
}

nb::object power(const PyWaveResult& r, bool volume) {
  if (r.result.scene().grid.volume() != volume)
    throw Error(volume ? "a 2D scene has power_w_per_m" : "a 3D scene has power_w");
  std::vector<double> out;
  for (size_t p = 0; p < r.result.z_m.size(); ++p)
    for (size_t s = 0; s < num_sources(r); ++s) out.push_back(r.result.power_w_per_m(int(p), int(s)));
  return array<double>(std::move(out), {r.result.z_m.size(), num_sources(r)});
}

void plot(const PyWaveResult& r, const nb::object& path, int source, bool phase, double range_db, double x_m,
          const std::string& title) {
  view::WavePlotOptions o;
  o.x_m = x_m;
  o.source = source, o.phase = phase, o.range_db = range_db, o.title = title;
  view::plot_wave_field(nb::cast<std::string>(nb::str(path)), r.result, o);
}

nb::list cut(const std::shared_ptr<PyScene>& scene, double height_m, const nb::dict& into) {
  const auto objects = wave::cut(*scene->snapshot().scene, height_m);
  nb::list out;
  wave::Scene window;
  window.grid = grid_from(into);
  window.z_begin_m = number(into, "z_begin_m"), window.z_end_m = number(into, "z_end_m");
  for (const wave::Object& o : wave::clipped_to(window, objects))
    out.append(nb::make_tuple(o.name, std::make_shared<em::Material>(o.material), outline_arrays(o.outlines)));
  return out;
}

nb::list solids(const std::shared_ptr<PyScene>& scene, const nb::dict& into) {
  wave::Scene window;
  window.grid = grid_from(into);
  window.z_begin_m = number(into, "z_begin_m"), window.z_end_m = number(into, "z_end_m");
  Warnings warnings;
  nb::list out;
  for (const wave::Object& o : wave::solids_of(*scene->snapshot().scene, window, warnings.sink()))
    out.append(nb::make_tuple(o.name, std::make_shared<em::Material>(o.material), solid_arrays(o.solids[0])));
  warnings.emit();
  return out;
}

}  // namespace

void bind_wave(nb::module_& m) {
  nb::class_<PyWaveResult>(m, "WaveResult", "Fields of a wave scene on planes across the march.")
      .def("__getstate__",
           [](const PyWaveResult& r) {
             return state_bytes(r.result.scene(), r.options, r.result.field, r.result.backward, r.result.warnings,
                                r.place);
           })
      .def("__setstate__", [](PyWaveResult& r, const nb::bytes& bytes) { new (&r) PyWaveResult(result_from(bytes)); })
      .def_prop_ro(
          "field", [](const PyWaveResult& r) { return fixed(stacked(r, r.result.field), kChangeACopy); },
          "Complex, [planes, sources, num_y]; in 3D [planes, sources, num_x, num_y].")
      .def_prop_ro(
          "backward",
          [](const PyWaveResult& r) {
            if (r.result.backward.empty()) throw Error("a march without num_reflections has no backward part");
            return fixed(stacked(r, r.result.backward), kChangeACopy);
          },
          "The part that travels towards -z, with num_reflections > 0; the whole field is field + backward.")
      .def_prop_ro(
          "z_m",
          [](const PyWaveResult& r) {
            return fixed(array<double>(std::vector(r.result.z_m), {r.result.z_m.size()}), kChangeACopy);
          },
          "[planes]")
      .def_prop_ro(
          "y_m",
          [](const PyWaveResult& r) {
            return fixed(array<double>(std::vector(r.result.y_m), {r.result.y_m.size()}), kChangeACopy);
          },
          "[num_y]")
      .def_prop_ro(
          "x_m",
          [](const PyWaveResult& r) {
            return fixed(array<double>(std::vector(r.result.x_m), {r.result.x_m.size()}), kChangeACopy);
          },
          "[num_x] of a 3D scene, else one 0.")
      .def_prop_ro(
          "power_w_per_m", [](const PyWaveResult& r) { return fixed(power(r, false), kChangeACopy); },
          "Flux through each plane of a 2D scene, [planes, sources].")
      .def_prop_ro(
          "power_w", [](const PyWaveResult& r) { return fixed(power(r, true), kChangeACopy); },
          "Flux through each plane of a 3D scene, [planes, sources].")
      .def_prop_ro(
          "choices", [](const PyWaveResult& r) { return r.result.choices; }, "Which model crossed which object, why.")
      .def_prop_ro("warnings", [](const PyWaveResult& r) { return r.result.warnings; })
      .def_prop_ro(
          "crs", [](const PyWaveResult& r) { return crs_of(r.place); },
          "Of the scene that it was cut from; None: it lies nowhere.")
      .def_prop_ro(
          "origin_m", [](const PyWaveResult& r) { return origin_of(r.place); },
          "What that scene's (0, 0, 0) is in crs; its x is z here, its height x.")
      .def_prop_ro("cones", &cones,
                   "[sources]: where the field is the scene's, from 20 wavelengths on. Apex, tilt and half angle of "
                   "the cone (a plane wave: half width), and the window that is clear of the absorber.")
      .def(
          "holds",
          [](const PyWaveResult& r, const nb::object& given, int source) {
            plane_and_source(r, 0, source);
            std::vector<uint8_t> out;
            for (const Vec3d& p : points_from(r, given)) out.push_back(r.result.cones[size_t(source)].holds(p));
            const size_t n = out.size();
            return array<uint8_t>(std::move(out), {n}).attr("astype")("bool");
          },
          "points_m"_a, "source"_a = 0, "Which points [n, 2: y, z] (3D: [n, 3: x, y, z]) lie in the cone of a source.")
      .def(
          "coherent_sum",
          [](const PyWaveResult& r, int plane) {
            return array<Complexc>(r.result.coherent_sum(plane), plane_shape(r));
          },
          "plane"_a = 0, "Sum of the sources' fields on a plane, [num_y].")
      .def(
          "incoherent_sum",
          [](const PyWaveResult& r, int plane) {
            return array<double>(r.result.incoherent_sum(plane), plane_shape(r));
          },
          "plane"_a = 0, "Sum of |u|^2 over the sources, [num_y].")
      .def("at", &at, "points_m"_a, "source"_a = 0,
           "The field at points [n, 2: y, z] (3D: [n, 3: x, y, z]) behind the last plane before each.")
      .def("points_gradient", &points_gradient, "points_m"_a, "cotangent"_a, "source"_a = 0,
           "{parameter name: derivative} of J with dJ = Re sum conj(cotangent) d at(points_m).")
      .def(
          "received_power",
          [](const PyWaveResult& r, const nb::object& point, int source) {
            return r.result.received_power(point_from(r, point), source);
          },
          "point_m"_a, "source"_a = 0, "Of an isotropic receiver: watt a metre, in 3D watt.")
      .def(
          "power_gradient",
          [](const PyWaveResult& r, int plane, int source) {
            plane_and_source(r, plane, source);
            return gradient_dict(r, r.simulation->power_gradient(r.result, plane, source));
          },
          "plane"_a = 0, "source"_a = 0, "{parameter name: derivative} of the flux through a plane.")
      .def(
          "received_power_gradient",
          [](const PyWaveResult& r, const nb::object& point, int source) {
            plane_and_source(r, 0, source);
            return gradient_dict(r, r.simulation->received_power_gradient(r.result, point_from(r, point), source));
          },
          "point_m"_a, "source"_a = 0, "{parameter name: derivative} of received_power.")
      .def("jvp", &jvp, "tangent"_a, "Tangent of the field for {parameter name: change}, [planes, sources, num_y].")
      .def("vjp", &vjp, "cotangent"_a, "{parameter name: derivative} of J with dJ = Re sum conj(cotangent) d field.")
      .def(
          "save",
          [](const PyWaveResult& r, const nb::object& path) {
            runs::save_wave_result(nb::cast<std::string>(nb::str(path)), r.result, placed(r.place));
          },
          "path"_a, ".npz or .h5")
      .def("plot", &plot, "path"_a, "source"_a = 0, "phase"_a = false, "range_db"_a = 50.0, "x_m"_a = 0.0,
           "title"_a = "", ".png or .svg; source -1: incoherent sum");
  m.def("wave_simulate", &simulate, "scene"_a, "options"_a);
  m.def("wave_parameters", &parameters, "scene"_a);
  m.def("wave_cut", &cut, "scene"_a, "height_m"_a, "window"_a);
  m.def("wave_line_source_amplitude", &wave::line_source_amplitude, "power_w_per_m"_a, "frequency_hz"_a);
  m.def("wave_solids", &solids, "scene"_a, "window"_a);
  m.def("wave_point_source_amplitude", &wave::point_source_amplitude, "power_w"_a);
  m.def("wave_box", [](Triple c, Triple size) { return solid_arrays(wave::box_solid(vec(c), vec(size))); });
  m.def("wave_sphere", [](Triple c, double radius) { return solid_arrays(wave::sphere_solid(vec(c), radius)); });
  m.def("wave_rectangle", [](std::array<double, 2> c, std::array<double, 2> size) {
    return outline_arrays({wave::rectangle({c[0], c[1]}, size[0], size[1])});
  });
  m.def("wave_disc", [](std::array<double, 2> c, double radius) {
    return outline_arrays({wave::disc({c[0], c[1]}, radius)});
  });
  m.def("wave_lens", [](std::array<double, 2> c, double aperture, double curvature, double edge) {
    return outline_arrays({wave::lens({c[0], c[1]}, aperture, curvature, edge)});
  });
  m.def("wave_grating", [](std::array<double, 2> c, double period, double fill, double depth, int bars) {
    return outline_arrays(wave::grating({c[0], c[1]}, period, fill, depth, bars));
  });
  m.def("wave_half_plane", [](std::array<double, 2> edge, bool below, double depth, double extent) {
    return outline_arrays({wave::half_plane({edge[0], edge[1]}, below, depth, extent)});
  });
}

}  // namespace raywave::python
