// SPDX-License-Identifier: Apache-2.0
// Transmitters at vertices where many facets meet: maps are there what paths are, whichever way the facets are wound.
#include <gtest/gtest.h>

#include <cmath>

#include "map_surfaces.h"
#include "raywave/core/constants.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "scenes.h"

namespace raywave {
namespace {

/// A hill of some facets about a vertex, with the transmitter on its top.
scene::Scene hill(int num_facets, bool turned) {
  scene::Scene s;
  const int concrete = s.add_material(em::itu_material("concrete", 0.1));
  scene::Mesh m;
  const auto top = uint32_t(num_facets);
  for (uint32_t i = 0; i < top; ++i) {
    const double a = 2 * kPi * i / num_facets + 0.1 * (i % 2);
    m.vertices_m.push_back({std::cos(a), std::sin(a), 0.03 * (i % 3)});
    const uint32_t j = (i + 1) % top;
    m.triangles.push_back(turned ? std::array<uint32_t, 3>{j, i, top} : std::array<uint32_t, 3>{i, j, top});
  }
  m.vertices_m.push_back({0, 0, 0.15});
  s.add_object({"hill", m, concrete});
  scene::clean_meshes(s);
  s.add_transmitter({"tx", {0, 0, 0.15}, {}, {}, test::antenna("iso", "V")});
  return s;
}

TEST(VertexPlaces, MapsSeeATransmitterAtAVertex) {
  const Vec3d at{0.4, 0.3, 2};
  for (const int facets : {3, 5, 6, 8}) {
    for (const bool turned : {false, true}) {
      scene::Scene s = hill(facets, turned);
      maps::RadioMapOptions o;
      o.max_depth = 0;
      const double exact = solve_radio_map(s, test::plane(at, {1e-3, 1e-3}, 1e-3), o).path_gain[0];
      o.method = maps::Method::kMonteCarlo, o.samples_per_tx = 100000;
      const double crossed = solve_radio_map(s, test::plane(at, {1, 1}, 1), o).path_gain[0];
      s.add_receiver({"rx", at, {}, {}, test::antenna("iso", "VH")});
      paths::PathOptions p;
      p.max_depth = 0;
      double power = 0;
      for (const Complexd& a : solve_paths(s, p).a) power += norm2(a);
      ASSERT_GT(power, 0);
      EXPECT_NEAR(exact / power, 1, 1e-6) << facets << turned;
      EXPECT_NEAR(crossed / power, 1, 0.1) << facets << turned;  // a cell of 1 m
    }
  }
}

}  // namespace
}  // namespace raywave
