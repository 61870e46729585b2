// SPDX-License-Identifier: Apache-2.0
// Compiled with fused multiply-adds where there are some: its results are its own either way.
#include "raywave/runtime/line_fft.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace raywave::runtime {
namespace {

/// Some complex numbers beside each other, as they lie in memory.
template <class Real>
struct Pack;
template <>
struct Pack<double> {
  typedef double V __attribute__((vector_size(32)));
  static constexpr int kCount = 2;
  static V swapped(V v) { return __builtin_shufflevector(v, v, 1, 0, 3, 2); }
  static V signs(double re, double im) { return V{re, im, re, im}; }
};
template <>
struct Pack<float> {
  typedef float V __attribute__((vector_size(32)));
  static constexpr int kCount = 4;
  static V swapped(V v) { return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6); }
  static V signs(float re, float im) { return V{re, im, re, im, re, im, re, im}; }
};

// A number or a pack of them, with the same words.
template <class Real>
struct One {
  static constexpr int kCount = 1;
  Real re, im;
  static One load(const std::complex<Real>* p) { return {p->real(), p->imag()}; }
  void store(std::complex<Real>* p) const { *p = {re, im}; }
  One operator+(const One& o) const { return {re + o.re, im + o.im}; }
  One operator-(const One& o) const { return {re - o.re, im - o.im}; }
  One operator*(Real s) const { return {re * s, im * s}; }
  One times(Real wr, Real wi) const { return {re * wr - im * wi, im * wr + re * wi}; }
  One minus_j() const { return {im, -re}; }
  One plus_j() const { return {-im, re}; }
};
template <class Real>
struct Many {
  using P = Pack<Real>;
  static constexpr int kCount = P::kCount;
  typename P::V v;
  static Many load(const std::complex<Real>* p) {
    Many m;
    std::memcpy(&m.v, p, sizeof m.v);
    return m;
  }
  void store(std::complex<Real>* p) const { std::memcpy(static_cast<void*>(p), &v, sizeof v); }
  Many operator+(const Many& o) const { return {v + o.v}; }
  Many operator-(const Many& o) const { return {v - o.v}; }
  Many operator*(Real s) const { return {v * s}; }
  Many times(Real wr, Real wi) const { return {v * wr + P::swapped(v) * P::signs(-wi, wi)}; }
  Many minus_j() const { return {P::swapped(v) * P::signs(1, -1)}; }
  Many plus_j() const { return {P::swapped(v) * P::signs(-1, 1)}; }
};

/// x * (-j) on the way forward, x * j on the way back.
template <bool kForward, class C>
inline C turned(const C& x) {
  return kForward ? x.minus_j() : x.plus_j();
}

