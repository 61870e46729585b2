// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/march.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/wave/fused_march.h"

namespace raywave::wave {
namespace {

constexpr Complexc kJ{0, 1};

// sqrt with Im <= 0; a rounding error above the real axis counts as on it.
Complexc root_lower(Complexc z) {
  const Complexc s = std::sqrt(Complexc{z.real(), std::min(z.imag(), 0.0)});
  return s.imag() > 0 ? -s : s;
}

// 1/x; a wave that grazes to rounding has an infinite derivative, for which the one of a wave at `floor` stands in.
Complexc bounded_inverse(Complexc x, double floor) {
  return std::abs(x) >= 1e-4 * floor ? 1.0 / x : Complexc(1 / floor);
}

// A complex number with derivatives to eta, thickness and wavenumber.
struct Dual3 {
  Complexc v, d[3];
};
Dual3 operator+(Dual3 a, const Dual3& b) {
  a.v += b.v;
  for (int i = 0; i < 3; ++i) a.d[i] += b.d[i];
  return a;
}
Dual3 operator-(Dual3 a, const Dual3& b) {
  a.v -= b.v;
  for (int i = 0; i < 3; ++i) a.d[i] -= b.d[i];
  return a;
}
Dual3 operator*(const Dual3& a, const Dual3& b) {
  Dual3 c{a.v * b.v, {}};
  for (int i = 0; i < 3; ++i) c.d[i] = a.d[i] * b.v + a.v * b.d[i];
  return c;
}
Dual3 operator/(const Dual3& a, const Dual3& b) {
  Dual3 c{a.v / b.v, {}};
  for (int i = 0; i < 3; ++i) c.d[i] = (a.d[i] - c.v * b.d[i]) / b.v;
  return c;
}
Dual3 root(const Dual3& a, double floor) {
  Dual3 c{root_lower(a.v), {}};
  for (int i = 0; i < 3; ++i) c.d[i] = 0.5 * a.d[i] * bounded_inverse(c.v, floor);
  return c;
}

// Transmission through a slab in vacuum, fields referred to its two faces; waves as in fresnel.h, in the variables of
// the march: t = (1 - r^2) e / (1 - r^2 e^2), r = (kz0 - g kz1) / (kz0 + g kz1), e = exp(-j kz1 d), g = 1 (TE) or 1/eta
// (TM).
Dual3 slab_transmission(const Dual3& eta, const Dual3& d, const Dual3& k, double ky, bool tm, double floor) {
  const Dual3 one{1, {}}, ky2{ky * ky, {}};
  const Dual3 kz0 = root(k * k - ky2, floor), kz1 = root(eta * k * k - ky2, floor);
  const Dual3 gkz1 = tm ? kz1 / eta : kz1;
  const Dual3 r = (kz0 - gkz1) / (kz0 + gkz1);
  const Dual3 phase = kz1 * d;
  Dual3 e{std::exp(-kJ * phase.v), {}};
  for (int i = 0; i < 3; ++i) e.d[i] = -kJ * phase.d[i] * e.v;
  const Dual3 r2 = r * r;
  return (one - r2) * e / (one - r2 * e * e);
}

double re_dot(Complexc bar, Complexc value) { return bar.real() * value.real() + bar.imag() * value.imag(); }

}  // namespace

// One way across a spectral step: G and its derivatives to eta, thickness and wavenumber.
struct March::Branch {
  int object = -1;             // -1: air
  std::vector<double> weight;  // a(y); empty: one everywhere
  Field g, d_eta, d_dz, d_k;
};

Field March::jump(double dz) const {
  const auto& ky = backend_->transverse_rad_per_m();
  Field g(ky.size());
  for (size_t m = 0; m < ky.size(); ++m) g[m] = std::exp(-kJ * dz * root_lower(k_ * k_ - ky[m] * ky[m]));
  return g;
}

Field March::jump_dk(double dz) const {
  const auto& ky = backend_->transverse_rad_per_m();
  const double floor = k_ * std::sqrt(2.0 / double(ky.size()));
  Field g(ky.size());
  for (size_t m = 0; m < ky.size(); ++m) {
    const Complexc kz = root_lower(k_ * k_ - ky[m] * ky[m]);
    g[m] = -kJ * dz * k_ * bounded_inverse(kz, floor) * std::exp(-kJ * dz * kz);
  }
  return g;
}

const Backend::Gain& March::cached_jump(double dz) const { return jumps_.at(dz); }

const Field& March::screen_of(const Step& step, Field& scratch) const {
  if (step.id >= 0 && !screens_[size_t(step.id)].empty()) return screens_[size_t(step.id)];
  return scratch = screen(step);
}

Field March::slab_reflection(const Medium& medium, double d) const {
  const auto& kt = backend_->transverse_rad_per_m();
  const Complexc g = scene_.polarization == Polarization::kTm ? 1.0 / medium.eta : 1.0;
  Field out(kt.size());
  for (size_t m = 0; m < kt.size(); ++m) {
    const Complexc kz0 = root_lower(k_ * k_ - kt[m] * kt[m]), kz1 = root_lower(medium.eta * k_ * k_ - kt[m] * kt[m]);
    const Complexc r = (kz0 - g * kz1) / (kz0 + g * kz1), e2 = std::exp(-2.0 * kJ * kz1 * d);
    out[m] = r * (1.0 - e2) / (1.0 - r * r * e2);
  }
  return out;
}

void March::reflect(const Step& step, const Field& incident, Field& back) const {
  Field w;
  for (const int i : step.objects) {
    w = incident;
    backend_->apply(slab_reflection(media_[size_t(i)], step.dz_m), w);
    const std::vector<double> a = object_coverage(i, step);
    for (size_t j = 0; j < w.size(); ++j) back[j] += a[j] * w[j];
  }
}

Field March::slab(const Medium& medium, double d) const {
  const auto& ky = backend_->transverse_rad_per_m();
  Field g(ky.size());
  for (size_t m = 0; m < ky.size(); ++m)
    g[m] = slab_transmission({medium.eta, {}}, {d, {}}, {k_, {}}, ky[m], scene_.polarization == Polarization::kTm,
                             k_ * 1e-6)
               .v;
  return g;
}

std::vector<double> March::object_coverage(int object, const Step& step) const {
  std::vector<double> a(size_t(scene_.grid.num_points()), 0.0);
  for (const Outline& o : scene_.objects[size_t(object)].outlines) {
    const auto [lo, hi] = z_extent_m(o);
    if (hi <= step.z0_m || lo >= step.z1_m) continue;
    const Coverage c = coverage(edges_, step.z0_m, step.z1_m, o);
    for (size_t j = 0; j < c.fraction.size(); ++j)
      a[size_t(c.first) + j] = std::min(1.0, a[size_t(c.first) + j] + c.fraction[j]);
  }
  const auto& solids = scene_.objects[size_t(object)].solids;
  for (size_t i = 0; i < solids.size(); ++i)
    if (extents_[size_t(object)][i].z1 > step.z0_m && extents_[size_t(object)][i].z0 < step.z1_m)
      add_solid_coverage(x_edges_, edges_, step.z0_m, step.z1_m, solids[i], a);
  if (!solids.empty())
    for (double& v : a) v = std::clamp(v, 0.0, 1.0);
  return a;
}

void March::coverage_to_vertices(int object, const Step& step, const std::vector<double>& bar,
                                 MediaTangent& out) const {
  const Object& o = scene_.objects[size_t(object)];
  for (size_t i = 0; i < o.outlines.size(); ++i) {
    const auto [lo, hi] = z_extent_m(o.outlines[i]);
    if (hi < step.z0_m || lo > step.z1_m) continue;
    Outline vertex_bar(o.outlines[i].size());
    coverage_vjp(edges_, step.z0_m, step.z1_m, o.outlines[i], 0, bar, vertex_bar);
    for (size_t v = 0; v < vertex_bar.size(); ++v) {
      out.vertices[size_t(object)][i][v].y_m += vertex_bar[v].y_m;
      // a slab's faces bound the step itself: see the thickness and the jumps beside it
      if (!step.slab) out.vertices[size_t(object)][i][v].z_m += vertex_bar[v].z_m;
    }
  }
  for (size_t i = 0; i < o.solids.size(); ++i) {
    const Extent& e = extents_[size_t(object)][i];
    if (e.z1 < step.z0_m || e.z0 > step.z1_m) continue;
    std::vector<Vec3d> vertex_bar(o.solids[i].vertices_m.size());
    solid_coverage_vjp(x_edges_, edges_, step.z0_m, step.z1_m, o.solids[i], bar, vertex_bar);
    for (size_t v = 0; v < vertex_bar.size(); ++v) {
      if (step.slab) vertex_bar[v].z = 0;
      out.solids[size_t(object)][i][v] += vertex_bar[v];
    }
  }
}

std::vector<double> March::coverage_tangent(int object, const Step& step, const MediaTangent& t) const {
  std::vector<double> a(size_t(scene_.grid.num_points()), 0.0);
  const Object& o = scene_.objects[size_t(object)];
  for (size_t i = 0; i < o.outlines.size(); ++i) {
    const auto [lo, hi] = z_extent_m(o.outlines[i]);
    if (hi < step.z0_m || lo > step.z1_m) continue;
    Outline dot = t.vertices[size_t(object)][i];
    if (step.slab)
      for (Point& p : dot) p.z_m = 0;
    Coverage c;
    coverage_jvp(edges_, step.z0_m, step.z1_m, o.outlines[i], dot, c);
    for (size_t j = 0; j < c.fraction.size(); ++j) a[size_t(c.first) + j] += c.fraction[j];
  }
  for (size_t i = 0; i < o.solids.size(); ++i) {
    const Extent& e = extents_[size_t(object)][i];
    if (e.z1 < step.z0_m || e.z0 > step.z1_m) continue;
    std::vector<Vec3d> dot = t.solids[size_t(object)][i];
    if (step.slab)
      for (Vec3d& v : dot) v.z = 0;
    add_solid_coverage_jvp(x_edges_, edges_, step.z0_m, step.z1_m, o.solids[i], dot, a);
  }
  return a;
}

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

std::vector<March::Branch> March::branches(const Step& step, bool derivatives) const {
  const auto& ky = backend_->transverse_rad_per_m();
  const double floor = k_ * std::sqrt(2.0 / double(ky.size())), dz = step.dz_m;
  std::vector<Branch> out(1);
  Branch& air = out[0];
  air.g = jump(dz);
  if (derivatives) {
    air.d_k = jump_dk(dz);
    air.d_dz.resize(ky.size());
    for (size_t m = 0; m < ky.size(); ++m) air.d_dz[m] = -kJ * root_lower(k_ * k_ - ky[m] * ky[m]) * air.g[m];
  }
  if (step.objects.empty()) return out;
  air.weight.assign(size_t(scene_.grid.num_points()), 1.0);
  for (const int i : step.objects) {
    Branch b;
    b.object = i;
    b.weight = object_coverage(i, step);
    for (size_t j = 0; j < b.weight.size(); ++j) out[0].weight[j] -= b.weight[j];
    b.g.resize(ky.size()), b.d_eta.resize(ky.size()), b.d_k.resize(ky.size()), b.d_dz.resize(ky.size());
    const Complexc eta = media_[size_t(i)].eta;
    for (size_t m = 0; m < ky.size(); ++m) {
      if (step.slab) {
        const Dual3 t = slab_transmission({eta, {1, 0, 0}}, {dz, {0, 1, 0}}, {k_, {0, 0, 1}}, ky[m],
                                          scene_.polarization == Polarization::kTm, floor);
        b.g[m] = t.v, b.d_eta[m] = t.d[0], b.d_dz[m] = t.d[1], b.d_k[m] = t.d[2];
        continue;
      }
      const Complexc kz = root_lower(eta * k_ * k_ - ky[m] * ky[m]), inv = bounded_inverse(kz, floor);
      b.g[m] = std::exp(-kJ * kz * dz);
      b.d_eta[m] = -kJ * dz * k_ * k_ * 0.5 * inv * b.g[m];
      b.d_k[m] = -kJ * dz * eta * k_ * inv * b.g[m];
    }
    out.push_back(std::move(b));
  }
  return out;
}

double March::extinction(int j, double length) const { return window_[size_t(j)] * length; }

Field March::screen(const Step& step) const {
  const int n = scene_.grid.num_points();
  Field exponent(static_cast<size_t>(n));
  std::vector<double> open(size_t(n), 1.0);
  if (step.absorber_m > 0)
    for (int j = 0; j < n; ++j) exponent[size_t(j)] = -extinction(j, step.absorber_m);
  for (const int i : step.objects) {
    const std::vector<double> a = object_coverage(i, step);
    const Medium& m = media_[size_t(i)];
    Complexc rate = -scene_.objects[size_t(i)].absorption_np_per_m * step.dz_m;
    if (!step.masks_only) rate += -kJ * k_ * step.dz_m * (m.index - 1.0);
    for (size_t j = 0; j < size_t(n); ++j) {
      if (m.opaque) open[j] *= 1 - a[j];
      exponent[j] += a[j] * rate;
    }
  }
  if (step.cell_slice >= 0) {
    const Complexc* cell = &scene_.cells[0].index_minus_one[size_t(step.cell_slice) * size_t(n)];
    for (size_t j = 0; j < size_t(n); ++j) exponent[j] += -kJ * k_ * step.dz_m * cell[j];
  }
  for (size_t j = 0; j < size_t(n); ++j)
    exponent[j] = exponent[j] == 0.0 ? Complexc(open[j]) : open[j] * std::exp(exponent[j]);
  return exponent;
}

void March::apply(const Step& step, Field& u) const {
  if (step.kind == Step::Kind::kOutput) return;
  if (step.kind == Step::Kind::kScreen) {
    Field scratch;
    const Field& t = screen_of(step, scratch);
    multiply(u, t.data());
    return;
  }
  if (step.objects.empty()) return backend_->apply(cached_jump(step.dz_m), u);
  Field s(backend_->transverse_rad_per_m().size()), gs(s.size()), w(u.size()), sum(u.size());
  backend_->analyze(u.data(), s.data());
  for (const Branch& b : branches(step, false)) {
    for (size_t m = 0; m < s.size(); ++m) gs[m] = b.g[m] * s[m];
    backend_->synthesize(gs.data(), w.data());
    for (size_t j = 0; j < u.size(); ++j) sum[j] += b.weight[j] * w[j];
  }
  u = sum;
}

void March::apply_jvp(const Step& step, const MediaTangent& t, Field& u, Field& u_dot) const {
  if (step.kind == Step::Kind::kOutput) return;
  if (step.kind == Step::Kind::kScreen) {
    Field scratch;
    const Field& screen_now = screen_of(step, scratch);
    Field rate(u.size());  // d exponent
    for (const int i : step.objects) {
      const Medium& m = media_[size_t(i)];
      const Object& o = scene_.objects[size_t(i)];
      const std::vector<double> a = object_coverage(i, step), a_dot = coverage_tangent(i, step, t);
      Complexc per_cover = -o.absorption_np_per_m * step.dz_m, per_a;
      if (!step.masks_only && !m.opaque) {
        const Complexc eta_dot = t.eta[size_t(i)] + m.d_eta_d_k * t.wavenumber;
        per_cover += -kJ * k_ * step.dz_m * (m.index - 1.0);
        per_a = -kJ * step.dz_m * (k_ * eta_dot / (2.0 * m.index) + t.wavenumber * (m.index - 1.0));
      }
      for (size_t j = 0; j < u.size(); ++j) {
        rate[j] += a_dot[j] * per_cover + a[j] * per_a;
        if (m.opaque && a_dot[j] != 0 && a[j] < 1) rate[j] -= a_dot[j] / (1 - a[j]);
      }
    }
    if (step.cell_slice >= 0) {
      const size_t base = size_t(step.cell_slice) * u.size();
      for (size_t j = 0; j < u.size(); ++j) {
        rate[j] += -kJ * step.dz_m * t.wavenumber * scene_.cells[0].index_minus_one[base + j];
        if (!t.cells.empty()) rate[j] += -kJ * k_ * step.dz_m * *t.cell(base + j);
      }
    }
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
  double dz_dot = 0;
  const auto face = [&](int wall, bool far) {
    const Object& o = scene_.objects[size_t(wall)];
    const Extent& e = extents_[size_t(wall)][0];
    return face_tangent(o, t, wall, far ? e.z1 : e.z0);
  };
  if (step.slab) dz_dot = face(step.objects[0], true) - face(step.objects[0], false);
  if (step.wall_after >= 0) dz_dot += face(step.wall_after, false);
  if (step.wall_before >= 0) dz_dot -= face(step.wall_before, true);
  std::vector<double> air_dot(u.size(), 0.0);
  const std::vector<Branch> all = branches(step, true);
  for (size_t q = all.size(); q-- > 0;) {
    const Branch& b = all[q];
    const bool air = b.object < 0;
    const Complexc eta_dot =
        air ? Complexc{} : t.eta[size_t(b.object)] + media_[size_t(b.object)].d_eta_d_k * t.wavenumber;
    for (size_t m = 0; m < bins; ++m) gs[m] = b.g[m] * s[m];
    backend_->synthesize(gs.data(), w.data());
    for (size_t m = 0; m < bins; ++m) {
      Complexc g_dot = b.d_k[m] * t.wavenumber;
      if (!air) g_dot += b.d_eta[m] * eta_dot;
      if (step.slab || step.objects.empty()) g_dot += b.d_dz[m] * dz_dot;
      gs[m] = b.g[m] * s_dot[m] + g_dot * s[m];
    }
    backend_->synthesize(gs.data(), w_dot.data());
    if (b.weight.empty()) {
      sum = w, sum_dot = w_dot;
      break;
    }
    const std::vector<double> a_dot = air ? air_dot : coverage_tangent(b.object, step, t);
    for (size_t j = 0; j < u.size(); ++j) {
      sum[j] += b.weight[j] * w[j];
      sum_dot[j] += b.weight[j] * w_dot[j] + a_dot[j] * w[j];
      if (!air) air_dot[j] -= a_dot[j];
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

bool March::diagonal() const {
  return std::all_of(steps_.begin(), steps_.end(), [&](const Step& s) {
    if (s.kind == Step::Kind::kScreen) return !kept_screen(s).empty();
    return s.kind == Step::Kind::kOutput || s.objects.empty();
  });
}

bool March::needs_field(const Step& step, bool with_wavenumber) {
  if (step.kind == Step::Kind::kOutput) return false;
  if (step.kind == Step::Kind::kScreen) return !step.objects.empty() || step.cell_slice >= 0;
  return !step.objects.empty() || with_wavenumber || step.wall_after >= 0 || step.wall_before >= 0;
}

void March::apply_vjp(const Step& step, const Field& u, Field& u_bar, MediaTangent& bar) const {
  if (step.kind == Step::Kind::kOutput) return;
  const size_t n = u.size();
  if (step.kind == Step::Kind::kScreen) {
    Field scratch;
    const Field& t = screen_of(step, scratch);
    if (step.objects.empty()) return cells_vjp(step, t, u.data(), u_bar, bar);
    Field x(n);  // dJ = Re(x d exponent)
    for (size_t j = 0; j < n; ++j) x[j] = std::conj(u_bar[j]) * u[j] * t[j];
    for (const int i : step.objects) {
      const Medium& m = media_[size_t(i)];
      const Object& o = scene_.objects[size_t(i)];
      const std::vector<double> a = object_coverage(i, step);
      std::vector<double> a_bar(n, 0.0);
      const bool medium = !step.masks_only && !m.opaque;
      Complexc per_cover = -o.absorption_np_per_m * step.dz_m, n_sum;
      if (medium) per_cover += -kJ * k_ * step.dz_m * (m.index - 1.0);
      for (size_t j = 0; j < n; ++j) {
        a_bar[j] = (x[j] * per_cover).real();
        if (m.opaque && a[j] < 1) a_bar[j] -= x[j].real() / (1 - a[j]);
        if (medium) n_sum += x[j] * a[j];
      }
      if (medium) {
        bar.eta[size_t(i)] += std::conj(-kJ * k_ * step.dz_m * n_sum / (2.0 * m.index));
        bar.wavenumber += (-kJ * step.dz_m * n_sum * (m.index - 1.0)).real();
      }
      coverage_to_vertices(i, step, a_bar, bar);
    }
    if (step.cell_slice >= 0) {
      const size_t base = size_t(step.cell_slice) * n;
      const Complexc rate = -kJ * step.dz_m;
      for (size_t j = 0; j < n; ++j) {
        if (!bar.cells.empty()) *bar.cell(base + j) += std::conj(x[j] * rate * k_);
        bar.wavenumber += (x[j] * rate * scene_.cells[0].index_minus_one[base + j]).real();
      }
    }
    for (size_t j = 0; j < n; ++j) u_bar[j] *= std::conj(t[j]);
    return;
  }
  if (step.objects.empty() && !bar.with_wavenumber && step.wall_after < 0 && step.wall_before < 0)
    return backend_->apply_adjoint(cached_jump(step.dz_m), u_bar);
  const size_t bins = backend_->transverse_rad_per_m().size();
  Field s(bins), v_bar(bins), part(n), total(n), weighted(n);
  backend_->analyze(u.data(), s.data());
  double dz_bar = 0;
  std::vector<double> air_bar(n, 0.0);
  for (const Branch& b : branches(step, true)) {
    const bool air = b.object < 0;
    std::vector<double> a_bar(n, 0.0);
    if (!b.weight.empty()) {
      for (size_t m = 0; m < bins; ++m) v_bar[m] = b.g[m] * s[m];
      backend_->synthesize(v_bar.data(), part.data());
      for (size_t j = 0; j < n; ++j) a_bar[j] = re_dot(u_bar[j], part[j]);
    }
    for (size_t j = 0; j < n; ++j) weighted[j] = b.weight.empty() ? u_bar[j] : b.weight[j] * u_bar[j];
    backend_->synthesize_adjoint(weighted.data(), v_bar.data());
    Complexc eta_sum;
    for (size_t m = 0; m < bins; ++m) {
      const Complexc g_bar = v_bar[m] * std::conj(s[m]);
      bar.wavenumber += re_dot(g_bar, b.d_k[m]);
      if (!air) eta_sum += g_bar * std::conj(b.d_eta[m]);
      if (step.slab || step.objects.empty()) dz_bar += re_dot(g_bar, b.d_dz[m]);
      v_bar[m] *= std::conj(b.g[m]);
    }
    backend_->analyze_adjoint(v_bar.data(), part.data());
    for (size_t j = 0; j < n; ++j) total[j] += part[j];
    if (air) {
      air_bar = a_bar;
      continue;
    }
    bar.eta[size_t(b.object)] += eta_sum;
    for (size_t j = 0; j < n; ++j) a_bar[j] -= air_bar[j];
    coverage_to_vertices(b.object, step, a_bar, bar);
  }
  u_bar = total;
  const auto face = [&](int wall, bool far, double value) {
    const Object& o = scene_.objects[size_t(wall)];
    const Extent& e = extents_[size_t(wall)][0];
    face_cotangent(o, bar, wall, far ? e.z1 : e.z0, value);
  };
  if (step.slab) face(step.objects[0], true, dz_bar), face(step.objects[0], false, -dz_bar);
  if (step.wall_after >= 0) face(step.wall_after, false, dz_bar);
  if (step.wall_before >= 0) face(step.wall_before, true, -dz_bar);
}

}  // namespace raywave::wave
