// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bind.h"
#include "convert.h"
#include "numbers.h"
#include "options.h"
#include "panels.h"
#include "path_sampler.h"
#include "raywave/core/constants.h"
#include "raywave/paths/field_context.h"
#include "raywave/runs/finder_choice.h"
#include "raywave/runs/options.h"
#include "raywave/runs/panel_config.h"
#include "raywave/runs/results.h"
#include "raywave/runtime/threads.h"
#include "raywave/signal/channel.h"
#include "raywave/view/view.h"
#include "results.h"

namespace raywave::python {
namespace {

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

nb::object column(PyPaths& p, const char* name) {
  if (!p.padded.is_valid()) {
    nb::dict made = padded_dict(p.paths);
    for (const auto& [key, value] : nb::dict(made)) made[key] = fixed(nb::borrow(value), kChangeACopy);
    p.padded = made;
  }
  return p.padded[name];
}

/// One path as a dict, in the words of the JSON.
nb::dict path_dict(const paths::Paths& p, const paths::Link& l, size_t i) {
  nb::dict d;
  d["tx"] = p.tx_names[size_t(l.tx)];
  d["rx"] = p.rx_names[size_t(l.rx)];
  nb::list interactions, objects;
  std::vector<Vec3d> vertices{p.tx_positions_m[size_t(l.tx)]};
  for (auto k = size_t(p.interaction_begin[i]); k < size_t(p.interaction_begin[i + 1]); ++k) {
    interactions.append(paths::interaction_name(p.interactions[k]));
    objects.append(p.object_names[size_t(p.objects[k])]);
    vertices.push_back(p.vertices_m[k]);
  }
  vertices.push_back(p.rx_positions_m[size_t(l.rx)]);
  const size_t num_vertices = vertices.size();
  d["interactions"] = interactions;
  d["objects"] = objects;
  d["vertices_m"] = array<double>(std::move(vertices), {num_vertices, 3});
  d["delay_s"] = p.tau_s[i];
  d["a"] =
      array<std::complex<double>>(std::vector<Complexd>(p.a.begin() + p.a_begin[i], p.a.begin() + p.a_begin[i + 1]),
                                  {size_t(p.num_rx_ports(l)), size_t(p.num_tx_ports(l))});
  d["theta_t"] = p.theta_t[i];
  d["phi_t"] = p.phi_t[i];
  d["theta_r"] = p.theta_r[i];
  d["phi_r"] = p.phi_r[i];
  d["doppler_hz"] = p.doppler_hz[i];
  return d;
}

nb::list path_list(const paths::Paths& p) {
  nb::list list;
  for (const auto& l : p.links) {
    for (auto i = size_t(l.path_begin); i < size_t(l.path_end); ++i) list.append(path_dict(p, l, i));
  }
  return list;
}

int index_of(const char* kind, const std::vector<std::string>& names, const std::string& name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) throw Error(message("no ", kind, " is named '", name, "'", did_you_mean(name, names)));
  return int(it - names.begin());
}

nb::dict statistics(const paths::Paths& p, const std::string& tx, const std::string& rx) {
  const int t = index_of("transmitter", p.tx_names, tx), r = index_of("receiver", p.rx_names, rx);
  for (const auto& l : p.links) {
    if (l.tx != t || l.rx != r) continue;
    const auto s = signal::link_statistics(p, l);
    nb::dict d;
    d["path_gain"] = s.path_gain;
    d["mean_delay_s"] = s.mean_delay_s;
    d["rms_delay_spread_s"] = s.rms_delay_spread_s;
    d["rms_doppler_spread_hz"] = s.rms_doppler_spread_hz;
    d["rice_factor"] = s.rice_factor;
    return d;
  }
  throw Error("the link is not among these paths");
}

paths::LearnedFinder learned_finder(const nb::dict& d) {
  paths::LearnedFinder out;
  out.num_samples = nb::cast<int>(d["num_samples"]);
  if (d["sampler"].is_none()) return out;
  const PathSampler* sampler = nullptr;
  if (!nb::try_cast(d["sampler"], sampler))
    throw Error(message("sampler takes a raywave.PathSampler, got ", nb::repr(d["sampler"]).c_str()));
  out.sampler = sampler->as<paths::FacetSampler>();
  return out;
}

std::shared_ptr<PyPaths> solve(const std::shared_ptr<PyScene>& s, const nb::dict& d) {
  auto result = std::make_shared<PyPaths>();
  paths::PathOptions& o = result->options;
  interactions_from(d, "samples_per_src").apply_to(o);
  o.synthetic_array = nb::cast<bool>(d["synthetic_array"]);
  o.seed = nb::cast<uint64_t>(d["seed"]);
  o.num_threads = nb::cast<int>(d["num_threads"]);
  const auto word = nb::cast<std::string>(d["finder"]);
  std::optional<paths::LearnedFinder> learned;
  runs::require_finder_word(word);
  if (word == runs::kLearned) {
    learned = learned_finder(d);
  } else {
    o.finder = *runs::from_word<paths::Finder>(word);
    if (!d["sampler"].is_none()) throw Error(message("sampler= is for finder=\"learned\", got finder=\"", word, "\""));
  }
  o.scattering_phases = runs::choice_from_word<paths::ScatteringPhases>("scattering_phases",
                                                                        nb::cast<std::string>(d["scattering_phases"]));
  const std::vector<paths::Panel> panels = panels_from(d["panels"]);
  Warnings warnings;
  o.log = warnings.sink();
  result->solved = runtime::on_threads(o.num_threads, [&] { return s->snapshot(); });
  run_interruptibly(d["progress"], [&](const runtime::Progress& report) {
    o.progress = report;
    const scene::Scene& scene = *result->solved.scene;
    const paths::PreparedScene& prepared = *result->solved.prepared;
    if (panels.empty()) {
      result->paths =
          learned ? paths::solve_paths(scene, prepared, o, *learned) : paths::solve_paths(scene, prepared, o);
      return;
    }
    if (learned) runs::refuse_learned_panels();
    auto all = std::make_shared<paths::PanelPaths>(paths::solve_panel_paths(scene, prepared, o, panels));
    result->paths = all->paths;
    result->panels = std::move(all);
  });
  o.progress = nullptr;
  o.log = nullptr;
  warnings.emit();
  return result;
}

}  // namespace

