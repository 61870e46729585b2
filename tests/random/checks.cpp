// SPDX-License-Identifier: Apache-2.0
#include "checks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "raywave/core/constants.h"
#include "raywave/core/spherical.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"

namespace raywave::random {
namespace {

/// The paths of a link, apart from the frame that they are seen in.
struct Line {
  double length_m, power;
};
struct Channel {
  std::vector<Line> lines;  // by length
  Complexd field[4];        // sum of the transfers, with phase
  double power = 0;
  double sum = 0;  // norm of the paths' sum as a map of vectors to vectors
  double amplitude() const { return std::sqrt(power); }
};

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

Channel channel_of(const paths::Paths& p, double frequency_hz, int most_reflections = 100) {
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
  return out;
}
/// Paths at faces' borders, which may be there or not, go to `marginal_m` by their lengths.
/// @param open  are there paths whose polarisation is (twin.h)?
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
  return out;
}
Channel solve(const Case& c, paths::Finder finder = paths::Finder::kExhaustive) {
  return channel_of(solve_paths(scene_of(c), options_of(c, finder)), c.frequency_hz);
}

std::string list(const Channel& c) {
  std::ostringstream out;
  out.precision(12);
  for (const Line& l : c.lines) out << " " << l.length_m << " m " << 10 * std::log10(l.power) << " dB;";
  return out.str();
}
template <class... Parts>
std::string say(const Parts&... parts) {
  std::ostringstream out;
  out.precision(10);
  (out << ... << parts);
  return out.str();
}

/// Paths without power (metal lets nothing through) are none.
void drop_dark(Channel& c) {
  std::erase_if(c.lines, [&](const Line& l) { return !(l.power > 1e-24 * c.power); });
}

/// @param scale  lengths there over lengths here. @param tolerance  of a path's power. @param length_m  of its length.
std::string compare(Channel a, Channel b, double tolerance, double length_m, double scale = 1) {
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

/// Leaves out the paths of these lengths.
void drop(const std::vector<double>& lengths_m, Channel& c, double scale = 1) {
  for (const double length : lengths_m)
    std::erase_if(c.lines, [&](const Line& l) { return std::abs(l.length_m - scale * length) < 1e-6 * scale; });
}
/// Does an end lie in the plane of a face, or the extension of one? Rays to edges in that plane run along it: ties.
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
std::string same(const Case& c, Channel there, double tolerance, double length_m, double scale = 1) {
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

std::string twin_paths(const Case& c) {
  std::vector<double> marginal_m;
  bool open = false;
  Channel here = channel_of(solve_paths(scene_of(c), options_of(c, paths::Finder::kExhaustive)), c.frequency_hz, 2),
          there = channel_of(twin_of(c), c, marginal_m, open);
  drop(marginal_m, here);
  drop(marginal_m, there);
  std::string wrong = compare(here, there, 1e-8, 1e-8);
  for (size_t k = 0; wrong.empty() && marginal_m.empty() && !open && k < 4; ++k) {
    // of phases: wavenumber times the rounding of lengths
    if (!(abs(here.field[k] - there.field[k]) <= 1e-7 * here.amplitude()))
      wrong = say("the field differs by ", abs(here.field[k] - there.field[k]) / here.amplitude());
  }
  return wrong;
}

// --- by another way ---

/// Rays find nothing that is not there, and what carries a share of the power.
std::string finders(const Case& c) {
  const Channel shot = solve(c, paths::Finder::kShootAndBounce), all = solve(c);
  if (c.edges) return compare(all, shot, 1e-10, 1e-9);
  if (shot.lines.size() > all.lines.size()) return compare(all, shot, 1e-10, 1e-9);
  if (all.power - shot.power > 0.01 * all.power) return compare(all, shot, 1e-10, 1e-9);
  return {};
}

std::string ends_swapped(const Case& c) {
  Case swapped = c;
  std::swap(swapped.tx, swapped.rx);
  return same(c, solve(swapped), 1e-9, 1e-9);
}

maps::Surface cells_about(const Vec3d& middle, int n, double cell) {
  maps::Surface s;
  s.center_m = middle;
  s.size_m = {n * cell, n * cell};
  s.cell_size_m = {cell, cell};
  return s;
}
maps::RadioMapOptions map_options(const Case& c) {
  maps::RadioMapOptions o;
  o.max_depth = c.max_depth;
  o.refraction = c.refraction;
  o.num_threads = 1;
  o.samples_per_tx = 200000;
  return o;
}

/// Exact maps are the paths at their sample points.
std::string exact_map(const Case& c) {
  const scene::Scene s = scene_of(c);
  scene::Scene with_cells = s;
  with_cells.receivers.clear();
  const maps::RadioMap map = solve_radio_map(s, cells_about(c.rx, 5, 0.5), map_options(c));
  for (size_t i = 0; i < map.path_gain.size(); ++i) {
    scene::Device cell = s.receivers[0];
    cell.name = "cell" + std::to_string(i);
    cell.position_m = map.cell_centers_m[i];
    if (cell.position_m == c.tx) cell.position_m.z += 100;
    with_cells.receivers.push_back(cell);
  }
  const paths::Paths p = solve_paths(with_cells, options_of(c, paths::Finder::kExhaustive));
  for (const auto& link : p.links) {
    const Vec3d center = map.cell_centers_m[size_t(link.rx)];
    if (center == c.tx || is_on_a_face(c, center, 1e-5)) continue;
    double power = 0;
    for (int64_t k = p.a_begin[size_t(link.path_begin)]; k < p.a_begin[size_t(link.path_end)]; ++k)
      power += norm2(p.a[size_t(k)]);
    const double gain = map.path_gain[size_t(link.rx)];
    if (power == 0) continue;  // partly lit cells are solved at other points
    if (!(std::abs(gain / power - 1) <= 1e-9))
      return say("cell (", center.x, ", ", center.y, ", ", center.z, "): gain over the paths' power ", gain / power);
  }
  return {};
}

/// A point on a wall has the mean of its sides.
std::string points_on_walls(const Case& c) {
  if (c.parts.empty()) return {};
  Dice dice(c.seed ^ 77);
  const Place place = place_on_a_face(c, dice);
  if (std::abs(place.normal.z) > 0.99) return {};
  const scene::Scene s = scene_of(c);
  const double off = 3e-5;
  const Vec3d side = off * normalized(Vec3d{place.normal.x, place.normal.y, 0});
  const auto gain_at = [&](double sides) {
    return solve_radio_map(s, cells_about(place.point + sides * side, 1, 1e-3), map_options(c)).path_gain[0];
  };
  // over `off` gains change by its share of the distance
  const double rounding = 10 * off / std::max(0.1, norm(place.point - c.tx));
  double mean = 0;
  for (const double sign : {-1.0, 1.0}) {
    if (is_on_a_face(c, place.point + sign * side, 0.3 * off)) return {};  // more than one wall
    const double near = gain_at(0.5 * sign), far = gain_at(sign);
    if (std::abs(near - far) > rounding * near) return {};  // a shadow's border passes the wall just here
    mean += 0.5 * near;
  }
  const double on = gain_at(0);
  if (std::abs(on - mean) > rounding * mean)
    return say("on (", place.point.x, ", ", place.point.y, ", ", place.point.z, "): ", on, ", mean of its sides ",
               mean);
  return {};
}

/// Shot rays measure what the exact map sums up. In all cells together; single cells have slivers of light.
std::string monte_carlo(const Case& c) {
  const scene::Scene s = scene_of(c);
  maps::RadioMapOptions o = map_options(c);
  const maps::Surface surface = cells_about(c.rx + Vec3d{0, 0, c.seed % 3 == 0 ? c.tx.z - c.rx.z : 0}, 24, 0.125);
  const maps::RadioMap exact = solve_radio_map(s, surface, o);
  o.method = maps::Method::kMonteCarlo;
  const maps::RadioMap shot = solve_radio_map(s, surface, o);
  double sum = 0, sum_exact = 0;
  size_t lit = 0;
  for (size_t i = 0; i < exact.path_gain.size(); ++i) {
    const Vec3d d = exact.cell_centers_m[i] - c.tx;
    if (norm(d) < 1) continue;  // gain that changes too much over a cell
    sum += shot.path_gain[i];
    sum_exact += exact.path_gain[i];
    lit += exact.path_gain[i] > 0;
  }
  if (lit < exact.path_gain.size() / 4) return {};  // slivers, which one point a cell does not measure
  if (!(std::abs(sum / sum_exact - 1) < 0.25)) return say("monte-carlo over exact: ", sum / sum_exact);
  return {};
}

// --- the same scene given differently ---

void for_points(Case& c, const auto& change) {
  for (Part& p : c.parts) {
    for (Quad& q : p.quads) {
      for (Vec3d& v : q.corners) v = change(v);
    }
  }
  c.tx = change(c.tx);
  c.rx = change(c.rx);
}

/// What rounding coordinates of this size leaves: ten times wavenumber times rounding.
double rounding_of(const Case& c, double coordinate_m) {
  return 10 * 2 * kPi * c.frequency_hz / kSpeedOfLight * coordinate_m * 2.3e-16;
}

std::string moved(const Case& c) {
  Dice dice(c.seed ^ 1);
  const double far[] = {100, 3000, 5e5, 1e7};
  const double d = far[dice.below(4)];
  const Vec3d shift{std::floor(dice.uniform(-d, d)), std::floor(dice.uniform(-d, d)), std::floor(dice.uniform(-d, d))};
  Case there = c;
  for_points(there, [&](const Vec3d& v) { return v + shift; });
  return same(c, solve(there), 1e-7 + rounding_of(c, d), 1e-8 + 4e-16 * d);
}

std::string turned(const Case& c) {
  Dice dice(c.seed ^ 2);
  const Mat3d r = dice.rotation();
  Case there = c;
  for_points(there, [&](const Vec3d& v) { return r * v; });
  return same(c, solve(there), 1e-7, 1e-8);
}

std::string scaled(const Case& c) {
  Dice dice(c.seed ^ 3);
  const double scale = std::ldexp(1.0, dice.below(21) - 10);
  Case there = c;
  for_points(there, [&](const Vec3d& v) { return scale * v; });
  there.frequency_hz /= scale;
  scene::Scene s = scene_of(there);
  for (em::Material& m : s.materials) {
    m.conductivity_s_per_m /= scale;
    m.thickness_m *= scale;
  }
  const Channel at = channel_of(solve_paths(s, options_of(c, paths::Finder::kExhaustive)), there.frequency_hz);
  return same(c, at, 1e-9, 1e-9, scale);
}

std::string reordered(const Case& c) {
  Dice dice(c.seed ^ 4);
  Case there = c;
  there.swap_windings = dice.chance(0.5);
  // of places that objects of different materials share the first one is the owner: docs/theory.md
  if (paths::PreparedScene(scene_of(c)).facets().disputed.empty()) {
    for (size_t i = there.parts.size(); i-- > 1;)
      std::swap(there.parts[i], there.parts[size_t(dice.below(int(i) + 1))]);
  }
  for (Part& p : there.parts) {
    for (size_t i = p.quads.size(); i-- > 1;) std::swap(p.quads[i], p.quads[size_t(dice.below(int(i) + 1))]);
    for (Quad& q : p.quads) std::rotate(q.corners.begin(), q.corners.begin() + (q.cut == 0 ? 2 : 0), q.corners.end());
  }
  return same(c, solve(there), 1e-9, 1e-9);
}

std::string cut_again(const Case& c) {
  Dice dice(c.seed ^ 5);
  Case there = c;
  for (Part& p : there.parts) {
    const bool finer = dice.chance(0.5);
    for (Quad& q : p.quads) q.cut = finer ? 2 : dice.chance(0.5) ? 1 - q.cut : q.cut;
  }
  return same(c, solve(there), 1e-9, 1e-9);
}

/// A device on a face has the limit from the lit side, however near to it rounding puts the device.
std::string on_a_face(const Case& c) {
  if (c.parts.empty()) return {};
  Dice dice(c.seed ^ 6);
  const Place place = place_on_a_face(c, dice);
  if (std::abs(dot(place.normal, c.tx - place.point)) < 1e-6) return {};  // see exclusions()
  constexpr double kOff = 1e-4;
  std::vector<double> marginal_m;
  bool open = false;
  for (const double sign : {-1.0, 1.0}) {
    Case beside = c;
    beside.rx = place.point + (sign * 1e-7) * place.normal;
    channel_of(twin_of(beside), beside, marginal_m, open);
  }
  const auto power_of = [&](const Case& at) {
    double sum = 0;
    for (const Line& l : solve(at).lines) {
      const auto is = [&](double length_m) { return std::abs(l.length_m - length_m) < 10 * kOff; };
      if (std::none_of(marginal_m.begin(), marginal_m.end(), is)) sum += l.power;
    }
    return sum;
  };
  double power[2];
  for (const int i : {0, 1}) {
    Case beside = c;
    beside.rx = place.point + (i == 0 ? kOff : -kOff) * place.normal;
    if (is_on_a_face(c, beside.rx, 0.3 * kOff)) return {};  // more than one face
    power[i] = power_of(beside);
  }
  // on the side of the other end, or where nothing arrives there on the other: docs/theory.md
  const double rounding = 100 * kOff / std::max(0.1, norm(place.point - c.tx));
  const auto is = [&](double here, double side) { return std::abs(here - side) <= rounding * side; };
  const double lit = std::max(power[0], power[1]);
  for (const double off : {0.0, 1e-9, 1e-7}) {
    Case on = c;
    on.rx = place.point + (power[0] >= power[1] ? off : -off) * place.normal;
    const double here = power_of(on);
    const bool right = is(here, lit) || (off == 0 && is(here, std::min(power[0], power[1])) && here > 0);
    if (!right)
      return say(off, " m off the face at (", place.point.x, ", ", place.point.y, ", ", place.point.z, "): ", here,
                 ", a little away ", power[0], " and ", power[1]);
  }
  return {};
}

/// The share of a walk before it meets a face; 1: none.
double first_crossing(const Case& c, const Vec3d& from, const Vec3d& along) {
  double first = 1;
  for (const Part& p : c.parts) {
    for (const Quad& q : p.quads) {
      const auto& k = q.corners;
      const Vec3d n = normalized(cross(k[1] - k[0], k[3] - k[0]));
      const double t = dot(n, k[0] - from) / dot(n, along);
      if (!(t > 0 && t < first)) continue;
      const Vec3d p_t = from + t * along;
      bool inside = true;
      for (size_t i = 0; i < 4; ++i) inside = inside && dot(cross(k[(i + 1) % 4] - k[i], p_t - k[i]), n) > 0;
      if (inside) first = t;
    }
  }
  return first;
}

/// Total field along a walk: no step of more than this share of the free field. With up to one reflection and up to
/// two edges, before it and behind: where a ray ends at an edge another one begins that has an edge more.
std::string walk(const Case& c) {
  constexpr double kMostStep = 0.1;
  if (c.seed % 8 != 0) return {};  // slow: seconds each
  Dice dice(c.seed ^ 7);
  Case at = c;
  at.refraction = false;
  scene::Scene s = scene_of(at);
  const paths::PreparedScene prepared(s);
  paths::PathOptions o = options_of(at, paths::Finder::kExhaustive);
  o.diffraction = true;
  o.max_diffractions = 2;
  o.max_depth = 3;
  const Vec3d from = c.rx, whole = dice.rotation() * Vec3d{3 * s.wavelength_m(), 0, 0};
  const Vec3d along = 0.9 * first_crossing(c, from, whole) * whole;  // fields step through faces
  const double free = s.wavelength_m() / (4 * kPi * norm(c.rx - c.tx));
  // [4] of each place, over the free field
  const auto fields = [&](const std::vector<double>& places) {
    scene::Scene with = s;
    with.receivers.clear();
    for (size_t i = 0; i < places.size(); ++i) {
      scene::Device rx = s.receivers[0];
      rx.name = "w" + std::to_string(i);
      rx.position_m = from + places[i] * along;
      with.receivers.push_back(rx);
    }
    const paths::Paths p = solve_paths(with, prepared, o);
    std::vector<std::array<Complexd, 2>> out(places.size());
    for (const auto& link : p.links) {
      for (int64_t i = link.path_begin; i < link.path_end; ++i) {
        if (num_reflections(p, i) > 1) continue;
        const Complexd phase = expj(-2 * kPi * std::fmod(p.tau_s[size_t(i)] * c.frequency_hz, 1.0));
        for (size_t k = 0; k < 2; ++k)
          out[size_t(link.rx)][k] += (1 / free) * (phase * p.a[size_t(p.a_begin[size_t(i)]) + k]);
      }
    }
    return out;
  };
  const auto change = [](const std::array<Complexd, 2>& a, const std::array<Complexd, 2>& b) {
    return std::max(abs(a[0] - b[0]), abs(a[1] - b[1]));
  };
  std::vector<double> places;
  for (int i = 0; i <= 64; ++i) places.push_back(i / 64.0);
  const auto f = fields(places);
  size_t worst = 1;
  double excess = -1;
  for (size_t i = 1; i + 2 < places.size(); ++i) {
    const double here = change(f[i], f[i + 1]);
    const double beside = std::min(change(f[i - 1], f[i]), change(f[i + 1], f[i + 2]));
    if (here - beside > excess) excess = here - beside, worst = i;
  }
  double lo = places[worst], hi = places[worst + 1], step = 0;
  for (int k = 0; k < 14; ++k) {
    const double middle = 0.5 * (lo + hi);
    const auto g = fields({lo, middle, hi});
    const double first = change(g[0], g[1]), second = change(g[1], g[2]);
    step = std::max(first, second);
    if (step < kMostStep) return {};
    (first > second ? hi : lo) = middle;
  }
  const Vec3d at_step = from + lo * along;
  return say("a step of ", step, " of the free field at (", at_step.x, ", ", at_step.y, ", ", at_step.z, ")");
}

template <Check check>
std::string with_edges(const Case& c) {
  Case edges = c;
  edges.edges = true;
  return check(edges);
}
template <Check check>
std::string with_two_edges(const Case& c) {
  Case edges = c;
  edges.edges = true;
  edges.max_diffractions = 2;
  edges.max_depth = 2;
  return check(edges);
}
/// Off round numbers: from a round place rays to edges graze rims of other faces, ties that fall by how a scene lies.
std::string turned_off_round(const Case& c) {
  Case off = c;
  Dice dice(c.seed ^ 8);
  for (Vec3d* end : {&off.tx, &off.rx})
    *end += Vec3d{dice.uniform(0.01, 0.03), dice.uniform(0.01, 0.03), dice.uniform(0.01, 0.03)};
  return turned(off);
}

}  // namespace

const std::vector<NamedCheck>& checks() {
  static const std::vector<NamedCheck> all{{"twin", twin_paths},
                                           {"finders", finders},
                                           {"ends_swapped", ends_swapped},
                                           {"exact_map", exact_map},
                                           {"moved", moved},
                                           {"turned", turned},
                                           {"scaled", scaled},
                                           {"reordered", reordered},
                                           {"cut_again", cut_again},
                                           {"points_on_walls", points_on_walls},
                                           {"monte_carlo", monte_carlo},
                                           {"on_a_face", on_a_face},
                                           {"walk", walk},
                                           {"edges_finders", with_edges<finders>},
                                           {"edges_swapped", with_edges<ends_swapped>},
                                           {"edges_moved", with_edges<moved>},
                                           {"edges_turned", with_edges<turned_off_round>},
                                           {"edges_scaled", with_edges<scaled>},
                                           {"edges_reordered", with_edges<reordered>},
                                           {"edges_cut_again", with_edges<cut_again>},
                                           {"two_edges_turned", with_two_edges<turned_off_round>},
                                           {"two_edges_swapped", with_two_edges<ends_swapped>}};
  return all;
}

const std::vector<Exclusion>& exclusions() {
  constexpr const char* kStep =
      "a field that a crossing plate cuts goes on by reflections in that plate: more than one";
  constexpr const char* kInGap = "what a step aside passes: the limit lies inside the gap";
  static const std::vector<Exclusion> all{
      {"crossing", "walk", kStep},
      {"crossing", "two_edges_turned", "a path over edges of crossing plates that nearly meet is known to 1e-4"},
      {"plates", "two_edges_turned",
       "a leg between two edges that grazes the rim of a third plate in its plane is a tie"},
      {"gap", "points_on_walls", kInGap},
      {"gap", "on_a_face", kInGap},
      {"gap", "edges_reordered", "over a seam an edge lies on the lowest-numbered of its mesh edges"},
      {"(transmitter in the face's plane)", "on_a_face", "the direct path along the face is cut or not by rounding"},
  };
  return all;
}

}  // namespace raywave::random
