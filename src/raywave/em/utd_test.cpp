// SPDX-License-Identifier: Apache-2.0
// The wedge against exact solutions (eigenfunction series of a line source, Sommerfeld's half plane), the laws that its
// matrix obeys, and continuity of the total field across all boundaries of geometrical optics.
#include "raywave/em/utd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace raywave::em {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-12;  // the transition's 1e-13 and some hundred operations
const Complexd kOne{1, 0};

MaterialProperties conductor() {
  MaterialProperties m;
  m.perfect_conductor = true;
  return m;
}
MaterialProperties slab(const char* name, double thickness_m) {
  return properties_at(itu_material(name, thickness_m), 3.5e9);
}
const double kWavelength = kSpeedOfLight / 3.5e9;

WedgeRay<double> ray(double n, double phi_in, double phi_out, double k_l, double sin_beta = 1, double cos_beta = 0) {
  return {n * kPi, phi_in, phi_out, sin_beta, cos_beta, k_l, -kInf, kInf};
}

// ---- Exact solutions of the perfectly conducting wedge
// ---------------------------------------------------------------

Complexd hankel2(double order, double x) { return {std::cyl_bessel_j(order, x), -std::cyl_neumann(order, x)}; }

/// The field of a line source, in units in which it is H0(kR) in free space: the expansion in the wedge's
/// eigenfunctions, (4 / n) sum J H sin sin (soft) or (2 / n) sum eps J H cos cos (hard), orders m / n.
Complexd wedge_series(double n, bool soft, double kr_in, double phi_in, double kr, double phi) {
  const double lo = std::min(kr, kr_in), hi = std::max(kr, kr_in);
  Complexd sum;
  for (int m = soft ? 1 : 0; m < 1000; ++m) {
    const double order = m / n;
    const Complexd radial = std::cyl_bessel_j(order, lo) * hankel2(order, hi);
    const double angular =
        soft ? 2 * std::sin(order * phi) * std::sin(order * phi_in) : std::cos(order * phi) * std::cos(order * phi_in);
    sum += ((m == 0 ? 1.0 : 2.0) * (soft ? 1.0 : 2.0) * angular / n) * radial;
    if (order > hi && abs(radial) < 1e-12) break;
  }
  return sum;
}

Complexd geometrical_optics(double n, bool soft, double kr_in, double phi_in, double kr, double phi) {
  const double difference = std::abs(phi - phi_in), sum = phi + phi_in, r = soft ? -1 : 1;
  const auto at = [&](double angle) {
    return hankel2(0, std::sqrt(kr * kr + kr_in * kr_in - 2 * kr * kr_in * std::cos(angle)));
  };
  Complexd total;
  if (difference < kPi) total += at(difference);
  if (sum < kPi) total += r * at(sum);
  if (2 * n * kPi - sum < kPi) total += r * at(2 * n * kPi - sum);
  return total;
}

Complexd with_diffraction(double n, bool soft, double kr_in, double phi_in, double kr, double phi) {
  const EdgeMatrix<double> m =
      diffraction_matrix(ray(n, phi_in, phi, kr * kr_in / (kr + kr_in)), conductor(), conductor(), kWavelength);
  // incidence continued by the straight ray is the line source's field at the whole length
  return geometrical_optics(n, soft, kr_in, phi_in, kr, phi) + (soft ? m.qq : m.pp) * hankel2(0, kr + kr_in);
}

using Field = std::function<Complexd(double phi)>;
double relative_l2(double n, const Field& f, const Field& exact) {
  double error = 0, norm = 0;
  const int samples = 240;
  for (int i = 0; i < samples; ++i) {
    const double phi = n * kPi * (i + 0.5) / samples;
    error += norm2(f(phi) - exact(phi));
    norm += norm2(exact(phi));
  }
  return std::sqrt(error / norm);
}

