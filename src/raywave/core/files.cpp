// SPDX-License-Identifier: Apache-2.0
#include "raywave/core/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "raywave/core/error.h"

namespace raywave {
namespace {

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

struct Descriptor {
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  const int number;
};

[[noreturn]] void fail(const char* verb, const std::string& path) {
  throw Error(message("cannot ", verb, " '", path, "': ", std::strerror(errno)));
}

}  // namespace

std::string read_file(const std::string& path) {
  const Descriptor f{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat about;
  if (f.number < 0 || fstat(f.number, &about) != 0) fail("read", path);
  if (S_ISDIR(about.st_mode)) throw Error(message("cannot read '", path, "': it is a folder"));
  constexpr size_t kChunk = 4096;
  std::string bytes;
  size_t size = 0;  // of what is read
  // more is asked for than a file says to hold, so that one short read is its end; pipes and /proc say nothing
  bytes.resize(S_ISREG(about.st_mode) && about.st_size > 0 ? size_t(about.st_size) + 1 : kChunk);
  for (;;) {
    const ssize_t n = ::read(f.number, bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path);
    size += size_t(n);
    if (n == 0 || size == size_t(about.st_size)) break;
    if (size == bytes.size()) bytes.resize(size + kChunk);
  }
  bytes.resize(size);
  return bytes;
}

std::string read_given_file(const std::string& path, bool is_text) {
  std::string bytes = read_file(path);
  const auto refuse = [&](const char* what) { throw Error(message(path, ": ", what)); };
  if (bytes.empty()) refuse("the file is empty");
  if (bytes.starts_with("version https://git-lfs"))
    refuse("is a pointer of Git LFS, not the file itself: fetch it with 'git lfs pull'");
  if (bytes.starts_with("\x1F\x8B") || bytes.starts_with("PK\x03\x04"))
    refuse("is a compressed archive: unpack it first");
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  std::string begin = first == std::string::npos ? "" : bytes.substr(first, 9);
  for (char& c : begin) c = char(std::tolower(static_cast<unsigned char>(c)));
  if (begin == "<!doctype" ? bytes.substr(first + 9, 5).find("html") != std::string::npos : begin.starts_with("<html"))
    refuse("is a web page: was a link saved instead of the file?");
  if (is_text && (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")))
    refuse("is written in UTF-16: save it as UTF-8 or plain text");
  return bytes;
}

std::string as_utf8(std::string_view bytes) {
  // of the character at i: its length, 0 when it is none (overlong forms and surrogates are none)
  const auto length_at = [&](size_t i) -> size_t {
    const auto byte = [&](size_t k) { return i + k < bytes.size() ? uint8_t(bytes[i + k]) : uint8_t(0); };
    const uint8_t b = byte(0);
    if (b < 0x80) return 1;
    const size_t n = b >= 0xC2 && b <= 0xDF ? 2 : b >= 0xE0 && b <= 0xEF ? 3 : b >= 0xF0 && b <= 0xF4 ? 4 : 0;
    for (size_t k = 1; k < n; ++k) {
      if ((byte(k) & 0xC0) != 0x80) return 0;
    }
    if ((b == 0xE0 && byte(1) < 0xA0) || (b == 0xED && byte(1) > 0x9F) || (b == 0xF0 && byte(1) < 0x90) ||
        (b == 0xF4 && byte(1) > 0x8F))
      return 0;
    return n;
  };
  std::string out;
  for (size_t i = 0; i < bytes.size();) {
    const size_t n = length_at(i);
    const auto b = uint8_t(bytes[i]);
    if (n == 0) {
      out += {char(0xC0 | b >> 6), char(0x80 | (b & 0x3F))};
    } else if (b < 0x20 || b == 0x7F) {
      out += ' ';
    } else {
      out += bytes.substr(i, n);
    }
    i += std::max<size_t>(n, 1);
  }
  return out;
}

std::string partial_path(const std::string& path) {
  std::string part = path + ".part";
  File f(std::fopen(part.c_str(), "wb"));
  if (!f) fail("write", path);
  return part;
}

void finish_file(const std::string& path) {
  if (std::rename((path + ".part").c_str(), path.c_str()) != 0) fail("write", path);
}

void write_file(const std::string& path, std::string_view bytes) {
  const std::string part = partial_path(path);
  {
    File f(std::fopen(part.c_str(), "wb"));
    if (!f) fail("write", path);
    if (std::fwrite(bytes.data(), 1, bytes.size(), f.get()) != bytes.size() || std::fflush(f.get()) != 0) {
      std::remove(part.c_str());
      fail("write", path);
    }
  }
  finish_file(path);
}

std::string path_in(const std::string& folder, const std::string& named) {
  std::string file = named;
  std::replace(file.begin(), file.end(), '\\', '/');  // written on Windows
  return folder.empty() || file.starts_with('/') ? file : folder + "/" + file;
}

std::string extension_of(const std::string& path) {
  std::string ext = std::filesystem::path(path).extension().string();
  std::transform(ext.begin(), ext.end(), ext.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return ext;
}

}  // namespace raywave
