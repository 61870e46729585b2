// SPDX-License-Identifier: Apache-2.0
// Eight pairs of edges at a time against each by itself.
#include "raywave/paths/edge_pairs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace raywave::paths {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kClose = 0.05;  // metres: nearer to a border single precision decides

/// Edges at random in a box, what counts of each, and an end of the path.
class Pairs {
 public:
  explicit Pairs(unsigned seed) : draw_(seed) {
    source_ = point(), target_ = point();
    for (uint32_t i = 0; i < 61; ++i) {
      firsts_.push_back(line(source_, 1000 + i));
      if (i < 13) seconds_.push_back(line(target_, 0));
    }
    firsts_[5].lo = -kInfinity, firsts_[5].hi = kInfinity;
    seconds_[3].lo = -kInfinity, seconds_[3].hi = kInfinity;
  }

  Vec3d point() { return {draw(-200, 200), draw(-200, 200), draw(0, 40)}; }
  double draw(double from, double to) { return std::uniform_real_distribution<double>(from, to)(draw_); }

  FirstEdges::Line line(const Vec3d& end, uint32_t name) {
    FirstEdges::Line l{};
    l.a = point();
    l.direction = draw(0, 1) < 0.4 ? Vec3d{0, 0, 1} : normalized(Vec3d{draw(-1, 1), draw(-1, 1), draw(-0.1, 0.1)});
    l.length_m = draw(3, 60);
    l.n0 = normalized(cross(l.direction, point())), l.nn = cross(l.direction, l.n0);
    l.any_side = draw(0, 1) < 0.3;
    const Vec3d v = end - l.a;
    l.along = dot(v, l.direction), l.off = norm(v - l.along * l.direction);
    l.lo = draw(-2, 0.7 * l.length_m), l.hi = l.lo + draw(1, l.length_m);
    l.name = name;
    return l;
  }

  std::set<std::pair<size_t, uint32_t>> visited() const {
    std::set<std::pair<size_t, uint32_t>> all;
    FirstEdges(firsts_, 0).visit(FirstEdges::Seconds(seconds_), [&](size_t s, uint32_t name) {
      EXPECT_TRUE(all.insert({s, name}).second);
    });
    return all;
  }

  std::mt19937 draw_;
  Vec3d source_, target_;
  std::vector<FirstEdges::Line> firsts_, seconds_;
};

Vec3d at(const FirstEdges::Line& l, double t) { return l.a + t * l.direction; }

/// Where the shortest way from p over the line to q touches it.
double touching_place(const FirstEdges::Line& l, const Vec3d& p, const Vec3d& q) {
  const auto side = [&](const Vec3d& x) {
    const double along = dot(x - l.a, l.direction);
    return std::pair{along, norm(x - at(l, along))};
  };
  const auto [along_p, off_p] = side(p);
  const auto [along_q, off_q] = side(q);
  return (along_p * off_q + along_q * off_p) / (off_p + off_q);
}

/// By how much the shortest way over both touches them inside of what counts, metres; below 0: outside.
double inside_m(const Pairs& of, const FirstEdges::Line& w, const FirstEdges::Line& v) {
  double t = 0, u = 0;
  for (int i = 0; i < 500; ++i)
    t = touching_place(w, of.source_, at(v, u)), u = touching_place(v, at(w, t), of.target_);
  return std::min({t - w.lo, w.hi - t, u - v.lo, v.hi - u});
}

/// Does one have an end in front of a face of the other, by this much? Both of each other: the lesser one.
double in_front_m(const FirstEdges::Line& w, const FirstEdges::Line& v) {
  const auto sees = [](const FirstEdges::Line& x, const FirstEdges::Line& y) {
    double most = x.any_side ? kInfinity : -kInfinity;
    for (const Vec3d& p : {y.a, at(y, y.length_m)}) most = std::max({most, dot(p - x.a, x.n0), dot(p - x.a, x.nn)});
    return most;
  };
  return std::min(sees(w, v), sees(v, w));
}

TEST(EdgePairs, AllThatTheShortestWayTouchesAreProposed) {
  int num_touched = 0, num_seen = 0, num_all = 0, num_proposed = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Pairs pairs(seed);
    const auto visited = pairs.visited();
    for (size_t s = 0; s < pairs.seconds_.size(); ++s) {
      for (const FirstEdges::Line& w : pairs.firsts_) {
        const FirstEdges::Line& v = pairs.seconds_[s];
        const bool is_visited = visited.count({s, w.name}) != 0, touched = inside_m(pairs, w, v) > 1e-3,
                   seen = in_front_m(w, v) > 0;
        EXPECT_TRUE(is_visited || !touched || !seen) << seed << ' ' << s << ' ' << w.name;
        EXPECT_FALSE(is_visited && in_front_m(w, v) < -kClose) << seed << ' ' << s << ' ' << w.name;
        num_touched += touched && seen, num_seen += seen, ++num_all, num_proposed += is_visited;
      }
    }
  }
  EXPECT_GT(num_touched, 100);
  EXPECT_GT(num_all - num_seen, 500);
  EXPECT_LT(num_proposed, num_all / 3);
}

/// Where the stretch of one edge is a point, nearly, and nothing is known of the other bound (the image lies on the
/// edge's line), what is proposed is what the way touches within what counts.
TEST(EdgePairs, BoundsOfAPointAreWhereTheWayTouches) {
  int num_within = 0, num_beyond = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    for (const bool of_second : {false, true}) {
      Pairs pairs(seed);
      auto &points = of_second ? pairs.firsts_ : pairs.seconds_, &lines = of_second ? pairs.seconds_ : pairs.firsts_;
      for (FirstEdges::Line& l : points) l.lo = 0.5 * l.length_m, l.hi = l.lo + 1e-3, l.off = 0, l.any_side = true;
      for (FirstEdges::Line& l : lines) l.any_side = true;
      const auto visited = pairs.visited();
      for (size_t s = 0; s < pairs.seconds_.size(); ++s) {
        for (const FirstEdges::Line& w : pairs.firsts_) {
          const FirstEdges::Line& v = pairs.seconds_[s];
          const FirstEdges::Line &line = of_second ? v : w, &point = of_second ? w : v;
          const double t = touching_place(line, of_second ? pairs.target_ : pairs.source_, at(point, point.lo)),
                       inside = std::min(t - line.lo, line.hi - t);
          const bool is_visited = visited.count({s, w.name}) != 0;
          EXPECT_TRUE(is_visited || inside < 1e-2) << seed << ' ' << s << ' ' << w.name;
          EXPECT_FALSE(is_visited && inside < -kClose) << seed << ' ' << s << ' ' << w.name;
          num_within += inside > 1e-2, num_beyond += inside < -kClose;
        }
      }
    }
  }
  EXPECT_GT(num_within, 500);
  EXPECT_GT(num_beyond, 500);
}

}  // namespace
}  // namespace raywave::paths
