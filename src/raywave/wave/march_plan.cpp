// SPDX-License-Identifier: Apache-2.0
// How a scene becomes steps.
#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/wave/arrangement.h"
#include "raywave/wave/march.h"
#include "raywave/wave/pieces.h"
#include "raywave/wave/row_transform.h"

namespace raywave::wave {
namespace {

bool is_flat_rectangle(const Outline& o) {
  if (o.size() != 4) return false;
  const auto [z0, z1] = z_extent_m(o);
  const auto [y0, y1] = y_extent_m(o);
  for (const Point& p : o)
    if ((p.z_m != z0 && p.z_m != z1) || (p.y_m != y0 && p.y_m != y1)) return false;
  return true;
}

bool overlaps(const Extent& e, double z0, double z1) { return e.z0 < z1 && z0 < e.z1; }

bool is_flat(const Object& o) {
  return o.absorption_np_per_m == 0 && std::all_of(o.outlines.begin(), o.outlines.end(), is_flat_rectangle) &&
         std::all_of(o.solids.begin(), o.solids.end(), is_prism);
}

bool is_wide(const std::vector<Extent>& boxes, const Scene& scene) {
  return std::all_of(boxes.begin(), boxes.end(), [&](const Extent& e) {
    const double least = std::max(4 * scene.wavelength_m(), 2 * (e.z1 - e.z0));
    return e.y1 - e.y0 >= least && (!scene.grid.volume() || e.x1 - e.x0 >= least);
  });
}

const char* model_name(MediaModel m) {
  return m == MediaModel::kScreen ? "phase screen" : m == MediaModel::kWpm ? "wave propagation method" : "exact slab";
}

}  // namespace

MediaTangent zero_tangent(const Scene& scene, bool with_cells) {
  MediaTangent t;
  t.eta.resize(scene.objects.size());
  for (const Object& o : scene.objects) {
    t.vertices.emplace_back();
    for (const Outline& outline : o.outlines) t.vertices.back().emplace_back(outline.size());
    t.solids.emplace_back();
    for (const Solid& s : o.solids) t.solids.back().emplace_back(s.vertices_m.size());
  }
  if (with_cells && !scene.cells.empty()) t.cells.resize(2 * scene.cells[0].index_minus_one.size());
  return t;
}

March::March(std::shared_ptr<const Scene> scene, const std::vector<double>& output_z_m, const BackendOptions& options,
             const LogSink& log, int64_t screen_bytes)
    : shared_scene_(std::move(scene)),
      scene_(*shared_scene_),
      k_(scene_.wavenumber_rad_per_m()),
      edges_(scene_.grid.cell_edges_m()),
      x_edges_(scene_.grid.x_edges_m()) {
  backend_ = make_backend(scene_, options);
  const auto& kt = backend_->transverse_rad_per_m();
  all_propagate_ = options.kind == BackendKind::kFft && options.precision == Precision::kDouble &&
                   scene_.boundary == Boundary::kPeriodic &&
                   std::all_of(kt.begin(), kt.end(), [&](double q) { return std::abs(q) <= k_; });
  for (const Object& o : scene_.objects) {
    media_.push_back(medium_of(o.material, scene_.frequency_hz, log));
    extents_.push_back(extents(o));
  }
  ranks_ = detail::owner_ranks(scene_, media_);
  const Absorber& a = scene_.absorber;
  const Grid& grid = scene_.grid;
  window_.assign(size_t(grid.num_points()), 0.0);
  if (a.width_m > 0) {
    const double rate = a.nepers * (a.power + 1) * std::tan(a.max_angle_rad) / (2 * a.width_m);
    const auto layer = [&](double v, const std::vector<double>& edges, bool lower) {
      const double below = lower ? edges.front() + a.width_m - v : 0;
      return rate * std::pow(std::max({below, v - edges.back() + a.width_m, 0.0}) / a.width_m, a.power);
    };
    for (int i = 0; i < grid.num_x; ++i)
      for (int j = 0; j < grid.num_y; ++j)
        // the lower rim is the ground where there is one
        window_[size_t(i * grid.num_y + j)] = layer(grid.y_m(j), edges_, scene_.boundary == Boundary::kPeriodic) +
                                              (grid.volume() ? layer(grid.x_m(i), x_edges_, true) : 0);
  }
  choose_models(log);
  plan(output_z_m, log);
  warn_of_leaks(log);
  screens_.resize(steps_.size());
  const RowTransform* row = scene_.sources.size() == 1 ? backend_->row_transform() : nullptr;
  in_lanes_ = row != nullptr;
  int64_t left = screen_bytes;
  for (Step& s : steps_) {
    s.id = int(&s - steps_.data());
    if (s.kind == Step::Kind::kSpectral && s.objects.empty() && !jumps_.count(s.dz_m))
      jumps_.emplace(s.dz_m, backend_->prepare(jump(s.dz_m)));
    const int64_t bytes = int64_t(sizeof(Complexc)) * scene_.grid.num_points();
    if (s.kind != Step::Kind::kScreen || left < bytes) continue;
    left -= bytes;
    Field& kept = screens_[size_t(s.id)] = screen(s);
    if (!row) continue;
    const Field natural = kept;
    row->to_lanes(natural.data(), kept.data());
  }
}

// A conductor that fills slices in part alone: each lets its share through.
void March::warn_of_leaks(const LogSink& log) const {
  if (!log) return;
  for (size_t i = 0; i < media_.size(); ++i)
    for (const Extent& e : extents_[i]) {
      if (!media_[i].opaque) continue;
      double through = 1;
      for (const Step& s : steps_)
        if (s.kind == Step::Kind::kScreen && std::count(s.objects.begin(), s.objects.end(), int(i)) > 0)
          through *= 1 - std::clamp((std::min(e.z1, s.z1_m) - std::max(e.z0, s.z0_m)) / (s.z1_m - s.z0_m), 0.0, 1.0);
      if (through > 0.01)
        log(message("object '", scene_.objects[i].name, "': a conductor ", e.z1 - e.z0,
                    " m thick fills slices in part and lets ", through, " of the field through: set step_m to ",
                    (e.z1 - e.z0) / 2, " m or less"));
    }
}

// Objects that can be exact slabs: flat, and whatever else is at their z lies on the same two planes and is one as
// well.
std::vector<bool> March::possible_slabs() const {
  const size_t n = scene_.objects.size();
  std::vector<bool> out(n);
  for (size_t i = 0; i < n; ++i) {
    const Object& o = scene_.objects[i];
    const bool chosen = o.model == MediaModel::kSlab ||
                        (o.model == MediaModel::kAuto && is_wide(extents_[i], scene_) && contrast(i) > 0.01);
    out[i] = !media_[i].opaque && is_flat(o) && chosen;
  }
  const auto alone = [&](size_t i) {
    for (const Extent& e : extents_[i])
      for (size_t j = 0; j < n; ++j)
        for (const Extent& other : extents_[j])
          if (overlaps(other, e.z0, e.z1) && (!out[j] || other.z0 != e.z0 || other.z1 != e.z1)) return false;
    return true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < n; ++i)
      if (out[i] && !alone(i)) out[i] = false, changed = true;
  }
  return out;
}

