// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "raywave/core/units.h"
#include "raywave/view/canvas.h"
#include "raywave/view/path_classes.h"
#include "raywave/view/view.h"

namespace raywave::view {
namespace {

constexpr Rgb kDark{40, 40, 44}, kGrid{225, 225, 229};
constexpr double kLeft = 74, kTop = 46, kWidth = 680, kHeight = 340;

struct Stem {
  double delay_ns, gain_db;
  PathClass kind;
};

std::vector<Stem> stems_of(const paths::Paths& paths, int tx, int rx) {
  std::vector<Stem> stems;
  for (const auto& link : paths.links) {
    if (link.tx != tx || link.rx != rx) continue;
    const double pairs = double(paths.num_rx_ports(link)) * paths.num_tx_ports(link);
    for (auto p = size_t(link.path_begin); p < size_t(link.path_end); ++p) {
      double power = 0;
      for (auto k = size_t(paths.a_begin[p]); k < size_t(paths.a_begin[p + 1]); ++k) power += norm2(paths.a[k]) / pairs;
      if (power > 0) stems.push_back({paths.tau_s[p] * 1e9, power_to_db(power), path_class(paths, int64_t(p))});
    }
  }
  return stems;
}

}  // namespace

void plot_power_delay_profile(const std::string& path, const paths::Paths& paths, int tx, int rx) {
  if (tx < 0 || size_t(tx) >= paths.tx_names.size())
    throw Error(message("tx must be in [0, ", int(paths.tx_names.size()) - 1, "], got ", tx));
  if (rx < 0 || size_t(rx) >= paths.rx_names.size())
    throw Error(message("rx must be in [0, ", int(paths.rx_names.size()) - 1, "], got ", rx));
  const std::vector<Stem> stems = stems_of(paths, tx, rx);
  double first = std::numeric_limits<double>::infinity(), last = 0, top = -1000, bottom = 1000;
  for (const Stem& s : stems) {
    first = std::min(first, s.delay_ns), last = std::max(last, s.delay_ns);
    top = std::max(top, s.gain_db), bottom = std::min(bottom, s.gain_db);
  }
  if (stems.empty()) first = 0, last = 100, top = -80, bottom = -120;
  const double margin = std::max(1.0, 0.06 * (last - first));
  const double x0 = std::max(0.0, first - margin), x1 = last + margin, y1 = 10 * std::ceil((top + 3) / 10),
               y0 = 10 * std::floor((bottom - 5) / 10);
  const auto px = [&](double x) { return kLeft + (x - x0) / (x1 - x0) * kWidth; };
  const auto py = [&](double y) { return kTop + (y1 - y) / (y1 - y0) * kHeight; };
  Canvas c(path, 900, 450);
  for (const double y : nice_ticks(y0, y1, 6)) {
    c.line(kLeft, py(y), kLeft + kWidth, py(y), kGrid);
    c.text(kLeft - 8, py(y), tick_label(y), 12, 1);
  }
  for (const double x : nice_ticks(x0, x1, 7)) {
    c.line(px(x), kTop + kHeight, px(x), kTop + kHeight + 5, kDark);
    c.text(px(x), kTop + kHeight + 16, tick_label(x), 12, 0.5);
  }
  bool used[kNumPathClasses] = {};
  for (const Stem& s : stems) {
    const Rgb color = path_class_color(s.kind);
    c.line(px(s.delay_ns), kTop + kHeight, px(s.delay_ns), py(s.gain_db), color, 1.6);
    c.dot(px(s.delay_ns), py(s.gain_db), 3.6, color);
    used[int(s.kind)] = true;
  }
  c.frame(kLeft, kTop, kWidth, kHeight);
  double y = kTop + 10;
  for (int k = 0; k < kNumPathClasses; ++k) {
    if (!used[k]) continue;
    c.dot(kLeft + kWidth + 20, y, 4.5, path_class_color(PathClass(k)));
    c.text(kLeft + kWidth + 32, y, path_class_name(PathClass(k)), 12);
    y += 20;
  }
  if (stems.empty()) c.text(kLeft + kWidth / 2, kTop + kHeight / 2, "no paths", 18, 0.5);
  c.text(kLeft, 24, paths.tx_names[size_t(tx)] + " to " + paths.rx_names[size_t(rx)] + ": power delay profile", 16);
  c.text(kLeft + kWidth / 2, kTop + kHeight + 42, "delay in ns", 13, 0.5);
  c.vertical_text(20, kTop + kHeight / 2, "path gain in dB", 13);
  c.finish();
}

}  // namespace raywave::view
