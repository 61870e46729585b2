// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/device_march.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <type_traits>
#include <utility>

#include "raywave/wave/checkpoints.h"
#include "raywave/wave/field_pool.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

template <class Real>
class DeviceMarchOf : public DeviceMarch {
  using C = Complex<Real>;

 public:
  DeviceMarchOf(std::shared_ptr<const Scene> scene, std::shared_ptr<const March> march, const DeviceOptions& options)
      : shared_scene_(std::move(scene)),
        shared_march_(std::move(march)),
        scene_(*shared_scene_),
        march_(*shared_march_),
        options_(options),
        n_(size_t(scene_.grid.num_points())),
        mirrored_(scene_.boundary != Boundary::kPeriodic),
        sign_(scene_.boundary == Boundary::kDirichlet ? -1 : 1),
        bins_(mirrored_ ? 2 * n_ : n_) {
    // a fifth of the limit for the fields that a step works on
    const double row = kWorkFields * double(bins_) * sizeof(C), limit = 0.2 * double(options_.memory_bytes);
    if (row > limit)
      throw Error(message("device ", device_name(options_.device), ": memory_bytes = ", options_.memory_bytes,
                          " is too little for one source: ", row / 1048576, " MiB of fields are a fifth of ",
                          row / 0.2 / 1048576, " MiB"));
    batch_ = std::min(scene_.sources.size(), size_t(limit / row));
    TransformShape shape{scene_.grid.num_x, int(mirrored_ ? bins_ : size_t(scene_.grid.num_y)), int(batch_),
                         std::is_same_v<Real, float>};
    engine_ = make_engine(options_.device, shape);
    screens_.resize(march_.steps().size());
    branches_.resize(march_.steps().size());
    table_bytes_left_ = double(options_.memory_bytes) / 16;
    for (Array* a : {&u_, &s_, &w_, &part_, &sum_}) *a = Array(*engine_, batch_ * bins_);
  }

  void run(const std::vector<Field>& launched, PlaneFields& out) override {
    for (size_t first = 0; first < launched.size(); first += batch_) {
      put(launched, first, u_.data());
      for (const Step& step : march_.steps())
        step.kind == Step::Kind::kOutput ? get(u_.data(), first, out[size_t(step.output)]) : apply(step, u_.data());
    }
  }

  void jvp(const std::vector<Field>& launched, const std::vector<Field>& launched_dot, const MediaTangent& tangent,
           PlaneFields& out) override {
    Array dot(*engine_, batch_ * bins_), s_dot(*engine_, batch_ * bins_), sum_dot(*engine_, batch_ * bins_);
    for (size_t first = 0; first < launched.size(); first += batch_) {
      put(launched, first, u_.data()), put(launched_dot, first, dot.data());
      for (const Step& step : march_.steps()) {
        if (step.kind == Step::Kind::kOutput) {
          get(dot.data(), first, out[size_t(step.output)]);
        } else if (step.kind == Step::Kind::kScreen) {
          const C* t = screen(step);
          upload(rate_, march_.screen_tangent(step, tangent).exponent);
          Kernel<Real> k = kernel(KernelKind::kScreenTangent, n_, u_.data());
          k.out2 = dot.data(), k.table = t, k.other = rate_.data();
          engine_->launch(k);
        } else {
          spectral_jvp(step, tangent, dot.data(), s_dot.data(), sum_dot.data());
        }
      }
    }
  }

  std::vector<Field> vjp(const std::vector<Field>& launched, const PlaneFields& cotangent, MediaTangent& bar) override;

  // of checkpoints.h
  using State = typename FieldPool<C>::Slot;
  State advance(size_t from, size_t to, const State& before) {
    State now = pool_->take();
    engine_->copy(now.data(), before.data(), sizeof(C) * batch_ * n_);
    for (size_t i = from; i < to; ++i) apply(march_.steps()[i], now.data());
    return now;
  }
  void reverse(size_t i, const State& before) {
    const Step& step = march_.steps()[i];
    if (step.kind != Step::Kind::kOutput) return apply_vjp(step, before.data());
    put((*cotangent_)[size_t(step.output)], first_, w_.data());
    Kernel<Real> k = kernel(KernelKind::kAdd, n_, bar_u_.data());
    k.in = w_.data();
    engine_->launch(k);
  }

