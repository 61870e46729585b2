// SPDX-License-Identifier: Apache-2.0
// raywave.PathSampler: of scenes in the plane or in space.
#pragma once

#include <memory>
#include <variant>

#include "raywave/paths/learned_finder.h"
#include "raywave/plane/sampler.h"

namespace raywave::python {

struct PathSampler {
  std::variant<plane::FlowSampler, paths::FacetSampler> model;

  int dimensions() const { return model.index() == 0 ? 2 : 3; }
  /// A copy for a solver of `Model`'s dimension. @throws Error for one of the other dimension.
  template <class Model>
  std::shared_ptr<const Model> as() const {
    if (const Model* m = std::get_if<Model>(&model)) return std::make_shared<const Model>(*m);
    throw Error(message("this PathSampler is for scenes in ", dimensions(),
                        " dimensions: train another with PathSampler(dimensions=", 5 - dimensions(), ")"));
  }
};

}  // namespace raywave::python
