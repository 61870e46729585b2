// SPDX-License-Identifier: Apache-2.0
// How a scene becomes steps.
#include <algorithm>
#include <cmath>

#include "raywave/core/constants.h"
#include "raywave/wave/march.h"

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

bool overlaps(std::pair<double, double> a, std::pair<double, double> b) {
  return a.first < b.second && b.first < a.second;
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
  }
  if (with_cells && !scene.cells.empty()) t.cells.resize(scene.cells[0].index_minus_one.size());
  return t;
}

March::March(const Scene& scene, const std::vector<double>& output_z_m, const BackendOptions& options,
             const LogSink& log)
    : scene_(scene), k_(scene.wavenumber_rad_per_m()), edges_(scene.grid.cell_edges_m()) {
  backend_ = make_backend(scene_, options);
  for (const Object& o : scene_.objects) media_.push_back(medium_of(o.material, scene_.frequency_hz, log));
  const Absorber& a = scene_.absorber;
  window_.assign(size_t(scene_.grid.num_y), 0.0);
  if (a.width_m > 0) {
    const double rate = a.nepers * (a.power + 1) * std::tan(a.max_angle_rad) / (2 * a.width_m);
    const double lo = edges_.front() + a.width_m, hi = edges_.back() - a.width_m;
    for (int j = 0; j < scene_.grid.num_y; ++j) {
      const double y = scene_.grid.y_m(j);
      // the lower rim is the ground where there is one
      const double below = scene_.boundary == Boundary::kPeriodic ? lo - y : 0;
      const double t = std::max({below, y - hi, 0.0}) / a.width_m;
      window_[size_t(j)] = rate * std::pow(t, a.power);
    }
  }
  choose_models(log);
  plan(output_z_m, log);
  for (const Step& s : steps_)
    if (s.kind == Step::Kind::kSpectral && s.objects.empty()) jumps_.emplace(s.dz_m, jump(s.dz_m));
}