TEST(Utd, IsTheExactWedgeToItsAsymptoticAccuracy) {
  // Within a transition zone of width (k L)^-1/2 the phase is right to k L delta^4, that is to 1 / (k L): the relative
  // L2 error falls as (k L)^-5/4, with a factor of order 1e-2 (prototypes: 2e-4 at k L = 21, 1.6e-3 at 4.2).
  struct Case {
    double n, degrees, r_in, r;
  };
  for (const Case& c : {Case{1.5, 50, 8, 6}, Case{1.5, 150, 8, 6}, Case{2, 50, 8, 6}, Case{1.25, 50, 8, 6},
                        Case{1.5, 50, 2, 1}, Case{1.5, 50, 4, 2}, Case{1.5, 50, 16, 8}, Case{2, 100, 2, 1}}) {
    for (const bool soft : {true, false}) {
      const double phi_in = c.degrees * kPi / 180, kr_in = 2 * kPi * c.r_in, kr = 2 * kPi * c.r;
      const Field exact = [&](double phi) { return wedge_series(c.n, soft, kr_in, phi_in, kr, phi); };
      const double utd = relative_l2(
          c.n, [&](double phi) { return with_diffraction(c.n, soft, kr_in, phi_in, kr, phi); }, exact);
      const double go = relative_l2(
          c.n, [&](double phi) { return geometrical_optics(c.n, soft, kr_in, phi_in, kr, phi); }, exact);
      EXPECT_LT(utd, 0.02 * std::pow(kr * kr_in / (kr + kr_in), -1.25)) << c.n << " " << c.degrees << " " << soft;
      EXPECT_GT(go, 50 * utd) << c.n << " " << c.degrees << " " << soft;
    }
  }
}

/// The integral from a to infinity of exp(-j u^2), for any a.
Complexd fresnel_from(double a) {
  if (a < 0) return std::sqrt(kPi / 2) * Complexd{1, -1} - fresnel_from(-a);
  return (0.5 * std::sqrt(kPi)) * expj(-kPi / 4 - a * a) * transition(a);
}

TEST(Utd, IsSommerfeldsHalfPlaneExactly) {
  // plane wave exp(j k r cos(phi - phi')): the theory has no error for n = 2
  for (const double phi_in : {0.3, 1.2, 2.9}) {
    for (const double kr : {0.5, 7.0, 300.0}) {
      for (double phi = 0.05; phi < 2 * kPi; phi += 0.31) {
        const auto half = [&](double beta) {
          return std::sqrt(1 / kPi) * expj(kPi / 4) * expj(kr * std::cos(beta)) *
                 fresnel_from(-std::sqrt(2 * kr) * std::cos(0.5 * beta));
        };
        const auto m = diffraction_matrix(ray(2, phi_in, phi, kr), conductor(), conductor(), kWavelength);
        for (const double r : {-1.0, 1.0}) {
          const Complexd exact = half(phi - phi_in) + r * half(phi + phi_in);
          Complexd total = expj(-kr) * (r < 0 ? m.qq : m.pp);
          if (std::abs(phi - phi_in) < kPi) total += expj(kr * std::cos(phi - phi_in));
          if (phi + phi_in < kPi) total += r * expj(kr * std::cos(phi + phi_in));
          EXPECT_NEAR(abs(total - exact), 0, kRounding * (1 + kr)) << phi_in << " " << kr << " " << phi << " " << r;
        }
      }
    }
  }
}

// ---- Form
// ------------------------------------------------------------------------------------------------------------

/// Kouyoumjian and Pathak's F by Simpson's rule along the path on which the integrand decays.
Complexd f_by_quadrature(double x) {
  const double end = 7, h = 1e-3;
  const int n = int(end / h);
  Complexd sum;
  for (int i = 0; i <= n; ++i) {
    const double t = i * h, a = std::sqrt(2 * x) * t;
    sum += (i == 0 || i == n ? 1.0 : i % 2 ? 4.0 : 2.0) * std::exp(-t * t - a) * expj(-a);
  }
  return (2 * std::sqrt(x) * h / 3) * expj(kPi / 4) * sum;
}

/// -exp(-j pi / 4) / (2 n sqrt(2 pi k L)) cot(.) F(.), in the units of the matrix.
Complexd classical_term(double beta, double n, double k_l, double sign) {
  const double turns = std::round((beta + sign * kPi) / (2 * kPi * n));
  const double cosine = std::cos(0.5 * (2 * kPi * n * turns - beta)), a = 2 * cosine * cosine;
  const double cotangent = 1 / std::tan((kPi + sign * beta) / (2 * n));
  return (-cotangent / (2 * n * std::sqrt(2 * kPi * k_l))) * expj(-kPi / 4) * f_by_quadrature(k_l * a);
}

