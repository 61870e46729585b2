// SPDX-License-Identifier: Apache-2.0
// Scenes, paths and maps in the plane.
#include <nanobind/stl/tuple.h>

#include "bind.h"
#include "convert.h"
#include "numbers.h"
#include "path_sampler.h"
#include "plane_state.h"
#include "raywave/plane/fields.h"
#include "raywave/plane/grid.h"
#include "scene.h"

namespace raywave::python {
namespace {

using plane::Kind;
using plane::Object;
using plane::Scene2D;
using Pair = std::array<double, 2>;
using Points = nb::ndarray<const double, nb::c_contig, nb::device::cpu, nb::ndim<1>>;

/// What a dict of options has under a key. @throws Error naming the key for another type.
template <class T>
T option(const nb::dict& d, const char* key) {
  try {
    return nb::cast<T>(d[key]);
  } catch (const nb::cast_error&) {
    throw Error(message(key, " has a value of the wrong type, ", nb::repr(d[key]).c_str()));
  }
}

Vec2d vec2(const nb::handle& h) {
  Pair p;
  if (!nb::try_cast(h, p)) throw Error(message("a place must be two numbers (x, y), got ", nb::repr(h).c_str()));
  return {p[0], p[1]};
}
Pair pair_of(Vec2d p) { return {p.x, p.y}; }

/// A law in Python: called with bounces [count, 10 + numbers], gives residuals [count, 2] and slopes [count, 2, ...].
class PythonLaw final : public plane::OwnLaw {
 public:
  PythonLaw(nb::object function, size_t num_numbers) : function_(std::move(function)), num_numbers_(num_numbers) {}
  size_t num_numbers() const override { return num_numbers_; }
  const nb::object& function() const { return function_; }
  void evaluate(size_t count, const double* bounces, double* residuals, double* slopes) const override {
    const nb::gil_scoped_acquire held;
    const size_t width = 10 + num_numbers_;
    const nb::object given = array<double>(std::vector<double>(bounces, bounces + count * width), {count, width});
    const nb::object result = function_(given, slopes != nullptr);
    const auto n = int64_t(count), w = int64_t(width);
    const auto r = reals_from(nb::borrow(result[0]), "the residual of an own object", {n, 2});
    std::copy(r.begin(), r.end(), residuals);
    if (!slopes) return;
    const auto s = reals_from(nb::borrow(result[1]), "the slopes of an own object", {n, 2, w});
    std::copy(s.begin(), s.end(), slopes);
  }

