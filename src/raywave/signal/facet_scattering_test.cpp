// SPDX-License-Identifier: Apache-2.0
// Radar cross sections against closed forms; invariances; gradients against differences.
#include "raywave/signal/facet_scattering.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/core/test_errors.h"

namespace raywave::signal {
namespace {

constexpr double kFrequency = 10e9, kWavelength = kSpeedOfLight / kFrequency;

/// A parallelogram as two triangles.
void add_plate(ScatteringMesh& m, const Vec3d& corner, const Vec3d& a, const Vec3d& b) {
  const int n = int(m.vertices_m.size());
  for (const Vec3d& v : {corner, corner + a, corner + a + b, corner + b}) m.vertices_m.push_back(v);
  m.triangles.push_back({n, n + 1, n + 2});
  m.triangles.push_back({n, n + 2, n + 3});
}

Vec3d towards(double theta_deg, double phi_deg) {
  const double t = theta_deg * kPi / 180, p = phi_deg * kPi / 180;
  return {std::sin(t) * std::cos(p), std::sin(t) * std::sin(p), std::cos(t)};
}

/// Backscatter, 10 log10 of sigma over this one, for theta and for phi sent and received.
std::array<double, 2> relative_db(const ScatteringMesh& m, const Vec3d& d, double sigma, int bounces = 3) {
  const auto s = scattering(m, kFrequency, {{d, d}}, {bounces, 1});
  return {10 * std::log10(norm2(s[0]) / sigma), 10 * std::log10(norm2(s[3]) / sigma)};
}

void expect_sigma(const ScatteringMesh& m, const Vec3d& d, double sigma, double tolerance_db, int bounces = 3) {
  for (const double off : relative_db(m, d, sigma, bounces)) EXPECT_NEAR(off, 0, tolerance_db);
}

ScatteringMesh turned(ScatteringMesh m, double yaw, double pitch, const Vec3d& by) {
  for (Vec3d& v : m.vertices_m) {
    const Vec3d a{std::cos(pitch) * v.x + std::sin(pitch) * v.z, v.y, std::cos(pitch) * v.z - std::sin(pitch) * v.x};
    v = Vec3d{std::cos(yaw) * a.x - std::sin(yaw) * a.y, std::sin(yaw) * a.x + std::cos(yaw) * a.y, a.z} + by;
  }
  return m;
}

TEST(FacetScattering, OfAPlateIsItsPattern) {
  ScatteringMesh m;
  const double a = 0.4, b = 0.3;
  add_plate(m, {-a / 2, -b / 2, 0}, {a, 0, 0}, {0, b, 0});
  const double k = 2 * kPi / kWavelength;
  for (const double theta : {0.0, 1e-7, 0.01, 1.0, 3.0, 10.0, 30.0, 50.0, 75.0}) {
    const double t = theta * kPi / 180, x = k * a * std::sin(t), sinc = x == 0 ? 1 : std::sin(x) / x;
    const double sigma = 4 * kPi * std::pow(a * b * std::cos(t) * sinc / kWavelength, 2);
    expect_sigma(m, towards(theta, 0), sigma, 1e-6);
    expect_sigma(m, towards(180 - theta, 0), sigma, 1e-6);  // from behind
  }
  // bistatic: along the mirrored direction all of it
  const auto s = scattering(m, kFrequency, {{towards(40, 0), towards(40, 180)}});
  const double mirrored = 4 * kPi * std::pow(a * b * std::cos(40 * kPi / 180) / kWavelength, 2);
  EXPECT_NEAR(norm2(s[3]) / mirrored, 1, 1e-9);
  EXPECT_NEAR(norm2(s[0]) / mirrored, 1, 1e-9);
}

/// Two faces a wide and b long about the z axis, open towards +x +y.
ScatteringMesh dihedral(double a, double b) {
  ScatteringMesh m;
  add_plate(m, {0, 0, -b / 2}, {a, 0, 0}, {0, 0, b});
  add_plate(m, {0, 0, -b / 2}, {0, a, 0}, {0, 0, b});
  return m;
}

TEST(FacetScattering, OfADihedralIsItsDoubleBounce) {
  const double a = 0.5, b = 0.4;
  const ScatteringMesh m = dihedral(a, b);
  for (const double phi : {45.0, 40.0, 55.0, 32.0}) {
    const double p = phi * kPi / 180, opening = 2 * a * b * std::min(std::sin(p), std::cos(p));
    // side lobes of the faces' single bounces stand 20 dB and more below
    expect_sigma(m, towards(90, phi), 4 * kPi * opening * opening / (kWavelength * kWavelength), 0.5);
  }
  // without the second bounce there is next to nothing
  for (const double off : relative_db(m, towards(90, 45), 8 * kPi * a * a * b * b / (kWavelength * kWavelength), 1))
    EXPECT_LT(off, -20);
}

TEST(FacetScattering, OfADihedralTurnedAboutTheSightCrossPolarises) {
  // seen along its fold's normal and turned by 45 degrees about the line of sight: polarisations change places
  ScatteringMesh m = dihedral(0.5, 0.4);
  const double h = std::sqrt(0.5);
  for (Vec3d& v : m.vertices_m) {
    const double depth = h * (v.x + v.y), across = h * (v.y - v.x), along = v.z;
    v = {depth, h * (across - along), h * (across + along)};
  }
  const auto s = scattering(m, kFrequency, {{{1, 0, 0}, {1, 0, 0}}});
  const double sigma = 8 * kPi * 0.25 * 0.16 / (kWavelength * kWavelength);
  EXPECT_NEAR(10 * std::log10(norm2(s[1]) / sigma), 0, 0.5);
  EXPECT_LT(norm2(s[0]), 0.01 * sigma);
}

TEST(FacetScattering, OfATrihedralIsItsTripleBounce) {
  const double a = 0.6;
  const Vec3d boresight{1 / std::sqrt(3.0), 1 / std::sqrt(3.0), 1 / std::sqrt(3.0)};
  ScatteringMesh triangular;
  triangular.vertices_m = {{0, 0, 0}, {a, 0, 0}, {0, a, 0}, {0, 0, a}};
  triangular.triangles = {{0, 1, 2}, {0, 2, 3}, {0, 3, 1}};
  expect_sigma(triangular, boresight, 4 * kPi * std::pow(a, 4) / (3 * kWavelength * kWavelength), 0.5);
  ScatteringMesh square;
  add_plate(square, {0, 0, 0}, {a, 0, 0}, {0, a, 0});
  add_plate(square, {0, 0, 0}, {0, a, 0}, {0, 0, a});
  add_plate(square, {0, 0, 0}, {0, 0, a}, {a, 0, 0});
  expect_sigma(square, boresight, 12 * kPi * std::pow(a, 4) / (kWavelength * kWavelength), 0.5);
}

/// Beams end where faces meet, so that corners of their outlines differ by rounding: every turn rounds otherwise.
TEST(FacetScattering, OfATrihedralIsTheSameHoweverItIsTurnedAndWound) {
  const double a = 0.5;
  const Vec3d boresight{1 / std::sqrt(3.0), 1 / std::sqrt(3.0), 1 / std::sqrt(3.0)};
  const auto power = [](const ScatteringMesh& m, const Vec3d& d) {
    double sum = 0;
    for (const auto& z : scattering(m, kFrequency, {{d, d}}, {3, 1})) sum += norm2(z);
    return sum;
  };
  for (const Vec3d& d : {boresight, towards(51, 50)}) {
    double first = 0;
    for (int n = 0; n < 32; ++n) {
      ScatteringMesh m;
      m.vertices_m = {{0, 0, 0}, {a, 0, 0}, {0, a, 0}, {0, 0, a}, d};
      m.triangles = {{0, 1, 2}, {0, 2, 3}, {0, 3, 1}};
      for (int k = 0; k < 3; ++k) {
        if (n >> k & 1) std::swap(m.triangles[size_t(k)][0], m.triangles[size_t(k)][2]);
      }
      m = turned(std::move(m), 0.7 * n, 0.3 * n, {});
      const Vec3d seen_along = normalized(m.vertices_m[4]);
      m.vertices_m.pop_back();
      const double sigma = power(m, seen_along);
      if (n == 0) first = sigma;
      EXPECT_NEAR(sigma / first, 1, 1e-6) << n;
    }
  }
}

/// An icosahedron whose triangles are divided, on the sphere.
ScatteringMesh sphere(double radius, int divisions) {
  ScatteringMesh m;
  const double g = 0.5 * (1 + std::sqrt(5.0));
  for (const double s : {-1.0, 1.0}) {
    for (const double t : {-g, g}) {
      m.vertices_m.push_back({0, s, t});
      m.vertices_m.push_back({s, t, 0});
      m.vertices_m.push_back({t, 0, s});
    }
  }
  for (int i = 0; i < 12; ++i) {
    for (int j = i + 1; j < 12; ++j) {
      for (int k = j + 1; k < 12; ++k) {
        const auto near = [&](int p, int q) { return norm(m.vertices_m[size_t(p)] - m.vertices_m[size_t(q)]) < 2.1; };
        if (near(i, j) && near(j, k) && near(i, k)) m.triangles.push_back({i, j, k});
      }
    }
  }
  for (int d = 0; d < divisions; ++d) {
    std::map<std::pair<int, int>, int> middles;
    const auto middle = [&](int i, int j) {
      const auto [place, is_new] = middles.insert({std::minmax(i, j), int(m.vertices_m.size())});
      if (is_new) m.vertices_m.push_back(0.5 * (m.vertices_m[size_t(i)] + m.vertices_m[size_t(j)]));
      return place->second;
    };
    std::vector<std::array<int, 3>> finer;
    for (const auto& [i, j, k] : m.triangles) {
      const int a = middle(i, j), b = middle(j, k), c = middle(k, i);
      for (const std::array<int, 3>& t :
           {std::array{i, a, c}, std::array{a, j, b}, std::array{c, b, k}, std::array{a, b, c}})
        finer.push_back(t);
    }
    m.triangles = finer;
  }
  for (Vec3d& v : m.vertices_m) v = radius * normalized(v);
  return m;
}

TEST(FacetScattering, OfASphereIsItsCircle) {
  // k r = 31: physical optics of a sphere is pi r^2 |1 + sin(kr) exp(..) / kr - ...|, within 1 / kr (0.27 dB)
  const double radius = 0.15;
  expect_sigma(sphere(radius, 4), towards(57, 23), kPi * radius * radius, 0.5, 1);
}

TEST(FacetScattering, OfACylinderIsItsFlash) {
  const double radius = 0.12, length = 0.5, k = 2 * kPi / kWavelength;
  ScatteringMesh m;
  const int sides = 180;
  for (int i = 0; i < sides; ++i) {
    for (const double z : {-length / 2, length / 2})
      m.vertices_m.push_back({radius * std::cos(2 * kPi * i / sides), radius * std::sin(2 * kPi * i / sides), z});
  }
  m.vertices_m.push_back({0, 0, -length / 2});
  m.vertices_m.push_back({0, 0, length / 2});
  for (int i = 0; i < sides; ++i) {
    const int a = 2 * i, b = 2 * ((i + 1) % sides);
    m.triangles.push_back({a, b, b + 1});
    m.triangles.push_back({a, b + 1, a + 1});
    m.triangles.push_back({2 * sides, b, a});  // closed: beside the flash one would see into it
    m.triangles.push_back({2 * sides + 1, a + 1, b + 1});
  }
  expect_sigma(m, towards(90, 31), k * radius * length * length, 0.5, 1);
  // beside the flash: sinc of the length
  for (const double off : {2.0, 6.0}) {
    const double x = k * length * std::sin(off * kPi / 180), sinc = std::sin(x) / x;
    expect_sigma(m, towards(90 - off, 31), k * radius * length * length * std::pow(sinc, 2) * std::cos(off * kPi / 180),
                 1.0, 1);
  }
}

TEST(FacetScattering, DoesNotDependOnTheMeshOrThePlace) {
  ScatteringMesh m = dihedral(0.3, 0.2), finer;
  add_plate(m, {0.35, 0.4, -0.1}, {0.1, -0.05, 0}, {0, 0.02, 0.15});  // in front, off the symmetry
  const Vec3d d = towards(70, 38), e = towards(80, 60);
  const auto whole = scattering(m, kFrequency, {{d, e}});
  for (const auto& [i, j, k] : m.triangles) {  // a point inside each triangle
    const int n = int(finer.vertices_m.size());
    const Vec3d &a = m.vertices_m[size_t(i)], &b = m.vertices_m[size_t(j)], &c = m.vertices_m[size_t(k)];
    for (const Vec3d& v : {a, b, c, 0.2 * a + 0.5 * b + 0.3 * c}) finer.vertices_m.push_back(v);
    for (int s = 0; s < 3; ++s) finer.triangles.push_back({n + s, n + (s + 1) % 3, n + 3});
  }
  const auto cut = scattering(finer, kFrequency, {{d, e}});
  double largest = 0;
  for (const auto& z : whole) largest = std::max(largest, abs(z));
  for (size_t i = 0; i < 4; ++i) EXPECT_LT(abs(whole[i] - cut[i]), 1e-9 * largest) << i;
  // elsewhere: the phase of the two ways, no more
  const Vec3d by{100, -30, 7};
  ScatteringMesh moved = m;
  for (Vec3d& v : moved.vertices_m) v += by;
  const auto there = scattering(moved, kFrequency, {{d, e}});
  const Complexd phase = expj(2 * kPi / kWavelength * dot(d + e, by));
  for (size_t i = 0; i < 4; ++i) EXPECT_LT(abs(there[i] - phase * whole[i]), 1e-8 * largest) << i;
}

TEST(FacetScattering, HasThePhaseOfItsCurrents) {
  // 2 n x H radiates -j k A / sqrt(pi) of what was sent, its phase that of the plate's middle
  ScatteringMesh m;
  add_plate(m, {-0.2, -0.15, 0}, {0.4, 0, 0}, {0, 0.3, 0});
  const double k = 2 * kPi / kWavelength, size = k * 0.12 / std::sqrt(kPi);
  for (const double depth : {0.0, 0.01}) {
    ScatteringMesh there = m;
    for (Vec3d& v : there.vertices_m) v.z += depth;
    const auto s = scattering(there, kFrequency, {{{0, 0, 1}, {0, 0, 1}}});
    const Complexd wanted = size * Complexd{0, -1} * expj(2 * k * depth);
    EXPECT_LT(abs(s[0] - wanted), 1e-9 * size);
    EXPECT_LT(abs(s[3] - wanted), 1e-9 * size);
    EXPECT_LT(abs(s[1]) + abs(s[2]), 1e-9 * size);
  }
  // two faces: along the fold two reflections turn the sign twice, across it once; the way is that of the fold
  for (const double phi : {45.0, 40.0}) {
    const auto s = scattering(dihedral(0.5, 0.4), kFrequency, {{towards(90, phi), towards(90, phi)}});
    const double both = k / std::sqrt(kPi) * 2 * 0.5 * 0.4 * std::sin(std::min(phi, 90 - phi) * kPi / 180);
    EXPECT_LT(abs(s[0] - Complexd{0, both}), 0.06 * both) << phi;  // 0.5 dB of single bounces
    EXPECT_LT(abs(s[3] - Complexd{0, -both}), 0.06 * both) << phi;
  }
}

TEST(FacetScattering, OfWhatIsThereTwiceIsThatOfOne) {
  ScatteringMesh one;
  add_plate(one, {-0.2, -0.15, 0}, {0.4, 0, 0}, {0, 0.3, 0});
  ScatteringMesh windings = one, diagonals = one;
  windings.triangles.push_back({2, 1, 0});
  windings.triangles.push_back({3, 2, 0});
  diagonals.triangles.push_back({1, 2, 3});
  diagonals.triangles.push_back({1, 3, 0});
  const auto along = [](double yaw, double pitch) {
    ScatteringMesh d;
    d.vertices_m = {{std::sin(0.3), 0, std::cos(0.3)}};
    return normalized(turned(d, yaw, pitch, {}).vertices_m[0]);
  };
  for (int i = 0; i < 12; ++i) {
    const double yaw = 0.7 * i, pitch = 0.4 * i;
    const Vec3d d = along(yaw, pitch), by = {i % 3 * 20.0, 0, 5};
    for (const int bounces : {1, 3}) {
      const auto wanted = scattering(turned(one, yaw, pitch, by), kFrequency, {{d, d}}, {bounces, 1});
      for (const ScatteringMesh& m : {windings, diagonals}) {
        const auto s = scattering(turned(m, yaw, pitch, by), kFrequency, {{d, d}}, {bounces, 1});
        for (size_t q = 0; q < 4; ++q) EXPECT_LT(abs(s[q] - wanted[q]), 1e-7 * abs(wanted[0])) << i << ' ' << bounces;
      }
    }
  }
}

TEST(FacetScattering, IsNothingInTheShadow) {
  ScatteringMesh screen, both;
  add_plate(screen, {-0.3, -0.3, 0}, {0.6, 0, 0}, {0, 0.6, 0});
  both = screen;
  add_plate(both, {-0.1, -0.1, -0.5}, {0.2, 0, 0}, {0, 0.2, 0});
  const Vec3d up{0, 0, 1};
  const auto a = scattering(screen, kFrequency, {{up, up}}, {1, 1}),
             b = scattering(both, kFrequency, {{up, up}}, {1, 1});
  EXPECT_LT(abs(a[0] - b[0]), 1e-12 * abs(a[0]));
  // half covered, half lit
  ScatteringMesh half;
  add_plate(half, {0, -1, 0.5}, {1, 0, 0}, {0, 2, 0});
  add_plate(half, {-0.3, -0.3, 0}, {0.6, 0, 0}, {0, 0.6, 0});
  ScatteringMesh parts;
  add_plate(parts, {0, -1, 0.5}, {1, 0, 0}, {0, 2, 0});
  add_plate(parts, {-0.3, -0.3, 0}, {0.3, 0, 0}, {0, 0.6, 0});
  const auto c = scattering(half, kFrequency, {{up, up}}, {1, 1}),
             d = scattering(parts, kFrequency, {{up, up}}, {1, 1});
  EXPECT_LT(abs(c[0] - d[0]), 1e-9 * abs(d[0]));
}

TEST(FacetScattering, GradientsAreThoseOfDifferences) {
  ScatteringMesh m = turned(dihedral(0.2, 0.15), 0.3, 0.1, {0.02, 0.01, 0});
  add_plate(m, {0.25, 0.3, -0.05}, {0.08, -0.03, 0}, {0, 0.02, 0.1});
  const std::vector<ScatteringAngles> angles{{towards(80, 62), towards(80, 62)}, {towards(75, 50), towards(95, 70)}};
  const auto value = scattering(m, kFrequency, angles);
  std::vector<Complexd> cotangent;
  uint64_t state = 3;
  const auto draw = [&] { return double((state = mix64(state + 1)) >> 11) * 0x1.0p-53 - 0.5; };
  for (size_t i = 0; i < value.size(); ++i) cotangent.push_back({draw(), draw()});
  const auto gradient = scattering_vjp(m, kFrequency, angles, cotangent);
  for (int trial = 0; trial < 3; ++trial) {
    std::vector<Vec3d> direction;
    for (size_t v = 0; v < m.vertices_m.size(); ++v) direction.push_back({draw(), draw(), draw()});
    // vertices of one place move together, so that nothing opens
    direction[4] = direction[0], direction[7] = direction[3];
    const auto loss = [&](double h) {
      ScatteringMesh there = m;
      for (size_t v = 0; v < direction.size(); ++v) there.vertices_m[v] += h * direction[v];
      const auto s = scattering(there, kFrequency, angles);
      double sum = 0;
      for (size_t i = 0; i < s.size(); ++i) sum += cotangent[i].re * s[i].re + cotangent[i].im * s[i].im;
      return sum;
    };
    const double h = 1e-5;  // k h = 0.002 radians
    const double difference = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h);
    double exact = 0;
    for (size_t v = 0; v < direction.size(); ++v) exact += dot(gradient[v], direction[v]);
    EXPECT_NEAR(exact / difference, 1, 1e-6);
  }
}

TEST(FacetScattering, SaysWhatIsWrong) {
  ScatteringMesh m;
  m.vertices_m = {{0, 0, 0}};
  m.triangles = {{0, 1, 2}};
  expect_error([&] { (void)scattering(m, kFrequency, {}); }, "names vertex 1 of 1");
  m.triangles.clear();
  expect_error([&] { (void)scattering(m, 0, {}); }, "frequency_hz");
  expect_error([&] { (void)scattering(m, kFrequency, {{{2, 0, 0}, {1, 0, 0}}}); }, "unit vectors");
}

}  // namespace
}  // namespace raywave::signal
