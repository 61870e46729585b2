// SPDX-License-Identifier: Apache-2.0
// Devices that solvers may run on, and their memory. What runs there is one source for all: a kernel, a plain struct
// called once for each element (RAYWAVE_HD). CUDA itself stands in plugins (runtime/plugin.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "raywave/core/error.h"
#include "raywave/runtime/device_api.h"

namespace raywave::runtime {

/// Where a solver runs. kEmulated: what kCuda does with its kernels as loops on the CPU, the slow twin for tests.
enum class Device { kCpu, kCuda, kEmulated };
/// "cpu", "cuda", "emulated". @throws Error naming the nearest known name.
Device device_from_name(std::string_view name);
const char* device_name(Device device);

/// Whether CUDA was built in, whether a device answers, and both in words.
struct CudaState {
  bool built = false, usable = false;
  std::string words;
};

/// Memory of a device. Calls are carried out in their order. One object is used by one thread at a time.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  virtual void upload(void* to, const void* from, size_t bytes) = 0;
  virtual void download(void* to, const void* from, size_t bytes) = 0;
  virtual void copy(void* to, const void* from, size_t bytes) = 0;
  virtual void zero(void* memory, size_t bytes) = 0;
  /// Bytes that allocate() can still give; -1: not known.
  virtual int64_t free_bytes() = 0;
};

/// The memory of `Base`, a DeviceMemory with more to it, on the CPU.
template <class Base>
class OnHost : public Base {
 public:
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
};

/// The same behind a plugin's functions. What creates it hands over the context.
template <class Base>
class OverApi : public Base {
 public:
  explicit OverApi(const DeviceApi& api) : memory_(api) {}
  ~OverApi() override {
    if (context_) memory_.destroy(context_);
  }
  OverApi(const OverApi&) = delete;
  OverApi& operator=(const OverApi&) = delete;

  void* allocate(size_t bytes) override {
    void* memory = nullptr;
    call([&](char* reason) { return memory_.allocate(context_, bytes, &memory, reason); });
    return memory;
  }
  void release(void* memory) noexcept override { memory_.release(context_, memory); }
  void upload(void* to, const void* from, size_t bytes) override {
    call([&](char* reason) { return memory_.upload(context_, to, from, bytes, reason); });
  }
  void download(void* to, const void* from, size_t bytes) override {
    call([&](char* reason) { return memory_.download(context_, to, from, bytes, reason); });
  }
  void copy(void* to, const void* from, size_t bytes) override {
    call([&](char* reason) { return memory_.copy(context_, to, from, bytes, reason); });
  }
  void zero(void* memory, size_t bytes) override {
    call([&](char* reason) { return memory_.zero(context_, memory, bytes, reason); });
  }
  int64_t free_bytes() override {
    int64_t bytes = 0;
    call([&](char* reason) { return memory_.free_bytes(context_, &bytes, reason); });
    return bytes;
  }

 protected:
  template <class Call>
  static void call(Call&& action) {
    char reason[kReasonBytes] = "";
    if (action(reason)) throw Error(message("device cuda: ", reason, "; device cpu is always there"));
  }
  void* context_ = nullptr;

 private:
  const DeviceApi& memory_;
};

/// Memory on a device, owned. What it lives in outlives it.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  DeviceArray(DeviceMemory& memory, size_t size)
      : memory_(&memory), data_(static_cast<T*>(memory.allocate(size * sizeof(T)))), size_(size) {}
  ~DeviceArray() {
    if (data_) memory_->release(data_);
  }
  DeviceArray(DeviceArray&& o) noexcept { swap(o); }
  DeviceArray& operator=(DeviceArray&& o) noexcept {
    DeviceArray taken(std::move(o));
    swap(taken);
    return *this;
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  void swap(DeviceArray& o) noexcept {
    std::swap(memory_, o.memory_), std::swap(data_, o.data_), std::swap(size_, o.size_);
  }
  DeviceMemory* memory_ = nullptr;
  T* data_ = nullptr;
  size_t size_ = 0;
};

/// A host's vector (or what has data() and size()) copied there.
template <class Vector>
auto uploaded(DeviceMemory& memory, const Vector& from) {
  using T = typename Vector::value_type;
  DeviceArray<T> out(memory, from.size());
  if (from.size() > 0) memory.upload(out.data(), from.data(), from.size() * sizeof(T));
  return out;
}

}  // namespace raywave::runtime
