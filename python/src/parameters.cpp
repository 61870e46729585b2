// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/parameters.h"

#include "bind.h"
#include "convert.h"
#include "scene.h"

namespace raywave::python {
namespace {

using Numbers = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

/// Numbers of that shape from a number, an array or nested sequences.
std::vector<double> numbers_from(const nb::object& given, const std::string& name, const std::vector<int64_t>& shape) {
  const nb::object numpy = nb::module_::import_("numpy");
  const nb::object any = numpy.attr("asarray")(given);
  const std::string kind = nb::cast<std::string>(any.attr("dtype").attr("kind"));
  if (kind != "f" && kind != "i" && kind != "u") throw Error(message(name, " takes real numbers"));
  const auto a = nb::cast<Numbers>(any.attr("astype")(numpy.attr("float64"), "order"_a = "C"));
  std::vector<int64_t> got;
  for (size_t i = 0; i < a.ndim(); ++i) got.push_back(int64_t(a.shape(i)));
  if (got != shape) throw Error(message(name, " has the shape ", shape_text(shape), ", got ", shape_text(got)));
  return {a.data(), a.data() + a.size()};
}

nb::object value_of(const scene::Parameter& p) {
  return array<double>(std::vector<double>(p.value), {p.shape.begin(), p.shape.end()});
}

nb::dict parameters(PyScene& s) {
  nb::dict out;
  for (auto& p : scene::parameters(s.cleaned())) {
    const nb::str name(p.name.c_str());
    out[name] = nb::cast(std::move(p));
  }
  return out;
}

void set_parameter(PyScene& s, const std::string& name, const nb::object& value) {
  scene::Scene edited = s.cleaned();
  scene::set_parameter(edited, name, numbers_from(value, name, scene::parameter(edited, name).shape));
  s.assign(edited);
}

}  // namespace

void bind_parameters(nb::module_& m, nb::class_<PyScene>& scene_class) {
  using scene::Parameter;
  nb::class_<Parameter>(m, "Parameter", "A differentiable quantity of a scene, as it was when asked for.")
      .def_ro("name", &Parameter::name)
      .def_prop_ro(
          "shape", [](const Parameter& p) { return nb::tuple(nb::cast(p.shape)); },
          nb::sig("def shape(self) -> tuple[int, ...]"))
      .def_ro("unit", &Parameter::unit)
      .def_prop_ro("value", &value_of, "A copy, float64.")
      .def_ro("lower", &Parameter::lower, "Each number's lower bound.")
      .def_ro("upper", &Parameter::upper, "Each number's upper bound.")
      .def_ro("solvers", &Parameter::solvers, "Those that have a derivative with respect to it.")
      .def("__repr__", [](const Parameter& p) {
        return message("Parameter('", p.name, "', shape ", shape_text(p.shape), p.unit.empty() ? "" : ", ", p.unit,
                       ")");
      });
  scene_class
      .def("parameters", &parameters, nb::sig("def parameters(self) -> dict[str, Parameter]"),
           "Everything that derivatives are taken with respect to, by name. Vertices are those of the cleaned meshes.")
      .def("set_parameter", &set_parameter, "name"_a, "value"_a,
           "Gives a parameter a value of its shape; translation, rotation and scale move the object's present mesh.");
}

}  // namespace raywave::python
