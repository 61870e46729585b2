// SPDX-License-Identifier: Apache-2.0
// This file alone is compiled with fused multiply-adds (src/raywave/CMakeLists.txt): its results are its own either
// way.
#include "raywave/wave/fused_march.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"

namespace raywave::wave {
namespace {

template <class Real>
struct Lanes;
template <>
struct Lanes<double> {
  typedef double V __attribute__((vector_size(32)));
};
template <>
struct Lanes<float> {
  typedef float V __attribute__((vector_size(32)));
};

template <class Real>
struct Cell {
  typename Lanes<Real>::V re, im;
};

template <class Real>
inline Cell<Real> operator+(const Cell<Real>& a, const Cell<Real>& b) {
  return {a.re + b.re, a.im + b.im};
}
template <class Real>
inline Cell<Real> operator-(const Cell<Real>& a, const Cell<Real>& b) {
  return {a.re - b.re, a.im - b.im};
}
template <class Real>
inline Cell<Real> times(const Cell<Real>& a, Real re, Real im) {
  return {a.re * re - a.im * im, a.im * re + a.re * im};
}
template <class Real>
inline Cell<Real> times_conj(const Cell<Real>& a, Real re, Real im) {
  return {a.re * re + a.im * im, a.im * re - a.re * im};
}

// Gains: one number for all lanes, or one for each.
template <class Real>
inline Cell<Real> times(const Cell<Real>& a, const std::complex<Real>& g) {
  return times(a, g.real(), g.imag());
}
template <class Real>
inline Cell<Real> times(const Cell<Real>& a, const Cell<Real>& g) {
  return {a.re * g.re - a.im * g.im, a.im * g.re + a.re * g.im};
}
template <class Real, class Gain>
inline Cell<Real> times(const Cell<Real>& a, const Gain& g) {
  return times(a, Cell<Real>(g));
}
template <class Real>
inline Cell<Real> times_conj(const Cell<Real>& a, const Cell<Real>& g) {
  return {a.re * g.re + a.im * g.im, a.im * g.re - a.re * g.im};
}

// a, b, c, d become the four-point transform, exp(-j) forward.
template <class Real>
inline void butterfly(Cell<Real>& a, Cell<Real>& b, Cell<Real>& c, Cell<Real>& d) {
  const Cell<Real> t0 = a + c, t1 = a - c, t2 = b + d, bd = b - d;
  const Cell<Real> t3{bd.im, -bd.re};
  a = t0 + t2, c = t0 - t2, b = t1 + t3, d = t1 - t3;
}
template <class Real>
inline void butterfly_back(Cell<Real>& a, Cell<Real>& b, Cell<Real>& c, Cell<Real>& d) {
  const Cell<Real> t0 = a + c, t1 = a - c, t2 = b + d, bd = b - d;
  const Cell<Real> t3{-bd.im, bd.re};
  a = t0 + t2, c = t0 - t2, b = t1 + t3, d = t1 - t3;
}

template <class Real>
inline void forward_stage(Cell<Real>* x, int length, const Real* w) {
  const int q = length / 4;
  for (int j = 0; j < q; ++j, w += 6) {
    Cell<Real> a = x[j], b = x[j + q], c = x[j + 2 * q], d = x[j + 3 * q];
    butterfly(a, b, c, d);
    x[j] = a;
    x[j + q] = times(b, w[0], w[1]);
    x[j + 2 * q] = times(c, w[2], w[3]);
    x[j + 3 * q] = times(d, w[4], w[5]);
  }
}

template <class Real>
inline void backward_stage(Cell<Real>* x, int length, const Real* w) {
  const int q = length / 4;
  for (int j = 0; j < q; ++j, w += 6) {
    Cell<Real> a = x[j], b = times_conj(x[j + q], w[0], w[1]), c = times_conj(x[j + 2 * q], w[2], w[3]),
               d = times_conj(x[j + 3 * q], w[4], w[5]);
    butterfly_back(a, b, c, d);
    x[j] = a, x[j + q] = b, x[j + 2 * q] = c, x[j + 3 * q] = d;
  }
}

// The last inverse stage, the screen and the first stage of the next transform, on the same four places.
template <class Real>
inline void turn(Cell<Real>* x, int length, const Real* w, const std::complex<Real>* t) {
  const int q = length / 4;
  for (int j = 0; j < q; ++j, w += 6) {
    Cell<Real> a = x[j], b = times_conj(x[j + q], w[0], w[1]), c = times_conj(x[j + 2 * q], w[2], w[3]),
               d = times_conj(x[j + 3 * q], w[4], w[5]);
    butterfly_back(a, b, c, d);
    if (t) {
      a = times(a, t[j].real(), t[j].imag()), b = times(b, t[j + q].real(), t[j + q].imag());
      c = times(c, t[j + 2 * q].real(), t[j + 2 * q].imag()), d = times(d, t[j + 3 * q].real(), t[j + 3 * q].imag());
    }
    butterfly(a, b, c, d);
    x[j] = a;
    x[j + q] = times(b, w[0], w[1]);
    x[j + 2 * q] = times(c, w[2], w[3]);
    x[j + 3 * q] = times(d, w[4], w[5]);
  }
}

// The shortest transforms, forward, times the table, and back.
template <class Real, class Gain>
inline void core4(Cell<Real>* x, int count, const Gain* g) {
  for (int i = 0; i < count; i += 4) {
    Cell<Real> a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
    butterfly(a, b, c, d);
    a = times(a, g[i]), b = times(b, g[i + 1]), c = times(c, g[i + 2]), d = times(d, g[i + 3]);
    butterfly_back(a, b, c, d);
    x[i] = a, x[i + 1] = b, x[i + 2] = c, x[i + 3] = d;
  }
}
template <class Real, class Gain>
inline void core2(Cell<Real>* x, int count, const Gain* g) {
  for (int i = 0; i < count; i += 2) {
    const Cell<Real> a = times(x[i] + x[i + 1], g[i]), b = times(x[i] - x[i + 1], g[i + 1]);
    x[i] = a + b, x[i + 1] = a - b;
  }
}

constexpr int kBlock = 256;  // 16 KiB: the stages below it stay in the first-level cache

template <class Real>
struct Stages {
  const int* length;
  const size_t* at;
  const Real* twiddles;
  int count;

