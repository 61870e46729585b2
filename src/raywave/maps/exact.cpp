// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/exact.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_set>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/maps/arrival_field.h"
#include "raywave/maps/arrivals.h"
#include "raywave/maps/cell_set.h"
#include "raywave/maps/seeds.h"
#include "raywave/paths/field_batch.h"
#include "raywave/paths/find.h"
#include "raywave/paths/find_edges.h"
#include "raywave/runtime/parallel.h"

namespace raywave::maps {
namespace {

constexpr int kProbe = -1;         // Arrival::sample of probe points
constexpr int kProbePoints = 256;  // of a cell next to light whose sample points are dark or lit by edges alone

const Vec3f kNoPoint{std::nanf(""), std::nanf(""), std::nanf("")};

/// One path (a node's sequence) at one sample point of a cell; sample -1: at one of the probe points.
struct Arrival {
  int32_t node, cell, sample;
  double weight, power;
};

/// What a task finds.
struct Found {
  std::vector<Arrival> arrivals;
  // Of each arrival, where they are asked for:
  std::vector<CVec3<double>> fields;  // with propagation phase, times lambda / (4 pi)
  std::vector<SamplePoint> points;
  std::vector<Seed> rims;
};

/// What a thread solves paths with.
struct Tracer {
  Tracer(const paths::PreparedScene& prepared, const paths::RefineOptions& refine, paths::SceneOver<double>& numbers,
         int tx)
      : refiner(prepared, refine), field(numbers, tx) {
    if (const paths::DeviceTracer* device = prepared.device_tracer()) batch.emplace(*device);
  }
  paths::Refiner refiner;
  paths::GeometricPath path;
  ArrivalField<double> field;
  std::optional<paths::FieldBatch<double>> batch;  // where a device evaluates fields
  std::vector<size_t> waiting;                     // the arrivals that are in it
};

class ExactMap {
 public:
  ExactMap(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context, int tx,
           const Cells& cells, const RadioMapOptions& options, bool edge_on_only, const Standing& standing,
           const std::vector<double>& before, const paths::SequenceTree* only)
      : tx_(scene.transmitters[size_t(tx)]),
        prepared_(prepared),
        tx_index_(tx),
        cells_(cells),
        options_(options),
        edge_on_only_(edge_on_only),
        standing_(standing),
        source_(place_at(prepared, tx_.position_m)),
        only_(only),
        before_(before),
        numbers_(scene, prepared, context),
        refine_(paths::refine_options(prepared, context, options.max_depth)),
        tree_(standing.source_aside_m) {}

  /// The map. @param kept  what it sums up is added to it.
  std::vector<double> solve(std::vector<MapArrivals>* kept) {
    keep_ = kept != nullptr;
    std::vector<double> gain = sum();
    if (!kept) return gain;
    // probes count where the sample points are dark, or lit by edges alone
    std::erase_if(kept_, [&](const WeightedArrival& a) { return a.sample == kProbe && sampled_[size_t(a.cell)]; });
    if (!options_.coherent) fields_.clear();
    for (WeightedArrival& a : kept_) {
      if (!options_.coherent) a.sample = kProbe;
    }
    kept->push_back({std::move(tree_), std::move(kept_), std::move(fields_)});
    return gain;
  }
  int64_t num_arrivals() const { return num_arrivals_; }

 private:
  std::vector<double> sum() {
    const auto num_cells = size_t(cells_.size());
    gain_.assign(num_cells, 0);
    probed_gain_.assign(num_cells, 0);
    probed_.assign(num_cells, 0);
    sampled_.assign(num_cells, 0);
    if (options_.coherent) fields_.assign(cells_.num_slots(), {});
    const bool complete = only_ ? take(*only_) : find_all();
    if (!complete && !prepared_.queries().empty())
      seeds_ = find_seeds(prepared_, tx_.name, cells_, options_, standing_, refine_, tree_);
    if (options_.los && !only_) direct();
    if (complete) {
      solve_everywhere();
    } else {
      fill_sequences();
    }
    return finish();
  }

