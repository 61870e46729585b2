// SPDX-License-Identifier: Apache-2.0
// A simulation whose march is a device's.
#include <mutex>

#include "raywave/runtime/parallel.h"
#include "raywave/wave/device_march.h"
#include "raywave/wave/simulate.h"
#include "raywave/wave/sources.h"

namespace raywave::wave {

struct Simulation::OnDevice {
  std::mutex mutex;  // one march at a time
  std::unique_ptr<DeviceMarch> march;
};

void Simulation::open_device() {
  device_ = std::make_shared<OnDevice>();
  device_->march = make_device_march(scene_, march_, options_.backend,
                                     {options_.device, options_.backend.precision, options_.memory_bytes});
}

std::vector<Field> Simulation::launched() const {
  std::vector<Field> out(scene_->sources.size());
  runtime::parallel_for(int64_t(out.size()), options_.num_threads, [&](int64_t s) {
    out[size_t(s)] = launch(*scene_, scene_->sources[size_t(s)], march_->backend());
  });
  return out;
}

void Simulation::run_on_device(Planes& field) const {
  const std::vector<Field> u = launched();
  const std::lock_guard lock(device_->mutex);
  device_->march->run(u, field);
}

void Simulation::jvp_on_device(const std::vector<Field>& launched_dot, const MediaTangent& media, Planes& out) const {
  const std::vector<Field> u = launched();
  const std::lock_guard lock(device_->mutex);
  device_->march->jvp(u, launched_dot, media, out);
}

Gradient Simulation::vjp_on_device(const Planes& cotangent) const {
  const std::vector<Field> u = launched();
  MediaTangent bar = zero_tangent(*scene_, options_.cell_gradient);
  bar.with_wavenumber = options_.wavelength_gradient;
  std::vector<Field> u_bar;
  {
    const std::lock_guard lock(device_->mutex);
    u_bar = device_->march->vjp(u, cotangent, bar);
  }
  Gradient out;
  for (size_t s = 0; s < u_bar.size(); ++s) source_gradient(int(s), u_bar[s], bar, out);
  media_gradient(std::move(bar), out);
  return out;
}

}  // namespace raywave::wave
