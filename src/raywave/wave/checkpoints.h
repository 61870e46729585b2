// SPDX-License-Identifier: Apache-2.0
// Steps reversed with few fields kept: binomial checkpoints (Griewank and Walther 2000, revolve).
#pragma once

#include <algorithm>
#include <cstddef>

namespace raywave::wave {

/// Steps that r repeated sweeps with c checkpoints can reverse: binomial(c + r, c).
inline double checkpoint_reach(int c, int r) {
  double b = 1;
  for (int i = 1; i <= r; ++i) b = b * (c + i) / i;
  return b;
}

/// Reverses steps begin ... end - 1 from the state before `begin`, keeping at most `spare` states more. `machine` has
/// advance(from, to, state), which gives the state before step `to`, and reverse(step, state before it).
template <class Machine, class State>
void reverse_steps(Machine& machine, size_t begin, size_t end, const State& state, int spare) {
  if (end - begin == 1) return machine.reverse(begin, state);
  if (spare == 0) {
    for (size_t s = end; s-- > begin;) machine.reverse(s, machine.advance(begin, s, state));
    return;
  }
  int r = 1;
  while (checkpoint_reach(spare, r) < double(end - begin)) ++r;
  const double first = std::min(checkpoint_reach(spare, r - 1), 1e15);
  const size_t left = std::clamp<size_t>(size_t(first), 1, end - begin - 1);
  {
    const State middle = machine.advance(begin, begin + left, state);
    reverse_steps(machine, begin + left, end, middle, spare - 1);
  }
  reverse_steps(machine, begin, begin + left, state, spare);
}

}  // namespace raywave::wave
