// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/scatter_end.h"

#include <algorithm>

namespace raywave::paths {

ScatterEnd::ScatterEnd(const PreparedScene& prepared, const EndPoint<double>& point, const SequenceTree& mirrors)
    : prepared_(prepared),
      point_(point),
      place_(place_at(prepared, point.position_m)),
      asides_(all_asides(prepared, place_)) {
  for (const Vec3d& at : asides_) {
    standings_.push_back(mirrors);
    standings_.back().move_source(at, prepared.facets());
  }
  const auto& nodes = mirrors.nodes();
  for (size_t n = 1; n < nodes.size(); ++n) {
    const int32_t before = nodes[n].parent;
    if (before == 0 || nodes[n].num_wedges > 0) continue;
    std::vector<int32_t>& chains = chains_[nodes[n].surface.index];
    if (chains.empty()) chains.push_back(0);
    chains.push_back(before);
  }
  for (size_t n = 0; n < nodes.size(); ++n) {
    if (nodes[n].num_wedges == 0) all_.push_back(int32_t(n));
  }
}

const std::vector<int32_t>& ScatterEnd::chains(int32_t mirror) const {
  static const std::vector<int32_t> first{0};
  if (!prepared_.is_mirror(mirror)) return all_;
  const auto found = chains_.find(mirror);
  return found == chains_.end() ? first : found->second;
}

bool ScatterEnd::stands_on(int32_t facet) const {
  const scene::FacetTable& table = prepared_.facets();
  const Vec3d& p = place_.position_m;
  return std::any_of(place_.faces.begin(), place_.faces.end(), [&](const Place::Face& f) {
    return f.side == 0 && f.mirror == table.facets[size_t(facet)].mirror &&
           table.touches(facet, p, scene::kSamePlane * table.rounding_m(p));
  });
}

std::vector<int32_t> ScatterEnd::own_mirrors() const {
  std::vector<int32_t> mirrors;
  for (const Place::Face& f : place_.faces) {
    if (f.side == 0) mirrors.push_back(f.mirror);
  }
  return mirrors;
}

size_t ScatterEnd::standing(const Vec3d& other_m, bool behind) const {
  if (asides_.size() == 1) return 0;
  const Vec3d at = aside(prepared_, place_, other_m, behind);
  const auto nearer = [&](const Vec3d& a, const Vec3d& b) { return norm2(a - at) < norm2(b - at); };
  return size_t(std::min_element(asides_.begin(), asides_.end(), nearer) - asides_.begin());
}

Vec3d ScatterEnd::lift(double height_m, size_t standing) const {
  Vec3d by;
  for (int round = 0; round < 4; ++round) {  // faces that are not perpendicular disturb each other
    for (const Place::Face& f : place_.faces) {
      if (f.side != 0) continue;
      const double side = prepared_.facets().distance(f.mirror, asides_[standing]);
      const Vec3d up = (side < 0 ? -1.0 : 1.0) * prepared_.facets().facets[size_t(f.mirror)].normal;
      by += std::max(0.0, height_m - dot(by, up)) * up;
    }
  }
  return by;
}

bool ScatterEnd::leg(Refiner& refiner, size_t standing, int32_t node, const Vec3d& place_m, int32_t facet, bool known,
                     GeometricPath& out) const {
  const SequenceTree& tree = standings_[standing];
  if (known && !refiner.options().refraction) {
    if (!refiner.known_path(tree, node, place_m, out)) return false;
  } else if (!refiner.path(tree, node, place_m, out, {facet})) {
    return false;
  }
  if (!out.steps.empty()) refiner.settle(point_.position_m, place_m, out.steps);
  return true;
}

}  // namespace raywave::paths
