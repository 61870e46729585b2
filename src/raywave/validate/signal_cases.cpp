// SPDX-License-Identifier: Apache-2.0
// The signal rows of `raywave validate`: kernels against transforms of samples, OFDM against the frequency response,
// Doppler of a moving plate against its delays differenced, radar cross sections against closed forms.
#include <algorithm>
#include <cmath>
#include <complex>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/paths/path_solver.h"
#include "raywave/runtime/fft.h"
#include "raywave/scene/shapes.h"
#include "raywave/signal/facet_scattering.h"
#include "raywave/signal/waveforms.h"
#include "raywave/validate/validation.h"

namespace raywave::validate {
namespace {

using Rows = std::vector<ValidationRow>;

/// Fifty echoes of a radar of one transmitting and one receiving port.
paths::Paths echoes() {
  paths::Paths p;
  p.frequency_hz = 77e9;
  p.tx_names = {"tx"}, p.rx_names = {"rx"};
  p.tx_num_elements = p.tx_num_slants = p.rx_num_elements = p.rx_num_slants = {1};
  p.links = {{0, -1, 0, -1, 0, 50}};
  for (uint64_t i = 0; i < 50; ++i) {
    const auto draw = [&](uint64_t n) { return random_uniform(3, 0, i, n); };
    p.tau_s.push_back(2e-9 + 5e-8 * draw(0));
    p.doppler_hz.push_back(8e3 * (draw(1) - 0.5));
    p.a.push_back(draw(2) * expj(2 * kPi * draw(3)));
    p.a_begin.push_back(int64_t(i) + 1);
    p.interaction_begin.push_back(0);
  }
  return p;
}

signal::FmcwWaveform radar() {
  signal::FmcwWaveform w;
  w.slope_hz_per_s = 80e12;
  w.sampling_frequency_hz = 5e6;
  w.num_samples = 256;
  w.num_chirps = 128;
  w.chirp_period_s = 60e-6;
  return w;
}

double largest(const std::vector<Complexd>& v) {
  double out = 0;
  for (const Complexd& z : v) out = std::max(out, abs(z));
  return out;
}

Rows kernels() {
  const paths::Paths p = echoes();
  const signal::ToneGrid g = radar().grid(1);
  const size_t n = 256, m = 128;
  const auto window = signal::window_values(signal::Window::kHann, int(n)),
             slow = signal::window_values(signal::Window::kHann, int(m));
  const std::vector<Complexd> samples = signal::tones(p, g);
  std::vector<std::complex<double>> x(n * m);
  for (size_t i = 0; i < m; ++i) {
    for (size_t k = 0; k < n; ++k) {
      const Complexd z = (window[k] * slow[i]) * samples[i * n + k];
      x[i * n + k] = {z.re, z.im};
    }
  }
  runtime::Fft<double>(int(n), int(m)).backward(x.data());
  const runtime::Fft<double> along(static_cast<int>(m));
  std::vector<Complexd> transformed(n * m);
  for (size_t k = 0; k < n; ++k) {
    std::vector<std::complex<double>> column(m);
    for (size_t i = 0; i < m; ++i) column[i] = x[i * n + k];
    along.forward(column.data());
    for (size_t i = 0; i < m; ++i)
      transformed[i * n + k] = {column[i].real() / (n * m / 4.0), column[i].imag() / (n * m / 4.0)};
  }
  const std::vector<Complexd> whole = signal::tone_spectrum(p, g, {});
  signal::SpectrumOptions cut;
  cut.kernel_bins = 8;
  const std::vector<Complexd> short_kernels = signal::tone_spectrum(p, g, cut);
  double off = 0, off_cut = 0, gains = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    off = std::max(off, abs(whole[i] - transformed[i]));
    off_cut = std::max(off_cut, abs(whole[i] - short_kernels[i]));
  }
  for (const Complexd& a : p.a) gains += abs(a);
  return {{"radar: kernels against transforms, 50 paths", "largest difference, relative to the peak", 0,
           off / largest(whole), 1e-11},
          {"radar: kernels of 8 bins against whole ones", "largest difference, relative to all gains", 0,
           off_cut / gains, signal::kernel_tail(signal::Window::kHann, 128, 8)}};
}

Rows grid_against_response() {
  const paths::Paths p = echoes();
  const signal::OfdmWaveform w = signal::numerology("mu3", 8, 14);
  std::vector<double> frequencies;
  for (int k = -48; k < 48; ++k) frequencies.push_back(k * 120e3);
  const std::vector<Complexd> grid = signal::tones(p, w.grid());
  const std::vector<double> times = w.times_s();
  double off = 0;
  for (size_t s = 0; s < times.size(); ++s) {
    paths::Paths later = p;
    for (size_t i = 0; i < p.a.size(); ++i) later.a[i] = later.a[i] * expj(2 * kPi * p.doppler_hz[i] * times[s]);
    const auto h = signal::cfr(later, frequencies, {1.0, 1, false, false}, nullptr);
    for (size_t k = 0; k < 96; ++k) off = std::max(off, abs(grid[s * 96 + k] - h[k]));
  }
  return {{"OFDM grid against the frequency response, mu3", "largest difference, relative to the strongest", 0,
           off / largest(grid), 1e-11}};
}

/// A metal plate that moves, after `time_s`, before a radar.
paths::Paths plate_echo(double time_s, int num_threads) {
  scene::Scene s;
  s.frequency_hz = 77e9;
  em::Material metal;
  metal.name = "metal", metal.perfect_conductor = true;
  const int material = s.add_material(metal);
  const Vec3d v{-5, 1, 0};
  scene::Object plate{"plate", scene::box(Vec3d{8.9, -1.1, 0} + time_s * v, {0.2, 3, 2}), material};
  plate.velocity_m_per_s = v;
  s.add_object(plate);
  s.add_transmitter({.name = "tx", .position_m = {0, 0.05, 1}});
  s.add_receiver({.name = "rx", .position_m = {0, -0.05, 1}});
  paths::PathOptions o;
  o.max_depth = 1, o.los = false, o.num_threads = num_threads;
  return solve_paths(s, o);
}

Rows moving_plate(int num_threads) {
  constexpr double h = 1e-4;
  const paths::Paths now = plate_echo(0, num_threads), ahead = plate_echo(h, num_threads),
                     behind = plate_echo(-h, num_threads);
  const bool one = now.num_paths() == 1 && ahead.num_paths() == 1 && behind.num_paths() == 1;
  // delays of 60 ns rounded to 1e-23 s, over 2e-4 s, times the carrier: 1e-8 Hz; the curvature leaves h^2
  const double difference = one ? -77e9 * (ahead.tau_s[0] - behind.tau_s[0]) / (2 * h) : NAN;
  return {
      {"radar: plate at 5.1 m/s, delays differenced", "Doppler [Hz]", difference, one ? now.doppler_hz[0] : NAN, 1e-3}};
}

void add_plate(signal::ScatteringMesh& m, const Vec3d& a, const Vec3d& b) {
  const int n = int(m.vertices_m.size());
  for (const Vec3d& v : {Vec3d{}, a, a + b, b}) m.vertices_m.push_back(v);
  m.triangles.push_back({n, n + 1, n + 2});
  m.triangles.push_back({n, n + 2, n + 3});
}

Rows cross_sections(int num_threads) {
  constexpr double frequency = 10e9, wavelength = kSpeedOfLight / frequency, side = 0.6;
  const auto sigma_db = [&](const signal::ScatteringMesh& m, const Vec3d& d) {
    return 10 * std::log10(norm2(signal::scattering(m, frequency, {{d, d}}, {3, num_threads})[3]));
  };
  const auto row = [](const char* name, double expected, double got, double tolerance) {
    return ValidationRow{std::string("radar cross section: ") + name, "sigma [dBsm]", 10 * std::log10(expected), got,
                         tolerance};
  };
  const Vec3d x{side, 0, 0}, y{0, side, 0}, z{0, 0, side};
  signal::ScatteringMesh plate, dihedral, trihedral;
  add_plate(plate, x, y);
  add_plate(dihedral, x, z);
  add_plate(dihedral, y, z);
  trihedral.vertices_m = {{}, x, y, z};
  trihedral.triangles = {{0, 1, 2}, {0, 2, 3}, {0, 3, 1}};
  const double t = 20 * kPi / 180, arg = 2 * kPi / wavelength * side * std::sin(t), h = std::sqrt(0.5),
               d = 1 / std::sqrt(3.0);
  const double area = side * side, l2 = wavelength * wavelength;
  return {row("plate, on axis", 4 * kPi * area * area / l2, sigma_db(plate, {0, 0, 1}), 1e-6),
          row("plate, 20 degrees off", 4 * kPi * std::pow(area * std::cos(t) * std::sin(arg) / arg, 2) / l2,
              sigma_db(plate, {std::sin(t), 0, std::cos(t)}), 1e-6),
          row("dihedral", 8 * kPi * area * area / l2, sigma_db(dihedral, {h, h, 0}), 0.5),
          row("triangular trihedral", 4 * kPi * area * area / (3 * l2), sigma_db(trihedral, {d, d, d}), 0.5)};
}

}  // namespace

std::vector<ValidationRow> signal_validation_rows(const std::string& filter, int num_threads) {
  Rows rows;
  for (const Rows& some :
       {kernels(), grid_against_response(), moving_plate(num_threads), cross_sections(num_threads)}) {
    for (const ValidationRow& row : some) {
      if (row.name.find(filter) != std::string::npos) rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace raywave::validate
