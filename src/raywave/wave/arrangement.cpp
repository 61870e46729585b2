// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/arrangement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "raywave/wave/pieces.h"

namespace raywave::wave::detail {
namespace {

/// A side between two cuts, with its y at the lower cut, half way and at the upper.
struct Line {
  int side = 0;
  double lower = 0, middle = 0, upper = 0;
};
struct Strip {
  double z0 = 0, z1 = 0;
  std::vector<Line> lines;  // by y
};

class Arranger {
 public:
  Arranger(std::span<const Side> sides, std::span<const int> object_of, std::span<const int> rank_of, double z0,
           double z1, OwnerGroups& groups)
      : sides_(sides), object_of_(object_of), rank_of_(rank_of), z0_(z0), z1_(z1), groups_(groups) {
    double size_y = 0;
    for (const Side& s : sides) size_y = std::max({size_y, std::abs(s.p.y_m), std::abs(s.q.y_m)});
    y_tolerance_ = coincidence(size_y);
    z_tolerance_ = coincidence(std::max(std::abs(z0), std::abs(z1)));
    inside_.assign(object_of.size(), false);
  }

  std::vector<Piece> run() {
    cut();
    for (size_t k = 0; k + 1 < levels_.size(); ++k) strips_.push_back(strip(levels_[k], levels_[k + 1]));
    for (const Strip& s : strips_) walk(s);
    for (size_t i = 0; i < sides_.size(); ++i)
      if (lo_[i] == hi_[i] && lo_[i] >= z0_ && lo_[i] <= z1_) across(int(i));
    return std::move(out_);
  }

  /// One region alone: whole sides.
  std::vector<Piece> run_alone() {
    const int object = groups_.of({object_of_[size_t(sides_[0].region)]});
    for (size_t i = 0; i < sides_.size(); ++i) {
      const Side& side = sides_[i];
      const double dz = side.q.z_m - side.p.z_m;
      Piece piece{int(i), 0, 1, 0, object, 1, 1};
      if (std::abs(dz) <= z_tolerance_) {
        const double to_end = std::min(std::abs(side.p.z_m - z0_), std::abs(side.p.z_m - z1_));
        if (to_end > z_tolerance_ && (side.p.z_m < z0_ || side.p.z_m > z1_)) continue;
        piece.value = dz == 0 ? 0 : 1;
        if (to_end <= z_tolerance_) piece.slope = 0.5;
      } else {
        const double a = (z0_ - side.p.z_m) / dz, b = (z1_ - side.p.z_m) / dz;
        piece.s = std::max(0.0, std::min(a, b)), piece.e = std::min(1.0, std::max(a, b));
      }
      if (piece.s < piece.e) out_.push_back(piece);
    }
    return std::move(out_);
  }

 private:
  double y_at(const Side& s, double z) const {
    const double t = (z - s.p.z_m) / (s.q.z_m - s.p.z_m);
    return s.p.y_m + std::clamp(t, 0.0, 1.0) * (s.q.y_m - s.p.y_m);
  }

  // The cuts, and the sides' ends moved onto them.
  void cut() {
    std::vector<double> all{z0_, z1_};
    const auto offer = [&](double z) {
      if (z > z0_ && z < z1_) all.push_back(z);
    };
    for (const Side& s : sides_) offer(s.p.z_m), offer(s.q.z_m);
    for (size_t i = 0; i < sides_.size(); ++i)
      for (size_t j = i + 1; j < sides_.size(); ++j)
        if (sides_[i].region != sides_[j].region) crossing(sides_[i], sides_[j], offer);
    std::sort(all.begin(), all.end());
    levels_ = {z0_};
    for (const double z : all)
      if (z - levels_.back() > z_tolerance_) levels_.push_back(z);
    if (levels_.size() > 1 && z1_ - levels_.back() <= z_tolerance_) levels_.back() = z1_;
    for (const Side& s : sides_) {
      const double p = snapped(s.p.z_m), q = snapped(s.q.z_m);
      from_.push_back(p), to_.push_back(q);
      lo_.push_back(std::min(p, q)), hi_.push_back(std::max(p, q));
    }
  }

