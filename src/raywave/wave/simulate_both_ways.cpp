// SPDX-License-Identifier: Apache-2.0
// Walls and conductors that face the march: sweeps forward and backward between them (Bremmer's series). Limits: exact
// slabs and conductors alone reflect, what lies between them is crossed both ways by the same step, and screens of
// dielectrics reflect nothing.
#include "raywave/wave/simulate.h"
#include "raywave/wave/sources.h"
#include "raywave/wave/step_reporter.h"

namespace raywave::wave {
namespace {

void add_to(Field& sum, const Field& u) {
  sum.resize(u.size());
  for (size_t j = 0; j < u.size(); ++j) sum[j] += u[j];
}

}  // namespace

void Simulation::require_one_way() const {
  if (options_.num_reflections > 0)
    throw Error(message("num_reflections = ", options_.num_reflections,
                        ": the sweeps back and forth have no derivatives; set it to 0"));
}

void Simulation::run_both_ways(int source, Planes& field, Planes& backward, StepReporter& reporter) const {
  const auto& steps = march_->steps();
  const size_t n = size_t(scene_->grid.num_points());
  std::vector<Field> incident(steps.size());  // of the sweep before, at each slab
  for (int sweep = 0; sweep <= options_.num_reflections; ++sweep) {
    const bool forward = sweep % 2 == 0;
    Field u = sweep == 0 ? launch(*scene_, scene_->sources[size_t(source)], march_->backend()) : Field(n);
    std::vector<Field> now(steps.size());
    for (size_t i = 0; i < steps.size(); ++i) {
      const size_t at = forward ? i : steps.size() - 1 - i;
      const Step& step = steps[at];
      reporter.step();
      if (step.kind == Step::Kind::kOutput) {
        add_to((forward ? field : backward)[size_t(step.output)][size_t(source)], u);
        continue;
      }
      const bool reflects = march_->reflects(step);
      if (reflects) now[at] = u;
      march_->apply(step, u);
      if (reflects && sweep > 0) march_->reflect(step, incident[at], !forward, u);
    }
    incident = std::move(now);
  }
}

}  // namespace raywave::wave
