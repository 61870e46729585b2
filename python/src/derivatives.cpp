// SPDX-License-Identifier: Apache-2.0
// Derivatives of paths, channels and maps: dense arrays and names on Python's side, ragged lists and places on ours.
#include <nanobind/stl/pair.h>

#include <algorithm>

#include "bind.h"
#include "convert.h"
#include "numbers.h"
#include "panels.h"
#include "raywave/maps/arrivals.h"
#include "raywave/maps/metric_derivative.h"
#include "raywave/maps/panel_map.h"
#include "raywave/scene/parameters.h"
#include "raywave/signal/channel_derivative.h"
#include "results.h"
#include "scattering.h"

namespace raywave::python {

static std::vector<std::string> field_names(const nb::object& fields) {
  return fields.is_valid() && !fields.is_none() ? nb::cast<std::vector<std::string>>(fields.attr("names"))
                                                : std::vector<std::string>{};
}
static bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

static constexpr int64_t kNumbers = int64_t(em::kNumPlaceNumbers);

static nb::object rows_array(const std::vector<em::PlaceNumbers<double>>& rows) {
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.numbers.begin(), row.numbers.end());
  return array<double>(std::move(flat), {rows.size(), size_t(kNumbers)});
}

void put_field_gradients(const nb::object& fields, const std::vector<std::string>& asked,
                         const std::vector<em::PlaceNumbers<double>>& rows, nb::dict& gradient) {
  if (asked.empty()) return;
  gradient.update(fields.attr("pull")(asked, rows_array(rows)));
}
std::vector<em::PlaceNumbers<double>> take_moved_rows(const nb::object& fields, int64_t num_rows, nb::dict& tangent) {
  const std::vector<std::string> known = field_names(fields);
  nb::dict of_scene, of_fields;
  for (const auto& [key, value] : tangent)
    (among(known, nb::cast<std::string>(key)) ? of_fields : of_scene)[key] = value;
  tangent = of_scene;
  std::vector<em::PlaceNumbers<double>> rows;
  if (!nb::len(of_fields)) return rows;
  const auto flat = reals_from(fields.attr("push")(of_fields), "the rows' motion", {num_rows, kNumbers});
  rows.resize(size_t(num_rows));
  for (size_t i = 0; i < flat.size(); ++i) rows[i / size_t(kNumbers)].numbers[i % size_t(kNumbers)] = flat[i];
  return rows;
}

/// Where a material's derivative has a number of em::PlaceNumbers.
template <class Derivative>
static auto& slot(Derivative& material, size_t k) {
  const auto is_kappa = [](const em::LobeNumberInfo& n) { return n.member == &em::Lobe::kappa; };
  if (k < em::kMaterialNumbers.size()) return material.numbers[k];
  const auto at = std::find_if(em::kLobeNumbers.begin(), em::kLobeNumbers.end(), is_kappa);
  return material.lobe[size_t(at - em::kLobeNumbers.begin())];
}
/// [num_materials][number]: how the scene's numbers change with its frequency.
static std::vector<em::PlaceNumbers<double>> dispersion(const scene::Scene& s) {
  std::vector<em::PlaceNumbers<double>> out(s.materials.size());
  for (size_t m = 0; m < out.size(); ++m) {
    const auto n = em::numbers_of(s.materials[m], s.frequency_hz, ad::Dual(s.frequency_hz, 1));
    for (size_t k = 0; k < n.numbers.size(); ++k) out[m].numbers[k] = n.numbers[k].d;  // kappa has none
  }
  return out;
}
void add_base_gradients(const scene::Scene& s, const nb::object& fields, const std::vector<std::string>& names,
                        const std::vector<em::PlaceNumbers<double>>& rows, scene::SceneDerivative& gradient) {
  if (rows.empty() || field_names(fields).empty()) return;
  const auto [by_base, by_frequency] =
      nb::cast<std::pair<std::vector<double>, double>>(fields.attr("pull_base")(names, rows_array(rows)));
  const auto moved = dispersion(s);
  gradient.frequency_hz += by_frequency;
  for (size_t i = 0; i < by_base.size(); ++i) {
    const size_t m = i / size_t(kNumbers), k = i % size_t(kNumbers);
    slot(gradient.materials[m], k) += by_base[i];
    gradient.frequency_hz += by_base[i] * moved[m].numbers[k];
  }
}

