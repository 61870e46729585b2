// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/seeds.h"

#include <algorithm>

#include "raywave/maps/cell_set.h"
#include "raywave/paths/beams.h"
#include "raywave/paths/edge_rays.h"
#include "raywave/paths/find.h"
#include "raywave/runtime/parallel.h"

namespace raywave::maps {

void sort_and_thin(std::vector<Seed>& seeds) {
  std::stable_sort(seeds.begin(), seeds.end(),
                   [](const Seed& a, const Seed& b) { return a.node != b.node ? a.node < b.node : a.cell < b.cell; });
  seeds.erase(std::unique(seeds.begin(), seeds.end(),
                          [](const Seed& a, const Seed& b) { return a.node == b.node && a.cell == b.cell; }),
              seeds.end());
}

namespace {

class SeedFinder {
 public:
  SeedFinder(const paths::PreparedScene& prepared, const Cells& cells, const RadioMapOptions& options,
             paths::SequenceTree& tree)
      : prepared_(prepared), cells_(cells), options_(options), tree_(tree) {}

  void shoot(const Vec3d& from_m, const std::string& device) {
    struct Part {
      CellFinder finder;
      std::vector<Seed> seeds;
    };
    tree_ = paths::follow_rays(
        prepared_, paths::shoot_options(options_, from_m, device), options_.num_threads, options_.progress,
        [&] {
          return Part{CellFinder(cells_), {}};
        },
        [&](Part& part, const paths::FollowedRay& ray) {
          if (ray.node == 0 && !options_.los) return;
          visit(part.finder, ray.node, ray.origin_m, ray.direction, ray.length_m, part.seeds);
          if (ray.node != 0 && part.finder.is_in_plane(ray.image_m))
            visit_beside(part.finder, ray.node, ray.origin_m, ray.direction, ray.length_m, part.seeds);
        },
        [&](Part&& part, const std::vector<int32_t>& here) {
          sort_and_thin(part.seeds);
          add(part.seeds, here);
        });
  }

  /// Beams find what evenly shot rays miss.
  void follow_beams() {
    paths::BeamOptions beams;
    beams.max_depth = options_.max_depth;
    beams.min_samples = options_.samples_per_beam;
    beams.max_samples = std::max(options_.samples_per_beam, beams.max_samples);
    beams.num_threads = options_.num_threads;
    struct Part {
      CellFinder finder;
      std::vector<Seed> seeds;  // node: a candidate
    };
    std::vector<Part> parts;
    thread_local CellSet crossed;  // by the rays of the candidate of the thread's last ray
    const auto begin = [&](const Part& part, const paths::BeamRay& ray) {
      if (part.seeds.empty() || part.seeds.back().node != ray.candidate) crossed.clear(size_t(cells_.size()));
    };
    paths::BeamVisitor visitor;
    visitor.begin_depth = [&](int64_t num_tasks) {
      parts = std::vector<Part>(size_t(num_tasks), Part{CellFinder(cells_), {}});
    };
    // one ray a cell
    visitor.wants = [&](int64_t task, const paths::BeamRay& ray) {
      Part& part = parts[size_t(task)];
      begin(part, ray);
      return part.finder.any_cell(ray.origin_m, ray.direction, [&](int cell) { return !crossed.contains(cell); });
    };
    visitor.found = [&](int64_t task, const paths::BeamRay& ray) {
      Part& part = parts[size_t(task)];
      begin(part, ray);
      part.finder.visit(ray.origin_m, ray.direction, ray.length_m, [&](int cell, const Vec3f& point, double) {
        if (crossed.insert(cell)) part.seeds.push_back({ray.candidate, int32_t(cell), point});
      });
    };
    visitor.end_depth = [&](const std::vector<int32_t>& node_of) {
      for (const Part& part : parts) {
        for (const Seed& s : part.seeds) seeds_.push_back({node_of[size_t(s.node)], s.cell, s.point});
      }
      parts.clear();
    };
    paths::explore_beams(prepared_, beams, tree_, visitor);
  }

