// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/path_solver.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "raywave/paths/candidates.h"
#include "raywave/paths/doubts.h"
#include "raywave/paths/exact_ends.h"
#include "raywave/paths/field_batch.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/find_edges.h"
#include "raywave/paths/grazed.h"
#include "raywave/paths/learned_finder.h"
#include "raywave/paths/lobe_doubts.h"
#include "raywave/paths/path_kernel.h"
#include "raywave/paths/place.h"
#include "raywave/paths/scattered_paths.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/threads.h"

namespace raywave::paths {
namespace {

std::vector<EndPoint<double>> end_points(const std::vector<scene::Device>& devices, bool synthetic,
                                         double wavelength_m) {
  std::vector<EndPoint<double>> points;
  for (const scene::Device& d : devices) {
    if (synthetic) {
      points.push_back(end_point(d, wavelength_m));
      continue;
    }
    for (int element = 0; element < d.array.num_elements(); ++element)
      points.push_back(end_point(d, wavelength_m, element));
  }
  return points;
}

/// Which sequences of a source's tree are tried for which targets: reflections for all, those with edges where the
/// target sees the last one.
struct Trials {
  int32_t num_reflections = 0;                     // the first ones of the tree
  std::vector<std::vector<int32_t>> over_edges{};  // [num_receivers of the batch]
};

/// All paths from the tree's source to the targets, each once.
/// @param over_edges  the sequences with edges, and for which target.
std::vector<GeometricPath> refine_all(const PreparedScene& prepared, const SequenceTree& tree, int32_t num_reflections,
                                      const std::vector<std::pair<int32_t, int32_t>>& over_edges,
                                      const std::vector<Vec3d>& targets, const RefineOptions& refine_options,
                                      const PathOptions& options) {
  constexpr int64_t kBlock = 8192, kEdgeBlock = 256;  // trials a task
  const auto num_targets = int64_t(targets.size()), num_edges = int64_t(over_edges.size());
  const int64_t nodes_a_block = std::max<int64_t>(1, kBlock / num_targets);
  const int64_t num_blocks = (num_reflections + nodes_a_block - 1) / nodes_a_block;
  const int64_t num_edge_blocks = (num_edges + kEdgeBlock - 1) / kEdgeBlock;
  std::vector<std::vector<GeometricPath>> found(static_cast<size_t>(num_blocks + num_edge_blocks));
  runtime::parallel_for(num_blocks + num_edge_blocks, options.num_threads, [&](int64_t block) {
    Refiner refiner(prepared, refine_options);
    GeometricPath path;
    const auto look = [&](int32_t node, int32_t t) {
      if (!refiner.path(tree, node, targets[size_t(t)], path)) return;
      if (path.steps.empty() && !options.los) return;
      path.target = t;
      found[size_t(block)].push_back(path);
    };
    if (block >= num_blocks) {
      const int64_t first = (block - num_blocks) * kEdgeBlock;
      for (int64_t i = first; i < std::min(num_edges, first + kEdgeBlock); ++i)
        look(over_edges[size_t(i)].first, over_edges[size_t(i)].second);
      return;
    }
    for (int64_t n = block * nodes_a_block; n < std::min<int64_t>(num_reflections, (block + 1) * nodes_a_block); ++n) {
      for (int32_t t = 0; t < num_targets; ++t) look(int32_t(n), t);
    }
  });
  std::vector<GeometricPath> all;
  for (auto& part : found) std::move(part.begin(), part.end(), std::back_inserter(all));
  std::stable_sort(all.begin(), all.end(), before);
  all.erase(std::unique(all.begin(), all.end(),
                        [](const auto& a, const auto& b) { return a.target == b.target && same_steps(a, b); }),
            all.end());
  return all;
}

void describe_devices(const std::vector<scene::Device>& devices, std::vector<std::string>& names,
                      std::vector<Vec3d>& positions, std::vector<int>& num_elements, std::vector<int>& num_slants) {
  for (const auto& d : devices) {
    names.push_back(d.name);
    positions.push_back(d.position_m);
    num_elements.push_back(d.array.num_elements());
    num_slants.push_back(d.array.num_slants());
  }
}

/// The paths between two points, ready to be appended.
struct LinkResult {
  Link link;
  std::vector<GeometricPath> paths;
  std::vector<PathValues<double>> values;
};

class Assembler {
 public:
  Assembler(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options)
      : prepared_(prepared) {
    out_.frequency_hz = scene.frequency_hz;
    out_.synthetic_array = options.synthetic_array;
    describe_devices(scene.transmitters, out_.tx_names, out_.tx_positions_m, out_.tx_num_elements, out_.tx_num_slants);
    describe_devices(scene.receivers, out_.rx_names, out_.rx_positions_m, out_.rx_num_elements, out_.rx_num_slants);
    for (const auto& o : scene.objects) out_.object_names.push_back(o.name);
  }

