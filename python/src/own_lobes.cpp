// SPDX-License-Identifier: Apache-2.0
// Lobes that a user writes in Python: asked for many pairs of directions at once.
#include "own_lobes.h"

#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <vector>

#include "convert.h"
#include "numbers.h"
#include "raywave/em/lobes.h"
#include "raywave/em/own_lobe.h"

namespace raywave::python {
namespace {

using em::LobeDirections;

nb::object rows_of(std::span<const LobeDirections> at) {
  std::vector<double> rows;
  rows.reserve(6 * at.size());
  for (const LobeDirections& d : at) rows.insert(rows.end(), {d.u_i.x, d.u_i.y, d.u_i.z, d.u_o.x, d.u_o.y, d.u_o.z});
  return array<double>(std::move(rows), {at.size(), 6});
}
Vec3d triple_at(const std::vector<double>& values, size_t at) { return {values[at], values[at + 1], values[at + 2]}; }

/// law(directions [n, 6], with_slopes) -> (values [n], slopes [n, 6] or None); law.draw(u_i [3], random [3]) -> [3] and
/// law.density(directions [1, 6]) -> [1] where law.draws. What it raises becomes an Error with its words: it is raised
/// on a thread that knows nothing of Python.
class PythonLobe final : public em::LobeFunction {
 public:
  explicit PythonLobe(nb::object law) : law_(std::move(law)), draws_(nb::cast<bool>(law_.attr("draws"))) {
    all().push_back(this);
  }
  ~PythonLobe() override {  // of one that was refused
    const nb::gil_scoped_acquire held;
    std::erase(all(), this);
    law_ = nb::object();
  }
  /// As the interpreter ends: lobes stay as long as the process, Python's functions do not.
  static void release_all() {
    for (PythonLobe* lobe : all()) lobe->law_ = nb::object();
  }
  void evaluate(std::span<const LobeDirections> at, std::span<double> values,
                std::span<LobeDirections> slopes) const override {
    asked([&] {
      const nb::object result = law_(rows_of(at), !slopes.empty());
      const auto n = int64_t(at.size());
      const auto v = reals_from(nb::borrow(result[0]), "a lobe", {n});
      std::copy(v.begin(), v.end(), values.begin());
      if (slopes.empty()) return;
      const auto s = reals_from(nb::borrow(result[1]), "the slopes of a lobe", {n, 6});
      for (size_t i = 0; i < at.size(); ++i) slopes[i] = {triple_at(s, 6 * i), triple_at(s, 6 * i + 3)};
    });
  }
  bool draws() const override { return draws_; }
  Vec3d draw(const Vec3d& u_i, const std::array<double, 3>& random) const override {
    Vec3d out;
    asked([&] {
      const nb::object in = array<double>(std::vector<double>{u_i.x, u_i.y, u_i.z}, {3});
      const nb::object r = array<double>(std::vector<double>(random.begin(), random.end()), {3});
      out = triple_at(reals_from(law_.attr("draw")(in, r), "a direction that a lobe draws", {3}), 0);
    });
    return out;
  }
  double density(const LobeDirections& at) const override {
    double out = 0;
    asked([&] { out = reals_from(law_.attr("density")(rows_of({&at, 1})), "the density of a lobe", {1})[0]; });
    return out;
  }

 private:
  /// With the GIL alone.
  static std::vector<PythonLobe*>& all() {
    static auto* const lobes = new std::vector<PythonLobe*>;
    return *lobes;
  }
  template <class Work>
  void asked(Work&& work) const {
    const nb::gil_scoped_acquire held;
    if (!law_.is_valid()) throw Error("a lobe of one's own is asked as Python ends");
    std::string words;
    try {
      work();
      return;
    } catch (nb::python_error& e) {
      words = nb::str(e.value()).c_str();
      const auto type = nb::cast<std::string>(e.type().attr("__name__"));
      if (type != "Error") words = type + ": " + words;
    }
    throw Error(words);
  }
  nb::object law_;  // of a lobe, which stays as long as the process
  bool draws_;
};

nb::dict make(const std::string& name, nb::object law, bool normalize, std::optional<double> width_rad) {
  auto function = std::make_shared<PythonLobe>(std::move(law));
  const em::OwnLobe* lobe = nullptr;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    lobe = &em::make_lobe(name, function, {normalize, width_rad});
  });
  nb::dict out;
  out["width_rad"] = lobe->width_rad();
  out["reciprocity_error"] = lobe->reciprocity_error();
  out["integral_error"] = lobe->integral_error();
  return out;
}