TEST(Utd, IsTheClassicalCoefficientAwayFromTheBoundaries) {
  for (const double n : {1.1, 1.5, 1.8, 2.0}) {
    for (const double k_l : {0.3, 8.0, 90.0}) {
      for (const double phi_in : {0.2, 1.4, 0.8 * n * kPi}) {
        for (const double part : {0.07, 0.31, 0.56, 0.83, 0.95}) {
          const double phi = part * n * kPi, minus = phi - phi_in, plus = phi + phi_in;
          const Complexd direct = classical_term(minus, n, k_l, 1) + classical_term(minus, n, k_l, -1);
          const Complexd mirrored = classical_term(plus, n, k_l, 1) + classical_term(plus, n, k_l, -1);
          const auto m = diffraction_matrix(ray(n, phi_in, phi, k_l), conductor(), conductor(), kWavelength);
          // Simpson: h^4 / 180 times the fourth derivative, at most (2 sqrt(kL) + 2)^4
          const double tolerance = 1e-11 + 1e-14 * std::pow(2 * std::sqrt(k_l) + 2, 4);
          EXPECT_NEAR(abs(m.qq - (direct - mirrored)), 0, tolerance) << n << " " << k_l << " " << phi_in << " " << phi;
          EXPECT_NEAR(abs(m.pp - (direct + mirrored)), 0, tolerance);
          EXPECT_EQ(abs(m.qp) + abs(m.pq), 0);
        }
      }
    }
  }
}

// ---- Laws
// ------------------------------------------------------------------------------------------------------------

TEST(Utd, SoftAndLossyFieldsVanishOnTheFaces) {
  for (const double n : {1.25, 1.5, 2.0}) {
    for (const double phi_in : {0.4, 1.3, 0.7 * n * kPi}) {
      for (const double phi_out : {0.0, n * kPi}) {
        const auto metal =
            diffraction_matrix(ray(n, phi_in, phi_out, 20, 0.8, 0.6), conductor(), conductor(), kWavelength);
        EXPECT_NEAR(abs(metal.qq), 0, kRounding);
        const auto lossy = diffraction_matrix(ray(n, phi_in, phi_out, 20, 0.8, 0.6), slab("concrete", 0.2),
                                              slab("wood", 0.05), kWavelength);
        for (const Complexd& c : {lossy.qq, lossy.qp, lossy.pq, lossy.pp}) {
          EXPECT_NEAR(abs(c), 0, kRounding) << n << " " << phi_in << " " << phi_out;
        }
      }
    }
  }
}

TEST(Utd, IsReciprocal) {
  // Reversed, p changes its sign and q does not: M' = S M^T S, S = diag(1, -1).
  for (const double n : {1.25, 1.5, 2.0}) {
    for (const bool transmits : {false, true}) {
      for (const double cos_beta : {0.0, 0.6, -0.3}) {
        const double sin_beta = std::sqrt(1 - cos_beta * cos_beta);
        for (const auto& [in, out] : {std::pair{0.3, 1.9}, std::pair{0.7, 0.9 * n * kPi}, std::pair{1.1, 1.1 + kPi}}) {
          const MaterialProperties a = slab("concrete", 0.1), b = n == 2 ? a : slab("glass", 0.01);
          WedgeRay<double> forth = ray(n, in, out, 12, sin_beta, cos_beta),
                           back = ray(n, out, in, 12, sin_beta, -cos_beta);
          forth.end_a = back.end_a = -0.7;
          forth.end_b = back.end_b = 3.1;
          forth.transmits = back.transmits = transmits;
          forth.sides[0] = back.sides[0] = 1;  // of the pair that stands on the incidence boundary
          const auto m = diffraction_matrix(forth, a, b, kWavelength), r = diffraction_matrix(back, a, b, kWavelength);
          EXPECT_NEAR(abs(m.qq - r.qq), 0, kRounding);
          EXPECT_NEAR(abs(m.pp - r.pp), 0, kRounding);
          EXPECT_NEAR(abs(m.qp + r.pq), 0, kRounding);
          EXPECT_NEAR(abs(m.pq + r.qp), 0, kRounding);
        }
      }
    }
  }
}