void March::choose_models(const LogSink& log) {
  const double lambda = scene_.wavelength_m();
  for (size_t i = 0; i < scene_.objects.size(); ++i) {
    const Object& o = scene_.objects[i];
    const double contrast = std::abs(media_[i].index - 1.0);
    if (media_[i].opaque) {
      models_.push_back(MediaModel::kScreen);
      choices_.push_back(message("object '", o.name, "': opaque mask, a perfect conductor"));
      continue;
    }
    bool flat = o.absorption_np_per_m == 0, wide = true, alone = true;
    for (const Outline& outline : o.outlines) {
      const auto y = y_extent_m(outline), z = z_extent_m(outline);
      flat = flat && is_flat_rectangle(outline);
      wide = wide && y.second - y.first >= std::max(4 * lambda, 2 * (z.second - z.first));
      for (const Object& other : scene_.objects)
        for (const Outline& b : other.outlines)
          if (&b != &outline && overlaps(z_extent_m(b), z) && z_extent_m(b) != z) alone = false;
    }
    MediaModel model = o.model;
    if (model == MediaModel::kSlab && !(flat && alone))
      throw Error(message("object '", o.name,
                          "': the slab model needs rectangles across the march without absorption_np_per_m, and ",
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
    models_.push_back(model);
    choices_.push_back(message("object '", o.name, "': ", model_name(model), " (", why, ")"));
    if (model != MediaModel::kSlab && flat && wide && contrast > 0.1 && log)
      log(message("object '", o.name,
                  "': a wall of high contrast without the exact slab; its inner reflections are missing"));
  }
}

void March::plan(const std::vector<double>& output_z_m, const LogSink&) {
  struct Wall {
    double z0, z1;
    std::vector<int> objects;
  };
  std::vector<Wall> walls;
  for (size_t i = 0; i < models_.size(); ++i)
    if (models_[i] == MediaModel::kSlab)
      for (const Outline& o : scene_.objects[i].outlines) {
        const auto [z0, z1] = z_extent_m(o);
        const auto same = std::find_if(walls.begin(), walls.end(), [&, a = z0](const Wall& w) { return w.z0 == a; });
        if (same == walls.end()) {
          walls.push_back({z0, z1, {int(i)}});
        } else if (same->objects.back() != int(i)) {
          same->objects.push_back(int(i));
        }
      }
  std::vector<double> cuts{scene_.z_begin_m, scene_.z_end_m};
  double previous = scene_.z_begin_m;
  for (const double z : output_z_m) {
    require_in_range("output z_m", z, scene_.z_begin_m, scene_.z_end_m);
    if (z < previous) throw Error(message("output z_m must increase, got ", z, " after ", previous));
    for (const Wall& w : walls)
      if (z > w.z0 && z < w.z1)
        throw Error(
            message("output z_m = ", z, " lies inside the slab '", scene_.objects[size_t(w.objects[0])].name, "'"));
    cuts.push_back(previous = z);
  }
  for (const Wall& w : walls) cuts.push_back(w.z0), cuts.push_back(w.z1);
  for (const CellMedium& c : scene_.cells) cuts.push_back(c.z_begin_m), cuts.push_back(c.z_end_m);
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  for (const CellMedium& c : scene_.cells)
    for (const double z : cuts)
      if (z > c.z_begin_m && z < c.z_end_m)
        throw Error(message("an output or a wall at z = ", z, " m lies inside the cell medium [", c.z_begin_m, ", ",
                            c.z_end_m, "] m"));

  double pending = 0;
  int wall = -1;
  size_t next = 0;
  const auto outputs_at = [&](double z) {
    for (; next < output_z_m.size() && output_z_m[next] <= z; ++next) {
      flush(pending, wall, -1);
      Step s;
      s.output = int(next);
      s.z0_m = s.z1_m = z;
      steps_.push_back(s);
    }
  };
  outputs_at(scene_.z_begin_m);
  for (size_t c = 0; c + 1 < cuts.size(); ++c) {
    const auto in = std::find_if(walls.begin(), walls.end(), [&](const Wall& w) { return w.z0 == cuts[c]; });
    if (in == walls.end()) {
      plan_gap(cuts[c], cuts[c + 1], pending, wall);
    } else {
      flush(pending, wall, in->objects[0]);
      Step s;
      s.kind = Step::Kind::kSpectral, s.slab = true, s.objects = in->objects;
      s.z0_m = in->z0, s.z1_m = in->z1, s.dz_m = in->z1 - in->z0;
      steps_.push_back(s);
      if (scene_.absorber.width_m > 0) {
        Step w;
        w.kind = Step::Kind::kScreen, w.z0_m = s.z0_m, w.z1_m = s.z1_m, w.absorber_m = s.dz_m;
        steps_.push_back(w);
      }
      wall = in->objects[0];
    }
    outputs_at(cuts[c + 1]);
  }
  flush(pending, wall, -1);
}

void March::flush(double& pending, int& wall, int wall_after) {
  if (pending == 0 && wall < 0 && wall_after < 0) return;
  Step s;
  s.kind = Step::Kind::kSpectral;
  s.dz_m = pending;
  s.wall_before = wall;
  s.wall_after = wall_after;
  steps_.push_back(s);
  pending = 0;
  wall = -1;
}

void March::plan_gap(double z0, double z1, double& pending, int& wall) {
  const CellMedium* cells = nullptr;
  for (const CellMedium& c : scene_.cells)
    if (c.z_begin_m == z0 && c.z_end_m == z1) cells = &c;
  const int n = cells ? cells->num_z : std::max(1, int(std::ceil((z1 - z0) / scene_.slice_m() - 1e-9)));
  const double h = (z1 - z0) / n;
  int empty = 0;
  const auto flush_empty = [&] {
    if (empty == 0) return;
    const double run = empty * h;
    empty = 0;
    if (scene_.absorber.width_m <= 0) {
      pending += run;
      return;
    }
    const int chunks = std::max(1, int(std::ceil(run / (scene_.absorber.width_m / 16))));
    for (int c = 0; c < chunks; ++c) {
      pending += run / chunks / 2;
      flush(pending, wall, -1);
      Step s;
      s.kind = Step::Kind::kScreen, s.absorber_m = run / chunks, s.z0_m = z0, s.z1_m = z1;
      steps_.push_back(s);
      pending += run / chunks / 2;
    }
  };
  for (int s = 0; s < n; ++s) {
    const double a = z0 + s * h, b = s + 1 == n ? z1 : z0 + (s + 1) * h;
    std::vector<int> objects;
    for (size_t i = 0; i < scene_.objects.size(); ++i) {
      if (models_[i] == MediaModel::kSlab) continue;
      for (const Outline& o : scene_.objects[i].outlines)
        if (overlaps(z_extent_m(o), {a, b})) {
          objects.push_back(int(i));
          break;
        }
    }
    if (objects.empty() && !cells) {
      ++empty;
      continue;
    }
    flush_empty();
    plan_slice(a, b, objects, cells ? s : -1, pending, wall);
  }
  flush_empty();
}

void March::plan_slice(double z0, double z1, const std::vector<int>& objects, int cell_slice, double& pending,
                       int& wall) {
  bool wpm = false, masks = scene_.absorber.width_m > 0 || cell_slice >= 0;
  for (const int i : objects) {
    wpm = wpm || models_[size_t(i)] == MediaModel::kWpm;
    masks = masks || media_[size_t(i)].opaque || scene_.objects[size_t(i)].absorption_np_per_m > 0;
  }
  Step screen;
  screen.kind = Step::Kind::kScreen;
  screen.objects = objects, screen.cell_slice = cell_slice;
  screen.z0_m = z0, screen.z1_m = z1, screen.dz_m = z1 - z0;
  screen.absorber_m = scene_.absorber.width_m > 0 ? z1 - z0 : 0;
  if (!wpm) {
    pending += (z1 - z0) / 2;
    flush(pending, wall, -1);
    steps_.push_back(screen);
    pending += (z1 - z0) / 2;
    return;
  }
  flush(pending, wall, -1);
  Step mix;
  mix.kind = Step::Kind::kSpectral;
  mix.z0_m = z0, mix.z1_m = z1, mix.dz_m = z1 - z0;
  for (const int i : objects)
    if (!media_[size_t(i)].opaque) mix.objects.push_back(i);
  steps_.push_back(mix);
  if (!masks) return;
  screen.masks_only = true;
  steps_.push_back(screen);
}

}  // namespace raywave::wave
