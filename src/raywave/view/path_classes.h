// SPDX-License-Identifier: Apache-2.0
// Paths by what they meet on their way: the colours of rays and stems.
#pragma once

#include "raywave/paths/paths.h"
#include "raywave/view/color_map.h"

namespace raywave::view {

enum class PathClass { kDirect, kReflection, kRefraction, kMixed, kDiffraction, kDiffuse };
inline constexpr int kNumPathClasses = 6;

/// Any diffuse bounce makes a path diffuse, any edge a diffracted one; reflections with transmissions are mixed.
PathClass path_class(const paths::Paths& paths, int64_t path);
const char* path_class_name(PathClass c);
Rgb path_class_color(PathClass c);

}  // namespace raywave::view
