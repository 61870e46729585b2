// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/material.h"

#include <gtest/gtest.h>

#include <cmath>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"

namespace raywave::em {
namespace {

TEST(ItuMaterials, ValuesAreThoseOfTheTable) {
  // ITU-R P.2040-4, table 3, worked by hand: eps_r = a f^b, sigma = c f^d
  struct Row {
    const char* name;
    double f_hz, eps_r, sigma;
  };
  for (const Row& r : {Row{"concrete", 3.5e9, 5.24, 0.0462 * std::pow(3.5, 0.7822)},
                       Row{"wet_ground", 2e9, 30 * std::pow(2, -0.4), 0.15 * std::pow(2, 1.3)},
                       Row{"glass", 28e9, 6.31, 0.0036 * std::pow(28, 1.3394)}, Row{"plywood", 10e9, 2.71, 0.33},
                       Row{"floorboard", 150e9, 3.1575, 0.001675 * std::pow(150, 1.32775)}}) {
    int warnings = 0;
    const auto p = properties_at(itu_material(r.name), r.f_hz, [&](std::string_view) { ++warnings; });
    EXPECT_NEAR(p.eta.re, r.eps_r, 1e-12 * r.eps_r) << r.name;
    EXPECT_NEAR(-p.eta.im * 2 * kPi * r.f_hz * kVacuumPermittivity, r.sigma, 1e-12 * r.sigma) << r.name;
    EXPECT_EQ(warnings, 0) << r.name;
  }
}

TEST(ItuMaterials, OutsideItsRangesTheNearestRowHoldsWithOneWarning) {
  std::vector<std::string> warnings;
  const auto p = properties_at(itu_material("concrete"), 923e6, [&](std::string_view m) { warnings.emplace_back(m); });
  EXPECT_NEAR(p.eta.re, 5.24, 1e-12);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("concrete"), std::string::npos);
  EXPECT_NE(warnings[0].find("0.923"), std::string::npos);
  warnings.clear();
  EXPECT_NEAR(properties_at(itu_material("brick"), 60e9, [&](std::string_view m) { warnings.emplace_back(m); }).eta.re,
              3.91, 1e-12);
  EXPECT_EQ(warnings.size(), 1u);
}

TEST(ItuMaterials, SpellingsOfSceneFilesAreUnderstood) {
  for (const char* spelled : {"concrete", "itu_concrete", "itu-concrete", "mat-itu_concrete"})
    EXPECT_EQ(itu_name_in(spelled), "concrete") << spelled;
  EXPECT_EQ(itu_name_in("mat-itu_wet_ground"), "wet_ground");
  EXPECT_FALSE(itu_name_in("roof"));
  EXPECT_EQ(itu_material_names().size(), 19u);
}

TEST(Material, EveryBadFieldIsNamed) {
  const auto expect_message = [](const auto& change, const char* part) {
    Material m{"wall"};
    change(m);
    try {
      m.validate();
      FAIL() << part;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("wall"), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  expect_message([](Material& m) { m.relative_permittivity = 0.5; }, "relative_permittivity");
  expect_message([](Material& m) { m.conductivity_s_per_m = -1; }, "conductivity_s_per_m");
  expect_message([](Material& m) { m.thickness_m = 0; }, "thickness_m");
  expect_message([](Material& m) { m.scattering_coefficient = 1.5; }, "scattering_coefficient");
  expect_message([](Material& m) { m.xpd_coefficient = std::nan(""); }, "xpd_coefficient");
  expect_message([](Material& m) { m.itu_name = "concret"; }, "did you mean 'concrete'");
  EXPECT_THROW(properties_at(itu_material("wood"), 0), Error);
  EXPECT_THROW(itu_material("unobtainium"), Error);
}

TEST(Material, DiffuseShareIsTakenFromTheSpecularOne) {
  Material m{"wall"};
  m.scattering_coefficient = 0.6;
  EXPECT_NEAR(properties_at(m, 1e9).specular_scale, 0.8, 1e-15);
}

TEST(Material, DispersionOfItuRowsHasItsPowerLawsSlope) {
  const double f = 5e9;
  for (const char* name : {"wet_ground", "glass", "metal", "vacuum"}) {
    const ItuRow& row = itu_row_at(name, f);
    const ad::Dual eps = relative_permittivity_of(row, ad::Dual(f, f)), sigma = conductivity_of(row, ad::Dual(f, f));
    EXPECT_DOUBLE_EQ(eps.d, row.b * eps.v) << name;  // d ln(a f^b) / d ln f = b
    EXPECT_DOUBLE_EQ(sigma.d, row.d * sigma.v) << name;
  }
}

TEST(Material, PropertiesHaveTheSlopesOfTheirFormula) {
  using ad::Dual;
  const double f = 3.5e9, sigma = 0.1;
  const auto by = [&](int i) {
    const MaterialNumbers<Dual> n{{Dual(5, i == 0), Dual(sigma, i == 1), Dual(0.2, i == 2), Dual(0.6, i == 3)}};
    return properties_of(n, Dual(f, i == 4), false);
  };
  const double per_sigma = -1 / (2 * kPi * f * kVacuumPermittivity);
  EXPECT_EQ(by(0).eta.re.d, 1);
  EXPECT_EQ(by(0).eta.im.d, 0);
  EXPECT_DOUBLE_EQ(by(1).eta.im.d, per_sigma);
  EXPECT_EQ(by(2).thickness_m.d, 1);
  EXPECT_DOUBLE_EQ(by(3).specular_scale.d, -0.6 / 0.8);  // -S / sqrt(1 - S^2)
  EXPECT_DOUBLE_EQ(by(4).eta.im.d, -sigma * per_sigma / f);
  const MaterialNumbers<Dual> diffuse{{Dual(5), Dual(sigma), Dual(0.2), Dual(1, 1)}};
  EXPECT_EQ(properties_of(diffuse, Dual(f), false).specular_scale.d, 0);
}

}  // namespace
}  // namespace raywave::em
