// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/exact.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "raywave/core/constants.h"
#include "raywave/maps/transmit_field.h"
#include "raywave/paths/find.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runtime/parallel.h"

namespace raywave::maps {
namespace {

/// A ray of this sequence crossed this cell, here.
struct Seed {
  int32_t node, cell;
  Vec3f point;
};

bool by_node_and_cell(const Seed& a, const Seed& b) { return a.node != b.node ? a.node < b.node : a.cell < b.cell; }
bool same_node_and_cell(const Seed& a, const Seed& b) { return a.node == b.node && a.cell == b.cell; }

void sort_and_thin(std::vector<Seed>& seeds) {
  std::stable_sort(seeds.begin(), seeds.end(), by_node_and_cell);
  seeds.erase(std::unique(seeds.begin(), seeds.end(), same_node_and_cell), seeds.end());
}

/// The field of one path at one sample point of a cell; sample -1: the point where a ray crossed it.
struct Arrival {
  int32_t cell, sample;
  CVec3<double> field;  // with propagation phase, times lambda / (4 pi)
};

/// Which cells a ray's segment crosses; the visitor gets (cell, point).
class CellFinder {
 public:
  explicit CellFinder(const Cells& cells) : cells_(cells) {}

  template <class Visit>
  void visit(const paths::RayPacket& p, int i, Visit&& found) {
    if (!cells_.is_plane()) {
      const Vec3d o{p.ox[i], p.oy[i], p.oz[i]}, d{p.dx[i], p.dy[i], p.dz[i]};
      const double length = std::isfinite(p.t[i]) ? double(p.t[i]) : 1e6;
      cells_.crossings(o, o + length * d, crossings_);
      for (const CellCrossing& c : crossings_) found(c.cell, Vec3f(o + (double(c.t) * length) * d));
      return;
    }
    const Cells::PlaneFrame& f = cells_.plane();
    const float dn = f.normal.x * p.dx[i] + f.normal.y * p.dy[i] + f.normal.z * p.dz[i];
    const float on = f.normal.x * p.ox[i] + f.normal.y * p.oy[i] + f.normal.z * p.oz[i];
    const float t = (f.offset - on) / dn;
    if (!(t > 0 && t < p.t[i])) return;
    const Vec3f q{p.ox[i] + t * p.dx[i], p.oy[i] + t * p.dy[i], p.oz[i] + t * p.dz[i]};
    const float x = dot(f.axis_x, q) - f.x0, y = dot(f.axis_y, q) - f.y0;
    if (x >= 0 && x < float(cells_.num_x()) && y >= 0 && y < float(cells_.num_y())) found(int(y) * cells_.num_x() + int(x), q);
  }

 private:
  const Cells& cells_;
  std::vector<CellCrossing> crossings_;
};

class ExactMap {
 public:
  ExactMap(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context, int tx,
           const Cells& cells, const RadioMapOptions& options)
      : tx_(scene.transmitters[size_t(tx)]), prepared_(prepared), context_(context), cells_(cells), options_(options),
        transmit_(tx_, context.wavelength_m, options.precoding), refine_{options.max_depth, options.refraction, {}}, tree_(tx_.position_m) {
    if (options.refraction) refine_.opaque = paths::opaque_facets(prepared.facets(), context);
  }

  std::vector<double> solve() {
    const auto num_cells = size_t(cells_.size());
    gain_.assign(num_cells, 0);
    crossing_gain_.assign(num_cells, 0);
    if (options_.coherent) fields_.assign(num_cells * size_t(options_.points_per_cell), {});
    if (options_.specular_reflection && options_.max_depth > 0 && !prepared_.queries().empty()) shoot();
    if (options_.los) direct();
    fill_sequences();
    return finish();
  }

