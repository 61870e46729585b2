// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "bind.h"
#include "convert.h"
#include "options.h"
#include "panels.h"
#include "raywave/maps/varied_map.h"
#include "raywave/runs/results.h"
#include "raywave/runtime/threads.h"
#include "raywave/view/report_data.h"
#include "raywave/view/view.h"
#include "results.h"

namespace raywave::python {

namespace {

std::vector<size_t> shape(const maps::RadioMap& m) { return {size_t(m.num_tx), size_t(m.num_y), size_t(m.num_x)}; }

view::MapMetric metric_from(const std::string& name) {
  if (name == "path_gain") return view::MapMetric::kPathGain;
  if (name == "rss") return view::MapMetric::kRss;
  if (name == "sinr") return view::MapMetric::kSinr;
  if (name == "association") return view::MapMetric::kAssociation;
  throw Error(message("unknown metric '", name, "'", did_you_mean(name, {"path_gain", "rss", "sinr", "association"}),
                      " Known: path_gain, rss, sinr, association"));
}

maps::Surface surface_from(const nb::dict& d) {
  maps::Surface s;
  const auto cell = nb::cast<std::array<double, 2>>(d["cell_size_m"]);
  s.cell_size_m = {cell[0], cell[1]};
  if (!d["height_m"].is_none()) s.height_m = nb::cast<double>(d["height_m"]);
  if (!d["center_m"].is_none()) s.center_m = vec(nb::cast<Triple>(d["center_m"]));
  if (!d["orientation_rad"].is_none()) s.orientation_rad = vec(nb::cast<Triple>(d["orientation_rad"]));
  if (!d["size_m"].is_none()) {
    const auto size = nb::cast<std::array<double, 2>>(d["size_m"]);
    require_positive("size_m[0]", size[0]);
    require_positive("size_m[1]", size[1]);
    s.size_m = {size[0], size[1]};
  } else if (!d["center_m"].is_none()) {
    throw Error("a map with center_m needs size_m too");
  }
  if (!d["center_m"].is_none() && !d["height_m"].is_none() && d["terrain"].is_none()) {
    throw Error("the z of center_m is the map's level: give center_m or height_m, not both");
  }
  if (!d["measurement_surface"].is_none() && !d["terrain"].is_none()) {
    throw Error("a map has one surface: give measurement_surface or terrain, not both");
  }
  if (!d["measurement_surface"].is_none()) {
    s.kind = maps::Surface::Kind::kMesh;
    s.objects = nb::cast<std::vector<std::string>>(d["measurement_surface"]);
  } else if (!d["terrain"].is_none()) {
    s.kind = maps::Surface::Kind::kTerrain;
    s.objects = nb::cast<std::vector<std::string>>(d["terrain"]);
  }
  return s;
}

std::shared_ptr<PyRadioMap> solve(const std::shared_ptr<PyScene>& s, const nb::dict& d, const nb::object& fields) {
  auto result = std::make_shared<PyRadioMap>();
  result->surface = surface_from(d);
  maps::RadioMapOptions& o = result->options;
  o.method = runs::choice_from_word<maps::Method>("method", nb::cast<std::string>(d["method"]));
  interactions_from(d, "samples_per_tx").apply_to(o);
  o.points_per_cell = nb::cast<int>(d["points_per_cell"]);
  o.coherent = nb::cast<bool>(d["coherent"]);
  o.keep_arrivals = nb::cast<bool>(d["keep_arrivals"]);
  o.seed = nb::cast<uint64_t>(d["seed"]);
  o.num_threads = nb::cast<int>(d["num_threads"]);
  o.max_bytes = nb::cast<double>(d["max_bytes"]);
  result->panels = panels_from(d["panels"]);
  Warnings warnings;
  o.log = warnings.sink();
  result->solved = runtime::on_threads(o.num_threads, [&] { return s->snapshot(); });
  const auto varying = varying_from(*result->solved.scene, fields);
  run_interruptibly(d["progress"], [&](const runtime::Progress& report) {
    o.progress = report;
    const auto& [scene, prepared, place] = result->solved;
    if (varying) {
      result->map = maps::solve_radio_map(*scene, *prepared, result->surface, o, *varying);
      return;
    }
    result->map = result->panels.empty() ? maps::solve_radio_map(*scene, *prepared, result->surface, o)
                                         : maps::solve_panel_map(*scene, *prepared, result->surface, o, result->panels);
  });
  o.progress = nullptr;
  o.log = nullptr;
  warnings.emit();
  return result;
}

nb::dict touched_places(const PyRadioMap& m) {
  const paths::PreparedScene& geometry = m.solved.geometry();
  maps::MapPlaces found;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    found = maps::touched_places(*m.solved.scene, geometry, m.options, m.map);
  });
  nb::dict d = touched_dict(found.places);
  d["num_interactions"] = found.num_interactions;
  return d;
}

