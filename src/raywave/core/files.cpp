// SPDX-License-Identifier: Apache-2.0
#include "raywave/core/files.h"

#include <cerrno>
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

[[noreturn]] void fail(const char* verb, const std::string& path) {
  throw Error(message("cannot ", verb, " '", path, "': ", std::strerror(errno)));
}

}  // namespace

std::string read_file(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw Error(message("cannot read '", path, "': it is a folder"));
  File f(std::fopen(path.c_str(), "rb"));
  if (!f) fail("read", path);
  std::string bytes;
  std::error_code no_size;
  const auto size = std::filesystem::file_size(path, no_size);
  bytes.resize(no_size ? 0 : size);
  const size_t got = std::fread(bytes.data(), 1, bytes.size(), f.get());
  bytes.resize(got);
  char chunk[4096];
  for (size_t n; (n = std::fread(chunk, 1, sizeof chunk, f.get())) > 0;) bytes.append(chunk, n);  // pipes and /proc
  if (std::ferror(f.get())) fail("read", path);
  return bytes;
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

}  // namespace raywave