  Tracer tracer() { return {prepared_, refine_, numbers_, tx_index_}; }

  bool take(const paths::SequenceTree& sequences) {
    tree_ = sequences;
    tree_.move_source(standing_.source_aside_m, prepared_.facets());
    return true;
  }

  /// Small scenes: all sequences there can be, when trying each at each sample point is cheap.
  bool find_all() {
    if (prepared_.queries().empty()) return true;  // the root alone
    constexpr int64_t kTrials = 100000000;
    const int64_t most = kTrials / (int64_t(cells_.size()) * cells_.points_per_cell());
    if (options_.specular_reflection) {
      auto tree =
          paths::all_sequences(prepared_, standing_.source_aside_m, options_.max_depth, options_.num_threads, most);
      if (!tree) return false;
      tree_ = *std::move(tree);
    }
    if (!options_.diffraction) return true;
    paths::EdgeOptions edges = paths::edge_options(options_, refine_);
    edges.max_sequences = most;
    if (paths::add_all_edge_sequences(prepared_, edges, tree_)) return true;
    tree_ = paths::SequenceTree(standing_.source_aside_m);
    return false;
  }

  void solve_everywhere() {
    constexpr int64_t kBlock = 64;
    const auto num_nodes = int64_t(tree_.nodes().size());
    std::vector<std::vector<SamplePoint>> points(size_t(cells_.size()));
    for (int cell = 0; cell < cells_.size(); ++cell) cells_.sample_points(cell, standing_, points[size_t(cell)]);
    std::vector<Found> found(size_t((num_nodes + kBlock - 1) / kBlock));
    runtime::Reporter reporter(options_.progress, int64_t(found.size()));
    runtime::parallel_for(int64_t(found.size()), options_.num_threads, [&](int64_t block) {
      reporter.check();
      Found& own = found[size_t(block)];
      Tracer tracer = this->tracer();
      std::vector<uint8_t> lit;
      std::vector<int> neighbors;
      for (int64_t node = std::max<int64_t>(1, block * kBlock); node < std::min(num_nodes, (block + 1) * kBlock);
           ++node) {
        if (is_left_out(int32_t(node))) continue;
        lit.assign(points.size(), 0);
        for (size_t cell = 0; cell < points.size(); ++cell) {
          for (const SamplePoint& s : points[cell]) lit[cell] |= arrive(tracer, int32_t(node), int(cell), s, own);
        }
        for (int cell = 0; cell < cells_.size(); ++cell) {
          if (!lit[size_t(cell)] || tree_.nodes()[size_t(node)].num_wedges > 0) continue;
          cells_.neighbors(cell, neighbors);
          for (const int n : neighbors) {
            if (!lit[size_t(n)]) own.rims.push_back({int32_t(node), int32_t(n), kNoPoint});
          }
        }
      }
      evaluate(tracer, own);
      reporter.task_done();
    });
    settle(found);
  }

  /// Sums up what was found, and probes the rims.
  void settle(std::vector<Found>& found) {
    std::vector<Seed> rims;
    for (const Found& part : found) {
      add(part);
      rims.insert(rims.end(), part.rims.begin(), part.rims.end());
    }
    sort_and_thin(rims);
    probe_rims(std::move(rims));
  }

  static uint64_t key(int32_t node, int32_t cell) { return uint64_t(uint32_t(node)) << 32 | uint32_t(cell); }

