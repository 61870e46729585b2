// SPDX-License-Identifier: Apache-2.0
// Lobes that materials name, their numbers as parameters, and mirrors that stay beside lobes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "raywave/paths/path_solver.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/paths/scattered_power.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

using scene::Scene;

scene::Mesh rectangle(const Vec3d& corner, const Vec3d& a, const Vec3d& b) {
  scene::Mesh m;
  m.vertices_m = {corner, corner + a, corner + a + b, corner + b};
  m.triangles = {{0, 1, 2}, {0, 2, 3}};
  return m;
}

em::Material concrete(const char* name, double scattering, const char* pattern, const char* lobe) {
  em::Material m = em::itu_material("concrete", 0.02);
  m.name = name;
  m.scattering_coefficient = scattering, m.scattering_pattern = pattern, m.lobe = lobe;
  return m;
}

/// A floor and a wall beside it.
Scene corner(const em::Material& floor, const em::Material& wall) {
  Scene s;
  s.frequency_hz = 28e9;
  s.add_material(floor);
  s.add_material(wall);
  s.add_object({"floor", rectangle({-0.4, -0.4, 0}, {0.8, 0, 0}, {0, 0.8, 0}), 0});
  s.add_object({"wall", rectangle({-0.4, 1, 0.3}, {0.8, 0, 0}, {0, 0, 0.6}), 1});
  s.add_transmitter({"tx", {-0.7, 0.2, 1.1}});
  s.add_receiver({"rx", {0.6, -0.3, 1.4}});
  scene::clean_meshes(s);
  return s;
}

ScatterOptions by_lobe(const char* lobe, double tolerance = 1e-4) {
  ScatterOptions o;
  o.reflection = em::lobe_from_text(lobe);
  o.tolerance = tolerance;
  return o;
}
double gain(const Scene& s, const ScatterOptions& o) { return scattered_power(s, PreparedScene(s), o).gain.at(0); }

TEST(LobesOfMaterials, StandInTheSolversPlace) {
  const char* sharp = "von_mises_fisher(kappa=60)";
  const char* wide = "directive(alpha_r=6)";
  const auto scene = [](const char* floor, const char* wall) {
    return corner(concrete("floor", 0, "lambertian", floor), concrete("wall", 0, "lambertian", wall));
  };
  EXPECT_EQ(gain(scene(sharp, sharp), by_lobe(wide, 1e-3)), gain(scene("", ""), by_lobe(sharp, 1e-3)));
  // one of each kind: neither is the other's
  const double mixed = gain(scene(sharp, ""), by_lobe(wide)), all_sharp = gain(scene("", ""), by_lobe(sharp)),
               all_wide = gain(scene("", ""), by_lobe(wide)), turned = gain(scene("", sharp), by_lobe(wide));
  EXPECT_NEAR(mixed + turned, all_sharp + all_wide, 3e-4 * (all_sharp + all_wide));
  EXPECT_GT(std::abs(mixed - turned), 1e-2 * mixed);
}

TEST(LobesOfMaterials, NumbersAreParametersWhereTheLobeHasThem) {
  Scene s = corner(concrete("floor", 0.5, "backscattering(alpha_r=3, alpha_i=2, lambda_=0.6)", ""),
                   concrete("wall", 0.2, "lambertian", "von_mises_fisher(kappa=20)"));
  std::vector<std::string> names;
  for (const scene::Parameter& p : scene::parameters(s)) {
    if (p.name.find("/lobe/") != std::string::npos || p.name.find("pattern/") != std::string::npos)
      names.push_back(p.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"material/floor/scattering_pattern/alpha_r",
                                             "material/floor/scattering_pattern/alpha_i",
                                             "material/floor/scattering_pattern/lambda_", "material/wall/lobe/kappa"}));
  scene::set_parameter(s, "material/wall/lobe/kappa", {31.4});
  EXPECT_EQ(s.materials[1].lobe, "von_mises_fisher(kappa=31.4)");
  EXPECT_EQ(scene::parameter(s, "material/wall/lobe/kappa").value[0], 31.4);
  EXPECT_THROW(scene::set_parameter(s, "material/wall/lobe/kappa", {0}), Error);
  EXPECT_THROW(scene::set_parameter(s, "material/floor/scattering_pattern/lambda_", {1.5}), Error);
  try {
    scene::set_parameter(s, "material/floor/lobe/kappa", {3});
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("names no lobe"), std::string::npos) << e.what();
  }
  s.materials[1].lobe = "von_mises_fisher(kapa=3)";
  EXPECT_THROW(s.validate(), Error);
}

/// Each number's slope against central differences, and both sweeps against each other.
void expect_slopes(const Scene& s, const ScatterOptions& o) {
  const PreparedScene prepared(s);
  const ScatteredPower power = scattered_power(s, prepared, o);
  const scene::ParameterTree tree = scene::gradient_tree(s, scattered_power_vjp(s, prepared, o, power, {1}));
  scene::ParameterTree moved;
  double along = 0;
  int count = 0;
  for (const scene::Parameter& p : scene::parameters(s)) {
    if (p.name.find("/lobe/") == std::string::npos && p.name.find("pattern/") == std::string::npos) continue;
    const double h = 1e-3 * p.value[0], exact = tree.at(p.name)[0];
    Scene up = s, down = s;
    scene::set_parameter(up, p.name, {p.value[0] + h}), scene::set_parameter(down, p.name, {p.value[0] - h});
    const double difference = (gain(up, o) - gain(down, o)) / 2;
    EXPECT_NEAR(exact * h, difference, 1e-7 * power.gain[0] + 1e-5 * std::abs(difference)) << p.name;
    EXPECT_NE(exact, 0) << p.name;
    moved[p.name] = {h};
    along += h * exact;
    ++count;
  }
  EXPECT_GT(count, 0);
  const double forward = scattered_power_jvp(s, prepared, o, power, scene::tangent(s, moved)).at(0);
  EXPECT_NEAR(forward, along, 1e-9 * std::abs(along) + 1e-15 * power.gain[0]);
}

