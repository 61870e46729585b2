// SPDX-License-Identifier: Apache-2.0
// For tests: errors by their words.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "raywave/core/error.h"

namespace raywave {

/// The call throws Error whose message contains `words`.
inline void expect_error(const std::function<void()>& call, const std::string& words) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << "expected: " << words << "\ngot: " << e.what();
    return;
  }
  ADD_FAILURE() << "no error; expected: " << words;
}

}  // namespace raywave
