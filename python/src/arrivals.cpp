// SPDX-License-Identifier: Apache-2.0
// Arrival maps of paths.
#include <nanobind/stl/complex.h>

#include "convert.h"
#include "numbers.h"
#include "power_state.h"
#include "raywave/maps/arrival_map.h"
#include "raywave/runs/arrival_results.h"
#include "results.h"
#include "scattering.h"
#include "scene.h"

namespace raywave::python {
namespace {

struct PyArrivalMap {
  maps::ArrivalMap map;
  maps::ArrivalMapOptions options;
  std::shared_ptr<PyPaths> paths;
};

std::vector<size_t> gain_shape(const maps::ArrivalMap& m) {
  std::vector<size_t> shape{size_t(m.num_rx), size_t(m.num_tx)};
  if (!m.delays_s.empty()) shape.push_back(size_t(m.num_delays));
  shape.push_back(size_t(m.num_rows));
  shape.push_back(size_t(m.num_columns));
  return shape;
}
std::vector<size_t> grid_shape(const maps::ArrivalMap& m) { return {size_t(m.num_rows), size_t(m.num_columns)}; }

std::vector<Complexd> complexes(const nb::handle& values) {
  std::vector<Complexd> out;
  if (values.is_none()) return out;
  for (const std::complex<double>& z : nb::cast<std::vector<std::complex<double>>>(values))
    out.push_back({z.real(), z.imag()});
  return out;
}

maps::Aperture aperture_from(const nb::dict& d) {
  if (d.contains("num_y")) {
    return maps::planar_aperture(nb::cast<int>(d["num_y"]), nb::cast<int>(d["num_z"]),
                                 nb::cast<double>(d["spacing_y_m"]), nb::cast<double>(d["spacing_z_m"]),
                                 complexes(d["weights_y"]), complexes(d["weights_z"]));
  }
  maps::Aperture a;
  for (const Triple& t : nb::cast<std::vector<Triple>>(d["positions_m"])) a.positions_m.push_back(vec(t));
  a.weights = complexes(d["weights"]);
  return a;
}

maps::ScanAntenna antenna_from(const nb::dict& d) {
  maps::ScanAntenna a;
  a.phase_center_m = vec(nb::cast<Triple>(d["phase_center_m"]));
  if (!d["pattern"].is_none()) {
    a.kind = maps::ScanAntenna::Kind::kPattern;
    a.pattern = nb::cast<const PyArray&>(d["pattern"]).array.pattern;
    return a;
  }
  a.kind =
      nb::cast<bool>(d["is_gaussian"]) ? maps::ScanAntenna::Kind::kGaussian : maps::ScanAntenna::Kind::kVonMisesFisher;
  a.azimuth_width_rad = nb::cast<double>(d["azimuth_width_rad"]);
  a.elevation_width_rad = nb::cast<double>(d["elevation_width_rad"]);
  return a;
}

std::shared_ptr<PyArrivalMap> solve(const std::shared_ptr<PyPaths>& paths, const nb::dict& d) {
  auto result = std::make_shared<PyArrivalMap>();
  result->paths = paths;
  maps::ArrivalMapOptions& o = result->options;
  o.grid.kind = nb::cast<bool>(d["sines"]) ? maps::ArrivalGrid::Kind::kSines : maps::ArrivalGrid::Kind::kAngles;
  o.grid.rows = nb::cast<std::vector<double>>(d["rows"]);
  o.grid.columns = nb::cast<std::vector<double>>(d["columns"]);
  if (!d["aperture"].is_none()) o.aperture = aperture_from(nb::cast<nb::dict>(d["aperture"]));
  if (!d["antenna"].is_none()) o.antenna = antenna_from(nb::cast<nb::dict>(d["antenna"]));
  o.orientation_rad = vec(nb::cast<Triple>(d["orientation_rad"]));
  o.coherent = nb::cast<bool>(d["coherent"]);
  o.departures = nb::cast<bool>(d["departures"]);
  o.near_field = nb::cast<bool>(d["near_field"]);
  o.rx_port = nb::cast<int>(d["rx_port"]);
  o.tx_port = nb::cast<int>(d["tx_port"]);
  o.delays_s = nb::cast<std::vector<double>>(d["delays_s"]);
  o.bandwidth_hz = nb::cast<double>(d["bandwidth_hz"]);
  o.num_threads = nb::cast<int>(d["num_threads"]);
  run_interruptibly(nb::none(), [&](const runtime::Progress&) { result->map = maps::arrival_map(paths->paths, o); });
  return result;
}

int index_of(const char* kind, const std::vector<std::string>& names, const nb::object& name) {
  if (name.is_none() && names.size() == 1) return 0;
  if (name.is_none()) throw Error(message("give the ", kind, "'s name: there are ", names.size()));
  const auto text = nb::cast<std::string>(name);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return int(i);
  }
  throw Error(message("no ", kind, " is named '", text, "'", did_you_mean(text, names)));
}

nb::list peaks(const PyArrivalMap& m, const nb::object& rx, const nb::object& tx, int delay, int at_most,
               double within_db) {
  nb::list out;
  for (const maps::ArrivalPeak& p :
       maps::arrival_peaks(m.map, index_of("receiver", m.map.rx_names, rx), index_of("transmitter", m.map.tx_names, tx),
                           delay, at_most, within_db)) {
    nb::dict d;
    d["azimuth_rad"] = p.azimuth_rad;
    d["elevation_rad"] = p.elevation_rad;
    d["gain"] = p.gain;
    out.append(d);
  }
  return out;
}

nb::dict spread(const PyArrivalMap& m, const nb::object& rx, const nb::object& tx, int delay) {
  const maps::AngularSpread s = maps::angular_spread(m.map, index_of("receiver", m.map.rx_names, rx),
                                                     index_of("transmitter", m.map.tx_names, tx), delay);
  nb::dict d;
  d["mean_azimuth_rad"] = s.mean_azimuth_rad;
  d["azimuth_spread_rad"] = s.azimuth_spread_rad;
  d["mean_elevation_rad"] = s.mean_elevation_rad;
  d["elevation_spread_rad"] = s.elevation_spread_rad;
  return d;
}

/// With the paths that it was made of, and their scene.
nb::bytes state_of_map(const PyArrivalMap& a) {
  const PyPaths& p = *a.paths;
  return state_bytes(*p.solved.scene, p.solved.place, p.paths, p.options, a.options, a.map);
}

void map_from_state(PyArrivalMap& a, const nb::bytes& bytes) {
  PyArrivalMap made;
  made.paths = std::make_shared<PyPaths>();
  PyPaths& p = *made.paths;
  p.solved.scene = std::make_shared<scene::Scene>();
  read_state(bytes, *p.solved.scene, p.solved.place, p.paths, p.options, made.options, made.map);
  new (&a) PyArrivalMap(std::move(made));
}

std::vector<int64_t> signed_shape(const maps::ArrivalMap& m) {
  const auto shape = gain_shape(m);
  return {shape.begin(), shape.end()};
}

}  // namespace

