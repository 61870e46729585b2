// SPDX-License-Identifier: Apache-2.0
#include "raywave/em/own_lobe.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <map>
#include <unordered_map>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/random.h"
#include "raywave/em/lobes.h"

namespace raywave::em {
namespace {

/// Gauss and Legendre's places and weights on [0, 1].
struct Gauss {
  std::vector<double> x, w;
};
Gauss gauss(int n) {
  Gauss g;
  for (int i = 0; i < n; ++i) {
    double t = std::cos(kPi * (i + 0.75) / (n + 0.5)), slope = 1;
    for (int step = 0; step < 100; ++step) {
      double p0 = 1, p1 = t;
      for (int k = 2; k <= n; ++k) {
        const double p2 = ((2 * k - 1) * t * p1 - (k - 1) * p0) / k;
        p0 = p1, p1 = p2;
      }
      slope = n * (t * p1 - p0) / (t * t - 1);
      const double change = p1 / slope;
      t -= change;
      if (std::abs(change) < 1e-15) break;
    }
    g.x.push_back(0.5 * (1 + t)), g.w.push_back(1 / ((1 - t * t) * slope * slope));
  }
  return g;
}
/// Of 16 * 2^level places; each level once.
constexpr int kLevels = 6;
const Gauss& gauss_of_level(int level) {
  static const std::array<Gauss, kLevels> all = [] {
    std::array<Gauss, kLevels> out;
    for (int i = 0; i < kLevels; ++i) out[size_t(i)] = gauss(16 << i);
    return out;
  }();
  return all[size_t(level)];
}

Vec3d falling(double cos_i) { return {std::sqrt(std::max(0.0, 1 - cos_i * cos_i)), 0, -cos_i}; }
Vec3d rising(double cos_o, double phi) {
  const double s = std::sqrt(std::max(0.0, 1 - cos_o * cos_o));
  return {s * std::cos(phi), s * std::sin(phi), cos_o};
}

/// Axes of a surface: z the normal, x along the wave's travel over it.
struct Frame {
  Vec3d x, y, z;
  Frame(const Vec3d& n, const Vec3d& u_i) : z(n) {
    const Vec3d along = u_i - dot(u_i, n) * n;
    if (norm2(along) > 1e-24) {
      x = normalized(along);
    } else {
      x = normalized(cross(n, std::abs(n.z) < 0.7 ? Vec3d{0, 0, 1} : Vec3d{1, 0, 0}));
    }
    y = cross(z, x);
  }
  Vec3d in(const Vec3d& v) const { return {dot(v, x), dot(v, y), dot(v, z)}; }
  Vec3d out(const Vec3d& v) const { return v.x * x + v.y * y + v.z * z; }
};

/// What a thread has asked last.
struct Known {
  double value = 0;
  LobeDirections slopes;
  bool has_slopes = false;
};
struct Key {
  int64_t serial;
  LobeDirections at;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  size_t operator()(const Key& k) const {
    uint64_t h = uint64_t(k.serial);
    for (const Vec3d& v : {k.at.u_i, k.at.u_o}) {
      for (const double c : {v.x, v.y, v.z}) h = mix64(h ^ std::bit_cast<uint64_t>(c));
    }
    return size_t(h);
  }
};
std::unordered_map<Key, Known, KeyHash>& known_here() {
  thread_local std::unordered_map<Key, Known, KeyHash> known;
  constexpr size_t kMost = 8192;
  if (known.size() > kMost) known.clear();
  return known;
}

std::string shown(const LobeDirections& at) {
  return message("u_i = (", at.u_i.x, ", ", at.u_i.y, ", ", at.u_i.z, "), u_o = (", at.u_o.x, ", ", at.u_o.y, ", ",
                 at.u_o.z, ")");
}
double degrees(double cosine) { return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / kPi; }

}  // namespace

/// Directions by chance: for some angles of incidence the lobe over cells of theta_o and phi, and everywhere a share of
/// a Lambertian lobe, so that nothing that the table has missed is out of reach.
struct OwnLobe::Table {
  static constexpr double kLambertian = 0.1;
  int num_i = 0, num_t = 0, num_p = 0;
  std::vector<double> sums;  // [num_i, num_t * num_p + 1]

