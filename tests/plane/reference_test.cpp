// SPDX-License-Identifier: Apache-2.0
// Paths, smoothed logic and the published optimisation against DiffeRT2d 0.4.1 (JAX, double precision). The data were
// made by running it; they are ours (tests/data/plane, Apache-2.0).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "raywave/plane/grid.h"
#include "raywave/plane/trace.h"

namespace raywave::plane {
namespace {

nlohmann::json data(const std::string& name) {
  std::ifstream in(std::string(RAYWAVE_SOURCE_DIR) + "/tests/data/plane/" + name + ".json");
  return nlohmann::json::parse(in);
}

Scene2D scene_named(const std::string& name) {
  if (name == "square_scene") return square_scene();
  if (name == "square_scene_with_wall") return square_scene_with_wall();
  if (name == "square_scene_with_obstacle") return square_scene_with_obstacle();
  return basic_scene();
}

TEST(PlaneReference, PathsAgreeWithDiffeRT2d) {
  const auto file = data("paths");
  for (const auto& [name, want] : file["scenes"].items()) {
    Scene2D s = scene_named(name);
    s.alpha = 50;
    TraceOptions o;
    o.candidates.max_order = want["max_order"], o.keep_invalid = true;
    const Paths2D hard = trace(s, o);
    o.approx = true;
    const Paths2D hard_sigmoid = trace(s, o);
    o.function = Activation::kSigmoid;
    const Paths2D sigmoid = trace(s, o);
    ASSERT_EQ(hard.count(), want["n_candidates"].get<size_t>());
    int valid = 0;
    for (size_t i = 0; i < hard.count(); ++i) {
      const auto& row = want["paths"][i];
      const auto at = size_t(hard.begin[i]) + 2 * i;
      ASSERT_EQ(std::vector<int32_t>(hard.objects.begin() + hard.begin[i], hard.objects.begin() + hard.begin[i + 1]),
                row[0].get<std::vector<int32_t>>());
      EXPECT_EQ(hard.valid[i] != 0, row[3].get<bool>()) << name << " " << row[0];
      valid += hard.valid[i] != 0;
      bool at_a_corner = false;
      for (size_t k = 0; k + 1 < row[1].size(); ++k) {
        const Vec2d v = hard.vertices[at + k + 1] - hard.vertices[at + k];
        at_a_corner |= length(v) < 1e-9;
      }
      // two places at one corner: the direction between them is rounding there, and such paths do not hold here
      if (at_a_corner) continue;
      EXPECT_NEAR(hard_sigmoid.valid[i], row[4].get<double>(), 1e-9) << name << " " << row[0];  // digits of the file
      EXPECT_NEAR(sigmoid.valid[i], row[5].get<double>(), 1e-9) << name << " " << row[0];
      if (hard.valid[i] == 0) continue;
      EXPECT_NEAR(hard.power[i], row[6].get<double>(), 1e-9 * row[6].get<double>());
      EXPECT_NEAR(hard.length_m[i], row[7].get<double>(), 1e-10);
      for (size_t k = 0; k < row[1].size(); ++k) {
        EXPECT_NEAR(hard.vertices[at + k].x, row[1][k][0].get<double>(), 1e-9);
        EXPECT_NEAR(hard.vertices[at + k].y, row[1][k][1].get<double>(), 1e-9);
      }
    }
    EXPECT_EQ(valid, want["n_valid"].get<int>());
  }
}

TEST(PlaneReference, ActivationsAgree) {
  const auto file = data("optimize");
  for (const auto& row : file["logic"]) {
    const Activation f = row["function"] == "sigmoid" ? Activation::kSigmoid : Activation::kHardSigmoid;
    const double alpha = row["alpha"];
    for (size_t i = 0; i < row["x"].size(); ++i) {
      const ad::Dual y = activation(f, ad::Dual(alpha) * ad::Dual{row["x"][i].get<double>(), 1});
      EXPECT_NEAR(y.v, row["y"][i].get<double>(), 1e-10);
      // where the hard sigmoid bends rounding decides between its two slopes
      if (f == Activation::kHardSigmoid && std::abs(std::abs(alpha * row["x"][i].get<double>()) - 3) < 1e-9) continue;
      EXPECT_NEAR(y.d, row["dydx"][i].get<double>(), 1e-8 * alpha);  // ten digits
    }
  }
}

TEST(PlaneReference, SegmentsCrossAlike) {
  const auto file = data("optimize");
  for (const auto& row : file["segments_intersect"]["rows"]) {
    const auto point = [&](size_t i) { return Vec2d{row[0][i][0].get<double>(), row[0][i][1].get<double>()}; };
    const Object o = wall("w", point(2), point(3));
    const double n[] = {o.a.x, o.a.y, o.b.x, o.b.y, 0};
    const double m = crossing({&o, n}, point(0), point(1));
    EXPECT_EQ(m >= 0, row[1].get<bool>());
    EXPECT_NEAR(activation(Activation::kHardSigmoid, 50 * m), row[2].get<double>(), 1e-9);
    EXPECT_NEAR(activation(Activation::kSigmoid, 50 * m), row[3].get<double>(), 1e-9);
  }
}

TEST(PlaneReference, MapsAgree) {
  const auto file = data("maps");
  for (const auto& want : file["maps"]) {
    Scene2D s = scene_named(want["scene"]);
    s.transmitters[0].position_m = {want["tx"][0], want["tx"][1]};
    MapOptions o;
    o.trace.candidates.min_order = want["min_order"], o.trace.candidates.max_order = want["max_order"];
    o.trace.approx = want["approx"];
    if (o.trace.approx) {
      s.alpha = want["alpha"];
      o.trace.function = want["function"] == "sigmoid" ? Activation::kSigmoid : Activation::kHardSigmoid;
    }
    std::vector<double> x;
    for (int i = 1; i < 60; i += 4) x.push_back((i + 0.5) / 60);
    const Map2D map = map_over_receivers(s, Grid2D::of_lines(x, x), o);
    for (size_t i = 0; i < map.value.size(); ++i) {
      // From the diagonal of a square a ray meets two walls in their corner, see PathsAgreeWithDiffeRT2d: it does not
      // hold here, there by what rounding says.
      if (want["max_order"] > 1 && i % (x.size() + 1) == 0) {
        EXPECT_LT(map.value[i], want["power"][i].get<double>() + 1e-5) << want["scene"] << " " << i;
        continue;
      }
      EXPECT_NEAR(map.value[i], want["power"][i].get<double>(), 1e-5) << want["scene"] << " " << i;  // seven digits
    }
  }
}

/// Adam (Kingma and Ba 2015) with a bias correction, as optax has it: eps 1e-8 outside the root.
struct Adam {
  Vec2d m{}, v{};
  int step = 0;
  Vec2d move(Vec2d g, double rate) {
    ++step;
    const auto one = [&](double& m1, double& v1, double d) {
      m1 = 0.9 * m1 + 0.1 * d, v1 = 0.999 * v1 + 0.001 * d * d;
      return -rate * (m1 / (1 - std::pow(0.9, step))) / (std::sqrt(v1 / (1 - std::pow(0.999, step))) + 1e-8);
    };
    return {one(m.x, v.x, g.x), one(m.y, v.y, g.y)};
  }
};

TEST(PlaneReference, TheOptimisationTakesTheSamePath) {
  const auto file = data("optimize");
  Scene2D s = square_scene_with_obstacle(0.1);
  s.receivers = {{"rx_0", {0.3, 0.1}}, {"rx_1", {0.5, 0.1}}};
  s.transmitters[0].position_m = {0.5, 0.7};
  TraceOptions o;
  o.candidates.max_order = 0, o.approx = true;
  Adam adam;
  const double p0 = 100;
  for (const auto& row : file["trajectory"]) {
    s.alpha = std::pow(10.0, 2 * double(adam.step) / 99);  // the file has its first ten digits
    EXPECT_NEAR(s.alpha, row[0].get<double>(), 1e-9 * s.alpha);
    const Vec2d at = s.transmitters[0].position_m;
    EXPECT_NEAR(at.x, row[1][0].get<double>(), 1e-6);
    EXPECT_NEAR(at.y, row[1][1].get<double>(), 1e-6);
    const Paths2D p = trace(s, o);
    const double received[] = {p.valid[0] * p.power[0] / p0, p.valid[1] * p.power[1] / p0};
    const size_t worst = received[1] < received[0];
    EXPECT_NEAR(-received[worst], row[2].get<double>(), 1e-6);
    PathsDerivative2D c;
    c.valid.assign(2, 0), c.power.assign(2, 0);
    c.valid[worst] = -p.power[worst] / p0, c.power[worst] = -p.valid[worst] / p0;
    const auto g = paths_vjp(s, o, p, c);
    const size_t tx = layout(s).tx_begin;
    EXPECT_NEAR(g[tx], row[3][0].get<double>(), 1e-6);
    EXPECT_NEAR(g[tx + 1], row[3][1].get<double>(), 1e-6);
    const Vec2d move = adam.move({g[tx], g[tx + 1]}, 0.01);
    s.transmitters[0].position_m = at + move;
  }
  EXPECT_NEAR(s.transmitters[0].position_m.x, file["final_tx"][0].get<double>(), 1e-6);
  EXPECT_NEAR(s.transmitters[0].position_m.y, file["final_tx"][1].get<double>(), 1e-6);
}

}  // namespace
}  // namespace raywave::plane
