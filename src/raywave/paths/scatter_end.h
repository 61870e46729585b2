// SPDX-License-Identifier: Apache-2.0
// The ends of what surfaces scatter: a device or a cell, and the legs from it to places.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "raywave/paths/place.h"
#include "raywave/paths/port_fields.h"
#include "raywave/paths/refine.h"

namespace raywave::paths {

/// One end of links and the mirrors that lead from it to places.
class ScatterEnd {
 public:
  /// @param mirrors  the sequences tried; a sequence is tried for the facets that it goes on to in the tree, that
  /// without mirrors for all
  ScatterEnd(const PreparedScene& prepared, const EndPoint<double>& point, const SequenceTree& mirrors);

  const EndPoint<double>& point() const { return point_; }
  /// The sequences that may reach a mirror's facets.
  const std::vector<int32_t>& chains(int32_t mirror) const;
  const std::vector<int32_t>& all_chains() const { return all_; }
  int depth(int32_t node) const { return standings_[0].nodes()[size_t(node)].depth; }
  bool on_a_face() const { return place_.on_a_face(); }
  /// The mirrors on whose faces it stands.
  std::vector<int32_t> own_mirrors() const;
  /// Does it stand on this facet?
  bool stands_on(int32_t facet) const;
  /// Where it stands in a link to `other_m` (place.h), whatever way its paths go: on which side of its faces.
  size_t standing(const Vec3d& other_m, bool behind) const;
  /// What lifts it by a height off all faces on which it stands.
  Vec3d lift(double height_m, size_t standing) const;
  /// The end seen in a sequence's mirrors.
  const Vec3d& image(int32_t node) const { return standings_[0].nodes()[size_t(node)].image_m; }
  /// What is touched from the end over a sequence to a place of a facet. @return false when it is not there.
  /// @param known  it is known to be there: nothing is in its way
  bool leg(Refiner& refiner, size_t standing, int32_t node, const Vec3d& place_m, int32_t facet, bool known,
           GeometricPath& out) const;

 private:
  const PreparedScene& prepared_;
  EndPoint<double> point_;
  Place place_;
  std::vector<Vec3d> asides_;                                 // see place.h
  std::vector<SequenceTree> standings_;                       // from each of them
  std::unordered_map<int32_t, std::vector<int32_t>> chains_;  // by mirror, of those with more than the first
  std::vector<int32_t> all_;                                  // to what is no mirror, and so is in no sequence
};

}  // namespace raywave::paths
