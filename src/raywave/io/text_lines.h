// SPDX-License-Identifier: Apache-2.0
// The lines of a text file as words and numbers in double precision, with errors that name the place; for the readers
// of this room.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/core/files.h"

namespace raywave::io::detail {

inline std::string in_lower_case(std::string_view word) {
  std::string out;
  for (const char c : word) out += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  return out;
}

class TextLines {
 public:
  /// @param statements  words that begin lines: a comment that ends in a backslash (the folder C:\models\, say) does
  /// not swallow such a line.
  TextLines(std::string_view text, const std::string& name, const std::vector<std::string>& statements = {})
      : rest_(text), name_(name), statements_(statements) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  /// Goes to the next line, ended by LF, CR LF or CR; false at the end. A line that ends in a backslash goes on.
  bool next() {
    if (rest_.empty()) return false;
    joined_.clear();
    number_ += 1 + std::exchange(more_lines_, 0);
    take_line();
    while (goes_on() && !rest_.empty()) {
      joined_ += line_.substr(0, line_.find_last_of('\\'));
      joined_ += ' ';
      ++more_lines_;
      take_line();
    }
    if (more_lines_) joined_ += line_, line_ = joined_;
    return true;
  }
  std::string_view line() const { return line_; }
  int number() const { return number_; }

  /// The line's words, up to a '#'; valid until the next call.
  const std::vector<std::string_view>& words() {
    words_.clear();
    std::string_view rest = line_.substr(0, line_.find('#'));
    for (size_t i = 0; (i = rest.find_first_not_of(" \t\v\f", i)) != std::string_view::npos;) {
      const size_t end = std::min(rest.find_first_of(" \t\v\f", i), rest.size());
      words_.push_back(rest.substr(i, end - i));
      i = end;
    }
    return words_;
  }
  /// What follows the first word, trimmed.
  std::string after_first_word() const {
    const size_t begin = line_.find_first_not_of(" \t");
    const size_t end = begin == std::string_view::npos ? begin : line_.find_first_of(" \t", begin);
    if (end == std::string_view::npos) return {};
    const size_t from = line_.find_first_not_of(" \t", end), to = line_.find_last_not_of(" \t");
    return from == std::string_view::npos ? std::string() : std::string(line_.substr(from, to - from + 1));
  }

  [[noreturn]] void fail(const std::string& what) const { fail_at(number_, what); }
  [[noreturn]] void fail_at(int line, const std::string& what) const {
    throw Error(message(name_, ":", line, ": ", as_utf8(what)));
  }

  double number(std::string_view word) const {
    double value = 0;
    const char* first = word.data() + (word.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(first, word.data() + word.size(), value);
    if (error == std::errc::result_out_of_range) value = std::strtod(std::string(word).c_str(), nullptr);  // 1e-400: 0
    if ((error != std::errc() && error != std::errc::result_out_of_range) || end != word.data() + word.size() ||
        !std::isfinite(value))
      fail(message("'", word.substr(0, 40), "' is not a finite number"));
    return value;
  }

 private:
  bool goes_on() const {
    const size_t first = line_.find_first_not_of(" \t"), last = line_.find_last_not_of(" \t");
    if (first == std::string_view::npos || line_[last] != '\\') return false;
    if (line_[first] != '#' || !joined_.empty()) return true;
    const std::string_view next = rest_.substr(0, rest_.find_first_of(" \t\r\n"));
    return std::find(statements_.begin(), statements_.end(), next) == statements_.end();
  }

  void take_line() {
    const size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (rest_.starts_with("\r\n")) {
      rest_.remove_prefix(2);
    } else if (!rest_.empty()) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_, line_;
  std::string joined_;
  const std::string& name_;
  const std::vector<std::string> statements_;
  std::vector<std::string_view> words_;
  int number_ = 0, more_lines_ = 0;
};

}  // namespace raywave::io::detail