 private:
  /// Rays find sequences and the cells that these reach first.
  void shoot() {
    paths::ShootOptions shoot;
    shoot.origin_m = tx_.position_m;
    shoot.num_rays = options_.samples_per_tx;
    shoot.max_depth = options_.max_depth;
    shoot.refraction = options_.refraction;
    shoot.seed = options_.seed;
    shoot.source = paths::source_key(tx_.name);
    const paths::TileShooter shooter(prepared_, shoot);
    const int64_t num_chunks = std::min<int64_t>(64, shooter.num_tiles());
    std::vector<paths::SequenceTree> trees(static_cast<size_t>(num_chunks), paths::SequenceTree(tx_.position_m));
    std::vector<std::vector<Seed>> seeds(static_cast<size_t>(num_chunks));
    runtime::Reporter reporter(options_.progress, num_chunks);
    runtime::parallel_for(num_chunks, options_.num_threads, [&](int64_t chunk) {
      reporter.check();
      const int64_t end = shooter.num_tiles() * (chunk + 1) / num_chunks;
      paths::RayTile tile;
      paths::SequenceFollower follower;
      CellFinder finder(cells_);
      auto& own = seeds[size_t(chunk)];
      for (int64_t t = shooter.num_tiles() * chunk / num_chunks; t < end; ++t) {
        follower.restart();
        shooter.run(t, tile, [&](const paths::RayTile& state, int) {
          for (int lane = 0; lane < paths::RayTile::kRays; ++lane) {
            const auto& packet = state.packets[size_t(lane / 16)];
            const int32_t node = follower.node(lane);
            if (node == 0 || !packet.active[lane % 16]) continue;
            finder.visit(packet, lane % 16, [&](int cell, const Vec3f& point) {
              if (own.empty() || own.back().node != node || own.back().cell != cell) own.push_back({node, int32_t(cell), point});
            });
          }
          follower.follow(state, prepared_.facets(), trees[size_t(chunk)]);
        });
      }
      sort_and_thin(own);
      reporter.task_done();
    });
    for (size_t chunk = 0; chunk < trees.size(); ++chunk) {
      const std::vector<int32_t> here = tree_.merge(trees[chunk]);
      for (const Seed& s : seeds[chunk]) seeds_.push_back({here[size_t(s.node)], s.cell, s.point});
      trees[chunk] = paths::SequenceTree(tx_.position_m);
      seeds[chunk] = {};
    }
    sort_and_thin(seeds_);
  }

  /// Solves the path at a point and appends what arrives. @return whether the point is lit.
  bool arrive(paths::Refiner& refiner, paths::GeometricPath& path, int32_t node, int cell, int sample, const Vec3d& point,
              std::vector<Arrival>& out) const {
    if (point == tx_.position_m || !refiner.path(tree_, node, point, path)) return false;
    const paths::PathValues v = paths::evaluate(prepared_.facets(), context_, tx_.position_m, point, path.steps);
    const CVec3<double> launched = transmit_(v.departure);
    const JonesBasis<double> bt = jones_basis(v.angles_t), br = jones_basis(v.angles_r);
    const Complexd theta = dot(launched, bt.theta_hat), phi = dot(launched, bt.phi_hat);
    const Complexd phase = expj(-2 * kPi * std::fmod(v.length_m / context_.wavelength_m, 1.0));
    const Complexd r_theta = phase * (v.transfer[0] * theta + v.transfer[1] * phi);
    const Complexd r_phi = phase * (v.transfer[2] * theta + v.transfer[3] * phi);
    out.push_back({int32_t(cell), int32_t(sample), r_theta * br.theta_hat + r_phi * br.phi_hat});
    return true;
  }

  void direct() {
    constexpr int64_t kBlock = 4096;
    const int64_t num_blocks = (cells_.size() + kBlock - 1) / kBlock;
    std::vector<std::vector<Arrival>> arrivals(static_cast<size_t>(num_blocks));
    runtime::parallel_for(num_blocks, options_.num_threads, [&](int64_t block) {
      paths::Refiner refiner(prepared_, refine_);
      paths::GeometricPath path;
      std::vector<Vec3d> points;
      const auto end = int(std::min<int64_t>(cells_.size(), (block + 1) * kBlock));
      for (int cell = int(block * kBlock); cell < end; ++cell) {
        cells_.sample_points(cell, options_.points_per_cell, points);
        for (size_t s = 0; s < points.size(); ++s) arrive(refiner, path, 0, cell, int(s), points[s], arrivals[size_t(block)]);
      }
    });
    for (const auto& part : arrivals) add(part);
  }

