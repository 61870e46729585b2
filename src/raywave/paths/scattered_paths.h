// SPDX-License-Identifier: Apache-2.0
// Paths over a place that scatters, for the path solver: the places of the tiles (scatter_tiles.h) between each
// transmitter and receiver, each with each law and turn of polarisation that has a share. Of arrays that are solved
// element by element the places are those of the devices' own, so that all elements see the same.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "raywave/paths/path_solver.h"
#include "raywave/paths/scatter_tiles.h"

namespace raywave::paths {

class ScatteredPaths {
 public:
  /// All are held by reference.
  ScatteredPaths(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context,
                 const RefineOptions& refine, const PathOptions& options);
  /// Those that solve() is for. @param mirrors  the sequences from each of them, receivers `first` on
  void set_receivers(const std::vector<SequenceTree>& mirrors, size_t first);

  /// found(rx, element of the transmitter, element of the receiver, path); elements are -1 where the array is one
  /// point.
  using Found = std::function<void(int32_t, int32_t, int32_t, GeometricPath&&)>;
  /// @param mirrors  the sequences from the transmitter
  void solve(int32_t tx, const SequenceTree& mirrors, const Found& found);

 private:
  struct OnePath {
    int32_t tx_element, rx_element;
    GeometricPath path;
  };
  void solve_link(const scene::Device& tx, const SequenceTree& from, const scene::Device& rx, const SequenceTree& to,
                  const LogSink& log, std::vector<OnePath>& out) const;
  void add_place(const ScatterTiler& tiler, std::vector<Step>& steps, size_t place, const EndPoint<double>& tx,
                 const EndPoint<double>& rx, std::vector<OnePath>& out) const;

  const scene::Scene& scene_;
  const PreparedScene& prepared_;
  const FieldContext& context_;
  const RefineOptions& refine_;
  const PathOptions& options_;
  ScatterLaw law_;
  const std::vector<SequenceTree>* mirrors_ = nullptr;  // of receivers first_ on
  size_t first_ = 0;
};

/// The sequences of mirrors that places are reached over from a point: all there can be when these are few, else those
/// that rays follow, at most so many.
SequenceTree scatter_mirrors(const PreparedScene& prepared, const Vec3d& point_m, const std::string& name,
                             int64_t num_rays, const RayOptions& options);

/// The law that the options of a solver of rays ask for.
ScatterLaw scatter_law(const RayOptions& options);

}  // namespace raywave::paths
