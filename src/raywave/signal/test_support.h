// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "raywave/paths/paths.h"

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

}  // namespace raywave::signal