TEST(Utd, FromOutsideInIsReciprocalAndVanishesOnTheFaces) {
  const MaterialProperties a = slab("concrete", 0.1), b = slab("glass", 0.01);
  const double n = 1.5, n_pi = n * kPi;
  for (const double cos_beta : {0.0, 0.6, -0.3}) {
    const double sin_beta = std::sqrt(1 - cos_beta * cos_beta);
    // boundaries: face n's image inside, the straight ray, face 0's image
    for (const double outer : {0.7, 2.3, 3.9}) {
      for (const double inner : {n_pi + 0.2, n_pi + 1.3}) {
        WedgeRay<double> in = ray(n, outer, inner, 12, sin_beta, cos_beta),
                         out = ray(n, inner, outer, 12, sin_beta, -cos_beta);
        in.transmits = out.transmits = true;
        const auto m = diffraction_matrix(in, a, b, kWavelength), r = diffraction_matrix(out, a, b, kWavelength);
        EXPECT_GT(abs(m.qq), 1e-4);
        EXPECT_NEAR(abs(m.qq - r.qq), 0, kRounding);
        EXPECT_NEAR(abs(m.pp - r.pp), 0, kRounding);
        EXPECT_NEAR(abs(m.qp + r.pq), 0, kRounding);
        EXPECT_NEAR(abs(m.pq + r.qp), 0, kRounding);
      }
      for (const double face : {n_pi + 1e-9, 2 * kPi - 1e-9}) {
        WedgeRay<double> r = ray(n, outer, face, 12, sin_beta, cos_beta);
        r.transmits = true;
        const auto m = diffraction_matrix(r, a, b, kWavelength);
        EXPECT_NEAR(abs(m.qq) + abs(m.pp) + abs(m.qp) + abs(m.pq), 0, 1e-8);
      }
    }
    // one boundary becomes the other as the source crosses a face's plane
    for (const double plane : {kPi, n_pi - kPi}) {
      const double e = 1e-7;
      WedgeRay<double> below = ray(n, plane - e, n_pi + 0.8, 12, sin_beta, cos_beta),
                       above = ray(n, plane + e, n_pi + 0.8, 12, sin_beta, cos_beta);
      below.transmits = above.transmits = true;
      const auto m = diffraction_matrix(below, a, b, kWavelength), r = diffraction_matrix(above, a, b, kWavelength);
      EXPECT_GT(abs(m.qq), 1e-3);
      EXPECT_NEAR(abs(m.qq - r.qq), 0, 1e-4);  // slopes of the coefficients at grazing: tens
      EXPECT_NEAR(abs(m.pp - r.pp), 0, 1e-4);
    }
  }
}

TEST(Utd, WallsThatAreHardlyThereHardlyDiffract) {
  // R and 1 - T are of the order of k d (eta - 1) / sin(alpha), and so is the field: through screens and corners, lit
  // or not, at least 0.1 rad from the faces.
  for (const double n : {1.25, 1.5, 2.0}) {
    for (const double phi_in : {0.3, 1.2, 2.6, 0.8 * n * kPi}) {
      for (double phi = 0.1; phi < n * kPi - 0.1; phi += 0.37) {
        WedgeRay<double> r = ray(n, phi_in, phi, 12, 0.8, 0.6);
        r.transmits = true;
        double before = 0;
        for (const double thickness : {1e-5, 1e-6}) {
          const MaterialProperties film = slab("wood", thickness);
          const auto m = diffraction_matrix(r, film, film, kWavelength);
          const double size = abs(m.qq) + abs(m.qp) + abs(m.pq) + abs(m.pp);
          const double weak = 2 * kPi * thickness / kWavelength * abs(film.eta - Complexd{1, 0}) / std::sin(0.1);
          EXPECT_LT(size, 8 * weak) << n << " " << phi_in << " "
                                    << phi;  // four terms of at most 1/2, two walls, q and p
          if (before > 0) {
            EXPECT_NEAR(size / before, 0.1, 0.02);
          }
          before = size;
        }
      }
    }
  }
}