  size_t cells() const { return size_t(num_t) * size_t(num_p); }
  double cos_at(int t) const { return std::cos(0.5 * kPi * t / num_t); }
  /// Of the two angles of incidence in the table beside this one, the first and the other's weight.
  std::pair<int, double> beside(double cos_i) const {
    const double at = std::acos(std::clamp(cos_i, 0.0, 1.0)) / (0.5 * kPi) * (num_i - 1);
    const int first = std::clamp(int(at), 0, num_i - 2);
    return {first, std::clamp(at - first, 0.0, 1.0)};
  }
  double density(int i, const Vec3d& u) const {
    const int t = std::min(int(std::acos(std::clamp(u.z, 0.0, 1.0)) / (0.5 * kPi) * num_t), num_t - 1);
    double turn = std::atan2(u.y, u.x) / (2 * kPi);
    if (turn < 0) turn += 1;
    const int p = std::min(int(turn * num_p), num_p - 1);
    const size_t cell = size_t(i) * (cells() + 1) + size_t(t) * size_t(num_p) + size_t(p);
    return (sums[cell + 1] - sums[cell]) / ((cos_at(t) - cos_at(t + 1)) * 2 * kPi / num_p);
  }
  Vec3d draw(int i, double where, double turn) const {
    const auto begin = sums.begin() + std::ptrdiff_t(size_t(i) * (cells() + 1));
    const auto above = std::upper_bound(begin, begin + std::ptrdiff_t(cells()), where);
    const auto cell = size_t(std::max<std::ptrdiff_t>(above - begin - 1, 0));
    const double low = *(begin + std::ptrdiff_t(cell)), high = *(begin + std::ptrdiff_t(cell) + 1);
    const double rest = high > low ? std::clamp((where - low) / (high - low), 0.0, 1.0) : 0.5;
    const int t = int(cell / size_t(num_p)), p = int(cell % size_t(num_p));
    return rising(cos_at(t) + rest * (cos_at(t + 1) - cos_at(t)), 2 * kPi * (p + turn) / num_p);
  }
};

OwnLobe::OwnLobe(std::string name, std::shared_ptr<const LobeFunction> function, const OwnLobeOptions& options)
    : name_(std::move(name)), function_(std::move(function)), options_(options) {
  static std::atomic<int64_t> made = 0;
  serial_ = ++made;
  if (options_.width_rad) require_positive("width_rad", *options_.width_rad);
  measure_integral();
  check_isotropy();
  measure_reciprocity();
}

/// Values, none of them negative or not finite.
std::vector<double> OwnLobe::checked(std::span<const LobeDirections> at) const {
  std::vector<double> out(at.size());
  function_->evaluate(at, out, {});
  for (size_t i = 0; i < out.size(); ++i) {
    if (!(out[i] >= 0) || !std::isfinite(out[i]))
      throw Error(message("the lobe '", name_, "' must be finite and >= 0, got ", out[i], " for ", shown(at[i])));
  }
  return out;
}

/// By quadrature: Gauss in theta_o and in equal steps of phi, refined until it stays.
/// @param level  where to begin; where it ended
OwnLobe::Measured OwnLobe::measure(double cos_i, int& level) const {
  const Vec3d u_i = falling(cos_i);
  const auto sum = [&](int l) {
    const Gauss& g = gauss_of_level(l);
    const size_t turns = 2 * g.x.size();
    std::vector<LobeDirections> at;
    at.reserve(g.x.size() * turns);
    for (const double x : g.x) {
      for (size_t j = 0; j < turns; ++j)
        at.push_back({u_i, rising(std::cos(0.5 * kPi * x), 2 * kPi * (double(j) + 0.5) / double(turns))});
    }
    const std::vector<double> values = checked(at);
    double integral = 0, peak = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const double sine = std::sin(0.5 * kPi * g.x[i / turns]);
      integral += 0.5 * kPi * g.w[i / turns] * sine * values[i] * 2 * kPi / double(turns);
      peak = std::max(peak, values[i]);
    }
    return Measured{integral, peak, 0};
  };
  Measured last = sum(level);
  while (level + 1 < kLevels) {
    Measured finer = sum(level + 1);
    finer.error = std::abs(finer.integral - last.integral);
    ++level;
    last = finer;
    if (finer.error <= 1e-7 * finer.integral) break;
  }
  level = std::max(level - 1, 0);
  return last;
}

