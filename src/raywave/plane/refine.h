// SPDX-License-Identifier: Apache-2.0
// Where a path touches the objects of its sequence. Three ways behind one interface:
//   image     mirror images: exact for walls; others get the mirror's place, and their loss.
//   fermat    the shortest path (with panels: the least optical path). Length is convex in the places of straight
//             objects: Newton's method with a line search.
//   min-path  the least sum of squared residuals of the laws: walls, Ris and corners in closed form; with other objects
//             by Gauss-Newton with damping (Levenberg and Marquardt) from the middle and from random places.
// Places may lie outside the objects: the conditions say so. Differentiable: one more step of the method at the
// solution, taken over Dual or Var, has the solution's derivative (of min-path exactly where the residual is 0).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "raywave/plane/laws.h"

namespace raywave::plane {

enum class Method : uint8_t { kImage, kFermat, kMinPath };
/// "image", "fermat", "min-path". @throws Error for another.
Method method_from_name(std::string_view name);

struct RefineOptions {
  Method method = Method::kImage;
  int num_starts = 4;  // of min-path; what is found on the objects is not searched again
  int max_steps = 50;
  uint64_t seed = 42;
  std::vector<uint8_t> use;  // [objects], 0: in no path, so that any kind may stand there; empty: all are
};

/// A scene ready for many paths; does not change, so that threads share it.
class Refiner {
 public:
  /// Keeps references to the scene, its layout and its numbers. @throws Error when a method does not take the scene's
  /// objects.
  static std::unique_ptr<Refiner> make(const Scene2D& scene, const Layout& layout, std::span<const double> numbers,
                                       const RefineOptions& options);
  virtual ~Refiner() = default;
  /// The places of many paths over the same objects. One of the ends may be a single point for all.
  virtual void refine(std::span<const int32_t> objects, std::span<const Vec2d> from, std::span<const Vec2d> to,
                      std::span<Places<double>> out) const = 0;
  /// Those of one path over T, which has the values `at`.
  virtual Places<ad::Dual> over(const SceneOver<ad::Dual>& s, const Vec2<ad::Dual>& tx, const Vec2<ad::Dual>& rx,
                                std::span<const int32_t> objects, const Places<double>& at) const = 0;
  virtual Places<ad::Var> over(const SceneOver<ad::Var>& s, const Vec2<ad::Var>& tx, const Vec2<ad::Var>& rx,
                               std::span<const int32_t> objects, const Places<double>& at) const = 0;
};

}  // namespace raywave::plane
