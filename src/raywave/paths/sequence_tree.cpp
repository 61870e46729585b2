// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/sequence_tree.h"

#include "raywave/core/random.h"

namespace raywave::paths {
namespace {

uint64_t slot_key(int32_t parent, SurfaceId surface) { return uint64_t(uint32_t(parent)) << 32 | surface.key(); }

}  // namespace

SequenceTree::SequenceTree(const Vec3d& source_m) : slots_(256, -1) { nodes_.push_back({-1, {}, 0, 0, source_m}); }

int32_t* SequenceTree::find_slot(uint64_t key) {
  const size_t mask = slots_.size() - 1;
  for (size_t i = mix64(key) & mask;; i = (i + 1) & mask) {
    const int32_t n = slots_[i];
    if (n < 0) return &slots_[i];
    if (slot_key(nodes_[n].parent, nodes_[n].surface) == key) return &slots_[i];
  }
}

void SequenceTree::grow() {
  slots_.assign(slots_.size() * 2, -1);
  for (size_t n = 1; n < nodes_.size(); ++n) {
    *find_slot(slot_key(nodes_[n].parent, nodes_[n].surface)) = int32_t(n);
  }
}

int32_t SequenceTree::insert(int32_t parent, SurfaceId surface, const Vec3d& image_m) {
  const auto id = int32_t(nodes_.size());
  nodes_.push_back({parent, surface, int16_t(nodes_[parent].depth + 1),
                    int16_t(nodes_[parent].num_wedges + surface.is_wedge()), image_m});
  if (nodes_.size() * 2 > slots_.size()) grow();
  *find_slot(slot_key(parent, surface)) = id;
  return id;
}

int32_t SequenceTree::child(int32_t parent, SurfaceId surface, const scene::FacetTable& table) {
  const int32_t found = *find_slot(slot_key(parent, surface));
  if (found >= 0) return found;
  const SequenceNode& p = nodes_[parent];
  const bool straight = surface.is_wedge() || p.num_wedges > 0;
  return insert(parent, surface, straight ? p.image_m : mirror(p.image_m, table.facets[size_t(surface.index)]));
}

std::vector<int32_t> SequenceTree::merge(const SequenceTree& other) {
  std::vector<int32_t> here(other.nodes_.size(), 0);
  for (size_t n = 1; n < other.nodes_.size(); ++n) {
    const SequenceNode& node = other.nodes_[n];
    const int32_t parent = here[node.parent];
    const int32_t found = *find_slot(slot_key(parent, node.surface));
    here[n] = found >= 0 ? found : insert(parent, node.surface, node.image_m);
  }
  return here;
}

void SequenceTree::move_source(const Vec3d& source_m, const scene::FacetTable& table) {
  nodes_[0].image_m = source_m;
  for (size_t n = 1; n < nodes_.size(); ++n) {
    const Vec3d& before = nodes_[nodes_[n].parent].image_m;
    nodes_[n].image_m =
        nodes_[n].num_wedges > 0 ? before : mirror(before, table.facets[size_t(nodes_[n].surface.index)]);
  }
}

}  // namespace raywave::paths
