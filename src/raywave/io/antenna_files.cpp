// SPDX-License-Identifier: Apache-2.0
// Readers of measured patterns. Cuts are brought to one form: angles ascending in [-pi, pi), gains relative to the
// largest.
//
// CSV: the header cut,angle_deg,gain_dbi and rows; apart by commas, or by semicolons or tabs where the header is (then
// decimals may have commas); in any case, quoted or not.
//
// MSI as vendors write it: KEYWORD value in any case, apart by blanks, tabs, ':' or '='; a first line without a keyword
// is the name; GAIN's unit may be glued on, in brackets, before the number or in the keyword (GAIN_DBI). Angle and
// attenuation are apart by blanks, tabs, a semicolon or one comma; decimals may have commas; angles come in any order,
// a line for 360 degrees may be there, counted or not, and so may the count itself. Lines that begin with # // ; ! or *
// are comments. Keywords but NAME, GAIN, HORIZONTAL and VERTICAL are passed over, unless they are a letter or two from
// the last three.
#include "raywave/io/antenna_files.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "raywave/core/constants.h"
#include "raywave/core/files.h"

namespace raywave::io {
namespace {

using em::MeasuredPattern;

constexpr double kMaxGapDeg = 90;

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(" \t\r") - first + 1);
}

bool is_comment(std::string_view line) {
  return line.starts_with("//") || std::string_view("#;!*").find(line.front()) != std::string_view::npos;
}

/// The lines of a file, one at a time, with errors that name the place.
class LineReader {
 public:
  explicit LineReader(const std::string& path) : path_(path), text_(read_given_file(path, true)) {
    if (text_.ends_with('\x1A')) text_.pop_back();  // programs of DOS end files so
    if (text_.find('\n') == std::string::npos) std::replace(text_.begin(), text_.end(), '\r', '\n');
    rest_ = text_;
    if (rest_.substr(0, 3) == "\xEF\xBB\xBF") rest_.remove_prefix(3);
  }
  LineReader(const LineReader&) = delete;
  /// The next line that is neither blank nor a comment, trimmed; false at the end.
  bool next(std::string_view& line) {
    before_ = {rest_, number_};
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      line = trimmed(rest_.substr(0, end));
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      ++number_;
      if (!line.empty() && !is_comment(line)) return true;
    }
    return false;
  }
  /// The line that next() gave comes again.
  void back() { std::tie(rest_, number_) = before_; }
  int number() const { return number_; }
  const std::string& path() const { return path_; }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(message(path_, ":", number_, ": ", as_utf8(message(parts...))));
  }
  template <class... Parts>
  [[noreturn]] void fail_file(const Parts&... parts) const {
    throw Error(message(path_, ": ", as_utf8(message(parts...))));
  }

  /// One comma and no point: a decimal comma.
  double number_in(std::string_view word, const char* name) const {
    std::string digits(word.substr(word.starts_with('+') ? 1 : 0));
    if (digits.find('.') == std::string::npos && std::count(digits.begin(), digits.end(), ',') == 1)
      digits[digits.find(',')] = '.';
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(value)) {
      fail(name, " must be a finite number, got '", word, "'");
    }
    return value;
  }

 private:
  std::string path_, text_;
  std::string_view rest_;
  int number_ = 0;
  std::pair<std::string_view, int> before_;
};

std::vector<std::string_view> words_of(std::string_view line, const char* separators = " \t\r") {
  std::vector<std::string_view> words;
  for (size_t i = 0; (i = line.find_first_not_of(separators, i)) != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(separators, i), line.size());
    words.push_back(line.substr(i, end - i));
    i = end;
  }
  return words;
}

/// Samples of one cut by angle. The two ends of a full turn may both be given when they agree.
class Cut {
 public:
  explicit Cut(const char* name) : name_(name) {}

