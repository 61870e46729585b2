// SPDX-License-Identifier: Apache-2.0
// What a compiled thing is, as bytes, for pickle. `fields(archive, thing)` names the fields of a type once, for writing
// and for reading; a structured binding in it stops compiling when the type gains a field. Bytes are for the version
// that wrote them: what is kept for years goes through save().
#pragma once

#include <nanobind/nanobind.h>

#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "raywave/core/complex.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/core/vec.h"

namespace raywave::python {

/// Types whose memory is their value: no pointers, no padding.
template <class T>
inline constexpr bool kPlain = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <>
inline constexpr bool kPlain<Vec2d> = true;
template <>
inline constexpr bool kPlain<Vec3d> = true;
template <>
inline constexpr bool kPlain<Complexd> = true;
template <class T>
inline constexpr bool kPlain<std::complex<T>> = true;
template <class T, size_t n>
inline constexpr bool kPlain<std::array<T, n>> = kPlain<T>;

/// Of bytes: eight at a time, mixed in order.
inline uint64_t check_sum(std::string_view bytes) {
  uint64_t sum = bytes.size();
  for (size_t i = 0; i < bytes.size(); i += sizeof sum) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min(sizeof word, bytes.size() - i));
    sum = mix64(sum ^ word);
  }
  return sum;
}

class StateWriter {
 public:
  std::string bytes;

  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }

 private:
  void raw(const void* data, size_t size) { bytes.append(static_cast<const char*>(data), size); }
  template <class T>
  void write(const T& value) {
    if constexpr (kPlain<T>) {
      raw(&value, sizeof value);
    } else {
      fields(*this, const_cast<T&>(value));  // one function for both directions; this one only looks
    }
  }
  void write(const std::string& text) {
    write(text.size());
    raw(text.data(), text.size());
  }
  template <class T>
  void write(const std::vector<T>& values) {
    write(values.size());
    if constexpr (kPlain<T>) {
      raw(values.data(), values.size() * sizeof(T));
    } else {
      for (const T& v : values) write(v);
    }
  }
  template <class T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <class T>
  void write(const std::shared_ptr<const T>& value) {
    write(value != nullptr);
    if (value) write(*value);
  }
};

class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : rest_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  bool at_end() const { return rest_.empty(); }

 private:
  void raw(void* data, size_t size) {
    if (size > rest_.size()) throw Error("what was pickled ends early");
    if (size > 0) std::memcpy(data, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  /// Of items of at least `least` bytes: a damaged number must not ask for more memory than there are bytes.
  size_t count(size_t least) {
    size_t n = 0;
    raw(&n, sizeof n);
    if (n > rest_.size() / least) throw Error("what was pickled ends early");
    return n;
  }
  template <class T>
  void read(T& value) {
    if constexpr (kPlain<T>) {
      raw(&value, sizeof value);
    } else {
      fields(*this, value);
    }
  }
  void read(std::string& text) {
    text.resize(count(1));
    raw(text.data(), text.size());
  }
  template <class T>
  void read(std::vector<T>& values) {
    if constexpr (kPlain<T>) {
      values.resize(count(sizeof(T)));
      raw(values.data(), values.size() * sizeof(T));
    } else {
      values.resize(count(1));
      for (T& v : values) read(v);
    }
  }
  template <class T>
  void read(std::optional<T>& value) {
    bool there = false;
    read(there);
    value.reset();
    if (there) read(value.emplace());
  }
  template <class T>
  void read(std::shared_ptr<const T>& value) {
    bool there = false;
    read(there);
    value.reset();
    if (!there) return;
    auto made = std::make_shared<T>();
    read(*made);
    value = std::move(made);
  }
  std::string_view rest_;
};

template <class... T>
nanobind::bytes state_bytes(const T&... things) {
  StateWriter out;
  out(std::string(RAYWAVE_VERSION), things...);
  out(check_sum(out.bytes));
  return nanobind::bytes(out.bytes.data(), out.bytes.size());
}

/// @throws Error when another version wrote them, or they are not those that were written: numbers that were damaged
/// would lead out of arrays.
template <class... T>
void read_state(const nanobind::bytes& bytes, T&... things) {
  StateReader in({bytes.c_str(), bytes.size()});
  std::string version;
  in(version);
  if (version != RAYWAVE_VERSION)
    throw Error(message("pickled by raywave ", version, ", and this is ", RAYWAVE_VERSION,
                        ": between versions results are kept by save()"));
  uint64_t sum = 0;
  const size_t content = bytes.size() - std::min(bytes.size(), sizeof sum);
  std::memcpy(&sum, bytes.c_str() + content, bytes.size() - content);
  if (sum != check_sum({bytes.c_str(), content}))
    throw Error("what was pickled is damaged: its bytes have another sum");
  in(things...);
  in(sum);
  if (!in.at_end()) throw Error("what was pickled goes on beyond its end");
}

}  // namespace raywave::python