 private:
  static constexpr double kWorkFields = 12;
  using Array = DeviceArray<C>;
  struct DeviceBranch {
    Array g;
    DeviceArray<Real> weight;  // empty: one
    Array damping;             // over sqrt(bins): it acts twice
  };

  Kernel<Real> kernel(KernelKind kind, size_t points, C* out) const {
    Kernel<Real> k;
    k.kind = kind, k.points = int64_t(points), k.batch = int64_t(batch_), k.out = out;
    return k;
  }
  void multiply(C* out, const C* in, const C* table, size_t points, bool conjugate = false) {
    Kernel<Real> k = kernel(conjugate ? KernelKind::kMultiplyConj : KernelKind::kMultiply, points, out);
    k.in = in, k.table = table;
    engine_->launch(k);
  }
  /// out <- or += weight in; no weights: one.
  void weigh(C* out, const C* in, const DeviceArray<Real>& weight, bool add) {
    if (weight.empty() && !add) return engine_->copy(out, in, sizeof(C) * batch_ * n_);
    const KernelKind kind = weight.empty() ? KernelKind::kAdd : add ? KernelKind::kAddWeighted : KernelKind::kWeigh;
    Kernel<Real> k = kernel(kind, n_, out);
    k.in = in, k.weight = weight.data();
    engine_->launch(k);
  }
  /// out <- out - in table.
  void take_off(C* out, const C* in, const Array& table) {
    Kernel<Real> k = kernel(KernelKind::kTakeOff, bins_, out);
    k.in = in, k.table = table.data();
    engine_->launch(k);
  }
  /// out <- out + in.
  void add(C* out, const C* in, size_t points) {
    Kernel<Real> k = kernel(KernelKind::kAdd, points, out);
    k.in = in;
    engine_->launch(k);
  }
  /// Sum over the batch of Re(conj(in) other), [num_points].
  std::vector<double> correlate_real(const C* in, const C* other) {
    Kernel<Real> k = kernel(KernelKind::kCorrelateReal, n_, nullptr);
    k.in = in, k.other = other, k.real_out = weight_sum_.data();
    engine_->launch(k);
    std::vector<Real> sum(n_);
    engine_->download(sum.data(), weight_sum_.data(), sizeof(Real) * n_);
    return {sum.begin(), sum.end()};
  }
  /// [points] out <- out + scale sum over the batch of in conj(table other).
  void correlate(C* out, const C* in, const C* other, const C* table, size_t points, Complexc scale) {
    Kernel<Real> k = kernel(KernelKind::kCorrelate, points, out);
    k.in = in, k.other = other, k.table = table, k.scale = {Real(scale.real()), Real(scale.imag())};
    engine_->launch(k);
  }

  /// spectrum <- F u, on a ground of u with its image times `sign`.
  void to_spectrum(const C* u, C* spectrum, double sign) {
    if (mirrored_) {
      Kernel<Real> k = kernel(KernelKind::kExtend, n_, spectrum);
      k.in = u, k.scale = {Real(sign), Real(0)};
      engine_->launch(k);
    } else if (u != spectrum) {
      engine_->copy(spectrum, u, sizeof(C) * batch_ * n_);
    }
    engine_->transform(spectrum, true);
  }
  /// u <- F^-1 spectrum, unscaled; the image comes back times `sign`. The spectrum is used up.
  void from_spectrum(C* spectrum, C* u, double sign) {
    engine_->transform(spectrum, false);
    if (mirrored_) {
      Kernel<Real> k = kernel(KernelKind::kFold, n_, u);
      k.in = spectrum, k.scale = {Real(sign), Real(0)};
      engine_->launch(k);
    } else if (u != spectrum) {
      engine_->copy(u, spectrum, sizeof(C) * batch_ * n_);
    }
  }