// Where one object needs the wave propagation method all media but slabs are crossed by it: were it chosen slice by
// slice, the field would jump where a face comes to a slice's end.
void March::choose_models(const LogSink& log) {
  const std::vector<bool> slabs = possible_slabs();
  bool mixed = false;
  for (size_t i = 0; i < scene_.objects.size(); ++i) {
    const MediaModel asked = scene_.objects[i].model;
    mixed = mixed || (!media_[i].opaque &&
                      (asked == MediaModel::kWpm || (asked == MediaModel::kAuto && !slabs[i] && contrast(i) > 0.1)));
  }
  for (size_t i = 0; i < scene_.objects.size(); ++i) {
    const Object& o = scene_.objects[i];
    const double contrast = this->contrast(i);
    if (media_[i].opaque) {
      models_.push_back(MediaModel::kScreen);
      choices_.push_back(message("object '", o.name, "': opaque mask, a perfect conductor"));
      continue;
    }
    const bool flat = is_flat(o), wide = is_wide(extents_[i], scene_), alone = slabs[i];
    MediaModel model = o.model;
    if (model == MediaModel::kSlab && !(flat && alone))
      throw Error(
          message("object '", o.name,
                  "': the slab model needs rectangles (3D: prisms) across the march without absorption_np_per_m, and ",
                  "nothing else at the same z"));
    std::string why = "as asked";
    if (model == MediaModel::kAuto) {
      const bool slab = flat && wide && alone && contrast > 0.01;
      model = slab ? MediaModel::kSlab : contrast > 0.1 ? MediaModel::kWpm : MediaModel::kScreen;
      why = message("|n - 1| = ", contrast,
                    slab             ? ", flat faces across the march"
                    : contrast > 0.1 ? " > 0.1: a screen is wrong at oblique incidence"
                                     : " <= 0.1");
    }
    if (mixed && model == MediaModel::kScreen) model = MediaModel::kWpm, why += ", but another object needs this one";
    models_.push_back(model);
    choices_.push_back(message("object '", o.name, "': ", model_name(model), " (", why, ")"));
    if (model != MediaModel::kSlab && flat && wide && contrast > 0.1 && log)
      log(message("object '", o.name,
                  "': a wall of high contrast without the exact slab; its inner reflections are missing"));
  }
}

