// SPDX-License-Identifier: Apache-2.0
// Fields of many paths at once, on the device that follows a scene's rays. One a thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "raywave/paths/device_tracer.h"
#include "raywave/paths/field_kernels.h"
#include "raywave/paths/path_kernel.h"

namespace raywave::paths {

/// @tparam T  double, or ad::Dual: tangents
template <class T>
class FieldBatch {
 public:
  explicit FieldBatch(const DeviceTracer& device) : queue_(device) {}

  /// So many are worth a launch, and fit into memory.
  static constexpr size_t kFull = 8192;
  size_t size() const { return rows_.size(); }
  bool is_full() const { return size() >= kFull; }

  /// Has it no more edges than a device evaluates?
  template <class From>
  static bool takes(const PathTouches<From>& path) {
    return size_t(std::count_if(path.touches.begin(), path.touches.end(),
                                [](const Touch<From>& t) { return t.bend.is_edge; })) <= kMostEdgesOnDevice;
  }
  /// @param path  that it takes
  void add(const PathTouches<T>& path);
  /// Of the paths added, in their order.
  const std::vector<PathField<T>>& evaluate();
  void clear();

 protected:
  /// Memory there that is taken anew only when it has to grow.
  template <class X>
  const X* put(runtime::DeviceArray<X>& there, const std::vector<X>& from);
  template <class X>
  X* room(runtime::DeviceArray<X>& there, size_t size);

  DeviceTracer::Lease queue_;  // before what lives in its memory
  std::vector<FieldRow<T>> rows_;
  std::vector<Touch<T>> touches_;
  std::vector<em::BasicMaterialProperties<T>> materials_;  // [touches, 2]
  std::vector<PathField<T>> fields_;
  runtime::DeviceArray<FieldRow<T>> rows_there_;
  runtime::DeviceArray<Touch<T>> touches_there_;
  runtime::DeviceArray<em::BasicMaterialProperties<T>> materials_there_;
  runtime::DeviceArray<PathField<T>> fields_there_;
};

/// And their slopes.
class FieldSlopes : public FieldBatch<double> {
 public:
  using FieldBatch::FieldBatch;

  /// How the sums of a path's weighted field numbers change with each number that it depends on, path after path: see
  /// FieldRow and for_numbers(). After evaluate(). @param weights  [size()]. @return [numbers of all paths]
  std::vector<double> slopes(const std::vector<PathField<double>>& weights);
};

}  // namespace raywave::paths
