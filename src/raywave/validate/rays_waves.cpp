// SPDX-License-Identifier: Apache-2.0
#include "raywave/validate/rays_waves.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numeric>

#include "raywave/core/constants.h"
#include "raywave/plane/fields.h"
#include "raywave/wave/simulate.h"

namespace raywave::validate {
namespace {

using Cx = std::complex<double>;
using plane::length;

/// x of the rays is z of the march. 0.1 m: a wall of concrete that is one wavelength thick, see wall_end.
constexpr double kL = 0.1, kFrequency = kSpeedOfLight / kL, kK = 2 * kPi / kL;
/// Fine enough that what edges diffract up to grazing is on the grid; no whole number of them is a wavelength.
constexpr double kSpacing = 0.1253 * kL, kStep = kL / 8;
constexpr int kWindow = 8;  // points in a wavelength

/// The wave's line source is G = -(j/4) H0, the rays' is sqrt(k/4) exp(-j pi/4) H0.
Cx wave_to_rays() { return 2 * std::sqrt(kK) * std::polar(1.0, kPi / 4); }

struct Case {
  std::string name;
  plane::Scene2D rays;
  wave::Scene waves;
  plane::FieldOptions options;
  std::vector<double> planes_m;
  double y0_m = 0, y1_m = 0;  // where they are compared
  std::vector<Vec2d> edges;   // of shadows
};

Case case_of(std::string name, Vec2d tx, double march_m, double y0, double y1) {
  Case c;
  c.name = std::move(name), c.y0_m = y0, c.y1_m = y1;
  c.rays.frequency_hz = kFrequency;
  c.rays.transmitters = {{"tx", tx}};
  c.options.max_order = 0;
  wave::Source s;
  s.name = "tx", s.kind = wave::SourceKind::kPoint, s.position_m = tx.y, s.distance_m = -tx.x;
  c.waves.frequency_hz = kFrequency, c.waves.z_end_m = march_m, c.waves.sources = {s};
  c.waves.grid.num_y = 0, c.waves.grid.spacing_m = kSpacing, c.waves.step_m = kStep;
  c.waves.absorber.width_m = 40 * kL;
  return c;
}

wave::Object object(std::string name, const em::Material& material, std::vector<wave::Outline> outlines) {
  wave::Object o;
  o.name = std::move(name), o.material = material, o.outlines = std::move(outlines);
  return o;
}

em::Material conductor() {
  em::Material m;
  m.name = "conductor", m.perfect_conductor = true;
  return m;
}

constexpr double kFar = 4000 * kL;  // beyond any window
/// In the middle of one slice, which a conductor's mask fills: slices are counted from plane to plane.
constexpr double kScreen = 20 * kL + kStep / 2;
const Vec2d kSource{-220 * kL, 0};

Case screens(std::string name, double y0, double y1, const std::vector<std::pair<double, double>>& parts) {
  Case c = case_of(std::move(name), kSource, 261 * kL, y0, y1);
  c.planes_m = {180 * kL, 220 * kL, 260 * kL};
  c.waves.grid.num_y = 16384, c.waves.absorber.width_m = 120 * kL, c.waves.absorber.nepers = 12;
  c.waves.angle_filter_rad = 1.2;  // 60 dB below the direct wave counts in the shadow
  for (const auto& [lo, hi] : parts) {
    const std::string part = message("screen", c.rays.objects.size());
    c.rays.objects.push_back(plane::wall(part, {kScreen, lo}, {kScreen, hi}));
    c.waves.objects.push_back(object(part, conductor(), {wave::rectangle({0.5 * (lo + hi), kScreen}, hi - lo, kStep)}));
    for (const double y : {lo, hi})
      if (std::abs(y) < kFar) c.edges.push_back({kScreen, y});
  }
  return c;
}

constexpr double kEdge = 0.3 * kL;  // on no grid point
Case half_plane() { return screens("half plane", -100 * kL, 60 * kL, {{-kFar, kEdge}}); }
constexpr double kHalfSlit = 30 * kL;
Case slit() { return screens("slit", -100 * kL, 100 * kL, {{-kFar, -kHalfSlit}, {kHalfSlit, kFar}}); }

/// Across the march; its end is at y1.
Case concrete(std::string name, double wall_end_m) {
  Case c = case_of(std::move(name), kSource, 180 * kL, -80 * kL, 60 * kL);
  c.planes_m = {60 * kL, 100 * kL, 180 * kL};
  const em::Material m = em::itu_material("concrete", kL);
  const double at = 20 * kL;
  c.rays.materials = {m};
  c.rays.objects = {plane::wall("wall", {at, -kFar}, {at, wall_end_m})};
  c.rays.objects[0].material = m.name;
  c.waves.grid.num_y = 16384;
  c.waves.objects = {object("wall", m, {wave::rectangle({0.5 * (wall_end_m - kFar), at}, wall_end_m + kFar, kL)})};
  if (wall_end_m < kFar) c.edges = {{at, wall_end_m}};
  return c;
}

/// Two walls along the march, 20 wavelengths apart from face to face, which are the rays' lines.
Case corridor(const char* name, const em::Material& m) {
  Case c = case_of(name, {-60 * kL, 2 * kL}, 101 * kL, -9 * kL, 9 * kL);
  c.planes_m = {40 * kL, 60 * kL, 80 * kL};
  const double begin = 2 * kL, end = 100 * kL, half = 10 * kL;
  c.rays.materials = {m};
  for (const double side : {-1.0, 1.0}) {
    const std::string part = side < 0 ? "low" : "high";
    c.rays.objects.push_back(plane::wall(part, {begin, side * half}, {end, side * half}));
    c.rays.objects.back().material = m.name;
    c.waves.objects.push_back(
        object(part, m, {wave::rectangle({side * (half + kL / 2), 0.5 * (begin + end)}, kL, end - begin)}));
    c.edges.push_back({begin, side * half});
  }
  c.options.max_order = 5, c.waves.step_m = kL / 4;
  return c;
}

/// Three blocks of the old town (scenes/old_town at a height of 1.5 m; the outer corners of its houses, metres from
/// the source in the street between two of them), a third as large, so that a wavelength is 0.3 m there: round the
/// corner into the next street.
Case street_corner() {
  Case c = case_of("street corner", {-10 * kL, 0}, 175 * kL, -100 * kL, 120 * kL);
  c.planes_m = {150 * kL, 160 * kL, 170 * kL};
  const em::Material m = em::itu_material("concrete", 0.5);
  c.rays.materials = {m};
  const std::vector<std::vector<Vec2d>> blocks{
      {{-60, -7.8},
       {-9.1, -6.2},
       {34.2, -3.9},
       {41.9, -4.5},
       {39.2, -43.6},
       {36.2, -86.3},
       {34.1, -121.5},
       {-60, -122}},
      {{-60, 2.1}, {-2.7, 4.6}, {42.7, 7.5}, {43.7, 14}, {42.6, 51}, {40.7, 106.9}, {-60, 107}},
      {{46.2, -126.8}, {48.8, -89.9}, {51.5, -45.3}, {54.2, -2.3}, {55.6, -2.8}, {110, -11.6}, {110, -127}}};
  c.options.max_order = 2, c.options.transmission = false, c.waves.step_m = kL / 4;
  for (size_t b = 0; b < blocks.size(); ++b) {
    wave::Outline outline;
    for (size_t i = 0; i < blocks[b].size(); ++i) {
      const Vec2d p = (1.0 / 3) * blocks[b][i], q = (1.0 / 3) * blocks[b][(i + 1) % blocks[b].size()];
      outline.push_back({p.y, p.x});
      c.edges.push_back(p);
      // what cannot be seen from the streets is left out
      const auto behind = [&](Vec2d v) { return v.x < -19 || v.x > 36 || std::abs(v.y) > 35; };
      if (behind(p) && behind(q)) continue;
      c.rays.objects.push_back(plane::wall(message("block", b, "_", i), p, q));
      c.rays.objects.back().material = m.name;
    }
    c.waves.objects.push_back(object(message("block", b), m, {outline}));
  }
  c.waves.objects = wave::clipped_to(c.waves, c.waves.objects);
  return c;
}

// --- one case by both ---

struct Line {
  double z_m = 0;
  std::vector<double> y_m;
  std::vector<Cx> rays, waves;
};

std::vector<Cx> rays_at(const plane::Scene2D& s, const plane::FieldOptions& o, double z, const std::vector<double>& y) {
  std::vector<Vec2d> points;
  for (const double at : y) points.push_back({z, at});
  std::vector<Cx> out;
  for (const Complexd u : plane::field_over_points(s, points, o).field) out.emplace_back(u.re, u.im);
  return out;
}

wave::SimulateOptions simulate_options(const Case& c) {
  wave::SimulateOptions o;
  o.output_z_m = c.planes_m, o.num_threads = c.options.num_threads;
  return o;
}

std::vector<Line> solve(const Case& c) {
  wave::Scene waves = c.waves;
  if (waves.grid.num_y == 0) wave::choose_window(waves);
  const wave::Result r = simulate(waves, simulate_options(c));
  std::vector<Line> out;
  for (size_t p = 0; p < c.planes_m.size(); ++p) {
    Line line;
    line.z_m = r.z_m[p];
    for (size_t j = 0; j < r.y_m.size(); ++j) {
      if (r.y_m[j] < c.y0_m || r.y_m[j] > c.y1_m) continue;
      line.y_m.push_back(r.y_m[j]), line.waves.push_back(wave_to_rays() * r.field[p][0][j]);
    }
    line.rays = rays_at(c.rays, c.options, line.z_m, line.y_m);
    out.push_back(std::move(line));
  }
  return out;
}

/// Means over a wavelength of |u|^2, [size - kWindow + 1].
std::vector<double> mean_power(const std::vector<Cx>& u) {
  std::vector<double> out;
  for (size_t i = 0; i + kWindow <= u.size(); ++i) {
    double sum = 0;
    for (size_t k = i; k < i + kWindow; ++k) sum += std::norm(u[k]);
    out.push_back(sum / kWindow);
  }
  return out;
}
double middle(const std::vector<double>& y, size_t window) { return 0.5 * (y[window] + y[window + kWindow - 1]); }

bool crosses(Vec2d a, Vec2d b, Vec2d p, Vec2d q) {
  return (cross(b - a, p - a) > 0) != (cross(b - a, q - a) > 0) &&
         (cross(q - p, a - p) > 0) != (cross(q - p, b - p) > 0);
}

enum Region { kLit, kPenumbra, kShadow, kNumRegions };
constexpr const char* kRegionNames[] = {"lit", "penumbra", "shadow"};

Region region_of(const Case& c, Vec2d p) {
  const Vec2d tx = c.rays.transmitters[0].position_m;
  for (const Vec2d e : c.edges)
    if (e.x > tx.x && e.x < p.x && length(e - tx) + length(p - e) - length(p - tx) < kL / 4) return kPenumbra;
  for (const plane::Object& o : c.rays.objects)
    if (crosses(o.a, o.b, tx, p)) return kShadow;
  return kLit;
}

struct Differences {
  std::vector<double> db;  // |dB|
  RaysWavesRow row(const std::string& scene, const std::string& what, double limit_db, std::string left) const {
    RaysWavesRow r{scene, what, db.size(), 0, 0, limit_db, std::move(left)};
    std::vector<double> sorted = db;
    std::sort(sorted.begin(), sorted.end());
    r.mean_db = std::accumulate(sorted.begin(), sorted.end(), 0.0) / double(sorted.size());
    r.p95_db = sorted[size_t(std::llround(0.95 * double(sorted.size() - 1)))];
    return r;
  }
};

std::array<Differences, kNumRegions> differences(const Case& c, const std::vector<Line>& lines) {
  std::array<Differences, kNumRegions> out;
  for (const Line& line : lines) {
    const auto rays = mean_power(line.rays), waves = mean_power(line.waves);
    for (size_t i = 0; i < rays.size(); ++i) {
      const Region region = region_of(c, {line.z_m, middle(line.y_m, i)});
      if (rays[i] > 0) out[region].db.push_back(std::abs(10 * std::log10(rays[i] / waves[i])));
    }
  }
  return out;
}

/// What the march's mask makes of an edge: it holds the field in the opening as if no screen were there (Rayleigh and
/// Sommerfeld's first integral), whose edge sends cos(theta) / (cos(A) + sin(B)) of what a thin conductor's does (E
/// along the edge): theta and alpha the angles to the march behind and before the edge, away from the screen positive,
/// A and B half their sum and half their difference. By stationary phase of both (1 / (sin(theta) - sin(alpha)) against
/// Sommerfeld's secants).
double mask_over_sheet(double alpha, double theta) {
  return std::cos(theta) / (std::cos(0.5 * (theta + alpha)) + std::sin(0.5 * (theta - alpha)));
}

/// The rays' field with each edge's wave multiplied by that.
std::vector<Line> as_masks(const Case& c, std::vector<Line> lines) {
  const Vec2d tx = c.rays.transmitters[0].position_m;
  plane::Scene2D open = c.rays;
  open.objects.clear();
  for (Line& line : lines) {
    const std::vector<Cx> direct = rays_at(open, c.options, line.z_m, line.y_m);
    std::vector<Cx> sum(line.y_m.size());
    for (size_t i = 0; i < sum.size(); ++i) {
      bool lit = true;
      for (const auto& o : c.rays.objects) lit = lit && !crosses(o.a, o.b, tx, {line.z_m, line.y_m[i]});
      if (lit) sum[i] = direct[i];
    }
    for (const auto& o : c.rays.objects) {
      plane::Scene2D one = open;
      one.objects = {o};
      const std::vector<Cx> whole = rays_at(one, c.options, line.z_m, line.y_m);
      const bool below = o.a.y <= -kFar;
      const Vec2d e = below ? o.b : o.a;
      const double side = below ? 1 : -1, alpha = side * std::atan2(e.y - tx.y, e.x - tx.x);
      for (size_t i = 0; i < sum.size(); ++i) {
        const Vec2d p{line.z_m, line.y_m[i]};
        const Cx wave = whole[i] - (crosses(o.a, o.b, tx, p) ? Cx() : direct[i]);
        sum[i] += mask_over_sheet(alpha, side * std::atan2(p.y - e.y, p.x - e.x)) * wave;
      }
    }
    line.rays = sum;
  }
  return lines;
}

// --- derivatives ---

constexpr double kSlopes = 40 * kL;  // to both sides of the axis

RaysWavesSlope slope(const Case& c, const char* ray_parameter, const char* wave_parameter, std::string title) {
  wave::Scene waves = c.waves;
  if (waves.grid.num_y == 0) wave::choose_window(waves);
  const wave::Simulation simulation(waves, simulate_options(c));
  const wave::Result r = simulation.run();
  std::vector<double> direction{1};
  if (std::string(wave_parameter).starts_with("object/")) direction = {1, 0};  // along y
  const wave::Field dot = simulation.jvp({{wave_parameter, direction}}).back()[0];
  const plane::Parameter q = plane::parameter(c.rays, ray_parameter);

  RaysWavesSlope out{c.name, std::move(title), {}, {}, {}, 0, 0};
  const Vec2d tx = c.rays.transmitters[0].position_m, edge = c.edges[0];
  std::vector<size_t> at;
  for (size_t j = 0; j < r.y_m.size(); ++j)
    if (std::abs(r.y_m[j]) < kSlopes) at.push_back(j);
  double difference = 0, size = 0;
  for (size_t i = 0; i + kWindow <= at.size(); i += kWindow / 2) {
    std::vector<Vec2d> points;
    std::vector<double> y;
    for (size_t k = i; k < i + kWindow; ++k) y.push_back(r.y_m[at[k]]), points.push_back({r.z_m.back(), y.back()});
    const double free = 1 / (2 * kPi * length(Vec2d{r.z_m.back(), middle(y, 0)} - tx));
    // fringes and edge alike are off by what the mask's edge is
    out.limit =
        std::max(out.limit, std::abs(1 - mask_over_sheet(std::atan2(edge.y - tx.y, edge.x - tx.x),
                                                         std::atan2(y.front() - edge.y, r.z_m.back() - edge.x))));
    std::vector<Complexd> w;
    double by_waves = 0;
    for (size_t k = 0; k < points.size(); ++k) {
      const Cx u = wave_to_rays() * r.field.back()[0][at[i + k]], du = wave_to_rays() * dot[at[i + k]];
      by_waves += 2 * (std::conj(u) * du).real() / kWindow / free;
    }
    for (const Complexd u : plane::field_over_points(c.rays, points, c.options).field)
      w.push_back((2.0 / kWindow / free) * u);
    const std::vector<double> g = plane::field_vjp(c.rays, points, c.options, w);
    // y of a position, of both ends of a wall
    double by_rays = 0;
    for (size_t k = 1; k < q.count; k += 2) by_rays += g[q.begin + k];
    out.y_m.push_back(middle(y, 0)), out.rays.push_back(by_rays), out.waves.push_back(by_waves);
    difference += (by_rays - by_waves) * (by_rays - by_waves), size += by_waves * by_waves;
  }
  out.difference = std::sqrt(difference / size);
  return out;
}

// --- the table ---

constexpr double kLimitDb = 0.5;
/// Next terms of the series are 1/(k s (1 - cos)) of the edge's wave: some percent at a few degrees and 160
/// wavelengths.
constexpr double kLimitOfForm = 0.2;
constexpr double kReported = std::numeric_limits<double>::infinity();

void screens_rows(const Case& c, RaysWaves& out) {
  const auto lines = solve(c);
  const auto as_sheets = differences(c, lines), as_mask = differences(c, as_masks(c, lines));
  const char* left = "waves: the mask's edge is no conductor's, by a closed form that grows with the angle";
  for (size_t region = 0; region < kNumRegions; ++region)
    out.rows.push_back(
        as_sheets[region].row(c.name, kRegionNames[region], region == kShadow ? kReported : kLimitDb, left));
  for (size_t region = 0; region < kNumRegions; ++region)
    out.rows.push_back(as_mask[region].row(c.name, message(kRegionNames[region], ", edges as the mask has them"),
                                           kLimitOfForm, "rays: waves past both edges, higher terms of the series"));
}

void all_regions(const Case& c, double limit_db, const char* left, RaysWaves& out) {
  const auto d = differences(c, solve(c));
  for (size_t region = 0; region < kNumRegions; ++region)
    if (!d[region].db.empty()) out.rows.push_back(d[region].row(c.name, kRegionNames[region], limit_db, left));
}

}  // namespace

RaysWaves rays_against_waves(int num_threads) {
  RaysWaves out;
  const auto with = [&](Case c) {
    c.options.num_threads = num_threads;
    return c;
  };
  const Case screen = with(half_plane());
  screens_rows(screen, out);
  screens_rows(with(slit()), out);
  all_regions(with(concrete("wall of concrete", kFar)), kLimitDb,
              "rays: one coefficient a direction, no spread inside the wall", out);
  all_regions(with(concrete("wall of concrete that ends", kEdge)), kLimitDb,
              "rays: the wall has no thickness, so that what passes it is late by its depth, here a wavelength", out);
  all_regions(with(corridor("corridor of concrete", em::itu_material("concrete", kL))), kReported,
              "waves: media side by side along the march are damped where evanescent; rays: five reflections", out);
  all_regions(with(corridor("corridor of metal", conductor())), kReported,
              "waves: masks slice by slice reflect along the march nearly as a conductor does; rays: five reflections",
              out);
  all_regions(with(street_corner()), kReported,
              "waves: nothing comes back from the block opposite or goes round at right angles; rays: two reflections, "
              "one corner",
              out);
  out.slopes.push_back(slope(screen, "device/tx/position_m", "source/tx/position_m", "source's shift along y"));
  out.slopes.push_back(slope(screen, "wall/screen0/ends_m", "object/screen0/translation_m", "screen's shift along y"));
  return out;
}

std::vector<ValidationRow> rays_waves_validation_rows(const std::string& filter, int num_threads) {
  const std::string prefix = "rays against waves: ";
  // the cases take ten seconds: not for rows that nobody asked for
  if (prefix.find(filter) == std::string::npos && filter.find("rays") == std::string::npos) {
    const std::vector<std::string> names{"half plane", "slit", "wall of concrete", "corridor", "street corner"};
    if (std::none_of(names.begin(), names.end(), [&](const auto& n) { return n.find(filter) != std::string::npos; }))
      return {};
  }
  std::vector<ValidationRow> rows;
  const RaysWaves both = rays_against_waves(num_threads);
  for (const RaysWavesRow& r : both.rows) {
    const bool reported = std::isinf(r.limit_db);
    const double limit = reported ? std::nan("") : r.limit_db;
    rows.push_back({prefix + r.scene + ", " + r.what, "mean difference [dB]", 0, r.mean_db, limit, reported});
    rows.push_back({prefix + r.scene + ", " + r.what, "95th percentile [dB]", 0, r.p95_db, limit, reported});
  }
  for (const RaysWavesSlope& s : both.slopes)
    rows.push_back(
        {prefix + s.scene + ", derivative by the " + s.parameter, "relative L2 difference", 0, s.difference, s.limit});
  std::erase_if(rows, [&](const ValidationRow& r) { return r.name.find(filter) == std::string::npos; });
  return rows;
}

}  // namespace raywave::validate
