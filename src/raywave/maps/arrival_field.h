// SPDX-License-Identifier: Apache-2.0
// The field that one path brings from a transmitter's weighted ports to a point of a map, over any scalar: the path
// kernel's field, launched.
#pragma once

#include <vector>

#include "raywave/paths/path_kernel.h"

namespace raywave::maps {

/// Instantiated for double, ad::Dual and ad::Var. One a thread.
template <class T>
class ArrivalField {
 public:
  ArrivalField(paths::SceneOver<T>& scene, int tx) : scene_(scene), kernel_(scene), tx_(tx) {
    if constexpr (std::is_same_v<T, double>) begin();
  }
  /// Takes what all arrivals share from the scene; over scalars that differentiate, after its restart().
  void begin() {
    source_ = scene_.transmitter(tx_, -1);
    weights_ = scene_.precoding(tx_);
  }
  /// Interactions of the next paths are so many among those of materials that vary; -1: the scene's own.
  void begin_at(int64_t first) { kernel_.begin_at(first); }
  /// World-frame field at the point, across its direction, times lambda / (4 pi L), with propagation phase.
  /// @return false when the path is not there.
  bool operator()(const Vec3d& point_m, const std::vector<paths::Step>& steps, CVec3<T>& out);
  /// The same in two parts, between which many paths' fields are evaluated at once: what the path touches (no place
  /// that scatters; until the next path), and what arrives over it. @return as above.
  bool touches(const Vec3d& point_m, const std::vector<paths::Step>& steps, paths::PathTouches<T>& out);
  CVec3<T> arriving(const paths::PathField<T>& path) const;
  /// Its |.|^2; of a place that scatters that of all its turns. @return as above.
  bool power(const Vec3d& point_m, const std::vector<paths::Step>& steps, T& out);

 private:
  /// Real fields whose powers add up to what is sent: those of several elements' phases, or one alone.
  struct Sent {
    T weight;
    Vec3<T> field;
  };
  std::vector<Sent> sent(const Vec3<T>& departure) const;
  /// What all elements together send. @param slants  paths::slant_fields
  CVec3<T> launched(const std::vector<Vec3<T>>& slants, const Vec3<T>& departure) const;

  paths::SceneOver<T>& scene_;
  paths::PathKernel<T> kernel_;
  const int tx_;
  paths::EndPoint<T> source_, target_;
  std::vector<Complex<T>> weights_;
};

}  // namespace raywave::maps