void bind_arrivals(nb::module_& m) {
  nb::class_<PyArrivalMap>(m, "ArrivalMap",
                           "Power over azimuth and elevation at receivers (or transmitters), from paths.")
      .def_prop_ro(
          "gain",
          [](const PyArrivalMap& a) {
            return fixed(array<double>(std::vector<double>(a.map.gain), gain_shape(a.map)), kChangeACopy);
          },
          "Linear, [num_rx, num_tx, num_rows, num_columns]; with delays_s [num_rx, num_tx, num_delays, ...].")
      .def_prop_ro(
          "azimuth_rad",
          [](const PyArrivalMap& a) {
            return fixed(array<double>(std::vector<double>(a.map.azimuth_rad), grid_shape(a.map)), kChangeACopy);
          },
          "[num_rows, num_columns], the aperture's frame; NaN where a grid of sines has no direction.")
      .def_prop_ro(
          "elevation_rad",
          [](const PyArrivalMap& a) {
            return fixed(array<double>(std::vector<double>(a.map.elevation_rad), grid_shape(a.map)), kChangeACopy);
          },
          "[num_rows, num_columns]")
      .def_prop_ro(
          "delays_s",
          [](const PyArrivalMap& a) {
            return fixed(array<double>(std::vector<double>(a.map.delays_s), {a.map.delays_s.size()}), kChangeACopy);
          },
          "[num_delays]; empty where all paths are together.")
      .def("__getstate__", &state_of_map)
      .def("__setstate__", &map_from_state)
      .def_prop_ro(
          "crs", [](const PyArrivalMap& a) { return crs_of(a.paths->solved.place); },
          "Of the scene; None: it lies nowhere.")
      .def_prop_ro(
          "origin_m", [](const PyArrivalMap& a) { return origin_of(a.paths->solved.place); }, "Of the scene, in crs.")
      .def_prop_ro("frequency_hz", [](const PyArrivalMap& a) { return a.map.frequency_hz; })
      .def_prop_ro("departures", [](const PyArrivalMap& a) { return a.map.departures; })
      .def_prop_ro("tx_names", [](const PyArrivalMap& a) { return a.map.tx_names; })
      .def_prop_ro("rx_names", [](const PyArrivalMap& a) { return a.map.rx_names; })
      .def_prop_ro(
          "paths", [](const PyArrivalMap& a) { return a.paths; }, "Those that it was made of.")
      .def("peaks", &peaks, "rx"_a = nb::none(), "tx"_a = nb::none(), nb::kw_only(), "delay"_a = 0, "at_most"_a = 10,
           "within_db"_a = 30.0,
           "Directions that none of their neighbours exceeds, strongest first: dicts of azimuth_rad, elevation_rad, "
           "gain.")
      .def("spread", &spread, "rx"_a = nb::none(), "tx"_a = nb::none(), nb::kw_only(), "delay"_a = 0,
           "mean_azimuth_rad, azimuth_spread_rad (circular), mean_elevation_rad, elevation_spread_rad, weighted by "
           "power "
           "and solid angle; NaN where nothing arrives.")
      .def(
          "save",
          [](const PyArrivalMap& a, const nb::object& path) {
            runs::save_arrival_map(nb::cast<std::string>(nb::str(path)), a.map, placed(a.paths->solved.place));
          },
          "path"_a, ".npz or .h5")
      .def(
          "vjp",
          [](const PyArrivalMap& a, const nb::object& gain, const nb::object& wrt) {
            const auto c = reals_from(gain, "the cotangent of gain", signed_shape(a.map));
            return path_gradient(*a.paths, wrt, [&] { return maps::arrival_map_vjp(a.paths->paths, a.options, c); });
          },
          "gain"_a, nb::kw_only(), "wrt"_a = nb::none(),
          "Gradient by name (all parameters that paths have a derivative by, or those of wrt) for a cotangent of gain.")
      .def(
          "jvp",
          [](const PyArrivalMap& a, const nb::dict& tangent) {
            const paths::PathsDerivative moved = moved_paths(*a.paths, tangent);
            return array<double>(maps::arrival_map_jvp(a.paths->paths, a.options, moved), gain_shape(a.map));
          },
          "tangent"_a, "How gain moves with {parameter name: change}.");
  m.def("arrival_map", &solve, "paths"_a, "options"_a);
}

}  // namespace raywave::python
