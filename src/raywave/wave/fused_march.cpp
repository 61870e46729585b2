// SPDX-License-Identifier: Apache-2.0
// Compiled with fused multiply-adds (src/raywave/CMakeLists.txt): its results are its own either
// way.
#include "raywave/wave/fused_march.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/wave/lane_cells.h"

namespace raywave::wave {
namespace {

using detail::butterfly;
using detail::butterfly_back;
using detail::Cell;
using detail::times;
using detail::times_conj;

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
template <class Real>
inline void core4(Cell<Real>* x, int count, const std::complex<Real>* g) {
  for (int i = 0; i < count; i += 4) {
    Cell<Real> a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
    butterfly(a, b, c, d);
    a = times(a, g[i]), b = times(b, g[i + 1]), c = times(c, g[i + 2]), d = times(d, g[i + 3]);
    butterfly_back(a, b, c, d);
    x[i] = a, x[i + 1] = b, x[i + 2] = c, x[i + 3] = d;
  }
}
template <class Real>
inline void core2(Cell<Real>* x, int count, const std::complex<Real>* g) {
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
  void inner(Cell<Real>* x, int length_now, int s, const std::complex<Real>* g) const {
    if (s == count) return length_now == 4 ? core4(x, 4, g) : core2(x, 2, g);
    if (length_now <= kBlock) return small(x, length_now, s, g);
    forward_stage(x, length_now, twiddles + at[s]);
    const int q = length_now / 4;
    for (int b = 0; b < 4; ++b) inner(x + b * q, q, s + 1, g + b * q);
    backward_stage(x, length_now, twiddles + at[s]);
  }
  void small(Cell<Real>* x, int size, int s, const std::complex<Real>* g) const {
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

template class FusedMarch<double>;
template class FusedMarch<float>;

}  // namespace raywave::wave
