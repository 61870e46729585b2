// SPDX-License-Identifier: Apache-2.0
// The wedge against Sionna RT 2.2 (tests/data/wedge_reference.json). Its coefficient is a heuristic: both terms of the
// incidence boundary are multiplied by the faces' reflection matrices, so that its values differ from ours away from
// the boundaries, and at the reflection boundary of a lit face its term has the wrong sign: its total jumps there.
// Restated here from our transition function it gives its numbers, which tests geometry, distances, transition terms,
// slabs and polarisation bases; then the jumps of both totals.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "field_walk.h"
#include "raywave/core/files.h"
#include "raywave/core/spherical.h"
#include "raywave/em/fresnel.h"
#include "raywave/em/transition.h"
#include "scenes.h"

namespace raywave {
namespace {

using nlohmann::json;

const json& reference() {
  static const json data = json::parse(read_file(RAYWAVE_SOURCE_DIR "/tests/data/wedge_reference.json"));
  return data;
}
Vec3d vec(const json& j) { return {j[0], j[1], j[2]}; }

using Matrix = std::array<Complexd, 4>;  // rows: out
Matrix operator*(const Matrix& a, const Matrix& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}
/// From the basis (u, v) to the basis (p, q).
Matrix change(const Vec3d& p, const Vec3d& q, const Vec3d& u, const Vec3d& v) {
  return {Complexd{dot(p, u), 0}, {dot(p, v), 0}, {dot(q, u), 0}, {dot(q, v), 0}};
}

/// The wedge that fills x > 0, y < 0, seen from one transmitter and receiver.
struct PeerWedge {
  double wavelength_m;
  em::MaterialProperties material;
  Vec3d tx, rx;
  double lit_sign = 1;  // -1: the sign that would make the reflection boundaries continuous

  /// -exp(-j pi / 4) / (2 n sqrt(2 pi k) sin beta) cot(.) F(.)
  static Complexd term(double beta, double sign, double k, double l, double sin_beta) {
    const double n = 1.5, turns = std::round((beta + sign * kPi) / (2 * kPi * n));
    const double cosine = std::cos(0.5 * (2 * kPi * n * turns - beta)), x = k * l * 2 * cosine * cosine;
    const Complexd f = std::sqrt(kPi * x) * (expj(kPi / 4) * em::transition(std::sqrt(x)));
    return (-1 / (2 * n * std::sqrt(2 * kPi * k) * sin_beta * std::tan((kPi + sign * beta) / (2 * n)))) *
           (expj(-kPi / 4) * f);
  }

  Matrix face(const Vec3d& k_in, Vec3d normal, const Vec3d& edge) const {
    if (dot(k_in, normal) > 0) normal = -normal;
    const auto c = em::coefficients(-dot(k_in, normal), material, wavelength_m);
    const Vec3d k_out = k_in - 2 * dot(k_in, normal) * normal, te = normalized(cross(k_in, normal));
    const Vec3d phi_in = normalized(cross(k_in, edge)), phi_out = -normalized(cross(k_out, edge));
    const Matrix in = change(te, cross(k_in, te), phi_in, cross(phi_in, k_in));
    const Matrix out = change(phi_out, cross(phi_out, k_out), te, cross(k_out, te));
    const Complexd s{lit_sign, 0};
    return out * Matrix{s * c.r_te, {}, {}, s * c.r_tm} * in;
  }