void OwnLobe::measure_integral() {
  double largest = 0, worst = 0;
  width_rad_ = 1;
  int level = 0;
  for (const int count : {12, 36, 108}) {
    std::vector<double> values(static_cast<size_t>(count));
    largest = worst = 0;
    for (int i = 0; i < count; ++i) {
      const double cos_i = 0.5 * (1 + std::cos(kPi * (i + 0.5) / count));
      const Measured m = measure(cos_i, level);
      if (options_.normalize && !(m.integral > 0))
        throw Error(message("the lobe '", name_, "' scatters nothing at ", degrees(cos_i),
                            " degrees of incidence, and cannot be normalised there"));
      if (m.error > 1e-2 * m.integral)
        throw Error(message("the lobe '", name_, "' is too narrow at ", degrees(cos_i),
                            " degrees of incidence: its integral is not known to 1 %"));
      if (!options_.normalize && m.integral > 1 + 1e-6 + m.error)
        throw Error(message("the lobe '", name_, "' scatters ", m.integral, " of what it gets at ", degrees(cos_i),
                            " degrees of incidence: scale it down, or let it be normalised"));
      values[size_t(i)] = m.integral;
      largest = std::max(largest, m.integral), worst = std::max(worst, m.error);
      // a lobe exp(-psi^2 / (2 w^2)) has its peak at 1 / (2 pi w^2) of its integral
      if (m.peak > 0) width_rad_ = std::min(width_rad_, std::sqrt(m.integral / (2 * kPi * m.peak)));
    }
    coefficients_.assign(size_t(count), 0);
    for (int k = 0; k < count; ++k) {
      double c = 0;
      for (int i = 0; i < count; ++i) c += values[size_t(i)] * std::cos(kPi * k * (i + 0.5) / count);
      coefficients_[size_t(k)] = (k == 0 ? 1.0 : 2.0) * c / count;
    }
    double off = 0;
    for (const double cos_i : {0.03, 0.21, 0.49, 0.77, 0.98}) {
      const Measured m = measure(cos_i, level);
      off = std::max(off, std::abs(m.integral - chebyshev(cos_i, nullptr)));
    }
    integral_error_ = largest > 0 ? std::max(off, worst) / largest : 0;
    if (off <= 1e-7 * largest) break;
  }
  if (options_.width_rad) width_rad_ = *options_.width_rad;
}

double OwnLobe::chebyshev(double cos_i, double* slope) const {
  // Clenshaw's recurrence, and its derivative
  const double x = std::clamp(2 * cos_i - 1, -1.0, 1.0);
  double b1 = 0, b2 = 0, d1 = 0, d2 = 0;
  for (size_t k = coefficients_.size(); k-- > 1;) {
    const double b = 2 * x * b1 - b2 + coefficients_[k], d = 2 * b1 + 2 * x * d1 - d2;
    b2 = b1, b1 = b, d2 = d1, d1 = d;
  }
  if (slope) *slope = 2 * (b1 + x * d1 - d2);
  return x * b1 - b2 + coefficients_[0];
}

double OwnLobe::integral(double cos_i, double* slope) const {
  const double value = chebyshev(cos_i, slope);
  if (value > 0 || !options_.normalize) return value;
  throw Error(message("the lobe '", name_, "': its integral is not known at ", degrees(cos_i),
                      " degrees of incidence, where it is close to 0"));
}

