// SPDX-License-Identifier: Apache-2.0
// The table of parameters: the names of gradients, values that are set and read back, bounds.
#include "raywave/wave/parameter_table.h"

#include <algorithm>

#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

Source source_of(SourceKind kind, const std::string& name) {
  Source s;
  s.kind = kind, s.name = name;
  s.waist_m = 2 * kL, s.width_m = 5 * kL, s.taper_m = kL, s.distance_m = 2 * kL;
  if (kind == SourceKind::kArray) s.element_offsets_m = {0, kL}, s.weights = {1, Complexc(0.5, 0.2)};
  return s;
}

Scene zoo(bool volume) {
  Scene s = beam_scene(volume ? 16 : 64, 0.4003, 2, 6);
  if (volume) s.grid.num_x = 12, s.grid.spacing_x_m = s.grid.spacing_m;
  s.sources = {source_of(SourceKind::kGaussian, "beam"),   source_of(SourceKind::kPlane, "plane"),
               source_of(SourceKind::kPoint, "point"),     source_of(SourceKind::kArray, "array"),
               source_of(SourceKind::kSampled, "sampled"), source_of(SourceKind::kGaussian, "ahead")};
  s.sources[4].samples = random_field(s.grid.num_points(), 3);
  s.sources[5].focus_m = 3 * kL;
  s.objects = {dielectric("a", 2, {}), dielectric("b", 2, {}, 0.1), conductor("c", {})};
  s.objects[1].material = s.objects[0].material;
  for (size_t i = 0; i < 3; ++i) {
    const double y = (double(i) - 1) * 2 * kL;
    if (!volume) s.objects[i].outlines = {rectangle({y, 2 * kL}, kL, kL), disc({y, 4 * kL}, 0.5 * kL, 9)};
    if (volume) s.objects[i].solids = {box_solid({0, y, 2 * kL}, {kL, kL, kL})};
  }
  s.cells = {lossy_cells(5 * kL, 6 * kL, 2, s.grid.num_points())};
  return s;
}

TEST(WaveParameters, AreThoseOfGradients) {
  for (const bool volume : {false, true}) {
    const Scene s = zoo(volume);
    const Simulation sim(s);
    const Gradient g = sim.vjp({std::vector<Field>(s.sources.size(), random_field(s.grid.num_points(), 5))});
    const std::vector<Parameter> table = parameters(s);
    EXPECT_EQ(table.size(), g.size());
    for (const Parameter& p : table) {
      ASSERT_EQ(g.count(p.name), 1u) << p.name;
      EXPECT_EQ(g.at(p.name).size(), p.size()) << p.name;
      EXPECT_EQ(value_of(s, p).size(), p.size()) << p.name;
    }
  }
}

TEST(WaveParameters, AreSetAndReadBack) {
  for (const bool volume : {false, true}) {
    const Scene s = zoo(volume);
    for (const Parameter& p : parameters(s)) {
      if (p.name.ends_with("/translation_m") || p.name.ends_with("/scale")) continue;
      Scene moved = s;
      std::vector<double> value = value_of(s, p);
      for (double& v : value) v = p.lower == 1 ? v + 0.5 : 1.01 * v + (p.upper < 2 ? 0.1 : 1e-3);
      set_value(moved, p, value);
      const std::vector<double> got = value_of(moved, p);
      // the wavelength goes by the frequency and back
      for (size_t i = 0; i < value.size(); ++i) EXPECT_NEAR(got[i], value[i], 4e-16 * std::abs(value[i])) << p.name;
    }
  }
}

TEST(WaveParameters, PosesMoveWhatIsThere) {
  Scene s = zoo(false);
  const Parameter vertices = parameter_at(s, "object/b/vertices_m");
  const std::vector<double> before = value_of(s, vertices);
  set_value(s, parameter_at(s, "object/b/translation_m"), std::vector{0.25, 0.5});
  std::vector<double> after = value_of(s, vertices);
  double mean[2] = {0, 0};
  for (size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i], before[i] + (i % 2 ? 0.5 : 0.25));
    mean[i % 2] += after[i] / (0.5 * double(after.size()));
  }
  set_value(s, parameter_at(s, "object/b/scale"), std::vector{3.0});
  const std::vector<double> scaled = value_of(s, vertices);
  for (size_t i = 0; i < after.size(); ++i)
    EXPECT_NEAR(scaled[i] - mean[i % 2], 3 * (after[i] - mean[i % 2]), 1e-14) << i;
  // two objects of one material have one permittivity
  set_value(s, parameter_at(s, "material/a_material/relative_permittivity"), std::vector{4.0});
  EXPECT_EQ(s.objects[0].material.relative_permittivity, 4);
  EXPECT_EQ(s.objects[1].material.relative_permittivity, 4);
}

TEST(WaveParameters, BadNamesAndValuesAreRefused) {
  Scene s = zoo(false);
  const auto words = [&](const std::string& name, std::vector<double> value) -> std::string {
    try {
      set_value(s, parameter_at(s, name), value);
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing";
  };
  EXPECT_NE(words("source/beam/wait_m", {1}).find("did you mean 'source/beam/waist_m'"), std::string::npos);
  EXPECT_NE(words("source/beam/waist_m", {1, 2}).find("has 1 values, got 2"), std::string::npos);
  EXPECT_NE(words("source/beam/waist_m", {-1}).find("must be in [0, inf], got -1"), std::string::npos);
  EXPECT_NE(words("source/beam/tilt_rad", {NAN}).find("finite"), std::string::npos);
  EXPECT_NE(words("wavelength_m", {0}).find("> 0"), std::string::npos);
  EXPECT_NE(words("material/c_material/relative_permittivity", {2}).find("unknown"), std::string::npos);
}

}  // namespace
}  // namespace raywave::wave
