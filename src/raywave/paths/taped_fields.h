// SPDX-License-Identifier: Apache-2.0
// Adjoints of paths whose fields a device evaluates. A path goes over the tape twice: for what depends on its field,
// whose weights come out, and, once the device has turned these into slopes by the numbers that the field depends on,
// for how those come from the scene.
#pragma once

#include <utility>
#include <vector>

#include "raywave/paths/field_batch.h"

namespace raywave::paths {

/// One a thread. @tparam Path  whatever tells the caller which one it is
template <class Path>
class TapedFields {
 public:
  TapedFields(const DeviceTracer& device, ad::Tape& tape, SceneOver<ad::Var>& scene)
      : batch_(device), tape_(tape), scene_(scene) {}

  bool takes(const PathTouches<ad::Var>& touches) const { return batch_.takes(touches); }
  bool is_full() const { return batch_.is_full(); }
  /// @param touches  recorded; their values count
  void add(const PathTouches<ad::Var>& touches, Path path) {
    batch_.add(values_of(touches, touches_, materials_));
    paths_.push_back(std::move(path));
  }
  /// Carries what was added back to the scene's numbers.
  /// @param begin  (path): the tape begins anew
  /// @param outputs  (path, PathField<ad::Var>): records what depends on the field, and seeds it
  /// @param touches  (path, out): records them again
  template <class Begin, class Outputs, class Touches>
  void finish(const Begin& begin, const Outputs& outputs, const Touches& touches) {
    const std::vector<PathField<double>>& fields = batch_.evaluate();
    std::vector<PathField<double>> weights(paths_.size());
    for (size_t i = 0; i < paths_.size(); ++i) {
      begin(paths_[i]);
      std::vector<ad::Var> numbers;
      for_field_numbers(fields[i], [&](double x) { numbers.push_back(tape_.input(x)); });
      PathField<ad::Var> f;
      auto next = numbers.begin();
      for_field_numbers(f, [&](ad::Var& x) { x = *next++; });
      outputs(paths_[i], f);
      tape_.sweep();
      next = numbers.begin();
      for_field_numbers(weights[i], [&](double& x) { x = tape_.adjoint(*next++); });
      scene_.collect(tape_);
    }
    const std::vector<double> slopes = batch_.slopes(weights);
    auto slope = slopes.begin();
    PathTouches<ad::Var> recorded;
    for (const Path& path : paths_) {
      begin(path);
      touches(path, recorded);
      for_numbers(recorded, [&](const ad::Var& x) { tape_.seed(x, *slope++); });
      tape_.sweep();
      scene_.collect(tape_);
    }
    batch_.clear();
    paths_.clear();
  }

 private:
  FieldSlopes batch_;
  ad::Tape& tape_;
  SceneOver<ad::Var>& scene_;
  std::vector<Path> paths_;
  std::vector<Touch<double>> touches_;
  std::vector<em::MaterialProperties> materials_;
};

}  // namespace raywave::paths
