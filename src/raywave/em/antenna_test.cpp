// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/antenna.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "raywave/core/constants.h"
#include "raywave/core/files.h"

namespace raywave::em {
namespace {

/// Mean power gain over the sphere, midpoint rule in cos(theta) and phi.
double mean_gain(const AntennaPattern& p, double slant) {
  constexpr int kTheta = 400, kPhi = 200;
  double sum = 0;
  for (int i = 0; i < kTheta; ++i) {
    const double theta = std::acos(1 - 2 * (i + 0.5) / kTheta);
    for (int j = 0; j < kPhi; ++j) {
      const JonesVector f = p.field(theta, 2 * kPi * (j + 0.5) / kPhi, slant);
      sum += norm2(f.theta) + norm2(f.phi);
    }
  }
  return sum / (kTheta * kPhi);
}

AntennaPattern pattern(PatternKind kind, PolarizationModel model = PolarizationModel::kTr38901Model2) {
  AntennaPattern p;
  p.kind = kind;
  p.model = model;
  return p;
}

TEST(AntennaPattern, LosslessAntennasRadiateWhatTheyAreFed) {
  EXPECT_NEAR(mean_gain(pattern(PatternKind::kIsotropic), 0), 1, 1e-12);
  EXPECT_NEAR(mean_gain(pattern(PatternKind::kShortDipole), 0), 1, 1e-5);  // midpoint rule
  // its directivity is 1.6409 (4 / Cin(2 pi)); the field's convention rounds it to 1.643
  EXPECT_NEAR(mean_gain(pattern(PatternKind::kHalfWaveDipole), 0), 1.643 / 1.6409, 1e-4);
}

TEST(AntennaPattern, Tr38901ElementPeaksAtEightDecibelsAhead) {
  const AntennaPattern p = pattern(PatternKind::kTr38901);
  EXPECT_NEAR(20 * std::log10(p.amplitude(kPi / 2, 0)), 8, 1e-12);
  EXPECT_NEAR(20 * std::log10(p.amplitude(kPi / 2, 65 * kPi / 360)), 5, 1e-12);  // half of 65 degrees: -3 dB
  EXPECT_NEAR(20 * std::log10(p.amplitude(kPi / 2, kPi)), -22, 1e-12);
}

TEST(AntennaPattern, DipolesAreFiniteAlongTheirAxis) {
  for (const double theta : {0.0, kPi, 1e-12}) {
    for (const auto kind : {PatternKind::kShortDipole, PatternKind::kHalfWaveDipole})
      EXPECT_LT(pattern(kind).amplitude(theta, 0.3), 1e-9);
  }
}

TEST(AntennaPattern, SlantingKeepsThePower) {
  for (const auto model : {PolarizationModel::kTr38901Model1, PolarizationModel::kTr38901Model2}) {
    const AntennaPattern p = pattern(PatternKind::kTr38901, model);
    for (int i = 1; i < 40; ++i) {
      const double theta = kPi * i / 40, phi = 0.37 * i;
      const JonesVector f = p.field(theta, phi, -kPi / 4);
      const double c = p.amplitude(theta, phi);
      EXPECT_NEAR(norm2(f.theta) + norm2(f.phi), c * c, 1e-12 * c * c);
    }
  }
}

TEST(PlanarArray, ElementsRunColumnByColumnFromTheTopLeft) {
  PlanarArrayOptions o;
  o.num_rows = 2;
  o.num_cols = 3;
  o.polarization = "VH";
  const AntennaArray a = planar_array(o);
  EXPECT_EQ(a.num_ports(), 12);
  const auto offsets = a.offsets_m(0.2);
  EXPECT_NEAR(norm(offsets[0] - Vec3d{0, -0.1, 0.05}), 0, 1e-15);
  EXPECT_NEAR(norm(offsets[1] - Vec3d{0, -0.1, -0.05}), 0, 1e-15);
  EXPECT_NEAR(norm(offsets[5] - Vec3d{0, 0.1, -0.05}), 0, 1e-15);
  o.num_rows = 0;
  EXPECT_THROW(planar_array(o), Error);
  EXPECT_THROW(pattern_kind_from_name("dipol"), Error);
  EXPECT_THROW(slants_from_name("X"), Error);
}

std::string write(const std::string& name, const std::string& text) {
  const std::string path = (std::filesystem::temp_directory_path() / name).string();
  write_file(path, text);
  return path;
}

void expect_error(const std::function<void()>& body, const std::string& part) {
  try {
    body();
    FAIL() << part;
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

TEST(MeasuredPattern, CsvCutsAreReproduced) {
  std::string text = "cut,angle_deg,gain_dbi\n";
  for (int a = 0; a < 360; a += 10)
    text += "azimuth," + std::to_string(a) + "," + std::to_string(10 - 20 * std::sin(a * kPi / 360)) + "\n";
  for (int a = 0; a < 360; a += 10)
    text += "elevation," + std::to_string(a) + "," + std::to_string(10 - 20 * std::sin(a * kPi / 360)) + "\n";
  const MeasuredPattern p = read_csv_pattern(write("raywave_pattern.csv", text));
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2, 0)), 10, 1e-5);
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2, 50 * kPi / 180)), 10 - 20 * std::sin(25 * kPi / 180), 1e-5);
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2, kPi)), -10, 1e-5);
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2 - 40 * kPi / 180, 0)), 10 - 20 * std::sin(20 * kPi / 180), 1e-5);
}

