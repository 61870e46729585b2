// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/scene2d.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/plane/own_law.h"

namespace raywave::plane {
namespace {

void require_point(const std::string& what, Vec2d p) {
  if (!std::isfinite(p.x) || !std::isfinite(p.y))
    throw Error(message(what, " must be finite, got (", p.x, ", ", p.y, ")"));
}

bool same(Vec2d p, Vec2d q) { return p.x == q.x && p.y == q.y; }

void validate_object(const Scene2D& s, const Object& o) {
  const std::string what = message("object '", o.name, "'");
  require_point(what + ": its place", o.a);
  if (o.kind == Kind::kCorner) return;
  if (o.kind == Kind::kArc) {
    require_positive(what + ": radius_m", o.radius_m);
    require_finite(what + ": begin_rad", o.begin_rad);
    const double turn = o.end_rad - o.begin_rad;
    if (!(turn > 0 && turn <= 2 * kPi))
      throw Error(message(what, ": end_rad must lie above begin_rad by at most 2 pi, got ", turn));
    return;
  }
  require_point(what + ": its end", o.b);
  if (same(o.a, o.b)) throw Error(message(what, " has zero length: both ends are at (", o.a.x, ", ", o.a.y, ") m"));
  require_finite(what + ": phi_rad", o.phi_rad);
  for (const double c : o.profile_m) require_finite(what + ": profile_m", c);
  for (const double c : o.own) require_finite(what + ": its numbers", c);
  if (o.kind == Kind::kOwn && !o.law) throw Error(what + " has no law");
  if (o.kind == Kind::kOwn && o.own.size() != o.law->num_numbers())
    throw Error(message(what, ": its law has ", o.law->num_numbers(), " numbers, got ", o.own.size()));
  if (!o.material.empty()) {
    std::vector<std::string> known;
    for (const auto& m : s.materials) known.push_back(m.name);
    if (std::find(known.begin(), known.end(), o.material) == known.end())
      throw Error(message(what, ": unknown material '", o.material, "'", did_you_mean(o.material, known)));
  }
}

void require_distinct(const char* what, std::set<std::string>& names, const std::string& name) {
  if (name.empty()) throw Error(message("a ", what, " has no name"));
  if (name.find('/') != std::string::npos) throw Error(message(what, " '", name, "': names must not contain '/'"));
  if (!names.insert(name).second) throw Error(message("two of the ", what, "s are named '", name, "'"));
}

size_t count_of(const Object& o) {
  switch (o.kind) {
    case Kind::kWall:
      return 4;
    case Kind::kRis:
      return 5;
    case Kind::kPanel:
      return 4 + o.profile_m.size();
    case Kind::kCorner:
      return 2;
    case Kind::kArc:
      return 5;
    case Kind::kOwn:
      return 4 + o.own.size();
  }
  return 0;
}

const char* group_of(Kind kind) {
  static constexpr const char* kGroups[] = {"wall", "ris", "panel", "corner", "arc", "own"};
  return kGroups[size_t(kind)];
}

/// visit(double&) for each number in the order of the list. Scene or const Scene.
template <class S, class Visit>
void for_each_number(S& s, const Visit& visit) {
  visit(s.r_coef), visit(s.height_m), visit(s.alpha), visit(s.frequency_hz);
  const auto point = [&](auto& p) { visit(p.x), visit(p.y); };
  for (auto& d : s.transmitters) point(d.position_m);
  for (auto& d : s.receivers) point(d.position_m);
  for (auto& o : s.objects) {
    point(o.a);
    if (o.kind == Kind::kArc) visit(o.radius_m), visit(o.begin_rad), visit(o.end_rad);
    if (o.kind == Kind::kArc || o.kind == Kind::kCorner) continue;
    point(o.b);
    if (o.kind == Kind::kRis) visit(o.phi_rad);
    if (o.kind == Kind::kPanel)
      for (auto& c : o.profile_m) visit(c);
    if (o.kind == Kind::kOwn)
      for (auto& c : o.own) visit(c);
  }
  for (auto& m : s.materials) visit(m.relative_permittivity), visit(m.conductivity_s_per_m), visit(m.thickness_m);
}

Scene2D with_devices(Scene2D s, Vec2d tx, Vec2d rx) {
  s.transmitters = {{"tx", tx}};
  s.receivers = {{"rx", rx}};
  return s;
}

void add_square(Scene2D& s, double lo, double hi, const std::string& prefix) {
  static constexpr const char* kNames[] = {"south", "east", "north", "west"};
  const Vec2d p[] = {{lo, lo}, {hi, lo}, {hi, hi}, {lo, hi}};
  for (size_t i = 0; i < 4; ++i) s.objects.push_back(wall(prefix + kNames[i], p[i], p[(i + 1) % 4]));
}

}  // namespace

void Scene2D::validate() const {
  std::set<std::string> devices, things, known;
  for (const auto* list : {&transmitters, &receivers}) {
    for (const Device& d : *list) {
      require_distinct("device", devices, d.name);
      require_point(message("device '", d.name, "': position_m"), d.position_m);
    }
  }
  for (const auto& m : materials) {
    require_distinct("material", known, m.name);
    m.validate();
  }
  for (const Object& o : objects) {
    require_distinct("object", things, o.name);
    validate_object(*this, o);
  }
  require_in_range("r_coef", r_coef, 0, 1);
  require_positive("height_m", height_m);
  require_positive("alpha", alpha);
  require_positive("frequency_hz", frequency_hz);
}

void Scene2D::validate_distinct() const {
  validate();
  using Key = std::array<double, 6>;
  std::map<Key, std::string> seen;
  for (const Object& o : objects) {
    if (o.kind == Kind::kCorner || o.kind == Kind::kArc) {
      const bool bent = o.kind == Kind::kArc;
      const Key key = bent ? Key{2, o.a.x, o.a.y, o.radius_m, o.begin_rad, o.end_rad} : Key{1, o.a.x, o.a.y, 0, 0, 0};
      const auto [at, fresh] = seen.try_emplace(key, o.name);
      if (!fresh)
        throw Error(message("objects '", at->second, "' and '", o.name, "' are one ", bent ? "arc" : "corner",
                            " given twice, and so would be all paths over it; remove one"));
      continue;
    }
    const bool turned = o.b.x < o.a.x || (o.b.x == o.a.x && o.b.y < o.a.y);
    const Vec2d p = turned ? o.b : o.a, q = turned ? o.a : o.b;
    const auto [at, fresh] = seen.try_emplace(Key{0, p.x, p.y, q.x, q.y, 0}, o.name);
    if (!fresh)
      throw Error(message("objects '", at->second, "' and '", o.name,
                          "' have the same ends: each would hide the other and all paths over them; remove one"));
  }
}

Object wall(std::string name, Vec2d a, Vec2d b) {
  Object o;
  o.name = std::move(name), o.a = a, o.b = b;
  return o;
}
Object ris(std::string name, Vec2d a, Vec2d b, double phi_rad) {
  Object o = wall(std::move(name), a, b);
  o.kind = Kind::kRis, o.phi_rad = phi_rad;
  return o;
}
Object corner(std::string name, Vec2d at) {
  Object o;
  o.kind = Kind::kCorner, o.name = std::move(name), o.a = at;
  return o;
}
Object arc(std::string name, Vec2d center, double radius_m, double begin_rad, double end_rad) {
  Object o;
  o.kind = Kind::kArc, o.name = std::move(name), o.a = center;
  o.radius_m = radius_m, o.begin_rad = begin_rad, o.end_rad = end_rad;
  return o;
}

Scene2D square_scene() {
  Scene2D s;
  add_square(s, 0, 1, "");
  return with_devices(s, {0.2, 0.2}, {0.5, 0.6});
}
Scene2D square_scene_with_wall(double ratio) {
  require_within("ratio", ratio, 0, 1, true);
  Scene2D s = with_devices(square_scene(), {0.2, 0.5}, {0.8, 0.5});
  s.objects.push_back(wall("middle", {0.5, 0.5 - ratio / 2}, {0.5, 0.5 + ratio / 2}));
  return s;
}
Scene2D square_scene_with_obstacle(double ratio) {
  require_within("ratio", ratio, 0, 1, true);
  Scene2D s = square_scene();
  add_square(s, 0.5 - ratio / 2, 0.5 + ratio / 2, "obstacle_");
  return s;
}
Scene2D basic_scene() {
  Scene2D s;
  add_square(s, 0, 1, "");
  s.objects.push_back(wall("inner_0", {0.4, 0}, {0.4, 0.4}));
  s.objects.push_back(wall("inner_1", {0.4, 0.4}, {0.3, 0.4}));
  s.objects.push_back(wall("inner_2", {0.1, 0.4}, {0, 0.4}));
  return with_devices(s, {0.1, 0.1}, {0.302, 0.2147});
}
Scene2D random_uniform_scene(int num_transmitters, int num_walls, int num_receivers, uint64_t seed) {
  if (num_transmitters < 0 || num_walls < 0 || num_receivers < 0) throw Error("numbers of things must be >= 0");
  Scene2D s;
  const auto point = [&](uint64_t kind, int i) {
    const auto k = uint64_t(i);
    return Vec2d{random_uniform(seed, kind, k, 0), random_uniform(seed, kind, k, 1)};
  };
  for (int i = 0; i < num_transmitters; ++i) s.transmitters.push_back({message("tx_", i), point(0, i)});
  for (int i = 0; i < num_receivers; ++i) s.receivers.push_back({message("rx_", i), point(1, i)});
  for (int i = 0; i < num_walls; ++i) s.objects.push_back(wall(message("wall_", i), point(2, i), point(3, i)));
  return s;
}
Scene2D from_walls(const std::vector<std::pair<Vec2d, Vec2d>>& walls) {
  Scene2D s;
  for (size_t i = 0; i < walls.size(); ++i)
    s.objects.push_back(wall(message("wall_", i), walls[i].first, walls[i].second));
  s.validate_distinct();
  return s;
}

Layout layout(const Scene2D& s) {
  Layout l;
  l.tx_begin = 4;
  l.rx_begin = l.tx_begin + 2 * s.transmitters.size();
  size_t at = l.rx_begin + 2 * s.receivers.size();
  for (const Object& o : s.objects) l.object_begin.push_back(at), at += count_of(o);
  l.object_begin.push_back(at);
  l.material_begin = at;
  l.count = at + 3 * s.materials.size();
  return l;
}

std::vector<double> numbers(const Scene2D& s) {
  std::vector<double> out;
  for_each_number(s, [&](const double& x) { out.push_back(x); });
  // an ITU material's own are those of its row at the scene's frequency
  for (size_t i = 0; i < s.materials.size(); ++i) {
    const auto now = em::numbers_of(s.materials[i], s.frequency_hz, s.frequency_hz);
    double* const at = out.data() + out.size() - 3 * (s.materials.size() - i);
    at[0] = now[em::MaterialNumber::kPermittivity], at[1] = now[em::MaterialNumber::kConductivity];
  }
  return out;
}

void set_numbers(Scene2D& s, std::span<const double> values) {
  const std::vector<double> before = numbers(s);
  for (size_t m = 0; m < s.materials.size(); ++m) {
    const size_t begin = before.size() - 3 * (s.materials.size() - m);
    for (size_t k = 0; k < 2; ++k) {
      constexpr em::MaterialNumber kWhich[] = {em::MaterialNumber::kPermittivity, em::MaterialNumber::kConductivity};
      if (values[begin + k] != before[begin + k])
        em::set_number(s.materials[m], size_t(kWhich[k]), values[begin + k], s.frequency_hz);
    }
  }
  size_t i = 0;
  for_each_number(s, [&](double& x) { x = values[i++]; });
}

std::vector<Parameter> parameters(const Scene2D& s) {
  std::vector<Parameter> out;
  size_t at = 0;
  const auto add = [&](const std::string& name, const char* unit, std::vector<int64_t> shape) {
    size_t n = 1;
    for (const int64_t k : shape) n *= size_t(k);
    out.push_back({name, unit, std::move(shape), at, n});
    at += n;
  };
  add("r_coef", "", {}), add("height_m", "m", {}), add("alpha", "", {}), add("frequency_hz", "Hz", {});
  for (const auto& d : s.transmitters) add("device/" + d.name + "/position_m", "m", {2});
  for (const auto& d : s.receivers) add("device/" + d.name + "/position_m", "m", {2});
  for (const Object& o : s.objects) {
    const std::string own = std::string(group_of(o.kind)) + "/" + o.name + "/";
    if (o.kind == Kind::kCorner) {
      add(own + "position_m", "m", {2});
    } else if (o.kind == Kind::kArc) {
      add(own + "center_m", "m", {2}), add(own + "radius_m", "m", {}), add(own + "angles_rad", "rad", {2});
    } else {
      add(own + "ends_m", "m", {2, 2});
      if (o.kind == Kind::kRis) add(own + "phi_rad", "rad", {});
      if (o.kind == Kind::kPanel && !o.profile_m.empty()) add(own + "profile_m", "m", {int64_t(o.profile_m.size())});
      if (o.kind == Kind::kOwn && !o.own.empty()) add(own + "numbers", "", {int64_t(o.own.size())});
    }
  }
  for (const auto& m : s.materials) {
    const std::string own = "material/" + m.name + "/";
    add(own + "relative_permittivity", "", {}), add(own + "conductivity_s_per_m", "S/m", {});
    add(own + "thickness_m", "m", {});
  }
  return out;
}

Parameter parameter(const Scene2D& s, std::string_view name) {
  std::vector<std::string> known;
  for (Parameter& p : parameters(s)) {
    if (p.name == name) return std::move(p);
    known.push_back(std::move(p.name));
  }
  throw Error(message("unknown parameter '", name, "'", did_you_mean(name, known)));
}

void set_parameter(Scene2D& s, std::string_view name, const std::vector<double>& value) {
  const Parameter p = parameter(s, name);
  if (value.size() != p.count) throw Error(message(name, " has ", p.count, " numbers, got ", value.size()));
  for (const double v : value) require_finite(name, v);
  std::vector<double> all = numbers(s);
  std::copy(value.begin(), value.end(), all.begin() + std::ptrdiff_t(p.begin));
  Scene2D next = s;
  set_numbers(next, all);
  next.validate();
  s = std::move(next);
}

}  // namespace raywave::plane
