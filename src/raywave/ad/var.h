// SPDX-License-Identifier: Apache-2.0
// Reverse mode on a local tape: a path's evaluation over Var records its operations, one backward sweep gives the
// derivatives of a weighted sum of its outputs with respect to all inputs (vjp). A tape belongs to one thread, stays in
// its cache, and is rewound for the next path: memory does not grow with the number of paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "raywave/ad/dual.h"

namespace raywave::ad {

/// A number on the current tape; a constant (id < 0) records nothing.
struct Var {
  double v = 0;
  int32_t id = -1;
  Var() = default;
  Var(double value) : v(value) {}  // NOLINT: converts as numbers do
  Var(double value, int32_t node) : v(value), id(node) {}
};

class Tape {
 public:
  /// The tape that operations of this thread are recorded on.
  static Tape*& current() {
    // every operation asks for it: without a call, in shared libraries too
    [[gnu::tls_model("initial-exec")]] thread_local Tape* tape = nullptr;
    return tape;
  }

  /// A number to differentiate with respect to.
  Var input(double value) { return {value, push(-1, 0, -1, 0)}; }
  [[gnu::always_inline]] int32_t push(int32_t a, double da, int32_t b, double db) {
    nodes_.push_back({a, b, da, db});
    return int32_t(nodes_.size()) - 1;
  }
  void rewind() {
    nodes_.clear();
    adjoints_.clear();
    mark_ = 0;
  }
  /// What was recorded so far is shared by what follows: it stays when the tape goes back, and its weights add up until
  /// finish() carries them back.
  void mark() { mark_ = nodes_.size(); }
  void back_to_mark() {
    nodes_.resize(mark_);
    adjoints_.resize(mark_, 0.0);
  }
  size_t size() const { return nodes_.size(); }

  /// Adds to the weight of an output.
  void seed(const Var& output, double weight) {
    if (output.id < 0) return;
    adjoints_.resize(nodes_.size(), 0.0);
    adjoints_[size_t(output.id)] += weight;
  }
  /// Carries the weights back to the inputs (to what stands before the mark). Call once after seeding.
  void sweep() {
    adjoints_.resize(nodes_.size(), 0.0);
    sweep(mark_, nodes_.size());
  }
  /// Carries the weights that the shared beginning has gathered back to its inputs.
  void finish() {
    adjoints_.resize(nodes_.size(), 0.0);
    sweep(0, mark_);
  }
  double adjoint(const Var& input) const { return input.id < 0 ? 0.0 : adjoints_[size_t(input.id)]; }

 private:
  void sweep(size_t begin, size_t end) {
    for (size_t i = end; i-- > begin;) {
      const double w = adjoints_[i];
      if (w == 0) continue;
      const Node& n = nodes_[i];
      if (n.a >= 0) adjoints_[size_t(n.a)] += w * n.da;
      if (n.b >= 0) adjoints_[size_t(n.b)] += w * n.db;
    }
  }
  struct Node {
    int32_t a, b;
    double da, db;
  };
  std::vector<Node> nodes_;
  std::vector<double> adjoints_;
  size_t mark_ = 0;
};

/// Makes a tape the current one of this thread for as long as it lives, from a fresh start.
class Recording {
 public:
  explicit Recording(Tape& tape) : before_(Tape::current()) {
    tape.rewind();
    Tape::current() = &tape;
  }
  ~Recording() { Tape::current() = before_; }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  Tape* before_;
};

inline double value_of(const Var& x) { return x.v; }

[[gnu::always_inline]] inline Var chain(double value, const Partial<Var>& a) {
  if (a.argument.id < 0) return {value};
  return {value, Tape::current()->push(a.argument.id, a.derivative, -1, 0)};
}
[[gnu::always_inline]] inline Var chain(double value, const Partial<Var>& a, const Partial<Var>& b) {
  if (a.argument.id < 0 && b.argument.id < 0) return {value};
  return {value, Tape::current()->push(a.argument.id, a.derivative, b.argument.id, b.derivative)};
}

[[gnu::always_inline]] inline Var chain(double value, const Partial<Var>& a, const Partial<Var>& b,
                                        const Partial<Var>& c) {
  const Var first = chain(value, a, b);
  return chain(value, {1, first}, c);
}

inline Var operator+(const Var& a, const Var& b) { return chain(a.v + b.v, {1, a}, {1, b}); }
inline Var operator-(const Var& a, const Var& b) { return chain(a.v - b.v, {1, a}, {-1, b}); }
inline Var operator-(const Var& a) { return chain(-a.v, {-1, a}); }
inline Var operator*(const Var& a, const Var& b) { return chain(a.v * b.v, {b.v, a}, {a.v, b}); }
inline Var operator/(const Var& a, const Var& b) {
  const double inverse = 1 / b.v, q = a.v * inverse;
  return chain(a.v / b.v, {inverse, a}, {-q * inverse, b});
}
inline Var& operator+=(Var& a, const Var& b) { return a = a + b; }
inline Var& operator-=(Var& a, const Var& b) { return a = a - b; }
inline Var& operator*=(Var& a, const Var& b) { return a = a * b; }
inline bool operator==(const Var& a, const Var& b) { return a.v == b.v; }
inline bool operator<(const Var& a, const Var& b) { return a.v < b.v; }
inline bool operator>(const Var& a, const Var& b) { return a.v > b.v; }
inline bool operator<=(const Var& a, const Var& b) { return a.v <= b.v; }
inline bool operator>=(const Var& a, const Var& b) { return a.v >= b.v; }

}  // namespace raywave::ad