TEST(MeasuredPattern, MsiTurnsAndTiltsAsThatFormatSays) {
  std::string text = "NAME test\nGAIN 12.85 dBd\nTILT ELECTRICAL\nHORIZONTAL 360\n";
  for (int a = 0; a < 360; ++a) text += std::to_string(a) + " " + std::to_string(a == 90 ? 7.0 : 3.0 * (a > 0)) + "\n";
  text += "VERTICAL 360\n";
  for (int a = 0; a < 360; ++a)
    text += std::to_string(a) + " " + std::to_string(a == 0 ? 0.0 : a == 10 ? 1.0 : 5.0) + "\n";
  const MeasuredPattern p = read_msi_pattern(write("raywave_pattern.msi", text));
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2, 0)), 15, 1e-9);  // dBd + 2.15
  // 10 degrees in the file is below the horizon
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2 + 10 * kPi / 180, 0)), 14, 1e-6);
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2 - 10 * kPi / 180, 0)), 10, 1e-6);
  // 90 degrees in the file is clockwise from above: -y
  EXPECT_LT(p.gain(kPi / 2, -kPi / 2), p.gain(kPi / 2, kPi / 2));
}

TEST(PlanarArray, TakesAPatternFileByItsName) {
  PlanarArrayOptions o;
  std::string text = "cut,angle_deg,gain_dbi\n";
  for (const char* cut : {"azimuth", "elevation"}) {
    for (int a = 0; a < 360; a += 45) text += std::string(cut) + "," + std::to_string(a) + ",6\n";
  }
  o.pattern = write("raywave_flat.csv", text);
  const AntennaArray a = planar_array(o);
  EXPECT_EQ(a.pattern.kind, PatternKind::kMeasured);
  EXPECT_NEAR(20 * std::log10(a.pattern.amplitude(1.0, 2.0)), 6, 1e-9);
}

TEST(MeasuredPattern, ATiltedBeamPeaksAtItsRatedGain) {
  // The azimuth cut is normalised at the peak, 20 degrees below the horizon, as makers of tilted antennas do.
  std::string text = "GAIN 17 dBi\nHORIZONTAL 8\n";
  for (int a = 0; a < 360; a += 45) text += std::to_string(a) + " " + std::to_string(a == 0 ? 0 : 20) + "\n";
  text += "VERTICAL 18\n";
  for (int a = 0; a < 360; a += 20)
    text += std::to_string(a) + " " + std::to_string(a == 20 ? 0 : a == 0 ? 3 : 20) + "\n";
  const MeasuredPattern p = read_msi_pattern(write("raywave_tilt.msi", text));
  double most = 0;
  for (int i = 1; i < 180; ++i) {
    for (int j = 0; j < 360; ++j) most = std::max(most, p.gain(i * kPi / 180, j * kPi / 180));
  }
  EXPECT_NEAR(10 * std::log10(most), 17, 1e-9);
  EXPECT_NEAR(10 * std::log10(p.gain(110 * kPi / 180, 0)), 17, 1e-9);
  EXPECT_NEAR(10 * std::log10(p.gain(kPi / 2, 0)), 14, 1e-9);
}

TEST(MeasuredPattern, FilesFromOtherSystemsRead) {
  std::string text =
      "\xEF\xBB\xBFname  Panel 65 \r\nmake X\r\nFREQUENCY 1800\r\nCOMMENT a\r\nCOMMENT b\r\n\r\nGAIN +15\r\n";
  for (const char* cut : {"HORIZONTAL 5\r\n", "VERTICAL 5\r\n"}) {
    text += cut;
    for (const char* line : {"0.0\t0.0\r\n", "90\t10\r\n", "180\t25\r\n", "270\t10\r\n", "360\t0\r\n"}) text += line;
  }
  const MeasuredPattern p = read_msi_pattern(write("raywave_dos.msi", text));
  EXPECT_EQ(p.name, "Panel 65");
  EXPECT_NEAR(p.max_gain_dbi, 17.15, 1e-12);
  ASSERT_EQ(p.azimuth_rad.size(), 4u);  // 0 and 360 are one direction
  EXPECT_EQ(p.azimuth_rad.front(), -kPi);
  EXPECT_EQ(p.elevation_gain_db, (std::vector<double>{-25, -10, 0, -10}));
}

