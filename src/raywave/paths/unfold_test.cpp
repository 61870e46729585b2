// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/unfold.h"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>
#include <vector>

namespace raywave::paths {
namespace {

using ad::Dual;

Bend<double> mirror_at(const Vec3d& normal, double offset) {
  Bend<double> b;
  b.normal = normalized(normal);
  b.offset = offset;
  return b;
}
Bend<double> edge_at(const Vec3d& origin, const Vec3d& direction, double length) {
  Bend<double> b;
  b.is_edge = true;
  b.wedge.origin = origin;
  b.wedge.direction = normalized(direction);
  b.wedge.hi = length;
  return b;
}

double length_over(const Vec3d& s, const Vec3d& p, const std::vector<Vec3d>& points) {
  double length = 0;
  Vec3d last = s;
  for (const Vec3d& q : points) length += norm(q - last), last = q;
  return length + norm(p - last);
}

struct Problem {
  Vec3d s, p;
  std::vector<Bend<double>> bends;
};

/// Edges between mirrors, skew to each other: the general case.
std::vector<Problem> problems() {
  const Vec3d s{0.3, -4, 1.2}, p{1.1, 5, 2.0};
  const auto wall = mirror_at({0, 1, 0.1}, 7), floor = mirror_at({0, 0, 1}, 0), back = mirror_at({1, 0.1, 0}, 8);
  const auto e = edge_at({-2, 0.1, 3}, {1, 0.05, 0.02}, 6), f = edge_at({-1, 2, 3.5}, {0.9, -0.3, 0.2}, 5);
  const auto g = edge_at({0, 3.5, 2.5}, {0.3, 0.2, 1}, 4);
  return {{s, p, {e}},
          {s, p, {floor, e}},
          {s, p, {e, wall}},
          {s, p, {floor, e, back}},
          {s, p, {e, f}},
          {s, p, {floor, e, f, wall}},
          {s, {1.1, 5, 1.0}, {e, floor, f}},
          {s, p, {e, f, g}},
          {s, p, {floor, e, f, wall, g}},
          {s, p, {e, f, e}}};
}

std::vector<Vec3d> solve_for(const Problem& q) {
  std::vector<Vec3d> points(q.bends.size());
  EXPECT_TRUE(touching_points(q.s, q.p, q.bends.data(), q.bends.size(), points.data()));
  return points;
}

TEST(Unfold, PathsAreStationary) {
  // Fermat: moving any touching point along its mirror or edge changes the length by second order only.
  for (const Problem& q : problems()) {
    const std::vector<Vec3d> points = solve_for(q);
    for (size_t i = 0; i < points.size(); ++i) {
      std::vector<Vec3d> directions;
      if (q.bends[i].is_edge) {
        directions.push_back(q.bends[i].wedge.direction);
      } else {
        const Vec3d n = q.bends[i].normal;
        directions.push_back(normalized(cross(n, Vec3d{0.3, 0.5, 0.8})));
        directions.push_back(cross(n, directions[0]));
        EXPECT_NEAR(dot(n, points[i]), q.bends[i].offset, 1e-12);
      }
      for (const Vec3d& d : directions) {
        const double h = 1e-4;
        auto up = points, down = points;
        up[i] = points[i] + h * d;
        down[i] = points[i] - h * d;
        const double slope = (length_over(q.s, q.p, up) - length_over(q.s, q.p, down)) / (2 * h);
        // third derivatives are of order 1 / m^2; rounding of a length of 20 m
        EXPECT_NEAR(slope, 0, h * h + 20 * 2.2e-16 / h);
      }
    }
  }
}

TEST(Unfold, RaysAtEdgesLieOnKellersCone) {
  for (const Problem& q : problems()) {
    const std::vector<Vec3d> points = solve_for(q);
    for (size_t i = 0; i < points.size(); ++i) {
      if (!q.bends[i].is_edge) continue;
      const Vec3d in = normalized(points[i] - (i == 0 ? q.s : points[i - 1]));
      const Vec3d out = normalized((i + 1 < points.size() ? points[i + 1] : q.p) - points[i]);
      EXPECT_NEAR(dot(in, q.bends[i].wedge.direction), dot(out, q.bends[i].wedge.direction), 1e-12);
    }
  }
}

TEST(Unfold, TheWayBackTouchesTheSamePoints) {
  for (const Problem& q : problems()) {
    Problem back{q.p, q.s, {q.bends.rbegin(), q.bends.rend()}};
    const auto forth = solve_for(q), other = solve_for(back);
    for (size_t i = 0; i < forth.size(); ++i) EXPECT_LT(norm(forth[i] - other[forth.size() - 1 - i]), 1e-11);
  }
}

template <class T>
Vec3<T> lifted(const Vec3d& v, size_t base, size_t active) {
  return {T(v.x, base == active), T(v.y, base + 1 == active), T(v.z, base + 2 == active)};
}

/// Numbers 0 to 2: the source; 3 to 5: the target; then 6 a bend: a mirror's normal and offset, an edge's origin and
/// direction.
Problem moved(Problem q, size_t number, double h) {
  const auto add = [&](Vec3d& v, size_t k) { (k == 0 ? v.x : k == 1 ? v.y : v.z) += h; };
  if (number < 3) {
    add(q.s, number);
  } else if (number < 6) {
    add(q.p, number - 3);
  } else {
    Bend<double>& b = q.bends[(number - 6) / 6];
    const size_t k = (number - 6) % 6;
    if (b.is_edge) {
      k < 3 ? add(b.wedge.origin, k) : add(b.wedge.direction, k - 3);
    } else if (k < 3) {
      add(b.normal, k);
    } else if (k == 3) {
      b.offset += h;
    }
  }
  return q;
}

TEST(Unfold, DerivativesAreDifferences) {
  for (const Problem& q : problems()) {
    for (size_t number = 0; number < 6 + 6 * q.bends.size(); ++number) {
      std::vector<Bend<Dual>> bends;
      for (size_t i = 0; i < q.bends.size(); ++i) {
        const Bend<double>& b = q.bends[i];
        Bend<Dual> lift;
        lift.is_edge = b.is_edge;
        lift.normal = lifted<Dual>(b.normal, b.is_edge ? 1000 : 6 + 6 * i, number);
        lift.offset = Dual(b.offset, !b.is_edge && number == 9 + 6 * i);
        lift.wedge.origin = lifted<Dual>(b.wedge.origin, b.is_edge ? 6 + 6 * i : 1000, number);
        lift.wedge.direction = lifted<Dual>(b.wedge.direction, b.is_edge ? 9 + 6 * i : 1000, number);
        lift.wedge.hi = b.wedge.hi;
        bends.push_back(lift);
      }
      std::vector<Vec3<Dual>> points(q.bends.size());
      ASSERT_TRUE(touching_points(lifted<Dual>(q.s, 0, number), lifted<Dual>(q.p, 3, number), bends.data(),
                                  bends.size(), points.data()));
      const bool direction = number >= 6 && (number - 6) % 6 >= 3 && q.bends[(number - 6) / 6].is_edge;
      const bool normal = number >= 6 && (number - 6) % 6 < 3 && !q.bends[(number - 6) / 6].is_edge;
      if (direction || normal) continue;  // the formulas take them as unit vectors; see DerivativesByRotation
      const double h = 1e-5;
      const auto up = solve_for(moved(q, number, h)), down = solve_for(moved(q, number, -h));
      for (size_t i = 0; i < points.size(); ++i) {
        const Vec3d slope = (up[i] - down[i]) / (2 * h);
        const Vec3d exact{points[i].x.d, points[i].y.d, points[i].z.d};
        EXPECT_LT(norm(exact - slope), 1e-8) << number << " " << i;
      }
    }
  }
}

template <class T>
Vec3<T> turned(const Vec3d& v, const T& angle) {
  using std::cos;
  using std::sin;
  return {cos(angle) * T(v.x) - sin(angle) * T(v.y), sin(angle) * T(v.x) + cos(angle) * T(v.y), T(v.z)};
}

TEST(Unfold, DerivativesByRotation) {
  // all mirrors and edges turned about the vertical
  for (const Problem& q : problems()) {
    const auto points_at = [&](const auto& angle) {
      using T = std::decay_t<decltype(angle)>;
      std::vector<Bend<T>> bends;
      for (const Bend<double>& b : q.bends) {
        Bend<T> t;
        t.is_edge = b.is_edge;
        t.normal = turned(b.normal, angle);
        t.offset = T(b.offset);
        t.wedge.origin = turned(b.wedge.origin, angle);
        t.wedge.direction = turned(b.wedge.direction, angle);
        t.wedge.hi = T(b.wedge.hi);
        bends.push_back(t);
      }
      std::vector<Vec3<T>> points(bends.size());
      EXPECT_TRUE(
          touching_points(q.s.operator Vec3<T>(), q.p.operator Vec3<T>(), bends.data(), bends.size(), points.data()));
      return points;
    };
    const double h = 1e-5;
    const auto up = points_at(h), down = points_at(-h);
    const auto dual = points_at(Dual(0, 1));
    ad::Tape tape;
    const ad::Recording recording(tape);
    const ad::Var angle = tape.input(0);
    const auto taped = points_at(angle);
    double sum = 0;
    for (size_t i = 0; i < up.size(); ++i) {
      const Vec3d slope = (up[i] - down[i]) / (2 * h);
      EXPECT_LT(norm(Vec3d{dual[i].x.d, dual[i].y.d, dual[i].z.d} - slope), 1e-8);
      tape.seed(taped[i].x, 1.3);
      tape.seed(taped[i].z, -0.4);
      sum += 1.3 * dual[i].x.d - 0.4 * dual[i].z.d;
    }
    tape.sweep();
    EXPECT_NEAR(tape.adjoint(angle), sum, 1e-11 * (1 + std::abs(sum)));
  }
}

// Two edges that meet in a corner: the length has a kink there, in which an iteration may stick. Wherever the shortest
// path does not run through the corner it is found, by comparison with a search; where it does there is none.
TEST(Unfold, EdgesThatMeetInACornerAreSolvedWhereverTheShortestPathIs) {
  const auto e = edge_at({-2, -3, 0}, {1, 0, 0}, 4), f = edge_at({2, -3, 0}, {0, 1, 0.3}, 6);  // corner at (2, -3, 0)
  int found = 0, at_corner = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto number = [&](int k) { return 12 * std::sin(37.1 * i + 11.3 * k + 0.7 * k * i); };
    const Vec3d s{number(0), number(1), number(2)}, p{number(3), number(4), number(5)};
    // the shortest path over the second edge's point at t: unfolded about the first edge it is straight
    const auto length = [&](double t) {
      const Vec3d q = f.wedge.origin + t * f.wedge.direction;
      const auto off = [&](const Vec3d& v) { return std::hypot(v.y + 3, v.z); };
      return std::hypot(q.x - s.x, off(q) + off(s)) + norm(p - q);
    };
    double lo = -100, hi = 100;
    while (hi - lo > 1e-9) {
      const double a = lo + (hi - lo) / 3, b = hi - (hi - lo) / 3;
      (length(a) < length(b) ? hi : lo) = length(a) < length(b) ? b : a;
    }
    const double best = 0.5 * (lo + hi);
    const Bend<double> bends[] = {e, f};
    Vec3d points[2];
    const bool there = touching_points(s, p, bends, 2, points);
    // the search's place is known to 1e-6 m where the length's slope vanishes
    EXPECT_EQ(there, std::abs(best) > 1e-5) << i << " " << best;
    there ? ++found : ++at_corner;
    if (!there) continue;
    EXPECT_NEAR(dot(points[1] - f.wedge.origin, f.wedge.direction), best, 1e-5) << i;
    EXPECT_LE(length_over(s, p, {points[0], points[1]}), length(best) * (1 + 1e-15)) << i;
  }
  EXPECT_GT(found, 500);
  EXPECT_GT(at_corner, 200);
}

TEST(Unfold, PlacesWithoutAPathAreRefused) {
  Vec3d points[2];
  const auto e = edge_at({0, 0, 0}, {0, 0, 1}, 5);
  EXPECT_FALSE(touching_points({0, 0, 9}, {1, 1, 1}, &e, 1, points));  // on the edge's line
  const auto m = mirror_at({0, 0, 1}, 0);
  EXPECT_FALSE(touching_points({0, 0, 1}, {1, 1, -1}, &m, 1, points));  // on different sides
  EXPECT_TRUE(touching_points({0, 0, 1}, {1, 1, 2}, &m, 1, points));
}

}  // namespace
}  // namespace raywave::paths
