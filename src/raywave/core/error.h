// SPDX-License-Identifier: Apache-2.0
// Errors that a caller can cause throw raywave::Error; what only we can cause is RAYWAVE_DCHECK (on with
// RAYWAVE_CHECKS).
#pragma once

#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raywave {

/// Bad input. The message names quantity, value, unit, limit and place.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where warnings go: the library never prints. An empty sink drops them.
using LogSink = std::function<void(std::string_view message)>;

/// Builds a message from its parts: `throw Error(message("frequency_hz must be > 0, got ", f))`.
template <class... Parts>
std::string message(const Parts&... parts) {
  std::ostringstream out;
  out.precision(12);
  (out << ... << parts);
  return out.str();
}

/// @throws Error "<name> must be a finite number, got ..." unless value is finite.
void require_finite(std::string_view name, double value);
/// @throws Error "<name> must be > 0, got ..." unless value is finite and positive.
void require_positive(std::string_view name, double value);
/// @throws Error unless value is finite and >= 0.
void require_non_negative(std::string_view name, double value);
/// @throws Error unless lo <= value <= hi.
void require_in_range(std::string_view name, double value, double lo, double hi);
/// @throws Error unless value is finite and lower <= value <= upper (which may be infinite), and not 0 where that is
/// refused.
void require_within(std::string_view name, double value, double lower, double upper, bool zero_is_refused);

/// The candidate nearest to `word` in edit distance, or "" when none is within half its length. For "did you mean".
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);
/// ", did you mean 'x'?" or "" - appended to messages about unknown names.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// The value of a name in a table of pairs (name, value). @throws Error "unknown WHAT 'name'" for one that is not
/// there.
template <class Value, size_t N>
Value value_named(const std::pair<const char*, Value> (&table)[N], const char* what, std::string_view name) {
  std::vector<std::string> known;
  for (const auto& [text, value] : table) {
    if (text == name) return value;
    known.emplace_back(text);
  }
  throw Error(message("unknown ", what, " '", name, "'", did_you_mean(name, known)));
}
/// The name of a value in such a table; "?" for one that is not there.
template <class Value, size_t N>
const char* name_of(const std::pair<const char*, Value> (&table)[N], Value wanted) {
  for (const auto& [text, value] : table) {
    if (value == wanted) return text;
  }
  return "?";
}

/// Thrown by RAYWAVE_DCHECK: a fault of the library itself.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {
template <class A, class B>
[[noreturn]] void check_failed(const char* file, int line, const char* expr, const A& a, const B& b) {
  throw InternalError(message(file, ":", line, ": ", expr, " failed: ", a, " vs ", b));
}
}  // namespace detail

}  // namespace raywave

#if defined(RAYWAVE_CHECKS) && !defined(__CUDACC__)
#define RAYWAVE_DCHECK_OP_(a, op, b)                                                                   \
  do {                                                                                                 \
    if (!((a)op(b))) ::raywave::detail::check_failed(__FILE__, __LINE__, #a " " #op " " #b, (a), (b)); \
  } while (false)
#else
#define RAYWAVE_DCHECK_OP_(a, op, b) \
  do {                               \
  } while (false)
#endif
#define RAYWAVE_DCHECK_EQ(a, b) RAYWAVE_DCHECK_OP_(a, ==, b)
#define RAYWAVE_DCHECK_LT(a, b) RAYWAVE_DCHECK_OP_(a, <, b)
#define RAYWAVE_DCHECK_LE(a, b) RAYWAVE_DCHECK_OP_(a, <=, b)
#define RAYWAVE_DCHECK_GE(a, b) RAYWAVE_DCHECK_OP_(a, >=, b)
#define RAYWAVE_DCHECK_GT(a, b) RAYWAVE_DCHECK_OP_(a, >, b)
