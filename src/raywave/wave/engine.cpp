// SPDX-License-Identifier: Apache-2.0
// The CPU's twin of a device, and the plugin that holds CUDA.
#include "raywave/wave/engine.h"

#include <cstdlib>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#ifdef RAYWAVE_CUDA
#include <dlfcn.h>
#endif

#include "raywave/core/error.h"
#include "raywave/runtime/fft.h"
#include "raywave/wave/cuda_api.h"

namespace raywave::wave {
namespace {

constexpr std::pair<const char*, Device> kNames[] = {
    {"cpu", Device::kCpu}, {"cuda", Device::kCuda}, {"emulated", Device::kEmulated}};

template <class Real>
class EmulatedEngine : public Engine {
 public:
  explicit EmulatedEngine(const TransformShape& s)
      : rows_(s.num_x > 1 ? s.batch : 1),
        row_(size_t(s.num_x) * size_t(s.num_y)),
        fft_(s.num_x > 1 ? runtime::Fft<Real>::two_dimensional(s.num_x, s.num_y)
                         : runtime::Fft<Real>(s.num_y, s.batch)) {}
  void* allocate(size_t bytes) override {
    void* memory = std::malloc(bytes ? bytes : 1);
    if (!memory) throw Error(message("no memory for ", bytes, " bytes"));
    return memory;
  }
  void release(void* memory) noexcept override { std::free(memory); }
  void upload(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void download(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void copy(void* to, const void* from, size_t bytes) override { std::memmove(to, from, bytes); }
  void zero(void* memory, size_t bytes) override { std::memset(memory, 0, bytes); }
  int64_t free_bytes() override { return -1; }
  void transform(void* data, bool forward) override {
    auto* p = static_cast<std::complex<Real>*>(data);
    for (int b = 0; b < rows_; ++b, p += row_) forward ? fft_.forward(p) : fft_.backward(p);
  }
  void launch(const Kernel<double>& kernel) override { loop(kernel); }
  void launch(const Kernel<float>& kernel) override { loop(kernel); }

 private:
  template <class R>
  static void loop(const Kernel<R>& kernel) {
    for (int64_t i = 0, n = kernel.count(); i < n; ++i) kernel(i);
  }
  int rows_;
  size_t row_;
  runtime::Fft<Real> fft_;
};

#ifdef RAYWAVE_CUDA

constexpr const char* kPlugin = "libraywave_wave_cuda.so";

struct Plugin {
  const CudaApi* api = nullptr;
  std::string why;  // it is missing
};

// Beside the program or module that holds this function, in ../lib beside it, or where the system looks.
std::vector<std::string> plugin_places() {
  std::vector<std::string> out;
  if (const char* given = std::getenv("RAYWAVE_WAVE_CUDA")) out.emplace_back(given);
  Dl_info here{};
  if (dladdr(reinterpret_cast<const void*>(&plugin_places), &here) && here.dli_fname) {
    const std::string path = here.dli_fname;
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    out.push_back(folder + "/" + kPlugin), out.push_back(folder + "/../lib/" + kPlugin);
  }
  out.emplace_back(kPlugin);
  return out;
}

/// cuFFT is no part of a driver: where the system does not find it, CUDA's own folders and the Python package
/// nvidia-cufft (RAYWAVE_CUFFT_DIR, which the Python module sets) are asked. Once loaded, the plugin finds it by its
/// name.
void load_cufft() {
  if (dlopen(RAYWAVE_CUFFT, RTLD_NOW | RTLD_GLOBAL)) return;
  std::vector<std::string> folders;
  if (const char* given = std::getenv("RAYWAVE_CUFFT_DIR")) folders.emplace_back(given);
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* home = std::getenv(variable)) folders.push_back(std::string(home) + "/lib64");
  }
  folders.emplace_back("/usr/local/cuda/lib64");
  folders.emplace_back("/usr/local/cuda/targets/x86_64-linux/lib");
  for (const std::string& folder : folders) {
    if (dlopen((folder + "/" + RAYWAVE_CUFFT).c_str(), RTLD_NOW | RTLD_GLOBAL)) return;
  }
}

Plugin load_plugin() {
  load_cufft();
  Plugin p;
  for (const std::string& place : plugin_places()) {
    void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays to the end of the process
    if (!library) {
      const char* error = dlerror();
      p.why += (p.why.empty() ? "" : "; ") + std::string(error ? error : place);
      continue;
    }
    const auto get = reinterpret_cast<CudaApiFunction>(dlsym(library, kCudaApiSymbol));
    const CudaApi* api = get ? get() : nullptr;
    if (api && api->version == kCudaApiVersion && api->kernel_bytes == sizeof(Kernel<double>)) {
      p.api = api;
      return p;
    }
    p.why += (p.why.empty() ? "" : "; ") + place + ": of another version";
  }
  return p;
}

const Plugin& plugin() {
  static const Plugin loaded = load_plugin();
  return loaded;
}

class CudaEngine : public Engine {
 public:
  CudaEngine(const CudaApi& api, const TransformShape& s) : api_(api) {
    call([&](char* reason) { return api_.create(s.num_x, s.num_y, s.batch, s.single, &context_, reason); });
  }
  ~CudaEngine() override { api_.destroy(context_); }
  CudaEngine(const CudaEngine&) = delete;
  CudaEngine& operator=(const CudaEngine&) = delete;

