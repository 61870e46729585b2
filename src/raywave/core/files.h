// SPDX-License-Identifier: Apache-2.0
// Whole-file reading and writing, with errors that name the file.
#pragma once

#include <string>
#include <string_view>

namespace raywave {

/// The whole file as bytes. @throws Error naming the path and the system's reason.
std::string read_file(const std::string& path);

/// Writes to "<path>.part" and renames, so that an interrupted run never leaves half a file. @throws Error.
void write_file(const std::string& path, std::string_view bytes);

/// "<path>.part": libraries that write files themselves write there, then call finish_file. @throws Error when the
/// folder is missing or not writable.
std::string partial_path(const std::string& path);
/// Renames "<path>.part" to path. @throws Error.
void finish_file(const std::string& path);

}  // namespace raywave
