// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/sequence_tree.h"

#include "raywave/core/random.h"

namespace raywave::paths {

SequenceTree::SequenceTree(const Vec3d& source_m) : slots_(256, -1) { nodes_.push_back({-1, -1, 0, 0, source_m}); }

int32_t* SequenceTree::find_slot(uint64_t key) {
  const size_t mask = slots_.size() - 1;
  for (size_t i = mix64(key) & mask;; i = (i + 1) & mask) {
    const int32_t n = slots_[i];
    if (n < 0) return &slots_[i];
    if ((uint64_t(uint32_t(nodes_[n].parent)) << 32 | uint32_t(nodes_[n].facet)) == key) return &slots_[i];
  }
}

void SequenceTree::grow() {
  slots_.assign(slots_.size() * 2, -1);
  for (size_t n = 1; n < nodes_.size(); ++n) {
    *find_slot(uint64_t(uint32_t(nodes_[n].parent)) << 32 | uint32_t(nodes_[n].facet)) = int32_t(n);
  }
}

int32_t SequenceTree::insert(int32_t parent, int32_t facet, const Vec3d& image_m) {
  const auto id = int32_t(nodes_.size());
  nodes_.push_back({parent, facet, int16_t(nodes_[parent].depth + 1),
                    int16_t(nodes_[parent].num_wedges + is_wedge(facet)), image_m});
  if (nodes_.size() * 2 > slots_.size()) grow();
  *find_slot(uint64_t(uint32_t(parent)) << 32 | uint32_t(facet)) = id;
  return id;
}

int32_t SequenceTree::child(int32_t parent, int32_t facet, const scene::FacetTable& table) {
  const int32_t found = *find_slot(uint64_t(uint32_t(parent)) << 32 | uint32_t(facet));
  if (found >= 0) return found;
  const SequenceNode& p = nodes_[parent];
  const bool straight = is_wedge(facet) || p.num_wedges > 0;
  return insert(parent, facet, straight ? p.image_m : mirror(p.image_m, table.facets[facet]));
}

std::vector<int32_t> SequenceTree::merge(const SequenceTree& other) {
  std::vector<int32_t> here(other.nodes_.size(), 0);
  for (size_t n = 1; n < other.nodes_.size(); ++n) {
    const SequenceNode& node = other.nodes_[n];
    const int32_t parent = here[node.parent];
    const int32_t found = *find_slot(uint64_t(uint32_t(parent)) << 32 | uint32_t(node.facet));
    here[n] = found >= 0 ? found : insert(parent, node.facet, node.image_m);
  }
  return here;
}

void SequenceTree::move_source(const Vec3d& source_m, const scene::FacetTable& table) {
  nodes_[0].image_m = source_m;
  for (size_t n = 1; n < nodes_.size(); ++n) {
    const Vec3d& before = nodes_[nodes_[n].parent].image_m;
    nodes_[n].image_m = nodes_[n].num_wedges > 0 ? before : mirror(before, table.facets[nodes_[n].facet]);
  }
}

}  // namespace raywave::paths
