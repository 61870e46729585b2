// SPDX-License-Identifier: Apache-2.0
// The CPU's twin of a device, and the plugin that holds CUDA.
#include "raywave/wave/engine.h"

#include "raywave/core/error.h"
#include "raywave/runtime/fft.h"
#include "raywave/runtime/plugin.h"
#include "raywave/wave/cuda_api.h"

namespace raywave::wave {
namespace {

template <class Real>
class EmulatedEngine : public runtime::OnHost<Engine> {
 public:
  explicit EmulatedEngine(const TransformShape& s)
      : rows_(s.num_x > 1 ? s.batch : 1),
        row_(size_t(s.num_x) * size_t(s.num_y)),
        fft_(s.num_x > 1 ? runtime::Fft<Real>::two_dimensional(s.num_x, s.num_y)
                         : runtime::Fft<Real>(s.num_y, s.batch)) {}
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

constexpr runtime::PluginName kPlugin{"libraywave_wave_cuda.so", "RAYWAVE_WAVE_CUDA", kCudaApiSymbol};

/// cuFFT is no part of a driver: the Python module sets RAYWAVE_CUFFT_DIR to that of the package nvidia-cufft. Once
/// loaded, the plugin finds it by its name.
runtime::Plugin load() {
#ifdef RAYWAVE_CUFFT
  runtime::load_library_of_cuda(RAYWAVE_CUFFT, "RAYWAVE_CUFFT_DIR");
#endif
  return runtime::load_plugin(kPlugin, [](const void* table) {
    const auto* api = static_cast<const CudaApi*>(table);
    return api->version == kCudaApiVersion && api->kernel_bytes == sizeof(Kernel<double>);
  });
}

const runtime::Plugin& plugin() {
  static const runtime::Plugin loaded = load();
  return loaded;
}
const CudaApi* cuda_api() { return static_cast<const CudaApi*>(plugin().table); }

class CudaEngine : public runtime::OverApi<Engine> {
 public:
  CudaEngine(const CudaApi& api, const TransformShape& s) : OverApi(api.memory), api_(api) {
    call([&](char* reason) { return api_.create(s.num_x, s.num_y, s.batch, s.single, &context_, reason); });
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
  const CudaApi& api_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(Device device, const TransformShape& shape) {
  if (device == Device::kCuda) {
    if (!cuda_api()) throw Error(message("device cuda: ", plugin().why, "; device cpu is always there"));
    return std::make_unique<CudaEngine>(*cuda_api(), shape);
  }
  if (shape.single) return std::make_unique<EmulatedEngine<float>>(shape);
  return std::make_unique<EmulatedEngine<double>>(shape);
}

CudaState cuda_state() { return runtime::cuda_state_of(plugin(), cuda_api() ? &cuda_api()->memory : nullptr); }

}  // namespace raywave::wave