  Matrix transfer() const {
    double phi_in = std::atan2(tx.y, tx.x), phi_out = std::atan2(rx.y, rx.x);
    if (phi_in < 0) phi_in += 2 * kPi;
    if (phi_out < 0) phi_out += 2 * kPi;
    Vec3d normals[2]{{0, 1, 0}, {-1, 0, 0}}, edge{0, 0, 1};
    const double h_in = std::hypot(tx.x, tx.y), h_out = std::hypot(rx.x, rx.y), n_pi = 1.5 * kPi;
    if (phi_in > kPi) {  // face 0 is the lit one
      phi_in = n_pi - phi_in;
      phi_out = n_pi - phi_out;
      std::swap(normals[0], normals[1]);
      edge = -edge;
    }
    const Vec3d q{0, 0, (tx.z * h_out + rx.z * h_in) / (h_in + h_out)};
    const double s_in = norm(q - tx), s_out = norm(rx - q), k = 2 * kPi / wavelength_m, sin_beta = h_in / s_in;
    const Vec3d k_in = (q - tx) / s_in, k_out = (rx - q) / s_out;
    const double l = sin_beta * sin_beta * s_in * s_out / (s_in + s_out);
    const Complexd d1 = term(phi_out - phi_in, 1, k, l, sin_beta), d2 = term(phi_out - phi_in, -1, k, l, sin_beta);
    const Complexd d3 = term(phi_out + phi_in, 1, k, l, sin_beta), d4 = term(phi_out + phi_in, -1, k, l, sin_beta);
    const Matrix r0 = face(k_in, normals[0], edge);
    const Matrix rn = n_pi - phi_in < kPi ? face(k_in, normals[1], edge) : Matrix{Complexd{-1, 0}, {}, {}, {-1, 0}};
    Matrix j;
    for (size_t i = 0; i < 4; ++i) j[i] = (d1 - d4) * r0[i] + (d2 - d3) * rn[i];
    const Vec3d phi_hat_in = normalized(cross(k_in, edge)), phi_hat_out = -normalized(cross(k_out, edge));
    const auto basis = [](const Vec3d& d) {
      const double theta = std::acos(d.z), phi = std::atan2(d.y, d.x);
      return std::pair{Vec3d{std::cos(theta) * std::cos(phi), std::cos(theta) * std::sin(phi), -std::sin(theta)},
                       Vec3d{-std::sin(phi), std::cos(phi), 0}};
    };
    const auto [theta_t, phi_t] = basis(k_in);
    const auto [theta_r, phi_r] = basis(-k_out);
    j = change(theta_r, phi_r, phi_hat_out, cross(phi_hat_out, k_out)) * j *
        change(phi_hat_in, cross(phi_hat_in, k_in), theta_t, phi_t);
    for (auto& c : j) c = (wavelength_m / (4 * kPi * std::sqrt(s_in * s_out * (s_in + s_out)))) * c;
    return j;
  }
};

em::Material material_of(const json& c) {
  em::Material m{"concrete of the reference"};
  m.relative_permittivity = c["relative_permittivity"];
  m.conductivity_s_per_m = c["conductivity_s_per_m"];
  m.thickness_m = c["thickness_m"];
  return m;
}

scene::Scene wedge_scene(const json& c) {
  scene::Scene s;
  s.frequency_hz = c["frequency_hz"];
  s.add_material(material_of(c));
  s.add_object({"wedge", test::box({0, -15, -15}, {15, 15, 30}), 0});
  s.add_transmitter({"tx", vec(c["tx"]), {}, {}, test::antenna("iso", "VH")});
  s.add_receiver({"rx", {}, {}, {}, test::antenna("iso", "VH")});
  return s;
}

TEST(ReferenceWedge, TheRestatedCoefficientIsSionnas) {
  int compared = 0;
  for (const auto& c : reference()["cases"]) {
    const double f = c["frequency_hz"];
    for (const auto& path : c["paths"]) {
      const PeerWedge wedge{kSpeedOfLight / f, em::properties_at(material_of(c), f), vec(c["tx"]), vec(path["rx"])};
      const Matrix a = wedge.transfer();
      double strongest = 0;
      for (const auto& row : path["a"]) {
        for (const auto& v : row) strongest = std::max(strongest, std::hypot(double(v[0]), double(v[1])));
      }
      for (size_t i = 0; i < 4; ++i) {
        const json& v = path["a"][i / 2][i % 2];
        // single precision: 1e-5 of the strongest entry, which is 0.001 dB where it matters
        EXPECT_NEAR(a[i].re, double(v[0]), 3e-5 * strongest) << c["label"] << " " << i;
        EXPECT_NEAR(a[i].im, double(v[1]), 3e-5 * strongest) << c["label"] << " " << i;
        if (i == 0 || i == 3) {
          EXPECT_NEAR(20 * std::log10(abs(a[i]) / std::hypot(double(v[0]), double(v[1]))), 0, 0.2) << c["label"];
        }
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 160);
}

TEST(ReferenceWedge, OursIsContinuousAtTheReflectionBoundaryWhereTheirsJumps) {
  const json& c = reference()["cases"][0];  // normal incidence, phi' = 60 degrees
  scene::Scene s = wedge_scene(c);
  const Vec3d tx = s.transmitters[0].position_m;
  const double k = 2 * kPi / s.wavelength_m(), direct = s.wavelength_m() / (4 * kPi * 17);
  const double boundary = kPi - std::atan2(tx.y, tx.x);
  const auto at = [&](double phi) { return Vec3d{7 * std::cos(phi), 7 * std::sin(phi), tx.z}; };

  paths::PathOptions o;
  o.max_depth = 1;
  o.diffraction = true;
  o.finder = paths::Finder::kExhaustive;
  const test::Walk walk = test::FieldWalk(s, o).along([&](double t) { return at(boundary + 2e-2 * (t - 0.4)); }, 4);
  EXPECT_GE(walk.changes, 1);
  EXPECT_LT(walk.worst, 1e-5);

  // Theirs, with the exact reflected field: V is along the edge (TE); for H the receiver looks back.
  const auto material = em::properties_at(s.materials[0], s.frequency_hz);
  const auto theirs = [&](double phi, size_t entry, double lit_sign) {
    const Vec3d rx = at(phi), image{tx.x, -tx.y, tx.z};
    Complexd total = expj(-k * 17) * PeerWedge{s.wavelength_m(), material, tx, rx, lit_sign}.transfer()[entry];
    if (phi < boundary) {
      const double length = norm(rx - image);
      const auto r = em::coefficients((tx.y + rx.y) / length, material, s.wavelength_m());
      total += (s.wavelength_m() / (4 * kPi * length)) * (expj(-k * length) * (entry == 0 ? r.r_te : -r.r_tm));
    }
    return total;
  };
  const double h = 1e-6;
  for (const size_t entry : {size_t{0}, size_t{3}}) {
    const auto jump = [&](double lit_sign) {
      return abs(theirs(boundary + h, entry, lit_sign) - theirs(boundary - h, entry, lit_sign)) / direct;
    };
    const auto r = em::coefficients(std::sin(kPi / 3), material, s.wavelength_m());
    EXPECT_NEAR(jump(1), 2 * abs(entry == 0 ? r.r_te : r.r_tm), 1e-4);  // the reflection twice
    EXPECT_LT(jump(-1), 1e-4);                                          // slope: k times 7 m times 2e-6 of a fraction
  }
}

}  // namespace
}  // namespace raywave
