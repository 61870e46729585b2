// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/lit_region.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace raywave::plane {
namespace {

// Places stay this share of their wall from its ends, and stretches, made longer by kReach of their length, stay off
// what could block: more than the crossing tolerance, which makes both longer by kCrossTolerance.
constexpr double kWellOn = 0.01, kReach = 0.006;
static_assert(kReach > kCrossTolerance && kWellOn > kCrossTolerance);
// A turn that is far above rounding and far below what a map shows.
constexpr double kTurn = 1e-9;
// Of a last stretch, as a share of the image's distance from the last wall: far above kShortest.
constexpr double kApart = 1e-6;

struct Segment {
  Vec2d a, b;
};
/// A ray of the cone: where it meets each wall, in space.
using Edge = std::array<Vec2d, kMaxOrder + 1>;

double side(const Segment& w, Vec2d p) { return cross(w.b - w.a, p - w.a); }

/// Points p for which cross(along, p - at) > 0.
HalfPlane left_of(Vec2d at, Vec2d along, Vec2d origin) {
  const Vec2d normal{-along.y, along.x};
  return {normal, dot(normal, origin - at)};
}
Vec2d turned(Vec2d d, double angle) { return {d.x - angle * d.y, d.y + angle * d.x}; }

class Finder {
 public:
  Finder(const SceneOver<double>& s, Vec2d fixed, std::span<const int32_t> walls, std::span<const int32_t> blocking,
         Vec2d origin)
      : s_(s), walls_(walls), blocking_(blocking), origin_(origin), fixed_(fixed) {}

  LitRegion run() {
    if (!outside()) return {true, false, {}, {}};
    out_.somewhere_sure = cone() && stretches_clear() && last_stretch();
    if (!out_.somewhere_sure) out_.inside.clear();
    return std::move(out_);
  }

 private:
  const Object& object(int32_t i) const { return s_.scene->objects[size_t(i)]; }
  Segment wall(size_t k) const { return {object(walls_[k]).a, object(walls_[k]).b}; }
  bool touched(size_t k, int32_t j) const {
    return (k > 0 && walls_[k - 1] == j) || (k < walls_.size() && walls_[k] == j);
  }

  bool outside() {
    Beam beam{true, fixed_, {}, {}};
    for (size_t k = 0; k < walls_.size(); ++k) {
      Beam next;
      if (!follow(beam, k == 0, object(walls_[k]), next)) return false;
      beam = next;
    }
    if (beam.all) return true;
    const int turn = side_of(beam.apex, beam.from, beam.to);
    if (turn == 0) return true;
    const double t = turn;
    Vec2d right = turned(beam.from - beam.apex, -t * kTurn), left = turned(beam.to - beam.apex, t * kTurn);
    if (turn < 0) right = -1.0 * right, left = -1.0 * left;
    out_.outside.push_back(left_of(beam.apex, right, origin_));
    out_.outside.push_back(left_of(beam.apex, -1.0 * left, origin_));
    return true;
  }

  /// The cone through all walls, unfolded about the last image, and where its edges meet them.
  bool cone() {
    const size_t n = walls_.size();
    if (n == 0) return true;
    Vec2d image = fixed_;
    for (const int32_t i : walls_) image = mirrored(s_.object(i), image);
    std::array<Segment, kMaxOrder> window;  // unfolded, counter-clockwise from the image
    for (size_t k = 0; k < n; ++k) {
      Segment w = wall(k);
      for (size_t m = k + 1; m < n; ++m) w = {mirrored(s_.object(walls_[m]), w.a), mirrored(s_.object(walls_[m]), w.b)};
      const double turn = cross(w.a - image, w.b - image);
      if (std::abs(turn) <= kTurn * length(w.a - image) * length(w.b - image)) return false;  // seen edge on
      window[k] = turn > 0 ? w : Segment{w.b, w.a};
      flipped_[k] = turn < 0;
    }
    Vec2d right, left;
    for (size_t k = n; k-- > 0;) {
      const Segment& w = window[k];
      const Vec2d r = w.a + kWellOn * (w.b - w.a) - image, l = w.b - kWellOn * (w.b - w.a) - image;
      if (k + 1 == n || cross(right, r) > 0) right = r;
      if (k + 1 == n || cross(l, left) > 0) left = l;
    }
    if (!(cross(right, left) > kTurn * length(right) * length(left))) return false;
    for (const bool is_left : {false, true}) {
      const Vec2d along = is_left ? left : right;
      double before = 0;
      for (size_t k = 0; k < n; ++k) {
        const Segment& w = window[k];
        const Vec2d t = w.b - w.a;
        const double d = cross(along, t), at = cross(w.a - image, t) / d;
        double share = cross(w.a - image, along) / d;
        // ahead of the wall before, and on this one
        if (!(at > before * (1 + kApart)) || !(share > 0.9 * kWellOn && share < 1 - 0.9 * kWellOn)) return false;
        before = at;
        if (flipped_[k]) share = 1 - share;
        (is_left ? left_ : right_)[k + 1] = wall(k).a + share * (wall(k).b - wall(k).a);
      }
    }
    left_[0] = right_[0] = fixed_;
    out_.inside.push_back(left_of(image, turned(right, kTurn), origin_));
    out_.inside.push_back(left_of(image, -1.0 * turned(left, -kTurn), origin_));
    // beyond the last wall
    const Segment last = wall(n - 1);
    const double from = side(last, image), sign = from > 0 ? -1 : 1;
    HalfPlane beyond = left_of(last.a, sign * (last.b - last.a), origin_);
    beyond.offset -= kApart * std::abs(from);
    out_.inside.push_back(beyond);
    image_ = image, cone_left_ = left, cone_right_ = right;
    return true;
  }