TEST(Utd, AFlatWedgeDiffractsNothing) {
  for (const double phi_in : {0.3, 1.5, 2.6}) {
    for (double phi = 0.1; phi < kPi; phi += 0.3) {
      const auto m = diffraction_matrix(ray(1, phi_in, phi, 15), conductor(), conductor(), kWavelength);
      EXPECT_NEAR(abs(m.qq), 0, kRounding);
      EXPECT_NEAR(abs(m.pp), 0, kRounding);
    }
  }
}

// ---- Continuity of the total
// -----------------------------------------------------------------------------------------

using Faces = std::pair<MaterialProperties, MaterialProperties>;

CVec3<double> transverse(const Vec3d& v, const Vec3d& k) { return {v - dot(v, k) * k, {}}; }

/// A slab's mirror or passage, by TE and TM.
CVec3<double> at_slab(const MaterialProperties& m, const Vec3d& normal, bool mirror, Vec3d& k, const CVec3<double>& e) {
  const SlabCoefficients<double> c = coefficients(std::abs(dot(k, normal)), m, kWavelength);
  const Vec3d te = normalized(cross(k, normal)), tm_in = cross(k, te);
  if (mirror) k = k - 2 * dot(k, normal) * normal;
  const Vec3d tm_out = cross(k, te);
  return ((mirror ? c.r_te : c.t_te) * dot(e, te)) * te + ((mirror ? c.r_tm : c.t_tm) * dot(e, tm_in)) * tm_out;
}

/// A point source with the moment `p` before a wedge whose edge is the z axis and whose face 0 is y = 0, x > 0.
struct Scene {
  double n;
  Faces faces;
  bool transmits;
  double phi_in, rho_in, rho_out, height;
  Vec3d p;

  static Vec3d at(double rho, double phi, double z) { return {rho * std::cos(phi), rho * std::sin(phi), z}; }
  Vec3d source() const { return at(rho_in, phi_in, 0); }
  double wavenumber() const { return 2 * kPi / kWavelength; }
  Vec3d normal_0() const { return {0, 1, 0}; }
  Vec3d normal_n() const { return {std::sin(n * kPi), -std::cos(n * kPi), 0}; }

  CVec3<double> straight(double phi) const {
    const Vec3d to = at(rho_out, phi, height) - source(), k = normalized(to);
    const CVec3<double> e = ((1 / norm(to)) * expj(-wavenumber() * norm(to))) * transverse(p, k);
    if (std::abs(phi - phi_in) < kPi) return e;
    if (!transmits) return {};
    Vec3d along = k;
    if (n == 2) return at_slab(faces.first, normal_0(), false, along, e);
    const bool from_0 = phi > phi_in;
    const auto& [first, second] = from_0 ? faces : Faces{faces.second, faces.first};
    const CVec3<double> inside = at_slab(first, from_0 ? normal_0() : normal_n(), false, along, e);
    return at_slab(second, from_0 ? normal_n() : normal_0(), false, along, inside);
  }
  CVec3<double> mirrored(double phi, bool face_n) const {
    const double in = face_n ? n * kPi - phi_in : phi_in, out = face_n ? n * kPi - phi : phi;
    if (in + out > kPi) return {};
    const Vec3d normal = face_n ? normal_n() : normal_0(), target = at(rho_out, phi, height);
    const Vec3d image = target - 2 * dot(target, normal) * normal, to = image - source();
    Vec3d k = normalized(to);
    const MaterialProperties& m = face_n ? faces.second : faces.first;
    return ((1 / norm(to)) * expj(-wavenumber() * norm(to))) * at_slab(m, normal, true, k, transverse(p, k));
  }
  CVec3<double> diffracted(double phi) const {
    const Vec3d q{0, 0, height * rho_in / (rho_in + rho_out)}, target = at(rho_out, phi, height), e{0, 0, 1};
    const double s_in = norm(q - source()), s_out = norm(target - q), length = s_in + s_out;
    const Vec3d k_in = (q - source()) / s_in, k_out = (target - q) / s_out;
    const double sin_beta = rho_in / s_in, l = sin_beta * sin_beta * s_in * s_out / length;
    WedgeRay<double> r = ray(n, phi_in, phi, wavenumber() * l, sin_beta, k_in.z);
    r.transmits = transmits;
    const auto m = diffraction_matrix(r, faces.first, faces.second, kWavelength);
    const Vec3d p_in = cross(k_in, e) / sin_beta, q_in = cross(p_in, k_in);
    const Vec3d p_out = cross(k_out, e) / sin_beta, q_out = cross(p_out, k_out);
    const CVec3<double> incident = ((1 / length) * expj(-wavenumber() * length)) * transverse(p, k_in);
    const Complexd in_q = dot(incident, q_in), in_p = dot(incident, p_in);
    return (m.qq * in_q + m.qp * in_p) * q_out + (m.pq * in_q + m.pp * in_p) * p_out;
  }
  CVec3<double> total(double phi) const {
    return straight(phi) + mirrored(phi, false) + mirrored(phi, true) + diffracted(phi);
  }
};

