// SPDX-License-Identifier: Apache-2.0
#include "raywave/scene/facet_noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"

namespace raywave::scene {
namespace {

constexpr double kFold = 0.643;  // cos 50 degrees: neighbours that turn by more belong to another surface
// Of the some 40 facets that a noisy surface has at the first radius, those that must be there: at its corner a quarter
// is. The walls of a house whose outline bends, a strip of facets, are up to eight.
constexpr size_t kFewest = 12;
constexpr int kProbes = 500;               // facets from which the others are looked at
constexpr int64_t kLooked = 500'000;       // facets looked at, at one radius
constexpr double kKept = 200;              // of them compared, a probe
constexpr int kRings = 24, kFar = 18;      // rings from kFar on are what is far
constexpr double kRadii = 4;               // the neighbourhood, in radii of the correlated area
constexpr double kSettled = 1.1;           // and its last step, by kGrows, changes neither slope nor area by more
constexpr double kGrows = 1.5;             // of the radius
constexpr double kClean = 1e-12;           // below this variance of slopes
constexpr int kPerDecade = 4, kTo = 36;    // kappa' = 10^(i / kPerDecade), i = 0 to kTo
constexpr double kCos = 0.70710678118655;  // of the angle from the normal

struct Patch {
  Vec3d center, normal;
  double area = 0;
};

std::vector<Patch> patches_of(const FacetTable& table, int32_t object) {
  const auto by_object = [](const Facet& f, int32_t o) { return f.object < o; };
  const auto first = std::lower_bound(table.facets.begin(), table.facets.end(), object, by_object),
             end = std::lower_bound(first, table.facets.end(), object + 1, by_object);
  std::vector<Patch> out;
  for (auto f = first; f != end; ++f) {
    Patch p{{0, 0, 0}, f->normal};
    for (uint32_t t = f->triangle_begin; t < f->triangle_end; ++t) {
      const Triangle& tri = table.triangles[t];
      const double area = 0.5 * norm(cross(tri.b - tri.a, tri.c - tri.a));
      p.area += area, p.center += (area / 3) * (tri.a + tri.b + tri.c);
    }
    if (!(p.area > 0)) continue;
    p.center = (1 / p.area) * p.center;
    out.push_back(p);
  }
  return out;
}

/// Patches at even steps of area, each once, in an order by chance: the first ones are all over, too.
std::vector<size_t> probes_of(const std::vector<Patch>& patches) {
  double total = 0;
  for (const Patch& p : patches) total += p.area;
  std::vector<size_t> out;
  double sum = 0;
  for (size_t i = 0; i < patches.size(); ++i) {
    const double before = sum;
    sum += patches[i].area;
    if (std::floor(kProbes * sum / total - 0.5) > std::floor(kProbes * before / total - 0.5)) out.push_back(i);
  }
  std::sort(out.begin(), out.end(), [](size_t a, size_t b) { return mix64(a) < mix64(b); });
  return out;
}

/// Patches near places, by cells as large as the radius.
class Grid {
 public:
  Grid(const std::vector<Patch>& patches, double radius) : patches_(patches), radius_(radius) {
    for (size_t i = 0; i < patches.size(); ++i) sorted_.emplace_back(key(cell(patches[i].center)), i);
    std::sort(sorted_.begin(), sorted_.end());
  }

  /// visit(patch) for what the cells about a place hold.
  template <class Visit>
  void each(const Vec3d& at, Visit&& visit) const {
    const std::array<int64_t, 3> c = cell(at);
    for (int64_t x = -1; x <= 1; ++x) {
      for (int64_t y = -1; y <= 1; ++y) {
        for (int64_t z = -1; z <= 1; ++z) {
          const uint64_t k = key({c[0] + x, c[1] + y, c[2] + z});
          for (auto i = std::lower_bound(sorted_.begin(), sorted_.end(), std::pair<uint64_t, size_t>(k, 0));
               i != sorted_.end() && i->first == k; ++i)
            visit(i->second);
        }
      }
    }
  }
  std::vector<size_t> within(const Vec3d& at) const {
    std::vector<size_t> out;
    each(at, [&](size_t i) {
      if (norm2(patches_[i].center - at) <= radius_ * radius_) out.push_back(i);
    });
    return out;
  }

