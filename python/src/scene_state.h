// SPDX-License-Identifier: Apache-2.0
// The fields (state.h) of scenes, of what rays find in them, and of the solvers' options. Progress and log are the
// caller's and stay behind.
#pragma once

#include "raywave/em/own_lobe.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/touched_materials.h"
#include "raywave/scene/place.h"
#include "state.h"

namespace raywave::em {

template <class Archive>
void fields(Archive& a, Material& m) {
  auto& [name, itu, permittivity, conductivity, conductor, thickness, scattering, xpd, pattern, lobe, color] = m;
  a(name, itu, permittivity, conductivity, conductor, thickness, scattering, xpd, pattern, lobe, color);
}
template <class Archive>
void fields(Archive& a, PlaceNumbers<double>& n) {
  auto& [numbers] = n;
  a(numbers);
}
template <class Archive>
void fields(Archive& a, MeasuredPattern& p) {
  auto& [name, gain, azimuth, azimuth_gain, elevation, elevation_gain] = p;
  a(name, gain, azimuth, azimuth_gain, elevation, elevation_gain);
}
template <class Archive>
void fields(Archive& a, AntennaPattern& p) {
  auto& [kind, model, measured] = p;
  a(kind, model, measured);
}
template <class Archive>
void fields(Archive& a, AntennaArray& array) {
  auto& [wavelengths, metres, pattern, slants, polarization] = array;
  a(wavelengths, metres, pattern, slants, polarization);
}

}  // namespace raywave::em

namespace raywave::scene {

template <class Archive>
void fields(Archive& a, Mesh& m) {
  auto& [vertices, triangles, given] = m;
  a(vertices, triangles, given);
}
template <class Archive>
void fields(Archive& a, Object& o) {
  auto& [name, mesh, material, velocity] = o;
  a(name, mesh, material, velocity);
}
template <class Archive>
void fields(Archive& a, Device& d) {
  auto& [name, position, orientation, velocity, array, power, precoding] = d;
  a(name, position, orientation, velocity, array, power, precoding);
}
template <class Archive>
void fields(Archive& a, Place& p) {
  auto& [crs, origin] = p;
  a(crs, origin);
}
template <class Archive>
void fields(Archive& a, Scene& s) {
  auto& [frequency, bandwidth, temperature, materials, objects, transmitters, receivers] = s;
  a(frequency, bandwidth, temperature, materials, objects, transmitters, receivers);
}

}  // namespace raywave::scene

namespace raywave::em {

template <class Archive>
void fields(Archive& a, Lobe& l) {
  auto& [kind, alpha_r, alpha_i, lambda, kappa, slope, own] = l;
  std::string name = own ? own->name() : std::string();
  a(kind, alpha_r, alpha_i, lambda, kappa, slope, name);
  if (kind == LobeKind::kOwn && !own) l = lobe_from_text(name);
}

}  // namespace raywave::em

namespace raywave::paths {

template <class Archive>
void fields(Archive& a, SurfaceId& s) {
  auto& [kind, index] = s;
  a(kind, index);
}
template <class Archive>
void fields(Archive& a, EdgeFacts::Vertex& v) {
  auto& [end, along, beside] = v;
  a(end, along, beside);
}
template <class Archive>
void fields(Archive& a, EdgeFacts& e) {
  auto& [sides, arrives_on, leaves_on, arrives_along, leaves_along, begin, end, in_front, vertex, past] = e;
  a(sides, arrives_on, leaves_on, arrives_along, leaves_along, begin, end, in_front, vertex, past);
}
template <class Archive>
void fields(Archive& a, TouchedMaterials& t) {
  auto& [row, numbers, slopes] = t;
  a(row, numbers, slopes);
}
template <class Archive>
void fields(Archive& a, ScatterFacts& s) {
  auto& [triangle, below, lift, at, share, phase, turned] = s;
  a(triangle, below, lift, at, share, phase, turned);
}
template <class Archive>
void fields(Archive& a, Link& l) {
  auto& [rx, rx_element, tx, tx_element, begin, end] = l;
  a(rx, rx_element, tx, tx_element, begin, end);
}
template <class Archive>
void fields(Archive& a, Paths& p) {
  auto& [frequency, synthetic, tx_names, rx_names, object_names, tx_positions, rx_positions, tx_elements, tx_slants,
         rx_elements, rx_slants, links, tau, theta_t, phi_t, theta_r, phi_r, doppler, transfer, interaction_begin,
         interactions, objects, surfaces, vertices, edges, places, a_begin, gains] = p;
  a(frequency, synthetic, tx_names, rx_names, object_names, tx_positions, rx_positions, tx_elements, tx_slants,
    rx_elements, rx_slants, links, tau, theta_t, phi_t, theta_r, phi_r, doppler, transfer, interaction_begin,
    interactions, objects, surfaces, vertices, edges, places, a_begin, gains);
}
template <class Archive>
void fields(Archive& a, Interactions& i) {
  auto& [depth, los, specular, refraction, diffraction, diffractions, diffuse, reflection, lobe, keep, keep_m2, seam] =
      i;
  a(depth, los, specular, refraction, diffraction, diffractions, diffuse, reflection, lobe, keep, keep_m2, seam);
}
template <class Archive>
void fields(Archive& a, RayOptions& o) {
  a(static_cast<Interactions&>(o), o.samples_per_tx, o.scattering_tolerance, o.max_tiles, o.seed, o.num_threads,
    o.device);
}
template <class Archive>
void fields(Archive& a, PathOptions& o) {
  a(static_cast<RayOptions&>(o), o.finder, o.scattering_phases, o.synthetic_array);
}

}  // namespace raywave::paths

namespace raywave::maps {

template <class Archive>
void fields(Archive& a, Surface& s) {
  auto& [kind, center, orientation, size, cell, height, objects] = s;
  a(kind, center, orientation, size, cell, height, objects);
}
template <class Archive>
void fields(Archive& a, RadioMapOptions& o) {
  a(static_cast<paths::RayOptions&>(o), o.method, o.samples_per_beam, o.points_per_cell, o.coherent, o.keep_arrivals,
    o.max_bytes);
}
template <class Archive>
void fields(Archive& a, RadioMap& m) {
  // kept arrivals stay behind: derivatives have the same bits without them
  auto& [surface, frequency, noise, names, powers, num_tx, num_y, num_x, gain, error, centers, corners, arrivals, split,
         vary, kept] = m;
  a(surface, frequency, noise, names, powers, num_tx, num_y, num_x, gain, error, centers, corners, arrivals, split,
    vary);
}

}  // namespace raywave::maps
