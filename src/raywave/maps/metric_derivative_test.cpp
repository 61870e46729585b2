// SPDX-License-Identifier: Apache-2.0
// Received power and SINR of two transmitters: gradients against differences, the two modes against each other.
#include "raywave/maps/metric_derivative.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/scene/parameters.h"
#include "raywave/scene/shapes.h"

namespace raywave::maps {
namespace {

using scene::Scene;

Scene two_transmitters() {
  Scene s;
  s.frequency_hz = 0.9e9;
  s.bandwidth_hz = 20e6;
  s.add_material(em::itu_material("concrete", 0.2));
  s.add_object({"block", scene::box({-2, -2, 0}, {4, 4, 6}), 0});
  s.add_transmitter({"near", {-7.1, 3.2, 2.5}});
  s.add_transmitter({"far", {8.3, -4.4, 3.5}});
  s.transmitters[0].power_dbm = -60;  // beside the noise, so that both count
  s.transmitters[1].power_dbm = -52;
  scene::clean_meshes(s);
  return s;
}

Surface plane() {
  Surface surface;
  surface.center_m = {0.03, 0.07, 1.5};
  surface.size_m = {16, 16};
  surface.cell_size_m = {2, 2};
  return surface;
}

RadioMapOptions options() {
  RadioMapOptions o;
  o.max_depth = 1;
  o.diffraction = true;
  o.coherent = true;
  return o;
}

MetricsDerivative cotangent_of(const RadioMap& map) {
  MetricsDerivative c;
  for (size_t i = 0; i < map.path_gain.size(); ++i) {
    const auto x = double(i);
    c.path_gain.push_back(1e6 * std::sin(0.7 * x));
    c.rss_w.push_back(1e14 * std::sin(0.3 * x + 1));
    c.sinr.push_back(1 + std::sin(1.1 * x));
  }
  return c;
}

double pair(const MetricsDerivative& c, const std::vector<double>& gain, const std::vector<double>& rss,
            const std::vector<double>& sinr) {
  double sum = 0;
  for (size_t i = 0; i < gain.size(); ++i) sum += c.path_gain[i] * gain[i] + c.rss_w[i] * rss[i] + c.sinr[i] * sinr[i];
  return sum;
}

TEST(MetricDerivative, GradientIsTheCentralDifference) {
  const Scene s = two_transmitters();
  const paths::PreparedScene prepared(s);
  const RadioMap map = solve_radio_map(s, prepared, plane(), options());
  const MetricsDerivative c = cotangent_of(map);
  const auto by_name = scene::gradient_tree(s, metrics_vjp(s, prepared, options(), map, c));
  for (const char* name : {"device/near/power_dbm", "device/far/power_dbm", "device/near/position_m"}) {
    const scene::Parameter p = scene::parameter(s, name);
    const double h = 1e-4;
    for (size_t i = 0; i < p.value.size(); ++i) {
      const auto moved = [&](double by) {
        Scene copy = s;
        std::vector<double> value = p.value;
        value[i] += by;
        scene::set_parameter(copy, name, value);
        const RadioMap m = solve_radio_map(copy, plane(), options());
        return pair(c, m.path_gain, m.rss_w(), m.sinr());
      };
      const double exact = by_name.at(name)[i];
      // fourth order: (k h)^4 / 30 with k below 2 * 19 per metre; rounding 1e-13 of the sum over h
      const double difference = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
      EXPECT_NEAR(exact, difference, 1e-7 * std::max(std::abs(exact), std::abs(moved(0)))) << name << i;
    }
  }
}

TEST(MetricDerivative, BothModesAgreeToRounding) {
  const Scene s = two_transmitters();
  const paths::PreparedScene prepared(s);
  const RadioMap map = solve_radio_map(s, prepared, plane(), options());
  const MetricsDerivative c = cotangent_of(map);
  const auto direction = scene::tangent(s, {{"device/near/power_dbm", {0.7}},
                                            {"device/far/position_m", {0.1, -0.2, 0.3}},
                                            {"object/block/rotation_rad", {0.02, 0, 0.01}}});
  const MetricsDerivative t = metrics_jvp(s, prepared, options(), map, direction);
  const double forward = pair(c, t.path_gain, t.rss_w, t.sinr);
  const double reverse = scene::dot(metrics_vjp(s, prepared, options(), map, c), direction);
  EXPECT_NEAR(forward, reverse, 1e-10 * std::abs(forward));
}

TEST(MetricDerivative, OnlyWhatIsAskedForCounts) {
  const Scene s = two_transmitters();
  const paths::PreparedScene prepared(s);
  const RadioMap map = solve_radio_map(s, prepared, plane(), options());
  MetricsDerivative c;
  c.path_gain.assign(map.path_gain.size(), 1);
  const auto gradient = metrics_vjp(s, prepared, options(), map, c);
  EXPECT_EQ(gradient.transmitters[0].power_dbm, 0);  // a gain knows no power
  EXPECT_EQ(dot(gradient, gradient),
            dot(map_vjp(s, prepared, options(), map, c.path_gain), map_vjp(s, prepared, options(), map, c.path_gain)));
  c.sinr = {1, 2};
  try {
    metrics_vjp(s, prepared, options(), map, c);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("the cotangent of sinr has 2 numbers, the map has 128"), std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace raywave::maps