  /// With edge_on_only: does all that this sequence brings come from further off the cells' planes?
  bool is_left_out(int32_t node) const {
    const paths::SequenceNode& n = tree_.nodes()[size_t(node)];
    return edge_on_only_ && cells_.is_plane() && n.num_wedges == 0 && !is_edge_on(cells_.center(0), 0, n.image_m);
  }
  bool is_edge_on(const Vec3d& point, int cell, const Vec3d& image_m) const {
    return std::abs(dot(cells_.normal(cell), point - image_m)) < cells_.edge_on_m();
  }
  /// The same for one path, seen from where it last left a point: the transmitter or an edge.
  bool is_edge_on(const paths::GeometricPath& path, const Vec3d& point, int cell) const {
    double length = 0;
    Vec3d to = point, last;
    for (size_t i = path.steps.size() + 1; i-- > 0;) {
      const Vec3d from = i == 0 ? tx_.position_m : path.steps[i - 1].point_m;
      if (length == 0) last = normalized(point - from);
      length += norm(to - from);
      to = from;
      if (i > 0 && path.steps[i - 1].type == paths::Interaction::kDiffraction) break;
    }
    return is_edge_on(point, cell, point - length * last);
  }

  /// Solves the path at a point and appends what arrives. @return whether the point is lit.
  bool arrive(Tracer& tracer, int32_t node, int cell, const SamplePoint& sample, Found& out) const {
    const Vec3d& point = sample.point_m;
    if (point == tx_.position_m || !is_served(cell, sample)) return false;
    if (!tracer.refiner.path(tree_, node, sample.aside_m, tracer.path)) return false;
    tracer.refiner.settle(tx_.position_m, point, tracer.path.steps);
    if (edge_on_only_ && !is_edge_on(tracer.path, point, cell)) return false;
    const double weight = sample.id == kProbe ? 1.0 / kProbePoints : sample.weight;
    out.arrivals.push_back({node, int32_t(cell), sample.id, weight, 0});
    if (keep_) out.points.push_back(sample);
    if (options_.coherent) out.fields.emplace_back();
    if (tracer.batch) {
      paths::PathTouches<double> touches;
      (void)tracer.field.touches(point, tracer.path.steps, touches);
      if (tracer.batch->takes(touches)) {
        tracer.batch->add(touches);
        tracer.waiting.push_back(out.arrivals.size() - 1);
        if (tracer.batch->is_full()) evaluate(tracer, out);
        return true;
      }
    }
    CVec3<double> field;
    (void)tracer.field(point, tracer.path.steps, field);
    set_field(out, out.arrivals.size() - 1, field);
    return true;
  }
  void set_field(Found& out, size_t arrival, const CVec3<double>& field) const {
    out.arrivals[arrival].power = norm2(field.re) + norm2(field.im);
    if (options_.coherent) out.fields[arrival] = field;
  }
  /// The fields that wait for a device. At the end of each task.
  void evaluate(Tracer& tracer, Found& out) const {
    if (!tracer.batch) return;
    const std::vector<paths::PathField<double>>& fields = tracer.batch->evaluate();
    for (size_t i = 0; i < fields.size(); ++i) set_field(out, tracer.waiting[i], tracer.field.arriving(fields[i]));
    tracer.batch->clear();
    tracer.waiting.clear();
  }

  /// Does the transmitter stand here for this point (for probes, which stand in for the cell: for its centre), and is
  /// the cell dark from where it stood before?
  bool is_served(int cell, const SamplePoint& sample) const {
    if (before_[size_t(cell)] > 0) return false;
    if (!source_.on_a_face()) return true;
    const Vec3d point = sample.id == kProbe ? cells_.center(cell) : sample.point_m;
    return aside(prepared_, source_, point, standing_.behind_source) == standing_.source_aside_m;
  }

  /// A cell whose sample points are all dark but for edges: its probe points are solved, and where a ray crossed it if
  /// those are dark too.
  bool probe(Tracer& tracer, int32_t node, int cell, const Vec3f* crossing, const std::vector<SamplePoint>& points,
             Found& out) const {
    bool lit = false;
    for (const SamplePoint& p : points) lit |= arrive(tracer, node, cell, p, out);
    return lit || (crossing && arrive(tracer, node, cell, probe_at(Vec3d(*crossing)), out));
  }