 private:
  std::array<int64_t, 3> cell(const Vec3d& p) const {
    return {int64_t(std::floor(p.x / radius_)), int64_t(std::floor(p.y / radius_)), int64_t(std::floor(p.z / radius_))};
  }
  /// Cells 2^21 apart share one: what lies there is too far, which within() sees.
  static uint64_t key(const std::array<int64_t, 3>& c) {
    constexpr uint64_t kMask = (1u << 21) - 1;
    return (uint64_t(c[0]) & kMask) << 42 | (uint64_t(c[1]) & kMask) << 21 | (uint64_t(c[2]) & kMask);
  }

  const std::vector<Patch>& patches_;
  double radius_;
  std::vector<std::pair<uint64_t, size_t>> sorted_;
};

/// Of a normal (either way) from the plane of `about`, as a vector in it.
Vec3d slope_of(const Vec3d& normal, const Vec3d& about) { return (1 / dot(normal, about)) * normal - about; }

/// The normal of what a patch's neighbours mean: of those that turn away by less than kFold from it, then from that.
Vec3d mean_normal(const std::vector<Patch>& patches, const std::vector<size_t>& near, Vec3d mean) {
  for (int pass = 0; pass < 2; ++pass) {
    Vec3d sum{0, 0, 0};
    for (const size_t i : near) {
      const double cosine = dot(patches[i].normal, mean);
      if (std::abs(cosine) > kFold) sum += std::copysign(patches[i].area, cosine) * patches[i].normal;
    }
    if (norm2(sum) > 0) mean = normalized(sum);
  }
  return mean;
}

/// Pairs of a probe and a patch near it.
class Pairs {
 public:
  Pairs(const std::vector<Patch>& patches, const std::vector<size_t>& probes, double radius) : radius_(radius) {
    const Grid grid(patches, radius);
    int64_t looked = 0;
    for (const size_t p : probes) {
      std::vector<size_t> near = grid.within(patches[p].center);
      looked += int64_t(near.size());
      add(patches, p, near);
      if (looked > kLooked && num_probes_ >= 20) break;
    }
  }

  bool empty() const { return num_probes_ == 0; }
  double variance() const { return squares_ / (2 * double(num_probes_)); }
  double area_m2(double kappa) const {
    std::array<double, kRings + 1> total{}, sum{}, sum2{}, squared{};
    std::vector<double> alike(pairs_.size());
    double far = 0, far_weight = 0;
    for (size_t i = 0; i < pairs_.size(); ++i) {
      alike[i] = std::exp(-kappa * pairs_[i].apart2);
      if (pairs_[i].ring >= kFar) far += alike[i] * pairs_[i].weight, far_weight += pairs_[i].weight;
    }
    const double base = far_weight > 0 ? far / far_weight : 0;
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const double w = pairs_[i].weight, excess = alike[i] - base;
      const auto r = size_t(pairs_[i].ring);
      total[r] += w, squared[r] += w * w, sum[r] += w * excess, sum2[r] += w * excess * excess;
    }
    double out = 0;
    for (size_t r = 0; r < kFar; ++r) {
      if (!(total[r] > 0)) continue;
      // what the estimate's own noise makes is none; a patch is alike with itself for certain
      const double excess = sum[r] / total[r],
                   noise = r == 0 ? 0 : std::sqrt(sum2[r] / total[r] * squared[r]) / total[r];
      out += total[r] / double(num_probes_) * std::copysign(std::max(0.0, std::abs(excess) - noise), excess);
    }
    return std::max(0.0, out);
  }

 private:
  struct Pair {
    int ring;  // 0: itself
    double weight, apart2;
  };

