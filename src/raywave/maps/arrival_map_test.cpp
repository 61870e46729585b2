// SPDX-License-Identifier: Apache-2.0
// Arrival maps against sums written out for each direction, element and path, the far field against paths solved at
// each element, and derivatives against differences.
#include "raywave/maps/arrival_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <ctime>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/parameters.h"
#include "raywave/scene/shapes.h"

namespace raywave::maps {
namespace {

using Z = std::complex<double>;
using paths::Paths;
using paths::PathsDerivative;

double uniform(uint64_t source, uint64_t i) { return random_uniform(3, source, i, 0); }

/// Paths that no scene has made: one link, any directions, delays to 100 ns.
Paths random_paths(size_t n, double frequency_hz) {
  Paths p;
  p.frequency_hz = frequency_hz;
  p.tx_names = {"tx"}, p.rx_names = {"rx"};
  p.tx_positions_m = {{0, 0, 0}}, p.rx_positions_m = {{9, 0, 0}};
  p.tx_num_elements = p.tx_num_slants = p.rx_num_elements = p.rx_num_slants = {1};
  for (size_t i = 0; i < n; ++i) {
    p.tau_s.push_back((0.1 + 0.9 * uniform(1, i)) * 1e-7);
    p.theta_r.push_back(std::acos(1.9 * uniform(2, i) - 0.95)), p.phi_r.push_back(kPi * (2 * uniform(3, i) - 1));
    p.theta_t.push_back(std::acos(1.9 * uniform(4, i) - 0.95)), p.phi_t.push_back(kPi * (2 * uniform(5, i) - 1));
    p.doppler_hz.push_back(0);
    p.interaction_begin.push_back(0);
    p.a.push_back({uniform(6, i) - 0.5, uniform(7, i) - 0.5});
    p.a_begin.push_back(int64_t(i) + 1);
  }
  p.links = {{0, -1, 0, -1, 0, int64_t(n)}};
  return p;
}

Z sum_over_elements(const Aperture& a, const Vec3d& k, const Vec3d& look, double wavenumber, double distance_m) {
  Z sum = 0;
  double scale = 0;
  for (size_t m = 0; m < a.positions_m.size(); ++m) {
    const Vec3d& q = a.positions_m[m];
    const Z w = a.weights.empty() ? Z(1) : Z(a.weights[m].re, a.weights[m].im);
    scale += std::abs(w);
    double phase = dot(k, q), amplitude = 1;
    if (distance_m > 0) {
      const double there = norm(distance_m * k - q);
      phase = distance_m - there, amplitude = distance_m / there;
    }
    sum += std::conj(w) * amplitude * std::exp(Z(0, wavenumber * (phase - dot(look, q))));
  }
  return sum / scale;
}

/// The map as its formula says.
std::vector<double> twin(const Paths& p, const ArrivalMapOptions& o, const ArrivalMap& like) {
  std::vector<double> out;
  const double wavenumber = 2 * kPi * p.frequency_hz / kSpeedOfLight;
  const Mat3d to_frame = transposed(rotation_from_euler(o.orientation_rad));
  for (size_t at = 0; at < like.azimuth_rad.size(); ++at) {
    const double az = like.azimuth_rad[at], el = like.elevation_rad[at];
    const Vec3d look{std::cos(el) * std::cos(az), std::cos(el) * std::sin(az), std::sin(el)};
    Z field = 0;
    double power = 0;
    for (size_t i = 0; i < p.tau_s.size(); ++i) {
      const double theta = o.departures ? p.theta_t[i] : p.theta_r[i], phi = o.departures ? p.phi_t[i] : p.phi_r[i];
      const Vec3d k =
          to_frame * Vec3d{std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
      const Z r = Z(p.a[i].re, p.a[i].im) *
                  sum_over_elements(o.aperture, k, look, wavenumber, o.near_field ? kSpeedOfLight * p.tau_s[i] : 0);
      field += r * std::exp(Z(0, -2 * kPi * p.frequency_hz * p.tau_s[i]));
      power += std::norm(r);
    }
    const double gain = o.coherent ? std::norm(field) : power;
    out.push_back(std::isnan(az) ? 0 : gain);
  }
  return out;
}

void expect_equal(const std::vector<double>& got, const std::vector<double>& wanted, double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  const double largest = *std::max_element(wanted.begin(), wanted.end());
  EXPECT_GT(largest, 0);
  for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], tolerance * largest) << i;
}

constexpr double kFrequency = 28e9, kWavelength = kSpeedOfLight / kFrequency;

Aperture tapered(int num_y, int num_z) {
  std::vector<Complexd> wy, wz;
  for (int i = 0; i < num_y; ++i) wy.push_back({1 + 0.1 * i, 0.2 * i - 0.3});
  for (int i = 0; i < num_z; ++i) wz.push_back({0.5 + 0.3 * i, 0.1});
  return planar_aperture(num_y, num_z, 0.45 * kWavelength, 0.6 * kWavelength, wy, wz);
}

/// Every way in which a map is summed.
std::vector<ArrivalMapOptions> all_apertures() {
  std::vector<ArrivalMapOptions> all;
  for (const bool coherent : {false, true}) {
    for (const bool near_field : {false, true}) {
      for (int kind = 0; kind < 3; ++kind) {
        ArrivalMapOptions o;
        o.coherent = coherent, o.near_field = near_field, o.departures = kind == 1;
        o.grid = kind == 0 ? sine_grid(9, 11) : angle_grid(7, 12, -1.2, 1.3);
        o.aperture = kind == 2 ? circular_aperture(9, 2 * kWavelength) : tapered(5, 4);
        o.orientation_rad = {0.4, 0.2, -0.7};
        all.push_back(o);
      }
    }
  }
  return all;
}

TEST(ArrivalMap, IsTheSumThatItsFormulaSays) {
  const Paths p = random_paths(23, kFrequency);
  for (const ArrivalMapOptions& o : all_apertures()) {
    const ArrivalMap map = arrival_map(p, o);
    // phases of 2800 turns, and of two wavelengths, both to rounding
    expect_equal(map.gain, twin(p, o, map), 1e-11);
  }
}

TEST(ArrivalMap, SeparableSumsAreTheDirectOnesAndMuchFaster) {
  const Paths p = random_paths(1000, kFrequency);
  for (const bool coherent : {false, true}) {
    ArrivalMapOptions o;
    o.aperture = planar_aperture(16, 16, 0.5 * kWavelength, 0.5 * kWavelength);
    o.grid = sine_grid(64, 64);
    o.num_threads = 1, o.coherent = coherent;
    const std::clock_t start = std::clock();  // of the processor: others may use the machine
    const ArrivalMap map = arrival_map(p, o);
    const std::clock_t middle = std::clock();
    o.aperture.grid.reset();  // element by element
    const ArrivalMap direct = arrival_map(p, o);
    const std::clock_t end = std::clock();
    expect_equal(map.gain, direct.gain, 1e-12);
    EXPECT_LT((middle - start) * (coherent ? 4 : 10), end - middle);
  }
}

TEST(ArrivalMap, CoherentPowersAreTheIncoherentOnesInTheMeanOverPhases) {
  Paths p = random_paths(4, kFrequency);
  ArrivalMapOptions o;
  o.aperture = tapered(4, 3);
  o.grid = angle_grid(4, 7, -1, 1);
  const ArrivalMap incoherent = arrival_map(p, o);
  o.coherent = true;
  // the mean over both signs of every path's amplitude leaves no product of two paths
  std::vector<double> mean(incoherent.gain.size());
  for (unsigned signs = 0; signs < 16; ++signs) {
    Paths q = p;
    for (size_t i = 0; i < 4; ++i) q.a[i] = (signs >> i & 1 ? -1.0 : 1.0) * p.a[i];
    const ArrivalMap map = arrival_map(q, o);
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += map.gain[i] / 16;
  }
  expect_equal(mean, incoherent.gain, 1e-12);
}

TEST(ArrivalMap, ATurnedAntennaSeesItsOwnGain) {
  Paths p = random_paths(1, kFrequency);
  p.theta_r = {kPi / 2 - 0.3}, p.phi_r = {0.5};
  ArrivalMapOptions o;
  o.antenna = ScanAntenna{};
  o.antenna->azimuth_width_rad = 0.3, o.antenna->elevation_width_rad = 0.2;
  o.grid.rows = {0.3}, o.grid.columns = {0.5, 0.65};
  const double power = norm2(p.a[0]);
  const auto gains = [&] { return arrival_map(p, o).gain; };
  EXPECT_NEAR(gains()[0], power * 16 * std::log(2) / 0.06, 1e-9 * power);
  o.antenna->kind = ScanAntenna::Kind::kVonMisesFisher;
  o.grid.rows = {0.3, 0.45};
  o.grid.columns = {0.5};
  EXPECT_NEAR(gains()[1] / gains()[0], 0.5, 1e-12);  // half of its width away
  // the directivity of a pattern: its mean over all directions is 1
  o.grid = angle_grid(181, 120, -kPi / 2, kPi / 2);
  double mean = 0, weight = 0;
  const std::vector<double> all = gains();
  for (size_t at = 0; at < all.size(); ++at) {
    const double w = std::cos(o.grid.rows[at / 120]);
    mean += w * all[at], weight += w;
  }
  EXPECT_NEAR(mean / weight, power, 1e-3 * power);
  // a phase centre ahead of the axes: the phase is that of the place to which it is turned
  o.coherent = true;
  p = random_paths(3, kFrequency);
  o.antenna->phase_center_m = {0.02, 0, 0};
  o.grid.rows = {0.1}, o.grid.columns = {-0.4};
  const double wavenumber = 2 * kPi / kWavelength, half = std::sin(0.3 / 4), kappa = std::log(2) / (2 * half * half);
  const Vec3d look{std::cos(0.1) * std::cos(-0.4), std::cos(0.1) * std::sin(-0.4), std::sin(0.1)};
  Z field = 0;
  for (size_t i = 0; i < 3; ++i) {
    const Vec3d k{std::sin(p.theta_r[i]) * std::cos(p.phi_r[i]), std::sin(p.theta_r[i]) * std::sin(p.phi_r[i]),
                  std::cos(p.theta_r[i])};
    field += Z(p.a[i].re, p.a[i].im) * std::exp(Z(0, -2 * kPi * kFrequency * p.tau_s[i])) *
             std::sqrt(2 * kappa / (1 - std::exp(-2 * kappa))) *
             std::exp(Z(kappa / 2 * (dot(k, look) - 1), wavenumber * 0.02 * dot(k, look)));
  }
  EXPECT_NEAR(gains()[0], std::norm(field), 1e-11 * std::norm(field));
}

TEST(ArrivalMap, AngleDelaySpectraSortPathsByTheirDelays) {
  Paths p = random_paths(2, kFrequency);
  p.tau_s = {20e-9, 50e-9};
  ArrivalMapOptions o;
  o.aperture = tapered(4, 3);
  o.grid = angle_grid(3, 5, -1, 1);
  o.bandwidth_hz = 1e8;  // zeros of the pulse 10 ns apart
  o.delays_s = {20e-9, 50e-9, 30e-9};
  const ArrivalMap map = arrival_map(p, o);
  EXPECT_EQ(map.num_delays, 3);
  for (size_t d = 0; d < 2; ++d) {
    Paths one = random_paths(2, kFrequency);
    one.a[1 - d] = {0, 0};
    o.delays_s.clear();
    const ArrivalMap alone = arrival_map(one, o);
    for (size_t i = 0; i < 15; ++i) EXPECT_NEAR(map.gain[15 * d + i], alone.gain[i], 1e-12);
  }
  for (size_t i = 0; i < 15; ++i) EXPECT_NEAR(map.gain[30 + i], 0, 1e-12);
}

/// A room's corner: a floor and a wall.
scene::Scene corner(const std::vector<Vec3d>& elements_m) {
  scene::Scene s;
  s.frequency_hz = 5e9;
  s.add_material(em::itu_material("concrete", 0.2));
  s.add_object({"floor", scene::box({-20, -20, -1}, {40, 40, 1}), 0});
  s.add_object({"wall", scene::box({-20, 6, 0}, {40, 1, 9}), 0});
  em::AntennaArray one;
  s.add_transmitter({"tx", {-6.1, -1.2, 2.5}, {}, {}, one});
  em::AntennaArray array;
  if (!elements_m.empty()) array.element_positions_m = elements_m;
  s.add_receiver({"rx", {4.3, 0.7, 1.6}, {}, {}, array});
  scene::clean_meshes(s);
  return s;
}

paths::PathOptions path_options(bool synthetic) {
  paths::PathOptions o;
  o.max_depth = 2;
  o.finder = paths::Finder::kExhaustive;
  o.synthetic_array = synthetic;
  return o;
}

TEST(ArrivalMap, FarAndNearFieldsAreTheElementsOwnPathsAsTheApertureShrinks) {
  // The far field misses phases k q^2 / (2 D), of second order in the aperture, and with the near field how reflections
  // and polarisations change from element to element, of first order.
  double last_far = 0, last_near = 0;
  for (const double spacing : {0.02, 0.01, 0.005}) {
    ArrivalMapOptions o;
    o.coherent = true;
    o.aperture = planar_aperture(4, 3, spacing, spacing);
    o.grid = angle_grid(9, 16, -1.2, 1.2);
    const auto exact = arrival_map(paths::solve_paths(corner(o.aperture.positions_m), path_options(false)), o).gain;
    const Paths p = paths::solve_paths(corner({}), path_options(true));
    const auto error = [&](bool near_field) {
      o.near_field = near_field;
      const auto gain = arrival_map(p, o).gain;
      const double largest = *std::max_element(exact.begin(), exact.end());
      double worst = 0;
      for (size_t i = 0; i < gain.size(); ++i) worst = std::max(worst, std::abs(gain[i] - exact[i]) / largest);
      return worst;
    };
    const double far = error(false), near = error(true);
    EXPECT_LT(far, 4 * spacing);
    EXPECT_LT(near, 4 * spacing);
    if (last_far > 0) {
      EXPECT_LT(far, 0.6 * last_far);
      EXPECT_LT(near, 0.6 * last_near);
    }
    last_far = far, last_near = near;
  }
}

TEST(ArrivalMap, NearFieldsAreExactInFreeSpace) {
  scene::Scene s;
  s.frequency_hz = 5e9;
  em::AntennaArray one;
  s.add_transmitter({"tx", {0.7, 0.2, 0.1}, {}, {}, one, {}, {}});
  ArrivalMapOptions o;
  o.coherent = true;
  o.aperture = planar_aperture(6, 5, 0.03, 0.03);
  o.grid = angle_grid(9, 16, -1.2, 1.2);
  em::AntennaArray array;
  array.element_positions_m = o.aperture.positions_m;
  scene::Scene each = s;
  s.add_receiver({"rx", {0.1, 0, 0}, {}, {}, one, {}, {}});
  each.add_receiver({"rx", {0.1, 0, 0}, {}, {}, array, {}, {}});
  const auto exact = arrival_map(paths::solve_paths(each, path_options(false)), o).gain;
  const Paths p = paths::solve_paths(s, path_options(true));
  const double largest = *std::max_element(exact.begin(), exact.end());
  const auto far = arrival_map(p, o).gain;
  o.near_field = true;
  const auto near = arrival_map(p, o).gain;
  double worst = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(near[i], exact[i], 1e-11 * largest);
    worst = std::max(worst, std::abs(far[i] - exact[i]));
  }
  EXPECT_GT(worst, 0.05 * largest);  // 0.65 m from 0.2 m: nobody's far field
}

