// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/facet_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "raywave/core/error.h"
#include "raywave/paths/facet_training.h"
#include "raywave/paths/learned_finder.h"
#include "raywave/scene/shapes.h"

namespace raywave::paths {
namespace {

struct Prepared {
  explicit Prepared(const scene::Scene& s)
      : scene(s),
        prepared(scene),
        outlines(prepared.facets()),
        build(outlines, scene.transmitters[0].position_m - prepared.origin_m(),
              scene.receivers[0].position_m - prepared.origin_m()) {}
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  scene::Scene scene;
  PreparedScene prepared;
  FacetOutlines outlines;
  FacetBuild build;
};

Paths all_paths(const scene::Scene& s) {
  PathOptions o;
  o.finder = Finder::kExhaustive, o.num_threads = 1;
  return solve_paths(s, o);
}

std::vector<int32_t> mirrors(const scene::FacetTable& table, const Paths& p, size_t path) {
  std::vector<int32_t> out;
  for (int64_t i = p.interaction_begin[path]; i < p.interaction_begin[path + 1]; ++i)
    out.push_back(table.facets[size_t(p.surfaces[size_t(i)].index)].mirror);
  return out;
}

TEST(FacetBuild, MasksNeverTakeAwayAPathThatHolds) {
  int held = 0;
  for (uint64_t seed = 0; seed < 16; ++seed) {
    const Prepared s(thinned_canyon(seed));
    EXPECT_LE(s.scene.num_triangles(), 74U);
    const Paths p = all_paths(s.scene);
    for (size_t i = 0; i < p.tau_s.size(); ++i) {
      const auto sequence = mirrors(s.prepared.facets(), p, i);
      auto state = s.build.begin(int(sequence.size()));
      for (const int32_t f : sequence) {
        const auto next = s.build.allowed(state);
        EXPECT_NE(std::find(next.begin(), next.end(), f), next.end()) << "scene " << seed << " path " << i;
        state = s.build.next(state, f);
      }
      ++held;
    }
  }
  EXPECT_GT(held, 60);
}

// A device on a wall, in the plane of another one, and at the height of an edge: masks keep what holds there too.
TEST(FacetBuild, MasksKeepPathsOfDevicesInPlanesOfFacets) {
  scene::Scene s;
  s.add_material(em::itu_material("concrete"));
  s.add_object({"room", scene::box({-5, -4, 0}, {10, 8, 3}), 0});
  s.add_object({"box", scene::box({1, -4, 0}, {2, 4, 1}), 0});
  scene::Device tx, rx;
  tx.name = "tx", rx.name = "rx", rx.position_m = {-2, 3, 2};
  for (const Vec3d& at : {Vec3d{-5, 1, 1}, Vec3d{1, 2, 1}, Vec3d{0, 0, 1}, Vec3d{-5, -4, 3}, Vec3d{2, -2, 1}}) {
    scene::Scene here = s;
    tx.position_m = at;
    here.add_transmitter(tx), here.add_receiver(rx);
    const Prepared p(here);
    const Paths paths = all_paths(here);
    for (size_t i = 0; i < paths.tau_s.size(); ++i) {
      const auto sequence = mirrors(p.prepared.facets(), paths, i);
      auto state = p.build.begin(int(sequence.size()));
      for (const int32_t f : sequence) {
        const auto next = p.build.allowed(state);
        EXPECT_NE(std::find(next.begin(), next.end(), f), next.end()) << at.x << ' ' << at.y << ' ' << at.z;
        state = p.build.next(state, f);
      }
    }
  }
}

TEST(FacetView, NothingChangesWhenTheWholeIsMovedTurnedAndScaled) {
  const scene::Scene s = thinned_canyon(3);
  scene::Scene moved = s;
  const Mat3d turn = rotation_from_euler(Vec3d{0.3, -0.2, 0.5});
  const auto move = [&](const Vec3d& p) { return 3.0 * (turn * p) + Vec3d{1000, -200, 30}; };
  for (auto& o : moved.objects)
    for (Vec3d& v : o.mesh.vertices_m) v = move(v);
  moved.transmitters[0].position_m = move(s.transmitters[0].position_m);
  moved.receivers[0].position_m = move(s.receivers[0].position_m);
  const Prepared a(s), b(moved);
  ASSERT_EQ(a.build.num_surfaces(), b.build.num_surfaces());
  // facets are numbered by how they lie: the one of b that row i of a has become
  const auto moved_row = [&](size_t i) {
    const Vec3d at = move(a.outlines.outline(i).center + a.prepared.origin_m()) - b.prepared.origin_m();
    size_t nearest = 0;
    for (size_t k = 1; k < b.build.num_surfaces(); ++k)
      if (norm(b.outlines.outline(k).center - at) < norm(b.outlines.outline(nearest).center - at)) nearest = k;
    return nearest;
  };
  const auto sa = a.build.next(a.build.begin(2), a.build.surface(4));
  const auto sb = b.build.next(b.build.begin(2), b.build.surface(moved_row(4)));
  double error = 0;
  for (size_t row = 0; row < a.build.num_surfaces(); ++row) {
    if (row == 4) continue;
    const size_t there = moved_row(row);
    const auto na = a.build.next(sa, a.build.surface(row)), nb = b.build.next(sb, b.build.surface(there));
    std::vector<float> xa, xb;
    a.build.add_state(sa, xa), b.build.add_state(sb, xb);
    const auto la = a.build.look(sa, row, na), lb = b.build.look(sb, there, nb);
    a.build.add_next(la, xa), b.build.add_next(lb, xb);
    const size_t other = (row + 1) % a.build.num_surfaces();
    a.build.add_pair(la, other, xa), b.build.add_pair(lb, moved_row(other), xb);
    ASSERT_EQ(xa.size(), size_t(FacetLook::kStateNumbers + FacetLook::kNextNumbers + FacetLook::kPairNumbers));
    ASSERT_EQ(xa.size(), xb.size());
    for (size_t i = 0; i < xa.size(); ++i) error = std::max(error, double(std::abs(xa[i] - xb[i])));
  }
  EXPECT_LT(error, 1e-4);
}

TEST(LearnedFinder, FindsPathsThatAreThereAndTheSameForAnyThreads) {
  scene::Scene s = thinned_canyon(5);
  scene::Device another;
  another.name = "another", another.position_m = {40, 2, 1.5};
  s.add_receiver(another);
  const PreparedScene prepared(s);
  PathOptions o;
  const LearnedFinder finder{std::make_shared<FacetSampler>(), 4000};  // an untrained one: nearly all that is allowed
  o.num_threads = 1;
  const Paths one = solve_paths(s, prepared, o, finder), all = all_paths(s);
  o.num_threads = 3;
  const Paths three = solve_paths(s, prepared, o, finder);
  EXPECT_EQ(one.tau_s, three.tau_s);
  EXPECT_EQ(one.vertices_m.size(), three.vertices_m.size());
  EXPECT_GT(one.tau_s.size(), all.tau_s.size() / 2);
  for (const double tau : one.tau_s) EXPECT_NE(std::find(all.tau_s.begin(), all.tau_s.end(), tau), all.tau_s.end());
}

TEST(LearnedFinder, SaysWhatItCannotDo) {
  scene::Scene s = thinned_canyon(5);
  const auto solve = [](const scene::Scene& scene, const PathOptions& o, const LearnedFinder& finder) {
    return solve_paths(scene, PreparedScene(scene), o, finder);
  };
  const LearnedFinder finder{std::make_shared<FacetSampler>(nn::SamplerShape{4, 2}), 2};
  PathOptions o;
  EXPECT_THROW(solve(s, o, {}), Error);
  EXPECT_THROW(solve(s, o, {finder.sampler, 0}), Error);
  o.max_depth = nn::kMostSampledOrder + 1;
  EXPECT_THROW(solve(s, o, finder), Error);
  o.max_depth = 2, o.diffraction = true;
  EXPECT_THROW(solve(s, o, finder), Error);
  o.diffraction = false, o.diffuse_reflection = true;
  EXPECT_THROW(solve(s, o, finder), Error);
  o.diffuse_reflection = false;
  s.objects.clear();
  EXPECT_EQ(solve(s, o, finder).tau_s.size(), 1U);  // the direct path
  o.max_depth = 0;
  EXPECT_EQ(solve(thinned_canyon(5), o, finder).tau_s.size(),
            solve(thinned_canyon(5), o, {finder.sampler, 1}).tau_s.size());
}

TEST(FacetSampler, TrainingIsTheSameForAnyThreadsAndComesBackFromItsFile) {
  nn::TrainOptions o;
  o.episodes = 16, o.max_order = 2, o.num_threads = 1;
  FacetSampler one({16, 8, 1}), three({16, 8, 1});
  train(one, o);
  o.num_threads = 3;
  train(three, o);
  EXPECT_EQ(one.parameters().value, three.parameters().value);
  const auto path = (std::filesystem::temp_directory_path() / "raywave_facet_sampler_test.bin").string();
  one.save(path);
  EXPECT_EQ(FacetSampler::load(path).parameters().value, one.parameters().value);
  EXPECT_EQ(nn::model_name(path), FacetBuild::kModelName);
  std::filesystem::remove(path);
}

TEST(FacetSampler, WhatIsShippedFindsWhatItIsSaidToFind) {
  const FacetSampler sampler = FacetSampler::load(RAYWAVE_SOURCE_DIR "/models/facet_sampler.bin");
  nn::EvaluateOptions e;
  e.num_scenes = 24, e.max_order = 3;
  const auto scores = evaluate_sampler(sampler, e);
  // docs/learned.md, less twice what 24 scenes leave open
  const double accuracy[] = {0.85, 0.73, 0.42}, hits[] = {0.98, 0.94, 0.85};
  for (size_t order = 0; order < 3; ++order) {
    const nn::SamplerScore& learned = scores[5 * order];
    EXPECT_EQ(learned.method, "learned");
    EXPECT_GT(learned.accuracy + 2 * learned.accuracy_interval, accuracy[order]);
    EXPECT_GT(learned.hit_rate + 2 * learned.hit_rate_interval, hits[order]);
  }
  e.num_scenes = 20;
  const CoverageError error = coverage_error(sampler, e);
  EXPECT_GE(error.rms_db, 0);
  EXPECT_LT(error.rms_db, 3.5);
}

TEST(FacetSampler, TownsAreJudgedAgainstWhatAllFound) {
  nn::EvaluateOptions e;
  e.num_scenes = 1, e.max_order = 1, e.num_walls = 100;
  const auto scores = evaluate_sampler(FacetSampler({8, 4, 1}), e);
  EXPECT_EQ(scores.size(), 5U);
  for (const nn::SamplerScore& score : scores) {
    EXPECT_LE(score.hit_rate, 1) << score.method;
    EXPECT_GE(score.hit_rate, 0) << score.method;
  }
}

}  // namespace
}  // namespace raywave::paths
