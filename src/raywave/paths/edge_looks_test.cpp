// SPDX-License-Identifier: Apache-2.0
// What is said to be hidden is hidden, as all triangles say, and most of what is hidden is said to be.
#include "raywave/paths/edge_looks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "raywave/paths/refine.h"
#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

scene::Scene nothing() {
  scene::Scene s;
  s.frequency_hz = 1e9;
  s.add_material(em::itu_material("concrete"));
  return s;
}
PreparedScene on_the_ground(scene::Scene s) {
  scene::Mesh ground;
  scene::add_rectangle(ground, {-80, -80, 0}, {160, 0, 0}, {0, 160, 0});
  s.add_object({"ground", ground, 0});
  scene::clean_meshes(s);
  return PreparedScene(s);
}

/// Some blocks on the ground, as PreparedScene has them.
PreparedScene blocks(uint64_t seed) {
  test::Draws number(seed);
  scene::Scene s = nothing();
  for (int i = 0; i < 12; ++i) {
    const Vec3d at = number.in_box({-40, -40, 0}, {40, 40, 0}), size = number.in_box({4, 4, 5}, {12, 12, 20});
    s.add_object({"block" + std::to_string(i), scene::box(at, size), 0});
  }
  return on_the_ground(std::move(s));
}

/// Is the straight way blocked well between its ends?
bool is_blocked(const scene::FacetTable& table, const Vec3d& from, const Vec3d& to) {
  const double length = norm(to - from);
  const auto hits = test::all_hits(table, from, (to - from) / length, 1e-3, length - 1e-3, 0);
  return !hits.empty();
}

TEST(EdgeLooks, APlaceAtAnEndMayCountAsPastItWhateverIsHiddenBesideIt) {
  EdgeLooks::Seen seen{-1, 5};
  seen.hidden = 0x81;  // the first eighth and the last one
  seen.inset_m = 1e-3;
  for (const double t : {-0.5, 0.0, 1e-17, 9e-4, 1.0, 4 - 9e-4, 4.0, 4.5}) {
    EXPECT_TRUE(seen.may_be_at(t, 4)) << t;
    EXPECT_TRUE(seen.may_be_in(t, t, 4)) << t;
  }
  for (const double t : {-1.5, 2e-3, 0.4, 3.7, 4 - 2e-3, 5.5}) {
    EXPECT_FALSE(seen.may_be_at(t, 4)) << t;
    EXPECT_FALSE(seen.may_be_in(t, t, 4)) << t;
  }
}

TEST(EdgeLooks, HiddenPlacesAreBehindTriangles) {
  int hidden = 0, missed = 0, shares = 0, left_out = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const PreparedScene prepared = blocks(seed);
    const scene::FacetTable& table = prepared.facets();
    // directly, and by the ground
    const Vec3d source{3.7, -2.9, 12.3};
    SequenceTree tree(source);
    int32_t ground = -1;
    for (int32_t f = 0; f < int32_t(table.facets.size()); ++f) {
      if (prepared.is_mirror(f) && table.facets[size_t(f)].object == 12) ground = table.facets[size_t(f)].mirror;
    }
    const int32_t reflected = tree.child(0, SurfaceId::facet(ground), table);
    const EdgeLooks looks(prepared, tree, nullptr);
    for (const int32_t node : {0, reflected}) {
      EdgeLooks::Memory memory;
      for (const Wedge& w : prepared.wedges()) {
        if (std::abs(w.a.z + prepared.origin_m().z) < 0.1 && std::abs(w.direction.z) < 0.1) continue;  // the rims
        memory.ends = {};
        const double beyond = 0.5;
        const EdgeLooks::Seen seen = looks.seen_part(node, w, -beyond, w.length_m + beyond);
        for (int i = 0; i < 40; ++i) {
          const double t = -beyond + (w.length_m + 2 * beyond) * (i + 0.4) / 40;
          bool is_hidden = true;
          for (const EdgeLooks::Try which : EdgeLooks::kTries) {
            const bool now = looks.hide(node, t, which, w);
            EXPECT_EQ(looks.hide(node, t, which, w, memory), now);  // the memory changes nothing
            if (seen.may_be_at(t, w.length_m)) {
              EXPECT_EQ(looks.hide(node, t, which, w, seen), now)
                  << seed << ' ' << t;  // nor does what is known of ends
            }
            is_hidden = is_hidden && now;
          }
          const bool may_be = seen.may_be_at(t, w.length_m);
          EXPECT_EQ(seen.may_be_in(t, t, w.length_m), may_be);
          if (!may_be) {
            EXPECT_TRUE(is_hidden) << seed << ' ' << t;
            ++left_out;
          }
          shares += is_hidden;
          if (t < 0 || t > w.length_m) continue;
          const Vec3d at = w.at(t);
          bool blocked;
          if (node == 0) {
            blocked = is_blocked(table, at, source);
          } else {
            const Vec3d image = tree.nodes()[size_t(node)].image_m;
            const double here = table.distance(ground, at), there = table.distance(ground, image);
            const Vec3d on = at + (here / (here - there)) * (image - at);
            if (table.owner(ground, on) < 0) continue;
            blocked = is_blocked(table, at, on) || is_blocked(table, on, source);
          }
          EXPECT_TRUE(blocked || !is_hidden) << seed << ' ' << t;
          hidden += is_hidden;
          missed += blocked && !is_hidden;
        }
      }
    }
  }
  EXPECT_GT(hidden, 2000);
  EXPECT_LT(missed, hidden / 2);              // edges seen from behind their faces are asked for elsewhere
  EXPECT_GT(left_out, 0.7 * double(shares));  // most of what is hidden is so in whole shares
}