double weighted(const std::vector<double>& gain) {
  double sum = 0;
  for (size_t i = 0; i < gain.size(); ++i) sum += std::sin(1.0 + 0.7 * double(i)) * gain[i];
  return sum;
}

/// Both modes of a map against central differences over every number of its paths, and each other.
void expect_derivatives(const Paths& p, const ArrivalMapOptions& o) {
  const ArrivalMap map = arrival_map(p, o);
  std::vector<double> c;
  for (size_t i = 0; i < map.gain.size(); ++i) c.push_back(std::sin(1.0 + 0.7 * double(i)));
  const PathsDerivative back = arrival_map_vjp(p, o, c);
  const auto difference = [&](auto&& move, double h) {
    Paths up = p, down = p;
    move(up, h), move(down, -h);
    return (weighted(arrival_map(up, o).gain) - weighted(arrival_map(down, o).gain)) / (2 * h);
  };
  double scale = 0;
  for (const double g : map.gain) scale += std::abs(g);
  const auto expect = [&](double exact, double found, double unit, const char* what) {
    EXPECT_NEAR(exact * unit, found * unit, 1e-6 * (scale + std::abs(found * unit))) << what;
  };
  PathsDerivative tangent;
  const size_t n = p.tau_s.size();
  tangent.a.resize(n);
  for (auto* v : {&tangent.tau_s, &tangent.theta_r, &tangent.phi_r, &tangent.theta_t, &tangent.phi_t}) v->resize(n);
  double dot = 0;
  const auto along = [&](double& place, double move, double adjoint) { place = move, dot += move * adjoint; };
  for (size_t i = 0; i < n; ++i) {
    expect(back.a[i].re, difference([i](Paths& q, double h) { q.a[i].re += h; }, 1e-5), 1, "re a");
    expect(back.a[i].im, difference([i](Paths& q, double h) { q.a[i].im += h; }, 1e-5), 1, "im a");
    // a carrier of 28 GHz turns once in 36 ps
    expect(back.tau_s[i], difference([i](Paths& q, double h) { q.tau_s[i] += h; }, 1e-15), 1e-11, "tau");
    expect(back.theta_r[i], difference([i](Paths& q, double h) { q.theta_r[i] += h; }, 1e-5), 1, "theta_r");
    expect(back.phi_r[i], difference([i](Paths& q, double h) { q.phi_r[i] += h; }, 1e-5), 1, "phi_r");
    expect(back.theta_t[i], difference([i](Paths& q, double h) { q.theta_t[i] += h; }, 1e-5), 1, "theta_t");
    expect(back.phi_t[i], difference([i](Paths& q, double h) { q.phi_t[i] += h; }, 1e-5), 1, "phi_t");
    along(tangent.a[i].re, 0.3, back.a[i].re);
    along(tangent.a[i].im, -0.7, back.a[i].im);
    along(tangent.tau_s[i], 1e-12 * double(i + 1), back.tau_s[i]);
    along(tangent.theta_r[i], 0.2, back.theta_r[i]);
    along(tangent.phi_r[i], 0.1, back.phi_r[i]);
    along(tangent.theta_t[i], -0.3, back.theta_t[i]);
    along(tangent.phi_t[i], 0.15, back.phi_t[i]);
  }
  expect(back.frequency_hz, difference([](Paths& q, double h) { q.frequency_hz += h; }, 1e3), 1e8, "frequency");
  along(tangent.frequency_hz, 3e7, back.frequency_hz);
  const double forward = weighted(arrival_map_jvp(p, o, tangent));
  EXPECT_NEAR(forward, dot, 1e-10 * (scale + std::abs(dot)));
}