  // Stages `s` ... on one block, the core, and back.
  template <class Gain>
  void inner(Cell<Real>* x, int length_now, int s, const Gain* g) const {
    if (s == count) return length_now == 4 ? core4(x, 4, g) : core2(x, 2, g);
    if (length_now <= kBlock) return small(x, length_now, s, g);
    forward_stage(x, length_now, twiddles + at[s]);
    const int q = length_now / 4;
    for (int b = 0; b < 4; ++b) inner(x + b * q, q, s + 1, g + b * q);
    backward_stage(x, length_now, twiddles + at[s]);
  }
  template <class Gain>
  void small(Cell<Real>* x, int size, int s, const Gain* g) const {
    for (int k = s; k < count; ++k)
      for (int b = 0; b < size; b += length[k]) forward_stage(x + b, length[k], twiddles + at[k]);
    length[count - 1] == 16 ? core4(x, size, g) : core2(x, size, g);
    for (int k = count; k-- > s;)
      for (int b = 0; b < size; b += length[k]) backward_stage(x + b, length[k], twiddles + at[k]);
  }
};

}  // namespace

template <class Real>
bool FusedMarch<Real>::supports(int n) {
  return n >= 64 && n <= 65536 && std::has_single_bit(unsigned(n));
}

template <class Real>
FusedMarch<Real>::FusedMarch(int n) : n_(n) {
  if (!supports(n)) throw Error(message("the fused march needs a power of two from 64 to 65536, got ", n));
  order_.assign(1, 0);
  // The place of wavenumber m = m0 + 4 m', ...: residue classes in the order in which the stages part them.
  std::vector<std::pair<int, int>> classes{{0, 1}};  // (offset, stride)
  int length = n;
  for (; length > 4; length /= 4) {
    stage_length_.push_back(length);
    stage_at_.push_back(twiddles_.size());
    for (int j = 0; j < length / 4; ++j)
      for (int p = 1; p < 4; ++p) {
        const double a = -2 * kPi * double(j) * p / length;
        twiddles_.push_back(Real(std::cos(a))), twiddles_.push_back(Real(std::sin(a)));
      }
  }
  for (int part = n; part > 1;) {
    const int radix = part == 2 ? 2 : 4;
    std::vector<std::pair<int, int>> next;
    for (const auto& [offset, stride] : classes)
      for (int r = 0; r < radix; ++r) next.push_back({offset + r * stride, stride * radix});
    classes = next;
    part /= radix;
  }
  order_.clear();
  for (const auto& c : classes) order_.push_back(c.first);
}

template <class Real>
std::vector<std::complex<Real>> FusedMarch<Real>::jump_table(const std::vector<std::complex<double>>& g) const {
  std::vector<std::complex<Real>> out;
  for (const int m : order_) out.push_back(std::complex<Real>(g[size_t(m)] / double(n_)));
  return out;
}

template <class Real>
void FusedMarch<Real>::run(const std::vector<Op>& ops, Real* group) const {
  auto* x = reinterpret_cast<Cell<Real>*>(group);
  const Stages<Real> stages{stage_length_.data(), stage_at_.data(), twiddles_.data(), int(stage_length_.size())};
  const Real* outer = twiddles_.data();
  bool spectral = false;  // the first stage of the coming transform is done
  for (size_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    const std::complex<Real>* t = op.screen;
    if (op.jump) {
      if (!spectral) forward_stage(x, n_, outer);
      for (int b = 0; b < 4; ++b) stages.inner(x + b * (n_ / 4), n_ / 4, 1, op.jump + b * (n_ / 4));
      spectral = i + 1 < ops.size() && ops[i + 1].jump;
      if (spectral) {
        turn(x, n_, outer, t);
        continue;
      }
      backward_stage(x, n_, outer);
    }
    if (t)
      for (int j = 0; j < n_; ++j) x[j] = times(x[j], t[j].real(), t[j].imag());
  }
}

namespace {

using V = Lanes<double>::V;
using Lane = Cell<double>;

inline V halves(V v) { return __builtin_shufflevector(v, v, 2, 3, 0, 1); }
inline V pairs(V v) { return __builtin_shufflevector(v, v, 1, 0, 3, 2); }
inline V last(V v, V w) { return __builtin_shufflevector(v, w, 0, 1, 2, 7); }  // lane 3 of w
constexpr V kHalves{1, 1, -1, -1}, kPairs{1, -1, 1, -1};

// The four-point transform across the lanes; it leaves the classes 0, 2, 1, 3.
inline Lane across(Lane v) {
  const V re = halves(v.re) + kHalves * v.re, im = halves(v.im) + kHalves * v.im;
  const V t_re = last(re, im), t_im = last(im, -re);
  return {pairs(t_re) + kPairs * t_re, pairs(t_im) + kPairs * t_im};
}
inline Lane across_back(Lane v) {
  const V re = pairs(v.re) + kPairs * v.re, im = pairs(v.im) + kPairs * v.im;
  const V s_re = last(re, -im), s_im = last(im, re);
  return {halves(s_re) + kHalves * s_re, halves(s_im) + kHalves * s_im};
}
constexpr int kClass[] = {0, 2, 1, 3};

inline V load(const double* p) {
  typedef double U __attribute__((vector_size(32), aligned(8)));
  return *reinterpret_cast<const U*>(p);
}
inline void store(double* p, V v) {
  typedef double U __attribute__((vector_size(32), aligned(8)));
  *reinterpret_cast<U*>(p) = v;
}

// Rows (a0 a1 a2 a3) ... become columns.
inline void transpose(V& a, V& b, V& c, V& d) {
  const V ab_lo = __builtin_shufflevector(a, b, 0, 4, 2, 6), ab_hi = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const V cd_lo = __builtin_shufflevector(c, d, 0, 4, 2, 6), cd_hi = __builtin_shufflevector(c, d, 1, 5, 3, 7);
  a = __builtin_shufflevector(ab_lo, cd_lo, 0, 1, 4, 5), c = __builtin_shufflevector(ab_lo, cd_lo, 2, 3, 6, 7);
  b = __builtin_shufflevector(ab_hi, cd_hi, 0, 1, 4, 5), d = __builtin_shufflevector(ab_hi, cd_hi, 2, 3, 6, 7);
}

}  // namespace

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
inline double* raw(std::complex<double>* p) { return reinterpret_cast<double*>(p); }
inline const double* raw(const std::complex<double>* p) { return reinterpret_cast<const double*>(p); }

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

bool RowTransform::supports(int n) { return n % 4 == 0 && FusedMarch<double>::supports(n / 4); }

RowTransform::RowTransform(int n) : n_(n), quarter_(n / 4) {
  if (!supports(n)) throw Error(message("the row transform needs a power of two from 256 to 262144, got ", n));
  for (int j = 0; j < n / 4; ++j)
    for (const bool imaginary : {false, true})
      for (const int c : kClass) {
        const double a = -2 * kPi * double(j) * c / n;
        twiddles_.push_back(imaginary ? std::sin(a) : std::cos(a));
      }
}

std::vector<std::complex<double>> RowTransform::table(std::span<const std::complex<double>> g) const {
  std::vector<std::complex<double>> out(g.size());
  double* p = reinterpret_cast<double*>(out.data());
  for (int i = 0; i < quarter_.num_y(); ++i, p += 8)
    for (int l = 0; l < 4; ++l) {
      const auto v = g[size_t(4 * quarter_.order()[size_t(i)] + kClass[l])] / double(n_);
      p[l] = v.real(), p[4 + l] = v.imag();
    }
  return out;
}

RowTransform::Lanes::Lanes(const RowTransform& row) : blocks_(size_t(row.n_) / 4) {}

void RowTransform::apply(const std::complex<double>* table, std::complex<double>* u) const {
  thread_local std::map<int, Lanes> scratch;
  Lanes& lanes = scratch.try_emplace(n_, *this).first->second;
  enter(u, lanes);
  leave(table, lanes, u);
}

void RowTransform::enter(const std::complex<double>* u, Lanes& lanes) const {
  auto* x = reinterpret_cast<Lane*>(lanes.data());
  const size_t q = size_t(n_) / 4;
  for (size_t j = 0; j < q; j += 2) {
    V a = load(raw(u + j)), b = load(raw(u + q + j)), c = load(raw(u + 2 * q + j)), d = load(raw(u + 3 * q + j));
    transpose(a, b, c, d);
    const double* w = &twiddles_[8 * j];
    x[j] = times(across(Lane{a, b}), Lane{load(w), load(w + 4)});
    x[j + 1] = times(across(Lane{c, d}), Lane{load(w + 8), load(w + 12)});
  }
}

void RowTransform::leave(const std::complex<double>* table, Lanes& lanes, std::complex<double>* u) const {
  auto* x = reinterpret_cast<Lane*>(lanes.data());
  const size_t q = size_t(n_) / 4;
  quarter_.transform(raw(table), lanes.data());
  for (size_t j = 0; j < q; j += 2) {
    const double* w = &twiddles_[8 * j];
    Lane p = across_back(times_conj(x[j], Lane{load(w), load(w + 4)}));
    Lane r = across_back(times_conj(x[j + 1], Lane{load(w + 8), load(w + 12)}));
    transpose(p.re, p.im, r.re, r.im);
    store(raw(u + j), p.re), store(raw(u + q + j), p.im), store(raw(u + 2 * q + j), r.re),
        store(raw(u + 3 * q + j), r.im);
  }
}

// between(first, second, j): what happens to the points in the lanes at j and j + 1.
template <class Between>
void RowTransform::turn_with(const std::complex<double>* table, double* lanes, Between&& between) const {
  auto* x = reinterpret_cast<Lane*>(lanes);
  const size_t q = size_t(n_) / 4;
  quarter_.transform(raw(table), lanes);
  for (size_t j = 0; j < q; j += 2) {
    const double* w = &twiddles_[8 * j];
    const Lane w0{load(w), load(w + 4)}, w1{load(w + 8), load(w + 12)};
    Lane p = across_back(times_conj(x[j], w0)), r = across_back(times_conj(x[j + 1], w1));
    between(p, r, j);
    x[j] = times(across(p), w0), x[j + 1] = times(across(r), w1);
  }
}

namespace {

inline Lane lane_at(const std::complex<double>* p, size_t j) {
  return {load(raw(p + 4 * j)), load(raw(p + 4 * j + 2))};
}
inline void put_lane(std::complex<double>* p, size_t j, const Lane& v) {
  store(raw(p + 4 * j), v.re), store(raw(p + 4 * j + 2), v.im);
}
inline void put_row(std::complex<double>* row, size_t j, size_t q, Lane a, Lane b) {
  transpose(a.re, a.im, b.re, b.im);
  store(raw(row + j), a.re), store(raw(row + q + j), a.im), store(raw(row + 2 * q + j), b.re),
      store(raw(row + 3 * q + j), b.im);
}

}  // namespace

void RowTransform::turn(const std::complex<double>* table, const std::complex<double>* screen,
                        std::complex<double>* tape, Lanes& lanes) const {
  turn_with(table, lanes.data(), [=](Lane& p, Lane& r, size_t j) {
    if (tape) put_lane(tape, j, p), put_lane(tape, j + 1, r);
    p = times(p, lane_at(screen, j)), r = times(r, lane_at(screen, j + 1));
  });
}

void RowTransform::turn_back(const std::complex<double>* table, const std::complex<double>* screen,
                             const std::complex<double>* tape, std::complex<double> rate,
                             std::complex<double>* gradient, Lanes& lanes) const {
  const size_t q = size_t(n_) / 4;
  turn_with(table, lanes.data(), [=](Lane& p, Lane& r, size_t j) {
    p = times_conj(p, lane_at(screen, j)), r = times_conj(r, lane_at(screen, j + 1));
    if (tape)
      put_row(gradient, j, q, times(times_conj(p, lane_at(tape, j)), rate),
              times(times_conj(r, lane_at(tape, j + 1)), rate));
  });
}

void RowTransform::to_lanes(const std::complex<double>* row, std::complex<double>* lanes) const {
  const size_t q = size_t(n_) / 4;
  for (size_t j = 0; j < q; j += 2) {
    V a = load(raw(row + j)), b = load(raw(row + q + j)), c = load(raw(row + 2 * q + j)),
      d = load(raw(row + 3 * q + j));
    transpose(a, b, c, d);
    put_lane(lanes, j, {a, b}), put_lane(lanes, j + 1, {c, d});
  }
}

void RowTransform::from_lanes(const std::complex<double>* lanes, std::complex<double>* row) const {
  const size_t q = size_t(n_) / 4;
  for (size_t j = 0; j < q; j += 2) put_row(row, j, q, lane_at(lanes, j), lane_at(lanes, j + 1));
}

template <class Real>
void FusedMarch<Real>::transform(const Real* table, Real* group) const {
  const Stages<Real> stages{stage_length_.data(), stage_at_.data(), twiddles_.data(), int(stage_length_.size())};
  struct Unaligned {
    typedef Real U __attribute__((vector_size(32), aligned(sizeof(Real))));
    U re, im;
    operator Cell<Real>() const { return {re, im}; }
  };
  stages.inner(reinterpret_cast<Cell<Real>*>(group), n_, 0, reinterpret_cast<const Unaligned*>(table));
}

template class FusedMarch<double>;
template class FusedMarch<float>;

}  // namespace raywave::wave
