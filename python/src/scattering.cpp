// SPDX-License-Identifier: Apache-2.0
// Power that surfaces scatter between devices.
#include "scattering.h"

#include "convert.h"
#include "numbers.h"
#include "power_state.h"
#include "raywave/paths/scattered_power.h"
#include "raywave/runtime/threads.h"
#include "results.h"
#include "scene.h"

namespace raywave::python {
namespace {

struct PyScatteredPower {
  paths::ScatteredPower power;
  paths::ScatterOptions options;
  PyScene::Snapshot solved;
  nb::object fields;  // materials that vary, or none

  std::vector<size_t> shape() const { return {size_t(power.num_rx), size_t(power.num_tx)}; }
  nb::object numbers(const std::vector<double>& values) const {
    return fixed(array<double>(std::vector<double>(values), shape()), kChangeACopy);
  }
};

std::shared_ptr<PyScatteredPower> solve(const std::shared_ptr<PyScene>& s, const nb::dict& d,
                                        const nb::object& fields) {
  auto result = std::make_shared<PyScatteredPower>();
  paths::ScatterOptions& o = result->options;
  o.diffuse = nb::cast<bool>(d["diffuse"]);
  if (!d["reflection"].is_none()) o.reflection = em::lobe_from_text(nb::cast<std::string>(d["reflection"]));
  o.tolerance = nb::cast<double>(d["tolerance"]);
  o.max_tiles = nb::cast<int64_t>(d["max_tiles"]);
  o.num_threads = nb::cast<int>(d["num_threads"]);
  const auto method = nb::cast<std::string>(d["method"]);
  if (method != "tiles" && method != "sampled")
    throw Error(
        message("unknown method '", method, "'", did_you_mean(method, {"tiles", "sampled"}), " Known: tiles, sampled"));
  o.method = method == "tiles" ? paths::ScatterMethod::kTiles : paths::ScatterMethod::kSampled;
  o.max_depth = nb::cast<int>(d["max_depth"]);
  o.specular_reflection = nb::cast<bool>(d["specular_reflection"]);
  o.refraction = nb::cast<bool>(d["refraction"]);
  o.samples_per_tx = nb::cast<int64_t>(d["samples_per_tx"]);
  o.seed = nb::cast<uint64_t>(d["seed"]);
  Warnings warnings;
  o.log = warnings.sink();
  result->solved = runtime::on_threads(o.num_threads, [&] { return s->snapshot(); });
  const auto varying = varying_from(*result->solved.scene, fields);
  run_interruptibly(nb::none(), [&](const runtime::Progress& report) {
    o.progress = report;
    result->power =
        paths::scattered_power(*result->solved.scene, *result->solved.prepared, o, varying ? &*varying : nullptr);
  });
  o.progress = nullptr;
  o.log = nullptr;
  warnings.emit();
  return result;
}

nb::dict touched_places(const PyScatteredPower& p) {
  const paths::PreparedScene& geometry = p.solved.geometry();
  std::pair<std::vector<paths::TouchedPlace>, size_t> found;
  std::vector<int64_t> first;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    found = paths::touched_places(*p.solved.scene, geometry, p.options, p.power, first);
  });
  nb::dict d = touched_dict(found.first);
  d["num_interactions"] = found.second;
  return d;
}

std::shared_ptr<PyScatteredPower> varied(const PyScatteredPower& p, size_t num_interactions, const nb::object& touch,
                                         const nb::object& numbers, const nb::object& slopes,
                                         const nb::object& fields) {
  auto result = std::make_shared<PyScatteredPower>(p);
  result->fields = fields;
  const paths::TouchedMaterials t = touched_from(num_interactions, touch, numbers, slopes);
  const paths::PreparedScene& geometry = p.solved.geometry();
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    result->power = paths::varied(*p.solved.scene, geometry, p.options, p.power, t);
  });
  return result;
}

