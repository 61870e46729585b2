// SPDX-License-Identifier: Apache-2.0
// Learned path sampling in space: sequences of facets (mirrors: coplanar ones that overlap are one), built one by one
// by a generative flow network (nn/flow_sampler.h), as a source of candidates (finder "learned").
//
// What a state is. The image of the source behind the facets so far is a source like any other, and the lit part of the
// last facet (a convex polygon) the window that it shines through. Numbers of a next facet, and of every other facet
// beside it (in large scenes its kNeighbours nearest ones), are told relative to that source and the receiver
// (facet_view.h): sines between directions and the planes through an apex and an edge, sides of planes, images.
//
// Masked are the facet before and what the beam through the window doesn't meet, and for the last facet those of which
// source and receiver are on different sides: planes and sides alone.
// Differentiable: no.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "raywave/nn/flow_sampler.h"
#include "raywave/paths/facet_view.h"
#include "raywave/paths/prepared_scene.h"

namespace raywave::paths {

/// The mirrors of a scene as convex polygons, and which are beside which: once a scene. Keeps a reference to the table.
class FacetOutlines {
 public:
  static constexpr size_t kNeighbours = 48;  // of a facet, that are looked at beside it

  explicit FacetOutlines(const scene::FacetTable& table);
  const scene::FacetTable& table() const { return table_; }
  size_t count() const { return facets_.size(); }
  int32_t facet(size_t row) const { return facets_[row]; }  // increasing
  size_t row(int32_t facet) const { return rows_[size_t(facet)]; }
  /// Around the facet and all that are one mirror with it.
  const Outline& outline(size_t row) const { return outlines_[row]; }
  const scene::Facet& plane(size_t row) const { return table_.facets[size_t(facets_[row])]; }
  /// Rows: the nearest by the balls around their outlines, not itself.
  const std::vector<int32_t>& beside(size_t row) const { return beside_[row]; }

 private:
  const scene::FacetTable& table_;
  std::vector<int32_t> facets_;
  std::vector<size_t> rows_;  // [facets of the table]
  std::vector<Outline> outlines_;
  std::vector<std::vector<int32_t>> beside_;
};

/// A link as sequences are built in it. Keeps a reference to the outlines.
class FacetBuild {
 public:
  static constexpr const char* kModelName = "facet paths 1";
  static constexpr int kNextNumbers = FacetLook::kNextNumbers, kPairNumbers = FacetLook::kPairNumbers,
                       kStateNumbers = FacetLook::kStateNumbers;

  /// Positions relative to the scene's origin (PreparedScene).
  FacetBuild(const FacetOutlines& outlines, const Vec3d& source_m, const Vec3d& target_m)
      : outlines_(outlines), source_m_(source_m), target_m_(target_m) {}

  struct State {
    Vec3d image;
    Window window;
    int32_t last = -1;
    int remaining = 0;
  };
  State begin(int order) const { return {source_m_, {}, -1, order}; }
  /// Behind a facet; one that may not come next is lit as a whole.
  State next(const State& s, int32_t facet) const;
  /// Facets that may come next, and the states behind them.
  std::vector<int32_t> allowed(const State& s, bool masked = true, std::vector<State>* behind = nullptr) const;

  size_t num_surfaces() const { return outlines_.count(); }
  int32_t surface(size_t row) const { return outlines_.facet(row); }
  const std::vector<int32_t>& beside(size_t row) const { return outlines_.beside(row); }
  FacetLook look(const State& s, size_t row, const State& behind) const {
    return {{s.image, target_m_, s.window.if_any(), s.remaining},
            outlines_.plane(row),
            behind.window.lit,
            outlines_.outline(row).area};
  }
  FacetLook look_back(size_t row) const {
    return {
        {target_m_, source_m_, nullptr, 0}, outlines_.plane(row), outlines_.outline(row), outlines_.outline(row).area};
  }
  void add_next(const FacetLook& l, std::vector<float>& out) const { l.add_next(out); }
  void add_pair(const FacetLook& l, size_t other, std::vector<float>& out) const {
    l.add_pair(outlines_.plane(other), outlines_.outline(other), out);
  }
  void add_state(const State& s, std::vector<float>& out) const {
    FacetSight{s.image, target_m_, s.window.if_any(), s.remaining}.add(out);
  }

 private:
  bool lit_part(const State& s, size_t row, Outline& lit) const;
  const FacetOutlines& outlines_;
  Vec3d source_m_, target_m_;
};

class FacetSampler : public nn::FlowSampler<FacetBuild> {
 public:
  explicit FacetSampler(const nn::SamplerShape& shape = {}) : nn::FlowSampler<FacetBuild>(shape) {}
  /// @throws Error naming the file.
  static FacetSampler load(const std::string& path) { return FacetSampler(nn::FlowSampler<FacetBuild>::load(path)); }

 private:
  explicit FacetSampler(nn::FlowSampler<FacetBuild>&& base) : nn::FlowSampler<FacetBuild>(std::move(base)) {}
};

}  // namespace raywave::paths
