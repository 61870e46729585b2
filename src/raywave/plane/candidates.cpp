// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/candidates.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/plane/laws.h"

namespace raywave::plane {
namespace {

bool straight(const Object& o) { return o.kind != Kind::kCorner && o.kind != Kind::kArc; }

[[noreturn]] void too_many(double count, double bytes, const CandidateOptions& o) {
  throw Error(message("orders ", o.min_order, " to ", o.max_order, " have ", count, " candidates, ", bytes / 1e9,
                      " GB, above max_bytes = ", o.max_bytes / 1e9,
                      " GB: lower max_order, filter the objects, or take candidates=\"visible\""));
}

/// -1, 0, +1: on which side of the line a b is p? 0 within rounding.
int side(Vec2d a, Vec2d b, Vec2d p) {
  const Vec2d t = b - a, d = p - a;
  const double c = cross(t, d), rounding = 1e-13 * (std::abs(t.x * d.y) + std::abs(t.y * d.x));
  return c > rounding ? 1 : c < -rounding ? -1 : 0;
}
/// Do the segments cross, well inside both?
bool crosses(Vec2d a, Vec2d b, Vec2d p, Vec2d q) {
  return side(a, b, p) * side(a, b, q) < 0 && side(p, q, a) * side(p, q, b) < 0;
}

/// Pairs cost the cube of the number of objects: above this beams alone prune, and the list is complete all the same.
constexpr int32_t kMostInPairs = 512;

class Enumerator {
 public:
  Enumerator(const Scene2D& scene, Vec2d tx, const CandidateOptions& options)
      : scene_(scene), options_(options), tx_(tx), n_(int32_t(scene.objects.size())) {
    for (int32_t i = 0; i < n_; ++i)
      if (options.use.empty() || options.use[size_t(i)]) used_.push_back(i);
    if (options.pruned && options.max_order > 1 && n_ <= kMostInPairs) find_pairs();
  }

  Candidates run() {
    for (int order = options_.min_order; order <= options_.max_order; ++order) {
      if (order > 0 && used_.empty()) break;
      order_ = order;
      extend(Beam{true, tx_, {}, {}});
    }
    return std::move(out_);
  }

 private:
  /// Rays from `apex` through the segment from `from` to `to`; or all.
  struct Beam {
    bool all;
    Vec2d apex, from, to;
  };

  void extend(const Beam& beam) {
    if (int(sequence_.size()) == order_) {
      out_.add(sequence_);
      const double bytes = double(out_.begin.size()) * 8 + double(out_.objects.size()) * 4;
      if (bytes > options_.max_bytes) too_many(double(out_.count()), bytes, options_);
      return;
    }
    for (const int32_t j : used_) {
      if (!sequence_.empty() && sequence_.back() == j) continue;
      Beam next{true, {}, {}, {}};
      if (options_.pruned) {
        if (!sequence_.empty() && !pair(sequence_.back(), j)) continue;
        if (!follow(beam, scene_.objects[size_t(j)], next)) continue;
      }
      sequence_.push_back(j);
      extend(next);
      sequence_.pop_back();
    }
  }

  /// The beam behind the object; false: the beam does not meet it.
  bool follow(const Beam& beam, const Object& o, Beam& next) const {
    if (o.kind != Kind::kWall) return true;  // a beam of all directions; whether it is lit is left to the conditions
    const bool has_apex = !beam.all || sequence_.empty();
    if (!has_apex) return true;
    double lo = 0, hi = 1;
    if (!beam.all) {
      // inside the cone, and beyond the wall that it comes from
      const int turn = side(beam.apex, beam.from, beam.to);
      if (turn == 0) return true;  // seen edge on: nothing is known
      const double s = turn;
      clip(o, beam.apex, beam.from, s, lo, hi);
      clip(o, beam.apex, beam.to, -s, lo, hi);
      clip(o, beam.from, beam.to, -s, lo, hi);
      if (lo > hi) return false;
    }
    const Vec2d t = o.b - o.a;
    const double scale[] = {o.a.x, o.a.y, o.b.x, o.b.y};
    next = {false, mirrored(ObjectOver<double>{&o, scale}, beam.apex), o.a + lo * t, o.a + hi * t};
    return true;
  }

