// SPDX-License-Identifier: Apache-2.0
#include "raywave/cli/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "raywave/core/units.h"

namespace raywave::cli {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

extern "C" void on_interrupt(int) { interrupt_seen = 1; }

std::string minutes(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%d:%02d", int(seconds) / 60, int(seconds) % 60);
  return text;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return interrupt_seen != 0; }

LogSink warning_log() {
  return [](std::string_view text) { std::fprintf(stderr, "raywave: warning: %.*s\n", int(text.size()), text.data()); };
}

std::function<bool(int64_t, int64_t)> progress_bar(std::string label) {
  using Clock = std::chrono::steady_clock;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  return [label = std::move(label), terminal, start = Clock::now(), last = Clock::time_point{}](int64_t done,
                                                                                                int64_t total) mutable {
    const auto now = Clock::now();
    const bool due = now - last > std::chrono::milliseconds(100) || done == total;
    if (terminal && total > 0 && due) {
      last = now;
      const double share = std::clamp(double(done) / double(total), 0.0, 1.0);
      const double spent = std::chrono::duration<double>(now - start).count();
      const int width = 30, filled = int(share * width);
      const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
      const std::string left = share > 0 ? minutes(spent / share - spent) + " left" : "";
      std::fprintf(stderr, "\r%s [%s] %3d%% %s\033[K", label.c_str(), bar.c_str(), int(100 * share), left.c_str());
      if (done >= total) std::fprintf(stderr, "\r\033[K");
    }
    return !interrupted();
  };
}

std::string layout_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(width[i] - row[i].size(), ' ');
      line += i == 0 ? row[i] + pad : "  " + pad + row[i];
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string number(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string decibel(double linear) {
  char text[40];
  std::snprintf(text, sizeof text, "%.1f", power_to_db(linear));
  return text;
}

}  // namespace raywave::cli
