// SPDX-License-Identifier: Apache-2.0
// Plain shapes as meshes, with outward faces.
#pragma once

#include "raywave/scene/scene.h"

namespace raywave::scene {

/// Appends the rectangle p, p + u, p + u + v, p + v as n x n squares of two triangles; its normal is along u x v.
void add_rectangle(Mesh& mesh, const Vec3d& p, const Vec3d& u, const Vec3d& v, int n = 1);

/// The axis-aligned box from lo to lo + size, each face split into n x n squares.
Mesh box(const Vec3d& lo, const Vec3d& size, int n = 1);

}  // namespace raywave::scene
