// SPDX-License-Identifier: Apache-2.0
#include "raywave/wave/scene.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "raywave/ad/dual.h"
#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/scene/cut.h"
#include "raywave/wave/launch_cone.h"

namespace raywave::wave {
namespace {

void validate_grid(const Grid& g) {
  if (g.num_y < 4) throw Error(message("grid.num_y must be >= 4, got ", g.num_y));
  require_finite("grid.center_m", g.center_m);
  if (g.num_x != 1 && g.num_x < 4) throw Error(message("grid.num_x must be 1 or >= 4, got ", g.num_x));
  if (g.volume()) {
    require_finite("grid.center_x_m", g.center_x_m);
    require_positive("grid.spacing_x_m", g.spacing_x_m);
  }
  if (g.uniform()) return require_positive("grid.spacing_m", g.spacing_m);
  if (int(g.points_m.size()) != g.num_y)
    throw Error(message("grid.points_m has ", g.points_m.size(), " values, grid.num_y is ", g.num_y));
  for (int j = 0; j < g.num_y; ++j) {
    require_finite("grid.points_m", g.points_m[size_t(j)]);
    if (j > 0 && !(g.points_m[size_t(j)] > g.points_m[size_t(j - 1)]))
      throw Error(message("grid.points_m must increase; value ", j, " is ", g.points_m[size_t(j)]));
  }
}

void validate_source(const Source& s, const Scene& scene) {
  const std::string at = "source '" + s.name + "': ";
  const double lambda = scene.wavelength_m();
  for (const double v : {s.position_m, s.position_x_m, s.amplitude, s.phase_rad, s.tilt_rad, s.tilt_x_rad, s.focus_m})
    require_finite(at + "value", v);
  if (!scene.grid.volume())
    for (const auto& [name, v] : {std::pair{"position_x_m", s.position_x_m}, {"tilt_x_rad", s.tilt_x_rad}})
      if (v != 0) throw Error(message(at, name, " = ", v, " needs a 3D grid (num_x > 1)"));
  require_in_range(at + "tilt_rad", s.tilt_rad, -kPi / 2, kPi / 2);
  const double nyquist = lambda * scene.grid.num_y / (2 * scene.grid.length_m());  // sin(theta) at the edge of the band
  double spread = 0;
  if (s.kind == SourceKind::kGaussian || s.kind == SourceKind::kArray) {
    require_positive(at + "waist_m", s.waist_m);
    spread = s.kind == SourceKind::kGaussian ? 2 * lambda / (2 * kPi * s.waist_m) : 0;
  }
  if (s.kind == SourceKind::kPlane) {
    require_positive(at + "width_m", s.width_m);
    require_finite(at + "taper_m", s.taper_m);
  }
  if (s.kind == SourceKind::kPoint && !(s.distance_m >= lambda))
    throw Error(message(at, "distance_m must be >= one wavelength = ", lambda, " m, got ", s.distance_m));
  if (s.kind == SourceKind::kArray && (s.weights.empty() || s.weights.size() != s.element_offsets_m.size()))
    throw Error(message(at, "has ", s.weights.size(), " weights for ", s.element_offsets_m.size(), " elements"));
  if (s.kind == SourceKind::kArray && !s.element_offsets_x_m.empty() &&
      (!scene.grid.volume() || s.element_offsets_x_m.size() != s.element_offsets_m.size()))
    throw Error(message(at, "has ", s.element_offsets_x_m.size(), " element_offsets_x_m for ",
                        s.element_offsets_m.size(), " elements of a ", scene.grid.volume() ? "3D" : "2D", " scene"));
  if (s.kind == SourceKind::kSampled && int(s.samples.size()) != scene.grid.num_points())
    throw Error(message(at, "has ", s.samples.size(), " samples, the grid ", scene.grid.num_points(), " points"));
  if (std::abs(std::sin(s.tilt_rad)) + spread > nyquist)
    throw Error(message(at, "tilt_rad = ", s.tilt_rad, " does not fit the grid: |sin(tilt)| + 2/(k waist) = ",
                        std::abs(std::sin(s.tilt_rad)) + spread, " > wavelength/(2 spacing) = ", nyquist));
  if (scene.grid.volume()) {
    const double across = lambda / (2 * scene.grid.spacing_x_m), sx = std::abs(std::sin(s.tilt_x_rad));
    if (sx + spread > across)
      throw Error(message(at, "tilt_x_rad = ", s.tilt_x_rad, " does not fit the grid: ", sx + spread,
                          " > wavelength/(2 spacing_x) = ", across));
    if (std::hypot(sx, std::sin(s.tilt_rad)) >= 1)
      throw Error(message(at, "tilt_rad and tilt_x_rad together leave no direction along z"));
    const double x0 = scene.grid.x_m(0), x1 = scene.grid.x_m(scene.grid.num_x - 1);
    if (s.kind != SourceKind::kSampled && s.kind != SourceKind::kPoint && (s.position_x_m < x0 || s.position_x_m > x1))
      throw Error(message(at, "position_x_m = ", s.position_x_m, " lies outside the grid [", x0, ", ", x1, "] m"));
  }
  const double lo = scene.grid.y_m(0), hi = scene.grid.y_m(scene.grid.num_y - 1);
  if (s.kind != SourceKind::kSampled && s.kind != SourceKind::kPoint && (s.position_m < lo || s.position_m > hi))
    throw Error(message(at, "position_m = ", s.position_m, " lies outside the grid [", lo, ", ", hi, "] m"));
}

bool inside(const Outline& o, double y, double z) {
  bool in = false;
  for (size_t i = 0, j = o.size() - 1; i < o.size(); j = i++)
    if ((o[i].z_m > z) != (o[j].z_m > z) &&
        y < (o[j].y_m - o[i].y_m) * (z - o[i].z_m) / (o[j].z_m - o[i].z_m) + o[i].y_m)
      in = !in;
  return in;
}

void validate_outline(const Object& o, const Outline& outline, const Scene& scene, const std::string& at) {
  if (outline.size() < 3) throw Error(message(at, "an outline needs >= 3 vertices, got ", outline.size()));
  for (const Point& p : outline) require_finite(at + "vertex", p.y_m + p.z_m);
  if (!(std::abs(signed_area_m2(outline)) > 0)) throw Error(at + "an outline has no area");
  if (!o.material.perfect_conductor) return;
  for (const Source& s : scene.sources)
    if (s.kind != SourceKind::kSampled && inside(outline, s.position_m, scene.z_begin_m + 1e-9 * scene.wavelength_m()))
      throw Error(message("source '", s.name, "' lies inside the conductor '", o.name, "'"));
}

void validate_solid(const Object& o, const Solid& solid, const Scene& scene, const std::string& at) {
  for (const Vec3d& v : solid.vertices_m) require_finite(at + "vertex", v.x + v.y + v.z);
  for (const auto& t : solid.triangles)
    for (const uint32_t v : t)
      if (v >= solid.vertices_m.size())
        throw Error(message(at, "a triangle names vertex ", v, " of ", solid.vertices_m.size()));
  if (!is_closed(solid)) throw Error(at + "its mesh is not closed");
  if (!(signed_volume_m3(solid) > 0)) throw Error(at + "its mesh has no volume, or its faces look inwards");
  if (!o.material.perfect_conductor) return;
  for (const Source& s : scene.sources) {
    if (s.kind == SourceKind::kSampled) continue;
    const double h = 1e-6 * scene.wavelength_m();
    const double x[] = {s.position_x_m - h, s.position_x_m + h}, y[] = {s.position_m - h, s.position_m + h};
    double cover[] = {0};
    add_solid_coverage(x, y, scene.z_begin_m, scene.z_begin_m + h, solid, cover);
    if (cover[0] > 0.5) throw Error(message("source '", s.name, "' lies inside the conductor '", o.name, "'"));
  }
}

void require_inside(const std::string& at, const char* axis, double lo, double hi, const std::vector<double>& edges) {
  if (hi <= edges.front() || lo >= edges.back())
    throw Error(message(at, axis, " = [", lo, ", ", hi, "] m lies outside the grid [", edges.front(), ", ",
                        edges.back(), "] m"));
}

void validate_object(const Object& o, const Scene& scene) {
  o.material.validate();
  const std::string at = "object '" + o.name + "': ";
  require_non_negative(at + "absorption_np_per_m", o.absorption_np_per_m);
  const bool volume = scene.grid.volume();
  if (volume ? o.solids.empty() : o.outlines.empty())
    throw Error(at + (volume ? "a 3D scene needs solids" : "has no outline"));
  if (volume ? !o.outlines.empty() : !o.solids.empty())
    throw Error(at + (volume ? "has outlines, which belong to 2D scenes" : "has solids, which belong to 3D scenes"));
  for (const Outline& outline : o.outlines) validate_outline(o, outline, scene, at);
  for (const Solid& solid : o.solids) validate_solid(o, solid, scene, at);
  for (const Extent& e : extents(o)) {
    require_inside(at, "y", e.y0, e.y1, scene.grid.cell_edges_m());
    if (volume) require_inside(at, "x", e.x0, e.x1, scene.grid.x_edges_m());
    if (e.z0 < scene.z_begin_m || e.z1 > scene.z_end_m)
      throw Error(message(at, "z = [", e.z0, ", ", e.z1, "] m lies outside the march [", scene.z_begin_m, ", ",
                          scene.z_end_m, "] m"));
  }
}

Complexc eta_at(const em::Material& m, double f, const LogSink& log) {
  const Complexd e = em::properties_at(m, f, log).eta;
  return {e.re, e.im};
}

}  // namespace

double Grid::length_m() const {
  if (uniform()) return num_y * spacing_m;
  return (points_m.back() - points_m.front()) * num_y / (num_y - 1.0);
}

std::vector<double> Grid::cell_edges_m() const {
  std::vector<double> e(size_t(num_y) + 1);
  for (int j = 1; j < num_y; ++j) e[size_t(j)] = 0.5 * (y_m(j - 1) + y_m(j));
  e[0] = y_m(0) - (e[1] - y_m(0));
  e[size_t(num_y)] = y_m(num_y - 1) + (y_m(num_y - 1) - e[size_t(num_y - 1)]);
  return e;
}

std::vector<double> Grid::x_edges_m() const {
  std::vector<double> e;
  for (int i = 0; i <= num_x; ++i) e.push_back(x_m(i) - 0.5 * spacing_x_m);
  return e;
}

std::vector<Extent> extents(const Object& o) {
  std::vector<Extent> out;
  for (const Outline& outline : o.outlines) {
    const auto [y0, y1] = y_extent_m(outline);
    const auto [z0, z1] = z_extent_m(outline);
    out.push_back({0, 0, y0, y1, z0, z1});
  }
  for (const Solid& s : o.solids) {
    Extent e{INFINITY, -INFINITY, INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (const Vec3d& v : s.vertices_m) {
      e.x0 = std::min(e.x0, v.x), e.x1 = std::max(e.x1, v.x);
      e.y0 = std::min(e.y0, v.y), e.y1 = std::max(e.y1, v.y);
      e.z0 = std::min(e.z0, v.z), e.z1 = std::max(e.z1, v.z);
    }
    out.push_back(e);
  }
  return out;
}

double point_source_amplitude(double power_w) {
  require_non_negative("power_w", power_w);
  return std::sqrt(8 * kPi * std::sqrt(kVacuumPermeability / kVacuumPermittivity) * power_w);
}

double line_source_amplitude(double power_w_per_m, double frequency_hz) {
  require_non_negative("power_w_per_m", power_w_per_m);
  require_positive("frequency_hz", frequency_hz);
  const double k = 2 * kPi * frequency_hz / kSpeedOfLight;
  return std::sqrt(8 * k * std::sqrt(kVacuumPermeability / kVacuumPermittivity) * power_w_per_m);
}

double Scene::wavelength_m() const { return kSpeedOfLight / frequency_hz; }
double Scene::wavenumber_rad_per_m() const { return 2 * kPi * frequency_hz / kSpeedOfLight; }

void Scene::validate(const LogSink& log) const {
  const auto warn = [&](const std::string& text) {
    if (log) log(text);
  };
  require_positive("frequency_hz", frequency_hz);
  validate_grid(grid);
  require_finite("z_begin_m", z_begin_m);
  require_finite("z_end_m", z_end_m);
  if (!(z_end_m > z_begin_m)) throw Error(message("z_end_m must be > z_begin_m = ", z_begin_m, ", got ", z_end_m));
  require_finite("step_m", step_m);
  if (step_m < 0) throw Error(message("step_m must be > 0, got ", step_m));
  if (sources.empty()) throw Error("the scene has no sources");
  if (boundary != Boundary::kPeriodic && (!grid.uniform() || grid.volume()))
    throw Error("a ground needs a uniform grid in 2D");
  if (grid.volume() && polarization != Polarization::kTe)
    throw Error("a 3D scene is one Cartesian component of the electric field: polarization must be te");
  const double lambda = wavelength_m(),
               dy = std::max(grid.length_m() / grid.num_y, grid.volume() ? grid.spacing_x_m : 0);
  if (dy > lambda / 2 * (1 + 1e-12))
    warn(message("grid spacing ", dy, " m is above half a wavelength (", lambda / 2, " m): steep directions are lost"));
  const double periods = grid.length_m() / lambda * (boundary == Boundary::kPeriodic ? 1 : 2);
  if (std::abs(periods - std::round(periods)) < 1e-9 * periods)
    warn(
        "the window is a whole number of wavelengths, so that one direction is exactly grazing; the derivative with "
        "respect to "
        "the wavelength is limited there");
  require_non_negative("absorber.width_m", absorber.width_m);
  if (absorber.width_m > 0) {
    require_in_range("absorber.max_angle_rad", absorber.max_angle_rad, 1e-3, kPi / 2 - 1e-3);
    require_positive("absorber.nepers", absorber.nepers);
    require_in_range("absorber.width_m", absorber.width_m, 0, grid.length_m() / 2);
    if (grid.volume()) require_in_range("absorber.width_m", absorber.width_m, 0, grid.length_x_m() / 2);
    if (absorber.power < 1) throw Error(message("absorber.power must be >= 1, got ", absorber.power));
    if (absorber.width_m < 10 * lambda)
      warn(message("absorber.width_m = ", absorber.width_m, " m is below ten wavelengths: it reflects some -45 dB"));
  }
  require_in_range("angle_filter_rad", angle_filter_rad, 0, kPi / 2);
  std::vector<std::string> names;
  for (const Source& s : sources) {
    validate_source(s, *this), names.push_back("source '" + s.name + "'");
    if (s.kind == SourceKind::kGaussian || s.kind == SourceKind::kArray) {
      // the copy of its spectrum one band on, at grazing
      const double x = 0.5 * (lambda / dy - 1) * wavenumber_rad_per_m() * s.waist_m;
      if (dy < lambda && std::exp(-x * x) > 0.005)
        warn(message("source '", s.name, "': waist_m = ", s.waist_m, " m is too narrow for a grid spacing of ", dy,
                     " m: its steepest waves are ", 100 * std::exp(-x * x), " % wrong"));
    }
    const double drift = s.kind == SourceKind::kSampled || s.kind == SourceKind::kPoint
                             ? 0
                             : std::abs(s.position_m - grid.center_m + (z_end_m - z_begin_m) * std::tan(s.tilt_rad));
    if (absorber.width_m == 0 && drift > grid.length_m() / 2)
      warn(message("source '", s.name, "' leaves the window of ", grid.length_m(),
                   " m on its way and comes back at the other rim: set an absorber, or a wider window"));
  }
  for (const Object& o : objects) validate_object(o, *this), names.push_back("object '" + o.name + "'");
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) throw Error(message("the name of ", *twice, " is used twice"));
  if (cells.size() > 1) throw Error("a scene has at most one cell medium");
  for (const CellMedium& c : cells) {
    if (c.num_z < 1 || c.index_minus_one.size() != size_t(c.num_z) * size_t(grid.num_points()))
      throw Error(message("cells: index_minus_one has ", c.index_minus_one.size(),
                          " values, expected num_z * points of the grid = ", c.num_z, " * ", grid.num_points()));
    if (!(c.z_end_m > c.z_begin_m) || c.z_begin_m < z_begin_m || c.z_end_m > z_end_m)
      throw Error(message("cells: z = [", c.z_begin_m, ", ", c.z_end_m, "] m does not fit the march"));
  }
}

double needed_half_width_m(const Scene& scene, Axis axis, double point_launch_rad) {
  const double k = scene.wavenumber_rad_per_m(), length = scene.z_end_m - scene.z_begin_m;
  const bool absorbed = scene.absorber.width_m > 0, limited = scene.angle_filter_rad > 0, x_axis = axis == Axis::kX;
  const double center = x_axis ? scene.grid.center_x_m : scene.grid.center_m;
  const double steepest = steepest_launch_rad(scene.absorber);
  double half = 0;
  // from a place, with a radius, over a length under an angle
  const auto include = [&](double at, double radius, double far, double theta) {
    if (limited) theta = std::min(theta, scene.angle_filter_rad);
    if (theta > 85 * kPi / 180)
      throw Error("no window holds waves up to grazing: set angle_filter_rad below 85 degrees, or an absorber");
    half = std::max(half, std::abs(at - center) + radius + far * std::tan(theta));
  };
  for (const Source& s : scene.sources) {
    if (s.kind == SourceKind::kSampled) continue;
    const bool point = s.kind == SourceKind::kPoint;
    const double spread = s.waist_m > 0 ? std::asin(std::min(1.0, 5 / (k * s.waist_m))) : 0;
    double radius = 2 * s.waist_m, theta = std::abs(x_axis ? s.tilt_x_rad : s.tilt_rad) + spread;
    if (s.kind == SourceKind::kPlane) radius = s.width_m / 2 + taper_of(scene, s);
    if (point || theta > steepest) {
      const double end = point && point_launch_rad > 0 ? point_launch_rad : steepest, cone = std::asin(cone_sine(end));
      const double alone = limited ? scene.angle_filter_rad : std::atan(0.5 * (std::tan(end) + std::tan(cone)));
      theta = absorbed ? cone : alone;
    }
    const double far = length + (point ? s.distance_m : 0), at = x_axis ? s.position_x_m : s.position_m;
    include(at, radius, far, theta);
    for (const double offset : x_axis ? s.element_offsets_x_m : s.element_offsets_m)
      include(at + offset, radius, far, theta);
  }
  for (const Object& o : scene.objects)
    for (const Extent& e : extents(o)) {
      const double lo = x_axis ? e.x0 : e.y0, hi = x_axis ? e.x1 : e.y1;
      include(0.5 * (lo + hi), 0.5 * (hi - lo), absorbed ? 0 : scene.z_end_m - e.z0, kPi / 6);
    }
  return half + scene.absorber.width_m;
}

namespace {

constexpr double kMostPoints = 1 << 22;

// The smallest even product of 2, 3 and 5 from 64 on, which transforms are fast for.
int smooth_at_least(double wanted) {
  for (int n = 64;; n += 2) {
    if (n < wanted) continue;
    int rest = n;
    for (const int p : {2, 3, 5})
      while (rest % p == 0) rest /= p;
    if (rest == 1) return n;
  }
}

}  // namespace

int guarded_num_y(const Scene& scene) {
  require_positive("grid.spacing_m", scene.grid.spacing_m);
  const double wanted = 2 * needed_half_width_m(scene) / scene.grid.spacing_m;
  if (!(wanted <= kMostPoints))
    throw Error(message("the window would need ", wanted, " points, more than 4194304: set an absorber, or num_y"));
  int n = 64;
  while (n < wanted) n *= 2;
  return n;
}

void choose_window(Scene& scene) {
  Grid& g = scene.grid;
  const bool choose_y = g.num_y == 0 && g.uniform(), choose_x = g.num_x == 0;
  if (!choose_x && !choose_y) return;
  if (!g.volume()) {
    g.num_y = guarded_num_y(scene);
    return;
  }
  if (choose_y) require_positive("grid.spacing_m", g.spacing_m);
  if (choose_x) require_positive("grid.spacing_x_m", g.spacing_x_m);
  const bool points = std::any_of(scene.sources.begin(), scene.sources.end(),
                                  [](const Source& s) { return s.kind == SourceKind::kPoint; });
  for (double launch = steepest_launch_rad(scene.absorber);; launch = std::atan(0.9 * std::tan(launch))) {
    const double x = choose_x ? 2 * needed_half_width_m(scene, Axis::kX, launch) / g.spacing_x_m : g.num_x;
    const double y = choose_y ? 2 * needed_half_width_m(scene, Axis::kY, launch) / g.spacing_m : g.num_y;
    if (x <= kMostPoints && y <= kMostPoints) {
      const int nx = choose_x ? smooth_at_least(x) : g.num_x, ny = choose_y ? smooth_at_least(y) : g.num_y;
      if (double(nx) * ny <= kMostPoints) {
        g.num_x = nx, g.num_y = ny;
        return;
      }
    }
    // below that no cone is left of a soft launch
    if (!points || cone_sine(launch) < 0.1)
      throw Error(message("the window would need ", x, " x ", y,
                          " points, more than 4194304: set an absorber, a shorter march, or num_x and num_y"));
  }
}

Medium medium_of(const em::Material& material, double f, const LogSink& log) {
  Medium m;
  m.opaque = material.perfect_conductor;
  if (m.opaque) return m;
  m.eta = eta_at(material, f, log);
  const Complexd n = sqrt_lower(Complexd{m.eta.real(), m.eta.imag()});
  m.index = {n.re, n.im};
  using ad::Dual;
  const Dual hz(f, 1);
  const auto slope = em::properties_of(em::numbers_of(material, f, hz), hz, false).eta;
  m.d_eta_d_k = Complexc(slope.re.d, slope.im.d) * (kSpeedOfLight / (2 * kPi));
  return m;
}

std::vector<Object> cut(const raywave::scene::Scene& scene, double height_m) {
  require_finite("height_m", height_m);
  std::vector<Object> out;
  for (const auto& o : scene.objects) {
    const em::Material& material = scene.materials.at(size_t(o.material));
    std::vector<Outline> outlines;
    for (const auto& loop : raywave::scene::horizontal_cut(o.mesh, height_m, material.thickness_m)) {
      Outline& outline = outlines.emplace_back();
      for (const Vec2d& p : loop) outline.push_back({p.y, p.x});
    }
    if (!outlines.empty()) out.push_back({o.name, material, outlines});
  }
  return out;
}

namespace {

// Keeps sign * z <= sign * limit.
Outline cut_off(const Outline& o, double limit, double sign) {
  Outline out;
  for (size_t i = 0; i < o.size(); ++i) {
    const Point &a = o[i], &b = o[(i + 1) % o.size()];
    const bool in_a = sign * a.z_m <= sign * limit, in_b = sign * b.z_m <= sign * limit;
    if (in_a) out.push_back(a);
    if (in_a != in_b) out.push_back({a.y_m + (limit - a.z_m) / (b.z_m - a.z_m) * (b.y_m - a.y_m), limit});
  }
  return out;
}

}  // namespace

std::vector<Object> clipped_to(const Scene& scene, std::vector<Object> objects) {
  const auto edges = scene.grid.cell_edges_m();
  std::vector<Object> out;
  for (Object& o : objects) {
    std::vector<Outline> kept;
    for (const Outline& outline : o.outlines) {
      const Outline c = cut_off(cut_off(outline, scene.z_end_m, 1), scene.z_begin_m, -1);
      if (c.size() < 3 || !(std::abs(signed_area_m2(c)) > 0)) continue;
      const auto [lo, hi] = y_extent_m(c);
      if (hi > edges.front() && lo < edges.back()) kept.push_back(c);
    }
    o.outlines = std::move(kept);
    if (!o.outlines.empty()) out.push_back(std::move(o));
  }
  return out;
}

std::vector<Object> solids_of(const raywave::scene::Scene& scene, const Scene& window, const LogSink& log) {
  const auto ys = window.grid.cell_edges_m(), xs = window.grid.x_edges_m();
  std::vector<Object> out;
  for (const auto& o : scene.objects) {
    Object object{o.name, scene.materials.at(size_t(o.material)), {}};
    Solid solid;
    for (const Vec3d& v : o.mesh.vertices_m) solid.vertices_m.push_back({v.z, v.y, v.x});
    // the axes' exchange turns the sense of the faces
    for (const auto& t : o.mesh.triangles) solid.triangles.push_back({t[0], t[2], t[1]});
    object.solids = {solid};
    const Extent e = extents(object)[0];
    if (e.x1 <= xs.front() || e.x0 >= xs.back() || e.y1 <= ys.front() || e.y0 >= ys.back()) continue;
    if (e.z1 <= window.z_begin_m || e.z0 >= window.z_end_m) continue;
    if (!is_closed(solid) || !(signed_volume_m3(solid) > 0)) {
      if (log) log(message("object '", o.name, "' is no closed mesh with outward faces: the wave march leaves it out"));
      continue;
    }
    if (e.z0 < window.z_begin_m || e.z1 > window.z_end_m)
      throw Error(message("object '", o.name, "': z = [", e.z0, ", ", e.z1, "] m crosses an end of the march [",
                          window.z_begin_m, ", ", window.z_end_m, "] m"));
    out.push_back(std::move(object));
  }
  return out;
}

}  // namespace raywave::wave
