// SPDX-License-Identifier: Apache-2.0
// Many sources of one scene: groups of them in the lanes of the fused march.
#include <algorithm>
#include <map>
#include <type_traits>

#include "raywave/runtime/parallel.h"
#include "raywave/wave/fused_march.h"
#include "raywave/wave/simulate.h"
#include "raywave/wave/sources.h"
#include "raywave/wave/step_reporter.h"

namespace raywave::wave {

template <class Real>
bool Simulation::fusable() const {
  const Grid& g = scene_->grid;
  return options_.backend.kind == BackendKind::kFft && scene_->boundary == Boundary::kPeriodic && !g.volume() &&
         FusedMarch<Real>::supports(g.num_y) && scene_->sources.size() >= size_t(FusedMarch<Real>::kLanes) / 2 &&
         march_->diagonal();
}

namespace {

/// Lane-major fields of one group of sources.
template <class Real>
class Group {
 public:
  static constexpr size_t kLanes = size_t(FusedMarch<Real>::kLanes);
  explicit Group(size_t n) : n_(n), blocks_(2 * n) {}
  Real* data() { return blocks_[0].v; }
  void put(size_t lane, const Field& u) {
    for (size_t j = 0; j < n_; ++j)
      blocks_[2 * j].v[lane] = Real(u[j].real()), blocks_[2 * j + 1].v[lane] = Real(u[j].imag());
  }
  Field get(size_t lane) const {
    Field u(n_);
    for (size_t j = 0; j < n_; ++j) u[j] = {double(blocks_[2 * j].v[lane]), double(blocks_[2 * j + 1].v[lane])};
    return u;
  }

 private:
  struct alignas(32) Block {
    Real v[kLanes];
  };
  size_t n_;
  std::vector<Block> blocks_;
};

}  // namespace

template <class Real>
void Simulation::run_fused(Planes& field, StepReporter& reporter) const {
  using Table = std::vector<std::complex<Real>>;
  const size_t n = size_t(scene_->grid.num_y), num_sources = scene_->sources.size(), lanes = Group<Real>::kLanes;
  const FusedMarch<Real> fused(scene_->grid.num_y);
  std::map<double, Table> jumps;
  std::vector<Table> screens(march_->steps().size());
  for (const Step& s : march_->steps()) {
    if (s.kind == Step::Kind::kSpectral && !jumps.count(s.dz_m)) jumps[s.dz_m] = fused.jump_table(march_->jump(s.dz_m));
    if (s.kind != Step::Kind::kScreen || std::is_same_v<Real, double>) continue;
    for (const Complexc t : march_->kept_screen(s)) screens[size_t(s.id)].push_back(std::complex<Real>(t));
  }
  const auto screen_of = [&](const Step& s) {
    if constexpr (std::is_same_v<Real, double>) {
      return march_->kept_screen(s).data();
    } else {
      return static_cast<const std::complex<Real>*>(screens[size_t(s.id)].data());
    }
  };
  const int64_t groups = int64_t((num_sources + lanes - 1) / lanes);
  runtime::parallel_for(groups, options_.num_threads, [&](int64_t g) {
    const size_t first = size_t(g) * lanes, count = std::min(lanes, num_sources - first);
    Group<Real> group(n);
    for (size_t l = 0; l < count; ++l) group.put(l, launch(*scene_, scene_->sources[first + l], march_->backend()));
    std::vector<typename FusedMarch<Real>::Op> ops;
    for (const Step& s : march_->steps()) {
      if (s.kind == Step::Kind::kSpectral) {
        ops.push_back({jumps.at(s.dz_m).data(), nullptr});
      } else if (s.kind == Step::Kind::kScreen) {
        if (ops.empty() || ops.back().screen) ops.push_back({});
        ops.back().screen = screen_of(s);
      } else {
        fused.run(ops, group.data());
        for (size_t i = 0; i < ops.size() * count; ++i) reporter.step();
        ops.clear();
        for (size_t l = 0; l < count; ++l) field[size_t(s.output)][first + l] = group.get(l);
      }
    }
  });
}

template bool Simulation::fusable<double>() const;
template bool Simulation::fusable<float>() const;
template void Simulation::run_fused<double>(Planes& field, StepReporter& reporter) const;
template void Simulation::run_fused<float>(Planes& field, StepReporter& reporter) const;

}  // namespace raywave::wave
