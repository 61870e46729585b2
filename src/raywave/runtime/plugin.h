// SPDX-License-Identifier: Apache-2.0
// Libraries that alone hold CUDA and are loaded when a device is asked for, so that a program runs where neither a
// driver nor a toolkit is.
#pragma once

#include <string>

#include "raywave/runtime/device.h"

namespace raywave::runtime {

/// Where a plugin is looked for: where `variable` of the environment says; beside the program or module that holds this
/// library; in ../lib beside it; where the system looks.
struct PluginName {
  const char* file;
  const char* variable;
  const char* symbol;  // a function without arguments that gives a table of functions
};

struct Plugin {
  const void* table = nullptr;  // null: not there
  std::string why;              // then
};

/// @param fits  is a table of this version? Others are passed over.
Plugin load_plugin(const PluginName& name, bool (*fits)(const void* table));

/// Loads a library of CUDA's that a plugin asks for by its name: where the system looks, in the folder that `variable`
/// names, in CUDA's own folders. What it finds stays; plugins say it if nothing is found.
void load_library_of_cuda(const char* file, const char* variable);

/// What a plugin says of the device.
CudaState cuda_state_of(const Plugin& plugin, const DeviceApi* api);

}  // namespace raywave::runtime