std::vector<March::Wall> March::walls() const {
  std::vector<Wall> out;
  for (size_t i = 0; i < models_.size(); ++i)
    if (models_[i] == MediaModel::kSlab)
      for (const Extent& e : extents_[i]) {
        const auto same = std::find_if(out.begin(), out.end(), [&](const Wall& w) { return w.z0 == e.z0; });
        if (same == out.end()) {
          out.push_back({e.z0, e.z1, {int(i)}});
        } else if (same->objects.back() != int(i)) {
          same->objects.push_back(int(i));
        }
      }
  std::sort(out.begin(), out.end(), [](const Wall& a, const Wall& b) { return a.z0 < b.z0; });
  return out;
}

// Fixed cuts: slices between them do not move with any object, so that derivatives to positions are those of the march.
std::vector<double> March::cuts(const std::vector<double>& output_z_m, const std::vector<Wall>& walls) const {
  std::vector<double> out{scene_.z_begin_m, scene_.z_end_m};
  double previous = scene_.z_begin_m;
  for (const double z : output_z_m) {
    require_in_range("output z_m", z, scene_.z_begin_m, scene_.z_end_m);
    if (z < previous) throw Error(message("output z_m must increase, got ", z, " after ", previous));
    for (const Wall& w : walls)
      if (z > w.z0 && z < w.z1)
        throw Error(
            message("output z_m = ", z, " lies inside the slab '", scene_.objects[size_t(w.objects[0])].name, "'"));
    out.push_back(previous = z);
  }
  for (const CellMedium& c : scene_.cells) out.push_back(c.z_begin_m), out.push_back(c.z_end_m);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  for (const CellMedium& c : scene_.cells) {
    for (const double z : out)
      if (z > c.z_begin_m && z < c.z_end_m)
        throw Error(
            message("an output at z = ", z, " m lies inside the cell medium [", c.z_begin_m, ", ", c.z_end_m, "] m"));
    for (const Wall& w : walls)
      if (w.z0 < c.z_end_m && w.z1 > c.z_begin_m)
        throw Error(message("the slab '", scene_.objects[size_t(w.objects[0])].name, "' lies in the cell medium [",
                            c.z_begin_m, ", ", c.z_end_m, "] m"));
  }
  return out;
}

void March::plan(const std::vector<double>& output_z_m, const LogSink& log) {
  const std::vector<Wall> all = walls();
  const std::vector<double> at = cuts(output_z_m, all);
  Cursor c{scene_.z_begin_m, 0, -1};
  size_t next = 0;
  const auto outputs_at = [&](double z) {
    for (; next < output_z_m.size() && output_z_m[next] <= z; ++next) {
      flush(c, -1);
      Step s;
      s.output = int(next);
      s.z0_m = s.z1_m = z;
      steps_.push_back(s);
    }
  };
  outputs_at(scene_.z_begin_m);
  for (size_t i = 0; i + 1 < at.size(); ++i) {
    plan_interval(at[i], at[i + 1], all, c, log);
    outputs_at(at[i + 1]);
  }
  flush(c, -1);
}

void March::flush(Cursor& c, int wall_after) {
  if (c.pending == 0 && c.wall < 0 && wall_after < 0) return;
  Step s;
  s.kind = Step::Kind::kSpectral;
  s.dz_m = c.pending;
  s.wall_before = c.wall;
  s.wall_after = wall_after;
  steps_.push_back(s);
  c.pending = 0;
  c.wall = -1;
}

void March::plan_interval(double z0, double z1, const std::vector<Wall>& walls, Cursor& c, const LogSink& log) {
  const CellMedium* cells = nullptr;
  for (const CellMedium& m : scene_.cells)
    if (m.z_begin_m == z0 && m.z_end_m == z1) cells = &m;
  const int n = cells ? cells->num_z : std::max(1, int(std::ceil((z1 - z0) / scene_.slice_m() - 1e-9)));
  const double h = (z1 - z0) / n;
  double empty_from = z0;
  for (int s = 0; s < n; ++s) {
    const double a = z0 + s * h, b = s + 1 == n ? z1 : z0 + (s + 1) * h;
    std::vector<int> objects;
    for (size_t i = 0; i < scene_.objects.size(); ++i) {
      // a face that coincides with the slice's end moves into it: its derivative is half the slice's
      const double same = detail::coincidence(std::max(std::abs(a), std::abs(b)));
      const auto meets = [&](const Extent& e) { return e.z0 <= b + same && a <= e.z1 + same; };
      if (models_[i] != MediaModel::kSlab && std::any_of(extents_[i].begin(), extents_[i].end(), meets))
        objects.push_back(int(i));
    }
    if (objects.empty() && !cells) continue;
    plan_empty(empty_from, a, walls, c);
    empty_from = b;
    plan_occupied(a, b, objects, cells ? s : -1, walls, c, log);
  }
  plan_empty(empty_from, z1, walls, c);
}

