// SPDX-License-Identifier: Apache-2.0
// Horizontal cuts through meshes, for solvers of two dimensions.
#pragma once

#include <vector>

#include "raywave/core/vec.h"
#include "raywave/scene/scene.h"

namespace raywave::scene {

/// Where the plane z = height_m cuts a mesh: outlines, (x, y) in metres. What the mesh closes is a loop (in either
/// sense of rotation); each side of an open chain is a wall thickness_m thick around it. Ends meet within 1e-7 m, which
/// closes what a file rounds and leaves apart what it keeps apart. A vertex on the plane counts as below it, so that
/// faces that lie in the plane have no part.
std::vector<std::vector<Vec2d>> horizontal_cut(const Mesh& mesh, double height_m, double thickness_m);

}  // namespace raywave::scene