  void apply(const Step& step, C* u);
  void damp(const std::vector<DeviceBranch>& all, const C* before, C* s);
  void damp_jvp(const std::vector<Branch>& all, const StepChange& change, C* s, C* s_dot);
  void damp_vjp(const std::vector<DeviceBranch>& all, const C* before, const C* after_bar, C* bar, StepChange& change);
  void spectral_jvp(const Step& step, const MediaTangent& tangent, C* dot, C* s_dot, C* sum_dot);
  void apply_vjp(const Step& step, const C* u);
  void jump_vjp(const Step& step, const C* u);
  void branches_vjp(const Step& step, const C* u);
  void finish(MediaTangent& bar);

  void upload_real(Array& to, const std::vector<double>& from, double scale) {
    upload(to, Field(from.begin(), from.end()), scale);
  }
  void upload(Array& to, const Field& from, double scale = 1) {
    if (to.size() < from.size()) to = Array(*engine_, from.size());
    host_.resize(from.size());
    for (size_t i = 0; i < from.size(); ++i) host_[i] = {Real(scale * from[i].real()), Real(scale * from[i].imag())};
    engine_->upload(to.data(), host_.data(), sizeof(C) * from.size());
  }
  void upload(DeviceArray<Real>& to, const std::vector<double>& from) {
    if (to.size() < from.size()) to = DeviceArray<Real>(*engine_, from.size());
    const std::vector<Real> values(from.begin(), from.end());
    if (!values.empty()) engine_->upload(to.data(), values.data(), sizeof(Real) * values.size());
  }
  Field download(const C* from, size_t size) {
    host_.resize(size);
    engine_->download(host_.data(), from, sizeof(C) * size);
    Field out(size);
    for (size_t i = 0; i < size; ++i) out[i] = {double(host_[i].re), double(host_[i].im)};
    return out;
  }
  /// Sources first ... of `fields` side by side; places beyond the last are zero.
  void put(const std::vector<Field>& fields, size_t first, C* to) {
    host_.assign(batch_ * n_, C{});
    for (size_t b = 0; b < batch_ && first + b < fields.size(); ++b)
      for (size_t j = 0; j < n_; ++j) {
        const Complexc v = fields[first + b][j];
        host_[b * n_ + j] = {Real(v.real()), Real(v.imag())};
      }
    engine_->upload(to, host_.data(), sizeof(C) * host_.size());
  }
  void get(const C* from, size_t first, std::vector<Field>& fields) {
    const Field all = download(from, batch_ * n_);
    for (size_t b = 0; b < batch_ && first + b < fields.size(); ++b)
      fields[first + b].assign(all.begin() + long(b * n_), all.begin() + long((b + 1) * n_));
  }

  const C* jump(double dz) {
    Array& table = jumps_[dz];
    if (table.empty()) upload(table, march_.jump(dz), 1 / double(bins_));
    return table.data();
  }
  const C* screen(const Step& step) {
    const bool keep = march_.keeps_screen(step);
    Array& table = keep ? screens_[size_t(step.id)] : screen_scratch_;
    Field made;
    if (!keep || table.empty()) upload(table, march_.screen_of(step, made));
    return table.data();
  }
  /// Tables of a step with several ways; kept while there is room.
  const std::vector<DeviceBranch>& branches(const Step& step) {
    std::vector<DeviceBranch>& kept = branches_[size_t(step.id)];
    if (!kept.empty()) return kept;
    std::vector<DeviceBranch> made;
    double bytes = 0;
    for (const Branch& b : march_.branches(step, false)) {
      DeviceBranch& d = made.emplace_back();
      upload(d.g, b.g, 1 / double(bins_)), upload(d.weight, b.weight);
      if (!b.damping.empty()) upload_real(d.damping, b.damping, 1 / std::sqrt(double(bins_)));
      bytes += double(sizeof(C) * (b.g.size() + b.damping.size()) + sizeof(Real) * b.weight.size());
    }
    const bool keep = bytes <= table_bytes_left_;
    if (keep) table_bytes_left_ -= bytes;
    return (keep ? kept : branch_scratch_) = std::move(made);
  }
  std::unique_ptr<FieldPool<C>> make_pool() {
    int64_t bytes = int64_t(0.45 * double(options_.memory_bytes)) - int64_t(sizeof(C) * cells_.size());
    if (const int64_t left = engine_->free_bytes(); left >= 0) bytes = std::min(bytes, left / 10 * 8);
    const int64_t slot = int64_t(sizeof(C) * batch_ * n_);
    const size_t slots = size_t(std::min<int64_t>(bytes / slot, int64_t(march_.steps().size()) + 3));
    if (slots < 3)
      throw Error(message("device ", device_name(options_.device), ": memory_bytes = ", options_.memory_bytes,
                          " holds fewer than 3 fields of ", batch_, " sources x ", n_, " points for the gradient"));
    return std::make_unique<FieldPool<C>>(*engine_, batch_ * n_, slots);
  }

