// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/material_fields.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "raywave/core/error.h"
#include "raywave/em/lobes.h"
#include "raywave/io/arrays.h"
#include "raywave/nn/place_network.h"

namespace raywave::runs {
namespace {

/// The arrays of a file by name, each of the kind that is asked for.
class Held {
 public:
  explicit Held(const std::string& path) : path_(path), arrays_(io::read_npz(path)) {}

  [[noreturn]] void fail(const std::string& what) const { throw Error(message("'", path_, "' ", what)); }
  bool has(const std::string& name) const { return find(name) != nullptr; }
  const std::vector<size_t>& shape(const std::string& name) const { return get(name).shape; }
  std::vector<std::string> texts(const std::string& name) const {
    const io::NamedArray& a = get(name);
    if (a.type != io::NamedArray::Type::kText) fail(message("is damaged: ", name, " is no text"));
    if (a.shape.empty()) return {std::string(a.bytes.begin(), a.bytes.end())};
    std::vector<std::string> out(1);
    for (const char c : a.bytes) c == '\0' ? void(out.emplace_back()) : void(out.back() += c);
    out.pop_back();
    return out;
  }
  std::vector<double> numbers(const std::string& name) const {
    const io::NamedArray& a = get(name);
    if (a.type == io::NamedArray::Type::kInt64) {
      const auto whole = values<int64_t>(a);
      return {whole.begin(), whole.end()};
    }
    if (a.type != io::NamedArray::Type::kFloat64) fail(message("is damaged: ", name, " holds no numbers"));
    return values<double>(a);
  }
  Vec3d vec(const std::string& name) const {
    const auto v = numbers(name);
    if (v.size() != 3) fail(message("is damaged: ", name, " has ", v.size(), " numbers, wanted 3"));
    return {v[0], v[1], v[2]};
  }

 private:
  const io::NamedArray* find(const std::string& name) const {
    const auto at = std::find_if(arrays_.begin(), arrays_.end(), [&](const auto& a) { return a.name == name; });
    return at == arrays_.end() ? nullptr : &*at;
  }
  const io::NamedArray& get(const std::string& name) const {
    const io::NamedArray* a = find(name);
    if (!a) fail(message("is damaged: it has no ", name));
    return *a;
  }
  template <class T>
  static std::vector<T> values(const io::NamedArray& a) {
    std::vector<T> out(a.bytes.size() / sizeof(T));
    if (!out.empty()) std::memcpy(out.data(), a.bytes.data(), out.size() * sizeof(T));
    return out;
  }