void add_moved_base(const scene::Scene& s, const nb::object& fields, int64_t num_rows,
                    const scene::SceneDerivative& direction, std::vector<em::PlaceNumbers<double>>& rows) {
  if (num_rows == 0 || field_names(fields).empty()) return;
  auto change = dispersion(s);
  for (size_t m = 0; m < change.size(); ++m) {
    for (size_t k = 0; k < size_t(kNumbers); ++k)
      change[m].numbers[k] = slot(direction.materials[m], k) + direction.frequency_hz * change[m].numbers[k];
  }
  const auto flat = reals_from(fields.attr("push_base")(rows_array(change), direction.frequency_hz), "the rows' motion",
                               {num_rows, kNumbers});
  rows.resize(size_t(num_rows));
  for (size_t i = 0; i < flat.size(); ++i) rows[i / size_t(kNumbers)].numbers[i % size_t(kNumbers)] += flat[i];
}

/// Those of wrt that are known, of None all of them; the others are left in wrt.
static std::vector<std::string> take_names(const std::vector<std::string>& known, nb::object& wrt) {
  if (wrt.is_none() || known.empty()) return known;
  std::vector<std::string> all, own, others;
  if (nb::isinstance<nb::str>(wrt)) {
    all.push_back(nb::cast<std::string>(wrt));
  } else {
    all = nb::cast<std::vector<std::string>>(wrt);
  }
  for (const auto& name : all) (among(known, name) ? own : others).push_back(name);
  wrt = nb::cast(others);
  return own;
}

std::vector<std::string> take_field_names(const nb::object& fields, nb::object& wrt) {
  return take_names(field_names(fields), wrt);
}

namespace {

using paths::Link;
using paths::Paths;
using paths::PathsDerivative;
using Shape = std::vector<int64_t>;

/// The names in `wrt` (None, a name, names), each one that the solver differentiates.
/// A share at a bound of [0, 1], where what scatters begins as its root: gains have no slope by it.
bool begins_as_a_root(const scene::Scene& s, const std::string& name) {
  const std::string_view of_turns = "/xpd_coefficient", of_all = "/scattering_coefficient";
  if (name.ends_with(of_all)) return scene::parameter(s, name).value[0] == 1;
  if (!name.ends_with(of_turns)) return false;
  const double share = scene::parameter(s, name).value[0];
  const std::string material = name.substr(0, name.size() - of_turns.size());
  return (share == 0 || share == 1) && scene::parameter(s, material + std::string(of_all)).value[0] > 0;
}
void refuse_root(const scene::Scene& s, const std::string& name) {
  if (!begins_as_a_root(s, name)) return;
  throw Error(message(name, " is ", scene::parameter(s, name).value[0],
                      ", a bound of [0, 1] at which what scatters has no slope by it: give it a value off the bound"));
}

/// @param scatters  do the paths scatter? Then shares at their bounds are left out, or refused by name.
std::vector<std::string> names_from(const scene::Scene& s, const nb::object& wrt, const scene::Differentiable& solver,
                                    bool scatters = false) {
  std::vector<std::string> names;
  if (wrt.is_none()) {
    for (const auto& p : scene::parameters(s)) {
      if (scene::is_differentiable(s, p.name, solver) && !(scatters && begins_as_a_root(s, p.name)))
        names.push_back(p.name);
    }
    return names;
  }
  if (nb::isinstance<nb::str>(wrt)) {
    names.push_back(nb::cast<std::string>(wrt));
  } else {
    names = nb::cast<std::vector<std::string>>(wrt);
  }
  for (const auto& name : names) {
    scene::require_differentiable(s, name, solver, maps::differentiable_solvers());
    if (scatters) refuse_root(s, name);
  }
  return names;
}

nb::dict gradient_dict(const scene::Scene& s, const scene::SceneDerivative& gradient,
                       const std::vector<std::string>& names) {
  scene::ParameterTree tree = scene::gradient_tree(s, gradient);
  nb::dict out;
  for (const auto& name : names) {
    const Shape shape = scene::parameter(s, name).shape;
    out[name.c_str()] = array<double>(std::vector<double>(tree.at(name)), {shape.begin(), shape.end()});
  }
  return out;
}

scene::SceneDerivative tangent_from(const scene::Scene& s, const nb::dict& by_name, const scene::Differentiable& solver,
                                    bool scatters = false) {
  scene::ParameterTree tree;
  for (const auto& [key, value] : by_name) {
    const auto name = nb::cast<std::string>(key);
    scene::require_differentiable(s, name, solver, maps::differentiable_solvers());
    if (scatters) refuse_root(s, name);
    tree[name] = reals_from(nb::borrow(value), message("the tangent of ", name), scene::parameter(s, name).shape);
  }
  return scene::tangent(s, tree);
}

// --- paths ---

Shape pair_shape(const Paths& p) { return {int64_t(p.rx_names.size()), int64_t(p.tx_names.size())}; }

int64_t most_paths(const Paths& p) {
  int64_t n = 0;
  for (const Link& l : p.links) n = std::max(n, l.path_end - l.path_begin);
  return n;
}

Shape antenna_shape(const Paths& p, const Shape& more) {
  Shape shape{int64_t(p.rx_names.size()), p.max_rx_ants(), int64_t(p.tx_names.size()), p.max_tx_ants()};
  shape.insert(shape.end(), more.begin(), more.end());
  return shape;
}

Shape delay_shape(const Paths& p) {
  if (!p.synthetic_array) return antenna_shape(p, {most_paths(p)});
  return {int64_t(p.rx_names.size()), int64_t(p.tx_names.size()), most_paths(p)};
}

/// visit(path, index into Paths::a, index into dense a, index into dense tau) for all port pairs of all paths.
template <class Visit>
void for_dense(const Paths& p, Visit&& visit) {
  const auto ra = int64_t(p.max_rx_ants()), tx = int64_t(p.tx_names.size()), ta = int64_t(p.max_tx_ants()),
             n = most_paths(p);
  for (const Link& l : p.links) {
    const int tx_ports = p.num_tx_ports(l);
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      for (int r = 0; r < p.num_rx_ports(l); ++r) {
        for (int t = 0; t < tx_ports; ++t) {
          const int64_t dense =
              (((l.rx * ra + p.rx_ant(l, r)) * tx + l.tx) * ta + p.tx_ant(l, t)) * n + i - l.path_begin;
          const int64_t delay = p.synthetic_array ? (l.rx * tx + l.tx) * n + i - l.path_begin : dense;
          visit(size_t(i), size_t(p.a_begin[size_t(i)] + r * tx_ports + t), size_t(dense), size_t(delay),
                r == 0 && t == 0);
        }
      }
    }
  }
}

