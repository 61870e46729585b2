// SPDX-License-Identifier: Apache-2.0
// The CPU's twin of a device, and the plugin that holds CUDA.
#include "raywave/paths/ray_queue.h"

#include "raywave/core/error.h"
#include "raywave/runtime/plugin.h"

namespace raywave::paths {
namespace {

class EmulatedQueue : public runtime::OnHost<RayQueue> {
 public:
  bool is_emulated() const override { return true; }
  void launch(RayKernel, const void*, size_t, int64_t) override {
    throw InternalError("an emulated device has its kernels as loops");
  }
};

class CudaQueue : public runtime::OverApi<RayQueue> {
 public:
  explicit CudaQueue(const RaysApi& api) : OverApi(api.memory), api_(api) {
    call([&](char* reason) { return api_.create(&context_, reason); });
  }
  bool is_emulated() const override { return false; }
  void launch(RayKernel kind, const void* kernel, size_t bytes, int64_t count) override {
    call([&](char* reason) { return api_.launch(context_, int(kind), kernel, bytes, count, reason); });
  }

 private:
  const RaysApi& api_;
};

constexpr runtime::PluginName kPlugin{"libraywave_rays_cuda.so", "RAYWAVE_RAYS_CUDA", kRaysApiSymbol};

const runtime::Plugin& plugin() {
  static const runtime::Plugin loaded = runtime::load_plugin(
      kPlugin, [](const void* table) { return static_cast<const RaysApi*>(table)->version == kRaysApiVersion; });
  return loaded;
}
const RaysApi* rays_api() { return static_cast<const RaysApi*>(plugin().table); }

}  // namespace

std::unique_ptr<RayQueue> make_ray_queue(runtime::Device device) {
  switch (device) {
    case runtime::Device::kCuda:
      if (!rays_api()) throw Error(message("device cuda: ", plugin().why, "; device cpu is always there"));
      return std::make_unique<CudaQueue>(*rays_api());
    case runtime::Device::kEmulated:
      return std::make_unique<EmulatedQueue>();
    case runtime::Device::kCpu:
      break;
  }
  throw InternalError("the CPU has no queue");
}

runtime::CudaState ray_cuda_state() {
  return runtime::cuda_state_of(plugin(), rays_api() ? &rays_api()->memory : nullptr);
}

}  // namespace raywave::paths
