// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/parameters.h"

#include <limits>

#include "bind.h"
#include "convert.h"
#include "numbers.h"
#include "panels.h"
#include "raywave/ad/gradient_check.h"
#include "raywave/maps/map_derivative.h"
#include "scene.h"
#include "state.h"

namespace raywave::python {
namespace {

struct PyParameter : scene::Parameter {
  std::vector<std::string> solvers;  // that have a derivative with respect to it
};

template <class Archive>
void fields(Archive& a, PyParameter& p) {
  auto& [name, shape, unit, value, lower, upper] = static_cast<scene::Parameter&>(p);
  a(name, shape, unit, value, lower, upper, p.solvers);
}

nb::object value_of(const PyParameter& p) {
  return fixed(array<double>(std::vector<double>(p.value), {p.shape.begin(), p.shape.end()}),
               "give the parameter a value, as in scene.set_parameter(name, value)");
}

/// Of panels that a solver is given beside the scene.
void add_panels(const nb::object& panels, nb::dict& out) {
  for (const paths::Panel& p : panels_from(nb::module_::import_("raywave.ris").attr("panel_list")(panels))) {
    const std::vector<int64_t> elements{p.num_rows, p.num_cols}, three{3};
    const auto numbers = [](const Vec3d& v) { return std::vector<double>{v.x, v.y, v.z}; };
    const double any = std::numeric_limits<double>::infinity();
    const scene::Parameter rows[kPanelWords.size()] = {
        {panel_name(p, 0), elements, "rad", p.phase_rad, -any, any},
        {panel_name(p, 1), elements, "", p.amplitude, 0, 1},
        {panel_name(p, 2), three, "m", numbers(p.position_m), -any, any},
        {panel_name(p, 3), three, "rad", numbers(p.orientation_rad), -any, any}};
    const std::vector<std::string> solvers{paths::kDifferentiableByPaths.solver,
                                           maps::kDifferentiableByExactMaps.solver};
    for (const scene::Parameter& row : rows) out[row.name.c_str()] = nb::cast(PyParameter{row, solvers});
  }
}

nb::dict parameters(PyScene& s, const nb::object& panels) {
  nb::dict out;
  const scene::Scene now = s.cleaned();
  for (auto& p : scene::parameters(now)) {
    const nb::str name(p.name.c_str());
    auto solvers = scene::solvers_of(now, p.name, maps::differentiable_solvers());
    out[name] = nb::cast(PyParameter{std::move(p), std::move(solvers)});
  }
  if (!panels.is_none()) add_panels(panels, out);
  return out;
}

double difference_step(PyScene& s, const std::string& name) {
  const scene::Scene now = s.cleaned();
  return scene::difference_step(now, scene::parameter(now, name));
}

nb::tuple check_gradient(const nb::object& function, const std::vector<double>& point, const std::vector<double>& exact,
                         double step, double tolerance) {
  const auto check = ad::check_gradient([&](const std::vector<double>& x) { return nb::cast<double>(function(x)); },
                                        point, exact, step);
  nb::list rows;
  for (const auto& row : check.rows)
    rows.append(nb::make_tuple(row.exact, row.difference, row.relative_error, row.passed(tolerance)));
  return nb::make_tuple(check.value, rows);
}

void set_parameter(PyScene& s, const std::string& name, const nb::object& value) {
  scene::Scene edited = s.cleaned();
  scene::set_parameter(edited, name, reals_from(value, name, scene::parameter(edited, name).shape));
  s.assign(edited);
}

}  // namespace

void bind_parameters(nb::module_& m, nb::class_<PyScene>& scene_class) {
  using Parameter = PyParameter;
  nb::class_<PyParameter>(m, "Parameter", "A differentiable quantity of a scene, as it was when asked for.")
      .def_ro("name", &Parameter::name)
      .def_prop_ro(
          "shape", [](const Parameter& p) { return nb::tuple(nb::cast(p.shape)); },
          nb::sig("def shape(self) -> tuple[int, ...]"))
      .def_ro("unit", &Parameter::unit)
      .def_prop_ro("value", &value_of, "A copy, float64.")
      .def_ro("lower", &Parameter::lower, "Each number's lower bound.")
      .def_ro("upper", &Parameter::upper, "Each number's upper bound.")
      .def_ro("solvers", &Parameter::solvers, "Those that have a derivative with respect to it.")
      .def("__getstate__", [](const Parameter& p) { return state_bytes(p); })
      .def("__setstate__",
           [](Parameter& p, const nb::bytes& bytes) {
             Parameter made;
             read_state(bytes, made);
             new (&p) Parameter(std::move(made));
           })
      .def("__repr__", [](const Parameter& p) {
        return message("Parameter('", p.name, "', shape ", shape_text(p.shape), p.unit.empty() ? "" : ", ", p.unit,
                       ")");
      });
  m.def("check_gradient", &check_gradient, "function"_a, "point"_a, "exact"_a, "step"_a, "tolerance"_a,
        "(value, [(exact, difference, relative_error, passed)]) of a function of a list of numbers.");
  scene_class.def("difference_step", &difference_step, "name"_a, "A step for central differences by that parameter.")
      .def("parameters", &parameters, nb::kw_only(), "panels"_a = nb::none(),
           nb::sig("def parameters(self, *, panels: object = None) -> dict[str, Parameter]"),
           "Everything that derivatives are taken with respect to, by name. Vertices are those of the cleaned meshes. "
           "panels: rw.Ris or a list, which solvers are given beside the scene: theirs too.")
      .def("set_parameter", &set_parameter, "name"_a, "value"_a,
           "Gives a parameter a value of its shape; translation, rotation and scale move the object's present mesh.");
}

}  // namespace raywave::python