  void add(const std::vector<Patch>& patches, size_t probe, const std::vector<size_t>& near) {
    const Patch& own = patches[probe];
    const Vec3d mean = mean_normal(patches, near, own.normal);
    const auto same = [&](size_t i) { return std::abs(dot(patches[i].normal, mean)) > kFold; };
    if (!same(probe) || size_t(std::count_if(near.begin(), near.end(), same)) < kFewest) return;
    ++num_probes_;
    const Vec3d slope = slope_of(own.normal, mean);
    squares_ += norm2(slope);
    for (const size_t i : near) {
      if (!same(i)) continue;
      const double distance = norm(patches[i].center - own.center);
      const int ring = i == probe ? 0 : 1 + std::min(int(distance / radius_ * kRings), kRings - 1);
      // as many of each ring
      const double kept = ring == 0 ? 1 : std::min(1.0, kRings / 2.0 * kKept / (double(near.size()) * ring));
      if (random_uniform(1, probe, i, 0) >= kept) continue;
      pairs_.push_back({ring, patches[i].area / kept, norm2(slope - slope_of(patches[i].normal, mean))});
    }
  }

  double radius_, squares_ = 0;
  int64_t num_probes_ = 0;
  std::vector<Pair> pairs_;
};

double extent(const std::vector<Patch>& patches) {
  Vec3d lo = patches[0].center, hi = lo;
  for (const Patch& p : patches) {
    lo = {std::min(lo.x, p.center.x), std::min(lo.y, p.center.y), std::min(lo.z, p.center.z)};
    hi = {std::max(hi.x, p.center.x), std::max(hi.y, p.center.y), std::max(hi.z, p.center.z)};
  }
  return norm(hi - lo);
}

}  // namespace

FacetNoise::FacetNoise(const FacetTable& table, int32_t object) {
  const std::vector<Patch> patches = patches_of(table, object);
  if (patches.size() < kFewest) return;
  const std::vector<size_t> probes = probes_of(patches);
  double sum = 0, sum2 = 0;
  for (const Patch& p : patches) sum += p.area, sum2 += p.area * p.area;
  double radius = 2.5 * std::sqrt(2 * sum2 / sum);
  const double largest = std::max(radius, 0.25 * extent(patches));
  std::optional<Pairs> pairs;
  double correlated = 0;
  while (true) {
    Pairs found(patches, probes, radius);
    if (found.empty()) break;
    const double slope_before = slope_, correlated_before = correlated, variance = found.variance();
    pairs = std::move(found);
    slope_ = 0;
    if (variance < kClean) break;
    correlated = 2 * pairs->area_m2(1 / (4 * variance));
    // of the variance, by the neighbourhood's own mean
    const double taken = std::min(0.5, correlated / (kPi * radius * radius));
    slope_ = std::sqrt(variance / (1 - taken));
    const bool settled = slope_ < kSettled * slope_before && correlated < kSettled * correlated_before;
    if (radius >= largest || (settled && radius >= kRadii * std::sqrt(correlated / kPi))) break;
    radius = std::min(kGrows * radius, largest);
  }
  if (!(slope_ > 0)) return;
  for (int i = 0; i <= kTo; ++i) areas_m2_.push_back(pairs->area_m2(std::pow(10.0, double(i) / kPerDecade)));
  for (const size_t p : probes) places_m_.push_back(patches[p].center);
}

double FacetNoise::spread_db(double kappa, double leg_m) const {
  if (!(slope_ > 0)) return 0;
  const double at = std::clamp(kPerDecade * std::log10(kappa * kCos), 0.0, double(kTo));
  const auto i = std::min(size_t(at), size_t(kTo) - 1);
  const double area = areas_m2_[i] + (at - double(i)) * (areas_m2_[i + 1] - areas_m2_[i]);
  const double lobe_m2 = kPi * leg_m * leg_m / (kappa * kCos);  // 4 pi / (kappa cos (1 / leg + 1 / leg)^2)
  return 10 * std::log10(1 + std::sqrt(area / lobe_m2));
}

double FacetNoise::largest_kappa(double most_db, double leg_m, double most) const {
  if (spread_db(most, leg_m) <= most_db) return most;
  double low = 0, high = std::log(most);  // kappa = 1 at least
  while (high - low > 1e-6) {
    const double middle = 0.5 * (low + high);
    (spread_db(std::exp(middle), leg_m) <= most_db ? low : high) = middle;
  }
  return std::exp(low);
}

}  // namespace raywave::scene
