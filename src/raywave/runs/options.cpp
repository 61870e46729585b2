// SPDX-License-Identifier: Apache-2.0
#include "raywave/runs/options.h"

namespace raywave::runs {

template <>
std::span<const Word<paths::Finder>> words() {
  using enum paths::Finder;
  static constexpr Word<paths::Finder> all[] = {{"shoot-and-bounce", kShootAndBounce}, {"exhaustive", kExhaustive}};
  return all;
}

template <>
std::span<const Word<paths::Reflection>> words() {
  using enum paths::Reflection;
  static constexpr Word<paths::Reflection> all[] = {{"mirror", kMirror}, {"directional", kDirectional}};
  return all;
}

template <>
std::span<const Word<paths::ScatteringPhases>> words() {
  using enum paths::ScatteringPhases;
  static constexpr Word<paths::ScatteringPhases> all[] = {{"none", kNone}, {"random", kRandom}};
  return all;
}

template <>
std::span<const Word<maps::Method>> words() {
  using enum maps::Method;
  static constexpr Word<maps::Method> all[] = {{"exact", kExact}, {"monte-carlo", kMonteCarlo}};
  return all;
}

template <>
std::span<const Word<maps::Surface::Kind>> words() {
  using enum maps::Surface::Kind;
  static constexpr Word<maps::Surface::Kind> all[] = {{"plane", kPlane}, {"mesh", kMesh}, {"terrain", kTerrain}};
  return all;
}

template <>
std::span<const Word<runtime::Device>> words() {
  using enum runtime::Device;
  static constexpr Word<runtime::Device> all[] = {{"cpu", kCpu}, {"cuda", kCuda}, {"emulated", kEmulated}};
  return all;
}

}  // namespace raywave::runs
