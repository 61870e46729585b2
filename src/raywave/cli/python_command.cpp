// SPDX-License-Identifier: Apache-2.0
#include "raywave/cli/python_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "raywave/core/error.h"

namespace raywave::cli {
namespace {

const std::vector<PythonCommand>& commands() {
  static const std::vector<PythonCommand> all{
      {{"scene", "build"}, "geo", "a scene from maps: OpenStreetMap, GeoPackage, CityJSON, terrain"},
      {{"calibrate"}, "inverse", "parameters of a run's scene from measured powers, channels or arrival maps"},
      {{"campaign"}, "campaigns", "very many runs from a TOML file into one store, resumed where they were left"},
      {{"fit"}, "inverse", "parameters of a run's scene from a measured radar cube or map"},
      {{"new"}, "", "a small project to begin with: a scene, a run file, a script"},
      {{"explore"}, "explore", "a live page: drag a mast, change a wall, see rays and coverage follow"}};
  return all;
}

/// What a program writes to its standard output, its first line; empty when it cannot be started or fails.
std::string first_line_of(std::vector<std::string> words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  std::array<char, 256> buffer;
  for (ssize_t n; !failed && ((n = read(ends[0], buffer.data(), buffer.size())) > 0 || (n < 0 && errno == EINTR));) {
    if (n > 0) text.append(buffer.data(), size_t(n));
  }
  close(ends[0]);
  if (failed) return "";
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status == 0 ? text.substr(0, text.find('\n')) : "";
}

/// Empty when this Python has the module of our version, else why not.
std::string unfit(const std::string& python) {
  const std::string found = first_line_of({python, "-c", "import sys; print('python'); sys.stdout.flush()"});
  if (found != "python") return message("there is no program '", python, "' that runs Python");
  const std::string version = first_line_of({python, "-c", "import raywave; print(raywave.__version__)"});
  if (version.empty()) return message("'", python, "' cannot import the module raywave");
  if (version != RAYWAVE_VERSION) return message("'", python, "' has raywave ", version);
  return "";
}

}  // namespace

const PythonCommand* python_command(int argc, char** argv) {
  for (const PythonCommand& command : commands()) {
    size_t same = 0;
    while (same < command.words.size() && int(same) + 1 < argc && command.words[same] == argv[same + 1]) ++same;
    if (same == command.words.size()) return &command;
  }
  return nullptr;
}

int start(const PythonCommand& command, int argc, char** argv) {
  const char* named = std::getenv("RAYWAVE_PYTHON");
  const std::vector<std::string> tried =
      named && *named ? std::vector<std::string>{named} : std::vector<std::string>{"python3", "python"};
  std::string why;
  for (const std::string& python : tried) {
    const std::string reason = unfit(python);
    if (reason.empty()) {
      std::vector<std::string> words{python, "-m", "raywave"};
      words.insert(words.end(), argv + 1, argv + argc);
      std::vector<char*> pointers;
      for (std::string& word : words) pointers.push_back(word.data());
      pointers.push_back(nullptr);
      execvp(pointers[0], pointers.data());
      why += (why.empty() ? "" : ", ") + message("'", python, "' cannot be started: ", std::strerror(errno));
    } else {
      why += (why.empty() ? "" : ", ") + reason;
    }
  }
  const std::string extra = *command.extra ? message("[", command.extra, "]") : "";
  throw Error(message("this command is written in Python and needs the module raywave " RAYWAVE_VERSION ", but ", why,
                      ": pip install 'raywave", extra,
                      "==" RAYWAVE_VERSION "', or name the Python that has it in RAYWAVE_PYTHON"));
}

void add_python_commands(CLI::App& app) {
  for (const PythonCommand& command : commands()) {
    CLI::App* parent = &app;
    for (size_t i = 0; i + 1 < command.words.size(); ++i) parent = parent->get_subcommand(command.words[i]);
    parent->add_subcommand(command.words.back(), command.help);
  }
}

}  // namespace raywave::cli
