// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "channel.h"
#include "checks.h"
#include "raywave/core/constants.h"
#include "raywave/paths/path_solver.h"

namespace raywave::random {

/// The share of a walk before it meets a face; 1: none.
static double first_crossing(const Case& c, const Vec3d& from, const Vec3d& along) {
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

namespace {

using Field = std::array<Complexd, 2>;  // V and H, over the free field

double change(const Field& a, const Field& b) { return std::max(abs(a[0] - b[0]), abs(a[1] - b[1])); }

/// Places along a line of a few wavelengths, from 0 to 1.
class Walk {
 public:
  explicit Walk(const Case& c) : case_(c), scene_(scene_of(c)), prepared_(scene_) {
    options_ = options_of(c, paths::Finder::kExhaustive);
    options_.diffraction = true;
    options_.max_diffractions = 2;
    Dice dice(c.seed ^ 7);
    const Vec3d whole = dice.rotation() * Vec3d{3 * scene_.wavelength_m(), 0, 0};
    along_ = 0.9 * first_crossing(c, c.rx, whole) * whole;  // fields step through faces
    free_ = scene_.wavelength_m() / (4 * kPi * norm(c.rx - c.tx));
  }

  Vec3d at(double place) const { return case_.rx + place * along_; }

  std::vector<Field> fields(const std::vector<double>& places, int most_reflections) {
    std::vector<Field> out(places.size());
    const paths::Paths p = solve(places, most_reflections);
    for_paths(p, most_reflections, [&](size_t place, int64_t path) { add(out[place], field_of(p, path)); });
    return out;
  }

  /// The change from one place to another, with one reflection, but for paths over an edge and a mirror that are at one
  /// of them alone.
  double change_but_mixed(double from, double to) {
    const paths::Paths p = solve({from, to}, 1);
    struct Both {
      Field at[2]{};
      int places = 0;
    };
    std::map<std::vector<uint32_t>, Both> by_surfaces;
    for_paths(p, 1, [&](size_t place, int64_t path) {
      std::vector<uint32_t> surfaces;
      for (auto k = size_t(p.interaction_begin[size_t(path)]); k < size_t(p.interaction_begin[size_t(path) + 1]); ++k)
        surfaces.push_back(p.surfaces[k].key());
      Both& b = by_surfaces[surfaces];
      add(b.at[place], field_of(p, path));
      b.places |= num_reflections(p, path) == 1 && surfaces.size() > 1 ? 1 << place : 3;
    });
    Field sum[2]{};
    for (const auto& [surfaces, b] : by_surfaces) {
      for (size_t i = 0; i < 2 && b.places == 3; ++i) add(sum[i], b.at[i]);
    }
    return change(sum[0], sum[1]);
  }

 private:
  paths::Paths solve(const std::vector<double>& places, int most_reflections) {
    options_.max_depth = most_reflections + 2;
    scene::Scene with = scene_;
    with.receivers.clear();
    for (size_t i = 0; i < places.size(); ++i) {
      scene::Device rx = scene_.receivers[0];
      rx.name = "w" + std::to_string(i);
      rx.position_m = at(places[i]);
      with.receivers.push_back(rx);
    }
    return solve_paths(with, prepared_, options_);
  }
  template <class Visit>
  static void for_paths(const paths::Paths& p, int most_reflections, Visit&& visit) {
    for (const auto& link : p.links) {
      for (int64_t i = link.path_begin; i < link.path_end; ++i) {
        if (num_reflections(p, i) <= most_reflections) visit(size_t(link.rx), i);
      }
    }
  }
  Field field_of(const paths::Paths& p, int64_t i) const {
    const Complexd phase = expj(-2 * kPi * std::fmod(p.tau_s[size_t(i)] * case_.frequency_hz, 1.0));
    const Complexd* a = p.a.data() + p.a_begin[size_t(i)];
    return {(1 / free_) * (phase * a[0]), (1 / free_) * (phase * a[1])};
  }
  static void add(Field& sum, const Field& f) {
    for (size_t k = 0; k < 2; ++k) sum[k] += f[k];
  }

  const Case& case_;
  scene::Scene scene_;
  paths::PreparedScene prepared_;
  paths::PathOptions options_;
  Vec3d along_;
  double free_;
};

}  // namespace

/// Total field along a walk: no step of more than this share of the free field. With up to one reflection and up to
/// two edges, before it and behind: where a ray ends at an edge another one begins that has an edge more. Two kinds of
/// steps are none of the field's. Where a second reflection ends at an edge, one reflection and that edge step: a step
/// is one that is left with two reflections. And where what an edge sends over a mirror ends at another edge nothing
/// goes on, for no mirror between edges is tried (docs/theory.md): a step is one that is left without such paths.
std::string walk(const Case& c) {
  constexpr double kMostStep = 0.1;
  if (c.seed % 8 != 0) return {};  // slow: seconds each
  Case without_refraction = c;
  without_refraction.refraction = false;
  Walk walk(without_refraction);
  std::vector<double> places;
  for (int i = 0; i <= 64; ++i) places.push_back(i / 64.0);
  const auto f = walk.fields(places, 1);
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
    const auto g = walk.fields({lo, middle, hi}, 1);
    const double first = change(g[0], g[1]), second = change(g[1], g[2]);
    step = std::max(first, second);
    if (step < kMostStep) return {};
    (first > second ? hi : lo) = middle;
  }
  const auto both = walk.fields({lo, hi}, 2);
  step = std::min({step, change(both[0], both[1]), walk.change_but_mixed(lo, hi)});
  if (step < kMostStep) return {};
  const Vec3d at = walk.at(lo);
  return say("a step of ", step, " of the free field at (", at.x, ", ", at.y, ", ", at.z, ")");
}

}  // namespace raywave::random
