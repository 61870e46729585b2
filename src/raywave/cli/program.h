// SPDX-License-Identifier: Apache-2.0
// The program `raywave` as a function, so that the Python module can be it: a wheel brings the command without a second
// copy of the rooms.
#pragma once

namespace raywave::cli {

/// Parses, runs one subcommand, turns what it throws into one line and an exit code. Takes over SIGINT; once a process.
int run_program(int argc, char** argv);

}  // namespace raywave::cli
