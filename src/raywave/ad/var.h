// SPDX-License-Identifier: Apache-2.0
// Reverse mode on a local tape: a path's evaluation over Var records its operations, one backward sweep gives the
// derivatives of a weighted sum of its outputs with respect to all inputs (vjp). A tape belongs to one thread, stays in
// its cache, and is rewound for the next path: memory does not grow with the number of paths.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "raywave/ad/dual.h"
#include "raywave/core/complex.h"
#include "raywave/core/vec.h"

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
#ifdef __CUDACC__
    thread_local Tape* tape = nullptr;  // nvcc does not know the attribute
#else
    [[gnu::tls_model("initial-exec")]] thread_local Tape* tape = nullptr;
#endif
    return tape;
  }

  /// A number to differentiate with respect to.
  Var input(double value) { return {value, push(-1, 0, -1, 0)}; }
  [[gnu::always_inline]] int32_t push(int32_t a, double da, int32_t b, double db) {
    if (size_ == nodes_.size()) grow();
    nodes_[size_] = {a, b, da, db};
    return int32_t(size_++);
  }
  /// Two more arguments of the number that push() is called for next; `a` is none's, b may be -1.
  [[gnu::always_inline]] void push_more(int32_t a, double da, int32_t b, double db) {
    (void)push(kMore - a, da, b, db);
  }
  void rewind() {
    size_ = mark_ = 0;
    adjoints_.clear();
  }
  /// What was recorded so far is shared by what follows: it stays when the tape goes back, and its weights add up until
  /// finish() carries them back.
  void mark() { mark_ = size_; }
  void back_to_mark() {
    size_ = mark_;
    adjoints_.resize(mark_, 0.0);
  }
  size_t size() const { return size_; }

  /// Adds to the weight of an output.
  void seed(const Var& output, double weight) {
    if (output.id < 0) return;
    adjoints_.resize(size_, 0.0);
    adjoints_[size_t(output.id)] += weight;
  }
  /// Carries the weights back to the inputs (to what stands before the mark). Call once after seeding.
  void sweep() {
    adjoints_.resize(size_, 0.0);
    sweep(mark_, size_);
  }
  /// Carries the weights that the shared beginning has gathered back to its inputs.
  void finish() {
    adjoints_.resize(size_, 0.0);
    sweep(0, mark_);
  }
  double adjoint(const Var& input) const { return input.id < 0 ? 0.0 : adjoints_[size_t(input.id)]; }

 private:
  [[gnu::noinline]] void grow() { nodes_.resize(nodes_.empty() ? 1024 : 2 * nodes_.size()); }
  void sweep(size_t begin, size_t end) {
    for (size_t i = end; i-- > begin;) {
      const double w = adjoints_[i];
      if (w == 0) continue;
      const Node& n = nodes_[i];
      if (n.a >= 0) adjoints_[size_t(n.a)] += w * n.da;
      if (n.b >= 0) adjoints_[size_t(n.b)] += w * n.db;
      for (; i > begin && nodes_[i - 1].a <= kMore; --i) {
        const Node& more = nodes_[i - 1];
        adjoints_[size_t(kMore - more.a)] += w * more.da;
        if (more.b >= 0) adjoints_[size_t(more.b)] += w * more.db;
      }
    }
  }
  static constexpr int32_t kMore = -2;  // and below: of a node that has no adjoint of its own, see push_more()
  struct Node {
    int32_t a, b;
    double da, db;
  };
  std::vector<Node> nodes_;  // [room]
  std::vector<double> adjoints_;
  size_t size_ = 0, mark_ = 0;
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

