// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/grid.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/plane/points.h"
#include "raywave/plane/sampler.h"
#include "raywave/plane/walls_kernel.h"

namespace raywave::plane {
namespace {

constexpr size_t kPointsInTask = 1024;

/// f of a path over T.
template <class T>
T value_of_path(PathFunction f, const SceneOver<T>& s, const Places<T>& p, const T& length) {
  using std::atan2;
  const auto n = size_t(p.order);
  switch (f) {
    case PathFunction::kReceivedPower:
      return rough_power(s, p.order, length);
    case PathFunction::kLength:
      return length;
    case PathFunction::kDelay:
      return length / T(kSpeedOfLight);
    case PathFunction::kCount:
      return T(1);
    case PathFunction::kDeparture:
      return atan2(p.at[1].y - p.at[0].y, p.at[1].x - p.at[0].x);
    case PathFunction::kArrival:
      return atan2(p.at[n].y - p.at[n + 1].y, p.at[n].x - p.at[n + 1].x);
  }
  return T(0);
}

Candidates reversed(const Candidates& list) {
  Candidates out = list;
  for (size_t i = 0; i < list.count(); ++i)
    std::reverse(out.objects.begin() + list.begin[i], out.objects.begin() + list.begin[i + 1]);
  return out;
}

/// What one task of the slow way gives.
struct Slow {
  std::vector<double> value, by_numbers;
};

class Mapper {
 public:
  Mapper(const Scene2D& scene, const Grid2D& points, const MapOptions& options, const std::vector<double>* cotangent)
      : scene_(scene),
        points_(points),
        o_(options),
        cotangent_(cotangent),
        layout_(layout(scene)),
        numbers_(numbers(scene)),
        over_{&scene, &layout_, numbers_.data()} {
    scene.validate_distinct();
    o_.trace.validate(scene);
    if (points.y_m.size() != points.count()) throw Error("points must have as many x as y");
    for (size_t i = 0; i < points.count(); ++i) require_point(i, {points.x_m[i], points.y_m[i]});
    devices_ = o_.over_transmitters ? scene.receivers.size() : scene.transmitters.size();
    if (devices_ == 0)
      throw Error(o_.over_transmitters ? "the scene has no receivers" : "the scene has no transmitters");
    refiner_ = refiner_for(scene, layout_, numbers_, o_.trace);
    if (!cotangent || cotangent->empty()) return;
    if (cotangent->size() != devices_ * points.count())
      throw Error(message("the cotangent must have ", devices_ * points.count(), " numbers, got ", cotangent->size()));
    for (const double w : *cotangent) require_finite("the cotangent", w);
  }

  MapGradient run() {
    MapGradient out;
    Map2D& map = out.map;
    map.num_devices = devices_, map.num_points = points_.count();
    map.value.resize(devices_ * points_.count());
    if (o_.gradient) map.gradient.resize(map.value.size());
    if (cotangent_) out.by_numbers.assign(layout_.count, 0.0);
    for (size_t d = 0; d < devices_; ++d) {
      const Vec2d fixed = o_.over_transmitters ? over_.receiver(d) : over_.transmitter(d);
      if (o_.trace.candidates.sampler) {
        list_ = drawn(fixed);
      } else if (d == 0 || o_.trace.candidates.pruned) {
        list_ = candidates(scene_, fixed, o_.trace.candidates);
        if (o_.trace.candidates.pruned && o_.over_transmitters) list_ = reversed(list_);
      }
      if (o_.per_path) reserve_shares(map);
      if (fast()) {
        run_walls(list_, d, fixed, out);
      } else if (cotangent_ || o_.gradient || o_.per_path || !lengths_of_images()) {
        run_paths(list_, d, fixed, out);
      } else {
        const auto [walls, rest] = walls_and_rest();
        run_walls(walls, d, fixed, out);
        run_paths(rest, d, fixed, out);
      }
    }
    map.num_candidates = list_.count();
    if (o_.per_path) map.candidates = list_;
    return out;
  }

 private:
  /// What a sampler draws for some of the points, each sequence once; all points try them.
  Candidates drawn(Vec2d fixed) const {
    const size_t n = points_.count(), links = std::min(n, kDrawnLinks);
    const CandidateOptions& o = o_.trace.candidates;
    std::vector<Candidates> parts(links);
    for_tasks(links, 1, o_.trace.num_threads, [&](size_t k, size_t, size_t) {
      const double at = (double(k) + random_uniform(o.sample_seed, k, 0, 0)) * double(n) / double(links);
      const size_t i = links == n ? k : std::min(size_t(at), n - 1);
      const Vec2d point{points_.x_m[i], points_.y_m[i]};
      parts[k] = o_.over_transmitters ? sampled_candidates(scene_, point, fixed, o)
                                      : sampled_candidates(scene_, fixed, point, o);
    });
    Candidates all;
    for (const Candidates& part : parts)
      for (size_t i = 0; i < part.count(); ++i) all.add(part[i]);
    return distinct(all);
  }

