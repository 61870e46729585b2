// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/material.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "raywave/em/lobes.h"

namespace raywave::em {

// ITU-R P.2040-4, table 3.
const std::vector<ItuRow>& itu_rows() {
  static const std::vector<ItuRow> rows = {
      {"vacuum", 0.001, 100, 1, 0, 0, 0},
      {"concrete", 1, 100, 5.24, 0, 0.0462, 0.7822},
      {"concrete", 110, 330, 5.17, 0, 0.0145, 1.09},
      {"brick", 1, 40, 3.91, 0, 0.0238, 0.16},
      {"brick", 110, 330, 4.15, 0, 0.0006, 1.5712},
      {"plasterboard", 1, 100, 2.73, 0, 0.0085, 0.9395},
      {"plasterboard", 110, 330, 2.56, 0, 0.0001, 1.7799},
      {"plasterboard", 100, 400, 2.65, 0, 0.0002, 1.598},
      {"wood", 0.001, 100, 1.99, 0, 0.0047, 1.0718},
      {"wood", 110, 330, 1.82, 0, 0.004, 1.0761},
      {"wood", 100, 400, 2.1183, 0, 0.0055, 1.1113},
      {"glass", 0.1, 100, 6.31, 0, 0.0036, 1.3394},
      {"glass", 220, 450, 5.79, 0, 0.0004, 1.658},
      {"glass", 100, 400, 6.5767, 0, 0.0012, 1.4697},
      {"clear_acrylic", 110, 330, 2.58, 0, 0.0001, 1.6524},
      {"ceiling_board", 1, 100, 1.48, 0, 0.0011, 1.075},
      {"ceiling_board", 220, 450, 1.52, 0, 0.0029, 1.029},
      {"ceiling_board", 100, 400, 1.2567, 0, 0.00013, 1.454},
      {"chipboard", 1, 100, 2.58, 0, 0.0217, 0.78},
      {"chipboard", 100, 200, 2.16, 0, 0.0023, 1.359},
      {"plywood", 1, 40, 2.71, 0, 0.33, 0},
      {"plywood", 110, 330, 1.94, 0, 0.0067, 0.9982},
      {"plywood", 100, 400, 2.17, 0, 0.0063, 1.045},
      {"marble", 1, 60, 7.074, 0, 0.0055, 0.9262},
      {"marble", 110, 330, 7.94, 0, 0.0001, 1.733},
      {"marble", 100, 400, 8.62, 0, 0.0027, 1.15},
      {"floorboard", 50, 100, 3.66, 0, 0.0044, 1.3515},
      {"floorboard", 220, 300, 5.27, 0, 2.22e-17, 7.3413},
      {"floorboard", 300, 400, 5.27, 0, 0.0003, 2.0298},
      {"floorboard", 400, 450, 5.27, 0, 49.8726, 0},
      {"floorboard", 100, 400, 3.1575, 0, 0.001675, 1.32775},
      {"vinyl_tile", 1, 40, 3.62, 0, 0.0051, 0.8422},
      {"carpet_tile", 1, 40, 2.08, 0, 0.0009, 0.82},
      {"asphalt_concrete", 1, 40, 4.83, 0, 0.0108, 1.3969},
      {"metal", 1, 100, 1, 0, 1e+07, 0},
      {"very_dry_ground", 1, 10, 3, 0, 0.00015, 2.52},
      {"medium_dry_ground", 1, 10, 15, -0.1, 0.035, 1.63},
      {"wet_ground", 1, 10, 30, -0.4, 0.15, 1.3},
  };
  return rows;
}

const std::vector<std::string>& itu_material_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const ItuRow& row : itu_rows()) {
      if (std::find(out.begin(), out.end(), row.name) == out.end()) out.push_back(row.name);
    }
    return out;
  }();
  return names;
}

void Material::validate() const {
  const std::string who = message("material '", name, "': ");
  if (!itu_name.empty()) {
    const auto& known = itu_material_names();
    if (std::find(known.begin(), known.end(), itu_name) == known.end()) {
      throw Error(message(who, "unknown ITU-R P.2040 material '", itu_name, "'", did_you_mean(itu_name, known)));
    }
  }
  for (const MaterialNumberInfo& n : kMaterialNumbers) {
    const double v = this->*n.member;
    require_within(who + n.name, v, n.lower, n.upper, n.zero_is_refused);
  }
  require_in_range(who + "color.x", color.x, 0, 1);
  require_in_range(who + "color.y", color.y, 0, 1);
  require_in_range(who + "color.z", color.z, 0, 1);
  const auto check_lobe = [&](const char* field, const std::string& text) {
    try {
      lobe_from_text(text);
    } catch (const Error& e) {
      throw Error(message(who, field, ": ", e.what()));
    }
  };
  check_lobe("scattering_pattern", scattering_pattern);
  if (!lobe.empty()) check_lobe("lobe", lobe);
}

