// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/sequence_tree.h"

#include <gtest/gtest.h>

#include <map>

#include "raywave/paths/test_brute_force.h"

namespace raywave::paths {
namespace {

using test::Sequence;
using test::sequence_of;

/// The source mirrored one facet after another up to the first wedge.
Vec3d image_of(const scene::FacetTable& table, Vec3d source, const Sequence& s) {
  for (const SurfaceId f : s) {
    if (f.is_wedge()) break;
    source = mirror(source, table.facets[size_t(f.index)]);
  }
  return source;
}

TEST(SequenceTree, HoldsEachSequenceOnceWithItsImage) {
  const PreparedScene prepared(test::furnished_room(1));
  const scene::FacetTable& table = prepared.facets();
  test::Draws draw(5);
  const Vec3d source{0.3, -0.2, 0.7};
  SequenceTree tree(source);
  std::map<Sequence, int32_t> known{{{}, 0}};
  for (int i = 0; i < 40000; ++i) {  // far beyond the first size of its table
    auto at = known.begin();
    std::advance(at, long(draw(0, double(std::min<size_t>(known.size(), 200)))));
    if (at->first.size() >= 4) continue;
    const bool wedge = draw() < 0.2;
    const auto surface = int32_t(draw(0, wedge ? 40 : double(table.facets.size())));
    Sequence s = at->first;
    s.push_back(wedge ? SurfaceId::wedge(surface) : SurfaceId::facet(surface));
    const int32_t node = tree.child(at->second, s.back(), table);
    const auto [found, is_new] = known.emplace(s, node);
    EXPECT_EQ(found->second, node);
    if (is_new) {
      EXPECT_EQ(size_t(node) + 1, tree.nodes().size());
    }
  }
  ASSERT_EQ(tree.nodes().size(), known.size());
  EXPECT_GT(known.size(), 3000u);
  for (const auto& [s, node] : known) {
    EXPECT_EQ(sequence_of(tree, node), s);
    const SequenceNode& n = tree.nodes()[size_t(node)];
    EXPECT_EQ(size_t(n.depth), s.size());
    EXPECT_EQ(n.num_wedges, std::count_if(s.begin(), s.end(), [](SurfaceId i) { return i.is_wedge(); }));
    EXPECT_LT(norm(n.image_m - image_of(table, source, s)), 1e-12);
  }
  const Vec3d elsewhere{-1, 1, 0};
  tree.move_source(elsewhere, table);
  for (const auto& [s, node] : known)
    EXPECT_LT(norm(tree.nodes()[size_t(node)].image_m - image_of(table, elsewhere, s)), 1e-12);
}

TEST(SequenceTree, MergedTreesHoldTheUnion) {
  const PreparedScene prepared(test::furnished_room(2));
  const scene::FacetTable& table = prepared.facets();
  const Vec3d source{0.1, 0.2, 0.3};
  std::vector<SequenceTree> trees(3, SequenceTree(source));
  std::map<Sequence, int> all{{{}, 0}};
  test::Draws draw(9);
  for (SequenceTree& tree : trees) {
    for (int i = 0; i < 500; ++i) {
      const auto parent = int32_t(draw(0, double(std::min<size_t>(tree.nodes().size(), 30))));
      const int32_t node = tree.child(parent, SurfaceId::facet(int32_t(draw(0, double(table.facets.size())))), table);
      ++all[sequence_of(tree, node)];
    }
  }
  SequenceTree merged(source);
  for (const SequenceTree& tree : trees) {
    const std::vector<int32_t> here = merged.merge(tree);
    ASSERT_EQ(here.size(), tree.nodes().size());
    for (size_t n = 0; n < here.size(); ++n) {
      EXPECT_EQ(sequence_of(merged, here[n]), sequence_of(tree, int32_t(n)));
      EXPECT_EQ(merged.nodes()[size_t(here[n])].image_m, tree.nodes()[n].image_m);
    }
  }
  EXPECT_EQ(merged.nodes().size(), all.size());
}

}  // namespace
}  // namespace raywave::paths