  /// Sequences of walls have images' paths (min-path begins there, and stays), functions of the length alone.
  bool lengths_of_images() const {
    if (o_.path_by_path || o_.trace.refine.method == Method::kFermat) return false;
    if (o_.function == PathFunction::kDeparture || o_.function == PathFunction::kArrival) return false;
    return std::none_of(scene_.objects.begin(), scene_.objects.end(),
                        [](const Object& o) { return o.kind == Kind::kArc; });
  }

  std::pair<Candidates, Candidates> walls_and_rest() const {
    std::pair<Candidates, Candidates> out;
    for (size_t c = 0; c < list_.count(); ++c) {
      const bool walls = std::all_of(list_[c].begin(), list_[c].end(),
                                     [&](int32_t i) { return scene_.objects[size_t(i)].kind == Kind::kWall; });
      (walls ? out.first : out.second).add(list_[c]);
    }
    return out;
  }

  /// Nothing but walls by images.
  bool fast() const {
    if (!lengths_of_images() || o_.trace.refine.method != Method::kImage) return false;
    for (size_t i = 0; i < scene_.objects.size(); ++i) {
      const Kind kind = scene_.objects[i].kind;
      const bool used =
          o_.trace.candidates.max_order > 0 && (o_.trace.candidates.use.empty() || o_.trace.candidates.use[i]);
      if (used && kind != Kind::kWall) return false;
    }
    return true;
  }

  void reserve_shares(Map2D& map) const {
    if (devices_ > 1 && (o_.trace.candidates.pruned || o_.trace.candidates.sampler))
      throw Error("per_path with several devices takes all candidates, not those that one of them sees");
    const double bytes = double(devices_) * double(list_.count()) * double(points_.count()) * 8;
    if (bytes > o_.trace.candidates.max_bytes)
      throw Error(message("per_path needs ", bytes / 1e9, " GB, above max_bytes = ",
                          o_.trace.candidates.max_bytes / 1e9, " GB: take fewer points or candidates, or the sum"));
    map.shares.resize(devices_ * list_.count() * points_.count());
  }

  template <class Body>
  void tasks(const Body& body) const {
    for_tasks(points_.count(), kPointsInTask, o_.trace.num_threads, body);
  }
  double weight(size_t index) const {
    return cotangent_->empty() ? 1.0 / double(devices_ * points_.count()) : (*cotangent_)[index];
  }

  void run_walls(const Candidates& list, size_t d, Vec2d fixed, MapGradient& out) const {
    const Candidates sequences = o_.over_transmitters ? reversed(list) : list;
    const size_t n = points_.count(), row = d * n;
    // half-planes cost what some hundred points do
    const WallsKernel kernel(over_, fixed, sequences, o_, !cotangent_ && !o_.gradient && n >= 256);
    std::vector<WallsKernel::Shared> parts(cotangent_ ? num_tasks(n, kPointsInTask) : 0, kernel.zero());
    tasks([&](size_t task, size_t begin, size_t count) {
      const std::span<const double> x{points_.x_m.data() + begin, count}, y{points_.y_m.data() + begin, count};
      double* const value = out.map.value.data() + row + begin;
      double* const shares = o_.per_path ? out.map.shares.data() + d * list.count() * n + begin : nullptr;
      Vec2d* const gradient = o_.gradient ? out.map.gradient.data() + row + begin : nullptr;
      std::vector<double> w(cotangent_ ? count : 0);
      for (size_t i = 0; i < w.size(); ++i) w[i] = weight(row + begin + i);
      kernel.run(x, y, value, shares, n, gradient, w.data(), cotangent_ ? &parts[task] : nullptr);
    });
    if (!cotangent_) return;
    WallsKernel::Shared all = kernel.zero();
    for (const auto& part : parts) all.add(part);
    kernel.finish(all, (o_.over_transmitters ? layout_.rx_begin : layout_.tx_begin) + 2 * d, out.by_numbers);
  }