  const std::shared_ptr<const Scene> shared_scene_;
  const std::shared_ptr<const March> shared_march_;
  const Scene& scene_;
  const March& march_;
  const DeviceOptions options_;
  const size_t n_;
  const bool mirrored_;
  const double sign_;
  const size_t bins_;
  size_t batch_ = 1;
  std::unique_ptr<Engine> engine_;  // before all that lives in it
  Array u_, s_, w_, part_, sum_;
  Array rate_, screen_scratch_, point_sum_, gain_sum_;
  DeviceArray<Real> weight_scratch_, weight_sum_;
  std::map<double, Array> jumps_, jump_gains_;
  std::vector<Array> screens_;
  std::vector<std::vector<DeviceBranch>> branches_;
  std::vector<DeviceBranch> branch_scratch_;
  double table_bytes_left_ = 0;
  std::vector<C> host_;
  // of a gradient under way
  std::unique_ptr<FieldPool<C>> pool_;
  Array bar_u_, cells_, weighted_, total_, after_;
  const PlaneFields* cotangent_ = nullptr;
  MediaTangent* bar_ = nullptr;
  size_t first_ = 0;
};

template <class Real>
void DeviceMarchOf<Real>::apply(const Step& step, C* u) {
  if (step.kind == Step::Kind::kOutput) return;
  if (step.kind == Step::Kind::kScreen) return multiply(u, u, screen(step), n_);
  C* spectrum = mirrored_ ? s_.data() : step.objects.empty() ? u : s_.data();
  if (step.objects.empty()) {
    const C* g = jump(step.dz_m);
    to_spectrum(u, spectrum, sign_);
    multiply(spectrum, spectrum, g, bins_);
    return from_spectrum(spectrum, u, 0);
  }
  const auto& all = branches(step);
  to_spectrum(u, spectrum, sign_);
  engine_->copy(sum_.data(), spectrum, sizeof(C) * batch_ * bins_);
  damp(all, sum_.data(), spectrum);
  for (size_t q = 0; q < all.size(); ++q) {
    multiply(w_.data(), spectrum, all[q].g.data(), bins_);
    from_spectrum(w_.data(), part_.data(), 0);
    weigh(sum_.data(), part_.data(), all[q].weight, q > 0);
  }
  engine_->copy(u, sum_.data(), sizeof(C) * batch_ * n_);
}

// As March::damp.
template <class Real>
void DeviceMarchOf<Real>::damp(const std::vector<DeviceBranch>& all, const C* before, C* s) {
  for (const DeviceBranch& b : all) {
    if (b.damping.empty()) continue;
    multiply(w_.data(), before, b.damping.data(), bins_);
    from_spectrum(w_.data(), part_.data(), 0);
    weigh(part_.data(), part_.data(), b.weight, false);
    to_spectrum(part_.data(), w_.data(), sign_);
    take_off(s, w_.data(), b.damping);
  }
}