TEST(ArrivalMap, DerivativesOfAperturesAreThoseOfDifferences) {
  const Paths p = random_paths(5, kFrequency);
  for (ArrivalMapOptions o : all_apertures()) {
    SCOPED_TRACE(message("coherent ", o.coherent, " near ", o.near_field, " grid ", o.aperture.grid.has_value()));
    expect_derivatives(p, o);
    if (o.departures) continue;
    o.delays_s = {30e-9, 70e-9}, o.bandwidth_hz = 2e7;
    expect_derivatives(p, o);
  }
}

TEST(ArrivalMap, DerivativesOfTurnedAntennasAreThoseOfDifferences) {
  const Paths p = random_paths(5, kFrequency);
  ArrivalMapOptions o;
  o.grid = angle_grid(5, 6, -1.1, 1.2);
  for (const bool coherent : {false, true}) {
    for (const auto kind :
         {ScanAntenna::Kind::kGaussian, ScanAntenna::Kind::kVonMisesFisher, ScanAntenna::Kind::kPattern}) {
      o.coherent = coherent;
      o.antenna = ScanAntenna{kind, 0.9, 0.7, {}, {0.01, 0.003, -0.002}};
      o.antenna->pattern.kind = em::PatternKind::kHalfWaveDipole;
      expect_derivatives(p, o);
    }
  }
}

