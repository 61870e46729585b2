// SPDX-License-Identifier: Apache-2.0
// The path kernel: what one path carries from an end to the other, over any scalar. The same code gives values
// (double), tangents (ad::Dual) and adjoints (ad::Var); what differs is where a scene's numbers come from (SceneOver),
// and that over double the points are those that refining has found.
// Differentiable in: everything that SceneOver differentiates. Not in: what the path touches.
#pragma once

#include <array>
#include <vector>

#include "raywave/paths/path_field.h"
#include "raywave/paths/scene_over.h"
#include "raywave/paths/step.h"
#include "raywave/paths/straight_scatter.h"

namespace raywave::paths {

/// What a solver reports of one path; see Paths.
template <class T>
struct PathValues {
  T tau_s{}, doppler_hz{};
  Angles<T> departure, arrival;  // radians; of departure, and of where the wave comes from
  /// Rows (theta_r, phi_r), columns (theta_t, phi_t), including lambda / (4 pi L).
  std::array<Complex<T>, 4> transfer;
  std::vector<Complex<T>> a;  // [num_rx_ports, num_tx_ports]
};

/// Instantiated for double, ad::Dual and ad::Var. One a thread.
template <class T>
class PathKernel {
 public:
  explicit PathKernel(SceneOver<T>& scene) : scene_(scene) {}

  /// The next path is one of Paths and begins at this interaction: its touched places may have materials of their own.
  void begin_at(int64_t interaction) { first_ = interaction; }

  /// The field that arrives over a path. @param steps  with their EdgeFacts. @return false when it is not there (never
  /// over double, where its points are given).
  bool field(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps, PathField<T>& out);
  /// What field() evaluates of a path with no place that scatters; holds until the next path. @return as field().
  bool touches(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
               PathTouches<T>& out);
  static bool has_scatter(const std::vector<Step>& steps);
  /// The power of a path, the sum of |a|^2 over all pairs of ports; of a place that scatters that of all its turns.
  /// @return as field().
  bool power(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps, T& out);
  /// Is it the path of one place between straight legs, whose power straight() knows?
  static bool is_straight(const std::vector<Step>& steps) { return steps.size() == 1 && scatters(steps[0].type); }
  /// @return as StraightScatter::set().
  bool straight(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                StraightScatter<T>& out);
  /// The sum of power_of(field) over the turns of a place that scatters, with their shares. @return as field().
  template <class Power>
  bool over_turns(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
                  const Power& power_of, T& out) {
    size_t place = 0;
    while (place < steps.size() && !scatters(steps[place].type)) ++place;
    PathField<T> f;
    out = T(0);
    if (place == steps.size()) {
      if (!field(source, target, steps, false, f)) return false;
      out = power_of(f);
      return true;
    }
    turned_ = steps;
    bool there = true;
    Vec3<T> from = source.position_m, to = target.position_m;
    for_turns(T(place_of(steps, place, from, to).scatterer.xpd), [&](Turned turned, const T& share) {
      turned_[place].scatter.turned = turned;
      there = there && field(source, target, turned_, false, f);
      if (there) out = out + share * power_of(f);
    });
    return there;
  }
  /// All that is reported of a path. @return as field().
  bool values(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps, PathValues<T>& out);
  /// The same of a field that is known.
  void values(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps,
              const PathField<T>& field, PathValues<T>& out);

 private:
  /// One leg of a path: from an end or a place that scatters to the next.
  struct Leg {
    Vec3<T> from, to;
    size_t begin, end;  // its steps
  };
  void set_materials(const Leg& leg, const std::vector<Step>& steps);
  void set_next_edges(const Wedge& w, const EdgeFacts& facts, Touch<T>& t);
  bool set_touches(const Leg& leg, const std::vector<Step>& steps);
  /// visit(leg) for each, the touches set. @return false when one is not there.
  template <class Visit>
  bool for_legs(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps, Visit&& visit);
  /// @param from, to  the path's ends; lifted off the place's face where they stand on it
  ScatterPlace<T> place_of(const std::vector<Step>& steps, size_t index, Vec3<T>& from, Vec3<T>& to);
  bool field(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps, bool with_share,
             PathField<T>& out);
  void set_gains(const EndPoint<T>& source, const EndPoint<T>& target, const PathField<T>& f,
                 const std::array<Complex<T>, 4>& transfer, std::vector<Complex<T>>& a) const;
  /// f_D = (v_tx . k_0 - v_rx . k_n + sum v_i . (k_i - k_{i-1})) / lambda: both ends and the objects touched move.
  T doppler_hz(const EndPoint<T>& source, const EndPoint<T>& target, const std::vector<Step>& steps);

  SceneOver<T>& scene_;
  int64_t first_ = -1;  // see begin_at
  std::vector<Touch<T>> touches_;
  std::vector<std::array<em::BasicMaterialProperties<T>, 2>> own_;  // of touched places with materials of their own
  std::vector<em::BasicMaterialProperties<T>> own_of_places_;       // the same, of places that scatter
  std::vector<Bend<T>> bends_;                                      // mirrors and edges of touches_
  std::vector<Vec3<T>> points_;
  std::vector<Vec3<T>> directions_;
  std::vector<Step> turned_;
};

}  // namespace raywave::paths