 private:
  nb::object function_;
  size_t num_numbers_;
};

std::shared_ptr<const PythonLaw> law_of(nb::object function, size_t num_numbers) {
  return {new PythonLaw(std::move(function), num_numbers), [](PythonLaw* law) {
            const nb::gil_scoped_acquire held;
            delete law;
          }};
}

/// For pickle: bytes, and the functions of own objects in their order.
template <class... T>
nb::tuple state_of(const Scene2D& s, const T&... more) {
  nb::list laws;
  for (const Object& o : s.objects) {
    if (o.law) laws.append(dynamic_cast<const PythonLaw&>(*o.law).function());
  }
  return nb::make_tuple(state_bytes(s, more...), laws);
}
template <class... T>
void from_state(const nb::tuple& state, Scene2D& s, T&... more) {
  read_state(nb::cast<nb::bytes>(state[0]), s, more...);
  size_t next = 0;
  for (Object& o : s.objects) {
    if (o.kind == Kind::kOwn) o.law = law_of(nb::borrow(state[1][next++]), o.own.size());
  }
}

Object object_from(const std::string& kind, const std::string& name, const nb::dict& d) {
  Object o;
  o.name = name;
  const auto numbers = [&](const char* key) { return option<std::vector<double>>(d, key); };
  if (kind == "corner") {
    o = plane::corner(name, vec2(d["a"]));
  } else if (kind == "arc") {
    o = plane::arc(name, vec2(d["a"]), option<double>(d, "radius_m"), option<double>(d, "begin_rad"),
                   option<double>(d, "end_rad"));
  } else {
    o = plane::wall(name, vec2(d["a"]), vec2(d["b"]));
    if (kind == "ris") o.kind = Kind::kRis, o.phi_rad = option<double>(d, "phi_rad");
    if (kind == "panel") o.kind = Kind::kPanel, o.profile_m = numbers("profile_m");
    if (kind == "own") {
      o.kind = Kind::kOwn, o.own = numbers("numbers");
      o.law = law_of(nb::borrow(d["law"]), o.own.size());
    }
  }
  if (d.contains("material")) o.material = option<std::string>(d, "material");
  return o;
}

/// (kind, name, words) of each, all or none.
void add_objects(Scene2D& s, const std::vector<std::tuple<std::string, std::string, nb::dict>>& given) {
  Scene2D next = s;
  for (const auto& [kind, name, words] : given) next.objects.push_back(object_from(kind, name, words));
  next.validate();
  s = std::move(next);
}

void add_object(Scene2D& s, const std::string& kind, const std::string& name, const nb::dict& d) {
  add_objects(s, {{kind, name, d}});
}

nb::list objects(const Scene2D& s) {
  static constexpr const char* kNames[] = {"wall", "ris", "panel", "corner", "arc", "own"};
  nb::list out;
  for (const Object& o : s.objects) {
    nb::dict d;
    d["kind"] = kNames[size_t(o.kind)], d["name"] = o.name, d["a"] = pair_of(o.a);
    if (o.kind == Kind::kArc) d["radius_m"] = o.radius_m, d["begin_rad"] = o.begin_rad, d["end_rad"] = o.end_rad;
    if (o.kind != Kind::kArc && o.kind != Kind::kCorner) d["b"] = pair_of(o.b);
    if (o.kind == Kind::kRis) d["phi_rad"] = o.phi_rad;
    if (o.kind == Kind::kPanel) d["profile_m"] = o.profile_m;
    if (o.kind == Kind::kOwn) d["numbers"] = o.own;
    if (!o.material.empty()) d["material"] = o.material;
    out.append(d);
  }
  return out;
}

using Devices = std::vector<plane::Device> Scene2D::*;
nb::dict devices(const Scene2D& s, Devices list) {
  nb::dict out;
  for (const auto& d : s.*list) out[d.name.c_str()] = pair_of(d.position_m);
  return out;
}
void set_devices(Scene2D& s, Devices list, const nb::dict& given) {
  Scene2D next = s;
  (next.*list).clear();
  for (const auto& [name, at] : given) (next.*list).push_back({nb::cast<std::string>(name), vec2(at)});
  next.validate();
  s = std::move(next);
}

plane::TraceOptions trace_options(const nb::dict& d) {
  plane::TraceOptions o;
  o.candidates.min_order = option<int>(d, "min_order"), o.candidates.max_order = option<int>(d, "max_order");
  enum class List { kAll, kVisible, kSampled };
  static constexpr std::pair<const char*, List> kLists[] = {
      {"all", List::kAll}, {"visible", List::kVisible}, {"sampled", List::kSampled}};
  const List list = value_named(kLists, "candidates", option<std::string>(d, "candidates"));
  o.candidates.pruned = list == List::kVisible;
  if (list == List::kSampled) {
    if (d["sampler"].is_none())
      throw Error("candidates=\"sampled\" needs sampler=, e.g. raywave.PathSampler.load(\"models/plane_sampler.bin\")");
    o.candidates.sampler = option<const PathSampler*>(d, "sampler")->as<plane::FlowSampler>();
    o.candidates.sample_seed = option<uint64_t>(d, "seed");
  }
  o.candidates.num_samples = option<int>(d, "num_samples");
  o.candidates.max_bytes = option<double>(d, "max_bytes");
  if (!d["use"].is_none()) o.candidates.use = option<std::vector<uint8_t>>(d, "use");
  o.refine.method = plane::method_from_name(option<std::string>(d, "method"));
  o.refine.num_starts = option<int>(d, "num_starts"), o.refine.max_steps = option<int>(d, "max_steps");
  o.refine.seed = option<uint64_t>(d, "seed");
  o.approx = option<bool>(d, "approx");
  o.function = plane::activation_from_name(option<std::string>(d, "function"));
  o.keep_invalid = option<bool>(d, "keep_invalid");
  o.num_threads = option<int>(d, "num_threads");
  return o;
}

struct PyPaths2D {
  Scene2D scene;
  plane::TraceOptions options;
  plane::Paths2D paths;
};

nb::dict gradient_by_name(const Scene2D& s, const std::vector<double>& g, const nb::object& wrt) {
  nb::dict out;
  const auto add = [&](const plane::Parameter& p) {
    out[p.name.c_str()] = array<double>(
        std::vector<double>(g.begin() + std::ptrdiff_t(p.begin), g.begin() + std::ptrdiff_t(p.begin + p.count)),
        {p.shape.begin(), p.shape.end()});
  };
  if (wrt.is_none()) {
    for (const auto& p : plane::parameters(s)) add(p);
  } else {
    for (const auto& name : nb::cast<std::vector<std::string>>(wrt)) add(plane::parameter(s, name));
  }
  return out;
}

nb::dict paths_vjp(const PyPaths2D& p, const nb::object& valid, const nb::object& power, const nb::object& length,
                   const nb::object& loss, const nb::object& vertices, const nb::object& wrt) {
  plane::PathsDerivative2D c;
  const auto n = int64_t(p.paths.count());
  const auto column = [&](const nb::object& given, const char* name, std::vector<double>& to) {
    if (!given.is_none()) to = reals_from(given, message("the cotangent of ", name), {n});
  };
  column(valid, "valid", c.valid), column(power, "power", c.power), column(length, "length_m", c.length_m);
  column(loss, "loss", c.loss);
  if (!vertices.is_none()) {
    const auto flat = reals_from(vertices, "the cotangent of vertices", {int64_t(p.paths.vertices.size()), 2});
    for (size_t i = 0; i < flat.size(); i += 2) c.vertices.push_back({flat[i], flat[i + 1]});
  }
  if (c.valid.empty() && c.power.empty() && c.length_m.empty() && c.loss.empty() && c.vertices.empty() && n > 0)
    throw Error("vjp takes the cotangent of at least one of valid, power, length_m, loss, vertices_flat");
  std::vector<double> g;
  run_interruptibly(nb::none(),
                    [&](const runtime::Progress&) { g = plane::paths_vjp(p.scene, p.options, p.paths, c); });
  return gradient_by_name(p.scene, g, wrt);
}

nb::dict paths_jvp(const PyPaths2D& p, const nb::dict& tangent) {
  std::vector<double> direction(plane::layout(p.scene).count, 0.0);
  for (const auto& [key, value] : tangent) {
    const auto q = plane::parameter(p.scene, nb::cast<std::string>(key));
    const auto v = reals_from(nb::borrow(value), message("the tangent of ", q.name), q.shape);
    std::copy(v.begin(), v.end(), direction.begin() + std::ptrdiff_t(q.begin));
  }
  auto moved = plane::paths_jvp(p.scene, p.options, p.paths, direction);
  nb::dict out;
  const size_t n = p.paths.count(), m = p.paths.vertices.size();
  out["valid"] = array<double>(std::move(moved.valid), {n}), out["power"] = array<double>(std::move(moved.power), {n});
  out["length_m"] = array<double>(std::move(moved.length_m), {n});
  out["loss"] = array<double>(std::move(moved.loss), {n});
  out["vertices_flat"] = array<double>(std::move(moved.vertices), {m, 2});
  return out;
}

plane::MapOptions map_options(const nb::dict& d) {
  plane::MapOptions o;
  o.trace = trace_options(d);
  o.function = plane::path_function_from_name(option<std::string>(d, "path_function"));
  o.over_transmitters = option<bool>(d, "over_transmitters");
  o.per_path = option<bool>(d, "per_path"), o.gradient = option<bool>(d, "gradient");
  return o;
}

nb::dict solve_map(const Scene2D& s, const Points& x, const Points& y, const nb::dict& d, const nb::object& cotangent,
                   const nb::object& wrt) {
  const plane::MapOptions o = map_options(d);
  plane::Grid2D g;
  g.x_m.assign(x.data(), x.data() + x.size()), g.y_m.assign(y.data(), y.data() + y.size());
  const bool wants = !cotangent.is_none();
  std::vector<double> c;
  const auto devices = int64_t(o.over_transmitters ? s.receivers.size() : s.transmitters.size());
  if (wants) c = reals_from(cotangent, "the cotangent", {devices, int64_t(g.count())});
  plane::MapGradient result;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    if (wants) {
      result = plane::map_vjp(s, g, o, c);
    } else {
      result.map = plane::map_over_points(s, g, o);
    }
  });
  nb::dict out;
  plane::Map2D& m = result.map;
  out["value"] = array<double>(std::move(m.value), {m.num_devices, m.num_points});
  if (o.gradient) out["gradient"] = array<double>(std::move(m.gradient), {m.num_devices, m.num_points, 2});
  if (o.per_path) {
    out["shares"] = array<double>(std::move(m.shares), {m.num_devices, m.num_candidates, m.num_points});
    nb::list list;
    for (size_t i = 0; i < m.candidates.count(); ++i) {
      const auto sequence = m.candidates[i];
      list.append(nb::tuple(nb::cast(std::vector<int32_t>(sequence.begin(), sequence.end()))));
    }
    out["candidates"] = list;
  }
  if (wants) out["by_name"] = gradient_by_name(s, result.by_numbers, wrt);
  return out;
}

