// SPDX-License-Identifier: Apache-2.0
// The strip of `raywave validate`: two edges of one sheet, both of whose faces carry the rays between them, against the
// method of moments.
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "raywave/core/constants.h"
#include "raywave/em/antenna.h"
#include "raywave/paths/path_solver.h"
#include "raywave/scene/scene.h"
#include "raywave/scene/shapes.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Cx = std::complex<double>;

/// A perfectly conducting strip |y| < 7.5 wavelengths in the plane z = 0 and a line source at 1 GHz: the total over the
/// incident field 7 m from the middle, at -165, -135 ... 165 degrees from y towards z. Moments in y = a cos(t), where
/// the currents are analytic: for E along the edges (soft) collocation on the middles of 700 intervals of t with the
/// kernel's logarithm taken out and integrated exactly over cosines; across (hard) Galerkin's method with sin(m t), m <
/// 110, the second derivative moved to both sides. Against 500 intervals and 80 functions: equal to 1e-13.
struct StripCase {
  double y_m, z_m;                          // of the source
  std::array<std::array<Cx, 2>, 12> total;  // soft, hard
};
const std::array<StripCase, 4> kStripCases{{
    {6.0,
     5.0,
     {{{Cx(0.947859, 0.279918), Cx(0.850409, 0.122952)},
       {Cx(-0.006994, 0.159244), Cx(0.010471, 0.285495)},
       {Cx(0.770193, 0.253982), Cx(0.813238, 0.240259)},
       {Cx(0.910398, -0.046574), Cx(0.992888, -0.019917)},
       {Cx(1.058600, 0.034168), Cx(1.042122, -0.007270)},
       {Cx(1.024478, 0.040764), Cx(1.020026, -0.018449)},
       {Cx(1.003138, 0.032732), Cx(0.982006, 0.005551)},
       {Cx(1.004485, 0.021531), Cx(0.989108, -0.008569)},
       {Cx(1.052103, 0.031568), Cx(0.996504, -0.012270)},
       {Cx(1.256181, -0.030153), Cx(0.775030, 0.043701)},
       {Cx(0.478894, -0.705483), Cx(1.610548, 0.642059)},
       {Cx(1.222803, -0.155173), Cx(0.816106, -0.016656)}}}},
    {8.669,
     0.5,
     {{{Cx(0.811486, 0.418497), Cx(0.824632, 0.174944)},
       {Cx(0.939421, -0.139668), Cx(0.972897, -0.050689)},
       {Cx(1.065297, 0.062056), Cx(0.982474, 0.009602)},
       {Cx(0.952292, -0.038006), Cx(0.982327, -0.006448)},
       {Cx(1.036127, 0.024127), Cx(0.992477, 0.007477)},
       {Cx(0.986677, -0.024089), Cx(1.004378, -0.006954)},
       {Cx(0.980956, 0.014921), Cx(1.006645, 0.002828)},
       {Cx(0.963134, 0.017314), Cx(1.002358, 0.009660)},
       {Cx(0.993859, 0.058493), Cx(0.996073, -0.017709)},
       {Cx(0.965662, 0.081183), Cx(1.014832, 0.012743)},
       {Cx(0.855795, -0.042923), Cx(1.055589, 0.011705)},
       {Cx(1.412008, -0.198375), Cx(0.754117, 0.021037)}}}},
    {1.0,
     2.5,
     {{{Cx(1.177339, 0.174463), Cx(1.014062, 0.114568)},
       {Cx(0.021800, 0.106874), Cx(0.063768, 0.230440)},
       {Cx(-0.009569, -0.023911), Cx(-0.028735, -0.075827)},
       {Cx(0.093202, -0.015641), Cx(0.194387, -0.058311)},
       {Cx(0.541751, 0.094246), Cx(0.613097, 0.077539)},
       {Cx(1.073012, -0.113768), Cx(0.978216, -0.036030)},
       {Cx(1.043537, 0.113310), Cx(0.962345, -0.003383)},
       {Cx(1.194641, -0.287681), Cx(0.834609, 0.241810)},
       {Cx(1.601552, -0.148127), Cx(0.457810, 0.102268)},
       {Cx(1.007009, 0.733408), Cx(1.030214, -0.748574)},
       {Cx(1.503063, 0.632783), Cx(0.429483, -0.549457)},
       {Cx(0.766961, 0.002085), Cx(1.085258, 0.066512)}}}},
    {8.669,
     0.054,
     {{{Cx(1.204475, 0.370967), Cx(1.003840, 0.025735)},
       {Cx(1.031632, 0.144433), Cx(1.002228, 0.005692)},
       {Cx(0.945383, 0.070438), Cx(0.998551, -0.001674)},
       {Cx(0.952973, -0.036895), Cx(0.998066, -0.000482)},
       {Cx(1.039826, -0.014160), Cx(1.000281, 0.001093)},
       {Cx(0.983007, -0.019663), Cx(1.000205, -0.000817)},
       {Cx(0.980411, 0.016519), Cx(1.000803, 0.000212)},
       {Cx(0.976984, -0.035101), Cx(0.999012, 0.000528)},
       {Cx(0.964120, 0.047512), Cx(1.000445, -0.001935)},
       {Cx(1.047800, 0.074984), Cx(1.002059, -0.000798)},
       {Cx(1.123357, 0.081174), Cx(0.994437, -0.002514)},
       {Cx(1.294058, 0.304648), Cx(0.989583, -0.023832)}}}},
}};