/// No cotangent at all would give a gradient of zeros that says nothing.
void require_any(const char* function, const std::vector<nb::handle>& cotangents, const char* names) {
  for (const nb::handle& c : cotangents) {
    if (!c.is_none()) return;
  }
  throw Error(message(function, " takes the cotangent of at least one of ", names));
}

/// From dense cotangents; None stands for zeros.
PathsDerivative cotangent_from(const Paths& p, const nb::object& a, const std::array<nb::object, 6>& columns) {
  static constexpr const char* kNames[] = {"tau", "theta_t", "phi_t", "theta_r", "phi_r", "doppler"};
  PathsDerivative out;
  if (!a.is_none()) {
    const auto dense = complexes_from(a, "the cotangent of a", antenna_shape(p, {most_paths(p)}));
    out.a.resize(p.a.size());
    for_dense(p, [&](size_t, size_t k, size_t place, size_t, bool) { out.a[k] = dense[place]; });
  }
  std::vector<double>* const targets[] = {&out.tau_s,   &out.theta_t, &out.phi_t,
                                          &out.theta_r, &out.phi_r,   &out.doppler_hz};
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].is_none()) continue;
    const auto dense = reals_from(columns[i], message("the cotangent of ", kNames[i]), delay_shape(p));
    targets[i]->resize(p.tau_s.size());
    for_dense(p, [&](size_t path, size_t, size_t, size_t place, bool first) {
      if (first || !p.synthetic_array) (*targets[i])[path] += dense[place];
    });
  }
  return out;
}

