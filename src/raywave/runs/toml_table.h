// SPDX-License-Identifier: Apache-2.0
// A TOML table read key by key, for the readers of this room; not part of the public interface.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/core/units.h"
#include "raywave/core/vec.h"

namespace raywave::runs::detail {

/// @throws Error "name:LINE: ..." for syntax.
inline toml::table parse_toml(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& e) {
    throw Error(message(name, ":", e.source().begin.line, ": ", e.description()));
  }
}

/// One table of the file: every key asked for is known, and `finish` refuses the others.
class Table {
 public:
  Table(const toml::table& table, const std::string& file, std::string where)
      : table_(table), file_(file), where_(std::move(where)) {}

  [[noreturn]] void fail(const toml::node& at, const std::string& what) const {
    throw Error(message(file_, ":", at.source().begin.line, ": ", what));
  }

  const toml::node* find(const char* key) {
    known_.emplace_back(key);
    return table_.get(key);
  }

  /// @param elsewhere  what could be said of a key that is none of this table's: where it belongs; or "".
  template <class Elsewhere>
  void finish(const Elsewhere& elsewhere) const {
    for (const auto& [key, node] : table_) {
      const std::string word(key.str());
      if (std::find(known_.begin(), known_.end(), word) != known_.end()) continue;
      const std::string place = elsewhere(word);
      throw Error(message(file_, ":", key.source().begin.line, ": unknown key '", word, "'",
                          where_.empty() ? "" : " in [" + where_ + "]",
                          place.empty() ? did_you_mean(word, known_) : place));
    }
    if (!missing_.empty()) fail(table_, missing_);
  }
  void finish() const {
    finish([](const std::string&) { return std::string(); });
  }
  /// Says what the table cannot do without, if it is not there: once `finish` knows that no key is merely misspelled.
  /// @return there
  bool require(bool there, const std::string& what) {
    if (!there && missing_.empty()) missing_ = what;
    return there;
  }
  bool lacks_something() const { return !missing_.empty(); }
  const std::vector<std::string>& known() const { return known_; }

  double as_number(const toml::node& node, const std::string& key) const {
    const auto value = node.is_number() ? node.value<double>() : std::nullopt;
    if (!value || !std::isfinite(*value)) fail(node, message(key, " must be a finite number"));
    return *value;
  }

  void read(const char* key, std::optional<double>& out) {
    if (const toml::node* node = find(key)) out = as_number(*node, key);
  }

  template <class Int>
  void read_integer(const char* key, std::optional<Int>& out, int64_t lo,
                    int64_t hi = std::numeric_limits<Int>::max()) {
    const toml::node* node = find(key);
    if (!node) return;
    double value = as_number(*node, key);  // 1e6 is a number of rays, too
    if (value != std::floor(value)) fail(*node, message(key, " must be a whole number, got ", value));
    if (!(value >= double(lo) && value <= double(hi))) {
      fail(*node, message(key, " must be in [", lo, ", ", hi, "], got ", value));
    }
    out = node->is_integer() ? Int(*node->value<int64_t>()) : Int(value);
  }

  void read(const char* key, std::optional<bool>& out) {
    const toml::node* node = find(key);
    if (!node) return;
    if (!node->is_boolean()) fail(*node, message(key, " must be true or false"));
    out = *node->value<bool>();
  }

  void read(const char* key, std::optional<std::string>& out) {
    const toml::node* node = find(key);
    if (!node) return;
    if (!node->is_string()) fail(*node, message(key, " must be a string"));
    out = *node->value<std::string>();
  }

  std::optional<std::vector<double>> numbers(const char* key, size_t count) {
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    const toml::array* array = node->as_array();
    if (!array || array->size() != count) fail(*node, message(key, " must be an array of ", count, " numbers"));
    std::vector<double> out;
    for (const toml::node& value : *array) out.push_back(as_number(value, key));
    return out;
  }

  void read(const char* key, std::optional<Vec3d>& out) {
    if (const auto v = numbers(key, 3)) out = Vec3d{(*v)[0], (*v)[1], (*v)[2]};
  }

  void read(const char* key, std::optional<Vec2d>& out) {
    if (const auto v = numbers(key, 2)) out = Vec2d{(*v)[0], (*v)[1]};
  }

