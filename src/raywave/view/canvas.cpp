// SPDX-License-Identifier: Apache-2.0
#include "raywave/view/canvas.h"

#include <cairo-svg.h>
#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "raywave/core/error.h"
#include "raywave/core/files.h"

namespace raywave::view {
namespace {

void set_color(cairo_t* c, Rgb color) { cairo_set_source_rgb(c, color.r / 255.0, color.g / 255.0, color.b / 255.0); }

bool is_png(const std::string& path) {
  if (path.ends_with(".png")) return true;
  if (path.ends_with(".svg")) return false;
  throw Error(message("cannot write the picture '", path, "': its name must end in .png or .svg"));
}

}  // namespace

Canvas::Canvas(const std::string& path, int width, int height) : path_(path), part_(), png_(is_png(path)) {
  part_ = partial_path(path);
  surface_ = png_ ? cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)
                  : cairo_svg_surface_create(part_.c_str(), width, height);
  cairo_ = cairo_create(surface_);
  rectangle(0, 0, width, height, {255, 255, 255});
}

Canvas::~Canvas() {
  cairo_destroy(cairo_);
  cairo_surface_destroy(surface_);
  std::remove(part_.c_str());  // a picture that was not finished leaves nothing
}

void Canvas::rectangle(double x, double y, double w, double h, Rgb fill) {
  set_color(cairo_, fill);
  cairo_rectangle(cairo_, x, y, w, h);
  cairo_fill(cairo_);
}

void Canvas::frame(double x, double y, double w, double h) {
  set_color(cairo_, {90, 90, 96});
  cairo_set_line_width(cairo_, 1);
  cairo_rectangle(cairo_, x, y, w, h);
  cairo_stroke(cairo_);
}

void Canvas::line(double x0, double y0, double x1, double y1, Rgb color, double width) {
  set_color(cairo_, color);
  cairo_set_line_width(cairo_, width);
  cairo_move_to(cairo_, x0, y0);
  cairo_line_to(cairo_, x1, y1);
  cairo_stroke(cairo_);
}

void Canvas::dot(double x, double y, double radius, Rgb fill) {
  set_color(cairo_, fill);
  cairo_arc(cairo_, x, y, radius, 0, 2 * 3.14159265358979);
  cairo_fill(cairo_);
}

void Canvas::marker(double x, double y) {
  cairo_move_to(cairo_, x, y - 8);
  cairo_line_to(cairo_, x + 7, y + 5);
  cairo_line_to(cairo_, x - 7, y + 5);
  cairo_close_path(cairo_);
  set_color(cairo_, {215, 35, 45});
  cairo_fill_preserve(cairo_);
  set_color(cairo_, {255, 255, 255});
  cairo_set_line_width(cairo_, 1.5);
  cairo_stroke(cairo_);
}

double Canvas::text_width(const std::string& s, double size) {
  cairo_select_font_face(cairo_, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo_, size);
  cairo_text_extents_t e;
  cairo_text_extents(cairo_, s.c_str(), &e);
  return e.x_advance;
}

void Canvas::text(double x, double y, const std::string& s, double size, double align, Rgb color, bool halo) {
  const double width = text_width(s, size);
  cairo_move_to(cairo_, x - align * width, y + 0.36 * size);
  if (halo) {
    cairo_text_path(cairo_, s.c_str());
    set_color(cairo_, {255, 255, 255});
    cairo_set_line_width(cairo_, 3);
    cairo_stroke(cairo_);
    cairo_move_to(cairo_, x - align * width, y + 0.36 * size);
  }
  set_color(cairo_, color);
  cairo_show_text(cairo_, s.c_str());
}

void Canvas::vertical_text(double x, double y, const std::string& s, double size) {
  cairo_save(cairo_);
  cairo_translate(cairo_, x, y);
  cairo_rotate(cairo_, -3.14159265358979 / 2);
  text(0, 0, s, size, 0.5);
  cairo_restore(cairo_);
}

void Canvas::image(double x, double y, double w, double h, const std::vector<Rgb>& pixels, int columns, int rows) {
  // SVG has no word for "no smoothing" that Cairo writes: there the pixels are repeated until they are fine.
  const int zoom = png_ ? 1 : std::clamp(int(std::ceil(2 * w / columns)), 1, 16);
  cairo_surface_t* picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, zoom * columns, zoom * rows);
  unsigned char* data = cairo_image_surface_get_data(picture);
  const int stride = cairo_image_surface_get_stride(picture);
  for (int row = 0; row < zoom * rows; ++row) {
    auto* out = reinterpret_cast<uint32_t*>(data + row * stride);
    for (int col = 0; col < zoom * columns; ++col) {
      const Rgb p = pixels[size_t(row / zoom) * size_t(columns) + size_t(col / zoom)];
      out[col] = uint32_t(p.r) << 16 | uint32_t(p.g) << 8 | p.b;
    }
  }
  cairo_surface_mark_dirty(picture);
  cairo_save(cairo_);
  cairo_translate(cairo_, x, y);
  cairo_scale(cairo_, w / (zoom * columns), h / (zoom * rows));
  cairo_set_source_surface(cairo_, picture, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cairo_), CAIRO_FILTER_NEAREST);
  cairo_paint(cairo_);
  cairo_restore(cairo_);
  cairo_surface_destroy(picture);
}

void Canvas::finish() {
  cairo_surface_flush(surface_);
  cairo_status_t status = CAIRO_STATUS_SUCCESS;
  if (png_) {
    status = cairo_surface_write_to_png(surface_, part_.c_str());
  } else {
    cairo_surface_finish(surface_);
    status = cairo_surface_status(surface_);
  }
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(message("cannot write '", path_, "': ", cairo_status_to_string(status)));
  finish_file(path_);
}

std::vector<double> nice_ticks(double min, double max, int wanted) {
  const double raw = (max - min) / std::max(1, wanted), power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double s : {1.0, 2.0, 5.0}) {
    if (s * power >= raw * 0.999) {
      step = s * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (double k = std::ceil(min / step - 1e-9); k * step <= max + 1e-9 * step; ++k) ticks.push_back(k * step);
  return ticks;
}

std::string tick_label(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", std::abs(value) < 1e-12 ? 0.0 : value);
  return buffer;
}

}  // namespace raywave::view
