// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <algorithm>

#include "bind.h"
#include "convert.h"
#include "numbers.h"
#include "raywave/core/files.h"
#include "raywave/em/antenna.h"
#include "raywave/io/antenna_files.h"
#include "raywave/io/place.h"
#include "raywave/io/scene_files.h"

namespace raywave::python {

PyObject::PyObject() { touch(); }
void PyObject::touch() {
  static std::atomic<uint64_t> counter = 0;
  revision = ++counter;
}

PyScene::Revisions PyScene::revisions() const {
  Revisions now;
  for (const auto& o : objects) now.emplace_back(o.get(), o->revision);
  return now;
}

scene::Scene PyScene::assemble(bool stale) {
  scene::Scene s;
  s.frequency_hz = frequency_hz;
  s.bandwidth_hz = bandwidth_hz;
  s.temperature_k = temperature_k;
  for (const auto& m : materials) s.add_material(*m);
  if (stale) {
    for (const auto& o : objects) s.objects.push_back(o->object);
  } else {
    s.objects = clean_objects_;
  }
  for (size_t i = 0; i < objects.size(); ++i) {
    s.objects[i].velocity_m_per_s = objects[i]->object.velocity_m_per_s;
    try {
      s.objects[i].material = s.find_material(objects[i]->material);
    } catch (const Error& e) {
      throw Error(
          message("object '", s.objects[i].name, "': ", e.what(), " (scene.add(rw.itu_material(...)) adds one)"));
    }
  }
  std::unordered_set<std::string> taken;  // each is asked once: scenes may have many receivers
  for (const scene::Object& o : s.objects) taken.insert(o.name);
  for (const auto& d : devices) {
    if (!taken.insert(d->device.name).second)
      throw Error(message("the name '", d->device.name, "' is used already in this scene"));
    (d->transmits ? s.transmitters : s.receivers).push_back(d->device);
  }
  if (stale) scene::clean_meshes(s);
  return s;
}

PyScene::Snapshot PyScene::snapshot() {
  Revisions now = revisions();
  const bool stale = !prepared_ || now != prepared_of_;
  auto s = std::make_shared<scene::Scene>(assemble(stale));
  if (stale) {
    auto prepared = std::make_shared<const paths::PreparedScene>(*s);
    // Kept together and only now: an error above must leave the last good geometry whole.
    clean_objects_ = s->objects;
    prepared_ = std::move(prepared);
    prepared_of_ = std::move(now);
    ++times_prepared;
  }
  return {s, prepared_, place};
}

scene::Scene PyScene::cleaned() { return assemble(!prepared_ || revisions() != prepared_of_); }

void PyScene::assign(const scene::Scene& edited) {
  const scene::Scene before = cleaned();
  frequency_hz = edited.frequency_hz;
  for (size_t i = 0; i < materials.size(); ++i) *materials[i] = edited.materials[i];
  size_t tx = 0, rx = 0;
  for (const auto& d : devices) d->device = d->transmits ? edited.transmitters[tx++] : edited.receivers[rx++];
  for (size_t i = 0; i < objects.size(); ++i) {
    objects[i]->object.velocity_m_per_s = edited.objects[i].velocity_m_per_s;
    if (edited.objects[i].mesh.vertices_m == before.objects[i].mesh.vertices_m) continue;
    objects[i]->object.mesh = edited.objects[i].mesh;
    objects[i]->touch();
  }
}

std::shared_ptr<PyScene> from_scene(scene::Scene&& s) {
  auto out = std::make_shared<PyScene>();
  out->frequency_hz = s.frequency_hz;
  out->bandwidth_hz = s.bandwidth_hz;
  out->temperature_k = s.temperature_k;
  for (auto& m : s.materials) out->materials.push_back(std::make_shared<em::Material>(std::move(m)));
  for (auto& o : s.objects) {
    auto handle = std::make_shared<PyObject>();
    handle->material = out->materials[size_t(o.material)]->name;
    handle->object = std::move(o);
    out->objects.push_back(std::move(handle));
  }
  for (const bool transmits : {true, false}) {
    for (auto& d : transmits ? s.transmitters : s.receivers)
      out->devices.push_back(std::make_shared<PyDevice>(PyDevice{std::move(d), transmits}));
  }
  return out;
}

namespace {

constexpr const char* kAssignVelocity = "assign all three, as in tx.velocity_m_per_s = [x, y, z]";

using Vertices = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Triangles = nb::ndarray<const int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

/// Lists and arrays of other types as an array of `dtype`; what holds no numbers, or (whole) others than whole ones,
/// stays as it is.
nb::object numbers_as(const nb::object& given, const char* dtype, bool whole) {
  try {
    const nb::module_ numpy = nb::module_::import_("numpy");
    const nb::object held = numpy.attr("asarray")(given);
    const auto kind = nb::cast<std::string>(held.attr("dtype").attr("kind"));
    if (kind != "i" && kind != "u" && (whole || kind != "f")) return given;
    return numpy.attr("ascontiguousarray")(held, dtype);
  } catch (const nb::python_error&) {  // lists of different lengths
    return given;
  }
}

/// What str() says.
std::string text_of(const nb::object& thing) { return nb::str(thing).c_str(); }

std::string shape_of(const nb::object& given) {
  return nb::hasattr(given, "shape") ? ", got the shape " + text_of(nb::getattr(given, "shape")) : "";
}

std::vector<Vec3d> vertices_from(const nb::object& given) {
  Vertices a;
  if (!nb::try_cast(numbers_as(given, "float64", false), a, false) || a.shape(1) != 3)
    throw Error(message("vertices_m takes numbers of the shape [num_vertices, 3]", shape_of(given)));
  std::vector<Vec3d> out;
  for (size_t i = 0; i < a.shape(0); ++i) {
    const Vec3d v{a.data()[3 * i], a.data()[3 * i + 1], a.data()[3 * i + 2]};
    if (!is_finite(v)) throw Error(message("vertices_m[", i, "] is not finite"));
    out.push_back(v);
  }
  return out;
}

std::vector<std::array<uint32_t, 3>> triangles_from(const nb::object& given, size_t num_vertices) {
  Triangles a;
  if (!nb::try_cast(numbers_as(given, "int64", true), a, false) || a.shape(1) != 3)
    throw Error(message("triangles takes whole numbers of the shape [num_triangles, 3]", shape_of(given)));
  std::vector<std::array<uint32_t, 3>> out;
  for (size_t i = 0; i < a.shape(0); ++i) {
    for (size_t k = 0; k < 3; ++k) {
      const int64_t v = a.data()[3 * i + k];
      if (v < 0 || size_t(v) >= num_vertices)
        throw Error(message("triangles[", i, "] names vertex ", v, " of ", num_vertices));
    }
    out.push_back({uint32_t(a.data()[3 * i]), uint32_t(a.data()[3 * i + 1]), uint32_t(a.data()[3 * i + 2])});
  }
  return out;
}

/// name -> handle, in order; read-only, as an entry put into it would not reach the scene.
template <class Handle, class Name, class Keep>
nb::object by_name(const std::vector<std::shared_ptr<Handle>>& handles, Name name, Keep keep) {
  nb::dict d;
  for (const auto& h : handles) {
    if (keep(*h)) d[nb::str(name(*h).c_str())] = nb::cast(h);
  }
  return nb::module_::import_("types").attr("MappingProxyType")(d);
}

std::atomic<uint64_t> renames = 0;  // of devices, whose scenes they do not know

std::vector<std::string> all_names(const PyScene& s) {
  std::vector<std::string> names;
  for (const auto& d : s.devices) names.push_back(d->device.name);
  for (const auto& o : s.objects) names.push_back(o->object.name);
  return names;
}

/// Of a scene that grows by one the names are known; one that was edited in another way is looked through again.
void require_new(PyScene& s, const std::string& name) {
  const size_t count = s.devices.size() + s.objects.size();
  if (s.names_at_rename != renames || s.names.size() != count) {
    const auto all = all_names(s);
    s.names = {all.begin(), all.end()};
    s.names_at_rename = renames;
  }
  if (!s.names.insert(name).second) throw Error(message("the name '", name, "' is used already in this scene"));
}

nb::object get(const PyScene& s, const std::string& name) {
  for (const auto& d : s.devices) {
    if (d->device.name == name) return nb::cast(d);
  }
  for (const auto& o : s.objects) {
    if (o->object.name == name) return nb::cast(o);
  }
  auto names = all_names(s);
  for (const auto& m : s.materials) {
    if (m->name == name) return nb::cast(m);
    names.push_back(m->name);
  }
  throw Error(message("the scene has nothing named '", name, "'", did_you_mean(name, names)));
}

void remove(PyScene& s, const std::string& name) {
  const size_t erased = std::erase_if(s.devices, [&](const auto& d) { return d->device.name == name; }) +
                        std::erase_if(s.objects, [&](const auto& o) { return o->object.name == name; });
  if (erased == 0) {
    throw Error(message("the scene has no device or object named '", name, "'", did_you_mean(name, all_names(s))));
  }
}

void add_material(PyScene& s, const std::shared_ptr<em::Material>& m) {
  m->validate();
  for (const auto& other : s.materials) {
    if (other->name == m->name) throw Error(message("a material named '", m->name, "' exists already"));
  }
  s.materials.push_back(m);
}

std::vector<Triple> triples(const std::vector<Vec3d>& values) {
  std::vector<Triple> out;
  for (const Vec3d& v : values) out.push_back(triple(v));
  return out;
}
std::vector<Vec3d> vecs(const std::vector<Triple>& values) {
  std::vector<Vec3d> out;
  for (const Triple& t : values) out.push_back(vec(t));
  return out;
}

/// All that an array is, for pickle.
nb::tuple state_of(const em::AntennaArray& a) {
  nb::object measured = nb::none();
  if (const em::MeasuredPattern* p = a.pattern.measured.get()) {
    measured = nb::make_tuple(p->name, p->max_gain_dbi, p->azimuth_rad, p->azimuth_gain_db, p->elevation_rad,
                              p->elevation_gain_db);
  }
  return nb::make_tuple(triples(a.element_positions_wavelengths), triples(a.element_positions_m),
                        a.pattern.measured ? "" : em::pattern_name(a.pattern.kind), int(a.pattern.model), measured,
                        a.slants_rad, a.polarization);
}

em::AntennaArray array_of(const nb::tuple& state) {
  em::AntennaArray a;
  a.element_positions_wavelengths = vecs(nb::cast<std::vector<Triple>>(state[0]));
  a.element_positions_m = vecs(nb::cast<std::vector<Triple>>(state[1]));
  a.pattern.model = em::PolarizationModel(nb::cast<int>(state[3]));
  if (state[4].is_none()) {
    a.pattern.kind = em::pattern_kind_from_name(nb::cast<std::string>(state[2]));
  } else {
    const nb::tuple held = nb::cast<nb::tuple>(state[4]);
    const auto numbers = [&](size_t i) { return nb::cast<std::vector<double>>(held[i]); };
    a.pattern.kind = em::PatternKind::kMeasured;
    a.pattern.measured = std::make_shared<const em::MeasuredPattern>(em::MeasuredPattern{
        nb::cast<std::string>(held[0]), nb::cast<double>(held[1]), numbers(2), numbers(3), numbers(4), numbers(5)});
  }
  a.slants_rad = nb::cast<std::vector<double>>(state[5]);
  a.polarization = nb::cast<std::string>(state[6]);
  return a;
}

void bind_antennas(nb::module_& m) {
  nb::class_<PyArray>(m, "AntennaArray", "Antenna elements of a device: positions, pattern, polarisation.")
      .def_prop_ro("num_elements", [](const PyArray& a) { return a.array.num_elements(); })
      .def_prop_ro(
          "num_ant", [](const PyArray& a) { return a.array.num_ports(); },
          "Ports: elements times polarisations, polarisation-major.")
      .def_prop_rw(
          "element_positions_m",
          [](const PyArray& a) {
            const auto& p = a.array.element_positions_m;
            return fixed(array<double>(std::vector<Vec3d>(p), {p.size(), 3}),
                         "assign all positions, as in array.element_positions_m = positions");
          },
          [](PyArray& a, const nb::object& p) {
            a.array.element_positions_m = vertices_from(p);
            // what tx.array gave is tx's array as long as it has no other
            PyDevice* owner = a.owner.is_valid() ? nb::inst_ptr<PyDevice>(a.owner) : nullptr;
            if (owner && owner->array_revision == a.array_revision) owner->device.array = a.array;
          },
          "[num_elements, 3] in metres in the device's frame; empty when given in wavelengths.")
      .def_prop_ro(
          "pattern",
          [](const PyArray& a) {
            return a.array.pattern.measured ? a.array.pattern.measured->name
                                            : std::string(em::pattern_name(a.array.pattern.kind));
          },
          "Of the elements: iso, dipole, hw_dipole, tr38901, or the name of a measured one.")
      .def_prop_ro(
          "polarization", [](const PyArray& a) { return a.array.polarization; }, "V, H, VH or cross.")
      .def("__getstate__", [](const PyArray& a) { return state_of(a.array); })
      .def("__setstate__", [](PyArray& self, const nb::tuple& state) {
        new (&self) PyArray{array_of(state), {}, 0};
      });
  m.def(
      "PlanarArray",
      [](int rows, int cols, double v, double h, const std::string& pattern, const std::string& polarization,
         int model) {
        em::PlanarArrayOptions o{rows, cols, v, h, pattern, polarization};
        if (model != 1 && model != 2) throw Error(message("polarization_model must be 1 or 2, got ", model));
        o.polarization_model = em::PolarizationModel(model);
        return PyArray{io::load_planar_array(o), {}, 0};
      },
      nb::kw_only(), "num_rows"_a = 1, "num_cols"_a = 1, "vertical_spacing"_a = 0.5, "horizontal_spacing"_a = 0.5,
      "pattern"_a = "iso", "polarization"_a = "V", "polarization_model"_a = 2,
      "A grid in the y-z plane facing +x, spacings in wavelengths. pattern: iso, dipole, hw_dipole, tr38901; "
      "polarization: V, H, VH, cross.");
}

template <class Class>
void bind_device(Class& c) {
  c.def_prop_rw(
       "name", [](const PyDevice& d) { return d.device.name; },
       [](PyDevice& d, const std::string& v) {
         d.device.name = v;
         ++renames;
       })
      .def_prop_rw(
          "position_m",
          [](const PyDevice& d) {
            return fixed(triple(d.device.position_m), "assign all three, as in tx.position_m = [x, y, z]");
          },
          [](PyDevice& d, const Triple& v) { d.device.position_m = vec(v); })
      .def_prop_rw(
          "orientation_rad",
          [](const PyDevice& d) {
            return fixed(triple(d.device.orientation_rad),
                         "assign all three, as in tx.orientation_rad = [yaw, pitch, roll]");
          },
          [](PyDevice& d, const Triple& v) { d.device.orientation_rad = vec(v); }, "(yaw, pitch, roll)")
      .def_prop_rw(
          "velocity_m_per_s",
          [](const PyDevice& d) { return fixed(triple(d.device.velocity_m_per_s), kAssignVelocity); },
          [](PyDevice& d, const Triple& v) { d.device.velocity_m_per_s = vec(v); })
      .def_prop_rw(
          "array",
          [](const nb::object& self) {
            const PyDevice* d = nb::inst_ptr<PyDevice>(self);
            return PyArray{d->device.array, self, d->array_revision};
          },
          [](PyDevice& d, const PyArray& a) {
            d.device.array = a.array;
            ++d.array_revision;
          },
          "Its own: assigning one copies it, editing it edits the device.")
      .def_prop_rw(
          "power_dbm", [](const PyDevice& d) { return d.device.power_dbm; },
          [](PyDevice& d, double v) { d.device.power_dbm = v; })
      .def_prop_rw(
          "precoding",
          [](const PyDevice& d) {
            return fixed(array<std::complex<double>>(d.device.port_weights(), {size_t(d.device.array.num_ports())}),
                         "assign all weights, as in tx.precoding = [1, 0]");
          },
          [](PyDevice& d, const nb::object& weights) {
            if (!d.transmits) throw Error(message("'", d.device.name, "' is a receiver: precoding is of transmitters"));
            d.device.precoding.clear();
            if (!weights.is_none())
              d.device.precoding = complexes_from(weights, "precoding", {d.device.array.num_ports()});
          },
          nb::for_setter("weights"_a.none()),
          nb::for_setter(nb::sig("def precoding(self, weights: ArrayLike | None, /) -> None")),
          "Of transmitters: the weight of each port in maps, linear amplitude, complex [num_ports]; None: 1 / "
          "sqrt(num_ports) each.")
      .def(
          "look_at", [](PyDevice& d, const Triple& target) { d.device.look_at(vec(target)); }, "target_m"_a,
          "Turns +x to the target.");
}

std::shared_ptr<PyDevice> make_device(bool transmits, const std::string& name, const Triple& position,
                                      const Triple& orientation, const Triple& velocity,
                                      const std::optional<PyArray>& antennas, double power_dbm,
                                      const std::optional<Triple>& look_at) {
  auto d = std::make_shared<PyDevice>();
  d->transmits = transmits;
  d->device = {
      name, vec(position), vec(orientation), vec(velocity), antennas ? antennas->array : em::AntennaArray{}, power_dbm};
  if (look_at) d->device.look_at(vec(*look_at));
  scene::Scene check;
  check.add_transmitter(d->device);
  return d;
}

void bind_devices(nb::module_& m) {
  auto device = nb::class_<PyDevice>(m, "Device", nb::is_weak_referenceable(),
                                     "A transmitter or receiver; edits reach the scene that holds it.");
  bind_device(device);
  device.def_prop_ro("transmits", [](const PyDevice& d) { return d.transmits; });
  m.def(
      "Transmitter",
      [](const std::string& name, const Triple& p, const Triple& o, const Triple& v, const std::optional<PyArray>& a,
         double dbm,
         const std::optional<Triple>& look_at) { return make_device(true, name, p, o, v, a, dbm, look_at); },
      "name"_a, "position_m"_a, "orientation_rad"_a = Triple{0, 0, 0}, "velocity_m_per_s"_a = Triple{0, 0, 0},
      "array"_a = nb::none(), "power_dbm"_a = 44.0, "look_at"_a = nb::none(),
      "A transmitter at position_m (metres), turned by orientation_rad or toward look_at.");
  m.def(
      "Receiver",
      [](const std::string& name, const Triple& p, const Triple& o, const Triple& v, const std::optional<PyArray>& a,
         const std::optional<Triple>& look_at) { return make_device(false, name, p, o, v, a, 0, look_at); },
      "name"_a, "position_m"_a, "orientation_rad"_a = Triple{0, 0, 0}, "velocity_m_per_s"_a = Triple{0, 0, 0},
      "array"_a = nb::none(), "look_at"_a = nb::none(), "A receiver at position_m (metres).");
}

void bind_material(nb::module_& m) {
  using em::Material;
  nb::class_<Material>(m, "Material", "What surfaces are made of; edits reach the scene that holds it.")
      .def(
          "__init__",
          [](Material* self, const std::string& name, double eps, double sigma, double thickness, double s, double xpd,
             bool conductor) {
            new (self) Material{name};
            self->relative_permittivity = eps, self->conductivity_s_per_m = sigma, self->thickness_m = thickness;
            self->scattering_coefficient = s, self->xpd_coefficient = xpd, self->perfect_conductor = conductor;
            self->validate();
          },
          "name"_a, nb::kw_only(), "relative_permittivity"_a = 1.0, "conductivity_s_per_m"_a = 0.0,
          "thickness_m"_a = 0.1, "scattering_coefficient"_a = 0.0, "xpd_coefficient"_a = 0.0,
          "perfect_conductor"_a = false)
      .def_ro("name", &Material::name)
      .def_rw("itu_name", &Material::itu_name, "The ITU-R P.2040 row; empty: the constants below hold.")
      .def_rw("relative_permittivity", &Material::relative_permittivity, "Used while itu_name is empty.")
      .def_rw("conductivity_s_per_m", &Material::conductivity_s_per_m, "Used while itu_name is empty.")
      .def_rw("thickness_m", &Material::thickness_m)
      .def_rw("scattering_coefficient", &Material::scattering_coefficient)
      .def_rw("xpd_coefficient", &Material::xpd_coefficient)
      .def_rw("perfect_conductor", &Material::perfect_conductor)
      .def_rw("scattering_pattern", &Material::scattering_pattern, "Of diffuse scattering, by name.")
      .def_rw("lobe", &Material::lobe,
              "In the mirror's place with reflection=\"directional\", as \"von_mises_fisher(kappa=60)\"; empty: the "
              "solver's.")
      .def_prop_rw(
          "color", [](const Material& self) { return fixed(triple(self.color), "assign all three"); },
          [](Material& self, const Triple& c) {
            for (const double x : c) {
              if (!(x >= 0 && x <= 1)) throw Error(message("color must be three numbers from 0 to 1, got ", x));
            }
            self.color = vec(c);
          },
          "For pictures: red, green, blue from 0 to 1.")
      .def(
          "properties_at",
          [](const Material& self, double f) {
            (void)em::properties_at(self, f);  // checks both
            const auto n = em::numbers_of(self, f, f);
            return nb::make_tuple(n[em::MaterialNumber::kPermittivity], n[em::MaterialNumber::kConductivity]);
          },
          "frequency_hz"_a, "(relative permittivity, conductivity in S/m) at a frequency.");
  m.def(
      "itu_material",
      [](const std::string& name, double thickness) {
        return std::make_shared<Material>(em::itu_material(name, thickness));
      },
      "name"_a, "thickness_m"_a = 0.1, "A material of ITU-R P.2040 by name.");
}

std::string material_name(const nb::object& given) {
  std::string name;
  if (nb::try_cast(given, name)) return name;
  if (nb::isinstance<em::Material>(given)) return nb::cast<const em::Material&>(given).name;
  throw Error("material takes a rw.Material or its name, got " + text_of(nb::getattr(given.type(), "__name__")));
}

void bind_object(nb::module_& m) {
  nb::class_<PyObject>(m, "Object", "A triangle mesh of one material.")
      .def(
          "__init__",
          [](PyObject* self, const std::string& name, const nb::object& vertices, const nb::object& triangles,
             const nb::object& material) {
            auto v = vertices_from(vertices);
            auto t = triangles_from(triangles, v.size());
            new (self) PyObject();
            self->object.name = name;
            self->object.mesh = {std::move(v), std::move(t)};
            self->material = material_name(material);
          },
          "name"_a, "vertices_m"_a, "triangles"_a, "material"_a,
          nb::sig(
              "def __init__(self, name: str, vertices_m: ArrayLike, triangles: ArrayLike, material: str | Material) "
              "-> None"),
          "vertices_m [num_vertices, 3], triangles [num_triangles, 3] by the numbers of their vertices, a material or "
          "its name.")
      .def_prop_ro("name", [](const PyObject& o) { return o.object.name; })
      .def_prop_rw(
          "material", [](const PyObject& o) { return o.material; },
          [](PyObject& o, const nb::object& v) {
            o.material = material_name(v);
            o.touch();
          },
          nb::for_setter(nb::sig("def material(self, material: str | Material, /) -> None")),
          "The name; a material is taken, too.")
      .def_prop_rw(
          "velocity_m_per_s",
          [](const PyObject& o) { return fixed(triple(o.object.velocity_m_per_s), kAssignVelocity); },
          [](PyObject& o, const Triple& v) { o.object.velocity_m_per_s = vec(v); })
      .def_prop_rw(
          "_turned_rad", [](const PyObject& o) { return triple(o.orientation_rad); },
          [](PyObject& o, const Triple& v) { o.orientation_rad = vec(v); }, "Kept for orientation_rad.")
      .def_prop_rw(
          "vertices_m",
          [](const PyObject& o) {
            return fixed(
                array<double>(std::vector<Vec3d>(o.object.mesh.vertices_m), {o.object.mesh.vertices_m.size(), 3}),
                "assign all vertices, as in obj.vertices_m = obj.vertices_m + step, or v = obj.vertices_m.copy(); "
                "v[0] = [x, y, z]; obj.vertices_m = v");
          },
          [](PyObject& o, const nb::object& given) {
            auto v = vertices_from(given);
            if (v.size() != o.object.mesh.vertices_m.size()) {
              throw Error(
                  message("vertices_m must have ", o.object.mesh.vertices_m.size(), " rows as before, got ", v.size()));
            }
            o.object.mesh.vertices_m = std::move(v);
            o.touch();
          },
          "A copy, [num_vertices, 3]; assign to move the object.")
      .def_prop_ro("triangles", [](const PyObject& o) {
        const auto& all = o.object.mesh.all_triangles();
        return fixed(array<uint32_t>(std::vector<std::array<uint32_t, 3>>(all), {all.size(), 3}),
                     "make a new rw.Object of other triangles");
      });
}

}  // namespace

void bind_scene(nb::module_& m) {
  bind_antennas(m);
  bind_devices(m);
  bind_material(m);
  bind_object(m);
  nb::class_<PyScene> scene_class(m, "Scene", nb::is_weak_referenceable(),
                                  "Objects, materials, devices and the frequency.");
  scene_class.def("__init__", [](PyScene* self) { new (self) PyScene(); })
      .def_prop_rw(
          "frequency_hz", [](const PyScene& s) { return s.frequency_hz; },
          [](PyScene& s, double f) {
            require_positive("frequency_hz", f);
            s.frequency_hz = f;
          })
      .def_prop_rw(
          "bandwidth_hz", [](const PyScene& s) { return s.bandwidth_hz; },
          [](PyScene& s, double f) {
            require_positive("bandwidth_hz", f);
            s.bandwidth_hz = f;
          })
      .def_prop_rw(
          "temperature_k", [](const PyScene& s) { return s.temperature_k; },
          [](PyScene& s, double t) {
            require_non_negative("temperature_k", t);
            s.temperature_k = t;
          })
      .def_prop_rw(
          "crs", [](const PyScene& s) { return crs_of(s.place); },
          [](PyScene& s, const std::optional<std::string>& crs) { s.place.crs = crs.value_or(""); },
          nb::for_setter(nb::arg("crs").none()),
          "What the scene's metres belong to, as pyproj and GDAL read it; None: nowhere. Kept in results.")
      .def_prop_rw(
          "origin_m",
          [](const PyScene& s) {
            return fixed(triple(s.place.origin_m), "assign all three, as in scene.origin_m = [east, north, height]");
          },
          [](PyScene& s, const Triple& origin) { s.place.origin_m = vec(origin); },
          "What (0, 0, 0) is in crs: east, north, height above the terrain's zero.")
      .def_prop_ro("wavelength_m", [](const PyScene& s) { return 299792458.0 / s.frequency_hz; })
      .def_prop_ro(
          "transmitters",
          [](const PyScene& s) {
            return by_name(
                s.devices, [](const PyDevice& d) { return d.device.name; },
                [](const PyDevice& d) { return d.transmits; });
          },
          nb::sig("def transmitters(self) -> collections.abc.Mapping[str, Device]"), "Name to transmitter.")
      .def_prop_ro(
          "receivers",
          [](const PyScene& s) {
            return by_name(
                s.devices, [](const PyDevice& d) { return d.device.name; },
                [](const PyDevice& d) { return !d.transmits; });
          },
          nb::sig("def receivers(self) -> collections.abc.Mapping[str, Device]"), "Name to receiver.")
      .def_prop_ro(
          "objects",
          [](const PyScene& s) {
            return by_name(
                s.objects, [](const PyObject& o) { return o.object.name; }, [](const PyObject&) { return true; });
          },
          nb::sig("def objects(self) -> collections.abc.Mapping[str, Object]"), "Name to object.")
      .def_prop_ro(
          "materials",
          [](const PyScene& s) {
            return by_name(
                s.materials, [](const em::Material& o) { return o.name; }, [](const em::Material&) { return true; });
          },
          nb::sig("def materials(self) -> collections.abc.Mapping[str, Material]"), "Name to material.")
      .def(
          "add",
          [](PyScene& s, const std::shared_ptr<PyDevice>& d) {
            require_new(s, d->device.name);
            s.devices.push_back(d);
          },
          "item"_a)
      .def(
          "add",
          [](PyScene& s, const std::shared_ptr<PyObject>& o) {
            require_new(s, o->object.name);
            s.objects.push_back(o);
          },
          "item"_a)
      .def("add", &add_material, "item"_a, "Adds a Transmitter, Receiver, Object or Material; names are unique.")
      .def("get", &get, "name"_a, "The device, object or material of that name, sought in this order.")
      .def("remove", &remove, "name"_a, "Removes the device or object of that name.")
      .def(
          "copy",
          [](PyScene& s) {
            const auto out = from_scene(s.cleaned());
            out->place = s.place;
            for (size_t i = 0; i < s.objects.size(); ++i)
              out->objects[i]->orientation_rad = s.objects[i]->orientation_rad;
            return out;
          },
          "Another scene with the same numbers: devices, materials and cleaned meshes of its own.")
      .def_prop_ro(
          "times_prepared", [](const PyScene& s) { return s.times_prepared; },
          "How often its geometry was prepared for solving.");
  bind_parameters(m, scene_class);
  m.def(
      "load_scene",
      [](const nb::object& path, double frequency_hz) {
        Warnings warnings;
        io::LoadOptions o;
        o.frequency_hz = frequency_hz;
        o.log = [sink = warnings.sink()](std::string_view text) { sink(as_utf8(text)); };
        // bytes as the file system has them, so that names that are no UTF-8 are found too
        const auto file = nb::cast<nb::bytes>(nb::module_::import_("os").attr("fsencode")(path));
        const std::string name(file.c_str(), file.size());
        std::shared_ptr<PyScene> s;
        {
          nb::gil_scoped_release released;
          s = from_scene(io::load_scene(name, o));
          s->place = io::read_place(name).value_or(scene::Place{});
        }
        warnings.emit();
        return s;
      },
      "path"_a, "frequency_hz"_a = 3.5e9, "Reads Mitsuba XML, PLY, OBJ, glTF, GLB or STL.");
}

}  // namespace raywave::python