  /// What lies behind edges.
  void shoot_edges(const Vec3d& from_m, const paths::RefineOptions& refine) {
    const paths::EdgeShooter shooter(prepared_, tree_, refine, paths::edge_ray_options(options_));
    const int64_t num_edges = shooter.num_edges(), num_chunks = std::min<int64_t>(64, num_edges);
    std::vector<paths::SequenceTree> trees(static_cast<size_t>(num_chunks), paths::SequenceTree(from_m));
    std::vector<std::vector<Seed>> seeds(static_cast<size_t>(num_chunks));
    runtime::Reporter reporter(options_.progress, num_chunks);
    runtime::parallel_for(num_chunks, options_.num_threads, [&](int64_t chunk) {
      reporter.check();
      paths::Refiner refiner(prepared_, refine);
      CellFinder finder(cells_);
      auto& own = seeds[size_t(chunk)];
      for (int64_t e = num_edges * chunk / num_chunks; e < num_edges * (chunk + 1) / num_chunks; ++e) {
        const auto leaves_plane = [&](const paths::EdgeRaySegment& s) {
          return finder.is_in_plane(s.origin_m - s.behind_m * s.direction);
        };
        shooter.run(
            e, refiner, trees[size_t(chunk)],
            [&](const paths::EdgeRaySegment& s) {
              visit(finder, s.node, s.origin_m, s.direction, s.length_m, own);
              if (leaves_plane(s)) visit_beside(finder, s.node, s.origin_m, s.direction, s.length_m, own);
            },
            [&](const paths::EdgeRaySegment& s) {
              return finder.may_cross(s.origin_m, s.direction) || leaves_plane(s);
            });
      }
      sort_and_thin(own);
      reporter.task_done();
    });
    for (size_t chunk = 0; chunk < trees.size(); ++chunk) add(seeds[chunk], tree_.merge(trees[chunk]));
  }

  std::vector<Seed> take() {
    sort_and_thin(seeds_);
    return std::move(seeds_);
  }

 private:
  static void visit(CellFinder& finder, int32_t node, const Vec3d& o, const Vec3d& d, double length_m,
                    std::vector<Seed>& out) {
    finder.visit(o, d, length_m, [&](int cell, const Vec3f& point, double) {
      if (out.empty() || out.back().node != node || out.back().cell != cell)
        out.push_back({node, int32_t(cell), point});
    });
  }
  static void visit_beside(CellFinder& finder, int32_t node, const Vec3d& o, const Vec3d& d, double length_m,
                           std::vector<Seed>& out) {
    finder.visit_beside(o, d, length_m, [&](int cell, const Vec3f& point) {
      out.push_back({node, int32_t(cell), point});
    });
  }
  /// @param here  where the seeds' nodes are in the tree
  void add(const std::vector<Seed>& seeds, const std::vector<int32_t>& here) {
    for (const Seed& s : seeds) seeds_.push_back({here[size_t(s.node)], s.cell, s.point});
  }

  const paths::PreparedScene& prepared_;
  const Cells& cells_;
  const RadioMapOptions& options_;
  paths::SequenceTree& tree_;
  std::vector<Seed> seeds_;
};

}  // namespace

std::vector<Seed> find_seeds(const paths::PreparedScene& prepared, const std::string& device, const Cells& cells,
                             const RadioMapOptions& options, const Standing& standing,
                             const paths::RefineOptions& refine, paths::SequenceTree& tree) {
  SeedFinder finder(prepared, cells, options, tree);
  finder.shoot(standing.source_aside_m, device);
  if (options.specular_reflection && prepared.all_mirrors() && !options.refraction && options.samples_per_beam > 0)
    finder.follow_beams();
  if (options.diffraction) finder.shoot_edges(standing.source_aside_m, refine);
  return finder.take();
}

}  // namespace raywave::maps
