// SPDX-License-Identifier: Apache-2.0
// Transforms of windowed tones in closed form. A tone exp(j 2 pi x n), n = 0 ... N - 1, under a cosine-sum window
//   w[n] = sum_q (-1)^q c_q cos(2 pi q n / N)          (periodic: the DFT's own, as scipy's get_window gives them)
// sums to
//   W(x) = c_0 D(x) + sum_q (-1)^q c_q / 2 (D(x - q/N) + D(x + q/N)),
//   D(x) = exp(j pi (N - 1) x) sin(pi N x) / sin(pi x)
// with x in cycles a sample (Harris, On the use of windows, 1978). Period 1 in x.
// Differentiable in: x.
#pragma once

#include <vector>

#include "raywave/core/complex.h"

namespace raywave::signal {

enum class Window { kRectangular, kHann, kHamming, kBlackman };

/// A value and its derivative by x.
struct KernelValue {
  Complexd value, slope;
};
KernelValue dirichlet(int num_samples, double x);
KernelValue window_kernel(Window window, int num_samples, double x);

/// w[n], [num_samples].
std::vector<double> window_values(Window window, int num_samples);
/// sum of w[n].
double window_sum(Window window, int num_samples);

/// The largest |W(x)| / W(0) at distances |x| N >= bins + 1/2 from the tone: what is left out where a kernel is cut
/// after `bins` bins on either side of the bin nearest to its peak. 0 where nothing is left out. For bins >= 3, past
/// the main lobe of every window.
double kernel_tail(Window window, int num_samples, int bins);

}  // namespace raywave::signal
