// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/plugin.h"

#ifdef RAYWAVE_CUDA
#include <dlfcn.h>

#include <cstdlib>
#include <vector>
#endif

namespace raywave::runtime {

#ifdef RAYWAVE_CUDA

namespace {

std::vector<std::string> places_of(const PluginName& name) {
  std::vector<std::string> out;
  if (const char* given = std::getenv(name.variable)) out.emplace_back(given);
  Dl_info here{};
  if (dladdr(reinterpret_cast<const void*>(&places_of), &here) && here.dli_fname) {
    const std::string path = here.dli_fname;
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    out.push_back(folder + "/" + name.file), out.push_back(folder + "/../lib/" + name.file);
  }
  out.emplace_back(name.file);
  return out;
}

}  // namespace

Plugin load_plugin(const PluginName& name, bool (*fits)(const void* table)) {
  Plugin p;
  for (const std::string& place : places_of(name)) {
    void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays to the end of the process
    if (!library) {
      const char* error = dlerror();
      p.why += (p.why.empty() ? "" : "; ") + std::string(error ? error : place);
      continue;
    }
    const auto get = reinterpret_cast<const void* (*)()>(dlsym(library, name.symbol));
    const void* table = get ? get() : nullptr;
    if (table && fits(table)) {
      p.table = table;
      return p;
    }
    p.why += (p.why.empty() ? "" : "; ") + place + ": of another version";
  }
  p.why = message(name.file, " cannot be loaded (", p.why, ")");
  return p;
}

void load_library_of_cuda(const char* file, const char* variable) {
  if (dlopen(file, RTLD_NOW | RTLD_GLOBAL)) return;
  std::vector<std::string> folders;
  if (const char* given = std::getenv(variable)) folders.emplace_back(given);
  for (const char* home_variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* home = std::getenv(home_variable)) folders.push_back(std::string(home) + "/lib64");
  }
  folders.emplace_back("/usr/local/cuda/lib64");
  folders.emplace_back("/usr/local/cuda/targets/x86_64-linux/lib");
  for (const std::string& folder : folders) {
    if (dlopen((folder + "/" + file).c_str(), RTLD_NOW | RTLD_GLOBAL)) return;
  }
}

CudaState cuda_state_of(const Plugin& plugin, const DeviceApi* api) {
  if (!api) return {true, false, message("built in, but ", plugin.why)};
  char name[256] = "", reason[kReasonBytes] = "";
  if (api->describe(name, sizeof name, reason)) return {true, false, message("built in; ", reason)};
  return {true, true, message("built in; ", name)};
}

#else

Plugin load_plugin(const PluginName&, bool (*)(const void*)) {
  return {nullptr, "this build holds no CUDA (it was made without nvcc, or with RAYWAVE_CUDA=OFF)"};
}

void load_library_of_cuda(const char*, const char*) {}

CudaState cuda_state_of(const Plugin&, const DeviceApi*) { return {false, false, "not built in"}; }

#endif

}  // namespace raywave::runtime