plane::FieldOptions field_options(const nb::dict& d) {
  plane::FieldOptions o;
  o.max_order = option<int>(d, "max_order"), o.max_bytes = option<double>(d, "max_bytes");
  o.diffraction = option<bool>(d, "diffraction"), o.transmission = option<bool>(d, "transmission");
  static constexpr std::pair<const char*, plane::Polarization> kNames[] = {{"te", plane::Polarization::kTe},
                                                                           {"tm", plane::Polarization::kTm}};
  o.polarization = value_named(kNames, "polarization", option<std::string>(d, "polarization"));
  o.num_threads = option<int>(d, "num_threads");
  return o;
}
std::vector<Vec2d> points_from(const Points& x, const Points& y) {
  std::vector<Vec2d> out;
  for (size_t i = 0; i < x.size(); ++i) out.push_back({x.data()[i], y.data()[i]});
  return out;
}
nb::object solve_field(const Scene2D& s, const Points& x, const Points& y, const nb::dict& d) {
  const plane::FieldOptions o = field_options(d);
  const auto points = points_from(x, y);
  plane::FieldMap m;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) { m = plane::field_over_points(s, points, o); });
  return array<std::complex<double>>(std::move(m.field), {m.num_tx, m.num_points});
}
nb::dict field_vjp(const Scene2D& s, const Points& x, const Points& y, const nb::dict& d, const nb::object& cotangent,
                   const nb::object& wrt) {
  const plane::FieldOptions o = field_options(d);
  const auto points = points_from(x, y);
  const auto c =
      complexes_from(cotangent, "the cotangent of field", {int64_t(s.transmitters.size()), int64_t(points.size())});
  std::vector<double> g;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) { g = plane::field_vjp(s, points, o, c); });
  return gradient_by_name(s, g, wrt);
}

