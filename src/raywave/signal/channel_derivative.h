// SPDX-License-Identifier: Apache-2.0
// Derivatives of channels with respect to the paths they are made of: cotangents of a channel become cotangents of
// paths (vjp), which paths_vjp carries on to the scene; tangents of paths become tangents of a channel (jvp).
// Cotangents of complex numbers are d loss / d Re + j d loss / d Im throughout.
// Differentiable in: gains, delays, Doppler shifts, the carrier (PathsDerivative::frequency_hz), through normalize and
// through the smallest delay that normalize_delays subtracts; of several equally small delays the first one counts.
// Not in: baseband frequencies, bandwidths, sampling. A link without energy stays zero under normalize, and so does its
// derivative.
#pragma once

#include <vector>

#include "raywave/paths/paths_derivative.h"
#include "raywave/signal/channel.h"

namespace raywave::signal {

/// One number for each number of Cir; an empty array stands for zeros. Entries where there is no path do not count.
struct CirDerivative {
  std::vector<Complexd> a;
  std::vector<double> tau_s;
};

/// @param cotangent  of the shape of the channel.
/// @throws Error for a cotangent of another length or with values that are not finite, and for what the channel itself
/// refuses.
paths::PathsDerivative cir_vjp(const paths::Paths& paths, const CirOptions& options, const CirDerivative& cotangent);
paths::PathsDerivative cfr_vjp(const paths::Paths& paths, const std::vector<double>& frequencies_hz,
                               const CfrOptions& options, const std::vector<Complexd>& cotangent);
paths::PathsDerivative taps_vjp(const paths::Paths& paths, const TapsOptions& options,
                                const std::vector<Complexd>& cotangent);
/// Of path_gain and mean_delay, [num_rx, num_tx].
paths::PathsDerivative path_gain_vjp(const paths::Paths& paths, const std::vector<double>& cotangent);
paths::PathsDerivative mean_delay_vjp(const paths::Paths& paths, const std::vector<double>& cotangent);

/// @param tangent  how the paths move; empty arrays stand for zeros.
/// @return of the shape of the channel. @throws Error for arrays of another length.
CirDerivative cir_jvp(const paths::Paths& paths, const CirOptions& options, const paths::PathsDerivative& tangent);
std::vector<Complexd> cfr_jvp(const paths::Paths& paths, const std::vector<double>& frequencies_hz,
                              const CfrOptions& options, const paths::PathsDerivative& tangent);
std::vector<Complexd> taps_jvp(const paths::Paths& paths, const TapsOptions& options,
                               const paths::PathsDerivative& tangent);
std::vector<double> path_gain_jvp(const paths::Paths& paths, const paths::PathsDerivative& tangent);
std::vector<double> mean_delay_jvp(const paths::Paths& paths, const paths::PathsDerivative& tangent);

}  // namespace raywave::signal
