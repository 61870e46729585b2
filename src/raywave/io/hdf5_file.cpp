// SPDX-License-Identifier: Apache-2.0
#include <hdf5.h>

#include <algorithm>

#include "raywave/core/error.h"
#include "raywave/io/npz.h"

namespace raywave::io::detail {
namespace {

/// An HDF5 identifier that closes itself. @throws Error when the library gave none.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(id), close_(close) {
    if (id < 0) throw Error("HDF5 cannot make " + what);
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

hid_t complex_type() {
  const hid_t type = H5Tcreate(H5T_COMPOUND, 16);
  H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
  H5Tinsert(type, "i", 8, H5T_NATIVE_DOUBLE);
  return type;
}

hid_t text_type(size_t width) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, width);
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return type;
}

hid_t number_type(NamedArray::Type type) {
  switch (type) {
    case NamedArray::Type::kFloat64:
      return H5Tcopy(H5T_NATIVE_DOUBLE);
    case NamedArray::Type::kComplex128:
      return complex_type();
    case NamedArray::Type::kInt32:
      return H5Tcopy(H5T_NATIVE_INT32);
    case NamedArray::Type::kInt64:
      return H5Tcopy(H5T_NATIVE_INT64);
    default:
      return H5Tcopy(H5T_NATIVE_UINT8);
  }
}

void write_one(hid_t file, const NamedArray& array) {
  std::string data(array.bytes.begin(), array.bytes.end());
  size_t width = 1;
  if (array.type == NamedArray::Type::kText) {
    const std::vector<std::string> texts = texts_of(array);
    for (const std::string& t : texts) width = std::max(width, t.size());
    data.clear();
    for (std::string t : texts) {
      t.resize(width);
      data += t;
    }
  }
  const std::string what = "array '" + array.name + "'";
  const bool text = array.type == NamedArray::Type::kText;
  const Handle type(text ? text_type(width) : number_type(array.type), H5Tclose, what);
  const std::vector<hsize_t> dims(array.shape.begin(), array.shape.end());
  const Handle space(dims.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(int(dims.size()), dims.data(), nullptr),
                     H5Sclose, what);
  const Handle set(H5Dcreate2(file, array.name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose,
                   what);
  if (num_elements(array) > 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()) < 0) {
    throw Error("HDF5 cannot write " + what);
  }
}

}  // namespace

void write_hdf5(const std::string& path, const std::vector<NamedArray>& arrays) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // the library prints otherwise
  const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose,
                    "the file '" + path + "'");
  for (const NamedArray& array : arrays) write_one(file, array);
  if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0) throw Error("HDF5 cannot write '" + path + "'");
}

}  // namespace raywave::io::detail