  void read(const char* key, std::optional<std::vector<std::string>>& out) {
    const toml::node* node = find(key);
    if (!node) return;
    const toml::array* array = node->as_array();
    if (!array) fail(*node, message(key, " must be an array of strings"));
    out.emplace();
    for (const toml::node& value : *array) {
      if (!value.is_string()) fail(value, message(key, " must be an array of strings"));
      out->push_back(*value.value<std::string>());
    }
  }

  /// frequency_hz = 3.5e9, or frequency = "3.5GHz" or a number of hertz.
  void read_frequency(std::optional<double>& out) {
    read("frequency_hz", out);
    require_positive_value("frequency_hz", out);
    const toml::node* text = find("frequency");
    if (!text) return;
    if (out) fail(*text, "give frequency or frequency_hz, not both");
    if (text->is_number()) {
      out = as_number(*text, "frequency");
      require_positive_value("frequency", out);
      if (*out < 1e6) {
        fail(*text, message("frequency = ", *out, " has no unit: write \"", *out, "GHz\" or frequency_hz = ", *out));
      }
      return;
    }
    if (!text->is_string()) fail(*text, "frequency must be a number (Hz) or a string such as \"3.5GHz\"");
    try {
      out = parse_frequency_hz(*text->value<std::string>());
    } catch (const Error& e) {
      fail(*text, e.what());
    }
  }

  /// Any number of numbers.
  std::optional<std::vector<double>> numbers(const char* key) {
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    const toml::array* array = node->as_array();
    if (!array) fail(*node, message(key, " must be an array of numbers"));
    std::vector<double> out;
    for (const toml::node& value : *array) out.push_back(as_number(value, key));
    return out;
  }

  /// [[a, b], ...] with `count` numbers each.
  template <size_t count>
  std::optional<std::vector<std::array<double, count>>> tuples(const char* key) {
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    const toml::array* array = node->as_array();
    if (!array) fail(*node, message(key, " must be an array of arrays of ", count, " numbers"));
    std::vector<std::array<double, count>> out;
    for (const toml::node& item : *array) {
      const toml::array* values = item.as_array();
      if (!values || values->size() != count)
        fail(item, message(key, " must be an array of arrays of ", count, " numbers"));
      out.emplace_back();
      for (size_t i = 0; i < count; ++i) out.back()[i] = as_number((*values)[i], key);
    }
    return out;
  }
  auto pairs(const char* key) { return tuples<2>(key); }

  size_t line() const { return table_.source().begin.line; }
  size_t line(const char* key) const { return table_.get(key) ? table_.get(key)->source().begin.line : line(); }

  /// One of `names`; the enumerators are in their order.
  template <class Enum>
  void read_choice(const char* key, std::optional<Enum>& out, const std::vector<std::string>& names) {
    std::optional<std::string> word;
    read(key, word);
    if (!word) return;
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] == *word) out = Enum(i);
    }
    if (!out) fail(*table_.get(key), message("unknown ", key, " '", *word, "'", did_you_mean(*word, names)));
  }

  void require_positive_value(const char* key, const std::optional<double>& value) const {
    if (value && !(*value > 0)) fail(*table_.get(key), message(key, " must be > 0, got ", *value));
  }

  std::optional<Table> sub_table(const char* key) {
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    if (!node->is_table()) fail(*node, message("'", key, "' must be a table"));
    return Table(*node->as_table(), file_, key);
  }

  std::vector<Table> tables(const char* key) {
    std::vector<Table> out;
    const toml::node* node = find(key);
    if (!node) return out;
    if (!node->is_array()) fail(*node, message("'", key, "' must be an array of tables: [[", key, "]]"));
    for (const toml::node& item : *node->as_array()) {
      if (!item.is_table()) fail(item, message("'", key, "' must be an array of tables: [[", key, "]]"));
      out.emplace_back(*item.as_table(), file_, key);
    }
    return out;
  }

  const toml::table& raw() const { return table_; }
  const std::string& file() const { return file_; }

 private:
  const toml::table& table_;
  const std::string& file_;
  std::string where_;
  std::vector<std::string> known_;
  std::string missing_;  // the first of what is required
};

}  // namespace raywave::runs::detail