TEST(LobesOfMaterials, SlopesAreThoseOfDifferences) {
  expect_slopes(
      corner(concrete("floor", 0.6, "backscattering(alpha_r=3, alpha_i=2.5, lambda_=0.6)", "half_vector(slope=0.3)"),
             concrete("wall", 0.4, "directive(alpha_r=3)", "von_mises_fisher(kappa=6)")),
      by_lobe("von_mises_fisher(kappa=3)", 1e-5));
}

/// A floor of one plane under a wall whose 4 x 4 facets lean to and fro.
Scene room(double lean) {
  Scene s;
  s.frequency_hz = 10e9;
  s.add_material(concrete("concrete", 0.3, "lambertian", ""));
  s.add_object({"floor", rectangle({-2, -2, 0}, {4, 0, 0}, {0, 4, 0}), 0});
  scene::Mesh wall;
  for (int i = 0; i <= 4; ++i) {
    for (int j = 0; j <= 4; ++j)
      wall.vertices_m.push_back({-1.6 + 0.8 * i, 1.7 + lean * std::sin(5.0 * i + 3.0 * j * j), 0.1 + 0.5 * j});
  }
  for (uint32_t i = 0; i < 4; ++i) {
    for (uint32_t j = 0; j < 4; ++j) {
      const uint32_t at = 5 * i + j;
      wall.triangles.push_back({at, at + 5, at + 6});
      wall.triangles.push_back({at, at + 6, at + 1});
    }
  }
  s.add_object({"wall", wall, 0});
  s.add_transmitter({"tx", {-0.7, 0.2, 1.1}});
  s.add_receiver({"rx", {0.6, -0.3, 1.4}});
  scene::clean_meshes(s);
  return s;
}

int count(const Paths& p, Interaction kind, int32_t object = -1) {
  int n = 0;
  for (size_t i = 0; i < p.interactions.size(); ++i)
    n += p.interactions[i] == kind && (object < 0 || p.objects[i] == object);
  return n;
}

TEST(KeepSpecular, LargePlanesStayMirrorsBesideLobes) {
  const Scene s = room(0.05);
  PathOptions o;
  o.max_depth = 2, o.scattering_tolerance = 0.05, o.finder = Finder::kExhaustive;
  o.reflection = Reflection::kDirectional, o.lobe = em::lobe_from_text("von_mises_fisher(kappa=20)");
  const Paths lobes = solve_paths(s, o);
  EXPECT_EQ(count(lobes, Interaction::kSpecularReflection), 0);
  EXPECT_GT(count(lobes, Interaction::kDirectionalReflection, 0), 0);
  o.keep_specular = true;  // 16 m^2 of floor; facets of 0.2 m^2
  const Paths kept = solve_paths(s, o);
  EXPECT_EQ(count(kept, Interaction::kDirectionalReflection, 0), 0);
  EXPECT_GT(count(kept, Interaction::kDirectionalReflection, 1), 0);
  EXPECT_EQ(count(kept, Interaction::kSpecularReflection, 1), 0);
  // the floor's own reflection is that of mirrors, with its phase; and mirrors lie before and behind the wall's lobes
  PathOptions mirrors = o;
  mirrors.reflection = Reflection::kMirror, mirrors.keep_specular = false, mirrors.max_depth = 1;
  const Paths clean = solve_paths(s, mirrors);
  int found = 0, mixed = 0;
  for (int64_t p = 0; p < kept.num_paths(); ++p) {
    const int64_t first = kept.interaction_begin[size_t(p)], n = kept.interaction_begin[size_t(p) + 1] - first;
    mixed += n == 2;
    if (n != 1 || kept.interactions[size_t(first)] != Interaction::kSpecularReflection) continue;
    for (int64_t q = 0; q < clean.num_paths(); ++q) {
      if (clean.tau_s[size_t(q)] != kept.tau_s[size_t(p)]) continue;
      ++found;
      EXPECT_EQ(clean.a[size_t(q)].re, kept.a[size_t(p)].re);
      EXPECT_EQ(clean.a[size_t(q)].im, kept.a[size_t(p)].im);
    }
  }
  EXPECT_EQ(found, 1);
  EXPECT_GT(mixed, 0);
  // what is large is said in square metres: nothing is, or all is
  o.keep_specular_m2 = 100;
  EXPECT_EQ(solve_paths(s, o).a.size(), lobes.a.size());
  o.keep_specular_m2 = 1e-6;
  EXPECT_EQ(count(solve_paths(s, o), Interaction::kDirectionalReflection), 0);
}

TEST(KeepSpecular, NeedsDirectionalReflection) {
  PathOptions o;
  o.keep_specular = true;
  EXPECT_THROW(o.validate(), Error);
  o.reflection = Reflection::kDirectional;
  o.validate();
  o.keep_specular_m2 = 0;
  EXPECT_THROW(o.validate(), Error);
}

}  // namespace
}  // namespace raywave::paths