template <class Real>
void DeviceMarchOf<Real>::damp_jvp(const std::vector<Branch>& all, const StepChange& change, C* s, C* s_dot) {
  const double scale = 1 / std::sqrt(double(bins_));
  Array before(*engine_, batch_ * bins_), before_dot(*engine_, batch_ * bins_), part_dot(*engine_, batch_ * bins_);
  engine_->copy(before.data(), s, sizeof(C) * batch_ * bins_);
  engine_->copy(before_dot.data(), s_dot, sizeof(C) * batch_ * bins_);
  for (size_t q = 0; q < all.size(); ++q) {
    if (all[q].damping.empty()) continue;
    Array r, r_dot;
    DeviceArray<Real> a, a_dot;
    upload_real(r, all[q].damping, scale), upload_real(r_dot, change.damping[q], scale);
    upload(a, all[q].weight), upload(a_dot, change.weight[q]);
    engine_->copy(w_.data(), before_dot.data(), sizeof(C) * batch_ * bins_);
    Kernel<Real> k = kernel(KernelKind::kGainTangent, bins_, w_.data());
    k.in = before.data(), k.table = r.data(), k.other = r_dot.data();
    engine_->launch(k);
    from_spectrum(w_.data(), part_dot.data(), 0);
    multiply(w_.data(), before.data(), r.data(), bins_);
    from_spectrum(w_.data(), part_.data(), 0);
    weigh(part_dot.data(), part_dot.data(), a, false);
    weigh(part_dot.data(), part_.data(), a_dot, true);
    weigh(part_.data(), part_.data(), a, false);
    to_spectrum(part_.data(), w_.data(), sign_);
    take_off(s, w_.data(), r), take_off(s_dot, w_.data(), r_dot);
    to_spectrum(part_dot.data(), w_.data(), sign_);
    take_off(s_dot, w_.data(), r);
  }
}

template <class Real>
void DeviceMarchOf<Real>::spectral_jvp(const Step& step, const MediaTangent& tangent, C* dot, C* s_dot, C* sum_dot) {
  const std::vector<Branch> all = march_.branches(step, true);
  const StepChange change = march_.spectral_tangent(step, all, tangent);
  to_spectrum(u_.data(), s_.data(), sign_);
  to_spectrum(dot, s_dot, sign_);
  damp_jvp(all, change, s_.data(), s_dot);
  Array g, g_dot;
  for (size_t q = 0; q < all.size(); ++q) {
    upload(g, all[q].g, 1 / double(bins_)), upload(g_dot, change.gain[q], 1 / double(bins_));
    DeviceArray<Real> a, a_dot;
    upload(a, all[q].weight), upload(a_dot, change.weight[q]);
    multiply(w_.data(), s_.data(), g.data(), bins_);
    from_spectrum(w_.data(), part_.data(), 0);
    weigh(sum_.data(), part_.data(), a, q > 0);
    engine_->copy(w_.data(), s_dot, sizeof(C) * batch_ * bins_);
    Kernel<Real> k = kernel(KernelKind::kGainTangent, bins_, w_.data());
    k.in = s_.data(), k.table = g.data(), k.other = g_dot.data();
    engine_->launch(k);
    if (a.empty()) {
      from_spectrum(w_.data(), sum_dot, 0);
      break;
    }
    if (q == 0) engine_->zero(sum_dot, sizeof(C) * batch_ * n_);
    weigh(sum_dot, part_.data(), a_dot, true);
    from_spectrum(w_.data(), part_.data(), 0);
    weigh(sum_dot, part_.data(), a, true);
  }
  engine_->copy(u_.data(), sum_.data(), sizeof(C) * batch_ * n_);
  engine_->copy(dot, sum_dot, sizeof(C) * batch_ * n_);
}

template <class Real>
std::vector<Field> DeviceMarchOf<Real>::vjp(const std::vector<Field>& launched, const PlaneFields& cotangent,
                                            MediaTangent& bar) {
  const auto& steps = march_.steps();
  const auto needs = [&](const Step& step) { return March::needs_field(step, bar.with_wavenumber); };
  for (Array* a : {&bar_u_, &weighted_, &total_, &after_}) *a = Array(*engine_, batch_ * bins_);
  cells_ = Array(), pool_.reset();
  if (!bar.cells.empty()) {
    if (double(bar.cells.size() * sizeof(Real)) > 0.35 * double(options_.memory_bytes))
      throw Error(message("device ", device_name(options_.device), ": the gradient to ", bar.cells.size() / 2,
                          " cells needs ", double(bar.cells.size() * sizeof(Real)) / 1048576,
                          " MiB, more than 0.35 of memory_bytes = ", options_.memory_bytes));
    cells_ = Array(*engine_, bar.cells.size() / 2);
    engine_->zero(cells_.data(), sizeof(C) * cells_.size());
  }
  jump_gains_.clear();
  pool_ = make_pool();
  cotangent_ = &cotangent, bar_ = &bar;
  std::vector<Field> out(launched.size());
  const size_t taped = size_t(std::count_if(steps.begin(), steps.end(), needs));
  for (first_ = 0; first_ < launched.size(); first_ += batch_) {
    State start = pool_->take();
    put(launched, first_, start.data());
    engine_->zero(bar_u_.data(), sizeof(C) * batch_ * bins_);
    if (taped + 1 <= pool_->size()) {
      std::vector<State> tape;
      for (const Step& step : steps) {
        if (needs(step)) {
          tape.push_back(pool_->take());
          engine_->copy(tape.back().data(), start.data(), sizeof(C) * batch_ * n_);
        }
        apply(step, start.data());
      }
      for (size_t i = steps.size(); i-- > 0;) {
        const bool read = needs(steps[i]);
        reverse(i, read ? tape.back() : start);
        if (read) tape.pop_back();
      }
    } else {
      reverse_steps(*this, 0, steps.size(), start, int(pool_->size()) - 2);
    }
    get(bar_u_.data(), first_, out);
  }
  finish(bar);
  pool_.reset();
  return out;
}