nb::dict touched_dict(const std::vector<paths::TouchedPlace>& places) {
  std::vector<int64_t> touch;
  std::vector<int32_t> object, material;
  std::vector<Vec3d> point, normal;
  std::vector<double> cosine;
  for (const paths::TouchedPlace& t : places) {
    touch.push_back(t.touch);
    object.push_back(t.object);
    material.push_back(t.material);
    point.push_back(t.point_m);
    normal.push_back(t.normal);
    cosine.push_back(t.cos_incidence);
  }
  const size_t n = places.size();
  nb::dict d;
  d["touch"] = array<int64_t>(std::move(touch), {n});
  d["object"] = array<int32_t>(std::move(object), {n});
  d["material"] = array<int32_t>(std::move(material), {n});
  d["point_m"] = array<double>(std::move(point), {n, 3});
  d["normal"] = array<double>(std::move(normal), {n, 3});
  d["cos_incidence"] = array<double>(std::move(cosine), {n});
  return d;
}

std::optional<paths::VaryingMaterials> varying_from(const scene::Scene& scene, const nb::object& fields) {
  if (fields.is_none()) return std::nullopt;
  paths::VaryingMaterials out;
  out.varies.assign(scene.materials.size(), 0);
  for (const auto i : nb::cast<std::vector<size_t>>(fields.attr("indices"))) out.varies.at(i) = 1;
  // from the solver's threads; the caller outlives them and holds `fields`
  out.at = [&fields](const std::vector<paths::TouchedPlace>& places) {
    constexpr auto kWidth = int64_t(em::kNumPlaceNumbers);
    const nb::gil_scoped_acquire held;
    const std::vector<double> flat =
        reals_from(fields.attr("answer")(touched_dict(places)), "numbers", {int64_t(places.size()), kWidth});
    std::vector<em::PlaceNumbers<double>> numbers(places.size());
    for (size_t i = 0; i < flat.size(); ++i) numbers[i / size_t(kWidth)].numbers[i % size_t(kWidth)] = flat[i];
    return numbers;
  };
  return out;
}

