// SPDX-License-Identifier: Apache-2.0
// The files behind write_arrays; not part of the public interface.
#pragma once

#include <string>
#include <vector>

#include "raywave/io/arrays.h"

namespace raywave::io::detail {

size_t element_size(NamedArray::Type type);
/// Product of the shape; 1 for a scalar.
size_t num_elements(const NamedArray& array);
/// The strings of a kText array.
std::vector<std::string> texts_of(const NamedArray& array);

/// Zip with stored (uncompressed) npy members.
std::string npz_bytes(const std::vector<NamedArray>& arrays);
/// Writes to an open path; complex numbers are compounds (r, i), as h5py has them.
void write_hdf5(const std::string& path, const std::vector<NamedArray>& arrays);

}  // namespace raywave::io::detail
