// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/results.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "raywave/core/files.h"
#include "raywave/core/test_errors.h"
#include "raywave/io/arrays.h"

namespace raywave::runs {
namespace {

using io::NamedArray;
using io::read_npz;
using io::write_arrays;

std::string scratch(const std::string& name) {
  return testing::TempDir() + "/raywave_" + testing::UnitTest::GetInstance()->current_test_info()->name() + "_" + name;
}

/// Two links in solver order (by receiver); the second is from the first transmitter with a 1x2 array at the
/// transmitter.
paths::Paths two_links() {
  paths::Paths p;
  p.frequency_hz = 1e9;
  p.tx_names = {"tä0", "tx1"};
  p.rx_names = {"rx0", "rx1"};
  p.object_names = {"wall"};
  p.tx_positions_m = {{0, 0, 10}, {5, 0, 10}};
  p.rx_positions_m = {{3, 0, 1}, {4, 0, 1}};
  p.tx_num_elements = {2, 1};
  p.tx_num_slants = p.rx_num_elements = p.rx_num_slants = {1, 1};
  p.links = {{0, -1, 1, -1, 0, 2}, {1, -1, 0, -1, 2, 3}};
  p.tau_s = {1e-7, 1.0 / 3e7, 2e-7};
  p.theta_t = p.phi_t = p.theta_r = p.phi_r = p.doppler_hz = {0.1, 0.2, 0.3};
  p.transfer.assign(12, Complexd{1, -1});
  p.interaction_begin = {0, 1, 1, 1};
  p.interactions = {paths::Interaction::kSpecularReflection};
  p.objects = {0};
  p.surfaces = {paths::SurfaceId::facet(4)};
  p.vertices_m = {{1, 2, 3}};
  p.a_begin = {0, 1, 2, 4};
  p.a = {{0.5, -0.25}, {0.125, 0}, {1, 2}, {3, 4}};
  return p;
}

const NamedArray& find(const std::vector<NamedArray>& arrays, const std::string& name) {
  for (const NamedArray& a : arrays) {
    if (a.name == name) return a;
  }
  throw Error("no array " + name);
}

TEST(Results, NpzRoundTrip) {
  const std::string file = scratch("p.npz");
  save_paths(file, two_links());
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
  const auto arrays = read_npz(file);
  const NamedArray& a = find(arrays, "a");
  EXPECT_EQ(a.type, NamedArray::Type::kComplex128);
  ASSERT_EQ(a.shape, std::vector<size_t>{4});
  double values[8];
  std::memcpy(values, a.bytes.data(), sizeof values);
  EXPECT_EQ(values[1], -0.25);
  EXPECT_EQ(values[7], 4);
  EXPECT_EQ(find(arrays, "links").shape, (std::vector<size_t>{2, 6}));
  const NamedArray& names = find(arrays, "tx_names");
  EXPECT_EQ(std::string(names.bytes.begin(), names.bytes.end()), std::string("tä0\0tx1\0", 9));
  const std::string again = scratch("q.npz");
  write_arrays(again, arrays);
  EXPECT_TRUE(read_file(file) == read_file(again));
}

TEST(Results, APlaceOnTheEarthIsKept) {
  const scene::Place place{"EPSG:25833", {391000.5, 5820000, 34}};
  const std::string file = scratch("p.npz");
  save_paths(file, two_links(), place);
  const auto arrays = read_npz(file);
  const NamedArray &crs = find(arrays, "crs"), &origin = find(arrays, "origin_m");
  EXPECT_EQ(std::string(crs.bytes.begin(), crs.bytes.end()), "EPSG:25833");
  EXPECT_EQ(origin.shape, std::vector<size_t>{3});
  double values[3];
  std::memcpy(values, origin.bytes.data(), sizeof values);
  EXPECT_EQ(values[0], 391000.5);
  EXPECT_EQ(values[2], 34);
  const auto json = nlohmann::json::parse(paths_json(two_links(), place));
  EXPECT_EQ(json["crs"], "EPSG:25833");
  EXPECT_EQ(json["origin_m"], nlohmann::json::parse("[391000.5, 5820000.0, 34.0]"));
  EXPECT_FALSE(nlohmann::json::parse(paths_json(two_links())).contains("crs"));
}

TEST(Results, NumpyReadsNpz) {
  if (std::system("python3 -c 'import numpy' 2>/dev/null") != 0) GTEST_SKIP() << "python3 has no numpy";
  const std::string file = scratch("p.npz");
  save_paths(file, two_links());
  const std::string check =
      "python3 -c \"import numpy as n; f=n.load('" + file +
      "'); assert f['a'][0]==0.5-0.25j and f['a'].shape==(4,); assert list(f['rx_names'])==['rx0','rx1'];"
      "assert f['vertices_m'].tolist()==[[1,2,3]]; assert f['frequency_hz'].shape==() and "
      "f['links'].dtype==n.int64; assert f['tau_s'][1]==1/3e7\"";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST(Results, DamagedNpzIsRefused) {
  const std::string file = scratch("p.npz");
  save_paths(file, two_links());
  std::string bytes = read_file(file);
  for (size_t n = 0; n < bytes.size(); n += 41) {
    write_file(file, bytes.substr(0, n));
    EXPECT_THROW(read_npz(file), Error) << n;
  }
  const size_t inside = bytes.find("NUMPY") + 60;
  bytes[inside] = char(bytes[inside] ^ 1);
  write_file(file, bytes);
  expect_error([&] { read_npz(file); }, "its checksum differs");
}

TEST(Results, Hdf5HasTheSignatureAndNoPartIsLeft) {
  const std::string file = scratch("p.h5");
  save_paths(file, two_links());
  EXPECT_TRUE(read_file(file).starts_with("\x89HDF\r\n\x1a\n"));
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
}

TEST(Results, BadTargets) {
  expect_error([] { save_paths("/no/such/p.npz", two_links()); }, "cannot write '/no/such/p.npz'");
  expect_error([] { save_paths("/no/such/p.h5", two_links()); }, "cannot write '/no/such/p.h5'");
  expect_error([] { save_paths("p.npy", two_links()); }, "results end in .npz, .h5 or .hdf5");
  expect_error([] { write_arrays("p.npz", {{"a", {3}, NamedArray::Type::kFloat64, {}}}); }, "do not fit its shape");
}

TEST(Results, PathsJsonIsSortedByTransmitterReceiverDelay) {
  const auto json = nlohmann::json::parse(paths_json(two_links()));
  EXPECT_EQ(json["frequency_hz"], 1e9);
  ASSERT_EQ(json["paths"].size(), 3u);
  const auto& first = json["paths"][0];
  EXPECT_EQ(first["tx"], "tä0");
  EXPECT_EQ(first["a"], nlohmann::json::parse("[[[1.0, 2.0], [3.0, 4.0]]]"));
  const auto& second = json["paths"][1];
  EXPECT_EQ(second["delay_s"].get<double>(), 1.0 / 3e7);
  EXPECT_EQ(second["interactions"].size(), 0u);
  EXPECT_EQ(second["vertices_m"], nlohmann::json::parse("[[5.0, 0.0, 10.0], [3.0, 0.0, 1.0]]"));
  const auto& third = json["paths"][2];
  EXPECT_EQ(third["a"], nlohmann::json::parse("[0.5, -0.25]"));
  EXPECT_EQ(third["interactions"][0], "specular_reflection");
  EXPECT_EQ(third["objects"][0], "wall");
  EXPECT_EQ(third["vertices_m"][1], nlohmann::json::parse("[1.0, 2.0, 3.0]"));
  EXPECT_EQ(third["departure"]["theta_rad"], 0.1);
  EXPECT_EQ(third["arrival"]["phi_rad"], 0.1);
  EXPECT_EQ(third["doppler_hz"], 0.1);
}

TEST(Results, JsonRefusesWhatIsNotANumber) {
  paths::Paths p = two_links();
  p.tau_s[0] = std::nan("");
  expect_error([&] { paths_json(p); }, "delay_s must be a finite number");
}

TEST(Results, RadioMapJsonAndArrays) {
  maps::RadioMap map;
  map.frequency_hz = 2e9;
  map.noise_power_w = 1e-14;
  map.tx_names = {"a", "b"};
  map.tx_power_w = {1, 2};
  map.num_tx = 2, map.num_y = 1, map.num_x = 4;
  map.path_gain = {0, 1e-6, 1e-8, 0, 0, 0, 0, 0};
  map.cell_centers_m.assign(4, Vec3d{1, 2, 1.5});
  const auto json = nlohmann::json::parse(radio_map_json(map, {}));
  EXPECT_EQ(json["settings"]["method"], "exact");
  EXPECT_EQ(json["surface"]["num_x"], 4);
  EXPECT_EQ(json["transmitters"][0]["coverage"], 0.5);
  EXPECT_NEAR(json["transmitters"][0]["path_gain_db"]["max"].get<double>(), -60, 1e-12);
  EXPECT_TRUE(json["transmitters"][1]["path_gain_db"]["max"].is_null());
  const std::string file = scratch("m.npz");
  save_radio_map(file, map);
  EXPECT_EQ(find(read_npz(file), "path_gain").shape, (std::vector<size_t>{2, 1, 4}));
}

}  // namespace
}  // namespace raywave::runs