template <class Real>
void DeviceMarchOf<Real>::apply_vjp(const Step& step, const C* u) {
  if (step.kind == Step::Kind::kSpectral) return step.objects.empty() ? jump_vjp(step, u) : branches_vjp(step, u);
  const C* t = screen(step);
  if (!step.objects.empty() || (step.cell_slice >= 0 && cells_.empty() && bar_->with_wavenumber)) {
    if (point_sum_.empty()) point_sum_ = Array(*engine_, n_);
    engine_->zero(point_sum_.data(), sizeof(C) * n_);
    correlate(point_sum_.data(), bar_u_.data(), u, t, n_, 1);
    march_.screen_cotangent(step, download(point_sum_.data(), n_), *bar_);
  } else if (step.cell_slice >= 0 && !cells_.empty()) {
    const Complexc rate = -kJ * step.dz_m * scene_.wavenumber_rad_per_m();
    correlate(cells_.data() + size_t(step.cell_slice) * n_, bar_u_.data(), u, t, n_, std::conj(rate));
  }
  multiply(bar_u_.data(), bar_u_.data(), t, n_, true);
}

template <class Real>
void DeviceMarchOf<Real>::jump_vjp(const Step& step, const C* u) {
  const bool wall = step.wall_after >= 0 || step.wall_before >= 0;
  const C* g = jump(step.dz_m);
  to_spectrum(bar_u_.data(), w_.data(), 0);
  if (wall || bar_->with_wavenumber) {
    to_spectrum(u, s_.data(), sign_);
    Array& sum = wall ? gain_sum_ : jump_gains_[step.dz_m];
    const bool fresh = sum.empty();
    if (fresh) sum = Array(*engine_, bins_);
    if (fresh || wall) engine_->zero(sum.data(), sizeof(C) * bins_);
    correlate(sum.data(), w_.data(), s_.data(), nullptr, bins_, 1 / double(bins_));
    if (wall) {
      StepChange change;
      change.gain.push_back(download(sum.data(), bins_));
      change.weight.emplace_back();
      march_.spectral_cotangent(step, march_.branches(step, true), change, *bar_);
    }
  }
  multiply(w_.data(), w_.data(), g, bins_, true);
  from_spectrum(w_.data(), bar_u_.data(), sign_);
}

template <class Real>
void DeviceMarchOf<Real>::branches_vjp(const Step& step, const C* u) {
  const auto& all = branches(step);
  if (gain_sum_.empty()) gain_sum_ = Array(*engine_, bins_);
  if (weight_sum_.empty()) weight_sum_ = DeviceArray<Real>(*engine_, n_);
  to_spectrum(u, s_.data(), sign_);
  engine_->copy(after_.data(), s_.data(), sizeof(C) * batch_ * bins_);
  damp(all, s_.data(), after_.data());
  engine_->zero(total_.data(), sizeof(C) * batch_ * bins_);
  StepChange change;
  for (const DeviceBranch& b : all) {
    multiply(w_.data(), after_.data(), b.g.data(), bins_);
    from_spectrum(w_.data(), part_.data(), 0);
    change.weight.push_back(correlate_real(bar_u_.data(), part_.data()));
    weigh(weighted_.data(), bar_u_.data(), b.weight, false);
    to_spectrum(weighted_.data(), w_.data(), 0);
    engine_->zero(gain_sum_.data(), sizeof(C) * bins_);
    correlate(gain_sum_.data(), w_.data(), after_.data(), nullptr, bins_, 1 / double(bins_));
    change.gain.push_back(download(gain_sum_.data(), bins_));
    multiply(w_.data(), w_.data(), b.g.data(), bins_, true);
    add(total_.data(), w_.data(), bins_);
  }
  engine_->copy(sum_.data(), total_.data(), sizeof(C) * batch_ * bins_);
  damp_vjp(all, s_.data(), total_.data(), sum_.data(), change);
  from_spectrum(sum_.data(), bar_u_.data(), sign_);
  march_.spectral_cotangent(step, march_.branches(step, true), change, *bar_);
}

