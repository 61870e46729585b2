// SPDX-License-Identifier: Apache-2.0
// The march on a device against the CPU's: fields, tangents and gradients of scenes with everything in them. What is
// left between the two is the order of sums: a few roundings a step.
#include "raywave/wave/device_march.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;
constexpr double kRounding = 4e-15;  // of a step: two transforms of a few hundred points, a product

Scene flat_scene(Boundary boundary) {
  Scene s = beam_scene(192, 0.2503, 4, 24, 0.1);
  s.boundary = boundary;
  s.step_m = 0.5 * kL;
  s.absorber.width_m = 6 * kL;
  for (int i = 1; i < 5; ++i) {
    s.sources.push_back(s.sources[0]);
    s.sources.back().name = message("beam", i), s.sources.back().position_m = (i - 2) * kL;
  }
  s.objects = {dielectric("disc", 1.08, {disc({1.03 * kL, 4.1 * kL}, 2.07 * kL, 40)}, 0.05),
               dielectric("block", 2.3, {{{-4.1 * kL, 7.2 * kL}, {-1.3 * kL, 8.9 * kL}, {-3.4 * kL, 9.1 * kL}}}, 0.02),
               dielectric("wall", 3.1, {rectangle({-3.013 * kL, 14 * kL}, 30 * kL, 1.3 * kL)}, 0.03),
               conductor("plate", {rectangle({6.02 * kL, 11.1 * kL}, 2.03 * kL, 0.7 * kL)})};
  s.cells = {lossy_cells(18 * kL, 20 * kL, 3, 192)};
  return s;
}

Planes random_planes(const Scene& s, size_t planes) {
  Planes w(planes);
  for (size_t p = 0; p < planes; ++p)
    for (size_t i = 0; i < s.sources.size(); ++i) w[p].push_back(random_field(s.grid.num_points(), 7 + 10 * p + i));
  return w;
}

double norm_of(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

void expect_near(const Gradient& got, const Gradient& expected, double relative) {
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [name, values] : expected) {
    std::vector<double> difference = got.at(name);
    ASSERT_EQ(difference.size(), values.size()) << name;
    for (size_t i = 0; i < values.size(); ++i) difference[i] -= values[i];
    EXPECT_LE(norm_of(difference), relative * norm_of(values)) << name;
  }
}

class WaveDevice : public EveryDevice {};
RAYWAVE_ON_EVERY_DEVICE(WaveDevice);

TEST_P(WaveDevice, FieldsTangentsAndGradientsAreTheCpus) {
  for (const Boundary boundary : {Boundary::kPeriodic, Boundary::kDirichlet, Boundary::kNeumann}) {
    const Scene s = flat_scene(boundary);
    SimulateOptions o;
    o.output_z_m = {0, 6 * kL, s.z_end_m};
    SimulateOptions there = o;
    there.device = GetParam();
    const Simulation cpu(s, o), device(s, there);
    const double tolerance = kRounding * double(cpu.march().steps().size());
    const Result a = cpu.run(), b = device.run();
    const Gradient tangent{{"source/beam1/position_m", {0.3}},
                           {"object/disc/translation_m", {0.2, -0.4}},
                           {"object/wall/translation_m", {0.1, 0.5}},
                           {"material/block_material/relative_permittivity", {0.01}},
                           {"wavelength_m", {0.01}}};
    const Planes da = cpu.jvp(tangent), db = device.jvp(tangent);
    for (size_t p = 0; p < 3; ++p)
      for (size_t i = 0; i < s.sources.size(); ++i) {
        EXPECT_LT(relative_error(b.field[p][i], a.field[p][i]), tolerance);
        EXPECT_LT(relative_error(db[p][i], da[p][i]), 100 * tolerance);
      }
    const Planes w = random_planes(s, 3);
    expect_near(device.vjp(w), cpu.vjp(w), 1e-10);  // cancelling sums over vertices lose up to five digits
    there.wavelength_gradient = o.wavelength_gradient = false;
    expect_near(Simulation(s, there).vjp(w), Simulation(s, o).vjp(w), 1e-10);
    there.cell_gradient = o.cell_gradient = false;
    expect_near(Simulation(s, there).vjp(w), Simulation(s, o).vjp(w), 1e-10);
  }
}

TEST_P(WaveDevice, LittleMemoryGivesTheSameGradient) {
  const Scene s = flat_scene(Boundary::kPeriodic);
  SimulateOptions o = on_device();
  const Planes w = random_planes(s, 1);
  const Gradient plenty = Simulation(s, o).vjp(w);
  // one source at a time, a handful of checkpoints, few tables
  o.memory_bytes = 16 * 192 * 64, o.num_threads = 1;
  EXPECT_GT(Simulation(s, o).march().steps().size(), 0.45 * 64 + 5);  // more than there is room for
  expect_near(Simulation(s, o).vjp(w), plenty, 1e-11);
}

