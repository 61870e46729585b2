// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/field_batch.h"

namespace raywave::paths {

template <class T>
template <class X>
X* FieldBatch<T>::room(runtime::DeviceArray<X>& there, size_t size) {
  if (there.size() < size) {
    there = {};
    there = runtime::DeviceArray<X>(*queue_, size + size / 2);
  }
  return there.data();
}

template <class T>
template <class X>
const X* FieldBatch<T>::put(runtime::DeviceArray<X>& there, const std::vector<X>& from) {
  X* to = room(there, std::max<size_t>(from.size(), 1));
  if (!from.empty()) (*queue_).upload(to, from.data(), from.size() * sizeof(X));
  return to;
}

template <class T>
void FieldBatch<T>::clear() {
  rows_.clear();
  touches_.clear();
  materials_.clear();
  fields_.clear();
}

template <class T>
void FieldBatch<T>::add(const PathTouches<T>& path) {
  rows_.push_back(
      {path.wavelength_m, path.source_m, path.target_m, int64_t(touches_.size()), int32_t(path.touches.size())});
  for (const Touch<T>& t : path.touches) {
    touches_.push_back(t);
    materials_.push_back(*t.face_0);
    materials_.push_back(t.face_n ? *t.face_n : *t.face_0);
  }
}

template <class T>
const std::vector<PathField<T>>& FieldBatch<T>::evaluate() {
  put(rows_there_, rows_);
  const em::BasicMaterialProperties<T>* materials = put(materials_there_, materials_);
  for (size_t i = 0; i < touches_.size(); ++i) {
    touches_[i].face_0 = materials + 2 * i;
    touches_[i].face_n = touches_[i].bend.is_edge ? materials + 2 * i + 1 : nullptr;
  }
  put(touches_there_, touches_);
  fields_.resize(size());
  PathField<T>* out = room(fields_there_, std::max<size_t>(size(), 1));
  launch(*queue_, FieldsKernel<T>{rows_there_.data(), touches_there_.data(), out}, int64_t(size()));
  if (size() > 0) (*queue_).download(fields_.data(), out, size() * sizeof(PathField<T>));
  return fields_;
}

std::vector<double> FieldSlopes::slopes(const std::vector<PathField<double>>& weights) {
  if (size() == 0) return {};
  constexpr int64_t kElements = 16384;  // a launch: what each of them needs of room is large
  std::vector<int32_t> path_of;
  std::vector<int64_t> first;
  int32_t most = 1;
  for (size_t path = 0; path < size(); ++path) {
    const FieldRow<double>& r = rows_[path];
    first.push_back(int64_t(path_of.size()));
    most = std::max(most, r.num_touches);
    const auto count = [&](double) { path_of.push_back(int32_t(path)); };
    for_end_numbers(r, count);
    for (auto i = size_t(r.first_touch); i < size_t(r.first_touch + r.num_touches); ++i)
      for_numbers(touches_[i], materials_[2 * i], materials_[2 * i + 1], count);
  }
  const auto n = int64_t(path_of.size()), elements = std::min(n, kElements);
  const auto of_paths = runtime::uploaded(*queue_, weights);
  const auto paths = runtime::uploaded(*queue_, path_of);
  const auto firsts = runtime::uploaded(*queue_, first);
  runtime::DeviceArray<Touch<ad::Dual>> touches(*queue_, size_t(elements * most));
  runtime::DeviceArray<em::BasicMaterialProperties<ad::Dual>> materials(*queue_, size_t(2 * elements * most));
  runtime::DeviceArray<double> out(*queue_, size_t(n));
  FieldSlopesKernel kernel{
      rows_there_.data(), touches_there_.data(), of_paths.data(), paths.data(), firsts.data(), 0, most,
      touches.data(),     materials.data(),      out.data()};
  for (; kernel.first < n; kernel.first += kElements) launch(*queue_, kernel, std::min(kElements, n - kernel.first));
  std::vector<double> all(static_cast<size_t>(n));
  (*queue_).download(all.data(), out.data(), all.size() * sizeof(double));
  return all;
}

template class FieldBatch<double>;
template class FieldBatch<ad::Dual>;

}  // namespace raywave::paths