template <bool kForward, class Real, class C>
inline void transform2(C* x) {
  const C a = x[0] + x[1];
  x[1] = x[0] - x[1], x[0] = a;
}
template <bool kForward, class Real, class C>
inline void transform3(C* x) {
  constexpr Real s = Real(0.86602540378443864676);
  const C sum = x[1] + x[2], turn = turned<kForward>((x[1] - x[2]) * s), mid = x[0] - sum * Real(0.5);
  x[0] = x[0] + sum, x[1] = mid + turn, x[2] = mid - turn;
}
template <bool kForward, class Real, class C>
inline void transform4(C* x) {
  const C t0 = x[0] + x[2], t1 = x[0] - x[2], t2 = x[1] + x[3], t3 = turned<kForward>(x[1] - x[3]);
  x[0] = t0 + t2, x[1] = t1 + t3, x[2] = t0 - t2, x[3] = t1 - t3;
}
/// cos and sin of 2 pi i / r.
template <int r>
struct Circle;
template <>
struct Circle<5> {
  static constexpr double cosines[] = {1, 0.30901699437494742410, -0.80901699437494742410};
  static constexpr double sines[] = {0, 0.95105651629515357212, 0.58778525229247312917};
};
template <>
struct Circle<7> {
  static constexpr double cosines[] = {1, 0.62348980185873353053, -0.22252093395631440429, -0.90096886790241912624};
  static constexpr double sines[] = {0, 0.78183148246802980871, 0.97492791218182360702, 0.43388373911755812048};
};
template <>
struct Circle<11> {
  static constexpr double cosines[] = {1,
                                       0.84125353283118116886,
                                       0.41541501300188642553,
                                       -0.14231483827328514045,
                                       -0.65486073394528506406,
                                       -0.95949297361449738989};
  static constexpr double sines[] = {0,
                                     0.54064081745559758211,
                                     0.90963199535451837141,
                                     0.98982144188093273237,
                                     0.75574957435425828377,
                                     0.28173255684142969771};
};
template <>
struct Circle<13> {
  static constexpr double cosines[] = {1,
                                       0.88545602565320989590,
                                       0.56806474673115580251,
                                       0.12053668025532305335,
                                       -0.35460488704253562596,
                                       -0.74851074817110109863,
                                       -0.97094181742605202716};
  static constexpr double sines[] = {0,
                                     0.46472317204376854566,
                                     0.82298386589365639459,
                                     0.99270887409805399280,
                                     0.93501624268541482344,
                                     0.66312265824079520238,
                                     0.23931566428755776715};
};
/// Of an odd length: x_k and x_(r-k) share their even and odd parts.
template <bool kForward, int r, class Real, class C>
inline void transform_odd(C* x) {
  constexpr int h = (r - 1) / 2;
  const auto cosine = [](int i) { return Real(Circle<r>::cosines[i % r <= h ? i % r : r - i % r]); };
  const auto sine = [](int i) { return Real(i % r <= h ? Circle<r>::sines[i % r] : -Circle<r>::sines[r - i % r]); };
  C even[h], odd[h];
  for (int k = 0; k < h; ++k) even[k] = x[1 + k] + x[r - 1 - k], odd[k] = x[1 + k] - x[r - 1 - k];
  const C first = x[0];
  for (int k = 0; k < h; ++k) x[0] = x[0] + even[k];
  for (int m = 1; m <= h; ++m) {
    C c = first + even[0] * cosine(m), s = odd[0] * sine(m);
    for (int k = 2; k <= h; ++k) c = c + even[k - 1] * cosine(k * m), s = s + odd[k - 1] * sine(k * m);
    const C t = turned<kForward>(s);
    x[m] = c + t, x[r - m] = c - t;
  }
}
template <bool kForward, int r, class Real, class C>
inline void transform(C* x) {
  if constexpr (r == 2) transform2<kForward, Real>(x);
  if constexpr (r == 3) transform3<kForward, Real>(x);
  if constexpr (r == 4) transform4<kForward, Real>(x);
  if constexpr (r > 4) transform_odd<kForward, r, Real>(x);
}

/// Places q ... of one butterfly: reads x[q + stride (p + parts k)], writes y[q + stride (r p + k)].
template <bool kForward, int r, class C, class Real>
inline void butterfly(const std::complex<Real>* x, std::complex<Real>* y, size_t read, size_t write, const Real* w) {
  C a[r];
  for (int k = 0; k < r; ++k) a[k] = C::load(x + size_t(k) * read);
  transform<kForward, r, Real>(a);
  a[0].store(y);
  for (int k = 1; k < r; ++k)
    a[k].times(w[2 * k - 2], kForward ? w[2 * k - 1] : -w[2 * k - 1]).store(y + size_t(k) * write);
}

template <bool kForward, int r, class Real>
void pass(const std::complex<Real>* x, std::complex<Real>* y, size_t stride, int parts, const Real* w) {
  for (int p = 0; p < parts; ++p, w += 2 * (r - 1)) {
    const std::complex<Real>* in = x + stride * size_t(p);
    std::complex<Real>* out = y + stride * size_t(r) * size_t(p);
    const size_t read = stride * size_t(parts);
    size_t q = 0;
    for (; q + Many<Real>::kCount <= stride; q += Many<Real>::kCount)
      butterfly<kForward, r, Many<Real>>(in + q, out + q, read, stride, w);
    for (; q < stride; ++q) butterfly<kForward, r, One<Real>>(in + q, out + q, read, stride, w);
  }
}