nb::dict dense_tangent(const Paths& p, const PathsDerivative& t) {
  const Shape full = antenna_shape(p, {most_paths(p)}), thin = delay_shape(p);
  const auto product = [](const Shape& s) {
    size_t n = 1;
    for (const int64_t x : s) n *= size_t(x);
    return n;
  };
  std::vector<Complexd> a(product(full));
  for_dense(p, [&](size_t, size_t k, size_t place, size_t, bool) { a[place] = t.a[k]; });
  nb::dict out;
  out["a"] = array<std::complex<double>>(std::move(a), {full.begin(), full.end()});
  const std::pair<const char*, const std::vector<double>*> columns[] = {
      {"tau", &t.tau_s},       {"theta_t", &t.theta_t}, {"phi_t", &t.phi_t},
      {"theta_r", &t.theta_r}, {"phi_r", &t.phi_r},     {"doppler", &t.doppler_hz}};
  for (const auto& column : columns) {
    const std::vector<double>& values = *column.second;
    std::vector<double> dense(product(thin));
    for_dense(p, [&](size_t path, size_t, size_t, size_t place, bool) { dense[place] = values[path]; });
    out[column.first] = array<double>(std::move(dense), {thin.begin(), thin.end()});
  }
  return out;
}

/// Those of panels' own parameters.
std::vector<std::string> take_panel_names(const std::vector<paths::Panel>& panels, nb::object& wrt) {
  const std::vector<std::string> known = panel_names(panels);
  std::vector<std::string> own = take_names(known, wrt);
  if (wrt.is_none() || nb::isinstance<nb::str>(wrt)) return own;
  for (const auto& name : nb::cast<std::vector<std::string>>(wrt)) {
    if (name.starts_with("ris/")) throw unknown_panel_name(name, known);
  }
  return own;
}

/// A direction of scene and panels.
paths::PanelsDerivative panels_tangent(const scene::Scene& s, const std::vector<paths::Panel>& panels,
                                       const nb::dict& by_name, const scene::Differentiable& solver, bool scatters) {
  paths::PanelsDerivative out(s, panels);
  nb::dict of_scene;
  const std::vector<std::string> known = panel_names(panels);
  for (const auto& [key, value] : by_name) {
    const auto name = nb::cast<std::string>(key);
    if (!name.starts_with("ris/")) {
      of_scene[key] = value;
      continue;
    }
    if (!among(known, name)) throw unknown_panel_name(name, known);
    set_panel_tangent(panels, out, name, nb::borrow(value));
  }
  out.scene = tangent_from(s, of_scene, solver, scatters);
  return out;
}

/// Carries cotangents of paths on to the scene, to panels and to fields of materials. `back` makes them; it runs
/// without the GIL.
template <class Back>
nb::dict gradient(const PyPaths& p, const nb::object& wrt, Back&& back) {
  const scene::Scene& s = *p.solved.scene;
  nb::object of_scene = wrt;
  const std::vector<paths::Panel> panels = p.panels ? p.panels->panels : std::vector<paths::Panel>{};
  const auto of_panels = p.panels ? take_panel_names(panels, of_scene) : std::vector<std::string>{};
  const auto of_fields = take_field_names(p.fields, of_scene);
  const auto names = names_from(s, of_scene, paths::kDifferentiableByPaths, p.options.scatters());
  paths::PanelsDerivative out;
  std::vector<em::PlaceNumbers<double>> rows;
  const paths::PreparedScene& geometry = p.solved.geometry();
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    if (p.panels) {
      out = paths::panel_paths_vjp(s, geometry, p.options, *p.panels, back(), p.touched, &rows);
    } else {
      out.scene = paths::touched_vjp(s, geometry, p.options, p.paths, back(), p.touched, rows);
    }
  });
  add_base_gradients(s, p.fields, names, rows, out.scene);
  nb::dict gradient = gradient_dict(s, out.scene, names);
  put_panel_gradients(panels, out, of_panels, gradient);
  put_field_gradients(p.fields, of_fields, rows, gradient);
  return gradient;
}

PathsDerivative moved(const PyPaths& p, const nb::dict& tangent) {
  nb::dict others = tangent;
  const auto num_rows = int64_t(p.touched.numbers.size());
  auto rows = take_moved_rows(p.fields, num_rows, others);
  const scene::Scene& s = *p.solved.scene;
  const auto& by = paths::kDifferentiableByPaths;
  paths::PanelsDerivative direction;
  if (p.panels) {
    direction = panels_tangent(s, p.panels->panels, others, by, p.options.scatters());
  } else {
    direction.scene = tangent_from(s, others, by, p.options.scatters());
  }
  add_moved_base(s, p.fields, num_rows, direction.scene, rows);
  PathsDerivative out;
  const paths::PreparedScene& geometry = p.solved.geometry();
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    out = p.panels ? paths::panel_paths_jvp(s, geometry, p.options, *p.panels, direction, p.touched, rows)
                   : paths::touched_jvp(s, geometry, p.options, p.paths, direction.scene, p.touched, rows);
  });
  return out;
}

