// SPDX-License-Identifier: Apache-2.0
#include "raywave/signal/kernels.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"

namespace raywave::signal {
namespace {

/// c_0, c_1, c_2
struct Coefficients {
  double c[3];
  int count;
};
/// A window of one sample is 1: {0} would leave nothing to divide by.
Coefficients coefficients(Window window, int num_samples) {
  if (num_samples == 1) return {{1, 0, 0}, 1};
  switch (window) {
    case Window::kHann:
      return {{0.5, 0.5, 0}, 2};
    case Window::kHamming:
      return {{0.54, 0.46, 0}, 2};
    case Window::kBlackman:
      return {{0.42, 0.5, 0.08}, 3};
    case Window::kRectangular:
      break;
  }
  return {{1, 0, 0}, 1};
}

/// cot(y) - 1/y, |y| < 0.8: its Taylor series -sum |B_2k| 2^2k y^(2k-1) / (2k)!; ten terms leave (0.8 / pi)^20 of it.
double cot_rest(double y) {
  static constexpr double kSeries[] = {1.0 / 3,
                                       1.0 / 45,
                                       2.0 / 945,
                                       1.0 / 4725,
                                       2.0 / 93555,
                                       1382.0 / 638512875,
                                       4.0 / 18243225,
                                       3617.0 / 162820783125,
                                       87734.0 / 38979295480125,
                                       349222.0 / 1531329465290625};
  const double y2 = y * y;
  double sum = 0;
  for (int k = 9; k >= 0; --k) sum = sum * y2 + kSeries[k];
  return -y * sum;
}

/// sin(pi N x) / sin(pi x) and its derivative, |x| <= 1/2.
struct Ratio {
  double value, slope;
};
Ratio sine_ratio(int num_samples, double x) {
  const double n = num_samples;
  if (x == 0) return {n, 0};
  const double top = std::sin(kPi * n * x), bottom = std::sin(kPi * x), value = top / bottom;
  // In the main lobe the quotient rule cancels; N cot(pi N x) - cot(pi x) loses only the poles 1 / (pi x), which are
  // equal.
  if (std::abs(n * x) < 0.25) return {value, kPi * value * (n * cot_rest(kPi * n * x) - cot_rest(kPi * x))};
  return {value, kPi * (n * std::cos(kPi * n * x) - value * std::cos(kPi * x)) / bottom};
}

}  // namespace

KernelValue dirichlet(int num_samples, double x) {
  const double reduced = x - std::round(x);  // D has the period 1: both factors are taken at the reduced x
  const Ratio s = sine_ratio(num_samples, reduced);
  const double half = kPi * (num_samples - 1);
  const Complexd phase = expj(half * reduced);
  return {s.value * phase, Complexd{s.slope, half * s.value} * phase};
}

KernelValue window_kernel(Window window, int num_samples, double x) {
  const Coefficients w = coefficients(window, num_samples);
  KernelValue sum{};
  const auto add = [&](double weight, double at) {
    const KernelValue d = dirichlet(num_samples, at);
    sum.value += weight * d.value;
    sum.slope += weight * d.slope;
  };
  add(w.c[0], x);
  for (int q = 1; q < w.count; ++q) {
    const double weight = (q % 2 ? -0.5 : 0.5) * w.c[q], shift = double(q) / num_samples;
    add(weight, x - shift);
    add(weight, x + shift);
  }
  return sum;
}

std::vector<double> window_values(Window window, int num_samples) {
  const Coefficients w = coefficients(window, num_samples);
  std::vector<double> out(static_cast<size_t>(num_samples));
  for (int n = 0; n < num_samples; ++n) {
    double sum = w.c[0];
    for (int q = 1; q < w.count; ++q) sum += (q % 2 ? -1 : 1) * w.c[q] * std::cos(2 * kPi * q * n / num_samples);
    out[size_t(n)] = sum;
  }
  return out;
}

double window_sum(Window window, int num_samples) {
  double sum = 0;
  for (const double w : window_values(window, num_samples)) sum += w;
  return sum;
}

namespace {

/// |W(x)| is |sin(pi N x)| times this.
double envelope_at(const Coefficients& w, double n, double x) {
  Complexd envelope{w.c[0] / std::sin(kPi * x), 0};
  for (int q = 1; q < w.count; ++q) {
    const Complexd turn = expj(kPi * q / n);
    const double half = 0.5 * w.c[q];  // the sign (-1)^q of the window and that of sin(pi N x - pi q) times the phase's
    const double sign = q % 2 ? -1 : 1;
    envelope += (sign * half / std::sin(kPi * (x - q / n))) * turn;
    envelope += (sign * half / std::sin(kPi * (x + q / n))) * conj(turn);
  }
  return abs(envelope);
}

}  // namespace

double kernel_tail(Window window, int num_samples, int bins) {
  if (bins < 3) throw Error(message("bins of a cut kernel must be >= 3, got ", bins));
  if (2 * bins + 1 >= num_samples) return 0;
  // The envelope falls in the end, but first rises from a zero where a window's side lobes nearly cancel (Hamming near
  // 2.6 bins, Blackman near 3.5).
  const Coefficients w = coefficients(window, num_samples);
  const double n = num_samples, first = (bins + 0.5) / n, step = 0.25 / n;
  const auto at = [&](double x) { return envelope_at(w, n, x); };
  double largest = at(first), place = first;
  for (double x = first; x <= 0.5; x += step) {
    const double here = at(x);
    if (here > largest) largest = here, place = x;
  }
  double low = std::max(first, place - step), high = std::min(0.5, place + step);
  for (int i = 0; i < 40; ++i) {  // thirds of the interval around the top
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    (at(a) < at(b) ? low : high) = at(a) < at(b) ? a : b;
  }
  return std::max(largest, at(0.5 * (low + high))) / window_sum(window, num_samples);
}

}  // namespace raywave::signal