/// The first pass of a single line: neighbours in p are read together, so that it runs in vectors too.
template <bool kForward, class Real>
void first_pass4(const std::complex<Real>* x, std::complex<Real>* y, int parts, const Real* w) {
  using C = Many<Real>;
  constexpr int n = C::kCount;
  int p = 0;
  for (; p + n <= parts; p += n, w += 6 * n) {
    C a[4];
    for (int k = 0; k < 4; ++k) a[k] = C::load(x + p + k * parts);
    transform4<kForward, Real>(a);
    alignas(32) std::complex<Real> b[4][n];
    a[0].store(b[0]);
    for (int k = 1; k < 4; ++k) {
      typename Pack<Real>::V re, im;
      for (int i = 0; i < n; ++i) {
        const Real s = kForward ? w[6 * i + 2 * k - 1] : -w[6 * i + 2 * k - 1];
        re[2 * i] = re[2 * i + 1] = w[6 * i + 2 * k - 2], im[2 * i] = -s, im[2 * i + 1] = s;
      }
      C{a[k].v * re + Pack<Real>::swapped(a[k].v) * im}.store(b[k]);
    }
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < 4; ++k) y[4 * (p + i) + k] = b[k][i];
  }
  for (; p < parts; ++p, w += 6) butterfly<kForward, 4, One<Real>>(x + p, y + 4 * p, size_t(parts), 1, w);
}

std::vector<int> factors_of(int n) {
  std::vector<int> out;
  for (const int r : {4, 2, 3, 5, 7, 11, 13})
    for (; n % r == 0; n /= r) out.push_back(r);
  if (n > 1) return {};
  return out;
}

/// exp(-2 pi j i / n), i < n, each to half a unit in the last place of Real (from the first eighth of the circle).
std::complex<long double> root(long long i, long long n) {
  const long double two_pi = 6.283185307179586476925286766559005768L;
  const long long eighth = 8 * i / n, rest = 8 * i - eighth * n;  // i / n = eighth / 8 + rest / (8 n)
  const bool back = eighth % 2 == 1;                              // from the next multiple of an eighth
  const long double angle = two_pi * static_cast<long double>(back ? n - rest : rest) / static_cast<long double>(8 * n);
  long double c = std::cos(angle), s = back ? -std::sin(angle) : std::sin(angle);
  const long long quarter_eighths = back ? eighth + 1 : eighth;
  const long double h = std::sqrt(0.5L);
  long double cc = 1, ss = 0;
  switch (quarter_eighths % 8) {
    case 0:
      cc = 1, ss = 0;
      break;
    case 2:
      cc = 0, ss = 1;
      break;
    case 4:
      cc = -1, ss = 0;
      break;
    case 6:
      cc = 0, ss = -1;
      break;
    default:
      cc = h, ss = h;
      break;
  }
  return {c * cc - s * ss, -(s * cc + c * ss)};
}

/// All of them: products of a long step and a short one, still to half a unit in the last place of a double.
class Roots {
 public:
  explicit Roots(long long n) {
    while (1LL << (2 * bits_) < n) ++bits_;
    for (long long i = 0; i <= (n - 1) >> bits_; ++i) long_.push_back(root(i << bits_, n));
    for (long long i = 0; i < std::min(n, 1LL << bits_); ++i) short_.push_back(root(i, n));
  }
  std::complex<long double> operator()(long long i) const {
    const auto &a = long_[size_t(i >> bits_)], &b = short_[size_t(i & ((1LL << bits_) - 1))];
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  }

 private:
  int bits_ = 0;
  std::vector<std::complex<long double>> long_, short_;
};

/// The least product of 2, 3 and 5 that is not below n, a multiple of 4.
int smooth_from(int n) {
  for (int m = (n + 3) / 4 * 4;; m += 4) {
    int left = m;
    for (const int r : {2, 3, 5})
      while (left % r == 0) left /= r;
    if (left == 1) return m;
  }
}

}  // namespace

// X_k = c_k sum_j (u_j c_j) conj(c_(k-j)), c_j = exp(-pi j j^2 / n): a convolution.
template <class Real>
struct LineFft<Real>::Chirp {
  LineFft<Real> inner;
  std::vector<std::complex<Real>> chirp, kernel;  // [n]; [m], transformed, with 1/m
};

