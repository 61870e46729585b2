// SPDX-License-Identifier: Apache-2.0
// The field of one path over any scalar: length, directions at the ends, polarised transfer. A vector is carried from
// touch to touch: mirrors and slabs by field.h, wedges by edge_field.h. The amplitude is lambda / (4 pi L), L the
// path's whole length; what edges change of it is in their matrices. Differentiable in: positions, normals, materials,
// wavelength. Not in: what is touched.
#pragma once

#include <array>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/spherical.h"
#include "raywave/paths/edge_field.h"
#include "raywave/paths/field.h"
#include "raywave/paths/stretch.h"
#include "raywave/paths/touch.h"
#include "raywave/paths/transfer_basis.h"

namespace raywave::paths {

template <class T>
struct PathField {
  T length_m{};
  Vec3<T> departure, arrival;  // unit directions of travel at the two ends
  /// The arriving fields of unit theta_t and phi_t as vectors, with lambda / (4 pi L); across `arrival` but for
  /// rounding.
  std::array<CVec3<T>, 2> fields;
};

/// Rows (theta_r, phi_r), columns (theta_t, phi_t).
template <class T>
RAYWAVE_HD std::array<Complex<T>, 4> transfer_of(const PathField<T>& f) {
  const JonesBasis<T> basis = transfer_basis(-f.arrival);
  return {dot(f.fields[0], basis.theta_hat), dot(f.fields[1], basis.theta_hat), dot(f.fields[0], basis.phi_hat),
          dot(f.fields[1], basis.phi_hat)};
}

namespace path_field_detail {

/// The source's fields carried along the path, once the geometry is known. @param faces  a bit for each edge: is the
/// leg that leads to it, along a sheet or over one, on the sheet's other face?
template <size_t kEdges, class T>
RAYWAVE_HD_CALL std::array<CVec3<T>, 2> carry(const T& wavelength_m, Touches<T> touches,
                                              const EdgeGeometry<T>* geometry, const Vec3<T>& departure,
                                              unsigned faces) {
  const JonesBasis<T> basis = transfer_basis(departure);
  TermFields<T, kEdges> fields;
  fields.e[0] = {basis.theta_hat, {}};
  fields.e[1] = {basis.phi_hat, {}};
  size_t edge = 0;
  double factor = 1;
  bool is_over = false;
  Vec3<T> k = departure;
  for (const Touch<T>& touch : touches) {
    if (touch.bend.is_edge) {
      EdgeFacts facts = touch.edge;
      const bool turn_in = (faces >> edge & 1) != 0, turn_out = (faces >> (edge + 1) & 1) != 0;
      if (turn_in) facts.arrives_on = other_face(facts.arrives_on);
      if (turn_out) facts.leaves_on = other_face(facts.leaves_on);
      const auto is_other = [](bool turn, Along a) { return turn && (a == Along::kSheet || a == Along::kOver); };
      if (is_other(turn_in, facts.arrives_along) != is_other(turn_out, facts.leaves_along)) {
        for (int8_t& side : facts.sides) side = int8_t(-side);
      }
      if (is_along_face(facts.arrives_along) || facts.arrives_along == Along::kOver || is_over) factor *= 0.5;
      is_over = facts.leaves_along == Along::kOver;
      const Wedging<T> wedge(touch, facts, geometry[edge], wavelength_m);
      if constexpr (kEdges < 2) {
        const em::EdgeMatrix<T> m = wedge.matrix();
        for (CVec3<T>& e : fields.e) e = wedge.apply(m, e);
      } else if (edge + 1 < kEdges) {
        fields.split(wedge);
      } else {
        fields.join(wedge, geometry, factor);
      }
      k = geometry[edge++].k_out;
      continue;
    }
    const T cosine = [&] {
      using std::abs;
      const T c = abs(dot(k, touch.bend.normal));
      return c > T(1) ? T(1) : c;
    }();
    const auto c = em::coefficients(cosine, *touch.face_0, wavelength_m);
    Vec3<T> k_out = k;
    for (size_t i = 0; i < fields.count; ++i) {
      CVec3<T>& e = fields.e[i];
      k_out = k;
      if (mirrors(touch.type)) {
        reflect(touch.bend.normal, c, touch.face_0->specular_scale, k_out, e);
      } else {
        transmit(touch.bend.normal, c, k, e);
      }
    }
    k = k_out;
  }
  return {fields.e[0], fields.e[1]};
}

}  // namespace path_field_detail

/// All that the field of a path depends on.
template <class T>
struct PathTouches {
  T wavelength_m{};
  Vec3<T> source_m, target_m;
  std::span<const Touch<T>> touches;  // with their points set
};

/// Of a leg that nothing touches, without its fields.
template <class T>
RAYWAVE_HD PathField<T> straight_leg(const Vec3<T>& source_m, const Vec3<T>& target_m) {
  PathField<T> v;
  const Vec3<T> d = target_m - source_m;
  v.length_m = norm(d);
  v.departure = v.arrival = d / v.length_m;
  return v;
}

/// @param touches  with their points set; at most kMost of them are edges.
template <size_t kMost = kMostEdges, class T>
RAYWAVE_HD PathField<T> path_field(const T& wavelength_m, const Vec3<T>& source_m, const Vec3<T>& target_m,
                                   Touches<T> touches) {
  using namespace path_field_detail;
  PathField<T> v;
  EdgeIndices edges{};
  size_t num_edges = 0;
  std::array<T, kMostEdges + 1> r{};  // from end to edge to ... to end
  std::array<EdgeGeometry<T>, kMostEdges> geometry;
  Vec3<T> last = source_m, k{};
  size_t begin = 0;  // of the stretch
  const auto go_to = [&](const Vec3<T>& point, size_t end) {
    const Stretch<T> s = stretch(last, point, touches, begin, end);
    r[num_edges] = s.length_m;
    k = s.last;
    (num_edges == 0 ? v.departure : geometry[num_edges - 1].k_out) = s.first;
    last = point;
    begin = end + 1;
  };
  unsigned twofold = 0;  // legs, by the edge that they lead to, on either of two faces
  for (size_t i = 0; i < touches.size(); ++i) {
    if (!touches[i].bend.is_edge) continue;
    go_to(touches[i].point, i);
    RAYWAVE_DCHECK_LT(num_edges, kMost);
    geometry[num_edges].k_in = k;
    const EdgeFacts& facts = touches[i].edge;
    if (is_twofold(facts.arrives_along)) twofold |= 1u << num_edges;
    edges[num_edges++] = i;
    if (is_twofold(facts.leaves_along)) twofold |= 1u << num_edges;
  }
  go_to(target_m, touches.size());
  v.arrival = k;
  v.length_m = r[0];
  for (size_t i = 1; i <= num_edges; ++i) v.length_m = v.length_m + r[i];
  const T amplitude = wavelength_m / (T(4 * kPi) * v.length_m);
  if (num_edges > 0) edge_geometry(touches, edges, num_edges, r.data(), v.length_m, geometry.data());
  set_flat(touches, edges, num_edges, wavelength_m, geometry.data());
  const auto fields = [&](unsigned faces) {
    if (num_edges < 2) return carry<1>(wavelength_m, touches, geometry.data(), v.departure, faces);
    if constexpr (kMost > 2) {
      if (num_edges > 2) return carry<3>(wavelength_m, touches, geometry.data(), v.departure, faces);
    }
    return carry<2>(wavelength_m, touches, geometry.data(), v.departure, faces);
  };
  v.fields = fields(0);
  for (unsigned faces = twofold; faces != 0; faces = (faces - 1) & twofold) {  // every other choice
    const auto more = fields(faces);
    for (size_t c = 0; c < 2; ++c) v.fields[c] = v.fields[c] + more[c];
  }
  for (CVec3<T>& e : v.fields) e = {amplitude * e.re, amplitude * e.im};
  return v;
}

}  // namespace raywave::paths
