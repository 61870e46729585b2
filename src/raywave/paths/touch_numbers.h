// SPDX-License-Identifier: Apache-2.0
// The numbers of a touch on which the field of its path depends, in a fixed order, and touches over one scalar as
// touches over another.
#pragma once

#include <vector>

#include "raywave/ad/dual.h"
#include "raywave/paths/path_field.h"

namespace raywave::paths {

namespace touch_numbers_detail {

template <class V, class Visit>
RAYWAVE_HD void for_vec(V& v, Visit& visit) {
  visit(v.x), visit(v.y), visit(v.z);
}
template <class Material, class Visit>
RAYWAVE_HD void for_material(Material& m, Visit& visit) {
  visit(m.specular_scale);
  if (m.perfect_conductor) return;
  visit(m.eta.re), visit(m.eta.im), visit(m.thickness_m);
}
template <class NextEdge, class Visit>
RAYWAVE_HD void for_next_edge(NextEdge& e, Visit& visit) {
  if (!e.is_there) return;
  for_vec(e.begin, visit), for_vec(e.end, visit), for_vec(e.normal, visit);
  visit(e.offset);
}

}  // namespace touch_numbers_detail

/// visit(number) for each. @param face_0, face_n  the touch's own; face_n of wedges alone
template <class AnyTouch, class Material, class Visit>
RAYWAVE_HD void for_numbers(AnyTouch& t, Material& face_0, Material& face_n, Visit&& visit) {
  using namespace touch_numbers_detail;
  for_material(face_0, visit);
  if (!t.bend.is_edge) {
    for_vec(t.bend.normal, visit);
    visit(t.bend.offset);
    return;
  }
  for_material(face_n, visit);
  for_vec(t.point, visit);
  auto& w = t.bend.wedge;
  for_vec(w.origin, visit), for_vec(w.direction, visit), for_vec(w.t0, visit), for_vec(w.n0, visit);
  visit(w.lo), visit(w.hi), visit(w.exterior_angle);
  for (auto& side : t.past) {
    for (auto& next : side) for_next_edge(next, visit);
  }
  for (auto& rim : t.rims) for_next_edge(rim, visit);
}

template <class To, class From>
RAYWAVE_HD Vec3<To> values_as(const Vec3<From>& v) {
  return {To(ad::value_of(v.x)), To(ad::value_of(v.y)), To(ad::value_of(v.z))};
}
template <class To, class From>
RAYWAVE_HD em::BasicMaterialProperties<To> values_as(const em::BasicMaterialProperties<From>& m) {
  return {{To(ad::value_of(m.eta.re)), To(ad::value_of(m.eta.im))},
          To(ad::value_of(m.thickness_m)),
          To(ad::value_of(m.specular_scale)),
          m.perfect_conductor};
}
/// The touch's values; what its faces are made of is left out.
template <class To, class From>
RAYWAVE_HD Touch<To> values_as(const Touch<From>& t) {
  const auto number = [](const From& x) { return To(ad::value_of(x)); };
  const auto next_edge = [&](const typename Touch<From>::NextEdge& e) {
    return typename Touch<To>::NextEdge{e.is_there, values_as<To>(e.begin), values_as<To>(e.end),
                                        values_as<To>(e.normal), number(e.offset)};
  };
  Touch<To> out;
  out.type = t.type;
  const WedgeFrame<From>& w = t.bend.wedge;
  out.bend = {t.bend.is_edge,
              values_as<To>(t.bend.normal),
              number(t.bend.offset),
              {values_as<To>(w.origin), values_as<To>(w.direction), values_as<To>(w.t0), values_as<To>(w.n0),
               number(w.lo), number(w.hi), number(w.exterior_angle)}};
  out.point = values_as<To>(t.point);
  out.transmits = t.transmits;
  out.edge = t.edge;
  for (size_t i = 0; i < 2; ++i) {
    for (size_t f = 0; f < 2; ++f) out.past[i][f] = next_edge(t.past[i][f]);
    out.rims[i] = next_edge(t.rims[i]);
  }
  return out;
}

/// The values of what a path's field depends on. @param touches, materials  written: [touches], twice as many
template <class From>
PathTouches<double> values_of(const PathTouches<From>& path, std::vector<Touch<double>>& touches,
                              std::vector<em::MaterialProperties>& materials) {
  touches.clear();
  materials.resize(2 * path.touches.size());
  for (const Touch<From>& t : path.touches) {
    em::MaterialProperties* faces = materials.data() + 2 * touches.size();
    Touch<double>& own = touches.emplace_back(values_as<double>(t));
    faces[0] = values_as<double>(*t.face_0);
    own.face_0 = faces;
    if (!t.face_n) continue;
    faces[1] = values_as<double>(*t.face_n);
    own.face_n = faces + 1;
  }
  return {ad::value_of(path.wavelength_m), values_as<double>(path.source_m), values_as<double>(path.target_m), touches};
}
/// visit(number) for those of a path, or row, that are none of a touch: the first ones.
template <class Path, class Visit>
RAYWAVE_HD void for_end_numbers(Path& path, Visit&& visit) {
  visit(path.wavelength_m);
  touch_numbers_detail::for_vec(path.source_m, visit), touch_numbers_detail::for_vec(path.target_m, visit);
}
/// visit(number) for each number that a path's field depends on, in the order of FieldSlopes::slopes().
template <class T, class Visit>
void for_numbers(const PathTouches<T>& path, Visit&& visit) {
  for_end_numbers(path, visit);
  for (const Touch<T>& t : path.touches) for_numbers(t, *t.face_0, t.face_n ? *t.face_n : *t.face_0, visit);
}

/// All numbers of a PathField, so many.
inline constexpr int kFieldNumbers = 19;
template <class Field, class Visit>
RAYWAVE_HD void for_field_numbers(Field& f, Visit&& visit) {
  using namespace touch_numbers_detail;
  visit(f.length_m);
  for_vec(f.departure, visit), for_vec(f.arrival, visit);
  for (auto& e : f.fields) for_vec(e.re, visit), for_vec(e.im, visit);
}

}  // namespace raywave::paths
