// SPDX-License-Identifier: Apache-2.0
// Polygons of mesh files as triangles; not part of the public interface.
//
// Any polygon that does not cross itself, of either winding: concave, with corners on straight sides, nearly plane, and
// with holes that a seam joins to the rim (the seam's two sides run over the same points), parts that a seam or a
// corner joins, and sides that run out and back over the same points. Seen along the axis that its normal is nearest
// to, ears are cut off that lie inside (by the ring's winding) and through which no side passes (Meisters 1975), then
// diagonals are flipped until opposite angles sum to at most pi (Lawson 1977): a corner on a straight side belongs to
// two good triangles, not to one without area. Triangles have the polygon's winding and its corners alone. A polygon
// that crosses itself gives as many triangles of its corners as another.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "raywave/core/vec.h"

namespace raywave::io::detail {

/// Appends the triangles of the polygon whose corners are these vertices, in order; all indices must be in range. One
/// or two corners give a triangle without area, which cleaning removes and counts; none give nothing.
void triangulate(const std::vector<Vec3d>& vertices, std::span<const uint32_t> corners,
                 std::vector<std::array<uint32_t, 3>>& triangles);

}  // namespace raywave::io::detail
