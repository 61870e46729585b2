// SPDX-License-Identifier: Apache-2.0
#include "raywave/cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "raywave/cli/arrivals_command.h"
#include "raywave/cli/commands.h"
#include "raywave/cli/python_command.h"
#include "raywave/cli/signal_commands.h"
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

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

/// The words of the command line; `--tx 0 0 10` is `--tx 0,0,10`.
std::vector<std::string> read_words(int argc, char** argv) {
  static const std::vector<std::pair<std::string, size_t>> counts = {
      {"--tx", 3}, {"--rx", 3}, {"--center", 3}, {"--orientation", 3}, {"--size", 2}, {"--cell-size", 2}};
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    words.emplace_back(argv[i]);
    const auto flag = std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == argv[i]; });
    if (flag == counts.end() || i + 1 == argc) continue;
    words.emplace_back(argv[++i]);  // 0, or name=0
    if (!is_number(words.back().substr(words.back().find('=') + 1))) continue;
    for (size_t k = 1; k < flag->second && i + 1 < argc && is_number(argv[i + 1]); ++k)
      words.back() += std::string(",") + argv[++i];
  }
  return words;
}

/// What an option of whole numbers is given, in digits: they may be written 1e6 and 2.0.
std::string whole_number(const std::string& name, const std::string& text, bool is_signed) {
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) return text;
  const double value = is_number(text) ? std::strtod(text.c_str(), nullptr) : std::nan("");
  const bool is_large = std::abs(value) >= 0x1p53, is_below = !is_signed && value < 0;
  if (std::isnan(value) || is_large || is_below || value != std::floor(value)) {
    throw raywave::cli::UsageError(raywave::message(name, " takes a whole number",
                                                    is_large   ? " below 2^53"
                                                    : is_below ? " >= 0"
                                                               : "",
                                                    ", got '", text, "'"));
  }
  return std::to_string(int64_t(value));
}

/// Options of one number say what they take in our words.
void read_numbers(CLI::App& app) {
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) read_numbers(*sub);
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name(), name = option->get_name();
    if (type == "INT" || type == "UINT") {
      option->transform(
          [name, is_signed = type == "INT"](const std::string& text) { return whole_number(name, text, is_signed); });
    } else if (type == "FLOAT") {
      option->transform([name](const std::string& text) {
        if (is_number(text)) return text;
        throw raywave::cli::UsageError(raywave::message(name, " takes a number, got '", text, "'"));
      });
    }
  }
}

/// What the command line holds too much, and what was probably meant.
[[noreturn]] void refuse_extras(const CLI::App& app) {
  const CLI::App* sub = &app;
  std::string command = "raywave";
  while (!sub->get_subcommands().empty()) {
    sub = sub->get_subcommands().front();
    command += " " + sub->get_name();
  }
  std::vector<std::string> flags;
  for (const CLI::Option* option : sub->get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  const std::vector<std::string> extras = app.remaining(true);
  for (const std::string& extra : extras) {
    if (!extra.starts_with('-') || is_number(extra)) continue;
    const std::string flag = extra.substr(0, extra.find('='));
    const auto longer =
        std::find_if(flags.begin(), flags.end(), [&](const std::string& f) { return f.starts_with(flag); });
    const std::string meant =
        longer != flags.end() ? ", did you mean '" + *longer + "'?" : raywave::did_you_mean(flag, flags);
    throw raywave::cli::UsageError(raywave::message("unknown flag '", flag, "'", meant, "; see ", command, " --help"));
  }
  const std::string first = extras.empty() ? "" : extras.back();  // CLI11 gives the last one first
  throw raywave::cli::UsageError(raywave::message(
      "unexpected '", first, "'",
      is_number(first) ? ": what has several numbers is written with commas and no blanks, as in --tx 1,2,3"
                       : "; see " + command + " --help"));
}

int run(int argc, char** argv) {
  using namespace raywave::cli;
  if (const PythonCommand* command = python_command(argc, argv)) return start(*command, argc, argv);
  CLI::App app{"Radio channels, coverage maps and pictures from a scene file.", "raywave"};
  app.set_version_flag("--version", std::string("raywave ") + RAYWAVE_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 usage, 3 bad input, 4 a numeric check failed, 130 interrupted.");
  Action action;
  add_scene_command(app, action);
  add_paths_command(app, action);
  add_arrivals_command(app, action);
  add_map_command(app, action);
  add_view_command(app, action);
  add_wave_command(app, action);
  add_plane_command(app, action);
  add_sampler_command(app, action);
  add_radar_command(app, action);
  add_ofdm_command(app, action);
  add_gradcheck_command(app, action);
  add_validate_command(app, action);
  add_doctor_command(app, action);
  add_python_commands(app);
  refuse_unknown_subcommand(app, argc, argv);
  read_numbers(app);
  try {
    std::vector<std::string> words = read_words(argc, argv);
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(std::move(words));
  } catch (const CLI::ExtrasError&) {
    refuse_extras(app);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    throw UsageError(std::string(e.what()) + "; see raywave --help");
  }
  catch_interrupts();
  return action();
}

}  // namespace

namespace raywave::cli {

int run_program(int argc, char** argv) {
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

}  // namespace raywave::cli
