// SPDX-License-Identifier: Apache-2.0
// The program `raywave`: parses, runs one subcommand, turns what it throws into one line and an exit code.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "raywave/cli/commands.h"
#include "raywave/cli/terminal.h"
#include "raywave/core/error.h"
#include "raywave/runtime/progress.h"

namespace {

int fail(int code, const char* text) {
  std::fprintf(stderr, "raywave: %s\n", text);
  return code;
}

/// CLI11 would only say that a subcommand is missing.
void refuse_unknown_subcommand(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return;
  throw raywave::cli::UsageError(raywave::message("unknown subcommand '", argv[1], "'",
                                                  raywave::did_you_mean(argv[1], names), "; see raywave --help"));
}

int run(int argc, char** argv) {
  using namespace raywave::cli;
  CLI::App app{"Radio channels, coverage maps and pictures from a scene file.", "raywave"};
  app.set_version_flag("--version", std::string("raywave ") + RAYWAVE_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 usage, 3 bad input, 4 a numeric check failed, 130 interrupted.");
  Action action;
  add_scene_command(app, action);
  add_paths_command(app, action);
  add_map_command(app, action);
  add_view_command(app, action);
  add_wave_command(app, action);
  add_gradcheck_command(app, action);
  add_validate_command(app, action);
  add_doctor_command(app, action);
  refuse_unknown_subcommand(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kDone : kUsage;
  }
  catch_interrupts();
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace raywave::cli;
  int code;
  try {
    code = run(argc, argv);
  } catch (const raywave::runtime::Interrupted&) {
    return fail(kInterrupted, "interrupted");
  } catch (const UsageError& e) {
    return fail(kUsage, e.what());
  } catch (const raywave::Error& e) {
    return fail(kBadInput, e.what());
  } catch (const std::bad_alloc&) {
    return fail(kBadInput, "out of memory");
  } catch (const std::exception& e) {
    return fail(1, e.what());
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) return fail(kBadInput, "cannot write to standard output");
  return code;
}