em::Lobe lobe_of(const std::string& text) { return em::lobe_from_text(text); }

/// f, the reciprocal kernel or the density of samples for pairs of directions about normals, all [n, 3].
nb::object values(const std::string& text, const std::string& what, const nb::object& normal, const nb::object& u_i,
                  const nb::object& u_o) {
  const em::Lobe lobe = lobe_of(text);
  const auto n = int64_t(nb::len(u_i));
  const auto normals = reals_from(normal, "normal", {n, 3}), in = reals_from(u_i, "u_i", {n, 3}),
             out = reals_from(u_o, "u_o", {n, 3});
  std::vector<double> all(static_cast<size_t>(n));
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    std::vector<em::OwnLobe::Ask> asks;
    for (size_t i = 0; i < all.size(); ++i)
      asks.push_back({triple_at(normals, 3 * i), triple_at(in, 3 * i), triple_at(out, 3 * i)});
    if (lobe.own && what != "density") lobe.own->prepare(asks, false);
    for (size_t i = 0; i < all.size(); ++i) {
      const auto& [axis, before, behind] = asks[i];
      all[i] = what == "value"     ? em::evaluate(lobe, axis, before, behind)
               : what == "density" ? em::density(lobe, axis, before, behind)
                                   : em::reciprocal_kernel(lobe, axis, before, behind);
    }
  });
  return array<double>(std::move(all), {size_t(n)});
}

nb::object integrals(const std::string& text, const nb::object& cos_incidence) {
  const em::Lobe lobe = lobe_of(text);
  const auto n = int64_t(nb::len(cos_incidence));
  std::vector<double> all = reals_from(cos_incidence, "cos_incidence", {n});
  for (double& c : all) c = lobe.own ? lobe.own->integral(c) : 1;
  return array<double>(std::move(all), {size_t(n)});
}

/// Directions [n, 3] from random [n, 3]; zeros where there is none.
nb::object samples(const std::string& text, const nb::object& normal, const nb::object& u_i, const nb::object& random) {
  const em::Lobe lobe = lobe_of(text);
  const auto n = int64_t(nb::len(u_i));
  const auto normals = reals_from(normal, "normal", {n, 3}), in = reals_from(u_i, "u_i", {n, 3}),
             draws = reals_from(random, "random", {n, 3});
  std::vector<double> all(static_cast<size_t>(3 * n));
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    for (size_t i = 0; i < all.size(); i += 3) {
      const auto u = em::sample(lobe, triple_at(normals, i), triple_at(in, i), {draws[i], draws[i + 1], draws[i + 2]});
      if (u) all[i] = u->x, all[i + 1] = u->y, all[i + 2] = u->z;
    }
  });
  return array<double>(std::move(all), {size_t(n), 3});
}

}  // namespace

void bind_own_lobes(nb::module_& m) {
  m.def("release_lobes", &PythonLobe::release_all);
  nb::module_::import_("atexit").attr("register")(m.attr("release_lobes"));
  m.def("make_lobe", &make, "name"_a, "law"_a, "normalize"_a, "width_rad"_a.none());
  m.def("lobe_values", &values, "text"_a, "what"_a, "normal"_a, "u_i"_a, "u_o"_a);
  m.def("lobe_integrals", &integrals, "text"_a, "cos_incidence"_a);
  m.def("lobe_samples", &samples, "text"_a, "normal"_a, "u_i"_a, "random"_a);
}

}  // namespace raywave::python
