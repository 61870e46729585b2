// SPDX-License-Identifier: Apache-2.0
#include "bind.h"
#include "convert.h"
#include "raywave/core/constants.h"
#include "raywave/io/wave_files.h"
#include "raywave/view/wave_figure.h"
#include "scene.h"

namespace raywave::python {
namespace {

using wave::Complexc;
using ComplexArray = nb::ndarray<const std::complex<double>, nb::c_contig, nb::device::cpu>;
using RealArray = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;

struct PyWaveResult {
  std::shared_ptr<const wave::Simulation> simulation;
  wave::Result result;
};

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
  s.element_offsets_m = reals(d["element_offsets_m"]);
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

wave::Object object_from(const nb::dict& d) {
  wave::Object o;
  o.name = nb::cast<std::string>(d["name"]);
  o.material = nb::cast<const em::Material&>(d["material"]);
  for (const nb::handle h : nb::cast<nb::list>(d["outlines"])) o.outlines.push_back(outline_from(h));
  o.model = choice<wave::MediaModel>(d, "model", {"auto", "screen", "wpm", "slab"});
  o.absorption_np_per_m = number(d, "absorption_np_per_m");
  return o;
}

wave::Scene wave_scene_from(const nb::dict& d) {
  wave::Scene s;
  const auto grid = nb::cast<nb::dict>(d["grid"]);
  s.grid.num_y = nb::cast<int>(grid["num_y"]);
  s.grid.spacing_m = number(grid, "spacing_m"), s.grid.center_m = number(grid, "center_m");
  s.grid.points_m = reals(grid["points_m"]);
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
  if (!d["cells"].is_none()) {
    const auto c = nb::cast<nb::dict>(d["cells"]);
    const auto n = nb::cast<ComplexArray>(c["index_minus_one"]);
    if (n.ndim() != 2 || int(n.shape(1)) != s.grid.num_y)
      throw Error(message("cells: index_minus_one must be [num_z, num_y = ", s.grid.num_y, "]"));
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
  o.output_z_m = reals(d["output_z_m"]);
  const int planes = nb::cast<int>(d["planes"]);
  Warnings warnings;
  o.log = warnings.sink();
  auto out = std::make_shared<PyWaveResult>();
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    if (planes > 0) s.validate(), o.output_z_m = wave::even_planes_m(s, planes);
    auto simulation = std::make_shared<wave::Simulation>(std::move(s), o);
    out->result = simulation->run();
    out->simulation = std::move(simulation);
  });
  warnings.emit();
  return out;
}

size_t num_sources(const PyWaveResult& r) { return r.result.scene().sources.size(); }

nb::object stacked(const PyWaveResult& r, const wave::Planes& planes) {
  std::vector<Complexc> all;
  for (const auto& plane : planes)
    for (const wave::Field& f : plane) all.insert(all.end(), f.begin(), f.end());
  return array<Complexc>(std::move(all), {planes.size(), num_sources(r), r.result.y_m.size()});
}

bool is_complex(const std::string& name) {
  return name.ends_with("/weights") || name.ends_with("/samples") || name.ends_with("/index_minus_one");
}

nb::dict gradient_dict(const PyWaveResult& r, wave::Gradient gradient) {
  nb::dict out;
  for (auto& [name, values] : gradient) {
    const size_t n = values.size();
    if (is_complex(name)) {
      std::vector<Complexc> z(n / 2);
      for (size_t i = 0; i < z.size(); ++i) z[i] = {values[2 * i], values[2 * i + 1]};
      std::vector<size_t> shape{n / 2};
      if (name.starts_with("cells/")) shape = {n / 2 / r.result.y_m.size(), r.result.y_m.size()};
      out[name.c_str()] = array<Complexc>(std::move(z), shape);
    } else if (name.ends_with("/vertices_m")) {
      out[name.c_str()] = array<double>(std::move(values), {n / 2, 2});
    } else if (n == 1) {
      out[name.c_str()] = values[0];
    } else {
      out[name.c_str()] = array<double>(std::move(values), {n});
    }
  }
  return out;
}

nb::object jvp(const PyWaveResult& r, const nb::dict& tangent) {
  wave::Gradient t;
  for (const auto& [key, value] : tangent) {
    const auto name = nb::cast<std::string>(key);
    const nb::object flat = nb::module_::import_("numpy").attr("ascontiguousarray")(
        value, is_complex(name) ? nb::str("complex128") : nb::str("float64"));
    if (is_complex(name)) {
      for (const Complexc z : complexes(flat)) t[name].push_back(z.real()), t[name].push_back(z.imag());
    } else {
      t[name] = reals(flat);
    }
  }
  wave::Planes out;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) { out = r.simulation->jvp(t); });
  return stacked(r, out);
}

