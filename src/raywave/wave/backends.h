// SPDX-License-Identifier: Apache-2.0
// The makers of the backends, for backend.cpp.
#pragma once

#include <memory>
#include <vector>

#include "raywave/wave/backend.h"

namespace raywave::wave {

/// 2 pi fftfreq(n, length / n).
std::vector<double> fft_wavenumbers(int n, double length_m);
std::unique_ptr<Backend> make_other_backend(const Scene& scene, const BackendOptions& options);
/// The same kind across x and y.
std::unique_ptr<Backend> make_tensor_backend(const Scene& scene, const BackendOptions& options);
std::unique_ptr<Backend> make_dense_backend(const Grid& grid);
std::unique_ptr<Backend> make_nufft_backend(const Grid& grid, double tolerance);
std::unique_ptr<Backend> make_gabor_backend(const Scene& scene, const BackendOptions& options);

}  // namespace raywave::wave
