// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/laws.h"

#include <algorithm>

namespace raywave::plane {
namespace {

/// Keeps the least of the conditions that it sees, and all that are equal to it.
class Least {
 public:
  explicit Least(std::vector<Condition>* keep) : keep_(keep) {}
  void see(double value, const Condition& c) {
    if (!keep_ || value > value_) return;
    if (value < value_) keep_->clear();
    value_ = value;
    keep_->push_back(c);
  }

 private:
  std::vector<Condition>* keep_;
  double value_ = std::numeric_limits<double>::infinity();
};

void see_terms(Least& least, double worst, const std::array<double, 4>& terms, size_t stretch, int32_t object,
               int root) {
  for (size_t i = 0; i < 4; ++i)
    if (terms[i] == worst) least.see(-worst, {Condition::kCross, int16_t(stretch), int16_t(i), int16_t(root), object});
}

}  // namespace

Verdict judge(const SceneOver<double>& s, std::span<const int32_t> objects, const Places<double>& p, double loss,
              bool want_least) {
  Verdict v;
  Least least(want_least ? &v.least : nullptr);
  for (size_t k = 0; k < objects.size(); ++k) {
    if (s.object(objects[k]).object->kind == Kind::kCorner) continue;
    const double t = p.t[k];
    v.on = std::min(v.on, std::min(t, 1 - t));
    least.see(t, {Condition::kBegin, int16_t(k)});
    least.see(1 - t, {Condition::kEnd, int16_t(k)});
  }
  const auto num_objects = int32_t(s.scene->objects.size());
  for (size_t k = 0; k <= objects.size(); ++k) {
    for (int32_t j = 0; j < num_objects; ++j) {
      if (touches(objects, k, j)) continue;
      const auto o = s.object(j);
      const double c = crossing(o, p.at[k], p.at[k + 1]);
      v.clear = std::min(v.clear, -c);
      if (!want_least || !std::isfinite(c)) continue;
      std::array<double, 4> terms;
      if (o.object->kind != Kind::kArc) {
        see_terms(least, c, crossing_terms(o, p.at[k], p.at[k + 1]), k, j, 0);
        continue;
      }
      for (int root = 0; root < 2; ++root)
        if (arc_terms(o, p.at[k], p.at[k + 1], root, terms) && *std::min_element(terms.begin(), terms.end()) == c)
          see_terms(least, c, terms, k, j, root);
    }
  }
  v.lawful = kLossTolerance - loss;
  least.see(v.lawful, {Condition::kLoss});
  if (degenerate(s, objects, p)) {
    // no direction, no law: as far off as a ray that turns back
    v.lawful = kLossTolerance - 4;
    if (want_least && v.margin() == v.lawful) v.least = {};
  }
  return v;
}

}  // namespace raywave::plane
