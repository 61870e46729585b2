// SPDX-License-Identifier: Apache-2.0
// raywave._raywave: converts between Python and the rooms, releases the GIL, holds no physics.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <complex>
#include <memory>

#include "raywave/io/results.h"
#include "raywave/io/scene_files.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace raywave;

namespace {

using Triple = std::array<double, 3>;
Vec3d vec(const Triple& t) { return {t[0], t[1], t[2]}; }

/// A numpy array over the vector's own memory; the capsule keeps the vector alive.
template <class Out, class In>
nb::object array(std::vector<In>&& values, const std::vector<size_t>& shape) {
  auto* owned = new std::vector<In>(std::move(values));
  nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<In>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, Out>(owned->data(), shape.size(), shape.data(), owner));
}

struct PyScene {
  scene::Scene scene;
  std::shared_ptr<const paths::PreparedScene> prepared;  // of the geometry as it is; empty after an edit
};

/// Warnings of a call made without the GIL: given to Python at its end.
struct Warnings {
  std::vector<std::string> texts;
  LogSink sink() {
    return [this](std::string_view m) { texts.emplace_back(m); };
  }
  void emit() const {
    for (const auto& t : texts)
      if (PyErr_WarnEx(PyExc_UserWarning, t.c_str(), 2) < 0) throw nb::python_error();
  }
};

std::shared_ptr<const paths::PreparedScene> prepare(PyScene& s) {
  if (!s.prepared) s.prepared = std::make_shared<const paths::PreparedScene>(s.scene);
  return s.prepared;
}

scene::Device device(const std::string& name, const Triple& position, const Triple& orientation, const Triple& velocity,
                     const em::PlanarArrayOptions& array_options, double power_dbm) {
  scene::Device d;
  d.name = name;
  d.position_m = vec(position);
  d.orientation_rad = vec(orientation);
  d.velocity_m_per_s = vec(velocity);
  d.array = em::planar_array(array_options);
  d.power_dbm = power_dbm;
  return d;
}

paths::Paths solve_paths(PyScene& s, int max_depth, bool los, bool reflection, bool refraction, int64_t samples,
                         bool synthetic, uint64_t seed, const std::string& finder, int num_threads) {
  paths::PathOptions o;
  o.max_depth = max_depth, o.los = los, o.specular_reflection = reflection, o.refraction = refraction;
  o.samples_per_tx = samples, o.synthetic_array = synthetic, o.seed = seed, o.num_threads = num_threads;
  if (finder == "exhaustive") {
    o.finder = paths::Finder::kExhaustive;
  } else if (finder != "shoot-and-bounce") {
    throw Error("unknown finder '" + finder + "'" + did_you_mean(finder, {"shoot-and-bounce", "exhaustive"}));
  }
  Warnings warnings;
  o.log = warnings.sink();
  paths::Paths result;
  {
    nb::gil_scoped_release released;
    result = paths::solve_paths(s.scene, *prepare(s), o);
  }
  warnings.emit();
  return result;
}

nb::dict padded_dict(const paths::Paths& p) {
  paths::PaddedPaths q = paths::padded(p);
  const size_t rx = q.num_rx, ra = q.num_rx_ant, tx = q.num_tx, ta = q.num_tx_ant, n = q.num_paths, d = q.max_depth;
  const std::vector<size_t> full{rx, ra, tx, ta, n};
  const std::vector<size_t> path = p.synthetic_array ? std::vector<size_t>{rx, tx, n} : full;
  std::vector<size_t> deep = path, points;
  deep.insert(deep.begin(), d);
  points = deep;
  points.push_back(3);
  nb::dict r;
  r["a"] = array<std::complex<double>>(std::move(q.a), full);
  r["tau"] = array<double>(std::move(q.tau_s), path);
  r["theta_t"] = array<double>(std::move(q.theta_t), path);
  r["phi_t"] = array<double>(std::move(q.phi_t), path);
  r["theta_r"] = array<double>(std::move(q.theta_r), path);
  r["phi_r"] = array<double>(std::move(q.phi_r), path);
  r["doppler"] = array<double>(std::move(q.doppler_hz), path);
  r["valid"] = array<bool>(std::move(q.valid), path);
  r["interactions"] = array<uint32_t>(std::move(q.interactions), deep);
  r["objects"] = array<int32_t>(std::move(q.objects), deep);
  r["vertices"] = array<double>(std::move(q.vertices_m), points);
  return r;
}

