// SPDX-License-Identifier: Apache-2.0
// Whole-file reading and writing, with errors that name the file.
#pragma once

#include <string>
#include <string_view>

namespace raywave {

/// The whole file as bytes. @throws Error naming the path and the system's reason.
std::string read_file(const std::string& path);

/// A file that somebody else's program wrote: read_file, and what is no such file at all is said as what it is.
/// @throws Error for an empty file, a web page, an archive, a pointer of Git LFS; with `is_text` for UTF-16 too.
std::string read_given_file(const std::string& path, bool is_text = false);

/// The bytes as UTF-8: what is UTF-8 stays, else bytes above 127 are taken as Latin-1, and control characters as
/// blanks.
std::string as_utf8(std::string_view bytes);

/// Writes to "<path>.part" and renames, so that an interrupted run never leaves half a file. @throws Error.
void write_file(const std::string& path, std::string_view bytes);

/// "<path>.part": libraries that write files themselves write there, then call finish_file. @throws Error when the
/// folder is missing or not writable.
std::string partial_path(const std::string& path);
/// Renames "<path>.part" to path. @throws Error.
void finish_file(const std::string& path);

/// "folder/b.ply" for a relative "b.ply"; backslashes are slashes.
std::string path_in(const std::string& folder, const std::string& file);
/// In lower case, with the dot: ".xml".
std::string extension_of(const std::string& path);

}  // namespace raywave
