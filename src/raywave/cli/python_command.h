// SPDX-License-Identifier: Apache-2.0
// Subcommands that are written in Python: the program starts the module raywave of its own version for them,
// `python -m raywave SUBCOMMAND ...`, and becomes it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace raywave::cli {

struct PythonCommand {
  std::vector<std::string> words;  // of the command line: {"explore"}, {"scene", "build"}
  const char* extra;               // of the package, which brings what the command needs; empty: none
  const char* help;
};

/// The one that the command line begins with; null: none.
const PythonCommand* python_command(int argc, char** argv);
/// Becomes the Python that has the module: RAYWAVE_PYTHON where it is set, else the first of python3 and python on the
/// PATH. Does not return. @throws Error naming what was tried and the pip line.
int start(const PythonCommand& command, int argc, char** argv);
/// Adds their names and what they do to the program's help.
void add_python_commands(CLI::App& app);

}  // namespace raywave::cli
