// SPDX-License-Identifier: Apache-2.0
// The name of what a path touches. A kind of surface that comes later (an object with a law of its own, a scattering
// point) is one more word here; who does not know it does not meet it.
#pragma once

#include <compare>
#include <cstdint>

namespace raywave::paths {

enum class SurfaceKind : uint8_t { kNone, kFacet, kWedge };

/// One of a PreparedScene's facets or wedges. In sequences a facet is its mirror's (Facet::mirror: overlapping facets
/// of one plane are one), in paths the one that owns the place.
struct SurfaceId {
  SurfaceKind kind = SurfaceKind::kNone;
  int32_t index = -1;

  static SurfaceId facet(int32_t index) { return {SurfaceKind::kFacet, index}; }
  static SurfaceId wedge(int32_t index) { return {SurfaceKind::kWedge, index}; }
  bool is_facet() const { return kind == SurfaceKind::kFacet; }
  bool is_wedge() const { return kind == SurfaceKind::kWedge; }
  bool is_none() const { return kind == SurfaceKind::kNone; }
  auto operator<=>(const SurfaceId&) const = default;
  /// Another number for each surface, for tables.
  uint32_t key() const { return uint32_t(kind) << 29 ^ uint32_t(index); }
};

}  // namespace raywave::paths