std::shared_ptr<PyRadioMap> varied(const PyRadioMap& m, size_t num_interactions, const nb::object& touch,
                                   const nb::object& numbers, const nb::object& slopes, const nb::object& fields) {
  auto result = std::make_shared<PyRadioMap>(m);
  result->fields = fields;
  const paths::TouchedMaterials t = touched_from(num_interactions, touch, numbers, slopes);
  const paths::PreparedScene& geometry = result->solved.geometry();
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    result->map = maps::varied(*result->solved.scene, geometry, m.options, m.map, t);
  });
  return result;
}

int tx_index(const PyRadioMap& m, const nb::object& tx) {
  if (tx.is_none()) return -1;
  const auto name = nb::cast<std::string>(tx);
  for (size_t i = 0; i < m.map.tx_names.size(); ++i) {
    if (m.map.tx_names[i] == name) return int(i);
  }
  throw Error(message("no transmitter is named '", name, "'", did_you_mean(name, m.map.tx_names)));
}

/// The page that shows them, or what goes into it alone.
std::string shown(std::string (*show)(const scene::Scene&, const paths::Paths*, const maps::RadioMap*,
                                      const view::ReportOptions&),
                  const std::shared_ptr<PyScene>& s, const nb::object& found_paths, const nb::object& radio_map,
                  const std::string& title, const std::string& metric) {
  const PyRadioMap* m = radio_map.is_none() ? nullptr : &nb::cast<PyRadioMap&>(radio_map);
  const paths::Paths* p = found_paths.is_none() ? nullptr : &nb::cast<PyPaths&>(found_paths).paths;
  std::shared_ptr<const scene::Scene> solved = s ? s->snapshot().scene : m ? m->solved.scene : nullptr;
  if (!solved) throw Error("a report needs a scene");
  view::ReportOptions o;
  o.title = title;
  o.place = placed(s ? s->place : m->solved.place);
  o.map.metric = metric_from(metric);
  return show(*solved, p, m ? &m->map : nullptr, o);
}

std::string report(const std::shared_ptr<PyScene>& s, const nb::object& found_paths, const nb::object& radio_map,
                   const std::string& title, const std::string& metric) {
  return shown(&view::report_html, s, found_paths, radio_map, title, metric);
}

std::string frame(const std::shared_ptr<PyScene>& s, const nb::object& found_paths, const nb::object& radio_map,
                  const std::string& metric) {
  return shown(&view::report_data, s, found_paths, radio_map, "", metric);
}

}  // namespace

