// SPDX-License-Identifier: Apache-2.0
#include "raywave/cli/program.h"

int main(int argc, char** argv) { return raywave::cli::run_program(argc, argv); }