  void append(const LinkResult& result) {
    Link link = result.link;
    link.path_begin = out_.num_paths();
    std::vector<size_t> order(result.paths.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return result.values[a].tau_s < result.values[b].tau_s; });
    for (const size_t i : order) {
      const PathValues<double>& v = result.values[i];
      out_.tau_s.push_back(v.tau_s);
      out_.theta_t.push_back(v.departure.theta);
      out_.phi_t.push_back(v.departure.phi);
      out_.theta_r.push_back(v.arrival.theta);
      out_.phi_r.push_back(v.arrival.phi);
      out_.doppler_hz.push_back(v.doppler_hz);
      out_.transfer.insert(out_.transfer.end(), v.transfer.begin(), v.transfer.end());
      for (const Step& s : result.paths[i].steps) {
        out_.interactions.push_back(s.type);
        out_.objects.push_back(object_of(prepared_, s));
        out_.surfaces.push_back(s.surface);
        out_.vertices_m.push_back(s.point_m + prepared_.origin_m());
        out_.edges.push_back(s.edge);
        out_.places.push_back(s.scatter);
      }
      out_.interaction_begin.push_back(int64_t(out_.interactions.size()));
      out_.a.insert(out_.a.end(), v.a.begin(), v.a.end());
      out_.a_begin.push_back(int64_t(out_.a.size()));
    }
    link.path_end = out_.num_paths();
    out_.links.push_back(link);
  }

  Paths take() { return std::move(out_); }

