// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/path_kernel.h"

#include <type_traits>

#include "raywave/core/constants.h"

namespace raywave::paths {

/// What the touches are made of, their points known. Where a path passes through is where its leg meets the facet.
template <class T>
void PathKernel<T>::set_materials(const EndPoint<T>& source, const EndPoint<T>& target,
                                  const std::vector<Step>& steps) {
  own_.resize(steps.size());
  Vec3<T> from = source.position_m;
  for (size_t i = 0; i < steps.size(); ++i) {
    Touch<T>& t = touches_[i];
    Vec3<T> moved;
    if constexpr (!std::is_same_v<T, double>) {
      if (scene_.has_touched()) {
        Vec3<T> point = t.point;
        if (t.type == Interaction::kRefraction) {
          size_t next = i + 1;
          while (next < steps.size() && touches_[next].type == Interaction::kRefraction) ++next;
          const Vec3<T> to = next < steps.size() ? touches_[next].point : target.position_m;
          const T across = dot(t.bend.normal, to - from);
          point = from + ((t.bend.offset - dot(t.bend.normal, from)) / across) * (to - from);
        } else {
          from = t.point;
        }
        moved = point - Vec3<T>(unfold_detail::values(point));
      }
    }
    const int64_t touch = first_ < 0 ? -1 : 2 * (first_ + int64_t(i));
    const SurfaceId& surface = steps[i].surface;
    if (!surface.is_wedge()) {
      t.face_0 = &scene_.material_at(surface.index, touch, moved, own_[i][0]);
      continue;
    }
    const Wedge& w = scene_.prepared().wedges()[size_t(surface.index)];
    t.face_0 = &scene_.material_at(w.facet0, touch, moved, own_[i][0]);
    t.face_n = &scene_.material_at(w.facet_n, touch < 0 ? touch : touch + 1, moved, own_[i][1]);
  }
  (void)target;
}

template <class T>
bool PathKernel<T>::set_touches(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps) {
  touches_.assign(steps.size(), {});
  for (size_t i = 0; i < steps.size(); ++i) {
    Touch<T>& t = touches_[i];
    const Step& s = steps[i];
    t.type = s.type;
    if (s.surface.is_wedge()) {
      t.bend = scene_.wedge(s.surface.index, s.point_m);
      t.transmits = scene_.refraction();
      t.edge = s.edge;
      for (size_t leg = 0; leg < 2; ++leg) {
        for (size_t f = 0; f < 2; ++f) {
          if (s.edge.over[leg][f] < 0) continue;
          const Bend<T> plane = scene_.facet(s.edge.over[leg][f]);
          t.over[leg][f] = {true, plane.normal, plane.offset};
        }
      }
    } else {
      t.bend = scene_.facet(s.surface.index);
    }
  }
  if constexpr (std::is_same_v<T, double>) {
    for (size_t i = 0; i < steps.size(); ++i) touches_[i].point = steps[i].point_m;
    set_materials(source, target, steps);
    return true;
  }
  bends_.clear();
  for (const Touch<T>& t : touches_) {
    if (t.type != Interaction::kRefraction) bends_.push_back(t.bend);
  }
  points_.resize(bends_.size());
  if (!touching_points(source.position_m, target.position_m, bends_.data(), bends_.size(), points_.data(), true)) {
    return false;
  }
  size_t b = 0;
  for (Touch<T>& t : touches_) {
    if (t.type != Interaction::kRefraction) t.point = points_[b++];
  }
  set_materials(source, target, steps);
  return true;
}

template <class T>
bool PathKernel<T>::field(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                          PathField<T>& out) {
  if (!set_touches(source, target, steps)) return false;
  out = path_field(scene_.wavelength_m(), source.position_m, target.position_m, touches_);
  return true;
}

template <class T>
bool PathKernel<T>::values(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                           PathValues<T>& out) {
  PathField<T> f;
  if (!field(source, target, steps, f)) return false;
  out.tau_s = f.length_m / T(kSpeedOfLight);
  out.departure = angles_of(f.departure);
  out.arrival = angles_of(-f.arrival);
  out.transfer = transfer_of(f);
  out.doppler_hz = doppler_hz(source, target, steps);
  const auto tx = port_fields(source, scene_.wavelength_m(), f.departure);
  const auto rx = port_fields(target, scene_.wavelength_m(), -f.arrival);
  out.a.clear();
  for (const auto& r : rx) {
    const Complex<T> theta = r.theta * out.transfer[0] + r.phi * out.transfer[2];
    const Complex<T> phi = r.theta * out.transfer[1] + r.phi * out.transfer[3];
    for (const auto& t : tx) out.a.push_back(theta * t.theta + phi * t.phi);
  }
  return true;
}

template <class T>
T PathKernel<T>::doppler_hz(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps) {
  T sum{};
  leg_directions(source.position_m, target.position_m, touches_, directions_);
  Vec3<T> velocity = source.velocity_m_per_s;
  for (size_t i = 0; i <= touches_.size(); ++i) {
    const bool last = i == touches_.size();
    if (!last && touches_[i].type == Interaction::kRefraction) continue;  // straight: adds nothing
    const Vec3<T> next_velocity =
        last ? target.velocity_m_per_s : scene_.object_velocity(object_of(scene_.prepared(), steps[i]));
    sum = sum + dot(velocity - next_velocity, directions_[i]);
    velocity = next_velocity;
  }
  return sum / scene_.wavelength_m();
}

template class PathKernel<double>;
template class PathKernel<ad::Dual>;
template class PathKernel<ad::Var>;

}  // namespace raywave::paths
