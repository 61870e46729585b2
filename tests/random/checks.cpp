// SPDX-License-Identifier: Apache-2.0
#include "checks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "channel.h"
#include "raywave/core/constants.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"

namespace raywave::random {
namespace {

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
  Channel shot = solve(c, paths::Finder::kShootAndBounce), all = solve(c);
  if (c.edges) {
    // an edge in the very border of what a mirror shows is there for one and not for the other
    for (Channel* a : {&shot, &all}) std::erase_if(a->lines, [&](const Line& l) { return l.power < 1e-6 * all.free; });
    return compare(all, shot, 1e-10, 1e-9);
  }
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
  // what turns in the line of two walls does so in one order or the other, which differ in polarisation
  double in_corners = 0;
  for (const double sign : {-0.5, 0.5}) {
    for (const twin::Path& p :
         twin_of(c).solve(twin_of(c.tx), twin_of(place.point + sign * side), c.max_depth, c.refraction)) {
      for (const auto& t : p.transfer) in_corners += p.open ? std::norm(t) : 0;
    }
  }
  const double on = gain_at(0);
  if (std::abs(on - mean) > rounding * mean + in_corners)
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
  // rays straight from the transmitter that cross the lit cells, few where they graze them
  const double rays = double(o.samples_per_tx) * double(lit) / double(exact.path_gain.size()) *
                      std::abs(surface.center_m.z - c.tx.z) * surface.size_m.x * surface.size_m.y /
                      (4 * kPi * std::pow(norm(surface.center_m - c.tx), 3));
  const double noise = rays > 0 ? 5 / std::sqrt(rays) : 0;  // at the transmitter's height cells are solved otherwise
  if (!(std::abs(sum / sum_exact - 1) < std::max(0.25, noise))) return say("monte-carlo over exact: ", sum / sum_exact);
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
  constexpr const char* kNearlyMeet = "a path over edges of crossing plates that nearly meet is known to 1e-4";
  constexpr const char* kGrazes = "a leg between two edges that grazes the rim of a third face in its plane is a tie";
  constexpr const char* kInGap = "what a step aside passes: the limit lies inside the gap";
  static const std::vector<Exclusion> all{
      {"crossing", "walk", "a mirror ends in the concave corner with a plate that crosses it, where nothing diffracts"},
      {"crossing", "two_edges_turned", kNearlyMeet},
      {"crossing", "two_edges_swapped", kNearlyMeet},
      {"plates", "two_edges_turned", kGrazes},
      {"terrace", "two_edges_turned", kGrazes},
      {"gap", "points_on_walls", kInGap},
      {"gap", "on_a_face", kInGap},
      {"(transmitter in the face's plane)", "on_a_face", "the direct path along the face is cut or not by rounding"},
  };
  return all;
}

}  // namespace raywave::random
