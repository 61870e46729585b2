// SPDX-License-Identifier: Apache-2.0
// Fields over edges that something touches, that are cracked, shared by neighbours, or seen in a short stretch only.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "diffraction_scenes.h"
#include "field_walk.h"
#include "raywave/maps/radio_map.h"

namespace raywave {
namespace {

using paths::Paths;
using test::block;
using test::concrete;
using test::links;
using test::options;
using test::rectangle;
using test::total_field;

/// The largest difference between the fields of two scenes with the same devices, and the largest field, in units of
/// the free-space field.
struct Difference {
  double worst = 0, largest = 0;
};
Difference compare(const scene::Scene& a, const scene::Scene& b, const paths::PathOptions& o) {
  const Paths p = solve_paths(a, o), q = solve_paths(b, o);
  Difference d;
  for (size_t i = 0; i < p.links.size(); ++i) {
    const auto f = total_field(p, p.links[i]), g = total_field(q, q.links[i]);
    const double unit = a.wavelength_m() /
                        (4 * kPi * norm(a.receivers[size_t(p.links[i].rx)].position_m - a.transmitters[0].position_m));
    for (size_t k = 0; k < f.size(); ++k) {
      d.worst = std::max(d.worst, abs(f[k] - g[k]) / unit);
      d.largest = std::max(d.largest, abs(f[k]) / unit);
    }
  }
  return d;
}

TEST(EdgeScenes, FarFromWhatTouchesAnEaveItsFieldStays) {
  int compared = 0;
  const auto house = block({0, 0, 0}, {40, 10, 10});
  const std::vector<Vec3d> rxs{{5, -8, 1.5}, {12, -6, 1.5}, {33, -8, 1.5}};
  const Vec3d tx{8, 40, 22};
  const scene::Scene plain = links(3.5e9, {house}, tx, rxs);
  for (const double x : {20.0, 24.3}) {
    for (const auto& [name, mesh] : {std::pair{"pipe", block({x - 0.05, -0.1, 0}, {x + 0.05, 0, 10.2})},
                                     std::pair{"lamp", block({x - 0.1, -0.201, 9.9}, {x + 0.1, -0.001, 10.1})},
                                     std::pair{"chimney", block({x - 0.25, 0, 10}, {x + 0.25, 0.5, 11.5})},
                                     std::pair{"mast", block({x - 0.1, -0.1, 5}, {x + 0.1, 0.1, 14})},
                                     std::pair{"flush wing", block({x - 2, -1, 0}, {x + 2, 0, 10})}}) {
      // over the eave alone: what touches it has edges of its own, whose rays are apart
      paths::PathOptions o = options(1);
      const Paths p = solve_paths(plain, o), q = solve_paths(links(3.5e9, {house, mesh}, tx, rxs), o);
      for (size_t r = 0; r < rxs.size(); ++r) {
        const auto over_eave = [&](const Paths& paths) {
          std::vector<Complexd> a;
          for (int64_t i = paths.links[r].path_begin; i < paths.links[r].path_end; ++i) {
            const Vec3d v = paths.vertices_m[size_t(paths.interaction_begin[size_t(i)])];
            if (std::abs(v.y) > 1e-6 || std::abs(v.z - 10) > 1e-6 || std::abs(v.x - x) < 5) continue;
            a.assign(paths.a.begin() + paths.a_begin[size_t(i)], paths.a.begin() + paths.a_begin[size_t(i) + 1]);
          }
          return a;
        };
        const auto before = over_eave(p), after = over_eave(q);
        if (before.empty()) continue;  // over the touched stretch, or beside it
        ASSERT_EQ(after.size(), before.size()) << name << " at " << x << ", receiver " << r;
        ++compared;
        // An end at the distance u (units of W) adds at most 1 / (2 sqrt(pi) u) of the edge's field; u > 6 from 3 m on.
        for (size_t k = 0; k < before.size(); ++k) EXPECT_LT(abs(after[k] - before[k]), 0.05 * abs(before[0])) << name;
      }
    }
  }
  EXPECT_GT(compared, 15);
}

TEST(EdgeScenes, AWallInsideAFloorAndATerraceChangeNothingOutside) {
  const std::vector<Vec3d> rxs{{18, 2.2, 1.5}, {11, 2.2, 1.5}, {11, 7.5, 1.5}, {4, 2, 9}, {14, 1.7, 5}};
  const Vec3d tx{-12, 1.3, 4.1};
  const auto house = block({0, 0, 0}, {8, 4, 6});
  const auto roofed = [&](const std::vector<scene::Mesh>& meshes) { return links(3.5e9, meshes, tx, rxs); };
  const scene::Scene one = roofed({house});
  const std::vector<std::pair<const char*, std::vector<scene::Mesh>>> others{
      {"two houses", {block({0, 0, 0}, {4, 4, 6}), block({4, 0, 0}, {8, 4, 6})}},
      {"walls 1e-9 apart", {block({0, 0, 0}, {4, 4, 6}), block({4 + 1e-9, 0, 0}, {8, 4, 6})}},
      {"three houses", {block({0, 0, 0}, {3, 4, 6}), block({3, 0, 0}, {5, 4, 6}), block({5, 0, 0}, {8, 4, 6})}},
      {"four quarters",
       {block({0, 0, 0}, {3, 2, 6}), block({3, 0, 0}, {8, 2, 6}), block({0, 2, 0}, {3, 4, 6}),
        block({3, 2, 0}, {8, 4, 6})}},
      {"inner wall", {house, rectangle({4, 0, 0}, {0, 4, 0}, {0, 0, 6})}},
      {"inner wall a millimetre short", {house, rectangle({4, 0.001, 0}, {0, 3.998, 0}, {0, 0, 5.999})}},
      {"floor", {house, rectangle({0, 0, 3}, {8, 0, 0}, {0, 4, 0})}},
      {"inner box", {house, block({2, 1, 0}, {5, 3, 6})}},
  };
  for (const auto& [name, meshes] : others) {
    const Difference d = compare(one, roofed(meshes), options(2, 2));
    EXPECT_GT(d.largest, 1e-3);
    EXPECT_LT(d.worst, 1e-6) << name;
  }
}

TEST(EdgeScenes, CracksFarBelowTheWavelengthHardlyChangeTheField) {
  const Vec3d tx{-6, 3.3, 4.1};
  const std::vector<Vec3d> rxs{{9, 1.2, 1.5}, {2.3, -4.4, 1.5}, {-1.5, 9.2, 1.2}, {4, 8, 2}};
  const auto scene_with = [&](double in) {
    const Vec3d lo{-3, 2, 0}, size{4, 4, 5};
    std::vector<scene::Mesh> faces;
    const double side[3] = {size.x, size.y, size.z};
    const Vec3d axes[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (size_t i = 0; i < 3; ++i) {
      for (const double end : {0.0, 1.0}) {
        const size_t j = (i + 1) % 3, k = (i + 2) % 3;
        faces.push_back(rectangle(lo + end * side[i] * axes[i] + in * (axes[j] + axes[k]), (side[j] - 2 * in) * axes[j],
                                  (side[k] - 2 * in) * axes[k]));
      }
    }
    return links(3.5e9, faces, tx, rxs);
  };
  const scene::Scene whole = scene_with(0);
  for (const double crack : {1e-9, 1e-6, 1e-5, 1e-4, 1e-3, 5e-3}) {
    for (const double in : {crack, -crack}) {
      const Difference d = compare(whole, scene_with(in), options(2, 2));
      EXPECT_GT(d.largest, 1e-3);
      // each edge and its faces move by the crack's width: by 2 k of it in phase, a few times over
      EXPECT_LT(d.worst, (8 * 2 * kPi / whole.wavelength_m() * crack + 1e-9) * d.largest) << in;
    }
  }
}

/// A wall's side edge behind two blocks, seen between them from y = 2.5 to 10 of 0 to 50.
scene::Scene behind_a_gap(const Vec3d& rx) {
  return links(1e9,
               {rectangle({0, -50, 0}, {0, 100, 0}, {0, 0, 10}), block({-12, -57.5, 0}, {-8, 2.5, 30}),
                block({-12, 10, 0}, {-8, 70, 30})},
               {-20, 0, 5}, {rx});
}

/// Two plates 1e-5 m apart are one at their common edge: what that edge diffracts is reflected by neither. (A
/// reflection that ended there was taken over twice, 0.1 of the free field too much.)
TEST(EdgeScenes, NoPlateAtAnEdgeReflectsItsField) {
  const Vec3d tx{3.704, -4.379, 4.327};
  const std::vector<Vec3d> rxs{{1, -3.45, 2.4}, {0.97, -3.45, 2.55}, {0.93, -3.45, 2.75}, {0.9, -3.45, 2.9}};
  const auto plates = [&](double gap) {
    return links(5e8, {rectangle({0, -4, 0}, {0, 4, 0}, {0, 0, 3}), rectangle({gap, -3, 0}, {0, 5, 0}, {0, 0, 3})}, tx,
                 rxs);
  };
  EXPECT_LT(compare(plates(0), plates(1e-5), options(2)).worst, 1e-3);
}

TEST(EdgeScenes, AnEdgeSeenInAShortStretchIsFound) {
  for (const int depth : {1, 2}) {
    for (const Vec3d& rx : {Vec3d{20, 25, 5}, Vec3d{15, 20, 7}}) {
      const scene::Scene s = behind_a_gap(rx);
      paths::PathOptions o = options(depth);
      const Paths all = solve_paths(s, o);
      o.finder = paths::Finder::kShootAndBounce;
      const Paths found = solve_paths(s, o);
      double most = 0;
      for (const Complexd& a : all.a) most = std::max(most, abs(a));
      // Without those whose point lies far beyond an end of an edge that itself is dark (-40 dB).
      const auto strong = [&](const Paths& p) {
        int64_t n = 0;
        for (int64_t i = 0; i < p.num_paths(); ++i) {
          double here = 0;
          for (size_t k = 0; k < 4; ++k) here = std::max(here, abs(p.a[size_t(p.a_begin[size_t(i)]) + k]));
          n += here > 0.01 * most;
        }
        return n;
      };
      EXPECT_GT(strong(all), 0);
      EXPECT_EQ(strong(found), strong(all)) << depth;
    }
  }
}

TEST(EdgeScenes, EvenWhenTheGapIsACentimetreWide) {
  // seen from the source through a slit, at places that no row of samples hits
  for (const double y : {3.117, -20.03, 41.9}) {
    const Vec3d tx{-20, 0.4, 5};
    const double at = tx.y + (y - tx.y) * 10 / 20;  // where the ray to (0, y) passes x = -10
    const scene::Scene s = links(1e9,
                                 {rectangle({0, -50, 0}, {0, 100, 0}, {0, 0, 10}),
                                  rectangle({-10, -80, -20}, {0, 80 + at - 0.005, 0}, {0, 0, 60}),
                                  rectangle({-10, at + 0.005, -20}, {0, 80 - at - 0.005, 0}, {0, 0, 60})},
                                 tx, {{20, 2 * y - 0.4, 5}});
    paths::PathOptions o = options(1);
    const auto num_all = solve_paths(s, o).num_paths();
    o.finder = paths::Finder::kShootAndBounce;
    EXPECT_GT(num_all, 0);
    EXPECT_EQ(solve_paths(s, o).num_paths(), num_all) << y;
  }
}

TEST(EdgeScenes, BigMapsFindItToo) {
  const Vec3d rx{20.5, 25.5, 5};
  scene::Scene s = behind_a_gap(rx);
  const Paths all = solve_paths(s, options(3));
  double power = 0;
  for (const Complexd& a : all.a) power += 0.5 * norm2(a);  // VH at both ends, half the power a port
  maps::Surface surface;
  surface.center_m = {20, 25, 5};
  surface.size_m = {300, 300};
  surface.cell_size_m = {1, 1};
  maps::RadioMapOptions o;
  o.max_depth = 3;
  o.diffraction = true;
  const maps::RadioMap map = solve_radio_map(s, surface, o);
  size_t nearest = 0;
  for (size_t i = 0; i < map.cell_centers_m.size(); ++i) {
    if (norm(map.cell_centers_m[i] - rx) < norm(map.cell_centers_m[nearest] - rx)) nearest = i;
  }
  ASSERT_LT(norm(map.cell_centers_m[nearest] - rx), 1e-9);
  EXPECT_NEAR(10 * std::log10(map.path_gain[nearest] / power), 0, 1.5);
}

TEST(EdgeScenes, EdgesAreSeenByAFloorThatABlockStandsOn) {
  // The block's bottom and the floor lie in one plane and are one mirror, named by the block, which comes first.
  scene::Scene s = links(3.5e9, {block({0, 0, 0}, {4, 5, 6}), rectangle({-40, -40, 0}, {80, 0, 0}, {0, 80, 0})},
                         {-9, 1.3, 4}, {{11, 3.1, 1.5}, {2.2, -7, 2}, {-3, 12, 1}});
  paths::PathOptions o = options(3);
  const Paths all = solve_paths(s, o);
  o.finder = paths::Finder::kShootAndBounce;
  const Paths shot = solve_paths(s, o);
  EXPECT_GT(all.num_paths(), 20);
  EXPECT_EQ(shot.num_paths(), all.num_paths());
}

/// What is left of an edge under the ground radiates nothing above it. (A second path each, of some 1e-12, before.)
TEST(EdgeScenes, EdgesThatTheGroundCutsAreOneAboveIt) {
  scene::Scene s = links(3.5e9, {block({0, 0, -0.5}, {4, 5, 6}), rectangle({-40, -40, 0}, {80, 0, 0}, {0, 80, 0})},
                         {-5, -4, 0.4}, {{9, -1, 0.3}, {-2, 9, 0.6}, {6, 7, 0.2}});
  paths::PathOptions o = options(1);
  size_t diffracted = 0;
  for (const auto finder : {paths::Finder::kExhaustive, paths::Finder::kShootAndBounce}) {
    o.finder = finder;
    const Paths p = solve_paths(s, o);
    for (const auto& link : p.links) {
      std::vector<Vec3d> places;
      for (auto i = size_t(link.path_begin); i < size_t(link.path_end); ++i) {
        const auto k = size_t(p.interaction_begin[i]);
        if (p.interaction_begin[i + 1] != p.interaction_begin[i] + 1) continue;
        if (p.interactions[k] != paths::Interaction::kDiffraction) continue;
        for (const Vec3d& other : places) EXPECT_GT(norm(other - p.vertices_m[k]), 1e-6);
        places.push_back(p.vertices_m[k]);
      }
      diffracted += places.size();
    }
  }
  EXPECT_GE(diffracted, 6);
}

/// A plate's rim that crosses the middle of another plate's plane: what its end sends over that plate. (There or not by
/// rounding, when the rim's middle was asked for its side.)
TEST(EdgeScenes, AMirrorAcrossTheMiddleOfAnEdgeSeesTheEndOnItsSide) {
  const auto paths_of = [](bool turned) {
    const auto plate = [&](const Vec3d& p, const Vec3d& u, const Vec3d& v) {
      return turned ? rectangle(p, v, u) : rectangle(p + u + v, -u, -v);
    };
    std::vector<scene::Mesh> plates{plate({-1.132, -1.132, -1.101}, {2.264, 2.264, 0}, {0, 0, 2.202}),
                                    plate({-1.5315, 0, -1.1987}, {3.063, 0, 0}, {0, 0, 2.3974})};
    if (turned) std::swap(plates[0], plates[1]);
    return solve_paths(
        links(2e9, plates, {2.526981887, -0.724614728, -4.429853068}, {{2.307871243, 1.024661779, 2.622267726}}),
        options(2));
  };
  const Paths p = paths_of(false), q = paths_of(true);
  ASSERT_EQ(p.num_paths(), q.num_paths());
  for (size_t i = 0; i < size_t(p.num_paths()); ++i) EXPECT_NEAR(p.tau_s[i], q.tau_s[i], 1e-18);
  const auto past_end = [](const Paths& all) {
    return std::count_if(all.vertices_m.begin(), all.vertices_m.end(), [](const Vec3d& v) {
      return norm(v - Vec3d{1.6366, 0, 1.1987}) < 1e-3;
    });
  };
  EXPECT_EQ(past_end(p), 1);
  EXPECT_EQ(past_end(q), 1);
}

/// What a plane conductor scatters across its plane is odd about it, so that beside the sheet it is 0 in the plane:
/// with all edges only the direct ray is left there. Near corners the path over two rims is faded out, and each rim's
/// own field with it. (Up to 0.75 of the free field before.)
TEST(EdgeScenes, ASheetScattersNothingAcrossItsPlaneBesideIt) {
  const scene::Mesh plate = test::rectangle({-2, -1.5, 0}, {4, 0, 0}, {0, 3, 0});
  double sum = 0;
  int places = 0;
  for (int i = 0; i < 60; ++i) {
    const double from = 2 * kPi * std::fmod(0.618034 * i, 1.0), to = 2 * kPi * std::fmod(0.754878 * i, 1.0),
                 height = (i % 2 == 0 ? 1 : -1) * (0.3 + 0.05 * i);
    const Vec3d tx{5 * std::cos(from), 5 * std::sin(from), height};
    scene::Scene s = test::link(1e9, test::perfect_conductor(), plate, tx);
    s.receivers[0].position_m = {(2.6 + 0.07 * i) * std::cos(to), (2.6 + 0.07 * i) * std::sin(to), 0};
    s.receivers[0].array = test::antenna("iso", "V");
    const paths::Paths p = solve_paths(s, test::options(3, 3));
    Complexd scattered;
    for (int64_t path = 0; path < p.num_paths(); ++path) {
      if (test::path_name(p, path) == "direct") continue;
      scattered += expj(-2 * kPi * std::fmod(p.tau_s[size_t(path)] * p.frequency_hz, 1.0)) *
                   p.a[size_t(p.a_begin[size_t(path)])];
    }
    const double free = s.wavelength_m() / (4 * kPi * norm(s.receivers[0].position_m - tx));
    EXPECT_LT(abs(scattered) / free, 0.1) << i;
    sum += abs(scattered) / free;
    ++places;
  }
  EXPECT_LT(sum / places, 0.005);
}

}  // namespace
}  // namespace raywave