nb::dict paths_vjp(const PyPaths& p, const nb::object& a, const nb::object& tau, const nb::object& theta_t,
                   const nb::object& phi_t, const nb::object& theta_r, const nb::object& phi_r,
                   const nb::object& doppler, const nb::object& wrt) {
  require_any("vjp", {a, tau, theta_t, phi_t, theta_r, phi_r, doppler},
              "a, tau, theta_t, phi_t, theta_r, phi_r, doppler");
  PathsDerivative c = cotangent_from(p.paths, a, {tau, theta_t, phi_t, theta_r, phi_r, doppler});
  return gradient(p, wrt, [&] { return std::move(c); });
}

nb::object complex_array(const std::vector<Complexd>& values, const Shape& shape) {
  return array<std::complex<double>>(std::vector<Complexd>(values), {shape.begin(), shape.end()});
}
nb::object real_array(const std::vector<double>& values, const Shape& shape) {
  return array<double>(std::vector<double>(values), {shape.begin(), shape.end()});
}

void bind_channels(nb::class_<PyPaths>& c) {
  c.def(
      "cir_vjp",
      [](const PyPaths& p, const nb::object& a, const nb::object& tau, double sampling, int steps,
         bool normalize_delays, const nb::object& wrt) {
        require_any("cir_vjp", {a, tau}, "a, tau");
        signal::CirDerivative g;
        if (!a.is_none())
          g.a = complexes_from(a, "the cotangent of a", antenna_shape(p.paths, {most_paths(p.paths), steps}));
        if (!tau.is_none()) g.tau_s = reals_from(tau, "the cotangent of tau", delay_shape(p.paths));
        return gradient(p, wrt, [&] { return signal::cir_vjp(p.paths, {sampling, steps, normalize_delays}, g); });
      },
      "a"_a = nb::none(), "tau"_a = nb::none(), nb::kw_only(), "sampling_frequency_hz"_a = 1.0, "num_time_steps"_a = 1,
      "normalize_delays"_a = true, "wrt"_a = nb::none(), "Gradient by name for cotangents of both arrays of cir.");
  c.def(
      "cir_jvp",
      [](const PyPaths& p, const nb::dict& tangent, double sampling, int steps, bool normalize_delays) {
        const auto d = signal::cir_jvp(p.paths, {sampling, steps, normalize_delays}, moved(p, tangent));
        return nb::make_tuple(complex_array(d.a, antenna_shape(p.paths, {most_paths(p.paths), steps})),
                              real_array(d.tau_s, delay_shape(p.paths)));
      },
      "tangent"_a, nb::kw_only(), "sampling_frequency_hz"_a = 1.0, "num_time_steps"_a = 1, "normalize_delays"_a = true,
      "How both arrays of cir move.");
  c.def(
      "cfr_vjp",
      [](const PyPaths& p, const std::vector<double>& f, const nb::object& cotangent, double sampling, int steps,
         bool normalize_delays, bool normalize, const nb::object& wrt) {
        const auto g =
            complexes_from(cotangent, "the cotangent of cfr", antenna_shape(p.paths, {steps, int64_t(f.size())}));
        return gradient(p, wrt, [&] {
          return signal::cfr_vjp(p.paths, f, {sampling, steps, normalize_delays, normalize}, g);
        });
      },
      "frequencies_hz"_a, "cotangent"_a, nb::kw_only(), "sampling_frequency_hz"_a = 1.0, "num_time_steps"_a = 1,
      "normalize_delays"_a = true, "normalize"_a = false, "wrt"_a = nb::none(),
      "Gradient by name for a cotangent of cfr.");
  c.def(
      "cfr_jvp",
      [](const PyPaths& p, const std::vector<double>& f, const nb::dict& tangent, double sampling, int steps,
         bool normalize_delays, bool normalize) {
        return complex_array(
            signal::cfr_jvp(p.paths, f, {sampling, steps, normalize_delays, normalize}, moved(p, tangent)),
            antenna_shape(p.paths, {steps, int64_t(f.size())}));
      },
      "frequencies_hz"_a, "tangent"_a, nb::kw_only(), "sampling_frequency_hz"_a = 1.0, "num_time_steps"_a = 1,
      "normalize_delays"_a = true, "normalize"_a = false, "How cfr moves.");
  c.def(
      "taps_vjp",
      [](const PyPaths& p, double bandwidth, int l_min, int l_max, const nb::object& cotangent, double sampling,
         int steps, bool normalize_delays, bool normalize, const nb::object& wrt) {
        const auto g =
            complexes_from(cotangent, "the cotangent of taps", antenna_shape(p.paths, {steps, l_max - l_min + 1}));
        return gradient(p, wrt, [&] {
          return signal::taps_vjp(p.paths, {bandwidth, l_min, l_max, sampling, steps, normalize_delays, normalize}, g);
        });
      },
      "bandwidth_hz"_a, "l_min"_a, "l_max"_a, "cotangent"_a, nb::kw_only(), "sampling_frequency_hz"_a = 0.0,
      "num_time_steps"_a = 1, "normalize_delays"_a = true, "normalize"_a = false, "wrt"_a = nb::none(),
      "Gradient by name for a cotangent of taps.");
  c.def(
      "taps_jvp",
      [](const PyPaths& p, double bandwidth, int l_min, int l_max, const nb::dict& tangent, double sampling, int steps,
         bool normalize_delays, bool normalize) {
        return complex_array(
            signal::taps_jvp(p.paths, {bandwidth, l_min, l_max, sampling, steps, normalize_delays, normalize},
                             moved(p, tangent)),
            antenna_shape(p.paths, {steps, l_max - l_min + 1}));
      },
      "bandwidth_hz"_a, "l_min"_a, "l_max"_a, "tangent"_a, nb::kw_only(), "sampling_frequency_hz"_a = 0.0,
      "num_time_steps"_a = 1, "normalize_delays"_a = true, "normalize"_a = false, "How taps move.");
}

