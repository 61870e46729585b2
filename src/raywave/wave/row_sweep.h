// SPDX-License-Identifier: Apache-2.0
// One source's march forward or back through jumps with screens between them, without leaving the lanes of the row
// transform. It takes the steps that it can and leaves the others to the march, in any order of the two.
#pragma once

#include <optional>

#include "raywave/wave/march.h"
#include "raywave/wave/row_transform.h"

namespace raywave::wave {

class RowSweep {
 public:
  /// @param with_wavenumber  its derivative is asked for: jumps are the march's own then.
  RowSweep(const March& march, bool back, bool with_wavenumber);

  /// Takes steps()[at] if it can. `u` is the field (or, on the way back, its cotangent) only after flush().
  /// @param tape  of a screen, null or [num_points], in the lanes' order: forward the field before it is left there, on
  /// the way back it is read. @param gradient  of the layer's cells; with a tape on the way back.
  /// @param tape_next  of the screen behind the next jump, or null: it is fetched in time.
  bool take(size_t at, Complexc* tape, Complexc* gradient, Field& u, const Complexc* tape_next = nullptr);
  /// Before anything else reads or changes `u`.
  void flush(Field& u);

 private:
  const std::complex<double>* gain(const Step& step) const;
  const March& march_;
  const RowTransform* row_;
  bool back_, with_wavenumber_;
  std::optional<RowTransform::Lanes> lanes_;
  bool inside_ = false;            // the lanes hold the field, entered into the next jump
  const Step* pending_ = nullptr;  // a jump that is to come
};

}  // namespace raywave::wave
