// SPDX-License-Identifier: Apache-2.0
#include "raywave/io/antenna_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "raywave/core/constants.h"
#include "raywave/core/files.h"
#include "raywave/core/test_errors.h"

namespace raywave::io {
namespace {

using em::MeasuredPattern;

std::string write(const std::string& name, const std::string& text) {
  const std::string path = (std::filesystem::temp_directory_path() / name).string();
  write_file(path, text);
  return path;
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

TEST(MeasuredPattern, PlanarArraysTakeAFileByItsName) {
  em::PlanarArrayOptions o;
  std::string text = "cut,angle_deg,gain_dbi\n";
  for (const char* cut : {"azimuth", "elevation"}) {
    for (int a = 0; a < 360; a += 45) text += std::string(cut) + "," + std::to_string(a) + ",6\n";
  }
  o.pattern = write("raywave_flat.csv", text);
  const em::AntennaArray a = load_planar_array(o);
  EXPECT_EQ(a.pattern.kind, em::PatternKind::kMeasured);
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

/// An antenna of 17.5 dBi whose beam points 10 degrees down and which hears 12 dB less at the right.
std::string vendor_file(const std::string& head, const std::string& between, int last, const std::string& more = "") {
  const auto row = [&](int angle, const char* loss) { return std::to_string(angle) + between + loss + more + "\n"; };
  const int count = (last + 9) / 10;
  std::string text = head + "HORIZONTAL " + std::to_string(count) + "\n";
  for (int a = 0; a < last; a += 10) text += row(a, a == 90 ? "12.5" : "0.0");
  text += "VERTICAL " + std::to_string(count) + "\n";
  for (int a = 0; a < last; a += 10) text += row(a, a == 10 ? "0.0" : "5.25");
  return text;
}

std::string replaced_all(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

std::string without_counts(std::string text) {
  for (size_t at; (at = text.find(" 36\n")) != std::string::npos;) text.erase(at, 3);
  return text;
}

TEST(MeasuredPattern, NamesAreUtf8) {
  EXPECT_EQ(
      read_msi_pattern(write("raywave_latin.msi", vendor_file("NAME Geb\xE4ude\nGAIN 17.5 dBi\n", " ", 360))).name,
      "Gebäude");
  expect_error([] { read_msi_pattern(write("raywave_utf16.msi", std::string("\xFF\xFEN\0A\0", 6))); }, "UTF-16");
}

TEST(MeasuredPattern, TablesOfOtherCountriesRead) {
  const std::string rows =
      "azimuth;0;6,5\n\"azimuth\";90;0\nAzimuth;180;-20\nazimuth;270;0\nelevation;0;6,5\nelevation;90;0\n"
      "elevation;180;-20\nelevation;270;0\n";
  std::string tabs = "Cut\tAngle_deg\tGain_dBi\n" + rows;
  std::replace(tabs.begin(), tabs.end(), ';', '\t');
  for (const std::string& text : {"cut; angle_deg; gain_dbi\n" + rows, tabs}) {
    const MeasuredPattern p = read_csv_pattern(write("raywave_dialect.csv", text));
    EXPECT_EQ(p.max_gain_dbi, 6.5);
    EXPECT_EQ(p.azimuth_gain_db, (std::vector<double>{-26.5, -6.5, 0, -6.5}));
  }
}

TEST(MeasuredPattern, VendorsFilesRead) {
  const std::string head = "NAME Panel 65\nMAKE X\nFREQUENCY 1800\nH_WIDTH 65\nFRONT_TO_BACK 25\n",
                    gain = "GAIN 17.5 dBi\n";
  std::string reversed = "GAIN 17.5 dBi\nVERTICAL 36\n";
  for (int a = 350; a >= 0; a -= 10) reversed += std::to_string(a) + " " + (a == 10 ? "0" : "5.25") + "\n";
  reversed += "HORIZONTAL 36\n";
  for (int a = -180; a < 180; a += 10) reversed += std::to_string(a) + " " + (a == 90 ? "12.5" : "0") + "\n";
  std::string uncounted = vendor_file(gain, " ", 361);
  for (size_t at; (at = uncounted.find(" 37\n")) != std::string::npos;) uncounted.replace(at, 3, " 36");
  const std::vector<std::pair<const char*, std::string>> files = {
      {"other keywords",
       vendor_file(head + gain +
                       "COMMENTS more\nDATE 2011-04-05\nPOLARISATION V\nFREQUENCY_BAND 1710-1880\nHEIGHT 1300\n"
                       "WEIGHT 7.5\nSIDELOBES -18\nXPOL 30\nBEAM_TILT 6\nTILT ELECTRICAL\nCOMMENT\nGUID 12\n",
                   " ", 360)},
      {"no NAME", vendor_file("742 215 V01\nMAKE X\n" + gain, " ", 360)},
      {"no name at all", vendor_file("MAKE X\n" + gain, " ", 360)},
      {"glued", vendor_file(head + "GAIN 17.5dBi\n", " ", 360)},
      {"glued dBd", vendor_file(head + "GAIN 15.35dBd\n", " ", 360)},
      {"brackets", vendor_file(head + "GAIN 17.5 (dBi)\n", " ", 360)},
      {"unit first", vendor_file(head + "GAIN (dBi): 17.5\n", " ", 360)},
      {"colon", vendor_file(head + "GAIN: 17.5 dBi\n", " ", 360)},
      {"bare", vendor_file(head + "GAIN 15.35\n", " ", 360)},
      {"lower case", vendor_file("name x\ngain 17.5 DBI\n", " ", 360)},
      {"tabs", vendor_file("NAME\tx\nGAIN\t17.5\tdBi\n", "\t", 360)},
      {"commas between", vendor_file(gain, ",", 360)},
      {"comma and blank", vendor_file(gain, ", ", 360)},
      {"semicolons", vendor_file(gain, ";", 360)},
      {"decimal commas", replaced_all(vendor_file(gain, " ", 360), '.', ',')},
      {"decimal commas and semicolons", replaced_all(vendor_file(gain, "; ", 360), '.', ',')},
      {"comments", vendor_file("# made by hand\n// for tests\n! and\n* more\n" + gain, " ", 360, "  # here")},
      {"361 lines", vendor_file(gain, " ", 361)},
      {"the last line is not counted", uncounted},
      {"downward, and the other order", reversed},
      {"text", vendor_file(gain, " ", 360) + "\nCOMMENT the end\n\n"},
      {"unit in the keyword", vendor_file(head + "GAIN_DBI 17.5\n", " ", 360)},
      {"unit in brackets at the keyword", vendor_file(head + "Gain(dBi) = 17.5\n", " ", 360)},
      {"old line ends", replaced_all(vendor_file(head + gain, " ", 360), '\n', '\r')},
      {"commas throughout", vendor_file("NAME,x\nGAIN,17.5,dBi\n", ",", 360)},
      {"a gain with a comment", vendor_file(head + "GAIN 17.5 dBi; // at 1800 MHz\n", " ", 360)},
      {"the end of file of DOS", vendor_file(head + gain, " ", 360) + "\r\n\x1A"},
      {"no counts", without_counts(vendor_file(head + gain, " ", 360))},
      {"a name in Latin-1", vendor_file("NAME Geb\xE4ude\n" + gain, " ", 360)},
  };
  for (const auto& [what, text] : files) {
    const MeasuredPattern p = read_msi_pattern(write("raywave_vendor.msi", text));
    const auto gain_db = [&](double azimuth_deg, double below_deg) {
      return 10 * std::log10(p.gain((90 + below_deg) * kPi / 180, azimuth_deg * kPi / 180));
    };
    EXPECT_NEAR(gain_db(0, 10), 17.5, 1e-9) << what;
    EXPECT_NEAR(gain_db(0, 0), 17.5 - 5.25, 1e-9) << what;
    EXPECT_NEAR(gain_db(90, 10) - gain_db(-90, 10), 12.5, 1e-9) << what;
    const bool is_named = text.find("ame") != std::string::npos || text.find("NAME") != std::string::npos;
    EXPECT_EQ(p.name == "raywave_vendor", !is_named && std::string(what) != "no NAME") << what << p.name;
  }
  em::PlanarArrayOptions o;
  o.pattern = write("raywave_vendor.PLN", vendor_file(gain, " ", 360));
  EXPECT_EQ(load_planar_array(o).pattern.measured->max_gain_dbi, 17.5);
  expect_error(
      [] {
        em::PlanarArrayOptions bad;
        bad.pattern = "panel.ant";
        load_planar_array(bad);
      },
      "files end in .csv, .msi or .pln");
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
  expect_error(msi("HORIZONTAL 4\n0 0,5,1\n"), ":3: attenuation_db must be a finite number, got '0,5,1'");
  expect_error(msi("HORIZONTAL 4\n0,5,0,1\n"), ":3: expected 'angle attenuation', got '0,5,0,1'");
  expect_error(msi("VERTCAL 4\n"), ":2: unknown keyword 'VERTCAL', did you mean 'VERTICAL'?");
  expect_error([] { read_msi_pattern(write("raywave_fault.msi", "GAIN 3 4 dBi\n")); },
               ":1: GAIN needs a number and dBd");
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
}  // namespace raywave::io