TEST(ArrivalMap, PeaksAndSpreadsAreThoseOfTheirPaths) {
  Paths p = random_paths(2, kFrequency);
  p.theta_r = {kPi / 2 - 0.2, kPi / 2 - 0.2}, p.phi_r = {kPi - 0.4, -kPi + 0.6};  // across the seam
  p.a = {{1, 0}, {0, 1}};
  ArrivalMapOptions o;
  o.antenna = ScanAntenna{ScanAntenna::Kind::kVonMisesFisher, 0.1, 0.1, {}, {}};
  o.grid = angle_grid(91, 360, -kPi / 4, kPi / 4);
  const ArrivalMap map = arrival_map(p, o);
  const auto peaks = arrival_peaks(map, 0, 0, 0, 10, 20);
  ASSERT_EQ(peaks.size(), 2u);
  const double step = kPi / 180;
  for (const ArrivalPeak& peak : peaks) {
    EXPECT_NEAR(peak.elevation_rad, 0.2, 0.51 * step);
    EXPECT_LT(std::min(std::abs(peak.azimuth_rad - (kPi - 0.4)), std::abs(peak.azimuth_rad - (-kPi + 0.6))),
              0.51 * step);
  }
  // two equal paths 1 rad apart: 0.5 rad either way of their middle, blurred by the horn's own spread
  const AngularSpread spread = angular_spread(map, 0, 0, 0);
  EXPECT_NEAR(std::remainder(spread.mean_azimuth_rad - (kPi + 0.1), 2 * kPi), 0, 2e-3);
  EXPECT_NEAR(spread.azimuth_spread_rad, std::sqrt(-2 * std::log(std::cos(0.5))), 5e-3);
  EXPECT_NEAR(spread.mean_elevation_rad, 0.2, 2e-3);
  EXPECT_LT(spread.elevation_spread_rad, 0.05);
  p.links[0].path_end = 0;
  const ArrivalMap dark = arrival_map(p, o);
  EXPECT_TRUE(arrival_peaks(dark, 0, 0, 0, 10, 20).empty());
  EXPECT_TRUE(std::isnan(angular_spread(dark, 0, 0, 0).azimuth_spread_rad));
}

