// SPDX-License-Identifier: Apache-2.0
// Compiled with fused multiply-adds (src/raywave/CMakeLists.txt): its results are its own either way.
#include "raywave/wave/row_transform.h"

#include <bit>
#include <cmath>
#include <map>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/wave/lane_cells.h"

namespace raywave::wave {
namespace {

using detail::butterfly;
using detail::butterfly_back;
using detail::times;
using detail::times_conj;
using V = detail::Lanes<double>::V;
using Lane = detail::Cell<double>;

constexpr int kPoint[] = {0, 2, 1, 3};  // of four neighbours, in the lanes: as unpacking leaves them
constexpr int kBlock = 256;             // lanes of 64 bytes, 16 KiB: the stages below it stay in the first-level cache
constexpr int kLine = 64;               // bytes of a cache line
constexpr int kPad = 8;                 // lanes between quarters, which would lie in the same places of a cache else

inline V load(const double* p) {
  typedef double U __attribute__((vector_size(32), aligned(8)));
  return *reinterpret_cast<const U*>(p);
}
inline void store(double* p, V v) {
  typedef double U __attribute__((vector_size(32), aligned(8)));
  *reinterpret_cast<U*>(p) = v;
}
inline double* raw(std::complex<double>* p) { return reinterpret_cast<double*>(p); }
inline const double* raw(const std::complex<double>* p) { return reinterpret_cast<const double*>(p); }

// Four neighbours of a row.
inline Lane get(const std::complex<double>* p) {
  const V a = load(raw(p)), b = load(raw(p + 2));
  return {__builtin_shufflevector(a, b, 0, 4, 2, 6), __builtin_shufflevector(a, b, 1, 5, 3, 7)};
}
inline void put(std::complex<double>* p, const Lane& v) {
  store(raw(p), __builtin_shufflevector(v.re, v.im, 0, 4, 2, 6));
  store(raw(p + 2), __builtin_shufflevector(v.re, v.im, 1, 5, 3, 7));
}
inline Lane at(const double* p) { return {load(p), load(p + 4)}; }

// Lanes (a0 a1 a2 a3) ... become (a0 b0 c0 d0) ...
inline void transpose(V& a, V& b, V& c, V& d) {
  const V ab_lo = __builtin_shufflevector(a, b, 0, 4, 2, 6), ab_hi = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const V cd_lo = __builtin_shufflevector(c, d, 0, 4, 2, 6), cd_hi = __builtin_shufflevector(c, d, 1, 5, 3, 7);
  a = __builtin_shufflevector(ab_lo, cd_lo, 0, 1, 4, 5), c = __builtin_shufflevector(ab_lo, cd_lo, 2, 3, 6, 7);
  b = __builtin_shufflevector(ab_hi, cd_hi, 0, 1, 4, 5), d = __builtin_shufflevector(ab_hi, cd_hi, 2, 3, 6, 7);
}

// The first quarter's lane j and those beside it in the others, forward and back.
inline void split(Lane& a, Lane& b, Lane& c, Lane& d, const double* w) {
  butterfly(a, b, c, d);
  b = times(b, at(w)), c = times(c, at(w + 8)), d = times(d, at(w + 16));
}
inline void join(Lane& a, Lane& b, Lane& c, Lane& d, const double* w) {
  b = times_conj(b, at(w)), c = times_conj(c, at(w + 8)), d = times_conj(d, at(w + 16));
  butterfly_back(a, b, c, d);
}

template <class Also>
inline void forward_stage(Lane* x, int q, const double* w, Also&& also) {
  for (int j = 0; j < q; ++j, w += 24) {
    also(j);
    Lane a = x[j], b = x[j + q], c = x[j + 2 * q], d = x[j + 3 * q];
    split(a, b, c, d, w);
    x[j] = a, x[j + q] = b, x[j + 2 * q] = c, x[j + 3 * q] = d;
  }
}
inline void backward_stage(Lane* x, int q, const double* w) {
  for (int j = 0; j < q; ++j, w += 24) {
    Lane a = x[j], b = x[j + q], c = x[j + 2 * q], d = x[j + 3 * q];
    join(a, b, c, d, w);
    x[j] = a, x[j + q] = b, x[j + 2 * q] = c, x[j + 3 * q] = d;
  }
}

// Four transforms of the four points in a lane each, the gain, and back.
inline void across(Lane& a, Lane& b, Lane& c, Lane& d, const double* g) {
  transpose(a.re, b.re, c.re, d.re), transpose(a.im, b.im, c.im, d.im);
  butterfly(a, c, b, d);  // in the order of the points: kPoint
  a = times(a, at(g)), c = times(c, at(g + 8)), b = times(b, at(g + 16)), d = times(d, at(g + 24));
  butterfly_back(a, c, b, d);
  transpose(a.re, b.re, c.re, d.re), transpose(a.im, b.im, c.im, d.im);
}
// Transforms of 16 points each.
inline void core_sixteen(Lane* x, int count, const double* w, const double* g) {
  for (int i = 0; i < count; i += 4, g += 32) {
    Lane a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
    split(a, b, c, d, w);
    across(a, b, c, d, g);
    join(a, b, c, d, w);
    x[i] = a, x[i + 1] = b, x[i + 2] = c, x[i + 3] = d;
  }
}
// Two transforms of 8 points each.
inline void core_eight(Lane* x, int count, const double* w, const double* g) {
  for (int i = 0; i < count; i += 4, g += 32) {
    Lane a = x[i] + x[i + 1], b = times(x[i] - x[i + 1], at(w));
    Lane c = x[i + 2] + x[i + 3], d = times(x[i + 2] - x[i + 3], at(w));
    across(a, b, c, d, g);
    b = times_conj(b, at(w)), d = times_conj(d, at(w));
    x[i] = a + b, x[i + 1] = a - b, x[i + 2] = c + d, x[i + 3] = c - d;
  }
}

struct Nothing {
  void operator()(int) const {}
};

struct Stages {
  const int* length;
  const size_t* at;
  const double* twiddles;
  int count;  // those before the core

