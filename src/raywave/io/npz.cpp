// SPDX-License-Identifier: Apache-2.0
// npy 1.0 inside zip (PKWARE APPNOTE 6.3), stored. Times are those of 1980-01-01: equal arrays give equal bytes.
#include "raywave/io/npz.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "raywave/core/error.h"
#include "raywave/core/files.h"

namespace raywave::io {
namespace detail {
namespace {

static_assert(std::endian::native == std::endian::little, "npy members are written in the machine's order");

uint32_t crc32(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> t{};
    for (uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int k = 0; k < 8; ++k) t[i] = (t[i] >> 1) ^ (t[i] & 1 ? 0xedb88320u : 0u);
    }
    return t;
  }();
  uint32_t crc = 0xffffffffu;
  for (char c : bytes) crc = (crc >> 8) ^ table[(crc ^ uint8_t(c)) & 255];
  return ~crc;
}

void put(std::string& out, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out += char(value >> (8 * i));
}

std::u32string utf32_of(const std::string& text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto c = uint8_t(text[i]);
    const size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    char32_t code = n == 1 ? c : c & (0xff >> (n + 1));
    for (size_t k = 1; k < n && i + k < text.size(); ++k) code = (code << 6) | (uint8_t(text[i + k]) & 0x3f);
    out += code > 0x10ffff ? U'\ufffd' : code;
    i += n;
  }
  return out;
}