template <class Real>
LineFft<Real>::LineFft(int n) : n_(n) {
  const std::vector<int> factors = factors_of(n);
  if (factors.empty() && n > 1) {
    LineFft<Real> inner(smooth_from(2 * n - 1));
    const size_t m = size_t(inner.length());
    chirp_ = std::make_unique<Chirp>(Chirp{std::move(inner), {}, std::vector<std::complex<Real>>(m)});
    const Roots roots(2LL * n);
    for (long long j = 0; j < n; ++j) {
      const auto c = roots(j * j % (2LL * n));
      chirp_->chirp.push_back({Real(c.real()), Real(c.imag())});
      const std::complex<Real> k{Real(c.real() / (long double)(m)), Real(-c.imag() / (long double)(m))};
      chirp_->kernel[size_t(j)] = k;
      if (j > 0) chirp_->kernel[m - size_t(j)] = k;
    }
    std::vector<std::complex<Real>> scratch(m);
    chirp_->inner.run(true, chirp_->kernel.data(), scratch.data(), 1);
    return;
  }
  const Roots roots(n);
  int left = n;
  for (const int r : factors) {
    Pass p{r, left / r, {}};
    p.twiddles.reserve(2 * size_t(r - 1) * size_t(p.parts));
    for (int i = 0; i < p.parts; ++i)
      for (int k = 1; k < r; ++k) {
        const auto w = roots((long long)(i)*k * (n / left));
        p.twiddles.push_back(Real(w.real())), p.twiddles.push_back(Real(w.imag()));
      }
    left = p.parts;
    passes_.push_back(std::move(p));
  }
}
template <class Real>
LineFft<Real>::~LineFft() = default;
template <class Real>
LineFft<Real>::LineFft(LineFft&&) noexcept = default;

template <class Real>
template <bool kForward>
void LineFft<Real>::passes(std::complex<Real>* data, std::complex<Real>* scratch, int lines) const {
  std::complex<Real>*x = data, *y = scratch;
  size_t stride = size_t(lines);
  for (size_t i = 0; i < passes_.size(); ++i) {
    const Pass& p = passes_[i];
    const Real* w = p.twiddles.data();
    // the last pass writes where it reads: it may stay in the data
    if (i + 1 == passes_.size()) y = data;
    if (stride == 1 && p.radix == 4 && x != y) {
      first_pass4<kForward>(x, y, p.parts, w);
    } else {
      switch (p.radix) {
        case 2:
          pass<kForward, 2>(x, y, stride, p.parts, w);
          break;
        case 3:
          pass<kForward, 3>(x, y, stride, p.parts, w);
          break;
        case 4:
          pass<kForward, 4>(x, y, stride, p.parts, w);
          break;
        case 5:
          pass<kForward, 5>(x, y, stride, p.parts, w);
          break;
        case 7:
          pass<kForward, 7>(x, y, stride, p.parts, w);
          break;
        case 11:
          pass<kForward, 11>(x, y, stride, p.parts, w);
          break;
        default:
          pass<kForward, 13>(x, y, stride, p.parts, w);
          break;
      }
    }
    stride *= size_t(p.radix);
    std::swap(x, y);
  }
}

template <class Real>
void LineFft<Real>::run(bool forward, std::complex<Real>* data, std::complex<Real>* scratch, int lines) const {
  if (!chirp_) return forward ? passes<true>(data, scratch, lines) : passes<false>(data, scratch, lines);
  const size_t m = size_t(chirp_->inner.length()), n = size_t(n_);
  std::vector<std::complex<Real>> u(m), work(m);
  const auto product = [](std::complex<Real> a, std::complex<Real> b) -> std::complex<Real> {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  };
  const auto given = [forward](std::complex<Real> z) {
    return forward ? z : std::conj(z);
  };  // the way back: conjugates
  for (size_t line = 0; line < size_t(lines); ++line) {
    std::fill(u.begin(), u.end(), std::complex<Real>());
    for (size_t j = 0; j < n; ++j) u[j] = product(given(data[j * size_t(lines) + line]), chirp_->chirp[j]);
    chirp_->inner.run(true, u.data(), work.data(), 1);
    for (size_t j = 0; j < m; ++j) u[j] = product(u[j], chirp_->kernel[j]);
    chirp_->inner.run(false, u.data(), work.data(), 1);
    for (size_t j = 0; j < n; ++j) data[j * size_t(lines) + line] = given(product(u[j], chirp_->chirp[j]));
  }
}

template class LineFft<double>;
template class LineFft<float>;

}  // namespace raywave::runtime
