// SPDX-License-Identifier: Apache-2.0
// The learned choice of sequences, in the plane and in space.
#include "path_sampler.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>

#include <cstring>

#include "bind.h"
#include "convert.h"
#include "raywave/paths/facet_training.h"
#include "raywave/plane/sampler_training.h"
#include "scene.h"

namespace raywave::python {
namespace {

using plane::Scene2D;

template <class Device>
Vec2d plane_place(const std::vector<Device>& list, const char* what, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& d : list) {
    if (d.name == name) return d.position_m;
    known.push_back(d.name);
  }
  throw Error(message("unknown ", what, " '", name, "'", did_you_mean(name, known)));
}

template <class Name>
nb::tuple names_of(std::span<const int32_t> sequence, const Name& name) {
  nb::list names;
  for (const int32_t j : sequence) names.append(name(j));
  return nb::tuple(names);
}

nb::list sample_plane(const PathSampler& sampler, const Scene2D& s, const std::string& tx, const std::string& rx,
                      int order, int count, uint64_t seed) {
  const Vec2d from = plane_place(s.transmitters, "transmitter", tx), to = plane_place(s.receivers, "receiver", rx);
  nb::list out;
  const auto list = sampler.as<plane::FlowSampler>()->sample(s, from, to, order, count, seed);
  for (size_t i = 0; i < list.count(); ++i)
    out.append(names_of(list[i], [&](int32_t j) { return s.objects[size_t(j)].name; }));
  return out;
}

nb::list sample_space(const PathSampler& sampler, const std::shared_ptr<PyScene>& s, const std::string& tx,
                      const std::string& rx, int order, int count, uint64_t seed) {
  const auto model = sampler.as<paths::FacetSampler>();
  const auto solved = s->snapshot();
  const scene::Scene& scene = *solved.scene;
  const paths::PreparedScene& prepared = solved.geometry();
  const paths::FacetOutlines outlines(prepared.facets());
  const Vec3d from = scene.transmitters[size_t(scene.find_transmitter(tx))].position_m - prepared.origin_m();
  const Vec3d to = scene.receivers[size_t(scene.find_receiver(rx))].position_m - prepared.origin_m();
  nb::list out;
  model->draw(paths::FacetBuild(outlines, from, to), order, count, seed, [&](std::span<const int32_t> sequence) {
    out.append(names_of(
        sequence, [&](int32_t f) { return scene.objects[size_t(prepared.facets().facets[size_t(f)].object)].name; }));
  });
  return out;
}

nb::list sample(const PathSampler& sampler, const nb::object& scene, const std::string& tx, const std::string& rx,
                int order, int count, uint64_t seed) {
  const Scene2D* flat = nullptr;
  if (nb::try_cast(scene, flat) && flat) return sample_plane(sampler, *flat, tx, rx, order, count, seed);
  std::shared_ptr<PyScene> space;
  if (nb::try_cast(scene, space) && space) return sample_space(sampler, space, tx, rx, order, count, seed);
  throw Error(message("scene takes a raywave.Scene2D or a raywave.Scene, got ", nb::repr(scene).c_str()));
}

std::vector<double> train(PathSampler& sampler, int64_t episodes, int max_order, int trajectories, double explore,
                          double replay, int batch, double rate, uint64_t seed, int num_threads,
                          const nb::object& progress) {
  nn::TrainOptions o;
  o.episodes = episodes, o.max_order = max_order, o.trajectories = trajectories, o.explore = explore;
  o.replay = replay, o.batch = batch, o.rate = rate, o.seed = seed, o.num_threads = num_threads;
  PathSampler next = sampler;  // as it was, when training is stopped
  std::vector<double> losses;
  run_interruptibly(progress, [&](const runtime::Progress& p) {
    o.progress = p;
    losses = std::visit([&](auto& model) { return train(model, o); }, next.model);
  });
  sampler = std::move(next);
  return losses;
}

nb::list evaluate(const PathSampler& sampler, int num_scenes, int max_order, int num_samples, uint64_t seed,
                  int num_walls) {
  nn::EvaluateOptions o;
  o.num_scenes = num_scenes, o.max_order = max_order, o.num_samples = num_samples, o.seed = seed;
  o.num_walls = num_walls;
  std::vector<nn::SamplerScore> scores;
  run_interruptibly(nb::none(), [&](const runtime::Progress&) {
    scores = std::visit([&](const auto& model) { return evaluate_sampler(model, o); }, sampler.model);
  });
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
  const nn::TrainOptions t;
  const nn::EvaluateOptions e;
  const auto fresh = [](int dimensions, const nn::SamplerShape& shape) -> PathSampler {
    if (dimensions == 2) return {plane::FlowSampler(shape)};
    if (dimensions == 3) return {paths::FacetSampler(shape)};
    throw Error(message("dimensions must be 2 or 3, got ", dimensions));
  };
  nb::class_<PathSampler>(
      m, "PathSampler",
      "A learned choice of sequences of walls (dimensions=2, docs/plane.md) or facets (3, docs/learned.md): a "
      "generative flow network. Untrained, or with load what save or `raywave sampler train` wrote.")
      .def(
          "__init__",
          [fresh](PathSampler* self, int width, int embedding, uint64_t seed, int dimensions) {
            new (self) PathSampler(fresh(dimensions, {width, embedding, seed}));
          },
          "width"_a = nn::SamplerShape{}.width, "embedding"_a = nn::SamplerShape{}.embedding, "seed"_a = 1,
          "dimensions"_a = 2)
      .def_static(
          "load",
          [](const std::filesystem::path& path) -> PathSampler {
            if (nn::model_name(path.string()) == paths::FacetBuild::kModelName)
              return {paths::FacetSampler::load(path.string())};
            return {plane::FlowSampler::load(path.string())};
          },
          "path"_a)
      .def(
          "save",
          [](const PathSampler& s, const std::filesystem::path& path) {
            std::visit([&](const auto& model) { model.save(path.string()); }, s.model);
          },
          "path"_a)
      .def("__repr__",
           [](const PathSampler& s) {
             const auto shape = std::visit([](const auto& model) { return model.shape(); }, s.model);
             return message("PathSampler(width=", shape.width, ", embedding=", shape.embedding,
                            ", dimensions=", s.dimensions(), ")");
           })
      .def("__getstate__",
           [](const PathSampler& s) {
             return std::visit(
                 [&](const auto& model) {
                   const std::vector<float>& v = model.parameters().value;
                   return nb::make_tuple(model.shape().width, model.shape().embedding,
                                         nb::bytes(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float)),
                                         s.dimensions());
                 },
                 s.model);
           })
      .def("__setstate__",
           [fresh](PathSampler& s, const nb::tuple& state) {
             new (&s) PathSampler(fresh(nb::cast<int>(state[3]), {nb::cast<int>(state[0]), nb::cast<int>(state[1])}));
             const auto bytes = nb::cast<nb::bytes>(state[2]);
             std::visit(
                 [&](auto& model) {
                   std::vector<float>& v = model.parameters().value;
                   if (bytes.size() != v.size() * sizeof(float))
                     throw Error("a pickled PathSampler is of another version");
                   std::memcpy(v.data(), bytes.c_str(), bytes.size());
                 },
                 s.model);
           })
      .def_prop_ro(
          "num_numbers",
          [](const PathSampler& s) {
            return std::visit([](const auto& model) { return model.num_numbers(); }, s.model);
          },
          "Of the network.")
      .def_prop_ro("dimensions", &PathSampler::dimensions,
                   "2: scenes in the plane; 3: finder \"learned\" of PathSolver.")
      .def("sample", &sample, "scene"_a, "tx"_a, "rx"_a, "order"_a, "count"_a = 10, "seed"_a = 42,
           "Sequences of names of walls (of a Scene2D) or of the objects whose facets reflect (of a Scene), with "
           "repetitions, drawn in proportion to the learned flows; a function of the seed.")
      .def("train", &train, nb::kw_only(), "episodes"_a = t.episodes, "max_order"_a = t.max_order,
           "trajectories"_a = t.trajectories, "explore"_a = t.explore, "replay"_a = t.replay, "batch"_a = t.batch,
           "rate"_a = t.rate, "seed"_a = t.seed, "num_threads"_a = 0, "progress"_a = nb::none(),
           "On streets with walls (or houses) left out by chance, from where it stands; the loss of each tenth. "
           "Deterministic.")
      .def("evaluate", &evaluate, nb::kw_only(), "num_scenes"_a = e.num_scenes, "max_order"_a = e.max_order,
           "num_samples"_a = e.num_samples, "seed"_a = e.seed, "num_walls"_a = 0,
           "Accuracy and hit rate over held-out streets, or towns of num_walls walls (facets), beside other ways to "
           "choose: a dict a row.");
}

}  // namespace raywave::python