nb::dict map_vjp(const PyRadioMap& m, const nb::object& path_gain, const nb::object& rss, const nb::object& sinr,
                 const nb::object& wrt) {
  const scene::Scene& s = *m.solved.scene;
  const Shape shape{m.map.num_tx, m.map.num_y, m.map.num_x};
  maps::MetricsDerivative c;
  if (!path_gain.is_none()) c.path_gain = reals_from(path_gain, "the cotangent of path_gain", shape);
  if (!rss.is_none()) c.rss_w = reals_from(rss, "the cotangent of rss", shape);
  if (!sinr.is_none()) c.sinr = reals_from(sinr, "the cotangent of sinr", shape);
  require_any("vjp", {path_gain, rss, sinr}, "path_gain, rss, sinr");
  nb::object of_scene = wrt;
  std::vector<std::string> own;
  if (!m.panels.empty()) own = take_panel_names(m.panels, of_scene);
  const std::vector<std::string> of_fields = take_field_names(m.fields, of_scene);
  const auto names = names_from(s, of_scene, maps::differentiable_by(m.options.method), m.options.scatters());
  scene::SceneDerivative out;
  const paths::PreparedScene& geometry = m.solved.geometry();
  if (!m.panels.empty()) {
    paths::PanelsDerivative all;
    run_interruptibly(nb::none(), [&](const runtime::Progress&) {
      all = maps::panel_metrics_vjp(s, geometry, m.options, m.map, m.panels, c);
    });
    nb::dict gradient = gradient_dict(s, all.scene, names);
    put_panel_gradients(m.panels, all, own, gradient);
    return gradient;
  }
  std::vector<em::PlaceNumbers<double>> rows;
  run_interruptibly(
      nb::none(), [&](const runtime::Progress&) { out = maps::metrics_vjp(s, geometry, m.options, m.map, c, &rows); });
  add_base_gradients(s, m.fields, names, rows, out);
  nb::dict gradient = gradient_dict(s, out, names);
  put_field_gradients(m.fields, of_fields, rows, gradient);
  return gradient;
}

nb::dict map_jvp(const PyRadioMap& m, nb::dict tangent) {
  const scene::Scene& s = *m.solved.scene;
  const auto num_rows = m.map.arrivals ? int64_t(m.map.arrivals->touched.numbers.size()) : 0;
  auto rows = take_moved_rows(m.fields, num_rows, tangent);
  const auto direction =
      panels_tangent(s, m.panels, tangent, maps::differentiable_by(m.options.method), m.options.scatters());
  add_moved_base(s, m.fields, num_rows, direction.scene, rows);
  maps::MetricsDerivative d;
  const paths::PreparedScene& geometry = m.solved.geometry();
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    d = m.panels.empty() ? maps::metrics_jvp(s, geometry, m.options, m.map, direction.scene, rows)
                         : maps::panel_metrics_jvp(s, geometry, m.options, m.map, m.panels, direction);
  });
  const Shape shape{m.map.num_tx, m.map.num_y, m.map.num_x};
  nb::dict out;
  out["path_gain"] = real_array(d.path_gain, shape);
  out["rss"] = real_array(d.rss_w, shape);
  out["sinr"] = real_array(d.sinr, shape);
  return out;
}

}  // namespace

