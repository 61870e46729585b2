// SPDX-License-Identifier: Apache-2.0
// The rows of `raywave validate` for edges of lossy bodies: the total field of a plane wave at a wedge against the
// exact solution for constant surface impedance (tests/data/impedance_wedge.csv), by region, material and polarisation:
// the library's matrix fed with that impedance, the same with slabs' coefficients, and two other forms for comparison.
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/em/utd.h"
#include "raywave/validate/data.h"
#include "raywave/validate/validation.h"
#include "raywave/wave/cases.h"

namespace raywave::validate {
namespace {

using Cx = std::complex<double>;
constexpr double kDegree = kPi / 180;
constexpr size_t kMetal = 4;
constexpr std::array<const char*, 5> kMaterials{"concrete", "brick", "glass", "wet ground", "metal"};
enum Region : size_t { kReflection, kIncidence, kShadow, kDeep, kFace, kNone };
constexpr std::array<const char*, 5> kRegions{"reflection boundary", "incidence boundary", "shadow", "deep shadow",
                                              "last 10 degrees to the face"};

struct Sample {
  double phi;
  Cx field;
};
struct WedgeCase {
  size_t material;
  Cx eta;
  bool tm;
  double n, phi_in, k_rho;
  std::vector<Sample> samples;

  Cx impedance_sine() const { return tm ? 1.0 / std::sqrt(eta) : std::sqrt(eta); }
  Region region_of(double phi) const {
    const double degrees = phi / kDegree, behind = (phi - phi_in) / kDegree - 180;
    if (behind > -10 && n * 180 - degrees < 10) return kFace;
    if (behind > 40) return kDeep;
    if (behind > 10) return kShadow;
    if (behind > -10) return kIncidence;
    return std::abs(degrees - 180 + phi_in / kDegree) < 10 ? kReflection : kNone;
  }
};

std::vector<WedgeCase> wedge_cases() {
  std::vector<WedgeCase> cases;
  for (const std::vector<double>& v : wave::parse_csv(impedance_wedge_csv())) {
    WedgeCase c{size_t(v[0]), {v[1], v[2]}, v[3] == 1, v[4], v[5] * kDegree, v[6], {}};
    for (size_t i = 7; i + 2 < v.size(); i += 3) c.samples.push_back({v[i] * kDegree, {v[i + 1], v[i + 2]}});
    cases.push_back(std::move(c));
  }
  return cases;
}

/// Faces of constant surface impedance, as em::boundary_terms wants them. One polarisation; normal incidence.
struct ImpedanceFaces {
  Cx sine;
  Cx reflection(double sin_alpha) const { return (sin_alpha - sine) / (sin_alpha + sine); }
  bool perfect_conductor(size_t) const { return false; }
  double specular_scale(size_t) const { return 1; }
  em::SlabCoefficients<double> at(size_t, double cos_theta_i) const {
    const Cx r = reflection(cos_theta_i);
    const Complexd c{r.real(), r.imag()};
    return {c, c, {}, {}};
  }
};

em::WedgeRay<double> ray_of(const WedgeCase& c, double phi) {
  const double inf = std::numeric_limits<double>::infinity();
  return {c.n * kPi, c.phi_in, phi, 1, 0, c.k_rho, -inf, inf};
}

/// exp(-j k rho) times the diffracted field's factor.
using Diffracted = std::function<Cx(const WedgeCase&, double phi)>;
using Reflected = std::function<Cx(const WedgeCase&, double sin_alpha)>;

Cx total(const WedgeCase& c, double phi, const Diffracted& diffracted, const Reflected& r) {
  const double sum = phi + c.phi_in, far = 2 * c.n * kPi - sum;
  const auto wave = [&](double angle) { return std::polar(1.0, c.k_rho * std::cos(angle)); };
  Cx field = std::polar(1.0, -c.k_rho) * diffracted(c, phi);
  if (std::abs(phi - c.phi_in) < kPi) field += wave(phi - c.phi_in);
  if (sum < kPi) field += r(c, std::sin(c.phi_in)) * wave(sum);
  if (far < kPi) field += r(c, std::sin(c.n * kPi - c.phi_in)) * wave(far);
  return field;
}

Cx entry(const em::EdgeMatrix<double>& m, bool tm) { return tm ? Cx(m.pp.re, m.pp.im) : Cx(m.qq.re, m.qq.im); }

Cx impedance_reflection(const WedgeCase& c, double sin_alpha) {
  return ImpedanceFaces{c.impedance_sine()}.reflection(sin_alpha);
}
Cx ours(const WedgeCase& c, double phi) {
  return entry(em::diffraction_matrix(ray_of(c, phi), ImpedanceFaces{c.impedance_sine()}), c.tm);
}

/// A body so thick that nothing comes back from its other side.
em::MaterialProperties half_space(const WedgeCase& c) {
  em::MaterialProperties m;
  m.eta = {c.eta.real(), c.eta.imag()};
  m.thickness_m = 1e4;
  return m;
}
Cx slab_reflection(const WedgeCase& c, double sin_alpha) {
  const auto s = em::coefficients(sin_alpha, half_space(c), 0.1);
  return c.tm ? Cx(s.r_tm.re, s.r_tm.im) : Cx(s.r_te.re, s.r_te.im);
}
Cx ours_with_slabs(const WedgeCase& c, double phi) {
  return entry(em::diffraction_matrix(ray_of(c, phi), half_space(c), half_space(c), 0.1), c.tm);
}

/// Other coefficients C_b with the same transition functions. @param coefficients  in the order of em::boundary_terms.
Cx with_coefficients(const WedgeCase& c, double phi, const std::array<Cx, 4>& coefficients) {
  const double inf = std::numeric_limits<double>::infinity();
  em::MaterialProperties metal;
  metal.perfect_conductor = true;
  const auto terms = em::boundary_terms(ray_of(c, phi), metal, metal, 0.1);
  Cx sum;
  for (size_t b = 0; b < 4; ++b) {
    const Complexd w = em::edge_transition(terms[b].v, -inf, inf);
    sum += coefficients[b] * terms[b].coefficient.pp.re * Cx(w.re, w.im);  // hard: C_b = 1
  }
  return sum;
}
/// Luebbers 1984 (IEEE Trans. AP 32, 70).
Cx luebbers(const WedgeCase& c, double phi) {
  const Cx r0 = impedance_reflection(c, std::abs(std::sin(c.phi_in))),
           rn = impedance_reflection(c, std::abs(std::sin(c.n * kPi - phi)));
  return with_coefficients(c, phi, {1, 1, rn, r0});
}
/// Sionna RT 2.2's; tests/reference_wedge_test.cpp holds it against that package's own figures.
Cx sionna(const WedgeCase& c, double phi) {
  const double at_n = c.n * kPi - c.phi_in;
  const Cx r0 = impedance_reflection(c, std::abs(std::sin(c.phi_in))),
           rn = at_n < kPi ? impedance_reflection(c, std::sin(at_n)) : Cx(1);
  return with_coefficients(c, phi, {r0, rn, -rn, -r0});
}

/// Errors of the total in dB, [material][TM][region].
using Errors = std::array<std::array<std::array<std::vector<double>, 5>, 2>, 5>;
Errors errors_of(const std::vector<WedgeCase>& cases, const Diffracted& diffracted, const Reflected& reflected) {
  Errors e;
  for (const WedgeCase& c : cases) {
    for (const Sample& s : c.samples) {
      const Region region = c.region_of(s.phi);
      if (region == kNone) continue;
      const double ratio = std::abs(total(c, s.phi, diffracted, reflected)) / std::abs(s.field);
      e[c.material][size_t(c.tm)][region].push_back(std::abs(20 * std::log10(ratio)));
    }
  }
  return e;
}
double mean(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / double(v.size());
}
double percentile_95(std::vector<double> v) {
  const size_t k = v.size() * 95 / 100;
  std::nth_element(v.begin(), v.begin() + ptrdiff_t(k), v.end());
  return v[k];
}
std::vector<double> lossy(const Errors& e, size_t tm, size_t region) {
  std::vector<double> all;
  for (size_t m = 0; m < kMetal; ++m) all.insert(all.end(), e[m][tm][region].begin(), e[m][tm][region].end());
  return all;
}

/// The largest mean error [dB] that a row may have, by region. What a product of two reflections leaves out of the
/// wedge's angular spectrum has no bound in closed form. 0.5 dB (TE) and 0.3 dB (TM) in the shadows and 0.1 dB for
/// metal are what is asked of the form; the others guard what was measured (0.02 to 0.04 at the boundaries, 0.65
/// and 2.6 next to the face, where the first order vanishes while the true field does not) and were set after
/// measuring.
constexpr double kBound[2][5] = {{0.1, 0.1, 0.5, 0.5, 1}, {0.1, 0.1, 0.3, 0.3, 5}};
/// The same for the 95th percentile: ln 20 = 3 means, as of an exponential; next to the face, where it was 3.6 and 14
/// dB and has no such form, set after measuring.
constexpr double kBound95[2][5] = {{0.3, 0.3, 1.5, 1.5, 5}, {0.3, 0.3, 0.9, 0.9, 25}};
constexpr double kMetalBound = 0.1;
/// What is asked holds for the lossy materials together. One alone may be above: deep in the shadow, TM, brick has
/// 0.305 over the whole set and concrete 0.309 over the points drawn (0.287 over all). A quarter more is allowed, by
/// choice.
constexpr double kOneMaterial = 1.25;

std::string row_name(const char* what, bool tm) {
  return message("diffraction: impedance wedge, ", what, ", ", tm ? "TM" : "TE");
}
void add_summary(const Errors& e, const char* what, bool compared, std::vector<ValidationRow>& rows) {
  const double no_bound = std::numeric_limits<double>::infinity();
  for (size_t tm = 0; tm < 2; ++tm) {
    for (size_t r = 0; r < 5; ++r) {
      const auto all = lossy(e, tm, r);
      const std::string name = row_name(what, tm), where = kRegions[r];
      rows.push_back({name, where + ": mean error [dB]", 0, mean(all), compared ? no_bound : kBound[tm][r], compared});
      rows.push_back({name, where + ": 95th percentile [dB]", 0, percentile_95(all),
                      compared ? no_bound : kBound95[tm][r], compared});
    }
  }
}

}  // namespace

std::vector<ValidationRow> wedge_validation_rows() {
  const std::vector<WedgeCase> cases = wedge_cases();
  const Errors fed = errors_of(cases, ours, impedance_reflection);
  std::vector<ValidationRow> rows;
  for (size_t m = 0; m < kMaterials.size(); ++m) {
    for (size_t tm = 0; tm < 2; ++tm) {
      for (size_t r = 0; r < 5; ++r) {
        rows.push_back({row_name(kMaterials[m], tm), message(kRegions[r], ": mean error [dB]"), 0, mean(fed[m][tm][r]),
                        m == kMetal ? kMetalBound : kOneMaterial * kBound[tm][r]});
      }
    }
  }
  add_summary(fed, "lossy", false, rows);
  add_summary(errors_of(cases, ours_with_slabs, slab_reflection), "lossy, with slabs' coefficients", true, rows);
  add_summary(errors_of(cases, luebbers, impedance_reflection), "lossy, Luebbers 1984", true, rows);
  add_summary(errors_of(cases, sionna, impedance_reflection), "lossy, Sionna RT 2.2", true, rows);
  return rows;
}

}  // namespace raywave::validate
