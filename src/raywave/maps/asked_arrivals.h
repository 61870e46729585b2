// SPDX-License-Identifier: Apache-2.0
// The power of paths to points of cells, where materials may vary: paths wait until what they touch is worth a batch.
#pragma once

#include <vector>

#include "raywave/maps/arrival_field.h"
#include "raywave/paths/varying_materials.h"

namespace raywave::maps {

/// One a thread.
class AskedArrivals {
 public:
  /// All kept. @param varying  null: the scene's materials, nothing waits
  AskedArrivals(const scene::Scene& scene, const paths::PreparedScene& prepared, const paths::FieldContext& context,
                int tx, const paths::VaryingMaterials* varying)
      : source_m_(scene.transmitters[size_t(tx)].position_m),
        varies_(varying != nullptr),
        numbers_(scene, prepared, context),
        field_(numbers_, tx),
        places_(scene, prepared, context, varying) {}

  /// Adds weight |field|^2 to the cell's sum, now or at the end.
  void add(const Vec3d& point_m, const std::vector<paths::Step>& steps, int cell, double weight,
           std::vector<double>& sums) {
    if (!varies_) {
      add_now(point_m, steps, cell, weight, sums);
      return;
    }
    waiting_.push_back({point_m, steps, cell, weight, places_.add(source_m_, steps)});
    if (waiting_.size() == kBatch) finish(sums);
  }
  void finish(std::vector<double>& sums) {
    if (waiting_.empty()) return;
    places_.ask();
    numbers_.set_touched(places_.touched());
    for (const Waiting& w : waiting_) {
      field_.begin_at(w.first);
      add_now(w.point_m, w.steps, w.cell, w.weight, sums);
    }
    waiting_.clear();
    places_.clear();
  }

 private:
  static constexpr size_t kBatch = 2048;
  struct Waiting {
    Vec3d point_m;
    std::vector<paths::Step> steps;
    int cell;
    double weight;
    int64_t first;
  };
  void add_now(const Vec3d& point_m, const std::vector<paths::Step>& steps, int cell, double weight,
               std::vector<double>& sums) {
    CVec3<double> arriving;
    (void)field_(point_m, steps, arriving);
    sums[size_t(cell)] += (norm2(arriving.re) + norm2(arriving.im)) * weight;
  }

  const Vec3d source_m_;
  const bool varies_;
  paths::SceneOver<double> numbers_;
  ArrivalField<double> field_;
  paths::MetPlaces places_;
  std::vector<Waiting> waiting_;
};

}  // namespace raywave::maps