  void probe_points(int cell, std::vector<SamplePoint>& out) const {
    thread_local std::vector<Vec3d> points;
    cells_.spread_points(cell, kProbePoints, points);
    out.clear();
    for (const Vec3d& p : points) {
      if (!std::isnan(p.z)) out.push_back(probe_at(p));  // NaN: no ground there
    }
  }
  SamplePoint probe_at(const Vec3d& p) const { return {p, cells_.aside(p, standing_), kProbe, 0}; }

  /// Every cell is tested for the direct path; cells at the rim of the lit region are probed.
  void direct() {
    constexpr int64_t kBlock = 4096;
    std::vector<Found> found(size_t((cells_.size() + kBlock - 1) / kBlock));
    std::vector<const Vec3f*> crossing(size_t(cells_.size()), nullptr);
    for (size_t i = 0; i < seeds_.size() && seeds_[i].node == 0; ++i)
      crossing[size_t(seeds_[i].cell)] = &seeds_[i].point;
    std::vector<uint8_t> lit(size_t(cells_.size()), 0);
    runtime::parallel_for(int64_t(found.size()), options_.num_threads, [&](int64_t block) {
      Tracer tracer = this->tracer();
      std::vector<SamplePoint> points;
      const auto end = int(std::min<int64_t>(cells_.size(), (block + 1) * kBlock));
      for (int cell = int(block * kBlock); cell < end; ++cell) {
        cells_.sample_points(cell, standing_, points);
        for (const SamplePoint& s : points) lit[size_t(cell)] |= arrive(tracer, 0, cell, s, found[size_t(block)]);
      }
      evaluate(tracer, found[size_t(block)]);
    });
    for (const Found& part : found) add(part);
    std::vector<Seed> rims;
    std::vector<int> neighbors;
    for (int cell = 0; cell < cells_.size(); ++cell) {
      cells_.neighbors(cell, neighbors);
      const bool rim = std::any_of(neighbors.begin(), neighbors.end(), [&](int n) { return lit[size_t(n)] != 0; });
      if (!lit[size_t(cell)] && (rim || crossing[size_t(cell)])) {
        rims.push_back({0, int32_t(cell), crossing[size_t(cell)] ? *crossing[size_t(cell)] : kNoPoint});
      }
    }
    probe_rims(std::move(rims));
  }

  /// From the crossed cells of each sequence outward, as long as cells are lit.
  void fill_sequences() {
    std::vector<size_t> first;  // where each sequence's seeds begin
    const auto reflected = size_t(
        std::partition_point(seeds_.begin(), seeds_.end(), [](const Seed& s) { return s.node == 0; }) - seeds_.begin());
    for (size_t i = reflected; i < seeds_.size(); ++i) {
      if (i == reflected || seeds_[i].node != seeds_[i - 1].node) first.push_back(i);
    }
    first.push_back(seeds_.size());
    constexpr int64_t kBlock = 64;
    const auto num_sequences = int64_t(first.size()) - 1;
    std::vector<Found> found(size_t((num_sequences + kBlock - 1) / kBlock));
    runtime::Reporter reporter(options_.progress, int64_t(found.size()));
    runtime::parallel_for(int64_t(found.size()), options_.num_threads, [&](int64_t block) {
      reporter.check();
      Tracer tracer = this->tracer();
      for (int64_t i = block * kBlock; i < std::min(num_sequences, (block + 1) * kBlock); ++i) {
        if (!is_left_out(seeds_[first[size_t(i)]].node))
          fill(tracer, first[size_t(i)], first[size_t(i) + 1], found[size_t(block)]);
      }
      evaluate(tracer, found[size_t(block)]);
      reporter.task_done();
    });
    settle(found);
  }

