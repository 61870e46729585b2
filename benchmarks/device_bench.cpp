// SPDX-License-Identifier: Apache-2.0
// The wave march on a device against the bare transforms of that device, and its gradient: microseconds a source-step,
// median and spread, as one line of JSON. Usage: device_bench [cuda | emulated | cpu] [--quick]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"
#include "raywave/wave/field_pool.h"
#include "raywave/wave/simulate.h"

namespace {

using namespace raywave;
using namespace raywave::wave;

double microseconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

struct Size {
  const char* name;
  int num_x, num_y, batch, steps;
  bool single;
};

std::string figures(const char* name, std::vector<double> t) {
  std::sort(t.begin(), t.end());
  char text[200];
  std::snprintf(text, sizeof text, "\"%s_us\": {\"median\": %.4g, \"least\": %.4g, \"most\": %.4g}", name,
                t[t.size() / 2], t.front(), t.back());
  return text;
}

/// The transforms of the march and nothing else; the time of what waits on the device is taken by a download.
std::vector<double> bare(Device device, const Size& size, int repetitions) {
  const auto engine = make_engine(device, {size.num_x, size.num_y, size.batch, size.single});
  const size_t bytes = size_t(size.num_x) * size_t(size.num_y) * size_t(size.batch) *
                       (size.single ? sizeof(Complex<float>) : sizeof(Complexd));
  DeviceArray<char> memory(*engine, bytes);
  engine->zero(memory.data(), bytes);
  char last[16];
  std::vector<double> t;
  for (int r = 0; r <= repetitions; ++r) {
    const double us = microseconds([&] {
      for (int i = 0; i < size.steps; ++i)
        engine->transform(memory.data(), true), engine->transform(memory.data(), false);
      engine->download(last, memory.data(), sizeof last);
    });
    if (r > 0) t.push_back(us / size.steps / size.batch);  // the first call warms up
  }
  return t;
}

/// Thin air all along the march: a jump and a screen a step.
Scene scene_of(const Size& size) {
  const double l = 0.01;
  Scene s;
  s.frequency_hz = kSpeedOfLight / l;
  s.grid.num_x = size.num_x, s.grid.num_y = size.num_y, s.grid.spacing_m = s.grid.spacing_x_m = 0.5003 * l;
  s.z_end_m = 0.5 * l * size.steps, s.step_m = 0.5 * l;
  Source beam;
  beam.waist_m = 10 * l;
  s.sources.assign(size_t(size.batch), beam);
  for (size_t i = 0; i < s.sources.size(); ++i) s.sources[i].name = "beam" + std::to_string(i);
  CellMedium cells;
  cells.num_z = size.steps, cells.z_end_m = s.z_end_m;
  cells.index_minus_one.resize(size_t(size.steps) * size_t(size.num_x) * size_t(size.num_y));
  for (size_t i = 0; i < cells.index_minus_one.size(); ++i)
    cells.index_minus_one[i] = 0.001 * random_uniform(1, 0, i, 0);
  s.cells.push_back(std::move(cells));
  return s;
}

std::string row(Device device, const Size& size, int repetitions) {
  SimulateOptions o;
  o.device = device, o.num_threads = 1, o.wavelength_gradient = false;
  o.memory_bytes = int64_t(8) << 30;
  o.backend.precision = size.single ? Precision::kFloat : Precision::kDouble;
  const Simulation simulation(scene_of(size), o);
  const Planes ones(1, std::vector<Field>(size_t(size.batch), Field(size_t(size.num_x) * size_t(size.num_y), 1.0)));
  std::vector<double> march, gradient;
  const double per = 1.0 / (size.steps * size.batch);
  for (int r = 0; r <= repetitions; ++r) {
    const double run = per * microseconds([&] { simulation.run(); });
    const double vjp = per * microseconds([&] { simulation.vjp(ones); });
    if (r > 0) march.push_back(run), gradient.push_back(vjp);
  }
  return std::string("\"") + size.name + "\": {" + figures("bare_pair", bare(device, size, repetitions)) + ", " +
         figures("march", march) + ", " + figures("gradient", gradient) + "}";
}

}  // namespace

int main(int argc, char** argv) {
  bool quick = false;
  Device device = Device::kCuda;
  try {
    for (int i = 1; i < argc; ++i) {
      if (std::strcmp(argv[i], "--quick") == 0)
        quick = true;
      else
        device = device_from_name(argv[i]);
    }
    const std::vector<Size> sizes =
        quick ? std::vector<Size>{{"line_double", 1, 256, 4, 16, false}, {"plane_float", 32, 32, 2, 8, true}}
              : std::vector<Size>{{"line_double", 1, 4096, 64, 400, false},
                                  {"line_float", 1, 4096, 64, 400, true},
                                  {"long_line_double", 1, 1 << 18, 1, 100, false},
                                  {"plane_double", 512, 512, 4, 60, false},
                                  {"plane_float", 512, 512, 4, 60, true}};
    std::string out;
    for (const Size& size : sizes) out += (out.empty() ? "" : ", ") + row(device, size, quick ? 2 : 7);
    std::printf("{\"device\": \"%s\", \"words\": \"%s\", %s}\n", device_name(device), cuda_state().words.c_str(),
                out.c_str());
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "device_bench: %s\n", e.what()), 3;
  }
}