  void* allocate(size_t bytes) override {
    void* memory = nullptr;
    call([&](char* reason) { return api_.allocate(context_, bytes, &memory, reason); });
    return memory;
  }
  void release(void* memory) noexcept override { api_.release(context_, memory); }
  void upload(void* to, const void* from, size_t bytes) override {
    call([&](char* reason) { return api_.upload(context_, to, from, bytes, reason); });
  }
  void download(void* to, const void* from, size_t bytes) override {
    call([&](char* reason) { return api_.download(context_, to, from, bytes, reason); });
  }
  void copy(void* to, const void* from, size_t bytes) override {
    call([&](char* reason) { return api_.copy(context_, to, from, bytes, reason); });
  }
  void zero(void* memory, size_t bytes) override {
    call([&](char* reason) { return api_.zero(context_, memory, bytes, reason); });
  }
  int64_t free_bytes() override {
    int64_t bytes = 0;
    call([&](char* reason) { return api_.free_bytes(context_, &bytes, reason); });
    return bytes;
  }
  void transform(void* data, bool forward) override {
    call([&](char* reason) { return api_.transform(context_, data, forward, reason); });
  }
  void launch(const Kernel<double>& kernel) override {
    call([&](char* reason) { return api_.launch_double(context_, &kernel, reason); });
  }
  void launch(const Kernel<float>& kernel) override {
    call([&](char* reason) { return api_.launch_float(context_, &kernel, reason); });
  }

 private:
  template <class Call>
  static void call(Call&& action) {
    char reason[kCudaReasonBytes] = "";
    if (action(reason)) throw Error(message("device cuda: ", reason));
  }
  const CudaApi& api_;
  void* context_ = nullptr;
};

std::unique_ptr<Engine> make_cuda_engine(const TransformShape& shape) {
  if (!plugin().api) throw Error(message("device cuda: ", kPlugin, " cannot be loaded (", plugin().why, ")"));
  return std::make_unique<CudaEngine>(*plugin().api, shape);
}

#else

std::unique_ptr<Engine> make_cuda_engine(const TransformShape&) {
  throw Error("device cuda: this build holds no CUDA (it was made without nvcc, or with RAYWAVE_CUDA=OFF); use cpu");
}

#endif

}  // namespace

Device device_from_name(std::string_view name) { return value_named(kNames, "device", name); }

const char* device_name(Device device) { return name_of(kNames, device); }

std::unique_ptr<Engine> make_engine(Device device, const TransformShape& shape) {
  if (device == Device::kCuda) return make_cuda_engine(shape);
  if (shape.single) return std::make_unique<EmulatedEngine<float>>(shape);
  return std::make_unique<EmulatedEngine<double>>(shape);
}

CudaState cuda_state() {
#ifdef RAYWAVE_CUDA
  if (!plugin().api) return {true, false, message("built in, but ", kPlugin, " cannot be loaded: ", plugin().why)};
  char name[256] = "", reason[kCudaReasonBytes] = "";
  if (plugin().api->describe(name, sizeof name, reason)) return {true, false, message("built in; ", reason)};
  return {true, true, message("built in; ", name)};
#else
  return {false, false, "not built in"};
#endif
}

}  // namespace raywave::wave
