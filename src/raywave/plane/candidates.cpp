// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/candidates.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/plane/beam.h"

namespace raywave::plane {
namespace {

bool straight(const Object& o) { return o.kind != Kind::kCorner && o.kind != Kind::kArc; }

[[noreturn]] void too_many(double count, double bytes, const CandidateOptions& o) {
  throw Error(message("orders ", o.min_order, " to ", o.max_order, " have ", count, " candidates, ", bytes / 1e9,
                      " GB, above max_bytes = ", o.max_bytes / 1e9,
                      " GB: lower max_order, filter the objects, or take candidates=\"visible\""));
}

/// Do the segments cross, well inside both?
bool crosses(Vec2d a, Vec2d b, Vec2d p, Vec2d q) {
  return side_of(a, b, p) * side_of(a, b, q) < 0 && side_of(p, q, a) * side_of(p, q, b) < 0;
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
  void extend(const Beam& beam) {
    if (int(sequence_.size()) == order_) {
      out_.add(sequence_);
      const double bytes = double(out_.begin.size()) * 8 + double(out_.objects.size()) * 4;
      if (bytes > options_.max_bytes) too_many(double(out_.count()), bytes, options_);
      return;
    }
    for (const int32_t j : used_) {
      if (!sequence_.empty() && sequence_.back() == j) continue;
      Beam next;
      if (options_.pruned) {
        if (!sequence_.empty() && !pair(sequence_.back(), j)) continue;
        if (!follows(beam, scene_.objects[size_t(j)], next)) continue;
      }
      sequence_.push_back(j);
      extend(next);
      sequence_.pop_back();
    }
  }

  /// The beam behind the object; false: the beam does not meet it. Whether it is lit is left to the conditions.
  bool follows(const Beam& beam, const Object& o, Beam& next) const {
    return o.kind != Kind::kWall || follow(beam, sequence_.empty(), o, next);
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
  if (num_samples < 1) throw Error(message("num_samples must be >= 1, got ", num_samples));
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
