// SPDX-License-Identifier: Apache-2.0
// raywave doctor: what was built, what this machine has, and whether a small computation comes out right.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "raywave/cli/commands.h"
#include "raywave/cli/terminal.h"
#include "raywave/paths/ray_queue.h"
#include "raywave/validate/validation.h"
#include "raywave/wave/engine.h"

namespace raywave::cli {
namespace {

/// Of the code that was compiled here, not of the machine.
const char* instruction_set() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__SSE4_2__)
  return "SSE 4.2";
#elif defined(__aarch64__)
  return "ARMv8 NEON";
#else
  return "baseline";
#endif
}

int run_doctor() {
  const auto rows = validate::mirror_validation_rows("", 0);
  bool pass = !rows.empty();
  for (const auto& row : rows) pass = pass && row.pass();
  std::printf("%s", layout_table({{"raywave", RAYWAVE_VERSION},
                                  {"compiler", RAYWAVE_COMPILER},
                                  {"instruction set", instruction_set()},
                                  {"Embree", RAYWAVE_EMBREE_VERSION},
                                  {"oneTBB", RAYWAVE_TBB_VERSION},
                                  {"HDF5", RAYWAVE_HDF5_VERSION},
                                  {"threads", std::to_string(std::thread::hardware_concurrency())},
                                  {"CUDA, waves", wave::cuda_state().words},
                                  {"CUDA, rays", paths::ray_cuda_state().words},
                                  {"self-check", pass ? "passed" : "FAILED: run `raywave validate`"}})
                        .c_str());
  return pass ? kDone : kCheckFailed;
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("doctor", "versions, instruction set, libraries, threads, CUDA, a self-check");
  sub->footer("Example:\n  raywave doctor");
  sub->callback([&action] { action = run_doctor; });
}

}  // namespace raywave::cli
