// SPDX-License-Identifier: Apache-2.0
// The fields (state.h) of scenes and paths in the plane. Laws of own objects are not bytes: they go beside them.
#pragma once

#include "raywave/plane/trace.h"
#include "scene_state.h"

namespace raywave::plane {

template <class Archive>
void fields(Archive& a, Object& o) {
  auto& [name, kind, begin, end, phi, profile, radius, begin_rad, end_rad, material, law, own] = o;
  a(name, kind, begin, end, phi, profile, radius, begin_rad, end_rad, material, own);
}
template <class Archive>
void fields(Archive& a, Device& d) {
  auto& [name, position] = d;
  a(name, position);
}
template <class Archive>
void fields(Archive& a, Scene2D& s) {
  auto& [transmitters, receivers, objects, materials, r_coef, height, alpha, frequency, place] = s;
  a(transmitters, receivers, objects, materials, r_coef, height, alpha, frequency, place);
}
template <class Archive>
void fields(Archive& a, CandidateOptions& o) {
  // what is found is kept: a sampler is not asked again
  auto& [min_order, max_order, pruned, use, max_bytes, sampler, num_samples, sample_seed] = o;
  a(min_order, max_order, pruned, use, max_bytes, num_samples, sample_seed);
}
template <class Archive>
void fields(Archive& a, RefineOptions& o) {
  auto& [method, starts, steps, seed, use] = o;
  a(method, starts, steps, seed, use);
}
template <class Archive>
void fields(Archive& a, TraceOptions& o) {
  auto& [candidates, refine, approx, function, keep, threads] = o;
  a(candidates, refine, approx, function, keep, threads);
}
template <class Archive>
void fields(Archive& a, Paths2D& p) {
  auto& [tx, rx, order, begin, objects, t, vertices, valid, power, length, loss, departure, arrival] = p;
  a(tx, rx, order, begin, objects, t, vertices, valid, power, length, loss, departure, arrival);
}

}  // namespace raywave::plane
