// SPDX-License-Identifier: Apache-2.0
// Perfectly conducting boxes, where fields along faces do not vanish and every edge's field is cut by the next edge:
// steps of the total field wherever the set of paths changes, on tracks past corners, in the planes of faces, and
// around. Before corners had their share these were up to 0.48 of the incident field. What is left is of third order;
// 0.02 is the bound asked for.
#include <gtest/gtest.h>

#include "diffraction_scenes.h"
#include "field_walk.h"

namespace raywave {
namespace {

struct Track {
  Vec3d half_m, tx_m, from_m, to_m;
};

void expect_small_steps(const Track& t, int max_diffractions, int samples) {
  scene::Scene s = test::link(1e9, test::perfect_conductor(), test::box(-t.half_m, 2.0 * t.half_m), t.tx_m, t.from_m);
  const test::Walk w = test::FieldWalk(s, test::options(max_diffractions, max_diffractions))
                           .along([&](double u) { return t.from_m + u * (t.to_m - t.from_m); }, samples);
  EXPECT_GT(w.changes, 1);
  EXPECT_LT(w.worst, 0.02) << "at " << w.where.x << ", " << w.where.y << ", " << w.where.z << w.change;
}

TEST(BoxCorners, TwoEdgesLeaveNoStep) {
  const Vec3d flat{1.28, 4.71, 1.74}, cube{2, 2, 2};
  for (const Track& t : {Track{flat,
                               {-0.013, -4.71, 5.712},
                               {2.2, 0.2, -2.7},
                               {2.6, -1.8, 0.6}},  // past a vertex's shadow, from a face's plane
                         Track{cube, {-4.2, -5.1, 0.3}, {5, -3.5, -3}, {3.1, 4.6, 3.3}}}) {  // around, upwards
    expect_small_steps(t, 2, 24);
  }
}

}  // namespace
}  // namespace raywave