  /// Probes the dark cells next to lit ones (or crossed by a ray), sequence by sequence; where light is found, the
  /// search goes on around it.
  void probe_rims(std::vector<Seed> rims) {
    std::unordered_set<uint64_t> seen;
    for (const Seed& r : rims) seen.insert(key(r.node, r.cell));
    while (!rims.empty()) {
      std::erase_if(rims, [&](const Seed& r) { return sampled_[size_t(r.cell)] != 0; });
      // cell by cell, so that its points are laid out once
      std::sort(rims.begin(), rims.end(),
                [](const Seed& a, const Seed& b) { return a.cell != b.cell ? a.cell < b.cell : a.node < b.node; });
      constexpr int64_t kBlock = 32;
      const auto n = int64_t(rims.size());
      std::vector<Found> found(size_t((n + kBlock - 1) / kBlock));
      runtime::parallel_for(int64_t(found.size()), options_.num_threads, [&](int64_t block) {
        Tracer tracer = this->tracer();
        std::vector<SamplePoint> points;
        for (int64_t i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i) {
          const Seed& r = rims[size_t(i)];
          if (i == block * kBlock || r.cell != rims[size_t(i - 1)].cell) probe_points(r.cell, points);
          probe(tracer, r.node, r.cell, std::isnan(r.point.x) ? nullptr : &r.point, points, found[size_t(block)]);
        }
        evaluate(tracer, found[size_t(block)]);
      });
      std::vector<Seed> next;
      std::vector<int> neighbors;
      const auto look_at = [&](int32_t node, int32_t cell) {
        if (seen.insert(key(node, cell)).second) next.push_back({node, cell, kNoPoint});
      };
      for (const Found& part : found) {
        add(part);
        for (const Arrival& a : part.arrivals) {
          cells_.neighbors(a.cell, neighbors);
          for (const int c : neighbors) look_at(a.node, int32_t(c));
        }
      }
      rims = std::move(next);
    }
  }

  /// From the seeds [begin, end) of one sequence outward.
  void fill(Tracer& tracer, size_t begin, size_t end, Found& out) const {
    const int32_t node = seeds_[begin].node;
    std::vector<SamplePoint> points;
    std::vector<int> neighbors, front;
    thread_local CellSet seen;
    seen.clear(size_t(cells_.size()));
    for (size_t i = begin; i < end; ++i) {
      front.push_back(seeds_[i].cell);
      seen.insert(seeds_[i].cell);
    }
    for (size_t i = 0; i < front.size(); ++i) {
      const int cell = front[i];
      cells_.sample_points(cell, standing_, points);
      bool lit = false;
      for (const SamplePoint& s : points) lit = arrive(tracer, node, cell, s, out) || lit;
      if (!lit) {
        // Dark cells beside what an edge lights are not probed: the field there is no sliver of light.
        if (tree_.nodes()[size_t(node)].num_wedges == 0)
          out.rims.push_back(i < end - begin ? seeds_[begin + i] : Seed{node, int32_t(cell), kNoPoint});
        continue;
      }
      cells_.neighbors(cell, neighbors);
      for (const int n : neighbors) {
        if (seen.insert(n)) front.push_back(n);
      }
    }
  }

  void add(const Found& found) {
    for (size_t i = 0; i < found.arrivals.size(); ++i) {
      const Arrival& a = found.arrivals[i];
      if (keep_)
        kept_.push_back({a.node, a.cell, a.sample, found.points[i].point_m, found.points[i].aside_m, a.weight});
      if (a.sample == kProbe) {
        probed_gain_[size_t(a.cell)] += a.weight * a.power;
        ++probed_[size_t(a.cell)];
        continue;
      }
      ++num_arrivals_;
      sampled_[size_t(a.cell)] |= tree_.nodes()[size_t(a.node)].num_wedges == 0 && a.power > 0;
      if (options_.coherent) {
        auto& sum = fields_[cells_.slot(a.cell, a.sample)];
        sum = sum + found.fields[i];
      } else {
        gain_[size_t(a.cell)] += a.weight * a.power;
      }
    }
  }

