// SPDX-License-Identifier: Apache-2.0
// The march of the wave solver against the bare transforms of FFTW, in one run: microseconds a source-step at N = 4096,
// median and spread over repetitions, each pair measured turn by turn. One thread. `wave_bench --long`: the memory of a
// long gradient.
#include <fftw3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstdio>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/wave/fused_march.h"
#include "raywave/wave/simulate.h"

namespace {

constexpr int kN = 4096, kBatch = 64, kSteps = 20, kRepetitions = 15;

struct Timing {
  double median, low, high;
};
Timing summary(std::vector<double> t) {
  std::sort(t.begin(), t.end());
  return {t[t.size() / 2], t.front(), t.back()};
}
double microseconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}
void print(const char* what, const Timing& t) {
  std::printf("%-58s %8.2f us  [%.2f, %.2f]\n", what, t.median, t.low, t.high);
}

// The numbers of the run as one line of JSON, for run.py.
std::string json;
void keep(const char* name, const std::vector<double>& microseconds_a_step) {
  json += (json.empty() ? "{\"" : ", \"") + std::string(name) + "\": [";
  for (size_t i = 0; i < microseconds_a_step.size(); ++i)
    json += (i ? ", " : "") + std::to_string(microseconds_a_step[i] * 1e-6 * 1e3) + "e-3";
  json += "]";
}

template <class Real>
struct Bare;  // FFTW itself, planned by measurement, in place
template <>
struct Bare<double> {
  fftw_complex* data = fftw_alloc_complex(kN);
  fftw_plan f = fftw_plan_dft_1d(kN, data, data, FFTW_FORWARD, FFTW_MEASURE);
  fftw_plan b = fftw_plan_dft_1d(kN, data, data, FFTW_BACKWARD, FFTW_MEASURE);
  void pair(std::complex<double>* u) {
    fftw_execute_dft(f, reinterpret_cast<fftw_complex*>(u), reinterpret_cast<fftw_complex*>(u));
    fftw_execute_dft(b, reinterpret_cast<fftw_complex*>(u), reinterpret_cast<fftw_complex*>(u));
  }
};
template <>
struct Bare<float> {
  fftwf_complex* data = fftwf_alloc_complex(kN);
  fftwf_plan f = fftwf_plan_dft_1d(kN, data, data, FFTW_FORWARD, FFTW_MEASURE);
  fftwf_plan b = fftwf_plan_dft_1d(kN, data, data, FFTW_BACKWARD, FFTW_MEASURE);
  void pair(std::complex<float>* u) {
    fftwf_execute_dft(f, reinterpret_cast<fftwf_complex*>(u), reinterpret_cast<fftwf_complex*>(u));
    fftwf_execute_dft(b, reinterpret_cast<fftwf_complex*>(u), reinterpret_cast<fftwf_complex*>(u));
  }
};

template <class Real>
struct Aligned {
  explicit Aligned(size_t n) : data(static_cast<Real*>(::operator new(n * sizeof(Real), std::align_val_t(64)))) {
    std::fill(data, data + n, Real(0.5));
  }
  ~Aligned() { ::operator delete(data, std::align_val_t(64)); }
  Real* data;
};

template <class Real>
void batch(const char* name) {
  using namespace raywave::wave;
  Bare<Real> bare;
  const FusedMarch<Real> fused(kN);
  std::vector<std::complex<double>> g(kN);
  for (int m = 0; m < kN; ++m) g[size_t(m)] = std::polar(1.0, 1e-3 * m);
  const auto jump = fused.jump_table(g);
  const std::vector<std::complex<Real>> screen(kN, std::polar(Real(1), Real(0.01)));
  const std::vector<typename FusedMarch<Real>::Op> ops(kSteps, {jump.data(), screen.data()});
  Aligned<Real> lanes(fused.group_size() * size_t(kBatch / FusedMarch<Real>::kLanes));
  Aligned<Real> rows(size_t(kN) * 2 * kBatch);
  std::vector<double> t_fused, t_bare, ratio;
  for (int r = 0; r < kRepetitions; ++r) {
    const double per = 1.0 / (kSteps * kBatch);
    std::fill(rows.data, rows.data + size_t(kN) * 2 * kBatch, Real(0));
    t_bare.push_back(per * microseconds([&] {
                       for (int s = 0; s < kBatch; ++s)
                         for (int i = 0; i < kSteps; ++i)
                           bare.pair(reinterpret_cast<std::complex<Real>*>(rows.data) + size_t(s) * kN);
                     }));
    t_fused.push_back(per * microseconds([&] {
                        for (int b = 0; b < kBatch / FusedMarch<Real>::kLanes; ++b)
                          fused.run(ops, lanes.data + size_t(b) * fused.group_size());
                      }));
    ratio.push_back(t_fused.back() / t_bare.back());
  }
  std::printf("%s, batch of %d\n", name, kBatch);
  print("  FFTW forward + inverse, nothing else", summary(t_bare));
  print("  march: jump and screen, fused", summary(t_fused));
  const std::string precision = sizeof(Real) == 8 ? "double" : "float";
  keep(("fftw_" + precision).c_str(), t_bare), keep(("march_" + precision).c_str(), t_fused);
  const Timing q = summary(ratio);
  std::printf("  ratio %.3f  [%.3f, %.3f]\n", q.median, q.low, q.high);
}

