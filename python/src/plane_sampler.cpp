// SPDX-License-Identifier: Apache-2.0
// The learned choice of sequences in the plane.
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>

#include <cstring>

#include "bind.h"
#include "convert.h"
#include "raywave/plane/sampler_training.h"

namespace raywave::python {
namespace {

using plane::FlowSampler;
using plane::Scene2D;

Vec2d device(const std::vector<plane::Device>& list, const char* what, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& d : list) {
    if (d.name == name) return d.position_m;
    known.push_back(d.name);
  }
  throw Error(message("unknown ", what, " '", name, "'", did_you_mean(name, known)));
}

nb::list sample(const FlowSampler& sampler, const Scene2D& s, const std::string& tx, const std::string& rx, int order,
                int count, uint64_t seed) {
  const Vec2d from = device(s.transmitters, "transmitter", tx), to = device(s.receivers, "receiver", rx);
  const plane::Candidates list = sampler.sample(s, from, to, order, count, seed);
  nb::list out;
  for (size_t i = 0; i < list.count(); ++i) {
    nb::list names;
    for (const int32_t j : list[i]) names.append(s.objects[size_t(j)].name);
    out.append(nb::tuple(names));
  }
  return out;
}

std::vector<double> train(FlowSampler& sampler, int64_t episodes, int max_order, int trajectories, double explore,
                          double replay, int batch, double rate, uint64_t seed, int num_threads,
                          const nb::object& progress) {
  plane::TrainOptions o;
  o.episodes = episodes, o.max_order = max_order, o.trajectories = trajectories, o.explore = explore;
  o.replay = replay, o.batch = batch, o.rate = rate, o.seed = seed, o.num_threads = num_threads;
  FlowSampler next = sampler;  // as it was, when training is stopped
  std::vector<double> losses;
  run_interruptibly(progress, [&](const runtime::Progress& p) {
    o.progress = p;
    losses = plane::train(next, o);
  });
  sampler = std::move(next);
  return losses;
}

nb::list evaluate(const FlowSampler& sampler, int num_scenes, int max_order, int num_samples, uint64_t seed,
                  int num_walls) {
  plane::EvaluateOptions o;
  o.num_scenes = num_scenes, o.max_order = max_order, o.num_samples = num_samples, o.seed = seed;
  o.num_walls = num_walls;
  std::vector<plane::SamplerScore> scores;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) { scores = plane::evaluate_sampler(sampler, o); });
  nb::list out;
  for (const auto& s : scores) {
    nb::dict row;
    row["method"] = s.method, row["order"] = s.order, row["sequences"] = s.tried;
    row["accuracy"] = s.accuracy, row["accuracy_interval"] = s.accuracy_interval;
    row["hit_rate"] = s.hit_rate, row["hit_rate_interval"] = s.hit_rate_interval, row["seconds"] = s.seconds;
    out.append(row);
  }
  return out;
}

}  // namespace

void bind_plane_sampler(nb::module_& m) {
  const plane::TrainOptions t;
  const plane::EvaluateOptions e;
  nb::class_<FlowSampler>(
      m, "PathSampler",
      "A learned choice of sequences of walls for scenes in the plane (docs/plane.md): a generative "
      "flow network. Untrained, or with load what save or `raywave sampler train` wrote.")
      .def(
          "__init__",
          [](FlowSampler* self, int width, int embedding, uint64_t seed) {
            new (self) FlowSampler({width, embedding, seed});
          },
          "width"_a = plane::SamplerShape{}.width, "embedding"_a = plane::SamplerShape{}.embedding, "seed"_a = 1)
      .def_static(
          "load", [](const std::filesystem::path& path) { return FlowSampler::load(path.string()); }, "path"_a)
      .def(
          "save", [](const FlowSampler& s, const std::filesystem::path& path) { s.save(path.string()); }, "path"_a)
      .def("__repr__",
           [](const FlowSampler& s) {
             return message("PathSampler(width=", s.shape().width, ", embedding=", s.shape().embedding, ")");
           })
      .def("__getstate__",
           [](const FlowSampler& s) {
             const std::vector<float>& v = s.parameters().value;
             return nb::make_tuple(s.shape().width, s.shape().embedding,
                                   nb::bytes(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float)));
           })
      .def("__setstate__",
           [](FlowSampler& s, const nb::tuple& state) {
             new (&s) FlowSampler({nb::cast<int>(state[0]), nb::cast<int>(state[1])});
             const auto bytes = nb::cast<nb::bytes>(state[2]);
             std::vector<float>& v = s.parameters().value;
             if (bytes.size() != v.size() * sizeof(float)) throw Error("a pickled PathSampler is of another version");
             std::memcpy(v.data(), bytes.c_str(), bytes.size());
           })
      .def_prop_ro("num_numbers", &FlowSampler::num_numbers, "Of the network.")
      .def("sample", &sample, "scene"_a, "tx"_a, "rx"_a, "order"_a, "count"_a = 10, "seed"_a = 42,
           "Sequences of names of walls, with repetitions, drawn in proportion to the learned flows; a function of the "
           "seed.")
      .def("train", &train, nb::kw_only(), "episodes"_a = t.episodes, "max_order"_a = t.max_order,
           "trajectories"_a = t.trajectories, "explore"_a = t.explore, "replay"_a = t.replay, "batch"_a = t.batch,
           "rate"_a = t.rate, "seed"_a = t.seed, "num_threads"_a = 0, "progress"_a = nb::none(),
           "On streets with walls left out by chance, from where it stands; the loss of each tenth. Deterministic.")
      .def("evaluate", &evaluate, nb::kw_only(), "num_scenes"_a = e.num_scenes, "max_order"_a = e.max_order,
           "num_samples"_a = e.num_samples, "seed"_a = e.seed, "num_walls"_a = 0,
           "Accuracy and hit rate over held-out streets, or towns of num_walls walls, beside other ways to choose: a "
           "dict a row.");
}

}  // namespace raywave::python
