// SPDX-License-Identifier: Apache-2.0
// Fields kept on a device. The engine outlives what lives in it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/wave/engine.h"

namespace raywave::wave {

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
