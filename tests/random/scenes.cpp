// SPDX-License-Identifier: Apache-2.0
#include "scenes.h"

#include <cmath>
#include <functional>
#include <map>
#include <sstream>

#include "raywave/em/antenna.h"

namespace raywave::random {
namespace {

struct MaterialRow {
  const char* name;
  double permittivity, conductivity, thickness;
  bool conductor;
};
constexpr MaterialRow kMaterials[] = {{"brick", 5.0, 0.1, 0.2, false},
                                      {"board", 2.5, 0.01, 0.05, false},
                                      {"glass", 7.0, 0.001, 0.02, false},
                                      {"metal", 1, 0, 0.1, true}};

Quad rectangle(const Vec3d& corner, const Vec3d& u, const Vec3d& v) {
  return {{corner, corner + u, corner + u + v, corner + v}};
}

/// A box from its corner and sides, turned about its middle.
std::vector<Quad> box(const Vec3d& lo, const Vec3d& size, const Mat3d* turn = nullptr) {
  const Vec3d x{size.x, 0, 0}, y{0, size.y, 0}, z{0, 0, size.z}, hi = lo + size, middle = 0.5 * (lo + hi);
  std::vector<Quad> q{rectangle(lo, y, x),   rectangle(lo, x, z),   rectangle(lo, z, y),
                      rectangle(hi, -x, -y), rectangle(hi, -z, -x), rectangle(hi, -y, -z)};
  for (Quad& quad : q) {
    for (Vec3d& c : quad.corners) c = turn ? middle + *turn * (c - middle) : c;
  }
  return q;
}

Vec3d anywhere(Dice& d, double lo, double hi) {
  const double x = d.uniform(lo, hi), y = d.uniform(lo, hi);
  return {x, y, d.uniform(lo, hi)};
}
Vec3d on_halves(Dice& d, const Vec3d& lo, const Vec3d& hi) {
  const double x = d.half(lo.x, hi.x), y = d.half(lo.y, hi.y);
  return {x, y, d.half(lo.z, hi.z)};
}

void add(Case& c, std::vector<Quad> quads, int material) {
  c.parts.push_back({"o" + std::to_string(c.parts.size()), std::move(quads), material});
}

/// Devices off all faces: anywhere, or on round numbers (symmetry planes, walls' planes).
void place_devices(Case& c, Dice& d, const Vec3d& lo, const Vec3d& hi, bool round) {
  const auto place = [&] {
    if (round) return on_halves(d, lo, hi);
    const double x = d.uniform(lo.x, hi.x), y = d.uniform(lo.y, hi.y);
    return Vec3d{x, y, d.uniform(lo.z, hi.z)};
  };
  for (int attempt = 0; attempt < 200; ++attempt) {
    c.tx = place();
    c.rx = place();
    if (norm(c.tx - c.rx) > 0.4 && !is_on_a_face(c, c.tx, 1e-3) && !is_on_a_face(c, c.rx, 1e-3)) return;
  }
  c.parts.clear();  // free space
  c.tx = {0, 0, 0};
  c.rx = {1, 2, 3};
}

void add_free_part(Case& c, Dice& d) {
  const int material = d.below(4);
  const Mat3d turn = d.rotation();
  const Vec3d at = anywhere(d, -5, 5);
  if (d.chance(0.5)) {
    add(c, {rectangle(at, d.uniform(0.6, 6) * (turn * Vec3d{1, 0, 0}), d.uniform(0.6, 6) * (turn * Vec3d{0, 1, 0}))},
        material);
  } else {
    const double x = d.uniform(0.5, 3), y = d.uniform(0.5, 3);
    add(c, box(at, {x, y, d.uniform(0.5, 3)}, &turn), material);
  }
}

void free_scene(Case& c, Dice& d) {
  for (int i = 2 + d.below(5); i > 0; --i) add_free_part(c, d);
  c.refraction = d.chance(0.5);
  c.max_depth = c.refraction ? 3 : 2;
  place_devices(c, d, {-6, -6, -6}, {6, 6, 6}, false);
}

void room(Case& c, Dice& d) {
  const Vec3d size{double(3 + d.below(6)), double(3 + d.below(6)), double(2 + d.below(2))};
  add(c, box(-0.5 * Vec3d{size.x, size.y, 0}, size), d.below(4));
  if (d.chance(0.4)) {  // a pillar
    const Vec3d at = on_halves(d, {-1, -1, 0}, {0, 0, 0.5});
    const double x = d.half(0.5, 1), y = d.half(0.5, 1);
    add(c, box(at, {x, y, d.half(0.5, 1)}), c.parts[0].material);
  }
  place_devices(c, d, {1 - size.x / 2, 1 - size.y / 2, 0.5}, {size.x / 2 - 0.5, size.y / 2 - 0.5, size.z - 0.5}, true);
}

void terrace(Case& c, Dice& d) {
  const int material = d.below(4);
  double x = -4;
  for (int i = 2 + d.below(3); i > 0; --i) {
    const double width = d.half(1, 3);
    add(c, box({x, -2, 0}, {width, 4, d.half(2, 4)}), material);
    x += width;
  }
  if (d.chance(0.5)) add(c, {rectangle({-10, -10, 0}, {20, 0, 0}, {0, 20, 0})}, material);
  place_devices(c, d, {-8, -8, 0.5}, {8, 8, 6}, d.chance(0.7));
}

/// Faces given again, cut along the other diagonal, in the same object or in another.
void give_twice(Case& c, Dice& d, bool apart) {
  std::vector<Quad> again;
  for (Part& p : c.parts) {
    const size_t n = p.quads.size();
    for (size_t i = 0; i < n; ++i) {
      if (!d.chance(0.3)) continue;
      Quad q = p.quads[i];
      q.cut = 1 - q.cut;
      if (apart) {
        again.push_back(q);
      } else {
        p.quads.push_back(q);
      }
    }
  }
  if (!again.empty()) add(c, again, c.parts[0].material);
}
void one_material(Case& c) {
  for (Part& p : c.parts) p.material = c.parts[0].material;
}
void twice(Case& c, Dice& d) {
  d.chance(0.5) ? free_scene(c, d) : room(c, d);
  c.refraction = false;
  give_twice(c, d, false);
}
void twice_apart(Case& c, Dice& d) {
  d.chance(0.5) ? free_scene(c, d) : room(c, d);
  c.refraction = false;
  one_material(c);
  give_twice(c, d, true);
}

void plates(Case& c, Dice& d) {
  for (int i = 3 + d.below(5); i > 0; --i) {
    const int axis = d.below(3);
    Vec3d u{}, v{};
    (axis == 0 ? u.y : axis == 1 ? u.z : u.x) = 1 + d.below(4);
    (axis == 0 ? v.z : axis == 1 ? v.x : v.y) = 1 + d.below(4);
    add(c, {rectangle(Vec3d{double(d.below(9) - 4), double(d.below(9) - 4), double(d.below(9) - 4)}, u, v)}, 0);
  }
  place_devices(c, d, {-5, -5, -5}, {5, 5, 5}, d.chance(0.5));
}

/// A box or a frustum whose top is moved aside: dihedral angles of any size.
std::vector<Quad> frustum(Dice& d, const Vec3d& at) {
  const double x = d.uniform(1, 4), y = d.uniform(1, 4), z = d.uniform(1, 4),
               share = d.chance(0.3) ? 1 : d.uniform(0.05, 0.9);
  const double aside_x = d.uniform(0, 1 - share) * x, aside_y = d.uniform(0, 1 - share) * y;
  const auto foot = [&](int i) { return at + Vec3d{i == 1 || i == 2 ? x : 0, i >= 2 ? y : 0, 0}; };
  const auto top = [&](int i) {
    return at + Vec3d{aside_x + (i == 1 || i == 2 ? share * x : 0), aside_y + (i >= 2 ? share * y : 0), z};
  };
  std::vector<Quad> quads{{{foot(0), foot(3), foot(2), foot(1)}}, {{top(0), top(1), top(2), top(3)}}};
  for (int i = 0; i < 4; ++i) quads.push_back({{foot(i), foot((i + 1) % 4), top((i + 1) % 4), top(i)}});
  return quads;
}

/// Bodies on a ground, apart or one in another, all turned.
void bodies(Case& c, Dice& d) {
  const int material = d.below(4);
  for (int i = 1 + d.below(2); i > 0; --i) add(c, frustum(d, {d.uniform(-4, 2), d.uniform(-4, 2), 0}), material);
  if (d.chance(0.7)) add(c, {rectangle({-9, -9, 0}, {18, 0, 0}, {0, 18, 0})}, d.below(4));
  const Mat3d turn = d.rotation();
  place_devices(c, d, {-7, -7, 0.3}, {7, 7, 6}, false);
  for (Part& p : c.parts)
    for (Quad& q : p.quads)
      for (Vec3d& v : q.corners) v = turn * v;
  c.tx = turn * c.tx;
  c.rx = turn * c.rx;
}

void gap(Case& c, Dice& d) {
  const double wide[] = {1e-7, 1e-5, 1e-3, 0.01};
  const double g = wide[d.below(4)];
  const int material = d.below(4);
  const double height = d.half(2, 4);
  add(c, {rectangle({0, -4, 0}, {0, 4, 0}, {0, 0, height})}, material);
  add(c, {rectangle({g, -3, 0}, {0, 5, 0}, {0, 0, height})}, material);
  add(c, {rectangle({-6, -6, 0}, {12, 0, 0}, {0, 12, 0})}, 0);
  place_devices(c, d, {-5, -5, 0.5}, {5, 5, 5}, false);
}

void crossing(Case& c, Dice& d) {
  for (int i = 2 + d.below(3); i > 0; --i) {
    const Mat3d turn = d.chance(0.5) ? d.rotation() : rotation_from_euler(Vec3d{d.below(4) * 0.25 * twin::kPi, 0, 0});
    const Vec3d u = d.uniform(2, 5) * (turn * Vec3d{0, 1, 0}), v = d.uniform(2, 5) * (turn * Vec3d{0, 0, 1});
    const Vec3d middle = d.chance(0.5) ? Vec3d{} : anywhere(d, -1, 1);
    add(c, {rectangle(middle - 0.5 * (u + v), u, v)}, d.below(4));
  }
  c.refraction = d.chance(0.5);
  c.max_depth = c.refraction ? 3 : 2;
  place_devices(c, d, {-5, -5, -5}, {5, 5, 5}, false);
}

const std::map<std::string, std::function<void(Case&, Dice&)>>& makers() {
  static const std::map<std::string, std::function<void(Case&, Dice&)>> all{
      {"free", free_scene}, {"room", room}, {"terrace", terrace},   {"twice", twice},  {"twice_apart", twice_apart},
      {"plates", plates},   {"gap", gap},   {"crossing", crossing}, {"bodies", bodies}};
  return all;
}

void add_quad(scene::Mesh& mesh, const Quad& q, bool swap) {
  const auto triangle = [&](const Vec3d& a, const Vec3d& b, const Vec3d& c) {
    const auto k = uint32_t(mesh.vertices_m.size());
    mesh.vertices_m.insert(mesh.vertices_m.end(), {a, b, c});
    mesh.triangles.push_back(swap ? std::array<uint32_t, 3>{k, k + 2, k + 1}
                                  : std::array<uint32_t, 3>{k, k + 1, k + 2});
  };
  const auto& p = q.corners;
  if (q.cut == 0) {
    triangle(p[0], p[1], p[2]);
    triangle(p[0], p[2], p[3]);
  } else if (q.cut == 1) {
    triangle(p[1], p[2], p[3]);
    triangle(p[1], p[3], p[0]);
  } else {
    const auto middle = [](const Vec3d& a, const Vec3d& b) { return 0.5 * (a + b); };
    const Vec3d center = middle(middle(p[0], p[2]), middle(p[1], p[3]));
    for (size_t i = 0; i < 4; ++i) {
      add_quad(mesh, {{p[i], middle(p[i], p[(i + 1) % 4]), center, middle(p[i], p[(i + 3) % 4])}, int(i % 2)}, swap);
    }
  }
}

scene::Mesh mesh_of(const Part& part, bool swap) {
  scene::Mesh mesh;
  for (const Quad& q : part.quads) add_quad(mesh, q, swap);
  return mesh;
}

}  // namespace

uint64_t Dice::mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

Mat3d Dice::rotation() {
  const double a = uniform(0, 6.28), b = uniform(-1.5, 1.5);
  return rotation_from_euler(Vec3d{a, b, uniform(0, 6.28)});
}

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& [name, make] : makers()) list.push_back(name);
    return list;
  }();
  return names;
}