nb::dict path_gradient(const PyPaths& p, const nb::object& wrt, const std::function<PathsDerivative()>& back) {
  return gradient(p, wrt, back);
}
PathsDerivative moved_paths(const PyPaths& p, const nb::dict& tangent) { return moved(p, tangent); }

std::vector<std::string> differentiable_names(const scene::Scene& s, const nb::object& wrt,
                                              const scene::Differentiable& solver) {
  return names_from(s, wrt, solver);
}
nb::dict gradient_by_name(const scene::Scene& s, const scene::SceneDerivative& gradient,
                          const std::vector<std::string>& names) {
  return gradient_dict(s, gradient, names);
}
scene::SceneDerivative direction_from(const scene::Scene& s, const nb::dict& by_name,
                                      const scene::Differentiable& solver) {
  return tangent_from(s, by_name, solver);
}

void bind_path_derivatives(nb::class_<PyPaths>& c) {
  c.def(
      "vjp", &paths_vjp, nb::kw_only(), "a"_a = nb::none(), "tau"_a = nb::none(), "theta_t"_a = nb::none(),
      "phi_t"_a = nb::none(), "theta_r"_a = nb::none(), "phi_r"_a = nb::none(), "doppler"_a = nb::none(),
      "wrt"_a = nb::none(),
      "Gradient by name (all parameters that paths have a derivative by, or those of wrt) of a loss whose derivatives "
      "by these arrays are given; complex ones as d/dRe + j d/dIm.");
  c.def(
      "jvp", [](const PyPaths& p, const nb::dict& tangent) { return dense_tangent(p.paths, moved(p, tangent)); },
      "tangent"_a, "How a, tau, theta_t, phi_t, theta_r, phi_r and doppler move with {parameter name: change}.");
  c.def(
      "path_gain_vjp",
      [](const PyPaths& p, const nb::object& cotangent, const nb::object& wrt) {
        const auto g = reals_from(cotangent, "the cotangent of path_gain", pair_shape(p.paths));
        return gradient(p, wrt, [&] { return signal::path_gain_vjp(p.paths, g); });
      },
      "cotangent"_a, nb::kw_only(), "wrt"_a = nb::none(), "Gradient by name for a cotangent of path_gain.");
  c.def(
      "path_gain_jvp",
      [](const PyPaths& p, const nb::dict& tangent) {
        return real_array(signal::path_gain_jvp(p.paths, moved(p, tangent)), pair_shape(p.paths));
      },
      "tangent"_a, "How path_gain moves.");
  c.def(
      "mean_delay_vjp",
      [](const PyPaths& p, const nb::object& cotangent, const nb::object& wrt) {
        const auto g = reals_from(cotangent, "the cotangent of mean_delay", pair_shape(p.paths));
        return gradient(p, wrt, [&] { return signal::mean_delay_vjp(p.paths, g); });
      },
      "cotangent"_a, nb::kw_only(), "wrt"_a = nb::none(), "Gradient by name for a cotangent of mean_delay.");
  c.def(
      "mean_delay_jvp",
      [](const PyPaths& p, const nb::dict& tangent) {
        return real_array(signal::mean_delay_jvp(p.paths, moved(p, tangent)), pair_shape(p.paths));
      },
      "tangent"_a, "How mean_delay moves.");
  bind_channels(c);
}

void bind_map_derivatives(nb::class_<PyRadioMap>& c) {
  c.def(
      "vjp", &map_vjp, nb::kw_only(), "path_gain"_a = nb::none(), "rss"_a = nb::none(), "sinr"_a = nb::none(),
      "wrt"_a = nb::none(),
      "Gradient by name (all parameters that the map has a derivative by, or those of wrt) of a loss whose derivatives "
      "by these arrays are given.");
  c.def("jvp", &map_jvp, "tangent"_a, "How path_gain, rss and sinr move with {parameter name: change}.");
}

}  // namespace raywave::python