void OwnLobe::check_isotropy() const {
  uint64_t random = 7;
  const auto uniform = [&] {
    random = mix64(random);
    return double(random >> 11) * 0x1.0p-53;
  };
  std::vector<LobeDirections> at;
  for (int i = 0; i < 64; ++i) {
    const double c = 0.05 + 0.9 * uniform(), turn = 2 * kPi * uniform();
    const Vec3d u_i = falling(c);
    // half of them near the mirror direction, where a narrow lobe is
    Vec3d u_o = rising(0.05 + 0.9 * uniform(), 2 * kPi * uniform());
    if (i % 2 == 0) {
      const Vec3d u_r{u_i.x, u_i.y, -u_i.z};
      u_o = normalized(u_r + width_rad_ * Vec3d{uniform() - 0.5, uniform() - 0.5, 0});
    }
    at.push_back({u_i, u_o});
    const double s = std::sin(turn), k = std::cos(turn);
    const auto turned = [&](const Vec3d& v) { return Vec3d{k * v.x - s * v.y, s * v.x + k * v.y, v.z}; };
    at.push_back({turned(u_i), turned(u_o)});
  }
  const std::vector<double> values = checked(at);
  const double largest = *std::max_element(values.begin(), values.end());
  for (size_t i = 0; i < values.size(); i += 2) {
    if (std::abs(values[i] - values[i + 1]) > 1e-6 * std::max(values[i], 1e-3 * largest))
      throw Error(message("the lobe '", name_, "' changes when both directions turn about the normal, from ", values[i],
                          " to ", values[i + 1], " at ", shown(at[i]), ": a surface has no axis but its normal"));
  }
}

void OwnLobe::measure_reciprocity() {
  uint64_t random = 11;
  const auto uniform = [&] {
    random = mix64(random);
    return double(random >> 11) * 0x1.0p-53;
  };
  double largest = 0, worst = 0;
  const Vec3d n{0, 0, 1};
  std::vector<Ask> asks;
  for (int i = 0; i < 256; ++i) {
    const Vec3d u_i = falling(0.05 + 0.9 * uniform());
    Vec3d u_o = rising(0.05 + 0.9 * uniform(), 2 * kPi * uniform());
    if (i % 2 == 0)
      u_o = normalized(Vec3d{u_i.x, u_i.y, -u_i.z} + width_rad_ * Vec3d{uniform() - 0.5, uniform() - 0.5, 0});
    asks.push_back({n, u_i, u_o}), asks.push_back({n, -u_o, -u_i});
  }
  prepare(asks, false);
  for (size_t i = 0; i < asks.size(); i += 2) {
    const Ask &a = asks[i], &b = asks[i + 1];
    const double there = -a.u_i.z * value(n, a.u_i, a.u_o), back = -b.u_i.z * value(n, b.u_i, b.u_o);
    largest = std::max({largest, there, back}), worst = std::max(worst, std::abs(there - back));
  }
  reciprocity_error_ = largest > 0 ? worst / largest : 0;
}

std::vector<OwnLobe::Foreseen>*& OwnLobe::foreseen() {
  thread_local std::vector<Foreseen>* all = nullptr;
  return all;
}
OwnLobe::Foreseeing::Foreseeing(std::vector<Foreseen>& all) : all_(all) { foreseen() = &all_; }
OwnLobe::Foreseeing::~Foreseeing() { foreseen() = nullptr; }
void OwnLobe::Foreseeing::ask(bool with_slopes) const {
  foreseen() = nullptr;
  std::vector<Ask> asks;
  while (!all_.empty()) {
    const OwnLobe* lobe = all_.back().lobe;
    asks.clear();
    for (const Foreseen& f : all_) {
      if (f.lobe == lobe) asks.push_back(f.ask);
    }
    std::erase_if(all_, [&](const Foreseen& f) { return f.lobe == lobe; });
    lobe->prepare(asks, with_slopes);
  }
}

