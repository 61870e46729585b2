// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/path_kernel.h"

#include <algorithm>
#include <type_traits>

#include "raywave/core/constants.h"
#include "raywave/paths/own_face.h"

namespace raywave::paths {

/// What the touches are made of, their points known. Where a path passes through is where its leg meets the facet.
template <class T>
void PathKernel<T>::set_materials(const Leg& leg, const std::vector<Step>& steps) {
  own_.resize(touches_.size());
  Vec3<T> from = leg.from;
  for (size_t i = 0; i < touches_.size(); ++i) {
    Touch<T>& t = touches_[i];
    Vec3<T> moved;
    if constexpr (!std::is_same_v<T, double>) {
      if (scene_.has_touched()) {
        Vec3<T> point = t.point;
        if (t.type == Interaction::kRefraction) {
          size_t next = i + 1;
          while (next < touches_.size() && touches_[next].type == Interaction::kRefraction) ++next;
          const Vec3<T> to = next < touches_.size() ? touches_[next].point : leg.to;
          const T across = dot(t.bend.normal, to - from);
          point = from + ((t.bend.offset - dot(t.bend.normal, from)) / across) * (to - from);
        } else {
          from = t.point;
        }
        moved = point - Vec3<T>(unfold_detail::values(point));
      }
    }
    const int64_t touch = first_ < 0 ? -1 : 2 * (first_ + int64_t(leg.begin + i));
    const SurfaceId& surface = steps[leg.begin + i].surface;
    if (!surface.is_wedge()) {
      t.face_0 = &scene_.material_at(surface.index, touch, moved, own_[i][0]);
      continue;
    }
    const Wedge& w = scene_.prepared().wedges()[size_t(surface.index)];
    t.face_0 = &scene_.material_at(w.facet0, touch, moved, own_[i][0]);
    t.face_n = &scene_.material_at(w.facet_n, touch < 0 ? touch : touch + 1, moved, own_[i][1]);
  }
}

/// The edges next to a wedge's, where its field depends on them.
template <class T>
void PathKernel<T>::set_next_edges(const Wedge& w, const EdgeFacts& facts, Touch<T>& t) {
  const auto next_edge = [&](bool at_end, int32_t index) {
    typename Touch<T>::NextEdge next;
    if (index < 0) return next;
    const Wedge& of = scene_.prepared().wedges()[size_t(index)];
    const Vec3d corner = w.at(at_end ? w.length_m : 0);
    const bool ends_there = norm(of.at(of.length_m) - corner) < norm(of.a - corner);
    // each end by the piece of the edge that ends there
    const auto end = [&](bool last) {
      const WedgeFrame<T> frame = scene_.wedge(index, of.at(last ? of.length_m : 0)).wedge;
      return frame.origin + (last ? frame.hi : frame.lo) * frame.direction;
    };
    next.is_there = true;
    next.begin = end(ends_there);
    next.end = end(!ends_there);
    return next;
  };
  if (w.facet0 == w.facet_n) {
    for (size_t end = 0; end < 2; ++end) t.rims[end] = next_edge(end == 1, w.turns[end].next_0);
    return;
  }
  for (size_t side = 0; side < 2; ++side) {
    if (!is_past(side == 0 ? facts.arrives_along : facts.leaves_along)) continue;
    const bool at_end = facts.past_end[side];
    const Wedge::Turns& turns = w.turns[at_end ? 1 : 0];
    for (size_t f = 0; f < 2; ++f) {
      t.past[side][f] = next_edge(at_end, f == 0 ? turns.next_0 : turns.next_n);
      if (!t.past[side][f].is_there) continue;
      const Bend<T> plane = scene_.facet(f == 0 ? turns.over_0 : turns.over_n);
      t.past[side][f].normal = plane.normal;
      t.past[side][f].offset = plane.offset;
    }
  }
}

template <class T>
bool PathKernel<T>::set_touches(const Leg& leg, const std::vector<Step>& steps) {
  touches_.assign(leg.end - leg.begin, {});
  for (size_t i = 0; i < touches_.size(); ++i) {
    Touch<T>& t = touches_[i];
    const Step& s = steps[leg.begin + i];
    t.type = s.type;
    if (s.surface.is_wedge()) {
      t.bend = scene_.wedge(s.surface.index, s.point_m);
      t.transmits = scene_.refraction();
      t.edge = s.edge;
      set_next_edges(scene_.prepared().wedges()[size_t(s.surface.index)], s.edge, t);
    } else {
      t.bend = scene_.facet(s.surface.index);
    }
  }
  if constexpr (std::is_same_v<T, double>) {
    for (size_t i = 0; i < touches_.size(); ++i) touches_[i].point = steps[leg.begin + i].point_m;
    set_materials(leg, steps);
    return true;
  }
  bends_.clear();
  for (const Touch<T>& t : touches_) {
    if (t.type != Interaction::kRefraction) bends_.push_back(t.bend);
  }
  points_.resize(bends_.size());
  if (!touching_points(leg.from, leg.to, bends_.data(), bends_.size(), points_.data(), true)) return false;
  size_t b = 0;
  for (Touch<T>& t : touches_) {
    if (t.type != Interaction::kRefraction) t.point = points_[b++];
  }
  set_materials(leg, steps);
  return true;
}

template <class T>
ScatterPlace<T> PathKernel<T>::place_of(const std::vector<Step>& steps, size_t index, Vec3<T>& from, Vec3<T>& to) {
  const Step& step = steps[index];
  const ScatterFacts& facts = step.scatter;
  const bool below = facts.below != Below::kNone;
  const TrianglePlace<T> at = scene_.place(facts.triangle, below ? Vec2d{1.0 / 3, 1.0 / 3} : facts.at);
  const scene::Facet& facet = scene_.prepared().facets().facets[size_t(step.surface.index)];
  const int32_t material = facet.material;
  ScatterPlace<T> p;
  p.point = at.point;
  p.normal = at.normal;
  p.area_m2 = T(0.5 * facts.share * at.of_area) * at.twice_area;
  if (below) {
    Vec3<T>& end = facts.below == Below::kSource ? from : to;
    const bool turned = dot(unfold_detail::values(at.normal), facet.normal) < 0;
    const OwnFacePlace<T> own = own_face_place(end, at.point, turned ? -at.normal : at.normal, facts.lift_m, facts.at);
    end = own.end;
    p.point = own.point;
    p.area_m2 = T(0.5 * facts.share * own.area_m2);
  }
  p.scatterer = scene_.scatterer(material);
  own_of_places_.resize(steps.size());
  Vec3<T> moved;
  if constexpr (!std::is_same_v<T, double>) moved = p.point - Vec3<T>(unfold_detail::values(p.point));
  em::PlaceNumbers<T> own;
  if (scene_.touched_numbers(first_ < 0 ? -1 : 2 * (first_ + int64_t(index)), moved, own)) {
    own_of_places_[index] = em::properties_of(own, scene_.frequency_hz(), false);
    p.slab = &own_of_places_[index];
    p.scatterer.scattering = own[em::MaterialNumber::kScattering];
    p.scatterer.xpd = own[em::MaterialNumber::kXpd];
    if (own.kappa() > T(0)) p.scatterer.lobe.kappa = own.kappa();
  } else {
    p.slab = &scene_.material(material);
  }
  p.by_lobe = step.type == Interaction::kDirectionalReflection;
  return p;
}

template <class T>
template <class Visit>
bool PathKernel<T>::for_legs(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                             Visit&& visit) {
  Vec3<T> from = source.position_m, to = target.position_m;
  Leg leg{from, to, 0, 0};
  for (;; leg.from = leg.to, leg.begin = leg.end + 1) {
    leg.end = leg.begin;
    while (leg.end < steps.size() && !scatters(steps[leg.end].type)) ++leg.end;
    const bool last = leg.end == steps.size();
    ScatterPlace<T> place;
    if (!last) place = place_of(steps, leg.end, from, to);
    if (leg.begin == 0) leg.from = from;
    leg.to = last ? to : place.point;
    if (!set_touches(leg, steps)) return false;
    visit(leg, place);
    if (last) return true;
  }
}

namespace {

/// A place's field into the next leg: the fields before it, times M, times those of the leg behind. What a straight leg
/// carries are its two directions, real and fixed (transfer_basis), times lambda / (4 pi r): most scattered paths have
/// only such, and over scalars that record what they do the zeros of the general form are most of the work.
template <class T>
void join(const ScatterDyads<T>& m, PathField<T>& before, bool before_is_straight, const PathField<T>& behind,
          bool behind_is_straight, const T& wavelength_m) {
  const JonesBasis<T> in = transfer_basis(before.departure), out = transfer_basis(behind.departure);
  const std::array<const Vec3<T>*, 2> sent{&in.theta_hat, &in.phi_hat};
  const T theta_s = dot(m.out_s, out.theta_hat), phi_s = dot(m.out_s, out.phi_hat),
          theta_p = dot(m.out_p, out.theta_hat), phi_p = dot(m.out_p, out.phi_hat);
  const auto amplitude = [&](const PathField<T>& f) { return wavelength_m / (T(4 * kPi) * f.length_m); };
  T scale(1);
  if (before_is_straight) scale = amplitude(before);
  if (behind_is_straight) scale = scale * amplitude(behind);
  const Complex<T> te = scale * m.te, tm = scale * m.tm;
  for (size_t i = 0; i < 2; ++i) {
    CVec3<T>& e = before.fields[i];
    const Complex<T> s = before_is_straight ? dot(*sent[i], m.in_s) * te : te * dot(e, m.in_s),
                     p = before_is_straight ? dot(*sent[i], m.in_p) * tm : tm * dot(e, m.in_p);
    const Complex<T> theta = theta_s * s + theta_p * p, phi = phi_s * s + phi_p * p;
    if (behind_is_straight) {
      e = {theta.re * out.theta_hat + phi.re * out.phi_hat, theta.im * out.theta_hat + phi.im * out.phi_hat};
    } else {
      e = theta * behind.fields[0] + phi * behind.fields[1];
    }
  }
}

}  // namespace

template <class T>
bool PathKernel<T>::field(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                          PathField<T>& out) {
  return field(source, target, steps, true, out);
}

template <class T>
bool PathKernel<T>::field(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                          bool with_share, PathField<T>& out) {
  using std::sqrt;
  const T& wavelength = scene_.wavelength_m();
  ScatterPlace<T> before;    // the place that the leg leaves
  bool is_straight = false;  // did nothing touch the path up to there?
  return for_legs(source, target, steps, [&](const Leg& leg, const ScatterPlace<T>& place) {
    // of a straight leg of several join() takes the directions alone
    PathField<T> f = touches_.empty() && !steps.empty() ? straight_leg(leg.from, leg.to)
                                                        : path_field(wavelength, leg.from, leg.to, touches_);
    if (leg.begin == 0) {
      out = std::move(f);
    } else {
      const ScatterFacts& facts = steps[leg.begin - 1].scatter;
      T amplitude = scattered_amplitude(before, wavelength, out.arrival, f.departure);
      if (with_share) {
        const T share = share_of(facts.turned, before.scatterer.xpd);  // K_x has no slope at its bounds
        amplitude = ad::value_of(share) > 0 ? amplitude * sqrt(share) : T(0);
      }
      ScatterDyads<T> m = scatter_dyads(before, wavelength, facts.turned, out.arrival, f.departure);
      m.te = amplitude * m.te, m.tm = amplitude * m.tm;
      if (facts.phase_rad != 0) {
        const Complexd turn = expj(facts.phase_rad);
        m.te = Complex<T>{T(turn.re), T(turn.im)} * m.te, m.tm = Complex<T>{T(turn.re), T(turn.im)} * m.tm;
      }
      join(m, out, is_straight, f, touches_.empty(), wavelength);
      out.length_m = out.length_m + f.length_m;
      out.arrival = f.arrival;
    }
    is_straight = leg.begin == 0 && touches_.empty();
    before = place;
  });
}

template <class T>
void PathKernel<T>::set_gains(const EndPoint<T>& source, const EndPoint<T>& target, const PathField<T>& f,
                              const std::array<Complex<T>, 4>& transfer, std::vector<Complex<T>>& a) const {
  const auto tx = port_fields(source, scene_.wavelength_m(), f.departure);
  const auto rx = port_fields(target, scene_.wavelength_m(), -f.arrival);
  a.clear();
  for (const auto& r : rx) {
    const Complex<T> theta = r.theta * transfer[0] + r.phi * transfer[2];
    const Complex<T> phi = r.theta * transfer[1] + r.phi * transfer[3];
    for (const auto& t : tx) a.push_back(theta * t.theta + phi * t.phi);
  }
}

template <class T>
bool PathKernel<T>::straight(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                             StraightScatter<T>& out) {
  Vec3<T> from = source.position_m, to = target.position_m;
  const ScatterPlace<T> place = place_of(steps, 0, from, to);
  return out.set(place, scene_.wavelength_m(), from, to);
}

template <class T>
bool PathKernel<T>::power(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                          T& out) {
  // phases of elements are in no power
  const T pairs(double(num_elements(source) * num_elements(target)));
  if (is_straight(steps)) {
    StraightScatter<T> s;
    out = T(0);
    if (!straight(source, target, steps, s)) return true;
    const std::vector<Vec3<T>> taken = slant_fields(target, -s.arrival());
    for (const Vec3<T>& sent : slant_fields(source, s.departure())) out = out + s.received(sent, taken);
    out = pairs * out;
    return true;
  }
  return over_turns(
      source, target, steps,
      [&](const PathField<T>& f) {
        const JonesBasis<T> basis = transfer_basis(f.departure);
        const std::vector<Vec3<T>> taken = slant_fields(target, -f.arrival);
        T sum(0);
        for (const Vec3<T>& sent : slant_fields(source, f.departure)) {
          const T theta = dot(sent, basis.theta_hat), phi = dot(sent, basis.phi_hat);
          for (const Vec3<T>& r : taken) {
            const Complex<T> a = theta * dot(f.fields[0], r) + phi * dot(f.fields[1], r);
            sum = sum + norm2(a);
          }
        }
        return pairs * sum;
      },
      out);
}

template <class T>
bool PathKernel<T>::has_scatter(const std::vector<Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Step& s) { return scatters(s.type); });
}

