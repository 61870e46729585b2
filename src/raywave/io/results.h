// SPDX-License-Identifier: Apache-2.0
// Results to files: npz (numpy), HDF5 by extension, and JSON as the command line prints it. Written under a temporary
// name and renamed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "raywave/maps/radio_map.h"
#include "raywave/paths/paths.h"

namespace raywave::io {

/// A named array for npz/HDF5: shape and one of the element types; row-major.
struct NamedArray {
  std::string name;
  std::vector<size_t> shape;
  enum class Type { kFloat64, kComplex128, kInt32, kInt64, kUint8, kText } type = Type::kFloat64;
  std::vector<char> bytes;  // of the elements; kText: UTF-8 of one string (numpy: a 0-d unicode array)
};
/// .npz (zip of npy, stored) or .h5/.hdf5. @throws Error for another extension or a failing disk.
void write_arrays(const std::string& path, const std::vector<NamedArray>& arrays);
/// What write_arrays wrote, for tests and for merging shards (.npz only).
std::vector<NamedArray> read_npz(const std::string& path);

void save_paths(const std::string& path, const paths::Paths& paths);
void save_radio_map(const std::string& path, const maps::RadioMap& map);

/// The JSON of `raywave paths`: {"frequency_hz", "paths": [...]} sorted by (tx, rx, delay).
std::string paths_json(const paths::Paths& paths);
/// The JSON of `raywave map`: settings, frame of the cell centres, statistics per transmitter.
std::string radio_map_json(const maps::RadioMap& map, const maps::RadioMapOptions& options);

}  // namespace raywave::io