std::string utf8_of(std::u32string_view text) {
  std::string out;
  for (char32_t c : text) {
    if (c < 0x80) {
      out += char(c);
    } else if (c < 0x800) {
      out += {char(0xc0 | c >> 6), char(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      out += {char(0xe0 | c >> 12), char(0x80 | (c >> 6 & 63)), char(0x80 | (c & 63))};
    } else {
      out += {char(0xf0 | c >> 18), char(0x80 | (c >> 12 & 63)), char(0x80 | (c >> 6 & 63)), char(0x80 | (c & 63))};
    }
  }
  return out;
}

constexpr const char* kDescr[] = {"<f8", "<c16", "<i4", "<i8", "|u1"};

std::string npy_bytes(const NamedArray& array) {
  std::string descr, data;
  if (array.type == NamedArray::Type::kText) {
    std::vector<std::u32string> rows;
    size_t width = 1;
    for (const std::string& text : texts_of(array)) {
      rows.push_back(utf32_of(text));
      width = std::max(width, rows.back().size());
    }
    for (std::u32string& row : rows) {
      row.resize(width);
      data.append(reinterpret_cast<const char*>(row.data()), 4 * width);
    }
    descr = message("<U", width);
  } else {
    descr = kDescr[int(array.type)];
    data.assign(array.bytes.begin(), array.bytes.end());
  }
  std::string shape;
  for (size_t n : array.shape) shape += message(n, shape.empty() && array.shape.size() == 1 ? "," : ", ");
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  put(out, header.size(), 2);
  return out + header + data;
}

void put_zip_fields(std::string& out, const std::string& member, const std::string& name) {
  put(out, 20, 2);     // version needed
  put(out, 0x800, 2);  // names are UTF-8
  put(out, 0, 2);      // stored
  put(out, 0, 2);      // 00:00
  put(out, 0x21, 2);   // 1980-01-01
  put(out, crc32(member), 4);
  put(out, member.size(), 4);
  put(out, member.size(), 4);
  put(out, name.size(), 2);
  put(out, 0, 2);  // extra field
}

}  // namespace

size_t element_size(NamedArray::Type type) {
  static constexpr size_t sizes[] = {8, 16, 4, 8, 1, 0};
  return sizes[int(type)];
}

size_t num_elements(const NamedArray& array) {
  size_t n = 1;
  for (size_t s : array.shape) n *= s;
  return n;
}

std::vector<std::string> texts_of(const NamedArray& array) {
  if (array.shape.empty()) return {std::string(array.bytes.begin(), array.bytes.end())};
  std::vector<std::string> out;
  std::string text;
  for (char c : array.bytes) {
    if (c != '\0') {
      text += c;
      continue;
    }
    out.push_back(text);
    text.clear();
  }
  if (out.size() != num_elements(array)) throw Error(message("array '", array.name, "': text does not fit its shape"));
  return out;
}

std::string npz_bytes(const std::vector<NamedArray>& arrays) {
  std::string out, directory;
  for (const NamedArray& array : arrays) {
    const std::string name = array.name + ".npy", member = npy_bytes(array);
    const size_t offset = out.size();
    if (offset + member.size() > std::numeric_limits<uint32_t>::max() - 65536) {
      throw Error(message("array '", array.name, "' does not fit into an .npz of 4 GiB: write .h5"));
    }
    put(out, 0x04034b50, 4);
    put_zip_fields(out, member, name);
    out += name + member;
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    put_zip_fields(directory, member, name);
    put(directory, 0, 2);  // comment
    put(directory, 0, 2);  // disk
    put(directory, 0, 2);  // internal attributes
    put(directory, 0644u << 16, 4);
    put(directory, offset, 4);
    directory += name;
  }
  const size_t begin = out.size();
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  put(out, arrays.size(), 2);
  put(out, arrays.size(), 2);
  put(out, directory.size(), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), bytes_(read_file(path)) {}

  std::vector<NamedArray> read() {
    const size_t end = bytes_.rfind(std::string("PK\x05\x06", 4));
    if (end == std::string::npos) fail("is not a zip file");
    const uint64_t count = get(end + 10, 2);
    size_t at = get(end + 16, 4);
    std::vector<NamedArray> out;
    for (uint64_t i = 0; i < count; ++i) {
      if (get(at, 4) != 0x02014b50) fail("has a broken directory");
      const uint64_t method = get(at + 10, 2), crc = get(at + 16, 4), size = get(at + 24, 4);
      const uint64_t name_size = get(at + 28, 2), extra = get(at + 30, 2), note = get(at + 32, 2),
                     offset = get(at + 42, 4);
      std::string name(slice(at + 46, name_size));
      if (method != 0) fail(message("member '", name, "' is compressed"));
      const size_t data = offset + 30 + get(offset + 26, 2) + get(offset + 28, 2);
      const std::string_view member = slice(data, size);
      if (crc32(member) != crc) fail(message("member '", name, "' is damaged: its checksum differs"));
      if (name.ends_with(".npy")) name.resize(name.size() - 4);
      out.push_back(parse_npy(name, member));
      at += 46 + name_size + extra + note;
    }
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(message("'", path_, "' ", what)); }

  std::string_view slice(size_t at, size_t n) const {
    if (at > bytes_.size() || n > bytes_.size() - at) fail("is truncated");
    return std::string_view(bytes_).substr(at, n);
  }

  uint64_t get(size_t at, size_t n) const {
    uint64_t value = 0;
    const std::string_view raw = slice(at, n);
    for (size_t i = 0; i < n; ++i) value |= uint64_t(uint8_t(raw[i])) << (8 * i);
    return value;
  }

  NamedArray parse_npy(const std::string& name, std::string_view member) const {
    if (member.size() < 10 || !member.starts_with("\x93NUMPY\x01")) fail(message("member '", name, "' is not npy 1.0"));
    const size_t header_size = uint8_t(member[8]) | size_t(uint8_t(member[9])) << 8;
    if (10 + header_size > member.size()) fail(message("member '", name, "' is truncated"));
    const std::string header(member.substr(10, header_size));
    NamedArray array;
    array.name = name;
    parse_shape(header, array);
    const size_t descr = header.find("'descr': '");
    if (descr == std::string::npos || header.find("'fortran_order': False") == std::string::npos) {
      fail(message("member '", name, "' has an npy header that raywave does not write"));
    }
    const std::string type = header.substr(descr + 10, header.find('\'', descr + 10) - descr - 10);
    fill(type, member.substr(10 + header_size), array);
    return array;
  }

  void parse_shape(const std::string& header, NamedArray& array) const {
    const size_t begin = header.find("'shape': ("), end = header.find(')', begin);
    if (begin == std::string::npos || end == std::string::npos) fail(message("member '", array.name, "' has no shape"));
    for (const char *p = header.data() + begin + 10, *last = header.data() + end; p < last;) {
      size_t n = 0;
      const auto [next, error] = std::from_chars(p, last, n);
      if (error == std::errc()) array.shape.push_back(n);
      p = error == std::errc() ? next : p + 1;
    }
  }

  void fill(const std::string& type, std::string_view data, NamedArray& array) const {
    size_t size = 0;
    for (int t = 0; t < 5; ++t) {
      if (type != kDescr[t]) continue;
      array.type = NamedArray::Type(t);
      size = element_size(array.type);
    }
    if (type.starts_with("<U")) {
      array.type = NamedArray::Type::kText;
      size_t width = 0;
      std::from_chars(type.data() + 2, type.data() + type.size(), width);
      size = 4 * width;
    }
    const size_t n = num_elements(array);
    if (size == 0 || (n > 0 && (data.size() / n != size || data.size() % n != 0))) {
      fail(message("member '", array.name, "' of type '", type, "' does not fit its shape"));
    }
    if (array.type != NamedArray::Type::kText) {
      array.bytes.assign(data.begin(), data.begin() + ptrdiff_t(n * size));
      return;
    }
    for (size_t i = 0; i < n; ++i) {
      std::u32string row(size / 4, U'\0');
      std::memcpy(row.data(), data.data() + i * size, size);
      const std::string text = utf8_of(std::u32string_view(row).substr(0, row.find(U'\0')));
      array.bytes.insert(array.bytes.end(), text.begin(), text.end());
      if (!array.shape.empty()) array.bytes.push_back('\0');
    }
  }

  const std::string& path_;
  std::string bytes_;
};

}  // namespace
}  // namespace detail

std::vector<NamedArray> read_npz(const std::string& path) { return detail::Reader(path).read(); }

}  // namespace raywave::io