  void run_paths(const Candidates& list, size_t d, Vec2d fixed, MapGradient& out) const {
    const size_t n = points_.count(), row = d * n;
    std::vector<std::vector<double>> parts(num_tasks(n, kPointsInTask));
    tasks([&](size_t task, size_t begin, size_t count) {
      std::vector<Vec2d> moving(count);
      for (size_t i = 0; i < count; ++i) moving[i] = {points_.x_m[begin + i], points_.y_m[begin + i]};
      std::vector<Places<double>> places(count);
      const std::span<const Vec2d> ends{moving}, end{&fixed, 1};
      const auto from = o_.over_transmitters ? ends : end, to = o_.over_transmitters ? end : ends;
      ad::Tape tape;
      TapeNumbers tape_numbers(scene_, layout_, numbers_);
      if (cotangent_) parts[task].assign(layout_.count, 0.0);
      const bool slopes = o_.gradient || cotangent_;
      for (size_t c = 0; c < list.count(); ++c) {
        refiner_->refine(list[c], from, to, places);
        for (size_t i = 0; i < count; ++i) {
          const PathNumbers at = evaluate(over_, o_.trace, list[c], places[i], slopes && o_.trace.approx);
          const size_t index = row + begin + i;
          if (at.valid == 0) continue;
          const double v = at.valid * value_of_path(o_.function, over_, places[i], at.length_m);
          out.map.value[index] += v;
          if (o_.per_path) out.map.shares[(d * list.count() + c) * n + begin + i] = v;
          if (slopes) differentiate(d, list[c], index, moving[i], places[i], at, tape, tape_numbers, out, parts[task]);
        }
      }
    });
    for (const auto& part : parts)
      for (size_t i = 0; i < part.size(); ++i) out.by_numbers[i] += part[i];
  }

  void differentiate(size_t d, std::span<const int32_t> objects, size_t index, Vec2d moving,
                     const Places<double>& places, const PathNumbers& at, ad::Tape& tape, TapeNumbers& over,
                     MapGradient& out, std::vector<double>& gradient) const {
    constexpr auto kNone = size_t(-1);
    const ad::Recording recording(tape);
    over.open(tape, o_.over_transmitters ? kNone : d, o_.over_transmitters ? d : kNone, objects, at.verdict);
    const SceneOver<ad::Var> s = over.over();
    const Vec2<ad::Var> point{tape.input(moving.x), tape.input(moving.y)};
    const Vec2<ad::Var> fixed = o_.over_transmitters ? s.receiver(d) : s.transmitter(d);
    const auto p = evaluate_over(*refiner_, s, o_.trace, o_.over_transmitters ? point : fixed,
                                 o_.over_transmitters ? fixed : point, objects, places, at);
    // one sweep: the point's own gradient has no weight, that of the sum gets it as it is added
    tape.seed(p.valid * value_of_path(o_.function, s, p.places, p.length), 1);
    tape.sweep();
    if (o_.gradient)
      out.map.gradient[index] = out.map.gradient[index] + Vec2d{tape.adjoint(point.x), tape.adjoint(point.y)};
    over.close(tape, cotangent_ ? weight(index) : 0, gradient);
  }

  const Scene2D& scene_;
  const Grid2D& points_;
  const MapOptions o_;
  const std::vector<double>* cotangent_;
  const Layout layout_;
  const std::vector<double> numbers_;
  const SceneOver<double> over_;
  std::unique_ptr<Refiner> refiner_;
  size_t devices_ = 0;
  Candidates list_;
};

}  // namespace

Grid2D Grid2D::of_lines(const std::vector<double>& x_m, const std::vector<double>& y_m) {
  Grid2D g;
  for (const double y : y_m) {
    for (const double x : x_m) g.x_m.push_back(x), g.y_m.push_back(y);
  }
  return g;
}

PathFunction path_function_from_name(std::string_view name) {
  static constexpr std::pair<const char*, PathFunction> kNames[] = {{"received_power", PathFunction::kReceivedPower},
                                                                    {"length", PathFunction::kLength},
                                                                    {"delay", PathFunction::kDelay},
                                                                    {"count", PathFunction::kCount},
                                                                    {"departure_angle", PathFunction::kDeparture},
                                                                    {"arrival_angle", PathFunction::kArrival}};
  return value_named(kNames, "path function", name);
}

Map2D map_over_points(const Scene2D& scene, const Grid2D& points, const MapOptions& options) {
  return Mapper(scene, points, options, nullptr).run().map;
}

MapGradient map_vjp(const Scene2D& scene, const Grid2D& points, const MapOptions& options,
                    const std::vector<double>& cotangent) {
  return Mapper(scene, points, options, &cotangent).run();
}

}  // namespace raywave::plane