maps::RadioMap solve_map(PyScene& s, const std::array<double, 2>& cell, double height, int max_depth, bool los,
                         bool reflection, bool refraction, int64_t samples, const std::string& method, uint64_t seed,
                         int num_threads) {
  maps::Surface surface;
  surface.cell_size_m = {cell[0], cell[1]};
  surface.height_m = height;
  maps::RadioMapOptions o;
  o.max_depth = max_depth, o.los = los, o.specular_reflection = reflection, o.refraction = refraction;
  o.samples_per_tx = samples, o.seed = seed, o.num_threads = num_threads;
  if (method == "monte-carlo") {
    o.method = maps::Method::kMonteCarlo;
  } else if (method != "exact") {
    throw Error("unknown method '" + method + "'" + did_you_mean(method, {"exact", "monte-carlo"}));
  }
  Warnings warnings;
  o.log = warnings.sink();
  maps::RadioMap map;
  {
    nb::gil_scoped_release released;
    map = maps::solve_radio_map(s.scene, *prepare(s), surface, o);
  }
  warnings.emit();
  return map;
}

template <class Values>
nb::object on_map(const maps::RadioMap& m, Values values) {
  return array<double>(std::move(values), {size_t(m.num_tx), size_t(m.num_y), size_t(m.num_x)});
}

}  // namespace

NB_MODULE(_raywave, m) {
  m.attr("__version__") = RAYWAVE_VERSION;
  nb::exception<Error>(m, "Error", PyExc_ValueError);

  nb::class_<em::PlanarArrayOptions>(m, "PlanarArray")
      .def(
          "__init__",
          [](em::PlanarArrayOptions* self, int rows, int cols, double v, double h, const std::string& pattern,
             const std::string& polarization) {
            new (self) em::PlanarArrayOptions{rows, cols, v, h, pattern, polarization};
            em::planar_array(*self);
          },
          nb::kw_only(), "num_rows"_a = 1, "num_cols"_a = 1, "vertical_spacing"_a = 0.5, "horizontal_spacing"_a = 0.5,
          "pattern"_a = "iso", "polarization"_a = "V");

  nb::class_<PyScene>(m, "Scene")
      .def(nb::init<>())
      .def_prop_rw(
          "frequency_hz", [](PyScene& s) { return s.scene.frequency_hz; },
          [](PyScene& s, double f) {
            require_positive("frequency_hz", f);
            s.scene.frequency_hz = f;
          })
      .def_prop_ro("prepared", [](PyScene& s) { return bool(s.prepared); })
      .def_prop_ro("object_names",
                   [](PyScene& s) {
                     std::vector<std::string> names;
                     for (const auto& o : s.scene.objects) names.push_back(o.name);
                     return names;
                   })
      .def(
          "add_transmitter",
          [](PyScene& s, const std::string& name, const Triple& p, const Triple& o, const Triple& v,
             const em::PlanarArrayOptions& a, double dbm) { s.scene.add_transmitter(device(name, p, o, v, a, dbm)); },
          "name"_a, "position_m"_a, "orientation_rad"_a, "velocity_m_per_s"_a, "array"_a, "power_dbm"_a)
      .def(
          "add_receiver",
          [](PyScene& s, const std::string& name, const Triple& p, const Triple& o, const Triple& v,
             const em::PlanarArrayOptions& a) { s.scene.add_receiver(device(name, p, o, v, a, 0)); },
          "name"_a, "position_m"_a, "orientation_rad"_a, "velocity_m_per_s"_a, "array"_a);

  m.def(
      "load_scene",
      [](const std::string& path, double frequency_hz) {
        Warnings warnings;
        io::LoadOptions o;
        o.frequency_hz = frequency_hz;
        o.log = warnings.sink();
        PyScene s;
        {
          nb::gil_scoped_release released;
          s.scene = io::load_scene(path, o);
        }
        warnings.emit();
        return s;
      },
      "path"_a, "frequency_hz"_a = 3.5e9);

  nb::class_<paths::Paths>(m, "RawPaths")
      .def("__len__", &paths::Paths::num_paths)
      .def("padded", &padded_dict)
      .def("save", [](const paths::Paths& p, const std::string& path) { io::save_paths(path, p); })
      .def("to_json", &io::paths_json);
  m.def("solve_paths", &solve_paths);

  nb::class_<maps::RadioMap>(m, "RadioMap")
      .def_prop_ro("path_gain", [](const maps::RadioMap& r) { return on_map(r, r.path_gain); })
      .def_prop_ro("rss", [](const maps::RadioMap& r) { return on_map(r, r.rss_w()); })
      .def_prop_ro("sinr", [](const maps::RadioMap& r) { return on_map(r, r.sinr()); })
      .def_prop_ro("cell_centers",
                   [](const maps::RadioMap& r) {
                     return array<double>(std::vector<Vec3d>(r.cell_centers_m), {size_t(r.num_y), size_t(r.num_x), 3});
                   })
      .def(
          "tx_association",
          [](const maps::RadioMap& r, const std::string& metric) {
            return array<int32_t>(r.tx_association(metric), {size_t(r.num_y), size_t(r.num_x)});
          },
          "metric"_a = "path_gain")
      .def("save", [](const maps::RadioMap& r, const std::string& path) { io::save_radio_map(path, r); });
  m.def("solve_radio_map", &solve_map);
}
