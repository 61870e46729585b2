// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/trace.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/plane/points.h"
#include "raywave/plane/sampler.h"

namespace raywave::plane {
namespace {

void append(Paths2D& out, const Paths2D& more) {
  const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  const auto shift = int64_t(out.objects.size());
  for (const int64_t b : more.begin) out.begin.push_back(shift + b);
  add(out.tx, more.tx), add(out.rx, more.rx), add(out.order, more.order), add(out.objects, more.objects);
  add(out.t, more.t), add(out.vertices, more.vertices), add(out.valid, more.valid), add(out.power, more.power);
  add(out.length_m, more.length_m), add(out.loss, more.loss);
  add(out.departure_rad, more.departure_rad), add(out.arrival_rad, more.arrival_rad);
}

double direction(Vec2d from, Vec2d to) { return std::atan2(to.y - from.y, to.x - from.x); }

Places<double> places_of(const Paths2D& p, size_t i) {
  Places<double> out;
  out.order = p.order[i];
  const auto at = size_t(p.begin[i]), n = size_t(out.order);
  for (size_t k = 0; k < n; ++k) out.t[k] = p.t[at + k];
  for (size_t k = 0; k < n + 2; ++k) out.at[k] = p.vertices[at + 2 * i + k];
  return out;
}
std::span<const int32_t> objects_of(const Paths2D& p, size_t i) {
  return {p.objects.data() + p.begin[i], size_t(p.order[i])};
}

void require_cotangent(const Paths2D& p, const PathsDerivative2D& c) {
  const auto check = [](const char* name, size_t got, size_t want) {
    if (got != 0 && got != want)
      throw Error(message("the cotangent of ", name, " must have ", want, " numbers, got ", got));
  };
  check("valid", c.valid.size(), p.count()), check("power", c.power.size(), p.count());
  check("length_m", c.length_m.size(), p.count()), check("loss", c.loss.size(), p.count());
  check("vertices", c.vertices.size(), p.vertices.size());
  const auto finite = [](const char* name, const std::vector<double>& w) {
    for (const double x : w) require_finite(message("the cotangent of ", name), x);
  };
  finite("valid", c.valid), finite("power", c.power), finite("length_m", c.length_m), finite("loss", c.loss);
  for (const Vec2d v : c.vertices) finite("vertices", {v.x, v.y});
}

/// Smoothed conditions keep every candidate, as keep_invalid does. @throws Error when that needs more than max_bytes.
void require_room(const TraceOptions& o, const std::vector<Candidates>& lists, size_t num_rx) {
  if (!o.approx && !o.keep_invalid) return;
  double paths = 0, steps = 0;
  for (size_t tx = 0; tx < lists.size(); ++tx) {
    const Candidates& list = lists[o.candidates.pruned ? tx : 0];
    paths += double(list.count()) * double(num_rx), steps += double(list.objects.size()) * double(num_rx);
  }
  // a row has three integers, where it begins, six numbers and two ends, a step an object, a share and a place; twice,
  // by links and joined
  const double bytes = 2 * (100 * paths + 28 * steps);
  if (bytes > o.candidates.max_bytes)
    throw Error(message("keeping all ", paths, " paths needs ", bytes / 1e9,
                        " GB, above max_bytes = ", o.candidates.max_bytes / 1e9,
                        " GB: take fewer receivers or candidates, or those that hold (hard conditions)"));
}

constexpr size_t kPathsInTask = 256;

}  // namespace

std::unique_ptr<Refiner> refiner_for(const Scene2D& scene, const Layout& l, std::span<const double> n,
                                     const TraceOptions& options) {
  RefineOptions r = options.refine;
  r.use = options.candidates.use;
  if (options.candidates.max_order == 0) r.use.assign(scene.objects.size(), 0);
  return Refiner::make(scene, l, n, r);
}

void TraceOptions::validate(const Scene2D& scene) const {
  candidates.validate(scene);
  if (num_threads < 0) throw Error(message("num_threads must be >= 0, got ", num_threads));
}

Activation activation_from_name(std::string_view name) {
  static constexpr std::pair<const char*, Activation> kNames[] = {{"sigmoid", Activation::kSigmoid},
                                                                  {"hard_sigmoid", Activation::kHardSigmoid}};
  return value_named(kNames, "function", name);
}

PathNumbers evaluate(const SceneOver<double>& s, const TraceOptions& options, std::span<const int32_t> objects,
                     const Places<double>& places, bool want_least) {
  PathNumbers out;
  out.loss = loss_of(s, objects, places);
  out.length_m = length_of(places);
  out.verdict = judge(s, objects, places, out.loss, want_least);
  out.valid = options.approx ? activation(options.function, s.n[Layout::kAlpha] * out.verdict.margin())
                             : double(out.verdict.holds());
  return out;
}

Paths2D trace(const Scene2D& scene, const TraceOptions& options) {
  scene.validate_distinct();
  options.validate(scene);
  const Layout l = layout(scene);
  const std::vector<double> n = numbers(scene);
  const SceneOver<double> s{&scene, &l, n.data()};
  const auto refiner = refiner_for(scene, l, n, options);
  const size_t num_rx = scene.receivers.size();
  std::vector<Paths2D> links(scene.transmitters.size() * num_rx);
  std::vector<Candidates> lists(scene.transmitters.size());
  for (size_t i = 0; i < lists.size(); ++i)
    if (!options.candidates.sampler && (i == 0 || options.candidates.pruned))
      lists[i] = candidates(scene, s.transmitter(i), options.candidates);
  require_room(options, lists, num_rx);
  runtime::parallel_for(int64_t(links.size()), options.num_threads, [&](int64_t task) {
    const size_t tx = size_t(task) / num_rx, rx = size_t(task) % num_rx;
    Paths2D& out = links[size_t(task)];
    const Vec2d from = s.transmitter(tx), to = s.receiver(rx);
    const Candidates drawn =
        options.candidates.sampler ? sampled_candidates(scene, from, to, options.candidates) : Candidates{};
    const Candidates& list = options.candidates.sampler ? drawn : lists[options.candidates.pruned ? tx : 0];
    Places<double> p;
    for (size_t c = 0; c < list.count(); ++c) {
      const auto objects = list[c];
      refiner->refine(objects, {&from, 1}, {&to, 1}, {&p, 1});
      const PathNumbers at = evaluate(s, options, objects, p, false);
      if (!options.approx && !options.keep_invalid && at.valid == 0) continue;
      const auto k = objects.size();
      out.tx.push_back(int32_t(tx)), out.rx.push_back(int32_t(rx)), out.order.push_back(int32_t(k));
      out.begin.push_back(int64_t(out.objects.size()));
      out.objects.insert(out.objects.end(), objects.begin(), objects.end());
      out.t.insert(out.t.end(), p.t.begin(), p.t.begin() + std::ptrdiff_t(k));
      out.vertices.insert(out.vertices.end(), p.at.begin(), p.at.begin() + std::ptrdiff_t(k + 2));
      out.valid.push_back(at.valid), out.length_m.push_back(at.length_m), out.loss.push_back(at.loss);
      out.power.push_back(rough_power(s, p.order, at.length_m));
      out.departure_rad.push_back(direction(p.at[0], p.at[1])),
          out.arrival_rad.push_back(direction(p.at[k + 1], p.at[k]));
    }
  });
  Paths2D all;
  for (const Paths2D& link : links) append(all, link);
  all.begin.push_back(int64_t(all.objects.size()));
  return all;
}

TapeNumbers::TapeNumbers(const Scene2D& scene, const Layout& l, std::span<const double> numbers)
    : scene_(&scene), layout_(&l), plain_(numbers), vars_(numbers.begin(), numbers.end()) {}

void TapeNumbers::open_run(ad::Tape& tape, size_t begin, size_t count) {
  for (size_t i = begin; i < begin + count; ++i) {
    if (vars_[i].id >= 0) continue;
    vars_[i] = tape.input(plain_[i]);
    opened_.push_back(i);
  }
}

void TapeNumbers::open(ad::Tape& tape, size_t tx, size_t rx, std::span<const int32_t> objects, const Verdict& verdict) {
  open_run(tape, 0, 4);
  if (tx < scene_->transmitters.size()) open_run(tape, layout_->tx_begin + 2 * tx, 2);
  if (rx < scene_->receivers.size()) open_run(tape, layout_->rx_begin + 2 * rx, 2);
  const auto object = [&](int32_t i) {
    open_run(tape, layout_->object_begin[size_t(i)], layout_->num_numbers(size_t(i)));
  };
  for (const int32_t i : objects) object(i);
  for (const Condition& c : verdict.least)
    if (c.object >= 0) object(c.object);
}

void TapeNumbers::close(const ad::Tape& tape, double weight, std::span<double> gradient) {
  for (const size_t i : opened_) {
    if (!gradient.empty()) gradient[i] += weight * tape.adjoint(vars_[i]);
    vars_[i] = plain_[i];
  }
  opened_.clear();
}

std::vector<double> paths_vjp(const Scene2D& scene, const TraceOptions& options, const Paths2D& paths,
                              const PathsDerivative2D& c) {
  require_cotangent(paths, c);
  const Layout l = layout(scene);
  const std::vector<double> n = numbers(scene);
  const SceneOver<double> s{&scene, &l, n.data()};
  const auto refiner = refiner_for(scene, l, n, options);
  const auto weight = [](const std::vector<double>& w, size_t i) { return w.empty() ? 0.0 : w[i]; };
  std::vector<std::vector<double>> parts(num_tasks(paths.count(), kPathsInTask));
  for_tasks(paths.count(), kPathsInTask, options.num_threads, [&](size_t task, size_t begin, size_t count) {
    std::vector<double>& gradient = parts[task];
    gradient.assign(l.count, 0.0);
    ad::Tape tape;
    TapeNumbers over(scene, l, n);
    for (size_t i = begin; i < begin + count; ++i) {
      const auto objects = objects_of(paths, i);
      const Places<double> places = places_of(paths, i);
      const PathNumbers at = evaluate(s, options, objects, places, options.approx);
      const ad::Recording recording(tape);
      over.open(tape, size_t(paths.tx[i]), size_t(paths.rx[i]), objects, at.verdict);
      const SceneOver<ad::Var> v = over.over();
      const auto p = evaluate_over(*refiner, v, options, v.transmitter(size_t(paths.tx[i])),
                                   v.receiver(size_t(paths.rx[i])), objects, places, at);
      const ad::Var power = rough_power(v, p.places.order, p.length);
      tape.seed(p.valid, weight(c.valid, i)), tape.seed(power, weight(c.power, i));
      tape.seed(p.length, weight(c.length_m, i)), tape.seed(p.loss, weight(c.loss, i));
      for (size_t k = 0; !c.vertices.empty() && k < objects.size() + 2; ++k) {
        const Vec2d w = c.vertices[size_t(paths.begin[i]) + 2 * i + k];
        tape.seed(p.places.at[k].x, w.x), tape.seed(p.places.at[k].y, w.y);
      }
      tape.sweep();
      over.close(tape, 1, gradient);
    }
  });
  std::vector<double> sum(l.count, 0.0);
  for (const auto& part : parts)
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
  return sum;
}

PathsDerivative2D paths_jvp(const Scene2D& scene, const TraceOptions& options, const Paths2D& paths,
                            std::span<const double> direction) {
  const Layout l = layout(scene);
  const std::vector<double> n = numbers(scene);
  if (direction.size() != n.size())
    throw Error(message("a tangent has ", n.size(), " numbers, got ", direction.size()));
  for (const double x : direction) require_finite("the tangent", x);
  const SceneOver<double> s{&scene, &l, n.data()};
  const auto refiner = refiner_for(scene, l, n, options);
  std::vector<ad::Dual> dual(n.size());
  for (size_t i = 0; i < n.size(); ++i) dual[i] = {n[i], direction[i]};
  const SceneOver<ad::Dual> d{&scene, &l, dual.data()};
  PathsDerivative2D out;
  for (size_t i = 0; i < paths.count(); ++i) {
    const auto objects = objects_of(paths, i);
    const Places<double> places = places_of(paths, i);
    const PathNumbers at = evaluate(s, options, objects, places, options.approx);
    const auto p = evaluate_over(*refiner, d, options, d.transmitter(size_t(paths.tx[i])),
                                 d.receiver(size_t(paths.rx[i])), objects, places, at);
    out.valid.push_back(p.valid.d), out.power.push_back(rough_power(d, p.places.order, p.length).d);
    out.length_m.push_back(p.length.d), out.loss.push_back(p.loss.d);
    for (size_t k = 0; k < objects.size() + 2; ++k) out.vertices.push_back({p.places.at[k].x.d, p.places.at[k].y.d});
  }
  return out;
}

}  // namespace raywave::plane