// A wall that begins at c.z or later and before `end`.
void March::plan_walls(double end, const std::vector<Wall>& walls, Cursor& c) {
  for (const Wall& w : walls) {
    if (w.z0 < c.z || w.z0 >= end) continue;
    c.pending += w.z0 - c.z;
    flush(c, w.objects[0]);
    Step s;
    s.kind = Step::Kind::kSpectral, s.slab = true, s.objects = s.present = w.objects;
    s.z0_m = w.z0, s.z1_m = w.z1, s.dz_m = w.z1 - w.z0;
    steps_.push_back(s);
    c.z = w.z1, c.wall = w.objects[0];
  }
}

// No media but walls: absorber screens at fixed places, walls between them. A place inside a wall counts as behind it.
void March::plan_empty(double z0, double z1, const std::vector<Wall>& walls, Cursor& c) {
  if (scene_.absorber.width_m > 0 && z1 > z0) {
    const int chunks = std::max(1, int(std::ceil((z1 - z0) / (scene_.absorber.width_m / 16))));
    const double length = (z1 - z0) / chunks;
    for (int i = 0; i < chunks; ++i) {
      const double z = z0 + (i + 0.5) * length;
      plan_walls(z, walls, c);
      if (z > c.z) {
        c.pending += z - c.z, c.z = z;
        flush(c, -1);
      }
      Step s;
      s.kind = Step::Kind::kScreen, s.absorber_m = length, s.z0_m = z0, s.z1_m = z1;
      steps_.push_back(s);
    }
  }
  plan_walls(z1, walls, c);
  if (z1 > c.z) c.pending += z1 - c.z, c.z = z1;
}

// A slice with media, around the walls that reach into it.
void March::plan_occupied(double z0, double z1, const std::vector<int>& objects, int cell_slice,
                          const std::vector<Wall>& walls, Cursor& c, const LogSink& log) {
  double begin = std::max(z0, c.z);
  for (const Wall& w : walls) {
    if (w.z1 <= begin || w.z0 >= z1) continue;
    if (log)
      log(message("object '", scene_.objects[size_t(objects[0])].name, "' shares a slice of ", z1 - z0,
                  " m with the slab '", scene_.objects[size_t(w.objects[0])].name,
                  "': the derivative to the slab's z leaves that slice out; a smaller step_m parts them"));
    if (w.z0 > begin) plan_slice(begin, w.z0, objects, cell_slice, c);
    plan_walls(std::nextafter(w.z0, INFINITY), walls, c);
    begin = std::max(begin, c.z);
  }
  if (begin < z1) plan_slice(begin, z1, objects, cell_slice, c);
}

void March::plan_slice(double z0, double z1, const std::vector<int>& objects, int cell_slice, Cursor& c) {
  c.z = z1;
  bool wpm = false, masks = scene_.absorber.width_m > 0 || cell_slice >= 0;
  for (const int i : objects) {
    wpm = wpm || models_[size_t(i)] == MediaModel::kWpm;
    masks = masks || media_[size_t(i)].opaque || scene_.objects[size_t(i)].absorption_np_per_m > 0;
  }
  Step screen;
  screen.kind = Step::Kind::kScreen;
  screen.objects = screen.present = objects, screen.cell_slice = cell_slice;
  screen.z0_m = z0, screen.z1_m = z1, screen.dz_m = z1 - z0;
  screen.absorber_m = scene_.absorber.width_m > 0 ? z1 - z0 : 0;
  if (!wpm) {
    c.pending += (z1 - z0) / 2;
    flush(c, -1);
    steps_.push_back(screen);
    c.pending += (z1 - z0) / 2;
    return;
  }
  flush(c, -1);
  Step mix;
  mix.kind = Step::Kind::kSpectral;
  mix.z0_m = z0, mix.z1_m = z1, mix.dz_m = z1 - z0, mix.present = objects;
  for (const int i : objects)
    if (!media_[size_t(i)].opaque) mix.objects.push_back(i);
  steps_.push_back(mix);
  if (!masks) return;
  screen.masks_only = true;
  steps_.push_back(screen);
}

}  // namespace raywave::wave
