// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/spherical.h"

namespace raywave::random {

static double free_power(const std::vector<Line>& lines, double frequency_hz) {
  return lines.empty() ? 0 : std::pow(kSpeedOfLight / frequency_hz / (4 * kPi * lines[0].length_m), 2);
}

paths::PathOptions options_of(const Case& c, paths::Finder finder) {
  paths::PathOptions o;
  o.max_depth = c.max_depth;
  o.refraction = c.refraction;
  o.diffraction = c.edges;
  o.max_diffractions = c.max_diffractions;
  o.finder = finder;
  o.samples_per_tx = 200000;
  o.num_threads = 1;
  return o;
}

int64_t num_reflections(const paths::Paths& p, int64_t path) {
  return std::count(p.interactions.begin() + p.interaction_begin[size_t(path)],
                    p.interactions.begin() + p.interaction_begin[size_t(path) + 1],
                    paths::Interaction::kSpecularReflection);
}

Channel channel_of(const paths::Paths& p, double frequency_hz, int most_reflections) {
  Channel out;
  std::array<Complexd, 9> dyad{};
  for (int64_t i = 0; i < p.num_paths(); ++i) {
    if (num_reflections(p, i) > most_reflections) continue;
    const double length = p.tau_s[size_t(i)] * kSpeedOfLight;
    const Complexd phase = expj(-2 * kPi * std::fmod(length * frequency_hz / kSpeedOfLight, 1.0));
    double power = 0;
    for (size_t k = 0; k < 4; ++k) {
      const Complexd& t = p.transfer[4 * size_t(i) + k];
      power += norm2(t);
      out.field[k] += phase * t;
    }
    out.lines.push_back({length, power});
    out.power += power;
    const auto from = jones_basis(Angles<double>{p.theta_t[size_t(i)], p.phi_t[size_t(i)]}),
               to = jones_basis(Angles<double>{p.theta_r[size_t(i)], p.phi_r[size_t(i)]});
    const auto xyz = [](const Vec3d& v) { return std::array<double, 3>{v.x, v.y, v.z}; };
    const std::array<double, 3> out_of[2] = {xyz(from.theta_hat), xyz(from.phi_hat)},
                                into[2] = {xyz(to.theta_hat), xyz(to.phi_hat)};
    for (size_t k = 0; k < 4; ++k) {
      const Complexd t = phase * p.transfer[4 * size_t(i) + k];
      for (size_t r = 0; r < 3; ++r) {
        for (size_t q = 0; q < 3; ++q) dyad[3 * r + q] += (into[k / 2][r] * out_of[k % 2][q]) * t;
      }
    }
  }
  for (const Complexd& d : dyad) out.sum += norm2(d);
  out.sum = std::sqrt(out.sum);
  std::sort(out.lines.begin(), out.lines.end(), [](const Line& a, const Line& b) { return a.length_m < b.length_m; });
  out.free = free_power(out.lines, frequency_hz);
  return out;
}
Channel channel_of(const twin::Solver& solver, const Case& c, std::vector<double>& marginal_m, bool& open) {
  Channel out;
  for (const twin::Path& p : solver.solve(twin_of(c.tx), twin_of(c.rx), c.max_depth, c.refraction)) {
    if (p.marginal) {
      marginal_m.push_back(p.length);
      continue;
    }
    open = open || p.open;
    const Complexd phase = expj(-2 * kPi * std::fmod(p.length * c.frequency_hz / kSpeedOfLight, 1.0));
    double power = 0;
    for (size_t k = 0; k < 4; ++k) {
      const Complexd t{p.transfer[k].real(), p.transfer[k].imag()};
      power += norm2(t);
      out.field[k] += phase * t;
    }
    out.lines.push_back({p.length, power});
    out.power += power;
  }
  std::sort(out.lines.begin(), out.lines.end(), [](const Line& a, const Line& b) { return a.length_m < b.length_m; });
  out.free = free_power(out.lines, c.frequency_hz);
  return out;
}
Channel solve(const Case& c, paths::Finder finder) {
  return channel_of(solve_paths(scene_of(c), options_of(c, finder)), c.frequency_hz);
}

static std::string list(const Channel& c) {
  std::ostringstream out;
  out.precision(12);
  for (const Line& l : c.lines) out << " " << l.length_m << " m " << 10 * std::log10(l.power) << " dB;";
  return out.str();
}
/// Paths without power (metal lets nothing through, faces carry no field along them) are none.
static void drop_dark(Channel& c) {
  std::erase_if(c.lines, [&](const Line& l) { return !(l.power > 1e-24 * std::max(c.power, c.free)); });
}

std::string compare(Channel a, Channel b, double tolerance, double length_m, double scale) {
  drop_dark(a);
  drop_dark(b);
  const std::string both = "\n   here:" + list(a) + "\n   there:" + list(b);
  if (a.lines.size() != b.lines.size()) return say(a.lines.size(), " paths, there ", b.lines.size(), both);
  // equal lengths stand in no order: power is compared by groups of them
  for (size_t i = 0, end; i < a.lines.size(); i = end) {
    double here = 0, there = 0;
    for (end = i; end < a.lines.size() && a.lines[end].length_m <= a.lines[i].length_m + 1e-6; ++end) {
      if (!(std::abs(b.lines[end].length_m - scale * a.lines[end].length_m) <= length_m * scale + 1e-6 * scale))
        return say("a length of ", a.lines[end].length_m, " m, there ", b.lines[end].length_m / scale, both);
      here += a.lines[end].power;
      there += b.lines[end].power;
    }
    if (!(std::abs(there - here) <= tolerance * (here + 1e-3 * a.power)))
      return say("the path of ", a.lines[i].length_m, " m differs by ", there / here - 1, both);
  }
  return {};
}

void drop(const std::vector<double>& lengths_m, Channel& c, double scale) {
  for (const double length : lengths_m)
    std::erase_if(c.lines, [&](const Line& l) { return std::abs(l.length_m - scale * length) < 1e-6 * scale; });
}
bool in_a_plane(const Case& c) {
  for (const Part& p : c.parts) {
    for (const Quad& q : p.quads) {
      const Vec3d n = normalized(cross(q.corners[1] - q.corners[0], q.corners[3] - q.corners[0]));
      for (const Vec3d& v : {c.tx, c.rx}) {
        if (std::abs(dot(n, v - q.corners[0])) < 1e-6) return true;
      }
    }
  }
  return false;
}
/// What a tie at a rim may gain or lose that nobody sees.
void drop_faint(Channel& c) {
  std::erase_if(c.lines, [&](const Line& l) { return !(l.power > 1e-6 * c.power); });
}

/// A scene and the same given differently; paths at faces' borders are left out.
std::string same(const Case& c, Channel there, double tolerance, double length_m, double scale) {
  std::vector<double> marginal_m;
  bool open = false;
  channel_of(twin_of(c), c, marginal_m, open);
  Channel here = solve(c);
  // where an edge's field takes over from a ray that ends, which of them there is does not matter
  if (c.edges && std::abs(here.sum - there.sum) <= 1e-5 * here.amplitude()) return {};
  if (c.edges) {
    if (in_a_plane(c)) return {};
    drop_faint(here);
    drop_faint(there);
  }
  drop(marginal_m, here);
  drop(marginal_m, there, scale);
  return compare(here, there, tolerance, length_m, scale);
}

// --- against the twin ---

}  // namespace raywave::random