 private:
  const PreparedScene& prepared_;
  Paths out_;
};

/// What is reported of the paths that were found. @param links  [targets, sources]
void evaluate_links(SceneOver<double>& numbers, const std::vector<EndPoint<double>>& sources,
                    const std::vector<EndPoint<double>>& targets, int num_threads, std::vector<LinkResult>& links) {
  const DeviceTracer* device = numbers.prepared().device_tracer();
  const int64_t block = device ? 64 : 1, num_links = int64_t(links.size());
  runtime::parallel_for((num_links + block - 1) / block, num_threads, [&](int64_t task) {
    PathKernel<double> kernel(numbers);
    std::optional<FieldBatch<double>> batch;
    if (device) batch.emplace(*device);
    std::vector<std::pair<size_t, size_t>> waiting;  // for the device: link and path
    const auto source = [&](size_t link) -> const EndPoint<double>& { return sources[link % sources.size()]; };
    const auto target = [&](size_t link) -> const EndPoint<double>& { return targets[link / sources.size()]; };
    const auto evaluate = [&] {
      const std::vector<PathField<double>>& fields = batch->evaluate();
      for (size_t k = 0; k < waiting.size(); ++k) {
        const auto [link, path] = waiting[k];
        LinkResult& r = links[link];
        kernel.values(source(link), target(link), r.paths[path].steps, fields[k], r.values[path]);
      }
      waiting.clear();
      batch->clear();
    };
    PathTouches<double> touches;
    for (auto link = size_t(task * block); link < size_t(std::min(num_links, (task + 1) * block)); ++link) {
      LinkResult& r = links[link];
      r.values.resize(r.paths.size());
      for (size_t path = 0; path < r.paths.size(); ++path) {
        const std::vector<Step>& steps = r.paths[path].steps;
        if (!batch || kernel.has_scatter(steps) || !kernel.touches(source(link), target(link), steps, touches) ||
            !batch->takes(touches)) {
          (void)kernel.values(source(link), target(link), steps, r.values[path]);
          continue;
        }
        batch->add(touches);
        waiting.emplace_back(link, path);
        if (batch->is_full()) evaluate();
      }
    }
    if (batch) evaluate();
  });
}

/// What reflections from a device's position reach.
SequenceTree find_reflections(const PreparedScene& prepared, const CandidateSource& candidates,
                              const scene::Device& device, const Place& place,
                              const std::vector<scene::Device>& towards, int max_depth, int64_t num_rays,
                              const PathOptions& options) {
  const Vec3d source_m = device.position_m;
  SequenceTree tree(source_m);
  if (!options.specular_reflection || !prepared.has_mirrors()) return tree;
  for (const Vec3d& from : all_asides(prepared, place)) {
    SequenceTree found =
        candidates.sequences(from, device.name, max_depth, towards, num_rays);  // their images are set below
    if (tree.nodes().size() == 1) {
      tree = std::move(found);
    } else {
      tree.merge(found);
    }
  }
  tree.move_source(source_m, prepared.facets());
  return tree;
}

/// The paths from a source to all targets, as if it stood aside of its place; see place.h.
class LinkSolver {
 public:
  LinkSolver(const PreparedScene& prepared, const RefineOptions& refine, const PathOptions& options,
             const std::vector<scene::Device>& receivers, const std::vector<EndPoint<double>>& targets)
      : prepared_(prepared), refine_(refine), options_(options), refiner_(prepared, refine) {
    std::vector<Vec3d> positions_m;
    for (const EndPoint<double>& t : targets) {
      positions_m.push_back(t.position_m);
      receiver_of_.push_back(size_t(t.device - receivers.data()));
    }
    targets_ = places_at(prepared, positions_m);
  }

  /// found(target, path), to the receivers [first, end).
  template <class Found>
  void solve(SequenceTree& tree, const Trials& trials, const Vec3d& source_m, size_t first, size_t end, Found&& found) {
    const Place source = place_at(prepared_, source_m);
    std::vector<size_t> left;
    for (size_t t = 0; t < targets_.size(); ++t) {
      if (receiver_of_[t] >= first && receiver_of_[t] < end) left.push_back(t);
    }
    for (const auto& [behind_source, behind_target] :
         {std::pair{false, false}, std::pair{true, false}, std::pair{false, true}, std::pair{true, true}}) {
      std::vector<size_t> dark;
      while (!left.empty()) {  // those for which the source stands at one place together
        const Vec3d from = aside(prepared_, source, targets_[left[0]].position_m, behind_source);
        std::vector<size_t> now, later;
        std::vector<Vec3d> at;
        for (const size_t t : left) {
          const Vec3d own = aside(prepared_, source, targets_[t].position_m, behind_source);
          (own == from ? now : later).push_back(t);
          if (own == from) at.push_back(aside(prepared_, targets_[t], source_m, behind_target));
        }
        tree.move_source(from, prepared_.facets());
        std::vector<uint8_t> lit(now.size(), 0);
        std::vector<std::pair<int32_t, int32_t>> over_edges;
        for (size_t i = 0; i < now.size() && !trials.over_edges.empty(); ++i) {
          for (const int32_t node : trials.over_edges[receiver_of_[now[i]] - first])
            over_edges.emplace_back(node, int32_t(i));
        }
        auto paths = refine_all(prepared_, tree, trials.num_reflections, over_edges, at, refine_, options_);
        if (options_.specular_reflection) add_grazed(refiner_, prepared_, options_.los, tree, at, paths);
        for (GeometricPath& p : paths) {
          const size_t t = now[size_t(p.target)];
          lit[size_t(p.target)] = 1;
          refiner_.settle(source_m, targets_[t].position_m, p.steps);
          found(t, std::move(p));
        }
        for (size_t i = 0; i < now.size(); ++i) {
          if (!lit[i] && (source.on_a_face() || targets_[now[i]].on_a_face())) dark.push_back(now[i]);
        }
        left = std::move(later);
      }
      left = std::move(dark);
    }
  }

