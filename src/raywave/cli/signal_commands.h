// SPDX-License-Identifier: Apache-2.0
// raywave radar and raywave ofdm.
#pragma once

#include "raywave/cli/commands.h"

namespace raywave::cli {

void add_radar_command(CLI::App& app, Action& action);
void add_ofdm_command(CLI::App& app, Action& action);

}  // namespace raywave::cli