  /// Least and most of s over both points, positive on their side; least <= 0: on both.
  struct Sides {
    double least, most;
    Segment line;
  };
  Sides sides(const Segment& w, Vec2d p, Vec2d q) const {
    Segment line = w;
    if (side(line, p) < 0) line = {w.b, w.a};
    const double a = side(line, p), b = side(line, q);
    return {std::min(a, b), std::max(a, b), line};
  }

  bool stretches_clear() const {
    for (size_t k = 0; k < walls_.size(); ++k)
      for (const int32_t j : blocking_)
        if (!touched(k, j) && !clear(k, {object(j).a, object(j).b})) return false;
    return true;
  }

  bool clear(size_t k, const Segment& w) const {
    const Sides s = sides(w, right_[k], left_[k]);
    bool apart = s.least > 0;
    for (const Vec2d q : {right_[k + 1], left_[k + 1]}) {
      const double there = side(s.line, q);
      apart = apart && (1 + kReach) * there > kReach * s.most && (1 + kReach) * s.least > kReach * there;
    }
    if (apart) return true;
    // beside both edges of the sheaf of rays; those from the end itself also reach a little behind it
    const Segment longer{w.a - kReach * (w.b - w.a), w.b + kReach * (w.b - w.a)};
    if (k == 0 && distance(fixed_, longer) <= 2 * kReach * longest(k)) return false;
    return beside(longer, right_[k], right_[k + 1], left_[k + 1]) ||
           beside(longer, left_[k], left_[k + 1], right_[k + 1]);
  }
  double longest(size_t k) const {
    return std::max(length(right_[k + 1] - right_[k]), length(left_[k + 1] - left_[k]));
  }
  static double distance(Vec2d p, const Segment& w) {
    const Vec2d t = w.b - w.a;
    const double u = std::clamp(dot(p - w.a, t) / dot(t, t), 0.0, 1.0);
    return length(w.a + u * t - p);
  }
  /// Is the segment on the other side of the line p q than what is within?
  static bool beside(const Segment& w, Vec2d p, Vec2d q, Vec2d within) {
    const Segment line{p, q};
    const double inner = side(line, within), room = kTurn * dot(q - p, q - p);
    if (std::abs(inner) <= room) return false;
    const double sign = inner > 0 ? -1 : 1;
    return sign * side(line, w.a) > room && sign * side(line, w.b) > room;
  }

  bool last_stretch() {
    const size_t n = walls_.size();
    for (const int32_t j : blocking_) {
      if (touched(n, j)) continue;
      const Segment w{object(j).a, object(j).b}, longer{w.a - kReach * (w.b - w.a), w.b + kReach * (w.b - w.a)};
      if (n > 0 && (beside(longer, image_, image_ + cone_right_, image_ + cone_left_) ||
                    beside(longer, image_, image_ + cone_left_, image_ + cone_right_)))
        continue;
      const Sides s = n > 0 ? sides(w, right_[n], left_[n]) : sides(w, fixed_, fixed_);
      if (!(s.least > 0)) return false;
      // (1 + reach) s > reach most, reach s < (1 + reach) least
      HalfPlane near = left_of(s.line.a, s.line.b - s.line.a, origin_), far = near;
      near.offset -= (kReach / (1 + kReach) + kTurn) * s.most;
      far.normal = -1.0 * far.normal, far.offset = (1 + kReach) / kReach * s.least - far.offset;
      out_.inside.push_back(near), out_.inside.push_back(far);
    }
    return true;
  }

  const SceneOver<double>& s_;
  const std::span<const int32_t> walls_, blocking_;
  const Vec2d origin_, fixed_;
  std::array<bool, kMaxOrder> flipped_{};
  Edge left_{}, right_{};
  Vec2d image_, cone_left_, cone_right_;
  LitRegion out_;
};

}  // namespace

LitRegion lit_region(const SceneOver<double>& scene, Vec2d fixed, std::span<const int32_t> walls,
                     std::span<const int32_t> blocking, Vec2d origin) {
  return Finder(scene, fixed, walls, blocking, origin).run();
}

}  // namespace raywave::plane
