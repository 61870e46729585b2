// SPDX-License-Identifier: Apache-2.0
// Tangents and adjoints of the march's steps. What a change of the media changes in a step (its exponent, its gains,
// its weights) is found here once, for the march on the CPU and for the device's.
#include <algorithm>
#include <cmath>

#include "raywave/wave/march.h"
#include "raywave/wave/roots.h"
#include "raywave/wave/row_transform.h"
#include "raywave/wave/slice_cover.h"

namespace raywave::wave {
namespace {

using detail::kJ;
using detail::re_dot;

size_t place_of(const Step& step, int object) {
  return size_t(std::find(step.present.begin(), step.present.end(), object) - step.present.begin());
}

}  // namespace

namespace {

// The vertices on the face at z of the first outline or solid that has one: visit(z of the vertex's tangent or
// cotangent, 1/count). `Tangent`: MediaTangent, const or not.
template <class Tangent, class Visit>
void for_each_face_vertex(const Object& o, Tangent& t, int object, double z, Visit&& visit) {
  for (size_t i = 0; i < o.outlines.size(); ++i) {
    double count = 0;
    for (const Point& p : o.outlines[i]) count += p.z_m == z;
    for (size_t v = 0; v < o.outlines[i].size(); ++v)
      if (o.outlines[i][v].z_m == z) visit(t.vertices[size_t(object)][i][v].z_m, 1 / count);
    if (count > 0) return;
  }
  for (size_t i = 0; i < o.solids.size(); ++i) {
    const auto& vertices = o.solids[i].vertices_m;
    double count = 0;
    for (const Vec3d& p : vertices) count += p.z == z;
    for (size_t v = 0; v < vertices.size(); ++v)
      if (vertices[v].z == z) visit(t.solids[size_t(object)][i][v].z, 1 / count);
    if (count > 0) return;
  }
}

double face_tangent(const Object& o, const MediaTangent& t, int object, double z) {
  double sum = 0;
  for_each_face_vertex(o, t, object, z, [&](double dot, double w) { sum += w * dot; });
  return sum;
}

void face_cotangent(const Object& o, MediaTangent& bar, int object, double z, double value) {
  for_each_face_vertex(o, bar, object, z, [&](double& b, double w) { b += w * value; });
}

}  // namespace

StepChange March::screen_tangent(const Step& step, const MediaTangent& t) const {
  const size_t n = window_.size();
  StepChange out;
  out.exponent.resize(n);
  if (!step.present.empty()) {
    const SliceCover slice = cover(step);
    const auto owned = slice.values(), owned_dot = slice.tangents(t, false);
    const std::vector<double> open = open_share(step, owned);
    for (size_t p = 0; p < step.present.size(); ++p) {
      const int i = step.present[p];
      const Medium& m = media_[size_t(i)];
      const std::vector<double>&a = owned[p], &a_dot = owned_dot[p];
      if (m.opaque) {
        for (size_t j = 0; j < n; ++j)
          if (a_dot[j] != 0 && open[j] > 0) out.exponent[j] -= a_dot[j] / open[j];
        continue;
      }
      Complexc per_cover = -scene_.objects[size_t(i)].absorption_np_per_m * step.dz_m, per_a;
      if (!step.masks_only) {
        const Complexc eta_dot = t.eta[size_t(i)] + m.d_eta_d_k * t.wavenumber;
        per_cover += -kJ * k_ * step.dz_m * (m.index - 1.0);
        per_a = -kJ * step.dz_m * (k_ * eta_dot / (2.0 * m.index) + t.wavenumber * (m.index - 1.0));
      }
      for (size_t j = 0; j < n; ++j) out.exponent[j] += a_dot[j] * per_cover + a[j] * per_a;
    }
  }
  if (step.cell_slice < 0) return out;
  const size_t base = size_t(step.cell_slice) * n;
  for (size_t j = 0; j < n; ++j) {
    out.exponent[j] += -kJ * step.dz_m * t.wavenumber * scene_.cells[0].index_minus_one[base + j];
    if (!t.cells.empty()) out.exponent[j] += -kJ * k_ * step.dz_m * *t.cell(base + j);
  }
  return out;
}

StepChange March::spectral_tangent(const Step& step, const std::vector<Branch>& all, const MediaTangent& t) const {
  const auto face = [&](int wall, bool far) {
    const Extent& e = extents_[size_t(wall)][0];
    return face_tangent(scene_.objects[size_t(wall)], t, wall, far ? e.z1 : e.z0);
  };
  double dz_dot = 0;
  if (step.slab) dz_dot = face(step.objects[0], true) - face(step.objects[0], false);
  if (step.wall_after >= 0) dz_dot += face(step.wall_after, false);
  if (step.wall_before >= 0) dz_dot -= face(step.wall_before, true);
  StepChange out;
  std::vector<std::vector<double>> owned_dot;
  if (!step.present.empty()) owned_dot = cover(step).tangents(t, step.slab);
  for (const Branch& b : all) {
    const bool air = b.object < 0;
    const Complexc eta_dot =
        air ? Complexc{} : t.eta[size_t(b.object)] + media_[size_t(b.object)].d_eta_d_k * t.wavenumber;
    Field& g_dot = out.gain.emplace_back(b.g.size());
    for (size_t m = 0; m < g_dot.size(); ++m) {
      g_dot[m] = b.d_k[m] * t.wavenumber;
      if (!air) g_dot[m] += b.d_eta[m] * eta_dot;
      if (step.slab || step.objects.empty()) g_dot[m] += b.d_dz[m] * dz_dot;
    }
    std::vector<double>& r_dot = out.damping.emplace_back(b.d_damping);
    if (!b.damping.empty()) {
      const double square_dot = square_tangent(b, t);
      for (double& v : r_dot) v *= square_dot;
      for (size_t m = 0; m < g_dot.size(); ++m) g_dot[m] += b.d_square[m] * square_dot;
    }
    if (air) {
      out.weight.emplace_back(b.weight.size(), 0.0);
      continue;
    }
    out.weight.push_back(std::move(owned_dot[place_of(step, b.object)]));
    for (size_t j = 0; j < b.weight.size(); ++j) out.weight[0][j] -= out.weight.back()[j];
  }
  return out;
}

void March::screen_cotangent(const Step& step, const Field& exponent, MediaTangent& bar) const {
  const size_t n = exponent.size();
  if (!step.present.empty()) {
    const SliceCover slice = cover(step);
    const auto owned = slice.values();
    const std::vector<double> open = open_share(step, owned);
    std::vector<std::vector<double>> bars(owned.size(), std::vector<double>(n));
    for (size_t p = 0; p < step.present.size(); ++p) {
      const int i = step.present[p];
      const Medium& m = media_[size_t(i)];
      const std::vector<double>& a = owned[p];
      std::vector<double>& a_bar = bars[p];
      if (m.opaque) {
        for (size_t j = 0; j < n; ++j)
          if (open[j] > 0) a_bar[j] -= exponent[j].real() / open[j];
        continue;
      }
      Complexc per_cover = -scene_.objects[size_t(i)].absorption_np_per_m * step.dz_m, sum;
      if (!step.masks_only) per_cover += -kJ * k_ * step.dz_m * (m.index - 1.0);
      for (size_t j = 0; j < n; ++j) {
        a_bar[j] = re_dot(exponent[j], per_cover);
        if (!step.masks_only) sum += exponent[j] * a[j];
      }
      if (step.masks_only) continue;
      bar.eta[size_t(i)] += sum * std::conj(-kJ * k_ * step.dz_m / (2.0 * m.index));
      bar.wavenumber += re_dot(sum, -kJ * step.dz_m * (m.index - 1.0));
    }
    slice.cotangents(bars, false, bar);
  }
  if (step.cell_slice < 0) return;
  const size_t base = size_t(step.cell_slice) * n;
  const Complexc rate = -kJ * step.dz_m;
  for (size_t j = 0; j < n; ++j) {
    if (!bar.cells.empty()) *bar.cell(base + j) += exponent[j] * std::conj(rate * k_);
    bar.wavenumber += re_dot(exponent[j], rate * scene_.cells[0].index_minus_one[base + j]);
  }
}

void March::spectral_cotangent(const Step& step, const std::vector<Branch>& all, StepChange& change,
                               MediaTangent& bar) const {
  double dz_bar = 0;
  std::vector<std::vector<double>> bars(step.present.size());
  for (size_t q = 0; q < all.size(); ++q) {
    const Branch& b = all[q];
    const bool air = b.object < 0;
    Complexc eta_sum;
    for (size_t m = 0; m < b.g.size(); ++m) {
      const Complexc g_bar = change.gain[q][m];
      bar.wavenumber += re_dot(g_bar, b.d_k[m]);
      if (!air) eta_sum += g_bar * std::conj(b.d_eta[m]);
      if (step.slab || step.objects.empty()) dz_bar += re_dot(g_bar, b.d_dz[m]);
    }
    if (!b.damping.empty()) {
      double square = 0;
      for (size_t m = 0; m < b.g.size(); ++m)
        square += re_dot(change.gain[q][m], b.d_square[m]) + change.damping[q][m] * b.d_damping[m];
      square_cotangent(b, square, bar);
    }
    if (air) continue;
    bar.eta[size_t(b.object)] += eta_sum;
    std::vector<double>& a_bar = change.weight[q];  // what it covers the air loses
    for (size_t j = 0; j < a_bar.size(); ++j) a_bar[j] -= change.weight[0][j];
    bars[place_of(step, b.object)] = std::move(a_bar);
  }
  if (!step.present.empty()) cover(step).cotangents(bars, step.slab, bar);
  const auto face = [&](int wall, bool far, double value) {
    const Extent& e = extents_[size_t(wall)][0];
    face_cotangent(scene_.objects[size_t(wall)], bar, wall, far ? e.z1 : e.z0, value);
  };
  if (step.slab) face(step.objects[0], true, dz_bar), face(step.objects[0], false, -dz_bar);
  if (step.wall_after >= 0) face(step.wall_after, false, dz_bar);
  if (step.wall_before >= 0) face(step.wall_before, true, -dz_bar);
}

void March::apply_jvp(const Step& step, const MediaTangent& t, Field& u, Field& u_dot) const {
  if (step.kind == Step::Kind::kOutput) return;
  if (step.kind == Step::Kind::kScreen) {
    Field scratch;
    const Field& screen_now = screen_of(step, scratch);
    const Field rate = screen_tangent(step, t).exponent;
    for (size_t j = 0; j < u.size(); ++j) {
      u_dot[j] = screen_now[j] * (u_dot[j] + rate[j] * u[j]);
      u[j] *= screen_now[j];
    }
    return;
  }
  const size_t bins = backend_->transverse_rad_per_m().size();
  Field s(bins), s_dot(bins), gs(bins), w(u.size()), w_dot(u.size()), sum(u.size()), sum_dot(u.size());
  backend_->analyze(u.data(), s.data());
  backend_->analyze(u_dot.data(), s_dot.data());
  const std::vector<Branch> all = branches(step, true);
  const StepChange change = spectral_tangent(step, all, t);
  damp_jvp(all, change, s, s_dot);
  for (size_t q = 0; q < all.size(); ++q) {
    const Branch& b = all[q];
    for (size_t m = 0; m < bins; ++m) gs[m] = b.g[m] * s[m];
    backend_->synthesize(gs.data(), w.data());
    for (size_t m = 0; m < bins; ++m) gs[m] = b.g[m] * s_dot[m] + change.gain[q][m] * s[m];
    backend_->synthesize(gs.data(), w_dot.data());
    if (b.weight.empty()) {
      sum = w, sum_dot = w_dot;
      break;
    }
    for (size_t j = 0; j < u.size(); ++j) {
      sum[j] += b.weight[j] * w[j];
      sum_dot[j] += b.weight[j] * w_dot[j] + change.weight[q][j] * w[j];
    }
  }
  u = sum, u_dot = sum_dot;
}

// A screen of cells alone, in one pass.
void March::cells_vjp(const Step& step, const Field& t, const Complexc* u, Field& u_bar, MediaTangent& bar) const {
  const size_t n = u_bar.size(), base = step.cell_slice >= 0 ? size_t(step.cell_slice) * n : 0;
  if (step.cell_slice >= 0) {
    const Complexc rate = -kJ * step.dz_m, conj_rate = std::conj(rate * k_);
    // a tape may have left the field in the gradient's own row: read, then overwritten
    Complexc* out = bar.cells.empty() ? nullptr : bar.cell(base);
    const bool taped = out && u == out;
    const Complexc* cell = &scene_.cells[0].index_minus_one[base];
    double wavenumber = 0;
    for (size_t j = 0; j < n; ++j) {
      const Complexc x = std::conj(u_bar[j]) * (u[j] * t[j]);
      if (out) out[j] = (taped ? Complexc{} : out[j]) + std::conj(x) * conj_rate;
      if (bar.with_wavenumber) wavenumber += (x * rate * cell[j]).real();
      u_bar[j] *= std::conj(t[j]);
    }
    bar.wavenumber += wavenumber;
    return;
  }
  for (size_t j = 0; j < n; ++j) u_bar[j] *= std::conj(t[j]);
}

void March::apply_vjp_taped(const Step& step, Field& u_bar, MediaTangent& bar) const {
  Field scratch;
  const size_t n = u_bar.size();
  const Field& t = screen_of(step, scratch);
  Complexc* row = bar.cell(size_t(step.cell_slice) * n);
  const Complexc rate = -kJ * step.dz_m;
  // conj(u_bar t u) rate conj(k) is the layer's gradient
  if (!bar.with_wavenumber) return reverse_screen(u_bar, t.data(), row, std::conj(rate * k_));
  cells_vjp(step, t, row, u_bar, bar);
}

void March::apply_vjp(const Step& step, const Field& u, Field& u_bar, MediaTangent& bar) const {
  if (step.kind == Step::Kind::kOutput) return;
  const size_t n = u.size();
  if (step.kind == Step::Kind::kScreen) {
    Field scratch;
    const Field& t = screen_of(step, scratch);
    if (step.objects.empty()) return cells_vjp(step, t, u.data(), u_bar, bar);
    Field exponent(n);
    for (size_t j = 0; j < n; ++j) exponent[j] = u_bar[j] * std::conj(u[j] * t[j]), u_bar[j] *= std::conj(t[j]);
    return screen_cotangent(step, exponent, bar);
  }
  if (step.objects.empty() && !bar.with_wavenumber && step.wall_after < 0 && step.wall_before < 0)
    return backend_->apply_adjoint(cached_jump(step.dz_m), u_bar);
  const size_t bins = backend_->transverse_rad_per_m().size();
  Field s(bins), v_bar(bins), part(n), s_bar(bins), weighted(n);
  backend_->analyze(u.data(), s.data());
  const std::vector<Branch> all = branches(step, true);
  const Field before = s;
  Damped kept;
  damp(all, s, &kept);
  StepChange change;
  for (const Branch& b : all) {
    std::vector<double>& a_bar = change.weight.emplace_back(b.weight.size(), 0.0);
    if (!b.weight.empty()) {
      for (size_t m = 0; m < bins; ++m) v_bar[m] = b.g[m] * s[m];
      backend_->synthesize(v_bar.data(), part.data());
      for (size_t j = 0; j < n; ++j) a_bar[j] = re_dot(u_bar[j], part[j]);
    }
    for (size_t j = 0; j < n; ++j) weighted[j] = b.weight.empty() ? u_bar[j] : b.weight[j] * u_bar[j];
    backend_->synthesize_adjoint(weighted.data(), v_bar.data());
    Field& g_bar = change.gain.emplace_back(bins);
    for (size_t m = 0; m < bins; ++m) g_bar[m] = v_bar[m] * std::conj(s[m]), s_bar[m] += std::conj(b.g[m]) * v_bar[m];
  }
  damp_vjp(all, before, kept, s_bar, change);
  backend_->analyze_adjoint(s_bar.data(), u_bar.data());
  spectral_cotangent(step, all, change, bar);
}

}  // namespace raywave::wave
