// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/march_checks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "raywave/core/constants.h"
#include "raywave/runtime/fft.h"
#include "raywave/wave/launch_cone.h"

namespace raywave::wave {
namespace {

/// As warnings say numbers.
std::string brief(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", x);
  return text;
}

constexpr double kModel = 1e-3;      // of the flux: less than what any model of a medium promises
constexpr double kReturning = 1e-4;  // of the power: an error of some 1 % of the field
constexpr double kTail = 5e-4;       // of a source of all directions: what a soft limit leaves beyond its end is 3e-4

struct Flux {
  double carried = 0, evanescent = 0;
};
Flux flux_of(const Scene& scene, const Backend& backend, const Field& u) {
  const auto& kt = backend.transverse_rad_per_m();
  const double k = scene.wavenumber_rad_per_m();
  Field s(kt.size());
  backend.analyze(u.data(), s.data());
  Flux out;
  for (size_t m = 0; m < kt.size(); ++m)
    std::abs(kt[m]) < k ? out.carried += std::sqrt(k * k - kt[m] * kt[m]) * std::norm(s[m])
                        : out.evanescent += k * std::norm(s[m]);
  return out;
}

bool in_vacuum(const Scene& scene, double z) {
  for (const Object& o : scene.objects)
    for (const Extent& e : extents(o))
      if (z > e.z0 && z < e.z1) return false;
  return std::none_of(scene.cells.begin(), scene.cells.end(),
                      [z](const CellMedium& c) { return z > c.z_begin_m && z < c.z_end_m; });
}

/// A line of points across the march.
struct Line {
  double begin = 0, spacing = 0;
  int n = 0;
  bool open_below = true;                   // a periodic rim, no ground
  double spare_above = 0, spare_below = 0;  // what lies between the rim where a wave comes back and the cone
};

// What a layer reflects of a wave that meets it, first order in its rate s t^p: (k / ky) s w p! / (2 ky w)^(p + 1).
double layer_reflection(const Absorber& a, double k, double ky) {
  const double strength = a.nepers * (a.power + 1) * std::tan(a.max_angle_rad) / 2;  // s w
  return std::min(1.0, k / ky * strength * std::tgamma(a.power + 1) / std::pow(2 * ky * a.width_m, a.power + 1));
}

// Over dz, as rays.
Astray astray(const Scene& scene, const Line& line, const Complexc* u, size_t stride, double dz) {
  const double k = scene.wavenumber_rad_per_m(), lambda = scene.wavelength_m();
  int block = 16;
  while (block < line.n && (block < line.n / 16 || block * line.spacing < 32 * lambda)) block *= 2;
  const runtime::Fft<double> fft(block);
  const double lo = line.begin - 0.5 * line.spacing, hi = lo + line.n * line.spacing;
  const Absorber& a = scene.absorber;
  Astray out;
  Field part(static_cast<size_t>(block));
  std::vector<double> below(size_t(block) + 1);
  for (int first = -block / 2; first < line.n; first += block / 2) {
    double weight = 0, moment = 0;
    for (int j = 0; j < block; ++j) {
      const int at = first + j;
      const bool in = at >= 0 && at < line.n;
      part[size_t(j)] = in ? u[size_t(at) * stride] * std::sin(kPi * (j + 0.5) / block) : 0;
      weight += std::norm(part[size_t(j)]), moment += at * std::norm(part[size_t(j)]);
    }
    if (weight == 0) continue;
    // what of a direction passes the rim is taken to lie in the block as the whole of it does
    for (int j = 0; j < block; ++j) below[size_t(j) + 1] = below[size_t(j)] + std::norm(part[size_t(j)]) / weight;
    const auto beyond = [&](double place, bool above) {
      const double at = std::clamp((place - line.begin) / line.spacing + 0.5 - first, 0.0, double(block));
      const auto j = std::min(size_t(at), size_t(block) - 1);
      const double under = below[j] + (at - double(j)) * (below[j + 1] - below[j]);
      return above ? std::max(0.0, below.back() - under) : under;
    };
    fft.forward(part.data());
    const double y = line.begin + moment / weight * line.spacing;
    for (int m = 0; m < block; ++m) {
      // exp(-j ky y) travels towards +y
      const double q = -2 * kPi * (m < block / 2 ? m : m - block) / (block * line.spacing * k);
      if (std::abs(q) >= 1 || q == 0) continue;
      if (std::norm(part[size_t(m)]) < 1e-8 * weight)
        continue;  // all of these together are less than that of the power
      const double tangent = std::abs(q) / std::sqrt(1 - q * q), to_rim = q > 0 ? hi - y : y - lo;
      const double part_power = std::norm(part[size_t(m)]) / block, from_rim = q > 0 ? y - lo : hi - y;
      if (from_rim < a.width_m && (q < 0 || line.open_below) && dz * tangent > a.width_m - from_rim) {
        const double inside = 1 - std::max(0.0, from_rim) / a.width_m;
        const double nepers = 0.5 * a.nepers * std::tan(a.max_angle_rad) / tangent * std::pow(inside, a.power + 1);
        out.absorbed += std::pow(std::expm1(-nepers), 2) * part_power;
      }
      if (q < 0 && !line.open_below) continue;
      if (a.width_m > 0 && dz * tangent > to_rim - a.width_m)
        out.reflected += std::pow(layer_reflection(a, k, std::abs(q) * k), 2) * part_power;
      const double reaches = beyond(
          q > 0 ? hi + a.width_m + line.spare_below - dz * tangent : lo - a.width_m - line.spare_above + dz * tangent,
          q > 0);
      if (reaches == 0) continue;
      double left = reaches;
      if (a.width_m > 0) {
        const double inside = std::clamp((a.width_m - to_rim) / a.width_m, 0.0, 1.0);
        left *= std::exp(-a.nepers * std::tan(a.max_angle_rad) / tangent * (2 - std::pow(inside, a.power + 1)));
      }
      out.returned += left * part_power;
    }
  }
  return out;
}

double power(const Field& u) {
  double sum = 0;
  for (const Complexc v : u) sum += std::norm(v);
  return sum;
}

// Lines of a 3D field: some, evenly, for all. `cone`: at z_m.
Astray astray(const Scene& scene, const Cone& cone, double z, const Field& u, double dz) {
  const Grid& g = scene.grid;
  if (!g.uniform()) return {};
  const double rim = scene.absorber.width_m;
  const double wide = cone.half_angle_rad < kPi / 2 ? (z - cone.apex_z_m) * std::tan(cone.half_angle_rad) : INFINITY;
  const auto line = [&](double begin, double spacing, int n, double apex, bool open_below) {
    Line l{begin, spacing, n, open_below};
    l.spare_below = std::max(0.0, apex - wide - (begin + rim));
    l.spare_above = std::max(0.0, begin + (n - 1) * spacing - rim - (apex + wide));
    // above a ground a wave that the top sends back comes from there
    if (!open_below) l.spare_below = l.spare_above;
    return l;
  };
  const Line along_y = line(g.y_m(0), g.spacing_m, g.num_y, cone.apex_y_m, scene.boundary == Boundary::kPeriodic);
  if (!g.volume()) return astray(scene, along_y, u.data(), 1, dz);
  Astray sum;
  const int rows = std::min(g.num_x, 32), columns = std::min(g.num_y, 32);
  for (int r = 0; r < rows; ++r) {
    const size_t i = size_t((2 * r + 1) * g.num_x / (2 * rows));
    sum.add(astray(scene, along_y, &u[i * size_t(g.num_y)], 1, dz), double(g.num_x) / rows);
  }
  const Line along_x = line(g.x_m(0), g.spacing_x_m, g.num_x, cone.apex_x_m, true);
  for (int c = 0; c < columns; ++c) {
    const size_t j = size_t((2 * c + 1) * g.num_y / (2 * columns));
    sum.add(astray(scene, along_x, &u[j], size_t(g.num_y), dz), double(g.num_y) / columns);
  }
  return sum;
}

}  // namespace

bool is_passive(const Scene& scene) {
  for (const CellMedium& c : scene.cells)
    for (const Complexc n : c.index_minus_one)
      if (n.imag() > 0) return false;
  return true;
}

FluxGain flux_gain(const Scene& scene, const March& march, const std::vector<MarchPlane>& planes, double rounding) {
  MarchWatch watch(scene, march, scene.sources.at(0), rounding);
  for (const MarchPlane& p : planes) watch.look(p.z_m, *p.field);
  return watch.flux_gain();
}

std::vector<std::string> march_warnings(const Scene& scene, const March& march, const Source& source,
                                        const std::vector<MarchPlane>& planes, double rounding) {
  MarchWatch watch(scene, march, source, rounding);
  for (const MarchPlane& p : planes) watch.look(p.z_m, *p.field);
  return watch.warnings();
}

MarchWatch::MarchWatch(const Scene& scene, const March& march, const Source& source, double rounding)
    : scene_(scene), march_(march), source_(source), rounding_(rounding) {}

void MarchWatch::look_at_flux(double z, const Field& u) {
  const Flux f = flux_of(scene_, march_.backend(), u);
  launched_ = std::max(launched_, f.carried);
  // of what is left of a launch the rounding of the launch itself is a part
  const double allowed = least_ * (1 + kModel + rounding_) + rounding_ * launched_;
  if (f.carried > allowed && f.carried / least_ > gain_.factor) gain_ = {f.carried / least_, least_z_m_, z};
  // in a medium more is carried than vacuum would of the same field, for n >= 1: what is above is too much all the same
  if (in_vacuum(scene_, z) && f.carried + f.evanescent < least_) least_ = f.carried + f.evanescent, least_z_m_ = z;
}

void MarchWatch::look(double z, const Field& u) {
  if (rounding_ >= 0) look_at_flux(z, u);
  if (first_.empty()) {
    first_ = u, launched_power_ = power(u);
  } else if (z > z_m_ && launched_power_ > 0) {
    sum_.add(wave::astray(scene_, cone_of(scene_, source_), z, last_, z - z_m_), 1 / launched_power_);
  }
  z_m_ = z, last_ = u;
}

Astray MarchWatch::astray() const {
  Astray out = sum_;
  const double length = z_m_ - scene_.z_begin_m;
  if (!(launched_power_ > 0) || !(length > 0)) return out;
  // what the absorber has taken of the launch is seen from the launch to the end
  const Astray whole = wave::astray(scene_, cone_of(scene_, source_), z_m_, first_, length);
  out.absorbed = whole.absorbed / launched_power_;
  out.reflected = std::max(out.reflected, whole.reflected / launched_power_);
  return out;
}

double returning_share(const Scene& scene, const Source& source, const std::vector<MarchPlane>& planes) {
  const Cone cone = cone_of(scene, source);
  const double all = power(*planes[0].field);
  Astray sum;
  for (size_t i = 0; all > 0 && i + 1 < planes.size(); ++i)
    sum.add(astray(scene, cone, planes[i + 1].z_m, *planes[i].field, planes[i + 1].z_m - planes[i].z_m), 1 / all);
  return sum.returned;
}

std::vector<std::string> MarchWatch::warnings() const {
  std::vector<std::string> out;
  const Scene& scene = scene_;
  const Source& source = source_;
  if (gain_.factor > 1)
    out.push_back(
        message("source '", source.name, "': the flux grows by a factor of ", gain_.factor, " from z = ", gain_.z_m,
                " m to ", gain_.later_z_m,
                " m though nothing in the scene amplifies: the field there is wrong. Side by side media do this in "
                "slices thicker than wavelength/(2 (n - 1)) and where the grid does not hold their waves: use a "
                "smaller step_m, a spacing of at most wavelength/(2 n), or model = \"screen\""));
  const Astray share = astray();
  const Cone cone = cone_of(scene, source);
  const bool narrow = source.kind == SourceKind::kPoint || source.waist_m * scene.wavenumber_rad_per_m() < 3;
  if (share.returned > (cone.half_angle_rad < kPi / 2 && narrow ? kTail : kReturning))
    out.push_back(message("source '", source.name, "': ", brief(100 * share.returned),
                          " % of its power passes the window's rim and comes back at the other, where the field is "
                          "wrong: ",
                          scene.absorber.width_m > 0 ? "lower angle_filter_rad or raise absorber.nepers"
                                                     : "widen the window (num_y), or set an absorber"));
  if (share.absorbed > kReturning)
    out.push_back(message("source '", source.name, "': ", brief(100 * share.absorbed),
                          " % of its power is missing in the window, for it begins in the absorber: move the source "
                          "towards the middle, or widen the window (num_y)"));
  if (share.reflected > kReturning)
    out.push_back(
        message("source '", source.name, "': the absorber sends ", brief(100 * share.reflected),
                " % of its power back, of waves that meet it at small angles: raise absorber.width_m, or widen "
                "the window (num_y)"));
  if (source.kind == SourceKind::kPoint && cone.half_angle_rad < 20 * kPi / 180)
    out.push_back(
        message("source '", source.name, "': the window holds its waves up to ", brief(cone.half_angle_rad * 180 / kPi),
                " degrees from the axis: a window that is wider beside its march, or an absorber, holds more"));
  return out;
}

}  // namespace raywave::wave
