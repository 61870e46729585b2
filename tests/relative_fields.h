// SPDX-License-Identifier: Apache-2.0
// Fields of links against free space, and by how much two sets of them differ.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "field_walk.h"
#include "raywave/paths/path_solver.h"

namespace raywave::test {

/// Fields of all links and ports, relative to free space.
inline std::vector<Complexd> relative_fields(const scene::Scene& s, const paths::PathOptions& o) {
  const paths::Paths p = solve_paths(s, o);
  std::vector<Complexd> all;
  for (const paths::Link& l : p.links) {
    const double unit =
        s.wavelength_m() /
        (4 * kPi * norm(s.receivers[size_t(l.rx)].position_m - s.transmitters[size_t(l.tx)].position_m));
    for (const Complexd& f : total_field(p, l)) all.push_back((1 / unit) * f);
  }
  return all;
}

inline double difference(const std::vector<Complexd>& a, const std::vector<Complexd>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) worst = std::max(worst, abs(a[i] - b[i]));
  return worst;
}

}  // namespace raywave::test
