// SPDX-License-Identifier: Apache-2.0
// Facets of one plane that cover common places are one mirror (Facet::mirror), so that a place reflects once.
#pragma once

#include "raywave/scene/facets.h"

namespace raywave::scene {

/// Finds the mirrors of a table anew: members, disputed places, common frames and boxes.
void find_mirrors(FacetTable& table);

}  // namespace raywave::scene
