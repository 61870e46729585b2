// SPDX-License-Identifier: Apache-2.0
#include "raywave/view/plane_figure.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/view/canvas.h"

namespace raywave::view {
namespace {

constexpr Rgb kDark{40, 40, 44}, kReceiver{31, 119, 180}, kNothing{28, 20, 44};
constexpr double kLeft = 64, kRight = 96, kTop = 18, kBottom = 48, kMostDb = 5;

/// From metres to pixels.
class Frame {
 public:
  Frame(const PlaneMapToDraw& map, int width_px)
      : x0_(map.x_m.front()), y1_(map.y_m.back()), width_m_(map.x_m.back() - x0_), height_m_(y1_ - map.y_m.front()) {
    scale_ = (width_px - kLeft - kRight) / width_m_;
    // a corridor is not drawn higher than three times its width
    scale_ = std::min(scale_, 3 * (width_px - kLeft - kRight) / height_m_);
  }
  double width() const { return width_m_ * scale_; }
  double height() const { return height_m_ * scale_; }
  double px(double x) const { return kLeft + (x - x0_) * scale_; }
  double py(double y) const { return kTop + (y1_ - y) * scale_; }

 private:
  double x0_, y1_, width_m_, height_m_, scale_;
};

void draw_map(Canvas& c, const Frame& f, const PlaneMapToDraw& map, const plane::Scene2D& s, double range_db) {
  const size_t columns = map.x_m.size(), rows = map.y_m.size();
  std::vector<Rgb> pixels(rows * columns);
  const double p0 = 1 / (s.height_m * s.height_m);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t k = 0; k < columns; ++k) {
      const double p = map.power[(rows - 1 - r) * columns + k];
      pixels[r * columns + k] = p > 0 ? sequential_color((10 * std::log10(p / p0) - kMostDb) / range_db + 1) : kNothing;
    }
  }
  c.image(kLeft, kTop, f.width(), f.height(), pixels, int(columns), int(rows));
}

void draw_axes(Canvas& c, const Frame& f, const PlaneMapToDraw& map) {
  c.frame(kLeft, kTop, f.width(), f.height());
  const double below = kTop + f.height();
  for (const double x : nice_ticks(map.x_m.front(), map.x_m.back(), 6)) {
    c.line(f.px(x), below, f.px(x), below + 4, kDark);
    c.text(f.px(x), below + 13, tick_label(x), 11, 0.5);
  }
  for (const double y : nice_ticks(map.y_m.front(), map.y_m.back(), 6)) {
    c.line(kLeft - 4, f.py(y), kLeft, f.py(y), kDark);
    c.text(kLeft - 7, f.py(y), tick_label(y), 11, 1);
  }
  c.text(kLeft + f.width() / 2, below + 34, "x (m)", 12, 0.5);
  c.vertical_text(14, kTop + f.height() / 2, "y (m)", 12);
}

void draw_scale(Canvas& c, const Frame& f, double range_db) {
  std::vector<Rgb> ramp(256);
  for (int i = 0; i < 256; ++i) ramp[size_t(i)] = sequential_color(1 - i / 255.0);
  const double x = kLeft + f.width() + 14;
  c.image(x, kTop, 13, f.height(), ramp, 1, 256);
  c.frame(x, kTop, 13, f.height());
  for (const double v : nice_ticks(kMostDb - range_db, kMostDb, std::max(2, int(f.height() / 50)))) {
    const double y = kTop + f.height() * (kMostDb - v) / range_db;
    c.line(x + 13, y, x + 16, y, kDark);
    c.text(x + 19, y, tick_label(v), 11);
  }
  c.vertical_text(x + 62, kTop + f.height() / 2, "P / P0 (dB)", 12);
}

void draw_objects(Canvas& c, const Frame& f, const plane::Scene2D& s) {
  const auto line = [&](Vec2d a, Vec2d b, Rgb color, double width) {
    c.line(f.px(a.x), f.py(a.y), f.px(b.x), f.py(b.y), color, width);
  };
  for (const plane::Object& o : s.objects) {
    switch (o.kind) {
      case plane::Kind::kCorner:
        c.dot(f.px(o.a.x), f.py(o.a.y), 3, {255, 255, 255});
        break;
      case plane::Kind::kArc:
        for (int i = 0; i < 64; ++i) {
          const auto at = [&](int k) {
            const double angle = o.begin_rad + (o.end_rad - o.begin_rad) * k / 64;
            return Vec2d{o.a.x + o.radius_m * std::cos(angle), o.a.y + o.radius_m * std::sin(angle)};
          };
          line(at(i), at(i + 1), {255, 255, 255}, 2);
        }
        break;
      case plane::Kind::kWall:
        line(o.a, o.b, {255, 255, 255}, 2);
        break;
      default:
        line(o.a, o.b, {255, 127, 14}, 4);
    }
  }
}

void draw_rays(Canvas& c, const Frame& f, const plane::Paths2D& p) {
  for (size_t i = 0; i < p.count(); ++i) {
    if (!(p.valid[i] > 0)) continue;
    const auto begin = size_t(p.begin[i]) + 2 * i;
    for (size_t k = 0; k <= size_t(p.order[i]); ++k) {
      const Vec2d a = p.vertices[begin + k], b = p.vertices[begin + k + 1];
      c.line(f.px(a.x), f.py(a.y), f.px(b.x), f.py(b.y), categorical_color(p.order[i]), 0.3 + p.valid[i]);
    }
  }
}

void draw_devices(Canvas& c, const Frame& f, const plane::Scene2D& s) {
  for (const auto& d : s.receivers) {
    c.dot(f.px(d.position_m.x), f.py(d.position_m.y), 5, {255, 255, 255});
    c.dot(f.px(d.position_m.x), f.py(d.position_m.y), 3.5, kReceiver);
  }
  for (const auto& d : s.transmitters) c.marker(f.px(d.position_m.x), f.py(d.position_m.y));
  for (const auto* list : {&s.transmitters, &s.receivers})
    for (const auto& d : *list) c.text(f.px(d.position_m.x) + 8, f.py(d.position_m.y) - 8, d.name, 11, 0, kDark, true);
}

}  // namespace

void plot_plane(const std::string& path, const plane::Scene2D& scene, const plane::Paths2D& paths,
                const PlaneMapToDraw& map, const PlanePlotOptions& options) {
  if (map.x_m.size() < 2 || map.y_m.size() < 2 || map.power.size() != map.x_m.size() * map.y_m.size())
    throw Error(message("a picture needs a map of at least 2 x 2 points, got ", map.x_m.size(), " x ", map.y_m.size(),
                        " and ", map.power.size(), " values"));
  if (!(map.x_m.back() > map.x_m.front() && map.y_m.back() > map.y_m.front()))
    throw Error("a scene that is a line has no picture");
  const Frame f(map, options.width_px);
  Canvas c(path, int(std::ceil(kLeft + f.width() + kRight)), int(std::ceil(kTop + f.height() + kBottom)));
  draw_map(c, f, map, scene, options.range_db);
  draw_rays(c, f, paths);
  draw_objects(c, f, scene);
  draw_devices(c, f, scene);
  draw_axes(c, f, map);
  draw_scale(c, f, options.range_db);
  c.finish();
}

}  // namespace raywave::view
