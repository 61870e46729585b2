// SPDX-License-Identifier: Apache-2.0
// The subcommands of the program `raywave`: each adds itself to the command line, and answers with an exit code when
// run.
#pragma once

#include <functional>
#include <stdexcept>

namespace CLI {
class App;
}

namespace raywave::cli {

enum ExitCode { kDone = 0, kUsage = 2, kBadInput = 3, kCheckFailed = 4, kInterrupted = 130 };

/// A command line that cannot be understood (exit code 2); wrong values are raywave::Error (exit code 3).
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Adds one subcommand to `app`; what is chosen on the command line is stored in `action`, run after parsing.
using Action = std::function<int()>;
void add_scene_command(CLI::App& app, Action& action);
void add_paths_command(CLI::App& app, Action& action);
void add_map_command(CLI::App& app, Action& action);
void add_view_command(CLI::App& app, Action& action);
void add_wave_command(CLI::App& app, Action& action);
void add_plane_command(CLI::App& app, Action& action);
void add_sampler_command(CLI::App& app, Action& action);
void add_gradcheck_command(CLI::App& app, Action& action);
void add_validate_command(CLI::App& app, Action& action);
void add_doctor_command(CLI::App& app, Action& action);

}  // namespace raywave::cli
