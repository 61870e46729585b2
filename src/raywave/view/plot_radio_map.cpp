// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "raywave/core/units.h"
#include "raywave/view/canvas.h"
#include "raywave/view/map_values.h"
#include "raywave/view/view.h"

namespace raywave::view {
namespace {

constexpr Rgb kDark{40, 40, 44}, kNoCoverage{232, 232, 235};

/// Where the plot's area lies on the page, and the map's own axes in metres.
struct Layout {
  double left = 78, top = 50, width, height, bottom = 58, right = 120;
  double x_min, x_max, y_min, y_max;
  double px(double x) const { return left + (x - x_min) / (x_max - x_min) * width; }
  double py(double y) const { return top + (y_max - y) / (y_max - y_min) * height; }
};

Layout lay_out(const maps::RadioMap& map, int width_px, double legend_px) {
  Layout l;
  l.right = std::clamp(legend_px, l.right, 0.4 * width_px);
  const double w = map.num_x * map.surface.cell_size_m.x, h = map.num_y * map.surface.cell_size_m.y;
  // A level map shows the world's coordinates, a tilted one its own.
  const Vec3d r = map.surface.orientation_rad;
  const bool level = r.x == 0 && r.y == 0 && r.z == 0;
  const double cx = level ? map.surface.center_m.x : 0, cy = level ? map.surface.center_m.y : 0;
  l.x_min = cx - w / 2, l.x_max = cx + w / 2, l.y_min = cy - h / 2, l.y_max = cy + h / 2;
  l.width = width_px - l.left - l.right;
  l.height = std::clamp(l.width * h / w, 160.0, 1.6 * width_px);
  return l;
}

void draw_axes(Canvas& c, const Layout& l) {
  c.frame(l.left, l.top, l.width, l.height);
  for (const double x : nice_ticks(l.x_min, l.x_max, 6)) {
    c.line(l.px(x), l.top + l.height, l.px(x), l.top + l.height + 5, kDark);
    c.text(l.px(x), l.top + l.height + 16, tick_label(x), 12, 0.5);
  }
  for (const double y : nice_ticks(l.y_min, l.y_max, std::max(2, int(l.height / 80)))) {
    c.line(l.left - 5, l.py(y), l.left, l.py(y), kDark);
    c.text(l.left - 9, l.py(y), tick_label(y), 12, 1);
  }
  c.text(l.left + l.width / 2, l.top + l.height + 40, "x in m", 13, 0.5);
  c.vertical_text(20, l.top + l.height / 2, "y in m", 13);
}

void draw_color_bar(Canvas& c, const Layout& l, const ColorRange& range, const std::string& label) {
  const double x = l.left + l.width + 24, w = 16;
  std::vector<Rgb> ramp(256);
  for (int i = 0; i < 256; ++i) ramp[size_t(i)] = sequential_color(1 - i / 255.0);
  c.image(x, l.top, w, l.height, ramp, 1, 256);
  c.frame(x, l.top, w, l.height);
  for (const double v : nice_ticks(range.min, range.max, std::max(2, int(l.height / 50)))) {
    const double y = l.top + l.height * (1 - range.place(v));
    c.line(x + w, y, x + w + 4, y, kDark);
    c.text(x + w + 8, y, tick_label(v), 12);
  }
  c.vertical_text(x + w + 62, l.top + l.height / 2, label, 13);
}

void draw_legend(Canvas& c, const Layout& l, const std::vector<std::string>& names) {
  const double x = l.left + l.width + 16;
  for (size_t i = 0; i < names.size(); ++i) {
    const double y = l.top + 8 + 20 * double(i);
    if (y > l.top + l.height - 10) break;
    c.rectangle(x, y - 6, 12, 12, categorical_color(int(i)));
    c.text(x + 18, y, names[i], 12);
  }
}

/// Transmitters inside the map's area, seen along its normal.
void draw_transmitters(Canvas& c, const Layout& l, const maps::RadioMap& map, const scene::Scene& scene, int only) {
  const Mat3d turn = transposed(rotation_from_euler(map.surface.orientation_rad));
  const bool level = map.surface.orientation_rad == Vec3d{0, 0, 0};
  for (size_t i = 0; i < scene.transmitters.size(); ++i) {
    if (only >= 0 && int(i) != only) continue;
    const Vec3d p =
        level ? scene.transmitters[i].position_m : turn * (scene.transmitters[i].position_m - map.surface.center_m);
    if (p.x < l.x_min || p.x > l.x_max || p.y < l.y_min || p.y > l.y_max) continue;
    c.marker(l.px(p.x), l.py(p.y));
    const std::string& name = scene.transmitters[i].name;
    const bool fits = l.px(p.x) + 12 + c.text_width(name, 12) < l.left + l.width;
    c.text(l.px(p.x) + (fits ? 11 : -11), l.py(p.y) - 2, name, 12, fits ? 0 : 1, kDark, true);
  }
}

}  // namespace

void plot_radio_map(const std::string& path, const maps::RadioMap& map, const scene::Scene& scene,
                    const MapPlotOptions& options) {
  if (map.surface.kind == maps::Surface::Kind::kMesh) {
    throw Error("a map over a mesh's faces has no flat picture: write the report (HTML), which shows it on the mesh");
  }
  if (options.tx < -1 || options.tx >= map.num_tx)
    throw Error(message("tx must be in [-1, ", map.num_tx - 1, "], got ", options.tx));
  if (options.width_px < 300) throw Error(message("width_px must be >= 300, got ", options.width_px));
  const MapValues values = map_values(map, options.metric, options.tx);
  const ColorRange range = color_range(values.value, options.min_db, options.max_db);
  size_t longest = 0;
  for (const auto& name : map.tx_names) longest = std::max(longest, name.size());
  // DejaVu Sans at 12 px is at most about 8 px a letter wide
  const Layout l = lay_out(map, options.width_px, values.categorical ? 44 + 8.0 * double(longest) : 0);
  Canvas c(path, options.width_px, int(l.top + l.height + l.bottom));
  std::vector<Rgb> pixels(size_t(map.num_cells()), kNoCoverage);
  for (int y = 0; y < map.num_y; ++y) {
    for (int x = 0; x < map.num_x; ++x) {
      const double v = values.value[size_t(y) * size_t(map.num_x) + size_t(x)];
      if (!std::isfinite(v)) continue;
      pixels[size_t(map.num_y - 1 - y) * size_t(map.num_x) + size_t(x)] =
          values.categorical ? categorical_color(int(v)) : sequential_color(range.place(v));
    }
  }
  c.image(l.left, l.top, l.width, l.height, pixels, map.num_x, map.num_y);
  draw_axes(c, l);
  if (values.categorical) {
    draw_legend(c, l, map.tx_names);
  } else {
    draw_color_bar(c, l, range, values.label);
  }
  draw_transmitters(c, l, map, scene, values.categorical ? -1 : options.tx);
  c.text(l.left, 26, options.title.empty() ? values.label : options.title, 16);
  c.finish();
}

}  // namespace raywave::view