double size(const CVec3<double>& v) { return std::sqrt(norm2(v.re) + norm2(v.im)); }

/// The total's jump at a boundary: both sides, 1e-6 rad from each other, brought onto it along their own slopes.
double jump(const Scene& s, double boundary) {
  const double h = 0.5e-6;
  const auto limit = [&](double d) {
    const CVec3<double> near = s.total(boundary + d), far = s.total(boundary + 2 * d);
    return CVec3<double>{2.0 * near.re - far.re, 2.0 * near.im - far.im};
  };
  const CVec3<double> above = limit(h), below = limit(-h);
  return size({above.re - below.re, above.im - below.im});
}

TEST(Utd, TotalFieldIsContinuousAcrossEveryBoundary) {
  const Faces metal{conductor(), conductor()};
  const Faces lossy{slab("concrete", 0.2), slab("glass", 0.01)}, mixed{conductor(), slab("wood", 0.03)};
  int checked = 0;
  for (const double n : {1.25, 1.5, 2.0}) {
    for (const double height : {0.0, 1.7}) {
      for (const double part : {0.13, 0.37, 0.81}) {
        for (const Vec3d& p : {Vec3d{0, 0, 1}, Vec3d{0.6, -0.8, 0}}) {
          for (int material = 0; material < 4; ++material) {
            Scene s{n,
                    material == 0 ? metal : material == 1 ? mixed : lossy,
                    material == 3,
                    part * n * kPi,
                    2.1,
                    1.6,
                    height,
                    p};
            if (n == 2 && material > 1) s.faces.second = s.faces.first;
            const double in = s.phi_in, direct = s.wavenumber() / (s.rho_in + s.rho_out) / s.wavenumber();
            // the second differences: (h k rho)^2 of the field, with what varies faster (slabs of many wavelengths)
            const double tolerance = 1e-12 * std::pow(s.wavenumber() * (s.rho_in + s.rho_out), 2) * direct;
            for (const double boundary : {in + kPi, in - kPi, kPi - in, (2 * n - 1) * kPi - in}) {
              if (boundary < 1e-3 || boundary > n * kPi - 1e-3) continue;
              EXPECT_LT(jump(s, boundary), tolerance)
                  << "n " << n << " height " << height << " phi' " << in << " material " << material << " boundary "
                  << boundary << " p.z " << p.z;
              ++checked;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(checked, 200);
}

TEST(Utd, ContinuityIsNotTrivial) {
  // without the diffracted field the same test finds the whole of the missing ray
  Scene s{1.5, {slab("concrete", 0.2), slab("concrete", 0.2)}, false, 0.9, 2.1, 1.6, 0, {0, 0, 1}};
  const double h = 0.5e-6;
  EXPECT_NEAR(size(s.straight(0.9 + kPi - h)), 1 / (2.1 + 1.6), 1e-6);
  EXPECT_EQ(size(s.straight(0.9 + kPi + h)), 0);
  EXPECT_GT(size(s.mirrored(kPi - 0.9 - h, false)), 0.1);
  EXPECT_EQ(size(s.mirrored(kPi - 0.9 + h, false)), 0);
}

}  // namespace
}  // namespace raywave::em