// As March::damp_vjp; what each branch carried is found again. A field between two tables is sqrt(bins) too large, its
// cotangent as much too small.
template <class Real>
void DeviceMarchOf<Real>::damp_vjp(const std::vector<DeviceBranch>& all, const C* before, const C* after_bar, C* bar,
                                   StepChange& change) {
  const double scale = -1 / std::sqrt(double(bins_));
  for (size_t q = 0; q < all.size(); ++q) {
    const DeviceBranch& b = all[q];
    change.damping.emplace_back();
    if (b.damping.empty()) continue;
    multiply(w_.data(), before, b.damping.data(), bins_);
    from_spectrum(w_.data(), part_.data(), 0);
    weigh(weighted_.data(), part_.data(), b.weight, false);
    to_spectrum(weighted_.data(), w_.data(), sign_);
    engine_->zero(gain_sum_.data(), sizeof(C) * bins_);
    correlate(gain_sum_.data(), w_.data(), after_bar, nullptr, bins_, scale);
    multiply(w_.data(), after_bar, b.damping.data(), bins_);
    from_spectrum(w_.data(), weighted_.data(), sign_);
    const std::vector<double> a_bar = correlate_real(weighted_.data(), part_.data());
    for (size_t j = 0; j < n_; ++j) change.weight[q][j] -= a_bar[j];
    weigh(part_.data(), weighted_.data(), b.weight, false);
    to_spectrum(part_.data(), w_.data(), 0);
    correlate(gain_sum_.data(), w_.data(), before, nullptr, bins_, scale);
    take_off(bar, w_.data(), b.damping);
    for (const Complexc v : download(gain_sum_.data(), bins_)) change.damping[q].push_back(v.real());
  }
}

// What was summed on the device over all steps.
template <class Real>
void DeviceMarchOf<Real>::finish(MediaTangent& bar) {
  const auto re_dot = [](Complexc a, Complexc b) { return a.real() * b.real() + a.imag() * b.imag(); };
  for (const auto& [dz, sum] : jump_gains_) {
    const Field gain = download(sum.data(), bins_), d_k = march_.jump_dk(dz);
    for (size_t m = 0; m < bins_; ++m) bar.wavenumber += re_dot(gain[m], d_k[m]);
  }
  if (cells_.empty()) return;
  const Field cells = download(cells_.data(), cells_.size());
  const double k = scene_.wavenumber_rad_per_m();
  for (size_t i = 0; i < cells.size(); ++i) {
    *bar.cell(i) += cells[i];
    bar.wavenumber += re_dot(cells[i], scene_.cells[0].index_minus_one[i]) / k;
  }
}

}  // namespace

std::unique_ptr<DeviceMarch> make_device_march(std::shared_ptr<const Scene> scene, std::shared_ptr<const March> march,
                                               const BackendOptions& backend, const DeviceOptions& options) {
  if (backend.kind != BackendKind::kFft)
    throw Error(message("device ", device_name(options.device), " has the backend fft alone, not ",
                        backend_name(backend.kind), ": use device cpu"));
  if (backend.precision == Precision::kFloat)
    return std::make_unique<DeviceMarchOf<float>>(std::move(scene), std::move(march), options);
  return std::make_unique<DeviceMarchOf<double>>(std::move(scene), std::move(march), options);
}

}  // namespace raywave::wave
