// SPDX-License-Identifier: Apache-2.0
// Materials that vary, asked while rays walk: a block of walks goes on depth by depth, what it meets at one depth is
// asked in one batch. Which places make a batch is the block's matter alone, not the threads'.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "raywave/paths/field_context.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/touched_materials.h"

namespace raywave::paths {

/// Functions of the place for some of a scene's materials.
struct VaryingMaterials {
  std::vector<uint8_t> varies;  // [num_materials]
  /// The numbers at places of materials that vary, in their order, at the scene's frequency. From several threads.
  std::function<std::vector<em::PlaceNumbers<double>>(const std::vector<TouchedPlace>&)> at;
};

/// The numbers at those of the places whose materials vary, asked in one batch. @param num_interactions  as
/// TouchedMaterials has them @throws Error for numbers out of their bounds, or not one row a place.
TouchedMaterials asked(const VaryingMaterials& varying, std::vector<TouchedPlace> places, size_t num_interactions);

/// A material as it is where a ray meets it.
struct MetMaterial {
  em::MaterialProperties slab;
  Scatterer<double> scatterer;
  double wavelength_m = 0;

  /// What CoefficientTable has: of all that is reflected, whatever way.
  void at(float cos_theta, Complex<float>& te, Complex<float>& tm, bool transmission) const;
};

/// What a block of walks meets at one depth.
class MetPlaces {
 public:
  /// How many tiles walk together where materials vary: batches of thousands, without much memory.
  static constexpr int64_t kTiles = 64;

  /// All kept. @param varying  null: nothing varies
  MetPlaces(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
            const VaryingMaterials* varying)
      : frequency_hz_(scene.frequency_hz), prepared_(prepared), context_(context), varying_(varying) {}

  void clear() { places_.clear(), count_ = 0; }
  /// A ray that meets a facet. @param point_m  relative to the prepared scene's origin. @return which interaction it
  /// is, -1: the scene's own material.
  int64_t add(int32_t facet, const Vec3d& point_m, double cos_incidence);
  /// The steps of a path from there. @return the first one's, -1 where nothing varies.
  int64_t add(const Vec3d& source_m, const std::vector<Step>& steps);
  /// Asks for all of them.
  void ask();
  /// Of an interaction of add(facet, ...).
  MetMaterial at(int64_t interaction, int32_t material) const;
  const TouchedMaterials& touched() const { return touched_; }

 private:
  const double frequency_hz_;
  const PreparedScene& prepared_;
  const FieldContext& context_;
  const VaryingMaterials* varying_;
  std::vector<TouchedPlace> places_;
  int64_t count_ = 0;
  TouchedMaterials touched_;
};

}  // namespace raywave::paths
