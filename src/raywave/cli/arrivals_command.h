// SPDX-License-Identifier: Apache-2.0
// raywave arrivals.
#pragma once

#include "raywave/cli/commands.h"

namespace raywave::cli {

void add_arrivals_command(CLI::App& app, Action& action);

}  // namespace raywave::cli