  /// @param angle_deg  our angle: counter-clockwise azimuth, or elevation above the horizon
  void add(const LineReader& file, double given_angle_deg, double angle_deg, double gain_db) {
    if (std::abs(angle_deg) > 360) file.fail("angle_deg must be in [-360, 360], got ", given_angle_deg);
    double turned = angle_deg + 0.0;  // no -0; angles in range keep all their digits
    if (turned >= 180) turned -= 360;
    if (turned < -180) turned += 360;
    if (turned == 180) turned = -180;
    const auto [at, is_new] = samples_.emplace(turned, Sample{gain_db, file.number()});
    if (!is_new && at->second.gain_db != gain_db) {
      file.fail("the ", name_, " cut has the angle ", given_angle_deg,
                " deg twice with different values (first in line ", at->second.line, ")");
    }
  }
  void require_full_turn(const LineReader& file) const {
    if (samples_.empty()) file.fail_file("the ", name_, " cut is missing");
    double before = samples_.rbegin()->first - 360;
    for (const auto& [angle, sample] : samples_) {
      if (angle - before > kMaxGapDeg) {
        file.fail_file("the ", name_, " cut has no sample for ", angle - before, " deg up to ", angle,
                       " deg; both cuts need samples over the full turn, at most ", kMaxGapDeg, " deg apart");
      }
      before = angle;
    }
  }
  double max_db() const {
    double most = samples_.begin()->second.gain_db;
    for (const auto& [angle, sample] : samples_) most = std::max(most, sample.gain_db);
    return most;
  }
  void write(double max_db, std::vector<double>& angles_rad, std::vector<double>& gains_db) const {
    for (const auto& [angle, sample] : samples_) {
      angles_rad.push_back(angle * kPi / 180);
      gains_db.push_back(sample.gain_db - max_db);
    }
  }

 private:
  struct Sample {
    double gain_db;
    int line;
  };
  const char* name_;
  std::map<double, Sample> samples_;
};

MeasuredPattern finish(const LineReader& file, const Cut& azimuth, const Cut& elevation, double max_gain_dbi,
                       double max_db) {
  azimuth.require_full_turn(file);
  elevation.require_full_turn(file);
  MeasuredPattern pattern;
  pattern.name = as_utf8(std::filesystem::path(file.path()).stem().string());
  pattern.max_gain_dbi = max_gain_dbi;
  azimuth.write(max_db, pattern.azimuth_rad, pattern.azimuth_gain_db);
  elevation.write(max_db, pattern.elevation_rad, pattern.elevation_gain_db);
  return pattern;
}

/// What an MSI file has said so far.
struct MsiFile {
  std::string name;
  bool has_gain = false;
  double gain_dbi = 0;
  Cut azimuth{"HORIZONTAL"}, elevation{"VERTICAL"};
  std::map<std::string, int> first_line;  // of each keyword
  Cut* last_cut = nullptr;
  bool at_first_line = true;
  std::string first_line_text;  // when it begins with no keyword: the name
};

/// The keywords that mean something here. All others are passed over: makers have many.
const std::vector<std::string>& msi_keywords() {
  static const std::vector<std::string> words{"NAME", "GAIN", "HORIZONTAL", "VERTICAL"};
  return words;
}

/// Does a file without a name begin so?
bool is_usual(const std::string& keyword) {
  static const std::vector<std::string> words{"MAKE",          "MODEL",        "FREQUENCY",      "H_WIDTH", "V_WIDTH",
                                              "FRONT_TO_BACK", "TILT",         "COMMENT",        "DATE",    "COMMENTS",
                                              "POLARIZATION",  "POLARISATION", "ELECTRICAL_TILT"};
  return std::find(words.begin(), words.end(), keyword) != words.end();
}

/// Letters to change, add or leave out until a is b.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

/// GAIN, HORIZONTAL or VERTICAL with a slip of the pen: losing it would lose data.
bool is_misspelt(const std::string& keyword) {
  for (const auto& known : msi_keywords()) {
    const size_t distance = edit_distance(keyword, known);
    if (known != "NAME" && distance > 0 && distance <= (known.size() > 4 ? 2 : 1)) return true;
  }
  return false;
}