/// The strip 800 m tall, seen from its middle: a point source's paths, each of length L, over the direct one's of
/// length d, times sqrt(L / d) are those of the line source.
std::array<Cx, 2> ratio_of(const paths::Paths& p, double direct_m) {
  std::array<Cx, 2> sum{};
  const double unit = kSpeedOfLight / p.frequency_hz / (4 * kPi * direct_m);
  for (size_t i = 0; i < p.tau_s.size(); ++i) {
    const double length = p.tau_s[i] * kSpeedOfLight;
    const Cx phase = std::exp(Cx(0, -2 * kPi * p.frequency_hz / kSpeedOfLight * (length - direct_m)));
    // rows (theta_r, phi_r), columns (theta_t, phi_t): theta along the edges at both ends; phi turns its sign
    const Complexd soft = p.transfer[4 * i], hard = p.transfer[4 * i + 3];
    sum[0] += std::sqrt(length / direct_m) / unit * phase * Cx(soft.re, soft.im);
    sum[1] -= std::sqrt(length / direct_m) / unit * phase * Cx(hard.re, hard.im);
  }
  return sum;
}

}  // namespace

std::vector<ValidationRow> strip_validation_rows(const std::string& filter, int num_threads) {
  const std::string name = "diffraction: metal strip of 15 wavelengths, two edges, against moments";
  if (name.find(filter) == std::string::npos) return {};
  scene::Scene s;
  s.frequency_hz = 1e9;
  em::Material conductor{"conductor"};
  conductor.perfect_conductor = true;
  s.add_material(conductor);
  const double half_m = 7.5 * s.wavelength_m();
  scene::Mesh strip;  // upright: the world's (x, y, z) are the case's (z, y, along the edges)
  scene::add_rectangle(strip, {0, -half_m, -400}, {0, 2 * half_m, 0}, {0, 0, 800});
  s.add_object({"strip", strip, 0});
  scene::clean_meshes(s);
  scene::Device d{"tx", {}};
  d.array.slants_rad = em::slants_from_name("VH");
  d.array.polarization = "VH";
  s.add_transmitter(d);
  for (size_t i = 0; i < 12; ++i) {
    const double angle = kPi / 180 * (-165 + 30.0 * double(i));
    d.name = message("rx", i);
    d.position_m = {7 * std::sin(angle), 7 * std::cos(angle), 0};
    s.add_receiver(d);
  }
  paths::PathOptions o;
  o.max_depth = 2;
  o.diffraction = true;
  o.max_diffractions = 2;
  o.num_threads = num_threads;
  o.finder = paths::Finder::kExhaustive;
  const paths::PreparedScene prepared(s);
  std::vector<ValidationRow> rows;
  for (const StripCase& c : kStripCases) {
    s.transmitters[0].position_m = {c.z_m, c.y_m, 0};
    const paths::Paths all = solve_paths(s, prepared, o);
    std::array<double, 2> squares{};
    for (size_t rx = 0; rx < 12; ++rx) {
      const paths::Link& link = all.links[rx];
      paths::Paths one;
      one.frequency_hz = s.frequency_hz;
      one.tau_s.assign(all.tau_s.begin() + link.path_begin, all.tau_s.begin() + link.path_end);
      one.transfer.assign(all.transfer.begin() + 4 * link.path_begin, all.transfer.begin() + 4 * link.path_end);
      const auto got = ratio_of(one, norm(s.receivers[rx].position_m - s.transmitters[0].position_m));
      for (size_t p = 0; p < 2; ++p) squares[p] += std::norm(got[p] - c.total[rx][p]) / 12;
    }
    for (size_t p = 0; p < 2; ++p) {
      rows.push_back({name,
                      message("rms error of the total over the incident field, ", p == 0 ? "E along" : "E across",
                              " the edges, source at (", c.y_m, ", ", c.z_m, ") m"),
                      0, std::sqrt(squares[p]), 0.005});
    }
  }
  return rows;
}

}  // namespace raywave::validate
