// SPDX-License-Identifier: Apache-2.0
#include <cairo.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "raywave/core/files.h"
#include "raywave/view/canvas.h"
#include "raywave/view/color_map.h"
#include "raywave/view/view.h"

namespace raywave::view {
namespace {

/// A map of 4 x 2 cells of 10 m around (100, 50), two transmitters; one cell is dark.
maps::RadioMap small_map() {
  maps::RadioMap m;
  m.surface.center_m = {100, 50, 1.5};
  m.surface.size_m = {40, 20};
  m.surface.cell_size_m = {10, 10};
  m.num_tx = 2;
  m.num_x = 4;
  m.num_y = 2;
  m.tx_names = {"mast", "roof"};
  m.tx_power_w = {1, 1};
  m.noise_power_w = 1e-15;
  for (int i = 0; i < 8; ++i) m.path_gain.push_back(i == 3 ? 0 : std::pow(10, -8 - 0.5 * i));
  for (int i = 0; i < 8; ++i) m.path_gain.push_back(i == 3 ? 0 : std::pow(10, -11.5 + 0.5 * i));
  m.cell_centers_m.resize(8);
  return m;
}

scene::Scene scene_with_mast() {
  scene::Scene s;
  s.add_transmitter({"mast", {105, 45, 20}});
  return s;
}

std::string folder() {
  const auto path = std::filesystem::temp_directory_path() / "raywave_plots_test";
  std::filesystem::create_directories(path);
  return path.string();
}

struct Picture {
  cairo_surface_t* surface;
  int width, height;
  explicit Picture(const std::string& file) : surface(cairo_image_surface_create_from_png(file.c_str())) {
    width = cairo_image_surface_get_width(surface);
    height = cairo_image_surface_get_height(surface);
  }
  ~Picture() { cairo_surface_destroy(surface); }
  Rgb at(int x, int y) const {
    const unsigned char* row = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
    const uint32_t p = reinterpret_cast<const uint32_t*>(row)[x];
    return {uint8_t(p >> 16), uint8_t(p >> 8), uint8_t(p)};
  }
};

void expect_color(const Rgb& got, const Rgb& expected) {
  EXPECT_EQ(int(got.r), int(expected.r));
  EXPECT_EQ(int(got.g), int(expected.g));
  EXPECT_EQ(int(got.b), int(expected.b));
}

TEST(ColorMap, LightnessRisesAlongTheRamp) {
  double last = -1;
  for (int i = 0; i <= 100; ++i) {
    const Rgb c = sequential_color(i / 100.0);
    const auto linear = [](uint8_t v) { return std::pow(v / 255.0, 2.2); };
    const double luminance = 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
    EXPECT_GT(luminance, last) << i;
    last = luminance;
  }
  expect_color(sequential_color(-3), sequential_color(0));
  expect_color(sequential_color(std::nan("")), sequential_color(0));
}

TEST(ColorMap, RangeLeavesOutliersAndInfinitiesAside) {
  std::vector<double> values(1000, -90);
  values[0] = -300;
  values[1] = -INFINITY;
  for (int i = 500; i < 1000; ++i) values[size_t(i)] = -71;
  const ColorRange r = color_range(values, 0, 0);
  EXPECT_EQ(r.min, -90);
  EXPECT_EQ(r.max, -70);
  EXPECT_EQ(color_range(values, -120, -60).min, -120);
  EXPECT_LT(color_range({}, 0, 0).min, color_range({}, 0, 0).max);
  EXPECT_THROW(color_range(values, -60, -120), Error);
  EXPECT_THROW(color_range(values, NAN, -60), Error);
}

TEST(Ticks, AreRoundAndInside) {
  EXPECT_EQ(nice_ticks(-103, -71, 4), (std::vector<double>{-100, -90, -80}));
  EXPECT_EQ(nice_ticks(0, 1, 5).size(), 6u);
  EXPECT_EQ(tick_label(2.5), "2.5");
  EXPECT_EQ(tick_label(-0.0), "0");
}

TEST(RadioMapPlot, CellsHaveTheColorsOfTheirValues) {
  const std::string file = folder() + "/map.png";
  MapPlotOptions o;
  o.tx = 0;
  o.min_db = -120;
  o.max_db = -80;
  plot_radio_map(file, small_map(), scene_with_mast(), o);
  const Picture p(file);
  EXPECT_EQ(p.width, 900);
  // the plot's area: 78 to 780 across, from 50 down; 4 x 2 cells, y upward
  const double cell = (900 - 78 - 120) / 4.0;
  const auto at = [&](int x, int y) { return p.at(int(78 + (x + 0.3) * cell), int(50 + (1 - y + 0.3) * cell)); };
  expect_color(at(0, 0), sequential_color(1.0));    // -80 dB
  expect_color(at(1, 1), sequential_color(0.375));  // cell 5: -105 dB
  expect_color(at(3, 0), {232, 232, 235});          // dark
}

TEST(RadioMapPlot, SvgSaysWhatItShows) {
  const std::string file = folder() + "/map.svg";
  MapPlotOptions o;
  o.title = "Coverage";
  plot_radio_map(file, small_map(), scene_with_mast(), o);
  const std::string svg = read_file(file);
  EXPECT_NE(svg.find("<svg"), std::string::npos);
  EXPECT_NE(svg.find("<image"), std::string::npos);
}

TEST(RadioMapPlot, PngHasTheSameBytesTwice) {
  const std::string file = folder() + "/twice.png";
  plot_radio_map(file, small_map(), scene_with_mast(), {});
  const std::string once = read_file(file);
  plot_radio_map(file, small_map(), scene_with_mast(), {});
  EXPECT_TRUE(read_file(file) == once);
}

TEST(RadioMapPlot, AssociationUsesOneColorATransmitter) {
  const std::string file = folder() + "/best.png";
  MapPlotOptions o;
  o.metric = MapMetric::kAssociation;
  plot_radio_map(file, small_map(), scene_with_mast(), o);
  const Picture p(file);
  const double cell = (900 - 78 - 120) / 4.0;
  expect_color(p.at(int(78 + 0.3 * cell), int(50 + 1.3 * cell)), categorical_color(0));
  expect_color(p.at(int(78 + 3.3 * cell), int(50 + 0.3 * cell)), categorical_color(1));
}

TEST(RadioMapPlot, BadRequestsAreNamed) {
  maps::RadioMap mesh = small_map();
  mesh.surface.kind = maps::Surface::Kind::kMesh;
  EXPECT_THROW(plot_radio_map(folder() + "/m.png", mesh, scene_with_mast(), {}), Error);
  EXPECT_THROW(plot_radio_map(folder() + "/m.jpg", small_map(), scene_with_mast(), {}), Error);
  MapPlotOptions o;
  o.tx = 2;
  EXPECT_THROW(plot_radio_map(folder() + "/m.png", small_map(), scene_with_mast(), o), Error);
  EXPECT_THROW(plot_radio_map("/no/such/folder/m.png", small_map(), scene_with_mast(), {}), Error);
  EXPECT_FALSE(std::filesystem::exists(folder() + "/m.png"));
}

paths::Paths two_paths() {
  paths::Paths p;
  p.tx_names = {"tx"};
  p.rx_names = {"rx"};
  p.tx_num_elements = p.tx_num_slants = p.rx_num_elements = p.rx_num_slants = {1};
  p.links = {{0, -1, 0, -1, 0, 2}};
  p.tau_s = {1e-7, 2e-7};
  p.a = {{1e-4, 0}, {0, 1e-5}};
  p.a_begin = {0, 1, 2};
  p.interaction_begin = {0, 0, 1};
  p.interactions = {paths::Interaction::kSpecularReflection};
  return p;
}

TEST(PowerDelayProfile, DrawsStemsInTheColorsOfTheirClasses) {
  const std::string file = folder() + "/pdp.png";
  plot_power_delay_profile(file, two_paths(), 0, 0);
  const Picture p(file);
  int direct = 0, reflection = 0;
  for (int y = 0; y < p.height; ++y) {
    for (int x = 80; x < 740; ++x) {
      const Rgb c = p.at(x, y);
      direct += c.r == 20 && c.g == 140 && c.b == 75;
      reflection += c.r == 31 && c.g == 104 && c.b == 180;
    }
  }
  EXPECT_GT(direct, 100);
  EXPECT_GT(reflection, 30);
  EXPECT_GT(direct, reflection);  // 20 dB higher
}

TEST(PowerDelayProfile, EmptyLinksAndBadIndices) {
  paths::Paths p = two_paths();
  EXPECT_THROW(plot_power_delay_profile(folder() + "/x.png", p, 1, 0), Error);
  EXPECT_THROW(plot_power_delay_profile(folder() + "/x.png", p, 0, -1), Error);
  p.links[0].path_end = 0;
  plot_power_delay_profile(folder() + "/empty.svg", p, 0, 0);
  EXPECT_TRUE(std::filesystem::exists(folder() + "/empty.svg"));
}

}  // namespace
}  // namespace raywave::view
