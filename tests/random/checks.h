// SPDX-License-Identifier: Apache-2.0
// What must hold for any scene: the library against the twin, against itself by another way, and against the same scene
// given differently.
#pragma once

#include <string>
#include <vector>

#include "scenes.h"

namespace raywave::random {

/// What is wrong; empty: nothing.
using Check = std::string (*)(const Case& c);
struct NamedCheck {
  const char* name;
  Check run;
};
/// No step of the field along a walk.
std::string walk(const Case& c);
const std::vector<NamedCheck>& checks();

/// What does not hold yet, or is no law: a check that a kind of scene is not put to, and why.
struct Exclusion {
  const char *kind, *check, *reason;
};
const std::vector<Exclusion>& exclusions();

}  // namespace raywave::random