Case make_case(const std::string& kind, uint64_t seed) {
  Case c;
  c.kind = kind;
  c.seed = seed;
  Dice dice(seed);
  const double frequencies[] = {0.5e9, 1e9, 2e9, 3.5e9, 28e9};
  c.frequency_hz = frequencies[dice.below(5)];
  makers().at(kind)(c, dice);
  return c;
}

bool is_on_a_face(const Case& c, const Vec3d& p, double within_m) {
  for (const Part& part : c.parts) {
    for (const Quad& q : part.quads) {
      const auto& k = q.corners;
      const Vec3d n = normalized(cross(k[1] - k[0], k[3] - k[0]));
      if (std::abs(dot(n, p - k[0])) > within_m) continue;
      bool inside = true;
      for (size_t i = 0; i < 4; ++i)
        inside = inside && dot(cross(k[(i + 1) % 4] - k[i], p - k[i]), n) > -within_m * norm(k[(i + 1) % 4] - k[i]);
      if (inside) return true;
    }
  }
  return false;
}

Place place_on_a_face(const Case& c, Dice& d) {
  const Part& part = c.parts[size_t(d.below(int(c.parts.size())))];
  const auto& k = part.quads[size_t(d.below(int(part.quads.size())))].corners;
  const bool round = d.chance(0.5);  // on the diagonal, or anywhere inside
  const double u = round ? 0.25 : d.uniform(0.1, 0.9), v = round ? 0.25 : d.uniform(0.1, 0.9);
  return {k[0] + u * (k[1] - k[0]) + v * (k[3] - k[0]), normalized(cross(k[1] - k[0], k[3] - k[0]))};
}

