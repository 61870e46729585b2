// SPDX-License-Identifier: Apache-2.0
// Random scenes against laws.
//   random_scenes                      the seeds of the test suite
//   random_scenes --seconds 600        new seeds for ten minutes (--from SEED: begin there)
//   random_scenes --kind room --check twin --from 17 --count 1      one of them again
// A failure prints its kind, check, seed, what is wrong, and the scene with every object left out that it can do
// without. Exit code 1 when there was one.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <map>
#include <set>

#include "checks.h"

namespace raywave::random {
namespace {

struct Settings {
  double seconds = 0;
  uint64_t from = 1, count = 20;
  std::string kind, check;
  bool everything = false;  // what is excluded too
};

bool is_excluded(const std::string& kind, const char* check) {
  return std::any_of(exclusions().begin(), exclusions().end(), [&](const Exclusion& e) {
    return (kind == e.kind || std::strcmp(e.kind, "*") == 0) && std::strcmp(check, e.check) == 0;
  });
}

std::string run(const NamedCheck& check, const Case& c) {
  try {
    return check.run(c);
  } catch (const std::exception& e) {
    return std::string("threw ") + e.what();
  }
}

/// The scene with every object left out without which the check still fails.
Case smallest(const NamedCheck& check, Case c) {
  for (size_t i = c.parts.size(); i-- > 0;) {
    Case fewer = c;
    fewer.parts.erase(fewer.parts.begin() + long(i));
    if (!run(check, fewer).empty()) c = fewer;
  }
  return c;
}

/// @return whether all checks passed.
bool try_seed(const Settings& settings, uint64_t seed, std::map<std::string, std::pair<int, int>>& tally) {
  bool passed = true;
  for (const std::string& kind : kinds()) {
    if (!settings.kind.empty() && kind != settings.kind) continue;
    const Case c = make_case(kind, seed);
    for (const NamedCheck& check : checks()) {
      if (!settings.check.empty() && check.name != settings.check) continue;
      if (is_excluded(kind, check.name) && !settings.everything) continue;
      auto& [tried, failed] = tally[kind + " " + check.name];
      ++tried;
      const std::string wrong = run(check, c);
      if (wrong.empty()) continue;
      ++failed;
      passed = false;
      if (failed > 3) continue;  // of one kind three are told
      const Case least = smallest(check, c);
      std::printf("FAILED %s %s seed %llu: %s\n smallest: %s\n%s", kind.c_str(), check.name,
                  static_cast<unsigned long long>(seed), wrong.c_str(), run(check, least).c_str(),
                  describe(least).c_str());
      std::fflush(stdout);
    }
  }
  return passed;
}

int main(const Settings& settings) {
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::map<std::string, std::pair<int, int>> tally;
  bool passed = true;
  uint64_t seed = settings.from, num_seeds = 0;
  for (; settings.seconds > 0 ? elapsed() < settings.seconds : num_seeds < settings.count; ++seed, ++num_seeds)
    passed = try_seed(settings, seed, tally) && passed;
  int tried = 0, failed = 0;
  for (const auto& [name, count] : tally) {
    tried += count.first;
    failed += count.second;
    if (count.second > 0) std::printf("%-28s %d of %d failed\n", name.c_str(), count.second, count.first);
  }
  std::printf("seeds %llu to %llu, %.0f s: %d checks, %d failed\n", static_cast<unsigned long long>(settings.from),
              static_cast<unsigned long long>(seed - 1), elapsed(), tried, failed);
  for (const Exclusion& e : exclusions()) std::printf("not checked: %s %s: %s\n", e.kind, e.check, e.reason);
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace raywave::random

int main(int argc, char** argv) {
  raywave::random::Settings s;
  bool from_given = false;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (flag == "--everything") {
      s.everything = true;
      continue;
    }
    if (!value) {
      std::fprintf(stderr, "%s needs a value\n", flag.c_str());
      return 2;
    }
    ++i;
    if (flag == "--seconds") {
      s.seconds = std::atof(value);
    } else if (flag == "--from") {
      s.from = std::strtoull(value, nullptr, 10);
      from_given = true;
    } else if (flag == "--count") {
      s.count = std::strtoull(value, nullptr, 10);
    } else if (flag == "--kind") {
      s.kind = value;
    } else if (flag == "--check") {
      s.check = value;
    } else {
      std::fprintf(stderr, "unknown flag %s\n", flag.c_str());
      return 2;
    }
  }
  if (s.seconds > 0 && !from_given) s.from = uint64_t(std::time(nullptr)) * 1000;
  return raywave::random::main(s);
}