paths::TouchedMaterials touched_from(size_t num_interactions, const nb::object& touch, const nb::object& numbers,
                                     const nb::object& slopes) {
  const auto n = int64_t(nb::len(touch)), width = int64_t(em::kNumPlaceNumbers);
  paths::TouchedMaterials t;
  if (n) t.row.assign(2 * num_interactions, -1);
  t.numbers.resize(size_t(n));
  const auto faces = reals_from(touch, "touch", {n}), flat = reals_from(numbers, "numbers", {n, width});
  for (size_t i = 0; i < size_t(n); ++i) {
    if (!(faces[i] >= 0 && faces[i] < double(t.row.size()))) throw Error(message("touch ", faces[i], " is not there"));
    t.row[size_t(faces[i])] = int32_t(i);
    for (size_t k = 0; k < size_t(width); ++k) t.numbers[i].numbers[k] = flat[i * size_t(width) + k];
  }
  if (slopes.is_none()) return t;
  const auto by = reals_from(slopes, "slopes", {n, width, 3});
  t.slopes.resize(size_t(n));
  for (size_t i = 0; i < size_t(n * width); ++i)
    t.slopes[i / size_t(width)][i % size_t(width)] = {by[3 * i], by[3 * i + 1], by[3 * i + 2]};
  return t;
}

namespace {

nb::dict touched_places(const PyPaths& p) {
  const scene::Scene& scene = *p.solved.scene;
  return touched_dict(p.panels ? paths::touched_places(scene, p.solved.geometry(), p.options, *p.panels)
                               : paths::touched_places(scene, p.solved.geometry(), p.options, p.paths));
}

/// The scene that the paths were found in, with another's materials.
std::shared_ptr<scene::Scene> with_materials_of(const scene::Scene& solved, const PyScene& other) {
  auto made = std::make_shared<scene::Scene>(solved);
  if (made->frequency_hz != other.frequency_hz || made->materials.size() != other.materials.size())
    throw Error("the paths belong to a scene of another frequency or with other materials");
  for (size_t i = 0; i < made->materials.size(); ++i) {
    if (made->materials[i].name != other.materials[i]->name)
      throw Error(message("the paths belong to a scene without the material '", other.materials[i]->name, "'"));
    made->materials[i] = *other.materials[i];
  }
  return made;
}

std::shared_ptr<PyPaths> revalued(const std::shared_ptr<PyPaths>& p, const nb::object& scene, const nb::object& touch,
                                  const nb::object& numbers, const nb::object& slopes, const nb::object& fields) {
  auto result = std::make_shared<PyPaths>();
  result->paths = p->paths;
  result->options = p->options;
  result->solved = p->solved;
  if (!scene.is_none())
    result->solved.scene = with_materials_of(*p->solved.scene, *nb::cast<std::shared_ptr<PyScene>>(scene));
  const size_t touches = p->panels ? size_t(p->panels->num_touches()) : 2 * p->paths.interactions.size();
  result->touched = touched_from(touches / 2, touch, numbers, slopes);
  if (!fields.is_none()) result->fields = fields;
  const paths::PreparedScene& geometry = result->solved.geometry();
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    if (!p->panels) {
      paths::revalue(*result->solved.scene, geometry, result->options, result->touched, result->paths);
      return;
    }
    auto all = std::make_shared<paths::PanelPaths>(*p->panels);
    paths::revalue(*result->solved.scene, geometry, result->options, result->touched, *all);
    result->paths = all->paths;
    result->panels = std::move(all);
  });
  return result;
}

/// The tables [[panel]] of a run file, in the words of raywave.Ris.
nb::list read_panels(const std::string& file, double wavelength_m) {
  nb::list out;
  for (const paths::Panel& p : runs::read_panels(file, wavelength_m)) {
    const std::vector<size_t> shape{size_t(p.num_rows), size_t(p.num_cols)};
    nb::dict d;
    d["name"] = p.name;
    d["position_m"] = array<double>(std::vector<Vec3d>{p.position_m}, {3});
    d["orientation_rad"] = array<double>(std::vector<Vec3d>{p.orientation_rad}, {3});
    d["num_rows"] = p.num_rows;
    d["num_cols"] = p.num_cols;
    d["spacing_m"] = nb::make_tuple(p.vertical_spacing_m, p.horizontal_spacing_m);
    if (!p.phase_rad.empty()) d["phase_rad"] = array<double>(std::vector<double>(p.phase_rad), shape);
    if (!p.amplitude.empty()) d["amplitude"] = array<double>(std::vector<double>(p.amplitude), shape);
    out.append(std::move(d));
  }
  return out;
}