nb::dict vjp(const PyScatteredPower& p, const nb::object& gain, nb::object wrt) {
  const scene::Scene& s = *p.solved.scene;
  const auto of_fields = take_field_names(p.fields, wrt);
  const auto names = differentiable_names(s, wrt, paths::kDifferentiableByScattering);
  const auto c = reals_from(gain, "the cotangent of gain", {p.power.num_rx, p.power.num_tx});
  const paths::PreparedScene& prepared = p.solved.geometry();
  scene::SceneDerivative out;
  std::vector<em::PlaceNumbers<double>> rows;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    out = paths::scattered_power_vjp(s, prepared, p.options, p.power, c, &rows);
  });
  add_base_gradients(s, p.fields, names, rows, out);
  nb::dict gradient = gradient_by_name(s, out, names);
  put_field_gradients(p.fields, of_fields, rows, gradient);
  return gradient;
}

nb::object jvp(const PyScatteredPower& p, nb::dict tangent) {
  const auto num_rows = int64_t(p.power.touched.numbers.size());
  auto rows = take_moved_rows(p.fields, num_rows, tangent);
  const auto direction = direction_from(*p.solved.scene, tangent, paths::kDifferentiableByScattering);
  add_moved_base(*p.solved.scene, p.fields, num_rows, direction, rows);
  const paths::PreparedScene& prepared = p.solved.geometry();
  std::vector<double> out;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    out = paths::scattered_power_jvp(*p.solved.scene, prepared, p.options, p.power, direction, rows);
  });
  return array<double>(std::move(out), p.shape());
}

}  // namespace

void bind_scattering(nb::module_& m) {
  auto c = nb::class_<PyScatteredPower>(m, "ScatteredPower", "Power that surfaces scatter between devices.");
  bind_pickle(c, &PyScatteredPower::power, &PyScatteredPower::options);
  bind_place(c);
  c.def_prop_ro(
       "gain", [](const PyScatteredPower& p) { return p.numbers(p.power.gain); },
       "Linear, the mean over the port pairs, [num_rx, num_tx].")
      .def_prop_ro(
          "error", [](const PyScatteredPower& p) { return p.numbers(p.power.error); },
          "As gain: tiles, the estimated error of the surface integral; sampled, the standard error. [num_rx, num_tx]")
      .def_prop_ro(
          "shaded", [](const PyScatteredPower& p) { return p.numbers(p.power.shaded); },
          "Share of the gain from tiles that a shadow's border crosses, which derivatives hold still, [num_rx, "
          "num_tx].")
      .def_prop_ro(
          "num_tiles",
          [](const PyScatteredPower& p) {
            std::vector<int64_t> n;
            for (const auto& tiles : p.power.tiles) n.push_back(int64_t(tiles.size()));
            return fixed(array<int64_t>(std::move(n), p.shape()), kChangeACopy);
          },
          "[num_rx, num_tx]")
      .def_prop_ro("tx_names", [](const PyScatteredPower& p) { return p.power.tx_names; })
      .def_prop_ro("rx_names", [](const PyScatteredPower& p) { return p.power.rx_names; })
      .def(
          "vjp", &vjp, "gain"_a, nb::kw_only(), "wrt"_a = nb::none(),
          "Gradient by name (all parameters that scattered power has a derivative by, or those of wrt) for a cotangent "
          "of gain.")
      .def("jvp", &jvp, "tangent"_a, "How gain moves with {parameter name: change}.");
  m.def(
      "lobe_text", [](const std::string& text) { return em::lobe_text(em::lobe_from_text(text)); }, "text"_a,
      "A scattering pattern with all its numbers; raises for none.");
  m.def("scattered_power", &solve, "scene"_a, "options"_a, "fields"_a = nb::none(),
        "fields: materials that vary, of samples.");
  m.def("touched_places_of_power", &touched_places, "power"_a,
        "Where the paths over the tiles touch faces, as touched_places; num_interactions.");
  m.def("varied_power", &varied, "power"_a, "num_interactions"_a, "touch"_a, "numbers"_a, "slopes"_a.none(),
        "fields"_a.none(), "The power with other materials at touched places.");
}

}  // namespace raywave::python