  template <class Offer>
  void crossing(const Side& a, const Side& b, Offer&& offer) const {
    if (std::max(a.p.y_m, a.q.y_m) < std::min(b.p.y_m, b.q.y_m) ||
        std::max(b.p.y_m, b.q.y_m) < std::min(a.p.y_m, a.q.y_m))
      return;
    const double lo = std::max({std::min(a.p.z_m, a.q.z_m), std::min(b.p.z_m, b.q.z_m), z0_});
    const double hi = std::min({std::max(a.p.z_m, a.q.z_m), std::max(b.p.z_m, b.q.z_m), z1_});
    if (!(hi - lo > z_tolerance_)) return;
    const double d_lo = y_at(a, lo) - y_at(b, lo), d_hi = y_at(a, hi) - y_at(b, hi);
    if (std::abs(d_lo) <= y_tolerance_ || std::abs(d_hi) <= y_tolerance_ || (d_lo > 0) == (d_hi > 0)) return;
    offer(lo + (hi - lo) * d_lo / (d_lo - d_hi));
  }

  double snapped(double z) const {
    const auto next = std::lower_bound(levels_.begin(), levels_.end(), z);
    if (next != levels_.end() && *next - z <= z_tolerance_) return *next;
    if (next != levels_.begin() && z - *(next - 1) <= z_tolerance_) return *(next - 1);
    return z;
  }

  Strip strip(double z0, double z1) const {
    Strip out{z0, z1, {}};
    for (size_t i = 0; i < sides_.size(); ++i)
      if (lo_[i] < hi_[i] && lo_[i] <= z0 && hi_[i] >= z1)
        out.lines.push_back({int(i), y_at(sides_[i], z0), y_at(sides_[i], 0.5 * (z0 + z1)), y_at(sides_[i], z1)});
    std::sort(out.lines.begin(), out.lines.end(),
              [](const Line& a, const Line& b) { return std::tie(a.middle, a.side) < std::tie(b.middle, b.side); });
    return out;
  }

  int owner() {
    int best = -1;
    members_.clear();
    for (size_t r = 0; r < inside_.size(); ++r) {
      if (!inside_[r]) continue;
      const int object = object_of_[r], rank = rank_of_[size_t(object)];
      if (best >= 0 && rank > best) continue;
      if (rank != best) members_.clear(), best = rank;
      if (std::find(members_.begin(), members_.end(), object) == members_.end()) members_.push_back(object);
    }
    std::sort(members_.begin(), members_.end());
    return groups_.of(members_);
  }
  void toggle(int side) {
    const size_t r = size_t(sides_[size_t(side)].region);
    inside_[r] = !inside_[r];
  }
  int owner_with(int side) {
    toggle(side);
    const int out = owner();
    toggle(side);
    return out;
  }

  void emit(int side, double z0, double z1, int below_y, int above_y, double value, double slope, int toward = 0) {
    if (below_y == above_y) return;
    const size_t i = size_t(side);
    const double length = to_[i] - from_[i];
    Piece piece{side, (z0 - from_[i]) / length, (z1 - from_[i]) / length, below_y, above_y, value, slope, toward};
    if (length < 0) std::swap(piece.s, piece.e), std::swap(piece.left, piece.right);
    out_.push_back(piece);
  }

  void walk(const Strip& strip) {
    std::fill(inside_.begin(), inside_.end(), false);
    int below = groups_.of({});
    const auto& lines = strip.lines;
    for (size_t i = 0; i < lines.size();) {
      size_t end = i + 1;
      while (end < lines.size() && std::abs(lines[end].lower - lines[i].lower) <= y_tolerance_ &&
             std::abs(lines[end].upper - lines[i].upper) <= y_tolerance_)
        ++end;
      std::vector<int> first;  // owners above each side, were it alone the first
      if (end > i + 1)
        for (size_t k = i; k < end; ++k) first.push_back(owner_with(lines[k].side));
      for (size_t k = i; k < end; ++k) toggle(lines[k].side);
      const int above = owner();
      emit(lines[i].side, strip.z0, strip.z1, below, above, 1, end == i + 1 ? 1 : 0);
      for (size_t k = i; k < end && end > i + 1; ++k) {
        emit(lines[k].side, strip.z0, strip.z1, below, first[k - i], 0, 0.5, -1);
        emit(lines[k].side, strip.z0, strip.z1, owner_with(lines[k].side), above, 0, 0.5, 1);
      }
      below = above, i = end;
    }
  }

