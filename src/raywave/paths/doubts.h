// SPDX-License-Identifier: Apache-2.0
// What a result cannot be, or hardly, said as warnings with a reason: a gain above 0 dB, which no passive channel has;
// a transmitter under the ground; nothing found at all. Results themselves are left as they are.
#pragma once

#include <map>
#include <string>

#include "raywave/paths/paths.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/scene/scene.h"

namespace raywave::paths {

/// Under which object a device lies. It lies under an object when a ray straight up meets that first, a ray straight
/// down meets nothing, the object spans the scene in x and y (but for a hundredth) and is no body that the ray leaves
/// again, and either the scene goes on above it or the device is dark: a roof alone, with its devices below, is none.
class Ground {
 public:
  Ground(const scene::Scene& centred, const PreparedScene& prepared) : scene_(centred), prepared_(prepared) {}
  /// The object's name, or "". The device is one of the centred scene. @param is_dark  nothing comes to it or from it.
  std::string above(const scene::Device& device, bool is_dark);

 private:
  bool spans_scene(int object);

  const scene::Scene& scene_;
  const PreparedScene& prepared_;
  Vec3d lo_, hi_;                 // of the scene, when first needed
  std::map<int, bool> spanning_;  // by object, when first asked for
};

/// "a gain above 0 dB ...: why" for the gain between places that far apart.
std::string gain_doubt(double gain, double distance_m, double wavelength_m);

/// Warns of transmitters and receivers under the ground, of the link whose gain is the highest above 0 dB, of a result
/// without any path.
/// @param centred  the scene as the prepared one has it (PreparedScene::centred)
void warn_of_doubts(const scene::Scene& scene, const scene::Scene& centred, const PreparedScene& prepared,
                    const Paths& paths, const LogSink& log);

}  // namespace raywave::paths