std::optional<std::string> itu_name_in(std::string_view spelled) {
  std::string word;
  for (const char c : spelled) {
    word += (c == '-' || c == ' ') ? '_' : char(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const std::string_view prefix : {"mat_", "itu_"}) {
    if (word.rfind(prefix, 0) == 0) word.erase(0, prefix.size());
  }
  // 3D programs number the copies of a material: itu_metal.003
  const size_t dot = word.find_last_not_of("0123456789");
  if (dot != std::string::npos && word[dot] == '.' && dot + 1 < word.size()) word.resize(dot);
  const auto& known = itu_material_names();
  if (std::find(known.begin(), known.end(), word) == known.end()) return std::nullopt;
  return word;
}

Material itu_material(std::string_view name, double thickness_m) {
  const auto itu = itu_name_in(name);
  if (!itu) {
    throw Error(message("unknown ITU-R P.2040 material '", name, "'", did_you_mean(name, itu_material_names())));
  }
  static const std::vector<std::pair<const char*, Vec3d>> colors = {{"concrete", {0.66, 0.65, 0.63}},
                                                                    {"brick", {0.70, 0.35, 0.27}},
                                                                    {"plasterboard", {0.90, 0.88, 0.83}},
                                                                    {"wood", {0.65, 0.47, 0.28}},
                                                                    {"glass", {0.55, 0.75, 0.85}},
                                                                    {"marble", {0.86, 0.83, 0.76}},
                                                                    {"metal", {0.55, 0.57, 0.62}},
                                                                    {"wet_ground", {0.35, 0.42, 0.28}},
                                                                    {"medium_dry_ground", {0.48, 0.5, 0.34}},
                                                                    {"very_dry_ground", {0.66, 0.6, 0.42}},
                                                                    {"asphalt_concrete", {0.30, 0.30, 0.32}}};
  Material material;
  for (const auto& [key, color] : colors) {
    if (*itu == key) material.color = color;
  }
  material.name = *itu;
  material.itu_name = *itu;
  material.thickness_m = thickness_m;
  material.validate();
  return material;
}

namespace {

/// How far f lies outside the row's range, as a ratio of frequencies on a log axis; 0 inside.
double log_distance(const ItuRow& row, double f_ghz) {
  if (f_ghz < row.min_ghz) return std::log(row.min_ghz / f_ghz);
  if (f_ghz > row.max_ghz) return std::log(f_ghz / row.max_ghz);
  return 0;
}

}  // namespace

const ItuRow& itu_row_at(const std::string& name, double frequency_hz) {
  const double f_ghz = frequency_hz * 1e-9;
  const ItuRow* best = nullptr;
  for (const ItuRow& row : itu_rows()) {
    if (name != row.name) continue;
    if (!best || log_distance(row, f_ghz) < log_distance(*best, f_ghz)) best = &row;
  }
  if (!best) {
    throw Error(message("unknown ITU-R P.2040 material '", name, "'", did_you_mean(name, itu_material_names())));
  }
  return *best;
}

MaterialProperties properties_at(const Material& material, double frequency_hz, const LogSink& log) {
  require_positive("frequency_hz", frequency_hz);
  material.validate();
  if (!material.itu_name.empty()) {
    const double f_ghz = frequency_hz * 1e-9;
    const ItuRow& row = itu_row_at(material.itu_name, frequency_hz);
    if (log_distance(row, f_ghz) > 0 && log && !material.perfect_conductor) {
      log(message("material '", material.name, "': ITU-R P.2040 gives '", row.name, "' for ", row.min_ghz, " to ",
                  row.max_ghz, " GHz; that range is used at ", f_ghz, " GHz"));
    }
  }
  return properties_of(numbers_of(material, frequency_hz, frequency_hz), frequency_hz, material.perfect_conductor);
}

void set_number(Material& m, size_t number, double value, double frequency_hz) {
  const auto dispersive = [](size_t n) {
    return n == size_t(MaterialNumber::kPermittivity) || n == size_t(MaterialNumber::kConductivity);
  };
  if (dispersive(number)) {
    const MaterialNumbers<double> now = numbers_of(m, frequency_hz, frequency_hz);
    for (size_t i = 0; i < now.numbers.size(); ++i) {
      if (dispersive(i)) m.*kMaterialNumbers[i].member = now.numbers[i];
    }
    m.itu_name.clear();
  }
  m.*kMaterialNumbers[number].member = value;
}

}  // namespace raywave::em
