// SPDX-License-Identifier: Apache-2.0
// The fields (state.h) of wave scenes and of a march's options.
#pragma once

#include "raywave/wave/simulate.h"
#include "scene_state.h"

namespace raywave::python {

template <>
inline constexpr bool kPlain<wave::Point> = true;

}  // namespace raywave::python

namespace raywave::wave {

template <class Archive>
void fields(Archive& a, Grid& g) {
  auto& [num_y, spacing, center, points, num_x, spacing_x, center_x] = g;
  a(num_y, spacing, center, points, num_x, spacing_x, center_x);
}
template <class Archive>
void fields(Archive& a, Source& s) {
  auto& [name, kind, y, x, amplitude, phase, tilt, tilt_x, waist, focus, width, taper, distance, offsets, offsets_x,
         weights, samples] = s;
  a(name, kind, y, x, amplitude, phase, tilt, tilt_x, waist, focus, width, taper, distance, offsets, offsets_x, weights,
    samples);
}
template <class Archive>
void fields(Archive& a, Object& o) {
  auto& [name, material, outlines, model, absorption, solids] = o;
  a(name, material, outlines, model, absorption, solids);
}
template <class Archive>
void fields(Archive& a, CellMedium& c) {
  auto& [begin, end, num_z, index] = c;
  a(begin, end, num_z, index);
}
template <class Archive>
void fields(Archive& a, Absorber& b) {
  auto& [width, angle, nepers, power] = b;
  a(width, angle, nepers, power);
}
template <class Archive>
void fields(Archive& a, Scene& s) {
  auto& [grid, frequency, begin, end, step, sources, objects, cells, absorber, filter, boundary, polarization] = s;
  a(grid, frequency, begin, end, step, sources, objects, cells, absorber, filter, boundary, polarization);
}
template <class Archive>
void fields(Archive& a, BackendOptions& b) {
  auto& [kind, precision, tolerance, waist, redundancy, regularization] = b;
  a(kind, precision, tolerance, waist, redundancy, regularization);
}
template <class Archive>
void fields(Archive& a, SimulateOptions& o) {  // without log and progress
  auto& [backend, z, memory, threads, reflections, cells, wavelength, device, log, progress] = o;
  a(backend, z, memory, threads, reflections, cells, wavelength, device);
}

}  // namespace raywave::wave