void OwnLobe::prepare(std::span<const Ask> asks, bool with_slopes) const {
  auto& known = known_here();
  std::vector<LobeDirections> at;
  for (const Ask& a : asks) {
    const Frame frame(a.n, a.u_i);
    const LobeDirections d{frame.in(a.u_i), frame.in(a.u_o)};
    if (!(d.u_i.z < 0) || !(d.u_o.z > 0)) continue;
    const auto found = known.find({serial_, d});
    if (found == known.end() || (with_slopes && !found->second.has_slopes)) at.push_back(d);
  }
  if (at.empty()) return;
  std::vector<double> values(at.size());
  std::vector<LobeDirections> slopes(with_slopes ? at.size() : 0);
  function_->evaluate(at, values, slopes);
  for (size_t i = 0; i < at.size(); ++i) {
    if (!(values[i] >= 0) || !std::isfinite(values[i]))
      throw Error(message("the lobe '", name_, "' must be finite and >= 0, got ", values[i], " for ", shown(at[i])));
    Known k{values[i], {}, with_slopes};
    if (with_slopes) {
      k.slopes = slopes[i];
      if (!std::isfinite(norm2(k.slopes.u_i) + norm2(k.slopes.u_o)))
        throw Error(message("the lobe '", name_, "' has a slope that is not finite at ", shown(at[i])));
    }
    known[{serial_, at[i]}] = k;
  }
}

double OwnLobe::value(const Vec3d& n, const Vec3d& u_i, const Vec3d& u_o, Slopes* slopes) const {
  const Frame frame(n, u_i);
  const LobeDirections d{frame.in(u_i), frame.in(u_o)};
  if (!(d.u_i.z < 0) || !(d.u_o.z > 0)) {
    if (slopes) *slopes = {};
    return 0;
  }
  if (auto* all = foreseen()) {
    all->push_back({this, {n, u_i, u_o}});
    if (slopes) *slopes = {};
    return 1;
  }
  auto& known = known_here();
  auto found = known.find({serial_, d});
  if (found == known.end() || (slopes && !found->second.has_slopes)) {
    const Ask one{n, u_i, u_o};
    prepare({&one, 1}, slopes != nullptr);
    found = known.find({serial_, d});
  }
  const Known& k = found->second;
  double by_cos = 0, scale = 1;
  if (options_.normalize) scale = 1 / integral(-d.u_i.z, slopes ? &by_cos : nullptr);
  if (slopes) {
    const Vec3d by_in = frame.out(k.slopes.u_i), by_out = frame.out(k.slopes.u_o);
    // the frame stands still for the directions; a turn of all three changes nothing, which gives the slope by n
    const Vec3d turn = cross(u_i, by_in) + cross(u_o, by_out);
    const double of_integral = -k.value * by_cos * scale * scale;  // by cos_theta_i = -u_i . n
    slopes->u_i = scale * by_in - of_integral * n;
    slopes->u_o = scale * by_out;
    slopes->n = scale * cross(n, turn) - of_integral * u_i;
  }
  return k.value * scale;
}

const OwnLobe::Table& OwnLobe::table() const {
  std::call_once(made_table_, [this] {
    auto t = std::make_shared<Table>();
    const double fine = 0.5 * kPi / width_rad_;
    t->num_i = std::clamp(int(std::ceil(2 * fine)), 12, 64);
    t->num_t = std::clamp(int(std::ceil(3 * fine)), 16, 96);
    t->num_p = 2 * t->num_t;
    const size_t cells = t->cells();
    for (int i = 0; i < t->num_i; ++i) {
      const double cos_i = std::max(1e-3, std::cos(0.5 * kPi * i / (t->num_i - 1)));
      std::vector<LobeDirections> at;
      for (size_t c = 0; c < cells; ++c) {
        const size_t row = c / size_t(t->num_p);
        const double theta = 0.5 * kPi * (double(row) + 0.5) / t->num_t;
        at.push_back(
            {falling(cos_i), rising(std::cos(theta), 2 * kPi * (double(c % size_t(t->num_p)) + 0.5) / t->num_p)});
      }
      std::vector<double> values = checked(at);
      double sum = 0;
      for (size_t c = 0; c < cells; ++c) {
        const int row = int(c / size_t(t->num_p));
        sum += values[c] *= t->cos_at(row) - t->cos_at(row + 1);
      }
      double gathered = 0;
      t->sums.push_back(0);
      for (size_t c = 0; c < cells; ++c) {
        gathered += sum > 0 ? values[c] / sum : 1.0 / double(cells);
        t->sums.push_back(c + 1 == cells ? 1.0 : std::min(gathered, 1.0));
      }
    }
    table_ = std::move(t);
  });
  return *table_;
}