  void set_inside(const Strip& strip, double z, double y) {
    std::fill(inside_.begin(), inside_.end(), false);
    for (const Line& l : strip.lines)
      if ((z == strip.z0 ? l.lower : l.upper) < y) toggle(l.side);
  }

  // A side along y: the owners under and over it, where it ends and where others begin beside it.
  void across(int index) {
    const Side& side = sides_[size_t(index)];
    const double z = lo_[size_t(index)], from = side.p.y_m, to = side.q.y_m;
    const size_t level = size_t(std::lower_bound(levels_.begin(), levels_.end(), z) - levels_.begin());
    const Strip* under = level > 0 ? &strips_[level - 1] : nullptr;
    const Strip* over = level < strips_.size() ? &strips_[level] : nullptr;
    std::vector<double> stops{std::min(from, to), std::max(from, to)};
    const auto offer = [&](double y) {
      if (y > stops[0] && y < stops[1]) stops.push_back(y);
    };
    if (under)
      for (const Line& l : under->lines) offer(l.upper);
    if (over)
      for (const Line& l : over->lines) offer(l.lower);
    std::sort(stops.begin(), stops.end());
    const size_t region = size_t(side.region);
    for (size_t k = 0; k + 1 < stops.size(); ++k) {
      if (!(stops[k + 1] - stops[k] > y_tolerance_)) continue;
      const double y = 0.5 * (stops[k] + stops[k + 1]);
      bool was = false, is = false;
      std::vector<bool> set_under, set_over;
      if (under) set_inside(*under, z, y), set_under = inside_, was = inside_[region];
      if (over) set_inside(*over, z, y), set_over = inside_, is = inside_[region];
      if (!under) was = !is;
      if (!over) is = !was;
      const auto add = [&](const std::vector<bool>& set, int toward) {
        inside_ = set, inside_[region] = was;
        const int low = owner();
        inside_[region] = is;
        const int high = owner();
        if (low == high) return;
        Piece piece{index, (stops[k] - from) / (to - from), (stops[k + 1] - from) / (to - from), high, low, 0, 0.5,
                    toward};
        if (to < from) std::swap(piece.s, piece.e), std::swap(piece.left, piece.right);
        out_.push_back(piece);
      };
      if (over) add(set_over, 1);
      if (under) add(set_under, -1);
    }
  }

  std::span<const Side> sides_;
  std::span<const int> object_of_, rank_of_;
  double z0_, z1_, y_tolerance_ = 0, z_tolerance_ = 0;
  OwnerGroups& groups_;
  std::vector<double> levels_, from_, to_, lo_, hi_;
  std::vector<Strip> strips_;
  std::vector<bool> inside_;
  std::vector<int> members_;
  std::vector<Piece> out_;
};

}  // namespace

std::vector<int> owner_ranks(const Scene& scene, const std::vector<Medium>& media) {
  const size_t n = scene.objects.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t(0));
  const auto key = [&](size_t i) {
    const Complexc eta = media[i].eta;
    return std::tuple(media[i].opaque ? 0 : 1, media[i].opaque ? 0 : -std::abs(eta - 1.0),
                      media[i].opaque ? 0 : -scene.objects[i].absorption_np_per_m, media[i].opaque ? 0 : eta.real());
  };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  std::vector<int> rank(n);
  for (size_t i = 1; i < n; ++i) rank[order[i]] = rank[order[i - 1]] + (key(order[i - 1]) < key(order[i]) ? 1 : 0);
  return rank;
}

int OwnerGroups::of(const std::vector<int>& members) {
  const size_t at = size_t(std::find(groups_.begin(), groups_.end(), members) - groups_.begin());
  if (at == groups_.size()) groups_.push_back(members);
  return int(at);
}

double OwnerGroups::share(int group, int object) const {
  const auto& m = members(group);
  return std::find(m.begin(), m.end(), object) == m.end() ? 0.0 : 1.0 / double(m.size());
}

std::vector<Piece> arrange(std::span<const Side> sides, std::span<const int> object_of, std::span<const int> rank_of,
                           double z0, double z1, OwnerGroups& groups) {
  if (sides.empty()) return {};
  Arranger arranger(sides, object_of, rank_of, z0, z1, groups);
  const bool alone =
      std::all_of(sides.begin(), sides.end(), [&](const Side& s) { return s.region == sides[0].region; });
  return alone ? arranger.run_alone() : arranger.run();
}

}  // namespace raywave::wave::detail