TEST(ArrivalMap, BadOptionsAreRefused) {
  const Paths p = random_paths(2, kFrequency);
  const auto refused = [&](auto&& change, const char* word) {
    ArrivalMapOptions o;
    o.aperture = tapered(3, 3);
    o.grid = sine_grid(4, 4);
    change(o);
    try {
      arrival_map(p, o);
      ADD_FAILURE() << word;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  refused([](ArrivalMapOptions& o) { o.rx_port = 1; }, "rx_port must be below the 1 ports of 'rx'");
  refused([](ArrivalMapOptions& o) { o.grid.rows = {1.5}; }, "grid.rows");
  refused([](ArrivalMapOptions& o) { o.delays_s = {1e-9}; }, "bandwidth_hz must be > 0");
  refused([](ArrivalMapOptions& o) { o.aperture.weights.pop_back(); }, "weights of the aperture");
  refused([](ArrivalMapOptions& o) { o.aperture.positions_m[1].x = 0.01; }, "leave grid out");
  refused([](ArrivalMapOptions& o) { o.antenna = ScanAntenna{}, o.antenna->azimuth_width_rad = -1; },
          "azimuth_width_rad");
  refused([](ArrivalMapOptions& o) { o.antenna = ScanAntenna{}, o.near_field = true; }, "near_field");
  EXPECT_THROW(planar_aperture(0, 2, 1, 1), Error);
  EXPECT_THROW(arrival_map_vjp(p,
                               [] {
                                 ArrivalMapOptions o;
                                 o.aperture = circular_aperture(3, 0.1);
                                 o.grid = sine_grid(2, 2);
                                 return o;
                               }(),
                               {1.0}),
               Error);
}

}  // namespace
}  // namespace raywave::maps
