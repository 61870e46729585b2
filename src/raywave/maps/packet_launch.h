// SPDX-License-Identifier: Apache-2.0
// The fields that 16 rays set out with, in vectors.
#pragma once

#include "raywave/maps/quick_field.h"
#include "raywave/maps/tile_fields.h"

namespace raywave::maps {

template <QuickPattern kPattern>
void launch_packet(QuickField quick, const paths::RayPacket& p, TileFields& fields, int begin) {
#pragma GCC ivdep
  for (int i = 0; i < 16; ++i) fields.set(begin + i, quick.field<kPattern>({p.dx[i], p.dy[i], p.dz[i]}));
}

/// @param begin  of the packet among the tile's rays
inline void launch_packet(const QuickField& quick, const paths::RayPacket& p, TileFields& fields, int begin) {
  switch (quick.pattern) {
    case QuickPattern::kIsotropic:
      return launch_packet<QuickPattern::kIsotropic>(quick, p, fields, begin);
    case QuickPattern::kShortDipole:
      return launch_packet<QuickPattern::kShortDipole>(quick, p, fields, begin);
    case QuickPattern::kHalfWaveDipole:
      return launch_packet<QuickPattern::kHalfWaveDipole>(quick, p, fields, begin);
    case QuickPattern::kTr38901:
      return launch_packet<QuickPattern::kTr38901>(quick, p, fields, begin);
  }
}

}  // namespace raywave::maps