/// Of any number of arguments as one number: what sums of products are made of takes half the room of its parts.
template <size_t N>
[[gnu::always_inline]] inline Var chain(double value, const std::array<Partial<Var>, N>& all) {
  std::array<int32_t, N + 1> id;
  std::array<double, N + 1> slope;
  size_t n = 0;
  for (const Partial<Var>& p : all) {
    id[n] = p.argument.id, slope[n] = p.derivative;
    n += p.argument.id >= 0 ? 1 : 0;
  }
  if (n == 0) return {value};
  Tape& tape = *Tape::current();
  id[n] = -1, slope[n] = 0;
  if constexpr (N > 2) {
    for (; n > 2; n -= 2) tape.push_more(id[n - 1], slope[n - 1], id[n - 2], slope[n - 2]);
  }
  return {value, n == 1 ? tape.push(id[0], slope[0], -1, 0) : tape.push(id[0], slope[0], id[1], slope[1])};
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

// What core/vec.h and core/complex.h have over any scalar, with the same values, as one number of the tape a component.

/// Of two vectors whose components are all on the tape, or all of one are; the quick ways of dot().
inline Var dot_of_variables(double value, const Vec3<Var>& a, const Vec3<Var>& b) {
  Tape& tape = *Tape::current();
  tape.push_more(a.x.id, b.x.v, b.x.id, a.x.v);
  tape.push_more(a.y.id, b.y.v, b.y.id, a.y.v);
  return {value, tape.push(a.z.id, b.z.v, b.z.id, a.z.v)};
}
inline Var dot_with_constant(double value, const Vec3<Var>& a, const Vec3<Var>& constant) {
  Tape& tape = *Tape::current();
  tape.push_more(a.x.id, constant.x.v, a.y.id, constant.y.v);
  return {value, tape.push(a.z.id, constant.z.v, -1, 0)};
}
inline Var dot(const Vec3<Var>& a, const Vec3<Var>& b) {
  const double value = a.x.v * b.x.v + a.y.v * b.y.v + a.z.v * b.z.v;
  const bool a_varies = (a.x.id | a.y.id | a.z.id) >= 0, b_varies = (b.x.id | b.y.id | b.z.id) >= 0;
  if (a_varies && b_varies) return dot_of_variables(value, a, b);
  if (a_varies && (b.x.id & b.y.id & b.z.id) < 0) return dot_with_constant(value, a, b);
  if (b_varies && (a.x.id & a.y.id & a.z.id) < 0) return dot_with_constant(value, b, a);
  return chain<6>(value, {{{b.x.v, a.x}, {a.x.v, b.x}, {b.y.v, a.y}, {a.y.v, b.y}, {b.z.v, a.z}, {a.z.v, b.z}}});
}
inline Var norm2(const Vec3<Var>& a) {
  return chain<3>(a.x.v * a.x.v + a.y.v * a.y.v + a.z.v * a.z.v,
                  {{{2 * a.x.v, a.x}, {2 * a.y.v, a.y}, {2 * a.z.v, a.z}}});
}
/// a b + sign c d
[[gnu::always_inline]] inline Var two_products(double value, const Var& a, const Var& b, double sign, const Var& c,
                                               const Var& d) {
  if ((a.id | b.id | c.id | d.id) >= 0) {
    Tape& tape = *Tape::current();
    tape.push_more(a.id, b.v, b.id, a.v);
    return {value, tape.push(c.id, sign * d.v, d.id, sign * c.v)};
  }
  return chain<4>(value, {{{b.v, a}, {a.v, b}, {sign * d.v, c}, {sign * c.v, d}}});
}
/// a b - c d
inline Var difference_of_products(const Var& a, const Var& b, const Var& c, const Var& d) {
  return two_products(a.v * b.v - c.v * d.v, a, b, -1, c, d);
}
/// a b + c d
inline Var sum_of_products(const Var& a, const Var& b, const Var& c, const Var& d) {
  return two_products(a.v * b.v + c.v * d.v, a, b, 1, c, d);
}
inline Vec3<Var> cross(const Vec3<Var>& a, const Vec3<Var>& b) {
  return {difference_of_products(a.y, b.z, a.z, b.y), difference_of_products(a.z, b.x, a.x, b.z),
          difference_of_products(a.x, b.y, a.y, b.x)};
}
inline Complex<Var> operator*(const Complex<Var>& a, const Complex<Var>& b) {
  return {difference_of_products(a.re, b.re, a.im, b.im), sum_of_products(a.re, b.im, a.im, b.re)};
}
inline Complex<Var> operator/(const Complex<Var>& a, const Complex<Var>& b) {
  const double s = 1 / (b.re.v * b.re.v + b.im.v * b.im.v), c = b.re.v * s, e = b.im.v * s;  // 1 / b = c - j e
  const Complex<double> q{(a.re.v * b.re.v + a.im.v * b.im.v) * s, (a.im.v * b.re.v - a.re.v * b.im.v) * s},
      by_b = q * Complex<double>{c, -e};
  return {chain<4>(q.re, {{{c, a.re}, {e, a.im}, {-by_b.re, b.re}, {by_b.im, b.im}}}),
          chain<4>(q.im, {{{-e, a.re}, {c, a.im}, {-by_b.im, b.re}, {-by_b.re, b.im}}})};
}
inline Var norm2(const Complex<Var>& a) {
  return chain(a.re.v * a.re.v + a.im.v * a.im.v, {2 * a.re.v, a.re}, {2 * a.im.v, a.im});
}
inline CVec3<Var> operator*(const Complex<Var>& s, const CVec3<Var>& a) {
  const auto re = [&](const Var& x, const Var& y) { return difference_of_products(s.re, x, s.im, y); };
  const auto im = [&](const Var& x, const Var& y) { return sum_of_products(s.re, y, s.im, x); };
  return {{re(a.re.x, a.im.x), re(a.re.y, a.im.y), re(a.re.z, a.im.z)},
          {im(a.re.x, a.im.x), im(a.re.y, a.im.y), im(a.re.z, a.im.z)}};
}

}  // namespace raywave::ad
