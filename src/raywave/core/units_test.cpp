// SPDX-License-Identifier: Apache-2.0
#include "raywave/core/units.h"

#include <gtest/gtest.h>

#include "raywave/core/error.h"

namespace raywave {
namespace {

TEST(Units, FrequencyAcceptsUnitsAndBareHertz) {
  EXPECT_DOUBLE_EQ(parse_frequency_hz("3.5GHz"), 3.5e9);
  EXPECT_DOUBLE_EQ(parse_frequency_hz("28 ghz"), 28e9);
  EXPECT_DOUBLE_EQ(parse_frequency_hz("900MHz"), 9e8);
  EXPECT_DOUBLE_EQ(parse_frequency_hz("2.4e9"), 2.4e9);
}

TEST(Units, ABareFrequencyThatNobodyMeansNeedsItsUnit) {
  for (const char* bare : {"3.5", "28", "900", "999999"}) {
    try {
      parse_frequency_hz(bare);
      ADD_FAILURE() << bare;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(std::string("'") + bare + "' has no unit: write " + bare + "GHz"),
                std::string::npos)
          << e.what();
    }
  }
  EXPECT_DOUBLE_EQ(parse_frequency_hz("1000000"), 1e6);
  EXPECT_DOUBLE_EQ(parse_frequency_hz("3.5Hz"), 3.5);
  EXPECT_DOUBLE_EQ(parse_frequency_hz("60 Hz"), 60);
}

TEST(Units, FrequencyRefusesNonsenseNamingIt) {
  for (const char* bad : {"", "GHz", "3.5GHx", "-1GHz", "0", "nan", "inf", "3.5 G Hz z"}) {
    EXPECT_THROW(parse_frequency_hz(bad), Error) << bad;
  }
}

TEST(Units, DecibelsRoundTrip) {
  EXPECT_NEAR(power_to_db(db_to_power(-97.25)), -97.25, 1e-12);
  EXPECT_NEAR(dbm_to_watt(30.0), 1.0, 1e-15);
  EXPECT_NEAR(watt_to_dbm(1e-3), 0.0, 1e-12);
}

TEST(Errors, NearestNameFindsTheTypo) {
  EXPECT_EQ(nearest_name("concret", {"brick", "concrete", "wood"}), "concrete");
  EXPECT_EQ(nearest_name("zzzzzzzz", {"brick", "concrete", "wood"}), "");
}

}  // namespace
}  // namespace raywave