nb::list parameter_list(const Scene2D& s) {
  nb::list out;
  const auto x = plane::numbers(s);
  for (const auto& p : plane::parameters(s)) {
    std::vector<double> value(x.begin() + std::ptrdiff_t(p.begin), x.begin() + std::ptrdiff_t(p.begin + p.count));
    out.append(nb::make_tuple(p.name, p.unit, array<double>(std::move(value), {p.shape.begin(), p.shape.end()})));
  }
  return out;
}

void bind_paths2d(nb::module_& m) {
  using P = PyPaths2D;
  const auto ints = [](const std::vector<int32_t>& v) { return array<int32_t>(std::vector(v), {v.size()}); };
  const auto reals = [](const std::vector<double>& v) { return array<double>(std::vector(v), {v.size()}); };
  nb::class_<P>(m, "Paths2D", "Paths in the plane, one row each, ordered by transmitter, receiver, candidate.")
      .def("__len__", [](const P& p) { return p.paths.count(); })
      .def("__getstate__", [](const P& p) { return state_of(p.scene, p.options, p.paths); })
      .def("__setstate__",
           [](P& p, const nb::tuple& state) {
             P made;
             from_state(state, made.scene, made.options, made.paths);
             new (&p) P(std::move(made));
           })
      .def_prop_ro(
          "tx", [=](const P& p) { return ints(p.paths.tx); }, "Index of the transmitter, [paths].")
      .def_prop_ro(
          "rx", [=](const P& p) { return ints(p.paths.rx); }, "Index of the receiver, [paths].")
      .def_prop_ro(
          "order", [=](const P& p) { return ints(p.paths.order); }, "Number of interactions, [paths].")
      .def_prop_ro(
          "valid", [=](const P& p) { return reals(p.paths.valid); }, "0 or 1; smoothed: between, [paths].")
      .def_prop_ro(
          "power", [=](const P& p) { return reals(p.paths.power); },
          "r_coef^order / (height_m^2 + length_m^2), without validity, [paths].")
      .def_prop_ro(
          "length_m", [=](const P& p) { return reals(p.paths.length_m); }, "[paths]")
      .def_prop_ro(
          "loss", [=](const P& p) { return reals(p.paths.loss); }, "Sum of squared residuals, [paths].")
      .def_prop_ro(
          "departure_rad", [=](const P& p) { return reals(p.paths.departure_rad); }, "[paths]")
      .def_prop_ro(
          "arrival_rad", [=](const P& p) { return reals(p.paths.arrival_rad); }, "[paths]")
      .def_prop_ro(
          "vertices_flat",
          [](const P& p) {
            return array<double>(std::vector(p.paths.vertices), {p.paths.vertices.size(), 2});
          },
          "All vertices one after the other, [sum of order + 2, 2].")
      .def(
          "vertices",
          [](const P& p, int64_t i) {
            const auto n = int64_t(p.paths.count());
            if (i < -n || i >= n) throw Error(message("path ", i, " of ", n));
            const auto k = size_t(i < 0 ? i + n : i);
            const auto begin = p.paths.vertices.begin() + p.paths.begin[k] + 2 * int64_t(k);
            std::vector<Vec2d> v(begin, begin + p.paths.order[k] + 2);
            const size_t count = v.size();
            return array<double>(std::move(v), {count, 2});
          },
          "path"_a, "Places of one path from the transmitter on, [order + 2, 2], m.")
      .def(
          "objects",
          [](const P& p, int64_t i) {
            const auto n = int64_t(p.paths.count());
            if (i < -n || i >= n) throw Error(message("path ", i, " of ", n));
            std::vector<std::string> names;
            const auto k = size_t(i < 0 ? i + n : i);
            for (int64_t j = p.paths.begin[k]; j < p.paths.begin[k + 1]; ++j)
              names.push_back(p.scene.objects[size_t(p.paths.objects[size_t(j)])].name);
            return names;
          },
          "path"_a, "Names of what one path touches, from the transmitter on.")
      .def("_device_names",
           [](const P& p) {
             std::array<std::vector<std::string>, 2> out;
             for (const auto& d : p.scene.transmitters) out[0].push_back(d.name);
             for (const auto& d : p.scene.receivers) out[1].push_back(d.name);
             return nb::make_tuple(out[0], out[1]);
           })
      .def_prop_ro(
          "crs", [](const P& p) { return crs_of(p.scene.place); }, "Of the scene; None: it lies nowhere.")
      .def_prop_ro(
          "origin_m", [](const P& p) { return origin_of(p.scene.place); }, "Of the scene, in crs.")
      .def("vjp", &paths_vjp, nb::kw_only(), "valid"_a = nb::none(), "power"_a = nb::none(), "length_m"_a = nb::none(),
           "loss"_a = nb::none(), "vertices_flat"_a = nb::none(), "wrt"_a = nb::none(),
           "Gradient by name of a loss whose derivatives by these columns are given.")
      .def("jvp", &paths_jvp, "tangent"_a, "How the columns move with {parameter name: change}.");
}

}  // namespace