void one_source() {
  using namespace raywave::wave;
  const double l = 0.01;
  Scene s;
  s.frequency_hz = raywave::kSpeedOfLight / l;
  s.grid.num_y = kN, s.grid.spacing_m = 0.2503 * l;
  s.z_end_m = 200 * l;
  Source beam;
  beam.waist_m = 10 * l;
  s.sources = {beam};
  CellMedium cells;
  cells.num_z = 400, cells.z_end_m = s.z_end_m;
  cells.index_minus_one.resize(size_t(400) * kN);
  for (size_t i = 0; i < cells.index_minus_one.size(); ++i)
    cells.index_minus_one[i] = 0.01 * raywave::random_uniform(1, 0, i, 0);
  s.cells.push_back(std::move(cells));  // no second copy in the peak
  SimulateOptions o;
  o.num_threads = 1;
  o.wavelength_gradient = false;
  const Simulation sim(std::move(s), o);
  const std::vector<Field> one(1, Field(kN, 1.0));
  Bare<double> bare;
  Field u(kN);
  std::vector<double> t_bare, t_run, t_gradient;
  for (int r = 0; r < 7; ++r) {
    t_bare.push_back(microseconds([&] {
                       for (int i = 0; i < 400; ++i) bare.pair(u.data());
                     }) /
                     400);
    t_run.push_back(microseconds([&] { sim.run(); }) / 400);
    t_gradient.push_back(microseconds([&] { sim.vjp({one}); }) / 400);
  }
  std::printf("one source, double, every cell its own index, 400 steps\n");
  print("  FFTW forward + inverse, nothing else", summary(t_bare));
  print("  march", summary(t_run));
  print("  gradient to every cell's index", summary(t_gradient));
  keep("fftw_one", t_bare), keep("march_one", t_run), keep("gradient_one", t_gradient);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("  largest resident memory of this program: %.0f MB\n", double(usage.ru_maxrss) / 1024);
}

// A gradient whose tape would take 2.6 GB: 10,000 slices of 16,384 points.
void long_march() {
  using namespace raywave::wave;
  const double l = 0.01;
  Scene s;
  s.frequency_hz = raywave::kSpeedOfLight / l;
  s.grid.num_y = 16384, s.grid.spacing_m = 0.2503 * l;
  s.z_end_m = 2500 * l, s.step_m = l / 4;
  Source beam;
  beam.waist_m = 100 * l;
  s.sources = {beam};
  Object bar;
  bar.name = "bar", bar.material.name = "thin air", bar.material.relative_permittivity = 1.0001;
  bar.material.conductivity_s_per_m = 1e-5;
  bar.outlines = {rectangle({0, s.z_end_m / 2}, 300 * l, s.z_end_m)};
  bar.model = MediaModel::kScreen;
  s.objects = {bar};
  SimulateOptions o;
  o.num_threads = 1, o.wavelength_gradient = false;
  const Simulation sim(std::move(s), o);
  const std::vector<Field> one(1, Field(16384, 1.0));
  const double seconds = 1e-6 * microseconds([&] { sim.vjp({one}); });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("gradient of %zu steps at 16384 points: %.1f s, %d fields kept, %.0f MB resident\n",
              sim.march().steps().size(), seconds, sim.num_checkpoints(), double(usage.ru_maxrss) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--long") {
    long_march();
    return 0;
  }
  batch<double>("complex double");
  batch<float>("complex float");
  one_source();
  std::printf("%s}\n", json.c_str());
}
