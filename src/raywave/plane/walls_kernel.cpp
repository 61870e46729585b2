// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/walls_kernel.h"

#include <algorithm>
#include <cmath>

#include "raywave/plane/walls_run.h"

namespace raywave::plane {

WallsKernel::WallsKernel(const SceneOver<double>& scene, Vec2d fixed, const Candidates& sequences,
                         const MapOptions& options, bool values_alone)
    : scene_(scene),
      fixed_(fixed),
      sequences_(sequences),
      options_(options),
      alpha_(scene.n[Layout::kAlpha]),
      r_coef_(scene.n[Layout::kRCoef]),
      height_(scene.n[Layout::kHeight]) {
  for (size_t j = 0; j < scene.scene->objects.size(); ++j) {
    const Object& o = scene.scene->objects[j];
    const Vec2d along = o.b - o.a;
    walls_.push_back({o.a.x, o.a.y, o.b.x, o.b.y, 1 / dot(along, along)});
    if (o.kind != Kind::kCorner) blocking_.push_back(int32_t(j));
  }
  // below this margin a path has no share: its validity is 0 in double precision
  const TraceOptions& t = options.trace;
  cut_ = !t.approx ? 0.0 : -(t.function == Activation::kHardSigmoid ? 3.0 : 746.0) / alpha_;
  for (size_t c = 0; c < sequences.count(); ++c) {
    Vec2d image = fixed;
    for (const int32_t i : sequences[c]) {
      image = mirrored(scene.object(i), image);
      images_.push_back(image);
    }
    if (values_alone && !t.approx) regions_.push_back(lit_region(scene, fixed, sequences[c], blocking_, fixed));
  }
}

WallsKernel::Shared WallsKernel::zero() const {
  Shared s;
  s.ends.assign(4 * walls_.size(), 0.0);
  s.images.assign(2 * images_.size(), 0.0);
  return s;
}

void WallsKernel::Shared::add(const Shared& o) {
  for (size_t i = 0; i < ends.size(); ++i) ends[i] += o.ends[i];
  for (size_t i = 0; i < images.size(); ++i) images[i] += o.images[i];
  fixed = fixed + o.fixed;
  r_coef += o.r_coef, height += o.height, alpha += o.alpha;
}

namespace {

constexpr size_t kRun = 64;  // points whose box is looked at before themselves

/// Of a run of points.
struct Box {
  Vec2d lo, hi;
  double least(const HalfPlane& h, Vec2d origin) const {
    return h.normal.x * ((h.normal.x > 0 ? lo.x : hi.x) - origin.x) +
           h.normal.y * ((h.normal.y > 0 ? lo.y : hi.y) - origin.y) + h.offset;
  }
  double most(const HalfPlane& h, Vec2d origin) const {
    return h.normal.x * ((h.normal.x > 0 ? hi.x : lo.x) - origin.x) +
           h.normal.y * ((h.normal.y > 0 ? hi.y : lo.y) - origin.y) + h.offset;
  }
};

std::vector<Box> boxes_of(std::span<const double> x, std::span<const double> y) {
  std::vector<Box> out;
  for (size_t begin = 0; begin < x.size(); begin += kRun) {
    const auto [x0, x1] = std::ranges::minmax(x.subspan(begin, std::min(kRun, x.size() - begin)));
    const auto [y0, y1] = std::ranges::minmax(y.subspan(begin, std::min(kRun, y.size() - begin)));
    out.push_back({{x0, y0}, {x1, y1}});
  }
  return out;
}

/// Those of the half-planes that not the whole box is inside of; false: the whole box is outside of one.
bool left_open(const std::vector<HalfPlane>& all_of, const Box& box, Vec2d origin, std::vector<HalfPlane>& open) {
  open.clear();
  for (const HalfPlane& h : all_of) {
    if (!(box.most(h, origin) > 0)) return false;
    if (!(box.least(h, origin) > 0)) open.push_back(h);
  }
  return true;
}

RAYWAVE_INLINE M meets(const std::vector<HalfPlane>& open, const P& from_origin) {
  M in{-1, -1, -1, -1};
  for (const HalfPlane& h : open) in &= dot(all(h.normal), from_origin) + all(h.offset) > all(0);
  return in;
}

/// Runs of points by their box, then four at a time: nothing, `sure(begin, f)`, or `look(begin)`.
template <class Look, class Sure>
void by_region(WallsRun& r, Vec2d fixed, const LitRegion& region, const std::vector<Box>& boxes,
               std::span<const double> x, std::span<const double> y, const Look& look, const Sure& sure) {
  std::vector<HalfPlane> outside, inside;
  for (size_t run = 0; run < boxes.size(); ++run) {
    if (!left_open(region.outside, boxes[run], fixed, outside)) continue;
    const bool some_sure = region.somewhere_sure && left_open(region.inside, boxes[run], fixed, inside);
    const size_t end = std::min(x.size(), (run + 1) * kRun);
    for (size_t begin = run * kRun; begin < end; begin += kLanes) {
      if (end - begin < kLanes) {
        look(begin);
        break;
      }
      const P moving{load(x.data() + begin), load(y.data() + begin)}, from_origin = moving - all(fixed);
      if (!outside.empty() && !any(meets(outside, from_origin))) continue;
      if (some_sure && (inside.empty() || !any(~meets(inside, from_origin)))) {
        sure(begin, r.sure(moving));
      } else {
        look(begin);
      }
    }
  }
}

}  // namespace

void WallsKernel::run(std::span<const double> x, std::span<const double> y, double* value, double* shares,
                      size_t shares_stride, Vec2d* gradient, const double* weights, Shared* shared) const {
  WallsRun r(*this);
  r.values_alone = !gradient && !shared;
  const size_t count = x.size();
  for (size_t i = 0; i < count; ++i) value[i] = 0;
  for (size_t i = 0; gradient && i < count; ++i) gradient[i] = {};
  const auto look = [&](size_t c, size_t begin) {
    r.start();
    const size_t lanes = std::min(kLanes, count - begin);
    P moving{};
    r.weight = all(0);
    if (lanes == kLanes) {
      moving = {load(x.data() + begin), load(y.data() + begin)};
      if (shared) r.weight = load(weights + begin);
    }
    for (size_t i = 0; lanes < kLanes && i < kLanes; ++i) {
      const size_t at = begin + std::min(i, lanes - 1);
      moving.x[i] = x[at], moving.y[i] = y[at];
      if (shared && i < lanes) r.weight[i] = weights[at];
    }
    double* share = shares ? shares + c * shares_stride + begin : nullptr;
    for (size_t i = 0; share && i < lanes; ++i) share[i] = 0;
    if (!r.places(moving) || !r.conditions()) return;
    V by_margin, by_length;
    const V valid = r.validity(by_margin), f = r.function(by_length), v = valid * f;
    if (lanes == kLanes) {
      store(load(value + begin) + v, value + begin);
    } else {
      for (size_t i = 0; i < lanes; ++i) value[begin + i] += v[i];
    }
    for (size_t i = 0; share && i < lanes; ++i) share[i] = v[i];
    if (!gradient && !shared) return;
    const V bar = f * by_margin;
    r.adjoint(valid * by_length, bar * all(alpha_));
    for (size_t i = 0; gradient && i < lanes; ++i)
      gradient[begin + i] = gradient[begin + i] + Vec2d{r.at_bar[r.n + 1].x[i], r.at_bar[r.n + 1].y[i]};
    r.alpha_bar += r.weight * bar * r.margin;
    if (options_.function == PathFunction::kReceivedPower) {
      const V d = all(height_ * height_) + r.length * r.length;
      if (r.n > 0) r.r_bar += r.weight * valid * all(double(r.n) * std::pow(r_coef_, double(r.n) - 1)) / d;
      r.h_bar += r.weight * v * all(-2 * height_) / d;
    }
  };
  const auto boxes = regions_.empty() ? std::vector<Box>{} : boxes_of(x, y);
  for (size_t c = 0; c < sequences_.count(); ++c) {
    r.take(sequences_[c], images_.data() + sequences_.begin[c]);
    for (size_t i = 0; i < r.n; ++i) r.image_bar[i] = {all(0), all(0)};
    if (regions_.empty()) {
      for (size_t begin = 0; begin < count; begin += kLanes) look(c, begin);
    } else if (!regions_[c].nowhere) {
      by_region(
          r, fixed_, regions_[c], boxes, x, y, [&](size_t begin) { look(c, begin); },
          [&](size_t begin, const V& f) {
            store(load(value + begin) + f, value + begin);
            if (shares) store(f, shares + c * shares_stride + begin);
          });
    }
    for (size_t i = 0; shared && i < r.n; ++i) {
      const size_t at = 2 * (size_t(sequences_.begin[c]) + i);
      shared->images[at] += sum(r.image_bar[i].x), shared->images[at + 1] += sum(r.image_bar[i].y);
    }
  }
  if (!shared) return;
  for (size_t j = 0; j < walls_.size(); ++j)
    for (size_t i = 0; i < 4; ++i) shared->ends[4 * j + i] += sum(r.ends_bar[j][i]);
  shared->fixed = shared->fixed + Vec2d{sum(r.fixed_bar.x), sum(r.fixed_bar.y)};
  shared->r_coef += sum(r.r_bar), shared->height += sum(r.h_bar), shared->alpha += sum(r.alpha_bar);
}

void WallsKernel::finish(const Shared& s, size_t fixed_begin, std::vector<double>& by_numbers) const {
  const Layout& l = *scene_.layout;
  by_numbers[Layout::kRCoef] += s.r_coef, by_numbers[Layout::kHeight] += s.height;
  by_numbers[Layout::kAlpha] += s.alpha;
  by_numbers[fixed_begin] += s.fixed.x, by_numbers[fixed_begin + 1] += s.fixed.y;
  for (size_t j = 0; j < walls_.size(); ++j) {
    if (l.num_numbers(j) < 4) continue;  // corners have no part here
    for (size_t i = 0; i < 4; ++i) by_numbers[l.object_begin[j] + i] += s.ends[4 * j + i];
  }
  ad::Tape tape;
  std::vector<ad::Var> numbers(scene_.n, scene_.n + l.count);
  for (size_t c = 0; c < sequences_.count(); ++c) {
    const auto objects = sequences_[c];
    if (objects.empty()) continue;
    const ad::Recording recording(tape);
    std::vector<size_t> opened;
    const auto open = [&](size_t begin, size_t count) {
      for (size_t i = begin; i < begin + count; ++i) {
        if (numbers[i].id >= 0) continue;
        numbers[i] = tape.input(numbers[i].v);
        opened.push_back(i);
      }
    };
    open(fixed_begin, 2);
    for (const int32_t i : objects) open(l.object_begin[size_t(i)], 4);
    const SceneOver<ad::Var> over{scene_.scene, &l, numbers.data()};
    Vec2<ad::Var> image{numbers[fixed_begin], numbers[fixed_begin + 1]};
    for (size_t i = 0; i < objects.size(); ++i) {
      image = mirrored(over.object(objects[i]), image);
      const size_t at = 2 * (size_t(sequences_.begin[c]) + i);
      tape.seed(image.x, s.images[at]), tape.seed(image.y, s.images[at + 1]);
    }
    tape.sweep();
    for (const size_t i : opened) {
      by_numbers[i] += tape.adjoint(numbers[i]);
      numbers[i] = numbers[i].v;
    }
  }
}

}  // namespace raywave::plane