  /// From the crossed cells of each sequence outward, as long as cells are lit.
  void fill_sequences() {
    std::vector<size_t> first;  // where each sequence's seeds begin
    for (size_t i = 0; i < seeds_.size(); ++i) {
      if (i == 0 || seeds_[i].node != seeds_[i - 1].node) first.push_back(i);
    }
    first.push_back(seeds_.size());
    constexpr int64_t kBlock = 64;
    const auto num_sequences = int64_t(first.size()) - 1;
    const int64_t num_blocks = (num_sequences + kBlock - 1) / kBlock;
    std::vector<std::vector<Arrival>> arrivals(static_cast<size_t>(num_blocks));
    runtime::Reporter reporter(options_.progress, num_blocks);
    runtime::parallel_for(num_blocks, options_.num_threads, [&](int64_t block) {
      reporter.check();
      paths::Refiner refiner(prepared_, refine_);
      for (int64_t i = block * kBlock; i < std::min(num_sequences, (block + 1) * kBlock); ++i) {
        fill(refiner, first[size_t(i)], first[size_t(i) + 1], arrivals[size_t(block)]);
      }
      reporter.task_done();
    });
    for (const auto& part : arrivals) add(part);
  }

  void fill(paths::Refiner& refiner, size_t begin, size_t end, std::vector<Arrival>& out) const {
    const int32_t node = seeds_[begin].node;
    paths::GeometricPath path;
    std::vector<Vec3d> points;
    std::vector<int> neighbors, front;
    std::unordered_set<int> seen;
    for (size_t i = begin; i < end; ++i) {
      front.push_back(seeds_[i].cell);
      seen.insert(seeds_[i].cell);
    }
    for (size_t i = 0; i < front.size(); ++i) {
      const int cell = front[i];
      cells_.sample_points(cell, options_.points_per_cell, points);
      bool lit = false;
      for (size_t s = 0; s < points.size(); ++s) lit = arrive(refiner, path, node, cell, int(s), points[s], out) || lit;
      const bool crossed = i < end - begin;
      if (!lit && crossed) lit = arrive(refiner, path, node, cell, -1, Vec3d(seeds_[begin + i].point), out);
      if (!lit) continue;
      cells_.neighbors(cell, neighbors);
      for (const int n : neighbors) {
        if (seen.insert(n).second) front.push_back(n);
      }
    }
  }

  void add(const std::vector<Arrival>& arrivals) {
    const double weight = 1.0 / options_.points_per_cell;
    for (const Arrival& a : arrivals) {
      const double power = norm2(a.field.re) + norm2(a.field.im);
      if (a.sample < 0) {
        crossing_gain_[size_t(a.cell)] += power / (options_.points_per_cell + 1);
      } else if (options_.coherent) {
        auto& sum = fields_[size_t(a.cell) * size_t(options_.points_per_cell) + size_t(a.sample)];
        sum = sum + a.field;
      } else {
        gain_[size_t(a.cell)] += weight * power;
      }
    }
  }

  std::vector<double> finish() {
    for (size_t i = 0; i < fields_.size(); ++i) {
      gain_[i / size_t(options_.points_per_cell)] += (norm2(fields_[i].re) + norm2(fields_[i].im)) / options_.points_per_cell;
    }
    for (size_t i = 0; i < gain_.size(); ++i) {
      if (gain_[i] == 0) gain_[i] = crossing_gain_[i];
    }
    return std::move(gain_);
  }

  const scene::Device& tx_;
  const paths::PreparedScene& prepared_;
  const paths::FieldContext& context_;
  const Cells& cells_;
  const RadioMapOptions& options_;
  TransmitField transmit_;
  paths::RefineOptions refine_;
  paths::SequenceTree tree_;
  std::vector<Seed> seeds_;
  std::vector<double> gain_, crossing_gain_;
  std::vector<CVec3<double>> fields_;  // coherent: [num_cells, points_per_cell]
};

}  // namespace

std::vector<double> exact_map(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context,
                              int tx, const Cells& cells, const RadioMapOptions& options) {
  return ExactMap(scene, prepared, context, tx, cells, options).solve();
}

}  // namespace raywave::maps