 private:
  const PreparedScene& prepared_;
  const RefineOptions& refine_;
  const PathOptions& options_;
  Refiner refiner_;
  std::vector<Place> targets_;
  std::vector<size_t> receiver_of_;  // [num_targets]
};

/// The reflections that end at each of some receivers, for diffracted paths; with fewer rays the more receivers there
/// are.
std::vector<SequenceTree> find_endings(const scene::Scene& scene, const PreparedScene& prepared,
                                       const CandidateSource& candidates, const PathOptions& options,
                                       const std::vector<Place>& places, size_t first, size_t end) {
  const auto num_receivers = int64_t(scene.receivers.size());
  const int64_t num_rays = std::max<int64_t>(options.samples_per_tx / std::max<int64_t>(4, num_receivers), 16384);
  std::vector<SequenceTree> trees;
  for (size_t r = first; r < end; ++r) {
    const scene::Device& rx = scene.receivers[r];
    if (options.max_depth < 2) {  // an edge alone: nothing behind it
      trees.emplace_back(rx.position_m);
    } else {
      const int depth = options.max_depth - (options.scatters() ? 0 : 1);  // an edge is one; what scatters is a node
      trees.push_back(find_reflections(prepared, candidates, rx, places[r], scene.transmitters, depth,
                                       std::min(num_rays, options.samples_per_tx), options));
    }
  }
  return trees;
}

/// A transmitter, with what its rays reach.
struct Source {
  SequenceTree tree;
  std::optional<EdgeSequences> edges;
};

}  // namespace

