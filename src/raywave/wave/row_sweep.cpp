// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/row_sweep.h"

namespace raywave::wave {

RowSweep::RowSweep(const March& march, bool back, bool with_wavenumber)
    : march_(march), row_(march.backend().row_transform()), back_(back), with_wavenumber_(with_wavenumber) {}

const std::complex<double>* RowSweep::gain(const Step& step) const {
  const Backend::Gain& g = march_.jump_gain(step);
  return (back_ ? g.adjoint : g.forward).data();
}

bool RowSweep::take(size_t at, Complexc* tape, Complexc* gradient, Field& u, const Complexc* tape_next) {
  if (!row_ || !march_.screens_in_lanes()) return false;
  const auto& steps = march_.steps();
  const Step& step = steps[at];
  if (march_.is_bare_jump(step, with_wavenumber_)) {
    if (pending_) flush(u);
    pending_ = &step;
    return true;
  }
  // a screen between two jumps
  const bool last = back_ ? at == 0 : at + 1 == steps.size();
  if (!pending_ || last || step.kind != Step::Kind::kScreen || !march_.keeps_screen(step)) return false;
  if (!march_.is_bare_jump(steps[back_ ? at - 1 : at + 1], with_wavenumber_)) return false;
  if (back_ && !tape && March::needs_field(step, with_wavenumber_)) return false;
  if (!lanes_) lanes_.emplace(*row_);
  if (!inside_) row_->enter(u.data(), *lanes_);
  const Complexc* t = march_.kept_screen(step).data();
  RowTransform::Ahead ahead{nullptr, tape_next};
  const size_t next = back_ ? at - 2 : at + 2;  // before the first step: beyond all
  if (next < steps.size() && march_.keeps_screen(steps[next])) ahead.screen = march_.kept_screen(steps[next]).data();
  if (back_) {
    row_->turn_back(gain(*pending_), t, tape, std::conj(march_.cell_rate(step)), gradient, *lanes_, ahead);
  } else {
    row_->turn(gain(*pending_), t, tape, *lanes_, ahead);
  }
  inside_ = true, pending_ = nullptr;
  return true;
}

void RowSweep::flush(Field& u) {
  if (!pending_) return;  // which follows every turn
  inside_ ? row_->leave(gain(*pending_), *lanes_, u.data()) : row_->apply(gain(*pending_), u.data());
  inside_ = false, pending_ = nullptr;
}

}  // namespace raywave::wave
