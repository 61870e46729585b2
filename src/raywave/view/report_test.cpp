// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <regex>

#include "raywave/core/error.h"
#include "raywave/view/report_assets.h"
#include "raywave/view/report_data.h"
#include "raywave/view/view.h"

namespace raywave::view {
namespace {

using nlohmann::json;
const char* const kHostile = "</script><script>alert(1)</script>\"'&<!--{{data}}";

/// A floor of 20 m x 20 m far from the origin, one transmitter, two receivers.
scene::Scene small_scene(const std::string& name = "floor") {
  scene::Scene s;
  s.materials.push_back(em::itu_material("concrete"));
  s.materials[0].name = name;
  scene::Object o;
  o.name = name;
  o.mesh.vertices_m = {{500000, 0, 0}, {500020, 0, 0}, {500020, 20, 0}, {500000, 20, 0}};
  o.mesh.triangles = {{0, 1, 2}, {0, 2, 3}};
  s.objects.push_back(o);
  scene::Device d;
  d.name = name + "tx";
  d.position_m = {500002, 2, 5};
  s.transmitters.push_back(d);
  d.name = name + "rx0";
  d.position_m = {500018, 18, 1.5};
  s.receivers.push_back(d);
  d.name = name + "rx1";
  d.position_m = {500018, 2, 1.5};
  s.receivers.push_back(d);
  return s;
}

/// One path more at each receiver: rx 0 has the direct one, rx 1 the direct one and a reflection.
paths::Paths small_paths(const scene::Scene& s) {
  paths::Paths p;
  p.tx_names = {s.transmitters[0].name};
  p.tx_positions_m = {s.transmitters[0].position_m};
  for (const auto& rx : s.receivers) {
    p.rx_names.push_back(rx.name);
    p.rx_positions_m.push_back(rx.position_m);
  }
  p.object_names = {s.objects[0].name};
  p.links = {{0, -1, 0, -1, 0, 1}, {1, -1, 0, -1, 1, 3}};
  p.tau_s = {20e-9, 30e-9, 40e-9};
  p.interaction_begin = {0, 0, 0, 1};
  p.interactions = {paths::Interaction::kSpecularReflection};
  p.objects = {0};
  p.surfaces = {paths::SurfaceId::facet(0)};
  p.vertices_m = {{500010, 2, 0}};
  p.a_begin = {0, 1, 2, 4};
  p.a = {{1e-3, 0}, {0, 1e-4}, {3e-5, 4e-5}, {0, 0}};
  return p;
}

maps::RadioMap small_map(const scene::Scene& s) {
  maps::RadioMap m;
  m.surface.center_m = {500010, 10, 1.5};
  m.surface.size_m = {20, 10};
  m.surface.cell_size_m = {10, 10};
  m.tx_names = {s.transmitters[0].name};
  m.tx_power_w = {1};
  m.num_tx = 1, m.num_y = 1, m.num_x = 2;
  m.path_gain = {1e-6, 0};
  m.cell_centers_m = {{500005, 10, 1.5}, {500015, 10, 1.5}};
  return m;
}

json data_of(const std::string& page) {
  const std::string open = "id=\"report-data\">";
  const size_t begin = page.find(open) + open.size();
  return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

template <class T>
std::vector<T> values(const json& blob) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t group = 0;
  int bits = 0;
  for (const char c : blob["data"].get<std::string>()) {
    if (c == '=') break;
    group = group << 6 | uint32_t(digits.find(c));
    bits += 6;
    if (bits >= 8) bits -= 8, bytes += char(group >> bits & 255);
  }
  std::vector<T> out(bytes.size() / sizeof(T));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  return out;
}

/// The page without the two foreign scripts, whose comments name their authors' sites.
std::string own_part(std::string page) {
  for (const std::string& foreign : {three_js(), orbit_controls_js()}) {
    const size_t at = page.find(foreign);
    EXPECT_NE(at, std::string::npos);
    EXPECT_GT(foreign.size(), 10000u);
    page.erase(at, foreign.size());
  }
  return page;
}

TEST(Report, LoadsNothingFromOutside) {
  const scene::Scene s = small_scene();
  const std::string page = report_html(s, nullptr, nullptr, {});
  EXPECT_FALSE(std::regex_search(own_part(page), std::regex("https?://|url\\(|@import|\\bsrc\\s*=\\s*\"|<link")));
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("Copyright (c) 2010-2019 three.js authors"), std::string::npos);
  for (const std::string& script : {three_js(), orbit_controls_js(), report_js(), report_panel_js(), report_data_js(),
                                    report_map_js(), report_rays_js(), report_scene_js()}) {
    EXPECT_EQ(script.find("</script"), std::string::npos);
  }
}

TEST(Report, NamesCannotLeaveTheirPlace) {
  const scene::Scene s = small_scene(kHostile);
  const paths::Paths p = small_paths(s);
  const maps::RadioMap m = small_map(s);
  ReportOptions options;
  options.title = kHostile;
  options.facts = {{kHostile, kHostile}};
  const std::string page = report_html(s, &p, &m, options);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(
      page.find("<title>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;!--{{data}}</title>"),
      std::string::npos);
  // the same elements as in a page of harmless names
  const scene::Scene harmless = small_scene();
  const auto count = [](const std::string& text) {
    size_t n = 0;
    for (size_t at = text.find("<script"); at != std::string::npos; at = text.find("<script", at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count(page), count(report_html(harmless, nullptr, nullptr, {})));
  const json data = data_of(page);
  EXPECT_EQ(data["title"], kHostile);
  EXPECT_EQ(data["facts"][0][1], kHostile);
  EXPECT_EQ(data["paths"]["object_names"][0], kHostile);
  EXPECT_EQ(data["map"]["tx_names"][0], std::string(kHostile) + "tx");
}

TEST(Report, BytesThatAreNoUtf8AreReplaced) {
  ReportOptions options;
  options.title = "a\xff\xfe";
  const std::string page = report_html(small_scene("\xc3("), nullptr, nullptr, options);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
  EXPECT_NE(page.find("<title>a\xef\xbf\xbd\xef\xbf\xbd</title>"), std::string::npos);
}

TEST(Report, SameInputSameBytes) {
  const scene::Scene s = small_scene();
  const paths::Paths p = small_paths(s);
  const maps::RadioMap m = small_map(s);
  EXPECT_EQ(report_html(s, &p, &m, {}), report_html(s, &p, &m, {}));
}

TEST(Report, HoldsEveryPath) {
  const scene::Scene s = small_scene();
  const paths::Paths p = small_paths(s);
  const json data = data_of(report_html(s, &p, nullptr, {}))["paths"];
  EXPECT_EQ(data["count"], 3);
  EXPECT_EQ(values<uint32_t>(data["rx"]), (std::vector<uint32_t>{0, 1, 1}));
  EXPECT_EQ(values<uint32_t>(data["begin"]), (std::vector<uint32_t>{0, 0, 0, 1}));
  EXPECT_EQ(values<uint8_t>(data["kinds"]), (std::vector<uint8_t>{1}));
  const auto gain = values<float>(data["gain_db"]);
  ASSERT_EQ(gain.size(), 3u);
  // the last: |3e-5 + 4e-5 i|^2 = 2.5e-9 over one of two pairs of ports; half an ulp of a float near 100 is 4e-6
  EXPECT_NEAR(gain[0], -60, 4e-6);
  EXPECT_NEAR(gain[1], -80, 4e-6);
  EXPECT_NEAR(gain[2], 10 * std::log10(1.25e-9), 4e-6);
  const auto delay = values<double>(data["delay_ns"]);
  EXPECT_DOUBLE_EQ(delay[2], 40);
  // about the scene's middle (500010, 10, 0), exact in single precision
  EXPECT_EQ(values<float>(data["vertices"]), (std::vector<float>{0, -8, 0}));
  EXPECT_EQ(values<float>(data["tx_positions"]), (std::vector<float>{-8, -8, 5}));
}

TEST(Report, MapHasItsPlaceAndItsGaps) {
  const scene::Scene s = small_scene();
  maps::RadioMap m = small_map(s);
  m.surface.orientation_rad = {0, 0, 1.5707963267948966};  // rolled up: the plane's y points upwards
  const json data = data_of(report_html(s, nullptr, &m, {}))["map"];
  const auto gain = values<float>(data["gain_db"]);
  ASSERT_EQ(gain.size(), 2u);
  EXPECT_NEAR(gain[0], -60, 4e-6);
  EXPECT_TRUE(std::isnan(gain[1]));
  EXPECT_NEAR(values<double>(data["tx_power_dbm"])[0], 30, 1e-12);
  const json& up = data["step_y"];
  EXPECT_NEAR(up[2].get<double>(), 10, 1e-12);
  EXPECT_NEAR(data["corner"][0].get<double>(), -10, 1e-9);  // 500000 in single precision would be off by up to 0.03
  EXPECT_NEAR(data["corner"][2].get<double>(), 1.5 - 5, 1e-9);
}

TEST(Report, MeshMapsCarryTheirTriangles) {
  const scene::Scene s = small_scene();
  maps::RadioMap m = small_map(s);
  m.surface.kind = maps::Surface::Kind::kMesh;
  EXPECT_THROW(report_html(s, nullptr, &m, {}), Error);
  for (const auto& t : s.objects[0].mesh.triangles) {
    for (const uint32_t v : t) m.cell_corners_m.push_back(s.objects[0].mesh.vertices_m[v]);
  }
  const json data = data_of(report_html(s, nullptr, &m, {}))["map"];
  EXPECT_EQ(values<float>(data["corners"]).size(), 18u);
  EXPECT_FALSE(data.contains("step_x"));
}

TEST(Report, PathsAndMapMayBeMissing) {
  const json data = data_of(report_html(small_scene(), nullptr, nullptr, {}));
  EXPECT_TRUE(data["paths"].is_null());
  EXPECT_TRUE(data["map"].is_null());
  EXPECT_EQ(data["devices"].size(), 3u);
  EXPECT_EQ(values<uint32_t>(data["mesh"]["materials"][0]["triangles"]).size(), 6u);
  // four free edges; the diagonal between coplanar triangles is none
  EXPECT_EQ(values<float>(data["mesh"]["edges"]).size(), 4u * 6u);
  EXPECT_FALSE(report_html(scene::Scene{}, nullptr, nullptr, {}).empty());
}

TEST(Report, ArraysThatDoNotFitAreRefused) {
  const scene::Scene s = small_scene();
  paths::Paths p = small_paths(s);
  p.vertices_m.pop_back();
  EXPECT_THROW(report_html(s, &p, nullptr, {}), Error);
  maps::RadioMap m = small_map(s);
  m.path_gain.pop_back();
  EXPECT_THROW(report_html(s, nullptr, &m, {}), Error);
  ReportOptions options;
  options.map.tx = 1;
  m = small_map(s);
  EXPECT_THROW(report_html(s, nullptr, &m, options), Error);
}

}  // namespace
}  // namespace raywave::view