scene::Scene scene_of(const Case& c) {
  scene::Scene s;
  s.frequency_hz = c.frequency_hz;
  for (const MaterialRow& row : kMaterials) {
    em::Material m{row.name};
    m.relative_permittivity = row.permittivity;
    m.conductivity_s_per_m = row.conductivity;
    m.thickness_m = row.thickness;
    m.perfect_conductor = row.conductor;
    s.add_material(m);
  }
  for (const Part& p : c.parts) s.add_object({p.name, mesh_of(p, c.swap_windings), p.material});
  scene::clean_meshes(s);
  em::PlanarArrayOptions array;
  array.polarization = "V";
  s.add_transmitter({"tx", c.tx, {}, {}, em::planar_array(array)});
  array.polarization = "VH";
  s.add_receiver({"rx", c.rx, {}, {}, em::planar_array(array)});
  return s;
}

twin::V twin_of(const Vec3d& v) { return {v.x, v.y, v.z}; }

twin::Solver twin_of(const Case& c) {
  std::vector<twin::Triangle> triangles;
  for (size_t i = 0; i < c.parts.size(); ++i) {
    const scene::Mesh mesh = mesh_of(c.parts[i], false);
    for (const auto& t : mesh.triangles) {
      triangles.push_back({twin_of(mesh.vertices_m[t[0]]), twin_of(mesh.vertices_m[t[1]]),
                           twin_of(mesh.vertices_m[t[2]]), int(i), c.parts[i].material});
    }
  }
  std::vector<twin::Material> materials;
  for (const MaterialRow& m : kMaterials)
    materials.push_back({m.permittivity, m.conductivity, m.thickness, m.conductor});
  return twin::Solver(std::move(triangles), std::move(materials), c.frequency_hz);
}

std::string describe(const Case& c) {
  std::ostringstream out;
  out.precision(17);
  const auto put = [&](const Vec3d& v) { out << "(" << v.x << ", " << v.y << ", " << v.z << ")"; };
  out << "  frequency " << c.frequency_hz << " Hz, max_depth " << c.max_depth << ", refraction " << c.refraction
      << "\n  tx ";
  put(c.tx);
  out << "  rx ";
  put(c.rx);
  out << "\n";
  for (const Part& p : c.parts) {
    for (const Quad& q : p.quads) {
      out << "  " << p.name << " " << kMaterials[p.material].name << " cut " << q.cut << ": ";
      for (const Vec3d& v : q.corners) put(v);
      out << "\n";
    }
  }
  return out.str();
}

}  // namespace raywave::random
