// SPDX-License-Identifier: Apache-2.0
// Paths against figures that other programs gave for the same street canyon (tests/data, sources inside). The others
// compute in single precision, which sets the tolerances: 0.05 dB, 0.05 rad of phase, 1e-4 rad of angle, 1e-6 of delay.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "raywave/core/constants.h"
#include "raywave/core/files.h"
#include "raywave/paths/path_solver.h"

namespace raywave {
namespace {

using nlohmann::json;

const json& reference() {
  static const json data = json::parse(read_file(RAYWAVE_SOURCE_DIR "/tests/data/street_canyon_reference.json"));
  return data;
}

Vec3d vec(const json& j) { return {j[0], j[1], j[2]}; }

scene::Scene street_canyon() {
  scene::Scene s;
  const json& mesh = reference()["mesh"];
  for (const auto& name : reference()["materials"]) {
    const int material = s.add_material(em::itu_material(name.get<std::string>()));
    scene::Object object{"part_" + name.get<std::string>(), {}, material};
    for (const auto& v : mesh["vertices"]) object.mesh.vertices_m.push_back(vec(v));
    for (size_t i = 0; i < mesh["triangles"].size(); ++i) {
      const auto& t = mesh["triangles"][i];
      if (mesh["face_materials"][i] == material) object.mesh.triangles.push_back({t[0], t[1], t[2]});
    }
    s.add_object(object);
  }
  scene::clean_meshes(s);
  return s;
}

scene::Device device(const char* name, const json& place, const json& array) {
  em::PlanarArrayOptions o;
  o.pattern = array["kind"];
  o.polarization = array["pol"];
  o.num_rows = array.value("rows", 1);
  o.num_cols = array.value("cols", 1);
  if (array.value("model", "tr38901_2") == "tr38901_1") o.polarization_model = em::PolarizationModel::kTr38901Model1;
  scene::Device d{name, vec(place["pos"])};
  if (place.contains("orient")) d.orientation_rad = vec(place["orient"]);
  d.array = em::planar_array(o);
  return d;
}

double angle_difference(double a, double b) { return std::abs(std::remainder(a - b, 2 * kPi)); }

/// @param upright_only  compare ports of upright elements: their polarisation model 1 does not turn a slanted element's
/// pattern, ours does (AntennaPattern.SlantingByModelOneTurnsTheElement).
void expect_same_path(const paths::Paths& ours, int64_t p, const json& theirs, bool upright_only,
                      const std::string& label) {
  EXPECT_NEAR(ours.tau_s[p], double(theirs["tau"]), 1e-6 * ours.tau_s[p]) << label;
  const double sin_t = std::sin(ours.theta_t[p]), sin_r = std::sin(ours.theta_r[p]);
  EXPECT_LT(std::abs(ours.theta_t[p] - double(theirs["theta_t"])), 1e-4) << label;
  EXPECT_LT(std::abs(ours.theta_r[p] - double(theirs["theta_r"])), 1e-4) << label;
  EXPECT_LT(sin_t * angle_difference(ours.phi_t[p], theirs["phi_t"]), 1e-4) << label;
  EXPECT_LT(sin_r * angle_difference(ours.phi_r[p], theirs["phi_r"]), 1e-4) << label;
  const paths::Link& link = ours.links[0];
  double strongest = 0;
  for (int64_t i = ours.a_begin[p]; i < ours.a_begin[p + 1]; ++i) strongest = std::max(strongest, abs(ours.a[i]));
  for (int r = 0; r < ours.num_rx_ports(link); ++r) {
    for (int t = 0; t < ours.num_tx_ports(link); ++t) {
      if (upright_only && (r >= ours.rx_num_elements[0] || t >= ours.tx_num_elements[0]))
        continue;  // slants but the first
      const Complexd a = ours.a[ours.a_begin[p] + r * ours.num_tx_ports(link) + t];
      const Complexd b{theirs["a"][r][t][0], theirs["a"][r][t][1]};
      if (abs(b) < 1e-3 * strongest) {  // cross-polar residue of single precision
        EXPECT_LT(abs(a), 2e-3 * strongest) << label;
        continue;
      }
      EXPECT_NEAR(20 * std::log10(abs(a) / abs(b)), 0, 0.05) << label << " ports " << r << "," << t;
      EXPECT_LT(angle_difference(arg(a), arg(b)), 0.05) << label << " ports " << r << "," << t;
    }
  }
}

class StreetCanyon : public testing::TestWithParam<paths::Finder> {};

TEST_P(StreetCanyon, EveryPathOfSionnaRtIsFoundWithItsValues) {
  for (const auto& c : reference()["cases"]) {
    scene::Scene s = street_canyon();
    s.frequency_hz = c["frequency_hz"];
    s.add_transmitter(device("tx", c["tx"], c["tx_array"]));
    s.add_receiver(device("rx", c["rx"], c["rx_array"]));
    paths::PathOptions o;
    o.max_depth = std::min(c["max_depth"].get<int>(), GetParam() == paths::Finder::kExhaustive ? 3 : 5);
    o.finder = GetParam();
    const paths::Paths found = paths::solve_paths(s, o);
    const std::string label = c["label"];
    for (const auto& theirs : c["paths"]) {
      int64_t match = -1;
      for (int64_t p = 0; p < found.num_paths(); ++p) {
        const auto depth = size_t(found.interaction_begin[p + 1] - found.interaction_begin[p]);
        if (depth == theirs["interactions"].size() &&
            std::abs(found.tau_s[p] - double(theirs["tau"])) < 1e-6 * found.tau_s[p])
          match = p;
      }
      ASSERT_GE(match, 0) << label << ": no path at " << theirs["tau"];
      expect_same_path(found, match, theirs, c["tx_array"].value("model", "") == "tr38901_1", label);
    }
  }
}

TEST_P(StreetCanyon, AsManyPathsAsTheExhaustiveSearchOfDifferT) {
  for (const auto& c : reference()["exhaustive"]) {
    scene::Scene s = street_canyon();
    s.add_transmitter({"tx", vec(c["tx"])});
    s.add_receiver({"rx", vec(c["rx"])});
    paths::PathOptions o;
    o.max_depth = c["max_order"];
    o.finder = GetParam();
    const paths::Paths found = paths::solve_paths(s, o);
    std::vector<double> ours(found.tau_s), theirs = c["delays_s"];
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs[i], 1e-6 * ours[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Finders, StreetCanyon,
                         testing::Values(paths::Finder::kShootAndBounce, paths::Finder::kExhaustive),
                         [](const auto& parameter) {
                           return parameter.param == paths::Finder::kExhaustive ? "Exhaustive" : "ShootAndBounce";
                         });

}  // namespace
}  // namespace raywave
