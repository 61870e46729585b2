// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/stretch_ends.h"

#include <algorithm>
#include <cmath>

namespace raywave::paths {
namespace {

class StretchEnds {
 public:
  StretchEnds(const scene::FacetTable& table, const EdgeGroup& group, const GroupLine& line)
      : table_(table), group_(group), line_(line) {}

  std::vector<double> all() const {
    std::vector<double> ends;
    const auto both = [&](const Vec3d& a, const Vec3d& b) {
      ends.push_back(along(a));
      ends.push_back(along(b));
    };
    for (const uint32_t e : group_.edges) both(table_.edges[e].a, table_.edges[e].b);
    for (const SideBySide& l : group_.links) both(l.from, l.to);
    const size_t num_ends = ends.size();
    for (const double t : of_faces_under()) {
      const auto near_t = [&](double end) { return std::abs(end - t) <= line_.near_m; };
      if (std::none_of(ends.begin(), ends.begin() + long(num_ends), near_t)) ends.push_back(t);
    }
    std::sort(ends.begin(), ends.end());
    return ends;
  }

 private:
  double along(const Vec3d& p) const { return dot(p - line_.origin, line_.along); }
  bool spans(const Vec3d& a, const Vec3d& b, double t) const { return (along(a) - t) * (along(b) - t) <= 0; }

  /// A facet that the line runs over, from where to where.
  struct Run {
    int32_t facet;
    Vec3d toward;
    double from, to;
  };
  /// Are facets that go on from the line these ways pieces of one face there?
  bool is_one_face(int32_t f, const Vec3d& toward_f, int32_t g, const Vec3d& toward_g) const {
    if (dot(toward_f, toward_g) < 0) return false;
    if (f == g) return true;
    const Vec3d &m = table_.facets[size_t(f)].normal, &n = table_.facets[size_t(g)].normal;
    const double sign = dot(m, n) < 0 ? -1 : 1;
    return norm(cross(m, n)) <= kSameDirection &&
           std::abs(table_.distance(f, line_.origin) - sign * table_.distance(g, line_.origin)) <= line_.rounding_m;
  }
  /// Does an edge of the group say how the run's face goes on there?
  bool is_known(const Run& run, double t) const {
    return std::any_of(group_.edges.begin(), group_.edges.end(), [&](uint32_t i) {
      const scene::Edge& e = table_.edges[i];
      bool found = false;
      if (spans(e.a, e.b, t)) {
        for_facets(table_, e, [&](int32_t f, const Vec3d& inside) {
          found = found || is_one_face(f, inside, run.facet, run.toward);
        });
      }
      return found;
    });
  }

  /// From where to where the line runs over faces, each whole, however it is cut into facets and triangles.
  std::vector<double> of_faces_under() const {
    std::vector<Run> runs;
    for (const Passage& p : group_.passages) {
      const double s = along(p.from), t = along(p.to);
      runs.push_back({p.facet, p.toward, std::min(s, t), std::max(s, t)});
    }
    std::sort(runs.begin(), runs.end(), [](const Run& x, const Run& y) { return x.from < y.from; });
    std::vector<uint8_t> done(runs.size(), 0);
    std::vector<double> ends;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (done[i]) continue;
      Run& run = runs[i];
      for (size_t j = i + 1; j < runs.size(); ++j) {
        if (done[j] || runs[j].from > run.to + line_.near_m ||
            !is_one_face(run.facet, run.toward, runs[j].facet, runs[j].toward))
          continue;
        run.to = std::max(run.to, runs[j].to);
        done[j] = 1;
      }
      for (const double t : {run.from, run.to}) {
        if (!is_known(run, t)) ends.push_back(t);
      }
    }
    return ends;
  }

  const scene::FacetTable& table_;
  const EdgeGroup& group_;
  const GroupLine& line_;
};

}  // namespace

std::vector<double> ends_of_stretches(const scene::FacetTable& table, const EdgeGroup& group, const GroupLine& line) {
  return StretchEnds(table, group, line).all();
}

}  // namespace raywave::paths