void bind_plane(nb::module_& m) {
  bind_paths2d(m);
  nb::class_<Scene2D>(m, "Scene2D", "A scene in the plane: transmitters, receivers, objects. Metres, radians.")
      .def(nb::init<>())
      .def_static("square_scene", &plane::square_scene)
      .def_static("square_scene_with_wall", &plane::square_scene_with_wall, "ratio"_a = 0.6)
      .def_static("square_scene_with_obstacle", &plane::square_scene_with_obstacle, "ratio"_a = 0.1)
      .def_static("basic_scene", &plane::basic_scene)
      .def_static("random_uniform_scene", &plane::random_uniform_scene, "n_transmitters"_a = 1, "n_walls"_a = 1,
                  "n_receivers"_a = 1, "seed"_a = 1234)
      .def_rw("r_coef", &Scene2D::r_coef)
      .def_rw("height_m", &Scene2D::height_m)
      .def_rw("alpha", &Scene2D::alpha)
      .def_rw("frequency_hz", &Scene2D::frequency_hz)
      .def_prop_rw(
          "crs", [](const Scene2D& s) { return crs_of(s.place); },
          [](Scene2D& s, const std::optional<std::string>& crs) { s.place.crs = crs.value_or(""); },
          nb::for_setter(nb::arg("crs").none()),
          "The coordinate reference system that the scene lies in, as pyproj reads it; None: nowhere.")
      .def_prop_rw(
          "origin_m",
          [](const Scene2D& s) {
            return fixed(triple(s.place.origin_m), "assign all three, as in scene.origin_m = [east, north, height]");
          },
          [](Scene2D& s, const Triple& origin) { s.place.origin_m = vec(origin); },
          "What (0, 0) is in crs: east, north, height of the plane above the terrain's zero.")
      .def_prop_rw(
          "_transmitters", [](const Scene2D& s) { return devices(s, &Scene2D::transmitters); },
          [](Scene2D& s, const nb::dict& d) { set_devices(s, &Scene2D::transmitters, d); })
      .def_prop_rw(
          "_receivers", [](const Scene2D& s) { return devices(s, &Scene2D::receivers); },
          [](Scene2D& s, const nb::dict& d) { set_devices(s, &Scene2D::receivers, d); })
      .def_prop_ro("objects", &objects, "Dicts of kind, name, places and numbers; copies.")
      .def("_add", &add_object)
      .def("_add_all", &add_objects)
      .def(
          "remove",
          [](Scene2D& s, const std::string& name) {
            std::vector<std::string> known;
            for (size_t i = 0; i < s.objects.size(); ++i) {
              if (s.objects[i].name == name) return void(s.objects.erase(s.objects.begin() + std::ptrdiff_t(i)));
              known.push_back(s.objects[i].name);
            }
            throw Error(message("unknown object '", name, "'", did_you_mean(name, known)));
          },
          "name"_a)
      .def(
          "add_material",
          [](Scene2D& s, const em::Material& material) {
            Scene2D next = s;
            next.materials.push_back(material);
            next.validate();
            s = std::move(next);
          },
          "material"_a, "A material that walls may name.")
      .def_prop_ro(
          "materials", [](const Scene2D& s) { return s.materials; }, "A copy of the list.")
      .def("_field", &solve_field)
      .def("_field_vjp", &field_vjp, "x"_a, "y"_a, "options"_a, "cotangent"_a, "wrt"_a = nb::none())
      .def("copy", [](const Scene2D& s) { return Scene2D(s); })
      .def("__getstate__", [](const Scene2D& s) { return state_of(s); })
      .def("__setstate__",
           [](Scene2D& s, const nb::tuple& state) {
             Scene2D made;
             from_state(state, made);
             new (&s) Scene2D(std::move(made));
           })
      .def("_parameters", &parameter_list)
      .def(
          "set_parameter",
          [](Scene2D& s, const std::string& name, const nb::object& value) {
            plane::set_parameter(s, name, reals_from(value, name, plane::parameter(s, name).shape));
          },
          "name"_a, "value"_a, "Gives a parameter a value, e.g. \"wall/south/ends_m\".")
      .def("_trace",
           [](const Scene2D& s, const nb::dict& d) {
             PyPaths2D out;
             out.scene = s, out.options = trace_options(d);
             run_interruptibly(nb::none(),
                               [&](const runtime::Progress&) { out.paths = plane::trace(out.scene, out.options); });
             return out;
           })
      .def("_map", &solve_map, "x"_a, "y"_a, "options"_a, "cotangent"_a = nb::none(), "wrt"_a = nb::none());
  m.def("_plane_candidates", &plane::num_candidates, "num_objects"_a, "min_order"_a, "max_order"_a);
}

}  // namespace raywave::python
