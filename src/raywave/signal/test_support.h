// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "raywave/paths/paths.h"
#include "raywave/paths/paths_derivative.h"

namespace raywave::signal {

/// Two transmitters, one receiver with two elements; one link has two paths, the other one.
inline paths::Paths three_paths() {
  paths::Paths p;
  p.frequency_hz = 1e9;
  p.tx_names = {"a", "b"};
  p.rx_names = {"r"};
  p.tx_num_elements = {1, 1};
  p.tx_num_slants = {1, 1};
  p.rx_num_elements = {2};
  p.rx_num_slants = {1};
  p.links = {{0, -1, 0, -1, 0, 2}, {0, -1, 1, -1, 2, 3}};
  p.tau_s = {1.03e-7, 2.41e-7, 5e-7};
  p.doppler_hz = {10, -20, 0};
  p.a = {{1e-3, 0}, {0, 2e-3}, {5e-4, 1e-4}, {3e-4, 0}, {1e-4, 0}, {0, 1e-4}};
  p.a_begin = {0, 2, 4, 6};
  p.interaction_begin = {0, 0, 1, 2};
  p.interactions = {paths::Interaction::kSpecularReflection, paths::Interaction::kSpecularReflection};
  return p;
}

/// Path values moved along a direction.
inline paths::Paths moved(paths::Paths p, const paths::PathsDerivative& t, double h) {
  for (size_t i = 0; i < p.a.size(); ++i) p.a[i] += h * t.a[i];
  for (size_t i = 0; i < p.tau_s.size(); ++i) {
    p.tau_s[i] += h * t.tau_s[i];
    p.doppler_hz[i] += h * t.doppler_hz[i];
  }
  p.frequency_hz += h * t.frequency_hz;
  return p;
}

}  // namespace raywave::signal
