// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/fft.h"

#include <fftw3.h>

#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "raywave/core/error.h"

namespace raywave::runtime {
namespace {

// FFTW's planner keeps global state; execution does not. Plans are estimated, never timed: a timed choice would change
// the last bits from run to run.
std::mutex& planner_mutex() {
  static std::mutex mutex;
  return mutex;
}

template <class Real>
struct Api;
template <>
struct Api<double> {
  using Plan = fftw_plan;
  using Complex = fftw_complex;
  static Plan many(int rank, const int* n, int batch, Complex* data, int sign) {
    const int size = rank == 2 ? n[0] * n[1] : n[0];
    return fftw_plan_many_dft(rank, n, batch, data, nullptr, 1, size, data, nullptr, 1, size, sign,
                              FFTW_ESTIMATE | FFTW_UNALIGNED);
  }
  static void execute(Plan p, Complex* data) { fftw_execute_dft(p, data, data); }
  static void destroy(Plan p) { fftw_destroy_plan(p); }
};
template <>
struct Api<float> {
  using Plan = fftwf_plan;
  using Complex = fftwf_complex;
  static Plan many(int rank, const int* n, int batch, Complex* data, int sign) {
    const int size = rank == 2 ? n[0] * n[1] : n[0];
    return fftwf_plan_many_dft(rank, n, batch, data, nullptr, 1, size, data, nullptr, 1, size, sign,
                               FFTW_ESTIMATE | FFTW_UNALIGNED);
  }
  static void execute(Plan p, Complex* data) { fftwf_execute_dft(p, data, data); }
  static void destroy(Plan p) { fftwf_destroy_plan(p); }
};

}  // namespace

template <class Real>
struct Fft<Real>::Plans {
  typename Api<Real>::Plan forward{}, backward{};

  Plans(int rank, const int* n, int batch) {
    const size_t size = size_t(n[0]) * size_t(rank == 2 ? n[1] : 1) * size_t(batch);
    std::vector<std::complex<Real>> scratch(size);
    auto* data = reinterpret_cast<typename Api<Real>::Complex*>(scratch.data());
    const std::lock_guard lock(planner_mutex());
    forward = Api<Real>::many(rank, n, batch, data, FFTW_FORWARD);
    backward = Api<Real>::many(rank, n, batch, data, FFTW_BACKWARD);
    if (!forward || !backward) throw Error(message("no Fourier transform for n = ", n[0], ", batch = ", batch));
  }
  ~Plans() {
    const std::lock_guard lock(planner_mutex());
    Api<Real>::destroy(forward);
    Api<Real>::destroy(backward);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;
};

template <class Real>
Fft<Real>::Fft(int n, int batch) {
  if (n < 1) throw Error(message("length of a transform must be >= 1, got ", n));
  if (batch < 1) throw Error(message("batch of a transform must be >= 1, got ", batch));
  plans_ = std::make_unique<Plans>(1, &n, batch);
}

template <class Real>
Fft<Real>::Fft(std::unique_ptr<Plans> plans) : plans_(std::move(plans)) {}

template <class Real>
Fft<Real> Fft<Real>::two_dimensional(int num_x, int num_y) {
  if (num_x < 1 || num_y < 1) throw Error(message("sides of a transform must be >= 1, got ", num_x, " x ", num_y));
  const int n[2] = {num_x, num_y};
  return Fft(std::make_unique<Plans>(2, n, 1));
}

template <class Real>
Fft<Real>::~Fft() = default;
template <class Real>
Fft<Real>::Fft(Fft&&) noexcept = default;
template <class Real>
Fft<Real>& Fft<Real>::operator=(Fft&&) noexcept = default;

template <class Real>
void Fft<Real>::forward(std::complex<Real>* data) const {
  Api<Real>::execute(plans_->forward, reinterpret_cast<typename Api<Real>::Complex*>(data));
}
template <class Real>
void Fft<Real>::backward(std::complex<Real>* data) const {
  Api<Real>::execute(plans_->backward, reinterpret_cast<typename Api<Real>::Complex*>(data));
}

template class Fft<double>;
template class Fft<float>;

}  // namespace raywave::runtime