template <class T>
bool PathKernel<T>::touches(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                            PathTouches<T>& out) {
  if (!set_touches({source.position_m, target.position_m, 0, steps.size()}, steps)) return false;
  out = {scene_.wavelength_m(), source.position_m, target.position_m, touches_};
  return true;
}

template <class T>
bool PathKernel<T>::values(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                           PathValues<T>& out) {
  PathField<T> f;
  if (!field(source, target, steps, f)) return false;
  values(source, target, steps, f, out);
  return true;
}

template <class T>
void PathKernel<T>::values(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                           const PathField<T>& f, PathValues<T>& out) {
  out.tau_s = f.length_m / T(kSpeedOfLight);
  out.departure = angles_of(f.departure);
  out.arrival = angles_of(-f.arrival);
  out.transfer = transfer_of(f);
  out.doppler_hz = doppler_hz(source, target, steps);
  set_gains(source, target, f, out.transfer, out.a);
}

template <class T>
T PathKernel<T>::doppler_hz(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps) {
  T sum{};
  Vec3<T> velocity = source.velocity_m_per_s;
  (void)for_legs(source, target, steps, [&](const Leg& leg, const ScatterPlace<T>&) {
    leg_directions(leg.from, leg.to, touches_, directions_);
    for (size_t i = leg.begin; i <= leg.end; ++i) {
      const bool last = i == steps.size();
      if (!last && steps[i].type == Interaction::kRefraction) continue;  // straight: adds nothing
      const Vec3<T> next_velocity =
          last ? target.velocity_m_per_s : scene_.object_velocity(object_of(scene_.prepared(), steps[i]));
      sum = sum + dot(velocity - next_velocity, directions_[i - leg.begin]);
      velocity = next_velocity;
    }
  });
  return sum / scene_.wavelength_m();
}

template class PathKernel<double>;
template class PathKernel<ad::Dual>;
template class PathKernel<ad::Var>;

}  // namespace raywave::paths
