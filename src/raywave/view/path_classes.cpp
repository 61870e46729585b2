// SPDX-License-Identifier: Apache-2.0
#include "raywave/view/path_classes.h"

namespace raywave::view {

PathClass path_class(const paths::Paths& paths, int64_t path) {
  unsigned seen = 0;
  for (auto i = size_t(paths.interaction_begin[size_t(path)]); i < size_t(paths.interaction_begin[size_t(path) + 1]);
       ++i) {
    seen |= unsigned(paths.interactions[i]);
  }
  const auto has = [seen](paths::Interaction i) { return (seen & unsigned(i)) != 0; };
  if (has(paths::Interaction::kDiffuseReflection) || has(paths::Interaction::kDirectionalReflection))
    return PathClass::kDiffuse;
  if (has(paths::Interaction::kDiffraction)) return PathClass::kDiffraction;
  if (has(paths::Interaction::kRefraction))
    return has(paths::Interaction::kSpecularReflection) ? PathClass::kMixed : PathClass::kRefraction;
  return seen ? PathClass::kReflection : PathClass::kDirect;
}

const char* path_class_name(PathClass c) {
  static constexpr const char* kNames[] = {"direct", "reflection", "transmission", "mixed", "diffraction", "diffuse"};
  return kNames[int(c)];
}

Rgb path_class_color(PathClass c) {
  static constexpr Rgb kColors[] = {{20, 140, 75},  {31, 104, 180}, {232, 119, 34},
                                    {130, 90, 175}, {200, 50, 60},  {150, 140, 30}};
  return kColors[int(c)];
}

}  // namespace raywave::view