TEST(MeasuredPattern, EveryFaultOfAFileIsNamed) {
  const auto csv = [](const std::string& lines) {
    return [=] { read_csv_pattern(write("raywave_fault.csv", "cut,angle_deg,gain_dbi\n" + lines)); };
  };
  const auto msi = [](const std::string& lines) {
    return [=] { read_msi_pattern(write("raywave_fault.msi", "GAIN 3 dBi\n" + lines)); };
  };
  const std::string turn = "0 0\n90 3\n180 9\n270 3\n";
  expect_error([] { read_csv_pattern(write("raywave_fault.csv", "")); }, "raywave_fault.csv: the file is empty");
  expect_error([] { read_csv_pattern(write("raywave_fault.csv", "a,b\n")); }, ":1: expected the header");
  expect_error(csv("azimut,0,1\n"), ":2: unknown cut 'azimut', did you mean 'azimuth'?");
  expect_error(csv("azimuth,0\n"), ":2: expected 'cut,angle_deg,gain_dbi', got 'azimuth,0'");
  expect_error(csv("azimuth,0,nan\n"), ":2: gain_dbi must be a finite number, got 'nan'");
  expect_error(csv("azimuth,400,1\n"), ":2: angle_deg must be in [-360, 360], got 400");
  expect_error(csv("azimuth,0,1\nazimuth,360,2\n"), ":3: the azimuth cut has the angle 360 deg twice");
  expect_error(csv("azimuth,0,1\nazimuth,90,1\n"), "the azimuth cut has no sample for 270 deg up to 0 deg");
  expect_error(csv("azimuth,0,1\nazimuth,90,1\nazimuth,180,1\nazimuth,270,1\n"), "the elevation cut is missing");
  expect_error([] { read_msi_pattern(write("raywave_fault.msi", "NAME x\n")); }, "raywave_fault.msi: GAIN is missing");
  expect_error([] { read_msi_pattern(write("raywave_fault.msi", "GAIN 3 dB\n")); }, ":1: GAIN is in dBd or dBi");
  expect_error([] { read_msi_pattern(write("raywave_fault.msi", "GAIN\n")); }, ":1: GAIN needs a number");
  expect_error(msi("HORIZONTL 360\n"), ":2: unknown keyword 'HORIZONTL', did you mean 'HORIZONTAL'?");
  expect_error(msi("GAIN 4 dBi\n"), ":2: GAIN is given twice (first in line 1)");
  expect_error(msi("HORIZONTAL 1.5\n"), ":2: HORIZONTAL needs the number of its lines");
  expect_error(msi("HORIZONTAL 5\n" + turn), ":6: HORIZONTAL announces 5 lines, the file ends after 4");
  expect_error(msi("HORIZONTAL 5\n" + turn + "VERTICAL 4\n"), ":7: HORIZONTAL announces 5 lines, 'VERTICAL' comes");
  expect_error(msi("HORIZONTAL 3\n" + turn), ":6: unknown keyword '270'");
  expect_error(msi("HORIZONTAL 4\n0 0 0\n"), ":3: expected 'angle attenuation', got '0 0 0'");
  expect_error(msi("HORIZONTAL 4\n0 -3\n"), ":3: attenuation_db must be >= 0, got -3");
  expect_error(msi("HORIZONTAL 4\n0 0,5\n"), ":3: attenuation_db must be a finite number, got '0,5'");
  expect_error(msi("HORIZONTAL 4\n" + turn), "the VERTICAL cut is missing");
}

TEST(MeasuredPattern, BadFilesAreNamedWithTheirLine) {
  expect_error([] { read_csv_pattern("/no/such/file.csv"); }, "/no/such/file.csv");
  expect_error([] { read_csv_pattern(write("raywave_bad1.csv", "cut,angle_deg,gain_dbi\nazimut,0,3\n")); }, ":2:");
  expect_error([] { read_csv_pattern(write("raywave_bad2.csv", "cut,angle_deg,gain_dbi\nazimuth,0,abc\n")); }, ":2:");
  expect_error([] { read_msi_pattern(write("raywave_bad3.msi", "NAME x\nGAIM 3 dBi\n")); }, "did you mean 'GAIN'");
  expect_error([] { read_msi_pattern(write("raywave_bad4.msi", "NAME x\nGAIN 3 dBi\nHORIZONTAL 360\n0 0\n")); },
               "raywave_bad4.msi");
}

}  // namespace
}  // namespace raywave::em