  const std::string& path_;
  std::vector<io::NamedArray> arrays_;
};

using Numbers = em::PlaceNumbers<double>;

/// By Numbers::numbers.
std::vector<size_t> quantities_of(const Held& held) {
  std::vector<size_t> out;
  for (const std::string& name : held.texts("quantities")) {
    size_t k = 0;
    while (k < em::kNumPlaceNumbers && Numbers::info(k).name != name) ++k;
    if (k == em::kNumPlaceNumbers) held.fail(message("says what a material does not have: '", name, "'"));
    out.push_back(k);
  }
  if (out.empty()) held.fail("is damaged: it has no quantities");
  return out;
}

/// What a network gives becomes a number within its bounds; 0 the one that it starts at.
double bounded(size_t quantity, double start, double raw) {
  const auto softplus = [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
  if (quantity == em::kMaterialNumbers.size()) return start * std::exp(std::clamp(raw, -30.0, 30.0));  // kappa
  switch (em::MaterialNumber(quantity)) {
    case em::MaterialNumber::kPermittivity:
      return 1 + softplus(raw + std::log(std::expm1(std::max(start - 1, 1e-3))));
    case em::MaterialNumber::kConductivity:
    case em::MaterialNumber::kThickness:
      return std::max(start, 1e-6) * std::exp(std::clamp(raw, -30.0, 30.0));
    case em::MaterialNumber::kScattering:
    case em::MaterialNumber::kXpd:
      break;
  }
  const double share = std::clamp(start, 1e-2, 1 - 1e-2);
  return 1 / (1 + std::exp(-std::clamp(raw + std::log(share / (1 - share)), -500.0, 500.0)));
}

MaterialField network_of(const Held& held, const std::vector<size_t>& quantities, em::PlaceNumbers<double> start) {
  nn::PlaceNetwork::Shape shape;
  shape.low_m = held.vec("low_m"), shape.high_m = held.vec("high_m"), shape.detail_m = held.vec("detail_m");
  const std::string encoding = held.texts("encoding").at(0);
  shape.sines = encoding != "grid", shape.grids = encoding != "fourier";
  for (const double h : held.numbers("hidden")) shape.hidden.push_back(int(h));
  shape.num_out = int(quantities.size());
  if (held.has("base")) {
    const auto base = held.numbers("base");
    if (base.size() != start.numbers.size()) held.fail("is damaged: base");
    std::copy(base.begin(), base.end(), start.numbers.begin());
  }
  try {
    nn::PlaceNetwork network(std::move(shape), held.numbers("network"));
    return [network = std::move(network), quantities, start](const Vec3d& point, em::PlaceNumbers<double>& out) {
      const std::vector<double> raw = network(point);
      for (size_t i = 0; i < raw.size(); ++i)
        out.numbers[quantities[i]] = bounded(quantities[i], start.numbers[quantities[i]], raw[i]);
    };
  } catch (const Error& e) {
    held.fail(message("is damaged: ", e.what()));
  }
}

/// Which of a texture's values stand about a place, and with what weights.
struct Weights {
  std::array<size_t, 4> index{};
  std::array<double, 4> weight{};
};

/// On the parallelogram of an image [rows, columns]; beyond its rim as on it.
Weights on_face(const Vec3d& from_corner, const Vec3d& across, const Vec3d& up, size_t rows, size_t columns) {
  const double aa = norm2(across), bb = norm2(up), ab = dot(across, up), whole = aa * bb - ab * ab;
  const double pa = dot(from_corner, across), pb = dot(from_corner, up);
  const auto cell = [](double s, size_t count) {
    const double at = std::clamp(s, 0.0, 1.0) * double(count - 1);
    const size_t low = std::min(size_t(at), count < 2 ? 0 : count - 2);
    return std::pair{low, at - double(low)};
  };
  const auto [i, v] = cell((pb * aa - pa * ab) / whole, rows);
  const auto [j, u] = cell((pa * bb - pb * ab) / whole, columns);
  const size_t below = std::min(i + 1, rows - 1), beside = std::min(j + 1, columns - 1);
  return {{i * columns + j, i * columns + beside, below * columns + j, below * columns + beside},
          {(1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u}};
}

/// A mesh's triangles with what a place is held against.
struct MeshTriangle {
  std::array<size_t, 3> corners;
  Vec3d a, across, up, normal;
  double size;  // the square root of twice the area
};

/// On the triangle that a place is on, or nearest to.
Weights on_mesh(const Vec3d& point, const std::vector<MeshTriangle>& triangles) {
  Weights out;
  double best = std::numeric_limits<double>::infinity();
  for (const MeshTriangle& t : triangles) {
    const Vec3d from_a = point - t.a;
    const double aa = norm2(t.across), bb = norm2(t.up), ab = dot(t.across, t.up), whole = aa * bb - ab * ab;
    const double pa = dot(from_a, t.across), pb = dot(from_a, t.up);
    const double u = (pa * bb - pb * ab) / whole, v = (pb * aa - pa * ab) / whole;
    const double outside = std::max({0.0, -u, -v, u + v - 1});
    const double off = std::abs(dot(from_a, t.normal)) + outside * t.size;
    if (off >= best) continue;
    best = off;
    out = {{t.corners[0], t.corners[1], t.corners[2], 0}, {1 - u - v, u, v, 0}};
  }
  return out;
}

std::vector<MeshTriangle> mesh_of(const Held& held, size_t num_values) {
  const auto vertices = held.numbers("vertices_m"), corners = held.numbers("triangles");
  if (vertices.size() != 3 * num_values || corners.empty() || corners.size() % 3 != 0)
    held.fail("is damaged: its mesh is of another size than its values");
  std::vector<MeshTriangle> out;
  for (size_t i = 0; i < corners.size(); i += 3) {
    MeshTriangle t;
    std::array<Vec3d, 3> p;
    for (size_t k = 0; k < 3; ++k) {
      if (!(corners[i + k] >= 0 && corners[i + k] < double(num_values)))
        held.fail("is damaged: a triangle has a vertex that is not there");
      t.corners[k] = size_t(corners[i + k]);
      const double* v = vertices.data() + 3 * t.corners[k];
      p[k] = {v[0], v[1], v[2]};
    }
    t.a = p[0], t.across = p[1] - p[0], t.up = p[2] - p[0];
    const Vec3d twice = cross(t.across, t.up);
    if (!(norm2(twice) > 0)) continue;
    t.normal = normalized(twice), t.size = std::sqrt(norm(twice));
    out.push_back(t);
  }
  if (out.empty()) held.fail("is damaged: its mesh has no triangle with an area");
  return out;
}

MaterialField texture_of(const Held& held, const std::vector<size_t>& quantities) {
  const std::vector<double> values = held.numbers("texture");
  const size_t num_values = values.size() / quantities.size();
  std::function<Weights(const Vec3d&)> weights;
  if (held.has("triangles")) {
    weights = [mesh = mesh_of(held, num_values)](const Vec3d& p) { return on_mesh(p, mesh); };
  } else {
    const Vec3d corner = held.vec("corner_m"), across = held.vec("across_m"), up = held.vec("up_m");
    const auto& shape = held.shape("texture");
    if (shape.size() < 2 || shape[0] * shape[1] != num_values || num_values == 0 || !(norm2(cross(across, up)) > 0))
      held.fail("is damaged: its values are no image over a face");
    weights = [=, rows = shape[0], columns = shape[1]](const Vec3d& p) {
      return on_face(p - corner, across, up, rows, columns);
    };
  }
  if (values.size() != num_values * quantities.size()) held.fail("is damaged: its values do not fit its quantities");
  return [=](const Vec3d& point, em::PlaceNumbers<double>& out) {
    const Weights w = weights(point);
    for (size_t q = 0; q < quantities.size(); ++q) {
      double& number = out.numbers[quantities[q]];
      number = 0;
      for (size_t c = 0; c < w.index.size(); ++c) number += w.weight[c] * values[w.index[c] * quantities.size() + q];
    }
  };
}

}  // namespace

MaterialField load_material_field(const std::string& path, const em::PlaceNumbers<double>& base) {
  const Held held(path);
  const std::string kind = held.has("kind") ? held.texts("kind").at(0) : "";
  const bool is_network = kind == "raywave material network 1";
  if (!is_network && kind != "raywave material texture 1")
    held.fail("holds neither a texture nor a network of rw.materials");
  const std::vector<size_t> quantities = quantities_of(held);
  if (std::count(quantities.begin(), quantities.end(), em::kMaterialNumbers.size()) > 0 && !(base.kappa() > 0))
    held.fail(
        message("gives lobe/kappa of a material without a von Mises-Fisher lobe: lobe = \"von_mises_fisher(kappa=60)\" "
                "of its [[material]]"));
  return is_network ? network_of(held, quantities, base) : texture_of(held, quantities);
}

em::PlaceNumbers<double> place_numbers_of(const em::Material& material, double frequency_hz) {
  Numbers numbers = em::numbers_of(material, frequency_hz, frequency_hz);
  if (material.lobe.empty()) return numbers;
  const em::Lobe lobe = em::lobe_from_text(material.lobe);
  if (lobe.kind == em::LobeKind::kVonMisesFisher) numbers.kappa() = lobe.kappa;
  return numbers;
}

MaterialFields read_material_fields(const RunConfig& run, const scene::Scene& scene) {
  MaterialFields out;
  for (const MaterialConfig& m : run.materials) {
    const std::string path = m.texture ? *m.texture : m.network.value_or("");
    if (path.empty()) continue;
    const auto index = size_t(scene.find_material(m.name));
    const em::Material& own = scene.materials[index];
    if (own.perfect_conductor)
      throw Error(message("material '", m.name, "' is a perfect conductor, whose numbers do nothing: it cannot vary"));
    out.of.resize(scene.materials.size());
    out.of[index] = load_material_field(path, place_numbers_of(own, scene.frequency_hz));
  }
  return out;
}

static em::PlaceNumbers<double> numbers_at(const MaterialFields& fields, const scene::Scene& scene,
                                           const paths::TouchedPlace& place) {
  const em::Material& own = scene.materials[size_t(place.material)];
  Numbers numbers = place_numbers_of(own, scene.frequency_hz);
  const bool has_lobe = numbers.kappa() > 0;
  fields.of[size_t(place.material)](place.point_m, numbers);
  if (has_lobe && !(numbers.kappa() > 0))
    throw Error(message("material '", own.name, "': ", em::kPlaceKappa.name, " must be > 0, got ", numbers.kappa()));
  for (const double x : numbers.numbers) {
    if (!std::isfinite(x))
      throw Error(message("material '", own.name, "' is not finite at ", place.point_m.x, ", ", place.point_m.y, ", ",
                          place.point_m.z, " m"));
  }
  return numbers;
}

paths::VaryingMaterials varying_materials(const MaterialFields& fields, const scene::Scene& scene) {
  paths::VaryingMaterials out;
  for (const MaterialField& field : fields.of) out.varies.push_back(field ? 1 : 0);
  out.at = [&fields, &scene](const std::vector<paths::TouchedPlace>& places) {
    std::vector<em::PlaceNumbers<double>> numbers;
    numbers.reserve(places.size());
    for (const paths::TouchedPlace& place : places) numbers.push_back(numbers_at(fields, scene, place));
    return numbers;
  };
  return out;
}

paths::TouchedMaterials touched_materials(const MaterialFields& fields, const scene::Scene& scene, int64_t num_touches,
                                          const std::vector<paths::TouchedPlace>& places) {
  paths::TouchedMaterials out;
  out.row.assign(size_t(num_touches), -1);
  for (const paths::TouchedPlace& place : places) {
    if (!fields.of[size_t(place.material)]) continue;
    out.row[size_t(place.touch)] = int32_t(out.numbers.size());
    out.numbers.push_back(numbers_at(fields, scene, place));
  }
  return out;
}

}  // namespace raywave::runs