  std::vector<double> finish() {
    std::vector<SamplePoint> points;
    for (int cell = 0; options_.coherent && cell < cells_.size(); ++cell) {
      cells_.sample_points(cell, standing_, points);
      for (const SamplePoint& s : points) {
        const CVec3<double>& f = fields_[cells_.slot(cell, s.id)];
        gain_[size_t(cell)] += s.weight * (norm2(f.re) + norm2(f.im));
      }
    }
    for (size_t i = 0; i < gain_.size(); ++i) {
      if (sampled_[i]) continue;
      gain_[i] += probed_gain_[i];
      num_arrivals_ += probed_[i];
    }
    return std::move(gain_);
  }

  const scene::Device& tx_;
  const paths::PreparedScene& prepared_;
  const int tx_index_;
  const Cells& cells_;
  const RadioMapOptions& options_;
  const bool edge_on_only_;
  const Standing standing_;
  const paths::Place source_;
  const paths::SequenceTree* only_;
  const std::vector<double>& before_;  // [num_cells]: the gain from where the transmitter stood before
  paths::SceneOver<double> numbers_;
  paths::RefineOptions refine_;
  paths::SequenceTree tree_;
  std::vector<Seed> seeds_;
  int64_t num_arrivals_ = 0;
  std::vector<double> gain_, probed_gain_;
  std::vector<CVec3<double>> fields_;  // coherent, by Cells::slot
  bool keep_ = false;
  std::vector<WeightedArrival> kept_;
  std::vector<int32_t> probed_;   // [num_cells]: paths to probe points
  std::vector<uint8_t> sampled_;  // [num_cells]: lit at a sample point, not by edges alone
};

}  // namespace

std::vector<Standing> standings(const paths::PreparedScene& prepared, const Vec3d& source_m, const Cells& cells) {
  const paths::Place source = place_at(prepared, source_m);
  if (!source.on_a_face() && !cells.lie_in_faces()) return {{source_m, aside(prepared, source, source_m)}};
  std::vector<Standing> all;
  for (const bool behind_target : {false, true}) {  // in the order of the path solver
    for (const bool behind_source : {false, true}) {
      for (const Vec3d& from : all_asides(prepared, source)) {
        if ((behind_source && !source.on_a_face()) || (behind_target && !cells.lie_in_faces())) continue;
        all.push_back({source_m, from, behind_source, behind_target});
      }
    }
  }
  return all;
}

std::vector<double> exact_map(const scene::Scene& scene, const paths::PreparedScene& prepared,
                              const paths::FieldContext& context, int tx, const Cells& cells,
                              const RadioMapOptions& options, int64_t& num_arrivals, bool edge_on_only,
                              std::vector<MapArrivals>* kept, const paths::SequenceTree* only) {
  std::vector<double> gain(size_t(cells.size()), 0), before(gain);
  bool behind_source = false, behind_target = false;
  for (const Standing& s : standings(prepared, scene.transmitters[size_t(tx)].position_m, cells)) {
    if (s.behind_source != behind_source || s.behind_target != behind_target) before = gain;
    behind_source = s.behind_source;
    behind_target = s.behind_target;
    ExactMap map(scene, prepared, context, tx, cells, options, edge_on_only, s, before, only);
    const std::vector<double> part = map.solve(kept);
    num_arrivals += map.num_arrivals();
    for (size_t i = 0; i < gain.size(); ++i) gain[i] += part[i];
  }
  return gain;
}

std::vector<MapArrivals> exact_arrivals(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                        const paths::FieldContext& context, int tx, const Cells& cells,
                                        const RadioMapOptions& options, bool edge_on_only,
                                        const paths::SequenceTree* only) {
  std::vector<MapArrivals> all;
  int64_t num_arrivals = 0;
  (void)exact_map(scene, prepared, context, tx, cells, options, num_arrivals, edge_on_only, &all, only);
  return all;
}

}  // namespace raywave::maps