std::string upper(std::string_view word) {
  std::string out;
  for (const char c : word) out += char(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view without_comment(std::string_view line) {
  return line.substr(0, std::min(line.find('#'), line.find("//")));
}

/// Commas at the ends are separators, one inside is a decimal comma.
std::string_view without_commas(std::string_view word) {
  const size_t first = std::min(word.find_first_not_of(','), word.size());
  return word.substr(first, word.find_last_not_of(',') + 1 - first);
}

/// A number and a unit in either order, apart or glued, the unit in brackets or not.
void read_msi_gain(const LineReader& file, std::string_view rest, MsiFile& msi) {
  std::string number, unit;
  for (std::string_view word : words_of(without_comment(rest), " \t()[]=:;")) {
    const size_t letters = std::min(word.find_first_of("dD"), word.size());
    for (std::string_view part : {word.substr(0, letters), word.substr(letters)}) {
      part = without_commas(part);
      if (part.empty()) continue;
      std::string& to = std::isalpha(static_cast<unsigned char>(part.front())) ? unit : number;
      if (!to.empty()) file.fail("GAIN needs a number and dBd or dBi, got '", rest, "'");
      to = part;
    }
  }
  if (number.empty()) file.fail("GAIN needs a number and dBd or dBi");
  const double gain = file.number_in(number, "GAIN");
  if (!unit.empty() && upper(unit) != "DBD" && upper(unit) != "DBI")
    file.fail("GAIN is in dBd or dBi, got '", unit, "'");
  msi.gain_dbi = upper(unit) == "DBI" ? gain : gain + 2.15;
  msi.has_gain = true;
}

/// Angle and attenuation. Horizontal angles turn clockwise from ahead as a compass does, vertical ones from the horizon
/// downward: both are the negative of ours.
void read_msi_row(const LineReader& file, std::string_view line, Cut& cut) {
  auto pair = words_of(without_comment(line), " \t\r;");
  if (pair.size() == 1) pair = words_of(pair[0], ",");
  if (pair.size() == 2 && pair[0].ends_with(',')) pair[0].remove_suffix(1);
  if (pair.size() == 2 && pair[1].starts_with(',')) pair[1].remove_prefix(1);
  if (pair.size() != 2) file.fail("expected 'angle attenuation', got '", line, "'");
  const double angle = file.number_in(pair[0], "angle_deg"), loss = file.number_in(pair[1], "attenuation_db");
  if (loss < 0) {
    file.fail("attenuation_db must be >= 0, got ", loss,
              " (the cuts say how far below GAIN a direction is: gains relative to it have their signs turned)");
  }
  cut.add(file, angle, -angle, -loss);
}

/// A cut without a count runs to the next line that is no number.
void read_msi_rows(LineReader& file, Cut& cut) {
  for (std::string_view line; file.next(line);) {
    if (!std::isdigit(static_cast<unsigned char>(line.front())) &&
        std::string_view("+-.,").find(line.front()) == std::string_view::npos)
      return file.back();
    read_msi_row(file, line, cut);
  }
}

void read_msi_cut(LineReader& file, const std::string& keyword, std::string_view rest, Cut& cut) {
  const auto words = words_of(rest);
  if (words.empty()) return read_msi_rows(file, cut);
  const double count = file.number_in(words[0], keyword.c_str());
  if (!(count >= 1 && count <= 1e6) || count != std::floor(count)) {
    file.fail(keyword, " needs the number of its lines, from 1 to 1000000");
  }
  for (int i = 0; i < int(count); ++i) {
    std::string_view line;
    if (!file.next(line)) file.fail(keyword, " announces ", count, " lines, the file ends after ", i);
    if (std::isalpha(static_cast<unsigned char>(line.front()))) {
      file.fail(keyword, " announces ", count, " lines, '", words_of(line)[0], "' comes after ", i);
    }
    read_msi_row(file, line, cut);
  }
}

void read_msi_line(LineReader& file, std::string_view line, MsiFile& msi) {
  const size_t end = std::min(line.find_first_of(" \t:=,;(["), line.size());
  std::string keyword = upper(line.substr(0, end));
  std::string_view rest = line.substr(end);
  if (keyword == "GAIN_DBI" || keyword == "GAIN_DBD") keyword = "GAIN", rest = line.substr(5);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t:=,;"), rest.size()));
  const bool is_first = std::exchange(msi.at_first_line, false);
  const auto& known = msi_keywords();
  if (std::find(known.begin(), known.end(), keyword) == known.end()) {
    // a full turn's end that was not counted
    if (msi.last_cut && (keyword == "360" || keyword.starts_with("360.")))
      return read_msi_row(file, line, *msi.last_cut);
    // a number that is no line of a cut: more of them than announced
    if (is_misspelt(keyword) || (!is_first && !std::isalpha(static_cast<unsigned char>(line.front()))))
      file.fail("unknown keyword '", line.substr(0, end), "'", did_you_mean(keyword, known));
    if (is_first && !is_usual(keyword)) msi.first_line_text = as_utf8(line);
    return;
  }
  const auto [first, is_new] = msi.first_line.emplace(keyword, file.number());
  if (!is_new) file.fail(keyword, " is given twice (first in line ", first->second, ")");
  if (keyword == "NAME") {
    msi.name = as_utf8(rest);
  } else if (keyword == "GAIN") {
    read_msi_gain(file, rest, msi);
  } else {
    msi.last_cut = keyword == "HORIZONTAL" ? &msi.azimuth : &msi.elevation;
    read_msi_cut(file, keyword, rest, *msi.last_cut);
  }
}

}  // namespace

/// In lower case, out of their quotes.
static std::vector<std::string> csv_fields(std::string_view line, char separator) {
  std::vector<std::string> fields;
  for (std::string_view rest = line;;) {
    const auto end = rest.find(separator);
    std::string_view field = trimmed(rest.substr(0, end));
    if (field.size() > 1 && field.front() == '"' && field.back() == '"')
      field = trimmed(field.substr(1, field.size() - 2));
    std::string out;
    for (const char c : field) out += char(std::tolower(static_cast<unsigned char>(c)));
    fields.push_back(std::move(out));
    if (end == std::string_view::npos) return fields;
    rest.remove_prefix(end + 1);
  }
}

MeasuredPattern read_csv_pattern(const std::string& path) {
  LineReader file(path);
  Cut azimuth("azimuth"), elevation("elevation");
  std::string_view line;
  bool header = true;
  char separator = ',';
  while (file.next(line)) {
    if (header) separator = line.find(';') != line.npos ? ';' : line.find('\t') != line.npos ? '\t' : ',';
    const std::vector<std::string> fields = csv_fields(line, separator);
    if (header) {
      if (fields != std::vector<std::string>{"cut", "angle_deg", "gain_dbi"}) {
        file.fail("expected the header 'cut,angle_deg,gain_dbi', got '", line, "'");
      }
      header = false;
      continue;
    }
    if (fields.size() != 3) file.fail("expected 'cut,angle_deg,gain_dbi', got '", line, "'");
    if (fields[0] != "azimuth" && fields[0] != "elevation") {
      file.fail("unknown cut '", fields[0], "'", did_you_mean(fields[0], {"azimuth", "elevation"}),
                " (known: azimuth, elevation)");
    }
    const double angle = file.number_in(fields[1], "angle_deg"), gain = file.number_in(fields[2], "gain_dbi");
    (fields[0] == "azimuth" ? azimuth : elevation).add(file, angle, angle, gain);
  }
  if (header) file.fail_file("the file is empty; expected the header 'cut,angle_deg,gain_dbi'");
  azimuth.require_full_turn(file);
  elevation.require_full_turn(file);
  const double max_dbi = std::max(azimuth.max_db(), elevation.max_db());
  return finish(file, azimuth, elevation, max_dbi, max_dbi);
}

MeasuredPattern read_msi_pattern(const std::string& path) {
  LineReader file(path);
  MsiFile msi;
  std::string_view line;
  while (file.next(line)) read_msi_line(file, line, msi);
  if (!msi.has_gain) file.fail_file("GAIN is missing");
  // GAIN is the gain where the attenuation is 0
  MeasuredPattern pattern = finish(file, msi.azimuth, msi.elevation, msi.gain_dbi, 0);
  if (msi.name.empty()) msi.name = msi.first_line_text;
  if (!msi.name.empty()) pattern.name = msi.name;
  return pattern;
}

em::AntennaArray load_planar_array(const em::PlanarArrayOptions& options) {
  const std::string& file = options.pattern;
  const std::string ending = extension_of(file);
  if (ending.empty()) return em::planar_array(options);
  em::AntennaPattern pattern;
  pattern.kind = em::PatternKind::kMeasured;
  if (ending == ".csv") {
    pattern.measured = std::make_shared<MeasuredPattern>(read_csv_pattern(file));
  } else if (ending == ".msi" || ending == ".pln") {
    pattern.measured = std::make_shared<MeasuredPattern>(read_msi_pattern(file));
  } else {
    throw Error(message("antenna pattern '", file, "': files end in .csv, .msi or .pln"));
  }
  return em::planar_array(options, std::move(pattern));
}

}  // namespace raywave::io
