// SPDX-License-Identifier: Apache-2.0
// The total field along a line: wherever the set of paths changes, the place is bisected and the field's jump measured.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/paths/path_solver.h"

namespace raywave::test {

/// "reflection 3, diffraction 7"; "direct".
/// @param backwards  as the other end sees it.
inline std::string path_name(const paths::Paths& p, int64_t path, bool backwards = false) {
  std::string name;
  const auto begin = size_t(p.interaction_begin[size_t(path)]), end = size_t(p.interaction_begin[size_t(path) + 1]);
  for (size_t k = begin; k < end; ++k) {
    const size_t i = backwards ? begin + end - 1 - k : k;
    if (!name.empty()) name += ", ";
    name += std::string(paths::interaction_name(p.interactions[i])) + " " + std::to_string(p.surfaces[i].index);
  }
  return name.empty() ? "direct" : name;
}

/// The coherent sum of a link's paths for each pair of ports.
inline std::vector<Complexd> total_field(const paths::Paths& p, const paths::Link& link) {
  std::vector<Complexd> sum(size_t(p.num_rx_ports(link)) * size_t(p.num_tx_ports(link)));
  for (auto i = size_t(link.path_begin); i < size_t(link.path_end); ++i) {
    const Complexd phase = expj(-2 * kPi * std::fmod(p.tau_s[i] * p.frequency_hz, 1.0));
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += phase * p.a[size_t(p.a_begin[i]) + k];
  }
  return sum;
}

struct Walk {
  double worst = 0;  // the largest jump, in units of the free-space field at that place
  Vec3d where;
  std::string change;  // the paths that go and come there
  int changes = 0;     // places at which the set of paths changes
};

class FieldWalk {
 public:
  /// @param scene  with one transmitter and one receiver, which is moved.
  FieldWalk(scene::Scene& scene, paths::PathOptions options) : scene_(scene), prepared_(scene), options_(options) {}

  /// @param at  the line, over [0, 1]. @param n  samples between which changes of the set of paths are looked for.
  Walk along(const std::function<Vec3d(double)>& at, int n) {
    Walk walk;
    Sample last = sample(at(0));
    for (int i = 0; i < n; ++i) {
      const Sample next = sample(at(double(i + 1) / n));
      double from = double(i) / n;
      // a step may hold several changes
      for (int guard = 0; guard < 12 && last.paths != next.paths; ++guard) {
        from = first_change(at, from, double(i + 1) / n, last, walk);
      }
      last = next;
    }
    return walk;
  }

 private:
  struct Sample {
    std::set<std::string> paths;
    std::vector<Complexd> field;
    double unit;
  };
  static constexpr double kClose_m = 1e-8;

  Sample sample(const Vec3d& rx) {
    scene_.receivers[0].position_m = rx;
    const paths::Paths p = solve_paths(scene_, prepared_, options_);
    Sample s;
    for (int64_t i = 0; i < p.num_paths(); ++i) s.paths.insert(path_name(p, i));
    s.field = total_field(p, p.links[0]);
    s.unit = scene_.wavelength_m() / (4 * kPi * norm(rx - scene_.transmitters[0].position_m));
    return s;
  }

  /// Bisects a change between two places. @param before  the sample at lo; becomes the one just behind the change.
  double first_change(const std::function<Vec3d(double)>& at, double lo, double hi, Sample& before, Walk& walk) {
    Sample a = before, b = sample(at(hi));
    while (norm(at(hi) - at(lo)) > kClose_m && hi - lo > 1e-15) {
      const double middle = 0.5 * (lo + hi);
      Sample m = sample(at(middle));
      (m.paths == a.paths ? lo : hi) = middle;
      (m.paths == a.paths ? a : b) = m;
    }
    double jump = 0;
    for (size_t k = 0; k < a.field.size(); ++k) jump = std::max(jump, abs(a.field[k] - b.field[k]) / a.unit);
    ++walk.changes;
    if (jump > walk.worst) {
      walk.worst = jump;
      walk.where = at(hi);
      walk.change.clear();
      for (const auto& p : a.paths) {
        if (!b.paths.count(p)) walk.change += " -(" + p + ")";
      }
      for (const auto& p : b.paths) {
        if (!a.paths.count(p)) walk.change += " +(" + p + ")";
      }
    }
    before = b;
    return hi;
  }

  scene::Scene& scene_;
  paths::PreparedScene prepared_;
  paths::PathOptions options_;
};

}  // namespace raywave::test