TEST_P(WaveDevice, SinglePrecision) {
  const Scene s = flat_scene(Boundary::kPeriodic);
  SimulateOptions o = on_device();
  const double steps = double(Simulation(s, o).march().steps().size());
  const Result exact = simulate(s, o);
  const Planes w = random_planes(s, 1);
  const Gradient g = Simulation(s, o).vjp(w);
  o.backend.precision = Precision::kFloat;
  const Simulation single(s, o);
  const Result got = single.run();
  for (size_t i = 0; i < s.sources.size(); ++i)
    EXPECT_LT(relative_error(got.field[0][i], exact.field[0][i]), 1e-7 * steps);
  const Gradient h = single.vjp(w);
  for (const char* name : {"cells/index_minus_one", "source/beam1/tilt_rad", "object/disc/translation_m"})
    expect_near({{name, h.at(name)}}, {{name, g.at(name)}}, 1e-6 * steps);
}

TEST_P(WaveDevice, RefusalsNameWhatIsMissing) {
  if (GetParam() == Device::kCpu) GTEST_SKIP() << "the CPU refuses none of these";
  const auto refusal = [&](const std::function<void(Scene&, SimulateOptions&)>& edit, const std::string& word) {
    Scene s = flat_scene(Boundary::kPeriodic);
    SimulateOptions o = on_device();
    edit(s, o);
    try {
      Simulation(s, o).vjp(random_planes(s, 1));
      ADD_FAILURE() << "accepted: " << word;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find(device_name(GetParam())), std::string::npos) << e.what();
    }
  };
  refusal([](Scene&, auto& o) { o.backend.kind = BackendKind::kDense; }, "fft alone, not dense");
  refusal([](Scene&, auto& o) { o.num_reflections = 2; }, "num_reflections = 2");
  refusal([](Scene&, auto& o) { o.memory_bytes = 16 * 192 * 20; }, "memory_bytes");
}

TEST(WaveDeviceNames, AreReadAndRefused) {
  EXPECT_EQ(device_from_name("cuda"), Device::kCuda);
  EXPECT_STREQ(device_name(Device::kEmulated), "emulated");
  EXPECT_THROW(device_from_name("cudda"), Error);
  const CudaState state = cuda_state();
  EXPECT_FALSE(state.words.empty());
  if (state.usable) return;
  SimulateOptions o;
  o.device = Device::kCuda;
  try {
    simulate(beam_scene(64, 0.5, 4, 4), o);
    ADD_FAILURE() << "marched on a device that is not there";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("device cuda"), std::string::npos) << e.what();
  }
}

// What a grid of threads does to a kernel: every element once, whatever the order.
TEST(WaveKernels, ElementsDoNotDependOnTheirOrder) {
  const int64_t n = 7, batch = 3;
  using K = KernelKind;
  for (const K kind : {K::kMultiply, K::kMultiplyConj, K::kWeigh, K::kAddWeighted, K::kAdd, K::kExtend, K::kFold,
                       K::kScreenTangent, K::kGainTangent, K::kCorrelate, K::kCorrelateReal}) {
    const auto run = [&](bool backwards) {
      std::vector<Complexd> in(size_t(2 * n * batch)), other = in, out = in, out2 = in, table(size_t(2 * n));
      std::vector<double> weight(table.size()), real_out(table.size());
      uint64_t at = 0;
      for (auto* v : {&in, &other, &out, &out2, &table})
        for (Complexd& c : *v) c = {random_uniform(1, 2, at, 0) - 0.5, random_uniform(1, 2, at, 1) - 0.5}, ++at;
      for (double& w : weight) w = random_uniform(1, 3, ++at, 0);
      Kernel<double> k;
      k.kind = kind, k.points = n, k.batch = batch, k.out = out.data(), k.out2 = out2.data(), k.in = in.data();
      k.other = other.data(), k.table = table.data(), k.weight = weight.data(), k.real_out = real_out.data();
      k.scale = {-0.7, 0.2};
      const int64_t count = k.count();
      EXPECT_EQ(count, kind == K::kExtend                                   ? 2 * n * batch
                       : kind == K::kCorrelate || kind == K::kCorrelateReal ? n
                                                                            : n * batch);
      for (int64_t i = 0; i < count; ++i) k(backwards ? count - 1 - i : i);
      std::vector<double> all = real_out;
      for (const auto* v : {&out, &out2})
        for (const Complexd& c : *v) all.push_back(c.re), all.push_back(c.im);
      return all;
    };
    EXPECT_EQ(run(false), run(true)) << int(kind);
  }
}

}  // namespace
}  // namespace raywave::wave
