// SPDX-License-Identifier: Apache-2.0
// Fields of many paths on a device: values, tangents, and the derivatives by each number that a path's field depends
// on, each of them a run over dual numbers of its own (a path has some fifty; a device has many times more threads than
// a batch has paths, and no tape).
#pragma once

#include "raywave/paths/rays_api.h"
#include "raywave/paths/touch_numbers.h"

namespace raywave::paths {

/// Edges in a path whose field a device evaluates; the others are the host's.
inline constexpr size_t kMostEdgesOnDevice = 2;

/// A path among many.
template <class T>
struct FieldRow {
  T wavelength_m{};
  Vec3<T> source_m, target_m;
  int64_t first_touch = 0;
  int32_t num_touches = 0;
};

template <class T>
constexpr RayKernel kFieldsKernel = RayKernel::kFields;
template <>
inline constexpr RayKernel kFieldsKernel<ad::Dual> = RayKernel::kFieldTangents;

/// Element i: the field of path i. @tparam T  double, or ad::Dual
template <class T>
struct FieldsKernel {
  static constexpr RayKernel kKind = kFieldsKernel<T>;
  const FieldRow<T>* rows = nullptr;
  const Touch<T>* touches = nullptr;  // that know their faces' materials
  PathField<T>* fields = nullptr;

  RAYWAVE_HD void operator()(int64_t i) const {
    const FieldRow<T>& r = rows[i];
    fields[i] = path_field<kMostEdgesOnDevice>(r.wavelength_m, r.source_m, r.target_m,
                                               Touches<T>(touches + r.first_touch, size_t(r.num_touches)));
  }
};

/// Number `which` of a path: how a weighted sum of its field's numbers changes with it.
/// @param touches  of the path. @param room, materials  for so many touches, and twice as many materials
inline RAYWAVE_HD double field_slope(const FieldRow<double>& row, const Touch<double>* touches,
                                     const PathField<double>& weights, int64_t which, Touch<ad::Dual>* room,
                                     em::BasicMaterialProperties<ad::Dual>* materials) {
  FieldRow<ad::Dual> r{ad::Dual(row.wavelength_m), values_as<ad::Dual>(row.source_m),
                       values_as<ad::Dual>(row.target_m)};
  int64_t at = 0;
  const auto move = [&](ad::Dual& x) {
    if (at++ == which) x.d = 1;
  };
  for_end_numbers(r, move);
  for (int32_t i = 0; i < row.num_touches; ++i) {
    room[i] = values_as<ad::Dual>(touches[i]);
    auto &face_0 = materials[2 * i], &face_n = materials[2 * i + 1];
    face_0 = values_as<ad::Dual>(*touches[i].face_0);
    if (touches[i].face_n) face_n = values_as<ad::Dual>(*touches[i].face_n);
    room[i].face_0 = &face_0, room[i].face_n = &face_n;
    for_numbers(room[i], face_0, face_n, move);
  }
  const PathField<ad::Dual> f = path_field<kMostEdgesOnDevice>(r.wavelength_m, r.source_m, r.target_m,
                                                               Touches<ad::Dual>(room, size_t(row.num_touches)));
  double sum = 0, weight[kFieldNumbers];
  int n = 0;
  for_field_numbers(weights, [&](double w) { weight[n++] = w; });
  n = 0;
  for_field_numbers(f, [&](const ad::Dual& x) { sum += weight[n++] * x.d; });
  return sum;
}

/// Element i: field_slope() of one number of one path.
struct FieldSlopesKernel {
  static constexpr RayKernel kKind = RayKernel::kFieldSlopes;
  const FieldRow<double>* rows = nullptr;
  const Touch<double>* touches = nullptr;
  const PathField<double>* weights = nullptr;  // [paths]
  const int32_t* path_of = nullptr;            // [numbers]
  const int64_t* first_number = nullptr;       // [paths]
  int64_t first = 0;                           // the number that element 0 is
  int32_t most_touches = 0;
  Touch<ad::Dual>* room = nullptr;                             // [elements, most_touches]
  em::BasicMaterialProperties<ad::Dual>* materials = nullptr;  // [elements, most_touches, 2]
  double* slopes = nullptr;                                    // [numbers]

  RAYWAVE_HD void operator()(int64_t i) const {
    const int64_t number = first + i;
    const int32_t path = path_of[number];
    const FieldRow<double>& row = rows[path];
    slopes[number] = field_slope(row, touches + row.first_touch, weights[path], number - first_number[path],
                                 room + i * most_touches, materials + 2 * i * most_touches);
  }
};

}  // namespace raywave::paths
