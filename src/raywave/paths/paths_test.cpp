// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/paths.h"

#include <gtest/gtest.h>

#include <string>

namespace raywave::paths {
namespace {

/// Adds a path whose figures all follow from `id`, with num_gains gains id + 0.01 k.
void add_path(Paths& p, double id, int num_interactions, int num_gains) {
  p.tau_s.push_back(id);
  p.theta_t.push_back(id + 0.1);
  p.phi_t.push_back(id + 0.2);
  p.theta_r.push_back(id + 0.3);
  p.phi_r.push_back(id + 0.4);
  p.doppler_hz.push_back(id + 0.5);
  p.transfer.resize(p.transfer.size() + 4);
  for (int i = 0; i < num_interactions; ++i) {
    p.interactions.push_back(i == 0 ? Interaction::kSpecularReflection : Interaction::kRefraction);
    p.objects.push_back(int(id) + i);
    p.surfaces.push_back(SurfaceId::facet(0));
    p.vertices_m.push_back({id, double(i), 7});
  }
  p.interaction_begin.push_back(int64_t(p.interactions.size()));
  for (int k = 0; k < num_gains; ++k) p.a.push_back({id + 0.01 * k, -id});
  p.a_begin.push_back(int64_t(p.a.size()));
}

/// One receiver of 2 elements x 2 slants; transmitters with 1 port and with 3 elements.
Paths devices(bool synthetic) {
  Paths p;
  p.frequency_hz = 1e9;
  p.synthetic_array = synthetic;
  p.rx_names = {"r"};
  p.tx_names = {"one", "three"};
  p.rx_num_elements = {2};
  p.rx_num_slants = {2};
  p.tx_num_elements = {1, 3};
  p.tx_num_slants = {1, 1};
  return p;
}

TEST(PaddedPaths, SyntheticArraysShareTheGeometryOfADevicePair) {
  Paths p = devices(true);
  p.links = {{0, -1, 0, -1, 0, 2}, {0, -1, 1, -1, 2, 3}};
  add_path(p, 1, 0, 4);
  add_path(p, 2, 2, 4);
  add_path(p, 3, 1, 12);
  const PaddedPaths q = padded(p);
  EXPECT_EQ(q.num_rx, 1);
  EXPECT_EQ(q.num_rx_ant, 4);
  EXPECT_EQ(q.num_tx, 2);
  EXPECT_EQ(q.num_tx_ant, 3);
  EXPECT_EQ(q.num_paths, 2);
  EXPECT_EQ(q.max_depth, 2);
  ASSERT_EQ(q.a.size(), size_t(1 * 4 * 2 * 3 * 2));
  const auto a = [&](int ra, int tx, int ta, int path) { return q.a[size_t(((ra * 2 + tx) * 3 + ta) * 2 + path)]; };
  for (int ra = 0; ra < 4; ++ra) {
    EXPECT_EQ(a(ra, 0, 0, 0).re, 1 + 0.01 * ra);
    EXPECT_EQ(a(ra, 0, 0, 1).re, 2 + 0.01 * ra);
    EXPECT_EQ(a(ra, 0, 1, 0).re, 0);  // the first transmitter has one port
    for (int ta = 0; ta < 3; ++ta) {
      EXPECT_EQ(a(ra, 1, ta, 0).re, 3 + 0.01 * (ra * 3 + ta));
      EXPECT_EQ(a(ra, 1, ta, 1).re, 0);
    }
  }
  EXPECT_EQ(q.tau_s, (std::vector<double>{1, 2, 3, -1}));
  EXPECT_EQ(q.valid, (std::vector<uint8_t>{1, 1, 1, 0}));
  EXPECT_EQ(q.theta_t, (std::vector<double>{1.1, 2.1, 3.1, 0}));
  EXPECT_EQ(q.phi_t, (std::vector<double>{1.2, 2.2, 3.2, 0}));
  EXPECT_EQ(q.theta_r, (std::vector<double>{1.3, 2.3, 3.3, 0}));
  EXPECT_EQ(q.phi_r, (std::vector<double>{1.4, 2.4, 3.4, 0}));
  EXPECT_EQ(q.doppler_hz, (std::vector<double>{1.5, 2.5, 3.5, 0}));
  EXPECT_EQ(q.interactions, (std::vector<uint32_t>{0, 1, 1, 0, 0, 4, 0, 0}));  // [depth, pair, path]
  EXPECT_EQ(q.objects, (std::vector<int32_t>{-1, 2, 3, -1, -1, 3, -1, -1}));
  EXPECT_EQ(std::vector<double>(q.vertices_m.begin() + 15, q.vertices_m.begin() + 18), (std::vector<double>{2, 1, 7}));
}

TEST(PaddedPaths, ExactArraysPutEachElementsSlantsAtTheirPorts) {
  Paths p = devices(false);
  // one link for each pair of elements; a link's gains are [rx slants, tx slants]
  double id = 1;
  int64_t path = 0;
  for (int rx_element = 0; rx_element < 2; ++rx_element) {
    for (int tx = 0; tx < 2; ++tx) {
      for (int tx_element = 0; tx_element < p.tx_num_elements[size_t(tx)]; ++tx_element) {
        p.links.push_back({0, rx_element, tx, tx_element, path, path + 1});
        add_path(p, id++, 1, 2);
        ++path;
      }
    }
  }
  const PaddedPaths q = padded(p);
  ASSERT_EQ(q.a.size(), size_t(4 * 2 * 3));
  ASSERT_EQ(q.tau_s.size(), q.a.size());
  ASSERT_EQ(q.vertices_m.size(), 3 * q.a.size());
  const auto at = [](int ra, int tx, int ta) { return size_t((ra * 2 + tx) * 3 + ta); };
  // ports are slant-major: port = slant * 2 + element
  for (int slant = 0; slant < 2; ++slant) {
    for (int element = 0; element < 2; ++element) {
      const int ra = slant * 2 + element;
      for (int ta = 0; ta < 3; ++ta) {
        const double expected = element * 4 + 2 + ta;
        EXPECT_EQ(q.a[at(ra, 1, ta)].re, expected + 0.01 * slant);
        EXPECT_EQ(q.tau_s[at(ra, 1, ta)], expected);
        EXPECT_EQ(q.valid[at(ra, 1, ta)], 1);
      }
      EXPECT_EQ(q.tau_s[at(ra, 0, 0)], element * 4 + 1);
      EXPECT_EQ(q.tau_s[at(ra, 0, 1)], -1);
      EXPECT_EQ(q.valid[at(ra, 0, 2)], 0);
    }
  }
}

TEST(PaddedPaths, WithoutPathsTheyAreEmptyNotWrong) {
  Paths p = devices(true);
  p.links = {{0, -1, 0, -1, 0, 0}, {0, -1, 1, -1, 0, 0}};
  const PaddedPaths q = padded(p);
  EXPECT_EQ(q.num_rx_ant, 4);
  EXPECT_EQ(q.num_paths, 0);
  EXPECT_TRUE(q.a.empty());
  EXPECT_TRUE(q.tau_s.empty());
}

TEST(PaddedPaths, MoreMemoryThanAllowedIsRefusedWithTheEstimate) {
  Paths p = devices(true);
  p.links = {{0, -1, 0, -1, 0, 1}, {0, -1, 1, -1, 1, 1}};
  add_path(p, 1, 1, 4);
  // 24 gains of 16 bytes; 2 places of 6 doubles, 1 flag and one interaction of 4 + 4 + 24 bytes
  const double bytes = 24 * 16 + 2 * (6 * 8 + 1 + 32);
  EXPECT_NO_THROW(padded(p, bytes));
  try {
    padded(p, bytes - 1);
    FAIL() << "more than max_bytes was allowed";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(message(bytes / 1e9)), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find(message((bytes - 1) / 1e9)), std::string::npos) << e.what();
  }
}

TEST(Paths, InteractionsHaveNames) {
  EXPECT_STREQ(interaction_name(Interaction::kSpecularReflection), "specular_reflection");
  EXPECT_STREQ(interaction_name(Interaction::kDiffuseReflection), "diffuse_reflection");
  EXPECT_STREQ(interaction_name(Interaction::kRefraction), "refraction");
  EXPECT_STREQ(interaction_name(Interaction::kDiffraction), "diffraction");
}

}  // namespace
}  // namespace raywave::paths