static Paths solve(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                   ExactEnds exact, const LearnedFinder* learned) {
  scene.validate();
  const PreparedScene prepared = prepared_for(geometry, scene, options);
  if (scene.transmitters.empty()) throw Error("the scene has no transmitter: add one before solving for paths");
  if (scene.receivers.empty()) throw Error("the scene has no receiver: add one before solving for paths");
  prepared.warn(options.log);
  warn_of_sharp_lobes(scene, prepared, options);
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = field_context(scene, options.refraction, options.log, options.lobe);
  const RefineOptions refine = refine_options(prepared, context, options.max_depth);

  const auto sources = end_points(centred.transmitters, !exact.tx, context.wavelength_m);
  const auto targets = end_points(centred.receivers, !exact.rx, context.wavelength_m);
  std::vector<size_t> first_target;  // of each receiver
  for (size_t t = 0; t < targets.size(); ++t) {
    if (t == 0 || targets[t].device != targets[t - 1].device) first_target.push_back(t);
  }
  const std::unique_ptr<CandidateSource> candidates =
      learned ? candidate_source(prepared, options, *learned) : candidate_source(prepared, options);
  EdgeOptions edges = edge_options(options, refine);
  edges.exhaustive = options.finder == Finder::kExhaustive;
  edges.num_targets = int64_t(centred.receivers.size());
  std::vector<Source> from;
  for (const scene::Device& tx : centred.transmitters) {
    from.push_back({find_reflections(prepared, *candidates, tx, place_at(prepared, tx.position_m), centred.receivers,
                                     options.max_depth, options.samples_per_tx, options),
                    {}});
    if (options.diffraction) from.back().edges.emplace(prepared, edges, from.back().tree);
  }
  std::vector<LinkResult> results(sources.size() * targets.size());
  LinkSolver links(prepared, refine, options, centred.receivers, targets);
  ScatteredPaths scattered(centred, prepared, context, refine, options);
  std::vector<Vec3d> receivers_m;
  for (const scene::Device& rx : centred.receivers) receivers_m.push_back(rx.position_m);
  const std::vector<Place> places =
      options.diffraction || options.scatters() ? places_at(prepared, receivers_m) : std::vector<Place>();
  // many receivers in batches: sequences with edges are as many as there are receivers
  const size_t num_receivers = centred.receivers.size(), batch = options.diffraction ? 64 : num_receivers;
  for (size_t first = 0; first < num_receivers; first += batch) {
    const size_t end = std::min(first + batch, num_receivers);
    std::vector<SequenceTree> endings;
    if (options.diffraction || options.scatters())
      endings = find_endings(centred, prepared, *candidates, options, places, first, end);
    if (options.scatters()) scattered.set_receivers(endings, first);
    for (size_t s = 0; s < sources.size();) {
      const scene::Device* device = sources[s].device;
      const Source& source = from[size_t(device - centred.transmitters.data())];
      if (options.scatters()) {
        const auto tx = int32_t(device - centred.transmitters.data());
        scattered.solve(tx, source.tree, [&](int32_t rx, int32_t element, int32_t rx_element, GeometricPath&& p) {
          const size_t t = first_target[size_t(rx)] + size_t(std::max(rx_element, 0)),
                       own = s + size_t(std::max(element, 0));
          results[t * sources.size() + own].paths.push_back(std::move(p));
        });
      }
      SequenceTree tree = source.tree;
      Trials trials{int32_t(tree.nodes().size())};
      if (source.edges) trials.over_edges = source.edges->add(endings, std::span(places).subspan(first), tree);
      for (; s < sources.size() && sources[s].device == device; ++s) {
        links.solve(tree, trials, sources[s].position_m, first, end, [&](size_t target, GeometricPath&& p) {
          results[target * sources.size() + s].paths.push_back(std::move(p));
        });
      }
    }
  }
  for (size_t t = 0; t < targets.size(); ++t) {
    for (size_t s = 0; s < sources.size(); ++s) {
      results[t * sources.size() + s].link = {int32_t(targets[t].device - centred.receivers.data()), targets[t].element,
                                              int32_t(sources[s].device - centred.transmitters.data()),
                                              sources[s].element};
    }
  }
  SceneOver<double> numbers(centred, prepared, context);
  evaluate_links(numbers, sources, targets, options.num_threads, results);
  Assembler assembler(scene, prepared, options);
  for (const LinkResult& r : results) assembler.append(r);
  return assembler.take();
}

static Paths told(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                  const LearnedFinder* learned = nullptr) {
  const ExactEnds as_asked{!options.synthetic_array, !options.synthetic_array};
  return runtime::on_threads(options.num_threads, [&] {
    Paths paths = solve(scene, geometry, options, as_asked, learned);
    const PreparedScene prepared = prepared_for(geometry, scene, options);  // as it was solved
    warn_of_doubts(scene, prepared.centred(scene), prepared, paths, options.log);
    return paths;
  });
}

Paths solve_paths(const scene::Scene& scene, const PathOptions& options) {
  options.validate();
  scene.validate();
  return runtime::on_threads(options.num_threads, [&] { return told(scene, PreparedScene(scene), options); });
}

Paths solve_paths(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options) {
  options.validate();
  return told(scene, geometry, options);
}

Paths solve_paths(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                  ExactEnds exact) {
  options.validate();
  return runtime::on_threads(options.num_threads, [&] { return solve(scene, geometry, options, exact, nullptr); });
}

Paths solve_paths(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                  const LearnedFinder& finder) {
  options.validate();
  return told(scene, geometry, options, &finder);
}

}  // namespace raywave::paths