std::optional<Vec3d> OwnLobe::sample(const Vec3d& n, const Vec3d& u_i, const std::array<double, 3>& random) const {
  const Frame frame(n, u_i);
  const Vec3d in = frame.in(u_i);
  if (!(in.z < 0)) return std::nullopt;
  Vec3d u;
  if (function_->draws()) {
    u = function_->draw(in, random);
    if (!(std::abs(norm2(u) - 1) < 1e-6) && u.z > 0)
      throw Error(message("the lobe '", name_, "' draws a direction that is no unit vector, (", u.x, ", ", u.y, ", ",
                          u.z, ")"));
  } else {
    const Table& t = table();
    const auto [first, weight] = t.beside(-in.z);
    if (random[2] < Table::kLambertian) {
      u = rising(std::sqrt(1 - random[0]), 2 * kPi * random[1]);
    } else {
      const bool next = (random[2] - Table::kLambertian) / (1 - Table::kLambertian) < weight;
      u = t.draw(next ? first + 1 : first, random[0], random[1]);
    }
  }
  return u.z > 0 ? std::optional(normalized(frame.out(u))) : std::nullopt;
}

double OwnLobe::density(const Vec3d& n, const Vec3d& u_i, const Vec3d& u_o) const {
  const Frame frame(n, u_i);
  const LobeDirections d{frame.in(u_i), frame.in(u_o)};
  if (!(d.u_i.z < 0) || !(d.u_o.z > 0)) return 0;
  if (function_->draws()) {
    const double p = function_->density(d);
    if (!(p >= 0) || !std::isfinite(p))
      throw Error(message("the density of the lobe '", name_, "' must be finite and >= 0, got ", p, " for ", shown(d)));
    return p;
  }
  const Table& t = table();
  const auto [first, weight] = t.beside(-d.u_i.z);
  return Table::kLambertian * d.u_o.z / kPi +
         (1 - Table::kLambertian) * ((1 - weight) * t.density(first, d.u_o) + weight * t.density(first + 1, d.u_o));
}

namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, const OwnLobe*, std::less<>> by_name;
  std::vector<std::unique_ptr<const OwnLobe>> all;  // also those whose name another has: results may ask them
};
/// Never destroyed: functions of other languages outlive their interpreters else.
Registry& registry() {
  static auto* const all = new Registry;
  return *all;
}

}  // namespace

const OwnLobe& make_lobe(std::string name, std::shared_ptr<const LobeFunction> function,
                         const OwnLobeOptions& options) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  if (!plain) throw Error(message("a lobe's name has letters, digits, '_', '-', '.', got '", name, "'"));
  if (is_lobe_kind(name)) throw Error(message("'", name, "' is the name of a lobe that is there already"));
  auto made = std::make_unique<const OwnLobe>(name, std::move(function), options);
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  all.all.push_back(std::move(made));
  return *(all.by_name[std::move(name)] = all.all.back().get());
}

const OwnLobe* own_lobe(std::string_view name) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.by_name.find(name);
  return found == all.by_name.end() ? nullptr : found->second;
}

std::vector<std::string> own_lobe_names() {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  std::vector<std::string> out;
  for (const auto& [name, lobe] : all.by_name) out.push_back(name);
  return out;
}

}  // namespace raywave::em