  // Stages `s` ... on `size` lanes, the core, and back.
  template <class Also>
  void run(Lane* x, int size, int s, const double* g, Also&& also) const {
    if (s == count) return core(x, size, g);
    forward_stage(x, size / 4, twiddles + at[s], also);
    if (size <= kBlock) {
      for (int k = s + 1; k < count; ++k)
        for (int b = 0; b < size; b += length[k] / 4) forward_stage(x + b, length[k] / 16, twiddles + at[k], Nothing{});
      core(x, size, g);
      for (int k = count; k-- > s + 1;)
        for (int b = 0; b < size; b += length[k] / 4) backward_stage(x + b, length[k] / 16, twiddles + at[k]);
    } else {
      for (int b = 0; b < 4; ++b) run(x + b * (size / 4), size / 4, s + 1, g + size * 2 * b, Nothing{});
    }
    backward_stage(x, size / 4, twiddles + at[s]);
  }
  void core(Lane* x, int size, const double* g) const {
    length[count] == 16 ? core_sixteen(x, size, twiddles + at[count], g) : core_eight(x, size, twiddles + at[count], g);
  }
};

void push_twiddle(std::vector<double>& out, int j, int power, int length) {
  for (const bool imaginary : {false, true})
    for (const int point : kPoint) {
      const double a = -2 * kPi * double(4 * j + point) * power / length;
      out.push_back(imaginary ? std::sin(a) : std::cos(a));
    }
}

// The wavenumber index at each place that the stages leave; residue classes (offset, stride) in the order of parting.
std::vector<std::pair<int, int>> part(const std::vector<std::pair<int, int>>& classes, int radix) {
  std::vector<std::pair<int, int>> out;
  for (const auto& [offset, stride] : classes)
    for (int r = 0; r < radix; ++r) out.push_back({offset + r * stride, stride * radix});
  return out;
}

}  // namespace

bool RowTransform::supports(int n) { return n >= 256 && n <= 262144 && std::has_single_bit(unsigned(n)); }

RowTransform::RowTransform(int n) : n_(n) {
  if (!supports(n)) throw Error(message("the row transform needs a power of two from 256 to 262144, got ", n));
  std::vector<std::pair<int, int>> classes{{0, 1}};
  int length = n;
  for (;; length /= 4) {
    stage_length_.push_back(length);
    stage_at_.push_back(twiddles_.size());
    if (length == 8) break;
    for (int j = 0; j < length / 16; ++j)
      for (int p = 1; p < 4; ++p) push_twiddle(twiddles_, j, p, length);
    classes = part(classes, 4);
    if (length == 16) break;
  }
  if (length == 8) push_twiddle(twiddles_, 0, 1, 8), classes = part(classes, 2);
  for (size_t i = 0; i < classes.size(); i += 4)  // four lanes, turned: a class of each four points after the other
    for (int c = 0; c < 4; ++c)
      for (size_t l = i; l < i + 4; ++l) order_.push_back(classes[l].first + c * classes[l].second);
}

std::vector<std::complex<double>> RowTransform::table(std::span<const std::complex<double>> g) const {
  std::vector<std::complex<double>> out(g.size());
  double* p = raw(out.data());
  for (size_t i = 0; i < g.size(); i += 4, p += 8)
    for (size_t l = 0; l < 4; ++l) {
      const auto v = g[size_t(order_[i + l])] / double(n_);
      p[l] = v.real(), p[4 + l] = v.imag();
    }
  return out;
}

RowTransform::Lanes::Lanes(const RowTransform& row) : blocks_(size_t(row.n_) / 4 + 3 * kPad) {}

void RowTransform::apply(const std::complex<double>* table, std::complex<double>* u) const {
  thread_local std::map<int, Lanes> scratch;
  Lanes& lanes = scratch.try_emplace(n_, *this).first->second;
  enter(u, lanes);
  leave(table, lanes, u);
}

void RowTransform::enter(const std::complex<double>* u, Lanes& lanes) const {
  auto* x = reinterpret_cast<Lane*>(lanes.data());
  const int q = n_ / 16, s = q + kPad;
  const double* w = twiddles_.data();
  for (int j = 0; j < q; ++j, w += 24) {
    Lane a = get(u + 4 * j), b = get(u + 4 * (j + q)), c = get(u + 4 * (j + 2 * q)), d = get(u + 4 * (j + 3 * q));
    split(a, b, c, d, w);
    x[j] = a, x[j + s] = b, x[j + 2 * s] = c, x[j + 3 * s] = d;
  }
}

// All stages but the first, the gain, and back.
void RowTransform::inner(const std::complex<double>* table, double* lanes, const Ahead& ahead) const {
  auto* x = reinterpret_cast<Lane*>(lanes);
  const Stages stages{stage_length_.data(), stage_at_.data(), twiddles_.data(), int(stage_length_.size()) - 1};
  const int q = n_ / 16;
  for (int b = 0; b < 4; ++b) {
    // q / 4 times in each quarter: four lines of each row. Inlined: g++ drops calls of what only fetches.
    const auto fetch = [&, at = size_t(b) * size_t(q / 4) ](int j) __attribute__((always_inline)) {
      for (const auto* row : {ahead.screen, ahead.tape}) {
        if (!row) continue;
        const char* line = reinterpret_cast<const char*>(row) + (at + size_t(j)) * 4 * kLine;
        for (int i = 0; i < 4; ++i) __builtin_prefetch(line + i * kLine, 0, 2);
      }
    };
    stages.run(x + b * (q + kPad), q, 1, raw(table) + size_t(b) * size_t(q) * 8, fetch);
  }
}

void RowTransform::leave(const std::complex<double>* table, Lanes& lanes, std::complex<double>* u) const {
  const auto* x = reinterpret_cast<const Lane*>(lanes.data());
  const int q = n_ / 16, s = q + kPad;
  inner(table, lanes.data(), {});
  const double* w = twiddles_.data();
  for (int j = 0; j < q; ++j, w += 24) {
    Lane a = x[j], b = x[j + s], c = x[j + 2 * s], d = x[j + 3 * s];
    join(a, b, c, d, w);
    put(u + 4 * j, a), put(u + 4 * (j + q), b), put(u + 4 * (j + 2 * q), c), put(u + 4 * (j + 3 * q), d);
  }
}

// between(lane, i, j): what happens to the four points from j on, of which i numbers go before in the lanes' order.
template <class Between>
void RowTransform::turn_with(const std::complex<double>* table, double* lanes, const Ahead& ahead,
                             Between&& between) const {
  auto* x = reinterpret_cast<Lane*>(lanes);
  const int q = n_ / 16, s = q + kPad;
  inner(table, lanes, ahead);
  const double* w = twiddles_.data();
  for (int j = 0; j < q; ++j, w += 24) {
    Lane a = x[j], b = x[j + s], c = x[j + 2 * s], d = x[j + 3 * s];
    join(a, b, c, d, w);
    between(a, 16 * j, 4 * j), between(b, 16 * j + 4, 4 * (j + q));
    between(c, 16 * j + 8, 4 * (j + 2 * q)), between(d, 16 * j + 12, 4 * (j + 3 * q));
    split(a, b, c, d, w);
    x[j] = a, x[j + s] = b, x[j + 2 * s] = c, x[j + 3 * s] = d;
  }
}

void RowTransform::turn(const std::complex<double>* table, const std::complex<double>* screen,
                        std::complex<double>* tape, Lanes& lanes, const Ahead& ahead) const {
  turn_with(table, lanes.data(), ahead, [=](Lane& v, int i, int) {
    if (tape) store(raw(tape + i), v.re), store(raw(tape + i + 2), v.im);
    v = times(v, at(raw(screen + i)));
  });
}

void RowTransform::turn_back(const std::complex<double>* table, const std::complex<double>* screen,
                             const std::complex<double>* tape, std::complex<double> rate,
                             std::complex<double>* gradient, Lanes& lanes, const Ahead& ahead) const {
  turn_with(table, lanes.data(), ahead, [=](Lane& v, int i, int j) {
    v = times_conj(v, at(raw(screen + i)));
    if (tape) put(gradient + j, times(times_conj(v, at(raw(tape + i))), rate));
  });
}

void RowTransform::to_lanes(const std::complex<double>* row, std::complex<double>* lanes) const {
  for (int j = 0; j < n_ / 4; j += 4, lanes += 16)
    for (int b = 0; b < 4; ++b) {
      const Lane v = get(row + j + b * (n_ / 4));
      store(raw(lanes + 4 * b), v.re), store(raw(lanes + 4 * b + 2), v.im);
    }
}

void RowTransform::from_lanes(const std::complex<double>* lanes, std::complex<double>* row) const {
  for (int j = 0; j < n_ / 4; j += 4, lanes += 16)
    for (int b = 0; b < 4; ++b) put(row + j + b * (n_ / 4), at(raw(lanes + 4 * b)));
}

namespace {

// Two complex numbers side by side: a b, and a conj(b).
constexpr V kMinusPlus{-1, 1, -1, 1};
inline V swapped(V v) { return __builtin_shufflevector(v, v, 1, 0, 3, 2); }
inline V product(V a, V b) {
  const V re = __builtin_shufflevector(b, b, 0, 0, 2, 2), im = __builtin_shufflevector(b, b, 1, 1, 3, 3);
  return a * re + kMinusPlus * (swapped(a) * im);
}
inline V product_conj(V a, V b) {
  const V re = __builtin_shufflevector(b, b, 0, 0, 2, 2), im = __builtin_shufflevector(b, b, 1, 1, 3, 3);
  return a * re - kMinusPlus * (swapped(a) * im);
}

}  // namespace

void multiply(std::span<std::complex<double>> u, const std::complex<double>* t) {
  const size_t even = u.size() / 2 * 2;
  for (size_t j = 0; j < even; j += 2) store(raw(&u[j]), product(load(raw(&u[j])), load(raw(t + j))));
  if (even < u.size()) u[even] *= t[even];
}

void reverse_screen(std::span<std::complex<double>> u_bar, const std::complex<double>* t, std::complex<double>* field,
                    std::complex<double> rate) {
  const V c{rate.real(), rate.imag(), rate.real(), rate.imag()};
  const size_t even = u_bar.size() / 2 * 2;
  for (size_t j = 0; j < even; j += 2) {
    const V b = product_conj(load(raw(&u_bar[j])), load(raw(t + j)));
    store(raw(&u_bar[j]), b);
    store(raw(field + j), product(product_conj(b, load(raw(field + j))), c));
  }
  if (even == u_bar.size()) return;
  u_bar[even] *= std::conj(t[even]);
  field[even] = u_bar[even] * std::conj(field[even]) * rate;
}

}  // namespace raywave::wave
