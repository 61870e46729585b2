// SPDX-License-Identifier: Apache-2.0
// What surfaces scatter once between two ends, by tiles: the integral over the places of surfaces of what arrives over
// each (scattering_event.h), with mirrors and transmissions before the place and behind it. Triangles are cut in four
// until what halving them changes is below the tolerance; each tile is looked at in the 7 places of Radon's rule of
// degree 5, each of which is a path. So there is no noise, and the derivative of the sum is that of what was summed.
//
// Both ends are treated alike, whichever sends: what is found with the ends swapped is the same.
// Limits: one place that scatters in a path; no edges in it; openings and shadows smaller than the places at which a
// tile is looked at (a fifth of its size) may be missed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/paths/own_face.h"
#include "raywave/paths/path_kernel.h"
#include "raywave/paths/refine.h"
#include "raywave/paths/scatter_end.h"

namespace raywave::paths {

/// A triangle of an object's mesh or a part of it, over some mirrors from either end; or a part of the directions in
/// which an end that stands on the triangle's face sees it (own_face.h).
struct Tile {
  int32_t facet = 0, triangle = 0;  // into the facet table
  /// Two of the three barycentric coordinates of each corner; of directions their numbers.
  double corners[3][2] = {};
  bool is_shaded = false;    // some of its places see both ends, others not
  uint8_t seen = 0;          // one bit for each of its places that sees both ends
  int32_t from = 0, to = 0;  // nodes of the ends' trees
  Below below = Below::kNone;
  bool behind_source = false, behind_target = false;  // as ends stand; see place.h
};

/// What scatters, and how finely it is summed.
struct ScatterLaw {
  bool diffuse = true;         // S^2 by each material's pattern
  bool directional = false;    // (1 - S^2) by each material's lobe, where the scene has no mirror
  double tolerance = 1e-4;     // of a link's power
  int64_t max_tiles = 200000;  // of a link, those that see both ends
  int max_depth = 1;           // interactions of a path, the place that scatters among them
};

/// One link at a time; one a thread.
class ScatterTiler {
 public:
  /// What a path brings to the target, by all turns of the polarisation.
  using Measure = std::function<double(const std::vector<Step>&)>;
  /// @param numbers  with the law's lobe; like the law, kept
  /// @param measure  none: the sum of |a|^2 over all pairs of ports
  ScatterTiler(const PreparedScene& prepared, SceneOver<double>& numbers, const RefineOptions& refine,
               const ScatterLaw& law, LogSink log, Measure measure = nullptr);

  struct Result {
    double gain = 0, error = 0;  // over all port pairs; infinite where max_tiles ran out early
    double shaded = 0;           // share of the gain from tiles with a border of a shadow
    std::vector<Tile> tiles;
  };
  /// An end on a face stands on the other's side of it; where nothing arrives there, on its other side.
  Result solve(const ScatterEnd& source, const ScatterEnd& target);

  /// The paths over a tile that solve() gave, by its places: visit(steps, index of what scatters) for each place that
  /// both ends see; `steps` are those of a path by the material's pattern that is not turned.
  void for_places(const ScatterEnd& source, const ScatterEnd& target, const Tile& tile,
                  const std::function<void(std::vector<Step>&, size_t)>& visit);
  /// Which laws a facet scatters by: those with a share.
  std::vector<Interaction> laws(int32_t facet) const;

 private:
  struct Part {
    double error = 0, value = 0;
    int64_t serial = 0;
    Tile tile;
    bool operator<(const Part& o) const { return error != o.error ? error < o.error : serial > o.serial; }
  };
  struct LegKey {
    int32_t end, node;
    double x, y;
    bool operator==(const LegKey&) const = default;
  };
  struct LegHash {
    size_t operator()(const LegKey& k) const;
  };
  struct Leg {
    bool is_there = false;
    GeometricPath path;
  };

  int64_t num_tiles() const { return int64_t(queue_.size()); }
  void set_ends(const ScatterEnd& source, const ScatterEnd& target, bool behind_source, bool behind_target);
  Result solve_there();
  Vec3d point(const Tile& t, const Vec2d& at) const;
  OwnFacePlace<double> below_end(const Tile& t, const Vec2d& at) const;
  Vec3d lift_of(const Tile& t) const;
  bool owns(const Tile& t, const Vec3d& p) const;
  const Leg& leg(const ScatterEnd& end, int which, int32_t node, const Vec3d& p, const Vec2d& at, int32_t facet,
                 bool known);
  bool steps_at(const Tile& t, const Vec2d& at, double share, bool known, size_t& place);
  double power(size_t place);
  bool has_own_lobe(int32_t facet) const;
  double sum_of_places(Tile& t, bool known);
  double value(Tile& t);
  void begin(int32_t triangle);
  void begin(const Tile& t, double width, int depth);
  void begin_below(const Tile& t, double width);
  bool is_large(const Tile& t, double width) const;
  bool is_large_below(const Tile& t, double width) const;
  bool may_hold_lobe(const Tile& t, const Vec3d& u_i, const Vec3d& u_o, double turn, double width) const;
  void split(const Tile& t, double whole);
  void warn(const Result& r, size_t num_parts) const;

  const PreparedScene& prepared_;
  const scene::FacetTable& table_;
  SceneOver<double>& numbers_;
  RefineOptions refine_;
  const ScatterLaw& law_;
  LogSink log_;
  Measure measure_;
  Refiner refiner_;
  PathKernel<double> kernel_;
  const ScatterEnd *source_ = nullptr, *target_ = nullptr;
  bool behind_source_ = false, behind_target_ = false;
  std::array<size_t, 2> standing_{};  // of source and target
  std::vector<Step> steps_;
  std::vector<Interaction> laws_;  // of the tile at hand
  std::unordered_map<LegKey, Leg, LegHash> legs_;
  bool keeps_legs_ = false;
  Leg own_[2];
  bool cut_short_ = false;       // were there no tiles left while some were still larger than a lobe?
  bool sends_back_ = false;      // does a lobe of the triangle that is cut look back where waves come from?
  bool sends_anywhere_ = false;  // nobody says where it looks
  std::priority_queue<Part> queue_;
  double sum_ = 0, error_ = 0;
  int64_t serial_ = 0, tried_ = 0;
};

}  // namespace raywave::paths
