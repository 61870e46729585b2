// SPDX-License-Identifier: Apache-2.0
// Fields on CUDA: a source of the plugin for rays by itself, since they take long to compile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "raywave/paths/rays_api.h"

namespace raywave::paths {

/// What transition functions ask, into the memory of the current device. @return as the plugin's functions.
int fill_field_tables(char* reason);
/// kFields, kFieldTangents, kFieldSlopes.
int launch_fields(void* context, RayKernel kind, const void* kernel, size_t bytes, int64_t count, char* reason);

}  // namespace raywave::paths
