// SPDX-License-Identifier: Apache-2.0
// Memory on a device, owned. The engine outlives what lives in it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/wave/engine.h"

namespace raywave::wave {

template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  DeviceArray(Engine& engine, size_t size)
      : engine_(&engine), data_(static_cast<T*>(engine.allocate(size * sizeof(T)))), size_(size) {}
  ~DeviceArray() {
    if (data_) engine_->release(data_);
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
    std::swap(engine_, o.engine_), std::swap(data_, o.data_), std::swap(size_, o.size_);
  }
  Engine* engine_ = nullptr;
  T* data_ = nullptr;
  size_t size_ = 0;
};

/// A fixed number of places of one size in one piece of memory.
template <class T>
class FieldPool {
 public:
  FieldPool(Engine& engine, size_t field_size, size_t slots) : memory_(engine, field_size * slots), size_(slots) {
    for (size_t i = slots; i-- > 0;) free_.push_back(memory_.data() + i * field_size);
  }
  /// One place; given back when it goes.
  class Slot {
   public:
    Slot(FieldPool& pool, T* data) : pool_(&pool), data_(data) {}
    ~Slot() {
      if (data_) pool_->free_.push_back(data_);
    }
    Slot(Slot&& o) noexcept : pool_(o.pool_), data_(std::exchange(o.data_, nullptr)) {}
    Slot& operator=(Slot&& o) noexcept {
      std::swap(pool_, o.pool_), std::swap(data_, o.data_);
      return *this;
    }
    T* data() { return data_; }
    const T* data() const { return data_; }

   private:
    FieldPool* pool_;
    T* data_;
  };
  /// @throws Error when all are taken.
  Slot take() {
    if (free_.empty()) throw Error(message("all ", size_, " fields kept on the device are taken"));
    T* data = free_.back();
    free_.pop_back();
    return Slot(*this, data);
  }
  size_t size() const { return size_; }

 private:
  DeviceArray<T> memory_;
  size_t size_;
  std::vector<T*> free_;
};

}  // namespace raywave::wave
