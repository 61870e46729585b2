// SPDX-License-Identifier: Apache-2.0
// Named arrays as files: npz (numpy), or HDF5, by extension. Written under a temporary name and renamed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/vec.h"

namespace raywave::io {

/// A named array for npz/HDF5: shape and one of the element types; row-major.
struct NamedArray {
  std::string name;
  std::vector<size_t> shape;
  enum class Type { kFloat64, kComplex128, kInt32, kInt64, kUint8, kText } type = Type::kFloat64;
  std::vector<char> bytes;  // of the elements; kText: UTF-8, one string (no shape) or, for a shape, each ended by '\0'
};
/// .npz (zip of npy, stored) or .h5/.hdf5. @throws Error for another extension, values that do not fit their shape, or
/// a failing disk.
void write_arrays(const std::string& path, const std::vector<NamedArray>& arrays);
/// What write_arrays wrote, for tests and for merging shards (.npz only).
std::vector<NamedArray> read_npz(const std::string& path);

/// An array of these values.
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<double>& values);
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<Complexd>& values);
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<int32_t>& values);
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<int64_t>& values);
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<uint8_t>& values);
/// Points, as the last axis of 3.
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<Vec3d>& values);
/// One number, no axes.
NamedArray array_of(const std::string& name, double value);
/// One text, no axes; and one axis of them.
NamedArray array_of(const std::string& name, const std::string& value);
NamedArray array_of(const std::string& name, const std::vector<std::string>& values);

}  // namespace raywave::io
