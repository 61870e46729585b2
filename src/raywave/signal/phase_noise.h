// SPDX-License-Identifier: Apache-2.0
// The phase of a free running oscillator: Brownian motion with d<B^2>/dt = 2 pi times the linewidth, by Levy's
// construction. Its value at a time is that of halving the interval again and again, each midpoint drawn from its own
// counter: a pure function of (seed, oscillator, time), at any times in any order. For the sources of this room.
#pragma once

#include <cmath>
#include <cstdint>

#include "raywave/core/constants.h"
#include "raywave/core/random.h"

namespace raywave::signal::detail {

class BrownianPhase {
 public:
  /// Over [begin_s, end_s]. A longer interval is another sample of the process.
  BrownianPhase(double linewidth_hz, uint64_t seed, uint64_t oscillator, double begin_s, double end_s)
      : rate_(2 * kPi * linewidth_hz), seed_(seed), oscillator_(oscillator), begin_(begin_s), span_(end_s - begin_s) {
    end_value_ = std::sqrt(rate_ * span_) * normal(0, 0);
  }

  /// @return radians
  double at(double time_s) const {
    double left = 0, right = 1, value_left = 0, value_right = end_value_;
    const double x = (time_s - begin_) / span_;
    uint64_t place = 1;  // of the interval in the tree of halves
    for (int level = 1; level <= kLevels; ++level) {
      const double middle = 0.5 * (left + right);
      // the middle of a bridge: mean of the ends, variance a quarter of the interval's
      const double value = 0.5 * (value_left + value_right) +
                           0.5 * std::sqrt(rate_ * span_ * (right - left)) * normal(uint64_t(level), place);
      place *= 2;
      if (x < middle) {
        right = middle, value_right = value;
      } else {
        left = middle, value_left = value, ++place;
      }
    }
    return value_left + (x - left) / (right - left) * (value_right - value_left);
  }

 private:
  // 2^-44 of a second is 0.06 ps: far below the delay of any echo
  static constexpr int kLevels = 44;

  double normal(uint64_t level, uint64_t place) const {
    const uint64_t ray = mix64(oscillator_ * 64 + level);
    const double u = 1 - random_uniform(seed_, ray, place, 0);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * kPi * random_uniform(seed_, ray, place, 1));
  }

  double rate_;
  uint64_t seed_, oscillator_;
  double begin_, span_, end_value_ = 0;
};

}  // namespace raywave::signal::detail
