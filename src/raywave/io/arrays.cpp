// SPDX-License-Identifier: Apache-2.0
#include "raywave/io/arrays.h"

#include <cstdio>
#include <set>

#include "raywave/core/error.h"
#include "raywave/core/files.h"
#include "raywave/io/npz.h"

namespace raywave::io {
namespace {

using Type = NamedArray::Type;

template <class T>
NamedArray made(const std::string& name, std::vector<size_t> shape, Type type, const std::vector<T>& values) {
  const char* bytes = reinterpret_cast<const char*>(values.data());
  return {name, std::move(shape), type, std::vector<char>(bytes, bytes + values.size() * sizeof(T))};
}

}  // namespace

NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<double>& values) {
  return made(name, std::move(shape), Type::kFloat64, values);
}
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<Complexd>& values) {
  return made(name, std::move(shape), Type::kComplex128, values);
}
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<int32_t>& values) {
  return made(name, std::move(shape), Type::kInt32, values);
}
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<int64_t>& values) {
  return made(name, std::move(shape), Type::kInt64, values);
}
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<uint8_t>& values) {
  return made(name, std::move(shape), Type::kUint8, values);
}
NamedArray array_of(const std::string& name, std::vector<size_t> shape, const std::vector<Vec3d>& values) {
  shape.push_back(3);
  return made(name, std::move(shape), Type::kFloat64, values);
}
NamedArray array_of(const std::string& name, double value) {
  return made(name, {}, Type::kFloat64, std::vector<double>{value});
}
NamedArray array_of(const std::string& name, const std::string& value) {
  return {name, {}, Type::kText, std::vector<char>(value.begin(), value.end())};
}
NamedArray array_of(const std::string& name, const std::vector<std::string>& values) {
  NamedArray a{name, {values.size()}, Type::kText, {}};
  for (const std::string& v : values) a.bytes.insert(a.bytes.end(), v.c_str(), v.c_str() + v.size() + 1);
  return a;
}

void write_arrays(const std::string& path, const std::vector<NamedArray>& arrays) {
  std::set<std::string> names;
  for (const NamedArray& a : arrays) {
    if (!names.insert(a.name).second) throw Error(message("two arrays are called '", a.name, "'"));
    if (a.type != Type::kText && a.bytes.size() != detail::num_elements(a) * detail::element_size(a.type)) {
      throw Error(message("array '", a.name, "': ", a.bytes.size(), " bytes do not fit its shape"));
    }
  }
  const std::string ext = extension_of(path);
  if (ext == ".npz") {
    write_file(path, detail::npz_bytes(arrays));
    return;
  }
  if (ext != ".h5" && ext != ".hdf5") {
    throw Error(message("cannot write '", path, "': results end in .npz, .h5 or .hdf5",
                        did_you_mean(ext, {".npz", ".h5", ".hdf5"})));
  }
  const std::string part = partial_path(path);
  try {
    detail::write_hdf5(part, arrays);
  } catch (...) {
    std::remove(part.c_str());
    throw;
  }
  finish_file(path);
}

}  // namespace raywave::io