nb::dict vjp(const PyWaveResult& r, const ComplexArray& cotangent) {
  const size_t planes = r.result.z_m.size(), sources = num_sources(r), n = r.result.y_m.size();
  if (cotangent.ndim() != 3 || cotangent.shape(0) != planes || cotangent.shape(1) != sources || cotangent.shape(2) != n)
    throw Error(message("the cotangent must have the field's shape [", planes, ", ", sources, ", ", n, "]"));
  wave::Planes w(planes, std::vector<wave::Field>(sources));
  for (size_t p = 0; p < planes; ++p)
    for (size_t s = 0; s < sources; ++s) {
      const Complexc* row = cotangent.data() + (p * sources + s) * n;
      w[p][s].assign(row, row + n);
    }
  wave::Gradient out;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) { out = r.simulation->vjp(w); });
  return gradient_dict(r, std::move(out));
}

nb::object at(const PyWaveResult& r, const RealArray& points, int source) {
  if (points.ndim() != 2 || points.shape(1) != 2) throw Error("points_m must be an array [points, 2: y, z]");
  std::vector<wave::Point> p;
  for (size_t i = 0; i < points.shape(0); ++i) p.push_back({points.data()[2 * i], points.data()[2 * i + 1]});
  return array<Complexc>(r.result.at(p, source), {p.size()});
}

nb::object power(const PyWaveResult& r) {
  std::vector<double> out;
  for (size_t p = 0; p < r.result.z_m.size(); ++p)
    for (size_t s = 0; s < num_sources(r); ++s) out.push_back(r.result.power_w_per_m(int(p), int(s)));
  return array<double>(std::move(out), {r.result.z_m.size(), num_sources(r)});
}

void plot(const PyWaveResult& r, const nb::object& path, int source, bool phase, double range_db,
          const std::string& title) {
  view::WavePlotOptions o;
  o.source = source, o.phase = phase, o.range_db = range_db, o.title = title;
  view::plot_wave_field(nb::cast<std::string>(nb::str(path)), r.result, o);
}

nb::list cut(const std::shared_ptr<PyScene>& scene, double height_m, const nb::dict& into) {
  const auto objects = wave::cut(*scene->snapshot().scene, height_m);
  nb::list out;
  wave::Scene window;
  window.grid.num_y = nb::cast<int>(into["num_y"]);
  window.grid.spacing_m = number(into, "spacing_m"), window.grid.center_m = number(into, "center_m");
  window.grid.points_m = reals(into["points_m"]);
  window.z_begin_m = number(into, "z_begin_m"), window.z_end_m = number(into, "z_end_m");
  for (const wave::Object& o : wave::clipped_to(window, objects))
    out.append(nb::make_tuple(o.name, std::make_shared<em::Material>(o.material), outline_arrays(o.outlines)));
  return out;
}

}  // namespace

void bind_wave(nb::module_& m) {
  nb::class_<PyWaveResult>(m, "WaveResult", "Fields of a wave scene on planes across the march.")
      .def_prop_ro(
          "field", [](const PyWaveResult& r) { return stacked(r, r.result.field); },
          "Complex, [planes, sources, num_y].")
      .def_prop_ro(
          "z_m", [](const PyWaveResult& r) { return array<double>(std::vector(r.result.z_m), {r.result.z_m.size()}); },
          "[planes]")
      .def_prop_ro(
          "y_m", [](const PyWaveResult& r) { return array<double>(std::vector(r.result.y_m), {r.result.y_m.size()}); },
          "[num_y]")
      .def_prop_ro("power_w_per_m", &power, "Flux through each plane, [planes, sources].")
      .def_prop_ro(
          "choices", [](const PyWaveResult& r) { return r.result.choices; }, "Which model crossed which object, why.")
      .def_prop_ro("warnings", [](const PyWaveResult& r) { return r.result.warnings; })
      .def(
          "coherent_sum",
          [](const PyWaveResult& r, int plane) {
            return array<Complexc>(r.result.coherent_sum(plane), {r.result.y_m.size()});
          },
          "plane"_a = 0, "Sum of the sources' fields on a plane, [num_y].")
      .def(
          "incoherent_sum",
          [](const PyWaveResult& r, int plane) {
            return array<double>(r.result.incoherent_sum(plane), {r.result.y_m.size()});
          },
          "plane"_a = 0, "Sum of |u|^2 over the sources, [num_y].")
      .def("at", &at, "points_m"_a, "source"_a = 0,
           "The field at points [n, 2: y, z] behind the last plane before each.")
      .def("jvp", &jvp, "tangent"_a, "Tangent of the field for {parameter name: change}, [planes, sources, num_y].")
      .def("vjp", &vjp, "cotangent"_a, "{parameter name: derivative} of J with dJ = Re sum conj(cotangent) d field.")
      .def(
          "save",
          [](const PyWaveResult& r, const nb::object& path) {
            io::save_wave_result(nb::cast<std::string>(nb::str(path)), r.result);
          },
          "path"_a, ".npz or .h5")
      .def("plot", &plot, "path"_a, "source"_a = 0, "phase"_a = false, "range_db"_a = 50.0, "title"_a = "",
           ".png or .svg; source -1: incoherent sum");
  m.def("wave_simulate", &simulate, "scene"_a, "options"_a);
  m.def("wave_cut", &cut, "scene"_a, "height_m"_a, "window"_a);
  m.def("wave_line_source_amplitude", &wave::line_source_amplitude, "power_w_per_m"_a, "frequency_hz"_a);
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
