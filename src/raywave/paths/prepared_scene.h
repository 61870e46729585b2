// SPDX-License-Identifier: Apache-2.0
// What solvers derive from a scene's geometry once: facets, edges, the ray-query structure. Immutable and shareable.
// All of it is relative to the middle of the scene's bounding box, so that it does not matter where the scene lies;
// solvers work on centred() and add the origin to the places that they report.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "raywave/paths/ray_tracer.h"
#include "raywave/paths/wedges.h"
#include "raywave/runtime/device.h"
#include "raywave/scene/facets.h"
#include "raywave/scene/scene.h"

namespace raywave::scene {
class FacetNoise;
}

namespace raywave::paths {

class RayQueries;
class DeviceTracer;

class PreparedScene {
 public:
  /// Geometry of a cleaned scene (scene::clean_meshes). A scene without triangles is free space.
  /// Seams as with_seams() at the scene's frequency.
  /// @param tracer  the engine that follows its rays
  explicit PreparedScene(const scene::Scene& scene, const TracerFactory& tracer = embree_tracer);
  ~PreparedScene();
  PreparedScene(PreparedScene&&) noexcept;

  /// The middle of the scene's bounding box, in its coordinates.
  const Vec3d& origin_m() const { return facets().origin_m; }
  /// A scene of the same geometry with its coordinates relative to the origin. Derivatives are the same numbers.
  scene::Scene centred(const scene::Scene& scene) const;

  /// Warns of places in one plane that two objects of different materials cover: the first one owns them.
  void warn(const LogSink& log) const;

  /// The same geometry, shared, with edges at which cracks up to this width are closed; nothing: up to
  /// kSeamOfWavelength of the wavelength.
  /// @param closed  are facets, too, larger by what closes the cracks? For all that diffracts.
  PreparedScene with_seams(std::optional<double> seam_tolerance_m, double wavelength_m, bool closed) const;

  /// The same geometry, in which only planes whose faces add up to least_m2 or more are mirrors (each mirror of the
  /// facet table by itself). Infinity: none.
  PreparedScene with_mirrors(double least_m2) const;
  /// The same geometry, whose rays a device traces; the CPU: as before. @throws Error when it is not there.
  PreparedScene with_device(runtime::Device device) const;
  /// What traces its rays.
  const RayTracer& tracer() const;
  /// A device that does, and evaluates fields; null: none.
  const DeviceTracer* device_tracer() const { return device_.get(); }
  /// Do rays reflect there as on a mirror? Elsewhere a lobe stands in the mirror's place.
  bool is_mirror(int32_t facet) const { return !mirrors_ || (*mirrors_)[size_t(facet)] != 0; }
  /// Is there any mirror? All of them?
  bool has_mirrors() const { return has_mirrors_; }
  bool all_mirrors() const { return !mirrors_; }

  const scene::FacetTable& facets() const;
  const RayQueries& queries() const;
  /// The edges that diffract, found when first asked for. @throws Error for a wedge folded onto itself.
  const std::vector<Wedge>& wedges() const;
  /// Below this distance things are together where edges are concerned.
  double seam_tolerance_m() const;
  /// Facet normals in single precision, for shooting rays. [num_facets]
  const std::vector<Vec3f>& normals() const;
  /// normal . p of the facets' points, the same. [num_facets]
  const std::vector<float>& offsets() const;
  /// How noisy the facets of an object are, found when first asked for.
  std::shared_ptr<const scene::FacetNoise> facet_noise(int32_t object) const;

 private:
  struct Geometry;
  struct Seams;
  PreparedScene(std::shared_ptr<Geometry> geometry, double seam_tolerance_m, bool closed);

  std::shared_ptr<Geometry> geometry_;
  std::shared_ptr<Seams> seams_;
  bool closed_;
  std::shared_ptr<const std::vector<uint8_t>> mirrors_;  // [num_facets]; none: all are
  bool has_mirrors_ = true;
  std::shared_ptr<const DeviceTracer> device_;  // null: the queries' engine traces
};

}  // namespace raywave::paths