nb::tuple cir(const PyPaths& p, double sampling, int steps, bool normalize_delays) {
  signal::Cir c = signal::cir(p.paths, {sampling, steps, normalize_delays});
  const size_t rx = c.shape.num_rx, ra = c.shape.num_rx_ant, tx = c.shape.num_tx, ta = c.shape.num_tx_ant,
               n = c.num_paths;
  const std::vector<size_t> delays =
      p.paths.synthetic_array ? std::vector<size_t>{rx, tx, n} : std::vector<size_t>{rx, ra, tx, ta, n};
  return nb::make_tuple(array<std::complex<double>>(std::move(c.a), {rx, ra, tx, ta, n, size_t(steps)}),
                        array<double>(std::move(c.tau_s), delays));
}

nb::object channel_array(std::vector<Complexd>&& h, const signal::ChannelShape& s, int steps, size_t bins) {
  return array<std::complex<double>>(std::move(h), {size_t(s.num_rx), size_t(s.num_rx_ant), size_t(s.num_tx),
                                                    size_t(s.num_tx_ant), size_t(steps), bins});
}

}  // namespace

void bind_paths(nb::module_& m) {
  auto c = nb::class_<PyPaths>(m, "Paths", "Paths between devices: padded arrays as attributes, ragged by iteration.");
  c.def("__len__", [](const PyPaths& p) { return p.paths.num_paths(); })
      .def(
          "__iter__", [](const PyPaths& p) { return nb::iter(path_list(p.paths)); },
          "Each path as a dict in the words of the JSON.")
      .def_prop_ro("frequency_hz", [](const PyPaths& p) { return p.paths.frequency_hz; })
      .def_prop_ro("object_names", [](const PyPaths& p) { return p.paths.object_names; })
      .def(
          "save",
          [](const PyPaths& p, const nb::object& path) {
            runs::save_paths(nb::cast<std::string>(nb::str(path)), p.paths, placed(p.solved.place));
          },
          "path"_a, ".npz or .h5")
      .def("to_json", [](const PyPaths& p) { return runs::paths_json(p.paths, placed(p.solved.place)); })
      .def(
          "link_statistics",
          [](const PyPaths& p, const std::string& tx, const std::string& rx) { return statistics(p.paths, tx, rx); },
          "tx"_a, "rx"_a,
          "path_gain (linear), mean_delay_s, rms_delay_spread_s, rms_doppler_spread_hz, rice_factor of a link.")
      .def(
          "plot_power_delay_profile",
          [](const PyPaths& p, const nb::object& path, const std::string& tx, const std::string& rx) {
            view::plot_power_delay_profile(nb::cast<std::string>(nb::str(path)), p.paths,
                                           index_of("transmitter", p.paths.tx_names, tx),
                                           index_of("receiver", p.paths.rx_names, rx));
          },
          "path"_a, "tx"_a, "rx"_a, ".png or .svg")
      .def("cir", &cir, nb::kw_only(), "sampling_frequency_hz"_a = 1.0, "num_time_steps"_a = 1,
           "normalize_delays"_a = true,
           "(a [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths, num_time_steps], tau in seconds); a holds the "
           "carrier's phase.")
      .def(
          "cfr",
          [](const PyPaths& p, const std::vector<double>& f, double sampling, int steps, bool normalize_delays,
             bool normalize) {
            signal::ChannelShape s;
            auto h = signal::cfr(p.paths, f, {sampling, steps, normalize_delays, normalize}, &s);
            return channel_array(std::move(h), s, steps, f.size());
          },
          "frequencies_hz"_a, nb::kw_only(), "sampling_frequency_hz"_a = 1.0, "num_time_steps"_a = 1,
          "normalize_delays"_a = true, "normalize"_a = false,
          "[num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, num_frequencies] at baseband frequencies; "
          "normalize: "
          "energies are 1 in the mean over each link's antennas, times and frequencies.")
      .def(
          "taps",
          [](const PyPaths& p, double bandwidth, int l_min, int l_max, double sampling, int steps,
             bool normalize_delays, bool normalize) {
            signal::ChannelShape s;
            auto h = signal::taps(p.paths, {bandwidth, l_min, l_max, sampling, steps, normalize_delays, normalize}, &s);
            return channel_array(std::move(h), s, steps, size_t(l_max - l_min + 1));
          },
          "bandwidth_hz"_a, "l_min"_a, "l_max"_a, nb::kw_only(), "sampling_frequency_hz"_a = 0.0,
          "num_time_steps"_a = 1, "normalize_delays"_a = true, "normalize"_a = false,
          "[num_rx, num_rx_ant, num_tx, num_tx_ant, num_time_steps, l_max - l_min + 1]; normalize: the taps' energies "
          "sum "
          "to 1, in the mean over each link's antennas and times.");
  c.def_prop_ro(
      "path_gain",
      [](const PyPaths& p) {
        return fixed(array<double>(signal::path_gain(p.paths), {p.paths.rx_names.size(), p.paths.tx_names.size()}),
                     kChangeACopy);
      },
      "Powers of all paths, averaged over the antenna pairs, linear, [num_rx, num_tx].");
  c.def_prop_ro(
      "mean_delay",
      [](const PyPaths& p) {
        return fixed(array<double>(signal::mean_delay(p.paths), {p.paths.rx_names.size(), p.paths.tx_names.size()}),
                     kChangeACopy);
      },
      "Delays weighted by powers, in seconds, [num_rx, num_tx]; 0 where nothing arrives.");
  c.def_prop_ro(
      "a", [](PyPaths& p) { return column(p, "a"); },
      "Gains without propagation phase, [num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths]; 0 where there is no "
      "path.");
  c.def_prop_ro(
      "tau", [](PyPaths& p) { return column(p, "tau"); },
      "Delays in seconds, [num_rx, num_tx, num_paths] or the shape of a; -1 where there is no path.");
  c.def_prop_ro(
      "theta_t", [](PyPaths& p) { return column(p, "theta_t"); }, "Departure, zenith angle in radians, shape of tau.");
  c.def_prop_ro(
      "phi_t", [](PyPaths& p) { return column(p, "phi_t"); }, "Departure, azimuth in radians, shape of tau.");
  c.def_prop_ro(
      "theta_r", [](PyPaths& p) { return column(p, "theta_r"); },
      "Where the wave comes from, zenith angle, shape of tau.");
  c.def_prop_ro(
      "phi_r", [](PyPaths& p) { return column(p, "phi_r"); }, "Where the wave comes from, azimuth, shape of tau.");
  c.def_prop_ro(
      "doppler", [](PyPaths& p) { return column(p, "doppler"); }, "Doppler shifts in hertz, shape of tau.");
  c.def_prop_ro(
      "valid", [](PyPaths& p) { return column(p, "valid"); }, "Whether there is a path, shape of tau.");
  c.def_prop_ro(
      "interactions", [](PyPaths& p) { return column(p, "interactions"); },
      "[max_depth, shape of tau]: 1 specular reflection, 4 refraction, 8 diffraction, 32 panel, 0 none.");
  c.def_prop_ro(
      "objects", [](PyPaths& p) { return column(p, "objects"); },
      "[max_depth, shape of tau]: index into object_names, -1 none.");
  c.def_prop_ro(
      "vertices", [](PyPaths& p) { return column(p, "vertices"); }, "[max_depth, shape of tau, 3] in metres.");
  bind_pickle(c, &PyPaths::paths, &PyPaths::options, &PyPaths::touched, &PyPaths::panels);
  bind_place(c);
  bind_path_derivatives(c);
  bind_signal(m, c);
  m.def("solve_paths", &solve, "scene"_a, "options"_a);
  m.def("read_panels", &read_panels, "file"_a, "wavelength_m"_a,
        "Panels of a run file, as the arguments of raywave.Ris.");
  m.def(
      "opaque_materials",
      [](const PyScene& s) {
        std::vector<bool> opaque;
        for (const auto& material : s.materials)
          opaque.push_back(
              paths::is_opaque(em::properties_at(*material, s.frequency_hz), kSpeedOfLight / s.frequency_hz));
        return opaque;
      },
      "scene"_a, "Of each material: do rays that pass through walls end at it?");
  m.def("touched_places", &touched_places, "paths"_a,
        "Faces that the paths touch: touch [n], object, material (indices of the scene's), point_m [n, 3], normal, "
        "cos_incidence.");
  m.def("revalued_paths", &revalued, "paths"_a, "scene"_a.none(), "touch"_a, "numbers"_a, "slopes"_a.none(),
        "fields"_a.none(),
        "These paths with the scene's materials as they are now, or (scene None) as they were, and numbers [n, 5] at "
        "the faces touch [n]; slopes [n, 5, 3] by the place or None.");
}

}  // namespace raywave::python