/// Rows of houses, each a little into the next one.
PreparedScene rows(uint64_t seed) {
  test::Draws number(seed);
  scene::Scene s = nothing();
  for (int i = 0; i < 4; ++i) {
    Vec3d at{-40, -40.0 + 25 * i, 0};
    for (int j = 0; j < 5; ++j) {
      const Vec3d size = number.in_box({8, 8, 6}, {12, 12, 18});
      s.add_object({"house" + std::to_string(5 * i + j), scene::box(at, size), 0});
      at.x += size.x - 2e-4;
    }
  }
  return on_the_ground(std::move(s));
}

TEST(EdgeLooks, WhatIsHiddenPastCornersThatFacetsMissTheRefinerDoesNotReach) {
  int hidden = 0, found = 0, found_past = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const PreparedScene prepared = rows(seed);
    test::Draws number(seed);
    RefineOptions options;
    options.wavelength_m = 0.3;
    Refiner refiner(prepared, options);
    GeometricPath path;
    for (int trial = 0; trial < 20; ++trial) {
      const auto place = [&](double height) {
        return number.in_box({-50, -50, 1}, {20, 60, height}) - prepared.origin_m();
      };
      const Vec3d source = place(30), target = place(5);
      SequenceTree tree(source), from_target(target);
      const EdgeLooks looks(prepared, tree, nullptr), back(prepared, from_target, nullptr);
      for (int32_t i = 0; i < int32_t(prepared.wedges().size()); ++i) {
        const Wedge& w = prepared.wedges()[size_t(i)];
        if (w.miss_m[0] == 0 && w.miss_m[1] == 0) continue;
        const auto hide = [&](double t) {
          return std::all_of(EdgeLooks::kTries.begin(), EdgeLooks::kTries.end(), [&](EdgeLooks::Try which) {
            return looks.hide(0, t, which, w) || back.hide(0, t, which, w);
          });
        };
        hidden += hide(-1) + hide(w.length_m + 1);
        if (!refiner.path(tree, tree.child(0, SurfaceId::wedge(i), prepared.facets()), target, path)) continue;
        const double t = dot(path.steps[0].point_m - w.a, w.direction);
        EXPECT_FALSE(hide(t)) << seed << ' ' << trial << ' ' << i << ' ' << t;
        ++found;
        found_past += EdgeLooks::is_past_end(w, t);
      }
    }
  }
  EXPECT_GT(hidden, 1000);
  EXPECT_GT(found, 100);
  EXPECT_GT(found_past, 50);
}

}  // namespace
}  // namespace raywave::paths
