// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"

#include "convert.h"

namespace raywave::python {
namespace {

/// As a C-contiguous array of `type`, when its kind is among `kinds` and its shape is as wanted.
nb::object array_from(const nb::object& given, const std::string& name, const std::vector<int64_t>& shape,
                      const char* type, const std::string& kinds) {
  const nb::object numpy = nb::module_::import_("numpy");
  const nb::object any = numpy.attr("asarray")(given);
  const auto kind = nb::cast<std::string>(any.attr("dtype").attr("kind"));
  if (kinds.find(kind) == std::string::npos)
    throw Error(message(name, " takes ", kinds.size() > 3 ? "complex or real" : "real", " numbers"));
  std::vector<int64_t> got;
  for (const nb::handle n : nb::tuple(any.attr("shape"))) got.push_back(nb::cast<int64_t>(n));
  if (got != shape) throw Error(message(name, " has the shape ", shape_text(shape), ", got ", shape_text(got)));
  return any.attr("astype")(numpy.attr(type), "order"_a = "C");
}

}  // namespace

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

std::vector<double> reals_from(const nb::object& given, const std::string& name, const std::vector<int64_t>& shape) {
  const auto a = nb::cast<nb::ndarray<const double, nb::c_contig, nb::device::cpu>>(
      array_from(given, name, shape, "float64", "fiu"));
  return {a.data(), a.data() + a.size()};
}

std::vector<Complexd> complexes_from(const nb::object& given, const std::string& name,
                                     const std::vector<int64_t>& shape) {
  const auto a = nb::cast<nb::ndarray<const std::complex<double>, nb::c_contig, nb::device::cpu>>(
      array_from(given, name, shape, "complex128", "cfiu"));
  std::vector<Complexd> out(a.size());
  for (size_t i = 0; i < a.size(); ++i) out[i] = {a.data()[i].real(), a.data()[i].imag()};
  return out;
}

}  // namespace raywave::python