void bind_maps(nb::module_& m) {
  auto c = nb::class_<PyRadioMap>(m, "RadioMap", "Path gains in the cells of a surface, from every transmitter.");
  const auto copied = [](const PyRadioMap& r) { return std::make_shared<PyRadioMap>(r); };
  c.def("__copy__", copied)
      .def(
          "__deepcopy__", [copied](const PyRadioMap& r, const nb::dict&) { return copied(r); }, "memo"_a);
  c.def_prop_ro(
       "path_gain",
       [](PyRadioMap& r) {
         const auto s = shape(r.map);
         return nb::cast(nb::ndarray<nb::numpy, double>(r.map.path_gain.data(), s.size(), s.data(), nb::find(r)));
       },
       "Linear, [num_tx, num_y, num_x]; shares the map's memory.")
      .def_prop_ro(
          "standard_error",
          [](const PyRadioMap& r) {
            std::vector<double> error = r.map.standard_error;
            const bool exact = r.options.method == maps::Method::kExact;
            error.resize(r.map.path_gain.size(), exact ? 0 : std::numeric_limits<double>::quiet_NaN());
            return fixed(array<double>(std::move(error), shape(r.map)), kChangeACopy);
          },
          "Of path_gain, where rays scatter; 0 in exact maps, NaN where it is not known: Monte Carlo maps without "
          "scattering. [num_tx, num_y, num_x]")
      .def_prop_ro(
          "rss", [](const PyRadioMap& r) { return fixed(array<double>(r.map.rss_w(), shape(r.map)), kChangeACopy); },
          "Received signal strength in watt, [num_tx, num_y, num_x].")
      .def_prop_ro(
          "sinr", [](const PyRadioMap& r) { return fixed(array<double>(r.map.sinr(), shape(r.map)), kChangeACopy); },
          "Linear, [num_tx, num_y, num_x].")
      .def_prop_ro(
          "cell_centers",
          [](const PyRadioMap& r) {
            return fixed(
                array<double>(std::vector<Vec3d>(r.map.cell_centers_m), {size_t(r.map.num_y), size_t(r.map.num_x), 3}),
                kChangeACopy);
          },
          "In metres, [num_y, num_x, 3].")
      .def_prop_ro(
          "center_m", [](const PyRadioMap& r) { return fixed(triple(r.map.surface.center_m), kChangeACopy); },
          "Of the plane, as it was solved.")
      .def_prop_ro(
          "size_m",
          [](const PyRadioMap& r) {
            return fixed(std::array<double, 2>{r.map.surface.size_m.x, r.map.surface.size_m.y}, kChangeACopy);
          },
          "Of the plane along its own x and y, as it was solved.")
      .def_prop_ro("tx_names", [](const PyRadioMap& r) { return r.map.tx_names; })
      .def(
          "tx_association",
          [](const PyRadioMap& r, const std::string& metric) {
            return array<int32_t>(r.map.tx_association(metric), {size_t(r.map.num_y), size_t(r.map.num_x)});
          },
          "metric"_a = "path_gain", "Index of the best transmitter, -1 where none reaches, [num_y, num_x].")
      .def(
          "save",
          [](const PyRadioMap& r, const nb::object& path) {
            runs::save_radio_map(nb::cast<std::string>(nb::str(path)), r.map, placed(r.solved.place));
          },
          "path"_a, ".npz or .h5")
      .def(
          "plot",
          [](const PyRadioMap& r, const nb::object& path, const std::string& metric, const nb::object& tx,
             double min_db, double max_db, const std::string& title) {
            view::MapPlotOptions o;
            o.metric = metric_from(metric), o.tx = tx_index(r, tx), o.min_db = min_db, o.max_db = max_db,
            o.title = title;
            view::plot_radio_map(nb::cast<std::string>(nb::str(path)), r.map, *r.solved.scene, o);
          },
          "path"_a, "metric"_a = "path_gain", "tx"_a = nb::none(), "min_db"_a = 0.0, "max_db"_a = 0.0, "title"_a = "",
          ".png or .svg");
  bind_pickle(c, &PyRadioMap::map, &PyRadioMap::surface, &PyRadioMap::options, &PyRadioMap::panels);
  bind_place(c);
  bind_map_derivatives(c);
  m.def("solve_radio_map", &solve, "scene"_a, "options"_a, "fields"_a = nb::none(),
        "fields: materials that vary, of a monte-carlo map.");
  m.def("touched_places_of_map", &touched_places, "map"_a,
        "Where the paths of a map that kept its arrivals touch faces, as touched_places; num_interactions.");
  m.def("varied_map", &varied, "map"_a, "num_interactions"_a, "touch"_a, "numbers"_a, "slopes"_a.none(),
        "fields"_a.none(), "The map with other materials at touched places.");
  m.def("report_data", &frame, "scene"_a.none(), "paths"_a.none(), "radio_map"_a.none(), "metric"_a = "path_gain",
        "What a page shows, as JSON, without the page.");
  m.def("report_html", &report, "scene"_a.none(), "paths"_a.none(), "radio_map"_a.none(), "title"_a, "metric"_a);
}

}  // namespace raywave::python
