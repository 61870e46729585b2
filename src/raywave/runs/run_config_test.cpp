// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/run_config.h"

#include <gtest/gtest.h>

#include "raywave/core/test_errors.h"

namespace raywave::runs {
namespace {

TEST(RunConfig, ReadsEveryTableAndLeavesTheRestUnset) {
  const RunConfig c = parse_run_config(R"(scene = "town.xml"
frequency = "28 GHz"
seed = 7
[[transmitter]]
name = "mast"
position_m = [1, 2, 30.5]
power_dbm = 40
array = { num_rows = 2, num_cols = 4, pattern = "tr38901", polarization = "cross" }
[[receiver]]
position_m = [5, 6, 1.5]
velocity_m_per_s = [1, 0, 0]
[paths]
max_depth = 4
finder = "exhaustive"
samples_per_tx = 1e5
diffraction = true
max_diffractions = 2
[map]
method = "monte-carlo"
diffraction = true
cell_size_m = [5, 5]
surface = "terrain"
[output]
paths = "p.npz"
)",
                                       "run.toml", "folder");
  EXPECT_EQ(c.scene, "folder/town.xml");
  scene::Scene scene;
  c.apply_to(scene);
  EXPECT_EQ(scene.frequency_hz, 28e9);
  EXPECT_EQ(scene.bandwidth_hz, 1e6);
  ASSERT_EQ(scene.transmitters.size(), 1u);
  EXPECT_EQ(scene.transmitters[0].name, "mast");
  EXPECT_EQ(scene.transmitters[0].power_dbm, 40);
  EXPECT_EQ(scene.transmitters[0].array.num_ports(), 16);
  EXPECT_TRUE(scene.transmitters[0].position_m == (Vec3d{1, 2, 30.5}));
  EXPECT_EQ(scene.receivers.at(0).name, "rx0");
  paths::PathOptions paths;
  c.apply_to(paths);
  EXPECT_FALSE(c.paths.finder.apply_to(paths).has_value());
  EXPECT_EQ(paths.max_depth, 4);
  EXPECT_EQ(paths.finder, paths::Finder::kExhaustive);
  EXPECT_EQ(paths.samples_per_tx, 100000);
  EXPECT_EQ(paths.seed, 7u);
  EXPECT_TRUE(paths.diffraction);
  EXPECT_EQ(paths.max_diffractions, 2);
  for (const auto& s : c.paths.interactions.switches) EXPECT_EQ(s.has_value(), &s == &c.paths.interactions.switches[3]);
  maps::RadioMapOptions map;
  c.apply_to(map);
  EXPECT_EQ(map.method, maps::Method::kMonteCarlo);
  EXPECT_TRUE(map.diffraction);
  EXPECT_EQ(map.max_diffractions, 1);
  maps::Surface surface;
  c.apply_to(surface);
  EXPECT_EQ(surface.kind, maps::Surface::Kind::kTerrain);
  EXPECT_EQ(surface.cell_size_m.x, 5);
  EXPECT_EQ(c.output.paths, "p.npz");
}

TEST(RunConfig, TheLearnedFinderHasAModelBesideTheFileAndFlagsGoBefore) {
  const RunConfig c =
      parse_run_config("[paths]\nfinder = \"learned\"\nsampler = \"m.bin\"\nnum_samples = 3\n", "run.toml", "folder");
  FinderChoice choice = c.paths.finder;
  EXPECT_TRUE(choice.is_learned());
  EXPECT_EQ(choice.sampler, "folder/m.bin");
  EXPECT_EQ(choice.num_samples, 3);
  paths::PathOptions options;
  expect_error([&] { (void)choice.apply_to(options); }, "cannot read folder/m.bin");
  FinderChoice flags;
  flags.finder = "exhaustive";
  choice.take(flags);
  EXPECT_FALSE(choice.apply_to(options).has_value());  // its model is not even read
  EXPECT_EQ(options.finder, paths::Finder::kExhaustive);
  EXPECT_EQ(choice.num_samples, 3);
  flags.finder = "learned";
  expect_error([&] { (void)flags.apply_to(options); }, "finder 'learned' needs a model");
  expect_error([] { parse_run_config("[paths]\nnum_samples = 0\n", "run.toml"); },
               "run.toml:2: num_samples must be in [1,");
  expect_error([] { parse_run_config("[paths]\nfinder = \"lerned\"\n", "run.toml"); },
               "run.toml:2: unknown finder 'lerned', did you mean 'learned'?");
}

TEST(RunConfig, ErrorsNameLineAndNearestKey) {
  const auto bad = [](const std::string& toml) { return [=] { parse_run_config(toml, "run.toml"); }; };
  expect_error(bad("\nfrequncy = 1e9\n"), "run.toml:2: unknown key 'frequncy', did you mean 'frequency'?");
  expect_error(bad("[paths]\nmax_dept = 2\n"),
               "run.toml:2: unknown key 'max_dept' in [paths], did you mean 'max_depth'?");
  expect_error(bad("[paths]\ncell_size_m = [1, 1]\n"),
               "run.toml:2: unknown key 'cell_size_m' in [paths]: it belongs in [map]");
  expect_error(bad("max_depth = 2\n"), "run.toml:1: unknown key 'max_depth': it belongs in [paths] or [map]");
  expect_error(bad("[map]\nseed = 2\n"), "in [map]: it belongs in the head of the file, before the first table");
  expect_error(bad("[map]\nmax_bytes = 0\n"), "run.toml:2: max_bytes must be > 0, got 0");
  expect_error(bad("threads = 10000\n"), "run.toml:1: threads must be in [0, 4096]");
  expect_error(bad("[paths]\nfinder = \"exhaustiv\"\n"),
               "run.toml:2: unknown finder 'exhaustiv', did you mean 'exhaustive'?");
  expect_error(bad("frequency = \"fast\"\n"), "run.toml:1:");
  expect_error(bad("frequency_hz = -1\n"), "run.toml:1: frequency_hz must be > 0, got -1");
  expect_error(bad("seed = 1.5\n"), "run.toml:1: seed must be a whole number");
  expect_error(bad("[map]\nlos = 1\n"), "run.toml:2: los must be true or false");
  expect_error(bad("[paths]\nmax_depth = -1\n"), "run.toml:2: max_depth must be in [0,");
  expect_error(bad("[map]\nmax_diffractions = 4\n"), "run.toml:2: max_diffractions must be in [1, 3]");
  expect_error(bad("[[transmitter]]\nname = \"a\"\n"), "run.toml:1: a device needs position_m");
  expect_error(bad("[[receiver]]\nposition_m = [1, 2]\n"), "run.toml:2: position_m must be an array of 3 numbers");
  expect_error(bad("[[receiver]]\nposition_m = [1, 2, nan]\n"), "run.toml:2: position_m must be a finite number");
  expect_error(bad("[[receiver]]\nposition_m = [1, 2, 3]\npower_dbm = 4\n"), "run.toml:3: unknown key 'power_dbm'");
  expect_error(bad("[[transmitter]]\nposition_m=[0,0,0]\narray={pattern=\"is\"}\n"), "run.toml:3:");
  expect_error(bad("scene = \n"), "run.toml:1:");
  expect_error([] { read_run_config("/no/run.toml"); }, "cannot read '/no/run.toml'");
}

scene::Scene brick_wall() {
  scene::Scene scene;
  em::Material brick;
  brick.name = "wall";
  brick.itu_name = "brick";
  scene.add_material(brick);
  brick.name = "pane";
  brick.itu_name = "glass";
  scene.add_material(brick);
  scene::Object object;
  object.name = "house";
  object.mesh.vertices_m = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
  object.mesh.triangles = {{0, 1, 2}};
  scene.add_object(object);
  return scene;
}

TEST(RunConfig, ChangesMaterialsAndObjectsOfTheScene) {
  scene::Scene scene = brick_wall();
  parse_run_config(R"(frequency = "28GHz"
[[material]]
name = "wall"
relative_permittivity = 7.5
thickness_m = 0.3
[[material]]
name = "pane"
itu_name = "metal"
[[object]]
name = "house"
material = "pane"
velocity_m_per_s = [1, 2, 3]
)",
                   "run.toml")
      .apply_to(scene);
  const em::Material& wall = scene.materials[0];
  EXPECT_TRUE(wall.itu_name.empty());
  EXPECT_EQ(wall.relative_permittivity, 7.5);
  EXPECT_EQ(wall.thickness_m, 0.3);
  // the row's other number, at the run's frequency, stays as a constant
  EXPECT_EQ(wall.conductivity_s_per_m, em::conductivity_of(em::itu_row_at("brick", 28e9), 28e9));
  EXPECT_EQ(scene.materials[1].itu_name, "metal");
  EXPECT_EQ(scene.objects[0].material, 1);
  EXPECT_TRUE(scene.objects[0].velocity_m_per_s == (Vec3d{1, 2, 3}));
}

TEST(RunConfig, RefusesMaterialsAndObjectsThatCannotBe) {
  const auto apply = [](const char* toml) {
    scene::Scene scene = brick_wall();
    parse_run_config(toml, "run.toml").apply_to(scene);
  };
  for (const char* toml :
       {"[[material]]\nthickness_m = 1\n", "[[material]]\nname = \"wal\"\n",
        "[[material]]\nname = \"wall\"\nthickness_m = 0\n", "[[material]]\nname = \"wall\"\nitu_name = \"brik\"\n",
        "[[material]]\nname = \"wall\"\nitu_name = \"wood\"\nrelative_permittivity = 3\n",
        "[[object]]\nname = \"home\"\n", "[[object]]\nname = \"house\"\nmaterial = \"walll\"\n",
        "[[object]]\nname = \"house\"\ncolour = 1\n"}) {
    EXPECT_THROW(apply(toml), Error) << toml;
  }
}

}  // namespace
}  // namespace raywave::runs
