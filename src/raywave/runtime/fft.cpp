// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/fft.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "raywave/core/error.h"
#include "raywave/runtime/line_fft.h"

namespace raywave::runtime {
namespace {

constexpr int kColumns = 8;  // of a two-dimensional transform, taken at once: whole cache lines of every row

/// Memory of this thread for transforms, kept between them, at whole cache lines.
template <class Real>
std::complex<Real>* scratch_of(size_t count) {
  struct alignas(64) Line {
    std::complex<Real> values[64 / sizeof(std::complex<Real>)];
  };
  thread_local std::vector<Line> lines;
  const size_t wanted = count / std::size(Line{}.values) + 1;
  if (lines.size() < wanted) lines.resize(wanted);
  return lines.front().values;
}

}  // namespace

template <class Real>
struct Fft<Real>::Plans {
  LineFft<Real> row;
  int batch = 1;
  std::unique_ptr<LineFft<Real>> column;  // of a two-dimensional one

  void run(bool forward, std::complex<Real>* data) const {
    const auto num_y = size_t(row.length());
    const size_t rows = column ? size_t(column->length()) : size_t(batch);
    std::complex<Real>* scratch = scratch_of<Real>(std::max(num_y, column ? 2 * rows * kColumns : 0));
    for (size_t i = 0; i < rows; ++i) row.run(forward, data + i * num_y, scratch, 1);
    if (!column) return;
    std::complex<Real>* block = scratch + rows * kColumns;
    for (size_t begin = 0; begin < num_y; begin += kColumns) {
      const size_t width = std::min<size_t>(kColumns, num_y - begin);
      for (size_t i = 0; i < rows; ++i) std::copy_n(data + i * num_y + begin, width, block + i * width);
      column->run(forward, block, scratch, int(width));
      for (size_t i = 0; i < rows; ++i) std::copy_n(block + i * width, width, data + i * num_y + begin);
    }
  }
};

template <class Real>
Fft<Real>::Fft(int n, int batch) {
  if (n < 1) throw Error(message("length of a transform must be >= 1, got ", n));
  if (batch < 1) throw Error(message("batch of a transform must be >= 1, got ", batch));
  plans_ = std::make_unique<Plans>(Plans{LineFft<Real>(n), batch, nullptr});
}

template <class Real>
Fft<Real>::Fft(std::unique_ptr<Plans> plans) : plans_(std::move(plans)) {}

template <class Real>
Fft<Real> Fft<Real>::two_dimensional(int num_x, int num_y) {
  if (num_x < 1 || num_y < 1) throw Error(message("sides of a transform must be >= 1, got ", num_x, " x ", num_y));
  return Fft(std::make_unique<Plans>(Plans{LineFft<Real>(num_y), 1, std::make_unique<LineFft<Real>>(num_x)}));
}

template <class Real>
Fft<Real>::~Fft() = default;
template <class Real>
Fft<Real>::Fft(Fft&&) noexcept = default;
template <class Real>
Fft<Real>& Fft<Real>::operator=(Fft&&) noexcept = default;

template <class Real>
void Fft<Real>::forward(std::complex<Real>* data) const {
  plans_->run(true, data);
}
template <class Real>
void Fft<Real>::backward(std::complex<Real>* data) const {
  plans_->run(false, data);
}

template class Fft<double>;
template class Fft<float>;

}  // namespace raywave::runtime