  /// Narrows lo..hi to where the object is on the side s of the line p q (left for s > 0), a little more than that.
  static void clip(const Object& o, Vec2d p, Vec2d q, double s, double& lo, double& hi) {
    constexpr double kSlack = 1e-9;  // share of the object's length, far above rounding
    const double at_a = s * cross(q - p, o.a - p), at_b = s * cross(q - p, o.b - p), slope = at_b - at_a;
    const double size = std::abs(at_a) + std::abs(at_b);
    if (!(std::abs(slope) > 1e-12 * size)) {
      if (at_a < -1e-9 * length(q - p) * (length(o.a - p) + length(o.b - p))) lo = 2, hi = -2;
      return;
    }
    const double zero = -at_a / slope;
    if (slope > 0) lo = std::max(lo, zero - kSlack);
    if (slope < 0) hi = std::min(hi, zero + kSlack);
  }

  void find_pairs() {
    const auto n = size_t(n_);
    hidden_.assign(n * n, 0);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < i; ++j) {
        const Object &p = scene_.objects[i], &q = scene_.objects[j];
        if (!straight(p) || !straight(q)) continue;
        for (size_t k = 0; k < n && !hidden_[i * n + j]; ++k) {
          const Object& w = scene_.objects[k];
          if (k == i || k == j || !straight(w)) continue;
          if (crosses(w.a, w.b, p.a, q.a) && crosses(w.a, w.b, p.a, q.b) && crosses(w.a, w.b, p.b, q.a) &&
              crosses(w.a, w.b, p.b, q.b))
            hidden_[i * n + j] = hidden_[j * n + i] = 1;
        }
      }
    }
  }
  bool pair(int32_t i, int32_t j) const { return hidden_.empty() || !hidden_[size_t(i) * size_t(n_) + size_t(j)]; }

  const Scene2D& scene_;
  const CandidateOptions& options_;
  Vec2d tx_;
  int32_t n_;
  int order_ = 0;
  std::vector<int32_t> used_, sequence_;
  std::vector<uint8_t> hidden_;
  Candidates out_;
};

}  // namespace

void CandidateOptions::validate(const Scene2D& scene) const {
  if (min_order < 0 || max_order < min_order || max_order > kMaxOrder)
    throw Error(
        message("orders must be 0 <= min_order <= max_order <= ", kMaxOrder, ", got ", min_order, " and ", max_order));
  if (!(max_bytes > 0)) throw Error(message("max_bytes must be > 0, got ", max_bytes));
  if (!use.empty() && use.size() != scene.objects.size())
    throw Error(message("the filter must have one entry an object, ", scene.objects.size(), ", got ", use.size()));
}

double num_candidates(size_t num_objects, int min_order, int max_order) {
  const auto n = double(num_objects);
  double sum = 0;
  for (int order = min_order; order <= max_order; ++order)
    sum += order == 0 ? 1 : n * std::pow(std::max(n - 1, 0.0), order - 1);
  return sum;
}
double candidate_bytes(size_t num_objects, int min_order, int max_order) {
  double sum = 0;
  for (int order = min_order; order <= max_order; ++order)
    sum += num_candidates(num_objects, order, order) * (8 + 4 * order);
  return sum;
}

Candidates candidates(const Scene2D& scene, Vec2d tx, const CandidateOptions& options) {
  options.validate(scene);
  if (!options.pruned) {
    size_t n = scene.objects.size();
    if (!options.use.empty())
      n = size_t(std::count_if(options.use.begin(), options.use.end(), [](uint8_t u) { return u; }));
    const double bytes = candidate_bytes(n, options.min_order, options.max_order);
    if (bytes > options.max_bytes) too_many(num_candidates(n, options.min_order, options.max_order), bytes, options);
  }
  return Enumerator(scene, tx, options).run();
}

}  // namespace raywave::plane
